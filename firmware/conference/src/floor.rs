//! Who may speak: the floor, the requests for it, and the microphones that follow from both.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// How long the floor waits for a holder that dropped, before the others get it.
///
/// Long enough for a box that lost its network for some seconds or was unplugged by mistake and
/// comes back with the same name; short enough that forty people do not wait in silence.
const HOLDER_GRACE: Duration = Duration::from_secs(10);

/// A room by its place in the programme's list of rooms, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u16);

/// Who decides on a request for the floor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// The chair grants every turn.
    #[default]
    Chair,
    /// A free floor goes at once to the first request of the queue.
    FirstInQueue,
}

/// The floor (RFC 8855): the right to be seen and heard by all rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Nobody holds it; every present room's microphone may open.
    Free,
    /// One room holds it; the other rooms' microphones are closed at the box.
    Held {
        /// The holder.
        by: RoomId,
        /// When it was granted.
        since: Instant,
    },
    /// The holder dropped; the floor is kept for it until then.
    Kept {
        /// The holder that dropped.
        by: RoomId,
        /// When it was granted.
        since: Instant,
        /// When the floor falls free.
        until: Instant,
    },
}

/// A fact: what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A room's box connected.
    RoomJoined(RoomId),
    /// A room's box left or was lost.
    RoomLeft(RoomId),
    /// All boxes were lost at once: the bridge was restarted. Floor and hands wait for them.
    AllLost,
    /// A room asked for the floor.
    FloorRequested(RoomId),
    /// A room gave the floor back, or took its request back.
    FloorReleased(RoomId),
    /// The chair gave the floor to a room, whether it asked or not.
    FloorGranted(RoomId),
    /// A speaker's talk began: the floor is the speaker's room's, and counts as no turn of its people.
    SpeakerGranted(RoomId),
    /// The chair opened a room's microphone beside the holder's: who answers a question is heard with who asks it.
    MicrophoneOpened(RoomId),
    /// The chair left the microphone to the rules again.
    MicrophoneLeft(RoomId),
    /// The chair took the floor back.
    FloorRevoked,
    /// The chair refused a room's request.
    RequestDenied(RoomId),
}

/// An order: what the shell must now do. It obeys; it never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The floor has another state; tell everybody.
    FloorChanged,
    /// The queue of requests changed; tell everybody.
    QueueChanged,
    /// A room came or left; tell everybody.
    PresenceChanged(RoomId),
    /// The box of this room may send sound.
    OpenMicrophone(RoomId),
    /// The box of this room must stop sending sound.
    CloseMicrophone(RoomId),
}

/// An ordinary "no" of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No room of this number is part of the conference.
    #[error("no such room")]
    UnknownRoom(RoomId),
    /// The room is not connected.
    #[error("the room is not connected")]
    NotPresent(RoomId),
    /// The room has the floor already.
    #[error("the room has the floor already")]
    AlreadyHolder(RoomId),
    /// The room has asked already.
    #[error("the room has asked already")]
    AlreadyAsked(RoomId),
    /// The room neither holds the floor nor asks for it.
    #[error("the room neither holds the floor nor asks for it")]
    NothingToRelease(RoomId),
    /// The room does not ask for the floor.
    #[error("the room does not ask for the floor")]
    NotAsking(RoomId),
    /// Nobody holds the floor.
    #[error("nobody holds the floor")]
    FloorFree,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Room {
    present: bool,
    microphone_open: bool,
    asked_at: Option<Instant>,
    turns: u32,
}

/// What the chair can take back: the floor, whose microphone is open beside it, and the turns counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    floor: Floor,
    last_holder: Option<RoomId>,
    opened: BTreeSet<RoomId>,
    turns: Vec<u32>,
    asked: Vec<Option<Instant>>,
}

impl Decided {
    /// Whether this room's microphone may open whoever holds the floor.
    #[cfg(test)]
    pub(crate) fn opens(&self, room: RoomId) -> bool {
        self.opened.contains(&room)
    }
}

