//! Whether the clock follows the time of the network.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

/// A service of the clock answers within so many seconds or not at all.
const PATIENCE: &str = "3";

/// The clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// It follows the time of the network.
    Synchronised,
    /// It does not, or not yet: it may be wrong.
    Free,
    /// Nobody tells.
    #[default]
    Unknown,
}

/// systemd-timesyncd leaves a file; else chrony is asked, then systemd, which knows what the kernel was told.
pub(super) fn read(prefix: &Path) -> Clock {
    if prefix.join("run/systemd/timesync/synchronized").exists() {
        return Clock::Synchronised;
    }
    let chrony = ask(prefix, "usr/bin/chronyc", &["-c", "tracking"]);
    if let Some(clock) = chrony.as_deref().and_then(of_chrony) {
        return clock;
    }
    let systemd = ["show", "--property=NTPSynchronized", "--value"];
    match ask(prefix, "usr/bin/timedatectl", &systemd).as_deref() {
        Some("yes") => Clock::Synchronised,
        Some("no") => Clock::Free,
        Some(_) | None => Clock::Unknown,
    }
}

/// A line of values between commas, of which the last is the leap status.
fn of_chrony(text: &str) -> Option<Clock> {
    let (_, leap) = text.rsplit_once(',')?;
    Some(match leap {
        "Not synchronised" => Clock::Free,
        _ => Clock::Synchronised,
    })
}

fn ask(prefix: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let program = prefix.join(program);
    if !program.exists() {
        return None;
    }
    let answer = Command::new("timeout")
        .arg(PATIENCE)
        .arg(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    answer.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::tests::machine;
    use super::*;

    #[test]
    fn a_file_of_timesyncd_is_enough() {
        let root = machine(&[("run/systemd/timesync/synchronized", "")]);
        assert_eq!(read(root.path()), Clock::Synchronised);
        assert_eq!(read(machine(&[]).path()), Clock::Unknown);
    }

    #[test]
    fn chrony_and_systemd_are_asked() {
        let chrony = |leap: &str| {
            format!("C0A80101,10.0.0.1,3,1764420000.1,-0.000012,0.1,0,0,0,0,0,0,{leap}")
        };
        let clock = |program, says: &str, code: u8| {
            let script = format!("#!/bin/sh\necho '{says}'\nexit {code}\n");
            let root = machine(&[(program, &script)]);
            let program = root.path().join(program);
            std::fs::set_permissions(program, PermissionsExt::from_mode(0o755)).unwrap();
            read(root.path())
        };
        let (chronyc, systemd) = ("usr/bin/chronyc", "usr/bin/timedatectl");
        assert_eq!(clock(chronyc, &chrony("Normal"), 0), Clock::Synchronised);
        assert_eq!(clock(chronyc, &chrony("Not synchronised"), 0), Clock::Free);
        assert_eq!(
            clock(chronyc, "506 Cannot talk to daemon", 1),
            Clock::Unknown
        );
        assert_eq!(clock(systemd, "yes", 0), Clock::Synchronised);
        assert_eq!(clock(systemd, "no", 0), Clock::Free);
        assert_eq!(clock(systemd, "", 1), Clock::Unknown);
    }
}
