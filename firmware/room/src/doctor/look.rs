//! Looks at everything that the doctor judges. What is opened by the running box is not opened again.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use board::health::{Disk, Health};
use board::{Button, pins};
use conference::wire::{Device, Status};
use pipelines::devices::{
    CameraSource, DeckSink, LoudspeakerSink, Machine, MicrophoneSource, Output, ScreenSink, Sound,
};
use reqwest::{Client, ClientBuilder, StatusCode, Url};
use serde_json::Value;

use super::facts::{Answer, Bridge, Choice, Facts, Live, Panel, Service, Sessions, Settings};
use crate::config::{self, Config, Devices};
use crate::pairing::facts::{Known, No};
use crate::pairing::{self, Files};
use crate::tls::{self, Rule, Trust};

/// How long the bridge, a name or the box's own page may take.
const ANSWER: Duration = Duration::from_secs(4);
/// Where the unit of the box may be.
const UNITS: [&str; 3] = [
    "etc/systemd/system/estrade-room.service",
    "usr/lib/systemd/system/estrade-room.service",
    "lib/systemd/system/estrade-room.service",
];

/// Which box is looked at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its settings, where they are good.
    pub config: Option<Config>,
    /// How they are.
    pub settings: Settings,
    /// Where its `/sys`, `/proc`, `/dev`, `/run` and `/etc` lie: `/`, or a folder like it.
    pub root: PathBuf,
}

/// Looks at all but the parts: `service` and `live` say how those are.
pub async fn look(subject: &Subject, service: Service, live: Live) -> Facts {
    let (config, root) = (subject.config.as_ref(), subject.root.as_path());
    let devices = config.map_or_else(Devices::default, |config| config.devices.clone());
    let machine = match root == Path::new("/") {
        true => Machine::here(),
        false => Machine::at(root, false),
    };
    let kept = config.and_then(|config| config.kept.parent().map(Path::to_owned));
    let kept = kept.filter(|folder| folder.exists());
    let in_use = matches!(service, Service::Runs(_) | Service::Closed(_));
    Facts {
        settings: subject.settings.clone(),
        name: config.map_or_else(String::new, |config| config.name.clone()),
        service,
        camera: camera(&machine, &devices.camera),
        microphones: microphones(&machine, &devices.microphones),
        loudspeaker: loudspeaker(&machine, &devices.loudspeaker),
        screen: screen(&machine, &devices.screen),
        second_screen: second_screen(&machine, &devices.deck_screen),
        lacks: lacks(&devices),
        encoder: pipelines::encoder(),
        panel: panel(config.map(|config| &config.panel), root, in_use, &live),
        live,
        addresses: addresses(),
        gateway: gateway(root),
        bridge: match config {
            Some(config) => Some(bridge(config).await),
            None => None,
        },
        health: health(root.to_owned(), kept.clone()).await,
        not_writable: kept
            .filter(|folder| Disk::of(folder).is_none())
            .map(|folder| folder.display().to_string()),
        versions: versions(root),
    }
}

/// Whether the box runs, and what it tells of its parts then.
pub async fn running(subject: &Subject) -> (Service, Option<Live>) {
    let listen = subject.config.as_ref().map(|config| config.web.listen);
    let Some(address) = listen.filter(|listen| listen.port() != 0) else {
        return (Service::Off, None);
    };
    let address = format!("http://{}", on_this_machine(address));
    match told(&address).await {
        Ok(Some(live)) => (Service::Runs(address), Some(live)),
        Ok(None) => (Service::Closed(address), None),
        Err(()) if UNITS.iter().any(|unit| subject.root.join(unit).exists()) => {
            (Service::Silent(address), None)
        }
        Err(()) => (Service::Off, None),
    }
}

/// A page that listens everywhere listens here, too.
fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    match listen.ip().is_unspecified() {
        true => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port()),
        false => listen,
    }
}

/// What the box's page tells; nothing where it wants to know first who asks.
async fn told(address: &str) -> Result<Option<Live>, ()> {
    let client = client().map_err(|_| ())?;
    let asked = client.get(format!("{address}/status")).send();
    let answer = asked.await.map_err(|_| ())?;
    if matches!(
        answer.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    ) {
        return Ok(None);
    }
    let page: Value = answer.json().await.map_err(|_| ())?;
    let status: Status = serde_json::from_value(page["devices"].clone()).map_err(|_| ())?;
    let second: Option<Device> = serde_json::from_value(page["deck_screen"].clone()).ok();
    let is = |key: &str| page[key].as_bool().unwrap_or(false);
    Ok(Some(Live {
        status,
        second_screen: second.unwrap_or_default(),
        stuck: page["stuck"].as_str().and_then(Button::named),
        sessions: Some(Sessions {
            linked: is("linked"),
            publishing: is("publishing"),
            watching: is("watching"),
        }),
        ..Live::default()
    }))
}

