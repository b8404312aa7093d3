//! A `room.toml` that cannot be used, told to the room: where, what, and what to write in its place. Pure.

use conference::toml_error::{self, Fault};
use pipelines::View;
use pipelines::scene::{self, Scene};

use crate::config::Language;
use crate::words::{Value, Words};

/// What is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file's name.
    pub file: String,
    /// The language that it asks for, as far as that can be read.
    pub language: Language,
    /// Where: the line, from 1, and what stands there, secrets left out. None where it is about the whole file.
    pub line: Option<(usize, String)>,
    /// What is wrong.
    pub what: What,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is not there.
    Absent,
    /// It cannot be read: why.
    Unread(String),
    /// It is no text.
    NoText,
    /// It is no `room.toml`.
    Wrong(Fault),
}

impl Mistake {
    /// A file that cannot be read.
    pub fn unread(file: &str, error: &std::io::Error) -> Self {
        let kind = error.kind();
        let what = if kind == std::io::ErrorKind::NotFound {
            What::Absent
        } else if kind == std::io::ErrorKind::InvalidData {
            What::NoText
        } else {
            What::Unread(error.to_string())
        };
        Self {
            file: file.to_owned(),
            language: Language::default(),
            line: None,
            what,
        }
    }

    /// A file whose text is no `room.toml`.
    pub fn wrong(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let fault = toml_error::fault(text, error);
        // A key is missing from a whole table: its first line says nothing.
        let line = match (&fault, error.span()) {
            (Fault::MissingKey(_), _) | (_, None) => None,
            (_, Some(span)) => {
                let line = toml_error::line_of(text, span.start);
                let stands = text.lines().nth(line - 1).unwrap_or_default();
                Some((line, without_secrets(stands)))
            }
        };
        Self {
            file: file.to_owned(),
            language: language_of(text),
            line,
            what: What::Wrong(fault),
        }
    }

    /// In one line: where, and what.
    pub fn line(&self, words: &Words) -> String {
        let (fault, _) = self.said(words);
        let (file, fault) = (Value::Text(&self.file), Value::Text(&fault));
        let mut values = vec![("file", file), ("fault", fault)];
        match self.line {
            Some((line, _)) => {
                values.push(("line", Value::Number(line)));
                words.with("mistake-file-line", &values)
            }
            None => words.with("mistake-file", &values),
        }
    }

    /// The same for the foot of the television, where earlier settings are used.
    pub fn kept(&self, words: &Words) -> String {
        words.with(
            "mistake-kept",
            &[("mistake", Value::Text(&self.line(words)))],
        )
    }

    /// The whole television.
    pub fn view(&self) -> View {
        let words = Words::new(self.language);
        let (fault, cure) = self.said(&words);
        let (place, text) = match &self.line {
            Some((line, text)) => (
                words.with("mistake-line", &[("line", Value::Number(*line))]),
                text.clone(),
            ),
            None => Default::default(),
        };
        View {
            scene: Scene::Mistake(Box::new(scene::Mistake {
                title: words.with("mistake-title", &[("file", Value::Text(&self.file))]),
                place,
                text,
                fault,
                cure,
                after: words.say("mistake-after"),
            })),
            ..View::default()
        }
    }

    /// What is wrong, and what to do.
    fn said(&self, words: &Words) -> (String, String) {
        let (id, key, meant) = match &self.what {
            What::Absent => ("mistake-absent", "", ""),
            What::Unread(_) => ("mistake-unread", "", ""),
            What::NoText => ("mistake-no-text", "", ""),
            What::Wrong(fault) => match fault {
                Fault::UnknownKey {
                    key,
                    meant: Some(meant),
                } => ("mistake-misspelt", key.as_str(), meant.as_str()),
                Fault::UnknownKey { key, meant: None } => ("mistake-unknown", key.as_str(), ""),
                Fault::MissingKey(key) => ("mistake-missing", key.as_str(), ""),
                Fault::Twice(key) => ("mistake-twice", key.as_str(), ""),
                Fault::Value(key) => ("mistake-value", key.as_str(), ""),
                Fault::Other => ("mistake-other", "", ""),
            },
        };
        let reason = match &self.what {
            What::Unread(reason) => reason.as_str(),
            What::Absent | What::NoText | What::Wrong(_) => "",
        };
        let values = [
            ("key", Value::Text(key)),
            ("meant", Value::Text(meant)),
            ("reason", Value::Text(reason)),
        ];
        let cure = words.cure(id, &values);
        let cure = cure.unwrap_or_else(|| words.say(how_to_write(key)));
        (words.with(id, &values), cure)
    }
}

/// The message that says how a key's value is written.
fn how_to_write(key: &str) -> &'static str {
    match key {
        "name" => "how-name",
        "bridge" => "how-bridge",
        "address" => "how-address",
        "token" => "how-token",
        "invitation" => "how-invitation",
        "language" => "how-language",
        "camera" | "microphones" | "screen" | "deck_screen" | "loudspeaker" => "how-device",
        _ => "how-other",
    }
}

/// The language that a file asks for, though the rest of it may be wrong.
fn language_of(text: &str) -> Language {
    let asked = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "language").then(|| value.trim())
    });
    match asked {
        Some("\"en\"") => Language::En,
        Some(_) | None => Language::default(),
    }
}

/// A line as everybody in the room may read it: whole where its key is known to hold no secret, else its first word. Who
/// misspells a token writes it all the same.
fn without_secrets(line: &str) -> String {
    const PLAIN: [&str; 16] = [
        "name",
        "language",
        "address",
        "camera",
        "microphones",
        "screen",
        "deck_screen",
        "loudspeaker",
        "gate",
        "width",
        "height",
        "frames_per_second",
        "kbit_per_second",
        "thumbs",
        "listen",
        "pins",
    ];
    let line = line.trim();
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    // A second key may stand on the same line.
    if PLAIN.contains(&key.trim()) && !value.contains('=') {
        return line.to_owned();
    }
    let first = line.split([' ', '=', ':', '"']).next().unwrap_or_default();
    match line == first {
        true => line.to_owned(),
        false => format!("{first} …"),
    }
}

#[cfg(test)]
mod tests;
