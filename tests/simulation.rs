//! Boxes, the bridge's media half and viewers in virtual time, over a network that delays, loses
//! and reorders: what a viewer sees and hears, and that its streams never break.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "the whole program is tests"
)]

#[path = "simulation/client.rs"]
mod client;
#[path = "simulation/world.rs"]
mod world;

use std::time::Duration;

use bridge::sfu::{Event, PeerId};
use client::Kind;
use conference::RoomId;
use world::{Net, World};

/// Button to picture.
const FLOOR_TO_FRAME: Duration = Duration::from_millis(500);

#[test]
fn the_holder_fills_every_other_rooms_main_slot_within_500_ms() {
    let mut world = four_rooms();
    let mut waits = Vec::new();
    for (holder, last) in [
        (0, None),
        (1, Some(0)),
        (2, Some(1)),
        (3, Some(2)),
        (0, Some(3)),
        (2, Some(0)),
    ] {
        waits.extend(floor_to_frame(&mut world, holder, last));
    }
    report("no loss", &mut waits);
    assert!(
        waits.iter().all(|wait| *wait <= FLOOR_TO_FRAME),
        "{waits:?}"
    );
    for viewer in world.viewers.values() {
        viewer.check_streams(true);
    }
}

#[test]
fn under_loss_jitter_and_reordering_the_streams_never_break() {
    for (seed, loss) in [(1, 0.01), (2, 0.03), (3, 0.05), (4, 0.10)] {
        let mut world = four_rooms();
        world.set_net(
            Net {
                latency_ms: 20,
                jitter_ms: 8,
                loss,
                reorder_every: Some(40),
            },
            seed,
        );
        let mut waits = Vec::new();
        for turn in 0..8 {
            waits.extend(floor_to_frame(&mut world, turn % 4, Some((turn + 3) % 4)));
        }
        report(&format!("{} % loss each way", loss * 100.0), &mut waits);
        assert!(
            waits.iter().all(|wait| *wait <= Duration::from_secs(3)),
            "{waits:?}"
        );
        for viewer in world.viewers.values() {
            viewer.check_streams(false);
        }
    }
}

#[test]
fn the_holder_is_heard_by_all_whoever_is_louder() {
    let mut world = World::new(6);
    for room in 0..6 {
        world.join(room);
    }
    assert!(world.run_while(5_000, World::all_connected));
    for room in 0..5 {
        world.speak(room, -20);
    }
    world.speak(5, -60);
    world.run_for(1_000);
    for holder in [5, 0, 5] {
        world.give_floor(Some(holder), None);
        world.run_for(100);
        let at = world.now;
        world.run_for(1_000);
        for viewer in world
            .viewers
            .values()
            .filter(|viewer| viewer.room != Some(RoomId(holder)))
        {
            let heard = viewer.heard(at);
            let packets = heard.get(&RoomId(holder)).copied().unwrap_or(0);
            assert!(
                packets >= 48,
                "{:?} heard {packets} packets of the holder in a second",
                viewer.room
            );
            assert!(
                !viewer.room.is_some_and(|own| heard.contains_key(&own)),
                "it hears itself"
            );
            // Three at a time; one may have made way for a louder one meanwhile.
            assert!(heard.len() <= 4, "{heard:?}");
        }
    }
    for viewer in world.viewers.values() {
        viewer.check_streams(true);
    }
}

#[test]
fn a_room_that_vanishes_leaves_the_others_undisturbed_and_its_slot_to_another() {
    let mut world = World::new(7);
    let peers: Vec<(PeerId, PeerId)> = (0..7).map(|room| world.join(room)).collect();
    assert!(world.run_while(5_000, World::all_connected));
    world.give_floor(Some(0), None);
    world.run_for(2_000);
    // Room 6 sees 0 large and 1, 2, 3, 4 small; 5 stands outside.
    let viewer = peers[6].1;
    let shown = |world: &World| -> Vec<Option<u16>> {
        let slots = &world.sfu.stats(world.now).viewers[&viewer].video;
        slots
            .iter()
            .map(|slot| slot.room.map(|room| room.0))
            .collect()
    };
    assert_eq!(shown(&world), [Some(0), Some(1), Some(2), Some(3), Some(4)]);
    let at = world.now;
    world.cut(peers[2].0);
    world.cut(peers[2].1);
    world.run_for(6_500);
    let gone = |peer| {
        world
            .events
            .iter()
            .find(|(_, event)| *event == Event::Disconnected { peer })
    };
    for peer in [peers[2].0, peers[2].1] {
        let (when, _) = gone(peer).expect("it is told");
        assert!(
            *when - at <= Duration::from_millis(5_500),
            "{:?}",
            *when - at
        );
    }
    assert_eq!(shown(&world), [Some(0), Some(1), Some(5), Some(3), Some(4)]);
    let (viewer, since) = (&world.viewers[&viewer], at);
    let longest = viewer.longest_gap(0, since);
    assert!(
        longest <= Duration::from_millis(60),
        "the main picture stood still for {longest:?}"
    );
    assert_eq!(
        viewer
            .pictures
            .iter()
            .map(|slot| slot.broken)
            .sum::<usize>(),
        0
    );
    viewer.check_streams(true);
}

