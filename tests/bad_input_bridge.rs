//! Bad input of every kind: each a clear error, and nobody else disturbed.

#[path = "support/bridge.rs"]
mod support;

use bridge::Config;
use expect_test::{Expect, expect};
use support::settings;

#[test]
fn every_wrong_value_of_bridge_toml_is_one_clear_message() {
    let good = settings();
    Config::parse(&good, "bridge.toml").unwrap();
    let line = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    check(
        &line("listen =", "listne ="),
        expect!["bridge.toml, line 2: unknown key 'listne'; did you mean 'listen'?"],
    );
    check(
        &line("\"127.0.0.1:0\"", "\"127.0.0.1\""),
        expect![[
            r#"bridge.toml, line 2: listen: '127.0.0.1' is not an address and a port; write it like "0.0.0.0:8080" or "192.168.1.20:8080" or "[::]:8080""#
        ]],
    );
    check(
        &line("\"127.0.0.1:0\"", "8080"),
        expect!["bridge.toml, line 2: listen: found integer 8080, where a text in quotes must be"],
    );
    check(
        &line("media = \"127.0.0.1:0\"", "media = \"localhost:99999\""),
        expect![[
            r#"bridge.toml, line 3: media: 'localhost:99999' is not an address and a port; write it like "0.0.0.0:8080" or "192.168.1.20:8080" or "[::]:8080""#
        ]],
    );
    check(
        &line("title", "announce = [\"here\"]\ntitle"),
        expect![[
            r#"bridge.toml, line 4: announce: 'here' is not an IP address; write it like "203.0.113.7", without a port"#
        ]],
    );
    check(
        &line("title", "announce = [\"0.0.0.0\"]\ntitle"),
        expect![
            "bridge.toml, line 4: announce: '0.0.0.0' is not the address of one machine; write the address by which boxes reach this one"
        ],
    );
    check(
        &line("title", "floor = \"chiar\"\ntitle"),
        expect!["bridge.toml, line 4: floor: unknown value 'chiar'; did you mean 'chair'?"],
    );
    check(
        &line("\"Les métiers de demain\"", "\"\""),
        expect![[
            r#"bridge.toml, line 4: title: "" is not a name that people can read; write one line of text, without spaces around it"#
        ]],
    );
    check(
        &line("\"Les métiers de demain\"", "\" Estrade\""),
        expect![[
            r#"bridge.toml, line 4: title: " Estrade" is not a name that people can read; write one line of text, without spaces around it"#
        ]],
    );
    check(
        &line("\"chair-0123456789\"", "\"court\""),
        expect![
            "bridge.toml, line 5: chair_token: a token must have 16 to 256 characters, this one has 5; make one with: openssl rand -hex 16"
        ],
    );
    check(
        &line("\"chair-0123456789\"", "\"une chaise 0123456789\""),
        expect![
            "bridge.toml, line 5: chair_token: a token must be made of ASCII letters, digits and signs, without spaces"
        ],
    );
    check(
        &line("chair_token", "# chair_token"),
        expect!["bridge.toml, line 1: the key 'chair_token' is missing here; add it"],
    );
    check(
        &line("viewer-0123456789", "chair-0123456789"),
        expect![
            "bridge.toml, line 6: the viewers and the chair have the same token; every token must differ, make another one with: openssl rand -hex 16"
        ],
    );
    check(
        &line("brest-0123456789", "chair-0123456789"),
        expect![
            "bridge.toml, line 8: Brest and the chair have the same token; every token must differ, make another one with: openssl rand -hex 16"
        ],
    );
    check(
        &line("loudeac-0123456789", "brest-0123456789"),
        expect![
            "bridge.toml, line 9: Loudéac and Brest have the same token; every token must differ, make another one with: openssl rand -hex 16"
        ],
    );
    check(
        &line("Loudéac", "Brest"),
        expect!["bridge.toml, line 9: two rooms are named 'Brest'; rename one"],
    );
    check(
        &line("Loudéac", &"Loudéac".repeat(6)),
        expect![
            "bridge.toml, line 9: name: 'LoudéacLoudéacLoudéacLoudéacLoudéacLoudéac' has 42 characters, 40 is the most; shorten it"
        ],
    );
    check(
        &line("Loudéac", "Lou\\ndéac"),
        expect![[
            r#"bridge.toml, line 9: name: "Lou\ndéac" is not a name that people can read; write one line of text, without spaces around it"#
        ]],
    );
    check(
        &line(", token = \"brest-0123456789\"", ""),
        expect!["bridge.toml, line 8: the key 'token' is missing here; add it"],
    );
    check(
        &line(", token = \"brest", ", colour = 1, token = \"brest"),
        expect![
            "bridge.toml, line 8: unknown key 'colour'; remove it, or use one of 'name', 'token'"
        ],
    );
    check(
        &line("rooms = [", "rooms = []\nroms = ["),
        expect!["bridge.toml, line 8: unknown key 'roms'; did you mean 'rooms'?"],
    );
    check(
        &line("rooms = [", "rooms = \"Brest\"\n#"),
        expect!["bridge.toml, line 9: name: invalid key-value pair, expected key"],
    );
    check(
        &line("]", ""),
        expect!["bridge.toml, line 9: token: unclosed array, expected `]`"],
    );

    let rooms: String = (0..33)
        .map(|n| format!("[[rooms]]\nname = \"R{n}\"\ntoken = \"0123456789abcdef{n}\"\n"))
        .collect();
    let chair = "chair_token = \"chair-0123456789\"\n";
    check(
        &format!("{chair}{rooms}"),
        expect!["bridge.toml, line 2: there are 33 rooms, 32 is the most; remove some"],
    );
    check(
        &format!("{chair}rooms = []"),
        expect![
            "bridge.toml, line 2: rooms: there is no room; add one with [[rooms]], a name and a token"
        ],
    );
    check(
        chair,
        expect!["bridge.toml, line 1: the key 'rooms' is missing here; add it"],
    );
    check(
        "",
        expect!["bridge.toml: the key 'chair_token' is missing here; add it"],
    );
}

fn check(text: &str, message: Expect) {
    let error = Config::parse(text, "bridge.toml").unwrap_err();
    message.assert_eq(&error.to_string());
}
