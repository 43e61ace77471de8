//! Clusters whose sync is outside of what is committed: their Kustomizations are the outermost, those of one folder together.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::flux::SourceRef;
use super::super::node::Text;
use super::super::tree::{self, is_below};
use super::artifacts::is_pushed;
use super::covers::{Cover, Covers};
use super::declarations::Declarations;
use super::index::Index;
use super::roots::{ClusterRoot, Extent, Graph};

/// The clusters whose sync is outside of what is committed.
pub(super) struct Outside<'g, 'd> {
    graph: &'g Graph<'d>,
    declared: &'d Declarations,
    index: &'g Index<'g>,
    covers: &'g Covers<'g>,
    /// Nobody applies these, and they are of the repository that the roots are of that are known already.
    outermost: Vec<usize>,
}

/// The Kustomizations that one sync applies.
struct Group {
    /// The folders that the sync takes in.
    folders: Vec<String>,
    members: Vec<usize>,
}

impl<'g, 'd> Outside<'g, 'd> {
    /// `reached`: what the roots reach that are known already.
    pub fn new(
        graph: &'g Graph<'d>,
        declared: &'d Declarations,
        index: &'g Index<'g>,
        covers: &'g Covers<'g>,
        reached: &[bool],
    ) -> Self {
        let source = |at: usize| &graph.all[at].start.spec.source;
        let ours: BTreeSet<&SourceRef> = (0..graph.all.len()).filter(|at| reached[*at]).map(source).collect();
        let is_ours = |at: &usize| ours.is_empty() || ours.contains(source(*at)) || is_pushed(source(*at));
        let outermost: Vec<usize> = graph.outermost(reached).into_iter().filter(is_ours).collect();
        Self { graph, declared, index, covers, outermost }
    }

    /// Each with the numbers of what it begins with.
    pub fn roots(&self) -> Vec<(ClusterRoot, Vec<usize>)> {
        if self.outermost.is_empty() {
            return Vec::new();
        }
        let root = |Group { folders, members }: Group| {
            let folder = common(&folders);
            let begins = members.iter().map(|at| self.graph.all[*at].begin()).collect();
            (ClusterRoot { begins, synced: folders, ..ClusterRoot::new(&folder, Extent::Whole) }, members)
        };
        self.joined(self.nested(self.grouped())).into_iter().map(root).collect()
    }

    /// By the folder that the sync must take in: a kustomization that includes the file and that nothing includes, else the file's folder.
    fn grouped(&self) -> BTreeMap<String, Vec<usize>> {
        let tops = tops(self.declared, self.covers);
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for at in &self.outermost {
            let file = &self.graph.all[*at].start.file;
            let including: Vec<_> =
                tops.iter().filter(|(_, cover)| cover.files.contains(file)).map(|(folder, _)| folder).collect();
            match including.as_slice() {
                [] => groups.entry(tree::parent(file).to_owned()).or_default().push(*at),
                folders => folders.iter().for_each(|folder| groups.entry((*folder).clone()).or_default().push(*at)),
            }
        }
        groups
    }

    fn ids(&self, members: &[usize]) -> BTreeSet<String> {
        members.iter().map(|at| self.graph.all[*at].start.spec.id()).collect()
    }

    /// A folder without a kustomization file takes in what is below it, but nothing twice.
    fn nested(&self, groups: BTreeMap<String, Vec<usize>>) -> Vec<Group> {
        let mut found: Vec<Group> = Vec::new();
        for (folder, members) in groups {
            let takes_in = |group: &&mut Group| {
                let above = &group.folders[0];
                let is_open = is_below(&folder, above) && self.declared.listing(self.index, above).is_none();
                is_open && self.ids(&group.members).is_disjoint(&self.ids(&members))
            };
            match found.iter_mut().find(takes_in) {
                Some(group) => group.members.extend(members),
                None => found.push(Group { folders: vec![folder], members }),
            }
        }
        found
    }

    /// Groups of which one waits for what only one other has are of one cluster, unless both have something of the same name.
    fn joined(&self, mut groups: Vec<Group>) -> Vec<Group> {
        loop {
            let known: Vec<_> = groups.iter().map(|group| self.ids(&group.members)).collect();
            let Some((into, from)) = (0..groups.len()).find_map(|at| self.partner(&groups, &known, at)) else { return groups };
            let Group { folders, members } = groups.remove(from);
            groups[into].folders.extend(folders);
            groups[into].members.extend(members);
        }
    }

    fn partner(&self, groups: &[Group], known: &[BTreeSet<String>], from: usize) -> Option<(usize, usize)> {
        let wanted = groups[from].members.iter().flat_map(|at| &self.graph.all[*at].start.waits_for);
        wanted.map(|(namespace, name)| format!("{namespace}/{name}")).find_map(|id| {
            let having: Vec<usize> = (0..known.len()).filter(|at| known[*at].contains(&id)).collect();
            let [to] = having[..] else { return None };
            (to != from && known[to].is_disjoint(&known[from])).then_some((from.min(to), from.max(to)))
        })
    }
}

/// Folders with a kustomization file that no other one includes, and what each takes in.
pub(super) fn tops(declared: &Declarations, covers: &Covers<'_>) -> Vec<(String, Rc<Cover>)> {
    let folders = declared.listings().filter(|listing| !listing.is_component).map(|listing| tree::parent(&listing.file));
    let all: Vec<_> = folders.map(|folder| (folder.to_owned(), covers.of(folder))).collect();
    let others = |(folder, cover): &(String, Rc<Cover>)| {
        let own = folder.clone();
        cover.folders.iter().filter(|inner| ***inner != *own).cloned().collect::<Vec<_>>()
    };
    let included: BTreeSet<Text> = all.iter().flat_map(others).collect();
    all.into_iter().filter(|(folder, _)| !included.contains(folder.as_str())).collect()
}

/// The folder that all are in.
fn common(folders: &[String]) -> String {
    let mut parts: Vec<&str> = folders.first().map(|first| first.split('/').collect()).unwrap_or_default();
    for folder in folders {
        let same = parts.iter().zip(folder.split('/')).take_while(|(a, b)| **a == *b).count();
        parts.truncate(same);
    }
    match parts.join("/") {
        // they have nothing in common but the repository: the first speaks for all
        all if all.is_empty() => folders.first().cloned().unwrap_or_default(),
        all => all,
    }
}
