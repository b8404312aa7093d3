#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[test]
fn the_chair_gives_the_floor_and_the_other_microphones_close() {
    check(
        Rule::Chair,
        "0 join 0 | 0 join 1 | 1 ask 1 | 2 grant 1 | 9 release 1",
        expect![[r#"
            0s PresenceChanged(RoomId(0))
            0s OpenMicrophone(RoomId(0))
            0s PresenceChanged(RoomId(1))
            0s OpenMicrophone(RoomId(1))
            1s QueueChanged
            2s QueueChanged
            2s FloorChanged
            2s CloseMicrophone(RoomId(0))
            9s FloorChanged
            9s OpenMicrophone(RoomId(0))
        "#]],
    );
}

#[test]
fn the_rule_serves_the_queue_by_itself() {
    check(
        Rule::FirstInQueue,
        "0 join 0 | 0 join 1 | 1 ask 1 | 2 ask 0 | 5 release 1",
        expect![[r#"
            0s PresenceChanged(RoomId(0))
            0s OpenMicrophone(RoomId(0))
            0s PresenceChanged(RoomId(1))
            0s OpenMicrophone(RoomId(1))
            1s QueueChanged
            1s QueueChanged
            1s FloorChanged
            1s CloseMicrophone(RoomId(0))
            2s QueueChanged
            5s FloorChanged
            5s QueueChanged
            5s FloorChanged
            5s CloseMicrophone(RoomId(1))
            5s OpenMicrophone(RoomId(0))
        "#]],
    );
}

#[test]
fn a_holder_that_drops_finds_its_floor_again_for_ten_seconds() {
    check(
        Rule::Chair,
        "0 join 0 | 0 join 1 | 1 grant 0 | 4 leave 0 | 9 join 0 | 20 leave 0 | 31 tick",
        expect![[r#"
            0s PresenceChanged(RoomId(0))
            0s OpenMicrophone(RoomId(0))
            0s PresenceChanged(RoomId(1))
            0s OpenMicrophone(RoomId(1))
            1s FloorChanged
            1s CloseMicrophone(RoomId(1))
            4s PresenceChanged(RoomId(0))
            4s FloorChanged
            4s CloseMicrophone(RoomId(0))
            9s PresenceChanged(RoomId(0))
            9s FloorChanged
            9s OpenMicrophone(RoomId(0))
            20s PresenceChanged(RoomId(0))
            20s FloorChanged
            20s CloseMicrophone(RoomId(0))
            31s FloorChanged
            31s OpenMicrophone(RoomId(1))
        "#]],
    );
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    check(
        Rule::Chair,
        "0 ask 0 | 0 join 0 | 1 ask 0 | 1 ask 0 | 2 grant 1 | 2 revoke | 3 release 0 | 3 release 0 | 4 deny 0 | 5 ask 7",
        expect![[r#"
            0s refused: the room is not connected
            0s PresenceChanged(RoomId(0))
            0s OpenMicrophone(RoomId(0))
            1s QueueChanged
            1s refused: the room has asked already
            2s refused: the room is not connected
            2s refused: nobody holds the floor
            3s QueueChanged
            3s refused: the room neither holds the floor nor asks for it
            4s refused: the room does not ask for the floor
            5s refused: no such room
        "#]],
    );
}

#[test]
fn after_a_restart_floor_and_hands_wait_for_their_rooms_for_ten_seconds() {
    check(
        Rule::Chair,
        "0 join 0 | 0 join 1 | 1 grant 0 | 2 ask 1 | 5 lost | 9 join 0 | 9 queue | 15 tick | 15 queue",
        expect![[r#"
            0s PresenceChanged(RoomId(0))
            0s OpenMicrophone(RoomId(0))
            0s PresenceChanged(RoomId(1))
            0s OpenMicrophone(RoomId(1))
            1s FloorChanged
            1s CloseMicrophone(RoomId(1))
            2s QueueChanged
            5s PresenceChanged(RoomId(0))
            5s PresenceChanged(RoomId(1))
            5s FloorChanged
            5s CloseMicrophone(RoomId(0))
            9s PresenceChanged(RoomId(0))
            9s FloorChanged
            9s OpenMicrophone(RoomId(0))
            9s [RoomId(1)]
            15s QueueChanged
            15s []
        "#]],
    );
}

#[test]
fn who_gets_the_floor_again_goes_on_seeing_who_had_it_before() {
    let start = Instant::now();
    let mut conference = Conference::new(2, Rule::Chair);
    for input in [
        Input::RoomJoined(RoomId(0)),
        Input::RoomJoined(RoomId(1)),
        Input::FloorGranted(RoomId(1)),
        Input::FloorGranted(RoomId(0)),
        Input::FloorReleased(RoomId(0)),
    ] {
        conference.handle_input(input, start).unwrap();
    }
    assert_eq!(conference.last_holder(), Some(RoomId(0)));
    let again = Input::SpeakerGranted(RoomId(0));
    conference.handle_input(again, start).unwrap();
    assert_eq!(conference.last_holder(), Some(RoomId(1)));
}

#[test]
fn a_room_with_fewer_turns_goes_first() {
    let start = Instant::now();
    let mut conference = Conference::new(3, Rule::Chair);
    let at = |s| start + Duration::from_secs(s);
    for (s, input) in [
        (0, Input::RoomJoined(RoomId(0))),
        (0, Input::RoomJoined(RoomId(1))),
        (1, Input::FloorGranted(RoomId(0))),
        (2, Input::FloorReleased(RoomId(0))),
        (3, Input::FloorRequested(RoomId(0))),
        (4, Input::FloorRequested(RoomId(1))),
    ] {
        conference.handle_input(input, at(s)).unwrap();
    }
    assert_eq!(conference.queue(), [RoomId(1), RoomId(0)]);
}

proptest! {
    #[test]
    fn under_a_held_floor_only_the_holder_and_who_the_chair_opened_are_heard(
        steps in prop::collection::vec((0_u16..4, 0_u8..11, 0_u64..15), 1..80),
        first_in_queue: bool,
    ) {
        let rule = if first_in_queue { Rule::FirstInQueue } else { Rule::Chair };
        let mut conference = Conference::new(4, rule);
        let mut now = Instant::now();
        let (mut open, mut opened) = (BTreeSet::new(), BTreeSet::new());
        for (room, what, seconds) in steps {
            now += Duration::from_secs(seconds);
            conference.handle_timeout(now);
            let fact = input(what, RoomId(room));
            if fact == Input::MicrophoneOpened(RoomId(room)) {
                opened.insert(RoomId(room));
            } else if fact == Input::MicrophoneLeft(RoomId(room)) {
                opened.remove(&RoomId(room));
            }
            let _ = conference.handle_input(fact, now);
            while let Some(output) = conference.poll_output() {
                match output {
                    Output::OpenMicrophone(id) => prop_assert!(open.insert(id)),
                    Output::CloseMicrophone(id) => prop_assert!(open.remove(&id)),
                    Output::FloorChanged | Output::QueueChanged | Output::PresenceChanged(_) => {}
                }
            }
            match conference.floor() {
                Floor::Held { by, .. } => {
                    prop_assert!(open.iter().all(|id| *id == by || opened.contains(id)));
                    prop_assert!(open.contains(&by));
                }
                Floor::Kept { .. } => prop_assert!(open.iter().all(|id| opened.contains(id))),
                Floor::Free => prop_assert!(open.iter().all(|id| conference.is_present(*id))),
            }
            if rule == Rule::FirstInQueue && conference.floor() == Floor::Free {
                prop_assert!(conference.queue().iter().all(|id| !conference.is_present(*id)));
            }
        }
    }
}

fn input(what: u8, room: RoomId) -> Input {
    match what {
        0 => Input::RoomJoined(room),
        1 => Input::RoomLeft(room),
        2 => Input::FloorRequested(room),
        3 => Input::FloorReleased(room),
        4 => Input::FloorGranted(room),
        5 => Input::FloorRevoked,
        6 => Input::RequestDenied(room),
        7 => Input::SpeakerGranted(room),
        8 => Input::MicrophoneOpened(room),
        9 => Input::AllLost,
        _ => Input::MicrophoneLeft(room),
    }
}

/// Plays a script (`second verb room | ...`) and compares what comes out.
fn check(rule: Rule, script: &str, expect: Expect) {
    let start = Instant::now();
    let mut conference = Conference::new(2, rule);
    let mut log = String::new();
    for step in script.split('|') {
        let words: Vec<&str> = step.split_whitespace().collect();
        let second: u64 = words[0].parse().unwrap();
        let room = RoomId(words.get(2).map_or(0, |word| word.parse().unwrap()));
        let now = start + Duration::from_secs(second);
        conference.handle_timeout(now);
        let what = ["join", "leave", "ask", "release", "grant", "revoke", "deny"]
            .iter()
            .position(|verb| *verb == words[1]);
        let fact = match words[1] {
            "lost" => Some(Input::AllLost),
            _ => what.map(|what| input(what as u8, room)),
        };
        let result = fact.map_or(Ok(()), |fact| conference.handle_input(fact, now));
        if words[1] == "queue" {
            log += &format!("{second}s {:?}\n", conference.queue());
        }
        if let Err(refusal) = result {
            log += &format!("{second}s refused: {refusal}\n");
        }
        while let Some(output) = conference.poll_output() {
            log += &format!("{second}s {output:?}\n");
        }
    }
    expect.assert_eq(&log);
}
