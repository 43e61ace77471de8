//! A field, an item or a whole map taken out: in the layer that sets it; where a layer below sets it too, said there to be gone; else in every
//! file that has a part of it.

use std::collections::BTreeMap;

use super::{FoundWays, Way, WayKind, WayQuery};
use crate::change::value::Typed;
use crate::change::write::{self, Write, WriteKind};
use crate::edit::{NewValue, NodePlace, Operation, PlaceStep, Scalar, Shape, YamlSource};
use crate::insight::field::{FieldPath, PathPart, scalars};
use crate::render::node::{Layer, Node, Notation, Origin, Text, Trace, Value};
use crate::render::read::{TextPlace, documents};
use crate::render::trace::Joint;

/// The fields of an operation of a JSON patch (RFC 6902).
const OPERATION: [&str; 3] = ["op", "path", "value"];

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    let Some(node) = query.node.as_deref().filter(|_| *query.typed == Typed::Gone) else { return };
    let mut parts = Parts { query, sources: BTreeMap::new(), found: Vec::new(), nowhere: None };
    parts.of(node, 0);
    let alias = key(query).and_then(|origin| parts.place(&origin, None, 0)).filter(|part| parts.is_new(part));
    let Parts { found: mut all, nowhere, .. } = parts;
    // what a patch says of it is of its own layer; what is below others may share
    all.sort_by_key(|(origin, _)| !is_patch(origin));
    let Some((origin, top)) = all.first().cloned() else {
        let why =
            nowhere.map_or_else(String::new, |origin| format!(": it is made by {} ({})", origin.location, origin.layer.word()));
        found.refuse(&format!("no file has `{}`{why}", query.wanted.written));
        return;
    };
    let mut attempts: Vec<Vec<Write>> = Vec::new();
    let mut attempt = |writes: Option<Vec<Write>>| attempts.extend(writes.filter(|writes| !writes.is_empty()));
    attempt(top.patch(query));
    // of a value that an alias brings only the alias goes
    attempt(alias.map(|alias| vec![alias.removed()]));
    attempt(Some(vec![top.removed()]));
    // what a patch has of it, said to be gone there
    for (_, part) in all.iter().filter(|(origin, _)| is_patch(origin)) {
        attempt(part.denied(query));
    }
    if all.len() > 1 {
        all.sort_by_key(|(_, part)| std::cmp::Reverse(part.order()));
        attempt(Some(all.iter().map(|(_, part)| part.removed()).collect()));
    }
    let Some(way) = Way::at(WayKind::Sets, &origin, Vec::new()) else { return };
    found.ways.push(Way { attempts, ..way });
}

/// The place of the key, which is where the field is, wherever its value is from.
fn key(query: &WayQuery<'_>) -> Option<Origin> {
    let object = &query.object.node;
    query.wanted.field.find(object).ok()?;
    let field = FieldPath::parse(&query.wanted.field.found(object)?.0).ok()?;
    let (map, last) = field.above()?;
    let PathPart::Key(key) = last else { return None };
    Some(map.find(object).ok()?.entry(key)?.key.origin().clone())
}

fn is_patch(origin: &Origin) -> bool {
    matches!(origin.layer, Layer::Patch | Layer::FluxPatch)
}

/// Where a file has it, or a part of it.
#[derive(Clone, Debug, PartialEq)]
struct PartPlace {
    file: Text,
    kind: PartKind,
    line: u32,
    column: u32,
}

#[derive(Clone, Debug, PartialEq)]
enum PartKind {
    Node(NodePlace),
    /// A line of an env file, and its text.
    Line(Text),
}

/// What files have of something.
struct Parts<'a, 'q> {
    query: &'a WayQuery<'q>,
    /// Each file is read once; none that cannot be edited.
    sources: BTreeMap<Text, Option<YamlSource>>,
    found: Vec<(Origin, PartPlace)>,
    /// What is in no file.
    nowhere: Option<Origin>,
}

