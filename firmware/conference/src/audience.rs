//! What people in the rooms say by phone and by show of hands: a poll, written questions, applause.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::RoomId;

/// Most characters of what a poll asks; none where it is asked aloud.
pub const MOST_POLL_QUESTION: usize = 120;

/// How many answers a poll has.
pub const POLL_ANSWERS: std::ops::RangeInclusive<usize> = 2..=4;

/// Most characters of an answer.
pub const MOST_ANSWER: usize = 40;

/// How many characters a written question has.
pub const WRITTEN_LENGTH: std::ops::RangeInclusive<usize> = 3..=280;

/// Most characters of the first name below it.
pub const MOST_FIRST_NAME: usize = 30;

/// Most written questions that are kept.
pub const MOST_WRITTEN: usize = 200;

/// Most polls of an evening.
pub const MOST_POLLS: usize = 100;

/// Most questions of one phone that wait for the chair.
pub const MOST_WAITING_OF_PHONE: usize = 3;

/// Most phones that vote in one poll: more than any evening has people, and little memory.
pub const MOST_VOTERS: usize = 5000;

/// Most hands that one room counts for one answer.
const MOST_HANDS: u16 = 9999;

/// After so long half of an applause is over.
const APPLAUSE_HALVES: Duration = Duration::from_millis(1500);

/// The level of the loudest applause.
pub const MOST_APPLAUSE: u8 = 10;

/// A phone: a number that its page drew, of which nobody can guess another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneId(pub u128);

/// One thing that the chair, a room or a phone does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceInput {
    /// The chair opens a poll; it takes the place of one that is closed.
    PollOpened {
        /// What is asked.
        question: String,
        /// Answers A, B, C, D.
        answers: Vec<String>,
    },
    /// The chair closes it: the result is shown.
    PollClosed,
    /// The chair takes it away; no vote counts any more.
    PollRemoved,
    /// A phone votes, or votes otherwise than before.
    Voted(PhoneId, u8),
    /// The hands of a room, by answers; they replace its earlier ones.
    HandsCounted(RoomId, Vec<u16>),
    /// A phone sends a question.
    Written {
        /// Which phone.
        phone: PhoneId,
        /// The room in which it is.
        room: RoomId,
        /// A first name; may be empty.
        name: String,
        /// The question.
        text: String,
    },
    /// The chair lets a question pass.
    Accepted(u32),
    /// The chair does not.
    Refused(u32),
    /// The chair has a question shown on all televisions.
    Asked(u32),
    /// It is shown no more.
    AskedEnded,
    /// Another item of the evening began: nothing of the one before is shown any more.
    ItemBegan,
}

/// An ordinary "no" to a poll or a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudienceNo {
    /// What is asked does not fit a television.
    #[error("a poll's question is one line of {MOST_POLL_QUESTION} characters at the most")]
    BadPollQuestion,
    /// Answers do not fit a television.
    #[error("a poll has 2 to 4 answers of 1 to {MOST_ANSWER} characters, all different")]
    BadAnswers,
    /// One is open.
    #[error("a poll is open; close it first")]
    PollIsOpen,
    /// More than anybody answers.
    #[error("an evening has {MOST_POLLS} polls at the most")]
    TooManyPolls,
    /// None is open.
    #[error("no poll is open")]
    NoPoll,
    /// The poll has fewer answers.
    #[error("the poll has no such answer")]
    NoSuchAnswer,
    /// More phones than people.
    #[error("{MOST_VOTERS} phones have voted, which is the most")]
    TooManyVoters,
    /// Hands for other answers than those of the poll, or more than anybody can count.
    #[error("give one number of hands for each answer, {MOST_HANDS} at the most")]
    BadHands,
    /// A question that is none, or does not fit a television.
    #[error("a question has 3 to 280 characters")]
    BadText,
    /// A first name that is longer than any.
    #[error("a first name has {MOST_FIRST_NAME} characters at the most")]
    BadName,
    /// This phone has sent enough.
    #[error("{MOST_WAITING_OF_PHONE} of your questions wait already")]
    Patience,
    /// There is no place for more.
    #[error("{MOST_WRITTEN} questions wait already; ask yours aloud")]
    Full,
    /// No question has this number, or it is over.
    #[error("there is no such question any more")]
    NoSuchQuestion,
}

