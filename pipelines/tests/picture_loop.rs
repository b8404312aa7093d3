//! Camera to screen in one process, no network: what is drawn is seen, and how long it takes.

mod watch;

use std::sync::Arc;

use bytes::Bytes;
use pipelines::{
    Camera, CameraConfig, Event, Layer, Line, Part, Role, Screen, ScreenConfig, Sighting,
    VideoSlot, View,
    devices::{CameraSource, DeckSink, ScreenSink},
    monotonic_ns,
    scene::{Scene, Seen, Speaker},
};
use watch::{Watch, eventually, percentile};

fn camera(title: &str, stamp: Option<u8>) -> CameraConfig {
    CameraConfig {
        source: CameraSource::Test,
        width: 640,
        height: 360,
        fps: 25,
        main_bps: 800_000,
        thumb_bps: 100_000,
        stamp,
        title: title.into(),
    }
}

fn screen() -> ScreenConfig {
    ScreenConfig {
        sink: ScreenSink::None,
        deck: DeckSink::None,
        width: 640,
        height: 360,
        fps: 25,
        read_stamps: true,
        latency_ms: 80,
    }
}

fn view() -> View {
    View {
        room: "Merdrignac".into(),
        scene: Scene::Speaker(Speaker {
            seen: Some(Seen {
                slot: VideoSlot::Main,
                name: "Loudéac".into(),
            }),
            others: vec![Seen {
                slot: VideoSlot::Thumb(0),
                name: "Ploufragan".into(),
            }],
            ..Speaker::default()
        }),
        message: None,
        lines: vec![Line {
            text: "Vous avez la parole".into(),
            role: Role::Floor,
        }],
        volume: None,
    }
}

/// A camera whose layers go straight to a screen.
fn looped(title: &str, stamp: u8) -> (Camera, Arc<Screen>, Watch, Watch) {
    pipelines::init().expect("GStreamer");
    let (tell, screen_watch) = Watch::new();
    let screen = Arc::new(Screen::start(screen(), tell));
    screen_watch.running(Part::Screen);
    screen.set_view(view());
    let (tell, camera_watch) = Watch::new();
    let shown = screen.clone();
    let camera = Camera::start(camera(title, Some(stamp)), move |event| {
        if let Event::Video {
            layer,
            access_unit,
            pts_ns,
            ..
        } = &event
        {
            let slot = match layer {
                Layer::Main => VideoSlot::Main,
                Layer::Thumb => VideoSlot::Thumb(0),
            };
            shown.push_video(slot, access_unit.clone(), *pts_ns);
        }
        tell(event);
    });
    camera_watch.running(Part::Camera);
    (camera, screen, camera_watch, screen_watch)
}

#[test]
fn what_the_camera_draws_is_seen_on_the_screen_in_time() {
    let (camera, screen, ..) = looped("Loudéac", 42);
    camera.set_main(true);
    let mut seen: Vec<Sighting> = Vec::new();
    eventually("a hundred sightings", || {
        seen.extend(screen.sightings());
        (seen.len() >= 100).then_some(())
    });
    assert!(seen.iter().all(|sighting| sighting.room == 42));
    let mut delays: Vec<f64> = seen
        .iter()
        .map(|sighting| sighting.shown_ns.saturating_sub(sighting.drawn_ns) as f64 / 1e6)
        .collect();
    let (median, late) = (percentile(&mut delays, 0.5), percentile(&mut delays, 0.95));
    let span = seen[99].shown_ns - seen[0].shown_ns;
    println!(
        "glass to glass: p50 {median:.1} ms, p95 {late:.1} ms; {:.1} frames/s",
        99e9 / span as f64
    );
    assert!((75.0..120.0).contains(&median), "median {median} ms");
    assert!(99e9 / span as f64 > 12.0, "frames are lost");
}

