//! The H.264 encoder: which one this machine has, and its few settings.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use crate::{Error, launch};

/// Up to so many pixels x264 encodes on one thread: slices cost more than they give.
const ONE_THREAD_PIXELS: u32 = 640 * 360;

/// An H.264 encoder that GStreamer may have, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoder {
    /// The board's own (Raspberry Pi 4 and others).
    V4l2,
    /// x264, tuned for latency.
    X264,
    /// Cisco's OpenH264.
    OpenH264,
}

/// The encoder to use here.
pub(crate) fn find() -> Result<Encoder, Error> {
    [Encoder::V4l2, Encoder::X264, Encoder::OpenH264]
        .into_iter()
        .find(|encoder| gst::ElementFactory::find(encoder.factory()).is_some())
        .ok_or(Error::Missing {
            element: "x264enc",
            package: "gstreamer1.0-plugins-ugly",
        })
}

impl Encoder {
    pub(crate) const fn factory(self) -> &'static str {
        match self {
            Self::V4l2 => "v4l2h264enc",
            Self::X264 => "x264enc",
            Self::OpenH264 => "openh264enc",
        }
    }

    /// The description of both layers, from raw pictures to `main` and `thumb` appsinks.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::V4l2 => launch::ENCODE_V4L2,
            Self::X264 => launch::ENCODE_X264,
            Self::OpenH264 => launch::ENCODE_OPENH264,
        }
    }

    /// Fits an encoder to its picture's size.
    pub(crate) fn fit(self, element: &gst::Element, width: u32, height: u32) {
        match self {
            Self::X264 => {
                let one = width * height <= ONE_THREAD_PIXELS;
                element.set_property("threads", u32::from(one));
                element.set_property("sliced-threads", !one);
            }
            Self::V4l2 | Self::OpenH264 => {}
        }
    }

    /// Sets the bit rate, in bits per second. May be called while it runs.
    pub(crate) fn set_bitrate(self, element: &gst::Element, bps: u32) {
        match self {
            Self::X264 => element.set_property("bitrate", (bps / 1000).max(1)),
            Self::OpenH264 => element.set_property("bitrate", bps.max(1000)),
            Self::V4l2 => {
                let mut controls = element
                    .property::<Option<gst::Structure>>("extra-controls")
                    .unwrap_or_else(|| gst::Structure::new_empty("controls"));
                controls.set("video_bitrate", i32::try_from(bps).unwrap_or(i32::MAX));
                element.set_property("extra-controls", controls);
            }
        }
    }
}

/// Asks an encoder to make its next picture a key frame, SPS and PPS included.
pub(crate) fn force_key_frame(element: &gst::Element) {
    let event = gst_video::UpstreamForceKeyUnitEvent::builder()
        .all_headers(true)
        .build();
    let sent = element
        .static_pad("src")
        .is_some_and(|pad| pad.send_event(event));
    tracing::debug!(encoder = %element.name(), sent, "key frame asked for");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoder_here_takes_its_settings() {
        crate::init().expect("GStreamer");
        let mut tried = 0;
        for encoder in [Encoder::V4l2, Encoder::X264, Encoder::OpenH264] {
            let Ok(element) = gst::ElementFactory::make(encoder.factory()).build() else {
                continue;
            };
            tried += 1;
            for (width, height, bps) in
                [(320, 180, 0), (640, 360, 800_000), (1920, 1080, 4_000_000)]
            {
                encoder.fit(&element, width, height);
                encoder.set_bitrate(&element, bps);
            }
            if encoder == Encoder::X264 {
                assert_eq!(element.property::<u32>("bitrate"), 4000);
                assert!(element.property::<bool>("sliced-threads"));
            }
        }
        assert!(tried > 0);
    }
}
