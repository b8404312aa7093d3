//! The bridge as a room and a chair meet it: control, floor, resuming, replacing.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use conference::wire::{
    Device, ErrorCode, FromBridge, FromClient, Reason, Resume, Role, Status, VERSION,
};
use support::{BREST, CHAIR, Client, LOUDEAC, OFFER, Running, settings};

#[tokio::test]
async fn the_floor_passes_from_room_to_room() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    let mut loudeac = Client::join(&bridge, Role::Room, LOUDEAC).await;

    brest.say(FromClient::RequestFloor {}).await;
    chair
        .until("Brest asks", |state| state.floor.queue == ["Brest"])
        .await;
    chair.say(grant("Brest")).await;
    for client in [&mut chair, &mut brest, &mut loudeac] {
        client
            .until("Brest holds", |state| {
                state.floor.holder.as_deref() == Some("Brest")
                    && state.floor.queue.is_empty()
                    && !state.room("Loudéac").unwrap().microphone_open
                    && state.room("Brest").unwrap().microphone_open
            })
            .await;
    }
    chair.say(FromClient::RevokeFloor {}).await;
    loudeac
        .until("the floor is free", |state| {
            state.floor.holder.is_none()
                && state.floor.last_holder.as_deref() == Some("Brest")
                && state.room("Loudéac").unwrap().microphone_open
        })
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn the_first_in_the_queue_gets_a_free_floor_when_that_is_the_rule() {
    let settings = format!("floor = \"first_in_queue\"\n{}", settings());
    let bridge = Running::start(&settings).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    brest.say(FromClient::RequestFloor {}).await;
    brest
        .until("Brest holds", |s| {
            s.floor.holder.as_deref() == Some("Brest")
        })
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_room_tells_how_its_devices_are_until_it_leaves() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    let status = Status {
        muted: true,
        camera: Device::Missing("unplugged".into()),
        ..Status::default()
    };
    brest.say(FromClient::Status(status.clone())).await;
    chair
        .until("the status", |s| s.room("Brest").unwrap().status == status)
        .await;
    drop(brest);
    chair
        .until("Brest is away", |s| {
            let brest = s.room("Brest").unwrap();
            !brest.present && brest.status == Status::default()
        })
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn who_resumes_hears_only_what_it_missed() {
    let bridge = Running::start(&settings()).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    let mut first = Client::join(&bridge, Role::Chair, CHAIR).await;
    let resume = Resume {
        session: first.session.clone(),
        seq: first.seq,
    };
    let mut state = first.state.clone();
    brest.say(FromClient::RequestFloor {}).await;
    first
        .until("Brest asks", |s| !s.floor.queue.is_empty())
        .await;

    let mut again = Client::connect(&bridge).await;
    again.seq = resume.seq;
    again.hello(Role::Chair, CHAIR, Some(resume)).await;
    assert!(matches!(
        again.hear().await,
        FromBridge::Welcome { room: None, .. }
    ));
    while again.seq < first.seq {
        match again.hear().await {
            FromBridge::Event { event, .. } => state.apply(event),
            other @ (FromBridge::Welcome { .. }
            | FromBridge::Snapshot { .. }
            | FromBridge::Levels { .. }
            | FromBridge::Check { .. }
            | FromBridge::Refused { .. }
            | FromBridge::Error { .. }) => panic!("only events were missed: {other:?}"),
        }
    }
    assert_eq!(state, first.state);
    bridge.stop().await;
}

#[tokio::test]
async fn who_knew_another_run_gets_a_snapshot() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::connect(&bridge).await;
    let resume = Resume {
        session: "another".into(),
        seq: 3,
    };
    chair.hello(Role::Chair, CHAIR, Some(resume)).await;
    assert!(matches!(chair.hear().await, FromBridge::Welcome { .. }));
    assert!(matches!(chair.hear().await, FromBridge::Snapshot { .. }));
    assert_eq!(chair.state.rooms.len(), 2);
    bridge.stop().await;
}

