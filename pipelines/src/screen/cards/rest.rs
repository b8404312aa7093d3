//! Between evenings: a dark television that does not disturb and does not age.

use crate::screen::ink::{Anchor, BODY, HEIGHT, HUGE, SMALL, Style, WIDTH};
use crate::screen::layout::Place;
use crate::screen::plan::Maker;
use crate::screen::scene::Resting;

/// What can be read in the dark, and lights up nothing.
const DIM: &str = "#5d7183";
const DIMMER: &str = "#46586a";
/// How far the words move to each side of the middle.
const ACROSS: f32 = 250.0;
const DOWN: f32 = 200.0;
/// After so many minutes they come back; they have no common part, so that the whole way is long.
const ROUND: (u16, u16) = (97, 61);

/// The time, the next evening, the room's name.
pub(in crate::screen) fn resting(maker: &mut Maker<'_>, resting: &Resting) {
    maker.back(|sheet| {
        sheet.put(format_args!(
            r#"<rect width="{WIDTH}" height="{HEIGHT}" fill="black"/>"#
        ));
    });
    let (x, y) = moved(resting.step);
    let words = Place {
        x: WIDTH / 2.0 - 640.0 + x,
        y: HEIGHT / 2.0 - 270.0 + y,
        width: 1280.0,
        height: 540.0,
    };
    maker.over(words, |sheet| {
        let (middle, room) = (words.width / 2.0, words.width - 40.0);
        let style = |size, fill| Style::new(size, fill).at(Anchor::Middle);
        sheet.line(&resting.clock, style(HUGE, DIM).bold(), middle, 160.0, room);
        sheet.line(&resting.heading, style(SMALL, DIMMER), middle, 264.0, room);
        sheet.line(&resting.when, style(BODY, DIM).bold(), middle, 344.0, room);
        sheet.line(&resting.title, style(BODY, DIM), middle, 424.0, room);
        sheet.line(&resting.room, style(SMALL, DIMMER), middle, 516.0, room);
    });
}

/// A place on a long way through the middle of the screen; the next minute's is near.
fn moved(step: u16) -> (f32, f32) {
    let turn = |round: u16| f32::from(step % round) / f32::from(round) * std::f32::consts::TAU;
    let (across, down) = ROUND;
    // Whole units: letters look the same wherever they stand.
    let place = |most: f32, turn: f32| (most * turn.sin()).round();
    (place(ACROSS, turn(across)), place(DOWN, turn(down)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_moves_all_a_little_and_nothing_leaves_the_screen() {
        let mut seen = std::collections::BTreeSet::new();
        for step in 0..2000 {
            let ((x, y), (next_x, next_y)) = (moved(step), moved(step + 1));
            let far = (next_x - x).hypot(next_y - y);
            assert!((1.0..40.0).contains(&far), "{step}: {far}");
            assert!(x.abs() <= 320.0 && y.abs() <= 270.0);
            seen.insert(format!("{x} {y}"));
        }
        assert!(seen.len() > 1000, "{}", seen.len());
    }
}
