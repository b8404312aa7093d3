//! Whose deck is which, and how far each is. Pure.

use std::collections::{BTreeMap, VecDeque};

use conference::Programme;
use conference::wire::{DeckState, DeckView, Reason};

use super::wire::{Failed, Index, Known};
use crate::address::Address;

/// Most decks that are kept: a year of monthly evenings with five speakers each. At 60 pages of 200 kB that is less
/// than a gigabyte. A deck that a speaker of now has is kept in any case.
const MOST_DECKS: usize = 64;

/// How often progress is told for one deck: each time is an event for every box and console.
const MOST_STEPS: u32 = 20;

/// What the programme says of a speaker's deck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The speaker's name, with a number behind it where it is not the first of that name: what is brought for a speaker
    /// goes along when the programme is put in another order.
    pub speaker: String,
    /// Name of the deck's file.
    pub deck: Option<String>,
}

/// What a programme says of all its speakers' decks, in order.
pub fn wanted(programme: &Programme) -> Vec<Wanted> {
    let mut before: BTreeMap<&str, u32> = BTreeMap::new();
    let speakers = programme.speakers.iter().map(|speaker| {
        let count = before.entry(&speaker.name).or_default();
        *count += 1;
        Wanted {
            speaker: match *count {
                1 => speaker.name.clone(),
                n => format!("{} ({n})", speaker.name),
            },
            deck: speaker.deck.clone(),
        }
    });
    speakers.collect()
}

/// How far a deck is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Work {
    Waiting,
    Making { done: u16, pages: Option<u16> },
    Ready { pages: u16 },
}

/// All decks and all speakers.
#[derive(Debug, Default)]
pub struct Shelf {
    speakers: Vec<Wanted>,
    index: Index,
    work: BTreeMap<Address, Work>,
    queue: VecDeque<Address>,
    making: Option<Address>,
    /// Files beside the programme that cannot be decks, by name.
    refused: BTreeMap<String, Reason>,
}

impl Shelf {
    /// The shelf as it was left. `found` tells of each deck: how many pages are there, or that its file is there to make
    /// them from, or nothing.
    pub fn new(index: Index, found: impl Fn(&Address) -> Found) -> Self {
        let mut shelf = Self {
            index,
            ..Self::default()
        };
        let ids: Vec<Address> = shelf.ids().cloned().collect();
        for id in ids {
            match found(&id) {
                Found::Pages(pages) => shelf.ready(&id, pages),
                Found::File if !shelf.index.failed.contains_key(&id) => shelf.wait(id),
                Found::File | Found::Nothing => {}
            }
        }
        shelf
    }

    /// Another programme.
    pub fn plan(&mut self, speakers: Vec<Wanted>) {
        self.speakers = speakers;
    }

    /// Speakers are called differently: from, to. What was brought for them goes along, also when two change names.
    pub fn rename(&mut self, renamed: Vec<(String, String)>) {
        let moved: Vec<(String, Option<Known>)> = renamed
            .into_iter()
            .filter_map(|(from, to)| Some((to, self.index.given.remove(&from)?)))
            .collect();
        self.index.given.extend(moved);
    }

    /// How many speakers there are.
    pub fn speakers(&self) -> usize {
        self.speakers.len()
    }

    /// Somebody brought a deck for a speaker. Gives the decks that make room for it.
    pub fn brought(&mut self, speaker: usize, deck: Known, found: Found) -> Vec<Address> {
        if let Some(wanted) = self.speakers.get(speaker) {
            let speaker = wanted.speaker.clone();
            self.index.given.insert(speaker, Some(deck.clone()));
        }
        self.take_in(deck, found)
    }

    /// A deck lies beside the programme. Gives the decks that make room for it.
    pub fn take_in(&mut self, deck: Known, found: Found) -> Vec<Address> {
        self.refused.remove(&deck.name);
        self.index.decks.retain(|known| *known != deck);
        self.index.decks.insert(0, deck.clone());
        match found {
            Found::Pages(pages) => self.ready(&deck.id, pages),
            Found::File if self.making.as_ref() != Some(&deck.id) => {
                self.index.failed.remove(&deck.id);
                self.wait(deck.id);
            }
            Found::File | Found::Nothing => {}
        }
        self.make_room()
    }

    /// What lies beside the programme under this name cannot be a deck.
    pub fn refuse(&mut self, name: String, reason: Reason) {
        self.refused.insert(name, reason);
    }

    /// Takes the deck off a speaker; whether there was one.
    pub fn remove(&mut self, speaker: usize) -> bool {
        let had = self.view(speaker).is_some();
        if let Some(wanted) = self.speakers.get(speaker) {
            // Without a word in the programme nothing has to be kept against it.
            let key = wanted.speaker.clone();
            match wanted.deck {
                Some(_) => self.index.given.insert(key, None),
                None => self.index.given.remove(&key),
            };
        }
        had
    }

    /// The next deck to make pages of, if none is being made; it is being made from now on.
    pub fn next(&mut self) -> Option<Known> {
        if self.making.is_some() {
            return None;
        }
        let id = self.queue.pop_front()?;
        let name = self.ids_and_names().find(|known| known.id == id);
        let name = name.map(|known| known.name.clone()).unwrap_or_default();
        let state = Work::Making {
            done: 0,
            pages: None,
        };
        self.work.insert(id.clone(), state);
        self.making = Some(id.clone());
        Some(Known { id, name })
    }

