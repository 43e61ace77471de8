//! A commit that is held while git makes it: the user's `git` is a script that waits before and after `git commit-tree`, and is git otherwise.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::support::program::Fluxdeck;
use crate::support::within;

const SOON: Duration = Duration::from_secs(60);
/// `GIT` is the real one. Where there is a pipe of that name, it waits for a word out of it; any but `pass` ends it.
const SCRIPT: &str = r#"#!/bin/sh
wait_at() {
  [ -p "$HOME/$1" ] || return 0
  : >"$HOME/$1.reached"
  read -r word <"$HOME/$1" && [ "$word" = pass ] || exit 1
}
case " $* " in
*" commit-tree "*)
  wait_at before
  made=$('GIT' "$@") || exit
  wait_at after
  printf '%s\n' "$made"
  ;;
*) exec 'GIT' "$@" ;;
esac
"#;

/// Where it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

pub struct Held {
    pipe: PathBuf,
}

impl Held {
    /// Puts the script first on the user's `PATH`, with a folder for it: to be called before anything is started.
    pub fn prepare(user: Fluxdeck) -> Fluxdeck {
        let git = which::which("git").expect("git is here");
        let folder = user.file("bin");
        std::fs::create_dir(&folder).expect("a home of ours");
        let path = user.write("bin/git", &SCRIPT.replace("GIT", &git.display().to_string()));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        // a child that another test has just forked may still have it open for writing: until then it is "text file busy"
        within(SOON, || Command::new(&path).arg("--version").output().ok()).expect("it can be run");
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        user.set("PATH", &path)
    }

    /// From now on the next commit is held there.
    pub fn at(user: &Fluxdeck, side: Side) -> Self {
        let pipe = user.file(if side == Side::Before { "before" } else { "after" });
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        Self { pipe }
    }

    /// Waits until a commit is held.
    pub fn caught(&self) {
        let reached = self.pipe.with_extension("reached");
        assert!(within(SOON, || reached.exists().then_some(())).is_some(), "no commit was made");
    }

    /// Lets it go on, and holds no other.
    pub fn pass(self) {
        self.say("pass");
    }

    /// Ends it, and holds no other.
    pub fn end(self) {
        self.say("end");
    }

    fn say(&self, word: &str) {
        // open for reading as well: nobody may read it any more
        let mut pipe = OpenOptions::new().read(true).write(true).open(&self.pipe).expect("a pipe of ours");
        std::fs::remove_file(&self.pipe).expect("it is ours");
        writeln!(pipe, "{word}").expect("a pipe takes a word");
        let is_read = || {
            let left = rustix::io::ioctl_fionread(&pipe).unwrap_or(0);
            (left == 0).then_some(())
        };
        assert!(within(SOON, is_read).is_some(), "nobody reads it");
    }
}
