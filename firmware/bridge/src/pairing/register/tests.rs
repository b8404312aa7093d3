//! Boxes and strangers in virtual time.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use pairing::wire::{Answer, Ask, Claim, Hail, Session, Standing};
use pairing::{Answered, Code, Hardware, Hex, Key, PublicKey, Random, Secret, Terms};
use proptest::prelude::*;

use super::*;

const BREST: &str = "A3K7PX";
const OTHER: &str = "A3K7PY";

/// A bridge with two rooms, and its time.
struct World {
    register: Register,
    now: Now,
}

/// A box, as far as the bridge sees it.
struct Box {
    key: Key,
    hardware: Hardware,
    name: String,
    random: Random,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
fn world() -> World {
    let rooms = vec!["Brest".to_owned(), "Loudéac".to_owned()];
    World {
        register: Register::new(Kept::new([1; 32]), rooms, [2; 32]).unwrap(),
        now: Now {
            at: Instant::now(),
            unix_ms: 1_000_000,
        },
    }
}

fn the_box(number: u8) -> Box {
    Box {
        key: Key::of_seed([number; 32]).unwrap(),
        hardware: Hardware::of(&[number]),
        name: "Brest".into(),
        random: Random::new([number; 32]),
    }
}

fn secret(code: &str) -> Secret {
    Code::parse(code).unwrap().secret()
}

impl World {
    fn wait(&mut self, seconds: u64) {
        self.now.at += Duration::from_secs(seconds);
        self.now.unix_ms += seconds * 1000;
    }

    fn ask(&mut self, of: &Box) -> Result<Hex<16>, Refusal> {
        self.ask_with(of, None)
    }

    fn ask_with(&mut self, of: &Box, invitation: Option<&Invitation>) -> Result<Hex<16>, Refusal> {
        let ask = Ask {
            version: VERSION,
            key: Hex(of.key.public().0),
            hardware: of.hardware.0,
            name: of.name.clone(),
            channel: None,
            invitation: invitation.map(|invitation| invitation.name().to_owned()),
        };
        let address = IpAddr::from([192, 0, 2, 1]);
        let asked = self.register.ask(&ask, address, self.now)?;
        Ok(asked.request)
    }

    fn type_code(&mut self, request: &Hex<16>, code: &str) -> Result<(), Refusal> {
        self.register
            .type_code(request, "Brest", Code::parse(code), self.now)
    }

    /// The box's answer, with what it waits with.
    fn answer_of(&mut self, of: &mut Box, request: Hex<16>, secret: Secret) -> (Answered, Answer) {
        let Ok(Standing::Offered { room, element }) = self.register.standing(&request, self.now)
        else {
            panic!("nothing is offered");
        };
        let terms = Terms {
            request,
            key: of.key.public(),
            hardware: of.hardware,
            name: of.name.clone(),
            room,
            bridge: self.register.key.public(),
            channel: None,
        };
        let answered = Answered::to(secret, terms, &element, &of.key, &mut of.random);
        let (answered, element, proof) = answered.unwrap();
        (answered, Answer::new(element, proof))
    }

    fn pair(&mut self, of: &mut Box) {
        let request = self.ask(of).unwrap();
        self.type_code(&request, BREST).unwrap();
        let (answered, answer) = self.answer_of(of, request, secret(BREST));
        let paired = self.register.answer(&request, &answer, self.now).unwrap();
        assert_eq!(answered.finish(&paired.proof()).unwrap().room, "Brest");
    }

    fn claim_of(&mut self, of: &mut Box) -> Result<Claim, Refusal> {
        let hail = Hail {
            version: VERSION,
            key: Hex(of.key.public().0),
            nonce: Hex(of.random.bytes()),
        };
        let greeting = self.register.hail(&hail, self.now)?;
        let bridge = PublicKey(greeting.bridge.0);
        let words = pairing::greeting(bridge, of.key.public(), &hail.nonce, &greeting.nonce);
        assert!(bridge.signed(&words, &greeting.signature));
        let words = pairing::claim(bridge, of.key.public(), &greeting.nonce, of.hardware);
        Ok(Claim {
            key: hail.key,
            hardware: of.hardware.0,
            nonce: greeting.nonce,
            signature: of.key.sign(&words).unwrap(),
        })
    }

