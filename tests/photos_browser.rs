//! A speaker's photo in the console's form, in a real Chromium: chosen, dropped, seen, taken away, by mouse and by keyboard
//! alone, and what is said of files that are no photos.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/browser.rs"]
mod browser;

#[path = "support/console.rs"]
mod console;

#[path = "support/photos.rs"]
mod portraits;

use std::path::Path;

use browser::{Browser, in_browser};
use conference::wire::{PhotoState, Role, State};
use console::{click, judged, open, press, tab_to, toml, type_into};
use portraits::face;
use serde_json::json;
use support::{CHAIR, Client, PROGRAMME, Running, settings};
use thirtyfour::{By, Key};

const FIRST: &str = "#plan-speakers li:nth-child(1)";
const SECOND: &str = "#plan-speakers li:nth-child(2)";

#[tokio::test]
async fn a_photo_is_chosen_seen_kept_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), PROGRAMME).await;
    let files = tempfile::tempdir().unwrap();
    in_browser(async |console| {
        open(&bridge, console, "#programme").await;
        chooses(&bridge, console, files.path()).await;
        refuses(console, files.path()).await;
        drops(&bridge, console).await;
        takes_away(&bridge, console).await;
    })
    .await;
    bridge.stop().await;
}

async fn chooses(bridge: &Running, console: &Browser, files: &Path) {
    let mut chair = Client::join(bridge, Role::Chair, CHAIR).await;
    console
        .until_text(&of(FIRST, ".choose"), "Ajouter une photo")
        .await;
    // The button opens the browser's own window of files, which nobody can drive: its field is filled.
    give(console, FIRST, files, "anne.png", &face([20, 90, 160])).await;
    console
        .until_text(
            &of(FIRST, ".said"),
            "Photo prête. Enregistrez le programme pour la montrer.",
        )
        .await;
    seen(console, FIRST).await;
    assert_eq!(
        label(console, &of(FIRST, ".choose")).await,
        "Changer la photo de Anne Le Goff"
    );
    click(console, "#plan-save").await;
    chair.until("the photo is Anne's", |s| is_ready(s, 0)).await;
    assert!(toml(bridge).await.contains("photo = \"anne.png\""));
    // After a reload it is there from the start.
    console.driver.refresh().await.unwrap();
    seen(console, FIRST).await;
    looks(console, "programme-photo").await;
}

async fn refuses(console: &Browser, files: &Path) {
    give(console, FIRST, files, "lettre.png", b"Bonjour").await;
    let words = "Ce n’est ni un JPEG, ni un PNG, ni un WebP : enregistrez la photo ainsi.";
    console.until_text(&of(FIRST, ".said"), words).await;
    seen(console, FIRST).await;
    give(console, FIRST, files, "affiche.png", &vec![0; 15_000_001]).await;
    let words = "La photo dépasse 15 Mo : réduisez-la.";
    console.until_text(&of(FIRST, ".said"), words).await;
    looks(console, "programme-photo-refused").await;
    let english = format!("/?lang=en#token={CHAIR}");
    let address = console.driver.current_url().await.unwrap();
    let here = address.join(&english).unwrap();
    console.driver.goto(here.as_str()).await.unwrap();
    console.until_text("#link", "Live").await;
    console.run("location.hash = '#programme'").await;
    seen(console, FIRST).await;
    give(console, FIRST, files, "lettre.png", b"Bonjour").await;
    let words = "this is neither JPEG nor PNG nor WebP; save the photo as one of them";
    console.until_text(&of(FIRST, ".said"), words).await;
    assert_eq!(
        label(console, &of(FIRST, ".remove-photo")).await,
        "Remove the photo of Anne Le Goff"
    );
}

