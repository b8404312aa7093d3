//! The actor around a part: builds its pipeline, listens to its bus, looks whether data flows, and
//! obeys the [`Lifecycle`]. One thread per part; the pipeline is set to NULL by that thread alone.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::events::{Event, Events, Part};
use crate::lifecycle::{Input, Lifecycle, Output};

/// How often a running pipeline is looked at: a stall is seen within [`crate::lifecycle::STALLED_AFTER`] and this.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Counts what flows through a pipeline; beaten from streaming threads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    pub(crate) fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Beats for each buffer that passes the pad.
    pub(crate) fn watch(&self, pad: &gst::Pad) {
        let pulse = self.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            pulse.beat();
            gst::PadProbeReturn::Ok
        });
    }
}

/// A pipeline that is ready to go.
pub(crate) struct Built {
    pub(crate) pipeline: gst::Pipeline,
    /// The device in use and why, in words.
    pub(crate) chosen: String,
    /// The time from a buffer's time stamp to the moment its sink shows or plays it, where it is fixed.
    pub(crate) latency: Option<gst::ClockTime>,
    /// Dropped after the pipeline was set to NULL.
    pub(crate) keep: Vec<Box<dyn Any + Send>>,
}

/// Builds a pipeline; the pulse must be beaten by what flows in it. The error is a reason in words.
pub(crate) type Build = Box<dyn FnMut(&Pulse) -> Result<Built, String> + Send>;

enum Wake {
    Stop,
    /// Whether the part is wanted has changed.
    Wanted,
    Failed {
        build: u64,
        reason: String,
    },
}

/// Owns the part's thread; dropping it stops the pipeline and joins.
#[derive(Debug)]
pub(crate) struct Supervisor {
    wakes: SyncSender<Wake>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the part's thread and its owner tell each other.
#[derive(Debug)]
struct Shared {
    wanted: AtomicBool,
    turns: AtomicU64,
}

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stop => f.write_str("Stop"),
            Self::Wanted => f.write_str("Wanted"),
            Self::Failed { build, reason } => write!(f, "Failed({build}, {reason})"),
        }
    }
}

impl Supervisor {
    pub(crate) fn start(part: Part, events: Events, build: Build) -> Self {
        let (wakes, inbox) = mpsc::sync_channel(16);
        let errors = wakes.clone();
        let shared = Arc::new(Shared {
            wanted: AtomicBool::new(true),
            turns: AtomicU64::new(0),
        });
        let ours = shared.clone();
        let thread = std::thread::Builder::new()
            .name(format!("{part:?}").to_lowercase())
            .spawn(move || Loop::new(part, events, build, errors, ours).run(&inbox))
            .inspect_err(|error| tracing::error!(?part, %error, "no thread for a part"))
            .ok();
        Self {
            wakes,
            shared,
            thread,
        }
    }

    /// How often the thread has come round. It does so every 10 s at least, whatever its device does, unless it is stuck.
    pub(crate) fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::Relaxed)
    }

    /// Lets the device go until it is wanted again. Never blocks.
    pub(crate) fn set_wanted(&self, wanted: bool) {
        self.shared.wanted.store(wanted, Ordering::Relaxed);
        // A full inbox wakes the loop, too.
        let _ = self.wakes.try_send(Wake::Wanted);
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Blocking send: the loop always drains, so a full inbox empties soon.
        let _ = self.wakes.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Loop {
    part: Part,
    events: Events,
    build: Build,
    errors: SyncSender<Wake>,
    life: Lifecycle,
    shared: Arc<Shared>,
    builds: u64,
    standing: Option<Standing>,
}

impl Loop {
    fn new(
        part: Part,
        events: Events,
        build: Build,
        errors: SyncSender<Wake>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            part,
            events,
            build,
            errors,
            life: Lifecycle::new(),
            shared,
            builds: 0,
            standing: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Wake>) {
        self.life.handle_input(Input::Wanted, now());
        loop {
            self.shared.turns.fetch_add(1, Ordering::Relaxed);
            while let Some(output) = self.life.poll_output() {
                self.carry_out(output);
            }
            let wake = inbox.recv_timeout(self.pause());
            let now = now();
            // First: what flowed before an error makes it a stall and not a device that never worked.
            if self.standing.as_mut().is_some_and(Standing::has_beaten) {
                self.life.handle_input(Input::Beat, now);
            }
            match wake {
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Wake::Failed { build, reason }) if build == self.builds => {
                    self.life.handle_input(Input::Failed { reason }, now);
                }
                Ok(Wake::Failed { .. } | Wake::Wanted) | Err(RecvTimeoutError::Timeout) => {}
            }
            let input = match self.shared.wanted.load(Ordering::Relaxed) {
                true => Input::Wanted,
                false => Input::Unwanted,
            };
            self.life.handle_input(input, now);
            self.life.handle_timeout(now);
        }
    }

    fn pause(&self) -> Duration {
        let due = self
            .life
            .poll_timeout()
            .map_or(LOOK_EVERY, |at| at.saturating_duration_since(now()));
        if self.standing.is_some() {
            due.min(LOOK_EVERY)
        } else {
            due
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Build => {
                self.builds += 1;
                let input = match self.build_one() {
                    Ok(chosen) => Input::Built { chosen },
                    Err(reason) => Input::Failed { reason },
                };
                self.life.handle_input(input, now());
            }
            Output::TearDown => self.standing = None,
            Output::Report(state) => {
                tracing::info!(part = ?self.part, ?state, "part changed its state");
                (self.events)(Event::Part {
                    part: self.part,
                    state,
                });
            }
        }
    }

    fn build_one(&mut self) -> Result<String, String> {
        let pulse = Pulse::default();
        let built = (self.build)(&pulse)?;
        let chosen = built.chosen.clone();
        let standing = Standing::new(built, pulse);
        let said = listen(&standing.pipeline, self.builds, &self.errors);
        if standing.pipeline.set_state(gst::State::Playing).is_err() {
            let reason = said.lock().ok().and_then(|mut said| said.take());
            return Err(reason.unwrap_or_else(|| "its pipeline does not start".into()));
        }
        self.standing = Some(standing);
        Ok(chosen)
    }
}

