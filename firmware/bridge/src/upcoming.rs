//! Which evening is the next that will be held, and when the bridge goes on to it. Pure.

use std::collections::BTreeSet;

use conference::Programme;
use conference::wire::UpcomingView;

const HOUR_MS: u64 = 3600 * 1000;
/// So long after its start an evening may still begin: people are late.
const LATE_MS: u64 = 2 * HOUR_MS;
/// After so long without a step an evening is over, or was not held.
const OVER_MS: u64 = 6 * HOUR_MS;
/// So long before its start the next evening takes the place of one without a day, which is never past.
const DAY_COMES_MS: u64 = 12 * HOUR_MS;

/// A programme that has a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// When it starts, in milliseconds since 1970.
    pub at_ms: u64,
    /// What is told of it.
    pub view: UpcomingView,
}

impl Dated {
    fn is_to_come(&self, now_ms: u64) -> bool {
        now_ms < self.at_ms + LATE_MS
    }
}

/// Where the evening of the programme that counts is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it has begun.
    pub begun: bool,
    /// Whether its last item runs.
    pub at_the_end: bool,
    /// When somebody last did something; never since the bridge was started.
    pub stepped_ms: Option<u64>,
}

/// How the bridge goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// With the next programme that is kept.
    Next,
    /// With the same programme, before its start: nothing else is known.
    Again,
}

/// Whether a programme was given another day since: one that was kept later has the same speakers. It is a model for others,
/// and nobody comes on its day.
pub fn is_moved(programme: &Programme, later: &[Programme]) -> bool {
    let speakers = |programme: &Programme| -> BTreeSet<String> {
        let all = programme.speakers.iter();
        all.map(|speaker| speaker.name.clone()).collect()
    };
    let own = speakers(programme);
    !own.is_empty() && later.iter().any(|later| speakers(later) == own)
}

/// The next evening: that of the programme that counts while it is to come, else the earliest of those that are kept.
pub fn next<'a>(counts: Option<&'a Dated>, kept: &'a [Dated], now_ms: u64) -> Option<&'a Dated> {
    let to_come = |dated: &&Dated| dated.is_to_come(now_ms);
    let earliest = kept.iter().filter(to_come).min_by_key(|dated| dated.at_ms);
    counts.filter(to_come).or(earliest)
}

