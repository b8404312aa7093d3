//! The exchange over a code: SPAKE2 (Abdalla and Pointcheval 2005; the group and constants are those of the crate `spake2`),
//! then each side proves to the other that it has the same key and means the same [`Terms`] (key confirmation).
//!
//! Three messages: the bridge's element; the box's element and proof; the bridge's proof. Who does not know the code
//! learns from one exchange whether one guess was right, and nothing else; so each side counts. Who only listens learns nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use spake2::{Ed25519Group, Identity, Password, Spake2};

use crate::{CryptoError, Hex, Key, LABEL, Random, Secret, Terms};

/// What one side sends of the exchange itself: the side's letter, and a point of the curve.
pub type Element = Hex<33>;

/// The other side does not know the code, means other terms, or has not the key that it names.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other side does not prove that it knows the code")]
pub struct WrongCode;

/// Why an exchange ended.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// [`WrongCode`].
    #[error(transparent)]
    Wrong(#[from] WrongCode),
    /// [`CryptoError`].
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// What a side proves: that it has the same secret, and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// That it has the secret.
    pub mac: Hex<32>,
    /// That it has the key that it names: a signature of the terms.
    pub signature: Hex<64>,
}

/// The bridge's side, which begins.
pub struct Offered {
    side: Spake2<Ed25519Group>,
    element: Element,
}

impl Offered {
    /// Begins; the element is to be sent.
    pub fn begin(secret: Secret, random: &mut Random) -> Self {
        let (of_box, of_bridge) = names();
        let (side, element) =
            Spake2::start_b_with_rng(&password(secret), &of_box, &of_bridge, random);
        let element = sized(element);
        Self { side, element }
    }

    /// What the box needs.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Takes the box's answer, and proves the same to it.
    ///
    /// # Errors
    /// [`ExchangeError`]; the exchange is over in any case.
    pub fn finish(
        self,
        terms: &Terms,
        element: &Element,
        proof: &Proof,
        key: &Key,
    ) -> Result<Proof, ExchangeError> {
        let shared = self.side.finish(&element.0).map_err(|_| WrongCode)?;
        let hash = terms.hash(&self.element.0, &element.0);
        check(&shared, "box", &hash, &proof.mac)?;
        if !terms.key.signed(&signed("box", &hash), &proof.signature) {
            return Err(WrongCode.into());
        }
        prove(&shared, "bridge", &hash, key).map_err(ExchangeError::Crypto)
    }
}

/// The box's side, once it has answered.
pub struct Answered {
    shared: Vec<u8>,
    hash: [u8; 32],
    terms: Terms,
}

impl Answered {
    /// Answers a bridge's element: what is to be sent, and what to wait with. It is a try: whoever sent the element learns
    /// from the proof whether it guessed the code.
    ///
    /// # Errors
    /// [`ExchangeError`]; nothing is to be sent then.
    pub fn to(
        secret: Secret,
        terms: Terms,
        element: &Element,
        key: &Key,
        random: &mut Random,
    ) -> Result<(Self, Element, Proof), ExchangeError> {
        let (of_box, of_bridge) = names();
        let (side, own) = Spake2::<Ed25519Group>::start_a_with_rng(
            &password(secret),
            &of_box,
            &of_bridge,
            random,
        );
        let own = sized(own);
        let shared = side.finish(&element.0).map_err(|_| WrongCode)?;
        let hash = terms.hash(&element.0, &own.0);
        let proof = prove(&shared, "box", &hash, key)?;
        let answered = Self {
            shared,
            hash,
            terms,
        };
        Ok((answered, own, proof))
    }

    /// What is agreed upon, if the bridge proves that it knows the code and has its key.
    ///
    /// # Errors
    /// [`WrongCode`].
    pub fn finish(self, proof: &Proof) -> Result<Terms, WrongCode> {
        check(&self.shared, "bridge", &self.hash, &proof.mac)?;
        let message = signed("bridge", &self.hash);
        if !self.terms.bridge.signed(&message, &proof.signature) {
            return Err(WrongCode);
        }
        Ok(self.terms)
    }
}

