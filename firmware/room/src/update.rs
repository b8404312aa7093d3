//! The update of a box that runs from a card: what the card's system tells of it, and the download.
//!
//! The box has no right to install anything. It lays a verified file where the system looks for one, and reads how far that is
//! (`board/image/overlay/usr/lib/estrade/update`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use board::health::Disk;
use conference::Release;
use conference::wire::{UpdateFault, UpdateView};
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, sleep};
use tracing::{info, warn};

use crate::download::{self, Failure, Manner, Part, in_thread, is_address};
use crate::kept;
use crate::leg::Bridge;
use crate::machine::{Card, Doing, Fetch, Input};

/// Where the card's system says which version it is.
const VERSION: &str = "etc/estrade/version";
/// Where it says what it does with an update.
const DOING: &str = "run/estrade/update";
/// What it keeps of updates, on the card's own partition.
const KEPT: &str = "data/lib/update";
/// The versions that were started for their trial, one a line.
const TRIED: &str = "data/lib/update/tried";
/// The file that it takes, in the box's folder.
const NEXT: &str = "next.raucb";
/// The address of the last one.
const HANDED: &str = "handed";

/// Bytes a second: a whole system takes twelve minutes, and a town hall's line carries other things, too.
const RATE: u64 = 500_000;
/// What stays free on the card, in bytes: decks and the journal need some.
const SPARE: u64 = 64 * 1024 * 1024;
/// The first pause after a failure, and how often it doubles: to ten minutes.
const PAUSE: Duration = Duration::from_secs(5);
const DOUBLINGS: u32 = 7;
/// How often the card's system is looked at.
const LOOKS: Duration = Duration::from_secs(1);

/// Where a card's things are.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file system; `/`, but in tests.
    root: PathBuf,
    /// The box's own folder for updates.
    folder: PathBuf,
}

/// The version of what runs: the card's, or this program's.
pub fn version(root: &Path) -> String {
    match std::fs::read_to_string(root.join(VERSION)) {
        Ok(version) => version.trim().to_owned(),
        Err(_) => env!("CARGO_PKG_VERSION").to_owned(),
    }
}

impl Place {
    /// Nothing on a machine that does not run from a card, or whose card cannot be written.
    pub fn find(root: &Path, folder: PathBuf) -> Option<Self> {
        Release::parse(&version(root))?;
        let card = root.join(VERSION).exists() && root.join(KEPT).is_dir();
        card.then(|| Self {
            root: root.to_owned(),
            folder,
        })
    }

    fn look(&self) -> Card {
        let read = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        let tried = read(self.root.join(TRIED));
        let handed = read(self.folder.join(HANDED));
        Card {
            runs: Release::parse(&version(&self.root)).unwrap_or_default(),
            doing: Doing::read(&read(self.root.join(DOING))),
            tried: tried.lines().filter_map(Release::parse).collect(),
            handed: Some(handed.trim().to_owned()).filter(|handed| !handed.is_empty()),
            waits: self.folder.join(NEXT).exists(),
        }
    }

