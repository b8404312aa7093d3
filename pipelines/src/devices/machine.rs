//! What is plugged into this machine, read from `/dev`, `/sys` and `/proc` below a prefix.

use std::path::{Path, PathBuf};

use super::{CameraSource, DeckSink, LoudspeakerSink, MicrophoneSource, ScreenSink};

/// Video nodes that are no camera: codecs and converters of the boards.
const NO_CAMERAS: [&str; 5] = ["bcm2835-codec", "bcm2835-isp", "rpivid", "hevc", "pispbe"];
/// Video nodes of sensors that only libcamera can drive.
const SENSORS: [&str; 3] = ["unicam", "rp1-cfe", "rkisp"];

/// A machine to look at.
#[derive(Debug, Clone)]
pub struct Machine {
    root: PathBuf,
    desktop: bool,
}

/// A connected television.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Television {
    /// The graphics card's node below `/dev/dri`.
    pub card: PathBuf,
    /// The connector's name on that card: "HDMI-A-2".
    pub connector: String,
}

/// Which way a sound device works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It hears.
    Capture,
    /// It plays.
    Playback,
}

/// What a second screen is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A television, without a desktop.
    Television(Television),
    /// A window of the desktop.
    Window,
    /// Nothing that could be seen.
    Nothing,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        let desktop = ["WAYLAND_DISPLAY", "DISPLAY"]
            .into_iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        Self::at("/", desktop)
    }

    /// A machine whose `/dev`, `/sys` and `/proc` lie below `root`, with or without a desktop.
    pub fn at(root: impl Into<PathBuf>, desktop: bool) -> Self {
        Self {
            root: root.into(),
            desktop,
        }
    }

    /// The camera to use for a wish, and why in words.
    ///
    /// # Errors
    /// `auto` was wished and there is no camera: says so in words.
    pub fn camera(&self, wanted: &CameraSource) -> Result<(CameraSource, String), String> {
        if *wanted != CameraSource::Auto {
            return Ok((wanted.clone(), format!("{wanted}, as configured")));
        }
        if let Some((node, name)) = self.cameras().into_iter().next() {
            let chosen = format!("{}, the first camera found: {name}", node.display());
            return Ok((CameraSource::V4l2(node), chosen));
        }
        let mut nodes = self.video_nodes().into_iter();
        match nodes.find(|(_, name)| is_any_of(name, &SENSORS)) {
            Some((_, name)) => {
                let chosen = format!("libcamera, for the sensor found: {name}");
                Ok((CameraSource::Libcamera, chosen))
            }
            None => {
                Err("no camera is plugged in (no capture device in /sys/class/video4linux)".into())
            }
        }
    }

    /// The cameras that Video4Linux drives: nodes and names, in the order in which `auto` takes them.
    #[must_use]
    pub fn cameras(&self) -> Vec<(PathBuf, String)> {
        let mut nodes = self.video_nodes();
        nodes.retain(|(_, name)| !is_any_of(name, &SENSORS) && !is_any_of(name, &NO_CAMERAS));
        nodes
    }

    /// The sound devices that work one way: their ALSA names ("hw:2,0") and what they are called.
    #[must_use]
    pub fn sounds(&self, way: Sound) -> Vec<(String, String)> {
        let devices = self.sound_devices(way).into_iter();
        devices
            .map(|device| (format!("hw:{}", device.address), device.name))
            .collect()
    }

    /// Whether the card that an ALSA name speaks of is there; nothing where the name speaks of none, as "default" does.
    #[must_use]
    pub fn has_sound(&self, name: &str, way: Sound) -> Option<bool> {
        let address = ["hw:", "plughw:"]
            .iter()
            .find_map(|kind| name.strip_prefix(kind))?;
        let (card, device) = address.split_once(',').unwrap_or((address, "0"));
        let card = card.strip_prefix("CARD=").unwrap_or(card);
        let device = device.strip_prefix("DEV=").unwrap_or(device);
        let devices = self.sound_devices(way);
        Some(devices.iter().any(|there| {
            let named =
                there.card.to_string() == card || self.card_id(there.card).as_deref() == Some(card);
            named && there.address.ends_with(&format!(",{device}"))
        }))
    }

    /// The microphone to use for a wish, and why in words.
    ///
    /// # Errors
    /// `auto` was wished and there is no microphone: says so in words.
    pub fn microphones(
        &self,
        wanted: &MicrophoneSource,
    ) -> Result<(MicrophoneSource, String), String> {
        if *wanted != MicrophoneSource::Auto {
            return Ok((wanted.clone(), format!("{wanted}, as configured")));
        }
        match self.sound_devices(Sound::Capture).into_iter().next() {
            Some(device) => {
                let chosen = format!(
                    "hw:{}, the first microphone found: {}",
                    device.address, device.name
                );
                let name = format!("hw:{}", device.address);
                Ok((MicrophoneSource::Alsa(name), chosen))
            }
            None => {
                Err("no microphone is plugged in (no capture device in /proc/asound/pcm)".into())
            }
        }
    }

    /// The screen to use for a wish, and why in words.
    #[must_use]
    pub fn screen(&self, wanted: &ScreenSink) -> (ScreenSink, String) {
        if *wanted != ScreenSink::Auto {
            return (wanted.clone(), format!("{wanted}, as configured"));
        }
        if self.desktop {
            return (
                ScreenSink::Window,
                "a window, since there is a desktop".into(),
            );
        }
        match self.televisions().first() {
            Some(Television { connector, .. }) => {
                (ScreenSink::Kms, format!("the television on {connector}"))
            }
            None => (
                ScreenSink::None,
                "no screen: no television is connected and there is no desktop".into(),
            ),
        }
    }

    /// The second screen to use for a wish, and why in words; `first` is the television of the first screen.
    ///
    /// # Errors
    /// A television was wished and no second one is connected, or it is not to be looked for: says so in words.
    pub fn deck_screen(
        &self,
        wanted: &DeckSink,
        first: Option<&Television>,
    ) -> Result<(Output, String), String> {
        match wanted {
            DeckSink::Window => return Ok((Output::Window, "window, as configured".into())),
            DeckSink::Test => return Ok((Output::Nothing, "test, as configured".into())),
            DeckSink::None => return Err("none, as configured".into()),
            DeckSink::Auto if self.desktop => {
                return Err("a second window is opened only by deck_screen = \"window\"".into());
            }
            DeckSink::Auto | DeckSink::Kms => {}
        }
        let mut all = self.televisions().into_iter();
        let second = all.find(|television| Some(television) != first);
        let second = second.ok_or("no second television is connected")?;
        let chosen = format!("the television on {}", second.connector);
        Ok((Output::Television(second), chosen))
    }

    /// The connected televisions, in the order of their connectors' names.
    #[must_use]
    pub fn televisions(&self) -> Vec<Television> {
        let mut connectors = entries(&self.root.join("sys/class/drm"));
        connectors.sort();
        connectors
            .into_iter()
            .filter_map(|connector| {
                // "card1-HDMI-A-2".
                let (card, name) = connector.file_name()?.to_str()?.split_once('-')?;
                (line(&connector.join("status"))? == "connected").then(|| Television {
                    card: self.root.join("dev/dri").join(card),
                    connector: name.to_owned(),
                })
            })
            .collect()
    }

    /// The loudspeaker to use for a wish, and why in words. The television's before others.
    #[must_use]
    pub fn loudspeaker(&self, wanted: &LoudspeakerSink) -> (LoudspeakerSink, String) {
        if *wanted != LoudspeakerSink::Auto {
            return (wanted.clone(), format!("{wanted}, as configured"));
        }
        let devices = self.sound_devices(Sound::Playback);
        let television = devices.iter().find(|device| {
            let name = device.name.to_lowercase();
            name.contains("hdmi")
        });
        match television.or(devices.first()) {
            Some(device) => (
                LoudspeakerSink::Alsa(format!("plughw:{}", device.address)),
                format!("plughw:{}, {}", device.address, device.name),
            ),
            None => (
                LoudspeakerSink::None,
                "no loudspeaker: no playback device in /proc/asound/pcm".into(),
            ),
        }
    }

    /// Video nodes and their names, by number. The first node of each device only: the others are its metadata.
    fn video_nodes(&self) -> Vec<(PathBuf, String)> {
        let class = self.root.join("sys/class/video4linux");
        let mut nodes: Vec<(u32, PathBuf, String)> = entries(&class)
            .into_iter()
            .filter_map(|entry| {
                let file = entry.file_name()?.to_str()?.to_owned();
                let number = file.strip_prefix("video")?.parse().ok()?;
                let node = self.root.join("dev").join(&file);
                let first = line(&entry.join("index")).is_none_or(|index| index == "0");
                (first && node.exists()).then_some((number, node, line(&entry.join("name"))?))
            })
            .collect();
        nodes.sort();
        nodes
            .into_iter()
            .map(|(_, node, name)| (node, name))
            .collect()
    }

    /// ALSA devices that work this way, in the kernel's order.
    fn sound_devices(&self, way: Sound) -> Vec<SoundDevice> {
        let direction = match way {
            Sound::Capture => "capture",
            Sound::Playback => "playback",
        };
        let text = std::fs::read_to_string(self.root.join("proc/asound/pcm")).unwrap_or_default();
        let devices = text
            .lines()
            .filter_map(|line| sound_device(line, direction));
        devices.map(|device| self.with_card(device)).collect()
    }

    /// The card's own name says more than the device's: a Raspberry Pi's HDMI is "vc4hdmi0" only there.
    fn with_card(&self, device: SoundDevice) -> SoundDevice {
        let name = match self.card_id(device.card) {
            Some(id) => format!("{id} ({})", device.name),
            None => device.name,
        };
        SoundDevice { name, ..device }
    }

    fn card_id(&self, card: u32) -> Option<String> {
        line(&self.root.join(format!("proc/asound/card{card}/id")))
    }
}

