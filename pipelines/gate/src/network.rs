//! Pure. The network that decides: a dense layer, two gated recurrent units (Cho 2014), three heads.
//!
//! Its weights are in `network.bin`, made by `train/train.py` (order and meaning are told there): 8-bit rows
//! with one scale each. They are unfolded once; a step is about 75,000 multiplications.

use crate::bands::{BANDS, PerBand};
use crate::features::{FEATURES, Features};

const DENSE: usize = 72;
const FIRST: usize = 80;
const SECOND: usize = 64;
const STATE: usize = FIRST + SECOND;
/// What a stretch of sound can be, besides voice.
pub(crate) const CLASSES: usize = 5;
const HEADS: usize = BANDS + 1 + CLASSES;

/// What the network answers, for the sound that leaves the gate now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Answer {
    /// How sure it is that somebody speaks, 0.0..=1.0.
    pub(crate) voice: f32,
    /// The amplitude, 0.0..=1.0, that leaves the talker, per band.
    pub(crate) gains: PerBand,
    /// How sure it is of: nothing, voice, whisper, page, impact; the sum is 1.
    pub(crate) classes: [f32; CLASSES],
}

/// `ROWS` sums over `COLUMNS` inputs, stored input by input so that the inner loop runs over rows.
#[derive(Debug)]
struct Matrix<const ROWS: usize, const COLUMNS: usize>(Box<[[f32; ROWS]]>);

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> {
    fn read(from: &mut Reader) -> Self {
        let scales: [f32; ROWS] = from.floats();
        let mut columns = vec![[0.0; ROWS]; COLUMNS].into_boxed_slice();
        for (row, scale) in scales.iter().enumerate() {
            for column in &mut columns {
                column[row] = f32::from(from.byte().cast_signed()) * scale;
            }
        }
        Self(columns)
    }

    fn add_to(&self, sums: &mut [f32; ROWS], inputs: &[f32; COLUMNS]) {
        for (column, input) in self.0.iter().zip(inputs) {
            for (sum, weight) in sums.iter_mut().zip(column) {
                *sum += weight * input;
            }
        }
    }
}

/// A gated recurrent unit; `GATES` is three times `SIZE`: reset, update, new.
#[derive(Debug)]
struct Unit<const INPUTS: usize, const SIZE: usize, const GATES: usize> {
    input: Matrix<GATES, INPUTS>,
    recurrent: Matrix<GATES, SIZE>,
    input_bias: [f32; GATES],
    recurrent_bias: [f32; GATES],
    state: [f32; SIZE],
}

impl<const INPUTS: usize, const SIZE: usize, const GATES: usize> Unit<INPUTS, SIZE, GATES> {
    fn read(from: &mut Reader) -> Self {
        Self {
            input: Matrix::read(from),
            recurrent: Matrix::read(from),
            input_bias: from.floats(),
            recurrent_bias: from.floats(),
            state: [0.0; SIZE],
        }
    }

    fn step(&mut self, inputs: &[f32; INPUTS]) {
        let (mut x, mut h) = (self.input_bias, self.recurrent_bias);
        self.input.add_to(&mut x, inputs);
        self.recurrent.add_to(&mut h, &self.state);
        for (n, state) in self.state.iter_mut().enumerate() {
            let reset = sigmoid(x[n] + h[n]);
            let update = sigmoid(x[SIZE + n] + h[SIZE + n]);
            let new = (x[2 * SIZE + n] + reset * h[2 * SIZE + n]).tanh();
            *state = new + update * (*state - new);
        }
    }
}

/// The network and what it remembers.
#[derive(Debug)]
pub(crate) struct Network {
    dense: Matrix<DENSE, FEATURES>,
    dense_bias: [f32; DENSE],
    first: Unit<DENSE, FIRST, { 3 * FIRST }>,
    second: Unit<FIRST, SECOND, { 3 * SECOND }>,
    heads: Matrix<HEADS, STATE>,
    heads_bias: [f32; HEADS],
}

