//! What the box tells the service manager: that it is up, how it does, that it is alive. Pure.
//!
//! Alive means that media can flow: the box's own loop turns (it asks here), so do the supervisors of its parts, which see
//! a pipeline stall and build it again, and what they make is taken to the network. A device that is missing is none of the
//! watchdog's business; a thread that is stuck in a driver is, for only another process helps then.

use std::time::{Duration, Instant};

use conference::wire::{Device, Status};

/// So long nothing of a box may be stuck: thrice the longest pause of a supervisor.
pub const STUCK: Duration = Duration::from_secs(30);

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// The box is up.
    Ready,
    /// How it does, in one line.
    Status(String),
    /// It is alive.
    Alive,
}

/// What is seen of the box each second.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// How its devices are.
    pub status: &'a Status,
    /// Whether the bridge is there.
    pub linked: bool,
    /// Numbers that grow while something moves; none where nothing is to move.
    pub turns: &'a [Option<u64>],
}

/// Decides what to tell; see the module.
#[derive(Debug, Default)]
pub struct Watchdog {
    ready: bool,
    line: String,
    moved: Vec<(u64, Instant)>,
}

impl Watchdog {
    /// Looks once.
    pub fn look(&mut self, seen: Seen<'_>, now: Instant) -> Vec<Tell> {
        let mut tell = Vec::new();
        if !self.ready && is_up(seen.status) {
            self.ready = true;
            tell.push(Tell::Ready);
        }
        let line = line(&seen);
        if self.line != line {
            self.line.clone_from(&line);
            tell.push(Tell::Status(line));
        }
        if self.moves(seen.turns, now) {
            tell.push(Tell::Alive);
        }
        tell
    }

    fn moves(&mut self, turns: &[Option<u64>], now: Instant) -> bool {
        self.moved.resize(turns.len(), (0, now));
        for (turn, (last, at)) in turns.iter().zip(&mut self.moved) {
            if turn.is_none_or(|turn| turn != *last) {
                (*last, *at) = (turn.unwrap_or(*last), now);
            }
        }
        let stuck = |(_, at): &(u64, Instant)| now.saturating_duration_since(*at) > STUCK;
        !self.moved.iter().any(stuck)
    }
}

/// Once each device runs, or was said to be missing: the television shows its first picture then, if there is one.
fn is_up(status: &Status) -> bool {
    devices(status)
        .iter()
        .all(|(_, device)| **device != Device::Unknown)
}

fn line(seen: &Seen<'_>) -> String {
    let link = match seen.linked {
        true => "the bridge is there",
        false => "no bridge",
    };
    let mut line = link.to_owned();
    for (name, device) in devices(seen.status) {
        let how = match device {
            Device::Unknown => "starts",
            Device::Running(_) => "runs",
            Device::Missing(_) => "is missing",
            Device::None => continue,
        };
        line += &format!("; {name} {how}");
    }
    line
}

fn devices(status: &Status) -> [(&'static str, &Device); 4] {
    [
        ("camera", &status.camera),
        ("microphone", &status.microphones),
        ("screen", &status.screen),
        ("loudspeaker", &status.loudspeaker),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_up_when_nothing_is_unknown_any_more_and_says_so_once() {
        let mut watchdog = Watchdog::default();
        let mut status = Status {
            camera: Device::Missing("unplugged".into()),
            microphones: Device::None,
            screen: Device::Unknown,
            loudspeaker: Device::Running("hw:0".into()),
            ..Status::default()
        };
        let now = crate::now();
        let line = |line: &str| Tell::Status(line.into());
        assert_eq!(
            look(&mut watchdog, &status, &[], now),
            [
                line("no bridge; camera is missing; screen starts; loudspeaker runs"),
                Tell::Alive
            ]
        );
        status.screen = Device::Running("HDMI-A-1".into());
        assert_eq!(
            look(&mut watchdog, &status, &[], now),
            [
                Tell::Ready,
                line("no bridge; camera is missing; screen runs; loudspeaker runs"),
                Tell::Alive
            ]
        );
        assert_eq!(look(&mut watchdog, &status, &[], now), [Tell::Alive]);
    }

    #[test]
    fn one_stuck_supervisor_silences_it_and_a_part_that_the_room_has_not_does_not() {
        let (mut watchdog, status) = (Watchdog::default(), Status::default());
        let from = crate::now();
        for second in 0..=60 {
            let now = from + Duration::from_secs(second);
            let turns = [Some(second * 4), Some(second.min(20)), None];
            let alive = look(&mut watchdog, &status, &turns, now).contains(&Tell::Alive);
            assert_eq!(alive, second <= 20 + STUCK.as_secs(), "after {second} s");
        }
        // The driver let go of it.
        let now = from + Duration::from_secs(61);
        let turns = [Some(244), Some(21), None];
        assert_eq!(look(&mut watchdog, &status, &turns, now), [Tell::Alive]);
    }

    fn look(
        watchdog: &mut Watchdog,
        status: &Status,
        turns: &[Option<u64>],
        now: Instant,
    ) -> Vec<Tell> {
        let linked = false;
        let seen = Seen {
            status,
            linked,
            turns,
        };
        watchdog.look(seen, now)
    }
}
