//! A line of a file of the repository.

use std::fmt;

use crate::render::Node;

/// A line of a file of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLine {
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: u32,
}

/// `file:line`, as far as it is known.
impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

impl SourceLine {
    /// The line that sets a value; none of one that no file of the repository sets.
    pub fn of(node: &Node) -> Option<Self> {
        let origin = node.origin();
        Some(Self { file: origin.file()?.to_string(), line: origin.line })
    }
}
