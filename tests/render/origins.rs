//! Origins are true: a value that is changed at the place that a field names changes the field, and nothing that does not name that place.
//!
//! Every place that wins a scalar of the fleet is changed, one by one, and everything is built again. Not changed are places that say who an
//! object is, and the keys by which a list was merged: with another one the rest is another object, or another item. Some places are enough
//! on every run; `FLUXDECK_MUTATE_SECONDS` (as for the mutated inputs) takes all of them, which is half a minute. What a value is composed of
//! is tested the other way round, by `wanted`.

use std::collections::BTreeMap;
use std::sync::Arc;

use fluxdeck_model::render::Result;
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::node::{Layer, Node, Origin, Value};
use fluxdeck_model::render::repository::{BuildOutcome, Builder, Member, Repository};
use fluxdeck_model::render::tree::{Memory, PathKind, Tree};

use super::edit;
use super::fleet;

/// File, line and column.
pub type Spot = (String, u32, u32);

/// A tree, some files of it with another content.
pub struct Edited<'t> {
    pub tree: &'t dyn Tree,
    pub files: Vec<(&'t str, Arc<[u8]>)>,
}

impl Tree for Edited<'_> {
    fn entry(&self, path: &str) -> Option<PathKind> {
        self.tree.entry(path)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        let edited = self.files.iter().find(|(file, _)| *file == path);
        edited.map_or_else(|| self.tree.read(path), |(_, content)| Ok(content.clone()))
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        self.tree.list(path)
    }
}

/// A scalar by its path of keys and numbers.
pub struct Scalar<'n> {
    pub path: String,
    pub text: &'n str,
    pub node: &'n Node,
}

fn scalars<'n>(node: &'n Node, path: String, found: &mut Vec<Scalar<'n>>) {
    match &node.value {
        Value::Scalar(text) => found.push(Scalar { path, text, node }),
        Value::List(items) => {
            items.iter().enumerate().for_each(|(at, item)| scalars(item, format!("{path}[{at}]"), found));
        }
        Value::Map(entries) => {
            let key = |key: &Node| key.text().unwrap_or_default().to_owned();
            entries.iter().for_each(|entry| scalars(&entry.value, format!("{path}.{}", key(&entry.key)), found));
        }
    }
}

pub fn all(object: &Applied) -> Vec<Scalar<'_>> {
    let mut found = Vec::new();
    scalars(&object.node, String::new(), &mut found);
    found
}

pub fn spot(origin: &Origin) -> Spot {
    (origin.location.to_string(), origin.line, origin.column)
}

fn names(node: &Node, spot: &Spot) -> bool {
    node.trace.any(&mut |origin| self::spot(origin) == *spot)
}

/// Whether it follows another object's new name or hash.
fn follows(node: &Node) -> bool {
    node.trace.any(&mut |origin| matches!(origin.layer, Layer::Reference | Layer::Name | Layer::FluxName))
}

/// What a change at a place may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// It is the value of the fields that name it.
    #[default]
    Value,
    /// It is that, and it also chooses what is built or changed elsewhere: other fields may come, go and change.
    Choice,
    /// Another identity or merge key: nothing can be compared.
    Identity,
}

/// Settings of a Flux Kustomization that say which, not what.
pub fn chooses(path: &str) -> bool {
    let places = [".spec.path", ".spec.sourceRef", ".spec.components", ".spec.postBuild.substituteFrom"];
    places.iter().any(|place| path.starts_with(place))
        || path.starts_with(".spec.patches") && path.contains(".target.")
        || path.starts_with(".spec.images") && path.ends_with("].name")
}

fn meaning(object: &Applied, one: &Scalar<'_>) -> Meaning {
    let is_merged = one.path.ends_with("].name") && one.node.trace.overrode().is_some();
    let kind = object.node.get("kind").and_then(Node::text).unwrap_or_default();
    match one.path.as_str() {
        ".apiVersion" | ".kind" | ".metadata.name" | ".metadata.namespace" => Meaning::Identity,
        _ if is_merged => Meaning::Identity,
        path if kind == "Kustomization" && chooses(path) => Meaning::Choice,
        // what is copied where
        path if kind == "ArtifactGenerator" && path.starts_with(".spec") => Meaning::Choice,
        _ => Meaning::Value,
    }
}

