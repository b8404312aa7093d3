//! The devices of a box, started from its settings, and where what they say goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use conference::wire::{Device, Status};
use pipelines::devices::{CameraSource, LoudspeakerSink, MicrophoneSource, ScreenSink};
use pipelines::{
    Camera, CameraConfig, Event, Loudspeaker, LoudspeakerConfig, Microphones, MicrophonesConfig,
    Part, PartState, Screen, ScreenConfig,
};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::machine::Input;
use crate::media::{Coded, Command};
use crate::meter::{Level, Meter};

/// From capture to screen and loudspeaker, what the sinks add after a frame is due, in ms: room for
/// decoding, composing and some jitter, the same for both so that lips and voice stay together.
pub(crate) const SINK_LATENCY_MS: u32 = 80;
/// The small picture of a room.
const THUMB_BPS: u32 = 100_000;

/// How often each part that worked has stalled since the box started.
pub type Stalls = BTreeMap<Part, u32>;

/// The running devices.
pub struct Parts {
    /// Picture in.
    pub camera: Camera,
    /// Sound in.
    pub microphones: Microphones,
    /// Picture out.
    pub screen: Screen,
    /// Sound out.
    pub loudspeaker: Loudspeaker,
    /// What the microphones hear now, and what the gate makes of it.
    pub meter: Arc<Meter>,
}

/// Where the devices' events go.
#[derive(Clone)]
pub struct Events {
    /// Coded media, to the media task.
    pub coded: mpsc::Sender<Coded>,
    /// Facts, to the machine.
    pub inputs: mpsc::Sender<Input>,
    /// Orders, to the media task.
    pub commands: mpsc::Sender<Command>,
}

impl Parts {
    /// Starts every device of the settings. A missing one is no error: it is said by an event and
    /// tried again.
    pub fn start(config: &Config, events: Events) -> Self {
        let meter = Arc::new(Meter::default());
        let sink = {
            let meter = Arc::clone(&meter);
            move |event| take(event, &events, &meter)
        };
        let sink = Arc::new(sink);
        let to = || {
            let sink = Arc::clone(&sink);
            move |event| sink(event)
        };
        let stamp = config.measure.as_ref().and_then(|measure| measure.stamp);
        let loudspeaker = Loudspeaker::start(
            LoudspeakerConfig {
                sink: config.devices.loudspeaker.clone(),
                record: stamp.is_some(),
                latency_ms: SINK_LATENCY_MS,
            },
            to(),
        );
        let screen = Screen::start(
            ScreenConfig {
                sink: config.devices.screen.clone(),
                deck: config.devices.deck_screen.clone(),
                width: config.screen.width,
                height: config.screen.height,
                fps: config.picture.frames_per_second,
                read_stamps: stamp.is_some(),
                latency_ms: SINK_LATENCY_MS,
            },
            to(),
        );
        let (gauge, tell) = (screen.gauge(), to());
        Self {
            camera: Camera::start(
                CameraConfig {
                    source: config.devices.camera.clone(),
                    width: config.picture.width,
                    height: config.picture.height,
                    fps: config.picture.frames_per_second,
                    main_bps: config.picture.kbit_per_second * 1000,
                    thumb_bps: THUMB_BPS,
                    stamp,
                    title: config.name.clone(),
                },
                to(),
            ),
            microphones: Microphones::start(
                MicrophonesConfig {
                    source: config.devices.microphones.clone(),
                    title: config.name.clone(),
                    record: stamp.is_some(),
                    gate: config.microphones.gate,
                    far_end: Some(loudspeaker.far_end()),
                },
                move |event| {
                    gauge.take(&event);
                    tell(event);
                },
            ),
            screen,
            loudspeaker,
            meter,
        }
    }
}

impl Parts {
    /// Plays the others so loud, 0 to 100 %: 80 % is as they spoke, 100 % nearly twice that.
    pub fn set_volume(&self, percent: u8) {
        // Loudness as it is heard grows with the cube (GStreamer's `GstStreamVolumeFormat` does the same).
        let heard = f32::from(percent) / 80.0;
        self.loudspeaker.set_volume(heard.powi(3));
    }

