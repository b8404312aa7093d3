//! The update of a box that runs from a card: whether it is wanted, and what people are told of it. Pure.

use std::time::Instant;

use conference::Release;
use conference::wire::{SceneView, UpdateFault, UpdateView, Updating};
use pipelines::{Line, Role};

use super::{Link, Machine, Output};

/// What a box knows of its card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The version that runs.
    pub runs: Release,
    /// What its system does with an update now, or last did since it started.
    pub doing: Option<Doing>,
    /// The versions that were started for their trial, as often as that was.
    pub tried: Vec<Release>,
    /// The address of the update that the box handed over last.
    pub handed: Option<String>,
    /// Whether the system has not taken it yet.
    pub waits: bool,
}

/// What the card's system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doing {
    /// What it does.
    pub step: Step,
    /// With which version, once it knows.
    pub version: Option<Release>,
}

/// How far the card's system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits until the box may begin anew.
    Waits,
    /// It installs the update and starts anew.
    Installs,
    /// It did not install it.
    Failed,
}

impl Doing {
    /// Reads `STEP VERSION`, as the card's system writes it.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let step = match words.next()? {
            "waits" => Step::Waits,
            "installs" => Step::Installs,
            "failed" => Step::Failed,
            _ => return None,
        };
        let version = words.next().and_then(Release::parse);
        Some(Self { step, version })
    }
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// So many percent are here.
    Here(u8),
    /// It came to nothing, and is tried again later.
    Failed(UpdateFault),
}

/// What the machine keeps of all this.
#[derive(Debug, Default)]
pub(super) struct Updates {
    card: Option<Card>,
    wanted: Option<UpdateView>,
    percent: u8,
    fault: Option<UpdateFault>,
}

impl Machine {
    pub(super) fn card(&mut self, card: Card) {
        self.updates.card = Some(card);
    }

    pub(super) fn fetched(&mut self, fetch: Fetch) {
        match fetch {
            Fetch::Here(percent) => (self.updates.percent, self.updates.fault) = (percent, None),
            Fetch::Failed(fault) => self.updates.fault = Some(fault),
        }
    }

    /// Orders the download, or stops it, and tells the bridge how far it is.
    pub(super) fn settle_update(&mut self, now: Instant) {
        let may = self.link == Link::Up && self.busy(now).is_none();
        let wanted = self.offered().filter(|_| may).cloned();
        if self.updates.wanted != wanted {
            self.updates.wanted.clone_from(&wanted);
            (self.updates.percent, self.updates.fault) = (0, None);
            self.outputs.push_back(Output::FetchUpdate(wanted));
        }
        let updating = self.updating();
        if self.status.update != updating {
            self.status.update = updating;
            self.report();
        }
    }

    /// What the bridge has for this box: newer than what runs, and neither handed over nor tried before, for the card's system
    /// has it then, or has given it up.
    fn offered(&self) -> Option<&UpdateView> {
        let card = self.updates.card.as_ref()?;
        let update = self.state.update.as_ref()?;
        let version = Release::parse(&update.version)?;
        let wanted = version > card.runs
            && card.handed.as_ref() != Some(&update.id)
            && !card.tried.contains(&version);
        (wanted && !self.installs()).then_some(update)
    }

    /// Whether the card's system installs one now, and nobody needs the box.
    pub(super) fn installs(&self) -> bool {
        self.doing() == Some(Step::Installs) && !self.runs()
    }

    fn doing(&self) -> Option<Step> {
        let doing = self.updates.card.as_ref()?.doing.as_ref()?;
        Some(doing.step)
    }

    fn updating(&self) -> Option<Updating> {
        let card = self.updates.card.as_ref()?;
        let offer = self.state.update.as_ref();
        let of_offer = || offer.map_or_else(String::new, |offer| offer.version.clone());
        let failed = |version, why| Some(Updating::Failed { version, why });
        if let Some(Doing { step, version }) = &card.doing {
            let version = version.as_ref().map_or_else(of_offer, Release::to_string);
            return match step {
                Step::Waits => Some(Updating::Waits { version }),
                Step::Installs => Some(Updating::Installs { version }),
                Step::Failed => failed(version, UpdateFault::Refused),
            };
        }
        if card.waits {
            let version = of_offer();
            return Some(Updating::Waits { version });
        }
        if let Some(UpdateView { version, .. }) = &self.updates.wanted {
            let (version, percent) = (version.clone(), self.updates.percent);
            return match self.updates.fault {
                Some(why) => failed(version, why),
                None => Some(Updating::Fetching { version, percent }),
            };
        }
        if let Some(UpdateView { version, .. }) = self.offered() {
            let version = version.clone();
            return Some(Updating::Waits { version });
        }
        let back = card.tried.iter().filter(|tried| **tried > card.runs).max();
        if let Some(back) = back {
            return failed(back.to_string(), UpdateFault::Returned);
        }
        let newer = Release::parse(&of_offer()).is_some_and(|offered| offered > card.runs);
        match newer {
            true => failed(of_offer(), UpdateFault::Refused),
            false => None,
        }
    }

    /// What the television says of it, while nothing else is on it.
    pub(super) fn update_line(&self) -> Option<Line> {
        let idle = self.state.evening.scene == SceneView::Standby || self.link != Link::Up;
        let id = match self.doing()? {
            Step::Installs if self.installs() => "update-installs",
            Step::Waits if !self.runs() && idle => "update-waits",
            Step::Installs | Step::Waits | Step::Failed => return None,
        };
        Some(Line {
            text: self.words.say(id),
            role: Role::Neutral,
        })
    }
}

#[cfg(test)]
mod tests;
