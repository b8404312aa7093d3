//! All that the doctor judges. Pure.

use board::Button;
use board::health::Health;
use conference::wire::{Device, Status};
use pipelines::Glance;

/// What is known of a box and its machine.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The settings file.
    pub settings: Settings,
    /// The room's name; empty without settings.
    pub name: String,
    /// Whether the box runs.
    pub service: Service,
    /// What the parts tell.
    pub live: Live,
    /// What is plugged in, for what the settings want.
    pub camera: Choice,
    /// The same of the microphones.
    pub microphones: Choice,
    /// The same of the loudspeaker.
    pub loudspeaker: Choice,
    /// The same of the television.
    pub screen: Choice,
    /// The same of the second one; nothing where none is wished and none is there.
    pub second_screen: Option<Choice>,
    /// GStreamer elements that are missing, each with its Debian package; why GStreamer does not start.
    pub lacks: Result<Vec<(&'static str, &'static str)>, String>,
    /// What encodes, and whether it is the board's own hardware.
    pub encoder: Option<(&'static str, bool)>,
    /// The buttons and lights.
    pub panel: Panel,
    /// Addresses by interface that has a carrier, loopback left out.
    pub addresses: Vec<(String, String)>,
    /// Whether there is a way out of the local network.
    pub gateway: bool,
    /// The bridge; nothing without settings.
    pub bridge: Option<Bridge>,
    /// The machine.
    pub health: Health,
    /// The folder in which the box keeps things, when it cannot.
    pub not_writable: Option<String>,
    /// Program, system, kernel, GStreamer.
    pub versions: [String; 4],
}

/// The settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// Its name; it is good.
    Well(String),
    /// What is wrong with it.
    Wrong(String),
    /// None was given.
    None,
}

/// Whether the box runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Its page answers at this address.
    Runs(String),
    /// Its page answers, and wants a password before it says more.
    Closed(String),
    /// It is to run on this machine, and its page does not answer.
    Silent(String),
    /// It is not set up to run by itself, and does not.
    Off,
}

/// What the parts of a box tell, whether it runs or they were tried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The devices; all unknown where nobody could ask them.
    pub status: Status,
    /// The second screen.
    pub second_screen: Device,
    /// What the camera shows.
    pub glance: Option<Glance>,
    /// The loudest that each microphone heard, in dB of full scale.
    pub channels: Vec<f32>,
    /// Whether the microphones heard the loudspeaker; nothing if it was not tried.
    pub chirp: Option<bool>,
    /// A button that a running box ignores since nobody holds one for so long.
    pub stuck: Option<Button>,
    /// The box's sessions at the bridge, while it runs.
    pub sessions: Option<Sessions>,
}

/// What a running box has with the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// The control link.
    pub linked: bool,
    /// Media to the bridge.
    pub publishing: bool,
    /// Media from the bridge.
    pub watching: bool,
}

/// What is plugged in for a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing is wished.
    None,
    /// Nothing is there.
    Absent,
    /// What was named is not there; these are.
    WrongName {
        /// What was named.
        wanted: String,
        /// Those that are there, as settings name them.
        there: Vec<String>,
    },
    /// This will be used.
    Chosen(String),
}

/// The buttons and lights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Panel {
    /// This machine has no pins.
    None,
    /// They can be used, or the running box uses them.
    Well {
        /// Where they are.
        place: String,
        /// A button that is down though nobody presses it.
        stuck: Option<Button>,
    },
    /// They cannot be used: why, and what to do.
    Wrong(String),
}

/// The bridge, as it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// Its address, from the settings.
    pub address: String,
    /// Whether that is an address of this machine itself.
    pub here: bool,
    /// What came of asking it.
    pub answer: Answer,
}

/// What came of asking the bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its name is not known.
    NoSuchName(String),
    /// It does not answer: why.
    Silent(String),
    /// What answers is no bridge.
    Strange(String),
    /// It does not know our token.
    TokenRefused,
    /// This box and the bridge do not know each other yet.
    NotPaired,
    /// The chair has taken this box's right to join.
    Revoked,
    /// It is another one than this box was paired with.
    Another,
    /// It is there.
    There {
        /// The room whose token we have.
        room: String,
        /// Its version.
        version: String,
        /// How long it took to answer, in milliseconds.
        ms: usize,
        /// By how many seconds its clock is ahead of ours.
        ahead: i64,
    },
}
