//! `room.toml`: all that a box is told.

mod wifi;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use board::pins::Choice;
use conference::toml_error::explain;
use pairing::{Hardware, Invitation};
use pipelines::devices::{CameraSource, DeckSink, LoudspeakerSink, MicrophoneSource, ScreenSink};
use serde::{Deserialize, Deserializer};

use crate::kept;
use crate::machine::QUIET;
use crate::mistake::Mistake;
use crate::pairing::{Files, files};
use crate::update;

pub use wifi::Wifi;

/// The longest name of a room, in characters: more cannot be read from ten metres.
pub const MAX_NAME: usize = 40;
/// The shortest token, in characters.
pub const MIN_TOKEN: usize = 16;
/// Where a box keeps what outlives a restart.
const KEPT: &str = "room.kept.json";
/// Where it keeps the last settings that were good.
const GOOD: &str = "room.good.toml";

/// A `room.toml` that cannot be used; says the file, the line and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub struct ConfigError {
    said: String,
    /// The same, for the room.
    pub mistake: Box<Mistake>,
}

/// Everything in `room.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the room as the others read it; 1 to [`MAX_NAME`] characters.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Language of what people read in the room. Default: French.
    #[serde(default)]
    pub language: Language,
    /// Where the bridge is.
    pub bridge: Bridge,
    /// Which devices are used. Default: `auto` for each.
    #[serde(default)]
    pub devices: Devices,
    /// What becomes of the sound before it is sent.
    #[serde(default)]
    pub microphones: Microphones,
    /// The picture that is sent.
    #[serde(default)]
    pub picture: Picture,
    /// The picture that is shown.
    #[serde(default)]
    pub screen: Screen,
    /// The decks that are kept in this box.
    #[serde(default)]
    pub decks: Decks,
    /// The file in which the box keeps volume and next evening over a restart; a path in the box's folder. Default: named
    /// like `room.toml`, `room.kept.json`.
    #[serde(default = "kept")]
    pub kept: PathBuf,
    /// The box's own page.
    #[serde(default)]
    pub web: Web,
    /// The box's buttons and lights.
    #[serde(default)]
    pub panel: Panel,
    /// The room's Wi-Fi, where there is no cable; the card's system joins it.
    pub wifi: Option<Wifi>,
    /// Marks and records what `estrade demo` needs to measure; absent in a real room.
    pub measure: Option<Measure>,
    /// What is wrong with the file, while others than its settings are used.
    #[serde(skip)]
    pub mistake: Option<Box<Mistake>>,
}

/// Language of what people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// Where the bridge is and who we are there.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bridge {
    /// `http://HOST:PORT`, or `https://HOST:PORT` for an encrypted line.
    #[serde(deserialize_with = "address")]
    pub address: String,
    /// The room's bearer token, at least [`MIN_TOKEN`] characters. Default: none, and the box is paired.
    #[serde(default, deserialize_with = "token")]
    pub token: Option<String>,
    /// An installer's invitation, by which the box is paired without anybody's help. Default: none, and the television
    /// shows a code.
    #[serde(default, deserialize_with = "invitation")]
    pub invitation: Option<Invitation>,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridge")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Which devices are used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Devices {
    /// Where the picture comes from.
    #[serde(deserialize_with = "parsed")]
    pub camera: CameraSource,
    /// Where the sound comes from.
    #[serde(deserialize_with = "parsed")]
    pub microphones: MicrophoneSource,
    /// Where the picture of the others is shown.
    #[serde(deserialize_with = "parsed")]
    pub screen: ScreenSink,
    /// Where the page of a deck is shown, beside the people on the first screen.
    #[serde(deserialize_with = "parsed")]
    pub deck_screen: DeckSink,
    /// Where the others are heard.
    #[serde(deserialize_with = "parsed")]
    pub loudspeaker: LoudspeakerSink,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            camera: CameraSource::Auto,
            microphones: MicrophoneSource::Auto,
            screen: ScreenSink::Auto,
            deck_screen: DeckSink::Auto,
            loudspeaker: LoudspeakerSink::Auto,
        }
    }
}

/// What becomes of the sound before it is sent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Microphones {
    /// Whether the gate lets only people who speak through; it can be switched on the box's page as well.
    /// Default: yes.
    pub gate: bool,
}

impl Default for Microphones {
    fn default() -> Self {
        Self { gate: true }
    }
}

/// The picture that is sent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Picture {
    /// Width in pixels: even, 160 to 1920. Default 1280.
    #[serde(deserialize_with = "width")]
    pub width: u32,
    /// Height in pixels: even, 90 to 1080. Default 720.
    #[serde(deserialize_with = "height")]
    pub height: u32,
    /// Frames per second: 5 to 60. Default 25.
    #[serde(deserialize_with = "frames")]
    pub frames_per_second: u32,
    /// The most the large picture may take, in kbit/s: 200 to 20000. Default 2500.
    #[serde(deserialize_with = "kbits")]
    pub kbit_per_second: u32,
}

