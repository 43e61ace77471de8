//! A server-side apply that stores nothing.

use std::collections::BTreeSet;
use std::fmt;

use super::identity::GroupKind;

/// One object, as Flux would apply it.
#[derive(Clone, PartialEq)]
pub struct DryRun {
    /// `Kind namespace/name`.
    pub object: String,
    pub gk: GroupKind,
    pub version: String,
    pub namespace: String,
    pub name: String,
    /// The manifest as JSON. May hold values of a Secret: never shown.
    pub body: String,
    /// The ServiceAccount by whose rights Flux applies it; none for the controller's own.
    pub account: Option<String>,
    /// What the API server refuses to change, Flux deletes and creates again.
    pub is_forced: bool,
    /// Fields that the change takes out, each as the steps of its path: they stay where somebody else owns them too.
    pub gone: Vec<GoneField>,
}

/// A field that is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneField {
    /// As people write it.
    pub path: String,
    /// Its steps.
    pub steps: Vec<GoneStep>,
    /// What it reads now, as JSON.
    pub was: serde_json::Value,
}

/// One step of the path of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoneStep {
    Key(String),
    /// The item of a list with these texts.
    Item(Vec<(String, String)>),
}

impl GoneField {
    /// What an object has there; none where it has nothing.
    pub fn of<'b>(&self, body: &'b serde_json::Value) -> Option<&'b serde_json::Value> {
        self.steps.iter().try_fold(body, |here, step| match step {
            GoneStep::Key(key) => here.get(key),
            GoneStep::Item(pairs) => here.as_array()?.iter().find(|item| {
                pairs.iter().all(|(key, text)| item.get(key).and_then(serde_json::Value::as_str) == Some(text.as_str()))
            }),
        })
    }

    /// Its path as `managedFields` has it (structured-merge-diff v4 `fieldpath/serialize.go`): `f:KEY`, `k:{"name":"web"}`.
    fn owned(&self, fields: &serde_json::Value) -> bool {
        let mut here = fields;
        for step in &self.steps {
            let next = match step {
                GoneStep::Key(key) => here.get(format!("f:{key}")),
                GoneStep::Item(pairs) => here.as_object().and_then(|map| {
                    let is_it = |key: &&String| {
                        let keys: Option<serde_json::Value> =
                            key.strip_prefix("k:").and_then(|json| serde_json::from_str(json).ok());
                        keys.is_some_and(|keys| {
                            pairs
                                .iter()
                                .all(|(key, text)| keys.get(key).and_then(serde_json::Value::as_str) == Some(text.as_str()))
                        })
                    };
                    map.keys().find(is_it).and_then(|key| map.get(key))
                }),
            };
            match next {
                Some(next) => here = next,
                None => return false,
            }
        }
        true
    }

    /// The managers of an object, besides Flux's, that own the field. None where the object does not say who owns anything.
    pub fn owners(&self, body: &serde_json::Value, flux: &str) -> Option<BTreeSet<String>> {
        let entries = body.pointer("/metadata/managedFields").and_then(serde_json::Value::as_array);
        let entries = entries.filter(|entries| !entries.is_empty())?;
        let owns = |entry: &&serde_json::Value| entry.get("fieldsV1").is_some_and(|fields| self.owned(fields));
        let manager = |entry: &serde_json::Value| Some(entry.get("manager")?.as_str()?.to_owned()).filter(|name| name != flux);
        Some(entries.iter().filter(owns).filter_map(manager).collect())
    }
}

/// What the API server says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunAnswer {
    Taken,
    /// It would not take it: its own words.
    Refused(String),
    /// It would, and a field that is taken out would still be there, for these own it too.
    Kept {
        field: String,
        owners: Vec<String>,
    },
    /// It did not look at it, and why.
    NotAsked(String),
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DryRun").field(&self.object).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    #[test]
    fn who_else_owns_a_field_is_read_along_its_path() {
        let key = |name: &str| GoneStep::Key(name.to_owned());
        let container = GoneStep::Item(vec![("name".to_owned(), "web".to_owned())]);
        let field = |steps: Vec<GoneStep>| GoneField { path: "x".to_owned(), steps, was: Value::Null };
        let suspend = field(vec![key("spec"), key("suspend")]);
        let limits = field(vec![key("spec"), key("containers"), container, key("resources")]);
        let label = field(vec![key("metadata"), key("labels"), key("a.b/c")]);
        let of_suspend = json!({"f:spec": {"f:suspend": {}}});
        let of_web = json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:resources": {"f:limits": {}}}}}});
        let of_other = json!({"f:spec": {"f:containers": {"k:{\"name\":\"side\"}": {"f:resources": {}}}}});
        let (ours, kubectl) = ("kustomize-controller", "kubectl-client-side-apply");
        for (what, field, entries, expected) in [
            ("ours alone", &suspend, vec![entry(ours, "Apply", &of_suspend)], Some(vec![])),
            ("another alone", &suspend, vec![entry(kubectl, "Update", &of_suspend)], Some(vec![kubectl])),
            (
                "ours and others, each once",
                &suspend,
                vec![
                    entry("flux", "Update", &of_suspend),
                    entry(ours, "Apply", &of_suspend),
                    entry(kubectl, "Update", &of_suspend),
                    entry("flux", "Apply", &of_suspend),
                ],
                Some(vec!["flux", kubectl]),
            ),
            (
                "others own other fields",
                &suspend,
                vec![entry(kubectl, "Update", &json!({"f:spec": {"f:interval": {}}}))],
                Some(vec![]),
            ),
            ("below the field", &limits, vec![entry(kubectl, "Update", &of_web)], Some(vec![kubectl])),
            ("of another item", &limits, vec![entry(kubectl, "Update", &of_other)], Some(vec![])),
            (
                "a key with dots",
                &label,
                vec![entry("helm", "Update", &json!({"f:metadata": {"f:labels": {"f:a.b/c": {}}}}))],
                Some(vec!["helm"]),
            ),
            ("nobody is named", &suspend, vec![], None),
        ] {
            let body = json!({"metadata": {"managedFields": entries}});
            let found = field.owners(&body, ours);
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(found, expected, "{what}");
        }
        assert_eq!(suspend.owners(&json!({"metadata": {}}), ours), None, "they were not read");
    }
}