#[test]
fn a_holder_that_publishes_late_or_anew_is_picked_up() {
    let mut world = World::new(3);
    world.join(0);
    let watcher = world.watch(Some(1), Kind::BOX);
    assert!(world.run_while(5_000, World::all_connected));
    world.give_floor(Some(2), None);
    world.run_for(2_000);
    for _ in 0..2 {
        let at = world.now;
        let publisher = world.publish(2, Kind::BOX);
        let seen = |world: &World| world.viewers[&watcher].saw(0, RoomId(2), at).is_some();
        assert!(
            world.run_while(1_000, seen),
            "not seen within a second of its offer"
        );
        world.run_for(1_000);
        world.leave(publisher);
        world.run_for(1_000);
    }
    world.viewers[&watcher].check_streams(true);
}

#[test]
fn lost_packets_are_made_good_by_sending_them_again() {
    let frames = |resends: bool| {
        let kind = Kind {
            resends,
            ..Kind::BOX
        };
        let mut world = World::new(2);
        world.publish(0, kind);
        let viewer = world.watch(Some(1), kind);
        assert!(world.run_while(5_000, World::all_connected));
        world.give_floor(Some(0), None);
        world.run_for(1_000);
        world.set_net(
            Net {
                loss: 0.03,
                latency_ms: 20,
                ..Net::GOOD
            },
            7,
        );
        let at = world.now;
        world.run_for(20_000);
        let viewer = &world.viewers[&viewer];
        viewer.check_streams(false);
        viewer.pictures[0]
            .shown
            .iter()
            .filter(|(when, _)| *when >= at)
            .count()
    };
    let (with, without) = (frames(true), frames(false));
    println!("whole frames of 500 at 3 % loss each way: {with} with resends, {without} without");
    assert!(with >= 400, "{with} of 500");
    assert!(
        without * 2 < with,
        "resends make no difference: {with} and {without}"
    );
}

#[test]
fn what_a_room_loses_is_known_in_both_directions() {
    let mut world = World::new(2);
    world.publish(0, Kind::BOX);
    let viewer = world.watch(Some(1), Kind::BOX);
    assert!(world.run_while(5_000, World::all_connected));
    world.give_floor(Some(0), None);
    let mut mean = |loss: f32| {
        world.set_net(Net { loss, ..Net::GOOD }, 7);
        world.run_for(1_500);
        let mut sums = [0.0; 2];
        for _ in 0..10 {
            world.run_for(1_000);
            let stats = world.sfu.stats(world.now);
            assert_eq!(stats.loss_of(RoomId(1)), stats.viewers[&viewer].loss);
            for (sum, room) in sums.iter_mut().zip([0, 1]) {
                *sum += stats.loss_of(RoomId(room)).unwrap() / 10.0;
            }
        }
        sums
    };
    assert_eq!(mean(0.0), [0.0; 2]);
    let lossy = mean(0.10);
    println!("10 % lost each way; known: {lossy:?}");
    assert!(
        lossy.iter().all(|part| (0.05..0.15).contains(part)),
        "{lossy:?}"
    );
}

#[test]
fn strangers_publish_and_watch_with_one_picture_and_one_sound() {
    let mut world = World::new(2);
    world.join(0);
    world.publish(1, Kind::FOREIGN);
    let viewer = world.watch(None, Kind::FOREIGN);
    assert!(world.run_while(5_000, World::all_connected));
    for holder in [1, 0, 1] {
        let at = world.now;
        world.give_floor(Some(holder), None);
        world.run_for(1_000);
        let seen = world.viewers[&viewer]
            .saw(0, RoomId(holder), at)
            .map(|when| when - at);
        assert!(seen.is_some_and(|wait| wait <= FLOOR_TO_FRAME), "{seen:?}");
        let late = world.viewers[&viewer].heard(at + Duration::from_millis(200));
        assert_eq!(late.keys().collect::<Vec<_>>(), [&RoomId(holder)]);
    }
    world.viewers[&viewer].check_streams(true);
}

