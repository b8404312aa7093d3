//! `room.toml`: all that a box is told.

mod wifi;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use board::pins::Choice;
use conference::toml_error::explain;
use pipelines::devices::{CameraSource, DeckSink, LoudspeakerSink, MicrophoneSource, ScreenSink};
use serde::{Deserialize, Deserializer};

use crate::kept;
use crate::machine::QUIET;
use crate::mistake::Mistake;

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
    /// `http://HOST:PORT`.
    #[serde(deserialize_with = "address")]
    pub address: String,
    /// The room's bearer token, at least [`MIN_TOKEN`] characters.
    #[serde(deserialize_with = "token")]
    pub token: String,
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Number drawn with the time into each picture sent; it is read back on the screens, and sound is
    /// recorded. Default: none of this.
    pub stamp: Option<u8>,
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

    /// After how long without a button the box may rest.
    pub fn quiet(&self) -> Duration {
        let measured = self.measure.and_then(|measure| measure.quiet_seconds);
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
    if url.scheme() != "http" {
        return Err(wrong("it must begin with http://"));
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

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let token = String::deserialize(deserializer)?;
    if token.chars().count() < MIN_TOKEN || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(serde::de::Error::custom(format!(
            "a token has at least {MIN_TOKEN} letters, digits or signs and no space: copy it from the bridge's file"
        )));
    }
    Ok(token)
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
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn the_shipped_example_is_a_good_file() {
        let config = Config::parse("room.toml", include_str!("../room.toml")).unwrap();
        assert_eq!(config.name, "Ploufragan");
        assert_eq!(config.web.listen.to_string(), "127.0.0.1:8081");
    }

    #[test]
    fn each_commented_default_of_the_example_is_the_default() {
        let text: String = include_str!("../room.toml")
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let written = Config::parse("room.toml", &text).unwrap();
        let default = Config::parse("room.toml", MINIMAL).unwrap();
        assert_eq!(
            format!(
                "{:?} {:?} {:?} {:?} {:?}",
                written.picture,
                written.screen,
                written.devices,
                written.microphones,
                written.panel
            ),
            format!(
                "{:?} {:?} {:?} {:?} {:?}",
                default.picture,
                default.screen,
                default.devices,
                default.microphones,
                default.panel
            ),
        );
    }

    #[test]
    fn a_token_is_never_printed() {
        let config = Config::parse("room.toml", MINIMAL).unwrap();
        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn each_wrong_value_is_named_with_its_line_and_its_cure() {
        check(
            "name = \"Brest\"",
            "nome = \"Brest\"",
            expect!["room.toml, line 2: unknown key 'nome'; did you mean 'name'?"],
        );
        check(
            "name = \"Brest\"",
            "name = \"\"",
            expect![
                "room.toml, line 2: name: a room's name has no space at its ends and is not empty"
            ],
        );
        check(
            "name = \"Brest\"",
            "name = 7",
            expect!["room.toml, line 2: name: found integer 7, where a text in quotes must be"],
        );
        check(
            "name = \"Brest\"",
            "name = \"B",
            expect![[r#"room.toml, line 2: name: invalid basic string, expected `"`"#]],
        );
        check(
            "http://localhost:8080",
            "localhost:8080",
            expect![[
                r#"room.toml, line 4: address: "localhost:8080" is not a bridge's address: it must begin with http://; write it as "http://192.168.1.10:8080""#
            ]],
        );
        check(
            "http://localhost:8080",
            "ftp://localhost",
            expect![[
                r#"room.toml, line 4: address: "ftp://localhost" is not a bridge's address: it must begin with http://; write it as "http://192.168.1.10:8080""#
            ]],
        );
        check(
            "http://localhost:8080",
            "http://localhost/x",
            expect![[
                r#"room.toml, line 4: address: "http://localhost/x" is not a bridge's address: only a name or number and a port belong in it; write it as "http://192.168.1.10:8080""#
            ]],
        );
        check(
            "0123456789abcdef",
            "short",
            expect![
                "room.toml, line 5: token: a token has at least 16 letters, digits or signs and no space: copy it from the bridge's file"
            ],
        );
        check_more(
            "language = \"br\"\n",
            "",
            expect!["room.toml, line 1: language: unknown value 'br'; did you mean 'fr'?"],
        );
        check_more(
            "",
            "[devices]\ncamera = \"v4l\"",
            expect![
                "room.toml, line 7: camera: `v4l` is no camera: write `auto`, `v4l2:/dev/video0`, `libcamera`, `file:/path/to/film`, `test` or `none`"
            ],
        );
        check_more(
            "",
            "[devices]\nmicrophones = \"alsa:\"",
            expect![
                "room.toml, line 7: microphones: `alsa:` is no microphone: write `auto`, `alsa:hw:1,0`, `file:/path/to/sound`, `test` or `none`"
            ],
        );
        check_more(
            "",
            "[devices]\nscreen = \"tv\"",
            expect![
                "room.toml, line 7: screen: `tv` is no screen: write `auto`, `kms`, `window` or `none`"
            ],
        );
        check_more(
            "",
            "[devices]\nloudspeaker = \"loud\"",
            expect![
                "room.toml, line 7: loudspeaker: `loud` is no loudspeaker: write `auto`, `alsa:default` or `none`"
            ],
        );
        check_more(
            "",
            "[devices]\ncamrea = \"test\"",
            expect!["room.toml, line 7: unknown key 'camrea'; did you mean 'camera'?"],
        );
        check_more(
            "",
            "[picture]\nwidth = 641",
            expect!["room.toml, line 7: width: 641 pixels: take an even number"],
        );
        check_more(
            "",
            "[picture]\nheight = -2",
            expect!["room.toml, line 7: height: -2 pixels high: take 90 to 1080"],
        );
        check_more(
            "",
            "[picture]\nframes_per_second = 500",
            expect!["room.toml, line 7: frames_per_second: 500 frames per second: take 5 to 60"],
        );
        check_more(
            "",
            "[picture]\nkbit_per_second = 1",
            expect!["room.toml, line 7: kbit_per_second: 1 kbit/s: take 200 to 20000"],
        );
        check_more(
            "",
            "[screen]\nthumbs = \"yes\"",
            expect![[
                r#"room.toml, line 7: thumbs: found the text "yes", where true or false must be"#
            ]],
        );
        check_more(
            "",
            "[microphones]\ngate = \"off\"",
            expect![[
                r#"room.toml, line 7: gate: found the text "off", where true or false must be"#
            ]],
        );
        check_more(
            "",
            "[web]\nlisten = \"8081\"",
            expect![[
                r#"room.toml, line 7: listen: "8081" is no address with a port; write it as "127.0.0.1:8081""#
            ]],
        );
        check_more(
            "",
            "[measure]\nstamp = 256",
            expect![
                "room.toml, line 7: stamp: found integer 256, where a whole number from 0 to 255 must be"
            ],
        );
    }

    const MINIMAL: &str = r#"
name = "Brest"
[bridge]
address = "http://localhost:8080"
token = "0123456789abcdef"
"#;

    fn check(right: &str, wrong: &str, expect: Expect) {
        let text = MINIMAL.replace(right, wrong);
        assert_ne!(text, MINIMAL);
        expect.assert_eq(&Config::parse("room.toml", &text).unwrap_err());
    }

    fn check_more(before: &str, after: &str, expect: Expect) {
        let text = format!("{before}{MINIMAL}{after}");
        expect.assert_eq(&Config::parse("room.toml", &text).unwrap_err());
    }
}
