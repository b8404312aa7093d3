//! The page for people's phones: one small page without an account, and what it says to the bridge.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use conference::RoomId;
use conference::audience::{AudienceNo, PhoneId};
use serde::Deserialize;
use serde_json::json;

use crate::actor::PhoneError;
use crate::entry::Phone;
use crate::pages;
use crate::problem::Problem;
use crate::server::App;

pub(crate) mod limits;

use limits::{Ask, Limits};

/// Where the page is.
pub const PATH: &str = "/p";

/// The longest body, in bytes: a question of 280 characters has its place in any writing.
const MAX_BODY: usize = 2048;

/// The limits, as the request handlers share them.
#[derive(Clone, Default)]
pub struct Door(Arc<Mutex<Limits>>);

impl Door {
    fn address_may(&self, ask: Ask, from: SocketAddr) -> Result<(), Problem> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if limits.address_may(ask, from.ip(), now()) {
            return Ok(());
        }
        Err(too_often("too many people ask from here at once"))
    }

    fn phone_may(&self, ask: Ask, phone: PhoneId) -> Result<(), Problem> {
        let mut limits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if limits.phone_may(ask, phone, now()) {
            return Ok(());
        }
        Err(too_often(match ask {
            Ask::Question => "a phone sends one question in 20 seconds",
            Ask::Look | Ask::Vote | Ask::Clap => "you press too fast",
        }))
    }
}

fn too_often(what: &str) -> Problem {
    let detail = format!("{what}; wait a little and try again");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).with(header::RETRY_AFTER, "3")
}

/// The page and its addresses; without an address for phones there are none.
pub(crate) fn routes(wanted: bool) -> Router<App> {
    if !wanted {
        return Router::new();
    }
    let asset = |text: &'static str, kind: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route(PATH, get(page))
        .route(
            "/p.js",
            asset(include_str!("../../console/phone.js"), pages::JAVASCRIPT),
        )
        .route(
            "/p.css",
            asset(
                include_str!("../../console/phone.css"),
                "text/css; charset=utf-8",
            ),
        )
        .route("/p/state", get(state))
        .route("/p/vote", post(vote))
        .route("/p/question", post(question))
        .route("/p/applause", post(clap))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(map_response(pages::harden))
}

type From = ConnectInfo<SocketAddr>;

async fn page(State(app): State<App>, from: From) -> Result<Html<String>, Problem> {
    app.door.address_may(Ask::Look, from.0)?;
    let text = include_str!("../../console/phone.html");
    Ok(Html(
        text.replace("{{title}}", &pages::escape(&app.config.title)),
    ))
}

async fn state(State(app): State<App>, from: From) -> Result<Response, Problem> {
    app.door.address_may(Ask::Look, from.0)?;
    let seen = app.phones.borrow().clone();
    let seen = json!({ "title": seen.title, "rooms": app.config.room_names(), "poll": seen.poll });
    Ok(Json(seen).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vote {
    phone: Phone,
    poll: u32,
    answer: u8,
}

async fn vote(
    State(app): State<App>,
    from: From,
    body: Result<Json<Vote>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    app.door.address_may(Ask::Vote, from.0)?;
    let Vote {
        phone,
        poll,
        answer,
    } = read(body)?;
    app.door.phone_may(Ask::Vote, phone.0)?;
    let voted = app.desk.vote(poll, phone.0, answer).await;
    done(voted)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    phone: Phone,
    room: String,
    #[serde(default)]
    name: String,
    text: String,
}

async fn question(
    State(app): State<App>,
    from: From,
    body: Result<Json<Question>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    app.door.address_may(Ask::Question, from.0)?;
    let question = read(body)?;
    let mut rooms = (0..).map(RoomId).zip(&app.config.rooms);
    let room = rooms.find(|(_, room)| room.name == question.room);
    let (room, _) = room.ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "no room has this name; choose one of the list",
        )
    })?;
    app.door.phone_may(Ask::Question, question.phone.0)?;
    let Question {
        phone, name, text, ..
    } = question;
    done(app.desk.write(phone.0, room, name, text).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clap {
    phone: Phone,
}

async fn clap(
    State(app): State<App>,
    from: From,
    body: Result<Json<Clap>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    app.door.address_may(Ask::Clap, from.0)?;
    let Clap { phone } = read(body)?;
    app.door.phone_may(Ask::Clap, phone.0)?;
    app.desk.clap();
    Ok(StatusCode::NO_CONTENT)
}

fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    match body {
        Ok(Json(body)) => Ok(body),
        Err(rejection) => Err(Problem::new(rejection.status(), rejection.body_text())),
    }
}

fn done(done: Result<(), PhoneError>) -> Result<StatusCode, Problem> {
    let no = match done {
        Ok(()) => return Ok(StatusCode::NO_CONTENT),
        Err(PhoneError::No(no)) => no,
        Err(error @ PhoneError::Stopped) => {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                error.to_string(),
            ));
        }
    };
    let status = match no {
        AudienceNo::Patience => StatusCode::TOO_MANY_REQUESTS,
        AudienceNo::NoPoll | AudienceNo::TooManyVoters | AudienceNo::Full => StatusCode::CONFLICT,
        AudienceNo::NoSuchAnswer
        | AudienceNo::BadText
        | AudienceNo::BadName
        | AudienceNo::BadPollQuestion
        | AudienceNo::BadAnswers
        | AudienceNo::BadHands
        | AudienceNo::PollIsOpen
        | AudienceNo::TooManyPolls
        | AudienceNo::NoSuchQuestion => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Err(Problem::new(status, no.to_string()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "how often a phone asks is told by the clock"
)]
fn now() -> Instant {
    Instant::now()
}
