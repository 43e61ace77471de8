//! What a person asks for by flags.

use std::collections::BTreeSet;

use super::record::{LogLevel, LogRecord};
use crate::domain::Str;

/// The lines that are wanted; by default all. As the flux CLI's flags: the level is meant exactly, kind and name without regard to capitals
/// (flux2 `cmd/flux/logs.go`, `filterPrintLog`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSieve {
    pub level: Option<LogLevel>,
    /// The kind of the object, as the controllers write it.
    pub kind: Option<Str>,
    pub name: Option<Str>,
    /// Namespaces of objects; empty for all.
    pub namespaces: BTreeSet<Str>,
}

impl LogSieve {
    /// Whether a line is wanted. One that is not about an object is, as long as no object is asked for.
    pub fn takes(&self, record: &LogRecord) -> bool {
        let is_level = self.level.is_none_or(|level| record.level == Some(level));
        let asks_for_object = self.kind.is_some() || self.name.is_some() || !self.namespaces.is_empty();
        let is_meant = match &record.subject {
            None => !asks_for_object,
            Some(subject) => {
                let is =
                    |wanted: &Option<Str>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found));
                is(&self.kind, &subject.kind)
                    && is(&self.name, &subject.name)
                    && (self.namespaces.is_empty() || self.namespaces.contains(&subject.namespace))
            }
        };
        is_level && is_meant
    }
}
