//! The Kustomizations of one cluster, from its root to the last one that is reached.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::super::error::Result;
use super::super::flux::{self, SourceRef, Spec};
use super::super::node::{Layer, Node, Origin, Text};
use super::super::remote::RemoteUses;
use super::super::substitute::{Unset, Variables};
use super::super::weight;
use super::artifacts::Artifacts;
use super::controller::Said;
use super::generator;
use super::instance;
use super::kept::{Base, BuildKey};
use super::roots::{Begin, ClusterRoot};
use super::sources::{ObjectKey, Objects, Sources};
use super::{BuildOutcome, Builder, Files, Member, RepositoryCluster};

/// What one round teaches the next: variables and sources may themselves be set by variables. Nobody stacks more.
const ROUNDS: usize = 6;
/// Kustomizations of one cluster: one that makes others of itself has no end.
const MOST_MEMBERS: usize = 20_000;

/// Kinds that other Kustomizations are built with.
const REMEMBERED: &[&str] = &["ConfigMap", "Secret", "GitRepository", "OCIRepository", "Bucket", generator::KIND];

/// A Kustomization's build with all that its cluster needs of it.
pub struct Done {
    outcome: BuildOutcome,
    files: Arc<BTreeSet<Text>>,
    remotes: Arc<RemoteUses>,
    /// The Kustomizations among its objects.
    children: Vec<Arc<Spec>>,
    /// The objects that others are built with.
    remembered: Vec<(ObjectKey, Node)>,
    /// What its objects say of the cluster's controllers.
    said: Said,
}

impl Done {
    pub fn new(outcome: BuildOutcome, files: Arc<BTreeSet<Text>>, remotes: Arc<RemoteUses>, spec: &Spec) -> Self {
        // what goes to another cluster is not part of this one
        let objects = if spec.is_remote { &[] } else { outcome.objects() };
        let nodes = || objects.iter().map(|object| &object.node);
        let (children, remembered) = (nested(nodes()), nodes().filter_map(remembered).collect());
        let said = Said::of(nodes());
        Self { outcome, files, remotes, children, remembered, said }
    }

    /// Of a Kustomization whose source is not here.
    pub fn elsewhere(why: String, spec: &Spec) -> Self {
        Self::new(BuildOutcome::Elsewhere(why), Arc::default(), Arc::default(), spec)
    }

    /// Fills the variables of a Kustomization in.
    pub fn of(base: &Base, spec: &Spec, variables: &Variables) -> Self {
        let objects = base.rendered.objects.as_ref().map_err(Clone::clone);
        let applied = objects.and_then(|objects| flux::applied(objects, spec, variables));
        let outcome = applied.map_or_else(BuildOutcome::Failed, |objects| BuildOutcome::Built(Arc::new(objects)));
        let remotes = Arc::new(base.rendered.remotes.clone());
        Self::new(outcome, Arc::clone(&base.files), remotes, spec)
    }

    /// Whether it is the same whatever happens to variables that nothing sets.
    pub fn sets_everything(&self) -> bool {
        match &self.outcome {
            BuildOutcome::Built(objects) => objects.iter().all(|object| object.unset.is_empty()),
            BuildOutcome::Failed(_) | BuildOutcome::Elsewhere(_) => false,
        }
    }

    /// The Kustomization that was built.
    pub fn member(&self, spec: Arc<Spec>, parent: Option<usize>) -> Member {
        let (files, remotes) = (Arc::clone(&self.files), Arc::clone(&self.remotes));
        Member { spec, parent, outcome: self.outcome.clone(), files, remotes }
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + weight::all(self.outcome.objects().iter().map(|object| &object.node))
    }
}

/// A cluster while it is built.
struct Building<'b> {
    artifacts: &'b Artifacts<'b>,
    root: ClusterRoot,
    /// The sources that are this repository, since the cluster begins with them.
    own: Vec<SourceRef>,
    /// What is in the cluster and not applied by any member.
    beside: Vec<Node>,
    /// What its controller does with a variable that nothing sets, as far as that is known.
    unset: Unset,
}

