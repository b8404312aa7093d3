//! What a box keeps of its pairing: its key, and what it knows of its bridge. Two files, each whole or not at all, and
//! nobody else's to read.

use std::io;
use std::path::{Path, PathBuf};

use pairing::{Hardware, Hex, Key, PublicKey};
use serde::{Deserialize, Serialize};

use super::facts::Known;
use crate::kept;

/// Where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The key.
    pub key: PathBuf,
    /// The bridge.
    pub bridge: PathBuf,
}

/// What is known of the bridge, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The bridge at this address of the settings: another address is another bridge.
    address: String,
    bridge: Hex<32>,
    channel: Option<Hex<32>>,
    room: String,
}

/// The numbers of a machine, and where they are: that of a board's chip, else that of the installed system.
const NUMBERS: [&str; 2] = ["proc/device-tree/serial-number", "etc/machine-id"];

impl Files {
    /// Beside what else a box keeps, which is named like its settings.
    pub fn beside(kept: &Path) -> Self {
        let name = kept
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let name = name.strip_suffix(".kept.json").unwrap_or(name);
        Self {
            key: kept.with_file_name(format!("{name}.key")),
            bridge: kept.with_file_name(format!("{name}.bridge.json")),
        }
    }

    /// The box's key, which is made of `seed` if there is none. One that cannot be kept serves until the next start.
    ///
    /// # Errors
    /// OpenSSL is broken.
    pub fn key(&self, seed: [u8; 32]) -> Result<Key, pairing::CryptoError> {
        let kept = kept::read(&self.key).ok();
        if let Some(seed) = kept.and_then(|text| Hex::parse(text.trim())) {
            return Key::of_seed(seed.0);
        }
        let key = Key::of_seed(seed)?;
        if let Err(error) = kept::replace(&self.key, format!("{}\n", key.seed()).as_bytes()) {
            tracing::error!(file = %self.key.display(), %error, "the box's key cannot be kept: it must be paired anew after a restart");
        }
        tracing::info!(fingerprint = %key.public().fingerprint(), "the box has a key of its own now");
        Ok(key)
    }

    /// The key, where there is one.
    pub fn kept_key(&self) -> Option<Key> {
        let text = kept::read(&self.key).ok()?;
        Key::of_seed(Hex::parse(text.trim())?.0).ok()
    }

    /// What is known of the bridge at this address.
    pub fn known(&self, address: &str) -> Option<Known> {
        let text = kept::read(&self.bridge).ok()?;
        let written: Written = serde_json::from_str(&text).ok()?;
        (written.address == address).then_some(Known {
            bridge: PublicKey(written.bridge.0),
            channel: written.channel,
            room: written.room,
        })
    }

    /// Keeps it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, address: &str, known: &Known) -> io::Result<()> {
        let written = Written {
            address: address.to_owned(),
            bridge: Hex(known.bridge.0),
            channel: known.channel,
            room: known.room.clone(),
        };
        kept::replace(&self.bridge, &serde_json::to_vec(&written)?)
    }

    /// Removes both: the box is another one from now on.
    pub fn forget(&self) {
        kept::forget(&self.bridge);
        kept::forget(&self.key);
    }
}

/// Which machine this is, by what lies under `root`. `other` makes it another one, for tests that have one machine alone.
pub fn hardware(root: &Path, other: Option<&str>) -> Hardware {
    let mut numbers = NUMBERS.iter().filter_map(|file| {
        let number = std::fs::read(root.join(file)).ok()?;
        // Device trees end their texts with a zero.
        let number = number.strip_suffix(&[0]).unwrap_or(&number).trim_ascii();
        (!number.is_empty()).then(|| number.to_vec())
    });
    let mut number = numbers.next().unwrap_or_default();
    number.extend_from_slice(other.unwrap_or_default().as_bytes());
    Hardware::of(&number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_is_nobody_else_s() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::beside(&folder.path().join("room.kept.json"));
        assert!(files.kept_key().is_none());
        let key = files.key([1; 32]).unwrap();
        let again = files.key([2; 32]).unwrap();
        assert_eq!(key.public(), again.public());
        assert_eq!(files.key, folder.path().join("room.key"));
        let mode = std::fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        files.forget();
        let other = files.key([2; 32]).unwrap();
        assert_ne!(key.public(), other.public());
    }

    #[test]
    fn a_bridge_is_known_at_its_address_alone() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::beside(&folder.path().join("room.kept.json"));
        let known = Known {
            bridge: PublicKey([3; 32]),
            channel: Some(Hex([4; 32])),
            room: "Brest".into(),
        };
        assert_eq!(files.known("http://a"), None);
        files.keep("http://a", &known).unwrap();
        assert_eq!(files.known("http://a"), Some(known));
        assert_eq!(files.known("http://b"), None);
        std::fs::write(&files.bridge, "{\"add").unwrap();
        assert_eq!(files.known("http://a"), None);
    }

    #[test]
    fn a_machine_is_known_by_its_chip_before_its_system() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let none = hardware(root.path(), None);
        write("etc/machine-id", "0123456789abcdef\n");
        let system = hardware(root.path(), None);
        assert_ne!(system, none);
        write("proc/device-tree/serial-number", "10000000abcdef\0");
        let chip = hardware(root.path(), None);
        assert_ne!(chip, system);
        assert_ne!(hardware(root.path(), Some("another")), chip);
        assert_eq!(chip, Hardware::of(b"10000000abcdef"));
    }
}
