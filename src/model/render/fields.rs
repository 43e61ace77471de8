//! Finding, setting and clearing fields, with the corner cases of kyaml: a field keeps its style when its value changes, null is never
//! found below, setting null removes. Source: kyaml v0.21.1 `yaml/fns.go`.

use super::error::{BuildError, Result};
use super::node::{Entry, Node, Style, Tag, Trace, Value};
use super::resolve::{self, Resolved, Yaml};

/// What kyaml calls empty: null, `{}` and `[]`.
pub fn is_empty(node: &Node) -> bool {
    node.is_null()
        || match &node.value {
            Value::Map(entries) => entries.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Scalar(_) => false,
        }
}

/// What a node is made of, for errors.
fn shape(node: &Node) -> &'static str {
    match node.value {
        Value::Map(_) => "a map",
        Value::List(_) => "a list",
        Value::Scalar(_) => "a scalar",
    }
}

/// # Errors
/// Neither a map nor null.
pub fn expect_map(node: &Node) -> Result<()> {
    expect(node, node.is_map(), "a map")
}

/// # Errors
/// Neither a list nor null.
pub fn expect_list(node: &Node) -> Result<()> {
    expect(node, node.is_list(), "a list")
}

/// # Errors
/// Neither a scalar nor null.
pub fn expect_scalar(node: &Node) -> Result<()> {
    expect(node, node.is_scalar(), "a scalar")
}

fn expect(node: &Node, is_right: bool, wanted: &str) -> Result<()> {
    if is_right || node.is_null() {
        return Ok(());
    }
    Err(BuildError::invalid(format!("expected {wanted}, found {}", shape(node))).at(node.origin()))
}

/// Removes the first entry of that key and gives it back.
///
/// # Errors
/// Not a map.
pub fn clear(map: &mut Node, key: &str) -> Result<Option<Entry>> {
    expect_map(map)?;
    let Some(at) = map.entries().iter().position(|entry| entry.key.text() == Some(key)) else { return Ok(None) };
    Ok(map.entries_mut().map(|entries| entries.remove(at)))
}

/// The value of a field; null maps have none.
///
/// # Errors
/// Not a map.
pub fn field<'n>(map: &'n Node, key: &str) -> Result<Option<&'n Node>> {
    if map.is_null() {
        return Ok(None);
    }
    expect_map(map)?;
    Ok(map.get(key))
}

/// Sets a field. An existing one keeps its style, and its trace goes below the new one; null removes it.
///
/// # Errors
/// Not a map.
pub fn set(map: &mut Node, key: &str, value: Node) -> Result<()> {
    set_styled(map, key, Style::Plain, value)
}

/// As [`set`]; a new key gets this style.
///
/// # Errors
/// Not a map.
pub fn set_styled(map: &mut Node, key: &str, key_style: Style, mut value: Node) -> Result<()> {
    quote(&mut value);
    if value.is_null() {
        clear(map, key)?;
        return Ok(());
    }
    if map.is_null() {
        return Ok(());
    }
    expect_map(map)?;
    if let Some(existing) = map.get_mut(key) {
        replace(existing, value);
        return Ok(());
    }
    let trace = value.trace.clone();
    let mut name = Node::scalar(key, Tag::None, Trace::new(trace.origin));
    name.style = key_style;
    map.entries_mut().expect("checked above").push(Entry { key: name, value });
    Ok(())
}

/// The new value in the place of the old one: the style stays, the old trace goes below.
pub fn replace(existing: &mut Node, mut value: Node) {
    value.style = existing.style;
    value.trace = value.trace.over(&existing.trace);
    *existing = value;
}

/// Sets a scalar in place (kyaml's FieldSetter without a name).
///
/// # Errors
/// Not a scalar.
pub fn set_scalar(node: &mut Node, mut value: Node) -> Result<()> {
    quote(&mut value);
    expect_scalar(node)?;
    if value.is_null() {
        return Ok(());
    }
    replace(node, value);
    Ok(())
}

