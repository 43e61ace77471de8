//! What is kept on disk: snapshots, the log of acts and who is writing it, and what is remembered between runs.

mod acts;
mod remember;
mod run;
mod snapshot;

pub use acts::{acts_file, record, recorded};
pub use remember::{remember, remembered};
pub use run::Run;
pub use snapshot::{Recorded, Snapshot, open, read, save};