    /// How often each part's supervisor has come round; none of a part that the settings leave out.
    pub fn turns(&self) -> [Option<u64>; 5] {
        let [screen, deck_screen] = self.screen.turns();
        [
            self.camera.turns(),
            self.microphones.turns(),
            screen,
            deck_screen,
            self.loudspeaker.turns(),
        ]
    }

    /// Switches camera and microphones on, or off: their devices are closed.
    pub fn set_awake(&self, awake: bool) {
        self.camera.set_wanted(awake);
        self.microphones.set_wanted(awake);
    }
}

/// What is known of the devices before they start: those that the settings leave out.
pub fn first_status(config: &Config) -> Status {
    let none = |is_none| {
        if is_none {
            Device::None
        } else {
            Device::Unknown
        }
    };
    let devices = &config.devices;
    Status {
        muted: false,
        camera: none(devices.camera == CameraSource::None),
        microphones: none(devices.microphones == MicrophoneSource::None),
        screen: none(devices.screen == ScreenSink::None),
        loudspeaker: none(devices.loudspeaker == LoudspeakerSink::None),
        version: config.version(),
        ..Status::default()
    }
}

/// Called from streaming threads: hands over, never waits.
fn take(event: Event, events: &Events, meter: &Meter) {
    let now = monotonic_ms();
    let coded = match event {
        Event::Video {
            layer,
            access_unit,
            pts_ns,
            key: _,
        } => Coded::Video {
            layer,
            data: access_unit,
            pts_ns,
        },
        Event::Audio {
            packet,
            pts_ns,
            level_dbov,
            voice,
        } => Coded::Audio {
            data: packet,
            pts_ns,
            level: (level_dbov, voice),
        },
        Event::Level {
            rms_dbfs,
            peak_dbfs,
            voice,
        } => {
            let level = Level {
                rms_dbfs,
                peak_dbfs,
            };
            return meter.change(now, |heard| {
                (heard.level, heard.voice) = (level, voice);
            });
        }
        Event::Channels { rms_dbfs } => return channels_heard(rms_dbfs, events, meter),
        Event::Gate {
            open: _,
            reason,
            voice,
        } => {
            return meter.change(now, |heard| {
                (heard.reason, heard.voice) = (Some(reason), voice);
            });
        }
        Event::Part { part, state } => return part_changed(part, state, events),
    };
    if events.coded.try_send(coded).is_err() {
        meter.drop_one();
    }
}

/// The machine is told how many they are, whenever that changes.
fn channels_heard(levels: Vec<f32>, events: &Events, meter: &Meter) {
    let (before, count) = (meter.channels().len(), levels.len());
    // A machine that is stuck is told with the next levels.
    if before == count || events.inputs.try_send(Input::Channels(count)).is_ok() {
        meter.set_channels(levels);
    }
}

/// This moment on the scale of the readings of the [`Meter`].
pub fn monotonic_ms() -> u64 {
    pipelines::monotonic_ns() / 1_000_000
}

fn part_changed(part: Part, state: PartState, events: &Events) {
    match &state {
        PartState::Running { chosen } => tracing::info!(?part, %chosen, "part runs"),
        // Most rooms have one screen.
        PartState::Missing { reason } if part == Part::DeckScreen => {
            tracing::info!(?part, %reason, "no second screen");
        }
        PartState::Missing { reason } => tracing::warn!(?part, %reason, "part missing"),
        PartState::Stalled { reason } => tracing::warn!(?part, %reason, "part stalled"),
        PartState::Starting => tracing::debug!(?part, "part starts"),
    }
    if part == Part::Screen && matches!(state, PartState::Running { .. }) {
        let _ = events.commands.try_send(Command::RenewPictures);
    }
    // The channel holds far more facts than parts can change state in the machine's slowest turn.
    if events.inputs.try_send(Input::Part(part, state)).is_err() {
        tracing::warn!(?part, "change of a part was not heard");
    }
}
