//! The decks and photos in this box: fetched ahead, verified, kept within a budget.
//!
//! A deck has a folder named by its address; in it lie `manifest.json` and one file a page, named by the page's own
//! hash. A photo has one, too, and lies in it alone: its address is its own hash. Nothing is believed that was not verified: not what was downloaded, nor what lies there after a restart. So
//! a pulled plug can at worst cost a page, which is fetched again.

mod shelf;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::download::{self, Manner, get, is_address};
use crate::leg::Bridge;
use crate::machine::Input;
use shelf::Shelf;

/// Most pages of a deck that a box takes.
const MAX_PAGES: usize = 1000;
/// The largest page that a box takes, in bytes; an uncompressed one has 8 MB.
const MAX_PAGE: u64 = 32 * 1024 * 1024;
/// The largest photo that a box takes, in bytes: four times one of 512 by 512 pixels that is not compressed at all.
const MAX_PHOTO: u64 = 4 * 1024 * 1024;
/// Most photos that a box takes.
const MAX_PHOTOS: usize = 100;
/// The largest manifest, in bytes: 1000 pages have less than 200 kB.
const MAX_MANIFEST: usize = 1024 * 1024;

/// What a deck is made of, as the bridge tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    id: String,
    pages: Vec<Page>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    sha256: String,
    bytes: u64,
}

/// A photo, as the bridge tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its address.
    pub id: String,
    /// Its length.
    pub bytes: u64,
}

/// What is needed, in the order of need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Photos; they come first: they are small, and the first to be shown.
    pub photos: Vec<Photo>,
    /// Decks, by their addresses.
    pub decks: Vec<String>,
}

impl Wanted {
    /// Whether a photo is needed.
    pub fn has_photo(&self, id: &str) -> bool {
        self.photos.iter().any(|photo| photo.id == id)
    }

    /// Whatever is needed, by its address.
    fn addresses(&self) -> Vec<String> {
        let photos = self.photos.iter().map(|photo| photo.id.clone());
        photos.chain(self.decks.iter().cloned()).collect()
    }
}

impl Manifest {
    /// Reads what a bridge or a disk says of the deck `id`.
    fn read(id: &str, text: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if manifest.id != id {
            return Err(format!("it is of the deck {}", manifest.id.escape_debug()));
        }
        if !(1..=MAX_PAGES).contains(&manifest.pages.len()) {
            return Err(format!(
                "{} pages, where 1 to {MAX_PAGES} must be",
                manifest.pages.len()
            ));
        }
        for page in &manifest.pages {
            if !is_address(&page.sha256) || page.bytes > MAX_PAGE {
                return Err("a page's hash or size is none".into());
            }
        }
        Ok(manifest)
    }
}

/// Where decks come from and where they lie.
pub struct Wiring {
    /// The bridge.
    pub bridge: Bridge,
    /// The folder in which they lie.
    pub folder: PathBuf,
    /// What they may take, in bytes.
    pub budget: u64,
    /// What is needed.
    pub wanted: watch::Receiver<Wanted>,
    /// Where what is there is told.
    pub inputs: mpsc::Sender<Input>,
}

/// Fetches what is wanted until the other end of `wanted` is dropped.
pub async fn run(mut wiring: Wiring) {
    let shelf = Shelf::new(wiring.folder.clone(), wiring.budget);
    let mut backoff = Backoff::default();
    loop {
        let wanted = wiring.wanted.borrow_and_update().clone();
        let fetched = tokio::select! {
            fetched = fetch_all(&wiring.bridge, &shelf, &wanted, &wiring.inputs) => fetched,
            changed = wiring.wanted.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let pause = match fetched {
            Ok(()) => None,
            Err(reason) => {
                debug!(%reason, "a deck or photo could not be fetched");
                Some(backoff.failed())
            }
        };
        let rest = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = rest => {}
            changed = wiring.wanted.changed() => if changed.is_err() {
                return;
            }
        }
    }
}

/// Removes the decks and photos of this folder, once nobody fetches any more.
pub(crate) fn forget(folder: &Path) {
    if let Err(error) = shelf::forget(folder) {
        tracing::error!(%error, "a deck that was kept cannot be removed");
    }
}