impl Building<'_> {
    /// What is beside and others are built with, and the sources that instances make.
    fn given(&self) -> Objects {
        let made = self.root.begins.iter().filter_map(|begin| begin.instance.as_ref()).map(|instance| &instance.source);
        self.beside.iter().chain(made).filter_map(remembered).collect()
    }

    /// What these say of the controllers.
    fn said(&self) -> Said {
        let mut said = Said::of(self.beside.iter());
        self.root.begins.iter().filter_map(|begin| begin.instance.as_ref()).for_each(|instance| said.add(instance.unset));
        said
    }

    /// What is built of a Kustomization is kept under its name; of a root that is another one once it is built, both are.
    fn name(&self, spec: &Arc<Spec>) -> String {
        let is_written = |begin: &Begin| begin.is_written && Arc::ptr_eq(&begin.spec, spec);
        if self.root.begins.iter().any(is_written) { format!("{} as written", spec.id()) } else { spec.id() }
    }

    /// Takes what the cluster begins with as it is built: a kustomization may patch the file. Says whether anything is another one now.
    fn take_as_built(&mut self, members: &[Member]) -> bool {
        let of = |member: &&Member| !member.spec.is_remote;
        let objects = || members.iter().filter(of).flat_map(|member| member.outcome.objects()).map(|object| &object.node);
        let mut is_changed = false;
        for begin in &mut self.root.begins {
            let built = objects().find_map(|node| as_built(begin, node)).filter(|built| built.spec != begin.spec);
            if let Some(built) = built {
                if self.own.contains(&begin.spec.source) {
                    self.own.push(built.spec.source.clone());
                }
                *begin = built;
                is_changed = true;
            }
        }
        is_changed
    }
}

/// What a cluster begins with, if an object is that.
fn as_built(begin: &Begin, node: &Node) -> Option<Begin> {
    let Some(instance) = &begin.instance else {
        let name = node.at(&["metadata", "name"]).and_then(Node::text).unwrap_or_default();
        if *name != *begin.spec.name || !Spec::is_one(node) {
            return None;
        }
        let spec = Spec::read(node).ok()?;
        let is_it = begin.spec.namespace.is_empty() || begin.spec.namespace == spec.namespace;
        return is_it.then(|| Begin { spec: Arc::new(spec), instance: None, is_written: false });
    };
    let instance::Made { spec, instance } = instance.is(node).then(|| instance::made(node)).flatten()?;
    let (spec, instance) = match instance.has_namespace {
        true => (spec, instance),
        // it stays what it is called: nothing says another name
        false => {
            let Spec { name, namespace, source, .. } = (*begin.spec).clone();
            let instance = instance.moved(&source);
            (Spec { name, namespace, source, ..spec }, instance)
        }
    };
    Some(Begin { spec: Arc::new(spec), instance: Some(instance), is_written: false })
}

impl Builder {
    /// Builds until nothing new is learnt.
    pub(super) fn cluster(&mut self, files: &Files<'_>, artifacts: &Artifacts<'_>, root: ClusterRoot) -> RepositoryCluster {
        let own = root.begins.iter().map(|begin| begin.spec.source.clone()).collect();
        let mut building = Building { artifacts, root, own, beside: Vec::new(), unset: Unset::Open };
        self.take_synced(files, &mut building);
        let mut known = building.given();
        let mut members = Vec::new();
        for _ in 0..ROUNDS {
            let (learnt, said);
            (members, learnt, said) = self.round(files, &building, &known);
            let is_same = learnt.len() == known.len() && learnt.iter().zip(&known).all(|(a, b)| a.0 == b.0 && a.1.is_same(b.1));
            // what was known stays so if what says it is refused now
            let unset = said.unset().unwrap_or(building.unset);
            let is_same = std::mem::replace(&mut building.unset, unset) == unset && is_same;
            if !building.take_as_built(&members) && is_same {
                break;
            }
            known = learnt;
        }
        let sources = Sources { files, artifacts, own: &building.own, objects: &known };
        let artifacts = members
            .iter()
            .filter_map(|member| Some((member.spec.source.clone(), sources.folder(&member.spec.source)?)))
            .collect();
        let Building { root, beside, .. } = building;
        RepositoryCluster { name: root.name, folder: root.folder, extent: root.extent, members, beside, artifacts }
    }

