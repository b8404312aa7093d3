//! Decks over HTTP: files in, manifests and pages out.

use std::path::Path as FilePath;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use conference::wire::Reason;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::MOST_BYTES;
use super::folder::{Folder, look_at, manifest_in, notes_in, page_in, thumb_in};
use super::librarian::BringError;
use super::wire::Known;
use crate::address::Address;
use crate::auth;
use crate::files::{ArrivalError, Arriving, receive, serve, waste};
use crate::problem::Problem;
use crate::server::{App, random_id};

/// Longest name of a file, in characters: more is unreadable on the console.
const MOST_NAME: usize = 100;

/// The addresses of decks.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/decks", post(bring).delete(remove))
        .route("/decks/{id}", get(manifest))
        .route("/decks/{id}/notes", get(notes))
        .route("/decks/{id}/pages/{page}", get(page))
        .route("/decks/{id}/thumbs/{page}", get(thumb))
}

#[derive(Deserialize)]
struct Whose {
    speaker: usize,
}

#[derive(Deserialize)]
struct Brought {
    speaker: usize,
    name: String,
}

async fn bring(
    State(app): State<App>,
    query: Result<Query<Brought>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let admitted = admit(&app, query, &headers, body.size_hint().lower()).await;
    let (Brought { speaker, name }, folder) = match admitted {
        Ok(admitted) => admitted,
        Err(problem) => {
            waste(body);
            return Err(problem);
        }
    };
    let part = random_id()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let arriving = Arriving(folder.incoming(&part));
    let id = receive(&arriving.0, body, MOST_BYTES).await;
    let id = id.map_err(arrival_problem)?;
    look(&arriving.0).await?;
    let deck = Known { id, name };
    let bring = app.decks.bring(speaker, deck, arriving.0.clone());
    bring.await.map_err(problem_of)?;
    Ok(StatusCode::ACCEPTED)
}

/// All that can be said before the first byte of the file.
async fn admit(
    app: &App,
    query: Result<Query<Brought>, QueryRejection>,
    headers: &HeaderMap,
    least: u64,
) -> Result<(Brought, Folder), Problem> {
    auth::chair(&app.config, headers)?;
    let Query(brought) = query.map_err(no_query)?;
    let length = brought.name.chars().count();
    if !(1..=MOST_NAME).contains(&length) || brought.name.chars().any(char::is_control) {
        let detail = format!(
            "name: the file's name must have 1 to {MOST_NAME} characters, all of which can be shown"
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let folder = app.decks.folder().map_err(problem_of)?.clone();
    app.decks
        .expect(brought.speaker)
        .await
        .map_err(problem_of)?;
    if least > MOST_BYTES {
        return Err(too_large());
    }
    Ok((brought, folder))
}

/// What it is must be known before it is kept.
async fn look(path: &FilePath) -> Result<(), Problem> {
    let looked_at = path.to_owned();
    let kind = spawn_blocking(move || look_at(&looked_at)).await;
    let kind = kind.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    match kind.map_err(|error| problem_of(BringError::Disk(error)))? {
        Ok(_) => Ok(()),
        Err(unusable) => {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Problem::of(status, unusable.reason()))
        }
    }
}

async fn remove(
    State(app): State<App>,
    query: Result<Query<Whose>, QueryRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    let Query(Whose { speaker }) = query.map_err(no_query)?;
    match app.decks.remove(speaker).await.map_err(problem_of)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::of(
            StatusCode::NOT_FOUND,
            Reason::new("no_deck", "this speaker has no deck"),
        )),
    }
}

async fn manifest(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (folder, id) = find(&app, &id, request.headers())?;
    let tag = format!("\"{}\"", id.as_str());
    let mut response = give(&manifest_in(&folder.deck(&id)), &tag, request).await?;
    // The name in it is for people and may be another one later.
    let fresh = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    Ok(response)
}

/// For the chair alone: a speaker may not want them read by a room.
async fn notes(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    auth::chair(&app.config, request.headers())?;
    let (folder, id) = find(&app, &id, request.headers())?;
    let tag = format!("\"{}-notes\"", id.as_str());
    give(&notes_in(&folder.deck(&id)), &tag, request).await
}

async fn page(
    State(app): State<App>,
    Path((id, page)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (folder, id) = find(&app, &id, request.headers())?;
    let number = number(&page)?;
    let deck = id.clone();
    let manifest = folder.clone();
    let manifest = spawn_blocking(move || manifest.manifest(&deck)).await;
    let manifest = manifest.ok().flatten();
    let pages = manifest.map(|manifest| manifest.pages).unwrap_or_default();
    let page = pages.get(usize::from(number)).ok_or_else(no_page)?;
    let tag = format!("\"{}\"", page.sha256);
    give(&page_in(&folder.deck(&id), number), &tag, request).await
}

async fn thumb(
    State(app): State<App>,
    Path((id, page)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (folder, id) = find(&app, &id, request.headers())?;
    let number = number(&page)?;
    let tag = format!("\"{}-{number}\"", id.as_str());
    give(&thumb_in(&folder.deck(&id), number), &tag, request).await
}

/// The deck that is asked for, for whom it is.
fn find<'a>(app: &'a App, id: &str, headers: &HeaderMap) -> Result<(&'a Folder, Address), Problem> {
    auth::participant(app, headers)?;
    let folder = app.decks.folder().map_err(problem_of)?;
    let id = Address::parse(id).ok_or_else(no_page)?;
    Ok((folder, id))
}

fn number(page: &str) -> Result<u16, Problem> {
    page.parse().map_err(|_| no_page())
}

async fn give(path: &FilePath, tag: &str, request: Request) -> Result<Response, Problem> {
    let served = serve(path, tag, request).await;
    let response = served.map_err(|error| problem_of(BringError::Disk(error)))?;
    match response.status() {
        StatusCode::NOT_FOUND => Err(no_page()),
        _ => Ok(response),
    }
}

fn no_page() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "there is no such deck or page; the programme on /control names the decks that are ready",
    )
}

fn no_query(rejection: QueryRejection) -> Problem {
    let detail = format!(
        "{}; the address must say speaker=N, and name=FILE for a deck that is brought",
        rejection.body_text()
    );
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

fn too_large() -> Problem {
    let reason = Reason::new(
        "deck_too_large",
        "the file has more than 200 MB; make its pictures smaller, and export it anew",
    );
    let reason = reason.with("most", MOST_BYTES / 1_000_000);
    Problem::of(StatusCode::PAYLOAD_TOO_LARGE, reason)
}

fn arrival_problem(error: ArrivalError) -> Problem {
    match error {
        ArrivalError::TooLarge => too_large(),
        ArrivalError::Disk(error) => problem_of(BringError::Disk(error)),
        ArrivalError::BrokeOff(_) | ArrivalError::Silent { .. } => error.problem(),
    }
}

fn problem_of(error: BringError) -> Problem {
    let status = match &error {
        BringError::NoFolder => StatusCode::CONFLICT,
        BringError::NoSpeaker(_) => StatusCode::NOT_FOUND,
        BringError::Disk(_) => StatusCode::INSUFFICIENT_STORAGE,
        BringError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::of(status, error.reason())
}
