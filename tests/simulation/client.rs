//! The ends of the simulated conference: boxes that publish, viewers that watch. Both are the
//! WebRTC library in frame mode, as in the box.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use conference::RoomId;
use str0m::bwe::Bitrate;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{
    Direction, Frequency, KeyframeRequestKind, MediaData, MediaKind, MediaTime, Mid, Simulcast,
    SimulcastLayer,
};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RawPacket;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// A datagram on its way.
#[derive(Clone, Debug)]
pub struct Datagram {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

impl AsRef<[u8]> for Datagram {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How a client is to be.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Two layers by rid, or a single picture.
    pub simulcast: bool,
    /// Picture slots asked for.
    pub pictures: usize,
    /// Sound slots asked for.
    pub sounds: usize,
    /// Lost video packets can be sent again.
    pub resends: bool,
}

impl Kind {
    /// A box of ours.
    pub const BOX: Self = Self {
        simulcast: true,
        pictures: 5,
        sounds: 3,
        resends: true,
    };
    /// A stranger: one picture, one sound.
    pub const FOREIGN: Self = Self {
        simulcast: false,
        pictures: 1,
        sounds: 1,
        resends: true,
    };
}

fn config(resends: bool) -> RtcConfig {
    let mut config = Rtc::builder().clear_codecs().enable_opus(true, false);
    let rtx = resends.then(|| 109.into());
    config
        .codec_config()
        .add_h264(108.into(), rtx, true, 0x42_e0_1f);
    config
}

/// One connection of a client.
pub struct Link {
    pub rtc: Rtc,
    pub address: SocketAddr,
    pub deadline: Instant,
    pub connected: bool,
    pub closed: bool,
    pending: Option<SdpPendingOffer>,
}

impl Link {
    fn new(mut rtc: Rtc, address: SocketAddr, now: Instant) -> Self {
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Self {
            rtc,
            address,
            deadline: now,
            connected: false,
            closed: false,
            pending: None,
        }
    }

    pub fn answered(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    pub fn receive(&mut self, datagram: &Datagram, now: Instant) {
        let receive =
            Receive::new(Protocol::Udp, datagram.from, datagram.to, &datagram.bytes).unwrap();
        self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
    }

    /// The one drain, after every change.
    pub fn drain(&mut self, now: Instant, out: &mut Vec<Datagram>) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in 0..100_000 {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(deadline) if deadline <= now && self.rtc.is_alive() => {
                    self.rtc.handle_input(Input::Timeout(now)).unwrap();
                }
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return events;
                }
                Output::Transmit(sent) => {
                    out.push(Datagram {
                        from: self.address,
                        to: sent.destination,
                        bytes: sent.contents.to_vec(),
                    });
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::Closed) => self.closed = true,
                Output::Event(event) => events.push(event),
            }
        }
        panic!("a connection that never comes to rest");
    }
}

/// A room's camera and microphone.
pub struct Publisher {
    pub link: Link,
    pub room: RoomId,
    /// The bridge wants the large picture.
    pub main_wanted: bool,
    /// Sound level, in dBov.
    pub level: i8,
    pub key_frames: usize,
    simulcast: bool,
    video: Mid,
    audio: Mid,
    layers: BTreeMap<&'static str, Encoder>,
    next_frame: Instant,
    next_sound: Instant,
    frames: u64,
    sounds: u64,
}

#[derive(Default)]
struct Encoder {
    key_wanted: bool,
    running: bool,
}

/// Between two frames: 25 a second.
const FRAME: Duration = Duration::from_millis(40);
const SOUND: Duration = Duration::from_millis(20);

impl Publisher {
    pub fn new(room: RoomId, kind: Kind, address: SocketAddr, now: Instant) -> (Self, String) {
        let rtc = config(kind.resends)
            .enable_bwe(Some(Bitrate::mbps(3)))
            .build(now);
        let mut link = Link::new(rtc, address, now);
        let simulcast = kind.simulcast.then(|| {
            let mut simulcast = Simulcast::new();
            simulcast.add_send_layer(SimulcastLayer::new("main"));
            simulcast.add_send_layer(SimulcastLayer::new("thumb"));
            simulcast
        });
        let mut api = link.rtc.sdp_api();
        let video = api.add_media(MediaKind::Video, Direction::SendOnly, None, None, simulcast);
        let audio = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let (offer, pending) = api.apply().unwrap();
        link.pending = Some(pending);
        link.rtc.bwe().set_desired_bitrate(Bitrate::mbps(3));
        let names: &[&str] = if kind.simulcast {
            &["main", "thumb"]
        } else {
            &["only"]
        };
        let publisher = Self {
            link,
            room,
            main_wanted: false,
            level: -100,
            key_frames: 0,
            simulcast: kind.simulcast,
            video,
            audio,
            layers: names
                .iter()
                .map(|name| (*name, Encoder::default()))
                .collect(),
            next_frame: now + FRAME,
            next_sound: now + SOUND,
            frames: 0,
            sounds: 0,
        };
        (publisher, offer.to_sdp_string())
    }

