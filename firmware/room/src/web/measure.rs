//! What the demo and tests read and ask for: there only with `[measure]` in the settings.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pipelines::{Noise, PageSighting, Recording, Sighting};
use serde::Serialize;

use super::Box;
use super::panel::{is_meant, switch};
use crate::media::Command;

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/measure/sightings", get(sightings))
        .route("/measure/pages", get(pages))
        .route("/measure/deck-pages", get(deck_pages))
        .route("/measure/microphones", get(microphones))
        .route("/measure/loudspeaker", get(loudspeaker))
        .route("/measure/lines", get(lines))
        .route("/measure/joining", get(joining))
        .route("/measure/reconnect", post(reconnect))
        .route("/measure/audience/{noise}", post(audience))
        .route("/measure/talk/{state}", post(talk))
}

/// Lets whoever speaks into the test microphone talk on, or listen.
async fn talk(
    State(the_box): State<Box>,
    Path(state): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Response> {
    let talks = switch(&headers, &state).map_err(IntoResponse::into_response)?;
    match the_box.parts.microphones.set_talks(talks) {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(reason) => Err((StatusCode::CONFLICT, reason.to_string()).into_response()),
    }
}

/// How long a noise of the audience lasts.
#[derive(Serialize)]
struct NoisePage {
    lasts_ms: u128,
}

async fn audience(
    State(the_box): State<Box>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_meant(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(noise) = Noise::named(&name) else {
        let known = Noise::ALL.map(Noise::name).join(", ");
        let reason = format!("\"{name}\" is no noise of the audience: ask for one of {known}");
        return (StatusCode::NOT_FOUND, reason).into_response();
    };
    match the_box.parts.microphones.make(noise) {
        Ok(lasts) => axum::Json(NoisePage {
            lasts_ms: lasts.as_millis(),
        })
        .into_response(),
        Err(reason) => (StatusCode::CONFLICT, reason.to_string()).into_response(),
    }
}

/// One reading of a stamp on the television, in ns of the machine's monotonic clock.
#[derive(Serialize)]
struct PageJson {
    deck: u8,
    page: u32,
    shown_ns: u64,
}

#[derive(Serialize)]
struct SightingJson {
    room: u8,
    drawn_ns: u64,
    shown_ns: u64,
}

/// The pages of decks that were seen since the last call.
async fn pages(State(the_box): State<Box>) -> impl IntoResponse {
    pages_json(the_box.parts.screen.page_sightings())
}

/// The same on the second screen.
async fn deck_pages(State(the_box): State<Box>) -> impl IntoResponse {
    pages_json(the_box.parts.screen.deck().page_sightings())
}

fn pages_json(seen: Vec<PageSighting>) -> impl IntoResponse {
    let json = |seen: PageSighting| PageJson {
        deck: seen.deck,
        page: seen.page,
        shown_ns: seen.shown_ns,
    };
    axum::Json(seen.into_iter().map(json).collect::<Vec<_>>())
}

async fn sightings(State(the_box): State<Box>) -> impl IntoResponse {
    let sightings = the_box.parts.screen.sightings();
    axum::Json(
        sightings
            .into_iter()
            .map(
                |Sighting {
                     room,
                     drawn_ns,
                     shown_ns,
                 }| SightingJson {
                    room,
                    drawn_ns,
                    shown_ns,
                },
            )
            .collect::<Vec<_>>(),
    )
}

async fn microphones(State(the_box): State<Box>) -> Response {
    recording(the_box.parts.microphones.recording())
}

async fn loudspeaker(State(the_box): State<Box>) -> Response {
    recording(the_box.parts.loudspeaker.recording())
}

/// The samples as 16-bit little-endian mono; the headers say when the first one was and the rate.
fn recording(recording: Option<Recording>) -> Response {
    let Some(recording) = recording else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let bytes: Vec<u8> = recording
        .samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let headers = [
        ("x-start-ns", recording.start_ns.to_string()),
        ("x-rate", recording.rate.to_string()),
    ];
    (headers, bytes).into_response()
}

/// What a person reads at the foot of the television.
async fn lines(State(the_box): State<Box>) -> impl IntoResponse {
    axum::Json(the_box.snapshot.borrow().lines.clone())
}

/// What the television says of a box that its bridge does not know, as JSON.
#[derive(Serialize)]
struct JoiningJson {
    /// Empty where none is shown.
    code: String,
    fault: String,
    cure: String,
    foot: String,
}

/// Null while the television says nothing of it.
async fn joining(State(the_box): State<Box>) -> impl IntoResponse {
    let joining = the_box.snapshot.borrow().joining.clone();
    axum::Json(joining.map(|shown| JoiningJson {
        code: shown.code.0 + &shown.code.1,
        fault: shown.fault,
        cure: shown.cure,
        foot: shown.foot,
    }))
}

async fn reconnect(State(the_box): State<Box>) -> StatusCode {
    match the_box.commands.send(Command::Restart).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
