//! The report: one web page that shows what was taken away and why. It needs nothing from the network.

mod data;
mod lane;
mod page;
mod picture;
mod words;

use pipelines::files::Facts;

use super::track::Track;
use lane::Lane;
pub use page::html;
pub use words::Language;

/// What the page tells, beside its pictures.
pub struct Told<'a> {
    /// The file's name.
    pub name: &'a str,
    /// What the file is.
    pub facts: &'a Facts,
    /// What could not be read of it.
    pub missing: Option<String>,
    /// How long it is, in samples at 48 kHz.
    pub samples: u64,
    /// Output samples that were limited.
    pub limited: u64,
    /// Whether the output is floating point.
    pub float: bool,
    /// Whether the gate was on.
    pub enabled: bool,
    /// Where the microphones stand, in metres, if that was given.
    pub places: Option<&'a [[f32; 3]]>,
    /// What was decided.
    pub track: &'a Track,
}

/// The sound before and after the gate, as it will be drawn.
pub struct Pictures {
    before: Lane,
    after: Lane,
    /// In percent, one for each hop; the first are of the time before the file.
    voice: Vec<u8>,
}

impl Pictures {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            before: Lane::new(),
            after: Lane::new(),
            voice: Vec::new(),
        }
    }

    /// Interleaved samples that go into the gate. Their mean is drawn: what would be sent without a gate.
    pub fn before(&mut self, samples: &[f32], channels: usize) {
        #[expect(clippy::cast_precision_loss, reason = "at most 8")]
        let mean = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
        self.before.push(samples.chunks_exact(channels).map(mean));
    }

    /// Samples that came out, without the gate's delay.
    pub fn after(&mut self, samples: &[f32]) {
        self.after.push(samples.iter().copied());
    }

    /// How sure the gate is of a voice after one more hop, 0.0..=1.0.
    pub fn voice(&mut self, sure: f32) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0..=100"
        )]
        self.voice
            .push((100.0 * sure.clamp(0.0, 1.0)).round() as u8);
    }

    /// Ends both.
    pub fn finish(&mut self) {
        self.before.finish();
        self.after.finish();
    }
}
