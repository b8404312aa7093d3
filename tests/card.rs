//! Cards as an installer makes them: `make rooms` and `make flash`, by the scripts that they run.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use expect_test::expect;

fn script(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(root.join("board/image").join(name))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn rooms(folder: &Path, table: &[u8]) -> Output {
    fs::write(folder.join("rooms.csv"), table).unwrap();
    let mut command = script("rooms.py");
    command.current_dir(folder).args(["rooms.csv", "rooms"]);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_table_becomes_settings_that_a_box_takes() {
    let folder = tempfile::tempdir().unwrap();
    // As a French spreadsheet saves it: a mark at the start, semicolons.
    let table = "\u{feff}room;bridge;token;language;wifi;password;\n\
        Loudéac;http://192.168.1.10:8080;0123456789abcdef;fr;Mairie \"2\";mot de passe\\;\n\
        L'Œuvre, Plœuc;http://192.168.1.10:8080/;fedcba9876543210;en;;;\n;;;;;;\n";
    let table = table.replace(";\n", "\n");
    let output = rooms(folder.path(), table.as_bytes());
    assert!(output.status.success(), "{}", said(&output));
    let text = |file: &str| fs::read_to_string(folder.path().join("rooms").join(file)).unwrap();
    let loudeac = room::Config::parse("room.toml", &text("loudeac.toml")).unwrap();
    assert_eq!(loudeac.name, "Loudéac");
    assert_eq!(loudeac.wifi.as_ref().unwrap().network, "Mairie \"2\"");
    let password = loudeac.wifi.unwrap().password;
    assert_eq!(password.as_deref(), Some("mot de passe\\"));
    let other = room::Config::parse("room.toml", &text("l-oeuvre-ploeuc.toml")).unwrap();
    assert_eq!(other.name, "L'Œuvre, Plœuc");
    assert!(other.wifi.is_none());
}

#[test]
fn a_wrong_table_makes_no_card_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let expected = [
        (
            "",
            expect![[
                "rooms: rooms.csv, line 1: the first line must name the columns; columns are room, bridge, token, invitation, language, wifi, password\n"
            ]],
        ),
        (
            "room,town\nBrest,Brest\n",
            expect![[
                "rooms: rooms.csv, line 1: there is no column town; columns are room, bridge, token, invitation, language, wifi, password\n"
            ]],
        ),
        (
            "room,bridge\n",
            expect![["rooms: rooms.csv names no room\n"]],
        ),
        (
            "room,bridge\nBrest,http://b:8080\n\nLannion,b:8080\n",
            expect![[
                "rooms: rooms.csv, line 4: bridge: \"b:8080\" is no address; write it as http://192.168.1.10:8080, here or with --bridge\n"
            ]],
        ),
        (
            "room,bridge\nBrest,http://b:8080\nBREST,http://b:8080\n",
            expect![["rooms: rooms.csv, line 3: BREST is there already, in line 2\n"]],
        ),
        (
            "room,bridge\nBrest,http://b:8080,oui\n",
            expect![[
                "rooms: rooms.csv, line 2: 3 cells, but 2 columns; put a text that has a comma in quotes\n"
            ]],
        ),
        (
            "room,bridge,wifi,password\nBrest,http://b:8080,Mairie,court\n",
            expect![[
                "rooms: rooms.csv, line 2: password: 8 to 63 letters, digits and signs without accents\n"
            ]],
        ),
        (
            "room,bridge,password\nBrest,http://b:8080,assez long\n",
            expect![["rooms: rooms.csv, line 2: password: without a Wi-Fi's name\n"]],
        ),
        (
            "room,bridge,language\nBrest,http://b:8080,br\n",
            expect![["rooms: rooms.csv, line 2: language: \"br\"; write fr or en\n"]],
        ),
    ];
    for (table, expected) in expected {
        let output = rooms(folder.path(), table.as_bytes());
        assert!(!output.status.success(), "{table}");
        expected.assert_eq(&said(&output));
        assert!(!folder.path().join("rooms").exists(), "{table}");
    }
    let latin = rooms(folder.path(), b"room,bridge\nLoud\xe9ac,http://b:8080\n");
    assert!(said(&latin).contains("is not in UTF-8"), "{}", said(&latin));
}

/// A card's image of the same shape, without anything to start.
fn image(folder: &Path) -> PathBuf {
    let file = folder.join("estrade.img");
    fs::File::create(&file).unwrap().set_len(12 << 20).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .output();
        assert!(output.unwrap().status.success(), "{program}");
    };
    run(
        "mformat",
        &[
            "-i",
            "estrade.img@@4M",
            "-T",
            "16384",
            "-h",
            "4",
            "-s",
            "32",
            "::",
        ],
    );
    fs::write(folder.join("room.toml"), "name = \"Ploufragan\"\n").unwrap();
    run(
        "mcopy",
        &["-i", "estrade.img@@4M", "room.toml", "::room.toml"],
    );
    file
}

