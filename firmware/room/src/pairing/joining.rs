//! How a box gets to know its bridge, and shows afterwards that it is itself. Pure: it asks for one request at a time, is
//! told what came of it, and draws random numbers from a seed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pairing::wire::{Answer, Ask, Asked, Claim, Greeting, Hail, Paired, Session, Standing};
use pairing::{
    Answered, Code, CryptoError, Element, Hex, Invitation, PublicKey, Random, Secret, Terms,
    VERSION,
};

use super::facts::{Input, Known, No, Note, Output, Own, Reply, Request, Told, Why};
use crate::backoff::Backoff;

/// How long a code is good.
const GOOD_FOR: Duration = Duration::from_secs(10 * 60);
/// Wrong tries of one code; a stranger between box and bridge has one guess each time.
const TRIES: u32 = 5;
/// After so many no code is shown for a while, then another; the while doubles up to ten minutes.
const PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// How often it looks whether somebody has typed the code.
const LOOK: Duration = Duration::from_secs(1);
/// How soon a box that is refused for good asks again: somebody may have helped meanwhile.
const REFUSED: Duration = Duration::from_secs(30);
/// A list that is full, a bridge that wants less.
const CROWDED: Duration = Duration::from_secs(5);
/// The bridge's code for the latter.
const SLOW_DOWN: &str = "pairing_slow_down";
/// The part of a session's time after which the next one is asked for.
const RENEW: f32 = 0.8;

/// Where it is.
enum Phase {
    /// Begins anew then.
    Waiting { until: Instant },
    /// Has asked to join.
    Asking,
    /// Stands in the bridge's list; looks then, or has looked.
    Listed { place: Place, look: Option<Instant> },
    /// Has answered.
    Answering {
        place: Place,
        answered: Box<Answered>,
    },
    /// Has hailed, with this number.
    Hailing { nonce: Hex<32> },
    /// Has claimed.
    Claiming,
    /// Has a session, and asks for the next one then.
    In { renew: Instant },
}

/// Our place in the bridge's list.
#[derive(Clone, Copy)]
struct Place {
    id: Hex<16>,
    bridge: PublicKey,
    channel: Option<Hex<32>>,
}

struct Shown {
    code: Code,
    until: Instant,
    tries: u32,
}

/// See the module.
pub struct Joining {
    own: Own,
    known: Option<Known>,
    random: Random,
    phase: Phase,
    code: Option<Shown>,
    note: Option<Note>,
    pauses: u32,
    backoff: Backoff,
    told: Told,
    outputs: VecDeque<Output>,
}

impl Joining {
    /// A box that may have been paired before.
    pub fn new(own: Own, known: Option<Known>, seed: [u8; 32], now: Instant) -> Self {
        let mut joining = Self {
            own,
            known,
            random: Random::new(seed),
            phase: Phase::Waiting { until: now },
            code: None,
            note: None,
            pauses: 0,
            backoff: Backoff::default(),
            told: Told::Nothing,
            outputs: VecDeque::new(),
        };
        joining.handle_timeout(now);
        joining
    }

