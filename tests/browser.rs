//! A real browser takes part by the standards alone, and the chair runs the evening from one.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/browser.rs"]
mod browser;

#[path = "support/decks.rs"]
mod files;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;

use browser::Browser;
use conference::wire::{FromClient, Role};
use estrade_tests::Service;
use files::{NOTE, odp, pdf, slow_pdf};
use futures_util::FutureExt;
use support::{BREST, CHAIR, Client, PROGRAMME, Running, VIEWER, settings};
use thirtyfour::By;

#[tokio::test]
async fn a_browser_publishes_another_watches_and_the_chair_gives_the_floor() {
    let bridge = Running::start(&settings()).await;
    let (sender, receiver) = tokio::join!(Browser::start(), Browser::start());
    // Whatever fails, no browser stays behind.
    let outcome = AssertUnwindSafe(evening(&bridge, &sender, &receiver))
        .catch_unwind()
        .await;
    sender.quit().await;
    receiver.quit().await;
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
    bridge.stop().await;
}

#[tokio::test]
async fn the_page_of_a_box_speaks_the_language_of_its_room() {
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(boxes(&browser)).catch_unwind().await;
    browser.quit().await;
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
}

#[tokio::test]
async fn the_chair_leads_through_an_evening_by_keyboard() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(leads(&bridge, &browser))
        .catch_unwind()
        .await;
    browser.quit().await;
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
    bridge.stop().await;
}

#[tokio::test]
async fn the_chair_brings_decks_and_turns_their_pages() {
    let folder = tempfile::tempdir().unwrap();
    let second = "\n[[speaker]]\nname = \"Yann Kervella\"\nroom = \"Loudéac\"\n";
    let programme = format!("{PROGRAMME}{second}");
    let bridge = Running::start_in(folder.path(), &settings(), &programme).await;
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(decks(&bridge, &browser, folder.path()))
        .catch_unwind()
        .await;
    browser.quit().await;
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
    bridge.stop().await;
}

async fn decks(bridge: &Running, console: &Browser, folder: &Path) {
    let window = console.driver.set_window_rect(0, 0, 1280, 1400);
    window.await.unwrap();
    let _brest = Client::join(bridge, Role::Room, BREST).await;
    let page = format!("/#token={CHAIR}");
    console.driver.goto(bridge.url(&page)).await.unwrap();
    console
        .until_text("[data-speaker='0'] .file", "menuiserie.pdf")
        .await;
    picture(console, "console-decks-missing").await;

    bring(console, folder, 1, "soins.pdf", slow_pdf(5)).await;
    said(console, 1, |text| {
        text.starts_with("Préparation des pages : ")
    })
    .await;
    let shown = "return document.querySelector('[data-speaker=\"1\"] progress').checkVisibility()";
    assert_eq!(console.run(shown).await, true);
    picture(console, "console-decks-making").await;
    let_fall(console, 0, "atelier d’été.pdf", &pdf(12)).await;
    said(console, 0, |text| text == "Prêt, 12 pages").await;
    said(console, 1, |text| text == "Prêt, 5 pages").await;
    let drawn = "return [...document.querySelectorAll('[data-speaker=\"0\"] .pages img')].filter(i => i.naturalWidth === 320).length";
    console
        .until("small pictures are there", drawn, |count| {
            count.as_u64() >= Some(4)
        })
        .await;

    console
        .run("document.querySelector('#items [data-item=\"3\"]').click()")
        .await;
    console.until_text("#page-now", "Page 1 sur 12").await;
    // Right, right, left, by keyboard, wherever the focus is.
    for (key, now) in [("\u{e014}", 2), ("\u{e014}", 3), ("\u{e012}", 2)] {
        let focused = console.driver.active_element().await.unwrap();
        focused.send_keys(key).await.unwrap();
        console
            .until_text("#page-now", &format!("Page {now} sur 12"))
            .await;
    }
    let marked = "return [...document.querySelectorAll('.pages [aria-current=page]')].map(b => Number(b.dataset.page))";
    assert_eq!(console.run(marked).await, serde_json::json!([1]));
    picture(console, "console-decks-slides").await;
    for (press, now) in [
        ("document.getElementById('page-before').click()", 1),
        ("document.getElementById('page-before').click()", 1),
        (
            "document.querySelector('[data-speaker=\"0\"] [data-page=\"3\"]').click()",
            4,
        ),
    ] {
        console.run(press).await;
        console
            .until_text("#page-now", &format!("Page {now} sur 12"))
            .await;
    }

    bring(console, folder, 0, "atelier.odp", odp()).await;
    said(console, 0, |text| text == "Prêt, 3 pages").await;
    console
        .until_text("#notes-now", "Pas de note pour cette page.")
        .await;
    console
        .run("document.querySelector('[data-speaker=\"0\"] [data-page=\"0\"]').click()")
        .await;
    console.until_text("#notes-now", NOTE).await;
    picture(console, "console-decks-notes").await;
    console.judge("console-decks-notes").await;

    bring(console, folder, 0, "lettre.txt", b"Bonjour".to_vec()).await;
    said(console, 0, |text| {
        text.starts_with("Ce n’est ni un PDF, ni")
    })
    .await;
    bring(console, folder, 1, "long.pdf", pdf(301)).await;
    said(console, 1, |text| {
        text.starts_with("Le diaporama a plus de 300 pages")
    })
    .await;
    picture(console, "console-decks-failed").await;
    console
        .run("document.querySelector('[data-speaker=\"1\"] .remove').click()")
        .await;
    console
        .until_text("[data-speaker='1'] .file", "Pas de diaporama")
        .await;
    let untold = "return [...document.querySelectorAll('#decks-part :is(button, h2, h3, p)')].filter(e => e.checkVisibility()).map(e => e.textContent).filter(t => !t || t.includes('undefined') || t.includes('{'))";
    assert_eq!(console.run(untold).await, serde_json::json!([]));
}