impl Parts<'_, '_> {
    /// Everything that sets a node, `depth` steps below what is taken out.
    fn of(&mut self, node: &Node, depth: usize) {
        let mut trace = Some(&node.trace);
        while let Some(one) = trace {
            self.add(one, depth);
            trace = one.overrode();
        }
        match &node.value {
            Value::Map(entries) => entries.iter().for_each(|entry| self.of(&entry.value, depth + 1)),
            Value::List(items) => items.iter().for_each(|item| self.of(item, depth + 1)),
            Value::Scalar(_) => {}
        }
    }

    fn add(&mut self, trace: &Trace, depth: usize) {
        let (origin, text) = set_by(trace);
        match self.place(&origin, text, depth) {
            Some(part) if self.is_new(&part) => self.found.push((origin, part)),
            Some(_) => {}
            None => self.nowhere = self.nowhere.take().or(Some(origin)),
        }
    }

    fn is_new(&self, part: &PartPlace) -> bool {
        self.found.iter().all(|(_, known)| !known.has(part))
    }

    /// Where a file has what is `depth` steps above an origin.
    fn place(&mut self, origin: &Origin, text: Option<Text>, depth: usize) -> Option<PartPlace> {
        let is_ours =
            !matches!(origin.layer, Layer::Build | Layer::FluxOwner | Layer::Secret | Layer::Cluster | Layer::ConfigMap);
        let file = origin.file().filter(|_| is_ours && origin.line > 0)?.clone();
        let (line, column) = (origin.line, origin.column);
        match origin.form {
            Notation::Line if depth == 0 => Some(PartPlace { file, kind: PartKind::Line(text?), line, column }),
            Notation::Yaml => {
                let query = self.query;
                let source = self.sources.entry(file.clone()).or_insert_with_key(|file| query.source(file).ok()).as_ref()?;
                let mut place = write::place(source, origin)?;
                // an entry of `replicas` is one number for one name
                let up = depth + usize::from(origin.layer == Layer::Replicas);
                for _ in 0..up {
                    if !matches!(place.path.pop()?, PlaceStep::Key(_) | PlaceStep::Index(_)) {
                        return None;
                    }
                }
                let is_one = matches!(place.path.last(), Some(PlaceStep::Key(_) | PlaceStep::Index(_)));
                is_one.then_some(PartPlace { file, kind: PartKind::Node(place), line, column })
            }
            Notation::Line | Notation::File | Notation::Maker => None,
        }
    }
}

/// What put a value there: of one that is made of several the text that the others were put in, with that text.
fn set_by(trace: &Trace) -> (Origin, Option<Text>) {
    let is_in = |joint: &Joint| !matches!(joint, Joint::Hash);
    match trace.composition().filter(|made| is_in(&made.joint)).and_then(|made| made.scalars.first()) {
        Some(own) => {
            let (origin, text) = set_by(&own.trace);
            (origin, text.or_else(|| Some(own.text.clone())))
        }
        None => (trace.origin.clone(), None),
    }
}

impl PartPlace {
    /// Whether the other is the same, or in it.
    fn has(&self, other: &Self) -> bool {
        self.file == other.file
            && match (&self.kind, &other.kind) {
                (PartKind::Node(own), PartKind::Node(other)) => {
                    own.document == other.document && other.path.starts_with(&own.path)
                }
                _ => self == other,
            }
    }

    /// What is taken out last comes first: the places of the others stay as they are.
    fn order(&self) -> (Text, u32, u32) {
        (self.file.clone(), self.line, self.column)
    }

    fn write(&self, operation: Operation) -> Write {
        Write { file: self.file.clone(), kind: WriteKind::Operation(operation) }
    }

    fn removed(&self) -> Write {
        match &self.kind {
            PartKind::Node(at) => self.write(Operation::Remove { at: at.clone() }),
            PartKind::Line(was) => {
                Write { file: self.file.clone(), kind: WriteKind::RemovedLine { line: self.line, was: was.clone() } }
            }
        }
    }

