//! A bridge and boxes that know nothing of each other yet, as processes, and what people in the hall see and do.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use estrade_tests::{CHAIR, Service, wait_for};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Client, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// How long anything may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// See the module.
pub struct Hall {
    folder: TempDir,
    bridge: Option<Service>,
    addresses: Option<(SocketAddr, SocketAddr)>,
    /// Where its encrypted lines are, where it has any; before its first start anywhere.
    encrypted: Option<SocketAddr>,
    http: Client,
}

/// A `room.toml` without a token.
pub fn room_toml(name: &str, bridge: &str, measure: &str) -> String {
    format!(
        "name = \"{name}\"\n[bridge]\naddress = \"{bridge}\"\n[devices]\ncamera = \"test\"\nmicrophones = \"test\"\n\
         screen = \"none\"\nloudspeaker = \"none\"\n[picture]\nwidth = 640\nheight = 360\nkbit_per_second = 800\n\
         [screen]\nwidth = 640\nheight = 360\n[web]\nlisten = \"127.0.0.1:0\"\n[measure]\n{measure}\n"
    )
}

impl Hall {
    pub async fn open() -> Self {
        Self::of(None)
    }

    /// The same, with encrypted lines as well.
    pub async fn open_encrypted() -> Self {
        Self::of(Some(([127, 0, 0, 1], 0).into()))
    }

    fn of(encrypted: Option<SocketAddr>) -> Self {
        let http = estrade_tests::http()
            .no_proxy()
            .timeout(Duration::from_secs(10));
        let mut hall = Self {
            folder: tempfile::tempdir().unwrap(),
            bridge: None,
            addresses: None,
            encrypted,
            http: http.build().unwrap(),
        };
        hall.start_bridge();
        hall
    }

    /// At its old addresses, if it ran before.
    pub fn start_bridge(&mut self) {
        let (http, media) = match self.addresses {
            Some((http, media)) => (http.to_string(), media.to_string()),
            None => ("127.0.0.1:0".into(), "127.0.0.1:0".into()),
        };
        let text = format!(
            "listen = \"{http}\"\nmedia = \"{media}\"\nchair_token = \"{CHAIR}\"\nupdates = \"updates\"\n\
             rooms = [{{ name = \"Brest\" }}, {{ name = \"Loudéac\" }}]\n{}",
            self.encrypted
                .map(|at| format!("[tls]\nlisten = \"{at}\"\n"))
                .unwrap_or_default()
        );
        let file = self.file("bridge.toml");
        std::fs::write(&file, text).unwrap();
        let bridge = Service::start("bridge", &file);
        self.addresses = Some((bridge.address("http"), bridge.address("media")));
        self.encrypted = self.encrypted.map(|_| bridge.address("tls"));
        self.bridge = Some(bridge);
    }

    pub fn kill_bridge(&mut self) {
        self.bridge.take().unwrap().kill();
    }

    pub fn bridge(&self) -> &Service {
        self.bridge.as_ref().unwrap()
    }

