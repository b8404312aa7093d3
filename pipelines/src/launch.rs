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
    STILL_JPEG = "still-jpeg.launch";
    STILL_PNG = "still-png.launch";
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
