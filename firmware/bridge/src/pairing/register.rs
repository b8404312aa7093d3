//! The bridge's side of pairing: who wants to join, who may, who may no more. Pure: the moment is an argument, random
//! numbers grow from a seed, and what is to be kept or ended comes out as orders.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Instant;

use pairing::wire::{Answer, Ask, Asked, Claim, Greeting, Hail, Paired, Session, Standing};
use pairing::{
    Code, CryptoError, Hardware, Hex, Invitation, Key, PublicKey, Random, Secret, VERSION,
};

use super::kept::{Invited, Kept, OwnCertificate, PairedBox, RevokedBox};
use super::limits::{Limits, Wish};
use super::notices::{Incident, Notices};
use super::refusal::Refusal;
use super::requests::Requests;
use super::sessions::{Sessions, TOKEN};

/// Revoked keys that are remembered; whose is forgotten is unknown, and may join by a code again.
const MOST_REVOKED: usize = 512;

/// Invitations at a time.
const MOST_INVITATIONS: usize = 64;

/// The longest an invitation may be good, in hours: a month.
const MOST_HOURS: u32 = 720;

/// One moment, by the clock that runs evenly and by the one on the wall.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For what is over soon.
    pub at: Instant,
    /// Milliseconds since 1970, for what outlives the bridge.
    pub unix_ms: u64,
}

/// An order to the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write down what is kept, before anybody hears the answer.
    Keep,
    /// End whatever the box of this room has with the bridge.
    Evict(String),
}

/// See the module.
pub struct Register {
    key: Key,
    random: Random,
    rooms: Vec<String>,
    /// The hash of the TLS key that boxes see, where they see one.
    channel: Option<Hex<32>>,
    own_certificate: Option<OwnCertificate>,
    boxes: BTreeMap<PublicKey, PairedBox>,
    revoked: BTreeMap<PublicKey, RevokedBox>,
    invitations: BTreeMap<String, Invited>,
    requests: Requests,
    sessions: Sessions,
    limits: Limits,
    notices: Notices,
    outputs: VecDeque<Output>,
}

