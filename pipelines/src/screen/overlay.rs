//! What the screen writes: pills of text, drawn anew only when the view changes.

use super::layout::Layout;
use super::{Line, Role, View};
use crate::i420::{Matrix, Sprite};
use crate::svg::{Drawer, FONT, escape};

/// Sizes of letters, in units (360ths of the height). A state is read from the last row.
const STATE: f32 = 21.0;
const NAME: f32 = 19.0;
const ROOM: f32 = 13.0;
const THUMB: f32 = 11.0;
/// Lines of state that are shown.
const LINES: usize = 2;

/// A drawn piece and its place.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) sprite: Sprite,
    pub(super) x: isize,
    pub(super) y: isize,
}

/// A pill to be drawn.
struct Pill<'a> {
    text: &'a str,
    size: f32,
    weight: &'static str,
    fill: &'static str,
    opacity: f32,
    ink: &'static str,
    symbol: &'static str,
    /// No wider than this, in pixels: longer text is squeezed.
    room: f32,
}

/// Draws all that a view writes.
pub(super) fn draw(drawer: &Drawer, layout: &Layout, view: &View) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match &view.main {
        Some(name) => pieces.extend(names(drawer, layout, view, name)),
        None => pieces.extend(card(drawer, layout, view)),
    }
    pieces.extend(thumb_names(drawer, layout, view));
    let taken = view
        .main
        .as_ref()
        .and_then(|_| pieces.first())
        .map_or(0, |name| {
            name.x + isize::try_from(name.sprite.width()).unwrap_or(0)
        });
    pieces.extend(states(drawer, layout, view, taken));
    pieces
}

/// The main picture's name at the bottom left, this room's small at the bottom right.
fn names(drawer: &Drawer, layout: &Layout, view: &View, name: &str) -> Vec<Piece> {
    let margin = 10.0 * layout.unit;
    let (width, height) = size(layout);
    let mut pieces = Vec::new();
    if !name.is_empty()
        && let Some(sprite) = pill(drawer, layout, &plain(name, NAME, "bold", width * 0.4))
    {
        let y = height - margin - side(sprite.height());
        pieces.push(place(sprite, margin, y));
    }
    if !view.room.is_empty()
        && let Some(sprite) = pill(
            drawer,
            layout,
            &plain(&view.room, ROOM, "normal", width * 0.3),
        )
    {
        let x = width - 8.0 * layout.unit - side(sprite.width());
        let y = height - margin - side(sprite.height());
        pieces.push(place(sprite, x, y));
    }
    pieces
}

fn thumb_names(drawer: &Drawer, layout: &Layout, view: &View) -> Vec<Piece> {
    let named = view.thumbs.iter().enumerate();
    named
        .filter_map(|(index, name)| {
            let name = name.as_ref().filter(|name| !name.is_empty())?;
            let rect = layout.thumb(index);
            let width = side(rect.width);
            let sprite = pill(drawer, layout, &plain(name, THUMB, "bold", width * 0.96))?;
            let x = side(rect.x) + (width - side(sprite.width())) / 2.0;
            let y = side(rect.y + rect.height) - side(sprite.height());
            Some(place(sprite, x, y))
        })
        .collect()
}

/// Lines of state at the bottom, in the middle, the first beside the name that takes `taken` pixels.
fn states(drawer: &Drawer, layout: &Layout, view: &View, taken: isize) -> Vec<Piece> {
    let (width, height) = size(layout);
    let column = side(layout.thumb(0).x);
    let right = if view.thumbs.iter().any(Option::is_some) {
        column
    } else {
        width
    };
    let gap = 6.0 * layout.unit;
    let mut bottom = height - 10.0 * layout.unit;
    let mut pieces = Vec::new();
    for (nth, line) in view.lines.iter().take(LINES).enumerate() {
        let Some(sprite) = pill(drawer, layout, &state(line, right * 0.94)) else {
            continue;
        };
        let free = if taken > 0 {
            side(usize::try_from(taken).unwrap_or(0)) + gap
        } else {
            0.0
        };
        let middle = (right - side(sprite.width())) / 2.0;
        let beside = free + side(sprite.width()) + gap <= right;
        // The first line stands beside the name if there is room, else above it.
        let x = if nth == 0 && beside {
            middle.max(free)
        } else {
            middle
        };
        if nth == 0 && !beside {
            bottom -= (NAME * 1.5) * layout.unit + gap;
        }
        let y = bottom - side(sprite.height());
        bottom = y - gap;
        pieces.push(place(sprite, x, y));
    }
    pieces
}

