//! Two figures that `make bench` prints: how soon a console shows what the chair pressed while 16 rooms are there, and
//! what memory a box takes that holds ten decks. One line of JSON each; it fails where a figure is not what it must be.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be taken is an error"
)]

#[path = "../support/bridge.rs"]
mod support;

#[path = "../support/browser.rs"]
mod browser;

#[path = "../support/decks.rs"]
mod files;

#[path = "../support/fetching.rs"]
mod fetching;

use std::time::Duration;

use browser::in_browser;
use conference::wire::{FromClient, Role, State, Status};
use estrade_tests::{Service, wait_for};
use fetching::{bring, ready};
use serde_json::{Value, json};
use support::{CHAIR, Client, Running};

/// The console must show a press within this, 19 times of 20, in milliseconds.
const REACTION_MS: f64 = 100.0;
/// Rooms beside it.
const ROOMS: usize = 16;
/// Presses that are timed.
const PRESSES: usize = 100;
/// Decks that the box holds, and pages of each.
const DECKS: usize = 10;
const PAGES: u16 = 60;
/// Pages of each deck that are shown, and how long each stays.
const SHOWN: u16 = 12;
const LOOK: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let console = console().await;
    println!("{console}");
    println!("{}", a_box().await);
    let p95 = console["console_reaction_ms"]["p95"].as_f64().unwrap();
    if p95 > REACTION_MS {
        eprintln!("the console reacts within {p95} ms, where {REACTION_MS} ms must be");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}

/// From the press of the large button, or of the one that takes it back, to the console that says so. Each room tells
/// once a second that something changed.
async fn console() -> Value {
    let bridge = Running::start_with(&bridge_settings(ROOMS), &programme(ROOMS)).await;
    let mut rooms = Vec::new();
    for room in 0..ROOMS {
        rooms.push(Client::join(&bridge, Role::Room, &token(room)).await);
    }
    let busy = tokio::spawn(async move {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        for muted in [true, false].into_iter().cycle() {
            second.tick().await;
            for room in &mut rooms {
                let status = Status {
                    muted,
                    ..Status::default()
                };
                room.say(FromClient::Status(status)).await;
            }
        }
    });
    let mut times = Vec::new();
    in_browser(async |browser| {
        let page = bridge.url(&format!("/#token={CHAIR}"));
        browser.driver.goto(page).await.unwrap();
        browser.until_text("#now", "Avant le début").await;
        for _ in 0..PRESSES / 2 {
            for button in ["next", "undo"] {
                let took = browser.run(&press(button)).await;
                times.push(took.as_f64().unwrap_or_else(|| panic!("{button}: {took}")));
            }
        }
    })
    .await;
    busy.abort();
    bridge.stop().await;
    times.sort_by(f64::total_cmp);
    let part = |part: usize| round(times[(times.len() * part / 100).min(times.len() - 1)]);
    json!({ "rooms": ROOMS, "console_reaction_ms": { "p50": part(50), "p95": part(95), "max": part(100) } })
}

/// Presses a button of the console; how long it takes until the page says something else, and has been drawn.
fn press(button: &str) -> String {
    format!(
        "const now = document.querySelector('#now'), before = now.textContent;
         const button = document.querySelector('#{button}');
         const changed = new Promise((resolve, reject) => {{
           setTimeout(() => reject('nothing happened'), 5000);
           new MutationObserver((_, watch) => {{
             if (now.textContent === before) return;
             watch.disconnect();
             requestAnimationFrame(() => setTimeout(resolve));
           }}).observe(now, {{ childList: true, characterData: true, subtree: true }});
         }});
         const start = performance.now();
         button.click();
         await changed;
         return performance.now() - start;"
    )
}

