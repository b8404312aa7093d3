//! The lines of state at the foot of the television. Pure.

use std::time::Instant;

use conference::wire::{Device, SceneView};
use pipelines::{Line, Role};

use super::{Link, Machine};
use crate::words::Value;

impl Machine {
    /// What the room must know, most urgent first; two lines at most can be read at a glance.
    pub(super) fn lines(&self, now: Instant) -> Vec<Line> {
        // The code is as near as can be to whoever stands before the television with a phone.
        let first = self.hold_line().into_iter().chain(self.code_line());
        let mut lines: Vec<Line> = first.collect();
        let mut put = |text: String, role: Role| lines.push(Line { text, role });
        let link = match self.link {
            Link::NeverUp => Some("connecting"),
            Link::Down => Some("reconnecting"),
            Link::TokenRefused => Some("token-refused"),
            Link::Up => None,
        };
        // The scene says more, while there is one of it.
        if let Some(id) = link.filter(|_| self.joining_scene().is_none()) {
            put(self.words.say(id), Role::Warning);
        }
        if let Some(Line { text, role }) = self.update_line() {
            put(text, role);
        }
        if self.status.muted {
            put(self.words.say("muted"), Role::Muted);
        }
        if self.link == Link::Up {
            self.say_floor(&mut put);
        }
        let waits = self.state.evening.scene == SceneView::Standby;
        if let Some(mistake) = &self.mistake
            && (waits || self.link != Link::Up)
        {
            put(mistake.clone(), Role::Warning);
        }
        // Before the start the television lists all devices.
        if !waits || self.link != Link::Up {
            for (device, id) in [
                (&self.status.microphones, "no-microphone"),
                (&self.status.camera, "no-camera"),
                (&self.status.loudspeaker, "no-loudspeaker"),
            ] {
                if matches!(device, Device::Missing(_)) {
                    put(self.words.say(id), Role::Warning);
                }
            }
        }
        if self.link == Link::Up && self.state.applause > 0 {
            let hands = "●".repeat(usize::from(self.state.applause).div_ceil(2));
            put(
                format!("{} {hands}", self.words.say("applause")),
                Role::Neutral,
            );
        }
        lines.extend(self.layout_line(now));
        lines.extend(self.stuck_line());
        lines.truncate(2);
        lines
    }

    fn say_floor(&self, put: &mut impl FnMut(String, Role)) {
        let (floor, evening) = (&self.state.floor, &self.state.evening);
        let mut hands = evening.askers.iter();
        let place = hands.position(|asker| asker.room == self.name && asker.written.is_none());
        let minutes = evening.warning.filter(|_| self.sight().speaks_here());
        if let Some(minutes) = minutes {
            let minutes = Value::Number(usize::try_from(minutes).unwrap_or(0));
            put(
                self.words.with("minutes-left", &[("minutes", minutes)]),
                Role::Warning,
            );
        }
        match &floor.holder {
            Some(holder) if *holder == self.name => {
                put(self.words.say("you-have-the-floor"), Role::Floor);
            }
            // Elsewhere the scene itself names who speaks.
            Some(holder) if place.is_none() && evening.scene == SceneView::Mosaic => {
                let holder = Value::Text(holder);
                put(
                    self.words.with("has-the-floor", &[("room", holder)]),
                    Role::Neutral,
                );
            }
            Some(_) | None => {}
        }
        if let Some(place) = place {
            let place = Value::Number(place + 1);
            put(
                self.words.with("asking", &[("place", place)]),
                Role::Warning,
            );
        } else if self.is_offered() {
            put(self.words.say("offered"), Role::Ask);
        }
        let mut others = self
            .state
            .rooms
            .iter()
            .filter(|room| room.name != self.name);
        if !self.state.rooms.is_empty() && others.all(|room| !room.present) {
            put(self.words.say("alone"), Role::Neutral);
        }
    }
}
