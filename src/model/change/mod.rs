//! One change in git, before anything is written: from a field and its wanted value to edited files, and the proof that they have that effect.
//!
//! ```text
//!  wanted   FIELD=VALUE, as people write it        value    VALUE as the type that the field has
//!  builds   everything that the repository builds  target   the one object that is meant, and what builds it
//!  reach    which folders may be built from a file, where no Flux Kustomization says so
//!  ways     which places could be changed to give the field that value: one file for each kind of layer
//!  write    a way → new bytes of files             edited   a tree with these bytes
//!  compare  two builds, object by object, field by field
//!  rendered every object that is built otherwise then, for people; what was compared for the proof, whole
//!  checks   what was checked, what passed, and what was not run
//!  proof    the effects of a way: the field has its wanted value, what else changes, what is not proven
//!  lines    which lines each field changes
//!  owners   who owns the files, as the forge goes by
//!  trial    one way after the other, until one is proven
//!  cautions what a person should know besides, and what could be changed instead: one file for each rule
//!  steps    from what is there to what it is to be: which fields are set, added and taken out
//!  inverse  what takes a field back that came or went
//!  manuscript  an object as a text that a person edits, and what the edited text wants
//!  order    a change as it was asked for, to be planned again in another run
//!  source   what a person is asked where the cluster does not know the repository
//!  proposal a plan as a person reviews it; describe: in words, and as a pull request says it
//!  reviewed what others had answered when it was confirmed, against what they answer where its base is now
//!  commit   a commit as it is read, and what is between two revisions
//!  wording  title and text of a pull request as a person edits them
//!  pull     a pull request of anyone, with what it does to all builds
//!  hand     a file as a person edits it: which one, what was typed, and all that it does
//!  back     commits taken back: the lines that belong to an object, or a commit as a whole
//!  taken    which commits are taken back, as the journal keeps it
//!  layer    which place is to be changed, as a person says it
//!  plan     one field after the other; refused as a whole, with what else would change, if one is not proven
//! ```
//! *Propose, build, prove*: no way is trusted; everything is built again with the edited files. Whether a file may be edited at all is up to
//! `guards`; writing to a checkout, committing and asking the user do *not* belong here.

pub mod back;
mod builds;
mod cautions;
mod checks;
mod commit;
mod compare;
pub mod competing;
mod describe;
mod edited;
pub mod hand;
mod inverse;
mod layer;
mod lines;
pub mod manuscript;
mod order;
pub mod outside;
mod owners;
mod plan;
mod proof;
pub mod proposal;
mod pull;
mod reach;
mod rendered;
mod reviewed;
mod source;
mod steps;
mod taken;
mod target;
mod trial;
mod value;
mod wanted;
mod ways;
mod wording;
mod write;

#[cfg(test)]
pub(crate) mod tests;

pub use builds::{Build, Builds, ChangeScope};
pub use cautions::{Alternative, Caution, cautions_between};
pub use checks::{Check, CheckResult};
pub use commit::{CommitAsk, CommitReview, PatchText, RangeReview};
pub use compare::{BuildDifference, ObjectKey, Renamed};
pub use competing::{CompetingPull, CompetingTouch};
pub use describe::{PullText, besides, body, message, prefix, rendered as rendered_lines, title};
pub use hand::{FileChoice, HandEdit, OpenedFile, Opening, SourceLine};
pub use inverse::Inverse;
pub use layer::LayerChoice;
pub use lines::{FieldLines, LineSpan, field_of};
pub use order::{ChangeOrder, ChangeSetting, ChangeSite, OrderedObject, SiteScope};
pub use owners::{FileOwners, OwnerFiles};
pub use plan::{ChangeContext, ChangePlan, FieldChange, FieldLeftOut, MeantObject, PlanOutcome, Refused, object, plan};
pub use proof::ChangeProof;
pub use proposal::{
    Authorship, ChangeRefusal, ForgeChoice, Proposal, Proposed, ProposedField, ProposedFile, SeenElsewhere, WayChoice,
};
pub use pull::{AppliedFolder, PullEffect, PullPlace, PullReview, TouchedBuild};
pub use rendered::{ObjectFate, RenderedBuild, RenderedField, RenderedObject, extent};
pub use reviewed::ReviewedAnswers;
pub use source::SourceQuestion;
pub use taken::{PastVersions, TakenBack, TakenCommit};
pub use target::BuildChoice;
pub use trial::Tried;
pub use wanted::{BuiltObject, WantedChange, WantedField, WantedOf, WantedValue};
pub use ways::{Way, image_name, image_parts};
pub use wording::Wording;
pub use write::ChangedFile;
