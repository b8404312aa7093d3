//! What is kept of an evening: a message that outlives a restart, a store that fails or is spoilt, the report.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/decks.rs"]
mod files;

#[path = "support/photos.rs"]
mod portraits;

use std::path::{Path, PathBuf};

use conference::wire::{
    DeckState, DeckView, FromBridge, FromClient, PhotoState, Role, TroubleKind,
};
use estrade_tests::Service;
use serde_json::Value;
use support::{BREST, CHAIR, Client, LOUDEAC, PROGRAMME, Running, settings, write_settings};

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
        assert_eq!(reason.code, "bad_message");
        assert_eq!(reason.values["most"], "80");
        assert_eq!(reason.detail, "a message is one line of 1 to 80 characters");
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
    assert_eq!(trouble.why.code, "store_busy");
    assert!(
        trouble.why.values["file"].ends_with("evening.db"),
        "{trouble:?}"
    );
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
        assert!(trouble.why.values["file"].contains(&aside), "{trouble:?}");
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
        let request = estrade_tests::http()
            .build()
            .unwrap()
            .get(bridge.url(&format!("/report{query}")));
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

#[tokio::test]
async fn a_backup_is_made_while_the_bridge_runs_and_restored_while_it_does_not() {
    let with_photo = PROGRAMME.replace("deck =", "photo = \"anne.png\"\ndeck =");
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &settings(), &with_photo);
    let backup = folder.path().join("backup.tar");
    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    chair.until("the talk", |s| s.evening.at == 3).await;
    let bring = format!(
        "http://{}/decks?speaker=0&name=bois.pdf",
        bridge.address("http")
    );
    let bring = estrade_tests::http()
        .build()
        .unwrap()
        .post(bring)
        .bearer_auth(CHAIR);
    let brought = bring.body(files::pdf(2)).send().await.unwrap();
    assert_eq!(brought.status(), 202);
    let bring = format!("http://{}/photos?name=anne.png", bridge.address("http"));
    let bring = estrade_tests::http()
        .build()
        .unwrap()
        .post(bring)
        .bearer_auth(CHAIR);
    let photo = portraits::face([20, 90, 160]);
    let brought = bring.body(photo).send().await.unwrap();
    assert_eq!(brought.status(), 201);
    chair
        .until("the photo is there", |s| {
            let photo = s.programme.speakers[0].photo.as_ref();
            photo.is_some_and(|photo| matches!(photo.state, PhotoState::Ready { .. }))
        })
        .await;
    chair
        .until("the deck is shown", |s| {
            let deck = s.programme.speakers[0].deck.as_ref();
            let ready = |deck: &DeckView| matches!(deck.state, DeckState::Ready { .. });
            s.evening.page == Some(0) && deck.is_some_and(ready)
        })
        .await;
    let invite = format!("http://{}/pairing/invitations", bridge.address("http"));
    let invite = estrade_tests::http()
        .build()
        .unwrap()
        .post(invite)
        .bearer_auth(CHAIR);
    let invited = invite.body(r#"{"rooms":["Brest"],"hours":1}"#).send().await;
    assert_eq!(invited.unwrap().status(), 201);
    let pairing = folder.path().join("bridge.pairing.json");
    let paired = std::fs::read(&pairing).unwrap();
    let before = chair.state.clone();
    keeping("backup", &file, &backup, &[]).unwrap();
    let words = keeping("backup", &file, &backup, &[]).unwrap_err();
    assert!(
        words.contains("is there already; choose another name"),
        "{words}"
    );
    keeping("backup", &file, &backup, &["--force"]).unwrap();
    let words = keeping("restore", &file, &backup, &["--force"]).unwrap_err();
    assert!(
        words.contains("in use by another bridge; stop that one first"),
        "{words}"
    );
    chair.say(FromClient::GoTo { item: 5 }).await;
    chair.until("the closing", |s| s.evening.at == 5).await;
    bridge.kill();

    let words = keeping("restore", &file, &backup, &[]).unwrap_err();
    assert!(
        words.contains("with its evenings and programmes"),
        "{words}"
    );
    std::fs::remove_file(&pairing).unwrap();
    keeping("restore", &file, &backup, &["--force"]).unwrap();
    assert_eq!(std::fs::read(&pairing).unwrap(), paired);
    let bridge = Service::start("bridge", &file);
    let chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    assert_eq!(chair.state.evening, before.evening);
    bridge.stop();

    // On a new machine there is nothing to overwrite.
    let other = tempfile::tempdir().unwrap();
    let file = write_settings(other.path(), &settings(), &with_photo);
    keeping("restore", &file, &backup, &[]).unwrap();
    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    chair
        .until("all as it was, deck and photo as well", |s| {
            s.evening == before.evening && s.programme == before.programme
        })
        .await;
    bridge.stop();
    let mut left: Vec<_> = std::fs::read_dir(other.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "bridge.pairing.json",
            "bridge.toml",
            "decks",
            "evening.db",
            "evening.db.lock",
            "evening.toml"
        ]
    );
}