#[test]
fn main_opens_with_a_key_frame_and_closes() {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let camera = Camera::start(camera("Brest", None), tell);
    let next = |wanted: Layer| {
        watch.until("a picture", |event| match event {
            Event::Video {
                layer,
                access_unit,
                key,
                pts_ns,
            } if *layer == wanted => Some((access_unit.clone(), *key, *pts_ns)),
            Event::Video {
                layer: Layer::Main, ..
            } => panic!("main is closed"),
            Event::Video { .. }
            | Event::Audio { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        })
    };
    let next_main = || {
        watch.until("a main picture", |event| match event {
            Event::Video {
                layer: Layer::Main,
                access_unit,
                key,
                ..
            } => Some((access_unit.clone(), *key)),
            Event::Video { .. }
            | Event::Audio { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        })
    };
    let (thumb, key, _) = next(Layer::Thumb);
    assert!(
        key && nal_types(&thumb).starts_with(&[7, 8]),
        "{:?}",
        nal_types(&thumb)
    );
    let thumbs: Vec<u64> = (0..11).map(|_| next(Layer::Thumb).2).collect();
    let second = thumbs[10] - thumbs[0];
    assert!(
        (900_000_000..1_200_000_000).contains(&second),
        "ten thumbs in {second} ns"
    );
    for _ in 0..2 {
        camera.set_main(true);
        let (main, key) = next_main();
        assert!(key, "the first main picture is no key frame");
        let nals = nal_types(&main);
        assert!(
            nals.contains(&7) && nals.contains(&8) && nals.contains(&5),
            "{nals:?}"
        );
        assert!(!next_main().1);
        camera.force_key_frame(Layer::Main);
        eventually("a key frame that was asked for", || {
            next_main().1.then_some(())
        });
        camera.set_main(false);
        let closed = monotonic_ns();
        watch.until("main to stay closed", |event| match event {
            Event::Video {
                layer: Layer::Main,
                pts_ns,
                ..
            } if *pts_ns > closed + 200_000_000 => panic!("main is open"),
            Event::Video {
                layer: Layer::Thumb,
                pts_ns,
                ..
            } => (*pts_ns > closed + 600_000_000).then_some(()),
            Event::Video { .. }
            | Event::Audio { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        });
    }
}

#[test]
fn the_bit_rate_follows_the_wish() {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let camera = Camera::start(camera("Brest", None), tell);
    camera.set_main(true);
    let rate = |from: u64| {
        let (mut bytes, mut first) = (0, None);
        watch.until("two seconds of pictures", |event| match event {
            Event::Video {
                layer: Layer::Main,
                access_unit,
                pts_ns,
                ..
            } if *pts_ns > from => {
                let first = *first.get_or_insert(*pts_ns);
                bytes += access_unit.len();
                (*pts_ns > first + 2_000_000_000).then_some(bytes as f64 * 8.0 / 2.0)
            }
            Event::Video { .. }
            | Event::Audio { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        })
    };
    let high = rate(monotonic_ns() + 1_000_000_000);
    camera.set_bitrate(Layer::Main, 150_000);
    let low = rate(monotonic_ns() + 1_000_000_000);
    println!("{high:.0} then {low:.0} bit/s");
    assert!(low < 220_000.0 && high > low * 1.5, "{high} then {low}");
}

#[test]
fn garbage_in_a_slot_does_not_stop_the_screen() {
    let (camera, screen, ..) = looped("Loudéac", 7);
    camera.set_main(true);
    for n in 0..200u64 {
        let garbage: Vec<u8> = (0..300).map(|at| (at * 31 + n * 7) as u8).collect();
        screen.push_video(VideoSlot::Thumb(2), garbage.into(), monotonic_ns());
        screen.push_video(VideoSlot::Thumb(3), Bytes::new(), u64::MAX);
        screen.push_video(VideoSlot::Thumb(99), Bytes::new(), 0);
    }
    let _ = screen.sightings();
    let mut seen = 0;
    eventually("fifty sightings", || {
        seen += screen.sightings().len();
        (seen >= 50).then_some(())
    });
}

#[test]
fn a_slot_that_falls_silent_keeps_its_last_picture_and_stops_nobody() {
    let (camera, screen, ..) = looped("Ploufragan", 9);
    camera.set_main(true);
    eventually("a sighting", || {
        (!screen.sightings().is_empty()).then_some(())
    });
    camera.set_main(false);
    let alone = eventually("a picture without main", || screen.picture_png());
    assert!(alone.starts_with(b"\x89PNG"));
    drop(camera);
    let jpeg = screen.picture().expect("a picture");
    assert!(
        jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.len() > 5000,
        "{} bytes",
        jpeg.len()
    );
}

/// The NAL unit types of a byte stream.
fn nal_types(stream: &[u8]) -> Vec<u8> {
    stream
        .windows(4)
        .filter(|bytes| bytes[..3] == [0, 0, 1])
        .map(|bytes| bytes[3] & 0x1F)
        .filter(|kind| *kind != 9)
        .collect()
}