    fn session(&mut self, of: &mut Box) -> Result<Session, Refusal> {
        let claim = self.claim_of(of)?;
        self.register.claim(&claim, self.now)
    }

    fn is_in(&self, session: &Session) -> bool {
        self.register.room_of(&session.token, self.now).is_some()
    }

    fn incidents(&self) -> Vec<Incident> {
        let notices = self.register.notices().iter();
        notices.map(|notice| notice.incident).collect()
    }

    fn evicted(&mut self) -> bool {
        let orders: Vec<Output> = std::iter::from_fn(|| self.register.poll_output()).collect();
        orders.contains(&Output::Evict("Brest".into()))
    }
}

#[test]
fn the_code_on_the_television_lets_a_box_in() {
    let (mut world, mut brest) = (world(), the_box(7));
    let request = world.ask(&brest).unwrap();
    assert_eq!(
        world.register.standing(&request, world.now),
        Ok(Standing::Waiting)
    );
    assert_eq!(world.session(&mut brest), Err(Refusal::NotPaired));
    world.pair(&mut brest);
    let session = world.session(&mut brest).unwrap();
    assert_eq!(session.room, "Brest");
    assert_eq!(world.register.room_of(&session.token, world.now), Some(0));
    assert_eq!(world.register.room_of("another", world.now), None);
    let kept = world.register.kept();
    assert_eq!(kept.boxes.len(), 1);
    // As after a restart of the bridge: it is known, and needs another session.
    let rooms = vec!["Brest".to_owned()];
    world.register = Register::new(kept, rooms, [9; 32]).unwrap();
    assert!(!world.is_in(&session));
    let again = world.session(&mut brest).unwrap();
    assert!(world.is_in(&again));
}

#[test]
fn five_wrong_codes_end_a_request_and_the_box_must_wait() {
    let (mut world, mut brest) = (world(), the_box(7));
    let request = world.ask(&brest).unwrap();
    for left in [4, 3, 2, 1] {
        world.type_code(&request, OTHER).unwrap();
        let (_, answer) = world.answer_of(&mut brest, request, secret(BREST));
        let wrong = world.register.answer(&request, &answer, world.now);
        assert_eq!(wrong, Err(Refusal::WrongCode { left }));
    }
    world.type_code(&request, OTHER).unwrap();
    let (_, answer) = world.answer_of(&mut brest, request, secret(BREST));
    let wrong = world.register.answer(&request, &answer, world.now);
    assert_eq!(wrong, Err(Refusal::TriedTooOften));
    assert_eq!(world.type_code(&request, BREST), Err(Refusal::NoRequest));
    assert_eq!(world.ask(&brest), Err(Refusal::SlowDown));
    assert_eq!(world.incidents(), [Incident::WrongCode]);
    world.wait(10);
    world.pair(&mut brest);
}

#[test]
fn a_code_that_expires_before_anybody_types_it_lets_nobody_in() {
    let (mut world, brest) = (world(), the_box(7));
    let request = world.ask(&brest).unwrap();
    for _ in 0..59 {
        world.wait(10);
        assert!(world.register.standing(&request, world.now).is_ok());
    }
    world.wait(10);
    assert_eq!(world.type_code(&request, BREST), Err(Refusal::NoRequest));
}

#[test]
fn a_box_that_is_gone_waits_no_more_and_an_offer_that_nobody_takes_ends() {
    let (mut world, brest) = (world(), the_box(7));
    let request = world.ask(&brest).unwrap();
    world.type_code(&request, BREST).unwrap();
    for _ in 0..4 {
        world.wait(5);
        let _ = world.register.standing(&request, world.now);
    }
    assert_eq!(
        world.register.standing(&request, world.now),
        Ok(Standing::Waiting)
    );
    world.wait(15);
    let standing = world.register.standing(&request, world.now);
    assert_eq!(standing, Err(Refusal::NoRequest));
}

#[test]
fn what_was_overheard_is_good_for_nothing() {
    let (mut world, mut brest) = (world(), the_box(7));
    let request = world.ask(&brest).unwrap();
    world.type_code(&request, BREST).unwrap();
    let (_, answer) = world.answer_of(&mut brest, request, secret(BREST));
    world.register.answer(&request, &answer, world.now).unwrap();
    let again = world.register.answer(&request, &answer, world.now);
    assert_eq!(again, Err(Refusal::NoRequest));
    // The same answer to a new request of the same box, with the same code.
    let request = world.ask(&brest).unwrap();
    world.type_code(&request, BREST).unwrap();
    let again = world.register.answer(&request, &answer, world.now);
    assert_eq!(again, Err(Refusal::WrongCode { left: 4 }));
    // A claim, too.
    let claim = world.claim_of(&mut brest).unwrap();
    let session = world.register.claim(&claim, world.now).unwrap();
    let again = world.register.claim(&claim, world.now);
    assert_eq!(again, Err(Refusal::OldNonce));
    let late = world.claim_of(&mut brest).unwrap();
    world.wait(60);
    let late = world.register.claim(&late, world.now);
    assert_eq!(late, Err(Refusal::OldNonce));
    world.wait(15 * 60);
    assert!(!world.is_in(&session));
}

#[test]
fn another_box_has_the_name_but_not_the_code() {
    let (mut world, mut stranger) = (world(), the_box(8));
    let request = world.ask(&stranger).unwrap();
    world.type_code(&request, BREST).unwrap();
    // It guesses.
    let (_, answer) = world.answer_of(&mut stranger, request, secret(OTHER));
    let wrong = world.register.answer(&request, &answer, world.now);
    assert_eq!(wrong, Err(Refusal::WrongCode { left: 4 }));
    assert_eq!(world.session(&mut stranger), Err(Refusal::NotPaired));
}

#[test]
fn a_key_file_on_other_hardware_is_refused_and_told() {
    let (mut world, mut brest) = (world(), the_box(7));
    world.pair(&mut brest);
    let mut thief = the_box(7);
    thief.hardware = Hardware::of(b"another machine");
    thief.random = Random::new([99; 32]);
    assert_eq!(world.session(&mut thief), Err(Refusal::OtherHardware));
    // Nobody can claim the hardware of a signature.
    let mut claim = world.claim_of(&mut thief).unwrap();
    claim.hardware = brest.hardware.0;
    let claimed = world.register.claim(&claim, world.now);
    assert_eq!(claimed, Err(Refusal::BadSignature));
    let first = world.session(&mut brest).unwrap();
    assert_eq!(world.session(&mut thief), Err(Refusal::Copied));
    assert!(world.is_in(&first));
    assert_eq!(
        world.incidents(),
        [Incident::Copied, Incident::OtherHardware]
    );
    // The box itself may come again.
    assert!(world.session(&mut brest).is_ok());
}

#[test]
fn a_revoked_box_is_out_at_once_and_for_good() {
    let (mut world, mut brest) = (world(), the_box(7));
    world.pair(&mut brest);
    let session = world.session(&mut brest).unwrap();
    let claim = world.claim_of(&mut brest).unwrap();
    assert!(!world.evicted());
    let key = brest.key.public();
    world.register.revoke(key, world.now).unwrap();
    assert!(world.evicted());
    assert!(!world.is_in(&session));
    let late = world.register.claim(&claim, world.now);
    assert_eq!(late, Err(Refusal::Revoked));
    assert_eq!(world.session(&mut brest), Err(Refusal::Revoked));
    assert_eq!(world.ask(&brest), Err(Refusal::Revoked));
    let kept = world.register.kept();
    world.register = Register::new(kept, vec!["Brest".into()], [9; 32]).unwrap();
    assert_eq!(world.session(&mut brest), Err(Refusal::Revoked));
    assert_eq!(world.register.revoke(key, world.now), Err(Refusal::NoBox));
}

#[test]
fn a_box_that_was_sent_away_stays_away_for_a_while() {
    let (mut world, brest) = (world(), the_box(7));
    let request = world.ask(&brest).unwrap();
    let now = world.now;
    assert_eq!(world.register.dismiss(&request, now), Ok(()));
    assert_eq!(
        world.register.dismiss(&request, now),
        Err(Refusal::NoRequest)
    );
    assert_eq!(world.ask(&brest), Err(Refusal::SlowDown));
    world.wait(5 * 60);
    assert!(world.ask(&brest).is_ok());
}

#[test]
fn a_room_has_one_box() {
    let (mut world, mut brest, mut new) = (world(), the_box(7), the_box(8));
    world.pair(&mut brest);
    let session = world.session(&mut brest).unwrap();
    world.pair(&mut new);
    assert!(world.evicted());
    assert!(!world.is_in(&session));
    assert_eq!(world.session(&mut brest), Err(Refusal::Revoked));
    assert!(world.session(&mut new).is_ok());
}

#[test]
fn whoever_floods_the_list_fills_it_and_no_more() {
    let mut world = world();
    let mut full = 0;
    for number in 0..60 {
        let stranger = the_box(number);
        match world.ask(&stranger) {
            Ok(_) => {}
            Err(Refusal::Full) => full += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    // From one address half of it at the most.
    assert_eq!(full, 60 - 16);
    assert_eq!(world.incidents().first(), Some(&Incident::Full));
    let now = world.now;
    assert_eq!(world.register.requests(now).iter().count(), 16);
    world.wait(15);
    let now = world.now;
    assert_eq!(world.register.requests(now).iter().count(), 0);
    let address = IpAddr::from([192, 0, 2, 1]);
    let admitted = (0..100).filter(|_| world.register.admit(Wish::Join, address, now).is_ok());
    assert_eq!(admitted.count(), 40);
}

#[test]
fn somebody_between_is_seen_by_the_certificate() {
    let (mut world, brest) = (world(), the_box(7));
    world.register.set_channel(Hex([1; 32]));
    let mut ask = Ask {
        version: VERSION,
        key: Hex(brest.key.public().0),
        hardware: brest.hardware.0,
        name: brest.name,
        channel: Some(Hex([2; 32])),
        invitation: None,
    };
    let address = IpAddr::from([192, 0, 2, 1]);
    let asked = world.register.ask(&ask, address, world.now);
    assert_eq!(asked, Err(Refusal::OtherChannel));
    assert_eq!(world.incidents(), [Incident::OtherChannel]);
    ask.channel = Some(Hex([1; 32]));
    assert!(world.register.ask(&ask, address, world.now).is_ok());
    ask.version = 2;
    let asked = world.register.ask(&ask, address, world.now);
    assert_eq!(asked, Err(Refusal::Malformed));
}

#[test]
fn an_invitation_lets_each_of_its_rooms_in_once_until_it_expires() {
    let (mut world, mut brest) = (world(), the_box(7));
    let rooms = ["Brest".to_owned()];
    let invitation = world.register.invite(&rooms, 48, world.now).unwrap();
    let by_it = |world: &mut World, of: &mut Box| {
        let request = world.ask_with(of, Some(&invitation))?;
        let (answered, answer) = world.answer_of(of, request, invitation.secret());
        let paired = world.register.answer(&request, &answer, world.now)?;
        assert!(answered.finish(&paired.proof()).is_ok());
        Ok(())
    };
    assert_eq!(by_it(&mut world, &mut brest), Ok(()));
    assert!(world.session(&mut brest).is_ok());
    // The same box once more: it may have missed the last word.
    assert_eq!(by_it(&mut world, &mut brest), Ok(()));
    let mut second = the_box(8);
    assert_eq!(
        by_it(&mut world, &mut second),
        Err(Refusal::InvitationSpent)
    );
    second.name = "Loudéac".into();
    assert_eq!(
        by_it(&mut world, &mut second),
        Err(Refusal::InvitationElsewhere)
    );
    let unknown = Invitation::draw(&mut Random::new([50; 32]));
    let asked = world.ask_with(&second, Some(&unknown));
    assert_eq!(asked, Err(Refusal::NoInvitation));
    world.wait(48 * 3600);
    assert_eq!(
        by_it(&mut world, &mut brest),
        Err(Refusal::InvitationExpired)
    );
    assert_eq!(world.register.withdraw(invitation.name()), Ok(()));
    for (rooms, hours, refusal) in [
        (&[][..], 48, Refusal::BadInvitation),
        (&rooms[..], 0, Refusal::BadInvitation),
        (&rooms[..], 721, Refusal::BadInvitation),
        (&["Paris".to_owned()][..], 48, Refusal::NoRoom),
    ] {
        let invited = world.register.invite(rooms, hours, world.now);
        assert_eq!(invited, Err(refusal));
    }
}

proptest! {
    /// Whatever strangers and boxes do in whatever order: a token stands only for a box that is paired and not revoked,
    /// a room has one box, and nobody is paired without the code.
    #[test]
    fn nobody_comes_in_by_a_side_door(steps in prop::collection::vec((0..7_u8, 0..3_u8, 0..40_u64), 1..60)) {
        let mut world = world();
        let mut boxes: Vec<Box> = (0..3).map(|n| the_box(n + 10)).collect();
        let mut requests: [Option<Hex<16>>; 3] = [None; 3];
        let mut tokens: Vec<(PublicKey, Session)> = Vec::new();
        for (step, (what, whose, seconds)) in (10..).zip(steps) {
            let of = &mut boxes[usize::from(whose)];
            let request = &mut requests[usize::from(whose)];
            // The last of them guesses; it is the stranger.
            let knows = whose < 2;
            match (what, *request) {
                (0, _) => *request = world.ask(of).ok().or(*request),
                (1, Some(request)) => {
                    let _ = world.type_code(&request, BREST);
                }
                (2, Some(request)) => {
                    if matches!(world.register.standing(&request, world.now), Ok(Standing::Offered { .. })) {
                        let code = if knows { BREST } else { OTHER };
                        let (_, answer) = world.answer_of(of, request, secret(code));
                        let paired = world.register.answer(&request, &answer, world.now).is_ok();
                        prop_assert_eq!(paired, knows);
                    }
                }
                (3, _) => if let Ok(session) = world.session(of) {
                    tokens.push((of.key.public(), session));
                },
                (4, _) => {
                    let _ = world.register.revoke(of.key.public(), world.now);
                }
                (5, _) => world.wait(seconds),
                (_, _) => {
                    let kept = world.register.kept();
                    let rooms = vec!["Brest".to_owned(), "Loudéac".to_owned()];
                    world.register = Register::new(kept, rooms, [step; 32]).unwrap();
                }
            }
            let paired: Vec<PublicKey> = world.register.boxes().map(|(key, _)| key).collect();
            prop_assert!(paired.len() <= 1, "a room has one box");
            prop_assert!(!paired.contains(&boxes[2].key.public()), "the stranger is in");
            for (key, session) in &tokens {
                if world.is_in(session) {
                    prop_assert!(paired.contains(key), "a token outlived its box");
                }
            }
        }
    }
}
