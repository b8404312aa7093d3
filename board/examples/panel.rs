//! A look at this board's panel: `cargo run -p board --example panel [pins.toml]`. Presses are printed; the lamps walk
//! through all that they can say, two seconds each.
#![allow(clippy::print_stdout, reason = "it is for a person at a terminal")]

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use board::lights::{Signal, State};
use board::panel::Panel;
use board::pins::{self, Choice};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let choice = match std::env::args().nth(1) {
        Some(file) => Choice::File(file.into()),
        None => Choice::Auto,
    };
    let Some(found) = pins::find(&choice, Path::new("/"))? else {
        println!("this machine has no panel that is known; name its pins.toml");
        return Ok(());
    };
    println!("{found}; Ctrl-C ends");
    let (touches, felt) = channel();
    let panel = Panel::start(pins::open(&found)?, move |touch| {
        // Nobody reads it only while the program ends.
        let _ = touches.send(touch);
    })?;
    for (signal, state) in states().into_iter().cycle() {
        println!("lamps: {}", signal.name());
        panel.show(state);
        loop {
            match felt.recv_timeout(Duration::from_secs(2)) {
                Ok(touch) => println!("button: {touch:?}"),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }
    Ok(())
}

fn states() -> Vec<(Signal, State)> {
    let none = State {
        useful: [true; 5],
        ..State::default()
    };
    let states = [
        none,
        State {
            in_conference: true,
            ..none
        },
        State {
            hand_raised: true,
            ..none
        },
        State {
            has_floor: true,
            ..none
        },
        State {
            starting: true,
            ..none
        },
        State {
            fault: true,
            ..none
        },
        State {
            muted: true,
            ..none
        },
        State {
            resting: true,
            ..none
        },
        State {
            reset_near: true,
            ..none
        },
    ];
    states
        .iter()
        .map(|state| (Signal::of(state), *state))
        .collect()
}
