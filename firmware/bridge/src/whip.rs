//! WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): offers in, answers out, sessions ended.
//!
//! Neither trickle ICE nor ICE restarts: the bridge is ICE-lite and its answer holds all its
//! candidates, so a client sends one POST, and one DELETE at the end.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response, sse};
use axum::routing::{get, options, post};
use conference::wire::Shows;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::actor::{OpenError, Opened, Party};
use crate::auth;
use crate::media::MediaError;
use crate::problem::Problem;
use crate::server::{App, random_id};
use crate::sfu::SdpRefusal;

/// The longest offer, in bytes. A browser's with nine sections has about 20 KiB.
const MAX_OFFER: usize = 64 * 1024;

/// How much of a body that is too long is read and thrown away, in bytes, so that the client gets
/// to read the answer instead of a broken connection.
const MAX_WASTE: usize = 32 * 1024 * 1024;

/// How long a body may take to arrive.
pub(crate) const BODY_WITHIN: Duration = Duration::from_secs(10);

const SDP: &str = "application/sdp";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Which of the two protocols.
#[derive(Clone, Copy)]
enum Endpoint {
    Whip,
    Whep,
}

/// The addresses of both protocols, open to players of other origins (CORS).
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/whip", post(publish).options(offers_welcome))
        .route("/whep", post(subscribe).options(offers_welcome))
        .route(
            "/whip/{id}",
            options(offers_welcome).delete(end).patch(no_trickle),
        )
        .route(
            "/whep/{id}",
            options(offers_welcome).delete(end).patch(no_trickle),
        )
        .route("/whep/{id}/shows", get(shows))
        .layer(map_response(allow_other_origins))
}

async fn publish(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    open(Endpoint::Whip, &app, &headers, body).await
}

async fn subscribe(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    open(Endpoint::Whep, &app, &headers, body).await
}

async fn open(
    endpoint: Endpoint,
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let offer = read_offer(headers, body).await;
    // Who may not be here learns nothing else.
    let party = authorise(endpoint, app, headers)?;
    let Opened { id, answer } = app.desk.open(party, offer?).await.map_err(problem_of)?;
    let path = match endpoint {
        Endpoint::Whip => "whip",
        Endpoint::Whep => "whep",
    };
    let tag = random_id()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, SDP.to_owned()),
        (header::LOCATION, format!("/{path}/{id}")),
        (header::ETAG, format!("\"{tag}\"")),
    ];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// Who asks, by the bearer token (RFC 6750).
fn authorise(endpoint: Endpoint, app: &App, headers: &HeaderMap) -> Result<Party, Problem> {
    let config = &app.config;
    let refuse = |challenge, detail| {
        Err(Problem::new(StatusCode::UNAUTHORIZED, detail)
            .with(header::WWW_AUTHENTICATE, challenge))
    };
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some((scheme, token)) = given.and_then(|value| value.split_once(' ')) else {
        return refuse(
            "Bearer realm=\"estrade\"",
            "no bearer token; send the header 'Authorization: Bearer TOKEN'",
        );
    };
    let token = token.trim();
    let room = auth::room_of(app, token);
    let watches = config.chair_token.is(token)
        || config
            .viewer_token
            .as_ref()
            .is_some_and(|viewer| viewer.is(token));
    match (endpoint, room) {
        _ if !scheme.eq_ignore_ascii_case("bearer") => {}
        (Endpoint::Whip, Some(room)) => return Ok(Party::Publisher(room)),
        (Endpoint::Whep, Some(room)) => return Ok(Party::Television(room)),
        (Endpoint::Whep, None) if watches => return Ok(Party::Viewer),
        (Endpoint::Whip | Endpoint::Whep, None) => {}
    }
    refuse(
        "Bearer realm=\"estrade\", error=\"invalid_token\"",
        match endpoint {
            Endpoint::Whip => "this is not the token of a room; only rooms publish",
            Endpoint::Whep => "this token is neither a room's nor the viewers'",
        },
    )
}

