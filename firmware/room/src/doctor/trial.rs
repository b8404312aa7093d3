//! Tries the devices as the box would use them, while no box does: a picture, some sound, a chirp.

use std::path::PathBuf;
use std::time::Duration;

use conference::wire::{Device, Status};
use pipelines::Part;
use pipelines::devices::{DeckSink, ScreenSink};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::facts::Live;
use crate::config::{
    Bridge, Config, Decks, Devices, Language, Microphones, Panel, Picture, Screen, Web,
};
use crate::machine::{Input, device};
use crate::parts::{self, Events, Parts};

/// Devices are there within so long or not at all.
const PATIENCE: Duration = Duration::from_secs(6);
/// A frozen camera shows itself in 2 s; the chirp lasts 0.4 s and comes back within half a second.
const LOOK: Duration = Duration::from_secs(3);
/// The levels of microphones come so often.
const EVERY: Duration = Duration::from_millis(100);

/// Opens camera, microphones and loudspeaker for some seconds: those of the settings, else what is plugged in. The
/// television is left alone.
pub async fn tried(config: Option<&Config>) -> Live {
    let mut config = config.cloned().unwrap_or_else(without_settings);
    (config.devices.screen, config.devices.deck_screen) = (ScreenSink::None, DeckSink::None);
    let (inputs, mut facts) = mpsc::channel(64);
    // Coded media is for nobody here: it finds its channels full, and is dropped.
    let (coded, _coded) = mpsc::channel(1);
    let (commands, _commands) = mpsc::channel(1);
    let events = Events {
        coded,
        inputs,
        commands,
    };
    let parts = Parts::start(&config, events);
    let mut status = parts::first_status(&config);
    // Nothing can be said of it: it was not tried.
    status.screen = Device::Unknown;
    settle(&mut status, &mut facts).await;
    let live = listen(&parts, status).await;
    // Devices are closed, which may take a moment.
    let _ = tokio::task::spawn_blocking(move || drop(parts)).await;
    live
}

fn without_settings() -> Config {
    Config {
        name: String::new(),
        language: Language::default(),
        bridge: Bridge {
            address: String::new(),
            token: None,
            invitation: None,
        },
        devices: Devices::default(),
        microphones: Microphones::default(),
        picture: Picture::default(),
        screen: Screen::default(),
        decks: Decks::default(),
        kept: PathBuf::new(),
        web: Web::default(),
        panel: Panel::default(),
        wifi: None,
        measure: None,
        mistake: None,
    }
}

/// Waits until each device is there, or is said to be missing.
async fn settle(status: &mut Status, facts: &mut mpsc::Receiver<Input>) {
    let until = Instant::now() + PATIENCE;
    let unknown = |status: &Status| {
        [&status.camera, &status.microphones, &status.loudspeaker].contains(&&Device::Unknown)
    };
    while unknown(status) {
        let Ok(Some(fact)) = timeout_at(until, facts.recv()).await else {
            break;
        };
        if let Input::Part(part, state) = fact {
            let place = match part {
                Part::Camera => &mut status.camera,
                Part::Microphones => &mut status.microphones,
                Part::Loudspeaker => &mut status.loudspeaker,
                Part::Screen | Part::DeckScreen => continue,
            };
            if *place != Device::None {
                *place = device(state);
            }
        }
    }
    let silent = |place: &mut Device| {
        if *place == Device::Unknown {
            *place = Device::Missing(format!("nothing came within {} s", PATIENCE.as_secs()));
        }
    };
    silent(&mut status.camera);
    silent(&mut status.microphones);
    silent(&mut status.loudspeaker);
}

async fn listen(parts: &Parts, status: Status) -> Live {
    let chirps = crate::check::can_chirp(&status);
    parts.camera.look();
    if chirps {
        parts.microphones.listen();
        parts.loudspeaker.chirp();
    }
    let mut channels: Vec<f32> = Vec::new();
    let until = Instant::now() + LOOK;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < until {
        ticks.tick().await;
        let heard = parts.meter.channels();
        channels.resize(heard.len(), f32::MIN);
        for (loudest, now) in channels.iter_mut().zip(heard) {
            *loudest = loudest.max(now);
        }
    }
    let heard = parts.microphones.heard().filter(|_| chirps);
    let search = move || heard.map(|heard| pipelines::is_heard(&heard.samples, heard.rate));
    Live {
        status,
        second_screen: Device::Unknown,
        glance: parts.camera.glance(),
        channels,
        chirp: tokio::task::spawn_blocking(search)
            .await
            .unwrap_or_default(),
        stuck: None,
        sessions: None,
    }
}
