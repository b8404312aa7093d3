//! Bad input of every kind: each a clear error, and nobody else disturbed.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use bridge::Config;
use conference::wire::{ErrorCode, FromBridge, FromClient, MAX_MESSAGE, Role, VERSION};
use expect_test::{Expect, expect};
use futures_util::SinkExt;
use support::{BREST, CHAIR, Client, LOUDEAC, OFFER, Running, VIEWER, settings, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

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
        &format!(
            "{}[tls]\nlisten = \"127.0.0.1:0\"\nkey = \"key.pem\"\n",
            settings()
        ),
        expect![
            "bridge.toml: [tls] names only one of certificate and key; name both, or none for the bridge's own"
        ],
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

#[tokio::test]
async fn every_bad_request_is_answered_with_problem_details() {
    let bridge = Running::start(&settings()).await;
    let http = estrade_tests::http().build().unwrap();
    let ten_megabytes = "a=x\r\n".repeat(2_000_000);
    let not_utf8: &[u8] = b"v=0\xff\xfe";
    let sdp = "application/sdp";
    let cases: [(&str, Option<&str>, &str, reqwest::Body, u16); 12] = [
        ("/whip", None, sdp, OFFER.into(), 401),
        ("/whip", Some("not-a-token-of-ours"), sdp, OFFER.into(), 401),
        ("/whip", Some(CHAIR), sdp, OFFER.into(), 401),
        ("/whip", Some(VIEWER), sdp, OFFER.into(), 401),
        ("/whep", Some("not-a-token-of-ours"), sdp, OFFER.into(), 401),
        ("/whip", Some(BREST), "application/json", OFFER.into(), 415),
        ("/whip", Some(BREST), "", OFFER.into(), 415),
        ("/whip", Some(BREST), sdp, "hello".into(), 400),
        ("/whip", Some(BREST), sdp, "".into(), 400),
        ("/whip", Some(BREST), sdp, not_utf8.into(), 400),
        ("/whep", Some(VIEWER), sdp, OFFER.into(), 400),
        ("/whip", Some(BREST), sdp, ten_megabytes.into(), 413),
    ];
    for (path, token, media_type, body, status) in cases {
        let mut request = http.post(bridge.url(path)).body(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !media_type.is_empty() {
            request = request.header("content-type", media_type);
        }
        let response = within(request.send()).await.unwrap();
        if status == 401 {
            assert!(response.headers().contains_key("www-authenticate"));
        }
        problem(response, status).await;
    }
    for (method, path, status) in [
        ("GET", "/whip", 405),
        ("PUT", "/whep", 405),
        ("PATCH", "/whip/unknown", 405),
        ("DELETE", "/whip/unknown", 404),
        ("DELETE", "/whep/unknown", 404),
        ("GET", "/whep/unknown/shows", 404),
        ("GET", "/nothing/here", 404),
    ] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let response = within(http.request(method, bridge.url(path)).send()).await;
        problem(response.unwrap(), status).await;
    }
    undisturbed(&bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_malformed_message_is_answered_and_the_connection_goes_on() {
    let bridge = Running::start(&settings()).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    for (message, code) in [
        (Message::text("good evening"), ErrorCode::Malformed),
        (Message::text("[]"), ErrorCode::Malformed),
        (
            Message::text("{\"type\":\"request_the_floor\"}"),
            ErrorCode::Malformed,
        ),
        (
            Message::text("{\"type\":\"grant_floor\",\"room\":7}"),
            ErrorCode::Malformed,
        ),
        (Message::text("[".repeat(60_000)), ErrorCode::Malformed),
        (Message::binary(vec![0xff; 100]), ErrorCode::Malformed),
        (
            Message::text("x".repeat(MAX_MESSAGE + 1)),
            ErrorCode::TooLarge,
        ),
    ] {
        brest.send(message).await;
        let FromBridge::Error {
            code: given,
            detail,
        } = brest.answer().await
        else {
            panic!("an error was expected");
        };
        assert_eq!(given, code);
        assert!(!detail.is_empty());
    }
    brest.say(FromClient::RequestFloor {}).await;
    brest
        .until("Brest asks", |s| s.floor.queue == ["Brest"])
        .await;
    undisturbed(&bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn who_says_nothing_or_too_much_is_sent_away() {
    let bridge = Running::start(&settings()).await;
    let mut silent = Client::connect(&bridge).await;
    let mut loud = Client::join(&bridge, Role::Room, BREST).await;
    loud.send(Message::text("x".repeat(2 * 1024 * 1024))).await;
    while loud.listen().await.is_some() {}
    let FromBridge::Error { code, detail } = silent.hear().await else {
        panic!("an error was expected");
    };
    assert_eq!(code, ErrorCode::Malformed);
    assert!(detail.contains("hello"), "{detail}");
    assert_eq!(silent.listen().await, None);
    undisturbed(&bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_by_its_silence() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    // Nobody reads this connection, so no ping is answered, and it is not closed.
    let url = format!("ws://{}/control", bridge.http);
    let (mut brest, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let hello = FromClient::Hello {
        version: VERSION,
        role: Role::Room,
        token: BREST.into(),
        resume: None,
    };
    let hello = Message::text(serde_json::to_string(&hello).unwrap());
    brest.send(hello).await.unwrap();
    chair
        .until("Brest", |s| s.room("Brest").unwrap().present)
        .await;
    chair
        .until("Brest lost", |s| !s.room("Brest").unwrap().present)
        .await;
    drop(brest);
    bridge.stop().await;
}

#[tokio::test]
async fn half_a_request_stops_nobody() {
    let bridge = Running::start(&settings()).await;
    let mut half = tokio::net::TcpStream::connect(bridge.http).await.unwrap();
    let head = format!(
        "POST /whip HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {BREST}\r\n\
         Content-Type: application/sdp\r\nContent-Length: 1000\r\n\r\nv=0\r\n"
    );
    half.write_all(head.as_bytes()).await.unwrap();
    let mut garbage = tokio::net::TcpStream::connect(bridge.http).await.unwrap();
    garbage
        .write_all(b"\x16\x03\x01\x02\x00 TLS to a plain port")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Whatever the answer is, the connection ends.
    let _ = within(garbage.read_to_end(&mut answer)).await;
    undisturbed(&bridge).await;
    let mut answer = [0; 12];
    within(half.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    bridge.stop().await;
}

/// A problem detail (RFC 9457) with all its parts.
async fn problem(response: reqwest::Response, status: u16) {
    let at = response.url().clone();
    assert_eq!(response.status(), status, "{at}");
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{at}"
    );
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["type"], "about:blank");
    assert_eq!(body["status"], status);
    for part in ["title", "detail"] {
        assert!(
            body[part].as_str().is_some_and(|text| !text.is_empty()),
            "{at}: {body}"
        );
    }
}

/// The other room and the chair still do what they came for.
async fn undisturbed(bridge: &Running) {
    let mut chair = Client::join(bridge, Role::Chair, CHAIR).await;
    let _loudeac = Client::join(bridge, Role::Room, LOUDEAC).await;
    let grant = FromClient::GrantFloor {
        room: "Loudéac".into(),
    };
    chair.say(grant).await;
    chair
        .until("Loudéac holds", |s| {
            s.floor.holder.as_deref() == Some("Loudéac")
        })
        .await;
}
