//! The media half of the bridge: all rooms' connections, driven without I/O or clock.
//!
//! Datagrams and the time go in, datagrams and events come out:
//!
//! - [`Sfu::publish`], [`Sfu::subscribe`] and [`Sfu::remove`] open and end connections;
//! - [`Sfu::handle_datagram`] and [`Sfu::handle_timeout`] take what happens;
//! - [`Sfu::poll_output`] is drained to `None` after every call, [`Sfu::poll_timeout`] then
//!   says when to call [`Sfu::handle_timeout`] next.
//!
//! A publisher sends one picture (as layers `main` and `thumb`, or a single one) and one sound.
//! A viewer has fixed slots, in the order of its offer: the first video is the main slot, up to
//! four more are thumbs, up to three audios are the rooms heard.
//!
//! Invariant: after every change of a connection it is drained by the one function that does
//! so (`Peer::drain`), before it is changed again.

mod flow;
#[cfg(test)]
mod hostile;
mod meter;
mod offer;
mod peer;
mod publisher;
mod stage;
mod stats;
mod viewer;

pub use offer::{MAX_OFFER, MAX_SECTIONS, SdpRefusal};
pub use publisher::Picture;
pub use stats::{PictureStats, RoomStats, SlotStats, Stats, ViewerStats};

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use conference::RoomId;
use str0m::bwe::Bitrate;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::ice::StunMessage;
use str0m::media::MediaKind;

use offer::Flow;
use peer::Peer;
use publisher::Publisher;
use viewer::{MAX_AUDIO, MAX_VIDEO, Viewer};

/// What a viewer's link is believed to carry before anything is known of it. Above the most a
/// room needs, so that nothing is held back on a good link; a bad one is known in a second.
const FIRST_ESTIMATE: Bitrate = Bitrate::mbps(5);
/// Most datagrams that wait to be sent. The shell drains after every call; this bounds a burst.
const MAX_QUEUED: usize = 20_000;
/// Addresses remembered of one peer: it may have several and lose some.
const MAX_ADDRESSES: usize = 8;

/// A connection, as whoever opened it calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// What the media half is told at the start.
#[derive(Clone, Debug)]
pub struct SfuConfig {
    /// The addresses peers are told to send to: the bridge's UDP port at each of its addresses.
    pub candidates: Vec<SocketAddr>,
    /// Most connections at a time.
    pub max_peers: usize,
}

/// What the shell must now do.
#[derive(Debug)]
pub enum Output {
    /// Send this datagram.
    Transmit(Transmit),
    /// Tell whoever wants to know.
    Event(Event),
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: SocketAddr,
    /// Its payload.
    pub bytes: Vec<u8>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Media can flow.
    Connected {
        /// On this connection.
        peer: PeerId,
    },
    /// The connection is over and forgotten: closed by the other side, silent for 5 s, or never
    /// connected. Not told after [`Sfu::remove`].
    Disconnected {
        /// Which one.
        peer: PeerId,
    },
    /// Some viewer is to see this room large, or none has been for two seconds. The room may
    /// stop encoding its main layer when it is not wanted.
    MainWanted {
        /// The room.
        room: RoomId,
        /// Whether its main layer is wanted.
        wanted: bool,
    },
    /// Other rooms flow in a viewer's picture slots than before.
    Shows {
        /// The viewer.
        viewer: PeerId,
        /// The room that flows in each slot: main, then the thumbs.
        slots: Vec<Option<RoomId>>,
    },
    /// A viewer was sent the first packet of a key frame of another room in a picture slot.
    FirstFrame {
        /// The viewer.
        viewer: PeerId,
        /// The slot: 0 is main, then the thumbs.
        slot: usize,
        /// The room.
        room: RoomId,
        /// Since the room was wished for in this slot, in milliseconds.
        waited_ms: u64,
    },
}