const WEIGHTS: &[u8] = include_bytes!("network.bin");
const fn stored(rows: usize, columns: usize) -> usize {
    rows * (4 + columns)
}
const _: () = assert!(
    WEIGHTS.len()
        == stored(DENSE, FEATURES)
            + 4 * DENSE
            + stored(3 * FIRST, DENSE)
            + stored(3 * FIRST, FIRST)
            + 24 * FIRST
            + stored(3 * SECOND, FIRST)
            + stored(3 * SECOND, SECOND)
            + 24 * SECOND
            + stored(HEADS, STATE)
            + 4 * HEADS,
    "network.bin was trained for another network: run train/train.py"
);

impl Network {
    pub(crate) fn new() -> Self {
        let mut from = Reader(WEIGHTS);
        Self {
            dense: Matrix::read(&mut from),
            dense_bias: from.floats(),
            first: Unit::read(&mut from),
            second: Unit::read(&mut from),
            heads: Matrix::read(&mut from),
            heads_bias: from.floats(),
        }
    }

    /// One hop further.
    pub(crate) fn step(&mut self, features: &Features) -> Answer {
        let mut dense = self.dense_bias;
        self.dense.add_to(&mut dense, features);
        self.first.step(&dense.map(f32::tanh));
        self.second.step(&self.first.state);
        let mut state = [0.0; STATE];
        state[..FIRST].copy_from_slice(&self.first.state);
        state[FIRST..].copy_from_slice(&self.second.state);
        let mut heads = self.heads_bias;
        self.heads.add_to(&mut heads, &state);

        let kinds = &heads[BANDS + 1..];
        let most = kinds.iter().fold(f32::MIN, |most, kind| most.max(*kind));
        let mut classes = [0.0; CLASSES];
        for (class, kind) in classes.iter_mut().zip(kinds) {
            *class = (kind - most).exp();
        }
        let sum: f32 = classes.iter().sum();
        let classes = classes.map(|class| class / sum);
        Answer {
            voice: agreed(heads[BANDS], &classes),
            gains: std::array::from_fn(|band| sigmoid(heads[band])),
            classes,
        }
    }
}

/// How sure of a voice two heads are together, the mean of their log-odds: one of them alone goes on hearing the
/// talker for a moment when somebody whispers or turns a page right after.
fn agreed(voice: f32, classes: &[f32; CLASSES]) -> f32 {
    const LEAST: f32 = 1e-3;
    let [_, talker, whisper, page, impact] = classes;
    let odds = (talker + LEAST) / (whisper + page + impact + LEAST);
    sigmoid(0.5 * (voice + odds.ln()))
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Reads the weights; their number is checked when this is compiled.
struct Reader(&'static [u8]);

impl Reader {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn floats<const N: usize>(&mut self) -> [f32; N] {
        std::array::from_fn(|_| f32::from_le_bytes(std::array::from_fn(|_| self.byte())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_is_read_and_is_a_number() {
        let mut from = Reader(WEIGHTS);
        let first: [f32; DENSE] = from.floats();
        assert!(first.iter().all(|scale| *scale > 0.0 && *scale < 1.0));
        let network = Network::new();
        assert!(
            network
                .heads_bias
                .iter()
                .all(|bias| bias.is_finite() && bias.abs() < 20.0)
        );
    }

    #[test]
    fn two_heads_that_disagree_are_less_sure_than_one() {
        let (talker, whisper) = ([0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0]);
        assert!(agreed(3.0, &talker) > 0.95);
        assert!(agreed(3.0, &whisper) < 0.2);
        assert!(agreed(-3.0, &talker) < 0.9 && agreed(-3.0, &whisper) < 0.01);
    }

    #[test]
    fn silence_is_no_voice_and_answers_stay_in_range() {
        let mut network = Network::new();
        let mut features = [0.0; FEATURES];
        features[..BANDS].fill(-1.0);
        features[BANDS..2 * BANDS].fill(-0.5);
        features[2 * BANDS + 9] = -1.0;
        let mut answer = network.step(&features);
        for _ in 0..200 {
            answer = network.step(&features);
        }
        assert!(answer.voice < 0.2, "{answer:?}");
        assert!((answer.classes.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let extreme = network.step(&[50.0; FEATURES]);
        assert!(extreme.gains.iter().all(|gain| (0.0..=1.0).contains(gain)));
    }
}
