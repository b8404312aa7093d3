//! The box as a state machine: what it knows of the conference, its buttons and its devices, and
//! what follows for microphone, camera and television. No input, no output, no clock.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use conference::wire::{CheckReport, Device, FromClient, RoomView, SceneView, State, Status};
use pipelines::{Line, Part, PartState, Role, View};

use crate::check::{self, Looked};
use crate::config::Language;
use crate::decks::Wanted;
use crate::scenes::{Clock, Pages, Sight, photo_of, ready};
use crate::words::{Value, Words};

/// A fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// The bridge greeted us; `session` is its run.
    LinkUp {
        /// Another one after a restart of the bridge.
        session: String,
        /// The bridge's clock now, in milliseconds since 1970.
        now_ms: u64,
    },
    /// The bridge wants this box checked.
    CheckAsked {
        /// Goes with the answer.
        id: u32,
        /// The bridge's clock now, in milliseconds since 1970.
        now_ms: u64,
    },
    /// The look at ourselves is over.
    Looked(Looked),
    /// The bridge is out of reach.
    LinkDown,
    /// The bridge does not know our token.
    TokenRefused,
    /// The bridge's state, as it is now.
    State(Box<State>),
    /// The button Parole was clicked.
    SpeakPressed,
    /// The button Micro was clicked.
    MutePressed,
    /// A device came, went, or was chosen.
    Part(Part, PartState),
    /// It is this late now.
    Time(Time),
    /// A photo is in this box now.
    Photo {
        /// Its address.
        id: String,
        /// Its file.
        file: PathBuf,
    },
    /// Pages of a deck are in this box now.
    Deck {
        /// Its address.
        id: String,
        /// All its pages, those that are there with their files.
        pages: Pages,
    },
}

/// The time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Milliseconds since 1970 by this box's clock.
    pub unix_ms: u64,
    /// Hour and minute on the wall of this room.
    pub hour_minute: (u8, u8),
}

/// An order to the shell.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Say this to the bridge.
    Send(FromClient),
    /// The room's own mute, at the source.
    Mute(bool),
    /// The conference's closing of the microphone, at the source.
    CloseMicrophone(bool),
    /// Encode the large picture, or stop.
    EncodeMain(bool),
    /// Look at the camera's picture and measure the network for some seconds.
    Look {
        /// Play a chirp meanwhile, and hear whether it comes back.
        chirp: bool,
    },
    /// Write this on the television.
    Show(Box<View>),
    /// Write this on the second one.
    ShowSecond(Box<View>),
    /// Have these decks and photos in this box; no others are needed.
    Fetch(Wanted),
    /// Open both media sessions if they are not open.
    StartMedia,
    /// Close both media sessions and open new ones: the bridge knows nothing of the old.
    RestartMedia,
}

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
    time: Option<Time>,
    /// What the bridge's clock is ahead of ours, in milliseconds.
    ahead_ms: i64,
    main_encoded: bool,
    /// The check that is under way, and what the bridge's clock was ahead then.
    check: Option<(u32, i64)>,
    closed: bool,
    outputs: VecDeque<Output>,
}

impl Machine {
    /// A box of this name that has not reached the bridge yet; its microphone is closed.
    pub fn new(name: &str, language: Language, thumbs: bool, status: Status) -> Self {
        let mut machine = Self {
            name: name.to_owned(),
            words: Words::new(language),
            thumbs,
            link: Link::NeverUp,
            session: None,
            state: State::default(),
            status,
            second_screen: Device::None,
            shown: None,
            shown_second: None,
            decks: BTreeMap::new(),
            photos: BTreeMap::new(),
            wanted: Wanted::default(),
            time: None,
            ahead_ms: 0,
            main_encoded: false,
            check: None,
            closed: true,
            outputs: VecDeque::from([Output::CloseMicrophone(true)]),
        };
        machine.show();
        machine
    }

