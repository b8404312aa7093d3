//! Decks over HTTP: files in, manifests and pages out.

use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::StreamExt;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tower_http::services::ServeFile;
use tracing::debug;

use super::MOST_BYTES;
use super::folder::{Folder, look_at, manifest_in, notes_in, page_in, thumb_in};
use super::librarian::BringError;
use super::wire::{DeckId, Known};
use crate::auth;
use crate::problem::Problem;
use crate::server::{App, random_id};

/// How long may pass between two pieces of a body.
const PIECE_WITHIN: Duration = Duration::from_secs(30);

/// How long the rest of a refused body is read and thrown away, so that the client gets to read the answer instead of a
/// broken connection.
const WASTE_WITHIN: Duration = Duration::from_secs(30);

/// Longest name of a file, in characters: more is unreadable on the console.
const MOST_NAME: usize = 100;

/// A year: what is at the address of a page never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

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
    let id = receive(&arriving.0, body).await?;
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

/// A file that arrives; what is still there at the end is removed.
struct Arriving(PathBuf);

impl Drop for Arriving {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes the body to a file, never more of it than may be, and tells its address.
async fn receive(path: &FilePath, body: Body) -> Result<DeckId, Problem> {
    let disk = |error| problem_of(BringError::Disk(error));
    let mut file = File::create(path).await.map_err(disk)?;
    let mut digest = Sha256::new();
    let mut length = 0;
    let mut pieces = body.into_data_stream();
    loop {
        let piece = match timeout(PIECE_WITHIN, pieces.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(error))) => {
                let detail = format!("the file broke off ({error}); bring it again");
                return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
            }
            Err(_) => {
                let detail = "nothing of the file came for 30 seconds; bring it again";
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
            }
        };
        length += piece.len() as u64;
        if length > MOST_BYTES {
            waste(Body::from_stream(pieces));
            return Err(too_large());
        }
        digest.update(&piece);
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.sync_all().await.map_err(disk)?;
    let looked_at = path.to_owned();
    let kind = spawn_blocking(move || look_at(&looked_at)).await;
    kind.map_err(std::io::Error::other)
        .and_then(|kind| kind)
        .map_err(disk)?
        .map_err(|unusable| {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, unusable.to_string())
        })?;
    debug!(length, "a file has arrived");
    Ok(DeckId::of(&digest.finalize().into()))
}

/// Reads a body that nobody wants, for a while.
fn waste(body: Body) {
    tokio::spawn(timeout(WASTE_WITHIN, async {
        let mut pieces = body.into_data_stream();
        while let Some(Ok(_)) = pieces.next().await {}
    }));
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
        false => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "this speaker has no deck",
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
    let mut response = serve(&manifest_in(&folder.deck(&id)), &tag, request).await?;
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
    serve(&notes_in(&folder.deck(&id)), &tag, request).await
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
    serve(&page_in(&folder.deck(&id), number), &tag, request).await
}

async fn thumb(
    State(app): State<App>,
    Path((id, page)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (folder, id) = find(&app, &id, request.headers())?;
    let number = number(&page)?;
    let tag = format!("\"{}-{number}\"", id.as_str());
    serve(&thumb_in(&folder.deck(&id), number), &tag, request).await
}

/// The deck that is asked for, for whom it is.
fn find<'a>(app: &'a App, id: &str, headers: &HeaderMap) -> Result<(&'a Folder, DeckId), Problem> {
    auth::participant(&app.config, headers)?;
    let folder = app.decks.folder().map_err(problem_of)?;
    let id = DeckId::parse(id).ok_or_else(no_page)?;
    Ok((folder, id))
}

fn number(page: &str) -> Result<u16, Problem> {
    page.parse().map_err(|_| no_page())
}

/// A file that never changes, or the part of it that is asked for.
async fn serve(path: &FilePath, tag: &str, mut request: Request) -> Result<Response, Problem> {
    let has_it = asked(&request, header::IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',')
            .any(|known| [tag, "*"].contains(&known.trim()))
    });
    // Who has the beginning of something else gets all of this one (RFC 9110 section 13.1.5).
    if asked(&request, header::IF_RANGE).is_some_and(|known| known != tag) {
        request.headers_mut().remove(header::RANGE);
    }
    let mut response = match has_it {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let served = ServeFile::new(path).try_call(request).await;
            let served = served.map_err(|error| problem_of(BringError::Disk(error)))?;
            served.map(Body::new)
        }
    };
    if response.status() == StatusCode::NOT_FOUND {
        return Err(no_page());
    }
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Ok(response)
}

fn asked(request: &Request, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
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
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "the file has more than 200 MB; make its pictures smaller, and export it anew",
    )
}

fn problem_of(error: BringError) -> Problem {
    let status = match &error {
        BringError::NoFolder => StatusCode::CONFLICT,
        BringError::NoSpeaker(_) => StatusCode::NOT_FOUND,
        BringError::Disk(_) => StatusCode::INSUFFICIENT_STORAGE,
        BringError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::new(status, error.to_string())
}
