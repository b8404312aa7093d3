//! The boxes' update: brought to the bridge as the console does, fetched by a box whose card is a folder, and installed by the
//! card's own scripts, with stand-ins for RAUC and the boot loader.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/hall.rs"]
mod hall;

#[path = "support/card.rs"]
mod card;

use std::process::{Command, Stdio};

use card::{Card, System};
use estrade_tests::{CHAIR, program, wait_for};
use hall::{Hall, PATIENCE};
use reqwest::StatusCode;
use serde_json::Value;

/// Long enough to be interrupted: five seconds at a box's pace.
const BYTES: usize = 2_500_000;

fn bundle(bytes: usize) -> Vec<u8> {
    let numbers = (0..bytes as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
    [&b"hsqs"[..], &numbers.collect::<Vec<u8>>()].concat()
}

#[tokio::test]
async fn a_box_fetches_an_update_between_evenings_and_goes_on_where_the_bridge_was_lost() {
    let mut hall = Hall::open().await;
    let card = Card::new("0.1.20261129.2145");
    let brest = hall.start("brest", &hall.settings("Brest", &card.measure()));
    hall.let_in(&brest, "Brest").await;
    let loudeac = hall.start("loudeac", &hall.settings("Loudéac", "stamp = 2"));
    hall.let_in(&loudeac, "Loudéac").await;

    // An evening runs.
    hall.give_floor("Brest").await;
    let says = async |room: &str| hall.room(room).await["status"]["update"].clone();
    let name = "estrade-0.1.20261203.0900.raucb";
    let update = bundle(BYTES);
    let (status, said) = hall.bring(name, CHAIR, update.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    assert_eq!(said["version"], "0.1.20261203.0900");
    let id = said["id"].as_str().unwrap().to_owned();
    hall.until("it waits", async || says("Brest").await["state"] == "waits")
        .await;
    assert_eq!(hall.of_page(&brest, "busy").await, "evening");

    // The card's system would wait, too.
    let mut note = Command::new(program())
        .args(["systems", "--disk", "/nowhere", "note", "--page"])
        .arg(format!("http://{}", brest.address("web")))
        .arg("--file")
        .arg(card.path("data/lib/update/ran.json"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = card::lines(note.stderr.take().unwrap());
    assert!(lines.any(|line| line.contains("an evening runs")));
    assert!(note.try_wait().unwrap().is_none());
    assert!(
        !hall.file("update").exists(),
        "nothing is fetched meanwhile"
    );

    // It ends.
    hall.revoke_floor().await;
    let part = hall.file(&format!("update/{id}.part"));
    let length = || std::fs::metadata(&part).map_or(0, |file| file.len());
    hall.until("a part is here", async || length() > 600_000)
        .await;
    let noted = async || note.try_wait().unwrap().map(|status| status.success());
    assert!(wait_for("what ran is noted", PATIENCE, noted).await.0);
    let ran = std::fs::read_to_string(card.path("data/lib/update/ran.json")).unwrap();
    assert!(ran.contains("link") && ran.contains("camera"), "{ran}");

    hall.kill_bridge();
    let here = async || {
        let before = length();
        tokio::task::yield_now().await;
        (hall.of_page(&brest, "linked").await == false).then_some(before)
    };
    let (here, _) = wait_for("the link is lost", PATIENCE, here).await;
    assert!(!hall.file("update/next.raucb").exists());
    hall.start_bridge();
    let whole = hall.file("update/next.raucb");
    hall.until("the rest is here", async || {
        assert!(whole.exists() || length() >= here, "it began anew");
        whole.exists()
    })
    .await;
    assert_eq!(std::fs::read(&whole).unwrap(), update);

    // The card's system takes it.
    let of_brest = async || hall.room("Brest").await["status"].clone();
    hall.until("it waits to be taken", async || {
        of_brest().await["update"]["state"] == "waits"
    })
    .await;
    std::fs::remove_file(&whole).unwrap();
    card.writes("run/estrade/update", "installs 0.1.20261203-0900\n");
    hall.until("it is installed", async || {
        of_brest().await["update"]["state"] == "installs"
    })
    .await;
    assert_eq!(hall.of_page(&brest, "lights").await["signal"], "starting");
    let lines = hall.lines(&brest).await.to_string();
    assert!(
        lines.contains("Mise à jour : le boîtier redémarre de lui-même"),
        "{lines}"
    );
    std::fs::remove_file(card.path("run/estrade/update")).unwrap();
    card.writes("etc/estrade/version", "0.1.20261203.0900\n");
    brest.kill();
    let brest = hall.start_again("brest");
    hall.until_joined(&brest).await;
    hall.until("it is the new one", async || {
        let status = of_brest().await;
        status["version"] == "0.1.20261203.0900" && status["update"] == Value::Null
    })
    .await;

    // A machine without a card tells its version, and has asked for nothing.
    let plain = hall.room("Loudéac").await["status"].clone();
    assert_eq!(plain["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(plain["update"], Value::Null);
}

#[tokio::test]
async fn a_damaged_file_is_not_handed_over_and_what_went_back_is_told() {
    let hall = Hall::open().await;
    let (status, said) = hall
        .bring("estrade-0.1.20261203.0900.raucb", CHAIR, bundle(1000))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let kept = hall.file(&format!("updates/{}.raucb", said["id"].as_str().unwrap()));
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[500] ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    let card = Card::new("0.1.20261129.2145");
    let brest = hall.start("brest", &hall.settings("Brest", &card.measure()));
    hall.let_in(&brest, "Brest").await;
    let says = async |why: &str| {
        let update = hall.room("Brest").await["status"]["update"].clone();
        update["state"] == "failed" && update["why"] == why
    };
    hall.until("it is damaged", async || says("damaged").await)
        .await;
    assert!(!hall.file("update/next.raucb").exists());
    hall.chair_deletes("update").await;
    card.writes("data/lib/update/tried", "0.1.20261203-0900\n");
    hall.until("it went back", async || says("returned").await)
        .await;
}

#[tokio::test]
async fn only_the_chair_brings_an_update_and_only_an_update() {
    let hall = Hall::open().await;
    let name = "estrade-0.2.1.raucb";
    for (name, token, bytes, status, code) in [
        (
            name,
            "a-wrong-token-of-nobody",
            bundle(10),
            StatusCode::UNAUTHORIZED,
            Value::Null,
        ),
        (
            "holiday.mp4",
            CHAIR,
            bundle(10),
            StatusCode::BAD_REQUEST,
            "update_bad_name".into(),
        ),
        (
            name,
            CHAIR,
            b"a letter".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "update_unknown".into(),
        ),
    ] {
        let (answered, said) = hall.bring(name, token, bytes).await;
        assert_eq!((answered, &said["code"]), (status, &code), "{said}");
    }
    let none = std::fs::read_dir(hall.file("updates")).unwrap().count();
    assert_eq!(none, 0, "nothing of them is left");
    let (_, said) = hall.bring(name, CHAIR, bundle(10)).await;
    let id = said["id"].as_str().unwrap().to_owned();
    let path = format!("updates/{id}");
    assert_eq!(hall.status(&path).await, StatusCode::UNAUTHORIZED);
    hall.chair_deletes("update").await;
    assert_eq!(hall.status(&path).await, StatusCode::UNAUTHORIZED);
    let none = std::fs::read_dir(hall.file("updates")).unwrap().count();
    assert_eq!(none, 0, "what is withdrawn is gone");
}

#[test]
fn a_stick_s_update_is_installed_twice_at_the_most_and_never_once_it_runs() {
    let system = System::new("0.1.20261129.2145");
    let stick = system.has("stick.raucb", "0.1.20261203-0900");
    assert_eq!(
        system.does("update", Some(&stick)),
        "systems note | rauc install | systems wait | systemctl --no-block reboot"
    );
    assert_eq!(
        system.reads("run/estrade/update"),
        "installs 0.1.20261203-0900\n"
    );
    assert!(system.path("data/lib/update/next.raucb").exists());
    // The plug is pulled in the trial: the older system goes on with it by itself, once.
    system.starts_anew();
    assert_eq!(
        system.does("take", None),
        "systems note | rauc install | systems wait | systemctl --no-block reboot"
    );
    system.starts_anew();
    assert_eq!(system.does("take", None), "");
    assert!(system.said().contains("has been tried twice already"));
    assert!(!system.path("data/lib/update/next.raucb").exists());
    assert!(!system.path("run/estrade/update").exists());
    // The stick is still there.
    assert_eq!(system.does("update", Some(&stick)), "");

    system.writes("data/lib/update/tried", "0.1.20261203-0900\n");
    system.writes("etc/estrade/version", "0.1.20261203.0900\n");
    assert_eq!(system.does("update", Some(&stick)), "");
    assert!(system.said().contains("runs already"));
}

#[test]
fn a_download_is_taken_out_of_the_box_s_hands_before_it_is_looked_at() {
    let system = System::new("0.1.20261129.2145");
    let next = "data/lib/estrade/update/next.raucb";
    system.has(next, "0.1.20261203-0900");
    let done = system.does("take", None);
    assert!(done.contains("rauc install"), "{done}");
    assert!(!system.path(next).exists());
    assert!(!system.path("data/lib/update/taken.raucb").exists());

    system.starts_anew();
    std::fs::remove_file(system.path("data/lib/update/next.raucb")).unwrap();
    let secret = system.has("secret", "0.1.20261204-0900");
    std::os::unix::fs::symlink(secret, system.path(next)).unwrap();
    assert_eq!(system.does("take", None), "");
    assert!(system.said().contains("this is no file"));
    assert!(system.path("secret").exists());
}

#[test]
fn what_cannot_be_installed_is_told_and_leaves_nothing() {
    let system = System::new("0.1.20261129.2145");
    let nothing_left = || {
        assert!(!system.path("data/lib/update/next.raucb").exists());
        assert!(!system.path("data/lib/update/tried").exists());
    };
    // RAUC does not know who signed it.
    let foreign = system.has("foreign.raucb", "foreign");
    assert_eq!(system.does("update", Some(&foreign)), "");
    assert_eq!(system.reads("run/estrade/update"), "failed \n");
    nothing_left();
    // It is older than what runs.
    let older = system.has("older.raucb", "0.0.20200101-0000");
    assert_eq!(
        system.does("update", Some(&older)),
        "systems note | rauc install"
    );
    assert_eq!(
        system.reads("run/estrade/update"),
        "failed 0.0.20200101-0000\n"
    );
    nothing_left();
    // A system that has not proved itself installs nothing.
    system.writes("state", "bad\n");
    let newer = system.has("newer.raucb", "0.1.20261203-0900");
    assert_eq!(system.does("update", Some(&newer)), "");
    assert!(system.said().contains("itself on trial"));
    // The card is full.
    system.writes("state", "good\n");
    system.writes("free", "12\n");
    assert_eq!(system.does("update", Some(&newer)), "");
    assert!(
        system
            .said()
            .contains("the card has 12 MB left, and this update needs 1 MB")
    );
    nothing_left();
}
