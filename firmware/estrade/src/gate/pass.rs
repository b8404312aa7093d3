//! The way of the samples: from the file through the gate to the output, and into the report's pictures.

use std::fs::File;
use std::io;

use gate::echo::ECHO_LATENCY;
use gate::{Event, Gate, HOP, LATENCY, MAX_CHANNELS};

use super::report::Pictures;
use super::track::{Decision, Track};
use super::wav::Wav;

/// A file on its way.
pub struct Pass {
    gate: Gate,
    wav: Wav<File>,
    track: Track,
    pictures: Option<Pictures>,
    keep_delay: bool,
    /// Samples taken in of the file.
    samples: u64,
    /// Samples taken in all, with the silence that drives out the last.
    taken: u64,
    /// Samples still to come out before the first one of the file.
    early: usize,
    output: [f32; HOP],
}

/// What is left when a file has passed.
pub struct Passed {
    /// Samples of the file.
    pub samples: u64,
    /// Samples that were too loud for the output's format.
    pub limited: u64,
    /// What was decided.
    pub track: Track,
    /// What is drawn of it, if anything is.
    pub pictures: Option<Pictures>,
}

impl Pass {
    /// A gate that has heard nothing yet, and its output.
    /// `cancels`: each piece comes after as much of [`Pass::far_end`].
    pub fn new(gate: Gate, wav: Wav<File>, keep_delay: bool, draw: bool, cancels: bool) -> Self {
        Self {
            gate,
            wav,
            track: Track::default(),
            pictures: draw.then(Pictures::new),
            keep_delay,
            samples: 0,
            taken: 0,
            early: if cancels {
                LATENCY + ECHO_LATENCY
            } else {
                LATENCY
            },
            output: [0.0; HOP],
        }
    }

    /// Samples taken in so far.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// Takes in what the loudspeaker played during the next piece.
    pub fn far_end(&mut self, samples: &[f32]) {
        self.gate.far_end(samples);
    }

    /// Takes in interleaved samples.
    pub fn push(&mut self, samples: &[f32]) -> io::Result<()> {
        let channels = self.gate.channels();
        for piece in samples.chunks(HOP * channels) {
            if let Some(pictures) = &mut self.pictures {
                pictures.before(piece, channels);
            }
            self.samples += (piece.len() / channels) as u64;
            self.step(piece)?;
        }
        Ok(())
    }

    /// Lets out what is still in the gate, and ends the output.
    pub fn finish(mut self) -> io::Result<Passed> {
        let silence = [0.0; HOP * MAX_CHANNELS];
        let mut left = self.gate.latency();
        while left > 0 {
            let frames = left.min(HOP);
            self.step(&silence[..frames * self.gate.channels()])?;
            left -= frames;
        }
        if let Some(pictures) = &mut self.pictures {
            pictures.finish();
        }
        Ok(Passed {
            samples: self.samples,
            limited: self.wav.finish()?,
            track: self.track,
            pictures: self.pictures,
        })
    }

    fn step(&mut self, piece: &[f32]) -> io::Result<()> {
        let output = &mut self.output[..piece.len() / self.gate.channels()];
        self.gate.process(piece, output);
        let hops = self.taken / HOP as u64;
        self.taken += output.len() as u64;
        if let Some(pictures) = self
            .pictures
            .as_mut()
            .filter(|_| self.taken / HOP as u64 > hops)
        {
            pictures.voice(self.gate.voice());
        }
        while let Some(event) = self.gate.next_event() {
            match event {
                Event::Level { .. } => {}
                Event::Decided { at, reason, voice } => {
                    self.track.push(Decision { at, reason, voice });
                }
            }
        }
        let early = self.early.min(output.len());
        self.early -= early;
        if let Some(pictures) = &mut self.pictures {
            pictures.after(&output[early..]);
        }
        self.wav.write(if self.keep_delay {
            output
        } else {
            &output[early..]
        })
    }
}
