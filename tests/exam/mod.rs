//! The exam of `run set-field`: scalar fields of what kustomization folders build are changed through the program, git applies the patch, and
//! kustomize itself shows what became of it. Nothing of fluxdeck's own renderer takes part in a verdict.
//!
//! ```text
//!  random       numbers that are the same on every run
//!  process      a program, its input and its output
//!  build        kustomize, and its output as an API server reads it
//!  scratch      a copy of a repository, which git restores after each question
//!  draw         which field, and which new value
//!  difference   two builds, field by field
//!  plain        what a plain replacement at the place that `where` names does: whether a field is shared
//!  verdict      one question from the command line to the verdict
//!  report       the table
//!  corpus       our own repositories in `fixtures/exam`: every field of them, with the exceptions that are expected
//!  by_hand      any repositories: FLUXDECK_EXAM=DIR:DIR…, with FLUXDECK_EXAM_FIELDS, FLUXDECK_EXAM_SEED, FLUXDECK_EXAM_CRLF=1
//! ```

pub mod build;
pub mod by_hand;
pub mod corpus;
pub mod difference;
mod draw;
mod plain;
mod process;
mod random;
mod report;
mod scratch;
pub mod teeth;
mod verdict;
