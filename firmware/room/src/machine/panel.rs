//! What the panel's lamps are told. Pure.

use std::time::{Duration, Instant};

use board::Button;
use board::gestures::Hold;
use board::lights::{self, Signal};
use conference::wire::Device;
use pipelines::Cue;

use super::{Link, Machine, Output, Rest, Steps};

/// A box that has not reached its bridge by then is not starting: something is wrong.
const STARTING: Duration = Duration::from_secs(30);

impl Machine {
    /// What the lamps show now.
    pub fn lights(&self, now: Instant) -> lights::State {
        self.trial_light(now)
            .unwrap_or_else(|| self.own_lights(now))
    }

    /// What they show when none is tried.
    fn own_lights(&self, now: Instant) -> lights::State {
        let (floor, resting) = (&self.state.floor, self.rest == Rest::Resting);
        let linked = self.link == Link::Up;
        // Nothing is broken while people look for whoever types the code.
        let starting = self.is_starting(now) || self.waits_to_be_let_in();
        lights::State {
            muted: self.status.muted,
            fault: (!linked && !starting) || self.misses_a_device(),
            starting: starting || self.installs(),
            in_conference: linked && self.runs(),
            hand_raised: linked && floor.queue.contains(&self.name),
            has_floor: linked && floor.holder.as_ref() == Some(&self.name),
            resting: resting && !self.installs(),
            reset_near: self.hold.is_some_and(|holding| holding.hold == Hold::Reset),
            useful: self.useful(),
            down: self.gestures.down(),
        }
    }

    pub(super) fn light(&mut self, now: Instant) {
        let lights = self.lights(now);
        if self.lit.replace(lights) != Some(lights) {
            self.outputs.push_back(Output::Light(lights));
        }
        // A light that is only tried means nothing.
        let signal = Signal::of(&self.own_lights(now));
        let before = self.signal.replace(signal);
        let sound = before.and_then(|before| cue(before, signal));
        self.outputs.extend(sound.map(Output::Sound));
    }

    /// When a box that still starts will have started for too long.
    pub(super) fn starting_due(&self, now: Instant) -> Option<Instant> {
        let due = self.began + STARTING;
        (self.link == Link::NeverUp && due > now).then_some(due)
    }

    fn is_starting(&self, now: Instant) -> bool {
        match self.link {
            Link::NeverUp => now < self.began + STARTING,
            Link::Up => self.view_of_me().is_none(),
            Link::Down | Link::TokenRefused => false,
        }
    }

    fn misses_a_device(&self) -> bool {
        let status = &self.status;
        let devices = [
            &status.camera,
            &status.microphones,
            &status.screen,
            &status.loudspeaker,
        ];
        let missing = |device: &&Device| matches!(device, Device::Missing(_));
        devices.iter().any(missing)
    }

    /// Which buttons do something now; *Parole* and *Micro* have lamps that say more.
    fn useful(&self) -> [bool; 5] {
        let awake = self.rest == Rest::Awake;
        let steps = self.steps();
        Button::ALL.map(|button| match button {
            Button::Speak | Button::Mute => false,
            Button::Screen => awake && (self.poll_on_screen().is_some() || self.has_layouts()),
            Button::Minus => awake,
            Button::Plus => awake && steps != Steps::Offer,
        })
    }
}

/// The sound that goes with another signal, if it is worth one.
fn cue(before: Signal, now: Signal) -> Option<Cue> {
    match (before, now) {
        (before, now) if before == now => None,
        (_, Signal::Muted) => Some(Cue::Muted),
        (Signal::Muted, _) => Some(Cue::Unmuted),
        (_, Signal::Fault) => Some(Cue::Trouble),
        (_, Signal::Floor) => Some(Cue::FloorGiven),
        (_, Signal::Hand) => Some(Cue::HandRaised),
        (Signal::Floor, Signal::Conference | Signal::Ready) => Some(Cue::FloorEnded),
        (
            Signal::ResetNear
            | Signal::Fault
            | Signal::Starting
            | Signal::Floor
            | Signal::Hand
            | Signal::Conference
            | Signal::Ready
            | Signal::Resting,
            Signal::ResetNear
            | Signal::Starting
            | Signal::Conference
            | Signal::Ready
            | Signal::Resting,
        ) => None,
    }
}
