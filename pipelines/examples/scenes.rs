//! Writes what a television shows in each scene, with cameras: `cargo run -p pipelines --example scenes -- FOLDER`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pipelines::devices::{CameraSource, DeckSink, ScreenSink};
use pipelines::{Camera, CameraConfig, Event, Layer, Screen, ScreenConfig, VideoSlot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().ok_or("which folder?")?.into();
    std::fs::create_dir_all(&folder)?;
    let page = samples::page(&folder);
    pipelines::init()?;
    let screen = Arc::new(Screen::start(
        ScreenConfig {
            sink: ScreenSink::None,
            deck: DeckSink::None,
            width: 1920,
            height: 1080,
            fps: 25,
            read_stamps: false,
            latency_ms: 80,
        },
        |_| {},
    ));
    let towns = ["Loudéac", "Ploufragan", "Loudéac", "Brest", "Quimper"];
    let _cameras: Vec<Camera> = (0..)
        .zip(towns)
        .map(|(n, town)| camera(n, town, &screen))
        .collect();
    pause(2);
    for (name, view) in samples::samples(&page) {
        screen.set_view(view);
        pause(1);
        let picture = screen.picture_png().ok_or("nothing is shown")?;
        std::fs::write(folder.join(format!("{name}.png")), picture)?;
    }
    Ok(())
}

/// The first is in the main slot, the others in the thumbs.
fn camera(n: usize, town: &str, screen: &Arc<Screen>) -> Camera {
    let shown = screen.clone();
    let config = CameraConfig {
        source: CameraSource::Test,
        width: 1280,
        height: 720,
        fps: 10,
        main_bps: 1_500_000,
        thumb_bps: 100_000,
        stamp: None,
        title: town.into(),
    };
    let camera = Camera::start(config, move |event| {
        if let Event::Video {
            layer,
            access_unit,
            pts_ns,
            ..
        } = event
        {
            let slot = match layer {
                Layer::Main => VideoSlot::Main,
                Layer::Thumb if n > 0 => VideoSlot::Thumb(n - 1),
                Layer::Thumb => return,
            };
            shown.push_video(slot, access_unit, pts_ns);
        }
    });
    camera.set_main(n == 0);
    camera
}

fn pause(seconds: u64) {
    #[expect(
        clippy::disallowed_methods,
        reason = "an example waits for its cameras"
    )]
    std::thread::sleep(Duration::from_secs(seconds));
}
