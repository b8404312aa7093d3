//! Pairing over HTTP. Boxes have no token here: what they may is bounded by the length of what they send, by how often an
//! address may ask ([`super::limits`]), and by what the register says.

use std::net::SocketAddr;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use pairing::Hex;
use pairing::wire::{Answer, Ask, Claim, Hail, MAX_BODY, Typed};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tracing::{info, warn};

use super::limits::Wish;
use super::refusal::Refusal;
use super::view::{Invite, InviteView, View, key_of};
use crate::auth;
use crate::pages;
use crate::problem::Problem;
use crate::server::App;
use crate::whip::{BODY_WITHIN, read_at_most};

/// The addresses of pairing; those in the second half are the chair's.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/pairing", post(ask).get(list))
        .route(
            "/pairing/requests/{id}",
            get(standing).post(answer).delete(dismiss),
        )
        .route("/pairing/greeting", post(hail))
        .route("/pairing/session", post(claim))
        .route("/pairing/requests/{id}/code", post(code))
        .route("/pairing/boxes/{key}", delete(revoke))
        .route("/pairing/invitations", post(invite))
        .route("/pairing/invitations/{name}", delete(withdraw))
        .route("/pairing/notices", delete(clear))
        .layer(map_response(pages::harden))
}

type From = ConnectInfo<SocketAddr>;

async fn ask(State(app): State<App>, from: From, body: Body) -> Result<Response, Problem> {
    let ask: Ask = admitted(&app, Wish::Join, &from, body).await?;
    let address = from.ip();
    if let Some(invitation) = ask.invitation.as_deref() {
        app.pairings.take_up(&app.desk, Some(invitation)).await;
    }
    let change = app
        .pairings
        .change(&app.desk, |register, now| register.ask(&ask, address, now));
    let asked = change.await.inspect_err(|refusal| {
        warn!(name = ?ask.name, ?refusal, "a box that wants to join is refused");
    });
    let asked = asked.map_err(problem)?;
    info!(name = %ask.name, "a box wants to join");
    Ok((StatusCode::CREATED, Json(asked)).into_response())
}

async fn standing(
    State(app): State<App>,
    from: From,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    admit(&app, Wish::Follow, &from).await?;
    let id = request_of(&id)?;
    let standing = app
        .pairings
        .change(&app.desk, |register, now| register.standing(&id, now));
    Ok(Json(standing.await.map_err(problem)?).into_response())
}

async fn answer(
    State(app): State<App>,
    from: From,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Problem> {
    let answer: Answer = admitted(&app, Wish::Follow, &from, body).await?;
    let id = request_of(&id)?;
    let change = app.pairings.change(&app.desk, |register, now| {
        register.answer(&id, &answer, now)
    });
    let paired = change.await.inspect_err(|refusal| {
        warn!(?refusal, "a box is not paired");
    });
    let paired = paired.map_err(problem)?;
    info!("a box is paired");
    Ok(Json(paired).into_response())
}

async fn hail(State(app): State<App>, from: From, body: Body) -> Result<Response, Problem> {
    let hail: Hail = admitted(&app, Wish::Session, &from, body).await?;
    let greeting = app
        .pairings
        .change(&app.desk, |register, now| register.hail(&hail, now));
    Ok(Json(greeting.await.map_err(problem)?).into_response())
}

async fn claim(State(app): State<App>, from: From, body: Body) -> Result<Response, Problem> {
    let claim: Claim = admitted(&app, Wish::Session, &from, body).await?;
    let change = app
        .pairings
        .change(&app.desk, |register, now| register.claim(&claim, now));
    let session = change.await.inspect_err(|refusal| {
        warn!(?refusal, "a box gets no session");
    });
    Ok(Json(session.map_err(problem)?).into_response())
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    auth::chair(&app.config, &headers)?;
    app.pairings.take_up(&app.desk, None).await;
    let rooms = app.config.room_names();
    let view = app
        .pairings
        .change(&app.desk, |register, now| View::of(register, rooms, now));
    Ok(Json(view.await).into_response())
}

async fn code(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Body,
) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    let typed: Typed = read(body).await?;
    let id = request_of(&id)?;
    let change = app.pairings.change(&app.desk, |register, now| {
        register.type_code(&id, &typed.room, typed.read(), now)
    });
    change.await.map_err(problem)?;
    Ok(StatusCode::ACCEPTED)
}

