//! Updates of boxes, as they go over the wire.

use serde::{Deserialize, Serialize};

/// The update that the bridge has for boxes that run from a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateView {
    /// Its version.
    pub version: String,
    /// Its address: the file's SHA-256 in hexadecimal.
    pub id: String,
    /// Its length.
    pub bytes: u64,
}

/// How far a box is with an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Updating {
    /// It is being downloaded.
    Fetching {
        /// Its version.
        version: String,
        /// How much of it is there.
        percent: u8,
    },
    /// An evening runs, or begins soon.
    Waits {
        /// Its version.
        version: String,
    },
    /// It is being installed, and the box starts anew.
    Installs {
        /// Its version.
        version: String,
    },
    /// It came to nothing.
    Failed {
        /// Its version.
        version: String,
        /// Why.
        why: UpdateFault,
    },
}

/// Why an update came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateFault {
    /// The card has too little space.
    Space,
    /// What arrived is not what the bridge has: its file is damaged.
    Damaged,
    /// It was not installed: somebody else signed it, or it is older than what runs.
    Refused,
    /// It was installed, did not do what the system before it did, and the box went back to that.
    Returned,
}
