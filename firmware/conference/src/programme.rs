//! What an evening is to be: its rooms and speakers, read from and written to one TOML file.

use chrono::NaiveDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use toml::value::{Date, Datetime};

use crate::toml_error::{Fault, explain, fault, line_of, nearest};

/// Most rooms of an evening.
pub(crate) const MAX_ROOMS: usize = 32;
/// Most speakers of an evening.
pub(crate) const MAX_SPEAKERS: usize = 24;
/// Longest name or title, in characters: more is unreadable from 10 m.
pub(crate) const MAX_NAME: usize = 60;
/// Longest talk and longest question time, in minutes.
pub(crate) const MAX_MINUTES: u16 = 180;
/// Minutes of a talk that says nothing else.
const TALK_MINUTES: u16 = 20;
/// Minutes of a question time that says nothing else: one question of each of four rooms.
const QUESTION_MINUTES: u16 = 10;

/// One evening as planned. [`Programme::parse`] makes only sound ones: names are unique, every speaker's room is
/// one of the rooms, numbers are in range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// What the televisions show before the start, 1 to 60 characters.
    #[serde(deserialize_with = "name")]
    pub title: String,
    /// When the evening begins, on the clocks of the rooms.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "date_and_time"
    )]
    pub starts: Option<Datetime>,
    /// Names of the rooms, 1 to 32, in the order in which they are greeted.
    pub rooms: Vec<String>,
    /// The speakers, up to 24, in the order in which they speak.
    #[serde(default, rename = "speaker", skip_serializing_if = "Vec::is_empty")]
    pub speakers: Vec<Speaker>,
}

/// One who speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    /// First name and name, 1 to 60 characters.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What the speaker does: "menuisière".
    #[serde(
        default,
        skip_serializing_if = "String::is_empty",
        deserialize_with = "words"
    )]
    pub trade: String,
    /// Where the speaker comes from.
    #[serde(
        default,
        skip_serializing_if = "String::is_empty",
        deserialize_with = "words"
    )]
    pub town: String,
    /// The room from which the speaker speaks.
    pub room: String,
    /// Minutes of the talk, 1 to 180. Default 20.
    #[serde(default = "talk_minutes", deserialize_with = "minutes")]
    pub minutes: u16,
    /// Minutes of questions after it, 0 (none) to 180. Default 10.
    #[serde(default = "question_minutes", deserialize_with = "question_time")]
    pub questions: u16,
    /// Name of the photo: a file beside the programme's, or one that was brought to the bridge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// Name of the deck: a file beside the programme's, or one that was brought to the bridge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deck: Option<String>,
}

