//! The demo's processes: started, asked where they listen, watched, ended.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStdin, Command};

use crate::services::READY;

/// How long a process may take to say where it listens.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How long a process may take to leave.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);
/// Unit of CPU time in `/proc/PID/stat` (USER_HZ; 100 on every Linux that Debian ships).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process of the demo. It ends when its standard input closes, so it cannot outlive us.
pub struct Child {
    process: Mutex<tokio::process::Child>,
    id: u32,
    name: String,
    stdin: Option<ChildStdin>,
    addresses: BTreeMap<String, SocketAddr>,
}

/// What a process uses.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// CPU seconds since it started.
    pub cpu_s: f64,
    /// Resident memory in MiB.
    pub rss_mib: f64,
    /// Threads.
    pub threads: u64,
}

impl Child {
    /// Starts `estrade VERB --config FILE`, called `name` to people, and waits until it listens.
    pub async fn start(verb: &str, name: &str, config: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        let mut process = Command::new(program)
            .arg(verb)
            .arg("--stop-with-stdin")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C at the terminal is for the demo, which then ends its processes in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let id = process.id().context("a process without a number")?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().context("a process without output")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(rest) = line.strip_prefix(READY) {
                    return parse(rest);
                }
            }
            bail!("it stopped before it was ready; its message stands above");
        };
        let addresses = tokio::time::timeout(READY_WITHIN, ready)
            .await
            .with_context(|| format!("{name} was not ready in time"))?
            .with_context(|| format!("{name} did not start"))?;
        Ok(Self {
            process: Mutex::new(process),
            id,
            name: name.to_owned(),
            stdin,
            addresses,
        })
    }

    /// Where it listens: `http`, `media` or `web`.
    pub fn address(&self, name: &str) -> anyhow::Result<SocketAddr> {
        let found = self.addresses.get(name).copied();
        found.with_context(|| format!("a process did not say its address \"{name}\""))
    }

    /// What it uses now.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let read = |file: &str| {
            let path = format!("/proc/{}/{file}", self.id);
            std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))
        };
        usage(&read("stat")?, &read("status")?).context("reading the use of a process")
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has ended, by itself or by somebody else's hand.
    pub fn has_ended(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        // An error here means that nobody can be waited for.
        process.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Asks it to leave, waits, and ends it if it does not.
    pub async fn stop(mut self) {
        drop(self.stdin.take());
        let mut process = self
            .process
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let left = tokio::time::timeout(LEAVE_WITHIN, process.wait()).await;
        if left.is_err() {
            // Dropping it kills it; waiting for that leaves no zombie.
            let _ = process.kill().await;
        }
    }
}

fn parse(line: &str) -> anyhow::Result<BTreeMap<String, SocketAddr>> {
    line.split_whitespace()
        .map(|word| {
            let (name, address) = word.split_once('=').context("no address")?;
            Ok((name.to_owned(), address.parse()?))
        })
        .collect()
}

/// proc(5): fields 14 and 15 of `stat` are user and system time; the name before may hold spaces.
fn usage(stat: &str, status: &str) -> Option<Usage> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let number = |key: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Usage {
        cpu_s: ticks / TICKS_PER_SECOND,
        rss_mib: number("VmRSS:")? / 1024.0,
        threads: number("Threads:")? as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_a_strange_name_is_read_right() {
        let stat = "7 (a ) b) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 100 1 1 1";
        let status = "Name:\ta\nVmRSS:\t  2048 kB\nThreads:\t3\n";
        let usage = usage(stat, status).unwrap();
        assert_eq!((usage.cpu_s, usage.rss_mib, usage.threads), (3.0, 2.0, 3));
    }

    #[test]
    fn addresses_are_read_from_the_ready_line() {
        let addresses = parse(" http=127.0.0.1:80 media=[::1]:90").unwrap();
        assert_eq!(addresses["media"].port(), 90);
        assert!(parse(" http").is_err());
    }
}
