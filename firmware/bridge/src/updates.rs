//! The update of boxes that run from a card: one file, which the chair brings and boxes fetch between evenings.
//!
//! The file is named by its address; `offer.json` beside it says which one is offered, and is written last, so that an update
//! is offered whole or not at all. What is in it is for the boxes to judge: they know by whom it must be signed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use conference::Release;
use conference::wire::{Reason, UpdateView};
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::address::Address;
use crate::pairing::replace;
use crate::reasons::of_disk;

mod http;

pub(crate) use http::routes;

/// The largest file, in bytes: a card's partition for a system has 537 MB.
const MOST_BYTES: u64 = 600_000_000;

/// What says which one is offered.
const OFFER: &str = "offer.json";

/// How a bundle of RAUC begins: it is a squashfs.
const MAGIC: &[u8; 4] = b"hsqs";

/// The folder of updates cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("updates = \"{folder}\" in bridge.toml cannot be used: {source}")]
pub struct FolderError {
    folder: String,
    source: io::Error,
}

/// Why a file was not taken, or none was withdrawn.
#[derive(Debug, thiserror::Error)]
enum BringError {
    #[error(
        "this bridge keeps no updates: write updates = \"updates\" into its bridge.toml, and start it again"
    )]
    NoFolder,
    #[error("the file is not named like an update, estrade-VERSION.raucb; give it its name again")]
    BadName,
    #[error("this is no update: it does not begin like one; take the .raucb file of the release")]
    NoUpdate,
    #[error("another update is on its way to the bridge; wait until it is there")]
    Arriving,
    #[error("no update is offered")]
    None,
    #[error(
        "the bridge's disk is full, or fails ({0}); make room there, and bring the update again"
    )]
    Disk(#[from] io::Error),
}

impl BringError {
    fn reason(&self) -> Reason {
        let code = match self {
            Self::NoFolder => "update_no_folder",
            Self::BadName => "update_bad_name",
            Self::NoUpdate => "update_unknown",
            Self::Arriving => "update_arriving",
            Self::None => "update_none",
            Self::Disk(error) => return of_disk(error, self),
        };
        Reason::new(code, self)
    }
}

/// The handle to the folder.
#[derive(Clone)]
pub(crate) struct Updates(Arc<Inner>);

struct Inner {
    folder: Option<PathBuf>,
    offer: watch::Sender<Option<UpdateView>>,
    /// One file arrives at a time.
    change: Mutex<()>,
}

impl Updates {
    /// Finds what is offered in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn open(folder: Option<PathBuf>) -> Result<Self, FolderError> {
        let mut offer = None;
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).map_err(|source| FolderError {
                folder: folder.display().to_string(),
                source,
            })?;
            offer = offered(folder);
            clear(folder, offer.as_ref());
        }
        Ok(Self(Arc::new(Inner {
            folder,
            offer: watch::Sender::new(offer),
            change: Mutex::default(),
        })))
    }

    /// What is offered, now and later.
    pub(crate) fn views(&self) -> watch::Receiver<Option<UpdateView>> {
        self.0.offer.subscribe()
    }

    fn folder(&self) -> Result<&Path, BringError> {
        self.0.folder.as_deref().ok_or(BringError::NoFolder)
    }

    /// Keeps others from bringing one meanwhile.
    fn begin(&self) -> Result<MutexGuard<'_, ()>, BringError> {
        self.0.change.try_lock().map_err(|_| BringError::Arriving)
    }

    /// Offers a file that has arrived in the folder.
    async fn offer(
        &self,
        arrived: &Path,
        version: &Release,
        id: &Address,
    ) -> Result<UpdateView, BringError> {
        let (folder, arrived) = (self.folder()?.to_owned(), arrived.to_owned());
        let (version, id) = (version.to_string(), id.as_str().to_owned());
        let view = in_thread(move || {
            let bytes = begins_well(&arrived)?;
            std::fs::rename(&arrived, file(&folder, &id))?;
            let view = UpdateView { version, id, bytes };
            replace(&folder.join(OFFER), &serde_json::to_vec(&view)?)?;
            clear(&folder, Some(&view));
            Ok(view)
        })
        .await?;
        info!(version = %view.version, bytes = view.bytes, "an update is offered to the boxes");
        self.0.offer.send_replace(Some(view.clone()));
        Ok(view)
    }

    async fn withdraw(&self) -> Result<(), BringError> {
        let folder = self.folder()?.to_owned();
        let offer = self.0.offer.send_replace(None);
        let Some(UpdateView { version, .. }) = offer else {
            return Err(BringError::None);
        };
        info!(%version, "the update is withdrawn");
        in_thread(move || {
            std::fs::remove_file(folder.join(OFFER))?;
            clear(&folder, None);
            Ok(())
        })
        .await
    }
}

