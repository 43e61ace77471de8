//! One change in git, before anything is written: from a field and the value that it is to have to edited files and the proof that they do it.
//!
//! ```text
//!  wanted   FIELD=VALUE, as people write it        value    VALUE as the type that the field has
//!  builds   everything that the repository builds  target   the one object that is meant, and who builds it
//!  reach    which folders may be built from a file, where no Flux Kustomization says so
//!  ways     which places could be changed so that the field reads so: one file a kind of layer
//!  write    a way → new bytes of files             edited   a tree with these bytes
//!  compare  two builds, object by object, field by field
//!  checks   what was looked at, what passed, and what was not run
//!  proof    what a way does: the field reads as wanted, what else changes, what cannot be said
//!  trial    one way after the other, until one is proven
//!  plan     one field after the other; refused as a whole, with what else would change, where one is not proven
//! ```
//! *Propose, build, prove*: no way is trusted for what it says; everything is built again with the edited files. Whether a file may be edited
//! at all is `guards`; writing to a checkout, committing and asking people do *not* belong here.

mod builds;
mod checks;
mod compare;
mod edited;
mod plan;
mod proof;
mod reach;
mod target;
mod trial;
mod value;
mod wanted;
mod ways;
mod write;

#[cfg(test)]
mod tests;

pub use builds::{Build, Builds, Scope};
pub use checks::{Check, Verdict};
pub use compare::{Difference, Renamed};
pub use plan::{Done, Ground, Layer, Outcome, Plan, Refused, Rules, plan};
pub use proof::Proof;
pub use trial::Tried;
pub use wanted::Wanted;
pub use ways::Way;
pub use write::File;
