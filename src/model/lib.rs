//! The pure core of fluxdeck: everything that can be decided without asking anybody.
//!
//! ```text
//!  commands → { state, actions, forms, insight, kinds, domain }   what a user can do, and the keys for it
//!  state    → { actions, forms, insight, render, kinds, domain }   all data a screen may read; messages in, effects out; jobs under way
//!  actions  → { forms, kinds, domain }                     what is done in the cluster now: patches, guards, what to wait for
//!  forms    → domain                                       a question as data: fields, what each takes, the answers
//!  insight  → { render, kinds, domain }                    questions answered from builds: who set a field, what is wrong, what drifted
//!  playbooks → { change, forms, insight, render, kinds, domain }   what is changed in git: what is asked, and which fields it sets
//!  change   → { edit, insight, render, kinds, domain }     one change in git: the ways to a wanted value, and the proof of one of them
//!  edit     → { render, domain }                           manifests changed where they lie: splices in their bytes, and the guard over them
//!  kinds    → domain                                       one file a kind: how it is read, judged and shown
//!  render   → domain                                       what Flux would apply from a tree of files, and who set each field
//!  domain   → nothing                                      objects, identity, health, edges, the store
//! ```
//! No kube, tokio, ratatui, crossterm or git here: the compiler proves it, and the tests build in seconds.

pub mod actions;
pub mod change;
pub mod commands;
pub mod domain;
pub mod edit;
pub mod error;
pub mod forms;
pub mod insight;
pub mod kinds;
pub mod playbooks;
pub mod render;
pub mod state;
#[cfg(test)]
mod testing;

pub use error::{Error, ErrorKind};
