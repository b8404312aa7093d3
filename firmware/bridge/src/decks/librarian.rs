//! The task that keeps the decks: takes files in, has their pages made one deck at a time, tells everybody how far it is.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use conference::wire::{DeckView, Reason};
use tokio::process::Command as Process;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::{error, info, warn};

use super::folder::{Folder, FolderError, TakeError};
use super::render::Job;
use super::shelf::{Shelf, Wanted};
use super::wire::Known;
use super::worker::{self, Patience};
use crate::address::Address;
use crate::reasons::of_disk;

/// How many commands wait; whoever sends more waits.
const INBOX: usize = 64;

/// All speakers' decks, in the order of the programme; empty until a programme is known.
pub type Views = Vec<Option<DeckView>>;

/// Where decks are kept, and what makes their pages.
#[derive(Clone, Debug)]
pub struct Place {
    /// The decks folder.
    pub folder: PathBuf,
    /// Where the programme's files are.
    pub beside: PathBuf,
    /// The program that makes pages: this one.
    pub program: PathBuf,
}

/// Why a deck was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BringError {
    /// The settings name no folder.
    #[error(
        "this bridge keeps no decks: write decks = \"decks\" into its bridge.toml, and start it again"
    )]
    NoFolder,
    /// The programme has fewer speakers.
    #[error("the programme has no such speaker; it has {0}, counted from 0")]
    NoSpeaker(usize),
    /// The disk.
    #[error("the bridge's disk is full, or fails ({0}); make room there, and bring the deck again")]
    Disk(#[from] io::Error),
    /// The bridge stops.
    #[error("the bridge is stopping")]
    Stopped,
}

impl BringError {
    /// By its code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NoFolder => Reason::new("decks_no_folder", self),
            Self::NoSpeaker(_) => Reason::new("no_such_speaker", self),
            Self::Disk(error) => of_disk(error, self),
            Self::Stopped => Reason::new("stopping", self),
        }
    }
}

enum Command {
    Plan {
        speakers: Vec<Wanted>,
        renamed: Vec<(String, String)>,
        reply: oneshot::Sender<Views>,
    },
    Expect {
        speaker: usize,
        reply: oneshot::Sender<Result<(), BringError>>,
    },
    Bring {
        speaker: usize,
        deck: Known,
        arrived: PathBuf,
        reply: oneshot::Sender<Result<(), BringError>>,
    },
    Remove {
        speaker: usize,
        reply: oneshot::Sender<Result<bool, BringError>>,
    },
}

/// What a task of the librarian's tells.
enum Told {
    Progress {
        job: u64,
        done: u16,
        pages: u16,
    },
    Made {
        job: u64,
        result: Result<u16, Reason>,
    },
    Taken {
        name: String,
        deck: Result<(Address, PathBuf), TakeError>,
    },
}

/// The handle to the librarian.
#[derive(Clone)]
pub struct Decks {
    commands: mpsc::Sender<Command>,
    views: watch::Receiver<Views>,
    folder: Option<Folder>,
}

impl Decks {
    /// The folder; none where the settings name none.
    pub fn folder(&self) -> Result<&Folder, BringError> {
        self.folder.as_ref().ok_or(BringError::NoFolder)
    }

    /// How far all decks are, from now on.
    pub fn views(&self) -> watch::Receiver<Views> {
        self.views.clone()
    }

    /// What the programme says of its speakers' decks, and who of them is called differently now: from, to. Gives how
    /// far their decks are.
    pub async fn plan(&self, speakers: Vec<Wanted>, renamed: Vec<(String, String)>) -> Views {
        let (reply, answer) = oneshot::channel();
        let plan = Command::Plan {
            speakers,
            renamed,
            reply,
        };
        // A librarian that is gone has nothing to tell.
        let _ = self.commands.send(plan).await;
        answer.await.unwrap_or_default()
    }

    /// Whether a deck may be brought for a speaker, before it is sent.
    ///
    /// # Errors
    /// No folder, or no such speaker.
    pub async fn expect(&self, speaker: usize) -> Result<(), BringError> {
        self.ask(|reply| Command::Expect { speaker, reply }).await
    }

    /// A file for a speaker has arrived whole, in the folder's `incoming`.
    ///
    /// # Errors
    /// It cannot be kept.
    pub async fn bring(
        &self,
        speaker: usize,
        deck: Known,
        arrived: PathBuf,
    ) -> Result<(), BringError> {
        self.ask(|reply| Command::Bring {
            speaker,
            deck,
            arrived,
            reply,
        })
        .await
    }

    /// Takes the deck off a speaker; whether there was one.
    ///
    /// # Errors
    /// No such speaker.
    pub async fn remove(&self, speaker: usize) -> Result<bool, BringError> {
        self.ask(|reply| Command::Remove { speaker, reply }).await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, BringError>>) -> Command,
    ) -> Result<T, BringError> {
        let (reply, answer) = oneshot::channel();
        let stopped = |_| BringError::Stopped;
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| BringError::Stopped)?;
        answer.await.map_err(stopped)?
    }
}

