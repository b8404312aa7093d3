//! The camera: from a device, a file or a drawn scene to two H.264 layers.

mod eye;
mod focus;
mod mirror;
mod source;

pub use eye::Glance;
pub use focus::Focus;
pub(crate) use source::{pool, with_planes};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::devices::CameraSource;
use crate::encoder::{self, Encoder};
use crate::events::{Event, Events, Layer, Part, PartState};
use crate::screen::Mirror;
use crate::supervisor::{Built, Pulse, Supervisor};
use crate::{launch, monotonic_ns, stamp};

/// The thumb's size in pixels and its frames per second.
const THUMB: (i32, i32, i32) = (320, 180, 10);

/// What a camera is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraConfig {
    /// Where pictures come from.
    pub source: CameraSource,
    /// Width of `main` in pixels, even.
    pub width: u32,
    /// Height of `main` in pixels, even.
    pub height: u32,
    /// Frames per second of `main`.
    pub fps: u32,
    /// Bit rate of `main` at the start, bits per second.
    pub main_bps: u32,
    /// Bit rate of `thumb` at the start, bits per second.
    pub thumb_bps: u32,
    /// Draw this room number and the time into each picture ([`crate::stamp`]), to measure delays.
    pub stamp: Option<u8>,
    /// The town's name in the test picture.
    pub title: String,
}

/// A camera that runs until it is dropped.
#[derive(Debug)]
pub struct Camera {
    control: Arc<Mutex<Control>>,
    eyes: Eyes,
    supervisor: Option<Supervisor>,
}

/// Who looks at the pictures, kept over rebuilds.
#[derive(Debug, Clone, Default)]
struct Eyes {
    eye: eye::Shared,
    mirror: mirror::Shared,
}

/// What the shell wishes, kept over rebuilds, and what of the current pipeline obeys it.
#[derive(Debug)]
struct Control {
    main: bool,
    main_bps: u32,
    thumb_bps: u32,
    live: Option<Live>,
}

#[derive(Debug)]
struct Live {
    encoder: Encoder,
    valve: gst::Element,
    main: gst::Element,
    thumb: gst::Element,
}

impl Live {
    const fn of(&self, layer: Layer) -> &gst::Element {
        match layer {
            Layer::Main => &self.main,
            Layer::Thumb => &self.thumb,
        }
    }
}

impl Camera {
    /// Starts a camera. Never fails: what is wrong is told by [`Event::Part`], and tried again.
    pub fn start(config: CameraConfig, events: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let events: Events = Arc::new(events);
        let control = Arc::new(Mutex::new(Control {
            main: false,
            main_bps: config.main_bps,
            thumb_bps: config.thumb_bps,
            live: None,
        }));
        let eyes = Eyes::default();
        let supervisor = if config.source == CameraSource::None {
            let reason = "no camera is configured".into();
            events(Event::Part {
                part: Part::Camera,
                state: PartState::Missing { reason },
            });
            None
        } else {
            let (shared, out, looked) = (control.clone(), events.clone(), eyes.clone());
            let build =
                Box::new(move |pulse: &Pulse| build(&config, &shared, &looked, &out, pulse));
            Some(Supervisor::start(Part::Camera, events, build))
        };
        Self {
            control,
            eyes,
            supervisor,
        }
    }

    /// Shows the pictures to the room itself, until there is no mirror any more.
    pub fn set_mirror(&self, mirror: Option<Mirror>) {
        mirror::set(&self.eyes.mirror, mirror);
    }

    /// Lets the device go until it is wanted again.
    pub fn set_wanted(&self, wanted: bool) {
        if let Some(supervisor) = &self.supervisor {
            supervisor.set_wanted(wanted);
        }
    }

    /// How often its supervisor has come round: one that does not for half a minute is stuck. None without a supervisor.
    #[must_use]
    pub fn turns(&self) -> Option<u64> {
        self.supervisor.as_ref().map(Supervisor::turns)
    }

    /// Begins to look at the pictures, until [`Self::glance`].
    pub fn look(&self) {
        eye::open(&self.eyes.eye);
    }

    /// What was seen since [`Self::look`]; nothing if no picture came.
    #[must_use]
    pub fn glance(&self) -> Option<Glance> {
        eye::close(&self.eyes.eye)
    }

    /// Opens or closes the `main` layer. The first picture after opening is a key frame.
    pub fn set_main(&self, on: bool) {
        let mut control = lock(&self.control);
        let opened = on && !control.main;
        control.main = on;
        if let Some(live) = &control.live {
            if opened {
                encoder::force_key_frame(&live.main);
            }
            live.valve.set_property("drop", !on);
        }
    }

    /// Makes the layer's next picture a key frame.
    pub fn force_key_frame(&self, layer: Layer) {
        if let Some(live) = &lock(&self.control).live {
            encoder::force_key_frame(live.of(layer));
        }
    }

