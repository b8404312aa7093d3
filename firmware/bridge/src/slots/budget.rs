//! What a viewer's link can carry: thumbs go first, then the main picture gets smaller, sound
//! is never touched.

/// Sound of three slots with its headers, in bits per second.
const AUDIO_BPS: u64 = 180_000;
/// A step down waits for a shortage this long, in microseconds. The estimate dips for a second when
/// a viewer joins and at each change of the floor, while nothing is lost.
const DOWN_US: i64 = 2_000_000;
/// The same for a shortage that sound would feel soon: under [`SEVERE_PERCENT`] of what is needed.
const DOWN_SEVERE_US: i64 = 500_000;
/// Below this part of what is needed a shortage is severe.
const SEVERE_PERCENT: u64 = 50;
/// A step up waits for room this long, in microseconds.
const UP_US: i64 = 2_000_000;
/// Room for a step up: the estimate is this part of what it needs.
const ROOM_PERCENT: u64 = 110;
/// Smallest main picture rate assumed, in bits per second, before any was measured.
const MAIN_FLOOR_BPS: u64 = 300_000;
/// The same for a thumb.
const THUMB_FLOOR_BPS: u64 = 60_000;

/// What is sent, from the most to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowance {
    /// Everything.
    Full,
    /// The main picture and sound.
    NoThumbs,
    /// The small picture in the main slot, and sound.
    SmallMain,
}

/// Rates of what a viewer is to see, in bits per second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// The main picture.
    pub main: u64,
    /// All thumbs together.
    pub thumbs: u64,
    /// The small picture of the main slot's room.
    pub small_main: u64,
}

/// The state of one viewer's link.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    allowance: Allowance,
    estimate_bps: Option<u64>,
    short_since: Option<i64>,
    severe_since: Option<i64>,
    room_since: Option<i64>,
}

impl Budget {
    /// A link of which nothing is known: everything is sent.
    pub fn new() -> Self {
        Self {
            allowance: Allowance::Full,
            estimate_bps: None,
            short_since: None,
            severe_since: None,
            room_since: None,
        }
    }

    /// What may be sent.
    pub fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// The last estimate of the link, in bits per second.
    pub fn estimate_bps(&self) -> Option<u64> {
        self.estimate_bps
    }

    /// A new estimate of the link, in bits per second.
    pub fn estimate(&mut self, bps: u64) {
        self.estimate_bps = Some(bps);
    }

    /// What the congestion control should find out whether the link can carry, in bits per second.
    pub fn desired_bps(rates: &Rates) -> u64 {
        needed(Allowance::Full, rates) * 3 / 2
    }

    /// Time passed. True: the allowance changed.
    pub fn update(&mut self, rates: &Rates, now_us: i64) -> bool {
        let Some(estimate) = self.estimate_bps else {
            return false;
        };
        let now_needed = needed(self.allowance, rates);
        let short = estimate < now_needed;
        let severe = estimate < now_needed * SEVERE_PERCENT / 100;
        let room = better(self.allowance)
            .is_some_and(|up| estimate > needed(up, rates) * ROOM_PERCENT / 100);
        let short_for = held(&mut self.short_since, short, now_us);
        let severe_for = held(&mut self.severe_since, severe, now_us);
        let room_for = held(&mut self.room_since, room, now_us);
        let next = if short_for >= DOWN_US || severe_for >= DOWN_SEVERE_US {
            worse(self.allowance)
        } else if room_for >= UP_US {
            better(self.allowance)
        } else {
            None
        };
        let Some(next) = next else { return false };
        self.allowance = next;
        self.short_since = None;
        self.severe_since = None;
        self.room_since = None;
        true
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

fn needed(allowance: Allowance, rates: &Rates) -> u64 {
    let small = rates.small_main.max(THUMB_FLOOR_BPS);
    let main = rates.main.max(MAIN_FLOOR_BPS);
    match allowance {
        Allowance::Full => AUDIO_BPS + main + rates.thumbs,
        Allowance::NoThumbs => AUDIO_BPS + main,
        Allowance::SmallMain => AUDIO_BPS + small,
    }
}

fn worse(allowance: Allowance) -> Option<Allowance> {
    match allowance {
        Allowance::Full => Some(Allowance::NoThumbs),
        Allowance::NoThumbs => Some(Allowance::SmallMain),
        Allowance::SmallMain => None,
    }
}

fn better(allowance: Allowance) -> Option<Allowance> {
    match allowance {
        Allowance::Full => None,
        Allowance::NoThumbs => Some(Allowance::Full),
        Allowance::SmallMain => Some(Allowance::NoThumbs),
    }
}

/// For how long a condition has held, in microseconds.
fn held(since: &mut Option<i64>, holds: bool, now_us: i64) -> i64 {
    *since = if holds {
        Some(since.unwrap_or(now_us))
    } else {
        None
    };
    since.map_or(0, |since| now_us - since)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        main: 1_500_000,
        thumbs: 400_000,
        small_main: 100_000,
    };

    fn run(budget: &mut Budget, from_s: i64, bps: u64) -> Allowance {
        budget.estimate(bps);
        for tick in 0..100 {
            budget.update(&RATES, from_s * 1_000_000 + tick * 50_000);
        }
        budget.allowance()
    }

    #[test]
    fn thumbs_go_first_then_the_main_picture_gets_smaller() {
        let mut budget = Budget::new();
        assert_eq!(run(&mut budget, 0, 3_000_000), Allowance::Full);
        assert_eq!(run(&mut budget, 5, 1_900_000), Allowance::NoThumbs);
        assert_eq!(run(&mut budget, 10, 600_000), Allowance::SmallMain);
        assert_eq!(
            run(&mut budget, 15, 50_000),
            Allowance::SmallMain,
            "there is nothing less"
        );
    }

    #[test]
    fn what_was_dropped_comes_back_when_there_is_room() {
        let mut budget = Budget::new();
        run(&mut budget, 0, 200_000);
        assert_eq!(run(&mut budget, 5, 2_200_000), Allowance::NoThumbs);
        assert_eq!(
            run(&mut budget, 10, 2_200_000),
            Allowance::NoThumbs,
            "enough, but no margin"
        );
        assert_eq!(run(&mut budget, 15, 3_000_000), Allowance::Full);
    }

    #[test]
    fn a_short_dip_changes_nothing() {
        let mut budget = Budget::new();
        for (us, bps) in [(0, 100_000), (400_000, 1_500_000), (1_900_000, 1_500_000)] {
            budget.estimate(bps);
            assert!(!budget.update(&RATES, us));
        }
        budget.estimate(3_000_000);
        assert!(!budget.update(&RATES, 2_100_000));
        assert_eq!(budget.allowance(), Allowance::Full);
    }

    #[test]
    fn a_severe_shortage_is_answered_at_once() {
        let mut budget = Budget::new();
        budget.estimate(500_000);
        assert!(!budget.update(&RATES, 0));
        assert!(budget.update(&RATES, 500_000));
        assert_eq!(budget.allowance(), Allowance::NoThumbs);
    }
}
