//! What the demo's rooms say and show: French speech made by espeak-ng, or files of the user's.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tokio::process::Command;

use super::plan::Plan;

/// Pitch (0 to 99) and speed (words a minute) of each room's voice, so that they differ.
const VOICES: [(&str, u32, u32); 8] = [
    ("fr", 40, 150),
    ("fr+f2", 60, 155),
    ("fr+m3", 30, 140),
    ("fr+f4", 50, 160),
    ("fr+m1", 55, 150),
    ("fr+f1", 70, 150),
    ("fr+m2", 45, 165),
    ("fr+f3", 65, 145),
];

const SOUNDS: [&str; 7] = ["wav", "flac", "ogg", "oga", "opus", "mp3", "m4a"];
const FILMS: [&str; 8] = ["mp4", "mkv", "webm", "mov", "avi", "ts", "m4v", "ogv"];

/// One sound file for each room: from the user's folder, or spoken now.
pub async fn prepare(
    plan: &Plan,
    given: Option<&Path>,
    folder: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    match given {
        Some(given) => choose(plan, given, &SOUNDS, "sound files"),
        None => speak(plan, folder).await,
    }
}

/// One film for each room from the user's folder; none without a folder.
pub fn pictures(plan: &Plan, given: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    given.map_or(Ok(Vec::new()), |given| choose(plan, given, &FILMS, "films"))
}

async fn speak(plan: &Plan, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (room, (voice, pitch, speed)) in plan.rooms.iter().zip(VOICES) {
        let file = folder.join(format!("voice-{}.wav", files.len()));
        let output = Command::new("espeak-ng")
            .args(["-v", voice, "-p", &pitch.to_string(), "-s", &speed.to_string()])
            .arg("-w")
            .arg(&file)
            .arg(room.speech)
            .output()
            .await
            .context("espeak-ng makes the rooms' voices: install the package espeak-ng, or give sound files with --voices DIR")?;
        ensure!(
            output.status.success(),
            "espeak-ng failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        files.push(file);
    }
    Ok(files)
}

fn choose(
    plan: &Plan,
    folder: &Path,
    endings: &[&str],
    what: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.context("reading the folder")?.path();
        let ending = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if endings.contains(&ending.as_str()) {
            files.push(std::path::absolute(&path).context("finding a file")?);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!(
            "no {what} in {}: it needs some that end in {}",
            folder.display(),
            endings.join(", ")
        );
    }
    let rooms = plan.rooms.len();
    Ok(files.into_iter().cycle().take(rooms).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_room_gets_another_file_and_other_files_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.FLAC", "a.wav", "notes.txt", "c.ogg"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let plan = Plan::new(4, (640, 360), false).unwrap();
        let files = choose(&plan, folder.path(), &SOUNDS, "sound files").unwrap();
        let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["a.wav", "b.FLAC", "c.ogg", "a.wav"]);
        assert!(choose(&plan, folder.path(), &FILMS, "films").is_err());
    }
}
