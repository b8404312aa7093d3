#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use std::time::Duration;

use conference::wire::{EveningView, RoomView, State, Status, UpcomingView};
use jiff::civil::DateTime;

use super::*;
use crate::config::Language;
use crate::machine::{Busy, Input};
use crate::machine::{Introduction, QUIET, Setup, Time};

/// A box on a card, its bridge, and what it has been told to fetch.
struct Box {
    machine: Machine,
    card: Card,
    state: State,
    now: Instant,
    local: DateTime,
    fetches: Option<UpdateView>,
}

fn release(text: &str) -> Release {
    Release::parse(text).unwrap()
}

fn offer(version: &str) -> UpdateView {
    UpdateView {
        version: version.into(),
        id: "5f".repeat(32),
        bytes: 1000,
    }
}

impl Box {
    /// An hour after its start, in the afternoon, in no evening.
    fn new() -> Self {
        let now = Instant::now();
        let setup = Setup {
            name: "Brest",
            language: Language::Fr,
            thumbs: true,
            status: Status::default(),
            kept: crate::kept::load(std::path::Path::new("/nowhere")),
            quiet: QUIET,
            introduction: Introduction::default(),
        };
        let mut new = Self {
            machine: Machine::new(setup, now),
            card: Card {
                runs: release("0.1.20261129.2145"),
                ..Card::default()
            },
            state: State {
                rooms: vec![RoomView {
                    name: "Brest".into(),
                    ..RoomView::default()
                }],
                ..State::default()
            },
            now,
            local: "2026-12-03T14:00".parse().unwrap(),
            fetches: None,
        };
        new.tell(Input::Card(new.card.clone()));
        new.wait(3600);
        new.link();
        new
    }

    fn tell(&mut self, input: Input) {
        self.machine.handle_input(input, self.now);
        while let Some(output) = self.machine.poll_output() {
            if let Output::FetchUpdate(update) = output {
                assert_ne!(self.fetches, update, "an order that changes nothing");
                self.fetches = update;
            }
        }
    }

    fn link(&mut self) {
        let session = "a".to_owned();
        self.tell(Input::LinkUp { session, now_ms: 0 });
        self.change(|_| {});
    }

    fn change(&mut self, change: impl FnOnce(&mut State)) {
        change(&mut self.state);
        self.tell(Input::State(std::boxed::Box::new(self.state.clone())));
    }

    fn on_card(&mut self, change: impl FnOnce(&mut Card)) {
        change(&mut self.card);
        self.tell(Input::Card(self.card.clone()));
    }

    fn wait(&mut self, seconds: u32) {
        self.now += Duration::from_secs(seconds.into());
        self.local += jiff::SignedDuration::from_secs(seconds.into());
        let local = self.local;
        self.tell(Input::Time(Time { unix_ms: 0, local }));
    }

    fn busy(&self) -> Option<Busy> {
        self.machine.busy(self.now)
    }

    fn updating(&self) -> Option<&Updating> {
        self.machine.status().update.as_ref()
    }

