//! Where the clusters of a repository begin.
//!
//! One rule: a cluster is what one root applies, transitively. Who applies what is a graph over the Flux Kustomizations of all files:
//! one leads to another if its folder takes in the file of the other. What begins a cluster is what nobody else applies:
//! 1. what applies itself, as `flux bootstrap` writes it, and what an instance of the operator makes; of several that apply each
//!    other, the instance, else the one nearest to the root of the repository;
//! 2. where a sync is outside of what is committed, the Kustomizations that are left, those of one folder together: whichever
//!    folder takes them in is what the sync applies;
//! 3. where a repository has none of both, each kustomization file that nothing includes: its cluster is unknown.
//!
//! What [`RepositorySettings`] say comes on top. One that is in a folder that another one applies, and that is not listed there, is
//! switched off: it begins nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::super::flux::{self, SourceRef, Spec};
use super::super::node::{Layer, Origin, Text};
use super::super::substitute::has_variable;
use super::super::tree::{self, PathKind, Tree, is_below};
use super::artifacts::{Artifacts, is_pushed};
use super::covers::{Cover, Covers};
use super::declarations::{Declarations, DeclaredStart};
use super::index::Index;
use super::instance::Instance;
use super::outside::{Outside, tops};
use super::settings::{RepositorySettings, folder_spec};
use super::sources::same_url;

/// How much of a cluster a repository shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything that its root applies.
    Whole,
    /// What another repository applies from this one.
    Part,
    /// Nobody says which cluster it is for.
    Unknown,
}

/// A Kustomization that a cluster begins with.
#[derive(Clone, Debug)]
pub struct Begin {
    pub spec: Arc<Spec>,
    pub instance: Option<Instance>,
    /// As its file has it: what is built may differ.
    pub is_written: bool,
}

/// Where a cluster begins.
#[derive(Clone, Debug)]
pub struct ClusterRoot {
    pub name: String,
    /// The folder that it is named after; no two clusters have the same.
    pub folder: Text,
    pub begins: Vec<Begin>,
    /// Folders that a sync outside of the repository applies.
    pub synced: Vec<String>,
    pub extent: Extent,
}

impl ClusterRoot {
    pub fn new(folder: &str, extent: Extent) -> Self {
        Self { name: String::new(), folder: folder.into(), begins: Vec::new(), synced: Vec::new(), extent }
    }
}

/// The roots of all clusters, by folder. `patched`: see [`super::patched`].
pub fn find(
    declared: &Declarations,
    patched: &[DeclaredStart],
    settings: &RepositorySettings,
    artifacts: &Artifacts<'_>,
    covers: &Covers<'_>,
) -> Vec<ClusterRoot> {
    let index = covers.index;
    let graph = Graph::new(declared, patched, artifacts, index, covers);
    let (free, bound) = graph.sure();
    let mut reached = vec![false; graph.all.len()];
    let mut roots = graph.roots(free, declared, &mut reached);
    // those that apply each other, and that nobody else applies
    let mut under = reached.clone();
    graph.outermost(&reached).into_iter().for_each(|at| graph.reach(at, &mut under));
    let (later, own): (Vec<usize>, Vec<usize>) = bound.into_iter().partition(|at| under[*at]);
    roots.extend(graph.roots(own, declared, &mut reached));
    // beside clusters that are known, others are kept where these are; the rest is switched off
    let is_kept = |root: &ClusterRoot| roots.is_empty() || roots.iter().any(|known| is_beside(&known.folder, &root.folder));
    let mut outside = Outside::new(&graph, declared, index, covers, &reached).roots();
    outside.retain(|(root, _)| is_kept(root));
    for (root, members) in outside {
        members.into_iter().for_each(|at| graph.reach(at, &mut reached));
        roots.push(root);
    }
    roots.extend(graph.roots(later, declared, &mut reached));
    let said = settings.clusters();
    if roots.is_empty() && said.is_empty() {
        roots.extend(unknown(declared, covers));
    }
    roots.sort_by(|a, b| a.folder.cmp(&b.folder));
    name_all(&mut roots);
    for (cluster, specs) in said {
        let begins = specs.into_iter().map(|spec| Begin { spec: Arc::new(spec), instance: None, is_written: false });
        match roots.iter_mut().find(|root| root.name == cluster) {
            Some(root) => root.begins.extend(begins),
            None => {
                let root = ClusterRoot::new(&format!("[{cluster}]"), Extent::Part);
                roots.push(ClusterRoot { name: cluster.to_owned(), begins: begins.collect(), ..root });
            }
        }
    }
    roots
}

