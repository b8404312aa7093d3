//! The conference bridge: joins the rooms, keeps the floor, serves the console.
//!
//! [`Bridge`] is the whole: HTTP (console, WHIP, WHEP, `/control`) on one TCP port, all media on
//! one UDP port. It knows neither GStreamer nor a box's hardware. Pure parts: [`slots`], [`sfu`],
//! the evening's state (`stage`, `ledger`); everything else is shell around them.

mod actor;
mod address;
mod auth;
mod backup;
mod calendar;
pub mod config;
mod confined;
mod control;
pub mod decks;
mod entry;
mod figures;
mod files;
mod ledger;
pub mod media;
mod pages;
mod pairing;
mod phones;
pub mod photos;
mod picture;
mod problem;
mod programmes;
mod ready;
mod reasons;
mod report;
mod server;
mod sessions;
pub mod sfu;
pub mod slots;
mod stage;
mod store;
mod tls;
mod upcoming;
mod updates;
mod view;
mod whip;

pub use backup::{BackupError, backup, restore};
pub use config::{Config, ConfigError};
pub use pairing::{InviteError, invite};
pub use server::{Bridge, BridgeError};
