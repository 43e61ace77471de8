//! What a YAML reader says of a text, in a form in which two readers can be compared.

use std::ops::Range;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quoting {
    Plain,
    Single,
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl Quoting {
    pub fn is_block(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }
}

/// What precedes a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    pub anchor: Option<String>,
    /// In its long form: `tag:yaml.org,2002:str`.
    pub tag: Option<String>,
}

impl Properties {
    pub fn is_none(&self) -> bool {
        self.anchor.is_none() && self.tag.is_none()
    }
}

/// Never a resolved value: `1` and `"1"` differ, `1` and `0x1` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    DocumentStart,
    DocumentEnd,
    Scalar {
        text: String,
        quoting: Quoting,
        properties: Properties,
    },
    List {
        is_flow: bool,
        properties: Properties,
    },
    Map {
        is_flow: bool,
        properties: Properties,
    },
    /// Of a list or a map.
    End,
    Alias(String),
}

/// An event and the bytes it stands for, properties included.
#[derive(Clone, Debug)]
pub struct YamlEvent {
    pub kind: EventKind,
    pub range: Range<usize>,
    /// Line and column from 1, as `render` counts them: libyaml's lines, columns in characters.
    pub line: u32,
    pub column: u32,
}
