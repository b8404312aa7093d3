//! `bridge.toml`: what one conference is made of.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use conference::toml_error::{explain, line_of};
use conference::{Programme, RoomId, Rule};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use toml::Spanned;

/// Most rooms of one conference.
pub const MAX_ROOMS: usize = 32;

/// Longest name of a room and longest title, in characters: more is unreadable from 10 m.
pub const MAX_NAME: usize = 40;

/// Shortest token, in characters.
pub const MIN_TOKEN: usize = 16;

/// Longest token, in characters.
const MAX_TOKEN: usize = 256;

/// The settings of a bridge. [`Config::load`] and [`Config::parse`] are the only ways to make one
/// from text, and what they return is sound: names and tokens differ, lengths are in range.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the console, WHIP, WHEP and `/control` (HTTP). Default 0.0.0.0:8080; port 0
    /// takes a free one.
    #[serde(default = "default_listen", deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Encrypted lines (HTTPS), beside those of `listen`. Default: none.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
    /// Address of all sound and picture (UDP). Default 0.0.0.0:8189; port 0 takes a free one.
    #[serde(default = "default_media", deserialize_with = "address")]
    pub media: SocketAddr,
    /// Addresses put into ICE candidates. Default (empty): this machine's own.
    #[serde(default, deserialize_with = "announced")]
    pub announce: Vec<IpAddr>,
    /// Who decides on requests for the floor. Default: the chair.
    #[serde(default)]
    pub floor: FloorRule,
    /// What the console shows at the top, 1 to [`MAX_NAME`] characters. Default "Estrade".
    #[serde(default = "default_title", deserialize_with = "name")]
    pub title: String,
    /// The file of the evening's programme, beside this one. Default: an evening without speakers, of all rooms.
    #[serde(default)]
    programme: Option<PathBuf>,
    /// The file in which the evening is written down, made when it is not there; a path in the bridge's folder, or beside
    /// this file. Default: `evening.db` in that folder; without one none, and an evening begins anew when the bridge is
    /// restarted.
    #[serde(default)]
    pub store: Option<PathBuf>,
    /// The folder of decks and photos, made when it is not there; a path like that of `store`. Default: `decks` in the
    /// bridge's folder; without one none, and none can be brought.
    #[serde(default)]
    pub decks: Option<PathBuf>,
    /// The folder of the boxes' update, made when it is not there; a path like that of `store`. Default: `updates` in the
    /// bridge's folder; without one none, and none can be brought.
    #[serde(default)]
    pub updates: Option<PathBuf>,
    /// The program that makes a deck's pages, by [`crate::decks::VERB`], and squares of photos, by
    /// [`crate::photos::VERB`]. Default: the one that runs.
    #[serde(skip)]
    pub program: Option<PathBuf>,
    /// Where what is known of paired boxes is kept, in the bridge's folder or beside this file; nowhere for settings that
    /// are in none.
    #[serde(skip)]
    pub pairing: Option<PathBuf>,
    /// The folder of the programme's file, where the decks and photos that it names may lie.
    #[serde(skip)]
    pub beside: PathBuf,
    /// Whether anybody may read the evening as a calendar at `/evening.ics`: its title, day, rooms and speakers. Default:
    /// no, only the chair.
    #[serde(default)]
    pub publish_calendar: bool,
    /// Where people's phones reach this bridge. Default: nowhere, and there is no page for them.
    #[serde(default)]
    pub phones: Option<PhonesConfig>,
    /// What the programme says; nothing where there is none.
    #[serde(skip)]
    pub evening: Option<Programme>,
    /// Lets its bearer run the conference.
    pub chair_token: Token,
    /// Lets its bearers watch from a browser; without it nobody may.
    pub viewer_token: Option<Token>,
    /// The rooms, 1 to [`MAX_ROOMS`], in the order in which everybody sees them.
    #[serde(deserialize_with = "rooms")]
    pub rooms: Vec<RoomConfig>,
}

/// Encrypted lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Address and port; port 0 takes a free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// The certificate, with those that vouch for it behind it (PEM); a path beside this file. Default: one of the bridge's
    /// own, for which nobody vouches; boxes learn its key when they are paired.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its key (PEM); both are named or none.
    #[serde(default)]
    pub key: Option<PathBuf>,
}

