//! What the card's `room.toml` says to the machine itself: its name, and its Wi-Fi. Done once when the card's system starts,
//! before the network does.

mod preseed;

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::{Config, Wifi};
use crate::host::host_name;
use crate::kept;

use preseed::Preseed;

/// What stands at the end of settings that do not speak of the box's page: whoever comes to it by the network is asked for a
/// code that the television shows.
const PAGE: &str = "\n\n[web]\nlisten = \"0.0.0.0:80\"\n";

/// Where the machine reads what it is told; another folder than `/` in tests.
#[derive(Clone, Debug)]
pub struct Places {
    /// The settings as they lie on the card.
    pub card: PathBuf,
    /// Where the box reads them.
    pub settings: PathBuf,
    /// Where the box keeps the last good ones.
    pub state: PathBuf,
    /// The root of the file system in which names and networks are written.
    pub root: PathBuf,
}

/// A Wi-Fi as the machine is told of it.
struct Network {
    /// Its name (SSID): up to 32 bytes.
    name: Vec<u8>,
    /// Its password, or the key made of it (WPA's PSK, 64 hexadecimal digits); none of an open network.
    password: Option<String>,
    /// It does not tell its name.
    hidden: bool,
}

impl From<Wifi> for Network {
    fn from(wifi: Wifi) -> Self {
        Self {
            name: wifi.network.into_bytes(),
            password: wifi.password,
            hidden: false,
        }
    }
}

/// What the machine was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its name, without a domain.
    pub name: String,
    /// Whether it has a Wi-Fi.
    pub wifi: bool,
    /// What is wrong with the card's file, while others than its settings are used; in English, for the journal.
    pub mistake: Option<String>,
}

/// Tells the machine, and gives the box its settings. A wrong file is no reason to stop: the last good settings count, or else
/// the name of a nameless box and no Wi-Fi; what is wrong stands on the television.
///
/// # Errors
/// Where settings, names or networks cannot be written.
pub fn settle(places: &Places) -> io::Result<Settled> {
    let typed = kept::read(&places.card.with_file_name("rpi-preseed.toml"));
    let typed = Preseed::parse(&typed.unwrap_or_default());
    let (config, mistake) = take(places, &typed)?;
    let room = config.as_ref().map_or("", |config| config.name.as_str());
    let name = host_name(room).trim_end_matches(".local").to_owned();
    let etc = places.root.join("etc");
    fs::create_dir_all(&etc)?;
    fs::write(etc.join("hostname"), format!("{name}\n"))?;
    fs::write(etc.join("hosts"), hosts(&name))?;
    let wifi = config.and_then(|config| config.wifi).map(Network::from);
    let wifi = wifi.or_else(|| typed.network());
    let connections = places.root.join("run/NetworkManager/system-connections");
    let file = connections.join("room.nmconnection");
    match &wifi {
        Some(wifi) => {
            write_secret(&file, &connection(wifi), 0o600)?;
        }
        None => kept::forget(&file),
    }
    Ok(Settled {
        name,
        wifi: wifi.is_some(),
        mistake,
    })
}

/// Copies the card's file to where the box reads it, with its page open to the room's network where the file does not say.
fn take(places: &Places, typed: &Preseed) -> io::Result<(Option<Config>, Option<String>)> {
    kept::forget(&places.settings);
    let file = places
        .card
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let text = match kept::read(&places.card) {
        Ok(text) => text,
        Err(error) => {
            let mistake = format!("{file}: {error}");
            return Ok((Config::last_good(&places.state), Some(mistake)));
        }
    };
    let text = typed.named(&text).unwrap_or(text);
    let (text, config, mistake) = match Config::parse(&file, &text) {
        // After the last line: what the television says of lines stays true.
        Ok(_) if !text.contains("[web]") => {
            let open = format!("{}{PAGE}", text.trim_end());
            let config = Config::parse(&file, &open).ok();
            (open, config, None)
        }
        Ok(config) => (text, Some(config), None),
        Err(mistake) => (text, Config::last_good(&places.state), Some(mistake)),
    };
    write_secret(&places.settings, &text, 0o640)?;
    Ok((config, mistake))
}

fn write_secret(file: &Path, text: &str, mode: u32) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
    kept::forget(file);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    io::Write::write_all(&mut options.open(file)?, text.as_bytes())
}

fn hosts(name: &str) -> String {
    format!("127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost ip6-localhost ip6-loopback\n")
}

/// NetworkManager's file of a connection (its "keyfile" format, that of GLib's `GKeyFile`).
fn connection(wifi: &Network) -> String {
    // As numbers: a name may have any sign, and no sign of it means anything then.
    let name: String = wifi.name.iter().map(|byte| format!("{byte};")).collect();
    let hidden = if wifi.hidden { "hidden=true\n" } else { "" };
    let mut text = format!(
        "[connection]\nid=room\nuuid={CONNECTION}\ntype=wifi\n\n[wifi]\nmode=infrastructure\nssid={name}\n{hidden}\n"
    );
    if let Some(password) = &wifi.password {
        // In GLib's format a leading space and each backslash are written as escapes.
        let password = password.replace('\\', "\\\\").replace(' ', "\\s");
        text += &format!("[wifi-security]\nkey-mgmt=wpa-psk\npsk={password}\n\n");
    }
    text + "[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n"
}

