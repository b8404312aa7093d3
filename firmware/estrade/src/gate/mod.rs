//! `estrade gate`: one sound file through the gate, as a microphone's sound would go.

mod geometry;
mod pass;
mod progress;
mod reference;
mod report;
mod target;
mod track;
mod wav;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use gate::Reason;
use pipelines::files::{Facts, Next, SoundFile};

use crate::services::{say, say_error, stopped};
use geometry::Geometry;
use pass::{Pass, Passed};
use progress::{Progress, clock};
use reference::Reference;
use report::Language;
use target::Target;

/// What a shell expects of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// One sound file through the gate: people who speak stay, whispers, pages, keys and doors go.
///
/// IN is any file with sound that GStreamer opens, of any rate, with 1 to 8 channels, which are the
/// microphones of one array. OUT.wav has one channel at 48 kHz, is as long as IN, and each moment stands
/// at its place. In a room the gate's sound comes 30 ms later than it went in (38 ms with --far-end); here
/// this delay is taken out, unless --keep-delay is given. OUT.wav appears when it is whole, and not before.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  estrade gate meeting.wav clean.wav
  estrade gate meeting.mp3 clean.wav --report meeting.html
  estrade gate array.wav clean.wav --channels-geometry array.toml --float
  estrade gate room.wav clean.wav --far-end television.wav
  estrade gate meeting.wav raw.wav --off            the same mix, with nothing taken away

array.toml holds one entry for each channel of IN, in millimetres:
  [[microphone]]
  x = -30.0
  y = 0.0
  z = 0.0")]
pub struct Args {
    /// The sound to gate.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the gated sound is written (WAV, 48 kHz, one channel, 16 bits).
    #[arg(value_name = "OUT.wav")]
    output: PathBuf,
    /// Where the microphones stand: a TOML file, see below.
    #[arg(long, value_name = "FILE.toml")]
    channels_geometry: Option<PathBuf>,
    /// What the loudspeaker played meanwhile, from the same moment on: its echo is taken out.
    #[arg(long, value_name = "FILE")]
    far_end: Option<PathBuf>,
    /// How sure the gate must be of a voice to open, 0 to 1: lower loses fewer first syllables, higher lets
    /// fewer whispers through.
    #[arg(long, value_name = "SHARE", default_value_t = gate::Settings::default().threshold, value_parser = share)]
    threshold: f32,
    /// Write 32-bit floating point instead of 16 bits: nothing is limited or rounded.
    #[arg(long)]
    float: bool,
    /// Leave the gate's delay in: OUT.wav is as much longer.
    #[arg(long)]
    keep_delay: bool,
    /// Switch the gate off: channels are mixed, and nothing else is done.
    #[arg(long)]
    off: bool,
    /// Also draw what was done and why, as one web page.
    #[arg(long, value_name = "OUT.html")]
    report: Option<PathBuf>,
    /// The report's language.
    #[arg(long, value_enum, default_value_t = Language::Fr)]
    lang: Language,
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "it must be a number from 0 to 1, as 0.6".into())
}

/// Gates a file until it is done or a signal comes.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = stop.clone();
    let mut work = tokio::task::spawn_blocking(move || carry_out(&args, &seen));
    let done = tokio::select! {
        done = &mut work => done,
        () = stopped(false) => {
            stop.store(true, Ordering::Relaxed);
            // It looks ten times a second and more, and puts away what it began.
            work.await
        }
    };
    if done.context("the work broke off")?? {
        Ok(ExitCode::SUCCESS)
    } else {
        say_error("estrade gate: stopped; nothing was written");
        Ok(ExitCode::from(INTERRUPTED))
    }
}

/// Does it all; false when it was stopped.
fn carry_out(args: &Args, stop: &AtomicBool) -> anyhow::Result<bool> {
    let geometry = args.channels_geometry.as_deref().map(Geometry::read);
    let geometry = geometry.transpose()?;
    let mut file = SoundFile::open(&args.input)?;
    let far_end = args.far_end.as_deref().map(Reference::open);
    let mut far_end = far_end.transpose()?;
    let output = Target::new(&args.output, "wav", &args.input)?;
    let page = args.report.as_deref();
    let page = page
        .map(|page| Target::new(page, "html", &args.input))
        .transpose()?;
    let Some(mut passed) = pass_through(
        args,
        geometry.as_ref(),
        (&mut file, far_end.as_mut()),
        &output,
        stop,
    )?
    else {
        return Ok(false);
    };
    let facts = file.facts().context("a file that was read has facts")?;
    if let (Some(page), Some(pictures)) = (page, passed.pictures.take()) {
        let told = report::Told {
            name: &name(&args.input),
            facts,
            missing: file.missing(),
            samples: passed.samples,
            limited: passed.limited,
            float: args.float,
            enabled: !args.off,
            places: geometry.as_ref().map(Geometry::places),
            track: &passed.track,
        };
        page.write(report::html(&told, &pictures, args.lang)?.as_bytes())?;
    }
    output.keep()?;
    if let Some(missing) = file.missing() {
        say_error(&format!(
            "estrade gate: warning: {} {missing}",
            args.input.display()
        ));
    }
    if let Some(odd) = far_end.and_then(|far_end| far_end.odd(passed.samples)) {
        say_error(&format!("estrade gate: warning: {odd}"));
    }
    summarise(args, facts, &passed);
    Ok(true)
}

