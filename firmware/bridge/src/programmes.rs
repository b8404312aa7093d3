//! The programme over HTTP, for the chair: read, changed, and those before it.
//!
//! TOML is the file that people keep; JSON ([`Draft`]) is what the console's form works with.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use conference::Programme;
use conference::draft::{Complaint, Draft};
use conference::toml_error::Fault;
use conference::wire::Reason;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::actor::PlanError;
use crate::auth;
use crate::problem::Problem;
use crate::reasons::of_no;
use crate::server::App;
use crate::whip::{BODY_WITHIN, read_at_most};

/// The longest programme, in bytes: 24 speakers have about 6 KiB.
const MAX_PROGRAMME: usize = 64 * 1024;

const TOML: &str = "application/toml";
const JSON: &str = "application/json";
/// What a text is called in messages.
const NAME: &str = "programme";

/// The addresses of programmes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/programme", get(current).put(change))
        .route("/programme/draft", post(read))
        .route("/programmes", get(list))
        .route("/programmes/{id}", get(one))
}

async fn current(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    auth::chair(&app.config, &headers)?;
    let programme = app.desk.programme().await.map_err(problem_of)?;
    Ok(answer(&programme, &headers))
}

async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let text = read_text(&headers, body).await;
    auth::chair(&app.config, &headers)?;
    let (kind, text) = text?;
    let rooms = app.config.room_names();
    let (programme, were) = match kind {
        Kind::Toml => (from_toml(&text, &rooms)?, Vec::new()),
        Kind::Json => {
            let draft = draft_in(&text)?;
            match draft.programme(&rooms) {
                Ok(programme) => (programme, names_before(draft)),
                Err(complaints) => return Ok(complain(&complaints)),
            }
        }
    };
    app.desk
        .replan(programme.clone(), were)
        .await
        .map_err(problem_of)?;
    Ok(answer(&programme, &headers))
}

/// What each speaker was called before, where the form knows.
fn names_before(draft: Draft) -> Vec<Option<String>> {
    let speakers = draft.speakers.into_iter();
    speakers.map(|speaker| speaker.was).collect()
}

