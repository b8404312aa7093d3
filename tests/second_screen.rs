//! A room with two screens in a conference: the page on the second, the people on the first, the message on both.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/decks.rs"]
mod files;

#[path = "support/fetching.rs"]
mod fetching;

use std::fmt::Write;
use std::path::Path;

use conference::wire::{FromClient, Role, SceneView};
use estrade_tests::{Service, wait_for};
use fetching::{bring, client, decoded, ready};
use files::pdf_of;
use pipelines::stamp::Stamp;
use reqwest::StatusCode;
use serde_json::Value;
use support::{BREST, CHAIR, Client, LOUDEAC, PATIENCE, PROGRAMME, Running, settings};

/// The number of the deck in the stamps on its pages.
const DECK: u8 = 77;
/// The speaker's room in the stamps of its camera.
const SPEAKER: u64 = 1;
/// The chair's message, the night behind cards, and the pages, in red, green and blue.
const AMBER: [u8; 3] = [244, 185, 79];
/// A card is darker at its foot.
const NIGHT: [[u8; 3]; 2] = [[20, 38, 56], [11, 23, 33]];
const PAGE: [u8; 3] = [0, 128, 255];

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_on_the_second_screen_and_the_speaker_on_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    bring(bridge.http, 0, "pages.pdf", stamped_pages(3)).await;
    ready(&mut chair, 0, 3).await;
    let speakers = Room::start(folder.path(), &bridge, ("Brest", BREST), "none");
    let listeners = Room::start(folder.path(), &bridge, ("Loudéac", LOUDEAC), "test");

    // No page yet: a calm card.
    listeners
        .second_is("a calm card", (320, 20), NIGHT[0])
        .await;

    chair.say(FromClient::GoTo { item: 3 }).await;
    let slides = |scene: &SceneView| *scene == SceneView::Slides;
    chair.until("slides", |s| slides(&s.evening.scene)).await;
    listeners.second_has_page(0).await;
    // As large as it goes: to the edges of the screen.
    for corner in [(638, 358), (638, 60), (2, 358)] {
        listeners.second_is("the page", corner, PAGE).await;
    }
    listeners.sees_the_speaker().await;
    let first = listeners.picture("screen.png").await.unwrap();
    assert!(!first.has(PAGE), "no page among the people");

    chair.say(FromClient::TurnPage { page: 2 }).await;
    listeners.second_has_page(2).await;

    // One screen has both.
    let alone = async || {
        speakers
            .picture("screen.png")
            .await?
            .has(PAGE)
            .then_some(())
    };
    wait_for("the page in a room with one screen", PATIENCE, alone).await;
    assert_eq!(speakers.status_of("deck.png").await, 503);
    assert_eq!(
        speakers.json("status").await.unwrap()["deck_screen"]["state"],
        "none"
    );

    let text = Some("Pause de cinq minutes".to_owned());
    chair.say(FromClient::Say { text }).await;
    listeners.second_is("the message", (10, 20), AMBER).await;
    let both = async || listeners.picture("screen.png").await?.is((10, 20), AMBER);
    wait_for("the message on the first", PATIENCE, both).await;
    chair.say(FromClient::Say { text: None }).await;

    // People ask about what they saw.
    chair.say(FromClient::GoTo { item: 4 }).await;
    chair.until("questions", |s| s.evening.at == 4).await;
    listeners.second_is("the page", (638, 358), PAGE).await;
    chair.say(FromClient::GoTo { item: 5 }).await;
    listeners
        .second_is("a calm card", (638, 358), NIGHT[1])
        .await;
    bridge.stop().await;
}

