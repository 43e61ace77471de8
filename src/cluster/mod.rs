//! The API server: connecting, finding out what is served, listing, watching, fetching bodies, asking for rights, and the one place that
//! writes.
//!
//! Returns domain values or typed errors, and knows nothing about screens. Nothing here spawns.

mod cause;
mod client;
mod connect;
mod connection;
mod controllers;
mod discover;
mod dry_run;
mod failure;
mod feed;
mod helm;
mod kubeconfig;
mod login;
mod logs;
mod look;
mod printed;
mod review;
mod send;
mod served;
#[cfg(test)]
pub mod testing;
mod write;

pub use cause::{Cause, Certificate};
pub use connect::{Access, Kubeconfig, Prepared, prepare};
pub use connection::Connection;
pub use controllers::{Controller, FLUX_NAMESPACE, controllers};
pub use discover::{Discovered, discover, flux_version, uid};
pub use dry_run::dry_run;
pub use failure::{Failure, Unreached, explain};
pub use feed::{Event, Feed, Page};
pub use helm::{release, release_numbers, stored, values_data};
pub use login::{Login, Logins};
pub use logs::{Container, ContainerState, Line, Lines, LogAsk, Start, containers, logs};
pub use look::{body, events, full_list, labelled, shown, yaml};
pub use printed::{TableEvent, TablePage, Tables};
pub use review::{may, who};
pub use served::{Catalog, Served};
pub use write::{probe, whole, write};
