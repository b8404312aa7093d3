//! What comes from one room: its encoded streams, their clocks, its loudness.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use conference::RoomId;
use str0m::Rtc;
use str0m::media::{KeyframeRequestKind, MediaKind, Rid, SenderFeedback};
use str0m::rtp::{RtpPacket, Ssrc};

use crate::slots::audio::{self, Loudness};
use crate::slots::h264::{self, Start};
use crate::slots::keyframe::KeyFrames;
use crate::slots::timing::{PublisherClock, StreamClock};
use crate::slots::{Layer, Packet, Run, video};

use super::meter::Meter;
use super::offer::Section;

/// Most SSRCs of one publisher that are known at a time. The least recent one is forgotten.
const MAX_STREAMS: usize = 16;
/// The level taken for a packet that tells none, in dBov: a voice, but a soft one.
const UNTOLD_DB: f32 = -50.0;

/// Which of the two pictures a stream is, or the only one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Picture {
    /// rid `main`.
    Main,
    /// rid `thumb`.
    Thumb,
    /// Without rid: it serves as both.
    Only,
}

impl Picture {
    /// The layers this stream serves as.
    pub(super) fn layers(self) -> &'static [Layer] {
        match self {
            Picture::Main => &[Layer::Main],
            Picture::Thumb => &[Layer::Thumb],
            Picture::Only => &[Layer::Main, Layer::Thumb],
        }
    }

    fn of(rid: Option<Rid>) -> Self {
        match rid.as_deref() {
            Some("main") => Picture::Main,
            Some("thumb") => Picture::Thumb,
            Some(_) | None => Picture::Only,
        }
    }
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Audio,
    Video(Picture),
}

pub(super) struct Stream {
    pub(super) kind: Kind,
    pub(super) run: Run,
    pub(super) meter: Meter,
    clock: StreamClock,
    keys: KeyFrames,
    latest_time: u64,
    latest_us: i64,
}

pub(super) struct Publisher {
    pub(super) room: RoomId,
    pub(super) loudness: Loudness,
    pub(super) streams: BTreeMap<Ssrc, Stream>,
    pub(super) rtt_us: Option<u64>,
    pub(super) loss: Option<f32>,
    pub(super) has_video: bool,
    pub(super) has_audio: bool,
    clock: PublisherClock,
    /// Reports of both sound and picture are known.
    aligned: bool,
}

/// A packet as the slots are to see it.
pub(super) struct Incoming {
    pub(super) kind: Kind,
    pub(super) run: Run,
    pub(super) packet: Packet,
    pub(super) start: Start,
}

impl Publisher {
    pub(super) fn new(room: RoomId, sections: &[Section]) -> Self {
        let has = |kind: MediaKind| sections.iter().any(|section| section.kind == kind);
        Self {
            room,
            loudness: Loudness::new(),
            streams: BTreeMap::new(),
            rtt_us: None,
            loss: None,
            has_video: has(MediaKind::Video),
            has_audio: has(MediaKind::Audio),
            clock: PublisherClock::default(),
            aligned: false,
        }
    }

    /// Notes a packet. `next_run` is used when its stream is new.
    pub(super) fn receive(
        &mut self,
        rtc: &mut Rtc,
        rtp: &RtpPacket,
        next_run: impl FnOnce() -> Run,
        now_us: i64,
    ) -> Option<Incoming> {
        let ssrc = rtp.header.ssrc;
        if !self.streams.contains_key(&ssrc) {
            let stream = Stream::find(rtc, ssrc, next_run)?;
            self.make_room();
            self.streams.insert(ssrc, stream);
        }
        let aligned = self.aligned;
        let stream = self.streams.get_mut(&ssrc)?;
        let time = rtp.time.numer();
        let shared = aligned.then_some(&mut self.clock);
        let capture_us = stream.clock.capture_us(time, now_us, shared);
        stream.meter.count(rtp.payload.len(), now_us);
        stream.latest_time = stream.latest_time.max(time);
        stream.latest_us = now_us;
        let start = match stream.kind {
            Kind::Audio => {
                let level = rtp.header.ext_vals.audio_level.map_or(UNTOLD_DB, f32::from);
                self.loudness.observe(level, now_us);
                Start::None
            }
            Kind::Video(_) => h264::start(&rtp.payload),
        };
        if start != Start::None {
            stream.keys.came();
        }
        let packet = Packet {
            seq: *rtp.seq_no,
            time,
            capture_us,
            empty: rtp.payload.is_empty(),
        };
        Some(Incoming {
            kind: stream.kind,
            run: stream.run,
            packet,
            start,
        })
    }

