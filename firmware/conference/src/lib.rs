//! The evening as a state machine, without any input or output.
//!
//! [`Conference`] holds who is here, who has the floor and who asks for it (words of RFC 8855).
//! [`wire`] holds every message of the control protocol between the bridge, the rooms and the
//! chair. This crate knows no clock, socket, thread or file: time is an argument, and the shell
//! carries out the [`Output`]s.

pub mod audience;
pub mod draft;
mod evening;
mod floor;
mod message;
mod programme;
mod release;
pub mod toml_error;
pub mod wire;

pub use evening::{Asker, Evening, Happened, Item, Next, No, Order, Scene, SpeakerId};
pub use floor::{Conference, Floor, Input, Output, Refusal, RoomId, Rule};
pub use message::{MOST_MESSAGE, MessageId, Messages};
pub use programme::{Programme, Speaker};
pub use release::Release;
