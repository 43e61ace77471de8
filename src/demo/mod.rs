//! A cluster in memory: an API server behind the ordinary client, without a port.
//!
//! It serves what was recorded: discovery, lists with pages and selectors, gets, watches that stay quiet, events. It knows
//! nothing else and says so with a proper `Status`.

mod api;

pub use api::client;
