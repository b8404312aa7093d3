//! Every "no" over HTTP, as problem details (RFC 9457).

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use conference::wire::Reason;
use serde_json::json;

/// An error answer: `application/problem+json` with type, title, status and detail. The type is
/// `about:blank`: the status says all that a program needs, the detail is for a person.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    reason: Option<Box<Reason>>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem: what is wrong and what to do, in words.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            reason: None,
            header: None,
        }
    }

    /// The same with two more members (RFC 9457 section 3.2), by which pages put it into the reader's words: the reason's
    /// code, and what stands in its gaps.
    pub fn of(status: StatusCode, reason: Reason) -> Self {
        let mut problem = Self::new(status, reason.detail.clone());
        problem.reason = Some(Box::new(reason));
        problem
    }

    /// With a header that goes with the status, such as `WWW-Authenticate`.
    pub fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(reason) = self.reason {
            body["code"] = json!(reason.code);
            body["values"] = json!(reason.values);
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }
}
