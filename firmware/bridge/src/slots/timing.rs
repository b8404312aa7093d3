//! When a packet was captured, in the bridge's time.
//!
//! A stream's RTP time is mapped by the least delay seen lately: the packet that crossed the
//! network fastest tells how the two clocks lie, and following the minimum over some seconds
//! follows their drift. Once the sender reports (RFC 3550 section 6.4.1) of a publisher's
//! streams are known, they share one mapping, so that lips and voice stay together.

/// How long a minimum counts, in microseconds. Two such windows are looked at.
const WINDOW_US: i64 = 10_000_000;
/// Sender reports that move a stream further than this are not believed, in microseconds.
const BELIEVABLE_US: i64 = 1_000_000;

/// The least of a noisy delay, over the last 10 to 20 seconds.
#[derive(Clone, Copy, Debug, Default)]
struct MinDelay {
    began_us: i64,
    current: Option<i64>,
    previous: Option<i64>,
}

impl MinDelay {
    fn observe(&mut self, delay_us: i64, now_us: i64) {
        if now_us - self.began_us >= WINDOW_US {
            self.previous = self.current.take();
            self.began_us = now_us;
        }
        self.current = Some(self.current.map_or(delay_us, |least| least.min(delay_us)));
    }

    fn get(&self) -> Option<i64> {
        self.current.into_iter().chain(self.previous).min()
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The clock of one encoded stream.
#[derive(Debug)]
pub struct StreamClock {
    rate: i128,
    own: MinDelay,
    /// Media time and arrival of the latest packet.
    latest_us: Option<(i64, i64)>,
    report: Option<Report>,
}

#[derive(Clone, Copy, Debug)]
struct Report {
    time: u64,
    wall_us: i64,
}

/// What the streams of one publisher share.
#[derive(Debug, Default)]
pub struct PublisherClock {
    shared: MinDelay,
}

impl StreamClock {
    /// A stream of `rate` ticks per second.
    pub fn new(rate: u32) -> Self {
        Self {
            rate: i128::from(rate.max(1)),
            own: MinDelay::default(),
            latest_us: None,
            report: None,
        }
    }

    /// A sender report: the stream's timestamp `time` was `wall_us` on the sender's clock
    /// (microseconds since any fixed moment, the same for all streams of the publisher).
    pub fn report(&mut self, time: u64, wall_us: i64) {
        self.report = Some(Report { time, wall_us });
    }

    /// Whether a sender report of this stream is known.
    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// The capture time of the packet stamped `time` (extended) that arrived at `now_us`.
    /// `shared` is the publisher's clock when reports of at least two of its streams are known.
    pub fn capture_us(
        &mut self,
        time: u64,
        now_us: i64,
        shared: Option<&mut PublisherClock>,
    ) -> i64 {
        let media_us = self.us(time, 0);
        if self
            .latest_us
            .is_some_and(|(media, at)| (media_us - media - (now_us - at)).abs() > WINDOW_US)
        {
            // The sender's clock jumped: what was known of it is void.
            self.own.reset();
            self.report = None;
        }
        self.latest_us = Some((media_us, now_us));
        self.own.observe(now_us.saturating_sub(media_us), now_us);
        let own = media_us.saturating_add(self.own.get().unwrap_or(0));
        let Some((publisher, report)) = shared.zip(self.report) else {
            return own;
        };
        let wall_us = report.wall_us.saturating_add(self.us(time, report.time));
        publisher
            .shared
            .observe(now_us.saturating_sub(wall_us), now_us);
        let common = wall_us.saturating_add(publisher.shared.get().unwrap_or(0));
        if (common.saturating_sub(own)).abs() > BELIEVABLE_US {
            own
        } else {
            common
        }
    }

    /// Microseconds of media from `from` to `time`.
    fn us(&self, time: u64, from: u64) -> i64 {
        let us = (i128::from(time) - i128::from(from)) * 1_000_000 / self.rate;
        i64::try_from(us).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_does_not_move_the_capture_time() {
        let mut clock = StreamClock::new(90_000);
        let jitter_us = [3_000, 0, 9_000, 40_000, 2_000, 0, 7_000];
        for frame in 0..200_i64 {
            let arrival = 1_000_000 + frame * 40_000 + jitter_us[frame as usize % jitter_us.len()];
            let capture = clock.capture_us(5_000 + frame as u64 * 3_600, arrival, None);
            if frame > 0 {
                assert_eq!(capture, 1_000_000 + frame * 40_000);
            }
        }
    }

    #[test]
    fn a_drift_of_100_ppm_is_followed() {
        let mut clock = StreamClock::new(48_000);
        let mut worst = 0;
        for packet in 0..180_000_i64 {
            // One hour; the sender's clock is slow.
            let arrival = packet * 20_000 + packet * 2;
            let capture = clock.capture_us(packet as u64 * 960, arrival, None);
            worst = worst.max((capture - arrival).abs());
        }
        assert!(worst <= 2_000, "{worst} us off");
    }

    #[test]
    fn sender_reports_align_picture_and_voice() {
        // The voice is captured with the picture and arrives 60 ms earlier.
        let mut publisher = PublisherClock::default();
        let (mut audio, mut video) = (StreamClock::new(48_000), StreamClock::new(90_000));
        audio.report(1_000, 7_000_000);
        video.report(900_000, 7_000_000);
        let heard = audio.capture_us(1_000, 500_000, Some(&mut publisher));
        let seen = video.capture_us(900_000, 560_000, Some(&mut publisher));
        assert_eq!(heard, seen);
    }

    #[test]
    fn absurd_reports_are_not_believed() {
        let mut publisher = PublisherClock::default();
        let (mut audio, mut video) = (StreamClock::new(48_000), StreamClock::new(90_000));
        audio.report(0, 0);
        video.report(0, 3_600_000_000);
        audio.capture_us(0, 100_000, Some(&mut publisher));
        assert_eq!(video.capture_us(0, 120_000, Some(&mut publisher)), 120_000);
    }

    #[test]
    fn a_clock_that_jumps_is_learnt_anew() {
        let mut clock = StreamClock::new(90_000);
        clock.capture_us(0, 0, None);
        assert_eq!(clock.capture_us(90_000 * 3_600, 40_000, None), 40_000);
    }
}
