//! Whether a television shows what is due: its pixels against a drawing of the scene, and the marks in its pictures.

use std::path::PathBuf;

use anyhow::Context;
use conference::wire::State;
use pipelines::{Area, Drawing, View, stamp};
use room::kept::Kept;
use room::machine::{Input, Introduction, Machine, Output, QUIET, Setup};
use room::scenes::Pages;

use super::plan::Plan;

/// Squares of so many pixels are compared.
const SQUARE: usize = 16;
/// Most that a square may differ on average, of 255.
const MOST: u32 = 24;
/// Brighter than this is ink over a picture, and then it must be this bright on the television.
const INK: (u8, u8) = (205, 150);
/// So much of the ink must be there.
const INK_SHARE: f64 = 0.97;
/// The mark of a picture narrower than this cannot be read for sure.
const READABLE: usize = 240;

/// A decoded picture.
struct Picture {
    width: usize,
    height: usize,
    /// Shape `[height][width][3]`.
    rgb: Vec<u8>,
}

/// What speakers brought, fetched from the bridge to draw from it.
#[derive(Default)]
pub struct Brought {
    /// Pages of decks, by their addresses.
    pub decks: Vec<(String, Pages)>,
    /// Photos, by their addresses.
    pub photos: Vec<(String, PathBuf)>,
}

/// What a room's television must show when the bridge's state is `due`, `late_ms` ago: drawn anew.
pub fn view_due(due: &State, room: &str, brought: &Brought, late_ms: u64) -> Option<View> {
    let status = due.room(room)?.status.clone();
    let setup = Setup {
        name: room,
        language: room::config::Language::Fr,
        thumbs: true,
        status,
        kept: Kept::default(),
        quiet: QUIET,
        introduction: Introduction::default(),
    };
    let now = room::now();
    let mut machine = Machine::new(setup, now);
    let mut time = room::time_now();
    time.unix_ms -= late_ms;
    let link = Input::LinkUp {
        session: String::new(),
        now_ms: time.unix_ms,
    };
    let state = Input::State(Box::new(due.clone()));
    for input in [Input::Time(time), link, state] {
        machine.handle_input(input, now);
    }
    for (id, file) in brought.photos.iter().cloned() {
        machine.handle_input(Input::Photo { id, file }, now);
    }
    for (id, pages) in brought.decks.iter().cloned() {
        machine.handle_input(Input::Deck { id, pages }, now);
    }
    let mut view = None;
    while let Some(output) = machine.poll_output() {
        if let Output::Show(shown) = output {
            view = Some(*shown);
        }
    }
    view
}

/// Compares a television with a view.
///
/// # Errors
/// What is otherwise, in words.
pub fn compare(view: &View, plan: &Plan, shown: &[u8]) -> Result<(), String> {
    let shown = decode(shown).map_err(|error| format!("{error:#}"))?;
    let side = |side: usize| u32::try_from(side).unwrap_or(0);
    let drawn = pipelines::draw(view, side(shown.width), side(shown.height))?;
    let due = decode(&drawn.png).map_err(|error| format!("{error:#}"))?;
    around(&due, &shown, &drawn)?;
    for (slot, area) in &drawn.pictures {
        ink(&due, &shown, area)?;
        let marked = plan.measured() && area[2] >= READABLE;
        let Some(name) = name_in(view, *slot).filter(|_| marked) else {
            continue;
        };
        let luma: Vec<u8> = shown.rgb.chunks_exact(3).map(luma).collect();
        let seen = stamp::read(&luma, shown.width, area[0], area[1], area[2]);
        let room = plan.rooms.iter().position(|room| room.name == name);
        match (seen, room.map(Plan::stamp)) {
            (Some(seen), Some(due)) if seen.room == due => {}
            (Some(seen), _) => {
                return Err(format!("the picture named {name} is of room {}", seen.room));
            }
            (None, _) => return Err(format!("there is no picture of {name}")),
        }
    }
    Ok(())
}

/// Whose picture a slot holds.
fn name_in(view: &View, slot: pipelines::VideoSlot) -> Option<String> {
    let seen = view.scene.pictures();
    seen.into_iter()
        .find(|(of, _)| *of == slot)
        .map(|(_, name)| name)
}