/// The memory of a whole box, in MB: in a conference without decks, with ten of them, and after pages of all were shown.
async fn a_box() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let settings = bridge_settings(1);
    let bridge = Running::start_in(folder.path(), &settings, &programme(DECKS)).await;
    let settings = format!(
        "name = \"Salle 1\"\n[bridge]\naddress = \"http://{}\"\ntoken = \"{}\"\n\
         [devices]\ncamera = \"test\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\n",
        bridge.http,
        token(0),
    );
    let file = folder.path().join("room.toml");
    std::fs::write(&file, settings).unwrap();
    let room = Service::start("room", &file);
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let here = |state: &State| state.rooms[0].publishing && state.rooms[0].watching;
    chair.until("the box is in the conference", here).await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    let talk = |state: &State| state.evening.at == 3 && state.rooms[0].microphone_open;
    chair.until("its first talk", talk).await;
    settle(&room).await;
    let without = memory(&room, "VmRSS");

    for speaker in 0..DECKS {
        let deck = files::pdf_of(usize::from(PAGES), |page| content(speaker, page));
        bring(bridge.http, speaker, "exposé.pdf", deck).await;
        ready(&mut chair, speaker, PAGES).await;
    }
    let whole = |state: &State| state.rooms[0].status.decks.len() == DECKS;
    chair.until("all decks are in the box", whole).await;
    settle(&room).await;
    let with = memory(&room, "VmRSS");
    let mut look = tokio::time::interval(LOOK);
    for speaker in 0..DECKS {
        let item = 3 + speaker;
        chair.say(FromClient::GoTo { item }).await;
        let begun = |state: &State| state.evening.at == item;
        chair.until("the talk", begun).await;
        for page in 0..SHOWN {
            chair.say(FromClient::TurnPage { page }).await;
            let turned = |state: &State| state.evening.page == Some(page);
            chair.until("the page", turned).await;
            look.tick().await;
        }
    }
    let (shown, most) = (memory(&room, "VmRSS"), memory(&room, "VmHWM"));
    let disk = size(&folder.path().join("decks"));
    room.stop();
    bridge.stop().await;
    json!({
        "decks": DECKS, "pages": u32::from(PAGES) * u32::try_from(DECKS).unwrap(),
        "box_memory_mb": { "without_decks": without, "with_decks": with, "after_showing": shown, "most": most },
        "decks_on_disk_mb": disk,
    })
}

/// Until its memory has stopped growing: two looks a second apart that are the same within a megabyte.
async fn settle(room: &Service) {
    let mut last = 0.0;
    let still = async || {
        let now = memory(room, "VmRSS");
        let same = (now - last).abs() < 1.0;
        last = now;
        tokio::time::sleep(Duration::from_secs(1)).await;
        same.then_some(())
    };
    wait_for(
        "the memory of the box stands still",
        Duration::from_secs(60),
        still,
    )
    .await;
}

/// A figure of `/proc/PID/status`, in MB.
fn memory(room: &Service, figure: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", room.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with(figure))
        .unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    round(kilobytes / 1024.0)
}

/// What the files of a folder take, in MB.
fn size(folder: &std::path::Path) -> f64 {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let about = entry.metadata().unwrap();
            match about.is_dir() {
                true => folders.push(entry.path()),
                false => bytes += about.len(),
            }
        }
    }
    round(bytes as f64 / 1e6)
}

/// A page with much on it, so that it is as large as those that people make.
fn content(speaker: usize, page: usize) -> String {
    let mut content = format!("0.9 0.{speaker} 0.{} rg 0 0 960 540 re f ", page % 10);
    for n in 0..60 {
        let (x, y) = (n * (37 + speaker) % 900, n * (53 + page) % 500);
        content += &format!(
            "0.{} 0.4 0.{} rg {x} {y} 60 40 re f ",
            n % 10,
            (n + page) % 10
        );
    }
    content += &format!("0 g BT /F 60 Tf 80 240 Td (Deck {speaker}, page {page}) Tj ET");
    content
}

fn bridge_settings(rooms: usize) -> String {
    let mut text = format!(
        "listen = \"127.0.0.1:0\"\nmedia = \"127.0.0.1:0\"\nchair_token = \"{CHAIR}\"\n\
         viewer_token = \"viewer-0123456789\"\n"
    );
    for room in 0..rooms {
        let (name, token) = (room + 1, token(room));
        text += &format!("[[rooms]]\nname = \"Salle {name}\"\ntoken = \"{token}\"\n");
    }
    text
}

/// So many speakers, all in the first room, without questions.
fn programme(speakers: usize) -> String {
    let speaker = |n: usize| {
        format!("[[speaker]]\nname = \"Intervenant {n}\"\nroom = \"Salle 1\"\nquestions = 0\n")
    };
    let speakers: String = (1..=speakers).map(speaker).collect();
    format!("title = \"Mesure\"\nrooms = [\"Salle 1\"]\n{speakers}")
}

fn token(room: usize) -> String {
    format!("token-of-the-bench-{room:02}")
}

fn round(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}
