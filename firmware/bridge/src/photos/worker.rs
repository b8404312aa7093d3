//! The bridge's side of the process that opens a photo: started, listened to, ended.

use std::time::Duration;

use conference::wire::Reason;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;
use tracing::warn;

use super::MOST_MADE;
use crate::confined::Confined;

/// The verb of the program that makes a photo's square.
pub const VERB: &str = "photo";

/// What every PNG begins with (PNG section 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// Longest reason that is listened to, in bytes.
const MOST_REASON: usize = 4096;

/// How long it may take on the smallest machines, however loaded.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Makes the square of the photo that `program` is told of, as a PNG. Dropped, it ends the process.
///
/// # Errors
/// Why there is none.
pub async fn make(program: Command, patience: Duration) -> Result<Vec<u8>, Reason> {
    let mut running = Confined::start(program).map_err(|error| {
        let detail = format!("the bridge cannot start the process that opens photos: {error}");
        Reason::new("photo_no_process", detail)
    })?;
    let stdout = running.child.stdout.take();
    let stdout = stdout.expect("standard output was asked for");
    let mut said = Vec::new();
    let told = timeout(patience, async {
        let read = stdout.take(MOST_MADE + 1).read_to_end(&mut said).await;
        read.and(running.child.wait().await)
    });
    let ended = told.await;
    let well = matches!(&ended, Ok(Ok(status)) if status.success());
    if well && said.starts_with(PNG) && said.len() as u64 <= MOST_MADE {
        return Ok(said);
    }
    let reason = said.get(..MOST_REASON).unwrap_or(&said);
    let told: Option<Reason> = serde_json::from_slice(reason).ok();
    Err(told.unwrap_or_else(|| {
        warn!(?ended, "the process that opens a photo ended badly");
        Reason::new(
            "photo_crashed",
            "the photo cannot be opened, or takes too much memory; save it anew as JPEG, and bring it again",
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whatever_becomes_of_the_process_is_told() {
        let png = r"printf '\211PNG\r\n\032\nabc'";
        assert_eq!(run(png).await, Ok(b"\x89PNG\r\n\x1A\nabc".to_vec()));
        let no = r#"printf '{"code":"photo_broken","detail":"no"}'; exit 1"#;
        for (script, code) in [
            (no.to_owned(), "photo_broken"),
            (format!("{png}; exit 1"), "photo_crashed"),
            (format!("{png}; kill -KILL $$"), "photo_crashed"),
            ("printf nonsense".to_owned(), "photo_crashed"),
            ("head -c 900000 /dev/zero".to_owned(), "photo_crashed"),
            (format!("{png}; head -c 900000 /dev/zero"), "photo_crashed"),
            ("exec sleep 100".to_owned(), "photo_crashed"),
        ] {
            let reason = run(&script).await.expect_err(&script);
            assert_eq!(reason.code, code, "{script}");
        }
    }

    async fn run(script: &str) -> Result<Vec<u8>, Reason> {
        let mut program = Command::new("sh");
        program.args(["-c", script]);
        let patience = match script.contains("sleep") {
            true => Duration::from_millis(300),
            false => PATIENCE,
        };
        make(program, patience).await
    }
}
