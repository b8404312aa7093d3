//! The diagnostic picture on a television of which no box has hold: the devices and the machine of a box, without its
//! link to the bridge.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::facts::{Live, Service};
use super::{Subject, judge, look};
use crate::config::Config;
use crate::machine::{Input, Introduction, Machine, Output, Setup};
use crate::media::Network;
use crate::parts::{self, Events, Parts};
use crate::{Looking, kept, now, panel, time_now, until};

/// Shows it until `stop`, *Écran*, or its own end.
pub async fn show(config: Config, subject: Subject, stop: impl Future<Output = ()>) {
    let (inputs, mut facts) = mpsc::channel(64);
    let (coded, _coded) = mpsc::channel(1);
    let (commands, _commands) = mpsc::channel(1);
    let events = Events {
        coded,
        inputs: inputs.clone(),
        commands,
    };
    let parts = Arc::new(Parts::start(&config, events));
    let machine = Machine::new(
        Setup {
            name: &config.name,
            language: config.language,
            thumbs: config.screen.thumbs,
            status: parts::first_status(&config),
            kept: kept::load(&config.kept),
            quiet: config.quiet(),
            introduction: Introduction::default(),
        },
        now(),
    );
    let mut showing = Showing {
        machine,
        panel: panel::start(&config.panel, inputs.clone()),
        looking: Looking {
            parts: Arc::clone(&parts),
            measured: watch::channel(Network::default()).1,
            inputs,
            subject: Arc::new(subject),
        },
    };
    showing.run(&mut facts, stop).await;
    parts.camera.set_mirror(None);
    drop(showing);
    // Devices are closed, which may take a moment.
    let _ = tokio::task::spawn_blocking(move || drop(parts)).await;
}

struct Showing {
    machine: Machine,
    panel: Option<board::panel::Panel>,
    looking: Looking,
}

impl Showing {
    async fn run(&mut self, facts: &mut mpsc::Receiver<Input>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        self.machine.handle_input(Input::Diagnostics(true), now());
        while self.machine.diagnoses() {
            while let Some(output) = self.machine.poll_output() {
                self.carry_out(output);
            }
            let due = self.machine.poll_timeout(now());
            tokio::select! {
                () = &mut stop => return,
                Some(fact) = facts.recv() => self.machine.handle_input(fact, now()),
                _ = seconds.tick() => self.machine.handle_input(Input::Time(time_now()), now()),
                () = until(due) => self.machine.handle_timeout(now()),
            }
        }
    }

    /// What belongs to an evening is left undone.
    fn carry_out(&self, output: Output) {
        let parts = &self.looking.parts;
        match output {
            Output::Show(view) => parts.screen.set_view(*view),
            Output::Mirror(on) => parts.camera.set_mirror(on.then(|| parts.screen.mirror())),
            Output::Look { chirp } => self.looking.look(chirp),
            Output::Examine => {
                let live = Live {
                    status: self.machine.status().clone(),
                    second_screen: self.machine.second_screen().clone(),
                    channels: parts.meter.channels(),
                    ..Live::default()
                };
                self.looking.examine(Service::Off, live);
            }
            Output::Volume(percent) => parts.set_volume(percent),
            Output::Light(state) => {
                if let Some(panel) = &self.panel {
                    panel.show(state);
                }
            }
            Output::Stuck { button, stuck } => panel::tell_stuck(button, stuck),
            Output::Send(_)
            | Output::Mute(_)
            | Output::CloseMicrophone(_)
            | Output::EncodeMain(_)
            | Output::ShowSecond(_)
            | Output::Fetch(_)
            | Output::FetchUpdate(_)
            | Output::Keep(_)
            | Output::Rest(_)
            | Output::Sound(_)
            | Output::Restart
            | Output::Forget
            | Output::PairAnew
            | Output::StartMedia
            | Output::RestartMedia => {}
        }
    }
}

impl Looking {
    /// Has everything looked at and judged, beside whatever else the box does.
    pub(crate) fn examine(&self, service: Service, live: Live) {
        let (subject, inputs) = (Arc::clone(&self.subject), self.inputs.clone());
        tokio::spawn(async move {
            let findings = judge(&look(&subject, service, live).await);
            // Nobody listens only while the box stops.
            let _ = inputs.send(Input::Examined(findings)).await;
        });
    }
}
