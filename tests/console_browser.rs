//! The chair's console in a real Chromium: the programme made, the evening led by keyboard, two consoles in step, and
//! whether everybody can use it (axe-core).
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/browser.rs"]
mod browser;

#[path = "support/console.rs"]
mod console;

use browser::{Browser, in_browser};
use conference::wire::{
    CheckReport, Finding, FindingCode, FromBridge, FromClient, Role, SceneView,
};
use console::{choose, click, judged, kept, open, press, tab_to, toml, type_into, value, window};
use serde_json::json;
use support::{BREST, CHAIR, Client, LOUDEAC, PROGRAMME, Running, settings};
use thirtyfour::{By, Key};

#[tokio::test]
async fn a_programme_is_made_in_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = kept(folder.path()).await;
    in_browser(async |console| {
        open(&bridge, console, "#programme").await;
        makes(&bridge, console).await;
        starts(&bridge, console).await;
    })
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn the_whole_evening_goes_by_keyboard_alone() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    in_browser(async |console| leads(&bridge, console).await).await;
    bridge.stop().await;
}

#[tokio::test]
async fn two_consoles_stay_in_step() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    in_browser(async |one| in_browser(async |two| in_step(&bridge, one, two).await).await).await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_store_is_on_top_of_the_console() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("evening.db"), "no database, by bad luck").unwrap();
    let bridge = kept(folder.path()).await;
    in_browser(async |console| {
        open(&bridge, console, "").await;
        let banner = "return document.getElementById('troubles').textContent";
        console
            .until("the banner", banner, |text| {
                text.as_str()
                    .is_some_and(|text| text.contains("illisible") && text.contains("unreadable-1"))
            })
            .await;
        judged(console, "console-trouble").await;
    })
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn the_rooms_are_checked_and_each_red_light_says_what_to_do() {
    let bridge = Running::start(&settings()).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    in_browser(async |console| {
        open(&bridge, console, "").await;
        click(console, "#check").await;
        let FromBridge::Check { id, .. } = brest.answer().await else {
            panic!("a check was to come");
        };
        console
            .until_text("#check-said", "Vérification en cours : 1 sur 2…")
            .await;
        let card = "return document.querySelector('[data-room=Brest] .checked').innerText";
        let report = CheckReport {
            id,
            camera: Finding::wrong(FindingCode::CameraBlack, None),
            sound: Finding::unknown(FindingCode::SoundUntried),
            decks: Finding::well(FindingCode::NoDecks, None),
            network: Finding::well(FindingCode::NetworkCarries, Some(1900)),
            clock: Finding::wrong(FindingCode::ClockWrong, Some(61_500)),
        };
        brest.say(FromClient::Checked(report)).await;
        let all = [
            "l’image est noire",
            "cache de l’objectif",
            "1900 kbit/s",
            "décalée de 61,5 s",
        ];
        console
            .until("the findings", card, |text| {
                let text = text.as_str().unwrap_or_default();
                all.iter().all(|words| text.contains(words))
            })
            .await;
        let said = "return document.getElementById('check-said').textContent";
        console
            .until("the sum", said, |text| {
                text.as_str()
                    .is_some_and(|text| text.starts_with("0/2 prêtes"))
            })
            .await;
        judged(console, "console-check").await;
    })
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_the_bridge_answers_is_said_in_the_readers_words() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    in_browser(async |console| {
        for (language, live, refused, file) in [
            (
                "",
                "En direct",
                "Refusé : il n’y a rien à annuler.",
                "Le pont répond : Ligne 2 du fichier : « roms » n’a pas de sens ici ; vouliez-vous écrire « rooms » ?",
            ),
            (
                "?lang=en",
                "Live",
                "Refused: there is nothing to take back.",
                "The bridge answers: programme, line 2: unknown key 'roms'; did you mean 'rooms'?",
            ),
        ] {
            let page = format!("/{language}#token={CHAIR}");
            console.driver.goto(bridge.url(&page)).await.unwrap();
            console.until_text("#link", live).await;
            // The button is closed while there is nothing to take back; another console may be faster.
            let press = "const undo = document.getElementById('undo'); undo.disabled = false; undo.click()";
            console.run(press).await;
            console.until_text("#refused", refused).await;
            console.run("location.hash = '#programme'").await;
            let give = "
                const file = new File(['title = \"Importé\"\\nroms = [\"Brest\"]'], 'import.toml');
                const files = new DataTransfer();
                files.items.add(file);
                const input = document.getElementById('import-file');
                input.files = files.files;
                input.dispatchEvent(new Event('change'));";
            console.run(give).await;
            console.until_text("#plan-said", file).await;
        }
    })
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn both_languages_have_all_words() {
    let bridge = Running::start(&settings()).await;
    in_browser(async |console| {
        for language in ["", "?lang=en"] {
            let page = format!("/{language}#token={CHAIR}");
            console.driver.goto(bridge.url(&page)).await.unwrap();
            console
                .until("live", "return document.getElementById('views').hidden", |hidden| hidden == false)
                .await;
            // A word that is missing stands as its own name.
            let missing = "
                const untold = /^[a-z]+(_[a-z]+)+$/;
                return [...document.querySelectorAll('[data-word], [data-label], label, button, option')]
                    .flatMap((element) => [element.textContent, element.getAttribute('aria-label')])
                    .filter((text) => text && untold.test(text.trim()));";
            assert_eq!(console.run(missing).await, json!([]), "{language}");
        }
        let differ = "
            const { WORDS } = await import('/assets/words.js');
            const { PLAN } = await import('/assets/plan_words.js');
            const { AUDIENCE } = await import('/assets/audience_words.js');
            const { BOXES } = await import('/assets/boxes_words.js');
            const french = Object.keys({ ...WORDS.fr, ...PLAN.fr, ...AUDIENCE.fr, ...BOXES.fr }).filter((name) => !name.includes(' '));
            const english = Object.keys({ ...WORDS.en, ...PLAN.en, ...AUDIENCE.en, ...BOXES.en });
            const only = (one, other) => one.filter((name) => !other.includes(name));
            return [...only(french, english), ...only(english, french)];";
        assert_eq!(console.run(differ).await, json!([]));
    })
    .await;
    bridge.stop().await;
}

async fn makes(bridge: &Running, console: &Browser) {
    let mut chair = Client::join(bridge, Role::Chair, CHAIR).await;
    console
        .until("the form is filled", &value("title"), |v| {
            v == "Les métiers du bois"
        })
        .await;
    assert_eq!(console.run(&value("date")).await, "2026-12-03");
    judged(console, "programme").await;

    // A second speaker, with mistakes first.
    click(console, "#add-speaker").await;
    type_into(
        console,
        "#plan-speakers li:nth-child(2) [data-field=name] input",
        "Yann Kervella",
    )
    .await;
    type_into(
        console,
        "#plan-speakers li:nth-child(2) [data-field=minutes] input",
        "0",
    )
    .await;
    click(console, "#plan-save").await;
    let mistake = |name: &str| {
        format!(
            "return document.querySelector('#plan-speakers li:nth-child(2) [data-field={name}] .mistake').textContent"
        )
    };
    console
        .until("the mistake at its field", &mistake("minutes"), |text| {
            text == "Un nombre de 1 à 180."
        })
        .await;
    assert_eq!(console.run(&mistake("room")).await, "À remplir.");
    judged(console, "programme-mistakes").await;
    type_into(
        console,
        "#plan-speakers li:nth-child(2) [data-field=minutes] input",
        "12",
    )
    .await;
    choose(
        console,
        "#plan-speakers li:nth-child(2) [data-field=room] select",
        "Loudéac",
    )
    .await;
    click(console, "#plan-save").await;
    console
        .until_text(
            "#plan-said",
            "Enregistré. Les salles et les autres consoles le voient.",
        )
        .await;
    chair
        .until("two speakers", |s| s.programme.speakers.len() == 2)
        .await;
    reorders(bridge, console, &mut chair).await;
    copies(console).await;
}

/// By drag, then back by keyboard; the deck goes with its speaker.
async fn reorders(bridge: &Running, console: &Browser, chair: &mut Client) {
    let find = async |css: &str| console.driver.find(By::Css(css.to_owned())).await.unwrap();
    let grip = find("#plan-speakers li:nth-child(2) .grip").await;
    grip.scroll_into_view().await.unwrap();
    let above = find("#plan-speakers li:nth-child(1) .grip").await;
    let drag = console.driver.action_chain();
    let drag = drag.click_and_hold_element(&grip).move_by_offset(0, -10);
    let drag = drag.move_to_element_center(&above).move_by_offset(0, -60);
    drag.release().perform().await.unwrap();
    let first = "return document.querySelector('#plan-speakers li [data-field=name] input').value";
    console
        .until("dragged up", first, |name| name == "Yann Kervella")
        .await;
    console
        .until_text("#announce", "Yann Kervella : place 1 sur 2")
        .await;
    click(console, "#plan-save").await;
    chair
        .until("Yann speaks first", |s| {
            s.programme.speakers[0].name == "Yann Kervella"
        })
        .await;
    let got = toml(bridge).await;
    let anne = got.split("[[speaker]]").nth(2).unwrap();
    assert!(anne.contains("menuiserie.pdf"), "{got}");

    console
        .run("document.querySelector('#plan-speakers li:nth-child(2) [data-acts=move_up]').focus()")
        .await;
    press(console, Key::Enter).await;
    console
        .until("moved up by keyboard", first, |name| name == "Anne Le Goff")
        .await;
    let focused = console.driver.active_element().await.unwrap();
    assert_eq!(
        focused.attr("aria-label").await.unwrap().unwrap(),
        "Monter Anne Le Goff"
    );
    console
        .run("document.querySelector('#plan-rooms li:nth-child(2) [data-acts=move_up]').focus()")
        .await;
    press(console, Key::Enter).await;
    click(console, "#plan-save").await;
    chair
        .until("Anne speaks first", |s| {
            s.programme.speakers[0].name == "Anne Le Goff"
        })
        .await;
    assert!(
        toml(bridge)
            .await
            .contains("rooms = [\"Brest\", \"Loudéac\"]")
    );
    judged(console, "programme-two").await;
}

async fn copies(console: &Browser) {
    click(console, "#copy").await;
    console
        .until("a month later", &value("date"), |v| v == "2027-01-07")
        .await;
    let name = "return document.querySelector('#plan-speakers [data-field=name] input').value";
    assert_eq!(console.run(name).await, "");
    click(console, "#plan-undo").await;
    console
        .until("as it was", &value("date"), |v| v == "2026-12-03")
        .await;
    // A file goes into the form, not into the programme, until it is saved.
    let give = "
        const file = new File(['title = \"Importé\"\\nrooms = [\"Brest\"]'], 'import.toml');
        const files = new DataTransfer();
        files.items.add(file);
        const input = document.getElementById('import-file');
        input.files = files.files;
        input.dispatchEvent(new Event('change'));";
    console.run(give).await;
    console
        .until("the file is in the form", &value("title"), |v| {
            v == "Importé"
        })
        .await;
    click(console, "#plan-undo").await;
    console
        .until("as it was", &value("title"), |v| v == "Les métiers du bois")
        .await;
}

/// Once the evening runs the form is closed; another console's change is followed before that.
async fn starts(bridge: &Running, console: &Browser) {
    let text = PROGRAMME.replace("Les métiers du bois", "Le bois, encore");
    let put = estrade_tests::http()
        .build()
        .unwrap()
        .put(bridge.url("/programme"))
        .bearer_auth(CHAIR);
    let put = put.header("content-type", "application/toml").body(text);
    assert_eq!(put.send().await.unwrap().status(), 200);
    console
        .until("the other's change", &value("title"), |v| {
            v == "Le bois, encore"
        })
        .await;
    let mut chair = Client::join(bridge, Role::Chair, CHAIR).await;
    chair.say(FromClient::GoTo { item: 1 }).await;
    console
        .until(
            "closed",
            "return document.getElementById('plan-fields').disabled",
            |v| v == true,
        )
        .await;
    judged(console, "programme-begun").await;
}

async fn leads(bridge: &Running, console: &Browser) {
    let mut brest = Client::join(bridge, Role::Room, BREST).await;
    let mut loudeac = Client::join(bridge, Role::Room, LOUDEAC).await;
    open(bridge, console, "").await;
    console
        .until_text("#rooms-title", "Les salles : 2 sur 2")
        .await;
    window(console, 1024, 768).await;

    // People are counted, rooms greeted in any order.
    tab_to(console, "[data-room=Brest] .count input").await;
    press(console, "45").await;
    press(console, Key::Tab).await;
    console
        .until_text("#rooms-title", "Les salles : 2 sur 2 · 45 personnes")
        .await;
    tab_to(console, "#next").await;
    press(console, Key::Enter).await;
    console.until_text("#now", "Bienvenue aux salles").await;
    tab_to(console, "[data-room=Brest] .greet").await;
    press(console, Key::Space).await;
    console.until_text("#scene", "Bienvenue à Brest").await;
    judged(console, "console-welcome").await;

    // A message to all rooms, and away again.
    tab_to(console, "#message").await;
    press(console, "On commence dans une minute").await;
    press(console, Key::Enter).await;
    loudeac
        .until("the message", |s| {
            s.evening.message.as_deref() == Some("On commence dans une minute")
        })
        .await;
    console
        .until_text("#message-shown", "On commence dans une minute")
        .await;
    tab_to(console, "#unsay").await;
    press(console, Key::Enter).await;
    loudeac.until("away", |s| s.evening.message.is_none()).await;

    for now in [
        "Bienvenue aux salles",
        "Présentation des intervenants",
        "Exposé : Anne Le Goff",
    ] {
        tab_to(console, "#next").await;
        press(console, Key::Enter).await;
        console.until_text("#now", now).await;
    }
    scenes(console, &mut brest).await;
    questions(console, &mut loudeac).await;
    ends(console).await;
}

/// Another scene by hand, and back to the programme's.
async fn scenes(console: &Browser, brest: &mut Client) {
    console.until_text("#scene-why", "selon le programme").await;
    tab_to(console, "summary").await;
    press(console, Key::Enter).await;
    tab_to(console, "[data-scene=mosaic]").await;
    press(console, Key::Enter).await;
    brest
        .until("all rooms are shown", |s| {
            s.evening.chosen && s.evening.scene == SceneView::Mosaic
        })
        .await;
    console.until_text("#scene", "Toutes les salles").await;
    console.until_text("#scene-why", "choisi à la main").await;
    judged(console, "console-scenes").await;
    tab_to(console, "#scene-back").await;
    press(console, Key::Enter).await;
    console.until_text("#scene-why", "selon le programme").await;
    tab_to(console, "summary").await;
    press(console, Key::Enter).await;
}

async fn questions(console: &Browser, loudeac: &mut Client) {
    tab_to(console, "#next").await;
    press(console, Key::Enter).await;
    console.until_text("#now", "Questions à Anne Le Goff").await;
    loudeac.say(FromClient::RequestFloor {}).await;
    console
        .until_text("#next-what", "question de Loudéac")
        .await;
    judged(console, "console-question").await;
    tab_to(console, "#queue .main").await;
    press(console, Key::Enter).await;
    console.until_text("#scene", "Question").await;
    tab_to(console, "#revoke").await;
    press(console, Key::Enter).await;
    console.until_text("#scene", "Intervenant en grand").await;
    tab_to(console, "#undo").await;
    press(console, Key::Enter).await;
    console.until_text("#scene", "Question").await;
    for next in ["fin de la question", "Au revoir"] {
        console.until_text("#next-what", next).await;
        tab_to(console, "#next").await;
        press(console, Key::Enter).await;
    }
}

async fn ends(console: &Browser) {
    console.until_text("#now", "Au revoir").await;
    tab_to(console, "#to-report").await;
    press(console, Key::Enter).await;
    let rows = "return document.querySelectorAll('#report-shown table')[1]?.innerText";
    console
        .until("questions per room", rows, |text| {
            text.as_str()
                .is_some_and(|text| text.contains("Loudéac\t–\t1\t0\t0"))
        })
        .await;
    judged(console, "report").await;
}

async fn in_step(bridge: &Running, one: &Browser, two: &Browser) {
    let _brest = Client::join(bridge, Role::Room, BREST).await;
    open(bridge, one, "").await;
    open(bridge, two, "#programme").await;
    console_type_title(two).await;
    // Changed by the first, while the second is being written in: nobody's work is lost without a word.
    let text = PROGRAMME.replace("minutes = 15", "minutes = 25");
    let put = estrade_tests::http()
        .build()
        .unwrap()
        .put(bridge.url("/programme"))
        .bearer_auth(CHAIR);
    let put = put.header("content-type", "application/toml").body(text);
    assert_eq!(put.send().await.unwrap().status(), 200);
    two.until(
        "told of the other",
        "return document.getElementById('plan-said').textContent",
        |text| {
            text.as_str()
                .is_some_and(|text| text.starts_with("Une autre console"))
        },
    )
    .await;
    assert_eq!(two.run(&value("title")).await, "À deux");
    click(two, "#plan-save").await;
    one.until_text("h1", "À deux").await;

    two.run("location.hash = '#evening'").await;
    click(one, "#next").await;
    two.until_text("#now", "Bienvenue aux salles").await;
    type_into(two, "[data-room=Brest] .count input", "7").await;
    press(two, Key::Tab).await;
    one.until_text("#rooms-title", "Les salles : 1 sur 2 · 7 personnes")
        .await;
    type_into(two, "#message", "Bonsoir à tous").await;
    press(two, Key::Enter).await;
    one.until_text("#message-shown", "Bonsoir à tous").await;
    click(one, "#undo").await;
    two.until(
        "away on both",
        "return document.getElementById('message-shown').hidden",
        |v| v == true,
    )
    .await;
}

async fn console_type_title(console: &Browser) {
    console
        .until("the form is filled", &value("title"), |v| {
            v == "Les métiers du bois"
        })
        .await;
    type_into(console, "#plan [data-field=title] input", "À deux").await;
}
