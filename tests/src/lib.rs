//! What the end-to-end tests share: the program as a person starts it, watched from outside.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The `estrade` that was built beside this test.
///
/// # Panics
/// When it has not been built: `make test` does that first.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent);
    let program = folder
        .expect("tests stand in target/PROFILE/deps")
        .join("estrade");
    assert!(
        program.exists(),
        "{} is missing: run `make test`, or `cargo build` first",
        program.display()
    );
    program
}

/// What HTTP clients of tests are made with: the library of ciphers is chosen for the whole process, by whoever is first.
pub fn http() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// A running `estrade room` or `estrade bridge`; killed at the end of the test.
pub struct Service {
    child: Child,
    ready: String,
}

impl Service {
    /// Starts a verb with a settings file and waits for its `ready` line.
    ///
    /// # Panics
    /// When it ends before that; what it said is in the message.
    pub fn start(verb: &str, config: &Path) -> Self {
        Self::start_with(verb, config, &[])
    }

    /// The same, with these variables in its environment.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_with(verb: &str, config: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program());
        command.args([verb, "--config"]).arg(config);
        command.envs(environment.iter().copied());
        Self::run(verb, command)
    }

    /// The same, with the folder in which it keeps what it keeps.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_in(verb: &str, config: &Path, state: &Path) -> Self {
        let mut command = Command::new(program());
        command.args([verb, "--config"]).arg(config);
        command.arg("--state").arg(state);
        Self::run(verb, command)
    }

    fn run(verb: &str, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let errors = Arc::new(Mutex::new(String::new()));
        collect(child.stderr.take(), Arc::clone(&errors));
        let stdout = BufReader::new(child.stdout.take().expect("stdout was asked for"));
        let ready = stdout
            .lines()
            .map_while(Result::ok)
            .find(|line| line.starts_with("ready "));
        let Some(ready) = ready else {
            let _ = child.wait();
            let errors = errors
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            panic!("estrade {verb} stopped before it was ready: {errors}");
        };
        Self { child, ready }
    }

    /// Where it listens: `http`, `media` or `web`.
    ///
    /// # Panics
    /// When it did not say so.
    pub fn address(&self, name: &str) -> SocketAddr {
        self.ready
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in: {}", self.ready))
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop (SIGTERM) and waits for that.
    ///
    /// # Panics
    /// When it does not end well.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.is_ok_and(|status| status.success()));
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.success(), "{status}");
    }

    /// Pulls its plug (SIGKILL).
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>, into: Arc<Mutex<String>>) {
    let Some(pipe) = pipe else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut text = into.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&line);
            text.push('\n');
        }
    });
}

