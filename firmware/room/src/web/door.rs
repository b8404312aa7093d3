//! Who may use the box's page from elsewhere: codes that are read from the television, and sessions. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::machine::Code;

/// How long a code is good for.
const GOOD: Duration = Duration::from_secs(10 * 60);
/// Wrong tries that a code bears. With [`ASKS`] that is 15 guesses in ten minutes, at a hundred million codes.
const TRIES: u8 = 5;
/// How often in ten minutes a code is shown: whoever is not in the room shall not write on its television all evening.
const ASKS: usize = 3;
/// How long a session lasts: an evening and what is done before it.
pub const LASTS: Duration = Duration::from_secs(12 * 3600);
/// Sessions at once; the oldest gives way.
const SESSIONS: usize = 16;

/// What a session is known by; the box keeps no more than its hash.
pub type Secret = [u8; 32];

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The television has shown a code often enough; in so long it may again.
    Often(Duration),
    /// There is no code, or not any more.
    None,
    /// It is another code; so many tries are left.
    Wrong(u8),
}

/// The door of the box's page.
#[derive(Debug, Default)]
pub struct Door {
    code: Option<Live>,
    asked: VecDeque<Instant>,
    sessions: VecDeque<Session>,
}

#[derive(Debug)]
struct Live {
    code: Code,
    until: Instant,
    tries: u8,
}

#[derive(Debug)]
struct Session {
    hash: [u8; 32],
    until: Instant,
}

impl Door {
    /// Somebody wants a code on the television: the one that is good, else the one of this random number.
    ///
    /// # Errors
    /// It was asked for too often.
    pub fn ask(&mut self, random: u64, now: Instant) -> Result<Code, Refusal> {
        self.asked.retain(|asked| *asked + GOOD > now);
        if let Some(first) = self.asked.front().filter(|_| self.asked.len() >= ASKS) {
            return Err(Refusal::Often((*first + GOOD).duration_since(now)));
        }
        self.asked.push_back(now);
        let live = self.code.take().filter(|live| now < live.until);
        let live = live.unwrap_or_else(|| Live {
            code: Code::new(random),
            until: now + GOOD,
            tries: TRIES,
        });
        Ok(self.code.insert(live).code.clone())
    }

    /// Somebody typed a code. The right one is used up, and opens a session that is known by this secret.
    ///
    /// # Errors
    /// It is not the code, or there is none.
    pub fn open(&mut self, typed: &str, secret: &Secret, now: Instant) -> Result<(), Refusal> {
        let live = self.code.take().filter(|live| now < live.until);
        let mut live = live.ok_or(Refusal::None)?;
        let typed: String = typed.chars().filter(|sign| !sign.is_whitespace()).collect();
        if !bool::from(typed.as_bytes().ct_eq(live.code.digits().as_bytes())) {
            live.tries -= 1;
            let left = live.tries;
            self.code = Some(live).filter(|live| live.tries > 0);
            return Err(Refusal::Wrong(left));
        }
        self.sessions.retain(|session| now < session.until);
        if self.sessions.len() == SESSIONS {
            self.sessions.pop_front();
        }
        self.sessions.push_back(Session {
            hash: Sha256::digest(secret).into(),
            until: now + LASTS,
        });
        Ok(())
    }

    /// Whether this is the secret of a session.
    pub fn knows(&self, secret: &Secret, now: Instant) -> bool {
        let hash: [u8; 32] = Sha256::digest(secret).into();
        let mut sessions = self.sessions.iter();
        sessions.any(|session| now < session.until && bool::from(session.hash.ct_eq(&hash)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test needs one moment to count from"
    )]

    use super::*;
    use proptest::prelude::*;

    const RANDOM: u64 = 4_212_345_678;
    const CODE: &str = "12345678";
    const MINUTE: Duration = Duration::from_secs(60);

    fn asked() -> (Door, Instant) {
        let (mut door, now) = (Door::default(), Instant::now());
        assert_eq!(door.ask(RANDOM, now).unwrap().digits(), CODE);
        (door, now)
    }

    #[test]
    fn the_code_opens_once_and_its_session_lasts_twelve_hours() {
        let (mut door, now) = asked();
        assert_eq!(door.open(" 1234 5678 ", &[1; 32], now), Ok(()));
        assert_eq!(door.open(CODE, &[2; 32], now), Err(Refusal::None));
        let late = now + LASTS - MINUTE;
        assert!(door.knows(&[1; 32], late) && !door.knows(&[2; 32], late));
        assert!(!door.knows(&[1; 32], now + LASTS));
    }

    #[test]
    fn without_a_code_nothing_opens() {
        let (mut door, now) = (Door::default(), Instant::now());
        for typed in ["", "0", "00000000", CODE] {
            assert_eq!(door.open(typed, &[1; 32], now), Err(Refusal::None));
        }
        assert!(!door.knows(&[0; 32], now));
    }

    #[test]
    fn a_code_ends_after_ten_minutes_or_five_wrong_tries() {
        let (mut door, now) = asked();
        assert_eq!(
            door.open(CODE, &[1; 32], now + GOOD),
            Err(Refusal::None),
            "late"
        );
        let (mut door, now) = asked();
        for left in [4, 3, 2, 1, 0] {
            let wrong = door.open("00000000", &[1; 32], now);
            assert_eq!(wrong, Err(Refusal::Wrong(left)));
        }
        assert_eq!(door.open(CODE, &[1; 32], now), Err(Refusal::None));
    }

    #[test]
    fn whoever_asks_again_sees_the_same_code_and_wins_no_tries() {
        let (mut door, now) = asked();
        assert_eq!(
            door.open("1", &[1; 32], now),
            Err(Refusal::Wrong(TRIES - 1))
        );
        assert_eq!(door.ask(7, now + MINUTE).unwrap().digits(), CODE);
        let wrong = door.open("1", &[1; 32], now + MINUTE);
        assert_eq!(wrong, Err(Refusal::Wrong(TRIES - 2)));
    }

    #[test]
    fn a_flood_of_asking_writes_on_the_television_three_times_in_ten_minutes() {
        let (mut door, now) = asked();
        let answers: Vec<bool> = (1..600)
            .map(|second| door.ask(second, now + Duration::from_secs(second)).is_ok())
            .collect();
        assert_eq!(answers.iter().filter(|shown| **shown).count(), ASKS - 1);
        let refused = door.ask(1, now + 9 * MINUTE);
        assert_eq!(refused, Err(Refusal::Often(MINUTE)));
        assert!(door.ask(1, now + GOOD).is_ok());
    }

    #[test]
    fn the_seventeenth_session_ends_the_first() {
        let (mut door, mut now) = (Door::default(), Instant::now());
        for nth in 0..=SESSIONS {
            let code = door.ask(RANDOM, now).unwrap();
            let secret = [u8::try_from(nth).unwrap(); 32];
            assert_eq!(door.open(code.digits(), &secret, now), Ok(()));
            now += 5 * MINUTE;
        }
        assert!(!door.knows(&[0; 32], now) && door.knows(&[1; 32], now));
    }

    #[test]
    fn a_code_is_in_no_log() {
        let (door, _) = asked();
        assert!(!format!("{door:?}").contains(CODE));
    }

    proptest! {
        #[test]
        fn whatever_else_is_typed_opens_nothing(typed in "\\PC{0,40}") {
            let (mut door, now) = asked();
            prop_assume!(typed.split_whitespace().collect::<String>() != CODE);
            prop_assert_eq!(door.open(&typed, &[1; 32], now), Err(Refusal::Wrong(TRIES - 1)));
        }
    }
}
