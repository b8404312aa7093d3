//! Versions of what runs on a card.

use std::fmt;

/// Most numbers of a version.
const MOST_PARTS: usize = 8;

/// A version: numbers, compared from the left. `0.1.20261129.2145` is of that day and minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    numbers: Vec<u64>,
    /// As people know it: `0945` is a time.
    text: String,
}

impl Release {
    /// Reads one. RAUC writes the last part behind a hyphen: it is the same version.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        let text = text.replace('-', ".");
        let numbers: Option<Vec<u64>> = text.split('.').map(number).collect();
        let numbers = numbers.filter(|numbers| numbers.len() <= MOST_PARTS)?;
        Some(Self { numbers, text })
    }

    /// Reads the version from the name of an update's file, `estrade-VERSION.raucb`.
    pub fn of_file(name: &str) -> Option<Self> {
        let version = name.strip_prefix("estrade-")?.strip_suffix(".raucb")?;
        Self::parse(version)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let of = |text| Release::parse(text).unwrap();
        assert!(of("0.1.20261129.2145") < of("0.1.20261130.0001"));
        assert!(of("0.9") < of("0.10"));
        assert!(of("0.1.0") < of("0.1.20261129.2145"));
        assert_eq!(of("0.1.20261129-2145"), of("0.1.20261129.2145"));
        assert_eq!(of("0.1.20261203-0945").to_string(), "0.1.20261203.0945");
    }

    #[test]
    fn a_file_is_named_by_its_version() {
        let of = Release::of_file;
        assert_eq!(of("estrade-0.2.1.raucb"), Release::parse("0.2.1"));
        for other in [
            "estrade-0.2.1 (1).raucb",
            "estrade-.raucb",
            "estrade-0.2..raucb",
            "estrade-0.2.1.img",
            "0.2.1.raucb",
            "estrade-../../etc.raucb",
            "estrade-99999999999999999999.raucb",
            "estrade-1.1.1.1.1.1.1.1.1.raucb",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = Release::of_file(&text);
        }
    }
}
