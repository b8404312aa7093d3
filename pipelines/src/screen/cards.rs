//! Each scene, laid out: one function a scene.

mod diagnostics;
mod joining;
mod mistake;
mod people;
mod rest;
mod talk;
mod votes;

pub(super) use diagnostics::diagnostics;
pub(super) use joining::joining;
pub(super) use mistake::mistake;
pub(super) use people::{speakers, standby};
pub(super) use rest::resting;
pub(super) use talk::{page, question, slides, speaker};
pub(super) use votes::{poll, written};

use super::ink::{AMBER, Anchor, BODY, HUGE, LARGE, PANEL, SMALL, SOFT, Style, WHITE, WIDTH};
use super::layout::Place;
use super::plan::Maker;
use super::scene::{Mosaic, Note, Seen, Welcome};

const MIDDLE: f32 = WIDTH / 2.0;

/// The room's name in large letters.
pub(super) fn name(maker: &mut Maker<'_>, room: &str) {
    maker.back(|sheet| {
        sheet.line(
            room,
            Style::new(HUGE, WHITE).bold().at(Anchor::Middle),
            MIDDLE,
            540.0,
            WIDTH - 320.0,
        );
        sheet.bar(MIDDLE - 140.0, 610.0, 280.0);
    });
}

/// Words alone.
pub(super) fn note(maker: &mut Maker<'_>, note: &Note) {
    maker.back(|sheet| {
        let title = Style::new(LARGE, WHITE).bold().at(Anchor::Middle);
        let (titles, title) = sheet.wrap(&note.title, title, WIDTH - 320.0, 2);
        let text = Style::new(BODY, SOFT).at(Anchor::Middle);
        let (texts, text) = sheet.wrap(&note.text, text, WIDTH - 400.0, 4);
        let top = if titles.len() > 1 { 340.0 } else { 400.0 };
        let base = sheet.lines(&titles, title, MIDDLE, top, WIDTH - 320.0);
        sheet.bar(MIDDLE - 140.0, base - 50.0, 280.0);
        sheet.lines(&texts, text, MIDDLE, base + 70.0, WIDTH - 400.0);
    });
}

/// A room is greeted: its picture, or words in the room itself.
pub(super) fn welcome(maker: &mut Maker<'_>, welcome: &Welcome) {
    match welcome.picture {
        Some(slot) => greeted(maker, welcome, slot),
        None => greeting(maker, welcome),
    }
}

fn greeted(maker: &mut Maker<'_>, welcome: &Welcome, slot: super::VideoSlot) {
    let seen = Seen {
        slot,
        name: String::new(),
    };
    maker.picture(&seen, Place::ALL, BODY);
    let small = Style::new(BODY, SOFT);
    let large = Style::new(HUGE, WHITE).bold();
    let note = Style::new(BODY, AMBER).bold();
    let wide = {
        let sheet = maker.sheet();
        [
            sheet.width(&welcome.greeting, small),
            sheet.width(&welcome.name, large),
            sheet.width(&welcome.note, note),
        ]
        .into_iter()
        .fold(0.0, f32::max)
        .min(WIDTH - 312.0)
    };
    let high = if welcome.note.is_empty() {
        290.0
    } else {
        370.0
    };
    let panel = Place {
        x: 96.0,
        y: 950.0 - high,
        width: wide + 120.0,
        height: high,
    };
    maker.over(panel, |sheet| {
        sheet.put(format_args!(
            r##"<rect width="{}" height="{high}" rx="32" fill="#0b1721" fill-opacity="0.84"/><rect y="32" width="14" height="{}" fill="{AMBER}"/>"##,
            panel.width,
            high - 64.0
        ));
        sheet.line(&welcome.greeting, small, 60.0, 84.0, wide);
        sheet.line(&welcome.name, large, 60.0, 230.0, wide);
        sheet.line(&welcome.note, note, 60.0, 325.0, wide);
    });
}

fn greeting(maker: &mut Maker<'_>, welcome: &Welcome) {
    let top = if welcome.others.is_empty() {
        400.0
    } else {
        230.0
    };
    maker.back(|sheet| {
        let middle = |style: Style| style.at(Anchor::Middle);
        sheet.line(
            &welcome.greeting,
            middle(Style::new(LARGE, SOFT)),
            MIDDLE,
            top,
            WIDTH - 320.0,
        );
        let name = middle(Style::new(HUGE, WHITE).bold());
        sheet.line(&welcome.name, name, MIDDLE, top + 180.0, WIDTH - 240.0);
        sheet.bar(MIDDLE - 140.0, top + 230.0, 280.0);
        let note = middle(Style::new(BODY, AMBER).bold());
        sheet.line(&welcome.note, note, MIDDLE, top + 330.0, WIDTH - 320.0);
    });
    row(maker, &welcome.others, 640.0, 400.0);
}

/// Small pictures side by side in the middle, 4 at the most.
fn row(maker: &mut Maker<'_>, seen: &[Seen], y: f32, width: f32) {
    const GAP: f32 = 32.0;
    let seen = &seen[..seen.len().min(4)];
    let across: f32 = seen.iter().map(|_| width + GAP).sum::<f32>() - GAP;
    let mut x = MIDDLE - across / 2.0;
    for seen in seen {
        maker.picture(seen, Place::wide(x, y, width), SMALL);
        x += width + GAP;
    }
}

/// All rooms, this one among them.
pub(super) fn mosaic(maker: &mut Maker<'_>, mosaic: &Mosaic) {
    maker.back(|_| ());
    let shown = &mosaic.rooms[..mosaic.rooms.len().min(5)];
    let (columns, wide) = match shown.len() {
        0 => (1, 1100.0),
        1 => (2, 930.0),
        2 | 3 => (2, 880.0),
        _ => (3, 616.0),
    };
    let cells = shown.len() + 1;
    let gap = 20.0;
    let high = wide * 9.0 / 16.0;
    let rows = cells.div_ceil(columns);
    #[expect(clippy::cast_precision_loss, reason = "a few cells")]
    let place = |nth: usize| {
        let (column, row) = ((nth % columns) as f32, (nth / columns) as f32);
        let across = columns as f32 * (wide + gap) - gap;
        let down = rows as f32 * (high + gap) - gap;
        Place::wide(
            MIDDLE - across / 2.0 + column * (wide + gap),
            540.0 - down / 2.0 + row * (high + gap),
            wide,
        )
    };
    for (nth, seen) in shown.iter().enumerate() {
        maker.picture(seen, place(nth), BODY);
    }
    own_cell(maker, mosaic, place(shown.len()));
}

/// This room's place, where its name stands: a room does not receive its own picture.
fn own_cell(maker: &mut Maker<'_>, mosaic: &Mosaic, place: Place) {
    let (name, note) = &mosaic.own;
    let (middle, room) = (place.width / 2.0, place.width - 80.0);
    maker.over(place, |sheet| {
        sheet.panel(0.0, 0.0, place.width, place.height, PANEL);
        let heading = Style::new(BODY, AMBER).bold().at(Anchor::Middle);
        let mut base = place.height / 2.0 - 90.0;
        let (headings, heading) = sheet.wrap(&mosaic.heading, heading, room, 2);
        base = sheet.lines(&headings, heading, middle, base, room);
        let own = Style::new(LARGE, WHITE).bold().at(Anchor::Middle);
        sheet.line(name, own, middle, base + 50.0, room);
        let soft = Style::new(SMALL, SOFT).at(Anchor::Middle);
        sheet.line(note, soft, middle, base + 120.0, room);
        sheet.line(&mosaic.more, soft, middle, place.height - 32.0, room);
    });
}