/// Whether the evening is over, or was not held, and how it goes on then.
pub fn onward(
    standing: Standing,
    counts: Option<&Dated>,
    next: Option<&Dated>,
    now_ms: u64,
) -> Option<Onward> {
    let quiet = standing.stepped_ms.is_none_or(|at| now_ms >= at + OVER_MS);
    let other = next.filter(|next| Some(*next) != counts);
    let due = other.filter(|next| counts.is_some() || now_ms + DAY_COMES_MS >= next.at_ms);
    let over = standing.at_the_end || counts.is_some_and(|dated| now_ms >= dated.at_ms + OVER_MS);
    match (quiet, standing.begun, due) {
        (true, false, Some(_)) => Some(Onward::Next),
        (true, true, Some(_)) if over => Some(Onward::Next),
        (true, true, None) if over => Some(Onward::Again),
        (_, _, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECEMBER: u64 = 1000 * HOUR_MS;
    const JANUARY: u64 = 1840 * HOUR_MS;

    fn dated(at_ms: u64) -> Dated {
        let view = UpcomingView {
            title: format!("{at_ms}"),
            starts: String::new(),
        };
        Dated { at_ms, view }
    }

    fn lobby(stepped_ms: Option<u64>) -> Standing {
        Standing {
            begun: false,
            at_the_end: false,
            stepped_ms,
        }
    }

    fn runs(at_the_end: bool, stepped_ms: u64) -> Standing {
        Standing {
            begun: true,
            at_the_end,
            stepped_ms: Some(stepped_ms),
        }
    }

    #[test]
    fn the_programme_that_counts_is_next_while_it_is_to_come_and_then_the_earliest_other() {
        let (december, january) = (dated(DECEMBER), dated(JANUARY));
        let kept = [dated(JANUARY + 1), january.clone(), december.clone()];
        let next_of = |counts, now| next(counts, &kept, now).map(|dated| dated.at_ms);
        // A day that was moved leaves the older one behind: what counts goes first.
        assert_eq!(next_of(Some(&january), 0), Some(JANUARY));
        assert_eq!(next_of(Some(&december), 0), Some(DECEMBER));
        assert_eq!(next_of(None, 0), Some(DECEMBER));
        let late = DECEMBER + LATE_MS;
        assert_eq!(next_of(Some(&december), late - 1), Some(DECEMBER));
        assert_eq!(next_of(Some(&december), late), Some(JANUARY));
        assert_eq!(next_of(None, JANUARY + 2 * LATE_MS), None);
    }

    #[test]
    fn a_day_that_was_moved_is_nobodys_any_more() {
        let of = |day: &str, speaker: &str| {
            let text = format!(
                "title = \"Soirée\"\nstarts = {day}T18:30:00\nrooms = [\"Brest\"]\n\
                 [[speaker]]\nname = \"{speaker}\"\nroom = \"Brest\"\n"
            );
            Programme::parse("test", &text).unwrap()
        };
        let (moved, other) = (of("2026-12-03", "Anne"), of("2027-01-07", "Yann"));
        assert!(is_moved(&moved, &[other.clone(), of("2026-12-10", "Anne")]));
        assert!(!is_moved(&moved, &[other]));
        let nobody = Programme::of_rooms("Soirée".into(), vec!["Brest".into()]);
        assert!(!is_moved(&nobody, std::slice::from_ref(&nobody)));
    }

    #[test]
    fn after_an_evening_the_next_one_takes_its_place_and_never_while_somebody_does_something() {
        let (december, january) = (dated(DECEMBER), dated(JANUARY));
        let ended = DECEMBER + 3 * HOUR_MS;
        let at = |standing, now| onward(standing, Some(&december), Some(&january), now);
        assert_eq!(at(runs(true, ended), ended + OVER_MS - 1), None);
        assert_eq!(at(runs(true, ended), ended + OVER_MS), Some(Onward::Next));
        // The chair left in the middle.
        assert_eq!(at(runs(false, ended), ended + OVER_MS), Some(Onward::Next));
        // It was never held.
        assert_eq!(at(lobby(None), ended), Some(Onward::Next));
        assert_eq!(at(lobby(Some(ended)), ended + OVER_MS - 1), None);
    }

    #[test]
    fn without_a_next_one_an_evening_that_is_over_stands_before_its_start_again() {
        let december = dated(DECEMBER);
        let ended = DECEMBER + 3 * HOUR_MS;
        let at = |standing, counts| onward(standing, counts, None, ended + OVER_MS);
        assert_eq!(at(runs(true, ended), Some(&december)), Some(Onward::Again));
        assert_eq!(at(lobby(None), Some(&december)), None);
        // A long meeting that has no day is left alone in the middle.
        assert_eq!(at(runs(false, ended), None), None);
        assert_eq!(at(runs(true, ended), None), Some(Onward::Again));
    }

    #[test]
    fn a_programme_without_a_day_gives_way_when_the_next_ones_day_comes() {
        let january = dated(JANUARY);
        let at = |now| onward(lobby(None), None, Some(&january), now);
        assert_eq!(at(JANUARY - DAY_COMES_MS - 1), None);
        assert_eq!(at(JANUARY - DAY_COMES_MS), Some(Onward::Next));
    }

    #[test]
    fn an_evening_that_is_to_come_or_runs_stays() {
        let december = dated(DECEMBER);
        for now in [0, DECEMBER - 1, DECEMBER + LATE_MS] {
            assert_eq!(
                onward(lobby(None), Some(&december), Some(&december), now),
                None
            );
        }
        let long = DECEMBER + OVER_MS - 1;
        let january = dated(JANUARY);
        let talk = runs(false, DECEMBER);
        assert_eq!(onward(talk, Some(&december), Some(&january), long), None);
    }
}
