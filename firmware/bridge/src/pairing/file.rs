//! The file of what is kept, beside `bridge.toml`, and those by which the command hands over invitations.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use pairing::Invitation;
use serde::de::DeserializeOwned;

use super::kept::{Invited, Kept};

/// Far more than ever is kept.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What is kept; nothing where no box was ever paired.
///
/// # Errors
/// It cannot be read, or is of another form.
pub fn read(path: &Path) -> io::Result<Option<Kept>> {
    match read_json(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        kept => kept.map(Some),
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

/// Writes it in the place of what is there: whenever the plug is pulled, the file holds either this or what was before.
///
/// # Errors
/// The folder cannot be written.
pub fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    replace(path, &serde_json::to_vec_pretty(kept)?)
}

/// The same for any bytes, for its owner's eyes alone.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut out = options.open(&new)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&new, path)?;
    // The name, too, is on the disk only then.
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

/// Whether these bytes are what is kept.
pub fn is_sound(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Kept>(bytes).is_ok()
}

/// Whether an error of [`read`] is about what the file holds.
pub fn is_spoilt(error: &io::Error) -> bool {
    let spoilt = [io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof];
    spoilt.contains(&error.kind())
}

/// Gives a file that cannot be read another name; which.
pub fn put_aside(path: &Path) -> Option<PathBuf> {
    let aside = path.with_extension("json.broken");
    fs::rename(path, &aside).ok().map(|()| aside)
}

/// Where the command puts an invitation of this name.
fn made(path: &Path, name: &str) -> PathBuf {
    path.with_extension(format!("invitation-{name}.json"))
}

/// Hands an invitation over to the bridge, whether it runs or not.
///
/// # Errors
/// The file, and why it cannot be written.
pub fn write_invitation(path: &Path, invited: &Invited) -> Result<(), (PathBuf, io::Error)> {
    let file = made(path, &invited.name);
    let bytes = serde_json::to_vec(invited).unwrap_or_default();
    replace(&file, &bytes).map_err(|error| (file, error))
}

/// The invitations that lie there, or the one of this name, with their files.
pub fn made_invitations(path: &Path, name: Option<&str>) -> Vec<(PathBuf, Invited)> {
    let files = match name {
        // No other can become a part of a path.
        Some(name) if Invitation::is_name(name) => vec![made(path, name)],
        Some(_) => Vec::new(),
        None => all(path),
    };
    let read = |file: PathBuf| {
        read_json::<Invited>(&file)
            .ok()
            .map(|invited| (file, invited))
    };
    let sound = |(_, invited): &(PathBuf, Invited)| Invitation::is_name(&invited.name);
    files.into_iter().filter_map(read).filter(sound).collect()
}

fn all(path: &Path) -> Vec<PathBuf> {
    let beginning = made(path, "");
    let beginning = beginning.file_name().and_then(|name| name.to_str());
    let beginning = beginning.and_then(|name| name.strip_suffix(".json"));
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let (Some(beginning), Ok(entries)) = (beginning, fs::read_dir(folder)) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| Some(entry.ok()?.path()));
    names
        .filter(|file| {
            let name = file.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(beginning) && name.ends_with(".json"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pairing::{Hex, Random};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_kept_is_there_again_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.pairing.json");
        assert_eq!(read(&path).unwrap(), None);
        let kept = Kept::new([7; 32]);
        write(&path, &kept).unwrap();
        assert_eq!(read(&path).unwrap(), Some(kept));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, "{\"seed\":\"12\"").unwrap();
        assert!(is_spoilt(&read(&path).unwrap_err()));
        assert!(put_aside(&path).unwrap().exists());
        assert_eq!(read(&path).unwrap(), None);
    }

    #[test]
    fn an_invitation_is_handed_over_by_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.pairing.json");
        let invitation = Invitation::draw(&mut Random::new([1; 32]));
        let invited = Invited {
            name: invitation.name().into(),
            secret: Hex(invitation.secret().0),
            rooms: [("Brest".to_owned(), None)].into(),
            until_ms: 5,
        };
        write_invitation(&path, &invited).unwrap();
        fs::write(folder.path().join("bridge.pairing.invitation-x.json"), "no").unwrap();
        for name in [None, Some(invitation.name())] {
            let found = made_invitations(&path, name);
            assert_eq!(found.len(), 1, "{name:?}");
            assert_eq!(found[0].1, invited);
        }
        assert!(made_invitations(&path, Some("../x")).is_empty());
    }
}
