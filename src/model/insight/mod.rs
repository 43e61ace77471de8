//! Questions answered from builds and from the graph: what set a field, what is wrong in a repository, where a cluster differs from
//! git, why an object is as it is.
//!
//! ```text
//!  field    a path to a field, as users write it          named    an object, as users name it
//!  setting  the layer that wins, and those below it       check    what is wrong in a repository, rule by rule
//!  schema   what a kind's fields may be                   drift    a live object against what git renders
//!  declared what git says of an object, field by field    file     a file as a screen may show it
//!  member   a Flux Kustomization, as people name it       offered  where versions of a source are on offer
//!  why      from an object to the first cause             trace    from an object up to its source
//!  pulse    a cluster at a glance                         installation  whether Flux itself is as it has to be
//!  values   Helm values: which layer each key comes from, and what differs between two releases
//!  controller_log  what Flux's controllers write about an object
//!  dependencies  what depends on what, as a graph in layers
//! ```
//! Everything here is a function of its arguments. Building, fetching and printing do *not* belong here.

pub mod check;
pub mod controller_log;
pub mod declared;
pub mod dependencies;
pub mod drift;
pub mod field;
pub mod file;
pub mod installation;
pub mod member;
pub mod named;
pub mod offered;
pub mod pulse;
pub mod schema;
pub mod setting;
pub mod trace;
pub mod values;
pub mod why;
