//! What flows through the connections: packets to slots, requests to sources, figures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conference::RoomId;
use str0m::IceConnectionState;
use str0m::bwe::BweKind;
use str0m::media::{MediaKind, Mid};
use str0m::rtp::{RtpPacket, RtpWrite};

use crate::slots::video::{Arrival, Source};
use crate::slots::{Layer, Run, SourceId};

use super::offer::Section;
use super::peer::{Link, Peer};
use super::publisher::{Incoming, Kind};
use super::viewer::{Sends, Switched, Viewer};
use super::{Event, MAX_QUEUED, PeerId, Sfu};

/// Packets kept to be sent again, and for how long. A viewer asks within two round trips.
const RESEND_PACKETS: usize = 1024;
const RESEND_AGE: Duration = Duration::from_secs(2);
/// The largest part of what is sent that may be sent again: for 10 % loss both ways, bursts
/// included. The library's own 0.15 stops just where it is needed.
const RESEND_PART: f32 = 0.4;

/// Lets a viewer's lost packets be sent again under heavy loss, and pictures leave when they
/// come: they were spread when they were sent to the bridge, and what a link cannot carry is
/// left out, not delayed.
pub(super) fn tune(peer: &mut Peer, sections: &[Section]) {
    let mut direct = peer.rtc.direct_api();
    for section in sections
        .iter()
        .filter(|section| section.kind == MediaKind::Video)
    {
        if let Some(stream) = direct.stream_tx_by_mid(section.mid, None) {
            stream.set_rtx_cache(RESEND_PACKETS, RESEND_AGE, Some(RESEND_PART));
            stream.set_unpaced(true);
        }
    }
}

impl Sfu {
    /// Drains a connection; what it told waits for [`Sfu::settle`].
    pub(super) fn drain(&mut self, id: PeerId, now: Instant) {
        let Self {
            peers,
            transmits,
            told,
            dropped_datagrams,
            ..
        } = self;
        let Some(peer) = peers.get_mut(&id) else {
            return;
        };
        let send = |transmit| {
            if transmits.len() < MAX_QUEUED {
                transmits.push_back(transmit);
            } else {
                *dropped_datagrams += 1;
            }
        };
        peer.drain(now, send, |event| told.push_back((id, event)));
    }

