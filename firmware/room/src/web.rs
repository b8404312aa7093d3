//! The box's own page: the television as it is now, the state, the buttons.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use board::lights;
use bytes::Bytes;
use conference::wire::{Device, RoomView, Status};
use pipelines::{GateReason, Noise, PageSighting, Recording, Screen, Sighting};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::config::Language;
use crate::kept::Kept;
use crate::machine::{Button, Input, Rest, Steps};
use crate::media::{Command, Sessions};
use crate::parts::{Heard, Level, Parts};
use crate::words::Words;

/// Pictures per second of the live picture: enough to follow, cheap enough for a box.
const LIVE_FPS: u32 = 10;

/// What the page shows of the box.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Whether the bridge is there.
    pub linked: bool,
    /// Which media sessions are up.
    pub sessions: Sessions,
    /// The devices.
    pub status: Status,
    /// The second screen.
    pub second_screen: Device,
    /// The bridge's view of this room.
    pub me: Option<RoomView>,
    /// Whether the box rests.
    pub rest: Rest,
    /// What − and + do now.
    pub steps: Steps,
    /// What outlives a restart.
    pub kept: Kept,
    /// What the lamps show.
    pub lit: lights::State,
}

/// What the page is wired to.
#[derive(Clone)]
pub struct Box {
    /// The devices.
    pub parts: Arc<Parts>,
    /// Where presses go.
    pub inputs: mpsc::Sender<Input>,
    /// Where orders to the media task go.
    pub commands: mpsc::Sender<Command>,
    /// The state.
    pub snapshot: watch::Receiver<Snapshot>,
    /// Whether measurements may be read and the virtual audience be asked for noises.
    pub measured: bool,
    /// The language of the page.
    pub language: Language,
    /// The words of that language.
    pub words: Arc<Words>,
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
    lights: LightsPage,
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
    let useful = Button::ALL.into_iter().filter(|b| state.useful[b.index()]);
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

/// Serves the page until the task is ended.
pub async fn serve(listener: TcpListener, the_box: Box) {
    let mut app = Router::new()
        .route("/", get(page))
        .route("/screen.jpg", get(still_jpeg))
        .route("/screen.png", get(still_png))
        .route("/screen.mjpeg", get(live))
        .route("/deck.jpg", get(deck_jpeg))
        .route("/deck.png", get(deck_png))
        .route("/status", get(status))
        .route("/meter", get(meter))
        .route("/panel/{button}", post(click))
        .route("/panel/{button}/{motion}", post(motion))
        .route("/panel/people/{count}", post(people))
        .route("/panel/gate/{state}", post(gate))
        .route("/panel/diagnostics/{state}", post(diagnostics));
    if the_box.measured {
        app = app
            .route("/measure/sightings", get(sightings))
            .route("/measure/pages", get(pages))
            .route("/measure/deck-pages", get(deck_pages))
            .route("/measure/microphones", get(microphones))
            .route("/measure/loudspeaker", get(loudspeaker))
            .route("/measure/reconnect", post(reconnect))
            .route("/measure/audience/{noise}", post(audience))
            .route("/measure/talk/{state}", post(talk));
    }
    if let Err(error) = axum::serve(listener, app.with_state(the_box)).await {
        tracing::error!(%error, "the box's page stopped");
    }
}

/// The page, in the box's language.
async fn page(State(the_box): State<Box>) -> Html<String> {
    let lang = match the_box.language {
        Language::Fr => "lang=\"fr\"",
        Language::En => "lang=\"en\"",
    };
    Html(include_str!("page.html").replacen("lang=\"fr\"", lang, 1))
}

async fn still_jpeg(State(the_box): State<Box>) -> Response {
    still(&the_box, Screen::picture, "image/jpeg").await
}

async fn still_png(State(the_box): State<Box>) -> Response {
    still(&the_box, Screen::picture_png, "image/png").await
}

/// The second screen.
async fn deck_jpeg(State(the_box): State<Box>) -> Response {
    still(&the_box, |screen| screen.deck().picture(), "image/jpeg").await
}

async fn deck_png(State(the_box): State<Box>) -> Response {
    still(&the_box, |screen| screen.deck().picture_png(), "image/png").await
}

async fn still(the_box: &Box, take: Take, mime: &'static str) -> Response {
    match picture(the_box, take).await {
        Some(bytes) => (
            [
                (header::CONTENT_TYPE, mime),
                (header::CACHE_CONTROL, "no-store"),
            ],
            bytes,
        )
            .into_response(),
        None => {
            let reason = "this screen shows nothing, or not yet";
            (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
        }
    }
}

/// How a picture of the screen is taken.
type Take = fn(&Screen) -> Option<Bytes>;

async fn picture(the_box: &Box, take: Take) -> Option<Bytes> {
    let parts = Arc::clone(&the_box.parts);
    // Compressing takes milliseconds of CPU: not on the threads that serve.
    let taken = tokio::task::spawn_blocking(move || take(&parts.screen)).await;
    taken.ok().flatten()
}

#[derive(Deserialize)]
struct LiveQuery {
    fps: Option<u32>,
}

/// The television, live, as `multipart/x-mixed-replace`, which every browser shows in an `<img>`.
async fn live(State(the_box): State<Box>, Query(query): Query<LiveQuery>) -> Response {
    let fps = query.fps.unwrap_or(LIVE_FPS).clamp(1, 25);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / fps);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let pictures = futures_util::stream::unfold((the_box, ticks), async |(the_box, mut ticks)| {
        loop {
            ticks.tick().await;
            if let Some(jpeg) = picture(&the_box, Screen::picture).await {
                return Some((Ok::<_, Infallible>(part(&jpeg)), (the_box, ticks)));
            }
        }
    });
    let mime = "multipart/x-mixed-replace; boundary=frame";
    ([(header::CONTENT_TYPE, mime)], Body::from_stream(pictures)).into_response()
}

fn part(jpeg: &[u8]) -> Bytes {
    let head = format!(
        "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
        jpeg.len()
    );
    [head.as_bytes(), jpeg, b"\r\n"].concat().into()
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
        lights: lights_page(&snapshot.lit),
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

/// A button is pressed and let go.
async fn click(
    State(the_box): State<Box>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> StatusCode {
    let Some(button) = Button::named(&name) else {
        return StatusCode::NOT_FOUND;
    };
    match tell(&the_box, &headers, Input::Pressed(button)).await {
        StatusCode::NO_CONTENT => tell(&the_box, &headers, Input::Released(button)).await,
        refused => refused,
    }
}

/// A button is pressed and held (`down`), or let go (`up`).
async fn motion(
    State(the_box): State<Box>,
    Path((name, motion)): Path<(String, String)>,
    headers: HeaderMap,
) -> StatusCode {
    let Some(button) = Button::named(&name) else {
        return StatusCode::NOT_FOUND;
    };
    let input = match motion.as_str() {
        "down" => Input::Pressed(button),
        "up" => Input::Released(button),
        _ => return StatusCode::NOT_FOUND,
    };
    tell(&the_box, &headers, input).await
}

async fn people(
    State(the_box): State<Box>,
    Path(count): Path<u16>,
    headers: HeaderMap,
) -> StatusCode {
    tell(&the_box, &headers, Input::PeopleCounted(count)).await
}

/// A press counts only with a header that a page of another site cannot send unasked.
async fn tell(the_box: &Box, headers: &HeaderMap, input: Input) -> StatusCode {
    if !is_meant(headers) {
        return StatusCode::FORBIDDEN;
    }
    match the_box.inputs.send(input).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn is_meant(headers: &HeaderMap) -> bool {
    headers.get("x-estrade") == Some(&HeaderValue::from_static("panel"))
}

/// `on` or `off`, by a press that counts.
fn switch(headers: &HeaderMap, state: &str) -> Result<bool, StatusCode> {
    match state {
        _ if !is_meant(headers) => Err(StatusCode::FORBIDDEN),
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn gate(
    State(the_box): State<Box>,
    Path(state): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, StatusCode> {
    let on = switch(&headers, &state)?;
    tracing::info!(on, "the gate is switched");
    the_box.parts.microphones.set_gate(on);
    Ok(StatusCode::NO_CONTENT)
}

/// The diagnostic picture on the television.
async fn diagnostics(
    State(the_box): State<Box>,
    Path(state): Path<String>,
    headers: HeaderMap,
) -> StatusCode {
    match switch(&headers, &state) {
        Ok(on) => tell(&the_box, &headers, Input::Diagnostics(on)).await,
        Err(refused) => refused,
    }
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

async fn reconnect(State(the_box): State<Box>) -> StatusCode {
    match the_box.commands.send(Command::Restart).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
