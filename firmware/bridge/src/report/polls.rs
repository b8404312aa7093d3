//! The polls of an evening, as they ended. Pure.

use conference::RoomId;
use conference::audience::{Audience, Poll};
use serde::Serialize;

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
    /// By their numbers.
    seen: Vec<(u32, PollReport)>,
}

impl Polls {
    /// Looks at them after something happened; `rooms` is how many there are.
    pub fn look(&mut self, at_ms: u64, audience: &Audience, rooms: usize) {
        for poll in audience.polls() {
            let mut seen = self.seen.iter();
            let at = seen.position(|(number, _)| *number == poll.number);
            let at = at.unwrap_or_else(|| {
                self.seen.push((poll.number, opened(poll, at_ms)));
                self.seen.len() - 1
            });
            let (_, report) = &mut self.seen[at];
            if poll.open {
                report.closed_ms = None;
            } else if report.closed_ms.is_some() {
                continue;
            } else {
                report.closed_ms = Some(at_ms);
            }
            count(report, poll, rooms);
        }
    }

    /// Those in which somebody voted, and the one that is shown, in their order: others were wrong presses.
    pub fn reports(self, audience: &Audience) -> Vec<PollReport> {
        let shown = audience.poll().map(|poll| poll.number);
        let seen = self.seen.into_iter();
        seen.filter(|(number, poll)| poll.total() > 0 || Some(*number) == shown)
            .map(|(_, poll)| poll)
            .collect()
    }
}

fn count(report: &mut PollReport, poll: &Poll, rooms: usize) {
    for (nth, (answer, votes)) in report.answers.iter_mut().zip(poll.votes()).enumerate() {
        let rooms = (0..).map(RoomId).take(rooms);
        let hands = rooms.filter_map(|room| poll.hands(room)?.get(nth));
        answer.hands = hands.map(|count| u32::from(*count)).sum();
        answer.phones = votes.saturating_sub(answer.hands);
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
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
mod tests {
    use super::*;
    use conference::audience::{AudienceInput, PhoneId};
    use expect_test::{Expect, expect};

    #[test]
    fn votes_by_phone_and_by_hand_are_told_apart() {
        check(
            &[
                (10, open("Quel métier ?")),
                (20, voted(1, 0)),
                (21, voted(2, 1)),
                (22, voted(3, 0)),
                // Somebody thinks better of it.
                (30, voted(3, 1)),
                (40, hands(0, [4, 6])),
                (45, hands(0, [5, 6])),
                (46, hands(1, [0, 2])),
                (50, AudienceInput::PollClosed),
                (55, voted(9, 0)),
                (60, AudienceInput::PollRemoved),
            ],
            expect!["Quel métier ? 10 to Some(50): Bois 1 + 5, Santé 2 + 8"],
        );
    }

    #[test]
    fn a_poll_that_nobody_closes_ends_with_its_item_and_a_wrong_press_is_none() {
        check(
            &[
                (10, open("Oups")),
                (11, AudienceInput::PollRemoved),
                (20, open("")),
                (30, voted(1, 0)),
                (90, AudienceInput::ItemBegan),
            ],
            expect![" 20 to Some(90): Bois 1 + 0, Santé 0 + 0"],
        );
        check(
            &[(10, open("Encore ?"))],
            expect!["Encore ? 10 to None: Bois 0 + 0, Santé 0 + 0"],
        );
    }

    fn open(question: &str) -> AudienceInput {
        AudienceInput::PollOpened {
            question: question.into(),
            answers: vec!["Bois".into(), "Santé".into()],
        }
    }

    fn voted(phone: u128, answer: u8) -> AudienceInput {
        AudienceInput::Voted(PhoneId(phone), answer)
    }

    fn hands(room: u16, counts: [u16; 2]) -> AudienceInput {
        AudienceInput::HandsCounted(RoomId(room), counts.into())
    }

    fn check(inputs: &[(u64, AudienceInput)], expected: Expect) {
        let now = std::time::Instant::now();
        let (mut audience, mut polls) = (Audience::default(), Polls::default());
        for (at_ms, input) in inputs {
            let _ = audience.handle_input(input.clone(), now);
            polls.look(*at_ms, &audience, 2);
        }
        let told = polls.reports(&audience).into_iter().map(|poll| {
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
