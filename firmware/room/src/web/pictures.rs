//! Pictures of the television and of the second screen, still and live.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use pipelines::Screen;
use serde::Deserialize;

use super::Box;

/// Pictures per second of the live picture: enough to follow, cheap enough for a box.
const LIVE_FPS: u32 = 10;

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/screen.jpg", get(still_jpeg))
        .route("/screen.png", get(still_png))
        .route("/screen.mjpeg", get(live))
        .route("/deck.jpg", get(deck_jpeg))
        .route("/deck.png", get(deck_png))
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
