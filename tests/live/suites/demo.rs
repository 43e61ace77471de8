//! The demo shows what the bed showed: its clusters are recorded here, never written by hand.
//!
//! `UPDATE=1 FLUXDECK_LIVE=1 cargo test --locked --test live demo` records both clusters and the repositories again, into
//! `src/demo/content`; for staging a second bed comes up for a minute.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::node::{Node, flat, tree};
use crate::support::bed::{self, Bed, Staging};
use crate::support::program::Fluxdeck;
use fluxdeck::demo::content::{FORGE, Files, OWNER};

const REPOSITORIES: [&str; 2] = ["apps", "fleet"];

fn content(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/content").join(name)
}

/// The files of a repository as the bed pushed them, but with the forge's name instead of its address.
fn files_of(repository: &str, bed: &Bed) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet").join(repository);
    let components = std::fs::read_to_string(Path::new(bed.value("BED_DIR")).join("gotk-components.yaml")).expect("the kinds");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).expect("a folder of the fleet").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("below it").display().to_string();
            let is_generated = name.ends_with("gotk-components.yaml");
            let text = if is_generated { components.clone() } else { std::fs::read_to_string(&path).expect("text") };
            found.push((name, text));
        }
    }
    found.sort();
    found
}

fn files(bed: &Bed) -> Files {
    let mut files = Files::default();
    for repository in REPOSITORIES {
        files_of(repository, bed).iter().for_each(|(name, text)| files.add(repository, name, text));
    }
    files
}

/// The id that the git program gives to the first commit of these files: the demo must come to the same.
fn commit_of(repository: &str, files: &[(String, String)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let message = format!("{repository}: as found in production");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args(["-c", "user.name=ops", "-c", "user.email=ops@example.test"]).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.env("GIT_AUTHOR_DATE", "2026-11-01T08:00:00Z").env("GIT_COMMITTER_DATE", "2026-11-01T08:00:00Z");
        let done = command.output().expect("git runs");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", &message]);
    git(&["rev-parse", "HEAD"])
}

/// The commit at which the bed's repository stands.
fn head(bed: &Bed, repository: &str) -> String {
    let url = bed.value("BED_FORGE_URL").replace("http://", &format!("http://{OWNER}:{}@", bed.value("BED_FORGE_TOKEN")));
    let listed = Command::new("git").args(["ls-remote", &format!("{url}/{OWNER}/{repository}.git"), "refs/heads/main"]).output();
    let listed = String::from_utf8_lossy(&listed.expect("git runs").stdout).into_owned();
    listed.split_whitespace().next().expect("a branch main").to_owned()
}

/// Saves what a bed shows under the name of a context.
fn record(bed: &Bed, context: &str) {
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let taken = user.file("taken.gz");
    let ran = user.run(&["snapshot", taken.to_str().expect("a path")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut text = String::new();
    let file = std::fs::File::open(&taken).expect("the snapshot");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped text");

    text = text.replace(bed.value("BED_FORGE_URL").trim_start_matches("http://"), FORGE);
    for repository in REPOSITORIES {
        let (was, is) = (head(bed, repository), commit_of(repository, &files_of(repository, bed)));
        // whole, and as messages shorten it
        let short = Regex::new(&format!(r"\b{}[0-9a-f]*\b", &was[..7])).expect("a pattern");
        text = short.replace_all(&text, |found: &regex::Captures| is[..found[0].len().min(40)].to_owned()).into_owned();
    }
    let mut snapshot: Value = serde_json::from_str(&text).expect("JSON");
    snapshot["context"] = context.into();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(snapshot.to_string().as_bytes()).expect("into memory");
    let packed = packed.finish().expect("into memory");
    std::fs::write(content(&format!("{context}.snapshot.gz")), packed).expect("the repository is ours");
}

#[test]
fn the_demo_is_what_the_bed_was() {
    let Some(bed) = bed::shared() else { return };
    if std::env::var_os("UPDATE").is_some() {
        let packed = files(&bed).pack().expect("packed");
        std::fs::write(content("repositories.gz"), packed).expect("the repository is ours");
        record(&bed, "production");
        record(&Staging::up().0, "staging");
    }

    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    // pods and generated names differ from bed to bed, and on an old one what retries has given up: what Flux is about is the same
    let of_flux = |trees: &[Node]| -> BTreeSet<_> {
        let nodes = flat(trees).into_iter().filter(|node| node.group.contains("flux"));
        nodes.map(|node| format!("{}.{} {}/{}", node.kind, node.group, node.namespace, node.name)).collect()
    };
    let production = content("production.snapshot.gz");
    let recorded = of_flux(&tree(&user, &["-A", "--from", production.to_str().expect("a path")]));
    let live = of_flux(&tree(&user, &["-A"]));
    let differ: Vec<_> = recorded.symmetric_difference(&live).collect();
    assert!(differ.is_empty(), "record it again with UPDATE=1: {differ:?}");
}

#[test]
fn the_repositories_of_the_demo_are_those_of_the_fleet() {
    let Some(bed) = bed::shared() else { return };
    if std::env::var_os("UPDATE").is_some() {
        // what this program has built in is what was
        return;
    }

    let files = files(&bed);
    assert!(fluxdeck::demo::content::files() == files, "record them again with UPDATE=1");
}
