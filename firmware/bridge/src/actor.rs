//! The one task that owns the evening: the only writer of its state.
//!
//! Control connections and HTTP requests talk to it through [`Desk`]; it answers through one
//! bounded queue per client. A client that does not read loses its place, nobody waits for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use conference::wire::{
    ErrorCode, FromBridge, FromClient, Level, Resume, Shows, TroubleKind, UpdateView, VERSION,
};
use conference::{Programme, RoomId};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::{debug, error, info, warn};

use crate::decks::{Decks, Views, wanted};
use crate::ledger::Ledger;
use crate::media::{MediaError, MediaHandle};
use crate::photos::{self, Photos};
use crate::server::random_id;
use crate::sessions::{Session, Sessions};
use crate::sfu::Event;
use crate::stage::{Direction, PhonesView, Seat, Stage};
use crate::store::{Store, StoreError};
use crate::upcoming::Dated;
use crate::updates::Updates;

mod evicting;
mod phones;
mod planning;

pub use crate::sessions::Party;
pub use phones::PhoneError;
pub use planning::PlanError;

/// How many messages wait for one client before it counts as one that does not read: about 40 s
/// of levels, or a burst of all that 32 rooms can change at once.
const OUTBOX: usize = 256;

/// How many commands wait for the actor; whoever sends more waits.
const INBOX: usize = 256;

/// How often levels are told.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// After how many looks a store that is behind is tried again: 5 s.
const LOOKS_UNTIL_RETRY: u32 = 25;

/// One control connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(u64);

/// What a client gets when it takes its seat.
pub struct Joined {
    /// Its number.
    pub id: ClientId,
    /// What it must hear first.
    pub greeting: Vec<Utf8Bytes>,
    /// What it must hear then; ends when the client has lost its seat.
    pub outbox: mpsc::Receiver<Utf8Bytes>,
}

/// A media session that was opened.
pub struct Opened {
    /// Its name, which nobody can guess: whoever knows it may end it.
    pub id: String,
    /// The SDP answer.
    pub answer: String,
}

/// Why a media session was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// All places for viewers are taken.
    #[error("all places for viewers are taken; try again later")]
    Full,
    /// The bridge stops.
    #[error("the bridge is stopping")]
    Stopped,
    /// The media half says no.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The operating system gave no random numbers.
    #[error("no random numbers from the operating system: {0}")]
    Random(#[from] getrandom::Error),
}

enum Command {
    Join {
        seat: Seat,
        resume: Option<Resume>,
        reply: oneshot::Sender<Joined>,
    },
    Said {
        client: ClientId,
        what: FromClient,
    },
    Left {
        client: ClientId,
    },
    Open {
        party: Party,
        offer: String,
        reply: oneshot::Sender<Result<Opened, OpenError>>,
    },
    Close {
        id: String,
        reply: oneshot::Sender<bool>,
    },
    Shows {
        id: String,
        reply: oneshot::Sender<Option<watch::Receiver<Shows>>>,
    },
    Evict(evicting::Wish),
    Planning(planning::Wish),
    Phone(phones::Said),
}

/// The handle to the actor. After the bridge has stopped its calls answer `None` or do nothing.
#[derive(Clone)]
pub struct Desk {
    commands: mpsc::Sender<Command>,
}

impl Desk {
    /// Takes a seat. A room has one: an older connection of it is sent away.
    pub async fn join(&self, seat: Seat, resume: Option<Resume>) -> Option<Joined> {
        self.ask(|reply| Command::Join {
            seat,
            resume,
            reply,
        })
        .await
    }

    /// Passes on what a client said.
    pub async fn said(&self, client: ClientId, what: FromClient) {
        let _ = self.commands.send(Command::Said { client, what }).await;
    }

    /// A client's connection ended.
    pub async fn left(&self, client: ClientId) {
        let _ = self.commands.send(Command::Left { client }).await;
    }

    /// Opens a media session. It takes the place of an older one of the same room.
    pub async fn open(&self, party: Party, offer: String) -> Result<Opened, OpenError> {
        self.ask(|reply| Command::Open {
            party,
            offer,
            reply,
        })
        .await
        .unwrap_or(Err(OpenError::Stopped))
    }

    /// Ends a media session; whether there was one.
    pub async fn close(&self, id: String) -> bool {
        let closed = self.ask(|reply| Command::Close { id, reply }).await;
        closed.unwrap_or(false)
    }

