//! What is written down of an evening, one entry per fact: the store's wire file. Pure.
//!
//! Rooms go by name, so that an evening can be read by people, and after the rooms were put in another order.

use std::time::Instant;

use conference::wire::SceneView;
use conference::{Evening, Happened, Input, MessageId, Messages, Programme, RoomId, SpeakerId};
use serde::{Deserialize, Serialize};

use crate::view::{scene_of, scene_view};

mod audience;

pub use audience::{AudienceEntry, Phone};

/// One fact of an evening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Entry {
    /// A room's box connected.
    RoomJoined {
        /// Its name.
        room: String,
    },
    /// A room's box left or was lost.
    RoomLeft {
        /// Its name.
        room: String,
    },
    /// The bridge was restarted: all boxes were lost.
    Restarted,
    /// A room asked for the floor.
    FloorRequested {
        /// Its name.
        room: String,
    },
    /// A room gave the floor back, or took its request back.
    FloorReleased {
        /// Its name.
        room: String,
    },
    /// The chair gave the floor to a room.
    FloorGranted {
        /// Its name.
        room: String,
    },
    /// The chair took the floor back.
    FloorRevoked,
    /// The chair refused a room's request.
    RequestDenied {
        /// Its name.
        room: String,
    },
    /// The chair opened a room's microphone beside the holder's.
    MicrophoneOpened {
        /// Its name.
        room: String,
    },
    /// The chair left a room's microphone to the rules again.
    MicrophoneLeft {
        /// Its name.
        room: String,
    },
    /// The chair pressed the large button.
    Advanced,
    /// The chair went to an item.
    WentTo {
        /// Its place.
        item: usize,
    },
    /// The chair chose what all televisions show, or left it to the programme.
    SceneChosen {
        /// The scene.
        scene: Option<SceneView>,
    },
    /// The chair greeted a room.
    Greeted {
        /// Its name.
        room: String,
    },
    /// Somebody said how many people are in a room.
    Counted {
        /// Its name.
        room: String,
        /// How many.
        people: u16,
    },
    /// The chair moved the running item's end.
    TimeAdded {
        /// By so many minutes.
        minutes: i32,
    },
    /// A room had no question.
    Passed {
        /// Its name.
        room: String,
    },
    /// A page was turned to.
    PageTurned {
        /// From 0.
        page: u16,
    },
    /// A speaker's deck can be shown, or cannot any more.
    DeckChanged {
        /// The speaker's place in the programme.
        speaker: u16,
        /// How many pages it has; none that can be shown without.
        pages: Option<u16>,
    },
    /// The chair put a message on all screens, or took it away.
    Said {
        /// The message.
        text: Option<String>,
    },
    /// The chair took the last step back.
    Undone,
    /// The programme was changed before the start.
    ProgrammeChanged {
        /// The new one, as TOML.
        programme: String,
    },
    /// A poll or a written question went on; [`AudienceEntry::inputs`] plays it again.
    Audience(AudienceEntry),
}

impl Entry {
    /// What to write down of a fact; `name` gives rooms their names, `text` messages. Nothing of what the rules do by
    /// themselves.
    pub fn of(
        happened: &Happened,
        name: impl Fn(RoomId) -> Option<String>,
        text: impl Fn(MessageId) -> Option<String>,
    ) -> Option<Self> {
        let entry = match *happened {
            Happened::Floor(Input::RoomJoined(room)) => Self::RoomJoined { room: name(room)? },
            Happened::Floor(Input::RoomLeft(room)) => Self::RoomLeft { room: name(room)? },
            Happened::Floor(Input::AllLost) => Self::Restarted,
            Happened::Floor(Input::FloorRequested(room)) => {
                Self::FloorRequested { room: name(room)? }
            }
            Happened::Floor(Input::FloorReleased(room)) => {
                Self::FloorReleased { room: name(room)? }
            }
            Happened::Floor(Input::FloorGranted(room)) => Self::FloorGranted { room: name(room)? },
            Happened::Floor(Input::FloorRevoked) => Self::FloorRevoked,
            Happened::Floor(Input::RequestDenied(room)) => {
                Self::RequestDenied { room: name(room)? }
            }
            Happened::Floor(Input::MicrophoneOpened(room)) => {
                Self::MicrophoneOpened { room: name(room)? }
            }
            Happened::Floor(Input::MicrophoneLeft(room)) => {
                Self::MicrophoneLeft { room: name(room)? }
            }
            Happened::Floor(Input::SpeakerGranted(_)) => return None,
            Happened::Advanced => Self::Advanced,
            Happened::WentTo(item) => Self::WentTo { item },
            Happened::SceneChosen(scene) => Self::SceneChosen {
                scene: scene.map(|scene| scene_view(scene, name)),
            },
            Happened::Greeted(room) => Self::Greeted { room: name(room)? },
            Happened::Counted(room, people) => Self::Counted {
                room: name(room)?,
                people,
            },
            Happened::TimeAdded(minutes) => Self::TimeAdded { minutes },
            Happened::Passed(room) => Self::Passed { room: name(room)? },
            Happened::PageTurned(page) => Self::PageTurned { page },
            Happened::DeckChanged(SpeakerId(speaker), pages) => {
                Self::DeckChanged { speaker, pages }
            }
            Happened::Said(message) => Self::Said {
                text: message.and_then(text),
            },
            // Written down by those who know the phones' names for things.
            Happened::Audience(_) => return None,
            Happened::Undone => Self::Undone,
        };
        Some(entry)
    }