impl Programme {
    /// Reads a programme; `file` is the name that messages show.
    ///
    /// # Errors
    /// One message that says where what is wrong, and what to do.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        let programme: Self = toml::from_str(text).map_err(|error| explain(file, text, &error))?;
        programme.check().map_err(|problem| {
            // The first place that names what is wrong; a programme is short.
            let quoted = format!("\"{}\"", problem.about);
            match text.find(&quoted) {
                Some(at) => format!("{file}, line {}: {}", line_of(text, at), problem.what),
                None => format!("{file}: {}", problem.what),
            }
        })?;
        Ok(programme)
    }

    /// What is wrong with a file that [`Self::parse`] does not read, and in which line.
    pub fn fault(text: &str) -> (usize, Fault) {
        match toml::from_str::<Self>(text) {
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                (line_of(text, at), fault(text, &error))
            }
            Ok(programme) => {
                let problem = programme.check().err();
                let quoted = problem.map(|problem| format!("\"{}\"", problem.about));
                let at = quoted.and_then(|quoted| text.find(&quoted));
                (line_of(text, at.unwrap_or_default()), Fault::Other)
            }
        }
    }

    /// An evening without speakers, of all these rooms.
    pub fn of_rooms(title: String, rooms: Vec<String>) -> Self {
        Self {
            title,
            starts: None,
            rooms,
            speakers: Vec::new(),
        }
    }

    /// Whether a bridge of these rooms can hold it.
    ///
    /// # Errors
    /// The room that it does not have, in words.
    pub fn fits(&self, rooms: &[String]) -> Result<(), String> {
        let known: Vec<&str> = rooms.iter().map(String::as_str).collect();
        match self.rooms.iter().find(|room| !rooms.contains(room)) {
            None => Ok(()),
            Some(room) => Err(format!(
                "'{room}' is none of the bridge's rooms; {}",
                meant(room, &known)
            )),
        }
    }

    /// The same as a file that [`Self::parse`] reads.
    pub fn write(&self) -> String {
        // Strings, numbers and lists always have a place in TOML.
        toml::to_string(self).unwrap_or_default()
    }

    /// What several keys together must be.
    fn check(&self) -> Result<(), Problem> {
        if self.rooms.is_empty() || self.rooms.len() > MAX_ROOMS {
            return Err(Problem {
                about: self.title.clone(),
                what: format!(
                    "rooms: {} of them, where 1 to {MAX_ROOMS} must be",
                    self.rooms.len()
                ),
            });
        }
        for (n, room) in self.rooms.iter().enumerate() {
            if let Err(what) = checked_name(room) {
                return Err(Problem {
                    about: room.clone(),
                    what: format!("rooms: {what}"),
                });
            }
            if self.rooms[..n].contains(room) {
                return Err(Problem {
                    about: room.clone(),
                    what: format!(
                        "rooms: '{room}' is there twice; remove one, or give it another name"
                    ),
                });
            }
        }
        if self.speakers.len() > MAX_SPEAKERS {
            return Err(Problem {
                about: self.title.clone(),
                what: format!(
                    "{} speakers; {MAX_SPEAKERS} at the most",
                    self.speakers.len()
                ),
            });
        }
        let known: Vec<&str> = self.rooms.iter().map(String::as_str).collect();
        for speaker in &self.speakers {
            if !self.rooms.contains(&speaker.room) {
                let room = &speaker.room;
                let hint = meant(room, &known);
                return Err(Problem {
                    about: room.clone(),
                    what: format!(
                        "{} speaks from '{room}', which is none of the rooms; {hint}",
                        speaker.name
                    ),
                });
            }
        }
        Ok(())
    }
}

/// What an unknown room may have been.
fn meant(room: &str, known: &[&str]) -> String {
    match nearest(room, known) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => format!("the rooms are {}", known.join(", ")),
    }
}

/// What is wrong, and the word in the file that it is about.
struct Problem {
    about: String,
    what: String,
}

const fn talk_minutes() -> u16 {
    TALK_MINUTES
}

const fn question_minutes() -> u16 {
    QUESTION_MINUTES
}

fn checked_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if name.trim() != name || name.chars().any(char::is_control) {
        return Err(format!(
            "'{}' begins or ends with a space, or holds a sign that cannot be shown",
            name.escape_debug()
        ));
    }
    if !(1..=MAX_NAME).contains(&length) {
        return Err(format!(
            "a name must have 1 to {MAX_NAME} characters, this one has {length}"
        ));
    }
    Ok(())
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    checked_name(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// A name, or nothing.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if !text.is_empty() {
        checked_name(&text).map_err(D::Error::custom)?;
    }
    Ok(text)
}

fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    within(1, deserializer)
}

fn question_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    within(0, deserializer)
}

fn within<'de, D: Deserializer<'de>>(least: u16, deserializer: D) -> Result<u16, D::Error> {
    let minutes = u16::deserialize(deserializer)?;
    if !(least..=MAX_MINUTES).contains(&minutes) {
        return Err(D::Error::custom(format!(
            "{minutes} minutes, where {least} to {MAX_MINUTES} must be"
        )));
    }
    Ok(minutes)
}

fn date_and_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Datetime>, D::Error> {
    let starts = Datetime::deserialize(deserializer)?;
    if !is_on_a_calendar(&starts) {
        return Err(D::Error::custom(
            "a date and a time on the clocks of the rooms must be here, like 2026-12-03T18:30:00",
        ));
    }
    Ok(Some(starts))
}

