//! Whose question comes next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::{Evening, Item, Next, No, SpeakerId};
use crate::floor::{Refusal, RoomId};

/// One who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asker {
    /// The room.
    pub room: RoomId,
    /// The written question that the chair has let pass; none is a hand.
    pub written: Option<u32>,
}

impl Asker {
    fn next(self) -> Next {
        match self.written {
            None => Next::Question(self.room),
            Some(id) => Next::Written(id),
        }
    }
}

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

    /// Who asks, by hand and in writing, in the order in which they are served: fewest turns first, then the longest
    /// wait. A room's second question waits as if it had had its first.
    pub fn askers(&self) -> Vec<Asker> {
        let hands = self.floor.hands();
        let hands = hands.map(|(room, since)| {
            (
                since,
                Asker {
                    room,
                    written: None,
                },
            )
        });
        let written = self.audience.accepted().map(|written| {
            let (room, id) = (written.room, Some(written.id));
            (written.since, Asker { room, written: id })
        });
        let mut all: Vec<(Instant, Asker)> = hands.chain(written).collect();
        all.sort_unstable();
        let mut turns = BTreeMap::new();
        let served = all.into_iter().map(|(since, asker)| {
            let turns = turns
                .entry(asker.room)
                .or_insert_with(|| self.floor.turns(asker.room));
            *turns += 1;
            (*turns, since, asker)
        });
        let served: BTreeSet<(u32, Instant, Asker)> = served.collect();
        served.into_iter().map(|(_, _, asker)| asker).collect()
    }

    /// Who asks goes first, in that order. But before a room asks again, every other one is asked whether it has a
    /// question.
    pub(super) fn next_question(&self, speaker: SpeakerId) -> Option<Next> {
        let mut askers = self.askers();
        // After a restart hands wait for their rooms.
        askers.retain(|asker| asker.written.is_some() || self.floor.is_present(asker.room));
        let first = askers.first().copied();
        let had = |room: RoomId| self.choice.asked.contains(&room);
        if let Some(asker) = first.filter(|asker| !had(asker.room)) {
            return Some(asker.next());
        }
        let asks = |room: RoomId| askers.iter().any(|asker| asker.room == room);
        let unheard = self
            .present()
            .filter(|room| *room != self.talk(speaker).from && !asks(*room))
            .filter(|room| !had(*room) && !self.choice.passed.contains(room))
            .filter(|room| Some(*room) != self.choice.offered)
            .min_by_key(|room| (self.floor.turns(*room), *room));
        unheard.map(Next::Offer).or(first.map(Asker::next))
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