    /// Removes what is left of others than this update.
    fn clear(&self, id: &str) {
        let entries = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        for path in entries.map(|entry| entry.path()) {
            let name = path.file_stem().and_then(|name| name.to_str());
            if name.is_some_and(|name| is_address(name) && name != id) {
                // It is in nobody's way but the space's, which is looked at next.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// Whether the card has space for the rest of it, and for the copy that is installed.
    fn has_space(&self, bytes: u64, here: u64) -> bool {
        let needed = (2 * bytes).saturating_sub(here) + SPARE;
        match Disk::of(&self.folder) {
            Some(disk) if disk.free < needed => {
                warn!(
                    free_mb = disk.free / 1_000_000,
                    needed_mb = needed / 1_000_000,
                    "the card has too little space for an update"
                );
                false
            }
            Some(_) | None => true,
        }
    }

    /// Lays a whole file where the card's system takes it.
    async fn hand_over(&self, whole: PathBuf, id: String) -> Result<(), String> {
        download::settle(whole, self.folder.join(NEXT)).await?;
        let handed = self.folder.join(HANDED);
        in_thread(move || {
            kept::replace(&handed, id.as_bytes()).map_err(|error| download::cannot(&handed, &error))
        })
        .await
    }
}

/// What the task is wired to.
pub struct Wiring {
    /// The bridge.
    pub bridge: Bridge,
    /// Where it works.
    pub place: Place,
    /// The update that is wanted now.
    pub wanted: watch::Receiver<Option<UpdateView>>,
    /// Where it is told how far all is.
    pub inputs: mpsc::Sender<Input>,
}

/// Watches the card's system, and fetches what is wanted, until the task is ended.
pub async fn run(wiring: Wiring) {
    tokio::join!(watch_card(&wiring), follow(&wiring));
}

/// The system writes its files anew, in memory: they are looked at.
async fn watch_card(wiring: &Wiring) {
    let mut looks = interval(LOOKS);
    let mut before = None;
    loop {
        looks.tick().await;
        let place = wiring.place.clone();
        let Ok(card) = in_thread(move || Ok(place.look())).await else {
            return;
        };
        if before.as_ref() != Some(&card) {
            before = Some(card.clone());
            if wiring.inputs.send(Input::Card(card)).await.is_err() {
                return;
            }
        }
    }
}

async fn follow(wiring: &Wiring) {
    let mut wanted = wiring.wanted.clone();
    let mut failures = 0;
    loop {
        let update = wanted.borrow_and_update().clone();
        let work = async {
            let Some(update) = &update else {
                return std::future::pending().await;
            };
            match bring(wiring, update).await {
                // The card's system is seen to have it.
                Ok(()) => std::future::pending().await,
                Err((reason, fault)) => {
                    warn!(version = %update.version, %reason, "an update is not here");
                    if let Some(fault) = fault {
                        // Nobody listens only while the box stops.
                        let _ = wiring
                            .inputs
                            .send(Input::Update(Fetch::Failed(fault)))
                            .await;
                    }
                    sleep(PAUSE * 2_u32.pow(failures)).await;
                }
            }
        };
        tokio::select! {
            () = work => failures = (failures + 1).min(DOUBLINGS),
            changed = wanted.changed() => match changed {
                Ok(()) => failures = 0,
                Err(_) => return,
            },
        }
    }
}

/// Fetches an update and hands it over; or why not, and whether the bridge is to know.
async fn bring(wiring: &Wiring, update: &UpdateView) -> Result<(), (String, Option<UpdateFault>)> {
    let UpdateView { version, id, bytes } = update;
    let lost = |reason: String| (reason, None);
    if !is_address(id) {
        return Err(lost("its address is none".into()));
    }
    let place = &wiring.place;
    place.clear(id);
    let whole = place.folder.join(format!("{id}.raucb"));
    let part = Part::open(whole, *bytes).await.map_err(lost)?;
    if !place.has_space(*bytes, part.length()) {
        let reason = "the card has too little space".into();
        return Err((reason, Some(UpdateFault::Space)));
    }
    info!(%version, from = part.length(), bytes, "an update is fetched");
    let path = format!("/updates/{id}");
    let wanted = download::Wanted {
        path: &path,
        what: "the update",
        sha256: id,
        bytes: *bytes,
    };
    let mut said = None;
    let mut told = |here: u64| {
        let percent = u8::try_from(here * 10 / bytes.max(&1) * 10).unwrap_or(100);
        if said != Some(percent) {
            said = Some(percent);
            // A word more or less.
            let _ = wiring.inputs.try_send(Input::Update(Fetch::Here(percent)));
        }
    };
    let manner = Manner {
        rate: Some(RATE),
        told: &mut told,
    };
    let fetched = download::fetch(&wiring.bridge, wanted, part, manner).await;
    let whole = fetched.map_err(|failure| match failure {
        Failure::Damaged(reason) => (reason, Some(UpdateFault::Damaged)),
        Failure::Lost(reason) => (reason, None),
    })?;
    place.hand_over(whole, id.clone()).await.map_err(lost)?;
    info!(%version, "an update is here, and handed over to be installed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_told_from_other_machines_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let own = root.join("own");
        assert!(Place::find(root, own.clone()).is_none(), "plain Debian");
        assert_eq!(version(root), env!("CARGO_PKG_VERSION"));
        for made in ["etc/estrade", "run/estrade", KEPT, "own"] {
            std::fs::create_dir_all(root.join(made)).unwrap();
        }
        let writes = |path: &str, text: &str| std::fs::write(root.join(path), text).unwrap();
        writes(VERSION, "0.1.20261129.2145\n");
        let place = Place::find(root, own).unwrap();
        let runs = Release::parse("0.1.20261129.2145").unwrap();
        let fresh = Card {
            runs: runs.clone(),
            ..Card::default()
        };
        assert_eq!(place.look(), fresh);

        writes(TRIED, "0.1.20261130-0900\n0.1.20261130-0900\nnonsense\n");
        writes(DOING, "installs 0.1.20261130-0900\n");
        writes("own/handed", "5f5f");
        writes("own/next.raucb", "");
        let next = Release::parse("0.1.20261130.0900").unwrap();
        let card = Card {
            runs,
            doing: Some(Doing {
                step: crate::machine::Step::Installs,
                version: Some(next.clone()),
            }),
            tried: vec![next.clone(), next],
            handed: Some("5f5f".into()),
            waits: true,
        };
        assert_eq!(place.look(), card);

        let (old, new) = ("0a".repeat(32), "0b".repeat(32));
        for name in [&old, &new] {
            writes(&format!("own/{name}.part"), "half");
        }
        place.clear(&new);
        assert!(!place.folder.join(format!("{old}.part")).exists());
        assert!(place.folder.join(format!("{new}.part")).exists());
        assert!(place.folder.join(NEXT).exists());
    }
}
