//! A box that its bridge does not know: the code, in letters that fill the screen's width, or why it may not join.

use crate::screen::ink::{
    AMBER, Anchor, BODY, CORAL, LARGE, PANEL, SMALL, SOFT, Style, WHITE, WIDTH,
};
use crate::screen::plan::Maker;
use crate::screen::scene::Joining;

const LEFT: f32 = 120.0;
const ROOM: f32 = WIDTH - 2.0 * LEFT;
/// The code's panel: from, height; and the base of its signs, which are twice as high as anything else.
const CODE: (f32, f32) = (250.0, 400.0);
const SIGNS: f32 = 330.0;
const BASE: f32 = 566.0;
/// Half of what lies between the code's halves.
const GAP: f32 = 50.0;

/// The words for the room, and for the chair.
pub(in crate::screen) fn joining(maker: &mut Maker<'_>, joining: &Joining) {
    maker.back(|sheet| {
        sheet.bar(LEFT, 84.0, 180.0);
        let title = Style::new(BODY, AMBER).bold();
        sheet.line(&joining.title, title, LEFT, 176.0, ROOM);
        let (first, second) = (&joining.code.0, &joining.code.1);
        let words = Style::new(BODY, WHITE);
        if first.is_empty() {
            let fault = Style::new(LARGE, CORAL).bold();
            let (faults, fault) = sheet.wrap(&joining.fault, fault, ROOM, 2);
            let base = sheet.lines(&faults, fault, LEFT, 400.0, ROOM);
            let (cures, cure) = sheet.wrap(&joining.cure, words, ROOM, 4);
            sheet.lines(&cures, cure, LEFT, base + 10.0, ROOM);
        } else {
            let (y, high) = CODE;
            sheet.panel(LEFT, y, ROOM, high, PANEL);
            let (middle, half) = (WIDTH / 2.0, ROOM / 2.0 - GAP - 30.0);
            let signs = Style::new(SIGNS, WHITE).bold().at(Anchor::Middle);
            let wide = sheet.width(first, signs).max(sheet.width(second, signs));
            // Both halves as large as the wider one allows.
            let signs = Style {
                size: SIGNS * (half / wide).min(1.0),
                ..signs
            };
            let aside = GAP + half / 2.0;
            sheet.line(first, signs, middle - aside, BASE, half);
            sheet.line(second, signs, middle + aside, BASE, half);
            let (cures, cure) = sheet.wrap(&joining.cure, words, ROOM, 2);
            let base = sheet.lines(&cures, cure, LEFT, 754.0, ROOM);
            let fault = Style::new(BODY, CORAL).bold();
            sheet.line(&joining.fault, fault, LEFT, base + 20.0, ROOM);
        }
        let foot = Style::new(SMALL, SOFT);
        sheet.line(&joining.foot, foot, LEFT, 1010.0, ROOM);
    });
}
