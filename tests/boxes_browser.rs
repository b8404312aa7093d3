//! The console's view of boxes in a real Chromium: a box at the door is let in by the code on its television, an invitation is
//! made, a box is revoked; and whether everybody can use it (axe-core).
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/browser.rs"]
mod browser;

#[path = "support/console.rs"]
mod console;

#[path = "support/hall.rs"]
mod hall;

use browser::{Browser, in_browser};
use console::{click, judged, type_into};
use estrade_tests::CHAIR;
use hall::Hall;
use thirtyfour::By;

#[tokio::test]
async fn the_chair_lets_a_box_in_invites_others_and_revokes_it() {
    let hall = Hall::open().await;
    let brest = hall.start("brest", &hall.settings("Brest", "stamp = 1"));
    let code = hall.code(&brest).await;
    in_browser(async |console| {
        let page = format!("http://{}/#token={CHAIR}", hall.bridge_http());
        console.driver.goto(page).await.unwrap();
        console.until_text("#link", "En direct").await;
        // On every view stands who is at the door, and it leads there.
        let door = "Un boîtier qui se nomme Brest veut entrer";
        console.until_text("#door", door).await;
        click(console, "#door a").await;
        let nav = "return document.querySelector('#views a[aria-current]').textContent";
        console
            .until("the view of boxes", nav, |text| {
                text == "Boîtiers (1 à la porte)"
            })
            .await;
        let chosen = "return document.querySelector('.let select').value";
        assert_eq!(console.run(chosen).await, "Brest");
        judged(console, "boxes-door").await;

        type_into(
            console,
            ".let input",
            if code == "AAAAAA" { "CCCCCC" } else { "AAAAAA" },
        )
        .await;
        click(console, ".let-in").await;
        let said = "return document.querySelector('.request .said').textContent";
        let wrong = "Ce n’était pas le code de la télévision : encore 4 essais.";
        console
            .until("the code was wrong", said, |text| text == wrong)
            .await;
        let small = code.to_lowercase();
        type_into(
            console,
            ".let input",
            &format!("{} {}", &small[..3], &small[3..]),
        )
        .await;
        click(console, ".let-in").await;
        let row = "return document.querySelector('#boxes-in')?.innerText";
        let there = |text: &serde_json::Value| {
            text.as_str()
                .is_some_and(|text| text.contains("Brest") && text.contains("Là"))
        };
        console
            .until("the box is in", row, |text| there(text))
            .await;
        hall.until_joined(&brest).await;
        console
            .until(
                "the chair is told",
                "return document.querySelector('#notices-of-boxes').textContent",
                |text| says(text, "un code faux a été tapé"),
            )
            .await;

        click(console, "#invite-rooms label:nth-child(2) input").await;
        click(console, "#invite button").await;
        let made = "return document.querySelector('#invitation').textContent.length";
        console
            .until("an invitation", made, |length| *length == 29)
            .await;
        console
            .until(
                "it stands in the list",
                "return document.querySelector('#invitations').textContent",
                |text| says(text, "Loudéac · jusqu’au"),
            )
            .await;
        judged(console, "boxes").await;
        offers_an_update(&hall, console).await;

        click(console, "#boxes-in button").await;
        let asked = "return document.querySelector('#box-sure').open";
        console
            .until("it asks whether one is sure", asked, |open| *open == true)
            .await;
        judged(console, "boxes-sure").await;
        click(console, "#box-sure button[value='']").await;
        assert!(hall.is_joined(&brest).await);
        click(console, "#boxes-in button").await;
        click(console, "#box-sure button[value=revoke]").await;
        let none = "return document.querySelector('#boxes-none').hidden";
        console
            .until("nobody is paired", none, |hidden| *hidden == false)
            .await;
        hall.until_told(&brest, "a retiré à ce boîtier").await;
    })
    .await;
}

/// The box runs from no card: it says its version, and the update is for others.
async fn offers_an_update(hall: &Hall, console: &Browser) {
    let boxes = "return document.querySelector('#update-boxes').innerText";
    let version = env!("CARGO_PKG_VERSION");
    console
        .until("the box's version", boxes, |text| says(text, version))
        .await;
    let give = async |name: &str, bytes: &[u8]| {
        let file = hall.file(name);
        std::fs::write(&file, bytes).unwrap();
        // The button opens the browser's own window of files, which nobody can drive: its field is filled.
        let field = console.driver.find(By::Css("#update-file")).await.unwrap();
        field.send_keys(file.to_str().unwrap()).await.unwrap();
    };
    let said = "return document.querySelector('#update-said').textContent";
    give("lettre.raucb", b"hsqs").await;
    console
        .until("its name is wrong", said, |text| {
            says(text, "Le fichier ne s’appelle pas comme une mise à jour")
        })
        .await;
    give("estrade-0.2.20261203.0900.raucb", b"Bonjour").await;
    console
        .until("it is none", said, |text| {
            says(text, "Ce n’est pas une mise à jour")
        })
        .await;
    let large = [&b"hsqs"[..], &vec![7; 3_000_000]].concat();
    give("estrade-0.2.20261203.0900.raucb", &large).await;
    let offer = "return document.querySelector('#update-offer').textContent";
    let offered = "Proposée aux boîtiers : version 0.2.20261203.0900 (4 Mo)";
    console
        .until("it is offered", offer, |text| says(text, offered))
        .await;
    console
        .until("and said to be", said, |text| {
            says(text, "La mise à jour est proposée aux boîtiers.")
        })
        .await;
    judged(console, "boxes-update").await;
    click(console, "#update-withdraw").await;
    console
        .until("it is withdrawn", offer, |text| {
            says(text, "Aucune mise à jour n’est proposée.")
        })
        .await;
    let focused = "return document.activeElement.id";
    assert_eq!(console.run(focused).await, "update-choose");
}

fn says(found: &serde_json::Value, text: &str) -> bool {
    found.as_str().is_some_and(|found| found.contains(text))
}
