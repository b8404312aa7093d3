//! A real Chromium, driven by chromedriver, both ended with the test.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::PATIENCE;

/// What makes Chromium run without a screen, camera, microphone, or network of its own.
/// `--allow-loopback-in-peer-connection`: this machine may have no other interface.
const ARGUMENTS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--window-size=1024,768",
    "--accept-lang=fr-FR,fr",
];

/// Does something in a browser, and ends it whatever comes of it.
#[allow(dead_code, reason = "each test program uses its own part")]
pub async fn in_browser(what: impl AsyncFnOnce(&Browser)) {
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(what(&browser)).catch_unwind().await;
    browser.quit().await;
    outcome.unwrap_or_else(|failure| resume_unwind(failure));
}

/// One browser with one window.
pub struct Browser {
    pub driver: WebDriver,
    process: Child,
    // Chromedriver dies if nobody reads what it says.
    _output: Lines<BufReader<ChildStdout>>,
    _profile: TempDir,
}

impl Browser {
    pub async fn start() -> Self {
        // The driver of the browser speaks HTTP as well.
        let _ = estrade_tests::http();
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts (Debian's packages: chromium and chromium-driver)");
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = output.next_line().await.unwrap();
            let line = line.expect("chromedriver says its port before it ends");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let profile = tempfile::tempdir().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        for argument in ARGUMENTS {
            wanted.add_arg(argument).unwrap();
        }
        let data = format!("--user-data-dir={}", profile.path().display());
        wanted.add_arg(&data).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted)
            .await
            .expect("Chromium starts (Debian's package: chromium)");
        driver.set_script_timeout(PATIENCE).await.unwrap();
        Self {
            driver,
            process,
            _output: output,
            _profile: profile,
        }
    }

    pub async fn quit(mut self) {
        let _ = self.driver.quit().await;
        let _ = self.process.kill().await;
    }

    /// What a script returns. It is the body of an async function.
    pub async fn run(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];\
             (async () => {{ {script} }})().then(done, (error) => done({{ failed: String(error) }}));"
        );
        let value = self.driver.execute_async(script, Vec::new()).await.unwrap();
        value.json().clone()
    }

    /// Asks again until a script's answer is as wanted; returns it.
    pub async fn until(&self, what: &str, script: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let asking = async {
            loop {
                last = self.run(script).await;
                if wanted(&last) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, asking).await.is_ok();
        assert!(
            in_time,
            "not within {PATIENCE:?}: {what}; last seen: {last}"
        );
        last
    }

    /// Whether everybody can use the page as it is now, by axe-core.
    #[allow(dead_code, reason = "each test program uses its own part")]
    pub async fn judge(&self, name: &str) {
        let axe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../axe/axe.min.js");
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; run tests/axe/get.sh, as `make test` does",
                axe.display()
            )
        });
        self.driver.execute(axe, Vec::new()).await.unwrap();
        let verdict = self
            .run(
                "const { violations } = await axe.run();
                 return violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '')) }));",
            )
            .await;
        assert_eq!(verdict, Value::Array(Vec::new()), "{name}: {verdict:#}");
    }

    /// Until an element shows exactly this text.
    pub async fn until_text(&self, selector: &str, text: &str) {
        let script = format!("return document.querySelector({selector:?})?.textContent");
        self.until(&format!("{selector} says {text:?}"), &script, |found| {
            found == text
        })
        .await;
    }
}
