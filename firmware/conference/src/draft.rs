//! A programme as the console's form holds it: with gaps and mistakes, until it can be a [`Programme`].
//!
//! [`Draft`] is what goes over HTTP as JSON, in both directions.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use toml::value::{Date, Datetime};

use crate::programme::{
    MAX_MINUTES, MAX_NAME, MAX_ROOMS, MAX_SPEAKERS, Programme, Speaker, is_on_a_calendar,
};

/// A programme in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What the televisions show before the start.
    pub title: String,
    /// When the evening begins, on the clocks of the rooms: `2026-12-03T18:30:00`.
    pub starts: Option<String>,
    /// Names of the rooms, in the order in which they are greeted.
    pub rooms: Vec<String>,
    /// The speakers, in the order in which they speak.
    pub speakers: Vec<DraftSpeaker>,
}

/// One who is to speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftSpeaker {
    /// First name and name.
    pub name: String,
    /// What the speaker does; may be empty.
    #[serde(default)]
    pub trade: String,
    /// Where the speaker comes from; may be empty.
    #[serde(default)]
    pub town: String,
    /// The room from which the speaker speaks.
    pub room: String,
    /// Minutes of the talk; nothing while the field is empty.
    pub minutes: Option<i64>,
    /// Minutes of questions after it.
    pub questions: Option<i64>,
    /// Name of the photo's file.
    #[serde(default)]
    pub photo: Option<String>,
    /// Name of the deck's file.
    #[serde(default)]
    pub deck: Option<String>,
    /// The name that this speaker had before it was written over: what was brought for a speaker goes along.
    #[serde(default)]
    pub was: Option<String>,
}

/// What keeps a draft from being a programme, and in which field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// `title`, `starts`, `rooms`, `speakers`, or a speaker's: `speakers.0.minutes`.
    pub field: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub mistake: Mistake,
}

/// What can be wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "mistake", rename_all = "snake_case")]
pub enum Mistake {
    /// Nothing is in it.
    #[error("fill this in")]
    Empty,
    /// More than people can read from far.
    #[error("{found} characters, {most} is the most; shorten it")]
    TooLong {
        /// The most.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// Spaces around it, or a sign that cannot be shown.
    #[error("write one line, without spaces around it")]
    NotOneLine,
    /// No such day or time.
    #[error("give a day and a time that exist")]
    NotATime,
    /// A number that is missing or too far away.
    #[error("give a number from {least} to {most}")]
    NotWithin {
        /// The least.
        least: u16,
        /// The most.
        most: u16,
    },
    /// Too many of them.
    #[error("{most} at the most")]
    TooMany {
        /// The most.
        most: usize,
    },
    /// The same room twice.
    #[error("'{room}' is there twice")]
    Twice {
        /// Its name.
        room: String,
    },
    /// The bridge has no such room.
    #[error("'{room}' is none of the bridge's rooms")]
    NotOfTheBridge {
        /// Its name.
        room: String,
    },
    /// The room does not take part.
    #[error("'{room}' does not take part in this evening")]
    NotInvited {
        /// Its name.
        room: String,
    },
}

impl Draft {
    /// A programme as a form shows it.
    pub fn of(programme: &Programme) -> Self {
        Self {
            title: programme.title.clone(),
            starts: programme.starts.map(|starts| starts.to_string()),
            rooms: programme.rooms.clone(),
            speakers: programme.speakers.iter().map(DraftSpeaker::of).collect(),
        }
    }

    /// The next evening after the model of this one: a month later, the same rooms, as many talks of the same lengths;
    /// who speaks is to be filled in.
    pub fn after(programme: &Programme) -> Self {
        let kept = |speaker: DraftSpeaker| DraftSpeaker {
            room: speaker.room,
            minutes: speaker.minutes,
            questions: speaker.questions,
            ..DraftSpeaker::default()
        };
        let draft = Self::of(programme);
        Self {
            starts: programme
                .starts
                .and_then(month_later)
                .map(|starts| starts.to_string()),
            speakers: draft.speakers.into_iter().map(kept).collect(),
            ..draft
        }
    }

