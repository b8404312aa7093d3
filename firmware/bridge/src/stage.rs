//! One evening as the bridge knows it: the floor's rules, what boxes say, what media tells. Pure.

use std::time::Instant;

use conference::wire::{
    ErrorCode, FloorView, FromBridge, FromClient, RoomView, Shows, State, Status,
};
use conference::{Conference, Input, Refusal, RoomId, Rule};

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
    conference: Conference,
    rooms: Vec<Room>,
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
    /// An evening of these rooms, nobody there yet. At most 65535 names.
    pub fn new(names: impl IntoIterator<Item = String>, rule: Rule) -> Self {
        let rooms: Vec<Room> = names
            .into_iter()
            .map(|name| Room {
                name,
                ..Room::default()
            })
            .collect();
        Self {
            conference: Conference::new(u16::try_from(rooms.len()).unwrap_or(u16::MAX), rule),
            rooms,
        }
    }

    /// A box connected.
    pub fn joined(&mut self, room: RoomId, now: Instant) {
        // The rules refuse only rooms they do not know, and a seat is always of a known one.
        let _ = self.conference.handle_input(Input::RoomJoined(room), now);
    }

    /// A box left or was lost: what it said of its devices is not known any more.
    pub fn left(&mut self, room: RoomId, now: Instant) {
        let _ = self.conference.handle_input(Input::RoomLeft(room), now);
        self.with(room, |room| room.status = Status::default());
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
        let input = match (by, what) {
            (_, FromClient::Hello { .. }) => {
                return Err(forbidden(
                    "hello was said already; it is only the first message",
                ));
            }
            (Seat::Room(room), FromClient::RequestFloor {}) => Ok(Input::FloorRequested(room)),
            (Seat::Room(room), FromClient::ReleaseFloor {}) => Ok(Input::FloorReleased(room)),
            (Seat::Room(room), FromClient::Status(status)) => {
                self.with(room, |room| room.status = status);
                return Ok(());
            }
            (Seat::Chair, FromClient::GrantFloor { room }) => {
                self.id_of(&room).map(Input::FloorGranted)
            }
            (Seat::Chair, FromClient::RevokeFloor {}) => Ok(Input::FloorRevoked),
            (Seat::Chair, FromClient::DenyRequest { room }) => {
                self.id_of(&room).map(Input::RequestDenied)
            }
            (
                Seat::Room(_),
                FromClient::GrantFloor { .. }
                | FromClient::RevokeFloor {}
                | FromClient::DenyRequest { .. },
            ) => return Err(forbidden(&format!("only the chair may say {request}"))),
            (
                Seat::Chair,
                FromClient::RequestFloor {} | FromClient::ReleaseFloor {} | FromClient::Status(_),
            ) => return Err(forbidden(&format!("only a room may say {request}"))),
        };
        input
            .and_then(|input| self.conference.handle_input(input, now))
            .map_err(|refusal| {
                Box::new(FromBridge::Refused {
                    request: request.into(),
                    reason: refusal.to_string(),
                })
            })
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

    /// All rooms, in order.
    pub fn rooms(&self) -> Vec<RoomId> {
        (0..).map(RoomId).take(self.rooms.len()).collect()
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.conference.poll_timeout()
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.conference.handle_timeout(now);
    }

    /// The room that has the floor, and the one that had it before.
    pub fn floor(&self) -> (Option<RoomId>, Option<RoomId>) {
        (self.conference.holder(), self.conference.last_holder())
    }

    /// Everything as clients see it now.
    pub fn view(&mut self) -> State {
        // Orders of the rules need no carrying out here: each is a change of the view, and the
        // boxes obey what they see.
        while self.conference.poll_output().is_some() {}
        let floor = FloorView {
            holder: self.conference.holder().and_then(|id| self.name_of(id)),
            last_holder: self
                .conference
                .last_holder()
                .and_then(|id| self.name_of(id)),
            queue: self
                .conference
                .queue()
                .into_iter()
                .filter_map(|id| self.name_of(id))
                .collect(),
        };
        let rooms = (0..).map(RoomId).zip(&self.rooms);
        State {
            floor,
            rooms: rooms.map(|(id, room)| self.room_view(id, room)).collect(),
        }
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
            present: self.conference.is_present(id),
            publishing: room.publishing,
            watching: room.watching,
            microphone_open: self.conference.microphone_open(id),
            main_wanted: room.main_wanted,
            turns: self.conference.turns(id),
            status: room.status.clone(),
            shows: room.shows.clone(),
        }
    }

    fn id_of(&self, name: &str) -> Result<RoomId, Refusal> {
        (0..)
            .map(RoomId)
            .zip(&self.rooms)
            .find(|(_, room)| room.name == name)
            .map(|(id, _)| id)
            .ok_or(Refusal::UnknownRoom(RoomId(u16::MAX)))
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
        FromClient::GrantFloor { .. } => "grant_floor",
        FromClient::RevokeFloor {} => "revoke_floor",
        FromClient::DenyRequest { .. } => "deny_request",
    }
}

fn forbidden(detail: &str) -> Box<FromBridge> {
    Box::new(FromBridge::Error {
        code: ErrorCode::Forbidden,
        detail: detail.into(),
    })
}
