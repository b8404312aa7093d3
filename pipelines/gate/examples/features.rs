//! Writes the features of sound, for training: 48 kHz little-endian f32 on standard input, interleaved, with as
//! many channels as the first argument says (1, or an array's usual 4 or 6); one vector of
//! [`gate::features::FEATURES`] little-endian f32 per 10 ms on standard output.

use std::io::{BufReader, BufWriter, Read, Write, stdin, stdout};

use gate::features::Extractor;
use gate::{Geometry, HOP, MAX_CHANNELS};

fn main() -> std::io::Result<()> {
    let channels = std::env::args()
        .nth(1)
        .and_then(|argument| argument.parse().ok())
        .unwrap_or(1)
        .clamp(1, MAX_CHANNELS);
    let mut input = BufReader::new(stdin().lock());
    let mut output = BufWriter::new(stdout().lock());
    let mut extractor = Extractor::new(channels, Geometry::usual(channels).as_ref());
    let mut bytes = vec![0; HOP * channels * 4];
    let mut hops = [[0.0; HOP]; MAX_CHANNELS];
    while input.read_exact(&mut bytes).is_ok() {
        for (n, bytes) in bytes.as_chunks().0.iter().enumerate() {
            hops[n % channels][n / channels] = f32::from_le_bytes(*bytes);
        }
        for feature in extractor.push(&hops) {
            output.write_all(&feature.to_le_bytes())?;
        }
    }
    output.flush()
}
