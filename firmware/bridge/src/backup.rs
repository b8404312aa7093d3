//! Backup and restore of what a bridge keeps: one tar file with a note of its format, then the store, then the paired
//! boxes, decks and photos.
//!
//! The note comes first, so that a later format, with more in it, is recognised before anything is read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, EntryType, Header};

use crate::config::Config;
use crate::pairing;
use crate::store::{Lock, StoreError, beside};

mod decks;

/// What this program writes, and the most that it reads: 2 may hold photos, 3 paired boxes.
const FORMAT: u32 = 3;

/// The names in the file; no other is ever read, so that no file can lead outside.
const NOTE: &str = "estrade-backup.toml";
const STORE: &str = "evening.db";
const PAIRING: &str = "pairing.json";

/// The longest note, in bytes.
const MAX_NOTE: u64 = 4096;

/// The largest store, in bytes: ten thousand evenings.
const MAX_STORE: u64 = 4 * 1024 * 1024 * 1024;

/// The largest file of paired boxes, in bytes.
const MAX_PAIRING: u64 = pairing::MAX_BYTES;

/// The most bytes of all decks together: ten times what a bridge keeps.
const MAX_DECKS: u64 = 16 * 1024 * 1024 * 1024;

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The settings name no store.
    #[error(
        "bridge.toml names no store, so this bridge keeps nothing; add a line like: store = \"evening.db\", \
         or say where a bridge with a folder of its own keeps things, like: --state /var/lib/estrade-bridge"
    )]
    NoStore,
    /// The file is there already.
    #[error("{0} is there already; choose another name, or replace it with --force")]
    Exists(PathBuf),
    /// The store is there already.
    #[error(
        "the store {0} is there already, with its evenings and programmes; keep it, or replace it with --force"
    )]
    StoreExists(PathBuf),
    /// Decks are there already.
    #[error("the folder {0} holds decks already; keep them, or replace them with --force")]
    DecksExist(PathBuf),
    /// The settings name no folder of decks.
    #[error(
        "the backup holds decks, and bridge.toml names no folder for them; add a line like: decks = \"decks\""
    )]
    NoDecks,
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store cannot be copied.
    #[error("the store {file} cannot be copied: {source}")]
    Copy {
        /// Which.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file is no backup.
    #[error("{file} is no backup that can be restored: {why}")]
    NoBackup {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// The bridge runs.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    format: u32,
    version: String,
}

/// Writes a backup of what a bridge of these settings keeps; the bridge may run meanwhile.
///
/// # Errors
/// There is nothing to back up, or a file cannot be read or written.
pub fn backup(config: &Config, to: &Path, force: bool) -> Result<(), BackupError> {
    let store = config.store.as_deref().ok_or(BackupError::NoStore)?;
    if to.exists() && !force {
        return Err(BackupError::Exists(to.into()));
    }
    let copy = Scratch::new(beside(to, ".store"));
    copy_store(store, &copy.0)?;
    let part = Scratch::new(beside(to, ".part"));
    write_tar(&copy.0, config, &part.0).map_err(at(&part.0))?;
    fs::rename(&part.0, to).map_err(at(to))
}

/// Puts back what a backup holds.
///
/// # Errors
/// The bridge runs, its store is there already, or the file is no backup.
pub fn restore(config: &Config, from: &Path, force: bool) -> Result<(), BackupError> {
    let store = config.store.as_deref().ok_or(BackupError::NoStore)?;
    let _lock = Lock::take(store)?;
    if store.exists() && !force {
        return Err(BackupError::StoreExists(store.into()));
    }
    let held = config.decks.as_deref();
    let kept = |folder: &&Path| {
        decks::INDEXES
            .iter()
            .any(|index| folder.join(index).exists())
    };
    if let Some(folder) = held.filter(|folder| kept(folder) && !force) {
        return Err(BackupError::DecksExist(folder.into()));
    }
    let part = Scratch::new(beside(store, ".restoring"));
    let decks = held.map(|folder| Scratch::new(beside(folder, ".restoring")));
    let paired = read_tar(from, &part.0, decks.as_ref().map(|decks| &*decks.0))?;
    check_store(&part.0).map_err(|why| BackupError::NoBackup {
        file: from.into(),
        why,
    })?;
    if let (Some(folder), Some(decks)) = (held, &decks) {
        replace_folder(&decks.0, folder).map_err(at(folder))?;
    }
    // Those of the old one would spoil the new one.
    for old in ["-wal", "-shm"].map(|ending| beside(store, ending)) {
        if old.exists() {
            fs::remove_file(&old).map_err(at(&old))?;
        }
    }
    if let (Some(paired), Some(place)) = (paired, &config.pairing) {
        pairing::replace(place, &paired).map_err(at(place))?;
    }
    fs::rename(&part.0, store).map_err(at(store))
}

/// A file or folder that is gone again unless it got another name.
struct Scratch(PathBuf);

impl Scratch {
    /// With nothing there that an interrupted run left.
    fn new(path: PathBuf) -> Self {
        let scratch = Self(path);
        scratch.clear();
        scratch
    }

    fn clear(&self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A backup without decks leaves none.
fn replace_folder(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    if from.exists() {
        fs::rename(from, to)?;
    }
    Ok(())
}

/// All that is committed, as one file, whoever writes meanwhile.
fn copy_store(store: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Copy {
        file: store.into(),
        source,
    };
    let connection =
        Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let to = to.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [to]).map_err(failed)?;
    Ok(())
}

/// Readable by its owner alone: names of people are in it.
fn write_tar(store: &Path, config: &Config, to: &Path) -> io::Result<()> {
    let mut private = OpenOptions::new();
    private.write(true).create(true).truncate(true).mode(0o600);
    let mut builder = Builder::new(private.open(to)?);
    let note = Note {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let note = toml::to_string(&note).map_err(io::Error::other)?;
    append(&mut builder, NOTE, note.len() as u64, note.as_bytes())?;
    let file = File::open(store)?;
    append(&mut builder, STORE, file.metadata()?.len(), file)?;
    if let Some(paired) = config.pairing.as_deref().filter(|paired| paired.exists()) {
        let paired = fs::read(paired)?;
        append(&mut builder, PAIRING, paired.len() as u64, &paired[..])?;
    }
    if let Some(folder) = &config.decks {
        decks::write(&mut builder, folder)?;
    }
    builder.into_inner()?.sync_all()
}

fn append(builder: &mut Builder<File>, name: &str, size: u64, data: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    builder.append_data(&mut header, name, data)
}

/// Puts store and decks there, and gives the file of paired boxes.
fn read_tar(
    from: &Path,
    store: &Path,
    decks: Option<&Path>,
) -> Result<Option<Vec<u8>>, BackupError> {
    let no_backup = |why: &str| BackupError::NoBackup {
        file: from.into(),
        why: why.into(),
    };
    let mut archive = Archive::new(File::open(from).map_err(at(from))?);
    let mut entries = archive.entries().map_err(at(from))?;
    let mut next = |name: &str, most: u64| {
        let entry = entries.next().and_then(Result::ok);
        let entry = entry.filter(|entry| {
            entry.path_bytes().as_ref() == name.as_bytes()
                && entry.header().entry_type() == EntryType::Regular
        });
        let entry = entry.ok_or_else(|| no_backup(&format!("it holds no {name}")))?;
        if entry.size() > most {
            return Err(no_backup(&format!("its {name} is too large")));
        }
        Ok(entry)
    };
    let mut note = String::new();
    next(NOTE, MAX_NOTE)?
        .read_to_string(&mut note)
        .map_err(at(from))?;
    let note: Note = toml::from_str(&note).map_err(|error| no_backup(error.message()))?;
    if !(1..=FORMAT).contains(&note.format) {
        let why = format!(
            "its format is {}, this program reads 1 to {FORMAT}; it was made by Estrade {}",
            note.format, note.version
        );
        return Err(no_backup(&why));
    }
    let mut file = File::create(store).map_err(at(store))?;
    io::copy(&mut next(STORE, MAX_STORE)?, &mut file).map_err(at(store))?;
    file.sync_all().map_err(at(store))?;
    let (mut left, mut paired) = (MAX_DECKS, None);
    for entry in entries {
        let mut entry = entry.map_err(at(from))?;
        if entry.path_bytes().as_ref() == PAIRING.as_bytes() {
            let mut bytes = Vec::new();
            let read = (&mut entry).take(MAX_PAIRING).read_to_end(&mut bytes);
            read.map_err(at(from))?;
            if !pairing::is_sound(&bytes) {
                return Err(no_backup(&format!("its {PAIRING} is broken")));
            }
            paired = Some(bytes);
            continue;
        }
        let folder = decks.ok_or(BackupError::NoDecks)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let place = decks::place(folder, &name);
        let place = place.filter(|_| entry.header().entry_type() == EntryType::Regular);
        let place = place.ok_or_else(|| no_backup(&format!("it holds a strange '{name}'")))?;
        let size = entry.size();
        left = left
            .checked_sub(size)
            .ok_or_else(|| no_backup("its decks are too large"))?;
        decks::read(&mut entry, &place).map_err(at(&place))?;
    }
    Ok(paired)
}

/// Whether SQLite can read all of it, and it is a bridge's.
fn check_store(store: &Path) -> Result<(), String> {
    let look = || {
        let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.query_row("SELECT count(*) FROM evening, entry", [], |_| Ok(()))?;
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    };
    match look() {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(verdict),
        Err(error) => Err(error.to_string()),
    }
}

fn at(file: &Path) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::File {
        file: file.into(),
        source,
    }
}