/// Two folders that differ in one part of their paths, which is not all of them. One may be deeper, where both are alike behind that part:
/// `clusters/a/flux` and `clusters/b/flux/deploy`.
fn is_beside(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.split('/').collect(), other.split('/').collect());
    let least = one.len().min(other.len());
    let different: Vec<usize> = (0..least).filter(|at| one[*at] != other[*at]).collect();
    let [at] = different[..] else { return false };
    least > 1 && (one.len() == other.len() || at > 0 && at + 1 < least)
}

/// One that may begin a cluster: its folder is in this repository, or may be.
pub(super) struct Candidate<'d> {
    pub start: &'d DeclaredStart,
    /// What it applies; that of its file where only a build knows.
    pub folder: String,
    is_here: bool,
    cover: Rc<Cover>,
}

impl Candidate<'_> {
    /// Whether it takes in a file. What cannot be built may take in everything below it: that begins no clusters of its own.
    fn applies(&self, file: &str) -> bool {
        self.cover.files.contains(file) || self.cover.is_torn && self.is_here && is_below(file, &self.folder)
    }

    /// It takes in its own file, or `flux bootstrap` has written that below its folder, in one that is called as its namespace: a
    /// kustomization that forgets it takes nothing of it.
    pub fn applies_itself(&self) -> bool {
        let DeclaredStart { file, spec, instance, .. } = self.start;
        let is_bootstrapped = || {
            let written = tree::join(&self.folder, &spec.namespace);
            self.is_here && !spec.namespace.is_empty() && written.as_deref() == Some(tree::parent(file))
        };
        instance.is_some() || self.cover.files.contains(file) || is_bootstrapped()
    }

    pub fn begin(&self) -> Begin {
        Begin { spec: Arc::new(self.start.spec.clone()), instance: self.start.instance.clone(), is_written: true }
    }

    /// The same, its source called as what it applies calls it.
    fn begin_as(&self, source: &SourceRef) -> Begin {
        let instance = self.start.instance.as_ref().map(|instance| instance.moved(source));
        let (name, namespace) = (source.name.clone(), source.namespace.clone());
        let spec = Spec { name, namespace, source: source.clone(), ..self.start.spec.clone() };
        Begin { spec: Arc::new(spec), instance, is_written: true }
    }

    /// The URLs of its source, as far as they are written down.
    fn urls(&self, declared: &Declarations) -> BTreeSet<String> {
        let made = self.start.instance.as_ref().and_then(|instance| instance.source.at(&["spec", "url"])?.text());
        declared.urls(&self.start.spec.source).map(|url| &**url).chain(made).map(same_url).collect()
    }
}

/// Who applies what.
pub(super) struct Graph<'d> {
    pub all: Vec<Candidate<'d>>,
    /// By number: the candidates that it applies.
    applies: Vec<Vec<usize>>,
    /// By number: the other candidates that apply it.
    appliers: Vec<Vec<usize>>,
}

