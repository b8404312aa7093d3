//! The simulated conference: the bridge's media half, clients, and the network between them, in
//! virtual time that steps to the earliest wake.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bridge::sfu::{Event, Output, PeerId, Sfu, SfuConfig};
use conference::RoomId;
use str0m_netem::{
    Bitrate, DataSize, Input, Netem, NetemConfig, Output as Arrival, Probability, RandomLoss,
};

use crate::client::{Datagram, Kind, Publisher, Viewer};

/// More steps than any run needs; a run that takes them does not end.
const MAX_STEPS: usize = 20_000_000;

/// A network, the same both ways and for everybody.
#[derive(Clone, Copy, Debug)]
pub struct Net {
    pub latency_ms: u64,
    pub jitter_ms: u64,
    pub loss: f32,
    pub reorder_every: Option<u32>,
}

impl Net {
    pub const GOOD: Self = Self {
        latency_ms: 10,
        jitter_ms: 2,
        loss: 0.0,
        reorder_every: None,
    };

    fn config(self, seed: u64) -> NetemConfig {
        let config = NetemConfig::new()
            .latency(Duration::from_millis(self.latency_ms))
            .jitter(Duration::from_millis(self.jitter_ms))
            .loss(RandomLoss::new(Probability::new(self.loss)))
            .seed(seed);
        match self.reorder_every {
            Some(gap) => config.reorder_gap(gap),
            None => config,
        }
    }
}

struct Wire {
    up: Netem<Datagram>,
    down: Netem<Datagram>,
    cut: bool,
}

pub struct World {
    pub now: Instant,
    pub sfu: Sfu,
    pub boxes: BTreeMap<PeerId, Publisher>,
    pub viewers: BTreeMap<PeerId, Viewer>,
    pub events: Vec<(Instant, Event)>,
    wires: BTreeMap<SocketAddr, Wire>,
    bridge: SocketAddr,
    next_peer: u64,
    steps: usize,
}

