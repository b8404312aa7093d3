//! What a hand does with steady buttons: clicks, holds, several at once, and a button that is stuck. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Button;

/// A press that ends within so long is a click.
pub const CLICK: Duration = Duration::from_secs(1);
/// How often a hold tells how far it is.
const TELLS_EVERY: Duration = Duration::from_millis(500);
/// No hand holds a button longer; the longest hold means something after 22 s.
const STUCK: Duration = Duration::from_secs(30);

/// Buttons that mean something when they are held together, and nothing else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// *Écran*, 3 s: the diagnostic picture.
    Diagnostics,
    /// *Parole* and *Micro*, 5 s: the box starts anew.
    Restart,
    /// All buttons, 22 s: the box forgets what it was told.
    Reset,
}

impl Hold {
    const ALL: [Self; 3] = [Self::Diagnostics, Self::Restart, Self::Reset];

    /// How long it takes.
    pub const fn lasts(self) -> Duration {
        match self {
            Self::Diagnostics => Duration::from_secs(3),
            Self::Restart => Duration::from_secs(5),
            Self::Reset => Duration::from_secs(22),
        }
    }

    /// From when on it is told of: sooner it may be a click, or a hand that rests on the panel.
    pub const fn tells_after(self) -> Duration {
        match self {
            Self::Diagnostics | Self::Restart => CLICK,
            Self::Reset => Duration::from_secs(10),
        }
    }

    /// Its buttons, by [`Button::index`].
    const fn buttons(self) -> [bool; 5] {
        match self {
            Self::Diagnostics => [false, false, true, false, false],
            Self::Restart => [true, true, false, false, false],
            Self::Reset => [true; 5],
        }
    }
}

/// What a hand did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// A button is pressed, and no other is down.
    Pressed(Button),
    /// It is let go.
    Released {
        /// Which.
        button: Button,
        /// It was held no longer than [`CLICK`].
        click: bool,
    },
    /// Another button joined it: what its press began is to be taken back. It will not be released.
    Cancelled(Button),
    /// Buttons are held, and will mean something.
    Holding {
        /// What.
        hold: Hold,
        /// When it will be [`Self::Reached`].
        left: Duration,
    },
    /// They were held to the end.
    Reached(Hold),
    /// They were let go before.
    LetGo(Hold),
    /// A button is down for longer than a hand holds it: it counts no longer, until it comes up.
    Stuck(Button),
    /// It came up.
    Freed(Button),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Down { since: Instant },
    Stuck,
}

/// The hold that the buttons which are down would become.
#[derive(Clone, Copy, Debug)]
struct Running {
    hold: Hold,
    since: Instant,
    /// When it says how far it is, or is reached.
    next: Instant,
}

/// All buttons of a panel.
#[derive(Debug)]
pub struct Gestures {
    states: [State; 5],
    /// The button whose press was told and not ended.
    pressed: Option<Button>,
    running: Option<Running>,
    outputs: VecDeque<Gesture>,
}

impl Default for Gestures {
    fn default() -> Self {
        Self {
            states: [State::Up; 5],
            pressed: None,
            running: None,
            outputs: VecDeque::new(),
        }
    }
}

impl Gestures {
    /// A button went down or came up. One that goes down again had come up unseen.
    pub fn handle_button(&mut self, button: Button, down: bool, now: Instant) {
        self.handle_timeout(now);
        match (self.states[button.index()], down) {
            (State::Up, true) => self.goes_down(button, now),
            (State::Down { .. }, true) => {
                self.comes_up(button, now);
                self.goes_down(button, now);
            }
            (State::Down { .. }, false) => self.comes_up(button, now),
            (State::Stuck, false) => {
                self.states[button.index()] = State::Up;
                self.outputs.push_back(Gesture::Freed(button));
            }
            (State::Up, false) | (State::Stuck, true) => {}
        }
    }

    /// A button is down before anybody could have pressed it.
    pub fn handle_stuck(&mut self, button: Button) {
        if self.states[button.index()] == State::Up {
            self.states[button.index()] = State::Stuck;
            self.outputs.push_back(Gesture::Stuck(button));
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let stuck = self.states.iter().filter_map(|state| match state {
            State::Down { since } => Some(*since + STUCK),
            State::Up | State::Stuck => None,
        });
        stuck.chain(self.running.map(|running| running.next)).min()
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(running) = self.running.filter(|running| running.next <= now) {
            self.go_on(running);
        }
        for button in Button::ALL {
            let State::Down { since } = self.states[button.index()] else {
                continue;
            };
            if now.saturating_duration_since(since) >= STUCK {
                self.comes_up(button, now);
                self.states[button.index()] = State::Stuck;
                self.outputs.push_back(Gesture::Stuck(button));
            }
        }
    }

    /// What was done next; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Gesture> {
        self.outputs.pop_front()
    }

    /// Which buttons are down, by [`Button::index`]; a stuck one is not.
    pub fn down(&self) -> [bool; 5] {
        self.states.map(|state| matches!(state, State::Down { .. }))
    }

    fn goes_down(&mut self, button: Button, now: Instant) {
        let alone = self.down() == [false; 5];
        self.states[button.index()] = State::Down { since: now };
        match self.pressed.take() {
            Some(other) => self.outputs.push_back(Gesture::Cancelled(other)),
            None if alone => {
                self.pressed = Some(button);
                self.outputs.push_back(Gesture::Pressed(button));
            }
            None => {}
        }
        self.begin_hold(now);
    }

    fn comes_up(&mut self, button: Button, now: Instant) {
        let before = std::mem::replace(&mut self.states[button.index()], State::Up);
        if self.pressed == Some(button) {
            self.pressed = None;
            let click = matches!(before, State::Down { since } if now.saturating_duration_since(since) <= CLICK);
            self.outputs.push_back(Gesture::Released { button, click });
        }
        if let Some(running) = self.running.take()
            && running.next > running.since + running.hold.tells_after()
        {
            self.outputs.push_back(Gesture::LetGo(running.hold));
        }
        // What is left of several buttons is no press, and the beginning of nothing.
    }

    fn begin_hold(&mut self, now: Instant) {
        let down = self.down();
        let hold = Hold::ALL.into_iter().find(|hold| hold.buttons() == down);
        if let Some(running) = self.running.take()
            && running.next > running.since + running.hold.tells_after()
        {
            self.outputs.push_back(Gesture::LetGo(running.hold));
        }
        self.running = hold.map(|hold| Running {
            hold,
            since: now,
            next: now + hold.tells_after(),
        });
    }

    fn go_on(&mut self, running: Running) {
        let ends = running.since + running.hold.lasts();
        let left = ends.saturating_duration_since(running.next);
        if left.is_zero() {
            self.running = None;
            self.outputs.push_back(Gesture::Reached(running.hold));
            return;
        }
        let hold = running.hold;
        self.outputs.push_back(Gesture::Holding { hold, left });
        self.running = Some(Running {
            next: (running.next + TELLS_EVERY).min(ends),
            ..running
        });
    }
}

#[cfg(test)]
mod tests;
