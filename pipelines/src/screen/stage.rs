//! What the decoders, the composer, the sink and the shell share: last pictures, the view, what is shown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::gauge::{Gauge, Reading};
use super::painter::Drawn;
use super::{PageSighting, Sighting, THUMB_SLOTS, View};
use crate::i420::Rect;
use crate::stamp;

/// Everything that can be seen: main, the thumbs, and the room itself.
pub(super) const SLOTS: usize = 2 + THUMB_SLOTS;
/// When `main` gives nothing, the screen is drawn so often for the sake of the thumbs.
pub(super) const IDLE: Duration = Duration::from_millis(100);
/// Sightings kept when nobody takes them.
const SIGHTINGS: usize = 2048;
/// A stamp older than this is a picture of a stamp, or chance.
const OLDEST_NS: u64 = 60_000_000_000;

#[derive(Debug, Default)]
pub(super) struct Stage {
    board: Mutex<Board>,
    changed: Condvar,
    shown: Mutex<Option<gst::Sample>>,
    pub(super) gauge: Gauge,
    sightings: Mutex<Sightings>,
}

#[derive(Debug, Default)]
struct Board {
    pictures: [Picture; SLOTS],
    view: Arc<View>,
    view_is_new: bool,
    drawn: Arc<Drawn>,
    drawn_is_new: bool,
    main_is_new: bool,
    rects: Rects,
}

/// Where the stamps may be: the main picture, and the page of a deck.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Rects {
    pub(super) main: Option<Rect>,
    pub(super) page: Option<Rect>,
}

#[derive(Debug, Default)]
struct Sightings {
    main: Vec<Sighting>,
    last_main: Option<stamp::Stamp>,
    pages: Vec<PageSighting>,
    last_page: Option<stamp::Stamp>,
}

/// A slot's last picture; its number grows with each.
#[derive(Debug, Default, Clone)]
pub(super) struct Picture {
    pub(super) sample: Option<gst::Sample>,
    pub(super) number: u64,
}

/// What to compose.
pub(super) struct Work {
    pub(super) pictures: [Picture; SLOTS],
    pub(super) drawn: Arc<Drawn>,
    /// What the microphones hear.
    pub(super) heard: Reading,
}

impl Stage {
    pub(super) fn put(&self, slot: usize, sample: gst::Sample) {
        let mut board = lock(&self.board);
        if let Some(picture) = board.pictures.get_mut(slot) {
            picture.number += 1;
            picture.sample = Some(sample);
        }
        if slot == 0 && board.drawn.pictures.iter().any(|(slot, _)| *slot == 0) {
            board.main_is_new = true;
            self.changed.notify_all();
        }
    }

    pub(super) fn set_view(&self, view: View) {
        let mut board = lock(&self.board);
        if *board.view != view {
            board.view = Arc::new(view);
            board.view_is_new = true;
            self.changed.notify_all();
        }
    }

    /// Wakes whoever waits.
    pub(super) fn wake(&self) {
        let mut board = lock(&self.board);
        board.view_is_new = true;
        board.drawn_is_new = true;
        self.changed.notify_all();
    }

    /// Waits for a view that was not drawn yet; nothing once `stop` is set and [`Self::wake`] was called.
    pub(super) fn wait_for_view(&self, stop: &AtomicBool) -> Option<Arc<View>> {
        let board = lock(&self.board);
        let mut board = self
            .changed
            .wait_while(board, |board| !board.view_is_new)
            .unwrap_or_else(PoisonError::into_inner);
        board.view_is_new = false;
        (!stop.load(Ordering::Relaxed)).then(|| board.view.clone())
    }

    /// Whether the view that is drawn now is out of date.
    pub(super) fn has_new_view(&self) -> bool {
        lock(&self.board).view_is_new
    }

    pub(super) fn set_drawn(&self, drawn: Drawn) {
        let mut board = lock(&self.board);
        board.drawn = Arc::new(drawn);
        board.drawn_is_new = true;
        self.changed.notify_all();
    }

    /// Waits for something new to compose, or for some time.
    pub(super) fn wait(&self, at_most: Duration) -> Work {
        let board = lock(&self.board);
        let (mut board, _) = self
            .changed
            .wait_timeout_while(board, at_most, |board| {
                !board.main_is_new && !board.drawn_is_new
            })
            .unwrap_or_else(PoisonError::into_inner);
        board.main_is_new = false;
        board.drawn_is_new = false;
        Work {
            pictures: board.pictures.clone(),
            drawn: board.drawn.clone(),
            heard: self.gauge.read(),
        }
    }

    /// Where the main picture and the page were drawn, if they were.
    pub(super) fn set_rects(&self, rects: Rects) {
        lock(&self.board).rects = rects;
    }

    pub(super) fn set_shown(&self, sample: gst::Sample) {
        *lock(&self.shown) = Some(sample);
    }

    /// Nothing is shown any more.
    pub(super) fn go_dark(&self) {
        *lock(&self.shown) = None;
    }

    pub(super) fn shown(&self) -> Option<gst::Sample> {
        lock(&self.shown).clone()
    }

    pub(super) fn take_sightings(&self) -> Vec<Sighting> {
        std::mem::take(&mut lock(&self.sightings).main)
    }

    pub(super) fn take_page_sightings(&self) -> Vec<PageSighting> {
        std::mem::take(&mut lock(&self.sightings).pages)
    }

    /// Reads the stamps of the main picture and of the page, those that were not seen yet.
    pub(super) fn look_for_stamps(
        &self,
        buffer: &gst::BufferRef,
        info: &gst_video::VideoInfo,
        now_ns: u64,
    ) {
        let Rects { main, page } = lock(&self.board).rects;
        let main = main.and_then(|rect| read(buffer, info, rect));
        let page = page.and_then(|rect| read(buffer, info, rect));
        let mut seen = lock(&self.sightings);
        if let Some(stamp) = main {
            seen.main_shown(stamp, now_ns);
        }
        seen.page_shown(page, now_ns);
    }
}

impl Sightings {
    fn main_shown(&mut self, stamp: stamp::Stamp, now_ns: u64) {
        let drawn_ns = stamp.drawn_ns(now_ns);
        if self.last_main.replace(stamp) == Some(stamp)
            || now_ns.saturating_sub(drawn_ns) > OLDEST_NS
        {
            return;
        }
        if self.main.len() == SIGHTINGS {
            self.main.remove(0);
        }
        self.main.push(Sighting {
            room: stamp.room,
            drawn_ns,
            shown_ns: now_ns,
        });
    }

    /// A page's stamp says which deck and which page it is.
    fn page_shown(&mut self, stamp: Option<stamp::Stamp>, now_ns: u64) {
        let before = std::mem::replace(&mut self.last_page, stamp);
        let Some(stamp) = stamp.filter(|_| before != stamp) else {
            return;
        };
        if self.pages.len() == SIGHTINGS {
            self.pages.remove(0);
        }
        self.pages.push(PageSighting {
            deck: stamp.room,
            page: stamp.millis,
            shown_ns: now_ns,
        });
    }
}

fn read(buffer: &gst::BufferRef, info: &gst_video::VideoInfo, rect: Rect) -> Option<stamp::Stamp> {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).ok()?;
    let stride = usize::try_from(info.stride()[0]).ok()?;
    stamp::read(
        frame.plane_data(0).ok()?,
        stride,
        rect.x,
        rect.y,
        rect.width,
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
