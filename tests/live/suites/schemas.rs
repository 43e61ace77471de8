//! The table of schemas is what a Kubernetes API server with the CRDs of Flux says of itself. `UPDATE=1` writes it again.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};

/// What a check or a comparison needs of a schema.
const KEPT: &[&str] = &[
    "type",
    "required",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-patch-merge-key",
    "default",
];

const PREFIX: &str = "#/components/schemas/";

fn compact(schema: &Value) -> Value {
    let Value::Object(from) = schema else { return schema.clone() };
    let mut to = Map::new();
    for (key, value) in from {
        match key.as_str() {
            "properties" => {
                let all = value.as_object().into_iter().flatten();
                to.insert(key.clone(), all.map(|(name, schema)| (name.clone(), compact(schema))).collect());
            }
            "items" | "additionalProperties" => drop(to.insert(key.clone(), compact(value))),
            "$ref" => {
                let name = value.as_str().expect("a reference").trim_start_matches(PREFIX);
                match name.rsplit('.').next() {
                    Some("Quantity") => drop(to.insert("format".to_owned(), "quantity".into())),
                    Some("IntOrString") => drop(to.insert("format".to_owned(), "int-or-string".into())),
                    _ => drop(to.insert(key.clone(), name.into())),
                }
            }
            // natively one reference alone
            "allOf" => {
                if let Some([one]) = value.as_array().map(Vec::as_slice)
                    && one.get("$ref").is_some()
                {
                    to.extend(compact(one).as_object().expect("a schema").clone());
                }
            }
            // a kind's own words for "empty", which say nothing more than that it may be left away
            name if KEPT.contains(&name) => drop(to.insert(key.clone(), value.clone())),
            _ => {}
        }
    }
    Value::Object(to)
}

fn table(bed: &Bed) -> Value {
    let get = |path: &str| -> Value { serde_json::from_str(&bed.kubectl(&["get", "--raw", path])).expect("JSON") };
    let (mut all, mut kinds) = (Map::new(), Map::new());
    let index = get("/openapi/v3");
    for path in index["paths"].as_object().expect("paths").keys().filter(|path| path.starts_with("api")) {
        let found = get(&format!("/openapi/v3/{path}"));
        for (name, schema) in found.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
            for of in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
                let text = |key: &str| of[key].as_str().unwrap_or_default();
                let version = [text("group"), text("version")].join("/");
                // shared ones (DeleteOptions, Status) name every group
                if schema.pointer("/properties/metadata").is_some() && !text("kind").ends_with("List") {
                    kinds.insert(format!("{} {}", version.trim_start_matches('/'), text("kind")), name.clone().into());
                }
            }
            all.insert(name.clone(), compact(schema));
        }
    }
    // only what a kind needs
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut todo: Vec<String> = kinds.values().filter_map(Value::as_str).map(str::to_owned).collect();
    while let Some(name) = todo.pop() {
        if needed.insert(name.clone()) {
            references(all.get(&name).unwrap_or(&Value::Null), &mut todo);
        }
    }
    all.retain(|name, _| needed.contains(name));
    json!({ "definitions": all, "kinds": kinds })
}

fn references(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            into.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}

fn the_table_of_schemas_is_what_the_api_server_says() {
    let bed = bed::shared();
    let served = table(&bed);
    assert!(served["kinds"].as_object().is_some_and(|kinds| kinds.len() > 80), "kinds of Kubernetes and Flux");
    if std::env::var_os("UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/insight/schema/openapi.json.gz");
        let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        file.write_all(served.to_string().as_bytes()).expect("in memory");
        std::fs::write(path, file.finish().expect("in memory")).expect("the table is ours");
        return;
    }
    let mut text = String::new();
    GzDecoder::new(fluxdeck_model::insight::schema::EMBEDDED).read_to_string(&mut text).expect("the table");
    let known: Value = serde_json::from_str(&text).expect("JSON");
    let differs = |part: &str| {
        let (a, b) = (known[part].as_object().expect("a map"), served[part].as_object().expect("a map"));
        let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
        keys.into_iter().filter(|key| a.get(*key) != b.get(*key)).cloned().collect::<Vec<_>>()
    };
    assert_eq!((differs("kinds"), differs("definitions")), (vec![], vec![]), "stale: UPDATE=1 writes it");
}

trials![the_table_of_schemas_is_what_the_api_server_says,];
