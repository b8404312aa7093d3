//! The house's rules that no compiler checks: who may depend on whom, what pure code may not name,
//! and that the pages at the top of the repository speak of what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// Crates of pure logic: no file of theirs does input or output.
const PURE_CRATES: [&str; 3] = ["conference", "gate", "pairing"];

/// Pure files, and whole folders of them, of crates that also hold a shell. A file whose first lines
/// say "Pure." is held to it as well.
const PURE_FILES: [&str; 10] = [
    "firmware/bridge/src/ledger.rs",
    "firmware/bridge/src/sfu",
    "firmware/bridge/src/slots",
    "firmware/bridge/src/stage.rs",
    "firmware/room/src/backoff.rs",
    "firmware/room/src/machine.rs",
    "firmware/room/src/playout.rs",
    "firmware/room/src/session.rs",
    "pipelines/src/lifecycle.rs",
    "pipelines/src/stamp.rs",
];

/// What pure code may not name.
const IMPURE_WORDS: [&str; 14] = [
    "std::thread",
    "std::fs",
    "tokio",
    "gstreamer",
    "Instant::now",
    "SystemTime::now",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "Mutex",
    "RwLock",
    "mpsc",
    "async",
    "static",
];

/// What a crate of pure logic may not depend on. A name that ends in `*` stands for a family.
const IMPURE_DEPENDENCIES: [&str; 8] = [
    "tokio*",
    "gstreamer*",
    "axum",
    "reqwest",
    "rppal",
    "str0m",
    "futures*",
    "rusqlite",
];

/// The arrows between our crates: each may depend on those after it, and on no other.
const ARROWS: [(&str, &[&str]); 10] = [
    ("board", &[]),
    ("conference", &[]),
    ("gate", &[]),
    ("pairing", &[]),
    ("pipelines", &["gate"]),
    ("gst-plugin-estrade", &["pipelines"]),
    ("bridge", &["conference", "pairing"]),
    ("room", &["conference", "pairing", "pipelines", "board"]),
    (
        "estrade",
        &["bridge", "room", "pipelines", "board", "gate", "conference"],
    ),
    // The tests drive the whole from outside, and what is public of it.
    (
        "estrade-tests",
        &[
            "bridge",
            "room",
            "pairing",
            "pipelines",
            "board",
            "conference",
        ],
    ),
];

/// The longest file that one reads in one go; aim at 400.
const MOST_LINES: usize = 700;

#[test]
fn arrows_point_one_way() {
    let complaints = manifests().iter().flat_map(arrow_complaints).collect();
    assert_none(complaints);
}

#[test]
fn pure_crates_depend_on_nothing_that_does_input_or_output() {
    let all = manifests();
    let pure: Vec<_> = all
        .iter()
        .filter(|m| PURE_CRATES.contains(&m.name()))
        .collect();
    assert_eq!(pure.len(), PURE_CRATES.len(), "a pure crate has gone");
    assert_none(pure.into_iter().flat_map(purity_complaints).collect());
}

#[test]
fn pure_files_name_no_clock_thread_socket_or_lock() {
    let mut files: Vec<PathBuf> = PURE_FILES
        .iter()
        .flat_map(|file| sources(&root().join(file)))
        .collect();
    for manifest in manifests() {
        let pure = PURE_CRATES.contains(&manifest.name());
        let mut code = sources(&manifest.folder.join("src"));
        code.retain(|file| pure || says_pure(&read(file)));
        files.extend(code);
    }
    files.sort();
    files.dedup();
    // A file of tests, as the tests at a file's end.
    files.retain(|file| !file.ends_with("tests.rs"));
    let complaints = files
        .iter()
        .flat_map(|file| impure_words(&shown(file), &read(file)))
        .collect();
    assert_none(complaints);
}

#[test]
fn the_retired_rppal_is_named_in_one_file() {
    let code = manifests()
        .into_iter()
        .flat_map(|m| sources(&m.folder.join("src")));
    let naming: Vec<String> = code
        .filter(|file| names_rppal(&read(file)))
        .map(|file| shown(&file))
        .collect();
    assert_eq!(naming, ["board/src/pins/rppal.rs"]);
}

#[test]
fn every_crate_takes_lints_and_versions_from_the_workspace() {
    let complaints = manifests().iter().flat_map(workspace_complaints).collect();
    assert_none(complaints);
}

