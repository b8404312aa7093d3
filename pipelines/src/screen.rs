//! The screen: five H.264 slots, decoded and laid out with what the room must read, shown at their time.
//!
//! The pipeline is built once and does not change with what it shows. Each slot decodes on its own and
//! hands its pictures over at `pts + latency`; a composer draws them together, at once when `main` has a
//! new one. A slot that has nothing holds up nobody: its last picture stays. What does not change is not drawn again.
//!
//! A room may have a second screen, for the page of a deck alone ([`Screen::deck`]).

mod canvas;
mod cards;
mod compose;
mod deck;
mod drawing;
mod gauge;
mod ink;
mod kms;
mod layout;
mod lines;
mod mirror;
mod painter;
mod plan;
mod portrait;
mod qr;
mod scale;
pub mod scene;
mod slot;
mod stage;
mod still;
mod surface;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::devices::{DeckSink, Machine, ScreenSink};
use crate::events::{Event, Events, Part};
use crate::supervisor::{Built, Pulse, Supervisor};
use crate::{fed, launch, monotonic_ns};
pub use drawing::{Area, Drawing, draw, draw_heard};
pub use gauge::Gauge;
use kms::Cards;
pub use mirror::Mirror;
use painter::Painter;
use scene::Scene;
use stage::Stage;
pub use surface::Surface;

/// Small pictures beside the large one.
pub const THUMB_SLOTS: usize = 4;

/// What composing takes at most, in milliseconds: pictures are handed over so much before they are due.
const COMPOSE_MS: u32 = 4;
/// A picture that would have to wait longer than this has a wrong time, and is shown at once.
const FAR_NS: u64 = 1_000_000_000;
/// Length that coded pictures are said to have; nothing depends on it.
const FRAME_NS: u64 = 40_000_000;

/// What the screen is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenConfig {
    /// Where pictures go.
    pub sink: ScreenSink,
    /// Where the page of a deck goes.
    pub deck: DeckSink,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Frames per second that the television is told; pictures are shown as they come.
    pub fps: u32,
    /// Look for [`crate::stamp`]s in the main picture, for [`Screen::sightings`].
    pub read_stamps: bool,
    /// From a picture's time stamp to the moment it is shown, in milliseconds; the loudspeaker's should
    /// be the same. A picture that comes later is shown when it comes.
    pub latency_ms: u32,
}

/// What a part of the screen shows: a fixed stream of pictures that it receives, or the room itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VideoSlot {
    /// The large picture.
    Main,
    /// A small one, 0..[`THUMB_SLOTS`].
    Thumb(usize),
    /// The room's own camera, which comes by a [`Mirror`] and is seen in its own room alone.
    Own,
}

impl VideoSlot {
    /// Its place among all slots.
    const fn index(self) -> usize {
        match self {
            Self::Main => 0,
            Self::Thumb(thumb) => 1 + thumb,
            Self::Own => 1 + THUMB_SLOTS,
        }
    }
}

/// What a line's colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Just so: white on dark.
    #[default]
    Neutral,
    /// This room may speak: green, a microphone.
    Floor,
    /// This room is not heard: red, a microphone struck out.
    Muted,
    /// This room is asked something: amber, a question mark.
    Ask,
    /// Something is wrong and is being mended: amber, a triangle.
    Warning,
}

/// A short line of state that the room can read from its last row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Finished text in the room's language.
    pub text: String,
    /// Its colour and symbol.
    pub role: Role,
}

/// What the screen shows and writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// This room's name.
    pub room: String,
    /// What fills the screen.
    pub scene: Scene,
    /// What is told to every room, over everything else.
    pub message: Option<String>,
    /// Lines of state, the most important first; two are shown.
    pub lines: Vec<Line>,
    /// The loudspeaker's volume, 0 to 100 %, while it is changed.
    pub volume: Option<u8>,
}