/// A pipeline that was set going; NULL when dropped.
struct Standing {
    pipeline: gst::Pipeline,
    pulse: Pulse,
    seen: u64,
    keep: Vec<Box<dyn Any + Send>>,
}

impl Standing {
    fn new(built: Built, pulse: Pulse) -> Self {
        on_the_machines_clock(&built.pipeline, built.latency);
        Self {
            pipeline: built.pipeline,
            pulse,
            seen: 0,
            keep: built.keep,
        }
    }

    fn has_beaten(&mut self) -> bool {
        let beats = self.pulse.0.load(Ordering::Relaxed);
        std::mem::replace(&mut self.seen, beats) != beats
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::warn!(pipeline = %self.pipeline.name(), "a pipeline does not stop");
        }
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
        self.keep.clear();
    }
}

/// Makes running time the machine's monotonic time, whatever clocks the elements offer.
pub(crate) fn on_the_machines_clock(pipeline: &gst::Pipeline, latency: Option<gst::ClockTime>) {
    pipeline.use_clock(Some(&gst::SystemClock::obtain()));
    pipeline.set_start_time(gst::ClockTime::NONE);
    pipeline.set_base_time(gst::ClockTime::ZERO);
    if let Some(latency) = latency {
        pipeline.set_latency(latency);
    }
}

