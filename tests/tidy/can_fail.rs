//! Each check of the house's rules can fail: it is shown something bad.

use super::*;

#[test]
fn an_arrow_that_points_up_and_a_crate_without_arrows() {
    let complaints = arrow_complaints(&manifest(
        "bridge",
        "conference.workspace = true\npipelines.workspace = true",
    ));
    assert_eq!(complaints, ["bridge: may not depend on pipelines"]);
    assert_eq!(arrow_complaints(&manifest("newcomer", "")).len(), 1);
}

#[test]
fn a_pure_crate_with_a_runtime() {
    let bad = manifest(
        "gate",
        "heapless.workspace = true\ngstreamer-audio.workspace = true\n[dev-dependencies]\ntokio.workspace = true",
    );
    assert_eq!(
        purity_complaints(&bad),
        [
            "gate: is pure and may not depend on gstreamer-audio",
            "gate: is pure and may not depend on tokio",
        ]
    );
}

#[test]
fn a_pure_file_with_a_clock() {
    let code = "use std::time::Instant; // not Instant::now\nfn f(a: &'static str) {\n    let now = Instant::now();\n}\nasync fn g() {}\n#[cfg(test)]\nmod tests { fn t() { std::thread::yield_now() } }";
    assert_eq!(
        impure_words("f.rs", code),
        [
            "f.rs:3: pure code may not name `Instant::now`",
            "f.rs:5: pure code may not name `async`",
        ]
    );
    assert!(impure_words("f.rs", "let asynchronous = is_static;").is_empty());
}

#[test]
fn a_file_is_held_to_its_word() {
    assert!(says_pure("//! Numbers. Pure.\nuse std::thread;"));
    assert!(!says_pure("//! A thread.\n\n/// Pure.\nfn f() {}"));
}

#[test]
fn a_version_of_its_own_and_no_lints() {
    let complaints =
        workspace_complaints(&manifest("room", "serde = \"1\"\ntoml.workspace = true"));
    assert_eq!(
        complaints,
        [
            "room: needs [lints] workspace = true",
            "room: serde needs workspace = true"
        ]
    );
}

#[test]
fn a_dependency_that_nothing_names() {
    let bad = manifest("room", "serde-json.workspace = true\ntoml.workspace = true");
    assert_eq!(
        unused_dependencies(&bad, "use serde_json::Value;"),
        ["room: does not use toml"]
    );
}

#[test]
fn a_file_that_goes_on_and_on() {
    assert_eq!(too_long("f.rs", &"\n".repeat(MOST_LINES)), None);
    assert!(too_long("f.rs", &"\n".repeat(MOST_LINES + 1)).is_some());
}

#[test]
fn a_verb_that_make_does_not_know() {
    let page = "Say `make demo` or\n    make dance   # and more\nThey make noise.";
    assert_eq!(
        unknown_verbs("page", page, "demo: build\n"),
        ["page: make has no verb dance"]
    );
    assert_eq!(
        unknown_verbs("run", "exec make check test", "check:\n"),
        ["run: make has no verb test"]
    );
}

#[test]
fn a_link_is_seen_and_an_address_is_not() {
    assert_eq!(
        dead_links(
            "p",
            "[a](docs/none.md#top) [b](https://example.org/b) [c](#c) [d](Makefile)"
        ),
        ["p: links to docs/none.md, which does not exist"]
    );
}

#[test]
fn a_package_in_two_lists() {
    assert_eq!(
        named_twice("gcc  # compiler\nmake\n# gcc\ngcc\n"),
        ["gcc: named in two lists"]
    );
}

#[test]
fn a_key_is_seen_wherever_it_is() {
    let schema = serde_json::json!({ "properties": {
        "a": { "properties": { "b": {} } },
        "c": { "items": { "properties": { "d": {} } } },
    }});
    assert_eq!(Vec::from_iter(keys(&schema)), ["a", "b", "c", "d"]);
    let code = "pub struct S {\n    /// A.\n    pub a: f64,\n    b: u8,\n}\npub fn of(c: u8) {}";
    assert_eq!(Vec::from_iter(fields(code)), ["a"]);
}

fn manifest(name: &str, dependencies: &str) -> Manifest {
    Manifest::parse(
        Path::new("."),
        &format!("[package]\nname = \"{name}\"\n[dependencies]\n{dependencies}\n"),
    )
}

#[test]
fn a_second_file_with_rppal() {
    assert!(names_rppal("use rppal::gpio::Gpio;"));
    assert!(!names_rppal("mod rppal;\nrppal::open(layout)"));
}
