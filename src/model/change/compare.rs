//! Two builds of the same thing: what differs, object by object and field by field.
//!
//! The hash behind a generated object's name follows from its content, and references follow the name: that is a consequence, not a difference.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::domain::{ClusterId, GroupKind, ObjectRef};
use crate::insight::field::{item, scalars};
use crate::insight::named::{group, shown};
use crate::kinds::masked::{self, MASKED};
use crate::render::fields::below;
use crate::render::flux::Applied;
use crate::render::id::{meta_text, text_at};
use crate::render::node::{Node, Text, Value};
use crate::render::trace::{Joint, PartRole};
use crate::render::write;

/// Which object it is, whatever hash its name has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    pub group: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

impl ObjectKey {
    pub fn of(node: &Node) -> Self {
        let text = |text: &str| text.to_owned();
        let (kind, namespace) = (text(text_at(node, "kind")), text(meta_text(node, "namespace")));
        Self {
            group: text(group(node)),
            kind,
            namespace,
            name: plain_name(node).unwrap_or_else(|| text(meta_text(node, "name"))),
        }
    }
}

impl ObjectKey {
    /// The object of that name in a cluster.
    pub fn object(&self, cluster: ClusterId) -> ObjectRef {
        let Self { group, kind, namespace, name } = self;
        ObjectRef::new(cluster, GroupKind::new(group.as_str(), kind.as_str()), namespace.as_str(), name.as_str())
    }
}

/// The name of a generated object without the hash; none where it has none.
fn plain_name(node: &Node) -> Option<String> {
    let made = node.at(&["metadata", "name"])?.trace.seen().composition()?;
    let is_name = |role: &PartRole| !matches!(role, PartRole::Hash | PartRole::Separator);
    (made.joint == Joint::Hash).then(|| made.parts.iter().filter(|part| is_name(&part.role)).map(|part| &*part.text).collect())
}

/// A field that is not as it was, or an object that came or went (then there is no field).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildDifference {
    pub key: ObjectKey,
    pub object: String,
    pub field: Option<String>,
    /// As it reads; none where it is not there.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A generated object whose name has another hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    pub kind: String,
    pub from: String,
    pub to: String,
}

/// What differs between two builds.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// By the object's place among those after; of one that went away by its place before.
    pub differences: Vec<(usize, BuildDifference)>,
    pub renamed: Vec<Renamed>,
    /// References that follow the new names.
    pub followed: usize,
}

/// Compares them.
pub fn compare(before: &Arc<Vec<Applied>>, after: &Arc<Vec<Applied>>) -> Comparison {
    let mut found = Comparison::default();
    if Arc::ptr_eq(before, after) {
        return found;
    }
    let (pairs, gone) = pairs(before, after);
    for (old, at) in pairs.iter().filter_map(|(old, at)| Some((before.get((*old)?)?, *at))) {
        let (from, to) = (meta_text(&old.node, "name"), meta_text(&after[at].node, "name"));
        if from != to {
            let kind = text_at(&old.node, "kind").to_owned();
            found.renamed.push(Renamed { kind, from: from.to_owned(), to: to.to_owned() });
        }
    }
    for (old, at) in pairs {
        match old {
            Some(old) => objects(&before[old], &after[at], at, &mut found),
            None => found.differences.push((at, BuildDifference::object(&after[at].node, false))),
        }
    }
    found.differences.extend(gone.into_iter().map(|at| (at, BuildDifference::object(&before[at].node, true))));
    found
}

impl BuildDifference {
    /// An object that is new, or gone.
    pub fn object(node: &Node, is_gone: bool) -> Self {
        let there = Some("there".to_owned());
        let (before, after) = if is_gone { (there, None) } else { (None, there) };
        Self { key: ObjectKey::of(node), object: shown(node), field: None, before, after }
    }
}

/// Objects after with those that they were, in order; and those that went away.
pub fn pairs(before: &[Applied], after: &[Applied]) -> (Vec<(Option<usize>, usize)>, Vec<usize>) {
    let mut known: HashMap<ObjectKey, Vec<usize>> = HashMap::new();
    for (at, object) in before.iter().enumerate().rev() {
        known.entry(ObjectKey::of(&object.node)).or_default().push(at);
    }
    let mut pair = |(at, object): (usize, &Applied)| (known.get_mut(&ObjectKey::of(&object.node)).and_then(Vec::pop), at);
    let pairs = after.iter().enumerate().map(&mut pair).collect();
    let mut gone: Vec<usize> = known.into_values().flatten().collect();
    gone.sort_unstable();
    (pairs, gone)
}

fn objects(before: &Applied, after: &Applied, at: usize, found: &mut Comparison) {
    if before.node.is_same(&after.node) {
        return;
    }
    let mut leaves = Vec::new();
    walk(&before.node, &after.node, "", &mut leaves);
    let is_secret = is_secret(before) || is_secret(after);
    for Leaf { path, before: old, after: new } in leaves {
        let is_name = path == "metadata.name" && plain_name(&after.node).is_some();
        if is_name || follows(old.as_ref(), new.as_ref(), &found.renamed) {
            found.followed += usize::from(!is_name);
            continue;
        }
        let text = |json: Option<Json>| json.map(|json| if is_secret { MASKED.to_owned() } else { said(&json) });
        let (key, object) = (ObjectKey::of(&after.node), shown(&after.node));
        let difference = BuildDifference { key, object, field: Some(path), before: text(old), after: text(new) };
        found.differences.push((at, difference));
    }
}