/// Reads the body to its end or to the limit; what is past the limit is never kept.
async fn read_offer(headers: &HeaderMap, body: Body) -> Result<String, Problem> {
    let read = timeout(BODY_WITHIN, read_at_most(MAX_OFFER, body)).await;
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case(SDP) {
        let detail = format!("the offer must be sent as '{SDP}', not as '{media_type}'");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).with(ACCEPT_POST, SDP));
    }
    let too_large = || {
        let detail = format!("an offer has {MAX_OFFER} bytes at most");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let broken = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, detail);
    match read {
        Ok(Ok(Some(bytes))) => {
            String::from_utf8(bytes).map_err(|_| broken("the offer is not text in UTF-8"))
        }
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(error)) => Err(broken(&format!("the body broke off: {error}"))),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not arrive within 10 seconds",
        )),
    }
}

/// The body, or `None` if it is longer than `most`.
pub(crate) async fn read_at_most(most: usize, body: Body) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut kept = Vec::new();
    let mut length = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        length += chunk.len();
        if length <= most {
            kept.extend_from_slice(&chunk);
        } else if length > MAX_WASTE {
            break;
        }
    }
    Ok((length <= most).then_some(kept))
}

fn problem_of(error: OpenError) -> Problem {
    let status = match &error {
        OpenError::Full | OpenError::Stopped | OpenError::Media(MediaError::Stopped) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        OpenError::Media(MediaError::Refused(refusal)) => match refusal {
            SdpRefusal::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
            SdpRefusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            SdpRefusal::Exists => StatusCode::CONFLICT,
            SdpRefusal::NotSdp(_)
            | SdpRefusal::NoMedia(_)
            | SdpRefusal::TooMany { .. }
            | SdpRefusal::NoCommonCodec(_)
            | SdpRefusal::NoIce
            | SdpRefusal::NoFingerprint
            | SdpRefusal::PayloadTypeTwice(_)
            | SdpRefusal::Unacceptable(_) => StatusCode::BAD_REQUEST,
        },
        OpenError::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let problem = Problem::new(status, error.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return problem.with(header::RETRY_AFTER, "10");
    }
    problem
}

async fn end(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if app.desk.close(id).await {
        Ok(StatusCode::OK)
    } else {
        Err(no_session())
    }
}

/// RFC 9725 section 4.3.1 leaves PATCH to sessions that know trickle ICE or ICE restarts. This
/// one knows neither, so the method itself is not allowed (RFC 9110 section 15.5.6).
async fn no_trickle() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "neither trickle ICE nor ICE restarts: the answer held all candidates; \
         to connect anew, POST a new offer",
    )
    .with(header::ALLOW, "DELETE, OPTIONS")
}

async fn offers_welcome() -> impl IntoResponse {
    // RFC 9725 section 4.2 says 200, where CORS alone would be content with 204.
    (
        StatusCode::OK,
        [
            (ACCEPT_POST, SDP),
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "POST, DELETE, PATCH, OPTIONS",
            ),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type, If-Match",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ],
    )
}

async fn allow_other_origins(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Location, ETag, Accept-Post, Retry-After, WWW-Authenticate"),
    );
    response
}

/// Which rooms flow in the slots of a viewer, told as they change (server-sent events): the names
/// to write under the pictures.
async fn shows(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Problem> {
    let changes = app.desk.shows(id).await.ok_or_else(no_session)?;
    let events = stream::unfold((changes, true), next_shows);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

type Changes = (watch::Receiver<Shows>, bool);

async fn next_shows(
    (mut changes, first): Changes,
) -> Option<(Result<sse::Event, Infallible>, Changes)> {
    if !first {
        changes.changed().await.ok()?;
    }
    let text = serde_json::to_string(&*changes.borrow_and_update()).ok()?;
    Some((Ok(sse::Event::default().data(text)), (changes, false)))
}

fn no_session() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "there is no such session; it has ended, or another one has taken its place",
    )
}
