//! `estrade room`: the box's daemon.
//!
//! [`Room::run`] wires the devices (`parts`) to the media sessions (`media`), the link to the bridge
//! (`link`) and the box's own page (`web`), all driven by one state machine ([`machine`]). Words as in
//! GLOSSARY.md. It decides nothing about the floor: the bridge does.

mod backoff;
mod check;
pub mod config;
mod decks;
pub mod doctor;
mod download;
mod host;
pub mod kept;
mod leg;
mod link;
mod logs;
mod looking;
pub mod machine;
mod media;
mod meter;
mod mistake;
pub mod mistaken;
mod pages;
mod pairing;
mod panel;
mod parts;
pub mod playout;
mod polls;
mod rate;
pub mod scenes;
pub mod session;
pub mod settle;
mod tls;
mod update;
mod watchdog;
mod web;
pub mod words;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use conference::wire::{FromClient, UpdateView};
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::info;

pub use config::{Config, ConfigError};
pub use host::host_name;
pub use logs::Logs;
pub(crate) use looking::Looking;
use looking::snapshot_of;
use machine::{Input, Machine, Output, Rest, Setup, Time};
use media::{Command, Network, Sessions};
pub use mistake::Mistake;
use pairing::facts::{Known, Own};
use pairing::{Issuer, Pass};
use parts::{Events, Parts};
use pipelines::PartState;
pub use tls::ready as ready_for_tls;
use tls::{Rule, Trust};
use watchdog::{Seen, Tell, Watchdog};