/// The page for people's phones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhonesConfig {
    /// By which address phones reach the bridge: `http://192.168.1.20:8080`. The televisions show it as a QR code. Port 0
    /// stands for the one of `listen`.
    #[serde(deserialize_with = "phones_address")]
    address: String,
}

impl PhonesConfig {
    /// The page's address, when HTTP is at this port.
    pub fn page(&self, port: u16) -> String {
        let address = match self.address.strip_suffix(":0") {
            Some(host) => format!("{host}:{port}"),
            None => self.address.clone(),
        };
        format!("{address}{}", crate::phones::PATH)
    }
}

/// One room of the conference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomConfig {
    /// Its name, unique, 1 to [`MAX_NAME`] characters.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What its box shows to prove that it is this room's. Default: nothing, and its box is paired.
    pub token: Option<Token>,
}

/// Who decides on requests for the floor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorRule {
    /// The chair grants every turn.
    #[default]
    Chair,
    /// A free floor goes at once to the first request of the queue.
    FirstInQueue,
}

impl From<FloorRule> for Rule {
    fn from(rule: FloorRule) -> Self {
        match rule {
            FloorRule::Chair => Self::Chair,
            FloorRule::FirstInQueue => Self::FirstInQueue,
        }
    }
}

/// A secret shared with one room, the chair or the viewers; never shown, not even by `Debug`.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Whether `given` is this token, in a time that does not tell how much of it is right.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        if !(MIN_TOKEN..=MAX_TOKEN).contains(&length) {
            return Err(D::Error::custom(format!(
                "a token must have {MIN_TOKEN} to {MAX_TOKEN} characters, this one has {length}; \
                 make one with: openssl rand -hex 16"
            )));
        }
        // A bearer token travels in an HTTP header (RFC 6750 section 2.1).
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(D::Error::custom(
                "a token must be made of ASCII letters, digits and signs, without spaces",
            ));
        }
        Ok(Self(text))
    }
}

/// A `bridge.toml` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong: file, line, what, what to do.
    #[error("{0}")]
    Wrong(String),
}

/// Where things are in the text, for the checks that compare one with another.
#[derive(Deserialize)]
struct Places {
    viewer_token: Option<Spanned<IgnoredAny>>,
    rooms: Vec<Spanned<IgnoredAny>>,
}

impl Config {
    /// Reads a `bridge.toml`. What the bridge keeps lies in the folder `state`; without one, beside the file, as far as the
    /// file names it.
    ///
    /// # Errors
    /// One message that names file, line, fault and cure.
    pub fn load(path: &Path, state: Option<&Path>) -> Result<Self, ConfigError> {
        let read = |path: &Path| {
            let file = path.display().to_string();
            match std::fs::read_to_string(path) {
                Ok(text) => Ok((text, file)),
                Err(source) => Err(ConfigError::Read { file, source }),
            }
        };
        let (text, file) = read(path)?;
        let mut config = Self::parse(&text, &file)?;
        let kept = |named: Option<PathBuf>, otherwise: &str| match state {
            Some(state) => Some(state.join(named.unwrap_or_else(|| otherwise.into()))),
            None => named.map(|named| path.with_file_name(named)),
        };
        config.store = kept(config.store, "evening.db");
        config.decks = kept(config.decks, "decks");
        config.updates = kept(config.updates, "updates");
        if let Some(tls) = &mut config.tls {
            for file in [&mut tls.certificate, &mut tls.key].into_iter().flatten() {
                *file = path.with_file_name(&*file);
            }
        }
        config.beside = path.with_file_name("");
        let file = path.file_name().unwrap_or(path.as_os_str());
        let beside = state.map_or_else(|| path.to_owned(), |state| state.join(file));
        config.pairing = Some(crate::pairing::place(&beside));
        if let Some(programme) = &config.programme {
            let programme = path.with_file_name(programme);
            config.beside = programme.with_file_name("");
            let (text, file) = read(&programme)?;
            let programme = Programme::parse(&file, &text).map_err(ConfigError::Wrong)?;
            let fits = programme.fits(&config.room_names());
            fits.map_err(|what| ConfigError::Wrong(format!("{file}: {what}")))?;
            config.evening = Some(programme);
        }
        Ok(config)
    }

    /// Names of the rooms, in order.
    pub fn room_names(&self) -> Vec<String> {
        self.rooms.iter().map(|room| room.name.clone()).collect()
    }

