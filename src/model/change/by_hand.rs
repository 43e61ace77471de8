//! Where a person edits by hand what is refused here: the line in the repository, and the same file in a checkout of theirs.
//!
//! Opening an editor, and what is done with the edited file, do *not* belong here: that checkout is the user's own.

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

/// A line to edit by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandEdit {
    pub at: SourceLine,
    pub copy: CheckoutFile,
}

/// A file of the repository in a checkout of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckoutFile {
    Here {
        path: String,
        /// It is the same as at the head of the base branch.
        is_same: bool,
    },
    /// No checkout has it.
    Nowhere,
    /// SOPS keeps it: an editor alone would break it.
    Encrypted,
}
