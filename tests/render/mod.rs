//! Builds: the corpus of `fixtures/render` against what kustomize made of it (`tests/live/oracle update` writes that), and trees that want
//! to do harm.

mod corpus;
mod desk;
#[path = "../support/disk.rs"]
mod disk;
mod edit;
mod everything;
mod explained;
mod fleet;
mod flux;
mod origins;
mod wanted;
