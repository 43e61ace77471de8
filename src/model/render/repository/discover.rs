//! Where the clusters of a repository begin.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, LazyLock};

use regex::bytes::Regex;

use super::super::error::{BuildError, Result};
use super::super::flux::{self, GROUP, SourceRef, Spec};
use super::super::node::{Layer, Node, Origin, Text};
use super::super::read::{self, TextPlace};
use super::super::tree::{self, Tree};
use super::index::Index;

const OPERATOR: &str = "fluxcd.controlplane.io";
/// The chart whose values are a FluxInstance (flux-operator `charts/flux-instance`).
const CHART: &str = "flux-instance";

/// The Kustomization that a cluster begins with.
pub struct ClusterRoot {
    pub cluster: String,
    pub spec: Arc<Spec>,
}

/// Where a Kustomization stands, and what it says.
type Candidate = (String, Arc<Spec>);

/// What every file of a repository says of where a cluster may begin.
#[derive(Default)]
pub struct Candidates {
    files: BTreeMap<Text, Result<Vec<Candidate>>>,
}

impl Candidates {
    /// Looks at files that may not be as they were. One that cannot be read, or is too large, does not hinder the others.
    pub fn update(&mut self, index: &Index<'_>, changed: &HashSet<Text>) {
        for path in changed {
            self.files.remove(path);
            if !index.is_manifest(path) {
                continue;
            }
            let bytes = match index.read(path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.files.insert(path.clone(), Err(error));
                    continue;
                }
            };
            if !says_flux(&bytes) {
                continue;
            }
            // a template, or a patch of a field alone, is not a manifest: only what looks like one and is broken is reported
            let nodes = read::documents(&bytes, &TextPlace::file(path, Layer::Resource));
            let found = nodes.map(|nodes| nodes.into_iter().filter_map(|node| candidate(path, &node)).collect());
            self.files.insert(path.clone(), found);
        }
    }

    /// Files that look like manifests and cannot be read.
    pub fn unreadable(&self) -> Vec<BuildError> {
        self.files.values().filter_map(|found| found.as_ref().err().cloned()).collect()
    }

    /// Kustomizations outside of all folders that another one applies, where nothing else says where a cluster begins: people keep
    /// the first one beside what it applies, and create it by hand.
    fn outermost(&self, index: &Index<'_>) -> Vec<ClusterRoot> {
        // what is not here is another repository's
        let folders: BTreeSet<&str> = index.folders().into_iter().collect();
        let all = || self.files.values().flatten().flatten().filter(|(_, spec)| folders.contains(&*flux::folder(&spec.path)));
        let mut applied: BTreeMap<String, usize> = BTreeMap::new();
        for (_, spec) in all() {
            *applied.entry(flux::folder(&spec.path)).or_default() += 1;
        }
        // one in its own folder does not count
        let is_inside = |path: &str, spec: &Spec| {
            let own = flux::folder(&spec.path);
            let appliers = |folder: &str| applied.get(folder).map_or(0, |count| count - usize::from(*folder == *own));
            std::iter::successors(Some(tree::parent(path)), |folder| (!folder.is_empty()).then(|| tree::parent(folder)))
                .any(|folder| appliers(folder) > 0)
        };
        let outer = all().filter(|(path, spec)| !is_inside(path, spec));
        outer.map(|(path, spec)| ClusterRoot { cluster: last(tree::parent(path)), spec: Arc::clone(spec) }).collect()
    }

    pub fn roots(&self, index: &Index<'_>) -> Vec<ClusterRoot> {
        let (mut roots, mut taken) = (Vec::new(), BTreeSet::new());
        for (path, spec) in self.files.values().flatten().flatten() {
            let folder = flux::folder(&spec.path);
            let holds = match &*folder {
                // what is bootstrapped at the root is there; an application's `./` is the root of another repository
                "" => matches!(tree::parent(path), "" | "flux-system"),
                folder => tree::is_below(path, folder),
            };
            if holds && taken.insert(folder.clone()) {
                roots.push(ClusterRoot { cluster: last(&folder), spec: Arc::clone(spec) });
            }
        }
        if roots.is_empty() {
            roots = folders(index);
        }
        if roots.is_empty() {
            roots = self.outermost(index);
        }
        roots.sort_by(|a, b| a.spec.path.cmp(&b.spec.path));
        roots
    }
}

fn says_flux(bytes: &[u8]) -> bool {
    static WORDS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&[GROUP, OPERATOR, CHART].map(regex::escape).join("|")).expect("words are a pattern"));
    WORDS.is_match(bytes)
}

fn last(folder: &str) -> String {
    folder.rsplit('/').next().unwrap_or(folder).to_owned()
}

/// A Flux Kustomization, or what a FluxInstance (also one that its chart makes) makes of its `sync`; one that is patched or templated
/// elsewhere has no path here.
fn candidate(file: &str, node: &Node) -> Option<Candidate> {
    if Spec::is_one(node) {
        let spec = Spec::read(node).ok()?;
        return (!spec.is_remote && !spec.source.name.is_empty()).then(|| (file.to_owned(), Arc::new(spec)));
    }
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::shared_text).filter(|text| !text.is_empty()).cloned();
    let sync = match &*text(node, "kind")? {
        "FluxInstance" => node.at(&["spec", "sync"])?,
        "HelmRelease" => node.at(&["spec", "values", "instance", "sync"])?,
        _ => return None,
    };
    let namespace = node.get("metadata").and_then(|metadata| text(metadata, "namespace")).unwrap_or_else(|| "flux-system".into());
    let name = text(sync, "name").unwrap_or_else(|| namespace.clone());
    let path = text(sync, "path")?;
    let kind = text(sync, "kind").unwrap_or_else(|| "GitRepository".into());
    // an instance need not be in the folder that it syncs
    let inside = format!("{}/{}", flux::folder(&path), last(file));
    Some((inside, made(&name, &namespace, &path, &kind, node.origin().clone())))
}

fn made(name: &str, namespace: &str, path: &str, kind: &str, origin: Origin) -> Arc<Spec> {
    let source = SourceRef { kind: kind.into(), namespace: namespace.into(), name: name.into() };
    Arc::new(Spec::plain(source, path, origin))
}

/// Folders below one that is called `clusters`, where nothing else says where a cluster begins.
fn folders(index: &Index<'_>) -> Vec<ClusterRoot> {
    let below = index.folders().into_iter().filter(|folder| last(tree::parent(folder)) == "clusters");
    let root = |folder: &str| {
        let origin = Origin::new(&Text::from(folder), 0, 0, Layer::Build);
        ClusterRoot { cluster: last(folder), spec: made("flux-system", "flux-system", folder, "GitRepository", origin) }
    };
    below.map(root).collect()
}