#[test]
fn what_is_no_backup_is_refused_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path());
    let store = folder.path().join("evening.db");
    let backup = folder.path().join("backup.tar");
    let words = keeping("backup", &file, &backup, &[]).unwrap_err();
    assert!(words.contains("evening.db cannot be copied"), "{words}");
    std::fs::write(&store, "precious").unwrap();
    let tar = |parts: &[(&str, &[u8])]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, data) in parts {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.set_mode(0o600);
            builder.append_data(&mut header, name, *data).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let note = b"format = 1\nversion = \"0.1.0\"";
    let name = "estrade-backup.toml";
    for (bytes, why) in [
        (b"no tar at all".to_vec(), "it holds no estrade-backup.toml"),
        (Vec::new(), "it holds no estrade-backup.toml"),
        (
            tar(&[("evening.db", b"x")]),
            "it holds no estrade-backup.toml",
        ),
        (
            tar(&[(name, &[b' '; 5000])]),
            "its estrade-backup.toml is too large",
        ),
        (
            tar(&[(name, b"format = 9\nversion = \"9.0\"")]),
            "its format is 9, this program reads 1 to 3; it was made by Estrade 9.0",
        ),
        (tar(&[(name, note)]), "it holds no evening.db"),
        (
            tar(&[(name, note), ("elsewhere/evening.db", b"x")]),
            "it holds no evening.db",
        ),
        (
            tar(&[(name, note), ("evening.db", b"no database")]),
            "file is not a database",
        ),
        (tar(&[(name, note), ("evening.db", b"")]), "no such table"),
    ] {
        std::fs::write(&backup, bytes).unwrap();
        let words = keeping("restore", &file, &backup, &["--force"]).unwrap_err();
        assert!(words.contains(why), "{why}: {words}");
        assert_eq!(std::fs::read(&store).unwrap(), b"precious");
    }
    let none = folder.path().join("none.toml");
    std::fs::write(&none, settings()).unwrap();
    let words = keeping("backup", &none, &backup, &["--force"]).unwrap_err();
    assert!(words.contains("bridge.toml names no store"), "{words}");
}

#[tokio::test]
async fn a_bridge_with_a_folder_of_its_own_keeps_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("etc/bridge.toml");
    std::fs::create_dir(folder.path().join("etc")).unwrap();
    std::fs::write(&file, settings()).unwrap();
    let state = folder.path().join("lib");
    let bridge = Service::start_in("bridge", &file, &state);
    let healthz = format!("http://{}/healthz", bridge.address("http"));
    let http = estrade_tests::http().no_proxy().build().unwrap();
    assert!(
        http.get(healthz)
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    bridge.stop();
    let beside = std::fs::read_dir(folder.path().join("etc")).unwrap();
    assert_eq!(beside.count(), 1, "nothing is written beside the settings");
    for kept in ["evening.db", "decks", "updates"] {
        assert!(state.join(kept).exists(), "{kept}");
    }
    let backup = folder.path().join("backup.tar");
    let words = keeping("backup", &file, &backup, &[]).unwrap_err();
    assert!(words.contains("bridge.toml names no store"), "{words}");
    assert!(words.contains("--state"), "{words}");
    let its = ["--state", state.to_str().unwrap()];
    keeping("backup", &file, &backup, &its).unwrap();
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    keeping("restore", &file, &backup, &its).unwrap();
    assert!(state.join("evening.db").exists());
}

/// Runs `estrade bridge backup` or `restore`; what it said when it failed.
fn keeping(verb: &str, config: &Path, file: &Path, more: &[&str]) -> Result<(), String> {
    let done = std::process::Command::new(estrade_tests::program())
        .args(["bridge", verb, "--config"])
        .arg(config)
        .arg(file)
        .args(more)
        .output()
        .unwrap();
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8(done.stderr).unwrap()),
    }
}

fn say(text: Option<&str>) -> FromClient {
    FromClient::Say {
        text: text.map(str::to_owned),
    }
}

/// Settings of two rooms, a programme, a store and decks in a folder.
fn write(folder: &Path) -> PathBuf {
    write_settings(folder, &settings(), PROGRAMME)
}
