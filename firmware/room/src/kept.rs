//! What a box keeps over a restart: one small file, replaced as a whole.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use conference::wire::UpcomingView;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// As voices were spoken: room to both sides.
const VOLUME: u8 = 80;
/// Far more than it ever has.
const MAX_BYTES: u64 = 64 * 1024;

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The loudspeaker's volume, 0 to 100 %.
    #[serde(default = "volume")]
    pub volume: u8,
    /// Whether the room muted itself: no pulled plug opens its microphones.
    #[serde(default)]
    pub muted: bool,
    /// The next evening that the bridge told of.
    #[serde(default)]
    pub upcoming: Option<UpcomingView>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            volume: VOLUME,
            muted: false,
            upcoming: None,
        }
    }
}

const fn volume() -> u8 {
    VOLUME
}

/// Writes what it is given until the other end is dropped; of several at once the last.
pub(crate) async fn run(file: PathBuf, mut given: watch::Receiver<Option<Kept>>) {
    while given.changed().await.is_ok() {
        let Some(kept) = given.borrow_and_update().clone() else {
            continue;
        };
        let path = file.clone();
        let saved = tokio::task::spawn_blocking(move || save(&path, &kept)).await;
        if let Ok(Err(error)) = saved {
            tracing::warn!(file = %file.display(), %error, "what the box is to keep cannot be written; name another file with the key 'kept' of room.toml");
        }
    }
}

/// What the file holds; what a new box begins with where there is none, or it cannot be read.
pub fn load(file: &Path) -> Kept {
    let read = || -> std::io::Result<Kept> { Ok(serde_json::from_str(&read(file)?)?) };
    let mut kept = match read() {
        Ok(kept) => kept,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kept::default(),
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "what the box had kept cannot be read; it begins anew");
            Kept::default()
        }
    };
    kept.volume = kept.volume.min(100);
    kept
}

/// The text of a small file.
///
/// # Errors
/// It cannot be read, is larger than a box's own files are, or is no text.
pub(crate) fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(file)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => Err(std::io::ErrorKind::InvalidData.into()),
        false => Ok(text),
    }
}

/// Writes it.
///
/// # Errors
/// The folder cannot be written.
pub fn save(file: &Path, kept: &Kept) -> std::io::Result<()> {
    replace(file, serde_json::to_string(kept)?.as_bytes())
}

/// Puts this in a file's place: whenever the plug is pulled, the file holds either this or what was before.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    // Settings may hold a token, and a key is one: nobody else's.
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut out = options.open(&new)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&new, file)?;
    // The name, too, is on the disk only then.
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

/// Removes it.
pub(crate) fn forget(file: &Path) {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(file = %file.display(), %error, "what the box had kept cannot be removed");
        }
        Ok(()) | Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_again_and_what_is_spoilt_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("room.kept.json");
        assert_eq!(load(&file), Kept::default());
        let kept = Kept {
            volume: 35,
            muted: true,
            upcoming: Some(UpcomingView {
                title: "Les métiers du bois".into(),
                starts: "2026-12-03T18:30:00".into(),
            }),
        };
        save(&file, &kept).unwrap();
        assert_eq!(load(&file), kept);
        // A plug that is pulled in the middle leaves the other file behind, which is nobody's.
        std::fs::write(folder.path().join("room.kept.json.new"), "{\"vol").unwrap();
        assert_eq!(load(&file), kept);
        std::fs::write(&file, "{\"volume\":250}").unwrap();
        assert_eq!(load(&file).volume, 100);
        std::fs::write(&file, "{\"vol").unwrap();
        assert_eq!(load(&file), Kept::default());
        assert!(save(&folder.path().join("gone/room.kept.json"), &kept).is_err());
    }
}
