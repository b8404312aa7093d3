//! The registers of a Raspberry Pi, where its own kernel offers them. The only file that names `rppal`, which is retired.

use std::time::Duration;

use rppal::gpio::{Error, Gpio, InputPin, OutputPin, Trigger};

use super::{Contacts, Layout, Move, Pins, PinsError, Wires};
use crate::Button;
use crate::lights::Lamps;

pub(super) fn open(layout: &Layout) -> Result<Pins, PinsError> {
    let gpio = Gpio::new().map_err(refused)?;
    let mut contacts = Vec::new();
    for line in layout.buttons {
        // A button joins its line to ground.
        let mut pin = gpio.get(line).map_err(refused)?.into_input_pullup();
        pin.set_interrupt(Trigger::Both, None).map_err(refused)?;
        contacts.push(pin);
    }
    let lamps = layout.lamps.map(|line| gpio.get(line));
    let lamps: Result<Vec<_>, _> = lamps.into_iter().collect();
    let lamps = lamps.map_err(refused)?;
    let lamps = lamps.into_iter().map(|pin| pin.into_output_low());
    let contacts = Inputs {
        gpio,
        pins: contacts,
        seen: [0; 5],
    };
    let lamps = Outputs {
        pins: lamps.collect(),
    };
    Ok((Box::new(contacts), Box::new(lamps)))
}

struct Inputs {
    gpio: Gpio,
    pins: Vec<InputPin>,
    /// The number of each contact's last move.
    seen: [u32; 5],
}

impl Contacts for Inputs {
    fn wait(&mut self, patience: Duration) -> Result<Option<Move>, PinsError> {
        let pins: Vec<&InputPin> = self.pins.iter().collect();
        let polled = self.gpio.poll_interrupts(&pins, false, Some(patience));
        let Some((pin, event)) = polled.map_err(refused)? else {
            return Ok(None);
        };
        let Some(line) = self.pins.iter().position(|other| other.pin() == pin.pin()) else {
            return Ok(None);
        };
        let lost = event.seqno.wrapping_sub(self.seen[line]) > 1;
        self.seen[line] = event.seqno;
        Ok(Some(Move {
            button: Button::ALL[line],
            down: event.trigger == Trigger::FallingEdge,
            at: event.timestamp,
            lost,
        }))
    }

    fn levels(&mut self) -> Result<[bool; 5], PinsError> {
        let mut levels = [false; 5];
        for (level, pin) in levels.iter_mut().zip(&self.pins) {
            *level = pin.is_low();
        }
        Ok(levels)
    }
}

struct Outputs {
    pins: Vec<OutputPin>,
}

impl Wires for Outputs {
    fn set(&mut self, lamps: Lamps) -> Result<(), PinsError> {
        for (pin, lit) in self.pins.iter_mut().zip(lamps) {
            pin.write(lit.into());
        }
        Ok(())
    }
}

fn refused(error: Error) -> PinsError {
    PinsError::Refused {
        what: "the Raspberry Pi's pins".to_owned(),
        reason: error.to_string(),
    }
}
