//! The whole program on a recorded cluster: keys in, frames and effects out.

pub mod api;
pub mod driver;

mod acting;
mod alone;
mod ascii;
mod broken;
mod by_hand;
mod changes;
mod checks;
mod compared;
mod completed;
mod crashed;
mod demo;
mod files;
mod filters;
mod flags;
mod followed;
mod forge;
mod git;
mod guarded;
mod habits;
mod instead;
mod jobs;
mod looking;
mod narrow;
mod notices;
mod policies;
mod printed;
mod programs;
pub mod proposals;
mod recorded;
mod refusals;
mod remote;
mod replayed;
mod reviews;
mod scenes;
mod served;
mod sites;
mod spelled;
mod submitted;
mod tables;
mod tree;
#[cfg(target_os = "linux")]
mod troubled;
mod why;
mod worded;
