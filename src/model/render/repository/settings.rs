//! What a repository says in `.fluxdeck.toml` of what is built from it.
//!
//! The whole file is read and judged in `guards`; here only what says what to build, so that a builder needs nothing but the tree.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::error::{BuildError, Result};
use super::super::flux::{PostBuild, SourceRef, Spec};
use super::super::node::{Entry, Layer, Node, Origin, Text, Trace};
use super::super::tree::{PathKind, Tree};

/// Its path in a repository.
pub const SETTINGS_FILE: &str = ".fluxdeck.toml";
/// Larger ones are refused, in bytes.
pub const LARGEST_SETTINGS: usize = 64 << 10;

/// What another repository applies from this one, as its Flux Kustomization says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AppliedElsewhere {
    /// The name of the cluster.
    pub cluster: String,
    pub path: String,
    #[serde(default)]
    pub target_namespace: Option<String>,
    #[serde(default)]
    pub substitute: BTreeMap<String, String>,
}

/// A folder that is pushed as an artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushedFolder {
    /// As sources name it: `oci://…`.
    pub url: String,
    pub path: String,
}

/// The parts of the file that say what to build.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RepositorySettings {
    kustomizations: Vec<toml::Spanned<AppliedElsewhere>>,
    pub artifacts: Vec<PushedFolder>,
    /// Where each of the Kustomizations is written.
    #[serde(skip)]
    lines: Vec<u32>,
}

impl RepositorySettings {
    /// # Errors
    /// The file cannot be read.
    pub fn of(tree: &dyn Tree) -> Result<Self> {
        if tree.entry(SETTINGS_FILE) != Some(PathKind::File) {
            return Ok(Self::default());
        }
        let wrong = |message: String, line: u32| {
            let hint =
                "it takes [[kustomizations]] with cluster, path, targetNamespace, substitute, and [[artifacts]] with url, path";
            BuildError { line, hint: hint.to_owned(), ..BuildError::invalid(message) }.in_file(&SETTINGS_FILE.into())
        };
        let bytes = tree.read(SETTINGS_FILE)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not UTF-8".to_owned(), 0))?;
        if text.len() > LARGEST_SETTINGS {
            return Err(wrong(format!("it is larger than {LARGEST_SETTINGS} bytes"), 0));
        }
        let line = |at: usize| u32::try_from(text.get(..at).unwrap_or(text).matches('\n').count() + 1).unwrap_or(u32::MAX);
        let mut read: Self = toml::from_str(text)
            .map_err(|error| wrong(error.message().to_owned(), error.span().map_or(0, |span| line(span.start))))?;
        read.lines = read.kustomizations.iter().map(|one| line(one.span().start)).collect();
        Ok(read)
    }

    /// The Kustomizations that are said to be applied from here, by cluster.
    pub fn clusters(&self) -> BTreeMap<&str, Vec<Spec>> {
        let mut found: BTreeMap<&str, Vec<Spec>> = BTreeMap::new();
        for (one, line) in self.kustomizations.iter().zip(&self.lines) {
            let origin = Origin::new(&SETTINGS_FILE.into(), *line, 1, Layer::Flux);
            found.entry(&one.get_ref().cluster).or_default().push(one.get_ref().spec(&origin));
        }
        found
    }
}

impl AppliedElsewhere {
    fn spec(&self, origin: &Origin) -> Spec {
        let text = |text: &str| Node::string(text, Trace::new(origin.clone()));
        let pair = |(key, value): (&String, &String)| Entry { key: text(key), value: text(value) };
        let substitute: Vec<_> = self.substitute.iter().map(pair).collect();
        Spec {
            target_namespace: self.target_namespace.as_deref().map(text),
            post_build: (!substitute.is_empty()).then(|| PostBuild { substitute, ..PostBuild::default() }),
            ..folder_spec(&self.path, origin.clone())
        }
    }
}

/// A Kustomization that has no other name than its folder: who applies it is not in this repository.
pub fn folder_spec(path: &str, origin: Origin) -> Spec {
    let shown = path.trim_start_matches("./").trim_matches('/');
    let name: Text = if shown.is_empty() { ".".into() } else { shown.into() };
    Spec { name, ..Spec::plain(SourceRef::default(), path, origin) }
}
