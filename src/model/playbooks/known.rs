//! What is known of an object when a playbook is asked: its kind, and its fields as git has them.

use crate::change::BuiltObject;
use crate::forms::Answers;
use crate::insight::declared::Declared;
use crate::insight::field::scalars;
use crate::insight::named::group;
use crate::kinds::{self, Kind};
use crate::render::Node;
use crate::render::id::text_at;

/// An object as far as it is known.
#[derive(Default)]
pub struct KnownObject<'a> {
    /// None for a kind without a file of its own.
    pub kind: Option<&'static Kind>,
    /// `Kind namespace/name`, where a message names it.
    pub name: String,
    /// Each scalar field with its value; none before git was asked.
    fields: Option<Vec<(String, String)>>,
    /// What builds it, and what is built beside it; none on a form.
    pub built: Option<&'a BuiltObject<'a>>,
    /// What was answered so far: what is asked next may depend on it.
    pub answered: Answers,
}

impl<'a> KnownObject<'a> {
    /// Only its kind: git was not asked yet.
    pub fn of_kind(kind: &'static Kind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// As a form knows it. Values of Secrets are masked.
    pub fn declared(kind: &'static Kind, declared: &Declared) -> Self {
        let fields = declared.fields.iter().map(|field| (field.path.clone(), field.value.clone())).collect();
        Self { kind: Some(kind), name: declared.object.clone(), fields: Some(fields), ..Self::default() }
    }

    /// The same, with what was answered so far.
    #[must_use]
    pub fn answered(self, answered: Answers) -> Self {
        Self { answered, ..self }
    }

    /// As it is built.
    pub fn built(built: &'a BuiltObject<'a>) -> Self {
        let node = &built.object.node;
        Self { built: Some(built), ..Self::of(node) }
    }

    fn of(node: &Node) -> Self {
        let fields = scalars(node).into_iter().map(|(path, node)| (path, node.text().unwrap_or_default().to_owned())).collect();
        let kind = kinds::find(group(node), text_at(node, "kind"));
        Self { kind, name: crate::insight::named::shown(node), fields: Some(fields), ..Self::default() }
    }

    /// Whether git was asked.
    pub fn is_known(&self) -> bool {
        self.fields.is_some()
    }

    /// A scalar field, by its path.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.all().find(|(field, _)| *field == path).map(|(_, value)| value)
    }

    /// Whether a field is set at this path, or below it.
    pub fn has(&self, path: &str) -> bool {
        let is_below = |field: &str| field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        self.all().any(|(field, _)| is_below(field))
    }

    /// The items of a list, as paths write them behind the list: `[name=web]`, `[0]`; in order.
    pub fn items(&self, list: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (field, _) in self.all() {
            let Some(item) = field.strip_prefix(list).filter(|rest| rest.starts_with('[')) else { continue };
            let item = item.split_inclusive(']').next().unwrap_or_default();
            if found.last().is_none_or(|last| last != item) {
                found.push(item.to_owned());
            }
        }
        found
    }

    /// Each scalar field with its value, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().flatten().map(|(path, value)| (path.as_str(), value.as_str()))
    }
}
