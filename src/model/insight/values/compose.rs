//! The values of a HelmRelease, composed as helm-controller does: what it refers to in its order, then what it says itself; each key with the
//! layer that it comes from.
//!
//! | rule | source |
//! |---|---|
//! | maps are merged key by key; lists and scalars are replaced | `chartutil/merge.go` |
//! | `valuesFrom` in its order, each over the ones before it; then `spec.values` | `chartutil/values.go` |
//! | `valuesKey` is `values.yaml` where it is not given; of an `optional` item object and key may be missing | `api/v2/reference_types.go` |
//! | a `targetPath` is set on the result *and the inline values*, and these are merged once more at the end: the table below | `chartutil/values.go` |
//! | `null` stays in the values, and takes the chart's default away | helm `pkg/chart/common/util/coalesce.go` |
//!
//! | a `targetPath` and an inline value at | who wins |
//! |---|---|
//! | a key at the top level | the inline value |
//! | a key in a map | the path; but the inline value where an earlier item has something in that map, or an earlier path was set in it |
//! | an item of a list, or a field in one | the path |
//! | behind the end of a list | as the key that has the list |
//!
//! `live::values` compares it with the real controller; `answers.jsonl` are random cases with the answers of the real code.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ValuesLayer;
use super::set::set;
use super::shared::{Cell, Id, Shared};
use super::tree::{Leaf, PathStep};
use crate::domain::Str;
use crate::domain::text::sanitise;
use crate::kinds;
use crate::render::node::Layer;
use crate::render::read::{TextPlace, document};
use crate::render::resolve::Yaml;
use crate::render::write;

/// What a HelmRelease says of its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValuesSpec {
    /// `spec.values`: a map, or null.
    pub inline: HiddenValue,
    pub from: Vec<ValuesReference>,
    /// `spec.chart.spec.valuesFiles`.
    pub files: Vec<String>,
    /// `spec.upgrade.preserveValues`: what an earlier release had stays.
    pub is_preserving: bool,
}

/// A value that may be a credential: it is not part of any text that is made for debugging.
#[derive(Clone, Default, PartialEq)]
pub struct HiddenValue(pub Value);

impl std::fmt::Debug for HiddenValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// An item of `spec.valuesFrom`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValuesReference {
    pub kind: Str,
    pub name: Str,
    pub key: Str,
    /// Empty: all that is under the key is merged.
    pub target: Str,
    pub is_optional: bool,
    /// The text is taken as it is (Flux 2.9).
    pub is_literal: bool,
}

impl ValuesReference {
    pub(super) fn is_secret(&self) -> bool {
        &*self.kind == kinds::SECRET.kind
    }
}

/// What was read for an item of `spec.valuesFrom`.
#[derive(Clone, PartialEq, Eq)]
pub enum ReferenceData {
    Text(String),
    /// There is no such object, or no such key in it.
    Missing,
    /// Why it is not known.
    Unread(String),
}

/// Without what it holds.
impl std::fmt::Debug for ReferenceData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Missing => "Missing",
            Self::Unread(_) => "Unread",
        })
    }
}

