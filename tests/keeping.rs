//! What is kept of an evening: a message that outlives a restart, a store that fails or is spoilt, the report.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use std::path::{Path, PathBuf};

use conference::wire::{FromBridge, FromClient, Role, TroubleKind};
use estrade_tests::Service;
use serde_json::Value;
use support::{BREST, CHAIR, Client, LOUDEAC, PROGRAMME, Running, settings};

#[tokio::test]
async fn a_message_is_on_all_screens_until_it_is_taken_away_or_back() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut second = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    chair.say(say(Some("Pause de dix minutes"))).await;
    let shown = |text: &str| {
        let text = text.to_owned();
        move |s: &conference::wire::State| s.evening.message.as_deref() == Some(&*text)
    };
    for client in [&mut second, &mut brest] {
        let pause = shown("Pause de dix minutes");
        client.until("the message", pause).await;
    }
    second.say(say(None)).await;
    chair.until("none", |s| s.evening.message.is_none()).await;
    chair.say(FromClient::Undo {}).await;
    let back = shown("Pause de dix minutes");
    second.until("it is back", back).await;
    for text in ["", "deux\nlignes", &"é".repeat(81)] {
        chair.say(say(Some(text))).await;
        let FromBridge::Refused { request, reason } = chair.answer().await else {
            panic!("refused");
        };
        assert_eq!(request, "say");
        assert_eq!(reason, "a message is one line of 1 to 80 characters");
    }
    brest.say(say(Some("Bonjour"))).await;
    assert!(matches!(brest.answer().await, FromBridge::Error { .. }));
    bridge.stop().await;
}

#[tokio::test]
async fn a_message_and_the_count_of_people_outlive_a_killed_bridge() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path());
    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    chair.say(say(Some("On commence à l’heure"))).await;
    let people = FromClient::CountPeople {
        room: "Brest".into(),
        people: 20,
    };
    chair.say(people).await;
    chair
        .until("Brest is counted", |s| {
            s.room("Brest").unwrap().people == Some(20)
        })
        .await;
    bridge.kill();
    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    assert_eq!(chair.state.room("Brest").unwrap().people, Some(20));
    let message = chair.state.evening.message.as_deref();
    assert_eq!(message, Some("On commence à l’heure"));
    chair.say(FromClient::Undo {}).await;
    chair
        .until("the message is taken back", |s| s.evening.message.is_none())
        .await;
    bridge.stop();
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_told_and_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path());
    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    let other = rusqlite::Connection::open(folder.path().join("evening.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    chair.say(FromClient::Advance {}).await;
    chair
        .until("the trouble", |s| {
            s.evening.at == 1 && s.bridge.troubles.len() == 1
        })
        .await;
    let trouble = &chair.state.bridge.troubles[0];
    assert_eq!(trouble.kind, TroubleKind::NotWritten);
    assert!(trouble.detail.contains("evening.db"), "{trouble:?}");
    other.execute_batch("ROLLBACK").unwrap();
    // Nobody does anything: it is tried again by itself.
    chair
        .until("all is written", |s| s.bridge.troubles.is_empty())
        .await;
    bridge.kill();
    let bridge = Service::start("bridge", &file);
    let chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    assert_eq!(chair.state.evening.at, 1);
    bridge.stop();
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_put_aside_and_the_evening_begins() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path());
    let store = folder.path().join("evening.db");
    for n in [1, 2] {
        std::fs::write(&store, "this was a database once, before the disk died").unwrap();
        let bridge = Service::start("bridge", &file);
        let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
        let trouble = &chair.state.bridge.troubles[0];
        assert_eq!(trouble.kind, TroubleKind::MovedAside);
        let aside = format!("evening.db.unreadable-{n}");
        assert!(trouble.detail.contains(&aside), "{trouble:?}");
        assert!(folder.path().join(aside).exists());
        chair.say(FromClient::Advance {}).await;
        chair.until("the evening goes", |s| s.evening.at == 1).await;
        bridge.kill();
        for part in ["evening.db-wal", "evening.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(part));
        }
    }
}

#[tokio::test]
async fn a_report_of_the_evening_is_there_to_keep() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let _brest = Client::join(&bridge, Role::Room, BREST).await;
    let mut loudeac = Client::join(&bridge, Role::Room, LOUDEAC).await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    chair.until("the talk", |s| s.evening.at == 3).await;
    chair.say(FromClient::GoTo { item: 4 }).await;
    chair.until("questions", |s| s.evening.at == 4).await;
    loudeac.say(FromClient::RequestFloor {}).await;
    chair
        .until("the hand", |s| s.floor.queue == ["Loudéac"])
        .await;
    chair.say(FromClient::Advance {}).await;
    chair
        .until("the question", |s| {
            s.floor.holder.as_deref() == Some("Loudéac")
        })
        .await;
    drop(loudeac);
    chair
        .until("Loudéac is lost", |s| !s.room("Loudéac").unwrap().present)
        .await;
    chair.say(FromClient::GoTo { item: 5 }).await;
    chair.until("the closing", |s| s.evening.at == 5).await;

    let get = |accept: &'static str, query: &str| {
        let request = reqwest::Client::new().get(bridge.url(&format!("/report{query}")));
        request.bearer_auth(CHAIR).header("accept", accept).send()
    };
    let report: Value = get("application/json", "")
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(report["title"], "Les métiers du bois");
    let kinds: Vec<&str> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["talk", "questions", "closing"]);
    assert_eq!(report["items"][0]["planned_ms"], 15 * 60_000);
    assert!(report["items"][0]["took_ms"].as_u64().unwrap() < 60_000);
    assert_eq!(report["rooms"][1]["name"], "Loudéac");
    assert_eq!(report["rooms"][1]["questions"], 1);
    assert_eq!(report["incidents"][0]["what"], "room_lost");
    let page = get("text/html", "?lang=en&utc_offset=60").await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("Loudéac was lost"), "{page}");
    bridge.stop().await;
}

fn say(text: Option<&str>) -> FromClient {
    FromClient::Say {
        text: text.map(str::to_owned),
    }
}

/// Settings of two rooms, a programme and a store in a folder.
fn write(folder: &Path) -> PathBuf {
    let keys = "programme = \"evening.toml\"\nstore = \"evening.db\"";
    let file = folder.join("bridge.toml");
    std::fs::write(&file, format!("{keys}\n{}", settings())).unwrap();
    std::fs::write(folder.join("evening.toml"), PROGRAMME).unwrap();
    file
}