#[tokio::test]
async fn a_second_box_replaces_the_first_and_the_room_stays_present() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut first = Client::join(&bridge, Role::Room, BREST).await;
    chair
        .until("Brest", |s| s.room("Brest").unwrap().present)
        .await;
    let seq = chair.seq;
    let mut second = Client::join(&bridge, Role::Room, BREST).await;
    assert_eq!(error_code(first.answer().await), ErrorCode::Replaced);
    assert_eq!(first.listen().await, None);

    second.say(FromClient::RequestFloor {}).await;
    chair
        .until("Brest asks", |s| s.floor.queue == ["Brest"])
        .await;
    assert_eq!(
        chair.seq,
        seq + 1,
        "the change of boxes is no change of the room"
    );
    bridge.stop().await;
}

#[tokio::test]
async fn the_rules_answer_with_the_request_and_the_reason() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    for (request, name, reason) in [
        (
            grant("Brest"),
            "grant_floor",
            Reason::new("not_present", "the room is not connected"),
        ),
        (
            grant("Paris"),
            "grant_floor",
            Reason::new("unknown_room", "no such room"),
        ),
        (
            FromClient::RevokeFloor {},
            "revoke_floor",
            Reason::new("floor_free", "nobody holds the floor"),
        ),
    ] {
        chair.say(request).await;
        assert_eq!(
            chair.answer().await,
            FromBridge::Refused {
                request: name.into(),
                reason
            }
        );
    }
    bridge.stop().await;
}

#[tokio::test]
async fn nobody_says_what_is_not_theirs_to_say() {
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    brest.say(grant("Brest")).await;
    assert_eq!(error_code(brest.answer().await), ErrorCode::Forbidden);
    brest.hello(Role::Chair, CHAIR, None).await;
    assert_eq!(error_code(brest.answer().await), ErrorCode::Forbidden);
    chair.say(FromClient::RequestFloor {}).await;
    assert_eq!(error_code(chair.answer().await), ErrorCode::Forbidden);
    brest.say(FromClient::RequestFloor {}).await;
    chair
        .until("Brest asks", |s| s.floor.queue == ["Brest"])
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_wrong_token_or_version_ends_the_connection() {
    let bridge = Running::start(&settings()).await;
    for (version, role, token, code) in [
        (VERSION, Role::Room, CHAIR, ErrorCode::Token),
        (VERSION, Role::Chair, BREST, ErrorCode::Token),
        (VERSION, Role::Chair, "", ErrorCode::Token),
        (VERSION + 1, Role::Chair, CHAIR, ErrorCode::Version),
    ] {
        let mut client = Client::connect(&bridge).await;
        client
            .say(FromClient::Hello {
                version,
                role,
                token: token.into(),
                resume: None,
            })
            .await;
        assert_eq!(error_code(client.hear().await), code);
        assert_eq!(client.listen().await, None);
    }
    bridge.stop().await;
}

#[tokio::test]
async fn health_is_json() {
    let bridge = Running::start(&settings()).await;
    let health: serde_json::Value = reqwest::get(bridge.url("/healthz"))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(health["status"], "ok");
    bridge.stop().await;
}

#[tokio::test]
async fn the_medias_figures_are_for_the_chair() {
    let bridge = Running::start(&settings()).await;
    let http = estrade_tests::http().build().unwrap();
    let url = bridge.url("/api/media");
    assert_eq!(http.get(&url).send().await.unwrap().status(), 401);
    let room = http.get(&url).bearer_auth(BREST).send().await.unwrap();
    assert_eq!(room.status(), 401);
    let published = publish(&bridge, &http).await;
    assert_eq!(published.status(), 201);
    let chair = http.get(&url).bearer_auth(CHAIR).send().await.unwrap();
    let figures: serde_json::Value = chair.json().await.unwrap();
    assert_eq!(figures["rooms"]["Brest"]["connected"], false);
    bridge.stop().await;
}

#[tokio::test]
async fn a_room_publishes_and_ends_by_whip() {
    let bridge = Running::start(&settings()).await;
    let http = estrade_tests::http().build().unwrap();
    let first = publish(&bridge, &http).await;
    assert_eq!(first.status(), 201);
    assert_eq!(first.headers()["content-type"], "application/sdp");
    assert!(first.headers()["etag"].to_str().unwrap().starts_with('"'));
    assert_eq!(first.headers()["access-control-allow-origin"], "*");
    let exposed = first.headers()["access-control-expose-headers"].clone();
    assert!(exposed.to_str().unwrap().contains("Location"));
    let location = location(&first);
    assert!(
        location.starts_with("/whip/") && location.len() > 30,
        "{location}"
    );
    let answer = first.text().await.unwrap();
    assert!(answer.contains("a=ice-lite"), "{answer}");
    assert!(answer.contains(&format!(" {} typ host", bridge.media.port())));

    let patch = http.patch(bridge.url(&location)).send().await.unwrap();
    assert_eq!(patch.status(), 405);
    assert_eq!(patch.headers()["allow"], "DELETE, OPTIONS");
    let url = bridge.url(&location);
    assert_eq!(http.delete(&url).send().await.unwrap().status(), 200);
    assert_eq!(http.delete(&url).send().await.unwrap().status(), 404);
    bridge.stop().await;
}

#[tokio::test]
async fn a_second_publish_takes_the_place_of_the_first() {
    let bridge = Running::start(&settings()).await;
    let http = estrade_tests::http().build().unwrap();
    let first = location(&publish(&bridge, &http).await);
    let refused = http
        .post(bridge.url("/whip"))
        .bearer_auth(BREST)
        .header("content-type", "application/sdp")
        .body("v=0\r\nnothing more")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400, "and the first session goes on");
    let second = location(&publish(&bridge, &http).await);
    assert_ne!(first, second);
    let end = |location: &str| http.delete(bridge.url(location)).send();
    assert_eq!(end(&first).await.unwrap().status(), 404);
    assert_eq!(end(&second).await.unwrap().status(), 200);
    bridge.stop().await;
}

