#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use super::*;
use proptest::prelude::*;

const BREST: RoomId = RoomId(3);

#[test]
fn a_phone_has_one_vote_and_may_change_it_while_the_poll_is_open() {
    let mut audience = polled();
    say(&mut audience, AudienceInput::Voted(PhoneId(1), 0)).unwrap();
    say(&mut audience, AudienceInput::Voted(PhoneId(2), 0)).unwrap();
    say(&mut audience, AudienceInput::Voted(PhoneId(1), 2)).unwrap();
    assert_eq!(votes(&audience), [1, 0, 1]);
    let no_such = say(&mut audience, AudienceInput::Voted(PhoneId(3), 3));
    assert_eq!(no_such, Err(AudienceNo::NoSuchAnswer));
    say(&mut audience, AudienceInput::PollClosed).unwrap();
    let late = say(&mut audience, AudienceInput::Voted(PhoneId(1), 1));
    assert_eq!(late, Err(AudienceNo::NoPoll));
    assert_eq!(votes(&audience), [1, 0, 1]);
}

#[test]
fn the_hands_of_a_room_replace_its_earlier_ones() {
    let mut audience = polled();
    let count = |audience: &mut _, hands: &[u16]| {
        say(audience, AudienceInput::HandsCounted(BREST, hands.into()))
    };
    count(&mut audience, &[3, 4, 0]).unwrap();
    count(&mut audience, &[5, 4, 0]).unwrap();
    say(
        &mut audience,
        AudienceInput::HandsCounted(RoomId(0), vec![1, 1, 1]),
    )
    .unwrap();
    assert_eq!(votes(&audience), [6, 5, 1]);
    assert_eq!(audience.poll().unwrap().hands(BREST), Some(&[5, 4, 0][..]));
    for wrong in [&[1, 2][..], &[1, 2, 3, 4], &[10_000, 0, 0]] {
        assert_eq!(count(&mut audience, wrong), Err(AudienceNo::BadHands));
    }
}

#[test]
fn a_poll_that_does_not_fit_a_television_is_refused() {
    let mut audience = Audience::default();
    let mut open = |question: &str, answers: &[&str]| {
        let answers = answers.iter().map(|answer| (*answer).into()).collect();
        let question = question.into();
        say(
            &mut audience,
            AudienceInput::PollOpened { question, answers },
        )
    };
    let long = "é".repeat(121);
    for question in [" Oui ?", "deux\nlignes", "à\u{202e}l'envers", &long] {
        let answer = open(question, &["Oui", "Non"]);
        assert_eq!(answer, Err(AudienceNo::BadPollQuestion), "{question:?}");
    }
    let long = "é".repeat(41);
    for answers in [
        &["Oui"][..],
        &["Oui", ""],
        &["Oui", "Oui"],
        &["Oui", &long],
        &["1", "2", "3", "4", "5"],
    ] {
        assert_eq!(
            open("?", answers),
            Err(AudienceNo::BadAnswers),
            "{answers:?}"
        );
    }
    open("", &["Oui", "Non"]).unwrap();
    assert_eq!(open("", &["Oui", "Non"]), Err(AudienceNo::PollIsOpen));
}

#[test]
fn a_question_is_moderated_before_it_is_asked_and_goes_with_the_item() {
    let mut audience = Audience::default();
    write(&mut audience, 1, "Faut-il\nun  diplôme ?").unwrap();
    let written = &audience.written()[0];
    assert_eq!((written.id, written.state), (1, WrittenState::Waiting));
    assert_eq!(written.text, "Faut-il un diplôme ?");
    say(&mut audience, AudienceInput::Accepted(1)).unwrap();
    say(&mut audience, AudienceInput::Asked(1)).unwrap();
    assert_eq!(audience.asked().map(|asked| asked.id), Some(1));
    say(&mut audience, AudienceInput::ItemBegan).unwrap();
    assert_eq!(audience.asked(), None);
    assert_eq!(audience.written()[0].state, WrittenState::Asked);
    let unknown = say(&mut audience, AudienceInput::Accepted(2));
    assert_eq!(unknown, Err(AudienceNo::NoSuchQuestion));
}

#[test]
fn one_phone_cannot_fill_the_queue() {
    let mut audience = Audience::default();
    for _ in 0..MOST_WAITING_OF_PHONE {
        write(&mut audience, 1, "Encore ?").unwrap();
    }
    assert_eq!(
        write(&mut audience, 1, "Encore ?"),
        Err(AudienceNo::Patience)
    );
    write(&mut audience, 2, "Et moi ?").unwrap();
    say(&mut audience, AudienceInput::Refused(1)).unwrap();
    write(&mut audience, 1, "Encore ?").unwrap();
}

