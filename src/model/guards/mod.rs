//! What must never be edited: some files as a whole (`check`), and the values of Secrets in others (`values_are_kept`).
//!
//! No option overrides a guard (rule 5 of a change): to change such a file, edit it without this program. Each guard is a file here, and its
//! header says what it locks and what it deliberately leaves open. The attributes of a path come from `git`, as an answer.

pub mod branch;
mod command;
mod covered;
mod encrypted;
mod generated;
mod locked;
mod path;
mod policy;
mod secret;
pub mod settings;
#[cfg(test)]
mod tests;

use crate::render::tree::Tree;

pub use branch::Branch;
pub use command::{PolicyCommand, PolicyScope, PolicySubject};
pub use covered::{CoveredLines, shown_file};
pub use encrypted::line as encrypted_at;
pub use generated::line as generated_at;
pub use locked::{LockReason, Locked};
pub use path::MARKER;
pub use policy::{ChangePolicy, DenyList, RepositoryPolicy, RuleOwner};
pub use secret::{SecretSources, is_value, values_are_kept};

/// What the guards go by, besides the files: read once for each tree.
pub struct GuardRules<'r> {
    pub deny: &'r DenyList,
    pub sources: &'r SecretSources,
    /// The `filter` that git's attributes give to a path.
    pub filter: &'r dyn Fn(&str) -> Option<String>,
}

/// Whether a file may be edited: `bytes` is its content, none for a new file. Its path is checked first: files outside of the repository
/// are never read.
///
/// # Errors
/// The first guard that locks it.
pub fn check(path: &str, bytes: Option<&[u8]>, tree: &dyn Tree, rules: &GuardRules<'_>) -> Result<(), Locked> {
    let locked = |why| Err(Locked { path: path.to_owned(), why });
    let of_place = || {
        let by_name = path::way(path, tree).or_else(|| path::marker(path, tree)).or_else(|| rules.deny.of(path));
        by_name.or_else(|| (rules.filter)(path).map(|filter| LockReason::Filtered { filter }))
    };
    let of_content = |bytes| {
        let by_maker = encrypted::line(bytes).map(|line| LockReason::Encrypted { line });
        by_maker.or_else(|| generated::line(path, bytes).map(|line| LockReason::Generated { line }))
    };
    let why = of_place().or_else(|| rules.sources.of(path)).or_else(|| of_content(bytes?));
    why.map_or(Ok(()), locked)
}
