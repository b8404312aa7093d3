//! What the television shows of polls and written questions: the same cards in every room. Pure.

use conference::wire::{ItemKind, PollView};
use pipelines::scene::{Answer, Phones, Poll, Scene, Written};

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
        let how = match (poll.open, &self.state.audience.page) {
            (true, Some(_)) => "vote-by-phone-or-hand",
            (true, None) => "vote-by-hand",
            (false, _) => "thanks-for-voting",
        };
        let answer = |nth: usize| Answer {
            text: poll.answers[nth].text.clone(),
            result: (!poll.open).then(|| self.result(poll, nth)),
        };
        Some(Scene::Poll(Box::new(Poll {
            heading: self.words.say(heading),
            question: poll.question.clone(),
            answers: (0..poll.answers.len()).map(answer).collect(),
            total: self.votes(poll.total),
            how: self.words.say(how),
            phones: self.phones("vote-here").filter(|_| poll.open),
        })))
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
