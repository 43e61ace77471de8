//! What a forge has to offer so that a change can be tried at it: one repository with one user of its own.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::http::Far;

/// A pull request, open or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub number: u64,
    pub title: String,
    pub body: String,
    pub head: String,
    pub is_merged: bool,
}

/// Why a push is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A rule looks at what is pushed.
    Rejects,
    /// The names of branches are protected.
    Protects,
}

/// One repository of a forge, whose branch `main` has the files of [`FILES`], private to its user.
pub trait Host: Send + Sync {
    /// `OWNER/NAME`.
    fn repository(&self) -> &str;

    /// The forge, for the gate before it.
    fn far(&self) -> Arc<dyn Far>;

    /// Where a test's own git finds the repository, not through the gate.
    fn address(&self) -> String;

    /// The user, and a token that is valid.
    fn login(&self) -> (String, String);

    /// From now on the token is not taken; the next [`Self::login`] is another one.
    fn revoke(&self);

    /// Refuses pushes of any branch but `main`; returns what the rule says.
    fn refuse(&self, rule: Rule) -> &'static str;

    /// Lifts the rule.
    fn admit(&self);

    /// All pull requests.
    fn pulls(&self) -> Vec<Asked>;

    /// Merges a pull request, as a person does on its page.
    fn merge(&self, number: u64);
}

/// The files of the repository.
pub const FILES: &[(&str, &str)] = &[("deploy/kustomization.yaml", "resources: [web.yaml]\n"), (FILE, DEPLOYMENT)];
pub const FILE: &str = "deploy/web.yaml";
const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2 # as many as are needed
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: nginx:1.27 # tested
";

/// Runs git in a folder, as nobody in particular.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=ben", "-c", "user.email=ben@example.test"]).args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    let done = command.output().expect("git");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// Makes the first commit of a repository.
pub fn found(address: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in FILES {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "web"]);
    git(folder.path(), &["push", "-q", "--force", address, "HEAD:main"]);
}

/// Somebody else changes the file on `main`.
pub fn push(host: &dyn Host, from: &str, to: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    git(folder.path(), &["clone", "-q", &host.address(), "."]);
    let file = folder.path().join(FILE);
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.contains(from), "`{from}` is in {text}");
    std::fs::write(&file, text.replace(from, to)).expect("written");
    git(folder.path(), &["commit", "-qam", "of somebody else"]);
    git(folder.path(), &["push", "-q", "origin", "HEAD:main"]);
}
