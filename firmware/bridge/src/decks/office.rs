//! PPTX and ODP become PDF, by LibreOffice without a window, inside the process that makes pages.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use url::Url;

use super::kind::Kind;
use super::render::Failure;

/// What LibreOffice must not do with a stranger's file: run what it holds, fetch what it links to. For the latter all of
/// the network is behind a proxy that is not there: port 9 is never listened to (RFC 863).
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetProxyType" oor:op="fuse"><value>1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetNoProxy" oor:op="fuse"><value></value></prop></item>
</oor:items>
"#;

/// Converts a file; all that is written is in `scratch`, LibreOffice's own settings too: another one that runs on this
/// machine, or a broken profile, does not matter. How long it may take is its parent's to say.
pub fn to_pdf(source: &Path, kind: Kind, scratch: &Path) -> Result<PathBuf, Failure> {
    let extension = match kind {
        Kind::Odp => "odp",
        Kind::Pptx => "pptx",
        Kind::Pdf => return Ok(source.to_owned()),
    };
    let profile = scratch.join("profile");
    fs::create_dir_all(profile.join("user"))?;
    fs::write(profile.join("user/registrymodifications.xcu"), SETTINGS)?;
    let named = scratch.join("deck").with_extension(extension);
    symlink(fs::canonicalize(source)?, &named)?;
    let profile = fs::canonicalize(profile)?;
    let profile = Url::from_directory_path(profile).map_err(|()| Failure::Office)?;
    let status = Command::new("soffice")
        .arg(format!("-env:UserInstallation={profile}"))
        .args([
            "--headless",
            "--norestore",
            "--convert-to",
            "pdf",
            "--outdir",
        ])
        .args([scratch, &named])
        // It can write nowhere else.
        .envs([("HOME", scratch), ("TMPDIR", scratch)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Failure::NoOffice),
        Err(error) => return Err(error.into()),
        Ok(_) => {}
    }
    // It ends with 0 whether it has converted or not.
    let made = scratch.join("deck.pdf");
    if made.exists() {
        Ok(made)
    } else {
        Err(Failure::Office)
    }
}
