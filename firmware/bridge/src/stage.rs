//! One evening as the bridge knows it: the floor's rules, what boxes say, what media tells. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use conference::audience::{Applause, PhoneId};
use conference::wire::{
    BridgeView, DeckState, DeckView, ErrorCode, FloorView, FromBridge, FromClient, PhotoView,
    ProgrammeView, Reason, RoomView, Shows, State, Status, Trouble, TroubleKind, UpcomingView,
    UpdateView,
};
use conference::{
    Evening, Happened, Input, Messages, No, Programme, Refusal, RoomId, Rule, Scene, SpeakerId,
};

use crate::entry::Entry;
use crate::ready::Checks;
use crate::reasons::of_no;
use crate::view::{evening_view, moment, programme_view, scene_of, unix_ms};

mod audience;
mod upcoming;

pub use audience::PhonesView;

/// Who speaks on a control connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// The box of a room.
    Room(RoomId),
    /// A console of the chair.
    Chair,
}

/// Which session of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The room's sound and picture, to the bridge.
    Up,
    /// The others', to the room.
    Down,
}

/// The rules and the facts behind the [`State`] that everybody sees.
#[derive(Debug)]
pub struct Stage {
    evening: Evening,
    messages: Messages,
    programme: Programme,
    shown: ProgrammeView,
    bridge: BridgeView,
    names: Vec<String>,
    /// One moment by the clock that runs evenly, and by the one on the wall, in milliseconds since 1970.
    clock: (Instant, u64),
    rooms: Vec<Room>,
    unwritten: VecDeque<(u64, Entry)>,
    /// Votes of phones that are not counted yet.
    ballots: BTreeMap<PhoneId, u8>,
    applause: Applause,
    applause_level: u8,
    page: Option<String>,
    checks: Checks,
    upcoming: Option<UpcomingView>,
    update: Option<UpdateView>,
    rule: Rule,
    /// When somebody last did something, in milliseconds since 1970.
    stepped_ms: Option<u64>,
}

/// What is known of a room beside the floor.
#[derive(Debug, Default)]
struct Room {
    name: String,
    status: Status,
    publishing: bool,
    watching: bool,
    main_wanted: bool,
    shows: Shows,
}

impl Stage {
    /// An evening of these rooms, nobody there yet. At most 65535 names. `clock` is one moment by both clocks.
    pub fn new(
        names: Vec<String>,
        programme: &Programme,
        rule: Rule,
        clock: (Instant, u64),
    ) -> Self {
        let evening = Evening::new(programme, &names, rule);
        let named = |name: &String| Room {
            name: name.clone(),
            ..Room::default()
        };
        Self {
            shown: programme_view(programme, evening.items()),
            programme: programme.clone(),
            messages: Messages::default(),
            bridge: BridgeView::default(),
            evening,
            clock,
            rooms: names.iter().map(named).collect(),
            checks: Checks::new(names.len()),
            names,
            unwritten: VecDeque::new(),
            ballots: BTreeMap::new(),
            applause: Applause::default(),
            applause_level: 0,
            page: None,
            upcoming: None,
            update: None,
            rule,
            stepped_ms: None,
        }
    }

    /// A box connected.
    pub fn joined(&mut self, room: RoomId, now: Instant) {
        // The rules refuse only rooms they do not know, and a seat is always of a known one.
        let _ = self.happened(Happened::Floor(Input::RoomJoined(room)), now);
    }

    /// A box left or was lost: what it said of its devices is not known any more.
    pub fn left(&mut self, room: RoomId, now: Instant) {
        let _ = self.happened(Happened::Floor(Input::RoomLeft(room)), now);
        self.with(room, |room| room.status = Status::default());
        self.checks.left(room);
    }