/// Whether it is a day that exists and a time, on the clocks of the rooms.
pub(crate) fn is_on_a_calendar(starts: &Datetime) -> bool {
    let day =
        |date: Date| NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into());
    starts.date.and_then(day).is_some() && starts.time.is_some() && starts.offset.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const EVENING: &str = r#"
        title = "Les métiers du bois"
        starts = 2026-12-03T18:30:00
        rooms = ["Ploufragan", "Loudéac", "Merdrignac", "Brest"]

        [[speaker]]
        name = "Anne Le Goff"
        trade = "menuisière"
        town = "Brest"
        room = "Brest"
        minutes = 15
        deck = "menuiserie.pdf"

        [[speaker]]
        name = "Yann Kervella"
        room = "Loudéac"
        questions = 0
    "#;

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let programme = Programme::parse("evening.toml", EVENING).unwrap();
        assert_eq!(programme.speakers[0].questions, QUESTION_MINUTES);
        assert_eq!(programme.speakers[1].minutes, TALK_MINUTES);
        assert_eq!(
            Programme::parse("again", &programme.write()).unwrap(),
            programme
        );
    }

    #[test]
    fn the_example_is_a_programme() {
        let text = include_str!("../../bridge/evening.toml");
        let programme = Programme::parse("evening.toml", text).unwrap();
        assert_eq!(programme.speakers.len(), 3);
    }

    #[test]
    fn a_wrong_programme_is_explained() {
        let with = |from: &str, to: &str| EVENING.replace(from, to);
        check(
            &with("\"Brest\"\n        minutes", "\"Brst\"\n        minutes"),
            expect![
                "evening.toml, line 10: Anne Le Goff speaks from 'Brst', which is none of the rooms; did you mean 'Brest'?"
            ],
        );
        check(
            &with("\"Merdrignac\"", "\"Brest\""),
            expect![
                "evening.toml, line 4: rooms: 'Brest' is there twice; remove one, or give it another name"
            ],
        );
        check(
            &with("minutes = 15", "minutes = 0"),
            expect!["evening.toml, line 11: minutes: 0 minutes, where 1 to 180 must be"],
        );
        check(
            &with("minutes = 15", "minuts = 15"),
            expect!["evening.toml, line 11: unknown key 'minuts'; did you mean 'minutes'?"],
        );
        check(
            &with("2026-12-03T18:30:00", "2026-12-03"),
            expect![
                "evening.toml, line 3: starts: a date and a time on the clocks of the rooms must be here, like 2026-12-03T18:30:00"
            ],
        );
        check(
            &with("name = \"Yann Kervella\"", ""),
            expect!["evening.toml, line 14: the key 'name' is missing here; add it"],
        );
        check(
            &with("\"menuisière\"", "\" menuisière\""),
            expect![
                "evening.toml, line 8: trade: ' menuisière' begins or ends with a space, or holds a sign that cannot be shown"
            ],
        );
        check(
            "title = \"Vide\"\nrooms = []",
            expect!["evening.toml, line 1: rooms: 0 of them, where 1 to 32 must be"],
        );
        check(
            "",
            expect!["evening.toml: the key 'title' is missing here; add it"],
        );
    }

    #[test]
    fn what_is_wrong_can_be_said_in_other_words() {
        let with = |from: &str, to: &str| Programme::fault(&EVENING.replace(from, to));
        let meant = Fault::UnknownKey {
            key: "minuts".into(),
            meant: Some("minutes".into()),
        };
        assert_eq!(with("minutes", "minuts"), (11, meant));
        assert_eq!(
            with("minutes = 15", "minutes = 0"),
            (11, Fault::Value("minutes".into()))
        );
        assert_eq!(
            with("name = \"Yann Kervella\"", ""),
            (14, Fault::MissingKey("name".into()))
        );
        assert_eq!(with("\"Merdrignac\"", "\"Brest\""), (4, Fault::Other));
        assert_eq!(Programme::fault("%PDF-1.7").0, 1);
    }

    fn check(text: &str, message: Expect) {
        let error = Programme::parse("evening.toml", text).expect_err("it is wrong");
        message.assert_eq(&error);
    }
}
