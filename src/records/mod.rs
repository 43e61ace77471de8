//! What is kept on disk: snapshots, the log of acts, and what is remembered between runs.

mod acts;
mod remember;
mod snapshot;

pub use acts::{acts_file, record, recorded};
pub use remember::{remember, remembered};
pub use snapshot::{Recorded, Snapshot, open, read, save};
