//! What the decoders, the composer, the sink and the shell share: last pictures, the view, what is shown.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::{Sighting, THUMB_SLOTS, View};
use crate::i420::Rect;
use crate::stamp;

/// All video slots: main and the thumbs.
pub(super) const SLOTS: usize = 1 + THUMB_SLOTS;
/// When `main` gives nothing, the screen is drawn so often for the sake of the thumbs.
const IDLE: Duration = Duration::from_millis(100);
/// Sightings kept when nobody takes them.
const SIGHTINGS: usize = 2048;
/// A stamp older than this is a picture of a stamp, or chance.
const OLDEST_NS: u64 = 60_000_000_000;

#[derive(Debug, Default)]
pub(super) struct Stage {
    board: Mutex<Board>,
    changed: Condvar,
    shown: Mutex<Option<gst::Sample>>,
    sightings: Mutex<Vec<Sighting>>,
    last_sighting: Mutex<Option<stamp::Stamp>>,
}

#[derive(Debug, Default)]
struct Board {
    pictures: [Picture; SLOTS],
    view: Arc<View>,
    main_is_new: bool,
    view_is_new: bool,
    main_rect: Option<Rect>,
}

/// A slot's last picture; its number grows with each.
#[derive(Debug, Default, Clone)]
pub(super) struct Picture {
    pub(super) sample: Option<gst::Sample>,
    pub(super) number: u64,
}

/// What to draw.
pub(super) struct Scene {
    pub(super) pictures: [Picture; SLOTS],
    pub(super) view: Arc<View>,
}

impl Stage {
    pub(super) fn put(&self, slot: usize, sample: gst::Sample) {
        let mut board = lock(&self.board);
        if let Some(picture) = board.pictures.get_mut(slot) {
            picture.number += 1;
            picture.sample = Some(sample);
        }
        if slot == 0 && board.view.main.is_some() {
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
        lock(&self.board).view_is_new = true;
        self.changed.notify_all();
    }

    /// Waits for something new to draw, or for some time.
    pub(super) fn wait(&self) -> Scene {
        let board = lock(&self.board);
        let (mut board, _) = self
            .changed
            .wait_timeout_while(board, IDLE, |board| {
                !board.main_is_new && !board.view_is_new
            })
            .unwrap_or_else(PoisonError::into_inner);
        board.main_is_new = false;
        board.view_is_new = false;
        Scene {
            pictures: board.pictures.clone(),
            view: board.view.clone(),
        }
    }

    /// Where the main picture was drawn, if it was.
    pub(super) fn set_main_rect(&self, rect: Option<Rect>) {
        lock(&self.board).main_rect = rect;
    }

    pub(super) fn set_shown(&self, sample: gst::Sample) {
        *lock(&self.shown) = Some(sample);
    }

    pub(super) fn shown(&self) -> Option<gst::Sample> {
        lock(&self.shown).clone()
    }

    pub(super) fn take_sightings(&self) -> Vec<Sighting> {
        std::mem::take(&mut *lock(&self.sightings))
    }

    /// Reads the main picture's stamp, if it has one that was not seen yet.
    pub(super) fn look_for_stamp(
        &self,
        buffer: &gst::BufferRef,
        info: &gst_video::VideoInfo,
        now_ns: u64,
    ) {
        let Some(rect) = lock(&self.board).main_rect else {
            return;
        };
        let Some(stamp) = read(buffer, info, rect) else {
            return;
        };
        let drawn_ns = stamp.drawn_ns(now_ns);
        if lock(&self.last_sighting).replace(stamp) == Some(stamp)
            || now_ns.saturating_sub(drawn_ns) > OLDEST_NS
        {
            return;
        }
        let mut sightings = lock(&self.sightings);
        if sightings.len() == SIGHTINGS {
            sightings.remove(0);
        }
        sightings.push(Sighting {
            room: stamp.room,
            drawn_ns,
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
