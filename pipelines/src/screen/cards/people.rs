//! Who will speak: before the start, and on the opening slide.

use crate::screen::gauge::Needle;
use crate::screen::ink::{
    AMBER, Anchor, BODY, CORAL, GREEN, HUGE, LARGE, PANEL, SMALL, SOFT, Sheet, Style, WHITE, WIDTH,
};
use crate::screen::layout::Place;
use crate::screen::plan::{Maker, Meter};
use crate::screen::scene::{Check, Person, Speakers, Standby};

const LEFT: f32 = 96.0;
/// A meter's cell that is not lit, and how far it is from the next.
pub(super) const DARK: &str = "#34536d";
pub(super) const STEP: f32 = 21.0;

/// Before the start: clock, programme, and how this room is.
pub(in crate::screen) fn standby(maker: &mut Maker<'_>, room: &str, standby: &Standby) {
    let strip = !standby.others.is_empty();
    // With the way to the phones' page below it, this room's panel stands higher.
    let top = if standby.phones.is_some() {
        180.0
    } else {
        270.0
    };
    maker.back(|sheet| {
        sheet.bar(LEFT, 84.0, 180.0);
        let title = Style::new(LARGE, WHITE).bold();
        let (titles, title) = sheet.wrap(&standby.title, title, 1080.0, 2);
        let mut base = sheet.lines(&titles, title, LEFT, 200.0, 1080.0);
        sheet.line(&standby.when, Style::new(BODY, AMBER), LEFT, base, 1080.0);
        base += 84.0;
        let rows = if strip { 4 } else { 6 };
        programme(sheet, &standby.speakers, base, rows);
        if strip {
            let soft = Style::new(SMALL, SOFT);
            sheet.line(&standby.others_title, soft, LEFT, 790.0, 1080.0);
        }
        state(sheet, room, standby, top);
        dark_cells(sheet, standby, top);
        if let Some(phones) = &standby.phones {
            super::votes::phones_in_corner(sheet, phones, 1270.0, 770.0);
        }
    });
    maker.plan.meters.extend(meter(maker, standby, top));
    for (nth, seen) in (0u8..4).zip(&standby.others) {
        let x = LEFT + f32::from(nth) * 276.0;
        maker.picture(seen, Place::wide(x, 814.0, 256.0), 34.0);
    }
    let clock = Place {
        x: 1270.0,
        y: if standby.phones.is_some() { 30.0 } else { 64.0 },
        width: 560.0,
        height: 190.0,
    };
    let (size, base) = match standby.phones {
        Some(_) => (130.0, 120.0),
        None => (HUGE, 150.0),
    };
    maker.over(clock, |sheet| {
        let style = Style::new(size, AMBER).bold().at(Anchor::Middle);
        sheet.line(&standby.clock, style, 280.0, base, 540.0);
    });
}

/// The speakers, one a row; more than there are rows for, in two columns.
fn programme(sheet: &mut Sheet<'_>, speakers: &[(String, String)], top: f32, rows: usize) {
    let name_style = Style::new(SMALL, WHITE).bold();
    let note_style = Style::new(SMALL, SOFT);
    let two = speakers.len() > rows;
    for (nth, (name, note)) in speakers.iter().take(rows * 2).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few rows")]
        let base = top + (nth % rows) as f32 * 60.0;
        if two {
            let x = if nth < rows { LEFT } else { LEFT + 560.0 };
            sheet.line(name, name_style, x, base, 520.0);
        } else {
            sheet.line(name, name_style, LEFT, base, 700.0);
            let after = sheet.width(name, name_style).min(700.0) + 28.0;
            sheet.line(note, note_style, LEFT + after, base, 1100.0 - after);
        }
    }
}

