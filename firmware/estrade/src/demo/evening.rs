//! The headless evening: each room takes the floor in turn, and what every television showed and
//! every loudspeaker played is read back and compared with what the holder's camera and microphone
//! took in.

use std::time::Duration;

use anyhow::{Context, ensure};
use pipelines::Noise;
use serde::Deserialize;

use super::chair::Chair;
use super::children::Usage;
use super::correlate::{PARTS, Track, find};
use super::gate::{self, Made};
use super::plan::Plan;
use super::report::{
    BridgeReport, GateReport, Report, RoomReport, Spread, Worst, tenth, thousandth,
};
use super::{Stage, http};
use crate::services::say;

/// How often the televisions' readings are fetched; a box keeps far more than come in this time.
const FETCH: Duration = Duration::from_millis(500);
/// After the first frame of a holder, what is left out of the steady figures.
const SETTLE_NS: u64 = 1_000_000_000;
/// A holder is heard where its voice is found at least this well. The voices of other rooms come to
/// 0.3 at most.
const HEARD: f32 = 0.5;
/// A holder's voice later than this is not looked for.
const LONGEST_DELAY_MS: u32 = 700;
/// How long each room has the floor before anything is measured: whatever a box makes only once
/// (decoders, threads, pools) has been made then.
const WARM_UP: Duration = Duration::from_millis(1500);
const SECOND_NS: u64 = 1_000_000_000;
/// The room whose gate is listened to, by its place in the programme.
const LISTENING: usize = 0;
/// How long it stays quiet before each noise and after the last: the gate has closed, and all is played.
const QUIET: Duration = Duration::from_millis(1200);
/// A noise that is asked for begins within this.
const FEED: Duration = Duration::from_millis(100);
/// How long somebody talks before the gate.
const TALK: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, Deserialize)]
struct Sighting {
    room: u8,
    drawn_ns: u64,
    shown_ns: u64,
}

#[derive(Default)]
struct Watched {
    frames: u64,
    seconds: f64,
    delays: Vec<f64>,
    first_frames: Vec<f64>,
    mouth_to_ear: Vec<f64>,
    seen: usize,
    heard: usize,
}

struct Evening<'a> {
    stage: &'a Stage,
    http: reqwest::Client,
    rooms: Vec<Watched>,
    gate: Option<GateReport>,
    failures: Vec<String>,
}

/// How long a noise of the audience lasts.
#[derive(Deserialize)]
struct Lasts {
    lasts_ms: u64,
}

/// Plays the evening and reports.
pub async fn run(stage: &Stage, seconds: u32, reconnections: u32) -> anyhow::Result<Report> {
    let bridge = stage.bridge.address("http")?;
    let mut chair = Chair::join(bridge, &stage.plan.chair_token).await?;
    let mut evening = Evening {
        stage,
        http: http()?,
        rooms: stage
            .plan
            .rooms
            .iter()
            .map(|_| Watched::default())
            .collect(),
        gate: None,
        failures: Vec::new(),
    };
    let turn = Duration::from_secs(seconds.into()) / stage.plan.rooms.len() as u32;
    say("Each room takes the floor for a moment, to warm up");
    for room in &stage.plan.rooms {
        chair.grant(room.name).await?;
        chair.listen_for(WARM_UP).await?;
    }
    let begun = pipelines::monotonic_ns();
    let before = usage(stage)?;
    for holder in 0..stage.plan.rooms.len() {
        evening.turn(&mut chair, holder, turn).await?;
    }
    let lasted = (pipelines::monotonic_ns() - begun) as f64 / 1e9;
    let after = usage(stage)?;
    evening.listen_to_the_gate(&mut chair).await?;
    for n in 0..reconnections {
        say(&format!("Reconnection {} of {reconnections}", n + 1));
        evening.reconnect().await?;
    }
    let end = usage(stage)?;
    Ok(evening.report(&before, &after, &end, lasted))
}

