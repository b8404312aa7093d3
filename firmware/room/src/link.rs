//! The box's side of `/control`: one WebSocket, kept open, with back-off and resume.

use std::sync::Arc;
use std::time::Duration;

use conference::wire::{
    ErrorCode, FromBridge, FromClient, MAX_MESSAGE, Resume, Role, State, VERSION,
};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, connect_async_tls_with_config};
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::machine::Input;
use crate::pairing::Pass;
use crate::tls::Trust;

/// The bridge pings every 2 s; three missed ones mean that it is gone.
const SILENCE: Duration = Duration::from_secs(6);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(4);
/// A wrong token does not become right by asking often.
const TOKEN_PAUSE: Duration = Duration::from_secs(10);

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Where the bridge is and who we are.
pub struct LinkConfig {
    /// `http://HOST:PORT`.
    pub address: String,
    /// What shows that we may.
    pub pass: Pass,
    /// Whom we believe to be the bridge.
    pub trust: Arc<Trust>,
}

/// Why a connection ended.
#[derive(Debug)]
enum End {
    Lost(String),
    TokenRefused,
    Stop,
}

/// Keeps the link up until `outgoing` is dropped: facts go to `inputs`, requests come from
/// `outgoing`. A request made while the link is down is dropped: what a person pressed minutes ago
/// must not happen now.
pub async fn run(
    config: LinkConfig,
    inputs: mpsc::Sender<Input>,
    mut outgoing: mpsc::Receiver<FromClient>,
) {
    let mut backoff = Backoff::default();
    let mut known = Known::default();
    // The token that the bridge did not take, of a box that may get another.
    let mut refused = None;
    loop {
        let token = tokio::select! {
            token = config.pass.other(refused.as_deref()) => token,
            () = ended(&mut outgoing) => return,
        };
        let end = match connect(&config).await {
            Ok(socket) => {
                let hello = known.hello(&token);
                let talk = Talk {
                    socket,
                    known: &mut known,
                    inputs: &inputs,
                    backoff: &mut backoff,
                };
                talk.run(hello, &mut outgoing).await
            }
            Err(reason) => End::Lost(reason),
        };
        let (input, pause) = match end {
            End::Stop => return,
            End::TokenRefused if config.pass.refused(&token) => {
                refused = Some(token);
                (Input::LinkDown, Duration::ZERO)
            }
            End::TokenRefused => (Input::TokenRefused, TOKEN_PAUSE),
            // A paired box asks for another session then, sees the same, and tells the room.
            End::Lost(reason) if config.trust.take_refused() => {
                warn!(%reason, "what answers in the bridge's place is not believed");
                config.pass.refused(&token);
                (Input::LinkDown, backoff.failed())
            }
            End::Lost(reason) => {
                debug!(%reason, "no link to the bridge");
                (Input::LinkDown, backoff.failed())
            }
        };
        if inputs.send(input).await.is_err() || wait(pause, &mut outgoing).await {
            return;
        }
    }
}

/// The copy of the bridge's state and where it stands.
#[derive(Default)]
struct Known {
    session: Option<String>,
    seq: u64,
    state: State,
}

impl Known {
    fn hello(&self, token: &str) -> FromClient {
        FromClient::Hello {
            version: VERSION,
            role: Role::Room,
            token: token.to_owned(),
            resume: self.session.clone().map(|session| Resume {
                session,
                seq: self.seq,
            }),
        }
    }
}

struct Talk<'a> {
    socket: Socket,
    known: &'a mut Known,
    inputs: &'a mpsc::Sender<Input>,
    backoff: &'a mut Backoff,
}

impl Talk<'_> {
    async fn run(mut self, hello: FromClient, outgoing: &mut mpsc::Receiver<FromClient>) -> End {
        if let Err(error) = self.say(&hello).await {
            return End::Lost(error.to_string());
        }
        loop {
            tokio::select! {
                request = outgoing.recv() => {
                    let Some(request) = request else {
                        let _ = self.socket.close(None).await;
                        return End::Stop;
                    };
                    if let Err(error) = self.say(&request).await {
                        return End::Lost(error.to_string());
                    }
                }
                message = tokio::time::timeout(SILENCE, self.socket.next()) => {
                    if let Some(end) = self.hear(message).await {
                        return end;
                    }
                }
            }
        }
    }

    async fn say(&mut self, message: &FromClient) -> Result<(), tungstenite::Error> {
        let text = serde_json::to_string(message).unwrap_or_default();
        self.socket.send(Message::text(text)).await
    }

    async fn hear(
        &mut self,
        message: Result<Option<Result<Message, tungstenite::Error>>, tokio::time::error::Elapsed>,
    ) -> Option<End> {
        let text = match message {
            Err(_) => return Some(End::Lost("the bridge fell silent".into())),
            Ok(None | Some(Ok(Message::Close(_)))) => {
                return Some(End::Lost("the bridge closed the link".into()));
            }
            Ok(Some(Err(error))) => return Some(End::Lost(error.to_string())),
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_),
            ))) => return None,
        };
        match serde_json::from_str(&text) {
            Ok(message) => self.take(message).await,
            Err(error) => {
                // A newer bridge may say more than we know; the rest still holds.
                warn!(%error, "message of the bridge not understood");
                None
            }
        }
    }

    async fn take(&mut self, message: FromBridge) -> Option<End> {
        let input = match message {
            FromBridge::Welcome {
                session, now_ms, ..
            } => {
                info!(%session, "joined the bridge");
                self.backoff.succeeded();
                self.known.session = Some(session.clone());
                Input::LinkUp { session, now_ms }
            }
            FromBridge::Snapshot { seq, state } => {
                self.known.seq = seq;
                self.known.state = state;
                Input::State(Box::new(self.known.state.clone()))
            }
            FromBridge::Event { seq, event } => {
                self.known.seq = seq;
                self.known.state.apply(event);
                Input::State(Box::new(self.known.state.clone()))
            }
            FromBridge::Levels { .. } => return None,
            FromBridge::Check { id, now_ms } => Input::CheckAsked { id, now_ms },
            FromBridge::Refused { request, reason } => {
                info!(%request, %reason, "the bridge refused");
                return None;
            }
            FromBridge::Error { code, detail } => {
                warn!(?code, %detail, "the bridge reports an error");
                return (code == ErrorCode::Token).then_some(End::TokenRefused);
            }
        };
        let sent = self.inputs.send(input).await;
        sent.is_err().then_some(End::Stop)
    }
}

async fn connect(link: &LinkConfig) -> Result<Socket, String> {
    let url = format!("{}/control", link.address.replacen("http", "ws", 1));
    let tls = link.trust.client().map_err(|error| error.to_string())?;
    let tls = Connector::Rustls(Arc::new(tls));
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let connecting = connect_async_tls_with_config(url, Some(config), true, Some(tls));
    match tokio::time::timeout(CONNECT, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer within 4 s".into()),
    }
}

/// Waits, throwing away what is pressed meanwhile; true when the box stops.
async fn wait(pause: Duration, outgoing: &mut mpsc::Receiver<FromClient>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => false,
        () = ended(outgoing) => true,
    }
}

/// Throws away what is pressed, until the box stops.
async fn ended(outgoing: &mut mpsc::Receiver<FromClient>) {
    while outgoing.recv().await.is_some() {}
}
