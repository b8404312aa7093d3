//! What people say by phone and by hand: the poll, a written question, and the way to the phones' page.

use crate::screen::ink::{
    AMBER, Anchor, BODY, HEIGHT, LARGE, PANEL, SMALL, SOFT, Sheet, Style, WHITE, WIDTH,
};
use crate::screen::layout::{COLUMN, COLUMN_WIDTH, Place};
use crate::screen::plan::Maker;
use crate::screen::qr;
use crate::screen::scene::{Answer, Hands, Phones, Poll, Written};

use super::talk::{beside, who};

const LEFT: f32 = 96.0;
/// The column of a poll's code.
const CODE: Place = Place {
    x: 1356.0,
    y: 300.0,
    width: 468.0,
    height: 468.0,
};

/// A poll: the question, its answers, how to vote or what came of it.
pub(in crate::screen) fn poll(maker: &mut Maker<'_>, poll: &Poll) {
    let room = match poll.phones {
        Some(_) => CODE.x - 2.0 * LEFT + 32.0,
        None => WIDTH - 2.0 * LEFT,
    };
    // Two lines at the foot where buttons do something.
    let (foot, down, high) = match poll.hint.is_empty() {
        true => (1010.0, 146.0, 128.0),
        false => (956.0, 134.0, 120.0),
    };
    maker.back(|sheet| {
        let heading = Style::new(BODY, AMBER).bold();
        sheet.line(&poll.heading, heading, LEFT, 104.0, WIDTH - 2.0 * LEFT);
        let question = Style::new(LARGE * 0.8, WHITE).bold();
        let (lines, question) = sheet.wrap(&poll.question, question, WIDTH - 2.0 * LEFT, 2);
        sheet.lines(&lines, question, LEFT, 206.0, WIDTH - 2.0 * LEFT);
        if let Some(phones) = &poll.phones {
            code(sheet, phones);
        }
        let how = Style::new(BODY, SOFT);
        sheet.line(&poll.how, how, LEFT, foot, room - 320.0);
        let hint = Style::new(BODY * 0.9, AMBER).bold();
        sheet.line(&poll.hint, hint, LEFT, 1044.0, room);
    });
    for (nth, answer) in (0u8..4).zip(&poll.answers) {
        let row = Place {
            x: LEFT,
            y: 362.0 + down * f32::from(nth),
            width: room,
            height: high,
        };
        maker.over(row, |sheet| self::answer(sheet, nth, answer, row));
    }
    // Apart: it changes with every vote.
    let total = Place {
        x: LEFT + room - 320.0,
        y: foot - 54.0,
        width: 320.0,
        height: 80.0,
    };
    maker.over(total, |sheet| {
        let style = Style::new(BODY, AMBER).bold().at(Anchor::Middle);
        sheet.line(&poll.total, style, 160.0, 54.0, 310.0);
    });
}

/// The way to the phones' page, beside the answers.
fn code(sheet: &mut Sheet<'_>, phones: &Phones) {
    qr::put(sheet, &phones.address, CODE.x, CODE.y + 68.0, CODE.width);
    let words = Style::new(BODY, WHITE).bold().at(Anchor::Middle);
    let middle = CODE.x + CODE.width / 2.0;
    sheet.line(&phones.words, words, middle, CODE.bottom() + 142.0, 520.0);
}

/// A letter, the answer, and what came of it as a bar behind both.
fn answer(sheet: &mut Sheet<'_>, nth: u8, answer: &Answer, row: Place) {
    sheet.panel(0.0, 0.0, row.width, row.height, PANEL);
    let letter = char::from(b'A' + nth).to_string();
    let mut room = row.width - 176.0;
    if let Some((votes, part)) = &answer.result {
        room -= 440.0;
        let bar = (row.width - 140.0) * f32::from(*part).min(100.0) / 100.0;
        if *part > 0 {
            sheet.put(format_args!(
                r##"<rect x="140" width="{bar}" height="{}" rx="28" fill="#2f6f9f"/>"##,
                row.height
            ));
        }
        let style = Style::new(SMALL, WHITE).bold().at(Anchor::Middle);
        let text = format!("{part} % · {votes}");
        sheet.line(&text, style, row.width - 220.0, 80.0, 400.0);
    }
    if let Some(hands) = &answer.hands {
        room -= 180.0;
        self::hands(sheet, hands, row);
    }
    sheet.panel(0.0, 0.0, 128.0, row.height, AMBER);
    let style = Style::new(LARGE, "#1c1503").bold().at(Anchor::Middle);
    sheet.line(&letter, style, 64.0, row.height / 2.0 + 34.0, 110.0);
    let style = Style::new(BODY, WHITE).bold();
    sheet.line(&answer.text, style, 160.0, row.height / 2.0 + 21.0, room);
}

