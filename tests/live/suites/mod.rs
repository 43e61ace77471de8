//! The suites, one file an idea.

mod acting;
mod actions;
mod answers;
mod builds;
mod conformance;
mod connection;
mod demo;
mod drift;
mod get;
mod git;
pub mod outages;
mod schemas;
mod screen;
mod snapshots;
mod teeth;
mod tree;
mod users;
mod ways;
