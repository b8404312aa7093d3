//! The second screen, where a room has one: a page of the deck as large as it goes, or a calm card. Never a moving picture.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::kms::Cards;
use super::painter::Painter;
use super::stage::Stage;
use super::{ScreenConfig, compose, sides, wire};
use crate::devices::{DeckSink, Machine, Output, ScreenSink, Television};
use crate::events::{Events, Part};
use crate::launch;
use crate::supervisor::{Built, Pulse, Supervisor};

/// Brings what comes to a pipeline's `screen` onto a television; `first` is the one of the first screen.
type Connect =
    fn(&Cards, &gst::Pipeline, &Television, first: Option<&Television>) -> Result<(), String>;

/// Starts the second screen, if there may ever be one; it comes and goes with its television.
pub(super) fn start(
    config: ScreenConfig,
    machine: Machine,
    cards: Arc<Cards>,
    stage: Arc<Stage>,
    events: Events,
) -> Option<Supervisor> {
    start_with(Cards::show, config, machine, cards, stage, events)
}

fn start_with(
    connect: Connect,
    config: ScreenConfig,
    machine: Machine,
    cards: Arc<Cards>,
    stage: Arc<Stage>,
    events: Events,
) -> Option<Supervisor> {
    if config.deck == DeckSink::None {
        return None;
    }
    let build =
        Box::new(move |pulse: &Pulse| build(connect, &config, &machine, &cards, &stage, pulse));
    Some(Supervisor::start(Part::DeckScreen, events, build))
}

fn build(
    connect: Connect,
    config: &ScreenConfig,
    machine: &Machine,
    cards: &Cards,
    stage: &Arc<Stage>,
    pulse: &Pulse,
) -> Result<Built, String> {
    let first = first(config, machine, cards);
    let (output, chosen) = machine.deck_screen(&config.deck, first.as_ref())?;
    let pipeline = launch::pipeline(&[match output {
        Output::Television(_) => launch::SCREEN_DECK,
        Output::Window => launch::SCREEN_WINDOW,
        Output::Nothing => launch::SCREEN_NONE,
    }])?;
    let (composed, info) = wire(&pipeline, config, stage, pulse)?;
    if let Output::Television(television) = &output {
        connect(cards, &pipeline, television, first.as_ref())?;
        fail_when_unplugged(&composed, machine, television)?;
    }
    // Only now: a room without a second screen pays for none.
    let painter =
        Painter::start(stage.clone(), sides(config)).map_err(|error| error.to_string())?;
    let composer = compose::Composer::start(stage.clone(), composed, info, config.fps)?;
    Ok(Built {
        pipeline,
        chosen,
        latency: None,
        keep: vec![
            Box::new(painter),
            Box::new(composer),
            Box::new(Light(stage.clone())),
        ],
    })
}

/// The television of the first screen, or the one that it will have in a moment.
fn first(config: &ScreenConfig, machine: &Machine, cards: &Cards) -> Option<Television> {
    let (sink, _) = machine.screen(&config.sink);
    let known = || cards.first().or(machine.televisions().into_iter().next());
    (sink == ScreenSink::Kms).then(known).flatten()
}

/// No sink tells that its television was unplugged; each picture asks.
fn fail_when_unplugged(
    composed: &gst_app::AppSrc,
    machine: &Machine,
    television: &Television,
) -> Result<(), String> {
    let (machine, television) = (machine.clone(), television.clone());
    let source = composed.downgrade();
    launch::pad(composed, "src")?.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        if machine.televisions().contains(&television) {
            return gst::PadProbeReturn::Ok;
        }
        if let Some(source) = source.upgrade() {
            let connector = &television.connector;
            gst::element_error!(
                source,
                gst::ResourceError::NotFound,
                ("the television on {connector} was unplugged")
            );
        }
        gst::PadProbeReturn::Drop
    });
    Ok(())
}

/// While it is kept the screen shows something.
struct Light(Arc<Stage>);

impl Drop for Light {
    fn drop(&mut self) {
        self.0.go_dark();
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::{self, Receiver};
    use std::time::Duration;

    use super::*;
    use crate::screen::scene::{Note, Scene};
    use crate::screen::{Surface, View};
    use crate::{Event, PartState};

    const PATIENCE: Duration = Duration::from_secs(20);

    fn start(deck: DeckSink, root: &Path) -> (Surface, Option<Supervisor>, Receiver<PartState>) {
        crate::init().expect("GStreamer");
        let surface = Surface::default();
        let (tell, told) = mpsc::channel();
        let events: Events = Arc::new(move |event| {
            if let Event::Part { state, .. } = event {
                let _ = tell.send(state);
            }
        });
        let config = ScreenConfig {
            sink: ScreenSink::Kms,
            deck,
            width: 320,
            height: 180,
            fps: 25,
            read_stamps: false,
            latency_ms: 80,
        };
        // What the kernel would show is thrown away where it would be copied for it.
        let connect: Connect = |_, _, _, _| Ok(());
        let (machine, cards) = (Machine::at(root, false), Arc::default());
        let supervisor = start_with(
            connect,
            config,
            machine,
            cards,
            surface.stage.clone(),
            events,
        );
        (surface, supervisor, told)
    }

    fn until(told: &Receiver<PartState>, what: &str, wanted: fn(&PartState) -> bool) -> PartState {
        loop {
            let state = told.recv_timeout(PATIENCE);
            let state = state.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"));
            if wanted(&state) {
                return state;
            }
        }
    }

    fn is_running(state: &PartState) -> bool {
        matches!(state, PartState::Running { .. })
    }

    #[test]
    fn a_second_television_is_taken_when_it_is_plugged_in_and_given_up_when_it_is_not() {
        let root = tempfile::tempdir().expect("a folder");
        let plug = |connector: &str, status: &str| {
            let folder = root.path().join(format!("sys/class/drm/card1-{connector}"));
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join("status"), status).expect("a file");
        };
        plug("HDMI-A-1", "connected\n");
        plug("HDMI-A-2", "disconnected\n");
        let (surface, _supervisor, told) = start(DeckSink::Auto, root.path());
        surface.set_view(View {
            scene: Scene::Note(Note {
                title: "Les métiers de demain".into(),
                text: String::new(),
            }),
            ..View::default()
        });
        let missing = until(&told, "no second one", |state| {
            matches!(state, PartState::Missing { .. })
        });
        let reason = "no second television is connected".to_owned();
        assert_eq!(missing, PartState::Missing { reason });
        assert_eq!(surface.picture(), None);
        for _ in 0..2 {
            plug("HDMI-A-2", "connected\n");
            let chosen = until(&told, "it is taken", is_running);
            assert_eq!(
                chosen,
                PartState::Running {
                    chosen: "the television on HDMI-A-2".into()
                }
            );
            assert!(surface.picture().is_some());
            plug("HDMI-A-2", "disconnected\n");
            let lost = until(&told, "it is given up", |state| {
                matches!(state, PartState::Stalled { .. })
            });
            let PartState::Stalled { reason } = lost else {
                panic!("{lost:?}");
            };
            assert!(reason.contains("HDMI-A-2 was unplugged"), "{reason}");
            until(
                &told,
                "and not there",
                |state| matches!(state, PartState::Stalled { reason } if reason.contains("no second")),
            );
            assert_eq!(surface.picture(), None, "what is not shown is not told");
        }
    }

    #[test]
    fn none_is_none() {
        let root = tempfile::tempdir().expect("a folder");
        let (surface, supervisor, _told) = start(DeckSink::None, root.path());
        assert!(supervisor.is_none() && surface.picture().is_none());
    }
}