    /// The name of what it tells the bridge, and the version.
    fn says(&self) -> String {
        let said = serde_json::to_value(self.updating()).unwrap();
        ["state", "version", "why"]
            .iter()
            .filter_map(|key| said[key].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[test]
fn a_newer_version_is_fetched_once_and_what_runs_or_is_older_is_not() {
    let mut the_box = Box::new();
    for version in ["0.1.20261129.2145", "0.1.20261128.0900", "next week's"] {
        the_box.change(|state| state.update = Some(offer(version)));
        assert_eq!((&the_box.fetches, the_box.updating()), (&None, None));
    }
    let next = offer("0.1.20261203.0900");
    the_box.change(|state| state.update = Some(next.clone()));
    assert_eq!(the_box.fetches.as_ref(), Some(&next));
    the_box.tell(Input::Update(Fetch::Here(40)));
    let (version, percent) = (next.version.clone(), 40);
    assert_eq!(
        the_box.updating(),
        Some(&Updating::Fetching { version, percent })
    );
    // Handed over; the card's system takes it, installs it, and the box comes back with it.
    the_box.on_card(|card| (card.handed, card.waits) = (Some(next.id.clone()), true));
    assert_eq!(the_box.fetches, None);
    assert_eq!(the_box.says(), "waits 0.1.20261203.0900");
    let doing = Doing::read("installs 0.1.20261203-0900");
    the_box.on_card(|card| (card.waits, card.doing) = (false, doing));
    assert_eq!(the_box.says(), "installs 0.1.20261203.0900");
    the_box.on_card(|card| (card.runs, card.doing) = (release("0.1.20261203.0900"), None));
    assert_eq!((&the_box.fetches, the_box.updating()), (&None, None));
}

#[test]
fn an_evening_and_the_hour_before_it_stop_a_download() {
    let mut the_box = Box::new();
    the_box.change(|state| {
        state.update = Some(offer("0.2"));
        state.upcoming = Some(UpcomingView {
            title: "Les métiers du bois".into(),
            starts: "2026-12-03T18:30:00".into(),
        });
    });
    assert!(the_box.fetches.is_some(), "it is three in the afternoon");
    the_box.wait(2 * 3600 + 30 * 60 + 1);
    assert_eq!(the_box.busy(), Some(Busy::Soon));
    assert_eq!(the_box.fetches, None);
    assert_eq!(the_box.says(), "waits 0.2");
    the_box.wait(3600);
    the_box.change(|state| {
        state.evening = EveningView {
            at: 1,
            ..EveningView::default()
        }
    });
    assert_eq!(the_box.busy(), Some(Busy::Evening));
    the_box.tell(Input::LinkDown);
    the_box.wait(60);
    assert_eq!(
        the_box.busy(),
        Some(Busy::Evening),
        "a lost link ends no evening"
    );
    the_box.link();
    the_box.wait(4 * 3600);
    assert_eq!(
        the_box.busy(),
        Some(Busy::Evening),
        "until the bridge ends it"
    );
    the_box.change(|state| {
        state.evening = EveningView::default();
        state.upcoming = None;
    });
    assert_eq!(the_box.busy(), None);
    assert!(the_box.fetches.is_some());
}

#[test]
fn a_box_that_has_just_started_hears_first() {
    let mut the_box = Box::new();
    the_box.machine.link = Link::NeverUp;
    the_box.machine.began = the_box.now;
    assert_eq!(the_box.busy(), Some(Busy::Joining));
    the_box.wait(61);
    assert_eq!(the_box.busy(), None, "one without a bridge takes a stick");
}

#[test]
fn what_was_tried_is_not_fetched_again_and_a_return_is_told() {
    let mut the_box = Box::new();
    the_box.on_card(|card| card.tried = vec![release("0.2")]);
    assert_eq!(the_box.says(), "failed 0.2 returned");
    the_box.change(|state| state.update = Some(offer("0.2")));
    assert_eq!(the_box.fetches, None);
    assert_eq!(the_box.says(), "failed 0.2 returned");
    the_box.change(|state| state.update = Some(offer("0.3")));
    assert!(the_box.fetches.is_some());
    // Somebody else signed that one.
    the_box.on_card(|card| {
        card.handed = Some(offer("0.3").id);
        card.doing = Doing::read("failed");
    });
    assert_eq!(the_box.says(), "failed 0.3 refused");
    the_box.on_card(|card| (card.doing, card.tried) = (None, Vec::new()));
    assert_eq!(the_box.says(), "failed 0.3 refused", "after a restart, too");
    assert_eq!(the_box.fetches, None);
}

#[test]
fn a_download_that_fails_says_why_until_it_goes_on() {
    let mut the_box = Box::new();
    the_box.change(|state| state.update = Some(offer("0.2")));
    the_box.tell(Input::Update(Fetch::Failed(UpdateFault::Space)));
    assert_eq!(the_box.says(), "failed 0.2 space");
    the_box.tell(Input::Update(Fetch::Here(10)));
    assert_eq!(the_box.says(), "fetching 0.2");
}

#[test]
fn a_box_without_a_card_asks_for_nothing() {
    let mut the_box = Box::new();
    the_box.machine.updates = Updates::default();
    the_box.change(|state| state.update = Some(offer("0.2")));
    assert_eq!((&the_box.fetches, the_box.updating()), (&None, None));
}

#[test]
fn television_and_light_tell_of_an_update_outside_evenings_alone() {
    let mut the_box = Box::new();
    let lines = |the_box: &Box| {
        let mut lines = the_box.machine.shown_lines();
        lines.retain(|line| line != "En attente des autres salles");
        lines.join(" | ")
    };
    let starting = |the_box: &Box| the_box.machine.lit().starting;
    the_box.on_card(|card| card.doing = Doing::read("waits 0.2"));
    assert_eq!(
        lines(&the_box),
        "Mise à jour prête : redémarrage après la soirée"
    );
    assert!(!starting(&the_box), "the room may begin all the same");
    the_box.on_card(|card| card.doing = Doing::read("installs 0.2"));
    assert_eq!(
        lines(&the_box),
        "Mise à jour : le boîtier redémarre de lui-même"
    );
    assert!(starting(&the_box));
    the_box.change(|state| {
        state.evening = EveningView {
            at: 1,
            ..EveningView::default()
        }
    });
    assert_eq!(lines(&the_box), "");
    assert!(!starting(&the_box));
}