/// A poll with its votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Which poll of the evening, from 1.
    pub number: u32,
    /// What is asked; may be empty.
    pub question: String,
    /// Answers A, B, C, D.
    pub answers: Vec<String>,
    /// Whether votes count.
    pub open: bool,
    phones: BTreeMap<PhoneId, u8>,
    hands: BTreeMap<RoomId, Vec<u16>>,
}

impl Poll {
    /// How many chose each answer, by phone and by hand.
    pub fn votes(&self) -> Vec<u32> {
        let of = |answer: usize| {
            let phones = self.phones.values();
            let phones = phones.filter(|vote| usize::from(**vote) == answer).count();
            let hands = self.hands.values().filter_map(|hands| hands.get(answer));
            let hands: u32 = hands.map(|count| u32::from(*count)).sum();
            u32::try_from(phones)
                .unwrap_or(u32::MAX)
                .saturating_add(hands)
        };
        (0..self.answers.len()).map(of).collect()
    }

    /// The hands that a room counted.
    pub fn hands(&self, room: RoomId) -> Option<&[u16]> {
        self.hands.get(&room).map(Vec::as_slice)
    }
}

/// A question that came by phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its number, from 1.
    pub id: u32,
    /// The room in which its author is.
    pub room: RoomId,
    /// A first name; may be empty.
    pub name: String,
    /// The question, in one line.
    pub text: String,
    /// How far it is.
    pub state: WrittenState,
    /// When it came.
    pub since: Instant,
    phone: PhoneId,
}

/// How far a written question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenState {
    /// The chair has not decided.
    Waiting,
    /// It may be asked.
    Accepted,
    /// It will not be asked.
    Refused,
    /// It was, or is now.
    Asked,
}

/// The polls and the written questions of an evening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// All of them, in order: one that was taken away can come back.
    polls: Vec<Poll>,
    /// Number of the one that is shown.
    shown: Option<u32>,
    written: Vec<Written>,
    last_id: u32,
    asked: Option<u32>,
}

/// What the chair can take back: what is shown, and how far each question is. Votes and questions are facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    /// The poll's number, and whether votes count.
    poll: Option<(u32, bool)>,
    asked: Option<u32>,
    written: BTreeMap<u32, WrittenState>,
}

impl Audience {
    /// Follows what somebody does.
    ///
    /// # Errors
    /// The rules say no, and nothing has changed.
    pub fn handle_input(&mut self, input: AudienceInput, now: Instant) -> Result<(), AudienceNo> {
        match input {
            AudienceInput::PollOpened { question, answers } => self.open(question, answers),
            AudienceInput::PollClosed => {
                self.open_poll()?.open = false;
                Ok(())
            }
            AudienceInput::PollRemoved => self.remove(),
            AudienceInput::Voted(phone, answer) => self.vote(phone, answer),
            AudienceInput::HandsCounted(room, hands) => self.count(room, hands),
            AudienceInput::Written {
                phone,
                room,
                name,
                text,
            } => self.write((phone, room), &name, &text, now),
            AudienceInput::Accepted(id) => self.decide(id, WrittenState::Accepted),
            AudienceInput::Refused(id) => self.decide(id, WrittenState::Refused),
            AudienceInput::Asked(id) => {
                self.decide(id, WrittenState::Asked)?;
                self.asked = Some(id);
                Ok(())
            }
            AudienceInput::AskedEnded => {
                self.asked = None;
                Ok(())
            }
            AudienceInput::ItemBegan => {
                // Nothing to take away is no mistake here.
                let _ = self.remove();
                self.asked = None;
                Ok(())
            }
        }
    }

