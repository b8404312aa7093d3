//! A barcode in the picture that says which room drew it and when, to measure from glass to glass.
//!
//! 48 cells, black or white, in two rows at the top left: room (8 bits), milliseconds of the monotonic
//! clock (32 bits), checksum (8 bits), most significant bit first. A cell is a fortieth of the
//! picture's width (16 pixels at 640), so that it fills whole macroblocks, survives coding at 400 kbit/s
//! and can be read from a smaller copy. Pure.

/// Cells in a row.
const COLUMNS: usize = 24;
/// Rows of cells.
const ROWS: usize = 2;
/// Cells that would fill the picture's width.
const CELLS_ACROSS: usize = 40;
/// Luma of a cell: 0 and 1, inside the limited range.
const LUMA: [u8; 2] = [24, 227];
/// A mean luma nearer to the middle than this is no cell of ours.
const SURE: i32 = 28;

/// What a barcode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Who drew the picture.
    pub room: u8,
    /// When: milliseconds of the monotonic clock, modulo 2^32 (49 days).
    pub millis: u32,
}

impl Stamp {
    /// The stamp of a moment of the monotonic clock.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "modulo 2^32, as documented"
    )]
    pub const fn new(room: u8, drawn_ns: u64) -> Self {
        Self {
            room,
            millis: (drawn_ns / 1_000_000) as u32,
        }
    }

    /// When it was drawn, in nanoseconds, seen from a later moment (less than 49 days after).
    #[must_use]
    pub fn drawn_ns(self, now_ns: u64) -> u64 {
        let now_ms = now_ns / 1_000_000;
        let age = Self::new(0, now_ns).millis.wrapping_sub(self.millis);
        now_ms.saturating_sub(u64::from(age)) * 1_000_000
    }

    /// The cells of the stamp: column, row, and whether it is white. A cell is a fortieth of the picture's width.
    pub fn cells(self) -> impl Iterator<Item = (u8, u8, bool)> {
        let bits = self.bits();
        (0u8..2).flat_map(move |row| {
            (0u8..24).map(move |column| {
                let shift = 47 - (row * 24 + column);
                (column, row, (bits >> shift) & 1 == 1)
            })
        })
    }

    fn bits(self) -> u64 {
        let payload = (u64::from(self.room) << 32) | u64::from(self.millis);
        (payload << 8) | u64::from(checksum(payload))
    }

    fn from_bits(bits: u64) -> Option<Self> {
        let payload = bits >> 8;
        let [.., sum] = bits.to_be_bytes();
        (sum == checksum(payload)).then_some(Self {
            room: u8::try_from(payload >> 32).ok()?,
            millis: u32::try_from(payload & 0xFFFF_FFFF).ok()?,
        })
    }
}

/// CRC-8 of 40 bits, polynomial 0x07 (ITU-T I.432.1), started at 0xFF so that a black picture says nothing.
fn checksum(payload: u64) -> u8 {
    payload.to_be_bytes()[3..].iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| {
            (crc << 1) ^ if crc & 0x80 == 0 { 0 } else { 0x07 }
        })
    })
}

/// Draws the stamp into a luma plane (8 bits, `stride` bytes per line) of a picture `width` wide.
/// A plane too small for it is left as it is.
pub fn draw(luma: &mut [u8], stride: usize, width: usize, stamp: Stamp) {
    let edge = |n: usize| n * width / CELLS_ACROSS;
    if edge(1) == 0 || luma.len() < (edge(ROWS) - 1) * stride + edge(COLUMNS) {
        return;
    }
    for (column, row, white) in stamp.cells() {
        let (column, row) = (usize::from(column), usize::from(row));
        let value = LUMA[usize::from(white)];
        for line in edge(row)..edge(row + 1) {
            let at = line * stride;
            luma[at + edge(column)..at + edge(column + 1)].fill(value);
        }
    }
}

/// Reads a stamp from a luma plane in which the picture lies, perhaps scaled, `width` wide with its top
/// left corner at `x`, `y`. `None` where there is none, or where it cannot be trusted.
#[must_use]
pub fn read(luma: &[u8], stride: usize, x: usize, y: usize, width: usize) -> Option<Stamp> {
    // Cells of less than three pixels have no middle to look at.
    if width < 3 * CELLS_ACROSS {
        return None;
    }
    let mut bits = 0;
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let middle = |n: usize| (2 * n + 1) * width / (2 * CELLS_ACROSS);
            let reach = width / CELLS_ACROSS / 4;
            let mean = mean(luma, stride, x + middle(column), y + middle(row), reach)?;
            let from_middle = mean - 128;
            if from_middle.abs() < SURE {
                return None;
            }
            bits = (bits << 1) | u64::from(from_middle > 0);
        }
    }
    Stamp::from_bits(bits)
}

/// Mean luma of a square around a point.
fn mean(luma: &[u8], stride: usize, x: usize, y: usize, reach: usize) -> Option<i32> {
    let side = 2 * reach + 1;
    let mut sum = 0i32;
    for line in y.checked_sub(reach)?..=y + reach {
        let at = line * stride + x.checked_sub(reach)?;
        sum += luma
            .get(at..at + side)?
            .iter()
            .map(|luma| i32::from(*luma))
            .sum::<i32>();
    }
    Some(sum / i32::try_from(side * side).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_picture_says_nothing() {
        for luma in [0, 16, 128, 235, 255] {
            assert_eq!(read(&[luma; 640 * 360], 640, 0, 0, 640), None);
        }
    }

    #[test]
    fn a_picture_too_small_is_left_alone() {
        let mut tiny = [7; 64];
        draw(&mut tiny, 8, 8, Stamp { room: 1, millis: 2 });
        assert_eq!(tiny, [7; 64]);
        assert_eq!(read(&tiny, 8, 0, 0, 8), None);
    }

    #[test]
    fn the_moment_comes_back_across_the_wrap() {
        let drawn = ((1u64 << 32) - 5) * 1_000_000;
        let stamp = Stamp::new(3, drawn);
        assert_eq!(stamp.drawn_ns(drawn + 80_000_000), drawn);
    }

    proptest! {
        #[test]
        fn what_was_drawn_is_read_after_scaling_and_noise(
            room: u8, millis: u32, size in 8usize..60, scaled in 160usize..1300, noise in 0u8..60, seed: u32
        ) {
            let stamp = Stamp { room, millis };
            let (width, height) = (size * 32, size * 18);
            let mut luma = vec![100; width * height];
            draw(&mut luma, width, width, stamp);
            let lines = scaled * 9 / 16;
            let mut noisy = seed;
            let small: Vec<u8> = (0..scaled * lines).map(|at| {
                noisy = noisy.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (x, y) = (at % scaled * width / scaled, at / scaled * height / lines);
                let jitter = i32::from(noise) * (i32::from((noisy >> 24) as u8) - 128) / 128;
                u8::try_from((i32::from(luma[y * width + x]) + jitter).clamp(0, 255)).expect("a byte")
            }).collect();
            prop_assert_eq!(read(&small, scaled, 0, 0, scaled), Some(stamp));
        }

        #[test]
        fn one_wrong_cell_is_noticed(room: u8, millis: u32, wrong in 0u32..48) {
            prop_assert_eq!(Stamp::from_bits(Stamp { room, millis }.bits() ^ (1 << wrong)), None);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..4000), stride in 0usize..200,
                                x in 0usize..300, y in 0usize..300, width in 0usize..2000) {
            let _ = read(&bytes, stride, x, y, width);
            let mut bytes = bytes;
            draw(&mut bytes, stride, width, Stamp { room: 1, millis: 1 });
        }
    }
}
