//! The box's buttons and lights: whatever of them this machine has.

use std::path::Path;

use board::Button;
use board::cec::{Cec, Places};
use board::panel::{Panel, Touch};
use board::pins;
use tokio::sync::mpsc;

use crate::config;
use crate::machine::Input;

/// Starts the panel. Without one the box has the buttons of its page.
pub(crate) fn start(config: &config::Panel, inputs: mpsc::Sender<Input>) -> Option<Panel> {
    let found = match pins::find(&config.pins, Path::new("/")) {
        Ok(Some(found)) => found,
        Ok(None) => {
            tracing::info!("no panel is wired; the buttons of the box's page are there");
            return None;
        }
        Err(error) => {
            tracing::warn!(%error, "no panel");
            return None;
        }
    };
    // The thread of the buttons may wait: the loop takes what it is given.
    let touched = move |touch| {
        let _ = inputs.blocking_send(input(touch));
    };
    match pins::open(&found).and_then(|pins| Panel::start(pins, touched)) {
        Ok(panel) => {
            tracing::info!(panel = %found, "panel");
            Some(panel)
        }
        Err(error) => {
            tracing::warn!(panel = %found, %error, "no panel");
            None
        }
    }
}

/// Looks for televisions to switch on, and for keys of their remotes.
pub(crate) fn start_cec(wanted: bool, inputs: mpsc::Sender<Input>) -> Option<Cec> {
    if !wanted {
        return None;
    }
    let pressed = move |button, down| {
        let input = match down {
            true => Input::Pressed(button),
            false => Input::Released(button),
        };
        let _ = inputs.blocking_send(input);
    };
    match Cec::start(Places::default(), pressed) {
        Ok(cec) => {
            cec.want(true);
            Some(cec)
        }
        Err(error) => {
            tracing::warn!(%error, "the television is not switched on and off");
            None
        }
    }
}

/// Says that a button counts no longer, or again.
pub(crate) fn tell_stuck(button: Button, stuck: bool) {
    let button = button.name();
    match stuck {
        true => {
            tracing::warn!(button, "a button is stuck; it is ignored until it comes up");
        }
        false => tracing::info!(button, "a button came up again"),
    }
}

fn input(touch: Touch) -> Input {
    match touch {
        Touch::Down(button) => Input::Pressed(button),
        Touch::Up(button) => Input::Released(button),
        Touch::Stuck(button) => Input::Stuck(button),
    }
}
