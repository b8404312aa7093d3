//! The shell of the media half: one task that owns the UDP socket and the [`Sfu`].

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use conference::RoomId;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use crate::sfu::{Event, NoCertificate, Output, PeerId, SdpRefusal, Sfu, SfuConfig, Stats};

/// Commands that wait. Whoever sends more waits.
const COMMANDS: usize = 64;
/// Events that wait in the channel.
const EVENTS: usize = 256;
/// Events kept when the channel is full; past this the oldest is lost, and said so.
const MAX_BACKLOG: usize = 4096;
/// Datagrams read at one wake, so that sending and commands have their turn.
const BATCH: usize = 64;
/// Largest datagram read, in bytes. Peers keep to 1200 or so.
const DATAGRAM: usize = 2048;

/// The media task, ready to run.
pub struct Media {
    socket: UdpSocket,
    sfu: Sfu,
    candidates: Vec<SocketAddr>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
}

/// Speaks to the media task; cheap to clone.
#[derive(Clone, Debug)]
pub struct MediaHandle {
    commands: mpsc::Sender<Command>,
}

/// Why the media task does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// An offer is not answered.
    #[error(transparent)]
    Refused(#[from] SdpRefusal),
    /// The task has ended: the bridge is stopping.
    #[error("the bridge is stopping")]
    Stopped,
}

type Answer = oneshot::Sender<Result<String, SdpRefusal>>;

/// What the media task can be asked.
#[derive(Debug)]
enum Command {
    Publish {
        peer: PeerId,
        room: RoomId,
        offer: String,
        answer: Answer,
    },
    Subscribe {
        peer: PeerId,
        room: Option<RoomId>,
        offer: String,
        answer: Answer,
    },
    Remove(PeerId),
    SetFloor {
        holder: Option<RoomId>,
        last_holder: Option<RoomId>,
    },
    SetRooms(Vec<RoomId>),
    Stats(oneshot::Sender<Stats>),
}

/// Why the task woke.
enum Wake {
    Stop,
    Datagrams,
    Command(Command),
    Deadline,
    EventsTaken,
}

impl Media {
    /// Takes a bound socket. `config.candidates` are the addresses it is reached at, at least
    /// one of each family it is to be reached over. Events come out of the receiver.
    ///
    /// # Errors
    /// When the cryptographic library does not work.
    pub fn new(
        socket: UdpSocket,
        config: SfuConfig,
    ) -> Result<(Self, MediaHandle, mpsc::Receiver<Event>), NoCertificate> {
        let (commands_in, commands) = mpsc::channel(COMMANDS);
        let (events, events_out) = mpsc::channel(EVENTS);
        let candidates = config.candidates.clone();
        let sfu = Sfu::new(config, now())?;
        let media = Self {
            socket,
            sfu,
            candidates,
            commands,
            events,
            backlog: VecDeque::new(),
        };
        Ok((
            media,
            MediaHandle {
                commands: commands_in,
            },
            events_out,
        ))
    }

    /// Runs until `stop` is done or all handles are gone. Open connections are told.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            self.carry_out().await;
            let wake = self.next_wake(stop.as_mut()).await;
            let now = now();
            match wake {
                Wake::Stop => break,
                Wake::Datagrams => self.receive(now),
                Wake::Command(command) => self.obey(command, now),
                Wake::Deadline => self.sfu.handle_timeout(now),
                Wake::EventsTaken => {}
            }
        }
        self.sfu.remove_all(now());
        self.carry_out().await;
    }

    async fn next_wake(&mut self, stop: impl Future<Output = ()>) -> Wake {
        let deadline = self.sfu.poll_timeout();
        let waiting = !self.backlog.is_empty();
        tokio::select! {
            () = stop => Wake::Stop,
            command = self.commands.recv() => command.map_or(Wake::Stop, Wake::Command),
            _ = self.socket.readable() => Wake::Datagrams,
            () = until(deadline) => Wake::Deadline,
            _ = self.events.reserve(), if waiting => Wake::EventsTaken,
        }
    }

    fn receive(&mut self, now: Instant) {
        let mut buffer = [0; DATAGRAM];
        for _ in 0..BATCH {
            match self.socket.try_recv_from(&mut buffer) {
                Ok((length, from)) => {
                    let Some(to) = self.candidate_for(from) else {
                        continue;
                    };
                    self.sfu.handle_datagram(from, to, &buffer[..length], now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An answer to an earlier datagram: nobody listens there any more.
                Err(error) => debug!(%error, "receiving a datagram"),
            }
        }
        if self
            .sfu
            .poll_timeout()
            .is_some_and(|deadline| deadline <= now)
        {
            self.sfu.handle_timeout(now);
        }
    }

    /// The candidate a datagram came to. The socket does not tell; to ICE-lite one of the same
    /// family is as good as another.
    fn candidate_for(&self, from: SocketAddr) -> Option<SocketAddr> {
        self.candidates
            .iter()
            .copied()
            .find(|candidate| candidate.is_ipv4() == from.is_ipv4())
    }

    fn obey(&mut self, command: Command, now: Instant) {
        // Whoever asked may have gone: a reply that nobody takes is no error.
        match command {
            Command::Publish {
                peer,
                room,
                offer,
                answer,
            } => {
                let _ = answer.send(self.sfu.publish(peer, room, &offer, now));
            }
            Command::Subscribe {
                peer,
                room,
                offer,
                answer,
            } => {
                let _ = answer.send(self.sfu.subscribe(peer, room, &offer, now));
            }
            Command::Remove(peer) => self.sfu.remove(peer, now),
            Command::SetFloor {
                holder,
                last_holder,
            } => self.sfu.set_floor(holder, last_holder, now),
            Command::SetRooms(order) => self.sfu.set_rooms(&order, now),
            Command::Stats(reply) => {
                let _ = reply.send(self.sfu.stats(now));
            }
        }
    }

    async fn carry_out(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Transmit(datagram) => self.send(datagram.to, &datagram.bytes).await,
                Output::Event(event) => self.backlog.push_back(event),
            }
        }
        if self.backlog.len() > MAX_BACKLOG {
            warn!("nobody takes the media's events; the oldest are lost");
            self.backlog.drain(..self.backlog.len() - MAX_BACKLOG);
        }
        while let Some(event) = self.backlog.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.backlog.push_front(event);
                    break;
                }
                // Nobody wants to know.
                Err(mpsc::error::TrySendError::Closed(_)) => self.backlog.clear(),
            }
        }
    }

    async fn send(&self, to: SocketAddr, bytes: &[u8]) {
        let sent = match self.socket.try_send_to(bytes, to) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.socket.send_to(bytes, to).await
            }
            sent => sent,
        };
        if let Err(error) = sent {
            debug!(%error, "sending a datagram");
        }
    }
}

