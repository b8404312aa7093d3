//! When to show and play what arrives: one clock for all slots of a box.
//!
//! The bridge stamps every slot on one time base (RTP time = its own clock times the clock rate),
//! so one offset turns RTP time into this machine's monotonic time, for sound and picture alike:
//! lip sync costs nothing. The offset follows the quickest packets (they waited nowhere) and grows
//! when too many others come late. A foreign server may give each stream a base of its own; a slot
//! whose offset lies far from the others' is then kept apart.

use std::collections::BTreeMap;

/// A slot's number; sound and picture together.
pub type Slot = u8;

/// Slots whose offsets differ by more than this do not share a time base.
const SAME_BASE: i64 = 500_000_000;
/// How long the quickest packet counts: clock drift of 50 ppm moves by 0.5 ms in this time.
const WINDOW: u64 = 10_000_000_000;
/// Lateness that the sinks' own latency absorbs.
const ABSORBED: i64 = 25_000_000;
/// The most that is added for late packets: beyond it people notice the delay more than a gap.
const MAX_MARGIN: i64 = 250_000_000;
/// So fast the margin falls, one part in this many of the time: 5 ms a second. Sound that follows it
/// passes over a few samples; faster, that would be heard.
const FALL: u64 = 200;
/// A jump of the time base: the stream has begun anew.
const RESTART: i64 = 2_000_000_000;

/// The quickest transit over the last one to two windows, in ns.
#[derive(Debug, Clone, Copy)]
struct Quickest {
    now: i64,
    before: i64,
    since: u64,
    heard: u64,
}

impl Quickest {
    fn new(transit: i64, at: u64) -> Self {
        Self {
            now: transit,
            before: transit,
            since: at,
            heard: at,
        }
    }

    fn add(&mut self, transit: i64, at: u64) {
        if at.saturating_sub(self.since) > WINDOW {
            self.before = self.now;
            self.now = transit;
            self.since = at;
        }
        self.now = self.now.min(transit);
        self.heard = at;
    }

    fn get(&self) -> i64 {
        self.now.min(self.before)
    }
}

/// Turns RTP time into the machine's monotonic time.
#[derive(Debug, Default)]
pub struct Playout {
    slots: BTreeMap<Slot, Quickest>,
    margin: i64,
    /// When the margin was last changed, in ns of the monotonic clock.
    followed: u64,
}

impl Playout {
    /// A clock that has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// When a frame is due, in ns of the machine's monotonic clock.
    ///
    /// `rtp` is the extended RTP time, `rate` its clock rate in Hz, `arrival` the monotonic time
    /// of the frame's first packet in ns. The sinks add their own fixed latency.
    pub fn due(&mut self, slot: Slot, rtp: u64, rate: u32, arrival: u64) -> u64 {
        let media = media_ns(rtp, rate);
        let transit = arrival as i64 - media;
        let mine = self
            .slots
            .entry(slot)
            .or_insert_with(|| Quickest::new(transit, arrival));
        if (transit - mine.get()).abs() > RESTART {
            *mine = Quickest::new(transit, arrival);
        }
        mine.add(transit, arrival);
        let mine = mine.get();
        let base = self
            .slots
            .values()
            .filter(|other| other.heard + WINDOW > arrival)
            .map(Quickest::get)
            .filter(|other| (other - mine).abs() < SAME_BASE)
            .max()
            .unwrap_or(mine);
        self.follow(transit - base, arrival);
        u64::try_from(media + base + self.margin).unwrap_or(0)
    }

    /// Late frames raise the margin at once; it falls slowly, however many slots are heard.
    fn follow(&mut self, late: i64, arrival: u64) {
        let wanted = (late - ABSORBED).clamp(0, MAX_MARGIN);
        let fallen = arrival.saturating_sub(self.followed) / FALL;
        self.followed = self.followed.max(arrival);
        let fallen = i64::try_from(fallen).unwrap_or(i64::MAX);
        self.margin = wanted.max(self.margin.saturating_sub(fallen));
    }
}

fn media_ns(rtp: u64, rate: u32) -> i64 {
    // Multiply before dividing: the other way loses the fraction.
    i64::try_from(u128::from(rtp) * 1_000_000_000 / u128::from(rate.max(1))).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_steady_stream_is_due_when_it_arrives() {
        let mut playout = Playout::new();
        for n in 0..100_u64 {
            let due = playout.due(0, n * 3600, 90_000, 5_000 * MS + n * 40 * MS);
            assert_eq!(due, 5_000 * MS + n * 40 * MS);
        }
    }

    #[test]
    fn sound_waits_for_the_slower_picture() {
        let mut playout = Playout::new();
        let mut sound = 0;
        let mut picture = 0;
        for n in 0..50_u64 {
            let at = 1_000 * MS + n * 20 * MS;
            sound = playout.due(0, n * 960, 48_000, at + 5 * MS);
            picture = playout.due(1, n * 1800, 90_000, at + 18 * MS);
        }
        assert_eq!(sound, picture);
    }

    #[test]
    fn a_slot_that_fell_silent_holds_nobody_up() {
        let mut playout = Playout::new();
        playout.due(1, 0, 90_000, 1_100 * MS);
        assert_eq!(playout.due(0, 0, 48_000, 1_000 * MS), 1_100 * MS);
        let later = playout.due(0, 48_000 * 15, 48_000, 16_000 * MS);
        assert_eq!(later, 16_000 * MS);
    }

    #[test]
    fn a_foreign_time_base_stays_apart() {
        let mut playout = Playout::new();
        playout.due(0, 0, 48_000, 1_000 * MS);
        assert_eq!(
            playout.due(1, 90_000 * 3600, 90_000, 1_000 * MS),
            1_000 * MS
        );
        assert_eq!(playout.due(0, 960, 48_000, 1_020 * MS), 1_020 * MS);
    }

    #[test]
    fn a_stream_that_begins_anew_is_due_at_once() {
        let mut playout = Playout::new();
        playout.due(0, 90_000 * 60, 90_000, 60_000 * MS);
        assert_eq!(playout.due(0, 0, 90_000, 61_000 * MS), 61_000 * MS);
    }

    #[test]
    fn after_a_late_frame_playout_returns_by_five_milliseconds_a_second_whatever_is_heard() {
        for slots in [1, 6] {
            let mut playout = Playout::new();
            let mut delays = Vec::new();
            for n in 0..200_u64 {
                let sent = n * 20 * MS;
                let arrival = 1_000 * MS + sent + if n == 49 { 85 * MS } else { 0 };
                for slot in 0..slots {
                    let due = playout.due(slot, n * 960, 48_000, arrival);
                    delays.push((due - sent - 1_000 * MS) / MS);
                }
            }
            let at = |n: usize| delays[n * usize::from(slots)];
            assert_eq!((at(48), at(49)), (0, 60), "{slots}");
            assert!((54..=56).contains(&at(103)), "{} of {slots}", at(103));
            assert!((49..=51).contains(&at(153)), "{} of {slots}", at(153));
        }
    }

    proptest! {
        #[test]
        fn jitter_never_makes_a_frame_due_earlier_than_the_quickest_could_come(
            jitter in prop::collection::vec(0_u64..120, 20..200)
        ) {
            let mut playout = Playout::new();
            for (n, jitter) in jitter.into_iter().enumerate() {
                let sent = 1_000 * MS + n as u64 * 40 * MS;
                let due = playout.due(0, n as u64 * 3600, 90_000, sent + jitter * MS);
                prop_assert!(due >= sent);
                prop_assert!(due <= sent + 500 * MS);
            }
        }
    }
}
