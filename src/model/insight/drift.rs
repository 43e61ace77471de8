//! Where a live object differs from what git renders: only in fields that git sets, and only where an API server would see a
//! difference.
//!
//! Rules of kustomize-controller v1.9.4 (`kustomization_controller.go`, apply) and fluxcd/pkg `ssa`: objects with reconciliation
//! disabled are skipped; fields of `spec.ignore` and `status` are left out. Normalisation by the API server (defaults,
//! quantities, omitted zero values, lists by their keys) comes from the schemas. Values of Secrets, and what is encrypted in git,
//! are never compared.

use serde_json::Value;

use super::named::group;
use super::schema::Schemas;
use crate::domain::secrets::is_sensitive;
use crate::domain::{LabelSelector, go_pattern, quantity};
use crate::kinds::masked::{MASKED, leads_to_credential};
use crate::render::fields::below;
use crate::render::flux::{Applied, GROUP};
use crate::render::id::{meta_text, text_at};
use crate::render::node::{Node, Origin, Value as Content};
use crate::render::unproven::is_unproven;
use crate::render::write;

/// A field that is not as git has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    pub path: String,
    pub git: Value,
    /// None: it is not there.
    pub live: Option<Value>,
    pub origin: Origin,
}

/// What happened to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Drift {
    None,
    /// Flux has to leave it alone.
    Off,
    Missing,
    Fields(Vec<Drifted>),
}

/// A rule of `spec.ignore`: JSON pointers, and the objects that are meant.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    paths: Vec<String>,
    target: Option<Value>,
}

/// Reads `spec.ignore` of a Flux Kustomization.
pub fn ignores(kustomization: &Value) -> Vec<Ignore> {
    let rules = kustomization.pointer("/spec/ignore").and_then(Value::as_array).into_iter().flatten();
    let texts =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect();
    rules
        .map(|rule| Ignore {
            paths: texts(&rule["paths"]),
            target: rule.get("target").filter(|target| !target.is_null()).cloned(),
        })
        .collect()
}

impl Ignore {
    fn is_meant(&self, node: &Node) -> bool {
        let Some(target) = &self.target else { return true };
        let version = text_at(node, "apiVersion").rsplit('/').next().unwrap_or_default();
        let fields = [
            ("group", group(node)),
            ("version", version),
            ("kind", text_at(node, "kind")),
            ("name", meta_text(node, "name")),
            ("namespace", meta_text(node, "namespace")),
        ];
        let fits = |(field, text): (&str, &str)| {
            let pattern = target.get(field).and_then(Value::as_str).filter(|pattern| !pattern.is_empty());
            // patterns are anchored, as in kustomize's selectors
            pattern.is_none_or(|pattern| go_pattern::whole(pattern).is_some_and(|pattern| pattern.is_match(text)))
        };
        let selects = |field: &str, map: &str| {
            let selector = target.get(field).and_then(Value::as_str).unwrap_or_default();
            let of = |key: &str| node.at(&["metadata", map, key]).and_then(Node::text);
            // Flux refuses one that it cannot read
            LabelSelector::parse(selector).is_ok_and(|selector| selector.matches(of))
        };
        fields.into_iter().all(fits) && selects("labelSelector", "labels") && selects("annotationSelector", "annotations")
    }
}

