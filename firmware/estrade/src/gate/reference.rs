//! What the loudspeaker played while a file was recorded: a second sound file, beside the first.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use pipelines::files::{Next, SoundFile};

/// A difference in length of more than this between the two files is worth a warning, in samples (1 s).
const ALIKE: u64 = gate::RATE as u64;

/// The second file on its way; its channels are averaged.
pub struct Reference {
    path: PathBuf,
    file: SoundFile,
    waiting: VecDeque<f32>,
    /// Samples given that the file had.
    given: u64,
    ended: bool,
}

impl Reference {
    /// Opens it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: SoundFile::open(path)?,
            waiting: VecDeque::new(),
            given: 0,
            ended: false,
        })
    }

    /// Fills `block` with its next samples, and with silence after its end, or once `stop` is set.
    pub fn fill(&mut self, block: &mut [f32], stop: &AtomicBool) -> anyhow::Result<()> {
        while self.waiting.len() < block.len() && !self.ended && !stop.load(Ordering::Relaxed) {
            match self.file.read()? {
                Next::NotYet => {}
                Next::End => self.ended = true,
                Next::Block { samples, channels } => {
                    #[expect(clippy::cast_precision_loss, reason = "at most 8")]
                    let share = 1.0 / channels as f32;
                    let frames = samples.chunks_exact(channels);
                    self.waiting
                        .extend(frames.map(|frame| frame.iter().sum::<f32>() * share));
                }
            }
        }
        self.given += self.waiting.len().min(block.len()) as u64;
        for sample in block {
            *sample = self.waiting.pop_front().unwrap_or_default();
        }
        Ok(())
    }

    /// What is odd about it after a recording of so many samples, if anything is.
    pub fn odd(&self, recorded: u64) -> Option<String> {
        let path = self.path.display();
        if self.given + ALIKE < recorded {
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            let seconds = self.given as f64 / f64::from(gate::RATE);
            Some(format!(
                "{path} ends after {seconds:.1} s, before the recording: silence was taken for the rest"
            ))
        } else if self.waiting.len() as u64 > ALIKE || !self.ended {
            Some(format!(
                "{path} is longer than the recording: do both begin at the same moment?"
            ))
        } else {
            None
        }
    }
}
