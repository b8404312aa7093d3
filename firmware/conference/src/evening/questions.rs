//! Whose question comes next.

use super::{Evening, Item, Next, No, SpeakerId};
use crate::floor::{Refusal, RoomId};

impl Evening {
    /// The room whose question is heard now.
    pub fn asking(&self) -> Option<RoomId> {
        self.questioned()?;
        let speaks_from = self.speaks_from();
        self.floor
            .holder()
            .filter(|room| Some(*room) != speaks_from)
    }

    /// The room that was asked whether it has a question, and has not answered yet.
    pub fn offered(&self) -> Option<RoomId> {
        self.choice.offered
    }

    /// Hands go first, in the order of the queue. But before a room asks again, every other one is asked whether it
    /// has a question.
    pub(super) fn next_question(&self, speaker: SpeakerId) -> Option<Next> {
        let mut queue = self.floor.queue();
        // After a restart hands wait for their rooms.
        queue.retain(|room| self.floor.is_present(*room));
        let first = queue.first().copied();
        let had = |room: &RoomId| self.choice.asked.contains(room);
        if let Some(room) = first.filter(|room| !had(room)) {
            return Some(Next::Question(room));
        }
        let unheard = self
            .present()
            .filter(|room| *room != self.talk(speaker).from && !queue.contains(room))
            .filter(|room| !had(room) && !self.choice.passed.contains(room))
            .filter(|room| Some(*room) != self.choice.offered)
            .min_by_key(|room| (self.floor.turns(*room), *room));
        unheard.map(Next::Offer).or(first.map(Next::Question))
    }

    pub(super) fn pass(&mut self, room: RoomId) -> Result<(), No> {
        if room.0 >= self.rooms {
            return Err(Refusal::UnknownRoom(room).into());
        }
        if self.questioned().is_none() {
            return Err(No::NotQuestionTime);
        }
        self.choice.passed.insert(room);
        if self.choice.offered == Some(room) {
            self.choice.offered = None;
        }
        Ok(())
    }

    pub(super) fn present(&self) -> impl Iterator<Item = RoomId> {
        let invited = self.invited.iter().copied();
        invited.filter(|room| self.floor.is_present(*room))
    }

    /// The speaker of the question time that runs.
    pub(super) fn questioned(&self) -> Option<SpeakerId> {
        match self.item() {
            Item::Questions(speaker) => Some(speaker),
            Item::Lobby
            | Item::Welcome
            | Item::Speakers
            | Item::Talk(_)
            | Item::Closing
            | Item::FollowUp => None,
        }
    }
}
