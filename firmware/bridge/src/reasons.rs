//! Reasons of the bridge, with the codes by which pages have them in the reader's words (`console/reason_words.js`). Pure.

use std::io::{Error, ErrorKind};

use conference::audience::AudienceNo;
use conference::wire::Reason;
use conference::{No, Refusal};
use rusqlite::ErrorCode;

/// Why the rules of the evening say no.
pub fn of_no(no: &No) -> Reason {
    let code = match no {
        No::Floor(refusal) => of_refusal(refusal),
        No::Audience(no) => return of_audience_no(no),
        No::NoSuchItem => "no_such_item",
        No::AtTheEnd => "at_the_end",
        No::NothingToUndo => "nothing_to_undo",
        No::NotQuestionTime => "not_question_time",
        No::TooMany => "too_many_people",
        No::NoLimit => "no_limit",
        No::TooLong => "moved_too_far",
        No::NoDeck => "no_deck_shown",
        No::NoSuchPage => "no_such_page",
        No::NoSuchSpeaker => "no_such_speaker",
        No::BadMessage => "bad_message",
        No::Begun => "begun",
        No::NotChosen => "not_chosen",
        No::NotTheSpeaker => "not_the_speaker",
    };
    with_limit(Reason::new(code, no))
}

const fn of_refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownRoom(_) => "unknown_room",
        Refusal::NotPresent(_) => "not_present",
        Refusal::AlreadyHolder(_) => "already_holder",
        Refusal::AlreadyAsked(_) => "already_asked",
        Refusal::NothingToRelease(_) => "nothing_to_release",
        Refusal::NotAsking(_) => "not_asking",
        Refusal::FloorFree => "floor_free",
    }
}

/// Why the rules of poll and written questions say no.
pub fn of_audience_no(no: &AudienceNo) -> Reason {
    let code = match no {
        AudienceNo::BadPollQuestion => "bad_poll_question",
        AudienceNo::BadAnswers => "bad_answers",
        AudienceNo::PollIsOpen => "poll_is_open",
        AudienceNo::NoPoll => "no_poll",
        AudienceNo::TooManyPolls => "too_many_polls",
        AudienceNo::NoSuchAnswer => "no_such_answer",
        AudienceNo::TooManyVoters => "too_many_voters",
        AudienceNo::BadHands => "bad_hands",
        AudienceNo::BadText => "bad_text",
        AudienceNo::BadName => "bad_name",
        AudienceNo::Patience => "patience",
        AudienceNo::Full => "full",
        AudienceNo::NoSuchQuestion => "no_such_question",
    };
    with_limit(Reason::new(code, no))
}

/// The limit that a sentence names is its last number: no limit is written twice.
fn with_limit(reason: Reason) -> Reason {
    let mut numbers = reason.detail.split(|sign: char| !sign.is_ascii_digit());
    let last = numbers.rfind(|digits| !digits.is_empty());
    match last.map(str::to_owned) {
        Some(limit) => reason.with("most", limit),
        None => reason,
    }
}

/// Why a file of the bridge's cannot be read or written; `detail` is the whole sentence.
pub fn of_disk(error: &Error, detail: impl std::fmt::Display) -> Reason {
    let kind = error.kind();
    let code = if [ErrorKind::StorageFull, ErrorKind::QuotaExceeded].contains(&kind) {
        "disk_full"
    } else if kind == ErrorKind::ReadOnlyFilesystem {
        "disk_read_only"
    } else if kind == ErrorKind::PermissionDenied {
        "disk_not_allowed"
    } else if kind == ErrorKind::NotFound {
        "disk_not_there"
    } else {
        "disk_fails"
    };
    let number = error
        .raw_os_error()
        .map_or_else(|| "–".into(), |number| number.to_string());
    Reason::new(code, detail).with("number", number)
}

/// Why the store cannot be used; `detail` is the whole sentence.
pub fn of_sqlite(error: &rusqlite::Error, detail: impl std::fmt::Display) -> Reason {
    let number = error
        .sqlite_error()
        .map_or_else(|| "–".into(), |error| error.extended_code.to_string());
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "disk_full",
        Some(ErrorCode::ReadOnly) => "disk_read_only",
        Some(ErrorCode::PermissionDenied) => "disk_not_allowed",
        Some(ErrorCode::CannotOpen) => "disk_not_there",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "store_busy",
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) | None => "store_broken",
        Some(_) => "disk_fails",
    };
    Reason::new(code, detail).with("number", number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_stands_in_its_gap() {
        let most = |reason: Reason| reason.values.get("most").cloned();
        assert_eq!(most(of_no(&No::TooMany)).as_deref(), Some("9999"));
        assert_eq!(most(of_no(&No::BadMessage)).as_deref(), Some("80"));
        assert_eq!(
            most(of_audience_no(&AudienceNo::BadAnswers)).as_deref(),
            Some("40")
        );
        assert_eq!(most(of_no(&No::AtTheEnd)), None);
    }

    /// Whoever adds a reason adds its French sentence.
    #[test]
    fn every_code_has_its_french_sentence() {
        let words = include_str!("../console/reason_words.js");
        let mut codes = Vec::new();
        for file in sources(std::path::Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src"
        ))) {
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let named = text.split("Reason::new(").skip(1).map(str::trim_start);
            let mut found: Vec<String> = named.filter_map(first_text).collect();
            if text.contains("let code =") || file.ends_with("reasons.rs") {
                let arms = text.split("=> ").skip(1);
                found.extend(arms.filter_map(first_text));
                let blocks = text.split("{\n").skip(1).map(str::trim_start);
                found.extend(blocks.filter_map(first_text));
            }
            codes.extend(found);
        }
        assert!(codes.len() > 70, "{codes:?}");
        let missing = codes
            .iter()
            .filter(|code| !words.contains(&format!("    {code}: \"")));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new());
    }

    /// A code right at the beginning.
    fn first_text(text: &str) -> Option<String> {
        let (code, _) = text.strip_prefix('"')?.split_once('"')?;
        let is_code = |sign: char| sign.is_ascii_lowercase() || sign == '_';
        (!code.is_empty() && code.chars().all(is_code)).then(|| code.to_owned())
    }

    fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| match path.is_dir() {
                true => sources(&path),
                false => vec![path],
            })
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .filter(|path| !path.ends_with("tests.rs"))
            .collect()
    }

    #[test]
    fn a_full_disk_is_told_from_one_that_fails() {
        let code = |number| of_disk(&Error::from_raw_os_error(number), "x").code;
        assert_eq!(code(28), "disk_full");
        assert_eq!(code(30), "disk_read_only");
        assert_eq!(code(5), "disk_fails");
    }
}
