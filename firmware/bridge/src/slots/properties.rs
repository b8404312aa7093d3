//! What must hold of a slot whatever its sources and the network do.

use std::collections::{BTreeMap, BTreeSet};

use conference::RoomId;
use proptest::prelude::*;

use super::h264::Start;
use super::video::{Arrival, CLOCK_RATE, Forward, Source, VideoSlot};
use super::{Layer, Packet, Run, SourceId};

const SOURCES: u16 = 3;
const FRAME_US: i64 = 40_000;
/// Where the sources' numbers start: both wrap on the wire within a test.
const FIRST_SEQ: u64 = 65_520;
const FIRST_TIME: u64 = (1 << 32) - 40_000;
/// Where the slot's own numbers start: its sequence wraps soon, too, and its timestamps.
const SLOT_SEQ: u64 = 65_500;
const SLOT_EPOCH_US: i64 = -((1_i64 << 32) * 1_000_000 / CLOCK_RATE as i64 - 500_000);

/// What happens to a packet on its way to the bridge.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    Lost,
    Twice,
    /// This many packets later.
    Late(usize),
}

/// One step of an evening.
#[derive(Clone, Debug)]
enum Step {
    /// A source sends a frame of packets with these fates.
    Frame {
        source: u16,
        key: bool,
        packets: Vec<Fate>,
        padding: bool,
        delay_us: i64,
    },
    /// The slot is to show another source, or nothing.
    Wish(Option<u16>),
    /// A source starts over with other numbers.
    Restart(u16),
}

/// What a packet was at its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Body {
    source: Source,
    seq: u64,
    time: u64,
    key_start: bool,
}

fn fates(network: bool) -> BoxedStrategy<Fate> {
    if !network {
        return Just(Fate::Arrives).boxed();
    }
    let late = (1..12_usize).prop_map(Fate::Late);
    prop_oneof![12 => Just(Fate::Arrives), 2 => Just(Fate::Lost), 1 => Just(Fate::Twice), 2 => late]
        .boxed()
}

fn steps(network: bool) -> impl Strategy<Value = Vec<Step>> {
    let packets = prop::collection::vec(fates(network), 1..6);
    let delay = if network { 0..150_000_i64 } else { 0..1_i64 };
    let frame = (
        0..SOURCES,
        prop::bool::weighted(0.3),
        packets,
        prop::bool::weighted(0.1),
        delay,
    )
        .prop_map(|(source, key, packets, padding, delay_us)| Step::Frame {
            source,
            key,
            packets,
            padding,
            delay_us,
        });
    let wish = prop::option::weighted(0.9, 0..SOURCES).prop_map(Step::Wish);
    let restart = (0..SOURCES).prop_map(Step::Restart);
    prop::collection::vec(prop_oneof![20 => frame, 3 => wish, 1 => restart], 1..120)
}

/// The packets of all steps in the order in which they reach the bridge, with the wishes between.
enum Happening {
    Arrives(Arrival, Body),
    Wish(Option<SourceId>, i64),
}

fn id(source: u16) -> SourceId {
    SourceId {
        room: RoomId(source),
        layer: Layer::Main,
    }
}

fn happenings(steps: &[Step]) -> Vec<Happening> {
    let mut senders: BTreeMap<u16, (u32, u64, u64)> = (0..SOURCES)
        .map(|source| (source, (u32::from(source), FIRST_SEQ, FIRST_TIME)))
        .collect();
    let mut now_us = 1_000_000;
    let mut queue: Vec<(usize, Happening)> = Vec::new();
    let mut at = 0;
    for step in steps {
        match step {
            Step::Wish(wish) => queue.push((at, Happening::Wish(wish.map(id), now_us))),
            Step::Restart(source) => {
                let (run, seq, time) = senders.get_mut(source).unwrap();
                *run += u32::from(SOURCES);
                (*seq, *time) = (FIRST_SEQ - 3, FIRST_TIME - 777);
            }
            Step::Frame {
                source,
                key,
                packets,
                padding,
                delay_us,
            } => {
                now_us += FRAME_US / i64::from(SOURCES);
                let (run, seq, time) = senders.get_mut(source).unwrap();
                *time += 3_600;
                let source = Source {
                    id: id(*source),
                    run: Run(*run),
                };
                for (number, fate) in packets.iter().enumerate() {
                    *seq += 1;
                    at += 1;
                    let key_start = *key && number == 0;
                    let start = if key_start {
                        Start::Parameters
                    } else {
                        Start::None
                    };
                    let packet = Packet {
                        seq: *seq,
                        time: *time,
                        capture_us: now_us - delay_us,
                        empty: false,
                    };
                    let marker = number + 1 == packets.len();
                    let arrival = Arrival {
                        source,
                        packet,
                        start,
                        marker,
                        now_us,
                    };
                    let body = Body {
                        source,
                        seq: *seq,
                        time: *time,
                        key_start,
                    };
                    let times = match fate {
                        Fate::Lost => vec![],
                        Fate::Arrives => vec![at],
                        Fate::Twice => vec![at, at + 1],
                        Fate::Late(by) => vec![at + by],
                    };
                    queue.extend(
                        times
                            .into_iter()
                            .map(|when| (when, Happening::Arrives(arrival, body))),
                    );
                }
                if *padding {
                    *seq += 1;
                    at += 1;
                    let packet = Packet {
                        seq: *seq,
                        time: *time,
                        capture_us: now_us,
                        empty: true,
                    };
                    let arrival = Arrival {
                        source,
                        packet,
                        start: Start::None,
                        marker: false,
                        now_us,
                    };
                    let body = Body {
                        source,
                        seq: *seq,
                        time: *time,
                        key_start: false,
                    };
                    queue.push((at, Happening::Arrives(arrival, body)));
                }
            }
        }
    }
    queue.sort_by_key(|(when, _)| *when);
    queue.into_iter().map(|(_, happening)| happening).collect()
}

