//! The suites, one file an idea.

mod acting;
mod actions;
mod connection;
mod get;
pub mod outages;
mod screen;
mod snapshots;
mod tree;
mod users;
