//! Paths to fields: `spec.template.spec.containers[name=api].image`, `data['a.b']`, `args[0]`.

use std::borrow::Cow;

use crate::domain::text::nearest;
use crate::error::{Error, Result};
use crate::render::Node;
use crate::render::fields::below;
use crate::render::node::{Notation, Value};
use crate::render::read::{self, TextPlace};

/// A path from an object's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    parts: Vec<PathPart>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    Key(String),
    Index(usize),
    /// The item of a list that has these values.
    Item(Vec<(String, String)>),
}

impl FieldPath {
    /// # Errors
    /// It is not a path; the error shows how one is written.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let hint = "write it as spec.replicas, spec.template.spec.containers[name=api].image or data['a.b']";
            Error::usage(format!("`{text}` is not a field path"), hint)
        };
        let mut parts = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (part, after) = bracket(inside).ok_or_else(wrong)?;
                parts.push(part);
                rest = after.strip_prefix('.').unwrap_or(after);
                if after == "." || rest.starts_with('.') {
                    return Err(wrong());
                }
                continue;
            }
            let (key, after) = plain(rest);
            if key.is_empty() || after == "." {
                return Err(wrong());
            }
            parts.push(PathPart::Key(key));
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        if parts.is_empty() { Err(wrong()) } else { Ok(Self { parts }) }
    }

    /// The steps as they were written: a key with dots that has no quotes is several.
    pub fn parts(&self) -> &[PathPart] {
        &self.parts
    }

    /// Where the field is in an object, as [`scalars`] writes it, and what is there; for a field of an embedded text, the text. None where
    /// that is not a scalar. Followed step by step: aliases of one anchor are one node.
    pub fn place<'n>(&self, object: &'n Node) -> Option<(String, &'n Node)> {
        let (path, node) = self.found(object)?;
        let is_empty = |node: &Node| {
            matches!(&node.value, Value::Map(entries) if entries.is_empty()) || node.is_list() && node.items().is_empty()
        };
        (node.is_scalar() || is_empty(node)).then_some((path, node))
    }

    /// The same, whatever is there.
    pub fn found<'n>(&self, object: &'n Node) -> Option<(String, &'n Node)> {
        trail(object, &self.parts, String::new()).or_else(|| {
            (1..self.parts.len()).rev().find_map(|taken| {
                let (path, scalar) = trail(object, &self.parts[..taken], String::new())?;
                let holds =
                    |documents: Vec<Node>| documents.iter().any(|document| find(document, &self.parts[taken..]).is_some());
                embedded(scalar).is_some_and(holds).then_some((path, scalar))
            })
        })
    }

    /// The list or map that the field is in, and the last step; none for the object itself.
    pub fn above(&self) -> Option<(Self, &PathPart)> {
        let (last, parts) = self.parts.split_last()?;
        Some((Self { parts: parts.to_vec() }, last))
    }

    /// The first steps of it.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        Self { parts: self.parts[..count.min(self.parts.len())].to_vec() }
    }

    /// The same path with the places of the items that this object has: it also leads to an item whose name is then another.
    #[must_use]
    pub fn by_place(&self, node: &Node) -> Self {
        let mut parts = self.parts.clone();
        for at in 0..parts.len() {
            let PathPart::Item(_) = &parts[at] else { continue };
            let place = find(node, &parts[..at]).and_then(|list| {
                let item = step(list, &parts[at..=at])?;
                list.items().iter().position(|other| std::ptr::eq(other, item))
            });
            if let Some(place) = place {
                parts[at] = PathPart::Index(place);
            }
        }
        Self { parts }
    }

    /// How far the path leads, and the steps for which there is nothing.
    pub fn nearest<'n>(&self, node: &'n Node) -> (&'n Node, &[PathPart]) {
        (0..=self.parts.len())
            .rev()
            .find_map(|taken| Some((find(node, &self.parts[..taken])?, &self.parts[taken..])))
            .expect("nothing leads to the object itself")
    }

    /// As [`Self::nearest`], in a YAML or JSON text that is the value of the last field that is there: of several documents, the one in which
    /// the path leads furthest. None where it leads to no such text, or where that holds a plain value only.
    pub fn nearest_inside(&self, node: &Node) -> Option<(Node, &[PathPart])> {
        let (text, rest) = self.nearest(node);
        let below = Self { parts: rest.to_vec() };
        let missing = |document: &Node| below.nearest(document).1.len();
        let documents = embedded(text)?.into_iter().filter(|document| !document.is_scalar());
        let document = documents.min_by_key(missing)?;
        let (parent, left) = below.nearest(&document);
        Some((parent.clone(), &rest[rest.len() - left.len()..]))
    }

    /// The field in an object. Keys with dots need no quotes where only one reading finds something.
    ///
    /// # Errors
    /// There is no such field: which part is missing, and the nearest that is there.
    pub fn find<'n>(&self, node: &'n Node) -> Result<&'n Node> {
        find(node, &self.parts).ok_or_else(|| self.missing(node))
    }

    /// The field in an object, or in a YAML or JSON text that is the value of one of its fields (`data['config.yaml'].server.port`).
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn reach<'n>(&self, node: &'n Node) -> Result<Cow<'n, Node>> {
        let found = find(node, &self.parts).map(Cow::Borrowed);
        found.or_else(|| inside(node, &self.parts).map(Cow::Owned)).ok_or_else(|| self.missing(node))
    }

    fn missing(&self, node: &Node) -> Error {
        let mut here = node;
        let mut known = 0;
        while let Some(next) = self.parts.get(known).and_then(|part| step(here, std::slice::from_ref(part))) {
            here = next;
            known += 1;
        }
        let part = self.parts.get(known).map(PathPart::shown).unwrap_or_default();
        let place = self.parts[..known].iter().map(PathPart::shown).collect::<String>();
        let place = if place.is_empty() { "the object".to_owned() } else { format!("`{}`", place.trim_start_matches('.')) };
        let message = format!("{place} has no `{}`", part.trim_start_matches('.'));
        let there: Vec<String> = match &here.value {
            Value::Map(entries) => entries.iter().filter_map(|entry| entry.key.text().map(str::to_owned)).collect(),
            Value::List(items) => (0..items.len()).map(|at| item(items, at)).collect(),
            Value::Scalar(_) => return Error::failed(message, "it is a scalar"),
        };
        let wanted = part.trim_start_matches('.');
        let hint = match nearest(wanted, &there, 2) {
            Some(name) => format!("did you mean `{name}`?"),
            None if there.is_empty() => "nothing is set there".to_owned(),
            None => format!("set there: {}", there.join(", ")),
        };
        Error::failed(message, hint)
    }
}

