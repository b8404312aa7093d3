//! How far it is, for somebody who waits.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Where nobody looks at a terminal, work shorter than this says nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at a terminal, and between two lines in a log.
const AGAIN: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

/// A line on standard error that tells how far it is.
pub struct Progress {
    started: Instant,
    next: Duration,
    terminal: bool,
    shown: bool,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock of a command that somebody waits for"
)]
fn now() -> Instant {
    Instant::now()
}

impl Progress {
    /// Begins to count.
    pub fn start() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            started: now(),
            next: if terminal { Duration::ZERO } else { PATIENCE },
            terminal,
            shown: false,
        }
    }

    /// Shows, when it is time to, how many samples were done of a file of such a length.
    pub fn show(&mut self, samples: u64, total: impl FnOnce() -> Option<Duration>) {
        let took = now() - self.started;
        if took < self.next {
            return;
        }
        self.next = took + AGAIN[usize::from(!self.terminal)];
        let line = line(samples, total(), took);
        // A closed standard error is no reason to stop.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
        self.shown = true;
    }

    /// Takes the line away; what was written to a log stays.
    pub fn clear(&mut self) {
        if self.shown && self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// An error's message begins on a line of its own.
impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "to be read by people; lengths are far below 2^52"
)]
fn line(samples: u64, total: Option<Duration>, took: Duration) -> String {
    let done = samples as f64 / f64::from(gate::RATE);
    let speed = done / took.as_secs_f64().max(0.001);
    let total = total.filter(|total| total.as_secs_f64() >= done);
    match total {
        Some(total) => {
            let length = (total.as_secs_f64() * f64::from(gate::RATE)) as u64;
            let share = 100.0 * done / total.as_secs_f64().max(done).max(1e-9);
            let (at, of) = (clock(samples), clock(length));
            format!("{share:3.0} %  {at} of {of}  {speed:.0} times as fast as it was spoken")
        }
        None => format!(
            "{}  {speed:.0} times as fast as it was spoken",
            clock(samples)
        ),
    }
}

/// Samples at 48 kHz as `h:mm:ss` or `m:ss`; under ten seconds with their milliseconds.
pub fn clock(samples: u64) -> String {
    let rate = u64::from(gate::RATE);
    let ms = (samples * 1000 + rate / 2) / rate;
    let s = ms / 1000;
    if ms < 10_000 {
        format!("{s}.{:03} s", ms % 1000)
    } else if s < 3600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_as_people_do() {
        let told = [1, 24_000, 48_000 * 75, 48_000 * 3600 - 1, 48_000 * 5025].map(clock);
        assert_eq!(told, ["0.000 s", "0.500 s", "1:15", "1:00:00", "1:23:45"]);
    }

    #[test]
    fn the_line_tells_share_and_speed() {
        let half = line(
            48_000 * 60,
            Some(Duration::from_secs(120)),
            Duration::from_secs(1),
        );
        assert_eq!(
            half,
            " 50 %  1:00 of 2:00  60 times as fast as it was spoken"
        );
        let wrong = line(
            48_000 * 60,
            Some(Duration::from_secs(59)),
            Duration::from_secs(2),
        );
        assert_eq!(wrong, "1:00  30 times as fast as it was spoken");
    }
}
