//! The schemas of kinds: of Kubernetes and Flux from a table, of others from their CRDs.
//!
//! The table is the output of a Kubernetes API server (v1.36) with the CRDs of Flux 2.9 under `/openapi/v3`, without
//! descriptions; `tests/live/suites/schemas.rs` reads it there. What a schema cannot express (CEL rules, webhooks) only a server
//! can check.

mod validate;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::render::id::text_at;
use crate::render::{Node, write};

pub use validate::{Fault, validate};

/// The table, gzipped. The caller unpacks it.
pub const EMBEDDED: &[u8] = include_bytes!("openapi.json.gz");

const NOTIFICATION: &str = "notification.toolkit.fluxcd.io/";

/// Schemas by `apiVersion` and kind.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    definitions: Map<String, Value>,
    kinds: BTreeMap<(String, String), Value>,
}

impl Schemas {
    /// From the table: `{"definitions": {name: schema}, "kinds": {"apps/v1 Deployment": name}}`.
    ///
    /// # Errors
    /// It is not the table.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let wrong = |why: String| Error::failed(format!("the table of schemas cannot be read: {why}"), "");
        let mut table: Value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        let mut take = |name: &str| match table[name].take() {
            Value::Object(map) => Ok(map),
            _ => Err(wrong(format!("no {name}"))),
        };
        let (definitions, kinds) = (take("definitions")?, take("kinds")?);
        let kind = |(key, name): (&String, &Value)| {
            let (version, kind) = key.split_once(' ')?;
            Some(((version.to_owned(), kind.to_owned()), serde_json::json!({ "$ref": name })))
        };
        let mut schemas = Self { kinds: kinds.iter().filter_map(kind).collect(), definitions };
        schemas.add_operator_kinds();
        Ok(schemas)
    }

    /// Where the operator installs Flux, alerts and receivers may be about its kinds too: it patches their CRDs
    /// (flux-operator `internal/builder/profiles.go`). The table is from a cluster without it.
    fn add_operator_kinds(&mut self) {
        for (kind, list) in [("Alert", "eventSources"), ("Receiver", "resources")] {
            let of_kind = self.kinds.iter_mut().filter(|((version, name), _)| name == kind && version.starts_with(NOTIFICATION));
            for schema in of_kind.map(|(_, schema)| schema) {
                let definition = schema.get("$ref").and_then(Value::as_str).and_then(|name| self.definitions.get_mut(name));
                let path = format!("/properties/spec/properties/{list}/items/properties/kind/enum");
                if let Some(Value::Array(kinds)) = definition.and_then(|definition| definition.pointer_mut(&path)) {
                    kinds.extend(["FluxInstance", "ResourceSet", "ResourceSetInputProvider"].map(Value::from));
                }
            }
        }
    }

    /// The schema of an object, if there is one.
    pub fn of(&self, node: &Node) -> Option<&Value> {
        self.find(text_at(node, "apiVersion"), text_at(node, "kind"))
    }

    pub fn find(&self, version: &str, kind: &str) -> Option<&Value> {
        self.kinds.get(&(version.to_owned(), kind.to_owned()))
    }

    /// Follows references.
    pub fn resolve<'s>(&'s self, mut schema: &'s Value) -> &'s Value {
        // no table nests them deeper; a loop of references would have no end
        for _ in 0..16 {
            match schema.get("$ref").and_then(Value::as_str).and_then(|name| self.definitions.get(name)) {
                Some(next) => schema = next,
                None => break,
            }
        }
        schema
    }

    /// Learns the kinds of a CustomResourceDefinition, unless they are known. Says whether the object was one.
    pub fn learn(&mut self, crd: &Node) -> bool {
        if text_at(crd, "kind") != "CustomResourceDefinition" {
            return false;
        }
        let Ok(value) = write::json(crd) else { return true };
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
        for version in value["spec"]["versions"].as_array().into_iter().flatten() {
            if let (Some(name), Some(schema)) = (version["name"].as_str(), version.pointer("/schema/openAPIV3Schema")) {
                self.kinds.entry((format!("{group}/{name}"), kind.clone())).or_insert_with(|| schema.clone());
            }
        }
        true
    }

    /// Adds the schema of one kind, over what is known of it.
    pub fn add(&mut self, version: &str, kind: &str, schema: Value) {
        self.kinds.insert((version.to_owned(), kind.to_owned()), schema);
    }
}
