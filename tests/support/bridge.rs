//! A bridge in this process, and a client that speaks its control protocol as a box would.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bridge::{Bridge, Config};
use conference::wire::{FromBridge, FromClient, Resume, Role, State, VERSION};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long anything may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The tokens of [`settings`].
pub const CHAIR: &str = "chair-0123456789";
pub const VIEWER: &str = "viewer-0123456789";
pub const BREST: &str = "brest-0123456789";
pub const LOUDEAC: &str = "loudeac-0123456789";

/// A bridge.toml of two rooms on free ports.
pub fn settings() -> String {
    format!(
        r#"
listen = "127.0.0.1:0"
media = "127.0.0.1:0"
title = "Les métiers de demain"
chair_token = "{CHAIR}"
viewer_token = "{VIEWER}"
rooms = [
    {{ name = "Brest", token = "{BREST}" }},
    {{ name = "Loudéac", token = "{LOUDEAC}" }},
]
"#
    )
}

/// An evening of these rooms with one speaker.
pub const PROGRAMME: &str = r#"
title = "Les métiers du bois"
starts = 2026-12-03T18:30:00
rooms = ["Loudéac", "Brest"]

[[speaker]]
name = "Anne Le Goff"
trade = "menuisière"
room = "Brest"
minutes = 15
deck = "menuiserie.pdf"
"#;

/// An offer to publish one Opus sound.
pub const OFFER: &str = "v=0\r
o=- 1 1 IN IP4 0.0.0.0\r
s=-\r
t=0 0\r
a=group:BUNDLE 0\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
c=IN IP4 0.0.0.0\r
a=mid:0\r
a=sendonly\r
a=rtcp-mux\r
a=setup:actpass\r
a=ice-ufrag:abcd\r
a=ice-pwd:abcdefghijklmnopqrstuvwx\r
a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r
a=rtpmap:111 opus/48000/2\r
";

/// Writes `bridge.toml` with a programme, a store and a folder of decks beside it.
pub fn write_settings(folder: &Path, settings: &str, programme: &str) -> PathBuf {
    let file = folder.join("bridge.toml");
    let keys = "programme = \"evening.toml\"\nstore = \"evening.db\"\ndecks = \"decks\"";
    std::fs::write(&file, format!("{keys}\n{settings}")).unwrap();
    std::fs::write(folder.join("evening.toml"), programme).unwrap();
    file
}

/// A running bridge; [`Running::stop`] ends it.
pub struct Running {
    pub http: SocketAddr,
    pub media: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), bridge::BridgeError>>,
}

impl Running {
    pub async fn start(settings: &str) -> Self {
        Self::run(Config::parse(settings, "bridge.toml").unwrap()).await
    }

    /// The same, with a programme in a file beside the settings.
    pub async fn start_with(settings: &str, programme: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bridge.toml");
        std::fs::write(&file, format!("programme = \"evening.toml\"\n{settings}")).unwrap();
        std::fs::write(folder.path().join("evening.toml"), programme).unwrap();
        Self::run(Config::load(&file, None).unwrap()).await
    }

    /// The same, with `bridge.toml` in this folder, and a folder of decks in it.
    pub async fn start_in(folder: &Path, settings: &str, programme: &str) -> Self {
        let file = write_settings(folder, settings, programme);
        Self::run(Config::load(&file, None).unwrap()).await
    }