/// The rules of one conference, driven by facts and time.
#[derive(Debug, PartialEq, Eq)]
pub struct Conference {
    rule: Rule,
    rooms: BTreeMap<RoomId, Room>,
    floor: Floor,
    last_holder: Option<RoomId>,
    /// The holder before that one.
    earlier_holder: Option<RoomId>,
    /// Rooms whose microphones may open whoever holds the floor.
    opened: BTreeSet<RoomId>,
    /// Until when the hands of rooms that were lost with all others stay up.
    hands_until: Option<Instant>,
    outputs: VecDeque<Output>,
}

impl Conference {
    /// A conference of `rooms` rooms, numbered from 0; all absent, the floor free.
    pub fn new(rooms: u16, rule: Rule) -> Self {
        Self {
            rule,
            rooms: (0..rooms).map(|n| (RoomId(n), Room::default())).collect(),
            floor: Floor::Free,
            last_holder: None,
            earlier_holder: None,
            opened: BTreeSet::new(),
            hands_until: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in one fact.
    ///
    /// # Errors
    /// A [`Refusal`] is an ordinary answer: nothing changed.
    pub fn handle_input(&mut self, input: Input, now: Instant) -> Result<(), Refusal> {
        match input {
            Input::RoomJoined(room) => self.joined(room),
            Input::RoomLeft(room) => self.left(room, now),
            Input::AllLost => {
                self.all_lost(now);
                Ok(())
            }
            Input::FloorRequested(room) => self.requested(room, now),
            Input::FloorReleased(room) => self.released(room),
            Input::FloorGranted(room) => self.granted(room, 1, now),
            Input::SpeakerGranted(room) => self.granted(room, 0, now),
            Input::MicrophoneOpened(room) => {
                self.room(room)?;
                self.opened.insert(room);
                Ok(())
            }
            Input::MicrophoneLeft(room) => {
                self.room(room)?;
                self.opened.remove(&room);
                Ok(())
            }
            Input::FloorRevoked => self.revoked(),
            Input::RequestDenied(room) => self.denied(room),
        }?;
        self.apply_rule(now);
        self.follow_microphones();
        Ok(())
    }

    /// Lets time pass: a floor kept for a holder that did not come back falls free.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.hands_until.is_some_and(|until| now >= until) {
            self.hands_until = None;
            for room in self.rooms.values_mut().filter(|room| !room.present) {
                room.asked_at = None;
            }
            self.outputs.push_back(Output::QueueChanged);
        }
        if let Floor::Kept { until, .. } = self.floor
            && now >= until
        {
            self.set_floor(Floor::Free);
            self.apply_rule(now);
            self.follow_microphones();
        }
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let kept = match self.floor {
            Floor::Kept { until, .. } => Some(until),
            Floor::Free | Floor::Held { .. } => None,
        };
        kept.into_iter().chain(self.hands_until).min()
    }

    /// The next order; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The floor as it stands.
    pub fn floor(&self) -> Floor {
        self.floor
    }

    /// The room that has the floor, even while it is kept for it.
    pub fn holder(&self) -> Option<RoomId> {
        match self.floor {
            Floor::Free => None,
            Floor::Held { by, .. } | Floor::Kept { by, .. } => Some(by),
        }
    }

    /// The room that had the floor before it changed last.
    pub fn last_holder(&self) -> Option<RoomId> {
        self.last_holder
    }

    /// The rooms that ask, in the order they will be served: fewest turns first, then the longest
    /// wait.
    pub fn queue(&self) -> Vec<RoomId> {
        let asking: BTreeSet<(u32, Instant, RoomId)> = self
            .rooms
            .iter()
            .filter_map(|(id, room)| room.asked_at.map(|at| (room.turns, at, *id)))
            .collect();
        asking.into_iter().map(|(_, _, id)| id).collect()
    }

