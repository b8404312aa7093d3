//! Collects what parts tell, and waits for it.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use pipelines::{Event, Part, PartState};

/// Longer than anything may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The receiving end of a part's events.
pub struct Watch {
    inbox: Receiver<Event>,
}

impl Watch {
    /// A callback for a part, and where its events arrive.
    pub fn new() -> (impl Fn(Event) + Send + Sync + Clone + 'static, Self) {
        let (outbox, inbox): (SyncSender<Event>, _) = sync_channel(4096);
        let tell = move |event| drop(outbox.try_send(event));
        (tell, Self { inbox })
    }

    /// The first event for which `found` has an answer; panics after [`PATIENCE`].
    pub fn until<T>(&self, what: &str, mut found: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(now());
            match self.inbox.recv_timeout(left) {
                Ok(event) => {
                    if let Some(answer) = found(&event) {
                        return answer;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{what} did not come")
                }
            }
        }
    }

    /// Waits until the part is in a state for which `wanted` says yes.
    pub fn part(&self, part: Part, wanted: impl Fn(&PartState) -> bool) -> PartState {
        self.until(&format!("{part:?}'s state"), |event| match event {
            Event::Part { part: whose, state } if *whose == part && wanted(state) => {
                Some(state.clone())
            }
            Event::Part { .. }
            | Event::Video { .. }
            | Event::Audio { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. } => None,
        })
    }

    /// Waits until the part runs.
    pub fn running(&self, part: Part) {
        self.part(part, |state| matches!(state, PartState::Running { .. }));
    }
}

/// Asks again and again, with the events of a part passing, until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let (_keep, pause) = sync_channel::<()>(1);
    let deadline = now() + PATIENCE;
    while now() < deadline {
        if let Some(answer) = ask() {
            return answer;
        }
        let _ = pause.recv_timeout(Duration::from_millis(20));
    }
    panic!("{what} did not happen")
}

#[expect(clippy::disallowed_methods, reason = "tests on real hardware time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The value below which `share` of the values lie.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len().saturating_sub(1)) as f64 * share;
    values.get(at as usize).copied().unwrap_or(f64::NAN)
}
