//! Boxes that get to know their bridge, as a chair, an installer and strangers bring it about: real processes, the code
//! read off the television.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/hall.rs"]
mod hall;

use std::process::Command;
use std::time::Duration;

use estrade_tests::{program, wait_for};
use hall::{Hall, PATIENCE, room_toml};
use pairing::wire::{Answer, Ask, Asked, Claim, Greeting, Hail, Session, Standing};
use pairing::{Answered, Code, Hardware, Hex, Key, PublicKey, Random, Terms, VERSION};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_box_with_a_name_and_an_address_joins_by_the_code_on_its_television_and_is_back_without_one()
 {
    let mut hall = Hall::open().await;
    let brest = hall.start("brest", &hall.settings("Brest", "stamp = 1"));
    let loudeac = hall.start("loudeac", &hall.settings("Loudéac", "stamp = 2"));
    for (room, name) in [(&brest, "Brest"), (&loudeac, "Loudéac")] {
        let code = hall.code(room).await;
        let request = hall.request(name).await;
        hall.type_code(&request, name, &code).await;
        hall.until_joined(room).await;
    }
    hall.give_floor("Brest").await;
    hall.until_sees(&loudeac, 1).await;

    // A pulled plug of the box, then of the bridge.
    brest.kill();
    let brest = hall.start_again("brest");
    hall.until_joined(&brest).await;
    hall.kill_bridge();
    hall.start_bridge();
    hall.until_joined(&brest).await;
    hall.until_joined(&loudeac).await;
    assert_eq!(hall.shown(&brest).await, Value::Null);

    // The right to join is taken: out at once, and told.
    let boxes = hall.list().await["boxes"].clone();
    assert_eq!(boxes.as_array().unwrap().len(), 2, "{boxes}");
    let key = boxes[0]["key"].as_str().unwrap();
    assert_eq!(boxes[0]["room"], "Brest");
    hall.chair_deletes(&format!("pairing/boxes/{key}")).await;
    let fault = hall.until_told(&brest, "a retiré à ce boîtier").await;
    assert_eq!(fault["code"], "");
    assert!(!hall.is_joined(&brest).await);
    assert!(hall.is_joined(&loudeac).await);
    brest.kill();
    let brest = hall.start_again("brest");
    hall.until_told(&brest, "a retiré à ce boîtier").await;

    // On the spot it is paired anew: another key, another code.
    hall.press(&brest, "pair-anew").await;
    let code = hall.code(&brest).await;
    let request = hall.request("Brest").await;
    hall.type_code(&request, "Brest", &code).await;
    hall.until_joined(&brest).await;
    hall.assert_no_secret_in_logs(&[&code]);
}

#[tokio::test]
async fn five_wrong_codes_and_the_television_shows_another() {
    let hall = Hall::open().await;
    let brest = hall.start("brest", &hall.settings("Brest", "stamp = 1"));
    let code = hall.code(&brest).await;
    let wrong = if code == "AAAAAA" { "CCCCCC" } else { "AAAAAA" };
    let request = hall.request("Brest").await;
    for tries in 1..=5 {
        hall.type_code(&request, "Brest", wrong).await;
        let tried = async || {
            let list = hall.list().await;
            let requests = list["requests"].as_array().unwrap();
            let same = requests.iter().find(|other| other["id"] == *request);
            match same {
                Some(same) => (same["tries"] == tries).then_some(()),
                None => (tries == 5).then_some(()),
            }
        };
        wait_for("the try is counted", PATIENCE, tried).await;
    }
    let refused = hall.try_code(&request, "Brest", &code).await;
    assert_eq!(refused, StatusCode::NOT_FOUND);
    hall.until_told(&brest, "trop de fois").await;
    let other = async || {
        let shown = hall.shown(&brest).await["code"].clone();
        let shown = shown.as_str().unwrap_or_default().to_owned();
        (!shown.is_empty() && shown != code).then_some(shown)
    };
    let (other, _) = wait_for("another code", Duration::from_secs(40), other).await;
    let told = hall.list().await["notices"].clone();
    assert_eq!(told[0]["incident"], "wrong_code", "{told}");
    assert_eq!(told[0]["times"], 5);
    let request = hall.request("Brest").await;
    hall.type_code(&request, "Brest", &other).await;
    hall.until_joined(&brest).await;
}