/// All connections of the conference.
pub struct Sfu {
    config: SfuConfig,
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
    epoch: Instant,
    peers: BTreeMap<PeerId, Peer>,
    publishers: BTreeMap<PeerId, Publisher>,
    viewers: BTreeMap<PeerId, Viewer>,
    /// The connected publisher of each room, the latest if there are two.
    rooms: BTreeMap<RoomId, PeerId>,
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<SocketAddr, PeerId>,
    /// What connections told and was not looked at yet.
    told: VecDeque<(PeerId, str0m::Event)>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    stage: stage::Stage,
    next_tick: Option<Instant>,
    next_run: u32,
    unknown_datagrams: u64,
    dropped_datagrams: u64,
}

/// No certificate could be made: the cryptographic library does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("OpenSSL could not make a DTLS certificate")]
pub struct NoCertificate;

impl Sfu {
    /// A conference without connections.
    ///
    /// # Errors
    /// When no DTLS certificate can be made.
    pub fn new(config: SfuConfig, now: Instant) -> Result<Self, NoCertificate> {
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto
            .dtls_provider
            .generate_certificate()
            .ok_or(NoCertificate)?;
        Ok(Self {
            config,
            crypto,
            certificate,
            epoch: now,
            peers: BTreeMap::new(),
            publishers: BTreeMap::new(),
            viewers: BTreeMap::new(),
            rooms: BTreeMap::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            told: VecDeque::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            stage: stage::Stage::default(),
            next_tick: None,
            next_run: 0,
            unknown_datagrams: 0,
            dropped_datagrams: 0,
        })
    }

    /// A room offers its picture and sound; the answer is an SDP text.
    ///
    /// # Errors
    /// A refusal says what is wrong with the offer, or that there is no room for it.
    pub fn publish(
        &mut self,
        peer: PeerId,
        room: RoomId,
        offer: &str,
        now: Instant,
    ) -> Result<String, SdpRefusal> {
        let (connection, accepted) = self.negotiate(peer, offer, Flow::In, now)?;
        for (kind, what) in [
            (MediaKind::Video, "video sections sent"),
            (MediaKind::Audio, "audio sections sent"),
        ] {
            let found = accepted
                .sections
                .iter()
                .filter(|section| section.kind == kind)
                .count();
            if found > 1 {
                return Err(SdpRefusal::TooMany {
                    what,
                    found,
                    most: 1,
                });
            }
        }
        self.publishers
            .insert(peer, Publisher::new(room, &accepted.sections));
        self.admit(peer, connection, now);
        Ok(accepted.answer)
    }

    /// A viewer in room `viewer_room`, or in none, offers to receive; the answer is an SDP text.
    ///
    /// # Errors
    /// A refusal says what is wrong with the offer, or that there is no room for it.
    pub fn subscribe(
        &mut self,
        peer: PeerId,
        viewer_room: Option<RoomId>,
        offer: &str,
        now: Instant,
    ) -> Result<String, SdpRefusal> {
        let (mut connection, accepted) = self.negotiate(peer, offer, Flow::Out, now)?;
        for (kind, what, most) in [
            (MediaKind::Video, "video sections received", MAX_VIDEO),
            (MediaKind::Audio, "audio sections received", MAX_AUDIO),
        ] {
            let found = accepted
                .sections
                .iter()
                .filter(|section| section.kind == kind)
                .count();
            if found > most {
                return Err(SdpRefusal::TooMany { what, found, most });
            }
        }
        flow::tune(&mut connection, &accepted.sections);
        let viewer = Viewer::new(viewer_room, &accepted.sections, self.us(now));
        self.viewers.insert(peer, viewer);
        self.admit(peer, connection, now);
        Ok(accepted.answer)
    }

    /// Ends a connection. Its other side is told; unknown peers are ignored.
    pub fn remove(&mut self, peer: PeerId, now: Instant) {
        if let Some(connection) = self.peers.get_mut(&peer) {
            // The close only sends what it can; whatever it says, the peer is forgotten.
            let _ = connection.rtc.close();
            self.drain(peer, now);
        }
        self.forget(peer, now);
        self.settle(now);
    }