    pub fn bridge_http(&self) -> SocketAddr {
        self.addresses.unwrap().0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn copy(&self, from: &str, to: &str) {
        std::fs::copy(self.file(from), self.file(to)).unwrap();
    }

    pub fn settings(&self, name: &str, measure: &str) -> String {
        room_toml(name, &format!("http://{}", self.bridge_http()), measure)
    }

    /// Starts a box with these settings, in a file of this name.
    pub fn start(&self, file: &str, settings: &str) -> Service {
        std::fs::write(self.file(&format!("{file}.toml")), settings).unwrap();
        self.start_again(file)
    }

    pub fn start_again(&self, file: &str) -> Service {
        Service::start("room", &self.file(&format!("{file}.toml")))
    }

    /// What the television says of a bridge that does not know the box; null where it says nothing of it.
    pub async fn shown(&self, room: &Service) -> Value {
        let url = format!("http://{}/measure/joining", room.address("web"));
        let asked = async { self.http.get(url).send().await.ok()?.json().await.ok() };
        // A box that begins anew does not answer for a moment.
        asked.await.unwrap_or_default()
    }

    pub async fn code(&self, room: &Service) -> String {
        let code = async || {
            let shown = self.shown(room).await;
            let code = shown["code"].as_str().unwrap_or_default().to_owned();
            (!code.is_empty()).then_some(code)
        };
        wait_for("a code on the television", PATIENCE, code).await.0
    }

    pub async fn until_told(&self, room: &Service, fault: &str) -> Value {
        let told = async || {
            let shown = self.shown(room).await;
            let said = shown["fault"].as_str().unwrap_or_default();
            said.contains(fault).then_some(shown.clone())
        };
        wait_for(fault, PATIENCE, told).await.0
    }

    async fn status_of(&self, room: &Service) -> Option<Value> {
        let url = format!("http://{}/status", room.address("web"));
        self.http.get(url).send().await.ok()?.json().await.ok()
    }

    pub async fn is_joined(&self, room: &Service) -> bool {
        let status = self.status_of(room).await.unwrap_or_default();
        let all = ["linked", "publishing", "watching"];
        all.iter().all(|key| status[key] == true)
    }

    pub async fn until_joined(&self, room: &Service) {
        let joined = async || self.is_joined(room).await.then_some(());
        wait_for("the box is in conference", PATIENCE, joined).await;
    }

    /// Presses something on the box's page.
    pub async fn press(&self, room: &Service, path: &str) {
        let url = format!("http://{}/{path}", room.address("web"));
        let request = self.http.post(url).header("x-estrade", "panel");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// Until the room's television has shown the picture with this stamp.
    pub async fn until_sees(&self, room: &Service, stamp: u64) {
        let url = format!("http://{}/measure/sightings", room.address("web"));
        let sees = async || {
            let seen: Value = self.http.get(&url).send().await.ok()?.json().await.ok()?;
            let seen = seen.as_array()?.clone();
            seen.iter().any(|seen| seen["room"] == stamp).then_some(())
        };
        wait_for("the other room is seen", PATIENCE, sees).await;
    }

    /// As the chair.
    pub async fn give_floor(&self, room: &str) {
        let holder = format!("\"holder\":\"{room}\"");
        let give = json!({ "type": "grant_floor", "room": room });
        self.says(Some(give), |text| text.contains(&holder)).await;
    }

    /// As the chair.
    pub async fn revoke_floor(&self) {
        let revoke = json!({ "type": "revoke_floor" });
        let free = "\"change\":\"floor\",\"floor\":{\"holder\":null";
        self.says(Some(revoke), |text| text.contains(free)).await;
    }

    /// What the bridge says of a room to the chair.
    pub async fn room(&self, name: &str) -> Value {
        let told = self.says(None, |text| text.contains("\"snapshot\"")).await;
        let told: Value = serde_json::from_str(&told).unwrap();
        let rooms = told["state"]["rooms"].as_array().unwrap().clone();
        let mut named = rooms.into_iter().filter(|room| room["name"] == name);
        named.next().unwrap()
    }

    /// Says something as the chair, until the bridge says what is wanted.
    async fn says(&self, what: Option<Value>, wanted: impl Fn(&str) -> bool) -> String {
        let url = format!("ws://{}/control", self.bridge_http());
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let hello = json!({ "type": "hello", "version": 1, "role": "chair", "token": CHAIR });
        for message in [Some(hello), what].into_iter().flatten() {
            socket
                .send(Message::text(message.to_string()))
                .await
                .unwrap();
        }
        while let Some(Ok(message)) = socket.next().await {
            let text = message.to_text().unwrap_or_default();
            if wanted(text) {
                return text.to_owned();
            }
        }
        panic!("the bridge does not say it");
    }

    /// Lets a new box in by the code on its television.
    pub async fn let_in(&self, room: &Service, name: &str) {
        let code = self.code(room).await;
        let request = self.request(name).await;
        self.type_code(&request, name, &code).await;
        self.until_joined(room).await;
    }

    /// Sends an update as the console does; what the bridge says.
    pub async fn bring(&self, name: &str, token: &str, file: Vec<u8>) -> (StatusCode, Value) {
        let request = self.http.post(self.url(&format!("update?name={name}")));
        let answer = request.bearer_auth(token).body(file).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// The lines at the foot of its television.
    pub async fn lines(&self, room: &Service) -> Value {
        let url = format!("http://{}/measure/lines", room.address("web"));
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// A part of what a box's page says.
    pub async fn of_page(&self, room: &Service, part: &str) -> Value {
        self.status_of(room).await.unwrap_or_default()[part].clone()
    }

    pub async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        wait_for(what, PATIENCE, async || is_so().await.then_some(())).await;
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.bridge_http())
    }

    /// What the chair's console is told of boxes.
    pub async fn list(&self) -> Value {
        let request = self.http.get(self.url("pairing")).bearer_auth(CHAIR);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The number of the request of a box of this name, once it waits.
    pub async fn request(&self, name: &str) -> String {
        let waiting = async || {
            let list = self.list().await;
            let requests = list["requests"].as_array()?.clone();
            let named = requests.iter().find(|request| request["name"] == name)?;
            Some(named["id"].as_str()?.to_owned())
        };
        wait_for("the box stands in the console", PATIENCE, waiting)
            .await
            .0
    }

    pub async fn try_code(&self, request: &str, room: &str, code: &str) -> StatusCode {
        let url = self.url(&format!("pairing/requests/{request}/code"));
        let typed = json!({ "room": room, "code": code });
        let request = self
            .http
            .post(url)
            .bearer_auth(CHAIR)
            .body(typed.to_string());
        request.send().await.unwrap().status()
    }

    pub async fn type_code(&self, request: &str, room: &str, code: &str) {
        let status = self.try_code(request, room, code).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }

    pub async fn chair_deletes(&self, path: &str) {
        let request = self.http.delete(self.url(path)).bearer_auth(CHAIR);
        let status = request.send().await.unwrap().status();
        assert_eq!(status, StatusCode::NO_CONTENT);
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(self.url(path)).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub async fn status(&self, path: &str) -> StatusCode {
        let answer = self.http.get(self.url(path)).send().await.unwrap();
        answer.status()
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> (StatusCode, Value) {
        let answer = self
            .http
            .post(self.url(path))
            .json(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub async fn post_text(&self, path: &str, body: &str) -> StatusCode {
        let request = self.http.post(self.url(path)).body(body.to_owned());
        request.send().await.unwrap().status()
    }

    /// The room that a token stands for; null for none.
    pub async fn room_of(&self, token: &str) -> Value {
        let request = self.http.get(self.url("room")).bearer_auth(token);
        let said: Value = request.send().await.unwrap().json().await.unwrap();
        said["room"].clone()
    }

    /// Nothing of this stands in what bridge and boxes keep in the clear, beside their keys.
    pub fn assert_no_secret_in_logs(&self, secrets: &[&str]) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let settings = path
                .extension()
                .is_some_and(|extension| extension == "toml");
            for secret in secrets {
                assert!(settings || !text.contains(secret), "{}", path.display());
            }
        }
    }
}

/// Somebody between a box and the bridge, who puts one text in another's place in whatever the bridge answers; both are
/// equally long.
pub async fn swapping(bridge: SocketAddr, text: String, other: String) -> SocketAddr {
    assert_eq!(text.len(), other.len());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((of_box, _)) = listener.accept().await {
            let (text, other) = (text.clone(), other.clone());
            tokio::spawn(async move {
                let of_bridge = TcpStream::connect(bridge).await.unwrap();
                let (mut box_reads, mut box_writes) = of_box.into_split();
                let (mut bridge_reads, mut bridge_writes) = of_bridge.into_split();
                let up = tokio::io::copy(&mut box_reads, &mut bridge_writes);
                let down = async {
                    let mut piece = [0; 16 * 1024];
                    while let Ok(length @ 1..) = bridge_reads.read(&mut piece).await {
                        // Bytes of sound and picture go elsewhere: all of this is text.
                        let said = String::from_utf8_lossy(&piece[..length]).replace(&text, &other);
                        if box_writes.write_all(said.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                };
                tokio::join!(up, down).1
            });
        }
    });
    address
}
