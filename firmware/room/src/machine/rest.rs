//! When the box rests: between evenings, while nobody wants anything of it. Pure.

use std::time::Instant;

use conference::wire::UpcomingView;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use pipelines::scene::{Resting, Scene};

use super::{Machine, Output};

/// So long before an evening the box is awake.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// So long after its start an evening may still begin: people are late.
const AFTER: SignedDuration = SignedDuration::from_hours(2);

/// Whether the box rests. Camera, microphones and television follow this alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// It does all that it is for.
    #[default]
    Awake,
    /// Camera and microphones are off, the television is dark but for the time.
    Resting,
}

impl Machine {
    /// Somebody wants something of the box. Whether that has woken it: what wakes it does nothing else.
    pub(super) fn stir(&mut self, now: Instant) -> bool {
        self.stirred = now;
        let rested = self.rest == Rest::Resting;
        self.settle_rest(now);
        rested
    }

    pub(super) fn settle_rest(&mut self, now: Instant) {
        if self.runs() {
            self.stirred = now;
        }
        let rest = match self.may_rest(now) {
            true => Rest::Resting,
            false => Rest::Awake,
        };
        if self.rest != rest {
            self.rest = rest;
            self.outputs.push_back(Output::Rest(rest));
        }
    }

    /// When nobody will have wanted anything for long enough; nothing once that is past.
    pub(super) fn quiet_due(&self, now: Instant) -> Option<Instant> {
        let due = self.stirred + self.quiet;
        Some(due).filter(|due| *due > now)
    }

    fn may_rest(&self, now: Instant) -> bool {
        self.quiet_due(now).is_none()
            && self.has_day()
            && !self.runs()
            && self.check.is_none()
            && !self.diagnoses()
            && !self.is_near()
    }

    /// Without a programme that has a day nobody knows when the next evening is.
    fn has_day(&self) -> bool {
        self.kept.upcoming.is_some() || self.state.programme.starts.is_some()
    }

    /// Whether the chair has anything shown or heard.
    pub(super) fn runs(&self) -> bool {
        let evening = &self.state.evening;
        evening.at > 0
            || evening.chosen
            || evening.message.is_some()
            || self.state.floor.holder.is_some()
            || self.state.audience.poll.is_some()
    }

    /// Whether an evening begins soon, or should have begun.
    pub(super) fn is_near(&self) -> bool {
        let Some(local) = self.local() else {
            return true;
        };
        let starts = self.starts();
        starts.is_some_and(|starts| {
            let until = local.duration_until(starts);
            until <= BEFORE && until > -AFTER
        })
    }

    fn starts(&self) -> Option<DateTime> {
        self.kept.upcoming.as_ref()?.starts.parse().ok()
    }

    /// The time in this room, by the bridge's clock where that is known.
    fn local(&self) -> Option<DateTime> {
        let ahead = SignedDuration::from_millis(self.ahead_ms);
        self.time?.local.checked_add(ahead).ok()
    }

    pub(super) fn resting(&self) -> Scene {
        let local = self.local().unwrap_or_default();
        let minutes = self.time.map_or(0, |time| time.unix_ms / 60_000);
        let (heading, when, title) = self.next_evening(local).unwrap_or_default();
        Scene::Resting(Resting {
            room: self.name.clone(),
            clock: format!("{}:{:02}", local.hour(), local.minute()),
            heading,
            when,
            title,
            // It comes round again after days.
            step: u16::try_from(minutes % 60_000).unwrap_or(0),
        })
    }

    /// The next evening, once it is to come: what it is, when, and its title.
    fn next_evening(&self, local: DateTime) -> Option<(String, String, String)> {
        self.starts().filter(|starts| *starts > local)?;
        let UpcomingView { title, starts } = self.kept.upcoming.as_ref()?;
        let when = self.sight().date(starts);
        Some((self.words.say("next-evening"), when, title.clone()))
    }
}