/// A box speaks to its bridge and to itself: no proxy of the environment stands between.
fn builder() -> ClientBuilder {
    tls::ready();
    let builder = Client::builder().no_proxy().timeout(ANSWER);
    builder.redirect(reqwest::redirect::Policy::none())
}

fn client() -> Result<Client, reqwest::Error> {
    builder().build()
}

/// The same, for a bridge of which this is known.
fn client_of(known: Option<&Known>) -> Result<(Client, Arc<Trust>), Box<dyn Error>> {
    tls::ready();
    let trust = Trust::new(known.map_or(Rule::Public, Known::rule));
    let client = builder()
        .tls_backend_preconfigured(trust.client()?)
        .build()?;
    Ok((client, trust))
}

fn camera(machine: &Machine, wanted: &CameraSource) -> Choice {
    let named = |(node, name): &(PathBuf, String)| format!("{name} ({})", node.display());
    match wanted {
        CameraSource::None => Choice::None,
        CameraSource::Test | CameraSource::Libcamera => Choice::Chosen(wanted.to_string()),
        CameraSource::File(path) => file(path, wanted.to_string()),
        CameraSource::V4l2(path) => {
            let there = machine.cameras();
            let known = there.iter().find(|(node, _)| node == path);
            match known {
                Some(camera) => Choice::Chosen(named(camera)),
                // By another name, as /dev/v4l/by-id has them.
                None if path.exists() => Choice::Chosen(path.display().to_string()),
                None => Choice::WrongName {
                    wanted: wanted.to_string(),
                    there: there
                        .iter()
                        .map(|camera| settings_of("v4l2", camera))
                        .collect(),
                },
            }
        }
        CameraSource::Auto => match (machine.cameras().first(), machine.camera(wanted)) {
            (Some(camera), _) => Choice::Chosen(named(camera)),
            (None, Ok((source, _))) => Choice::Chosen(source.to_string()),
            (None, Err(_)) => Choice::Absent,
        },
    }
}

/// As it would be written in the settings, and what it is called.
fn settings_of(kind: &str, (node, name): &(PathBuf, String)) -> String {
    format!("{kind}:{} ({name})", node.display())
}

fn file(path: &Path, wanted: String) -> Choice {
    match path.exists() {
        true => Choice::Chosen(wanted),
        false => Choice::WrongName {
            wanted,
            there: Vec::new(),
        },
    }
}

fn microphones(machine: &Machine, wanted: &MicrophoneSource) -> Choice {
    match wanted {
        MicrophoneSource::None => Choice::None,
        MicrophoneSource::Test => Choice::Chosen(wanted.to_string()),
        MicrophoneSource::File(path) => file(path, wanted.to_string()),
        MicrophoneSource::Alsa(name) => alsa(machine, name, Sound::Capture),
        MicrophoneSource::Auto => auto(machine, Sound::Capture),
    }
}

fn loudspeaker(machine: &Machine, wanted: &LoudspeakerSink) -> Choice {
    match wanted {
        LoudspeakerSink::None => Choice::None,
        LoudspeakerSink::Alsa(name) => alsa(machine, name, Sound::Playback),
        LoudspeakerSink::Auto => match machine.loudspeaker(wanted) {
            (LoudspeakerSink::Alsa(_), chosen) => Choice::Chosen(chosen),
            (LoudspeakerSink::Auto | LoudspeakerSink::None, _) => Choice::Absent,
        },
    }
}

fn auto(machine: &Machine, way: Sound) -> Choice {
    let first = machine.sounds(way).into_iter().next();
    first.map_or(Choice::Absent, |(address, name)| {
        Choice::Chosen(format!("{name} ({address})"))
    })
}

fn alsa(machine: &Machine, name: &str, way: Sound) -> Choice {
    if machine.has_sound(name, way) != Some(false) {
        return Choice::Chosen(name.to_owned());
    }
    let there = machine.sounds(way).into_iter();
    Choice::WrongName {
        wanted: format!("alsa:{name}"),
        there: there
            .map(|(address, name)| format!("alsa:{address} ({name})"))
            .collect(),
    }
}

