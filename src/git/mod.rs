//! The user's own checkouts, and clones in the cache: folders and commits as trees that can be built, and what changed between two of them.
//!
//! git2 reads objects here and nothing else: it runs no program, no hook and no filter, and never asks the network. Where paths of a
//! repository lead is decided by `render::tree`, the same way for every tree; this room only refuses to follow. It writes objects and
//! references of our own; the user's own git commits, fetches and pushes (`programs`).

mod attributes;
mod changes;
mod checkout;
mod clones;
mod commit;
mod failure;
mod folder;
mod history;
mod merged;
mod patch;
mod shared;
mod write;

#[cfg(test)]
mod tests;

pub use attributes::Attributes;
pub use changes::{Change, Changed};
pub use checkout::{Checkout, View, repository as repository_key};
pub use clones::{clone_of, forget_kept, kept, make_clone, mark_moving, name_of, remote_reference};
pub use commit::Commit;
pub use failure::Failure;
pub use folder::Folder;
pub use history::{History, Stretch};
pub use merged::{BranchCommit, FileChange, MergeTrial};
pub use patch::patch;
pub use shared::SharedCommit;
pub use write::{Content, Written};
