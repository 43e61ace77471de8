//! The demo shows what the bed showed: its clusters are recorded here, never written by hand.
//!
//! `UPDATE=1 FLUXDECK_LIVE=1 cargo test --locked --test live demo` records both clusters and the repositories again, into
//! `src/demo/content`, from beds of its own that have just come up: on an old one what retries has given up.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::harness::trials;
use crate::node::{Node, flat, tree};
use crate::support::bed::{self, Bed, Staging};
use crate::support::program::Fluxdeck;
use fluxdeck::demo::content::{Branch, FORGE, Files, OWNER};

const REPOSITORIES: [&str; 2] = ["apps", "fleet"];
/// When the bed commits its repositories.
const BEGAN: i64 = 1_793_520_000;

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
        for Pushed { branch, changed, .. } in branches_of(repository, bed) {
            files.add_branch(branch, &changed);
        }
    }
    files
}

/// Runs git without any user's configuration.
fn git(folder: &Path, variables: &[(&str, String)], arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let done = command.output().expect("git runs");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

/// Commits all that is in a folder; returns the id.
fn commit(folder: &Path, author: &str, email: &str, at: i64, message: &str) -> String {
    let (date, mut variables) = (format!("{at} +0000"), Vec::new());
    for who in ["AUTHOR", "COMMITTER"] {
        for (part, value) in [("NAME", author), ("EMAIL", email), ("DATE", &date)] {
            variables.push((format!("GIT_{who}_{part}"), value.to_owned()));
        }
    }
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    git(folder, &[], &["add", "-A"]);
    git(folder, &variables, &["commit", "-q", "--cleanup=verbatim", "-m", message]);
    git(folder, &[], &["rev-parse", "HEAD"]).trim().to_owned()
}

fn write(folder: &Path, files: &[(String, String)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
}

/// The commits of the bed's repository by branch, and the ids that the git program gives them in the demo, where the forge has a name.
fn commits(repository: &str, bed: &Bed) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    git(folder, &[], &["init", "-q", "-b", "main"]);
    write(folder, &files_of(repository, bed));
    let first = commit(folder, OWNER, "ops@example.test", BEGAN, &format!("{repository}: as found in production\n"));
    let mut found = vec![(head(bed, repository), first)];
    for Pushed { branch, changed, was } in branches_of(repository, bed) {
        git(folder, &[], &["checkout", "-q", "-b", &branch.name, "main"]);
        write(folder, &changed);
        found.push((was, commit(folder, &branch.author, &branch.email, branch.at, &branch.message)));
    }
    found
}

/// A branch that a controller pushed.
struct Pushed {
    branch: Branch,
    changed: Vec<(String, String)>,
    /// Its commit in the bed.
    was: String,
}

fn branches_of(repository: &str, bed: &Bed) -> Vec<Pushed> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    git(folder, &[], &["clone", "-q", "--mirror", &address(bed, repository), "."]);
    let names = git(folder, &[], &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let others = names.lines().filter(|name| *name != "main");
    let read = |name: &str| {
        let shown = |format: &str| git(folder, &[], &["log", "-1", &format!("--format={format}"), name]).trim_end().to_owned();
        let branch = Branch {
            repository: repository.to_owned(),
            name: name.to_owned(),
            author: shown("%an"),
            email: shown("%ae"),
            at: shown("%at").parse().expect("a time"),
            message: format!("{}\n", shown("%B")),
            ..Branch::default()
        };
        let paths = git(folder, &[], &["diff", "--name-only", "main", name]);
        let text = |path: &str| git(folder, &[], &["show", &format!("{name}:{path}")]).replace(forge(bed), FORGE);
        Pushed { branch, changed: paths.lines().map(|path| (path.to_owned(), text(path))).collect(), was: shown("%H") }
    };
    others.map(read).collect()
}

/// Host and port of the bed's forge.
fn forge(bed: &Bed) -> &str {
    bed.value("BED_FORGE_URL").trim_start_matches("http://")
}

fn address(bed: &Bed, repository: &str) -> String {
    format!("http://{OWNER}:{}@{}/{OWNER}/{repository}.git", bed.value("BED_FORGE_TOKEN"), forge(bed))
}

/// The commit at which the bed's repository stands.
fn head(bed: &Bed, repository: &str) -> String {
    let listed = git(&std::env::temp_dir(), &[], &["ls-remote", &address(bed, repository), "refs/heads/main"]);
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

    text = text.replace(forge(bed), FORGE);
    for (was, is) in REPOSITORIES.iter().flat_map(|repository| commits(repository, bed)) {
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

fn the_demo_is_what_the_bed_was() {
    let bed = bed::shared();
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

fn the_repositories_of_the_demo_are_those_of_the_fleet() {
    let bed = bed::shared();
    if std::env::var_os("UPDATE").is_some() {
        // what this program has built in is what was
        return;
    }

    // when a controller pushed differs from bed to bed
    let shown = |files: &Files| {
        let of = |name: &str| {
            let owned = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
            let branches =
                files.branches_of(name).map(|(branch, changed)| (branch.name.clone(), changed.into_iter().map(owned).collect()));
            let main: Vec<_> = files.of(name).map(owned).collect();
            std::iter::once(("main".to_owned(), main)).chain(branches).collect::<Vec<(String, Vec<_>)>>()
        };
        REPOSITORIES.map(of)
    };
    assert!(shown(&fluxdeck::demo::content::files()) == shown(&files(&bed)), "record them again with UPDATE=1");
}

trials![the_demo_is_what_the_bed_was, the_repositories_of_the_demo_are_those_of_the_fleet,];