impl World {
    pub fn new(rooms: u16) -> Self {
        #[expect(clippy::disallowed_methods, reason = "where virtual time starts")]
        let now = Instant::now();
        let bridge = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 8189));
        let config = SfuConfig {
            candidates: vec![bridge],
            max_peers: 100,
        };
        let mut sfu = Sfu::new(config, now).unwrap();
        let order: Vec<RoomId> = (0..rooms).map(RoomId).collect();
        sfu.set_rooms(&order, now);
        Self {
            now,
            sfu,
            boxes: BTreeMap::new(),
            viewers: BTreeMap::new(),
            events: Vec::new(),
            wires: BTreeMap::new(),
            bridge,
            next_peer: 1,
            steps: 0,
        }
    }

    /// A room that publishes and watches, connected over a good network.
    pub fn join(&mut self, room: u16) -> (PeerId, PeerId) {
        (
            self.publish(room, Kind::BOX),
            self.watch(Some(room), Kind::BOX),
        )
    }

    pub fn publish(&mut self, room: u16, kind: Kind) -> PeerId {
        let (peer, address) = self.newcomer();
        let (mut publisher, offer) = Publisher::new(RoomId(room), kind, address, self.now);
        let answer = self
            .sfu
            .publish(peer, RoomId(room), &offer, self.now)
            .unwrap();
        publisher.link.answered(&answer);
        publisher.tune();
        self.boxes.insert(peer, publisher);
        self.carry();
        peer
    }

    pub fn watch(&mut self, room: Option<u16>, kind: Kind) -> PeerId {
        let (peer, address) = self.newcomer();
        let (mut viewer, offer) = Viewer::new(room.map(RoomId), kind, address, self.now);
        let answer = self
            .sfu
            .subscribe(peer, room.map(RoomId), &offer, self.now)
            .unwrap();
        viewer.link.answered(&answer);
        self.viewers.insert(peer, viewer);
        self.carry();
        peer
    }

    fn newcomer(&mut self) -> (PeerId, SocketAddr) {
        let peer = PeerId(self.next_peer);
        self.next_peer += 1;
        let address = SocketAddr::from((Ipv4Addr::new(10, 0, 1, peer.0 as u8), 5000));
        let wire = Wire {
            up: Netem::new(Net::GOOD.config(peer.0 * 2)),
            down: Netem::new(Net::GOOD.config(peer.0 * 2 + 1)),
            cut: false,
        };
        self.wires.insert(address, wire);
        (peer, address)
    }

    /// Changes everybody's network. To be done when all are connected: the handshake's own
    /// repetitions are on the machine's clock.
    pub fn set_net(&mut self, net: Net, seed: u64) {
        for (at, wire) in self.wires.values_mut().enumerate() {
            wire.up.set_config(net.config(seed * 1000 + at as u64 * 2));
            wire.down
                .set_config(net.config(seed * 1000 + at as u64 * 2 + 1));
        }
    }

    /// This client's way down carries no more than this, with a quarter of a second of queue.
    pub fn narrow(&mut self, viewer: PeerId, kbps: u64) {
        let address = self.viewers[&viewer].link.address;
        let queue = DataSize::from(kbps as usize * 1000 / 8 / 4);
        let config = Net::GOOD.config(99).link(Bitrate::kbps(kbps), queue);
        self.wires
            .get_mut(&address)
            .unwrap()
            .down
            .set_config(config);
    }

    /// Nothing passes to or from this client any more.
    pub fn cut(&mut self, peer: PeerId) {
        let publisher = self.boxes.get(&peer).map(|client| client.link.address);
        let address = publisher.or(self.viewers.get(&peer).map(|client| client.link.address));
        self.wires.get_mut(&address.unwrap()).unwrap().cut = true;
    }

    /// A client says that it leaves, and leaves.
    pub fn leave(&mut self, peer: PeerId) {
        let mut sent = Vec::new();
        if let Some(mut publisher) = self.boxes.remove(&peer) {
            publisher.link.rtc.close().unwrap();
            publisher.link.drain(self.now, &mut sent);
        }
        self.put(sent);
    }

    /// The bridge ends a connection.
    pub fn remove(&mut self, peer: PeerId) {
        self.sfu.remove(peer, self.now);
        self.carry();
    }

    pub fn give_floor(&mut self, holder: Option<u16>, last: Option<u16>) {
        self.sfu
            .set_floor(holder.map(RoomId), last.map(RoomId), self.now);
        self.carry();
    }

    pub fn speak(&mut self, room: u16, level: i8) {
        for publisher in self
            .boxes
            .values_mut()
            .filter(|publisher| publisher.room == RoomId(room))
        {
            publisher.level = level;
        }
    }

    pub fn run_for(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        self.run_until(until, |_| false);
    }

    /// Runs until the condition holds. False: it did not within `ms`.
    pub fn run_while(&mut self, ms: u64, done: impl FnMut(&World) -> bool) -> bool {
        let until = self.now + Duration::from_millis(ms);
        self.run_until(until, done)
    }

    pub fn all_connected(&self) -> bool {
        self.boxes.values().all(|client| client.link.connected)
            && self.viewers.values().all(|client| client.link.connected)
    }

    fn run_until(&mut self, until: Instant, mut done: impl FnMut(&World) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            let next = self.next_wake();
            if next > until {
                self.now = until;
                return false;
            }
            self.now = self.now.max(next);
            self.steps += 1;
            assert!(self.steps < MAX_STEPS, "virtual time stands still");
            self.step();
        }
    }

    fn next_wake(&self) -> Instant {
        let clients = self.boxes.values().map(Publisher::deadline);
        let clients = clients.chain(self.viewers.values().map(|viewer| viewer.link.deadline));
        let wires = self
            .wires
            .values()
            .flat_map(|wire| [wire.up.poll_timeout(), wire.down.poll_timeout()]);
        clients
            .chain(wires)
            .chain(self.sfu.poll_timeout())
            .min()
            .unwrap()
    }

    /// Lets everything that is due now happen.
    fn step(&mut self) {
        let now = self.now;
        let mut sent = Vec::new();
        for publisher in self
            .boxes
            .values_mut()
            .filter(|publisher| publisher.deadline() <= now)
        {
            publisher.run(now, &mut sent);
        }
        for viewer in self
            .viewers
            .values_mut()
            .filter(|viewer| viewer.link.deadline <= now)
        {
            viewer.run(now, &mut sent);
        }
        self.put(sent);
        if self
            .sfu
            .poll_timeout()
            .is_some_and(|deadline| deadline <= now)
        {
            self.sfu.handle_timeout(now);
            self.carry();
        }
        self.deliver();
    }

    fn deliver(&mut self) {
        let now = self.now;
        let mut ups = Vec::new();
        let mut downs = Vec::new();
        for wire in self.wires.values_mut() {
            arrivals(&mut wire.up, now, &mut ups);
            arrivals(&mut wire.down, now, &mut downs);
        }
        for datagram in ups {
            self.sfu
                .handle_datagram(datagram.from, datagram.to, &datagram.bytes, now);
            self.carry();
        }
        let mut sent = Vec::new();
        for datagram in downs {
            if let Some(client) = self
                .boxes
                .values_mut()
                .find(|c| c.link.address == datagram.to)
            {
                client.link.receive(&datagram, now);
                client.rest(now, &mut sent);
            } else if let Some(client) = self
                .viewers
                .values_mut()
                .find(|c| c.link.address == datagram.to)
            {
                client.link.receive(&datagram, now);
                client.run(now, &mut sent);
            }
        }
        self.put(sent);
    }

    /// Carries out what the bridge says; the control connection to the boxes is instant.
    fn carry(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Transmit(datagram) => {
                    let Some(wire) = self.wires.get_mut(&datagram.to) else {
                        continue;
                    };
                    let datagram = Datagram {
                        from: self.bridge,
                        to: datagram.to,
                        bytes: datagram.bytes,
                    };
                    if !wire.cut {
                        wire.down.handle_input(Input::Packet(self.now, datagram));
                    }
                }
                Output::Event(event) => {
                    if let Event::MainWanted { room, wanted } = event {
                        for publisher in self
                            .boxes
                            .values_mut()
                            .filter(|publisher| publisher.room == room)
                        {
                            publisher.main_wanted = wanted;
                        }
                    }
                    self.events.push((self.now, event));
                }
            }
        }
    }

    fn put(&mut self, sent: Vec<Datagram>) {
        for datagram in sent {
            let wire = self.wires.get_mut(&datagram.from).unwrap();
            if !wire.cut {
                wire.up.handle_input(Input::Packet(self.now, datagram));
            }
        }
    }
}

fn arrivals(link: &mut Netem<Datagram>, now: Instant, into: &mut Vec<Datagram>) {
    link.handle_input(Input::Timeout(now));
    while let Some(arrival) = link.poll_output() {
        match arrival {
            Arrival::Packet(datagram) => into.push(datagram),
            Arrival::Timeout(_) => break,
        }
    }
}