/// A deck whose pages are of one colour and say which they are.
fn stamped_pages(count: usize) -> Vec<u8> {
    pdf_of(count, |page| {
        let [red, green, blue] = PAGE.map(|part| f64::from(part) / 255.0);
        let mut content = format!("{red} {green} {blue} rg 0 0 960 540 re f ");
        let stamp = Stamp {
            room: DECK,
            millis: page.try_into().unwrap(),
        };
        for (column, row, white) in stamp.cells() {
            let (ink, x) = (u8::from(white), u16::from(column) * 24);
            let y = 540 - 24 * (u16::from(row) + 1);
            write!(content, "{ink} g {x} {y} 24 24 re f ").unwrap();
        }
        content
    })
}

/// A room's box, seen through its page.
struct Room {
    service: Service,
}

/// A decoded picture.
struct Picture {
    width: usize,
    rgb: Vec<u8>,
}

impl Room {
    fn start(folder: &Path, bridge: &Running, (name, token): (&str, &str), deck: &str) -> Self {
        let text = format!(
            "name = \"{name}\"\n[bridge]\naddress = \"http://{}\"\ntoken = \"{token}\"\n\
             [devices]\ncamera = \"test\"\nmicrophones = \"test\"\nloudspeaker = \"none\"\n\
             screen = \"none\"\ndeck_screen = \"{deck}\"\n\
             [picture]\nwidth = 640\nheight = 360\nkbit_per_second = 800\n\
             [screen]\nwidth = 640\nheight = 360\n[decks]\nfolder = \"decks-{name}\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n[measure]\nstamp = {}\n",
            bridge.http,
            if name == "Brest" { SPEAKER } else { 2 },
        );
        let file = folder.join(format!("{name}.toml"));
        std::fs::write(&file, text).unwrap();
        Self {
            service: Service::start("room", &file),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.service.address("web"))
    }

    async fn json(&self, path: &str) -> Option<Value> {
        client()
            .get(self.url(path))
            .send()
            .await
            .ok()?
            .json()
            .await
            .ok()
    }

    async fn status_of(&self, path: &str) -> u16 {
        let answer = client().get(self.url(path)).send().await.unwrap();
        answer.status().as_u16()
    }

    async fn picture(&self, path: &str) -> Option<Picture> {
        let answer = client().get(self.url(path)).send().await.unwrap();
        if answer.status() != StatusCode::OK {
            return None;
        }
        let (width, _, rgb) = decoded(&answer.bytes().await.unwrap());
        Some(Picture {
            width: width as usize,
            rgb,
        })
    }

    async fn second_is(&self, what: &str, at: (usize, usize), colour: [u8; 3]) {
        let seen = async || self.picture("deck.png").await?.is(at, colour);
        let what = format!("{what} on the second screen at {at:?}");
        wait_for(&what, PATIENCE, seen).await;
    }

    async fn second_has_page(&self, page: u64) {
        let seen = async || {
            let seen = self.json("measure/deck-pages").await?;
            let is = |seen: &Value| seen["deck"] == DECK && seen["page"] == page;
            seen.as_array()?.iter().any(is).then_some(())
        };
        let what = format!("page {page} on the second screen");
        wait_for(&what, PATIENCE, seen).await;
    }

    /// The stamp of the speaker's camera is read in the large picture of the first screen, again and again.
    async fn sees_the_speaker(&self) {
        let mut seen = 0;
        let speaker = async || {
            let sightings = self.json("measure/sightings").await?;
            let is = |sighting: &&Value| sighting["room"] == SPEAKER;
            seen += sightings.as_array()?.iter().filter(is).count();
            (seen > 20).then_some(())
        };
        wait_for("the speaker on the first screen", PATIENCE, speaker).await;
    }
}

impl Picture {
    fn is(&self, (x, y): (usize, usize), colour: [u8; 3]) -> Option<()> {
        let at = (y * self.width + x) * 3;
        near(&self.rgb[at..at + 3], colour).then_some(())
    }

    fn has(&self, colour: [u8; 3]) -> bool {
        let there = self.rgb.chunks_exact(3).filter(|pixel| near(pixel, colour));
        there.count() > self.rgb.len() / 3 / 10
    }
}

fn near(pixel: &[u8], colour: [u8; 3]) -> bool {
    pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 16)
}
