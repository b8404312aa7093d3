//! The thread that turns views into sprites, so that drawing letters never holds up a picture.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::View;
use super::gauge::Needle;
use super::layout::{Layout, Place};
use super::plan::{self, Drawing, Pages, Plan, plan};
use super::portrait;
use super::stage::Stage;
use crate::i420::{Matrix, Rect, Sprite};
use crate::svg::{Drawer, pixels_of_png};

/// Pages that are kept ready: the one that is shown, its neighbours, the next deck's first, and some that were shown.
const PAGES: usize = 8;
/// The largest file that is taken for a page: four times an uncompressed one.
const MAX_PAGE_BYTES: u64 = 32 * 1024 * 1024;

/// A drawn piece and its place, in pixels.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) sprite: Arc<Sprite>,
    pub(super) x: isize,
    pub(super) y: isize,
}

/// A view, drawn but for its pictures.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// What the view is, as far as a change of it is a change of scene.
    pub(super) scene: String,
    pub(super) back: Option<Piece>,
    pub(super) page: Option<(Piece, Rect)>,
    /// Slots by their indices, and where they are seen.
    pub(super) pictures: Vec<(usize, Rect)>,
    pub(super) over: Vec<Piece>,
    pub(super) meters: Vec<Meter>,
}

/// A row of cells, drawn: the composer lights as many as are told.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) needle: Needle,
    pub(super) cells: Vec<(isize, isize)>,
    pub(super) poor: Arc<Sprite>,
    pub(super) good: Arc<Sprite>,
    pub(super) poor_mark: Option<Piece>,
    pub(super) good_mark: Option<Piece>,
}

