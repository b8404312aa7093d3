//! Sources made by code: an `appsrc` that asks for the next buffer, paced by a `clocksync` behind it.

use gstreamer as gst;
use gstreamer_app as gst_app;

/// A feed that lags more than this behind the clock jumps ahead instead of catching up.
const MOST_LATE_NS: u64 = 500_000_000;

/// Gives the time stamps of a live source with equal steps.
#[derive(Debug)]
pub(crate) struct Pace {
    step_num: u64,
    step_den: u64,
    start_ns: u64,
    count: u64,
}

impl Pace {
    /// Steps of `num / den` seconds, from now on.
    pub(crate) fn new(num: u64, den: u64, now_ns: u64) -> Self {
        Self {
            step_num: num,
            step_den: den.max(1),
            start_ns: now_ns,
            count: 0,
        }
    }

    /// The next buffer's time stamp and duration, in nanoseconds.
    pub(crate) fn next(&mut self, now_ns: u64) -> (u64, u64) {
        self.advance(1, now_ns)
    }

    /// The same for a buffer that is `steps` steps long.
    pub(crate) fn advance(&mut self, steps: u64, now_ns: u64) -> (u64, u64) {
        if self.at(self.count) + MOST_LATE_NS < now_ns {
            self.start_ns = now_ns;
            self.count = 0;
        }
        let (from, to) = (self.at(self.count), self.at(self.count + steps));
        self.count += steps;
        (from, to - from)
    }

    fn at(&self, count: u64) -> u64 {
        // Wide, since multiplying comes before dividing.
        let offset = u128::from(count) * u128::from(self.step_num) * 1_000_000_000
            / u128::from(self.step_den);
        self.start_ns + u64::try_from(offset).unwrap_or(0)
    }
}

/// Feeds a source whenever it is hungry. An error is posted on the pipeline's bus.
pub(crate) fn feed<F>(source: &gst_app::AppSrc, mut next: F)
where
    F: FnMut() -> Result<gst::Buffer, String> + Send + 'static,
{
    let callbacks = gst_app::AppSrcCallbacks::builder()
        .need_data(move |source, _| match next() {
            // Refused only while the pipeline stops.
            Ok(buffer) => drop(source.push_buffer(buffer)),
            Err(reason) => {
                gst::element_error!(source, gst::ResourceError::Read, ("{reason}"));
                let _ = source.end_of_stream();
            }
        })
        .build();
    source.set_callbacks(callbacks);
}

/// A buffer of bytes with its time.
pub(crate) fn stamped(mut buffer: gst::Buffer, (pts, duration): (u64, u64)) -> gst::Buffer {
    let meta = buffer.make_mut();
    // A file that begins anew follows what was before, as far as time is concerned.
    meta.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
    meta.set_pts(gst::ClockTime::from_nseconds(pts));
    meta.set_dts(gst::ClockTime::NONE);
    meta.set_duration(gst::ClockTime::from_nseconds(duration));
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_do_not_drift() {
        let mut pace = Pace::new(1, 30, 1000);
        let stamps: Vec<u64> = (0..31).map(|_| pace.next(1000).0).collect();
        assert_eq!(stamps[0], 1000);
        assert_eq!(stamps[30], 1_000_001_000);
    }

    #[test]
    fn a_feed_that_slept_jumps_to_the_present() {
        let mut pace = Pace::new(1, 25, 0);
        pace.next(0);
        assert_eq!(pace.next(400_000_000).0, 40_000_000);
        assert_eq!(pace.next(5_000_000_000).0, 5_000_000_000);
    }
}
