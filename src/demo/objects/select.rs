//! Label and field selectors (apimachinery `pkg/labels/selector.go`, `pkg/fields/selector.go`).

use std::collections::BTreeMap;

use kube::core::{Expression, Selector as Labels, SelectorExt};
use serde_json::Value;

/// What a list or a watch is narrowed to.
#[derive(Clone, Debug, Default)]
pub(in crate::demo) struct Selector {
    labels: Labels,
    /// Path, value, whether it must be equal.
    fields: Vec<(String, String, bool)>,
}

impl Selector {
    /// Reads both selectors of a request.
    ///
    /// # Errors
    /// What cannot be parsed, in the server's words.
    pub fn parse(labels: &str, fields: &str) -> Result<Self, String> {
        let labels = split(labels).into_iter().map(requirement).collect::<Result<_, _>>()?;
        let term = |term: &str| {
            let unequal = term.split_once("!=").map(|(path, value)| (path, value, false));
            let equal = || term.split_once('=').map(|(path, value)| (path, value.trim_start_matches('='), true));
            let found =
                unequal.or_else(equal).map(|(path, value, equal)| (path.trim().to_owned(), value.trim().to_owned(), equal));
            found.ok_or_else(|| format!("invalid selector: '{term}'; can't understand '{term}'"))
        };
        let fields = fields.split(',').filter(|part| !part.is_empty()).map(term).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    pub fn is_empty(&self) -> bool {
        self.labels.selects_all() && self.fields.is_empty()
    }

    /// The first field that a kind cannot be selected by; those of metadata every kind knows.
    pub fn unknown_field(&self, kind: &str) -> Option<&str> {
        let known = |path: &str| match kind {
            _ if matches!(path, "metadata.name" | "metadata.namespace") => true,
            "Event" => path.starts_with("involvedObject.") || matches!(path, "reason" | "type" | "source" | "reportingComponent"),
            "Pod" => {
                matches!(path, "spec.nodeName" | "spec.restartPolicy" | "spec.schedulerName" | "status.phase" | "status.podIP")
            }
            "Secret" => path == "type",
            "Namespace" => path == "status.phase",
            "Job" => path == "status.successful",
            _ => false,
        };
        self.fields.iter().map(|(path, _, _)| path.as_str()).find(|path| !known(path))
    }

    pub fn selects(&self, object: &Value) -> bool {
        let labels = || -> BTreeMap<_, _> {
            let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
            labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
        };
        (self.labels.selects_all() || self.labels.matches(&labels())) && self.fields.iter().all(|term| has_field(object, term))
    }
}

fn has_field(object: &Value, (path, value, equal): &(String, String, bool)) -> bool {
    let found = path.split('.').fold(object, |value, key| &value[key]);
    let found = match found {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    (found == *value) == *equal
}

/// Splits at commas outside of parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn requirement(text: &str) -> Result<Expression, String> {
    let key = |key: &str| key.trim().to_owned();
    let set = |list: &str| {
        let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(list.split(',').map(|value| value.trim().to_owned()).collect())
    };
    let made = if let Some((of, value)) = text.split_once("!=") {
        Some(Expression::NotEqual(key(of), key(value)))
    } else if let Some((of, value)) = text.split_once('=') {
        Some(Expression::Equal(key(of), key(value.trim_start_matches('='))))
    } else if let Some((of, list)) = text.split_once(" notin") {
        set(list).map(|values| Expression::NotIn(key(of), values))
    } else if let Some((of, list)) = text.split_once(" in") {
        set(list).map(|values| Expression::In(key(of), values))
    } else if let Some(of) = text.strip_prefix('!') {
        Some(Expression::DoesNotExist(key(of)))
    } else {
        Some(Expression::Exists(key(text)))
    };
    made.ok_or_else(|| format!("unable to parse requirement: found '{text}'"))
}
