//! The photos folder, in the decks folder: what is where in it.
//!
//! `ID.png` is a picture, named by its own SHA-256, `index.json` says which name is which. What is on its way is in
//! `incoming/`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::shelf::Index;
use crate::address::Address;

const INDEX: &str = "index.json";

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the photos in the decks folder, {folder}: {source}; is the folder writable, and the disk not full?"
)]
pub struct FolderError {
    folder: String,
    source: io::Error,
}

/// The folder's paths.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens or makes it, throws away what an interrupted run left, and reads the shelf's file.
    ///
    /// # Errors
    /// It cannot be made, read or written.
    pub fn open(root: &Path) -> Result<(Self, Index), FolderError> {
        let folder = Self {
            root: root.to_owned(),
        };
        let index = folder.prepare();
        index
            .map(|index| (folder, index))
            .map_err(|source| FolderError {
                folder: root.display().to_string(),
                source,
            })
    }

    fn prepare(&self) -> io::Result<Index> {
        let incoming = self.root.join("incoming");
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::create_dir_all(incoming)?;
        let mut index: Index = match fs::read(self.root.join(INDEX)) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Index::default(),
            Err(error) => return Err(error),
        };
        index
            .photos
            .retain(|photo| self.picture(&photo.id).is_file());
        for entry in fs::read_dir(&self.root)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let id = name.and_then(|name| Address::parse(name.strip_suffix(".png")?));
            let known = |id: &Address| index.photos.iter().any(|photo| photo.id == *id);
            if id.is_some_and(|id| !known(&id)) {
                fs::remove_file(path)?;
            }
        }
        Ok(index)
    }

    /// Keeps the shelf's file; it is there whole or as it was before.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, index: &Index) -> io::Result<()> {
        let part = self.root.join("index.part");
        write(&part, &serde_json::to_vec_pretty(index)?)?;
        fs::rename(part, self.root.join(INDEX))
    }

    /// Where something may arrive; `name` is unique.
    pub fn incoming(&self, name: &str) -> PathBuf {
        self.root.join("incoming").join(name)
    }

    /// Where a picture is.
    pub fn picture(&self, id: &Address) -> PathBuf {
        self.root.join(format!("{}.png", id.as_str()))
    }

    /// Gives a picture that is on the disk its place.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn adopt(&self, made: &Path, id: &Address) -> io::Result<()> {
        fs::rename(made, self.picture(id))
    }

    /// Throws a picture away.
    pub fn forget(&self, id: &Address) {
        let _ = fs::remove_file(self.picture(id));
    }
}

/// Writes a file; it is on the disk then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::super::shelf::Photo;
    use super::*;

    #[test]
    fn what_an_interrupted_run_left_goes_and_what_is_gone_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let (folder, index) = Folder::open(root.path()).unwrap();
        assert_eq!(index, Index::default());
        let id = |n: u8| Address::parse(&format!("{n:02x}").repeat(32)).unwrap();
        let photo = |n: u8| Photo {
            id: id(n),
            bytes: 1,
            name: format!("{n}.jpg"),
        };
        let photos = vec![photo(1), photo(2)];
        folder.keep(&Index { photos }).unwrap();
        // 2 was lost, and 3 is of nobody.
        for n in [1, 3] {
            write(&folder.incoming("x"), b"a picture").unwrap();
            folder.adopt(&folder.incoming("x"), &id(n)).unwrap();
        }
        write(&folder.incoming("half"), b"half").unwrap();
        let (folder, index) = Folder::open(root.path()).unwrap();
        assert_eq!(index.photos, [photo(1)]);
        assert!(folder.picture(&id(1)).exists() && !folder.picture(&id(3)).exists());
        assert!(!folder.incoming("half").exists());
    }
}
