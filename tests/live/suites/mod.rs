//! The suites, one file an idea.

mod answers;
mod builds;
mod connection;
mod drift;
mod get;
mod outages;
mod schemas;
mod screen;
mod snapshots;
mod tree;
mod users;
