//! The demo's own chair: it grants the floor over `/control` as a console would.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use conference::wire::{ErrorCode, FromBridge, FromClient, Role, State, VERSION};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Messages that wait to be heard: far more than an evening has between two looks at a television.
const UNHEARD: usize = 4096;

/// What was heard, as far as somebody waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// The answer to what is not the chair's to say.
    Forbidden,
    /// Anything else.
    Other,
}

/// A connection with the chair's rights. It is read all the time, so that the bridge's pings are answered while the demo
/// is about something else.
pub struct Chair {
    sink: SplitSink<Socket, Message>,
    heard: mpsc::Receiver<Result<Message, tungstenite::Error>>,
    /// The bridge's state as it was heard last.
    pub state: State,
}

impl Chair {
    /// Joins the bridge as its chair.
    pub async fn join(bridge: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let url = format!("ws://{bridge}/control");
        let (socket, _) = tokio_tungstenite::connect_async(url)
            .await
            .context("joining the bridge as chair")?;
        let (sink, mut stream) = socket.split();
        let (told, heard) = mpsc::channel(UNHEARD);
        tokio::spawn(async move {
            while let Some(message) = stream.next().await {
                if told.send(message).await.is_err() {
                    break;
                }
            }
        });
        let mut chair = Self {
            sink,
            heard,
            state: State::default(),
        };
        chair
            .say(&FromClient::Hello {
                version: VERSION,
                role: Role::Chair,
                token: token.to_owned(),
                resume: None,
            })
            .await?;
        while chair.state.rooms.is_empty() {
            chair.hear().await?;
        }
        Ok(chair)
    }

    /// Gives the floor to a room and returns once the bridge says that it has it.
    pub async fn grant(&mut self, room: &str) -> anyhow::Result<()> {
        self.say(&FromClient::GrantFloor { room: room.into() })
            .await?;
        while self.state.floor.holder.as_deref() != Some(room) {
            self.hear().await?;
        }
        Ok(())
    }

    /// Takes the floor back and returns once all microphones of the rooms are open.
    pub async fn free_the_floor(&mut self) -> anyhow::Result<()> {
        self.say(&FromClient::RevokeFloor {}).await?;
        let free = |state: &State| {
            state.floor.holder.is_none() && state.rooms.iter().all(|room| room.microphone_open)
        };
        while !free(&self.state) {
            self.hear().await?;
        }
        Ok(())
    }

    /// Takes in what the bridge says for some time.
    pub async fn listen_for(&mut self, time: Duration) -> anyhow::Result<()> {
        let hear = async {
            loop {
                self.hear().await?;
            }
        };
        // Running out of time is how it should end.
        tokio::time::timeout(time, hear).await.unwrap_or(Ok(()))
    }

    /// Takes in what the bridge says until its state is as it should be.
    pub async fn until(
        &mut self,
        patience: Duration,
        is_so: impl Fn(&State) -> bool,
    ) -> anyhow::Result<()> {
        let hear = async {
            while !is_so(&self.state) {
                self.hear().await?;
            }
            Ok(())
        };
        let waited = tokio::time::timeout(patience, hear).await;
        waited.unwrap_or_else(|_| {
            bail!(
                "the bridge's state did not become what it should within {} s",
                patience.as_secs()
            )
        })
    }

    /// Presses the large button, and returns once all that follows from it has been heard.
    pub async fn advance(&mut self) -> anyhow::Result<()> {
        self.say(&FromClient::Advance {}).await?;
        self.settle().await
    }

    /// Returns once all that follows from what was said so far has been heard.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        // The bridge answers in the order in which it is spoken to: what only a room may say marks the end.
        self.say(&FromClient::Pass {}).await?;
        while self.hear().await? != Heard::Forbidden {}
        Ok(())
    }

    /// Says something to the bridge.
    pub async fn say(&mut self, message: &FromClient) -> anyhow::Result<()> {
        let text = serde_json::to_string(message).context("writing a message")?;
        let sent = self.sink.send(Message::text(text)).await;
        sent.context("speaking to the bridge")
    }

    async fn hear(&mut self) -> anyhow::Result<Heard> {
        let message = self.heard.recv().await.context("the bridge left")?;
        let Message::Text(text) = message.context("listening to the bridge")? else {
            return Ok(Heard::Other);
        };
        match serde_json::from_str(&text).context("a message of the bridge")? {
            FromBridge::Snapshot { state, .. } => self.state = state,
            FromBridge::Event { event, .. } => self.state.apply(event),
            FromBridge::Refused { request, reason } => bail!("refused: {request}: {reason}"),
            FromBridge::Error {
                code: ErrorCode::Forbidden,
                ..
            } => return Ok(Heard::Forbidden),
            FromBridge::Error { detail, .. } => bail!("error of the bridge: {detail}"),
            FromBridge::Welcome { .. } | FromBridge::Levels { .. } | FromBridge::Check { .. } => {}
        }
        Ok(Heard::Other)
    }
}