/// The places that win a scalar, with all that a change there may do.
fn spots(repository: &Repository) -> BTreeMap<Spot, Meaning> {
    let mut found = BTreeMap::new();
    let objects = || repository.members().flat_map(|(_, member)| member.outcome.objects());
    for object in objects() {
        // what kustomize itself writes on an object stands nowhere
        let is_said = |one: &&Scalar<'_>| one.node.origin().layer != Layer::Build;
        found.extend(all(object).iter().filter(is_said).map(|one| (spot(one.node.origin()), Meaning::Value)));
    }
    for object in objects() {
        for one in all(object) {
            one.node.trace.any(&mut |origin| {
                if let Some(known) = found.get_mut(&spot(origin)) {
                    *known = meaning(object, &one).max(*known);
                }
                false
            });
        }
    }
    found
}

/// Two builds, and the place that was changed between them.
struct Change<'a> {
    before: &'a Repository,
    after: &'a Repository,
    spot: &'a Spot,
    meaning: Meaning,
}

impl Change<'_> {
    /// What is not as it must be.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for cluster in &self.before.clusters {
            let members = self.after.clusters.iter().find(|other| other.name == cluster.name).map(|other| &other.members);
            for member in &cluster.members {
                let after = members.into_iter().flatten().find(|other| other.spec.id() == member.spec.id());
                wrong.extend(self.member(member, after).into_iter().map(|what| format!("{}: {what}", member.spec.id())));
            }
        }
        wrong
    }

    fn member(&self, before: &Member, after: Option<&Member>) -> Vec<String> {
        let is_choice = self.meaning == Meaning::Choice;
        match (&before.outcome, after.map(|after| &after.outcome)) {
            (BuildOutcome::Built(old), Some(BuildOutcome::Built(new))) if Arc::ptr_eq(old, new) || old.len() == new.len() => {
                old.iter().zip(new.iter()).flat_map(|(old, new)| self.object(old, new)).collect()
            }
            (BuildOutcome::Failed(_), Some(BuildOutcome::Failed(_)))
            | (BuildOutcome::Elsewhere(_), Some(BuildOutcome::Elsewhere(_))) => Vec::new(),
            _ if is_choice => Vec::new(),
            (BuildOutcome::Built(old), Some(BuildOutcome::Built(new))) => {
                vec![format!("{} objects became {}", old.len(), new.len())]
            }
            (_, Some(BuildOutcome::Failed(error))) => vec![format!("it fails: {error}")],
            (_, Some(_)) => vec!["it has another outcome".to_owned()],
            (_, None) => vec!["it is gone".to_owned()],
        }
    }

    fn object(&self, old: &Applied, new: &Applied) -> Vec<String> {
        let new = all(new);
        let texts: BTreeMap<_, _> = new.iter().map(|one| (one.path.as_str(), one.text)).collect();
        let old = all(old);
        let mut wrong = Vec::new();
        for one in &old {
            let is_changed = texts.get(one.path.as_str()) != Some(&one.text);
            if !is_changed && spot(one.node.origin()) == *self.spot && one.node.origin().layer != Layer::Build {
                wrong.push(format!("{} is still {}", one.path, one.text));
            }
            if is_changed && self.meaning == Meaning::Value && !names(one.node, self.spot) && !follows(one.node) {
                let now = texts.get(one.path.as_str());
                wrong.push(format!("{} was {} and is {now:?}, and does not name the place", one.path, one.text));
            }
        }
        let is_new = |one: &&Scalar<'_>| old.iter().all(|old| old.path != one.path);
        if self.meaning == Meaning::Value {
            wrong.extend(new.iter().filter(is_new).map(|one| format!("{} is new", one.path)));
        }
        wrong
    }
}