#[test]
fn every_dependency_is_used() {
    let complaints = manifests()
        .iter()
        .flat_map(|manifest| {
            let code: String = sources(&manifest.folder)
                .iter()
                .map(|file| read(file))
                .collect();
            unused_dependencies(manifest, &code)
        })
        .collect();
    assert_none(complaints);
}

#[test]
fn no_file_is_too_long_to_read() {
    let complaints = manifests()
        .iter()
        .flat_map(|manifest| sources(&manifest.folder))
        .flat_map(|file| too_long(&shown(&file), &read(&file)))
        .collect();
    assert_none(complaints);
}

#[test]
fn the_pages_name_only_verbs_that_make_knows() {
    let makefile = read(&root().join("Makefile"));
    let complaints = ["README.md", "ARCHITECTURE.md", ".ci/run"]
        .iter()
        .flat_map(|page| unknown_verbs(page, &read(&root().join(page)), &makefile))
        .collect();
    assert_none(complaints);
}

#[test]
fn the_pages_link_only_to_files_that_exist() {
    let complaints = ["README.md", "ARCHITECTURE.md", "GLOSSARY.md"]
        .iter()
        .flat_map(|page| dead_links(page, &read(&root().join(page))))
        .collect();
    assert_none(complaints);
}

#[test]
fn a_package_is_named_once() {
    let lists = fs::read_dir(root().join("board/packages")).unwrap();
    let texts: Vec<String> = lists.map(|list| read(&list.unwrap().path())).collect();
    assert_none(named_twice(&texts.concat()));
}

#[test]
fn the_report_and_its_schema_have_the_same_keys() {
    let code = read(&root().join("firmware/estrade/src/demo/report.rs"));
    let schema = read(&root().join("docs/report.schema.json"));
    assert_eq!(fields(&code), keys(&serde_json::from_str(&schema).unwrap()));
}

/// One crate's manifest.
struct Manifest {
    folder: PathBuf,
    toml: Table,
}

impl Manifest {
    fn parse(folder: &Path, text: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            toml: text.parse().expect("a manifest is TOML"),
        }
    }

    fn name(&self) -> &str {
        self.toml["package"]["name"]
            .as_str()
            .expect("a crate has a name")
    }

    /// All dependencies, for the program, its tests and its build.
    fn dependencies(&self) -> BTreeMap<&str, &toml::Value> {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .filter_map(|section| self.toml.get(*section)?.as_table())
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
            .collect()
    }
}

fn arrow_complaints(manifest: &Manifest) -> Vec<String> {
    let name = manifest.name();
    let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
        return vec![format!(
            "{name}: a new crate; give it its arrows in tests/tidy.rs"
        )];
    };
    manifest
        .dependencies()
        .keys()
        .filter(|to| ARROWS.iter().any(|(ours, _)| ours == *to) && !allowed.contains(to))
        .map(|to| format!("{name}: may not depend on {to}"))
        .collect()
}

fn purity_complaints(manifest: &Manifest) -> Vec<String> {
    let forbidden = |name: &str| {
        IMPURE_DEPENDENCIES
            .iter()
            .any(|rule| match rule.strip_suffix('*') {
                Some(family) => name.starts_with(family),
                None => name == *rule,
            })
    };
    manifest
        .dependencies()
        .keys()
        .filter(|name| forbidden(name))
        .map(|name| format!("{}: is pure and may not depend on {name}", manifest.name()))
        .collect()
}

/// Whether a file's own description ends with the word.
fn says_pure(code: &str) -> bool {
    code.lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.contains("Pure.") || line.contains("Pure:"))
}

fn impure_words(file: &str, code: &str) -> Vec<String> {
    let program = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut complaints = Vec::new();
    for (line, text) in (1..).zip(program.lines()) {
        let text = text.split("//").next().unwrap_or_default();
        for word in IMPURE_WORDS {
            if has_word(text, word) {
                complaints.push(format!("{file}:{line}: pure code may not name `{word}`"));
            }
        }
    }
    complaints
}

/// Whether `word` stands in `text` by itself, not as a part of a longer name or of a lifetime.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(inside) && !text[at + word.len()..].starts_with(inside)
    })
}

