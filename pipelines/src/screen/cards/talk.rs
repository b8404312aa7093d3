//! Who speaks, what they show, who asks.

use crate::screen::View;
use crate::screen::ink::{
    AMBER, Anchor, BODY, CORAL, HEIGHT, LARGE, PANEL, SMALL, SOFT, Sheet, Style, WHITE, WIDTH,
};
use crate::screen::layout::{COLUMN, COLUMN_WIDTH, Place};
use crate::screen::lines;
use crate::screen::plan::{Maker, Pages};
use crate::screen::scene::{Page, Question, Seen, Slides, Speaker, Time};

/// One picture full screen.
pub(in crate::screen) fn speaker(maker: &mut Maker<'_>, view: &View, speaker: &Speaker) {
    match &speaker.seen {
        Some(seen) => {
            let bare = Seen {
                name: String::new(),
                ..seen.clone()
            };
            maker.picture(&bare, Place::ALL, BODY);
            caption(maker, view, &seen.name, speaker);
            own_name(maker, view);
        }
        None => super::name(maker, &view.room),
    }
    for (nth, seen) in (0..4).zip(&speaker.others) {
        maker.picture(seen, Place::thumb(nth), SMALL);
    }
    if let Some(phones) = &speaker.phones {
        super::votes::phones_on_picture(maker, phones);
    }
    if let Some(time) = &speaker.time {
        let pill = Place {
            x: 32.0,
            y: 32.0,
            width: 330.0,
            height: 120.0,
        };
        maker.over(pill, |sheet| {
            sheet.put(format_args!(
                r##"<rect width="330" height="120" rx="28" fill="#0b1721" fill-opacity="0.84"/>"##
            ));
            sheet.line(&time.left, left(time), 165.0, 94.0, 300.0);
        });
    }
}

/// Who is seen, at the bottom left: a person with their trade, or a room; above what the room must know, where that
/// reaches there.
fn caption(maker: &mut Maker<'_>, view: &View, room: &str, speaker: &Speaker) {
    let (name, trade) = (speaker.name.as_str(), speaker.trade.as_str());
    let (first, second) = if name.is_empty() {
        (room, String::new())
    } else if trade.is_empty() || room.is_empty() {
        (name, format!("{trade}{room}"))
    } else {
        (name, format!("{trade} · {room}"))
    };
    if first.is_empty() {
        return;
    }
    let (large, small) = (Style::new(BODY, WHITE).bold(), Style::new(SMALL, SOFT));
    let sheet = maker.sheet();
    let wide = sheet
        .width(first, large)
        .max(sheet.width(&second, small))
        .min(1000.0);
    let high = if second.is_empty() { 96.0 } else { 154.0 };
    // The lines stand in the middle: they reach as far to the left as to the right.
    let free = WIDTH - lines::right_edge(maker, view);
    let raised = !second.is_empty() || free < 32.0 + wide + 72.0;
    let panel = Place {
        x: 32.0,
        y: HEIGHT - 32.0 - high - if raised { 100.0 } else { 0.0 },
        width: wide + 72.0,
        height: high,
    };
    maker.over(panel, |sheet| {
        sheet.put(format_args!(
            r##"<rect width="{}" height="{high}" rx="22" fill="#0b1721" fill-opacity="0.8"/>"##,
            panel.width
        ));
        sheet.line(first, large, 36.0, 69.0, wide);
        sheet.line(&second, small, 36.0, 128.0, wide);
    });
}

/// This room's name, small, at the bottom right, unless what the room must know reaches there.
fn own_name(maker: &mut Maker<'_>, view: &View) {
    let style = Style::new(SMALL, WHITE);
    let wide = maker.sheet().width(&view.room, style).min(500.0);
    let panel = Place {
        x: WIDTH - 24.0 - wide - 40.0,
        y: HEIGHT - 92.0,
        width: wide + 40.0,
        height: 68.0,
    };
    if lines::right_edge(maker, view) > panel.x {
        return;
    }
    maker.over(panel, |sheet| {
        sheet.put(format_args!(
            r##"<rect width="{}" height="68" rx="18" fill="#0b1721" fill-opacity="0.7"/>"##,
            panel.width
        ));
        sheet.line(&view.room, style, 20.0, 49.0, wide);
    });
}