    /// Said by a patch not to be there: null for a key, `$patch: delete` for an item, `remove` for an operation.
    fn denied(&self, query: &WayQuery<'_>) -> Option<Vec<Write>> {
        let PartKind::Node(at) = &self.kind else { return None };
        if let Some(operation) = self.operation(query) {
            let op = Operation::set(operation.clone().key("op"), Scalar::string("remove"));
            return Some(vec![self.write(op), self.write(Operation::Remove { at: operation.key("value") })]);
        }
        let remove = Operation::Remove { at: at.clone() };
        let source = query.source(&self.file).ok()?;
        match (at.path.last()?, query.wanted.field.parts().last()?) {
            (PlaceStep::Key(_), _) if matches!(source.at(at), Ok(Shape::Scalar(_))) => {
                Some(vec![self.write(Operation::set(at.clone(), Scalar::Null))])
            }
            (PlaceStep::Key(_), _) => {
                Some(vec![self.write(remove), self.write(Operation::Add { at: at.clone(), value: Scalar::Null.into() })])
            }
            (PlaceStep::Index(_), PathPart::Item(pairs)) => {
                let Ok(Shape::Map(keys)) = source.at(at) else { return None };
                let deleted = Operation::Add { at: at.clone().key("$patch"), value: NewValue::string("delete") };
                let rest = keys.iter().filter(|key| pairs.iter().all(|(name, _)| name != *key));
                let rest = rest.map(|key| self.write(Operation::Remove { at: at.clone().key(key) }));
                Some(std::iter::once(self.write(deleted)).chain(rest).collect())
            }
            _ => None,
        }
    }

    /// The operation of a JSON patch of which this is the value.
    fn operation(&self, query: &WayQuery<'_>) -> Option<NodePlace> {
        let PartKind::Node(at) = &self.kind else { return None };
        let [.., PlaceStep::Index(_), PlaceStep::Key(key)] = &at.path[..] else { return None };
        let mut above = at.clone();
        above.path.pop();
        let source = query.source(&self.file).ok()?;
        let is_one = key == OPERATION[2] && OPERATION[..2].iter().all(|key| has(&source, &above.clone().key(key)));
        is_one.then_some(above)
    }

    /// The whole operation, or the whole entry of `patches`, where it does nothing else.
    fn patch(&self, query: &WayQuery<'_>) -> Option<Vec<Write>> {
        let PartKind::Node(at) = &self.kind else { return None };
        let text = at.path.iter().rposition(|step| matches!(step, PlaceStep::Inside(_)));
        let whole = text.and_then(|inside| {
            let entry = NodePlace { document: at.document, path: at.path[..inside.checked_sub(1)?].to_vec() };
            let [.., PlaceStep::Key(list), PlaceStep::Index(_)] = &entry.path[..] else { return None };
            let holder = NodePlace { document: at.document, path: at.path[..inside].to_vec() };
            (list == "patches" && self.is_alone(query, &holder)).then_some(entry)
        });
        let mut gone = whole.or_else(|| self.operation(query))?;
        // the last entry goes with its list
        let mut list = gone.clone();
        list.path.pop();
        let source = query.source(&self.file).ok()?;
        let is_last = !has(&source, &list.clone().index(1));
        if is_last && matches!(list.path.last(), Some(PlaceStep::Key(_))) {
            gone = list;
        }
        Some(vec![self.write(Operation::Remove { at: gone })])
    }

    /// Whether the text of a patch does nothing else than this.
    fn is_alone(&self, query: &WayQuery<'_>, holder: &NodePlace) -> bool {
        let read = || {
            let Shape::Scalar(text) = query.source(&self.file).ok()?.at(holder).ok()? else { return None };
            documents(text.text().as_bytes(), &TextPlace::file(&self.file, Layer::Patch)).ok()
        };
        let Some([document]) = read().as_deref().and_then(|all| <&[Node; 1]>::try_from(all).ok()).cloned() else { return false };
        if document.is_list() {
            return document.items().len() == 1;
        }
        let is_identity = |path: &str| matches!(path, "apiVersion" | "kind") || path.starts_with("metadata.name");
        scalars(&document).iter().filter(|(path, _)| !is_identity(path) && !path.ends_with(".name")).count() == 1
    }
}

fn has(source: &YamlSource, at: &NodePlace) -> bool {
    source.at(at).is_ok()
}
