//! The log to download: the journal where systemd runs the box, else what the program itself still knows; without secrets.

use std::process::Stdio;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::process::Command;

use super::Box;
use crate::host::host_name;
use crate::logs::redact;

/// The box's unit.
const UNIT: &str = "estrade-room";
/// Lines of the journal: some evenings.
const LINES: &str = "10000";
/// A journal on a tired card is slow; nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn routes() -> Router<Box> {
    Router::new().route("/log.txt", get(log))
}

async fn log(State(the_box): State<Box>) -> impl IntoResponse {
    let lines = match journal().await {
        Some(lines) => lines,
        None => the_box.logs.text(),
    };
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "Estrade {version}, {}\n{}",
        the_box.name,
        redact(&lines, &[&the_box.pass.token()])
    );
    let host = host_name(&the_box.name);
    let name = host.trim_end_matches(".local");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"estrade-{name}.txt\""),
        ),
    ];
    (headers, text)
}

/// What the journal has of the box, restarts included; nothing where systemd did not start it, or lets nobody read.
async fn journal() -> Option<String> {
    std::env::var_os("INVOCATION_ID")?;
    let asked = Command::new("journalctl")
        .args(["--unit", UNIT, "--lines", LINES, "--output", "short-iso"])
        .args(["--no-pager", "--quiet"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text).filter(|text| output.status.success() && !text.is_empty())
}
