//! Writes WAV files of one channel at 48 kHz, 16 bits or 32-bit floating point.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

/// Samples that fit: the format counts bytes in 32 bits, and the head wants some of them.
const MOST_BYTES: u64 = u32::MAX as u64 - 256;

/// A file that is being written.
pub struct Wav<W: Write + Seek> {
    out: BufWriter<W>,
    float: bool,
    bytes: u64,
    limited: u64,
}

impl<W: Write + Seek> Wav<W> {
    /// Begins a file.
    pub fn new(out: W, float: bool) -> io::Result<Self> {
        let mut wav = Self {
            out: BufWriter::new(out),
            float,
            bytes: 0,
            limited: 0,
        };
        wav.head()?;
        Ok(wav)
    }

    /// Appends samples, nominal range -1.0..=1.0. In 16 bits louder ones are limited and counted.
    pub fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        let width = self.width();
        if self.bytes + samples.len() as u64 * width > MOST_BYTES {
            let hours = MOST_BYTES / width / u64::from(gate::RATE) / 3600;
            return Err(io::Error::other(format!(
                "a WAV file of this kind holds no more than {hours} hours; cut the input in two"
            )));
        }
        for sample in samples {
            if self.float {
                self.out.write_all(&sample.to_le_bytes())?;
            } else {
                let scaled = (sample * 32_768.0).round();
                self.limited += u64::from(!(-32_768.0..=32_767.0).contains(&scaled));
                // A cast of a float saturates, which is the limit.
                #[expect(clippy::cast_possible_truncation, reason = "saturates")]
                self.out.write_all(&(scaled as i16).to_le_bytes())?;
            }
        }
        self.bytes += samples.len() as u64 * width;
        Ok(())
    }

    /// Ends the file; gives how many samples were limited.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.seek(SeekFrom::Start(0))?;
        self.head()?;
        self.out.flush()?;
        Ok(self.limited)
    }

    const fn width(&self) -> u64 {
        if self.float { 4 } else { 2 }
    }

    fn head(&mut self) -> io::Result<()> {
        let rate = gate::RATE;
        let width: u16 = if self.float { 4 } else { 2 };
        let bytes = u32::try_from(self.bytes).map_err(io::Error::other)?;
        // What is not plain PCM has a longer `fmt ` chunk, and says its number of samples.
        let extra: u32 = if self.float { 2 + 12 } else { 0 };
        let mut head = Vec::with_capacity(58);
        head.extend(b"RIFF");
        head.extend((36 + extra + bytes).to_le_bytes());
        head.extend(b"WAVEfmt ");
        head.extend(if self.float { 18_u32 } else { 16 }.to_le_bytes());
        head.extend(if self.float { 3_u16 } else { 1 }.to_le_bytes());
        head.extend(1_u16.to_le_bytes());
        head.extend(rate.to_le_bytes());
        head.extend((rate * u32::from(width)).to_le_bytes());
        head.extend(width.to_le_bytes());
        head.extend((8 * width).to_le_bytes());
        if self.float {
            head.extend(b"\0\0fact\x04\0\0\0");
            head.extend((bytes / 4).to_le_bytes());
        }
        head.extend(b"data");
        head.extend(bytes.to_le_bytes());
        self.out.write_all(&head)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(float: bool, samples: &[f32]) -> (Vec<u8>, u64) {
        let mut bytes = Vec::new();
        let mut wav = Wav::new(Cursor::new(&mut bytes), float).expect("memory");
        wav.write(samples).expect("memory");
        let limited = wav.finish().expect("memory");
        (bytes, limited)
    }

    #[test]
    fn sixteen_bits_are_exact_and_what_is_too_loud_is_limited_and_counted() {
        let (bytes, limited) = written(false, &[-1.0, 0.5, 1.0, -7.0, 12_345.0 / 32_768.0]);
        assert_eq!(bytes.len(), 44 + 10);
        assert_eq!(bytes[4..8], 46_u32.to_le_bytes());
        assert_eq!(bytes[40..44], 10_u32.to_le_bytes());
        let samples: Vec<i16> = bytes[44..]
            .chunks_exact(2)
            .map(|two| i16::from_le_bytes([two[0], two[1]]))
            .collect();
        assert_eq!(samples, [-32_768, 16_384, 32_767, -32_768, 12_345]);
        assert_eq!(limited, 2);
    }

    #[test]
    fn floats_are_written_as_they_are() {
        let (bytes, limited) = written(true, &[2.5, -0.1]);
        assert_eq!(bytes.len(), 58 + 8);
        assert_eq!(bytes[4..8], 58_u32.to_le_bytes());
        assert_eq!(bytes[46..50], 2_u32.to_le_bytes());
        assert_eq!(bytes[58..62], 2.5_f32.to_le_bytes());
        assert_eq!(limited, 0);
    }
}
