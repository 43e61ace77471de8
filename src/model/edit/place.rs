//! Where in a file: a document and a path in it.

use std::fmt;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PlaceStep {
    Key(String),
    /// From 0; another item goes before it.
    Index(usize),
    /// The item of a list that has these values: `name=api`.
    Item(Vec<(String, String)>),
    /// The item of a list that is this text.
    Is(String),
    /// Where another item of a list goes: behind the last one, or, where the list is sorted, between those it is sorted between.
    Last,
    /// Into the text of a scalar, which is YAML or JSON: its document.
    Inside(usize),
}

/// A node of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodePlace {
    /// From 0; documents with nothing in them do not count, as in `render`.
    pub document: usize,
    pub path: Vec<PlaceStep>,
}

impl NodePlace {
    pub fn root(document: usize) -> Self {
        Self { document, path: Vec::new() }
    }

    /// Of keys only.
    pub fn keys<'k>(document: usize, keys: impl IntoIterator<Item = &'k str>) -> Self {
        Self { document, path: keys.into_iter().map(|key| PlaceStep::Key(key.to_owned())).collect() }
    }

    #[must_use]
    pub fn then(mut self, step: PlaceStep) -> Self {
        self.path.push(step);
        self
    }

    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.then(PlaceStep::Key(key.to_owned()))
    }

    /// The item of a list whose `name` is this.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.then(PlaceStep::Item(vec![("name".to_owned(), name.to_owned())]))
    }

    #[must_use]
    pub fn index(self, at: usize) -> Self {
        self.then(PlaceStep::Index(at))
    }

    /// The place of the text that contains the rest of the path, and the rest as a place in that text.
    pub(super) fn outer(&self) -> Option<(Self, Self)> {
        let at = self.path.iter().position(|step| matches!(step, PlaceStep::Inside(_)))?;
        let PlaceStep::Inside(document) = self.path[at] else { return None };
        let outer = Self { document: self.document, path: self.path[..at].to_vec() };
        Some((outer, Self { document, path: self.path[at + 1..].to_vec() }))
    }
}

impl fmt::Display for NodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for step in &self.path {
            match step {
                PlaceStep::Key(key) if key.contains(['.', '/', '[']) => text.push_str(&format!("['{key}']")),
                PlaceStep::Key(key) => text.push_str(&format!(".{key}")),
                PlaceStep::Index(at) => text.push_str(&format!("[{at}]")),
                PlaceStep::Item(pairs) => {
                    let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    text.push_str(&format!("[{}]", pairs.join(",")));
                }
                PlaceStep::Is(value) => text.push_str(&format!("[={value}]")),
                PlaceStep::Last => text.push_str("[]"),
                PlaceStep::Inside(_) => text.push('|'),
            }
        }
        f.write_str(&crate::domain::text::sanitise_line(text.trim_start_matches('.')))
    }
}
