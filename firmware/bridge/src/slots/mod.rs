//! Slots: how a viewer's fixed streams stay unbroken whatever room flows in them.
//!
//! Everything here is pure: numbers in, numbers out. Times are microseconds of the bridge's
//! own clock (`_us`), RTP sequence numbers and timestamps are extended to 64 bits by the
//! caller and cut to the wire's width when they are sent.
//!
//! - [`rewrite`]: the numbering of one outgoing stream.
//! - [`video`]: a picture slot, which changes its source at a key frame only.
//! - [`audio`]: which rooms are heard.
//! - [`plan`]: which rooms are seen where.
//! - [`timing`]: when a packet was captured, in the bridge's time.
//! - [`keyframe`]: when to ask a source for a key frame.
//! - [`budget`]: what a viewer's link can carry.
//! - [`h264`]: where a picture starts that can be decoded alone.

pub mod audio;
pub mod budget;
pub mod h264;
pub mod keyframe;
pub mod plan;
#[cfg(test)]
mod properties;
pub mod rewrite;
pub mod timing;
pub mod video;

use conference::RoomId;

/// A stream a slot can show: one layer of one room. It outlives reconnections of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId {
    /// The room the picture comes from.
    pub room: RoomId,
    /// Which of its two pictures.
    pub layer: Layer,
}

/// The two pictures of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The large one (rid `main`).
    Main,
    /// The small one (rid `thumb`).
    Thumb,
}

/// One run of a source: an SSRC of one connection. Numbers of different runs are unrelated; a
/// later run is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run(pub u32);

/// What the rewriting needs to know of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Extended RTP sequence number of the source.
    pub seq: u64,
    /// Extended RTP timestamp of the source, in ticks of its clock rate.
    pub time: u64,
    /// When it was captured, in the bridge's time ([`timing`]).
    pub capture_us: i64,
    /// No payload: padding sent to probe the link, never forwarded.
    pub empty: bool,
}

/// The numbers a packet gets in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Extended sequence number; the lower 16 bits go on the wire.
    pub seq: u64,
    /// Extended timestamp; the lower 32 bits go on the wire.
    pub time: u64,
}
