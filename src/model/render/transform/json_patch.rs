//! JSON patches (RFC 6902), with the liberties that json-patch v4.13 takes: a map's missing key may be replaced, indexes may be negative.
//!
//! The object goes through JSON: afterwards it has no styles and no dates, as in kustomize (`filters/patchjson6902`).

use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::node::{Entry, Node, Tag, Trace};
use super::super::read::{self, TextPlace};
use super::super::resolve::Yaml;
use super::super::write;

/// The operations of a patch, each a map.
#[derive(Debug)]
pub(super) struct Operations(Vec<Node>);

impl Operations {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a patch; a text that starts with `[` has to be JSON.
pub(super) fn read(text: &[u8], place: &TextPlace) -> Result<Operations> {
    let nothing = || BuildError::invalid("empty json patch operations").within(&place.location);
    let first = text.first().ok_or_else(nothing)?;
    if *first == b'[' {
        serde_json::from_slice::<serde_json::Value>(text)
            .map_err(|error| BuildError::invalid(format!("starts like JSON, but is not: {error}")).within(&place.location))?;
    }
    let Some(document) = read::document(text, place)? else { return Ok(Operations(Vec::new())) };
    let document = write::normal(&document, Yaml::V2)?;
    if !document.is_list() {
        return Err(BuildError::invalid("a JSON patch is a list of operations").at(document.origin()));
    }
    for item in document.items() {
        if !item.is_map() && !item.is_null() {
            return Err(BuildError::invalid("an operation is a map with op and path").at(item.origin()));
        }
    }
    Ok(Operations(document.items().to_vec()))
}

/// Applies all operations to an object.
pub(super) fn apply(operations: &Operations, object: &mut Node) -> Result<()> {
    let mut document = write::normal(object, Yaml::V3)?;
    for operation in &operations.0 {
        apply_one(operation, &mut document).map_err(|error| error.at(operation.origin()))?;
    }
    if !document.is_map() {
        return Err(BuildError::invalid("the patch leaves no object").at(object.origin()));
    }
    *object = document;
    Ok(())
}

fn apply_one(operation: &Node, document: &mut Node) -> Result<()> {
    let text = |key: &str| operation.get(key).filter(|value| value.tag == Tag::Str).map(fields::value_of);
    let pointer = |key: &str| text(key).ok_or_else(|| BuildError::invalid(format!("operation missing {key} field")));
    let value = || operation.get("value").cloned().unwrap_or_else(|| Node::null(operation.trace.clone()));
    match text("op").unwrap_or("unknown") {
        "add" => add(document, pointer("path")?, value()),
        "remove" => remove(document, pointer("path")?).map(|_| ()),
        "replace" => replace(document, pointer("path")?, value()),
        "move" => {
            let from = pointer("from")?;
            let moved = get(document, from)?.cloned();
            remove(document, from)?;
            add(document, pointer("path")?, moved.unwrap_or_else(|| Node::null(operation.trace.clone())))
        }
        "copy" => {
            let copied = get(document, pointer("from")?)?.cloned();
            add(document, pointer("path")?, copied.unwrap_or_else(|| Node::null(operation.trace.clone())))
        }
        "test" => test(document, pointer("path")?, operation),
        other => Err(BuildError::invalid(format!("Unexpected kind: {other}"))),
    }
}

fn missing(path: &str) -> BuildError {
    BuildError::invalid(format!("the object has no `{path}`"))
}

/// The container that a pointer leads to, and the last part of the pointer.
fn container<'n>(document: &'n mut Node, path: &str) -> Result<(&'n mut Node, String)> {
    let mut parts = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect::<Vec<_>>();
    let key = parts.pop().ok_or_else(|| missing(path))?;
    let mut node = document;
    for part in parts {
        let at = position(node, &part).map_err(|_| missing(path))?.ok_or_else(|| missing(path))?;
        node = fields::at_mut(node, &[at]);
        if node.is_scalar() {
            return Err(missing(path));
        }
    }
    Ok((node, key))
}

/// Where the key is in a map or list: `None` for a missing key, an error for an index that is none.
fn position(node: &Node, key: &str) -> Result<Option<usize>> {
    if node.is_map() {
        return Ok(node.entries().iter().position(|entry| entry.key.text() == Some(key)));
    }
    index(key, node.items().len(), node.items().len()).map(Some)
}

/// An index below `length`; negative ones count from `end`.
fn index(key: &str, length: usize, end: usize) -> Result<usize> {
    let invalid = || BuildError::invalid(format!("Unable to access invalid index: {key}"));
    let number: i64 = key.parse().map_err(|_| invalid())?;
    let end = i64::try_from(end).map_err(|_| invalid())?;
    let number = if number < 0 { number + end } else { number };
    usize::try_from(number).ok().filter(|at| *at < length).ok_or_else(invalid)
}

fn get<'n>(document: &'n mut Node, path: &str) -> Result<Option<&'n Node>> {
    let (container, key) = container(document, path)?;
    Ok(position(container, &key)?.map(|at| fields::at(container, &[at])))
}

fn put(map: &mut Node, key: &str, mut value: Node) {
    if let Some(existing) = map.get_mut(key) {
        value.trace = value.trace.over(&existing.trace);
        *existing = value;
        return;
    }
    let name = Node::string(key, Trace::new(value.trace.origin.clone()));
    map.entries_mut().expect("a map").push(Entry { key: name, value });
}

fn add(document: &mut Node, path: &str, value: Node) -> Result<()> {
    let (container, key) = container(document, path)?;
    if container.is_map() {
        put(container, &key, value);
        return Ok(());
    }
    let items = container.items_mut().expect("a list");
    let at = if key == "-" { items.len() } else { index(&key, items.len() + 1, items.len() + 1)? };
    items.insert(at, value);
    Ok(())
}

