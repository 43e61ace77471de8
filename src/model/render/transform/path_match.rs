//! Paths with conditions, wildcards and creation, as replacements use them: `a.b.[name=x].c`, `a.*.b`, `a.0`.
//! Source: kyaml v0.21.1 `yaml/match.go` (PathMatcher).

use regex::Regex;

use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::node::{Node, Origin, Tag, Trace, Value};
use super::super::read::{self, TextPlace};
use super::super::write;
use crate::domain::go_pattern;

/// What is made where a path ends in nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Create {
    Nothing,
    Scalar,
    List,
    Map,
}

impl Create {
    /// The kind of a value that is put there.
    pub fn like(value: &Node) -> Self {
        match value.value {
            Value::Scalar(_) => Self::Scalar,
            Value::List(_) => Self::List,
            Value::Map(_) => Self::Map,
        }
    }

    /// What the part before `next` has to be.
    fn before(self, next: Option<&str>) -> Self {
        match next {
            None | Some("") => self,
            Some(next) if fields::is_item(next) || next.parse::<usize>().is_ok() => Self::List,
            Some(_) => Self::Map,
        }
    }

    fn empty(self, origin: &Origin) -> Node {
        let trace = Trace::new(origin.clone());
        let node = match self {
            Self::List => Node::list(Vec::new(), trace),
            Self::Map => Node::map(Vec::new(), trace),
            Self::Scalar | Self::Nothing => Node::scalar("", Tag::None, trace),
        };
        Node { tag: Tag::None, ..node }
    }
}

pub(super) struct Matcher<'m> {
    pub create: Create,
    pub origin: &'m Origin,
}

