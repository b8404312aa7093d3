//! The one task that owns the evening: the only writer of its state.
//!
//! Control connections and HTTP requests talk to it through [`Desk`]; it answers through one
//! bounded queue per client. A client that does not read loses its place, nobody waits for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Instant;

use axum::extract::ws::Utf8Bytes;
use conference::wire::{ErrorCode, FromBridge, FromClient, Resume, VERSION};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};

use crate::ledger::Ledger;
use crate::stage::{Seat, Stage};

/// How many messages wait for one client before it counts as one that does not read: about 40 s
/// of levels, or a burst of all that 32 rooms can change at once.
const OUTBOX: usize = 256;

/// How many commands wait for the actor; whoever sends more waits.
const INBOX: usize = 256;

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
}

/// The handle to the actor. After the bridge has stopped its calls answer `None` or do nothing.
#[derive(Clone)]
pub struct Desk {
    commands: mpsc::Sender<Command>,
}

impl Desk {
    /// Takes a seat. A room has one: an older connection of it is sent away.
    pub async fn join(&self, seat: Seat, resume: Option<Resume>) -> Option<Joined> {
        let (reply, answer) = oneshot::channel();
        let join = Command::Join {
            seat,
            resume,
            reply,
        };
        self.commands.send(join).await.ok()?;
        answer.await.ok()
    }

    /// Passes on what a client said.
    pub async fn said(&self, client: ClientId, what: FromClient) {
        let _ = self.commands.send(Command::Said { client, what }).await;
    }

    /// A client's connection ended.
    pub async fn left(&self, client: ClientId) {
        let _ = self.commands.send(Command::Left { client }).await;
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
    commands: mpsc::Receiver<Command>,
}

enum Wake {
    Stop,
    Deadline,
    Command(Command),
}

impl Actor {
    /// An evening; `session` names this run of the bridge.
    pub fn new(mut stage: Stage, session: String) -> (Self, Desk) {
        let (sender, commands) = mpsc::channel(INBOX);
        let ledger = Ledger::new(session, stage.view());
        let actor = Self {
            stage,
            ledger,
            clients: BTreeMap::new(),
            last_client: 0,
            commands,
        };
        (actor, Desk { commands: sender })
    }

    /// Works until `stop` is done.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let wake = tokio::select! {
                () = &mut stop => Wake::Stop,
                () = until(self.stage.poll_timeout()) => Wake::Deadline,
                command = self.commands.recv() => command.map_or(Wake::Stop, Wake::Command),
            };
            let now = now();
            match wake {
                Wake::Stop => return,
                Wake::Deadline => self.stage.handle_timeout(now),
                Wake::Command(command) => self.handle_command(command, now),
            }
            self.tell_changes(now);
        }
    }

    fn handle_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Join {
                seat,
                resume,
                reply,
            } => self.join(seat, resume.as_ref(), reply, now),
            Command::Said { client, what } => {
                let Some(seat) = self.clients.get(&client).map(|client| client.seat) else {
                    return;
                };
                if let Err(answer) = self.stage.said(seat, what, now) {
                    debug!(?seat, ?answer, "request not followed");
                    self.tell(client, &text_of(&answer), now);
                }
            }
            Command::Left { client } => self.remove(client, now),
        }
    }

    fn join(
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
                self.tell_changes(now);
                self.stage.name_of(room)
            }
            Seat::Chair => None,
        };
        let mut greeting = vec![text_of(&FromBridge::Welcome {
            version: VERSION,
            session: self.ledger.session().into(),
            room: room.clone(),
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
        info!(room = room.as_deref().unwrap_or("the chair"), "connected");
        let joined = Joined {
            id,
            greeting,
            outbox,
        };
        if reply.send(joined).is_err() {
            self.remove(id, now);
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
                info!(room = self.stage.name_of(room), "left");
                self.stage.left(room, now);
            }
            Seat::Chair => info!(room = "the chair", "left"),
        }
    }

    /// Tells everybody what changed. A client lost in doing so is a change, too.
    fn tell_changes(&mut self, now: Instant) {
        loop {
            let view = self.stage.view();
            let events = self.ledger.enter(&view);
            if events.is_empty() {
                return;
            }
            for event in events {
                self.tell_all(&text_of(&event), now);
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
