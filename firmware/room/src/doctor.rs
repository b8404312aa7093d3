//! What the doctor finds: everything that a box needs, looked at (`look`), judged (`judge`), and put in words.
//!
//! A [`Finding`] is a code with its values, never words: those are in `words/*.ftl`, with the cure of whatever is not
//! well. `estrade doctor`, the box's page and the diagnostic picture show the same findings.

pub mod facts;
mod judge;
mod look;
mod picture;
mod trial;

use serde::Serialize;

use crate::words::{Value, Words};
pub use facts::{Facts, Live, Service, Settings};
pub use judge::judge;
pub use look::{Subject, look, running};
pub use picture::show;
pub use trial::tried;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// As it should be.
    Ok,
    /// An evening can be held; somebody should look.
    Warning,
    /// Something that an evening needs does not work.
    Fault,
}

/// A value of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// Names and the like, the same in every language.
    Text(String),
    /// For the forms of singular and plural.
    Number(usize),
    /// A message of `words/*.ftl`.
    #[serde(skip)]
    Word(&'static str),
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: "camera".
    pub check: &'static str,
    /// What was found: the message's name.
    pub message: &'static str,
    /// How bad that is.
    pub sign: Sign,
    /// What stands in the message's gaps.
    pub facts: Vec<(&'static str, Fact)>,
}

impl Finding {
    /// What was found, as a code: "wrong-name".
    pub fn code(&self) -> &'static str {
        self.message.trim_start_matches("doctor-")
    }

    /// What was found, in words.
    pub fn text(&self, words: &Words) -> String {
        self.put(words, |words, values| words.with(self.message, values))
    }

    /// What to do about it, in words, where there is something to do.
    pub fn cure(&self, words: &Words) -> Option<String> {
        self.put(words, |words, values| words.cure(self.message, values))
    }

    fn put<T>(&self, words: &Words, say: impl FnOnce(&Words, &[(&str, Value<'_>)]) -> T) -> T {
        let said: Vec<(&str, Said<'_>)> = self
            .facts
            .iter()
            .map(|(name, fact)| (*name, Said::of(fact, words)))
            .collect();
        let values: Vec<(&str, Value<'_>)> = said
            .iter()
            .map(|(name, said)| (*name, said.value()))
            .collect();
        say(words, &values)
    }
}

/// A fact, with its word said.
enum Said<'a> {
    Text(&'a str),
    Number(usize),
    Word(String),
}

impl<'a> Said<'a> {
    fn of(fact: &'a Fact, words: &Words) -> Self {
        match fact {
            Fact::Text(text) => Self::Text(text),
            Fact::Number(number) => Self::Number(*number),
            Fact::Word(id) => Self::Word(words.say(id)),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Number(number) => Value::Number(*number),
            Self::Word(word) => Value::Text(word),
        }
    }
}

/// How many are not well, in words.
pub fn summary(words: &Words, faults: usize, warnings: usize) -> String {
    let count = |id, n| words.with(id, &[("n", Value::Number(n))]);
    match (faults, warnings) {
        (0, 0) => words.say("doctor-all-well"),
        (0, warnings) => count("doctor-warnings", warnings),
        (faults, 0) => count("doctor-faults", faults),
        (faults, warnings) => {
            let faults = count("doctor-faults", faults);
            format!("{faults}, {}", count("doctor-warnings", warnings))
        }
    }
}

/// How bad the worst of them is.
pub fn worst(findings: &[Finding]) -> Sign {
    findings
        .iter()
        .map(|finding| finding.sign)
        .max()
        .unwrap_or(Sign::Ok)
}
