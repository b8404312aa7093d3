//! Where evenings and programmes are written down: one SQLite file. What is in it when the bridge is killed or the plug
//! is pulled is what the bridge goes on with.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};

use conference::Programme;
use conference::wire::Reason;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::entry::Entry;
use crate::reasons::{of_disk, of_sqlite};

mod programmes;

pub use programmes::Kept;

/// After so many milliseconds without any entry an evening is over, and the next start begins another: 12 hours.
const OVER_AFTER_MS: u64 = 12 * 3600 * 1000;

/// Most steps that wait for a store that cannot be written; older ones are given up.
const MOST_WAITING: usize = 10_000;

/// How long a store that somebody else writes is waited for, in milliseconds.
const BUSY_FOR_MS: u32 = 500;

/// What happened, each with its time in milliseconds since 1970.
pub type Entries = Vec<(u64, Entry)>;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened, read or written.
    #[error(
        "the store {file} cannot be used: {source}; is its folder there and writable, and the disk not full?"
    )]
    Use {
        /// Its file.
        file: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// Another bridge has it.
    #[error(
        "the store {0} is in use by another bridge; stop that one first, or give this one another file"
    )]
    Taken(String),
    /// Its lock cannot be made.
    #[error("the lock {file} cannot be made: {source}; is its folder there and writable?")]
    Lock {
        /// The lock's file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be read, and cannot be put aside either.
    #[error("the store {file} cannot be read, and not be put aside either: {source}")]
    Aside {
        /// The store's file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}

impl StoreError {
    /// By its code.
    pub fn reason(&self) -> Reason {
        let (file, reason) = match self {
            Self::Use { file, source } => (file, of_sqlite(source, self)),
            Self::Taken(file) => (file, Reason::new("store_taken", self)),
            Self::Lock { file, source } | Self::Aside { file, source } => {
                (file, of_disk(source, self))
            }
        };
        reason.with("file", file)
    }
}

/// The right to use a store: nobody else has it as long as this lives, and it ends with the process.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held open, never read")] File);

impl Lock {
    /// Takes the lock of a store's file.
    ///
    /// # Errors
    /// A bridge that runs has it, or its file cannot be made.
    pub fn take(store: &Path) -> Result<Self, StoreError> {
        let path = beside(store, ".lock");
        let file = File::create(&path).map_err(|source| StoreError::Lock {
            file: path.display().to_string(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(_) => Err(StoreError::Taken(store.display().to_string())),
        }
    }
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    file: String,
    connection: Connection,
    evening: i64,
    waiting: VecDeque<(u64, Entry)>,
    _lock: Option<Lock>,
}

/// What a store begins with.
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What the evening was to be at its start.
    pub first: Programme,
    /// What happened since; nothing of a new evening.
    pub entries: Entries,
    /// Where a store that could not be read was put aside, and why.
    pub aside: Option<Reason>,
    /// Why the programme that was written down is not used.
    pub unfit: Option<Reason>,
}

/// What an evening is made of when the store knows of none.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The programme of the settings; wins over the written one once, when it is new.
    pub file: Option<&'a Programme>,
    /// The rooms of the bridge.
    pub rooms: &'a [String],
    /// What the console shows at the top.
    pub title: &'a str,
}

impl Store {
    /// Opens or makes the file, and in it the evening that is under way, or a new one. Without a file all is kept in
    /// memory. A file that cannot be read is put aside.
    ///
    /// # Errors
    /// The file cannot be opened or written, or another bridge has it.
    pub fn open(file: Option<&Path>, given: Given<'_>, now_ms: u64) -> Result<Opened, StoreError> {
        let Some(path) = file else {
            return Self::open_here(None, None, given, now_ms);
        };
        // Before anything is looked at, and the longest.
        let lock = Lock::take(path)?;
        let spoilt = match Self::open_here(Some(path), None, given, now_ms) {
            Err(StoreError::Use { source, .. }) if is_spoilt(&source) => source,
            Ok(opened) => return Ok(opened.locked(lock)),
            Err(error) => return Err(error),
        };
        let aside = put_aside(path).map_err(|source| StoreError::Aside {
            file: path.display().to_string(),
            source,
        })?;
        let opened = Self::open_here(Some(path), Some(&aside), given, now_ms)?;
        Ok(Opened {
            aside: Some(
                of_sqlite(&spoilt, format_args!("{}: {spoilt}", aside.display()))
                    .with("file", aside.display()),
            ),
            ..opened.locked(lock)
        })
    }

    fn open_here(
        path: Option<&Path>,
        older: Option<&Path>,
        given: Given<'_>,
        now_ms: u64,
    ) -> Result<Opened, StoreError> {
        let file = path.map_or("in memory".into(), |path| path.display().to_string());
        let named = |source| StoreError::Use {
            file: file.clone(),
            source,
        };
        let connection = match path {
            Some(path) => Connection::open(path),
            None => Connection::open_in_memory(),
        };
        let mut connection = connection.map_err(named)?;
        prepare(&connection).map_err(named)?;
        if let Some(older) = older {
            programmes::rescue(&connection, older);
        }
        let transaction = connection.transaction().map_err(named)?;
        let chosen = programmes::choose(&transaction, given, now_ms).map_err(named)?;
        let under_way = evening_of(&transaction, &chosen.programme, now_ms).map_err(named)?;
        transaction.commit().map_err(named)?;
        let (evening, first, entries) = under_way;
        let store = Self {
            file,
            connection,
            evening,
            waiting: VecDeque::new(),
            _lock: None,
        };
        Ok(Opened {
            store,
            first,
            entries,
            aside: None,
            unfit: chosen.unfit,
        })
    }

    /// Writes an entry; once this returns, it survives a pulled plug. One that could not be written waits, and goes
    /// before the next.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write(&mut self, at_ms: u64, entry: Entry) -> Result<(), StoreError> {
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((at_ms, entry));
        self.write_waiting()
    }

    /// Whether entries wait to be written.
    pub fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes what waits, in order.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write_waiting(&mut self) -> Result<(), StoreError> {
        while let Some((at_ms, entry)) = self.waiting.front() {
            self.insert(*at_ms, entry)
                .map_err(|source| self.error(source))?;
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// All that was written of the evening, or waits for it, and what it was to be at its start; of the last one before it
    /// as long as it has not begun.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn evening(&self) -> Result<(Programme, Entries), StoreError> {
        let read = |source| self.error(source);
        if self.waiting.is_empty()
            && let Some(held) = last_held(&self.connection).map_err(read)?
        {
            let first = first_programme(&self.connection, held).map_err(read)?;
            let entries = entries_of(&self.connection, held).map_err(read)?;
            return Ok((first, entries));
        }
        let first = first_programme(&self.connection, self.evening).map_err(read)?;
        let mut entries = entries_of(&self.connection, self.evening).map_err(read)?;
        entries.extend(self.waiting.iter().cloned());
        Ok((first, entries))
    }

    /// Begins another evening.
    ///
    /// # Errors
    /// It could not be written; then the one before goes on.
    pub fn begin(&mut self, programme: &Programme, now_ms: u64) -> Result<(), StoreError> {
        self.write_waiting()?;
        let begun = insert_evening(&self.connection, programme, now_ms);
        self.evening = begun.map_err(|source| self.error(source))?;
        Ok(())
    }

    fn insert(&self, at_ms: u64, entry: &Entry) -> rusqlite::Result<()> {
        let text = serde_json::to_string(entry).expect("an entry holds only texts and numbers");
        self.connection
            .prepare_cached("INSERT INTO entry (evening, at_ms, what) VALUES (?1, ?2, ?3)")?
            .execute(params![self.evening, at_ms as i64, text])?;
        Ok(())
    }

    fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Use {
            file: self.file.clone(),
            source,
        }
    }
}

impl Opened {
    fn locked(mut self, lock: Lock) -> Self {
        self.store._lock = Some(lock);
        self
    }
}

/// Whether what is in the file is the trouble, rather than the disk or its rights.
fn is_spoilt(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        None => true,
        Some(code) => !matches!(
            code,
            ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
        ),
    }
}

