//! The pure core of fluxdeck: everything that can be decided without asking anybody.
//!
//! ```text
//!  commands   what a user can do, and the keys for it
//!  state      all data a screen may read; messages in, effects out; jobs under way
//!  actions    what is done in the cluster now: patches, guards, what to wait for
//!  forms      a question as data: fields, what each takes, the answers
//!  insight    questions answered from builds: who set a field, what is wrong, what drifted
//!  playbooks  what is changed in git: what is asked, and which fields it sets
//!  change     one change in git: the ways to a wanted value, and the proof of one of them
//!  edit       manifests changed where they lie: splices in their bytes, and the guard over them
//!  guards     what must not be edited: files, and values of Secrets; what branches of changes are called
//!  kinds      one file a kind: how it is read, judged and shown
//!  render     what Flux would apply from a tree of files, and who set each field
//!  domain     objects, identity, health, edges, the store; plain data that I/O rooms know too
//!  error      what failed, on what, and what to do
//! ```
//! A room may name these; `tests/architecture` holds the table to what the sources name, and this text to the table:
//! ```text
//!  commands  → state, actions, forms, insight, kinds, domain, error
//!  state     → actions, forms, insight, render, kinds, domain, error
//!  actions   → forms, kinds, domain, error
//!  forms     → domain, error
//!  insight   → guards, render, kinds, domain, error
//!  playbooks → change, forms, insight, render, kinds, error
//!  change    → edit, insight, render, kinds, error
//!  edit      → render, domain, error
//!  guards    → render, domain, error
//!  kinds     → domain
//!  render    → error
//!  domain    → nothing
//!  error     → nothing
//! ```
//! No kube, tokio, ratatui, crossterm or git here: the compiler proves it, and the tests build in seconds.

pub mod actions;
pub mod change;
pub mod commands;
pub mod domain;
pub mod edit;
pub mod error;
pub mod forms;
pub mod guards;
pub mod insight;
pub mod kinds;
pub mod playbooks;
pub mod render;
pub mod state;
#[cfg(test)]
mod testing;

pub use error::{Error, ErrorKind};
