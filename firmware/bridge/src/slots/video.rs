//! A picture slot: one outgoing stream that changes its source at a key frame only.

use super::h264::Start;
use super::rewrite::Rewriter;
use super::{Numbers, Packet, Run, SourceId};

/// RTP clock rate of video, in ticks per second (RFC 6184 section 8.1).
pub const CLOCK_RATE: u32 = 90_000;

/// One picture slot of one viewer.
#[derive(Debug)]
pub struct VideoSlot {
    out: Rewriter,
    state: State,
}

/// What flows and what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Its numbers there.
    pub numbers: Numbers,
    /// It is the first of a new source, after a wait of this many microseconds.
    pub switched_after_us: Option<i64>,
}

impl VideoSlot {
    /// An empty slot; see [`Rewriter::new`] for the arguments.
    pub fn new(epoch_us: i64, first_seq: u64) -> Self {
        Self {
            out: Rewriter::new(CLOCK_RATE, epoch_us, first_seq),
            state: State::Empty,
        }
    }

    /// What flows and what is waited for.
    pub fn state(&self) -> State {
        self.state
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
            State::Waiting { wanted, .. } => Some(wanted),
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
        self.state = match (wish, old) {
            (None, _) => State::Empty,
            (Some(wanted), Some(old)) if old.id == wanted => State::Flowing(old),
            (Some(wanted), old) => State::Waiting {
                old,
                wanted,
                since_us: now_us,
                latest: None,
            },
        };
    }

    /// Takes a packet of any source, and says whether and how it is sent in this slot.
    pub fn handle(
        &mut self,
        source: Source,
        packet: &Packet,
        start: Start,
        now_us: i64,
    ) -> Option<Forward> {
        if self.flowing_source() == Some(source) {
            let numbers = self.out.forward(packet)?;
            return Some(Forward {
                numbers,
                switched_after_us: None,
            });
        }
        if self
            .flowing_source()
            .is_some_and(|old| old.id == source.id && self.wish() == Some(old.id))
        {
            // The room came back, or its encoder started over: what flowed will not go on.
            self.state = State::Waiting {
                old: None,
                wanted: source.id,
                since_us: now_us,
                latest: None,
            };
        }
        let State::Waiting {
            wanted,
            since_us,
            latest,
            ..
        } = &mut self.state
        else {
            return None;
        };
        if *wanted != source.id {
            return None;
        }
        let before = latest
            .filter(|(run, ..)| *run == source.run)
            .map(|(_, seq, time)| (seq, time));
        if before.is_some_and(|(seq, _)| packet.seq <= seq) {
            // Late: what follows it has been let go, no decoder could use it.
            return None;
        }
        *latest = Some((source.run, packet.seq, packet.time));
        if packet.empty || !can_start(start, packet, before) {
            return None;
        }
        let waited = now_us - *since_us;
        self.state = State::Flowing(source);
        let numbers = self.out.begin(packet);
        Some(Forward {
            numbers,
            switched_after_us: Some(waited),
        })
    }

    fn flowing_source(&self) -> Option<Source> {
        match self.state {
            State::Empty => None,
            State::Flowing(source) => Some(source),
            State::Waiting { old, .. } => old,
        }
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
