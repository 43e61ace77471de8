//! Label and field selectors (apimachinery `pkg/labels/selector.go`, `pkg/fields/selector.go`).

use serde_json::Value;

/// What a list or a watch is narrowed to.
#[derive(Clone, Debug, Default)]
pub(in crate::demo) struct Selector {
    labels: Vec<Requirement>,
    /// Path, value, whether it must be equal.
    fields: Vec<(String, String, bool)>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl Selector {
    /// Reads both selectors of a request.
    ///
    /// # Errors
    /// What cannot be parsed, in the server's words.
    pub fn parse(labels: &str, fields: &str) -> Result<Self, String> {
        let labels = split(labels).into_iter().map(requirement).collect::<Result<_, _>>()?;
        let term = |term: &str| {
            let (path, value, equal) = match term.split_once("!=") {
                Some((path, value)) => (path, value, false),
                None => {
                    let (path, value) =
                        term.split_once('=').ok_or(format!("invalid selector: '{term}'; can't understand '{term}'"))?;
                    (path, value.trim_start_matches('='), true)
                }
            };
            Ok::<_, String>((path.trim().to_owned(), value.trim().to_owned(), equal))
        };
        let fields = fields.split(',').filter(|part| !part.is_empty()).map(term).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
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
        self.labels.iter().all(|requirement| requirement.holds(object)) && self.fields.iter().all(|term| has_field(object, term))
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

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let label = object["metadata"]["labels"][self.key.as_str()].as_str();
        match &self.test {
            Test::In(values) => label.is_some_and(|label| values.iter().any(|value| value == label)),
            Test::NotIn(values) => label.is_none_or(|label| values.iter().all(|value| value != label)),
            Test::Exists => label.is_some(),
            Test::Absent => label.is_none(),
        }
    }
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

fn requirement(text: &str) -> Result<Requirement, String> {
    let values = |list: &str| list.split(',').map(|value| value.trim().to_owned()).collect::<Vec<_>>();
    let set = |text: &str| text.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')')).map(values);
    let made = if let Some((key, value)) = text.split_once("!=") {
        Some((key, Test::NotIn(vec![value.trim().to_owned()])))
    } else if let Some((key, value)) = text.split_once('=') {
        Some((key, Test::In(vec![value.trim_start_matches('=').trim().to_owned()])))
    } else if let Some((key, list)) = text.split_once(" notin") {
        set(list).map(|list| (key, Test::NotIn(list)))
    } else if let Some((key, list)) = text.split_once(" in") {
        set(list).map(|list| (key, Test::In(list)))
    } else {
        let absent = text.strip_prefix('!');
        Some((absent.unwrap_or(text), if absent.is_some() { Test::Absent } else { Test::Exists }))
    };
    let (key, test) = made.ok_or_else(|| format!("unable to parse requirement: found '{text}'"))?;
    Ok(Requirement { key: key.trim().to_owned(), test })
}
