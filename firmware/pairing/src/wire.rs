//! The messages of pairing, as JSON over HTTP. Each is bounded: by [`MAX_BODY`], by the length of its numbers, by
//! [`MAX_NAME`]. Whoever reads them refuses what they do not know.

use serde::{Deserialize, Serialize};

use crate::exchange::{Element, Proof};
use crate::{Code, Hex, Invitation};

/// The longest body, in bytes; the longest message has less than half of it.
pub const MAX_BODY: usize = 2048;

/// The longest name of a box or room, in characters.
pub const MAX_NAME: usize = 40;

/// `POST /pairing`: a box wants to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// [`crate::VERSION`].
    pub version: u8,
    /// Its key.
    pub key: Hex<32>,
    /// Its hardware.
    pub hardware: Hex<32>,
    /// What it calls itself, [`MAX_NAME`] characters at the most.
    pub name: String,
    /// The hash of the TLS key that it sees, where no authority vouches for it.
    pub channel: Option<Hex<32>>,
    /// The name of the invitation that it was given.
    pub invitation: Option<String>,
}

impl Ask {
    /// Whether the name can be shown, and the invitation's can be one.
    pub fn is_sound(&self) -> bool {
        let name = &self.name;
        let length = name.chars().count();
        let invitation = self.invitation.as_deref();
        (1..=MAX_NAME).contains(&length)
            && !name.chars().any(char::is_control)
            && invitation.is_none_or(Invitation::is_name)
    }
}

/// The answer: it stands in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The number of the request; whoever knows it may ask how it stands.
    pub request: Hex<16>,
    /// The bridge's key.
    pub bridge: Hex<32>,
}

/// `GET /pairing/requests/{request}`: how a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has typed a code.
    Waiting,
    /// Somebody has: the exchange begins.
    Offered {
        /// For which room.
        room: String,
        /// The bridge's element.
        element: Element,
    },
}

/// `POST /pairing/requests/{request}`: the box's part of the exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The box's element.
    pub element: Element,
    /// That it has the same secret.
    pub mac: Hex<32>,
    /// That it has its key.
    pub signature: Hex<64>,
}

impl Answer {
    /// Of an element and a proof.
    pub fn new(element: Element, proof: Proof) -> Self {
        Self {
            element,
            mac: proof.mac,
            signature: proof.signature,
        }
    }

    /// Its proof.
    pub fn proof(&self) -> Proof {
        Proof {
            mac: self.mac,
            signature: self.signature,
        }
    }
}

/// The answer to it: the bridge's proof. They are paired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paired {
    /// That the bridge has the same secret.
    pub mac: Hex<32>,
    /// That it has its key.
    pub signature: Hex<64>,
}

impl From<Proof> for Paired {
    fn from(Proof { mac, signature }: Proof) -> Self {
        Self { mac, signature }
    }
}

impl Paired {
    /// Its proof.
    pub fn proof(&self) -> Proof {
        Proof {
            mac: self.mac,
            signature: self.signature,
        }
    }
}

/// `POST /pairing/greeting`: a box that is paired wants a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hail {
    /// [`crate::VERSION`].
    pub version: u8,
    /// Its key.
    pub key: Hex<32>,
    /// A number drawn for this once.
    pub nonce: Hex<32>,
}

/// The answer: who the bridge is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// Its key.
    pub bridge: Hex<32>,
    /// A number that is good once, for a minute.
    pub nonce: Hex<32>,
    /// A signature of both numbers ([`crate::greeting`]).
    pub signature: Hex<64>,
}

/// `POST /pairing/session`: a box says that it is itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its key.
    pub key: Hex<32>,
    /// Its hardware.
    pub hardware: Hex<32>,
    /// The bridge's number.
    pub nonce: Hex<32>,
    /// A signature of it all ([`crate::claim`]).
    pub signature: Hex<64>,
}

/// The answer: a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The bearer token.
    pub token: String,
    /// The room that it stands for.
    pub room: String,
    /// For how long, in seconds.
    pub seconds: u32,
}

/// Without the token.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { room, seconds, .. } = self;
        write!(f, "Session({room}, {seconds} s)")
    }
}

/// `POST /pairing/requests/{request}/code`, of the chair: what stands on the room's television.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// Which room it is.
    pub room: String,
    /// The code as it was typed; [`Code::parse`] reads it.
    pub code: String,
}

impl Typed {
    /// The code; nothing if it cannot be one.
    pub fn read(&self) -> Option<Code> {
        Code::parse(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refuses<T: serde::de::DeserializeOwned>(text: &str) -> bool {
        serde_json::from_str::<T>(text).is_err()
    }

    #[test]
    fn each_message_is_far_shorter_than_may_be() {
        let ask = Ask {
            version: 1,
            key: Hex([0xff; 32]),
            hardware: Hex([0xff; 32]),
            name: "é".repeat(MAX_NAME),
            channel: Some(Hex([0xff; 32])),
            invitation: Some("AAAAA".into()),
        };
        assert!(ask.is_sound());
        assert!(serde_json::to_string(&ask).unwrap().len() < MAX_BODY / 2);
        let claim = Claim {
            key: Hex([0xff; 32]),
            hardware: Hex([0xff; 32]),
            nonce: Hex([0xff; 32]),
            signature: Hex([0xff; 64]),
        };
        assert!(serde_json::to_string(&claim).unwrap().len() < MAX_BODY / 2);
    }

    #[test]
    fn what_is_not_sound_is_refused() {
        let key = "00".repeat(32);
        let hail = |key: &str, nonce: &str, more: &str| {
            format!("{{\"version\":1,\"key\":\"{key}\",\"nonce\":\"{nonce}\"{more}}}")
        };
        assert!(!refuses::<Hail>(&hail(&key, &key, "")));
        assert!(refuses::<Hail>(&hail(&key[2..], &key, "")));
        assert!(refuses::<Hail>(&hail(&key, &key.replace('0', "g"), "")));
        assert!(refuses::<Hail>(&hail(&key, &key.replace("00", "é"), "")));
        assert!(refuses::<Hail>(&hail(&key, &key, ",\"admin\":true")));
        for (name, invitation) in [("", None), ("a\nb", None), ("Brest", Some("../x"))] {
            let ask = Ask {
                version: 1,
                key: Hex([0; 32]),
                hardware: Hex([0; 32]),
                name: name.into(),
                channel: None,
                invitation: invitation.map(str::to_owned),
            };
            assert!(!ask.is_sound(), "{name:?} {invitation:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = serde_json::from_slice::<Ask>(&bytes).map(|ask| ask.is_sound());
            let _ = serde_json::from_slice::<Standing>(&bytes);
            let _ = serde_json::from_slice::<Answer>(&bytes);
            let _ = serde_json::from_slice::<Typed>(&bytes).map(|typed| typed.read());
            let _ = serde_json::from_slice::<Claim>(&bytes);
        }

        #[test]
        fn no_text_in_a_field_panics(text in "\\PC{0,140}") {
            let text = serde_json::to_string(&text).unwrap();
            for field in ["key", "hardware", "name", "channel", "invitation", "nonce", "signature", "element", "mac", "code", "room"] {
                let body = format!("{{\"version\":1,\"{field}\":{text}}}");
                let _ = serde_json::from_str::<Ask>(&body);
                let _ = serde_json::from_str::<Answer>(&body);
                let _ = serde_json::from_str::<Claim>(&body);
                let _ = serde_json::from_str::<Hail>(&body);
                let _ = serde_json::from_str::<Typed>(&body).map(|typed| typed.read());
            }
        }
    }
}