/// Asks `check` again and again until it gives something, and says how long that took.
///
/// # Panics
/// When it gives nothing within `limit`; `what` is said then.
#[expect(
    clippy::disallowed_methods,
    reason = "tests of running programs wait in real time"
)]
pub async fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut check: impl AsyncFnMut() -> Option<T>,
) -> (T, Duration) {
    let start = Instant::now();
    loop {
        if let Some(found) = check().await {
            return (found, start.elapsed());
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A conference of real processes: one bridge and some rooms.
pub struct Conference {
    folder: tempfile::TempDir,
    names: Vec<String>,
    /// The bridge; none while it is killed.
    pub bridge: Option<Service>,
    /// The rooms; none where one is killed.
    pub rooms: Vec<Option<Service>>,
    http: reqwest::Client,
    addresses: Option<(SocketAddr, SocketAddr)>,
}

/// The chair's token in these tests.
pub const CHAIR: &str = "the-chair-of-the-tests";

impl Conference {
    /// Starts a bridge and rooms of these names and waits until all are in conference. Each room has
    /// test devices unless `devices` says otherwise for its number.
    pub async fn start(names: &[&str], devices: impl Fn(usize) -> Option<String>) -> Self {
        let mut conference = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            bridge: None,
            rooms: names.iter().map(|_| None).collect(),
            http: http()
                .no_proxy()
                .timeout(Duration::from_secs(5))
                .build()
                .expect("an HTTP client"),
            addresses: None,
        };
        conference.start_bridge();
        for index in 0..names.len() {
            conference.write_room(index, devices(index));
            conference.start_room(index);
        }
        conference.wait_until_joined(Duration::from_secs(30)).await;
        conference
    }

    /// Starts the bridge; at its old addresses if it ran before.
    pub fn start_bridge(&mut self) {
        let (http, media) = match self.addresses {
            Some((http, media)) => (http.to_string(), media.to_string()),
            None => ("127.0.0.1:0".into(), "127.0.0.1:0".into()),
        };
        let mut text = format!(
            "listen = \"{http}\"\nmedia = \"{media}\"\nchair_token = \"{CHAIR}\"\nviewer_token = \"a-viewer-of-the-tests\"\n"
        );
        for (index, name) in self.names.iter().enumerate() {
            text += &format!(
                "[[rooms]]\nname = \"{name}\"\ntoken = \"{}\"\n",
                token(index)
            );
        }
        let bridge = Service::start("bridge", &self.write("bridge.toml", &text));
        self.addresses = Some((bridge.address("http"), bridge.address("media")));
        self.bridge = Some(bridge);
    }

    /// Starts a room whose settings were written before.
    pub fn start_room(&mut self, index: usize) {
        let file = self.folder.path().join(format!("room-{index}.toml"));
        self.rooms[index] = Some(Service::start("room", &file));
    }

    /// Where the bridge's HTTP listens.
    ///
    /// # Panics
    /// Before the bridge was started.
    pub fn bridge_http(&self) -> SocketAddr {
        self.addresses.expect("the bridge was started").0
    }

    /// A page of a room's box, as JSON.
    pub async fn room_json(&self, index: usize, page: &str) -> Option<serde_json::Value> {
        let address = self.rooms[index].as_ref()?.address("web");
        let url = format!("http://{address}/{page}");
        self.http.get(url).send().await.ok()?.json().await.ok()
    }

    /// Presses a button of a room's box: `speak`, `mute`, `gate/on` or `gate/off`.
    ///
    /// # Panics
    /// When the box does not take it.
    pub async fn press(&self, index: usize, button: &str) {
        let (status, said) = self.post(index, &format!("panel/{button}"), "panel").await;
        assert!((200..300).contains(&status), "{status}: {said}");
    }

    /// Asks something of a room's box, with this in the header `x-estrade`; the answer's status and text.
    ///
    /// # Panics
    /// When the box does not answer.
    pub async fn post(&self, index: usize, path: &str, header: &str) -> (u16, String) {
        let room = self.rooms[index].as_ref().expect("the room runs");
        let url = format!("http://{}/{path}", room.address("web"));
        let request = self.http.post(url).header("x-estrade", header);
        let answer = request.send().await.expect("the box answers");
        let status = answer.status().as_u16();
        (status, answer.text().await.expect("an answer ends"))
    }

    /// Whether a room is linked, publishes and watches.
    pub async fn is_joined(&self, index: usize) -> bool {
        let status = self.room_json(index, "status").await;
        status.is_some_and(|status| {
            ["linked", "publishing", "watching"]
                .iter()
                .all(|key| status[key] == true)
        })
    }

    /// Waits until every running room is in conference; returns how long that took.
    pub async fn wait_until_joined(&self, limit: Duration) -> Duration {
        let all = async || {
            for index in 0..self.rooms.len() {
                if self.rooms[index].is_some() && !self.is_joined(index).await {
                    return None;
                }
            }
            Some(())
        };
        wait_for("all rooms in conference", limit, all).await.1
    }

    fn write_room(&self, index: usize, devices: Option<String>) {
        let devices = devices.unwrap_or_else(|| {
            "camera = \"test\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n".into()
        });
        let text = format!(
            "name = \"{}\"\n[bridge]\naddress = \"http://{}\"\ntoken = \"{}\"\n[devices]\n{devices}\n\
             [picture]\nwidth = 640\nheight = 360\nkbit_per_second = 800\n\
             [screen]\nwidth = 640\nheight = 360\n[web]\nlisten = \"127.0.0.1:0\"\n\
             [measure]\nstamp = {}\n",
            self.names[index],
            self.bridge_http(),
            token(index),
            index + 1,
        );
        self.write(&format!("room-{index}.toml"), &text);
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a temporary file");
        path
    }

    /// Stamps of the rooms that a television has shown since it was last asked.
    pub async fn shown(&self, index: usize) -> Vec<u64> {
        let sightings = self.room_json(index, "measure/sightings").await;
        let sightings = sightings.and_then(|value| value.as_array().cloned());
        sightings
            .unwrap_or_default()
            .iter()
            .filter_map(|sighting| sighting["room"].as_u64())
            .collect()
    }
}

fn token(index: usize) -> String {
    format!("token-of-the-tests-{index:04}")
}