/// The thread; stopped and joined when dropped.
#[derive(Debug)]
pub(super) struct Painter {
    stage: Arc<Stage>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Painter {
    pub(super) fn start(
        stage: Arc<Stage>,
        (width, height): (usize, usize),
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopped) = (stage.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("painter".into())
            .spawn(move || {
                let mut easel = Easel::new(width, height);
                // Whatever a painter before this one drew is of another size, or gone.
                shared.wake();
                while let Some(view) = shared.wait_for_view(&stopped) {
                    let (drawn, pages) = easel.draw(&view);
                    shared.set_drawn(drawn);
                    if let Some(pages) = pages {
                        easel.prepare(&pages, || shared.has_new_view());
                    }
                }
            })?;
        Ok(Self {
            stage,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.stage.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Drawings by their SVG texts.
type Kept = BTreeMap<String, Arc<Sprite>>;

/// What is kept from one view to the next.
pub(super) struct Easel {
    drawer: Drawer,
    layout: Layout,
    /// What the last view was made of: most of it comes again.
    drawings: Kept,
    /// Pages ready to be shown, and the places for which they are; the last used at the end.
    pages: VecDeque<(PathBuf, Rect, Arc<Sprite>)>,
    /// Portraits of the last view, by their files and sides.
    portraits: BTreeMap<(PathBuf, usize), Arc<Sprite>>,
}

impl Easel {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            drawer: Drawer::new(),
            layout: Layout::new(width, height),
            drawings: BTreeMap::new(),
            pages: VecDeque::new(),
            portraits: BTreeMap::new(),
        }
    }

    /// Draws a view; gives it, and the pages from which it has its own.
    pub(super) fn draw(&mut self, view: &View) -> (Drawn, Option<Pages>) {
        let plan = plan(&self.drawer, &self.layout, view);
        let mut kept = BTreeMap::new();
        let mut over = self.portraits_of(&plan);
        let words = plan.over.iter();
        over.extend(words.filter_map(|drawing| self.piece(drawing, &mut kept)));
        let drawn = Drawn {
            scene: view.scene.key(),
            back: plan
                .back
                .as_ref()
                .and_then(|back| self.piece(back, &mut kept)),
            page: plan.pages.as_ref().and_then(|pages| self.shown(pages)),
            pictures: plan
                .pictures
                .iter()
                .map(|(slot, place)| (*slot, self.layout.rect(*place)))
                .collect(),
            over,
            meters: plan
                .meters
                .iter()
                .filter_map(|meter| self.meter(meter, &mut kept))
                .collect(),
        };
        self.drawings = kept;
        (drawn, plan.pages)
    }

    /// Reads pages ahead until something is to be drawn.
    fn prepare(&mut self, pages: &Pages, interrupted: impl Fn() -> bool) {
        for file in &pages.near {
            if interrupted() {
                return;
            }
            let _ = self.page(file, pages.place);
        }
    }

    fn piece(&self, drawing: &Drawing, kept: &mut Kept) -> Option<Piece> {
        let sprite = self.sprite(&drawing.svg, kept)?;
        let (x, y) = self.layout.point(drawing.x, drawing.y);
        Some(Piece { sprite, x, y })
    }

    fn sprite(&self, svg: &str, kept: &mut Kept) -> Option<Arc<Sprite>> {
        let sprite = match self.drawings.get(svg) {
            Some(sprite) => sprite.clone(),
            None => Arc::new(
                self.drawer
                    .draw(svg, Matrix::for_height(self.layout.height))
                    .inspect_err(|reason| tracing::warn!(reason, "a text cannot be drawn"))
                    .ok()?,
            ),
        };
        kept.insert(svg.to_owned(), sprite.clone());
        Some(sprite)
    }

    fn meter(&self, meter: &plan::Meter, kept: &mut Kept) -> Option<Meter> {
        let cells = meter.cells.iter();
        let mut mark = |drawing: &Option<Drawing>| self.piece(drawing.as_ref()?, kept);
        let (poor_mark, good_mark) = (mark(&meter.poor_mark), mark(&meter.good_mark));
        Some(Meter {
            needle: meter.needle,
            cells: cells.map(|(x, y)| self.layout.point(*x, *y)).collect(),
            poor: self.sprite(&meter.poor, kept)?,
            good: self.sprite(&meter.good, kept)?,
            poor_mark,
            good_mark,
        })
    }

    /// Those that can be read.
    fn portraits_of(&mut self, plan: &Plan) -> Vec<Piece> {
        let before = std::mem::take(&mut self.portraits);
        let matrix = Matrix::for_height(self.layout.height);
        let mut pieces = Vec::new();
        for (file, place) in &plan.portraits {
            let rect = self.layout.rect(*place);
            let key = (file.clone(), rect.width);
            let sprite = match before.get(&key) {
                Some(sprite) => sprite.clone(),
                None => match read(file).and_then(|png| portrait::draw(&png, rect.width, matrix)) {
                    Ok(sprite) => Arc::new(sprite),
                    Err(reason) => {
                        tracing::warn!(file = %file.display(), reason, "a photo cannot be shown");
                        continue;
                    }
                },
            };
            self.portraits.insert(key, sprite.clone());
            let (x, y) = self.layout.point(place.x, place.y);
            pieces.push(Piece { sprite, x, y });
        }
        pieces
    }

    fn shown(&mut self, pages: &Pages) -> Option<(Piece, Rect)> {
        let sprite = self.page(pages.shown.as_ref()?, pages.place)?;
        let area = self.layout.rect(pages.place);
        let rect = area.fit(sprite.width(), sprite.height());
        let signed = |side: usize| isize::try_from(side).unwrap_or(0);
        let piece = Piece {
            x: signed(rect.x),
            y: signed(rect.y),
            sprite,
        };
        Some((piece, rect))
    }

    /// A page at the size at which it is shown.
    fn page(&mut self, file: &Path, place: Place) -> Option<Arc<Sprite>> {
        let area = self.layout.rect(place);
        let known = |(of, at, _): &(PathBuf, Rect, _)| of == file && *at == area;
        if let Some(at) = self.pages.iter().position(known) {
            let page = self.pages.remove(at)?;
            self.pages.push_back(page);
        } else {
            let sprite = self
                .read_page(file, area)
                .inspect_err(|reason| tracing::warn!(file = %file.display(), reason, "a page cannot be shown"))
                .ok()?;
            self.pages
                .push_back((file.to_owned(), area, Arc::new(sprite)));
            if self.pages.len() > PAGES {
                self.pages.pop_front();
            }
        }
        self.pages.back().map(|(_, _, sprite)| sprite.clone())
    }

    fn read_page(&self, file: &Path, area: Rect) -> Result<Sprite, String> {
        let png = read(file)?;
        pixels_of_png(&png, |width, height| {
            let rect = area.fit(width, height);
            (rect.width, rect.height)
        })
        .map(|(rgba, width, height)| {
            Sprite::from_rgba(&rgba, width, height, Matrix::for_height(self.layout.height))
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let open = File::open(file).map_err(|error| error.to_string())?;
    let mut png = Vec::new();
    BufReader::new(open)
        .take(MAX_PAGE_BYTES)
        .read_to_end(&mut png)
        .map_err(|error| error.to_string())?;
    Ok(png)
}
