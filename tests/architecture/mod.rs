//! The shape of the code: which room may name which (`rooms`), who may touch what is outside (`touch`), and that the crate docs say the
//! same (`docs`); and how files may be called (`names`).

mod docs;
mod names;
mod read;
mod rooms;
mod touch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Who writes to disk past `files`: the file, in how many places, and why. It only shrinks.
const WRITERS: &[(&str, usize, &str)] = &[
    ("cli/log.rs", 1, "tracing-appender writes the log that FLUXDECK_LOG asks for, and turns it over by the day"),
    ("demo/git/mod.rs", 3, "the demo's repositories: git2 writes them beside, a rename makes them whole"),
    ("demo/git/place.rs", 4, "the demo's passing directory: made only where there is none, removed with the repositories in it"),
    ("git/clones.rs", 4, "the directory of a clone, which git2 and the user's git write"),
    ("programs/copy.rs", 7, "a throwaway copy of a checkout for external programs, with its links"),
    ("programs/policy.rs", 2, "that copy, for a program that the repository names"),
    ("programs/helm.rs", 7, "charts in the cache, which helm brings, and the folders in which they are put together"),
];

pub(crate) fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

pub(crate) fn sources(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the crate").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    found
}

/// The first folder, or the file's name, below the crate's root.
fn room(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).expect("below the root");
    let first = below.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

pub(crate) fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The desk, and where it finds repositories, serve those who have no cluster too.
#[test]
fn git_and_builds_need_no_cluster() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runtime");
    let of_cluster = Regex::new(r"\b(kube|k8s_openapi|cluster|Client|Connection|Catalog|Renderer)\b").expect("a pattern");
    let of_desk = |path: &Path| path.starts_with(root.join("desk")) || path.ends_with("repositories.rs");
    let files: Vec<_> = sources(&root).into_iter().filter(|(path, _)| of_desk(path)).collect();
    assert!(files.len() >= 4, "{}", files.len());
    for (path, text) in files {
        let said = of_cluster.find(&code(&text)).map(|said| said.as_str().to_owned());
        assert_eq!(said, None, "{}", path.display());
    }
}

#[test]
fn only_cli_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let prints = Regex::new(r"\b(println!|print!)").expect("a pattern");
    let beside = Regex::new(r"\b(eprintln!|eprint!|io::stderr\(\))").expect("a pattern");
    for (path, text) in sources(&root) {
        let (here, code) = (room(&root, &path), code(&text));
        assert!(here == "cli" || !prints.is_match(&code), "{} prints", path.display());
        // all text there has passed the sanitiser
        assert!(path.ends_with("cli/output/beside.rs") || !beside.is_match(&code), "{} writes to standard error", path.display());
    }
}

/// The code of a file without its tests, which come last or are files of their own.
pub(crate) fn without_tests(text: &str) -> String {
    let (code, tests) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
    assert!(!tests.contains("\n}\n\n"), "code behind tests is not looked at");
    code.to_owned()
}

pub(crate) fn is_of_tests(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

#[test]
fn only_files_writes_to_disk() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let writes =
        r"\bfs::(write|rename|remove_\w+|create_dir\w*|set_permissions|copy|hard_link|symlink)\b|\bset_len\b|\brolling::\w";
    let opens =
        r"\bOpenOptions::|\bFile::(create\w*|options)\b|\bDirBuilder::|\b(tempdir|tempfile|TempDir::new|NamedTempFile::new)\(";
    let writes = Regex::new(&format!("{writes}|{opens}")).expect("a pattern");
    let mut found = BTreeMap::new();
    for (path, text) in sources(&root).into_iter().filter(|(path, _)| room(&root, path) != "files" && !is_of_tests(path)) {
        let places = writes.find_iter(&code(&without_tests(&text))).count();
        if places > 0 {
            found.insert(path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned(), places);
        }
    }
    let known = WRITERS.iter().map(|(path, places, _)| ((*path).to_owned(), *places)).collect();
    assert_eq!(found, known, "what writes goes through `files`; what no longer writes leaves the list");
}

#[test]
fn the_pure_core_depends_on_nothing_that_does_io() {
    let manifest = include_str!("../../src/model/Cargo.toml");
    for outside in ["kube", "tokio", "ratatui", "crossterm", "git2", "octocrab", "reqwest"] {
        assert!(!manifest.lines().any(|line| line.starts_with(outside)), "the model depends on {outside}");
    }
}

#[test]
fn every_dependency_says_what_it_is_for() {
    for manifest in [include_str!("../../Cargo.toml"), include_str!("../../src/model/Cargo.toml")] {
        let mut section = "";
        let mut before = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let is_dependency = section.ends_with("dependencies]")
                && !section.contains("workspace")
                && line.contains('=')
                && !line.starts_with('#');
            // a group of lines shares the comment above it
            assert!(!is_dependency || !before.is_empty(), "no comment above `{line}`");
            before = line;
        }
    }
}
