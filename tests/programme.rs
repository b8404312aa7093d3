//! The programme as the chair makes it: changed over HTTP, kept by the bridge, seen by everybody, read by calendars.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/decks.rs"]
mod files;

use std::path::Path;

use conference::wire::{DeckState, FromClient, Role, SceneView, State};
use estrade_tests::Service;
use icalendar::{Calendar, Component, DatePerhapsTime, EventLike};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use support::{BREST, CHAIR, Client, PROGRAMME, Running, VIEWER, settings};

const NEW: &str = r#"
title = "Les métiers de la mer"
starts = 2026-12-17T20:00:00
rooms = ["Brest", "Loudéac"]

[[speaker]]
name = "Yann Kervella"
room = "Loudéac"
minutes = 10
questions = 5
photo = "yann.jpg"
deck = "mer.pdf"
"#;

#[tokio::test]
async fn a_programme_that_is_put_is_seen_by_everybody_and_given_back() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut console = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    let put = put(&bridge, "application/toml", NEW.into()).await;
    assert_eq!(put.status(), 200, "{:?}", put.text().await);
    for client in [&mut console, &mut brest] {
        client
            .until("the new programme", |s| {
                s.programme.title == "Les métiers de la mer"
                    && s.programme.speakers[0].name == "Yann Kervella"
            })
            .await;
    }
    // The evening follows it: Brest is greeted first now.
    console.say(FromClient::Advance {}).await;
    console.say(FromClient::Advance {}).await;
    console.until("Brest is greeted", greeted).await;

    let got = ask(&bridge, Method::GET, "/programme").await;
    let name = got.headers()["content-disposition"].clone();
    assert_eq!(name, "attachment; filename=\"programme-2026-12-17.toml\"");
    assert_eq!(got.headers()["content-type"], "application/toml");
    let text = got.text().await.unwrap();
    assert!(text.contains("deck = \"mer.pdf\""), "{text}");
    bridge.stop().await;
}

fn greeted(state: &State) -> bool {
    let brest = Some("Brest".to_owned());
    state.evening.scene == SceneView::Welcome { room: brest }
}

#[tokio::test]
async fn what_is_wrong_with_a_programme_is_said_with_its_line_and_changes_nothing() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let toml = "application/toml";
    for (kind, body, status, words) in [
        (
            toml,
            NEW.replace("minutes", "minuts"),
            400,
            "programme, line 9: unknown key 'minuts'; did you mean 'minutes'?",
        ),
        (
            toml,
            NEW.replace("Brest", "Paris"),
            400,
            "programme: 'Paris' is none of the bridge's rooms; the rooms are Brest, Loudéac",
        ),
        (
            "application/pdf",
            NEW.into(),
            415,
            "send the programme as 'application/toml' or 'application/json', not as 'application/pdf'",
        ),
        (
            toml,
            "#".repeat(65 * 1024),
            413,
            "a programme has 65536 bytes at the most",
        ),
        (
            "application/json",
            "{\"title\":1}".into(),
            400,
            "programme: invalid type: integer `1`, expected a string at line 1 column 10",
        ),
    ] {
        let answer = put(&bridge, kind, body).await;
        assert_eq!(answer.status(), status);
        assert_eq!(problem(answer).await, words);
    }
    let http = estrade_tests::http().build().unwrap();
    for token in [BREST, VIEWER, ""] {
        for (method, path) in [
            (Method::GET, "/programme"),
            (Method::PUT, "/programme"),
            (Method::GET, "/programmes"),
            (Method::GET, "/programmes/1"),
            (Method::POST, "/programme/draft"),
            (Method::GET, "/report"),
        ] {
            let request = http.request(method, bridge.url(path)).bearer_auth(token);
            let request = request.header("content-type", toml).body(NEW);
            assert_eq!(request.send().await.unwrap().status(), 401, "{path}");
        }
    }
    let now = ask(&bridge, Method::GET, "/programme").await.text().await;
    assert!(now.unwrap().contains("Les métiers du bois"));
    bridge.stop().await;
}

#[tokio::test]
async fn a_form_is_told_each_mistake_at_its_field_and_keeps_photos_and_decks() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut draft = draft(&bridge).await;
    assert_eq!(draft["speakers"][0]["deck"], "menuiserie.pdf");
    draft["title"] = json!("");
    draft["speakers"][0]["minutes"] = json!(500);
    draft["speakers"][0]["room"] = json!("Rennes");
    let answer = put(&bridge, "application/json", draft.to_string()).await;
    assert_eq!(answer.status(), 422);
    let kind = answer.headers()["content-type"].clone();
    assert_eq!(kind, "application/problem+json");
    let told: Value = answer.json().await.unwrap();
    assert_eq!(
        told["mistakes"],
        json!([
            { "field": "title", "mistake": "empty" },
            { "field": "speakers.0.room", "mistake": "not_invited", "room": "Rennes" },
            { "field": "speakers.0.minutes", "mistake": "not_within", "least": 1, "most": 180 },
        ])
    );

    draft["title"] = json!("Le bois et la pierre");
    draft["speakers"][0]["minutes"] = json!(12);
    draft["speakers"][0]["room"] = json!("Brest");
    draft["speakers"][0]["photo"] = json!("anne.jpg");
    let second =
        json!({ "name": "Yann Kervella", "room": "Loudéac", "minutes": 20, "questions": 0 });
    let speakers = draft["speakers"].as_array_mut().unwrap();
    speakers.insert(0, second);
    let answer = put(&bridge, "application/json", draft.to_string()).await;
    assert_eq!(answer.status(), 200);
    let text = ask(&bridge, Method::GET, "/programme").await.text().await;
    let kept = conference::Programme::parse("got", &text.unwrap()).unwrap();
    assert_eq!(kept.speakers[0].name, "Yann Kervella");
    let anne = &kept.speakers[1];
    assert_eq!((anne.minutes, anne.questions), (12, 10));
    assert_eq!(anne.deck.as_deref(), Some("menuiserie.pdf"));
    assert_eq!(anne.photo.as_deref(), Some("anne.jpg"));
    bridge.stop().await;
}

