//! What there is to keep of an evening, made from what was written down of it. Pure.

use std::time::Instant;

use conference::wire::ItemKind;
use conference::{Evening, Item, Messages, Programme, RoomId, Rule, SpeakerId};
use serde::Serialize;

use super::polls::{PollReport, Polls};
use crate::entry::Entry;
use crate::view::{item_view, moment, unix_ms};

/// How soon boxes come back by themselves after the bridge was restarted; later is told.
const BACK_BY_ITSELF_MS: u64 = 30_000;

/// One evening, as it went.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its title.
    pub title: String,
    /// When it was to begin, on the clocks of the rooms.
    pub starts: Option<String>,
    /// When it began, in milliseconds since 1970 as all times here.
    pub began_ms: Option<u64>,
    /// The last that happened.
    pub until_ms: Option<u64>,
    /// How many people were in all rooms.
    pub people: u32,
    /// What ran, in order.
    pub items: Vec<ItemReport>,
    /// The rooms.
    pub rooms: Vec<RoomReport>,
    /// The polls, in their order.
    pub polls: Vec<PollReport>,
    /// What went wrong.
    pub incidents: Vec<Incident>,
}

/// One stretch of the evening.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ItemReport {
    /// What it was.
    pub kind: ItemKind,
    /// Whose talk or questions.
    pub speaker: Option<String>,
    /// When it began.
    pub began_ms: u64,
    /// How long it took; nothing while it runs.
    pub took_ms: Option<u64>,
    /// How long the programme gave it.
    pub planned_ms: Option<u64>,
    /// How much longer it was than that, or shorter.
    pub over_ms: Option<i64>,
}

/// One room.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RoomReport {
    /// Its name.
    pub name: String,
    /// How many people were in it, if anybody said so.
    pub people: Option<u16>,
    /// Questions that it asked.
    pub questions: u32,
    /// Requests of it that were refused.
    pub denied: u32,
    /// How often it was lost after the start.
    pub lost: u32,
}

/// One thing that went wrong after the start.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// When.
    pub at_ms: u64,
    /// What.
    pub what: IncidentKind,
    /// Which room.
    pub room: Option<String>,
    /// When all was well again.
    pub back_ms: Option<u64>,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// A room's box was lost.
    RoomLost,
    /// The bridge was restarted.
    BridgeRestarted,
}

impl Report {
    /// The evening that began with this programme among these rooms, as far as it was written down.
    pub fn of(
        first: &Programme,
        rooms: &[String],
        rule: Rule,
        clock: (Instant, u64),
        entries: &[(u64, Entry)],
    ) -> Self {
        let mut watch = Watch {
            evening: Evening::new(first, rooms, rule),
            messages: Messages::default(),
            programme: first.clone(),
            names: rooms,
            clock,
            visits: Vec::new(),
            polls: Polls::default(),
            incidents: Vec::new(),
        };
        for (at_ms, entry) in entries {
            watch.play(*at_ms, entry);
        }
        watch.report(entries.last().map(|(at_ms, _)| *at_ms))
    }
}

/// Watches an evening that is played again.
struct Watch<'a> {
    evening: Evening,
    messages: Messages,
    programme: Programme,
    names: &'a [String],
    clock: (Instant, u64),
    visits: Vec<Visit>,
    polls: Polls,
    incidents: Vec<Incident>,
}

/// An item that ran, and what each room did in it.
struct Visit {
    place: usize,
    item: Item,
    since_ms: Option<u64>,
    began_ms: u64,
    rooms: Vec<Tally>,
}

#[derive(Clone, Default)]
struct Tally {
    questions: u32,
    denied: u32,
}

