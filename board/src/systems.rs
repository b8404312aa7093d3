//! Which of the card's two systems starts, and which one may only try to: the record that Linux and U-Boot share.
//!
//! It stands twice, in sectors [`card::FIRST`] and the next, between the card's partition table and its first partition. The
//! valid one with the higher number counts; whoever changes it writes the other, so that a pulled plug leaves the old one or
//! the new one. What U-Boot does with it: `board/image/boot.cmd`. Pure; [`card`] reads and writes.

pub mod card;

use std::fmt;

/// Bytes of a record: a sector, which a card writes as a whole.
pub const BYTES: usize = 512;

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// In the card's second partition.
    A,
    /// In the third.
    B,
}

impl System {
    /// The one in which an update goes while this one runs.
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

impl std::str::FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "A" => Ok(Self::A),
            "B" => Ok(Self::B),
            _ => Err(format!("`{text}` is no system: write `A` or `B`")),
        }
    }
}

/// A system that has not yet proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It may be started, once.
    Allowed(System),
    /// It has had its start: it runs and must call itself good, or it has failed.
    Used(System),
}

/// What is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Grows with each change.
    pub number: u32,
    /// What starts when nothing is on trial.
    pub good: System,
    /// What is on trial.
    pub trial: Option<Trial>,
}

impl Record {
    /// What a new card says without a word: nothing is written, and A is good.
    pub const NEW: Self = Self {
        number: 0,
        good: System::A,
        trial: None,
    };

    /// What U-Boot will start next.
    pub fn next(&self) -> System {
        match self.trial {
            Some(Trial::Allowed(system)) => system,
            Some(Trial::Used(_)) | None => self.good,
        }
    }

    /// Gives a system its one start.
    pub fn try_once(self, system: System) -> Self {
        self.changed(
            self.good,
            (system != self.good).then_some(Trial::Allowed(system)),
        )
    }

    /// Says that a system is good; it is started from now on.
    pub fn is_good(self, system: System) -> Self {
        self.changed(system, None)
    }

    /// Ends a system's trial. The good one stays: there is nothing better.
    pub fn is_bad(self, system: System) -> Self {
        match self.trial {
            Some(Trial::Allowed(tried) | Trial::Used(tried)) if tried == system => {
                self.changed(self.good, None)
            }
            Some(_) | None => self,
        }
    }

    fn changed(self, good: System, trial: Option<Trial>) -> Self {
        Self {
            number: self.number.wrapping_add(1),
            good,
            trial,
        }
    }

    /// As U-Boot's `env export -c` writes it: CRC-32 of the rest, little-endian, then `name=value` and a zero each, and zeros
    /// to the end.
    pub fn encode(&self) -> [u8; BYTES] {
        let (left, trial) = match self.trial {
            None => (0, "none".to_owned()),
            Some(Trial::Allowed(system)) => (1, system.to_string()),
            Some(Trial::Used(system)) => (0, system.to_string()),
        };
        let Self { number, good, .. } = self;
        let text = format!("good={good}\0left={left}\0number={number:x}\0trial={trial}\0");
        let mut bytes = [0; BYTES];
        bytes[4..4 + text.len()].copy_from_slice(text.as_bytes());
        let sum = crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// What such a sector says; nothing where its sum is wrong or it says something else.
    pub fn decode(bytes: &[u8; BYTES]) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk()?;
        if crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
            return None;
        }
        let text = std::str::from_utf8(rest).ok()?;
        let value = |name: &str| {
            text.split('\0')
                .take_while(|line| !line.is_empty())
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        };
        let trial = match (value("trial")?, value("left")?) {
            ("none", _) => None,
            (system, "0") => Some(Trial::Used(system.parse().ok()?)),
            (system, _) => Some(Trial::Allowed(system.parse().ok()?)),
        };
        Some(Self {
            number: u32::from_str_radix(value("number")?, 16).ok()?,
            good: value("good")?.parse().ok()?,
            trial,
        })
    }
}

/// What two sectors say together, and in which of them (0 or 1) the next change goes.
pub fn newest(first: &[u8; BYTES], second: &[u8; BYTES]) -> (Record, u64) {
    match (Record::decode(first), Record::decode(second)) {
        (Some(first), Some(second)) if second.number > first.number => (second, 0),
        (Some(first), _) => (first, 1),
        (None, Some(second)) => (second, 0),
        (None, None) => (Record::NEW, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_new_card_starts_its_first_system() {
        let (record, _) = newest(&[0; BYTES], &[0xff; BYTES]);
        assert_eq!(record, Record::NEW);
        assert_eq!(record.next(), System::A);
    }

    #[test]
    fn a_trial_is_one_start() {
        let tried = Record::NEW.try_once(System::B);
        assert_eq!(tried.next(), System::B);
        let started = Record {
            trial: Some(Trial::Used(System::B)),
            ..tried
        };
        assert_eq!(started.next(), System::A);
        assert_eq!(started.is_good(System::B).next(), System::B);
        assert_eq!(started.is_bad(System::B).next(), System::A);
        assert_eq!(started.is_bad(System::A), started);
    }

    #[test]
    fn a_record_is_what_u_boot_writes() {
        // `env export -c -s 200` of U-Boot 2025.01 with good=B, left=0, number=1f, trial=none.
        let record = Record {
            number: 0x1f,
            good: System::B,
            trial: None,
        };
        let bytes = record.encode();
        assert_eq!(&bytes[4..40], b"good=B\0left=0\0number=1f\0trial=none\0\0");
    }

    fn records() -> impl Strategy<Value = Record> {
        let system = prop_oneof![Just(System::A), Just(System::B)];
        let trial = system.clone().prop_flat_map(|system| {
            prop_oneof![
                Just(None),
                Just(Some(Trial::Allowed(system))),
                Just(Some(Trial::Used(system)))
            ]
        });
        (any::<u32>(), system, trial).prop_map(|(number, good, trial)| Record {
            number,
            good,
            trial,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(record in records()) {
            prop_assert_eq!(Record::decode(&record.encode()), Some(record));
        }

        #[test]
        fn no_sector_panics(bytes in proptest::collection::vec(any::<u8>(), BYTES)) {
            let bytes = bytes.try_into().unwrap();
            prop_assert_eq!(Record::decode(&bytes), None);
        }

        #[test]
        fn a_plug_pulled_while_it_is_written_leaves_the_old_or_the_new(
            changes in proptest::collection::vec((any::<bool>(), 0..3u8), 1..8),
            torn in 0..=BYTES,
        ) {
            let mut sectors = [[0; BYTES]; 2];
            let mut before = Record::NEW;
            let mut after = Record::NEW;
            for (index, (b, what)) in changes.iter().enumerate() {
                let (record, place) = newest(&sectors[0], &sectors[1]);
                let system = if *b { System::B } else { System::A };
                before = record;
                after = match what {
                    0 => record.try_once(system),
                    1 => record.is_good(system),
                    _ => record.is_bad(system),
                };
                let written = after.encode();
                let bytes = if index + 1 == changes.len() { torn } else { BYTES };
                if after != before {
                    sectors[usize::try_from(place).unwrap()][..bytes].copy_from_slice(&written[..bytes]);
                }
            }
            let (read, _) = newest(&sectors[0], &sectors[1]);
            prop_assert!(read == before || read == after, "{read:?} is neither {before:?} nor {after:?}");
        }
    }
}