/// A page of a deck whose stamp was seen on the screen; see [`crate::stamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSighting {
    /// Which deck.
    pub deck: u8,
    /// Which page.
    pub page: u32,
    /// When it was shown first, in nanoseconds of the monotonic clock.
    pub shown_ns: u64,
}

/// A stamp that was seen on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Who drew it.
    pub room: u8,
    /// When it was drawn, in nanoseconds of the monotonic clock, to the millisecond.
    pub drawn_ns: u64,
    /// When it was shown, in nanoseconds of the monotonic clock.
    pub shown_ns: u64,
}

/// A screen that runs until it is dropped.
#[derive(Debug)]
pub struct Screen {
    people: Surface,
    deck: Surface,
    slots: Slots,
    supervisor: Supervisor,
    deck_supervisor: Option<Supervisor>,
    _painter: Option<Painter>,
}

/// Where coded pictures enter the pipeline that runs at the moment.
type Slots = Arc<Mutex<Vec<gst_app::AppSrc>>>;

impl Screen {
    /// Starts a screen. Never fails: what is wrong is told by [`Event::Part`], and tried again.
    pub fn start(config: ScreenConfig, events: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let events: Events = Arc::new(events);
        let (people, deck) = (Surface::default(), Surface::default());
        let (slots, cards) = (Slots::default(), Arc::new(Cards::default()));
        let painter = Painter::start(people.stage.clone(), sides(&config))
            .inspect_err(|error| tracing::error!(%error, "nothing can be drawn"))
            .ok();
        let deck_supervisor = deck::start(
            config.clone(),
            Machine::here(),
            cards.clone(),
            deck.stage.clone(),
            events.clone(),
        );
        let (shared, entries) = (people.stage.clone(), slots.clone());
        let build = Box::new(move |pulse: &Pulse| build(&config, &cards, &shared, &entries, pulse));
        Self {
            people,
            deck,
            slots,
            supervisor: Supervisor::start(Part::Screen, events, build),
            deck_supervisor,
            _painter: painter,
        }
    }

    /// The second screen, which [`Part::DeckScreen`] tells to be there or not.
    #[must_use]
    pub fn deck(&self) -> &Surface {
        &self.deck
    }

    /// The gauge whose level moves where a scene has a meter.
    #[must_use]
    pub fn gauge(&self) -> Gauge {
        self.people.stage.gauge.clone()
    }

    /// What shows the room's own camera to itself, where a scene has [`VideoSlot::Own`].
    #[must_use]
    pub fn mirror(&self) -> Mirror {
        Mirror(self.people.stage.clone())
    }

    /// Takes a coded picture of a slot: one H.264 access unit in byte-stream form. Never blocks; an unknown
    /// slot is ignored. Its time is in nanoseconds of the monotonic clock.
    pub fn push_video(&self, slot: VideoSlot, access_unit: Bytes, pts_ns: u64) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(source) = slots.get(slot.index()) else {
            return;
        };
        let now = monotonic_ns();
        let pts = if pts_ns > now + FAR_NS { now } else { pts_ns };
        let buffer = gst::Buffer::from_slice(access_unit);
        // Refused only while the pipeline stops.
        let _ = source.push_buffer(fed::stamped(buffer, (pts, FRAME_NS)));
    }

    /// As [`crate::Camera::turns`], of both screens.
    #[must_use]
    pub fn turns(&self) -> [Option<u64>; 2] {
        let deck = self.deck_supervisor.as_ref().map(Supervisor::turns);
        [Some(self.supervisor.turns()), deck]
    }

    /// As [`Surface::set_view`].
    pub fn set_view(&self, view: View) {
        self.people.set_view(view);
    }

    /// As [`Surface::picture`].
    #[must_use]
    pub fn picture(&self) -> Option<Bytes> {
        self.people.picture()
    }

    /// As [`Surface::picture_png`].
    #[must_use]
    pub fn picture_png(&self) -> Option<Bytes> {
        self.people.picture_png()
    }

    /// The stamps seen since the last call, each once; at most the last 2048.
    #[must_use]
    pub fn sightings(&self) -> Vec<Sighting> {
        self.people.stage.take_sightings()
    }

    /// As [`Surface::page_sightings`].
    #[must_use]
    pub fn page_sightings(&self) -> Vec<PageSighting> {
        self.people.page_sightings()
    }
}