impl Watch<'_> {
    fn play(&mut self, at_ms: u64, entry: &Entry) {
        let turns = self.turns();
        let hands = self.evening.floor().queue();
        let asked = self.questioned();
        let place = self.evening.at();
        self.note_presence(at_ms, entry);
        let at = moment(self.clock, at_ms);
        let changed = entry.play(&mut self.evening, &mut self.messages, self.names, at);
        while self.evening.poll_output().is_some() {}
        if let Some(programme) = changed {
            self.programme = programme;
        }
        self.note_item(at_ms, *entry == Entry::Undone);
        let polls = matches!(entry, Entry::Audience(_) | Entry::Undone);
        if polls || self.evening.at() != place {
            let audience = self.evening.audience();
            self.polls.look(at_ms, audience, self.names.len());
        }
        self.note_questions(&turns, asked);
        if let Entry::RequestDenied { room } = entry {
            self.note_denied(room);
        } else if *entry == Entry::Undone {
            self.note_raised_again(&hands, &turns);
        }
    }

    /// A turn that began in question time is a question; one that was taken back is none.
    fn note_questions(&mut self, before: &[u32], asked_before: bool) {
        let (now, asked) = (self.turns(), self.questioned());
        let written = self.evening.audience().asked().map(|asked| asked.room);
        // The speaker answers; but people around the speaker may ask in writing.
        let answers = self
            .evening
            .speaks_from()
            .filter(|room| Some(*room) != written);
        let turns = (0..).map(RoomId).zip(before.iter().zip(now));
        let Some(visit) = self.visits.last_mut() else {
            return;
        };
        for (tally, (room, (before, now))) in visit.rooms.iter_mut().zip(turns) {
            if now > *before && asked && Some(room) != answers {
                tally.questions += now - before;
            } else if now < *before && asked_before {
                tally.questions = tally.questions.saturating_sub(before - now);
            }
        }
    }

    fn note_denied(&mut self, room: &str) {
        let place = self.names.iter().position(|name| name == room);
        let visit = self.visits.last_mut();
        let tally = visit.and_then(|visit| visit.rooms.get_mut(place?));
        if let Some(tally) = tally {
            tally.denied += 1;
        }
    }

    /// Hands that a step taken back put up again without a turn given back: they were refused by mistake.
    fn note_raised_again(&mut self, hands: &[RoomId], turns: &[u32]) {
        let (now, now_turns) = (self.evening.floor().queue(), self.turns());
        let Some(visit) = self.visits.last_mut() else {
            return;
        };
        for room in now.into_iter().filter(|room| !hands.contains(room)) {
            let place = usize::from(room.0);
            if turns.get(place) == now_turns.get(place)
                && let Some(tally) = visit.rooms.get_mut(place)
            {
                tally.denied = tally.denied.saturating_sub(1);
            }
        }
    }

    /// A step that was taken back never was: the item before it goes on.
    fn note_item(&mut self, at_ms: u64, undone: bool) {
        let place = self.evening.at();
        let since_ms = self.evening.since().map(|at| unix_ms(self.clock, at));
        let is_now = |visit: &Visit| (visit.place, visit.since_ms) == (place, since_ms);
        if self.visits.last().is_some_and(is_now) {
            return;
        }
        let before = self.visits.iter().rposition(is_now);
        match before {
            Some(place) if undone => self.visits.truncate(place + 1),
            Some(_) | None if undone && place == 0 => self.visits.clear(),
            Some(_) | None => self.visits.push(Visit {
                place,
                item: self.evening.item(),
                since_ms,
                began_ms: since_ms.unwrap_or(at_ms),
                rooms: vec![Tally::default(); self.names.len()],
            }),
        }
    }

    fn note_presence(&mut self, at_ms: u64, entry: &Entry) {
        match entry {
            Entry::RoomJoined { room } => self.note_back(room, at_ms),
            _ if self.evening.item() == Item::Lobby => {}
            Entry::RoomLeft { room } => {
                self.incidents
                    .push(Incident::new(at_ms, IncidentKind::RoomLost, Some(room)));
            }
            Entry::Restarted => {
                let restarted = IncidentKind::BridgeRestarted;
                self.incidents.push(Incident::new(at_ms, restarted, None));
                let there = (0..).map(RoomId).zip(self.names);
                let there = there.filter(|(id, _)| self.evening.floor().is_present(*id));
                let lost =
                    there.map(|(_, name)| Incident::new(at_ms, IncidentKind::RoomLost, Some(name)));
                self.incidents.extend(lost);
            }
            Entry::FloorRequested { .. }
            | Entry::FloorReleased { .. }
            | Entry::FloorGranted { .. }
            | Entry::FloorRevoked
            | Entry::RequestDenied { .. }
            | Entry::MicrophoneOpened { .. }
            | Entry::MicrophoneLeft { .. }
            | Entry::Advanced
            | Entry::WentTo { .. }
            | Entry::SceneChosen { .. }
            | Entry::Greeted { .. }
            | Entry::Counted { .. }
            | Entry::TimeAdded { .. }
            | Entry::Passed { .. }
            | Entry::PageTurned { .. }
            | Entry::DeckChanged { .. }
            | Entry::Said { .. }
            | Entry::Undone
            | Entry::ProgrammeChanged { .. }
            | Entry::Audience(_) => {}
        }
    }

    fn note_back(&mut self, room: &str, at_ms: u64) {
        let mut lost = self.incidents.iter_mut().rev();
        let lost = lost.find(|incident| incident.room.as_deref() == Some(room));
        if let Some(incident) = lost {
            incident.back_ms = incident.back_ms.or(Some(at_ms));
        }
    }

    fn report(mut self, until_ms: Option<u64>) -> Report {
        let end_ms = self.keep_the_evening(until_ms.unwrap_or_default());
        self.fold_restarts();
        let named = (0..).map(RoomId).zip(self.names).enumerate();
        let rooms: Vec<RoomReport> = named
            .map(|(n, (id, name))| RoomReport {
                name: name.clone(),
                people: self.evening.people(id),
                questions: self.sum(n, |tally| tally.questions),
                denied: self.sum(n, |tally| tally.denied),
                lost: self.count_lost(name),
            })
            .collect();
        let items = self.items(end_ms);
        let began_ms = items.first().map(|item| item.began_ms);
        let within = began_ms.unwrap_or_default()..=end_ms.unwrap_or(u64::MAX);
        let mut polls = self.polls.reports(self.evening.audience());
        polls.retain(|poll| within.contains(&poll.opened_ms));
        let people = rooms.iter().filter_map(|room| room.people);
        Report {
            title: self.programme.title,
            starts: self.programme.starts.map(|starts| starts.to_string()),
            began_ms,
            until_ms: end_ms.or(until_ms),
            people: people.map(u32::from).sum(),
            items,
            rooms,
            polls,
            incidents: self.incidents,
        }
    }

    /// From lobby to lobby: the longest stretch is the evening, another one a rehearsal, or a wrong press. Gives the
    /// stretch's end, where it has one.
    fn keep_the_evening(&mut self, until_ms: u64) -> Option<u64> {
        let visits = std::mem::take(&mut self.visits);
        let lobbies: Vec<u64> = visits
            .iter()
            .filter(|visit| visit.item == Item::Lobby)
            .map(|visit| visit.began_ms)
            .collect();
        let mut stretches: Vec<Vec<Visit>> = vec![Vec::new()];
        for visit in visits {
            if visit.item == Item::Lobby {
                stretches.push(Vec::new());
            } else if let Some(stretch) = stretches.last_mut() {
                stretch.push(visit);
            }
        }
        let end = |stretch: &[Visit]| {
            let last = stretch.last()?.began_ms;
            lobbies.iter().copied().find(|lobby| *lobby >= last)
        };
        let length = |stretch: &Vec<Visit>| {
            let began = stretch.first().map_or(until_ms, |visit| visit.began_ms);
            end(stretch).unwrap_or(until_ms).saturating_sub(began)
        };
        stretches.retain(|stretch| !stretch.is_empty());
        self.visits = stretches.into_iter().max_by_key(length).unwrap_or_default();
        let began_ms = self.visits.first()?.began_ms;
        let end_ms = end(&self.visits);
        let within = began_ms..=end_ms.unwrap_or(until_ms);
        self.incidents
            .retain(|incident| within.contains(&incident.at_ms));
        end_ms
    }

    fn sum(&self, room: usize, figure: fn(&Tally) -> u32) -> u32 {
        let visits = self.visits.iter();
        visits
            .filter_map(|visit| visit.rooms.get(room))
            .map(figure)
            .sum()
    }

    /// After a restart boxes come back by themselves: only one that did not is an incident of its own.
    fn fold_restarts(&mut self) {
        let restarts = self.incidents.iter();
        let restarts: Vec<u64> = restarts
            .filter(|incident| incident.what == IncidentKind::BridgeRestarted)
            .map(|incident| incident.at_ms)
            .collect();
        let by_itself = |incident: &Incident| {
            let soon = |back_ms| back_ms < incident.at_ms + BACK_BY_ITSELF_MS;
            incident.what == IncidentKind::RoomLost
                && restarts.contains(&incident.at_ms)
                && incident.back_ms.is_some_and(soon)
        };
        let (came, kept): (Vec<Incident>, Vec<Incident>) =
            self.incidents.drain(..).partition(by_itself);
        self.incidents = kept;
        for incident in &mut self.incidents {
            if incident.what == IncidentKind::BridgeRestarted {
                let back = came.iter().filter(|other| other.at_ms == incident.at_ms);
                incident.back_ms = back.filter_map(|other| other.back_ms).max();
            }
        }
    }

    fn items(&self, end_ms: Option<u64>) -> Vec<ItemReport> {
        let ends = self.visits.iter().skip(1);
        let ends = ends.map(|next| Some(next.began_ms)).chain([end_ms]);
        let run = self.visits.iter().zip(ends);
        run.map(|(visit, end)| self.item(visit, end)).collect()
    }

    fn item(&self, visit: &Visit, end: Option<u64>) -> ItemReport {
        let view = item_view(visit.item);
        let speaker = view.speaker.and_then(|n| self.programme.speakers.get(n));
        let minutes = match visit.item {
            Item::Talk(_) => speaker.map(|speaker| speaker.minutes),
            Item::Questions(_) => speaker.map(|speaker| speaker.questions),
            Item::Lobby | Item::Welcome | Item::Speakers | Item::Closing | Item::FollowUp => None,
        };
        let planned_ms = minutes.map(|minutes| u64::from(minutes) * 60_000);
        let took_ms = end.map(|end| end.saturating_sub(visit.began_ms));
        let over = |(took, planned): (u64, u64)| {
            i64::try_from(took)
                .ok()?
                .checked_sub(i64::try_from(planned).ok()?)
        };
        ItemReport {
            kind: view.kind,
            speaker: speaker.map(|speaker| speaker.name.clone()),
            began_ms: visit.began_ms,
            took_ms,
            planned_ms,
            over_ms: took_ms.zip(planned_ms).and_then(over),
        }
    }

    fn turns(&self) -> Vec<u32> {
        let rooms = (0..).map(RoomId).zip(self.names);
        rooms
            .map(|(id, _)| self.evening.floor().turns(id))
            .collect()
    }

    fn questioned(&self) -> bool {
        matches!(self.evening.item(), Item::Questions(SpeakerId(_)))
    }

    fn count_lost(&self, name: &str) -> u32 {
        let mut count = 0;
        for incident in &self.incidents {
            count += u32::from(incident.room.as_deref() == Some(name));
        }
        count
    }
}

impl Incident {
    fn new(at_ms: u64, what: IncidentKind, room: Option<&String>) -> Self {
        Self {
            at_ms,
            what,
            room: room.cloned(),
            back_ms: None,
        }
    }
}

#[cfg(test)]
mod tests;
