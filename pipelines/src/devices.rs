//! What a box's devices may be called, and what `auto` finds on this machine.

mod machine;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;

pub use machine::{Machine, Output, Sound, Television};

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CameraSource {
    /// `auto`: what is there.
    #[default]
    Auto,
    /// `v4l2:/dev/videoN`: a Video4Linux capture device.
    V4l2(PathBuf),
    /// `libcamera`: a sensor on the board.
    Libcamera,
    /// `file:PATH`: a film, looped.
    File(PathBuf),
    /// `test`: a drawn, moving scene.
    Test,
    /// `none`.
    None,
}

/// Where sound comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MicrophoneSource {
    /// `auto`: what is there.
    #[default]
    Auto,
    /// `alsa:NAME`: an ALSA capture device, 1 to 8 channels.
    Alsa(String),
    /// `file:PATH`: a recording, looped.
    File(PathBuf),
    /// `test`: a made-up voice.
    Test,
    /// `none`.
    None,
}

/// Where pictures go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ScreenSink {
    /// `auto`: what is there.
    #[default]
    Auto,
    /// `kms`: the television, without a desktop.
    Kms,
    /// `window`: a window of the desktop.
    Window,
    /// `none`: composed, shown to nobody but [`crate::Screen::picture`].
    None,
}

/// Where the page of a deck goes, beside the people on the first screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeckSink {
    /// `auto`: a second television, whenever one is connected; on a desktop nowhere.
    #[default]
    Auto,
    /// `kms`: a second television, without a desktop.
    Kms,
    /// `window`: a second window of the desktop.
    Window,
    /// `test`: composed, shown to nobody but [`crate::Surface::picture`].
    Test,
    /// `none`: the page stays with the people, on one screen.
    None,
}

/// Where sound goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LoudspeakerSink {
    /// `auto`: what is there.
    #[default]
    Auto,
    /// `alsa:NAME`: an ALSA playback device.
    Alsa(String),
    /// `none`: played in real time, heard by nobody.
    None,
}

/// Splits "kind:value"; an empty value is none.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(':') {
        Some((kind, value)) => (kind, Some(value).filter(|value| !value.is_empty())),
        None => (text, None),
    }
}

fn refused(given: &str, what: &'static str, allowed: &'static str) -> Error {
    Error::Device {
        given: given.to_owned(),
        what,
        allowed,
    }
}

impl FromStr for CameraSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, split(text)) {
            ("auto", _) => Ok(Self::Auto),
            ("libcamera", _) => Ok(Self::Libcamera),
            ("test", _) => Ok(Self::Test),
            ("none", _) => Ok(Self::None),
            (_, ("v4l2", Some(path))) => Ok(Self::V4l2(path.into())),
            (_, ("file", Some(path))) => Ok(Self::File(path.into())),
            (_, _) => Err(refused(
                text,
                "camera",
                "`auto`, `v4l2:/dev/video0`, `libcamera`, `file:/path/to/film`, `test` or `none`",
            )),
        }
    }
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::V4l2(path) => write!(f, "v4l2:{}", path.display()),
            Self::Libcamera => f.write_str("libcamera"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Test => f.write_str("test"),
            Self::None => f.write_str("none"),
        }
    }
}

impl FromStr for MicrophoneSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, split(text)) {
            ("auto", _) => Ok(Self::Auto),
            ("test", _) => Ok(Self::Test),
            ("none", _) => Ok(Self::None),
            (_, ("alsa", Some(name))) => Ok(Self::Alsa(name.into())),
            (_, ("file", Some(path))) => Ok(Self::File(path.into())),
            (_, _) => Err(refused(
                text,
                "microphone",
                "`auto`, `alsa:hw:1,0`, `file:/path/to/sound`, `test` or `none`",
            )),
        }
    }
}

impl fmt::Display for MicrophoneSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Alsa(name) => write!(f, "alsa:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Test => f.write_str("test"),
            Self::None => f.write_str("none"),
        }
    }
}

impl FromStr for ScreenSink {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "kms" => Ok(Self::Kms),
            "window" => Ok(Self::Window),
            "none" => Ok(Self::None),
            _ => Err(refused(text, "screen", "`auto`, `kms`, `window` or `none`")),
        }
    }
}

impl fmt::Display for ScreenSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Kms => "kms",
            Self::Window => "window",
            Self::None => "none",
        })
    }
}

impl FromStr for DeckSink {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "kms" => Ok(Self::Kms),
            "window" => Ok(Self::Window),
            "test" => Ok(Self::Test),
            "none" => Ok(Self::None),
            _ => Err(refused(
                text,
                "second screen",
                "`auto`, `kms`, `window`, `test` or `none`",
            )),
        }
    }
}

impl fmt::Display for DeckSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Kms => "kms",
            Self::Window => "window",
            Self::Test => "test",
            Self::None => "none",
        })
    }
}

impl FromStr for LoudspeakerSink {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, split(text)) {
            ("auto", _) => Ok(Self::Auto),
            ("none", _) => Ok(Self::None),
            (_, ("alsa", Some(name))) => Ok(Self::Alsa(name.into())),
            (_, _) => Err(refused(
                text,
                "loudspeaker",
                "`auto`, `alsa:default` or `none`",
            )),
        }
    }
}

impl fmt::Display for LoudspeakerSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Alsa(name) => write!(f, "alsa:{name}"),
            Self::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back_and_forth<T>(texts: &[&str])
    where
        T: FromStr<Err = Error> + fmt::Display,
    {
        for text in texts {
            let parsed: T = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(parsed.to_string(), *text);
        }
    }

    #[test]
    fn every_spelling_is_read_and_written_back() {
        back_and_forth::<CameraSource>(&[
            "auto",
            "v4l2:/dev/video0",
            "libcamera",
            "file:/x.mp4",
            "test",
            "none",
        ]);
        back_and_forth::<MicrophoneSource>(&[
            "auto",
            "alsa:hw:1,0",
            "file:a b.wav",
            "test",
            "none",
        ]);
        back_and_forth::<ScreenSink>(&["auto", "kms", "window", "none"]);
        back_and_forth::<DeckSink>(&["auto", "kms", "window", "test", "none"]);
        back_and_forth::<LoudspeakerSink>(&["auto", "alsa:plughw:0,3", "none"]);
    }

    #[test]
    fn a_wrong_spelling_is_told_what_is_allowed() {
        let error = "v4l2:".parse::<CameraSource>().expect_err("no path");
        assert_eq!(
            error.to_string(),
            "`v4l2:` is no camera: write `auto`, `v4l2:/dev/video0`, `libcamera`, `file:/path/to/film`, `test` or `none`"
        );
        for text in ["", "Test", "test:1 ", "alsa", "hw:1,0", "file:"] {
            assert!(text.parse::<CameraSource>().is_err(), "{text}");
            assert!(text.parse::<MicrophoneSource>().is_err(), "{text}");
            assert!(text.parse::<ScreenSink>().is_err(), "{text}");
            assert!(text.parse::<DeckSink>().is_err(), "{text}");
            assert!(text.parse::<LoudspeakerSink>().is_err(), "{text}");
        }
    }
}
