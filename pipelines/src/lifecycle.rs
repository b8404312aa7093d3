//! When a part's pipeline is built, given up and built again. Pure: time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::PartState;

/// A running part that gives nothing for so long has stalled.
pub(crate) const STALLED_AFTER: Duration = Duration::from_secs(2);
/// A new pipeline may take so long to its first data: sensors warm up, USB devices wake.
pub(crate) const START_GRACE: Duration = Duration::from_secs(5);
/// The first pause before building again; it doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause: a camera plugged in again is seen within it.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// After so long without trouble, failures are forgotten.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// A fact that the supervisor saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// The part is wanted from now on.
    Wanted,
    /// It is not wanted any more: its device is let go.
    Unwanted,
    /// A pipeline was built and set going: its grace begins.
    Built { chosen: String },
    /// A pipeline could not be built, or told of an error.
    Failed { reason: String },
    /// Data flowed since the last look.
    Beat,
}

/// An order to the supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Output {
    Build,
    TearDown,
    Report(PartState),
}

#[derive(Debug)]
enum State {
    Idle,
    Starting { since: Instant, chosen: String },
    Running { since: Instant, last_beat: Instant },
    BackingOff { until: Instant },
}

/// One part's life.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    state: State,
    failures: u32,
    has_run: bool,
    reported: Option<PartState>,
    outputs: VecDeque<Output>,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            failures: 0,
            has_run: false,
            reported: None,
            outputs: VecDeque::new(),
        }
    }

    pub(crate) fn handle_input(&mut self, input: Input, now: Instant) {
        match (&mut self.state, input) {
            (State::Idle, Input::Wanted) => {
                self.report(PartState::Starting);
                self.build(now);
            }
            (State::Starting { .. }, Input::Built { chosen }) => {
                self.state = State::Starting { since: now, chosen };
            }
            (State::Starting { chosen, .. }, Input::Beat) => {
                let chosen = std::mem::take(chosen);
                self.state = State::Running {
                    since: now,
                    last_beat: now,
                };
                self.has_run = true;
                self.report(PartState::Running { chosen });
            }
            (State::Running { last_beat, .. }, Input::Beat) => *last_beat = now,
            (State::Starting { .. } | State::Running { .. }, Input::Failed { reason }) => {
                self.give_up(reason, now);
            }
            (State::Starting { .. } | State::Running { .. }, Input::Unwanted) => {
                self.state = State::Idle;
                self.outputs.push_back(Output::TearDown);
            }
            (State::BackingOff { .. }, Input::Unwanted) => self.state = State::Idle,
            // Late news of a pipeline that is gone already.
            (
                State::Idle | State::BackingOff { .. },
                Input::Built { .. } | Input::Failed { .. } | Input::Beat,
            )
            | (State::Running { .. }, Input::Built { .. })
            | (State::Idle, Input::Unwanted)
            | (
                State::Starting { .. } | State::Running { .. } | State::BackingOff { .. },
                Input::Wanted,
            ) => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|at| now < at) {
            return;
        }
        match self.state {
            State::Idle => {}
            State::Starting { .. } => self.give_up(nothing_for(START_GRACE), now),
            State::Running { .. } => self.give_up(nothing_for(STALLED_AFTER), now),
            State::BackingOff { .. } => self.build(now),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle => None,
            State::Starting { since, .. } => Some(since + START_GRACE),
            State::Running { last_beat, .. } => Some(last_beat + STALLED_AFTER),
            State::BackingOff { until } => Some(until),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn build(&mut self, now: Instant) {
        self.state = State::Starting {
            since: now,
            chosen: String::new(),
        };
        self.outputs.push_back(Output::Build);
    }

    fn give_up(&mut self, reason: String, now: Instant) {
        if let State::Running { since, .. } = self.state
            && now.saturating_duration_since(since) >= WELL_AFTER
        {
            self.failures = 0;
        }
        let pause = FIRST_PAUSE
            .saturating_mul(2u32.saturating_pow(self.failures))
            .min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.state = State::BackingOff { until: now + pause };
        self.outputs.push_back(Output::TearDown);
        self.report(if self.has_run {
            PartState::Stalled { reason }
        } else {
            PartState::Missing { reason }
        });
    }

    /// Says a state once: retries that end the same way are not news.
    fn report(&mut self, state: PartState) {
        if self.reported.as_ref() != Some(&state) {
            self.reported = Some(state.clone());
            self.outputs.push_back(Output::Report(state));
        }
    }
}

fn nothing_for(time: Duration) -> String {
    format!("nothing came for {} s", time.as_secs())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_that_works_is_said_to_run_once() {
        check(
            "0 wanted | 0 built | 300 beat | 600 beat | 900 beat",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                300 Report(Running { chosen: "c" })
            "#]],
        );
    }

    #[test]
    fn a_stall_is_seen_two_seconds_after_the_last_beat_and_the_part_is_built_again() {
        check(
            "0 wanted | 0 built | 100 beat | 1000 beat | 3600 built | 3700 beat",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                100 Report(Running { chosen: "c" })
                3000 TearDown
                3000 Report(Stalled { reason: "nothing came for 2 s" })
                3500 Build
                3700 Report(Running { chosen: "c" })
            "#]],
        );
    }

    #[test]
    fn a_part_that_takes_long_to_build_has_its_grace_all_the_same() {
        check(
            "0 wanted | 4000 built | 8000 beat",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                8000 Report(Running { chosen: "c" })
            "#]],
        );
    }

    #[test]
    fn a_part_that_is_not_wanted_lets_its_device_go_and_nobody_is_told() {
        check(
            "0 wanted | 0 built | 100 beat | 1000 unwanted | 9000 failed | 9100 wanted | 9100 built | 9200 beat",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                100 Report(Running { chosen: "c" })
                1000 TearDown
                9100 Report(Starting)
                9100 Build
                9200 Report(Running { chosen: "c" })
            "#]],
        );
        // Nor is it tried again meanwhile.
        check(
            "0 wanted | 0 failed | 100 unwanted | 9000 wanted | 9000 built",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                0 TearDown
                0 Report(Missing { reason: "r" })
                9000 Report(Starting)
                9000 Build
            "#]],
        );
    }

    #[test]
    fn a_missing_device_is_reported_once_and_tried_with_doubling_pauses() {
        check(
            "0 wanted | 0 failed | 500 failed | 1500 failed | 3500 failed | 7500 failed | 15500 failed | 25500 failed",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                0 TearDown
                0 Report(Missing { reason: "r" })
                500 Build
                500 TearDown
                1500 Build
                1500 TearDown
                3500 Build
                3500 TearDown
                7500 Build
                7500 TearDown
                15500 Build
                15500 TearDown
                25500 Build
                25500 TearDown
            "#]],
        );
    }

    #[test]
    fn a_pipeline_that_never_gives_anything_is_given_up() {
        check(
            "0 wanted | 0 built | 5100 wanted",
            &expect![[r#"
                0 Report(Starting)
                0 Build
                5000 TearDown
                5000 Report(Missing { reason: "nothing came for 5 s" })
            "#]],
        );
    }

    #[test]
    fn ten_good_seconds_forget_old_failures() {
        let beats: String = (0..22)
            .map(|n| format!(" | {} beat", 2000 + n * 500))
            .collect();
        check(
            &format!(
                "0 wanted | 0 failed | 500 failed | 1500 built{beats} | 12600 failed | 13200 built"
            ),
            &expect![[r#"
                0 Report(Starting)
                0 Build
                0 TearDown
                0 Report(Missing { reason: "r" })
                500 Build
                500 TearDown
                1500 Build
                2000 Report(Running { chosen: "c" })
                12600 TearDown
                12600 Report(Stalled { reason: "r" })
                13100 Build
            "#]],
        );
    }

    proptest! {
        #[test]
        fn builds_and_teardowns_alternate_and_something_is_always_due(
            steps in prop::collection::vec((0u8..5, 0u64..4000), 1..80)
        ) {
            let mut life = Lifecycle::new();
            let mut now = Instant::now_for_tests();
            let (mut standing, mut wanted) = (false, true);
            life.handle_input(Input::Wanted, now);
            for (kind, after) in steps {
                now += Duration::from_millis(after);
                life.handle_timeout(now);
                let word = ["built", "failed", "beat", "wanted", "unwanted"][usize::from(kind)];
                wanted = match word { "wanted" => true, "unwanted" => false, _ => wanted };
                life.handle_input(input(word), now);
                while let Some(output) = life.poll_output() {
                    match output {
                        Output::Build => { prop_assert!(!standing); standing = true; }
                        Output::TearDown => { prop_assert!(standing); standing = false; }
                        Output::Report(_) => {}
                    }
                }
                prop_assert_eq!(life.poll_timeout().is_some(), wanted);
                prop_assert!(wanted || !standing);
            }
        }
    }

    trait NowForTests {
        fn now_for_tests() -> Self;
    }

    impl NowForTests for Instant {
        #[expect(
            clippy::disallowed_methods,
            reason = "an origin; the tests' time is virtual"
        )]
        fn now_for_tests() -> Self {
            Self::now()
        }
    }

    fn input(word: &str) -> Input {
        match word {
            "wanted" => Input::Wanted,
            "unwanted" => Input::Unwanted,
            "built" => Input::Built { chosen: "c".into() },
            "failed" => Input::Failed { reason: "r".into() },
            "beat" => Input::Beat,
            other => panic!("no such input: {other}"),
        }
    }

    /// Plays "milliseconds input | ..." and compares what the machine orders, deadlines included.
    fn check(script: &str, expected: &Expect) {
        let origin = Instant::now_for_tests();
        let mut life = Lifecycle::new();
        let mut told = String::new();
        for step in script.split('|') {
            let (at, word) = step.trim().split_once(' ').expect("a time and an input");
            let now = origin + Duration::from_millis(at.parse().expect("milliseconds"));
            while let Some(due) = life.poll_timeout().filter(|due| *due <= now) {
                life.handle_timeout(due);
                tell(&mut life, due - origin, &mut told);
            }
            life.handle_input(input(word), now);
            tell(&mut life, now - origin, &mut told);
        }
        expected.assert_eq(&told);
    }

    fn tell(life: &mut Lifecycle, at: Duration, told: &mut String) {
        while let Some(output) = life.poll_output() {
            writeln!(told, "{} {output:?}", at.as_millis()).expect("a string takes all");
        }
    }
}