    /// Reads the text of a `bridge.toml`; `file` is its name in messages.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let in_words = |error| ConfigError::Wrong(explain(file, text, &error));
        let config: Self = toml::from_str(text).map_err(in_words)?;
        let places: Places = toml::from_str(text).map_err(in_words)?;
        if let Some(tls) = &config.tls
            && tls.certificate.is_some() != tls.key.is_some()
        {
            return Err(ConfigError::Wrong(format!(
                "{file}: [tls] names only one of certificate and key; name both, or none for the bridge's own"
            )));
        }
        match config.clash(&places) {
            None => Ok(config),
            Some((at, what)) => Err(ConfigError::Wrong(format!(
                "{file}, line {}: {what}",
                line_of(text, at)
            ))),
        }
    }

    /// The room that a token of these settings stands for; a paired box has another one, for a session.
    pub(crate) fn room_of(&self, token: &str) -> Option<RoomId> {
        let mut rooms = (0..).map(RoomId).zip(&self.rooms);
        rooms
            .find(|(_, room)| room.token.as_ref().is_some_and(|own| own.is(token)))
            .map(|(id, _)| id)
    }

    /// The first thing that is there twice, by its place in the text.
    fn clash(&self, places: &Places) -> Option<(usize, String)> {
        let mut tokens = vec![("the chair", &self.chair_token)];
        if let (Some(token), Some(place)) = (&self.viewer_token, &places.viewer_token) {
            if token.is(&self.chair_token.0) {
                return Some((place.span().start, same_token("the viewers", "the chair")));
            }
            tokens.push(("the viewers", token));
        }
        for (index, (room, place)) in self.rooms.iter().zip(&places.rooms).enumerate() {
            let at = place.span().start;
            if self.rooms.iter().take(index).any(|r| r.name == room.name) {
                let what = format!("two rooms are named '{}'; rename one", room.name);
                return Some((at, what));
            }
            let Some(own) = &room.token else { continue };
            if let Some((other, _)) = tokens.iter().find(|(_, token)| token.is(&own.0)) {
                return Some((at, same_token(&room.name, other)));
            }
            tokens.push((&room.name, own));
        }
        None
    }
}

fn same_token(one: &str, other: &str) -> String {
    format!(
        "{one} and {other} have the same token; every token must differ, \
         make another one with: openssl rand -hex 16"
    )
}

fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8080))
}

fn default_media() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8189))
}

fn default_title() -> String {
    "Estrade".into()
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        D::Error::custom(format!(
            "'{text}' is not an address and a port; write it like \"0.0.0.0:8080\" \
             or \"192.168.1.20:8080\" or \"[::]:8080\""
        ))
    })
}

/// Longest address for phones: its QR code can still be read from 10 m.
const MAX_ADDRESS: usize = 80;

fn phones_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = url::Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && (url.path(), url.query(), url.fragment()) == ("/", None, None)
    });
    match address {
        Some(address) if text.len() <= MAX_ADDRESS => {
            Ok(address.as_str().trim_end_matches('/').to_owned())
        }
        Some(_) => Err(D::Error::custom(format!(
            "the address for phones has {} characters, {MAX_ADDRESS} is the most; give the bridge a shorter name",
            text.len()
        ))),
        None => Err(D::Error::custom(format!(
            "'{text}' is not an address that a phone can open; write it like \"http://192.168.1.20:8080\" \
             or \"https://soiree.example.org\", without anything behind it"
        ))),
    }
}

fn announced<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| match text.parse::<IpAddr>() {
            Ok(ip) if !ip.is_unspecified() && !ip.is_multicast() => Ok(ip),
            Ok(_) => Err(format!(
                "'{text}' is not the address of one machine; write the address by which boxes \
                 reach this one"
            )),
            Err(_) => Err(format!(
                "'{text}' is not an IP address; write it like \"203.0.113.7\", without a port"
            )),
        })
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let length = text.chars().count();
    if text.trim() != text || text.is_empty() || text.chars().any(char::is_control) {
        return Err(D::Error::custom(format!(
            "{text:?} is not a name that people can read; write one line of text, \
             without spaces around it"
        )));
    }
    if length > MAX_NAME {
        return Err(D::Error::custom(format!(
            "'{text}' has {length} characters, {MAX_NAME} is the most; shorten it"
        )));
    }
    Ok(text)
}