    /// What the slots of a session show.
    pub async fn shows(&self, id: String) -> Option<watch::Receiver<Shows>> {
        self.ask(|reply| Command::Shows { id, reply }).await?
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}

struct Client {
    seat: Seat,
    outbox: mpsc::Sender<Utf8Bytes>,
}

/// The task behind [`Desk`].
pub struct Actor {
    stage: Stage,
    ledger: Ledger,
    clients: BTreeMap<ClientId, Client>,
    last_client: u64,
    sessions: Sessions,
    media: MediaHandle,
    focus: (Option<RoomId>, Option<RoomId>),
    commands: mpsc::Receiver<Command>,
    events: mpsc::Receiver<Event>,
    looks: Interval,
    looks_behind: u32,
    store: Store,
    decks: Decks,
    views: watch::Receiver<Views>,
    photos: Photos,
    photo_views: watch::Receiver<photos::Views>,
    update: watch::Receiver<Option<UpdateView>>,
    voters: Vec<phones::Reply>,
    phones: watch::Sender<PhonesView>,
    /// The programmes that have a day.
    agenda: Vec<(Dated, Programme)>,
    /// Not before then another evening begins.
    onward_at: Option<Instant>,
}

enum Wake {
    Stop,
    Deadline,
    Command(Command),
    Media(Event),
    Decks,
    Photos,
    Update,
    Look,
}

impl Actor {
    /// An evening; `session` names this run of the bridge, `events` come from `media`.
    pub fn new(
        mut stage: Stage,
        session: String,
        media: MediaHandle,
        events: mpsc::Receiver<Event>,
        store: Store,
        (decks, photos, updates): (Decks, Photos, Updates),
    ) -> (Self, Desk) {
        let (sender, commands) = mpsc::channel(INBOX);
        let ledger = Ledger::new(session, stage.view());
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let actor = Self {
            stage,
            ledger,
            clients: BTreeMap::new(),
            last_client: 0,
            sessions: Sessions::default(),
            media,
            focus: (None, None),
            commands,
            events,
            looks,
            looks_behind: 0,
            store,
            views: decks.views(),
            decks,
            photo_views: photos.views(),
            update: updates.views(),
            photos,
            voters: Vec::new(),
            phones: watch::Sender::default(),
            agenda: Vec::new(),
            onward_at: None,
        };
        actor.show_phones();
        (actor, Desk { commands: sender })
    }

    /// Works until `stop` is done.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        // An error of the media half means that it has stopped, and so shall we.
        let _ = self.media.set_rooms(self.stage.rooms()).await;
        let programme = self.stage.programme();
        let (decks, photos) = (wanted(programme), photos::wanted(programme));
        let decks = self.decks.plan(decks, Vec::new()).await;
        let photos = self.photos.plan(photos).await;
        // Before anybody joins: a snapshot has them.
        let now_known = now();
        self.stage.decks(decks, now_known);
        self.stage.photos(photos);
        self.stage
            .set_update(self.update.borrow_and_update().clone());
        self.tell_changes(now_known).await;
        self.plan_check(now());
        self.read_agenda();
        self.look_ahead(now()).await;
        loop {
            let wake = self.next_wake(stop.as_mut()).await;
            let now = now();
            match wake {
                Wake::Stop => return,
                Wake::Deadline => self.stage.handle_timeout(now),
                Wake::Command(command) => self.handle_command(command, now).await,
                Wake::Media(event) => self.handle_media(event),
                Wake::Decks => {
                    let views = self.views.borrow_and_update().clone();
                    self.stage.decks(views, now);
                }
                Wake::Photos => {
                    let views = self.photo_views.borrow_and_update().clone();
                    self.stage.photos(views);
                }
                Wake::Update => {
                    let update = self.update.borrow_and_update().clone();
                    self.stage.set_update(update);
                }
                Wake::Look => {
                    self.count_ballots(now);
                    self.retry_writing();
                    self.look_ahead(now).await;
                    self.look(now).await;
                }
            }
            self.tell_changes(now).await;
        }
    }

    async fn next_wake(&mut self, stop: impl Future<Output = ()>) -> Wake {
        tokio::select! {
            () = stop => Wake::Stop,
            () = until(self.stage.poll_timeout()) => Wake::Deadline,
            command = self.commands.recv() => command.map_or(Wake::Stop, Wake::Command),
            event = self.events.recv() => event.map_or(Wake::Stop, Wake::Media),
            // A librarian that is gone has nothing more to tell; it goes when the bridge does.
            Ok(()) = self.views.changed() => Wake::Decks,
            Ok(()) = self.photo_views.changed() => Wake::Photos,
            Ok(()) = self.update.changed() => Wake::Update,
            _ = self.looks.tick() => Wake::Look,
        }
    }

