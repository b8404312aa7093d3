//! What a box and a bridge must agree about: whoever changes a bit of it on the way ends the exchange.

use sha2::{Digest, Sha256};

use crate::{Hardware, Hex, LABEL, PublicKey, VERSION};

/// All that is agreed upon in one exchange, beside the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The number that the bridge gave this request.
    pub request: Hex<16>,
    /// The box's key.
    pub key: PublicKey,
    /// The box's hardware.
    pub hardware: Hardware,
    /// What the box calls itself.
    pub name: String,
    /// The room that it becomes the box of.
    pub room: String,
    /// The bridge's key.
    pub bridge: PublicKey,
    /// The hash of the TLS key at the bridge's end of the line, where no authority vouches for it.
    pub channel: Option<Hex<32>>,
}

impl Terms {
    /// A hash of all of it and of both sides' messages. Each part stands behind its length: no two terms have one text.
    pub(crate) fn hash(&self, from_bridge: &[u8], from_box: &[u8]) -> [u8; 32] {
        let channel = self.channel.map(|channel| channel.0);
        let parts: [&[u8]; 11] = [
            LABEL.as_bytes(),
            &[VERSION],
            &self.request.0,
            &self.key.0,
            &self.hardware.0.0,
            self.name.as_bytes(),
            self.room.as_bytes(),
            &self.bridge.0,
            channel.as_ref().map_or(&[], |channel| &channel[..]),
            from_bridge,
            from_box,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}
