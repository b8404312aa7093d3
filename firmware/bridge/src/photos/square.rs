//! Makes the square of one photo, in a process of its own: `estrade photo`, which only the bridge starts.
//!
//! A stranger's file is read here and nowhere else. Whatever it does to this process, the bridge sees it end. What is made
//! of it goes to standard output: a PNG, or why there is none.

use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use conference::wire::Reason;
use image::codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits as ImageLimits, Rgb, RgbImage, RgbaImage};
use moxcms::{ColorProfile, Layout, TransformOptions};

use super::{MOST_BYTES, MOST_MEGAPIXELS, SIDE};
use crate::confined::{Limits, Sight, confine};
use crate::picture::Picture;
use crate::reasons::of_disk;

/// Most memory, in bytes of addresses: 64 million pixels of 8 bytes, and what is made of them.
const MEMORY: u64 = 3 << 29;

/// Most processor time, in seconds: the largest photo takes 3 on the smallest machines.
const PROCESSOR: u64 = 30;

/// A smaller picture is none on a television.
const LEAST_SIDE: u32 = 48;

/// Where the square lies in an upright photo: so much of what is cut off is above it, in hundredths. Faces are in the
/// upper half.
const ABOVE: u32 = 20;

/// Why a file cannot be a photo: what is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Not a byte.
    #[error("the file is empty; choose it again")]
    Empty,
    /// What an iPhone takes, if nobody has told it otherwise.
    #[error("this is a HEIC photo, as iPhones take them; save it as JPEG, and bring that")]
    Heic,
    /// Anything else.
    #[error("this is neither JPEG nor PNG nor WebP; save the photo as one of them")]
    Unknown,
    /// It begins well, and goes wrong.
    #[error("the photo is broken or cut off; save it anew, and bring it again")]
    Broken,
    /// A bomb, or a poster.
    #[error("the photo has more than {MOST_MEGAPIXELS} million pixels; make it smaller")]
    TooManyPixels,
    /// An icon.
    #[error("the photo is only {width} by {height} pixels; bring a larger one")]
    TooSmall {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The disk.
    #[error("the photo cannot be read ({0}); bring it again")]
    Disk(#[from] io::Error),
}

impl Failure {
    /// By its code.
    fn reason(&self) -> Reason {
        match self {
            Self::Empty => Reason::new("photo_empty", self),
            Self::Heic => Reason::new("photo_heic", self),
            Self::Unknown => Reason::new("photo_unknown", self),
            Self::Broken => Reason::new("photo_broken", self),
            Self::TooManyPixels => {
                Reason::new("photo_too_many_pixels", self).with("most", MOST_MEGAPIXELS)
            }
            Self::TooSmall { width, height } => Reason::new("photo_too_small", self)
                .with("width", width)
                .with("height", height),
            Self::Disk(error) => of_disk(error, self),
        }
    }
}

/// Makes the square and writes it to standard output, or why there is none; ends when standard input does. Whether all
/// went well.
pub fn work(source: &Path) -> bool {
    let limits = Limits {
        memory: MEMORY,
        processor: PROCESSOR,
        file: 0,
    };
    let sight = Sight {
        source,
        into: None,
        programs: &[],
    };
    confine(limits, sight);
    let made = read(source).and_then(|file| square(&file));
    let answer = match &made {
        Ok(png) => png.clone(),
        Err(failure) => serde_json::to_vec(&failure.reason()).unwrap_or_default(),
    };
    // Nobody listens any more: the end of standard input follows.
    let written = io::stdout().write_all(&answer);
    made.is_ok() && written.is_ok()
}

fn read(source: &Path) -> Result<Vec<u8>, Failure> {
    let mut file = Vec::new();
    File::open(source)?
        .take(MOST_BYTES)
        .read_to_end(&mut file)?;
    Ok(file)
}

/// The upper middle of a photo, as a PNG.
fn square(file: &[u8]) -> Result<Vec<u8>, Failure> {
    let Opened {
        photo,
        orientation,
        colours,
    } = decoded(file)?;
    // First smaller: what is turned and cut then is little.
    let small = small(photo)?;
    let upright = RgbImage::from_raw(small.width, small.height, small.pixels);
    let mut upright = DynamicImage::ImageRgb8(upright.ok_or(Failure::Broken)?);
    upright.apply_orientation(orientation);
    let side = upright.width().min(upright.height());
    let left = (upright.width() - side) / 2;
    let top = (upright.height() - side) * ABOVE / 100;
    let pixels = upright.crop_imm(left, top, side, side);
    let pixels = pixels.into_rgb8().into_raw();
    let square = Picture {
        width: side,
        height: side,
        pixels: colours
            .and_then(|colours| in_srgb(&pixels, &colours))
            .unwrap_or(pixels),
    };
    square.png().map_err(|_| Failure::Broken)
}

/// A photo whose shorter side is no longer than the square's.
fn small(photo: Picture) -> Result<Picture, Failure> {
    let short = photo.width.min(photo.height);
    if short <= SIDE {
        return Ok(photo);
    }
    let scaled = |length: u32| {
        let exact = u64::from(length) * u64::from(SIDE) / u64::from(short);
        u32::try_from(exact).map_or(SIDE, |length| length.max(SIDE))
    };
    let small = photo.scaled(scaled(photo.width), scaled(photo.height));
    small.map_err(|_| Failure::Broken)
}

/// The same in the colours of televisions: telephones have others, which would look dull. Nothing where the file's own
/// description of its colours (ICC.1) cannot be read.
fn in_srgb(pixels: &[u8], colours: &[u8]) -> Option<Vec<u8>> {
    let from = ColorProfile::new_from_slice(colours).ok()?;
    let to = ColorProfile::new_srgb();
    let (rgb, options) = (Layout::Rgb, TransformOptions::default());
    let transform = from.create_transform_8bit(rgb, &to, rgb, options).ok()?;
    let mut converted = vec![0; pixels.len()];
    transform.transform(pixels, &mut converted).ok()?;
    Some(converted)
}

/// What a file holds.
struct Opened {
    /// The photo as it lies in there.
    photo: Picture,
    /// How it was held.
    orientation: Orientation,
    /// What its colours mean.
    colours: Option<Vec<u8>>,
}

fn decoded(file: &[u8]) -> Result<Opened, Failure> {
    let bytes = Cursor::new(file);
    let broken = |_| Failure::Broken;
    if file.is_empty() {
        Err(Failure::Empty)
    } else if file.starts_with(b"\xFF\xD8\xFF") && !is_whole_jpeg(file) {
        // The decoder would make the missing rest grey.
        Err(Failure::Broken)
    } else if file.starts_with(b"\xFF\xD8\xFF") {
        opened(JpegDecoder::new(bytes).map_err(broken)?)
    } else if file.starts_with(b"\x89PNG\r\n\x1A\n") {
        opened(PngDecoder::new(bytes).map_err(broken)?)
    } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
        opened(WebPDecoder::new(bytes).map_err(broken)?)
    } else if is_heic(file) {
        Err(Failure::Heic)
    } else {
        Err(Failure::Unknown)
    }
}

