//! Keys (Ed25519, RFC 8032) by which a box and a bridge are known, and the hardware that a box says it is.

use std::fmt;

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::{Signer, Verifier};
use sha2::{Digest, Sha256};

use crate::{Hex, LABEL};

/// The library cannot do what every build of it can: it is broken.
#[derive(Debug, thiserror::Error)]
#[error("OpenSSL cannot use an Ed25519 key: {0}")]
pub struct CryptoError(#[from] ErrorStack);

/// A key of one's own.
#[derive(Clone)]
pub struct Key {
    seed: [u8; 32],
    private: PKey<Private>,
    public: PublicKey,
}

impl Key {
    /// The key of 32 random bytes (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn of_seed(seed: [u8; 32]) -> Result<Self, CryptoError> {
        let private = PKey::private_key_from_raw_bytes(&seed, Id::ED25519)?;
        let mut public = [0; 32];
        public.copy_from_slice(&private.raw_public_key()?);
        Ok(Self {
            seed,
            private,
            public: PublicKey(public),
        })
    }

    /// What it was made of: all that is to be kept, by its owner alone.
    pub fn seed(&self) -> Hex<32> {
        Hex(self.seed)
    }

    /// By what others know it.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// A signature.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn sign(&self, message: &[u8]) -> Result<Hex<64>, CryptoError> {
        let mut signer = Signer::new_without_digest(&self.private)?;
        let mut signature = [0; 64];
        signer.sign_oneshot(&mut signature, message)?;
        Ok(Hex(signature))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.public.fingerprint())
    }
}

/// By what others know a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Eight signs by which people compare keys that they see in two places. Not by which programs do.
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::digest(self.0);
        let hex: String = hash
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02X}"))
            .collect();
        format!("{}-{}", &hex[..4], &hex[4..])
    }

    /// Whether its owner signed this.
    pub fn signed(&self, message: &[u8], signature: &Hex<64>) -> bool {
        let verify = || -> Result<bool, ErrorStack> {
            let key = PKey::public_key_from_raw_bytes(&self.0, Id::ED25519)?;
            Verifier::new_without_digest(&key)?.verify_oneshot(&signature.0, message)
        };
        // Bytes that are no key are nobody's.
        verify().unwrap_or(false)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// Which machine a box says it is: a hash, from which the machine's own numbers cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardware(pub Hex<32>);

impl Hardware {
    /// Of a number that no other machine has. The label is the salt: what other programs make of the number is another
    /// hash (machine-id(5) asks for that).
    pub fn of(number: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(LABEL).chain_update(" hardware ");
        Self(Hex(hash.chain_update(number).finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_its_key_and_its_message_alone() {
        let key = Key::of_seed([1; 32]).unwrap();
        let signature = key.sign(b"Brest").unwrap();
        assert!(key.public().signed(b"Brest", &signature));
        assert!(!key.public().signed(b"brest", &signature));
        let other = Key::of_seed([2; 32]).unwrap();
        assert!(!other.public().signed(b"Brest", &signature));
        assert!(!PublicKey([0xff; 32]).signed(b"Brest", &signature));
        let again = Key::of_seed(key.seed().0).unwrap();
        assert_eq!(again.public(), key.public());
    }

    /// RFC 8032 section 7.1, test 1.
    #[test]
    fn it_is_the_ed25519_of_the_rfc() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = Key::of_seed(Hex::parse(seed).unwrap().0).unwrap();
        assert_eq!(Hex(key.public().0).to_string(), public);
        let signature = key.sign(b"").unwrap().to_string();
        assert!(signature.starts_with("e5564300c360ac729086e2cc806e828a"));
    }

    #[test]
    fn a_fingerprint_is_short_and_no_log_shows_a_key() {
        let key = Key::of_seed([1; 32]).unwrap();
        assert_eq!(key.public().fingerprint().len(), 9);
        let logged = format!("{key:?} {:?} {:?}", key.public(), key.seed());
        assert!(!logged.contains("0101"), "{logged}");
    }
}
