//! The numbering of one outgoing stream.
//!
//! Sequence numbers grow by one per packet of the source, so that a packet lost before the
//! bridge is a gap after it: the viewer asks for it again, or conceals it. Between two sources
//! there is no gap. Timestamps follow the capture time, so that all slots of a viewer share
//! one time base, and never go back.

use std::collections::VecDeque;

use super::{Numbers, Packet};

/// How far back a late packet is still placed, in packets. Over a second of the fullest video.
const WINDOW: u64 = 512;
/// A jump of the source beyond this is a restart, not a loss, in packets.
const JUMP: u64 = 512;
/// An error of the timestamps below this is left alone, in microseconds.
const DEAD_BAND_US: i64 = 5_000;
/// An error beyond this is corrected at once, in microseconds.
const RESET_US: i64 = 500_000;
/// Time between two small corrections, in microseconds of media.
const SLEW_EVERY_US: i64 = 30_000;
/// Size of a small correction of sound, in microseconds: 1 % of the time, which nobody hears.
const SLEW_SOUND_US: i64 = 300;
/// The same for pictures: a third of the time. A picture layer that starts with a turn is known by
/// its slow first key frame alone; until its time is right, all of its pictures come late.
const SLEW_PICTURES_US: i64 = 10_000;
/// The clock rate of every RTP video format, in Hz.
const VIDEO_RATE: u32 = 90_000;
/// Corrections remembered for late packets. Over a second of them.
const KEPT: usize = 40;

/// One outgoing stream: a fixed clock rate, a sequence that never breaks.
#[derive(Debug)]
pub struct Rewriter {
    rate: i64,
    slew_us: i64,
    /// Capture time that is timestamp 0.
    epoch_us: i64,
    /// Highest sequence number given or reserved for a gap.
    last_seq: u64,
    last_time: i64,
    flow: Option<Flow>,
    /// The source before, whose late packets still find the places kept for them.
    before: Option<Flow>,
}

/// How the numbers of the current source become those of the slot.
#[derive(Debug)]
struct Flow {
    first_seq: u64,
    max_seq: u64,
    max_time: u64,
    seen: Seen,
    /// `(from, shift)`: packets numbered `from` and later get `shift` added.
    seq_shifts: VecDeque<(u64, i64)>,
    time_shifts: VecDeque<(u64, i64)>,
}

impl Rewriter {
    /// A stream of `rate` ticks per second whose timestamp 0 is the capture time `epoch_us`;
    /// its first packet is numbered `first_seq`.
    pub fn new(rate: u32, epoch_us: i64, first_seq: u64) -> Self {
        Self {
            rate: i64::from(rate),
            slew_us: if rate == VIDEO_RATE {
                SLEW_PICTURES_US
            } else {
                SLEW_SOUND_US
            },
            epoch_us,
            last_seq: first_seq.saturating_sub(1),
            last_time: -1,
            flow: None,
            before: None,
        }
    }

    /// Starts a new source with this packet, right after all that was sent before.
    pub fn begin(&mut self, packet: &Packet) -> Numbers {
        let seq = self.last_seq + 1;
        let time = self.wanted_time(packet.capture_us).max(self.last_time + 1);
        let mut seen = Seen::default();
        seen.insert(packet.seq, packet.seq);
        self.before = self.flow.take();
        self.flow = Some(Flow {
            first_seq: packet.seq,
            max_seq: packet.seq,
            max_time: packet.time,
            seen,
            seq_shifts: VecDeque::from([(packet.seq, difference(seq, packet.seq))]),
            time_shifts: VecDeque::from([(packet.time, time.saturating_sub(signed(packet.time)))]),
        });
        self.last_seq = seq;
        self.last_time = time;
        Numbers {
            seq,
            time: unsigned(time),
        }
    }

    /// Numbers a late packet of the source before the current one: it was lost on the way to the
    /// bridge, and the viewer holds back what follows it. `None`: it has no place any more.
    pub fn forward_before(&mut self, packet: &Packet) -> Option<Numbers> {
        let flow = self.before.as_mut()?;
        let has_place = (flow.first_seq..flow.max_seq).contains(&packet.seq);
        if !has_place || packet.empty || !flow.seen.insert(packet.seq, flow.max_seq) {
            return None;
        }
        let seq = apply(packet.seq, shift_at(&flow.seq_shifts, packet.seq)?);
        let time = flow.known_time(packet.time)?;
        Some(Numbers {
            seq,
            time: unsigned(time),
        })
    }

    /// Numbers a packet of the current source. `None`: it is not to be sent (a duplicate,
    /// padding, older than the switch, too old, or no source was begun).
    pub fn forward(&mut self, packet: &Packet) -> Option<Numbers> {
        let flow = self.flow.as_mut()?;
        if packet.seq < flow.first_seq || !flow.seen.insert(packet.seq, flow.max_seq) {
            return None;
        }
        let newest = packet.seq > flow.max_seq;
        if newest {
            flow.advance(packet, self.last_seq);
        }
        let shift = shift_at(&flow.seq_shifts, packet.seq)?;
        if packet.empty {
            if newest {
                // Its number is given to the next packet: padding leaves no hole.
                remember(&mut flow.seq_shifts, packet.seq + 1, shift - 1);
                self.last_seq = apply(packet.seq, shift - 1).max(self.last_seq);
                // Packets of its frame may still come.
                self.time_of(packet, true);
            }
            return None;
        }
        let seq = apply(packet.seq, shift);
        self.last_seq = self.last_seq.max(seq);
        let time = self.time_of(packet, newest);
        Some(Numbers {
            seq,
            time: unsigned(time),
        })
    }

