//! What is kept on disk: jobs, snapshots, saved tables, the log of acts and who is writing it, and what is remembered between runs. All of it goes
//! through [`crate::files`], so that a test can put a faulty disk in its place.

pub mod acts;
pub mod allowed;
pub mod jobs;
mod kept;
pub mod manuscripts;
pub mod readers;
pub mod remember;
mod run;
pub mod screens;
pub mod snapshot;
pub mod sources;

pub use acts::acts_file;
pub use run::Run;
pub use snapshot::{Recorded, Snapshot, open, read};
pub use sources::sources_file;