    /// The poll, open or closed.
    pub fn poll(&self) -> Option<&Poll> {
        let shown = self.shown?;
        self.polls.iter().find(|poll| poll.number == shown)
    }

    /// All polls of the evening, also those that were taken away.
    pub fn polls(&self) -> &[Poll] {
        &self.polls
    }

    /// All written questions, oldest first.
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    /// The question that all televisions show.
    pub fn asked(&self) -> Option<&Written> {
        let id = self.asked?;
        self.written.iter().find(|written| written.id == id)
    }

    /// The questions that may be asked, oldest first.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = &Written> {
        let all = self.written.iter();
        all.filter(|written| written.state == WrittenState::Accepted)
    }

    /// What the chair decided, to be put back by [`Self::restore`].
    pub(crate) fn decided(&self) -> Decided {
        let states = self.written.iter();
        Decided {
            poll: self.poll().map(|poll| (poll.number, poll.open)),
            asked: self.asked,
            written: states.map(|written| (written.id, written.state)).collect(),
        }
    }

    /// Puts back what the chair had decided. Votes and questions that came since stay.
    pub(crate) fn restore(&mut self, decided: &Decided) {
        if let Some(shown) = self.shown_poll() {
            shown.open = false;
        }
        self.shown = decided.poll.map(|(number, _)| number);
        if let (Some(shown), Some((_, open))) = (self.shown_poll(), decided.poll) {
            shown.open = open;
        }
        for written in &mut self.written {
            if let Some(state) = decided.written.get(&written.id) {
                written.state = *state;
            }
        }
        // It may have made place for others since.
        self.asked = decided.asked;
        self.asked = self.asked().map(|asked| asked.id);
    }

    /// Whether a vote of this phone for this answer would count.
    ///
    /// # Errors
    /// It would not.
    pub fn may_vote(&self, phone: PhoneId, answer: u8) -> Result<(), AudienceNo> {
        let poll = self.poll().filter(|poll| poll.open);
        let poll = poll.ok_or(AudienceNo::NoPoll)?;
        if usize::from(answer) >= poll.answers.len() {
            return Err(AudienceNo::NoSuchAnswer);
        }
        if poll.phones.len() >= MOST_VOTERS && !poll.phones.contains_key(&phone) {
            return Err(AudienceNo::TooManyVoters);
        }
        Ok(())
    }

    fn open(&mut self, question: String, answers: Vec<String>) -> Result<(), AudienceNo> {
        if self.poll().is_some_and(|poll| poll.open) {
            return Err(AudienceNo::PollIsOpen);
        }
        if !question.is_empty() && !fits(&question, 1..=MOST_POLL_QUESTION) {
            return Err(AudienceNo::BadPollQuestion);
        }
        let double =
            |(nth, answer): (usize, &String)| answers.iter().take(nth).any(|a| a == answer);
        if !POLL_ANSWERS.contains(&answers.len())
            || !answers.iter().all(|answer| fits(answer, 1..=MOST_ANSWER))
            || answers.iter().enumerate().any(double)
        {
            return Err(AudienceNo::BadAnswers);
        }
        if self.polls.len() >= MOST_POLLS {
            return Err(AudienceNo::TooManyPolls);
        }
        let number = self.polls.last().map_or(1, |last| last.number + 1);
        self.shown = Some(number);
        self.polls.push(Poll {
            number,
            question,
            answers,
            open: true,
            phones: BTreeMap::new(),
            hands: BTreeMap::new(),
        });
        Ok(())
    }

    fn open_poll(&mut self) -> Result<&mut Poll, AudienceNo> {
        let poll = self.shown_poll().filter(|poll| poll.open);
        poll.ok_or(AudienceNo::NoPoll)
    }

    fn shown_poll(&mut self) -> Option<&mut Poll> {
        let shown = self.shown?;
        self.polls.iter_mut().find(|poll| poll.number == shown)
    }

    fn remove(&mut self) -> Result<(), AudienceNo> {
        self.shown_poll().ok_or(AudienceNo::NoPoll)?.open = false;
        self.shown = None;
        Ok(())
    }

    fn vote(&mut self, phone: PhoneId, answer: u8) -> Result<(), AudienceNo> {
        self.may_vote(phone, answer)?;
        self.open_poll()?.phones.insert(phone, answer);
        Ok(())
    }

    fn count(&mut self, room: RoomId, hands: Vec<u16>) -> Result<(), AudienceNo> {
        let poll = self.open_poll()?;
        if hands.len() != poll.answers.len() || hands.iter().any(|count| *count > MOST_HANDS) {
            return Err(AudienceNo::BadHands);
        }
        poll.hands.insert(room, hands);
        Ok(())
    }

    fn write(
        &mut self,
        (phone, room): (PhoneId, RoomId),
        name: &str,
        text: &str,
        now: Instant,
    ) -> Result<(), AudienceNo> {
        let (name, text) = (one_line(name), one_line(text));
        if !fits(&text, WRITTEN_LENGTH) {
            return Err(AudienceNo::BadText);
        }
        if !name.is_empty() && !fits(&name, 1..=MOST_FIRST_NAME) {
            return Err(AudienceNo::BadName);
        }
        let waiting =
            |written: &&Written| written.phone == phone && written.state == WrittenState::Waiting;
        if self.written.iter().filter(waiting).count() >= MOST_WAITING_OF_PHONE {
            return Err(AudienceNo::Patience);
        }
        self.make_place()?;
        self.last_id += 1;
        self.written.push(Written {
            id: self.last_id,
            room,
            name,
            text,
            state: WrittenState::Waiting,
            since: now,
            phone,
        });
        Ok(())
    }

    /// What is over goes first: refused questions, then asked ones.
    fn make_place(&mut self) -> Result<(), AudienceNo> {
        if self.written.len() < MOST_WRITTEN {
            return Ok(());
        }
        let asked = self.asked;
        let of = |state| {
            let mut all = self.written.iter();
            all.position(|written| written.state == state && Some(written.id) != asked)
        };
        let place = of(WrittenState::Refused).or(of(WrittenState::Asked));
        self.written.remove(place.ok_or(AudienceNo::Full)?);
        Ok(())
    }

    fn decide(&mut self, id: u32, state: WrittenState) -> Result<(), AudienceNo> {
        let mut all = self.written.iter_mut();
        let written = all.find(|written| written.id == id);
        let written = written.ok_or(AudienceNo::NoSuchQuestion)?;
        written.state = state;
        if self.asked == Some(id) && state != WrittenState::Asked {
            self.asked = None;
        }
        Ok(())
    }
}

