//! The two sectors of a card in which the record of its systems stands.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::{BYTES, Record, newest};

/// The sector of the first record; the second follows it.
pub const FIRST: u64 = 2048;

/// The two sectors of a card.
pub struct Card(File);

impl Card {
    /// Opens a card's whole disk: `/dev/mmcblk0`, or an image.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(disk: &Path) -> io::Result<Self> {
        // A change is on the card before the next one begins.
        let sync = rustix::fs::OFlags::SYNC.bits().cast_signed();
        OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(sync)
            .open(disk)
            .map(Self)
    }

    /// What is written down.
    ///
    /// # Errors
    /// As the system says.
    pub fn read(&self) -> io::Result<Record> {
        self.sectors().map(|(record, _)| record)
    }

    /// Writes a change down.
    ///
    /// # Errors
    /// As the system says; what was written before stands then.
    pub fn change(&self, change: impl FnOnce(Record) -> Record) -> io::Result<Record> {
        let (before, sector) = self.sectors()?;
        let record = change(before);
        if record != before {
            let place = (FIRST + sector) * BYTES as u64;
            self.0.write_all_at(&record.encode(), place)?;
            self.0.sync_all()?;
        }
        Ok(record)
    }

    fn sectors(&self) -> io::Result<(Record, u64)> {
        let mut both = [[0; BYTES]; 2];
        for (sector, bytes) in (FIRST..).zip(&mut both) {
            self.0.read_exact_at(bytes, sector * BYTES as u64)?;
        }
        Ok(newest(&both[0], &both[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::System;
    use super::*;

    #[test]
    fn a_card_keeps_what_it_was_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(2 << 20).unwrap();
        let card = Card::open(file.path()).unwrap();
        assert_eq!(card.read().unwrap(), Record::NEW);
        for step in 0..5 {
            let tried = card.change(|record| record.try_once(System::B)).unwrap();
            assert_eq!(card.read().unwrap(), tried);
            let good = card.change(|record| record.is_good(System::A)).unwrap();
            assert_eq!(Card::open(file.path()).unwrap().read().unwrap(), good);
            assert_eq!(good.number, 2 * (step + 1));
        }
    }
}
