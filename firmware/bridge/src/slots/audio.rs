//! Which rooms are heard: the loudest few for each viewer, the room on the floor always.
//!
//! Levels come with the packets (RFC 6464), so nothing is decoded. A room keeps its slot while
//! it is chosen, and loses it only to one clearly louder for a while, so that slots do not flap.

use conference::RoomId;

/// RTP clock rate of Opus, in ticks per second (RFC 7587 section 4.1).
pub const CLOCK_RATE: u32 = 48_000;
/// Level of digital silence, in dBov.
pub const SILENCE_DB: f32 = -127.0;

/// Below this smoothed level a gate counts as closed, in dBov.
const OPEN_DB: f32 = -70.0;
/// A room silent for this long gives its slot away at once, in microseconds.
const SILENT_US: i64 = 400_000;
/// How much louder a room must be to take the slot of one that speaks, in decibels.
const LOUDER_DB: f32 = 6.0;
/// And for how long, in microseconds.
const LOUDER_US: i64 = 400_000;
/// Without packets for this long a room is silent, in microseconds. DTX sends one in 400 ms.
const STALE_US: i64 = 600_000;
/// Time constants of the smoothing, in microseconds: a voice that starts counts soon, a pause
/// between two words does not count.
const ATTACK_US: f32 = 40_000.0;
const RELEASE_US: f32 = 400_000.0;

/// How loud a room is.
#[derive(Clone, Copy, Debug)]
pub struct Loudness {
    level_db: f32,
    heard_us: i64,
    open_us: i64,
}

impl Loudness {
    /// A room that was never heard.
    pub fn new() -> Self {
        Self {
            level_db: SILENCE_DB,
            heard_us: i64::MIN / 2,
            open_us: i64::MIN / 2,
        }
    }

    /// Takes the level of a packet, in dBov: 0 the loudest, -127 silence.
    pub fn observe(&mut self, level_db: f32, now_us: i64) {
        let level_db = level_db.clamp(SILENCE_DB, 0.0);
        let constant = if level_db > self.level_db {
            ATTACK_US
        } else {
            RELEASE_US
        };
        let elapsed = now_us.saturating_sub(self.heard_us).clamp(0, 1_000_000) as f32;
        let part = 1.0 - (-elapsed / constant).exp();
        self.level_db += (level_db - self.level_db) * part;
        self.heard_us = now_us;
        if self.level_db > OPEN_DB {
            self.open_us = now_us;
        }
    }

    /// The smoothed level now, in dBov.
    pub fn level_db(&self, now_us: i64) -> f32 {
        if now_us.saturating_sub(self.heard_us) > STALE_US {
            SILENCE_DB
        } else {
            self.level_db
        }
    }

    fn silent(&self, now_us: i64) -> bool {
        now_us.saturating_sub(self.open_us) > SILENT_US
    }
}

impl Default for Loudness {
    fn default() -> Self {
        Self::new()
    }
}

/// The rooms in one viewer's audio slots.
#[derive(Clone, Debug)]
pub struct AudioChoice {
    slots: Vec<Option<RoomId>>,
    challenger: Option<(RoomId, i64)>,
}

impl AudioChoice {
    /// No room in any of `slots` slots.
    pub fn new(slots: usize) -> Self {
        Self {
            slots: vec![None; slots],
            challenger: None,
        }
    }

    /// The room in each slot.
    pub fn slots(&self) -> &[Option<RoomId>] {
        &self.slots
    }

    /// Chooses again. `rooms` are those that send sound, in the programme's order; `floor` is
    /// the room on the floor; `own` the viewer's own, which it never hears.
    pub fn choose(
        &mut self,
        rooms: &[(RoomId, Loudness)],
        floor: Option<RoomId>,
        own: Option<RoomId>,
        now_us: i64,
    ) {
        let heard: Vec<_> = rooms
            .iter()
            .copied()
            .filter(|(room, _)| Some(*room) != own)
            .collect();
        let floor = floor.filter(|floor| heard.iter().any(|(room, _)| room == floor));
        for slot in &mut self.slots {
            *slot = slot.filter(|room| heard.iter().any(|(other, _)| other == room));
        }
        if let Some(floor) = floor.filter(|floor| !self.slots.contains(&Some(*floor)))
            && let Some(at) = self
                .free_slot()
                .or_else(|| self.quietest(&heard, None, now_us))
        {
            self.slots[at] = Some(floor);
        }
        while let Some((at, (room, _))) = self.free_slot().zip(self.loudest_outside(&heard, now_us))
        {
            self.slots[at] = Some(room);
        }
        self.challenge(&heard, floor, now_us);
    }

