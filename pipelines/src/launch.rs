//! The static parts of the pipelines: texts in `gst-launch-1.0` syntax under `descriptions/`.
//!
//! No value is pasted into a text: code names the elements it touches and sets typed properties.

use gstreamer as gst;
use gstreamer::prelude::*;

macro_rules! descriptions {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = include_str!(concat!("../descriptions/", $file));)*

        /// Every description by file name, for the tests.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

descriptions! {
    CAMERA_V4L2 = "camera-v4l2.launch";
    CAMERA_LIBCAMERA = "camera-libcamera.launch";
    CAMERA_FED = "camera-fed.launch";
    CAMERA_FILE = "camera-file.launch";
    ENCODE_X264 = "encode-x264.launch";
    ENCODE_V4L2 = "encode-v4l2.launch";
    ENCODE_OPENH264 = "encode-openh264.launch";
    MICROPHONES_ALSA = "microphones-alsa.launch";
    MICROPHONES_FED = "microphones-fed.launch";
    MICROPHONES_FILE = "microphones-file.launch";
    MICROPHONES = "microphones.launch";
    SCREEN_SLOT = "screen-slot.launch";
    SCREEN_SLOT_V4L2 = "screen-slot-v4l2.launch";
    SCREEN_KMS = "screen-kms.launch";
    SCREEN_WINDOW = "screen-window.launch";
    SCREEN_NONE = "screen-none.launch";
    SCREEN_DECK = "screen-deck.launch";
    STILL_JPEG = "still-jpeg.launch";
    STILL_PNG = "still-png.launch";
    SOUND_FILE = "sound-file.launch";
    SOUND_PIPE = "sound-pipe.launch";
    SOUND_DECODE = "sound-decode.launch";
    LOUDSPEAKER_SLOT = "loudspeaker-slot.launch";
    LOUDSPEAKER = "loudspeaker.launch";
    LOUDSPEAKER_ALSA = "loudspeaker-alsa.launch";
}

/// Parses texts that follow one another, linked from each to the next.
pub(crate) fn pipeline(texts: &[&str]) -> Result<gst::Pipeline, String> {
    parse(&texts.join(" ! "))
}

/// Parses texts that stand side by side in one pipeline, not linked.
pub(crate) fn parse(text: &str) -> Result<gst::Pipeline, String> {
    gst::parse::launch(text)
        .map_err(|error| error.to_string())?
        .downcast::<gst::Pipeline>()
        .map_err(|element| format!("`{}` is no pipeline", element.name()))
}

/// Parses a text into a bin whose free ends are its pads.
pub(crate) fn bin(text: &str, name: &str) -> Result<gst::Bin, String> {
    gst::parse::bin_from_description_with_name(text, true, name).map_err(|error| error.to_string())
}

/// The element that a description calls by this name.
pub(crate) fn named(bin: &impl IsA<gst::Bin>, name: &str) -> Result<gst::Element, String> {
    bin.by_name(name)
        .ok_or_else(|| format!("the description has no element `{name}`"))
}

/// The element of this name, of this type.
pub(crate) fn typed<T: IsA<gst::Element>>(
    bin: &impl IsA<gst::Bin>,
    name: &str,
) -> Result<T, String> {
    named(bin, name)?
        .downcast::<T>()
        .map_err(|element| format!("`{name}` is of another type: {}", element.type_()))
}

/// An element's always pad.
pub(crate) fn pad(element: &impl IsA<gst::Element>, name: &str) -> Result<gst::Pad, String> {
    let element = element.upcast_ref::<gst::Element>();
    element
        .static_pad(name)
        .ok_or_else(|| format!("`{}` has no pad `{name}`", element.name()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The twin of a description: the same names, live, without hardware.
    fn twin(file: &str) -> Option<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("descriptions/fake");
        std::fs::read_to_string(folder.join(file)).ok()
    }

    /// The element names that a text gives, in order.
    fn names(text: &str) -> Vec<&str> {
        let words = text.split_whitespace();
        let mut names: Vec<&str> = words
            .filter_map(|word| word.strip_prefix("name="))
            .collect();
        names.sort_unstable();
        names
    }

    fn parses(file: &str, text: &str) -> gst::Element {
        gst::parse::launch(text).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    #[test]
    fn every_description_parses_where_its_elements_are() {
        crate::init().expect("GStreamer");
        for (file, text) in ALL {
            let board_only = ["v4l2h264enc", "v4l2h264dec"];
            if !board_only.iter().any(|element| text.contains(element)) {
                parses(file, text);
            }
        }
    }

    #[test]
    fn every_source_and_sink_has_a_twin_with_the_same_names() {
        for (file, text) in ALL {
            let hardware = [
                "appsrc",
                "v4l2",
                "alsa",
                "kmssink",
                "libcamera",
                "autovideosink",
                "filesrc",
                "fdsrc",
                "decodebin",
            ];
            match twin(file) {
                Some(twin) => assert_eq!(names(text), names(&twin), "{file}"),
                None => assert!(
                    !hardware.iter().any(|element| text.contains(element)),
                    "{file} has no twin"
                ),
            }
        }
    }

    #[test]
    fn every_twin_reaches_playing() {
        crate::init().expect("GStreamer");
        for (file, text) in ALL {
            let text = twin(file).unwrap_or_else(|| (*text).to_owned());
            let (before, after) = ends(file, &text);
            let pipeline = parses(file, &format!("{before}{text}{after}"));
            pipeline
                .set_state(gst::State::Playing)
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let (result, state, _) = pipeline.state(gst::ClockTime::from_seconds(20));
            pipeline.set_state(gst::State::Null).expect("to stop");
            assert!(
                result.is_ok() && state == gst::State::Playing,
                "{file}: {result:?} {state:?}"
            );
        }
    }

    /// What a piece that is only a middle or an end needs around it.
    fn ends(file: &str, text: &str) -> (&'static str, &'static str) {
        let before = match file {
            _ if file.starts_with("encode-") => {
                "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=180 ! "
            }
            "microphones.launch" | "loudspeaker-alsa.launch" | "sound-decode.launch" => {
                "audiotestsrc is-live=true ! audio/x-raw,rate=48000 ! "
            }
            _ => "",
        };
        let after = if text.contains("appsink") || text.contains("fakesink") {
            ""
        } else {
            " ! fakesink"
        };
        (before, after)
    }
}