fn build(
    config: &ScreenConfig,
    cards: &Cards,
    stage: &Arc<Stage>,
    slots: &Slots,
    pulse: &Pulse,
) -> Result<Built, String> {
    let machine = Machine::here();
    let (sink, chosen) = machine.screen(&config.sink);
    let pipeline = launch::pipeline(&[match sink {
        ScreenSink::Kms => launch::SCREEN_KMS,
        ScreenSink::Window => launch::SCREEN_WINDOW,
        ScreenSink::None | ScreenSink::Auto => launch::SCREEN_NONE,
    }])?;
    if let (ScreenSink::Kms, Some(first)) = (&sink, machine.televisions().first()) {
        cards.give_first(&launch::named(&pipeline, "screen")?, first)?;
    }
    let (composed, info) = wire(&pipeline, config, stage, pulse)?;
    let entries = (0..=THUMB_SLOTS)
        .map(|index| slot::add(&pipeline, index, stage))
        .collect::<Result<Vec<_>, _>>()?;
    let composer = compose::Composer::start(stage.clone(), composed, info, config.fps)?;
    *slots.lock().unwrap_or_else(PoisonError::into_inner) = entries;
    let latency_ms = config.latency_ms.saturating_sub(COMPOSE_MS);
    Ok(Built {
        pipeline,
        chosen,
        latency: Some(gst::ClockTime::from_mseconds(u64::from(latency_ms))),
        keep: vec![Box::new(composer)],
    })
}

/// Tells a description's `composed` what will come, and watches it and `screen`.
fn wire(
    pipeline: &gst::Pipeline,
    config: &ScreenConfig,
    stage: &Arc<Stage>,
    pulse: &Pulse,
) -> Result<(gst_app::AppSrc, gst_video::VideoInfo), String> {
    let caps = caps(config);
    let info = gst_video::VideoInfo::from_caps(&caps).map_err(|error| error.to_string())?;
    let composed: gst_app::AppSrc = launch::typed(pipeline, "composed")?;
    composed.set_caps(Some(&caps));
    pulse.watch(&launch::pad(&launch::named(pipeline, "screen")?, "sink")?);
    watch(
        &launch::pad(&composed, "src")?,
        stage,
        &caps,
        &info,
        config.read_stamps,
    );
    Ok((composed, info))
}

/// Width and height in pixels, made even.
fn sides(config: &ScreenConfig) -> (usize, usize) {
    let side = |side: u32| usize::try_from(side & !1).unwrap_or(2).max(2);
    (side(config.width), side(config.height))
}

fn caps(config: &ScreenConfig) -> gst::Caps {
    let (width, height) = sides(config);
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::I420)
        .width(number(width))
        .height(number(height))
        .framerate(gst::Fraction::new(
            i32::try_from(config.fps).unwrap_or(1).max(1),
            1,
        ))
        .pixel_aspect_ratio(gst::Fraction::new(1, 1))
        .build()
}

/// Keeps what goes to the sink, and reads the stamps in it, in the thread that shows it.
fn watch(
    pad: &gst::Pad,
    stage: &Arc<Stage>,
    caps: &gst::Caps,
    info: &gst_video::VideoInfo,
    read_stamps: bool,
) {
    let (stage, caps, info) = (stage.clone(), caps.clone(), info.clone());
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &probe.data {
            if read_stamps {
                stage.look_for_stamps(buffer, &info, monotonic_ns());
            }
            stage.set_shown(gst::Sample::builder().buffer(buffer).caps(&caps).build());
        }
        gst::PadProbeReturn::Ok
    });
}