/// The panel of this room: its name, and how it is.
fn state(sheet: &mut Sheet<'_>, room: &str, standby: &Standby, top: f32) {
    sheet.panel(1270.0, top, 560.0, 560.0, PANEL);
    let name = Style::new(BODY, WHITE).bold();
    sheet.line(room, name, 1310.0, top + 86.0, 480.0);
    sheet.line(
        &standby.checks_title,
        Style::new(SMALL, SOFT),
        1310.0,
        top + 154.0,
        480.0,
    );
    for (check, base) in rows(&standby.checks, top) {
        mark(sheet, check, 1310.0, base - 34.0);
        sheet.line(&check.text, Style::new(SMALL, WHITE), 1376.0, base, 430.0);
    }
}

/// The checks that are shown, and their bases; below one with a meter there is room for it.
fn rows(checks: &[Check], top: f32) -> impl Iterator<Item = (&Check, f32)> {
    let mut base = top + 226.0;
    checks.iter().take(5).map(move |check| {
        let at = base;
        base += if check.meter.is_some() { 98.0 } else { 66.0 };
        (check, at)
    })
}

/// The meter below its check: dark cells on the sheet.
fn dark_cells(sheet: &mut Sheet<'_>, standby: &Standby, top: f32) {
    for (x, y) in cells(standby, top) {
        cell(sheet, x, y, DARK);
    }
}

/// Where the meter's cells are.
fn cells(standby: &Standby, top: f32) -> Vec<(f32, f32)> {
    let mut rows = rows(&standby.checks, top);
    let row = rows.find(|(check, _)| check.meter.is_some());
    let base = row.map(|(_, base)| base);
    base.into_iter()
        .flat_map(|base| (0u8..20).map(move |nth| (1376.0 + STEP * f32::from(nth), base + 20.0)))
        .collect()
}

/// A cell of a meter, 15 by 24 units.
pub(super) fn cell(sheet: &mut Sheet<'_>, x: f32, y: f32, fill: &str) {
    sheet.put(format_args!(
        r#"<rect x="{x}" y="{y}" width="15" height="24" rx="4" fill="{fill}"/>"#
    ));
}

/// A cell that is lit, as SVG.
pub(super) fn lit(maker: &Maker<'_>, fill: &str) -> String {
    let place = Place {
        x: 0.0,
        y: 0.0,
        width: 15.0,
        height: 24.0,
    };
    let drawing = maker.drawing(place, |sheet| cell(sheet, 0.0, 0.0, fill));
    drawing.svg
}

/// What moves of the meter.
fn meter(maker: &Maker<'_>, standby: &Standby, top: f32) -> Option<Meter> {
    let mut rows = rows(&standby.checks, top);
    let (word, base) = rows.find_map(|(check, base)| Some((check.meter.as_ref()?, base)))?;
    let beside = Place {
        x: 1634.0,
        y: base - 48.0,
        width: 160.0,
        height: 62.0,
    };
    Some(Meter {
        needle: Needle::Sound,
        cells: cells(standby, top),
        poor: lit(maker, SOFT),
        good: lit(maker, GREEN),
        poor_mark: None,
        good_mark: Some(maker.drawing(beside, |sheet| {
            let style = Style::new(SMALL, GREEN).bold().at(Anchor::Middle);
            sheet.line(word, style, 80.0, 48.0, 156.0);
        })),
    })
}

/// A tick, a cross, or dots, in a square of 40 units: told apart without their colours.
pub(super) fn mark(sheet: &mut Sheet<'_>, check: &Check, x: f32, y: f32) {
    let (ink, path) = match check.well {
        Some(true) => (GREEN, "M4 22 L15 33 L36 8"),
        Some(false) => (CORAL, "M6 6 L34 34 M34 6 L6 34"),
        None => (SOFT, "M6 22 h0.1 M20 22 h0.1 M34 22 h0.1"),
    };
    sheet.put(format_args!(
        r#"<path transform="translate({x} {y})" d="{path}" fill="none" stroke="{ink}" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"/>"#
    ));
}