/// As [`set_scalar`] of a value that is composed of what was there: its trace says what it overrode.
///
/// # Errors
/// Not a scalar.
pub fn compose_scalar(node: &mut Node, value: Node) -> Result<()> {
    let trace = value.trace.clone();
    set_scalar(node, value)?;
    if !node.is_null() {
        node.trace = trace;
    }
    Ok(())
}

/// Texts that YAML 1.1 would read as something else are quoted, unless they have a style already.
fn quote(value: &mut Node) {
    let is_string = value.is_scalar() && matches!(value.tag, Tag::Str | Tag::None) && !value.is_tagged;
    if is_string && value.style == Style::Plain && is_other_in_yaml_1_1(value.text().unwrap_or_default()) {
        value.style = Style::Double;
    }
}

/// Whether go-yaml v2 reads this text as anything but a string (dates are strings there).
pub fn is_other_in_yaml_1_1(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/-+~".contains(&byte)) && !text.starts_with('-');
    if is_word {
        return matches!(
            resolve::plain(text, Yaml::V2),
            Resolved::Null | Resolved::Bool(_) | Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)
        );
    }
    is_other_document(text)
}

fn is_other_document(text: &str) -> bool {
    use super::read::{TextPlace, document};
    let place = TextPlace::file(&"".into(), super::node::Layer::Build);
    match document(text.as_bytes(), &place) {
        Err(_) => false,
        Ok(None) => true,
        Ok(Some(node)) => match node.text() {
            None => true,
            Some(inner) if node.style == Style::Plain && !node.is_tagged => {
                !matches!(resolve::plain(inner, Yaml::V2), Resolved::Str | Resolved::Timestamp(_) | Resolved::Merge)
            }
            Some(_) => false,
        },
    }
}

/// A part of a path to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldStep<'p> {
    Field(&'p str),
    Index(usize),
    Last,
    /// `[name=value]`; an empty name compares the items themselves.
    Item(&'p str, &'p str),
}

/// Splits what kyaml's PathGetter takes.
///
/// # Errors
/// A negative index, a wildcard, brackets without `=`.
pub fn steps<'p>(path: &[&'p str]) -> Result<Vec<FieldStep<'p>>> {
    path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).map(step).collect()
}

fn step(part: &str) -> Result<FieldStep<'_>> {
    if let Ok(index) = part.parse::<i64>() {
        let index = usize::try_from(index).map_err(|_| BuildError::invalid(format!("array index {index} cannot be negative")))?;
        return Ok(FieldStep::Index(index));
    }
    match part {
        "-" => Ok(FieldStep::Last),
        "*" => Err(BuildError::invalid("a wildcard is not possible here")),
        _ if is_item(part) => {
            let (name, value) = item(part)?;
            Ok(FieldStep::Item(name, value))
        }
        _ => Ok(FieldStep::Field(part)),
    }
}

/// `[…]`
pub fn is_item(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// Name and value of `[name=value]`.
///
/// # Errors
/// Without `=`.
pub fn item(part: &str) -> Result<(&str, &str)> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once('=').ok_or_else(|| BuildError::invalid(format!("`{part}` must be [field=value]")))
}

/// The way (positions of children) to a node by a path; `None` when there is nothing.
///
/// # Errors
/// A step that does not fit what is there.
pub fn locate(root: &Node, path: &[&str]) -> Result<Option<Vec<usize>>> {
    let mut node = root;
    let mut way = Vec::new();
    for step in steps(path)? {
        let found = child(node, &step)?;
        let Some(at) = found else { return Ok(None) };
        way.push(at);
        node = match &node.value {
            Value::Map(entries) => &entries[at].value,
            Value::List(items) => &items[at],
            Value::Scalar(_) => return Ok(None),
        };
    }
    Ok(Some(way))
}

fn child(node: &Node, step: &FieldStep<'_>) -> Result<Option<usize>> {
    match step {
        FieldStep::Field(name) => {
            if node.is_null() {
                return Ok(None);
            }
            expect_map(node)?;
            Ok(node.entries().iter().position(|entry| entry.key.text() == Some(name)))
        }
        FieldStep::Index(index) => {
            expect_list(node)?;
            Ok((*index < node.items().len()).then_some(*index))
        }
        FieldStep::Last => {
            expect_list(node)?;
            if node.items().is_empty() {
                return Err(BuildError::invalid("an empty list has no last item").at(node.origin()));
            }
            Ok(Some(node.items().len() - 1))
        }
        FieldStep::Item(name, value) => {
            expect_list(node)?;
            Ok(node.items().iter().position(|item| is_match(item, name, value)))
        }
    }
}