impl Default for Picture {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            frames_per_second: 25,
            kbit_per_second: 2500,
        }
    }
}

/// The picture that is shown.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// Width in pixels: even, 160 to 1920. Default 1920.
    #[serde(deserialize_with = "width")]
    pub width: u32,
    /// Height in pixels: even, 90 to 1080. Default 1080.
    #[serde(deserialize_with = "height")]
    pub height: u32,
    /// Whether small pictures of the other rooms are shown. Default: yes.
    pub thumbs: bool,
    /// Whether the television is switched on for the evening and off after it, and its remote works, over HDMI (CEC).
    /// Default: yes.
    pub cec: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            width: 1920,
            height: 1080,
            thumbs: true,
            cec: true,
        }
    }
}

/// The decks that are kept in this box.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decks {
    /// The folder in which they lie, made when it is not there; a path in the box's folder. Default `decks`.
    pub folder: PathBuf,
    /// What they may take, photos included, in MB: 50 to 1000000. Default 2000, some forty decks.
    #[serde(deserialize_with = "megabytes")]
    pub budget_mb: u32,
}

impl Default for Decks {
    fn default() -> Self {
        Self {
            folder: "decks".into(),
            budget_mb: 2000,
        }
    }
}

/// The box's own page.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Address and port; port 0 takes a free one. Default `127.0.0.1:8081`.
    #[serde(deserialize_with = "socket")]
    pub listen: SocketAddr,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
        }
    }
}

/// The box's buttons and lights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Panel {
    /// The pins they are wired to: `auto` those of this board, `none`, or a file like `board/devices/pi4/pins.toml`, a path
    /// beside `room.toml`. Default `auto`.
    #[serde(deserialize_with = "parsed")]
    pub pins: Choice,
    /// Whether short soft sounds double the lights. Default: yes.
    pub sounds: bool,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            pins: Choice::Auto,
            sounds: true,
        }
    }
}

/// What the demo asks of a box, so that it can measure and let its virtual audience make noises.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Makes this machine another one in the bridge's eyes: tests have one alone. Default: none.
    pub hardware: Option<String>,
    /// Number drawn with the time into each picture sent; it is read back on the screens, and sound is
    /// recorded. Default: none of this.
    pub stamp: Option<u8>,
    /// The file system in which the things of a card are, in place of `/`. Default: none.
    pub root: Option<PathBuf>,
    /// Seconds without a button after which the box may rest, in place of five minutes.
    pub quiet_seconds: Option<u32>,
}

fn kept() -> PathBuf {
    KEPT.into()
}

impl Config {
    /// Reads and checks a file. What the box keeps lies in the folder `state`, or beside the file.
    ///
    /// # Errors
    /// [`ConfigError`], to be shown to a person as it is.
    pub fn load(path: &Path, state: Option<&Path>) -> Result<Self, ConfigError> {
        let (config, _) = Self::read(path)?;
        Ok(config.placed(path, state))
    }

    /// The file's settings, and its text.
    fn read(path: &Path) -> Result<(Self, String), ConfigError> {
        let file = path.file_name().unwrap_or(path.as_os_str());
        let name = file.to_string_lossy();
        let text = kept::read(path).map_err(|error| ConfigError {
            said: format!("cannot read {}: {error}", path.display()),
            mistake: Box::new(Mistake::unread(&name, &error)),
        })?;
        match toml::from_str(&text) {
            Ok(config) => Ok((config, text)),
            Err(error) => Err(ConfigError {
                said: explain(&name, &text, &error),
                mistake: Box::new(Mistake::wrong(&name, &text, &error)),
            }),
        }
    }

    /// Settings of a box that starts by itself: those of the file, which are kept in the folder `state`; while the file is
    /// wrong the last good ones, and what is wrong in [`Self::mistake`].
    ///
    /// # Errors
    /// What is wrong, where no good ones were kept.
    pub fn load_or_kept(path: &Path, state: &Path) -> Result<Self, ConfigError> {
        let good = state.join(GOOD);
        let before = kept::read(&good).unwrap_or_default();
        let error = match Self::read(path) {
            Ok((config, text)) => {
                if text != before
                    && let Err(error) = kept::replace(&good, text.as_bytes())
                {
                    tracing::warn!(file = %good.display(), %error, "the settings cannot be kept: a wrong room.toml will stop this box");
                }
                return Ok(config.placed(path, Some(state)));
            }
            Err(error) => error,
        };
        tracing::error!("{error}");
        match toml::from_str::<Self>(&before) {
            Ok(config) => Ok(Self {
                mistake: Some(error.mistake),
                ..config.placed(path, Some(state))
            }),
            Err(_) => Err(error),
        }
    }

    /// The settings that [`Self::load_or_kept`] keeps in this folder, if there are any.
    pub fn last_good(state: &Path) -> Option<Self> {
        let text = kept::read(&state.join(GOOD)).ok()?;
        toml::from_str(&text).ok()
    }

