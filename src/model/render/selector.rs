//! Which objects a patch, a replacement or a value is for. Source: kustomize api v0.21.1 `types/selector.go`.

use regex::Regex;

use super::error::{BuildError, Result};
use super::id::{Gvk, Id};
use super::node::{Origin, Text};
use crate::domain::{LabelSelector, go_pattern};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    pub gvk: Gvk,
    pub name: Text,
    pub namespace: Text,
    pub labels: Text,
    pub annotations: Text,
    pub origin: Option<Origin>,
}

/// The selector's patterns, anchored at both ends.
#[derive(Debug)]
pub struct Patterns {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
}

impl Selector {
    /// # Errors
    /// A pattern that is not a regular expression.
    pub fn patterns(&self) -> Result<Patterns> {
        let pattern = |text: &Text| {
            if text.is_empty() {
                return Ok(None);
            }
            let wrong = || self.place(BuildError::invalid(format!("`{text}` is not a regular expression")));
            go_pattern::whole(text).map(Some).ok_or_else(wrong)
        };
        Ok(Patterns {
            group: pattern(&self.gvk.group)?,
            version: pattern(&self.gvk.version)?,
            kind: pattern(&self.gvk.kind)?,
            name: pattern(&self.name)?,
            namespace: pattern(&self.namespace)?,
        })
    }

    /// # Errors
    /// Not a label selector.
    pub fn label_terms(&self) -> Result<LabelSelector> {
        LabelSelector::parse(&self.labels).map_err(|why| self.place(BuildError::invalid(why)))
    }

    /// # Errors
    /// Not a label selector.
    pub fn annotation_terms(&self) -> Result<LabelSelector> {
        LabelSelector::parse(&self.annotations).map_err(|why| self.place(BuildError::invalid(why)))
    }

    fn place(&self, error: BuildError) -> BuildError {
        match &self.origin {
            Some(origin) => error.at(origin),
            None => error,
        }
    }

    /// Says nothing about group, version, kind, name or namespace.
    pub fn names_nothing(&self) -> bool {
        self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty()
    }
}

impl Patterns {
    pub fn is_gvk(&self, gvk: &Gvk) -> bool {
        is(&self.group, &gvk.group) && is(&self.version, &gvk.version) && is(&self.kind, &gvk.kind)
    }

    pub fn is_name(&self, name: &str) -> bool {
        is(&self.name, name)
    }

    pub fn is_namespace(&self, namespace: &str) -> bool {
        is(&self.namespace, namespace)
    }

    /// Group, version, kind, name and namespace as they are written.
    pub fn is_id(&self, id: &Id) -> bool {
        self.is_gvk(&id.gvk) && self.is_name(&id.name) && self.is_namespace(&id.namespace)
    }
}

fn is(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}
