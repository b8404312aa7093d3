//! How the box is: its camera and microphones at the left, what was found at the right.

use crate::screen::VideoSlot;
use crate::screen::gauge::{CHANNELS, Needle};
use crate::screen::ink::{
    AMBER, Anchor, BODY, CORAL, GREEN, PANEL, SMALL, SOFT, Sheet, Style, WHITE,
};
use crate::screen::layout::{COLUMN, Place};
use crate::screen::plan::{Maker, Meter};
use crate::screen::scene::{Diagnostics, Seen};

use super::people::{DARK, STEP, cell, lit, mark};

const LEFT: f32 = 64.0;
/// The camera's picture.
const PICTURE: Place = Place::wide(LEFT, 124.0, 864.0);
/// What was found.
const FOUND: Place = Place {
    x: 976.0,
    y: 124.0,
    width: 880.0,
    height: 790.0,
};
/// How wide the words at the foot may be: lines of state stand beside them.
const FOOT: f32 = COLUMN - LEFT - 24.0;
/// The bar of the focus has so many cells, and a microphone alone in its row.
const CELLS: u8 = 20;
/// Two microphones share a row where there are more than this.
const ROWS: usize = 4;
/// A little smaller than elsewhere: a technician stands nearer, and there is much to read.
const TEXT: f32 = SMALL * 0.8;

/// The picture for a technician.
pub(in crate::screen) fn diagnostics(maker: &mut Maker<'_>, diagnostics: &Diagnostics) {
    let meters = meters(maker, diagnostics);
    maker.back(|sheet| {
        let title = Style::new(BODY, AMBER).bold();
        sheet.line(&diagnostics.title, title, LEFT, 84.0, 1500.0);
        let clock = Style::new(BODY, WHITE).bold();
        sheet.line(&diagnostics.clock, clock, 1690.0, 84.0, 170.0);
        for (x, y) in meters.iter().flat_map(|meter| &meter.cells) {
            cell(sheet, *x, *y, DARK);
        }
        labels(sheet, diagnostics);
        let hint = Style::new(SMALL, AMBER).bold();
        sheet.line(&diagnostics.hint, hint, LEFT, 990.0, FOOT);
        let foot = Style::new(TEXT, SOFT);
        sheet.line(&diagnostics.foot, foot, LEFT, 1046.0, FOOT);
    });
    maker.plan.meters = meters;
    camera(maker, diagnostics);
    maker.over(FOUND, |sheet| findings(sheet, diagnostics));
}

fn camera(maker: &mut Maker<'_>, diagnostics: &Diagnostics) {
    if diagnostics.no_camera.is_empty() {
        let own = Seen {
            slot: VideoSlot::Own,
            name: String::new(),
        };
        maker.picture(&own, PICTURE, SMALL);
        return;
    }
    maker.over(PICTURE, |sheet| {
        sheet.panel(0.0, 0.0, PICTURE.width, PICTURE.height, PANEL);
        let style = Style::new(BODY, CORAL).bold().at(Anchor::Middle);
        let room = PICTURE.width - 96.0;
        let (lines, style) = sheet.wrap(&diagnostics.no_camera, style, room, 3);
        sheet.lines(&lines, style, PICTURE.width / 2.0, 230.0, room);
    });
}

/// The row of the focus.
const FOCUS: f32 = PICTURE.bottom() + 56.0;

/// Where the row of a microphone begins, where its cells do, how many there are, and its base.
fn row(nth: usize, of: usize) -> (f32, f32, u8, f32) {
    let two = of > ROWS;
    let (column, line) = (nth / ROWS, nth % ROWS);
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let (x, base) = (
        LEFT + column as f32 * 440.0,
        FOCUS + 66.0 + line as f32 * 58.0,
    );
    match two {
        true => (x, x + 190.0, 10, base),
        false => (x, x + 318.0, CELLS, base),
    }
}