/// Why a box cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Sound and picture cannot be had on this machine.
    #[error(transparent)]
    Media(#[from] pipelines::Error),
    /// The box's own page cannot listen.
    #[error("[web] listen = \"{address}\" in room.toml: {}", why(.source, .address))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Encryption cannot be had on this machine.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Http(#[from] reqwest::Error),
    /// The operating system gives no random numbers.
    #[error("no random numbers from the operating system: {0}")]
    Random(#[from] getrandom::Error),
    /// The box has no key.
    #[error(transparent)]
    Crypto(#[from] ::pairing::CryptoError),
    /// The address of the bridge is none.
    #[error("the bridge's address is none: {0}")]
    Address(String),
}

fn why(source: &io::Error, address: &SocketAddr) -> String {
    let (ip, port, kind) = (address.ip(), address.port(), source.kind());
    if kind == io::ErrorKind::AddrInUse {
        format!("port {port} is taken; stop the program that has it, or choose another port")
    } else if kind == io::ErrorKind::AddrNotAvailable {
        format!("{ip} is not an address of this machine")
    } else if kind == io::ErrorKind::PermissionDenied {
        format!(
            "port {port} is not allowed to this user; the box's unit allows it, else choose one above 1023"
        )
    } else {
        source.to_string()
    }
}

/// A box whose page listens and whose devices have not started yet.
pub struct Room {
    config: Config,
    listener: TcpListener,
    bridge: leg::Bridge,
    /// Whom it believes to be the bridge.
    trust: Arc<Trust>,
    /// Of a box that has no token.
    joins: Option<(Joins, Line)>,
    logs: Logs,
}

/// The line on which a box gets to know its bridge.
pub(crate) struct Line {
    http: reqwest::Client,
    trust: Arc<Trust>,
}

impl Joins {
    /// Who is believed to be the bridge, to begin with.
    fn rule(&self) -> Rule {
        self.known.as_ref().map_or(Rule::Public, Known::rule)
    }
}

/// What a box without a token begins with.
pub(crate) struct Joins {
    own: Own,
    known: Option<Known>,
    issuer: Issuer,
}

impl Room {
    /// Prepares a box: media libraries, the page's socket. Its page hands out what is in `logs`.
    ///
    /// # Errors
    /// [`StartError`], to be shown to a person as it is.
    pub async fn bind(mut config: Config, logs: Logs) -> Result<Self, StartError> {
        pipelines::init()?;
        let address = config.web.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let url = reqwest::Url::parse(&config.bridge.address);
        tls::ready();
        let (pass, joins) = match &config.bridge.token {
            Some(token) => (Pass::fixed(token), None),
            None => {
                let (pass, issuer) = Pass::issued();
                (pass, Some(joins(&mut config, issuer)?))
            }
        };
        let trust = Trust::new(joins.as_ref().map_or(Rule::Public, Joins::rule));
        let http = |trust: &Arc<Trust>| {
            // A box speaks to its bridge alone: no proxy of the environment stands between.
            let builder = reqwest::Client::builder().no_proxy();
            Ok::<_, StartError>(builder.tls_backend_preconfigured(trust.client()?))
        };
        let bridge = leg::Bridge {
            address: url.map_err(|error| StartError::Address(error.to_string()))?,
            pass,
            http: http(&trust)?.build()?,
        };
        let joins = match joins {
            Some(joins) => {
                let trust = Trust::new(joins.rule());
                // Whoever was at the other end before a code was right is not asked again, and no bridge sends one elsewhere.
                let http = http(&trust)?.pool_max_idle_per_host(0);
                let http = http.redirect(reqwest::redirect::Policy::none()).build()?;
                Some((joins, Line { http, trust }))
            }
            None => None,
        };
        Ok(Self {
            config,
            listener,
            bridge,
            trust,
            joins,
            logs,
        })
    }

    /// Where the box's page listens.
    pub fn web_addr(&self) -> SocketAddr {
        self.listener.local_addr().unwrap_or(self.config.web.listen)
    }

    /// Runs until `shutdown` is ready or somebody has it begin anew, then ends its sessions and stops its devices.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> End {
        let joins = self.joins.take();
        let (inputs, facts) = mpsc::channel(64);
        let (coded_in, coded) = mpsc::channel(128);
        let (commands, orders) = mpsc::channel(16);
        let (requests, outgoing) = mpsc::channel(16);
        let (sessions, seen) = watch::channel(Sessions::default());
        let (network, measured) = watch::channel(Network::default());
        let events = Events {
            coded: coded_in,
            inputs: inputs.clone(),
            commands: commands.clone(),
        };
        let to_media = events.coded.clone();
        let parts = Arc::new(Parts::start(&self.config, events));
        let status = parts::first_status(&self.config);
        let mut machine = Machine::new(
            Setup {
                name: &self.config.name,
                language: self.config.language,
                thumbs: self.config.screen.thumbs,
                status,
                kept: kept::load(&self.config.kept),
                quiet: self.config.quiet(),
                introduction: machine::Introduction {
                    bridge: self.config.bridge.address.clone(),
                    fingerprint: (joins.as_ref())
                        .map(|(joins, _)| joins.own.key.public().fingerprint())
                        .unwrap_or_default(),
                },
            },
            now(),
        );
        if let Some(mistake) = &self.config.mistake {
            machine.handle_input(Input::Mistake(mistake.clone()), now());
        }
        let (snapshots, snapshot) = watch::channel(snapshot_of(&machine, Sessions::default()));
        let (stop_media, media_stopped) = oneshot::channel::<()>();
        let media = tokio::spawn(media::run(
            media::Wiring {
                bridge: self.bridge.clone(),
                parts: Arc::clone(&parts),
                main_bps: u64::from(self.config.picture.kbit_per_second) * 1000,
                coded,
                commands: orders,
                sessions,
                network,
            },
            async {
                let _ = media_stopped.await;
            },
        ));
        let link = tokio::spawn(link::run(
            link::LinkConfig {
                address: self.config.bridge.address.clone(),
                pass: self.bridge.pass.clone(),
                trust: Arc::clone(&self.trust),
            },
            inputs.clone(),
            outgoing,
        ));
        let joining = joins.map(|(joins, line)| {
            tokio::spawn(pairing::run(pairing::Wiring {
                joins,
                line,
                trust: Arc::clone(&self.trust),
                files: self.config.pairing(),
                address: self.bridge.address.clone(),
                written: self.config.bridge.address.clone(),
                inputs: inputs.clone(),
            }))
        });
        let (want_decks, wanted) = watch::channel(decks::Wanted::default());
        let decks = tokio::spawn(decks::run(decks::Wiring {
            bridge: self.bridge.clone(),
            folder: self.config.decks.folder.clone(),
            budget: u64::from(self.config.decks.budget_mb) * 1_000_000,
            wanted,
            inputs: inputs.clone(),
        }));
        let (want_update, wanted) = watch::channel(None);
        let updates = self.config.card().map(|place| {
            tokio::spawn(update::run(update::Wiring {
                bridge: self.bridge.clone(),
                place,
                wanted,
                inputs: inputs.clone(),
            }))
        });
        let (keeping, to_keep) = watch::channel(None);
        let keeper = tokio::spawn(kept::run(self.config.kept.clone(), to_keep));
        let subject = Arc::new(doctor::Subject {
            settings: doctor::Settings::Well("room.toml".into()),
            root: "/".into(),
            config: Some(self.config.clone()),
        });
        let looking = Looking {
            parts: Arc::clone(&parts),
            measured,
            inputs: inputs.clone(),
            subject: Arc::clone(&subject),
        };
        let page_address = host::address(&self.config.name, self.web_addr());
        let panel = panel::start(&self.config.panel, inputs.clone());
        let cec = panel::start_cec(self.config.screen.cec, inputs.clone());
        let address = self.web_addr();
        let beyond = !address.ip().is_loopback();
        let announced = beyond.then(|| host::Announced::start(&self.config.name, address.port()));
        let page = web::serve(
            self.listener,
            web::Box {
                name: self.config.name.clone(),
                pass: self.bridge.pass.clone(),
                parts: Arc::clone(&parts),
                inputs,
                commands: commands.clone(),
                snapshot,
                measured: self.config.measure.is_some(),
                language: self.config.language,
                words: Arc::new(words::Words::new(self.config.language)),
                wired: panel.is_some(),
                listen: address,
                access: web::Access::new(address),
                logs: self.logs,
                subject,
                health: web::LastHealth::default(),
                since: now(),
            },
        );
        let page = tokio::spawn(page);
        let shell = Shell {
            machine,
            parts,
            commands,
            requests,
            sessions: seen,
            looking,
            page_address,
            snapshots,
            want_decks,
            want_update,
            keeping,
            panel,
            sounds: self.config.panel.sounds,
            cec,
            watchdog: Watchdog::default(),
            to_media,
            taken: 0,
            stalls: parts::Stalls::new(),
        };
        let end = shell.run(facts, shutdown).await;
        if end == End::Stopped {
            notify(&NotifyState::Stopping);
        }
        drop(announced);
        page.abort();
        decks.abort();
        if let Some(updates) = updates {
            updates.abort();
        }
        if let Some(joining) = joining {
            joining.abort();
        }
        let _ = stop_media.send(());
        finish(media).await;
        finish(link).await;
        finish(keeper).await;
        if end == End::Forgotten {
            kept::forget(&self.config.kept);
            decks::forget(&self.config.decks.folder);
        }
        if matches!(end, End::Forgotten | End::PairAnew) {
            self.config.pairing().forget();
        }
        end
    }
}

/// Whose box this is, and what it knows of its bridge: the room that it was paired for is its name then.
fn joins(config: &mut Config, issuer: Issuer) -> Result<Joins, StartError> {
    let files = config.pairing();
    let key = files.key(pairing::random()?)?;
    let known = files.known(&config.bridge.address);
    let own = Own {
        key,
        hardware: config.hardware(),
        name: config.name.clone(),
        invitation: config.bridge.invitation.clone(),
    };
    if let Some(known) = &known {
        config.name.clone_from(&known.room);
    }
    Ok(Joins { own, known, issuer })
}

/// Why a box has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to stop.
    Stopped,
    /// It is to begin anew.
    Restart,
    /// The same, and nothing is kept of what it was told.
    Forgotten,
    /// It is to begin anew, and to get to know its bridge anew.
    PairAnew,
}