/// The opening slide presenting the speakers: cards for up to 8, a list for more.
pub(in crate::screen) fn speakers(maker: &mut Maker<'_>, speakers: &Speakers) {
    let people = &speakers.speakers;
    let mut faces = Vec::new();
    maker.back(|sheet| {
        sheet.line(
            &speakers.heading,
            Style::new(BODY, AMBER).bold(),
            LEFT,
            130.0,
            1700.0,
        );
        let title = Style::new(LARGE, WHITE).bold();
        sheet.line(&speakers.title, title, LEFT, 250.0, WIDTH - 2.0 * LEFT);
        sheet.bar(LEFT, 290.0, 180.0);
        faces = match people.len() {
            0..=4 => portraits(sheet, people),
            5..=8 => tiles(sheet, people),
            _ => {
                list(sheet, people);
                Vec::new()
            }
        };
    });
    for (person, place) in people.iter().zip(faces) {
        if let Some(photo) = &person.photo {
            maker.plan.portraits.push((photo.clone(), place));
        }
    }
}

fn has_photos(people: &[Person]) -> bool {
    people.iter().any(|person| person.photo.is_some())
}

/// What is written below a portrait: lines and how they are set.
struct Words {
    names: (Vec<String>, Style),
    trades: (Vec<String>, Style),
}

impl Words {
    fn of(sheet: &Sheet<'_>, person: &Person, room: f32) -> Self {
        let name = Style::new(BODY, WHITE).bold().at(Anchor::Middle);
        let trade = Style::new(SMALL, SOFT).at(Anchor::Middle);
        Self {
            names: sheet.wrap(&person.name, name, room, 2),
            trades: sheet.wrap(&person.trade, trade, room, 2),
        }
    }

    /// From the base of the first line to that of the town.
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    fn height(&self) -> f32 {
        let of = |(lines, style): &(Vec<String>, Style)| lines.len() as f32 * style.size * 1.2;
        of(&self.names) + of(&self.trades) + 8.0
    }
}

/// Up to four side by side, with initials where there is no photo. Photos are as large as the longest words leave room.
fn portraits(sheet: &mut Sheet<'_>, people: &[Person]) -> Vec<Place> {
    let gap = 40.0;
    #[expect(clippy::cast_precision_loss, reason = "four at the most")]
    let n = people.len().max(1) as f32;
    let wide = ((WIDTH - 2.0 * LEFT - gap * (n - 1.0)) / n).min(820.0);
    let room = wide - 64.0;
    let words: Vec<Words> = people
        .iter()
        .map(|person| Words::of(sheet, person, room))
        .collect();
    let (radius, centre, first) = if has_photos(people) {
        let longest = words.iter().map(Words::height).fold(0.0, f32::max);
        // The card has 606 units: 38 above the picture, 70 from it to the first base, 52 below the last.
        let radius = ((606.0 - 160.0 - longest) / 2.0).clamp(92.0, 170.0);
        let spare = (606.0 - 160.0 - longest - 2.0 * radius).max(0.0) / 2.0;
        let centre = 378.0 + spare + radius;
        (radius, centre, centre + radius + 70.0)
    } else {
        (92.0, 480.0, 660.0)
    };
    let mut x = (WIDTH - (wide + gap) * n + gap) / 2.0;
    let mut faces = Vec::new();
    for (nth, (person, words)) in people.iter().zip(&words).enumerate() {
        sheet.panel(x, 340.0, wide, 606.0, PANEL);
        let middle = x + wide / 2.0;
        faces.push(face(sheet, person, nth, (middle, centre), radius));
        let (names, name) = &words.names;
        let (trades, trade) = &words.trades;
        let base = sheet.lines(names, *name, middle, first, room);
        let base = sheet.lines(trades, *trade, middle, base + 4.0, room);
        let town = Style::new(SMALL, AMBER).at(Anchor::Middle);
        sheet.line(&person.town, town, middle, base + 4.0, room);
        x += wide + gap;
    }
    faces
}

