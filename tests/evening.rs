//! A whole evening by `estrade demo`, as a person would run it: four real rooms, real media.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeSet;
use std::process::Command;

use estrade_tests::program;
use serde_json::Value;

#[test]
fn four_rooms_see_and_hear_each_holder_and_neither_a_whisper_nor_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let output = Command::new(program())
        .args(["demo", "--headless", "--rooms", "4", "--seconds", "28"])
        .args(["--reconnections", "2", "--report"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    println!("{report:#}");
    assert_eq!(report["ok"], true);
    assert_eq!(report["failures"], Value::Array(vec![]));
    let schema: Value = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
    same_keys(&report, &schema);
    let rooms = report["rooms"].as_array().unwrap();
    assert_eq!(rooms.len(), 4);
    for room in rooms {
        assert_eq!(room["holders_seen"], 3, "{room}");
        assert_eq!(room["holders_heard"], 3, "{room}");
        same_keys(room, &schema["properties"]["rooms"]["items"]);
        for key in [
            "glass_to_glass_ms",
            "mouth_to_ear_ms",
            "floor_to_first_frame_ms",
        ] {
            assert!(room[key]["p50"].as_f64().unwrap() > 0.0, "{key} of {room}");
        }
    }
    let gate = &report["gate"];
    same_keys(gate, &schema["properties"]["gate"]);
    for noise in gate["noises"].as_array().unwrap() {
        let down = noise["down_db"].as_f64().unwrap();
        let promised = noise["name"] == "whisper" || noise["name"] == "page";
        assert!(!promised || down >= 40.0, "{noise}");
    }
    // Level control raises a soft voice; nothing takes more than 3 dB from it.
    let change = gate["voice"]["change_db"].as_f64().unwrap();
    assert!(change >= -3.0, "{gate}");
    nothing_is_left_behind(folder.path().to_str().unwrap());
}

#[test]
fn a_taken_port_is_said_with_its_cure() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = refused(&["demo", "--port", &port.to_string()], &[]);
    assert!(
        error.contains(&format!("port {port} of this machine is taken")),
        "{error}"
    );
    assert!(error.contains("--port"), "{error}");
}

#[test]
fn a_missing_plug_in_is_named_with_its_package() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let error = refused(
        &["demo", "--headless"],
        &[
            ("GST_PLUGIN_SYSTEM_PATH_1_0", path),
            ("GST_REGISTRY_1_0", &format!("{path}/registry")),
        ],
    );
    assert!(error.contains("gstreamer1.0-plugins-base"), "{error}");
}

#[test]
fn folders_without_sounds_or_films_are_said() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let error = refused(&["demo", "--headless", "--voices", path], &[]);
    assert!(error.contains("no sound files in"), "{error}");
    let error = refused(&["demo", "--headless", "--pictures", path], &[]);
    assert!(error.contains("no films in"), "{error}");
    let error = refused(&["demo", "--headless", "--voices", "/does/not/exist"], &[]);
    assert!(
        error.contains("cannot read the folder /does/not/exist"),
        "{error}"
    );
}

#[test]
fn a_wrong_size_or_number_of_rooms_is_said() {
    let error = refused(&["demo", "--size", "big"], &[]);
    assert!(error.contains("640x360"), "{error}");
    let error = refused(&["demo", "--headless", "--seconds", "12"], &[]);
    assert!(error.contains("--seconds 20 or more"), "{error}");
    let error = refused(&["demo", "--rooms", "1"], &[]);
    assert!(error.contains("2..=8"), "{error}");
}

#[test]
fn a_wrong_settings_file_is_said_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("room.toml");
    std::fs::write(&file, "name = \"Brest\"\nlangage = \"fr\"\n").unwrap();
    let error = refused(&["room", "--config", file.to_str().unwrap()], &[]);
    assert!(
        error.contains("line 2") && error.contains("language"),
        "{error}"
    );
    let error = refused(&["bridge", "--config", "/does/not/exist.toml"], &[]);
    assert!(error.contains("/does/not/exist.toml"), "{error}");
}

/// Runs the program, which must refuse, and returns what it says.
fn refused(args: &[&str], environment: &[(&str, &str)]) -> String {
    let output = Command::new(program())
        .args(args)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it should have refused: {args:?}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

/// The report has the keys of its schema: all that are required, none that are unknown.
fn same_keys(value: &Value, schema: &Value) {
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(value), keys(&schema["properties"]));
}

/// No process of the demo still runs: each had its settings file on its command line.
fn nothing_is_left_behind(_folder: &str) {
    let program = program();
    let ours: Vec<String> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let exe = std::fs::read_link(path.join("exe")).ok()?;
            let line = std::fs::read_to_string(path.join("cmdline")).ok()?;
            (exe == program && line.contains("estrade-demo-")).then(|| line.replace('\0', " "))
        })
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}
