//! What is written down of polls and written questions. Pure.

use conference::RoomId;
use conference::audience::{AudienceInput, PhoneId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One fact of a poll or of a written question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum AudienceEntry {
    /// The chair opened a poll.
    PollOpened {
        /// What was asked.
        question: String,
        /// Answers A, B, C, D.
        answers: Vec<String>,
    },
    /// The chair closed it.
    PollClosed,
    /// The chair took it away.
    PollRemoved,
    /// Phones voted.
    Voted {
        /// Each with its answer, from 0.
        votes: Vec<(Phone, u8)>,
    },
    /// The hands of a room were counted.
    HandsCounted {
        /// Its name.
        room: String,
        /// By answers.
        counts: Vec<u16>,
    },
    /// A question came by phone.
    Written {
        /// Which phone.
        phone: Phone,
        /// Name of its room.
        room: String,
        /// A first name; may be empty.
        name: String,
        /// The question.
        text: String,
    },
    /// The chair let a question pass.
    Accepted {
        /// Its number.
        id: u32,
    },
    /// The chair did not.
    Refused {
        /// Its number.
        id: u32,
    },
    /// The chair had it shown on all televisions.
    Asked {
        /// Its number.
        id: u32,
    },
    /// That ended.
    AskedEnded,
}

/// A phone's number, in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phone(pub PhoneId);

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0.0))
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| digits);
        number.map(|number| Self(PhoneId(number))).ok_or_else(|| {
            serde::de::Error::custom(
                "a phone's number has 32 hexadecimal digits; load the page anew",
            )
        })
    }
}

impl AudienceEntry {
    /// The facts, in order; `id` knows the rooms. Nothing of a room that is no more.
    pub fn inputs(&self, id: impl Fn(&str) -> Option<RoomId>) -> Vec<AudienceInput> {
        let one = match self {
            Self::PollOpened { question, answers } => Some(AudienceInput::PollOpened {
                question: question.clone(),
                answers: answers.clone(),
            }),
            Self::PollClosed => Some(AudienceInput::PollClosed),
            Self::PollRemoved => Some(AudienceInput::PollRemoved),
            Self::Voted { votes } => {
                let vote = |(phone, answer): &(Phone, u8)| AudienceInput::Voted(phone.0, *answer);
                return votes.iter().map(vote).collect();
            }
            Self::HandsCounted { room, counts } => {
                id(room).map(|room| AudienceInput::HandsCounted(room, counts.clone()))
            }
            Self::Written {
                phone,
                room,
                name,
                text,
            } => id(room).map(|room| AudienceInput::Written {
                phone: phone.0,
                room,
                name: name.clone(),
                text: text.clone(),
            }),
            Self::Accepted { id } => Some(AudienceInput::Accepted(*id)),
            Self::Refused { id } => Some(AudienceInput::Refused(*id)),
            Self::Asked { id } => Some(AudienceInput::Asked(*id)),
            Self::AskedEnded => Some(AudienceInput::AskedEnded),
        };
        one.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;
    use expect_test::expect;

    #[test]
    fn an_entry_is_a_line_that_people_can_read() {
        let phone = Phone(PhoneId(0xa1));
        let entries = [
            AudienceEntry::PollOpened {
                question: "Quel métier ?".into(),
                answers: vec!["Menuisier".into(), "Autre".into()],
            },
            AudienceEntry::Voted {
                votes: vec![(phone, 1)],
            },
            AudienceEntry::PollClosed,
        ];
        let entries = entries.map(Entry::Audience);
        let lines: Vec<String> = entries
            .iter()
            .map(|entry| serde_json::to_string(entry).unwrap())
            .collect();
        expect![[r#"
            {"what":"audience","did":"poll_opened","question":"Quel métier ?","answers":["Menuisier","Autre"]}
            {"what":"audience","did":"voted","votes":[["000000000000000000000000000000a1",1]]}
            {"what":"audience","did":"poll_closed"}"#]]
        .assert_eq(&lines.join("\n"));
        for (entry, line) in entries.iter().zip(&lines) {
            assert_eq!(&serde_json::from_str::<Entry>(line).unwrap(), entry);
        }
    }

    #[test]
    fn a_phones_number_is_nothing_else() {
        for text in ["\"a1\"", "\"+0000000000000000000000000000a1\"", "1", "\"\""] {
            assert!(serde_json::from_str::<Phone>(text).is_err(), "{text}");
        }
    }
}