/// Reads, gates and writes the whole file; none when it was stopped.
fn pass_through(
    args: &Args,
    geometry: Option<&Geometry>,
    (file, mut far_end): (&mut SoundFile, Option<&mut Reference>),
    output: &Target,
    stop: &AtomicBool,
) -> anyhow::Result<Option<Passed>> {
    let mut pass: Option<Pass> = None;
    let mut progress = Progress::start();
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match file.read()? {
            Next::NotYet => {}
            Next::End => break,
            Next::Block { samples, channels } => {
                let pass = match &mut pass {
                    Some(pass) => pass,
                    None => {
                        geometry.map_or(Ok(()), |geometry| geometry.fits(channels))?;
                        pass.insert(begin(args, channels, geometry, output)?)
                    }
                };
                for piece in samples.chunks(gate::HOP * channels) {
                    let mut far = [0.0; gate::HOP];
                    let far = &mut far[..piece.len() / channels];
                    if let Some(far_end) = &mut far_end {
                        far_end.fill(far, stop)?;
                        pass.far_end(far);
                    }
                    pass.push(piece).with_context(|| output.writing())?;
                }
                progress.show(pass.samples(), || file.facts()?.announced);
            }
        }
    }
    progress.clear();
    let pass = pass.context("a file without samples is refused when it is read")?;
    pass.finish().map(Some).with_context(|| output.writing())
}

fn begin(
    args: &Args,
    channels: usize,
    geometry: Option<&Geometry>,
    output: &Target,
) -> anyhow::Result<Pass> {
    let settings = gate::Settings {
        channels,
        enabled: !args.off,
        threshold: args.threshold,
        ..gate::Settings::default()
    };
    let gate = match geometry {
        Some(geometry) => gate::Gate::with_array(&settings, geometry.array().as_ref()),
        None => gate::Gate::new(&settings),
    };
    let wav = wav::Wav::new(output.file()?, args.float).with_context(|| output.writing())?;
    let draw = args.report.is_some();
    let cancels = args.far_end.is_some();
    Ok(Pass::new(gate, wav, args.keep_delay, draw, cancels))
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn summarise(args: &Args, facts: &Facts, passed: &Passed) {
    let by_reason = passed.track.samples(passed.samples);
    let open = track::open(&by_reason);
    #[expect(clippy::cast_precision_loss, reason = "a share in percent")]
    let share = |samples: u64| 100.0 * samples as f64 / passed.samples.max(1) as f64;
    let reasons = |open: bool| {
        let told: Vec<String> = Reason::ALL
            .iter()
            .filter(|reason| reason.is_open() == open && by_reason[**reason as usize] > 0)
            .map(|reason| {
                format!(
                    "{} {:.1} %",
                    reason.name(),
                    share(by_reason[*reason as usize])
                )
            })
            .collect();
        told.join(", ")
    };
    let line = |what: &str, samples: u64, why: &str| {
        let line = format!(
            "{what:7} {:>6.1} %  {:>8}  {why}",
            share(samples),
            clock(samples)
        );
        say(line.trim_end());
    };
    let plural = if facts.channels == 1 { "" } else { "s" };
    say(&format!(
        "{}: {}, {} channel{plural} at {} Hz, {}",
        args.input.display(),
        clock(passed.samples),
        facts.channels,
        facts.rate,
        facts.format
    ));
    line("open", open, &reasons(true));
    line("closed", passed.samples - open, &reasons(false));
    if passed.limited > 0 {
        say(&format!(
            "limited {} samples were louder than 16 bits hold; --float keeps them",
            passed.limited
        ));
    }
    say(&format!("written {}", args.output.display()));
    if let Some(report) = &args.report {
        say(&format!("        {}", report.display()));
    }
}
