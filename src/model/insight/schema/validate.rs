//! An object against its schema, as an API server reads it: types, required and unknown fields, enumerations, bounds.
//!
//! Sources of the rules: structural schemas (apiextensions), and the strict field validation that server-side apply always does. `null` is
//! as good as nothing there. `status` is not looked at: Flux does not apply it.

use serde_json::Value;

use super::Schemas;
use crate::domain::go_pattern;
use crate::domain::text::counted;
use crate::render::fields::below;
use crate::render::node::{Node, Origin, Value as Content};
use crate::render::unproven::is_unproven;
use crate::render::write;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub path: String,
    pub message: String,
    pub origin: Origin,
}

/// What is wrong with an object. Nothing, where its kind has no schema.
pub fn validate(node: &Node, schemas: &Schemas) -> Vec<Fault> {
    let mut walk = Walk { schemas, faults: Vec::new() };
    if let Some(schema) = schemas.of(node) {
        walk.node(node, schema, "", true);
    }
    walk.faults
}

struct Walk<'s> {
    schemas: &'s Schemas,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn report(&mut self, node: &Node, path: &str, message: impl Into<String>) {
        self.faults.push(Fault { path: path.to_owned(), message: message.into(), origin: node.origin().clone() });
    }

    fn node(&mut self, node: &Node, schema: &Value, path: &str, is_root: bool) {
        let schema = self.schemas.resolve(schema);
        // of what is still a variable nothing can be said
        if node.is_null() || node.text().is_some_and(is_unproven) {
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            // in a CRD these only bound values: what they do not name is not an unknown field
            if part.get("$ref").is_some() {
                self.node(node, part, path, is_root);
            }
        }
        match &node.value {
            Content::Scalar(_) => self.scalar(node, schema, path),
            Content::List(items) => {
                if !self.is_type(node, schema, "array", path) {
                    return;
                }
                self.count(node, schema, path, items.len());
                if let Some(of) = schema.get("items") {
                    for (at, item) in items.iter().enumerate() {
                        self.node(item, of, &format!("{path}[{at}]"), false);
                    }
                }
            }
            Content::Map(_) => {
                if self.is_type(node, schema, "object", path) {
                    self.map(node, schema, path, is_root);
                }
            }
        }
    }

    fn is_type(&mut self, node: &Node, schema: &Value, own: &str, path: &str) -> bool {
        let wanted = match schema.get("type").and_then(Value::as_str) {
            _ if is_loose(schema) => "an integer or a text",
            Some(wanted) if wanted != own => wanted,
            _ => return true,
        };
        self.report(node, path, format!("`{path}` must be {wanted}, not {own}"));
        false
    }

    fn count(&mut self, node: &Node, schema: &Value, path: &str, count: usize) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
        if bound("minItems").is_some_and(|least| count < least) || bound("maxItems").is_some_and(|most| count > most) {
            self.report(node, path, format!("`{path}` has {}, which is too few or too many", counted(count, "item")));
        }
    }

    fn map(&mut self, node: &Node, schema: &Value, path: &str, is_root: bool) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let additional = schema.get("additionalProperties");
        let is_open = schema["x-kubernetes-preserve-unknown-fields"] == true
            || additional == Some(&Value::Bool(true))
            || schema["x-kubernetes-embedded-resource"] == true
            || (properties.is_none() && additional.is_none());
        for entry in node.entries() {
            let key = entry.key.text().unwrap_or_default();
            let path = below(path, key);
            match (properties.and_then(|known| known.get(key)), additional.filter(|schema| schema.is_object())) {
                _ if is_root && key == "status" => {}
                (Some(schema), _) | (None, Some(schema)) => self.node(&entry.value, schema, &path, false),
                _ if is_root && matches!(key, "apiVersion" | "kind" | "metadata") => {}
                // a reference and its siblings are reported once, by the reference
                (None, None) if is_open || schema.get("allOf").is_some() => {}
                (None, None) => {
                    let near = properties.into_iter().flat_map(|known| known.keys());
                    let hint = crate::domain::text::nearest(key, near, 2)
                        .map(|near| format!(": did you mean `{near}`?"))
                        .unwrap_or_default();
                    self.report(&entry.key, &path, format!("there is no field `{path}`{hint}"));
                }
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            // natively "required" comes with a zero value as its default, which no server fills in
            let default = properties.and_then(|known| known.get(name)).and_then(|schema| schema.get("default"));
            let is_defaulted = default.is_some_and(|value| !is_zero(value));
            let is_exempt = is_root && matches!(name, "status" | "metadata" | "apiVersion" | "kind");
            if !is_exempt && !is_defaulted && node.get(name).is_none_or(Node::is_null) {
                self.report(node, path, format!("`{}` is missing", below(path, name)));
            }
        }
    }

    fn scalar(&mut self, node: &Node, schema: &Value, path: &str) {
        let Ok(value) = write::json(node) else { return };
        let wanted = schema.get("type").and_then(Value::as_str);
        let fits = match wanted {
            _ if is_loose(schema) => value.is_i64() || value.is_u64() || value.is_f64() || value.is_string(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("object" | "array") => false,
            _ => true,
        };
        if !fits {
            let wanted = wanted.unwrap_or("an integer or a text");
            return self.report(node, path, format!("`{path}` must be {wanted}, not {}", sort(&value)));
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(&value)
        {
            let names: Vec<_> =
                allowed.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
            return self.report(node, path, format!("`{path}` must be one of {}", names.join(", ")));
        }
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let is_outside = |of: f64, least: &str, most: &str| {
            bound(least).is_some_and(|least| of < least) || bound(most).is_some_and(|most| of > most)
        };
        if let Some(number) = value.as_f64()
            && is_outside(number, "minimum", "maximum")
        {
            self.report(node, path, format!("`{path}` is out of bounds"));
        }
        if let Some(text) = value.as_str() {
            #[expect(clippy::cast_precision_loss, reason = "no text is that long")]
            let length = text.chars().count() as f64;
            if is_outside(length, "minLength", "maxLength") {
                self.report(node, path, format!("`{path}` is too short or too long"));
            }
            let pattern = schema.get("pattern").and_then(Value::as_str);
            if let Some(pattern) = pattern
                && go_pattern::compile(pattern).is_some_and(|expression| !expression.is_match(text))
            {
                self.report(node, path, format!("`{path}` does not match {pattern}"));
            }
        }
    }
}

/// A quantity, or a number or a name.
fn is_loose(schema: &Value) -> bool {
    schema["x-kubernetes-int-or-string"] == true || schema["format"] == "int-or-string" || schema["format"] == "quantity"
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Null => "null",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(bool) => !bool,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}