/// The rooms' use, then the bridge's.
fn usage(stage: &Stage) -> anyhow::Result<Vec<Usage>> {
    let all = stage.rooms.iter().chain([&stage.bridge]);
    all.map(super::children::Child::usage).collect()
}

impl Evening<'_> {
    async fn turn(
        &mut self,
        chair: &mut Chair,
        holder: usize,
        turn: Duration,
    ) -> anyhow::Result<()> {
        let name = self.stage.plan.rooms[holder].name;
        say(&format!("{name} has the floor for {} s", turn.as_secs()));
        self.fetch_all().await?;
        let granted = pipelines::monotonic_ns();
        chair.grant(name).await?;
        let over = tokio::time::Instant::now() + turn;
        let mut sightings: Vec<Vec<Sighting>> = vec![Vec::new(); self.rooms.len()];
        while tokio::time::Instant::now() < over {
            // Somebody must read what the bridge sends meanwhile, or it takes us for dead.
            let pause = FETCH.min(over - tokio::time::Instant::now());
            chair.listen_for(pause).await?;
            for (all, new) in sightings.iter_mut().zip(self.fetch_all().await?) {
                all.extend(new);
            }
        }
        let spoken = self.recording(holder, "microphones").await?;
        for (index, sightings) in sightings.iter().enumerate().filter(|(i, _)| *i != holder) {
            self.judge_picture(index, holder, granted, sightings);
            let heard = self.recording(index, "loudspeaker").await?;
            self.judge_sound(index, holder, granted, &spoken, &heard);
        }
        Ok(())
    }

    fn judge_picture(&mut self, room: usize, holder: usize, granted: u64, all: &[Sighting]) {
        let stamp = Plan::stamp(holder);
        let mut of_holder = all
            .iter()
            .filter(|s| s.room == stamp && s.shown_ns > granted);
        let Some(first) = of_holder.next() else {
            return self.fail(room, holder, "did not see");
        };
        let others = all
            .iter()
            .filter(|s| s.room != stamp && s.shown_ns > first.shown_ns);
        if others.count() > 0 {
            return self.fail(room, holder, "saw somebody else while it should have seen");
        }
        let watched = &mut self.rooms[room];
        watched.seen += 1;
        watched.first_frames.push(ms(first.shown_ns - granted));
        let steady: Vec<&Sighting> = of_holder
            .filter(|s| s.shown_ns > first.shown_ns + SETTLE_NS)
            .collect();
        if let (Some(a), Some(b)) = (steady.first(), steady.last()) {
            let mut drawn: Vec<u64> = steady.iter().map(|s| s.drawn_ns).collect();
            drawn.dedup();
            watched.frames += drawn.len() as u64 - 1;
            watched.seconds += (b.shown_ns - a.shown_ns) as f64 / 1e9;
        }
        let delays = steady
            .iter()
            .map(|s| ms(s.shown_ns.saturating_sub(s.drawn_ns)));
        watched.delays.extend(delays);
    }

    /// Every part of the turn that both sides recorded and in which somebody spoke is looked for.
    fn judge_sound(
        &mut self,
        room: usize,
        holder: usize,
        granted: u64,
        spoken: &Track,
        heard: &Track,
    ) {
        let from = (granted + SETTLE_NS)
            .max(spoken.start_ns)
            .max(heard.start_ns);
        let until = spoken.end_ns().min(heard.end_ns());
        let parts = (from..until).step_by(SECOND_NS as usize / PARTS as usize);
        let matches: Vec<_> = parts
            .filter_map(|at| find(spoken, heard, at, LONGEST_DELAY_MS))
            .collect();
        let found: Vec<f64> = matches
            .iter()
            .filter(|found| found.likeness >= HEARD)
            .map(|found| found.delay_ms)
            .collect();
        if found.is_empty() || found.len() * 2 < matches.len() {
            let each: Vec<String> = matches
                .iter()
                .map(|found| format!("{:.2} after {:.0} ms", found.likeness, found.delay_ms))
                .collect();
            let how = format!(
                "did not hear ({} of {} times: {})",
                found.len(),
                matches.len(),
                each.join(", ")
            );
            return self.fail(room, holder, &how);
        }
        self.rooms[room].heard += 1;
        self.rooms[room].mouth_to_ear.extend(found);
    }

    fn fail(&mut self, room: usize, holder: usize, what: &str) {
        let rooms = &self.stage.plan.rooms;
        let failure = format!("{} {what} {}", rooms[room].name, rooms[holder].name);
        self.failures.push(failure);
    }

    async fn fetch_all(&self) -> anyhow::Result<Vec<Vec<Sighting>>> {
        let mut all = Vec::new();
        for index in 0..self.rooms.len() {
            let response = self.get(index, "sightings").await?;
            all.push(response.json().await.context("reading sightings")?);
        }
        Ok(all)
    }

    async fn recording(&self, index: usize, part: &str) -> anyhow::Result<Track> {
        let response = self.get(index, part).await?;
        let number = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            value.parse::<u64>().ok()
        };
        let start_ns = number("x-start-ns").context("a recording without its time")?;
        let rate = number("x-rate").context("a recording without its rate")?;
        let bytes = response.bytes().await.context("reading a recording")?;
        let samples = bytes
            .chunks_exact(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
            .collect();
        Ok(Track {
            start_ns,
            rate: u32::try_from(rate)?,
            samples,
        })
    }

    async fn get(&self, index: usize, what: &str) -> anyhow::Result<reqwest::Response> {
        let url = format!("http://{}/measure/{what}", self.stage.web(index)?);
        let response = self.http.get(url).send().await?;
        response.error_for_status().context("measuring a room")
    }

    /// Nobody has the floor, so that each microphone is open and only the gates decide. In one room the
    /// audience makes its noises, then somebody talks; the others listen.
    async fn listen_to_the_gate(&mut self, chair: &mut Chair) -> anyhow::Result<()> {
        let room = self.stage.plan.rooms[LISTENING].name;
        say(&format!(
            "The audience of {room} whispers, turns a page, coughs and types"
        ));
        chair.free_the_floor().await?;
        for index in 0..self.rooms.len() {
            self.post(index, "talk/off").await?;
        }
        let mut made = Vec::new();
        chair.listen_for(QUIET).await?;
        for noise in Noise::ALL {
            let from_ns = pipelines::monotonic_ns();
            let what = format!("audience/{}", noise.name());
            let asked = self.post(LISTENING, &what);
            let Lasts { lasts_ms } = asked.await?.json().await.context("reading a noise")?;
            let lasts = Duration::from_millis(lasts_ms);
            chair.listen_for(lasts + QUIET).await?;
            made.push(Made {
                noise,
                from_ns,
                until_ns: from_ns + (lasts + FEED).as_nanos() as u64,
            });
        }
        let noises = self.recordings().await?;
        say(&format!("Somebody talks in {room}"));
        self.post(LISTENING, "talk/on").await?;
        let from = pipelines::monotonic_ns();
        chair.listen_for(TALK).await?;
        let voice = self.recordings().await?;
        for index in 0..self.rooms.len() {
            self.post(index, "talk/on").await?;
        }
        match gate_report(room, &made, from, &noises, &voice) {
            Some(report) => {
                self.failures.extend(gate::failures(&report));
                self.gate = Some(report);
            }
            None => self.failures.push(format!(
                "the other rooms did not hear somebody talk in {room} while nobody had the floor"
            )),
        }
        Ok(())
    }

    /// The microphones of the room that is listened to, then the loudspeakers of the others.
    async fn recordings(&self) -> anyhow::Result<(Track, Vec<Track>)> {
        let spoken = self.recording(LISTENING, "microphones").await?;
        let mut heard = Vec::new();
        for index in (0..self.rooms.len()).filter(|index| *index != LISTENING) {
            heard.push(self.recording(index, "loudspeaker").await?);
        }
        Ok((spoken, heard))
    }

    async fn post(&self, index: usize, what: &str) -> anyhow::Result<reqwest::Response> {
        let url = format!("http://{}/measure/{what}", self.stage.web(index)?);
        let request = self.http.post(url).header("x-estrade", "panel");
        let response = request.send().await?;
        let status = response.status();
        ensure!(
            status.is_success(),
            "{} does not do \"{what}\": {status}",
            self.stage.plan.rooms[index].name
        );
        Ok(response)
    }

    /// Every room gives up its media sessions and gets new ones.
    async fn reconnect(&self) -> anyhow::Result<()> {
        for index in 0..self.rooms.len() {
            self.post(index, "reconnect").await?;
        }
        self.stage.wait_until_joined().await
    }

    fn report(mut self, before: &[Usage], after: &[Usage], end: &[Usage], lasted: f64) -> Report {
        let cpu = |n: usize| thousandth((after[n].cpu_s - before[n].cpu_s) / lasted);
        let others = self.rooms.len() - 1;
        let rooms: Vec<RoomReport> = self
            .rooms
            .iter()
            .enumerate()
            .map(|(n, room)| RoomReport {
                name: self.stage.plan.rooms[n].name.to_owned(),
                fps_main: (room.seconds > 0.0).then(|| tenth(room.frames as f64 / room.seconds)),
                glass_to_glass_ms: Spread::of(&room.delays),
                mouth_to_ear_ms: Spread::of(&room.mouth_to_ear),
                floor_to_first_frame_ms: Worst::of(&room.first_frames),
                cpu_s_per_s: cpu(n),
                rss_mib_start: tenth(before[n].rss_mib),
                rss_mib_end: tenth(end[n].rss_mib),
                threads_start: before[n].threads,
                threads_end: end[n].threads,
                holders_seen: room.seen,
                holders_heard: room.heard,
            })
            .collect();
        let last = self.rooms.len();
        let all = rooms
            .iter()
            .all(|room| room.holders_seen == others && room.holders_heard == others);
        Report {
            ok: all && self.failures.is_empty(),
            rooms,
            bridge: BridgeReport {
                cpu_s_per_s: cpu(last),
                rss_mib_start: tenth(before[last].rss_mib),
                rss_mib_end: tenth(end[last].rss_mib),
            },
            gate: self.gate.take(),
            failures: std::mem::take(&mut self.failures),
        }
    }
}

