//! Where evenings are written down: one SQLite file. What is in it when the bridge is killed or the plug is pulled
//! is what the bridge goes on with.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::entry::Entry;

/// After so many milliseconds without any entry an evening is over, and the next start begins another: 12 hours.
const OVER_AFTER_MS: u64 = 12 * 3600 * 1000;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the store {file} cannot be used: {source}; is its folder there and writable, and the disk not full?"
)]
pub struct StoreError {
    file: String,
    source: rusqlite::Error,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    file: String,
    connection: Connection,
    evening: i64,
}

impl Store {
    /// Opens or makes the file, and in it the evening of this programme: the one that is under way, with all that was
    /// written of it, or a new one. Entries come with their time, in milliseconds since 1970.
    ///
    /// # Errors
    /// The file cannot be opened, read or written.
    pub fn open(
        file: &Path,
        programme: &str,
        now_ms: u64,
    ) -> Result<(Self, Vec<(u64, Entry)>), StoreError> {
        let named = |source| StoreError {
            file: file.display().to_string(),
            source,
        };
        let connection = Connection::open(file).map_err(named)?;
        prepare(&connection).map_err(named)?;
        let evening = evening_of(&connection, programme, now_ms).map_err(named)?;
        let entries = entries_of(&connection, evening).map_err(named)?;
        let store = Self {
            file: file.display().to_string(),
            connection,
            evening,
        };
        Ok((store, entries))
    }

    /// Writes an entry; once this returns, it survives a pulled plug.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write(&self, at_ms: u64, entry: &Entry) -> Result<(), StoreError> {
        let text = serde_json::to_string(entry).expect("an entry holds only texts and numbers");
        self.connection
            .prepare_cached("INSERT INTO entry (evening, at_ms, what) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![self.evening, at_ms as i64, text]))
            .map(drop)
            .map_err(|source| StoreError {
                file: self.file.clone(),
                source,
            })
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
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
    )
}

/// The last evening, if it is of this programme and not long over; else a new one.
fn evening_of(connection: &Connection, programme: &str, now_ms: u64) -> rusqlite::Result<i64> {
    let last = connection
        .query_row(
            "SELECT id, programme, max(began_ms, coalesce((SELECT max(at_ms) FROM entry WHERE evening = evening.id), 0))
             FROM evening ORDER BY id DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)),
        )
        .optional()?;
    if let Some((evening, of, last_ms)) = last
        && of == programme
        && now_ms < last_ms as u64 + OVER_AFTER_MS
    {
        return Ok(evening);
    }
    connection.execute(
        "INSERT INTO evening (began_ms, programme) VALUES (?1, ?2)",
        params![now_ms as i64, programme],
    )?;
    Ok(connection.last_insert_rowid())
}

fn entries_of(connection: &Connection, evening: i64) -> rusqlite::Result<Vec<(u64, Entry)>> {
    let mut select =
        connection.prepare("SELECT at_ms, what FROM entry WHERE evening = ?1 ORDER BY id")?;
    let rows = select.query_map([evening], |row| {
        let (at_ms, text): (i64, String) = (row.get(0)?, row.get(1)?);
        let entry = serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
        })?;
        Ok((at_ms as u64, entry))
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAMME: &str = "title = \"Essai\"";

    #[test]
    fn what_was_written_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("evening.db");
        let (store, entries) = Store::open(&file, PROGRAMME, 1000).unwrap();
        assert_eq!(entries, []);
        store.write(2000, &Entry::Advanced).unwrap();
        store.write(3000, &Entry::WentTo { item: 2 }).unwrap();
        // Not closed: a killed bridge closes nothing either.
        let (_, entries) = Store::open(&file, PROGRAMME, 4000).unwrap();
        assert_eq!(
            entries,
            [(2000, Entry::Advanced), (3000, Entry::WentTo { item: 2 })]
        );
    }

    #[test]
    fn another_programme_or_another_day_is_another_evening() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("evening.db");
        let (store, _) = Store::open(&file, PROGRAMME, 1000).unwrap();
        store.write(2000, &Entry::Advanced).unwrap();
        let (_, entries) = Store::open(&file, PROGRAMME, 2000 + OVER_AFTER_MS).unwrap();
        assert_eq!(entries, []);
        let (store, _) = Store::open(&file, PROGRAMME, 3000 + OVER_AFTER_MS).unwrap();
        store.write(3000 + OVER_AFTER_MS, &Entry::Advanced).unwrap();
        let (_, entries) = Store::open(&file, "title = \"Autre\"", 4000 + OVER_AFTER_MS).unwrap();
        assert_eq!(entries, []);
    }

    #[test]
    fn a_store_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("no/such/folder/evening.db");
        let error = Store::open(&file, PROGRAMME, 0).expect_err("no folder");
        assert!(error.to_string().contains("evening.db"), "{error}");
    }
}
