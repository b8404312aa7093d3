//! Boxes that get to know this bridge: by a code that the chair types, or an installer's invitation; then by their keys.
//!
//! [`register::Register`] decides (pure); [`Pairings`] holds it for the requests' tasks, and carries out what it orders:
//! a file that is replaced as a whole, and boxes that are shown the door.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use conference::RoomId;
use pairing::{CryptoError, Invitation, Random};
use tokio::task::spawn_blocking;
use tokio_rustls::TlsAcceptor;
use tracing::{error, info, warn};

use crate::actor::Desk;
use crate::config::{Config, TlsConfig};
use crate::tls::{self, Pem, TlsError};

mod file;
mod http;
mod kept;
mod limits;
mod notices;
mod refusal;
mod register;
mod requests;
mod sessions;
mod view;

pub(crate) use file::{MAX_BYTES, is_sound, replace};
pub(crate) use http::routes;
use kept::{Kept, OwnCertificate};
use notices::Incident;
use register::{Now, Output, Register};

/// What is kept beside `bridge.toml`: named like it, with this ending.
pub const ENDING: &str = "pairing.json";

/// The handle to all of it.
#[derive(Clone)]
pub struct Pairings(Arc<Inner>);

struct Inner {
    register: Mutex<Register>,
    /// Where it is kept; in memory alone without a settings file.
    file: Option<PathBuf>,
    /// One writes at a time, and writes what is so then.
    writing: tokio::sync::Mutex<()>,
    /// One moment by both clocks.
    clock: (Instant, u64),
}

/// Why pairing cannot work.
#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    /// The operating system gave no random numbers.
    #[error("no random numbers from the operating system: {0}")]
    Random(#[from] getrandom::Error),
    /// What was kept cannot be read.
    #[error(
        "the file of paired boxes beside bridge.toml cannot be read: {0}; it belongs to the user that the bridge runs as"
    )]
    Read(std::io::Error),
    /// OpenSSL is broken.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl Pairings {
    /// With what was kept. A file that cannot be read is put aside, and the chair is told: boxes must be paired anew then.
    ///
    /// # Errors
    /// [`PairingError`].
    pub fn open(config: &Config, clock: (Instant, u64)) -> Result<Self, PairingError> {
        let (kept, aside) = match config.pairing.as_deref().map(file::read) {
            Some(Ok(Some(kept))) => (kept, false),
            Some(Ok(None)) | None => (Kept::new(random()?), false),
            // Not that it may not be read: the file is good, and somebody started the bridge as another user.
            Some(Err(error)) if !file::is_spoilt(&error) => return Err(PairingError::Read(error)),
            Some(Err(error)) => {
                let aside = config.pairing.as_deref().and_then(file::put_aside);
                error!(%error, ?aside, "what was kept of paired boxes cannot be read: it was put aside, and they must be paired anew");
                (Kept::new(random()?), true)
            }
        };
        let mut register = Register::new(kept, config.room_names(), random()?)?;
        if aside {
            let now = Now {
                at: clock.0,
                unix_ms: clock.1,
            };
            register.note(Incident::PutAside, "", None, now);
        }
        Ok(Self(Arc::new(Inner {
            register: Mutex::new(register),
            file: config.pairing.clone(),
            writing: tokio::sync::Mutex::default(),
            clock,
        })))
    }

    /// The room that a session's token stands for.
    pub fn room_of(&self, token: &str) -> Option<RoomId> {
        let room = self.register().room_of(token, self.now())?;
        u16::try_from(room).ok().map(RoomId)
    }

    /// What agrees upon encryption with whoever comes, by a certificate that was brought or by the bridge's own, which is made
    /// once; boxes are told of its key from now on.
    ///
    /// # Errors
    /// [`TlsError`].
    pub async fn acceptor(&self, config: &TlsConfig) -> Result<TlsAcceptor, TlsError> {
        let pem = match tls::brought(config)? {
            Some(pem) => pem,
            None => self.own_certificate().await?,
        };
        let (acceptor, channel) = tls::acceptor(&pem)?;
        self.register().set_channel(channel);
        Ok(acceptor)
    }

    async fn own_certificate(&self) -> Result<Pem, TlsError> {
        let own = self.register().own_certificate().cloned();
        if let Some(own) = own {
            return Ok(Pem {
                certificate: own.certificate.into(),
                key: own.key.into(),
            });
        }
        let pem = tls::make()?;
        let text = |pem: &[u8]| String::from_utf8_lossy(pem).into_owned();
        let own = OwnCertificate {
            certificate: text(&pem.certificate),
            key: text(&pem.key),
        };
        {
            let mut register = self.register();
            register.set_own_certificate(own);
            // It is written at once.
            while register.poll_output().is_some() {}
        }
        self.write().await;
        info!("the bridge has a certificate of its own now");
        Ok(pem)
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        let register = self.0.register.lock();
        register.unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        let at = now();
        let since = at.saturating_duration_since(self.0.clock.0).as_millis();
        let unix_ms = self
            .0
            .clock
            .1
            .saturating_add(u64::try_from(since).unwrap_or(u64::MAX));
        Now { at, unix_ms }
    }

    /// Changes something, and carries out what follows before the answer is given.
    async fn change<T>(&self, desk: &Desk, change: impl FnOnce(&mut Register, Now) -> T) -> T {
        let now = self.now();
        let (answer, orders) = {
            let mut register = self.register();
            let answer = change(&mut register, now);
            let orders: Vec<Output> = std::iter::from_fn(|| register.poll_output()).collect();
            (answer, orders)
        };
        for order in &orders {
            if let Output::Evict(room) = order {
                info!(%room, "the box of this room may join no more");
                desk.evict(room.clone()).await;
            }
        }
        if orders.contains(&Output::Keep) {
            self.write().await;
        }
        answer
    }

    /// What cannot be written holds until the bridge stops; the chair is told.
    async fn write(&self) {
        let Some(path) = self.0.file.clone() else {
            return;
        };
        let _one = self.0.writing.lock().await;
        let kept = self.register().kept();
        let written = spawn_blocking(move || file::write(&path, &kept)).await;
        let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        if let Err(error) = written {
            error!(%error, "the paired boxes cannot be written down");
            let now = self.now();
            self.register().note(Incident::NotWritten, "", None, now);
        }
    }

    /// Takes up invitations that the command has made: this one, or all that lie there.
    async fn take_up(&self, desk: &Desk, name: Option<&str>) {
        let Some(path) = self.0.file.clone() else {
            return;
        };
        let name = name.map(str::to_owned);
        let found = spawn_blocking(move || file::made_invitations(&path, name.as_deref())).await;
        for (made, invited) in found.unwrap_or_default() {
            let name = invited.name.clone();
            let taken = self
                .change(desk, |register, now| register.take_up(invited, now))
                .await;
            match taken {
                // It is in the other file now.
                Ok(()) => {
                    info!(invitation = %name, "an invitation is taken up");
                    let _ = tokio::fs::remove_file(made).await;
                }
                Err(_) => {
                    warn!(invitation = %name, "too many invitations; take some back in the console")
                }
            }
        }
    }
}

