//! Everything that is sound or picture in a box: camera, microphones, screen and loudspeaker.
//!
//! Each part is an actor: a supervisor thread builds its GStreamer pipeline, watches it, and builds it
//! again when it stalls or fails, with back-off. A part whose hardware is missing says so by an
//! [`Event::Part`] and leaves the others alone; nothing here fails because a cable is out.
//!
//! Every pipeline runs on the system clock with base time 0, so that a time stamp *is* the machine's
//! `CLOCK_MONOTONIC` in nanoseconds ([`monotonic_ns`]), in every process of one machine.
//!
//! What it does not know: rooms, floors, networks. Coded media leaves through [`Event`]s and enters
//! through [`Screen::push_video`] and [`Loudspeaker::push_audio`].

mod audience;
mod camera;
mod channels;
mod chirp;
mod cues;
mod encoder;
mod error;
pub mod estradegate;
mod events;
mod far_end;
mod fed;
mod i420;
mod launch;
mod lifecycle;
mod looped;
mod loudspeaker;
mod microphones;
mod mix;
mod noises;
mod recording;
mod screen;
mod supervisor;
mod svg;
mod town;
mod voice;

pub mod devices;
pub mod faces;
pub mod files;
pub mod stamp;

pub use camera::{Camera, CameraConfig, Focus, Glance};
pub use chirp::is_heard;
pub use cues::Cue;
pub use error::Error;
pub use events::{Event, GateReason, Layer, Part, PartState};
pub use far_end::FarEnd;
pub use loudspeaker::{AUDIO_SLOTS, Loudspeaker, LoudspeakerConfig, Packet};
pub use microphones::{Microphones, MicrophonesConfig, NoNoise};
pub use noises::Noise;
pub use recording::Recording;
pub use screen::{
    Area, Drawing, Gauge, Line, Mirror, PageSighting, Role, Screen, ScreenConfig, Sighting,
    Surface, THUMB_SLOTS, VideoSlot, View, draw, draw_heard, scene,
};

use gstreamer as gst;
use gstreamer::prelude::*;

/// Prepares GStreamer for this process and registers the `estradegate` element. May be called again.
///
/// # Errors
/// GStreamer cannot start, or an element that every box needs is missing: the error names it and the
/// Debian package that holds it.
pub fn init() -> Result<(), Error> {
    match missing()?.first() {
        Some((element, package)) => Err(Error::Missing { element, package }),
        None => Ok(()),
    }
}

/// The elements that every box needs and that are missing here, each with the Debian package that holds it.
///
/// # Errors
/// GStreamer cannot start.
pub fn missing() -> Result<Vec<(&'static str, &'static str)>, Error> {
    gst::init().map_err(|error| Error::Start(error.to_string()))?;
    estradegate::register(None).map_err(|error| Error::Start(error.to_string()))?;
    let absent = |(element, _): &(&str, &str)| gst::ElementFactory::find(element).is_none();
    let encoder = match encoder::find() {
        Err(Error::Missing { element, package }) => Some((element, package)),
        Err(Error::Start(_) | Error::Device { .. }) | Ok(_) => None,
    };
    Ok(NEEDED.into_iter().filter(absent).chain(encoder).collect())
}

/// What encodes the camera's picture here, and whether that is the board's own hardware; nothing while it is missing.
#[must_use]
pub fn encoder() -> Option<(&'static str, bool)> {
    let found = encoder::find().ok()?;
    Some((found.factory(), found == encoder::Encoder::V4l2))
}

/// Whether GStreamer has an element here.
#[must_use]
pub fn has(element: &str) -> bool {
    gst::ElementFactory::find(element).is_some()
}

/// GStreamer's version, in words.
#[must_use]
pub fn version() -> String {
    gst::version_string().into()
}

/// The machine's monotonic clock in nanoseconds: the scale of every time stamp of this crate.
pub fn monotonic_ns() -> u64 {
    gst::SystemClock::obtain().time().nseconds()
}

/// What every box needs, and the Debian package that holds it. Encoders and devices are chosen later.
const NEEDED: [(&str, &str); 19] = [
    ("appsrc", "gstreamer1.0-plugins-base"),
    ("appsink", "gstreamer1.0-plugins-base"),
    ("audioconvert", "gstreamer1.0-plugins-base"),
    ("audioresample", "gstreamer1.0-plugins-base"),
    ("decodebin", "gstreamer1.0-plugins-base"),
    ("opusdec", "gstreamer1.0-plugins-base"),
    ("opusenc", "gstreamer1.0-plugins-base"),
    ("videoconvert", "gstreamer1.0-plugins-base"),
    ("videorate", "gstreamer1.0-plugins-base"),
    ("videoscale", "gstreamer1.0-plugins-base"),
    ("volume", "gstreamer1.0-plugins-base"),
    ("clocksync", "libgstreamer1.0-0"),
    ("queue", "libgstreamer1.0-0"),
    ("valve", "libgstreamer1.0-0"),
    ("jpegenc", "gstreamer1.0-plugins-good"),
    ("pngenc", "gstreamer1.0-plugins-good"),
    ("rglimiter", "gstreamer1.0-plugins-good"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
    ("avdec_h264", "gstreamer1.0-libav"),
];