/// What a file of TOML would be in the form, without changing anything.
async fn read(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Draft>, Problem> {
    let text = read_text(&headers, body).await;
    auth::chair(&app.config, &headers)?;
    let (_, text) = text?;
    // Rooms that this bridge does not have are told at their field, in the form.
    Programme::parse(NAME, &text)
        .map(|programme| Json(Draft::of(&programme)))
        .map_err(|detail| not_read(&text, detail))
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Json<Vec<Listed>>, Problem> {
    auth::chair(&app.config, &headers)?;
    let kept = app.desk.programmes().await.map_err(problem_of)?;
    let listed = kept.into_iter().map(|kept| Listed {
        id: kept.id,
        title: kept.programme.title,
        starts: kept.programme.starts.map(|starts| starts.to_string()),
    });
    Ok(Json(listed.collect()))
}

/// One of the programmes that are kept.
#[derive(serde::Serialize)]
struct Listed {
    id: i64,
    title: String,
    starts: Option<String>,
}

#[derive(Deserialize)]
struct As {
    /// `next_month`: as the model of the next evening.
    copy: Option<Copy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Copy {
    NextMonth,
}

async fn one(
    State(app): State<App>,
    Path(id): Path<i64>,
    Query(wanted): Query<As>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    auth::chair(&app.config, &headers)?;
    let kept = app.desk.kept(id).await.map_err(problem_of)?;
    let programme = kept.ok_or_else(|| {
        let detail = format!("no programme has the number {id}; GET /programmes lists them");
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    Ok(match wanted.copy {
        Some(Copy::NextMonth) => Json(Draft::after(&programme)).into_response(),
        None => answer(&programme, &headers),
    })
}

/// As JSON to whoever asks for that, else as a file of TOML.
fn answer(programme: &Programme, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT);
    let wants_json = accepted
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(JSON));
    if wants_json {
        return Json(Draft::of(programme)).into_response();
    }
    let day = programme.starts.and_then(|starts| starts.date);
    let day = day.map(|day| format!("-{day}")).unwrap_or_default();
    let name = format!("attachment; filename=\"programme{day}.toml\"");
    let mut response = ([(header::CONTENT_TYPE, TOML)], programme.write()).into_response();
    // A day has only digits and hyphens.
    if let Ok(name) = HeaderValue::from_str(&name) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

enum Kind {
    Toml,
    Json,
}

async fn read_text(headers: &HeaderMap, body: Body) -> Result<(Kind, String), Problem> {
    let read = timeout(BODY_WITHIN, read_at_most(MAX_PROGRAMME, body)).await;
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    let kind = match given.to_ascii_lowercase().as_str() {
        TOML | "text/toml" | "text/plain" => Kind::Toml,
        JSON => Kind::Json,
        _ => {
            let detail = format!("send the programme as '{TOML}' or '{JSON}', not as '{given}'");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
    };
    match read {
        Ok(Ok(Some(bytes))) => String::from_utf8(bytes)
            .map(|text| (kind, text))
            .map_err(|_| {
                let detail = "the programme is not text in UTF-8";
                Problem::of(
                    StatusCode::BAD_REQUEST,
                    Reason::new("file_not_text", detail),
                )
            }),
        Ok(Ok(None)) => {
            let detail = format!("a programme has {MAX_PROGRAMME} bytes at the most");
            let reason = Reason::new("programme_too_long", detail).with("most", MAX_PROGRAMME);
            Err(Problem::of(StatusCode::PAYLOAD_TOO_LARGE, reason))
        }
        Ok(Err(error)) => Err(bad(format!("the body broke off: {error}"))),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not arrive within 10 seconds",
        )),
    }
}

fn from_toml(text: &str, rooms: &[String]) -> Result<Programme, Problem> {
    let programme = Programme::parse(NAME, text).map_err(|detail| not_read(text, detail))?;
    match programme.fits(rooms) {
        Ok(()) => Ok(programme),
        Err(what) => Err(bad(format!("{NAME}: {what}"))),
    }
}

fn draft_in(text: &str) -> Result<Draft, Problem> {
    serde_json::from_str(text).map_err(|error| bad(format!("{NAME}: {error}")))
}

/// A file that is no programme; `detail` says it in English.
fn not_read(text: &str, detail: String) -> Problem {
    let (line, fault) = Programme::fault(text);
    let reason = |code| Reason::new(code, &detail);
    let reason = match fault {
        Fault::UnknownKey { key, meant: None } => reason("file_unknown_key").with("key", key),
        Fault::UnknownKey {
            key,
            meant: Some(meant),
        } => reason("file_unknown_key_meant")
            .with("key", key)
            .with("meant", meant),
        Fault::MissingKey(key) => reason("file_missing_key").with("key", key),
        Fault::Value(key) | Fault::Twice(key) => reason("file_wrong_value").with("key", key),
        Fault::Other => reason("file_wrong"),
    };
    Problem::of(StatusCode::BAD_REQUEST, reason.with("line", line))
}

fn bad(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

/// Problem details with one more member (RFC 9457 section 3.2): each mistake, by its field.
fn complain(complaints: &[Complaint]) -> Response {
    let told: Vec<String> = complaints
        .iter()
        .map(|complaint| format!("{}: {}", complaint.field, complaint.mistake))
        .collect();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let body = json!({
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": status.as_u16(),
        "detail": told.join("; "),
        "mistakes": complaints,
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, Json(body).into_response().into_body()).into_response()
}

/// The status that goes with it.
pub(crate) fn problem_of(error: PlanError) -> Problem {
    let status = match &error {
        PlanError::No(_) => StatusCode::CONFLICT,
        PlanError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        PlanError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
    };
    let reason = match &error {
        PlanError::No(no) => of_no(no),
        PlanError::Store(store) => store.reason(),
        PlanError::Stopped => Reason::new("stopping", &error),
    };
    Problem::of(status, reason)
}
