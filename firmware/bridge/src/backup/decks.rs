//! The decks in a backup: `decks/index.json`, then each deck's pages, the files whose pages are still to be made, and the
//! speakers' photos.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tar::{Builder, Entry};

use super::append;
use crate::address::Address;

/// The files that say what there is: where one lies, something is kept.
pub const INDEXES: [&str; 2] = ["index.json", "photos/index.json"];

/// What all its names begin with.
const DECKS: &str = "decks/";
const INDEX: &str = "index.json";
/// Where files without pages are.
const FILES: &str = "files";
/// Where photos are.
const PHOTOS: &str = "photos";

/// Adds all decks of a folder. The bridge may run: a deck is there whole or not at all, and one that goes meanwhile is
/// left out.
pub fn write(builder: &mut Builder<File>, folder: &Path) -> io::Result<()> {
    write_photos(builder, folder)?;
    if !folder.join(INDEX).exists() {
        return Ok(());
    }
    // First: what is brought later is not in it, and belongs to nobody then.
    add(builder, folder, INDEX)?;
    for name in names(folder)? {
        if name == FILES {
            for file in names(&folder.join(FILES))? {
                add(builder, folder, &format!("{FILES}/{file}"))?;
            }
        } else if Address::parse(&name).is_some() {
            for file in names(&folder.join(&name))? {
                add(builder, folder, &format!("{name}/{file}"))?;
            }
        }
    }
    Ok(())
}

fn write_photos(builder: &mut Builder<File>, folder: &Path) -> io::Result<()> {
    add(builder, folder, &format!("{PHOTOS}/{INDEX}"))?;
    let names = names(&folder.join(PHOTOS))?;
    for name in names.iter().filter(|name| photo_of(name).is_some()) {
        add(builder, folder, &format!("{PHOTOS}/{name}"))?;
    }
    Ok(())
}

fn photo_of(name: &str) -> Option<Address> {
    Address::parse(name.strip_suffix(".png")?)
}

/// Names in a folder; none of one that is gone.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

fn add(builder: &mut Builder<File>, folder: &Path, name: &str) -> io::Result<()> {
    let file = match File::open(folder.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    append(builder, &format!("{DECKS}{name}"), size, file.take(size))
}

/// Where in a folder an entry belongs; nothing for one that is no part of a deck. No name leads outside.
pub fn place(folder: &Path, name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.strip_prefix(DECKS)?.split('/').collect();
    let plain = |name: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.';
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(allowed)
    };
    match parts[..] {
        [INDEX] => Some(folder.join(INDEX)),
        [PHOTOS, INDEX] => Some(folder.join(PHOTOS).join(INDEX)),
        [PHOTOS, photo] => photo_of(photo).map(|_| folder.join(PHOTOS).join(photo)),
        [FILES, id] => Address::parse(id).map(|id| folder.join(FILES).join(id.as_str())),
        [id, file] if plain(file) => {
            Address::parse(id).map(|id| folder.join(id.as_str()).join(file))
        }
        _ => None,
    }
}

/// Puts one entry in its place.
pub fn read(entry: &mut Entry<'_, File>, place: &Path) -> io::Result<()> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(place)?;
    io::copy(entry, &mut file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_outside() {
        let folder = Path::new("/decks-of-the-bridge");
        let id = "5f".repeat(32);
        for good in [
            "decks/index.json".to_owned(),
            format!("decks/{id}/0.png"),
            format!("decks/{id}/0.thumb.png"),
            format!("decks/files/{id}"),
            "decks/photos/index.json".to_owned(),
            format!("decks/photos/{id}.png"),
        ] {
            let place = place(folder, &good).unwrap();
            assert!(place.starts_with(folder), "{place:?}");
        }
        for bad in [
            "index.json".to_owned(),
            "decks/../../etc/passwd".to_owned(),
            "decks//etc/passwd".to_owned(),
            format!("decks/{id}/../../x"),
            format!("decks/{id}/.."),
            format!("decks/{id}/a/b"),
            format!("decks/{id}/"),
            format!("decks/{}/0.png", id.to_uppercase()),
            "decks/files/x".to_owned(),
            "decks/making/x".to_owned(),
            format!("decks/photos/{id}"),
            "decks/photos/x.png".to_owned(),
            "decks/photos/../x.png".to_owned(),
        ] {
            assert_eq!(place(folder, &bad), None, "{bad}");
        }
    }
}
