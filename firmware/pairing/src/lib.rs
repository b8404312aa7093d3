//! How a box and its bridge get to know each other: keys, codes that people read, the exchange over such a code, what is
//! signed afterwards, and the messages of all that (`wire`). Both sides are here, since they must agree to the bit.
//!
//! It knows no HTTP, file, clock or television, and draws no random number that it was not given: [`Random`] grows from
//! a seed. Who may try how often is for the box and the bridge to say.

mod channel;
mod code;
mod exchange;
mod hex;
mod key;
mod random;
mod signed;
mod terms;
pub mod wire;

pub use channel::channel_of;
pub use code::{Code, Invitation, Secret};
pub use exchange::{Answered, Element, ExchangeError, Offered, Proof, WrongCode};
pub use hex::Hex;
pub use key::{CryptoError, Hardware, Key, PublicKey};
pub use random::Random;
pub use signed::{claim, greeting};
pub use terms::Terms;

/// What every signature and proof begins with: nothing that is made here can be taken for something else.
pub const LABEL: &str = "estrade pairing";

/// The version of the protocol. Another one is another protocol: nothing is negotiated that somebody could talk down.
pub const VERSION: u8 = 1;
