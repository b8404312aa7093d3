#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use std::time::Duration;

use super::*;
use crate::audience::PhoneId;
use crate::floor::Rule;
use crate::programme::Programme;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[test]
fn an_evening_goes_by_one_button() {
    check(
        "0 deck 9 | 0 join 0 | 0 join 1 | 0 join 2 | 10 next | 11 next | 12 next | 13 next | 14 next | 20 next | 30 page 3 | 900 next",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 join 2: Lobby, Standby, floor -, then Item(1)
            10 next: Welcome, Welcome(None), floor -, then Greet(RoomId(0))
            11 next: Welcome, Welcome(Some(RoomId(0))), floor -, then Greet(RoomId(1))
            12 next: Welcome, Welcome(Some(RoomId(1))), floor -, then Greet(RoomId(2))
            13 next: Welcome, Welcome(Some(RoomId(2))), floor -, then Item(2)
            14 next: Speakers, Speakers, floor -, then Item(3)
            20 next: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            30 page 3: Talk(SpeakerId(0)), Slides, floor 0, page 3, then Item(4)
            900 next: Questions(SpeakerId(0)), Speaker, floor 0, page 3, 1 min left, then Offer(RoomId(1))
        "#]],
    );
}

#[test]
fn every_room_is_asked_and_hands_go_first() {
    check(
        "0 deck 9 | 0 join 0 | 0 join 1 | 0 join 2 | 0 goto 4 | 1 ask 2 | 2 next | 3 release 2 | 4 ask 2 | 5 next | 6 pass 1 | 7 next | 8 next | 9 next",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 join 2: Lobby, Standby, floor -, then Item(1)
            0 goto 4: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Offer(RoomId(1))
            1 ask 2: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Question(RoomId(2))
            2 next: Questions(SpeakerId(0)), Question, floor 2, page 0, then EndQuestion
            3 release 2: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Offer(RoomId(1))
            4 ask 2: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Offer(RoomId(1))
            5 next: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Question(RoomId(2))
            6 pass 1: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Question(RoomId(2))
            7 next: Questions(SpeakerId(0)), Question, floor 2, page 0, then EndQuestion
            8 next: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Item(5)
            9 next: Talk(SpeakerId(1)), Speaker, floor 1, then Item(6)
        "#]],
    );
}

#[test]
fn a_step_by_mistake_is_taken_back_and_the_clock_with_it() {
    check(
        "0 deck 9 | 0 join 0 | 0 join 1 | 0 goto 3 | 60 goto 5 | 70 undo | 80 add 5 | 81 scene | 82 undo | 83 undo | 84 undo | 85 undo",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 goto 3: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            60 goto 5: Talk(SpeakerId(1)), Speaker, floor 1, then Item(6)
            70 undo: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            80 add 5: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            81 scene: Talk(SpeakerId(0)), Mosaic, floor 0, page 0, then Item(4)
            82 undo: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            83 undo: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            84 undo: Lobby, Standby, floor -, then Item(1)
            85 undo: Lobby, Standby, floor -, refused: there is nothing to take back, then Item(1)
        "#]],
    );
}

#[test]
fn a_question_that_was_given_by_mistake_is_a_hand_again() {
    check(
        "0 deck 9 | 0 join 0 | 0 join 1 | 0 join 2 | 0 goto 4 | 1 ask 1 | 2 next | 3 undo | 4 next",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 join 2: Lobby, Standby, floor -, then Item(1)
            0 goto 4: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Offer(RoomId(1))
            1 ask 1: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Question(RoomId(1))
            2 next: Questions(SpeakerId(0)), Question, floor 1, page 0, then EndQuestion
            3 undo: Questions(SpeakerId(0)), Speaker, floor 0, page 0, then Question(RoomId(1))
            4 next: Questions(SpeakerId(0)), Question, floor 1, page 0, then EndQuestion
        "#]],
    );
}

