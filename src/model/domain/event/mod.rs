//! What the cluster reports about an object: one of its Events, as it is shown, and the many of them as lines.

mod log;
mod shape;
#[cfg(test)]
mod tests;

pub use log::{EventLine, EventLog, LineKey};

use jiff::Timestamp;

/// An event, its texts fit for a terminal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventRow {
    /// When it was seen first; of one that was seen once as `last`.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub is_warning: bool,
    pub count: i32,
    pub reason: String,
    /// `Kind/name`.
    pub object: String,
    pub message: String,
    /// The component that reports it: `kustomize-controller`, `kubelet`.
    pub from: String,
}

impl EventRow {
    /// Its type as the API has it.
    pub fn type_word(&self) -> &'static str {
        if self.is_warning { "Warning" } else { "Normal" }
    }
}
