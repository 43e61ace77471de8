//! Strategic merge: a patch is merged into an object, and lists by the keys of the schema.
//!
//! The walk visits the whole object, patched or not, because kyaml does and because that has effects: fields without a value are
//! removed, items of a merged list that share a key become one. Source: kyaml v0.21.1 `yaml/walk`, `yaml/merge2` (lists of a
//! patch come first).

mod directive;
mod list;

use std::collections::BTreeSet;

use super::error::{BuildError, Result};
use super::fields;
use super::id::text_at;
use super::node::{Entry, Node, Style, Tag, Text, Trace, Value};
use super::schema::{BuildSchemas, Schema};
use directive::Directive;

/// What to lay over what.
pub(super) enum Sources {
    /// Both sides; at least one of them is there.
    Both(Option<Node>, Option<Node>),
    /// The patch's value has become the object's: it is walked to take directives and nulls out.
    Same(Node),
}

/// The result.
pub(super) enum Out {
    /// Removed; with the old value.
    Clear(Option<Node>),
    /// The object's own value, changed in place.
    Own(Node),
    /// The patch's value, and the old value.
    New(Node, Option<Node>),
    /// A null that stays, because the object says so itself.
    Keep(Node),
}

/// Lays a patch over an object; `None` when the patch deletes it.
///
/// # Errors
/// A map over a list and the like, unknown directives.
pub fn strategic(patch: Node, object: Node, schemas: &BuildSchemas) -> Result<Option<Node>> {
    let walk = Walk { schemas };
    Ok(match walk.go(Sources::Both(Some(object), Some(patch)), None)? {
        Out::Clear(_) => None,
        Out::Own(node) | Out::New(node, _) | Out::Keep(node) => Some(node),
    })
}

#[derive(Clone, Copy)]
pub(super) struct Walk<'s> {
    schemas: &'s BuildSchemas,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Map,
    List,
    Scalar,
    Nothing,
}

fn kind(node: &Node) -> Kind {
    match &node.value {
        _ if node.is_null() => Kind::Nothing,
        Value::Map(_) => Kind::Map,
        Value::List(_) => Kind::List,
        Value::Scalar(_) => Kind::Scalar,
    }
}

impl<'s> Walk<'s> {
    pub(super) fn go(self, sources: Sources, schema: Option<Schema<'s>>) -> Result<Out> {
        let said = sources.each().find_map(|node| node.said.clone());
        match &said {
            // a comment's schema lives no longer than this step
            Some(shape) => self.step(sources, self.schemas.resolve(shape)),
            None => self.step(sources, schema),
        }
    }

