//! Why something is not so, as it goes over the wire.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Why something is not so: by its code, which pages put into the reader's words, and as an English sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Names a sentence: `deck_locked`.
    pub code: String,
    /// What stands in the sentence's gaps, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// The sentence in English, for programs and logs: what is wrong, and what to do.
    pub detail: String,
}

impl Reason {
    /// A sentence without gaps.
    pub fn new(code: &str, detail: impl fmt::Display) -> Self {
        Self {
            code: code.into(),
            values: BTreeMap::new(),
            detail: detail.to_string(),
        }
    }

    /// With what stands in one of its gaps.
    #[must_use]
    pub fn with(mut self, gap: &str, value: impl fmt::Display) -> Self {
        self.values.insert(gap.into(), value.to_string());
        self
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}
