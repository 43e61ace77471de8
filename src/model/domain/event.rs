//! What the cluster reports about an object: one of its Events, as it is shown.

use jiff::Timestamp;

/// An event, its texts fit for a terminal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventRow {
    pub last: Option<Timestamp>,
    pub is_warning: bool,
    pub count: i32,
    pub reason: String,
    /// `Kind/name`.
    pub object: String,
    pub message: String,
}