    /// Somebody said something.
    ///
    /// # Errors
    /// The answer to give: refused by the rules, or not for this seat to say.
    pub fn said(
        &mut self,
        by: Seat,
        what: FromClient,
        now: Instant,
    ) -> Result<(), Box<FromBridge>> {
        let request = name_of(&what);
        let refused = |no: No| {
            Box::new(FromBridge::Refused {
                request: request.into(),
                reason: of_no(&no),
            })
        };
        let happened = match (by, what) {
            (_, FromClient::Hello { .. }) => {
                return Err(forbidden(
                    "hello was said already; it is only the first message",
                ));
            }
            (Seat::Room(room), FromClient::Status(status)) => {
                self.with(room, |room| room.status = status);
                return Ok(());
            }
            (by, FromClient::Audience(wish)) => return self.wished(by, wish, now),
            (Seat::Room(room), FromClient::Checked(report)) => {
                self.checks.answered(room, report);
                return Ok(());
            }
            (Seat::Chair, FromClient::CheckRooms {}) => {
                self.check_rooms(now);
                return Ok(());
            }
            (Seat::Room(room), what) => self
                .wish_of_room(room, &what)
                .ok_or_else(|| forbidden(&format!("only the chair may say {request}")))?,
            (Seat::Chair, what) => self
                .wish_of_chair(what)
                .ok_or_else(|| forbidden(&format!("only a room may say {request}")))?,
        };
        happened
            .and_then(|happened| self.happened(happened, now))
            .map_err(refused)
    }

    /// What a room's message asks of the evening; nothing if it is not for a room to say.
    fn wish_of_room(&self, room: RoomId, what: &FromClient) -> Option<Result<Happened, No>> {
        Some(Ok(match what {
            FromClient::RequestFloor {} => Happened::Floor(Input::FloorRequested(room)),
            FromClient::ReleaseFloor {} => Happened::Floor(Input::FloorReleased(room)),
            FromClient::Pass {} => Happened::Passed(room),
            FromClient::CountPeople {
                room: named,
                people,
            } if self.id_of(named) == Some(room) => Happened::Counted(room, *people),
            FromClient::TurnPage { .. } if self.evening.speaks_from() != Some(room) => {
                return Some(Err(No::NotTheSpeaker));
            }
            FromClient::TurnPage { page } => Happened::PageTurned(*page),
            FromClient::Hello { .. }
            | FromClient::Status(_)
            | FromClient::Checked(_)
            | FromClient::CheckRooms {}
            | FromClient::GrantFloor { .. }
            | FromClient::RevokeFloor {}
            | FromClient::DenyRequest { .. }
            | FromClient::OpenMicrophone { .. }
            | FromClient::LeaveMicrophone { .. }
            | FromClient::Advance {}
            | FromClient::GoTo { .. }
            | FromClient::ChooseScene { .. }
            | FromClient::Greet { .. }
            | FromClient::CountPeople { .. }
            | FromClient::AddTime { .. }
            | FromClient::Say { .. }
            | FromClient::Undo {}
            | FromClient::Audience(_) => return None,
        }))
    }

    /// What the chair's message asks of the evening; nothing if it is not for the chair to say.
    fn wish_of_chair(&mut self, what: FromClient) -> Option<Result<Happened, No>> {
        if let FromClient::Say { text } = what {
            let message = text.map(|text| self.messages.number(&text)).transpose();
            return Some(message.map(Happened::Said));
        }
        let of_room = |name: &str, input: fn(RoomId) -> Input| {
            let room = self.known(name)?;
            Ok(Happened::Floor(input(room)))
        };
        Some(match what {
            FromClient::GrantFloor { room } => of_room(&room, Input::FloorGranted),
            FromClient::RevokeFloor {} => Ok(Happened::Floor(Input::FloorRevoked)),
            FromClient::DenyRequest { room } => of_room(&room, Input::RequestDenied),
            FromClient::OpenMicrophone { room } => of_room(&room, Input::MicrophoneOpened),
            FromClient::LeaveMicrophone { room } => of_room(&room, Input::MicrophoneLeft),
            FromClient::Advance {} => Ok(Happened::Advanced),
            FromClient::GoTo { item } => Ok(Happened::WentTo(item)),
            FromClient::ChooseScene { scene: None } => Ok(Happened::SceneChosen(None)),
            FromClient::ChooseScene { scene: Some(scene) } => {
                match scene_of(&scene, |name| self.id_of(name)) {
                    Some(scene) => Ok(Happened::SceneChosen(Some(scene))),
                    None => Err(No::Floor(Refusal::UnknownRoom(RoomId(u16::MAX)))),
                }
            }
            FromClient::Greet { room } => self.known(&room).map(Happened::Greeted),
            FromClient::CountPeople { room, people } => self
                .known(&room)
                .map(|room| Happened::Counted(room, people)),
            FromClient::AddTime { minutes } => Ok(Happened::TimeAdded(minutes)),
            FromClient::Undo {} => Ok(Happened::Undone),
            FromClient::TurnPage { page } => Ok(Happened::PageTurned(page)),
            FromClient::Hello { .. }
            | FromClient::Status(_)
            | FromClient::Checked(_)
            | FromClient::CheckRooms {}
            | FromClient::RequestFloor {}
            | FromClient::ReleaseFloor {}
            | FromClient::Say { .. }
            | FromClient::Pass {}
            | FromClient::Audience(_) => return None,
        })
    }

