//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
/// Short, since a whole room waits; a bridge with 16 rooms bears 8 attempts a second.
const LONGEST: Duration = Duration::from_secs(2);

/// Doubles from 0.25 s to 2 s.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after one more failure.
    pub fn failed(&mut self) -> Duration {
        let wait = FIRST * 2_u32.pow(self.failures.min(10));
        self.failures += 1;
        wait.min(LONGEST)
    }

    /// Starts again from the shortest wait.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_two_seconds_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..6).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 2000, 2000]);
        backoff.succeeded();
        assert_eq!(backoff.failed().as_millis(), 250);
    }
}