    /// Gives the quietest room's slot to the loudest outside, if that is to be.
    fn challenge(&mut self, heard: &[(RoomId, Loudness)], floor: Option<RoomId>, now_us: i64) {
        let challenger = self.loudest_outside(heard, now_us);
        let Some(((room, loudness), at)) = challenger.zip(self.quietest(heard, floor, now_us))
        else {
            self.challenger = None;
            return;
        };
        let level = loudness.level_db(now_us);
        let incumbent = self.slots[at].and_then(|room| find(heard, room));
        let incumbent_level = incumbent.map_or(SILENCE_DB, |loudness| loudness.level_db(now_us));
        if level <= OPEN_DB || level < incumbent_level + LOUDER_DB {
            self.challenger = None;
            return;
        }
        let since = self
            .challenger
            .filter(|(other, _)| *other == room)
            .map_or(now_us, |(_, since)| since);
        let silent = incumbent.is_none_or(|loudness| loudness.silent(now_us));
        if silent || now_us.saturating_sub(since) >= LOUDER_US {
            self.slots[at] = Some(room);
            self.challenger = None;
        } else {
            self.challenger = Some((room, since));
        }
    }

    fn free_slot(&self) -> Option<usize> {
        self.slots.iter().position(Option::is_none)
    }

    fn loudest_outside(
        &self,
        heard: &[(RoomId, Loudness)],
        now_us: i64,
    ) -> Option<(RoomId, Loudness)> {
        let outside = heard
            .iter()
            .filter(|(room, _)| !self.slots.contains(&Some(*room)));
        // The first of equals, so that the programme's order decides.
        outside
            .rev()
            .max_by(|(_, a), (_, b)| a.level_db(now_us).total_cmp(&b.level_db(now_us)))
            .copied()
    }

    /// The slot of the quietest room, `floor` left out.
    fn quietest(
        &self,
        heard: &[(RoomId, Loudness)],
        floor: Option<RoomId>,
        now_us: i64,
    ) -> Option<usize> {
        let level = |room: RoomId| {
            find(heard, room).map_or(SILENCE_DB, |loudness| loudness.level_db(now_us))
        };
        let taken = self
            .slots
            .iter()
            .enumerate()
            .filter_map(|(at, room)| Some((at, (*room)?)));
        taken
            .filter(|(_, room)| Some(*room) != floor)
            .min_by(|(_, a), (_, b)| level(*a).total_cmp(&level(*b)))
            .map(|(at, _)| at)
    }
}

