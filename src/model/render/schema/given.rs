//! Schemas from the repository itself: an OpenAPI v2 document, as `kustomize openapi fetch` writes it.

use serde_json::{Map, Value};

use super::shape::{Definitions, FieldSchema, ListMerge};

/// Names the kinds that a definition, or a path of the API, is about.
const KINDS: &str = "x-kubernetes-group-version-kind";
/// Schemas within schemas; a document deeper than this is not a schema of an API.
const DEEPEST: usize = 200;

pub fn read(file: &Value, into: &mut Definitions) -> Result<(), String> {
    let file = object(file, "the schema")?;
    for (name, definition) in part(file, "definitions")? {
        into.insert(name, shape(definition, name, 0)?);
        for (version, kind) in definition.get(KINDS).and_then(Value::as_array).into_iter().flatten().filter_map(type_meta) {
            into.insert_kind(&version, kind, name);
        }
    }
    for (path, served) in part(file, "paths")? {
        let Some((version, kind)) = served.get("get").and_then(|get| get.get(KINDS)).and_then(type_meta) else { continue };
        // one path with a namespace is enough, whatever the others say
        if path.contains("namespaces/{namespace}") {
            into.insert_scope(&version, kind, true);
        } else if into.scope(&version, kind).is_none() {
            into.insert_scope(&version, kind, false);
        }
    }
    Ok(())
}

/// A schema that belongs to no definition.
pub fn alone(schema: &Value) -> Option<FieldSchema> {
    shape(schema, "a comment", 0).ok()
}

fn type_meta(of: &Value) -> Option<(String, &str)> {
    let text = |name: &str| of.get(name).and_then(Value::as_str);
    let (version, kind) = (text("version")?, text("kind")?);
    let version = match text("group").unwrap_or_default() {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    Some((version, kind))
}

fn shape(schema: &Value, at: &str, depth: usize) -> Result<FieldSchema, String> {
    if depth > DEEPEST {
        return Err(format!("{at}: schemas nested more than {DEEPEST} deep"));
    }
    let schema = object(schema, at)?;
    let below = |value: &Value| shape(value, at, depth + 1);
    let mut found = FieldSchema::default();
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str).filter(|reference| !reference.is_empty()) {
        found.reference = Some(reference.trim_start_matches("#/definitions/").into());
        return Ok(found);
    }
    for (name, field) in part(schema, "properties")? {
        found.fields.insert(name.as_str().into(), shape(field, &format!("{at}.{name}"), depth + 1)?);
    }
    if let Some(any) = schema.get("additionalProperties").filter(|any| any.is_object()) {
        found.any = Some(Box::new(below(any)?));
    }
    if let Some(items) = schema.get("items").filter(|items| is_list(schema) && items.is_object()) {
        found.items = Some(Box::new(below(items)?));
    }
    found.merge = merge(schema);
    Ok(found)
}

/// kyaml `openapi.go`, `PatchStrategyAndKeyList`: the keys of a map-like list count before the one merge key.
fn merge(schema: &Map<String, Value>) -> Option<ListMerge> {
    let strategy = schema.get("x-kubernetes-patch-strategy")?.as_str()?.into();
    let several = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let keys: Vec<&Value> = match several {
        Some(keys) => keys.iter().collect(),
        None => schema.get("x-kubernetes-patch-merge-key").into_iter().collect(),
    };
    Some(ListMerge { strategy, keys: keys.into_iter().filter_map(Value::as_str).map(Into::into).collect() })
}

/// `type: array`, or a list of types with only that one.
fn is_list(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.len() == 1 && types[0] == "array",
        kind => kind.is_some_and(|kind| kind == "array"),
    }
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{at} is not a map"))
}

/// A map inside a map; nothing where it is missing.
fn part<'a>(of: &'a Map<String, Value>, name: &str) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, String> {
    let part = match of.get(name) {
        None | Some(Value::Null) => None,
        Some(part) => Some(object(part, name)?),
    };
    Ok(part.into_iter().flatten())
}