impl Matcher<'_> {
    /// The ways to all nodes that a path means, created where that is asked for. `None`: a field on the way is not there.
    pub fn find(&self, root: &mut Node, path: &[String]) -> Result<Option<Vec<Vec<usize>>>> {
        let Some(part) = path.first() else { return Ok(Some(vec![Vec::new()])) };
        if part.parse::<usize>().is_ok() {
            return self.index(root, part, path);
        }
        if fields::is_item(part) {
            return self.items(root, part, path);
        }
        if part == "*" {
            return self.every(root, path);
        }
        self.field(root, part, path)
    }

    fn below(&self, root: &mut Node, at: usize, path: &[String]) -> Result<Option<Vec<Vec<usize>>>> {
        let found = self.find(fields::at_mut(root, &[at]), path)?;
        Ok(found.map(|ways| ways.into_iter().map(|way| std::iter::once(at).chain(way).collect()).collect()))
    }

    fn field(&self, root: &mut Node, part: &str, path: &[String]) -> Result<Option<Vec<Vec<usize>>>> {
        if root.is_null() {
            // what kyaml creates below null belongs to nothing
            return Ok((self.create != Create::Nothing).then(|| vec![COPY.to_vec()]));
        }
        fields::expect_map(root)?;
        let position = |root: &Node| root.entries().iter().position(|entry| entry.key.text() == Some(part));
        if position(root).is_none() {
            if self.create == Create::Nothing {
                return Ok(None);
            }
            let empty = self.create.before(path.get(1).map(String::as_str)).empty(self.origin);
            fields::set(root, part, empty)?;
        }
        let at = position(root).expect("there, or just set");
        let is_text = fields::at(root, &[at]).is_scalar();
        if is_text && path.len() > 1 && !fields::at(root, &[at]).is_null() {
            // structured text is looked into, but what is found there is a copy: nothing can be changed
            let text = fields::value_of(fields::at(root, &[at])).to_owned();
            let mut inner = parsed(&text)?;
            let found = self.find(&mut inner, &path[1..])?;
            return match found {
                Some(ways) if !ways.is_empty() => Ok(Some(vec![COPY.to_vec(); ways.len()])),
                other => Ok(other),
            };
        }
        self.below(root, at, &path[1..])
    }

    fn index(&self, root: &mut Node, part: &str, path: &[String]) -> Result<Option<Vec<Vec<usize>>>> {
        fields::expect_list(root)?;
        let at: usize = part.parse().expect("the caller has looked");
        let count = root.items().len();
        if count == at && self.create != Create::Nothing {
            let empty = self.create.before(path.get(1).map(String::as_str)).empty(self.origin);
            if let Some(items) = root.items_mut() {
                items.push(empty);
            }
        }
        if at >= root.items().len() {
            return Err(BuildError::invalid(format!("index {at} specified but only {count} elements found")).at(root.origin()));
        }
        self.below(root, at, &path[1..])
    }

    fn every(&self, root: &mut Node, path: &[String]) -> Result<Option<Vec<Vec<usize>>>> {
        fields::expect_list(root)?;
        let mut all = None;
        for at in 0..root.items().len() {
            if let Some(ways) = self.below(root, at, &path[1..])? {
                all.get_or_insert_with(Vec::new).extend(ways);
            }
        }
        Ok(all)
    }

    fn items(&self, root: &mut Node, part: &str, path: &[String]) -> Result<Option<Vec<Vec<usize>>>> {
        let (name, value) = fields::item(part)?;
        fields::expect_list(root)?;
        let pattern =
            go_pattern::compile(value).ok_or_else(|| BuildError::invalid(format!("`{value}` is not a regular expression")))?;
        for is_retry in [false, true] {
            let found = self.matching_items(root, name, &pattern, path)?;
            if !found.is_empty() || self.create == Create::Nothing {
                return Ok(if found.is_empty() { None } else { Some(found) });
            }
            if is_retry {
                break;
            }
            let trace = Trace::new(self.origin.clone());
            let scalar = Node::scalar(value, Tag::None, trace.clone());
            let item = if name.is_empty() {
                scalar
            } else {
                let mut map = Node { tag: Tag::None, ..Node::map(Vec::new(), trace) };
                let key = Node::scalar(name, Tag::None, scalar.trace.clone());
                map.entries_mut().expect("a map").push(super::super::node::Entry { key, value: scalar });
                map
            };
            match root.items_mut() {
                Some(items) => items.push(item),
                None => break,
            }
        }
        // kyaml would try for ever
        Err(BuildError::invalid(format!("`{part}` does not match what it creates")).at(root.origin()))
    }

    fn matching_items(&self, root: &mut Node, name: &str, pattern: &Regex, path: &[String]) -> Result<Vec<Vec<usize>>> {
        let mut found = Vec::new();
        for at in 0..root.items().len() {
            let item = &root.items()[at];
            let compared = if name.is_empty() { Some(item) } else { item.get(name) };
            let Some(compared) = compared else { continue };
            if !pattern.is_match(spelled(compared)?.trim()) {
                continue;
            }
            if name.is_empty() {
                found.push(vec![at]);
            } else if let Some(ways) = self.below(root, at, &path[1..])? {
                found.extend(ways);
            }
        }
        Ok(found)
    }
}

/// A way that leads into a copy.
pub(super) const COPY: &[usize] = &[usize::MAX];

/// A node as kyaml prints it, as far as patterns are compared with it.
fn spelled(node: &Node) -> Result<String> {
    use super::super::node::Style;
    Ok(match (node.text(), node.style) {
        (Some(text), Style::Plain) if node.tag != Tag::Str => text.to_owned(),
        (Some(text), Style::Double) => format!("\"{text}\""),
        (Some(text), Style::Single) => format!("'{text}'"),
        _ => write::yaml(node)?,
    })
}

/// Text inside of a text.
pub(super) fn parsed(text: &str) -> Result<Node> {
    let place = TextPlace::file(&"".into(), super::super::node::Layer::Replacement);
    read::document(text.as_bytes(), &place)?.ok_or_else(|| BuildError::invalid("nothing in it"))
}