#[tokio::test]
async fn a_key_that_was_copied_to_another_machine_is_refused_and_the_chair_is_told() {
    let hall = Hall::open().await;
    let brest = hall.start("brest", &hall.settings("Brest", "stamp = 1"));
    let code = hall.code(&brest).await;
    let request = hall.request("Brest").await;
    hall.type_code(&request, "Brest", &code).await;
    hall.until_joined(&brest).await;
    for ending in ["key", "bridge.json"] {
        hall.copy(&format!("brest.{ending}"), &format!("thief.{ending}"));
    }
    let thief = hall.start(
        "thief",
        &hall.settings("Brest", "stamp = 2\nhardware = \"another\""),
    );
    hall.until_told(&thief, "celle d’un autre appareil").await;
    assert!(hall.is_joined(&brest).await, "the first is not disturbed");
    let notices = hall.list().await["notices"].clone();
    assert_eq!(notices[0]["incident"], "copied", "{notices}");
    assert_eq!(notices[0]["who"], "Brest");
}

#[tokio::test]
async fn an_invitation_of_the_command_lets_each_of_its_rooms_in_once() {
    let hall = Hall::open().await;
    let invited = Command::new(program())
        .args([
            "bridge",
            "invite",
            "--rooms",
            "Brest,Loudéac",
            "--hours",
            "48",
            "--config",
        ])
        .arg(hall.file("bridge.toml"))
        .output()
        .unwrap();
    let invitation = String::from_utf8(invited.stdout).unwrap().trim().to_owned();
    assert!(
        invited.status.success(),
        "{}",
        String::from_utf8_lossy(&invited.stderr)
    );
    assert_eq!(invitation.len(), 29, "{invitation}");
    let with = |name: &str, stamp: &str| {
        let bridge = format!("http://{}", hall.bridge_http());
        room_toml(
            name,
            &format!("{bridge}\"\ninvitation = \"{invitation}"),
            stamp,
        )
    };
    let (brest, second) = (with("Brest", "stamp = 1"), with("Brest", "stamp = 2"));
    let loudeac = with("Loudéac", "stamp = 3");
    let brest = hall.start("brest", &brest);
    hall.until_joined(&brest).await;
    let loudeac = hall.start("loudeac", &loudeac);
    hall.until_joined(&loudeac).await;
    let second = hall.start("second", &second);
    let told = hall
        .until_told(&second, "a déjà servi pour cette salle")
        .await;
    assert_ne!(told["code"], "", "the chair may let it in all the same");
    assert!(hall.is_joined(&brest).await);
    let list = hall.list().await;
    assert_eq!(list["invitations"][0]["rooms"][0]["spent"], true, "{list}");
    assert_eq!(list["notices"][0]["incident"], "bad_invitation");
    hall.assert_no_secret_in_logs(&[&invitation, &invitation[6..]]);
    let refused = Command::new(program())
        .args([
            "bridge", "invite", "--rooms", "Paris", "--hours", "48", "--config",
        ])
        .arg(hall.file("bridge.toml"))
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("its rooms are Brest, Loudéac"), "{said}");
}