/// Why no invitation was made.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Rooms or hours are wrong.
    #[error("{0}")]
    Wrong(String),
    /// The settings are in no file.
    #[error("these settings are in no file")]
    NoFile,
    /// It cannot be written.
    #[error("{file}: {source}")]
    File {
        /// Where.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system gave no random numbers.
    #[error("no random numbers from the operating system: {0}")]
    Random(#[from] getrandom::Error),
}

/// Makes an invitation for rooms, good for so many hours, and gives it as it is to be written into `room.toml`. The bridge
/// may run meanwhile: it takes it up when the first box comes with it.
///
/// # Errors
/// [`InviteError`].
pub fn invite(config: &Config, rooms: &[String], hours: u32) -> Result<String, InviteError> {
    let path = config.pairing.as_deref().ok_or(InviteError::NoFile)?;
    let invitation = Invitation::draw(&mut Random::new(random()?));
    let known = config.room_names();
    let invited = register::invited(&invitation, rooms, hours, &known, unix_ms());
    let invited = invited.map_err(|refusal| {
        let detail = refusal.reason().detail;
        InviteError::Wrong(format!("{detail}; its rooms are {}", known.join(", ")))
    })?;
    file::write_invitation(path, &invited)
        .map_err(|(file, source)| InviteError::File { file, source })?;
    Ok(invitation.written())
}

/// Where what is kept of a bridge with these settings lies.
pub fn place(settings: &Path) -> PathBuf {
    settings.with_extension(ENDING)
}

fn random() -> Result<[u8; 32], getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how old requests and sessions are is told by the clock"
)]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "until when an invitation is good is told by the clock"
)]
fn unix_ms() -> u64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since_1970.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
