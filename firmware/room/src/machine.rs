//! The box as a state machine: what it knows of the conference, its buttons and its devices, and
//! what follows for microphone, camera and television. No input, no output, no clock.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use board::gestures::{Gesture, Gestures, Hold};
use board::lights;
use conference::wire::{Device, FromClient, RoomView, State, Status};
use pipelines::{Part, PartState, View};

use crate::config::Language;
use crate::decks::Wanted;
use crate::kept::Kept;
use crate::pairing::facts::Told;
use crate::scenes::{Clock, Pages, Sight, photo_of, ready};
use crate::words::Words;

mod anew;
mod buttons;
mod checks;
mod code;
mod diagnostics;
mod facts;
mod hands;
mod holds;
mod joining;
mod layouts;
mod lines;
mod panel;
mod rest;
mod updates;
mod volume;

pub use anew::Busy;
pub use board::Button;
pub use buttons::Steps;
pub use code::Code;
pub use facts::{Input, Output, Time};
pub use hands::Hands;
pub use joining::Introduction;
pub use layouts::Layout;
pub use rest::Rest;
pub use updates::{Card, Doing, Fetch, Step};

/// Nobody wants anything of a box when nobody has pressed a button for so long.
pub const QUIET: Duration = Duration::from_secs(5 * 60);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Link {
    NeverUp,
    Up,
    Down,
    TokenRefused,
}

/// The box; see the module.
#[derive(Debug)]
pub struct Machine {
    name: String,
    words: Words,
    thumbs: bool,
    link: Link,
    /// Since when the bridge is away.
    lost: Option<Instant>,
    /// How far it is in getting to know its bridge.
    joining: Told,
    /// By which address, and by which key; for the television.
    introduction: Introduction,
    session: Option<String>,
    state: State,
    status: Status,
    /// The second television. The bridge does not hear of it: no chair decides anything by it.
    second_screen: Device,
    shown: Option<View>,
    shown_second: Option<View>,
    decks: BTreeMap<String, Pages>,
    photos: BTreeMap<String, PathBuf>,
    wanted: Wanted,
    updates: updates::Updates,
    time: Option<Time>,
    /// What the bridge's clock is ahead of ours, in milliseconds.
    ahead_ms: i64,
    main_encoded: bool,
    /// The check that is under way, and what the bridge's clock was ahead then.
    check: Option<(u32, i64)>,
    closed: bool,
    gestures: Gestures,
    /// What the buttons that are down will do, and in how long.
    hold: Option<holds::Holding>,
    /// What the last press of *Parole* or *Micro* did, and may be taken back.
    done: Option<buttons::Done>,
    /// The press of this button has woken the box, and does nothing else.
    woken_by: Option<Button>,
    stuck: [bool; 5],
    /// What is wrong with the settings file.
    mistake: Option<String>,
    lit: Option<lights::State>,
    signal: Option<lights::Signal>,
    diagnostics: Option<diagnostics::Diagnostics>,
    /// How many microphones are heard by themselves.
    channels: usize,
    held: Option<buttons::Held>,
    layout: Option<layouts::Chosen>,
    hands: Option<Hands>,
    /// The page that was asked for, and until when it counts as open.
    page_asked: Option<(u16, Instant)>,
    kept: Kept,
    written: Kept,
    /// Until when the television shows the volume.
    volume_until: Option<Instant>,
    /// What a technician reads on the television.
    code: Option<code::Shown>,
    rest: Rest,
    /// When somebody last wanted something of the box.
    stirred: Instant,
    began: Instant,
    quiet: Duration,
    outputs: VecDeque<Output>,
}

/// What a box is to be.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The room's name.
    pub name: &'a str,
    /// The room's language.
    pub language: Language,
    /// Whether small pictures lie on a picture that fills the screen.
    pub thumbs: bool,
    /// The devices, as far as the settings tell.
    pub status: Status,
    /// What it had kept.
    pub kept: Kept,
    /// After how long without a button it may rest; [`QUIET`].
    pub quiet: Duration,
    /// What it tells of itself and of the bridge while they do not know each other.
    pub introduction: Introduction,
}

