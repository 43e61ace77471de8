//! Commits taken back: for one object the lines of it that they changed, or one commit as a whole; on the newest files, and proven by builds.
//!
//! ```text
//!  hunks   the lines that a commit has changed in a file, taken back in the file of today
//!  past    a commit with its files, and what of it can be taken back by itself
//!  aim     what belongs to the object: for a Kustomization all that it applies, and what says how
//!  sort    which parts of a commit belong to it, by building without each
//!  plan    the change: guarded, everything built again, what else the commits did, image automation that would undo it
//! ```
//! Which commits there are, and reading them, does *not* belong here.

mod aim;
mod hunks;
mod past;
mod plan;
mod sort;
#[cfg(test)]
mod tests;

pub use aim::history_paths;
pub use past::{PastCommit, PastFile};
pub use plan::{Back, plan, touches};