/// Changes every `step`th place from `first` on; what was wrong, and how many places were changed.
fn change_all(tree: &Memory, first: usize, step: usize) -> (Vec<String>, usize) {
    let mut builder = Builder::default();
    let before = builder.build(tree).expect("the fleet");
    let (mut wrong, mut changed) = (Vec::new(), 0);
    let spots = spots(&before);
    for (spot, meaning) in spots.iter().filter(|(_, meaning)| **meaning != Meaning::Identity).skip(first).step_by(step) {
        let place = format!("{}:{}:{}", spot.0, spot.1, spot.2);
        let bytes = tree.read(&spot.0).unwrap_or_else(|error| panic!("{place}: {error}"));
        let is_yaml = [".yaml", ".yml"].iter().any(|end| spot.0.ends_with(end));
        let text = std::str::from_utf8(&bytes).expect("a text");
        let Some(edited) = edit::changed(text, spot.1, spot.2, is_yaml) else {
            wrong.push(format!("{place}: no value is there"));
            continue;
        };
        let after = builder.build(&Edited { tree, files: vec![(&spot.0, edited.as_bytes().into())] }).expect("a fleet");
        let change = Change { before: &before, after: &after, spot, meaning: *meaning };
        wrong.extend(change.wrong().into_iter().map(|what| format!("{place}: {what}")));
        changed += 1;
    }
    (wrong, changed)
}

#[test]
fn a_value_changed_where_a_field_says_it_is_set_changes_that_field_and_no_other() {
    let (step, least) = if std::env::var_os("FLUXDECK_MUTATE_SECONDS").is_some() { (2, 700) } else { (22, 60) };
    let tree = fleet::in_memory();
    let (wrong, changed) = std::thread::scope(|scope| {
        let tree = &tree;
        let halves = [0, step / 2].map(|first| scope.spawn(move || change_all(tree, first, step)));
        let [a, b] = halves.map(|half| half.join().expect("it ends"));
        ([a.0, b.0].concat(), a.1 + b.1)
    });
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(changed >= least, "{changed} places changed");
}

/// The fleet's second repository, and what an ArtifactGenerator copies of it: the places are those of the files that were copied.
#[test]
fn a_value_changed_in_another_source_of_the_fleet_changes_that_field_and_no_other() {
    let tree = fleet::applications();
    let repository = Builder::default().build(&tree).expect("a repository");
    let built: Vec<_> = repository
        .members()
        .filter(|(_, member)| !member.outcome.objects().is_empty())
        .map(|(_, member)| member.spec.name.to_string())
        .collect();
    assert!(["all", "checkout", "reports"].iter().all(|name| built.iter().any(|built| built == name)), "{built:?}");
    let copied = spots(&repository).into_keys().filter(|spot| spot.0 == "deploy/reports/cronjob.yaml").count();
    assert!(copied >= 5, "{copied} places of what is copied");

    let (wrong, changed) = change_all(&tree, 0, 1);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(changed >= 60, "{changed} places changed");
}

#[test]
fn a_place_that_is_not_the_right_one_is_noticed() {
    let tree = fleet::in_memory();
    let mut builder = Builder::default();
    let before = builder.build(&tree).expect("the fleet");
    let overlay = "flux/apps/production/web/kustomization.yaml";
    let text = tree.read(overlay).expect("an overlay of the fleet");
    let text = std::str::from_utf8(&text).expect("a text");
    // the replicas are changed, and the tag of the image is said to be the place
    let edited = edit::changed(text, 11, 10, true).expect("a number");
    let after = builder.build(&Edited { tree: &tree, files: vec![(overlay, edited.as_bytes().into())] }).expect("a fleet");
    let spot = (overlay.to_owned(), 15, 11);
    let wrong = Change { before: &before, after: &after, spot: &spot, meaning: Meaning::Value }.wrong();
    let found = wrong.join("\n");

    assert!(found.contains(".image is still forge.example.test/ops/frontend:1.4.1"), "{found}");
    assert!(found.contains(".spec.replicas was 3 and is Some(\"9\"), and does not name the place"), "{found}");
    assert_eq!(wrong.len(), 2, "{found}");
}