    /// Whether the deck that is being made is nobody's any more.
    pub fn in_vain(&self) -> bool {
        let making = self.making.as_ref();
        making.is_some_and(|id| !self.is_held(id))
    }

    /// So many pages of the deck that is being made are there. Not every page is worth an event.
    pub fn progress(&mut self, done: u16, pages: u16) {
        let Some(id) = &self.making else {
            return;
        };
        let step = |done: u16| u32::from(done) * MOST_STEPS / u32::from(pages.max(1));
        let told = match self.work.get(id) {
            Some(Work::Making {
                done,
                pages: Some(_),
            }) => Some(step(*done)),
            Some(_) | None => None,
        };
        if told != Some(step(done)) {
            let pages = Some(pages);
            self.work.insert(id.clone(), Work::Making { done, pages });
        }
    }

    /// The deck that was being made is whole.
    pub fn made(&mut self, pages: u16) {
        if let Some(id) = self.making.take() {
            self.ready(&id, pages);
        }
    }

    /// The deck that was being made cannot be shown.
    pub fn failed(&mut self, reason: Reason) {
        if let Some(id) = self.making.take() {
            self.work.remove(&id);
            self.index.failed.insert(id, Failed::Reason(reason));
        }
    }

    /// The deck that was being made is nobody's. Gives what to throw away.
    pub fn given_up(&mut self) -> Option<Address> {
        let id = self.making.take()?;
        self.forget(&id);
        Some(id)
    }

    /// A speaker's deck, as everybody sees it.
    pub fn view(&self, speaker: usize) -> Option<DeckView> {
        let wanted = self.speakers.get(speaker)?;
        let (name, id) = match self.index.given.get(&wanted.speaker) {
            Some(None) => return None,
            Some(Some(known)) => (known.name.clone(), Some(&known.id)),
            None => {
                let name = wanted.deck.clone()?;
                let known = self.index.decks.iter().find(|known| known.name == name);
                (name, known.map(|known| &known.id))
            }
        };
        let state = match id {
            Some(id) => self.state(id),
            None => match self.refused.get(&name) {
                Some(reason) => DeckState::Failed(reason.clone()),
                None => DeckState::Missing,
            },
        };
        Some(DeckView { name, state })
    }

    /// All speakers' decks, in the order of the programme.
    pub fn views(&self) -> Vec<Option<DeckView>> {
        (0..self.speakers.len()).map(|n| self.view(n)).collect()
    }

    /// What a restart must know.
    pub fn index(&self) -> &Index {
        &self.index
    }

    fn state(&self, id: &Address) -> DeckState {
        match self.work.get(id) {
            Some(Work::Waiting) => DeckState::Rendering {
                done: 0,
                pages: None,
            },
            Some(Work::Making { done, pages }) => DeckState::Rendering {
                done: *done,
                pages: *pages,
            },
            Some(Work::Ready { pages }) => DeckState::Ready {
                id: id.as_str().to_owned(),
                pages: *pages,
            },
            None => DeckState::Failed(match self.index.failed.get(id) {
                Some(failed) => failed.into(),
                None => Reason::new(
                    "deck_gone",
                    "its file is gone from the bridge; bring it again",
                ),
            }),
        }
    }

    fn ready(&mut self, id: &Address, pages: u16) {
        self.index.failed.remove(id);
        self.queue.retain(|waiting| waiting != id);
        self.work.insert(id.clone(), Work::Ready { pages });
    }

    fn wait(&mut self, id: Address) {
        if !self.queue.contains(&id) {
            self.queue.push_back(id.clone());
            self.work.insert(id, Work::Waiting);
        }
    }

    /// Forgets the decks that were brought longest ago and are nobody's now.
    fn make_room(&mut self) -> Vec<Address> {
        let mut forgotten = Vec::new();
        while self.index.decks.len() > MOST_DECKS {
            let old = self.index.decks.iter().rev();
            let Some(id) = old.map(|known| &known.id).find(|id| !self.is_held(id)) else {
                break;
            };
            let id = id.clone();
            self.forget(&id);
            forgotten.push(id);
        }
        forgotten
    }

    fn forget(&mut self, id: &Address) {
        self.index.decks.retain(|known| known.id != *id);
        self.index
            .given
            .retain(|_, given| given.as_ref().is_none_or(|known| known.id != *id));
        self.index.failed.remove(id);
        self.work.remove(id);
        self.queue.retain(|waiting| waiting != id);
    }

    /// Whether it is a deck of a speaker of now.
    fn is_held(&self, id: &Address) -> bool {
        self.speakers.iter().any(|wanted| {
            let given = self.index.given.get(&wanted.speaker);
            match (given, &wanted.deck) {
                (Some(given), _) => given.as_ref().is_some_and(|known| known.id == *id),
                (None, Some(name)) => {
                    let mut decks = self.index.decks.iter();
                    decks.any(|known| known.id == *id && known.name == *name)
                }
                (None, None) => false,
            }
        })
    }

    fn ids_and_names(&self) -> impl Iterator<Item = &Known> {
        let given = self.index.given.values().flatten();
        self.index.decks.iter().chain(given)
    }

    fn ids(&self) -> impl Iterator<Item = &Address> {
        self.ids_and_names().map(|known| &known.id)
    }
}

/// What there is of a deck in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// All its pages, so many.
    Pages(u16),
    /// The file that was brought.
    File,
    /// Nothing.
    Nothing,
}

#[cfg(test)]
mod tests;
