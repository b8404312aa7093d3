//! Makes the pages of one deck, in a process of its own: `estrade deck-pages`, which only the bridge starts.
//!
//! A stranger's file is read here and nowhere else. Whatever it does to this process, the bridge sees it end.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use conference::wire::Reason;
use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use sha2::{Digest, Sha256};

use super::MOST_PAGES;
use super::folder::{look_at, manifest_in, notes_in, page_in, thumb_in};
use super::kind::Unusable;
use super::notes::notes;
use super::office::to_pdf;
use super::wire::{Line, Manifest, Page};
use crate::address::{Address, hex};
use crate::confined::{Limits, Sight, confine};
use crate::picture::Picture;
use crate::reasons::of_disk;

/// What the televisions show, in pixels.
const WIDTH: f32 = 1920.0;
const HEIGHT: f32 = 1080.0;

/// Width of a small picture, in pixels: six to eight stand side by side on the console.
const THUMB: u32 = 320;

/// Most bytes of all pages of a deck together: a box with ten decks keeps them on a card of 16 GB.
const MOST_MADE: u64 = 1_000_000_000;

/// Most memory, in bytes: a page of photographs takes about 0.2 GB, LibreOffice 1.5 GB of addresses.
const MEMORY: u64 = 3 << 30;

/// Most processor time, in seconds: 300 pages of the slowest deck that was tried take 200.
const PROCESSOR: u64 = 1200;

/// Longest file that is written, in bytes.
const LONGEST_FILE: u64 = 500_000_000;

/// Why a deck cannot be shown: what is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Not a kind of file that can be a deck.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// It asks for a password.
    #[error("the file asks for a password; export it without one, and bring it again")]
    Locked,
    /// No PDF inside.
    #[error("the file is broken; export it anew from the program that made it, and bring it again")]
    Broken,
    /// No page.
    #[error("the deck has no page")]
    NoPage,
    /// Too many pages.
    #[error("the deck has more than {MOST_PAGES} pages; leave some out, or make two decks of it")]
    TooLong,
    /// Too many bytes.
    #[error("the deck's pages are too large, more than 1 GB in all; leave some photographs out")]
    TooHeavy,
    /// LibreOffice is not there.
    #[error(
        "the bridge has no LibreOffice to open it with: install Debian's package libreoffice-impress-nogui there, or export the deck as PDF"
    )]
    NoOffice,
    /// LibreOffice has made nothing of it.
    #[error(
        "LibreOffice cannot open the file, it is broken or has a password; export the deck as PDF"
    )]
    Office,
    /// The disk.
    #[error("the bridge's disk is full, or fails ({0}); make room there, and bring the deck again")]
    Disk(#[from] io::Error),
}

impl Failure {
    /// By its code.
    fn reason(&self) -> Reason {
        let code = match self {
            Self::Unusable(unusable) => return unusable.reason(),
            Self::Disk(error) => return of_disk(error, self),
            Self::Locked => "deck_locked",
            Self::Broken => "deck_broken",
            Self::NoPage => "deck_no_page",
            Self::TooLong => return Reason::new("deck_too_long", self).with("most", MOST_PAGES),
            Self::TooHeavy => "deck_too_heavy",
            Self::NoOffice => "deck_no_office",
            Self::Office => "deck_office",
        };
        Reason::new(code, self)
    }
}

/// What LibreOffice and the fonts consist of; what else is in /etc may be secret.
const PROGRAMS: [&str; 14] = [
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/proc",
    "/var/cache/fontconfig",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/etc/nsswitch.conf",
    "/etc/passwd",
];

/// What to make pages of.
#[derive(Debug)]
pub struct Job {
    /// The file.
    pub source: PathBuf,
    /// An empty folder for the pages.
    pub into: PathBuf,
    /// The deck's address.
    pub id: String,
    /// Name of the file, for people.
    pub name: String,
}

/// Makes pages and tells on standard output how far it is; ends when standard input does. Whether all went well.
pub fn work(job: &Job) -> bool {
    let limits = Limits {
        memory: MEMORY,
        processor: PROCESSOR,
        file: LONGEST_FILE,
    };
    let sight = Sight {
        source: &job.source,
        into: Some(&job.into),
        programs: &PROGRAMS,
    };
    confine(limits, sight);
    let made = Address::parse(&job.id)
        .ok_or(Failure::Broken)
        .and_then(|id| make(job, id));
    if let Err(failure) = &made {
        tell(&Line::Failed {
            reason: failure.reason(),
        });
    }
    made.is_ok()
}

fn tell(line: &Line) {
    let text = serde_json::to_string(line).expect("a line holds only texts and numbers");
    // Nobody listens any more: the end of standard input follows.
    let _ = writeln!(io::stdout(), "{text}");
}

fn make(job: &Job, id: Address) -> Result<(), Failure> {
    let kind = look_at(&job.source)??;
    let scratch = job.into.join("scratch");
    fs::create_dir_all(&scratch)?;
    let pdf = to_pdf(&job.source, kind, &scratch)?;
    let pages = make_pages(&open(&pdf)?, &job.into)?;
    fs::remove_dir_all(scratch)?;
    if let Some(notes) = notes(&job.source, kind, pages.len()) {
        let notes = serde_json::to_vec(&notes).map_err(io::Error::from)?;
        write(&notes_in(&job.into), &notes)?;
    }
    let name = job.name.clone();
    let manifest = serde_json::to_vec(&Manifest { id, name, pages }).map_err(io::Error::from)?;
    write(&manifest_in(&job.into), &manifest)?;
    File::open(&job.into)?.sync_all()?;
    Ok(())
}