    /// The programme, if a bridge of these rooms can hold it.
    ///
    /// # Errors
    /// Everything that is wrong, field by field.
    pub fn programme(&self, bridge: &[String]) -> Result<Programme, Vec<Complaint>> {
        let mut complaints = Complaints::default();
        complaints.name("title", &self.title);
        let starts = self.starts.as_deref().map(starts_of);
        complaints.add(
            "starts",
            (starts == Some(None)).then_some(Mistake::NotATime),
        );
        complaints.add("rooms", self.wrong_rooms(bridge));
        let many = self.speakers.len() > MAX_SPEAKERS;
        let most = MAX_SPEAKERS;
        complaints.add("speakers", many.then_some(Mistake::TooMany { most }));
        for (n, speaker) in self.speakers.iter().take(MAX_SPEAKERS).enumerate() {
            speaker.check(n, &self.rooms, &mut complaints);
        }
        if !complaints.0.is_empty() {
            return Err(complaints.0);
        }
        Ok(Programme {
            title: self.title.clone(),
            starts: starts.flatten(),
            rooms: self.rooms.clone(),
            speakers: self.speakers.iter().map(DraftSpeaker::speaker).collect(),
        })
    }

    fn wrong_rooms(&self, bridge: &[String]) -> Option<Mistake> {
        let twice = |(n, room): (usize, &String)| {
            self.rooms[..n]
                .contains(room)
                .then(|| Mistake::Twice { room: room.clone() })
        };
        let unknown = |room: &String| {
            (!bridge.contains(room)).then(|| Mistake::NotOfTheBridge { room: room.clone() })
        };
        if self.rooms.is_empty() {
            return Some(Mistake::Empty);
        }
        if self.rooms.len() > MAX_ROOMS {
            return Some(Mistake::TooMany { most: MAX_ROOMS });
        }
        let mut rooms = self.rooms.iter();
        rooms
            .find_map(unknown)
            .or_else(|| self.rooms.iter().enumerate().find_map(twice))
    }
}

impl DraftSpeaker {
    fn of(speaker: &Speaker) -> Self {
        Self {
            name: speaker.name.clone(),
            trade: speaker.trade.clone(),
            town: speaker.town.clone(),
            room: speaker.room.clone(),
            minutes: Some(speaker.minutes.into()),
            questions: Some(speaker.questions.into()),
            photo: speaker.photo.clone(),
            deck: speaker.deck.clone(),
            was: Some(speaker.name.clone()),
        }
    }

    fn check(&self, n: usize, rooms: &[String], complaints: &mut Complaints) {
        let field = |name: &str| format!("speakers.{n}.{name}");
        complaints.name(&field("name"), &self.name);
        for (name, text) in [("trade", &self.trade), ("town", &self.town)] {
            if !text.is_empty() {
                complaints.name(&field(name), text);
            }
        }
        let mistake = if self.room.is_empty() {
            Some(Mistake::Empty)
        } else {
            let room = self.room.clone();
            (!rooms.contains(&room)).then_some(Mistake::NotInvited { room })
        };
        complaints.add(&field("room"), mistake);
        complaints.minutes(&field("minutes"), self.minutes, 1);
        complaints.minutes(&field("questions"), self.questions, 0);
    }

    /// Of one without mistakes.
    fn speaker(&self) -> Speaker {
        let minutes = |given: Option<i64>| {
            given
                .and_then(|minutes| u16::try_from(minutes).ok())
                .unwrap_or_default()
        };
        let file = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        Speaker {
            name: self.name.clone(),
            trade: self.trade.clone(),
            town: self.town.clone(),
            room: self.room.clone(),
            minutes: minutes(self.minutes),
            questions: minutes(self.questions),
            photo: file(&self.photo),
            deck: file(&self.deck),
        }
    }
}

#[derive(Default)]
struct Complaints(Vec<Complaint>);

impl Complaints {
    fn add(&mut self, field: &str, mistake: Option<Mistake>) {
        self.0.extend(mistake.map(|mistake| Complaint {
            field: field.to_owned(),
            mistake,
        }));
    }

    fn name(&mut self, field: &str, text: &str) {
        let found = text.chars().count();
        let mistake = if text.trim().is_empty() {
            Some(Mistake::Empty)
        } else if text.trim() != text || text.chars().any(char::is_control) {
            Some(Mistake::NotOneLine)
        } else {
            let most = MAX_NAME;
            (found > most).then_some(Mistake::TooLong { most, found })
        };
        self.add(field, mistake);
    }