    async fn handle_command(&mut self, command: Command, now: Instant) {
        // Whoever asked may have gone: an answer that nobody takes is no error.
        match command {
            Command::Join {
                seat,
                resume,
                reply,
            } => self.join(seat, resume.as_ref(), reply, now).await,
            Command::Said { client, what } => self.said(client, what, now),
            Command::Left { client } => self.remove(client, now),
            Command::Open {
                party,
                offer,
                reply,
            } => {
                let _ = reply.send(self.open(party, offer).await);
            }
            Command::Close { id, reply } => {
                let session = self.sessions.remove(&id);
                let _ = reply.send(session.is_some());
                if let Some(session) = session {
                    self.end(&session).await;
                }
            }
            Command::Shows { id, reply } => {
                let _ = reply.send(self.sessions.shows(&id));
            }
            Command::Evict(wish) => self.evict(wish, now).await,
            Command::Planning(wish) => self.plan(wish, now).await,
            Command::Phone(said) => self.hear_phone(said, now),
        }
    }

    fn handle_media(&mut self, event: Event) {
        match event {
            Event::Connected { peer } => {
                if let Some((room, direction)) = self.sessions.of_room(peer) {
                    self.stage.connected(room, direction);
                }
            }
            Event::Disconnected { peer } => {
                let room = self.sessions.of_room(peer);
                self.sessions.forget(peer);
                if let Some((room, direction)) = room {
                    self.stage.disconnected(room, direction);
                }
            }
            Event::MainWanted { room, wanted } => self.stage.main_wanted(room, wanted),
            Event::Shows { viewer, slots } => {
                let shows = self.stage.shows_of(&slots);
                if let Some((room, Direction::Down)) = self.sessions.of_room(viewer) {
                    self.stage.shows(room, shows.clone());
                }
                self.sessions.set_shows(viewer, shows);
            }
            Event::FirstFrame {
                viewer,
                slot,
                room,
                waited_ms,
            } => {
                let (viewer, room) = (viewer.0, self.stage.name_of(room));
                debug!(viewer, slot, room, waited_ms, "first frame");
            }
        }
    }

    async fn join(
        &mut self,
        seat: Seat,
        resume: Option<&Resume>,
        reply: oneshot::Sender<Joined>,
        now: Instant,
    ) {
        let room = match seat {
            Seat::Room(room) => {
                self.send_away(seat);
                self.stage.joined(room, now);
                self.tell_changes(now).await;
                self.stage.name_of(room)
            }
            Seat::Chair => None,
        };
        let mut greeting = vec![text_of(&FromBridge::Welcome {
            version: VERSION,
            session: self.ledger.session().into(),
            room: room.clone(),
            now_ms: self.stage.unix_ms(now),
        })];
        greeting.extend(self.ledger.catch_up(resume).iter().map(text_of));
        self.last_client += 1;
        let id = ClientId(self.last_client);
        let (sender, outbox) = mpsc::channel(OUTBOX);
        self.clients.insert(
            id,
            Client {
                seat,
                outbox: sender,
            },
        );
        info!(who = room.as_deref().unwrap_or("the chair"), "connected");
        let joined = Joined {
            id,
            greeting,
            outbox,
        };
        if reply.send(joined).is_err() {
            self.remove(id, now);
        }
    }

    fn said(&mut self, client: ClientId, what: FromClient, now: Instant) {
        let Some(seat) = self.clients.get(&client).map(|client| client.seat) else {
            return;
        };
        if let Err(answer) = self.stage.said(seat, what, now) {
            debug!(?seat, ?answer, "request not followed");
            self.tell(client, &text_of(&answer), now);
        }
    }

    /// Ends the older connection of a seat. Its room stays present: the new one takes over.
    fn send_away(&mut self, seat: Seat) {
        let older = self.clients.extract_if(.., |_, client| client.seat == seat);
        for (_, client) in older {
            warn!(?seat, "another box has joined with the same token");
            let _ = client.outbox.try_send(text_of(&FromBridge::Error {
                code: ErrorCode::Replaced,
                detail: "another box has joined with this room's token; \
                         give each box the token of its own room"
                    .into(),
            }));
        }
    }

    fn remove(&mut self, client: ClientId, now: Instant) {
        let Some(client) = self.clients.remove(&client) else {
            return;
        };
        match client.seat {
            Seat::Room(room) => {
                info!(who = self.stage.name_of(room), "left");
                self.stage.left(room, now);
            }
            Seat::Chair => info!(who = "the chair", "left"),
        }
    }

