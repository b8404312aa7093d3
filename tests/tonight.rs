//! The evening of January 2013, played by `estrade demo` in four real rooms: what every television shows.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeSet;
use std::process::Command;

use estrade_tests::program;
use serde_json::Value;

#[test]
fn every_television_shows_every_scene_and_every_room_has_its_question() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.json");
    let output = Command::new(program())
        .args(["demo", "--headless", "--evening", "--report"])
        .arg(&file)
        .env("ESTRADE_WRONG_PICTURES", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{said}\n{errors}"));
    let report: Value = serde_json::from_str(&text).unwrap();
    println!("{report:#}");
    let schema: Value = serde_json::from_str(include_str!("../docs/evening.schema.json")).unwrap();
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(&report), keys(&schema["properties"]));
    // How fast a page comes is measured where nothing else runs, by `make bench`; here, that it comes.
    let late = |failure: &Value| failure.as_str().unwrap().contains("ms to all screens");
    let failures: Vec<&Value> = report["failures"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|failure| !late(failure))
        .collect();
    assert!(failures.is_empty(), "{failures:?}\n{said}\n{errors}");
    assert_eq!(
        report["ok"],
        report["failures"].as_array().unwrap().is_empty()
    );
    assert_eq!(output.status.success(), report["ok"] == true);
    // Four televisions, at the lobby, the welcome, four greetings, the speakers, thirteen pages, three times
    // questions, closing and follow-up at the least.
    assert!(
        report["scenes_checked"].as_u64().unwrap() >= 4 * 25,
        "{report}"
    );
    assert!(report["slide_to_all_screens_ms"]["p50"].as_f64().unwrap() > 0.0);
    for room in ["Ploufragan", "Loudéac", "Merdrignac", "Brest"] {
        assert!(
            report["questions_per_room"][room].as_u64() >= Some(1),
            "{room}: {report}"
        );
    }
}

#[test]
fn the_evening_asks_for_its_four_rooms() {
    let output = Command::new(program())
        .args(["demo", "--headless", "--evening", "--rooms", "3"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("--rooms 4"), "{errors}");
}
