//! `estrade settle` and `estrade systems`: what the card's system asks when it starts and when it is updated. People do not
//! need them.

mod trial;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use board::systems::card::Card;
use board::systems::{System, Trial};
use clap::{Subcommand, ValueEnum};

use crate::services::say;

/// Tells the machine what the card's settings say of its name and its Wi-Fi.
#[derive(clap::Args)]
pub struct Settle {
    /// The settings as they lie on the card.
    #[arg(long, default_value = "/boot/firmware/room.toml")]
    card: PathBuf,
    /// Where the box reads them.
    #[arg(long, default_value = "/etc/estrade/room.toml")]
    config: PathBuf,
    /// Where the box keeps the last good ones.
    #[arg(long, default_value = "/var/lib/estrade")]
    state: PathBuf,
    /// The file system in which names and networks are written; other than / nothing is told to the kernel.
    #[arg(long, default_value = "/")]
    root: PathBuf,
}

/// Does it.
pub fn settle(args: Settle) -> anyhow::Result<ExitCode> {
    let Settle {
        card,
        config: settings,
        state,
        root,
    } = args;
    let running = root == Path::new("/");
    let places = room::settle::Places {
        card,
        settings,
        state,
        root,
    };
    let settled = room::settle::settle(&places).context("writing the machine's name or network")?;
    if let Some(mistake) = &settled.mistake {
        tracing::warn!("{mistake}");
    }
    if running {
        rustix::system::sethostname(settled.name.as_bytes()).context("naming the machine")?;
    }
    say(&format!(
        "name={} wifi={}",
        settled.name,
        if settled.wifi { "yes" } else { "no" }
    ));
    Ok(ExitCode::SUCCESS)
}

/// Which of the card's two systems starts: RAUC's questions to a boot loader, and the trial of an update.
#[derive(clap::Args)]
pub struct Systems {
    /// The card's whole disk.
    #[arg(long)]
    disk: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Which one starts next.
    GetPrimary,
    /// Let this one start once, to prove itself.
    SetPrimary { system: System },
    /// Whether this one may start.
    GetState { system: System },
    /// What became of it.
    SetState { system: System, state: State },
    /// Which one runs.
    GetCurrent,
    /// Wait until the box may begin anew, and write down what runs, before an update.
    Note(Ran),
    /// Wait until the box may begin anew, after it.
    Wait(Ran),
    /// Wait until all runs that ran before the update, and call the system that runs good. Does nothing where that is good already.
    Prove(Ran),
}

#[derive(clap::Args)]
struct Ran {
    /// The box's own page.
    #[arg(long, default_value = "http://127.0.0.1")]
    page: String,
    /// Where it is written down.
    #[arg(long, default_value = "/data/lib/update/ran.json")]
    file: PathBuf,
    /// How long it may take, or how long the box may be silent, in seconds.
    #[arg(long, default_value_t = 180)]
    patience: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// It has proved itself, and starts from now on.
    Good,
    /// It may not be started.
    Bad,
}

/// Answers on standard output.
pub async fn systems(args: &Systems) -> anyhow::Result<ExitCode> {
    let card = || {
        let disk = &args.disk;
        Card::open(disk).with_context(|| format!("opening {}", disk.display()))
    };
    match &args.what {
        What::GetPrimary => say(&card()?.read()?.next().to_string()),
        What::SetPrimary { system } => {
            card()?.change(|record| record.try_once(*system))?;
        }
        What::GetState { system } => {
            let record = card()?.read()?;
            let may = record.good == *system || record.trial == Some(Trial::Allowed(*system));
            say(if may { "good" } else { "bad" });
        }
        What::SetState {
            system,
            state: State::Good,
        } => {
            card()?.change(|record| record.is_good(*system))?;
        }
        What::SetState {
            system,
            state: State::Bad,
        } => {
            card()?.change(|record| record.is_bad(*system))?;
        }
        What::GetCurrent => say(&current()?.to_string()),
        What::Note(Ran {
            page,
            file,
            patience,
        }) => trial::note(page, file, Duration::from_secs(*patience)).await?,
        What::Wait(Ran { page, patience, .. }) => {
            trial::wait(page, Duration::from_secs(*patience)).await;
        }
        What::Prove(Ran {
            page,
            file,
            patience,
        }) => {
            let (card, system) = (card()?, current()?);
            if card.read()?.good != system {
                trial::prove(page, file, Duration::from_secs(*patience)).await?;
                card.change(|record| record.is_good(system))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// As U-Boot told the kernel.
fn current() -> anyhow::Result<System> {
    let words = std::fs::read_to_string("/proc/cmdline")?;
    let mut words = words.split_ascii_whitespace();
    let system = words.find_map(|word| word.strip_prefix("estrade.system="));
    let system = system.context("the kernel was not told which system it starts: no card")?;
    system.parse().map_err(anyhow::Error::msg)
}
