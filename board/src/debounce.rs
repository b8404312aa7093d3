//! A contact that bounces, made steady. Pure.
//!
//! Times are the kernel's monotonic clock, as edges carry it: a thread that comes late to its edges still tells a press from
//! a bounce.

use std::time::Duration;

/// A contact counts once it has stood still for so long. Snap-action switches bounce for 1 to 5 ms, cheap ones for up to
/// 15 ms; and it leaves more than half of the 50 ms in which a lamp is to answer.
pub const STEADY: Duration = Duration::from_millis(20);

/// One contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debounce {
    steady: bool,
    level: bool,
    since: Duration,
}

impl Debounce {
    /// A contact that is known to be closed (`down`) or open.
    pub const fn new(down: bool) -> Self {
        Self {
            steady: down,
            level: down,
            since: Duration::ZERO,
        }
    }

    /// Whether the contact is held closed.
    pub const fn is_down(&self) -> bool {
        self.steady
    }

    /// The contact was closed or open at `at`, by an edge or by looking. What it had become before that, if it had stood
    /// still for long enough.
    #[must_use]
    pub fn handle_level(&mut self, down: bool, at: Duration) -> Option<bool> {
        let before = self.handle_timeout(at);
        if self.level != down {
            self.level = down;
            self.since = at;
        }
        before
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        (self.level != self.steady).then(|| self.since + STEADY)
    }

    /// Lets time pass; says what the contact has become.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Duration) -> Option<bool> {
        let due = self.poll_timeout()?;
        (now >= due).then(|| {
            self.steady = self.level;
            self.steady
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What a contact becomes that has these levels at these times, looked at until the end.
    fn steady(levels: &[(Duration, bool)], end: Duration) -> Vec<bool> {
        let mut contact = Debounce::new(false);
        let mut changes = Vec::new();
        for (at, down) in levels {
            changes.extend(contact.handle_level(*down, *at));
        }
        changes.extend(contact.handle_timeout(end));
        changes
    }

    #[test]
    fn a_clean_press_counts_after_it_stood_still() {
        let mut contact = Debounce::new(false);
        assert_eq!(contact.handle_level(true, ms(100)), None);
        assert_eq!(contact.poll_timeout(), Some(ms(120)));
        assert_eq!(contact.handle_timeout(ms(119)), None);
        assert_eq!(contact.handle_timeout(ms(120)), Some(true));
        assert_eq!(contact.poll_timeout(), None);
    }

    #[test]
    fn a_spark_is_no_press() {
        let spark = [(ms(100), true), (ms(102), false)];
        assert_eq!(steady(&spark, ms(500)), []);
    }

    #[test]
    fn edges_that_are_read_late_count_by_their_own_times() {
        let press = [(ms(100), true), (ms(180), false)];
        assert_eq!(steady(&press, ms(900)), [true, false]);
    }

    #[test]
    fn a_level_that_was_looked_at_makes_up_for_a_lost_edge() {
        // The edge of the release was lost: looking says that the contact is open.
        let press = [(ms(100), true), (ms(600), false)];
        assert_eq!(steady(&press, ms(630)), [true, false]);
    }

    /// A move of the contact: edges closer to each other than `STEADY`, an odd number of them.
    fn bounces() -> impl Strategy<Value = Vec<Duration>> {
        prop::collection::vec(1..20_u64, 0..12).prop_map(|mut gaps| {
            gaps.truncate(gaps.len() / 2 * 2);
            gaps.into_iter().map(ms).collect()
        })
    }

    proptest! {
        #[test]
        fn any_bounce_is_one_press_and_one_release(
            down in bounces(), held in 20..5000_u64, up in bounces(), looks in prop::collection::vec(any::<bool>(), 40),
        ) {
            let mut contact = Debounce::new(false);
            let (mut at, mut level, mut changes) = (ms(1000), false, Vec::new());
            let mut looks = looks.into_iter().cycle();
            for moves in [down, up] {
                level = !level;
                changes.extend(contact.handle_level(level, at));
                for gap in moves {
                    at += gap;
                    level = !level;
                    changes.extend(contact.handle_level(level, at));
                    // Looking at the level, or letting time pass, in between changes nothing.
                    if looks.next() == Some(true) {
                        changes.extend(contact.handle_level(level, at));
                        changes.extend(contact.handle_timeout(at));
                    }
                }
                at += ms(held);
            }
            changes.extend(contact.handle_timeout(at));
            prop_assert_eq!(changes, [true, false]);
        }
    }
}