    pub fn deadline(&self) -> Instant {
        self.link.deadline.min(self.next_frame).min(self.next_sound)
    }

    /// What the box sets when its offer is answered: a resend budget for heavy loss, and no
    /// pacing. The encoder follows the estimate; paced as well, at what an idle room's estimate
    /// sinks to, the first large key frame takes a second to leave.
    pub fn tune(&mut self) {
        for rid in ["main", "thumb"].map(|rid| self.simulcast.then(|| rid.into())) {
            if let Some(stream) = self.link.rtc.direct_api().stream_tx_by_mid(self.video, rid) {
                stream.set_rtx_cache(1024, Duration::from_secs(2), Some(0.4));
                stream.set_unpaced(true);
            }
        }
    }

    /// Time passed: encodes what is due.
    pub fn run(&mut self, now: Instant, out: &mut Vec<Datagram>) {
        while self.next_frame <= now {
            self.next_frame += FRAME;
            self.frames += 1;
            self.send_pictures(now, out);
        }
        while self.next_sound <= now {
            self.next_sound += SOUND;
            self.sounds += 1;
            self.send_sound(now, out);
        }
        self.rest(now, out);
    }

    /// Drains, and obeys key frame requests.
    pub fn rest(&mut self, now: Instant, out: &mut Vec<Datagram>) {
        for event in self.link.drain(now, out) {
            if let Event::KeyframeRequest(request) = event {
                let name = request.rid.as_deref().unwrap_or("only").to_owned();
                self.layers.get_mut(name.as_str()).unwrap().key_wanted = true;
            }
        }
    }

    fn send_pictures(&mut self, now: Instant, out: &mut Vec<Datagram>) {
        if !self.link.connected || self.link.closed {
            return;
        }
        let time = MediaTime::from_90khz(self.frames * 3_600);
        for name in ["main", "only", "thumb"] {
            let Some(encoder) = self.layers.get_mut(name) else {
                continue;
            };
            let runs = name != "main" || self.main_wanted;
            let key = runs && (!encoder.running || encoder.key_wanted);
            encoder.running = runs;
            let skipped = name == "thumb" && self.frames % 2 == 1 && !key;
            if !runs || skipped {
                continue;
            }
            if key {
                encoder.key_wanted = false;
                self.key_frames += 1;
            }
            let size = match (name == "thumb", key) {
                (true, true) => 3_000,
                (true, false) => 900,
                (false, true) => 20_000,
                (false, false) => 5_000,
            };
            let picture = access_unit(self.room, self.frames, key, size);
            let pt = self.link.rtc.media(self.video).unwrap().remote_pts()[0];
            let writer = self.link.rtc.writer(self.video).unwrap();
            let writer = if self.simulcast {
                writer.rid(name.into())
            } else {
                writer
            };
            writer.write(pt, now, time, picture).unwrap();
            self.rest(now, out);
        }
    }

    fn send_sound(&mut self, now: Instant, out: &mut Vec<Datagram>) {
        if !self.link.connected || self.link.closed {
            return;
        }
        let time = MediaTime::new(self.sounds * 960, Frequency::FORTY_EIGHT_KHZ);
        let pt = self.link.rtc.media(self.audio).unwrap().remote_pts()[0];
        let sound = format!("R{:02}S{:08}{}", self.room.0, self.sounds, "o".repeat(60));
        let writer = self
            .link
            .rtc
            .writer(self.audio)
            .unwrap()
            .audio_level(self.level, true);
        writer.write(pt, now, time, sound.into_bytes()).unwrap();
        self.rest(now, out);
    }
}

