//! What of decks is written: the manifest that boxes read, the shelf's own file, and what the process that makes pages
//! says. Pure.

use std::collections::BTreeMap;

use conference::wire::Reason;
use serde::{Deserialize, Serialize};

use crate::address::Address;

/// `GET /decks/ID`: what a deck consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The deck's address.
    pub id: Address,
    /// Name of the file that was brought, for people.
    pub name: String,
    /// Its pages, in order: `GET /decks/ID/pages/N`, from 0.
    pub pages: Vec<Page>,
}

/// One page, as a PNG.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// SHA-256 of the PNG, in hexadecimal.
    pub sha256: String,
    /// Length of the PNG.
    pub bytes: u64,
    /// Its width, 1 to 1920.
    pub width: u32,
    /// Its height, 1 to 1080.
    pub height: u32,
}

/// What the process that makes pages says, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The deck was opened.
    Opened {
        /// How many pages it has.
        pages: u16,
    },
    /// One page more was made.
    Made,
    /// Something on a page could not be drawn; the rest is there.
    Doubt {
        /// The page, from 1, as people count.
        page: u16,
        /// What.
        what: String,
    },
    /// It cannot be shown.
    Failed {
        /// Why, and what to do.
        reason: Reason,
    },
}

/// The shelf's file: what a restart must know beside the pages themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// All decks, the one that was brought last in front.
    pub decks: Vec<Known>,
    /// What was brought for a speaker, by the speaker's name, or that the speaker shows none; it counts more than what the
    /// programme says.
    pub given: BTreeMap<String, Option<Known>>,
    /// Why decks cannot be shown.
    pub failed: BTreeMap<Address, Failed>,
}

/// Why a deck cannot be shown: once it was only a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Failed {
    /// With its code.
    Reason(Reason),
    /// Without.
    Sentence(String),
}

impl From<&Failed> for Reason {
    fn from(failed: &Failed) -> Self {
        match failed {
            Failed::Reason(reason) => reason.clone(),
            Failed::Sentence(sentence) => Self::new("", sentence),
        }
    }
}

/// A deck and one name of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its address.
    pub id: Address,
    /// Name of the file that was brought.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_shelf_of_an_older_bridge_is_read() {
        let failed = format!("{{\"{}\":\"the deck has no page\"}}", "0".repeat(64));
        let text = format!("{{\"decks\":[],\"given\":{{}},\"failed\":{failed}}}");
        let index: Index = serde_json::from_str(&text).unwrap();
        let told = index.failed.values().next().map(Reason::from).unwrap();
        assert_eq!(told.detail, "the deck has no page");
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(text in ".{0,60}") {
            let _ = serde_json::from_str::<Line>(&text);
        }
    }
}
