//! What an evening is to be, as it goes over the wire.

use serde::{Deserialize, Serialize};

use super::{PhotoView, Reason};

/// What the evening is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeView {
    /// What the televisions show before the start.
    pub title: String,
    /// When it begins, on the clocks of the rooms: `2026-12-03T18:30:00`.
    pub starts: Option<String>,
    /// The speakers, in the order in which they speak.
    pub speakers: Vec<SpeakerView>,
    /// The items, in order.
    pub items: Vec<ItemView>,
    /// Grows with each change of the chair's, also of what is not here: lengths.
    #[serde(default)]
    pub edition: u32,
}

/// One speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeakerView {
    /// First name and name.
    pub name: String,
    /// What the speaker does; may be empty.
    pub trade: String,
    /// Where the speaker comes from; may be empty.
    pub town: String,
    /// Name of the room from which the speaker speaks.
    pub room: String,
    /// The deck, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deck: Option<DeckView>,
    /// The photo, where the programme names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoView>,
}

/// A speaker's deck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckView {
    /// The file's name, for people.
    pub name: String,
    /// How far it is.
    #[serde(flatten)]
    pub state: DeckState,
}

/// How far a deck is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeckState {
    /// The programme names it, and nobody has brought it yet.
    Missing,
    /// Its pages are being made.
    Rendering {
        /// Pages that are made.
        done: u16,
        /// Pages that it has; unknown at first.
        pages: Option<u16>,
    },
    /// Its pages can be fetched: `GET /decks/ID`.
    Ready {
        /// Its address: 64 hexadecimal digits.
        id: String,
        /// How many pages it has, 1 or more.
        pages: u16,
    },
    /// It cannot be shown.
    Failed(Reason),
}

/// One item of the evening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// What it is.
    pub kind: ItemKind,
    /// Whose talk or questions: a place in [`ProgrammeView::speakers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<usize>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Before the start.
    Lobby,
    /// The rooms are greeted.
    Welcome,
    /// The speakers are presented.
    Speakers,
    /// A talk.
    Talk,
    /// Questions after it.
    Questions,
    /// Goodbye.
    Closing,
    /// The advisers of each town.
    FollowUp,
}
