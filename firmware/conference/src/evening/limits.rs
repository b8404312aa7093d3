//! The time limits of talks and questions, and the warnings before they are up.

use std::time::{Duration, Instant};

use super::{Evening, Item, No};

/// Minutes left at which the speaker and the chair are warned.
const WARNINGS: [u32; 3] = [5, 1, 0];
/// The furthest a time limit can be moved, in minutes.
pub(super) const MOST_ADDED: i32 = 180;

impl Evening {
    /// When the time of the item that runs is up, where it has a limit.
    pub fn ends(&self) -> Option<Instant> {
        let planned = match self.item() {
            Item::Talk(speaker) => self.talk(speaker).minutes,
            Item::Questions(speaker) => self.talk(speaker).question_minutes,
            Item::Lobby | Item::Welcome | Item::Speakers | Item::Closing | Item::FollowUp => {
                return None;
            }
        };
        let minutes = (i32::from(planned) + self.choice.added)
            .max(0)
            .unsigned_abs();
        Some(self.choice.since? + Duration::from_secs(60 * u64::from(minutes)))
    }

    /// Minutes left at the last warning that was due.
    pub fn warning(&self) -> Option<u32> {
        self.choice.warned
    }

    pub(super) fn add_time(&mut self, minutes: i32, now: Instant) -> Result<(), No> {
        if self.ends().is_none() {
            return Err(No::NoLimit);
        }
        let added = self.choice.added.saturating_add(minutes);
        if !(-MOST_ADDED..=MOST_ADDED).contains(&added) {
            return Err(No::TooLong);
        }
        self.choice.added = added;
        // Who moves the limit knows it: only what comes later is told.
        self.choice.warned = None;
        self.pass_warnings(now);
        Ok(())
    }

    /// Passes all warnings that are due; gives the last of them.
    pub(super) fn pass_warnings(&mut self, now: Instant) -> Option<u32> {
        let mut last = None;
        while let Some((minutes, due)) = self.next_warning()
            && now >= due
        {
            self.choice.warned = Some(minutes);
            last = Some(minutes);
        }
        last
    }

    /// The next warning, and when it is due.
    pub(super) fn next_warning(&self) -> Option<(u32, Instant)> {
        let (since, ends) = (self.choice.since?, self.ends()?);
        WARNINGS
            .into_iter()
            .filter(|minutes| self.choice.warned.is_none_or(|warned| *minutes < warned))
            .filter_map(|minutes| {
                let due = ends.checked_sub(Duration::from_secs(60 * u64::from(minutes)))?;
                // A talk of four minutes is not warned of its last five.
                (due > since || minutes == 0).then_some((minutes, due))
            })
            .next()
    }
}
