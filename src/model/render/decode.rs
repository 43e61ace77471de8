//! Nodes → typed settings, as Go's JSON decoder does it after go-yaml v2 has read the text: field names in any case, null is nothing,
//! numbers are not accepted as strings. Source: sigs.k8s.io/yaml v1.6.0, `encoding/json`.

use super::error::{BuildError, Result};
use super::node::{Entry, Node, Style, Tag, Text};
use super::resolve::{self, Resolved, Yaml};
use super::write::go_float;

/// How strict to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A kustomization file: unknown fields are errors, numbers are not strings.
    Strict,
    /// A transformer's own file: unknown fields are not looked at, numbers become texts.
    Lenient,
}

/// The known fields of a map.
#[derive(Debug)]
pub struct Fields<'n> {
    found: Vec<(&'static str, &'n Entry)>,
    mode: Mode,
}

impl<'n> Fields<'n> {
    /// # Errors
    /// Not a map; with [`Mode::Strict`] also a field that is not known.
    pub fn of(node: &'n Node, known: &[&'static str], mode: Mode) -> Result<Self> {
        if !node.is_map() && !node.is_null() {
            return Err(BuildError::invalid("expected a map").at(node.origin()));
        }
        let mut found = Vec::new();
        for entry in node.entries() {
            let key = entry.key.text().unwrap_or_default();
            let exact = known.iter().find(|name| **name == key);
            match exact.or_else(|| known.iter().find(|name| name.eq_ignore_ascii_case(key))) {
                Some(name) => found.push((*name, entry)),
                None if mode == Mode::Strict => {
                    let hint = "kustomize knows no such field: look for a misspelling or a wrong indentation";
                    return Err(BuildError { hint: hint.to_owned(), ..BuildError::invalid(format!("unknown field `{key}`")) }
                        .at(entry.key.origin()));
                }
                None => {}
            }
        }
        Ok(Self { found, mode })
    }

    /// The field's entry, null left out. Of several the last one counts.
    pub fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.found.iter().rev().find(|(found, _)| *found == name).map(|(_, entry)| *entry).filter(|entry| !is_null(&entry.value))
    }

    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// # Errors
    /// Not a text.
    pub fn text(&self, name: &str) -> Result<Option<Node>> {
        self.get(name).map(|node| text(node, self.mode)).transpose()
    }

    /// The text, or nothing.
    ///
    /// # Errors
    /// Not a text.
    pub fn plain(&self, name: &str) -> Result<Text> {
        Ok(self.text(name)?.and_then(|node| node.shared_text().cloned()).unwrap_or_default())
    }

    /// # Errors
    /// Not a boolean.
    pub fn bool(&self, name: &str) -> Result<bool> {
        self.get(name).map_or(Ok(false), bool)
    }

    /// # Errors
    /// Not a whole number.
    pub fn int(&self, name: &str) -> Result<i64> {
        self.get(name).map_or(Ok(0), int)
    }

    /// # Errors
    /// Not a list of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<Node>> {
        self.items(name)?.iter().map(|item| text(item, self.mode)).collect()
    }

    /// # Errors
    /// Not a list.
    pub fn items(&self, name: &str) -> Result<&'n [Node]> {
        let Some(node) = self.get(name) else { return Ok(&[]) };
        if !node.is_list() {
            return Err(BuildError::invalid(format!("`{name}` must be a list")).at(node.origin()));
        }
        Ok(node.items())
    }

    /// # Errors
    /// Not a list, or an item that cannot be read.
    pub fn all<T>(&self, name: &str, read: impl Fn(&Node, Mode) -> Result<T>) -> Result<Vec<T>> {
        self.items(name)?.iter().map(|item| read(item, self.mode)).collect()
    }

    /// # Errors
    /// What the reader says.
    pub fn one<T>(&self, name: &str, read: impl Fn(&Node, Mode) -> Result<T>) -> Result<Option<T>> {
        self.get(name).map(|node| read(node, self.mode)).transpose()
    }

    /// A map of texts, sorted by key; of a key that is there twice the last one counts.
    ///
    /// # Errors
    /// Not a map of texts.
    pub fn pairs(&self, name: &str) -> Result<Vec<Entry>> {
        self.get(name).map_or(Ok(Vec::new()), |node| pairs(node, self.mode))
    }

    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }
}

