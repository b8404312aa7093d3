//! Pure. Short soft sounds that double the lights, for who does not look at them.
//!
//! Pairs that belong together go up for what begins and down for what ends.

use std::f32::consts::{PI, TAU};

/// How long a note is, in seconds.
const NOTE: f32 = 0.09;
/// -30 dBFS: heard beside the box, far below a voice.
const AMPLITUDE: f32 = 0.0316;

/// What a sound says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// The room asks for the floor.
    HandRaised,
    /// The room has the floor.
    FloorGiven,
    /// It has it no longer.
    FloorEnded,
    /// The room muted itself.
    Muted,
    /// It is heard again.
    Unmuted,
    /// Something is missing.
    Trouble,
}

impl Cue {
    #[cfg(test)]
    const ALL: [Self; 6] = [
        Self::HandRaised,
        Self::FloorGiven,
        Self::FloorEnded,
        Self::Muted,
        Self::Unmuted,
        Self::Trouble,
    ];

    /// Its notes, in Hz; what any small loudspeaker can.
    const fn notes(self) -> &'static [f32] {
        match self {
            Self::HandRaised => &[659.0],
            Self::FloorGiven => &[523.0, 659.0, 784.0],
            Self::FloorEnded => &[784.0, 523.0],
            Self::Muted => &[523.0, 392.0],
            Self::Unmuted => &[392.0, 523.0],
            Self::Trouble => &[330.0, 330.0],
        }
    }
}

/// Its sound, at so many samples per second.
pub(crate) fn sound(cue: Cue, rate: u32) -> Vec<f32> {
    let rate = rate as f32;
    let samples = (NOTE * rate) as u32;
    let note = |pitch: &f32| {
        let pitch = *pitch;
        (0..samples).map(move |n| {
            let at = n as f32 / rate;
            // It swells and fades over its whole length: no click.
            let swell = (PI * at / NOTE).sin().powi(2);
            AMPLITUDE * swell * (TAU * pitch * at).sin()
        })
    };
    cue.notes().iter().flat_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    #[test]
    fn each_is_short_and_soft_and_begins_and_ends_in_silence() {
        for cue in Cue::ALL {
            let sound = sound(cue, RATE);
            assert!(sound.len() <= RATE as usize * 3 / 10, "{cue:?}");
            let peak = sound.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            let dbfs = 20.0 * peak.log10();
            assert!((-31.0..=-30.0).contains(&dbfs), "{cue:?} {dbfs}");
            // No step is steeper than the tone itself: no click, at the joints neither.
            let steps = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            let steepest = AMPLITUDE * TAU * 784.0 / RATE as f32 * 1.05;
            assert!(steps.fold(0.0, f32::max) <= steepest, "{cue:?}");
            assert!(sound[0].abs() < 1e-4 && sound[sound.len() - 1].abs() < 1e-4);
        }
    }
}
