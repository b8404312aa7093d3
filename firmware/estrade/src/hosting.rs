//! `estrade bridge`: the bridge itself, backup and restore of what it keeps, and invitations.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::Service;
use crate::services::{self, say};

/// The bridge that joins the rooms, and the chair's console.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  estrade bridge --config bridge.toml
  estrade bridge backup --config bridge.toml evening-2026-12-03.tar
  estrade bridge restore --config bridge.toml evening-2026-12-03.tar
  estrade bridge invite --config bridge.toml --rooms Brest,Loudéac --hours 48"
)]
pub struct Args {
    #[command(flatten)]
    service: Option<Service>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Write what the bridge keeps, evenings, programmes, decks, photos and paired boxes, into one file; the bridge may run meanwhile.
    #[command(after_help = "Examples:
  estrade bridge backup --config bridge.toml evening-2026-12-03.tar
  estrade bridge backup --config bridge.toml --force /mnt/usb/estrade.tar   every night, the same file
  estrade bridge backup --config /etc/estrade/bridge.toml --state /var/lib/estrade-bridge estrade.tar   of the package's

The settings are not in it: keep a copy of bridge.toml, with its tokens, in a safe place of its own.")]
    Backup(Keeping),
    /// Put back what a backup holds; the bridge must be stopped.
    #[command(after_help = "Examples:
  estrade bridge restore --config bridge.toml evening-2026-12-03.tar
  estrade bridge restore --config bridge.toml --force evening-2026-12-03.tar   in the place of what is there")]
    Restore(Keeping),
    /// Make an invitation, by which the box of each named room is paired once, without a code.
    #[command(after_help = "Examples:
  estrade bridge invite --config bridge.toml --rooms Brest,Loudéac --hours 48

It is written on one line, to be copied into the room.toml of each of these boxes: [bridge] invitation = \"…\".
The bridge may run meanwhile; run this as the user that the bridge runs as.")]
    Invite(Inviting),
}

#[derive(clap::Args)]
struct Inviting {
    /// The bridge's settings; they name its rooms.
    #[arg(long, short)]
    config: PathBuf,
    /// The rooms, with commas between them.
    #[arg(long, value_delimiter = ',', required = true)]
    rooms: Vec<String>,
    /// Where the bridge keeps things, as its unit says. Default: beside its settings.
    #[arg(long)]
    state: Option<PathBuf>,
    /// For how many hours it is good, 1 to 720.
    #[arg(long, default_value_t = 48)]
    hours: u32,
}

#[derive(clap::Args)]
struct Keeping {
    /// The bridge's settings; they name its store and its folder of decks and photos, and paired boxes lie beside them.
    #[arg(long, short)]
    config: PathBuf,
    /// Where the bridge keeps things, as its unit says. Default: beside its settings.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The backup.
    file: PathBuf,
    /// Replace what is there already.
    #[arg(long)]
    force: bool,
}

/// Does what was asked for.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match (args.what, args.service) {
        (Some(What::Backup(keeping)), _) => {
            let config = bridge::Config::load(&keeping.config, keeping.state.as_deref())?;
            bridge::backup(&config, &keeping.file, keeping.force)?;
            say(&format!("{} is written", keeping.file.display()));
            Ok(ExitCode::SUCCESS)
        }
        (Some(What::Restore(keeping)), _) => {
            let config = bridge::Config::load(&keeping.config, keeping.state.as_deref())?;
            bridge::restore(&config, &keeping.file, keeping.force)?;
            say(&format!("{} is restored", keeping.file.display()));
            Ok(ExitCode::SUCCESS)
        }
        (Some(What::Invite(inviting)), _) => {
            let config = bridge::Config::load(&inviting.config, inviting.state.as_deref())?;
            say(&bridge::invite(&config, &inviting.rooms, inviting.hours)?);
            Ok(ExitCode::SUCCESS)
        }
        (None, Some(service)) => {
            let state = service.state.as_deref();
            services::bridge(&service.config, state, service.stop_with_stdin).await
        }
        (None, None) => anyhow::bail!("the settings are missing: estrade bridge --config FILE"),
    }
}
