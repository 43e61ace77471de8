//! What became of a request.

use crate::error::Error;

/// What came of sending a step, or of looking whether it has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The API server has done it; the object is of this generation now, and shows the proof of the request or not.
    Taken { generation: i64, is_proven: bool },
    /// The API server says no: nothing happened.
    Refused(Error),
    /// Somebody else wrote at the same moment: nothing happened, try again.
    Conflict(String),
    /// Nothing left this machine.
    Unsent(Error),
    /// Nothing left this machine, because it could not be written down that it would.
    Unrecorded(String),
    /// It may have arrived or not.
    Unknown(String),
    /// Looked up: the object does not show it. What was sent may still arrive.
    Absent,
    /// Looked up: the object is not there (any more), or it is another one.
    Missing,
    /// Could not be looked up.
    Unseen(String),
}
