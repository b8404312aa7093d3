//! What a camera, a screen and the sound cost: CPU seconds per second, threads and resident memory.
//! `cargo run --release -p pipelines --example cost [SECONDS]`.

use std::sync::Arc;
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
#[expect(clippy::print_stdout, reason = "a tool to be read")]
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
    println!(
        "{what}: {spent:.3} CPU s/s, {} threads, {} MiB",
        field("Threads:"),
        field("VmRSS:") / 1024
    );
    spent
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
