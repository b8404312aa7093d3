//! The box's own page: the television as it is now, the state, the buttons, and what a technician needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use board::{Button, lights};
use conference::wire::{Device, RoomView, Status};
use pipelines::scene::Joining;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::config::Language;
use crate::doctor::Subject;
use crate::kept::Kept;
use crate::logs::Logs;
use crate::machine::{Busy, Input, Rest, Steps};
use crate::media::{Command, Network, Sessions};
use crate::pairing::Pass;
use crate::parts::{Parts, Stalls};
use crate::words::Words;

mod door;
mod examined;
mod healthz;
mod journal;
mod login;
mod measure;
mod metrics;
mod panel;
mod pictures;
mod status;

pub use login::Access;
pub use metrics::LastHealth;

/// What the page shows of the box.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Whether the bridge is there.
    pub linked: bool,
    /// Which media sessions are up.
    pub sessions: Sessions,
    /// What the way to the bridge carries.
    pub network: Network,
    /// The devices.
    pub status: Status,
    /// The second screen.
    pub second_screen: Device,
    /// How often each part stalled.
    pub stalls: Stalls,
    /// The bridge's view of this room.
    pub me: Option<RoomView>,
    /// Whether the box rests.
    pub rest: Rest,
    /// What it is needed for; nothing while it may begin anew.
    pub busy: Option<Busy>,
    /// What − and + do now.
    pub steps: Steps,
    /// What stands at the foot of the television; the code of the page may be among it.
    pub lines: Vec<String>,
    /// What it says of a bridge that does not know this box.
    pub joining: Option<Joining>,
    /// What outlives a restart.
    pub kept: Kept,
    /// What the lamps show.
    pub lit: lights::State,
    /// A button that is stuck, and ignored.
    pub stuck: Option<Button>,
}

/// What the page is wired to.
#[derive(Clone)]
pub struct Box {
    /// The room's name.
    pub name: String,
    /// What it shows the bridge, so that no log shows it.
    pub pass: Pass,
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
    /// Whether the box has buttons of its own.
    pub wired: bool,
    /// Where the page listens.
    pub listen: SocketAddr,
    /// Who may come in.
    pub access: Access,
    /// What the program said lately.
    pub logs: Logs,
    /// What the doctor looks at.
    pub subject: Arc<Subject>,
    /// How the machine is.
    pub health: LastHealth,
    /// When the box started.
    pub since: Instant,
}

impl Box {
    /// Hands a fact to the machine.
    async fn tell(&self, input: Input) -> StatusCode {
        match self.inputs.send(input).await {
            Ok(()) => StatusCode::NO_CONTENT,
            // The box stops.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What the page is made of: name, type, text.
const ASSETS: [(&str, &str, &str); 5] = [
    ("/assets/page.css", CSS, include_str!("page.css")),
    ("/assets/page.js", SCRIPT, include_str!("page.js")),
    ("/assets/plot.js", SCRIPT, include_str!("plot.js")),
    ("/assets/login.js", SCRIPT, include_str!("login.js")),
    ("/assets/words.js", SCRIPT, include_str!("words.js")),
];
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Nothing is fetched from elsewhere, and no other site shows the page as its own.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // A box that was updated serves other pages at once.
    (header::CACHE_CONTROL, "no-store"),
];

/// Serves the page until the task is ended.
pub async fn serve(listener: TcpListener, the_box: Box) {
    let mut app = Router::new()
        .route("/", get(page))
        .merge(login::routes())
        .merge(pictures::routes())
        .merge(status::routes())
        .merge(metrics::routes())
        .merge(healthz::routes())
        .merge(examined::routes())
        .merge(journal::routes())
        .merge(panel::routes());
    for (path, media_type, text) in ASSETS {
        let answer = move || async move { ([(header::CONTENT_TYPE, media_type)], text) };
        app = app.route(path, get(answer));
    }
    if the_box.measured {
        app = app.merge(measure::routes());
    }
    let app = app
        .layer(from_fn_with_state(the_box.clone(), login::guard))
        .layer(map_response(harden))
        .with_state(the_box)
        .into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, app).await {
        tracing::error!(%error, "the box's page stopped");
    }
}

async fn harden(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

async fn page(State(the_box): State<Box>) -> Response {
    html(&the_box, include_str!("page.html"))
}

/// A page, in the box's language.
fn html(the_box: &Box, text: &str) -> Response {
    let lang = match the_box.language {
        Language::Fr => "lang=\"fr\"",
        Language::En => "lang=\"en\"",
    };
    Html(text.replacen("lang=\"fr\"", lang, 1)).into_response()
}