#[tokio::test]
async fn a_deck_that_was_brought_goes_along_when_speakers_change_place_or_name() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let _brest = Client::join(&bridge, Role::Room, BREST).await;
    let bring = estrade_tests::http()
        .build()
        .unwrap()
        .post(bridge.url("/decks?speaker=0&name=bois.pdf"));
    let bring = bring.bearer_auth(CHAIR).body(files::pdf(2));
    assert_eq!(bring.send().await.unwrap().status(), 202);
    chair.until("its pages are made", |s| is_ready(s, 0)).await;

    // The same programme again: the deck stays.
    let mut draft = draft(&bridge).await;
    let answer = put(&bridge, "application/json", draft.to_string()).await;
    assert_eq!(answer.status(), 200);
    let edition = chair.state.programme.edition;
    chair
        .until("put again", |s| {
            s.programme.edition > edition && is_ready(s, 0)
        })
        .await;

    // A typing mistake in the name, and somebody who speaks before.
    draft["speakers"][0]["name"] = json!("Anna Le Goff");
    let second =
        json!({ "name": "Yann Kervella", "room": "Loudéac", "minutes": 20, "questions": 0 });
    let speakers = draft["speakers"].as_array_mut().unwrap();
    speakers.insert(0, second);
    let answer = put(&bridge, "application/json", draft.to_string()).await;
    assert_eq!(answer.status(), 200);
    chair
        .until("the deck is Anna's", |s| {
            let speakers = &s.programme.speakers;
            speakers.len() == 2 && speakers[0].deck.is_none() && is_ready(s, 1)
        })
        .await;
    chair.say(FromClient::GoTo { item: 4 }).await;
    chair
        .until("it can be shown", |s| {
            s.evening.scene == SceneView::Slides && s.evening.page == Some(0)
        })
        .await;
    bridge.stop().await;
}

fn is_ready(state: &State, speaker: usize) -> bool {
    let deck = state.programme.speakers[speaker].deck.as_ref();
    deck.is_some_and(|deck| matches!(deck.state, DeckState::Ready { pages: 2, .. }))
}

#[tokio::test]
async fn an_evening_that_has_begun_keeps_its_programme_until_it_is_back_at_the_start() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    chair.until("the talk runs", |s| s.evening.at == 3).await;
    let answer = put(&bridge, "application/toml", NEW.into()).await;
    assert_eq!(answer.status(), 409);
    let words = "the evening has begun: its programme can be changed only before the start";
    assert_eq!(problem(answer).await, words);
    chair.say(FromClient::GoTo { item: 0 }).await;
    chair.until("the lobby", |s| s.evening.at == 0).await;
    let answer = put(&bridge, "application/toml", NEW.into()).await;
    assert_eq!(answer.status(), 200);
    chair
        .until("nothing to take back", |s| !s.evening.can_undo)
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn earlier_programmes_are_models_for_the_next_evening() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    assert_eq!(
        put(&bridge, "application/toml", NEW.into()).await.status(),
        200
    );
    let list: Value = json_of(&bridge, "/programmes").await;
    assert_eq!(list[0]["title"], "Les métiers de la mer");
    assert_eq!(list[1]["title"], "Les métiers du bois");
    assert_eq!(list[1]["starts"], "2026-12-03T18:30:00");
    let old = format!("/programmes/{}", list[1]["id"]);
    let toml = ask(&bridge, Method::GET, &old).await.text().await.unwrap();
    assert!(toml.contains("Anne Le Goff"), "{toml}");
    let next = json_of(&bridge, &format!("{old}?copy=next_month")).await;
    assert_eq!(
        next["starts"], "2027-01-07T18:30:00",
        "a first Thursday again"
    );
    assert_eq!(next["speakers"][0]["name"], "");
    assert_eq!(next["speakers"][0]["minutes"], 15);
    let missing = ask(&bridge, Method::GET, "/programmes/99").await;
    assert_eq!(missing.status(), 404);
    // What a file would be in the form: nothing is changed by that.
    let http = estrade_tests::http().build().unwrap();
    let read = http
        .post(bridge.url("/programme/draft"))
        .bearer_auth(CHAIR)
        .header("content-type", "application/toml")
        .body(PROGRAMME);
    let read: Value = read.send().await.unwrap().json().await.unwrap();
    assert_eq!(read["speakers"][0]["trade"], "menuisière");
    let now = json_of(&bridge, "/programmes").await;
    assert_eq!(now, list);
    bridge.stop().await;
}