    /// The rooms that ask, in their order, and since when.
    pub(crate) fn hands(&self) -> impl Iterator<Item = (RoomId, Instant)> {
        let rooms = self.rooms.iter();
        rooms.filter_map(|(id, room)| Some((*id, room.asked_at?)))
    }

    /// A room has its turn without the floor: somebody else reads its question.
    pub(crate) fn count_turn(&mut self, room: RoomId) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.turns += 1;
        }
    }

    /// How many turns a room has had, 0 for an unknown one.
    pub fn turns(&self, room: RoomId) -> u32 {
        self.rooms.get(&room).map_or(0, |room| room.turns)
    }

    /// What the chair decided, to be put back by [`Self::restore`].
    pub(crate) fn decided(&self) -> Decided {
        Decided {
            floor: self.floor,
            last_holder: self.last_holder,
            opened: self.opened.clone(),
            turns: self.rooms.values().map(|room| room.turns).collect(),
            asked: self.rooms.values().map(|room| room.asked_at).collect(),
        }
    }

    /// Puts back what the chair had decided. Who is here and who asks now stay facts; a hand that was served in
    /// between is up again.
    pub(crate) fn restore(&mut self, decided: &Decided, now: Instant) {
        let floor = match decided.floor {
            Floor::Held { by, since } | Floor::Kept { by, since, .. } if self.is_present(by) => {
                Floor::Held { by, since }
            }
            Floor::Held { by, since } | Floor::Kept { by, since, .. } => Floor::Kept {
                by,
                since,
                until: now + HOLDER_GRACE,
            },
            Floor::Free => Floor::Free,
        };
        let were = decided.turns.iter().zip(&decided.asked);
        for (room, (turns, asked)) in self.rooms.values_mut().zip(were) {
            room.turns = *turns;
            if room.present {
                room.asked_at = room.asked_at.or(*asked);
            }
        }
        self.opened.clone_from(&decided.opened);
        if floor != self.floor {
            self.set_floor(floor);
        }
        self.last_holder = decided.last_holder;
        // An asking room that holds the floor again has its answer.
        if let Some(room) = self.holder().and_then(|id| self.rooms.get_mut(&id)) {
            room.asked_at = None;
        }
        self.outputs.push_back(Output::QueueChanged);
        self.follow_microphones();
    }

    /// Whether a room is connected.
    pub fn is_present(&self, room: RoomId) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.present)
    }

    /// Whether the rules let a room's microphone open.
    pub fn microphone_open(&self, room: RoomId) -> bool {
        self.rooms
            .get(&room)
            .is_some_and(|room| room.microphone_open)
    }

    fn joined(&mut self, id: RoomId) -> Result<(), Refusal> {
        let room = self.room(id)?;
        if room.present {
            return Ok(());
        }
        room.present = true;
        self.outputs.push_back(Output::PresenceChanged(id));
        if let Floor::Kept { by, since, .. } = self.floor
            && by == id
        {
            self.set_floor(Floor::Held { by, since });
        }
        Ok(())
    }

    fn left(&mut self, id: RoomId, now: Instant) -> Result<(), Refusal> {
        let room = self.room(id)?;
        if !room.present {
            return Ok(());
        }
        room.present = false;
        let asked = room.asked_at.take().is_some();
        self.outputs.push_back(Output::PresenceChanged(id));
        if asked {
            self.outputs.push_back(Output::QueueChanged);
        }
        if let Floor::Held { by, since } = self.floor
            && by == id
        {
            let until = now + HOLDER_GRACE;
            self.set_floor(Floor::Kept { by, since, until });
        }
        Ok(())
    }

    fn all_lost(&mut self, now: Instant) {
        let until = now + HOLDER_GRACE;
        for (id, room) in &mut self.rooms {
            if room.present {
                room.present = false;
                self.outputs.push_back(Output::PresenceChanged(*id));
            }
        }
        self.hands_until = Some(until);
        if let Floor::Held { by, since } = self.floor {
            self.set_floor(Floor::Kept { by, since, until });
        }
    }

    fn requested(&mut self, id: RoomId, now: Instant) -> Result<(), Refusal> {
        let holder = self.holder();
        let room = self.present_room(id)?;
        if holder == Some(id) {
            return Err(Refusal::AlreadyHolder(id));
        }
        if room.asked_at.is_some() {
            return Err(Refusal::AlreadyAsked(id));
        }
        room.asked_at = Some(now);
        self.outputs.push_back(Output::QueueChanged);
        Ok(())
    }

    fn released(&mut self, id: RoomId) -> Result<(), Refusal> {
        if self.room(id)?.asked_at.take().is_some() {
            self.outputs.push_back(Output::QueueChanged);
            return Ok(());
        }
        if self.holder() != Some(id) {
            return Err(Refusal::NothingToRelease(id));
        }
        self.set_floor(Floor::Free);
        Ok(())
    }

    fn granted(&mut self, id: RoomId, turns: u32, now: Instant) -> Result<(), Refusal> {
        if self.holder() == Some(id) {
            return Err(Refusal::AlreadyHolder(id));
        }
        let room = self.present_room(id)?;
        room.turns += turns;
        if room.asked_at.take().is_some() {
            self.outputs.push_back(Output::QueueChanged);
        }
        self.set_floor(Floor::Held { by: id, since: now });
        Ok(())
    }

    fn revoked(&mut self) -> Result<(), Refusal> {
        if self.holder().is_none() {
            return Err(Refusal::FloorFree);
        }
        self.set_floor(Floor::Free);
        Ok(())
    }

    fn denied(&mut self, id: RoomId) -> Result<(), Refusal> {
        if self.room(id)?.asked_at.take().is_none() {
            return Err(Refusal::NotAsking(id));
        }
        self.outputs.push_back(Output::QueueChanged);
        Ok(())
    }

    fn apply_rule(&mut self, now: Instant) {
        if self.rule != Rule::FirstInQueue || self.floor != Floor::Free {
            return;
        }
        let waiting = self.queue();
        if let Some(next) = waiting.into_iter().find(|room| self.is_present(*room)) {
            // It is there and does not hold the floor, so the grant cannot be refused.
            let _ = self.granted(next, 1, now);
        }
    }

    fn set_floor(&mut self, floor: Floor) {
        let before = self.holder();
        self.floor = floor;
        let now = self.holder();
        if before.is_some() && before != now {
            self.earlier_holder = self.last_holder;
            self.last_holder = before;
        }
        // A speaker who gets the floor again goes on seeing who had it in between.
        if now.is_some() && now == self.last_holder {
            self.last_holder = self.earlier_holder.filter(|room| Some(*room) != now);
        }
        self.outputs.push_back(Output::FloorChanged);
    }

    /// Brings every microphone in line with the floor: closing comes before opening, so that at no
    /// moment two rooms are open under a held floor.
    fn follow_microphones(&mut self) {
        let holder = self.holder();
        let mut opened = Vec::new();
        for (id, room) in &mut self.rooms {
            let open =
                room.present && (holder.is_none_or(|by| by == *id) || self.opened.contains(id));
            if room.microphone_open == open {
                continue;
            }
            room.microphone_open = open;
            if open {
                opened.push(Output::OpenMicrophone(*id));
            } else {
                self.outputs.push_back(Output::CloseMicrophone(*id));
            }
        }
        self.outputs.extend(opened);
    }

    fn room(&mut self, id: RoomId) -> Result<&mut Room, Refusal> {
        self.rooms.get_mut(&id).ok_or(Refusal::UnknownRoom(id))
    }

    fn present_room(&mut self, id: RoomId) -> Result<&mut Room, Refusal> {
        let room = self.room(id)?;
        if room.present {
            Ok(room)
        } else {
            Err(Refusal::NotPresent(id))
        }
    }
}

#[cfg(test)]
mod tests;
