//! Whether an object fits the schema of its CustomResourceDefinition: required fields, types, allowed values
//! (kube-openapi `pkg/validation`, apiextensions `pkg/apiserver/validation`). Patterns and CEL rules are not evaluated.

use serde_json::Value;

use super::kind::{Kind, list};
use super::text;

/// Fills in the defaults of a schema, and takes out what it does not know.
pub(in crate::demo) fn complete(kind: &Kind, object: &mut Value) {
    for field in ["spec", "status"] {
        let schema = &kind.schema["properties"][field];
        if let (true, Some(value)) = (schema.is_object(), object.get_mut(field)) {
            fill(schema, value);
        }
    }
}

fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let known = schema["properties"].as_object();
            let is_open = schema["x-kubernetes-preserve-unknown-fields"] == true || schema["additionalProperties"].is_object();
            if let Some(known) = known {
                if !is_open {
                    fields.retain(|name, _| known.contains_key(name));
                }
                for (name, schema) in known {
                    if let Some(default) = schema.get("default").filter(|_| !fields.contains_key(name)) {
                        fields.insert(name.clone(), default.clone());
                    }
                    if let Some(field) = fields.get_mut(name) {
                        fill(schema, field);
                    }
                }
            } else if schema["additionalProperties"].is_object() {
                fields.values_mut().for_each(|field| fill(&schema["additionalProperties"], field));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(&schema["items"], item)),
        _ => (),
    }
}

/// What of an object does not fit, each as `field: why`, as the server words it.
pub(in crate::demo) fn faults(kind: &Kind, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let schema = &kind.schema["properties"]["spec"];
    if schema.is_object() {
        judge(schema, object.get("spec").unwrap_or(&Value::Null), "spec", &mut found);
    }
    found.sort();
    found
}

fn judge(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let wanted = text(schema, "/type");
    let is_fit = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    if value.is_null() && (path == "spec" || schema["nullable"] == true) {
        return;
    }
    if !is_fit {
        let is = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        found.push(format!("{path}: Invalid value: \"{is}\": {path} in body must be of type {wanted}: \"{is}\""));
        return;
    }
    let allowed = list(schema, "/enum");
    if !allowed.is_empty() && !allowed.contains(value) {
        let allowed: Vec<_> = allowed.iter().map(Value::to_string).collect();
        found.push(format!("{path}: Unsupported value: {value}: supported values: {}", allowed.join(", ")));
    }
    for name in list(schema, "/required").iter().filter_map(Value::as_str).filter(|name| value.get(name).is_none()) {
        found.push(format!("{path}.{name}: Required value"));
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let below = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
        if below.is_object() {
            judge(below, field, &format!("{path}.{name}"), found);
        }
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        judge(&schema["items"], item, &format!("{path}[{number}]"), found);
    }
}