/// Chooses a file, as a person does.
async fn bring(console: &Browser, folder: &Path, speaker: usize, name: &str, file: Vec<u8>) {
    let path = folder.join(name);
    std::fs::write(&path, file).unwrap();
    let input = format!("[data-speaker='{speaker}'] input");
    let input = console.driver.find(By::Css(input)).await.unwrap();
    input.send_keys(path.display().to_string()).await.unwrap();
}

/// Drags a file onto a speaker's place and lets it fall there.
async fn let_fall(console: &Browser, speaker: usize, name: &str, file: &[u8]) {
    let script = format!(
        "const held = new DataTransfer();
         held.items.add(new File([new Uint8Array({file:?})], {name:?}));
         const place = document.querySelector('[data-speaker=\"{speaker}\"] .file');
         for (const kind of ['dragenter', 'dragover', 'drop'])
           place.dispatchEvent(new DragEvent(kind, {{ dataTransfer: held, bubbles: true, cancelable: true }}));"
    );
    console.run(&script).await;
}

/// Until a speaker's deck says something.
async fn said(console: &Browser, speaker: usize, wanted: impl Fn(&str) -> bool) {
    let script =
        format!("return document.querySelector('[data-speaker=\"{speaker}\"] .said').textContent");
    console
        .until("the deck's state", &script, |text| {
            text.as_str().is_some_and(&wanted)
        })
        .await;
}