fn rooms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RoomConfig>, D::Error> {
    let rooms = Vec::<RoomConfig>::deserialize(deserializer)?;
    match rooms.len() {
        1..=MAX_ROOMS => Ok(rooms),
        0 => Err(D::Error::custom(
            "there is no room; add one with [[rooms]], a name and a token",
        )),
        count => Err(D::Error::custom(format!(
            "there are {count} rooms, {MAX_ROOMS} is the most; remove some"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_example_is_sound() {
        let config = Config::parse(include_str!("../bridge.toml"), "bridge.toml").unwrap();
        assert_eq!(config.rooms.len(), 4);
        assert_eq!(config.room_of("change-me-loudeac-a41e"), Some(RoomId(1)));
        assert_eq!(config.room_of("change-me-loudeac-a41f"), None);
        assert_eq!(config.listen, default_listen());
        assert_eq!(config.media, default_media());
    }

    #[test]
    fn two_keys_and_a_room_are_enough() {
        let text = "chair_token = \"0123456789abcdef\"\n\
                    rooms = [{ name = \"Brest\", token = \"fedcba9876543210\" }]";
        let config = Config::parse(text, "bridge.toml").unwrap();
        assert_eq!(config.title, "Estrade");
        assert_eq!(config.floor, FloorRule::Chair);
        assert!(config.viewer_token.is_none());
    }

    #[test]
    fn phones_have_an_address_and_nothing_behind_it() {
        let with = |address: &str| {
            let text = format!(
                "chair_token = \"0123456789abcdef\"\n\
                 rooms = [{{ name = \"Brest\", token = \"fedcba9876543210\" }}]\n\
                 [phones]\naddress = \"{address}\"\n"
            );
            Config::parse(&text, "bridge.toml")
        };
        for address in ["http://192.0.2.7:8080", "http://192.0.2.7:8080/"] {
            let page = with(address).unwrap().phones.unwrap().page(80);
            assert_eq!(page, "http://192.0.2.7:8080/p");
        }
        let taken = with("http://192.0.2.7:0").unwrap().phones.unwrap();
        assert_eq!(taken.page(4321), "http://192.0.2.7:4321/p");
        let long = format!("http://{}.example", "x".repeat(80));
        for wrong in [
            "192.0.2.7",
            "ftp://a.example",
            "http://a.example/x",
            "http://u:p@a.example",
            &long,
        ] {
            let error = with(wrong).unwrap_err().to_string();
            assert!(error.contains("bridge.toml, line 4"), "{error}");
        }
    }

    #[test]
    fn what_a_bridge_keeps_lies_in_its_folder_or_beside_its_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bridge.toml");
        let tokens = "chair_token = \"0123456789abcdef\"\nrooms = [{ name = \"Brest\" }]\n";
        let state = Path::new("/var/lib/estrade-bridge");
        let kept = |settings: &str, state: Option<&Path>| {
            std::fs::write(&file, format!("{settings}\n{tokens}")).unwrap();
            let config = Config::load(&file, state).unwrap();
            let all = [config.store, config.decks, config.updates, config.pairing];
            all.map(|kept| {
                kept.map(|kept| {
                    kept.display()
                        .to_string()
                        .replace(&folder.path().display().to_string(), "here")
                })
            })
        };
        let is = |kept: [Option<String>; 4], expected: [&str; 4]| {
            assert_eq!(kept.map(Option::unwrap_or_default), expected);
        };
        is(
            kept("", Some(state)),
            [
                "/var/lib/estrade-bridge/evening.db",
                "/var/lib/estrade-bridge/decks",
                "/var/lib/estrade-bridge/updates",
                "/var/lib/estrade-bridge/bridge.pairing.json",
            ],
        );
        is(kept("", None), ["", "", "", "here/bridge.pairing.json"]);
        let named = "store = \"a.db\"\ndecks = \"/srv/decks\"\nupdates = \"b\"";
        is(
            kept(named, Some(state)),
            [
                "/var/lib/estrade-bridge/a.db",
                "/srv/decks",
                "/var/lib/estrade-bridge/b",
                "/var/lib/estrade-bridge/bridge.pairing.json",
            ],
        );
        is(
            kept(named, None),
            [
                "here/a.db",
                "/srv/decks",
                "here/b",
                "here/bridge.pairing.json",
            ],
        );
    }

    #[test]
    fn debug_shows_no_token() {
        let config = Config::parse(include_str!("../bridge.toml"), "bridge.toml").unwrap();
        assert!(!format!("{config:?}").contains("change-me"));
    }
}
