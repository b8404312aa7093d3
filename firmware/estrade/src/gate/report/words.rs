//! What the report says, in French and in English. Pure.

use gate::Reason;

/// The report's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Français.
    Fr,
    /// English.
    En,
}

impl Language {
    /// Its tag in HTML.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// One of two texts.
    pub const fn of(self, french: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Fr => french,
            Self::En => english,
        }
    }

    /// A number with so many decimals.
    pub fn number(self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}").replace('-', "\u{2212}");
        match self {
            Self::Fr => text.replace('.', ","),
            Self::En => text,
        }
    }

    /// A share in percent.
    pub fn percent(self, share: f64) -> String {
        let number = self.number(100.0 * share, 1);
        match self {
            Self::Fr => format!("{number}\u{a0}%"),
            Self::En => format!("{number}%"),
        }
    }

    /// A reason's name, what it means, and its colour: open ones are green or blue-green, each closed one
    /// has its own, and quiet ones are grey. They differ in lightness too, for the colour-blind.
    pub const fn reason(self, reason: Reason) -> (&'static str, &'static str, &'static str) {
        let (french, english, colour) = match reason {
            Reason::Voice => (
                ("voix", "quelqu’un parle"),
                ("voice", "somebody speaks"),
                "#12875f",
            ),
            Reason::Hold => (
                (
                    "maintien",
                    "quelqu’un vient de parler : une pause, la fin d’un mot",
                ),
                (
                    "hold",
                    "somebody spoke just now: a pause, the end of a word",
                ),
                "#8fd0a4",
            ),
            Reason::NoVoice => (
                ("pas de voix", "rien que la salle"),
                ("no voice", "nothing but the room"),
                "#cfd6dd",
            ),
            Reason::Whisper => (
                ("chuchotement", "quelqu’un chuchote"),
                ("whisper", "somebody whispers"),
                "#7a4fc0",
            ),
            Reason::Page => (
                ("papier", "des pages, du papier que l’on froisse"),
                ("paper", "pages, rustle"),
                "#ef9a1a",
            ),
            Reason::Impact => (
                ("choc", "des touches, une porte, une chaise, une toux"),
                ("impact", "keys, a door, a chair, a cough"),
                "#c22f2f",
            ),
            Reason::FarEnd => (
                ("haut-parleur", "on n’entend que le haut-parleur"),
                ("loudspeaker", "only the loudspeaker is heard"),
                "#2f74d0",
            ),
            Reason::Muted => (
                ("micro coupé", "par les gens de la salle"),
                ("muted", "by the people in the room"),
                "#4a4f57",
            ),
            Reason::Closed => (
                ("fermé", "par la conférence"),
                ("closed", "by the conference"),
                "#8b6b3f",
            ),
            Reason::Disabled => (
                ("arrêtée", "la porte laisse tout passer"),
                ("switched off", "the gate lets everything through"),
                "#52b6c9",
            ),
        };
        let (name, meaning) = match self {
            Self::Fr => french,
            Self::En => english,
        };
        (name, meaning, colour)
    }
}
