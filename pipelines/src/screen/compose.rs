//! The thread that has a picture composed when something in it changed, and hands it over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::canvas::Canvas;
use super::stage::{IDLE, Stage};
use crate::monotonic_ns;

/// The thread that composes; stopped and joined when dropped.
pub(super) struct Composer {
    stage: Arc<Stage>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Composer {
    pub(super) fn start(
        stage: Arc<Stage>,
        out: gst_app::AppSrc,
        info: gst_video::VideoInfo,
        fps: u32,
    ) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut canvas = Canvas::new(info)?;
        let frame = Duration::from_secs(1) / fps.max(1);
        let (shared, stopped) = (stage.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("composer".into())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let work = shared.wait(if canvas.fades() { frame } else { IDLE });
                    let Some(buffer) = canvas.next(&work, monotonic_ns()) else {
                        continue;
                    };
                    shared.set_rects(canvas.rects);
                    if out.push_buffer(buffer).is_err() {
                        // Only while the pipeline starts or stops: it is shown when it has started.
                        canvas.refused();
                    }
                }
            })
            .map_err(|error| error.to_string())?;
        Ok(Self {
            stage,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.stage.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