/// Whether the picture itself comes to its end; a telephone may have put a film behind it, and a small picture before it
/// (ITU-T T.81 section B.1.1).
fn is_whole_jpeg(file: &[u8]) -> bool {
    let mut rest = &file[2..];
    while let [0xFF, marker, high, low, ..] = *rest {
        if marker == 0xDA {
            return rest.windows(2).any(|pair| pair == [0xFF, 0xD9]);
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        // Between two segments a marker may be filled up.
        let next = if marker == 0xFF { 1 } else { 2 + length };
        rest = rest.get(next..).unwrap_or_default();
    }
    false
}

/// By its brands (ISO/IEC 23008-12 section 10.2).
fn is_heic(file: &[u8]) -> bool {
    let brands: [&[u8]; 4] = [b"heic", b"heix", b"mif1", b"msf1"];
    let brand = file.get(8..12).unwrap_or_default();
    file.get(4..8) == Some(b"ftyp") && brands.contains(&brand)
}

fn opened(mut decoder: impl ImageDecoder) -> Result<Opened, Failure> {
    // Said in the file's head: nothing of so many pixels is begun.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_MEGAPIXELS * 1_000_000 {
        return Err(Failure::TooManyPixels);
    }
    if width.min(height) < LEAST_SIDE {
        return Err(Failure::TooSmall { width, height });
    }
    let mut limits = ImageLimits::default();
    limits.max_alloc = Some(MEMORY / 2);
    decoder.set_limits(limits).map_err(|_| Failure::Broken)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let colours = decoder.icc_profile().ok().flatten();
    let photo = DynamicImage::from_decoder(decoder).map_err(|_| Failure::Broken)?;
    let pixels = match photo.color().has_alpha() {
        true => on_white(photo.into_rgba8()).into_raw(),
        false => photo.into_rgb8().into_raw(),
    };
    Ok(Opened {
        photo: Picture {
            width,
            height,
            pixels,
        },
        orientation,
        colours,
    })
}

/// Somebody who was cut out stands before white.
fn on_white(photo: RgbaImage) -> RgbImage {
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let [r, g, b, a] = photo.get_pixel(x, y).0.map(u16::from);
        let over = |channel: u16| {
            let mixed = (channel * a + 255 * (255 - a)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([over(r), over(g), over(b)])
    })
}

#[cfg(test)]
mod tests;