    fn minutes(&mut self, field: &str, given: Option<i64>, least: u16) {
        let most = MAX_MINUTES;
        let within = given.is_some_and(|n| (least.into()..=most.into()).contains(&n));
        self.add(
            field,
            (!within).then_some(Mistake::NotWithin { least, most }),
        );
    }
}

/// Day and time, without a place on the globe.
fn starts_of(text: &str) -> Option<Datetime> {
    text.parse().ok().filter(is_on_a_calendar)
}

/// The same weekday of the next month: from a third Thursday to a third Thursday; from a fifth one to a fourth where
/// there is no fifth.
fn month_later(starts: Datetime) -> Option<Datetime> {
    let date = starts.date?;
    let day = NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())?;
    let next = day
        .with_day(1)?
        .checked_add_months(chrono::Months::new(1))?;
    let nth = (date.day - 1) / 7 + 1;
    let of_month =
        |n| NaiveDate::from_weekday_of_month_opt(next.year(), next.month(), day.weekday(), n);
    let moved = of_month(nth).or_else(|| of_month(4))?;
    Some(Datetime {
        date: Some(Date {
            year: u16::try_from(moved.year()).ok()?,
            month: u8::try_from(moved.month()).ok()?,
            day: u8::try_from(moved.day()).ok()?,
        }),
        ..starts
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const BRIDGE: [&str; 3] = ["Brest", "Loudéac", "Merdrignac"];

    fn bridge() -> Vec<String> {
        BRIDGE.map(str::to_owned).to_vec()
    }

    fn programme() -> Programme {
        let text = r#"
            title = "Les métiers du bois"
            starts = 2026-01-29T18:30:00
            rooms = ["Loudéac", "Brest"]
            [[speaker]]
            name = "Anne Le Goff"
            trade = "menuisière"
            room = "Brest"
            minutes = 15
            photo = "anne.jpg"
            deck = "menuiserie.pdf"
        "#;
        Programme::parse("evening.toml", text).unwrap()
    }

    #[test]
    fn a_form_gives_back_the_programme_that_it_was_made_of() {
        let draft = Draft::of(&programme());
        assert_eq!(draft.programme(&bridge()), Ok(programme()));
        let json = serde_json::to_string(&draft).unwrap();
        assert_eq!(serde_json::from_str::<Draft>(&json).unwrap(), draft);
    }

    #[test]
    fn every_mistake_is_told_at_its_field() {
        let mut draft = Draft::of(&programme());
        draft.title = " ".into();
        draft.starts = Some("2026-02-30T18:30:00".into());
        draft.rooms = vec!["Brest".into(), "Paris".into()];
        let speaker = &mut draft.speakers[0];
        speaker.name = "n".repeat(61);
        speaker.trade = "menui\nsière".into();
        speaker.room = "Loudéac".into();
        speaker.minutes = Some(0);
        speaker.questions = None;
        let complaints = draft.programme(&bridge()).unwrap_err();
        let told: Vec<String> = complaints
            .iter()
            .map(|complaint| format!("{}: {}", complaint.field, complaint.mistake))
            .collect();
        expect![[r#"
            title: fill this in
            starts: give a day and a time that exist
            rooms: 'Paris' is none of the bridge's rooms
            speakers.0.name: 61 characters, 60 is the most; shorten it
            speakers.0.trade: write one line, without spaces around it
            speakers.0.room: 'Loudéac' does not take part in this evening
            speakers.0.minutes: give a number from 1 to 180
            speakers.0.questions: give a number from 0 to 180"#]]
        .assert_eq(&told.join("\n"));
        expect![[r#"{"field":"speakers.0.minutes","mistake":"not_within","least":1,"most":180}"#]]
            .assert_eq(&serde_json::to_string(&complaints[6]).unwrap());
    }

    #[test]
    fn what_a_form_accepts_the_file_accepts() {
        let draft = Draft::of(&programme());
        let made = draft.programme(&bridge()).unwrap();
        assert_eq!(Programme::parse("again", &made.write()), Ok(made));
        for starts in [
            "18:30:00",
            "2026-12-03",
            "2026-12-03T18:30:00Z",
            "",
            "demain",
        ] {
            let starts = Some(starts.to_owned());
            let draft = Draft {
                starts,
                ..draft.clone()
            };
            assert_eq!(
                draft.programme(&bridge()).unwrap_err()[0].mistake,
                Mistake::NotATime
            );
        }
    }

    #[test]
    fn the_next_evening_is_a_month_later_and_has_no_names_yet() {
        let next = Draft::after(&programme());
        // A fifth Thursday, and February 2026 has four.
        assert_eq!(next.starts.as_deref(), Some("2026-02-26T18:30:00"));
        assert_eq!(next.rooms, ["Loudéac", "Brest"]);
        let speaker = &next.speakers[0];
        assert_eq!((speaker.name.as_str(), speaker.minutes), ("", Some(15)));
        assert_eq!((speaker.room.as_str(), &speaker.deck), ("Brest", &None));
        let later = |text: &str| month_later(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(later("2026-12-03T18:30:00"), "2027-01-07T18:30:00");
        assert_eq!(later("2026-11-19T20:00:00"), "2026-12-17T20:00:00");
    }
}
