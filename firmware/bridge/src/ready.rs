//! The ready check: asks the rooms, collects what they find, gives up on who does not answer. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use conference::RoomId;
use conference::wire::{
    CheckReport, CheckResult, CheckView, Finding, FindingCode, FromBridge, Light,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A box needs some 6 s; one that has not answered by then does not.
const PATIENCE: Duration = Duration::from_secs(15);
/// Five a second, as long as a room may take.
const MOST_LOOKS: usize = 75;
/// How long before its start an evening's rooms are checked by themselves.
const BEFORE: Duration = Duration::from_secs(30 * 60);

/// More than this part lost is heard and seen.
const LOSSY: f32 = 0.05;

/// When something is on the clocks of a zone, in milliseconds since 1970; nothing if no clock there shows it.
pub fn on_the_clocks(of: &str, zone: &TimeZone) -> Option<u64> {
    let at: DateTime = of.parse().ok()?;
    let at = zone.to_timestamp(at).ok()?.as_millisecond();
    u64::try_from(at).ok()
}

/// The checks of all rooms.
#[derive(Debug)]
pub struct Checks {
    id: u32,
    rooms: Vec<Option<CheckView>>,
    /// What each room lost in each second of the check that runs.
    lost: Vec<Vec<f32>>,
    answer_by: Option<Instant>,
    starts: Option<Instant>,
    due: Option<Instant>,
    outputs: VecDeque<(RoomId, FromBridge)>,
}

impl Checks {
    /// Of so many rooms, none checked yet.
    pub fn new(rooms: usize) -> Self {
        Self {
            id: 0,
            rooms: vec![None; rooms],
            lost: vec![Vec::new(); rooms],
            answer_by: None,
            starts: None,
            due: None,
            outputs: VecDeque::new(),
        }
    }

    /// The evening starts then; half an hour before the check is due, once. A bridge that comes later than that does
    /// not make up for it: its rooms are still on their way.
    pub fn starts_at(&mut self, starts: Option<Instant>, now: Instant) {
        if self.starts != starts {
            self.starts = starts;
            let due = starts.and_then(|at| at.checked_sub(BEFORE));
            self.due = due.filter(|due| *due > now);
        }
    }

    /// Asks the rooms that are there. While a check runs nothing happens: it will be answered soon.
    pub fn begin(&mut self, there: &[bool], now_ms: u64, now: Instant) {
        if self.answer_by.is_some() {
            return;
        }
        self.id += 1;
        self.answer_by = Some(now + PATIENCE);
        self.lost.iter_mut().for_each(Vec::clear);
        let rooms = (0..).map(RoomId).zip(&mut self.rooms).zip(there);
        for ((room, view), there) in rooms {
            let result = match there {
                true => CheckResult::Asked,
                false => CheckResult::NoAnswer,
            };
            *view = Some(CheckView {
                at_ms: now_ms,
                result,
            });
            if *there {
                let id = self.id;
                self.outputs
                    .push_back((room, FromBridge::Check { id, now_ms }));
            }
        }
        self.end_if_complete();
    }

    /// Whether a check runs, so that what rooms lose counts.
    pub fn is_under_way(&self) -> bool {
        self.answer_by.is_some()
    }

    /// What a room loses now, 0.0 to 1.0.
    pub fn loses(&mut self, room: RoomId, part: f32) {
        let lost = self.lost.get_mut(usize::from(room.0));
        // Looked at some times a second; the limit is that of its patience.
        if let Some(lost) = lost.filter(|lost| lost.len() < MOST_LOOKS) {
            lost.push(part);
        }
    }

    /// A room told what it found of itself; what it lost we know better. What it tells of an older check is too late.
    pub fn answered(&mut self, room: RoomId, mut report: CheckReport) {
        let lost = self.lost.get(usize::from(room.0));
        if let Some(percent) = lost.and_then(|lost| too_much(lost))
            && report.network.light != Light::Wrong
        {
            report.network = Finding::wrong(FindingCode::NetworkLoses, Some(percent));
        }
        if report.id == self.id {
            self.conclude(room, CheckResult::Answered { report });
        }
    }

    /// A room was lost: it will not answer.
    pub fn left(&mut self, room: RoomId) {
        self.conclude(room, CheckResult::NoAnswer);
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.answer_by, self.due].into_iter().flatten().min()
    }

    /// Lets time pass; whether the rooms must be checked now.
    pub fn handle_timeout(&mut self, now: Instant) -> bool {
        if self.answer_by.is_some_and(|by| now >= by) {
            for room in (0..self.rooms.len()).filter_map(|n| u16::try_from(n).ok()) {
                self.conclude(RoomId(room), CheckResult::NoAnswer);
            }
            self.answer_by = None;
        }
        let due = self.due.is_some_and(|due| now >= due);
        if due {
            self.due = None;
        }
        due
    }

    /// The next message for a room; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<(RoomId, FromBridge)> {
        self.outputs.pop_front()
    }

    /// The last check of a room.
    pub fn view(&self, room: RoomId) -> Option<CheckView> {
        self.rooms.get(usize::from(room.0)).cloned().flatten()
    }

    fn conclude(&mut self, room: RoomId, result: CheckResult) {
        let view = self.rooms.get_mut(usize::from(room.0));
        if let Some(view) = view.and_then(Option::as_mut)
            && view.result == CheckResult::Asked
        {
            view.result = result;
        }
        self.end_if_complete();
    }

    fn end_if_complete(&mut self) {
        let mut views = self.rooms.iter().flatten();
        if views.all(|view| view.result != CheckResult::Asked) {
            self.answer_by = None;
        }
    }
}