/// A page large, who speaks beside it. What changes with each page or second is drawn apart: the rest comes again as it
/// was.
pub(in crate::screen) fn slides(maker: &mut Maker<'_>, slides: &Slides) {
    let mut below = 0.0;
    maker.back(|sheet| {
        // Behind the page: the edges of one of another shape.
        sheet.put(format_args!(
            r##"<rect width="{}" height="{HEIGHT}" fill="#0b1721"/>"##,
            Place::PAGE.width
        ));
        notice(sheet, &slides.page, Place::PAGE);
        below = who(sheet, &slides.name, &slides.trade);
    });
    maker.plan.pages = Some(pages(&slides.page, Place::PAGE));
    beside(maker, slides.seen.as_ref());
    if let Some(time) = &slides.time {
        in_column(maker, &time.left, left(time), below - 20.0);
    }
    let count = Style::new(SMALL, SOFT).at(Anchor::Middle);
    in_column(maker, &slides.count, count, below + 120.0);
}

/// A page alone, as large as it goes: what a second screen shows.
pub(in crate::screen) fn page(maker: &mut Maker<'_>, page: &Page) {
    maker.back(|sheet| notice(sheet, page, Place::ALL));
    maker.plan.pages = Some(pages(page, Place::ALL));
}

fn pages(page: &Page, place: Place) -> Pages {
    Pages {
        place,
        shown: page.file.clone(),
        near: page.near.clone(),
    }
}

/// What stands in a page's place while it is not there.
fn notice(sheet: &mut Sheet<'_>, page: &Page, place: Place) {
    if page.file.is_some() {
        return;
    }
    let middle = place.width / 2.0;
    sheet.panel(middle - 608.0, 380.0, 1216.0, 320.0, PANEL);
    let style = Style::new(BODY, WHITE).at(Anchor::Middle);
    let (lines, style) = sheet.wrap(&page.notice, style, 1080.0, 3);
    sheet.lines(&lines, style, middle, 520.0, 1080.0);
}

/// One line in the column, its top at `y`.
fn in_column(maker: &mut Maker<'_>, text: &str, style: Style, y: f32) {
    let place = Place {
        x: COLUMN,
        y,
        width: COLUMN_WIDTH,
        height: style.size * 1.3,
    };
    maker.over(place, |sheet| {
        sheet.line(text, style, COLUMN_WIDTH / 2.0, style.size, COLUMN_WIDTH);
    });
}

/// The asking room large, who answers beside it.
pub(in crate::screen) fn question(maker: &mut Maker<'_>, question: &Question) {
    maker.back(|sheet| {
        let heading = Style::new(BODY, AMBER).bold();
        sheet.line(
            &question.heading,
            heading,
            48.0,
            92.0,
            Place::LARGE.width - 96.0,
        );
        who(sheet, &question.name, &question.trade);
    });
    if let Some(large) = &question.large {
        maker.picture(large, Place::LARGE, BODY);
    }
    beside(maker, question.small.as_ref());
    if let Some(phones) = &question.phones {
        super::votes::phones_in_column(maker, phones);
    }
}

pub(super) fn beside(maker: &mut Maker<'_>, seen: Option<&Seen>) {
    if let Some(seen) = seen {
        maker.picture(seen, Place::BESIDE, SMALL);
    }
}

/// Name and trade below the picture beside. Gives the base of what may stand below.
pub(super) fn who(sheet: &mut Sheet<'_>, name: &str, trade: &str) -> f32 {
    let name_style = Style::new(SMALL, WHITE).bold().at(Anchor::Middle);
    let trade_style = Style::new(SMALL, SOFT).at(Anchor::Middle);
    let (names, name_style) = sheet.wrap(name, name_style, COLUMN_WIDTH, 2);
    let (trades, trade_style) = sheet.wrap(trade, trade_style, COLUMN_WIDTH, 2);
    let base = sheet.lines(&names, name_style, middle(), 324.0, COLUMN_WIDTH);
    sheet.lines(&trades, trade_style, middle(), base, COLUMN_WIDTH)
}

fn middle() -> f32 {
    COLUMN + COLUMN_WIDTH / 2.0
}

fn left(time: &Time) -> Style {
    let fill = if time.short { CORAL } else { WHITE };
    Style::new(LARGE, fill).bold().at(Anchor::Middle)
}
