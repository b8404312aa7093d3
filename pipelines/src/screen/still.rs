//! Still pictures of the screen: a small pipeline that is kept, since making one costs more than a picture.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::launch;

/// A picture is encoded within this time or not at all.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(2);

#[derive(Debug)]
pub(super) struct Still {
    pipeline: gst::Pipeline,
    raw: gst_app::AppSrc,
    sink: gst_app::AppSink,
}

impl Still {
    pub(super) fn new(description: &str) -> Result<Self, String> {
        let pipeline = launch::pipeline(&[description])?;
        let (raw, sink) = (
            launch::typed(&pipeline, "raw")?,
            launch::typed(&pipeline, "still")?,
        );
        let still = Self {
            pipeline,
            raw,
            sink,
        };
        match still.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(still),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(super) fn encode(&self, picture: &gst::Sample) -> Option<Bytes> {
        self.raw.push_sample(picture).ok()?;
        let coded = self.sink.try_pull_sample(PATIENCE)?;
        let bytes = coded.buffer()?.map_readable().ok()?;
        Some(Bytes::copy_from_slice(&bytes))
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        // Going to NULL cannot fail for these elements.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