fn screen(machine: &Machine, wanted: &ScreenSink) -> Choice {
    if *wanted == ScreenSink::None {
        return Choice::None;
    }
    match machine.screen(wanted).0 {
        ScreenSink::Window => Choice::Chosen(ScreenSink::Window.to_string()),
        ScreenSink::Kms | ScreenSink::None | ScreenSink::Auto => {
            let first = machine.televisions().into_iter().next();
            first.map_or(Choice::Absent, |television| {
                Choice::Chosen(television.connector)
            })
        }
    }
}

/// Most rooms have one screen: only a wish makes its absence worth a word.
fn second_screen(machine: &Machine, wanted: &DeckSink) -> Option<Choice> {
    let first = machine.televisions().into_iter().next();
    match machine.deck_screen(wanted, first.as_ref()) {
        Ok((Output::Television(television), _)) => Some(Choice::Chosen(television.connector)),
        Ok((Output::Window | Output::Nothing, _)) => Some(Choice::Chosen(wanted.to_string())),
        Err(_) => (*wanted == DeckSink::Kms).then_some(Choice::Absent),
    }
}

/// What every box needs, and what the wished devices do.
fn lacks(devices: &Devices) -> Result<Vec<(&'static str, &'static str)>, String> {
    use {CameraSource as C, LoudspeakerSink as L, MicrophoneSource as M, ScreenSink as S};
    let wishes = [
        (
            matches!(devices.camera, C::Auto | C::V4l2(_)),
            ("v4l2src", "gstreamer1.0-plugins-good"),
        ),
        (
            matches!(devices.camera, C::Libcamera),
            ("libcamerasrc", "gstreamer1.0-libcamera"),
        ),
        (
            matches!(devices.microphones, M::Auto | M::Alsa(_)),
            ("alsasrc", "gstreamer1.0-alsa"),
        ),
        (
            matches!(devices.loudspeaker, L::Auto | L::Alsa(_)),
            ("alsasink", "gstreamer1.0-alsa"),
        ),
        (
            matches!(devices.screen, S::Auto | S::Kms),
            ("kmssink", "gstreamer1.0-plugins-bad"),
        ),
    ];
    let mut lacks = pipelines::missing().map_err(|error| error.to_string())?;
    let wished = wishes.into_iter().filter(|(wished, _)| *wished);
    lacks.extend(
        wished
            .map(|(_, needed)| needed)
            .filter(|(element, _)| !pipelines::has(element)),
    );
    Ok(lacks)
}

fn panel(config: Option<&config::Panel>, root: &Path, in_use: bool, live: &Live) -> Panel {
    let choice = config.map_or_else(pins::Choice::default, |panel| panel.pins.clone());
    let found = match pins::find(&choice, root) {
        Ok(None) => return Panel::None,
        Ok(Some(found)) => found,
        Err(error) => return Panel::Wrong(error.to_string()),
    };
    if in_use {
        return Panel::Well {
            place: found.to_string(),
            stuck: live.stuck,
        };
    }
    let levels = pins::open(&found).and_then(|(mut contacts, _)| contacts.levels());
    match levels {
        Err(error) => Panel::Wrong(error.to_string()),
        Ok(down) => Panel::Well {
            place: found.to_string(),
            stuck: Button::ALL.into_iter().find(|button| down[button.index()]),
        },
    }
}

/// An address is kept when the cable is pulled out: only what has a carrier counts.
fn addresses() -> Vec<(String, String)> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .filter(if_addrs::Interface::is_oper_up)
        .map(|interface| (interface.name.clone(), interface.ip().to_string()))
        .collect()
}

/// A route to everywhere: of `/proc/net/route` by its flag `RTF_GATEWAY`, of `/proc/net/ipv6_route` by its next hop.
fn gateway(root: &Path) -> bool {
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap_or_default();
    let fields = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let v4 = |line: &str| match fields(line).get(1..4) {
        Some([to, _, flags]) => {
            to == "00000000" && u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & 2 != 0)
        }
        Some(_) | None => false,
    };
    let nowhere = "0".repeat(32);
    let v6 = |line: &str| match fields(line).get(..5) {
        Some([to, length, _, _, hop]) => *to == nowhere && length == "00" && *hop != nowhere,
        Some(_) | None => false,
    };
    read("proc/net/route").lines().any(v4) || read("proc/net/ipv6_route").lines().any(v6)
}

async fn bridge(config: &Config) -> Bridge {
    let address = config.bridge.address.clone();
    let url = Url::parse(&address).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    Bridge {
        here: host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()),
        address,
        answer: ask(config).await.unwrap_or_else(|answer| answer),
    }
}

