//! Counting packets and their rate.

/// Length of the window a rate is measured over, in microseconds.
const WINDOW_US: i64 = 1_000_000;

/// Packets and bytes of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meter {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    window_us: i64,
    bytes_then: u64,
    bps: u64,
}

impl Meter {
    pub(super) fn count(&mut self, bytes: usize, now_us: i64) {
        self.roll(now_us);
        self.packets += 1;
        self.bytes += bytes as u64;
    }

    /// The rate of the last full second, in bits per second; 0 when nothing came lately.
    pub(super) fn bps(&self, now_us: i64) -> u64 {
        if now_us - self.window_us > 2 * WINDOW_US {
            0
        } else {
            self.bps
        }
    }

    fn roll(&mut self, now_us: i64) {
        let elapsed = now_us - self.window_us;
        if elapsed < WINDOW_US {
            return;
        }
        let bits = (self.bytes - self.bytes_then).saturating_mul(8);
        self.bps = bits.saturating_mul(WINDOW_US.unsigned_abs()) / elapsed.unsigned_abs();
        self.window_us = now_us;
        self.bytes_then = self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_and_a_stopped_one_none() {
        let mut meter = Meter::default();
        for packet in 0..500 {
            meter.count(1_000, packet * 10_000);
        }
        let bps = meter.bps(5_000_000);
        assert!((792_000..=808_000).contains(&bps), "{bps}");
        assert_eq!(meter.bps(10_000_000), 0);
        assert_eq!((meter.packets, meter.bytes), (500, 500_000));
    }
}
