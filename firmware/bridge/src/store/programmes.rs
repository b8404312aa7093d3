//! The programmes of the store: one for each day, the one that is worked on, and those before it.

use std::path::Path;

use conference::Programme;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use tracing::warn;

use super::{Given, Store, StoreError, unreadable};

/// Most programmes that are listed: two years of evenings.
const MOST_LISTED: u32 = 24;

/// One programme that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub programme: Programme,
}

/// What an evening is to be, at the bridge's start.
pub struct Chosen {
    /// What it is to be.
    pub programme: Programme,
    /// Why it is not the one that was written down.
    pub unfit: Option<String>,
}

impl Store {
    /// Keeps a programme as the one that counts, in the place of another one of its day.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep_programme(&self, programme: &Programme, now_ms: u64) -> Result<(), StoreError> {
        keep(&self.connection, programme, now_ms).map_err(|source| self.error(source))
    }

    /// The last programmes, the one that counts first.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn programmes(&self) -> Result<Vec<Kept>, StoreError> {
        list(&self.connection).map_err(|source| self.error(source))
    }

    /// One of them.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn programme(&self, id: i64) -> Result<Option<Programme>, StoreError> {
        let select = "SELECT toml FROM programme WHERE id = ?1";
        let row = |row: &Row<'_>| programme_in(row, 0);
        let found = self.connection.query_row(select, [id], row).optional();
        found.map_err(|source| self.error(source))
    }
}

pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS programme (
             id INTEGER PRIMARY KEY, day TEXT NOT NULL UNIQUE, changed_ms INTEGER NOT NULL, toml TEXT NOT NULL
         ) STRICT;
         -- The programme of the settings, as it was last seen: it wins again only once somebody has changed it.
         CREATE TABLE IF NOT EXISTS file (one INTEGER PRIMARY KEY CHECK (one = 1), toml TEXT NOT NULL) STRICT;",
    )
}

/// The programme of the settings if it is new; else the last one that was kept; else all rooms, nobody who speaks.
pub(super) fn choose(
    connection: &Connection,
    given: Given<'_>,
    now_ms: u64,
) -> rusqlite::Result<Chosen> {
    if let Some(file) = given.file {
        let seen = "SELECT toml FROM file";
        let seen: Option<String> = connection
            .query_row(seen, [], |row| row.get(0))
            .optional()?;
        if seen.as_ref() != Some(&file.write()) {
            let note = "INSERT OR REPLACE INTO file (one, toml) VALUES (1, ?1)";
            connection.execute(note, [file.write()])?;
            keep(connection, file, now_ms)?;
        }
    }
    let last = list(connection)?.into_iter().next();
    let fits = last.map(|kept| match kept.programme.fits(given.rooms) {
        Ok(()) => Ok(kept.programme),
        Err(why) => Err(why),
    });
    Ok(match fits {
        Some(Ok(programme)) => Chosen {
            programme,
            unfit: None,
        },
        other => Chosen {
            programme: given.otherwise(),
            unfit: other.and_then(Result::err),
        },
    })
}

impl Given<'_> {
    fn otherwise(&self) -> Programme {
        let all = || Programme::of_rooms(self.title.to_owned(), self.rooms.to_vec());
        self.file.cloned().unwrap_or_else(all)
    }
}

/// Takes over what can be read of the programmes of a store that was put aside.
pub(super) fn rescue(connection: &Connection, aside: &Path) {
    let Ok(older) = Connection::open_with_flags(aside, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return;
    };
    // What cannot be read is lost; that is what the file is kept for.
    let programmes = list(&older).unwrap_or_default();
    for (at_ms, kept) in (1..).zip(programmes.iter().rev()) {
        let _ = keep(connection, &kept.programme, at_ms);
    }
}

fn keep(connection: &Connection, programme: &Programme, now_ms: u64) -> rusqlite::Result<()> {
    let day = programme.starts.and_then(|starts| starts.date);
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    // Later than all others, whatever the clock says: the last one that was kept counts.
    connection.execute(
        "INSERT INTO programme (day, changed_ms, toml)
         VALUES (?1, max(?2, coalesce((SELECT max(changed_ms) + 1 FROM programme), 0)), ?3)
         ON CONFLICT (day) DO UPDATE SET changed_ms = excluded.changed_ms, toml = excluded.toml",
        params![day, now_ms as i64, programme.write()],
    )?;
    Ok(())
}

/// Those that can be read.
fn list(connection: &Connection) -> rusqlite::Result<Vec<Kept>> {
    let mut select = connection
        .prepare("SELECT id, toml FROM programme ORDER BY changed_ms DESC, id DESC LIMIT ?1")?;
    let rows = select.query_map([MOST_LISTED], |row| {
        let id = row.get(0)?;
        match programme_in(row, 1) {
            Ok(programme) => Ok(Some(Kept { id, programme })),
            Err(error) => {
                warn!(id, %error, "a programme in the store cannot be read");
                Ok(None)
            }
        }
    })?;
    rows.filter_map(Result::transpose).collect()
}

pub(super) fn programme_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Programme> {
    let text: String = row.get(column)?;
    Programme::parse("programme", &text).map_err(|error| unreadable(column, error))
}
