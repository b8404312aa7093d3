//! The WebSocket `/control`: one task per client, from its hello to its end.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use conference::wire::{ErrorCode, FromBridge, FromClient, MAX_MESSAGE, Resume, Role, VERSION};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tracing::debug;

use crate::actor::{ClientId, Joined, text_of};
use crate::auth;
use crate::server::App;
use crate::stage::Seat;

/// How long a new connection may take to say hello, and a client to take one message.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a client is pinged.
const PING_EVERY: Duration = Duration::from_secs(2);

/// How long nothing may be heard of a client, not even a pong: two lost pings.
const SILENCE: Duration = Duration::from_secs(5);

/// Up to this size a message that is too long is read and answered; beyond, the connection ends.
const READ_AT_MOST: usize = 1024 * 1024;

/// The end of a connection; there is nothing more to say to this client.
struct Ended;

/// `GET /control`.
pub async fn connect(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(READ_AT_MOST)
        .max_frame_size(READ_AT_MOST)
        .on_upgrade(|socket| serve(socket, app))
}

async fn serve(socket: WebSocket, app: App) {
    let (sink, stream) = socket.split();
    let mut voice = Voice(sink);
    let mut ear = Ear(stream);
    if let Ok(joined) = greet(&mut voice, &mut ear, &app).await {
        let client = joined.id;
        let _ = converse(&mut voice, &mut ear, joined, &app).await;
        app.desk.left(client).await;
    }
    voice.close().await;
}

/// Waits for a hello that can be accepted, and takes the seat.
async fn greet(voice: &mut Voice, ear: &mut Ear, app: &App) -> Result<Joined, Ended> {
    let until = Instant::now() + PATIENCE;
    loop {
        let heard = tokio::select! {
            heard = ear.next() => heard,
            () = sleep_until(until) => {
                voice.error(ErrorCode::Malformed, "no hello came within 5 seconds; say it first").await?;
                return Err(Ended);
            }
        };
        let hello = match heard {
            Heard::Text(text) => understand(&text),
            Heard::Nonsense(code, detail) => Err((code, detail)),
            Heard::Sign => continue,
            Heard::End => return Err(Ended),
        };
        match hello {
            Ok(FromClient::Hello {
                version: _,
                role,
                token,
                resume,
            }) => {
                return seat(voice, app, role, &token, resume).await;
            }
            Ok(_) => voice.error(ErrorCode::Malformed, "say hello first").await?,
            Err((code, detail)) => {
                voice.error(code, &detail).await?;
                if code == ErrorCode::Version {
                    return Err(Ended);
                }
            }
        }
    }
}

async fn seat(
    voice: &mut Voice,
    app: &App,
    role: Role,
    token: &str,
    resume: Option<Resume>,
) -> Result<Joined, Ended> {
    let seat = match role {
        Role::Room => auth::room_of(app, token).map(Seat::Room),
        Role::Chair => app.config.chair_token.is(token).then_some(Seat::Chair),
    };
    let Some(seat) = seat else {
        debug!(?role, "wrong token");
        let detail = match role {
            Role::Room => "no room has this token; copy the one from bridge.toml into room.toml",
            Role::Chair => "this is not the chair's token; it is chair_token in bridge.toml",
        };
        voice.error(ErrorCode::Token, detail).await?;
        return Err(Ended);
    };
    app.desk.join(seat, resume).await.ok_or(Ended)
}

/// Passes messages both ways until one side ends it.
async fn converse(
    voice: &mut Voice,
    ear: &mut Ear,
    mut joined: Joined,
    app: &App,
) -> Result<(), Ended> {
    for text in joined.greeting.drain(..) {
        voice.say(Message::Text(text)).await?;
    }
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent_until = Instant::now() + SILENCE;
    loop {
        tokio::select! {
            text = joined.outbox.recv() => match text {
                Some(text) => voice.say(Message::Text(text)).await?,
                None => return Err(Ended),
            },
            _ = pings.tick() => voice.say(Message::Ping(Default::default())).await?,
            () = sleep_until(silent_until) => {
                debug!("nothing heard for 5 s");
                return Err(Ended);
            }
            heard = ear.next() => {
                silent_until = Instant::now() + SILENCE;
                hear(voice, heard, joined.id, app).await?;
            }
        }
    }
}

async fn hear(voice: &mut Voice, heard: Heard, client: ClientId, app: &App) -> Result<(), Ended> {
    match heard {
        Heard::Text(text) => match understand(&text) {
            Ok(message) => app.desk.said(client, message).await,
            Err((code, detail)) => voice.error(code, &detail).await?,
        },
        Heard::Nonsense(code, detail) => voice.error(code, &detail).await?,
        Heard::Sign => {}
        Heard::End => return Err(Ended),
    }
    Ok(())
}

/// Reads one message, or says what is wrong with it.
fn understand(text: &str) -> Result<FromClient, (ErrorCode, String)> {
    if text.len() > MAX_MESSAGE {
        let detail = format!("{} bytes; {MAX_MESSAGE} is the most", text.len());
        return Err((ErrorCode::TooLarge, detail));
    }
    let malformed = |error: serde_json::Error| (ErrorCode::Malformed, error.to_string());
    let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
    // Before the rest: a hello of another version may have other fields.
    if value["type"] == "hello" && value["version"] != VERSION {
        let detail = format!(
            "this bridge speaks version {VERSION} of the protocol; \
             install the same release of Estrade on the box and on the bridge"
        );
        return Err((ErrorCode::Version, detail));
    }
    serde_json::from_value(value).map_err(malformed)
}

/// What comes from a client.
enum Heard {
    Text(Utf8Bytes),
    Nonsense(ErrorCode, String),
    /// A sign of life only.
    Sign,
    End,
}

struct Ear(SplitStream<WebSocket>);

impl Ear {
    async fn next(&mut self) -> Heard {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Heard::Text(text),
            Some(Ok(Message::Binary(_))) => Heard::Nonsense(
                ErrorCode::Malformed,
                "a binary frame; messages are JSON in text frames".into(),
            ),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Heard::Sign,
            Some(Ok(Message::Close(_)) | Err(_)) | None => Heard::End,
        }
    }
}

struct Voice(SplitSink<WebSocket, Message>);

impl Voice {
    async fn say(&mut self, message: Message) -> Result<(), Ended> {
        match timeout(PATIENCE, self.0.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended),
        }
    }

    async fn error(&mut self, code: ErrorCode, detail: &str) -> Result<(), Ended> {
        let detail = detail.to_owned();
        let error = text_of(&FromBridge::Error { code, detail });
        self.say(Message::Text(error)).await
    }

    async fn close(&mut self) {
        let frame = CloseFrame {
            code: close_code::NORMAL,
            reason: Utf8Bytes::default(),
        };
        let _ = self.say(Message::Close(Some(frame))).await;
    }
}
