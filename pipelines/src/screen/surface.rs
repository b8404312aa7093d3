//! What one screen is to show, and what it shows.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::stage::Stage;
use super::still::Still;
use super::{PageSighting, View};
use crate::launch;

/// One screen, seen from outside.
#[derive(Debug, Default)]
pub struct Surface {
    pub(super) stage: Arc<Stage>,
    jpeg: Mutex<Option<Still>>,
    png: Mutex<Option<Still>>,
}

impl Surface {
    /// Changes what is shown and written, from the next picture on.
    pub fn set_view(&self, view: View) {
        self.stage.set_view(view);
    }

    /// What is shown now, as a JPEG file. `None` before the first picture, or when it shows nothing any more.
    #[must_use]
    pub fn picture(&self) -> Option<Bytes> {
        self.still(&self.jpeg, launch::STILL_JPEG)
    }

    /// What is shown now, as a PNG file. `None` as above.
    #[must_use]
    pub fn picture_png(&self) -> Option<Bytes> {
        self.still(&self.png, launch::STILL_PNG)
    }

    /// The pages of decks seen since the last call, each when it was shown first; at most the last 2048.
    #[must_use]
    pub fn page_sightings(&self) -> Vec<PageSighting> {
        self.stage.take_page_sightings()
    }

    fn still(&self, still: &Mutex<Option<Still>>, description: &str) -> Option<Bytes> {
        let shown = self.stage.shown()?;
        let mut still = still.lock().unwrap_or_else(PoisonError::into_inner);
        if still.is_none() {
            *still = Still::new(description)
                .inspect_err(|reason| tracing::warn!(reason, "no still picture"))
                .ok();
        }
        let bytes = still.as_ref()?.encode(&shown);
        if bytes.is_none() {
            // A new one next time.
            *still = None;
        }
        bytes
    }
}
