//! A patch that sets one field of one object: its text, strategic or JSON6902, and the object that it selects.

use serde_json::{Map, Value as Json, json};

use super::{WayQuery, absent};
use crate::change::compare::ObjectKey;
use crate::change::value::Typed;
use crate::edit::{NewValue, PlaceStep};
use crate::insight::field::{FieldPath, PathPart};
use crate::render::node::{Layer, Node};
use crate::render::read::{self, TextPlace};
use crate::render::trace::{PartRole, Trace};
use crate::render::{substitute, write};

/// One patch as an entry of `patches`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPatch {
    /// YAML, with its line end.
    pub text: String,
    /// Which object.
    pub target: Vec<(String, String)>,
}

impl ObjectPatch {
    /// With the text in the entry.
    pub fn inline(&self) -> NewValue {
        self.entry("patch", self.text.clone())
    }

    /// With the text in a file.
    pub fn in_file(&self, path: &str) -> NewValue {
        self.entry("path", path.to_owned())
    }

    fn entry(&self, key: &str, text: String) -> NewValue {
        let target = self.target.iter().map(|(key, value)| (key.clone(), NewValue::string(value))).collect();
        NewValue::Map(vec![(key.to_owned(), NewValue::string(text)), ("target".to_owned(), NewValue::Map(target))])
    }
}

/// The patches that may do it, the best first: by the name that the object has there, which is one of those that it had on its way.
pub fn all(query: &WayQuery<'_>) -> Vec<ObjectPatch> {
    let Some(parts) = parts(query) else { return Vec::new() };
    let mut found = Vec::new();
    for has_namespace in [false, true] {
        for name in names(query) {
            let target = target(&query.key, &name, has_namespace);
            let texts = [strategic(query, &parts, &name), operation(query, &parts)].into_iter().flatten();
            let patches = texts.map(|text| ObjectPatch { text, target: target.clone() });
            found.extend(patches.filter(|patch| !found.contains(patch)).collect::<Vec<_>>());
        }
    }
    found
}

fn target(key: &ObjectKey, name: &str, has_namespace: bool) -> Vec<(String, String)> {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    // it is a pattern
    let name = name.replace('.', "\\.");
    let group = (!key.group.is_empty()).then(|| pair("group", &key.group));
    let namespace = (has_namespace && !key.namespace.is_empty()).then(|| pair("namespace", &key.namespace));
    group.into_iter().chain([pair("kind", &key.kind), pair("name", &name)]).chain(namespace).collect()
}

