//! The box's media task: coded sound and picture from the devices to the bridge and back.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use pipelines::{Layer, Packet, VideoSlot};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, trace};

use crate::leg::{Bridge, Leg, Reply, Way};
use crate::parts::Parts;
use crate::playout::Playout;
use crate::rate::MainRate;
use crate::session::{Event, Output, VIDEO_SLOTS};

/// The largest datagram; str0m makes none above 1200 bytes.
const DATAGRAM: usize = 2000;
/// Datagrams taken in a row before time passes for the others.
const BURST: usize = 64;
/// What the box's machine asks of the media task.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// Open both sessions if they are not open.
    Start,
    /// Close both sessions and open new ones.
    Restart,
    /// The television's decoders are new: ask for key frames.
    RenewPictures,
}

/// Which sessions carry media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// Our sound and picture reach the bridge.
    pub publishing: bool,
    /// The others' reach us.
    pub watching: bool,
}

/// What was measured of the way to the bridge last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Network {
    /// Whether our sound and picture reach the bridge.
    pub open: bool,
    /// What it carries, in bit/s.
    pub carries: Option<u64>,
}

/// Coded sound or picture of this room.
#[derive(Debug)]
pub enum Coded {
    /// One access unit.
    Video {
        /// Which layer.
        layer: Layer,
        /// Annex B.
        data: Bytes,
        /// Capture time in ns of the monotonic clock.
        pts_ns: u64,
    },
    /// One Opus packet.
    Audio {
        /// The packet.
        data: Bytes,
        /// Capture time in ns of the monotonic clock.
        pts_ns: u64,
        /// Level in dBov and whether it is voice.
        level: (i8, bool),
    },
}

/// What the task is wired to.
pub struct Wiring {
    /// Where the bridge is.
    pub bridge: Bridge,
    /// The devices.
    pub parts: Arc<Parts>,
    /// The most the large picture may take, in bit/s.
    pub main_bps: u64,
    /// From the devices.
    pub coded: mpsc::Receiver<Coded>,
    /// From the machine.
    pub commands: mpsc::Receiver<Command>,
    /// To whoever wants to know.
    pub sessions: watch::Sender<Sessions>,
    /// To the ready check.
    pub network: watch::Sender<Network>,
}

enum Wake {
    Stop,
    Deadline,
    Coded(Coded),
    Command(Command),
    Reply(Reply),
    Datagram(Way, usize, SocketAddr),
}

struct Media {
    parts: Arc<Parts>,
    up: Leg,
    down: Leg,
    playout: Playout,
    anchor: Anchor,
    rate: MainRate,
    sessions: watch::Sender<Sessions>,
    network: watch::Sender<Network>,
}

/// The same moment on both scales of this machine's monotonic clock.
struct Anchor {
    instant: Instant,
    ns: u64,
}

impl Anchor {
    fn instant(&self, ns: u64) -> Instant {
        if ns >= self.ns {
            self.instant + Duration::from_nanos(ns - self.ns)
        } else {
            self.instant
                .checked_sub(Duration::from_nanos(self.ns - ns))
                .unwrap_or(self.instant)
        }
    }

