//! What the parts tell the shell.

use std::sync::Arc;

use bytes::Bytes;
pub use gate::Reason as GateReason;

/// One of the two pictures a camera sends at once (simulcast).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The large picture, encoded only while somebody shows it. RTP stream id "main".
    Main,
    /// The small picture (320x180 at 10 frames per second), always encoded. RTP stream id "thumb".
    Thumb,
}

/// A part of the box that is supervised on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Picture in.
    Camera,
    /// Sound in.
    Microphones,
    /// Picture out.
    Screen,
    /// The page of a deck out, where a room has a second screen.
    DeckScreen,
    /// Sound out.
    Loudspeaker,
}

impl Part {
    /// Its name in settings, logs and figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Microphones => "microphones",
            Self::Screen => "screen",
            Self::DeckScreen => "deck_screen",
            Self::Loudspeaker => "loudspeaker",
        }
    }
}

/// How a part is doing. Reasons and choices are in words, for a technician.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartState {
    /// Its first pipeline is being built.
    Starting,
    /// Data flows.
    Running {
        /// The device in use and why it was chosen.
        chosen: String,
    },
    /// It has not worked yet: no such device, no permission, nothing comes. Tried again with back-off.
    Missing {
        /// What is missing.
        reason: String,
    },
    /// It worked and stopped. Tried again with back-off.
    Stalled {
        /// What happened.
        reason: String,
    },
}

/// What a part hands to the shell. Called from streaming threads: do little, never block.
#[derive(Debug, Clone)]
pub enum Event {
    /// One coded picture.
    Video {
        /// Which of the camera's pictures.
        layer: Layer,
        /// One H.264 access unit in byte-stream form; SPS and PPS come with every key frame.
        access_unit: Bytes,
        /// When it was captured, in nanoseconds of the monotonic clock.
        pts_ns: u64,
        /// Whether decoding can start here.
        key: bool,
    },
    /// One coded piece of sound. None is sent while there is silence (DTX), save one each 400 ms.
    Audio {
        /// One Opus packet of 20 ms.
        packet: Bytes,
        /// When its first sample was captured, in nanoseconds of the monotonic clock.
        pts_ns: u64,
        /// Level of the sound as it is sent, -127..=0 dBov (RFC 6464).
        level_dbov: i8,
        /// Whether the gate lets somebody through (RFC 6464, the V bit).
        voice: bool,
    },
    /// What the microphones hear, muted or not, about ten times per second.
    Level {
        /// Mean over 100 ms, in dB of full scale, -127.0..=0.0.
        rms_dbfs: f32,
        /// Highest sample in 100 ms, in dB of full scale, -127.0..=0.0.
        peak_dbfs: f32,
        /// How sure the gate is just now that somebody speaks, 0.0..=1.0.
        voice: f32,
    },
    /// What each microphone hears by itself, muted or not, about ten times per second.
    Channels {
        /// Mean over 100 ms of each channel, in dB of full scale, -127.0..=0.0.
        rms_dbfs: Vec<f32>,
    },
    /// The gate opened, closed, or does so for another reason.
    Gate {
        /// Whether sound is let through.
        open: bool,
        /// Why it is open or closed.
        reason: GateReason,
        /// How sure the gate is that somebody speaks, 0.0..=1.0.
        voice: f32,
    },
    /// A part changed its state.
    ///
    /// When [`Part::Screen`] comes to run, its decoders are new: ask for key frames.
    Part {
        /// Which.
        part: Part,
        /// Its state from now on.
        state: PartState,
    },
}

/// Where events go.
pub(crate) type Events = Arc<dyn Fn(Event) + Send + Sync>;