/// The name without its hash, and each one that a prefix or a suffix was put to.
fn names(query: &WayQuery<'_>) -> Vec<String> {
    let mut found = vec![query.key.name.clone()];
    let mut trace: Option<&Trace> = query.object.node.at(&["metadata", "name"]).map(|name| &name.trace);
    while let Some(made) = trace.and_then(Trace::composition) {
        let text = made.parts.iter().find(|part| part.role == PartRole::Text).and_then(|part| part.cut.as_ref());
        let own = text.map(|(at, _)| &made.scalars[*at]);
        found.extend(own.map(|own| own.text.to_string()));
        trace = own.map(|own| &own.trace);
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}

/// The way to the field, each key on its own; none for a field of a text inside.
fn parts(query: &WayQuery<'_>) -> Option<Vec<PathPart>> {
    let object = &query.object.node;
    let parts_of =
        |path: &str| if path.is_empty() { Some(Vec::new()) } else { Some(FieldPath::parse(path).ok()?.parts().to_vec()) };
    if query.wanted.is_inserted {
        let (list, last) = query.wanted.field.above()?;
        let known = parts_of(&list.found(object).filter(|_| list.find(object).is_ok())?.0)?;
        return Some(known.into_iter().chain([last.clone()]).collect());
    }
    if query.wanted.field.find(object).is_ok() {
        return parts_of(&query.wanted.field.found(object)?.0);
    }
    if query.wanted.field.found(object).is_some() {
        return None;
    }
    let (parent, rest) = query.wanted.field.nearest(object);
    let known = query.wanted.field.parts().len() - rest.len();
    let steps = absent::steps(query, parent, rest).ok()?;
    let key = |step: PlaceStep| if let PlaceStep::Key(key) = step { Some(PathPart::Key(key)) } else { None };
    let new = steps.into_iter().map(key).collect::<Option<Vec<_>>>()?;
    Some(query.wanted.field.parts()[..known].iter().cloned().chain(new).collect())
}

/// The value; where Flux fills variables in afterwards, what is read as one is escaped.
fn value(query: &WayQuery<'_>) -> Json {
    match query.typed.json() {
        Json::String(text) if query.object.is_substituted => Json::from(substitute::escaped(&text)),
        json => json,
    }
}

/// A strategic merge patch; none where an item of the way is known by its place alone.
fn strategic(query: &WayQuery<'_>, parts: &[PathPart], name: &str) -> Option<String> {
    let is_gone = *query.typed == Typed::Gone;
    let (parts, last) = match parts {
        // an item that is deleted, and one that is new: a list with it alone
        [parts @ .., PathPart::Item(pairs)] if is_gone => {
            let pair = |(key, value): &(String, String)| (key.clone(), Json::from(value.as_str()));
            let item = pairs.iter().map(pair).chain([("$patch".to_owned(), Json::from("delete"))]).collect();
            (parts, Json::Array(vec![Json::Object(item)]))
        }
        [parts @ .., PathPart::Index(_)] if query.wanted.is_inserted => (parts, Json::Array(vec![value(query)])),
        parts => (parts, value(query)),
    };
    let nested = parts.iter().rev().try_fold(last, |inner, part| match part {
        PathPart::Key(key) => Some(Json::Object(Map::from_iter([(key.clone(), inner)]))),
        PathPart::Item(pairs) => {
            let mut item: Map<String, Json> =
                pairs.iter().map(|(key, value)| (key.clone(), Json::from(value.as_str()))).collect();
            item.extend(inner.as_object()?.clone());
            Some(Json::Array(vec![Json::Object(item)]))
        }
        PathPart::Index(_) => None,
    })?;
    let version = crate::render::id::text_at(&query.object.node, "apiVersion");
    let mut object = nested.as_object()?.clone();
    object.insert("apiVersion".to_owned(), Json::from(version));
    object.insert("kind".to_owned(), Json::from(query.key.kind.as_str()));
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    metadata.as_object_mut()?.insert("name".to_owned(), Json::from(name));
    yaml(&Json::Object(object))
}

/// A JSON6902 patch.
fn operation(query: &WayQuery<'_>, parts: &[PathPart]) -> Option<String> {
    let (mut here, mut path) = (Some(&query.object.node), String::new());
    let is_gone = *query.typed == Typed::Gone;
    let (mut op, mut inner) = (if query.wanted.is_inserted { "add" } else { "replace" }, value(query));
    for (at, part) in parts.iter().enumerate() {
        let step = match part {
            PathPart::Key(key) => key.replace('~', "~0").replace('/', "~1"),
            PathPart::Index(index) => index.to_string(),
            PathPart::Item(pairs) => {
                let is_it =
                    |item: &Node| pairs.iter().all(|(key, value)| item.get(key).and_then(Node::text) == Some(value.as_str()));
                here?.items().iter().position(is_it)?.to_string()
            }
        };
        path.push_str(&format!("/{step}"));
        here = match part {
            PathPart::Key(key) => here?.get(key),
            _ => here?.items().get(step.parse::<usize>().ok()?),
        };
        if here.is_none() {
            op = "add";
            inner = parts[at + 1..].iter().rev().try_fold(inner, |inner, part| match part {
                PathPart::Key(key) => Some(json!({ key.as_str(): inner })),
                _ => None,
            })?;
            break;
        }
    }
    match is_gone {
        true => yaml(&json!([{ "op": "remove", "path": path }])),
        false => yaml(&json!([{ "op": op, "path": path, "value": inner }])),
    }
}

/// JSON is YAML; what is read is written as kustomize writes it.
fn yaml(json: &Json) -> Option<String> {
    let text = json.to_string();
    let node = read::document(text.as_bytes(), &TextPlace::file(&"patch".into(), Layer::Patch)).ok()??;
    write::yaml(&node).ok()
}
