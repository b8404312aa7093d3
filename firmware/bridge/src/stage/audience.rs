//! What the rooms say by phone and by hand, as part of the evening. Pure.

use std::time::Instant;

use conference::audience::{AudienceNo, PhoneId};
use conference::wire::{AudienceView, AudienceWish, FromBridge, PollView, Reason};
use conference::{Happened, No, RoomId};

use super::{Seat, Stage, forbidden};
use crate::entry::{AudienceEntry, Entry, Phone};
use crate::reasons::of_no;
use crate::view::audience_view;

/// What phones see: no more than they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhonesView {
    /// What the evening is about.
    pub title: String,
    /// The poll.
    pub poll: Option<PollView>,
}

impl Stage {
    /// The address of the phones' page, where there is one.
    pub fn set_page(&mut self, page: Option<String>) {
        self.page = page;
    }

    /// What phones see. How others vote is nobody's business before the poll is closed.
    pub fn phones_view(&self) -> PhonesView {
        let mut poll = self.audience_view().poll;
        if let Some(poll) = poll.as_mut().filter(|poll| poll.open) {
            poll.total = 0;
            poll.answers.iter_mut().for_each(|answer| answer.votes = 0);
        }
        if let Some(poll) = &mut poll {
            poll.hands.clear();
        }
        PhonesView {
            title: self.programme.title.clone(),
            poll,
        }
    }

    /// A phone votes in a poll. It counts from [`Self::count_ballots`] on.
    ///
    /// # Errors
    /// The rules say no.
    pub fn ballot(&mut self, poll: u32, phone: PhoneId, answer: u8) -> Result<(), AudienceNo> {
        if self
            .evening
            .audience()
            .poll()
            .is_none_or(|open| open.number != poll)
        {
            return Err(AudienceNo::NoPoll);
        }
        self.evening.audience().may_vote(phone, answer)?;
        self.ballots.insert(phone, answer);
        Ok(())
    }

    /// Counts what phones have voted since the last time: many votes are one fact.
    pub fn count_ballots(&mut self, now: Instant) {
        let votes: Vec<(Phone, u8)> = std::mem::take(&mut self.ballots)
            .into_iter()
            .map(|(phone, answer)| (Phone(phone), answer))
            .collect();
        if !votes.is_empty() {
            // Refused only past the number of voters, and then nobody is told that it counts.
            let _ = self.audience_happened(AudienceEntry::Voted { votes }, now);
        }
    }

    /// A question came by phone.
    ///
    /// # Errors
    /// The rules say no.
    pub fn written(
        &mut self,
        phone: PhoneId,
        room: RoomId,
        name: String,
        text: String,
        now: Instant,
    ) -> Result<(), AudienceNo> {
        let room = self.name_of(room).ok_or(AudienceNo::NoSuchQuestion)?;
        let phone = Phone(phone);
        let written = AudienceEntry::Written {
            phone,
            room,
            name,
            text,
        };
        self.audience_happened(written, now).map_err(|no| {
            let No::Audience(no) = no else {
                // Nothing else has rules for who writes.
                return AudienceNo::NoSuchQuestion;
            };
            no
        })
    }

    /// A phone claps.
    pub fn clap(&mut self, now: Instant) {
        self.applause.clap(now);
    }

    /// Looks how loud the applause is.
    pub fn look(&mut self, now: Instant) {
        self.applause_level = self.applause.level(now);
    }

    /// The chair, or a room of its own hands, wishes something.
    pub(super) fn wished(
        &mut self,
        by: Seat,
        wish: AudienceWish,
        now: Instant,
    ) -> Result<(), Box<FromBridge>> {
        let request = wish_name(&wish);
        let own = match (by, &wish) {
            (Seat::Chair, _) => true,
            (Seat::Room(id), AudienceWish::CountVotes { room, .. }) => self.id_of(room) == Some(id),
            (Seat::Room(_), _) => false,
        };
        if !own {
            return Err(forbidden(&format!("only the chair may say {request}")));
        }
        let refused = |reason: Reason| {
            Box::new(FromBridge::Refused {
                request: request.into(),
                reason,
            })
        };
        if let AudienceWish::CountVotes { room, .. } = &wish {
            self.known(room).map_err(|no| refused(of_no(&no)))?;
        }
        self.count_ballots(now);
        self.audience_happened(entry_of(wish), now)
            .map_err(|no| refused(of_no(&no)))
    }

    fn audience_happened(&mut self, entry: AudienceEntry, now: Instant) -> Result<(), No> {
        let mut done = Ok(());
        for input in entry.inputs(|name| self.id_of(name)) {
            done = done.and(self.evening.handle_input(Happened::Audience(input), now));
        }
        done?;
        let entry = Entry::Audience(entry);
        self.unwritten.push_back((self.unix_ms(now), entry));
        Ok(())
    }

    pub(super) fn audience_view(&self) -> AudienceView {
        audience_view(
            self.evening.audience(),
            self.page.clone(),
            self.rooms(),
            |id| self.name_of(id),
        )
    }
}

fn entry_of(wish: AudienceWish) -> AudienceEntry {
    match wish {
        AudienceWish::OpenPoll { question, answers } => {
            AudienceEntry::PollOpened { question, answers }
        }
        AudienceWish::ClosePoll {} => AudienceEntry::PollClosed,
        AudienceWish::RemovePoll {} => AudienceEntry::PollRemoved,
        AudienceWish::CountVotes { room, counts } => AudienceEntry::HandsCounted { room, counts },
        AudienceWish::AcceptQuestion { id } => AudienceEntry::Accepted { id },
        AudienceWish::RefuseQuestion { id } => AudienceEntry::Refused { id },
        AudienceWish::AskQuestion { id } => AudienceEntry::Asked { id },
        AudienceWish::EndQuestion {} => AudienceEntry::AskedEnded,
    }
}

/// A wish as it is named on the wire.
fn wish_name(wish: &AudienceWish) -> &'static str {
    match wish {
        AudienceWish::OpenPoll { .. } => "open_poll",
        AudienceWish::ClosePoll {} => "close_poll",
        AudienceWish::RemovePoll {} => "remove_poll",
        AudienceWish::CountVotes { .. } => "count_votes",
        AudienceWish::AcceptQuestion { .. } => "accept_question",
        AudienceWish::RefuseQuestion { .. } => "refuse_question",
        AudienceWish::AskQuestion { .. } => "ask_question",
        AudienceWish::EndQuestion {} => "end_question",
    }
}

#[cfg(test)]
mod tests;
