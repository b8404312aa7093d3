//! Who asks over HTTP, by the bearer token (RFC 6750).

use axum::http::{HeaderMap, StatusCode, header};

use conference::RoomId;

use crate::config::Config;
use crate::problem::Problem;
use crate::server::App;

/// Lets only the chair pass.
///
/// # Errors
/// 401, in words.
pub fn chair(config: &Config, headers: &HeaderMap) -> Result<(), Problem> {
    if bearer(headers).is_some_and(|token| config.chair_token.is(token)) {
        return Ok(());
    }
    Err(refuse(
        "only the chair may; send the chair's token as bearer token",
    ))
}

/// Lets the chair and the rooms pass.
///
/// # Errors
/// 401, in words.
pub fn participant(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let known = |token| app.config.chair_token.is(token) || room_of(app, token).is_some();
    if bearer(headers).is_some_and(known) {
        return Ok(());
    }
    Err(refuse(
        "only the chair and the rooms may; send the token of one as bearer token",
    ))
}

/// The room whose token this is.
///
/// # Errors
/// 401, in words.
pub fn room<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a str, Problem> {
    let room = bearer(headers).and_then(|token| room_of(app, token));
    let room = room.and_then(|RoomId(id)| app.config.rooms.get(usize::from(id)));
    room.map(|room| room.name.as_str()).ok_or_else(|| {
        refuse("no room has this token; copy the one from bridge.toml into room.toml")
    })
}

/// The room that a token stands for, whether it is the settings' or a session's of a paired box: the only place that knows
/// both.
pub fn room_of(app: &App, token: &str) -> Option<RoomId> {
    let of_settings = app.config.room_of(token);
    of_settings.or_else(|| app.pairings.room_of(token))
}

fn refuse(detail: &str) -> Problem {
    let challenge = "Bearer realm=\"estrade\"";
    Problem::new(StatusCode::UNAUTHORIZED, detail).with(header::WWW_AUTHENTICATE, challenge)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}
