//! The room's own camera, on its way to its own screen.

use std::sync::Arc;

use gstreamer as gst;

use super::VideoSlot;
use super::stage::Stage;
use crate::camera::Focus;

/// What shows the camera's pictures as they are, and how sharp they are, to the room itself. Its copies are the same
/// mirror.
#[derive(Debug, Clone)]
pub struct Mirror(pub(super) Arc<Stage>);

impl Mirror {
    pub(crate) fn show(&self, sample: gst::Sample, focus: Focus) {
        self.0.put(VideoSlot::Own.index(), sample);
        self.0.gauge.focus(focus);
    }
}
