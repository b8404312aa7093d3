//! Settings that are good, and those that are not.

use super::*;
use expect_test::{Expect, expect};

#[test]
fn the_shipped_example_is_a_good_file() {
    let config = Config::parse("room.toml", include_str!("../../room.toml")).unwrap();
    assert_eq!(config.name, "Ploufragan");
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:8081");
}

#[test]
fn each_commented_default_of_the_example_is_the_default() {
    let text: String = include_str!("../../room.toml")
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let written = Config::parse("room.toml", &text).unwrap();
    let default = Config::parse("room.toml", MINIMAL).unwrap();
    assert_eq!(
        format!(
            "{:?} {:?} {:?} {:?} {:?}",
            written.picture, written.screen, written.devices, written.microphones, written.panel
        ),
        format!(
            "{:?} {:?} {:?} {:?} {:?}",
            default.picture, default.screen, default.devices, default.microphones, default.panel
        ),
    );
}

#[test]
fn a_token_is_never_printed() {
    let config = Config::parse("room.toml", MINIMAL).unwrap();
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
}

#[test]
fn each_wrong_value_is_named_with_its_line_and_its_cure() {
    check(
        "name = \"Brest\"",
        "nome = \"Brest\"",
        expect!["room.toml, line 2: unknown key 'nome'; did you mean 'name'?"],
    );
    check(
        "name = \"Brest\"",
        "name = \"\"",
        expect!["room.toml, line 2: name: a room's name has no space at its ends and is not empty"],
    );
    check(
        "name = \"Brest\"",
        "name = 7",
        expect!["room.toml, line 2: name: found integer 7, where a text in quotes must be"],
    );
    check(
        "name = \"Brest\"",
        "name = \"B",
        expect![[r#"room.toml, line 2: name: invalid basic string, expected `"`"#]],
    );
    check(
        "http://localhost:8080",
        "localhost:8080",
        expect![[
            r#"room.toml, line 4: address: "localhost:8080" is not a bridge's address: it must begin with http:// or https://; write it as "http://192.168.1.10:8080""#
        ]],
    );
    check(
        "http://localhost:8080",
        "ftp://localhost",
        expect![[
            r#"room.toml, line 4: address: "ftp://localhost" is not a bridge's address: it must begin with http:// or https://; write it as "http://192.168.1.10:8080""#
        ]],
    );
    check(
        "http://localhost:8080",
        "http://localhost/x",
        expect![[
            r#"room.toml, line 4: address: "http://localhost/x" is not a bridge's address: only a name or number and a port belong in it; write it as "http://192.168.1.10:8080""#
        ]],
    );
    check(
        "0123456789abcdef",
        "short",
        expect![
            "room.toml, line 5: token: a token has at least 16 letters, digits or signs and no space: copy it from the bridge's file"
        ],
    );
    check_more(
        "language = \"br\"\n",
        "",
        expect!["room.toml, line 1: language: unknown value 'br'; did you mean 'fr'?"],
    );
    check_more(
        "",
        "[devices]\ncamera = \"v4l\"",
        expect![
            "room.toml, line 7: camera: `v4l` is no camera: write `auto`, `v4l2:/dev/video0`, `libcamera`, `file:/path/to/film`, `test` or `none`"
        ],
    );
    check_more(
        "",
        "[devices]\nmicrophones = \"alsa:\"",
        expect![
            "room.toml, line 7: microphones: `alsa:` is no microphone: write `auto`, `alsa:hw:1,0`, `file:/path/to/sound`, `test` or `none`"
        ],
    );
    check_more(
        "",
        "[devices]\nscreen = \"tv\"",
        expect![
            "room.toml, line 7: screen: `tv` is no screen: write `auto`, `kms`, `window` or `none`"
        ],
    );
    check_more(
        "",
        "[devices]\nloudspeaker = \"loud\"",
        expect![
            "room.toml, line 7: loudspeaker: `loud` is no loudspeaker: write `auto`, `alsa:default` or `none`"
        ],
    );
    check_more(
        "",
        "[devices]\ncamrea = \"test\"",
        expect!["room.toml, line 7: unknown key 'camrea'; did you mean 'camera'?"],
    );
    check_more(
        "",
        "[picture]\nwidth = 641",
        expect!["room.toml, line 7: width: 641 pixels: take an even number"],
    );
    check_more(
        "",
        "[picture]\nheight = -2",
        expect!["room.toml, line 7: height: -2 pixels high: take 90 to 1080"],
    );
    check_more(
        "",
        "[picture]\nframes_per_second = 500",
        expect!["room.toml, line 7: frames_per_second: 500 frames per second: take 5 to 60"],
    );
    check_more(
        "",
        "[picture]\nkbit_per_second = 1",
        expect!["room.toml, line 7: kbit_per_second: 1 kbit/s: take 200 to 20000"],
    );
    check_more(
        "",
        "[screen]\nthumbs = \"yes\"",
        expect![[
            r#"room.toml, line 7: thumbs: found the text "yes", where true or false must be"#
        ]],
    );
    check_more(
        "",
        "[microphones]\ngate = \"off\"",
        expect![[r#"room.toml, line 7: gate: found the text "off", where true or false must be"#]],
    );
    check_more(
        "",
        "[web]\nlisten = \"8081\"",
        expect![[
            r#"room.toml, line 7: listen: "8081" is no address with a port; write it as "127.0.0.1:8081""#
        ]],
    );
    check_more(
        "",
        "[measure]\nstamp = 256",
        expect![
            "room.toml, line 7: stamp: found integer 256, where a whole number from 0 to 255 must be"
        ],
    );
}

const MINIMAL: &str = r#"
name = "Brest"
[bridge]
address = "http://localhost:8080"
token = "0123456789abcdef"
"#;

fn check(right: &str, wrong: &str, expect: Expect) {
    let text = MINIMAL.replace(right, wrong);
    assert_ne!(text, MINIMAL);
    expect.assert_eq(&Config::parse("room.toml", &text).unwrap_err());
}

fn check_more(before: &str, after: &str, expect: Expect) {
    let text = format!("{before}{MINIMAL}{after}");
    expect.assert_eq(&Config::parse("room.toml", &text).unwrap_err());
}