/// Gives the file and what SQLite keeps beside it another name: the first that is free.
fn put_aside(store: &Path) -> std::io::Result<PathBuf> {
    let mut names = (1..).map(|n| beside(store, &format!(".unreadable-{n}")));
    // There is always another number.
    let aside = names.find(|name| !name.exists()).unwrap_or_default();
    std::fs::rename(store, &aside)?;
    for part in ["-wal", "-shm"] {
        let (from, to) = (beside(store, part), beside(&aside, part));
        if from.exists() {
            std::fs::rename(from, to)?;
        }
    }
    Ok(aside)
}

/// The path with something after its name.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // By pragma: rusqlite's own function needs a newer SQLite than Debian 12 has.
    connection.pragma_update(None, "busy_timeout", BUSY_FOR_MS)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS evening (
             id INTEGER PRIMARY KEY, began_ms INTEGER NOT NULL, programme TEXT NOT NULL
         ) STRICT;
         CREATE TABLE IF NOT EXISTS entry (
             id INTEGER PRIMARY KEY, evening INTEGER NOT NULL REFERENCES evening (id),
             at_ms INTEGER NOT NULL, what TEXT NOT NULL
         ) STRICT;
         CREATE INDEX IF NOT EXISTS entry_of_evening ON entry (evening, id);",
    )?;
    programmes::prepare(connection)
}

