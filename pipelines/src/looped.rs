//! A media file played over and over: a small pipeline of its own that decodes ahead without a clock.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::launch;

/// A file that gives nothing for so long is broken.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// Decoded buffers of a file, without end. Its time stamps are the file's: give new ones.
pub(crate) struct Looped {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    since_rewind: u64,
}

impl Looped {
    /// Opens a file with a description that has `file` (a filesrc), `raw` (a capsfilter) and `decoded` (an appsink).
    pub(crate) fn open(
        description: &str,
        path: &std::path::Path,
        raw: &gst::Caps,
    ) -> Result<Self, String> {
        if !path.is_file() {
            return Err(format!("there is no file {}", path.display()));
        }
        let pipeline = launch::pipeline(&[description])?;
        launch::named(&pipeline, "file")?.set_property("location", path);
        launch::named(&pipeline, "raw")?.set_property("caps", raw);
        let sink = launch::typed(&pipeline, "decoded")?;
        let looped = Self {
            pipeline,
            sink,
            since_rewind: 0,
        };
        match looped.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(looped),
            Err(_) => Err(looped.why()),
        }
    }

    /// The next decoded buffer and its caps; after the last comes the first.
    pub(crate) fn next(&mut self) -> Result<gst::Sample, String> {
        loop {
            if let Some(sample) = self.sink.try_pull_sample(PATIENCE) {
                self.since_rewind += 1;
                return Ok(sample);
            }
            if !self.sink.is_eos() || self.since_rewind == 0 {
                return Err(self.why());
            }
            self.since_rewind = 0;
            self.pipeline
                .seek_simple(
                    gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT,
                    gst::ClockTime::ZERO,
                )
                .map_err(|_| "the file cannot be rewound".to_owned())?;
        }
    }

    fn why(&self) -> String {
        let error = self
            .pipeline
            .bus()
            .and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        if let Some(gst::MessageView::Error(error)) = error.as_ref().map(|error| error.view()) {
            return format!("the file cannot be played: {}", error.error());
        }
        "the file holds nothing that can be played here".into()
    }
}

impl Drop for Looped {
    fn drop(&mut self) {
        // Going to NULL cannot fail for these elements.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