    /// Takes a sender report.
    pub(super) fn report(&mut self, feedback: &SenderFeedback) {
        let info = &feedback.sender_info;
        let Some(stream) = self.streams.get_mut(&info.ssrc) else {
            return;
        };
        let wall_us = micros(info.ntp_time);
        // The report's time is extended around the packets': both wrap at 32 bits.
        let ahead = (info.rtp_time.numer() as u32).wrapping_sub(stream.latest_time as u32) as i32;
        stream.clock.report(
            stream.latest_time.saturating_add_signed(i64::from(ahead)),
            wall_us,
        );
        let known = |audio: bool| {
            let mut streams = self.streams.values();
            streams.any(|stream| stream.clock.has_report() && (stream.kind == Kind::Audio) == audio)
        };
        self.aligned = known(true) && known(false);
    }

    /// Somebody needs a key frame of this layer. True: the connection has something to send.
    pub(super) fn want_key_frame(&mut self, rtc: &mut Rtc, layer: Layer, now_us: i64) -> bool {
        let Some((ssrc, stream)) = self.latest(layer) else {
            return false;
        };
        stream.keys.want(now_us) && request(rtc, ssrc)
    }

    /// Repeats requests that brought nothing. True: the connection has something to send.
    pub(super) fn repeat_requests(&mut self, rtc: &mut Rtc, now_us: i64) -> bool {
        let mut sent = false;
        for (ssrc, stream) in &mut self.streams {
            if stream.keys.due(now_us) {
                sent |= request(rtc, *ssrc);
            }
        }
        sent
    }

    /// The rate of a layer lately, in bits per second.
    pub(super) fn rate_bps(&self, layer: Layer, now_us: i64) -> u64 {
        let serving = self.streams.values().filter(|stream| stream.serves(layer));
        serving
            .map(|stream| stream.meter.bps(now_us))
            .max()
            .unwrap_or(0)
    }

    fn latest(&mut self, layer: Layer) -> Option<(Ssrc, &mut Stream)> {
        let serving = self
            .streams
            .iter_mut()
            .filter(|(_, stream)| stream.serves(layer));
        serving
            .max_by_key(|(_, stream)| stream.latest_us)
            .map(|(ssrc, stream)| (*ssrc, stream))
    }

    fn make_room(&mut self) {
        if self.streams.len() < MAX_STREAMS {
            return;
        }
        let oldest = self
            .streams
            .iter()
            .min_by_key(|(_, stream)| stream.latest_us)
            .map(|(ssrc, _)| *ssrc);
        if let Some(oldest) = oldest {
            self.streams.remove(&oldest);
        }
    }
}

impl Stream {
    /// Learns what a new SSRC is.
    fn find(rtc: &mut Rtc, ssrc: Ssrc, next_run: impl FnOnce() -> Run) -> Option<Self> {
        let (mid, rid) = {
            let mut direct = rtc.direct_api();
            let stream = direct.stream_rx(&ssrc)?;
            (stream.mid(), stream.rid())
        };
        let (kind, rate) = match rtc.media(mid)?.kind() {
            MediaKind::Audio => (Kind::Audio, audio::CLOCK_RATE),
            MediaKind::Video => (Kind::Video(Picture::of(rid)), video::CLOCK_RATE),
        };
        Some(Self {
            kind,
            run: next_run(),
            meter: Meter::default(),
            clock: StreamClock::new(rate),
            keys: KeyFrames::default(),
            latest_time: 0,
            latest_us: 0,
        })
    }

    fn serves(&self, layer: Layer) -> bool {
        match self.kind {
            Kind::Audio => false,
            Kind::Video(picture) => picture.layers().contains(&layer),
        }
    }
}

fn request(rtc: &mut Rtc, ssrc: Ssrc) -> bool {
    let mut direct = rtc.direct_api();
    let stream = direct.stream_rx(&ssrc);
    stream
        .map(|stream| stream.request_keyframe(KeyframeRequestKind::Pli))
        .is_some()
}

fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
