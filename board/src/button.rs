//! The buttons' names. Pure.

/// A button of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Button {
    /// *Parole*.
    Speak,
    /// *Micro*.
    Mute,
    /// *Écran*.
    Screen,
    /// *−*.
    Minus,
    /// *+*.
    Plus,
}

impl Button {
    /// All of them, in the order in which they stand on a panel and in `pins.toml`.
    pub const ALL: [Self; 5] = [
        Self::Speak,
        Self::Mute,
        Self::Screen,
        Self::Minus,
        Self::Plus,
    ];

    /// Its name in settings, JSON and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Speak => "speak",
            Self::Mute => "mute",
            Self::Screen => "screen",
            Self::Minus => "minus",
            Self::Plus => "plus",
        }
    }

    /// The button of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.name() == name)
    }

    /// Its place in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}
