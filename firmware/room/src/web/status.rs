//! The state of the box as JSON.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::get;
use board::{Button, lights};
use conference::wire::{Device, RoomView, Status};
use pipelines::GateReason;
use serde::{Deserialize, Serialize};

use super::Box;
use crate::host;
use crate::kept::Kept;
use crate::machine::{Busy, Rest};
use crate::meter::{Heard, Level, Reading};
use crate::parts::monotonic_ms;

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/status", get(status))
        .route("/meter", get(meter))
        .route("/gate", get(gate))
}

/// The state as JSON.
#[derive(Serialize)]
struct StatusPage {
    name: String,
    version: &'static str,
    /// Of this page, for other machines of the room's network.
    address: String,
    linked: bool,
    publishing: bool,
    watching: bool,
    /// What the way to the bridge carries, in bit/s, while it is measured.
    carries_bps: Option<u64>,
    devices: Status,
    deck_screen: Device,
    #[serde(flatten)]
    meter: MeterPage,
    dropped: u64,
    room: Option<RoomView>,
    resting: bool,
    /// Why the box does not begin anew by itself now: `joining`, `evening`, `soon`; null while it may.
    busy: Option<&'static str>,
    /// What − and + do now: `hands`, `offer`, `pages`, `volume`.
    steps: &'static str,
    /// The volume, and the next evening.
    #[serde(flatten)]
    kept: Kept,
    lights: LightsPage,
    /// The button that is down though nobody holds one for so long.
    stuck: Option<&'static str>,
}

/// What the lamps show, as JSON.
#[derive(Serialize)]
struct LightsPage {
    /// What the status light in *Parole* says, most urgent first: `reset_near`, `muted`, `fault`, `starting`, `floor`,
    /// `hand`, `conference`, `ready`, `resting`.
    signal: &'static str,
    /// Its colour: `red`, `amber`, `green`, `blue`, `white`.
    colour: &'static str,
    /// How it blinks, in milliseconds lit, dark, lit, dark, and again; one number is steady light.
    blinks: &'static [u16],
    /// Whether the red lamp of *Micro* is lit.
    mute: bool,
    /// The buttons whose white lamp is lit: they do something now.
    useful: Vec<&'static str>,
}

fn lights_page(state: &lights::State) -> LightsPage {
    let signal = lights::Signal::of(state);
    let useful = Button::ALL
        .into_iter()
        .filter(|button| state.useful[button.index()]);
    LightsPage {
        signal: signal.name(),
        colour: signal.colour().name(),
        blinks: signal.blinks(),
        mute: state.muted,
        useful: useful.map(Button::name).collect(),
    }
}

/// What a meter shows, as JSON.
#[derive(Serialize)]
struct MeterPage {
    level: Level,
    /// What each microphone hears by itself, in dB of full scale.
    microphones_dbfs: Vec<f32>,
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
        name: the_box.name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        address: host::address(&the_box.name, the_box.listen),
        linked: snapshot.linked,
        publishing: snapshot.sessions.publishing,
        watching: snapshot.sessions.watching,
        carries_bps: snapshot.network.carries,
        devices: snapshot.status,
        deck_screen: snapshot.second_screen,
        meter: meter_page(&the_box),
        dropped: the_box.parts.meter.dropped(),
        room: snapshot.me,
        resting: snapshot.rest == Rest::Resting,
        busy: snapshot.busy.map(Busy::name),
        steps: snapshot.steps.name(),
        kept: snapshot.kept,
        lights: lights_page(&snapshot.lit),
        stuck: snapshot.stuck.map(Button::name),
    })
}

/// The part of the state that moves ten times a second.
async fn meter(State(the_box): State<Box>) -> impl IntoResponse {
    axum::Json(meter_page(&the_box))
}

fn meter_page(the_box: &Box) -> MeterPage {
    let heard = the_box.heard();
    let say = |reason| the_box.words.gate(reason);
    MeterPage {
        level: heard.level,
        microphones_dbfs: the_box.parts.meter.channels(),
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

impl Box {
    /// What the microphones hear now.
    pub(super) fn heard(&self) -> Heard {
        match self.snapshot.borrow().rest {
            Rest::Awake => self.parts.meter.get(),
            // The last that was heard before is not heard now.
            Rest::Resting => Heard::SILENCE,
        }
    }
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

/// What the gate did lately, as JSON. Times are milliseconds of the machine's monotonic clock.
#[derive(Serialize)]
struct Lately {
    now: u64,
    readings: Vec<ReadingPage>,
}

#[derive(Serialize)]
struct ReadingPage {
    at: u64,
    /// Mean over 100 ms, in dB of full scale.
    level: f32,
    voice: f32,
    open: bool,
    reason: Option<&'static str>,
    words: String,
}

/// What the gate did in the last minute, after that moment.
async fn gate(
    State(the_box): State<Box>,
    Query(After { after }): Query<After>,
) -> impl IntoResponse {
    let readings = the_box.parts.meter.after(after).into_iter();
    let readings = readings.map(|Reading { at_ms, heard }| ReadingPage {
        at: at_ms,
        level: heard.level.rms_dbfs,
        voice: heard.voice,
        open: heard.reason.is_some_and(GateReason::is_open),
        reason: heard.reason.map(GateReason::name),
        words: heard
            .reason
            .map(|reason| the_box.words.gate(reason))
            .unwrap_or_default(),
    });
    axum::Json(Lately {
        now: monotonic_ms(),
        readings: readings.collect(),
    })
}
