//! Polls, written questions and applause, as they go over the wire.

use serde::{Deserialize, Serialize};

/// What the chair wishes of poll and written questions. A room may count its own hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case", deny_unknown_fields)]
pub enum AudienceWish {
    /// Opens a poll: every television shows it, every phone votes.
    OpenPoll {
        /// What is asked, up to 120 characters; may be empty.
        question: String,
        /// Answers A, B, C, D: 2 to 4, of 1 to 40 characters.
        answers: Vec<String>,
    },
    /// Closes it: the result is shown.
    ClosePoll {},
    /// Takes it away.
    RemovePoll {},
    /// Says how many hands a room raised for each answer.
    CountVotes {
        /// Name of the room.
        room: String,
        /// By answers; 0 to 9999.
        counts: Vec<u16>,
    },
    /// Lets a written question pass.
    AcceptQuestion {
        /// Its number.
        id: u32,
    },
    /// Does not.
    RefuseQuestion {
        /// Its number.
        id: u32,
    },
    /// Has it shown on all televisions.
    AskQuestion {
        /// Its number.
        id: u32,
    },
    /// Ends that.
    EndQuestion {},
}

/// Poll and written questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceView {
    /// The phone page's address, which the televisions show as a QR code; without one there is no such page.
    pub page: Option<String>,
    /// The poll, open or closed.
    pub poll: Option<PollView>,
    /// Written questions: the one that is asked, then those that wait or may be asked, then what is over, latest first.
    pub written: Vec<WrittenView>,
    /// The number of the one that all televisions show.
    pub asked: Option<u32>,
    /// How many more wait than have a place in [`Self::written`].
    pub more: usize,
}

/// A poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollView {
    /// Which poll of the evening, from 1.
    pub number: u32,
    /// What is asked; may be empty.
    pub question: String,
    /// Answers A, B, C, D.
    pub answers: Vec<AnswerView>,
    /// Whether votes count.
    pub open: bool,
    /// All votes.
    pub total: u32,
    /// Rooms whose hands were counted, in the order of the programme.
    pub hands: Vec<HandsView>,
}

/// An answer of a poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerView {
    /// The answer.
    pub text: String,
    /// By phone and by show of hands.
    pub votes: u32,
}

/// The hands of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandsView {
    /// Name of the room.
    pub room: String,
    /// By answers.
    pub counts: Vec<u16>,
}

/// A question that came by phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenView {
    /// Its number.
    pub id: u32,
    /// Name of the room in which its author is.
    pub room: String,
    /// A first name; may be empty.
    pub name: String,
    /// The question.
    pub text: String,
    /// How far it is.
    pub state: WrittenStateView,
}

/// How far a written question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenStateView {
    /// The chair has not decided.
    Waiting,
    /// It may be asked.
    Accepted,
    /// It will not be asked.
    Refused,
    /// It was, or is now.
    Asked,
}