    /// Takes in one fact.
    pub fn handle_input(&mut self, input: Input) {
        match input {
            Input::LinkUp { session, now_ms } => self.link_up(session, now_ms),
            Input::CheckAsked { id, now_ms } => self.check_asked(id, now_ms),
            Input::Looked(looked) => self.looked(looked),
            Input::LinkDown => self.link = down(&self.link),
            Input::TokenRefused => self.link = Link::TokenRefused,
            Input::State(state) => self.follow(*state),
            Input::SpeakPressed => self.speak_pressed(),
            Input::MutePressed => self.mute_pressed(),
            Input::Part(part, state) => self.part(part, state),
            Input::Time(time) => self.time = Some(time),
            Input::Deck { id, pages } => self.deck(id, pages),
            Input::Photo { id, file } => self.photo(id, file),
        }
        self.show();
    }

    /// The next order; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How the box's devices are.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// How the room's second screen is.
    pub fn second_screen(&self) -> &Device {
        &self.second_screen
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

    fn check_asked(&mut self, id: u32, now_ms: u64) {
        // Both are far below 2^63.
        let ahead = self
            .time
            .map_or(0, |time| now_ms as i64 - time.unix_ms as i64);
        let looking = self.check.replace((id, ahead)).is_some();
        if !looking {
            self.encode_main(true);
            // Never into a talk.
            let chirp = self.sight().is_lobby() && check::can_chirp(&self.status);
            self.outputs.push_back(Output::Look { chirp });
        }
    }

    fn looked(&mut self, looked: Looked) {
        let Some((id, ahead)) = self.check.take() else {
            return;
        };
        self.encode_main(self.view_of_me().is_some_and(|me| me.main_wanted));
        let whole = |id: &str| self.status.decks.iter().any(|deck| deck == id);
        let report = CheckReport {
            id,
            camera: check::camera(&self.status.camera, looked.camera),
            sound: check::sound(&self.status, looked.chirp),
            decks: check::decks(&self.state.programme, whole),
            network: check::network(looked.network),
            clock: check::clock(ahead),
        };
        self.outputs
            .push_back(Output::Send(FromClient::Checked(report)));
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

    fn speak_pressed(&mut self) {
        if self.link != Link::Up {
            return;
        }
        let floor = &self.state.floor;
        let mine = floor.holder.as_ref() == Some(&self.name) || floor.queue.contains(&self.name);
        self.outputs.push_back(Output::Send(if mine {
            FromClient::ReleaseFloor {}
        } else {
            FromClient::RequestFloor {}
        }));
    }

    fn mute_pressed(&mut self) {
        self.status.muted = !self.status.muted;
        self.outputs.push_back(Output::Mute(self.status.muted));
        self.report();
    }

    fn part(&mut self, part: Part, state: PartState) {
        let state = match state {
            PartState::Starting => Device::Unknown,
            PartState::Running { chosen } => Device::Running(chosen),
            PartState::Missing { reason } | PartState::Stalled { reason } => {
                Device::Missing(reason)
            }
        };
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

    fn report(&mut self) {
        if self.link == Link::Up {
            let status = FromClient::Status(self.status.clone());
            self.outputs.push_back(Output::Send(status));
        }
    }

    fn show(&mut self) {
        let view = self.view();
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
        View {
            room: self.name.clone(),
            scene: self.sight().second_scene(),
            message: self.state.evening.message.clone(),
            lines: Vec::new(),
        }
    }

    fn sight(&self) -> Sight<'_> {
        let clock = self.time.map(|time| Clock {
            bridge_ms: time.unix_ms.saturating_add_signed(self.ahead_ms),
            hour_minute: time.hour_minute,
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
            words: &self.words,
        }
    }

    fn view(&self) -> View {
        View {
            room: self.name.clone(),
            scene: self.sight().scene(),
            message: self.state.evening.message.clone(),
            lines: self.lines(),
        }
    }

    /// What the room must know, most urgent first; two lines at most can be read at a glance.
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut put = |text: String, role: Role| lines.push(Line { text, role });
        let link = match self.link {
            Link::NeverUp => Some("connecting"),
            Link::Down => Some("reconnecting"),
            Link::TokenRefused => Some("token-refused"),
            Link::Up => None,
        };
        if let Some(id) = link {
            put(self.words.say(id), Role::Warning);
        }
        if self.status.muted {
            put(self.words.say("muted"), Role::Muted);
        }
        if self.link == Link::Up {
            self.say_floor(&mut put);
        }
        // Before the start the television lists all devices.
        if self.state.evening.scene != SceneView::Standby || self.link != Link::Up {
            for (device, id) in [
                (&self.status.microphones, "no-microphone"),
                (&self.status.camera, "no-camera"),
                (&self.status.loudspeaker, "no-loudspeaker"),
            ] {
                if matches!(device, Device::Missing(_)) {
                    put(self.words.say(id), Role::Warning);
                }
            }
        }
        if self.link == Link::Up && self.state.applause > 0 {
            let hands = "●".repeat(usize::from(self.state.applause).div_ceil(2));
            put(
                format!("{} {hands}", self.words.say("applause")),
                Role::Neutral,
            );
        }
        lines.truncate(2);
        lines
    }

    fn say_floor(&self, put: &mut impl FnMut(String, Role)) {
        let (floor, evening) = (&self.state.floor, &self.state.evening);
        let mut hands = evening.askers.iter();
        let place = hands.position(|asker| asker.room == self.name && asker.written.is_none());
        let minutes = evening.warning.filter(|_| self.sight().speaks_here());
        if let Some(minutes) = minutes {
            let minutes = Value::Number(usize::try_from(minutes).unwrap_or(0));
            put(
                self.words.with("minutes-left", &[("minutes", minutes)]),
                Role::Warning,
            );
        }
        match &floor.holder {
            Some(holder) if *holder == self.name => {
                put(self.words.say("you-have-the-floor"), Role::Floor);
            }
            // Elsewhere the scene itself names who speaks.
            Some(holder) if place.is_none() && evening.scene == SceneView::Mosaic => {
                let holder = Value::Text(holder);
                put(
                    self.words.with("has-the-floor", &[("room", holder)]),
                    Role::Neutral,
                );
            }
            Some(_) | None => {}
        }
        if let Some(place) = place {
            let place = Value::Number(place + 1);
            put(
                self.words.with("asking", &[("place", place)]),
                Role::Warning,
            );
        } else if evening.offered.as_ref() == Some(&self.name) {
            put(self.words.say("offered"), Role::Warning);
        }
        let mut others = self
            .state
            .rooms
            .iter()
            .filter(|room| room.name != self.name);
        if !self.state.rooms.is_empty() && others.all(|room| !room.present) {
            put(self.words.say("alone"), Role::Neutral);
        }
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
mod tests {
    use super::*;
    use conference::wire::{AskerView, EveningView, FloorView};
    use expect_test::{Expect, expect};

    #[test]
    fn the_microphone_follows_the_conference_and_the_mute_only_the_button() {
        check(
            "up a | open | mute | shut | open | mute",
            expect![[r#"
                start: CloseMicrophone(true) Show[! Connexion au pont…]
                up a: RestartMedia Send(Status) Show[]
                open: CloseMicrophone(false) Show[]
                mute: Mute(true) Send(Status) Show[x Micro coupé]
                shut: CloseMicrophone(true)
                open: CloseMicrophone(false)
                mute: Mute(false) Send(Status) Show[]
            "#]],
        );
    }

    #[test]
    fn a_bridge_that_restarted_gets_new_media_and_the_same_bridge_does_not() {
        check(
            "up a | down | up a | down | up b",
            expect![[r#"
                start: CloseMicrophone(true) Show[! Connexion au pont…]
                up a: RestartMedia Send(Status) Show[]
                down: Show[! Liaison perdue, reconnexion…]
                up a: StartMedia Send(Status) Show[]
                down: Show[! Liaison perdue, reconnexion…]
                up b: RestartMedia Send(Status) Show[]
            "#]],
        );
    }

    #[test]
    fn the_speak_button_asks_and_gives_back() {
        check(
            "speak | up a | speak | queued | speak | floor | speak | other",
            expect![[r#"
                start: CloseMicrophone(true) Show[! Connexion au pont…]
                speak:
                up a: RestartMedia Send(Status) Show[]
                speak: Send(RequestFloor)
                queued: CloseMicrophone(false) Show[! Parole demandée : vous êtes les prochains]
                speak: Send(ReleaseFloor)
                floor: Show[* Vous avez la parole]
                speak: Send(ReleaseFloor)
                other: Show[]
            "#]],
        );
    }

    #[test]
    fn a_missing_camera_is_said_and_the_large_picture_is_made_only_when_wanted() {
        check(
            "nocam | up a | wanted | open | cam",
            expect![[r#"
                start: CloseMicrophone(true) Show[! Connexion au pont…]
                nocam: Show[! Connexion au pont… ! Pas de caméra : les autres salles ne vous voient pas]
                up a: RestartMedia Send(Status) Show[]
                wanted: CloseMicrophone(false) EncodeMain(true) Show[]
                open: EncodeMain(false)
                cam: Send(Status) Show[]
            "#]],
        );
    }

    fn check(script: &str, expect: Expect) {
        let mut machine = Machine::new("Brest", Language::Fr, true, Status::default());
        let mut log = format!("start:{}\n", outputs(&mut machine));
        for step in script.split('|').map(str::trim) {
            machine.handle_input(input(step));
            log += &format!("{step}:{}\n", outputs(&mut machine));
        }
        expect.assert_eq(&log);
    }

    fn input(step: &str) -> Input {
        let part = |state| Input::Part(Part::Camera, state);
        match step {
            "down" => Input::LinkDown,
            "speak" => Input::SpeakPressed,
            "mute" => Input::MutePressed,
            "nocam" => part(PartState::Missing {
                reason: "unplugged".into(),
            }),
            "cam" => part(PartState::Running {
                chosen: "/dev/video0".into(),
            }),
            "open" => state(true, false, None, &[]),
            "shut" => state(false, false, None, &[]),
            "wanted" => state(true, true, None, &[]),
            "queued" => state(true, false, None, &["Brest"]),
            "floor" => state(true, false, Some("Brest"), &[]),
            "other" => state(true, false, Some("Loudéac"), &[]),
            up => Input::LinkUp {
                session: up.replace("up ", ""),
                now_ms: 0,
            },
        }
    }

    fn state(open: bool, wanted: bool, holder: Option<&str>, queue: &[&str]) -> Input {
        let room = |name: &str| RoomView {
            name: name.into(),
            present: true,
            microphone_open: open,
            main_wanted: wanted,
            ..RoomView::default()
        };
        let asker = |name: &str| AskerView {
            room: name.to_owned(),
            written: None,
        };
        Input::State(Box::new(State {
            floor: FloorView {
                holder: holder.map(str::to_owned),
                last_holder: None,
                queue: queue.iter().map(|name| (*name).to_owned()).collect(),
            },
            rooms: vec![room("Brest"), room("Loudéac")],
            evening: EveningView {
                askers: queue.iter().map(|name| asker(name)).collect(),
                ..EveningView::default()
            },
            ..State::default()
        }))
    }

    fn outputs(machine: &mut Machine) -> String {
        let mut text = String::new();
        while let Some(output) = machine.poll_output() {
            text.push(' ');
            text += &match &output {
                Output::Send(FromClient::Status(_)) => "Send(Status)".to_owned(),
                Output::Show(view) => {
                    let lines: Vec<String> = view.lines.iter().map(line).collect();
                    format!("Show[{}]", lines.join(" "))
                }
                Output::Send(_)
                | Output::Mute(_)
                | Output::CloseMicrophone(_)
                | Output::EncodeMain(_)
                | Output::Look { .. }
                | Output::ShowSecond(_)
                | Output::Fetch(_)
                | Output::StartMedia
                | Output::RestartMedia => format!("{output:?}"),
            };
        }
        text
    }

    fn line(line: &Line) -> String {
        let sign = match line.role {
            Role::Neutral => '-',
            Role::Floor => '*',
            Role::Muted => 'x',
            Role::Warning => '!',
        };
        format!("{sign} {}", line.text)
    }
}
