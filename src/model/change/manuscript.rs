//! An object as git builds it, as a text that a person edits; and what the edited text means: each field that reads otherwise.
//!
//! Which file sets a field is not in here: every field that changed becomes a field that is wanted.

use serde_json::Value as Json;

use super::compare::{is_secret, said};
use crate::error::{Error, Result};
use crate::insight::field::item;
use crate::insight::named::shown;
use crate::render::flux::Applied;
use crate::render::node::{Node, Text, Value};
use crate::render::read::{TextPlace, documents};
use crate::render::{Layer, write};

/// Paths that a message names of many.
const NAMED: usize = 3;

/// The text, with a head that says what it is; and the line at which the object begins.
///
/// # Errors
/// It is a Secret, or encrypted.
pub fn document(object: &Applied, build: &str, commit: &str) -> Result<(String, u32)> {
    let node = &object.node;
    let name = shown(node);
    if is_secret(object) {
        return Err(Error::failed(
            format!("{name} holds values that are not shown"),
            "edit what it is made of, with sops where that is encrypted",
        ));
    }
    let head = format!(
        "# {name}, as {build} builds it at {commit}.\n\
         # Change values, or add fields; save and quit. Each becomes an edit of the file that sets it, and is reviewed first.\n\
         # Quit without a change, and nothing happens.\n"
    );
    let line = u32::try_from(head.lines().count()).unwrap_or(u32::MAX).saturating_add(1);
    Ok((format!("{head}{}", write::yaml(node)?), line))
}

/// What the edited text wants, as assignments `FIELD=VALUE`; nothing where it means the same.
///
/// # Errors
/// It is not YAML, not one object, or wants what cannot be wanted so: a field that is gone, an empty map.
pub fn assignments(before: &str, after: &str) -> Result<Vec<String>> {
    let (old, new) = (fields(&object(before)?)?, fields(&object(after)?)?);
    let is_kept = |path: &str| {
        new.iter().any(|(other, _)| other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
    };
    let mut gone: Vec<_> = old.iter().map(|(path, _)| path.as_str()).filter(|path| !is_kept(path)).collect();
    let mut wanted = Vec::new();
    for (path, value) in new.iter().filter(|field| !old.contains(field)) {
        if value.is_array() || value.is_object() {
            return Err(Error::failed(format!("`{path}` would be an empty map or list"), "give it a value, or leave it out"));
        }
        wanted.push(format!("{path}={}", said(value)));
    }
    if !gone.is_empty() {
        let more = if gone.len() > NAMED { format!(" and {} more", gone.len() - NAMED) } else { String::new() };
        gone.truncate(NAMED);
        let hint = "fields are set here, not taken out: that is done in the file (d o, then e)";
        return Err(Error::failed(format!("taken out: {}{more}", gone.join(", ")), hint));
    }
    Ok(wanted)
}

fn object(text: &str) -> Result<Node> {
    let place = TextPlace::file(&Text::from("the edited text"), Layer::Resource);
    let mut all = documents(text.as_bytes(), &place)?;
    match (all.pop(), all.is_empty()) {
        (Some(node), true) if matches!(node.value, Value::Map(_)) => Ok(node),
        (None, _) => Err(Error::failed("the text is empty", "to delete an object is another change")),
        _ => Err(Error::failed("the text is not one object", "leave one manifest in it")),
    }
}

/// Every scalar with its path, in order; an empty map or list counts as one.
fn fields(object: &Node) -> Result<Vec<(String, Json)>> {
    let mut found = Vec::new();
    walk(object, String::new(), &mut found)?;
    Ok(found)
}

fn walk(node: &Node, path: String, found: &mut Vec<(String, Json)>) -> Result<()> {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            for entry in entries.iter() {
                walk(&entry.value, below(&path, entry.key.text().unwrap_or_default()), found)?;
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (at, node) in items.iter().enumerate() {
                walk(node, format!("{path}{}", item(items, at)), found)?;
            }
        }
        _ => found.push((path, write::json(node)?)),
    }
    Ok(())
}

/// A key below a path, as a path is read again: one with signs of the path's own in quotes.
fn below(path: &str, key: &str) -> String {
    let is_sign = |letter: char| matches!(letter, '.' | '[' | ']' | '=' | '\'' | '"' | '\\');
    match (key.is_empty() || key.contains(is_sign), path, key.contains('\'')) {
        (false, "", _) => key.to_owned(),
        (false, path, _) => format!("{path}.{key}"),
        (true, path, false) => format!("{path}['{key}']"),
        (true, path, true) => format!("{path}[\"{key}\"]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# head
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    a.b/c: x
  name: web
spec:
  replicas: 2
  template:
    spec:
      containers:
      - image: nginx:1
        name: web
      - image: side:1
        name: side
";

    fn wanted(from: &str, to: &str) -> Result<Vec<String>> {
        assert!(BEFORE.contains(from), "{from}");
        assignments(BEFORE, &BEFORE.replacen(from, to, 1))
    }

    #[test]
    fn each_field_that_reads_otherwise_is_wanted() {
        for (from, to, expected) in [
            ("# head", "# another", &[][..]),
            ("replicas: 2", "\"replicas\": 0x2", &[]),
            ("replicas: 2", "replicas: 3", &["spec.replicas=3"]),
            ("nginx:1", "nginx:2", &["spec.template.spec.containers[name=web].image=nginx:2"]),
            ("replicas: 2", "replicas: 2\n  paused: true", &["spec.paused=true"]),
            ("a.b/c: x", "a.b/c: y", &["metadata.annotations['a.b/c']=y"]),
            ("a.b/c: x", "a.b/c: x\n    d.e/f: z", &["metadata.annotations['d.e/f']=z"]),
            (
                "      - image: side:1\n        name: side\n",
                "      - image: new:1\n        name: new\n      - image: side:2\n        name: side\n",
                &[
                    "spec.template.spec.containers[name=new].image=new:1",
                    "spec.template.spec.containers[name=new].name=new",
                    "spec.template.spec.containers[name=side].image=side:2",
                ],
            ),
        ] {
            let expected: Vec<String> = expected.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(wanted(from, to), Ok(expected), "{from} -> {to}");
        }
    }

    #[test]
    fn what_cannot_be_wanted_so_is_refused_and_says_why() {
        for (from, to, expected) in [
            ("  replicas: 2\n", "", "taken out: spec.replicas"),
            ("replicas: 2", "replicas: {}", "`spec.replicas` would be an empty map"),
            ("replicas: 2", "replicas: [", "the edited text"),
            ("# head", "a: 1\n---", "not one object"),
        ] {
            let error = wanted(from, to).expect_err(to).to_string();
            assert!(error.contains(expected), "{to}: {error}");
        }
        assert!(assignments(BEFORE, "# nothing\n").expect_err("nothing").to_string().contains("is empty"));
    }
}