/// Everything beside the pictures and what moves.
fn around(due: &Picture, shown: &Picture, drawn: &Drawing) -> Result<(), String> {
    let pictures = drawn.pictures.iter().map(|(_, area)| area);
    let otherwise: Vec<&Area> = pictures.chain(&drawn.moving).collect();
    let inside = |x: usize, y: usize| {
        otherwise.iter().any(|[left, top, width, height]| {
            (x + 2 >= *left && x <= left + width + 2) && (y + 2 >= *top && y <= top + height + 2)
        })
    };
    for top in (0..due.height).step_by(SQUARE) {
        for left in (0..due.width).step_by(SQUARE) {
            let mut sum = 0;
            let bottom = (top + SQUARE).min(due.height);
            let right = (left + SQUARE).min(due.width);
            for y in top..bottom {
                for x in (left..right).filter(|x| !inside(*x, y)) {
                    let at = (y * due.width + x) * 3;
                    sum += (0..3)
                        .map(|c| u32::from(due.rgb[at + c].abs_diff(shown.rgb[at + c])))
                        .sum::<u32>()
                        / 3;
                }
            }
            if sum > MOST * (SQUARE * SQUARE) as u32 {
                return Err(format!("it shows something else at {left}, {top}"));
            }
        }
    }
    Ok(())
}

/// What is written over a picture.
fn ink(due: &Picture, shown: &Picture, [left, top, width, height]: &Area) -> Result<(), String> {
    let (mut all, mut there) = (0u32, 0u32);
    for y in *top..(top + height).min(due.height) {
        for x in *left..(left + width).min(due.width) {
            let at = (y * due.width + x) * 3;
            if luma(&due.rgb[at..at + 3]) >= INK.0 {
                all += 1;
                there += u32::from(luma(&shown.rgb[at..at + 3]) >= INK.1);
            }
        }
    }
    if f64::from(there) < f64::from(all) * INK_SHARE {
        return Err(format!(
            "what is written over the picture at {left}, {top} is something else"
        ));
    }
    Ok(())
}

/// ITU-R BT.601, of red, green and blue.
fn luma(rgb: &[u8]) -> u8 {
    let sum = 299 * u32::from(rgb[0]) + 587 * u32::from(rgb[1]) + 114 * u32::from(rgb[2]);
    u8::try_from(sum / 1000).unwrap_or(255)
}

fn decode(png: &[u8]) -> anyhow::Result<Picture> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .context("reading a television's picture")?;
    let size = reader
        .output_buffer_size()
        .context("a picture without a size")?;
    let mut bytes = vec![0; size];
    let info = reader
        .next_frame(&mut bytes)
        .context("reading a television's picture")?;
    let rgb = match info.color_type {
        png::ColorType::Rgb => bytes,
        png::ColorType::Rgba => bytes
            .chunks_exact(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect(),
        png::ColorType::Grayscale | png::ColorType::GrayscaleAlpha | png::ColorType::Indexed => {
            anyhow::bail!("a picture of another kind")
        }
    };
    Ok(Picture {
        width: info.width as usize,
        height: info.height as usize,
        rgb,
    })
}

/// Fetches a page or a photo from the bridge into a folder; `path` is its address there.
pub async fn fetch(
    http: &reqwest::Client,
    (bridge, token): (&str, &str),
    path: &str,
    folder: &std::path::Path,
) -> anyhow::Result<PathBuf> {
    let request = http.get(format!("{bridge}{path}")).bearer_auth(token);
    let answer = request.send().await?.error_for_status();
    let png = answer.with_context(|| format!("fetching {path}"))?;
    let png = png.bytes().await?;
    let file = folder.join(format!("due{}.png", path.replace('/', "-")));
    std::fs::write(&file, &png).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipelines::scene::{Note, Scene};

    #[test]
    fn another_scene_or_another_word_is_seen() {
        pipelines::init().unwrap();
        let plan = Plan::new(2, (640, 360), true).unwrap();
        let note = |title: &str| View {
            scene: Scene::Note(Note {
                title: title.into(),
                text: "Les conseillers vous attendent".into(),
            }),
            ..View::default()
        };
        let shown = |view: &View| pipelines::draw(view, 640, 360).unwrap().png;
        let due = note("La suite, ici à Brest");
        assert_eq!(compare(&due, &plan, &shown(&due)), Ok(()));
        for other in [note("La suite, ici à Loudéac"), View::default()] {
            assert!(compare(&due, &plan, &shown(&other)).is_err());
        }
    }
}
