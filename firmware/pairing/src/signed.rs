//! What is signed once a box and a bridge know each other's keys. Each text begins with what it is for.

use crate::{Hardware, Hex, LABEL, PublicKey, VERSION};

/// What a bridge signs, so that a box knows whom it speaks to: both numbers were drawn for this once.
pub fn greeting(
    bridge: PublicKey,
    key: PublicKey,
    of_box: &Hex<32>,
    of_bridge: &Hex<32>,
) -> Vec<u8> {
    text("greeting", &[&bridge.0, &key.0, &of_box.0, &of_bridge.0])
}

/// What a box signs for a session. The bridge's number is good once: a claim that was overheard is good for nothing.
pub fn claim(
    bridge: PublicKey,
    key: PublicKey,
    of_bridge: &Hex<32>,
    hardware: Hardware,
) -> Vec<u8> {
    text("claim", &[&bridge.0, &key.0, &of_bridge.0, &hardware.0.0])
}

/// All parts have 32 bytes: where one ends the other begins.
fn text(what: &str, parts: &[&[u8; 32]]) -> Vec<u8> {
    let mut text = format!("{LABEL} {VERSION} {what}\n").into_bytes();
    text.extend(parts.iter().flat_map(|part| part.iter()));
    text
}
