//! Writes what a screen shows to PNG files: `cargo run -p pipelines --example screen_picture -- FOLDER [WIDTH HEIGHT]`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pipelines::devices::{CameraSource, ScreenSink};
use pipelines::{
    Camera, CameraConfig, Event, Layer, Line, Role, Screen, ScreenConfig, VideoSlot, View,
};

const TOWNS: [&str; 4] = ["Loudéac", "Ploufragan", "Brest", "Merdrignac"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".into()));
    let width = arguments.next().map_or(Ok(640), |text| text.parse())?;
    let height = arguments.next().map_or(Ok(360), |text| text.parse())?;
    pipelines::init()?;
    let screen = Arc::new(Screen::start(
        ScreenConfig {
            sink: ScreenSink::None,
            width,
            height,
            fps: 25,
            read_stamps: false,
            latency_ms: 80,
        },
        |_| {},
    ));
    let pause = |seconds| {
        let (_keep, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(Duration::from_secs(seconds));
    };
    pause(1);
    let cameras: Vec<Camera> = (0..)
        .zip(TOWNS)
        .map(|(n, town)| camera(n, town, width, height, &screen))
        .collect();
    cameras[0].set_main(true);
    let line = |text: &str, role| Line {
        text: text.into(),
        role,
    };
    let thumbs = [1, 2, 3, 0].map(|n| Some(TOWNS[n].to_owned()));
    let views = [
        (
            "floor",
            Some("Loudéac"),
            thumbs.clone(),
            vec![line("Vous avez la parole", Role::Floor)],
        ),
        (
            "muted",
            Some("Loudéac"),
            Default::default(),
            vec![line("Micro coupé", Role::Muted)],
        ),
        (
            "reconnecting",
            Some("Loudéac"),
            thumbs.clone(),
            vec![
                line("Reconnexion au pont…", Role::Warning),
                line("Caméra absente : vérifiez le câble", Role::Neutral),
            ],
        ),
        (
            "card",
            None,
            Default::default(),
            vec![line("En attente des autres salles", Role::Neutral)],
        ),
        (
            "mosaic",
            None,
            thumbs,
            vec![line("Micro coupé", Role::Muted)],
        ),
    ];
    pause(2);
    for (name, main, thumbs, lines) in views {
        screen.set_view(View {
            room: "Merdrignac".into(),
            main: main.map(Into::into),
            thumbs,
            lines,
        });
        pause(1);
        let picture = screen.picture_png().ok_or("nothing is shown")?;
        std::fs::write(folder.join(format!("{name}.png")), picture)?;
    }
    Ok(())
}

fn camera(n: usize, town: &str, width: u32, height: u32, screen: &Arc<Screen>) -> Camera {
    let shown = screen.clone();
    let config = CameraConfig {
        source: CameraSource::Test,
        width,
        height,
        fps: 25,
        main_bps: 1_500_000,
        thumb_bps: 100_000,
        stamp: None,
        title: town.into(),
    };
    Camera::start(config, move |event| {
        if let Event::Video {
            layer,
            access_unit,
            pts_ns,
            ..
        } = event
        {
            let slot = match layer {
                Layer::Main => VideoSlot::Main,
                Layer::Thumb => VideoSlot::Thumb((n + 3) % 4),
            };
            shown.push_video(slot, access_unit, pts_ns);
        }
    })
}
