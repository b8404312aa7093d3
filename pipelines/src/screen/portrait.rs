//! A portrait: a picture in a circle.

use resvg::tiny_skia::Pixmap;

use crate::i420::{Matrix, Sprite};
use crate::svg::{decoded, scaled};

/// Draws a PNG file into a circle of this diameter, in pixels; a picture that is no square is cut around its middle.
pub(super) fn draw(png: &[u8], side: usize, matrix: Matrix) -> Result<Sprite, String> {
    let mut picture = decoded(png)?;
    // What is drawn below half its size leaves pixels out.
    while short(&picture) >= 2 * side.max(1) {
        picture = halved(&picture).ok_or("no memory for a portrait")?;
    }
    let (rgba, width, height) = scaled(picture, |wide, high| {
        let short = wide.min(high).max(1);
        (wide * side / short, high * side / short)
    })?;
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    let mut circle = Vec::with_capacity(side * side * 4);
    for y in 0..side {
        for x in 0..side {
            let at = ((top + y) * width + left + x) * 4;
            let pixel = rgba.get(at..at + 4).unwrap_or(&[0; 4]);
            let covered = covered(x, y, side);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 255"
            )]
            circle.extend(
                pixel
                    .iter()
                    .map(|value| (f32::from(*value) * covered) as u8),
            );
        }
    }
    Ok(Sprite::from_rgba(&circle, side, side, matrix))
}

fn short(picture: &Pixmap) -> usize {
    picture.width().min(picture.height()) as usize
}

/// Each pixel from four; odd sides lose their last row or column.
fn halved(picture: &Pixmap) -> Option<Pixmap> {
    let mut half = Pixmap::new(picture.width() / 2, picture.height() / 2)?;
    let row = picture.width() as usize * 4;
    let (width, data) = (half.width() as usize, picture.data());
    for (nth, pixel) in half.data_mut().chunks_exact_mut(4).enumerate() {
        let at = (nth / width) * 2 * row + (nth % width) * 8;
        for (channel, value) in pixel.iter_mut().enumerate() {
            let of = |offset: usize| u16::from(data[at + offset + channel]);
            let sum = of(0) + of(4) + of(row) + of(row + 4);
            *value = u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX);
        }
    }
    Some(half)
}

/// How much of a pixel lies in the circle, 0.0 to 1.0.
#[expect(clippy::cast_precision_loss, reason = "a few hundred pixels")]
fn covered(x: usize, y: usize, side: usize) -> f32 {
    let radius = side as f32 / 2.0;
    let from_middle = |at: usize| at as f32 + 0.5 - radius;
    (radius - from_middle(x).hypot(from_middle(y)) + 0.5).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_is_round_and_touches_its_square() {
        assert!(covered(0, 0, 100) < 0.01 && covered(99, 99, 100) < 0.01);
        assert!(covered(50, 0, 100) > 0.9 && covered(0, 49, 100) > 0.9);
        assert!(covered(50, 50, 100) > 0.99);
        let edge = covered(14, 15, 100);
        assert!(edge > 0.0 && edge < 1.0, "{edge}");
    }
}
