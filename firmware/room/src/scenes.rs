//! What the television of this room shows of the evening: the same scene in every room, seen from this one. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use conference::wire::{
    CheckReport, CheckResult, DeckState, DeckView, Device, FindingCode, ItemKind, Light,
    PhotoState, RoomView, SceneView, SpeakerView, State, Status,
};
use pipelines::scene::{
    Check, Mosaic, Note, Person, Question, Scene, Seen, Speaker, Speakers, Standby, Time, Welcome,
};
use pipelines::{THUMB_SLOTS, VideoSlot};

use crate::decks::Photo;
use crate::machine::{Hands, Layout};
use crate::words::{Value, Words};

/// The television has room for so many checks: what is wrong comes first where there are more.
const MOST_CHECKS: usize = 5;
/// Below so many minutes the time that is left is in another colour.
const SHORT_MINUTES: u64 = 1;

/// The time, as far as the television needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds since 1970 by the bridge's clock.
    pub bridge_ms: u64,
    /// Hour and minute on the wall of this room.
    pub hour_minute: (u8, u8),
}

/// The pages of a deck that are in this box, by their numbers; nothing where one is not there yet.
pub type Pages = Vec<Option<PathBuf>>;

/// What a scene is made from.
#[derive(Debug)]
pub struct Sight<'a> {
    /// The bridge's state.
    pub state: &'a State,
    /// This room's name.
    pub own: &'a str,
    /// Whether the bridge is there: without it no picture is alive.
    pub linked: bool,
    /// This box's devices.
    pub status: &'a Status,
    /// The decks in this box, by their addresses.
    pub decks: &'a BTreeMap<String, Pages>,
    /// The photos in this box, by their addresses.
    pub photos: &'a BTreeMap<String, PathBuf>,
    /// Whether the room has a second screen, which shows the page.
    pub second_screen: bool,
    /// The time; nothing before the first look at a clock.
    pub clock: Option<Clock>,
    /// Whether small pictures lie on a picture that fills the screen.
    pub thumbs: bool,
    /// The hands of the poll on the television, once they are to be counted.
    pub hands: Option<&'a Hands>,
    /// What this room chose to see in place of the scene.
    pub layout: Option<Layout>,
    /// The room's language.
    pub words: &'a Words,
}

