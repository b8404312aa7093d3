//! Rooms and bridge as processes: plugs pulled, cameras missing, rooms that vanish.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::time::Duration;

use estrade_tests::{Conference, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_is_killed_in_mid_run_and_all_rooms_are_back_within_five_seconds() {
    let mut conference = Conference::start(&["Brest", "Loudéac", "Ploufragan"], |_| None).await;
    conference.bridge.take().unwrap().kill();
    let gone = async || {
        let status = conference.room_json(0, "status").await?;
        (status["linked"] == false).then_some(())
    };
    wait_for("the rooms notice", SOON, gone).await;
    conference.start_bridge();
    let took = conference.wait_until_joined(SOON).await;
    println!("all rooms back after {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    see_each_other(&conference, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_vanishes_leaves_the_others_undisturbed_and_comes_back() {
    let names = ["Brest", "Loudéac", "Merdrignac"];
    let mut conference = Conference::start(&names, |_| None).await;
    see_each_other(&conference, 0).await;
    conference.rooms[1].take().unwrap().kill();
    let absent = async || {
        let status = conference.room_json(0, "status").await?;
        let shows = &status["room"]["shows"];
        (shows["main"] == "Merdrignac").then_some(())
    };
    wait_for("Brest shows the room that is left", SOON, absent).await;
    shows(&conference, 0, 3).await;
    shows(&conference, 2, 1).await;
    assert!(conference.is_joined(0).await && conference.is_joined(2).await);
    conference.start_room(1);
    conference.wait_until_joined(SOON).await;
    shows(&conference, 1, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_leaves_in_order_is_not_looked_at_any_longer() {
    let names = ["Brest", "Loudéac", "Merdrignac"];
    let mut conference = Conference::start(&names, |_| None).await;
    shows(&conference, 0, 2).await;
    conference.rooms[1].take().unwrap().stop();
    let other = async || {
        let status = conference.room_json(0, "status").await?;
        (status["room"]["shows"]["main"] == "Merdrignac").then_some(())
    };
    let (_, took) = wait_for("Brest shows the room that is left", SOON, other).await;
    // A peer that only falls silent is given up after 5 s.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_missing_or_stops_is_said_and_found_again() {
    let films = tempfile::tempdir().unwrap();
    let film = films.path().join("film.mkv");
    let devices = format!(
        "camera = \"file:{}\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n",
        film.display()
    );
    let conference = Conference::start(&["Brest", "Loudéac"], |n| {
        (n == 0).then(|| devices.clone())
    })
    .await;
    let camera = async |state: &str| {
        let status = conference.room_json(0, "status").await?;
        let seen_by_bridge = &status["room"]["status"]["camera"]["state"];
        (status["devices"]["camera"]["state"] == state && seen_by_bridge == state).then_some(())
    };
    wait_for("the camera is missed", SOON, || camera("missing")).await;
    assert!(conference.is_joined(0).await, "sound and television go on");
    make_film(&film);
    wait_for("the camera is found", SOON, || camera("running")).await;
    shows(&conference, 1, 1).await;
    std::fs::write(&film, "no film any more").unwrap();
    wait_for("the camera is missed again", SOON, || camera("missing")).await;
    assert!(conference.is_joined(0).await, "sound and television go on");
    make_film(&film);
    wait_for("the camera is found again", SOON, || camera("running")).await;
    shows(&conference, 1, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_asks_for_the_floor_and_gives_it_back_and_mute_stays_with_the_room() {
    let conference = Conference::start(&["Brest", "Loudéac"], |_| None).await;
    let room = async |index: usize, check: fn(&Value) -> bool| {
        let status = conference.room_json(index, "status").await?;
        check(&status).then_some(())
    };
    conference.press(0, "mute").await;
    let muted = |status: &Value| {
        status["devices"]["muted"] == true && status["room"]["status"]["muted"] == true
    };
    wait_for("the bridge knows of the mute", SOON, || room(0, muted)).await;
    conference.press(0, "mute").await;
    let open = |status: &Value| {
        status["devices"]["muted"] == false && status["room"]["status"]["muted"] == false
    };
    wait_for("the bridge knows of the end of the mute", SOON, || {
        room(0, open)
    })
    .await;
    conference.press(0, "speak").await;
    let page = format!("http://{}/healthz", conference.bridge_http());
    let healthy = reqwest::get(page).await.unwrap();
    assert!(healthy.status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_meter_tells_what_the_gate_does_and_only_a_press_that_is_meant_moves_it() {
    let conference = Conference::start(&["Brest", "Loudéac"], |_| None).await;
    let gate = async |what: &str, check: fn(&Value) -> bool| {
        let meter = async || {
            let meter = conference.room_json(0, "meter").await?;
            check(&meter).then_some(())
        };
        wait_for(what, SOON, meter).await;
    };
    gate("a voice", |meter| {
        meter["gate"]["reason"] == "voice" && meter["gate"]["words"] == "Voix"
    })
    .await;
    for path in [
        "panel/gate/off",
        "measure/talk/off",
        "measure/audience/page",
    ] {
        assert_eq!(conference.post(0, path, "").await.0, 403, "{path}");
    }
    conference.press(0, "gate/off").await;
    gate("a gate that is off", |meter| {
        meter["gate"]["on"] == false && meter["gate"]["words"] == "Filtre arrêté"
    })
    .await;
    conference.press(0, "gate/on").await;
    assert_eq!(conference.post(0, "measure/talk/off", "panel").await.0, 204);
    gate("silence behind a gate", |meter| {
        meter["gate"]["open"] == false && meter["talks"] == false
    })
    .await;
    let status = conference.room_json(0, "status").await.unwrap();
    assert_eq!(status["gate"]["on"], true);
    let (code, said) = conference.post(0, "measure/audience/page", "panel").await;
    assert!(code == 200 && said.contains("lasts_ms"), "{code}: {said}");
    let loud = |meter: &Value| meter["level"]["rms_dbfs"].as_f64() > Some(-50.0);
    gate("paper at the microphone", loud).await;
    let (code, said) = conference
        .post(0, "measure/audience/applause", "panel")
        .await;
    assert!(
        code == 404 && said.contains("whisper, page, cough, keys"),
        "{code}: {said}"
    );
    assert_eq!(conference.post(0, "panel/gate/ajar", "panel").await.0, 404);
}

async fn see_each_other(conference: &Conference, a: usize) {
    let shown = async || {
        let shown = conference.shown(a).await;
        (!shown.is_empty()).then_some(())
    };
    wait_for("a picture of another room", SOON, shown).await;
}

/// Waits until the newest picture on a television is that of a stamp.
async fn shows(conference: &Conference, television: usize, stamp: u64) {
    let shown = async || {
        let shown = conference.shown(television).await;
        (shown.last() == Some(&stamp)).then_some(())
    };
    wait_for(
        &format!("television {television} shows {stamp}"),
        SOON,
        shown,
    )
    .await;
}

fn make_film(path: &std::path::Path) {
    let partial = path.with_extension("part");
    let made = std::process::Command::new("gst-launch-1.0")
        .args(["-q", "videotestsrc", "num-buffers=100", "pattern=ball", "!"])
        .args([
            "video/x-raw,width=640,height=360,framerate=25/1",
            "!",
            "x264enc",
            "!",
        ])
        .args(["matroskamux", "!", "filesink"])
        .arg(format!("location={}", partial.display()))
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::rename(partial, path).unwrap();
}
