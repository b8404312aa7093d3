//! Buttons that are held, and those that are stuck: what they do, and how the room sees it coming. Pure.

use std::time::{Duration, Instant};

use board::Button;
use board::gestures::Hold;
use pipelines::{Line, Role};

use super::{Machine, Output};
use crate::words::{Value, button_word};

/// What the buttons that are down will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) hold: Hold,
    /// In so long; nothing once they have been held to the end.
    left: Option<Duration>,
}

impl Machine {
    pub(super) fn holding(&mut self, hold: Hold, left: Duration, now: Instant) {
        self.stir(now);
        self.hold = Some(Holding {
            hold,
            left: Some(left),
        });
    }

    pub(super) fn reached(&mut self, hold: Hold, now: Instant) {
        self.hold = None;
        let order = match hold {
            Hold::Diagnostics => return self.diagnose(!self.diagnoses(), now),
            Hold::Restart => Output::Restart,
            Hold::Reset => Output::Forget,
        };
        // It stands there until the box is back.
        self.hold = Some(Holding { hold, left: None });
        self.outputs.push_back(order);
    }

    pub(super) fn set_stuck(&mut self, button: Button, stuck: bool) {
        self.stuck[button.index()] = stuck;
        self.outputs.push_back(Output::Stuck { button, stuck });
    }

    pub(super) fn hold_line(&self) -> Option<Line> {
        let Holding { hold, left } = self.hold?;
        let id = match (hold, left) {
            (Hold::Diagnostics, _) => "hold-diagnostics",
            (Hold::Restart, Some(_)) => "hold-restart",
            (Hold::Reset, Some(_)) => "hold-reset",
            (Hold::Restart, None) => "restarting",
            (Hold::Reset, None) => "forgetting",
        };
        // Whole seconds, as one counts them down.
        let seconds = left.unwrap_or_default().as_millis().div_ceil(1000);
        let seconds = Value::Number(usize::try_from(seconds).unwrap_or(0));
        Some(Line {
            text: self.words.with(id, &[("seconds", seconds)]),
            role: match hold {
                Hold::Diagnostics => Role::Neutral,
                Hold::Restart | Hold::Reset => Role::Warning,
            },
        })
    }

    /// The first button that is stuck.
    pub fn stuck(&self) -> Option<Button> {
        Button::ALL.into_iter().find(|b| self.stuck[b.index()])
    }

    pub(super) fn stuck_line(&self) -> Option<Line> {
        let name = self.words.say(button_word(self.stuck()?));
        Some(Line {
            text: self
                .words
                .with("button-stuck", &[("button", Value::Text(&name))]),
            role: Role::Warning,
        })
    }
}
