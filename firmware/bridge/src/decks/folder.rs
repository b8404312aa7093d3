//! The decks folder: what is where in it.
//!
//! `ID/` holds a deck that is whole: `manifest.json`, `0.png`, `0.thumb.png`, … Files that are on their way are in
//! `incoming/`, those whose pages are still to be made in `files/ID`, pages that are being made in `making/ID/`. A deck gets
//! its place by one renaming, when all of it is on the disk: there is never half a deck.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use conference::wire::Reason;
use sha2::{Digest, Sha256};

use super::MOST_BYTES;
use super::kind::{HEAD, Kind, TAIL, Unusable, kind_of};
use super::shelf::Found;
use super::wire::{Index, Manifest};
use crate::address::Address;
use crate::reasons::of_disk;

const INDEX: &str = "index.json";

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "decks = \"{folder}\" in bridge.toml: {source}; is the folder writable, and the disk not full?"
)]
pub struct FolderError {
    folder: String,
    source: io::Error,
}

/// Why a file beside the programme was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It cannot be a deck.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// It is too large.
    #[error("the file has more than 200 MB; make its pictures smaller")]
    TooLarge,
    /// It cannot be read, or not be kept.
    #[error("the file cannot be copied into the decks folder: {0}")]
    Io(#[from] io::Error),
}

impl TakeError {
    /// By its code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unusable(unusable) => unusable.reason(),
            Self::TooLarge => {
                Reason::new("deck_too_large", self).with("most", MOST_BYTES / 1_000_000)
            }
            Self::Io(error) => of_disk(error, self),
        }
    }
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
        folder
            .prepare()
            .map(|index| (folder, index))
            .map_err(|source| FolderError {
                folder: root.display().to_string(),
                source,
            })
    }

    fn prepare(&self) -> io::Result<Index> {
        for leftover in ["incoming", "making"] {
            let path = self.root.join(leftover);
            if path.exists() {
                fs::remove_dir_all(&path)?;
            }
            fs::create_dir_all(path)?;
        }
        fs::create_dir_all(self.root.join("files"))?;
        let index = match fs::read(self.root.join(INDEX)) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Index::default(),
            Err(error) => return Err(error),
        };
        self.drop_strangers(&index)?;
        Ok(index)
    }

    /// Removes decks and files that the shelf does not know: the bridge was killed between two steps.
    fn drop_strangers(&self, index: &Index) -> io::Result<()> {
        let given = index.given.values().flatten();
        let known: Vec<&Address> = index.decks.iter().chain(given).map(|k| &k.id).collect();
        for folder in [self.root.clone(), self.root.join("files")] {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let id = entry.file_name().to_str().and_then(Address::parse);
                let stranger = id.as_ref().is_some_and(|id| !known.contains(&id));
                let whole = id.is_some_and(|id| self.pages_of(&id).is_some());
                if stranger && entry.path().is_dir() {
                    fs::remove_dir_all(entry.path())?;
                } else if stranger || (whole && entry.path().is_file()) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// Keeps the shelf's file; it is there whole or as it was before.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, index: &Index) -> io::Result<()> {
        let part = self.root.join("index.part");
        let mut file = File::create(&part)?;
        file.write_all(&serde_json::to_vec_pretty(index)?)?;
        file.sync_all()?;
        fs::rename(part, self.root.join(INDEX))
    }

    /// Where a file may arrive; `name` is unique.
    pub fn incoming(&self, name: &str) -> PathBuf {
        self.root.join("incoming").join(name)
    }

    /// Where a file is until its pages are made.
    pub fn file(&self, id: &Address) -> PathBuf {
        self.root.join("files").join(id.as_str())
    }

    /// Where its pages are made.
    pub fn making(&self, id: &Address) -> PathBuf {
        self.root.join("making").join(id.as_str())
    }

    /// Where a whole deck is.
    pub fn deck(&self, id: &Address) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// The manifest of a whole deck.
    pub fn manifest(&self, id: &Address) -> Option<Manifest> {
        let text = fs::read(manifest_in(&self.deck(id))).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// What there is of a deck.
    pub fn find(&self, id: &Address) -> Found {
        match self.pages_of(id) {
            Some(pages) => Found::Pages(pages),
            None if self.file(id).is_file() => Found::File,
            None => Found::Nothing,
        }
    }

    fn pages_of(&self, id: &Address) -> Option<u16> {
        u16::try_from(self.manifest(id)?.pages.len()).ok()
    }

    /// Gives a file that arrived its place, or throws it away where its pages are there already.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn adopt(&self, arrived: &Path, id: &Address) -> io::Result<Found> {
        if let Found::Pages(pages) = self.find(id) {
            fs::remove_file(arrived)?;
            return Ok(Found::Pages(pages));
        }
        fs::rename(arrived, self.file(id))?;
        Ok(Found::File)
    }

    /// Gives a deck whose pages are all on the disk its place, and throws its file away.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn finish(&self, id: &Address) -> io::Result<()> {
        let place = self.deck(id);
        if place.exists() {
            // One without a manifest that can be read.
            fs::remove_dir_all(&place)?;
        }
        fs::rename(self.making(id), place)?;
        File::open(&self.root)?.sync_all()?;
        // What is left of it costs room, no more, and goes at the next start.
        let _ = fs::remove_file(self.file(id));
        Ok(())
    }

    /// Throws away what was begun of a deck's pages.
    pub fn give_up(&self, id: &Address) {
        let _ = fs::remove_dir_all(self.making(id));
    }

    /// Throws a deck away.
    pub fn forget(&self, id: &Address) {
        self.give_up(id);
        let _ = fs::remove_file(self.file(id));
        let _ = fs::remove_dir_all(self.deck(id));
    }

    /// Copies a file that lies elsewhere on this machine, and tells its address. It takes as long as the disk takes.
    ///
    /// # Errors
    /// It cannot be a deck, or cannot be copied.
    pub fn take_in(&self, from: &Path, part: &str) -> Result<(Address, PathBuf), TakeError> {
        let arrived = self.incoming(part);
        let taken = copy(from, &arrived);
        if taken.is_err() {
            let _ = fs::remove_file(&arrived);
        }
        taken.map(|id| (id, arrived))
    }
}