impl<'d> Graph<'d> {
    fn new(
        declared: &'d Declarations,
        patched: &'d [DeclaredStart],
        artifacts: &Artifacts<'_>,
        index: &Index<'_>,
        covers: &Covers<'_>,
    ) -> Self {
        let candidates = declared.starts().chain(patched).filter_map(|start| match folder_here(start, index, artifacts) {
            Some(folder) => Some(Candidate { start, cover: covers.of(&folder), folder, is_here: true }),
            None => may_be_here(start).then(|| Candidate {
                start,
                cover: Rc::default(),
                folder: tree::parent(&start.file).to_owned(),
                is_here: false,
            }),
        });
        let mut all: Vec<_> = candidates.collect();
        drop_foreign(&mut all, declared);
        let mut by_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in all.iter().enumerate() {
            by_file.entry(&candidate.start.file).or_default().push(at);
        }
        let applied = |candidate: &Candidate<'_>| -> Vec<usize> {
            by_file.iter().filter(|(file, _)| candidate.applies(file)).flat_map(|(_, at)| at).copied().collect()
        };
        let applies: Vec<_> = all.iter().map(applied).collect();
        let mut appliers = vec![Vec::new(); all.len()];
        for (from, applied) in applies.iter().enumerate() {
            applied.iter().filter(|to| **to != from).for_each(|to| appliers[*to].push(from));
        }
        Self { all, applies, appliers }
    }

    /// What applies itself, or is made by an instance: first those that nobody else applies.
    fn sure(&self) -> (Vec<usize>, Vec<usize>) {
        let key = |at: &usize| {
            let Candidate { start, folder, .. } = &self.all[*at];
            (start.instance.is_none(), folder.matches('/').count(), folder.clone(), start.file.clone())
        };
        let mut order: Vec<usize> = (0..self.all.len()).filter(|at| self.all[*at].applies_itself()).collect();
        order.sort_by_key(key);
        order.into_iter().partition(|at| self.appliers[*at].is_empty())
    }

    /// The roots that are not reached yet, one for each folder.
    fn roots(&self, order: Vec<usize>, declared: &Declarations, reached: &mut [bool]) -> Vec<ClusterRoot> {
        let (mut roots, mut taken) = (Vec::new(), BTreeSet::new());
        for at in order {
            let candidate = &self.all[at];
            if reached[at] || !taken.insert(candidate.folder.as_str()) {
                continue;
            }
            self.reach(at, reached);
            let root = ClusterRoot::new(&candidate.folder, Extent::Whole);
            roots.push(ClusterRoot { begins: vec![self.begin(at, declared)], ..root });
        }
        roots
    }

    /// An instance whose namespace its file does not say is in that of the one source which what it applies names, and nothing declares.
    fn begin(&self, at: usize, declared: &Declarations) -> Begin {
        let candidate = &self.all[at];
        if candidate.start.instance.as_ref().is_none_or(|instance| instance.has_namespace) {
            return candidate.begin();
        }
        let kind = &candidate.start.spec.source.kind;
        let applied = self.applies[at].iter().filter(|other| **other != at).map(|other| &self.all[*other].start.spec.source);
        let named: BTreeSet<_> =
            applied.filter(|source| source.kind == *kind && declared.urls(source).next().is_none()).collect();
        match named.into_iter().collect::<Vec<_>>()[..] {
            [one] => candidate.begin_as(one),
            _ => candidate.begin(),
        }
    }

    pub fn reach(&self, from: usize, reached: &mut [bool]) {
        let mut todo = vec![from];
        while let Some(at) = todo.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                todo.extend(&self.applies[at]);
            }
        }
    }

    /// What nobody applies, not even itself, and is not reached.
    pub fn outermost(&self, reached: &[bool]) -> Vec<usize> {
        let is_single = |at: &usize| !self.all[*at].applies_itself() && self.appliers[*at].is_empty();
        (0..self.all.len()).filter(|at| !reached[*at] && is_single(at) && !self.is_inside(*at)).collect()
    }

    /// In a folder that another one applies.
    fn is_inside(&self, at: usize) -> bool {
        let file = &self.all[at].start.file;
        self.all
            .iter()
            .enumerate()
            .any(|(other, candidate)| other != at && candidate.is_here && is_below(file, &candidate.folder))
    }
}

/// What an instance syncs is a cluster, even if nobody knows where its files are; what an ArtifactGenerator composes may be of this repository.
fn may_be_here(start: &DeclaredStart) -> bool {
    let source = &start.spec.source;
    start.instance.is_some() && is_pushed(source) || source.kind.as_ref() == "ExternalArtifact" && !start.spec.is_remote
}

