//! What a change does to what is built: every object that is another one then, field by field, by what builds it.
//!
//! It is read from the builds that the proof compared: nothing is built for it. Unlike a proof, which sets aside what follows from something
//! else (the hash in a generated name, and what refers to it), it has all of it: this is what the clusters will get. Values are masked as
//! they are wherever an object is shown.

use std::sync::Arc;

use super::builds::Build;
use super::compare::{is_secret, pairs, said};
use crate::insight::field::{item, scalars};
use crate::insight::named::shown;
use crate::kinds::masked::{self, MASKED};
use crate::render::fields::below;
use crate::render::flux::Applied;
use crate::render::node::{Node, Value};
use crate::render::repository::BuildOutcome;
use crate::render::write;

/// Most fields that are kept of one object.
const FIELDS: usize = 300;
/// Most objects that are kept of one build.
const OBJECTS: usize = 1000;

/// What changes in what one Flux Kustomization or folder builds, or several alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedBuild {
    /// By name; several where each of them changes in the same way.
    pub builds: Vec<String>,
    pub objects: Vec<RenderedObject>,
    /// Objects that are not kept.
    pub more: usize,
    /// Why nobody knows what it builds then.
    pub lost: Option<String>,
}

/// An object that is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedObject {
    /// `Kind namespace/name`, as it is then; of one that is gone as it was.
    pub object: String,
    pub fate: ObjectFate,
    pub fields: Vec<RenderedField>,
    /// Fields that are not kept.
    pub more: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFate {
    New,
    Gone,
    Changed,
}

impl ObjectFate {
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

/// A field that is another one, is new, or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedField {
    pub path: String,
    /// As they are shown; none where it is not there.
    pub before: Option<String>,
    pub after: Option<String>,
}

impl RenderedField {
    /// Whether it differs in what is masked alone.
    pub fn is_masked(&self) -> bool {
        self.before == self.after
    }
}

/// How many objects change, each in each build that makes it; and in how many builds.
pub fn extent(all: &[RenderedBuild]) -> (usize, usize) {
    let objects = all.iter().map(|one| (one.objects.len() + one.more) * one.builds.len()).sum();
    (objects, all.iter().map(|one| one.builds.len()).sum())
}

/// What differs between all builds before and after. A folder that a Flux Kustomization builds as well counts once.
pub fn rendered(before: &[&Build], after: &[&Build]) -> Vec<RenderedBuild> {
    let is_twin = |build: &Build, all: &[&Build]| {
        build.spec.is_none() && all.iter().any(|other| other.spec.is_some() && other.folder == build.folder)
    };
    let mut found: Vec<RenderedBuild> = Vec::new();
    for old in before.iter().filter(|build| !is_twin(build, before)) {
        let new = after.iter().find(|new| new.is_same(old));
        add(&mut found, &old.name, of_build(old, new.copied()));
    }
    let is_new = |new: &&&Build| before.iter().all(|old| !old.is_same(new)) && !is_twin(new, after);
    for new in after.iter().filter(is_new) {
        let objects = new.objects().iter().map(|object| whole(object, ObjectFate::New)).collect();
        add(&mut found, &new.name, (objects, None));
    }
    found
}

/// What differs between two lists of objects, under a name.
pub fn between(name: &str, before: &[Applied], after: &[Applied]) -> RenderedBuild {
    let mut objects = pairwise(before, after);
    let more = objects.len().saturating_sub(OBJECTS);
    objects.truncate(OBJECTS);
    RenderedBuild { builds: vec![name.to_owned()], objects, more, lost: None }
}

fn pairwise(old: &[Applied], new: &[Applied]) -> Vec<RenderedObject> {
    let (pairs, gone) = pairs(old, new);
    let pair = |(was, at): (Option<usize>, usize)| match was {
        Some(was) => changed(&old[was], &new[at]),
        None => Some(whole(&new[at], ObjectFate::New)),
    };
    let kept = pairs.into_iter().filter_map(pair);
    kept.chain(gone.into_iter().map(|at| whole(&old[at], ObjectFate::Gone))).collect()
}

fn add(found: &mut Vec<RenderedBuild>, name: &str, (mut objects, lost): (Vec<RenderedObject>, Option<String>)) {
    if objects.is_empty() && lost.is_none() {
        return;
    }
    let more = objects.len().saturating_sub(OBJECTS);
    objects.truncate(OBJECTS);
    match found.iter_mut().find(|one| one.lost == lost && one.more == more && one.objects == objects) {
        Some(one) => one.builds.push(name.to_owned()),
        None => found.push(RenderedBuild { builds: vec![name.to_owned()], objects, more, lost }),
    }
}

/// The objects of one build that differ, and why nobody knows them.
fn of_build(before: &Build, after: Option<&Build>) -> (Vec<RenderedObject>, Option<String>) {
    let BuildOutcome::Built(old) = &before.outcome else { return Default::default() };
    let new = match after.map(|after| &after.outcome) {
        Some(BuildOutcome::Built(new)) => new,
        Some(BuildOutcome::Failed(error)) => return (Vec::new(), Some(format!("it could not be built any more: {error}"))),
        Some(BuildOutcome::Elsewhere(why)) => return (Vec::new(), Some(format!("it would not be built from here: {why}"))),
        // nothing declares it then: what it applied goes
        None => return (old.iter().map(|object| whole(object, ObjectFate::Gone)).collect(), None),
    };
    if Arc::ptr_eq(old, new) {
        return Default::default();
    }
    (pairwise(old, new), None)
}

