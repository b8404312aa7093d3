//! How loud the others are heard here. Pure.

use std::time::{Duration, Instant};

use super::{Machine, Output};

/// What one press changes, in percent: twenty steps, each just heard.
const STEP: u8 = 5;
/// So long the television shows it after the last change.
const SHOWN: Duration = Duration::from_secs(2);

impl Machine {
    pub(super) fn change_volume(&mut self, up: bool, now: Instant) {
        let before = self.kept.volume;
        let volume = match up {
            true => before.saturating_add(STEP),
            false => before.saturating_sub(STEP),
        };
        self.set_volume(volume, now);
    }

    /// To 100 % at the most.
    pub(super) fn set_volume(&mut self, percent: u8, now: Instant) {
        let before = self.kept.volume;
        self.kept.volume = percent.min(100);
        // Also at the end of the scale: whoever presses sees why nothing changes.
        self.volume_until = Some(now + SHOWN);
        if self.kept.volume != before {
            self.outputs.push_back(Output::Volume(self.kept.volume));
        }
    }

    /// What was set is kept once nobody changes it any more.
    pub(super) fn hide_volume(&mut self, now: Instant) {
        if self.volume_until.is_some_and(|until| now >= until) {
            self.volume_until = None;
            self.keep();
        }
    }
}
