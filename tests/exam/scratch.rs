//! A copy of a repository, in which patches are applied and undone.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use percent_encoding::percent_decode_str;
use tempfile::TempDir;

use super::process::run;

pub struct Scratch {
    home: TempDir,
    root: PathBuf,
}

impl Scratch {
    /// Everything but its `.git`, committed again. With `is_crlf` the lines of all YAML files end as on Windows, whatever attributes say: git
    /// converts nothing.
    pub fn of(folder: &Path, is_crlf: bool) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let root = home.path().join("repository");
        copy(folder, &root, is_crlf);
        let scratch = Self { home, root };
        scratch.git(&["init", "-q", "-b", "main"], &[]).expect("git init");
        if is_crlf {
            std::fs::create_dir_all(scratch.root.join(".git/info")).expect("a folder of ours");
            std::fs::write(scratch.root.join(".git/info/attributes"), "* -text\n").expect("a file of ours");
        }
        for arguments in [&["add", "-A", "-f"][..], &["commit", "-q", "-m", "as it was"]] {
            scratch.git(arguments, &[]).unwrap_or_else(|error| panic!("git {arguments:?}: {error}"));
        }
        scratch
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A home directory for programs that ask for one.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// # Errors
    /// git's own words.
    pub fn git(&self, arguments: &[&str], input: &[u8]) -> Result<String, String> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.root).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "exam").env(format!("GIT_{who}_EMAIL"), "exam@example.test");
        }
        run(&mut command, input).checked().map(|out| String::from_utf8_lossy(&out).into_owned())
    }

    /// The files that are not as they were committed, one a line.
    pub fn changed(&self) -> String {
        self.git(&["status", "--porcelain"], &[]).expect("git status")
    }

    /// Added and removed lines, over all files.
    pub fn lines(&self) -> (usize, usize) {
        self.git(&["add", "-A"], &[]).expect("git add");
        let table = self.git(&["diff", "--cached", "--numstat"], &[]).expect("git diff");
        let sum =
            |column: usize| table.lines().filter_map(|line| line.split('\t').nth(column)?.parse::<usize>().ok()).sum::<usize>();
        (sum(0), sum(1))
    }

    /// Whether a comment went although its key stayed. One beside a key that goes (`newTag` for `digest`) goes with it.
    pub fn is_comment_lost(&self) -> bool {
        let patch = self.git(&["diff", "--cached", "--unified=0"], &[]).expect("git diff");
        let lines = |sign: &str| -> Vec<&str> {
            patch.lines().filter(|line| !line.starts_with(&sign.repeat(3))).filter_map(|line| line.strip_prefix(sign)).collect()
        };
        let key = |line: &str| line.split_once(':').map(|(key, _)| key.to_owned());
        let added = lines("+");
        let is_kept = |line: &&str| added.iter().any(|new| key(new) == key(line) && !new.contains(" # "));
        lines("-").iter().any(|line| line.contains(" # ") && is_kept(line))
    }

    pub fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(file)).ok()
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.root.join(file), text).expect("the copy is ours");
    }

    pub fn restore(&self) {
        self.git(&["reset", "-q", "--hard"], &[]).expect("git reset");
        self.git(&["clean", "-fdqx"], &[]).expect("git clean");
    }
}

/// `%C3%BCbung` stands for `übung`: this repository has only names that git does not quote.
fn named(name: &OsStr) -> PathBuf {
    let decoded = name.to_str().and_then(|name| percent_decode_str(name).decode_utf8().ok());
    decoded.filter(|decoded| !decoded.is_ascii()).map_or_else(|| name.into(), |decoded| decoded.into_owned().into())
}

fn copy(from: &Path, to: &Path, is_crlf: bool) {
    std::fs::create_dir_all(to).expect("a folder of the copy");
    for entry in std::fs::read_dir(from).expect("a folder").flatten().filter(|entry| entry.file_name() != ".git") {
        let (kind, to) = (entry.file_type().expect("a file"), to.join(named(&entry.file_name())));
        let is_yaml = entry.path().extension().is_some_and(|end| end == "yaml" || end == "yml");
        if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).expect("a link");
            std::os::unix::fs::symlink(target, to).expect("a link in the copy");
        } else if kind.is_dir() {
            copy(&entry.path(), &to, is_crlf);
        } else if let (true, Ok(text)) = (is_crlf && is_yaml, std::fs::read_to_string(entry.path())) {
            std::fs::write(to, text.replace("\r\n", "\n").replace('\n', "\r\n")).expect("a file of the copy");
        } else {
            std::fs::copy(entry.path(), to).expect("a file of the copy");
        }
    }
}