#[test]
fn a_written_question_waits_in_the_same_queue_and_is_a_turn() {
    check(
        "0 join 0 | 0 join 1 | 0 join 2 | 0 goto 4 | 1 write 1 | 2 accept 1 | 3 ask 2 | 4 ask 1 | 5 next | 6 next | 7 next | 8 next | 9 next | 10 next",
        expect![[r#"
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 join 2: Lobby, Standby, floor -, then Item(1)
            0 goto 4: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            1 write 1: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            2 accept 1: Questions(SpeakerId(0)), Speaker, floor 0, then Written(1)
            3 ask 2: Questions(SpeakerId(0)), Speaker, floor 0, then Written(1)
            4 ask 1: Questions(SpeakerId(0)), Speaker, floor 0, then Written(1)
            5 next: Questions(SpeakerId(0)), Written, floor 0, then EndQuestion
            6 next: Questions(SpeakerId(0)), Speaker, floor 0, then Question(RoomId(2))
            7 next: Questions(SpeakerId(0)), Question, floor 2, then EndQuestion
            8 next: Questions(SpeakerId(0)), Speaker, floor 0, then Question(RoomId(1))
            9 next: Questions(SpeakerId(0)), Question, floor 1, then EndQuestion
            10 next: Questions(SpeakerId(0)), Speaker, floor 0, then Item(5)
        "#]],
    );
}

#[test]
fn polls_questions_and_refused_hands_come_back_when_the_step_is_taken_back() {
    check(
        "0 join 0 | 0 join 1 | 0 goto 4 | 1 poll | 2 vote 7 | 3 close | 4 undo | 5 vote 8 | 6 next | 7 undo | 8 remove | 9 undo | 10 undo | 11 write 1 | 12 show 1 | 13 undo | 14 ask 1 | 15 deny 1 | 16 undo",
        expect![[r#"
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 goto 4: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            1 poll: Questions(SpeakerId(0)), Poll, floor 0, 0 votes, then Offer(RoomId(1))
            2 vote 7: Questions(SpeakerId(0)), Poll, floor 0, 1 votes, then Offer(RoomId(1))
            3 close: Questions(SpeakerId(0)), Poll, floor 0, 1 votes, closed, then Offer(RoomId(1))
            4 undo: Questions(SpeakerId(0)), Poll, floor 0, 1 votes, then Offer(RoomId(1))
            5 vote 8: Questions(SpeakerId(0)), Poll, floor 0, 2 votes, then Offer(RoomId(1))
            6 next: Questions(SpeakerId(0)), Poll, floor 0, 2 votes, then Item(5)
            7 undo: Questions(SpeakerId(0)), Poll, floor 0, 2 votes, then Offer(RoomId(1))
            8 remove: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            9 undo: Questions(SpeakerId(0)), Poll, floor 0, 2 votes, then Offer(RoomId(1))
            10 undo: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            11 write 1: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            12 show 1: Questions(SpeakerId(0)), Written, floor 0, then EndQuestion
            13 undo: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            14 ask 1: Questions(SpeakerId(0)), Speaker, floor 0, then Question(RoomId(1))
            15 deny 1: Questions(SpeakerId(0)), Speaker, floor 0, then Offer(RoomId(1))
            16 undo: Questions(SpeakerId(0)), Speaker, floor 0, then Question(RoomId(1))
        "#]],
    );
}

#[test]
fn the_time_left_is_told_at_five_one_and_no_minutes() {
    check(
        "0 deck 9 | 0 join 0 | 0 goto 3 | 540 tick | 600 tick | 660 add 2 | 661 tick | 962 tick | 1020 tick | 1100 tick",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 goto 3: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            540 tick: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            600 tick: Talk(SpeakerId(0)), Slides, floor 0, page 0, 5 min left, then Item(4)
            660 add 2: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            661 tick: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            962 tick: Talk(SpeakerId(0)), Slides, floor 0, page 0, 1 min left, then Item(4)
            1020 tick: Talk(SpeakerId(0)), Slides, floor 0, page 0, 0 min left, then Item(4)
            1100 tick: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
        "#]],
    );
}

#[test]
fn a_speaker_whose_room_comes_late_gets_the_floor_when_it_comes() {
    check(
        "0 deck 9 | 0 join 1 | 0 goto 3 | 5 join 0",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 1: Lobby, Standby, floor -, then Item(1)
            0 goto 3: Talk(SpeakerId(0)), Slides, floor -, page 0, then Item(4)
            5 join 0: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
        "#]],
    );
}

#[test]
fn slides_are_shown_once_the_deck_can_be_and_no_page_that_it_has_not() {
    check(
        "0 join 0 | 0 goto 3 | 1 page 0 | 2 deck 3 | 3 page 2 | 4 page 3 | 5 deck 2 | 6 deck 0 | 6 deck 5 | 7 goto 5 | 8 page 0",
        expect![[r#"
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 goto 3: Talk(SpeakerId(0)), Speaker, floor 0, then Item(4)
            1 page 0: Talk(SpeakerId(0)), Speaker, floor 0, refused: no deck is shown now, then Item(4)
            2 deck 3: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            3 page 2: Talk(SpeakerId(0)), Slides, floor 0, page 2, then Item(4)
            4 page 3: Talk(SpeakerId(0)), Slides, floor 0, page 2, refused: the deck has no such page, then Item(4)
            5 deck 2: Talk(SpeakerId(0)), Slides, floor 0, page 1, then Item(4)
            6 deck 0: Talk(SpeakerId(0)), Speaker, floor 0, then Item(4)
            6 deck 5: Talk(SpeakerId(0)), Slides, floor 0, page 2, then Item(4)
            7 goto 5: Talk(SpeakerId(1)), Speaker, floor -, then Item(6)
            8 page 0: Talk(SpeakerId(1)), Speaker, floor -, refused: no deck is shown now, then Item(6)
        "#]],
    );
}

#[test]
fn a_step_that_is_taken_back_turns_no_page_back() {
    check(
        "0 deck 9 | 0 join 0 | 0 goto 3 | 1 add 5 | 2 page 4 | 3 undo",
        expect![[r#"
            0 deck 9: Lobby, Standby, floor -, then Item(1)
            0 join 0: Lobby, Standby, floor -, then Item(1)
            0 goto 3: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            1 add 5: Talk(SpeakerId(0)), Slides, floor 0, page 0, then Item(4)
            2 page 4: Talk(SpeakerId(0)), Slides, floor 0, page 4, then Item(4)
            3 undo: Talk(SpeakerId(0)), Slides, floor 0, page 4, then Item(4)
        "#]],
    );
}

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold_and_the_chair_can_go_on(
        steps in prop::collection::vec((0_u8..27, 0_u16..4, 0_u64..200), 0..80)
    ) {
        let start = Instant::now();
        let mut evening = fresh();
        let mut now = start;
        let mut log = Vec::new();
        for (what, n, seconds) in steps {
            now += Duration::from_secs(seconds);
            evening.handle_timeout(now);
            let happened = happened(what, n);
            if happened == Happened::Advanced {
                served_in_turn(&evening)?;
            }
            if evening.handle_input(happened.clone(), now).is_ok() {
                log.push((now, happened));
            }
            while evening.poll_output().is_some() {}
            heard(&evening)?;
            shown(&evening)?;
            if let Some(due) = evening.poll_timeout() {
                prop_assert!(due > now, "what is due is done");
            }
        }
        let mut again = fresh();
        for (at, happened) in log {
            again.handle_timeout(at);
            prop_assert!(again.handle_input(happened, at).is_ok());
            while again.poll_output().is_some() {}
        }
        again.handle_timeout(now);
        while again.poll_output().is_some() {}
        prop_assert_eq!(&again, &evening, "what was written down gives the same evening");

        let most = 100;
        let left = (0..most).find(|_| evening.handle_input(Happened::Advanced, now) == Err(No::AtTheEnd));
        prop_assert!(left.is_some(), "the large button leads to the end: {:?}", evening.next());
    }
}

/// Nobody waits, by hand or in writing, while a room with more turns is served.
fn served_in_turn(evening: &Evening) -> Result<(), TestCaseError> {
    let turns = |room: RoomId| evening.floor().turns(room);
    let served = match evening.next() {
        Next::Question(room) => room,
        Next::Written(id) => {
            let mut all = evening.audience().written().iter();
            all.find(|written| written.id == id).unwrap().room
        }
        Next::Item(_) | Next::Greet(_) | Next::EndQuestion | Next::Offer(_) | Next::End => {
            return Ok(());
        }
    };
    for asker in evening.askers() {
        prop_assert!(turns(asker.room) >= turns(served));
    }
    Ok(())
}

/// Under a held floor only the holder is heard, whom the chair opened, and a speaker who is asked.
fn heard(evening: &Evening) -> Result<(), TestCaseError> {
    let Some(holder) = evening.floor().holder() else {
        return Ok(());
    };
    let chair = &evening.floor().decided();
    for room in (0..3).map(RoomId) {
        let may = room == holder || chair.opens(room);
        prop_assert!(may || !evening.floor().microphone_open(room));
    }
    Ok(())
}

/// A page is always one of a deck that can be shown, and there are no slides without one.
fn shown(evening: &Evening) -> Result<(), TestCaseError> {
    let pages = match evening.item() {
        Item::Talk(speaker) | Item::Questions(speaker) => evening.pages(speaker),
        Item::Lobby | Item::Welcome | Item::Speakers | Item::Closing | Item::FollowUp => None,
    };
    prop_assert_eq!(evening.page().is_some(), pages.is_some());
    prop_assert!(evening.page() < pages || pages.is_none());
    prop_assert!(evening.scene() != Scene::Slides || pages.is_some());
    Ok(())
}

fn happened(what: u8, n: u16) -> Happened {
    let room = RoomId(n);
    match what {
        0 | 1 => Happened::Floor(floor::Input::RoomJoined(room)),
        2 => Happened::Floor(floor::Input::RoomLeft(room)),
        3 | 4 => Happened::Floor(floor::Input::FloorRequested(room)),
        5 => Happened::Floor(floor::Input::FloorReleased(room)),
        6 => Happened::Floor(floor::Input::FloorGranted(room)),
        7 => Happened::Floor(floor::Input::FloorRevoked),
        8 => Happened::Floor(floor::Input::MicrophoneOpened(room)),
        9 => Happened::WentTo(usize::from(n) * 2),
        10 => Happened::SceneChosen(
            [None, Some(Scene::Mosaic), Some(Scene::Slides), None][usize::from(n)],
        ),
        11 => Happened::Greeted(room),
        12 => Happened::TimeAdded(i32::from(n) - 2),
        13 => Happened::Passed(room),
        14 => Happened::PageTurned(n),
        15 => Happened::Undone,
        16 => Happened::Floor(floor::Input::AllLost),
        17 => Happened::DeckChanged(SpeakerId(n / 2), (!n.is_multiple_of(2)).then_some(n + 1)),
        18 => Happened::Said((n > 0).then_some(MessageId(u32::from(n)))),
        19 => Happened::Audience(written(n)),
        20 => Happened::Audience(AudienceInput::Accepted(u32::from(n))),
        21 => Happened::Audience(AudienceInput::Asked(u32::from(n))),
        22 => Happened::Audience(AudienceInput::AskedEnded),
        23 => Happened::Audience(poll()),
        24 => Happened::Audience(AudienceInput::Voted(PhoneId(n.into()), 1)),
        25 => Happened::Audience(
            [AudienceInput::PollClosed, AudienceInput::PollRemoved][usize::from(n % 2)].clone(),
        ),
        _ => Happened::Advanced,
    }
}

#[test]
fn a_message_is_put_up_and_taken_back_like_any_step() {
    let now = Instant::now();
    let mut evening = fresh();
    let said = |n| Happened::Said(Some(MessageId(n)));
    evening.handle_input(said(0), now).unwrap();
    evening.handle_input(Happened::WentTo(3), now).unwrap();
    evening.handle_input(said(1), now).unwrap();
    assert_eq!(evening.message(), Some(MessageId(1)));
    for (at, message) in [(3, Some(MessageId(0))), (0, Some(MessageId(0))), (0, None)] {
        evening.handle_input(Happened::Undone, now).unwrap();
        assert_eq!((evening.at(), evening.message()), (at, message));
    }
}

#[test]
fn only_before_the_start_the_programme_changes_and_who_is_there_stays() {
    let now = Instant::now();
    let mut evening = fresh();
    let rooms = programme().rooms;
    for room in [0, 2].map(RoomId) {
        let joined = Happened::Floor(floor::Input::RoomJoined(room));
        evening.handle_input(joined, now).unwrap();
    }
    let counted = Happened::Counted(RoomId(2), 12);
    evening.handle_input(counted, now).unwrap();
    evening.handle_input(Happened::WentTo(5), now).unwrap();
    let other = Programme::of_rooms("Autre".into(), vec!["Merdrignac".into()]);
    assert_eq!(evening.replan(&other, &rooms), Err(No::Begun));
    evening.handle_input(Happened::WentTo(0), now).unwrap();
    evening.replan(&other, &rooms).unwrap();
    assert_eq!(evening.items().len(), 4);
    assert!(
        !evening.can_undo(),
        "a step back would lead into the old one"
    );
    assert_eq!(evening.people(RoomId(2)), Some(12));
    evening.handle_input(Happened::Advanced, now).unwrap();
    assert_eq!(evening.next(), Next::Greet(RoomId(2)));
    evening.handle_input(Happened::Advanced, now).unwrap();
    assert_eq!(evening.next(), Next::Item(2), "Brest is not invited");
}

/// A question by phone from a room.
fn written(room: u16) -> AudienceInput {
    AudienceInput::Written {
        phone: PhoneId(room.into()),
        room: RoomId(room),
        name: String::new(),
        text: "Faut-il un diplôme ?".into(),
    }
}

fn poll() -> AudienceInput {
    AudienceInput::PollOpened {
        question: String::new(),
        answers: vec!["Oui".into(), "Non".into()],
    }
}

fn fresh() -> Evening {
    let programme = programme();
    Evening::new(&programme, &programme.rooms, Rule::Chair)
}

/// Three rooms; Anne speaks from the first for 15 minutes with a deck, Yann from the second without questions.
fn programme() -> Programme {
    let text = r#"
        title = "Essai"
        rooms = ["Brest", "Loudéac", "Merdrignac"]
        [[speaker]]
        name = "Anne"
        room = "Brest"
        minutes = 15
        deck = "a.pdf"
        [[speaker]]
        name = "Yann"
        room = "Loudéac"
        questions = 0
    "#;
    Programme::parse("test", text).unwrap()
}

/// Plays a script (`second verb number | ...`) and tells after each step what there is to see.
fn check(script: &str, expect: Expect) {
    let start = Instant::now();
    let mut evening = fresh();
    let mut log = String::new();
    for step in script.split('|') {
        let words: Vec<&str> = step.split_whitespace().collect();
        let now = start + Duration::from_secs(words[0].parse().unwrap());
        let n: u16 = words.get(2).map_or(0, |word| word.parse().unwrap());
        evening.handle_timeout(now);
        let happened = match words[1] {
            "join" => Some(Happened::Floor(floor::Input::RoomJoined(RoomId(n)))),
            "ask" => Some(Happened::Floor(floor::Input::FloorRequested(RoomId(n)))),
            "release" => Some(Happened::Floor(floor::Input::FloorReleased(RoomId(n)))),
            "next" => Some(Happened::Advanced),
            "goto" => Some(Happened::WentTo(usize::from(n))),
            "page" => Some(Happened::PageTurned(n)),
            "deck" => Some(Happened::DeckChanged(SpeakerId(0), (n > 0).then_some(n))),
            "pass" => Some(Happened::Passed(RoomId(n))),
            "add" => Some(Happened::TimeAdded(i32::from(n))),
            "scene" => Some(Happened::SceneChosen(Some(Scene::Mosaic))),
            "undo" => Some(Happened::Undone),
            "deny" => Some(Happened::Floor(floor::Input::RequestDenied(RoomId(n)))),
            "write" => Some(Happened::Audience(written(n))),
            "accept" => Some(Happened::Audience(AudienceInput::Accepted(n.into()))),
            "show" => Some(Happened::Audience(AudienceInput::Asked(n.into()))),
            "poll" => Some(Happened::Audience(poll())),
            "vote" => Some(Happened::Audience(AudienceInput::Voted(
                PhoneId(n.into()),
                0,
            ))),
            "close" => Some(Happened::Audience(AudienceInput::PollClosed)),
            "remove" => Some(Happened::Audience(AudienceInput::PollRemoved)),
            _ => None,
        };
        let result = happened.map_or(Ok(()), |happened| evening.handle_input(happened, now));
        let mut warnings = String::new();
        while let Some(order) = evening.poll_output() {
            if let Order::TimeWarning(minutes) = order {
                warnings += &format!(", {minutes} min left");
            }
        }
        let holder = evening
            .floor()
            .holder()
            .map_or("-".into(), |room| room.0.to_string());
        log += &format!(
            "{}: {:?}, {:?}, floor {holder}",
            step.trim(),
            evening.item(),
            evening.scene()
        );
        if let Some(page) = evening.page() {
            log += &format!(", page {page}");
        }
        if let Some(poll) = evening.audience().poll() {
            log += &format!(", {} votes", poll.votes()[0]);
            log += if poll.open { "" } else { ", closed" };
        }
        if let Err(no) = result {
            log += &format!(", refused: {no}");
        }
        log += &format!("{warnings}, then {:?}\n", evening.next());
    }
    expect.assert_eq(&log);
}
