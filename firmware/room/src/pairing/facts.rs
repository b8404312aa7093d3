//! What the machine that joins a box to its bridge is told, and what it orders. Pure.

use pairing::wire::{Answer, Ask, Asked, Claim, Greeting, Hail, Paired, Session, Standing};
use pairing::{Code, Hardware, Hex, Invitation, Key, PublicKey};

use crate::tls::Rule;

/// Who this box is.
#[derive(Debug)]
pub struct Own {
    /// Its key.
    pub key: Key,
    /// Its machine.
    pub hardware: Hardware,
    /// What it calls itself.
    pub name: String,
    /// What the installer wrote into its settings.
    pub invitation: Option<Invitation>,
}

/// What a box knows of its bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The bridge's key.
    pub bridge: PublicKey,
    /// The hash of its TLS key, where no authority vouches for it.
    pub channel: Option<Hex<32>>,
    /// The room that this box is the box of.
    pub room: String,
}

impl Known {
    /// Who is believed to be this bridge, on an encrypted line.
    pub fn rule(&self) -> Rule {
        self.channel.map_or(Rule::Public, Rule::Pinned)
    }
}

/// A request to the bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To join; the hash of the TLS key that is seen now is to be put in.
    Ask(Ask),
    /// How it stands.
    Look(Hex<16>),
    /// Our part of the exchange.
    Answer(Hex<16>, Answer),
    /// Who are you?
    Hail(Hail),
    /// It is we.
    Claim(Claim),
}

/// What the bridge answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To [`Request::Ask`], with the hash that was put in.
    Asked(Asked, Option<Hex<32>>),
    /// To [`Request::Look`].
    Standing(Standing),
    /// To [`Request::Answer`].
    Paired(Paired),
    /// To [`Request::Hail`].
    Greeting(Greeting),
    /// To [`Request::Claim`].
    Session(Session),
}

/// Why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// It cannot be reached.
    Silent,
    /// What answers has another TLS key than the bridge.
    OtherChannel,
    /// It refused, with this code.
    Refused(String),
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// What came of the request.
    Replied(Result<Reply, No>),
    /// The bridge does not take the token.
    TokenRefused,
}

/// An order to the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this, instead of what may be under way.
    Send(Request),
    /// Write down what is known of the bridge.
    Keep(Known),
    /// Use this token, or none.
    Token(Option<String>),
    /// The television is to say this.
    Tell(Told),
}

/// What the room should know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing beside what the link says.
    #[default]
    Nothing,
    /// Give this code to the chair.
    Code {
        /// The code.
        code: Code,
        /// What went wrong before.
        note: Option<Note>,
    },
    /// Another code comes in a moment.
    Pause,
    /// This box may not join.
    Refused(Why),
}

/// What went wrong before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The code was wrong.
    WrongCode {
        /// So many tries are left.
        left: u32,
    },
    /// The code was too old.
    Expired,
    /// The invitation is unknown.
    InvitationUnknown,
    /// It has expired.
    InvitationExpired,
    /// Its place is taken.
    InvitationSpent,
    /// It does not name this room.
    InvitationElsewhere,
}

/// Why a box may not join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The chair took its right.
    Revoked,
    /// Its key is another machine's.
    OtherHardware,
    /// It is not the bridge that it was paired with.
    OtherBridge,
    /// Its TLS key is another.
    OtherChannel,
    /// The bridge has its room no more.
    NoRoom,
    /// Too many boxes wait there.
    Crowded,
    /// The bridge speaks another version, or does not know pairing.
    Version,
}
