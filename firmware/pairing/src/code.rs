//! What people read and type: the code on a television, an installer's invitation.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{LABEL, Random};

/// What codes are made of: no sign that looks like another from 10 m, or sounds like one over the telephone (0 O Q, 1 I L,
/// 2 Z, 5 S, 8 B, V).
const SIGNS: &[u8] = b"34679ACDEFGHJKMNPRTUWXY";

/// Signs of a code: some 148 million codes, of which a stranger may try 5.
const CODE: usize = 6;

/// Signs of an invitation's name, and of all of it: 20 signs are 90 bits, which nobody tries out.
const NAME: usize = 5;
const INVITATION: usize = 25;

/// What both sides must know for an exchange; nothing of it can be found from what they send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl Secret {
    fn of(kind: &str, signs: &str) -> Self {
        let hash = Sha256::new().chain_update(LABEL).chain_update(kind);
        Self(hash.chain_update(signs).finalize().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Six signs on a television. They are in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Another one.
    pub fn draw(random: &mut Random) -> Self {
        Self(draw(CODE, random))
    }

    /// What somebody typed, capital letters or not, with spaces and dashes or without; nothing if it cannot be a code.
    pub fn parse(typed: &str) -> Option<Self> {
        parse(typed, CODE).map(Self)
    }

    /// Its two halves, as they are shown.
    pub fn halves(&self) -> (&str, &str) {
        self.0.split_at(CODE / 2)
    }

    /// What the exchange runs over.
    pub fn secret(&self) -> Secret {
        Secret::of(" code ", &self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

/// Five groups of five signs: a name that the bridge finds it by, and a secret. It is in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation(String);

impl Invitation {
    /// Another one.
    pub fn draw(random: &mut Random) -> Self {
        Self(draw(INVITATION, random))
    }

    /// What somebody typed or copied, as for a code; nothing if it cannot be an invitation.
    pub fn parse(typed: &str) -> Option<Self> {
        parse(typed, INVITATION).map(Self)
    }

    /// By what the bridge finds it; it tells nothing of the secret.
    pub fn name(&self) -> &str {
        &self.0[..NAME]
    }

    /// Whether this can be the name of one.
    pub fn is_name(text: &str) -> bool {
        parse(text, NAME).is_some_and(|name| name == text)
    }

    /// As it is written.
    pub fn written(&self) -> String {
        let group = |n: usize| &self.0[n * NAME..(n + 1) * NAME];
        (0..INVITATION / NAME)
            .map(group)
            .collect::<Vec<_>>()
            .join("-")
    }

    /// What the exchange runs over. The bridge keeps this, and cannot write the invitation again.
    pub fn secret(&self) -> Secret {
        Secret::of(" invitation ", &self.0)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({})", self.name())
    }
}

fn draw(signs: usize, random: &mut Random) -> String {
    // 23 signs.
    let sign = |_| char::from(SIGNS[random.below(SIGNS.len() as u8)]);
    (0..signs).map(sign).collect()
}

fn parse(typed: &str, signs: usize) -> Option<String> {
    let mut read = String::new();
    for typed in typed.chars() {
        let sign = typed.to_ascii_uppercase();
        if typed.is_whitespace() || matches!(typed, '-' | '–' | '·' | '.') {
            continue;
        }
        let known = u8::try_from(sign).is_ok_and(|sign| SIGNS.contains(&sign));
        if !known || read.len() == signs {
            return None;
        }
        read.push(sign);
    }
    (read.len() == signs).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_typed_as_people_type() {
        let code = Code("A3K7PX".into());
        assert_eq!(code.halves(), ("A3K", "7PX"));
        for typed in ["A3K7PX", "a3k 7px", " a3K-7Px ", "A3K – 7PX"] {
            assert_eq!(Code::parse(typed), Some(code.clone()), "{typed}");
        }
        // Too short, too long, a sign that no code has.
        for typed in ["", "A3K7P", "A3K7PXX", "A3K7P0", "A3K7PÉ", "A3K7PO"] {
            assert_eq!(Code::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_drawn_is_read_again_and_no_log_shows_it() {
        let mut random = Random::new([3; 32]);
        let code = Code::draw(&mut random);
        let (first, second) = code.halves();
        assert_eq!(
            Code::parse(&format!("{first} {second}")),
            Some(code.clone())
        );
        let invitation = Invitation::draw(&mut random);
        let written = invitation.written();
        assert_eq!(written.len(), 29);
        assert_eq!(Invitation::parse(&written), Some(invitation.clone()));
        assert!(Invitation::is_name(invitation.name()));
        let logged = format!("{code:?} {invitation:?} {:?}", invitation.secret());
        assert!(
            !logged.contains(first) && !logged.contains(&written[6..11]),
            "{logged}"
        );
    }

    #[test]
    fn an_invitation_holds_eighty_bits_and_a_code_is_another_secret() {
        let bits = (INVITATION - NAME) as f64 * (SIGNS.len() as f64).log2();
        assert!(bits > 80.0, "{bits}");
        let signs = "A3K7PX";
        assert_ne!(
            Secret::of(" code ", signs),
            Secret::of(" invitation ", signs)
        );
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_or_not(typed in "\\PC{0,60}") {
            if let Some(code) = Code::parse(&typed) {
                let (first, second) = code.halves();
                prop_assert_eq!(first.len() + second.len(), CODE);
            }
            let _ = Invitation::parse(&typed);
            let _ = Invitation::is_name(&typed);
        }
    }
}