struct SoundDevice {
    card: u32,
    /// "card,device".
    address: String,
    name: String,
}

/// A line of `/proc/asound/pcm`: "01-00: USB Audio : USB Audio : playback 1 : capture 1".
fn sound_device(line: &str, direction: &str) -> Option<SoundDevice> {
    let mut fields = line.split(':').map(str::trim);
    let (card, device) = fields.next()?.split_once('-')?;
    let (card, device): (u32, u32) = (card.parse().ok()?, device.parse().ok()?);
    let name = fields.next()?.to_owned();
    fields
        .any(|field| field.starts_with(direction))
        .then(|| SoundDevice {
            card,
            address: format!("{card},{device}"),
            name,
        })
}

fn is_any_of(name: &str, known: &[&str]) -> bool {
    let lower = name.to_lowercase();
    known.iter().any(|known| lower.contains(known))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

fn line(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake(tempfile::TempDir);

    impl Fake {
        fn new(files: &[(&str, &str)]) -> Self {
            let root = tempfile::tempdir().expect("a folder");
            for (path, text) in files {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
                std::fs::write(path, text).expect("a file");
            }
            Self(root)
        }

        fn machine(&self, desktop: bool) -> Machine {
            Machine::at(self.0.path(), desktop)
        }
    }

    #[test]
    fn an_empty_machine_has_nothing_and_says_so() {
        let fake = Fake::new(&[]);
        let machine = fake.machine(false);
        assert!(machine.camera(&CameraSource::Auto).is_err());
        assert!(machine.microphones(&MicrophoneSource::Auto).is_err());
        assert_eq!(machine.screen(&ScreenSink::Auto).0, ScreenSink::None);
        assert_eq!(
            machine.loudspeaker(&LoudspeakerSink::Auto).0,
            LoudspeakerSink::None
        );
        assert_eq!(
            fake.machine(true).screen(&ScreenSink::Auto).0,
            ScreenSink::Window
        );
    }

    #[test]
    fn a_usb_camera_is_taken_before_the_boards_codecs_and_its_metadata_node() {
        let fake = Fake::new(&[
            (
                "sys/class/video4linux/video10/name",
                "bcm2835-codec-decode\n",
            ),
            ("sys/class/video4linux/video2/name", "UVC Camera\n"),
            ("sys/class/video4linux/video2/index", "0\n"),
            ("sys/class/video4linux/video1/name", "UVC Camera\n"),
            ("sys/class/video4linux/video1/index", "1\n"),
            ("dev/video1", ""),
            ("dev/video2", ""),
            ("dev/video10", ""),
        ]);
        let (source, why) = fake
            .machine(false)
            .camera(&CameraSource::Auto)
            .expect("a camera");
        assert_eq!(source, CameraSource::V4l2(fake.0.path().join("dev/video2")));
        assert!(why.contains("UVC Camera"), "{why}");
    }

    #[test]
    fn a_sensor_on_the_board_is_for_libcamera() {
        let fake = Fake::new(&[
            ("sys/class/video4linux/video0/name", "unicam-image\n"),
            ("dev/video0", ""),
        ]);
        let (source, _) = fake
            .machine(false)
            .camera(&CameraSource::Auto)
            .expect("a camera");
        assert_eq!(source, CameraSource::Libcamera);
    }

    #[test]
    fn sound_goes_to_the_television_and_comes_from_the_first_microphone() {
        let fake = Fake::new(&[
            (
                "proc/asound/pcm",
                "00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8\n\
                 01-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1\n\
                 02-00: USB Audio : USB Audio : playback 1 : capture 1\n",
            ),
            ("proc/asound/card1/id", "vc4hdmi0\n"),
            ("sys/class/drm/card0-HDMI-A-1/status", "disconnected\n"),
            ("sys/class/drm/card0-HDMI-A-2/status", "connected\n"),
        ]);
        let machine = fake.machine(false);
        let (source, _) = machine
            .microphones(&MicrophoneSource::Auto)
            .expect("a microphone");
        assert_eq!(source, MicrophoneSource::Alsa("hw:2,0".into()));
        assert_eq!(
            machine.loudspeaker(&LoudspeakerSink::Auto).0,
            LoudspeakerSink::Alsa("plughw:1,0".into())
        );
        let (sink, why) = machine.screen(&ScreenSink::Auto);
        assert_eq!(sink, ScreenSink::Kms);
        assert!(why.contains("HDMI-A-2"), "{why}");
    }

    #[test]
    fn what_is_there_is_listed_and_a_name_of_what_is_not_is_known_as_such() {
        let fake = Fake::new(&[
            (
                "proc/asound/pcm",
                "01-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1\n\
                 02-00: USB Audio : USB Audio : playback 1 : capture 1\n",
            ),
            ("proc/asound/card2/id", "Array\n"),
            ("sys/class/video4linux/video0/name", "UVC Camera\n"),
            ("sys/class/video4linux/video1/name", "rpivid\n"),
            ("dev/video0", ""),
            ("dev/video1", ""),
        ]);
        let machine = fake.machine(false);
        let cameras = machine.cameras();
        assert_eq!(cameras.len(), 1);
        assert_eq!(cameras[0].1, "UVC Camera");
        let sounds = machine.sounds(Sound::Capture);
        assert_eq!(sounds, [("hw:2,0".into(), "Array (USB Audio)".into())]);
        assert_eq!(machine.sounds(Sound::Playback).len(), 2);
        let has = |name| machine.has_sound(name, Sound::Capture);
        for there in ["hw:2,0", "hw:2", "plughw:Array", "hw:CARD=Array,DEV=0"] {
            assert_eq!(has(there), Some(true), "{there}");
        }
        for absent in ["hw:1,0", "hw:5,0", "hw:2,1", "plughw:Other", "hw:"] {
            assert_eq!(has(absent), Some(false), "{absent}");
        }
        assert_eq!(has("default"), None);
    }

    #[test]
    fn the_second_screen_is_a_television_that_the_first_does_not_have() {
        let fake = Fake::new(&[
            ("sys/class/drm/card0/dev", ""),
            ("sys/class/drm/card1-HDMI-A-1/status", "connected\n"),
            ("sys/class/drm/card1-HDMI-A-2/status", "disconnected\n"),
            ("sys/class/drm/card1-Writeback-1/status", "unknown\n"),
        ]);
        let machine = fake.machine(false);
        let first = machine.televisions().into_iter().next();
        let second = |wanted| machine.deck_screen(&wanted, first.as_ref());
        assert!(second(DeckSink::Auto).is_err());
        let status = fake.0.path().join("sys/class/drm/card1-HDMI-A-2/status");
        std::fs::write(&status, "connected\n").expect("it is plugged in");
        let wanted = Television {
            card: fake.0.path().join("dev/dri/card1"),
            connector: "HDMI-A-2".into(),
        };
        for sink in [DeckSink::Auto, DeckSink::Kms] {
            let (output, why) = second(sink).expect("a second one");
            assert_eq!(output, Output::Television(wanted.clone()));
            assert!(why.contains("HDMI-A-2"), "{why}");
        }
        // The first screen goes on without its television, and the second with its own.
        let status = fake.0.path().join("sys/class/drm/card1-HDMI-A-1/status");
        std::fs::write(&status, "disconnected\n").expect("it is unplugged");
        let (output, _) = second(DeckSink::Auto).expect("the second one");
        assert_eq!(output, Output::Television(wanted));
    }

    #[test]
    fn a_second_window_is_opened_only_when_it_is_asked_for() {
        let fake = Fake::new(&[]);
        let desktop = fake.machine(true);
        assert!(desktop.deck_screen(&DeckSink::Auto, None).is_err());
        let (output, _) = desktop
            .deck_screen(&DeckSink::Window, None)
            .expect("as wished");
        assert_eq!(output, Output::Window);
    }

    #[test]
    fn what_is_configured_is_not_questioned() {
        let fake = Fake::new(&[]);
        let wanted = CameraSource::V4l2("/dev/video9".into());
        let (source, why) = fake.machine(false).camera(&wanted).expect("as wished");
        assert_eq!(source, wanted);
        assert_eq!(why, "v4l2:/dev/video9, as configured");
    }
}
