//! What the bridge keeps of its boxes: one file, and the only place of its form. Pure.

use std::collections::BTreeMap;

use pairing::Hex;
use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// What the bridge's own key is made of: by it boxes know it again.
    pub seed: Hex<32>,
    /// The bridge's own certificate for encrypted lines, once it has made one.
    #[serde(default)]
    pub tls: Option<OwnCertificate>,
    /// The boxes that may join.
    #[serde(default)]
    pub boxes: Vec<PairedBox>,
    /// Keys that may join no more.
    #[serde(default)]
    pub revoked: Vec<RevokedBox>,
    /// Invitations that were given out.
    #[serde(default)]
    pub invitations: Vec<Invited>,
}

impl Kept {
    /// Of a bridge that knows nobody.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            seed: Hex(seed),
            tls: None,
            boxes: Vec::new(),
            revoked: Vec::new(),
            invitations: Vec::new(),
        }
    }
}

/// A certificate that the bridge has made, and its key, as text (PEM).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl std::fmt::Debug for OwnCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnCertificate")
    }
}

/// A box that may join. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairedBox {
    /// Its key.
    pub key: Hex<32>,
    /// The hardware that it was then.
    pub hardware: Hex<32>,
    /// The room that it is the box of.
    pub room: String,
    /// Since when.
    pub since_ms: u64,
    /// When it last asked for a session.
    pub seen_ms: u64,
}

/// A key that may join no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedBox {
    /// The key.
    pub key: Hex<32>,
    /// Whose it was.
    pub room: String,
    /// Since when.
    pub at_ms: u64,
}

/// An invitation: each of its rooms may be paired once by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// By what it is found.
    pub name: String,
    /// What the exchange runs over; the invitation itself cannot be written again.
    pub secret: Hex<32>,
    /// Its rooms, each with the key that was paired by it.
    pub rooms: BTreeMap<String, Option<Hex<32>>>,
    /// Until when it is good.
    pub until_ms: u64,
}