    /// Plays it again: it changes the evening of these rooms as it did when it was written. Gives the programme, when it
    /// is another one since. What the rules refuse by now is left out: the rest still counts.
    pub fn play(
        &self,
        evening: &mut Evening,
        messages: &mut Messages,
        rooms: &[String],
        at: Instant,
    ) -> Option<Programme> {
        evening.handle_timeout(at);
        if let Some(programme) = self.programme() {
            let programme = Programme::parse("programme", programme).ok()?;
            evening.replan(&programme, rooms).ok()?;
            return Some(programme);
        }
        let id = |name: &str| {
            let mut ids = (0..).map(RoomId).zip(rooms);
            ids.find(|(_, room)| *room == name).map(|(id, _)| id)
        };
        if let Self::Audience(entry) = self {
            for input in entry.inputs(id) {
                let _ = evening.handle_input(Happened::Audience(input), at);
            }
        } else if let Some(happened) = self.happened(id, messages) {
            let _ = evening.handle_input(happened, at);
        }
        None
    }

    /// Whether somebody did it, rather than that a box or the bridge came and went.
    pub fn is_step(&self) -> bool {
        !matches!(
            self,
            Self::RoomJoined { .. }
                | Self::RoomLeft { .. }
                | Self::Restarted
                | Self::DeckChanged { .. }
        )
    }

    /// The programme, as TOML, where it was changed.
    pub fn programme(&self) -> Option<&str> {
        if let Self::ProgrammeChanged { programme } = self {
            Some(programme)
        } else {
            None
        }
    }

    /// The fact; `id` knows the rooms. Nothing if it names a room that is no more.
    fn happened(
        &self,
        id: impl Fn(&str) -> Option<RoomId>,
        messages: &mut Messages,
    ) -> Option<Happened> {
        Some(match self {
            Self::RoomJoined { room } => Happened::Floor(Input::RoomJoined(id(room)?)),
            Self::RoomLeft { room } => Happened::Floor(Input::RoomLeft(id(room)?)),
            Self::Restarted => Happened::Floor(Input::AllLost),
            Self::FloorRequested { room } => Happened::Floor(Input::FloorRequested(id(room)?)),
            Self::FloorReleased { room } => Happened::Floor(Input::FloorReleased(id(room)?)),
            Self::FloorGranted { room } => Happened::Floor(Input::FloorGranted(id(room)?)),
            Self::FloorRevoked => Happened::Floor(Input::FloorRevoked),
            Self::RequestDenied { room } => Happened::Floor(Input::RequestDenied(id(room)?)),
            Self::MicrophoneOpened { room } => Happened::Floor(Input::MicrophoneOpened(id(room)?)),
            Self::MicrophoneLeft { room } => Happened::Floor(Input::MicrophoneLeft(id(room)?)),
            Self::Advanced => Happened::Advanced,
            Self::WentTo { item } => Happened::WentTo(*item),
            Self::SceneChosen { scene: None } => Happened::SceneChosen(None),
            Self::SceneChosen { scene: Some(scene) } => {
                Happened::SceneChosen(Some(scene_of(scene, id)?))
            }
            Self::Greeted { room } => Happened::Greeted(id(room)?),
            Self::Counted { room, people } => Happened::Counted(id(room)?, *people),
            Self::TimeAdded { minutes } => Happened::TimeAdded(*minutes),
            Self::Passed { room } => Happened::Passed(id(room)?),
            Self::PageTurned { page } => Happened::PageTurned(*page),
            Self::DeckChanged { speaker, pages } => {
                Happened::DeckChanged(SpeakerId(*speaker), *pages)
            }
            Self::Said { text: None } => Happened::Said(None),
            Self::Said { text: Some(text) } => Happened::Said(Some(messages.number(text).ok()?)),
            Self::Undone => Happened::Undone,
            Self::ProgrammeChanged { .. } | Self::Audience(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn an_entry_is_a_line_that_people_can_read() {
        let entries = [
            Entry::RoomJoined {
                room: "Loudéac".into(),
            },
            Entry::SceneChosen {
                scene: Some(SceneView::Welcome { room: None }),
            },
            Entry::Advanced,
        ];
        let lines: Vec<String> = entries
            .iter()
            .map(|entry| serde_json::to_string(entry).unwrap())
            .collect();
        expect![[r#"
            {"what":"room_joined","room":"Loudéac"}
            {"what":"scene_chosen","scene":{"name":"welcome","room":null}}
            {"what":"advanced"}"#]]
        .assert_eq(&lines.join("\n"));
        for (entry, line) in entries.iter().zip(&lines) {
            assert_eq!(&serde_json::from_str::<Entry>(line).unwrap(), entry);
        }
    }
}