fn meaning(node: &Node) -> Option<Resolved> {
    let text = node.text()?;
    Some(if node.is_tagged {
        resolve::tagged(&node.tag, text, Yaml::V2)?
    } else if node.style == Style::Plain && node.tag != Tag::Str {
        resolve::plain(text, Yaml::V2)
    } else if node.style == Style::Plain {
        // go-yaml v3 says it is a string; v2 has more words for booleans
        match resolve::plain(text, Yaml::V2) {
            Resolved::Bool(bool) => Resolved::Bool(bool),
            _ => Resolved::Str,
        }
    } else {
        Resolved::Str
    })
}

/// What go-yaml v3 read as a text stays one, though v2 has more words for booleans (`y`, `off`).
pub fn quote_texts(node: &mut Node) {
    if node.is_scalar() && node.tag == Tag::Str && node.style == Style::Plain && !node.is_tagged {
        node.style = Style::Double;
    }
    for entry in node.entries_mut().into_iter().flatten() {
        quote_texts(&mut entry.key);
        quote_texts(&mut entry.value);
    }
    node.items_mut().into_iter().flatten().for_each(quote_texts);
}

fn is_null(node: &Node) -> bool {
    node.is_null()
}

/// A node as a text.
///
/// # Errors
/// A number, boolean, list or map (where those are not taken as texts).
pub fn text(node: &Node, mode: Mode) -> Result<Node> {
    let fail = |found: &str| {
        Err(BuildError { hint: "put it in quotes".to_owned(), ..BuildError::invalid(format!("expected a text, found {found}")) }
            .at(node.origin()))
    };
    let spelled = |text: String| Ok(Node { style: Style::Plain, is_tagged: false, ..Node::string(text, node.trace.clone()) });
    match meaning(node) {
        None => Err(BuildError::invalid("expected a text, found a list or a map").at(node.origin())),
        Some(Resolved::Null) => spelled(String::new()),
        Some(Resolved::Str | Resolved::Timestamp(_) | Resolved::Merge) => {
            Ok(Node { tag: Tag::Str, is_tagged: false, ..node.clone() })
        }
        Some(_) if mode == Mode::Strict => fail("a number or boolean"),
        Some(Resolved::Bool(bool)) => spelled(bool.to_string()),
        Some(Resolved::Int(int)) => spelled(int.to_string()),
        Some(Resolved::Uint(uint)) => spelled(uint.to_string()),
        Some(Resolved::Float(float)) => spelled(go_float(f64::from(float as f32))),
    }
}

fn bool(node: &Node) -> Result<bool> {
    match meaning(node) {
        Some(Resolved::Bool(bool)) => Ok(bool),
        _ => Err(BuildError::invalid("expected true or false").at(node.origin())),
    }
}

fn int(node: &Node) -> Result<i64> {
    match meaning(node) {
        Some(Resolved::Int(int)) => Ok(int),
        Some(Resolved::Float(float)) if float.fract() == 0.0 && float.abs() < 9e18 => Ok(float as i64),
        _ => Err(BuildError::invalid("expected a whole number").at(node.origin())),
    }
}

/// # Errors
/// Not a map of texts.
pub fn pairs(node: &Node, mode: Mode) -> Result<Vec<Entry>> {
    if !node.is_map() {
        return Err(BuildError::invalid("expected a map of texts").at(node.origin()));
    }
    let mut found: Vec<Entry> = Vec::new();
    for entry in node.entries() {
        let key = Node { tag: Tag::Str, ..text(&entry.key, Mode::Lenient)? };
        let value = text(&entry.value, mode)?;
        found.retain(|earlier| earlier.key.text() != key.text());
        found.push(Entry { key, value });
    }
    found.sort_by(|a, b| a.key.text().cmp(&b.key.text()));
    Ok(found)
}

/// Files that are read strictly may not have a key twice, at any depth.
///
/// # Errors
/// A key that is there twice.
pub fn unique_keys(node: &Node) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for entry in node.entries() {
        if !seen.insert(entry.key.text().unwrap_or_default()) {
            let message = format!("key \"{}\" already set in map", entry.key.text().unwrap_or_default());
            return Err(BuildError::invalid(message).at(entry.key.origin()));
        }
        unique_keys(&entry.value)?;
    }
    node.items().iter().try_for_each(unique_keys)
}
