//! Addresses of what is kept: by its content. Pure.

use serde::{Deserialize, Serialize};

/// The SHA-256 of a file, by which it goes on the bridge and in every box.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// The address of a file with this SHA-256.
    pub fn of(digest: &[u8; 32]) -> Self {
        Self(hex(digest))
    }

    /// 64 hexadecimal digits, in small letters, and nothing else: it can become a path.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 64 && digits).then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an address has 64 hexadecimal digits")
    }
}

impl From<Address> for String {
    fn from(id: Address) -> Self {
        id.0
    }
}

/// A digest as text.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_no_path() {
        let good = "0".repeat(60) + "9abf";
        assert_eq!(Address::parse(&good).unwrap().as_str(), good);
        for bad in ["", "..", "../../etc", &good.to_uppercase(), &good[1..]] {
            assert_eq!(Address::parse(bad), None, "{bad}");
        }
        assert!(serde_json::from_str::<Address>("\"../x\"").is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in ".{0,60}") {
            prop_assert!(Address::parse(&text).is_none_or(|id| id.as_str() == text));
        }
    }
}
