//! The box's own page: the television as it is now, the state, the buttons.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use conference::wire::{RoomView, Status};
use pipelines::{Recording, Screen, Sighting};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::machine::Input;
use crate::media::{Command, Sessions};
use crate::parts::{Level, Parts};

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
    /// The bridge's view of this room.
    pub me: Option<RoomView>,
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
    /// Whether measurements may be read.
    pub measured: bool,
}

/// The state as JSON.
#[derive(Serialize)]
struct StatusPage {
    linked: bool,
    publishing: bool,
    watching: bool,
    devices: Status,
    level: Level,
    dropped: u64,
    room: Option<RoomView>,
}

/// Serves the page until the task is ended.
pub async fn serve(listener: TcpListener, the_box: Box) {
    let mut app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/screen.jpg", get(still_jpeg))
        .route("/screen.png", get(still_png))
        .route("/screen.mjpeg", get(live))
        .route("/status", get(status))
        .route("/panel/speak", post(speak))
        .route("/panel/mute", post(mute));
    if the_box.measured {
        app = app
            .route("/measure/sightings", get(sightings))
            .route("/measure/microphones", get(microphones))
            .route("/measure/loudspeaker", get(loudspeaker))
            .route("/measure/reconnect", post(reconnect));
    }
    if let Err(error) = axum::serve(listener, app.with_state(the_box)).await {
        tracing::error!(%error, "the box's page stopped");
    }
}

async fn still_jpeg(State(the_box): State<Box>) -> Response {
    still(&the_box, Screen::picture, "image/jpeg").await
}

async fn still_png(State(the_box): State<Box>) -> Response {
    still(&the_box, Screen::picture_png, "image/png").await
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
            let reason = "the television shows nothing yet";
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
        level: the_box.parts.level.get(),
        dropped: the_box.parts.level.dropped(),
        room: snapshot.me,
    })
}

async fn speak(State(the_box): State<Box>, headers: HeaderMap) -> StatusCode {
    press(&the_box, &headers, Input::SpeakPressed).await
}

async fn mute(State(the_box): State<Box>, headers: HeaderMap) -> StatusCode {
    press(&the_box, &headers, Input::MutePressed).await
}

/// A press counts only with a header that a page of another site cannot send unasked.
async fn press(the_box: &Box, headers: &HeaderMap, input: Input) -> StatusCode {
    if headers.get("x-estrade") != Some(&HeaderValue::from_static("panel")) {
        return StatusCode::FORBIDDEN;
    }
    match the_box.inputs.send(input).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// One reading of a stamp on the television, in ns of the machine's monotonic clock.
#[derive(Serialize)]
struct SightingJson {
    room: u8,
    drawn_ns: u64,
    shown_ns: u64,
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
