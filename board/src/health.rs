//! How the machine is: heat, power, disks, clock, memory, as the kernel and its services tell. What the machine does
//! not tell is not known, which is no fault.
//!
//! Everything is read below a prefix, `/` on a box. What a value means, and what to do about it, is for `room` to say.

mod clock;
mod disks;
mod power;

use std::path::Path;

use serde::Serialize;

pub use clock::Clock;
pub use disks::{Disk, Spare, Wear};
pub use power::{Power, Since};

/// One look at the machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Health {
    /// What machine it is: "Raspberry Pi 4 Model B Rev 1.4".
    pub model: Option<String>,
    /// The hottest place that is measured, in °C.
    pub temperature: Option<f32>,
    /// Whether it got enough power, and whether it was slowed down.
    pub power: Option<Power>,
    /// The disks that are written to.
    pub disks: Vec<Disk>,
    /// What cards and built-in memories tell of their age.
    pub wear: Vec<Wear>,
    /// File systems (their devices) in which the kernel found errors, and how many.
    pub errors: Vec<(String, u64)>,
    /// Whether the clock follows the time of the network.
    pub clock: Clock,
    /// Working memory.
    pub memory: Option<Memory>,
    /// Programs that wanted a processor, on average over a minute, for each processor: 1.0 is all of it.
    pub load: Option<f32>,
}

/// Working memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All of it.
    pub size: u64,
    /// What a program could still have.
    pub free: u64,
}

impl Health {
    /// Looks at the machine whose `/sys`, `/proc` and `/run` lie below `prefix`. Takes milliseconds; up to seconds where
    /// the clock's service must be asked and does not answer.
    #[must_use]
    pub fn read(prefix: &Path) -> Self {
        Self {
            model: model(prefix),
            temperature: power::hottest(prefix),
            power: power::read(prefix),
            disks: disks::read(prefix),
            wear: disks::wear(prefix),
            errors: disks::errors(prefix),
            clock: clock::read(prefix),
            memory: line(&prefix.join("proc/meminfo"))
                .as_deref()
                .and_then(memory),
            load: load(prefix),
        }
    }

    /// Takes in the disk of another folder, too.
    pub fn add_disk_of(&mut self, folder: &Path) {
        disks::add(&mut self.disks, folder);
    }
}

/// Boards tell it in their device tree, which ends texts with a zero; others by their firmware.
fn model(prefix: &Path) -> Option<String> {
    ["proc/device-tree/model", "sys/class/dmi/id/product_name"]
        .iter()
        .filter_map(|file| line(&prefix.join(file)))
        .map(|text| text.trim_end_matches('\0').to_owned())
        .find(|text| !text.is_empty())
}

/// `/proc/meminfo`: "MemAvailable:    3451234 kB".
fn memory(text: &str) -> Option<Memory> {
    let bytes = |key: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
        let number = rest.trim_start_matches(':').trim().strip_suffix("kB")?;
        number.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(Memory {
        size: bytes("MemTotal")?,
        free: bytes("MemAvailable")?,
    })
}

fn load(prefix: &Path) -> Option<f32> {
    let average: f32 = line(&prefix.join("proc/loadavg"))?
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    let stat = line(&prefix.join("proc/stat"))?;
    let is_processor = |line: &&str| {
        let number = line
            .strip_prefix("cpu")
            .and_then(|rest| rest.chars().next());
        number.is_some_and(|first| first.is_ascii_digit())
    };
    let processors = u16::try_from(stat.lines().filter(is_processor).count()).ok()?;
    Some(average / f32::from(processors.max(1)))
}

/// A file's text without the spaces at its ends.
fn line(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned())
}

/// What is in a folder, in the order of the names.
fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of these files.
    pub(super) fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn a_machine_that_tells_nothing_is_not_known() {
        let root = machine(&[]);
        let health = Health::read(root.path());
        let disks = health.disks.clone();
        assert_eq!(
            health,
            Health {
                disks,
                ..Health::default()
            }
        );
        assert_eq!(health.clock, Clock::Unknown);
    }

    #[test]
    fn a_board_tells_its_name_its_memory_and_its_load() {
        let root = machine(&[
            ("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0"),
            (
                "proc/meminfo",
                "MemTotal:        1892132 kB\nMemFree:          812348 kB\nMemAvailable:    1410940 kB\n",
            ),
            ("proc/loadavg", "3.00 0.60 0.50 2/345 12345\n"),
            (
                "proc/stat",
                "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\ncpu2 1 2 3\ncpu3 1 2 3\nintr 9\n",
            ),
        ]);
        let health = Health::read(root.path());
        let model = "Raspberry Pi 4 Model B Rev 1.4".to_owned();
        assert_eq!(health.model, Some(model));
        assert_eq!(health.load, Some(0.75));
        let memory = Memory {
            size: 1_892_132 * 1024,
            free: 1_410_940 * 1024,
        };
        assert_eq!(health.memory, Some(memory));
    }

    #[test]
    fn files_that_hold_anything_else_tell_nothing() {
        let root = machine(&[
            ("proc/meminfo", "MemTotal: many kB\n"),
            ("proc/loadavg", "\n"),
            ("proc/stat", ""),
            ("sys/class/thermal/thermal_zone0/temp", "hot"),
            ("sys/class/thermal/thermal_zone1/temp", "2147483647"),
            ("sys/devices/platform/soc/soc:firmware/get_throttled", "zz"),
            ("sys/block/mmcblk0/device/life_time", "0xzz"),
            ("sys/fs/ext4/mmcblk0p2/errors_count", "-1"),
        ]);
        let health = Health::read(root.path());
        assert_eq!((health.memory, health.load), (None, None));
        assert_eq!((health.temperature, health.power), (None, None));
        assert!(health.wear.is_empty() && health.errors.is_empty());
    }
}
