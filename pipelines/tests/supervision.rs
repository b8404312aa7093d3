//! Hardware that is missing, dies or comes back.

mod watch;

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use pipelines::devices::{CameraSource, DeckSink, LoudspeakerSink, MicrophoneSource, ScreenSink};
use pipelines::{
    Camera, CameraConfig, Event, Layer, Loudspeaker, LoudspeakerConfig, Microphones,
    MicrophonesConfig, Part, PartState, Screen, ScreenConfig,
};
use watch::{Watch, eventually, now};

fn camera(source: CameraSource) -> CameraConfig {
    CameraConfig {
        source,
        width: 320,
        height: 180,
        fps: 25,
        main_bps: 400_000,
        thumb_bps: 100_000,
        stamp: None,
        title: "Brest".into(),
    }
}

/// Writes a film of some frames with GStreamer's own tools.
fn film(path: &Path, frames: i32) {
    pipelines::init().expect("GStreamer");
    let pipeline = gst::parse::launch(
        "videotestsrc name=source ! video/x-raw,format=I420,width=192,height=144,framerate=30/1 ! x264enc speed-preset=ultrafast ! matroskamux ! filesink name=file",
    )
    .expect("a pipeline")
    .downcast::<gst::Pipeline>()
    .expect("a pipeline");
    pipeline
        .by_name("source")
        .expect("a source")
        .set_property("num-buffers", frames);
    pipeline
        .by_name("file")
        .expect("a sink")
        .set_property("location", path);
    pipeline.set_state(gst::State::Playing).expect("to play");
    let bus = pipeline.bus().expect("a bus");
    bus.timed_pop_filtered(gst::ClockTime::from_seconds(20), &[gst::MessageType::Eos])
        .expect("an end");
    pipeline.set_state(gst::State::Null).expect("to stop");
}

fn a_picture(watch: &Watch) -> u64 {
    watch.until("a picture", |event| match event {
        Event::Video { pts_ns, .. } => Some(*pts_ns),
        Event::Audio { .. }
        | Event::Level { .. }
        | Event::Channels { .. }
        | Event::Gate { .. }
        | Event::Part { .. } => None,
    })
}

#[test]
fn a_camera_slower_than_thumbs_are_sends_them_all_the_same() {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let config = CameraConfig {
        fps: 5,
        ..camera(CameraSource::Test)
    };
    let _camera = Camera::start(config, tell);
    a_picture(&watch);
}

#[test]
fn a_film_is_shown_over_and_over_at_its_pace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mkv");
    film(&path, 20);
    let (tell, watch) = Watch::new();
    let _camera = Camera::start(camera(CameraSource::File(path)), tell);
    watch.running(Part::Camera);
    // Three times the film's length, at the thumb's ten pictures per second.
    let stamps: Vec<u64> = (0..20).map(|_| a_picture(&watch)).collect();
    assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));
    let span = stamps[19] - stamps[0];
    assert!((1_700_000_000..2_500_000_000).contains(&span), "{span} ns");
}

#[test]
fn a_camera_that_fails_is_reported_and_built_again_when_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mkv");
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let _camera = Camera::start(camera(CameraSource::File(path.clone())), tell);
    let state = watch.part(Part::Camera, |state| {
        matches!(state, PartState::Missing { .. })
    });
    assert!(format!("{state:?}").contains("film.mkv"), "{state:?}");
    film(&path, 30);
    watch.running(Part::Camera);
    a_picture(&watch);

    // The film is gone under the camera's feet: an empty file at the next turn.
    let died = now();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .expect("the film")
        .set_len(0)
        .expect("emptied");
    let state = watch.part(Part::Camera, |state| {
        matches!(state, PartState::Stalled { .. })
    });
    println!("{state:?} after {:?}", died.elapsed());
    assert!(
        died.elapsed().as_secs_f64() < 4.2,
        "seen late (the film itself lasts 1 s)"
    );
    film(&path, 30);
    watch.running(Part::Camera);
    a_picture(&watch);
}

#[test]
fn a_device_that_does_not_exist_is_missing_and_the_others_run() {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let _camera = Camera::start(
        camera(CameraSource::V4l2("/dev/video97".into())),
        tell.clone(),
    );
    let microphones = |source| MicrophonesConfig {
        source,
        title: String::new(),
        record: false,
        gate: true,
        far_end: None,
    };
    let _microphones = Microphones::start(
        microphones(MicrophoneSource::Alsa("hw:97,0".into())),
        tell.clone(),
    );
    let config = |sink| LoudspeakerConfig {
        sink,
        record: false,
        latency_ms: 80,
    };
    let _loudspeaker = Loudspeaker::start(
        config(LoudspeakerSink::Alsa("hw:97,0".into())),
        tell.clone(),
    );
    let config = ScreenConfig {
        sink: ScreenSink::None,
        deck: DeckSink::None,
        width: 320,
        height: 180,
        fps: 25,
        read_stamps: false,
        latency_ms: 80,
    };
    let _screen = Screen::start(config, tell);
    let mut missing = std::collections::BTreeSet::new();
    let mut screen = false;
    watch.until("three missing and one running", |event| {
        match event {
            Event::Part {
                part,
                state: PartState::Missing { reason },
            } => {
                println!("{part:?}: {reason}");
                missing.insert(*part);
            }
            Event::Part {
                part: Part::Screen,
                state: PartState::Running { .. },
            } => screen = true,
            Event::Part { .. }
            | Event::Video { .. }
            | Event::Audio { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. } => {}
        }
        (missing.len() == 3 && screen).then_some(())
    });
}

#[test]
fn what_is_not_wanted_is_said_to_be_missing_at_once() {
    let (tell, watch) = Watch::new();
    let camera = Camera::start(camera(CameraSource::None), tell);
    camera.set_main(true);
    camera.force_key_frame(Layer::Main);
    let state = watch.part(Part::Camera, |_| true);
    assert_eq!(
        state,
        PartState::Missing {
            reason: "no camera is configured".into()
        }
    );
}

#[test]
fn threads_do_not_grow_over_starts_and_stops() {
    pipelines::init().expect("GStreamer");
    let one_life = || {
        let (tell, watch) = Watch::new();
        let camera = Camera::start(camera(CameraSource::Test), tell.clone());
        let screen = Screen::start(
            ScreenConfig {
                sink: ScreenSink::None,
                deck: DeckSink::Test,
                width: 320,
                height: 180,
                fps: 25,
                read_stamps: false,
                latency_ms: 80,
            },
            tell,
        );
        watch.running(Part::Screen);
        camera.set_main(true);
        a_picture(&watch);
        drop((camera, screen));
    };
    for _ in 0..3 {
        one_life();
    }
    // Other tests of this process have threads of their own, which come and go: a leak would stay.
    let before = threads();
    for _ in 0..10 {
        one_life();
    }
    eventually("the threads of ten lives to end", || {
        (threads() <= before + 12).then_some(())
    });
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .expect("this process")
        .count()
}
