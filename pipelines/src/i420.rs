//! Pictures in memory, 8-bit I420: planes, and rectangles laid over them. Pure.

/// Black in luma and chroma.
pub(crate) const BLACK: [u8; 3] = [16, 128, 128];

/// The three planes of a picture that is being drawn on.
pub(crate) struct Planes<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Luma, one byte per pixel.
    pub(crate) y: &'a mut [u8],
    pub(crate) y_stride: usize,
    /// Chroma, one byte per square of four pixels.
    pub(crate) u: &'a mut [u8],
    pub(crate) v: &'a mut [u8],
    pub(crate) c_stride: usize,
}

/// A rectangle of a picture, in pixels. Even, so that chroma follows luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Rect {
    pub(crate) fn even(x: usize, y: usize, width: usize, height: usize) -> Self {
        Self {
            x: x & !1,
            y: y & !1,
            width: (width & !1).max(2),
            height: (height & !1).max(2),
        }
    }

    /// The largest rectangle inside this one with the shape of `width` to `height`, centred.
    pub(crate) fn fit(self, width: usize, height: usize) -> Self {
        if width == 0 || height == 0 {
            return self;
        }
        let (w, h) = if self.width * height > self.height * width {
            (self.height * width / height, self.height)
        } else {
            (self.width, self.width * height / width)
        };
        // No bars of a pixel or two, which are only rounding.
        if self.width - w <= 2 && self.height - h <= 2 {
            return self;
        }
        Self::even(
            self.x + self.width.saturating_sub(w) / 2,
            self.y + self.height.saturating_sub(h) / 2,
            w,
            h,
        )
    }
}

/// How colours become luma and chroma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matrix {
    /// ITU-R BT.601, for pictures of less than 720 lines.
    Bt601,
    /// ITU-R BT.709, for larger ones.
    Bt709,
}

impl Matrix {
    /// The matrix that GStreamer takes for a picture of this height when nothing is said.
    pub(crate) fn for_height(height: usize) -> Self {
        if height < 720 {
            Self::Bt601
        } else {
            Self::Bt709
        }
    }

    /// Luma and chroma offsets of a colour, limited range, without the base (16 and 128). 0.0..=255.0 each.
    fn convert(self, r: f32, g: f32, b: f32) -> (f32, f32, f32) {
        let (kr, kb) = match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
        };
        let y = kr * r + (1.0 - kr - kb) * g + kb * b;
        let u = (b - y) / (2.0 * (1.0 - kb));
        let v = (r - y) / (2.0 * (1.0 - kr));
        (y * 219.0 / 255.0, u * 224.0 / 255.0, v * 224.0 / 255.0)
    }
}

/// A small picture with transparency, premultiplied, ready to be laid over another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sprite {
    width: usize,
    height: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
    alpha: Vec<u8>,
    alpha_c: Vec<u8>,
}

impl Sprite {
    /// Converts premultiplied RGBA (shape `[height][width][4]`); odd sizes lose their last row or column.
    pub(crate) fn from_rgba(rgba: &[u8], width: usize, height: usize, matrix: Matrix) -> Self {
        let (w, h) = (width & !1, height & !1);
        let mut sprite = Self {
            width: w,
            height: h,
            y: Vec::with_capacity(w * h),
            u: Vec::with_capacity(w * h / 4),
            v: Vec::with_capacity(w * h / 4),
            alpha: Vec::with_capacity(w * h),
            alpha_c: Vec::with_capacity(w * h / 4),
        };
        let pixel = |x: usize, y: usize| -> [f32; 4] {
            let at = (y * width + x) * 4;
            let bytes = rgba.get(at..at + 4).unwrap_or(&[0; 4]);
            std::array::from_fn(|i| f32::from(bytes[i]))
        };
        for y in 0..h {
            for x in 0..w {
                let [r, g, b, a] = pixel(x, y);
                let (luma, _, _) = matrix.convert(r, g, b);
                sprite.y.push(byte(luma + a * 16.0 / 255.0));
                sprite.alpha.push(byte(a));
            }
        }
        for y in (0..h).step_by(2) {
            for x in (0..w).step_by(2) {
                let four = [
                    pixel(x, y),
                    pixel(x + 1, y),
                    pixel(x, y + 1),
                    pixel(x + 1, y + 1),
                ];
                let mean: [f32; 4] =
                    std::array::from_fn(|i| four.iter().map(|pixel| pixel[i]).sum::<f32>() / 4.0);
                let (_, u, v) = matrix.convert(mean[0], mean[1], mean[2]);
                let base = mean[3] * 128.0 / 255.0;
                sprite.u.push(byte(u + base));
                sprite.v.push(byte(v + base));
                sprite.alpha_c.push(byte(mean[3]));
            }
        }
        sprite
    }

    /// A rectangle of one opaque colour, as luma and chroma.
    pub(crate) fn plain(width: usize, height: usize, yuv: [u8; 3]) -> Self {
        let (w, h) = (width & !1, height & !1);
        Self {
            width: w,
            height: h,
            y: vec![yuv[0]; w * h],
            u: vec![yuv[1]; w * h / 4],
            v: vec![yuv[2]; w * h / 4],
            alpha: vec![255; w * h],
            alpha_c: vec![255; w * h / 4],
        }
    }

    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    pub(crate) const fn height(&self) -> usize {
        self.height
    }