fn copy(from: &Path, to: &Path) -> Result<Address, TakeError> {
    // One byte more than may be: then it is too long.
    let mut reader = File::open(from)?.take(MOST_BYTES + 1);
    let mut file = File::create(to)?;
    let mut digest = Sha256::new();
    let mut length = 0;
    let mut chunk = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        length += count as u64;
        digest.update(&chunk[..count]);
        file.write_all(&chunk[..count])?;
    }
    if length > MOST_BYTES {
        return Err(TakeError::TooLarge);
    }
    file.sync_all()?;
    look_at(to)??;
    Ok(Address::of(&digest.finalize().into()))
}

/// What a file is.
///
/// # Errors
/// It cannot be read; inside, that it cannot be a deck.
pub fn look_at(path: &Path) -> io::Result<Result<Kind, Unusable>> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file)
        .take(HEAD as u64)
        .read_to_end(&mut head)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL as u64)))?;
    let mut tail = Vec::new();
    file.take(TAIL as u64).read_to_end(&mut tail)?;
    Ok(kind_of(&head, &tail))
}

/// The manifest's file in a deck's folder.
pub fn manifest_in(folder: &Path) -> PathBuf {
    folder.join("manifest.json")
}

/// What speakers wrote below their slides: a list of texts, one for each page.
pub fn notes_in(folder: &Path) -> PathBuf {
    folder.join("notes.json")
}

/// A page's file.
pub fn page_in(folder: &Path, page: u16) -> PathBuf {
    folder.join(format!("{page}.png"))
}

/// The file of a page's small picture.
pub fn thumb_in(folder: &Path, page: u16) -> PathBuf {
    folder.join(format!("{page}.thumb.png"))
}