/// How many percent were lost on the average, when that is too much.
fn too_much(lost: &[f32]) -> Option<u32> {
    let mean = lost.iter().sum::<f32>() / lost.len().max(1) as f32;
    // Some percent up to 100.
    (mean > LOSSY).then(|| (mean.min(1.0) * 100.0).round() as u32)
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
mod tests {
    use conference::wire::{Finding, FindingCode};

    use super::*;

    const A: RoomId = RoomId(0);
    const B: RoomId = RoomId(1);

    fn report(id: u32) -> CheckReport {
        let fine = || Finding::well(FindingCode::ClockRight, None);
        CheckReport {
            id,
            camera: fine(),
            sound: fine(),
            decks: fine(),
            network: fine(),
            clock: fine(),
        }
    }

    fn states(checks: &Checks) -> Vec<&'static str> {
        let name = |view: &Option<CheckView>| match view.as_ref().map(|view| &view.result) {
            None => "-",
            Some(CheckResult::Asked) => "asked",
            Some(CheckResult::NoAnswer) => "no answer",
            Some(CheckResult::Answered { .. }) => "answered",
        };
        checks.rooms.iter().map(name).collect()
    }

    #[test]
    fn an_evening_starts_on_the_clocks_of_its_rooms() {
        let at = |zone: i8| {
            let zone = TimeZone::fixed(jiff::tz::offset(zone));
            on_the_clocks("2026-12-03T18:30:00", &zone)
        };
        assert_eq!(at(0), Some(1_796_322_600_000));
        assert_eq!(at(1), Some(1_796_322_600_000 - 3_600_000));
        assert_eq!(on_the_clocks("this evening", &TimeZone::UTC), None);
    }

    #[test]
    fn who_does_not_answer_in_time_has_not_answered() {
        let start = Instant::now();
        let mut checks = Checks::new(2);
        assert_eq!(checks.poll_timeout(), None);
        checks.begin(&[true, true], 7, start);
        let asked: Vec<_> = std::iter::from_fn(|| checks.poll_output()).collect();
        let message = FromBridge::Check { id: 1, now_ms: 7 };
        assert_eq!(asked, [(A, message.clone()), (B, message)]);
        checks.answered(A, report(1));
        assert_eq!(states(&checks), ["answered", "asked"]);
        assert_eq!(checks.poll_timeout(), Some(start + PATIENCE));
        assert!(!checks.handle_timeout(start + PATIENCE));
        assert_eq!(states(&checks), ["answered", "no answer"]);
        assert_eq!(checks.poll_timeout(), None);
        checks.answered(B, report(1));
        assert_eq!(states(&checks), ["answered", "no answer"], "too late");
    }

    #[test]
    fn a_room_that_loses_much_while_it_is_checked_has_a_bad_network() {
        let start = Instant::now();
        let mut checks = Checks::new(2);
        checks.loses(A, 1.0);
        checks.begin(&[true, true], 0, start);
        for part in [0.0, 0.2, 0.1] {
            checks.loses(A, part);
            checks.loses(B, part / 5.0);
        }
        checks.answered(A, report(1));
        checks.answered(B, report(1));
        let network = |room| match checks.view(room).unwrap().result {
            CheckResult::Answered { report } => report.network,
            other @ (CheckResult::Asked | CheckResult::NoAnswer) => panic!("{other:?}"),
        };
        let loses = Finding::wrong(FindingCode::NetworkLoses, Some(10));
        assert_eq!(network(A), loses);
        assert_eq!(network(B), report(1).network);
    }

    #[test]
    fn who_is_not_there_is_not_waited_for_and_old_answers_do_not_count() {
        let start = Instant::now();
        let mut checks = Checks::new(2);
        checks.begin(&[true, false], 0, start);
        assert_eq!(states(&checks), ["asked", "no answer"]);
        checks.begin(&[true, true], 1, start);
        assert_eq!(states(&checks), ["asked", "no answer"], "one is under way");
        checks.left(A);
        assert_eq!(checks.poll_timeout(), None);
        checks.begin(&[true, true], 2, start);
        checks.answered(A, report(1));
        assert_eq!(states(&checks), ["asked", "asked"]);
        checks.answered(A, report(2));
        assert_eq!(states(&checks), ["answered", "asked"]);
    }

    #[test]
    fn half_an_hour_before_the_start_it_is_due_once() {
        let now = Instant::now();
        let minutes = |n: u64| now + Duration::from_secs(60 * n);
        let mut checks = Checks::new(1);
        checks.starts_at(Some(minutes(40)), now);
        assert_eq!(checks.poll_timeout(), Some(minutes(10)));
        assert!(!checks.handle_timeout(minutes(9)));
        assert!(checks.handle_timeout(minutes(10)));
        checks.starts_at(Some(minutes(40)), minutes(10));
        assert_eq!(checks.poll_timeout(), None);
        checks.starts_at(Some(minutes(60)), minutes(10));
        assert_eq!(checks.poll_timeout(), Some(minutes(30)), "put off");
        checks.starts_at(Some(minutes(31)), minutes(10));
        assert_eq!(checks.poll_timeout(), None, "too late for this one");
        checks.starts_at(None, minutes(10));
        assert_eq!(checks.poll_timeout(), None);
    }
}
