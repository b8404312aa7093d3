//! The wall: one page with every room's television, meter and buttons, and the chair's grant.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use tokio::net::TcpListener;

use super::{LOOPBACK, Stage, http};

/// What the wall is wired to.
#[derive(Clone)]
struct Wall {
    http: reqwest::Client,
    rooms: Vec<(String, SocketAddr)>,
    bridge: SocketAddr,
    chair_token: String,
}

/// One room on the page.
#[derive(Serialize)]
struct CastRoom {
    name: String,
    /// The box's own live picture: a browser opens only six connections to one address, and each
    /// live picture keeps one.
    picture: String,
}

/// What the page needs to begin.
#[derive(Serialize)]
struct Cast {
    rooms: Vec<CastRoom>,
    /// `ws://…/control` of the bridge.
    control: String,
    /// The bridge's WHEP endpoint.
    listen: String,
    /// The bridge's console.
    console: String,
    chair_token: String,
}

/// Takes the wall's port.
pub async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((LOOPBACK, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {port} of this machine is taken by another program: choose another, as in `estrade demo --port {}`",
            port.saturating_add(1)
        ),
        Err(error) => Err(error).with_context(|| format!("the wall cannot listen on port {port}")),
    }
}

/// Serves the wall until the demo ends.
pub async fn serve(listener: TcpListener, stage: &Stage) -> anyhow::Result<()> {
    let rooms = stage.plan.rooms.iter().enumerate();
    let wall = Wall {
        http: http()?,
        rooms: rooms
            .map(|(n, room)| Ok((room.name.to_owned(), stage.web(n)?)))
            .collect::<anyhow::Result<_>>()?,
        bridge: stage.bridge.address("http")?,
        chair_token: stage.plan.chair_token.clone(),
    };
    let app = Router::new()
        .route("/", get(async || Html(include_str!("wall.html"))))
        .route(
            "/wall.js",
            get(async || asset("text/javascript", include_str!("wall.js"))),
        )
        .route(
            "/wall.css",
            get(async || asset("text/css", include_str!("wall.css"))),
        )
        .route("/cast", get(cast))
        .route("/meters", get(meters))
        .route("/rooms/{room}/{*call}", post(press))
        .with_state(wall);
    axum::serve(listener, app).await.context("serving the wall")
}

fn asset(mime: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, mime)], text)
}

async fn cast(State(wall): State<Wall>) -> impl IntoResponse {
    axum::Json(Cast {
        rooms: wall
            .rooms
            .into_iter()
            .map(|(name, address)| CastRoom {
                name,
                picture: format!("http://{address}/screen.mjpeg"),
            })
            .collect(),
        control: format!("ws://{}/control", wall.bridge),
        listen: format!("http://{}/whep", wall.bridge),
        console: format!("http://{}/#token={}", wall.bridge, wall.chair_token),
        chair_token: wall.chair_token,
    })
}

/// What the meters of all rooms show, in their order; null for one that does not answer.
async fn meters(State(wall): State<Wall>) -> impl IntoResponse {
    let meter = async |address: &SocketAddr| {
        let answer = wall
            .http
            .get(format!("http://{address}/meter"))
            .send()
            .await;
        answer.ok()?.json::<serde_json::Value>().await.ok()
    };
    let rooms = wall.rooms.iter().map(|(_, address)| meter(address));
    axum::Json(futures_util::future::join_all(rooms).await)
}

/// What the page may ask of a box: its buttons, its gate, its virtual audience.
const CALLS: [&str; 18] = [
    "panel/speak/down",
    "panel/speak/up",
    "panel/mute/down",
    "panel/mute/up",
    "panel/screen/down",
    "panel/screen/up",
    "panel/minus/down",
    "panel/minus/up",
    "panel/plus/down",
    "panel/plus/up",
    "panel/gate/on",
    "panel/gate/off",
    "measure/talk/on",
    "measure/talk/off",
    "measure/audience/whisper",
    "measure/audience/page",
    "measure/audience/cough",
    "measure/audience/keys",
];

async fn press(
    State(wall): State<Wall>,
    Path((room, call)): Path<(usize, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((_, address)) = wall
        .rooms
        .get(room)
        .filter(|_| CALLS.contains(&call.as_str()))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The box wants the header from the page itself: what another site's page sends has none.
    let mut request = wall.http.post(format!("http://{address}/{call}"));
    if let Some(value) = headers.get("x-estrade") {
        request = request.header("x-estrade", value);
    }
    relay(request.send().await).await
}

async fn relay(answer: reqwest::Result<reqwest::Response>) -> Response {
    let Ok(answer) = answer else {
        return (StatusCode::BAD_GATEWAY, "this room's box does not answer").into_response();
    };
    let status = answer.status();
    let mime = answer.headers().get(header::CONTENT_TYPE).cloned();
    match answer.bytes().await {
        Ok(body) => (
            status,
            mime.map(|mime| [(header::CONTENT_TYPE, mime)]),
            body,
        )
            .into_response(),
        Err(_) => (StatusCode::BAD_GATEWAY, "this room's box broke off").into_response(),
    }
}
