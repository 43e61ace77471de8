//! What the demo shows: two clusters that real Flux controllers ran, as `fluxdeck snapshot` saved them, and the repositories that they
//! were run from. Nothing of that was written by hand; `UPDATE=1 FLUXDECK_LIVE=1 cargo test --test live demo` records it again.
//!
//! What the recorder changed, and nothing else: the forge's address became [`FORGE`], the commits of its repositories became those that
//! [`super::Repositories`] makes of the same files, and the context got its name.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::records::{self, Snapshot};

/// The host that the recorded sources name.
pub const FORGE: &str = "forge.example.test";
/// The account that owns the repositories.
pub const OWNER: &str = "ops";

/// The contexts of the demo, the first one is the current, with what was recorded of each.
pub const CONTEXTS: &[(&str, &[u8])] =
    &[("production", include_bytes!("production.snapshot.gz")), ("staging", include_bytes!("staging.snapshot.gz"))];

/// What a cluster has before anything was recorded in it.
const ROLES: &str = include_str!("roles.yaml");
const NODES: &str = include_str!("nodes.yaml");
const CONTROLLER: &str = include_str!("controller.yaml");
/// Flux's controllers of 2.9.4, with the restarts of their pods.
const CONTROLLERS: &[(&str, &str, u32)] = &[
    ("helm-controller", "v1.6.3", 0),
    ("image-automation-controller", "v1.2.4", 0),
    ("image-reflector-controller", "v1.2.4", 0),
    ("kustomize-controller", "v1.9.4", 2),
    ("notification-controller", "v1.9.3", 0),
    ("source-controller", "v1.9.4", 0),
    ("source-watcher", "v2.2.2", 0),
];
const REPOSITORIES: &[u8] = include_bytes!("repositories.gz");

/// Files of some repositories. Equal files are kept once: compression does not see that far.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Files {
    texts: Vec<String>,
    /// Repository, path, number of the text.
    repositories: BTreeMap<String, BTreeMap<String, usize>>,
    branches: Vec<Branch>,
}

/// A branch beside `main`: one commit on top of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Branch {
    pub repository: String,
    pub name: String,
    pub author: String,
    pub email: String,
    /// When it was committed, in seconds of Unix time.
    pub at: i64,
    pub message: String,
    /// What it changes: path, number of the text. Filled by [`Files::add_branch`].
    pub files: BTreeMap<String, usize>,
}

/// The recorded snapshot of a context.
pub fn snapshot(context: &str) -> Option<Snapshot> {
    let (_, packed) = CONTEXTS.iter().find(|(name, _)| *name == context)?;
    Some(records::read(*packed).expect("what is built in was tested"))
}

/// The roles and bindings of a new cluster.
pub fn roles() -> impl Iterator<Item = Value> {
    documents(ROLES)
}

/// The nodes of a cluster: snapshots leave them out, which are about what Flux manages.
pub fn nodes() -> impl Iterator<Item = Value> {
    documents(NODES)
}

/// Flux's own controllers: what the recorded clusters were run by ran outside of them.
pub fn controllers() -> impl Iterator<Item = Value> {
    let text = |(number, (name, version, restarts)): (usize, &(&str, &str, u32))| {
        let number = format!("{number:02}");
        let named = CONTROLLER.replace("$NAME", name).replace("$VERSION", version);
        named.replace("$N", &number).replace("$RESTARTS", &restarts.to_string())
    };
    let read = |text: String| documents(&text).collect::<Vec<_>>();
    CONTROLLERS.iter().enumerate().map(text).flat_map(read)
}

fn documents(text: &str) -> impl Iterator<Item = Value> {
    serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).expect("what is built in was tested"))
}

/// The recorded repositories.
pub fn files() -> Files {
    Files::unpack(REPOSITORIES).expect("what is built in was tested")
}

impl Files {
    fn number(&mut self, text: &str) -> usize {
        self.texts.iter().position(|known| known == text).unwrap_or_else(|| {
            self.texts.push(text.to_owned());
            self.texts.len() - 1
        })
    }

    pub fn add(&mut self, repository: &str, path: &str, text: &str) {
        let number = self.number(text);
        self.repositories.entry(repository.to_owned()).or_default().insert(path.to_owned(), number);
    }

    /// Adds a branch that changes these files of its repository.
    pub fn add_branch(&mut self, mut branch: Branch, files: &[(String, String)]) {
        branch.files = files.iter().map(|(path, text)| (path.clone(), self.number(text))).collect();
        self.branches.push(branch);
    }

    /// The branches of a repository, with the paths and texts that they change.
    pub fn branches_of(&self, repository: &str) -> impl Iterator<Item = (&Branch, Vec<(&str, &str)>)> {
        let branches = self.branches.iter().filter(move |branch| branch.repository == repository);
        branches.map(|branch| (branch, self.texts(&branch.files).collect()))
    }

    /// Names of the repositories.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }

    /// Paths and texts of a repository, in the order of paths.
    pub fn of(&self, repository: &str) -> impl Iterator<Item = (&str, &str)> {
        self.repositories.get(repository).into_iter().flat_map(|files| self.texts(files))
    }

    fn texts<'a>(&'a self, files: &'a BTreeMap<String, usize>) -> impl Iterator<Item = (&'a str, &'a str)> {
        files.iter().map(|(path, number)| (path.as_str(), self.texts.get(*number).map_or("", String::as_str)))
    }

    /// # Errors
    /// None that a writer into memory knows.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&serde_json::to_vec(self)?)?;
        packed.finish()
    }

    fn unpack(packed: &[u8]) -> std::io::Result<Self> {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_are_kept_once_and_come_back() {
        let mut files = Files::default();
        for path in ["a/x.yaml", "b/x.yaml"] {
            files.add("fleet", path, "kind: Namespace\n");
        }
        let files = Files::unpack(&files.pack().expect("packed")).expect("unpacked");

        assert_eq!(files.texts.len(), 1);
        assert_eq!(files.of("fleet").collect::<Vec<_>>(), [("a/x.yaml", "kind: Namespace\n"), ("b/x.yaml", "kind: Namespace\n")]);
    }

    #[test]
    fn no_secret_has_its_values() {
        for (context, _) in CONTEXTS {
            let snapshot = snapshot(context).expect("a context");
            let secrets = snapshot.kinds.iter().filter(|kind| kind.kind == "Secret").flat_map(|kind| &kind.objects);
            for secret in secrets {
                let values = ["data", "stringData"].iter().filter_map(|field| secret[field].as_object()).flatten();
                let shown: Vec<_> =
                    values.filter(|(_, value)| !value.as_str().is_some_and(|value| value.contains("mask"))).collect();
                assert!(shown.is_empty(), "{context}: {}", secret["metadata"]["name"]);
            }
        }
    }

    #[test]
    fn all_that_is_built_in_is_small() {
        let size = CONTEXTS.iter().map(|(_, packed)| packed.len()).sum::<usize>() + REPOSITORIES.len();

        assert!(size < 1 << 20, "{size} bytes");
    }
}
