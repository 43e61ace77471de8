//! The Kustomizations of one cluster, from its root to the last one that is reached.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::super::error::Result;
use super::super::flux::{self, Applied, Rendered, Spec};
use super::super::node::{Node, Text};
use super::super::substitute::Variables;
use super::super::weight;
use super::discover::ClusterRoot;
use super::kept::{Base, BuildKey};
use super::sources::{self, Held, Objects, Sources};
use super::{BuildOutcome, Builder, Files, Member, RepositoryCluster};

/// What one round teaches the next: variables and sources may themselves be set by variables. Nobody stacks more.
const ROUNDS: usize = 6;
/// Kustomizations of one cluster: one that makes others of itself has no end.
const MOST_MEMBERS: usize = 20_000;

/// Kinds that other Kustomizations are built with.
const REMEMBERED: &[&str] = &["ConfigMap", "Secret", "GitRepository", "OCIRepository", "Bucket", "ArtifactGenerator"];

/// A Kustomization's build with all that its cluster needs of it.
pub struct Done {
    outcome: BuildOutcome,
    files: Arc<BTreeSet<Text>>,
    /// The Kustomizations among its objects.
    children: Vec<Arc<Spec>>,
    /// The objects that others are built with.
    remembered: Vec<((Text, Text, Text), Node)>,
}

impl Done {
    fn new(outcome: BuildOutcome, files: Arc<BTreeSet<Text>>, spec: &Spec) -> Self {
        // what goes to another cluster is not part of this one
        let objects = if spec.is_remote { &[] } else { outcome.objects() };
        let (children, remembered) = (nested(objects), objects.iter().filter_map(remembered).collect());
        Self { outcome, files, children, remembered }
    }

    /// Fills the variables of a Kustomization in.
    pub fn of(base: &Base, spec: &Spec, variables: &Variables, is_strict: bool) -> Self {
        let objects = base.rendered.objects.as_ref().map_err(Clone::clone);
        let applied = objects.and_then(|objects| flux::applied(objects, spec, variables, is_strict));
        let outcome = applied.map_or_else(BuildOutcome::Failed, |objects| BuildOutcome::Built(Arc::new(objects)));
        Self::new(outcome, Arc::clone(&base.files), spec)
    }

    /// The Kustomization that was built.
    pub fn member(&self, spec: Arc<Spec>, parent: Option<usize>) -> Member {
        Member { spec, parent, outcome: self.outcome.clone(), files: Arc::clone(&self.files) }
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + weight::all(self.outcome.objects().iter().map(|object| &object.node))
    }
}

impl Builder {
    /// Builds until nothing new is learnt.
    pub(super) fn cluster(&mut self, files: &Files<'_>, root: ClusterRoot) -> RepositoryCluster {
        let mut known = Objects::new();
        let mut members = Vec::new();
        for _ in 0..ROUNDS {
            let learnt;
            (members, learnt) = self.round(files, &root, &known);
            let is_same = learnt.len() == known.len() && learnt.iter().zip(&known).all(|(a, b)| a.0 == b.0 && a.1.is_same(b.1));
            if is_same {
                break;
            }
            known = learnt;
        }
        RepositoryCluster { name: root.cluster, members }
    }

    fn round(&mut self, files: &Files<'_>, root: &ClusterRoot, known: &Objects) -> (Vec<Member>, Objects) {
        let mut members: Vec<Member> = vec![unbuilt(Arc::clone(&root.spec), None)];
        let mut seen: HashSet<String> = HashSet::from([root.spec.id()]);
        let mut learnt = Objects::new();
        let mut next = 0;
        while next < members.len() && members.len() < MOST_MEMBERS {
            let spec = Arc::clone(&members[next].spec);
            let done = self
                .member(files, root, &spec, known)
                .unwrap_or_else(|error| Arc::new(Done::new(BuildOutcome::Failed(error), Arc::default(), &spec)));
            members[next] = done.member(spec, members[next].parent);
            learnt.extend(done.remembered.iter().cloned());
            for child in done.children.iter().filter(|child| seen.insert(child.id())) {
                members.push(unbuilt(Arc::clone(child), Some(next)));
            }
            next += 1;
        }
        (members, learnt)
    }

    fn member(&mut self, files: &Files<'_>, root: &ClusterRoot, spec: &Arc<Spec>, known: &Objects) -> Result<Arc<Done>> {
        let sources = Sources { files, own: &root.spec.source, objects: known };
        let key = BuildKey { cluster: root.spec.path.clone(), id: spec.id(), source: sources.key(&spec.source) };
        let parsed = &self.parsed;
        let mut elsewhere = None;
        let base = self.kept.base(&key, spec, || {
            let (rendered, is_assembled) = match sources.hold(&spec.source)? {
                Held::Artifact(tree) => (flux::render(&*tree, spec, parsed), false),
                Held::Assembled(tree) => (sources::in_repository(flux::render(&tree, spec, parsed), &tree), true),
                Held::Elsewhere(why) => {
                    elsewhere = Some(why);
                    (Rendered { objects: Ok(Vec::new()), files: BTreeSet::new() }, false)
                }
            };
            Ok(Base::new(rendered, is_assembled))
        })?;
        if let Some(why) = elsewhere {
            self.kept.forget(&key);
            return Ok(Arc::new(Done::new(BuildOutcome::Elsewhere(why), base.files, spec)));
        }
        let given = &self.given;
        let find = |kind: &str, namespace: &str, name: &str| {
            let key = (kind.into(), namespace.into(), name.into());
            given.get(&key).cloned().or_else(|| known.get(&key).and_then(flux::values))
        };
        let is_strict = !self.is_lenient;
        Ok(self.kept.done(&key, flux::variables(spec, &find), |variables| Done::of(&base, spec, variables, is_strict)))
    }
}

fn unbuilt(spec: Arc<Spec>, parent: Option<usize>) -> Member {
    Member { spec, parent, outcome: BuildOutcome::Built(Arc::default()), files: Arc::default() }
}

/// The Flux Kustomizations among objects. One that cannot be read is refused by the API server, and applies nothing.
fn nested(objects: &[Applied]) -> Vec<Arc<Spec>> {
    let read = |object: &Applied| Spec::read(&object.node).ok().map(Arc::new);
    objects.iter().filter(|object| Spec::is_one(&object.node)).filter_map(read).collect()
}

fn remembered(object: &Applied) -> Option<((Text, Text, Text), Node)> {
    let text = |path: &[&str]| object.node.at(path).and_then(Node::shared_text).cloned().unwrap_or_default();
    let kind = text(&["kind"]);
    let key = |kind| (kind, text(&["metadata", "namespace"]), text(&["metadata", "name"]));
    REMEMBERED.contains(&kind.as_ref()).then(|| (key(kind), object.node.clone()))
}
