//! The one binary: `estrade room`, `estrade bridge`, `estrade demo`, `estrade gate`, `estrade doctor`.

mod card;
mod demo;
mod doctor;
mod gate;
mod hosting;
mod services;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Joins several towns' meeting rooms into one conference.
#[derive(Parser)]
#[command(name = "estrade", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  estrade demo                                  a whole conference on this machine
  estrade demo --headless --seconds 60 --report r.json
  estrade bridge --config bridge.toml           the bridge that joins the rooms
  estrade bridge backup --config bridge.toml evening.tar
  estrade room --config /boot/room.toml         the box of one room
  estrade gate meeting.wav clean.wav            a recording through the noise gate
  estrade doctor room.toml                      what is wrong with this box, and what to do

Set ESTRADE_LOG=debug to see more of what happens.";

#[derive(Subcommand)]
enum Verb {
    /// The box of one room: its camera, microphones, television and loudspeaker.
    Room(Service),
    Bridge(hosting::Args),
    /// A whole conference on this machine: a bridge, some rooms, one web page.
    Demo(demo::Args),
    Gate(gate::Args),
    Doctor(doctor::Args),
    #[command(hide = true)]
    Settle(card::Settle),
    #[command(hide = true)]
    Systems(card::Systems),
    /// Makes the pages of a deck; only the bridge starts it, in a process of its own.
    #[command(name = bridge::decks::VERB, hide = true)]
    DeckPages(DeckPages),
    /// Makes the square of a speaker's photo; only the bridge starts it, in a process of its own.
    #[command(name = bridge::photos::VERB, hide = true)]
    Photo {
        #[arg(long)]
        source: PathBuf,
    },
}

#[derive(clap::Args)]
struct DeckPages {
    #[arg(long)]
    source: PathBuf,
    #[arg(long)]
    into: PathBuf,
    #[arg(long)]
    id: String,
    #[arg(long)]
    name: String,
}

#[derive(clap::Args)]
struct Service {
    /// The settings file; the shipped example documents every line.
    #[arg(long, short)]
    config: PathBuf,
    /// Where what outlives a restart is kept. Default: beside the settings file.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Stop when standard input closes, so that no process outlives the one that started it.
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    room::ready_for_tls();
    let usual = match cli.verb {
        // What it finds is said in its own lines.
        Verb::Doctor(_) => "error",
        Verb::Room(_)
        | Verb::Bridge(_)
        | Verb::Demo(_)
        | Verb::Gate(_)
        | Verb::Settle(_)
        | Verb::Systems(_)
        | Verb::DeckPages(_)
        | Verb::Photo { .. } => "warn,room=info,board=info,bridge=info,estrade=info",
    };
    let logs = room::Logs::default();
    let filter = EnvFilter::try_from_env("ESTRADE_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let kept = {
        let logs = logs.clone();
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || logs.clone())
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(kept)
        .init();
    match run(cli, logs) {
        Ok(code) => code,
        Err(error) => {
            services::say_error(&format!("estrade: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, logs: room::Logs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Media threads are GStreamer's own; two are enough for a socket and a page.
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let code = match cli.verb {
        Verb::Room(service) => runtime.block_on(services::room(
            &service.config,
            service.state.as_deref(),
            service.stop_with_stdin,
            logs,
        ))?,
        Verb::Bridge(args) => runtime.block_on(hosting::run(args))?,
        Verb::Demo(args) => runtime.block_on(demo::run(args))?,
        Verb::Gate(args) => runtime.block_on(gate::run(args))?,
        Verb::Doctor(args) => runtime.block_on(doctor::run(args))?,
        Verb::Settle(args) => card::settle(args)?,
        Verb::Systems(args) => runtime.block_on(card::systems(&args))?,
        Verb::DeckPages(args) => deck_pages(args),
        Verb::Photo { source } => whether(bridge::photos::square::work(&source)),
    };
    runtime.shutdown_background();
    Ok(code)
}

fn deck_pages(args: DeckPages) -> ExitCode {
    let DeckPages {
        source,
        into,
        id,
        name,
    } = args;
    let well = bridge::decks::render::work(&bridge::decks::render::Job {
        source,
        into,
        id,
        name,
    });
    whether(well)
}

fn whether(well: bool) -> ExitCode {
    if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
