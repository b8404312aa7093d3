//! What people in the room read, in their language: the messages of `words/*.ftl` (Project Fluent).
//!
//! Another language is one file more, and a line in [`Words::new`].

use std::fmt;

use board::Button;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use pipelines::GateReason;
use unic_langid::{LanguageIdentifier, langid};

use crate::config::Language;

const FRENCH: (LanguageIdentifier, &str) = (langid!("fr"), include_str!("../words/fr.ftl"));
const ENGLISH: (LanguageIdentifier, &str) = (langid!("en"), include_str!("../words/en.ftl"));

/// A value in a message.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A name, or words that were said before.
    Text(&'a str),
    /// A number, for the forms of singular and plural.
    Number(usize),
}

/// The messages of one language.
pub struct Words {
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The messages of a language.
    pub fn new(language: Language) -> Self {
        let (language, text) = match language {
            Language::Fr => FRENCH,
            Language::En => ENGLISH,
        };
        // A test reads every file: what a wrong line holds is missing then, never all.
        let (Ok(messages) | Err((messages, _))) = FluentResource::try_new(text.to_owned());
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks around values are for mixed directions of writing; the television's drawer shows them.
        bundle.set_use_isolating(false);
        let _ = bundle.add_resource(messages);
        Self { bundle }
    }

    /// A message without values.
    pub fn say(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A message with its values; its id where there is none, which the tests rule out.
    pub fn with(&self, id: &str, values: &[(&str, Value<'_>)]) -> String {
        let pattern = self
            .bundle
            .get_message(id)
            .and_then(|message| message.value());
        let Some(pattern) = pattern else {
            return id.to_owned();
        };
        let said = self
            .bundle
            .format_pattern(pattern, Some(&arguments(values)), &mut Vec::new());
        said.into_owned()
    }

    /// What to do about what a message says, where it has an attribute `cure`.
    pub fn cure(&self, id: &str, values: &[(&str, Value<'_>)]) -> Option<String> {
        let message = self.bundle.get_message(id)?;
        let pattern = message.get_attribute("cure")?.value();
        let said = self
            .bundle
            .format_pattern(pattern, Some(&arguments(values)), &mut Vec::new());
        Some(said.into_owned())
    }

    /// Why the gate is open or closed.
    pub fn gate(&self, reason: GateReason) -> String {
        self.say(match reason {
            GateReason::Voice => "gate-voice",
            GateReason::Hold => "gate-hold",
            GateReason::NoVoice => "gate-no-voice",
            GateReason::Whisper => "gate-whisper",
            GateReason::Page => "gate-page",
            GateReason::Impact => "gate-impact",
            GateReason::FarEnd => "gate-far-end",
            GateReason::Muted => "gate-muted",
            GateReason::Closed => "gate-closed",
            GateReason::Disabled => "gate-disabled",
        })
    }
}

/// The message that is a button's name.
pub fn button_word(button: Button) -> &'static str {
    match button {
        Button::Speak => "button-speak",
        Button::Mute => "button-mute",
        Button::Screen => "button-screen",
        Button::Minus => "button-minus",
        Button::Plus => "button-plus",
    }
}

fn arguments<'a>(values: &[(&str, Value<'a>)]) -> FluentArgs<'a> {
    let mut arguments = FluentArgs::new();
    for (name, value) in values {
        match *value {
            Value::Text(text) => arguments.set(name.to_string(), text),
            Value::Number(number) => arguments.set(name.to_string(), number),
        }
    }
    arguments
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Words").field(&self.bundle.locales).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use super::*;

    /// Each message, and the names of its values.
    type Messages = BTreeMap<String, BTreeSet<String>>;

    #[test]
    fn both_languages_have_the_same_messages_with_the_same_values() {
        let (fr, en) = (messages(FRENCH.1), messages(ENGLISH.1));
        assert!(fr.len() > 50);
        assert_eq!(fr.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        // "day-of-month" and the like may use a value more often, never another one.
        assert_eq!(fr, en);
    }

    #[test]
    fn every_message_that_the_program_says_is_there_and_no_other() {
        let there = messages(FRENCH.1);
        let mut said = BTreeSet::new();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        for file in sources(Path::new(folder)) {
            let text = std::fs::read_to_string(file).unwrap();
            let quoted = text.split('"');
            said.extend(
                quoted
                    .filter(|word| there.contains_key(*word))
                    .map(str::to_owned),
            );
            for call in [".say(\"", ".with(\"", "say_with(\""] {
                for id in text
                    .split(call)
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next())
                {
                    assert!(there.contains_key(id), "{id} is said and not there");
                }
            }
        }
        let unsaid: Vec<&String> = there
            .keys()
            .filter(|id| !said.contains(id.trim_end_matches(".cure")))
            .collect();
        assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
    }

    #[test]
    fn numbers_have_their_forms() {
        let words = Words::new(Language::Fr);
        let people = |n| words.with("people", &[("n", Value::Number(n))]);
        assert_eq!(
            (people(1), people(45)),
            ("1 personne".into(), "45 personnes".into())
        );
        let english = Words::new(Language::En);
        assert_eq!(
            english.with("people", &[("n", Value::Number(1))]),
            "1 person"
        );
    }

    /// The program's files, without those of tests.
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let found = paths.flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        });
        found.filter(|path| !path.ends_with("tests.rs")).collect()
    }

    fn messages(text: &str) -> Messages {
        FluentResource::try_new(text.to_owned()).expect("a wrong line");
        let mut all = Messages::new();
        let mut id = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                name.clone_into(&mut id);
            }
            if line.trim_start().starts_with(".cure =") {
                // As a message of its own, said with the other.
                all.entry(format!("{}.cure", id.trim_end_matches(".cure")))
                    .or_default();
            }
            if id.is_empty() {
                continue;
            }
            let values = line.split('$').skip(1).map(|rest| {
                rest.chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '-')
                    .collect()
            });
            all.entry(id.clone()).or_default().extend(values);
        }
        all
    }
}