    fn step<'a>(self, sources: Sources, schema: Option<Schema<'a>>) -> Result<Out>
    where
        's: 'a,
    {
        let walk: Walk<'a> = self;
        let schema = schema.or_else(|| walk.schema_of(&sources));
        let kind = sources.kind()?;
        match kind {
            Kind::Map | Kind::Nothing => walk.map(sources, schema),
            Kind::List if schema.is_some_and(Schema::is_merged) => walk.list(sources, schema.expect("just asked")),
            Kind::List | Kind::Scalar => Ok(sources.later()),
        }
    }

    /// A kind that is known by name, at the top or anywhere inside of something unknown.
    fn schema_of(self, sources: &Sources) -> Option<Schema<'s>> {
        sources.each().find_map(|node| {
            let (api_version, kind) = (text_at(node, "apiVersion"), text_at(node, "kind"));
            if kind.is_empty() || api_version.is_empty() { None } else { self.schemas.of(api_version, kind) }
        })
    }

    fn map(self, sources: Sources, schema: Option<Schema<'s>>) -> Result<Out> {
        match sources {
            Sources::Same(node) if node.is_null() => Ok(Out::New(node, None)),
            Sources::Same(mut node) => match directive::take(&mut node)? {
                Directive::Delete => Ok(Out::Clear(None)),
                Directive::Replace | Directive::Merge => Ok(Out::New(self.same_fields(node, schema)?, None)),
            },
            Sources::Both(own, patch) => self.both_maps(own, patch, schema),
        }
    }

    fn both_maps(self, own: Option<Node>, patch: Option<Node>, schema: Option<Schema<'s>>) -> Result<Out> {
        let Some(mut own) = own.filter(|own| !own.is_null() || patch.is_none()) else {
            return self.adopted(patch, schema);
        };
        if own.is_null() {
            let is_spelled = own.text().is_some_and(|text| !text.is_empty());
            return Ok(if is_spelled { Out::Keep(own) } else { Out::Clear(Some(own)) });
        }
        let Some(mut patch) = patch else {
            self.own_fields(&mut own, schema)?;
            return Ok(Out::Own(own));
        };
        if patch.is_null() {
            return Ok(Out::Clear(Some(own)));
        }
        match directive::take(&mut patch)? {
            Directive::Delete => Ok(Out::Clear(Some(own))),
            Directive::Replace => {
                let mut node = self.same_fields(patch, schema)?;
                node.trace = node.trace.over(&own.trace);
                Ok(Out::New(node, Some(own)))
            }
            Directive::Merge => {
                self.merge_fields(&mut own, patch, schema)?;
                Ok(Out::Own(own))
            }
        }
    }

    /// The patch's value where the object has none.
    fn adopted(self, patch: Option<Node>, schema: Option<Schema<'s>>) -> Result<Out> {
        let Some(mut patch) = patch else { return Ok(Out::Clear(None)) };
        if patch.is_null() {
            return Ok(Out::New(patch, None));
        }
        // an unknown directive is not complained about here, but in the walk over what was adopted
        if directive::peek(&patch) == Some(Directive::Delete) {
            return Ok(Out::Clear(None));
        }
        if directive::peek(&patch).is_some() {
            directive::take(&mut patch)?;
        }
        Ok(Out::New(self.same_fields(patch, schema)?, None))
    }

    /// Fields that only the object has. Nothing is copied where nothing changes.
    pub(super) fn own_fields(self, map: &mut Node, schema: Option<Schema<'s>>) -> Result<()> {
        if !self.changes(map, schema) {
            return Ok(());
        }
        for key in keys(map, None) {
            let value = take(map, &key);
            let out = self.go(Sources::Both(value, None), field(schema, &key))?;
            put(map, &key, out, None)?;
        }
        Ok(())
    }

    /// Whether a walk over the object's own value would change anything.
    fn changes(self, node: &Node, schema: Option<Schema<'_>>) -> bool {
        let schema = node.said.as_deref().map_or(schema, |shape| self.schemas.resolve(shape));
        let schema = schema.or_else(|| self.schema_of_node(node));
        match &node.value {
            _ if node.is_null() => node.text().is_some_and(str::is_empty),
            Value::Scalar(_) => false,
            Value::List(items) => schema.is_some_and(|schema| {
                schema.is_merged()
                    && (!list::is_settled(items, schema.keys()) || items.iter().any(|item| self.changes(item, schema.items())))
            }),
            Value::Map(entries) => {
                let mut seen = std::collections::HashSet::new();
                entries.iter().any(|entry| {
                    let key = entry.key.text().unwrap_or_default();
                    !seen.insert(key) || self.changes(&entry.value, field(schema, key))
                })
            }
        }
    }

    fn schema_of_node(self, node: &Node) -> Option<Schema<'s>> {
        let (api_version, kind) = (text_at(node, "apiVersion"), text_at(node, "kind"));
        if kind.is_empty() || api_version.is_empty() { None } else { self.schemas.of(api_version, kind) }
    }

    fn merge_fields(self, own: &mut Node, mut patch: Node, schema: Option<Schema<'s>>) -> Result<()> {
        for key in keys(own, Some(&patch)) {
            let name = patch.entry(&key).map(|entry| entry.key.clone());
            let (mine, theirs) = (take(own, &key), take(&mut patch, &key));
            let out = self.go(Sources::Both(mine, theirs), field(schema, &key))?;
            put(own, &key, out, name)?;
        }
        Ok(())
    }

    fn same_fields(self, mut map: Node, schema: Option<Schema<'s>>) -> Result<Node> {
        for key in keys(&map, None) {
            let Some(value) = take(&mut map, &key) else { continue };
            let out = self.go(Sources::Same(value), field(schema, &key))?;
            put(&mut map, &key, out, None)?;
        }
        Ok(map)
    }
}

