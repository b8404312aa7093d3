//! Whether the box may begin anew by itself, as it does after an update. Pure.

use std::time::{Duration, Instant};

use super::{Link, Machine};

/// A box that has not reached its bridge by then has none for now: with an update it may find it.
const JOINING: Duration = Duration::from_secs(60);
/// An evening whose bridge was away for so long is over, as far as this room is concerned.
const ALONE: Duration = Duration::from_secs(15 * 60);

/// What the box is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// It has just started, and does not know yet whether an evening runs.
    Joining,
    /// An evening runs.
    Evening,
    /// One begins within the hour, or is late.
    Soon,
}

impl Busy {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joining => "joining",
            Self::Evening => "evening",
            Self::Soon => "soon",
        }
    }
}

/// What a box knows of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    hears: Hears,
    /// Whether an evening ran when the bridge was last heard.
    runs: bool,
    /// Whether one is planned for about now.
    near: bool,
}

/// How it hears of the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hears {
    /// Not yet, since it started.
    NotYet(Duration),
    /// The bridge has greeted it and has not told the evening yet.
    Greeted,
    /// All the time.
    Well,
    /// No more.
    Lost(Duration),
}

fn busy(standing: Standing) -> Option<Busy> {
    let Standing { hears, runs, near } = standing;
    let runs = match hears {
        Hears::NotYet(since) if since < JOINING => return Some(Busy::Joining),
        Hears::Greeted => return Some(Busy::Joining),
        Hears::Lost(since) => runs && since < ALONE,
        Hears::NotYet(_) | Hears::Well => runs,
    };
    if runs {
        Some(Busy::Evening)
    } else if near {
        Some(Busy::Soon)
    } else {
        None
    }
}

impl Machine {
    /// What the box is needed for; nothing while it may begin anew.
    pub fn busy(&self, now: Instant) -> Option<Busy> {
        let since = |then: Instant| now.saturating_duration_since(then);
        let hears = match (&self.link, self.lost) {
            (Link::Up, _) if self.view_of_me().is_none() => Hears::Greeted,
            (Link::Up, _) => Hears::Well,
            (Link::NeverUp, _) => Hears::NotYet(since(self.began)),
            (Link::Down | Link::TokenRefused, Some(lost)) => Hears::Lost(since(lost)),
            (Link::Down | Link::TokenRefused, None) => Hears::Lost(since(self.began)),
        };
        busy(Standing {
            hears,
            runs: self.runs(),
            near: self.is_near(),
        })
    }

    /// Keeps since when the bridge is away.
    pub(super) fn note_link(&mut self, now: Instant) {
        self.lost = match (&self.link, self.lost) {
            (Link::Up | Link::NeverUp, _) => None,
            (Link::Down | Link::TokenRefused, lost) => lost.or(Some(now)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn says(hears: Hears, runs: bool, near: bool) -> Option<&'static str> {
        busy(Standing { hears, runs, near }).map(Busy::name)
    }

    #[test]
    fn an_evening_and_the_hour_before_it_are_waited_for() {
        assert_eq!(says(Hears::Well, false, false), None);
        assert_eq!(says(Hears::Well, true, true), Some("evening"));
        assert_eq!(says(Hears::Well, false, true), Some("soon"));
    }

    #[test]
    fn a_box_that_has_just_started_hears_first_whether_an_evening_runs() {
        let not_yet = |since| says(Hears::NotYet(since), false, false);
        assert_eq!(not_yet(Duration::ZERO), Some("joining"));
        assert_eq!(not_yet(JOINING - Duration::from_secs(1)), Some("joining"));
        assert_eq!(not_yet(JOINING), None, "it has no bridge");
        assert_eq!(
            says(Hears::NotYet(JOINING), false, true),
            Some("soon"),
            "what it kept of the next evening holds without a bridge"
        );
        assert_eq!(says(Hears::Greeted, false, false), Some("joining"));
    }

    #[test]
    fn an_evening_outlives_a_lost_link_for_a_while() {
        let lost = |since| says(Hears::Lost(since), true, false);
        assert_eq!(lost(MINUTE), Some("evening"));
        assert_eq!(lost(ALONE), None);
    }

    fn hears() -> impl Strategy<Value = Hears> {
        let since = || (0..7200_u64).prop_map(Duration::from_secs);
        prop_oneof![
            since().prop_map(Hears::NotYet),
            Just(Hears::Greeted),
            Just(Hears::Well),
            since().prop_map(Hears::Lost),
        ]
    }

    proptest! {
        #[test]
        fn no_box_that_hears_of_an_evening_begins_anew(hears in hears(), near: bool) {
            let busy = busy(Standing { hears, runs: true, near });
            let alone = match hears {
                Hears::NotYet(since) => since >= JOINING,
                Hears::Lost(since) => since >= ALONE,
                Hears::Greeted | Hears::Well => false,
            };
            prop_assert!(busy.is_some() || alone);
        }

        #[test]
        fn waiting_ends_with_time_alone_unless_there_is_an_evening(hears in hears()) {
            let later = match hears {
                Hears::NotYet(since) => Hears::NotYet(since + JOINING),
                Hears::Greeted | Hears::Well => Hears::Well,
                Hears::Lost(since) => Hears::Lost(since + ALONE),
            };
            let standing = Standing { hears: later, runs: false, near: false };
            prop_assert_eq!(busy(standing), None);
        }
    }
}
