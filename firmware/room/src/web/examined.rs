//! What the doctor finds in this box, as lines of its page.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::{Box, Snapshot};
use crate::doctor::{self, Sign, facts};
use crate::host;

pub(super) fn routes() -> Router<Box> {
    Router::new().route("/doctor", get(examine))
}

/// One finding, in the words of the box's language.
#[derive(Serialize)]
struct Line {
    sign: Sign,
    text: String,
    cure: Option<String>,
}

async fn examine(State(the_box): State<Box>) -> impl IntoResponse {
    let live = the_box
        .snapshot
        .borrow()
        .live(the_box.parts.meter.channels());
    let address = host::address(&the_box.name, the_box.listen);
    let service = doctor::Service::Runs(address);
    let facts = doctor::look(&the_box.subject, service, live).await;
    let findings = doctor::judge(&facts).into_iter();
    let lines = findings.map(|finding| Line {
        sign: finding.sign,
        text: finding.text(&the_box.words),
        cure: finding.cure(&the_box.words),
    });
    Json(lines.collect::<Vec<_>>())
}

impl Snapshot {
    /// What the running box tells the doctor of itself.
    pub fn live(&self, channels: Vec<f32>) -> doctor::Live {
        doctor::Live {
            status: self.status.clone(),
            second_screen: self.second_screen.clone(),
            channels,
            stuck: self.stuck,
            sessions: Some(facts::Sessions {
                linked: self.linked,
                publishing: self.sessions.publishing,
                watching: self.sessions.watching,
            }),
            ..doctor::Live::default()
        }
    }
}
