//! Processes in which a stranger's file is opened, and nowhere else: what they give up, and how the bridge ends them.

use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;

use landlock::{
    ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    path_beneath_rules,
};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, kill_current_process_group, kill_process_group, nice, setrlimit,
};
use tokio::process::{Child, Command};

/// What a process may use at the most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory, in bytes of addresses.
    pub memory: u64,
    /// Processor time, in seconds.
    pub processor: u64,
    /// The longest file that it writes, in bytes.
    pub file: u64,
}

/// What a process sees of this machine's files: nothing but this.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The file that it opens.
    pub source: &'a Path,
    /// The folder into which it writes; none writes nothing.
    pub into: Option<&'a Path>,
    /// Programs that it starts, and what they read.
    pub programs: &'a [&'a str],
}

/// Devices that every program may need.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/urandom", "/dev/zero"];

/// In such a process, first of all: gives up what a sound file never needs, and ends the process and all that it has
/// started when standard input ends: the bridge is gone, or wants that. A limit that cannot be set is no reason to stop:
/// there are others.
pub fn confine(limits: Limits, sight: Sight<'_>) {
    let most = |most| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    for (what, limit) in [
        (Resource::As, limits.memory),
        (Resource::Cpu, limits.processor),
        (Resource::Fsize, limits.file),
        (Resource::Core, 0),
    ] {
        let _ = setrlimit(what, most(limit));
    }
    // The evening goes first.
    let _ = nice(19);
    let _ = see_only(sight);
    std::thread::spawn(|| {
        let mut sink = [0; 64];
        while io::stdin().read(&mut sink).is_ok_and(|count| count > 0) {}
        let _ = kill_current_process_group(Signal::KILL);
    });
}

/// A document may link to other files of this machine, and what would be drawn is shown in every town. Kernels before 5.13
/// cannot do that.
fn see_only(sight: Sight<'_>) -> Result<(), RulesetError> {
    let all = AccessFs::from_all(ABI::V3);
    let read = AccessFs::from_read(ABI::V3);
    let file = AccessFs::from_file(ABI::V3);
    let mut rules = Ruleset::default()
        .handle_access(all)?
        .create()?
        .add_rules(path_beneath_rules([sight.source], read & file))?
        .add_rules(path_beneath_rules(sight.programs, read))?;
    if let Some(into) = sight.into {
        rules = rules
            .add_rules(path_beneath_rules([into], all))?
            .add_rules(path_beneath_rules(DEVICES, all & file))?
            // LibreOffice's pipe to itself has no other place.
            .add_rules(path_beneath_rules(
                ["/tmp"],
                AccessFs::MakeSock | AccessFs::RemoveFile,
            ))?;
    }
    rules.restrict_self().map(drop)
}

/// Such a process, seen from the bridge, and its group: LibreOffice is in it. Dropped, it ends them.
pub struct Confined {
    /// The process; its standard output is open.
    pub child: Child,
}

impl Confined {
    /// Starts it.
    ///
    /// # Errors
    /// The program is not there, or there is no room for one more.
    pub fn start(mut program: Command) -> io::Result<Self> {
        let child = program
            // Its end tells the process to end, whatever becomes of the bridge.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { child })
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