impl Machine {
    /// A box that has not reached the bridge yet; its microphone is closed.
    pub fn new(setup: Setup<'_>, now: Instant) -> Self {
        let Setup {
            name,
            language,
            thumbs,
            status,
            kept,
            quiet,
            introduction,
        } = setup;
        let mut machine = Self {
            name: name.to_owned(),
            words: Words::new(language),
            thumbs,
            link: Link::NeverUp,
            lost: None,
            joining: Told::Nothing,
            introduction,
            session: None,
            state: State::default(),
            status,
            second_screen: Device::None,
            shown: None,
            shown_second: None,
            decks: BTreeMap::new(),
            photos: BTreeMap::new(),
            wanted: Wanted::default(),
            updates: updates::Updates::default(),
            time: None,
            ahead_ms: 0,
            main_encoded: false,
            check: None,
            closed: true,
            gestures: Gestures::default(),
            hold: None,
            done: None,
            woken_by: None,
            stuck: [false; 5],
            mistake: None,
            lit: None,
            signal: None,
            diagnostics: None,
            channels: 0,
            held: None,
            layout: None,
            hands: None,
            page_asked: None,
            outputs: VecDeque::from([Output::CloseMicrophone(true), Output::Volume(kept.volume)]),
            written: kept.clone(),
            kept,
            volume_until: None,
            code: None,
            rest: Rest::Awake,
            stirred: now,
            began: now,
            quiet,
        };
        if machine.kept.muted {
            machine.set_muted(true);
        }
        machine.show(now);
        machine.light(now);
        machine
    }

