//! What a packet costs in the slots. Budget, to be confirmed on the board: 16 rooms send about
//! 2,500 packets a second, each looked at in 5 slots of 16 viewers; at 50 ns a look that is 1 % of
//! a core.

use bridge::slots::h264::{self, Start};
use bridge::slots::video::{Arrival, Source, VideoSlot};
use bridge::slots::{Layer, Packet, Run, SourceId};
use conference::RoomId;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const PACKETS: u64 = 10_000;

fn source(room: u16) -> Source {
    let id = SourceId {
        room: RoomId(room),
        layer: Layer::Main,
    };
    Source { id, run: Run(1) }
}

fn arrival(room: u16, seq: u64) -> Arrival {
    let capture_us = seq as i64 * 8_000;
    Arrival {
        source: source(room),
        packet: Packet {
            seq,
            time: seq / 5 * 3_600,
            capture_us,
            empty: false,
        },
        start: if seq == 0 {
            Start::Parameters
        } else {
            Start::None
        },
        marker: seq % 5 == 4,
        now_us: capture_us,
    }
}

/// Packets of the room that the slot shows.
#[divan::bench(counters = [divan::counter::ItemsCount::new(PACKETS)])]
fn shown(bencher: Bencher) {
    bencher.bench(|| pass(0));
}

/// Packets of a room that the slot does not show: most of all.
#[divan::bench(counters = [divan::counter::ItemsCount::new(PACKETS)])]
fn not_shown(bencher: Bencher) {
    bencher.bench(|| pass(1));
}

fn pass(room: u16) -> usize {
    let mut slot = VideoSlot::new(0, 1);
    slot.set_wish(Some(source(0).id), 0);
    let mut out = Vec::new();
    let mut sent = 0;
    for seq in 0..PACKETS {
        slot.handle(black_box(&arrival(room, seq)), &(), &mut out);
        sent += out.len();
        out.clear();
    }
    sent
}

/// Looking for a key frame in a full packet.
#[divan::bench]
fn key_frame(bencher: Bencher) {
    let payload = [0x41; 1_200];
    bencher.bench(|| h264::start(black_box(&payload)));
}