/// The time of day, for the television.
#[expect(
    clippy::disallowed_methods,
    reason = "the one look at the clock on the wall"
)]
pub fn time_now() -> Time {
    let now = jiff::ZonedDateTime::now();
    Time {
        unix_ms: u64::try_from(now.timestamp().as_millisecond()).unwrap_or(0),
        local: now.datetime(),
    }
}

/// This moment, for the machine.
#[expect(clippy::disallowed_methods, reason = "the one clock read of the box")]
pub fn now() -> Instant {
    Instant::now()
}

/// To the service manager, where there is one.
fn notify(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!(%error, "the service manager does not listen");
    }
}

async fn finish(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "a task of the box broke");
    }
}

enum Wake {
    Stop,
    Fact(Input),
    Sessions,
    Second,
    Deadline,
}

/// Carries out what the machine orders.
struct Shell {
    machine: Machine,
    parts: Arc<Parts>,
    commands: mpsc::Sender<Command>,
    requests: mpsc::Sender<FromClient>,
    sessions: watch::Receiver<Sessions>,
    looking: Looking,
    /// The box's own page, as somebody in its network writes it.
    page_address: String,
    snapshots: watch::Sender<web::Snapshot>,
    want_decks: watch::Sender<decks::Wanted>,
    want_update: watch::Sender<Option<UpdateView>>,
    keeping: watch::Sender<Option<kept::Kept>>,
    panel: Option<board::panel::Panel>,
    /// Whether sounds double the lights.
    sounds: bool,
    cec: Option<board::cec::Cec>,
    watchdog: Watchdog,
    to_media: mpsc::Sender<media::Coded>,
    /// Grows while the media task takes what it is given.
    taken: u64,
    stalls: parts::Stalls,
}

