//! The television's remote control line, HDMI-CEC: `cec-ctl` gives the orders, the kernel makes keys of the remote's presses.
//!
//! Asking and ordering go through the tool, of Debian's `v4l-utils`: the kernel has no other way than `ioctl`, and the one
//! crate that wraps those is under the LGPL. Keys come from `/dev/input`, as the kernel's core hands them out by itself.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Button;
use crate::television::{Adapter, KEY_EVENT, Order, Television, button_of_key, key_event};

/// How often it is looked whether a television is there.
const LOOKS_EVERY: Duration = Duration::from_secs(10);
/// Longest that one order may take, in seconds: a frame on the line takes 0.4 s at most, and is sent again when nobody
/// answers.
const PATIENCE_S: &str = "5";
/// What the television calls this box; 14 characters at most.
const NAME: &str = "Estrade";

/// Where things are on this machine.
#[derive(Clone, Debug)]
pub struct Places {
    /// `/`, or a folder like it.
    pub root: PathBuf,
    /// The tool.
    pub tool: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            root: "/".into(),
            tool: "cec-ctl".into(),
        }
    }
}

/// All televisions of this box; they are left as they are when this is dropped.
#[derive(Debug)]
pub struct Cec {
    wanted: Sender<bool>,
}

impl Cec {
    /// Starts to look for televisions and for keys of their remotes. `pressed` is called from threads; it may wait.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(
        places: Places,
        pressed: impl Fn(Button, bool) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (wanted, wishes) = channel();
        let remotes = Remotes {
            read: Arc::default(),
            pressed: Arc::new(pressed),
        };
        let thread = std::thread::Builder::new().name("cec".to_owned());
        thread.spawn(move || run(&places, &wishes, &remotes))?;
        Ok(Self { wanted })
    }

    /// The televisions are to show this box, or to sleep.
    pub fn want(&self, on: bool) {
        // The thread lives as long as this does.
        let _ = self.wanted.send(on);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock read of this loop")]
fn now() -> Instant {
    Instant::now()
}

fn run(places: &Places, wishes: &Receiver<bool>, remotes: &Remotes) {
    let mut lines: Vec<(PathBuf, Television)> = Vec::new();
    let mut wanted = false;
    let mut look_at = now();
    loop {
        if now() >= look_at {
            look(places, wanted, &mut lines);
            remotes.look(&places.root);
            look_at = now() + LOOKS_EVERY;
        }
        for (device, television) in &mut lines {
            if let Some(order) = television.poll_output(now()) {
                let well = carry_out(places, device, order);
                television.handle_done(well, now());
            }
        }
        let due = lines.iter().filter_map(|(_, tv)| tv.poll_timeout()).min();
        let due = due.map_or(look_at, |due| due.min(look_at));
        match wishes.recv_timeout(due.saturating_duration_since(now())) {
            Ok(wish) => {
                wanted = wish;
                for (_, television) in &mut lines {
                    television.handle_wanted(wanted, now());
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn look(places: &Places, wanted: bool, lines: &mut Vec<(PathBuf, Television)>) {
    for device in entries(&places.root.join("dev"), "cec") {
        if !lines.iter().any(|(known, _)| *known == device) {
            let mut television = Television::default();
            television.handle_wanted(wanted, now());
            tracing::info!(device = %device.display(), "a remote control line (HDMI-CEC)");
            if ask(places, &device, &[]).is_none() {
                tracing::warn!(
                    "the television will not be switched on and off: is cec-ctl there (package v4l-utils), and may this user open the line?"
                );
            }
            lines.push((device, television));
        }
    }
    for (device, television) in lines {
        let adapter = ask(places, device, &[]);
        let connected = adapter.is_some_and(|adapter| adapter.address.is_some());
        television.handle_connected(connected, now());
    }
}

fn carry_out(places: &Places, device: &Path, order: Order) -> bool {
    tracing::info!(device = %device.display(), ?order, "the television");
    let Some(adapter) = ask(places, device, &[]) else {
        return false;
    };
    let Some(address) = adapter.address else {
        return false;
    };
    if !adapter.configured {
        let name = format!("--osd-name={NAME}");
        if ask(places, device, &["--playback", &name]).is_none() {
            return false;
        }
    }
    match order {
        Order::On => {
            let source = format!("phys-addr={address}");
            ask(places, device, &["--to=0", "--image-view-on"]).is_some()
                && ask(places, device, &["--active-source", &source]).is_some()
        }
        Order::Off => ask(places, device, &["--to=0", "--standby"]).is_some(),
    }
}

/// Runs the tool; nothing if it failed, which is said.
fn ask(places: &Places, device: &Path, what: &[&str]) -> Option<Adapter> {
    let run = Command::new("timeout")
        .args([PATIENCE_S.as_ref(), places.tool.as_os_str()])
        .arg(format!("--device={}", device.display()))
        .args(what)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match run {
        Ok(output) if output.status.success() => {
            Some(Adapter::parse(&String::from_utf8_lossy(&output.stdout)))
        }
        Ok(output) => {
            // 127: there is no such program.
            let status = output.status;
            tracing::debug!(?what, %status, "cec-ctl of the package v4l-utils failed");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "cec-ctl cannot be run");
            None
        }
    }
}

/// The remotes' keys, each device read by a thread of its own until it goes.
struct Remotes {
    read: Arc<Mutex<Vec<PathBuf>>>,
    pressed: Arc<dyn Fn(Button, bool) + Send + Sync>,
}

impl Remotes {
    fn look(&self, root: &Path) {
        for device in remotes(root) {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if read.contains(&device) {
                continue;
            }
            let file = match File::open(&device) {
                Ok(file) => file,
                Err(error) => {
                    tracing::debug!(device = %device.display(), %error, "a remote's keys cannot be read");
                    continue;
                }
            };
            tracing::info!(device = %device.display(), "keys of a television's remote");
            read.push(device.clone());
            let (all, pressed) = (Arc::clone(&self.read), Arc::clone(&self.pressed));
            let thread = std::thread::Builder::new().name("remote".to_owned());
            let spawned = thread.spawn(move || {
                listen(file, pressed.as_ref());
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.retain(|known| *known != device);
            });
            if let Err(error) = spawned {
                tracing::warn!(%error, "no thread for a remote's keys");
            }
        }
    }
}

/// Reads until the device is gone.
fn listen(mut file: File, pressed: &(dyn Fn(Button, bool) + Send + Sync)) {
    let mut event = [0; KEY_EVENT];
    while file.read_exact(&mut event).is_ok() {
        let key = key_event(&event);
        if let Some((button, down)) =
            key.and_then(|(code, down)| Some((button_of_key(code)?, down)))
        {
            pressed(button, down);
        }
    }
}

/// Input devices that the kernel made of CEC lines: `/sys/class/rc/rcN/inputM/eventK`.
fn remotes(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for remote in entries(&root.join("sys/class/rc"), "rc") {
        let protocols = std::fs::read_to_string(remote.join("protocols"));
        if !protocols.is_ok_and(|protocols| protocols.contains("cec")) {
            continue;
        }
        for input in entries(&remote, "input") {
            let events = entries(&input, "event").into_iter();
            let devices =
                events.filter_map(|event| Some(root.join("dev/input").join(event.file_name()?)));
            found.extend(devices);
        }
    }
    found
}

/// What lies in a folder under names that begin so, in the order of their names.
fn entries(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let begins = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| name.starts_with(prefix))
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(begins)
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A machine of files: its tool writes down what it is asked, and says what stands in a file beside it.
    fn machine() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("cec-ctl");
        let script = "#!/bin/sh\nhere=$(dirname \"$0\")\necho \"$*\" >>\"$here/asked\"\ncat \"$here/adapter\"\n";
        std::fs::write(&tool, script).unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        let root = folder.path().join("root");
        for place in [
            "dev/input",
            "sys/class/rc/rc0/input5/event3",
            "sys/class/rc/rc1/input6/event4",
        ] {
            std::fs::create_dir_all(root.join(place)).unwrap();
        }
        std::fs::write(root.join("dev/cec0"), "").unwrap();
        std::fs::write(root.join("sys/class/rc/rc0/protocols"), "[cec]\n").unwrap();
        std::fs::write(root.join("sys/class/rc/rc1/protocols"), "[rc-5] nec\n").unwrap();
        (folder, Places { root, tool })
    }

    fn says(folder: &Path, address: &str, mask: &str) {
        let text = format!("\tPhysical Address : {address}\n\tLogical Address Mask : {mask}\n");
        std::fs::write(folder.join("adapter"), text).unwrap();
    }

    #[test]
    fn a_television_is_given_a_name_switched_on_and_switched_off() {
        let (folder, places) = machine();
        let device = places.root.join("dev/cec0");
        says(folder.path(), "2.0.0.0", "0x0000");
        assert!(carry_out(&places, &device, Order::On));
        says(folder.path(), "2.0.0.0", "0x0010");
        assert!(carry_out(&places, &device, Order::Off));
        says(folder.path(), "f.f.f.f", "0x0000");
        assert!(!carry_out(&places, &device, Order::On), "there is none");
        let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
        let asked = asked.replace(&format!("--device={}", device.display()), "cec0");
        expect_test::expect![[r#"
            cec0
            cec0 --playback --osd-name=Estrade
            cec0 --to=0 --image-view-on
            cec0 --active-source phys-addr=2.0.0.0
            cec0
            cec0 --to=0 --standby
            cec0
        "#]]
        .assert_eq(&asked);
        assert!(!carry_out(
            &Places {
                tool: "/no/such/tool".into(),
                ..places
            },
            &device,
            Order::On
        ));
    }

    #[test]
    fn keys_of_the_televisions_remote_and_of_no_other_are_buttons() {
        let (_folder, places) = machine();
        let event = |code: u16, value: i32| {
            let mut bytes = [0; KEY_EVENT];
            bytes[16..18].copy_from_slice(&1_u16.to_ne_bytes());
            bytes[18..20].copy_from_slice(&code.to_ne_bytes());
            bytes[20..].copy_from_slice(&value.to_ne_bytes());
            bytes
        };
        let keys = [event(103, 1), event(103, 0), event(2, 1), event(0x18e, 1)].concat();
        std::fs::write(places.root.join("dev/input/event3"), keys).unwrap();
        std::fs::write(places.root.join("dev/input/event4"), event(103, 1)).unwrap();
        assert_eq!(
            remotes(&places.root),
            [places.root.join("dev/input/event3")]
        );
        let (pressed, presses) = channel();
        let cec = Cec::start(places, move |button, down| {
            // It is read again when it is found again.
            let _ = pressed.send((button, down));
        })
        .unwrap();
        let got = [(); 3].map(|()| presses.recv_timeout(PATIENCE).unwrap());
        let plus = [(Button::Plus, true), (Button::Plus, false)];
        assert_eq!(got, [plus[0], plus[1], (Button::Mute, true)]);
        drop(cec);
    }
}
