//! The ready check, asked for as the console does: rooms as processes with good, black and frozen cameras, and a room
//! that does not answer.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use std::path::Path;
use std::time::Duration;

use conference::wire::{
    CheckReport, CheckResult, FindingCode, FromBridge, FromClient, Light, Role, State,
};
use estrade_tests::{CHAIR, Conference};
use support::{BREST, Client, Running, settings};

/// The bridge waits so long for an answer; the rooms are to be faster.
const ANSWER: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn black_and_frozen_cameras_are_found_and_good_rooms_are_ready() {
    let films = tempfile::tempdir().unwrap();
    let names = ["Brest", "Loudéac", "Merdrignac", "Ploufragan"];
    let patterns = [None, Some("black"), Some("checkers-8"), None];
    let mut conference = Conference::start(&names, |n| {
        let film = films.path().join(format!("{n}.mkv"));
        make_film(&film, patterns[n]?);
        Some(format!(
            "camera = \"file:{}\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n",
            film.display()
        ))
    })
    .await;
    conference.rooms[3].take().unwrap().kill();
    let mut chair = Client::join_at(conference.bridge_http(), Role::Chair, CHAIR).await;
    let lost = |state: &State| !state.room("Ploufragan").unwrap().present;
    chair.until("a room is lost", lost).await;
    chair.say(FromClient::CheckRooms {}).await;
    let answers = chair.until("answers", over);
    let in_time = tokio::time::timeout(ANSWER, answers).await;
    in_time.expect("before the bridge gives up");

    let brest = report(&chair.state, "Brest");
    assert_eq!(brest.camera.code, FindingCode::CameraMoves);
    assert_eq!(brest.sound.light, Light::Unknown, "no loudspeaker in tests");
    assert_eq!(brest.decks.code, FindingCode::NoDecks);
    assert_eq!(brest.clock.code, FindingCode::ClockRight);
    assert_eq!(brest.network.code, FindingCode::NetworkCarries);
    assert!(brest.is_well());
    let black = report(&chair.state, "Loudéac");
    assert_eq!(black.camera.code, FindingCode::CameraBlack);
    let frozen = report(&chair.state, "Merdrignac");
    assert_eq!(frozen.camera.code, FindingCode::CameraFrozen);
    assert_eq!(result(&chair.state, "Ploufragan"), CheckResult::NoAnswer);
}

#[tokio::test]
async fn a_room_that_does_not_answer_is_given_up_and_may_not_ask_for_checks() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, support::CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    brest.say(FromClient::CheckRooms {}).await;
    assert!(matches!(brest.answer().await, FromBridge::Error { .. }));
    let there = |state: &State| state.room("Brest").unwrap().present;
    chair.until("the room is there", there).await;
    chair.say(FromClient::CheckRooms {}).await;
    assert!(matches!(
        brest.answer().await,
        FromBridge::Check { id: 1, .. }
    ));
    let asked = |state: &State| result(state, "Brest") == CheckResult::Asked;
    chair.until("asked", asked).await;
    chair.until("given up", over).await;
    assert_eq!(result(&chair.state, "Brest"), CheckResult::NoAnswer);
    bridge.stop().await;
}

fn result(state: &State, room: &str) -> CheckResult {
    let check = state.room(room).unwrap().check.clone();
    check.map_or(CheckResult::NoAnswer, |check| check.result)
}

fn report(state: &State, room: &str) -> CheckReport {
    match result(state, room) {
        CheckResult::Answered { report } => report,
        other @ (CheckResult::Asked | CheckResult::NoAnswer) => panic!("{room}: {other:?}"),
    }
}

/// Whether every room was asked and none is waited for.
fn over(state: &State) -> bool {
    let mut checks = state.rooms.iter().map(|room| room.check.as_ref());
    checks.all(|check| check.is_some_and(|check| check.result != CheckResult::Asked))
}

/// A film of one picture, again and again: each of its frames is the same JPEG.
fn make_film(path: &Path, pattern: &str) {
    let made = std::process::Command::new("gst-launch-1.0")
        .args(["-q", "videotestsrc", "num-buffers=50"])
        .arg(format!("pattern={pattern}"))
        .args(["!", "video/x-raw,width=640,height=360,framerate=25/1", "!"])
        .args(["jpegenc", "!", "matroskamux", "!", "filesink"])
        .arg(format!("location={}", path.display()))
        .status()
        .unwrap();
    assert!(made.success());
}