/// `GET /room`: whose token we have; of a paired box, whether the bridge knows it. Nobody takes the room's seat by it.
async fn ask(config: &Config) -> Result<Answer, Answer> {
    let files = config.pairing();
    let config = &config.bridge;
    let strange = |reason: &dyn ToString| Answer::Strange(reason.to_string());
    let url = Url::parse(&config.address).map_err(|error| strange(&error))?;
    let (host, port) = (
        url.host_str().unwrap_or_default(),
        url.port_or_known_default(),
    );
    // As URLs write addresses of version 6.
    let name = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((name, port.unwrap_or(80)));
    match tokio::time::timeout(ANSWER, found).await {
        Ok(Ok(_)) => {}
        Ok(Err(_)) | Err(_) => return Err(Answer::NoSuchName(host.to_owned())),
    }
    let begun = crate::now();
    let known = match &config.token {
        Some(_) => None,
        None => files.known(&config.address),
    };
    let (client, trust) = client_of(known.as_ref()).map_err(|error| strange(&error))?;
    let (path, paired_for) = match &config.token {
        Some(_) => ("room", None),
        None => (
            "healthz",
            Some(paired(&files, known, &url, &client, &trust).await?),
        ),
    };
    let asked = client.get(format!("{}/{path}", config.address));
    let asked = asked.bearer_auth(config.token.as_deref().unwrap_or_default());
    let answer = asked
        .send()
        .await
        .map_err(|error| Answer::Silent(root_of(&error)))?;
    let ms = usize::try_from(begun.elapsed().as_millis()).unwrap_or(usize::MAX);
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err(Answer::TokenRefused),
        other => return Err(strange(&other)),
    }
    let ahead = answer
        .headers()
        .get(reqwest::header::DATE)
        .and_then(ahead_of_us);
    let page: Value = answer
        .json()
        .await
        .map_err(|error| strange(&root_of(&error)))?;
    let said = |key: &str| page[key].as_str().map(str::to_owned);
    match (paired_for.or_else(|| said("room")), said("version")) {
        (Some(room), Some(version)) => Ok(Answer::There {
            room,
            version,
            ms,
            ahead: ahead.unwrap_or(0),
        }),
        (_, _) => Err(strange(&"no bridge")),
    }
}

/// The room that this box is paired for, if the bridge at this address is the one, and lets it in.
async fn paired(
    files: &Files,
    known: Option<Known>,
    url: &Url,
    client: &Client,
    trust: &Trust,
) -> Result<String, Answer> {
    let (Some(known), Some(key)) = (known, files.kept_key()) else {
        return Err(Answer::NotPaired);
    };
    match pairing::hail(client, url, &key, &known).await {
        Ok(true) => Ok(known.room),
        Ok(false) | Err(No::OtherChannel) => Err(Answer::Another),
        Err(No::Silent) if trust.take_refused() => Err(Answer::Another),
        Err(No::Silent) => Err(Answer::Silent(String::from("POST /pairing/greeting"))),
        Err(No::Refused(code)) => Err(match code.as_str() {
            "pairing_revoked" => Answer::Revoked,
            "pairing_not_paired" => Answer::NotPaired,
            _ => Answer::Strange(code),
        }),
    }
}

/// By how many seconds the clock of an answer's `Date` (RFC 9110 section 6.6.1) is ahead of ours.
fn ahead_of_us(date: &reqwest::header::HeaderValue) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(date.to_str().ok()?).ok()?;
    let ours = i64::try_from(crate::time_now().unix_ms / 1000).ok()?;
    Some(theirs.timestamp().as_second() - ours)
}

/// The last of the reasons, which says what happened: "Connection refused (os error 111)".
fn root_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER.as_secs());
    }
    let mut reason: &dyn Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

/// With the disk of what the box keeps, where that is another one.
async fn health(root: PathBuf, kept: Option<PathBuf>) -> Health {
    let read = move || {
        let mut health = Health::read(&root);
        if let Some(kept) = kept {
            health.add_disk_of(&kept);
        }
        health
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

/// Program, system, kernel, GStreamer.
fn versions(root: &Path) -> [String; 4] {
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap_or_default();
    let release = read("etc/os-release");
    let system = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = system.unwrap_or("?").trim_matches('"').to_owned();
    let kernel = read("proc/sys/kernel/osrelease").trim().to_owned();
    let program = env!("CARGO_PKG_VERSION").to_owned();
    [program, system, kernel, pipelines::version()]
}
