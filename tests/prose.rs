//! Decisions go by types: no message, hint, label or `Debug` of the program's own is read back to find out what it means.
//!
//! Read are the lines that look into a text of which the name says that it is for people, and every `Debug` in a format string. Formats
//! (a key of YAML, the end of a path, a field of the API) have other names. What stays has a reason, and leaves the list with its line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::architecture::{code, is_of_tests, sources, without_tests};

/// Names of texts that are for people.
const FOR_PEOPLE: &str =
    r"(message|hint|why|outcome|label|caption|sentence|to_string\(\)|message\(\)|word\(\)|word_of\([^()]*\))";
/// What looks into a text, or compares it with one that is written there.
const READS: &str = r#"(\.(contains|starts_with|ends_with|find|rfind|strip_prefix|strip_suffix|split_once|rsplit_once|eq_ignore_ascii_case)\(&?"| ?[=!]= ?")"#;
/// What does not matter to the text between the two.
const BETWEEN: &str = r"(\.(as_str|as_ref|as_deref|trim|to_lowercase|to_ascii_lowercase|clone|message|unwrap_or_default)\(\))*";

/// File, a part of the line, and why that is so.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "model/domain/health/flux.rs",
        r#".contains("artifact not found")"#,
        "Flux has one reason, ArtifactFailed, for an artifact that is not there yet and for one that is broken; only its message distinguishes them",
    ),
    (
        "programs/commit.rs",
        r#"message.rsplit_once("\n\n")"#,
        "the message of a commit has paragraphs, of which the last may be trailers (git-interpret-trailers(1))",
    ),
    (
        "demo/controllers/helm_release.rs",
        r#".contains("timeout waiting for")"#,
        "recordings of real controllers are played back; what they did is in their messages",
    ),
    (
        "demo/controllers/helm_release.rs",
        r#"message.split_once(": ")"#,
        "what Helm's own error is, is repeated in the message of the remediation as Flux does it",
    ),
    (
        "demo/controllers/recording.rs",
        r#".starts_with("Source artifact not found")"#,
        "recordings of real controllers are played back; what they did is in their messages",
    ),
];

/// Files that say `{:?}` in a format string, and why.
const DEBUGS: &[(&str, &str)] =
    &[("model/render/ignore/extract.rs", "the message of Flux's own extractor, which quotes a path as Go's %q does")];

/// The files of the program without their tests, by their names below `src`.
fn programs() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let of_tests =
        Regex::new(r#"#\[cfg\([^\n]*\btest\b[^\n]*\)\]\n\s*(?:#\[path = "([^"]+)"\]\n\s*)?(?:pub(?:\([^)]*\))? )?mod (\w+);"#);
    let (of_tests, all) = (of_tests.expect("a pattern"), sources(&root));
    let mut tests: Vec<PathBuf> = Vec::new();
    for (path, text) in &all {
        let (folder, stem) = (path.parent().expect("a folder"), path.file_stem().expect("a name").to_string_lossy());
        let own = if matches!(&*stem, "mod" | "lib" | "main") { folder.to_owned() } else { folder.join(&*stem) };
        for found in of_tests.captures_iter(text) {
            match found.get(1) {
                Some(at) => tests.push(folder.join(at.as_str())),
                None => tests.extend([own.join(format!("{}.rs", &found[2])), own.join(&found[2])]),
            }
        }
    }
    let is_test = |path: &Path| is_of_tests(path) || tests.iter().any(|test| path.starts_with(test));
    let begins = Regex::new(r"(?m)^#\[cfg\([^\n]*\btest\b[^\n]*\)\]\nmod \w+ \{").expect("a pattern");
    let program = |(path, text): (PathBuf, String)| {
        let text = without_tests(&text);
        let end = begins.find(&text).map_or(text.len(), |found| found.start());
        let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
        (name, code(&text[..end]))
    };
    all.into_iter().filter(|(path, _)| !is_test(path)).map(program).collect()
}

/// What of the list is there, each once, and what is there without being in it.
fn held(found: &[(String, String)], allowed: impl Iterator<Item = (&'static str, &'static str)>) {
    let mut known: Vec<(&str, &str)> = allowed.collect();
    let mut wrong = Vec::new();
    for (file, line) in found {
        match known.iter().position(|(at, part)| at == file && line.contains(part)) {
            Some(at) => drop(known.remove(at)),
            None => wrong.push(format!("{file}: {line}")),
        }
    }
    assert!(wrong.is_empty(), "these read meaning out of words:\n{}", wrong.join("\n"));
    assert!(known.is_empty(), "these are no more, and leave the list: {known:?}");
}

#[test]
fn no_decision_is_read_out_of_words_for_people() {
    let reads = Regex::new(&format!(r"\b{FOR_PEOPLE}{BETWEEN}{READS}")).expect("a pattern");
    let mut found = Vec::new();
    for (file, text) in programs() {
        found.extend(text.lines().filter(|line| reads.is_match(line)).map(|line| (file.clone(), line.trim().to_owned())));
    }
    held(&found, ALLOWED.iter().map(|(file, part, _)| (*file, *part)));
}

#[test]
fn no_debug_is_a_text() {
    let debug = Regex::new(r#""[^"]*\{[\w.]*:#?\?\}"#).expect("a pattern");
    // the text of a broken invariant is for developers
    let ends = Regex::new(r"\b(assert\w*|panic|unreachable)!").expect("a pattern");
    let mut found = Vec::new();
    for (file, text) in programs() {
        let lines = text.lines().filter(|line| debug.is_match(line) && !ends.is_match(line));
        found.extend(lines.map(|line| (file.clone(), line.trim().to_owned())));
    }
    held(&found, DEBUGS.iter().map(|(file, _)| (*file, ":?}")));
}

/// The patterns find what they are for.
#[test]
fn what_reads_words_is_found() {
    let reads = Regex::new(&format!(r"\b{FOR_PEOPLE}{BETWEEN}{READS}")).expect("a pattern");
    for line in [
        r#"if why.contains("refused") {"#,
        r#"error.message().contains("extension")"#,
        r#"failure.to_string().starts_with("cannot")"#,
        r#"ready.message.to_lowercase().contains("artifact not found")"#,
        r#"error.hint == "log in""#,
        r#"if phase.word() == "done" {"#,
    ] {
        assert!(reads.is_match(line), "{line}");
    }
    for line in [r#"if condition.reason == "Stalled" {"#, r#"path.ends_with(".yaml")"#, r#"message.is_empty()"#] {
        assert!(!reads.is_match(line), "{line}");
    }
    let all = programs();
    assert!(all.contains_key("cluster/failure.rs") && !all.keys().any(|file| file.ends_with("_tests.rs")), "{:?}", all.keys());
    assert!(all.values().all(|text| !text.contains("#[test]")), "tests are not part of it");
}