/// The task behind [`Decks`].
pub struct Librarian {
    shelf: Shelf,
    place: Option<(Place, Folder)>,
    commands: mpsc::Receiver<Command>,
    views: watch::Sender<Views>,
    tell: mpsc::Sender<Told>,
    told: mpsc::Receiver<Told>,
    /// The deck whose pages are being made.
    job: Option<Running>,
    last_job: u64,
    /// Makes names of arriving files differ.
    last_taken: u64,
}

/// One deck's pages being made.
struct Running {
    /// No other has it: what a job that was given up still says is nobody's.
    number: u64,
    deck: Address,
    task: JoinHandle<()>,
}

impl Librarian {
    /// Opens the folder. Without a place it knows what the programme wants, and that nothing is there.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(place: Option<Place>) -> Result<(Self, Decks), FolderError> {
        let (place, shelf) = match place {
            Some(place) => {
                let (folder, index) = Folder::open(&place.folder)?;
                let shelf = Shelf::new(index, |id| folder.find(id));
                (Some((place, folder)), shelf)
            }
            None => (None, Shelf::default()),
        };
        let (sender, commands) = mpsc::channel(INBOX);
        let (tell, told) = mpsc::channel(INBOX);
        let (views, seen) = watch::channel(Views::new());
        let decks = Decks {
            commands: sender,
            views: seen,
            folder: place.as_ref().map(|(_, folder)| folder.clone()),
        };
        let librarian = Self {
            shelf,
            place,
            commands,
            views,
            tell,
            told,
            job: None,
            last_job: 0,
            last_taken: 0,
        };
        Ok((librarian, decks))
    }

    /// Works until `stop` is done. What is being made then is begun again at the next start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            self.begin_next();
            self.publish();
            tokio::select! {
                () = &mut stop => break,
                command = self.commands.recv() => match command {
                    Some(command) => self.handle_command(command),
                    None => break,
                },
                // The sender is ours: it never ends.
                Some(told) = self.told.recv() => self.handle_told(told),
            }
        }
        if let Some(job) = self.job {
            job.task.abort();
        }
    }

    fn handle_command(&mut self, command: Command) {
        // Whoever asked may have gone: an answer that nobody takes is no error.
        match command {
            Command::Plan {
                speakers,
                renamed,
                reply,
            } => {
                self.look_beside(&speakers);
                self.shelf.plan(speakers);
                if !renamed.is_empty() {
                    self.shelf.rename(renamed);
                    let _ = self.keep();
                }
                let _ = reply.send(self.shelf.views());
            }
            Command::Expect { speaker, reply } => {
                let _ = reply.send(self.expect(speaker));
            }
            Command::Bring {
                speaker,
                deck,
                arrived,
                reply,
            } => {
                let _ = reply.send(self.bring(speaker, deck, &arrived));
            }
            Command::Remove { speaker, reply } => {
                let _ = reply.send(self.remove(speaker));
            }
        }
    }

    fn handle_told(&mut self, told: Told) {
        match told {
            Told::Progress { job, .. } | Told::Made { job, .. }
                if self.job.as_ref().is_none_or(|now| now.number != job) => {}
            Told::Progress { done, pages, .. } => self.shelf.progress(done, pages),
            Told::Made { result, .. } => self.made(result),
            Told::Taken { name, deck } => self.taken(name, deck),
        }
    }

    fn expect(&self, speaker: usize) -> Result<(), BringError> {
        if self.place.is_none() {
            return Err(BringError::NoFolder);
        }
        match self.shelf.speakers() {
            count if speaker < count => Ok(()),
            count => Err(BringError::NoSpeaker(count)),
        }
    }

    fn bring(&mut self, speaker: usize, deck: Known, arrived: &Path) -> Result<(), BringError> {
        self.expect(speaker)?;
        let (_, folder) = self.place.as_ref().ok_or(BringError::NoFolder)?;
        let found = folder.adopt(arrived, &deck.id)?;
        info!(speaker, "a deck was brought");
        let forgotten = self.shelf.brought(speaker, deck, found);
        self.forget(forgotten);
        self.keep()
    }

    fn remove(&mut self, speaker: usize) -> Result<bool, BringError> {
        if speaker >= self.shelf.speakers() {
            return Err(BringError::NoSpeaker(self.shelf.speakers()));
        }
        let had = self.shelf.remove(speaker);
        if self.shelf.in_vain()
            && let Some(job) = self.job.take()
        {
            job.task.abort();
            let given_up = self.shelf.given_up();
            self.forget(given_up.into_iter().collect());
        }
        self.keep()?;
        Ok(had)
    }

    /// Files beside the programme become decks, or are looked at again: they may have changed.
    fn look_beside(&mut self, speakers: &[Wanted]) {
        let Some((place, folder)) = &self.place else {
            return;
        };
        let names = speakers.iter().filter_map(|wanted| wanted.deck.clone());
        // The programme may name files of its own folder, no others.
        let plain = |name: &String| Path::new(name).file_name() == Some(name.as_ref());
        let files: Vec<(String, PathBuf, String)> = names
            .filter(plain)
            .map(|name| (place.beside.join(&name), name))
            .filter(|(path, _)| path.is_file())
            .map(|(path, name)| {
                self.last_taken += 1;
                (name, path, format!("beside-{}", self.last_taken))
            })
            .collect();
        let (folder, tell) = (folder.clone(), self.tell.clone());
        spawn_blocking(move || {
            for (name, path, part) in files {
                let deck = folder.take_in(&path, &part);
                if tell.blocking_send(Told::Taken { name, deck }).is_err() {
                    return;
                }
            }
        });
    }

    fn taken(&mut self, name: String, deck: Result<(Address, PathBuf), TakeError>) {
        let Some((_, folder)) = &self.place else {
            return;
        };
        let adopted = deck.and_then(|(id, arrived)| {
            let found = folder.adopt(&arrived, &id)?;
            Ok((id, found))
        });
        match adopted {
            Ok((id, found)) => {
                let forgotten = self.shelf.take_in(Known { id, name }, found);
                self.forget(forgotten);
                // Said already where it went wrong.
                let _ = self.keep();
            }
            Err(error) => {
                warn!(%error, "a file beside the programme is no deck");
                self.shelf.refuse(name, error.reason());
            }
        }
    }

    fn begin_next(&mut self) {
        let Some((place, folder)) = &self.place else {
            return;
        };
        let Some(deck) = self.shelf.next() else {
            return;
        };
        let job = Job {
            source: folder.file(&deck.id),
            into: folder.making(&deck.id),
            id: deck.id.as_str().to_owned(),
            name: deck.name,
        };
        info!(deck = deck.id.as_str(), "making a deck's pages");
        self.last_job += 1;
        let maker = Maker {
            number: self.last_job,
            program: place.program.clone(),
            folder: folder.clone(),
            deck: deck.id.clone(),
            tell: self.tell.clone(),
        };
        self.job = Some(Running {
            number: self.last_job,
            deck: deck.id,
            task: tokio::spawn(maker.make(job)),
        });
    }

    fn made(&mut self, result: Result<u16, Reason>) {
        let Some(Running { deck: id, .. }) = self.job.take() else {
            return;
        };
        match result {
            Ok(pages) => {
                info!(deck = id.as_str(), pages, "a deck is ready");
                self.shelf.made(pages);
            }
            Err(reason) => {
                warn!(deck = id.as_str(), %reason, "a deck cannot be shown");
                if let Some((_, folder)) = &self.place {
                    folder.forget(&id);
                }
                self.shelf.failed(reason);
            }
        }
        let _ = self.keep();
    }

    fn forget(&self, decks: Vec<Address>) {
        if let Some((_, folder)) = &self.place {
            decks.iter().for_each(|id| folder.forget(id));
        }
    }

    fn keep(&self) -> Result<(), BringError> {
        let Some((_, folder)) = &self.place else {
            return Ok(());
        };
        folder.keep(self.shelf.index()).map_err(|problem| {
            error!(%problem, "what decks there are was not written down");
            BringError::Disk(problem)
        })
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

/// Makes one deck's pages and gives them their place.
struct Maker {
    number: u64,
    program: PathBuf,
    folder: Folder,
    deck: Address,
    tell: mpsc::Sender<Told>,
}

impl Maker {
    async fn make(self, job: Job) {
        let result = self.pages(job).await;
        if result.is_err() {
            self.folder.give_up(&self.deck);
        }
        let told = Told::Made {
            job: self.number,
            result,
        };
        let _ = self.tell.send(told).await;
    }

    async fn pages(&self, job: Job) -> Result<u16, Reason> {
        let progress = |done, pages| {
            // A full queue loses a step of progress, no more.
            let _ = self.tell.try_send(Told::Progress {
                job: self.number,
                done,
                pages,
            });
        };
        let disk = |error: io::Error| BringError::Disk(error).reason();
        tokio::fs::create_dir_all(&job.into).await.map_err(disk)?;
        let program = Process::new(&self.program);
        let pages = worker::make(program, &job, Patience::default(), progress).await?;
        let (folder, deck) = (self.folder.clone(), self.deck.clone());
        let finished = spawn_blocking(move || folder.finish(&deck)).await;
        finished
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(disk)?;
        Ok(pages)
    }
}