    fn time_of(&mut self, packet: &Packet, newest: bool) -> i64 {
        let wanted = self.wanted_time(packet.capture_us);
        let (dead_band, reset) = (self.ticks(DEAD_BAND_US), self.ticks(RESET_US));
        let (slew_every, slew) = (self.ticks(SLEW_EVERY_US), self.ticks(self.slew_us));
        let last = self.last_time;
        let Some(flow) = self.flow.as_mut() else {
            return last;
        };
        if !newest || packet.time == flow.max_time {
            let shift = shift_at(&flow.time_shifts, packet.time);
            let shift = shift.or(flow.time_shifts.front().map(|(_, shift)| *shift));
            return signed(packet.time)
                .saturating_add(shift.unwrap_or(0))
                .min(last);
        }
        let (since, shift) = flow.time_shifts.back().copied().unwrap_or((packet.time, 0));
        let straight = signed(packet.time).saturating_add(shift);
        let error = wanted.saturating_sub(straight);
        let time = if packet.time < flow.max_time {
            // The source's clock went back: start over from the capture time.
            flow.first_seq = packet.seq;
            flow.time_shifts.clear();
            wanted
        } else if error.abs() > reset {
            wanted
        } else if error.abs() > dead_band && difference(packet.time, since) >= slew_every {
            straight + error.clamp(-slew, slew)
        } else {
            straight
        };
        let time = time.max(last.saturating_add(1));
        let new_shift = time.saturating_sub(signed(packet.time));
        if new_shift != shift || flow.time_shifts.is_empty() {
            remember(&mut flow.time_shifts, packet.time, new_shift);
        }
        flow.max_time = packet.time;
        self.last_time = time;
        time
    }

    fn wanted_time(&self, capture_us: i64) -> i64 {
        self.ticks(capture_us.saturating_sub(self.epoch_us)).max(0)
    }

    fn ticks(&self, us: i64) -> i64 {
        // Split so that nothing overflows: whole seconds, then the rest.
        let rest = us % 1_000_000 * self.rate / 1_000_000;
        (us / 1_000_000)
            .saturating_mul(self.rate)
            .saturating_add(rest)
    }
}

impl Flow {
    /// The outgoing time of a timestamp that was passed already.
    fn known_time(&self, time: u64) -> Option<i64> {
        let shift = shift_at(&self.time_shifts, time)?;
        (time <= self.max_time).then(|| signed(time).saturating_add(shift))
    }

    /// Moves to a packet later than all before.
    fn advance(&mut self, packet: &Packet, last_seq: u64) {
        if packet.seq - self.max_seq > JUMP {
            // A restart: one number is left out, so that the viewer knows something is missing.
            let shift = difference(last_seq + 2, packet.seq);
            self.seq_shifts.clear();
            self.seq_shifts.push_back((packet.seq, shift));
            self.first_seq = packet.seq;
        }
        self.max_seq = packet.seq;
    }
}

/// Which of the last [`WINDOW`] sequence numbers came.
#[derive(Debug, Default)]
struct Seen {
    bits: [u64; (WINDOW / 64) as usize],
}

impl Seen {
    /// Notes a number; `max` is the highest noted before. False: it came before, or is too old
    /// to know.
    fn insert(&mut self, seq: u64, max: u64) -> bool {
        if seq > max {
            // Only the numbers that enter the window need to be cleared.
            let first = (max + 1).max(seq.saturating_sub(WINDOW - 1));
            for skipped in first..=seq {
                self.clear(skipped);
            }
        } else if max - seq >= WINDOW {
            return false;
        }
        let (word, bit) = place(seq);
        let fresh = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        fresh
    }

    fn clear(&mut self, seq: u64) {
        let (word, bit) = place(seq);
        self.bits[word] &= !bit;
    }
}

fn place(seq: u64) -> (usize, u64) {
    let at = seq % WINDOW;
    ((at / 64) as usize, 1 << (at % 64))
}

fn shift_at(shifts: &VecDeque<(u64, i64)>, at: u64) -> Option<i64> {
    shifts
        .iter()
        .rev()
        .find(|(from, _)| *from <= at)
        .map(|(_, shift)| *shift)
}

fn remember(shifts: &mut VecDeque<(u64, i64)>, from: u64, shift: i64) {
    shifts.push_back((from, shift));
    if shifts.len() > KEPT {
        shifts.pop_front();
    }
}

fn apply(value: u64, shift: i64) -> u64 {
    value.saturating_add_signed(shift)
}

fn difference(a: u64, b: u64) -> i64 {
    signed(a).saturating_sub(signed(b))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