#[tokio::test]
async fn offers_are_welcome_from_other_origins() {
    let bridge = Running::start(&settings()).await;
    let http = estrade_tests::http().build().unwrap();
    for path in ["/whip", "/whep", "/whip/x", "/whep/x"] {
        let options = http
            .request(reqwest::Method::OPTIONS, bridge.url(path))
            .send()
            .await
            .unwrap();
        assert_eq!(options.status(), 200);
        assert_eq!(options.headers()["accept-post"], "application/sdp");
        assert_eq!(options.headers()["access-control-allow-origin"], "*");
        let methods = options.headers()["access-control-allow-methods"].to_str();
        assert!(methods.unwrap().contains("DELETE"));
    }
    bridge.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_in_words() {
    let bridge = Running::start(&settings()).await;
    let taken = settings().replacen("127.0.0.1:0", &bridge.http.to_string(), 1);
    let config = bridge::Config::parse(&taken, "bridge.toml").unwrap();
    let error = bridge::Bridge::bind(config)
        .await
        .err()
        .unwrap()
        .to_string();
    let port = bridge.http.port();
    assert!(error.contains(&format!("port {port} is taken")), "{error}");
    bridge.stop().await;
}

async fn publish(bridge: &Running, http: &reqwest::Client) -> reqwest::Response {
    http.post(bridge.url("/whip"))
        .bearer_auth(BREST)
        .header("content-type", "application/sdp")
        .body(OFFER)
        .send()
        .await
        .unwrap()
}

fn location(response: &reqwest::Response) -> String {
    let location = response.headers()["location"].to_str();
    location.unwrap().to_owned()
}

fn grant(room: &str) -> FromClient {
    FromClient::GrantFloor { room: room.into() }
}

fn error_code(message: FromBridge) -> ErrorCode {
    let FromBridge::Error { code, .. } = message else {
        panic!("an error was expected, not {message:?}");
    };
    code
}