fn is_match(item: &Node, name: &str, value: &str) -> bool {
    if name.is_empty() {
        return value_of(item) == value;
    }
    item.is_map()
        && item.entries().iter().find(|entry| entry.key.text() == Some(name)).is_some_and(|entry| value_of(&entry.value) == value)
}

/// go-yaml's `Value` of a node: the text of a scalar, nothing of the rest.
pub fn value_of(node: &Node) -> &str {
    node.text().unwrap_or_default()
}

/// The node at a way.
pub fn at<'n>(root: &'n Node, way: &[usize]) -> &'n Node {
    way.iter().fold(root, |node, at| match &node.value {
        Value::Map(entries) => &entries[*at].value,
        Value::List(items) => &items[*at],
        Value::Scalar(_) => node,
    })
}

/// The node at a way, to be changed.
pub fn at_mut<'n>(root: &'n mut Node, way: &[usize]) -> &'n mut Node {
    let mut node = root;
    for at in way {
        node = match &mut node.value {
            Value::Map(entries) => &mut std::sync::Arc::make_mut(entries)[*at].value,
            Value::List(items) => &mut std::sync::Arc::make_mut(items)[*at],
            Value::Scalar(_) => unreachable!("the way was found in this tree"),
        };
    }
    node
}

/// The node at a path.
///
/// # Errors
/// As [`locate`].
pub fn lookup<'n>(root: &'n Node, path: &[&str]) -> Result<Option<&'n Node>> {
    Ok(locate(root, path)?.map(|way| at(root, &way)))
}

/// A field that is created as this empty node when it is missing; `None` below null.
///
/// # Errors
/// Not a map.
pub fn field_or_create<'n>(map: &'n mut Node, key: &str, empty: Node) -> Result<Option<&'n mut Node>> {
    if map.is_null() {
        return Ok(None);
    }
    expect_map(map)?;
    if map.get(key).is_none() {
        let name = Node::scalar(key, Tag::None, Trace::new(empty.trace.origin.clone()));
        map.entries_mut().expect("checked above").push(Entry { key: name, value: empty });
    }
    Ok(map.get_mut(key))
}

/// Splits at `/` or `.`; `\` before the separator keeps it. Source: kyaml `utils/pathsplitter.go`.
pub fn split_path(path: &str, separator: char) -> Vec<String> {
    let mut parts: Vec<&str> = path.split(separator).collect();
    if parts.len() > 1 && parts[0].is_empty() {
        parts.remove(0);
    }
    let mut result = vec![parts[0].to_owned()];
    for part in &parts[1..] {
        let last = result.last_mut().expect("one is there");
        if last.ends_with('\\') {
            last.pop();
            last.push(separator);
            last.push_str(part);
        } else {
            result.push((*part).to_owned());
        }
    }
    result
}

/// As [`split_path`], where brackets hold together what is between them.
pub fn split_path_with_brackets(path: &str, separator: char) -> Vec<String> {
    let mut result = Vec::new();
    let mut parts = split_path(path, separator).into_iter();
    while let Some(mut part) = parts.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for next in parts.by_ref() {
                part.push(separator);
                part.push_str(&next);
                if next.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                part = part.trim_matches(['[', ']']).to_owned();
            }
        }
        result.push(part);
    }
    result
}

/// The path of a key below a path, as fields are written: `a.b`, `a['b.c']`.
pub fn below(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty() && !key.contains(['.', '[', ']', '\\', '\'', '"']);
    match (is_plain, path) {
        (true, "") => key.to_owned(),
        (true, path) => format!("{path}.{key}"),
        (false, path) if key.contains('\'') => format!("{path}[\"{key}\"]"),
        (false, path) => format!("{path}['{key}']"),
    }
}
