//! Photos over HTTP: files in, pictures out.

use axum::body::{Body, HttpBody};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use conference::wire::{PhotoState, Reason};
use serde::Deserialize;

use super::MOST_BYTES;
use super::folder::Folder;
use super::keeper::{BringError, too_large};
use crate::address::Address;
use crate::auth;
use crate::files::{ArrivalError, Arriving, receive, serve, waste};
use crate::problem::Problem;
use crate::server::{App, random_id};

/// Longest name of a file, in characters: more is unreadable on the console.
const MOST_NAME: usize = 100;

/// The addresses of photos.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/photos", get(named).post(bring))
        .route("/photos/{id}", get(photo))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Takes a file in, and answers with the name by which a programme may call its photo.
async fn bring(
    State(app): State<App>,
    query: Result<Query<Named>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (name, folder) = match admit(&app, query, &headers, body.size_hint().lower()) {
        Ok(admitted) => admitted,
        Err(problem) => {
            waste(body);
            return Err(problem);
        }
    };
    let part = random_id()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let arriving = Arriving(folder.incoming(&part));
    let received = receive(&arriving.0, body, MOST_BYTES).await;
    received.map_err(arrival_problem)?;
    let photo = app.photos.bring(name, &arriving.0, &part).await;
    let photo = photo.map_err(problem_of)?;
    Ok((StatusCode::CREATED, Json(photo)).into_response())
}

/// All that can be said before the first byte of the file.
fn admit(
    app: &App,
    query: Result<Query<Named>, QueryRejection>,
    headers: &HeaderMap,
    least: u64,
) -> Result<(String, Folder), Problem> {
    auth::chair(&app.config, headers)?;
    let Query(Named { name }) = query.map_err(no_query)?;
    let length = name.chars().count();
    let plain = !name.contains('/') && !name.chars().any(char::is_control);
    if !(1..=MOST_NAME).contains(&length) || !plain {
        let detail = format!(
            "name: the file's name must have 1 to {MOST_NAME} characters, all of which can be shown"
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let folder = app.photos.folder().map_err(problem_of)?.clone();
    if least > MOST_BYTES {
        return Err(arrival_problem(ArrivalError::TooLarge));
    }
    Ok((name, folder))
}

/// The photo of a name, as the form asks for it.
async fn named(
    State(app): State<App>,
    query: Result<Query<Named>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    auth::chair(&app.config, request.headers())?;
    let Query(Named { name }) = query.map_err(no_query)?;
    let found = app.photos.find(name).await.map_err(problem_of)?;
    let id = match found {
        PhotoState::Ready { id, .. } => id,
        PhotoState::Missing => return Err(no_photo()),
        PhotoState::Failed(reason) => {
            return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, reason));
        }
    };
    let mut response = give(&app, &id, request).await?;
    // Another photo may have this name later.
    let fresh = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    Ok(response)
}

async fn photo(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    auth::participant(&app, request.headers())?;
    give(&app, &id, request).await
}

async fn give(app: &App, id: &str, request: Request) -> Result<Response, Problem> {
    let folder = app.photos.folder().map_err(problem_of)?;
    let id = Address::parse(id).ok_or_else(no_photo)?;
    let tag = format!("\"{}\"", id.as_str());
    let served = serve(&folder.picture(&id), &tag, request).await;
    let response = served.map_err(|error| problem_of(BringError::Disk(error)))?;
    match response.status() {
        StatusCode::NOT_FOUND => Err(no_photo()),
        _ => Ok(response),
    }
}

fn no_photo() -> Problem {
    let detail = "this bridge has no such photo; bring it";
    Problem::of(StatusCode::NOT_FOUND, Reason::new("photo_missing", detail))
}

fn no_query(rejection: QueryRejection) -> Problem {
    let detail = format!(
        "{}; the address must say name=FILE, or be /photos/ID",
        rejection.body_text()
    );
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

fn arrival_problem(error: ArrivalError) -> Problem {
    match error {
        ArrivalError::TooLarge => Problem::of(StatusCode::PAYLOAD_TOO_LARGE, too_large()),
        ArrivalError::BrokeOff(_) | ArrivalError::Silent { .. } | ArrivalError::Disk(_) => {
            error.problem()
        }
    }
}

fn problem_of(error: BringError) -> Problem {
    let status = match &error {
        BringError::NoFolder => StatusCode::CONFLICT,
        BringError::NoPhoto(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BringError::Disk(_) => StatusCode::INSUFFICIENT_STORAGE,
        BringError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::of(status, error.reason())
}
