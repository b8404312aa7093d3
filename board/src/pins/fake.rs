//! Pins without a machine: what a hand does and what an eye sees, in memory. Contacts bounce as they are told to.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Contacts, Move, Pins, PinsError, Wires};
use crate::Button;
use crate::lights::Lamps;

/// Whoever stands before the fake panel.
#[derive(Debug)]
pub struct Person {
    moves: Sender<Move>,
    levels: Arc<Mutex<[bool; 5]>>,
    lamps: Receiver<Lamps>,
}

/// A panel, and whoever stands before it.
pub fn pins() -> (Person, Pins) {
    let (moves, felt) = channel();
    let (shown, lamps) = channel();
    let levels = Arc::new(Mutex::new([false; 5]));
    let person = Person {
        moves,
        levels: Arc::clone(&levels),
        lamps,
    };
    let contacts = FakeContacts {
        moves: felt,
        levels,
    };
    (person, (Box::new(contacts), Box::new(FakeWires(shown))))
}

impl Person {
    /// Moves a contact. With `lost` the panel is not told of it, and must look.
    pub fn moves(&self, button: Button, down: bool, at: Duration, lost: bool) {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        levels[button.index()] = down;
        if !lost {
            // Nobody feels it once the panel has stopped.
            let _ = self.moves.send(Move {
                button,
                down,
                at,
                lost: false,
            });
        }
    }

    /// The lamps, once they have changed; nothing within `patience`, or after the panel has stopped.
    pub fn sees(&self, patience: Duration) -> Option<Lamps> {
        self.lamps.recv_timeout(patience).ok()
    }
}

struct FakeContacts {
    moves: Receiver<Move>,
    levels: Arc<Mutex<[bool; 5]>>,
}

impl Contacts for FakeContacts {
    fn wait(&mut self, patience: Duration) -> Result<Option<Move>, PinsError> {
        match self.moves.recv_timeout(patience) {
            Ok(moved) => Ok(Some(moved)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(PinsError::Refused {
                what: "the fake panel".to_owned(),
                reason: "nobody stands before it".to_owned(),
            }),
        }
    }

    fn levels(&mut self) -> Result<[bool; 5], PinsError> {
        Ok(*self.levels.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct FakeWires(Sender<Lamps>);

impl Wires for FakeWires {
    fn set(&mut self, lamps: Lamps) -> Result<(), PinsError> {
        self.0.send(lamps).map_err(|_| PinsError::Refused {
            what: "the fake panel".to_owned(),
            reason: "nobody looks at it".to_owned(),
        })
    }
}
