//! A folder that stands for a card, and the card's own scripts in one, with stand-ins for what they call.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What a box sees of its card.
pub struct Card(TempDir);

impl Card {
    /// One that runs this version.
    pub fn new(version: &str) -> Self {
        let card = Self(tempfile::tempdir().unwrap());
        for folder in ["etc/estrade", "run/estrade", "data/lib/update"] {
            fs::create_dir_all(card.path(folder)).unwrap();
        }
        card.writes("etc/estrade/version", &format!("{version}\n"));
        card
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn writes(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    /// For the `[measure]` of a box that is to run from it.
    pub fn measure(&self) -> String {
        format!("stamp = 1\nroot = \"{}\"", self.0.path().display())
    }
}

/// The lines that a program says, as they come.
pub fn lines(said: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(said).lines().map_while(Result::ok)
}

/// What the scripts call, each noting that it was called: `bundles` are files whose first line is their version.
const STAND_INS: [(&str, &str); 4] = [
    (
        "bin/rauc",
        r#"case $1 in
info) read -r version <"$3"; [ "$version" != foreign ] || exit 1; echo "RAUC_MF_COMPATIBLE='estrade-pi'"; echo "RAUC_MF_VERSION='$version'" ;;
install) echo "rauc install" >>"$ESTRADE_ROOT/calls"; read -r version <"$2"; [ "$version" != 0.0.20200101-0000 ] ;;
esac"#,
    ),
    (
        "bin/systemctl",
        r#"echo "systemctl $*" >>"$ESTRADE_ROOT/calls""#,
    ),
    ("bin/df", r#"echo Avail; cat "$ESTRADE_ROOT/free""#),
    (
        "usr/lib/estrade/systems",
        r#"case $1 in
get-current) echo A ;;
get-state) cat "$ESTRADE_ROOT/state" ;;
*) echo "systems $1" >>"$ESTRADE_ROOT/calls" ;;
esac"#,
    ),
];

/// The card's system, as far as its scripts go.
pub struct System {
    card: Card,
}

impl System {
    pub fn new(version: &str) -> Self {
        let card = Card::new(version);
        for folder in ["bin", "usr/lib/estrade", "data/lib/estrade/update"] {
            fs::create_dir_all(card.path(folder)).unwrap();
        }
        for (name, text) in STAND_INS {
            card.writes(name, &format!("#!/bin/sh\nset -eu\n{text}\n"));
            runs(&card.path(name));
        }
        let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("../board/image/overlay");
        for name in ["update", "take"] {
            let path = format!("usr/lib/estrade/{name}");
            fs::copy(overlay.join(&path), card.path(&path)).unwrap();
        }
        card.writes("state", "good\n");
        card.writes("free", "2000\n");
        Self { card }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.card.path(path)
    }

    pub fn writes(&self, path: &str, text: &str) {
        self.card.writes(path, text);
    }

    pub fn reads(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// A bundle of this version.
    pub fn has(&self, path: &str, version: &str) -> PathBuf {
        self.writes(path, &format!("{version}\n"));
        self.path(path)
    }

    /// Its memory is gone.
    pub fn starts_anew(&self) {
        fs::remove_file(self.path("run/estrade/update")).unwrap();
    }

    /// Runs one of the scripts; what it had others do.
    pub fn does(&self, script: &str, argument: Option<&Path>) -> String {
        let _ = fs::remove_file(self.path("calls"));
        let path = std::env::var("PATH").unwrap();
        let done = Command::new(self.path(&format!("usr/lib/estrade/{script}")))
            .args(argument)
            .env("ESTRADE_ROOT", self.path(""))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        self.writes("said", &String::from_utf8(said).unwrap());
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().collect::<Vec<_>>().join(" | ")
    }

    /// What the last one said itself.
    pub fn said(&self) -> String {
        self.reads("said")
    }
}

fn runs(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