fn flash(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = script("flash.py");
    command.current_dir(folder).stdin(Stdio::null());
    command.args(["--image", "estrade.img", "--rooms", "rooms"]);
    command.args(arguments).output().unwrap()
}

#[test]
fn a_card_has_the_image_and_its_room_s_settings() {
    let folder = tempfile::tempdir().unwrap();
    let image = image(folder.path());
    let made = rooms(folder.path(), b"room,bridge\nBrest,http://b:8080\n");
    assert!(made.status.success(), "{}", said(&made));
    let output = flash(folder.path(), &["card.img", "--room", "brest"]);
    assert!(output.status.success(), "{}", said(&output));
    // Whoever waits sees how far it is, writing and checking.
    let progress = said(&output);
    assert!(
        progress.contains("writing ") && progress.contains("checking"),
        "{progress}"
    );
    assert!(progress.matches("100 %").count() == 2, "{progress}");
    let card = folder.path().join("card.img");
    let shown = Command::new("mtype")
        .args(["-i", &format!("{}@@4M", card.display()), "::room.toml"])
        .output()
        .unwrap();
    assert_eq!(
        shown.stdout,
        fs::read(folder.path().join("rooms/brest.toml")).unwrap()
    );
    let (written, read) = (fs::read(image).unwrap(), fs::read(card).unwrap());
    assert_eq!(written.len(), read.len());
    assert!(written[..4 << 20] == read[..4 << 20]);
}

#[test]
fn what_is_no_free_card_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], why: &str| {
        let output = flash(folder.path(), arguments);
        assert!(!output.status.success());
        assert!(
            said(&output).contains(why),
            "{arguments:?}: {}",
            said(&output)
        );
    };
    refused(&["card.img"], "make it with `make image`");
    image(folder.path());
    refused(&["card.img", "--room", "brest"], "make it with `make rooms");
    refused(&["/dev/null"], "is neither a disk nor a file");
    refused(&["/dev/no-such-disk"], "is no disk of this machine");
    refused(
        &[folder.path().to_str().unwrap()],
        "is neither a disk nor a file",
    );
    assert!(!folder.path().join("card.img").exists());
    // The disk that this machine runs from.
    if let Some(disk) = the_disk_of_the_root() {
        refused(&[&disk, "--yes"], "is mounted at /");
    }
}

/// None where the root lies on no disk, as in a container.
fn the_disk_of_the_root() -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let root = mounts
        .lines()
        .find(|line| line.split(' ').nth(4) == Some("/"))?;
    let number = root.split(' ').nth(2)?;
    let block = fs::canonicalize(format!("/sys/dev/block/{number}")).ok()?;
    let disk = match block.join("partition").exists() {
        true => block.parent()?.to_owned(),
        false => block,
    };
    let device = Path::new("/dev").join(disk.file_name()?);
    device.exists().then(|| device.display().to_string())
}
