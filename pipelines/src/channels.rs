//! How loud each microphone of an array is by itself. Pure.

/// What one channel hears over so many samples: 100 ms.
const SPAN: usize = 4800;

/// Adds up squares until a span is full.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    squares: Vec<f32>,
    frames: usize,
}

impl Channels {
    /// Takes interleaved samples of so many channels; gives each one's level in dB of full scale once a span is full.
    pub(crate) fn take(
        &mut self,
        samples: impl Iterator<Item = f32>,
        channels: usize,
    ) -> Option<Vec<f32>> {
        let channels = channels.max(1);
        if self.squares.len() != channels {
            self.squares = vec![0.0; channels];
            self.frames = 0;
        }
        let mut count = 0;
        for (nth, sample) in samples.enumerate() {
            self.squares[nth % channels] += sample * sample;
            count = nth + 1;
        }
        self.frames += count / channels;
        if self.frames < SPAN {
            return None;
        }
        let frames = self.frames as f32;
        self.frames = 0;
        let level = |squares: &mut f32| {
            let power = std::mem::take(squares) / frames;
            (10.0 * power.log10()).clamp(gate::SILENCE_DBFS, 0.0)
        };
        Some(self.squares.iter_mut().map(level).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_level_every_100_ms() {
        let mut channels = Channels::default();
        // Full scale, a tenth of it, nothing.
        let block = || (0..480).flat_map(|_| [1.0, 0.1, 0.0]);
        let told: Vec<_> = (0..20).filter_map(|_| channels.take(block(), 3)).collect();
        assert_eq!(told.len(), 2);
        for levels in told {
            assert!(
                (levels[0] - 0.0).abs() < 0.1 && (levels[1] + 20.0).abs() < 0.1,
                "{levels:?}"
            );
            assert_eq!(levels[2], -127.0);
        }
    }

    #[test]
    fn another_number_of_channels_begins_anew() {
        let mut channels = Channels::default();
        assert_eq!(channels.take([1.0; 4000].into_iter(), 1), None);
        let levels = channels.take([0.1; 9600].into_iter(), 2);
        assert!(levels.is_some_and(|levels| (levels[1] + 20.0).abs() < 0.1));
        assert_eq!(channels.take(std::iter::empty(), 0), None);
    }
}
