//! What the rules look at: everything that is built, before a change and after it, and each object that changes.

use std::sync::Arc;

use super::{TouchedLine, switches};
use crate::change::WantedField;
use crate::change::builds::Build;
use crate::change::compare::pairs;
use crate::domain::label_selector::LabelSelector;
use crate::insight::field::FieldPath;
use crate::insight::named::group;
use crate::kinds::{self, Kind};
use crate::render::flux::{Applied, Upkeep};
use crate::render::id::{meta_text, text_at};
use crate::render::repository::BuildOutcome;
use crate::render::{Node, write};

/// A change, with all that is built before and after it. Where it is refused, nothing changes: what could be done instead is looked for.
pub struct CautionQuery<'a> {
    /// The object that is meant, as it is before; none where a change is not of one object.
    pub meant: Option<Placed<'a>>,
    pub wanted: &'a [WantedField],
    pub lines: &'a [TouchedLine],
    before: Vec<&'a Build>,
    after: Vec<&'a Build>,
    pub changes: Vec<ObjectChange<'a>>,
}

/// An object in the build that applies it.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    pub build: &'a Build,
    pub object: &'a Applied,
}

/// An object that is another one after a change, or is there only before or only after it.
pub struct ObjectChange<'a> {
    pub before: Option<Placed<'a>>,
    pub after: Option<Placed<'a>>,
}

impl<'a> Placed<'a> {
    pub fn node(&self) -> &'a Node {
        &self.object.node
    }

    pub fn upkeep(&self) -> Option<Upkeep> {
        self.build.spec.as_ref()?.upkeep
    }

    /// The value of a field; none where it is not set, or cannot be known.
    pub fn json(&self, path: &[&str]) -> Option<serde_json::Value> {
        write::json(self.node().at(path).filter(|node| !node.is_null())?).ok()
    }
}

impl<'a> ObjectChange<'a> {
    /// As it is after the change, else as it was.
    pub fn last(&self) -> Placed<'a> {
        self.after.or(self.before).expect("it is there before or after")
    }

    /// As it is applied after the change; none where Flux leaves it alone.
    pub fn applied(&self) -> Option<Placed<'a>> {
        self.after.filter(|after| switches::leaves_alone(after.node(), self.both().is_some()).is_none())
    }

    /// Before and after, where the cluster takes it for one object: a generated one with another hash is not.
    pub fn both(&self) -> Option<(Placed<'a>, Placed<'a>)> {
        let name = |placed: Placed<'a>| meta_text(placed.node(), "name");
        let (before, after) = (self.before?, self.after?);
        (name(before) == name(after)).then_some((before, after))
    }
}

impl<'a> CautionQuery<'a> {
    /// All that changes between two states of everything that is built.
    pub fn new(
        meant: Option<Placed<'a>>,
        (before, after): (Vec<&'a Build>, Vec<&'a Build>),
        wanted: &'a [WantedField],
        lines: &'a [TouchedLine],
    ) -> Self {
        // a folder that no Kustomization names is applied by nobody, unless it is what a person builds
        let is_own = |build: &Build| meant.is_some_and(|meant| meant.build.is_same(build));
        let is_twin = |build: &Build| after.iter().any(|other| other.spec.is_some() && other.folder == build.folder);
        let counts = |build: &&&'a Build| build.spec.is_some() || is_own(build) && !is_twin(build);
        let applied = |all: &[&'a Build]| all.iter().filter(counts).copied().collect::<Vec<_>>();
        let changes = changes(&applied(&before), &applied(&after));
        Self { meant, wanted, lines, before, after, changes }
    }

    /// Everything that is built after the change.
    pub fn built(&self) -> impl Iterator<Item = Placed<'a>> {
        placed(&self.after)
    }

    /// Everything that is applied, before the change or after it: what no Kustomization names is not, unless it is what a person builds.
    pub fn applied(&self, is_after: bool) -> impl Iterator<Item = Placed<'a>> + use<'a> {
        let is_own = |build: &Build| self.meant.is_some_and(|meant| meant.build.is_same(build));
        let builds = if is_after { &self.after } else { &self.before };
        let builds: Vec<_> = builds.iter().copied().filter(|build| build.spec.is_some() || is_own(build)).collect();
        placed(&builds)
    }

    /// What is applied to the cluster that a build is applied to, before or after the change.
    pub fn beside(&self, build: &'a Build, is_after: bool) -> impl Iterator<Item = Placed<'a>> {
        let builds = if is_after { &self.after } else { &self.before };
        let builds: Vec<_> = builds.iter().copied().filter(|other| build.is_with(other)).collect();
        placed(&builds)
    }

    /// Objects of a kind in the namespace of another, in the same cluster.
    pub fn in_namespace(&self, of: Placed<'a>, kind: &'static Kind, is_after: bool) -> impl Iterator<Item = Placed<'a>> {
        let namespace = meta_text(of.node(), "namespace");
        self.beside(of.build, is_after)
            .filter(move |other| is(other.node(), kind) && meta_text(other.node(), "namespace") == namespace)
    }

