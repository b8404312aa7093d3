//! What only a real box can show: its camera, microphones, television and loudspeaker, as `auto`
//! finds them. Runs with ESTRADE_HW=1 on a machine that has them all, and says so when it does not.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::time::Duration;

use estrade_tests::{Conference, wait_for};

const AUTO: &str =
    "camera = \"auto\"\nmicrophones = \"auto\"\nscreen = \"auto\"\nloudspeaker = \"auto\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_device_of_the_box_is_found_and_its_picture_reaches_another_room() {
    if std::env::var_os("ESTRADE_HW").is_none() {
        println!("not run: set ESTRADE_HW=1 on a box with camera, microphones and television");
        return;
    }
    let conference =
        Conference::start(&["Box", "Other"], |n| (n == 0).then(|| AUTO.to_owned())).await;
    for part in ["camera", "microphones", "screen", "loudspeaker"] {
        let runs = async || {
            let status = conference.room_json(0, "status").await?;
            let device = &status["devices"][part];
            (device["state"] == "running").then(|| device["detail"].to_string())
        };
        let what = format!("{part} runs");
        let (chosen, took) = wait_for(&what, Duration::from_secs(15), runs).await;
        println!("{part}: {chosen} after {took:?}");
    }
    // Most boxes have none.
    let status = conference.room_json(0, "status").await.unwrap();
    println!("second screen: {}", status["deck_screen"]);
    let seen = async || conference.shown(1).await.contains(&1).then_some(());
    wait_for(
        "the box's picture in the other room",
        Duration::from_secs(15),
        seen,
    )
    .await;
}