fn field<'s>(schema: Option<Schema<'s>>, key: &str) -> Option<Schema<'s>> {
    schema.and_then(|schema| schema.field(key))
}

/// The keys of one or both maps, sorted.
fn keys(map: &Node, other: Option<&Node>) -> BTreeSet<Text> {
    let all = map.entries().iter().chain(other.map(Node::entries).unwrap_or_default());
    all.map(|entry| entry.key.shared_text().cloned().unwrap_or_default()).collect()
}

/// Takes a value out of its entry, which stays with a placeholder.
fn take(map: &mut Node, key: &str) -> Option<Node> {
    let value = map.get_mut(key)?;
    let hole = Node { style: value.style, ..Node::null(value.trace.clone()) };
    Some(std::mem::replace(value, hole))
}

/// Puts the outcome where the value was taken from: a changed value keeps the style of the old one, as kyaml's FieldSetter does it.
fn put(map: &mut Node, key: &str, out: Out, name: Option<Node>) -> Result<()> {
    let at = map.entries().iter().position(|entry| entry.key.text() == Some(key));
    let (mut value, is_own) = match out {
        Out::Own(node) | Out::Keep(node) => (node, true),
        Out::New(node, _) if !node.is_null() => (node, false),
        Out::New(..) | Out::Clear(_) => {
            fields::clear(map, key)?;
            return Ok(());
        }
    };
    let entries = map.entries_mut().expect("a map is walked");
    if let Some(at) = at {
        let slot = &mut entries[at].value;
        quote_as(&mut value, slot.style);
        if !is_own {
            value.trace = value.trace.over(&slot.trace);
        }
        *slot = value;
        return Ok(());
    }
    let trace = value.trace.origin.clone();
    let mut key_node = name.unwrap_or_else(|| Node::scalar(key, Tag::None, Trace::new(trace)));
    key_node.tag = Tag::None;
    key_node.is_tagged = false;
    if value.style == Style::Plain && value.tag == Tag::Str && fields::is_other_in_yaml_1_1(value.text().unwrap_or_default()) {
        value.style = Style::Double;
    }
    entries.push(Entry { key: key_node, value });
    Ok(())
}

fn quote_as(value: &mut Node, style: Style) {
    value.style = style;
}

impl Sources {
    fn each(&self) -> impl Iterator<Item = &Node> {
        let (a, b) = match self {
            Self::Both(own, patch) => (own.as_ref(), patch.as_ref()),
            Self::Same(node) => (Some(node), None),
        };
        a.into_iter().chain(b).filter(|node| !node.is_null())
    }

    /// The kind of the first that is there; all others must be of it too.
    fn kind(&self) -> Result<Kind> {
        let mut found = Kind::Nothing;
        for node in self.each() {
            let this = kind(node);
            if found != Kind::Nothing && this != found {
                let word = |kind| match kind {
                    Kind::Map => "a map",
                    Kind::List => "a list",
                    Kind::Scalar | Kind::Nothing => "a scalar",
                };
                let message = format!("wrong node kind: expected {} but got {}", word(found), word(this));
                return Err(BuildError::invalid(message).at(node.origin()));
            }
            found = this;
        }
        Ok(found)
    }

    /// Scalars and lists that are not merged: the patch's where it has one.
    fn later(self) -> Out {
        match self {
            Self::Same(node) => Out::New(node, None),
            Self::Both(own, Some(patch)) => Out::New(patch, own),
            Self::Both(Some(own), None) => Out::Own(own),
            Self::Both(None, None) => Out::Clear(None),
        }
    }
}

#[cfg(test)]
mod tests;
