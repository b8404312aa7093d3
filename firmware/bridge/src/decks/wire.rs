//! What of decks is written: the manifest that boxes read, the shelf's own file, and what the process that makes pages
//! says. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The SHA-256 of the file that was brought: a deck's address, on the bridge and in every box.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeckId(String);

impl DeckId {
    /// The address of a file with this SHA-256.
    pub fn of(digest: &[u8; 32]) -> Self {
        Self(hex(digest))
    }

    /// 64 hexadecimal digits, in small letters, and nothing else: it can become a path.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 64 && digits).then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DeckId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a deck's address has 64 hexadecimal digits")
    }
}

impl From<DeckId> for String {
    fn from(id: DeckId) -> Self {
        id.0
    }
}

/// A digest as text.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `GET /decks/ID`: what a deck consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The deck's address.
    pub id: DeckId,
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
        reason: String,
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
    pub failed: BTreeMap<DeckId, String>,
}

/// A deck and one name of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its address.
    pub id: DeckId,
    /// Name of the file that was brought.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_no_path() {
        let good = "0".repeat(60) + "9abf";
        assert_eq!(DeckId::parse(&good).unwrap().as_str(), good);
        for bad in ["", "..", "../../etc", &good.to_uppercase(), &good[1..]] {
            assert_eq!(DeckId::parse(bad), None, "{bad}");
        }
        assert!(serde_json::from_str::<DeckId>("\"../x\"").is_err());
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(text in ".{0,60}") {
            let _ = serde_json::from_str::<Line>(&text);
            prop_assert!(DeckId::parse(&text).is_none_or(|id| id.as_str() == text));
        }
    }
}
