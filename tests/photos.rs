//! Speakers' photos, as a person and a box meet them: brought, named by a programme, fetched, shown in a room, and what is
//! said of files that are none.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/fetching.rs"]
mod fetching;

#[path = "support/photos.rs"]
mod portraits;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use conference::wire::{FromClient, PhotoState, PhotoView, Role, SceneView, State};
use estrade_tests::{Service, wait_for};
use fetching::{decoded, get, hex, problem, send};
use portraits::{face, photo};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{BREST, CHAIR, Client, LOUDEAC, Running, VIEWER, settings, within, write_settings};

/// Two speakers; the first one's photo lies beside the programme, or is still to be brought.
const TWO: &str = r#"
title = "Les métiers du bois"
rooms = ["Loudéac", "Brest"]

[[speaker]]
name = "Anne Le Goff"
room = "Brest"
photo = "anne.png"

[[speaker]]
name = "Yann Kervella"
room = "Loudéac"
"#;

const GREEN: [u8; 3] = [20, 160, 60];
const MAGENTA: [u8; 3] = [200, 30, 160];

#[tokio::test]
async fn a_photo_is_brought_named_and_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    chair
        .until("it is missed", |s| {
            state(s, 0) == Some(&PhotoState::Missing)
        })
        .await;
    let kept = brought(&bridge, "anne.png", photo(GREEN)).await;
    assert_eq!(kept["name"], "anne.png");
    let id = kept["id"].as_str().unwrap().to_owned();
    let ready = PhotoState::Ready {
        id: id.clone(),
        bytes: kept["bytes"].as_u64().unwrap(),
    };
    chair
        .until("it is there", |s| state(s, 0) == Some(&ready))
        .await;

    let answer = get(bridge.http, &format!("/photos/{id}"), LOUDEAC).await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.headers()["etag"], format!("\"{id}\"").as_str());
    let caching = answer.headers()["cache-control"].to_str().unwrap();
    assert!(caching.contains("immutable"), "{caching}");
    let picture = answer.bytes().await.unwrap();
    assert_eq!(
        hex(&Sha256::digest(&picture)),
        id,
        "its address is its hash"
    );
    let (width, height, pixels) = decoded(&picture);
    assert_eq!((width, height), (480, 480));
    assert_eq!(pixels[..3], GREEN);

    // What a telephone calls the same is another photo all the same, and both programmes keep theirs.
    let other = brought(&bridge, "anne.png", photo(MAGENTA)).await;
    assert_eq!(other["name"], "anne-2.png");
    let named = get(bridge.http, "/photos?name=anne-2.png", CHAIR).await;
    let (_, _, pixels) = decoded(&named.bytes().await.unwrap());
    assert_eq!(pixels[..3], MAGENTA);
    assert_eq!(brought(&bridge, "anne.png", photo(GREEN)).await, kept);
    bridge.stop().await;
}

