//! Who is on the floor, and what follows for the slots; what is looked at from time to time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use conference::RoomId;
use str0m::bwe::Bitrate;

use crate::slots::audio::Loudness;
use crate::slots::budget::{Budget, Rates};
use crate::slots::{Layer, SourceId, plan};

use super::publisher::Kind;
use super::viewer::Viewer;
use super::{Event, PeerId, PictureStats, RoomStats, Sfu, SlotStats, Stats, ViewerStats};

/// Between two looks at levels, links and waits. One audio packet.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// A room's large picture is still wanted this long after the last viewer turned away.
const MAIN_FADES: Duration = Duration::from_secs(2);

/// What the control half decided, and what the rooms were told.
#[derive(Default)]
pub(super) struct Stage {
    order: Vec<RoomId>,
    holder: Option<RoomId>,
    last_holder: Option<RoomId>,
    mains: BTreeMap<RoomId, Main>,
}

/// A room whose large picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Main {
    Wanted,
    Fading { until: Instant },
}

impl Stage {
    pub(super) fn wants_main(&self, room: RoomId) -> bool {
        self.mains.contains_key(&room)
    }
}

impl Sfu {
    /// The floor changed hands: `holder` has it, `last_holder` had it before.
    pub fn set_floor(&mut self, holder: Option<RoomId>, last_holder: Option<RoomId>, now: Instant) {
        self.stage.holder = holder;
        self.stage.last_holder = last_holder;
        self.choose_audio(now);
        self.replan(now);
        self.settle(now);
    }

    /// The rooms of the conference, in the programme's order. Others are neither seen nor heard.
    pub fn set_rooms(&mut self, order: &[RoomId], now: Instant) {
        self.stage.order = order.to_vec();
        self.choose_audio(now);
        self.replan(now);
        self.settle(now);
    }

    /// The figures now.
    pub fn stats(&self, now: Instant) -> Stats {
        let now_us = self.us(now);
        let rooms = self.publishers.iter().map(|(id, publisher)| {
            let mut room = RoomStats {
                connected: self.is_connected(*id),
                level_dbov: publisher.loudness.level_db(now_us),
                rtt_us: publisher.rtt_us,
                loss: publisher.loss,
                ..RoomStats::default()
            };
            for stream in publisher.streams.values() {
                match stream.kind {
                    Kind::Audio => room.audio_packets += stream.meter.packets,
                    Kind::Video(picture) => {
                        let figures: &mut PictureStats = room.pictures.entry(picture).or_default();
                        figures.packets += stream.meter.packets;
                        figures.bytes += stream.meter.bytes;
                        figures.bps += stream.meter.bps(now_us);
                    }
                }
            }
            (publisher.room, room)
        });
        Stats {
            rooms: rooms.collect(),
            viewers: self
                .viewers
                .iter()
                .map(|(id, viewer)| (*id, self.viewer_stats(*id, viewer)))
                .collect(),
            unknown_datagrams: self.unknown_datagrams,
            dropped_datagrams: self.dropped_datagrams,
        }
    }

    fn viewer_stats(&self, id: PeerId, viewer: &Viewer) -> ViewerStats {
        let video = viewer.video.iter().map(|out| SlotStats {
            room: out.slot.flowing().map(|source| source.room),
            wanted: out.slot.wish().map(|source| source.room),
            packets: out.packets,
        });
        let audio = viewer.audio.iter().map(|out| SlotStats {
            room: out.room,
            wanted: out.room,
            packets: out.packets,
        });
        ViewerStats {
            room: viewer.room,
            connected: self.is_connected(id),
            video: video.collect(),
            audio: audio.collect(),
            estimate_bps: viewer.budget.estimate_bps(),
            rtt_us: viewer.rtt_us,
            loss: viewer.loss,
        }
    }

    /// Fills all picture slots anew, and asks for the pictures that are missing.
    pub(super) fn replan(&mut self, now: Instant) {
        let now_us = self.us(now);
        let seen = |room: &RoomId| {
            let publisher = self.rooms.get(room).and_then(|id| self.publishers.get(id));
            publisher.is_some_and(|publisher| publisher.has_video)
        };
        let present: Vec<RoomId> = self.stage.order.iter().copied().filter(seen).collect();
        let stage = plan::Stage {
            present: &present,
            holder: self.stage.holder,
            last_holder: self.stage.last_holder,
        };
        for (id, viewer) in &mut self.viewers {
            if self.peers.get(id).is_some_and(super::Peer::connected) {
                viewer.set_stage(&stage, now_us);
            }
        }
        self.ask_for_pictures(now);
        self.tell_mains(now);
    }

