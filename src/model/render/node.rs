//! The node: a YAML value that knows where it comes from.
//!
//! A mapping keeps the order of its keys (kustomize's walks depend on it); tags and styles are kept because kustomize decides by
//! them what a scalar is when it writes it. Children are behind `Arc`, so that a copy costs a count and a change copies one level
//! only. What does *not* belong here: reading and writing text (`read`, `write`), what a field means (`fields`).

use std::sync::Arc;

use super::schema::FieldSchema;

pub use super::origin::{Anchor, Detail, Inner, Layer, Location, Notation, Origin};
pub use super::trace::Trace;

/// Shared text of a scalar, a key or a path.
pub type Text = Arc<str>;

/// What kind of value a scalar claims to be: go-yaml's tags, in their short form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// None given: the text decides.
    #[default]
    None,
    Null,
    Bool,
    Str,
    Int,
    Float,
    Timestamp,
    Map,
    Seq,
    Binary,
    Merge,
    Other(Text),
}

impl Tag {
    /// As it is written before a value; nothing for none.
    pub fn spelled(&self) -> &str {
        match self {
            Self::None => "",
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Str => "!!str",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Map => "!!map",
            Self::Seq => "!!seq",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
            Self::Other(tag) => tag,
        }
    }
}

/// How a node was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// A plain scalar, a block sequence or a block mapping.
    #[default]
    Plain,
    Single,
    Double,
    /// With the column (from 1) at which its text starts in the file, 0 if not known.
    Literal(u16),
    Folded,
    /// `{}` or `[]`.
    Flow,
}

impl Style {
    /// Quoted or block: a string, whatever it looks like.
    pub fn is_string(self) -> bool {
        matches!(self, Self::Single | Self::Double | Self::Literal(_) | Self::Folded)
    }
}

/// Two are equal if they have the same content at the same places; [`Node::is_same`] compares the content alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub tag: Tag,
    /// The tag was written in the file (`!!str 5`), so it is written again.
    pub is_tagged: bool,
    pub style: Style,
    /// What a comment that is a JSON object says of this list or map: kyaml takes that for its schema.
    pub said: Option<Arc<FieldSchema>>,
    pub trace: Trace,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Scalar(Text),
    List(Arc<Vec<Node>>),
    Map(Arc<Vec<Entry>>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Node,
    pub value: Node,
}

impl Node {
    pub fn scalar(text: impl Into<Text>, tag: Tag, trace: Trace) -> Self {
        Self { value: Value::Scalar(text.into()), tag, is_tagged: false, style: Style::Plain, said: None, trace }
    }

    /// A string, which is quoted on output where it would read as something else.
    pub fn string(text: impl Into<Text>, trace: Trace) -> Self {
        Self::scalar(text, Tag::Str, trace)
    }

    pub fn null(trace: Trace) -> Self {
        Self::scalar("null", Tag::Null, trace)
    }

    pub fn list(items: Vec<Node>, trace: Trace) -> Self {
        Self { value: Value::List(Arc::new(items)), tag: Tag::Seq, is_tagged: false, style: Style::Plain, said: None, trace }
    }

    pub fn map(entries: Vec<Entry>, trace: Trace) -> Self {
        Self { value: Value::Map(Arc::new(entries)), tag: Tag::Map, is_tagged: false, style: Style::Plain, said: None, trace }
    }

    pub fn origin(&self) -> &Origin {
        &self.trace.origin
    }

    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    pub fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    pub fn is_scalar(&self) -> bool {
        matches!(self.value, Value::Scalar(_))
    }

    /// Explicitly null: `~`, `null` or nothing.
    pub fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }

    /// The scalar's text, whatever its type.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub fn shared_text(&self) -> Option<&Text> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a sequence; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match &mut self.value {
            Value::Map(entries) => Some(Arc::make_mut(entries)),
            _ => None,
        }
    }

    pub fn items_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::List(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    /// The first entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.text() == Some(key))
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        // look first: a copy of a shared level is made only when there is something to change
        let index = self.entries().iter().position(|entry| entry.key.text() == Some(key))?;
        Some(&mut self.entries_mut().expect("an entry was found in it")[index].value)
    }

    /// The same, every value of it said by another layer.
    #[must_use]
    pub fn said_by(&self, layer: Layer) -> Self {
        let value = match &self.value {
            Value::Scalar(text) => Value::Scalar(text.clone()),
            Value::List(items) => Value::List(Arc::new(items.iter().map(|item| item.said_by(layer)).collect())),
            Value::Map(entries) => {
                let entry = |entry: &Entry| Entry { key: entry.key.clone(), value: entry.value.said_by(layer) };
                Value::Map(Arc::new(entries.iter().map(entry).collect()))
            }
        };
        let mut node = Self { value, ..self.clone() };
        node.trace.origin.layer = layer;
        node
    }

    /// The same, with everything in it at the position that `place` gives.
    #[must_use]
    pub fn moved(&self, place: &dyn Fn(&Origin) -> Origin) -> Self {
        let value = match &self.value {
            Value::Scalar(text) => Value::Scalar(text.clone()),
            Value::List(items) => Value::List(Arc::new(items.iter().map(|item| item.moved(place)).collect())),
            Value::Map(entries) => {
                let entry = |entry: &Entry| Entry { key: entry.key.moved(place), value: entry.value.moved(place) };
                Value::Map(Arc::new(entries.iter().map(entry).collect()))
            }
        };
        Self { value, trace: self.trace.moved(place), ..self.clone() }
    }

    /// The node at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Same content (values, tags, styles), wherever it comes from.
    pub fn is_same(&self, other: &Node) -> bool {
        self.tag == other.tag
            && match (&self.value, &other.value) {
                (Value::Scalar(a), Value::Scalar(b)) => a == b,
                (Value::List(a), Value::List(b)) => {
                    Arc::ptr_eq(a, b) || a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.is_same(b))
                }
                (Value::Map(a), Value::Map(b)) => {
                    Arc::ptr_eq(a, b)
                        || a.len() == b.len()
                            && a.iter().zip(b.iter()).all(|(a, b)| a.key.is_same(&b.key) && a.value.is_same(&b.value))
                }
                _ => false,
            }
    }
}
