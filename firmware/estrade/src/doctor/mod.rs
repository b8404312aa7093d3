//! `estrade doctor`: what a box needs, looked at from its own machine, and what to do about it.

mod report;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use room::Config;
use room::config::Language;
use room::doctor::{self, Live, Service, Settings, Sign, Subject};
use room::words::Words;

use crate::services::{say, say_error, stopped};

/// Where the settings of a box are when no file is named.
const USUAL: &str = "etc/estrade/room.toml";
/// And what it keeps.
const STATE: &str = "var/lib/estrade";

/// Checks what a box needs: devices, network, bridge, clock, power, disks. Says what it found and what to do.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  estrade doctor                           the box of /etc/estrade/room.toml, or what is plugged in here
  estrade doctor room.toml --language en
  estrade doctor --json room.toml | jq -r '.findings[] | select(.sign != \"ok\") | .cure'
  estrade doctor --picture                 on the television: camera, focus, each microphone, what was found

While the box runs it is asked how its devices are; else they are opened for some seconds, and the loudspeaker plays a soft
chirp. Exit code: 0 all is well, 1 warnings, 2 faults.")]
pub struct Args {
    /// The settings file of the box.
    file: Option<PathBuf>,
    /// Write one JSON object, for programs (docs/doctor.md).
    #[arg(long)]
    json: bool,
    /// Show it on the television, until Écran is pressed there, Ctrl-C, or five minutes are over.
    #[arg(long, conflicts_with = "json")]
    picture: bool,
    /// The language; otherwise that of the settings.
    #[arg(long)]
    language: Option<Tongue>,
    /// Where /sys, /proc, /dev, /run and /etc lie: a copy of another machine's, whose devices are not opened.
    #[arg(long, hide = true, default_value = "/")]
    root: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tongue {
    Fr,
    En,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Fr => Self::Fr,
            Tongue::En => Self::En,
        }
    }
}

/// Looks, and says what was found.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let subject = subject(&args);
    let language = subject.config.as_ref().map(|config| config.language);
    let language = args.language.map(Language::from).or(language);
    let words = Words::new(language.unwrap_or_default());
    let (service, live) = doctor::running(&subject).await;
    if args.picture {
        return picture(subject, &service).await;
    }
    let live = match live {
        Some(live) => live,
        None if service == Service::Off && args.root == Path::new("/") => tried(&subject).await,
        // They are in use, or not of this machine.
        None => Live::default(),
    };
    let findings = doctor::judge(&doctor::look(&subject, service, live).await);
    let text = match args.json {
        true => report::json(&findings, &words)?,
        false => report::text(&findings, &words, std::io::stdout().is_terminal()),
    };
    say(&text);
    Ok(match doctor::worst(&findings) {
        Sign::Ok => ExitCode::SUCCESS,
        Sign::Warning => ExitCode::from(1),
        Sign::Fault => ExitCode::from(2),
    })
}

/// A wrong file is one finding; the rest is looked at all the same.
fn subject(args: &Args) -> Subject {
    let usual = Some(args.root.join(USUAL)).filter(|usual| usual.exists());
    let (config, settings) = match args.file.clone().or(usual) {
        None => (None, Settings::None),
        Some(file) => match Config::load(&file, state(&args.root).as_deref()) {
            Ok(config) => (Some(config), Settings::Well(file.display().to_string())),
            Err(error) => (None, Settings::Wrong(error.to_string())),
        },
    };
    Subject {
        config,
        settings,
        root: args.root.clone(),
    }
}

/// Where the box's unit keeps things; beside the settings where there is none.
fn state(root: &Path) -> Option<PathBuf> {
    Some(root.join(STATE)).filter(|state| state.exists())
}

/// Without GStreamer nothing can be tried; what is missing is found all the same.
async fn tried(subject: &Subject) -> Live {
    match pipelines::init() {
        Ok(()) => doctor::tried(subject.config.as_ref()).await,
        Err(_) => Live::default(),
    }
}

/// The running box shows it on its television; without one this process does.
async fn picture(subject: Subject, service: &Service) -> anyhow::Result<ExitCode> {
    let address = match service {
        Service::Runs(address) | Service::Closed(address) => address,
        Service::Silent(_) | Service::Off => {
            let config = subject.config.clone();
            let config = config
                .context("the picture needs the settings: estrade doctor --picture room.toml")?;
            pipelines::init()?;
            say_error("estrade doctor: the picture is on the television; Ctrl-C ends it");
            doctor::show(config, subject, stopped(false)).await;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let http = reqwest::Client::builder().no_proxy().build()?;
    let asked = http
        .post(format!("{address}/panel/diagnostics/on"))
        .header("x-estrade", "panel");
    let answer = asked.send().await.context("asking the running box")?;
    if !answer.status().is_success() {
        anyhow::bail!(
            "the running box does not take this from here ({}): hold Écran for 3 seconds instead",
            answer.status()
        );
    }
    say("the picture is on the television of the running box; Écran ends it");
    Ok(ExitCode::SUCCESS)
}
