//! The folder of decks: what lies there, what may stay.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::fs;

use super::{Manifest, Page};
use crate::download::{Part, cannot, hash, in_thread, is_address, settle};
use crate::scenes::Pages;

/// The folder.
pub(super) struct Shelf {
    folder: PathBuf,
    budget: u64,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf, budget: u64) -> Self {
        Self { folder, budget }
    }

    fn deck(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    fn page(&self, id: &str, page: &Page) -> PathBuf {
        self.deck(id).join(format!("{}.png", page.sha256))
    }

    /// Removes decks that nobody wants, the oldest first, until all is within the budget.
    pub(super) async fn clear(&self, wanted: &[String]) -> Result<(), String> {
        let (folder, wanted, budget) = (self.folder.clone(), wanted.to_vec(), self.budget);
        in_thread(move || remove(&folder, &wanted, budget, 0)).await
    }

    /// Makes room for so many bytes more of the deck `id`.
    pub(super) async fn make_room(&self, bytes: u64, id: &str) -> Result<(), String> {
        let (folder, id, budget) = (self.folder.clone(), id.to_owned(), self.budget);
        in_thread(move || {
            remove(&folder, std::slice::from_ref(&id), budget, bytes)?;
            let used = decks(&folder)?.iter().map(|deck| deck.bytes).sum::<u64>();
            if used + bytes > budget {
                return Err(format!(
                    "decks may take {} MB here and this one is larger; raise decks.budget_mb in room.toml",
                    budget / 1_000_000
                ));
            }
            Ok(())
        })
        .await
    }

    /// What a deck that lies here is made of.
    pub(super) async fn manifest(&self, id: &str) -> Option<Manifest> {
        let text = fs::read(self.deck(id).join("manifest.json")).await.ok()?;
        Manifest::read(id, &text).ok()
    }

    pub(super) async fn keep_manifest(&self, id: &str, text: &[u8]) -> Result<(), String> {
        let folder = self.deck(id);
        let named = |error: io::Error| cannot(&folder, &error);
        fs::create_dir_all(&folder).await.map_err(named)?;
        let part = folder.join("manifest.part");
        fs::write(&part, text).await.map_err(named)?;
        settle(part, folder.join("manifest.json")).await
    }

    /// The pages of a deck that lie here and are what they should be; a file that is not is removed.
    pub(super) async fn verified(&self, manifest: &Manifest) -> Pages {
        let files: Vec<(PathBuf, Page)> = manifest
            .pages
            .iter()
            .map(|page| (self.page(&manifest.id, page), page.clone()))
            .collect();
        let most = files.len();
        in_thread(move || {
            Ok(files
                .into_iter()
                .map(|(file, page)| match hash(&file) {
                    Ok(sha256) if sha256 == page.sha256 => Some(file),
                    Ok(_) => {
                        tracing::warn!(file = %file.display(), "a page on the disk was damaged; it is fetched again");
                        let _ = std::fs::remove_file(&file);
                        None
                    }
                    Err(_) => None,
                })
                .collect())
        })
        .await
        .unwrap_or_else(|_| vec![None; most])
    }

    /// The same of one page.
    pub(super) async fn verified_page(&self, id: &str, page: &Page) -> Option<PathBuf> {
        let manifest = Manifest {
            id: id.to_owned(),
            pages: vec![page.clone()],
        };
        self.verified(&manifest).await.into_iter().next()?
    }

    /// What an earlier attempt left of a page, to go on with.
    pub(super) async fn part(&self, id: &str, page: &Page) -> Result<Part, String> {
        Part::open(self.page(id, page), page.bytes).await
    }
}

/// A deck's folder.
struct Kept {
    folder: PathBuf,
    id: String,
    bytes: u64,
    changed: SystemTime,
}

/// Removes decks that are not in `keep`, the oldest first, until `more` bytes fit into the budget.
fn remove(folder: &Path, keep: &[String], budget: u64, more: u64) -> Result<(), String> {
    let mut decks = decks(folder)?;
    decks.sort_by_key(|deck| deck.changed);
    let mut used: u64 = decks.iter().map(|deck| deck.bytes).sum();
    for deck in decks.iter().filter(|deck| !keep.contains(&deck.id)) {
        if used + more <= budget {
            break;
        }
        std::fs::remove_dir_all(&deck.folder).map_err(|error| cannot(&deck.folder, &error))?;
        used -= deck.bytes;
    }
    Ok(())
}

/// Removes all decks and photos, and nothing else of the folder.
pub(super) fn forget(folder: &Path) -> Result<(), String> {
    for deck in decks(folder)? {
        std::fs::remove_dir_all(&deck.folder).map_err(|error| cannot(&deck.folder, &error))?;
    }
    Ok(())
}

/// The decks in a folder; none if there is no folder yet.
fn decks(folder: &Path) -> Result<Vec<Kept>, String> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(folder, &error)),
    };
    let mut decks = Vec::new();
    for entry in entries.flatten() {
        let id = entry.file_name().to_string_lossy().into_owned();
        // Whatever else lies there is not ours to remove.
        if !is_address(&id) {
            continue;
        }
        let files =
            std::fs::read_dir(entry.path()).map_err(|error| cannot(&entry.path(), &error))?;
        decks.push(Kept {
            folder: entry.path(),
            id,
            bytes: files
                .flatten()
                .filter_map(|file| Some(file.metadata().ok()?.len()))
                .sum(),
            changed: entry
                .metadata()
                .and_then(|data| data.modified())
                .unwrap_or(SystemTime::UNIX_EPOCH),
        });
    }
    Ok(decks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_deck_that_nobody_wants_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let id = |n: u8| format!("{n:02x}").repeat(32);
        for n in 0..4 {
            let deck = folder.path().join(id(n));
            std::fs::create_dir(&deck).unwrap();
            std::fs::write(deck.join("page.png"), [0; 100]).unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(n) * 100);
            std::fs::File::open(&deck)
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), [0; 1000]).unwrap();
        remove(folder.path(), &[id(0)], 350, 50).unwrap();
        let mut left: Vec<String> = decks(folder.path())
            .unwrap()
            .into_iter()
            .map(|deck| deck.id)
            .collect();
        left.sort();
        assert_eq!(left, [id(0), id(2), id(3)]);
        remove(folder.path(), &[id(0)], 0, 0).unwrap();
        assert_eq!(
            decks(folder.path()).unwrap().len(),
            1,
            "what is wanted stays"
        );
        forget(folder.path()).unwrap();
        assert!(decks(folder.path()).unwrap().is_empty());
        assert!(
            folder.path().join("notes.txt").exists(),
            "what is not ours stays, even when the box forgets"
        );
        forget(&folder.path().join("gone")).unwrap();
        assert!(folder.path().join("notes.txt").exists());
    }
}
