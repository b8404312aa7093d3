//! Disks: what is free, how worn cards and built-in memories are, and what the file system stumbled over.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};
use serde::Serialize;

use super::{entries, line};

/// Where a box may have a disk of its own.
const FOLDERS: [&str; 3] = ["", "var/lib/estrade", "var/log"];

/// A disk that is written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// A folder on it.
    pub folder: PathBuf,
    /// All of it, in bytes.
    pub size: u64,
    /// What a program without special rights may still write, in bytes.
    pub free: u64,
}

impl Disk {
    /// The disk on which a folder is; nothing where it cannot be written to.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let told = statvfs(folder).ok()?;
        let written = !told.f_flag.contains(StatVfsMountFlags::RDONLY) && told.f_blocks > 0;
        written.then(|| Self {
            folder: folder.to_owned(),
            size: told.f_blocks.saturating_mul(told.f_frsize),
            free: told.f_bavail.saturating_mul(told.f_frsize),
        })
    }
}

/// The reserve of a card or a built-in memory (JEDEC 84-B51, PRE_EOL_INFO).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spare {
    /// There is enough.
    Normal,
    /// 80 % of it are used.
    Warning,
    /// 90 % of it are used: it may end at any time.
    Urgent,
}

/// What a card or a built-in memory tells of its age. Most cards tell nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wear {
    /// The device: "mmcblk0".
    pub device: String,
    /// How much of its life is used, in percent, to the next ten; more than 100 is possible.
    pub used: Option<u8>,
    /// Its reserve.
    pub spare: Option<Spare>,
}

pub(super) fn read(prefix: &Path) -> Vec<Disk> {
    let mut disks = Vec::new();
    for folder in FOLDERS {
        add(&mut disks, &prefix.join(folder));
    }
    disks
}

/// The disk of a folder, unless it is known already: the same device may be told with another free space by now.
pub(super) fn add(disks: &mut Vec<Disk>, folder: &Path) {
    let device = |folder: &Path| std::fs::metadata(folder).map(|about| about.dev()).ok();
    let known = |disk: &Disk| device(&disk.folder) == device(folder);
    if !disks.iter().any(known) {
        disks.extend(Disk::of(folder));
    }
}

pub(super) fn wear(prefix: &Path) -> Vec<Wear> {
    let devices = entries(&prefix.join("sys/block"));
    let of = |device: PathBuf| {
        let told = |file: &str| line(&device.join("device").join(file));
        let wear = Wear {
            device: device.file_name()?.to_str()?.to_owned(),
            used: told("life_time").as_deref().and_then(used),
            spare: told("pre_eol_info").as_deref().and_then(spare),
        };
        (wear.used.is_some() || wear.spare.is_some()).then_some(wear)
    };
    devices.into_iter().filter_map(of).collect()
}

/// "0x01 0x03": two kinds of cells, in steps of ten percent; 0 is unknown (JEDEC 84-B51, DEVICE_LIFE_TIME_EST).
fn used(text: &str) -> Option<u8> {
    let steps = text.split_whitespace().filter_map(number);
    let most = steps.filter(|step| (1..=11).contains(step)).max()?;
    Some(most * 10)
}

fn spare(text: &str) -> Option<Spare> {
    match number(text)? {
        1 => Some(Spare::Normal),
        2 => Some(Spare::Warning),
        3 => Some(Spare::Urgent),
        _ => None,
    }
}

fn number(text: &str) -> Option<u8> {
    u8::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// The file systems in which the kernel found errors.
pub(super) fn errors(prefix: &Path) -> Vec<(String, u64)> {
    let systems = entries(&prefix.join("sys/fs/ext4"));
    let of = |system: PathBuf| {
        let count: u64 = line(&system.join("errors_count"))?.parse().ok()?;
        let device = system.file_name()?.to_str()?.to_owned();
        (count > 0).then_some((device, count))
    };
    systems.into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::machine;
    use super::*;

    #[test]
    fn a_disk_is_told_once_and_has_room() {
        let root = machine(&[("var/lib/estrade/room.kept.json", "{}"), ("var/log/x", "")]);
        let disks = read(root.path());
        assert_eq!(disks.len(), 1, "{disks:?}");
        assert!(disks[0].size > disks[0].free, "{disks:?}");
        assert_eq!(Disk::of(&root.path().join("nowhere")), None);
        // Nothing is kept on it.
        assert_eq!(Disk::of(Path::new("/proc")), None);
    }

    #[test]
    fn what_memories_tell_of_their_age_is_read() {
        let root = machine(&[
            ("sys/block/mmcblk0/device/life_time", "0x02 0x09\n"),
            ("sys/block/mmcblk0/device/pre_eol_info", "0x02\n"),
            ("sys/block/mmcblk1/device/name", "SD32G\n"),
            ("sys/block/mmcblk2/device/life_time", "0x00 0x00\n"),
            ("sys/block/mmcblk2/device/pre_eol_info", "0x01\n"),
            ("sys/block/vda/size", "1\n"),
        ]);
        let wear = |device: &str, used, spare| Wear {
            device: device.into(),
            used,
            spare: Some(spare),
        };
        assert_eq!(
            super::wear(root.path()),
            [
                wear("mmcblk0", Some(90), Spare::Warning),
                wear("mmcblk2", None, Spare::Normal)
            ]
        );
    }

    #[test]
    fn a_file_system_with_errors_is_named() {
        let root = machine(&[
            ("sys/fs/ext4/mmcblk0p2/errors_count", "0\n"),
            ("sys/fs/ext4/mmcblk0p4/errors_count", "3\n"),
            ("sys/fs/ext4/features/lazy_itable_init", "supported\n"),
        ]);
        assert_eq!(errors(root.path()), [("mmcblk0p4".to_owned(), 3)]);
    }
}
