//! A box whose `room.toml` somebody gets wrong: it says so, keeps on with the settings of before where it has some, and
//! takes the corrected file by itself.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use estrade_tests::{program, wait_for};

const PATIENCE: Duration = Duration::from_secs(20);
const GOOD: &str = r#"name = "Brest"
[bridge]
address = "http://127.0.0.1:9"
token = "0123456789abcdef"
[devices]
camera = "test"
microphones = "test"
screen = "none"
loudspeaker = "none"
[web]
listen = "127.0.0.1:0"
[measure]
stamp = 1
"#;

/// A box as the service manager starts it.
struct Started {
    process: Child,
    told: Receiver<String>,
}

impl Started {
    fn new(folder: &Path) -> Self {
        let socket = folder.join("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        let (tell, told) = channel();
        // It listens as long as the test runs, as the service manager does: a full socket would hold the box up.
        std::thread::spawn(move || {
            let mut message = [0; 4096];
            while let Ok(length) = manager.recv(&mut message) {
                let _ = tell.send(String::from_utf8_lossy(&message[..length]).into_owned());
            }
        });
        let process = Command::new(program())
            .args(["room", "--stop-with-stdin", "--config"])
            .arg(folder.join("room.toml"))
            .arg("--state")
            .arg(folder.join("state"))
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, told }
    }

    /// Waits until the service manager is told something that begins so; all of it.
    fn tells(&self, begin: &str) -> String {
        loop {
            let text = self.told.recv_timeout(PATIENCE).expect(begin);
            if text.starts_with(begin) {
                return text;
            }
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

#[tokio::test]
async fn a_wrong_file_is_told_and_the_box_comes_up_as_soon_as_it_is_right() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("state")).unwrap();
    let file = folder.path().join("room.toml");
    std::fs::write(&file, GOOD.replace("name", "nome")).unwrap();
    let mut started = Started::new(folder.path());
    assert_eq!(
        started.tells("STATUS="),
        "STATUS=room.toml, ligne 1 : « nome » n’est pas un mot connu\n"
    );
    started.tells("READY=1");

    // Nobody restarts it: it sees that the file is another.
    std::fs::write(&file, GOOD).unwrap();
    let mut lines = BufReader::new(started.process.stdout.take().unwrap()).lines();
    let ready = lines.next().unwrap().unwrap();
    let page = ready.strip_prefix("ready web=").expect(&ready).to_owned();
    let client = estrade_tests::http().no_proxy().build().unwrap();
    let shown = async || -> Option<Vec<String>> {
        let url = format!("http://{page}/measure/lines");
        client.get(url).send().await.ok()?.json().await.ok()
    };
    let mistakes = async || {
        let lines = shown().await?;
        Some(
            lines
                .iter()
                .filter(|line| line.starts_with("room.toml"))
                .cloned()
                .collect::<Vec<_>>(),
        )
    };
    let well = async || mistakes().await.filter(Vec::is_empty).map(|_| ());
    wait_for("the box with its settings", PATIENCE, well).await;

    std::fs::write(&file, GOOD.replace("token", "tokne")).unwrap();
    let restart = client
        .post(format!("http://{page}/restart"))
        .header("x-estrade", "panel");
    assert!(restart.send().await.unwrap().status().is_success());
    let kept = async || mistakes().await.filter(|lines| !lines.is_empty());
    assert_eq!(
        wait_for("the box with the settings of before", PATIENCE, kept)
            .await
            .0,
        ["room.toml, ligne 4 : « tokne » n’est pas un mot connu. Les réglages d’avant restent"]
    );

    std::fs::write(&file, GOOD).unwrap();
    wait_for("the box with its own settings again", PATIENCE, well).await;
}