/// Brings everything here, the most needed first.
async fn fetch_all(
    bridge: &Bridge,
    shelf: &Shelf,
    wanted: &Wanted,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), String> {
    shelf.clear(&wanted.addresses()).await?;
    let mut failed = Ok(());
    let sound = |photo: &&Photo| is_address(&photo.id) && photo.bytes <= MAX_PHOTO;
    for photo in wanted.photos.iter().filter(sound).take(MAX_PHOTOS) {
        if let Err(reason) = fetch_photo(bridge, shelf, photo, inputs).await {
            warn!(photo = %photo.id, %reason, "a photo is not here");
            failed = Err(reason);
        }
    }
    for id in wanted.decks.iter().filter(|id| is_address(id)) {
        // One deck that cannot be had keeps nobody from having the next.
        if let Err(reason) = fetch(bridge, shelf, id, inputs).await {
            warn!(deck = %id, %reason, "a deck is not here");
            failed = Err(reason);
        }
    }
    failed
}

async fn fetch_photo(
    bridge: &Bridge,
    shelf: &Shelf,
    photo: &Photo,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), String> {
    let Photo { id, bytes } = photo;
    let page = Page {
        sha256: id.clone(),
        bytes: *bytes,
    };
    let file = match shelf.verified_page(id, &page).await {
        Some(file) => file,
        None => {
            shelf.make_room(*bytes, id).await?;
            fetch_page(
                bridge,
                shelf,
                id,
                (&format!("/photos/{id}"), "the photo", &page),
            )
            .await?
        }
    };
    let id = id.clone();
    // Nobody listens only while the box stops.
    let _ = inputs.send(Input::Photo { id, file }).await;
    Ok(())
}

async fn fetch(
    bridge: &Bridge,
    shelf: &Shelf,
    id: &str,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), String> {
    let manifest = match shelf.manifest(id).await {
        Some(manifest) => manifest,
        None => {
            let text = get(bridge, &format!("/decks/{id}"), MAX_MANIFEST).await?;
            let manifest =
                Manifest::read(id, &text).map_err(|why| format!("its list of pages: {why}"))?;
            shelf.keep_manifest(id, &text).await?;
            manifest
        }
    };
    let mut pages = shelf.verified(&manifest).await;
    let tell = async |pages: &[Option<PathBuf>]| {
        let input = Input::Deck {
            id: id.to_owned(),
            pages: pages.to_vec(),
        };
        // Nobody listens only while the box stops.
        let _ = inputs.send(input).await;
    };
    tell(&pages).await;
    for (nth, page) in manifest.pages.iter().enumerate() {
        if pages[nth].is_none() {
            shelf.make_room(page.bytes, id).await?;
            let path = format!("/decks/{id}/pages/{nth}");
            let what = format!("page {}", nth + 1);
            let file = fetch_page(bridge, shelf, id, (&path, &what, page)).await?;
            pages[nth] = Some(file);
            tell(&pages).await;
        }
    }
    info!(deck = %id, pages = pages.len(), "a deck is here, whole and verified");
    Ok(())
}

/// Fetches one page or photo, from where an earlier attempt stopped.
async fn fetch_page(
    bridge: &Bridge,
    shelf: &Shelf,
    id: &str,
    (path, what, page): (&str, &str, &Page),
) -> Result<PathBuf, String> {
    let wanted = download::Wanted {
        path,
        what,
        sha256: &page.sha256,
        bytes: page.bytes,
    };
    let mut nobody = |_| {};
    let manner = Manner {
        rate: None,
        told: &mut nobody,
    };
    let part = shelf.part(id, page).await?;
    Ok(download::fetch(bridge, wanted, part, manner).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_sound_list_of_pages_is_taken() {
        let id = "5f".repeat(32);
        let of = |id: &str, hash: &str, bytes: u64| {
            format!(
                r#"{{"id":"{id}","name":"a.pdf","pages":[{{"sha256":"{hash}","bytes":{bytes},"width":1920,"height":1080}}]}}"#
            )
        };
        assert!(Manifest::read(&id, of(&id, &id, 1000).as_bytes()).is_ok());
        for wrong in [
            of(&"0".repeat(64), &id, 1000),
            of(&id, "../../etc/passwd", 1000),
            of(&id, &id.to_uppercase(), 1000),
            of(&id, &id, MAX_PAGE + 1),
            format!(r#"{{"id":"{id}","pages":[]}}"#),
            String::new(),
        ] {
            assert!(Manifest::read(&id, wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_list_makes_it_panic(text in "\\PC{0,200}") {
            let _ = Manifest::read(&"5f".repeat(32), text.as_bytes());
        }
    }
}