/// On the row of a speaker who is new, and has no name yet.
async fn drops(bridge: &Running, console: &Browser) {
    console.driver.refresh().await.unwrap();
    seen(console, FIRST).await;
    click(console, "#add-speaker").await;
    let file = face([150, 40, 90])
        .iter()
        .map(|byte| byte.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let script = format!(
        "const files = new DataTransfer();
         files.items.add(new File([new Uint8Array([{file}])], 'anne.png', {{ type: 'image/png' }}));
         const row = document.querySelector('{SECOND}');
         const tell = (kind) => row.dispatchEvent(new DragEvent(kind, {{ dataTransfer: files, bubbles: true, cancelable: true }}));
         tell('dragenter');
         const over = row.classList.contains('over');
         tell('drop');
         return over;"
    );
    assert_eq!(console.run(&script).await, json!(true));
    seen(console, SECOND).await;
    let name = format!("{SECOND} [data-field=name] input");
    type_into(console, &name, "Yann Kervella").await;
    let room = format!("{SECOND} [data-field=room] select");
    console::choose(console, &room, "Loudéac").await;
    click(console, "#plan-save").await;
    let mut chair = Client::join(bridge, Role::Chair, CHAIR).await;
    chair
        .until("both have their own", |s| {
            is_ready(s, 0) && is_ready(s, 1) && address(s, 0) != address(s, 1)
        })
        .await;
    assert!(toml(bridge).await.contains("photo = \"anne-2.png\""));
}

/// By keyboard alone, as the whole form goes.
async fn takes_away(bridge: &Running, console: &Browser) {
    tab_to(console, &of(FIRST, ".choose")).await;
    tab_to(console, &of(FIRST, ".remove-photo")).await;
    press(console, Key::Enter).await;
    console
        .until(
            "it is gone",
            &format!("return document.querySelector('{} img').hidden", FIRST),
            |hidden| hidden == true,
        )
        .await;
    let focused = console.driver.active_element().await.unwrap();
    assert_eq!(focused.text().await.unwrap(), "Add a photo");
    tab_to(console, "#plan-save").await;
    press(console, Key::Enter).await;
    let mut chair = Client::join(bridge, Role::Chair, CHAIR).await;
    chair
        .until("Anne has no photo, Yann still his", |s| {
            s.programme.speakers[0].photo.is_none() && is_ready(s, 1)
        })
        .await;
}

/// A picture of the speakers, and whether everybody can use the form; nothing of it is wider than the page.
async fn looks(console: &Browser, name: &str) {
    let see = "document.getElementById('plan-speakers').scrollIntoView()";
    console.run(see).await;
    judged(console, name).await;
    let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(console.run(wide).await, json!(0));
}

/// Puts a file into a speaker's field of files.
async fn give(console: &Browser, row: &str, files: &Path, name: &str, content: &[u8]) {
    let file = files.join(name);
    std::fs::write(&file, content).unwrap();
    let input = of(row, ".photo input[type=file]");
    let input = console.driver.find(By::Css(input)).await.unwrap();
    input.send_keys(file.to_str().unwrap()).await.unwrap();
}

/// Until the small picture is there, whole.
async fn seen(console: &Browser, row: &str) {
    let script = format!(
        "const picture = document.querySelector('{row} .photo img');
         return picture && !picture.hidden && picture.complete && picture.naturalWidth;"
    );
    console
        .until("the photo in small", &script, |width| width == 480)
        .await;
}

async fn label(console: &Browser, selector: &str) -> serde_json::Value {
    let script = format!("return document.querySelector('{selector}').getAttribute('aria-label')");
    console.run(&script).await
}

fn of(row: &str, part: &str) -> String {
    format!("{row} .photo {part}").replace(".photo .photo", ".photo")
}

fn is_ready(state: &State, speaker: usize) -> bool {
    address(state, speaker).is_some()
}

fn address(state: &State, speaker: usize) -> Option<&str> {
    match &state.programme.speakers.get(speaker)?.photo.as_ref()?.state {
        PhotoState::Ready { id, .. } => Some(id),
        PhotoState::Missing | PhotoState::Failed(_) => None,
    }
}