#[tokio::test]
async fn a_form_names_a_photo_and_the_file_of_the_programme_does_too() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let kept = brought(&bridge, "yann.png", photo(MAGENTA)).await;
    let form = ask(&bridge, Method::GET, "application/json", String::new()).await;
    let mut draft: Value = form.json().await.unwrap();
    assert_eq!(draft["speakers"][0]["photo"], "anne.png");
    draft["speakers"][1]["photo"] = kept["name"].clone();
    draft["speakers"][0]["photo"] = json!(null);
    let put = ask(&bridge, Method::PUT, "application/json", draft.to_string()).await;
    assert_eq!(put.status(), StatusCode::OK);
    chair
        .until("Yann has a photo, and Anne none", |s| {
            let ready = matches!(state(s, 1), Some(PhotoState::Ready { .. }));
            ready && state(s, 0).is_none()
        })
        .await;
    let toml = ask(&bridge, Method::GET, "application/toml", String::new()).await;
    let toml = toml.text().await.unwrap();
    assert!(toml.contains("photo = \"yann.png\""), "{toml}");
    let put = ask(&bridge, Method::PUT, "application/toml", TWO.into()).await;
    assert_eq!(put.status(), StatusCode::OK);
    chair
        .until("Anne's is missed again", |s| {
            state(s, 0) == Some(&PhotoState::Missing) && state(s, 1).is_none()
        })
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_file_beside_the_programme_is_taken_in_and_one_that_is_no_photo_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("anne.png"), photo(GREEN)).unwrap();
    std::fs::write(folder.path().join("yann.png"), "Bonjour").unwrap();
    let second = "room = \"Loudéac\"\nphoto = \"yann.png\"";
    let programme = TWO.replace("room = \"Loudéac\"", second);
    let bridge = Running::start_in(folder.path(), &settings(), &programme).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    chair
        .until("both are looked at", |s| {
            let failed =
                matches!(state(s, 1), Some(PhotoState::Failed(why)) if why.code == "photo_unknown");
            failed && matches!(state(s, 0), Some(PhotoState::Ready { .. }))
        })
        .await;
    let answer = get(bridge.http, "/photos?name=yann.png", CHAIR).await;
    assert_eq!(coded(answer, 422).await, "photo_unknown");
    // Mended, and the programme saved again.
    std::fs::write(folder.path().join("yann.png"), photo(MAGENTA)).unwrap();
    let put = ask(&bridge, Method::PUT, "application/toml", programme).await;
    assert_eq!(put.status(), StatusCode::OK);
    chair
        .until("it is a photo now", |s| {
            matches!(state(s, 1), Some(PhotoState::Ready { .. }))
        })
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_room_shows_the_photo_on_the_opening_slide() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    brought(&bridge, "anne.png", photo(MAGENTA)).await;
    let room = Service::start("room", &room_settings(folder.path(), bridge.http));
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    chair
        .until("the box is there", |s| s.room("Brest").unwrap().present)
        .await;
    chair.say(FromClient::GoTo { item: 2 }).await;
    chair
        .until("the speakers are presented", |s| {
            s.evening.scene == SceneView::Speakers
        })
        .await;
    let screen = format!("http://{}/screen.png", room.address("web"));
    let http = fetching::client();
    let shown = async || {
        let answer = http.get(&screen).send().await.ok()?;
        // Nothing is shown in the first moments.
        let picture = answer.error_for_status().ok()?.bytes().await.ok()?;
        let (width, _, pixels) = decoded(&picture);
        let near = |colour: &[u8]| {
            let far = colour.iter().zip(MAGENTA).map(|(a, b)| a.abs_diff(b));
            far.max() < Some(30)
        };
        let (mut within, mut beside) = (0, 0);
        for (at, pixel) in pixels.chunks_exact(3).enumerate() {
            match at % width as usize {
                x if x < width as usize / 2 => within += usize::from(near(pixel)),
                _ => beside += usize::from(near(pixel)),
            }
        }
        // A circle on Anne's card, at the left, and none on Yann's.
        ((6000..40_000).contains(&within) && beside == 0).then_some(())
    };
    wait_for(
        "the photo on the television",
        Duration::from_secs(20),
        shown,
    )
    .await;
    let kept = std::fs::read_dir(folder.path().join("box/decks")).unwrap();
    assert_eq!(kept.count(), 1, "in the folder of the decks");
    room.stop();
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_no_photo_is_told_at_once_and_nothing_is_kept_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let cut_off = photo(GREEN);
    let mut bomb = photo(GREEN);
    // 60000 by 60000 pixels, by the head; the sum over it is wrong then, which is told as broken.
    bomb[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    for (file, code) in [
        (Vec::new(), "photo_empty"),
        (b"Bonjour".to_vec(), "photo_unknown"),
        (b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), "photo_heic"),
        (cut_off[..cut_off.len() / 2].to_vec(), "photo_broken"),
        (bomb, "photo_broken"),
    ] {
        let answer = bring(bridge.http, "a.jpg", file, CHAIR).await;
        assert_eq!(coded(answer, 415).await, code);
    }
    let long = vec![b'x'; 15_000_001];
    let answer = bring(bridge.http, "a.jpg", long, CHAIR).await;
    assert_eq!(coded(answer, 413).await, "photo_too_large");
    for (query, why) in [
        ("", "name=FILE"),
        ("?name=", "1 to 100 characters"),
        ("?name=a%00b", "1 to 100 characters"),
        ("?name=..%2Fa.jpg", "1 to 100 characters"),
    ] {
        let path = format!("/photos{query}");
        let answer = send(bridge.http, Method::POST, &path, CHAIR, photo(GREEN)).await;
        problem(answer, 400, why).await;
    }
    let photos = folder.path().join("decks/photos");
    let left = std::fs::read_dir(photos.join("incoming")).unwrap();
    assert_eq!(left.count(), 0, "nothing is left of them");
    assert!(!photos.join("index.json").exists());
    bridge.stop().await;
}