async fn dismiss(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    let id = request_of(&id)?;
    let change = app
        .pairings
        .change(&app.desk, |register, now| register.dismiss(&id, now));
    change.await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    let key = key_of(&key).ok_or_else(|| problem(Refusal::NoBox))?;
    let change = app
        .pairings
        .change(&app.desk, |register, now| register.revoke(key, now));
    change.await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn invite(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    auth::chair(&app.config, &headers)?;
    let Invite { rooms, hours } = read(body).await?;
    let change = app.pairings.change(&app.desk, |register, now| {
        register.invite(&rooms, hours, now)
    });
    let invitation = change.await.map_err(problem)?.written();
    Ok((StatusCode::CREATED, Json(InviteView { invitation })).into_response())
}

async fn withdraw(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    let change = app
        .pairings
        .change(&app.desk, |register, _| register.withdraw(&name));
    change.await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear(State(app): State<App>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    auth::chair(&app.config, &headers)?;
    app.pairings
        .change(&app.desk, |register, _| register.clear_notices())
        .await;
    Ok(StatusCode::NO_CONTENT)
}

async fn admit(app: &App, wish: Wish, from: &From) -> Result<(), Problem> {
    let address = from.ip();
    let change = app.pairings.change(&app.desk, |register, now| {
        register.admit(wish, address, now)
    });
    change.await.map_err(problem)
}

/// What a box says, if its address may say something now.
async fn admitted<T: DeserializeOwned>(
    app: &App,
    wish: Wish,
    from: &From,
    body: Body,
) -> Result<T, Problem> {
    admit(app, wish, from).await?;
    read(body).await
}

/// A body, which is short and arrives soon.
async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let malformed = || problem(Refusal::Malformed);
    let read = timeout(BODY_WITHIN, read_at_most(MAX_BODY, body)).await;
    let bytes = read.map_err(|_| malformed())?.map_err(|_| malformed())?;
    let bytes = bytes.ok_or_else(|| {
        let detail = format!("a message has {MAX_BODY} bytes at most");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    serde_json::from_slice(&bytes).map_err(|_| malformed())
}

fn request_of(text: &str) -> Result<Hex<16>, Problem> {
    Hex::parse(text).ok_or_else(|| problem(Refusal::NoRequest))
}

fn problem(refusal: Refusal) -> Problem {
    let status = match refusal {
        Refusal::Malformed | Refusal::Mistyped | Refusal::NoRoom | Refusal::BadInvitation => {
            StatusCode::BAD_REQUEST
        }
        Refusal::Full | Refusal::SlowDown => StatusCode::TOO_MANY_REQUESTS,
        Refusal::NoRequest | Refusal::NoBox => StatusCode::NOT_FOUND,
        Refusal::NotOffered => StatusCode::CONFLICT,
        Refusal::OtherChannel
        | Refusal::WrongCode { .. }
        | Refusal::TriedTooOften
        | Refusal::Revoked
        | Refusal::NotPaired
        | Refusal::OtherHardware
        | Refusal::Copied
        | Refusal::OldNonce
        | Refusal::BadSignature
        | Refusal::NoInvitation
        | Refusal::InvitationExpired
        | Refusal::InvitationSpent
        | Refusal::InvitationElsewhere => StatusCode::FORBIDDEN,
        Refusal::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let problem = Problem::of(status, refusal.reason());
    match status == StatusCode::TOO_MANY_REQUESTS {
        true => problem.with(header::RETRY_AFTER, "5"),
        false => problem,
    }
}
