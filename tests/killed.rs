//! The bridge is killed at fifty moments of an evening that nobody planned: nothing is lost, ever.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use std::net::SocketAddr;

use conference::wire::{EveningView, FloorView, FromClient, Role, SceneView, State};
use estrade_tests::Service;
use support::{BREST, CHAIR, Client, LOUDEAC, PROGRAMME, settings, write_settings};

const KILLS: usize = 50;

/// Whoever takes part; each speaks on its own connection.
struct Cast {
    chair: Client,
    rooms: [Client; 2],
}

/// What must be the same: everything but times of the wall, which two bridges do not share.
type Seen = (EveningView, FloorView, Vec<u32>);

#[tokio::test]
async fn the_bridge_is_killed_at_fifty_moments_and_nothing_is_lost() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [killed, spared] = folders
        .each_ref()
        .map(|folder| write_settings(folder.path(), &settings(), PROGRAMME));
    // The one that is spared does the same, and says what should have come of it.
    let reference = Service::start("bridge", &spared);
    let mut expected = Cast::join(reference.address("http")).await;
    let mut dice = Dice(20_130_117);
    let mut before: Option<EveningView> = None;
    let (mut done, mut lost) = (0, 0);
    for kill in 0..KILLS {
        let bridge = Service::start("bridge", &killed);
        let mut cast = Cast::join(bridge.address("http")).await;
        let there = cast.seen();
        assert_eq!(there, expected.seen(), "kill {kill}");
        if let Some(before) = &before {
            let times = |view: &EveningView| (view.since_ms, view.ends_ms);
            let now = &cast.chair.state.evening;
            if now.at == before.at {
                assert_eq!(
                    times(now).0,
                    times(before).0,
                    "kill {kill}: the timer began anew"
                );
            }
        }
        for _ in 0..dice.roll(4) {
            let (who, what) = dice.step();
            cast.say(who, what.clone()).await;
            cast.settle().await;
            expected.say(who, what).await;
            expected.settle().await;
            assert_eq!(cast.seen(), expected.seen());
            done += 1;
        }
        before = Some(cast.chair.state.evening.clone());
        // One more step, and the plug is pulled before anybody knows what came of it.
        let (who, what) = dice.plain_step();
        cast.say(who, what.clone()).await;
        for _ in 0..dice.roll(3000) {
            tokio::task::yield_now().await;
        }
        bridge.kill();
        let bridge = Service::start("bridge", &killed);
        let mut cast = Cast::join(bridge.address("http")).await;
        if cast.seen() == expected.seen() {
            lost += 1;
        } else {
            expected.say(who, what.clone()).await;
            expected.settle().await;
        }
        cast.settle().await;
        assert_eq!(
            cast.seen(),
            expected.seen(),
            "kill {kill}: {what:?} is half done"
        );
        bridge.kill();
    }
    println!(
        "{KILLS} moments, {done} steps between them; {lost} of {KILLS} steps were not heard any more"
    );
    assert!(done > KILLS, "the evening did not go on");
    reference.stop();
}

impl Cast {
    async fn join(http: SocketAddr) -> Self {
        let rooms = [
            Client::join_at(http, Role::Room, BREST).await,
            Client::join_at(http, Role::Room, LOUDEAC).await,
        ];
        let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
        chair
            .until("both rooms are there", |state| {
                state.rooms.iter().all(|room| room.present)
            })
            .await;
        let mut cast = Self { chair, rooms };
        cast.settle().await;
        cast
    }

    async fn say(&mut self, who: usize, what: FromClient) {
        match who {
            0 => self.chair.say(what).await,
            room => self.rooms[room - 1].say(what).await,
        }
    }

    /// Whatever was said before has had its effect: each says something that is answered.
    async fn settle(&mut self) {
        for room in &mut self.rooms {
            room.say(FromClient::Advance {}).await;
            forbidden(room).await;
        }
        self.chair.say(FromClient::Pass {}).await;
        forbidden(&mut self.chair).await;
    }

    fn seen(&self) -> Seen {
        let State {
            floor,
            evening,
            rooms,
            ..
        } = &self.chair.state;
        let evening = EveningView {
            since_ms: None,
            ends_ms: None,
            // A restart is no step, but a bridge that was never restarted kept more of them.
            can_undo: false,
            ..evening.clone()
        };
        let turns = rooms.iter().map(|room| room.turns).collect();
        (evening, floor.clone(), turns)
    }
}

/// Waits for the answer to what is not theirs to say; a refusal of an earlier step may come before.
async fn forbidden(client: &mut Client) {
    loop {
        if let conference::wire::FromBridge::Error { .. } = client.answer().await {
            return;
        }
    }
}

/// Numbers that look random and are the same each time (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// A step that is seen at once if it is heard. Others may leave no trace but in what can be taken back.
    fn plain_step(&mut self) -> (usize, FromClient) {
        loop {
            let (who, what) = self.step();
            if matches!(
                what,
                FromClient::Advance {} | FromClient::RequestFloor {} | FromClient::ReleaseFloor {}
            ) {
                return (who, what);
            }
        }
    }

    /// Somebody does something; 0 is the chair.
    fn step(&mut self) -> (usize, FromClient) {
        let room = || "Brest".to_owned();
        match self.roll(12) {
            0..=4 => (0, FromClient::Advance {}),
            5 => (0, FromClient::Undo {}),
            6 => (0, FromClient::AddTime { minutes: 2 }),
            7 => (0, FromClient::GrantFloor { room: room() }),
            8 => (
                0,
                FromClient::ChooseScene {
                    scene: (self.roll(2) == 0).then_some(SceneView::Mosaic),
                },
            ),
            9 => (1, FromClient::RequestFloor {}),
            10 => (2, FromClient::RequestFloor {}),
            _ => (
                1 + usize::from(self.roll(2) == 0),
                FromClient::ReleaseFloor {},
            ),
        }
    }
}
