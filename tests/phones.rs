//! What people do with their phones: votes, questions, applause; what the chair makes of it; and what nobody may do.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/browser.rs"]
mod browser;

use std::net::SocketAddr;

use browser::{Browser, in_browser};
use conference::wire::{
    AudienceWish, FromBridge, FromClient, Role, SceneView, State, WrittenStateView,
};
use estrade_tests::Service;
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{BREST, CHAIR, Client, PROGRAMME, Running, settings, write_settings};
use thirtyfour::By;

/// Somebody tries it on.
const HOSTILE: &str = "<script>document.title = 'pris'</script> <img src=x onerror=alert(1)> ?";

#[tokio::test]
async fn a_phone_votes_asks_and_claps_and_the_chair_moderates() {
    let bridge = Running::start_with(&with_phones(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    assert_eq!(
        chair.state.audience.page.as_deref(),
        Some("http://192.0.2.7:8080/p")
    );
    in_browser(async |phone| {
        votes(&bridge, phone, &mut chair, &mut brest).await;
        in_browser(async |console| asks(&bridge, phone, console, &mut chair).await).await;
        click(phone, "#clap").await;
        chair.until("somebody claps", |s| s.applause > 0).await;
        chair.until("it fades", |s| s.applause == 0).await;
    })
    .await;
    bridge.stop().await;
}

async fn votes(bridge: &Running, phone: &Browser, chair: &mut Client, brest: &mut Client) {
    let page = bridge.url("/p#2");
    phone.driver.goto(page).await.unwrap();
    phone.until_text("h1", "Les métiers du bois").await;
    phone.judge("phone").await;
    let room = "return document.getElementById('room').value";
    phone
        .until("the room of the QR code", room, |room| room == "Loudéac")
        .await;
    chair.say(open_poll()).await;
    chair
        .until("all televisions show the poll", |s| {
            s.evening.scene == SceneView::Poll
        })
        .await;
    phone.until_text("legend", "Quel métier ?").await;
    click(phone, "#answers button:nth-child(2)").await;
    chair
        .until("the vote counts", |s| votes_of(s) == [0, 1])
        .await;
    phone
        .until_text(
            "#voted",
            "C’est voté : B. Autre. Vous pouvez encore changer.",
        )
        .await;
    phone.judge("phone-poll").await;
    // A phone has one vote, also once the page was loaded anew.
    phone.driver.refresh().await.unwrap();
    phone.until_text("legend", "Quel métier ?").await;
    click(phone, "#answers button:nth-child(1)").await;
    chair
        .until("the vote has changed", |s| votes_of(s) == [1, 0])
        .await;
    let counts = AudienceWish::CountVotes {
        room: "Brest".into(),
        counts: vec![7, 2],
    };
    brest.say(FromClient::Audience(counts)).await;
    chair
        .until("hands count as well", |s| votes_of(s) == [8, 2])
        .await;
    chair
        .say(FromClient::Audience(AudienceWish::ClosePoll {}))
        .await;
    phone
        .until_text("#answers button:nth-child(1)", "A. Menuisier — 8 voix")
        .await;
    chair
        .say(FromClient::Audience(AudienceWish::RemovePoll {}))
        .await;
    chair
        .until("the evening's own scene again", |s| {
            s.evening.scene == SceneView::Standby
        })
        .await;
}

async fn asks(bridge: &Running, phone: &Browser, console: &Browser, chair: &mut Client) {
    let page = bridge.url(&format!("/#token={CHAIR}"));
    console.driver.goto(page).await.unwrap();
    write(phone, "#text", HOSTILE).await;
    write(phone, "#name", "Léa").await;
    click(phone, "#ask button").await;
    phone
        .until_text("#asked", "Merci ! Votre question est arrivée.")
        .await;
    console.until_text("#written blockquote", HOSTILE).await;
    console.until_text("#written .state", "à lire").await;
    console.judge("console-written").await;
    click(console, "#written [data-wish=accept_question]").await;
    chair
        .until("it may be asked", |s| {
            let first = s.audience.written.first();
            first.is_some_and(|first| first.state == WrittenStateView::Accepted)
        })
        .await;
    click(console, "#written [data-wish=ask_question]").await;
    chair
        .until("all televisions show it", |s| {
            s.evening.scene == SceneView::Written && s.audience.asked == Some(1)
        })
        .await;
    console.until_text("#written .state", "à l’écran").await;
    click(console, "#written [data-wish=end_question]").await;
    chair
        .until("it is asked", |s| s.audience.asked.is_none())
        .await;
    // The chair opens a poll in the console, and counts the hands of a room.
    write(console, "#poll-answers label:nth-child(1) input", "Oui").await;
    write(console, "#poll-answers label:nth-child(2) input", "Non").await;
    click(console, "#poll-send").await;
    console.until_text("#poll-total", "0 voix en tout").await;
    click(console, "#hands summary").await;
    write(
        console,
        "#hands-rooms form:nth-child(2) label:nth-of-type(1) input",
        "12",
    )
    .await;
    click(console, "#hands-rooms form:nth-child(2) button").await;
    chair
        .until("hands of the console", |s| votes_of(s) == [12, 0])
        .await;
    console.judge("console-poll").await;
    click(console, "#poll-close").await;
    chair
        .until("closed", |s| {
            s.audience.poll.as_ref().is_some_and(|poll| !poll.open)
        })
        .await;
}

#[tokio::test]
async fn bad_bodies_are_answered_in_words() {
    let bridge = Running::start_with(&with_phones(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    chair.say(open_poll()).await;
    chair
        .until("it is open", |s| s.audience.poll.is_some())
        .await;
    let vote = |body| post(bridge.http, "/p/vote", body);
    let question = |body| post(bridge.http, "/p/question", body);
    let cases = [
        (vote(json!("rien")).await, 422),
        (
            vote(json!({ "phone": "1", "poll": 1, "answer": 0 })).await,
            422,
        ),
        (
            vote(json!({ "phone": id(1), "poll": 1, "answer": 2 })).await,
            422,
        ),
        (
            vote(json!({ "phone": id(2), "poll": 2, "answer": 0 })).await,
            409,
        ),
        (
            vote(json!({ "phone": id(2), "poll": 1, "answer": 0, "room": "x" })).await,
            422,
        ),
        (
            question(json!({ "phone": id(3), "room": "Paris", "text": "Et ici ?" })).await,
            400,
        ),
        (
            question(json!({ "phone": id(4), "room": "Brest", "text": " ? " })).await,
            422,
        ),
        (
            question(json!({ "phone": id(5), "room": "Brest", "text": "x".repeat(281) })).await,
            422,
        ),
        (
            question(json!({ "phone": id(6), "room": "Brest", "text": "x".repeat(5000) })).await,
            413,
        ),
    ];
    for (nth, ((status, detail), expected)) in cases.into_iter().enumerate() {
        assert_eq!(status.as_u16(), expected, "case {nth}: {detail}");
        assert!(!detail.is_empty(), "case {nth}");
    }
    let plain = estrade_tests::http()
        .build()
        .unwrap()
        .post(bridge.url("/p/vote"))
        .body("{}");
    assert_eq!(plain.send().await.unwrap().status(), 415);
    assert!(chair.state.audience.written.is_empty());
    bridge.stop().await;
}

#[tokio::test]
async fn one_phone_cannot_flood_the_bridge() {
    let bridge = Running::start_with(&with_phones(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let ask = |phone| {
        let body = json!({ "phone": id(phone), "room": "Brest", "text": "Une question ?" });
        post(bridge.http, "/p/question", body)
    };
    assert_eq!(ask(1).await.0, StatusCode::NO_CONTENT);
    let (status, detail) = ask(1).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{detail}");
    // Whoever makes up phones meets the limit of the address.
    let mut refused = 0;
    for phone in 2..60 {
        refused += u32::from(ask(phone).await.0 == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused > 20, "{refused}");
    chair
        .until("the others have come", |s| s.audience.written.len() > 10)
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn without_an_address_for_phones_there_is_no_page() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    assert_eq!(chair.state.audience.page, None);
    for path in ["/p", "/p/state"] {
        let answer = reqwest::get(bridge.url(path)).await.unwrap();
        assert_eq!(answer.status(), 404);
    }
    // A poll by show of hands goes without.
    chair.say(open_poll()).await;
    chair.until("a poll", |s| s.audience.poll.is_some()).await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_room_does_not_moderate() {
    let bridge = Running::start_with(&with_phones(), PROGRAMME).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    brest.say(open_poll()).await;
    assert!(matches!(brest.answer().await, FromBridge::Error { .. }));
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let unknown = AudienceWish::AcceptQuestion { id: 9 };
    chair.say(FromClient::Audience(unknown)).await;
    let answer = chair.answer().await;
    assert!(
        matches!(&answer, FromBridge::Refused { request, .. } if request == "accept_question"),
        "{answer:?}"
    );
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_phone_was_told_survives_a_killed_bridge() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &with_phones(), PROGRAMME);
    let bridge = Service::start("bridge", &file);
    let http = bridge.address("http");
    let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
    chair.say(open_poll()).await;
    chair
        .until("it is open", |s| s.audience.poll.is_some())
        .await;
    for phone in 1..=20 {
        let body = json!({ "phone": id(phone), "poll": 1, "answer": phone % 2 });
        assert_eq!(post(http, "/p/vote", body).await.0, StatusCode::NO_CONTENT);
    }
    let body = json!({ "phone": id(1), "room": "Brest", "text": "Et les filles ?" });
    assert_eq!(
        post(http, "/p/question", body).await.0,
        StatusCode::NO_CONTENT
    );
    bridge.kill();
    let bridge = Service::start("bridge", &file);
    let chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    assert_eq!(votes_of(&chair.state), [10, 10]);
    assert_eq!(chair.state.audience.written[0].text, "Et les filles ?");
    assert_eq!(chair.state.evening.scene, SceneView::Poll);
}

/// The settings, with a page for phones.
fn with_phones() -> String {
    format!(
        "{}\n[phones]\naddress = \"http://192.0.2.7:8080\"\n",
        settings()
    )
}

fn open_poll() -> FromClient {
    FromClient::Audience(AudienceWish::OpenPoll {
        question: "Quel métier ?".into(),
        answers: vec!["Menuisier".into(), "Autre".into()],
    })
}

fn votes_of(state: &State) -> Vec<u32> {
    let poll = state.audience.poll.as_ref();
    let answers = poll.map(|poll| poll.answers.iter().map(|answer| answer.votes).collect());
    answers.unwrap_or_default()
}

/// A phone's number.
fn id(phone: u32) -> String {
    format!("{phone:032x}")
}

/// What the bridge answers: its status, and the detail of a "no".
async fn post(http: SocketAddr, path: &str, body: Value) -> (StatusCode, String) {
    let client = estrade_tests::http().build().unwrap();
    let sent = client.post(format!("http://{http}{path}")).json(&body);
    let answer = sent.send().await.unwrap();
    let status = answer.status();
    let problem: Value = answer.json().await.unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or_default();
    (status, detail.to_owned())
}

async fn click(browser: &Browser, selector: &str) {
    let element = browser.driver.find(By::Css(selector)).await.unwrap();
    element.scroll_into_view().await.unwrap();
    element.click().await.unwrap();
}

async fn write(browser: &Browser, selector: &str, text: &str) {
    let element = browser.driver.find(By::Css(selector)).await.unwrap();
    element.clear().await.unwrap();
    element.send_keys(text).await.unwrap();
}
