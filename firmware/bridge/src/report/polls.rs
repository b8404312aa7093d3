//! The polls of an evening, as they ended. Pure.

use conference::RoomId;
use conference::audience::{Audience, AudienceInput, Poll};
use serde::Serialize;

use crate::entry::AudienceEntry;

/// One poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PollReport {
    /// What was asked; may be empty.
    pub question: String,
    /// When it was opened.
    pub opened_ms: u64,
    /// When it was closed; nothing while votes count.
    pub closed_ms: Option<u64>,
    /// Its answers, in their order.
    pub answers: Vec<AnswerReport>,
}

/// An answer, and how many chose it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerReport {
    /// The answer.
    pub text: String,
    /// By phone.
    pub phones: u32,
    /// By show of hands, in all rooms.
    pub hands: u32,
}

impl PollReport {
    /// All votes.
    pub fn total(&self) -> u32 {
        let votes = self.answers.iter();
        votes.map(|answer| answer.phones + answer.hands).sum()
    }
}

/// Watches the polls of an evening that is played again.
#[derive(Default)]
pub struct Polls {
    audience: Audience,
    /// By their numbers.
    seen: Vec<(u32, PollReport)>,
}

impl Polls {
    /// Plays one entry; `rooms` have their numbers by their places.
    pub fn play(&mut self, at_ms: u64, entry: &AudienceEntry, rooms: &[String]) {
        let id = |name: &str| {
            let mut rooms = (0..).map(RoomId).zip(rooms);
            rooms.find(|(_, room)| *room == name).map(|(id, _)| id)
        };
        for input in entry.inputs(id) {
            self.follow(at_ms, input, rooms.len());
        }
    }

    /// Another item began: a poll that is shown ends with the one before.
    pub fn item_began(&mut self, at_ms: u64) {
        self.follow(at_ms, AudienceInput::ItemBegan, 0);
    }

    /// Those in which somebody voted, or that were closed in order, in their order: others were wrong presses.
    pub fn reports(self) -> Vec<PollReport> {
        let open = self.audience.poll().map(|poll| poll.number);
        let seen = self.seen.into_iter();
        seen.filter(|(number, poll)| {
            poll.total() > 0 || poll.closed_ms.is_some() || Some(*number) == open
        })
        .map(|(_, poll)| poll)
        .collect()
    }

    fn follow(&mut self, at_ms: u64, input: AudienceInput, rooms: usize) {
        let before = self.audience.poll().map(|poll| poll.number);
        // What the rules refuse by now is left out: the rest still counts.
        let _ = self.audience.handle_input(input);
        let Some(poll) = self.audience.poll() else {
            let ended = self.seen.iter_mut();
            let mut ended = ended.filter(|(number, _)| Some(*number) == before);
            if let Some((_, poll)) = ended.next().filter(|(_, poll)| poll.total() > 0) {
                poll.closed_ms = poll.closed_ms.or(Some(at_ms));
            }
            return;
        };
        let at = self
            .seen
            .iter()
            .position(|(number, _)| *number == poll.number);
        let at = at.unwrap_or_else(|| {
            self.seen.push((poll.number, opened(poll, at_ms)));
            self.seen.len() - 1
        });
        let (_, report) = &mut self.seen[at];
        if !poll.open {
            report.closed_ms = report.closed_ms.or(Some(at_ms));
        }
        for (nth, (answer, votes)) in report.answers.iter_mut().zip(poll.votes()).enumerate() {
            let rooms = (0..).map(RoomId).take(rooms);
            let hands = rooms.filter_map(|room| poll.hands(room)?.get(nth));
            answer.hands = hands.map(|count| u32::from(*count)).sum();
            answer.phones = votes.saturating_sub(answer.hands);
        }
    }
}

fn opened(poll: &Poll, at_ms: u64) -> PollReport {
    let answers = poll.answers.iter().map(|text| AnswerReport {
        text: text.clone(),
        phones: 0,
        hands: 0,
    });
    PollReport {
        question: poll.question.clone(),
        opened_ms: at_ms,
        closed_ms: None,
        answers: answers.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Phone;
    use conference::audience::PhoneId;
    use expect_test::{Expect, expect};

    #[test]
    fn votes_by_phone_and_by_hand_are_told_apart() {
        check(
            &[
                (10, open("Quel métier ?")),
                (20, voted(&[(1, 0), (2, 1), (3, 0)])),
                // Somebody thinks better of it.
                (30, voted(&[(3, 1)])),
                (40, hands("Brest", [4, 6])),
                (45, hands("Brest", [5, 6])),
                (46, hands("Loudéac", [0, 2])),
                (50, AudienceEntry::PollClosed),
                (55, voted(&[(9, 0)])),
                (60, AudienceEntry::PollRemoved),
            ],
            None,
            expect!["Quel métier ? 10 to Some(50): Bois 1 + 5, Santé 2 + 8"],
        );
    }

    #[test]
    fn a_poll_that_nobody_closes_ends_with_its_item_and_a_wrong_press_is_none() {
        check(
            &[
                (10, open("Oups")),
                (11, AudienceEntry::PollRemoved),
                (20, open("")),
                (30, voted(&[(1, 0)])),
            ],
            Some(90),
            expect![" 20 to Some(90): Bois 1 + 0, Santé 0 + 0"],
        );
        check(
            &[(10, open("Encore ?"))],
            None,
            expect!["Encore ? 10 to None: Bois 0 + 0, Santé 0 + 0"],
        );
    }

    fn open(question: &str) -> AudienceEntry {
        AudienceEntry::PollOpened {
            question: question.into(),
            answers: vec!["Bois".into(), "Santé".into()],
        }
    }

    fn voted(votes: &[(u128, u8)]) -> AudienceEntry {
        let vote = |(phone, answer): &(u128, u8)| (Phone(PhoneId(*phone)), *answer);
        AudienceEntry::Voted {
            votes: votes.iter().map(vote).collect(),
        }
    }

    fn hands(room: &str, counts: [u16; 2]) -> AudienceEntry {
        AudienceEntry::HandsCounted {
            room: room.into(),
            counts: counts.to_vec(),
        }
    }

    fn check(entries: &[(u64, AudienceEntry)], item_began: Option<u64>, expected: Expect) {
        let rooms = ["Brest", "Loudéac"].map(str::to_owned);
        let mut polls = Polls::default();
        for (at_ms, entry) in entries {
            polls.play(*at_ms, entry, &rooms);
        }
        if let Some(at_ms) = item_began {
            polls.item_began(at_ms);
        }
        let told = polls.reports().into_iter().map(|poll| {
            let answers = poll.answers.iter();
            let answers = answers.map(|a| format!("{} {} + {}", a.text, a.phones, a.hands));
            format!(
                "{} {} to {:?}: {}",
                poll.question,
                poll.opened_ms,
                poll.closed_ms,
                answers.collect::<Vec<_>>().join(", ")
            )
        });
        expected.assert_eq(&told.collect::<Vec<_>>().join("\n"));
    }
}
