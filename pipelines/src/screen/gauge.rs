//! What moves on a screen without being drawn anew: the level of what the microphones hear, and the camera's focus.

use std::sync::{Arc, Mutex, PoisonError};

use crate::camera::Focus;
use crate::events::Event;

/// Below this nothing is lit, in dB of full scale: the hiss of a microphone.
const LEAST_DBFS: f32 = -70.0;
/// The most microphones of an array.
pub(super) const CHANNELS: usize = 8;

/// What microphones and camera tell now. Its copies are the same gauge.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<Mutex<Reading>>);

/// What a meter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needle {
    /// What all microphones hear, and whether the gate lets it through.
    Sound,
    /// What one of them hears.
    Channel(usize),
    /// How sharp the camera's picture is.
    Focus,
}

/// One reading of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Reading {
    /// How loud it is, 0.0 to 1.0.
    level: f32,
    /// Whether the gate lets it through.
    open: bool,
    /// How loud each microphone is, 0.0 to 1.0.
    channels: [f32; CHANNELS],
    focus: Focus,
}

impl Gauge {
    /// Takes in what the microphones tell; anything else is none of its business.
    pub fn take(&self, event: &Event) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Level { rms_dbfs, .. } => reading.level = loudness(*rms_dbfs),
            Event::Channels { rms_dbfs } => {
                let mut heard = rms_dbfs.iter();
                reading.channels =
                    std::array::from_fn(|_| heard.next().copied().map_or(0.0, loudness));
            }
            Event::Gate { open, .. } => reading.open = *open,
            Event::Video { .. } | Event::Audio { .. } | Event::Part { .. } => {}
        }
    }

    /// Takes in how sharp the camera's picture is.
    pub fn focus(&self, focus: Focus) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.focus = focus;
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

fn loudness(rms_dbfs: f32) -> f32 {
    (1.0 - rms_dbfs / LEAST_DBFS).clamp(0.0, 1.0)
}

impl Reading {
    /// How many of so many cells are lit.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a few cells"
    )]
    pub(super) fn lit(self, needle: Needle, cells: usize) -> usize {
        let part = match needle {
            Needle::Sound => self.level,
            Needle::Channel(channel) => self.channels.get(channel).copied().unwrap_or(0.0),
            Needle::Focus => self.focus.part,
        };
        (part * cells as f32).round() as usize
    }

    /// Whether it is as it should be: the gate is open, the picture is sharp.
    pub(super) fn is_good(self, needle: Needle) -> bool {
        match needle {
            Needle::Sound => self.open,
            Needle::Channel(_) => true,
            Needle::Focus => self.focus.sharp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GateReason;

    #[test]
    fn cells_are_lit_by_what_is_heard_and_the_gate_is_told_apart() {
        let lit = |rms_dbfs| Gauge::at(rms_dbfs).lit(Needle::Sound, 20);
        assert_eq!(
            [-127.0, -70.0, -35.0, 0.0, 3.0].map(lit),
            [0, 0, 10, 20, 20]
        );
        let gauge = Gauge::default();
        assert!(!gauge.read().is_good(Needle::Sound));
        gauge.take(&Event::Gate {
            open: true,
            reason: GateReason::Voice,
            voice: 0.9,
        });
        assert!(gauge.read().is_good(Needle::Sound));
    }

    #[test]
    fn each_microphone_has_its_own_needle_and_so_has_the_camera() {
        let gauge = Gauge::default();
        gauge.take(&Event::Channels {
            rms_dbfs: vec![-35.0, -127.0],
        });
        gauge.focus(Focus {
            part: 0.5,
            sharp: true,
        });
        let reading = gauge.read();
        let channels = [0, 1, 2, 99].map(|channel| reading.lit(Needle::Channel(channel), 20));
        assert_eq!(channels, [10, 0, 0, 0]);
        assert_eq!(reading.lit(Needle::Sound, 20), 0);
        assert_eq!(reading.lit(Needle::Focus, 20), 10);
        assert!(reading.is_good(Needle::Focus));
        // Fewer microphones than before: the others are silent.
        gauge.take(&Event::Channels { rms_dbfs: vec![] });
        assert_eq!(gauge.read().lit(Needle::Channel(0), 20), 0);
    }
}