/// None if somebody did not hear the voice that began at `talk_ns`: then nothing says how late it is.
fn gate_report(
    room: &str,
    made: &[Made],
    talk_ns: u64,
    noises: &(Track, Vec<Track>),
    voice: &(Track, Vec<Track>),
) -> Option<GateReport> {
    let (spoken, heard) = voice;
    let latest = u64::from(LONGEST_DELAY_MS) * 1_000_000;
    let from = talk_ns + SETTLE_NS;
    let until = heard
        .iter()
        .map(Track::end_ns)
        .chain([spoken.end_ns()])
        .min()?
        - latest;
    let late = |heard: &Track| {
        let seconds = (from..until).step_by(SECOND_NS as usize);
        let found = seconds.filter_map(|at| find(spoken, heard, at, LONGEST_DELAY_MS));
        let best = found.max_by(|a, b| a.likeness.total_cmp(&b.likeness))?;
        (best.likeness >= HEARD).then_some((best.delay_ms * 1e6) as u64)
    };
    let delays: Vec<u64> = heard.iter().map(late).collect::<Option<_>>()?;
    let with_delays = |tracks: &[Track]| -> Vec<(Track, u64)> {
        tracks.iter().cloned().zip(delays.iter().copied()).collect()
    };
    let voice = gate::judge_voice(from, until, spoken, &with_delays(heard))?;
    let (spoken, heard) = noises;
    let heard = with_delays(heard);
    let noises = made
        .iter()
        .map(|made| gate::judge_noise(made, spoken, &heard));
    Some(GateReport {
        room: room.to_owned(),
        noises: noises.collect::<Option<_>>()?,
        voice,
    })
}

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