/// Whether a line has its place: nothing but what is seen, and not around it either.
fn fits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    text.trim() == text && !text.chars().any(unseen) && length.contains(&text.chars().count())
}

/// Control characters, and those that turn the writing of a whole line around.
fn unseen(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines in one.
fn one_line(text: &str) -> String {
    let words = text.split(|char: char| char.is_whitespace() || unseen(char));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// How loud the phones clap: it grows with each press and fades by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applause {
    presses: f64,
    at: Option<Instant>,
}

impl Applause {
    /// A phone claps.
    pub fn clap(&mut self, now: Instant) {
        self.presses = self.left(now) + 1.0;
        self.at = Some(now);
    }

    /// 0, nobody, to [`MOST_APPLAUSE`], 25 presses at once: one phone is seen, and a hall is not all the same.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 10"
    )]
    pub fn level(&self, now: Instant) -> u8 {
        let level = (2.0 * self.left(now).sqrt() - 0.5).round();
        level.clamp(0.0, f64::from(MOST_APPLAUSE)) as u8
    }

    fn left(&self, now: Instant) -> f64 {
        let Some(at) = self.at else { return 0.0 };
        let past = now.saturating_duration_since(at).as_secs_f64();
        self.presses * (-past / APPLAUSE_HALVES.as_secs_f64()).exp2()
    }
}

#[cfg(test)]
mod tests;
