//! The values of a HelmRelease, composed as helm-controller does: what it refers to, in order, and then what it says itself.
//!
//! Source: fluxcd/pkg `chartutil/values.go` (`ChartValuesFromReferences`, `MergeMaps`, `replacePathValue`), helm.sh/helm `pkg/strvals`.

use serde_json::{Map, Value as Json};

use crate::render::node::Layer;
use crate::render::read::{TextPlace, documents};
use crate::render::write;

/// Most items of a list that a path may make.
const MOST: usize = 1000;

/// Some of the values.
#[derive(Clone, Debug, PartialEq)]
pub enum ValuesPart {
    /// The text under a key of a ConfigMap or a Secret: YAML, or one value for a path.
    From { text: String, target: String, is_literal: bool },
    /// `spec.values`.
    Inline(Json),
}

/// All of them as one.
///
/// # Errors
/// A text is not YAML, or a path or its value is written in a way that is not understood here.
pub fn composed(parts: &[ValuesPart]) -> Result<Json, String> {
    let mut all = Map::new();
    for part in parts {
        match part {
            ValuesPart::Inline(Json::Object(values)) => merge(&mut all, values),
            ValuesPart::Inline(_) => return Err("spec.values is not a map".to_owned()),
            ValuesPart::From { text, target, .. } if target.is_empty() => {
                match read(text).map_err(|why| format!("values that it refers to: {why}"))? {
                    Json::Object(values) => merge(&mut all, &values),
                    Json::Null => {}
                    _ => return Err("values that it refers to are not a map".to_owned()),
                }
            }
            ValuesPart::From { text, target, is_literal } => {
                let value = if *is_literal { Json::String(text.clone()) } else { typed(text)? };
                let mut root = Json::Object(std::mem::take(&mut all));
                put(&mut root, &path(target)?, value)?;
                if let Json::Object(values) = root {
                    all = values;
                }
            }
        }
    }
    Ok(Json::Object(all))
}

/// Values in YAML; null where there are none.
///
/// # Errors
/// It is not YAML, or several documents.
pub(super) fn read(text: &str) -> Result<Json, String> {
    let nodes = documents(text.as_bytes(), &TextPlace::file(&"values".into(), Layer::Resource));
    let nodes = nodes.map_err(|error| format!("they are not YAML: {}", error.message))?;
    match nodes.as_slice() {
        [] => Ok(Json::Null),
        [one] => write::json(one).map_err(|error| error.message),
        _ => Err("they are several documents".to_owned()),
    }
}

/// The second over the first; maps in maps are merged, all else is replaced.
pub(super) fn merge(all: &mut Map<String, Json>, over: &Map<String, Json>) {
    for (key, value) in over {
        match (all.get_mut(key), value) {
            (Some(Json::Object(old)), Json::Object(new)) => merge(old, new),
            _ => {
                all.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

/// `a.b\.c[0].d`.
fn path(text: &str) -> Result<Vec<Step>, String> {
    let wrong = || format!("`{text}` is not a path of values that is understood here");
    let (mut steps, mut key, mut letters) = (Vec::new(), String::new(), text.chars());
    let mut is_key = true;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => key.push(letters.next().ok_or_else(wrong)?),
            '.' => {
                if is_key {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                }
                is_key = true;
            }
            '[' => {
                if is_key {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                }
                let number: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                steps.push(Step::Item(number.parse().ok().filter(|at| *at < MOST).ok_or_else(wrong)?));
                is_key = false;
            }
            ',' | '=' | '{' | '}' => return Err(wrong()),
            letter if is_key => key.push(letter),
            _ => return Err(wrong()),
        }
    }
    if is_key {
        steps.push(Step::Key(key));
    }
    let is_whole = steps.iter().all(|step| !matches!(step, Step::Key(key) if key.is_empty()));
    if is_whole && matches!(steps.first(), Some(Step::Key(_))) { Ok(steps) } else { Err(wrong()) }
}

/// A value as `--set` reads it; one in quotes is a text.
fn typed(text: &str) -> Result<Json, String> {
    for quote in ['\'', '"'] {
        if text.len() > 1 && text.starts_with(quote) && text.ends_with(quote) {
            let inner = text.trim_matches(['\'', '"']);
            return plain(inner).map(|()| Json::String(inner.to_owned()));
        }
    }
    plain(text)?;
    let is_number = |text: &str| text == "0" || !text.starts_with('0');
    Ok(match text {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        "null" => Json::Null,
        text if is_number(text) => text.parse::<i64>().map_or_else(|_| Json::String(text.to_owned()), Json::from),
        text => Json::String(text.to_owned()),
    })
}

/// A comma begins another value, a brace a list, and a backslash takes a meaning away: not done here.
fn plain(text: &str) -> Result<(), String> {
    match text.contains([',', '\\']) || text.starts_with('{') || text.ends_with('\n') {
        true => {
            Err("a value with a targetPath has a comma, a brace, a backslash or a line end: helm reads it in a way of its own"
                .to_owned())
        }
        false => Ok(()),
    }
}

fn put(at: &mut Json, steps: &[Step], value: Json) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        *at = value;
        return Ok(());
    };
    let next = match step {
        Step::Key(key) => {
            if at.is_null() {
                *at = Json::Object(Map::new());
            }
            let Json::Object(map) = at else { return Err(format!("`{key}` of a targetPath is below what is not a map")) };
            map.entry(key.clone()).or_insert(Json::Null)
        }
        Step::Item(number) => {
            if at.is_null() {
                *at = Json::Array(Vec::new());
            }
            let Json::Array(list) = at else { return Err(format!("[{number}] of a targetPath is below what is not a list")) };
            if list.len() <= *number {
                list.resize(number + 1, Json::Null);
            }
            &mut list[*number]
        }
    };
    // a text where something is put below is replaced, as `--set` does
    if matches!(rest.first(), Some(Step::Key(_))) && !next.is_object() {
        *next = Json::Object(Map::new());
    }
    put(next, rest, value)
}

#[cfg(test)]
#[path = "../tests/release_values.rs"]
mod tests;