impl ValuesSpec {
    /// Reads the body of a HelmRelease. Of Flux v1 the items of `valuesFrom` are `configMapKeyRef`, `secretKeyRef`, and others that are not
    /// read here.
    pub fn read(body: &Value) -> Self {
        let spec = &body["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let old = |item: &Value| {
            let forms = [
                ("configMapKeyRef", kinds::CONFIG_MAP.kind),
                ("secretKeyRef", kinds::SECRET.kind),
                ("externalSourceRef", "URL"),
                ("chartFileRef", "file"),
            ];
            let (field, kind) = forms.into_iter().find(|(field, _)| !item[*field].is_null())?;
            let of = &item[field];
            let first = |names: &[&str]| names.iter().find_map(|name| of[*name].as_str()).unwrap_or_default();
            Some(ValuesReference {
                kind: kind.into(),
                name: first(&["name", "url", "path"]).into(),
                key: of["key"].as_str().unwrap_or("values.yaml").into(),
                is_optional: of["optional"] == true,
                ..ValuesReference::default()
            })
        };
        let reference = |item: &Value| {
            old(item).unwrap_or_else(|| ValuesReference {
                kind: item["kind"].as_str().unwrap_or_default().into(),
                name: item["name"].as_str().unwrap_or_default().into(),
                key: item["valuesKey"].as_str().filter(|key| !key.is_empty()).unwrap_or("values.yaml").into(),
                target: item["targetPath"].as_str().unwrap_or_default().into(),
                is_optional: item["optional"] == true,
                is_literal: item["literal"] == true,
            })
        };
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        Self {
            inline: HiddenValue(spec["values"].clone()),
            from: list(&spec["valuesFrom"]).iter().map(reference).collect(),
            files: list(&spec["chart"]["spec"]["valuesFiles"]).iter().map(text).collect(),
            is_preserving: spec["upgrade"]["preserveValues"] == true,
        }
    }
}

/// What the values of a HelmRelease are composed to.
#[derive(Default)]
pub(super) struct Composed {
    pub leaves: Vec<Leaf>,
    /// It as one value.
    pub value: Value,
    /// What each layer says, the lowest first.
    pub layers: Vec<(ValuesLayer, Value)>,
    pub gaps: Vec<String>,
    /// Items that could not be read: their keys are not in it.
    pub unread: Vec<usize>,
}

/// Composes the values that helm-controller would pass to helm now. `data`: what was read for each item of `valuesFrom`.
pub(super) fn compose(spec: &ValuesSpec, data: &[ReferenceData]) -> Composed {
    let mut out = Composed::default();
    let mut shared = Shared::default();
    let is_map = spec.inline.0.is_object();
    let inline_layer = spec.from.len();
    let inline = if is_map { shared.take(&spec.inline.0, inline_layer) } else { shared.map(inline_layer) };
    let mut result = shared.map(inline_layer);
    for (at, (reference, data)) in spec.from.iter().zip(data).enumerate() {
        let layer = ValuesLayer::of(at, reference);
        let own = match data {
            ReferenceData::Text(text) => put(&mut shared, (&mut result, inline), (at, reference), text),
            ReferenceData::Missing if reference.is_optional => Ok(Value::Null),
            ReferenceData::Missing => Err("it is not there, and not optional: helm-controller releases nothing".to_owned()),
            ReferenceData::Unread(why) => {
                out.unread.push(at);
                Err(format!("not read ({why}): its keys are not known from there"))
            }
        };
        match own {
            Ok(own) => out.layers.push((layer, own)),
            Err(why) => {
                out.gaps.push(sanitise(&format!("valuesFrom: {}: {why}", layer.word())).into_owned());
                out.layers.push((layer, Value::Null));
            }
        }
    }
    let all = shared.merge(result, inline);
    out.layers.push((ValuesLayer::Inline, spec.inline.0.clone()));
    out.value = shared.json(all);
    let mut path = Vec::new();
    leaves(&shared, all, &mut path, &mut |path, layer| {
        let layer = out.layers.get(layer).map_or(ValuesLayer::Inline, |(layer, _)| layer.clone());
        out.leaves.push(Leaf { path: path.to_vec(), layer });
    });
    out
}

