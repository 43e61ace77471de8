//! When something is asked again.

use std::time::Duration;

/// Something that is asked again and again, once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timer {
    pub due: Option<Duration>,
    pub is_under_way: bool,
}

impl Timer {
    pub const OFF: Self = Self { due: None, is_under_way: false };

    pub fn at(due: Duration) -> Self {
        Self { due: Some(due), is_under_way: false }
    }

    /// When it has to be begun.
    pub fn wake(self) -> Option<Duration> {
        self.due.filter(|_| !self.is_under_way)
    }
}
