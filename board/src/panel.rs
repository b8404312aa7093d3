//! The panel's two threads: one feels the buttons, one lights the lamps.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, atomic};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Button;
use crate::debounce::Debounce;
use crate::lights::{Signal, State, lamps};
use crate::pins::{Contacts, Move, Pins, PinsError, Wires};

/// How often the levels are looked at, so that a lost edge is made up for.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// What a hand does, made steady.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A button is down.
    Down(Button),
    /// It came up.
    Up(Button),
    /// It was down when the panel started: nobody can have pressed it.
    Stuck(Button),
}

/// A running panel; it stops when this is dropped.
#[derive(Debug)]
pub struct Panel {
    states: Option<Sender<State>>,
    stop: Arc<atomic::AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Panel {
    /// Starts both threads. `touched` is called from one of them alone; it may wait, but not for long.
    ///
    /// # Errors
    /// The first look at the contacts failed, or no thread can be had.
    pub fn start(
        (mut contacts, wires): Pins,
        touched: impl Fn(Touch) + Send + 'static,
    ) -> Result<Self, PinsError> {
        let levels = contacts.levels()?;
        let stop = Arc::new(atomic::AtomicBool::new(false));
        let (states, shown) = channel();
        let stopped = Arc::clone(&stop);
        let feel = move || {
            for button in Button::ALL.into_iter().filter(|b| levels[b.index()]) {
                touched(Touch::Stuck(button));
            }
            feel(contacts.as_mut(), levels, &stopped, &touched);
        };
        let threads = vec![
            spawn("panel buttons", feel)?,
            spawn("panel lamps", move || light(wires, &shown))?,
        ];
        Ok(Self {
            states: Some(states),
            stop,
            threads,
        })
    }

    /// Shows a state.
    pub fn show(&self, state: State) {
        if let Some(states) = &self.states {
            // The thread ended only if the lamps failed, which it has said.
            let _ = states.send(state);
        }
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.stop.store(true, atomic::Ordering::Relaxed);
        self.states = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, PinsError> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(run).map_err(|error| PinsError::Refused {
        what: format!("the thread \"{name}\""),
        reason: error.to_string(),
    })
}

/// The kernel's monotonic clock, by which edges carry their times.
fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // It is never negative, and its nanoseconds are below 10^9.
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

fn feel(
    contacts: &mut dyn Contacts,
    levels: [bool; 5],
    stop: &atomic::AtomicBool,
    touched: &impl Fn(Touch),
) {
    let mut buttons = levels.map(Debounce::new);
    let mut look_at = now() + LOOKS_EVERY;
    while !stop.load(atomic::Ordering::Relaxed) {
        let due = buttons.iter().filter_map(Debounce::poll_timeout).min();
        let wake = due.map_or(look_at, |due| due.min(look_at));
        let moved = match contacts.wait(wake.saturating_sub(now())) {
            Ok(moved) => moved,
            Err(error) => return tracing::error!(%error, "the panel's buttons are lost"),
        };
        let mut look = now() >= look_at;
        if let Some(Move {
            button,
            down,
            at,
            lost,
        }) = moved
        {
            let steady = &mut buttons[button.index()];
            tell(button, steady.handle_level(down, at), touched);
            look |= lost;
        }
        if look {
            look_at = now() + LOOKS_EVERY;
            match contacts.levels() {
                Ok(levels) => resynchronise(&mut buttons, levels, touched),
                Err(error) => return tracing::error!(%error, "the panel's buttons are lost"),
            }
        } else if moved.is_none() {
            // Only when no move waits: it may be older than this moment.
            for button in Button::ALL {
                tell(
                    button,
                    buttons[button.index()].handle_timeout(now()),
                    touched,
                );
            }
        }
    }
}

fn resynchronise(buttons: &mut [Debounce; 5], levels: [bool; 5], touched: &impl Fn(Touch)) {
    for button in Button::ALL {
        let steady = &mut buttons[button.index()];
        tell(
            button,
            steady.handle_level(levels[button.index()], now()),
            touched,
        );
    }
}

fn tell(button: Button, became: Option<bool>, touched: &impl Fn(Touch)) {
    match became {
        Some(true) => touched(Touch::Down(button)),
        Some(false) => touched(Touch::Up(button)),
        None => {}
    }
}

fn light(mut wires: Box<dyn Wires>, states: &Receiver<State>) {
    let Ok(mut state) = states.recv() else { return };
    let mut since = now();
    loop {
        let (lit, changes) = lamps(&state, now().saturating_sub(since));
        if let Err(error) = wires.set(lit) {
            return tracing::error!(%error, "the panel's lamps are lost");
        }
        let next = match changes {
            Some(changes) => states.recv_timeout(changes),
            None => states.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(next) => {
                if Signal::of(&next) != Signal::of(&state) {
                    since = now();
                }
                state = next;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                // A box that has stopped shows nothing.
                let _ = wires.set([false; 7]);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::fake;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_bouncing_press_is_felt_once_and_a_lost_release_is_made_up_for() {
        let (person, pins) = fake::pins();
        let (touches, felt) = channel();
        let panel = Panel::start(pins, move |touch| touches.send(touch).unwrap()).unwrap();
        let at = now();
        for (n, down) in [true, false, true, false, true].into_iter().enumerate() {
            person.moves(Button::Mute, down, at + ms(3 * n as u64), false);
        }
        assert_eq!(felt.recv_timeout(PATIENCE), Ok(Touch::Down(Button::Mute)));
        person.moves(Button::Mute, false, Duration::ZERO, true);
        assert_eq!(felt.recv_timeout(PATIENCE), Ok(Touch::Up(Button::Mute)));
        drop(panel);
        assert_eq!(felt.try_recv().ok(), None);
    }

    #[test]
    fn a_button_that_is_down_at_the_start_is_stuck_until_it_comes_up() {
        let (person, pins) = fake::pins();
        person.moves(Button::Plus, true, Duration::ZERO, true);
        let (touches, felt) = channel();
        let starts = std::thread::current().id();
        let touched = move |touch| {
            assert_ne!(
                std::thread::current().id(),
                starts,
                "who starts it may not wait"
            );
            touches.send(touch).unwrap();
        };
        let _panel = Panel::start(pins, touched).unwrap();
        assert_eq!(felt.recv_timeout(PATIENCE), Ok(Touch::Stuck(Button::Plus)));
        person.moves(Button::Plus, false, now(), false);
        assert_eq!(felt.recv_timeout(PATIENCE), Ok(Touch::Up(Button::Plus)));
    }

    #[test]
    fn lamps_follow_the_state_blink_by_themselves_and_go_out_at_the_end() {
        let (person, pins) = fake::pins();
        let panel = Panel::start(pins, |_| ()).unwrap();
        let muted = State {
            muted: true,
            ..State::default()
        };
        panel.show(muted);
        let red = [true, false, false, true, false, false, false];
        assert_eq!(person.sees(PATIENCE), Some(red));
        panel.show(State {
            hand_raised: true,
            ..State::default()
        });
        let amber = [true, true, false, false, false, false, false];
        let seen = [(); 3].map(|()| person.sees(PATIENCE));
        assert_eq!(seen, [Some(amber), Some([false; 7]), Some(amber)]);
        drop(panel);
        let mut last = None;
        while let Some(lamps) = person.sees(Duration::ZERO) {
            last = Some(lamps);
        }
        assert_eq!(last, Some([false; 7]));
    }
}
