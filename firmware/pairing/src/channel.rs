//! The key at the other end of an encrypted line.

use openssl::x509::X509;
use sha2::{Digest, Sha256};

use crate::Hex;

/// The hash of the key in a certificate (DER): of its `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7), which stays the
/// same when the certificate is renewed. Nothing where the bytes are no certificate.
pub fn channel_of(certificate: &[u8]) -> Option<Hex<32>> {
    let key = X509::from_der(certificate).ok()?.public_key().ok()?;
    Some(Hex(Sha256::digest(key.public_key_to_der().ok()?).into()))
}