impl Sight<'_> {
    /// The scene.
    pub fn scene(&self) -> Scene {
        match self.layout {
            Some(Layout::Page) => Scene::Page(self.page()),
            Some(Layout::Speaker) => self.speaker(),
            Some(Layout::Mosaic) => self.mosaic(String::new()),
            None => self.scene_of_conference(),
        }
    }

    fn scene_of_conference(&self) -> Scene {
        match &self.state.evening.scene {
            SceneView::Standby => self.standby(),
            SceneView::Welcome { room } => self.welcome(room.as_deref()),
            SceneView::Speakers => self.speakers(),
            SceneView::Slides if !self.second_screen => self.slides(),
            SceneView::FollowUp => self.follow_up(),
            SceneView::Slides | SceneView::Speaker | SceneView::Question | SceneView::Mosaic
                if !self.linked =>
            {
                Scene::Name
            }
            // The page is on the second screen.
            SceneView::Slides | SceneView::Speaker => self.speaker(),
            SceneView::Question => self.question(),
            SceneView::Mosaic => self.mosaic(self.heading_of_mosaic()),
            SceneView::Poll => self.poll().unwrap_or_default(),
            SceneView::Written => self.written().unwrap_or_default(),
        }
    }

    fn standby(&self) -> Scene {
        let programme = &self.state.programme;
        let rooms = &self.state.rooms;
        let present = rooms.iter().filter(|room| room.present).count();
        let clock = self.clock.map(|Clock { hour_minute, .. }| hour_minute);
        let others_title = match self.linked {
            true => self.words.with(
                "rooms-present",
                &[
                    ("present", Value::Number(present)),
                    ("all", Value::Number(rooms.len())),
                ],
            ),
            false => String::new(),
        };
        Scene::Standby(Box::new(Standby {
            clock: clock.map_or(String::new(), |(hour, minute)| {
                format!("{hour}:{minute:02}")
            }),
            title: programme.title.clone(),
            when: programme
                .starts
                .as_deref()
                .map(|starts| self.date(starts))
                .unwrap_or_default(),
            speakers: programme
                .speakers
                .iter()
                .map(|speaker| (speaker.name.clone(), joined(&speaker.trade, &speaker.room)))
                .collect(),
            checks_title: self.words.say("this-room"),
            checks: self.checks(),
            others_title,
            others: self.others(),
            phones: self.phones("ask-by-phone"),
        }))
    }

    /// `starts`: "2026-12-03T18:30:00". As it is when it is no date.
    pub(crate) fn date(&self, starts: &str) -> String {
        let Ok(at) = starts.parse::<jiff::civil::DateTime>() else {
            return starts.to_owned();
        };
        let number = |id, n: i8| {
            let n = usize::try_from(n).unwrap_or(0);
            self.words.with(id, &[("n", Value::Number(n))])
        };
        let weekday = number("weekday", at.weekday().to_monday_one_offset());
        let (day, month) = (
            number("day-of-month", at.day()),
            number("month", at.month()),
        );
        let (hour, minute) = (at.hour().to_string(), format!("{:02}", at.minute()));
        let id = match at.minute() {
            0 => "date-whole-hour",
            _ => "date",
        };
        self.words.with(
            id,
            &[
                ("weekday", Value::Text(&weekday)),
                ("day", Value::Text(&day)),
                ("month", Value::Text(&month)),
                ("hour", Value::Text(&hour)),
                ("minute", Value::Text(&minute)),
            ],
        )
    }

    fn checks(&self) -> Vec<Check> {
        let devices = [
            (&self.status.camera, "check-camera", "check-no-camera"),
            (
                &self.status.microphones,
                "check-microphone",
                "check-no-microphone",
            ),
            (
                &self.status.loudspeaker,
                "check-loudspeaker",
                "check-no-loudspeaker",
            ),
        ];
        let check = |(device, there, missing): (&Device, _, _)| {
            let (id, well) = match device {
                Device::Running(_) => (there, Some(true)),
                Device::Unknown => (there, None),
                Device::Missing(_) => (missing, Some(false)),
                // The room does without.
                Device::None => return None,
            };
            // What the ready check saw counts more than that the device is there.
            let seen = self
                .wrong_picture()
                .filter(|_| there == "check-camera" && well == Some(true));
            let heard = there == "check-microphone" && well == Some(true);
            Some(Check {
                text: self.words.say(seen.unwrap_or(id)),
                well: if seen.is_some() { Some(false) } else { well },
                meter: heard.then(|| self.words.say("check-open")),
            })
        };
        let checks = devices.into_iter().filter_map(check);
        let mut checks: Vec<Check> = checks
            .chain([self.check_network()])
            .chain(self.check_clock())
            .chain(self.check_decks())
            .collect();
        if checks.len() > MOST_CHECKS {
            checks.sort_by_key(|check| check.well != Some(false));
        }
        checks
    }

    /// What the last ready check of this room found.
    fn report(&self) -> Option<&CheckReport> {
        match &self.state.room(self.own)?.check.as_ref()?.result {
            CheckResult::Answered { report } => Some(report),
            CheckResult::Asked | CheckResult::NoAnswer => None,
        }
    }

    fn wrong_picture(&self) -> Option<&'static str> {
        let code = self.report()?.camera.code;
        let wrong = [
            (FindingCode::CameraBlack, "check-camera-black"),
            (FindingCode::CameraFrozen, "check-camera-frozen"),
        ];
        let found = wrong.into_iter().find(|(wrong, _)| *wrong == code);
        found.map(|(_, id)| id)
    }

    /// Only a clock that is wrong is worth a line.
    fn check_clock(&self) -> Option<Check> {
        let clock = &self.report()?.clock;
        (clock.light == Light::Wrong).then(|| Check {
            text: self.words.say("check-clock-wrong"),
            well: Some(false),
            meter: None,
        })
    }

    fn check_network(&self) -> Check {
        let weak = self
            .report()
            .is_some_and(|report| report.network.light == Light::Wrong);
        let id = match (self.linked, weak) {
            (true, false) => "check-network",
            (true, true) => "check-network-weak",
            (false, _) => "check-no-network",
        };
        Check {
            text: self.words.say(id),
            well: Some(self.linked && !weak),
            meter: None,
        }
    }

    fn check_decks(&self) -> Option<Check> {
        let decks = self
            .state
            .programme
            .speakers
            .iter()
            .filter_map(|speaker| speaker.deck.as_ref());
        let all: Vec<Option<&str>> = decks.map(ready).collect();
        let ready = all.iter().flatten().filter(|id| self.whole(id)).count();
        (!all.is_empty()).then(|| Check {
            text: self.words.with(
                "check-decks",
                &[
                    ("ready", Value::Number(ready)),
                    ("all", Value::Number(all.len())),
                ],
            ),
            well: (ready == all.len()).then_some(true),
            meter: None,
        })
    }

    fn whole(&self, id: &str) -> bool {
        self.decks
            .get(id)
            .is_some_and(|pages| !pages.is_empty() && pages.iter().all(Option::is_some))
    }

    fn welcome(&self, room: Option<&str>) -> Scene {
        let Some(room) = room else {
            return Scene::Welcome(Welcome {
                greeting: self.words.say("welcome"),
                name: self.state.programme.title.clone(),
                note: String::new(),
                picture: None,
                others: self.others(),
            });
        };
        let picture = self.slot_of(room);
        Scene::Welcome(Welcome {
            greeting: self.words.say("welcome-to"),
            name: room.to_owned(),
            note: self.people(room),
            picture,
            others: if picture.is_none() {
                self.others()
            } else {
                Vec::new()
            },
        })
    }

    fn speakers(&self) -> Scene {
        let programme = &self.state.programme;
        let person = |speaker: &SpeakerView| Person {
            name: speaker.name.clone(),
            trade: speaker.trade.clone(),
            town: speaker.town.clone(),
            photo: photo_of(speaker).and_then(|photo| self.photos.get(&photo.id).cloned()),
        };
        Scene::Speakers(Speakers {
            title: programme.title.clone(),
            heading: self.words.say("tonight-with"),
            speakers: programme.speakers.iter().map(person).collect(),
        })
    }

    fn speaker(&self) -> Scene {
        let holder = self.state.floor.holder.as_deref();
        let speaker = self.talking();
        if holder == Some(self.own) && speaker.is_some_and(|speaker| speaker.room == self.own) {
            // Who speaks sees who listens.
            return self.mosaic(self.words.say("audience"));
        }
        // Always the main slot, where the old picture stays until the holder's comes: a small one would come sooner,
        // and then give way to what the main slot still held.
        let seen = self.main();
        let speaker = speaker.filter(|speaker| Some(speaker.room.as_str()) == holder);
        let named =
            speaker.filter(|speaker| seen.as_ref().is_some_and(|seen| seen.name == speaker.room));
        let mut others = self.others();
        others.retain(|other| Some(other.slot) != seen.as_ref().map(|seen| seen.slot));
        if !self.thumbs || speaker.is_some() {
            others.clear();
        }
        let (name, trade) = name_and_trade(named);
        Scene::Speaker(Speaker {
            seen,
            name,
            trade,
            others,
            time: None,
            phones: self.phones_for_questions(),
        })
    }

    /// Who speaks, as they are seen beside something; in their own room one of those who listen.
    pub(crate) fn seen_beside(&self) -> Option<Seen> {
        match self.talking() {
            Some(speaker) if !self.speaks_here() => self.seen(&speaker.room),
            Some(_) | None => self.main(),
        }
    }

    fn question(&self) -> Scene {
        let speaker = self.talking();
        let asker = self.state.floor.holder.as_deref();
        let (Some(asker), Some(speaker)) = (asker, speaker) else {
            return self.speaker();
        };
        if asker == speaker.room {
            return self.speaker();
        }
        let here = asker == self.own;
        let heading = match here {
            true => self.words.say("your-question"),
            false => self
                .words
                .with("question-of", &[("room", Value::Text(asker))]),
        };
        let large = self.main();
        let small = self
            .seen(&speaker.room)
            .filter(|small| small.slot != VideoSlot::Main);
        let (name, trade) = name_and_trade(Some(speaker));
        Scene::Question(Question {
            heading,
            large,
            small,
            name,
            trade,
            phones: self.phones_for_questions(),
        })
    }

    fn mosaic(&self, heading: String) -> Scene {
        let rooms = self.others();
        let absent = |room: &&RoomView| {
            room.present
                && room.name != self.own
                && !rooms.iter().any(|seen| seen.name == room.name)
        };
        let more = self.state.rooms.iter().filter(absent).count();
        let note = match self.time_left().filter(|_| self.speaks_here()) {
            Some(time) => self
                .words
                .with("time-left", &[("time", Value::Text(&time.left))]),
            None => self.people(self.own),
        };
        Scene::Mosaic(Mosaic {
            heading,
            own: (self.own.to_owned(), note),
            more: match more {
                0 => String::new(),
                n => self.words.with("more-rooms", &[("n", Value::Number(n))]),
            },
            rooms,
        })
    }

    fn heading_of_mosaic(&self) -> String {
        match self.item() {
            Some((ItemKind::Closing, _)) => self.words.say("thanks"),
            Some(_) | None => String::new(),
        }
    }

    fn follow_up(&self) -> Scene {
        Scene::Note(Note {
            title: self
                .words
                .with("followup", &[("room", Value::Text(self.own))]),
            text: self.words.say("followup-text"),
        })
    }

    fn item(&self) -> Option<(ItemKind, Option<usize>)> {
        let item = self.state.programme.items.get(self.state.evening.at)?;
        Some((item.kind, item.speaker))
    }

    /// Whether the evening has not begun.
    pub fn is_lobby(&self) -> bool {
        matches!(self.item(), Some((ItemKind::Lobby, _)))
    }

    /// Who talks, or is asked.
    pub fn talking(&self) -> Option<&SpeakerView> {
        let (_, speaker) = self.item()?;
        self.state.programme.speakers.get(speaker?)
    }

    /// Whether who talks is in this room.
    pub fn speaks_here(&self) -> bool {
        self.talking()
            .is_some_and(|speaker| speaker.room == self.own)
    }

    pub(crate) fn time_left(&self) -> Option<Time> {
        let left = self
            .state
            .evening
            .ends_ms?
            .saturating_sub(self.clock?.bridge_ms)
            / 1000;
        Some(Time {
            left: format!("{}:{:02}", left / 60, left % 60),
            short: left < SHORT_MINUTES * 60,
        })
    }

    fn people(&self, room: &str) -> String {
        let people = self.state.room(room).and_then(|room| room.people);
        people.map_or(String::new(), |n| {
            self.words.with("people", &[("n", Value::Number(n.into()))])
        })
    }

    /// The rooms that are seen, in the order of the programme.
    fn others(&self) -> Vec<Seen> {
        let rooms = self.state.rooms.iter().filter(|room| room.name != self.own);
        rooms.filter_map(|room| self.seen(&room.name)).collect()
    }

    pub(crate) fn seen(&self, room: &str) -> Option<Seen> {
        self.slot_of(room).map(|slot| seen(slot, room))
    }

    pub(crate) fn main(&self) -> Option<Seen> {
        let shows = &self.state.room(self.own).filter(|_| self.linked)?.shows;
        shows
            .main
            .as_deref()
            .map(|name| seen(VideoSlot::Main, name))
    }

    /// The slot in which a room is seen here.
    fn slot_of(&self, room: &str) -> Option<VideoSlot> {
        let shows = &self.state.room(self.own).filter(|_| self.linked)?.shows;
        if shows.main.as_deref() == Some(room) {
            return Some(VideoSlot::Main);
        }
        let thumb = shows
            .thumbs
            .iter()
            .take(THUMB_SLOTS)
            .position(|name| name.as_deref() == Some(room));
        thumb.map(VideoSlot::Thumb)
    }
}

