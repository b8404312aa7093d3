//! A picture slot: one outgoing stream that changes its source at a key frame only.

use std::collections::BTreeMap;

use super::h264::Start;
use super::rewrite::Rewriter;
use super::{Numbers, Packet, Run, SourceId};

/// RTP clock rate of video, in ticks per second (RFC 6184 section 8.1).
pub const CLOCK_RATE: u32 = 90_000;

/// Packets of the next source kept while the old picture's last frame is completed.
const MAX_HELD: usize = 128;
/// The longest they are kept, in microseconds.
const HOLD_US: i64 = 30_000;

/// One picture slot of one viewer. `B` is what goes with a packet's numbers.
#[derive(Debug)]
pub struct VideoSlot<B> {
    out: Rewriter,
    state: State,
    /// The source before the one that flows.
    before: Option<Source>,
    /// Timestamp of the latest frame that flows, and whether its end is still to come.
    frame: Option<(u64, bool)>,
    /// The key frame of the wanted source, until the old picture's last frame is complete: a
    /// decoder would wait long for the rest of a frame that was cut. Each packet with whether it
    /// ends a frame.
    held: Vec<(Packet, bool, B)>,
    held_source: Option<Source>,
    held_since_us: i64,
    /// The latest run of each source that flowed, and how far: nothing before that starts again.
    passed: BTreeMap<SourceId, (Run, u64)>,
}

/// What flows and what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is wished for.
    Empty,
    /// This source flows.
    Flowing(Source),
    /// The old picture keeps flowing until the first packet of a key frame of the wanted
    /// source. The wish is kept for ever: the source may not even publish yet.
    Waiting {
        /// What still flows, if anything.
        old: Option<Source>,
        /// What is to flow.
        wanted: SourceId,
        /// Since when it is wished for.
        since_us: i64,
        /// The latest packet of the wanted source: its run, sequence number and timestamp.
        latest: Option<(Run, u64, u64)>,
    },
}

/// A source and the run of it that flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The room and layer.
    pub id: SourceId,
    /// The connection and SSRC.
    pub run: Run,
}

/// A packet to be sent in the slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward<B> {
    /// Its numbers there.
    pub numbers: Numbers,
    /// When it was captured.
    pub capture_us: i64,
    /// What came with it.
    pub body: B,
    /// It is the first of a new source, after a wait of this many microseconds.
    pub switched_after_us: Option<i64>,
}

/// A packet as it reaches the slots.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Whose it is.
    pub source: Source,
    /// Its numbers at the source.
    pub packet: Packet,
    /// What its payload starts.
    pub start: Start,
    /// It ends a frame.
    pub marker: bool,
    /// Now.
    pub now_us: i64,
}

impl<B: Clone> VideoSlot<B> {
    /// An empty slot; see [`Rewriter::new`] for the arguments.
    pub fn new(epoch_us: i64, first_seq: u64) -> Self {
        Self {
            out: Rewriter::new(CLOCK_RATE, epoch_us, first_seq),
            state: State::Empty,
            before: None,
            frame: None,
            held: Vec::new(),
            held_source: None,
            held_since_us: 0,
            passed: BTreeMap::new(),
        }
    }

    /// What is, or is to be, in the slot.
    pub fn wish(&self) -> Option<SourceId> {
        match self.state {
            State::Empty => None,
            State::Flowing(source) => Some(source.id),
            State::Waiting { wanted, .. } => Some(wanted),
        }
    }

    /// What flows now.
    pub fn flowing(&self) -> Option<SourceId> {
        self.flowing_source().map(|source| source.id)
    }

    /// The source a key frame is needed of.
    pub fn waiting_for(&self) -> Option<SourceId> {
        match self.state {
            State::Waiting { wanted, .. } => Some(wanted).filter(|_| self.held.is_empty()),
            State::Empty | State::Flowing(_) => None,
        }
    }

    /// Says what is to be in the slot. What flows keeps flowing until that comes; `None`
    /// empties the slot at once.
    pub fn set_wish(&mut self, wish: Option<SourceId>, now_us: i64) {
        if wish == self.wish() {
            return;
        }
        let old = self.flowing_source();
        self.held.clear();
        self.state = match (wish, old) {
            (None, _) => State::Empty,
            (Some(wanted), Some(old)) if old.id == wanted => State::Flowing(old),
            (Some(wanted), old) => waiting(old, wanted, now_us),
        };
    }

    /// Takes a packet of any source; what is to be sent is added to `out`.
    pub fn handle(&mut self, arrival: &Arrival, body: &B, out: &mut Vec<Forward<B>>) {
        let Arrival {
            source,
            packet,
            now_us,
            ..
        } = arrival;
        if self.flowing_source() == Some(*source) {
            let numbers = self.out.forward(packet);
            self.pass(arrival, numbers, body, out);
            if !self.frame_is_open() {
                self.switch(*now_us, out);
            }
            return;
        }
        if self.before == Some(*source)
            && let Some(numbers) = self.out.forward_before(packet)
        {
            out.push(forward(numbers, packet, body, None));
            return;
        }
        let newer = |old: Source| old.id == source.id && old.run < source.run;
        if self.flowing_source().is_some_and(newer) && self.wish() == Some(source.id) {
            // The room came back, or its encoder started over: what flowed will not go on.
            self.state = waiting(None, source.id, *now_us);
        }
        if self.hold(arrival, body) && (!self.frame_is_open() || self.held.len() >= MAX_HELD) {
            self.switch(*now_us, out);
        }
    }