    /// Ends all connections: the bridge is stopping.
    pub fn remove_all(&mut self, now: Instant) {
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.remove(peer, now);
        }
    }

    /// A datagram came from `from`; `to` is the candidate it was sent to. Any bytes are allowed.
    pub fn handle_datagram(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) {
        let Some(peer) = self.owner(from, bytes) else {
            self.unknown_datagrams += 1;
            return;
        };
        if let Some(connection) = self.peers.get_mut(&peer) {
            connection.receive(from, to, bytes, now);
        }
        self.drain(peer, now);
        self.settle(now);
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.deadline <= now)
            .map(|(id, _)| *id)
            .collect();
        for peer in due {
            self.drain(peer, now);
        }
        if self.next_tick.is_some_and(|tick| tick <= now) {
            self.tick(now);
            self.next_tick = (!self.peers.is_empty()).then(|| now + stage::TICK);
        }
        self.settle(now);
    }

    /// When to call [`Sfu::handle_timeout`] next; `None` while there are no connections.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let connections = self.peers.values().map(|peer| peer.deadline);
        connections.chain(self.next_tick).min()
    }

    /// What is to be done. To be called until `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        let event = self.events.pop_front().map(Output::Event);
        event.or_else(|| self.transmits.pop_front().map(Output::Transmit))
    }

    fn negotiate(
        &self,
        peer: PeerId,
        offer: &str,
        flow: Flow,
        now: Instant,
    ) -> Result<(Peer, offer::Accepted), SdpRefusal> {
        if self.peers.contains_key(&peer) {
            return Err(SdpRefusal::Exists);
        }
        if self.peers.len() >= self.config.max_peers {
            return Err(SdpRefusal::Full(self.peers.len()));
        }
        let bwe = match flow {
            Flow::In => None,
            Flow::Out => Some(FIRST_ESTIMATE),
        };
        let mut rtc = peer::rtc(
            &self.config.candidates,
            &self.crypto,
            &self.certificate,
            bwe,
            now,
        );
        let accepted = offer::accept(&mut rtc, offer, flow)?;
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Ok((Peer::new(rtc, ufrag, now), accepted))
    }

    fn admit(&mut self, peer: PeerId, connection: Peer, now: Instant) {
        self.by_ufrag.insert(connection.ufrag.clone(), peer);
        self.peers.insert(peer, connection);
        self.next_tick = self.next_tick.or(Some(now + stage::TICK));
        self.drain(peer, now);
        self.settle(now);
    }

    /// Whose datagram this is. STUN names its receiver, so that a peer is found at whatever
    /// address it comes from; the rest is known by the address.
    fn owner(&mut self, from: SocketAddr, bytes: &[u8]) -> Option<PeerId> {
        let is_stun = bytes.first().is_some_and(|first| *first < 2);
        let named = if is_stun { self.named(bytes) } else { None };
        let Some(peer) = named else {
            return self.by_address.get(&from).copied();
        };
        if self.by_address.insert(from, peer) != Some(peer) {
            let connection = self.peers.get_mut(&peer)?;
            connection.addresses.push(from);
            if connection.addresses.len() > MAX_ADDRESSES {
                let oldest = connection.addresses.remove(0);
                if self.by_address.get(&oldest) == Some(&peer) {
                    self.by_address.remove(&oldest);
                }
            }
        }
        Some(peer)
    }

    fn named(&self, bytes: &[u8]) -> Option<PeerId> {
        let message = StunMessage::parse(bytes).ok()?;
        let (local, _) = message.split_username()?;
        self.by_ufrag.get(local).copied()
    }

    /// Time since the start, in microseconds.
    fn us(&self, now: Instant) -> i64 {
        i64::try_from(now.saturating_duration_since(self.epoch).as_micros()).unwrap_or(i64::MAX)
    }
}
