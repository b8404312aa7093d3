//! `estrade demo`: a bridge and some rooms as processes of this machine, and one page, the wall.

mod chair;
mod children;
mod correlate;
mod decks;
mod evening;
mod gate;
mod plan;
mod report;
mod televisions;
mod tonight;
mod voices;
mod wall;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use pipelines::faces;

use crate::services::{say, stopped};
use children::Child;
use plan::Plan;

/// A whole conference on this machine.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  estrade demo
  estrade demo --rooms 3 --voices ~/recordings --pictures ~/films
  estrade demo --by-hand
  estrade demo --headless --rooms 4 --seconds 60 --report r.json
  estrade demo --headless --evening --report evening.json")]
pub struct Args {
    /// How many rooms.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=8))]
    rooms: u8,
    /// The wall's port on this machine; 0 takes a free one.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Picture size of cameras and televisions.
    #[arg(long, default_value = "640x360", value_parser = size)]
    size: (u32, u32),
    /// A folder of sound files (any format): each room speaks from other files of it.
    #[arg(long, value_name = "DIR")]
    voices: Option<PathBuf>,
    /// A folder of films (any format): each room's camera shows another one.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Let people lead the evening from the console, instead of playing that of January 2013.
    #[arg(long, conflicts_with = "headless")]
    by_hand: bool,
    /// No page: each room takes the floor in turn, then the figures are written.
    #[arg(long)]
    headless: bool,
    /// How long the headless evening lasts.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=86_400), requires = "headless")]
    seconds: u32,
    /// How often each room gives up and renews its media sessions after the headless evening.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000), requires = "headless")]
    reconnections: u32,
    /// Play the evening of January 2013, hurried, and look at every television after each step.
    #[arg(long, requires = "headless", conflicts_with_all = ["seconds", "reconnections"])]
    evening: bool,
    /// Beside it, save what one television shows in each scene to this folder; then nothing bears marks and nothing is
    /// checked.
    #[arg(
        long,
        value_name = "DIR",
        requires = "evening",
        conflicts_with = "report"
    )]
    save_pictures: Option<PathBuf>,
    /// Where the headless evening's figures are written (JSON, docs/report.schema.json; with --evening docs/evening.schema.json).
    #[arg(long, value_name = "FILE", requires = "headless")]
    report: Option<PathBuf>,
}

/// The longest that a bridge and all rooms may take to be in conference.
const START: Duration = Duration::from_secs(30);

/// The shortest turn in which a voice and a picture can be measured, in seconds.
const LEAST_TURN_S: u32 = 5;

/// Everything that runs.
pub struct Stage {
    /// The rooms and their settings.
    pub plan: Plan,
    /// The bridge's process.
    pub bridge: Child,
    /// The rooms' processes, in the order of the plan.
    pub rooms: Vec<Child>,
    /// Kept until the end: settings and voices live in it.
    folder: tempfile::TempDir,
}