    /// Removes the settings that [`Self::load_or_kept`] keeps in this folder.
    pub fn forget(state: &Path) {
        kept::forget(&state.join(GOOD));
    }

    /// With its files where they are, beside `path` and in the folder `state`.
    fn placed(mut self, path: &Path, state: Option<&Path>) -> Self {
        let config = &mut self;
        let file = path.file_name().unwrap_or(path.as_os_str());
        if let Choice::File(pins) = &mut config.panel.pins {
            *pins = path.parent().unwrap_or(Path::new("")).join(&*pins);
        }
        let state = state.or(path.parent()).unwrap_or(Path::new(""));
        config.decks.folder = state.join(&config.decks.folder);
        // Several boxes of one machine have their files in one folder.
        config.kept = match config.kept == Path::new(KEPT) {
            true => state.join(file).with_extension("kept.json"),
            false => state.join(&config.kept),
        };
        self
    }

    /// Where what is known of the pairing lies.
    pub fn pairing(&self) -> Files {
        Files::beside(&self.kept)
    }

    /// Where the things of a card are; nothing on other machines.
    pub(crate) fn card(&self) -> Option<update::Place> {
        let folder = self.kept.with_file_name("update");
        update::Place::find(self.root(), folder)
    }

    /// The version of what runs.
    pub(crate) fn version(&self) -> String {
        update::version(self.root())
    }

    fn root(&self) -> &Path {
        let measured = self.measure.as_ref();
        let root = measured.and_then(|measure| measure.root.as_deref());
        root.unwrap_or(Path::new("/"))
    }

    /// Which machine this is, as the bridge is told.
    pub fn hardware(&self) -> Hardware {
        let other = self
            .measure
            .as_ref()
            .and_then(|measure| measure.hardware.as_deref());
        files::hardware(Path::new("/"), other)
    }

    /// After how long without a button the box may rest.
    pub fn quiet(&self) -> Duration {
        let measured = self
            .measure
            .as_ref()
            .and_then(|measure| measure.quiet_seconds);
        measured.map_or(QUIET, |seconds| Duration::from_secs(seconds.into()))
    }

    /// Checks the text of a `room.toml`; `file` is the name to speak of.
    ///
    /// # Errors
    /// File, line, fault and cure, in words.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| explain(file, text, &error))
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let length = name.chars().count();
    if name.trim() != name || length == 0 || name.chars().any(char::is_control) {
        return Err(serde::de::Error::custom(
            "a room's name has no space at its ends and is not empty",
        ));
    }
    if length > MAX_NAME {
        return Err(serde::de::Error::custom(format!(
            "this name has {length} characters; {MAX_NAME} at most can be read from the back of a room"
        )));
    }
    Ok(name)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |why: &str| {
        serde::de::Error::custom(format!(
            "\"{text}\" is not a bridge's address: {why}; write it as \"http://192.168.1.10:8080\""
        ))
    };
    let url = reqwest::Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with http:// or https://"));
    }
    if url.host().is_none() || url.path() != "/" || url.query().is_some() {
        return Err(wrong("only a name or number and a port belong in it"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn socket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!(
            "\"{text}\" is no address with a port; write it as \"127.0.0.1:8081\""
        ))
    })
}

fn invitation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Invitation>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = Invitation::parse(&text).ok_or_else(|| {
        serde::de::Error::custom(
            "an invitation has five groups of five letters and digits: copy it as the bridge gave it",
        )
    });
    read.map(Some)
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let token = String::deserialize(deserializer)?;
    if token.chars().count() < MIN_TOKEN || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(serde::de::Error::custom(format!(
            "a token has at least {MIN_TOKEN} letters, digits or signs and no space: copy it from the bridge's file"
        )));
    }
    Ok(Some(token))
}

fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

fn width<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    even(within(deserializer, 160, 1920, "pixels wide")?)
}

fn height<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    even(within(deserializer, 90, 1080, "pixels high")?)
}

fn frames<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 5, 60, "frames per second")
}

fn megabytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 50, 1_000_000, "MB")
}

fn kbits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, 200, 20_000, "kbit/s")
}

fn within<'de, D>(deserializer: D, least: u32, most: u32, unit: &str) -> Result<u32, D::Error>
where
    D: Deserializer<'de>,
{
    let value = i64::deserialize(deserializer)?;
    u32::try_from(value)
        .ok()
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| serde::de::Error::custom(format!("{value} {unit}: take {least} to {most}")))
}

/// H.264 at 4:2:0 has half as many colour samples as pixels in both directions.
fn even<E: serde::de::Error>(value: u32) -> Result<u32, E> {
    if value.is_multiple_of(2) {
        Ok(value)
    } else {
        Err(E::custom(format!("{value} pixels: take an even number")))
    }
}

#[cfg(test)]
mod tests;
