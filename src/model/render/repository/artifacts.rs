//! The folder of this repository that an artifact is made from: what CI pushes (`flux push artifact --path=./kubernetes/infra`), so that an
//! OCIRepository or a Bucket with `path: ./configs` means `kubernetes/infra/configs` here.
//!
//! Known by what `.fluxdeck.toml` says, else by the commands in the repository's own CI files, else by the one folder that holds every path
//! that the source's Kustomizations name. Which of the three is a part of the answer.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::Result;
use super::super::flux::{self, SourceRef, Spec};
use super::super::node::Text;
use super::super::tree::{PathKind, Tree, join};
use super::declarations::{Declarations, DeclaredStart};
use super::index::Index;
use super::pushes::{self, Push};
use super::settings::{PushedFolder, RepositorySettings, SETTINGS_FILE};
use super::{BuildRequest, Builder};

/// How the folder of an artifact is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtifactRule {
    /// `.fluxdeck.toml` says it.
    Settings,
    /// This file pushes it.
    Pushed(Text),
    /// No other folder holds the paths of its Kustomizations.
    Paths,
}

/// The folder of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArtifactFolder {
    pub folder: String,
    pub rule: ArtifactRule,
}

impl ArtifactRule {
    /// For people: why.
    pub fn word(&self) -> String {
        match self {
            Self::Settings => format!("{SETTINGS_FILE} says so"),
            Self::Pushed(file) => format!("{file} pushes it"),
            Self::Paths => "no other folder holds the paths of its Kustomizations".to_owned(),
        }
    }
}

/// What is known of all artifacts.
pub struct Artifacts<'i> {
    index: &'i Index<'i>,
    said: Vec<PushedFolder>,
    pushes: Vec<Push>,
    urls: BTreeMap<SourceRef, BTreeSet<Text>>,
    /// The paths that Kustomizations name of each source.
    paths: BTreeMap<SourceRef, BTreeSet<String>>,
}

/// Whether a source is an artifact that somebody pushes.
pub fn is_pushed(source: &SourceRef) -> bool {
    matches!(source.kind.as_ref(), "OCIRepository" | "Bucket")
}

/// A Kustomization that builds the same path below another folder.
pub fn rerooted(spec: &Spec, folder: &str) -> Spec {
    let path = join(folder, &flux::folder(&spec.path)).unwrap_or_default();
    Spec { path: format!("./{path}").into(), ..spec.clone() }
}

impl Builder {
    /// The folder of a repository that a Kustomization's source is made from, where the repository itself says it. `url`: what the source
    /// fetches.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn artifact_folder(&mut self, tree: &dyn Tree, request: &BuildRequest, url: &str) -> Result<Option<ArtifactFolder>> {
        self.on(tree, |_, index| {
            let said = RepositorySettings::of(index).unwrap_or_default().artifacts;
            let (source, path) = (&request.spec.source, flux::folder(&request.spec.path));
            let paths = [(source.clone(), [path].into())].into();
            let all = Artifacts { paths, ..Artifacts::said(index, &said) };
            Ok(all.by_url(source, url))
        })
    }
}

impl<'i> Artifacts<'i> {
    /// What is known without looking at what the repository declares.
    pub fn said(index: &'i Index<'i>, said: &[PushedFolder]) -> Self {
        Self { said: said.to_vec(), pushes: pushes::of(index), ..Self::none(index) }
    }

    /// Nothing is known.
    pub fn none(index: &'i Index<'i>) -> Self {
        Self { index, said: Vec::new(), pushes: Vec::new(), urls: BTreeMap::new(), paths: BTreeMap::new() }
    }

    /// `patched`: the paths of these take the place of those that are written.
    pub fn new(index: &'i Index<'i>, declared: &Declarations, patched: &[DeclaredStart], said: &[PushedFolder]) -> Self {
        let mut paths: BTreeMap<SourceRef, BTreeSet<String>> = BTreeMap::new();
        let mut urls: BTreeMap<SourceRef, BTreeSet<Text>> = BTreeMap::new();
        let is_written = |start: &&DeclaredStart| !patched.iter().any(|other| other.place == start.place);
        let all = declared.starts().filter(is_written).chain(patched);
        for start in all.filter(|start| is_pushed(&start.spec.source)) {
            let source = &start.spec.source;
            paths.entry(source.clone()).or_default().insert(flux::folder(&start.spec.path));
            let made = start.instance.as_ref().and_then(|instance| instance.url());
            urls.entry(source.clone()).or_default().extend(declared.urls(source).cloned().chain(made));
        }
        let pushes = if paths.is_empty() { Vec::new() } else { pushes::of(index) };
        Self { index, said: said.to_vec(), pushes, urls, paths }
    }

    /// The folder of a source, as its files declare it.
    pub fn declared(&self, source: &SourceRef) -> Option<ArtifactFolder> {
        let none = BTreeSet::new();
        let urls = self.urls.get(source).unwrap_or(&none);
        let by_url = urls.iter().find_map(|url| self.by_url(source, url));
        by_url.or_else(|| self.by_paths(source))
    }

    /// The folder of a source with this URL.
    pub fn of(&self, source: &SourceRef, url: Option<&str>) -> Option<ArtifactFolder> {
        url.and_then(|url| self.by_url(source, url)).or_else(|| self.declared(source))
    }

    fn by_url(&self, source: &SourceRef, url: &str) -> Option<ArtifactFolder> {
        let same = |said: &&PushedFolder| said.url.trim_end_matches('/') == url.trim_end_matches('/');
        if let Some(said) = self.said.iter().find(same) {
            return Some(ArtifactFolder { folder: flux::folder(&said.path), rule: ArtifactRule::Settings });
        }
        let here = |push: &Push| {
            let folder = flux::folder(&push.folder_of(url)?);
            self.holds(source, &folder).then(|| ArtifactFolder { folder, rule: ArtifactRule::Pushed(push.file.clone()) })
        };
        self.pushes.iter().find_map(here)
    }

    /// Every path that is known of a source is a folder in this one.
    fn holds(&self, source: &SourceRef, folder: &str) -> bool {
        let is_here = |path: &String| join(folder, path).is_some_and(|path| self.index.entry(&path) == Some(PathKind::Folder));
        self.paths.get(source).is_none_or(|paths| paths.iter().all(is_here))
    }

    fn by_paths(&self, source: &SourceRef) -> Option<ArtifactFolder> {
        let paths = self.paths.get(source)?;
        let first = paths.iter().max_by_key(|path| path.len()).filter(|path| !path.is_empty())?;
        let above = |folder: &str| match folder.strip_suffix(first.as_str())? {
            "" => Some(String::new()),
            rest => rest.strip_suffix('/').map(str::to_owned),
        };
        let folders = self.index.folders();
        let mut holding = folders.into_iter().filter_map(above).filter(|folder| self.holds(source, folder));
        let folder = holding.next().filter(|_| holding.next().is_none())?;
        Some(ArtifactFolder { folder, rule: ArtifactRule::Paths })
    }
}
