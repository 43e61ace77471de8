//! The suites, one file an idea.

mod conformance;
mod connection;
mod demo;
mod get;
mod outages;
mod screen;
mod snapshots;
mod tree;
mod users;