impl PathPart {
    fn shown(&self) -> String {
        match self {
            Self::Key(key) => format!(".{key}"),
            Self::Index(at) => format!("[{at}]"),
            Self::Item(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("[{}]", pairs.join(","))
            }
        }
    }
}

/// A key up to the next dot or bracket; `\.` is a dot in it.
fn plain(text: &str) -> (String, &str) {
    let mut key = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '.' | '[' => return (key, &text[at..]),
            '\\' => key.extend(letters.next().map(|(_, escaped)| escaped)),
            letter => key.push(letter),
        }
    }
    (key, "")
}

/// The text in brackets, and the rest.
fn bracket(text: &str) -> Option<(PathPart, &str)> {
    for quote in ['\'', '"'] {
        if let Some(inside) = text.strip_prefix(quote) {
            let (key, after) = inside.split_once(quote)?;
            return Some((PathPart::Key(key.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (inside, after) = text.split_once(']')?;
    if let Ok(at) = inside.parse() {
        return Some((PathPart::Index(at), after));
    }
    let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    Some((PathPart::Item(inside.split(',').map(pair).collect::<Option<_>>()?), after))
}

fn find<'n>(node: &'n Node, parts: &[PathPart]) -> Option<&'n Node> {
    if parts.is_empty() {
        return Some(node);
    }
    let keys = parts.iter().take_while(|part| matches!(part, PathPart::Key(_))).count();
    (1..=keys.max(1)).find_map(|taken| find(step(node, &parts[..taken])?, &parts[taken..]))
}

/// As [`find`], with the path that it took.
fn trail<'n>(node: &'n Node, parts: &[PathPart], path: String) -> Option<(String, &'n Node)> {
    if parts.is_empty() {
        return Some((path, node));
    }
    let keys = parts.iter().take_while(|part| matches!(part, PathPart::Key(_))).count();
    (1..=keys.max(1)).find_map(|taken| {
        let next = step(node, &parts[..taken])?;
        let path = match &parts[0] {
            PathPart::Key(_) => below(&path, &joined(&parts[..taken])),
            _ => format!("{path}{}", item(node.items(), node.items().iter().position(|item| std::ptr::eq(item, next))?)),
        };
        trail(next, &parts[taken..], path)
    })
}

/// Keys as one that has dots in it.
fn joined(parts: &[PathPart]) -> String {
    let key = |part: &PathPart| if let PathPart::Key(key) = part { key.clone() } else { String::new() };
    parts.iter().map(key).collect::<Vec<_>>().join(".")
}

/// A field of the text that is the value of a field on the way.
fn inside(node: &Node, parts: &[PathPart]) -> Option<Node> {
    (1..parts.len()).rev().find_map(|taken| {
        let documents = embedded(find(node, &parts[..taken])?)?;
        documents.iter().find_map(|document| find(document, &parts[taken..])).cloned()
    })
}

/// What a text says as YAML or JSON. Of one that is composed nobody can say where in it something stands.
fn embedded(scalar: &Node) -> Option<Vec<Node>> {
    let (text, origin) = (scalar.text()?, scalar.trace.seen().composition().is_none().then(|| scalar.origin())?);
    let place = match origin.form {
        Notation::Yaml => TextPlace::inside(scalar, origin.layer),
        Notation::File => TextPlace::file(origin.file()?, origin.layer),
        Notation::Line | Notation::Maker => return None,
    };
    read::documents(text.as_bytes(), &place).ok()
}

/// One step down; several keys are one key with dots in it.
fn step<'n>(node: &'n Node, parts: &[PathPart]) -> Option<&'n Node> {
    match parts.first()? {
        PathPart::Index(at) => node.items().get(*at),
        PathPart::Item(pairs) => node
            .items()
            .iter()
            .find(|item| pairs.iter().all(|(key, value)| item.get(key).and_then(Node::text) == Some(value.as_str()))),
        PathPart::Key(_) => node.get(&joined(parts)),
    }
}

