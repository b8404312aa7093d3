//! Files of the bridge: fetched from where an earlier attempt stopped, verified, and given their name only then.

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::RANGE;
use sha2::{Digest, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep_until, timeout};

use crate::leg::Bridge;

/// Digits of an address: SHA-256 in hexadecimal.
const ADDRESS: usize = 64;
/// What is read at once when a file is verified.
const BLOCK: usize = 64 * 1024;
/// A bridge that sends nothing for so long is asked again.
const SILENCE: Duration = Duration::from_secs(10);

/// Whether a text is an address: it is used as the name of a file.
pub fn is_address(text: &str) -> bool {
    text.len() == ADDRESS
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What a file must be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where the bridge has it.
    pub path: &'a str,
    /// How people call it.
    pub what: &'a str,
    /// Its SHA-256 in hexadecimal.
    pub sha256: &'a str,
    /// Its length.
    pub bytes: u64,
}

/// Why a file is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// All of it has arrived, and it is not what it must be.
    Damaged(String),
    /// The connection, or the disk.
    Lost(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Damaged(why) | Self::Lost(why)) = self;
        f.write_str(why)
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        failure.to_string()
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Lost(why)
    }
}

/// How fast, and who is told how far it is.
pub struct Manner<'a> {
    /// Bytes a second at the most.
    pub rate: Option<u64>,
    /// Is told how many bytes are here.
    pub told: &'a mut (dyn FnMut(u64) + Send),
}

/// Fetches one file; `part` is what an earlier attempt left of it.
///
/// # Errors
/// It is not here; what has arrived of it is, unless it was wrong.
pub async fn fetch(
    bridge: &Bridge,
    wanted: Wanted<'_>,
    mut part: Part,
    manner: Manner<'_>,
) -> Result<PathBuf, Failure> {
    let Wanted { what, bytes, .. } = wanted;
    let mut request = ask(bridge, wanted.path)?;
    if part.length() > 0 {
        request = request.header(RANGE, format!("bytes={}-", part.length()));
    }
    let mut answer = answered(request).await?;
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        part.begin_again().await?;
    }
    let (begun, before) = (Instant::now(), part.length());
    while let Some(chunk) = next_chunk(&mut answer).await? {
        if part.length() + chunk.len() as u64 > bytes {
            part.begin_again().await?;
            return Err(Failure::Damaged(format!(
                "{what} is longer than it should be"
            )));
        }
        part.write(&chunk).await?;
        (manner.told)(part.length());
        if let Some(rate) = manner.rate {
            let due = (part.length() - before) as f64 / rate as f64;
            sleep_until(begun + Duration::from_secs_f64(due)).await;
        }
    }
    part.finish(wanted).await
}

/// Fetches a short text of `most` bytes at the most.
///
/// # Errors
/// It is not here.
pub async fn get(bridge: &Bridge, path: &str, most: usize) -> Result<Vec<u8>, String> {
    let mut answer = answered(ask(bridge, path)?).await?;
    let mut text = Vec::new();
    while let Some(chunk) = next_chunk(&mut answer).await? {
        text.extend_from_slice(&chunk);
        if text.len() > most {
            return Err(format!("the answer to {path} is longer than {most} bytes"));
        }
    }
    Ok(text)
}

fn ask(bridge: &Bridge, path: &str) -> Result<reqwest::RequestBuilder, String> {
    let url = bridge
        .address
        .join(path)
        .map_err(|error| error.to_string())?;
    Ok(bridge.pass.show(bridge.http.get(url)))
}

async fn answered(request: reqwest::RequestBuilder) -> Result<reqwest::Response, String> {
    let answer = timeout(SILENCE, request.send())
        .await
        .map_err(|_| "the bridge does not answer".to_owned())?
        .map_err(|error| error.to_string())?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        status => Err(format!("the bridge answers {status}")),
    }
}

async fn next_chunk(answer: &mut reqwest::Response) -> Result<Option<bytes::Bytes>, String> {
    timeout(SILENCE, answer.chunk())
        .await
        .map_err(|_| "the bridge fell silent".to_owned())?
        .map_err(|error| error.to_string())
}

/// A file that is being fetched.
pub struct Part {
    part: PathBuf,
    whole: PathBuf,
    file: File,
    length: u64,
}

impl Part {
    /// What an earlier attempt left of the file `whole` of so many bytes, to go on with. Its folder is made when it is not
    /// there.
    ///
    /// # Errors
    /// The disk.
    pub async fn open(whole: PathBuf, bytes: u64) -> Result<Self, String> {
        if let Some(folder) = whole.parent() {
            let made = fs::create_dir_all(folder).await;
            made.map_err(|error| cannot(folder, &error))?;
        }
        let part = whole.with_extension("part");
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&part)
            .await
            .map_err(|error| cannot(&part, &error))?;
        let length = file.metadata().await.map_or(0, |data| data.len());
        let mut part = Self {
            part,
            whole,
            file,
            length,
        };
        if length >= bytes {
            part.begin_again().await?;
        }
        Ok(part)
    }

    /// Bytes that are here.
    pub const fn length(&self) -> u64 {
        self.length
    }

    async fn begin_again(&mut self) -> Result<(), String> {
        self.length = 0;
        let emptied = self.file.set_len(0).await;
        emptied.map_err(|error| cannot(&self.part, &error))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.length += bytes.len() as u64;
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| cannot(&self.part, &error))
    }

    /// Verifies the file and gives it its name. What is not it is thrown away.
    async fn finish(mut self, wanted: Wanted<'_>) -> Result<PathBuf, Failure> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| cannot(&self.part, &error))?;
        let (file, what) = (self.part.clone(), wanted.what);
        let sha256 = in_thread(move || hash(&file).map_err(|error| cannot(&file, &error))).await?;
        if sha256 != wanted.sha256 {
            if self.length >= wanted.bytes {
                self.begin_again().await?;
                return Err(Failure::Damaged(format!(
                    "{what} is not what it should be; it is fetched again"
                )));
            }
            return Err(Failure::Lost(format!(
                "the connection ended before {what} was whole"
            )));
        }
        settle(self.part, self.whole.clone()).await?;
        Ok(self.whole)
    }
}

/// Gives a whole file its name: whenever the plug is pulled, it is there whole, or not at all.
///
/// # Errors
/// The disk.
pub async fn settle(part: PathBuf, whole: PathBuf) -> Result<(), String> {
    in_thread(move || {
        let settled = || {
            std::fs::File::open(&part)?.sync_all()?;
            std::fs::rename(&part, &whole)?;
            // The names of file and folder, too, are on the disk only then.
            let mut folders = whole.ancestors().skip(1).take(2);
            folders.try_for_each(|folder| std::fs::File::open(folder)?.sync_all())
        };
        settled().map_err(|error: io::Error| cannot(&whole, &error))
    })
    .await
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// The disk.
pub fn hash(file: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        hash.update(&block[..read]);
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Disks are slow: what reads much goes to a thread that may wait.
///
/// # Errors
/// What `work` says, or the box is stopping.
pub async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err("the box is stopping".into()))
}

/// What a disk says of a file.
pub fn cannot(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", file.display())
}