/// An object with all of its fields, which come or go.
fn whole(object: &Applied, fate: ObjectFate) -> RenderedObject {
    let is_secret = is_secret(object);
    let field = |(path, node): (String, &Node)| {
        let value = Some(text(&path, node, is_secret));
        let (before, after) = if fate == ObjectFate::Gone { (value, None) } else { (None, value) };
        RenderedField { path, before, after }
    };
    // its heading says which object it is
    let is_heading = |path: &str| matches!(path, "apiVersion" | "kind" | "metadata.name" | "metadata.namespace");
    let fields = scalars(&object.node).into_iter().filter(|(path, _)| !is_heading(path)).map(field).collect();
    of(shown(&object.node), fate, fields)
}

fn changed(before: &Applied, after: &Applied) -> Option<RenderedObject> {
    if before.node.is_same(&after.node) {
        return None;
    }
    let mut walk = Walk { is_secret: is_secret(before) || is_secret(after), found: Vec::new() };
    walk.nodes(&before.node, &after.node, String::new());
    (!walk.found.is_empty()).then(|| of(shown(&after.node), ObjectFate::Changed, walk.found))
}

fn of(object: String, fate: ObjectFate, mut fields: Vec<RenderedField>) -> RenderedObject {
    let more = fields.len().saturating_sub(FIELDS);
    fields.truncate(FIELDS);
    RenderedObject { object, fate, fields, more }
}

/// A value as it is shown.
fn text(path: &str, node: &Node, is_secret: bool) -> String {
    let Ok(json) = write::json(node) else { return String::new() };
    if is_secret && !path.starts_with("metadata.") { MASKED.to_owned() } else { said(&masked::field(path, &json)) }
}

/// Two nodes, compared: items of lists by their names, else by their places.
struct Walk {
    is_secret: bool,
    found: Vec<RenderedField>,
}

impl Walk {
    fn nodes(&mut self, before: &Node, after: &Node, path: String) {
        if before.is_same(after) {
            return;
        }
        match (&before.value, &after.value) {
            (Value::Map(old), Value::Map(new)) if !old.is_empty() && !new.is_empty() => {
                let name = |key: &Node| key.text().unwrap_or_default().to_owned();
                for entry in old.iter() {
                    let key = name(&entry.key);
                    self.one(Some(&entry.value), after.get(&key), below(&path, &key));
                }
                for entry in new.iter().filter(|entry| before.get(&name(&entry.key)).is_none()) {
                    self.one(None, Some(&entry.value), below(&path, &name(&entry.key)));
                }
            }
            (Value::List(old), Value::List(new)) if !old.is_empty() && !new.is_empty() => self.items(old, new, &path),
            (Value::Scalar(_), Value::Scalar(_)) => self.scalar(Some(before), Some(after), path),
            _ => {
                self.all(before, &path, true);
                self.all(after, &path, false);
            }
        }
    }

    fn one(&mut self, before: Option<&Node>, after: Option<&Node>, path: String) {
        match (before, after) {
            (Some(before), Some(after)) => self.nodes(before, after, path),
            (Some(gone), None) => self.all(gone, &path, true),
            (None, Some(new)) => self.all(new, &path, false),
            (None, None) => {}
        }
    }

    fn items(&mut self, old: &[Node], new: &[Node], path: &str) {
        let names = |items: &[Node]| (0..items.len()).map(|at| item(items, at)).collect::<Vec<_>>();
        let (was, now) = (names(old), names(new));
        for (at, name) in was.iter().enumerate() {
            let after = now.iter().position(|other| other == name).map(|place| &new[place]);
            self.one(Some(&old[at]), after, format!("{path}{name}"));
        }
        for (at, name) in now.iter().enumerate().filter(|(_, name)| !was.contains(name)) {
            self.one(None, Some(&new[at]), format!("{path}{name}"));
        }
        // the order of a list may matter: that of variables does
        let common =
            |all: &[String], other: &[String]| all.iter().filter(|name| other.contains(name)).cloned().collect::<Vec<_>>();
        let (before, after) = (common(&was, &now), common(&now, &was));
        if before != after {
            let (before, after) = (Some(before.concat()), Some(after.concat()));
            self.found.push(RenderedField { path: format!("order of {path}"), before, after });
        }
    }

    fn scalar(&mut self, before: Option<&Node>, after: Option<&Node>, path: String) {
        if before.map(write::json).and_then(Result::ok) == after.map(write::json).and_then(Result::ok) {
            return;
        }
        let value = |node: Option<&Node>| node.map(|node| text(&path, node, self.is_secret));
        let (before, after) = (value(before), value(after));
        self.found.push(RenderedField { path, before, after });
    }

    /// Every scalar of what is new, or gone.
    fn all(&mut self, node: &Node, path: &str, is_gone: bool) {
        for (inside, scalar) in scalars(node) {
            let dot = if inside.is_empty() || inside.starts_with('[') || path.is_empty() { "" } else { "." };
            let (before, after) = if is_gone { (Some(scalar), None) } else { (None, Some(scalar)) };
            self.scalar(before, after, format!("{path}{dot}{inside}"));
        }
    }
}
