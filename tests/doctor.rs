//! `estrade doctor` as a technician uses it: on machines with faults, with settings that are wrong, beside a running box,
//! and on the television.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use estrade_tests::{Service, program, wait_for};
use reqwest::StatusCode;
use serde_json::Value;
use support::{BREST, LOUDEAC, Running, settings};

const PATIENCE: Duration = Duration::from_secs(20);
/// Where nothing listens.
const NOBODY: &str = "127.0.0.1:9";

/// Runs it; not on the threads that serve the bridge.
async fn doctor(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(program());
    command
        .arg("doctor")
        .args(arguments)
        .output()
        .await
        .unwrap()
}

/// What was found that is not well: "camera camera-absent fault".
async fn bad(arguments: &[&str]) -> Vec<String> {
    let output = doctor(&[arguments, &["--json"]].concat()).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let code = match report["worst"].as_str() {
        Some("ok") => 0,
        Some("warning") => 1,
        Some("fault") => 2,
        other => panic!("{other:?}"),
    };
    assert_eq!(output.status.code(), Some(code));
    let findings = report["findings"].as_array().unwrap().iter();
    let bad = findings.filter(|found| found["sign"] != "ok");
    bad.map(|found| {
        let said = |key: &str| found[key].as_str().unwrap_or_else(|| panic!("{found}"));
        assert!(!said("cure").is_empty(), "{found}");
        let (check, code, sign) = (said("check"), said("code"), said("sign"));
        format!("{check} {code} {sign}")
    })
    .collect()
}

/// A machine of these files; scripts can be run.
fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }
    root
}

/// Settings of Brest's box.
fn write(folder: &Path, bridge: &str, token: &str, devices: &str, listen: &str) -> PathBuf {
    let file = folder.join("room.toml");
    let text = format!(
        "name = \"Brest\"\n[bridge]\naddress = \"http://{bridge}\"\ntoken = \"{token}\"\n\
         [devices]\n{devices}\n[picture]\nwidth = 320\nheight = 180\n[screen]\nwidth = 1280\nheight = 720\n\
         [web]\nlisten = \"{listen}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

const TEST_DEVICES: &str =
    "camera = \"test\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"";

fn has(found: &[String], wanted: &str) {
    assert!(
        found.iter().any(|line| line == wanted),
        "{wanted}: {found:#?}"
    );
}

#[tokio::test]
async fn a_machine_with_nothing_is_told_what_to_plug_in() {
    let root = machine(&[]);
    let root = root.path().to_str().unwrap();
    let found = bad(&["--root", root]).await;
    for wanted in [
        "settings settings-none warning",
        "camera camera-absent fault",
        "microphones microphones-absent fault",
        "loudspeaker loudspeaker-absent fault",
        "screen screen-absent fault",
        "clock clock-unknown warning",
    ] {
        has(&found, wanted);
    }
    let output = doctor(&["--root", root]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("✗ Aucune caméra branchée\n  → Branchez une caméra USB"),
        "{text}"
    );
    let output = doctor(&["--root", root, "--language", "en"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("✗ No camera is plugged in\n  → Plug in a USB camera"),
        "{text}"
    );
}

#[tokio::test]
async fn a_board_that_is_throttled_unsynchronised_and_has_other_devices_than_its_settings() {
    let root = machine(&[
        ("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0"),
        (
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "50005\n",
        ),
        ("sys/class/thermal/thermal_zone0/temp", "84000\n"),
        ("sys/class/video4linux/video0/name", "UVC Camera\n"),
        ("sys/block/mmcblk0/device/life_time", "0x0a 0x02\n"),
        ("sys/fs/ext4/mmcblk0p4/errors_count", "2\n"),
        (
            "proc/asound/pcm",
            "02-00: USB Audio : USB Audio : playback 1 : capture 1\n",
        ),
        ("usr/bin/timedatectl", "#!/bin/sh\necho no\n"),
        ("dev/video0", ""),
    ]);
    let devices = "camera = \"auto\"\nmicrophones = \"alsa:hw:5,0\"\nscreen = \"none\"\nloudspeaker = \"alsa:hw:2,0\"";
    let file = write(root.path(), NOBODY, BREST, devices, "127.0.0.1:0");
    let (root, file) = (root.path().to_str().unwrap(), file.to_str().unwrap());
    let found = bad(&["--root", root, file]).await;
    for wanted in [
        "microphones wrong-name fault",
        "bridge bridge-silent fault",
        "clock clock-free warning",
        "heat heat-warm warning",
        "power power-low fault",
        "disk disk-errors fault",
        "disk disk-worn warning",
    ] {
        has(&found, wanted);
    }
    assert!(
        !found.iter().any(|line| line.starts_with("camera")),
        "{found:#?}"
    );
    let output = doctor(&["--root", root, file, "--language", "en"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let cure = "In room.toml write microphones = \"alsa:hw:2,0\", or microphones = \"auto\"";
    assert!(text.contains(cure), "{text}");
}

#[tokio::test]
async fn wrong_settings_are_one_fault_and_the_rest_is_looked_at() {
    let root = machine(&[("etc/estrade/room.toml", "nome = \"Brest\"\n")]);
    let root = root.path().to_str().unwrap();
    let found = bad(&["--root", root]).await;
    has(&found, "settings settings-wrong fault");
    has(&found, "camera camera-absent fault");
    let output = doctor(&["--root", root]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("line 1: unknown key 'nome'"), "{text}");
}

#[tokio::test]
async fn tokens_are_told_apart_and_never_printed() {
    let bridge = Running::start(&settings()).await;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    std::fs::create_dir(&root).unwrap();
    let address = bridge.http.to_string();
    let unknown = "a-token-of-nobody-0123";
    for (token, wanted) in [
        (BREST, None),
        (LOUDEAC, Some("bridge token-of-another fault")),
        (unknown, Some("bridge token-refused fault")),
    ] {
        let file = write(folder.path(), &address, token, TEST_DEVICES, "127.0.0.1:0");
        let arguments = ["--root", root.to_str().unwrap(), file.to_str().unwrap()];
        let found = bad(&arguments).await;
        let bridge = found.iter().find(|line| line.starts_with("bridge"));
        assert_eq!(bridge.map(String::as_str), wanted);
        let output = doctor(&arguments).await;
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains(token));
    }
    bridge.stop().await;
}

#[tokio::test]
async fn without_a_box_the_devices_are_tried() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), NOBODY, BREST, TEST_DEVICES, "127.0.0.1:0");
    let output = doctor(&["--json", file.to_str().unwrap()]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let of = |check: &str| {
        findings
            .iter()
            .find(|found| found["check"] == check)
            .unwrap()
    };
    assert_eq!(of("camera")["code"], "well");
    assert_eq!(of("microphones")["code"], "microphones-well");
    assert_eq!(of("microphones")["values"]["n"], 1);
}

/// The box of Brest, on a free port that its settings name, so that the doctor finds it.
struct Box {
    file: PathBuf,
    _service: Service,
    url: String,
    http: reqwest::Client,
}

impl Box {
    fn start(folder: &Path, bridge: &str) -> Self {
        // Free a moment ago: the settings must say a port.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let file = write(folder, bridge, BREST, TEST_DEVICES, &address);
        Self {
            _service: Service::start("room", &file),
            url: format!("http://{address}"),
            http: estrade_tests::http().no_proxy().build().unwrap(),
            file,
        }
    }

    async fn status(&self) -> Value {
        let answer = self.http.get(format!("{}/status", self.url)).send().await;
        answer.unwrap().json().await.unwrap()
    }

    /// For docs/doctor.md: once the doctor has been heard.
    async fn keep_picture(&self) {
        let url = format!("{}/screen.jpg", self.url);
        let bytes = self.http.get(url).send().await.unwrap().bytes().await;
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics.jpg");
        std::fs::write(file, bytes.unwrap()).unwrap();
    }

    async fn post(&self, path: &str) {
        let request = self.http.post(format!("{}/{path}", self.url));
        let answer = request.header("x-estrade", "panel").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
    }

    /// Mean luma of the camera's place in the diagnostic picture, and a sum that another picture has not.
    async fn camera_seen(&self) -> (u64, u64) {
        let url = format!("{}/screen.png", self.url);
        let bytes = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes[..]))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let samples = info.color_type.samples();
        // Of 1280 by 720 pixels the camera's picture has those from 43 to 618 across, from 83 to 406 down.
        let inside = (90..400).flat_map(|y| (50..610).map(move |x| (x, y)));
        let luma: Vec<u64> = inside
            .map(|(x, y)| u64::from(pixels[(y * 1280 + x) * samples + 1]))
            .collect();
        let sum = (1..)
            .zip(&luma)
            .map(|(nth, luma): (u64, _)| nth * luma)
            .sum();
        (luma.iter().sum::<u64>() / luma.len() as u64, sum)
    }
}

