//! The box's own page: the television as it is now, the state, the buttons.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use board::lights;
use conference::wire::{Device, RoomView, Status};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::config::Language;
use crate::kept::Kept;
use crate::machine::{Input, Rest, Steps};
use crate::media::{Command, Sessions};
use crate::parts::Parts;
use crate::words::Words;

mod measure;
mod panel;
mod pictures;
mod status;

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

/// Serves the page until the task is ended.
pub async fn serve(listener: TcpListener, the_box: Box) {
    let mut app = Router::new()
        .route("/", get(page))
        .merge(pictures::routes())
        .merge(status::routes())
        .merge(panel::routes());
    if the_box.measured {
        app = app.merge(measure::routes());
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