    /// Sets a layer's bit rate, in bits per second, from the next picture on.
    pub fn set_bitrate(&self, layer: Layer, bps: u32) {
        let mut control = lock(&self.control);
        match layer {
            Layer::Main => control.main_bps = bps,
            Layer::Thumb => control.thumb_bps = bps,
        }
        if let Some(live) = &control.live {
            live.encoder.set_bitrate(live.of(layer), bps);
        }
    }
}

fn lock(control: &Mutex<Control>) -> MutexGuard<'_, Control> {
    control.lock().unwrap_or_else(PoisonError::into_inner)
}

fn build(
    config: &CameraConfig,
    control: &Arc<Mutex<Control>>,
    eyes: &Eyes,
    events: &Events,
    pulse: &Pulse,
) -> Result<Built, String> {
    let raw = raw_caps(config);
    let info = gst_video::VideoInfo::from_caps(&raw).map_err(|error| error.to_string())?;
    let encoder = encoder::find().map_err(|error| error.to_string())?;
    let source = source::resolve(&config.source)?;
    let pipeline = launch::pipeline(&[source.description(), encoder.description()])?;
    source.open(&pipeline, config, &raw, &info)?;

    let normalised = launch::named(&pipeline, "raw")?;
    normalised.set_property("caps", &raw);
    let pad = launch::pad(&normalised, "src")?;
    pulse.watch(&pad);
    eye::watch(&pad, info.clone(), eyes.eye.clone());
    mirror::watch(&pad, raw.clone(), info.clone(), eyes.mirror.clone());
    if let Some(room) = config.stamp {
        stamp_all(&pad, info, room);
    }
    launch::named(&pipeline, "thumb_raw")?.set_property("caps", thumb_caps(config.fps));
    deliver(&pipeline, "main", Layer::Main, events)?;
    deliver(&pipeline, "thumb", Layer::Thumb, events)?;

    let live = Live {
        encoder,
        valve: launch::named(&pipeline, "main_valve")?,
        main: launch::named(&pipeline, "main_encoder")?,
        thumb: launch::named(&pipeline, "thumb_encoder")?,
    };
    encoder.fit(&live.main, config.width, config.height);
    obey(control, live);
    Ok(Built {
        pipeline,
        chosen: format!("{}, encoded by {}", source.chosen, encoder.factory()),
        latency: None,
        keep: Vec::new(),
    })
}

/// Gives the wishes to a new pipeline.
fn obey(control: &Mutex<Control>, live: Live) {
    let mut control = lock(control);
    live.encoder.set_bitrate(&live.main, control.main_bps);
    live.encoder.set_bitrate(&live.thumb, control.thumb_bps);
    live.valve.set_property("drop", !control.main);
    control.live = Some(live);
}

fn raw_caps(config: &CameraConfig) -> gst::Caps {
    let side = |side: u32| i32::try_from(side & !1).unwrap_or(i32::MAX);
    gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::I420)
        .width(side(config.width))
        .height(side(config.height))
        .framerate(gst::Fraction::new(side(config.fps * 2) / 2, 1))
        .pixel_aspect_ratio(gst::Fraction::new(1, 1))
        .build()
}

fn thumb_caps(fps: u32) -> gst::Caps {
    let fps = i32::try_from(fps).unwrap_or(THUMB.2).min(THUMB.2);
    gst_video::VideoCapsBuilder::new()
        .width(THUMB.0)
        .height(THUMB.1)
        .framerate(gst::Fraction::new(fps, 1))
        .pixel_aspect_ratio(gst::Fraction::new(1, 1))
        .build()
}

/// Draws the room and the present moment into each picture.
fn stamp_all(pad: &gst::Pad, info: gst_video::VideoInfo, room: u8) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        if let Some(buffer) = probe.buffer_mut()
            && let Ok(mut frame) =
                gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &info)
        {
            let stride = usize::try_from(info.stride()[0]).unwrap_or(0);
            let now = stamp::Stamp::new(room, monotonic_ns());
            let width = usize::try_from(info.width()).unwrap_or(0);
            if let Ok(luma) = frame.plane_data_mut(0) {
                stamp::draw(luma, stride, width, now);
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// Hands each access unit of an appsink to the shell.
fn deliver(
    pipeline: &gst::Pipeline,
    name: &str,
    layer: Layer,
    events: &Events,
) -> Result<(), String> {
    let sink: gst_app::AppSink = launch::typed(pipeline, name)?;
    let events = events.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(event) = video(&sample, layer) {
                events(event);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
    Ok(())
}

fn video(sample: &gst::Sample, layer: Layer) -> Option<Event> {
    let buffer = sample.buffer()?;
    // x264enc moves its time stamps by 1000 hours and says so in the segment: running time is the truth.
    let pts = sample
        .segment()?
        .downcast_ref::<gst::ClockTime>()?
        .to_running_time(buffer.pts())?;
    Some(Event::Video {
        layer,
        access_unit: Bytes::copy_from_slice(&buffer.map_readable().ok()?),
        pts_ns: pts.nseconds(),
        key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
    })
}
