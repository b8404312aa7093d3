//! What goes to one viewer: its slots, filled by the plan, cut to its link.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use conference::RoomId;
use str0m::media::{MediaKind, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};

use crate::slots::audio::{self, AudioChoice, Loudness};
use crate::slots::budget::{Allowance, Budget};
use crate::slots::plan::{Plan, Stage, THUMBS};
use crate::slots::rewrite::Rewriter;
use crate::slots::video::{Arrival, Forward, VideoSlot};
use crate::slots::{Layer, Numbers, Run, SourceId};

use super::offer::Section;
use super::publisher::Incoming;

/// Picture slots of a viewer: main, then thumbs.
pub(super) const MAX_VIDEO: usize = 1 + THUMBS;
/// Audio slots of a viewer.
pub(super) const MAX_AUDIO: usize = 3;
/// The first sequence number of a slot. Any below 2^16 would do: the streams are encrypted, so
/// nothing is gained by a random one (RFC 3550 section 5.1).
const FIRST_SEQ: u64 = 1;
/// The slots' timestamp 0 lies this long before the viewer came, in microseconds, so that
/// packets captured just before have a timestamp too.
const HEAD_START_US: i64 = 1_000_000;

pub(super) struct Viewer {
    pub(super) room: Option<RoomId>,
    pub(super) video: Vec<VideoOut>,
    pub(super) audio: Vec<AudioOut>,
    pub(super) budget: Budget,
    pub(super) rtt_us: Option<u64>,
    pub(super) loss: Option<f32>,
    plan: Plan,
    choice: AudioChoice,
    desired_bps: u64,
    shown: Vec<Option<RoomId>>,
}

pub(super) struct VideoOut {
    pub(super) mid: Mid,
    pub(super) slot: VideoSlot<Arc<RtpPacket>>,
    pub(super) packets: u64,
    pt: Pt,
}

pub(super) struct AudioOut {
    pub(super) room: Option<RoomId>,
    pub(super) packets: u64,
    mid: Mid,
    pt: Pt,
    out: Rewriter,
    run: Option<Run>,
}

/// A picture that has just changed its source.
pub(super) struct Switched {
    pub(super) slot: usize,
    pub(super) room: RoomId,
    pub(super) waited_us: i64,
}

/// What is to be sent to one viewer.
pub(super) struct Sends {
    pub(super) packets: VecDeque<(Mid, RtpWrite)>,
    pub(super) switched: Vec<Switched>,
    scratch: Vec<Forward<Arc<RtpPacket>>>,
    epoch: Instant,
}

impl Sends {
    /// Nothing yet; `epoch` is the bridge's time 0.
    pub(super) fn new(epoch: Instant) -> Self {
        Self {
            packets: VecDeque::new(),
            switched: Vec::new(),
            scratch: Vec::new(),
            epoch,
        }
    }

    fn at(&self, us: i64) -> Instant {
        self.epoch + Duration::from_micros(u64::try_from(us).unwrap_or(0))
    }
}

impl Viewer {
    /// `sections` in the order of the offer; those past the slots stay empty.
    pub(super) fn new(room: Option<RoomId>, sections: &[Section], now_us: i64) -> Self {
        let epoch_us = now_us - HEAD_START_US;
        let of = |kind: MediaKind| sections.iter().filter(move |section| section.kind == kind);
        let video: Vec<_> = of(MediaKind::Video)
            .take(MAX_VIDEO)
            .map(|s| VideoOut {
                mid: s.mid,
                pt: s.pt,
                slot: VideoSlot::new(epoch_us, FIRST_SEQ),
                packets: 0,
            })
            .collect();
        let audio: Vec<_> = of(MediaKind::Audio)
            .take(MAX_AUDIO)
            .map(|section| AudioOut::new(section, epoch_us))
            .collect();
        let choice = AudioChoice::new(audio.len());
        Self {
            room,
            video,
            audio,
            budget: Budget::new(),
            rtt_us: None,
            loss: None,
            plan: Plan::default(),
            choice,
            desired_bps: 0,
            shown: Vec::new(),
        }
    }

    /// Fills the picture slots anew.
    pub(super) fn set_stage(&mut self, stage: &Stage<'_>, now_us: i64) {
        self.plan = self.plan.next(stage, self.room);
        let allowance = self.budget.allowance();
        let rooms = std::iter::once(self.plan.main).chain(self.plan.thumbs);
        for (at, (out, room)) in self.video.iter_mut().zip(rooms).enumerate() {
            let layer = match (at, allowance) {
                (0, Allowance::Full | Allowance::NoThumbs) => Some(Layer::Main),
                (0, Allowance::SmallMain) | (_, Allowance::Full) => Some(Layer::Thumb),
                (_, Allowance::NoThumbs | Allowance::SmallMain) => None,
            };
            let wish = room
                .zip(layer)
                .map(|(room, layer)| SourceId { room, layer });
            out.slot.set_wish(wish, now_us);
        }
    }

    /// Chooses anew who is heard.
    pub(super) fn choose_audio(
        &mut self,
        rooms: &[(RoomId, Loudness)],
        floor: Option<RoomId>,
        now_us: i64,
    ) {
        self.choice.choose(rooms, floor, self.room, now_us);
        for (out, room) in self.audio.iter_mut().zip(self.choice.slots()) {
            out.room = *room;
        }
    }

