//! Who may see the page: whoever is on the box itself, and who has read a code from its television.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::door::{Door, LASTS, Refusal, Secret};
use super::panel::is_meant;
use super::{Box, html};
use crate::machine::Input;

/// What a browser keeps the session in.
const COOKIE: &str = "estrade";
/// A code, and what somebody types beside it.
const BODY: usize = 1024;

/// Who may come in.
#[derive(Clone, Debug)]
pub struct Access {
    /// Whether the page can be reached from this machine alone.
    here_alone: bool,
    door: Arc<Mutex<Door>>,
}

impl Access {
    /// The access to a page that listens there.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            here_alone: listen.ip().is_loopback(),
            door: Arc::default(),
        }
    }

    fn allows(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let peer = peer.to_canonical();
        self.here_alone
            || peer == Ipv4Addr::LOCALHOST
            || peer == Ipv6Addr::LOCALHOST
            || session(headers).is_some_and(|secret| self.door().knows(&secret, crate::now()))
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn routes() -> Router<Box> {
    Router::new()
        .route("/login", get(page))
        .route("/login/code", post(show))
        .route("/login/open", post(open))
        .layer(DefaultBodyLimit::max(BODY))
}

/// What everybody may see: how the box is, in figures, and how to come in.
fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/metrics" | "/login")
        || path.starts_with("/login/")
        || path.starts_with("/assets/")
}

/// Stands before every address of the page.
pub(super) async fn guard(
    State(the_box): State<Box>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if is_public(path) || the_box.access.allows(peer.ip(), request.headers()) {
        return next.run(request).await;
    }
    if path == "/" {
        return Redirect::to("/login").into_response();
    }
    let reason = "the box's page asks for a code first: open /login";
    (StatusCode::UNAUTHORIZED, reason).into_response()
}

async fn page(State(the_box): State<Box>) -> Response {
    html(&the_box, include_str!("login.html"))
}

/// Has a code written on the television.
async fn show(State(the_box): State<Box>, headers: HeaderMap) -> Response {
    if !is_meant(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(random) = getrandom::u64() else {
        return no_random();
    };
    let asked = the_box.access.door().ask(random, crate::now());
    match asked {
        Ok(code) => {
            tracing::info!("a code for the box's page is on the television");
            the_box.tell(Input::Code(Some(code))).await.into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

#[derive(Deserialize)]
struct Typed {
    code: String,
}

/// Lets in who has the code.
async fn open(
    State(the_box): State<Box>,
    headers: HeaderMap,
    Json(Typed { code }): Json<Typed>,
) -> Response {
    if !is_meant(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut secret = Secret::default();
    if getrandom::fill(&mut secret).is_err() {
        return no_random();
    }
    let opened = the_box.access.door().open(&code, &secret, crate::now());
    if matches!(opened, Ok(()) | Err(Refusal::Wrong(0))) {
        // It is good for nothing any more.
        the_box.tell(Input::Code(None)).await;
    }
    match opened {
        Ok(()) => {
            tracing::info!("somebody came to the box's page with the code of its television");
            let cookie = format!(
                "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}",
                hex(&secret),
                LASTS.as_secs()
            );
            (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
        }
        Err(refusal) => {
            tracing::warn!(?refusal, "somebody was not let into the box's page");
            refused(refusal)
        }
    }
}

/// The page has words for it.
fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Often(wait) => {
            let seconds = wait.as_secs() + 1;
            let answer = Json(json!({ "refused": "often", "seconds": seconds }));
            let wait = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait, answer).into_response()
        }
        Refusal::None => {
            (StatusCode::FORBIDDEN, Json(json!({ "refused": "none" }))).into_response()
        }
        Refusal::Wrong(left) => {
            let answer = Json(json!({ "refused": "wrong", "left": left }));
            (StatusCode::FORBIDDEN, answer).into_response()
        }
    }
}

fn no_random() -> Response {
    let reason = "no random numbers from the operating system";
    (StatusCode::INTERNAL_SERVER_ERROR, reason).into_response()
}

fn hex(secret: &Secret) -> String {
    let mut text = String::new();
    for byte in secret {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The secret in a request's cookie.
fn session(headers: &HeaderMap) -> Option<Secret> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let mut cookies = cookies.flat_map(|value| value.to_str().unwrap_or_default().split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        secret(value).filter(|_| name == COOKIE)
    })
}

fn secret(hex: &str) -> Option<Secret> {
    let mut secret = Secret::default();
    if hex.len() != 2 * secret.len() || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (n, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(cookie: &str) -> HeaderMap {
        [(header::COOKIE, cookie.parse().unwrap())]
            .into_iter()
            .collect()
    }

    #[test]
    fn only_who_is_on_the_machine_or_has_a_session_comes_in() {
        let none = HeaderMap::new();
        let allows = |listen: &str, peer: &str| {
            let access = Access::new(listen.parse().unwrap());
            access.allows(peer.parse().unwrap(), &none)
        };
        assert!(allows("127.0.0.1:80", "127.0.0.1"));
        assert!(allows("127.0.0.1:80", "127.0.0.2"));
        for listen in ["0.0.0.0:80", "[::]:80", "192.168.1.7:80"] {
            assert!(allows(listen, "127.0.0.1") && allows(listen, "::1"));
            assert!(allows(listen, "::ffff:127.0.0.1"));
            for peer in ["192.168.1.7", "127.0.0.2", "fe80::1", "::ffff:10.0.0.1"] {
                assert!(!allows(listen, peer), "{listen} {peer}");
            }
        }
    }

    #[test]
    fn a_session_s_cookie_is_found_among_others() {
        let secret = [0xa7; 32];
        let cookie = format!("x=1; {COOKIE}={}; y", hex(&secret));
        assert_eq!(session(&with(&cookie)), Some(secret));
        assert_eq!(session(&with(&cookie.replace(COOKIE, "other"))), None);
        assert_eq!(session(&with(&cookie.replace("a7;", ";"))), None);
    }

    proptest! {
        #[test]
        fn no_cookie_makes_it_panic(cookie in "[ -~é]{0,80}|estrade=[0-9a-fé+]{60,66}") {
            if let Ok(value) = cookie.parse() {
                session(&[(header::COOKIE, value)].into_iter().collect());
            }
        }
    }

    #[test]
    fn everything_but_figures_and_the_way_in_is_closed() {
        for path in [
            "/",
            "/status",
            "/loginx",
            "/assetsx",
            "/panel/mute",
            "/healthz/",
        ] {
            assert!(!is_public(path), "{path}");
        }
    }
}
