//! A speaker's photo, as it goes over the wire.

use serde::{Deserialize, Serialize};

use super::Reason;

/// A speaker's photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoView {
    /// The file's name, for people.
    pub name: String,
    /// Whether it is there.
    #[serde(flatten)]
    pub state: PhotoState,
}

/// Whether a photo is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PhotoState {
    /// The programme names it, and nobody has brought it yet.
    Missing,
    /// It can be fetched: `GET /photos/ID`.
    Ready {
        /// Its address: the SHA-256 of the picture, in 64 hexadecimal digits.
        id: String,
        /// Length of the picture, a PNG.
        bytes: u64,
    },
    /// The file beside the programme's is no photo.
    Failed(Reason),
}