/// Values of Secrets, and of what is encrypted, are not repeated.
pub fn is_secret(object: &Applied) -> bool {
    object.is_encrypted || text_at(&object.node, "kind") == "Secret"
}

/// Only the new names replace the old ones.
fn follows(before: Option<&Json>, after: Option<&Json>, renamed: &[Renamed]) -> bool {
    let (Some(before), Some(after)) = (before.and_then(Json::as_str), after.and_then(Json::as_str)) else { return false };
    let mut named = renamed.iter().filter(|one| before.contains(&one.from)).peekable();
    named.peek().is_some() && named.fold(before.to_owned(), |text, one| text.replace(&one.from, &one.to)) == after
}

/// A value as people read it.
pub fn said(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// A value as a review has it: without what is secret.
pub fn shown_value(object: &Applied, path: &str, json: &Json) -> String {
    if is_secret(object) {
        return MASKED.to_owned();
    }
    // a plain value is what the change is about; of a whole map nobody asked for what is in it
    if json.is_object() || json.is_array() { said(&masked::field(path, json)) } else { said(json) }
}

/// A scalar that is another one, is new, or is gone.
struct Leaf {
    path: String,
    before: Option<Json>,
    after: Option<Json>,
}

fn json(node: &Node) -> Option<Json> {
    write::json(node).ok()
}

fn walk(before: &Node, after: &Node, path: &str, found: &mut Vec<Leaf>) {
    if before.is_same(after) {
        return;
    }
    match (&before.value, &after.value) {
        (Value::Map(old), Value::Map(new)) => {
            let key = |key: &Node| key.shared_text().cloned().unwrap_or_else(|| Text::from(""));
            for entry in old.iter() {
                let name = key(&entry.key);
                match after.get(&name) {
                    Some(value) => walk(&entry.value, value, &below(path, &name), found),
                    None => all(&entry.value, &below(path, &name), true, found),
                }
            }
            for entry in new.iter().filter(|entry| before.get(&key(&entry.key)).is_none()) {
                all(&entry.value, &below(path, &key(&entry.key)), false, found);
            }
        }
        (Value::List(old), Value::List(new)) => {
            for (was, is) in aligned(old, new) {
                match (was.map(|at| &old[at]), is.map(|at| &new[at])) {
                    (Some(one), Some(other)) => walk(one, other, &format!("{path}{}", item(new, is.unwrap_or_default())), found),
                    (Some(gone), None) => all(gone, &format!("{path}{}", item(old, was.unwrap_or_default())), true, found),
                    (None, Some(added)) => all(added, &format!("{path}{}", item(new, is.unwrap_or_default())), false, found),
                    (None, None) => {}
                }
            }
        }
        (Value::Scalar(_), Value::Scalar(_)) => {
            let (before, after) = (json(before), json(after));
            if before != after {
                found.push(Leaf { path: path.to_owned(), before, after });
            }
        }
        _ => {
            all(before, path, true, found);
            all(after, path, false, found);
        }
    }
}

/// Which items of two lists are the same: by their names where all have one and none is moved, where one that is in the place of a name that
/// is gone has another name; else by their places between those that are equal at both ends.
fn aligned(old: &[Node], new: &[Node]) -> Vec<(Option<usize>, Option<usize>)> {
    let names = |items: &[Node]| (0..items.len()).map(|at| item(items, at)).collect::<Vec<_>>();
    let (was, now) = (names(old), names(new));
    let place = |name: &String| was.iter().position(|other| other == name);
    let are_named = was.iter().chain(&now).all(|name| name.starts_with("[name="));
    if are_named && now.iter().filter_map(place).is_sorted() {
        let renamed = |at: usize| was.get(at).filter(|name| !now.contains(name)).map(|_| at);
        let pairs: Vec<_> = now.iter().enumerate().map(|(at, name)| (place(name).or_else(|| renamed(at)), Some(at))).collect();
        let gone = (0..was.len()).filter(|at| pairs.iter().all(|(old, _)| *old != Some(*at))).map(|at| (Some(at), None));
        return pairs.iter().copied().chain(gone.collect::<Vec<_>>()).collect();
    }
    let head = old.iter().zip(new).take_while(|(one, other)| one.is_same(other)).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(one, other)| one.is_same(other)).count();
    let (last, end) = (old.len() - tail, new.len() - tail);
    let pair = |at: usize| (Some(at).filter(|at| *at < last), Some(at).filter(|at| *at < end));
    (head..last.max(end)).map(pair).collect()
}

/// Every scalar of what is new, or gone.
fn all(node: &Node, path: &str, is_gone: bool, found: &mut Vec<Leaf>) {
    for (inside, scalar) in scalars(node) {
        let dot = if inside.is_empty() || inside.starts_with('[') || path.is_empty() { "" } else { "." };
        let (path, value) = (format!("{path}{dot}{inside}"), json(scalar));
        let (before, after) = if is_gone { (value, None) } else { (None, value) };
        found.push(Leaf { path, before, after });
    }
}
