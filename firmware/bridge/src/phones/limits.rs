//! How often a phone, and an address with all phones behind it, may ask for something. Pure.
//!
//! A town hall has one address for all its phones: an address may much, one phone little.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use conference::audience::PhoneId;

/// Most addresses and phones that are remembered. Whoever comes when so many have been there within seconds, waits.
const MOST_KEYS: usize = 8192;

/// How often those that may do everything again are forgotten, at most.
const FORGET_EVERY: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The page, and what it shows.
    Look,
    /// A vote.
    Vote,
    /// A written question.
    Question,
    /// One clap.
    Clap,
}

/// Buckets of tokens: each thing takes one, and they fill again by themselves.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    per_second: f64,
    most: f64,
    left: HashMap<K, (f64, Instant)>,
    forgotten: Option<Instant>,
}

impl<K: Eq + Hash> Buckets<K> {
    pub(crate) fn new(per_second: f64, most: f64) -> Self {
        Self {
            per_second,
            most,
            left: HashMap::new(),
            forgotten: None,
        }
    }

    /// Takes a token; whether there was one.
    pub(crate) fn take(&mut self, key: K, now: Instant) -> bool {
        if !self.left.contains_key(&key) && self.left.len() >= MOST_KEYS {
            self.forget(now);
            if self.left.len() >= MOST_KEYS {
                return false;
            }
        }
        let (per_second, most) = (self.per_second, self.most);
        let (left, at) = self.left.entry(key).or_insert((most, now));
        *left = filled(per_second, most, (*left, *at), now);
        *at = now;
        let there = *left >= 1.0;
        if there {
            *left -= 1.0;
        }
        there
    }

    fn forget(&mut self, now: Instant) {
        let lately = |at: Instant| now.saturating_duration_since(at) < FORGET_EVERY;
        if self.forgotten.is_some_and(lately) {
            return;
        }
        self.forgotten = Some(now);
        let (per_second, most) = (self.per_second, self.most);
        self.left
            .retain(|_, left| filled(per_second, most, *left, now) < most);
    }
}

fn filled(per_second: f64, most: f64, (left, at): (f64, Instant), now: Instant) -> f64 {
    let past = now.saturating_duration_since(at).as_secs_f64();
    (left + past * per_second).min(most)
}

/// All limits.
#[derive(Debug)]
pub struct Limits {
    looks: Buckets<IpAddr>,
    votes: Buckets<IpAddr>,
    questions: Buckets<IpAddr>,
    claps: Buckets<IpAddr>,
    votes_of_phone: Buckets<PhoneId>,
    questions_of_phone: Buckets<PhoneId>,
    claps_of_phone: Buckets<PhoneId>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 300 phones that look every 3 s, and all of them at once at the start.
            looks: Buckets::new(150.0, 600.0),
            votes: Buckets::new(20.0, 100.0),
            questions: Buckets::new(1.0, 20.0),
            claps: Buckets::new(40.0, 80.0),
            votes_of_phone: Buckets::new(1.0, 3.0),
            questions_of_phone: Buckets::new(0.05, 1.0),
            claps_of_phone: Buckets::new(4.0, 8.0),
        }
    }
}

impl Limits {
    /// Whether somebody at this address may ask for this now.
    pub fn address_may(&mut self, ask: Ask, address: IpAddr, now: Instant) -> bool {
        let buckets = match ask {
            Ask::Look => &mut self.looks,
            Ask::Vote => &mut self.votes,
            Ask::Question => &mut self.questions,
            Ask::Clap => &mut self.claps,
        };
        buckets.take(household(address), now)
    }

    /// Whether this phone may; its address must have been asked before.
    pub fn phone_may(&mut self, ask: Ask, phone: PhoneId, now: Instant) -> bool {
        let buckets = match ask {
            Ask::Look => return true,
            Ask::Vote => &mut self.votes_of_phone,
            Ask::Question => &mut self.questions_of_phone,
            Ask::Clap => &mut self.claps_of_phone,
        };
        buckets.take(phone, now)
    }
}

/// One machine has as many IPv6 addresses as it likes, but only one network of them (RFC 6177).
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_votes_once_a_second_and_asks_once_in_twenty() {
        let start = Instant::now();
        let mut limits = Limits::default();
        let mut may =
            |ask, ms| limits.phone_may(ask, PhoneId(1), start + Duration::from_millis(ms));
        assert_eq!(
            [(); 5].map(|()| may(Ask::Vote, 0)),
            [true, true, true, false, false]
        );
        assert!(!may(Ask::Vote, 900));
        assert!(may(Ask::Vote, 1900));
        assert!(may(Ask::Question, 0));
        assert!(!may(Ask::Question, 19_000));
        assert!(may(Ask::Question, 40_000));
    }

    #[test]
    fn a_town_hall_with_300_phones_behind_one_address_looks_undisturbed() {
        let start = Instant::now();
        let mut limits = Limits::default();
        let hall = IpAddr::from([192, 0, 2, 1]);
        for look in 0..3000 {
            let at = start + Duration::from_millis(look * 10);
            assert!(limits.address_may(Ask::Look, hall, at), "{look}");
        }
        let burst = (0..200).filter(|_| limits.address_may(Ask::Vote, hall, start));
        assert_eq!(burst.count(), 100);
    }

    #[test]
    fn one_machine_is_one_address_however_many_it_has() {
        let start = Instant::now();
        let mut limits = Limits::default();
        let at = |n: u128| IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) | n));
        let asked = (0..50).filter(|n| limits.address_may(Ask::Question, at(*n), start));
        assert_eq!(asked.count(), 20);
        assert!(limits.address_may(Ask::Question, at(1 << 64), start));
    }

    #[test]
    fn memory_is_bounded_and_forgets_who_is_quiet() {
        let start = Instant::now();
        let mut buckets = Buckets::new(1.0, 2.0);
        for key in 0..MOST_KEYS {
            assert!(buckets.take(key, start));
        }
        assert!(!buckets.take(MOST_KEYS, start));
        assert!(buckets.take(0, start));
        assert!(buckets.take(MOST_KEYS, start + Duration::from_secs(2)));
        assert!(buckets.left.len() < MOST_KEYS);
    }
}