/// The folder that one applies, where that is a folder of this repository.
fn folder_here(start: &DeclaredStart, index: &Index<'_>, artifacts: &Artifacts<'_>) -> Option<String> {
    let spec = &start.spec;
    if spec.is_remote || has_variable(&spec.path) || has_variable(&start.spec.name) {
        return None;
    }
    let folder = flux::folder(&spec.path);
    if spec.source.kind.as_ref() == "ExternalArtifact" {
        return None;
    }
    if is_pushed(&spec.source) {
        let path = tree::join(&artifacts.declared(&spec.source)?.folder, &folder)?;
        return (index.entry(&path) == Some(PathKind::Folder)).then_some(path);
    }
    // what is bootstrapped at the root is there; an application's `./` is the root of another repository
    let is_ours = !folder.is_empty() || start.instance.is_some() || matches!(tree::parent(&start.file), "" | "flux-system");
    (is_ours && index.entry(&folder) == Some(PathKind::Folder)).then_some(folder)
}

/// Drops those whose source has another URL than that of the sure roots.
fn drop_foreign(all: &mut Vec<Candidate<'_>>, declared: &Declarations) {
    let kind = |candidate: &Candidate<'_>| candidate.start.spec.source.kind.clone();
    let sure = all.iter().filter(|candidate| candidate.applies_itself());
    let mut own: HashMap<Text, BTreeSet<String>> = HashMap::new();
    sure.for_each(|candidate| own.entry(kind(candidate)).or_default().extend(candidate.urls(declared)));
    all.retain(|candidate| {
        // artifacts of one repository have URLs of their own
        if candidate.start.instance.is_some() || is_pushed(&candidate.start.spec.source) {
            return true;
        }
        let urls = candidate.urls(declared);
        let ours = own.get(&kind(candidate)).filter(|ours| !ours.is_empty());
        urls.is_empty() || ours.is_none_or(|ours| !ours.is_disjoint(&urls))
    });
}

/// Every kustomization file that nothing includes.
fn unknown(declared: &Declarations, covers: &Covers<'_>) -> Option<ClusterRoot> {
    let begin = |(folder, _): (String, _)| {
        let origin = Origin::new(&folder.as_str().into(), 0, 0, Layer::Build);
        Begin { spec: Arc::new(folder_spec(&folder, origin)), instance: None, is_written: false }
    };
    let begins: Vec<_> = tops(declared, covers).into_iter().map(begin).collect();
    let root = ClusterRoot::new("", Extent::Unknown);
    (!begins.is_empty()).then(|| ClusterRoot { name: "unknown".to_owned(), begins, ..root })
}

/// Names them by the last part of their folders that distinguishes them.
fn name_all(roots: &mut [ClusterRoot]) {
    let part = |folder: &str, back: usize| folder.rsplit('/').nth(back).unwrap_or_default().to_owned();
    let mut ends: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, root) in roots.iter().enumerate().filter(|(_, root)| root.name.is_empty()) {
        ends.entry(part(&root.folder, 0)).or_default().push(at);
    }
    for alike in ends.into_values() {
        let deepest = alike.iter().map(|at| roots[*at].folder.matches('/').count()).max().unwrap_or_default();
        let differ = |back: &usize| {
            let names: BTreeSet<_> = alike.iter().map(|at| part(&roots[*at].folder, *back)).collect();
            names.len() == alike.len() && !names.contains("")
        };
        let back = (0..=deepest).find(differ);
        for at in alike {
            let root = &mut roots[at];
            root.name = match back {
                Some(back) => part(&root.folder, back),
                None if root.folder.is_empty() => root.begins[0].spec.name.to_string(),
                None => root.folder.replace('/', "-"),
            };
        }
    }
    let mut taken = BTreeSet::new();
    for root in roots {
        if !taken.insert(root.name.clone()) {
            root.name = root.folder.replace('/', "-");
        }
    }
}
