//! What the box's buttons do. Pure.

use std::time::{Duration, Instant};

use board::Button;
use conference::wire::{DeckState, FromClient, SceneView};

use super::hands::Hands;
use super::{Link, Machine, Output};

/// A button that is held does the same again after so long.
const REPEATS_AFTER: Duration = Duration::from_millis(500);
/// And then so often: fast enough for a hall, slow enough to stop at the right number.
const REPEATS_EVERY: Duration = Duration::from_millis(150);
/// Nobody holds a button longer: it is stuck, or its release was lost.
const STUCK: Duration = Duration::from_secs(10);
/// So long a page that was asked for counts as the one that is open: the bridge has not answered yet.
const PAGE_COMES: Duration = Duration::from_secs(1);

/// What − and + do at this moment: what the television says, else the volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Steps {
    /// They count hands.
    Hands,
    /// − says that this room has no question.
    Offer,
    /// They turn pages.
    Pages,
    /// They change the volume.
    #[default]
    Volume,
}

impl Steps {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hands => "hands",
            Self::Offer => "offer",
            Self::Pages => "pages",
            Self::Volume => "volume",
        }
    }
}

/// − or + while it is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    button: Button,
    steps: Steps,
    since: Instant,
    pub(super) next: Instant,
}

/// What a press did, as far as it can be taken back when another button joins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The room asked for the floor.
    Asked,
    /// The mute went on or off.
    MuteTurned,
}

impl Machine {
    pub(super) fn pressed(&mut self, button: Button, now: Instant) {
        (self.held, self.done) = (None, None);
        match button {
            Button::Speak => self.speak_pressed(),
            Button::Mute => {
                self.set_muted(!self.status.muted);
                self.done = Some(Done::MuteTurned);
            }
            // It may become a hold.
            Button::Screen => {}
            Button::Minus | Button::Plus if self.tries_sound(button) => {}
            Button::Minus | Button::Plus => {
                self.held = Some(Held {
                    button,
                    steps: self.steps(),
                    since: now,
                    next: now + REPEATS_AFTER,
                });
                self.step(button, now);
            }
        }
    }

    pub(super) fn released(&mut self, button: Button, click: bool, now: Instant) {
        (self.held, self.done) = (None, None);
        if button == Button::Screen && click {
            match self.diagnoses() {
                true => self.diagnose(false, now),
                false => self.screen_clicked(now),
            }
        }
    }

    /// Another button joined it: the two mean something else.
    pub(super) fn cancelled(&mut self) {
        self.held = None;
        match self.done.take() {
            Some(Done::Asked) => self.send(FromClient::ReleaseFloor {}),
            Some(Done::MuteTurned) => self.set_muted(!self.status.muted),
            None => {}
        }
    }

    /// − and + run while they are held, as long as they still do the same.
    pub(super) fn repeat(&mut self, now: Instant) {
        let Some(held) = self.held.filter(|held| now >= held.next) else {
            return;
        };
        let runs = matches!(held.steps, Steps::Hands | Steps::Volume);
        let stuck = now.saturating_duration_since(held.since) >= STUCK;
        if !runs || stuck || self.steps() != held.steps {
            self.held = None;
            return;
        }
        self.held = Some(Held {
            next: held.next + REPEATS_EVERY,
            ..held
        });
        self.step(held.button, now);
    }

    /// What − and + do now.
    pub fn steps(&self) -> Steps {
        if self.hands_now().is_some_and(Hands::is_counting) {
            Steps::Hands
        } else if self.is_offered() {
            Steps::Offer
        } else if self.open_page().is_some() {
            Steps::Pages
        } else {
            Steps::Volume
        }
    }

    fn step(&mut self, button: Button, now: Instant) {
        let up = button == Button::Plus;
        match self.steps() {
            Steps::Hands => self.count_hands(up, now),
            // + would be a "yes" that nobody is told of: Parole is the one.
            Steps::Offer if up => {}
            Steps::Offer => self.send(FromClient::Pass {}),
            Steps::Pages => self.turn_page(up, now),
            Steps::Volume => self.change_volume(up, now),
        }
    }

    /// Whether this room is asked for a question, and the television says with which button it answers.
    pub(super) fn is_offered(&self) -> bool {
        let floor = &self.state.floor;
        self.link == Link::Up
            && self.state.evening.offered.as_ref() == Some(&self.name)
            && !floor.queue.contains(&self.name)
            && floor.holder.as_ref() != Some(&self.name)
            && self.hands_now().is_none()
    }

    /// The page that is open, and how many there are, while this room holds the floor as the speaker's.
    fn open_page(&self) -> Option<(u16, u16)> {
        let evening = &self.state.evening;
        let holds = self.state.floor.holder.as_ref() == Some(&self.name);
        let sight = self.sight();
        if self.link != Link::Up
            || evening.scene != SceneView::Slides
            || !holds
            || !sight.speaks_here()
        {
            return None;
        }
        let deck = sight.talking()?.deck.as_ref()?;
        match deck.state {
            DeckState::Ready { pages, .. } => Some((evening.page?, pages)),
            DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. } => None,
        }
    }

    fn turn_page(&mut self, forward: bool, now: Instant) {
        let Some((open, pages)) = self.open_page() else {
            return;
        };
        let asked = self.page_asked.filter(|(_, until)| now < *until);
        let from = asked.map_or(open, |(page, _)| page);
        let page = match forward {
            true => from.saturating_add(1).min(pages.saturating_sub(1)),
            false => from.saturating_sub(1),
        };
        if page != from {
            self.page_asked = Some((page, now + PAGE_COMES));
            self.send(FromClient::TurnPage { page });
        }
    }

    fn speak_pressed(&mut self) {
        if self.link != Link::Up {
            return;
        }
        let floor = &self.state.floor;
        let mine = floor.holder.as_ref() == Some(&self.name) || floor.queue.contains(&self.name);
        if mine {
            self.send(FromClient::ReleaseFloor {});
        } else {
            self.send(FromClient::RequestFloor {});
            self.done = Some(Done::Asked);
        }
    }

    fn screen_clicked(&mut self, now: Instant) {
        match self.poll_on_screen().is_some() {
            true => self.next_answer(now),
            false => self.next_layout(now),
        }
    }

    /// Only a hand in this room does this: nothing that comes over the network can.
    pub(super) fn set_muted(&mut self, muted: bool) {
        self.status.muted = muted;
        self.kept.muted = muted;
        self.outputs.push_back(Output::Mute(muted));
        self.keep();
        self.report();
    }

    fn send(&mut self, message: FromClient) {
        self.outputs.push_back(Output::Send(message));
    }
}