/// Five to eight in two rows.
fn tiles(sheet: &mut Sheet<'_>, people: &[Person]) -> Vec<Place> {
    let columns = people.len().div_ceil(2);
    let gap = 28.0;
    #[expect(clippy::cast_precision_loss, reason = "eight at the most")]
    let wide = (WIDTH - 2.0 * LEFT + gap) / columns as f32 - gap;
    // Initials are read at once, a face wants some more room.
    let radius = if has_photos(people) { 62.0 } else { 50.0 };
    let mut faces = Vec::new();
    for (nth, person) in people.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "eight at the most")]
        let (column, row) = ((nth % columns) as f32, (nth / columns) as f32);
        let (x, y) = (LEFT + column * (wide + gap), 340.0 + row * 308.0);
        sheet.panel(x, y, wide, 284.0, PANEL);
        let centre = (x + 26.0 + radius, y + 80.0);
        faces.push(face(sheet, person, nth, centre, radius));
        let left = 48.0 + 2.0 * radius;
        let beside = wide - left - 28.0;
        let name = Style::new(SMALL, WHITE).bold();
        let (names, name) = sheet.wrap(&person.name, name, beside, 2);
        let top = if names.len() > 1 { 68.0 } else { 96.0 };
        sheet.lines(&names, name, x + left, y + top, beside);
        let trade = Style::new(SMALL, SOFT);
        let (trades, trade) = sheet.wrap(&person.trade, trade, wide - 48.0, 2);
        let base = sheet.lines(&trades, trade, x + 28.0, y + 186.0, wide - 48.0);
        if trades.len() < 2 {
            let town = Style::new(SMALL, AMBER);
            sheet.line(&person.town, town, x + 28.0, base, wide - 48.0);
        }
    }
    faces
}

/// More than eight: names and trades in two columns.
fn list(sheet: &mut Sheet<'_>, people: &[Person]) {
    let rows = people.len().div_ceil(2).min(12);
    #[expect(clippy::cast_precision_loss, reason = "twelve at the most")]
    let step = (600.0 / rows as f32).min(76.0);
    for (nth, person) in people.iter().take(rows * 2).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "twelve at the most")]
        let base = 386.0 + (nth % rows) as f32 * step;
        let x = if nth < rows { LEFT } else { 980.0 };
        let name = Style::new(SMALL, WHITE).bold();
        sheet.line(&person.name, name, x, base, 480.0);
        let after = sheet.width(&person.name, name).min(480.0) + 24.0;
        sheet.line(
            &person.trade,
            Style::new(SMALL, SOFT),
            x + after,
            base,
            844.0 - after,
        );
    }
}

/// Initials, over which a photo lies where there is one. Gives its place.
fn face(
    sheet: &mut Sheet<'_>,
    person: &Person,
    nth: usize,
    (x, y): (f32, f32),
    radius: f32,
) -> Place {
    // A little smaller than a photo, which may lie half a pixel beside them.
    let under = match person.photo {
        Some(_) => radius - 6.0,
        None => radius,
    };
    initials(sheet, person, nth, (x, y), under);
    Place {
        x: x - radius,
        y: y - radius,
        width: 2.0 * radius,
        height: 2.0 * radius,
    }
}

/// First letters of the first and the last name, in a circle of one of six quiet colours.
fn initials(sheet: &mut Sheet<'_>, person: &Person, nth: usize, (x, y): (f32, f32), radius: f32) {
    const FILLS: [&str; 6] = [
        "#2f6690", "#7a4e8a", "#2b6f5c", "#8a4b3b", "#5b5f9a", "#6b6428",
    ];
    let words: Vec<&str> = person.name.split_whitespace().collect();
    let first = |word: Option<&&str>| word.and_then(|word| word.chars().next());
    let last = if words.len() > 1 {
        first(words.last())
    } else {
        None
    };
    let letters: String = first(words.first()).into_iter().chain(last).collect();
    let fill = FILLS[nth % FILLS.len()];
    sheet.put(format_args!(
        r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>"#
    ));
    let style = Style::new(radius * 0.9, WHITE).bold().at(Anchor::Middle);
    sheet.line(
        &letters.to_uppercase(),
        style,
        x,
        y + radius * 0.32,
        radius * 1.8,
    );
}
