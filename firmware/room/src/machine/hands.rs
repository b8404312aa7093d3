//! A show of hands, counted with − and + and *Écran* while a poll is open. Pure.

use std::time::{Duration, Instant};

use conference::wire::{AudienceWish, FromClient, PollView, SceneView};

use super::{Link, Machine, Output};

/// What was counted is told when nobody has counted on for so long: one message a number, not one a hand.
const TELL_AFTER: Duration = Duration::from_millis(400);
/// Most hands of one answer.
const MOST_HANDS: u16 = 9999;

/// The hands of this room.
#[derive(Clone, Debug)]
pub struct Hands {
    /// Of which poll.
    poll: u32,
    /// By answers.
    counts: Vec<u16>,
    /// The answer that is counted; none once all are.
    at: Option<usize>,
    /// When the bridge is to be told.
    tell_at: Option<Instant>,
}

impl Hands {
    /// From what is known of this room's hands, at the first answer.
    fn begin(poll: &PollView, room: &str) -> Self {
        let known = poll.hands.iter().find(|hands| hands.room == room);
        let mut counts = known.map_or(Vec::new(), |hands| hands.counts.clone());
        counts.resize(poll.answers.len(), 0);
        Self {
            poll: poll.number,
            counts,
            at: Some(0),
            tell_at: None,
        }
    }

    /// By answers.
    pub fn counts(&self) -> &[u16] {
        &self.counts
    }

    /// The answer that is counted; none once all are.
    pub fn at(&self) -> Option<usize> {
        self.at
    }

    /// Whether − and + count.
    pub fn is_counting(&self) -> bool {
        self.at.is_some()
    }
}

impl Machine {
    /// The hands of the poll that the television shows, once they are to be counted.
    pub(super) fn hands_now(&self) -> Option<&Hands> {
        let number = self.poll_on_screen()?.number;
        self.hands.as_ref().filter(|hands| hands.poll == number)
    }

    /// The open poll, while the television shows it.
    pub(super) fn poll_on_screen(&self) -> Option<&PollView> {
        let poll = self.state.audience.poll.as_ref();
        poll.filter(|poll| poll.open && self.state.evening.scene == SceneView::Poll)
    }

    /// Hands go with their poll. Where nobody can vote by phone they are counted from its beginning.
    pub(super) fn follow_poll(&mut self) {
        let audience = &self.state.audience;
        let Some(poll) = audience.poll.as_ref().filter(|poll| poll.open) else {
            self.hands = None;
            return;
        };
        if self.hands.as_ref().is_none_or(|h| h.poll != poll.number) {
            let by_hand = audience.page.is_none();
            self.hands = by_hand.then(|| Hands::begin(poll, &self.name));
        }
    }

    /// *Écran* begins, goes to the next answer, ends after the last, and begins again to put something right.
    pub(super) fn next_answer(&mut self, now: Instant) {
        let Some(poll) = self.poll_on_screen() else {
            return;
        };
        if self.hands_now().is_none() {
            self.hands = Some(Hands::begin(poll, &self.name));
            return;
        }
        let Some(hands) = &mut self.hands else {
            return;
        };
        let answers = hands.counts.len();
        hands.at = match hands.at {
            None => Some(0),
            Some(at) => Some(at + 1).filter(|next| *next < answers),
        };
        // Nobody who raised a hand is a count, too.
        if hands.at.is_none() || hands.tell_at.is_some() {
            hands.tell_at = Some(now);
            self.tell_hands(now);
        }
    }

    pub(super) fn count_hands(&mut self, up: bool, now: Instant) {
        let Some(hands) = self.hands.as_mut() else {
            return;
        };
        let count = hands.at.and_then(|at| hands.counts.get_mut(at));
        let Some(count) = count else { return };
        let before = *count;
        *count = match up {
            true => before.saturating_add(1).min(MOST_HANDS),
            false => before.saturating_sub(1),
        };
        if *count != before {
            hands.tell_at = Some(now + TELL_AFTER);
        }
    }

    /// When [`Self::tell_hands`] is due. Without the bridge it waits.
    pub(super) fn hands_due(&self) -> Option<Instant> {
        let hands = self.hands.as_ref().filter(|_| self.link == Link::Up);
        hands.and_then(|hands| hands.tell_at)
    }

    pub(super) fn tell_hands(&mut self, now: Instant) {
        if self.hands_due().is_none_or(|due| now < due) {
            return;
        }
        if let Some(hands) = &mut self.hands {
            hands.tell_at = None;
            let counted = AudienceWish::CountVotes {
                room: self.name.clone(),
                counts: hands.counts.clone(),
            };
            self.outputs
                .push_back(Output::Send(FromClient::Audience(counted)));
        }
    }
}