fn remove(document: &mut Node, path: &str) -> Result<()> {
    let (container, key) = container(document, path)?;
    let at = position(container, &key)?.ok_or_else(|| BuildError::invalid(format!("Unable to remove nonexistent key: {key}")))?;
    if let Some(entries) = container.entries_mut() {
        entries.remove(at);
    } else {
        container.items_mut().expect("a list").remove(at);
    }
    Ok(())
}

fn replace(document: &mut Node, path: &str, mut value: Node) -> Result<()> {
    if path.is_empty() {
        if value.is_scalar() {
            return Err(BuildError::invalid("replace operation value must be object or array"));
        }
        *document = value;
        return Ok(());
    }
    let (container, key) = container(document, path)?;
    if container.is_map() {
        put(container, &key, value);
        return Ok(());
    }
    let at = position(container, &key)?.ok_or_else(|| missing(path))?;
    let slot = &mut container.items_mut().expect("a list")[at];
    value.trace = value.trace.over(&slot.trace);
    *slot = value;
    Ok(())
}

fn test(document: &mut Node, path: &str, operation: &Node) -> Result<()> {
    let wanted = operation.get("value").filter(|value| !value.is_null()).map(write::value).transpose()?;
    let found = if path.is_empty() { Some(&*document) } else { get(document, path)? };
    let found = found.filter(|found| !found.is_null()).map(write::value).transpose()?;
    if found == wanted { Ok(()) } else { Err(BuildError::invalid(format!("testing value {path} failed"))) }
}

#[cfg(test)]
mod tests {
    use super::super::super::node::Layer;
    use super::*;

    fn node(text: &str) -> Node {
        read::document(text.as_bytes(), &TextPlace::file(&"a".into(), Layer::Resource)).expect("valid").expect("one")
    }

    #[test]
    fn operations_do_what_the_standard_and_the_library_say() {
        for (patch, expected) in [
            ("[{op: add, path: /b/-, value: 3}]", Some("a: 1\nb:\n- 1\n- 2\n- 3\n")),
            ("[{op: add, path: /b/0, value: 0}]", Some("a: 1\nb:\n- 0\n- 1\n- 2\n")),
            ("[{op: add, path: /b/-1, value: 9}]", Some("a: 1\nb:\n- 1\n- 2\n- 9\n")),
            ("[{op: replace, path: /c, value: yes}]", Some("a: 1\nb:\n- 1\n- 2\nc: true\n")),
            ("[{op: remove, path: /a}]", Some("b:\n- 1\n- 2\n")),
            ("[{op: remove, path: /x}]", None),
            ("[{op: replace, path: /x/y, value: 1}]", None),
            ("[{op: move, from: /a, path: /c~1d}]", Some("b:\n- 1\n- 2\nc/d: 1\n")),
            ("[{op: copy, from: /b/1, path: /a}]", Some("a: 2\nb:\n- 1\n- 2\n")),
            ("[{op: test, path: /a, value: 1}]", Some("a: 1\nb:\n- 1\n- 2\n")),
            ("[{op: test, path: /a, value: 2}]", None),
            ("[{op: hug, path: /a}]", None),
            ("[{op: replace, path: /b/2, value: 1}]", None),
        ] {
            let text = patch.replacen('[', " [", 1);
            let operations = super::read(text.as_bytes(), &TextPlace::file(&"p".into(), Layer::Patch)).expect("a patch");
            let mut object = node("a: 1\nb: [1, 2]\n");
            let result = apply(&operations, &mut object).ok().map(|()| write::yaml(&object).expect("written"));
            assert_eq!(result.as_deref(), expected, "{patch}");
        }
    }

    /// The object goes through JSON (kyaml `RNode.MarshalJSON`), and so does the patch (sigs.k8s.io/yaml `YAMLToJSON`), which writes keys
    /// that are numbers or booleans as texts.
    #[test]
    fn what_json_does_not_have_is_refused_and_never_turned_into_something_else() {
        let patch = |value: &str| {
            let text = format!(" [{{op: add, path: /z, value: {value}}}]");
            super::read(text.as_bytes(), &TextPlace::file(&"p".into(), Layer::Patch))
        };
        let plain = patch("1").expect("a patch");
        for (object, is_taken) in [
            ("a: {b: 1}\n", true),
            ("a: {\"8443\": 1}\n", true),
            ("a: {8443: 1}\n", false),
            ("a: {0x1F: 1}\n", false),
            ("a: {1.5: 1}\n", false),
            ("a: {true: 1}\n", false),
            ("a: {null: 1}\n", false),
            ("a: {~: 1}\n", false),
            ("a: {2001-01-01: 1}\n", false),
            ("a: {.inf: 1}\n", false),
            ("a: [{b: {1: {c: d}}}]\n", false),
            ("a: .inf\n", false),
            ("a: -.Inf\n", false),
            ("a: [.nan]\n", false),
            ("a: 1e400\n", true),
            ("a: \".inf\"\n", true),
        ] {
            assert_eq!(apply(&plain, &mut node(object)).is_ok(), is_taken, "{object}");
        }
        for (value, expected) in [
            ("{8443: a, true: b, 1.5: c}", Some("z:\n  \"1.5\": c\n  \"8443\": a\n  \"true\": b\n")),
            ("{null: a}", None),
            (".inf", None),
            ("[-.inf]", None),
            (".nan", None),
        ] {
            let made = patch(value).ok().map(|operations| {
                let mut object = node("{}");
                apply(&operations, &mut object).expect("it can be added");
                write::yaml(&object).expect("written")
            });
            assert_eq!(made.as_deref(), expected, "{value}");
        }
    }
}