fn labels(sheet: &mut Sheet<'_>, diagnostics: &Diagnostics) {
    let style = Style::new(TEXT, WHITE);
    if diagnostics.no_camera.is_empty() {
        sheet.line(&diagnostics.focus, style, LEFT, FOCUS, 298.0);
    }
    let names = &diagnostics.microphones;
    for (nth, name) in names.iter().take(CHANNELS).enumerate() {
        let (x, cells, _, base) = row(nth, names.len());
        sheet.line(name, style, x, base, cells - x - 20.0);
    }
}

fn meters(maker: &Maker<'_>, diagnostics: &Diagnostics) -> Vec<Meter> {
    let focus = diagnostics
        .no_camera
        .is_empty()
        .then(|| focus(maker, diagnostics));
    let names = diagnostics.microphones.len();
    let microphone = |nth| {
        let (_, x, cells, base) = row(nth, names);
        Meter {
            needle: Needle::Channel(nth),
            cells: cells_from(x, base, cells),
            poor: lit(maker, GREEN),
            good: lit(maker, GREEN),
            poor_mark: None,
            good_mark: None,
        }
    };
    let microphones = (0..names.min(CHANNELS)).map(microphone);
    focus.into_iter().chain(microphones).collect()
}

fn focus(maker: &Maker<'_>, diagnostics: &Diagnostics) -> Meter {
    let (sharp, blurred) = &diagnostics.sharpness;
    let cells = cells_from(LEFT + 318.0, FOCUS, CELLS);
    let word = |text: &str, fill| {
        let place = Place {
            x: LEFT + 330.0 + STEP * f32::from(CELLS),
            y: FOCUS - 44.0,
            width: 110.0,
            height: 60.0,
        };
        maker.drawing(place, |sheet| {
            sheet.line(text, Style::new(TEXT, fill).bold(), 0.0, 44.0, 110.0);
        })
    };
    Meter {
        needle: Needle::Focus,
        cells,
        poor: lit(maker, AMBER),
        good: lit(maker, GREEN),
        poor_mark: Some(word(blurred, AMBER)),
        good_mark: Some(word(sharp, GREEN)),
    }
}

/// A row of cells whose words have this base.
fn cells_from(x: f32, base: f32, cells: u8) -> Vec<(f32, f32)> {
    let at = |nth| (x + STEP * f32::from(nth), base - 24.0);
    (0..cells).map(at).collect()
}

/// An exclamation mark, in a square of 40 units: somebody should look.
fn look_at(sheet: &mut Sheet<'_>, x: f32, y: f32) {
    sheet.put(format_args!(
        r#"<path transform="translate({x} {y})" d="M20 4 V22 M20 35 h0.1" fill="none" stroke="{AMBER}" stroke-width="8" stroke-linecap="round"/>"#
    ));
}

/// As many as there is room for; below them what is tried now.
fn findings(sheet: &mut Sheet<'_>, diagnostics: &Diagnostics) {
    let room = FOUND.width - 72.0;
    let mut base = 36.0;
    let trial = Style::new(TEXT, AMBER).bold();
    let (trials, trial) = sheet.wrap(&diagnostics.trial, trial, room, 2);
    #[expect(clippy::cast_precision_loss, reason = "two lines at the most")]
    let end = FOUND.height - trials.len() as f32 * trial.size * 1.2;
    for check in &diagnostics.findings {
        let ink = if check.well == Some(true) {
            SOFT
        } else {
            WHITE
        };
        let (lines, style) = sheet.wrap(&check.text, Style::new(TEXT, ink), room, 2);
        #[expect(clippy::cast_precision_loss, reason = "two lines at the most")]
        let high = lines.len() as f32 * style.size * 1.2;
        if base + high - style.size > end {
            break;
        }
        match check.well {
            Some(_) => mark(sheet, check, 4.0, base - 32.0),
            None => look_at(sheet, 4.0, base - 32.0),
        }
        base = sheet.lines(&lines, style, 72.0, base, room) + 14.0;
    }
    sheet.lines(&trials, trial, 72.0, end + trial.size, room);
}
