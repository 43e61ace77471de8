//! The suites, one file an idea.

mod connection;
mod get;
mod snapshots;
mod tree;
