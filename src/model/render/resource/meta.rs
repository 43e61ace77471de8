//! Labels and annotations as mappings of strings, which is how kustomize handles them: what it writes back is quoted and sorted.
//! Source: kyaml v0.21.1 `yaml/rnode.go` (setMapInMetadata), `yaml/kfns.go`.

use std::collections::BTreeMap;

use super::super::error::Result;
use super::super::fields;
use super::super::node::{Entry, Node, Style, Tag, Text, Trace};

/// Texts by key, with where they come from.
#[derive(Debug, Default)]
pub struct Texts(BTreeMap<Text, Entry>);

impl Texts {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|entry| fields::value_of(&entry.value))
    }

    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| keep(key));
    }

    pub fn set(&mut self, key: &str, text: &str, trace: Trace) {
        let entry = Entry { key: Node::scalar(key, Tag::None, Trace::new(trace.origin.clone())), value: string(text, trace) };
        self.insert(entry);
    }

    /// An entry as it is elsewhere.
    pub fn insert(&mut self, entry: Entry) {
        if let Some(key) = entry.key.shared_text() {
            self.0.insert(key.clone(), entry);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Entry)> {
        self.0.iter()
    }

    fn of(map: Option<&Node>) -> Self {
        let mut texts = Self::default();
        for entry in map.map(Node::entries).unwrap_or_default() {
            texts.insert(entry.clone());
        }
        texts
    }
}

/// A text as go-yaml's `SetString` makes it.
pub fn string(text: &str, trace: Trace) -> Node {
    let mut node = Node::string(text, trace);
    if text.contains('\n') {
        node.style = Style::Literal(0);
    }
    node
}

/// Key and text of each annotation.
pub fn annotations(node: &Node) -> Texts {
    Texts::of(meta(node).and_then(|meta| meta.get("annotations")))
}

/// Key and text of each label.
pub fn labels(node: &Node) -> Texts {
    Texts::of(meta(node).and_then(|meta| meta.get("labels")))
}

fn meta(node: &Node) -> Option<&Node> {
    node.get("metadata").filter(|meta| !fields::is_empty(meta))
}

/// Takes labels or annotations out, changes them, and writes them back: sorted, every value a string, nothing when none is left.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn edit_meta_map(node: &mut Node, name: &str, edit: impl FnOnce(&mut Texts)) -> Result<()> {
    let old = meta(node).and_then(|meta| meta.get(name));
    let trace = old.map_or_else(|| Trace::new(node.origin().clone()), |old| old.trace.clone());
    let mut texts = Texts::of(old);
    edit(&mut texts);
    let empty = Node { tag: Tag::None, ..Node::map(Vec::new(), Trace::new(trace.origin.clone())) };
    let Some(meta) = fields::field_or_create(node, "metadata", empty)? else { return Ok(()) };
    let key = fields::clear(meta, name)?.map(|entry| entry.key);
    if texts.0.is_empty() || meta.is_null() {
        return Ok(());
    }
    fields::expect_map(meta)?;
    let key = key.unwrap_or_else(|| Node::scalar(name, Tag::None, Trace::new(trace.origin.clone())));
    if meta.get(name).is_some() {
        // the field was there twice: the other one takes it in
        let other = meta.get_mut(name).expect("just asked");
        return texts
            .0
            .into_values()
            .map(written)
            .try_for_each(|entry| fields::set(other, fields::value_of(&entry.key), entry.value));
    }
    let entries = texts.0.into_values().map(written).collect();
    let value = Node { tag: Tag::None, ..Node::map(entries, trace) };
    meta.entries_mut().expect("checked above").push(Entry { key, value });
    Ok(())
}

fn written(entry: Entry) -> Entry {
    let text = entry.value.shared_text().cloned().unwrap_or_default();
    let key = Node { tag: Tag::None, style: Style::Plain, is_tagged: false, ..entry.key };
    let mut value = string(&text, entry.value.trace);
    quote(&mut value);
    Entry { key, value }
}

fn quote(value: &mut Node) {
    if value.style == Style::Plain && fields::is_other_in_yaml_1_1(value.text().unwrap_or_default()) {
        value.style = Style::Double;
    }
}

/// Sets one annotation and leaves the others as they are.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn set_annotation(node: &mut Node, key: &str, text: &str, trace: Trace) -> Result<()> {
    let empty = |origin: &Trace| Node { tag: Tag::None, ..Node::map(Vec::new(), Trace::new(origin.origin.clone())) };
    let Some(meta) = fields::field_or_create(node, "metadata", empty(&trace))? else { return Ok(()) };
    if meta.get("annotations").is_some_and(|old| old.entries().is_empty() && old.items().is_empty()) {
        fields::clear(meta, "annotations")?;
    }
    let Some(annotations) = fields::field_or_create(meta, "annotations", empty(&trace))? else { return Ok(()) };
    fields::set(annotations, key, string(text, trace))
}