/// The room's name in large letters, when no picture is shown.
fn card(drawer: &Drawer, layout: &Layout, view: &View) -> Option<Piece> {
    let (width, height) = size(layout);
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"><defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#14293a"/><stop offset="1" stop-color="#0a151f"/></linearGradient></defs>
<rect width="{w}" height="{h}" fill="url(#g)"/>
<rect x="{bar_x}" y="{bar_y}" width="{bar_w}" height="{bar_h}" rx="{r}" fill="#e8a33d"/>
<text transform="translate({middle} {base}) scale({squeeze} 1)" text-anchor="middle" font-family="{FONT}" font-weight="bold" font-size="{size}" fill="#ffffff">{room}</text></svg>"##,
        w = layout.width,
        h = layout.height,
        middle = width / 2.0,
        base = height * 0.5,
        size = 52.0 * layout.unit,
        squeeze = (width * 0.62
            / drawer
                .width(&view.room, 52.0 * layout.unit, "bold")
                .max(1.0))
        .min(1.0),
        bar_w = 90.0 * layout.unit,
        bar_h = 6.0 * layout.unit,
        bar_x = width / 2.0 - 45.0 * layout.unit,
        bar_y = height * 0.5 + 22.0 * layout.unit,
        r = 3.0 * layout.unit,
        room = escape(&view.room),
    );
    sprite(drawer, layout, &svg).map(|sprite| place(sprite, 0.0, 0.0))
}

fn plain<'a>(text: &'a str, size: f32, weight: &'static str, room: f32) -> Pill<'a> {
    Pill {
        text,
        size,
        weight,
        fill: "#0b1620",
        opacity: 0.74,
        ink: "#ffffff",
        symbol: "",
        room,
    }
}

fn state(line: &Line, room: f32) -> Pill<'_> {
    let (fill, ink, symbol) = match line.role {
        Role::Neutral => ("#0b1620", "#ffffff", ""),
        Role::Floor => ("#16803c", "#ffffff", MICROPHONE),
        Role::Muted => ("#b3261e", "#ffffff", STRUCK_OUT),
        Role::Warning => ("#f2b01e", "#1c1503", TRIANGLE),
    };
    Pill {
        fill,
        ink,
        symbol,
        opacity: if line.role == Role::Neutral {
            0.74
        } else {
            0.94
        },
        ..plain(&line.text, STATE, "bold", room)
    }
}

/// Symbols in a square of 24 units, in the colour of the text.
const MICROPHONE: &str = r#"<rect x="8.5" y="2" width="7" height="12" rx="3.5" fill="currentColor"/><path d="M5 11 a7 7 0 0 0 14 0 M12 18 V22 M8 22 H16" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>"#;
const STRUCK_OUT: &str = r#"<rect x="8.5" y="2" width="7" height="12" rx="3.5" fill="currentColor"/><path d="M5 11 a7 7 0 0 0 14 0 M12 18 V22 M8 22 H16" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/><path d="M3 3 L21 21" stroke="black" stroke-opacity="0.55" stroke-width="5"/><path d="M3 3 L21 21" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>"#;
const TRIANGLE: &str = r#"<path d="M12 3 L22 21 H2 Z" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linejoin="round"/><path d="M12 9.5 V14.5" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/><circle cx="12" cy="17.8" r="1.5" fill="currentColor"/>"#;

fn pill(drawer: &Drawer, layout: &Layout, pill: &Pill<'_>) -> Option<Sprite> {
    let size = pill.size * layout.unit;
    let (height, inset) = (size * 1.5, size * 0.5);
    let symbol = if pill.symbol.is_empty() {
        0.0
    } else {
        size * 1.35
    };
    let measured = drawer.width(pill.text, size, pill.weight).max(1.0);
    let squeeze = ((pill.room - 2.0 * inset - symbol) / measured).clamp(0.2, 1.0);
    let width = measured * squeeze + 2.0 * inset + symbol;
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"><rect x="1" y="1" width="{width}" height="{height}" rx="{r}" fill="{fill}" fill-opacity="{opacity}" stroke="{ink}" stroke-width="{rim}"/>
<g transform="translate({inset} {sy}) scale({ss})" color="{ink}">{mark}</g>
<text transform="translate({tx} {base}) scale({squeeze} 1)" font-family="{FONT}" font-weight="{weight}" font-size="{size}" fill="{ink}">{text}</text></svg>"##,
        w = width.ceil() + 2.0,
        h = height.ceil() + 2.0,
        // A rim keeps green on green, and red on red, apart.
        rim = if pill.symbol.is_empty() {
            0.0
        } else {
            1.4 * layout.unit
        },
        r = size * 0.42,
        fill = pill.fill,
        opacity = pill.opacity,
        sy = size * 0.22,
        ss = size * 1.06 / 24.0,
        ink = pill.ink,
        mark = pill.symbol,
        tx = inset + symbol,
        base = size * 1.1,
        weight = pill.weight,
        text = escape(pill.text),
    );
    sprite(drawer, layout, &svg)
}

fn sprite(drawer: &Drawer, layout: &Layout, svg: &str) -> Option<Sprite> {
    drawer
        .draw(svg, Matrix::for_height(layout.height))
        .inspect_err(|reason| tracing::warn!(reason, "a text cannot be drawn"))
        .ok()
}

#[expect(clippy::cast_possible_truncation, reason = "a place on a screen")]
fn place(sprite: Sprite, x: f32, y: f32) -> Piece {
    Piece {
        sprite,
        x: x as isize,
        y: y as isize,
    }
}

fn size(layout: &Layout) -> (f32, f32) {
    (side(layout.width), side(layout.height))
}

#[expect(clippy::cast_precision_loss, reason = "a screen's side")]
fn side(side: usize) -> f32 {
    side as f32
}