    pub(super) fn tick(&mut self, now: Instant) {
        self.drop_lost(now);
        let now_us = self.us(now);
        self.each_viewer(now, |viewer, sends| viewer.handle_timeout(now_us, sends));
        self.choose_audio(now);
        self.measure_links(now);
        self.ask_for_pictures(now);
        self.repeat_requests(now);
        self.tell_mains(now);
        for (id, viewer) in &mut self.viewers {
            if let Some(slots) = viewer.new_shows() {
                self.events.push_back(Event::Shows { viewer: *id, slots });
            }
        }
    }

    /// Forgets everything of a connection.
    pub(super) fn forget(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.remove(&id) else {
            return;
        };
        self.by_ufrag.remove(&peer.ufrag);
        self.by_address.retain(|_, owner| *owner != id);
        self.viewers.remove(&id);
        if let Some(publisher) = self.publishers.remove(&id)
            && self.rooms.get(&publisher.room) == Some(&id)
        {
            self.rooms.remove(&publisher.room);
        }
        self.replan(now);
    }

    fn drop_lost(&mut self, now: Instant) {
        let lost = |peer: &super::Peer| peer.lost(now) || !peer.rtc.is_alive();
        let lost: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| lost(peer))
            .map(|(id, _)| *id)
            .collect();
        for peer in lost {
            self.forget(peer, now);
            self.events.push_back(Event::Disconnected { peer });
        }
    }

    fn choose_audio(&mut self, now: Instant) {
        let now_us = self.us(now);
        let heard = |room: &RoomId| {
            let publisher = self
                .rooms
                .get(room)
                .and_then(|id| self.publishers.get(id))?;
            publisher.has_audio.then_some((*room, publisher.loudness))
        };
        let rooms: Vec<(RoomId, Loudness)> = self.stage.order.iter().filter_map(heard).collect();
        for viewer in self.viewers.values_mut() {
            viewer.choose_audio(&rooms, self.stage.holder, now_us);
        }
    }

    /// Fits what is sent to what each link carries.
    fn measure_links(&mut self, now: Instant) {
        let now_us = self.us(now);
        let mut viewers = std::mem::take(&mut self.viewers);
        let mut changed = false;
        for (id, viewer) in &mut viewers {
            let rates = self.rates(viewer, now_us);
            changed |= viewer.budget.update(&rates, now_us);
            let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.connected()) else {
                continue;
            };
            if let Some(desired) = viewer.new_desire(Budget::desired_bps(&rates)) {
                peer.rtc.bwe().set_desired_bitrate(Bitrate::from(desired));
                self.drain(*id, now);
            }
        }
        self.viewers = viewers;
        if changed {
            self.replan(now);
        }
    }

    fn rates(&self, viewer: &Viewer, now_us: i64) -> Rates {
        let rate = |room: RoomId, layer: Layer| self.rate_bps(room, layer, now_us);
        let (main, thumbs) = viewer.planned();
        Rates {
            main: main.map_or(0, |room| rate(room, Layer::Main)),
            thumbs: thumbs.map(|room| rate(room, Layer::Thumb)).sum(),
            small_main: main.map_or(0, |room| rate(room, Layer::Thumb)),
        }
    }

    /// Asks for a key frame of every source a slot waits for.
    fn ask_for_pictures(&mut self, now: Instant) {
        let slots = self.viewers.values().flat_map(|viewer| viewer.video.iter());
        let waiting: BTreeSet<SourceId> = slots.filter_map(|out| out.slot.waiting_for()).collect();
        for source in waiting {
            self.want_key_frame(source, now);
        }
    }

    fn repeat_requests(&mut self, now: Instant) {
        let now_us = self.us(now);
        let mut asked = Vec::new();
        for (id, publisher) in &mut self.publishers {
            let Some(peer) = self.peers.get_mut(id) else {
                continue;
            };
            if publisher.repeat_requests(&mut peer.rtc, now_us) {
                asked.push(*id);
            }
        }
        for id in asked {
            self.drain(id, now);
        }
    }

    /// Tells the rooms whose large picture came to be wanted, or has not been for a while.
    fn tell_mains(&mut self, now: Instant) {
        let wanted: BTreeSet<RoomId> = self
            .viewers
            .values()
            .filter_map(Viewer::wants_main_of)
            .collect();
        for room in &wanted {
            if self.stage.mains.insert(*room, Main::Wanted).is_none() {
                self.events.push_back(Event::MainWanted {
                    room: *room,
                    wanted: true,
                });
            }
        }
        let events = &mut self.events;
        self.stage.mains.retain(|room, main| {
            if wanted.contains(room) {
                return true;
            }
            let until = match *main {
                Main::Wanted => now + MAIN_FADES,
                Main::Fading { until } => until,
            };
            *main = Main::Fading { until };
            if now >= until {
                events.push_back(Event::MainWanted {
                    room: *room,
                    wanted: false,
                });
            }
            now < until
        });
    }

    fn is_connected(&self, id: PeerId) -> bool {
        self.peers.get(&id).is_some_and(super::Peer::connected)
    }
}