/// The last evening, if it came to this programme and is not long over; else a new one. With the programme of its
/// start, and all that was written of it.
fn evening_of(
    connection: &Connection,
    programme: &Programme,
    now_ms: u64,
) -> rusqlite::Result<(i64, Programme, Entries)> {
    let last = connection
        .query_row(
            "SELECT id, max(began_ms, coalesce((SELECT max(at_ms) FROM entry WHERE evening = evening.id), 0))
             FROM evening ORDER BY id DESC LIMIT 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
        .optional()?;
    if let Some((evening, last_ms)) = last
        && now_ms < last_ms as u64 + OVER_AFTER_MS
    {
        let first = first_programme(connection, evening)?;
        let entries = entries_of(connection, evening)?;
        let changes = entries.iter().rev();
        let changed = changes.filter_map(|(_, entry)| entry.programme()).next();
        if changed.unwrap_or(&first.write()) == programme.write() {
            return Ok((evening, first, entries));
        }
    }
    let evening = insert_evening(connection, programme, now_ms)?;
    Ok((evening, programme.clone(), Vec::new()))
}

fn insert_evening(
    connection: &Connection,
    programme: &Programme,
    now_ms: u64,
) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO evening (began_ms, programme) VALUES (?1, ?2)",
        params![now_ms as i64, programme.write()],
    )?;
    Ok(connection.last_insert_rowid())
}

/// The last evening that had begun.
fn last_held(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection.query_row(
        "SELECT max(evening) FROM entry WHERE json_extract(what, '$.what') IN ('advanced', 'went_to')",
        [],
        |row| row.get(0),
    )
}

fn first_programme(connection: &Connection, evening: i64) -> rusqlite::Result<Programme> {
    let select = "SELECT programme FROM evening WHERE id = ?1";
    connection.query_row(select, [evening], |row| programmes::programme_in(row, 0))
}

fn entries_of(connection: &Connection, evening: i64) -> rusqlite::Result<Entries> {
    let mut select =
        connection.prepare("SELECT at_ms, what FROM entry WHERE evening = ?1 ORDER BY id")?;
    let rows = select.query_map([evening], |row| {
        let (at_ms, text): (i64, String) = (row.get(0)?, row.get(1)?);
        let entry = serde_json::from_str(&text).map_err(|error| unreadable(1, error))?;
        Ok((at_ms as u64, entry))
    })?;
    rows.collect()
}

fn unreadable(
    column: usize,
    why: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
}

#[cfg(test)]
mod tests;