/// An H.264 access unit in Annex B whose slice says whose it is; it contains no start code.
fn access_unit(room: RoomId, frame: u64, key: bool, size: usize) -> Vec<u8> {
    let mut unit = Vec::new();
    if key {
        unit.extend([0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40]);
        unit.extend([0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80]);
    }
    unit.extend([0, 0, 0, 1, if key { 0x65 } else { 0x41 }]);
    unit.extend(format!("R{:02}F{frame:08}", room.0).bytes());
    unit.resize(size, 0x55);
    unit
}

/// Whose a received frame or sound is.
fn room_of(data: &[u8]) -> Option<RoomId> {
    let at = data
        .windows(4)
        .position(|w| w[0] == b'R' && (w[3] == b'F' || w[3] == b'S'))?;
    let digits = std::str::from_utf8(&data[at + 1..at + 3]).ok()?;
    digits.parse().ok().map(RoomId)
}

/// A television and a loudspeaker.
pub struct Viewer {
    pub link: Link,
    pub room: Option<RoomId>,
    pub pictures: Vec<PictureSlot>,
    pub sounds: Vec<SoundSlot>,
    next_asks: Instant,
}

pub struct PictureSlot {
    mid: Mid,
    /// Frames a decoder could show, by room, with the time each was there.
    pub shown: Vec<(Instant, RoomId)>,
    /// Frames that came but could not be decoded.
    pub broken: usize,
    /// A key frame has come and nothing was lost since.
    intact: bool,
    wire: Wire,
}

pub struct SoundSlot {
    mid: Mid,
    pub heard: Vec<(Instant, RoomId)>,
    wire: Wire,
}

/// What was seen of a slot's RTP.
#[derive(Default)]
struct Wire {
    ssrcs: BTreeSet<u32>,
    /// Timestamps by extended sequence number.
    packets: BTreeMap<u64, u32>,
    resent: usize,
}

impl Viewer {
    pub fn new(
        room: Option<RoomId>,
        kind: Kind,
        address: SocketAddr,
        now: Instant,
    ) -> (Self, String) {
        // The library's own patience, 2 s, would freeze the picture for every loss not made good.
        let rtc = config(kind.resends)
            .set_reordering_timeout_video(Some(Duration::from_millis(200)))
            .set_reordering_timeout_audio(Some(Duration::from_millis(60)))
            .enable_raw_packets(true)
            .build(now);
        let mut link = Link::new(rtc, address, now);
        let mut api = link.rtc.sdp_api();
        let mut add = |kind| api.add_media(kind, Direction::RecvOnly, None, None, None);
        let pictures: Vec<Mid> = (0..kind.pictures).map(|_| add(MediaKind::Video)).collect();
        let sounds: Vec<Mid> = (0..kind.sounds).map(|_| add(MediaKind::Audio)).collect();
        let (offer, pending) = api.apply().unwrap();
        link.pending = Some(pending);
        let picture = |mid| PictureSlot {
            mid,
            shown: vec![],
            broken: 0,
            intact: false,
            wire: Wire::default(),
        };
        let sound = |mid| SoundSlot {
            mid,
            heard: vec![],
            wire: Wire::default(),
        };
        let viewer = Self {
            link,
            room,
            pictures: pictures.into_iter().map(picture).collect(),
            sounds: sounds.into_iter().map(sound).collect(),
            next_asks: now,
        };
        (viewer, offer.to_sdp_string())
    }

    pub fn run(&mut self, now: Instant, out: &mut Vec<Datagram>) {
        let mut asks = Vec::new();
        for event in self.link.drain(now, out) {
            match event {
                Event::MediaData(data) => asks.extend(self.take(&data, now)),
                Event::RawPacket(raw) => self.note(&raw),
                _ => {}
            }
        }
        if now >= self.next_asks && !asks.is_empty() {
            self.next_asks = now + Duration::from_millis(200);
            for mid in asks {
                let mut writer = self.link.rtc.writer(mid).unwrap();
                writer
                    .request_keyframe(None, KeyframeRequestKind::Pli)
                    .unwrap();
                let told = self.link.drain(now, out);
                assert!(
                    told.iter()
                        .all(|event| !matches!(event, Event::MediaData(_)))
                );
            }
        }
    }

