//! Commits and pushes by the git of this machine, between repositories on its disk.

mod commit;
mod printed;
mod publish;
mod pulls;
mod tmux;
#[cfg(target_os = "linux")]
mod tokens;

use std::path::{Path, PathBuf};

use super::*;

/// A server's repository, and a checkout of it with one commit. The checkout's own configuration says everything that matters.
struct Bed {
    dir: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        let bed = Self { dir: tempfile::tempdir().expect("a folder") };
        git(bed.dir.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "server.git"]);
        git(bed.dir.path(), &["init", "--quiet", "--initial-branch=main", "checkout"]);
        let checkout = bed.checkout();
        for (key, value) in [
            ("user.name", "Ana"),
            ("user.email", "ana@example.com"),
            ("commit.gpgSign", "false"),
            ("core.hooksPath", ".git/hooks"),
            ("credential.helper", ""),
        ] {
            git(&checkout, &["config", key, value]);
        }
        git(&checkout, &["remote", "add", "origin", &bed.server().to_string_lossy()]);
        std::fs::write(checkout.join("a.yaml"), "a: 1\n").expect("written");
        git(&checkout, &["add", "."]);
        git(&checkout, &["commit", "--quiet", "-m", "first"]);
        git(&checkout, &["push", "--quiet", "origin", "main"]);
        bed
    }

    fn checkout(&self) -> PathBuf {
        self.dir.path().join("checkout")
    }

    fn server(&self) -> PathBuf {
        self.dir.path().join("server.git")
    }

    /// Makes a program of a text.
    fn program(&self, path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    }

    /// What the branches of the server are at.
    fn branches(&self) -> String {
        git(&self.server(), &["for-each-ref", "--format=%(refname) %(objectname)"])
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    command.current_dir(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let done = command.output().expect("git");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("a text").trim().to_owned()
}

/// A commit upon `main` that no branch has.
async fn made(repository: &Path) -> String {
    let (parent, tree) = (git(repository, &["rev-parse", "main"]), git(repository, &["rev-parse", "main^{tree}"]));
    let signer = signer(repository).await.expect("an identity");
    let message = "Scale web\n";
    let made = Commit { tree: &tree, parent: &parent, message, signer: &signer, at: (1_700_000_000, 60) };
    super::commit(repository, &made).await.expect("a commit")
}

#[test]
fn a_line_of_a_secret_is_not_what_was_said_last() {
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nPLANTED1\nfatal: PLANTED2\nPLANTED3\n";
    for said in [key.to_owned(), format!("{key}-----END OPENSSH PRIVATE KEY-----\n")] {
        let last = last_words(said.as_bytes(), &["fatal:"]);
        assert!(!last.contains("PLANTED"), "{last}");
    }
    for (said, expected) in [
        ("one\nfatal: two\nthree\n\n", "fatal: two"),
        ("one\nerror two\n \n", "error two"),
        ("", "it failed without a word"),
        ("cannot reach https://me:hunter2@10.0.0.1/", "cannot reach https://***@10.0.0.1/"),
    ] {
        assert_eq!(last_words(said.as_bytes(), &["fatal:"]), expected);
    }
}