impl MediaHandle {
    /// A room offers its picture and sound; see [`Sfu::publish`].
    ///
    /// # Errors
    /// The offer is refused, or the bridge is stopping.
    pub async fn publish(
        &self,
        peer: PeerId,
        room: RoomId,
        offer: String,
    ) -> Result<String, MediaError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Publish {
            peer,
            room,
            offer,
            answer,
        })
        .await?;
        Ok(answered.await.map_err(|_| MediaError::Stopped)??)
    }

    /// A viewer offers to receive; see [`Sfu::subscribe`].
    ///
    /// # Errors
    /// The offer is refused, or the bridge is stopping.
    pub async fn subscribe(
        &self,
        peer: PeerId,
        room: Option<RoomId>,
        offer: String,
    ) -> Result<String, MediaError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Subscribe {
            peer,
            room,
            offer,
            answer,
        })
        .await?;
        Ok(answered.await.map_err(|_| MediaError::Stopped)??)
    }

    /// Ends a connection; see [`Sfu::remove`].
    ///
    /// # Errors
    /// The bridge is stopping.
    pub async fn remove(&self, peer: PeerId) -> Result<(), MediaError> {
        self.ask(Command::Remove(peer)).await
    }

    /// Says who has the floor and who had it before; see [`Sfu::set_floor`].
    ///
    /// # Errors
    /// The bridge is stopping.
    pub async fn set_floor(
        &self,
        holder: Option<RoomId>,
        last_holder: Option<RoomId>,
    ) -> Result<(), MediaError> {
        self.ask(Command::SetFloor {
            holder,
            last_holder,
        })
        .await
    }

    /// Says which rooms there are, in order; see [`Sfu::set_rooms`].
    ///
    /// # Errors
    /// The bridge is stopping.
    pub async fn set_rooms(&self, order: Vec<RoomId>) -> Result<(), MediaError> {
        self.ask(Command::SetRooms(order)).await
    }

    /// The figures now.
    ///
    /// # Errors
    /// The bridge is stopping.
    pub async fn stats(&self) -> Result<Stats, MediaError> {
        let (reply, replied) = oneshot::channel();
        self.ask(Command::Stats(reply)).await?;
        replied.await.map_err(|_| MediaError::Stopped)
    }

    async fn ask(&self, command: Command) -> Result<(), MediaError> {
        self.commands
            .send(command)
            .await
            .map_err(|_| MediaError::Stopped)
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock read of the media")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(10);

    async fn media() -> (Media, MediaHandle, SocketAddr) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let config = SfuConfig {
            candidates: vec![address],
            max_peers: 4,
        };
        let (media, handle, _) = Media::new(socket, config).unwrap();
        (media, handle, address)
    }

    #[tokio::test]
    async fn questions_are_answered_and_strange_datagrams_counted() {
        let (media, handle, address) = media().await;
        let task = tokio::spawn(media.run(std::future::pending()));
        let refused = handle.publish(PeerId(1), RoomId(0), "hello".into()).await;
        assert!(matches!(
            refused,
            Err(MediaError::Refused(SdpRefusal::NotSdp(_)))
        ));
        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let counted = async {
            while handle.stats().await.unwrap().unknown_datagrams == 0 {
                stranger.send_to(b"hello", address).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(SOON, counted).await.unwrap();
        drop(handle);
        tokio::time::timeout(SOON, task).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn when_it_is_stopped_it_says_so() {
        let (media, handle, _) = media().await;
        tokio::time::timeout(SOON, media.run(std::future::ready(())))
            .await
            .unwrap();
        assert_eq!(handle.stats().await, Err(MediaError::Stopped));
    }
}
