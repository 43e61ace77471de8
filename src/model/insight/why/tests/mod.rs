//! Explanations of small clusters made of real manifests and statuses.

mod causes;
mod faults;
mod groups;
mod hostile;
mod pods;
mod refusals;
mod walks;
mod workloads;
pub mod world;
