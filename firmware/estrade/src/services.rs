//! `estrade room` and `estrade bridge`: settings in, one line of addresses out, then service until
//! told to stop.

use std::cell::Cell;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

/// The first word of the line that says where a service listens.
pub const READY: &str = "ready";

/// A box that begins anew listens where it did before, whatever its settings left to chance.
const WEB_AGAIN: &str = "ESTRADE_ROOM_WEB";

/// Runs a box until a signal. One that is to begin anew becomes a new process in this one's place.
pub async fn room(
    config: &Path,
    state: Option<&Path>,
    stop_with_stdin: bool,
    logs: room::Logs,
) -> anyhow::Result<ExitCode> {
    let file = config;
    let loaded = match state {
        Some(state) => room::Config::load_or_kept(file, state),
        None => room::Config::load(file, None),
    };
    let mut config = match loaded {
        Ok(config) => config,
        // A box that starts by itself has nobody who reads what a program prints.
        Err(error) if state.is_some() => {
            let stop = stopped(stop_with_stdin);
            return match room::mistaken::show(&error.mistake, file, stop).await? {
                room::End::Stopped => Ok(ExitCode::SUCCESS),
                room::End::Restart | room::End::Forgotten | room::End::PairAnew => {
                    Err(begin_anew(None).into())
                }
            };
        }
        Err(error) => return Err(error.into()),
    };
    let again = std::env::var(WEB_AGAIN).ok();
    if let Some(again) = again.and_then(|again| again.parse::<SocketAddr>().ok())
        && config.web.listen.port() == 0
    {
        config.web.listen.set_port(again.port());
    }
    let name = config.name.clone();
    // Somebody may correct it while the box starts.
    let changed = room::mistaken::changed(file);
    let wrong = config.mistake.is_some();
    let room = room::Room::bind(config, logs)
        .await
        .with_context(|| format!("starting the room {name}"))?;
    say(&format!("{READY} web={}", room.web_addr()));
    let web = room.web_addr();
    let corrected = Cell::new(false);
    let stop = async {
        tokio::select! {
            () = stopped(stop_with_stdin) => {}
            () = changed, if wrong => corrected.set(true),
        }
    };
    match room.run(stop).await {
        room::End::Stopped if !corrected.get() => return Ok(ExitCode::SUCCESS),
        room::End::Stopped | room::End::Restart | room::End::PairAnew => {}
        room::End::Forgotten => {
            if let Some(state) = state {
                room::Config::forget(state);
            }
        }
    }
    Err(begin_anew(Some(web)).into())
}

/// Begins anew, with the page where it was; comes back only with the reason why that failed.
fn begin_anew(web: Option<SocketAddr>) -> std::io::Error {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default();
    match std::env::current_exe() {
        Ok(program) => Command::new(program)
            .arg0(name)
            .args(args)
            .envs(web.map(|web| (WEB_AGAIN, web.to_string())))
            .exec(),
        Err(error) => error,
    }
}

/// Runs a bridge until a signal.
pub async fn bridge(
    config: &Path,
    state: Option<&Path>,
    stop_with_stdin: bool,
) -> anyhow::Result<ExitCode> {
    let config = bridge::Config::load(config, state)?;
    if let Some(state) = state {
        std::fs::create_dir_all(state)
            .with_context(|| format!("making the folder {}", state.display()))?;
    }
    let bridge = bridge::Bridge::bind(config)
        .await
        .context("starting the bridge")?;
    let tls = bridge.tls_addr().map(|address| format!(" tls={address}"));
    say(&format!(
        "{READY} http={} media={}{}",
        bridge.http_addr(),
        bridge.media_addr(),
        tls.unwrap_or_default()
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
