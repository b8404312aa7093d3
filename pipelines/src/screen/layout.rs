//! Where things stand on the screen. Pure.

use super::ink::{HEIGHT, WIDTH};
use crate::i420::Rect;

/// From units of 1920 by 1080 to a screen's pixels. A screen of another shape has bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Pixels of a unit.
    pub(super) scale: f32,
    left: f32,
    top: f32,
}

impl Layout {
    #[expect(clippy::cast_precision_loss, reason = "a screen's sides")]
    pub(super) fn new(width: usize, height: usize) -> Self {
        let (w, h) = (width as f32, height as f32);
        let scale = (w / WIDTH).min(h / HEIGHT);
        Self {
            width,
            height,
            scale,
            left: (w - WIDTH * scale) / 2.0,
            top: (h - HEIGHT * scale) / 2.0,
        }
    }

    /// A place given in units.
    pub(super) fn rect(&self, place: Place) -> Rect {
        let (x, y) = self.point(place.x, place.y);
        let (right, bottom) = self.point(place.x + place.width, place.y + place.height);
        let side = |from: isize, to: isize| usize::try_from(to - from).unwrap_or(0);
        Rect::even(
            usize::try_from(x).unwrap_or(0),
            usize::try_from(y).unwrap_or(0),
            side(x, right),
            side(y, bottom),
        )
    }

    /// A point given in units, in pixels.
    #[expect(clippy::cast_possible_truncation, reason = "a place on a screen")]
    pub(super) fn point(&self, x: f32, y: f32) -> (isize, isize) {
        let pixel = |origin: f32, units: f32| (origin + units * self.scale).round() as isize;
        (pixel(self.left, x), pixel(self.top, y))
    }
}

/// A rectangle in units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Place {
    /// The whole screen.
    pub(super) const ALL: Self = Self::wide(0.0, 0.0, WIDTH);
    /// A page of a deck: one of 4 to 3 fills it, one of 16 to 9 has its whole width.
    pub(super) const PAGE: Self = Self {
        x: 0.0,
        y: 0.0,
        width: 1456.0,
        height: HEIGHT,
    };
    /// The large picture beside which another stands.
    pub(super) const LARGE: Self = Self::wide(0.0, 130.0, 1456.0);
    /// The picture beside a page or a large picture.
    pub(super) const BESIDE: Self = Self::wide(COLUMN, 24.0, COLUMN_WIDTH);

    /// A place with the shape of a camera's picture.
    pub(super) const fn wide(x: f32, y: f32, width: f32) -> Self {
        Self {
            x,
            y,
            width,
            height: width * 9.0 / 16.0,
        }
    }

    /// A small picture in a column at the right of a picture that fills the screen.
    pub(super) fn thumb(nth: u8) -> Self {
        Self::wide(1560.0, 24.0 + 207.0 * f32::from(nth), 336.0)
    }

    pub(super) const fn bottom(&self) -> f32 {
        self.y + self.height
    }
}

/// The column beside a page.
pub(super) const COLUMN: f32 = 1480.0;
pub(super) const COLUMN_WIDTH: f32 = 416.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_covers_a_page() {
        for (width, height) in [
            (640, 360),
            (1280, 720),
            (1920, 1080),
            (320, 180),
            (1024, 768),
        ] {
            let layout = Layout::new(width, height);
            let page = layout.rect(Place::PAGE);
            let beside = layout.rect(Place::BESIDE);
            assert!(page.x + page.width <= beside.x, "{width}");
            assert!(beside.x + beside.width <= width, "{width}");
            assert!(page.y + page.height <= height, "{width}");
        }
    }

    #[test]
    fn thumbs_stand_below_one_another() {
        for nth in 0..3 {
            let (this, next) = (Place::thumb(nth), Place::thumb(nth + 1));
            assert!(this.bottom() < next.y);
            assert!(next.bottom() < HEIGHT && next.x + next.width < WIDTH);
        }
    }
}
