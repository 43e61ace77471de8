//! The Kustomizations of one cluster, from where it begins to the last that is reached.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::super::error::Result;
use super::super::flux::{self, Applied, Rendered, Spec};
use super::super::node::{Node, Text};
use super::discover::Root;
use super::kept::Index;
use super::sources::{Held, Objects, Sources};
use super::{Builder, Cluster, Member, Outcome};

/// What one round teaches the next: variables and sources may themselves be set by variables. Nobody stacks more.
const ROUNDS: usize = 6;
/// Kustomizations of one cluster: one that makes others of itself has no end.
const MOST_MEMBERS: usize = 20_000;

/// Kinds that other Kustomizations are built with.
const REMEMBERED: &[&str] = &["ConfigMap", "Secret", "GitRepository", "OCIRepository", "Bucket", "ArtifactGenerator"];

impl Builder {
    /// Builds until nothing new is learnt.
    pub(super) fn cluster(&mut self, files: &Index<'_>, root: Root) -> Cluster {
        let mut known = Objects::new();
        let mut members = Vec::new();
        for _ in 0..ROUNDS {
            members = self.round(files, &root, &known);
            let learnt = remembered(&members);
            let is_same = learnt.len() == known.len() && learnt.iter().zip(&known).all(|(a, b)| a.0 == b.0 && a.1.is_same(b.1));
            if is_same {
                break;
            }
            known = learnt;
        }
        Cluster { name: root.cluster, members }
    }

    fn round(&mut self, files: &Index<'_>, root: &Root, known: &Objects) -> Vec<Member> {
        let mut members: Vec<Member> = vec![unbuilt(root.spec.clone(), None)];
        let mut seen: HashSet<String> = HashSet::from([root.spec.id()]);
        let mut next = 0;
        while next < members.len() && members.len() < MOST_MEMBERS {
            let spec = members[next].spec.clone();
            let (outcome, read) = self.member(files, root, &spec, known).unwrap_or_else(|error| (Outcome::Failed(error), None));
            // what goes to another cluster is no part of this one
            let below: Vec<Spec> = if spec.is_remote { Vec::new() } else { nested(outcome.objects()) };
            members[next].outcome = outcome;
            if let Some(rendered) = read {
                members[next].files = rendered.files.clone().into();
            }
            for child in below.into_iter().filter(|child| seen.insert(child.id())) {
                members.push(unbuilt(child, Some(next)));
            }
            next += 1;
        }
        members
    }

    fn member(
        &mut self,
        files: &Index<'_>,
        root: &Root,
        spec: &Spec,
        known: &Objects,
    ) -> Result<(Outcome, Option<Arc<Rendered>>)> {
        let sources = Sources { tree: files, own: &root.spec.source, objects: known };
        let key = format!("{}\n{}\n{}\n{spec:?}", root.spec.path, files.ignore_rules(), sources.key(&spec.source));
        let parsed = &self.parsed;
        let mut elsewhere = None;
        let rendered = self.kept.rendered(&key, files, || match sources.hold(&spec.source)? {
            Held::Artifact(tree) => Ok(flux::render(&tree, spec, parsed)),
            Held::Assembled(tree) => Ok(from_anywhere(flux::render(&tree, spec, parsed), files)),
            Held::Elsewhere(why) => {
                elsewhere = Some(why);
                Ok(Rendered { objects: Ok(Vec::new()), files: BTreeSet::new() })
            }
        })?;
        if let Some(why) = elsewhere {
            self.kept.forget(&key);
            return Ok((Outcome::Elsewhere(why), None));
        }
        let objects = match &rendered.objects {
            Ok(objects) => objects,
            Err(error) => return Ok((Outcome::Failed(error.clone()), Some(rendered.clone()))),
        };
        let given = &self.given;
        let find = |kind: &str, namespace: &str, name: &str| {
            let key = (kind.into(), namespace.into(), name.into());
            given.get(&key).cloned().or_else(|| known.get(&key).and_then(flux::values))
        };
        let variables = flux::variables(spec, &find);
        let is_strict = !self.is_lenient;
        let applied = self.kept.applied(&key, &variables, || flux::applied(objects, spec, &variables, is_strict));
        let outcome = applied.map_or_else(Outcome::Failed, Outcome::Built);
        Ok((outcome, Some(rendered)))
    }
}

fn unbuilt(spec: Spec, parent: Option<usize>) -> Member {
    Member { spec, parent, outcome: Outcome::Built(Arc::default()), files: Arc::default() }
}

/// An artifact that was put together may have taken any file from anywhere.
fn from_anywhere(mut rendered: Rendered, files: &Index<'_>) -> Rendered {
    rendered.files = files.manifests().map(Into::into).collect::<BTreeSet<Text>>();
    rendered
}

/// The Flux Kustomizations among objects. One that cannot be read is refused by the API server, and applies nothing.
fn nested(objects: &[Applied]) -> Vec<Spec> {
    objects.iter().filter(|object| Spec::is_one(&object.node)).filter_map(|object| Spec::read(&object.node).ok()).collect()
}

fn remembered(members: &[Member]) -> Objects {
    let mut found = BTreeMap::new();
    for object in members.iter().filter(|member| !member.spec.is_remote).flat_map(|member| member.outcome.objects()) {
        let text = |path: &[&str]| object.node.at(path).and_then(Node::shared_text).cloned().unwrap_or_default();
        let kind = text(&["kind"]);
        if REMEMBERED.contains(&kind.as_ref()) {
            found.insert((kind, text(&["metadata", "namespace"]), text(&["metadata", "name"])), object.node.clone());
        }
    }
    found
}