fn file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.raucb"))
}

/// What a folder offers, if the file is there.
fn offered(folder: &Path) -> Option<UpdateView> {
    let text = std::fs::read(folder.join(OFFER)).ok()?;
    let offer: UpdateView = serde_json::from_slice(&text).ok()?;
    Address::parse(&offer.id)?;
    let length = std::fs::metadata(file(folder, &offer.id)).ok()?.len();
    (length == offer.bytes).then_some(offer)
}

/// Removes what is not offered, and what a killed bridge left.
fn clear(folder: &Path, offer: Option<&UpdateView>) {
    let keep = offer.map(|offer| file(folder, &offer.id));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let ours = path
            .extension()
            .is_some_and(|extension| extension == "raucb" || extension == "part");
        if ours
            && keep.as_ref() != Some(&path)
            && let Err(error) = std::fs::remove_file(&path)
        {
            warn!(file = %path.display(), %error, "an old update cannot be removed");
        }
    }
}

/// The length of a file that begins like an update.
fn begins_well(path: &Path) -> Result<u64, BringError> {
    use io::Read;
    let mut file = std::fs::File::open(path)?;
    let mut begin = [0; MAGIC.len()];
    let read = file.read_exact(&mut begin);
    if read.is_err() || begin != *MAGIC {
        return Err(BringError::NoUpdate);
    }
    Ok(file.metadata()?.len())
}

impl From<serde_json::Error> for BringError {
    fn from(error: serde_json::Error) -> Self {
        Self::Disk(error.into())
    }
}

async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BringError> + Send + 'static,
) -> Result<T, BringError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(BringError::Disk(io::Error::other(error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_update_is_offered_whole_and_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("updates");
        let updates = Updates::open(Some(place.clone())).unwrap();
        assert_eq!(*updates.views().borrow(), None);
        let version = Release::parse("0.2.1").unwrap();
        let brought = async |text: &str, id: u8| {
            let part = place.join("incoming.part");
            std::fs::write(&part, text).unwrap();
            updates
                .offer(&part, &version, &Address::of(&[id; 32]))
                .await
        };
        assert!(matches!(
            brought("no update", 1).await,
            Err(BringError::NoUpdate)
        ));
        brought("hsqs first", 2).await.unwrap();
        let second = brought("hsqs second", 3).await.unwrap();
        assert_eq!((second.version.as_str(), second.bytes), ("0.2.1", 11));

        // What a killed bridge left, and what is not ours.
        std::fs::write(place.join("incoming-1.part"), "half").unwrap();
        std::fs::write(place.join("notes.txt"), "precious").unwrap();
        let again = Updates::open(Some(place.clone())).unwrap();
        assert_eq!(*again.views().borrow(), Some(second.clone()));
        let names = || {
            let entries = std::fs::read_dir(&place).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let kept = format!("{}.raucb", second.id);
        assert_eq!(names(), [kept.as_str(), "notes.txt", OFFER]);

        // A file that is cut off is not offered.
        std::fs::write(place.join(&kept), "hsqs").unwrap();
        assert_eq!(
            *Updates::open(Some(place.clone())).unwrap().views().borrow(),
            None
        );
        updates.withdraw().await.unwrap();
        assert!(matches!(updates.withdraw().await, Err(BringError::None)));
        assert_eq!(names(), ["notes.txt"]);
    }
}