/// Every scalar of an object with its path, in order; empty maps and lists count as one.
pub fn scalars(node: &Node) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    walk(node, String::new(), &mut found);
    found
}

fn walk<'n>(node: &'n Node, path: String, found: &mut Vec<(String, &'n Node)>) {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            for entry in entries.iter() {
                walk(&entry.value, below(&path, entry.key.text().unwrap_or_default()), found);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (at, node) in items.iter().enumerate() {
                walk(node, format!("{path}{}", item(items, at)), found);
            }
        }
        _ => found.push((path, node)),
    }
}

/// How an item is named: by its name where that is its own, else by its place.
pub fn item(items: &[Node], at: usize) -> String {
    let name = |node: &Node| node.get("name").and_then(Node::text).map(str::to_owned);
    match name(&items[at]) {
        Some(own)
            if !own.contains([']', ',', '=']) && items.iter().filter(|node| name(node).as_ref() == Some(&own)).count() == 1 =>
        {
            format!("[name={own}]")
        }
        _ => format!("[{at}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Layer;
    use crate::render::read::documents;

    const POD: &str = "kind: Pod
metadata: {labels: {app.kubernetes.io/name: web}, annotations: {a.b/c: x}}
spec:
  containers:
  - {name: api, image: one, args: [a, b]}
  - {name: side, image: two}
  ports: [{port: 1}, {port: 2}]
";

    fn pod() -> Node {
        documents(POD.as_bytes(), &TextPlace::file(&"pod.yaml".into(), Layer::Resource)).expect("YAML").remove(0)
    }

    fn value(path: &str) -> std::result::Result<String, String> {
        let pod = pod();
        let found = FieldPath::parse(path).and_then(|field| field.find(&pod).map(|node| node.text().unwrap_or("-").to_owned()));
        found.map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_found_as_people_write_them() {
        for (path, expected) in [
            ("spec.containers[name=side].image", "two"),
            (".spec.containers[0].args[1]", "b"),
            ("spec.ports[port=2].port", "2"),
            ("metadata.labels.app.kubernetes.io/name", "web"),
            ("metadata.labels['app.kubernetes.io/name']", "web"),
            ("metadata.annotations.a\\.b/c", "x"),
            ("spec.containers", "-"),
        ] {
            assert_eq!(value(path).as_deref(), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_field_that_is_not_there_is_answered_with_the_nearest() {
        for (path, message) in [
            ("spec.container", "`spec` has no `container`: did you mean `containers`?"),
            ("spec.containers[name=ap].image", "`spec.containers` has no `[name=ap]`: did you mean `[name=api]`?"),
            ("spec.other", "`spec` has no `other`: set there: containers, ports"),
            ("kind.x", "`kind` has no `x`: it is a scalar"),
        ] {
            assert_eq!(value(path).expect_err(path), message);
        }
        for path in ["", "a..b", "a[", "a[b]", "a."] {
            assert!(value(path).expect_err(path).contains("is not a field path"), "{path}");
        }
    }

    #[test]
    fn a_field_inside_of_a_text_is_reached_with_its_own_place() {
        let text = "kind: ConfigMap\ndata:\n  app.yaml: |\n    a: 1\n    ---\n    server:\n      port: 80\n  plain: x: y\n";
        let object = documents(text.replace("x: y", "'x: y'").as_bytes(), &TextPlace::file(&"c.yaml".into(), Layer::Resource));
        let object = object.expect("YAML").remove(0);
        let reached = |path: &str| FieldPath::parse(path).and_then(|field| field.reach(&object).map(Cow::into_owned));
        let port = reached("data['app.yaml'].server.port").expect("it is there");
        let inner = port.origin().inner().expect("inside of a text").clone();

        assert_eq!((port.text(), port.origin().line, port.origin().column), (Some("80"), 7, 13));
        assert_eq!((inner.line, inner.column, inner.document, &*inner.path), (3, 13, 1, "server.port"));
        assert_eq!(reached("data.plain.x").expect("it is there").text(), Some("y"));
        assert_eq!(reached("data.plain").expect("it is there").text(), Some("x: y"));
        let missing = reached("data.plain.z").expect_err("it is not there");
        assert_eq!(missing.to_string(), "`data.plain` has no `z`: it is a scalar");
    }

    #[test]
    fn every_scalar_has_a_path_that_leads_to_it() {
        let pod = pod();
        let all = scalars(&pod);
        assert_eq!(all.len(), 11);
        for (path, node) in all {
            let found =
                FieldPath::parse(&path).and_then(|field| field.find(&pod)).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(std::ptr::eq(found, node), "{path}");
        }
    }
}
