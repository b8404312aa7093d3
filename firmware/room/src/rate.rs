//! Pure. The bitrate of the large picture, from what the network is measured to carry.
//!
//! While a room is idle nothing large is sent, so the estimate sinks to what little is: it says
//! nothing about the network. A turn therefore starts at a middle rate, and the estimate counts once
//! the large picture itself has been measured for a while.

use std::time::{Duration, Instant};

/// What sound, the small picture and their overhead take of the estimate, in bit/s.
pub const BESIDE_MAIN: u64 = 220_000;
/// Below this the large picture is no picture, in bit/s.
const LEAST: u64 = 150_000;
/// How long the large picture is sent before estimates count.
const BLIND: Duration = Duration::from_secs(2);
/// A pause in the large picture after which it starts anew.
const PAUSE: Duration = Duration::from_secs(1);
/// The least time between two changes: each costs the encoder a little quality.
const BETWEEN: Duration = Duration::from_millis(500);

/// The large picture's bitrate; see the module.
#[derive(Debug)]
pub struct MainRate {
    most: u64,
    since: Option<Instant>,
    last_frame: Option<Instant>,
    changed: Option<Instant>,
}

impl MainRate {
    /// At most `most` bit/s.
    pub fn new(most: u64) -> Self {
        Self {
            most,
            since: None,
            last_frame: None,
            changed: None,
        }
    }

    /// What we would send if the network let us, in bit/s.
    pub fn desired(&self) -> u64 {
        self.most + BESIDE_MAIN
    }

    /// One frame of the large picture was sent; gives the rate to set when it is the first.
    pub fn sent(&mut self, now: Instant) -> Option<u64> {
        let paused = self.last_frame.is_none_or(|last| now > last + PAUSE);
        self.last_frame = Some(now);
        if !paused {
            return None;
        }
        self.since = Some(now);
        Some((self.most / 2).max(LEAST))
    }

    /// The network carries about `bps`; gives the rate to set, in bit/s.
    pub fn estimated(&mut self, bps: u64, now: Instant) -> Option<u64> {
        let sending = self.last_frame.is_some_and(|last| now <= last + PAUSE);
        let blind = self.since.is_none_or(|since| now < since + BLIND);
        let soon = self.changed.is_some_and(|changed| now < changed + BETWEEN);
        if !sending || blind || soon {
            return None;
        }
        self.changed = Some(now);
        let least = LEAST.min(self.most);
        Some(bps.saturating_sub(BESIDE_MAIN).clamp(least, self.most))
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_estimate_does_not_count() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut rate = MainRate::new(2_000_000);
        assert_eq!(rate.estimated(150_000, at(0)), None);
        assert_eq!(rate.sent(at(1000)), Some(1_000_000));
        assert_eq!(rate.estimated(150_000, at(1500)), None);
        assert_eq!(rate.sent(at(1900)), None);
    }

    #[test]
    fn a_measured_estimate_is_followed_within_bounds_and_not_too_often() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut rate = MainRate::new(2_000_000);
        for ms in (0..4600).step_by(40) {
            rate.sent(at(ms));
        }
        assert_eq!(rate.estimated(1_220_000, at(4000)), Some(1_000_000));
        assert_eq!(rate.estimated(500_000, at(4100)), None);
        assert_eq!(rate.estimated(100_000, at(4500)), Some(150_000));
        assert_eq!(rate.estimated(9_000_000, at(5000)), Some(2_000_000));
        assert_eq!(rate.estimated(9_000_000, at(9000)), None, "nothing is sent");
        assert_eq!(rate.sent(at(9040)), Some(1_000_000));
    }
}