    /// What a sync outside of the repository applies, as it is built. Where it cannot be built, what the files say.
    fn take_synced(&mut self, files: &Files<'_>, building: &mut Building<'_>) {
        let mut begins: Vec<Begin> = Vec::new();
        for folder in &building.root.synced {
            let Some(first) = building.root.begins.first() else { return };
            let origin = Origin::new(&folder.as_str().into(), 0, 0, Layer::Build);
            let spec = Arc::new(Spec::plain(first.spec.source.clone(), folder, origin));
            let key = BuildKey { cluster: building.root.folder.clone(), id: format!("{folder}/"), source: String::new() };
            let (parsed, remotes) = (&self.parsed, &self.remotes.0);
            let render = || Ok(Ok(Base::new(flux::render(&*files.artifact(None)?, &spec, parsed, remotes), false)));
            let base = self.kept.base(&key, &spec, render).ok().and_then(std::result::Result::ok);
            let Some(nodes) = base.and_then(|base| base.rendered.objects.clone().ok()) else { continue };
            let nodes: Vec<_> = nodes.into_iter().map(|built| built.node).collect();
            begins.extend(nested(nodes.iter()).into_iter().map(|spec| Begin { spec, instance: None, is_written: false }));
            building.beside.extend(nodes);
        }
        // what a sync outside applies is this repository, whatever the sync's own source is called
        let composed = building.beside.iter().filter(|node| node.get("kind").and_then(Node::text) == Some(generator::KIND));
        let declared: Objects = building.beside.iter().filter_map(remembered).collect();
        let unsaid = composed.flat_map(generator::made_of).filter(|source| {
            let key = (source.kind.clone(), source.namespace.clone(), source.name.clone());
            source.kind.as_ref() == "GitRepository" && !declared.contains_key(&key)
        });
        building.own.extend(unsaid);
        let is_built = |begin: &Begin| begins.iter().any(|built| built.spec.name == begin.spec.name);
        let rest: Vec<_> = building.root.begins.iter().filter(|begin| !is_built(begin)).cloned().collect();
        begins.extend(rest);
        building.root.begins = begins;
    }

    fn round(&mut self, files: &Files<'_>, building: &Building<'_>, known: &Objects) -> (Vec<Member>, Objects, Said) {
        let begins = building.root.begins.iter().map(|begin| &begin.spec);
        let mut seen: HashSet<String> = HashSet::new();
        let mut members: Vec<Member> =
            begins.filter(|spec| seen.insert(spec.id())).map(|spec| unbuilt(Arc::clone(spec), None)).collect();
        let (mut learnt, mut said) = (building.given(), building.said());
        let mut next = 0;
        while next < members.len() && members.len() < MOST_MEMBERS {
            let spec = Arc::clone(&members[next].spec);
            let done = self
                .member(files, building, &spec, known)
                .unwrap_or_else(|error| Arc::new(Done::new(BuildOutcome::Failed(error), Arc::default(), Arc::default(), &spec)));
            members[next] = done.member(spec, members[next].parent);
            learnt.extend(done.remembered.iter().cloned());
            said.extend(&done.said);
            for child in done.children.iter().filter(|child| seen.insert(child.id())) {
                members.push(unbuilt(Arc::clone(child), Some(next)));
            }
            next += 1;
        }
        (members, learnt, said)
    }

    fn member(&mut self, files: &Files<'_>, building: &Building<'_>, spec: &Arc<Spec>, known: &Objects) -> Result<Arc<Done>> {
        let sources = Sources { files, artifacts: building.artifacts, own: &building.own, objects: known };
        let key = BuildKey { cluster: building.root.folder.clone(), id: building.name(spec), source: sources.key(&spec.source) };
        let (parsed, remotes) = (&self.parsed, &self.remotes.0);
        let base = self.kept.base(&key, spec, || Ok(sources.hold(&spec.source)?.base(spec, parsed, remotes)))?;
        let base = match base {
            Ok(base) => base,
            Err(why) => return Ok(Arc::new(Done::elsewhere(why, spec))),
        };
        let given = &self.given;
        let find = |kind: &str, namespace: &str, name: &str| {
            let key = (kind.into(), namespace.into(), name.into());
            given.get(&key).cloned().or_else(|| known.get(&key).and_then(flux::values))
        };
        let mut variables = flux::variables(spec, &find);
        variables.unset = building.unset;
        Ok(self.kept.done(&key, variables, |variables| Done::of(&base, spec, variables)))
    }
}

fn unbuilt(spec: Arc<Spec>, parent: Option<usize>) -> Member {
    Member { spec, parent, outcome: BuildOutcome::Built(Arc::default()), files: Arc::default(), remotes: Arc::default() }
}

/// The Flux Kustomizations among objects. One that cannot be read is refused by the API server, and applies nothing.
fn nested<'n>(objects: impl Iterator<Item = &'n Node>) -> Vec<Arc<Spec>> {
    objects.filter(|node| Spec::is_one(node)).filter_map(|node| Spec::read(node).ok().map(Arc::new)).collect()
}

pub(super) fn remembered(node: &Node) -> Option<(ObjectKey, Node)> {
    let text = |path: &[&str]| node.at(path).and_then(Node::shared_text).cloned().unwrap_or_default();
    let kind = text(&["kind"]);
    let key = |kind| (kind, text(&["metadata", "namespace"]), text(&["metadata", "name"]));
    REMEMBERED.contains(&kind.as_ref()).then(|| (key(kind), node.clone()))
}
