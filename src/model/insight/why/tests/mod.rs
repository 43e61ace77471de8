//! Explanations of small clusters made of real manifests and statuses.

mod causes;
mod groups;
mod hostile;
mod pods;
mod walks;
pub mod world;