#[tokio::test]
async fn over_an_encrypted_line_the_bridge_s_certificate_is_learned_with_the_code_and_no_other_is_taken()
 {
    let mut hall = Hall::open_encrypted().await;
    let address = format!("https://{}", hall.bridge().address("tls"));
    let brest = hall.start("brest", &room_toml("Brest", &address, "stamp = 1"));
    let code = hall.code(&brest).await;
    let request = hall.request("Brest").await;
    hall.type_code(&request, "Brest", &code).await;
    hall.until_joined(&brest).await;
    // Restarts on both sides change nothing.
    hall.kill_bridge();
    hall.start_bridge();
    hall.until_joined(&brest).await;
    brest.kill();
    let brest = hall.start_again("brest");
    hall.until_joined(&brest).await;

    // Somebody who has everything of the bridge but its certificate.
    hall.kill_bridge();
    let file = hall.file("bridge.pairing.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    let mut other: Value = serde_json::from_str(&kept).unwrap();
    assert!(!other["tls"]["certificate"].is_null());
    other["tls"] = Value::Null;
    std::fs::write(&file, other.to_string()).unwrap();
    hall.start_bridge();
    hall.until_told(&brest, "Le certificat du pont n’est pas celui d’avant")
        .await;
    assert!(!hall.is_joined(&brest).await);
    // The bridge itself is back.
    hall.kill_bridge();
    std::fs::write(&file, kept).unwrap();
    hall.start_bridge();
    hall.until_joined(&brest).await;
}

/// A box of a few lines, which remembers what it sent.
struct Stranger {
    key: Key,
    hardware: Hardware,
    random: Random,
}

impl Stranger {
    fn new(number: u8) -> Self {
        Self {
            key: Key::of_seed([number; 32]).unwrap(),
            hardware: Hardware::of(&[number]),
            random: Random::new([number; 32]),
        }
    }

    fn ask(&self, name: &str) -> Ask {
        Ask {
            version: VERSION,
            key: Hex(self.key.public().0),
            hardware: self.hardware.0,
            name: name.into(),
            channel: None,
            invitation: None,
        }
    }

    /// Its answer to what the chair typed, over this code.
    async fn answer(&mut self, hall: &Hall, asked: &Asked, code: &str) -> Answer {
        let id = asked.request.to_string();
        hall.type_code(&id, "Brest", code).await;
        let standing = hall.get(&format!("pairing/requests/{id}")).await;
        let Standing::Offered { room, element } = serde_json::from_value(standing).unwrap() else {
            panic!("nothing is offered");
        };
        let terms = Terms {
            request: asked.request,
            key: self.key.public(),
            hardware: self.hardware,
            name: "Brest".into(),
            room,
            bridge: PublicKey(asked.bridge.0),
            channel: None,
        };
        let secret = Code::parse(code).unwrap().secret();
        let answered = Answered::to(secret, terms, &element, &self.key, &mut self.random);
        let (_, element, proof) = answered.unwrap();
        Answer::new(element, proof)
    }

    async fn claim(&mut self, hall: &Hall) -> Claim {
        let hail = Hail {
            version: VERSION,
            key: Hex(self.key.public().0),
            nonce: Hex(self.random.bytes()),
        };
        let (_, greeting) = hall.post("pairing/greeting", &hail).await;
        let greeting: Greeting = serde_json::from_value(greeting).unwrap();
        let bridge = PublicKey(greeting.bridge.0);
        let key = self.key.public();
        let words = pairing::claim(bridge, key, &greeting.nonce, self.hardware);
        Claim {
            key: hail.key,
            hardware: self.hardware.0,
            nonce: greeting.nonce,
            signature: self.key.sign(&words).unwrap(),
        }
    }
}

#[tokio::test]
async fn whoever_recorded_an_exchange_can_do_nothing_with_it() {
    let hall = Hall::open().await;
    let mut stranger = Stranger::new(7);
    let code = "A3K7PX";
    let asked = async || {
        let (status, asked) = hall.post("pairing", &stranger.ask("Brest")).await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        serde_json::from_value::<Asked>(asked).unwrap()
    };
    let (first, path) = {
        let first = asked().await;
        let path = format!("pairing/requests/{}", first.request);
        (first, path)
    };
    let recorded = stranger.answer(&hall, &first, code).await;
    assert_eq!(hall.post(&path, &recorded).await.0, StatusCode::OK);
    let (status, said) = hall.post(&path, &recorded).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::NOT_FOUND, &json!("pairing_no_request"))
    );
    // To another request of the same box, with the same code.
    let (_, again) = hall.post("pairing", &stranger.ask("Brest")).await;
    let again: Asked = serde_json::from_value(again).unwrap();
    let path = format!("pairing/requests/{}", again.request);
    stranger.answer(&hall, &again, code).await;
    let (status, said) = hall.post(&path, &recorded).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::FORBIDDEN, &json!("pairing_wrong_code"))
    );
    // A claim is good once, and the token stands for the room.
    let claim = stranger.claim(&hall).await;
    let (_, session) = hall.post("pairing/session", &claim).await;
    let session: Session = serde_json::from_value(session).unwrap();
    let (status, said) = hall.post("pairing/session", &claim).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::FORBIDDEN, &json!("pairing_old_nonce"))
    );
    assert_eq!(hall.room_of(&session.token).await, "Brest");
    let list = hall.list().await;
    let key = list["boxes"][0]["key"].as_str().unwrap().to_owned();
    hall.chair_deletes(&format!("pairing/boxes/{key}")).await;
    assert_eq!(hall.room_of(&session.token).await, Value::Null);
}

