//! The sessions of paired boxes: numbers that are good once, and the tokens that are given for them. Pure.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pairing::{Hex, PublicKey, Random};
use sha2::{Digest, Sha256};

/// How long a number is good.
const NONCE: Duration = Duration::from_secs(60);

/// How long a token is. A box asks for the next one before that; what is overheard is soon worth nothing.
pub const TOKEN: Duration = Duration::from_secs(15 * 60);

/// Numbers that one key may have open: the oldest gives way. A box needs one.
const NONCES_OF_KEY: usize = 4;

struct Nonce {
    key: PublicKey,
    until: Instant,
}

struct Session {
    key: PublicKey,
    room: String,
    until: Instant,
}

/// All of them. As many as there are paired boxes, and a few numbers each: only those are asked for any.
#[derive(Default)]
pub struct Sessions {
    nonces: BTreeMap<[u8; 32], Nonce>,
    /// By the token's hash: how long a search takes tells nothing of a token.
    open: BTreeMap<[u8; 32], Session>,
}

impl Sessions {
    /// A number for this key.
    pub fn nonce(&mut self, key: PublicKey, random: &mut Random, now: Instant) -> Hex<32> {
        self.forget(now);
        let mut of_key: Vec<_> = self
            .nonces
            .iter()
            .filter(|(_, nonce)| nonce.key == key)
            .collect();
        of_key.sort_by_key(|(_, nonce)| nonce.until);
        if of_key.len() >= NONCES_OF_KEY {
            let oldest = *of_key[0].0;
            self.nonces.remove(&oldest);
        }
        let number = random.bytes();
        let until = now + NONCE;
        self.nonces.insert(number, Nonce { key, until });
        Hex(number)
    }

    /// Uses a number up; whether it was good, for this key.
    pub fn spend(&mut self, key: PublicKey, number: &Hex<32>, now: Instant) -> bool {
        self.forget(now);
        let nonce = self.nonces.remove(&number.0);
        nonce.is_some_and(|nonce| nonce.key == key)
    }

    /// Whether a box of this key has a session.
    pub fn is_there(&self, key: PublicKey, now: Instant) -> bool {
        let mut sessions = self.open.values();
        sessions.any(|session| session.key == key && now < session.until)
    }

    /// A token for this room. The one before stays good until its end, so that nothing that is under way breaks.
    pub fn open(
        &mut self,
        key: PublicKey,
        room: &str,
        random: &mut Random,
        now: Instant,
    ) -> String {
        self.forget(now);
        let mut of_key: Vec<_> = self
            .open
            .iter()
            .filter(|(_, session)| session.key == key)
            .collect();
        of_key.sort_by_key(|(_, session)| session.until);
        if of_key.len() > 1 {
            let oldest = *of_key[0].0;
            self.open.remove(&oldest);
        }
        let token = Hex(random.bytes::<32>()).to_string();
        let session = Session {
            key,
            room: room.to_owned(),
            until: now + TOKEN,
        };
        self.open.insert(hash(&token), session);
        token
    }

    /// The room that a token stands for.
    pub fn room_of(&self, token: &str, now: Instant) -> Option<&str> {
        let session = self.open.get(&hash(token))?;
        (now < session.until).then_some(&session.room)
    }

    /// Ends whatever this key has.
    pub fn end(&mut self, key: PublicKey) {
        self.nonces.retain(|_, nonce| nonce.key != key);
        self.open.retain(|_, session| session.key != key);
    }

    fn forget(&mut self, now: Instant) {
        self.nonces.retain(|_, nonce| now < nonce.until);
        self.open.retain(|_, session| now < session.until);
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
