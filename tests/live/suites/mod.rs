//! The suites, one file an idea.

mod answers;
mod connection;
mod get;
mod outages;
mod screen;
mod snapshots;
mod tree;
mod users;