/// Compares one object. `live` is masked, and in the version that git names.
pub fn drift(object: &Applied, live: Option<&Value>, ignores: &[Ignore], schemas: &Schemas) -> Drift {
    let node = &object.node;
    let says = |key: &str, value: &str| {
        let path = format!("{GROUP}/{key}");
        let in_git = ["labels", "annotations"].into_iter().filter_map(|map| node.at(&["metadata", map, &path])?.text());
        let is_live = |map| live.and_then(|live| live["metadata"][map].get(&path)?.as_str());
        in_git.chain(["labels", "annotations"].into_iter().filter_map(is_live)).any(|found| found.eq_ignore_ascii_case(value))
    };
    if says("reconcile", "disabled") || says("ssa", "Ignore") {
        return Drift::Off;
    }
    let Some(live) = live else { return Drift::Missing };
    if says("ssa", "IfNotPresent") {
        return Drift::Off;
    }
    let ignored =
        ignores.iter().filter(|rule| rule.is_meant(node)).flat_map(|rule| rule.paths.iter().map(String::as_str)).collect();
    let group = group(node);
    let is_native = !group.contains('.') || group.ends_with(".k8s.io");
    let mut walk = Walk { schemas, ignored, is_native, is_secret: text_at(node, "kind") == "Secret", found: Vec::new() };
    let schema = schemas.of(node).unwrap_or(&Value::Null);
    for entry in node.entries() {
        match entry.key.text().unwrap_or_default() {
            "apiVersion" | "kind" | "status" | "sops" => {}
            // only that they are there
            "data" | "stringData" if walk.is_secret => walk.keys(&entry.value, &live["data"]),
            _ if object.is_encrypted && entry.key.text() != Some("metadata") => {}
            key => walk.field(&entry.value, live, schema, ("", ""), key),
        }
    }
    if walk.found.is_empty() { Drift::None } else { Drift::Fields(walk.found) }
}

struct Walk<'s> {
    schemas: &'s Schemas,
    /// JSON pointers.
    ignored: Vec<&'s str>,
    /// Of Kubernetes itself: such objects are rewritten by their Go types.
    is_native: bool,
    is_secret: bool,
    found: Vec<Drifted>,
}

/// A path for people and as a JSON pointer.
type Paths<'p> = (&'p str, &'p str);

impl<'s> Walk<'s> {
    fn keys(&mut self, wanted: &Node, live: &Value) {
        for entry in wanted.entries() {
            let key = entry.key.text().unwrap_or_default();
            if live.get(key).is_none() && !self.is_ignored(&format!("/data/{}", escaped(key))) {
                let origin = entry.value.origin().clone();
                self.found.push(Drifted { path: below("data", key), git: MASKED.into(), live: None, origin });
            }
        }
    }

