//! When a box may be updated, and whether an updated system does what the one before it did. What ran is written down before
//! an update; the new system has a few minutes in which at least that must run.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use conference::wire::{Device, Status};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Between two looks.
const LOOKS: Duration = Duration::from_secs(1);

/// As much of the page's `/status` as is compared.
#[derive(Deserialize)]
struct Seen {
    linked: bool,
    publishing: bool,
    watching: bool,
    devices: Status,
    /// Why the box does not begin anew now.
    #[serde(default)]
    busy: Option<String>,
}

impl Seen {
    /// What the box says of itself now.
    ///
    /// # Errors
    /// Where its page does not answer.
    async fn look(http: &reqwest::Client, page: &str) -> anyhow::Result<Self> {
        let answer = http.get(format!("{page}/status")).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

/// What ran: names that stand in the journal, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran(Vec<String>);

impl From<Seen> for Ran {
    fn from(seen: Seen) -> Self {
        let runs = |device: &Device| matches!(device, Device::Running(_));
        let all = [
            ("link", seen.linked),
            ("sending", seen.publishing),
            ("receiving", seen.watching),
            ("camera", runs(&seen.devices.camera)),
            ("microphones", runs(&seen.devices.microphones)),
            ("screen", runs(&seen.devices.screen)),
            ("loudspeaker", runs(&seen.devices.loudspeaker)),
        ];
        let ran = all.into_iter().filter(|(_, runs)| *runs);
        Self(ran.map(|(name, _)| name.to_owned()).collect())
    }
}

impl Ran {
    /// What of `before` does not run now.
    fn missing_of<'a>(&self, before: &'a Self) -> Vec<&'a str> {
        let missing = before.0.iter().filter(|name| !self.0.contains(name));
        missing.map(String::as_str).collect()
    }
}

/// Comes back once the box may begin anew, with what it says then.
///
/// # Errors
/// Where its page does not answer for `patience`.
async fn free(page: &str, patience: Duration) -> anyhow::Result<Seen> {
    let http = http()?;
    let mut told = None;
    let mut silent_since = None;
    loop {
        match Seen::look(&http, page).await {
            Ok(Seen {
                busy: Some(busy), ..
            }) => {
                silent_since = None;
                if told.as_ref() != Some(&busy) {
                    tracing::info!(busy, "waits: {}", in_words(&busy));
                    told = Some(busy);
                }
            }
            Ok(seen) => return Ok(seen),
            Err(error) => {
                let since: Instant = *silent_since.get_or_insert_with(Instant::now);
                anyhow::ensure!(
                    since.elapsed() < patience,
                    "the box does not answer: {error}"
                );
            }
        }
        tokio::time::sleep(LOOKS).await;
    }
}

fn in_words(busy: &str) -> &str {
    match busy {
        "joining" => "the box has just started, and hears first whether an evening runs",
        "evening" => "an evening runs",
        "soon" => "an evening begins within the hour",
        _ => "the box is needed",
    }
}

/// Comes back once the box may begin anew. One that does not answer for `patience` is in no evening.
pub async fn wait(page: &str, patience: Duration) {
    if let Err(error) = free(page, patience).await {
        tracing::warn!("{error:#}");
    }
}

/// Waits until the box may begin anew, and writes down what runs.
///
/// # Errors
/// Where the box's page does not answer for `patience`, or the file cannot be written.
pub async fn note(page: &str, file: &Path, patience: Duration) -> anyhow::Result<()> {
    let ran: Ran = free(page, patience).await?.into();
    std::fs::write(file, serde_json::to_vec(&ran)?)
        .with_context(|| format!("writing {}", file.display()))?;
    tracing::info!(ran = ran.0.join(" "), "before the update");
    Ok(())
}

/// Comes back as soon as all runs that is written down. Where nothing is, the box must at least answer.
///
/// # Errors
/// What does not run after `patience`.
pub async fn prove(page: &str, file: &Path, patience: Duration) -> anyhow::Result<()> {
    let before = std::fs::read(file)
        .ok()
        .and_then(|text| serde_json::from_slice::<Ran>(&text).ok())
        .unwrap_or_default();
    let http = http()?;
    let mut last = "the box does not answer".to_owned();
    let proven = async {
        loop {
            match Seen::look(&http, page).await {
                Ok(seen) => {
                    let now = Ran::from(seen);
                    let missing = now.missing_of(&before);
                    if missing.is_empty() {
                        return;
                    }
                    last = format!(
                        "what ran before the update does not run: {}",
                        missing.join(", ")
                    );
                }
                Err(error) => last = format!("the box does not answer: {error}"),
            }
            tokio::time::sleep(LOOKS).await;
        }
    };
    let in_time = tokio::time::timeout(patience, proven).await.is_ok();
    anyhow::ensure!(in_time, "{last}");
    tracing::info!(ran = before.0.join(" "), "as before the update");
    Ok(())
}

fn http() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy();
    Ok(client.timeout(Duration::from_secs(5)).build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(status: &str) -> Ran {
        serde_json::from_str::<Seen>(status).unwrap().into()
    }

    #[test]
    fn a_system_must_do_what_the_one_before_it_did_and_may_do_more() {
        let before = ran(
            r#"{"linked": true, "publishing": true, "watching": true, "devices": {"muted": false,
            "camera": {"state": "missing", "detail": "none"}, "microphones": {"state": "running", "detail": "six"},
            "screen": {"state": "running", "detail": "HDMI"}, "loudspeaker": {"state": "none"}}}"#,
        );
        let worse = ran(
            r#"{"linked": true, "publishing": true, "watching": false, "devices": {"muted": false,
            "camera": {"state": "missing", "detail": "none"}, "microphones": {"state": "missing", "detail": "no driver"},
            "screen": {"state": "running", "detail": "HDMI"}, "loudspeaker": {"state": "unknown"}}}"#,
        );
        assert_eq!(worse.missing_of(&before), ["receiving", "microphones"]);
        assert_eq!(before.missing_of(&worse), Vec::<&str>::new());
    }

    #[tokio::test]
    async fn a_box_that_never_answers_has_not_proved_anything() {
        // As `main` does first.
        room::ready_for_tls();
        let folder = tempfile::tempdir().unwrap();
        // Nobody listens at a port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let page = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let proved = prove(&page, &folder.path().join("ran"), Duration::from_millis(50)).await;
        assert!(proved.unwrap_err().to_string().contains("does not answer"));
    }
}