fn open(file: &Path) -> Result<Pdf, Failure> {
    let pdf = Pdf::new(fs::read(file)?).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Failure::Locked,
        LoadPdfError::Decryption(_) | LoadPdfError::Invalid => Failure::Broken,
    })?;
    match pdf.pages().len() {
        0 => Err(Failure::NoPage),
        count if count > usize::from(MOST_PAGES) => Err(Failure::TooLong),
        _ => Ok(pdf),
    }
}

fn make_pages(pdf: &Pdf, into: &Path) -> Result<Vec<Page>, Failure> {
    let count = u16::try_from(pdf.pages().len()).map_err(|_| Failure::TooLong)?;
    tell(&Line::Opened { pages: count });
    let doubts: Arc<Mutex<Vec<InterpreterWarning>>> = Arc::default();
    let heard = Arc::clone(&doubts);
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |doubt| {
            heard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(doubt);
        }),
        ..InterpreterSettings::default()
    };
    let cache = RenderCache::new();
    let mut pages = Vec::new();
    for (number, page) in (0..).zip(pdf.pages().iter()) {
        let picture = draw(page, &cache, &settings)?;
        pages.push(keep(&picture, into, number)?);
        if pages.iter().map(|page: &Page| page.bytes).sum::<u64>() > MOST_MADE {
            return Err(Failure::TooHeavy);
        }
        tell_doubts(
            number + 1,
            &mut doubts.lock().unwrap_or_else(PoisonError::into_inner),
        );
        tell(&Line::Made);
    }
    Ok(pages)
}

fn tell_doubts(page: u16, doubts: &mut Vec<InterpreterWarning>) {
    let mut told: Vec<String> = doubts.drain(..).map(|doubt| format!("{doubt:?}")).collect();
    told.sort();
    told.dedup();
    for what in told {
        tell(&Line::Doubt { page, what });
    }
}

fn draw<'a>(
    page: &'a PdfPage<'a>,
    cache: &RenderCache<'a>,
    settings: &InterpreterSettings,
) -> Result<Picture, Failure> {
    let (width, height) = page.render_dimensions();
    let (x_scale, y_scale) = scales(width, height).ok_or(Failure::Broken)?;
    let settings_of_picture = PixmapSettings {
        x_scale,
        y_scale,
        bg_color: WHITE,
    };
    let drawn = hayro::render(
        page,
        cache,
        settings,
        &RenderSettings::default(),
        &settings_of_picture,
    );
    let pixels = drawn.data().iter();
    Ok(Picture {
        width: drawn.width().into(),
        height: drawn.height().into(),
        // On white nothing is transparent.
        pixels: pixels
            .flat_map(|pixel| [pixel.r, pixel.g, pixel.b])
            .collect(),
    })
}

/// What brings a page to the size of the televisions, its shape kept: across and down, alike but for whole pixels.
fn scales(width: f32, height: f32) -> Option<(f32, f32)> {
    let sound = |length: f32| length.is_finite() && length > 0.0;
    if !sound(width) || !sound(height) {
        return None;
    }
    let scale = (WIDTH / width).min(HEIGHT / height);
    // The renderer cuts what is left of a pixel off; a hundredth more keeps the last whole one.
    let exact =
        |length: f32, most: f32| ((length * scale).round().clamp(1.0, most) + 0.01) / length;
    Some((exact(width, WIDTH), exact(height, HEIGHT)))
}

fn keep(picture: &Picture, into: &Path, number: u16) -> Result<Page, Failure> {
    let (bytes, sha256) = write_png(&page_in(into, number), picture)?;
    write_png(&thumb_in(into, number), &small(picture)?)?;
    Ok(Page {
        sha256,
        bytes,
        width: picture.width,
        height: picture.height,
    })
}

/// Writes a picture; its length in bytes, and its SHA-256.
fn write_png(path: &Path, picture: &Picture) -> Result<(u64, String), Failure> {
    let bytes = picture.png();
    let bytes = bytes.map_err(|error| Failure::Disk(io::Error::other(error)))?;
    write(path, &bytes)?;
    Ok((bytes.len() as u64, hex(&Sha256::digest(&bytes))))
}

/// Writes a file; it is on the disk then. File by file, so that the evening's own writing never waits for a whole deck.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn small(picture: &Picture) -> Result<Picture, Failure> {
    let width = THUMB.min(picture.width);
    let height = (picture.height * width / picture.width).max(1);
    let small = picture.scaled(width, height);
    small.map_err(|error| Failure::Disk(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_keeps_its_shape() {
        for ((width, height), expected) in [
            ((960.0, 540.0), (1920, 1080)),
            ((720.0, 540.0), (1440, 1080)),
            ((595.28, 841.89), (764, 1080)),
            ((793.701, 446.457), (1920, 1080)),
            ((5000.0, 1.0), (1920, 1)),
        ] {
            assert_eq!(size(width, height), Some(expected), "{width} x {height}");
        }
        assert_eq!(size(0.0, 540.0), None);
        assert_eq!(size(f32::NAN, 540.0), None);
        assert_eq!(size(f32::INFINITY, 540.0), None);
    }

    proptest! {
        #[test]
        fn every_page_fits_the_televisions(width in 1e-3_f32..1e7, height in 1e-3_f32..1e7) {
            let (width, height) = size(width, height).unwrap();
            prop_assert!((1..=1920).contains(&width) && (1..=1080).contains(&height));
            prop_assert!(width == 1920 || height == 1080);
        }
    }

    /// As the renderer reckons.
    fn size(width: f32, height: f32) -> Option<(u16, u16)> {
        let (x_scale, y_scale) = scales(width, height)?;
        Some(((width * x_scale) as u16, (height * y_scale) as u16))
    }
}
