//! The bridge's side of the process that makes pages: started, listened to, ended.

use std::time::Duration;

use conference::wire::Reason;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use tracing::warn;

use super::render::Job;
use super::wire::Line;
use crate::confined::Confined;

/// The verb of the program that makes pages.
pub const VERB: &str = "deck-pages";

/// Most that such a process may say, in bytes: a line for each page and each doubt about it.
const MOST_SAID: u64 = 1 << 20;

/// How long may pass without a sign.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the deck is open; LibreOffice takes 5 to 60 s on the smallest machines.
    pub open: Duration,
    /// From page to page: the slowest page that was tried took 0.7 s.
    pub page: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(180),
            page: Duration::from_secs(60),
        }
    }
}

/// Makes the pages of a deck; `progress` hears how many are there, of how many. Gives their number. Dropped, it ends the
/// process and all that this has started.
///
/// # Errors
/// Why the deck cannot be shown.
pub async fn make(
    mut program: Command,
    job: &Job,
    patience: Patience,
    mut progress: impl FnMut(u16, u16),
) -> Result<u16, Reason> {
    program
        .arg(VERB)
        .arg("--source")
        .arg(&job.source)
        .arg("--into")
        .arg(&job.into)
        .args(["--id", &job.id])
        .arg(format!("--name={}", job.name));
    let mut running = Confined::start(program).map_err(|error| {
        let detail = format!("the bridge cannot start the process that makes pages: {error}");
        Reason::new("deck_no_process", detail)
    })?;
    let stdout = running.child.stdout.take();
    let stdout = stdout.expect("standard output was asked for");
    let mut lines = BufReader::new(stdout.take(MOST_SAID)).lines();
    let (mut done, mut pages) = (0, None);
    loop {
        let limit = if pages.is_some() {
            patience.page
        } else {
            patience.open
        };
        let Ok(line) = timeout(limit, lines.next_line()).await else {
            return Err(too_slow(done, pages));
        };
        let line = line.ok().flatten();
        match line.map(|line| serde_json::from_str(&line)) {
            Some(Ok(Line::Opened { pages: count })) => {
                pages = Some(count);
                progress(done, count);
            }
            Some(Ok(Line::Made)) => {
                done += 1;
                progress(done, pages.unwrap_or(done));
            }
            Some(Ok(Line::Doubt { page, what })) => {
                warn!(page, what, "something on a page of a deck is not drawn");
            }
            Some(Ok(Line::Failed { reason })) => return Err(reason),
            Some(Err(_)) => return Err(crashed(done, pages)),
            None => break,
        }
    }
    let ended = timeout(patience.page, running.child.wait()).await;
    let well = matches!(&ended, Ok(Ok(status)) if status.success());
    if well && pages == Some(done) {
        return Ok(done);
    }
    warn!(
        ?ended,
        done, "the process that makes a deck's pages ended badly"
    );
    Err(crashed(done, pages))
}

fn too_slow(done: u16, pages: Option<u16>) -> Reason {
    let page = u32::from(done) + 1;
    match pages {
        Some(_) => Reason::new(
            "deck_page_too_slow",
            format_args!(
                "page {page} takes more than a minute to draw; make it simpler, with a picture in place of its drawing"
            ),
        )
        .with("page", page),
        None => Reason::new(
            "deck_too_slow",
            "the file takes more than 3 minutes to open; export the deck as PDF",
        ),
    }
}

fn crashed(done: u16, pages: Option<u16>) -> Reason {
    let page = u32::from(done) + 1;
    match pages {
        Some(_) => Reason::new(
            "deck_page_crashed",
            format_args!(
                "page {page} cannot be drawn, or takes too much memory; make it simpler, or export the deck anew"
            ),
        )
        .with("page", page),
        None => Reason::new(
            "deck_crashed",
            "the file cannot be opened, or takes too much memory; export it anew from the program that made it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Patience = Patience {
        open: Duration::from_millis(300),
        page: Duration::from_millis(300),
    };
    const LONG: Patience = Patience {
        open: Duration::from_secs(20),
        page: Duration::from_secs(20),
    };

    #[tokio::test]
    async fn pages_are_counted_as_they_come() {
        let script = "echo '{\"said\":\"opened\",\"pages\":2}'; \
            echo '{\"said\":\"made\"}'; echo '{\"said\":\"doubt\",\"page\":2,\"what\":\"x\"}'; echo '{\"said\":\"made\"}'";
        let (made, seen) = run(script, LONG).await;
        assert_eq!(made, Ok(2));
        assert_eq!(seen, [(0, 2), (1, 2), (2, 2)]);
    }

    #[tokio::test]
    async fn whatever_becomes_of_the_process_is_told_in_words() {
        let opened = "echo '{\"said\":\"opened\",\"pages\":2}'";
        for (script, patience, reason) in [
            (
                "sleep 100".to_owned(),
                SHORT,
                "the file takes more than 3 minutes",
            ),
            (
                format!("{opened}; sleep 100"),
                SHORT,
                "page 1 takes more than a minute",
            ),
            ("kill -SEGV $$".into(), LONG, "the file cannot be opened"),
            (
                format!("{opened}; kill -KILL $$"),
                LONG,
                "page 1 cannot be drawn",
            ),
            (
                "echo nonsense; sleep 100".into(),
                LONG,
                "the file cannot be opened",
            ),
            (opened.into(), LONG, "page 1 cannot be drawn"),
            (
                "echo '{\"said\":\"failed\",\"reason\":{\"code\":\"x\",\"detail\":\"no\"}}'; exit 1".into(),
                LONG,
                "no",
            ),
        ] {
            let (made, _) = run(&script, patience).await;
            let error = made.expect_err("it has not gone well");
            assert!(error.detail.starts_with(reason), "{script}: {error}");
        }
    }

    async fn run(script: &str, patience: Patience) -> (Result<u16, Reason>, Vec<(u16, u16)>) {
        let mut program = Command::new("sh");
        program.args(["-c", script]);
        let job = Job {
            source: "source".into(),
            into: "into".into(),
            id: String::new(),
            name: "-x".into(),
        };
        let mut seen = Vec::new();
        let made = make(program, &job, patience, |done, pages| {
            seen.push((done, pages))
        })
        .await;
        (made, seen)
    }
}