/// The hands for an answer, at its right; a frame where they are counted now.
fn hands(sheet: &mut Sheet<'_>, hands: &Hands, row: Place) {
    let (size, fill) = match hands.counted_now {
        true => (LARGE, AMBER),
        false => (BODY, WHITE),
    };
    let style = Style::new(size, fill).bold().at(Anchor::Middle);
    let base = row.height / 2.0 + size * 0.36;
    sheet.line(
        &hands.count.to_string(),
        style,
        row.width - 105.0,
        base,
        180.0,
    );
    if hands.counted_now {
        sheet.put(format_args!(
            r#"<rect x="4" y="4" width="{}" height="{}" rx="26" fill="none" stroke="{AMBER}" stroke-width="8"/>"#,
            row.width - 8.0,
            row.height - 8.0
        ));
    }
}

/// A question that somebody wrote, large; who answers beside it.
pub(in crate::screen) fn written(maker: &mut Maker<'_>, written: &Written) {
    let room = Place::LARGE.width - LEFT - 48.0;
    maker.back(|sheet| {
        let heading = Style::new(BODY, AMBER).bold();
        sheet.line(&written.heading, heading, LEFT, 150.0, room);
        sheet.bar(LEFT, 190.0, 180.0);
        let style = Style::new(LARGE, WHITE).bold();
        let (lines, style) = sheet.wrap(&written.text, style, room, 6);
        let end = sheet.lines(&lines, style, LEFT, 330.0, room);
        let author = Style::new(BODY, SOFT);
        sheet.line(&written.author, author, LEFT, end + 24.0, room);
        who(sheet, &written.name, &written.trade);
    });
    beside(maker, written.seen.as_ref());
}

/// The way to the phones' page, in the column beside a large picture, below what already stands there.
pub(in crate::screen) fn phones_in_column(maker: &mut Maker<'_>, phones: &Phones) {
    const SIDE: f32 = 288.0;
    let place = Place {
        x: COLUMN,
        y: 530.0,
        width: COLUMN_WIDTH,
        height: 430.0,
    };
    maker.over(place, |sheet| {
        let style = Style::new(SMALL, WHITE).bold().at(Anchor::Middle);
        let middle = COLUMN_WIDTH / 2.0;
        let (lines, style) = sheet.wrap(&phones.words, style, COLUMN_WIDTH, 2);
        sheet.lines(&lines, style, middle, 48.0, COLUMN_WIDTH);
        let left = (COLUMN_WIDTH - SIDE) / 2.0;
        qr::put(sheet, &phones.address, left, 132.0, SIDE);
    });
}

/// The same on a picture that fills the screen, at its right.
pub(in crate::screen) fn phones_on_picture(maker: &mut Maker<'_>, phones: &Phones) {
    const SIDE: f32 = 280.0;
    let place = Place {
        x: WIDTH - 404.0,
        y: HEIGHT - 580.0,
        width: 380.0,
        height: 456.0,
    };
    maker.over(place, |sheet| {
        sheet.put(format_args!(
            r##"<rect width="380" height="456" rx="28" fill="#0b1721" fill-opacity="0.84"/>"##
        ));
        let style = Style::new(SMALL, WHITE).bold().at(Anchor::Middle);
        let (lines, style) = sheet.wrap(&phones.words, style, 348.0, 2);
        sheet.lines(&lines, style, 190.0, 62.0, 348.0);
        qr::put(sheet, &phones.address, 50.0, 150.0, SIDE);
    });
}

/// The same below this room's panel before the start.
pub(in crate::screen) fn phones_in_corner(sheet: &mut Sheet<'_>, phones: &Phones, x: f32, y: f32) {
    const SIDE: f32 = 270.0;
    qr::put(sheet, &phones.address, x, y, SIDE);
    let style = Style::new(SMALL, WHITE).bold();
    let (lines, style) = sheet.wrap(&phones.words, style, 270.0, 4);
    sheet.lines(&lines, style, x + SIDE + 24.0, y + 60.0, 270.0);
}
