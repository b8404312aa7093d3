//! A file that appears when it is whole: it is written beside its place and put there at the end.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tempfile::NamedTempFile;

/// A file to be. Dropped before [`Target::keep`], it leaves nothing.
pub struct Target {
    shown: PathBuf,
    place: PathBuf,
    written: NamedTempFile,
}

impl Target {
    /// A file at `path`, whose name must end in `.{ending}`, made from `source`, which it must not replace.
    pub fn new(path: &Path, ending: &str, source: &Path) -> anyhow::Result<Self> {
        let has = path.extension().unwrap_or_default().to_string_lossy();
        ensure!(
            has.eq_ignore_ascii_case(ending),
            "{}: this file is written as {}; give it a name that ends in .{ending}",
            path.display(),
            ending.to_uppercase()
        );
        // Behind a link stands the file that is meant.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Ok(there) = fs::metadata(&place) {
            replaceable(path, &there, source)?;
        }
        let folder = place.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        ensure!(
            folder.is_dir(),
            "{}: there is no folder {}: make it first",
            path.display(),
            folder.display()
        );
        let written = tempfile::Builder::new()
            .prefix(".estrade-gate-")
            // As any new file's; the user's mask takes from it.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            // The system's word alone: nobody has to know the name of the file beside.
            .map_err(|error| io::Error::from(error.kind()))
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(Self {
            shown: path.to_owned(),
            place,
            written,
        })
    }

    /// What to write to.
    pub fn file(&self) -> anyhow::Result<File> {
        self.written
            .as_file()
            .try_clone()
            .with_context(|| self.writing())
    }

    /// What is being done, for an error's message.
    pub fn writing(&self) -> String {
        format!("writing {}", self.shown.display())
    }

    /// Writes all of it, and keeps it.
    pub fn write(self, bytes: &[u8]) -> anyhow::Result<()> {
        self.file()?
            .write_all(bytes)
            .with_context(|| self.writing())?;
        self.keep()
    }

    /// Puts it in its place.
    pub fn keep(self) -> anyhow::Result<()> {
        let writing = self.writing();
        let kept = self.written.persist(&self.place);
        kept.map(drop).map_err(|error| error.error).context(writing)
    }
}

/// Whether what is there may give way.
fn replaceable(path: &Path, there: &fs::Metadata, source: &Path) -> anyhow::Result<()> {
    if let Ok(source) = fs::metadata(source)
        && (source.dev(), source.ino()) == (there.dev(), there.ino())
    {
        bail!(
            "{} is the file that is read: write to another",
            path.display()
        );
    }
    ensure!(
        there.is_file(),
        "{} is there and is no ordinary file: write to another",
        path.display()
    );
    ensure!(
        !there.permissions().readonly(),
        "{} is there and is write-protected: write to another",
        path.display()
    );
    Ok(())
}