fn find(heard: &[(RoomId, Loudness)], room: RoomId) -> Option<&Loudness> {
    heard
        .iter()
        .find(|(other, _)| *other == room)
        .map(|(_, loudness)| loudness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICK_US: i64 = 20_000;

    /// Rooms whose levels are set by the test, chosen from every 20 ms.
    struct Evening {
        rooms: Vec<(RoomId, Loudness)>,
        choice: AudioChoice,
        now_us: i64,
        changes: usize,
    }

    impl Evening {
        fn new(rooms: u16, slots: usize) -> Self {
            let rooms = (0..rooms)
                .map(|room| (RoomId(room), Loudness::new()))
                .collect();
            Self {
                rooms,
                choice: AudioChoice::new(slots),
                now_us: 0,
                changes: 0,
            }
        }

        fn run(&mut self, ms: i64, levels: &[f32], floor: Option<RoomId>, own: Option<RoomId>) {
            let until = self.now_us + ms * 1000;
            while self.now_us < until {
                self.now_us += TICK_US;
                for ((_, loudness), level) in self.rooms.iter_mut().zip(levels) {
                    loudness.observe(*level, self.now_us);
                }
                let before = self.choice.slots().to_vec();
                self.choice.choose(&self.rooms, floor, own, self.now_us);
                self.changes += usize::from(before != self.choice.slots());
            }
        }

        fn heard(&self) -> Vec<u16> {
            let mut heard: Vec<u16> = self
                .choice
                .slots()
                .iter()
                .flatten()
                .map(|room| room.0)
                .collect();
            heard.sort_unstable();
            heard
        }
    }

    #[test]
    fn the_loudest_three_are_heard() {
        let mut evening = Evening::new(5, 3);
        evening.run(1_000, &[-100.0; 5], None, None);
        evening.run(1_000, &[-30.0, -100.0, -25.0, -35.0, -100.0], None, None);
        assert_eq!(evening.heard(), [0, 2, 3]);
    }

    #[test]
    fn a_voice_takes_the_slot_of_a_silent_room_within_100_ms() {
        let mut evening = Evening::new(5, 3);
        evening.run(1_000, &[-100.0; 5], None, None);
        evening.run(100, &[-100.0, -100.0, -100.0, -100.0, -30.0], None, None);
        assert!(evening.heard().contains(&4));
    }

    #[test]
    fn slots_do_not_flap_between_voices_of_like_level() {
        let mut evening = Evening::new(5, 3);
        evening.run(500, &[-30.0, -30.0, -30.0, -100.0, -100.0], None, None);
        evening.changes = 0;
        for turn in 0..50 {
            let (a, b) = if turn % 2 == 0 {
                (-28.0, -31.0)
            } else {
                (-31.0, -28.0)
            };
            evening.run(200, &[-30.0, -30.0, a, b, -100.0], None, None);
        }
        assert_eq!(evening.changes, 0);
    }

    #[test]
    fn a_much_louder_voice_gets_in_after_half_a_second() {
        let mut evening = Evening::new(4, 3);
        evening.run(500, &[-45.0, -40.0, -40.0, -100.0], None, None);
        evening.run(300, &[-45.0, -40.0, -40.0, -20.0], None, None);
        assert_eq!(evening.heard(), [0, 1, 2]);
        evening.run(300, &[-45.0, -40.0, -40.0, -20.0], None, None);
        assert_eq!(evening.heard(), [1, 2, 3]);
    }

    #[test]
    fn the_only_slot_is_the_floors() {
        let mut evening = Evening::new(3, 1);
        evening.run(1_000, &[-20.0, -100.0, -30.0], Some(RoomId(1)), None);
        assert_eq!(evening.heard(), [1]);
        evening.run(1_000, &[-20.0, -100.0, -30.0], None, None);
        assert_eq!(evening.heard(), [0]);
    }

    proptest! {
        #[test]
        fn whatever_is_said_the_floor_is_heard_and_slots_are_kept(
            own in prop::option::of(0..6_u16),
            slots in 1..4_usize,
            steps in prop::collection::vec(
                (prop::collection::vec(-127.0..0.0_f32, 6), prop::option::of(0..6_u16), 1..20_i64),
                1..20,
            ),
        ) {
            let own = own.map(RoomId);
            let mut evening = Evening::new(6, slots);
            for (levels, floor, ticks) in steps {
                let floor = floor.map(RoomId);
                let before = evening.choice.slots().to_vec();
                evening.run(ticks * 20, &levels, floor, own);
                let after = evening.choice.slots();
                let heard: Vec<RoomId> = after.iter().flatten().copied().collect();
                prop_assert_eq!(heard.len(), slots, "a slot is left empty");
                prop_assert!(!own.is_some_and(|own| heard.contains(&own)));
                for (at, room) in heard.iter().enumerate() {
                    prop_assert!(!heard[..at].contains(room), "heard twice");
                }
                if let Some(floor) = floor.filter(|floor| Some(*floor) != own) {
                    prop_assert!(heard.contains(&floor));
                }
                if ticks == 1 {
                    for (at, room) in before.iter().enumerate().filter(|(_, room)| room.is_some()) {
                        let moved = after.iter().position(|other| other == room);
                        prop_assert!(moved.is_none_or(|to| to == at), "a room changed its slot");
                    }
                }
            }
        }
    }
}
