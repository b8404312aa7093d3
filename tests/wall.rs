//! The demo's wall in a real browser: four live televisions, the buttons, and nothing left behind.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use estrade_tests::program;
use futures_util::FutureExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

#[path = "support/browser.rs"]
mod browser;

/// What the browser's helper asks of its surroundings.
mod support {
    /// How long a page may take to show what it should.
    pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
}

use browser::Browser;

const START: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_wall_shows_four_live_televisions_and_its_buttons_work() {
    let (mut demo, address) = demo().await;
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(look(&browser, &address))
        .catch_unwind()
        .await;
    browser.quit().await;
    let stopped = interrupt(&mut demo).await;
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
    assert!(stopped, "Ctrl-C ends the demo with success");
}

#[tokio::test]
async fn a_room_that_stops_ends_the_demo_and_is_named() {
    let (mut demo, _) = demo().await;
    let room = children_of(&demo.id().unwrap().to_string()).pop().unwrap();
    let killed = Command::new("kill").args(["-KILL", &room]).status().await;
    assert!(killed.unwrap().success());
    let mut errors = String::new();
    let mut stderr = demo.stderr.take().unwrap();
    let said = stderr.read_to_string(&mut errors);
    let said = tokio::time::timeout(support::PATIENCE, said).await;
    said.unwrap().unwrap();
    assert!(!demo.wait().await.unwrap().success());
    assert!(errors.contains("Brest has stopped"), "{errors}");
}

async fn look(browser: &Browser, address: &str) {
    browser.driver.goto(address).await.unwrap();
    browser
        .driver
        .set_window_rect(0, 0, 1280, 1360)
        .await
        .unwrap();
    let widths = "return [...document.querySelectorAll('.room img')].map(i => i.naturalWidth)";
    browser
        .until("four pictures", widths, |widths| {
            widths
                .as_array()
                .is_some_and(|widths| widths.len() == 4 && widths.iter().all(|w| w == 640))
        })
        .await;
    televisions_move(browser).await;
    press(browser, 4, "grant").await;
    browser.until_text("#floor", "Brest a la parole").await;
    press(browser, 2, "speak").await;
    browser
        .until_text(
            ".room:nth-child(2) .state",
            "demande la parole (1) · micro fermé",
        )
        .await;
    press(browser, 3, "mute").await;
    browser
        .until_text(".room:nth-child(3) .state", "micro coupé par la salle")
        .await;
    let meter = "return Number(document.querySelector('.room:nth-child(4) .level').ariaValueNow)";
    browser
        .until("a meter that moves", meter, |level| {
            level.as_f64() > Some(-50.0)
        })
        .await;
    hears(browser).await;
    browser
        .until_text(".room:nth-child(1) .reason", "Fermé par la conférence")
        .await;
    browser
        .until_text(".room:nth-child(3) .reason", "Micro coupé")
        .await;
    browser.driver.screenshot(&picture()).await.unwrap();
    the_audience_is_heard_only_without_the_gate(browser).await;
    press_selector(browser, "#revoke").await;
    browser
        .until_text("#floor", "Loudéac demande la parole")
        .await;
}

/// In the room that has the floor nobody talks; somebody whispers, with the gate and without.
async fn the_audience_is_heard_only_without_the_gate(browser: &Browser) {
    press(browser, 4, "talk").await;
    let gate = "return document.querySelector('.room:nth-child(4) .gate').className";
    let shut = |class: &serde_json::Value| class == "gate";
    browser.until("a closed gate", gate, shut).await;
    press(browser, 4, "audience [data-noise=whisper]").await;
    browser
        .until_text(".room:nth-child(4) .reason", "Chuchotement")
        .await;
    press(browser, 4, "filter").await;
    browser
        .until_text(".room:nth-child(4) .reason", "Filtre arrêté")
        .await;
    press(browser, 4, "audience [data-noise=page]").await;
    let open = |class: &serde_json::Value| class == "gate open";
    browser.until("an open gate", gate, open).await;
    press(browser, 4, "filter").await;
    browser.until("a gate that is back", gate, shut).await;
}

/// The button Écouter makes the page a listener: sound that is not silence arrives. The page's
/// connections are counted by a constructor put in place of the browser's.
async fn hears(browser: &Browser) {
    let spy = "
        const Real = RTCPeerConnection;
        window.RTCPeerConnection = function (...args) { return (window.heard = new Real(...args)); };";
    browser.run(spy).await;
    press_selector(browser, "#listen").await;
    let energy = "
        const figures = window.heard ? [...(await window.heard.getStats()).values()] : [];
        return figures.reduce((sum, figure) => sum + (figure.totalAudioEnergy ?? 0), 0)";
    browser
        .until("voices in the browser", energy, |energy| {
            energy.as_f64() > Some(1e-4)
        })
        .await;
}

/// Each television shows several pictures, none of them plain: a plain one compresses to little.
async fn televisions_move(browser: &Browser) {
    for n in 1..=4 {
        let mut seen = BTreeSet::new();
        let selector = format!(".room:nth-child({n}) img");
        let image = thirtyfour::By::Css(selector.as_str());
        let image = browser.driver.find(image).await.unwrap();
        let three = async {
            while seen.len() < 3 {
                let png = image.screenshot_as_png().await.unwrap();
                assert!(
                    png.len() > 10_000,
                    "television {n} is plain: {} bytes",
                    png.len()
                );
                seen.insert(png);
            }
        };
        let in_time = tokio::time::timeout(support::PATIENCE, three).await;
        assert!(in_time.is_ok(), "television {n} stands still");
    }
}

async fn press(browser: &Browser, room: usize, button: &str) {
    press_selector(browser, &format!(".room:nth-child({room}) .{button}")).await;
}

async fn press_selector(browser: &Browser, selector: &str) {
    let button = thirtyfour::By::Css(selector);
    let button = browser.driver.find(button).await.unwrap();
    button.click().await.unwrap();
}

/// Where the picture is kept for whoever wants to look at it.
fn picture() -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("wall.png")
}

/// Starts the demo as a person does, on a free port, and returns what it says to open.
async fn demo() -> (Child, String) {
    let mut child = Command::new(program())
        .args(["demo", "--by-hand", "--port", "0"])
        .env("ESTRADE_LOG", "error")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(rest) = line.strip_prefix("The wall: ") {
                return rest.split_whitespace().next().map(str::to_owned);
            }
        }
        None
    };
    let address = tokio::time::timeout(START, ready).await.unwrap();
    // The demo goes on speaking; somebody must listen.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, address.expect("the demo says where its wall is"))
}

/// Ctrl-C; true when the demo then ends well, with all its processes.
async fn interrupt(demo: &mut Child) -> bool {
    let id = demo.id().unwrap().to_string();
    let children = children_of(&id);
    assert_eq!(children.len(), 5, "a bridge and four rooms");
    let sent = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(sent.unwrap().success());
    let ended = tokio::time::timeout(support::PATIENCE, demo.wait()).await;
    let left = children
        .iter()
        .any(|child| Path::new(&format!("/proc/{child}")).exists());
    ended.is_ok_and(|status| status.unwrap().success()) && !left
}

fn children_of(id: &str) -> Vec<String> {
    let path = format!("/proc/{id}/task/{id}/children");
    let text = std::fs::read_to_string(path).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}
