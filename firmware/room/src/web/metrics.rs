//! `/metrics` for Prometheus and `/healthz` for whoever watches the box from afar. They name nobody.

use std::fmt::{Display, Write};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use conference::wire::Device;
use pipelines::{GateReason, Part};
use serde::Serialize;

use super::{Box, Snapshot};
use crate::machine::Rest;
use crate::meter::Heard;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
}

async fn metrics(State(the_box): State<Box>) -> impl IntoResponse {
    let snapshot = the_box.snapshot.borrow().clone();
    let mut text = Text::default();
    text.info(&the_box.name);
    text.conference(&snapshot);
    text.parts(&snapshot);
    text.sound(the_box.heard(), the_box.parts.microphones.gate());
    text.count(
        "estrade_room_dropped_total",
        "Coded pictures and packets that found the sender too busy.",
        the_box.parts.meter.dropped(),
    );
    let up = crate::now().saturating_duration_since(the_box.since);
    text.gauge(
        "estrade_room_uptime_seconds",
        "How long the box runs.",
        up.as_secs(),
    );
    text.process(&process());
    ([(header::CONTENT_TYPE, FORMAT)], text.0)
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

fn parts(snapshot: &Snapshot) -> [(Part, &Device); 5] {
    let status = &snapshot.status;
    [
        (Part::Camera, &status.camera),
        (Part::Microphones, &status.microphones),
        (Part::Screen, &status.screen),
        (Part::DeckScreen, &snapshot.second_screen),
        (Part::Loudspeaker, &status.loudspeaker),
    ]
}

/// Metrics as they are written.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn row(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.row(name, value);
    }

    fn count(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.row(name, value);
    }

    fn info(&mut self, room: &str) {
        let name = "estrade_room_info";
        self.family(name, "gauge", "Always 1; which version runs in which room.");
        let room = room.replace('\\', "\\\\").replace('"', "\\\"");
        let version = env!("CARGO_PKG_VERSION");
        self.row(
            &format!("{name}{{version=\"{version}\",room=\"{room}\"}}"),
            1,
        );
    }

    fn conference(&mut self, snapshot: &Snapshot) {
        let Snapshot { sessions, .. } = snapshot;
        for (name, help, value) in [
            ("linked", "Whether the bridge is there.", snapshot.linked),
            (
                "publishing",
                "Whether sound and picture reach the bridge.",
                sessions.publishing,
            ),
            (
                "watching",
                "Whether those of the others arrive.",
                sessions.watching,
            ),
            (
                "muted",
                "Whether the room's own mute holds.",
                snapshot.status.muted,
            ),
            (
                "resting",
                "Whether the box rests between evenings.",
                snapshot.rest == Rest::Resting,
            ),
        ] {
            self.gauge(&format!("estrade_room_{name}"), help, u8::from(value));
        }
        if let Some(bps) = snapshot.network.carries {
            let help = "What the way to the bridge carries, while the large picture is sent.";
            self.gauge("estrade_room_network_bits_per_second", help, bps);
        }
    }

    fn parts(&mut self, snapshot: &Snapshot) {
        let name = "estrade_room_part_running";
        self.family(
            name,
            "gauge",
            "Whether a part of the box works; none that the room has not.",
        );
        for (part, device) in parts(snapshot) {
            let runs = match device {
                Device::Running(_) => 1,
                Device::Missing(_) | Device::Unknown => 0,
                Device::None => continue,
            };
            self.row(&format!("{name}{{part=\"{}\"}}", part.name()), runs);
        }
        let name = "estrade_room_part_restarts_total";
        self.family(
            name,
            "counter",
            "How often a part that worked stalled and was built again.",
        );
        for (part, _) in parts(snapshot) {
            let stalls = snapshot.stalls.get(&part).copied().unwrap_or_default();
            self.row(&format!("{name}{{part=\"{}\"}}", part.name()), stalls);
        }
    }

    fn sound(&mut self, heard: Heard, on: bool) {
        let open = heard.reason.is_some_and(GateReason::is_open);
        self.gauge(
            "estrade_room_gate_on",
            "Whether the gate decides.",
            u8::from(on),
        );
        self.gauge(
            "estrade_room_gate_open",
            "Whether the microphones are let through.",
            u8::from(open),
        );
        self.gauge(
            "estrade_room_voice_ratio",
            "How sure the gate is of a voice, 0 to 1.",
            heard.voice,
        );
        self.gauge(
            "estrade_room_level_dbfs",
            "Level of the microphones, mean over 100 ms.",
            heard.level.rms_dbfs,
        );
    }

    fn process(&mut self, process: &Process) {
        self.gauge("process_resident_memory_bytes", "Memory.", process.memory);
        self.gauge("process_threads", "Threads.", process.threads);
        self.gauge("process_open_fds", "Open files and sockets.", process.files);
    }
}

/// What the program itself takes.
#[derive(Debug, Default, PartialEq)]
struct Process {
    memory: u64,
    threads: u64,
    files: usize,
}

fn process() -> Process {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let files = std::fs::read_dir("/proc/self/fd");
    Process {
        // One of them is the folder that is read.
        files: files.map_or(0, |files| files.count().saturating_sub(1)),
        ..figures(&status)
    }
}

/// What `/proc/PID/status` says (man 5 proc).
fn figures(status: &str) -> Process {
    let figure = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        number.and_then(|number| number.parse::<u64>().ok())
    };
    Process {
        memory: figure("VmRSS:").unwrap_or_default() * 1024,
        threads: figure("Threads:").unwrap_or_default(),
        files: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use conference::wire::Status;
    use expect_test::expect;

    fn well() -> Snapshot {
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

    #[test]
    fn parts_are_told_apart_by_a_label() {
        let mut text = Text::default();
        text.info("L'\"Été\"");
        text.parts(&well());
        let rows = text.0.lines().filter(|line| !line.starts_with('#'));
        expect![[r#"
            estrade_room_info{version="0.1.0",room="L'\"Été\""} 1
            estrade_room_part_running{part="camera"} 1
            estrade_room_part_running{part="microphones"} 1
            estrade_room_part_running{part="screen"} 1
            estrade_room_part_running{part="deck_screen"} 0
            estrade_room_part_restarts_total{part="camera"} 2
            estrade_room_part_restarts_total{part="microphones"} 0
            estrade_room_part_restarts_total{part="screen"} 0
            estrade_room_part_restarts_total{part="deck_screen"} 0
            estrade_room_part_restarts_total{part="loudspeaker"} 0
        "#]]
        .assert_eq(&rows.map(|row| format!("{row}\n")).collect::<String>());
    }

    #[test]
    fn what_the_program_takes_is_read_from_the_kernel() {
        let status = "Name:\testrade\nVmRSS:\t  133168 kB\nThreads:\t29\n";
        let read = figures(status);
        assert_eq!((read.memory, read.threads), (136_364_032, 29));
        assert_eq!(figures("nothing"), Process::default());
        let own = process();
        assert!(
            own.memory > 0 && own.threads > 0 && own.files > 0,
            "{own:?}"
        );
    }
}
