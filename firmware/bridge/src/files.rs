//! Files over HTTP: in piece by piece, never more than may be, and out, in parts if asked.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use conference::wire::Reason;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tower_http::services::ServeFile;
use tracing::debug;

use crate::address::Address;
use crate::problem::Problem;
use crate::reasons::of_disk;

/// How long may pass between two pieces of a body.
const PIECE_WITHIN: Duration = Duration::from_secs(30);

/// How long the rest of a refused body is read and thrown away, so that the client gets to read the answer instead of a
/// broken connection.
const WASTE_WITHIN: Duration = Duration::from_secs(30);

/// A year: what is at the address of a page or a photo never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// Why a file has not arrived.
#[derive(Debug)]
pub enum ArrivalError {
    /// It is longer than may be.
    TooLarge,
    /// The client ended it; how.
    BrokeOff(String),
    /// Nothing more came.
    Silent {
        /// For so long.
        seconds: u64,
    },
    /// The disk.
    Disk(io::Error),
}

impl ArrivalError {
    /// As an answer; how large a file may be, and what to do about the disk, is told where the file is for.
    pub fn problem(self) -> Problem {
        let (status, reason) = match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Reason::new("file_too_large", "the file is too large"),
            ),
            Self::BrokeOff(how) => (
                StatusCode::BAD_REQUEST,
                Reason::new(
                    "file_broke_off",
                    format_args!("the file broke off ({how}); bring it again"),
                ),
            ),
            Self::Silent { seconds } => (
                StatusCode::REQUEST_TIMEOUT,
                Reason::new(
                    "file_silent",
                    format_args!("nothing of the file came for {seconds} seconds; bring it again"),
                )
                .with("seconds", seconds),
            ),
            Self::Disk(error) => (
                StatusCode::INSUFFICIENT_STORAGE,
                of_disk(
                    &error,
                    format_args!(
                        "the bridge's disk is full, or fails ({error}); make room there, and bring the file again"
                    ),
                ),
            ),
        };
        Problem::of(status, reason)
    }
}

/// A file that arrives; what is still there at the end is removed.
pub struct Arriving(pub PathBuf);

impl Drop for Arriving {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes a body of `most` bytes at the most to a file, and tells its address.
///
/// # Errors
/// It has not arrived whole.
pub async fn receive(path: &Path, body: Body, most: u64) -> Result<Address, ArrivalError> {
    let mut file = File::create(path).await.map_err(ArrivalError::Disk)?;
    let mut digest = Sha256::new();
    let mut length = 0;
    let mut pieces = body.into_data_stream();
    loop {
        let piece = match timeout(PIECE_WITHIN, pieces.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(error))) => return Err(ArrivalError::BrokeOff(error.to_string())),
            Err(_) => {
                let seconds = PIECE_WITHIN.as_secs();
                return Err(ArrivalError::Silent { seconds });
            }
        };
        length += piece.len() as u64;
        if length > most {
            waste(Body::from_stream(pieces));
            return Err(ArrivalError::TooLarge);
        }
        digest.update(&piece);
        file.write_all(&piece).await.map_err(ArrivalError::Disk)?;
    }
    file.sync_all().await.map_err(ArrivalError::Disk)?;
    debug!(length, "a file has arrived");
    Ok(Address::of(&digest.finalize().into()))
}

/// Reads a body that nobody wants, for a while.
pub fn waste(body: Body) {
    tokio::spawn(timeout(WASTE_WITHIN, async {
        let mut pieces = body.into_data_stream();
        while let Some(Ok(_)) = pieces.next().await {}
    }));
}

/// A file that never changes, or the part of it that is asked for; not found where it is not there.
///
/// # Errors
/// The disk.
pub async fn serve(path: &Path, tag: &str, mut request: Request) -> io::Result<Response> {
    let has_it = asked(&request, header::IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',')
            .any(|known| [tag, "*"].contains(&known.trim()))
    });
    // Who has the beginning of something else gets all of this one (RFC 9110 section 13.1.5).
    if asked(&request, header::IF_RANGE).is_some_and(|known| known != tag) {
        request.headers_mut().remove(header::RANGE);
    }
    let mut response = match has_it {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ServeFile::new(path).try_call(request).await?.map(Body::new),
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Ok(response)
}

fn asked(request: &Request, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}