impl Shell {
    async fn run(
        mut self,
        mut facts: mpsc::Receiver<Input>,
        stop: impl Future<Output = ()>,
    ) -> End {
        tokio::pin!(stop);
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        self.machine.handle_input(Input::Time(time_now()), now());
        loop {
            let mut end = None;
            while let Some(output) = self.machine.poll_output() {
                end = self.carry_out(output).await.or(end);
            }
            self.publish();
            if let Some(end) = end {
                return end;
            }
            let due = self.machine.poll_timeout(now());
            let wake = tokio::select! {
                () = &mut stop => Wake::Stop,
                Some(fact) = facts.recv() => Wake::Fact(fact),
                Ok(()) = self.sessions.changed() => Wake::Sessions,
                _ = seconds.tick() => Wake::Second,
                () = until(due) => Wake::Deadline,
            };
            let now = now();
            match wake {
                Wake::Stop => return End::Stopped,
                Wake::Fact(fact) => {
                    if matches!(fact, Input::LinkUp { .. } | Input::CheckAsked { .. }) {
                        // The bridge's clock is compared with ours of this moment, not of a second ago.
                        self.machine.handle_input(Input::Time(time_now()), now);
                    }
                    if let Input::Part(part, PartState::Stalled { .. }) = &fact {
                        *self.stalls.entry(*part).or_default() += 1;
                    }
                    self.machine.handle_input(fact, now);
                }
                Wake::Sessions => {}
                Wake::Second => {
                    self.machine.handle_input(Input::Time(time_now()), now);
                    self.tell(now);
                }
                Wake::Deadline => self.machine.handle_timeout(now),
            }
        }
    }

