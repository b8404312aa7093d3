//! When to ask a source for a key frame.
//!
//! Many viewers that wait for one picture make one request; a request that brings nothing is
//! repeated.

/// The least time between two requests to one source, in microseconds. An encoder that gets
/// them faster makes nothing but key frames.
pub const INTERVAL_US: i64 = 300_000;

/// The requests to one encoded stream.
#[derive(Debug, Default)]
pub struct KeyFrames {
    last_us: Option<i64>,
    pending: bool,
}

impl KeyFrames {
    /// Somebody needs a key frame. True: ask the source now.
    pub fn want(&mut self, now_us: i64) -> bool {
        self.pending = true;
        self.due(now_us)
    }

    /// Time passed. True: ask the source now, nothing came of the last request.
    pub fn due(&mut self, now_us: i64) -> bool {
        let early = self.last_us.is_some_and(|last| now_us - last < INTERVAL_US);
        let due = self.pending && !early;
        if due {
            self.last_us = Some(now_us);
        }
        due
    }

    /// A key frame came.
    pub fn came(&mut self) {
        self.pending = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_wishes_are_one_request_repeated_until_the_frame_comes() {
        let mut frames = KeyFrames::default();
        let asked: Vec<i64> = (0..1000)
            .step_by(10)
            .filter(|ms| frames.want(ms * 1000))
            .collect();
        assert_eq!(asked, [0, 300, 600, 900]);
        frames.came();
        assert!(!frames.due(2_000_000));
    }

    #[test]
    fn a_wish_too_soon_after_a_request_is_kept() {
        let mut frames = KeyFrames::default();
        assert!(frames.want(0));
        frames.came();
        assert!(!frames.want(100_000));
        assert!(!frames.due(200_000));
        assert!(frames.due(300_000));
    }
}
