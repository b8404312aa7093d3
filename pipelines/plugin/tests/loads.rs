//! The plug-in as a technician uses it: by `gst-inspect-1.0` and `gst-launch-1.0`, from a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with the plug-in alone, and a registry of its own: the user's is left as it is.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let test = std::env::current_exe().expect("a test has a path");
        let built = test.with_file_name("libgstestrade.so");
        std::os::unix::fs::symlink(&built, folder.path().join("libgstestrade.so"))
            .unwrap_or_else(|error| panic!("{}: {error}", built.display()));
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// What a tool says that must succeed.
    fn run(&self, tool: &str, args: &[&str]) -> String {
        let output = Command::new(tool)
            .args(args)
            .env("GST_PLUGIN_PATH", self.path())
            .env("GST_REGISTRY", self.path().join("registry.bin"))
            .env("LC_ALL", "C")
            .output()
            .unwrap_or_else(|error| panic!("{tool} (package gstreamer1.0-tools): {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{tool}: {said}");
        said
    }
}

/// A WAV file of 16 bits, one channel, that counts up.
fn wav(path: &PathBuf, rate: u32, samples: i16) -> Vec<u8> {
    let data: Vec<u8> = (0..samples).flat_map(i16::to_le_bytes).collect();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(&data);
    std::fs::write(path, &file).expect("to write");
    data
}

#[test]
fn inspect_tells_all_there_is_to_know() {
    let said = Folder::new().run("gst-inspect-1.0", &["estradegate"]);
    for wanted in [
        "Estrade noise gate",
        "Filter/Effect/Audio",
        "whispers, pages, keys and doors are not",
        "The Estrade authors",
        "MIT/X11",
        "libgstestrade.so",
        "channels: [ 1, 8 ]",
        "rate: 48000",
        "Muted by the people in the room",
        "Closed by the conference",
        "changeable in NULL, READY, PAUSED or PLAYING state",
        "Unsigned Integer64",
        "one of: voice, hold, no_voice, whisper, page, impact, far_end, muted, closed, disabled",
    ] {
        assert!(said.contains(wanted), "`{wanted}` is not in:\n{said}");
    }
}

#[test]
fn a_file_goes_through_gst_launch_and_keeps_its_length_and_place() {
    let folder = Folder::new();
    let (from, to) = (folder.path().join("in.wav"), folder.path().join("out.raw"));
    let data = wav(&from, 48_000, 12_345);
    folder.run(
        "gst-launch-1.0",
        &[
            "filesrc",
            &format!("location={}", from.display()),
            "!",
            "wavparse",
            "!",
            "audioconvert",
            "!",
            "estradegate",
            "enabled=false",
            "!",
            "audioconvert",
            "dithering=none",
            "!",
            "audio/x-raw,format=S16LE",
            "!",
            "filesink",
            &format!("location={}", to.display()),
        ],
    );
    assert!(
        std::fs::read(&to).expect("a file") == data,
        "not the same sound"
    );
}

#[test]
fn launch_shows_why_the_gate_is_open_or_closed() {
    let said = Folder::new().run(
        "gst-launch-1.0",
        &[
            "-v",
            "audiotestsrc",
            "num-buffers=20",
            "!",
            "estradegate",
            "muted=true",
            "!",
            "fakesink",
        ],
    );
    assert!(said.contains("estradegate0: reason = muted"), "{said}");
}