/// Puts an item of `valuesFrom` over what there is. Returns what it says by itself.
fn put(
    shared: &mut Shared,
    (result, inline): (&mut Id, Id),
    (layer, reference): (usize, &ValuesReference),
    text: &str,
) -> Result<Value, String> {
    // what is wrong with a value says what it is
    let is_secret = reference.is_secret();
    let without = |why: String| if is_secret { "its text".to_owned() } else { why };
    if reference.target.is_empty() {
        let own = read_map(text).map_err(|why| if is_secret { "it is not a map in YAML".to_owned() } else { why })?;
        let values = shared.take(&own, layer);
        *result = shared.merge(*result, values);
        return Ok(own);
    }
    *result = shared.merge(*result, inline);
    let at = (&*reference.target, text);
    let failed = |why| format!("helm does not take it: {}; helm-controller releases nothing", without(why));
    set(shared, *result, at, reference.is_literal, layer).map_err(failed)?;
    let mut alone = Shared::default();
    let own = alone.map(layer);
    set(&mut alone, own, at, reference.is_literal, layer).map_err(failed)?;
    Ok(alone.json(own))
}

/// Values in YAML, as sigs.k8s.io/yaml reads the first document (go-yaml v2: `yes` is a boolean); no map where there is nothing.
pub(super) fn read_map(text: &str) -> Result<Value, String> {
    let place = TextPlace::file(&"values".into(), Layer::Resource);
    let invalid = |error: crate::render::BuildError| format!("it is not YAML: {}", error.message);
    let Some(node) = document(text.as_bytes(), &place).map_err(invalid)? else { return Ok(Value::Object(Map::new())) };
    let node = write::normal(&node, Yaml::V2).map_err(invalid)?;
    match write::json(&node).map_err(invalid)? {
        Value::Null => Ok(Value::Object(Map::new())),
        map @ Value::Object(_) => Ok(map),
        _ => Err("it is not a map: helm-controller releases nothing".to_owned()),
    }
}

fn leaves(shared: &Shared, id: Id, path: &mut Vec<PathStep>, found: &mut impl FnMut(&[PathStep], usize)) {
    match shared.cell(id) {
        Cell::Map(entries) if !entries.is_empty() => {
            for (key, id) in entries {
                path.push(PathStep::Key(key.as_str().into()));
                leaves(shared, *id, path, found);
                path.pop();
            }
        }
        Cell::List(items) if !items.is_empty() => {
            for (at, id) in items.iter().enumerate() {
                path.push(PathStep::Item(at));
                leaves(shared, *id, path, found);
                path.pop();
            }
        }
        Cell::Map(_) if path.is_empty() => {}
        _ => found(path, shared.layer(id)),
    }
}

/// The values of a HelmRelease as helm-controller passes them to helm.
///
/// # Errors
/// What it would stop at: a text that is not YAML, a path or its value that helm does not take, inline values that are not a map.
pub fn composed(inline: &Value, parts: &[(ValuesReference, String)]) -> Result<Value, String> {
    if !inline.is_object() && !inline.is_null() {
        return Err("spec.values is not a map".to_owned());
    }
    let spec = ValuesSpec {
        inline: HiddenValue(inline.clone()),
        from: parts.iter().map(|(reference, _)| reference.clone()).collect(),
        ..ValuesSpec::default()
    };
    let data: Vec<_> = parts.iter().map(|(_, text)| ReferenceData::Text(text.clone())).collect();
    let found = compose(&spec, &data);
    match found.gaps.into_iter().next() {
        Some(why) => Err(why),
        None => Ok(found.value),
    }
}

/// The values of a release over the defaults of its chart, as helm coalesces them.
pub(super) fn over_defaults(values: &Value, defaults: &Value) -> Value {
    match (values, defaults) {
        (Value::Object(values), Value::Object(defaults)) => {
            let mut out: BTreeMap<&String, Value> = defaults
                .iter()
                .filter(|(key, value)| !value.is_null() && !values.contains_key(*key))
                .map(|(key, value)| (key, value.clone()))
                .collect();
            for (key, value) in values {
                match defaults.get(key) {
                    Some(_) if value.is_null() => {}
                    Some(default) => {
                        out.insert(key, over_defaults(value, default));
                    }
                    None => {
                        out.insert(key, value.clone());
                    }
                }
            }
            Value::Object(out.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        (values, _) => values.clone(),
    }
}
