//! `rpi-preseed.toml`, in which Raspberry Pi Imager leaves beside `room.toml` what was typed into its own windows. Of that a
//! box takes a name and a Wi-Fi; accounts and keys for SSH it has none.
//!
//! The format: Raspberry Pi Imager 2, `init_format` "rpi-preseed".

use serde::Deserialize;

use super::Network;

/// As much of the file as a box reads.
#[derive(Default, Deserialize)]
pub(super) struct Preseed {
    #[serde(default)]
    system: System,
    wlan: Option<Wlan>,
}

#[derive(Default, Deserialize)]
struct System {
    hostname: Option<String>,
}

#[derive(Deserialize)]
struct Wlan {
    ssid: Option<String>,
    /// In place of `ssid` where that is not UTF-8: its bytes, two hexadecimal digits each.
    ssid_hex: Option<String>,
    /// A password, or the key of 64 hexadecimal digits that was made of it; `NetworkManager` tells them apart by their length.
    password: Option<String>,
    #[serde(default)]
    hidden: bool,
}

impl Preseed {
    /// Reads the file's text. One that cannot be read is as good as none: people did not write it.
    pub(super) fn parse(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| {
            tracing::warn!(%error, "rpi-preseed.toml");
            Self::default()
        })
    }

    /// The Wi-Fi.
    pub(super) fn network(&self) -> Option<Network> {
        let wlan = self.wlan.as_ref()?;
        let name = match (&wlan.ssid, &wlan.ssid_hex) {
            (Some(name), _) => name.clone().into_bytes(),
            (None, Some(digits)) => bytes(digits)?,
            (None, None) => return None,
        };
        Some(Network {
            name,
            password: wlan.password.clone(),
            hidden: wlan.hidden,
        })
    }

    /// The settings with the name that was typed as the room's, where theirs is empty as on a card that is just made.
    pub(super) fn named(&self, settings: &str) -> Option<String> {
        let name = toml::Value::from(self.system.hostname.as_deref()?);
        let at = settings.lines().position(|line| line.trim() == EMPTY)?;
        let mut lines: Vec<_> = settings.lines().collect();
        let named = format!("name = {name}");
        lines[at] = &named;
        Some(lines.join("\n"))
    }
}

/// The line of a card's `room.toml` in which its name is written.
const EMPTY: &str = "name = \"\"";

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Raspberry Pi Imager 2 writes it.
    const TYPED: &str = r#"config_version = "1.0"

[system]
hostname = "ploufragan"

[user]
name = "pi"
password = "$y$j9T$xyz"
password_encrypted = true
groups = ["sudo"]

[ssh]
enabled = true
password_authentication = false
authorized_keys = [
  "ssh-ed25519 AAAA",
]

[wlan]
ssid = "Médiathèque"
password = "4f1c4ca8e1e5bd1b0f2ddd5d2f0e8f2a4f1c4ca8e1e5bd1b0f2ddd5d2f0e8f2a"
password_encrypted = true
hidden = true
country = "FR"
"#;

    #[test]
    fn a_wifi_typed_into_imager_is_the_rooms() {
        let network = Preseed::parse(TYPED).network().unwrap();
        assert_eq!(network.name, "Médiathèque".as_bytes());
        assert_eq!(network.password.unwrap().len(), 64);
        assert!(network.hidden);
        let odd = TYPED.replace(r#"ssid = "Médiathèque""#, r#"ssid_hex = "ff00e9""#);
        let network = Preseed::parse(&odd).network().unwrap();
        assert_eq!(network.name, [0xff, 0x00, 0xe9]);
    }

    #[test]
    fn a_name_typed_into_imager_is_the_rooms_where_it_has_none() {
        let typed = Preseed::parse(TYPED);
        let without = "# Ours.\nname = \"\"\n[bridge]";
        assert_eq!(
            typed.named(without).as_deref(),
            Some("# Ours.\nname = \"ploufragan\"\n[bridge]")
        );
        assert_eq!(typed.named("name = \"Brest\"\n"), None);
    }

    #[test]
    fn what_is_not_such_a_file_says_nothing() {
        for text in [
            "",
            "[system]",
            "[wlan]\nssid_hex = \"g\"",
            "not toml",
            "wlan = 3",
        ] {
            let none = Preseed::parse(text);
            assert!(
                none.network().is_none() && none.named(EMPTY).is_none(),
                "{text}"
            );
        }
    }
}