fn names() -> (Identity, Identity) {
    let name = |side: &str| Identity::new(format!("{LABEL} {side}").as_bytes());
    (name("box"), name("bridge"))
}

fn password(secret: Secret) -> Password {
    Password::new(secret.0)
}

/// An element has 33 bytes; the crate gives them as a list.
fn sized(element: Vec<u8>) -> Element {
    let mut bytes = [0; 33];
    for (to, from) in bytes.iter_mut().zip(element) {
        *to = from;
    }
    Hex(bytes)
}

/// The proof of one side cannot be sent back as the other's: its name is in it.
fn signed(side: &str, hash: &[u8; 32]) -> Vec<u8> {
    [format!("{LABEL} agreed {side}\n").as_bytes(), hash].concat()
}

fn mac(shared: &[u8], side: &str, hash: &[u8; 32]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(shared).expect("HMAC takes a key of any length");
    mac.chain_update(signed(side, hash))
}

fn prove(shared: &[u8], side: &str, hash: &[u8; 32], key: &Key) -> Result<Proof, CryptoError> {
    let mac = mac(shared, side, hash).finalize().into_bytes().into();
    let signature = key.sign(&signed(side, hash))?;
    Ok(Proof {
        mac: Hex(mac),
        signature,
    })
}

/// In a time that does not tell how much of it is right.
fn check(shared: &[u8], side: &str, hash: &[u8; 32], given: &Hex<32>) -> Result<(), WrongCode> {
    let mac = mac(shared, side, hash);
    mac.verify_slice(&given.0).map_err(|_| WrongCode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Hardware, PublicKey};
    use proptest::prelude::*;

    struct Pair {
        of_box: Key,
        of_bridge: Key,
        terms: Terms,
    }

    /// What the box takes for agreed, or none: `on_the_way` may change terms and messages as a stranger in between would.
    fn run(
        pair: &Pair,
        codes: [&str; 2],
        bridge_terms: &Terms,
        on_the_way: impl Fn(&mut Element, &mut Element, &mut Proof, &mut Proof),
    ) -> Option<Terms> {
        let secret = |code| Code::parse(code).unwrap().secret();
        let (mut random, mut other) = (Random::new([1; 32]), Random::new([2; 32]));
        let offered = Offered::begin(secret(codes[0]), &mut random);
        let mut to_box = offered.element();
        let mut nothing = Proof {
            mac: Hex([0; 32]),
            signature: Hex([0; 64]),
        };
        let mut none = Hex([0; 33]);
        on_the_way(&mut to_box, &mut none, &mut nothing.clone(), &mut nothing);
        let (answered, mut to_bridge, mut of_box) = Answered::to(
            secret(codes[1]),
            pair.terms.clone(),
            &to_box,
            &pair.of_box,
            &mut other,
        )
        .ok()?;
        on_the_way(&mut none, &mut to_bridge, &mut of_box, &mut nothing);
        let mut of_bridge = offered
            .finish(bridge_terms, &to_bridge, &of_box, &pair.of_bridge)
            .ok()?;
        let mut neither = none;
        on_the_way(&mut none, &mut neither, &mut nothing, &mut of_bridge);
        answered.finish(&of_bridge).ok()
    }

    fn pair() -> Pair {
        let of_box = Key::of_seed([3; 32]).unwrap();
        let of_bridge = Key::of_seed([4; 32]).unwrap();
        let terms = Terms {
            request: Hex([5; 16]),
            key: of_box.public(),
            hardware: Hardware::of(b"7"),
            name: "Brest".into(),
            room: "Brest".into(),
            bridge: of_bridge.public(),
            channel: None,
        };
        Pair {
            of_box,
            of_bridge,
            terms,
        }
    }

    const RIGHT: [&str; 2] = ["A3K7PX", "A3K7PX"];
    fn untouched(_: &mut Element, _: &mut Element, _: &mut Proof, _: &mut Proof) {}

    #[test]
    fn with_one_code_both_agree() {
        let pair = pair();
        let agreed = run(&pair, RIGHT, &pair.terms, untouched);
        assert_eq!(agreed.as_ref(), Some(&pair.terms));
    }

    #[test]
    fn with_another_code_nobody_agrees() {
        let pair = pair();
        assert_eq!(
            run(&pair, ["A3K7PX", "A3K7PY"], &pair.terms, untouched),
            None
        );
    }

    #[test]
    fn whoever_means_other_terms_does_not_agree() {
        let pair = pair();
        let changes: [fn(&mut Terms); 7] = [
            |terms| terms.request = Hex([6; 16]),
            |terms| terms.key = Key::of_seed([9; 32]).unwrap().public(),
            |terms| terms.hardware = Hardware::of(b"8"),
            |terms| terms.name = "Bres".into(),
            |terms| terms.room = "tBrest".into(),
            |terms| terms.bridge = Key::of_seed([9; 32]).unwrap().public(),
            |terms| terms.channel = Some(Hex([0; 32])),
        ];
        for change in changes {
            let mut terms = pair.terms.clone();
            change(&mut terms);
            assert_eq!(run(&pair, RIGHT, &terms, untouched), None, "{terms:?}");
        }
    }

    #[test]
    fn who_has_not_the_key_that_it_names_is_not_believed() {
        let mut pair = pair();
        pair.of_box = Key::of_seed([9; 32]).unwrap();
        assert_eq!(run(&pair, RIGHT, &pair.terms, untouched), None);
        let mut pair = super::tests::pair();
        pair.of_bridge = Key::of_seed([9; 32]).unwrap();
        assert_eq!(run(&pair, RIGHT, &pair.terms, untouched), None);
    }

    #[test]
    fn a_proof_is_good_for_its_exchange_and_its_side_alone() {
        let pair = pair();
        let secret = Code::parse("A3K7PX").unwrap().secret();
        let mut random = Random::new([1; 32]);
        let first = Offered::begin(secret, &mut random);
        let (terms, key) = (pair.terms.clone(), &pair.of_box);
        let answer = Answered::to(secret, terms, &first.element(), key, &mut random);
        let (answered, element, proof) = answer.unwrap();
        // Overheard, and sent again to another exchange over the same code.
        let second = Offered::begin(secret, &mut random);
        assert!(
            second
                .finish(&pair.terms, &element, &proof, &pair.of_bridge)
                .is_err()
        );
        // Sent back as it came.
        assert_eq!(answered.finish(&proof), Err(WrongCode));
    }

    proptest! {
        #[test]
        fn whatever_is_changed_on_the_way_ends_it(which in 0..6_usize, at in 0..32_usize, bit in 0..8_u8) {
            let pair = pair();
            let flip = |byte: &mut u8| *byte ^= 1 << bit;
            let changed = run(&pair, RIGHT, &pair.terms, |to_box, to_bridge, of_box, of_bridge| match which {
                0 => flip(&mut to_box.0[at]),
                1 => flip(&mut to_bridge.0[at]),
                2 => flip(&mut of_box.mac.0[at]),
                3 => flip(&mut of_box.signature.0[at]),
                4 => flip(&mut of_bridge.mac.0[at]),
                _ => flip(&mut of_bridge.signature.0[at]),
            });
            prop_assert_eq!(changed, None);
        }

        #[test]
        fn no_element_panics(bytes in prop::array::uniform32(any::<u8>()), side in any::<u8>()) {
            let mut element = [side; 33];
            element[1..].copy_from_slice(&bytes);
            let pair = pair();
            let secret = Code::parse("A3K7PX").unwrap().secret();
            let mut random = Random::new(bytes);
            let _ = Answered::to(secret, pair.terms.clone(), &Hex(element), &pair.of_box, &mut random);
            let offered = Offered::begin(secret, &mut random);
            let proof = Proof { mac: Hex(bytes), signature: Hex([side; 64]) };
            prop_assert!(offered.finish(&pair.terms, &Hex(element), &proof, &pair.of_bridge).is_err());
            prop_assert!(!PublicKey(bytes).signed(b"x", &Hex([side; 64])));
        }
    }
}
