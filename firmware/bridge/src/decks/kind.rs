//! What a file is, by its first and last bytes, whatever its name says. Pure.

use conference::wire::Reason;

/// How much of a file's beginning is looked at, in bytes: a PDF's header stands in the first 1024 (ISO 32000-1, annex H,
/// note 13), an ODP names itself in the first hundred.
pub const HEAD: usize = 4096;

/// How much of its end is looked at, in bytes: the list of contents of a PPTX with thousands of parts.
pub const TAIL: usize = 1 << 20;

/// How far from its end a PDF says that it ends. Readers ask for 1024 (ISO 32000-1, annex H, note 18); some programs
/// write a little more after it.
const PDF_END: usize = 4096;

/// A kind of file that can be a deck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Portable Document Format.
    Pdf,
    /// PowerPoint's own, since 2007.
    Pptx,
    /// OpenDocument's presentation.
    Odp,
}

/// Why a file cannot be a deck: what it is, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not a byte.
    #[error("the file is empty; choose it again, or export it anew")]
    Empty,
    /// It begins well and does not end.
    #[error("the file is cut off, its end is missing; bring it again, or export it anew")]
    CutOff,
    /// The container of old Office files, and of new ones with a password.
    #[error(
        "this is an old PowerPoint file, or one with a password; save it as PPTX without a password, or export it as PDF"
    )]
    OldOrLocked,
    /// PNG, JPEG, GIF, WebP.
    #[error("this is a picture; put it on a page, and export that as PDF")]
    Picture,
    /// A ZIP that holds no presentation.
    #[error("this is a document of another kind, or an archive; export the deck as PDF")]
    OtherDocument,
    /// Anything else.
    #[error("this is neither PDF nor PPTX nor ODP; export the deck as PDF")]
    Unknown,
}

impl Unusable {
    /// By its code.
    pub fn reason(self) -> Reason {
        let code = match self {
            Self::Empty => "file_empty",
            Self::CutOff => "file_cut_off",
            Self::OldOrLocked => "deck_old_or_locked",
            Self::Picture => "deck_picture",
            Self::OtherDocument => "deck_other_document",
            Self::Unknown => "deck_unknown",
        };
        Reason::new(code, self)
    }
}

/// Tells a file by its first [`HEAD`] and its last [`TAIL`] bytes, which may overlap.
///
/// # Errors
/// It cannot be a deck. That it can does not mean that it is sound: whoever opens it finds out.
pub fn kind_of(head: &[u8], tail: &[u8]) -> Result<Kind, Unusable> {
    if head.is_empty() {
        return Err(Unusable::Empty);
    }
    if holds(&head[..head.len().min(1024)], b"%PDF-") {
        let end = &tail[tail.len().saturating_sub(PDF_END)..];
        return match holds(end, b"%%EOF") {
            true => Ok(Kind::Pdf),
            false => Err(Unusable::CutOff),
        };
    }
    if head.starts_with(b"PK\x03\x04") {
        return kind_of_zip(head, tail);
    }
    Err(if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        Unusable::OldOrLocked
    } else if is_picture(head) {
        Unusable::Picture
    } else {
        Unusable::Unknown
    })
}

fn kind_of_zip(head: &[u8], tail: &[u8]) -> Result<Kind, Unusable> {
    // The end of the list of contents (APPNOTE.TXT section 4.3.16).
    if !holds(tail, b"PK\x05\x06") {
        return Err(Unusable::CutOff);
    }
    // The first part of every OpenDocument package is its type, not compressed (OpenDocument 1.2 part 3, section 3.3).
    let named = head.get(30..).unwrap_or_default();
    if named.starts_with(b"mimetypeapplication/vnd.oasis.opendocument.presentation") {
        return Ok(Kind::Odp);
    }
    if holds(tail, b"ppt/presentation.xml") {
        return Ok(Kind::Pptx);
    }
    Err(Unusable::OtherDocument)
}

fn is_picture(head: &[u8]) -> bool {
    let riff = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    let starts: [&[u8]; 3] = [b"\x89PNG\r\n\x1A\n", b"\xFF\xD8\xFF", b"GIF8"];
    riff || starts.iter().any(|start| head.starts_with(start))
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_is_told_by_what_is_in_it() {
        let odp = b"PK\x03\x04..........................mimetypeapplication/vnd.oasis.opendocument.presentationPK";
        let end = b"....PK\x05\x06....";
        let presentation = b"PK\x01\x02..ppt/presentation.xml..PK\x05\x06....";
        for (head, tail, expected) in [
            (
                &b"%PDF-1.7\n"[..],
                &b"startxref\n9\n%%EOF\n"[..],
                Ok(Kind::Pdf),
            ),
            (b"junk before\n%PDF-1.4", b"%%EOF", Ok(Kind::Pdf)),
            (b"%PDF-1.7\n", b"endobj", Err(Unusable::CutOff)),
            (odp, end, Ok(Kind::Odp)),
            (odp, b"", Err(Unusable::CutOff)),
            (b"PK\x03\x04", presentation, Ok(Kind::Pptx)),
            (b"PK\x03\x04", end, Err(Unusable::OtherDocument)),
            (
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
                b"",
                Err(Unusable::OldOrLocked),
            ),
            (b"\xFF\xD8\xFF\xE0", b"", Err(Unusable::Picture)),
            (b"RIFF\0\0\0\0WEBP", b"", Err(Unusable::Picture)),
            (b"%!PS", b"%%EOF", Err(Unusable::Unknown)),
            (b"", b"", Err(Unusable::Empty)),
        ] {
            assert_eq!(kind_of(head, tail), expected, "{}", head.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(
            start in prop::sample::select(vec![&b""[..], b"%PDF-", b"PK\x03\x04", b"\xD0\xCF\x11\xE0", b"RIFF"]),
            head in prop::collection::vec(any::<u8>(), 0..80),
            tail in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let head = [start, &head].concat();
            prop_assert_eq!(kind_of(&head, &tail) == Err(Unusable::Empty), head.is_empty());
        }
    }
}
