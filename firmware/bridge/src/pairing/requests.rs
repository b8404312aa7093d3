//! The boxes that want to join, and how far each is. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use pairing::wire::{Answer, Ask, Standing};
use pairing::{
    ExchangeError, Hardware, Hex, Key, Offered, Proof, PublicKey, Random, Secret, Terms,
};

use super::refusal::Refusal;

/// Most boxes that wait, in all and behind one address: a list that a person still reads.
pub const MOST: usize = 32;
const MOST_OF_ADDRESS: usize = 16;

/// Wrong codes for one request; the box counts as well.
pub const TRIES: u32 = 5;

/// How long a request waits: as long as a code is good.
pub const GOOD_FOR: Duration = Duration::from_secs(10 * 60);

/// A box that has not asked for so long is gone.
const SILENT: Duration = Duration::from_secs(15);

/// How long an exchange may take: the box looks once a second.
const EXCHANGE: Duration = Duration::from_secs(20);

/// How long a key waits that was tried too often.
const PAUSE: Duration = Duration::from_secs(10);

/// How long one waits that was sent away.
const AWAY: Duration = Duration::from_secs(5 * 60);

/// One box that waits.
pub struct Request {
    /// Its key.
    pub key: PublicKey,
    /// Its hardware.
    pub hardware: Hardware,
    /// What it calls itself.
    pub name: String,
    /// Wrong codes so far.
    pub tries: u32,
    /// The invitation that it came by.
    pub invitation: Option<String>,
    channel: Option<Hex<32>>,
    address: IpAddr,
    asked: Instant,
    seen: Instant,
    exchange: Option<Exchange>,
}

struct Exchange {
    room: String,
    side: Offered,
    until: Instant,
}

/// What came of an exchange.
pub struct Agreed {
    /// The box and its room.
    pub terms: Terms,
    /// The invitation that it came by.
    pub invitation: Option<String>,
    /// What the box is to be sent.
    pub proof: Proof,
}

/// All of them, by their numbers.
#[derive(Default)]
pub struct Requests {
    waiting: BTreeMap<[u8; 16], Request>,
    pausing: BTreeMap<PublicKey, Instant>,
}

impl Requests {
    /// Those that wait, the first come first.
    pub fn iter(&self) -> impl Iterator<Item = (Hex<16>, &Request)> {
        let mut all: Vec<_> = self.waiting.iter().collect();
        all.sort_by_key(|(_, request)| request.asked);
        all.into_iter().map(|(id, request)| (Hex(*id), request))
    }

    /// One of them.
    pub fn get(&self, id: &Hex<16>) -> Result<&Request, Refusal> {
        self.waiting.get(&id.0).ok_or(Refusal::NoRequest)
    }

    /// Takes in a box's wish; an older one of the same key is forgotten.
    pub fn add(
        &mut self,
        ask: &Ask,
        address: IpAddr,
        random: &mut Random,
        now: Instant,
    ) -> Result<Hex<16>, Refusal> {
        self.forget(now);
        let key = PublicKey(ask.key.0);
        if self.pausing.contains_key(&key) {
            return Err(Refusal::SlowDown);
        }
        self.waiting.retain(|_, request| request.key != key);
        let of_address = self
            .waiting
            .values()
            .filter(|request| request.address == address);
        if self.waiting.len() >= MOST || of_address.count() >= MOST_OF_ADDRESS {
            return Err(Refusal::Full);
        }
        let id = random.bytes();
        self.waiting.insert(
            id,
            Request {
                key,
                hardware: Hardware(ask.hardware),
                name: ask.name.clone(),
                tries: 0,
                invitation: ask.invitation.clone(),
                channel: ask.channel,
                address,
                asked: now,
                seen: now,
                exchange: None,
            },
        );
        Ok(Hex(id))
    }

    /// Begins the exchange with a box, over what somebody typed.
    pub fn offer(
        &mut self,
        id: &Hex<16>,
        room: String,
        secret: Secret,
        random: &mut Random,
        now: Instant,
    ) -> Result<(), Refusal> {
        self.forget(now);
        let request = self.waiting.get_mut(&id.0).ok_or(Refusal::NoRequest)?;
        request.exchange = Some(Exchange {
            room,
            side: Offered::begin(secret, random),
            until: now + EXCHANGE,
        });
        Ok(())
    }

    /// Whether an exchange with it is under way.
    pub fn is_offered(&self, id: &Hex<16>) -> bool {
        let request = self.waiting.get(&id.0);
        request.is_some_and(|request| request.exchange.is_some())
    }

    /// How a request stands; whoever asks is there.
    pub fn standing(&mut self, id: &Hex<16>, now: Instant) -> Result<Standing, Refusal> {
        self.forget(now);
        let request = self.waiting.get_mut(&id.0).ok_or(Refusal::NoRequest)?;
        request.seen = now;
        Ok(match &request.exchange {
            None => Standing::Waiting,
            Some(Exchange { room, side, .. }) => Standing::Offered {
                room: room.clone(),
                element: side.element(),
            },
        })
    }

    /// Takes a box's part of the exchange. Right or wrong, that exchange is over: an answer that is sent twice finds none.
    pub fn answer(
        &mut self,
        id: &Hex<16>,
        answer: &Answer,
        key: &Key,
        now: Instant,
    ) -> Result<Agreed, Refusal> {
        self.forget(now);
        let request = self.waiting.get_mut(&id.0).ok_or(Refusal::NoRequest)?;
        request.seen = now;
        let exchange = request.exchange.take().ok_or(Refusal::NotOffered)?;
        let terms = Terms {
            request: *id,
            key: request.key,
            hardware: request.hardware,
            name: request.name.clone(),
            room: exchange.room,
            bridge: key.public(),
            channel: request.channel,
        };
        let proof = answer.proof();
        match exchange.side.finish(&terms, &answer.element, &proof, key) {
            Ok(proof) => {
                let invitation = request.invitation.clone();
                self.waiting.remove(&id.0);
                Ok(Agreed {
                    terms,
                    invitation,
                    proof,
                })
            }
            Err(ExchangeError::Crypto(_)) => Err(Refusal::Broken),
            Err(ExchangeError::Wrong(_)) => {
                request.tries += 1;
                if request.tries < TRIES {
                    let left = TRIES - request.tries;
                    return Err(Refusal::WrongCode { left });
                }
                self.pausing.insert(request.key, now + PAUSE);
                self.waiting.remove(&id.0);
                Err(Refusal::TriedTooOften)
            }
        }
    }

    /// Sends a box away, for a while.
    pub fn remove(&mut self, id: &Hex<16>, now: Instant) -> Result<(), Refusal> {
        let removed = self.waiting.remove(&id.0).ok_or(Refusal::NoRequest)?;
        self.pausing.insert(removed.key, now + AWAY);
        Ok(())
    }

    /// What time has ended.
    pub fn forget(&mut self, now: Instant) {
        let since = |at| now.saturating_duration_since(at);
        self.waiting
            .retain(|_, request| since(request.seen) < SILENT && since(request.asked) < GOOD_FOR);
        for request in self.waiting.values_mut() {
            request.exchange = request
                .exchange
                .take()
                .filter(|exchange| now < exchange.until);
        }
        self.pausing.retain(|_, until| now < *until);
    }
}
