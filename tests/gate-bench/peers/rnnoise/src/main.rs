//! RNNoise as a filter: little-endian f32 at 48 kHz, range -1..1, from standard input; for each whole frame of
//! 480 samples, its suppressed samples and then the probability of voice, 0..1, to standard output.

use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};

use nnnoiseless::DenoiseState;

/// RNNoise works in the range of 16-bit integers.
const FULL_SCALE: f32 = 32768.0;

fn main() -> io::Result<()> {
    let mut source = BufReader::new(io::stdin().lock());
    let mut target = BufWriter::new(io::stdout().lock());
    let mut denoiser = DenoiseState::new();
    let mut bytes = [0; DenoiseState::FRAME_SIZE * 4];
    let mut heard = [0.0; DenoiseState::FRAME_SIZE];
    let mut kept = [0.0; DenoiseState::FRAME_SIZE];
    loop {
        match source.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return target.flush(),
            Err(error) => return Err(error),
        }
        for (sample, four) in heard.iter_mut().zip(bytes.as_chunks().0) {
            *sample = f32::from_le_bytes(*four) * FULL_SCALE;
        }
        let voice = denoiser.process_frame(&mut kept, &heard);
        for sample in kept {
            target.write_all(&(sample / FULL_SCALE).to_le_bytes())?;
        }
        target.write_all(&voice.to_le_bytes())?;
    }
}
