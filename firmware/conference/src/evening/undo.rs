//! Steps of the chair's that can be taken back.

use std::time::Instant;

use super::{Choice, Evening, Happened, No};
use crate::audience::{self, AudienceInput};
use crate::floor::{self, Decided};

/// How many of the chair's steps can be taken back.
const MOST_UNDO: usize = 50;

/// What there was before a step of the chair's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    choice: Choice,
    floor: Decided,
    audience: audience::Decided,
}

impl Evening {
    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// What there is now, to come back to.
    pub(super) fn step(&self) -> Step {
        Step {
            choice: self.choice.clone(),
            floor: self.floor.decided(),
            audience: self.audience.decided(),
        }
    }

    /// Keeps what there was before a step, so many times at the most.
    pub(super) fn keep_step(&mut self, before: Option<Step>) {
        let Some(before) = before else { return };
        if self.before.len() == MOST_UNDO {
            self.before.pop_front();
        }
        self.before.push_back(before);
    }

    pub(super) fn undo(&mut self, now: Instant) -> Result<(), No> {
        let before = self.before.pop_back().ok_or(No::NothingToUndo)?;
        self.choice = before.choice;
        self.floor.restore(&before.floor, now);
        self.audience.restore(&before.audience);
        self.pass_warnings(now);
        Ok(())
    }
}

impl Happened {
    /// Whether it was a step of the chair's that can be taken back.
    pub(super) const fn can_be_undone(&self) -> bool {
        match self {
            Self::Advanced
            | Self::WentTo(_)
            | Self::SceneChosen(_)
            | Self::Greeted(_)
            | Self::TimeAdded(_)
            | Self::Said(_)
            | Self::Floor(
                floor::Input::FloorGranted(_)
                | floor::Input::FloorRevoked
                | floor::Input::RequestDenied(_)
                | floor::Input::SpeakerGranted(_)
                | floor::Input::MicrophoneOpened(_)
                | floor::Input::MicrophoneLeft(_),
            )
            | Self::Audience(
                AudienceInput::PollOpened { .. }
                | AudienceInput::PollClosed
                | AudienceInput::PollRemoved
                | AudienceInput::Accepted(_)
                | AudienceInput::Refused(_)
                | AudienceInput::Asked(_)
                | AudienceInput::AskedEnded,
            ) => true,
            Self::Passed(_)
            | Self::Counted(..)
            | Self::PageTurned(_)
            | Self::DeckChanged(..)
            | Self::Undone
            | Self::Floor(
                floor::Input::RoomJoined(_)
                | floor::Input::RoomLeft(_)
                | floor::Input::AllLost
                | floor::Input::FloorRequested(_)
                | floor::Input::FloorReleased(_),
            )
            | Self::Audience(
                AudienceInput::Voted(..)
                | AudienceInput::HandsCounted(..)
                | AudienceInput::Written { .. }
                | AudienceInput::ItemBegan,
            ) => false,
        }
    }
}
