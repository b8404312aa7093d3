//! What the television shows of polls and written questions: the same cards in every room. Pure.

use conference::wire::{ItemKind, PollView};
use pipelines::scene::{Answer, Hands, Phones, Poll, Scene, Written};

use crate::scenes::{Sight, name_and_trade};
use crate::words::Value;

impl Sight<'_> {
    /// The poll; what the evening would show without it when there is none.
    pub(crate) fn poll(&self) -> Option<Scene> {
        let poll = self.state.audience.poll.as_ref()?;
        let heading = match poll.open {
            true => "poll",
            false => "poll-result",
        };
        let (how, hint) = self.how_to_vote(poll);
        let answer = |nth: usize| Answer {
            text: poll.answers[nth].text.clone(),
            result: (!poll.open).then(|| self.result(poll, nth)),
            hands: self.raised(nth),
        };
        Some(Scene::Poll(Box::new(Poll {
            heading: self.words.say(heading),
            question: poll.question.clone(),
            answers: (0..poll.answers.len()).map(answer).collect(),
            total: self.votes(poll.total),
            how,
            hint,
            phones: self.phones("vote-here").filter(|_| poll.open),
        })))
    }

    /// What people do now, and below it which buttons the one beside the box presses.
    fn how_to_vote(&self, poll: &PollView) -> (String, String) {
        let say = |id| self.words.say(id);
        match (poll.open, self.hands, &self.state.audience.page) {
            (false, _, _) => (say("thanks-for-voting"), String::new()),
            (true, None, Some(_)) => (say("vote-by-phone-or-hand"), say("hands-begin")),
            (true, None, None) => (say("vote-by-hand"), say("hands-begin")),
            (true, Some(hands), _) => match hands.at() {
                None => (say("hands-counted"), say("hands-again")),
                Some(at) => {
                    let letter = letter(at);
                    let answer = Value::Text(&letter);
                    let last = at + 1 >= poll.answers.len();
                    let hint = if last { "hands-last" } else { "hands-count" };
                    (
                        self.words.with("hands-up", &[("answer", answer)]),
                        say(hint),
                    )
                }
            },
        }
    }

    /// The hands of this room for an answer, and whether they are counted now.
    fn raised(&self, nth: usize) -> Option<Hands> {
        let hands = self.hands?;
        Some(Hands {
            count: *hands.counts().get(nth)?,
            counted_now: hands.at() == Some(nth),
        })
    }

    /// How an answer came out: in words, and in parts of a hundred.
    fn result(&self, poll: &PollView, nth: usize) -> (String, u8) {
        let votes = poll.answers[nth].votes;
        let part = u64::from(votes) * 100 + u64::from(poll.total) / 2;
        let part = part.checked_div(poll.total.into()).unwrap_or(0);
        let part = u8::try_from(part).unwrap_or(100);
        (self.votes(votes), part)
    }

    fn votes(&self, n: u32) -> String {
        let n = usize::try_from(n).unwrap_or(usize::MAX);
        self.words.with("poll-votes", &[("n", Value::Number(n))])
    }

    /// The written question that is asked.
    pub(crate) fn written(&self) -> Option<Scene> {
        let audience = &self.state.audience;
        let mut all = audience.written.iter();
        let asked = all.find(|written| Some(written.id) == audience.asked)?;
        let (name, trade) = name_and_trade(self.talking());
        Some(Scene::Written(Box::new(Written {
            heading: self
                .words
                .with("written-from", &[("room", Value::Text(&asked.room))]),
            text: asked.text.clone(),
            author: asked.name.clone(),
            seen: self.seen_beside(),
            name,
            trade,
        })))
    }

    /// The phones' page while questions are asked.
    pub(crate) fn phones_for_questions(&self) -> Option<Phones> {
        let at = self.state.evening.at;
        let item = self.state.programme.items.get(at)?;
        let asking = item.kind == ItemKind::Questions;
        asking.then(|| self.phones("ask-by-phone")).flatten()
    }

    /// The phones' page, which knows by its address in which room it was opened.
    pub(crate) fn phones(&self, words: &str) -> Option<Phones> {
        let page = self.state.audience.page.as_ref()?;
        let mut rooms = self.state.rooms.iter();
        let place = rooms.position(|room| room.name == self.own)? + 1;
        Some(Phones {
            address: format!("{page}#{place}"),
            words: self.words.say(words),
        })
    }
}

/// A, B, C, D.
fn letter(nth: usize) -> String {
    ["A", "B", "C", "D"]
        .get(nth)
        .copied()
        .unwrap_or_default()
        .to_owned()
}