    async fn run(mut config: Config) -> Self {
        config.program = Some(estrade_tests::program());
        let bridge = Bridge::bind(config).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        Self {
            http: bridge.http_addr(),
            media: bridge.media_addr(),
            stop,
            task: tokio::spawn(bridge.serve(async {
                let _ = stopped.await;
            })),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    pub async fn stop(self) {
        let _ = self.stop.send(());
        within(self.task).await.unwrap().unwrap();
    }
}

/// One control connection and its copy of the state. It is read all the time, so that pings are
/// answered while the test is about something else.
pub struct Client {
    sink: SplitSink<Socket, Message>,
    heard: mpsc::UnboundedReceiver<Message>,
    reader: JoinHandle<()>,
    pub state: State,
    pub session: String,
    pub seq: u64,
}

impl Client {
    pub async fn connect(bridge: &Running) -> Self {
        Self::connect_to(bridge.http).await
    }

    pub async fn connect_to(http: SocketAddr) -> Self {
        let url = format!("ws://{http}/control");
        let (socket, _) = within(connect_async(url)).await.unwrap();
        let (sink, mut stream) = socket.split();
        let (sender, heard) = mpsc::unbounded_channel();
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let _ = sender.send(message);
            }
        });
        Self {
            sink,
            heard,
            reader,
            state: State::default(),
            session: String::new(),
            seq: 0,
        }
    }

    /// Connects and says hello; the copy is up to date afterwards.
    pub async fn join(bridge: &Running, role: Role, token: &str) -> Self {
        Self::join_at(bridge.http, role, token).await
    }

    /// The same, by the bridge's address.
    pub async fn join_at(http: SocketAddr, role: Role, token: &str) -> Self {
        let mut client = Self::connect_to(http).await;
        client.hello(role, token, None).await;
        assert!(matches!(client.hear().await, FromBridge::Welcome { .. }));
        assert!(matches!(client.hear().await, FromBridge::Snapshot { .. }));
        client
    }

    pub async fn hello(&mut self, role: Role, token: &str, resume: Option<Resume>) {
        self.say(FromClient::Hello {
            version: VERSION,
            role,
            token: token.into(),
            resume,
        })
        .await;
    }

    pub async fn say(&mut self, message: FromClient) {
        self.send(Message::text(serde_json::to_string(&message).unwrap()))
            .await;
    }

    pub async fn send(&mut self, message: Message) {
        within(self.sink.send(message)).await.unwrap();
    }

    /// The next message but levels; `None` when the bridge has ended the connection.
    pub async fn listen(&mut self) -> Option<FromBridge> {
        loop {
            let text = match within(self.heard.recv()).await {
                Some(Message::Text(text)) => text,
                Some(Message::Ping(_) | Message::Pong(_)) => continue,
                Some(Message::Close(_)) | None => return None,
                Some(other @ (Message::Binary(_) | Message::Frame(_))) => panic!("{other:?}"),
            };
            let message = serde_json::from_str(&text).unwrap();
            match &message {
                FromBridge::Levels { .. } => continue,
                FromBridge::Welcome { session, .. } => self.session = session.clone(),
                FromBridge::Snapshot { seq, state } => {
                    self.seq = *seq;
                    self.state = state.clone();
                }
                FromBridge::Event { seq, event } => {
                    assert_eq!(*seq, self.seq + 1, "events are numbered without a gap");
                    self.seq = *seq;
                    self.state.apply(event.clone());
                }
                FromBridge::Check { .. }
                | FromBridge::Refused { .. }
                | FromBridge::Error { .. } => {}
            }
            return Some(message);
        }
    }

    pub async fn hear(&mut self) -> FromBridge {
        within(self.listen()).await.expect("the connection is open")
    }

    /// Listens until the copy of the state is as wanted.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&State) -> bool) {
        while !wanted(&self.state) {
            let state = format!("{:?}", self.state);
            match tokio::time::timeout(PATIENCE, self.listen()).await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("connection ended before: {what}; {state}"),
                Err(_) => panic!("not within {PATIENCE:?}: {what}; {state}"),
            }
        }
    }

    /// Listens for the next answer that is not an event.
    pub async fn answer(&mut self) -> FromBridge {
        within(async {
            loop {
                let message = self.hear().await;
                if !matches!(message, FromBridge::Event { .. }) {
                    return message;
                }
            }
        })
        .await
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Fails instead of waiting for ever.
pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("in time")
}
