//! The task that keeps the photos: which there are, under which names, and whose.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use conference::wire::{PhotoState, PhotoView, Reason};
use sha2::{Digest, Sha256};
use tokio::process::Command as Process;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use tracing::{error, info, warn};

use super::MOST_BYTES;
use super::folder::{Folder, FolderError, write};
use super::shelf::{Photo, Shelf};
use super::worker::{self, PATIENCE, VERB};
use crate::address::Address;
use crate::reasons::of_disk;

/// How many commands wait; whoever sends more waits.
const INBOX: usize = 64;

/// All speakers' photos, in the order of the programme.
pub type Views = Vec<Option<PhotoView>>;

/// Where photos are kept, and what makes their squares.
#[derive(Clone, Debug)]
pub struct Place {
    /// The photos folder.
    pub folder: PathBuf,
    /// Where the programme's files are.
    pub beside: PathBuf,
    /// The program that makes squares: this one.
    pub program: PathBuf,
}

/// Why a photo was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BringError {
    /// The settings name no folder.
    #[error(
        "this bridge keeps no photos: write decks = \"decks\" into its bridge.toml, and start it again"
    )]
    NoFolder,
    /// It is no photo.
    #[error("{0}")]
    NoPhoto(Reason),
    /// The disk.
    #[error(
        "the bridge's disk is full, or fails ({0}); make room there, and bring the photo again"
    )]
    Disk(#[from] io::Error),
    /// The bridge stops.
    #[error("the bridge is stopping")]
    Stopped,
}

impl BringError {
    /// By its code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NoFolder => Reason::new("photos_no_folder", self),
            Self::NoPhoto(reason) => reason.clone(),
            Self::Disk(error) => of_disk(error, self),
            Self::Stopped => Reason::new("stopping", self),
        }
    }
}

/// A square that is on the disk, and has no place yet.
struct Made {
    id: Address,
    bytes: u64,
    file: PathBuf,
}

enum Command {
    Plan {
        speakers: Vec<Option<String>>,
        reply: oneshot::Sender<Views>,
    },
    Bring {
        name: String,
        made: Made,
        reply: oneshot::Sender<Result<Photo, BringError>>,
    },
    Find {
        name: String,
        reply: oneshot::Sender<PhotoState>,
    },
}

/// What became of a file beside the programme.
struct Taken {
    name: String,
    made: Result<Made, BringError>,
}

/// The handle to the keeper.
#[derive(Clone)]
pub struct Photos {
    commands: mpsc::Sender<Command>,
    views: watch::Receiver<Views>,
    maker: Option<Maker>,
}

impl Photos {
    /// The folder; none where the settings name none.
    ///
    /// # Errors
    /// The settings name none.
    pub fn folder(&self) -> Result<&Folder, BringError> {
        let maker = self.maker.as_ref().ok_or(BringError::NoFolder)?;
        Ok(&maker.folder)
    }

    /// Which of the speakers' photos are there, from now on.
    pub fn views(&self) -> watch::Receiver<Views> {
        self.views.clone()
    }

    /// What the programme says of its speakers' photos. Gives which of them are there.
    pub async fn plan(&self, speakers: Vec<Option<String>>) -> Views {
        let plan = |reply| Command::Plan { speakers, reply };
        // A keeper that is gone has nothing to tell.
        self.ask(plan).await.unwrap_or_default()
    }

    /// A file of this name has arrived whole; `part` is a name that no other has.
    ///
    /// # Errors
    /// It is no photo, or cannot be kept.
    pub async fn bring(
        &self,
        name: String,
        arrived: &Path,
        part: &str,
    ) -> Result<Photo, BringError> {
        let maker = self.maker.as_ref().ok_or(BringError::NoFolder)?;
        let made = maker.make(arrived, part).await?;
        let bring = |reply| Command::Bring { name, made, reply };
        self.ask(bring).await?
    }

    /// What there is of this name.
    ///
    /// # Errors
    /// The bridge stops.
    pub async fn find(&self, name: String) -> Result<PhotoState, BringError> {
        self.ask(|reply| Command::Find { name, reply }).await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, BringError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        sent.map_err(|_| BringError::Stopped)?;
        answer.await.map_err(|_| BringError::Stopped)
    }
}

/// Makes squares, one at a time: a photo of many pixels takes much memory.
#[derive(Clone)]
struct Maker {
    program: PathBuf,
    folder: Folder,
    one: Arc<Mutex<()>>,
}

impl Maker {
    async fn make(&self, source: &Path, part: &str) -> Result<Made, BringError> {
        let turn = self.one.lock().await;
        let mut program = Process::new(&self.program);
        program.arg(VERB).arg("--source").arg(source);
        let png = worker::make(program, PATIENCE).await;
        let png = png.map_err(BringError::NoPhoto)?;
        drop(turn);
        let file = self.folder.incoming(&format!("{part}.png"));
        let made = Made {
            id: Address::of(&Sha256::digest(&png).into()),
            bytes: png.len() as u64,
            file: file.clone(),
        };
        let written = spawn_blocking(move || write(&file, &png)).await;
        written.unwrap_or_else(|error| Err(io::Error::other(error)))?;
        Ok(made)
    }
}

