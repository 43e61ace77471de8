//! What a context allows, by the configuration.

use super::pattern::Pattern;

/// The rules of one context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Nothing is written.
    pub readonly: bool,
    /// Mistakes cost more here: acts are confirmed by typing the context's name.
    pub production: bool,
    /// How many objects one act may be done to; none for any number.
    pub most: Option<usize>,
    /// What is shown is a snapshot: there is nothing to write to.
    pub is_recorded: bool,
}

impl Policy {
    pub fn may_write(&self) -> bool {
        self.barred().is_none()
    }

    /// Why nothing may be written; none where it may.
    pub fn barred(&self) -> Option<&'static str> {
        match () {
            () if self.readonly => Some("read-only"),
            () if self.is_recorded => Some("a snapshot cannot be changed"),
            () => None,
        }
    }
}

/// The rules for the contexts whose names fit a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    pub pattern: Pattern,
    pub policy: Policy,
}
