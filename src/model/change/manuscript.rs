//! An object as git builds it, as a text that a person edits; and what the edited text means: each field that reads otherwise.
//!
//! Which file sets a field is not in here: every field that changed becomes a field that is wanted.

use super::compare::is_secret;
use super::order::ChangeSetting;
use super::steps::between;
use super::wanted::WantedField;
use crate::error::{Error, Result};
use crate::insight::named::shown;
use crate::render::flux::Applied;
use crate::render::node::{Node, Text, Value};
use crate::render::read::{TextPlace, documents};
use crate::render::{Layer, write};

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
         # Change, add or delete fields; save and quit. Each becomes an edit of the file that sets it, and is reviewed first.\n\
         # Quit without a change, and nothing happens.\n"
    );
    let line = u32::try_from(head.lines().count()).unwrap_or(u32::MAX).saturating_add(1);
    Ok((format!("{head}{}", write::yaml(node)?), line))
}

/// What the edited text wants, one after the other; nothing where it means the same.
///
/// # Errors
/// It is not YAML, not one object, or wants what cannot be wanted so: another identity, a map in the place of a plain value.
pub fn settings(before: &str, after: &str) -> Result<Vec<ChangeSetting>> {
    let wanted = between(&object(before)?, &object(after)?, "")?;
    Ok(wanted.iter().map(WantedField::setting).collect())
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
        let settings = settings(BEFORE, &BEFORE.replacen(from, to, 1))?;
        Ok(settings.iter().map(|one| format!("{} {}", one.flag().0, one.flag().1)).collect())
    }

    #[test]
    fn each_field_that_reads_otherwise_is_wanted() {
        for (from, to, expected) in [
            ("# head", "# another", &[][..]),
            ("replicas: 2", "\"replicas\": 0x2", &[]),
            ("replicas: 2", "replicas: 3", &["--set spec.replicas=3"]),
            ("nginx:1", "nginx:2", &["--set spec.template.spec.containers[name=web].image=nginx:2"]),
            ("replicas: 2", "replicas: 2\n  paused: true", &["--set spec.paused=true"]),
            ("a.b/c: x", "a.b/c: y", &["--set metadata.annotations['a.b/c']=y"]),
            ("a.b/c: x", "a.b/c: x\n    d.e/f: z", &["--set metadata.annotations['d.e/f']=z"]),
            (
                "      - image: side:1\n        name: side\n",
                "      - image: new:1\n        name: new\n      - image: side:2\n        name: side\n",
                &[
                    "--set spec.template.spec.containers[name=side].image=side:2",
                    "--set-json spec.template.spec.containers[+1]={\"image\":\"new:1\",\"name\":\"new\"}",
                ],
            ),
            ("  replicas: 2\n", "", &["--unset spec.replicas"]),
            ("replicas: 2", "replicas:", &["--unset spec.replicas"]),
            ("      - image: side:1\n        name: side\n", "", &["--unset spec.template.spec.containers[name=side]"]),
            ("  annotations:\n    a.b/c: x\n", "", &["--unset metadata.annotations"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(wanted(from, to), Ok(expected), "{from} -> {to}");
        }
    }

    #[test]
    fn what_cannot_be_wanted_so_is_refused_and_says_why() {
        for (from, to, expected) in [
            ("replicas: 2", "replicas: {}", "`spec.replicas` is a plain value and would be a map"),
            ("  name: web\nspec", "  name: other\nspec", "says which object it is"),
            ("  name: web\nspec", "spec", "says which object it is"),
            ("replicas: 2", "replicas: [", "the edited text"),
            ("# head", "a: 1\n---", "not one object"),
        ] {
            let error = wanted(from, to).expect_err(to).to_string();
            assert!(error.contains(expected), "{to}: {error}");
        }
        assert!(settings(BEFORE, "# nothing\n").expect_err("nothing").to_string().contains("is empty"));
    }
}
