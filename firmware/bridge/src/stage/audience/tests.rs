#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use std::time::Duration;

use conference::wire::{FromClient, NextView, SceneView, State};
use conference::{Programme, Rule};

use super::*;

const ONE: PhoneId = PhoneId(1);
const TWO: PhoneId = PhoneId(2);

#[test]
fn a_poll_lies_on_the_scene_until_the_item_ends() {
    let mut world = World::new();
    world.chair(open());
    assert_eq!(world.state().evening.scene, SceneView::Poll);
    world.chair(choose(Some(SceneView::Mosaic)));
    assert_eq!(world.state().evening.scene, SceneView::Mosaic);
    world.chair(choose(None));
    assert_eq!(world.state().evening.scene, SceneView::Poll);
    world.chair(FromClient::Advance {});
    assert_ne!(world.state().evening.scene, SceneView::Poll);
    assert_eq!(world.state().audience.poll, None);
}

#[test]
fn a_scene_that_was_chosen_before_does_not_hide_the_poll() {
    let mut world = World::new();
    world.chair(choose(Some(SceneView::Mosaic)));
    world.chair(open());
    assert_eq!(world.state().evening.scene, SceneView::Poll);
    world.chair(FromClient::Audience(AudienceWish::RemovePoll {}));
    assert_eq!(world.state().evening.scene, SceneView::Mosaic);
    assert!(world.refused(choose(Some(SceneView::Poll))));
}

#[test]
fn votes_count_once_they_are_counted_and_not_in_another_poll() {
    let mut world = World::new();
    let now = world.now;
    assert_eq!(world.stage.ballot(1, ONE, 0), Err(AudienceNo::NoPoll));
    world.chair(open());
    world.stage.ballot(1, ONE, 0).unwrap();
    world.stage.ballot(1, TWO, 1).unwrap();
    world.stage.ballot(1, ONE, 1).unwrap();
    assert_eq!(world.votes(), [0, 0]);
    world.stage.count_ballots(now);
    assert_eq!(world.votes(), [0, 2]);
    world.stage.ballot(1, TWO, 0).unwrap();
    // A vote that came before the end counts.
    world.chair(FromClient::Audience(AudienceWish::ClosePoll {}));
    assert_eq!(world.votes(), [1, 1]);
    world.chair(open());
    assert_eq!(world.stage.ballot(1, ONE, 0), Err(AudienceNo::NoPoll));
    world.stage.ballot(2, ONE, 0).unwrap();
}

#[test]
fn phones_learn_the_result_only_at_the_end() {
    let mut world = World::new();
    world.chair(open());
    world.stage.ballot(1, ONE, 0).unwrap();
    world.stage.count_ballots(world.now);
    let poll = world.stage.phones_view().poll.unwrap();
    assert_eq!((poll.total, poll.answers[0].votes), (0, 0));
    world.chair(FromClient::Audience(AudienceWish::ClosePoll {}));
    let poll = world.stage.phones_view().poll.unwrap();
    assert_eq!((poll.total, poll.answers[0].votes), (1, 1));
}

#[test]
fn a_room_counts_its_own_hands_and_no_others() {
    let mut world = World::new();
    world.chair(open());
    let count = |room: &str| {
        let (room, counts) = (room.to_owned(), vec![3, 4]);
        FromClient::Audience(AudienceWish::CountVotes { room, counts })
    };
    let brest = Seat::Room(RoomId(1));
    world.stage.said(brest, count("Brest"), world.now).unwrap();
    assert_eq!(world.votes(), [3, 4]);
    for wrong in [count("Loudéac"), open()] {
        let answer = world.stage.said(brest, wrong, world.now);
        assert!(matches!(*answer.unwrap_err(), FromBridge::Error { .. }));
    }
    assert!(world.refused(count("Paris")));
}

#[test]
fn a_written_question_is_shown_until_somebody_else_asks() {
    let mut world = World::new();
    world.write("Faut-il un diplôme ?").unwrap();
    assert_eq!(world.state().audience.written.len(), 1);
    world.chair(FromClient::Audience(AudienceWish::AskQuestion { id: 1 }));
    assert_eq!(world.state().evening.scene, SceneView::Written);
    assert_eq!(world.state().audience.asked, Some(1));
    world.chair(FromClient::Advance {});
    assert_eq!(world.state().audience.asked, None);
}