async fn leads(bridge: &Running, console: &Browser) {
    let _brest = Client::join(bridge, Role::Room, BREST).await;
    let page = format!("/#token={CHAIR}");
    console.driver.goto(bridge.url(&page)).await.unwrap();
    console.until_text("#now", "Avant le début").await;
    for (next, now) in [
        ("Bienvenue aux salles", "Bienvenue aux salles"),
        ("saluer Brest", "Bienvenue aux salles"),
        (
            "Présentation des intervenants",
            "Présentation des intervenants",
        ),
        ("Exposé : Anne Le Goff", "Exposé : Anne Le Goff"),
    ] {
        console.until_text("#next-what", next).await;
        console.run("document.getElementById('next').focus()").await;
        let button = console.driver.active_element().await.unwrap();
        button.send_keys("\u{e007}").await.unwrap();
        console.until_text("#now", now).await;
    }
    console
        .until(
            "the time left runs down",
            "return document.getElementById('timer').textContent",
            |text| {
                text.as_str()
                    .is_some_and(|text| text.starts_with("Reste 14:5"))
            },
        )
        .await;
    picture(console, "console-talk").await;
    console
        .run("document.querySelector('#items [data-item=\"5\"]').click()")
        .await;
    console.until_text("#now", "Au revoir").await;
    console.run("document.getElementById('undo').click()").await;
    console.until_text("#now", "Exposé : Anne Le Goff").await;
}

async fn boxes(browser: &Browser) {
    let folder = tempfile::tempdir().unwrap();
    // High enough for the whole page.
    let window = browser.driver.set_window_rect(0, 0, 1024, 1500);
    window.await.unwrap();
    for (language, link, muted) in [
        ("fr", "Pont: hors de portée", "Micro coupé"),
        ("en", "Bridge: out of reach", "Microphone off"),
    ] {
        // Each its own: a mute is kept beside the settings.
        let settings = folder.path().join(format!("{language}.toml"));
        let text = format!(
            "name = \"Brest\"\nlanguage = \"{language}\"\n\
             [bridge]\naddress = \"http://127.0.0.1:9\"\ntoken = \"{BREST}\"\n\
             [devices]\ncamera = \"none\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n"
        );
        std::fs::write(&settings, text).unwrap();
        let the_box = Service::start("room", &settings);
        let page = format!("http://{}/", the_box.address("web"));
        browser.driver.goto(page).await.unwrap();
        let bridge = "const row = [...document.querySelectorAll('#state dt')].find((row) => ['Pont', 'Bridge'].includes(row.textContent)); \
                      return `${row?.textContent}: ${row?.nextElementSibling.textContent}`";
        browser
            .until("the state of the link", bridge, |text| text == link)
            .await;
        browser
            .run("document.querySelector('[data-panel=mute]').click()")
            .await;
        browser.until_text("#reason", muted).await;
        let untold = "return [...document.querySelectorAll('button, dt, dd, title')].map(e => e.textContent).filter(t => !t || t.includes('undefined'))";
        assert_eq!(browser.run(untold).await, serde_json::json!([]));
        picture(browser, &format!("box-{language}")).await;
    }
}

async fn evening(bridge: &Running, sender: &Browser, receiver: &Browser) {
    let mut brest = Client::join(bridge, Role::Room, BREST).await;
    publishes(bridge, sender, &mut brest).await;
    watches(bridge, receiver).await;
    chairs(bridge, receiver, &mut brest).await;
    english(bridge, receiver).await;
    leaves(sender, &mut brest).await;
}

async fn publishes(bridge: &Running, sender: &Browser, brest: &mut Client) {
    let page = format!("/publish#token={BREST}");
    sender.driver.goto(bridge.url(&page)).await.unwrap();
    sender.until_text("#link", "En direct").await;
    let address = sender.driver.current_url().await.unwrap();
    assert_eq!(
        address.fragment(),
        None,
        "the token does not stay in the address"
    );
    brest
        .until("Brest publishes", |s| s.room("Brest").unwrap().publishing)
        .await;
    picture(sender, "publish").await;
}

/// Frames are decoded and differ within themselves, sound arrives, the room is named.
async fn watches(bridge: &Running, receiver: &Browser) {
    let page = format!("/watch#token={VIEWER}");
    receiver.driver.goto(bridge.url(&page)).await.unwrap();
    receiver
        .until_text("figure.large figcaption", "Brest")
        .await;
    let seen = receiver
        .until("25 frames and sound", SEEN, |seen| {
            seen["frames"].as_u64() >= Some(25)
                && seen["shades"].as_u64() > Some(8)
                && seen["audio_packets"].as_u64() > Some(10)
        })
        .await;
    assert!(seen["width"].as_u64() >= Some(320), "{seen}");
    assert_eq!(seen["codec"], "video/H264", "{seen}");
    picture(receiver, "watch").await;
}