#[tokio::test]
async fn only_who_may_gets_in_and_no_path_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let kept = brought(&bridge, "anne.png", photo(GREEN)).await;
    let path = format!("/photos/{}", kept["id"].as_str().unwrap());
    for token in [BREST, VIEWER, "wrong", ""] {
        let answer = bring(bridge.http, "a.png", photo(GREEN), token).await;
        problem(answer, 401, "only the chair may").await;
        let answer = get(bridge.http, "/photos?name=anne.png", token).await;
        problem(answer, 401, "only the chair may").await;
    }
    for token in [VIEWER, "wrong", ""] {
        let answer = get(bridge.http, &path, token).await;
        problem(answer, 401, "only the chair and the rooms may").await;
    }
    for path in [
        format!("/photos/{}", "0".repeat(64)),
        format!("{path}.png"),
        path.to_uppercase().replace("/PHOTOS", "/photos"),
        "/photos/index.json".into(),
        "/photos/..%2Findex.json".into(),
        "/photos?name=..%2Fevening.toml".into(),
    ] {
        let answer = get(bridge.http, &path, CHAIR).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn without_a_folder_it_is_said_what_to_write() {
    let bridge = Running::start_with(&settings(), TWO).await;
    let answer = bring(bridge.http, "anne.png", photo(GREEN), CHAIR).await;
    assert_eq!(coded(answer, 409).await, "photos_no_folder");
    bridge.stop().await;
}

#[tokio::test]
async fn photos_outlive_a_killed_bridge() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &settings(), TWO);
    let bridge = Service::start("bridge", &file);
    let http = bridge.address("http");
    let answer = bring(http, "anne.png", face(GREEN), CHAIR).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let kept: Value = answer.json().await.unwrap();
    bridge.kill();
    let bridge = Service::start("bridge", &file);
    let http = bridge.address("http");
    let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
    let id = kept["id"].as_str().unwrap();
    chair
        .until(
            "it is there again",
            |s| matches!(state(s, 0), Some(PhotoState::Ready { id: now, .. }) if now == id),
        )
        .await;
    let answer = get(http, &format!("/photos/{id}"), BREST).await;
    assert_eq!(answer.status(), StatusCode::OK);
    bridge.stop();
}

fn state(state: &State, speaker: usize) -> Option<&PhotoState> {
    let photo: Option<&PhotoView> = state.programme.speakers.get(speaker)?.photo.as_ref();
    Some(&photo?.state)
}

async fn bring(http: SocketAddr, name: &str, file: Vec<u8>, token: &str) -> Response {
    let path = format!("/photos?name={name}");
    send(http, Method::POST, &path, token, file).await
}

async fn brought(bridge: &Running, name: &str, file: Vec<u8>) -> Value {
    let answer = bring(bridge.http, name, file, CHAIR).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.unwrap()
}

/// The code of a problem.
async fn coded(answer: Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    let body: Value = answer.json().await.unwrap();
    body["code"].as_str().unwrap().to_owned()
}

/// The programme, read or put in this form.
async fn ask(bridge: &Running, method: Method, kind: &str, body: String) -> Response {
    let request = fetching::client().request(method, bridge.url("/programme"));
    let request = request.bearer_auth(CHAIR).header("accept", kind);
    let request = request.header("content-type", kind).body(body);
    within(request.send()).await.unwrap()
}

/// The settings of a box in Brest.
fn room_settings(folder: &Path, bridge: SocketAddr) -> std::path::PathBuf {
    let folder = folder.join("box");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("room.toml");
    let text = format!(
        "name = \"Brest\"\n[bridge]\naddress = \"http://{bridge}\"\ntoken = \"{BREST}\"\n\
         [devices]\ncamera = \"test\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n\
         [picture]\nwidth = 640\nheight = 360\nkbit_per_second = 800\n\
         [screen]\nwidth = 1280\nheight = 720\n[web]\nlisten = \"127.0.0.1:0\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}
