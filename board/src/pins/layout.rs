//! Which line is whose: `pins.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::PinsError;
use crate::Button;
use crate::lights::Lamp;

/// The boards that we know.
const KNOWN: [(&str, &str); 3] = [
    ("pi4/pins.toml", include_str!("../../devices/pi4/pins.toml")),
    ("pi5/pins.toml", include_str!("../../devices/pi5/pins.toml")),
    (
        "virtual/pins.toml",
        include_str!("../../devices/virtual/pins.toml"),
    ),
];

/// The lines of a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The board, for people.
    pub name: String,
    /// How the device tree names it.
    pub compatible: Vec<String>,
    /// The label of its GPIO chip.
    pub chip: String,
    /// Lines of the contacts, by [`Button::index`].
    pub buttons: [u8; 5],
    /// Lines of the lamps, by [`Lamp::ALL`].
    pub lamps: [u8; 7],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    compatible: Vec<String>,
    chip: String,
    buttons: Buttons,
    lamps: LampLines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Buttons {
    speak: u8,
    mute: u8,
    screen: u8,
    minus: u8,
    plus: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LampLines {
    red: u8,
    green: u8,
    blue: u8,
    mute: u8,
    screen: u8,
    minus: u8,
    plus: u8,
}

impl Layout {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`PinsError::Read`], [`PinsError::Wrong`].
    pub fn read(path: &Path) -> Result<Self, PinsError> {
        let text = std::fs::read_to_string(path).map_err(|source| PinsError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Checks the text of a `pins.toml`; `file` is the name to speak of.
    ///
    /// # Errors
    /// [`PinsError::Wrong`].
    pub fn parse(file: &str, text: &str) -> Result<Self, PinsError> {
        let wrong = |reason: String| PinsError::Wrong {
            file: file.to_owned(),
            reason,
        };
        let File {
            name,
            compatible,
            chip,
            buttons: b,
            lamps: l,
        } = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let layout = Self {
            name,
            compatible,
            chip,
            buttons: [b.speak, b.mute, b.screen, b.minus, b.plus],
            lamps: [l.red, l.green, l.blue, l.mute, l.screen, l.minus, l.plus],
        };
        match layout.twice() {
            Some((line, one, other)) => Err(wrong(format!(
                "line {line} is given to \"{one}\" and to \"{other}\": each needs a line of its own"
            ))),
            None => Ok(layout),
        }
    }

    /// The known board that the device tree names.
    pub(super) fn of_board(compatible: &[String]) -> Option<Self> {
        let is = |layout: &Self| {
            layout
                .compatible
                .iter()
                .any(|name| compatible.contains(name))
        };
        known().find(is)
    }

    /// The known board without a device tree whose chip is there.
    pub(super) fn of_chips(chips: &[(PathBuf, String)]) -> Option<Self> {
        let is = |layout: &Self| {
            layout.compatible.is_empty() && chips.iter().any(|(_, label)| *label == layout.chip)
        };
        known().find(is)
    }

    /// Whether `rppal` may know this board's registers.
    pub(super) fn is_raspberry(&self) -> bool {
        self.compatible
            .iter()
            .any(|name| name.starts_with("raspberrypi,"))
    }

    /// A line that two want.
    fn twice(&self) -> Option<(u8, String, String)> {
        let buttons = Button::ALL.map(|button| format!("buttons.{}", button.name()));
        let lamps = Lamp::ALL.map(|lamp| format!("lamps.{}", lamp.name()));
        let lines = self.buttons.iter().chain(&self.lamps);
        let mut seen: Vec<(u8, String)> = Vec::new();
        for (line, name) in lines.zip(buttons.into_iter().chain(lamps)) {
            if let Some((line, other)) = seen.iter().find(|(other, _)| other == line) {
                return Some((*line, other.clone(), name));
            }
            seen.push((*line, name));
        }
        None
    }
}

fn known() -> impl Iterator<Item = Layout> {
    // The tests read each of them.
    KNOWN
        .iter()
        .filter_map(|(file, text)| Layout::parse(file, text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const VIRTUAL: &str = include_str!("../../devices/virtual/pins.toml");

    #[test]
    fn each_shipped_file_is_right_and_its_board_is_known_by_its_name() {
        for (file, text) in KNOWN {
            let layout = Layout::parse(file, text).unwrap();
            for name in &layout.compatible {
                let board = [name.clone(), "brcm,bcm2711".to_owned()];
                assert_eq!(Layout::of_board(&board).as_ref(), Some(&layout));
            }
        }
        assert_eq!(Layout::of_board(&["acme,toaster".to_owned()]), None);
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        check(
            "speak = 0",
            "speek = 0",
            expect![[r#"
                pins.toml: TOML parse error at line 12, column 1
                   |
                12 | speek = 0
                   | ^^^^^
                unknown field `speek`, expected one of `speak`, `mute`, `screen`, `minus`, `plus`
            "#]],
        );
        check(
            "plus = 14",
            "plus = 8",
            expect![[
                r#"pins.toml: line 8 is given to "lamps.red" and to "lamps.plus": each needs a line of its own"#
            ]],
        );
    }

    fn check(right: &str, wrong: &str, expect: Expect) {
        let text = VIRTUAL.replacen(right, wrong, 1);
        assert_ne!(text, VIRTUAL);
        expect.assert_eq(&Layout::parse("pins.toml", &text).unwrap_err().to_string());
    }
}
