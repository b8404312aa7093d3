//! `/healthz`: whether an evening could begin, for whoever watches many boxes from afar.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use conference::wire::Device;
use pipelines::Part;
use serde::Serialize;

use super::metrics::parts;
use super::{Box, Snapshot};
use crate::machine::Rest;

pub(super) fn routes() -> Router<Box> {
    Router::new().route("/healthz", get(healthz))
}

/// How the box is.
#[derive(Debug, PartialEq, Serialize)]
struct Health {
    ready: bool,
    version: &'static str,
    /// What is wrong, in English, for whoever watches many boxes.
    reasons: Vec<String>,
}

async fn healthz(State(the_box): State<Box>) -> impl IntoResponse {
    let health = health(&the_box.snapshot.borrow());
    let status = match health.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}

/// A box is ready when an evening could begin. While it rests its devices are off, and missed by nobody.
fn health(snapshot: &Snapshot) -> Health {
    let mut reasons = Vec::new();
    if !snapshot.linked {
        reasons.push("the bridge is out of reach".to_owned());
    }
    if !snapshot.sessions.publishing {
        reasons.push("nothing is sent".to_owned());
    }
    if !snapshot.sessions.watching {
        reasons.push("nothing is received".to_owned());
    }
    let missed = parts(snapshot).into_iter();
    for (part, device) in missed.filter(|_| snapshot.rest == Rest::Awake) {
        match device {
            // Most rooms do without a second screen.
            Device::Missing(reason) if part != Part::DeckScreen => {
                reasons.push(format!("{}: {reason}", part.name()));
            }
            Device::Unknown => reasons.push(format!("{}: it starts", part.name())),
            Device::Missing(_) | Device::Running(_) | Device::None => {}
        }
    }
    Health {
        ready: reasons.is_empty(),
        version: env!("CARGO_PKG_VERSION"),
        reasons,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use conference::wire::Status;

    /// A box that is ready, and whose camera was away twice.
    pub fn well() -> Snapshot {
        let runs = || Device::Running("test".into());
        Snapshot {
            linked: true,
            sessions: crate::media::Sessions {
                publishing: true,
                watching: true,
            },
            status: Status {
                camera: runs(),
                microphones: runs(),
                screen: runs(),
                loudspeaker: Device::None,
                ..Status::default()
            },
            second_screen: Device::Missing("no second television".into()),
            stalls: [(Part::Camera, 2)].into_iter().collect(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_box_is_ready_with_all_its_devices_or_at_rest() {
        assert!(health(&well()).ready);
        let mut worse = well();
        worse.linked = false;
        worse.status.camera = Device::Missing("no camera is connected".into());
        worse.status.screen = Device::Unknown;
        let reasons = [
            "the bridge is out of reach",
            "camera: no camera is connected",
            "screen: it starts",
        ];
        assert_eq!(health(&worse).reasons, reasons);
        worse.rest = Rest::Resting;
        assert_eq!(health(&worse).reasons, reasons[..1]);
    }
}