/// The address of a deck that can be fetched.
pub fn ready(deck: &DeckView) -> Option<&str> {
    match &deck.state {
        DeckState::Ready { id, .. } => Some(id),
        DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. } => None,
    }
}

/// The photo of a speaker, where it can be fetched.
pub fn photo_of(speaker: &SpeakerView) -> Option<Photo> {
    match &speaker.photo.as_ref()?.state {
        PhotoState::Ready { id, bytes } => Some(Photo {
            id: id.clone(),
            bytes: *bytes,
        }),
        PhotoState::Missing | PhotoState::Failed(_) => None,
    }
}

fn seen(slot: VideoSlot, name: &str) -> Seen {
    Seen {
        slot,
        name: name.to_owned(),
    }
}

/// What a scene writes of who speaks; nothing where nobody does.
pub(crate) fn name_and_trade(speaker: Option<&SpeakerView>) -> (String, String) {
    let written = |speaker: &SpeakerView| (speaker.name.clone(), speaker.trade.clone());
    speaker.map(written).unwrap_or_default()
}

/// "menuisière, Brest", or what there is of it.
fn joined(trade: &str, room: &str) -> String {
    match trade {
        "" => room.to_owned(),
        trade => format!("{trade}, {room}"),
    }
}

#[cfg(test)]
mod tests;
