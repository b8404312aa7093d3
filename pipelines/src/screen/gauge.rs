//! The level of what the microphones hear, on its way to the screen.

use std::sync::{Arc, Mutex, PoisonError};

use crate::events::Event;

/// Below this nothing is lit, in dB of full scale: the hiss of a microphone.
const LEAST_DBFS: f32 = -70.0;

/// What the microphones hear now. Its copies are the same gauge.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<Mutex<Reading>>);

/// One reading of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Reading {
    /// How loud it is, 0.0 to 1.0.
    level: f32,
    /// Whether the gate lets it through.
    pub(super) open: bool,
}

impl Gauge {
    /// Takes in what the microphones tell; anything else is none of its business.
    pub fn take(&self, event: &Event) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Level { rms_dbfs, .. } => {
                reading.level = (1.0 - rms_dbfs / LEAST_DBFS).clamp(0.0, 1.0);
            }
            Event::Gate { open, .. } => reading.open = *open,
            Event::Video { .. } | Event::Audio { .. } | Event::Part { .. } => {}
        }
    }

    /// A reading of this level.
    #[cfg(test)]
    pub(super) fn at(rms_dbfs: f32) -> Reading {
        let gauge = Self::default();
        gauge.take(&Event::Level {
            rms_dbfs,
            peak_dbfs: 0.0,
            voice: 0.0,
        });
        gauge.read()
    }

    pub(super) fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    /// How many of so many cells are lit.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a few cells"
    )]
    pub(super) fn lit(self, cells: usize) -> usize {
        (self.level * cells as f32).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GateReason;

    #[test]
    fn cells_are_lit_by_what_is_heard_and_the_gate_is_told_apart() {
        let lit = |rms_dbfs| Gauge::at(rms_dbfs).lit(20);
        assert_eq!(
            [-127.0, -70.0, -35.0, 0.0, 3.0].map(lit),
            [0, 0, 10, 20, 20]
        );
        let gauge = Gauge::default();
        assert!(!gauge.read().open);
        gauge.take(&Event::Gate {
            open: true,
            reason: GateReason::Voice,
            voice: 0.9,
        });
        assert!(gauge.read().open);
    }
}
