//! The buttons of the page, and the header that makes a press one that is meant.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;

use super::Box;
use crate::machine::{Button, Input};

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/panel/{button}", post(click))
        .route("/panel/{button}/{motion}", post(motion))
        .route("/panel/people/{count}", post(people))
        .route("/panel/gate/{state}", post(gate))
        .route("/panel/diagnostics/{state}", post(diagnostics))
        .route("/panel/volume/{percent}", post(volume))
        .route("/restart", post(restart))
        .route("/pair-anew", post(pair_anew))
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
    match press(&the_box, &headers, button).await {
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
    match motion.as_str() {
        "down" => press(&the_box, &headers, button).await,
        "up" => tell(&the_box, &headers, Input::Released(button)).await,
        _ => StatusCode::NOT_FOUND,
    }
}

/// A page may be open anywhere: it does not undo the mute of a room that has a button for that.
async fn press(the_box: &Box, headers: &HeaderMap, button: Button) -> StatusCode {
    let muted = the_box.snapshot.borrow().status.muted;
    if the_box.wired && muted && button == Button::Mute {
        return StatusCode::CONFLICT;
    }
    tell(the_box, headers, Input::Pressed(button)).await
}

async fn people(
    State(the_box): State<Box>,
    Path(count): Path<u16>,
    headers: HeaderMap,
) -> StatusCode {
    tell(&the_box, &headers, Input::PeopleCounted(count)).await
}

async fn volume(
    State(the_box): State<Box>,
    Path(percent): Path<u8>,
    headers: HeaderMap,
) -> StatusCode {
    tell(&the_box, &headers, Input::VolumeSet(percent)).await
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

async fn restart(State(the_box): State<Box>, headers: HeaderMap) -> StatusCode {
    tell(&the_box, &headers, Input::RestartAsked).await
}

/// The box gets to know its bridge anew; one with a token in its settings has nothing to learn.
async fn pair_anew(State(the_box): State<Box>, headers: HeaderMap) -> StatusCode {
    if the_box.pass.is_fixed() {
        return StatusCode::CONFLICT;
    }
    tell(&the_box, &headers, Input::PairAnew).await
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

/// A press counts only with a header that a page of another site cannot send unasked.
async fn tell(the_box: &Box, headers: &HeaderMap, input: Input) -> StatusCode {
    if !is_meant(headers) {
        return StatusCode::FORBIDDEN;
    }
    the_box.tell(input).await
}

pub(super) fn is_meant(headers: &HeaderMap) -> bool {
    headers.get("x-estrade") == Some(&HeaderValue::from_static("panel"))
}

/// `on` or `off`, by a press that counts.
pub(super) fn switch(headers: &HeaderMap, state: &str) -> Result<bool, StatusCode> {
    match state {
        _ if !is_meant(headers) => Err(StatusCode::FORBIDDEN),
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(StatusCode::NOT_FOUND),
    }
}