    /// Decodes a frame, or asks for a key frame of its slot.
    fn take(&mut self, data: &MediaData, now: Instant) -> Option<Mid> {
        let room = room_of(&data.data);
        if let Some(slot) = self.sounds.iter_mut().find(|slot| slot.mid == data.mid) {
            slot.heard.extend(room.map(|room| (now, room)));
            return None;
        }
        let slot = self
            .pictures
            .iter_mut()
            .find(|slot| slot.mid == data.mid)
            .unwrap();
        slot.intact = data.is_keyframe() || (slot.intact && data.contiguous);
        if slot.intact {
            slot.shown
                .push((now, room.expect("a whole frame names its room")));
            return None;
        }
        slot.broken += 1;
        Some(data.mid)
    }

    fn note(&mut self, raw: &RawPacket) {
        let RawPacket::RtpRx(header, payload) = raw else {
            return;
        };
        // Which slot: by the media section while it is told, then by the SSRC.
        let ssrc = *header.ssrc;
        let mut wires: Vec<(Mid, &mut Wire)> = Vec::new();
        wires.extend(
            self.pictures
                .iter_mut()
                .map(|slot| (slot.mid, &mut slot.wire)),
        );
        wires.extend(
            self.sounds
                .iter_mut()
                .map(|slot| (slot.mid, &mut slot.wire)),
        );
        let main = *header.payload_type == 108 || *header.payload_type == 111;
        if !main || payload.is_empty() {
            return;
        }
        let told = header.ext_vals.mid;
        let found = wires
            .into_iter()
            .find(|(mid, wire)| told == Some(*mid) || wire.ssrcs.contains(&ssrc));
        let Some((_, wire)) = found else { return };
        wire.ssrcs.insert(ssrc);
        let last = wire
            .packets
            .last_key_value()
            .map_or(u64::from(header.sequence_number), |(seq, _)| *seq);
        let ahead = i64::from(header.sequence_number.wrapping_sub(last as u16) as i16);
        let seq = last.saturating_add_signed(ahead);
        let before = wire.packets.insert(seq, header.timestamp);
        assert!(
            before.is_none_or(|time| time == header.timestamp),
            "one number, two packets"
        );
        wire.resent += usize::from(before.is_some());
    }

    /// What must hold of every slot, whatever happened. `lossless`: no packet may be missing.
    pub fn check_streams(&self, lossless: bool) {
        let wires = self
            .pictures
            .iter()
            .map(|slot| &slot.wire)
            .chain(self.sounds.iter().map(|slot| &slot.wire));
        for (at, wire) in wires.enumerate() {
            assert!(
                wire.ssrcs.len() <= 1,
                "slot {at} has SSRCs {:?}",
                wire.ssrcs
            );
            let all: Vec<(u64, u32)> = wire
                .packets
                .iter()
                .map(|(seq, time)| (*seq, *time))
                .collect();
            for pair in all.windows(2) {
                let ((seq, time), (next_seq, next_time)) = (pair[0], pair[1]);
                assert!(
                    !lossless || next_seq == seq + 1,
                    "slot {at}: {next_seq} after {seq}"
                );
                let forward = next_time.wrapping_sub(time) as i32;
                assert!(forward >= 0, "slot {at}: time went back by {}", -forward);
            }
        }
    }

    /// When the first whole frame of `room` since `since` was in a picture slot.
    pub fn saw(&self, slot: usize, room: RoomId, since: Instant) -> Option<Instant> {
        let mut frames = self.pictures[slot].shown.iter();
        frames
            .find(|(at, shown)| *at >= since && *shown == room)
            .map(|(at, _)| *at)
    }

    /// The longest time without a new frame in a slot since then.
    pub fn longest_gap(&self, slot: usize, since: Instant) -> Duration {
        let frames: Vec<Instant> = self.pictures[slot]
            .shown
            .iter()
            .map(|(at, _)| *at)
            .collect();
        let gaps = frames
            .windows(2)
            .filter(|pair| pair[0] >= since)
            .map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or(Duration::MAX)
    }

    /// The rooms heard since, with how many packets of each.
    pub fn heard(&self, since: Instant) -> BTreeMap<RoomId, usize> {
        let mut heard = BTreeMap::new();
        let all = self.sounds.iter().flat_map(|slot| slot.heard.iter());
        for (_, room) in all.filter(|(at, _)| *at >= since) {
            *heard.entry(*room).or_default() += 1;
        }
        heard
    }
}