    /// Takes in one fact.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        match input {
            Input::LinkUp { session, now_ms } => self.link_up(session, now_ms),
            Input::CheckAsked { id, now_ms } => self.check_asked(id, now_ms, now),
            Input::Looked(looked) => self.looked(looked),
            Input::LinkDown => self.link = down(&self.link),
            Input::TokenRefused => self.link = Link::TokenRefused,
            Input::Joining(told) => self.joining = told,
            Input::Named(room) => self.named(&room),
            Input::PairAnew => self.outputs.push_back(Output::PairAnew),
            Input::State(state) => self.follow(*state),
            Input::Pressed(button) => self.gestures.handle_button(button, true, now),
            Input::Released(button) => self.gestures.handle_button(button, false, now),
            Input::Stuck(button) => self.gestures.handle_stuck(button),
            Input::PeopleCounted(people) => self.count_people(people),
            Input::VolumeSet(percent) => self.set_volume(percent, now),
            Input::Code(code) => self.code(code, now),
            Input::Mistake(mistake) => self.mistake = Some(mistake.kept(&self.words)),
            Input::RestartAsked => self.reached(Hold::Restart, now),
            Input::Part(part, state) => self.part(part, state),
            Input::Channels(channels) => self.channels = channels,
            Input::Diagnostics(on) => self.diagnose(on, now),
            Input::Examined(findings) => self.examined(findings),
            Input::Time(time) => self.time = Some(time),
            Input::Deck { id, pages } => self.deck(id, pages),
            Input::Photo { id, file } => self.photo(id, file),
            Input::Card(card) => self.card(card),
            Input::Update(fetch) => self.fetched(fetch),
        }
        self.handle_timeout(now);
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let held = self.held.map(|held| held.next);
        let due = [
            held,
            self.gestures.poll_timeout(),
            self.layout_due(now),
            self.starting_due(now),
            self.diagnostics_due(now),
            self.volume_until,
            self.code.as_ref().map(|shown| shown.until),
            self.hands_due(),
            self.quiet_due(now),
        ];
        due.into_iter().flatten().min()
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.note_link(now);
        self.gestures.handle_timeout(now);
        while let Some(gesture) = self.gestures.poll_output() {
            self.gesture(gesture, now);
        }
        self.repeat(now);
        self.tell_hands(now);
        self.hide_volume(now);
        self.settle_diagnostics(now);
        self.hide_code(now);
        self.settle_rest(now);
        self.settle_update(now);
        self.show(now);
        self.light(now);
    }

    fn gesture(&mut self, gesture: Gesture, now: Instant) {
        match gesture {
            Gesture::Pressed(button) if self.stir(now) => self.woken_by = Some(button),
            Gesture::Pressed(button) => self.pressed(button, now),
            Gesture::Released { button, .. } | Gesture::Cancelled(button)
                if self.woken_by == Some(button) =>
            {
                self.woken_by = None;
            }
            Gesture::Released { button, click } => self.released(button, click, now),
            Gesture::Cancelled(_) => self.cancelled(),
            Gesture::Holding { hold, left } => self.holding(hold, left, now),
            Gesture::LetGo(_) => self.hold = None,
            Gesture::Reached(hold) => self.reached(hold, now),
            Gesture::Stuck(button) => self.set_stuck(button, true),
            Gesture::Freed(button) => self.set_stuck(button, false),
        }
    }

    /// The next order; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How the box's devices are.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether it rests.
    pub fn rest(&self) -> Rest {
        self.rest
    }

    /// What outlives a restart: the volume, the next evening.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// What the lamps were last told.
    pub fn lit(&self) -> lights::State {
        self.lit.unwrap_or_default()
    }

    /// How the room's second screen is.
    pub fn second_screen(&self) -> &Device {
        &self.second_screen
    }

    /// The lines at the foot of the television.
    pub fn shown_lines(&self) -> Vec<String> {
        let lines = self.shown.iter().flat_map(|view| &view.lines);
        lines.map(|line| line.text.clone()).collect()
    }

    /// Whether the bridge is there.
    pub fn is_linked(&self) -> bool {
        self.link == Link::Up
    }

    /// The bridge's view of this room, once it is known.
    pub fn view_of_me(&self) -> Option<&RoomView> {
        self.state.room(&self.name)
    }

    fn link_up(&mut self, session: String, now_ms: u64) {
        self.link = Link::Up;
        if let Some(Time { unix_ms, .. }) = self.time {
            // Both are far below 2^63.
            self.ahead_ms = now_ms as i64 - unix_ms as i64;
        }
        let same = self.session.as_ref() == Some(&session);
        self.session = Some(session);
        self.outputs.push_back(if same {
            Output::StartMedia
        } else {
            Output::RestartMedia
        });
        self.report();
    }

    fn follow(&mut self, state: State) {
        self.state = state;
        self.want_decks();
        self.follow_poll();
        self.kept.upcoming.clone_from(&self.state.upcoming);
        if self.kept.upcoming != self.written.upcoming {
            self.keep();
        }
        let Some(me) = self.state.room(&self.name) else {
            return;
        };
        let (open, wanted) = (me.microphone_open, me.main_wanted);
        if self.closed == open {
            self.closed = !open;
            self.outputs.push_back(Output::CloseMicrophone(!open));
        }
        self.encode_main(wanted);
    }

    /// A check wants the large picture, too: what is not sent measures nothing.
    fn encode_main(&mut self, wanted: bool) {
        let wanted = wanted || self.check.is_some();
        if self.main_encoded != wanted {
            self.main_encoded = wanted;
            self.outputs.push_back(Output::EncodeMain(wanted));
        }
    }

    /// The running talk's deck first, then those of the talks to come, then the others.
    fn want_decks(&mut self) {
        let at = self.state.evening.at;
        let programme = &self.state.programme;
        let (past, rest) = programme.items.split_at(at.min(programme.items.len()));
        let mut decks: Vec<String> = Vec::new();
        for item in rest.iter().chain(past) {
            let speaker = item.speaker.and_then(|n| programme.speakers.get(n));
            let deck = speaker
                .and_then(|speaker| speaker.deck.as_ref())
                .and_then(ready);
            if let Some(id) = deck.filter(|id| !decks.iter().any(|wanted| wanted == id)) {
                decks.push(id.to_owned());
            }
        }
        let photos = programme.speakers.iter().filter_map(photo_of);
        let wanted = Wanted {
            photos: photos.collect(),
            decks,
        };
        if self.wanted != wanted {
            self.decks.retain(|id, _| wanted.decks.contains(id));
            self.photos.retain(|id, _| wanted.has_photo(id));
            self.wanted.clone_from(&wanted);
            self.outputs.push_back(Output::Fetch(wanted));
        }
    }

    fn photo(&mut self, id: String, file: PathBuf) {
        if self.wanted.has_photo(&id) {
            self.photos.insert(id, file);
        }
    }

    fn deck(&mut self, id: String, pages: Pages) {
        if !self.wanted.decks.contains(&id) {
            return;
        }
        let whole = !pages.is_empty() && pages.iter().all(Option::is_some);
        let known = self.status.decks.contains(&id);
        if whole && !known {
            self.status.decks.push(id.clone());
        } else if !whole {
            self.status.decks.retain(|deck| *deck != id);
        }
        self.decks.insert(id, pages);
        if whole != known {
            self.report();
        }
    }

    fn part(&mut self, part: Part, state: PartState) {
        let state = self::device(state);
        let device = match part {
            Part::Camera => &mut self.status.camera,
            Part::Microphones => &mut self.status.microphones,
            Part::Screen => &mut self.status.screen,
            Part::Loudspeaker => &mut self.status.loudspeaker,
            Part::DeckScreen => {
                self.second_screen = state;
                return;
            }
        };
        if *device != Device::None {
            *device = state;
            self.report();
        }
    }

    fn count_people(&mut self, people: u16) {
        if self.link == Link::Up {
            let room = self.name.clone();
            let counted = FromClient::CountPeople { room, people };
            self.outputs.push_back(Output::Send(counted));
        }
    }

    fn keep(&mut self) {
        if self.written != self.kept {
            self.written = self.kept.clone();
            self.outputs.push_back(Output::Keep(self.kept.clone()));
        }
    }

    fn report(&mut self) {
        if self.link == Link::Up {
            let status = FromClient::Status(self.status.clone());
            self.outputs.push_back(Output::Send(status));
        }
    }

    fn show(&mut self, now: Instant) {
        let view = self.view(now);
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            self.outputs.push_back(Output::Show(Box::new(view)));
        }
        // Also while it is away, so that it does not come back with an old page.
        let second = (self.second_screen != Device::None).then(|| self.second_view());
        if let Some(view) = second.filter(|view| self.shown_second.as_ref() != Some(view)) {
            self.shown_second = Some(view.clone());
            self.outputs.push_back(Output::ShowSecond(Box::new(view)));
        }
    }

    /// Nothing but the chair's message lies on a page; this room's own lines are on the first screen.
    fn second_view(&self) -> View {
        let (scene, message) = match self.rest {
            Rest::Resting => (self.resting(), None),
            Rest::Awake => (
                self.sight().second_scene(),
                self.state.evening.message.clone(),
            ),
        };
        View {
            room: self.name.clone(),
            scene,
            message,
            ..View::default()
        }
    }

    fn sight(&self) -> Sight<'_> {
        Sight {
            layout: self.layout_now(),
            ..self.sight_of_conference()
        }
    }

    /// As every room sees it.
    fn sight_of_conference(&self) -> Sight<'_> {
        let clock = self.time.map(|time| Clock {
            bridge_ms: time.unix_ms.saturating_add_signed(self.ahead_ms),
            hour_minute: time.hour_minute(),
        });
        Sight {
            state: &self.state,
            own: &self.name,
            linked: self.link == Link::Up,
            status: &self.status,
            decks: &self.decks,
            photos: &self.photos,
            second_screen: matches!(self.second_screen, Device::Running(_)),
            clock,
            thumbs: self.thumbs,
            hands: self.hands_now(),
            layout: None,
            words: &self.words,
        }
    }

    fn view(&self, now: Instant) -> View {
        if let Some(view) = self.diagnostic_view(now) {
            return view;
        }
        let room = self.name.clone();
        match self.rest {
            Rest::Resting => View {
                room,
                scene: self.resting(),
                lines: self
                    .code_line()
                    .into_iter()
                    .chain(self.update_line())
                    .collect(),
                ..View::default()
            },
            Rest::Awake => View {
                room,
                scene: match self.joining_scene() {
                    Some(scene) => scene,
                    None => self.sight().scene(),
                },
                message: self.state.evening.message.clone(),
                lines: self.lines(now),
                volume: self.volume_until.map(|_| self.kept.volume),
            },
        }
    }
}

/// How a device is, by its part.
pub(crate) fn device(state: PartState) -> Device {
    match state {
        PartState::Starting => Device::Unknown,
        PartState::Running { chosen } => Device::Running(chosen),
        PartState::Missing { reason } | PartState::Stalled { reason } => Device::Missing(reason),
    }
}

fn down(link: &Link) -> Link {
    match link {
        Link::NeverUp => Link::NeverUp,
        Link::TokenRefused => Link::TokenRefused,
        Link::Up | Link::Down => Link::Down,
    }
}

#[cfg(test)]
pub(crate) mod tests;