#[test]
fn an_accepted_question_is_the_large_buttons_next_and_comes_back_when_taken_back() {
    let mut world = World::new();
    world.plan(
        r#"
        title = "Les métiers"
        rooms = ["Loudéac", "Brest"]
        [[speaker]]
        name = "Anne"
        room = "Loudéac"
        "#,
    );
    world.write("Faut-il un diplôme ?").unwrap();
    world.chair(FromClient::GoTo { item: 4 });
    world.chair(FromClient::Audience(AudienceWish::AcceptQuestion { id: 1 }));
    let state = world.state();
    let room = state.audience.written[0].room.clone();
    let due = NextView::Written { id: 1, room };
    assert_eq!(state.evening.next, due);
    assert_eq!(state.evening.askers[0].written, Some(1));
    world.chair(FromClient::Advance {});
    let state = world.state();
    assert_eq!(state.evening.scene, SceneView::Written);
    assert_eq!(state.rooms.iter().map(|room| room.turns).sum::<u32>(), 1);
    world.chair(FromClient::Undo {});
    let state = world.state();
    assert_eq!(state.evening.next, due);
    assert_eq!(state.rooms.iter().map(|room| room.turns).sum::<u32>(), 0);
}

#[test]
fn a_hand_has_its_place_behind_however_many_written_questions() {
    let mut world = World::new();
    for id in 1..=30 {
        let (name, text) = (String::new(), "Et les filles ?".to_owned());
        let phone = PhoneId(100 + u128::from(id));
        let written = world.stage.written(phone, RoomId(1), name, text, world.now);
        written.unwrap();
        world.chair(FromClient::Audience(AudienceWish::AcceptQuestion { id }));
    }
    let brest = Seat::Room(RoomId(1));
    world.stage.joined(RoomId(1), world.now);
    let asks = FromClient::RequestFloor {};
    let later = world.now + Duration::from_secs(1);
    world.stage.said(brest, asks, later).unwrap();
    let askers = world.state().evening.askers;
    assert_eq!(askers.len(), 21);
    assert_eq!(askers[20].written, None, "the hand came last");
}

#[test]
fn what_was_written_down_gives_the_same_audience_again() {
    let mut world = World::new();
    world.chair(open());
    world.stage.ballot(1, ONE, 0).unwrap();
    world.write("Faut-il un diplôme ?").unwrap();
    world.write("Et pour les filles ?").unwrap();
    world.chair(FromClient::Audience(AudienceWish::AcceptQuestion { id: 2 }));
    world.chair(FromClient::Advance {});
    world.chair(choose(Some(SceneView::Mosaic)));
    world.chair(open());
    world.stage.ballot(2, TWO, 1).unwrap();
    world.stage.count_ballots(world.now);
    let entries: Vec<_> = std::iter::from_fn(|| world.stage.unwritten()).collect();
    let mut again = World::new();
    again.stage.resume(&entries, again.now);
    let (before, after) = (world.state(), again.state());
    assert_eq!(after.audience, before.audience);
    assert_eq!(after.evening.scene, SceneView::Poll);
    assert_eq!(again.votes(), [0, 1]);
}

#[test]
fn the_longest_questions_leave_room_in_a_message() {
    let mut world = World::new();
    for phone in 0..100 {
        let text = "\u{1d4d0}".repeat(280);
        let name = "\u{1d4d0}".repeat(30);
        let (phone, room) = (PhoneId(phone), RoomId(0));
        world
            .stage
            .written(phone, room, name, text, world.now)
            .unwrap();
    }
    let audience = world.state().audience;
    assert_eq!(audience.written.len() + audience.more, 100);
    let bytes = serde_json::to_string(&audience).unwrap().len();
    assert!(bytes < conference::wire::MAX_MESSAGE / 2, "{bytes}");
}

struct World {
    stage: Stage,
    now: Instant,
}

impl World {
    fn new() -> Self {
        let names = vec!["Loudéac".to_owned(), "Brest".to_owned()];
        let programme = Programme::of_rooms("Les métiers".into(), names.clone());
        let now = Instant::now();
        let stage = Stage::new(names, &programme, Rule::Chair, (now, 1_000_000));
        Self { stage, now }
    }

    fn plan(&mut self, programme: &str) {
        let programme = Programme::parse("test", programme).unwrap();
        self.stage.replan(programme, self.now).unwrap();
    }

    fn chair(&mut self, what: FromClient) {
        self.stage.said(Seat::Chair, what, self.now).unwrap();
    }

    fn refused(&mut self, what: FromClient) -> bool {
        let answer = self.stage.said(Seat::Chair, what, self.now);
        answer.is_err_and(|answer| matches!(*answer, FromBridge::Refused { .. }))
    }

    fn write(&mut self, text: &str) -> Result<(), AudienceNo> {
        let name = String::new();
        self.stage
            .written(ONE, RoomId(1), name, text.into(), self.now)
    }

    fn state(&mut self) -> State {
        self.stage.view()
    }

    fn votes(&mut self) -> Vec<u32> {
        let poll = self.state().audience.poll.unwrap();
        poll.answers.iter().map(|answer| answer.votes).collect()
    }
}

fn open() -> FromClient {
    FromClient::Audience(AudienceWish::OpenPoll {
        question: "Quel métier ?".into(),
        answers: vec!["Menuisier".into(), "Autre".into()],
    })
}

fn choose(scene: Option<SceneView>) -> FromClient {
    FromClient::ChooseScene { scene }
}