/// Runs the demo; the exit code says whether a headless evening went as it should.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let least = u32::from(args.rooms) * LEAST_TURN_S;
    ensure!(
        !args.headless || args.seconds >= least,
        "an evening of {} rooms takes {least} s at least, since each must speak for {LEAST_TURN_S} s to be measured: give --seconds {least} or more",
        args.rooms
    );
    if args.evening {
        tonight::needs_four_rooms(usize::from(args.rooms))?;
    }
    pipelines::init()?;
    // The port first: what a person must change should not come after ten seconds of starting.
    let wall = match args.headless {
        true => None,
        false => Some(wall::bind(args.port).await?),
    };
    let stop = stopped(false);
    tokio::pin!(stop);
    let stage = tokio::select! {
        stage = start(&args) => stage?,
        () = &mut stop => {
            say("Stopped before it began.");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let outcome = tokio::select! {
        outcome = perform(&args, &stage, wall) => outcome,
        () = &mut stop => {
            say("Stopping: the rooms leave the conference.");
            Ok(ExitCode::SUCCESS)
        }
    };
    stage.stop().await;
    outcome
}

async fn perform(
    args: &Args,
    stage: &Stage,
    wall: Option<tokio::net::TcpListener>,
) -> anyhow::Result<ExitCode> {
    let Some(wall) = wall else {
        if args.evening {
            let aim = match &args.save_pictures {
                Some(folder) => tonight::Aim::Save(folder.clone()),
                None => tonight::Aim::Check,
            };
            let report = tonight::play(stage, tonight::Pace::HURRIED, aim).await?;
            write_report(args, &report)?;
            return Ok(match report.ok {
                true => {
                    say("Every television showed every scene, and every room had its question.");
                    ExitCode::SUCCESS
                }
                false => ExitCode::FAILURE,
            });
        }
        let report = evening::run(stage, args.seconds, args.reconnections).await?;
        return conclude(args, &report);
    };
    let address = wall.local_addr().context("the wall's address")?;
    say(&format!(
        "The wall: http://{address}/    (Ctrl-C stops everything)"
    ));
    tokio::select! {
        served = wall::serve(wall, stage) => served?,
        played = play_for_people(args, stage) => played?,
        ended = stage.somebody_ended() => bail!("{ended} has stopped; what it said stands above"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The evening at a pace to be watched; the wall stays open after it.
async fn play_for_people(args: &Args, stage: &Stage) -> anyhow::Result<()> {
    if !args.by_hand {
        say("The evening of January 2013 begins by itself; --by-hand leaves it to you.");
        tonight::play(stage, tonight::Pace::WATCHED, tonight::Aim::Watch).await?;
        say("The evening is over. The console can lead it again.");
    }
    std::future::pending().await
}

fn write_report(args: &Args, report: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(report).context("writing the report")? + "\n";
    match &args.report {
        Some(path) => std::fs::write(path, text)
            .with_context(|| format!("writing the report to {}", path.display()))?,
        None => say(&text),
    }
    Ok(())
}

fn conclude(args: &Args, report: &report::Report) -> anyhow::Result<ExitCode> {
    write_report(args, report)?;
    for failure in &report.failures {
        say(&format!("not as it should be: {failure}"));
    }
    if !report.ok {
        return Ok(ExitCode::FAILURE);
    }
    say("All rooms saw and heard each holder.");
    Ok(ExitCode::SUCCESS)
}

async fn start(args: &Args) -> anyhow::Result<Stage> {
    let folder = tempfile::Builder::new()
        .prefix("estrade-demo-")
        .tempdir()
        .context("making a folder for the demo's settings")?;
    let mut plan = Plan::new(
        usize::from(args.rooms),
        args.size,
        args.headless && args.save_pictures.is_none(),
    )?;
    say("Preparing the voices…");
    plan.voices = voices::prepare(&plan, args.voices.as_deref(), folder.path()).await?;
    plan.pictures = voices::pictures(&plan, args.pictures.as_deref())?;
    if args.evening || !args.headless {
        plan.programme = Some(prepare_evening(&plan, folder.path())?);
    }
    say("Starting the bridge…");
    let bridge_file = folder.path().join("bridge.toml");
    write_private(&bridge_file, plan.bridge_toml().as_bytes())?;
    let bridge = Child::start("bridge", "the bridge", &bridge_file).await?;
    plan.bridge = Some(bridge.address("http")?);
    let mut rooms = Vec::new();
    for index in 0..plan.rooms.len() {
        say(&format!(
            "Starting {} ({} of {})…",
            plan.rooms[index].name,
            index + 1,
            args.rooms
        ));
        let file = folder.path().join(format!("room-{index}.toml"));
        write_private(&file, plan.room_toml(index)?.as_bytes())?;
        rooms.push(Child::start("room", plan.rooms[index].name, &file).await?);
    }
    let stage = Stage {
        plan,
        bridge,
        rooms,
        folder,
    };
    say("Waiting for all rooms to be in conference…");
    stage.wait_until_joined().await?;
    Ok(stage)
}

/// Writes the programme, its decks and photos into a folder; gives the programme's file.
fn prepare_evening(plan: &Plan, folder: &std::path::Path) -> anyhow::Result<PathBuf> {
    for (number, deck) in (1..).zip(&decks::DECKS) {
        let pdf = deck.pdf(plan.measured().then_some(number));
        write_private(&folder.join(deck.file), &pdf)?;
    }
    for nth in 0..decks::DECKS.len() {
        let photo = faces::portrait(nth).map_err(anyhow::Error::msg)?;
        write_private(&folder.join(plan::photo(nth)), &photo)?;
    }
    let file = folder.join("evening.toml");
    write_private(&file, plan.evening_toml().as_bytes())?;
    Ok(file)
}

impl Stage {
    /// A folder that goes with the demo.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The address of a room's own page.
    pub fn web(&self, index: usize) -> anyhow::Result<SocketAddr> {
        self.rooms[index].address("web")
    }

    async fn wait_until_joined(&self) -> anyhow::Result<()> {
        let http = http()?;
        let joined = async {
            for (index, room) in self.plan.rooms.iter().enumerate() {
                let url = format!("http://{}/status", self.web(index)?);
                while !is_joined(&http, &url).await {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                say(&format!("  {} is in conference", room.name));
            }
            Ok(())
        };
        match tokio::time::timeout(START, joined).await {
            Ok(result) => result,
            Err(_) => bail!(
                "not all rooms joined within {} s; set ESTRADE_LOG=debug and look at what they say",
                START.as_secs()
            ),
        }
    }

    /// Waits until a process has ended, and names it.
    async fn somebody_ended(&self) -> &str {
        let mut ticks = tokio::time::interval(Duration::from_millis(500));
        loop {
            ticks.tick().await;
            let mut all = self.rooms.iter().chain([&self.bridge]);
            if let Some(ended) = all.find(|child| child.has_ended()) {
                return ended.name();
            }
        }
    }

    /// Ends every process and waits for it.
    pub async fn stop(self) {
        for room in self.rooms {
            room.stop().await;
        }
        self.bridge.stop().await;
    }
}

async fn is_joined(http: &reqwest::Client, url: &str) -> bool {
    let Ok(response) = http.get(url).send().await else {
        return false;
    };
    let Ok(status) = response.json::<serde_json::Value>().await else {
        return false;
    };
    ["linked", "publishing", "watching"]
        .iter()
        .all(|key| status[key] == true)
}

/// A client for the demo's own processes.
fn http() -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()
        .context("making an HTTP client")
}

/// Tokens are in these files: nobody else reads them.
fn write_private(path: &std::path::Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("writing {}", path.display()))?;
    file.write_all(bytes)
        .with_context(|| format!("writing {}", path.display()))
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong =
        || format!("\"{text}\" is no size: write it as 640x360, even numbers, at most 1920x1080");
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    let width: u32 = width.parse().map_err(|_| wrong())?;
    let height: u32 = height.parse().map_err(|_| wrong())?;
    let fits = (160..=1920).contains(&width) && (90..=1080).contains(&height);
    if !fits || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return Err(wrong());
    }
    Ok((width, height))
}

/// Where everything of the demo listens.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A token that nobody can guess, in hexadecimal.
fn random_token() -> anyhow::Result<String> {
    use std::io::Read;
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("reading random numbers from the kernel")?;
    ensure!(bytes != [0; 16], "the kernel gave no random numbers");
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
