//! The state of the box as JSON.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use conference::wire::{Device, RoomView, Status};
use pipelines::GateReason;
use serde::Serialize;

use super::Box;
use crate::kept::Kept;
use crate::machine::Rest;
use crate::parts::{Heard, Level};

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/status", get(status))
        .route("/meter", get(meter))
}

/// The state as JSON.
#[derive(Serialize)]
struct StatusPage {
    linked: bool,
    publishing: bool,
    watching: bool,
    devices: Status,
    deck_screen: Device,
    #[serde(flatten)]
    meter: MeterPage,
    dropped: u64,
    room: Option<RoomView>,
    resting: bool,
    /// What − and + do now: `hands`, `offer`, `pages`, `volume`.
    steps: &'static str,
    /// The volume, and the next evening.
    #[serde(flatten)]
    kept: Kept,
}

/// What a meter shows, as JSON.
#[derive(Serialize)]
struct MeterPage {
    level: Level,
    gate: GatePage,
    /// Whether somebody talks into a test microphone; null before a real one.
    talks: Option<bool>,
}

#[derive(Serialize)]
struct GatePage {
    /// Whether it decides; else everything passes.
    on: bool,
    open: bool,
    /// Why; null before the first sound.
    reason: Option<&'static str>,
    /// The reason for people, in the box's language.
    words: String,
    voice: f32,
}

async fn status(State(the_box): State<Box>) -> impl IntoResponse {
    let snapshot = the_box.snapshot.borrow().clone();
    axum::Json(StatusPage {
        linked: snapshot.linked,
        publishing: snapshot.sessions.publishing,
        watching: snapshot.sessions.watching,
        devices: snapshot.status,
        deck_screen: snapshot.second_screen,
        meter: meter_page(&the_box),
        dropped: the_box.parts.meter.dropped(),
        room: snapshot.me,
        resting: snapshot.rest == Rest::Resting,
        steps: snapshot.steps.name(),
        kept: snapshot.kept,
    })
}

/// The part of the state that moves ten times a second.
async fn meter(State(the_box): State<Box>) -> impl IntoResponse {
    axum::Json(meter_page(&the_box))
}

fn meter_page(the_box: &Box) -> MeterPage {
    let heard = match the_box.snapshot.borrow().rest {
        Rest::Awake => the_box.parts.meter.get(),
        // The last that was heard before is not heard now.
        Rest::Resting => Heard::SILENCE,
    };
    let say = |reason| the_box.words.gate(reason);
    MeterPage {
        level: heard.level,
        gate: GatePage {
            on: the_box.parts.microphones.gate(),
            open: heard.reason.is_some_and(GateReason::is_open),
            reason: heard.reason.map(GateReason::name),
            words: heard.reason.map(say).unwrap_or_default(),
            voice: heard.voice,
        },
        talks: the_box.parts.microphones.talks(),
    }
}
