//! A box whose settings are wrong: what its television shows, and until when.

use std::path::Path;
use std::time::Duration;

use pipelines::{Event, Part, Screen, ScreenConfig};
use sd_notify::NotifyState;
use tokio::sync::mpsc;

use crate::config::{Devices, Picture};
use crate::mistake::Mistake;
use crate::parts::SINK_LATENCY_MS;
use crate::words::Words;
use crate::{End, config, notify};

/// How often it is looked whether the file is another; the service manager hears of the box as often.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// Shows on the television what is wrong with a file, until `stop` or until the file is another. Nothing else of the box
/// runs: nobody knows whose it is.
///
/// # Errors
/// GStreamer does not start.
pub async fn show(
    mistake: &Mistake,
    file: &Path,
    stop: impl Future<Output = ()>,
) -> Result<End, pipelines::Error> {
    pipelines::init()?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let (devices, shown) = (Devices::default(), config::Screen::default());
    let screen = Screen::start(
        ScreenConfig {
            sink: devices.screen,
            deck: devices.deck_screen,
            width: shown.width,
            height: shown.height,
            fps: Picture::default().frames_per_second,
            read_stamps: false,
            latency_ms: SINK_LATENCY_MS,
        },
        move |event| {
            if let Event::Part {
                part: Part::Screen,
                state,
            } = event
            {
                // Nobody listens only while the box stops.
                let _ = tell.send(state);
            }
        },
    );
    screen.set_view(mistake.view());
    let line = mistake.line(&Words::new(mistake.language));
    notify(&NotifyState::Status(&line));
    let changed = changed(file);
    tokio::pin!(stop, changed);
    let mut seconds = tokio::time::interval(LOOKS_EVERY);
    let end = loop {
        tokio::select! {
            () = &mut stop => break End::Stopped,
            () = &mut changed => break End::Restart,
            // Nothing else runs that could be stuck.
            _ = seconds.tick() => notify(&NotifyState::Watchdog),
            // Running or missing: all that can be shown is.
            Some(state) = told.recv() => {
                tracing::info!(?state, "the television says what is wrong with the settings");
                notify(&NotifyState::Ready);
            }
        }
    };
    // Closing a device may take a moment.
    let _ = tokio::task::spawn_blocking(move || drop(screen)).await;
    Ok(end)
}

/// Ready once the file holds something else than when this was called.
pub fn changed(file: &Path) -> impl Future<Output = ()> {
    let read = move || std::fs::read(file).ok();
    let before = read();
    async move {
        let mut looks = tokio::time::interval(LOOKS_EVERY);
        while read() == before {
            looks.tick().await;
        }
    }
}