    fn happened(&mut self, happened: Happened, now: Instant) -> Result<(), No> {
        let text = |id| self.messages.text(id).map(str::to_owned);
        let entry = Entry::of(&happened, |room| self.name_of(room), text);
        self.evening.handle_input(happened, now)?;
        let at_ms = self.unix_ms(now);
        self.unwritten.extend(entry.map(|entry| (at_ms, entry)));
        Ok(())
    }

    /// Plays what was written down of an evening. Its rooms have lost the bridge: they come again by themselves.
    pub fn resume(&mut self, entries: &[(u64, Entry)], now: Instant) {
        for (at_ms, entry) in entries {
            self.note_step(*at_ms, entry);
            let at = moment(self.clock, *at_ms);
            let messages = &mut self.messages;
            let changed = entry.play(&mut self.evening, messages, &self.names, at);
            if let Some(programme) = changed {
                self.show_programme(programme);
            }
        }
        if !entries.is_empty() {
            // Never refused.
            let _ = self.happened(Happened::Floor(Input::AllLost), now);
        }
    }

    /// What the evening is to be.
    pub fn programme(&self) -> &Programme {
        &self.programme
    }

    /// How far the speakers' decks are, in the order of the programme.
    pub fn decks(&mut self, decks: Vec<Option<DeckView>>, now: Instant) {
        for (speaker, deck) in (0..).map(SpeakerId).zip(decks) {
            let Some(shown) = self.shown.speakers.get_mut(usize::from(speaker.0)) else {
                return;
            };
            let pages = match deck.as_ref().map(|deck| &deck.state) {
                Some(DeckState::Ready { pages, .. }) => Some(*pages),
                Some(
                    DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. },
                )
                | None => None,
            };
            shown.deck = deck;
            if self.evening.pages(speaker) != pages {
                // The rules refuse only speakers they do not know.
                let _ = self.happened(Happened::DeckChanged(speaker, pages), now);
            }
        }
    }

    /// Which of the speakers' photos are there, in the order of the programme.
    pub fn photos(&mut self, photos: Vec<Option<PhotoView>>) {
        for (shown, photo) in self.shown.speakers.iter_mut().zip(photos) {
            shown.photo = photo;
        }
    }

    /// Which update there is for the boxes.
    pub fn set_update(&mut self, update: Option<UpdateView>) {
        self.update = update;
    }

    /// Whether another programme may take the place of this one.
    ///
    /// # Errors
    /// The evening has begun.
    pub fn may_replan(&self) -> Result<(), No> {
        self.evening.may_replan()
    }

    /// The chair changed the programme.
    ///
    /// # Errors
    /// The evening has begun.
    pub fn replan(&mut self, programme: Programme, now: Instant) -> Result<(), No> {
        self.evening.replan(&programme, &self.names)?;
        let entry = Entry::ProgrammeChanged {
            programme: programme.write(),
        };
        self.unwritten.push_back((self.unix_ms(now), entry));
        self.show_programme(programme);
        Ok(())
    }

    fn show_programme(&mut self, programme: Programme) {
        self.shown = ProgrammeView {
            edition: self.shown.edition + 1,
            ..programme_view(&programme, self.evening.items())
        };
        self.programme = programme;
    }

    /// Whether what happens is written down for good.
    pub fn set_keeps(&mut self, keeps: bool) {
        self.bridge.keeps = keeps;
    }

    /// Something is wrong with the bridge itself.
    pub fn trouble(&mut self, kind: TroubleKind, why: Reason) {
        self.well_again(kind);
        self.bridge.troubles.push(Trouble { kind, why });
    }

    /// It is not, any more.
    pub fn well_again(&mut self, kind: TroubleKind) {
        self.bridge.troubles.retain(|trouble| trouble.kind != kind);
    }

    /// The next entry to be written down, with its time; drain to `None` after every change.
    pub fn unwritten(&mut self) -> Option<(u64, Entry)> {
        let (at_ms, entry) = self.unwritten.pop_front()?;
        self.note_step(at_ms, &entry);
        Some((at_ms, entry))
    }

    /// A media session of a room connected.
    pub fn connected(&mut self, room: RoomId, direction: Direction) {
        self.with(room, |room| match direction {
            Direction::Up => room.publishing = true,
            Direction::Down => room.watching = true,
        });
    }

    /// A media session of a room ended.
    pub fn disconnected(&mut self, room: RoomId, direction: Direction) {
        self.with(room, |room| match direction {
            Direction::Up => room.publishing = false,
            Direction::Down => {
                room.watching = false;
                room.shows = Shows::default();
            }
        });
    }

    /// Whether some viewer shows the room's `main` layer.
    pub fn main_wanted(&mut self, room: RoomId, wanted: bool) {
        self.with(room, |room| room.main_wanted = wanted);
    }

    /// What the television of a room shows.
    pub fn shows(&mut self, room: RoomId, shows: Shows) {
        self.with(room, |room| room.shows = shows);
    }

    /// By names: the rooms in a viewer's slots, main first.
    pub fn shows_of(&self, slots: &[Option<RoomId>]) -> Shows {
        let mut names = slots
            .iter()
            .map(|slot| slot.and_then(|id| self.name_of(id)));
        Shows {
            main: names.next().flatten(),
            thumbs: names.collect(),
        }
    }

    /// Names of all rooms, in order.
    pub fn room_names(&self) -> &[String] {
        &self.names
    }

    /// All rooms, in order.
    pub fn rooms(&self) -> Vec<RoomId> {
        (0..).map(RoomId).take(self.rooms.len()).collect()
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = [self.evening.poll_timeout(), self.checks.poll_timeout()];
        due.into_iter().flatten().min()
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.evening.handle_timeout(now);
        if self.checks.handle_timeout(now) {
            self.check_rooms(now);
        }
    }

    /// When the evening starts, by the clock that runs evenly: the rooms are checked half an hour before.
    pub fn starts_at_ms(&mut self, starts_ms: Option<u64>, now: Instant) {
        let at = starts_ms.map(|at_ms| moment(self.clock, at_ms));
        self.checks.starts_at(at, now);
    }

    /// Whether rooms are being checked: what each loses meanwhile is told by [`Self::loses`].
    pub fn is_checking(&self) -> bool {
        self.checks.is_under_way()
    }

    /// The part of its packets that a room loses now, 0.0 to 1.0.
    pub fn loses(&mut self, room: RoomId, part: f32) {
        self.checks.loses(room, part);
    }

    /// The next room to be asked to check itself; drain to `None` after every change.
    pub fn poll_check(&mut self) -> Option<(RoomId, FromBridge)> {
        self.checks.poll_output()
    }

    fn check_rooms(&mut self, now: Instant) {
        let there: Vec<bool> = self
            .rooms()
            .into_iter()
            .map(|room| self.evening.floor().is_present(room))
            .collect();
        let now_ms = self.unix_ms(now);
        self.checks.begin(&there, now_ms, now);
    }

    /// The room that all others see large, and the one that this room sees: who is greeted or has the floor, and who
    /// is asked or had it before.
    pub fn focus(&self) -> (Option<RoomId>, Option<RoomId>) {
        let floor = self.evening.floor();
        if let Scene::Welcome(Some(room)) = self.evening.scene() {
            return (Some(room), floor.last_holder());
        }
        let holder = floor.holder();
        let asked = self
            .evening
            .speaks_from()
            .filter(|room| Some(*room) != holder);
        (holder, asked.or(floor.last_holder()))
    }

    /// Everything as clients see it now.
    pub fn view(&mut self) -> State {
        // Orders of the rules need no carrying out here: each is a change of the view, and the
        // boxes obey what they see.
        while self.evening.poll_output().is_some() {}
        let floor = self.evening.floor();
        let name = |id: RoomId| self.name_of(id);
        let rooms = (0..).map(RoomId).zip(&self.rooms);
        State {
            floor: FloorView {
                holder: floor.holder().and_then(name),
                last_holder: floor.last_holder().and_then(name),
                queue: floor.queue().into_iter().filter_map(name).collect(),
            },
            rooms: rooms.map(|(id, room)| self.room_view(id, room)).collect(),
            programme: self.shown.clone(),
            evening: evening_view(&self.evening, self.clock, name, &self.messages),
            bridge: self.bridge.clone(),
            audience: Box::new(self.audience_view()),
            applause: self.applause_level,
            upcoming: self.upcoming.clone(),
            update: self.update.clone(),
        }
    }

    /// This moment on the wall, in milliseconds since 1970.
    pub fn unix_ms(&self, now: Instant) -> u64 {
        unix_ms(self.clock, now)
    }

    /// Name of a room.
    pub fn name_of(&self, id: RoomId) -> Option<String> {
        self.rooms
            .get(usize::from(id.0))
            .map(|room| room.name.clone())
    }

    fn room_view(&self, id: RoomId, room: &Room) -> RoomView {
        RoomView {
            name: room.name.clone(),
            present: self.evening.floor().is_present(id),
            publishing: room.publishing,
            watching: room.watching,
            microphone_open: self.evening.floor().microphone_open(id),
            main_wanted: room.main_wanted,
            turns: self.evening.floor().turns(id),
            people: self.evening.people(id),
            status: room.status.clone(),
            shows: room.shows.clone(),
            check: self.checks.view(id),
        }
    }

    fn id_of(&self, name: &str) -> Option<RoomId> {
        let mut rooms = (0..).map(RoomId).zip(&self.rooms);
        rooms.find(|(_, room)| room.name == name).map(|(id, _)| id)
    }

    fn known(&self, name: &str) -> Result<RoomId, No> {
        self.id_of(name)
            .ok_or(No::Floor(Refusal::UnknownRoom(RoomId(u16::MAX))))
    }

    fn with(&mut self, id: RoomId, change: impl FnOnce(&mut Room)) {
        if let Some(room) = self.rooms.get_mut(usize::from(id.0)) {
            change(room);
        }
    }
}

