//! Shows the camera's pictures to the room itself while a mirror is there.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::focus::{Focuser, detail};
use crate::screen::Mirror;

/// The screen composes so often where nothing else moves; to look more often would show nothing.
const EVERY: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Empty but while somebody looks: then nothing is measured.
pub type Shared = Arc<Mutex<Option<Looking>>>;

/// Somebody who looks.
#[derive(Debug)]
pub struct Looking {
    mirror: Mirror,
    focuser: Focuser,
    last: Option<gst::ClockTime>,
}

/// Puts a mirror up, or takes it away.
pub fn set(shared: &Shared, mirror: Option<Mirror>) {
    let looking = mirror.map(|mirror| Looking {
        mirror,
        focuser: Focuser::default(),
        last: None,
    });
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = looking;
}

/// Lets the mirror see what passes here.
pub fn watch(pad: &gst::Pad, raw: gst::Caps, info: gst_video::VideoInfo, shared: Shared) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        let mut looking = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(looking), Some(buffer)) = (looking.as_mut(), probe.buffer())
            && looking.is_due(buffer.pts())
        {
            let focus = looking.focuser.take(detail_of(buffer, &info));
            let sample = gst::Sample::builder()
                .buffer(&buffer.to_owned())
                .caps(&raw)
                .build();
            looking.mirror.show(sample, focus);
        }
        gst::PadProbeReturn::Ok
    });
}

impl Looking {
    fn is_due(&mut self, at: Option<gst::ClockTime>) -> bool {
        let early = |(at, last): (gst::ClockTime, gst::ClockTime)| at.absdiff(last) < EVERY;
        if at.zip(self.last).is_some_and(early) {
            return false;
        }
        self.last = at;
        true
    }
}

fn detail_of(buffer: &gst::BufferRef, info: &gst_video::VideoInfo) -> f32 {
    let Ok(frame) = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info) else {
        return 0.0;
    };
    let stride = usize::try_from(frame.plane_stride()[0]).unwrap_or(0);
    let width = usize::try_from(info.width()).unwrap_or(0);
    frame
        .plane_data(0)
        .map_or(0.0, |luma| detail(luma, stride, width))
}
