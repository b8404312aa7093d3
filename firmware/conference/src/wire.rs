//! The control protocol: every message on the WebSocket `/control`, as JSON text.
//!
//! The bridge is the authority. A client says [`FromClient::Hello`] first; the bridge answers
//! [`FromBridge::Welcome`], then one [`FromBridge::Snapshot`] (or, to a client that resumes, the
//! events it missed), then numbered [`FromBridge::Event`]s. A client never changes its copy by
//! itself: it asks, and sees the event or a [`FromBridge::Refused`].

use serde::{Deserialize, Serialize};

mod audience;
mod check;
mod evening;
mod photo;
mod programme;
mod reason;
mod update;

pub use audience::{
    AnswerView, AudienceView, AudienceWish, HandsView, PollView, WrittenStateView, WrittenView,
};
pub use check::{CheckReport, CheckResult, CheckView, Finding, FindingCode, Light};
pub use evening::{AskerView, EveningView, NextView, SceneView};
pub use photo::{PhotoState, PhotoView};
pub use programme::{DeckState, DeckView, ItemKind, ItemView, ProgrammeView, SpeakerView};
pub use reason::Reason;
pub use update::{UpdateFault, UpdateView, Updating};

/// The version of this protocol. A bridge refuses another one by name.
pub const VERSION: u32 = 1;

/// The largest message a bridge or a client accepts, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// What a room or the chair says to the bridge.
///
/// Messages without content have braces: serde would let unknown fields pass in a unit variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromClient {
    /// Who is there; always the first message.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// What the client wants to be.
        role: Role,
        /// The bearer token of the room or of the chair.
        token: String,
        /// Where a client that was here before stopped listening.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
    },
    /// A room asks for the floor (RFC 8855 FloorRequest).
    RequestFloor {},
    /// A room gives the floor back or takes its request back (RFC 8855 FloorRelease).
    ReleaseFloor {},
    /// A room tells how its devices are.
    Status(Status),
    /// A room tells what its ready check found.
    Checked(CheckReport),
    /// The chair has all rooms checked.
    CheckRooms {},
    /// The chair gives the floor to a room.
    GrantFloor {
        /// Name of the room.
        room: String,
    },
    /// The chair takes the floor back.
    RevokeFloor {},
    /// The chair refuses a room's request.
    DenyRequest {
        /// Name of the room.
        room: String,
    },
    /// The chair opens a room's microphone beside the holder's.
    OpenMicrophone {
        /// Name of the room.
        room: String,
    },
    /// The chair leaves a room's microphone to the rules again.
    LeaveMicrophone {
        /// Name of the room.
        room: String,
    },
    /// The chair presses the large button: whatever [`EveningView::next`] says.
    Advance {},
    /// The chair goes to an item of the evening.
    GoTo {
        /// Its place in [`ProgrammeView::items`].
        item: usize,
    },
    /// The chair chooses what all televisions show, or leaves it to the programme.
    ChooseScene {
        /// The scene; none leaves it to the programme.
        scene: Option<SceneView>,
    },
    /// The chair greets a room.
    Greet {
        /// Name of the room.
        room: String,
    },
    /// The chair, or a room of itself, says how many people are there.
    CountPeople {
        /// Name of the room.
        room: String,
        /// How many; 0 to 9999.
        people: u16,
    },
    /// The chair gives the running item more time, or less.
    AddTime {
        /// Minutes.
        minutes: i32,
    },
    /// The chair puts a message on all screens, or takes it away.
    Say {
        /// One line of 1 to 80 characters; none takes it away.
        text: Option<String>,
    },
    /// The chair takes the last step back.
    Undo {},
    /// The chair, or the room from which the speaker speaks, turns to a page of the deck.
    TurnPage {
        /// The page, from 0.
        page: u16,
    },
    /// A room has no question.
    Pass {},
    /// The chair, or a room of its own hands: what is to become of poll and written questions.
    Audience(AudienceWish),
}

