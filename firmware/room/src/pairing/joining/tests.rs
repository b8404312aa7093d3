//! A box and what may stand at the other end, in virtual time.

use pairing::{Hardware, Key, Offered};
use proptest::prelude::*;

use super::*;

/// A box, and a bridge of a few lines that knows one code.
struct Play {
    joining: Joining,
    now: Instant,
    bridge: Key,
    random: Random,
    offered: Option<Offered>,
    /// What the television shows.
    told: Told,
    token: Option<String>,
    kept: Option<Known>,
    sent: Option<Request>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
fn play(known: bool, invitation: Option<Invitation>) -> Play {
    let bridge = Key::of_seed([9; 32]).unwrap();
    let own = Own {
        key: Key::of_seed([1; 32]).unwrap(),
        hardware: Hardware::of(b"1"),
        name: "Brest".into(),
        invitation,
    };
    let known = known.then(|| Known {
        bridge: bridge.public(),
        channel: None,
        room: "Brest".into(),
    });
    let now = Instant::now();
    let mut play = Play {
        joining: Joining::new(own, known, [2; 32], now),
        now,
        bridge,
        random: Random::new([3; 32]),
        offered: None,
        told: Told::Nothing,
        token: None,
        kept: None,
        sent: None,
    };
    play.drain();
    play
}

impl Play {
    fn drain(&mut self) {
        while let Some(output) = self.joining.poll_output() {
            match output {
                Output::Send(request) => self.sent = Some(request),
                Output::Keep(known) => self.kept = Some(known),
                Output::Token(token) => self.token = token,
                Output::Tell(told) => self.told = told,
            }
        }
    }

    fn reply(&mut self, reply: Result<Reply, No>) {
        self.sent = None;
        self.joining.handle_input(Input::Replied(reply), self.now);
        self.drain();
    }

    fn refuse(&mut self, code: &str) {
        self.reply(Err(No::Refused(code.to_owned())));
    }

    /// Lets time pass until the box sends something.
    fn until_sent(&mut self) -> Request {
        for _ in 0..1000 {
            if let Some(sent) = self.sent.clone() {
                return sent;
            }
            let due = self.joining.poll_timeout().expect("it waits for something");
            self.now = self.now.max(due);
            self.joining.handle_timeout(self.now);
            self.drain();
        }
        panic!("nothing is sent");
    }

    fn code(&self) -> Code {
        let Told::Code { code, .. } = &self.told else {
            panic!("{:?}", self.told);
        };
        code.clone()
    }

    fn let_in_the_list(&mut self) {
        assert!(matches!(self.until_sent(), Request::Ask(_)));
        let asked = Asked {
            request: Hex([7; 16]),
            bridge: Hex(self.bridge.public().0),
        };
        self.reply(Ok(Reply::Asked(asked, None)));
    }

    /// Somebody has typed this code; gives the box's answer.
    fn offer(&mut self, secret: Secret) -> Answer {
        assert!(matches!(self.until_sent(), Request::Look(_)));
        let offered = Offered::begin(secret, &mut self.random);
        let element = offered.element();
        self.offered = Some(offered);
        let room = "Brest".to_owned();
        self.reply(Ok(Reply::Standing(Standing::Offered { room, element })));
        let Request::Answer(_, answer) = self.until_sent() else {
            panic!("it answers");
        };
        answer
    }

    /// What a bridge makes of an answer.
    fn judge(&mut self, answer: &Answer) -> Option<Paired> {
        let terms = Terms {
            request: Hex([7; 16]),
            key: self.joining.own.key.public(),
            hardware: self.joining.own.hardware,
            name: "Brest".into(),
            room: "Brest".into(),
            bridge: self.bridge.public(),
            channel: None,
        };
        let offered = self.offered.take()?;
        let proof = offered.finish(&terms, &answer.element, &answer.proof(), &self.bridge);
        proof.ok().map(Paired::from)
    }

    fn greet_by(&mut self, bridge: &Key) {
        let Request::Hail(hail) = self.until_sent() else {
            panic!("no hail");
        };
        let nonce = Hex([4; 32]);
        let key = self.joining.own.key.public();
        let words = pairing::greeting(bridge.public(), key, &hail.nonce, &nonce);
        let greeting = Greeting {
            bridge: Hex(bridge.public().0),
            nonce,
            signature: bridge.sign(&words).unwrap(),
        };
        self.reply(Ok(Reply::Greeting(greeting)));
    }

