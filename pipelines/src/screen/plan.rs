//! What lies where: a view, turned into drawings and places of pictures.

use std::path::PathBuf;

use super::gauge::Needle;
use super::ink::{Anchor, BODY, Sheet, Style, WHITE};
use super::layout::{Layout, Place};
use super::scene::{Scene, Seen};
use super::{View, cards, lines};
use crate::svg::Drawer;

/// An SVG text and the place of its top left corner, in units.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    pub(super) svg: String,
    pub(super) x: f32,
    pub(super) y: f32,
}

/// A view, laid out. Drawn in this order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// What covers the whole screen, where no picture does.
    pub(super) back: Option<Drawing>,
    /// The pages of a deck.
    pub(super) pages: Option<Pages>,
    /// Slots by their indices, and where they are seen.
    pub(super) pictures: Vec<(usize, Place)>,
    /// What lies over the pictures.
    pub(super) over: Vec<Drawing>,
    /// Portraits, in squares of which the circle is seen; what lies under one that cannot be read stays.
    pub(super) portraits: Vec<(PathBuf, Place)>,
    /// What microphones and camera tell, below what lies over the pictures.
    pub(super) meters: Vec<Meter>,
}

/// Pages of a deck that are all shown in one place.
#[derive(Debug, PartialEq)]
pub(super) struct Pages {
    pub(super) place: Place,
    /// The one that is shown.
    pub(super) shown: Option<PathBuf>,
    /// Those that may come next.
    pub(super) near: Vec<PathBuf>,
}

/// A row of cells that are lit by what is heard or seen: it moves without anything being drawn anew.
#[derive(Debug, PartialEq)]
pub(super) struct Meter {
    /// What lights them.
    pub(super) needle: Needle,
    /// The top left corner of each cell, in units.
    pub(super) cells: Vec<(f32, f32)>,
    /// A lit cell, as SVG, while it is not as it should be, and while it is: see [`Needle`].
    pub(super) poor: String,
    pub(super) good: String,
    /// What stands beside the cells then.
    pub(super) poor_mark: Option<Drawing>,
    pub(super) good_mark: Option<Drawing>,
}

/// What a plan is made with.
pub(super) struct Maker<'a> {
    pub(super) drawer: &'a Drawer,
    pub(super) layout: &'a Layout,
    pub(super) plan: Plan,
}

/// Lays out a view.
pub(super) fn plan(drawer: &Drawer, layout: &Layout, view: &View) -> Plan {
    let mut maker = Maker {
        drawer,
        layout,
        plan: Plan::default(),
    };
    match &view.scene {
        Scene::Name => cards::name(&mut maker, &view.room),
        Scene::Standby(standby) => cards::standby(&mut maker, &view.room, standby),
        Scene::Welcome(welcome) => cards::welcome(&mut maker, welcome),
        Scene::Speakers(speakers) => cards::speakers(&mut maker, speakers),
        Scene::Speaker(speaker) => cards::speaker(&mut maker, view, speaker),
        Scene::Slides(slides) => cards::slides(&mut maker, slides),
        Scene::Page(page) => cards::page(&mut maker, page),
        Scene::Question(question) => cards::question(&mut maker, question),
        Scene::Mosaic(mosaic) => cards::mosaic(&mut maker, mosaic),
        Scene::Note(note) => cards::note(&mut maker, note),
        Scene::Poll(poll) => cards::poll(&mut maker, poll),
        Scene::Written(written) => cards::written(&mut maker, written),
        Scene::Resting(resting) => cards::resting(&mut maker, resting),
        Scene::Diagnostics(diagnostics) => cards::diagnostics(&mut maker, diagnostics),
        Scene::Mistake(mistake) => cards::mistake(&mut maker, mistake),
        Scene::Joining(joining) => cards::joining(&mut maker, joining),
    }
    lines::put(&mut maker, view);
    if let Some(message) = &view.message {
        maker.message(message);
    }
    maker.plan
}

impl<'a> Maker<'a> {
    pub(super) fn sheet(&self) -> Sheet<'a> {
        Sheet::new(self.drawer)
    }

    /// The night with a sheet on it, behind everything.
    pub(super) fn back(&mut self, draw: impl FnOnce(&mut Sheet<'a>)) {
        let mut sheet = self.sheet();
        sheet.night();
        draw(&mut sheet);
        let svg = sheet.finish(Place::ALL.width, Place::ALL.height, self.layout.scale);
        self.plan.back = Some(Drawing {
            svg,
            x: 0.0,
            y: 0.0,
        });
    }

    /// A sheet over the pictures.
    pub(super) fn over(&mut self, place: Place, draw: impl FnOnce(&mut Sheet<'a>)) {
        let drawing = self.drawing(place, draw);
        self.plan.over.push(drawing);
    }

    /// A sheet by itself.
    pub(super) fn drawing(&self, place: Place, draw: impl FnOnce(&mut Sheet<'a>)) -> Drawing {
        let mut sheet = self.sheet();
        draw(&mut sheet);
        let svg = sheet.finish(place.width, place.height, self.layout.scale);
        Drawing {
            svg,
            x: place.x,
            y: place.y,
        }
    }

    /// A slot's picture with its name at its foot.
    pub(super) fn picture(&mut self, seen: &Seen, place: Place, size: f32) {
        self.plan.pictures.push((seen.slot.index(), place));
        if seen.name.is_empty() {
            return;
        }
        let style = Style::new(size, WHITE).bold();
        let room = place.width - size;
        let wide = self.sheet().width(&seen.name, style).min(room) + size;
        let tag = Place {
            x: place.x + (place.width - wide) / 2.0,
            y: place.bottom() - size * 1.45,
            width: wide,
            height: size * 1.45,
        };
        self.over(tag, |sheet| {
            sheet.put(format_args!(
                r##"<rect width="{wide}" height="{}" rx="{}" fill="#0b1721" fill-opacity="0.78"/>"##,
                tag.height,
                size * 0.4
            ));
            sheet.line(
                &seen.name,
                style.at(Anchor::Middle),
                wide / 2.0,
                size * 1.07,
                wide - size * 0.8,
            );
        });
    }

    /// What the chair tells every room, at the top.
    fn message(&mut self, message: &str) {
        let style = Style::new(BODY, "#1c1503").bold().at(Anchor::Middle);
        let (lines, style) = self
            .sheet()
            .wrap(message, style, Place::ALL.width - 160.0, 2);
        let rows = if lines.len() > 1 { 2.0 } else { 1.0 };
        let band = Place {
            height: 48.0 + BODY * 1.2 * rows,
            ..Place::ALL
        };
        self.over(band, |sheet| {
            sheet.put(format_args!(
                r##"<rect width="{}" height="{}" fill="#f4b94f"/>"##,
                band.width, band.height
            ));
            sheet.lines(
                &lines,
                style,
                band.width / 2.0,
                24.0 + BODY * 0.95,
                band.width - 160.0,
            );
        });
    }
}
