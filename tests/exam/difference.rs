//! Two builds of a folder, compared field by field as parsed documents.

use serde_json::Value;

/// The length of the suffix that kustomize gives generated names, and its letters (kustomize `api/hasher`: hex, with others for 0, 1, 3, a, e).
const HASH: usize = 10;
const LETTERS: &str = "2456789bcdfghkmt";

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// A place in a build: the number of the object, and the path in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub object: usize,
    pub path: Vec<Step>,
}

/// What another value did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What stands in the field now, where it is not the wanted value.
    pub missed: Option<String>,
    /// Everything else that differs, but for consequences.
    pub elsewhere: Vec<String>,
    /// Suffixes of generated names and references to them.
    pub consequences: usize,
}

impl Outcome {
    pub fn is_right(&self) -> bool {
        self.missed.is_none() && self.elsewhere.is_empty()
    }
}

struct Change<'v> {
    spot: Spot,
    old: Option<&'v Value>,
    new: Option<&'v Value>,
}

pub fn outcome(before: &[Value], after: &[Value], spot: &Spot, wanted: &Value) -> Outcome {
    let mut outcome = Outcome::default();
    if before.len() != after.len() {
        outcome.elsewhere.push(format!("{} objects became {}", before.len(), after.len()));
        return outcome;
    }
    let mut changes = Vec::new();
    for (object, (old, new)) in before.iter().zip(after).enumerate() {
        compare(&mut Spot { object, path: Vec::new() }, Some(old), Some(new), &mut changes);
    }
    let is = reach(&after[spot.object], &spot.path);
    outcome.missed = (is != Some(wanted)).then(|| is.map_or_else(|| "nothing".to_owned(), ToString::to_string));
    let renamed: Vec<_> = before.iter().zip(after).filter_map(|(old, new)| renamed(old, new)).collect();
    for change in changes.iter().filter(|change| change.spot != *spot) {
        if is_consequence(change, &renamed) {
            outcome.consequences += 1;
        } else {
            outcome.elsewhere.push(shown(change, before));
        }
    }
    outcome
}

pub fn reach<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(at) => value.get(at),
    })
}

fn compare<'v>(at: &mut Spot, old: Option<&'v Value>, new: Option<&'v Value>, into: &mut Vec<Change<'v>>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                at.path.push(Step::Key(key.clone()));
                compare(at, old.get(key), new.get(key), into);
                at.path.pop();
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                at.path.push(Step::Index(index));
                compare(at, old.get(index), new.get(index), into);
                at.path.pop();
            }
        }
        (old, new) if old == new => {}
        (old, new) => into.push(Change { spot: at.clone(), old, new }),
    }
}

/// The old and the new name of a generated object whose content changed.
fn renamed<'v>(old: &'v Value, new: &'v Value) -> Option<(&'v str, &'v str)> {
    let name = |object: &'v Value| object["metadata"]["name"].as_str().unwrap_or_default();
    let is_generated = ["ConfigMap", "Secret"].iter().any(|kind| old["kind"] == *kind && new["kind"] == *kind);
    let (old, new) = (name(old), name(new));
    let ((stem, _), (new_stem, _)) = (hashed(old)?, hashed(new)?);
    (is_generated && old != new && stem == new_stem).then_some((old, new))
}

/// A generated name: what comes before the suffix, and the suffix.
fn hashed(name: &str) -> Option<(&str, &str)> {
    let (stem, hash) = name.rsplit_once('-')?;
    (hash.len() == HASH && hash.chars().all(|letter| LETTERS.contains(letter))).then_some((stem, hash))
}

fn is_consequence(change: &Change<'_>, renamed: &[(&str, &str)]) -> bool {
    let (Some(old), Some(new)) = (change.old.and_then(Value::as_str), change.new.and_then(Value::as_str)) else { return false };
    renamed.iter().any(|(from, to)| old.contains(from) && old.replace(from, to) == new)
}

fn shown(change: &Change<'_>, before: &[Value]) -> String {
    let object = &before[change.spot.object];
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let value = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), |value| short(&value.to_string()));
    let kind = object["kind"].as_str().unwrap_or_default();
    format!("{kind}/{name} {}: {} became {}", path(&change.spot.path), value(change.old), value(change.new))
}

/// At most so much of a text that a line can hold it.
pub fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

/// A path as `where` and `run set-field` take it.
pub fn path(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Index(at) => out.push_str(&format!("[{at}]")),
            Step::Key(key)
                if !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter)) =>
            {
                let dot = if out.is_empty() { "" } else { "." };
                out.push_str(&format!("{dot}{key}"));
            }
            Step::Key(key) if key.contains('\'') => out.push_str(&format!("[\"{key}\"]")),
            Step::Key(key) => out.push_str(&format!("['{key}']")),
        }
    }
    out
}