fn run(steps: &[Step]) -> Vec<Forward<Body>> {
    let mut slot = VideoSlot::new(SLOT_EPOCH_US, SLOT_SEQ);
    let mut out = Vec::new();
    for happening in happenings(steps) {
        match happening {
            Happening::Wish(wish, now_us) => slot.set_wish(wish, now_us),
            Happening::Arrives(arrival, body) => {
                slot.handle_timeout(arrival.now_us, &mut out);
                slot.handle(&arrival, &body, &mut out);
            }
        }
    }
    out
}

fn check(out: &[Forward<Body>]) -> Result<(), TestCaseError> {
    let mut numbers = BTreeSet::new();
    for forward in out {
        prop_assert!(
            numbers.insert(forward.numbers.seq),
            "number {} twice",
            forward.numbers.seq
        );
        prop_assert!(
            forward.switched_after_us.is_none() || forward.body.key_start,
            "a switch without key frame"
        );
    }
    let mut sorted: Vec<_> = out.iter().collect();
    sorted.sort_by_key(|forward| forward.numbers.seq);
    for pair in sorted.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let on_wire = (b.numbers.time as u32).wrapping_sub(a.numbers.time as u32) as i32;
        prop_assert!(on_wire >= 0, "time went back by {} ticks", -on_wire);
        let same_frame = a.body.source == b.body.source && a.body.time == b.body.time;
        prop_assert_eq!(
            on_wire == 0,
            same_frame,
            "frames run together, or one is torn"
        );
        let step = b.numbers.seq - a.numbers.seq;
        prop_assert_eq!(
            u64::from((b.numbers.seq as u16).wrapping_sub(a.numbers.seq as u16)),
            step
        );
        if a.body.source == b.body.source && b.switched_after_us.is_none() {
            prop_assert!(
                step <= b.body.seq - a.body.seq,
                "a gap that the source did not have"
            );
        } else {
            prop_assert!(b.switched_after_us.is_some(), "sources are mixed");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn over_any_network_a_slot_is_one_unbroken_stream(steps in steps(true)) {
        check(&run(&steps))?;
    }

    #[test]
    fn over_a_perfect_network_no_number_is_left_out(steps in steps(false)) {
        let out = run(&steps);
        check(&out)?;
        for (at, forward) in out.iter().enumerate() {
            prop_assert_eq!(forward.numbers.seq, SLOT_SEQ + at as u64);
        }
    }
}

#[test]
fn the_old_picture_flows_until_the_key_frame_of_the_wanted_one() {
    let frame = |source, key| Step::Frame {
        source,
        key,
        packets: vec![Fate::Arrives; 3],
        padding: false,
        delay_us: 0,
    };
    let script = [
        Step::Wish(Some(0)),
        frame(0, true),
        Step::Wish(Some(1)),
        frame(1, false),
        frame(0, false),
        frame(1, true),
        frame(0, false),
        frame(1, false),
    ];
    let shown: Vec<u16> = run(&script)
        .iter()
        .step_by(3)
        .map(|forward| forward.body.source.id.room.0)
        .collect();
    assert_eq!(shown, [0, 0, 1, 1]);
}

#[test]
fn a_frame_is_not_cut_by_the_next_source() {
    let mut slot = VideoSlot::new(0, 1);
    let mut out = Vec::new();
    let arrival = |source: u16, seq, start, marker| Arrival {
        source: Source {
            id: id(source),
            run: Run(u32::from(source)),
        },
        packet: Packet {
            seq,
            time: 9_000,
            capture_us: 1_000,
            empty: false,
        },
        start,
        marker,
        now_us: 1_000,
    };
    slot.set_wish(Some(id(0)), 0);
    slot.handle(&arrival(0, 1, Start::Parameters, false), &"old 1", &mut out);
    slot.set_wish(Some(id(1)), 0);
    slot.handle(&arrival(1, 1, Start::Parameters, false), &"new 1", &mut out);
    slot.handle(&arrival(1, 2, Start::None, true), &"new 2", &mut out);
    slot.handle(&arrival(0, 2, Start::None, true), &"old 2", &mut out);
    let order: Vec<_> = out.iter().map(|forward| forward.body).collect();
    assert_eq!(order, ["old 1", "old 2", "new 1", "new 2"]);
}

#[test]
fn a_frame_whose_end_was_lost_does_not_hold_up_the_next_source() {
    let mut slot = VideoSlot::new(0, 1);
    let mut out = Vec::new();
    let arrival = |source: u16, start| Arrival {
        source: Source {
            id: id(source),
            run: Run(u32::from(source)),
        },
        packet: Packet {
            seq: 1,
            time: 9_000,
            capture_us: 0,
            empty: false,
        },
        start,
        marker: false,
        now_us: 0,
    };
    slot.set_wish(Some(id(0)), 0);
    slot.handle(&arrival(0, Start::Parameters), &"old", &mut out);
    slot.set_wish(Some(id(1)), 0);
    slot.handle(&arrival(1, Start::Parameters), &"new", &mut out);
    slot.handle_timeout(29_000, &mut out);
    assert_eq!(out.len(), 1);
    slot.handle_timeout(30_000, &mut out);
    assert_eq!(out.len(), 2);
    assert_eq!(slot.flowing(), Some(id(1)));
}
