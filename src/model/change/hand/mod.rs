//! A file edited by hand: the file itself, at the head of the branch, opened in the user's editor; what was typed, as lines; the change that
//! it is.
//!
//! ```text
//!  line   a line of a file of the repository
//!  files  which files make an object, and the text of one of them
//!  edit   what was typed: the lines that differ, found again in a file that others have changed meanwhile
//!  check  whether a saved text can be taken at all
//!  plan   the edit as a change: guarded, everything built again, every field that is another one then
//! ```
//! Nothing particular is wanted of such a change: what it does is all that differs in what is built. Opening an editor does *not* belong here.

mod check;
mod edit;
mod files;
mod line;
mod plan;
#[cfg(test)]
mod tests;

pub use check::check;
pub use edit::{EditedLines, HandEdit};
pub use files::{FileChoice, OpenedFile, Opening, open};
pub use line::SourceLine;
pub use plan::plan;
pub(super) use plan::rebuilt;
