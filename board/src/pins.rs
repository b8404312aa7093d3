//! The only way to the panel's wires: contacts that close and lamps that are lit, whatever drives them.
//!
//! Which line is whose is data (`devices/BOARD/pins.toml`). [`find`] takes what the machine has: `rppal` where Raspberry
//! Pi's own kernel offers its registers, else the kernel's GPIO character device; [`fake`] needs no machine at all.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::Button;
use crate::lights::Lamps;

mod chardev;
pub mod fake;
mod layout;
mod rppal;

pub use layout::Layout;

/// Contacts, one for each button.
pub trait Contacts: Send {
    /// Waits until a contact moves, for `patience` at most. Moves come in the order of their times.
    ///
    /// # Errors
    /// The hardware answers no longer.
    fn wait(&mut self, patience: Duration) -> Result<Option<Move>, PinsError>;

    /// Which contacts are closed now, by [`Button::index`].
    ///
    /// # Errors
    /// The hardware answers no longer.
    fn levels(&mut self) -> Result<[bool; 5], PinsError>;
}

/// Lamps, each with a wire of its own.
pub trait Wires: Send {
    /// Lights these and no others.
    ///
    /// # Errors
    /// The hardware answers no longer.
    fn set(&mut self, lamps: Lamps) -> Result<(), PinsError>;
}

/// Both ends of a panel.
pub type Pins = (Box<dyn Contacts>, Box<dyn Wires>);

/// A contact moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Whose.
    pub button: Button,
    /// Whether it is closed now.
    pub down: bool,
    /// When, by the kernel's monotonic clock.
    pub at: Duration,
    /// Moves before this one were lost: the levels must be looked at.
    pub lost: bool,
}

/// Why there are no pins.
#[derive(Debug, thiserror::Error)]
pub enum PinsError {
    /// The file with the lines cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what a `pins.toml` must be.
    #[error("{file}: {reason}")]
    Wrong {
        /// Which file.
        file: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// The board's chip is not there.
    #[error("no GPIO chip is called \"{wanted}\" here; there are: {}", list(.there))]
    NoChip {
        /// Which.
        wanted: String,
        /// Those that are there.
        there: Vec<String>,
    },
    /// The chip is there and cannot be used.
    #[error("{what}: {reason}{}", cure(.reason))]
    Refused {
        /// What was tried.
        what: String,
        /// What the kernel said.
        reason: String,
    },
}

fn list(names: &[String]) -> String {
    match names.is_empty() {
        true => "none that may be opened".to_owned(),
        false => names.join(", "),
    }
}

fn cure(reason: &str) -> &'static str {
    let reason = reason.to_lowercase();
    if reason.contains("permission") || reason.contains("eacces") {
        "; the user of this service must be in the group that owns /dev/gpiochip*"
    } else if reason.contains("busy") {
        "; another program holds these lines (`gpioinfo` names it): stop it, or give the panel other lines"
    } else {
        ""
    }
}

/// Which pins the settings ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Those of this board, if it is a board.
    #[default]
    Auto,
    /// None: no panel is wired.
    None,
    /// Those of a file like `devices/pi4/pins.toml`.
    File(PathBuf),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            file if Path::new(file).extension().is_some_and(|e| e == "toml") => {
                Ok(Self::File(file.into()))
            }
            _ => Err(format!(
                "\"{text}\" is no choice of pins: write \"auto\", \"none\" or a file like \"pins.toml\""
            )),
        }
    }
}

/// What drives the wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    /// The registers, by `rppal`.
    Rppal,
    /// The kernel's GPIO character device.
    Chardev,
}

/// A panel's place on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which line is whose.
    pub layout: Layout,
    /// What drives them.
    pub back_end: BackEnd,
    /// The chip's device.
    pub chip: PathBuf,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let back_end = match self.back_end {
            BackEnd::Rppal => "rppal",
            BackEnd::Chardev => "character device",
        };
        let (name, chip) = (&self.layout.name, self.chip.display());
        write!(f, "{name}, {chip} by {back_end}")
    }
}

/// Finds the pins of this machine; nothing where no panel can be. `root` is `/`, or a folder like it.
///
/// # Errors
/// [`PinsError`]: a file is wrong, or a board's chip is not there.
pub fn find(choice: &Choice, root: &Path) -> Result<Option<Found>, PinsError> {
    let layout = match choice {
        Choice::None => return Ok(None),
        Choice::File(file) => Some(Layout::read(file)?),
        Choice::Auto => Layout::of_board(&compatible(root)),
    };
    let chips = chardev::chips();
    let Some(layout) = layout.or_else(|| Layout::of_chips(&chips)) else {
        return Ok(None);
    };
    let Some((chip, _)) = chips.iter().find(|(_, label)| *label == layout.chip) else {
        return Err(PinsError::NoChip {
            wanted: layout.chip,
            there: chips.into_iter().map(|(_, label)| label).collect(),
        });
    };
    let registers = ["dev/gpiomem", "dev/gpiomem0"].map(|name| root.join(name));
    let has_registers = layout.is_raspberry() && registers.iter().any(|file| file.exists());
    let back_end = match has_registers {
        true => BackEnd::Rppal,
        false => BackEnd::Chardev,
    };
    Ok(Some(Found {
        chip: chip.clone(),
        layout,
        back_end,
    }))
}

/// Takes the lines: nobody else can have them then.
///
/// # Errors
/// [`PinsError::Refused`].
pub fn open(found: &Found) -> Result<Pins, PinsError> {
    match found.back_end {
        BackEnd::Rppal => rppal::open(&found.layout),
        BackEnd::Chardev => chardev::open(found),
    }
}

/// How the device tree names this board, from the most to the least exact.
fn compatible(root: &Path) -> Vec<String> {
    let file = root.join("proc/device-tree/compatible");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let names = text.split('\0').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_machine_without_pins_has_no_panel_and_no_fault() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(find(&Choice::None, root.path()).unwrap(), None);
        if chardev::chips().is_empty() {
            assert_eq!(find(&Choice::Auto, root.path()).unwrap(), None);
        }
    }

    #[test]
    fn a_board_whose_chip_is_missing_says_which() {
        let root = tempfile::tempdir().unwrap();
        let tree = root.path().join("proc/device-tree");
        std::fs::create_dir_all(&tree).unwrap();
        let names = "raspberrypi,5-model-b\0brcm,bcm2712\0";
        std::fs::write(tree.join("compatible"), names).unwrap();
        let error = find(&Choice::Auto, root.path()).unwrap_err().to_string();
        let start = "no GPIO chip is called \"pinctrl-rp1\" here; there are: ";
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn a_refusal_of_the_kernel_comes_with_its_cure() {
        let refused = |reason: &str| PinsError::Refused {
            what: "/dev/gpiochip0".into(),
            reason: reason.into(),
        };
        expect!["/dev/gpiochip0: Permission denied (os error 13); the user of this service must be in the group that owns /dev/gpiochip*"]
            .assert_eq(&refused("Permission denied (os error 13)").to_string());
        expect!["/dev/gpiochip0: Device or resource busy; another program holds these lines (`gpioinfo` names it): stop it, or give the panel other lines"]
            .assert_eq(&refused("Device or resource busy").to_string());
    }

    #[test]
    fn settings_choose_pins() {
        assert_eq!("auto".parse(), Ok(Choice::Auto));
        assert_eq!("none".parse(), Ok(Choice::None));
        assert_eq!(
            "/etc/my.toml".parse(),
            Ok(Choice::File("/etc/my.toml".into()))
        );
        assert!("17".parse::<Choice>().is_err());
    }
}