/// The type of a message, as on the wire.
fn name_of(message: &FromClient) -> &'static str {
    match message {
        FromClient::Hello { .. } => "hello",
        FromClient::RequestFloor {} => "request_floor",
        FromClient::ReleaseFloor {} => "release_floor",
        FromClient::Status(_) => "status",
        FromClient::Checked(_) => "checked",
        FromClient::CheckRooms {} => "check_rooms",
        FromClient::GrantFloor { .. } => "grant_floor",
        FromClient::RevokeFloor {} => "revoke_floor",
        FromClient::DenyRequest { .. } => "deny_request",
        FromClient::OpenMicrophone { .. } => "open_microphone",
        FromClient::LeaveMicrophone { .. } => "leave_microphone",
        FromClient::Advance {} => "advance",
        FromClient::GoTo { .. } => "go_to",
        FromClient::ChooseScene { .. } => "choose_scene",
        FromClient::Greet { .. } => "greet",
        FromClient::CountPeople { .. } => "count_people",
        FromClient::AddTime { .. } => "add_time",
        FromClient::Say { .. } => "say",
        FromClient::Undo {} => "undo",
        FromClient::TurnPage { .. } => "turn_page",
        FromClient::Pass {} => "pass",
        FromClient::Audience(_) => "audience",
    }
}

fn forbidden(detail: &str) -> Box<FromBridge> {
    Box::new(FromBridge::Error {
        code: ErrorCode::Forbidden,
        detail: detail.into(),
    })
}
