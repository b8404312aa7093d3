//! Lines of state: pills that the room reads from its last row. They never lie on a page of a deck.

use super::ink::{BODY, HEIGHT, SMALL, Sheet, Style, WIDTH};
use super::layout::{COLUMN, COLUMN_WIDTH, Place};
use super::plan::Maker;
use super::scene::Scene;
use super::{Line, Role, View};

/// Lines that are shown.
const LINES: usize = 2;
const GAP: f32 = 16.0;
/// The height of one that stands across.
const HIGH: f32 = 92.0;

/// How a line looks.
struct Look {
    fill: &'static str,
    ink: &'static str,
    symbol: &'static str,
    opacity: f32,
}

/// Puts a view's lines at the foot of the screen, in the column beside a page or a large picture.
pub(super) fn put(maker: &mut Maker<'_>, view: &View) {
    // At the foot of a poll stands how one votes, below a code whose it is: there they are at the top. Above a code is room for one.
    if let Scene::Poll(_) | Scene::Joining(_) = &view.scene {
        let one = matches!(view.scene, Scene::Joining(_));
        let mut top = 24.0;
        for line in view.lines.iter().take(if one { 1 } else { LINES }) {
            across(maker, line, top + HIGH);
            top += HIGH + GAP;
        }
        if let Some(percent) = view.volume {
            volume(maker, percent, top + HIGH);
        }
        return;
    }
    let mut bottom = HEIGHT - 24.0;
    let narrow = match &view.scene {
        Scene::Slides(_) | Scene::Question(_) | Scene::Written(_) | Scene::Diagnostics(_) => true,
        Scene::Name
        | Scene::Standby(_)
        | Scene::Welcome(_)
        | Scene::Speakers(_)
        | Scene::Speaker(_)
        | Scene::Page(_)
        | Scene::Mosaic(_)
        | Scene::Note(_)
        | Scene::Poll(_)
        | Scene::Resting(_)
        | Scene::Mistake(_)
        | Scene::Joining(_) => false,
    };
    for line in view.lines.iter().take(LINES) {
        bottom = if narrow {
            in_the_column(maker, line, bottom)
        } else {
            across(maker, line, bottom)
        };
    }
    if let Some(percent) = view.volume {
        volume(maker, percent, bottom);
    }
}

/// How loud the loudspeaker is, in the column: nothing lies on a page.
fn volume(maker: &mut Maker<'_>, percent: u8, bottom: f32) {
    const LENGTH: f32 = 190.0;
    let pill = Place {
        x: COLUMN,
        y: bottom - HIGH,
        width: COLUMN_WIDTH,
        height: HIGH,
    };
    let look = Look {
        opacity: 0.9,
        symbol: if percent == 0 { SILENT } else { LOUD },
        ..look(Role::Neutral)
    };
    maker.over(pill, |sheet| {
        paper(sheet, &look, pill);
        put_symbol(sheet, &look, 24.0, 16.0, 60.0);
        sheet.panel(104.0, 38.0, LENGTH, 16.0, "#46586a");
        let filled = LENGTH * f32::from(percent.min(100)) / 100.0;
        sheet.panel(104.0, 38.0, filled, 16.0, look.ink);
        let style = Style::new(SMALL, look.ink).bold();
        sheet.line(&format!("{percent}"), style, 314.0, 62.0, 90.0);
    });
}

/// How far to the right the lowest line reaches that stands across, in units.
pub(super) fn right_edge(maker: &Maker<'_>, view: &View) -> f32 {
    let lowest = view.lines.first();
    lowest.map_or(0.0, |line| {
        let (wide, symbol, _) = measured(maker, line);
        (WIDTH + wide + symbol + 64.0) / 2.0
    })
}

/// How wide the text and the symbol of a line are that stands across, and how it is written.
fn measured(maker: &Maker<'_>, line: &Line) -> (f32, f32, Style) {
    let look = look(line.role);
    let style = Style::new(BODY, look.ink).bold();
    let symbol = if look.symbol.is_empty() { 0.0 } else { 84.0 };
    let room = WIDTH - 240.0 - symbol;
    (
        maker.sheet().width(&line.text, style).min(room),
        symbol,
        style,
    )
}

/// One line in the middle. Gives what is left above it.
fn across(maker: &mut Maker<'_>, line: &Line, bottom: f32) -> f32 {
    let look = look(line.role);
    let (wide, symbol, style) = measured(maker, line);
    let pill = Place {
        x: (WIDTH - wide - symbol - 64.0) / 2.0,
        y: bottom - HIGH,
        width: wide + symbol + 64.0,
        height: HIGH,
    };
    maker.over(pill, |sheet| {
        paper(sheet, &look, pill);
        put_symbol(sheet, &look, 30.0, 14.0, 64.0);
        sheet.line(&line.text, style, 32.0 + symbol, 67.0, wide);
    });
    pill.y - GAP
}

