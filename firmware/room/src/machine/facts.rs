//! What the box's machine is told, and what it orders. Pure.

use std::path::PathBuf;

use board::{Button, lights};
use conference::wire::{FromClient, State, UpdateView};
use jiff::civil::DateTime;
use pipelines::{Cue, Part, PartState, View};

use super::{Card, Code, Fetch, Rest};
use crate::check::Looked;
use crate::decks::Wanted;
use crate::doctor::Finding;
use crate::kept::Kept;
use crate::mistake::Mistake;
use crate::pairing::facts::Told;
use crate::scenes::Pages;

/// A fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// The bridge greeted us; `session` is its run.
    LinkUp {
        /// Another one after a restart of the bridge.
        session: String,
        /// The bridge's clock now, in milliseconds since 1970.
        now_ms: u64,
    },
    /// The bridge wants this box checked.
    CheckAsked {
        /// Goes with the answer.
        id: u32,
        /// The bridge's clock now, in milliseconds since 1970.
        now_ms: u64,
    },
    /// The look at ourselves is over.
    Looked(Looked),
    /// The bridge is out of reach.
    LinkDown,
    /// The bridge does not know our token.
    TokenRefused,
    /// How far the box is in getting to know its bridge.
    Joining(Told),
    /// It is the box of this room now.
    Named(String),
    /// Somebody wants it to get to know its bridge anew.
    PairAnew,
    /// The bridge's state, as it is now.
    State(Box<State>),
    /// A button is down.
    Pressed(Button),
    /// It came up.
    Released(Button),
    /// It was down before anybody could have pressed it.
    Stuck(Button),
    /// Somebody said how many people are in this room.
    PeopleCounted(u16),
    /// Somebody set the volume, 0 to 100 %.
    VolumeSet(u8),
    /// A technician wants to read this code on the television; or has used it.
    Code(Option<Code>),
    /// The settings file is wrong, and others than its settings are used.
    Mistake(Box<Mistake>),
    /// Somebody wants the box to begin anew.
    RestartAsked,
    /// A device came, went, or was chosen.
    Part(Part, PartState),
    /// Each of so many microphones is heard by itself.
    Channels(usize),
    /// Somebody wants the diagnostic picture, or wants it no more.
    Diagnostics(bool),
    /// What the doctor found.
    Examined(Vec<Finding>),
    /// It is this late now.
    Time(Time),
    /// What the card's system says of updates.
    Card(Card),
    /// How far the download of one is.
    Update(Fetch),
    /// A photo is in this box now.
    Photo {
        /// Its address.
        id: String,
        /// Its file.
        file: PathBuf,
    },
    /// Pages of a deck are in this box now.
    Deck {
        /// Its address.
        id: String,
        /// All its pages, those that are there with their files.
        pages: Pages,
    },
}

/// The time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Milliseconds since 1970 by this box's clock.
    pub unix_ms: u64,
    /// Day and time on the wall of this room.
    pub local: DateTime,
}

impl Time {
    /// Hour and minute, as a clock shows them.
    pub fn hour_minute(&self) -> (u8, u8) {
        let small = |number: i8| u8::try_from(number).unwrap_or(0);
        (small(self.local.hour()), small(self.local.minute()))
    }
}

/// An order to the shell.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Say this to the bridge.
    Send(FromClient),
    /// The room's own mute, at the source.
    Mute(bool),
    /// The conference's closing of the microphone, at the source.
    CloseMicrophone(bool),
    /// Encode the large picture, or stop.
    EncodeMain(bool),
    /// Look at the camera's picture and measure the network for some seconds.
    Look {
        /// Play a chirp meanwhile, and hear whether it comes back.
        chirp: bool,
    },
    /// Have the doctor look at all, for [`Input::Examined`].
    Examine,
    /// Show the camera to the room itself, or no more.
    Mirror(bool),
    /// Write this on the television.
    Show(Box<View>),
    /// Write this on the second one.
    ShowSecond(Box<View>),
    /// Have these decks and photos in this box; no others are needed.
    Fetch(Wanted),
    /// Have this update in this box, or stop fetching one.
    FetchUpdate(Option<UpdateView>),
    /// Play the others so loud, 0 to 100 %.
    Volume(u8),
    /// Write this down: it is to be there after a restart.
    Keep(Kept),
    /// Switch camera and microphones off, or on again.
    Rest(Rest),
    /// Show this on the panel's lamps.
    Light(lights::State),
    /// Play this sound.
    Sound(Cue),
    /// A button counts no longer until it comes up, or counts again.
    Stuck {
        /// Which.
        button: Button,
        /// Whether it does not count.
        stuck: bool,
    },
    /// End, and begin anew.
    Restart,
    /// Forget all that is kept in this box, then begin anew.
    Forget,
    /// Forget the bridge and the box's own key, then begin anew.
    PairAnew,
    /// Open both media sessions if they are not open.
    StartMedia,
    /// Close both media sessions and open new ones: the bridge knows nothing of the old.
    RestartMedia,
}