#[tokio::test]
async fn beside_a_running_box_nothing_is_busy_and_its_television_shows_the_picture() {
    let bridge = Running::start(&settings()).await;
    let folder = tempfile::tempdir().unwrap();
    let brest = Box::start(folder.path(), &bridge.http.to_string());
    let flows = async || {
        let status = brest.status().await;
        let devices = &status["devices"];
        let runs = |name: &str| devices[name]["state"] == "running";
        let ready = status["watching"] == true && status["publishing"] == true;
        (ready && runs("camera") && runs("microphones")).then_some(())
    };
    wait_for("a box in the conference", PATIENCE, flows).await;
    let file = brest.file.to_str().unwrap();
    let found = bad(&[file]).await;
    for check in [
        "box",
        "camera",
        "microphones",
        "loudspeaker",
        "bridge",
        "media",
    ] {
        let about = found
            .iter()
            .find(|line| line.split(' ').next() == Some(check));
        assert_eq!(about, None);
    }

    let output = doctor(&[file, "--picture"]).await;
    assert!(output.status.success(), "{output:?}");
    let bright = async || {
        let (mean, sum) = brest.camera_seen().await;
        (mean > 60).then_some(sum)
    };
    let (first, _) = wait_for("the camera on its own television", PATIENCE, bright).await;
    let moved = async || (brest.camera_seen().await.1 != first).then_some(());
    wait_for("a live picture", PATIENCE, moved).await;
    brest.keep_picture().await;
    brest.post("panel/screen").await;
    let gone = async || (brest.camera_seen().await.0 <= 60).then_some(());
    wait_for("the picture before the start", PATIENCE, gone).await;
    // The bridge was told nothing of it.
    let status = brest.status().await;
    assert_eq!(status["linked"], true);
    assert_eq!(status["room"]["present"], true);
    bridge.stop().await;
}
