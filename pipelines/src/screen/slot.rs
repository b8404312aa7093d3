//! One slot's way from coded pictures to the stage.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::stage::Stage;
use crate::launch;

/// Adds a decoder for the slot of this index; gives where its coded pictures enter.
pub(super) fn add(
    pipeline: &gst::Pipeline,
    index: usize,
    stage: &Arc<Stage>,
) -> Result<gst_app::AppSrc, String> {
    let description = match gst::ElementFactory::find("v4l2h264dec") {
        Some(_) => launch::SCREEN_SLOT_V4L2,
        None => launch::SCREEN_SLOT,
    };
    let bin = launch::bin(description, &format!("slot{index}"))?;
    let source: gst_app::AppSrc = launch::typed(&bin, "coded")?;
    let caps = gst::Caps::builder("video/x-h264")
        .field("stream-format", "byte-stream")
        .field("alignment", "au")
        .build();
    source.set_caps(Some(&caps));
    let sink: gst_app::AppSink = launch::typed(&bin, "pictures")?;
    let stage = stage.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            stage.put(index, sample);
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
    pipeline.add(&bin).map_err(|error| error.to_string())?;
    Ok(source)
}