#[test]
fn the_oldest_that_is_over_makes_place() {
    let mut audience = Audience::default();
    for phone in 0..MOST_WRITTEN {
        write(&mut audience, phone as u128, "Une question ?").unwrap();
    }
    assert_eq!(
        write(&mut audience, 999, "Une de trop ?"),
        Err(AudienceNo::Full)
    );
    say(&mut audience, AudienceInput::Asked(5)).unwrap();
    assert_eq!(
        write(&mut audience, 999, "Une de trop ?"),
        Err(AudienceNo::Full)
    );
    say(&mut audience, AudienceInput::Asked(7)).unwrap();
    write(&mut audience, 999, "Une de plus ?").unwrap();
    assert_eq!(audience.written().len(), MOST_WRITTEN);
    assert!(audience.written().iter().all(|written| written.id != 5));
}

#[test]
fn applause_grows_with_the_phones_and_fades() {
    let start = clock();
    let at = |ms: u64| start + Duration::from_millis(ms);
    let mut applause = Applause::default();
    assert_eq!(applause.level(start), 0);
    applause.clap(start);
    assert_eq!(applause.level(start), 2);
    let mut levels = Vec::new();
    for ms in (0..2000).step_by(100) {
        for _ in 0..5 {
            applause.clap(at(ms));
        }
        levels.push(applause.level(at(ms)));
    }
    assert!(levels.is_sorted(), "{levels:?}");
    assert_eq!(levels.last(), Some(&MOST_APPLAUSE));
    assert!(applause.level(at(5000)) < 10);
    assert_eq!(applause.level(at(20_000)), 0);
}

proptest! {
    #[test]
    fn no_input_breaks_the_bounds(inputs in proptest::collection::vec(input(), 0..400)) {
        let mut audience = Audience::default();
        for input in inputs {
            let before = audience.clone();
            if audience.handle_input(input, clock()).is_err() {
                prop_assert_eq!(before.poll(), audience.poll());
                prop_assert_eq!(before.written(), audience.written());
            }
            prop_assert!(audience.written().len() <= MOST_WRITTEN);
            prop_assert!(audience.asked().is_none_or(|asked| asked.state == WrittenState::Asked));
            if let Some(poll) = audience.poll() {
                prop_assert_eq!(poll.votes().len(), poll.answers.len());
            }
        }
    }
}

fn input() -> impl Strategy<Value = AudienceInput> {
    prop_oneof![
        (0..5usize, "[a-c]{0,2}").prop_map(|(answers, question)| AudienceInput::PollOpened {
            question,
            answers: (0..answers).map(|nth| nth.to_string()).collect(),
        }),
        Just(AudienceInput::PollClosed),
        Just(AudienceInput::PollRemoved),
        (0..4u128, 0..5u8).prop_map(|(phone, answer)| AudienceInput::Voted(PhoneId(phone), answer)),
        proptest::collection::vec(0..20_000u16, 0..5)
            .prop_map(|hands| AudienceInput::HandsCounted(BREST, hands)),
        (0..9u128, ".{0,300}", ".{0,40}").prop_map(|(phone, text, name)| AudienceInput::Written {
            phone: PhoneId(phone),
            room: BREST,
            name,
            text,
        }),
        (0..20u32).prop_map(AudienceInput::Accepted),
        (0..20u32).prop_map(AudienceInput::Refused),
        (0..20u32).prop_map(AudienceInput::Asked),
        Just(AudienceInput::AskedEnded),
        Just(AudienceInput::ItemBegan),
    ]
}

fn polled() -> Audience {
    let mut audience = Audience::default();
    let opened = AudienceInput::PollOpened {
        question: "Quel métier ?".into(),
        answers: vec!["Menuisier".into(), "Chauffagiste".into(), "Autre".into()],
    };
    say(&mut audience, opened).unwrap();
    audience
}

fn write(audience: &mut Audience, phone: u128, text: &str) -> Result<(), AudienceNo> {
    say(
        audience,
        AudienceInput::Written {
            phone: PhoneId(phone),
            room: BREST,
            name: "Léa".into(),
            text: text.into(),
        },
    )
}

fn say(audience: &mut Audience, input: AudienceInput) -> Result<(), AudienceNo> {
    audience.handle_input(input, clock())
}

fn votes(audience: &Audience) -> Vec<u32> {
    audience.poll().map(Poll::votes).unwrap_or_default()
}

fn clock() -> Instant {
    Instant::now()
}
