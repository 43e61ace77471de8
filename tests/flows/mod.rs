//! The whole program on a recorded cluster: keys in, frames and effects out.

pub mod api;
pub mod driver;

mod acting;
mod alone;
mod changes;
mod checks;
mod crashed;
mod demo;
mod files;
mod flags;
mod followed;
mod forge;
mod git;
mod jobs;
mod looking;
mod notices;
pub mod proposals;
mod recorded;
mod replayed;
mod reviews;
mod submitted;
mod tables;
mod tree;