    /// The same build, after the change or before it.
    pub fn build(&self, build: &Build, is_after: bool) -> Option<&'a Build> {
        find(if is_after { &self.after } else { &self.before }, build)
    }

    /// What applies the Kustomization of a build, as it is after the change or before it.
    pub fn parent(&self, build: &Build, is_after: bool) -> Option<&'a Build> {
        let id = build.parent.as_ref()?;
        let is_it = |other: &&&'a Build| other.home == build.home && other.spec.as_ref().is_some_and(|spec| spec.id() == *id);
        (if is_after { &self.after } else { &self.before }).iter().find(is_it).copied()
    }

    /// The field of the object that is meant, with its wanted value, where it is to be set.
    pub fn wants(&self, field: &str) -> Option<&'a WantedField> {
        let path = FieldPath::parse(field).ok()?;
        self.wanted.iter().find(|wanted| wanted.field == path)
    }
}

fn find<'a>(builds: &[&'a Build], wanted: &Build) -> Option<&'a Build> {
    builds.iter().find(|build| build.is_same(wanted)).copied()
}

fn placed<'a>(builds: &[&'a Build]) -> impl Iterator<Item = Placed<'a>> + use<'a> {
    let builds: Vec<&'a Build> = builds.to_vec();
    builds.into_iter().flat_map(|build| build.objects().iter().map(move |object| Placed { build, object }))
}

/// Every object that is not what it was, by build. One that leaves a build and comes to another of its cluster moves. Of a build that fails
/// before or after nothing is known.
fn changes<'a>(before: &[&'a Build], after: &[&'a Build]) -> Vec<ObjectChange<'a>> {
    let (mut found, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for build in before {
        match find(after, build) {
            Some(later) => of_build(build, later, &mut found, &mut gone, &mut new),
            None => gone.extend(placed(&[*build])),
        }
    }
    new.extend(after.iter().filter(|build| find(before, build).is_none()).flat_map(|build| placed(&[*build])));
    for before in gone {
        let is_it = |after: &Placed<'_>| is_same(before.node(), after.node()) && before.build.is_with(after.build);
        let after = new.iter().position(is_it).map(|at| new.remove(at));
        found.push(ObjectChange { before: Some(before), after });
    }
    found.extend(new.into_iter().map(|after| ObjectChange { before: None, after: Some(after) }));
    found
}

fn of_build<'a>(
    before: &'a Build,
    after: &'a Build,
    found: &mut Vec<ObjectChange<'a>>,
    gone: &mut Vec<Placed<'a>>,
    new: &mut Vec<Placed<'a>>,
) {
    let (BuildOutcome::Built(old), BuildOutcome::Built(now)) = (&before.outcome, &after.outcome) else { return };
    if Arc::ptr_eq(old, now) {
        return;
    }
    let (pairs, left) = pairs(old, now);
    for (at, later) in pairs {
        let later = Placed { build: after, object: &now[later] };
        match at.map(|at| Placed { build: before, object: &old[at] }) {
            Some(earlier) if earlier.node().is_same(later.node()) => {}
            Some(earlier) => found.push(ObjectChange { before: Some(earlier), after: Some(later) }),
            None => new.push(later),
        }
    }
    gone.extend(left.into_iter().map(|at| Placed { build: before, object: &old[at] }));
}

/// Whether a cluster takes them for one object, in whatever version.
pub fn is_same(one: &Node, other: &Node) -> bool {
    let key = |node| (group(node).to_owned(), text_at(node, "kind"), meta_text(node, "namespace"), meta_text(node, "name"));
    key(one) == key(other)
}

/// Whether an object is of a kind.
pub fn is(node: &Node, kind: &Kind) -> bool {
    kind.kind == text_at(node, "kind") && kind.group == group(node)
}

/// The kind of an object, where there are rules of its own for it.
pub fn kind_of(node: &Node) -> Option<&'static Kind> {
    kinds::find(group(node), text_at(node, "kind"))
}

/// A number that is set at a path of an object; none where it is not set, or is not a number.
pub fn number_at(node: &Node, path: &[&str]) -> Option<i64> {
    write::json(node.at(path)?).ok()?.as_i64()
}

/// The text of a scalar at a path; empty where it is not set.
pub fn text_of<'n>(node: &'n Node, path: &[&str]) -> &'n str {
    node.at(path).filter(|node| !node.is_null()).and_then(Node::text).unwrap_or_default()
}

/// Whether a selector, as `matchLabels` and `matchExpressions` say it, fits labels; none where it cannot be read.
pub fn selects(selector: &Node, labels: Option<&Node>) -> Option<bool> {
    let selector = LabelSelector::of_object(&write::json(selector).ok()?).ok()?;
    Some(selector.matches(|key| labels?.get(key)?.text()))
}