/// What the bridge says to a room or to the chair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromBridge {
    /// The answer to [`FromClient::Hello`].
    Welcome {
        /// [`VERSION`].
        version: u32,
        /// This run of the bridge; another one after a restart.
        session: String,
        /// The room that the token stands for; none for the chair.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// The bridge's clock, in milliseconds since 1970: the evening's times are by it.
        now_ms: u64,
    },
    /// Everything, as it is after event number `seq`.
    Snapshot {
        /// Number of the last event that is in it.
        seq: u64,
        /// The state.
        state: State,
    },
    /// One change; numbers grow by 1.
    Event {
        /// Number of this event.
        seq: u64,
        /// What changed.
        event: Event,
    },
    /// Sound levels of the rooms, about five times a second; not numbered, never repeated.
    Levels {
        /// One entry for each room that sends.
        levels: Vec<Level>,
    },
    /// To a room: check yourself and answer [`FromClient::Checked`]; not numbered, never repeated.
    Check {
        /// Goes with the answer.
        id: u32,
        /// The bridge's clock, in milliseconds since 1970.
        now_ms: u64,
    },
    /// An ordinary "no" to the last request.
    Refused {
        /// The type of the request that was refused.
        request: String,
        /// Why.
        reason: Reason,
    },
    /// The message was not understood or not allowed.
    Error {
        /// What is wrong.
        code: ErrorCode,
        /// What is wrong, where, and what to do, in words.
        detail: String,
    },
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The box of a room.
    Room,
    /// A console of the chair.
    Chair,
}

/// Where a client stopped listening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The session it knew.
    pub session: String,
    /// The last event it saw.
    pub seq: u64,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or not a message of this protocol.
    Malformed,
    /// Another version than [`VERSION`].
    Version,
    /// The token is not known, or not of that role.
    Token,
    /// A message that this role may not send.
    Forbidden,
    /// The message is longer than [`MAX_MESSAGE`].
    TooLarge,
    /// Another box has joined with the same token; this connection ends.
    Replaced,
}

/// The state that every client sees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The floor.
    pub floor: FloorView,
    /// The rooms, in the order of the programme.
    pub rooms: Vec<RoomView>,
    /// What the evening is to be.
    pub programme: ProgrammeView,
    /// Where the evening is.
    pub evening: EveningView,
    /// What the chair must know of the bridge itself.
    pub bridge: BridgeView,
    /// Poll and written questions.
    #[serde(default)]
    pub audience: Box<AudienceView>,
    /// How loud the phones clap: 0 to 10.
    #[serde(default)]
    pub applause: u8,
    /// The next evening that will be held, this one until it is over; none while no programme that is to come has a day.
    #[serde(default)]
    pub upcoming: Option<UpcomingView>,
    /// The update that the bridge has for boxes.
    #[serde(default)]
    pub update: Option<UpdateView>,
}

/// An evening that is to come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpcomingView {
    /// What it is about.
    pub title: String,
    /// When it begins, on the clocks of the rooms: `2026-12-03T18:30:00`.
    pub starts: String,
}

/// What the chair must know of the bridge itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeView {
    /// Whether it writes down evening and programme, so that they outlive a restart.
    pub keeps: bool,
    /// What went wrong with that since it was started.
    pub troubles: Vec<Trouble>,
}

/// One thing that went wrong in the bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What.
    pub kind: TroubleKind,
    /// Which file, and why.
    pub why: Reason,
}

/// What can go wrong in the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// Steps are not written down: a restart would lose them.
    NotWritten,
    /// What was written down could not be read; it was put aside, and the evening begins anew.
    MovedAside,
    /// The programme that was written down does not go with the bridge's rooms any more.
    ProgrammeUnfit,
}

/// The floor as clients see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorView {
    /// Name of the room that has the floor.
    pub holder: Option<String>,
    /// Name of the room that had it before.
    pub last_holder: Option<String>,
    /// Names of the rooms that ask, first served first.
    pub queue: Vec<String>,
}

