//! Spectrograms as PNG pictures. Pure.

use std::fmt::Write;

use super::lane::{Column, LINES};

/// Levels of the darkest and the brightest colour, in dB of a sine of full scale.
const DARK_DB: f32 = -110.0;
const BRIGHT_DB: f32 = -30.0;
/// Colours from dark to bright: each step looks as large as the others, in print and to the colour-blind.
const COLOURS: [[u8; 3]; 7] = [
    [8, 10, 32],
    [44, 20, 92],
    [108, 28, 122],
    [176, 46, 108],
    [232, 90, 70],
    [252, 168, 64],
    [254, 244, 176],
];

/// A spectrogram, as wide as there are columns: time to the right, 0 Hz at the bottom, 12 kHz at the top.
pub fn spectrogram(columns: &[Column]) -> anyhow::Result<Vec<u8>> {
    let mut pixels = Vec::with_capacity(columns.len() * LINES);
    for line in (0..LINES).rev() {
        pixels.extend(columns.iter().map(|column| shade(column.level(line))));
    }
    let (width, height) = (u32::try_from(columns.len())?, u32::try_from(LINES)?);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

/// The legend of the colours, as stops of a CSS gradient from dark to bright.
pub fn gradient() -> String {
    let mut stops = String::new();
    for [r, g, b] in COLOURS {
        // Writing to a string cannot fail.
        let _ = write!(stops, ",rgb({r},{g},{b})");
    }
    stops
}

/// The levels at the two ends of the colours.
pub const fn range_db() -> (f32, f32) {
    (DARK_DB, BRIGHT_DB)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0..=255"
)]
fn shade(db: f32) -> u8 {
    (255.0 * ((db - DARK_DB) / (BRIGHT_DB - DARK_DB)).clamp(0.0, 1.0)).round() as u8
}

/// 256 colours, red, green and blue each.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "0..=255"
)]
fn palette() -> Vec<u8> {
    let steps = (COLOURS.len() - 1) as f32;
    let colour = |n: usize| {
        let place = n as f32 / 255.0 * steps;
        let low = (place as usize).min(COLOURS.len() - 2);
        let share = place - low as f32;
        let mixed = move |rgb: usize| {
            let (a, b) = (COLOURS[low][rgb], COLOURS[low + 1][rgb]);
            (f32::from(a) + share * (f32::from(b) - f32::from(a))).round() as u8
        };
        (0..3).map(mixed)
    };
    (0..256).flat_map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lane::Lane;
    use super::*;

    #[test]
    fn silence_is_dark_and_a_tone_is_bright_at_its_height() {
        let mut lane = Lane::new();
        #[expect(clippy::cast_precision_loss, reason = "a second")]
        let tone = |n: usize| (std::f32::consts::TAU * (n % 8) as f32 / 8.0).sin();
        lane.push((0..48_000).map(|n| if n < 24_000 { 0.0 } else { tone(n) }));
        let file = spectrogram(lane.columns()).expect("a picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(file));
        reader.set_transformations(png::Transformations::EXPAND);
        let mut reader = reader.read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        assert_eq!((info.width, info.height), (100, 256));
        let at = |x: usize, y: usize| &pixels[3 * (100 * y + x)..][..3];
        assert_eq!(at(20, 127), COLOURS[0]);
        assert_eq!(at(80, 127), COLOURS[6]);
        assert_eq!(at(80, 20), COLOURS[0]);
    }
}
