//! What is wrong in a box's settings: the line, the fault, the cure.

use crate::screen::ink::{AMBER, BODY, CORAL, LARGE, PANEL, SMALL, SOFT, Style, WHITE, WIDTH};
use crate::screen::plan::Maker;
use crate::screen::scene::Mistake;

const LEFT: f32 = 120.0;
const ROOM: f32 = WIDTH - 2.0 * LEFT;
/// The place of the line as it stands in the file.
const LINE: (f32, f32) = (230.0, 170.0);

/// The words for whoever wrote the file.
pub(in crate::screen) fn mistake(maker: &mut Maker<'_>, mistake: &Mistake) {
    maker.back(|sheet| {
        sheet.bar(LEFT, 84.0, 180.0);
        let title = Style::new(BODY, AMBER).bold();
        sheet.line(&mistake.title, title, LEFT, 176.0, ROOM);
        let mut top = 400.0;
        if !mistake.place.is_empty() {
            let (y, high) = LINE;
            sheet.panel(LEFT, y, ROOM, high, PANEL);
            let place = Style::new(SMALL, SOFT);
            sheet.line(&mistake.place, place, LEFT + 48.0, y + 64.0, ROOM - 96.0);
            let text = Style::new(BODY, WHITE);
            sheet.line(&mistake.text, text, LEFT + 48.0, y + 136.0, ROOM - 96.0);
            top = 520.0;
        }
        let fault = Style::new(LARGE, CORAL).bold();
        let (faults, fault) = sheet.wrap(&mistake.fault, fault, ROOM, 2);
        let base = sheet.lines(&faults, fault, LEFT, top, ROOM);
        let cure = Style::new(BODY, WHITE);
        let (cures, cure) = sheet.wrap(&mistake.cure, cure, ROOM, 3);
        sheet.lines(&cures, cure, LEFT, base + 10.0, ROOM);
        let after = Style::new(SMALL, SOFT);
        sheet.line(&mistake.after, after, LEFT, 1010.0, ROOM);
    });
}