    /// The sprite's own planes, to draw into (an opaque sprite is a picture).
    pub(crate) fn planes(&mut self) -> Planes<'_> {
        Planes {
            width: self.width,
            height: self.height,
            y: &mut self.y,
            y_stride: self.width,
            u: &mut self.u,
            v: &mut self.v,
            c_stride: self.width / 2,
        }
    }

    /// Lays the sprite over a picture with its top left corner at `x`, `y` (made even); what falls outside is cut.
    pub(crate) fn blend(&self, onto: &mut Planes<'_>, x: isize, y: isize) {
        let (x, y) = (x & !1, y & !1);
        let luma = Layer {
            from: &self.y,
            alpha: &self.alpha,
            width: self.width,
            height: self.height,
        };
        luma.blend(onto.y, onto.y_stride, onto.width, onto.height, x, y);
        for (from, to) in [(&self.u, &mut *onto.u), (&self.v, &mut *onto.v)] {
            let chroma = Layer {
                from,
                alpha: &self.alpha_c,
                width: self.width / 2,
                height: self.height / 2,
            };
            chroma.blend(
                to,
                onto.c_stride,
                onto.width / 2,
                onto.height / 2,
                x / 2,
                y / 2,
            );
        }
    }
}

/// Lays `from` over `onto`, `weight` of 256 strong (256: nothing but `from`), as far as both go.
pub(crate) fn mix(onto: &mut [u8], from: &[u8], weight: u16) {
    let weight = weight.min(256);
    let rest = 256 - weight;
    for (onto, from) in onto.iter_mut().zip(from) {
        let [_, sum] = (u16::from(*onto) * rest + u16::from(*from) * weight + 128).to_le_bytes();
        *onto = sum;
    }
}

/// One plane of a sprite.
struct Layer<'a> {
    from: &'a [u8],
    alpha: &'a [u8],
    width: usize,
    height: usize,
}

impl Layer<'_> {
    fn blend(&self, to: &mut [u8], stride: usize, width: usize, height: usize, x: isize, y: isize) {
        let Some((skip_x, to_x, columns)) = overlap(self.width, width, x) else {
            return;
        };
        let Some((skip_y, to_y, rows)) = overlap(self.height, height, y) else {
            return;
        };
        for row in 0..rows {
            let at = (skip_y + row) * self.width + skip_x;
            let into = (to_y + row) * stride + to_x;
            let (Some(from), Some(alpha), Some(to)) = (
                self.from.get(at..at + columns),
                self.alpha.get(at..at + columns),
                to.get_mut(into..into + columns),
            ) else {
                return;
            };
            blend_row(from, alpha, to);
        }
    }
}

fn blend_row(from: &[u8], alpha: &[u8], to: &mut [u8]) {
    if alpha.iter().all(|a| *a == 255) {
        to.copy_from_slice(from);
        return;
    }
    for ((to, from), alpha) in to.iter_mut().zip(from).zip(alpha) {
        let through = u32::from(*to) * (255 - u32::from(*alpha));
        // Division by 255, rounded, without dividing.
        let through = (through + 128 + ((through + 128) >> 8)) >> 8;
        *to = from.saturating_add(u8::try_from(through).unwrap_or(255));
    }
}

/// Where `length` cells laid at `at` meet `room` cells: first cell used, first cell met, how many.
fn overlap(length: usize, room: usize, at: isize) -> Option<(usize, usize, usize)> {
    let skip = usize::try_from(-at).unwrap_or(0);
    let to = usize::try_from(at).unwrap_or(0);
    let count = length.checked_sub(skip)?.min(room.checked_sub(to)?);
    (count > 0).then_some((skip, to, count))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a byte"
)]
fn byte(value: f32) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_opaque_white_is_the_brightest_luma_and_neutral_chroma() {
        for matrix in [Matrix::Bt601, Matrix::Bt709] {
            let sprite = Sprite::from_rgba(&[255; 16], 2, 2, matrix);
            assert_eq!((sprite.y[0], sprite.u[0], sprite.v[0]), (235, 128, 128));
        }
    }

    #[test]
    fn a_transparent_sprite_changes_nothing() {
        let mut picture = Sprite::plain(8, 8, [90, 40, 200]);
        let before = picture.clone();
        Sprite::from_rgba(&[0; 64], 4, 4, Matrix::Bt601).blend(&mut picture.planes(), 2, 2);
        assert_eq!(picture, before);
    }

    #[test]
    fn half_transparent_black_over_white_is_grey() {
        let mut picture = Sprite::plain(2, 2, [235, 128, 128]);
        Sprite::from_rgba(&[0, 0, 0, 128].repeat(4), 2, 2, Matrix::Bt601).blend(
            &mut picture.planes(),
            0,
            0,
        );
        assert!((124..=127).contains(&picture.y[0]), "{}", picture.y[0]);
        assert!((127..=129).contains(&picture.u[0]));
    }

    proptest! {
        #[test]
        fn a_sprite_laid_anywhere_stays_inside(x in -40isize..40, y in -40isize..40) {
            let mut picture = Sprite::plain(16, 12, [16, 128, 128]);
            Sprite::plain(8, 6, [200, 1, 2]).blend(&mut picture.planes(), x, y);
            let (x, y) = (x & !1, y & !1);
            for row in 0..12isize {
                for column in 0..16isize {
                    let inside = (x..x + 8).contains(&column) && (y..y + 6).contains(&row);
                    let at = usize::try_from(row * 16 + column).expect("positive");
                    prop_assert_eq!(picture.y[at] == 200, inside);
                }
            }
        }

        #[test]
        fn a_fitted_rectangle_lies_inside_and_keeps_the_shape(
            w in 20usize..400, h in 20usize..400, pw in 16usize..2000, ph in 16usize..2000
        ) {
            let room = Rect::even(10, 10, w, h);
            let fitted = room.fit(pw, ph);
            prop_assert!(fitted.x >= room.x && fitted.y >= room.y);
            prop_assert!(fitted.width <= room.width.max(2) && fitted.height <= room.height.max(2));
        }
    }
}