    fn come_in(&mut self) {
        let bridge = self.bridge.clone();
        self.greet_by(&bridge);
        assert!(matches!(self.until_sent(), Request::Claim(_)));
        let session = Session {
            token: "a-token".into(),
            room: "Brest".into(),
            seconds: 900,
        };
        self.reply(Ok(Reply::Session(session)));
        assert_eq!(self.token.as_deref(), Some("a-token"));
        assert_eq!(self.told, Told::Nothing);
    }
}

fn wrong() -> Secret {
    Code::parse("AAA AAA").unwrap().secret()
}

#[test]
fn the_code_of_the_television_pairs() {
    let mut play = play(false, None);
    assert_eq!(
        play.told,
        Told::Nothing,
        "a code is of no use without a bridge"
    );
    play.let_in_the_list();
    let code = play.code();
    assert!(matches!(play.until_sent(), Request::Look(_)));
    play.reply(Ok(Reply::Standing(Standing::Waiting)));
    let answer = play.offer(code.secret());
    let paired = play.judge(&answer).unwrap();
    play.reply(Ok(Reply::Paired(paired)));
    assert_eq!(play.kept.as_ref().unwrap().room, "Brest");
    play.come_in();
}

#[test]
fn five_tries_of_a_code_then_a_pause_and_another_code() {
    let mut play = play(false, None);
    play.let_in_the_list();
    let code = play.code();
    for left in [4, 3, 2, 1] {
        let answer = play.offer(wrong());
        assert_eq!(play.judge(&answer), None);
        play.refuse("pairing_wrong_code");
        let note = Some(Note::WrongCode { left });
        let same = code.clone();
        assert_eq!(play.told, Told::Code { code: same, note });
    }
    let answer = play.offer(wrong());
    assert_eq!(play.judge(&answer), None);
    play.refuse("pairing_tried_too_often");
    assert_eq!(play.told, Told::Pause);
    let began = play.now;
    play.let_in_the_list();
    assert!(play.now >= began + PAUSE);
    assert_ne!(play.code(), code);
}

#[test]
fn whoever_says_that_it_is_the_bridge_and_guesses_has_five_guesses_too() {
    let mut play = play(false, None);
    play.let_in_the_list();
    for _ in 0..4 {
        let answer = play.offer(wrong());
        // It has not guessed the code, and can only lie.
        let lie = Paired {
            mac: answer.mac,
            signature: answer.signature,
        };
        play.reply(Ok(Reply::Paired(lie)));
        assert_eq!(play.kept, None);
        play.let_in_the_list();
    }
    // A guess that ends in silence is one as well.
    play.offer(wrong());
    play.reply(Err(No::Silent));
    assert_eq!(play.told, Told::Pause);
}

#[test]
fn a_code_lasts_ten_minutes_and_then_another_is_shown() {
    let mut play = play(false, None);
    play.let_in_the_list();
    let (code, shown) = (play.code(), play.now);
    loop {
        if let Request::Ask(_) = play.until_sent() {
            break;
        }
        play.reply(Ok(Reply::Standing(Standing::Waiting)));
    }
    assert_eq!(play.now, shown + GOOD_FOR);
    play.let_in_the_list();
    assert_ne!(play.code(), code);
    let note = Some(Note::Expired);
    assert!(matches!(&play.told, Told::Code { note: told, .. } if *told == note));
}

#[test]
fn a_paired_box_is_back_without_a_code_and_renews_its_session_in_time() {
    let mut play = play(true, None);
    play.come_in();
    let since = play.now;
    assert!(matches!(play.until_sent(), Request::Hail(_)));
    let after = play.now - since;
    assert!((600..900).contains(&after.as_secs()), "{after:?}");
    // The bridge is away meanwhile: the token is still good.
    play.reply(Err(No::Silent));
    assert_eq!(play.token.as_deref(), Some("a-token"));
    play.come_in();
    // It was restarted, and has forgotten the session.
    play.joining.handle_input(Input::TokenRefused, play.now);
    play.drain();
    assert_eq!(play.token, None);
    play.come_in();
}

#[test]
fn a_bridge_with_another_key_is_not_believed() {
    let mut play = play(true, None);
    let other = Key::of_seed([5; 32]).unwrap();
    play.greet_by(&other);
    assert_eq!(play.told, Told::Refused(Why::OtherBridge));
    assert!(!matches!(play.sent, Some(Request::Claim(_))));
    // Nor one that says the right key and cannot sign.
    assert!(matches!(play.until_sent(), Request::Hail(_)));
    let greeting = Greeting {
        bridge: Hex(play.bridge.public().0),
        nonce: Hex([4; 32]),
        signature: Hex([0; 64]),
    };
    play.reply(Ok(Reply::Greeting(greeting)));
    assert_eq!(play.told, Told::Refused(Why::OtherBridge));
}

#[test]
fn what_the_bridge_refuses_is_told_to_the_room() {
    for (code, why) in [
        ("pairing_revoked", Why::Revoked),
        ("pairing_other_hardware", Why::OtherHardware),
        ("pairing_copied", Why::OtherHardware),
        ("pairing_no_room", Why::NoRoom),
        ("pairing_malformed", Why::Version),
        ("", Why::Version),
    ] {
        let mut play = play(true, None);
        assert!(matches!(play.until_sent(), Request::Hail(_)));
        play.refuse(code);
        assert_eq!(play.told, Told::Refused(why), "{code}");
        assert!(play.now + REFUSED >= play.joining.poll_timeout().unwrap());
        // Somebody has helped.
        play.come_in();
    }
    let mut play = play(true, None);
    play.until_sent();
    play.reply(Err(No::OtherChannel));
    assert_eq!(play.told, Told::Refused(Why::OtherChannel));
}

#[test]
fn a_bridge_that_has_forgotten_the_box_is_asked_by_a_code() {
    let mut play = play(true, None);
    play.until_sent();
    play.refuse("pairing_not_paired");
    play.let_in_the_list();
    play.code();
}

#[test]
fn an_invitation_needs_nobody_and_one_that_is_not_good_leaves_the_code() {
    let invitation = Invitation::draw(&mut Random::new([8; 32]));
    let secret = invitation.secret();
    let mut play = play(false, Some(invitation.clone()));
    let Request::Ask(ask) = play.until_sent() else {
        panic!("it asks");
    };
    assert_eq!(ask.invitation.as_deref(), Some(invitation.name()));
    play.let_in_the_list();
    assert_eq!(play.told, Told::Nothing);
    let answer = play.offer(secret);
    let paired = play.judge(&answer).unwrap();
    play.reply(Ok(Reply::Paired(paired)));
    play.come_in();
    for (code, note) in [
        ("pairing_no_invitation", Note::InvitationUnknown),
        ("pairing_invitation_expired", Note::InvitationExpired),
        ("pairing_invitation_spent", Note::InvitationSpent),
        ("pairing_invitation_elsewhere", Note::InvitationElsewhere),
    ] {
        let mut play = super::tests::play(false, Some(invitation.clone()));
        play.until_sent();
        play.refuse(code);
        play.let_in_the_list();
        let note = Some(note);
        assert!(matches!(&play.told, Told::Code { note: told, .. } if *told == note));
    }
}

fn any_reply() -> impl Strategy<Value = Result<Reply, No>> {
    let hex = || any::<[u8; 32]>().prop_map(Hex);
    let element = (any::<[u8; 32]>(), any::<u8>()).prop_map(|(bytes, side)| {
        let mut element = [side; 33];
        element[1..].copy_from_slice(&bytes);
        Hex(element)
    });
    prop_oneof![
        (hex(), any::<bool>()).prop_map(|(bridge, there)| Ok(Reply::Asked(
            Asked { request: Hex([1; 16]), bridge },
            there.then_some(bridge)
        ))),
        Just(Ok(Reply::Standing(Standing::Waiting))),
        (element, "\\PC{0,8}").prop_map(|(element, room)| Ok(Reply::Standing(Standing::Offered { room, element }))),
        hex().prop_map(|mac| Ok(Reply::Paired(Paired { mac, signature: Hex([0; 64]) }))),
        hex().prop_map(|bridge| Ok(Reply::Greeting(Greeting { bridge, nonce: bridge, signature: Hex([0; 64]) }))),
        any::<u32>().prop_map(|seconds| Ok(Reply::Session(Session { token: String::new(), room: String::new(), seconds }))),
        Just(Err(No::Silent)),
        Just(Err(No::OtherChannel)),
        "pairing_(revoked|wrong_code|not_paired|full|slow_down|no_request|tried_too_often|old_nonce)".prop_map(|code| Err(No::Refused(code))),
    ]
}

proptest! {
    /// Whatever a stranger answers in the bridge's place: nothing panics, the box goes on asking, it believes nothing, and
    /// gives away no more guesses than five a code.
    #[test]
    fn no_stranger_gets_anywhere(known in any::<bool>(), replies in prop::collection::vec(any_reply(), 1..60)) {
        let mut play = play(known, None);
        let mut guesses = std::collections::BTreeMap::<(String, String), u32>::new();
        for reply in replies {
            if let Request::Answer(..) = play.until_sent() {
                let code = play.joining.code.as_ref().map(|shown| shown.code.clone());
                let code = code.expect("it answers about a code");
                let (first, second) = code.halves();
                let count = guesses.entry((first.into(), second.into())).or_default();
                *count += 1;
                prop_assert!(*count <= TRIES);
            }
            play.reply(reply);
            prop_assert_eq!(&play.kept, &None);
            prop_assert_eq!(&play.token, &None);
        }
    }
}
