//! The box's look at itself: for the ready check, for the doctor, and for its page.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::machine::{Input, Machine};
use crate::media::{Network, Sessions};
use crate::parts::Parts;
use crate::{check, doctor, now, web};

/// How long the ready check looks: a frozen camera shows itself in 2 s, the network's estimate needs the large picture
/// for longer.
const LOOK: Duration = Duration::from_secs(5);

/// Looks at the box itself, beside whatever else it does.
pub(crate) struct Looking {
    pub(super) parts: Arc<Parts>,
    pub(super) measured: watch::Receiver<Network>,
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) subject: Arc<doctor::Subject>,
}

impl Looking {
    pub(super) fn look(&self, chirp: bool) {
        let (parts, measured) = (Arc::clone(&self.parts), self.measured.clone());
        let looks = self.inputs.clone();
        parts.camera.look();
        if chirp {
            parts.microphones.listen();
            parts.loudspeaker.chirp();
        }
        tokio::spawn(async move {
            tokio::time::sleep(LOOK).await;
            let heard = parts.microphones.heard();
            // It takes some hundredths of a second: not among the tasks that must be prompt.
            let heard = tokio::task::spawn_blocking(move || {
                heard.map(|heard| pipelines::is_heard(&heard.samples, heard.rate))
            });
            let looked = check::Looked {
                chirp: heard.await.unwrap_or_default(),
                camera: parts.camera.glance(),
                network: *measured.borrow(),
            };
            // Nobody listens only while the box stops.
            let _ = looks.send(Input::Looked(looked)).await;
        });
    }
}

/// What the box's page shows.
pub(super) fn snapshot_of(machine: &Machine, sessions: Sessions) -> web::Snapshot {
    web::Snapshot {
        linked: machine.is_linked(),
        sessions,
        status: machine.status().clone(),
        second_screen: machine.second_screen().clone(),
        me: machine.view_of_me().cloned(),
        rest: machine.rest(),
        busy: machine.busy(now()),
        steps: machine.steps(),
        lines: machine.shown_lines(),
        joining: machine.shown_joining(),
        kept: machine.kept().clone(),
        lit: machine.lit(),
        stuck: machine.stuck(),
        ..web::Snapshot::default()
    }
}
