//! A cluster in memory: an API server behind the ordinary client, without a port, and controllers that behave.
//!
//! ```text
//!  world        one cluster and its clock: started from a snapshot, moved by tests or by the running demo
//!  api          the HTTP service: discovery, reading, watching, writing, tables, logs, reviews; what it does not know it refuses
//!  faults       faults of the connection, set by tests
//!  access       who may do what: RBAC, read from the cluster's own roles and bindings
//!  objects      what etcd is: objects, versions, changes; patches, field managers, garbage collection
//!  controllers  Flux's and Kubernetes', each as a table of what it does when
//!  company      all of it together: two clusters, their repositories, their forge
//!  content      what was recorded: clusters and repositories, built in
//!  git          the repositories, as bare ones in a directory of the run: what sources fetch, and Kustomizations are built from
//!  forge        GitHub's pull requests over these repositories
//!  scenes       what can happen when somebody asks for it: a bad commit, its repair, a node that goes
//! ```
//! A pull request in the demo is opened by the client that also talks to github.com. `runtime` makes that client of three things:
//! ```text
//!  forges::Network::through(company.forge()?.connector())           instead of forges::Network::open()
//!  forges::named("github")                                          instead of asking the host which forge it is
//!  credentials::Token::new(Forge::TOKEN, origin, Source::Demo)      instead of the keyring
//! ```
//! The branch is pushed by the user's git to the path that [`Company::repository`] has for the URL of the remote.
//! An opened snapshot (`--from`) is the same cluster without controllers, and with every write refused.

mod access;
mod api;
mod catalog;
mod company;
pub mod content;
mod controllers;
pub mod faults;
mod forge;
mod git;
mod objects;
pub mod scenes;
mod world;

use std::sync::Arc;

use crate::records::Snapshot;

pub use access::User;
pub use api::{Doors, Line};
pub use company::{Company, Entrance};
pub use controllers::{Git, Head};
pub use forge::Forge;
pub use git::{Repositories, RunDirectory};
pub use world::World;

/// Returns a client whose requests are answered from a snapshot.
pub fn client(snapshot: &Arc<Snapshot>) -> kube::Client {
    World::recorded(snapshot).client(&User::admin())
}
