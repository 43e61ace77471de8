//! What kustomize builds of a folder, read as an API server reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::process::run;
use crate::oracle;

/// kustomize, and the program that reads its output: not fluxdeck's own reader.
pub struct Kustomize {
    kustomize: PathBuf,
    oracle: PathBuf,
}

impl Kustomize {
    /// Where it cannot be built, the test is skipped.
    pub fn find() -> Self {
        let said = oracle::ask(&["programs"], None).unwrap_or_else(|error| panic!("no kustomize: {error}"));
        let mut lines = said.lines().map(PathBuf::from);
        let mut next = || lines.next().expect("two programs");
        Self { kustomize: next(), oracle: next() }
    }

    /// The objects, in kustomize's own order. Nothing is fetched: there is no git, and the proxy is a port without a listener.
    ///
    /// # Errors
    /// kustomize's own words.
    pub fn build(&self, root: &Path, folder: &str) -> Result<Vec<Value>, String> {
        let mut command = Command::new(&self.kustomize);
        command.args(["build", "--reorder", "none", "--load-restrictor", "LoadRestrictionsNone", folder]).current_dir(root);
        command.env_clear().envs([("HOME", "/nonexistent"), ("PATH", "/nonexistent"), ("HTTPS_PROXY", "http://127.0.0.1:9")]);
        let text = run(command.env("HTTP_PROXY", "http://127.0.0.1:9"), &[]).checked()?;
        self.documents(&text)
    }

    /// # Errors
    /// It is not YAML.
    pub fn documents(&self, text: &[u8]) -> Result<Vec<Value>, String> {
        let mut command = Command::new(&self.oracle);
        command.arg("documents");
        let lines = run(&mut command, text).checked()?;
        let read = |line: &[u8]| serde_json::from_slice(line).map_err(|error| error.to_string());
        lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(read).collect()
    }
}

/// The kustomization folders below a root, sorted.
pub fn folders(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    search(root, "", &mut found);
    found.sort();
    found
}

fn search(root: &Path, below: &str, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && name != ".git" {
            search(root, &if below.is_empty() { name } else { format!("{below}/{name}") }, found);
        } else if ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains(&name.as_str()) {
            found.push(if below.is_empty() { ".".to_owned() } else { below.to_owned() });
        }
    }
}
