//! Figures of the media, for the console and the metrics.

use std::collections::BTreeMap;

use conference::RoomId;

use super::PeerId;
use super::publisher::Picture;

/// All figures at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Rooms that publish.
    pub rooms: BTreeMap<RoomId, RoomStats>,
    /// Viewers, whether connected or connecting.
    pub viewers: BTreeMap<PeerId, ViewerStats>,
    /// Datagrams that belong to nobody, dropped, since the start.
    pub unknown_datagrams: u64,
    /// Datagrams not sent because the output queue was full, since the start.
    pub dropped_datagrams: u64,
}

impl Stats {
    /// The part of its packets that a room loses (0.0..=1.0), in the direction in which it loses more.
    pub fn loss_of(&self, room: RoomId) -> Option<f32> {
        let up = self.rooms.get(&room).and_then(|stats| stats.loss);
        let viewers = self.viewers.values();
        let down = viewers.filter(|viewer| viewer.room == Some(room));
        down.filter_map(|viewer| viewer.loss)
            .chain(up)
            .max_by(f32::total_cmp)
    }
}

/// What comes from a room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomStats {
    /// Media can flow.
    pub connected: bool,
    /// Smoothed level of its sound, in dBov: 0 the loudest, -127 silence.
    pub level_dbov: f32,
    /// Sound packets since it connected.
    pub audio_packets: u64,
    /// Its pictures, by what they are.
    pub pictures: BTreeMap<Picture, PictureStats>,
    /// Round trip to the room in microseconds, when known.
    pub rtt_us: Option<u64>,
    /// Part of its packets lost on their way here in the last second (0.0..=1.0), when known.
    pub loss: Option<f32>,
}

/// One encoded picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureStats {
    /// Packets since the start.
    pub packets: u64,
    /// Payload bytes since the start.
    pub bytes: u64,
    /// Rate over the last second, in bits per second.
    pub bps: u64,
}

/// What goes to a viewer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewerStats {
    /// The room it stands in, if it stands in one.
    pub room: Option<RoomId>,
    /// Media can flow.
    pub connected: bool,
    /// Main first, then thumbs.
    pub video: Vec<SlotStats>,
    /// Audio slots.
    pub audio: Vec<SlotStats>,
    /// What its link is believed to carry, in bits per second, when known.
    pub estimate_bps: Option<u64>,
    /// Round trip to the viewer in microseconds, when known.
    pub rtt_us: Option<u64>,
    /// Part of its packets lost on their way there in the last second (0.0..=1.0), when known.
    pub loss: Option<f32>,
}

/// One slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotStats {
    /// The room that flows in it.
    pub room: Option<RoomId>,
    /// The room that is wished for in it.
    pub wanted: Option<RoomId>,
    /// Packets sent in it since the start.
    pub packets: u64,
}
