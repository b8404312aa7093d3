//! What the program said lately, and how it is handed out: without secrets.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are kept: some thousand lines.
const KEPT: usize = 256 * 1024;

/// The last lines of the program. Whoever has it may write to it; the oldest bytes give way.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<Mutex<VecDeque<u8>>>);

impl Logs {
    /// Its lines, the oldest first.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = bytes.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        match bytes.len() < KEPT {
            true => text.into_owned(),
            // The first line has lost its beginning.
            false => text.split_once('\n').unwrap_or_default().1.to_owned(),
        }
    }
}

impl Write for Logs {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend(line);
        let most = bytes.len().saturating_sub(KEPT);
        bytes.drain(..most);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stands in place of a secret.
const REMOVED: &str = "[removed]";
/// What stands behind these words, to the end of the line, is a secret, whoever wrote it there.
const WORDS: [&str; 8] = [
    "authorization",
    "bearer",
    "cookie",
    "passphrase",
    "password",
    "psk",
    "secret",
    "token",
];

/// The text without these secrets, and without whatever is called one.
pub fn redact(text: &str, secrets: &[&str]) -> String {
    let known = secrets.iter().filter(|secret| !secret.is_empty());
    let text = known.fold(text.to_owned(), |text, secret| {
        text.replace(secret, REMOVED)
    });
    let lines = text.lines().map(|line| match value(line) {
        Some(at) => format!("{}{REMOVED}\n", &line[..at]),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// Where the first value behind one of [`WORDS`] begins: `token=…`, `"token": …`, `Bearer …`.
fn value(line: &str) -> Option<usize> {
    let small = line.to_ascii_lowercase();
    let behind = WORDS.iter().flat_map(|word| {
        let found = small.match_indices(word);
        found.map(|(at, _)| (at + word.len(), *word))
    });
    let values = behind.filter(|(at, word)| {
        let rest = &small[*at..];
        rest.trim_start().starts_with(['=', ':', '"', '\''])
            || (*word == "bearer" && rest.starts_with(' '))
    });
    values.map(|(at, _)| at + 1).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKEN: &str = "0123456789abcdef";

    #[test]
    fn what_is_called_a_secret_is_removed_and_the_rest_stays() {
        for (line, clean) in [
            (
                "the bridge refused the token",
                "the bridge refused the token",
            ),
            ("token = \"abc\"", "token [removed]"),
            ("url=/x?token=abc", "url=/x?token=[removed]"),
            (r#"{"token": "abc"}"#, r#"{"token"[removed]"#),
            ("Authorization: Bearer abc", "Authorization:[removed]"),
            ("sent Bearer abc", "sent Bearer [removed]"),
            ("wpa: PSK=\"très secret\"", "wpa: PSK=[removed]"),
            ("Cookie: estrade=abc; a=b", "Cookie:[removed]"),
            ("é 0123456789abcdef é", "é [removed] é"),
        ] {
            assert_eq!(redact(line, &[TOKEN, ""]), format!("{clean}\n"));
        }
    }

    proptest! {
        #[test]
        fn a_known_secret_is_nowhere(before in "\\PC{0,30}", after in "\\PC{0,30}") {
            let text = redact(&format!("{before}{TOKEN}{after}\n{TOKEN}"), &[TOKEN]);
            prop_assert!(!text.contains(TOKEN), "{text}");
        }
    }

    #[test]
    fn the_last_lines_are_kept_whole_and_memory_is_bounded() {
        let mut logs = Logs::default();
        for n in 0..20_000 {
            writeln!(logs, "line {n} of the program").unwrap();
        }
        let text = logs.text();
        assert!(text.len() < KEPT && text.len() > KEPT / 2);
        assert!(text.starts_with("line ") && text.ends_with("line 19999 of the program\n"));
    }
}
