use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, ImageFormat, Luma, Rgba};
use proptest::prelude::*;

use super::*;

const RED: [u8; 3] = [220, 30, 30];
const BLUE: [u8; 3] = [30, 30, 220];

#[test]
fn a_photo_stands_as_it_was_held_and_its_upper_middle_is_kept() {
    // Red at its left, or where that is once it is upright.
    let lying = two_coloured(600, 300);
    for (orientation, top, bottom) in [(6, RED, BLUE), (8, BLUE, RED)] {
        let square = opened_square(&with_orientation(&lying, orientation));
        assert_eq!(square.dimensions(), (300, 300));
        // Of 600 rows those from 60 to 360 are left; the colours meet at 300.
        near(&square, (150, 235), top);
        near(&square, (150, 245), bottom);
    }
    for (orientation, left, right) in [(1, RED, BLUE), (2, BLUE, RED), (3, BLUE, RED)] {
        let square = opened_square(&with_orientation(&lying, orientation));
        near(&square, (140, 150), left);
        near(&square, (160, 150), right);
    }
}

#[test]
fn nothing_but_the_picture_is_kept() {
    let photo = with_orientation(&two_coloured(800, 1200), 1);
    let png = square(&photo).unwrap();
    assert!(png.len() as u64 <= super::super::MOST_MADE);
    let mut at = 8;
    let mut chunks = Vec::new();
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        chunks.push(String::from_utf8(png[at + 4..at + 8].to_vec()).unwrap());
        at += 12 + length;
    }
    chunks.dedup();
    assert_eq!(chunks, ["IHDR", "IDAT", "IEND"]);
    let square = image::load_from_memory(&png).unwrap();
    assert_eq!((square.width(), square.height()), (SIDE, SIDE));
}

#[test]
fn the_noisiest_square_is_not_too_long() {
    let mut seed = 1_u32;
    let noise = RgbImage::from_fn(SIDE, SIDE, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
    });
    let png = square(&written(noise.into(), ImageFormat::Png)).unwrap();
    assert!(png.len() as u64 <= super::super::MOST_MADE, "{}", png.len());
}

#[test]
fn every_kind_of_picture_is_read() {
    let colours = image::load_from_memory(&two_coloured(200, 200)).unwrap();
    let rgba = RgbaImage::from_fn(200, 200, |x, _| {
        Rgba([220, 30, 30, if x < 100 { 255 } else { 0 }])
    });
    let grey = image::ImageBuffer::from_fn(200, 200, |_, _| Luma([0x8000_u16]));
    for (photo, format, left, right) in [
        (colours.clone(), ImageFormat::Png, RED, BLUE),
        (colours.clone(), ImageFormat::WebP, RED, BLUE),
        (colours, ImageFormat::Jpeg, RED, BLUE),
        // Somebody who was cut out.
        (rgba.into(), ImageFormat::Png, RED, [255; 3]),
        (grey.into(), ImageFormat::Png, [128; 3], [128; 3]),
    ] {
        let square = opened_square(&written(photo, format));
        assert_eq!(square.dimensions(), (200, 200), "never larger than it was");
        near(&square, (50, 100), left);
        near(&square, (150, 100), right);
    }
}

#[test]
fn colours_of_telephones_become_those_of_televisions() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let written = |profile: Option<Vec<u8>>| {
        let photo = RgbImage::from_pixel(100, 100, Rgb([200, 120, 90]));
        let mut file = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut file, 95);
        if let Some(profile) = profile {
            encoder.set_icc_profile(profile).unwrap();
        }
        let kind = image::ExtendedColorType::Rgb8;
        encoder.write_image(&photo, 100, 100, kind).unwrap();
        file
    };
    let pixel = |file: &[u8]| opened_square(file).get_pixel(50, 50).0;
    let plain = pixel(&written(None));
    // A red that is as strong has a larger number in sRGB, whose red is paler.
    let [red, ..] = pixel(&written(Some(profile)));
    assert!(red > plain[0] + 5, "{red} {plain:?}");
    assert_eq!(pixel(&written(Some(b"no colours".to_vec()))), plain);
}

#[test]
fn what_is_no_photo_is_told_by_its_code() {
    let photo = two_coloured(400, 400);
    let png = written(image::load_from_memory(&photo).unwrap(), ImageFormat::Png);
    let mut bomb = png.clone();
    // Width and height in the head (PNG section 11.2.2), and the sum over them.
    bomb[16..24].copy_from_slice(&[0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0]);
    let sum = crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum.to_be_bytes());
    for (file, code) in [
        (Vec::new(), "photo_empty"),
        (b"%PDF-1.7".to_vec(), "photo_unknown"),
        (b"GIF89a....".to_vec(), "photo_unknown"),
        (b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), "photo_heic"),
        (b"\0\0\0\x18ftypavif\0\0\0\0".to_vec(), "photo_unknown"),
        (photo[..photo.len() / 2].to_vec(), "photo_broken"),
        (png[..png.len() / 2].to_vec(), "photo_broken"),
        (b"\xFF\xD8\xFF\xE0".to_vec(), "photo_broken"),
        (bomb, "photo_too_many_pixels"),
        (two_coloured(47, 200), "photo_too_small"),
    ] {
        let failure = square(&file).expect_err(code);
        assert_eq!(failure.reason().code, code, "{failure}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        start in prop::sample::select(vec![&b""[..], b"\xFF\xD8\xFF\xE0", b"\x89PNG\r\n\x1A\n", b"RIFF\0\0\0\0WEBP"]),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(square(&[start, &rest].concat()).is_err());
    }

    #[test]
    fn a_photo_that_is_damaged_anywhere_does_no_harm(at in 0_usize..5000, value: u8) {
        let mut photo = with_orientation(&two_coloured(120, 90), 6);
        let at = at % photo.len();
        photo[at] = value;
        let _ = square(&photo);
    }
}

/// A JPEG, red on the left and blue on the right.
fn two_coloured(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, _| {
        Rgb(if x < width / 2 { RED } else { BLUE })
    });
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 95)
        .write_image(&picture, width, height, image::ExtendedColorType::Rgb8)
        .unwrap();
    file
}

/// The same JPEG with a camera's note how it was held (EXIF 2.32 section 4.6.4).
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut note = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    note.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xFF\xE1", &length, &note, &jpeg[2..]].concat()
}

fn written(photo: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    photo.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn opened_square(file: &[u8]) -> RgbImage {
    let png = square(file).unwrap();
    image::load_from_memory(&png).unwrap().into_rgb8()
}

#[track_caller]
fn near(picture: &RgbImage, (x, y): (u32, u32), due: [u8; 3]) {
    let seen = picture.get_pixel(x, y).0;
    let far = seen
        .iter()
        .zip(due)
        .any(|(seen, due)| seen.abs_diff(due) > 12);
    assert!(!far, "{seen:?} at {x}, {y}, where {due:?} is due");
}

/// The sum of a chunk (PNG annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 * (sum & 1))
        })
    })
}