/// One line broken into several, as wide as the column. Gives what is left above it.
fn in_the_column(maker: &mut Maker<'_>, line: &Line, bottom: f32) -> f32 {
    let look = look(line.role);
    let style = Style::new(SMALL, look.ink).bold();
    let symbol = if look.symbol.is_empty() { 0.0 } else { 62.0 };
    let room = COLUMN_WIDTH - 48.0 - symbol;
    let (texts, style) = maker.sheet().wrap(&line.text, style, room, 4);
    let rows: f32 = texts.iter().map(|_| style.size * 1.2).sum();
    let pill = Place {
        x: COLUMN,
        y: bottom - rows - 32.0,
        width: COLUMN_WIDTH,
        height: rows + 32.0,
    };
    maker.over(pill, |sheet| {
        paper(sheet, &look, pill);
        put_symbol(sheet, &look, 18.0, 18.0, 48.0);
        sheet.lines(&texts, style, 24.0 + symbol, 16.0 + style.size * 0.98, room);
    });
    pill.y - GAP
}

fn paper(sheet: &mut Sheet<'_>, look: &Look, pill: Place) {
    // A rim keeps green on green, and red on red, apart.
    let rim = if look.symbol.is_empty() { 0.0 } else { 4.0 };
    sheet.put(format_args!(
        r#"<rect x="2" y="2" width="{}" height="{}" rx="24" fill="{}" fill-opacity="{}" stroke="{}" stroke-width="{rim}"/>"#,
        pill.width - 4.0,
        pill.height - 4.0,
        look.fill,
        look.opacity,
        look.ink
    ));
}

fn put_symbol(sheet: &mut Sheet<'_>, look: &Look, x: f32, y: f32, side: f32) {
    sheet.put(format_args!(
        r#"<g transform="translate({x} {y}) scale({})" color="{}">{}</g>"#,
        side / 24.0,
        look.ink,
        look.symbol
    ));
}

fn look(role: Role) -> Look {
    let (fill, ink, symbol) = match role {
        Role::Neutral => ("#0b1721", "#ffffff", ""),
        Role::Floor => ("#16803c", "#ffffff", MICROPHONE),
        Role::Muted => ("#b3261e", "#ffffff", STRUCK_OUT),
        Role::Ask => ("#f2b01e", "#1c1503", QUESTION),
        Role::Warning => ("#f2b01e", "#1c1503", TRIANGLE),
    };
    Look {
        fill,
        ink,
        symbol,
        opacity: if role == Role::Neutral { 0.78 } else { 0.96 },
    }
}

/// Symbols in a square of 24 units, in the colour of the text.
const MICROPHONE: &str = r#"<rect x="8.5" y="2" width="7" height="12" rx="3.5" fill="currentColor"/><path d="M5 11 a7 7 0 0 0 14 0 M12 18 V22 M8 22 H16" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>"#;
const STRUCK_OUT: &str = r#"<rect x="8.5" y="2" width="7" height="12" rx="3.5" fill="currentColor"/><path d="M5 11 a7 7 0 0 0 14 0 M12 18 V22 M8 22 H16" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/><path d="M3 3 L21 21" stroke="black" stroke-opacity="0.55" stroke-width="5"/><path d="M3 3 L21 21" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>"#;
const QUESTION: &str = r#"<circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2.2"/><path d="M8.8 9.4 a3.3 3.3 0 1 1 4.9 3 c-1.2 0.7 -1.7 1.2 -1.7 2.3" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/><circle cx="12" cy="17.6" r="1.5" fill="currentColor"/>"#;
const TRIANGLE: &str = r#"<path d="M12 3 L22 21 H2 Z" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linejoin="round"/><path d="M12 9.5 V14.5" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/><circle cx="12" cy="17.8" r="1.5" fill="currentColor"/>"#;
const LOUD: &str = r#"<path d="M3 9 H7 L12 4.5 V19.5 L7 15 H3 Z" fill="currentColor"/><path d="M15.5 8.5 a5 5 0 0 1 0 7 M18 5.5 a9 9 0 0 1 0 13" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>"#;
const SILENT: &str = r#"<path d="M3 9 H7 L12 4.5 V19.5 L7 15 H3 Z" fill="currentColor"/><path d="M15.5 9 L21.5 15 M21.5 9 L15.5 15" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>"#;
