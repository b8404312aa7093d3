//! What a camera, a screen and the sound cost: CPU seconds per second, threads and resident memory.
//! `cargo run --release -p pipelines --example cost [SECONDS]`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pipelines::devices::{CameraSource, DeckSink, LoudspeakerSink, MicrophoneSource, ScreenSink};
use pipelines::scene::{Scene, Seen, Speaker};
use pipelines::{
    Camera, CameraConfig, Event, Layer, Loudspeaker, LoudspeakerConfig, Microphones,
    MicrophonesConfig, Packet, Screen, ScreenConfig, VideoSlot, View, monotonic_ns,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(10), |text| text.parse())?;
    pipelines::init()?;
    let nothing = measure("nothing", seconds, 0.0);
    let camera = camera(|_| {});
    measure("a camera, thumb only", seconds, nothing);
    camera.set_main(true);
    let sending = measure("a camera, main and thumb", seconds, nothing);
    drop(camera);

    let screen = screen();
    let shown = screen.clone();
    let camera = self::camera(move |event| {
        if let Event::Video {
            layer,
            access_unit,
            pts_ns,
            ..
        } = event
        {
            match layer {
                Layer::Main => shown.push_video(VideoSlot::Main, access_unit, pts_ns),
                Layer::Thumb => (0..2).for_each(|thumb| {
                    shown.push_video(VideoSlot::Thumb(thumb), access_unit.clone(), pts_ns);
                }),
            }
        }
    });
    camera.set_main(true);
    measure("a screen, main and two thumbs", seconds, nothing + sending);
    drop((camera, screen));
    standby(seconds, nothing);
    second_screen(seconds, nothing);

    let loudspeaker = Arc::new(Loudspeaker::start(
        LoudspeakerConfig {
            sink: LoudspeakerSink::None,
            record: true,
            latency_ms: 80,
        },
        |_| {},
    ));
    let heard = loudspeaker.clone();
    let microphones = Microphones::start(
        MicrophonesConfig {
            source: MicrophoneSource::Test,
            title: "Brest".into(),
            record: true,
            gate: true,
            far_end: None,
        },
        move |event| {
            if let Event::Audio { packet, pts_ns, .. } = event {
                heard.push_audio(0, Packet::Opus(packet), pts_ns);
            }
        },
    );
    measure("microphones and a loudspeaker", seconds, nothing);
    drop((microphones, loudspeaker));
    for lives in ["twenty", "forty", "sixty"] {
        for _ in 0..20 {
            let life = (self::camera(|_| {}), self::screen());
            wait(0.4);
            drop(life);
        }
        measure(&format!("after {lives} cameras and screens"), 1, nothing);
    }
    Ok(())
}

/// Before the start: a level that stands still, and one that moves ten times a second.
fn standby(seconds: u64, nothing: f64) {
    let views = samples::samples(Path::new(""));
    let standby = views.iter().find(|(name, _)| *name == "standby");
    let Some((_, view)) = standby else { return };
    let screen = still_screen(DeckSink::None);
    screen.set_view(view.clone());
    let gauge = screen.gauge();
    let still = measure("standby, a level that stands still", seconds, nothing);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let moves = std::thread::spawn(move || {
        for n in 0u8.. {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            gauge.take(&Event::Level {
                rms_dbfs: -20.0 - f32::from(n % 5) * 8.0,
                peak_dbfs: 0.0,
                voice: 0.0,
            });
            wait(0.1);
        }
    });
    let moving = measure("standby, a level that moves", seconds, nothing);
    stop.store(true, Ordering::Relaxed);
    let _ = moves.join();
    say(&format!(
        "a level that moves: {:.3} CPU s/s more",
        moving - still
    ));
}

/// A page that does not change, on a second screen.
fn second_screen(seconds: u64, nothing: f64) {
    let page = samples::page(&std::env::temp_dir());
    let views = samples::samples(&page);
    let view = |name: &str| views.iter().find(|(of, _)| *of == name);
    let (Some((_, people)), Some((_, deck))) = (view("split-deck-calm"), view("split-deck")) else {
        return;
    };
    let mut costs = Vec::new();
    for (what, sink) in [("one screen", DeckSink::None), ("two", DeckSink::Test)] {
        let screen = still_screen(sink);
        screen.set_view(people.clone());
        screen.deck().set_view(deck.clone());
        costs.push(measure(&format!("{what}, nothing moves"), seconds, nothing));
    }
    say(&format!(
        "a second screen: {:.3} CPU s/s",
        costs[1] - costs[0]
    ));
}

/// A screen of full HD on which nothing moves by itself.
fn still_screen(deck: DeckSink) -> Screen {
    let config = ScreenConfig {
        sink: ScreenSink::None,
        deck,
        width: 1920,
        height: 1080,
        fps: 25,
        read_stamps: false,
        latency_ms: 80,
    };
    Screen::start(config, |_| {})
}

fn camera(events: impl Fn(Event) + Send + Sync + 'static) -> Camera {
    let config = CameraConfig {
        source: CameraSource::Test,
        width: 640,
        height: 360,
        fps: 25,
        main_bps: 800_000,
        thumb_bps: 100_000,
        stamp: Some(1),
        title: "Brest".into(),
    };
    Camera::start(config, events)
}

fn screen() -> Arc<Screen> {
    let screen = Screen::start(
        ScreenConfig {
            sink: ScreenSink::None,
            deck: DeckSink::None,
            width: 640,
            height: 360,
            fps: 25,
            read_stamps: true,
            latency_ms: 80,
        },
        |_| {},
    );
    screen.set_view(View {
        room: "Brest".into(),
        scene: Scene::Speaker(Speaker {
            seen: Some(Seen {
                slot: VideoSlot::Main,
                name: "Loudéac".into(),
            }),
            others: (0..2)
                .map(|thumb| Seen {
                    slot: VideoSlot::Thumb(thumb),
                    name: "Brest".into(),
                })
                .collect(),
            ..Speaker::default()
        }),
        ..View::default()
    });
    Arc::new(screen)
}

/// Says what the last seconds cost beside `known`; gives the difference.
fn measure(what: &str, seconds: u64, known: f64) -> f64 {
    wait(1.5);
    let (from, cpu) = (monotonic_ns(), cpu());
    wait(seconds as f64);
    let spent = (self::cpu() - cpu) / ((monotonic_ns() - from) as f64 / 1e9) - known;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    say(&format!(
        "{what}: {spent:.3} CPU s/s, {} threads, {} MiB",
        field("Threads:"),
        field("VmRSS:") / 1024
    ));
    spent
}

#[expect(clippy::print_stdout, reason = "a tool to be read")]
fn say(what: &str) {
    println!("{what}");
}

/// CPU seconds of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |n: usize| {
        fields
            .get(n)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn wait(seconds: f64) {
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(Duration::from_secs_f64(seconds));
}
