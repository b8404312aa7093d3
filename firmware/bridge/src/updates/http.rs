//! The boxes' update over HTTP: a file in, by the chair, and out, to the boxes.

use axum::body::{Body, HttpBody};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use conference::Release;
use conference::wire::Reason;
use serde::Deserialize;

use super::{BringError, MOST_BYTES, file};
use crate::address::Address;
use crate::auth;
use crate::files::{ArrivalError, Arriving, receive, serve, waste};
use crate::problem::Problem;
use crate::server::{App, random_id};

/// The addresses of the update.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/update", post(bring).delete(withdraw))
        .route("/updates/{id}", get(give))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Takes a file in, in the place of the one that was offered.
async fn bring(
    State(app): State<App>,
    query: Result<Query<Named>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let admitted = admit(&app, query, &headers, body.size_hint().lower());
    let (version, begun) = match admitted.and_then(|version| {
        let begun = app.updates.begin().map_err(problem_of)?;
        Ok((version, begun))
    }) {
        Ok(admitted) => admitted,
        Err(problem) => {
            waste(body);
            return Err(problem);
        }
    };
    let part = random_id()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let folder = app.updates.folder().map_err(problem_of)?;
    let arriving = Arriving(folder.join(format!("incoming-{part}.part")));
    let id = receive(&arriving.0, body, MOST_BYTES).await;
    let id = id.map_err(arrival_problem)?;
    let offered = app.updates.offer(&arriving.0, &version, &id).await;
    drop(begun);
    let offered = offered.map_err(problem_of)?;
    Ok((StatusCode::CREATED, Json(offered)).into_response())
}

/// All that can be said before the first byte of the file.
fn admit(
    app: &App,
    query: Result<Query<Named>, QueryRejection>,
    headers: &HeaderMap,
    least: u64,
) -> Result<Release, Problem> {
    auth::chair(&app.config, headers)?;
    app.updates.folder().map_err(problem_of)?;
    let bad_name = || problem_of(BringError::BadName);
    let Query(Named { name }) = query.map_err(|_| bad_name())?;
    let version = Release::of_file(&name).ok_or_else(bad_name)?;
    match least > MOST_BYTES {
        true => Err(arrival_problem(ArrivalError::TooLarge)),
        false => Ok(version),
    }
}

async fn withdraw(State(app): State<App>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    let _one = app.updates.begin().map_err(problem_of)?;
    app.updates.withdraw().await.map_err(problem_of)?;
    Ok(StatusCode::NO_CONTENT)
}

/// For boxes that fetch it, whole or from where they were.
async fn give(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    auth::participant(&app, request.headers())?;
    let none = || problem_of(BringError::None);
    let folder = app.updates.folder().map_err(problem_of)?;
    let id = Address::parse(&id).ok_or_else(none)?;
    let tag = format!("\"{}\"", id.as_str());
    let served = serve(&file(folder, id.as_str()), &tag, request).await;
    let response = served.map_err(|error| problem_of(BringError::Disk(error)))?;
    match response.status() {
        StatusCode::NOT_FOUND => Err(none()),
        _ => Ok(response),
    }
}

fn arrival_problem(error: ArrivalError) -> Problem {
    match error {
        ArrivalError::TooLarge => {
            let reason = Reason::new(
                "update_too_large",
                "the file has more than 600 MB: no box has room for it",
            );
            let reason = reason.with("most", MOST_BYTES / 1_000_000);
            Problem::of(StatusCode::PAYLOAD_TOO_LARGE, reason)
        }
        ArrivalError::Disk(error) => problem_of(BringError::Disk(error)),
        ArrivalError::BrokeOff(_) | ArrivalError::Silent { .. } => error.problem(),
    }
}

fn problem_of(error: BringError) -> Problem {
    let status = match &error {
        BringError::NoFolder | BringError::Arriving => StatusCode::CONFLICT,
        BringError::BadName => StatusCode::BAD_REQUEST,
        BringError::NoUpdate => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BringError::None => StatusCode::NOT_FOUND,
        BringError::Disk(_) => StatusCode::INSUFFICIENT_STORAGE,
    };
    Problem::of(status, error.reason())
}
