//! Decks: the files that speakers bring become pages, made once, that every box fetches before the start.
//!
//! `kind` tells what a file is, `shelf` whose it is and how far, `wire` what is written of them: pure. `http` lets files in
//! and pages out, `librarian` is the task in between, `worker` runs a process that makes the pages, [`render`] is what
//! runs in there. A stranger's file is read in that process only, within limits; the bridge itself sees its bytes pass.

mod folder;
mod http;
mod kind;
mod librarian;
mod notes;
mod office;
pub mod render;
mod shelf;
mod wire;
mod worker;

pub use folder::FolderError;
pub(crate) use http::routes;
pub(crate) use librarian::{Decks, Librarian, Place, Views};
pub(crate) use shelf::wanted;
pub use worker::VERB;

/// Longest file that is taken, in bytes: decks of an evening have 1 to 50 MB, of photographs up to 150.
const MOST_BYTES: u64 = 200_000_000;

/// Most pages of a deck: three hours at a page in half a minute.
const MOST_PAGES: u16 = 300;