    /// Looks at what connections told until they have nothing more to tell.
    pub(super) fn settle(&mut self, now: Instant) {
        while let Some((id, event)) = self.told.pop_front() {
            self.hear(id, event, now);
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's events are open-ended; these are ours"
    )]
    fn hear(&mut self, id: PeerId, event: str0m::Event, now: Instant) {
        use str0m::Event as Told;
        match event {
            Told::RtpPacket(packet) => self.forward(id, packet, now),
            Told::KeyframeRequest(request) => self.viewer_wants_key_frame(id, request.mid, now),
            Told::SenderFeedback(feedback) => {
                if let Some(publisher) = self.publishers.get_mut(&id) {
                    publisher.report(&feedback);
                }
            }
            Told::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                if let Some(viewer) = self.viewers.get_mut(&id) {
                    viewer.budget.estimate(estimate.as_u64());
                }
            }
            // The loss of one stream says nothing once it is empty; that of the link does.
            Told::PeerStats(figures) => self.note_loss(
                id,
                figures.ingress_loss_fraction,
                figures.egress_loss_fraction,
            ),
            Told::MediaIngressStats(figures) => self.note_round_trip(id, figures.rtt),
            Told::MediaEgressStats(figures) => self.note_round_trip(id, figures.rtt),
            Told::Connected => self.connected(id, now),
            Told::Closed | Told::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.link = Link::Gone;
                }
            }
            _ => {}
        }
    }

    fn connected(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.link = Link::Connected { heard: now };
        self.events.push_back(Event::Connected { peer: id });
        if let Some(publisher) = self.publishers.get(&id) {
            let room = publisher.room;
            self.rooms.insert(room, id);
            let wanted = self.stage.wants_main(room);
            self.events.push_back(Event::MainWanted { room, wanted });
        }
        self.replan(now);
    }

    /// Rooms lose packets on their way to us, viewers on their way from us.
    fn note_loss(&mut self, id: PeerId, to_us: Option<f32>, from_us: Option<f32>) {
        if let Some(publisher) = self.publishers.get_mut(&id) {
            publisher.loss = to_us.or(publisher.loss);
        } else if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.loss = from_us.or(viewer.loss);
        }
    }

    fn note_round_trip(&mut self, id: PeerId, rtt: Option<Duration>) {
        let rtt_us = rtt.and_then(|rtt| u64::try_from(rtt.as_micros()).ok());
        if let Some(publisher) = self.publishers.get_mut(&id) {
            publisher.rtt_us = rtt_us.or(publisher.rtt_us);
        } else if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.rtt_us = rtt_us.or(viewer.rtt_us);
        }
    }

    /// Sends a packet of a room to every viewer that has it in a slot.
    fn forward(&mut self, id: PeerId, rtp: RtpPacket, now: Instant) {
        let now_us = self.us(now);
        let Some((publisher, peer)) = self.publishers.get_mut(&id).zip(self.peers.get_mut(&id))
        else {
            return;
        };
        let next_run = &mut self.next_run;
        let take_run = || {
            *next_run += 1;
            Run(*next_run)
        };
        let Some(incoming) = publisher.receive(&mut peer.rtc, &rtp, take_run, now_us) else {
            return;
        };
        let room = publisher.room;
        if self.rooms.get(&room) != Some(&id) {
            // The room has connected anew; this is what is left of the old connection.
            return;
        }
        match incoming.kind {
            Kind::Audio => self.each_viewer(now, |viewer, sends| {
                viewer.take_audio(room, &incoming, &rtp, sends)
            }),
            Kind::Video(picture) => {
                let marker = rtp.header.marker;
                let rtp = Arc::new(rtp);
                for layer in picture.layers() {
                    let source = Source {
                        id: SourceId {
                            room,
                            layer: *layer,
                        },
                        run: incoming.run,
                    };
                    let Incoming { packet, start, .. } = incoming;
                    let arrival = Arrival {
                        source,
                        packet,
                        start,
                        marker,
                        now_us,
                    };
                    self.each_viewer(now, |viewer, sends| {
                        viewer.take_video(&arrival, &rtp, sends)
                    });
                }
            }
        }
    }

    /// Changes viewers, and sends what comes of it.
    pub(super) fn each_viewer(
        &mut self,
        now: Instant,
        mut change: impl FnMut(&mut Viewer, &mut Sends),
    ) {
        let mut viewers = std::mem::take(&mut self.viewers);
        let mut sends = Sends::new(self.epoch);
        for (id, viewer) in &mut viewers {
            if !self.peers.get(id).is_some_and(Peer::connected) {
                continue;
            }
            change(viewer, &mut sends);
            while let Some((mid, packet)) = sends.packets.pop_front() {
                self.send(*id, mid, packet, now);
            }
            for Switched {
                slot,
                room,
                waited_us,
            } in sends.switched.drain(..)
            {
                let waited_ms = u64::try_from(waited_us / 1000).unwrap_or(0);
                self.events.push_back(Event::FirstFrame {
                    viewer: *id,
                    slot,
                    room,
                    waited_ms,
                });
            }
        }
        self.viewers = viewers;
    }

    fn send(&mut self, id: PeerId, mid: Mid, packet: RtpWrite, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if let Some(stream) = peer.rtc.direct_api().stream_tx_by_mid(mid, None) {
            stream.write_rtp(packet);
        }
        self.drain(id, now);
    }

    /// A viewer lost a picture and asks for a new start of it.
    fn viewer_wants_key_frame(&mut self, viewer: PeerId, mid: Mid, now: Instant) {
        let slots = self.viewers.get(&viewer).map(|viewer| viewer.video.iter());
        let source = slots.and_then(|mut slots| slots.find(|out| out.mid == mid)?.slot.flowing());
        if let Some(source) = source {
            self.want_key_frame(source, now);
        }
    }

    pub(super) fn want_key_frame(&mut self, source: SourceId, now: Instant) {
        let now_us = self.us(now);
        let Some(id) = self.rooms.get(&source.room).copied() else {
            return;
        };
        let both = self.publishers.get_mut(&id).zip(self.peers.get_mut(&id));
        let Some((publisher, peer)) = both else {
            return;
        };
        if publisher.want_key_frame(&mut peer.rtc, source.layer, now_us) {
            self.drain(id, now);
        }
    }

    /// The rate of a room's layer lately, in bits per second.
    pub(super) fn rate_bps(&self, room: RoomId, layer: Layer, now_us: i64) -> u64 {
        let publisher = self.rooms.get(&room).and_then(|id| self.publishers.get(id));
        publisher.map_or(0, |publisher| publisher.rate_bps(layer, now_us))
    }
}