/// The task behind [`Photos`].
pub struct Keeper {
    shelf: Shelf,
    place: Option<(PathBuf, Maker)>,
    commands: mpsc::Receiver<Command>,
    views: watch::Sender<Views>,
    tell: mpsc::Sender<Taken>,
    told: mpsc::Receiver<Taken>,
    /// Files beside the programme, as they were when they were last looked at.
    seen: BTreeMap<String, (Option<SystemTime>, u64)>,
    /// Makes names of arriving files differ.
    last_taken: u64,
}

impl Keeper {
    /// Opens the folder. Without a place it knows what the programme wants, and that nothing is there.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(place: Option<Place>) -> Result<(Self, Photos), FolderError> {
        let (place, shelf) = match place {
            Some(place) => {
                let (folder, index) = Folder::open(&place.folder)?;
                let maker = Maker {
                    program: place.program,
                    folder,
                    one: Arc::default(),
                };
                (Some((place.beside, maker)), Shelf::new(index))
            }
            None => (None, Shelf::default()),
        };
        let (sender, commands) = mpsc::channel(INBOX);
        let (tell, told) = mpsc::channel(INBOX);
        let (views, seen) = watch::channel(Views::new());
        let photos = Photos {
            commands: sender,
            views: seen,
            maker: place.as_ref().map(|(_, maker)| maker.clone()),
        };
        let keeper = Self {
            shelf,
            place,
            commands,
            views,
            tell,
            told,
            seen: BTreeMap::new(),
            last_taken: 0,
        };
        Ok((keeper, photos))
    }

    /// Works until `stop` is done.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            self.publish();
            tokio::select! {
                () = &mut stop => return,
                command = self.commands.recv() => match command {
                    Some(command) => self.handle_command(command),
                    None => return,
                },
                // The sender is ours: it never ends.
                Some(taken) = self.told.recv() => self.taken(taken),
            }
        }
    }

    fn handle_command(&mut self, command: Command) {
        // Whoever asked may have gone: an answer that nobody takes is no error.
        match command {
            Command::Plan { speakers, reply } => {
                self.look_beside(&speakers);
                self.shelf.plan(speakers);
                let _ = reply.send(self.shelf.views());
            }
            Command::Bring { name, made, reply } => {
                let _ = reply.send(self.bring(name, made));
            }
            Command::Find { name, reply } => {
                let _ = reply.send(self.shelf.find(&name));
            }
        }
    }

    fn bring(&mut self, name: String, made: Made) -> Result<Photo, BringError> {
        let mut photo = self.adopt(name, made)?;
        let (name, forgotten) = self.shelf.brought(photo.clone());
        info!("a photo was brought");
        self.keep(&forgotten)?;
        photo.name = name;
        Ok(photo)
    }

    fn adopt(&self, name: String, made: Made) -> Result<Photo, BringError> {
        let (_, maker) = self.place.as_ref().ok_or(BringError::NoFolder)?;
        maker.folder.adopt(&made.file, &made.id)?;
        Ok(Photo {
            id: made.id,
            bytes: made.bytes,
            name,
        })
    }

    /// Files beside the programme become photos; those that have changed are looked at again.
    fn look_beside(&mut self, speakers: &[Option<String>]) {
        let Some((beside, maker)) = &self.place else {
            return;
        };
        // The programme may name files of its own folder, no others.
        let plain = |name: &&String| Path::new(name.as_str()).file_name() == Some(name.as_ref());
        let mut files = Vec::new();
        for name in speakers.iter().flatten().filter(plain) {
            let path = beside.join(name);
            let Ok(data) = path.metadata() else {
                continue;
            };
            let state = (data.modified().ok(), data.len());
            if data.is_file() && self.seen.insert(name.clone(), state) != Some(state) {
                self.last_taken += 1;
                let part = format!("beside-{}", self.last_taken);
                files.push((name.clone(), path, data.len(), part));
            }
        }
        let (maker, tell) = (maker.clone(), self.tell.clone());
        tokio::spawn(async move {
            for (name, path, length, part) in files {
                let made = match length {
                    length if length > MOST_BYTES => Err(BringError::NoPhoto(too_large())),
                    _ => maker.make(&path, &part).await,
                };
                if tell.send(Taken { name, made }).await.is_err() {
                    return;
                }
            }
        });
    }

    fn taken(&mut self, Taken { name, made }: Taken) {
        let photo = made.and_then(|made| self.adopt(name.clone(), made));
        match photo {
            Ok(photo) => {
                let forgotten = self.shelf.take_in(photo);
                // Said already where it went wrong.
                let _ = self.keep(&forgotten);
            }
            Err(error) => {
                warn!(%error, "a file beside the programme is no photo");
                self.shelf.refuse(name, error.reason());
            }
        }
    }

    /// First what there is: what is thrown away too early is missed, what is thrown away too late goes at the next start.
    fn keep(&self, forgotten: &[Address]) -> Result<(), BringError> {
        let Some((_, maker)) = &self.place else {
            return Ok(());
        };
        maker.folder.keep(self.shelf.index()).map_err(|problem| {
            error!(%problem, "what photos there are was not written down");
            BringError::Disk(problem)
        })?;
        forgotten.iter().for_each(|id| maker.folder.forget(id));
        Ok(())
    }

    fn publish(&self) {
        let now = self.shelf.views();
        self.views.send_if_modified(|views| {
            let changed = *views != now;
            *views = now;
            changed
        });
    }
}

/// A file of too many bytes.
pub fn too_large() -> Reason {
    let most = MOST_BYTES / 1_000_000;
    let detail = format!("the file has more than {most} MB; make the photo smaller");
    Reason::new("photo_too_large", detail).with("most", most)
}