    /// The next order; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let next = match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Listed { look, .. } => look,
            Phase::In { renew } => Some(renew),
            Phase::Asking | Phase::Answering { .. } | Phase::Hailing { .. } | Phase::Claiming => {
                None
            }
        };
        let expires = self.code.as_ref().map(|shown| shown.until);
        next.into_iter().chain(expires).min()
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        // An answer that is under way is still good, or counts.
        let answering = matches!(self.phase, Phase::Answering { .. });
        if !answering && self.code.as_ref().is_some_and(|shown| now >= shown.until) {
            self.code = None;
            self.note = Some(Note::Expired);
            if let Phase::Listed { .. } | Phase::Asking = self.phase {
                self.ask(now);
            }
        }
        match self.phase {
            Phase::Waiting { until } if now >= until => self.begin(now),
            Phase::Listed {
                place,
                look: Some(at),
            } if now >= at => {
                self.phase = Phase::Listed { place, look: None };
                self.send(Request::Look(place.id));
            }
            Phase::In { renew } if now >= renew => self.hail(),
            Phase::Waiting { .. }
            | Phase::Asking
            | Phase::Listed { .. }
            | Phase::Answering { .. }
            | Phase::Hailing { .. }
            | Phase::Claiming
            | Phase::In { .. } => {}
        }
    }

    /// Takes in one fact.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        match input {
            Input::Replied(reply) => self.replied(reply, now),
            Input::TokenRefused => {
                if let Phase::In { .. } = self.phase {
                    self.outputs.push_back(Output::Token(None));
                    // Not at once again and again, should each be refused.
                    let pause = self.backoff.failed();
                    self.wait(pause, now);
                }
            }
        }
        self.handle_timeout(now);
    }

    fn begin(&mut self, now: Instant) {
        match self.known {
            Some(_) => self.hail(),
            None => self.ask(now),
        }
    }

    /// Asks to join: by the invitation as long as it may be good, else by a code.
    fn ask(&mut self, now: Instant) {
        if self.own.invitation.is_none() && self.code.is_none() {
            let code = Code::draw(&mut self.random);
            self.code = Some(Shown {
                code,
                until: now + GOOD_FOR,
                tries: 0,
            });
        }
        let ask = Ask {
            version: VERSION,
            key: Hex(self.own.key.public().0),
            hardware: self.own.hardware.0,
            name: self.own.name.clone(),
            channel: None,
            invitation: (self.own.invitation.as_ref()).map(|it| it.name().to_owned()),
        };
        self.phase = Phase::Asking;
        self.send(Request::Ask(ask));
    }

    fn hail(&mut self) {
        let nonce = Hex(self.random.bytes());
        self.phase = Phase::Hailing { nonce };
        self.send(Request::Hail(Hail {
            version: VERSION,
            key: Hex(self.own.key.public().0),
            nonce,
        }));
    }

    fn replied(&mut self, reply: Result<Reply, No>, now: Instant) {
        let until = now + LONGEST_PAUSE;
        let phase = std::mem::replace(&mut self.phase, Phase::Waiting { until });
        match (phase, reply) {
            (Phase::Asking, Ok(Reply::Asked(asked, channel))) => self.asked(&asked, channel, now),
            (Phase::Asking, Err(no)) => self.not_asked(&no, now),
            (Phase::Listed { place, .. }, Ok(Reply::Standing(standing))) => {
                self.stands(place, standing, now);
            }
            (Phase::Listed { place, .. }, Err(No::Refused(code))) if code == SLOW_DOWN => {
                let look = Some(now + CROWDED);
                self.phase = Phase::Listed { place, look };
            }
            (Phase::Listed { .. }, Err(No::Refused(_))) => self.ask(now),
            (Phase::Answering { answered, .. }, Ok(Reply::Paired(paired))) => {
                self.paired(*answered, &paired, now);
            }
            (Phase::Answering { place, .. }, Err(no)) => self.not_paired(place, &no, now),
            (Phase::Hailing { nonce }, Ok(Reply::Greeting(greeting))) => {
                self.greeted(&nonce, &greeting, now);
            }
            (Phase::Claiming, Ok(Reply::Session(session))) => self.come_in(session, now),
            (Phase::Hailing { .. } | Phase::Claiming, Err(No::Refused(code))) => {
                self.shut_out(&code, now);
            }
            (_, Err(No::OtherChannel)) => self.refused(Why::OtherChannel, now),
            // The bridge may be back soon; a session that there is stays good meanwhile.
            (_, Err(No::Silent)) => self.lost(now),
            // Not what was asked for: no bridge of ours.
            (_, Ok(_) | Err(No::Refused(_))) => self.refused(Why::Version, now),
        }
    }

    fn asked(&mut self, asked: &Asked, channel: Option<Hex<32>>, now: Instant) {
        self.backoff.succeeded();
        let place = Place {
            id: asked.request,
            bridge: PublicKey(asked.bridge.0),
            channel,
        };
        // An invitation needs nobody who types.
        let soon = self.own.invitation.is_some();
        let look = Some(if soon { now } else { now + LOOK });
        self.phase = Phase::Listed { place, look };
        self.show_code();
    }

    fn show_code(&mut self) {
        let told = match &self.code {
            Some(shown) => Told::Code {
                code: shown.code.clone(),
                note: self.note,
            },
            None => Told::Nothing,
        };
        self.tell(told);
    }

    fn not_asked(&mut self, no: &No, now: Instant) {
        let No::Refused(code) = no else {
            return match no {
                No::OtherChannel => self.refused(Why::OtherChannel, now),
                No::Silent | No::Refused(_) => self.lost(now),
            };
        };
        let note = match code.as_str() {
            "pairing_no_invitation" => Note::InvitationUnknown,
            "pairing_invitation_expired" => Note::InvitationExpired,
            "pairing_invitation_spent" => Note::InvitationSpent,
            "pairing_invitation_elsewhere" => Note::InvitationElsewhere,
            SLOW_DOWN => return self.wait(CROWDED, now),
            "pairing_full" => {
                self.tell(Told::Refused(Why::Crowded));
                return self.wait(CROWDED, now);
            }
            other => return self.shut_out(other, now),
        };
        // The evening is not lost: the chair can let this box in by a code.
        self.own.invitation = None;
        self.note = Some(note);
        self.ask(now);
    }

    fn stands(&mut self, place: Place, standing: Standing, now: Instant) {
        let Standing::Offered { room, element } = standing else {
            let look = Some(now + LOOK);
            self.phase = Phase::Listed { place, look };
            return;
        };
        if self.answer(place, room, &element).is_err() {
            self.failed(None, now);
        }
    }

    /// Whoever made the offer learns from the answer whether it knew the code: that is a try, whatever comes back.
    fn answer(&mut self, place: Place, room: String, element: &Element) -> Result<(), ()> {
        let Some(secret) = self.secret() else {
            return Err(());
        };
        if let Some(shown) = &mut self.code {
            shown.tries += 1;
        }
        let terms = Terms {
            request: place.id,
            key: self.own.key.public(),
            hardware: self.own.hardware,
            name: self.own.name.clone(),
            room,
            bridge: place.bridge,
            channel: place.channel,
        };
        let answered = Answered::to(secret, terms, element, &self.own.key, &mut self.random);
        let (answered, element, proof) = answered.map_err(|_| ())?;
        let answered = Box::new(answered);
        self.phase = Phase::Answering { place, answered };
        self.send(Request::Answer(place.id, Answer::new(element, proof)));
        Ok(())
    }

    fn secret(&self) -> Option<Secret> {
        let invitation = self.own.invitation.as_ref().map(Invitation::secret);
        invitation.or_else(|| self.code.as_ref().map(|shown| shown.code.secret()))
    }

    fn paired(&mut self, answered: Answered, paired: &Paired, now: Instant) {
        let Ok(terms) = answered.finish(&paired.proof()) else {
            return self.failed(None, now);
        };
        let known = Known {
            bridge: terms.bridge,
            channel: terms.channel,
            room: terms.room,
        };
        self.known = Some(known.clone());
        self.code = None;
        self.note = None;
        self.pauses = 0;
        self.outputs.push_back(Output::Keep(known));
        self.tell(Told::Nothing);
        self.hail();
    }

    fn not_paired(&mut self, place: Place, no: &No, now: Instant) {
        match no {
            No::OtherChannel => self.refused(Why::OtherChannel, now),
            No::Refused(code) if code == "pairing_wrong_code" => self.failed(Some(place), now),
            No::Silent | No::Refused(_) => self.failed(None, now),
        }
    }

    /// An exchange came to nothing. The request may still be in the bridge's list.
    fn failed(&mut self, place: Option<Place>, now: Instant) {
        let tries = self.code.as_ref().map_or(0, |shown| shown.tries);
        if tries >= TRIES {
            let pause = PAUSE * 2_u32.pow(self.pauses.min(10));
            self.pauses += 1;
            self.code = None;
            self.note = None;
            self.tell(Told::Pause);
            return self.wait(pause.min(LONGEST_PAUSE), now);
        }
        if self.code.is_some() {
            self.note = Some(Note::WrongCode {
                left: TRIES - tries,
            });
            self.show_code();
        }
        match place {
            Some(place) => {
                let look = Some(now + LOOK);
                self.phase = Phase::Listed { place, look };
            }
            None => {
                let pause = self.backoff.failed();
                self.wait(pause, now);
            }
        }
    }

    fn greeted(&mut self, nonce: &Hex<32>, greeting: &Greeting, now: Instant) {
        let key = self.own.key.public();
        let Some(bridge) = self.known.as_ref().map(|known| known.bridge) else {
            return self.ask(now);
        };
        let words = pairing::greeting(bridge, key, nonce, &greeting.nonce);
        if greeting.bridge.0 != bridge.0 || !bridge.signed(&words, &greeting.signature) {
            return self.refused(Why::OtherBridge, now);
        }
        match self.claim(bridge, greeting.nonce) {
            Ok(claim) => {
                self.phase = Phase::Claiming;
                self.send(Request::Claim(claim));
            }
            Err(_) => self.lost(now),
        }
    }

    fn claim(&self, bridge: PublicKey, nonce: Hex<32>) -> Result<Claim, CryptoError> {
        let Own { key, hardware, .. } = &self.own;
        let words = pairing::claim(bridge, key.public(), &nonce, *hardware);
        Ok(Claim {
            key: Hex(key.public().0),
            hardware: hardware.0,
            nonce,
            signature: key.sign(&words)?,
        })
    }

    fn come_in(&mut self, session: Session, now: Instant) {
        self.backoff.succeeded();
        let good_for = Duration::from_secs(session.seconds.max(10).into());
        self.phase = Phase::In {
            renew: now + good_for.mul_f32(RENEW),
        };
        self.tell(Told::Nothing);
        self.outputs.push_back(Output::Token(Some(session.token)));
    }

    /// The bridge says no to this box.
    fn shut_out(&mut self, code: &str, now: Instant) {
        let why = match code {
            "pairing_revoked" => Why::Revoked,
            "pairing_other_hardware" | "pairing_copied" => Why::OtherHardware,
            "pairing_other_channel" => Why::OtherChannel,
            "pairing_no_room" => Why::NoRoom,
            // It has forgotten us, or was put together anew: a code helps.
            "pairing_not_paired" => {
                self.outputs.push_back(Output::Token(None));
                return self.ask(now);
            }
            SLOW_DOWN => return self.wait(CROWDED, now),
            "pairing_old_nonce" => return self.lost(now),
            _ => Why::Version,
        };
        self.refused(why, now);
    }

    fn refused(&mut self, why: Why, now: Instant) {
        self.outputs.push_back(Output::Token(None));
        self.tell(Told::Refused(why));
        self.wait(REFUSED, now);
    }

    /// Nothing is heard of the bridge: the link says so, and a code is of no use.
    fn lost(&mut self, now: Instant) {
        self.tell(Told::Nothing);
        let pause = self.backoff.failed();
        self.wait(pause, now);
    }

    fn wait(&mut self, pause: Duration, now: Instant) {
        self.phase = Phase::Waiting { until: now + pause };
    }

    fn send(&mut self, request: Request) {
        self.outputs.push_back(Output::Send(request));
    }

    fn tell(&mut self, told: Told) {
        if self.told != told {
            self.told = told.clone();
            self.outputs.push_back(Output::Tell(told));
        }
    }
}

#[cfg(test)]
mod tests;
