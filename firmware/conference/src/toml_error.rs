//! Turns an error in a settings file into one message that a person can act on.

/// The line of byte `at` in `text`, counted from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    let upto = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    upto.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// One message: file, line, what is wrong, what to do.
///
/// `file` is the name to show, `text` what was parsed. A misspelt key or word gets the known one
/// that is nearest to it.
pub fn explain(file: &str, text: &str, error: &toml::de::Error) -> String {
    let what = in_words(
        error.message(),
        key_at(text, error.span().map(|span| span.start)),
    );
    match error.span() {
        // The span of a missing key is the table, which says nothing at the top of the file.
        Some(span) if !text.is_empty() => {
            format!("{file}, line {}: {what}", line_of(text, span.start))
        }
        Some(_) | None => format!("{file}: {what}"),
    }
}

/// What is wrong with a file, for pages that say it in other words than [`explain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A key that nobody knows.
    UnknownKey {
        /// The key.
        key: String,
        /// What may have been meant.
        meant: Option<String>,
    },
    /// A key is not there.
    MissingKey(String),
    /// A key that is there twice.
    Twice(String),
    /// The value of this key.
    Value(String),
    /// It is no TOML, or what several keys together are.
    Other,
}

/// What [`explain`] tells, to be said in other words.
pub fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let key = key_at(text, error.span().map(|span| span.start));
    match (quoted.split_first(), key) {
        (Some((word, known)), _) if message.starts_with("unknown field") => Fault::UnknownKey {
            key: (*word).to_owned(),
            meant: nearest(word, known).map(str::to_owned),
        },
        (Some((word, _)), _) if message.starts_with("missing field") => {
            Fault::MissingKey((*word).to_owned())
        }
        (_, Some(key)) if message.starts_with("duplicate key") => Fault::Twice(key.to_owned()),
        (_, Some(key)) => Fault::Value(key.to_owned()),
        (_, None) => Fault::Other,
    }
}

/// The candidate nearest to `word`, if it is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let far = (word.chars().count() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The key of the value at byte `at`, or the one that the line of `at` starts with.
fn key_at(text: &str, at: Option<usize>) -> Option<&str> {
    let at = at?;
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(start..at)?;
    let line = text.get(start..)?.lines().next()?;
    let (left, _) = before.rsplit_once('=').or_else(|| line.split_once('='))?;
    let key = left.rsplit(['{', ',']).next()?.trim();
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!key.is_empty() && key.chars().all(is_key)).then_some(key)
}

/// serde's and toml's sentences, in the words of the file.
fn in_words(message: &str, key: Option<&str>) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (quoted.split_first(), key) {
        (Some((word, known)), _) if message.starts_with("unknown field") => {
            unknown("key", word, known)
        }
        (Some((word, known)), Some(key)) if message.starts_with("unknown variant") => {
            format!("{key}: {}", unknown("value", word, known))
        }
        (Some((word, known)), None) if message.starts_with("unknown variant") => {
            unknown("value", word, known)
        }
        (Some((word, _)), _) if message.starts_with("missing field") => {
            format!("the key '{word}' is missing here; add it")
        }
        (_, Some(key)) if message.starts_with("duplicate key") => {
            format!("the key '{key}' is there twice; remove one")
        }
        (_, Some(key))
            if message.starts_with("invalid type") || message.starts_with("invalid value") =>
        {
            let (found, expected) = message.split_once(", expected ").unwrap_or((message, ""));
            let found = found.split_once(": ").map_or(found, |(_, found)| found);
            let found = found.replace("string ", "the text ").replace('`', "");
            format!("{key}: found {found}, where {} must be", kind(expected))
        }
        (_, Some(key)) => format!("{key}: {}", message.trim_end().replace('\n', "; ")),
        (_, None) => message.trim_end().replace('\n', "; "),
    }
}

/// serde's name of a kind of value, in words.
fn kind(expected: &str) -> &str {
    match expected {
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number from 0",
        other => other,
    }
}

fn unknown(kind: &str, word: &str, known: &[&str]) -> String {
    let list = known
        .iter()
        .map(|known| format!("'{known}'"))
        .collect::<Vec<_>>()
        .join(", ");
    match nearest(word, known) {
        Some(meant) => format!("unknown {kind} '{word}'; did you mean '{meant}'?"),
        None => format!("unknown {kind} '{word}'; remove it, or use one of {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct File {
        listen: String,
        floor: Option<Floor>,
        port: Option<u16>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Floor {
        Chair,
        FirstInQueue,
    }

    #[test]
    fn a_misspelt_key_gets_a_suggestion() {
        check(
            "\n\nlistne = \"x\"",
            expect!["f.toml, line 3: unknown key 'listne'; did you mean 'listen'?"],
        );
        check(
            "colour = 1",
            expect![
                "f.toml, line 1: unknown key 'colour'; remove it, or use one of 'listen', 'floor', 'port'"
            ],
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        check(
            "listen = \"x\"\nfloor = \"chiar\"",
            expect!["f.toml, line 2: floor: unknown value 'chiar'; did you mean 'chair'?"],
        );
        check(
            "listen = 8080",
            expect!["f.toml, line 1: listen: found integer 8080, where a text in quotes must be"],
        );
        check(
            "listen = \"x\"\nport = 70000",
            expect![
                "f.toml, line 2: port: found integer 70000, where a whole number from 0 to 65535 must be"
            ],
        );
    }

    #[test]
    fn a_missing_key_is_named() {
        check(
            "",
            expect!["f.toml: the key 'listen' is missing here; add it"],
        );
    }

    #[test]
    fn broken_toml_has_a_line() {
        check(
            "listen = \"x\"\nport =",
            expect!["f.toml, line 2: port: string values must be quoted, expected literal string"],
        );
        check(
            "listen = \"x\"\nlisten = \"y\"",
            expect!["f.toml, line 2: the key 'listen' is there twice; remove one"],
        );
        check(
            "listen = \"x",
            expect![[r#"f.toml, line 1: listen: invalid basic string, expected `"`"#]],
        );
    }

    fn check(text: &str, expected: Expect) {
        let error = toml::from_str::<File>(text).unwrap_err();
        expected.assert_eq(&explain("f.toml", text, &error));
    }
}
