//! `estrade room` and `estrade bridge`: settings in, one line of addresses out, then service until
//! told to stop.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

/// The first word of the line that says where a service listens.
pub const READY: &str = "ready";

/// Runs a box until a signal.
pub async fn room(
    config: &Path,
    stop_with_stdin: bool,
    logs: room::Logs,
) -> anyhow::Result<ExitCode> {
    let config = room::Config::load(config)?;
    let name = config.name.clone();
    let room = room::Room::bind(config, logs)
        .await
        .with_context(|| format!("starting the room {name}"))?;
    say(&format!("{READY} web={}", room.web_addr()));
    room.run(stopped(stop_with_stdin)).await;
    Ok(ExitCode::SUCCESS)
}

/// Runs a bridge until a signal.
pub async fn bridge(config: &Path, stop_with_stdin: bool) -> anyhow::Result<ExitCode> {
    let config = bridge::Config::load(config)?;
    let bridge = bridge::Bridge::bind(config)
        .await
        .context("starting the bridge")?;
    say(&format!(
        "{READY} http={} media={}",
        bridge.http_addr(),
        bridge.media_addr()
    ));
    bridge.serve(stopped(stop_with_stdin)).await?;
    Ok(ExitCode::SUCCESS)
}

/// Ready at SIGINT, SIGTERM or, if asked, at the end of standard input.
pub async fn stopped(with_stdin: bool) {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
        () = end_of_stdin(), if with_stdin => {}
    }
}

async fn end_of_stdin() {
    let mut stdin = tokio::io::stdin();
    let mut sink = [0_u8; 64];
    while stdin.read(&mut sink).await.is_ok_and(|n| n > 0) {}
}

/// A line for the person or program that started us. A closed standard output is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line of trouble.
pub fn say_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
