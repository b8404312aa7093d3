//! Where things stand on the screen. Pure.

use crate::i420::Rect;

/// The screen's places, from its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// A 360th of the height: sizes of letters and margins are multiples of it.
    pub(super) unit: f32,
}

impl Layout {
    #[expect(clippy::cast_precision_loss, reason = "a screen's height")]
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            unit: height as f32 / 360.0,
        }
    }

    /// The whole screen.
    pub(super) fn main(&self) -> Rect {
        Rect::even(0, 0, self.width, self.height)
    }

    /// The place of a thumb, in a column at the right.
    pub(super) fn thumb(&self, index: usize) -> Rect {
        let width = self.width * 7 / 40;
        let height = width * 9 / 16;
        let (margin, gap) = (self.height / 45, self.height / 60);
        Rect::even(
            self.width.saturating_sub(width + margin),
            margin + index * (height + gap),
            width,
            height,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbs_stand_below_one_another_and_leave_room_for_a_name() {
        for (width, height) in [(640, 360), (1280, 720), (1920, 1080), (320, 180)] {
            let layout = Layout::new(width, height);
            for index in 0..4 {
                let (this, next) = (layout.thumb(index), layout.thumb(index + 1));
                assert!(this.y + this.height < next.y);
                assert!(this.x + this.width < width);
                assert!(this.y + this.height < height * 9 / 10, "{width} {index}");
            }
        }
    }
}
