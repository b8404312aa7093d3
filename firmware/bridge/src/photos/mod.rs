//! Photos: the pictures of speakers become small squares, made once, that every box fetches before the start.
//!
//! `shelf` knows which there are and who is named with which: pure. `http` lets files in and pictures out, `keeper` is the
//! task in between, `folder` says what lies where, `worker` runs a process that opens a file, [`square`] is what runs in
//! there. A stranger's file is read in that process only, within limits.

mod folder;
mod http;
mod keeper;
mod shelf;
pub mod square;
mod worker;

pub use folder::FolderError;
pub(crate) use http::routes;
pub(crate) use keeper::{Keeper, Photos, Place, Views};
pub(crate) use shelf::wanted;
pub use worker::VERB;

/// Longest file that is taken, in bytes: a telephone's best photos have 4 to 12 MB.
const MOST_BYTES: u64 = 15_000_000;

/// Most pixels of a file, in millions: telephones have up to 50.
const MOST_MEGAPIXELS: u64 = 64;

/// Sides of what is made of it, in pixels, at the most: a television of 4K shows 700 of them.
const SIDE: u32 = 512;

/// Longest picture that is made, in bytes: its pixels, and a little.
const MOST_MADE: u64 = 800_000;