    fn is_ignored(&self, pointer: &str) -> bool {
        self.ignored.iter().any(|rule| pointer.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    fn report(&mut self, wanted: &Node, live: Option<&Value>, path: &str) {
        let git = write::json(wanted).unwrap_or_default();
        self.found.push(Drifted { path: path.to_owned(), git, live: live.cloned(), origin: wanted.origin().clone() });
    }

    /// What its place in the object says to be a credential: only that it differs.
    fn credential(&mut self, wanted: &Node, live: Option<&Value>, path: &str) {
        let is_same = write::json(wanted).ok().as_ref() == live;
        if !is_same && !is_open(wanted) {
            let (path, origin) = (path.to_owned(), wanted.origin().clone());
            self.found.push(Drifted { path, git: MASKED.into(), live: live.map(|_| MASKED.into()), origin });
        }
    }

    /// A field of a map.
    fn field(&mut self, wanted: &Node, of: &Value, schema: &'s Value, (path, pointer): Paths<'_>, key: &str) {
        let schema = self.schemas.resolve(schema);
        let known = schema.get("properties").and_then(|known| known.get(key));
        let path = below(path, key);
        let pointer = format!("{pointer}/{}", escaped(key));
        let is_identity = matches!(path.as_str(), "metadata.name" | "metadata.namespace" | "metadata.creationTimestamp");
        if is_identity || wanted.is_null() || self.is_ignored(&pointer) {
            return;
        }
        // rules of an aggregated role are the controller's
        if path == "rules" && !of["aggregationRule"].is_null() {
            return;
        }
        let is_credential = key == "value" && of["name"].as_str().is_some_and(is_sensitive);
        match of.get(key).filter(|live| !live.is_null()) {
            Some(live) if is_credential => self.credential(wanted, Some(live), &path),
            Some(live) => {
                let next = known.or_else(|| schema.get("additionalProperties")).unwrap_or(&Value::Null);
                self.value(wanted, live, next, (&path, &pointer));
            }
            None if is_open(wanted) || self.is_left_away(wanted, known.is_some()) => {}
            None => self.report(wanted, None, &path),
        }
    }

    /// Go types write no zero values (`omitempty`), and empty maps and lists mean nothing anywhere.
    fn is_left_away(&self, wanted: &Node, is_declared: bool) -> bool {
        match &wanted.value {
            // a map of nothing but zero values is written as an empty one, or not at all
            Content::Map(entries) => entries.iter().all(|entry| self.is_left_away(&entry.value, is_declared)),
            Content::List(items) => items.is_empty(),
            Content::Scalar(_) => {
                let is_zero =
                    matches!(write::json(wanted), Ok(value) if value == false || value == 0 || value == "" || value.is_null());
                is_zero && self.is_native && is_declared
            }
        }
    }

    fn value(&mut self, wanted: &Node, live: &Value, schema: &'s Value, paths: Paths<'_>) {
        let schema = self.schemas.resolve(schema);
        match (&wanted.value, live) {
            (Content::Map(entries), Value::Object(_)) => {
                for entry in entries.iter() {
                    self.field(&entry.value, live, schema, paths, entry.key.text().unwrap_or_default());
                }
            }
            (Content::List(items), Value::Array(lives)) => self.list(wanted, items, lives, schema, paths),
            (Content::Scalar(_), _) if is_open(wanted) => {}
            (Content::Scalar(_), _) if self.is_same(wanted, live, schema, paths.0) => {}
            _ => self.report(wanted, Some(live), paths.0),
        }
    }

    fn list(&mut self, wanted: &Node, items: &[Node], lives: &[Value], schema: &'s Value, (path, pointer): Paths<'_>) {
        let of = schema.get("items").unwrap_or(&Value::Null);
        let keys: Vec<&str> =
            schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let sort = schema["x-kubernetes-list-type"].as_str().unwrap_or("atomic");
        if sort != "map" && sort != "set" && items.len() != lives.len() {
            return self.report(wanted, Some(&Value::Array(lives.to_vec())), path);
        }
        for (at, item) in items.iter().enumerate() {
            let pointer = format!("{pointer}/{at}");
            if self.is_ignored(&pointer) {
                continue;
            }
            let found = match sort {
                "map" => lives.iter().find(|live| self.has_keys(item, live, of, &keys)),
                "set" => lives.iter().find(|live| self.is_same(item, live, of, path)),
                _ => lives.get(at),
            };
            let named = keys.first().and_then(|key| Some(format!("{path}[{key}={}]", item.get(key)?.text()?)));
            let path = named.unwrap_or_else(|| format!("{path}[{at}]"));
            let before = at.checked_sub(1);
            let before = [before.and_then(|at| items[at].text()), before.and_then(|at| lives.get(at)?.as_str())];
            match found {
                found if before.into_iter().flatten().any(leads_to_credential) => self.credential(item, found, &path),
                Some(live) => self.value(item, live, of, (&path, &pointer)),
                None if is_open(item) => {}
                None => self.report(item, None, &path),
            }
        }
    }

    /// Keys that are left away have their defaults (`protocol: TCP`).
    fn has_keys(&self, item: &Node, live: &Value, of: &Value, keys: &[&str]) -> bool {
        let of = self.schemas.resolve(of);
        keys.iter().all(|key| {
            let default = || of["properties"][*key].get("default").cloned().unwrap_or_default();
            let own = item.get(key).and_then(|node| write::json(node).ok()).unwrap_or_else(default);
            let other = live.get(key).cloned().unwrap_or_else(default);
            own == other || text(&own) == text(&other)
        })
    }

    fn is_same(&self, wanted: &Node, live: &Value, schema: &Value, path: &str) -> bool {
        let Ok(git) = write::json(wanted) else { return false };
        if git == *live {
            return true;
        }
        let (a, b) = (text(&git), text(live));
        let is_quantity = schema["format"] == "quantity"
            || self.is_native && [".limits", ".requests", ".hard", ".capacity"].iter().any(|part| path.contains(part));
        match (git.as_f64(), live.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= f64::EPSILON * a.abs(),
            _ if is_quantity => quantity::parse(&a).is_some() && quantity::parse(&a) == quantity::parse(&b),
            _ => schema["format"] == "int-or-string" && a == b,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Only the cluster knows what it becomes.
fn is_open(node: &Node) -> bool {
    match &node.value {
        Content::Scalar(text) => is_unproven(text),
        Content::List(items) => items.iter().any(is_open),
        Content::Map(entries) => entries.iter().any(|entry| is_open(&entry.value)),
    }
}

/// A key in a JSON pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