/// Our own module of that name is none of its modules.
fn names_rppal(code: &str) -> bool {
    ["gpio", "i2c", "spi", "pwm", "uart", "system"]
        .iter()
        .any(|module| code.contains(&format!("rppal::{module}")))
}

fn workspace_complaints(manifest: &Manifest) -> Vec<String> {
    let from_workspace =
        |value: &toml::Value| value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    let mut complaints = Vec::new();
    if !manifest.toml.get("lints").is_some_and(from_workspace) {
        complaints.push(format!(
            "{}: needs [lints] workspace = true",
            manifest.name()
        ));
    }
    for (name, value) in manifest.dependencies() {
        if !from_workspace(value) {
            complaints.push(format!(
                "{}: {name} needs workspace = true",
                manifest.name()
            ));
        }
    }
    complaints
}

fn unused_dependencies(manifest: &Manifest, code: &str) -> Vec<String> {
    manifest
        .dependencies()
        .keys()
        .filter(|name| !has_word(code, &name.replace('-', "_")))
        .map(|name| format!("{}: does not use {name}", manifest.name()))
        .collect()
}

fn too_long(file: &str, code: &str) -> Option<String> {
    let lines = code.lines().count();
    (lines > MOST_LINES).then(|| format!("{file}: {lines} lines, {MOST_LINES} at most"))
}

/// Looks at what a page writes as code: `make VERB` in backquotes or at the start of a line.
fn unknown_verbs(page: &str, text: &str, makefile: &str) -> Vec<String> {
    let known = |verb: &str| {
        makefile.lines().any(|line| {
            line.strip_prefix(verb)
                .is_some_and(|rest| rest.starts_with(':'))
        })
    };
    let mut complaints = Vec::new();
    for line in text.lines() {
        for (at, _) in line.match_indices("make ") {
            let before = line[..at].trim_start();
            if !(before.is_empty() || before.ends_with(['`', ';', '&']) || before == "exec ") {
                continue;
            }
            for verb in line[at + 5..]
                .split(['`', '#', ';'])
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()))
            {
                if !known(verb) {
                    complaints.push(format!("{page}: make has no verb {verb}"));
                }
            }
        }
    }
    complaints
}

/// The files that a page links to: `](path)`, without addresses on the web and anchors.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

fn dead_links(page: &str, text: &str) -> Vec<String> {
    links(text)
        .into_iter()
        .filter(|target| !root().join(target).exists())
        .map(|target| format!("{page}: links to {target}, which does not exist"))
        .collect()
}

fn named_twice(lists: &str) -> Vec<String> {
    let mut count: BTreeMap<&str, u32> = BTreeMap::new();
    for line in lists.lines() {
        let package = line.split('#').next().unwrap_or_default().trim();
        if !package.is_empty() {
            *count.entry(package).or_default() += 1;
        }
    }
    count
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(package, _)| format!("{package}: named in two lists"))
        .collect()
}

/// The fields of the structs in some code.
fn fields(code: &str) -> BTreeSet<String> {
    code.lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.contains(' '))
        .collect()
}

/// The keys of everything that a JSON schema describes.
fn keys(schema: &serde_json::Value) -> BTreeSet<String> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .flat_map(|(name, value)| {
            let inner = keys(value).into_iter().chain(keys(&value["items"]));
            inner.chain([name.clone()])
        })
        .collect()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn manifests() -> Vec<Manifest> {
    let workspace: Table = read(&root().join("Cargo.toml"))
        .parse()
        .expect("the workspace's manifest is TOML");
    workspace["workspace"]["members"]
        .as_array()
        .expect("the workspace has members")
        .iter()
        .map(|member| {
            let folder = root().join(member.as_str().expect("a member is a path"));
            Manifest::parse(&folder, &read(&folder.join("Cargo.toml")))
        })
        .collect()
}

/// The Rust files at a path, which is one of them or a folder; a crate inside the folder is left out.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a folder can be read to its end").path();
        let rust = path.extension().is_some_and(|extension| extension == "rs");
        let folder = path.is_dir() && !path.join("Cargo.toml").exists();
        if rust || folder {
            found.extend(sources(&path));
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.display().to_string()
}

#[track_caller]
fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[path = "tidy/can_fail.rs"]
mod can_fail;