impl Register {
    /// Of what was kept; `seed` is random.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn new(kept: Kept, rooms: Vec<String>, seed: [u8; 32]) -> Result<Self, CryptoError> {
        let by_key = |paired: PairedBox| (PublicKey(paired.key.0), paired);
        let by_name = |invited: Invited| (invited.name.clone(), invited);
        Ok(Self {
            key: Key::of_seed(kept.seed.0)?,
            random: Random::new(seed),
            rooms,
            channel: None,
            own_certificate: kept.tls,
            boxes: kept.boxes.into_iter().map(by_key).collect(),
            revoked: (kept.revoked.into_iter())
                .map(|revoked| (PublicKey(revoked.key.0), revoked))
                .collect(),
            invitations: kept.invitations.into_iter().map(by_name).collect(),
            requests: Requests::default(),
            sessions: Sessions::default(),
            limits: Limits::default(),
            notices: Notices::default(),
            outputs: VecDeque::new(),
        })
    }

    /// The hash of the TLS key that boxes see at this bridge.
    pub fn set_channel(&mut self, channel: Hex<32>) {
        self.channel = Some(channel);
    }

    /// The certificate that the bridge has made.
    pub fn own_certificate(&self) -> Option<&OwnCertificate> {
        self.own_certificate.as_ref()
    }

    /// The bridge has made one.
    pub fn set_own_certificate(&mut self, own: OwnCertificate) {
        self.own_certificate = Some(own);
        self.outputs.push_back(Output::Keep);
    }

    /// What is to be kept.
    pub fn kept(&self) -> Kept {
        Kept {
            seed: self.key.seed(),
            tls: self.own_certificate.clone(),
            boxes: self.boxes.values().cloned().collect(),
            revoked: self.revoked.values().cloned().collect(),
            invitations: self.invitations.values().cloned().collect(),
        }
    }

    /// The next order; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The boxes that wait.
    pub fn requests(&mut self, now: Now) -> &Requests {
        self.requests.forget(now.at);
        &self.requests
    }

    /// The boxes that may join.
    pub fn boxes(&self) -> impl Iterator<Item = (PublicKey, &PairedBox)> {
        self.boxes.iter().map(|(key, paired)| (*key, paired))
    }

    /// Whether a box of this key has a session.
    pub fn is_there(&self, key: PublicKey, now: Now) -> bool {
        self.sessions.is_there(key, now.at)
    }

    /// The invitations that were given out.
    pub fn invitations(&self) -> impl Iterator<Item = &Invited> {
        self.invitations.values()
    }

    /// What the chair should know, the latest first.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// The chair has read them.
    pub fn clear_notices(&mut self) {
        self.notices.clear();
    }

    /// The chair should know that this has happened.
    pub fn note(&mut self, incident: Incident, who: &str, key: Option<PublicKey>, now: Now) {
        let fingerprint = key.map(|key| key.fingerprint()).unwrap_or_default();
        self.notices.add(incident, who, fingerprint, now.unix_ms);
    }

    /// Whether somebody at this address may ask for it now.
    ///
    /// # Errors
    /// [`Refusal::SlowDown`].
    pub fn admit(&mut self, wish: Wish, address: IpAddr, now: Now) -> Result<(), Refusal> {
        match self.limits.may(wish, address, now.at) {
            true => Ok(()),
            false => Err(Refusal::SlowDown),
        }
    }

    /// A box wants to join. With an invitation the exchange begins at once, for the room that it names itself.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn ask(&mut self, ask: &Ask, address: IpAddr, now: Now) -> Result<Asked, Refusal> {
        if ask.version != VERSION || !ask.is_sound() {
            return Err(Refusal::Malformed);
        }
        let key = PublicKey(ask.key.0);
        let asked = self.take_in(ask, key, address, now);
        let incident = match &asked {
            Err(Refusal::Revoked) => Some(Incident::Revoked),
            Err(Refusal::OtherChannel) => Some(Incident::OtherChannel),
            Err(Refusal::Full) => Some(Incident::Full),
            Err(
                Refusal::NoInvitation
                | Refusal::InvitationExpired
                | Refusal::InvitationSpent
                | Refusal::InvitationElsewhere,
            ) => Some(Incident::BadInvitation),
            Ok(_) | Err(_) => None,
        };
        if let Some(incident) = incident {
            self.note(incident, &ask.name, Some(key), now);
        }
        asked
    }

    fn take_in(
        &mut self,
        ask: &Ask,
        key: PublicKey,
        address: IpAddr,
        now: Now,
    ) -> Result<Asked, Refusal> {
        if self.revoked.contains_key(&key) {
            return Err(Refusal::Revoked);
        }
        if ask.channel.is_some() && ask.channel != self.channel {
            return Err(Refusal::OtherChannel);
        }
        let secret = match &ask.invitation {
            Some(name) => Some(self.invited(name, &ask.name, key, now)?),
            None => None,
        };
        let random = &mut self.random;
        let request = self.requests.add(ask, address, random, now.at)?;
        if let Some(secret) = secret {
            let room = ask.name.clone();
            self.requests
                .offer(&request, room, secret, random, now.at)?;
        }
        Ok(Asked {
            request,
            bridge: Hex(self.key.public().0),
        })
    }

    /// The secret of an invitation that is good for this room. A key that was paired by it may come again: the bridge's
    /// last word may have been lost on the way.
    fn invited(&self, name: &str, room: &str, key: PublicKey, now: Now) -> Result<Secret, Refusal> {
        let invited = self.invitations.get(name).ok_or(Refusal::NoInvitation)?;
        if now.unix_ms >= invited.until_ms {
            return Err(Refusal::InvitationExpired);
        }
        match invited.rooms.get(room) {
            None => Err(Refusal::InvitationElsewhere),
            Some(Some(by)) if by.0 != key.0 => Err(Refusal::InvitationSpent),
            Some(_) => Ok(Secret(invited.secret.0)),
        }
    }

    /// How a request stands.
    ///
    /// # Errors
    /// [`Refusal::NoRequest`].
    pub fn standing(&mut self, request: &Hex<16>, now: Now) -> Result<Standing, Refusal> {
        self.requests.standing(request, now.at)
    }

    /// The chair has typed what stands on the television of a room.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn type_code(
        &mut self,
        request: &Hex<16>,
        room: &str,
        code: Option<Code>,
        now: Now,
    ) -> Result<(), Refusal> {
        let code = code.ok_or(Refusal::Mistyped)?;
        if !self.rooms.iter().any(|known| known == room) {
            return Err(Refusal::NoRoom);
        }
        let (room, random) = (room.to_owned(), &mut self.random);
        self.requests
            .offer(request, room, code.secret(), random, now.at)
    }

    /// A box's part of the exchange. After this it may join, or has one try less.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn answer(
        &mut self,
        request: &Hex<16>,
        answer: &Answer,
        now: Now,
    ) -> Result<Paired, Refusal> {
        let about = self.requests.get(request);
        let about = about.map(|request| (request.name.clone(), request.key));
        let agreed = match self.requests.answer(request, answer, &self.key, now.at) {
            Ok(agreed) => agreed,
            Err(refusal) => {
                let wrong = matches!(refusal, Refusal::WrongCode { .. } | Refusal::TriedTooOften);
                if let (true, Ok((name, key))) = (wrong, about) {
                    self.note(Incident::WrongCode, &name, Some(key), now);
                }
                return Err(refusal);
            }
        };
        let terms = agreed.terms;
        if let Some(name) = &agreed.invitation {
            // Two boxes of one name may have begun at once.
            self.invited(name, &terms.room, terms.key, now)?;
            let invited = self.invitations.get_mut(name);
            let place = invited.and_then(|invited| invited.rooms.get_mut(&terms.room));
            if let Some(place) = place {
                *place = Some(Hex(terms.key.0));
            }
        }
        self.pair(terms.key, terms.hardware, terms.room, now);
        Ok(agreed.proof.into())
    }

    /// A room has one box: the one before may join no more.
    fn pair(&mut self, key: PublicKey, hardware: Hardware, room: String, now: Now) {
        let before: Vec<PublicKey> = (self.boxes.iter())
            .filter(|(other, paired)| **other != key && paired.room == room)
            .map(|(other, _)| *other)
            .collect();
        for key in before {
            self.end(key, now);
        }
        // It may have been another room's until now.
        self.sessions.end(key);
        let paired = PairedBox {
            key: Hex(key.0),
            hardware: hardware.0,
            room,
            since_ms: now.unix_ms,
            seen_ms: now.unix_ms,
        };
        self.boxes.insert(key, paired);
        self.outputs.push_back(Output::Keep);
    }

    /// A box says its key: the bridge shows that it has its own.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn hail(&mut self, hail: &Hail, now: Now) -> Result<Greeting, Refusal> {
        if hail.version != VERSION {
            return Err(Refusal::Malformed);
        }
        let key = PublicKey(hail.key.0);
        self.known(key)?;
        let nonce = self.sessions.nonce(key, &mut self.random, now.at);
        let bridge = self.key.public();
        let words = pairing::greeting(bridge, key, &hail.nonce, &nonce);
        Ok(Greeting {
            bridge: Hex(bridge.0),
            nonce,
            signature: self.key.sign(&words).map_err(|_| Refusal::Broken)?,
        })
    }

    fn known(&mut self, key: PublicKey) -> Result<&mut PairedBox, Refusal> {
        if self.revoked.contains_key(&key) {
            return Err(Refusal::Revoked);
        }
        self.boxes.get_mut(&key).ok_or(Refusal::NotPaired)
    }

    /// A box proves that it is itself, on its own hardware, and gets a session.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn claim(&mut self, claim: &Claim, now: Now) -> Result<Session, Refusal> {
        let key = PublicKey(claim.key.0);
        let bridge = self.key.public();
        // Whatever comes of it, the number is good no more.
        let good = self.sessions.spend(key, &claim.nonce, now.at);
        let (hardware, room) = {
            let paired = self.known(key)?;
            (paired.hardware, paired.room.clone())
        };
        if !good {
            return Err(Refusal::OldNonce);
        }
        let words = pairing::claim(bridge, key, &claim.nonce, Hardware(claim.hardware));
        if !key.signed(&words, &claim.signature) {
            return Err(Refusal::BadSignature);
        }
        if claim.hardware != hardware {
            let (refusal, incident) = match self.sessions.is_there(key, now.at) {
                true => (Refusal::Copied, Incident::Copied),
                false => (Refusal::OtherHardware, Incident::OtherHardware),
            };
            self.note(incident, &room, Some(key), now);
            return Err(refusal);
        }
        if !self.rooms.contains(&room) {
            return Err(Refusal::NoRoom);
        }
        self.known(key)?.seen_ms = now.unix_ms;
        self.outputs.push_back(Output::Keep);
        Ok(Session {
            token: self.sessions.open(key, &room, &mut self.random, now.at),
            room,
            // Far below 2^32.
            seconds: TOKEN.as_secs() as u32,
        })
    }

    /// The place in the list of rooms of the room that a token stands for.
    pub fn room_of(&self, token: &str, now: Now) -> Option<usize> {
        let room = self.sessions.room_of(token, now.at)?;
        self.rooms.iter().position(|known| known == room)
    }

    /// The chair takes a box's right to join.
    ///
    /// # Errors
    /// [`Refusal::NoBox`].
    pub fn revoke(&mut self, key: PublicKey, now: Now) -> Result<(), Refusal> {
        if !self.boxes.contains_key(&key) {
            return Err(Refusal::NoBox);
        }
        self.end(key, now);
        Ok(())
    }

    fn end(&mut self, key: PublicKey, now: Now) {
        self.sessions.end(key);
        let Some(paired) = self.boxes.remove(&key) else {
            return;
        };
        if self.revoked.len() >= MOST_REVOKED {
            let oldest = self.revoked.iter().min_by_key(|(_, revoked)| revoked.at_ms);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.revoked.remove(&oldest);
            }
        }
        let room = paired.room;
        self.outputs.push_back(Output::Keep);
        self.outputs.push_back(Output::Evict(room.clone()));
        let revoked = RevokedBox {
            key: paired.key,
            room,
            at_ms: now.unix_ms,
        };
        self.revoked.insert(key, revoked);
    }

    /// The chair sends a box that waits away, for five minutes.
    ///
    /// # Errors
    /// [`Refusal::NoRequest`].
    pub fn dismiss(&mut self, request: &Hex<16>, now: Now) -> Result<(), Refusal> {
        self.requests.remove(request, now.at)
    }

    /// Makes an invitation.
    ///
    /// # Errors
    /// [`Refusal::NoRoom`], [`Refusal::BadInvitation`].
    pub fn invite(
        &mut self,
        rooms: &[String],
        hours: u32,
        now: Now,
    ) -> Result<Invitation, Refusal> {
        let invitation = Invitation::draw(&mut self.random);
        let invited = invited(&invitation, rooms, hours, &self.rooms, now.unix_ms)?;
        self.take_up(invited, now)?;
        Ok(invitation)
    }

    /// Takes up an invitation that the command has made.
    ///
    /// # Errors
    /// [`Refusal::Full`].
    pub fn take_up(&mut self, invited: Invited, now: Now) -> Result<(), Refusal> {
        let good = |invited: &Invited| now.unix_ms < invited.until_ms;
        if self.invitations.len() >= MOST_INVITATIONS {
            self.invitations.retain(|_, invited| good(invited));
        }
        if self.invitations.len() >= MOST_INVITATIONS {
            return Err(Refusal::Full);
        }
        self.invitations
            .entry(invited.name.clone())
            .or_insert(invited);
        self.outputs.push_back(Output::Keep);
        Ok(())
    }

    /// Takes an invitation back; whoever was paired by it stays.
    ///
    /// # Errors
    /// [`Refusal::NoInvitation`].
    pub fn withdraw(&mut self, name: &str) -> Result<(), Refusal> {
        let gone = self.invitations.remove(name).map(|_| ());
        self.outputs.push_back(Output::Keep);
        gone.ok_or(Refusal::NoInvitation)
    }
}

/// What is kept of an invitation for these rooms, of those that the bridge has.
///
/// # Errors
/// [`Refusal::NoRoom`], [`Refusal::BadInvitation`].
pub fn invited(
    invitation: &Invitation,
    rooms: &[String],
    hours: u32,
    known: &[String],
    unix_ms: u64,
) -> Result<Invited, Refusal> {
    if rooms.is_empty() || !(1..=MOST_HOURS).contains(&hours) {
        return Err(Refusal::BadInvitation);
    }
    if !rooms.iter().all(|room| known.contains(room)) {
        return Err(Refusal::NoRoom);
    }
    Ok(Invited {
        name: invitation.name().to_owned(),
        secret: Hex(invitation.secret().0),
        rooms: rooms.iter().map(|room| (room.clone(), None)).collect(),
        until_ms: unix_ms + u64::from(hours) * 3_600_000,
    })
}

#[cfg(test)]
mod tests;