    /// A refused offer disturbs nothing: the older session of the room ends only once the new
    /// one is accepted.
    async fn open(&mut self, party: Party, offer: String) -> Result<Opened, OpenError> {
        if party == Party::Viewer && self.sessions.is_full() {
            return Err(OpenError::Full);
        }
        let id = random_id()?;
        let peer = self.sessions.next_peer();
        let answer = match party {
            Party::Publisher(room) => self.media.publish(peer, room, offer).await?,
            Party::Television(room) => self.media.subscribe(peer, Some(room), offer).await?,
            Party::Viewer => self.media.subscribe(peer, None, offer).await?,
        };
        debug!(peer = peer.0, ?party, "media session opened");
        if let Some(older) = self.sessions.insert(id.clone(), peer, party) {
            self.end(&older).await;
        }
        Ok(Opened { id, answer })
    }

    /// Ends what belongs to a session that is in the list no more.
    async fn end(&mut self, session: &Session) {
        debug!(peer = session.peer.0, "media session ended");
        let _ = self.media.remove(session.peer).await;
        if let Some((room, direction)) = session.party.of_room() {
            self.stage.disconnected(room, direction);
        }
    }

    /// Tells the levels of the rooms.
    async fn look(&mut self, now: Instant) {
        if self.sessions.is_empty() {
            return;
        }
        // Without an answer the media half has stopped, and so shall we.
        let Ok(stats) = self.media.stats().await else {
            return;
        };
        if self.stage.is_checking() {
            for room in self.stage.rooms() {
                if let Some(part) = stats.loss_of(room) {
                    self.stage.loses(room, part);
                }
            }
        }
        let levels: Vec<Level> = stats
            .rooms
            .iter()
            .filter(|(_, room)| room.connected)
            .filter_map(|(id, room)| {
                Some(Level {
                    room: self.stage.name_of(*id)?,
                    dbov: room.level_dbov.clamp(-127.0, 0.0).round() as i8,
                })
            })
            .collect();
        if !levels.is_empty() {
            self.tell_all(&text_of(&FromBridge::Levels { levels }), now);
        }
    }

    /// Tells everybody what changed. A client lost in doing so is a change, too.
    async fn tell_changes(&mut self, now: Instant) {
        loop {
            if self.focus != self.stage.focus() {
                self.focus = self.stage.focus();
                let _ = self.media.set_floor(self.focus.0, self.focus.1).await;
            }
            self.write_down();
            self.ask_checks(now);
            let view = self.stage.view();
            let events = self.ledger.enter(&view);
            if events.is_empty() {
                return;
            }
            self.show_phones();
            for event in events {
                self.tell_all(&text_of(&event), now);
            }
        }
    }

    /// What phones see.
    pub fn phones(&self) -> watch::Receiver<PhonesView> {
        self.phones.subscribe()
    }

    /// Asks rooms to check themselves.
    fn ask_checks(&mut self, now: Instant) {
        while let Some((room, check)) = self.stage.poll_check() {
            let seat = Seat::Room(room);
            let of_room = self.clients.iter().find(|(_, client)| client.seat == seat);
            if let Some(id) = of_room.map(|(id, _)| *id) {
                self.tell(id, &text_of(&check), now);
            }
        }
    }

    /// Before anybody is told: whoever has seen a step finds it again after a pulled plug.
    fn write_down(&mut self) {
        while let Some((at_ms, entry)) = self.stage.unwritten() {
            let written = self.store.write(at_ms, entry);
            self.note_written(written);
        }
    }

    /// What could not be written waits; somebody may have made room on the disk.
    fn retry_writing(&mut self) {
        self.looks_behind = match self.store.is_behind() {
            true => self.looks_behind + 1,
            false => 0,
        };
        if self.looks_behind == LOOKS_UNTIL_RETRY {
            self.looks_behind = 0;
            let written = self.store.write_waiting();
            self.note_written(written);
        }
    }

    /// The evening goes on in any case: the chair decides what to do about the disk.
    fn note_written(&mut self, written: Result<(), StoreError>) {
        match written {
            Ok(()) => self.stage.well_again(TroubleKind::NotWritten),
            Err(error) => {
                error!(%error, "a step is not written down");
                self.stage.trouble(TroubleKind::NotWritten, error.reason());
            }
        }
    }

    fn tell_all(&mut self, text: &Utf8Bytes, now: Instant) {
        let ids: Vec<ClientId> = self.clients.keys().copied().collect();
        for id in ids {
            self.tell(id, text, now);
        }
    }

    fn tell(&mut self, id: ClientId, text: &Utf8Bytes, now: Instant) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        if client.outbox.try_send(text.clone()).is_err() {
            warn!(seat = ?client.seat, "does not read what it is told; connection dropped");
            self.remove(id, now);
        }
    }
}

/// The text of a message.
pub fn text_of(message: &FromBridge) -> Utf8Bytes {
    serde_json::to_string(message)
        .expect("messages hold only texts, numbers and lists")
        .into()
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock read of the evening"
)]
fn now() -> Instant {
    Instant::now()
}
