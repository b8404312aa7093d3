//! The media sessions that are open: whose they are, and what their slots show.

use std::collections::BTreeMap;

use conference::RoomId;
use conference::wire::Shows;
use tokio::sync::watch;

use crate::sfu::PeerId;
use crate::stage::Direction;

/// Most viewers beside the rooms' televisions: what one machine is built for.
pub const MAX_VIEWERS: usize = 200;

/// Who a media session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A room, to be seen and heard (WHIP).
    Publisher(RoomId),
    /// A room's television (WHEP).
    Television(RoomId),
    /// Somebody who only watches: a browser, the chair (WHEP).
    Viewer,
}

impl Party {
    /// The room and the way media flows, when it belongs to a room.
    pub fn of_room(self) -> Option<(RoomId, Direction)> {
        match self {
            Self::Publisher(room) => Some((room, Direction::Up)),
            Self::Television(room) => Some((room, Direction::Down)),
            Self::Viewer => None,
        }
    }
}

/// One session.
pub struct Session {
    /// Its connection.
    pub peer: PeerId,
    /// Whose it is.
    pub party: Party,
    shows: watch::Sender<Shows>,
}

/// All open sessions, by their unguessable names.
#[derive(Default)]
pub struct Sessions {
    open: BTreeMap<String, Session>,
    last_peer: u64,
}

impl Sessions {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether no viewer more may come.
    pub fn is_full(&self) -> bool {
        let parties = self.open.values().map(|session| session.party);
        parties.filter(|party| *party == Party::Viewer).count() >= MAX_VIEWERS
    }

    /// A number that no connection has had.
    pub fn next_peer(&mut self) -> PeerId {
        self.last_peer += 1;
        PeerId(self.last_peer)
    }

    /// Enters a session; returns the one whose place it takes, if it is a room's.
    pub fn insert(&mut self, id: String, peer: PeerId, party: Party) -> Option<Session> {
        let older = self
            .open
            .extract_if(.., |_, older| {
                party != Party::Viewer && older.party == party
            })
            .next();
        let session = Session {
            peer,
            party,
            shows: watch::Sender::default(),
        };
        self.open.insert(id, session);
        older.map(|(_, session)| session)
    }

    /// Takes a session out of the list.
    pub fn remove(&mut self, id: &str) -> Option<Session> {
        self.open.remove(id)
    }

    /// Takes those of a room out of the list.
    pub fn remove_of_room(&mut self, room: RoomId) -> Vec<Session> {
        let of_room =
            |session: &Session| session.party.of_room().is_some_and(|(own, _)| own == room);
        let removed = self.open.extract_if(.., |_, session| of_room(session));
        removed.map(|(_, session)| session).collect()
    }

    /// Takes the session of a connection out of the list.
    pub fn forget(&mut self, peer: PeerId) {
        self.open.retain(|_, session| session.peer != peer);
    }

    /// The room a connection belongs to, and which way its media flows.
    pub fn of_room(&self, peer: PeerId) -> Option<(RoomId, Direction)> {
        let session = self.open.values().find(|session| session.peer == peer)?;
        session.party.of_room()
    }

    /// What the slots of a session show, from now on.
    pub fn shows(&self, id: &str) -> Option<watch::Receiver<Shows>> {
        self.open.get(id).map(|session| session.shows.subscribe())
    }

    /// Enters what the slots of a connection show.
    pub fn set_shows(&self, peer: PeerId, shows: Shows) {
        let mut sessions = self.open.values();
        if let Some(session) = sessions.find(|session| session.peer == peer) {
            session.shows.send_if_modified(|now| {
                let changed = *now != shows;
                *now = shows;
                changed
            });
        }
    }
}
