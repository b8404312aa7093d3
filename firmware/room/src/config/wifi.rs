//! The Wi-Fi that a box joins where there is no cable.

use serde::{Deserialize, Deserializer};

/// The room's Wi-Fi.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wifi {
    /// Its name (SSID): 1 to 32 bytes.
    #[serde(deserialize_with = "network")]
    pub network: String,
    /// Its password: 8 to 63 ASCII characters. Default: none, an open network.
    #[serde(default, deserialize_with = "password")]
    pub password: Option<String>,
}

impl std::fmt::Debug for Wifi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wifi")
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// IEEE 802.11 section 9.4.2.2: an SSID has up to 32 bytes.
fn network<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let network = String::deserialize(deserializer)?;
    match network.len() {
        1..=32 => Ok(network),
        length => Err(serde::de::Error::custom(format!(
            "a Wi-Fi's name has 1 to 32 bytes, this one has {length}: copy it as telephones show it"
        ))),
    }
}

/// IEEE 802.11 annex J.4.1: a passphrase has 8 to 63 characters, each of code 32 to 126.
fn password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let password = String::deserialize(deserializer)?;
    let printable = password.bytes().all(|byte| (32..=126).contains(&byte));
    match password.len() {
        8..=63 if printable => Ok(Some(password)),
        _ => Err(serde::de::Error::custom(
            "a Wi-Fi's password has 8 to 63 letters, digits and signs without accents; remove the line for an open network",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown_not_even_a_wrong_one() {
        let wrong = "network = \"Mairie\"\npassword = \"court\"";
        let error = toml::from_str::<Wifi>(wrong).unwrap_err();
        assert!(error.message().contains("8 to 63"), "{error}");
        assert!(!error.message().contains("court"), "{error}");
        let wifi: Wifi = toml::from_str(&wrong.replace("court", "assez long")).unwrap();
        assert!(!format!("{wifi:?}").contains("assez"));
    }

    #[test]
    fn a_network_is_open_without_a_password_and_has_a_name() {
        let open: Wifi = toml::from_str("network = \"Médiathèque\"").unwrap();
        assert_eq!(open.password, None);
        for name in ["", "un nom de réseau bien trop long !!"] {
            toml::from_str::<Wifi>(&format!("network = \"{name}\"")).unwrap_err();
        }
    }
}