/// Sends the bus's errors to the loop, and keeps the first for a start that fails at once.
fn listen(
    pipeline: &gst::Pipeline,
    build: u64,
    errors: &SyncSender<Wake>,
) -> Arc<Mutex<Option<String>>> {
    let first = Arc::new(Mutex::new(None));
    let Some(bus) = pipeline.bus() else {
        return first;
    };
    let (errors, said) = (errors.clone(), first.clone());
    let warned = AtomicBool::new(false);
    bus.set_sync_handler(move |_, message| {
        if let Some(reason) = trouble(message, &warned) {
            if let Ok(mut said) = said.lock() {
                said.get_or_insert_with(|| reason.clone());
            }
            // A full inbox holds an error of this pipeline already.
            let _ = errors.try_send(Wake::Failed { build, reason });
        }
        gst::BusSyncReply::Drop
    });
    first
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "GStreamer's messages are open-ended"
)]
fn trouble(message: &gst::Message, warned: &AtomicBool) -> Option<String> {
    let from = message.src().map(|src| src.name()).unwrap_or_default();
    match message.view() {
        gst::MessageView::Error(error) => {
            tracing::debug!(%from, debug = ?error.debug(), "pipeline error");
            Some(format!("{} ({from})", error.error()))
        }
        gst::MessageView::Eos(_) => Some("it ended".into()),
        gst::MessageView::Warning(warning) => {
            // A device in trouble can warn a hundred times a second: the first one is for people.
            if warned.swap(true, Ordering::Relaxed) {
                tracing::debug!(%from, warning = %warning.error(), "pipeline warning");
            } else {
                tracing::warn!(%from, warning = %warning.error(), debug = ?warning.debug(), "pipeline warning");
            }
            None
        }
        _ => None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock read of the supervisors"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use gstreamer_app as gst_app;

    use super::*;
    use crate::PartState;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A part whose nth pipeline gives `counts[n]` buffers at 25 per second and then what `end` does.
    fn part(
        counts: &'static [u32],
        end: fn(&gst_app::AppSrc),
    ) -> (Supervisor, Receiver<PartState>) {
        crate::init().expect("GStreamer");
        let (tell, told) = mpsc::channel();
        let mut build_number = 0;
        let build = Box::new(move |pulse: &Pulse| {
            let pipeline = crate::launch::pipeline(&[
                "appsrc name=source is-live=true format=time max-buffers=1 ! clocksync ! fakesink name=sink sync=false async=false",
            ])?;
            pulse.watch(&crate::launch::pad(
                &crate::launch::named(&pipeline, "sink")?,
                "sink",
            )?);
            let source: gst_app::AppSrc = crate::launch::typed(&pipeline, "source")?;
            let mut left = *counts.get(build_number).ok_or("no more of them")?;
            build_number += 1;
            let mut pace = crate::fed::Pace::new(1, 25, crate::monotonic_ns());
            let callbacks = gst_app::AppSrcCallbacks::builder()
                .need_data(move |source, _| {
                    if left == 0 {
                        end(source);
                        return;
                    }
                    left -= 1;
                    let buffer =
                        crate::fed::stamped(gst::Buffer::new(), pace.next(crate::monotonic_ns()));
                    let _ = source.push_buffer(buffer);
                })
                .build();
            source.set_callbacks(callbacks);
            Ok(Built {
                pipeline,
                chosen: format!("number {build_number}"),
                latency: None,
                keep: Vec::new(),
            })
        });
        let events: Events = Arc::new(move |event| {
            if let Event::Part { state, .. } = event {
                let _ = tell.send(state);
            }
        });
        (Supervisor::start(Part::Camera, events, build), told)
    }

    fn next(told: &Receiver<PartState>) -> PartState {
        told.recv_timeout(PATIENCE).expect("a state")
    }

    fn running(number: u32) -> PartState {
        PartState::Running {
            chosen: format!("number {number}"),
        }
    }

    #[test]
    fn a_source_that_stops_without_a_word_is_seen_within_three_seconds_and_built_again() {
        let (_part, told) = part(&[10, 1000], |_| {});
        assert_eq!(
            (next(&told), next(&told)),
            (PartState::Starting, running(1))
        );
        let ran = now();
        assert_eq!(
            next(&told),
            PartState::Stalled {
                reason: "nothing came for 2 s".into()
            }
        );
        // Ten buffers last 0.4 s.
        assert!(
            ran.elapsed() < Duration::from_millis(3400),
            "{:?}",
            ran.elapsed()
        );
        assert_eq!(next(&told), running(2));
    }

    #[test]
    fn a_part_that_is_not_wanted_is_let_go_until_it_is_wanted_again() {
        let (part, told) = part(&[1000, 1000], |_| {});
        assert_eq!(
            (next(&told), next(&told)),
            (PartState::Starting, running(1))
        );
        part.set_wanted(false);
        // Nothing that was built is left that could beat.
        let quiet = told.recv_timeout(Duration::from_millis(600));
        assert!(quiet.is_err(), "{quiet:?}");
        part.set_wanted(true);
        assert_eq!(
            (next(&told), next(&told)),
            (PartState::Starting, running(2))
        );
    }

    #[test]
    fn an_error_is_seen_at_once_and_built_again() {
        let (_part, told) = part(&[10, 1000], |source| {
            gst::element_error!(source, gst::ResourceError::Read, ("the cable is out"));
        });
        assert_eq!(
            (next(&told), next(&told)),
            (PartState::Starting, running(1))
        );
        let ran = now();
        assert_eq!(
            next(&told),
            PartState::Stalled {
                reason: "the cable is out (source)".into()
            }
        );
        assert!(
            ran.elapsed() < Duration::from_secs(2),
            "{:?}",
            ran.elapsed()
        );
        assert_eq!(next(&told), running(2));
    }

    #[test]
    fn an_end_is_an_error_and_one_that_cannot_be_built_again_says_why() {
        let (part, told) = part(&[3], |source| {
            let _ = source.end_of_stream();
        });
        assert_eq!(
            (next(&told), next(&told)),
            (PartState::Starting, running(1))
        );
        assert_eq!(
            next(&told),
            PartState::Stalled {
                reason: "it ended".into()
            }
        );
        assert_eq!(
            next(&told),
            PartState::Stalled {
                reason: "no more of them".into()
            }
        );
        // Stops while it is backing off, at once.
        let stopping = now();
        drop(part);
        assert!(stopping.elapsed() < Duration::from_secs(1));
    }
}
