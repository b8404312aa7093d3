//! Which decks can be shown, and where each is open.

use std::collections::BTreeMap;

use super::{No, SpeakerId};

/// The decks of an evening.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decks {
    /// Pages of the decks that can be shown, 1 or more of each.
    pages: BTreeMap<SpeakerId, u16>,
    /// Pages that were turned to, from 0. A deck that is brought anew opens where the one before was.
    open: BTreeMap<SpeakerId, u16>,
}

impl Decks {
    /// How many pages a speaker's deck has; none while there is no deck that can be shown.
    pub fn pages(&self, speaker: SpeakerId) -> Option<u16> {
        self.pages.get(&speaker).copied()
    }

    /// The page at which it is open.
    pub fn page(&self, speaker: SpeakerId) -> Option<u16> {
        let last = self.pages(speaker)?.saturating_sub(1);
        Some(self.open.get(&speaker).map_or(0, |open| *open.min(&last)))
    }

    /// Turns to a page.
    pub fn turn(&mut self, speaker: SpeakerId, page: u16) -> Result<(), No> {
        if page >= self.pages(speaker).ok_or(No::NoDeck)? {
            return Err(No::NoSuchPage);
        }
        self.open.insert(speaker, page);
        Ok(())
    }

    /// A deck of one of so many speakers can be shown from now on, or cannot any more.
    pub fn change(
        &mut self,
        speaker: SpeakerId,
        pages: Option<u16>,
        speakers: usize,
    ) -> Result<(), No> {
        if usize::from(speaker.0) >= speakers {
            return Err(No::NoSuchSpeaker);
        }
        self.pages.remove(&speaker);
        if let Some(pages) = pages.filter(|pages| *pages > 0) {
            self.pages.insert(speaker, pages);
        }
        Ok(())
    }
}
