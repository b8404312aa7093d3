//! A view as it would be shown, without a screen: for tests, for reference pictures, to compare with a television.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_video as gst_video;

use super::VideoSlot;
use super::canvas::Canvas;
use super::gauge::Gauge;
use super::painter::{Easel, Meter};
use super::stage::Work;
use super::still::Still;
use super::{THUMB_SLOTS, View};
use crate::launch;

/// A rectangle in pixels: left, top, width, height.
pub type Area = [usize; 4];

/// A view that was drawn; its pictures are empty.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// A PNG file.
    pub png: Bytes,
    /// Which pictures are seen where.
    pub pictures: Vec<(VideoSlot, Area)>,
    /// Where the page of a deck is, if one is shown.
    pub page: Option<Area>,
    /// Where meters move, and where the words beside them change.
    pub moving: Vec<Area>,
}

/// Draws a view at a size in pixels, even ones. [`crate::init`] must have been called.
///
/// # Errors
/// GStreamer cannot make pictures of this size; said in words.
pub fn draw(view: &View, width: u32, height: u32) -> Result<Drawing, String> {
    draw_heard(view, &Gauge::default(), width, height)
}

/// The same, with what the microphones hear.
///
/// # Errors
/// As [`draw`].
pub fn draw_heard(view: &View, gauge: &Gauge, width: u32, height: u32) -> Result<Drawing, String> {
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width & !1, height & !1)
        .fps(gst::Fraction::new(25, 1))
        .build()
        .map_err(|error| error.to_string())?;
    let (drawn, _) = Easel::new(info.width() as usize, info.height() as usize).draw(view);
    let mut canvas = Canvas::new(info.clone())?;
    let work = Work {
        pictures: Default::default(),
        drawn: Arc::new(drawn),
        heard: gauge.read(),
    };
    let buffer = canvas.draw(&work, 0).ok_or("no memory for a picture")?;
    let caps = info.to_caps().map_err(|error| error.to_string())?;
    let sample = gst::Sample::builder().buffer(&buffer).caps(&caps).build();
    let png = Still::new(launch::STILL_PNG)?.encode(&sample);
    let area = |rect: &crate::i420::Rect| [rect.x, rect.y, rect.width, rect.height];
    Ok(Drawing {
        png: png.ok_or("the picture could not be made into a file")?,
        pictures: work
            .drawn
            .pictures
            .iter()
            .map(|(slot, rect)| (slot_of(*slot), area(rect)))
            .collect(),
        page: canvas.rects.page.as_ref().map(area),
        moving: work.drawn.meters.iter().flat_map(moving).collect(),
    })
}

fn moving(meter: &Meter) -> Vec<Area> {
    let at = |x: isize, y: isize| {
        let side = |side: isize| usize::try_from(side).unwrap_or(0);
        (side(x), side(y))
    };
    let cells = meter.cells.first().zip(meter.cells.last());
    let cells = cells.map(|(first, last)| {
        let ((x, y), (end, _)) = (at(first.0, first.1), at(last.0, last.1));
        [x, y, end - x + meter.good.width(), meter.good.height()]
    });
    let marks = [&meter.poor_mark, &meter.good_mark];
    let marks = marks.into_iter().flatten().map(|mark| {
        let (x, y) = at(mark.x, mark.y);
        [x, y, mark.sprite.width(), mark.sprite.height()]
    });
    cells.into_iter().chain(marks).collect()
}

fn slot_of(index: usize) -> VideoSlot {
    match index {
        0 => VideoSlot::Main,
        index if index == VideoSlot::Own.index() => VideoSlot::Own,
        thumb => VideoSlot::Thumb((thumb - 1).min(THUMB_SLOTS - 1)),
    }
}