#[tokio::test]
async fn a_changed_programme_outlives_a_killed_bridge_with_the_steps_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "programme = \"evening.toml\"\nstore = \"evening.db\"",
    );
    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    assert!(chair.state.bridge.keeps);
    let http = estrade_tests::http().build().unwrap();
    let answer = http
        .put(format!("http://{}/programme", bridge.address("http")))
        .bearer_auth(CHAIR)
        .header("content-type", "application/toml")
        .body(NEW);
    assert_eq!(answer.send().await.unwrap().status(), 200);
    chair.say(FromClient::GoTo { item: 3 }).await;
    chair.until("the talk runs", |s| s.evening.at == 3).await;
    let before = chair.state.clone();
    bridge.kill();
    let bridge = Service::start("bridge", &file);
    let chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    assert_eq!(chair.state.programme, before.programme);
    assert_eq!(chair.state.evening, before.evening);
    bridge.stop();
}

#[tokio::test]
async fn without_a_store_the_console_is_told_that_nothing_is_kept() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    assert!(!chair.state.bridge.keeps);
    assert_eq!(
        put(&bridge, "application/toml", NEW.into()).await.status(),
        200
    );
    chair
        .until("the new programme", |s| s.programme.speakers.len() == 1)
        .await;
    let list = json_of(&bridge, "/programmes").await;
    assert_eq!(list.as_array().unwrap().len(), 1);
    bridge.stop().await;
}

#[tokio::test]
async fn calendars_read_the_evening_when_the_settings_say_so() {
    let public = format!("publish_calendar = true\n{}", settings());
    let bridge = Running::start_with(&public, PROGRAMME).await;
    let answer = reqwest::get(bridge.url("/evening.ics")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].clone();
    assert_eq!(kind, "text/calendar; charset=utf-8");
    let text = answer.text().await.unwrap();
    let calendar: Calendar = text.parse().unwrap();
    let event = calendar.components[0].as_event().unwrap();
    assert_eq!(event.get_summary(), Some("Les métiers du bois"));
    assert_eq!(event.get_location(), Some("Loudéac, Brest"));
    assert_eq!(event.get_description(), Some("Anne Le Goff, menuisière"));
    let at = |time: Option<DatePerhapsTime>| match time {
        Some(DatePerhapsTime::DateTime(icalendar::CalendarDateTime::Floating(at))) => {
            at.to_string()
        }
        other => panic!("on the clocks of the rooms, not {other:?}"),
    };
    assert_eq!(at(event.get_start()), "2026-12-03 18:30:00");
    assert_eq!(
        at(event.get_end()),
        "2026-12-03 18:55:00",
        "15 and 10 minutes"
    );
    assert!(event.get_uid().unwrap().ends_with("@estrade"));
    bridge.stop().await;

    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let answer = reqwest::get(bridge.url("/evening.ics")).await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(problem(answer).await.contains("publish_calendar"));
    let answer = ask(&bridge, Method::GET, "/evening.ics").await;
    assert_eq!(answer.status(), 200);
    let no_day = NEW.replace("starts = 2026-12-17T20:00:00", "");
    assert_eq!(put(&bridge, "application/toml", no_day).await.status(), 200);
    let answer = ask(&bridge, Method::GET, "/evening.ics").await;
    assert_eq!(answer.status(), 404);
    bridge.stop().await;
}

/// Settings of two rooms and a programme in a folder, with these lines on top.
fn write(folder: &Path, keys: &str) -> std::path::PathBuf {
    let file = folder.join("bridge.toml");
    std::fs::write(&file, format!("{keys}\n{}", settings())).unwrap();
    std::fs::write(folder.join("evening.toml"), PROGRAMME).unwrap();
    file
}

async fn ask(bridge: &Running, method: Method, path: &str) -> Response {
    let request = estrade_tests::http()
        .build()
        .unwrap()
        .request(method, bridge.url(path));
    request.bearer_auth(CHAIR).send().await.unwrap()
}

async fn json_of(bridge: &Running, path: &str) -> Value {
    ask(bridge, Method::GET, path).await.json().await.unwrap()
}

async fn draft(bridge: &Running) -> Value {
    let request = estrade_tests::http()
        .build()
        .unwrap()
        .get(bridge.url("/programme"));
    let request = request
        .bearer_auth(CHAIR)
        .header("accept", "application/json");
    request.send().await.unwrap().json().await.unwrap()
}

async fn put(bridge: &Running, kind: &str, body: String) -> Response {
    let request = estrade_tests::http()
        .build()
        .unwrap()
        .put(bridge.url("/programme"));
    let request = request.bearer_auth(CHAIR).header("content-type", kind);
    request.body(body).send().await.unwrap()
}

async fn problem(answer: Response) -> String {
    let problem: Value = answer.json().await.unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}
