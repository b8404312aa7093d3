//! Where an evening is, as it goes over the wire.

use serde::{Deserialize, Serialize};

/// Where the evening is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EveningView {
    /// The item that runs: its place in [`ProgrammeView::items`](super::ProgrammeView::items).
    pub at: usize,
    /// What every television shows.
    pub scene: SceneView,
    /// Whether the chair chose it instead of the programme.
    pub chosen: bool,
    /// What the chair says to everybody, across the foot of every television.
    pub message: Option<String>,
    /// The page of the deck, from 0, while one is shown.
    pub page: Option<u16>,
    /// When the running item began, in milliseconds since 1970 by the bridge's clock.
    pub since_ms: Option<u64>,
    /// When its time is up, by the same clock.
    pub ends_ms: Option<u64>,
    /// Minutes left at the last warning, while it holds: 5, 1 or 0.
    pub warning: Option<u32>,
    /// The room that was asked whether it has a question.
    pub offered: Option<String>,
    /// Who asks, by hand and in writing, first served first: all hands, and the first twenty in writing.
    #[serde(default)]
    pub askers: Vec<AskerView>,
    /// What the chair's large button does now.
    pub next: NextView,
    /// Whether there is a step to take back.
    pub can_undo: bool,
}

impl Default for EveningView {
    fn default() -> Self {
        Self {
            at: 0,
            scene: SceneView::Standby,
            chosen: false,
            message: None,
            page: None,
            since_ms: None,
            ends_ms: None,
            warning: None,
            offered: None,
            askers: Vec::new(),
            next: NextView::End,
            can_undo: false,
        }
    }
}

/// What every television shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum SceneView {
    /// Clock, programme, and how this room is.
    Standby,
    /// One room full screen, with its name.
    Welcome {
        /// Its name; none is greeted yet without one.
        room: Option<String>,
    },
    /// The opening slide presenting the speakers.
    Speakers,
    /// The holder of the floor full screen.
    Speaker,
    /// The deck large, the speaker beside it.
    Slides,
    /// The asking room large, the speaker beside it.
    Question,
    /// All rooms.
    Mosaic,
    /// This town's advisers.
    FollowUp,
    /// The poll. It lies on the evening's own scene as long as there is one, unless the chair chooses another meanwhile;
    /// nobody chooses this one.
    Poll,
    /// The written question that is asked; in the same way.
    Written,
}

/// What the chair's large button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum NextView {
    /// Begins an item.
    Item {
        /// Its place in [`ProgrammeView::items`](super::ProgrammeView::items).
        item: usize,
    },
    /// Greets a room.
    Greet {
        /// Its name.
        room: String,
    },
    /// Gives the floor to a room for its question.
    Question {
        /// Its name.
        room: String,
    },
    /// Has a written question shown on all televisions.
    Written {
        /// Its number.
        id: u32,
        /// Name of the room in which its author is.
        room: String,
    },
    /// Ends the question that is asked.
    EndQuestion,
    /// Asks a room whether it has a question.
    Offer {
        /// Its name.
        room: String,
    },
    /// Nothing: the last item runs.
    End,
}

/// One who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskerView {
    /// Name of the room.
    pub room: String,
    /// The number of the written question; none is a hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<u32>,
}
