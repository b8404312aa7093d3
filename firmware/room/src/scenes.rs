//! What the television of this room shows of the evening: the same scene in every room, seen from this one. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use conference::wire::{
    CheckReport, CheckResult, DeckState, DeckView, Device, FindingCode, ItemKind, Light, RoomView,
    SceneView, SpeakerView, State, Status,
};
use pipelines::scene::{
    Check, Mosaic, Note, Person, Question, Scene, Seen, Slides, Speaker, Speakers, Standby, Time,
    Welcome,
};
use pipelines::{THUMB_SLOTS, VideoSlot};

use crate::machine::Hands;
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
    /// The time; nothing before the first look at a clock.
    pub clock: Option<Clock>,
    /// Whether small pictures lie on a picture that fills the screen.
    pub thumbs: bool,
    /// The hands of the poll on the television, once they are to be counted.
    pub hands: Option<&'a Hands>,
    /// The room's language.
    pub words: &'a Words,
}

impl Sight<'_> {
    /// The scene.
    pub fn scene(&self) -> Scene {
        match &self.state.evening.scene {
            SceneView::Standby => self.standby(),
            SceneView::Welcome { room } => self.welcome(room.as_deref()),
            SceneView::Speakers => self.speakers(),
            SceneView::Slides => self.slides(),
            SceneView::FollowUp => self.follow_up(),
            SceneView::Speaker | SceneView::Question | SceneView::Mosaic if !self.linked => {
                Scene::Name
            }
            SceneView::Speaker => self.speaker(),
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
            Some(Check {
                text: self.words.say(seen.unwrap_or(id)),
                well: if seen.is_some() { Some(false) } else { well },
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
        Scene::Speaker(Speaker {
            seen,
            name: named
                .map(|speaker| speaker.name.clone())
                .unwrap_or_default(),
            trade: named
                .map(|speaker| speaker.trade.clone())
                .unwrap_or_default(),
            others,
            time: None,
            phones: self.phones_for_questions(),
        })
    }

    fn slides(&self) -> Scene {
        let speaker = self.talking();
        let deck = speaker.and_then(|speaker| speaker.deck.as_ref());
        let id = deck.and_then(ready);
        let page = usize::from(self.state.evening.page.unwrap_or(0));
        let pages = id.and_then(|id| self.decks.get(id));
        let file = |nth: usize| pages.and_then(|pages| pages.get(nth)).cloned().flatten();
        let count = deck.map_or(0, |deck| match &deck.state {
            DeckState::Ready { pages, .. } => usize::from(*pages),
            DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. } => 0,
        });
        let here = speaker.is_some_and(|speaker| speaker.room == self.own);
        Scene::Slides(Box::new(Slides {
            page: file(page),
            notice: self.words.say("deck-coming"),
            near: [page + 1, page.wrapping_sub(1), page + 2]
                .into_iter()
                .filter_map(file)
                .chain(self.next_first_page())
                .collect(),
            count: self.words.with(
                "page-of",
                &[
                    ("page", Value::Number(page + 1)),
                    ("pages", Value::Number(count)),
                ],
            ),
            seen: match speaker {
                Some(speaker) if !here => self.seen(&speaker.room),
                Some(_) | None => self.main(),
            },
            name: speaker
                .map(|speaker| speaker.name.clone())
                .unwrap_or_default(),
            trade: speaker
                .map(|speaker| speaker.trade.clone())
                .unwrap_or_default(),
            time: self.time_left().filter(|_| here),
        }))
    }

    /// The first page of the deck after this one, so that it is there when the next talk begins.
    fn next_first_page(&self) -> Option<PathBuf> {
        let items = self
            .state
            .programme
            .items
            .iter()
            .skip(self.state.evening.at + 1);
        let next = items.into_iter().find(|item| item.kind == ItemKind::Talk)?;
        let deck = self
            .state
            .programme
            .speakers
            .get(next.speaker?)?
            .deck
            .as_ref()?;
        self.decks.get(ready(deck)?)?.first().cloned().flatten()
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
        Scene::Question(Question {
            heading,
            large,
            small,
            name: speaker.name.clone(),
            trade: speaker.trade.clone(),
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

    fn time_left(&self) -> Option<Time> {
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

fn seen(slot: VideoSlot, name: &str) -> Seen {
    Seen {
        slot,
        name: name.to_owned(),
    }
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
