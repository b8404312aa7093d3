//! Decks over HTTP, as the console and a box ask for them.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::net::SocketAddr;
use std::time::Duration;

use conference::wire::{DeckState, DeckView, Role, State};
use estrade_tests::wait_for;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{CHAIR, Client, within};

/// LibreOffice's first start on a loaded machine.
const OFFICE: Duration = Duration::from_secs(120);

pub fn deck(state: &State, speaker: usize) -> Option<&DeckView> {
    state.programme.speakers.get(speaker)?.deck.as_ref()
}

pub async fn until(
    chair: &mut Client,
    speaker: usize,
    what: &str,
    wanted: impl Fn(&DeckView) -> bool,
) {
    chair
        .until(what, |state| deck(state, speaker).is_some_and(&wanted))
        .await;
}

/// Waits until some pages of a deck are made, and others are not.
pub async fn half_made(http: SocketAddr, speaker: usize) {
    let some = async || {
        let chair = Client::join_at(http, Role::Chair, CHAIR).await;
        let state = &deck(&chair.state, speaker)?.state;
        matches!(state, DeckState::Rendering { done: 1.., .. }).then_some(())
    };
    wait_for("some pages are made", OFFICE, some).await;
}

/// Waits until a deck is ready with so many pages; its address.
pub async fn ready(chair: &mut Client, speaker: usize, count: u16) -> String {
    until(
        chair,
        speaker,
        "the deck is ready",
        |deck| matches!(deck.state, DeckState::Ready { pages, .. } if pages == count),
    )
    .await;
    match &deck(&chair.state, speaker).unwrap().state {
        DeckState::Ready { id, .. } => id.clone(),
        DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. } => {
            unreachable!()
        }
    }
}

/// What becomes of a deck, however long LibreOffice takes.
pub async fn settled(http: SocketAddr, speaker: usize) -> DeckState {
    let state = async || {
        let chair = Client::join_at(http, Role::Chair, CHAIR).await;
        let state = deck(&chair.state, speaker)?.state.clone();
        match state {
            DeckState::Ready { .. } | DeckState::Failed { .. } => Some(state),
            DeckState::Missing | DeckState::Rendering { .. } => None,
        }
    };
    wait_for("the deck is ready or failed", OFFICE, state)
        .await
        .0
}

pub async fn bring(http: SocketAddr, speaker: usize, name: &str, file: Vec<u8>) -> Response {
    let path = format!("/decks?speaker={speaker}&name={name}");
    send(http, Method::POST, &path, CHAIR, file).await
}

pub async fn get(http: SocketAddr, path: &str, token: &str) -> Response {
    send(http, Method::GET, path, token, Vec::new()).await
}

pub async fn send(
    http: SocketAddr,
    method: Method,
    path: &str,
    token: &str,
    body: Vec<u8>,
) -> Response {
    let request = client().request(method, format!("http://{http}{path}"));
    within(request.bearer_auth(token).body(body).send())
        .await
        .unwrap()
}

pub fn client() -> reqwest::Client {
    estrade_tests::http().no_proxy().build().unwrap()
}

/// A problem detail (RFC 9457) that says this.
pub async fn problem(response: Response, status: u16, why: &str) {
    assert_eq!(response.status(), status, "{why}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status);
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains(why), "{detail}");
}

pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Width, height, and red, green, blue of each pixel.
pub fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels)
}