/// One room as clients see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoomView {
    /// Its name, unique in the conference.
    pub name: String,
    /// Whether its box is connected to `/control`.
    pub present: bool,
    /// Whether its sound and picture arrive (WHIP session connected).
    pub publishing: bool,
    /// Whether it receives the others (WHEP session connected).
    pub watching: bool,
    /// Whether the rules let its microphone send.
    pub microphone_open: bool,
    /// Whether some room shows its `main` layer, so that it must be encoded.
    pub main_wanted: bool,
    /// How many turns it has had.
    pub turns: u32,
    /// How many people are in it, once somebody has said so.
    pub people: Option<u16>,
    /// What its box says of its devices.
    pub status: Status,
    /// What its television shows.
    pub shows: Shows,
    /// Its last ready check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckView>,
}

/// What the television of a room shows, by names of rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shows {
    /// The main slot.
    pub main: Option<String>,
    /// The thumb slots, in order; at most 4.
    pub thumbs: Vec<Option<String>>,
}

/// How the devices of a box are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Muted by the room's own button: nothing but that button undoes it.
    pub muted: bool,
    /// The camera.
    pub camera: Device,
    /// The microphones.
    pub microphones: Device,
    /// The television.
    pub screen: Device,
    /// The loudspeaker.
    pub loudspeaker: Device,
    /// The decks that it has whole and checked, by their addresses.
    #[serde(default)]
    pub decks: Vec<String>,
    /// The version of what runs there.
    #[serde(default)]
    pub version: String,
    /// How far it is with an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Updating>,
}

/// How one device is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "detail", rename_all = "snake_case")]
pub enum Device {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// It works; which one was chosen.
    Running(String),
    /// It is not there, or stopped; why, in words.
    Missing(String),
    /// The room has none by its settings.
    None,
}

/// The sound level of one room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Name of the room.
    pub room: String,
    /// Level in dBov (RFC 6464), -127 (silence) to 0.
    pub dbov: i8,
}

/// One change of the [`State`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Event {
    /// The floor or its queue.
    Floor {
        /// As it is now.
        floor: FloorView,
    },
    /// One room.
    Room {
        /// As it is now.
        room: RoomView,
    },
    /// Where the evening is.
    Evening {
        /// As it is now.
        evening: EveningView,
    },
    /// What the evening is to be.
    Programme {
        /// As it is now.
        programme: ProgrammeView,
    },
    /// What the chair must know of the bridge.
    Bridge {
        /// As it is now.
        bridge: BridgeView,
    },
    /// Poll and written questions.
    Audience {
        /// As they are now.
        audience: Box<AudienceView>,
    },
    /// The applause.
    Applause {
        /// As it is now.
        applause: u8,
    },
    /// The next evening.
    Upcoming {
        /// As it is known now.
        upcoming: Option<UpcomingView>,
    },
    /// The update for boxes.
    Update {
        /// As it is offered now.
        update: Option<UpdateView>,
    },
}

impl State {
    /// Brings this copy up to date. A room that is not in it is ignored.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Floor { floor } => self.floor = floor,
            Event::Evening { evening } => self.evening = evening,
            Event::Programme { programme } => self.programme = programme,
            Event::Bridge { bridge } => self.bridge = bridge,
            Event::Audience { audience } => self.audience = audience,
            Event::Applause { applause } => self.applause = applause,
            Event::Upcoming { upcoming } => self.upcoming = upcoming,
            Event::Update { update } => self.update = update,
            Event::Room { room } => {
                if let Some(mine) = self.rooms.iter_mut().find(|r| r.name == room.name) {
                    *mine = room;
                }
            }
        }
    }

    /// The room of this name.
    pub fn room(&self, name: &str) -> Option<&RoomView> {
        self.rooms.iter().find(|room| room.name == name)
    }
}

#[cfg(test)]
mod tests;