    fn tell(&mut self, now: Instant) {
        self.taken += u64::from(self.to_media.capacity() > 0);
        let turns = [&self.parts.turns()[..], &[Some(self.taken)]].concat();
        let seen = Seen {
            status: self.machine.status(),
            linked: self.machine.is_linked(),
            turns: &turns,
        };
        for tell in self.watchdog.look(seen, now) {
            notify(&match &tell {
                Tell::Ready => NotifyState::Ready,
                Tell::Status(line) => NotifyState::Status(line),
                Tell::Alive => NotifyState::Watchdog,
            });
        }
    }

    /// Says whether, and how, the box is to end.
    async fn carry_out(&self, output: Output) -> Option<End> {
        match output {
            Output::Send(message) => self.request(message),
            Output::Mute(muted) => {
                info!(muted, "microphone's own mute");
                self.parts.microphones.set_muted(muted);
            }
            Output::CloseMicrophone(closed) => {
                info!(closed, "microphone closed by the conference");
                self.parts.microphones.set_closed(closed);
            }
            Output::Look { chirp } => self.looking.look(chirp),
            Output::Examine => self.examine(),
            Output::Mirror(on) => {
                info!(on, "the diagnostic picture");
                let mirror = on.then(|| self.parts.screen.mirror());
                self.parts.camera.set_mirror(mirror);
            }
            Output::EncodeMain(on) => self.parts.camera.set_main(on),
            Output::Show(view) => self.parts.screen.set_view(*view),
            Output::ShowSecond(view) => self.parts.screen.deck().set_view(*view),
            Output::Fetch(wanted) => {
                self.want_decks.send_replace(wanted);
            }
            Output::FetchUpdate(update) => {
                self.want_update.send_replace(update);
            }
            Output::Volume(percent) => self.parts.set_volume(percent),
            Output::Keep(kept) => self.keep(kept),
            Output::Rest(rest) => {
                info!(?rest, "the box");
                self.parts.set_awake(rest == Rest::Awake);
                if let Some(cec) = &self.cec {
                    cec.want(rest == Rest::Awake);
                }
            }
            Output::Light(state) => {
                if let Some(panel) = &self.panel {
                    panel.show(state);
                }
            }
            Output::Sound(cue) => {
                if self.sounds {
                    self.parts.loudspeaker.cue(cue);
                }
            }
            Output::Stuck { button, stuck } => panel::tell_stuck(button, stuck),
            Output::Restart => {
                info!("somebody has the box begin anew");
                return Some(End::Restart);
            }
            Output::Forget => {
                tracing::warn!("somebody has the box forget what it keeps");
                return Some(End::Forgotten);
            }
            Output::PairAnew => {
                tracing::warn!("somebody has the box get to know its bridge anew");
                return Some(End::PairAnew);
            }
            Output::StartMedia => self.command(Command::Start).await,
            Output::RestartMedia => self.command(Command::Restart).await,
        }
        None
    }

    fn examine(&self) {
        let snapshot = snapshot_of(&self.machine, *self.sessions.borrow());
        let live = snapshot.live(self.parts.meter.channels());
        let service = doctor::Service::Runs(self.page_address.clone());
        self.looking.examine(service, live);
    }

    /// Off the loop: a disk may be slow. The last one that is given is the last that is written.
    fn keep(&self, kept: kept::Kept) {
        self.keeping.send_replace(Some(kept));
    }

    /// A request that finds the link stuck is dropped: it would be heard too late to be meant.
    fn request(&self, message: FromClient) {
        if self.requests.try_send(message).is_err() {
            tracing::warn!("the link to the bridge is stuck; a message was dropped");
        }
    }

    async fn command(&self, command: Command) {
        // It fails only while the box stops.
        let _ = self.commands.send(command).await;
    }

    fn publish(&self) {
        self.snapshots.send_replace(web::Snapshot {
            network: *self.looking.measured.borrow(),
            stalls: self.stalls.clone(),
            ..snapshot_of(&self.machine, *self.sessions.borrow())
        });
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