    /// The room whose large picture this viewer is to be sent.
    pub(super) fn wants_main_of(&self) -> Option<RoomId> {
        let wish = self.video.first()?.slot.wish()?;
        (wish.layer == Layer::Main).then_some(wish.room)
    }

    /// The rooms of the main slot and of the thumbs, whatever the link allows.
    pub(super) fn planned(&self) -> (Option<RoomId>, impl Iterator<Item = RoomId>) {
        let thumbs = self.video.len().saturating_sub(1);
        (
            self.plan.main,
            self.plan.thumbs.into_iter().take(thumbs).flatten(),
        )
    }

    /// The room that flows in each picture slot, if that is not what was told last.
    pub(super) fn new_shows(&mut self) -> Option<Vec<Option<RoomId>>> {
        let flowing = |out: &VideoOut| out.slot.flowing().map(|source| source.room);
        let same = self.shown.len() == self.video.len()
            && self
                .video
                .iter()
                .zip(&self.shown)
                .all(|(out, shown)| flowing(out) == *shown);
        if same {
            return None;
        }
        self.shown = self.video.iter().map(flowing).collect();
        Some(self.shown.clone())
    }

    /// What the congestion control is to be told to look for, when that differs by much from
    /// what it was told last. Bits per second.
    pub(super) fn new_desire(&mut self, bps: u64) -> Option<u64> {
        if bps.abs_diff(self.desired_bps) <= self.desired_bps / 5 {
            return None;
        }
        self.desired_bps = bps;
        Some(bps)
    }

    /// Takes a picture packet; what is to be sent of it, and what was kept before it, is added.
    pub(super) fn take_video(
        &mut self,
        arrival: &Arrival,
        rtp: &Arc<RtpPacket>,
        sends: &mut Sends,
    ) {
        for (slot, out) in self.video.iter_mut().enumerate() {
            out.slot.handle(arrival, rtp, &mut sends.scratch);
            out.add(slot, sends);
        }
    }

    /// Time passed: lets pictures go that were kept.
    pub(super) fn handle_timeout(&mut self, now_us: i64, sends: &mut Sends) {
        for (slot, out) in self.video.iter_mut().enumerate() {
            out.slot.handle_timeout(now_us, &mut sends.scratch);
            out.add(slot, sends);
        }
    }

    /// Takes a sound packet of a room.
    pub(super) fn take_audio(
        &mut self,
        room: RoomId,
        incoming: &Incoming,
        rtp: &RtpPacket,
        sends: &mut Sends,
    ) {
        let Some(out) = self.audio.iter_mut().find(|out| out.room == Some(room)) else {
            return;
        };
        let first = out.run != Some(incoming.run);
        if first && incoming.packet.empty {
            return;
        }
        let numbers = if first {
            out.run = Some(incoming.run);
            Some(out.out.begin(&incoming.packet))
        } else {
            out.out.forward(&incoming.packet)
        };
        let Some(numbers) = numbers else { return };
        let told = &rtp.header.ext_vals;
        let ext_vals = ExtensionValues {
            audio_level: told.audio_level,
            voice_activity: told.voice_activity,
            ..Default::default()
        };
        // The first packet of another room starts a talk spurt (RFC 7587 section 4.2).
        let marker = first || rtp.header.marker;
        let packet = write(out.pt, numbers, sends.at(incoming.packet.capture_us), rtp);
        sends
            .packets
            .push_back((out.mid, packet.marker(marker).ext_vals(ext_vals)));
        out.packets += 1;
    }
}

impl VideoOut {
    /// Turns what the slot lets go into packets.
    fn add(&mut self, slot: usize, sends: &mut Sends) {
        for forward in std::mem::take(&mut sends.scratch) {
            let rtp = &forward.body;
            let ext_vals = ExtensionValues {
                video_orientation: rtp.header.ext_vals.video_orientation,
                ..Default::default()
            };
            let packet = write(self.pt, forward.numbers, sends.at(forward.capture_us), rtp);
            let packet = packet
                .marker(rtp.header.marker)
                .nackable(true)
                .ext_vals(ext_vals);
            sends.packets.push_back((self.mid, packet));
            self.packets += 1;
            let room = self.slot.flowing().map(|source| source.room);
            if let Some((waited_us, room)) = forward.switched_after_us.zip(room) {
                sends.switched.push(Switched {
                    slot,
                    room,
                    waited_us,
                });
            }
        }
    }
}

impl AudioOut {
    fn new(section: &Section, epoch_us: i64) -> Self {
        Self {
            room: None,
            packets: 0,
            mid: section.mid,
            pt: section.pt,
            out: Rewriter::new(audio::CLOCK_RATE, epoch_us, FIRST_SEQ),
            run: None,
        }
    }
}

fn write(pt: Pt, numbers: Numbers, wallclock: Instant, rtp: &RtpPacket) -> RtpWrite {
    RtpWrite::new(
        pt,
        numbers.seq.into(),
        numbers.time as u32,
        wallclock,
        rtp.payload.clone(),
    )
}