#[test]
fn the_large_picture_is_asked_for_only_while_it_is_seen() {
    let mut world = four_rooms();
    world.give_floor(Some(0), None);
    world.run_for(3_000);
    let at = world.now;
    world.give_floor(Some(2), Some(0));
    world.run_for(6_000);
    let told: Vec<_> = world
        .events
        .iter()
        .filter(|(when, _)| *when >= at)
        .filter_map(|(when, event)| match event {
            Event::MainWanted { room, wanted } => {
                Some((when.duration_since(at).as_millis(), room.0, *wanted))
            }
            _ => None,
        })
        .collect();
    // Room 2 sees the one before it, 0; room 1 was what room 0 saw.
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], (0, 2, true));
    let (after, room, wanted) = told[1];
    assert_eq!((room, wanted), (1, false));
    assert!((2_000..=2_100).contains(&after), "{after} ms");
    assert_eq!(
        world.sfu.stats(world.now).rooms[&RoomId(1)].pictures[&bridge::sfu::Picture::Main].bps,
        0
    );
}

#[test]
fn who_is_removed_is_told() {
    let mut world = World::new(1);
    let (publisher, viewer) = world.join(0);
    assert!(world.run_while(5_000, World::all_connected));
    world.remove(publisher);
    world.remove(viewer);
    let closed =
        |world: &World| world.boxes[&publisher].link.closed && world.viewers[&viewer].link.closed;
    assert!(world.run_while(500, closed));
}

#[test]
fn on_a_good_link_nothing_is_held_back() {
    let mut world = four_rooms();
    world.give_floor(Some(0), None);
    for _ in 0..20 {
        world.run_for(500);
        let stats = world.sfu.stats(world.now);
        for (peer, viewer) in &stats.viewers {
            let rooms = viewer
                .video
                .iter()
                .filter(|slot| slot.wanted.is_some())
                .count();
            assert_eq!(
                rooms, 3,
                "{peer:?}: {:?} {:?}",
                viewer.estimate_bps, viewer.video
            );
        }
    }
}

#[test]
fn on_a_narrow_link_pictures_give_way_and_sound_does_not() {
    let mut world = four_rooms();
    world.give_floor(Some(0), None);
    world.run_for(2_000);
    let viewer = *world.viewers.keys().last().unwrap();
    world.narrow(viewer, 600);
    world.run_for(10_000);
    let at = world.now;
    world.run_for(5_000);
    let heard = world.viewers[&viewer].heard(at);
    println!("heard of 250 packets each over 600 kbit/s: {heard:?}");
    assert!((0..3).all(|room| heard[&RoomId(room)] >= 240), "{heard:?}");
    let others = world
        .viewers
        .values()
        .filter(|other| other.room != world.viewers[&viewer].room);
    let large = bridge::sfu::Picture::Main;
    assert!(world.sfu.stats(world.now).rooms[&RoomId(0)].pictures[&large].bps > 800_000);
    for other in others.filter(|other| other.room != Some(RoomId(0))) {
        assert!(
            other.longest_gap(0, at) <= Duration::from_millis(60),
            "another viewer suffered"
        );
    }
}

fn four_rooms() -> World {
    let mut world = World::new(4);
    for room in 0..4 {
        world.join(room);
    }
    assert!(world.run_while(5_000, World::all_connected));
    world.run_for(1_000);
    world
}

/// Gives the floor, runs on for two seconds and more, and says how long each other room waited
/// for a whole frame of the holder.
fn floor_to_frame(world: &mut World, holder: u16, last: Option<u16>) -> Vec<Duration> {
    let at = world.now;
    world.give_floor(Some(holder), last);
    let seen = |world: &World| {
        let mut others = world
            .viewers
            .values()
            .filter(|viewer| viewer.room != Some(RoomId(holder)));
        others.all(|viewer| viewer.saw(0, RoomId(holder), at).is_some())
    };
    assert!(
        world.run_while(5_000, seen),
        "room {holder} was never seen by all"
    );
    let others = world
        .viewers
        .values()
        .filter(|viewer| viewer.room != Some(RoomId(holder)));
    let waits = others
        .map(|viewer| viewer.saw(0, RoomId(holder), at).unwrap() - at)
        .collect();
    world.run_for(2_000);
    waits
}

fn report(what: &str, waits: &mut [Duration]) {
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_millis();
    println!(
        "floor to frame, {what}: n={} p50={} ms p95={} ms max={} ms",
        waits.len(),
        at(50),
        at(95),
        at(100)
    );
}