/// The connection's number: there is one in a box.
const CONNECTION: &str = "5b3f1d9e-7a52-4c0e-9d3c-0e57ade00001";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const GOOD: &str = "name = \"Loudéac\"\n[bridge]\naddress = \"http://bridge:8080\"\ntoken = \"0123456789abcdef\"\n";

    fn places(folder: &Path) -> Places {
        Places {
            card: folder.join("room.toml"),
            settings: folder.join("root/etc/estrade/room.toml"),
            state: folder.join("state"),
            root: folder.join("root"),
        }
    }

    fn read(folder: &Path, file: &str) -> Option<String> {
        fs::read_to_string(folder.join("root").join(file)).ok()
    }

    const PROFILE: &str = "run/NetworkManager/system-connections/room.nmconnection";

    #[test]
    fn the_machine_is_called_like_the_room_and_joins_its_wifi() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(folder.path());
        let wifi = "[wifi]\nnetwork = \"Été ; 2\"\npassword = \" a\\\\b c=\\\"\"\n";
        fs::write(&places.card, format!("{GOOD}{wifi}")).unwrap();
        let settled = settle(&places).unwrap();
        assert_eq!((settled.name.as_str(), settled.wifi), ("loudeac", true));
        assert_eq!(settled.mistake, None);
        assert_eq!(read(folder.path(), "etc/hostname").unwrap(), "loudeac\n");
        let profile = read(folder.path(), PROFILE).unwrap();
        assert!(
            profile.contains("ssid=195;137;116;195;169;32;59;32;50;\n"),
            "{profile}"
        );
        assert!(profile.contains("psk=\\sa\\\\b\\sc=\"\n"), "{profile}");
        for (file, mode) in [
            (places.root.join(PROFILE), 0o600),
            (places.settings.clone(), 0o640),
        ] {
            let permissions = fs::metadata(file).unwrap().permissions();
            assert_eq!(permissions.mode() & 0o777, mode);
        }

        // What was typed into Imager counts where room.toml says nothing.
        let imager = folder.path().join("rpi-preseed.toml");
        fs::write(&imager, "[wlan]\nssid = \"Mairie\"\nhidden = true\n").unwrap();
        settle(&places).unwrap();
        assert!(read(folder.path(), PROFILE).unwrap().contains("ssid=195;"));
        fs::write(&places.card, GOOD).unwrap();
        assert!(settle(&places).unwrap().wifi);
        let profile = read(folder.path(), PROFILE).unwrap();
        assert!(
            profile.contains("ssid=77;97;105;114;105;101;\nhidden=true\n"),
            "{profile}"
        );
        fs::remove_file(imager).unwrap();

        // The cable is back: the next start forgets the network.
        fs::write(&places.card, GOOD).unwrap();
        assert!(!settle(&places).unwrap().wifi);
        assert_eq!(read(folder.path(), PROFILE), None);
    }

    #[test]
    fn a_wrong_file_leaves_the_machine_its_last_good_name() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(folder.path());
        fs::create_dir_all(&places.state).unwrap();
        fs::write(&places.card, GOOD).unwrap();
        settle(&places).unwrap();
        let config = Config::load_or_kept(&places.settings, &places.state).unwrap();
        assert_eq!(config.web.listen.to_string(), "0.0.0.0:80");
        fs::write(&places.card, "nome = 3").unwrap();
        let settled = settle(&places).unwrap();
        assert_eq!(settled.name, "loudeac");
        assert!(settled.mistake.unwrap().contains("nome"));
        // The television says what is wrong with the file as it is.
        assert_eq!(fs::read_to_string(&places.settings).unwrap(), "nome = 3");
    }

    #[test]
    fn without_any_file_a_box_has_a_name_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let settled = settle(&places(folder.path())).unwrap();
        assert_eq!(settled.name, "estrade");
        assert!(!settled.wifi);
        assert!(settled.mistake.is_some());
    }

    #[test]
    fn the_cards_own_file_is_right_whatever_of_it_is_used() {
        let made = include_str!("../../../board/image/room.toml");
        let mut used = String::new();
        for line in made.lines() {
            let setting = line
                .strip_prefix("# ")
                .filter(|line| line.contains(" = ") || line.starts_with('['));
            used += &format!("{}\n", setting.unwrap_or(line));
        }
        let used = used.replace("name = \"\"", "name = \"Brest\"");
        assert!(Config::parse("room.toml", &used).unwrap().wifi.is_some());
        let typed = Preseed::parse("[system]\nhostname = \"brest\"\n");
        let named = Config::parse("room.toml", &typed.named(made).unwrap()).unwrap();
        assert_eq!(named.name, "brest");
    }
}
