//! `/metrics`: the box in figures, for Prometheus.

use std::fmt::{Display, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use board::health::{Clock, Health, Since};
use conference::wire::Device;
use pipelines::{GateReason, Part};
use tokio::sync::Mutex;

use super::{Box, Snapshot};
use crate::machine::Rest;
use crate::meter::Heard;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> Router<Box> {
    Router::new().route("/metrics", get(metrics))
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
    text.board(&the_box.health.read().await);
    ([(header::CONTENT_TYPE, FORMAT)], text.0)
}

/// The parts of a box, and how they are.
pub(super) fn parts(snapshot: &Snapshot) -> [(Part, &Device); 5] {
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

impl Text {
    /// What the machine tells; what it does not is left out.
    fn board(&mut self, health: &Health) {
        if let Some(celsius) = health.temperature {
            let help = "The hottest place that is measured.";
            self.gauge("estrade_board_temperature_celsius", help, celsius);
        }
        if let Some(power) = health.power {
            let now = |since| u8::from(since == Since::Now);
            let help = "Whether the voltage is too low.";
            self.gauge(
                "estrade_board_under_voltage",
                help,
                now(power.under_voltage),
            );
            if let Some(throttled) = power.throttled {
                let help = "Whether the processor is slowed down.";
                self.gauge("estrade_board_throttled", help, now(throttled));
            }
        }
        if health.clock != Clock::Unknown {
            let help = "Whether the clock follows the network's.";
            let follows = u8::from(health.clock == Clock::Synchronised);
            self.gauge("estrade_board_clock_synchronised", help, follows);
        }
        if let Some(memory) = health.memory {
            let help = "What a program could still have.";
            self.gauge("estrade_board_memory_free_bytes", help, memory.free);
        }
        if let Some(load) = health.load {
            let help = "Programs that want a processor, for each processor.";
            self.gauge("estrade_board_load_ratio", help, load);
        }
        self.disks(health);
    }

    fn disks(&mut self, health: &Health) {
        let folders = health.disks.iter();
        let folders = folders.map(|disk| (disk.folder.display().to_string(), disk.free));
        let help = "What may still be written.";
        self.each("estrade_board_disk_free_bytes", help, "folder", folders);
        let errors = health.errors.iter().cloned();
        let help = "Errors that the kernel found in a file system.";
        self.each("estrade_board_disk_errors", help, "device", errors);
        let worn = health.wear.iter();
        let worn = worn.filter_map(|wear| Some((wear.device.clone(), u64::from(wear.used?))));
        let help = "How much of a card's life is used.";
        self.each("estrade_board_disk_used_up_percent", help, "device", worn);
    }

    /// A gauge for each of several things; nothing where there is none.
    fn each(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        rows: impl Iterator<Item = (String, u64)>,
    ) {
        let mut rows = rows.peekable();
        if rows.peek().is_some() {
            self.family(name, "gauge", help);
        }
        for (thing, value) in rows {
            self.row(&format!("{name}{{{label}=\"{thing}\"}}"), value);
        }
    }
}

/// The last look at the machine. A look may take a second and start a program: how often somebody asks must not matter.
#[derive(Clone, Debug, Default)]
pub struct LastHealth(Arc<Mutex<Option<(Instant, Health)>>>);

/// So long it is good.
const GOOD: Duration = Duration::from_secs(15);

impl LastHealth {
    async fn read(&self) -> Health {
        let mut last = self.0.lock().await;
        let now = crate::now();
        if let Some((_, health)) = last.as_ref().filter(|(at, _)| now < *at + GOOD) {
            return health.clone();
        }
        let look = || Health::read(Path::new("/"));
        let health = tokio::task::spawn_blocking(look).await.unwrap_or_default();
        *last = Some((now, health.clone()));
        health
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
    use crate::web::healthz::tests::well;
    use board::health::{Disk, Memory, Power};
    use expect_test::expect;

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
    fn what_the_machine_does_not_tell_is_left_out() {
        let mut text = Text::default();
        text.board(&Health::default());
        assert_eq!(text.0, "");
        text.board(&Health {
            temperature: Some(61.5),
            power: Some(Power {
                under_voltage: Since::Before,
                throttled: Some(Since::Now),
            }),
            disks: vec![Disk {
                folder: "/".into(),
                size: 2000,
                free: 1000,
            }],
            errors: vec![("mmcblk0p2".into(), 3)],
            clock: Clock::Free,
            memory: Some(Memory { size: 9, free: 4 }),
            ..Health::default()
        });
        let rows = text.0.lines().filter(|line| !line.starts_with('#'));
        expect![[r#"
            estrade_board_temperature_celsius 61.5
            estrade_board_under_voltage 0
            estrade_board_throttled 1
            estrade_board_clock_synchronised 0
            estrade_board_memory_free_bytes 4
            estrade_board_disk_free_bytes{folder="/"} 1000
            estrade_board_disk_errors{device="mmcblk0p2"} 3
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