/// What the watching page decodes.
const SEEN: &str = "
    const video = document.getElementById('main');
    if (video.readyState < 2) return {};
    const canvas = new OffscreenCanvas(32, 18).getContext('2d');
    canvas.drawImage(video, 0, 0, 32, 18);
    const { open } = await import('/assets/media.js');
    const [peer] = open;
    const stats = [...(await peer.getStats()).values()];
    const sounds = stats.filter((stat) => stat.type === 'inbound-rtp' && stat.kind === 'audio');
    const picture = stats.find((stat) => stat.type === 'inbound-rtp' && stat.kind === 'video' && stat.framesDecoded);
    return {
        frames: video.getVideoPlaybackQuality().totalVideoFrames,
        width: video.videoWidth,
        shades: new Set(canvas.getImageData(0, 0, 32, 18).data).size,
        audio_packets: sounds.reduce((sum, stat) => sum + stat.packetsReceived, 0),
        codec: stats.find((stat) => stat.id === picture?.codecId)?.mimeType,
    };";

async fn chairs(bridge: &Running, console: &Browser, brest: &mut Client) {
    let page = format!("/#token={CHAIR}");
    console.driver.goto(bridge.url(&page)).await.unwrap();
    console
        .until(
            "Brest's picture is on its card, and moves",
            "return document.querySelector('[data-room=Brest].seen video')?.getVideoPlaybackQuality().totalVideoFrames",
            |frames| frames.as_u64() > Some(5),
        )
        .await;
    console
        .until_text("[data-room='Loudéac'] .badge", "Absente")
        .await;
    console
        .until(
            "Brest's level moves",
            "return document.querySelector('[data-room=Brest] .bar').style.clipPath",
            |bar| {
                bar.as_str()
                    .is_some_and(|bar| !bar.is_empty() && !bar.contains("100%"))
            },
        )
        .await;

    brest.say(FromClient::RequestFloor {}).await;
    console.until_text("#queue li span", "Brest").await;
    console
        .until_text("[data-room=Brest] .badge", "Demande la parole")
        .await;
    console
        .until_text("#announce", "Brest demande la parole")
        .await;
    picture(console, "console-asks").await;

    // By keyboard: the queue's button takes the focus and Enter.
    console
        .run("document.querySelector('#queue .main').focus()")
        .await;
    let focused = console.driver.active_element().await.unwrap();
    focused.send_keys("\u{e007}").await.unwrap();
    brest
        .until("Brest holds", |s| {
            s.floor.holder.as_deref() == Some("Brest")
        })
        .await;
    console
        .until_text("[data-room=Brest] .badge", "A la parole")
        .await;
    console.until_text("#announce", "Brest a la parole").await;
    picture(console, "console-floor").await;

    console
        .run("document.getElementById('revoke').click()")
        .await;
    brest
        .until("the floor is free", |s| s.floor.holder.is_none())
        .await;
    console.until_text("#holder", "La parole est libre").await;
}

async fn english(bridge: &Running, console: &Browser) {
    // The chair's token is kept for the window, so that a reload goes on.
    console.driver.goto(bridge.url("/?lang=en")).await.unwrap();
    console
        .until_text("[data-room='Loudéac'] .badge", "Absent")
        .await;
    picture(console, "console-en").await;
}

async fn leaves(sender: &Browser, brest: &mut Client) {
    sender.run("document.getElementById('stop').click()").await;
    brest
        .until("Brest publishes no more", |s| {
            !s.room("Brest").unwrap().publishing
        })
        .await;
}

/// Keeps what the page looks like, to be judged by a person.
async fn picture(browser: &Browser, name: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
    browser.driver.screenshot(&path).await.unwrap();
}