    /// Time passed: a frame whose end does not come is given up.
    pub fn handle_timeout(&mut self, now_us: i64, out: &mut Vec<Forward<B>>) {
        if now_us - self.held_since_us >= HOLD_US {
            self.switch(now_us, out);
        }
    }

    /// Sends a packet of what flows, and notes where its frame stands.
    fn pass(
        &mut self,
        arrival: &Arrival,
        numbers: Option<Numbers>,
        body: &B,
        out: &mut Vec<Forward<B>>,
    ) {
        let Some(numbers) = numbers else { return };
        out.push(forward(numbers, &arrival.packet, body, None));
        self.note_frame(arrival.packet.time, arrival.marker);
        self.note_passed(arrival.source, arrival.packet.seq);
    }

    fn note_frame(&mut self, time: u64, marker: bool) {
        let newer = self.frame.is_none_or(|(latest, _)| time > latest);
        let ended = marker && self.frame.is_some_and(|(latest, _)| time == latest);
        if newer || ended {
            self.frame = Some((time, !marker));
        }
    }

    fn note_passed(&mut self, source: Source, seq: u64) {
        let passed = self.passed.entry(source.id).or_insert((source.run, seq));
        *passed = (*passed).max((source.run, seq));
    }

    /// Whether the end of the old picture's latest frame is still to come.
    fn frame_is_open(&self) -> bool {
        self.flowing_source().is_some() && self.frame.is_some_and(|(_, open)| open)
    }

    /// Keeps a packet of the wanted source from its key frame on. True: something is kept.
    fn hold(&mut self, arrival: &Arrival, body: &B) -> bool {
        let Arrival {
            source,
            packet,
            start,
            marker,
            now_us,
        } = *arrival;
        let State::Waiting { wanted, latest, .. } = &mut self.state else {
            return false;
        };
        if *wanted != source.id {
            return false;
        }
        let passed = self.passed.get(&source.id);
        if passed.is_some_and(|passed| (source.run, packet.seq) <= *passed)
            || latest.is_some_and(|(run, ..)| source.run < run)
        {
            // What is left of a run that ended, or flowed before.
            return false;
        }
        let before = latest
            .filter(|(run, ..)| *run == source.run)
            .map(|(_, seq, time)| (seq, time));
        let late = before.is_some_and(|(seq, _)| packet.seq <= seq);
        if !late {
            *latest = Some((source.run, packet.seq, packet.time));
        }
        if packet.empty {
            return false;
        }
        let kept = !self.held.is_empty() && self.held_source == Some(source);
        // What comes late before a start is let go: what follows it has been let go, too.
        if !kept && (late || !can_start(start, &packet, before)) {
            return false;
        }
        if !kept {
            self.held.clear();
            self.held_source = Some(source);
            self.held_since_us = now_us;
        }
        self.held.push((packet, marker, body.clone()));
        true
    }

    /// Lets the wanted source flow, if its key frame is there.
    fn switch(&mut self, now_us: i64, out: &mut Vec<Forward<B>>) {
        let State::Waiting { old, since_us, .. } = self.state else {
            return;
        };
        let Some(source) = self.held_source.filter(|_| !self.held.is_empty()) else {
            return;
        };
        self.before = old;
        self.state = State::Flowing(source);
        let mut first = Some(now_us - since_us);
        self.frame = None;
        for (packet, marker, body) in std::mem::take(&mut self.held) {
            let switched = first.take();
            let numbers = if switched.is_some() {
                Some(self.out.begin(&packet))
            } else {
                self.out.forward(&packet)
            };
            out.extend(numbers.map(|numbers| forward(numbers, &packet, &body, switched)));
            self.note_frame(packet.time, marker);
            self.note_passed(source, packet.seq);
        }
    }

    fn flowing_source(&self) -> Option<Source> {
        match self.state {
            State::Empty => None,
            State::Flowing(source) => Some(source),
            State::Waiting { old, .. } => old,
        }
    }
}

fn waiting(old: Option<Source>, wanted: SourceId, now_us: i64) -> State {
    State::Waiting {
        old,
        wanted,
        since_us: now_us,
        latest: None,
    }
}

fn forward<B: Clone>(
    numbers: Numbers,
    packet: &Packet,
    body: &B,
    switched_after_us: Option<i64>,
) -> Forward<B> {
    Forward {
        numbers,
        capture_us: packet.capture_us,
        body: body.clone(),
        switched_after_us,
    }
}

/// A decoder can start at parameter sets. It can start at an IDR slice without them only when
/// they are certain not to have been lost just before: the packet before belongs to another picture.
fn can_start(start: Start, packet: &Packet, before: Option<(u64, u64)>) -> bool {
    match start {
        Start::Parameters => true,
        Start::KeyFrame => {
            before.is_some_and(|(seq, time)| seq + 1 == packet.seq && time != packet.time)
        }
        Start::None => false,
    }
}