#[tokio::test]
async fn somebody_in_between_who_puts_in_another_key_of_the_bridge_gets_nobody_paired() {
    let hall = Hall::open().await;
    let (_, asked) = hall.post("pairing", &Stranger::new(7).ask("Nobody")).await;
    let key = asked["bridge"].as_str().unwrap().to_owned();
    let false_key = Hex(Key::of_seed([66; 32]).unwrap().public().0).to_string();
    let between = hall::swapping(hall.bridge_http(), key, false_key).await;
    let settings = room_toml("Brest", &format!("http://{between}"), "stamp = 1");
    let brest = hall.start("brest", &settings);
    let code = hall.code(&brest).await;
    let request = hall.request("Brest").await;
    hall.type_code(&request, "Brest", &code).await;
    hall.until_told(&brest, "Ce n’était pas ce code").await;
    assert_eq!(hall.list().await["boxes"], json!([]));
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_a_flood_ends_at_the_door() {
    let hall = Hall::open().await;
    let long = "x".repeat(5000);
    for (path, body, status) in [
        ("pairing", long.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
        ("pairing", "", StatusCode::BAD_REQUEST),
        ("pairing", "[]", StatusCode::BAD_REQUEST),
        (
            "pairing",
            "{\"version\":1,\"key\":\"00\"}",
            StatusCode::BAD_REQUEST,
        ),
        ("pairing/requests/00", "{}", StatusCode::BAD_REQUEST),
        ("pairing/greeting", "\u{0}\u{ff}", StatusCode::BAD_REQUEST),
        ("pairing/session", "{\"key\":null}", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(
            hall.post_text(path, body).await,
            status,
            "{path} {}",
            body.len()
        );
    }
    for path in [
        "pairing/requests/zz",
        "pairing/requests/00112233445566778899aabbccddeeff",
    ] {
        assert_eq!(hall.status(path).await, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        hall.status("pairing").await,
        StatusCode::UNAUTHORIZED,
        "the list is the chair's"
    );
    let mut refused = 0;
    for number in 0..60 {
        let (status, _) = hall
            .post("pairing", &Stranger::new(number).ask("Brest"))
            .await;
        match status {
            StatusCode::CREATED => {}
            StatusCode::TOO_MANY_REQUESTS => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(refused >= 40, "{refused}");
    assert_eq!(hall.list().await["requests"].as_array().unwrap().len(), 16);
    assert_eq!(hall.status("healthz").await, StatusCode::OK);
}
