//! Each scene against its reference picture. `UPDATE_EXPECT=1 cargo test -p pipelines --test scenes` writes them anew;
//! look at them before committing.

mod samples;

use std::path::{Path, PathBuf};

use pipelines::{Event, Focus, GateReason, Gauge};
use resvg::tiny_skia::Pixmap;

/// Size of the reference pictures: a third of a television's, where every letter still shows.
const SIZE: (u32, u32) = (640, 360);
/// Most that a channel may differ on average, of 255: another version of a library smooths edges otherwise.
const MEAN: f64 = 1.0;
/// Most that any square of 16 by 16 pixels may differ on average: a letter that is another, or elsewhere.
const SQUARE: f64 = 24.0;

#[test]
fn every_scene_looks_as_its_reference_picture() {
    pipelines::init().expect("GStreamer");
    let folder = tempfile::tempdir().expect("a folder");
    let page = samples::page(folder.path());
    let mut wrong = Vec::new();
    for (name, view) in samples::samples(&page) {
        let gauge = gauge(matches!(name, "standby" | "diagnostics"));
        let drawn = pipelines::draw_heard(&view, &gauge, SIZE.0, SIZE.1).expect("a picture");
        let reference = reference(name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&reference, &drawn.png).expect("the reference is written");
            continue;
        }
        let there = std::fs::read(&reference)
            .unwrap_or_else(|error| panic!("{}: {error}", reference.display()));
        if let Err(how) = compare(&drawn.png, &there) {
            let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
            std::fs::write(&seen, &drawn.png).expect("a picture to look at");
            wrong.push(format!("{name}: {how}; see {}", seen.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Somebody speaks; the gate is open, or is not.
fn gauge(open: bool) -> Gauge {
    let gauge = Gauge::default();
    gauge.take(&Event::Level {
        rms_dbfs: -30.0,
        peak_dbfs: -20.0,
        voice: 0.0,
    });
    gauge.take(&Event::Gate {
        open,
        reason: if open {
            GateReason::Voice
        } else {
            GateReason::Whisper
        },
        voice: 0.5,
    });
    gauge.take(&Event::Channels {
        rms_dbfs: vec![-30.0, -48.0, -127.0],
    });
    gauge.focus(Focus {
        part: 0.7,
        sharp: open,
    });
    gauge
}

#[test]
fn the_meter_moves_nothing_but_itself() {
    pipelines::init().expect("GStreamer");
    let folder = tempfile::tempdir().expect("a folder");
    let views = samples::samples(&samples::page(folder.path()));
    let (_, view) = views
        .iter()
        .find(|(name, _)| *name == "standby")
        .expect("a view");
    let draw = |gauge: &Gauge| {
        let drawn = pipelines::draw_heard(view, gauge, 1280, 720).expect("a picture");
        let picture = Pixmap::decode_png(&drawn.png).expect("a picture");
        (picture, drawn.moving)
    };
    let ((quiet, moving), (loud, _)) = (draw(&Gauge::default()), draw(&gauge(true)));
    assert_eq!(moving.len(), 2, "the cells, and the word");
    let mut changed = 0;
    for (x, y) in (0..720).flat_map(|y| (0..1280).map(move |x| (x, y))) {
        let inside = |[left, top, width, height]: &[usize; 4]| {
            // Chroma is half as fine.
            (left.saturating_sub(2)..left + width + 2).contains(&(x as usize))
                && (top.saturating_sub(2)..top + height + 2).contains(&(y as usize))
        };
        if quiet.pixel(x, y) != loud.pixel(x, y) {
            changed += 1;
            assert!(moving.iter().any(inside), "{x}, {y}");
        }
    }
    assert!(changed > 500, "{changed} pixels");
}

#[test]
fn the_comparison_sees_another_word() {
    pipelines::init().expect("GStreamer");
    let folder = tempfile::tempdir().expect("a folder");
    let page = samples::page(folder.path());
    let all = samples::samples(&page);
    let draw = |view: &pipelines::View| {
        pipelines::draw(view, SIZE.0, SIZE.1)
            .expect("a picture")
            .png
    };
    let mut checked = 0;
    for (_, view) in &all {
        let mut other = view.clone();
        if let pipelines::scene::Scene::Speaker(speaker) = &mut other.scene {
            speaker.name = "Anne Le Gall".into();
            checked += 1;
            assert!(compare(&draw(view), &draw(&other)).is_err());
        }
    }
    assert!(checked > 0);
}

#[test]
fn a_page_of_any_shape_is_shown_whole_and_nothing_lies_on_it() {
    pipelines::init().expect("GStreamer");
    let folder = tempfile::tempdir().expect("a folder");
    for (name, wide, high) in [
        ("wide", 1920, 1080),
        ("old", 1440, 1080),
        ("sheet", 764, 1080),
    ] {
        let file = folder.path().join(format!("{name}.png"));
        let mut pixels = Pixmap::new(wide, high).expect("a page");
        pixels.fill(resvg::tiny_skia::Color::from_rgba8(250, 20, 20, 255));
        pixels.save_png(&file).expect("a file");
        let views = samples::samples(&file);
        let (_, view) = views
            .iter()
            .find(|(name, _)| *name == "slides-muted")
            .expect("a view");
        let drawn = pipelines::draw(view, 1280, 720).expect("a picture");
        let [x, y, width, height] = drawn.page.expect("a page");
        let shape = width as f64 / height as f64 / (f64::from(wide) / f64::from(high));
        assert!((0.98..1.02).contains(&shape), "{name}: {width} by {height}");
        let picture = Pixmap::decode_png(&drawn.png).expect("a picture");
        for (px, py) in (x + 4..x + width - 4)
            .step_by(7)
            .flat_map(|px| (y + 4..y + height - 4).step_by(7).map(move |py| (px, py)))
        {
            let pixel = picture.pixel(px as u32, py as u32).expect("inside");
            assert!(
                pixel.red() > 200 && pixel.green() < 70,
                "{name}: covered at {px}, {py}"
            );
        }
    }
}

#[test]
fn the_code_on_the_screen_is_whole() {
    pipelines::init().expect("GStreamer");
    let folder = tempfile::tempdir().expect("a folder");
    let page = samples::page(folder.path());
    let views = samples::samples(&page);
    let (_, view) = views
        .iter()
        .find(|(name, _)| *name == "poll")
        .expect("a view");
    let drawn = pipelines::draw(view, 1920, 1080).expect("a picture");
    let picture = Pixmap::decode_png(&drawn.png).expect("a picture");
    let address = "http://192.168.1.20:8080/p#3";
    let code = qrcode::QrCode::with_error_correction_level(address, qrcode::EcLevel::M);
    let code = code.expect("a code");
    let (left, top, side) = (1356.0, 368.0, 468.0);
    // With four light modules around (ISO/IEC 18004, section 5.3.8).
    let all = code.width() + 8;
    let module = side / all as f64;
    for (row, column) in (0..all).flat_map(|row| (0..all).map(move |column| (row, column))) {
        let inside = |n: usize| n.checked_sub(4).filter(|n| *n < code.width());
        let dark = inside(column)
            .zip(inside(row))
            .is_some_and(|at| code[at] == qrcode::Color::Dark);
        let at = |from: f64, nth: usize| (from + (nth as f64 + 0.5) * module) as u32;
        let pixel = picture.pixel(at(left, column), at(top, row));
        let seen = pixel.expect("inside").green() < 128;
        assert_eq!(seen, dark, "row {row}, column {column}");
    }
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scenes")
        .join(format!("{name}.png"))
}

/// Whether two pictures are the same to the eye.
fn compare(one: &[u8], other: &[u8]) -> Result<(), String> {
    let decode = |png| Pixmap::decode_png(png).map_err(|error| error.to_string());
    let (one, other) = (decode(one)?, decode(other)?);
    if (one.width(), one.height()) != (other.width(), other.height()) {
        return Err("another size".into());
    }
    let difference = |x: u32, y: u32| -> f64 {
        let (Some(a), Some(b)) = (one.pixel(x, y), other.pixel(x, y)) else {
            return 0.0;
        };
        let channels = [
            (a.red(), b.red()),
            (a.green(), b.green()),
            (a.blue(), b.blue()),
        ];
        channels
            .iter()
            .map(|(a, b)| f64::from(a.abs_diff(*b)))
            .sum::<f64>()
            / 3.0
    };
    let mut sum = 0.0;
    for top in (0..one.height()).step_by(16) {
        for left in (0..one.width()).step_by(16) {
            let square: f64 = (top..top + 16)
                .flat_map(|y| (left..left + 16).map(move |x| (x, y)))
                .map(|(x, y)| difference(x, y))
                .sum();
            if square / 256.0 > SQUARE {
                return Err(format!("at {left}, {top} by {:.1} of 255", square / 256.0));
            }
            sum += square;
        }
    }
    let mean = sum / f64::from(one.width() * one.height());
    if mean > MEAN {
        return Err(format!("by {mean:.2} of 255 on average"));
    }
    Ok(())
}