    fn ns(&self, instant: Instant) -> u64 {
        match instant.checked_duration_since(self.instant) {
            Some(after) => self.ns + after.as_nanos() as u64,
            None => {
                let before = self.instant.duration_since(instant).as_nanos() as u64;
                self.ns.saturating_sub(before)
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock read of the media task"
)]
fn now() -> Instant {
    Instant::now()
}

/// Carries media until `stop` is ready.
pub async fn run(wiring: Wiring, stop: impl Future<Output = ()>) {
    let Wiring {
        bridge,
        parts,
        main_bps,
        mut coded,
        mut commands,
        sessions,
        network,
    } = wiring;
    let (replies, mut answers) = mpsc::channel(8);
    let mut media = Media {
        parts,
        up: Leg::new(Way::Up, bridge.clone(), replies.clone()),
        down: Leg::new(Way::Down, bridge, replies),
        playout: Playout::new(),
        anchor: Anchor {
            instant: now(),
            ns: pipelines::monotonic_ns(),
        },
        rate: MainRate::new(main_bps),
        sessions,
        network,
    };
    tokio::pin!(stop);
    let mut buffer = [0_u8; DATAGRAM];
    let mut other = [0_u8; DATAGRAM];
    loop {
        media.drain(now());
        let deadline = media.poll_timeout();
        let wake = tokio::select! {
            () = &mut stop => Wake::Stop,
            (n, from) = media.down.receive(&mut buffer) => Wake::Datagram(Way::Down, n, from),
            (n, from) = media.up.receive(&mut other) => Wake::Datagram(Way::Up, n, from),
            Some(item) = coded.recv() => Wake::Coded(item),
            Some(command) = commands.recv() => Wake::Command(command),
            Some(reply) = answers.recv() => Wake::Reply(reply),
            () = sleep_until(deadline) => Wake::Deadline,
        };
        let now = now();
        match wake {
            Wake::Stop => break,
            Wake::Deadline => media.handle_timeout(now).await,
            Wake::Coded(item) => {
                media.send(item, now);
                while let Ok(item) = coded.try_recv() {
                    media.send(item, now);
                }
            }
            Wake::Command(Command::Start) => media.start(now),
            Wake::Command(Command::Restart) => media.restart(now),
            Wake::Command(Command::RenewPictures) => {
                if let Some(session) = media.down.session() {
                    session.want_key_frames(now);
                }
            }
            Wake::Reply(reply) => media.take_reply(reply, now),
            Wake::Datagram(Way::Up, n, from) => media.datagram(Way::Up, &mut other, n, from, now),
            Wake::Datagram(Way::Down, n, from) => {
                media.datagram(Way::Down, &mut buffer, n, from, now);
            }
        }
    }
    tokio::join!(media.up.stop(), media.down.stop());
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

impl Media {
    fn leg(&mut self, way: Way) -> &mut Leg {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn start(&mut self, now: Instant) {
        self.up.start(now);
        self.down.start(now);
    }

    fn restart(&mut self, now: Instant) {
        self.up.restart(now);
        self.down.restart(now);
        self.playout = Playout::new();
        self.sessions.send_replace(Sessions::default());
        self.network.send_replace(Network::default());
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let legs = [self.up.poll_timeout(), self.down.poll_timeout()];
        legs.into_iter().flatten().min()
    }

    async fn handle_timeout(&mut self, now: Instant) {
        self.up.handle_timeout(now).await;
        self.down.handle_timeout(now).await;
    }

    fn take_reply(&mut self, reply: Reply, now: Instant) {
        let leg = self.leg(Leg::way_of(&reply));
        leg.take_reply(reply, now);
    }

    fn datagram(&mut self, way: Way, buffer: &mut [u8], n: usize, from: SocketAddr, now: Instant) {
        let leg = self.leg(way);
        let mut received = Some((n, from));
        for _ in 0..BURST {
            let Some((n, from)) = received else { break };
            if let Some(session) = leg.session() {
                session.handle_datagram(from, &buffer[..n], now);
            }
            received = leg.try_receive(buffer);
        }
    }

    fn send(&mut self, item: Coded, now: Instant) {
        let Some(session) = self.up.session() else {
            return;
        };
        match item {
            Coded::Video {
                layer,
                data,
                pts_ns,
            } => {
                let captured = self.anchor.instant(pts_ns);
                if layer == Layer::Main
                    && let Some(bps) = self.rate.sent(now)
                {
                    set_main_rate(&self.parts, bps);
                }
                session.write_video(layer, &data, ticks(pts_ns, 90_000), captured, now);
            }
            Coded::Audio {
                data,
                pts_ns,
                level,
            } => {
                let captured = self.anchor.instant(pts_ns);
                session.write_audio(&data, level, ticks(pts_ns, 48_000), captured, now);
            }
        }
    }

    fn drain(&mut self, now: Instant) {
        for way in [Way::Up, Way::Down] {
            while let Some(output) = self.leg(way).session().and_then(|s| s.poll_output()) {
                match output {
                    Output::Transmit { to, bytes } => self.leg(way).transmit(to, &bytes),
                    Output::Event(event) => self.event(way, event, now),
                }
            }
        }
    }

    fn event(&mut self, way: Way, event: Event, now: Instant) {
        match event {
            Event::Connected => self.connected(way, now),
            Event::Closed => self.closed(way, now),
            Event::KeyFrameWanted(layer) => self.parts.camera.force_key_frame(layer),
            Event::Estimate(bps) => self.follow_estimate(bps, now),
            Event::Video {
                slot,
                data,
                rtp,
                arrived,
            } => {
                let arrived = self.anchor.ns(arrived);
                let due = self.playout.due(slot, rtp, 90_000, arrived);
                trace!(slot, rtp, arrived, due, "picture");
                let slot = match slot {
                    0 => VideoSlot::Main,
                    n => VideoSlot::Thumb(usize::from(n - 1)),
                };
                self.parts
                    .screen
                    .push_video(slot, Bytes::from_owner(data), due);
            }
            Event::Audio {
                slot,
                data,
                rtp,
                lost,
                arrived,
            } => {
                let arrived = self.anchor.ns(arrived);
                let due = self.playout.due(VIDEO_SLOTS + slot, rtp, 48_000, arrived);
                trace!(slot, rtp, arrived, due, "sound");
                self.play(usize::from(slot), data, lost, due);
            }
        }
    }

    /// Lost packets are named to the decoder, three at most: longer holes are silence.
    fn play(&self, slot: usize, data: Arc<[u8]>, lost: u64, due: u64) {
        const PACKET_NS: u64 = 20_000_000;
        for back in (1..=lost.min(3)).rev() {
            let due = due.saturating_sub(back * PACKET_NS);
            self.parts.loudspeaker.push_audio(slot, Packet::Lost, due);
        }
        let packet = Packet::Opus(Bytes::from_owner(data));
        self.parts.loudspeaker.push_audio(slot, packet, due);
    }

    fn connected(&mut self, way: Way, now: Instant) {
        info!(?way, "media connected");
        self.leg(way).connected();
        if way == Way::Up {
            for layer in [Layer::Main, Layer::Thumb] {
                self.parts.camera.force_key_frame(layer);
            }
            let desired = self.rate.desired();
            if let Some(session) = self.up.session() {
                session.set_desired_bitrate(desired, now);
            }
        }
        self.tell(way, true);
    }

    fn closed(&mut self, way: Way, now: Instant) {
        info!(?way, "media lost");
        self.leg(way).failed(now);
        self.tell(way, false);
    }

    fn tell(&mut self, way: Way, up: bool) {
        if way == Way::Up {
            self.network.send_replace(Network {
                open: up,
                carries: None,
            });
        }
        self.sessions.send_modify(|sessions| match way {
            Way::Up => sessions.publishing = up,
            Way::Down => sessions.watching = up,
        });
    }

    fn follow_estimate(&mut self, bps: u64, now: Instant) {
        debug!(bps, "network estimate");
        self.network
            .send_modify(|network| network.carries = Some(bps));
        if let Some(main) = self.rate.estimated(bps, now) {
            set_main_rate(&self.parts, main);
        }
    }
}

fn set_main_rate(parts: &Parts, bps: u64) {
    let bps = u32::try_from(bps).unwrap_or(u32::MAX);
    parts.camera.set_bitrate(Layer::Main, bps);
}

/// Nanoseconds in ticks of an RTP clock.
fn ticks(ns: u64, rate: u64) -> u64 {
    u64::try_from(u128::from(ns) * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX)
}
