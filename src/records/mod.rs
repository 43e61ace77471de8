//! What is kept on disk: snapshots, and what is remembered between runs.

mod remember;
mod snapshot;

pub use remember::{remember, remembered};
pub use snapshot::{Recorded, Snapshot, open, read, save};
