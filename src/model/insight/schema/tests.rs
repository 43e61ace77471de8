use serde_json::json;

use super::*;
use crate::render::Layer;
use crate::render::read::{TextPlace, documents};

fn schemas() -> Schemas {
    let table = json!({
        "definitions": {
            "Meta": {"type": "object", "properties": {"name": {"type": "string"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}}}},
            "Quantity": {"format": "quantity"},
            "Web": {"type": "object", "properties": {
                "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"$ref": "Meta"},
                "spec": {"type": "object", "required": ["replicas", "mode"], "properties": {
                    "replicas": {"type": "integer", "minimum": 0}, "mode": {"type": "string", "enum": ["on", "off"], "default": "on"},
                    "cpu": {"$ref": "Quantity"}, "port": {"x-kubernetes-int-or-string": true}, "name": {"type": "string", "pattern": "^[a-z]+$"},
                    "list": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
                    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}
        },
        "kinds": {"example.test/v1 Web": "Web"}
    });
    Schemas::read(table.to_string().as_bytes()).expect("a table")
}

fn faults(spec: &str) -> Vec<String> {
    let text = format!("apiVersion: example.test/v1\nkind: Web\nmetadata: {{name: w}}\nspec: {spec}\nstatus: {{made: up}}\n");
    let node = documents(text.as_bytes(), &TextPlace::file(&"w.yaml".into(), Layer::Resource)).expect("YAML").remove(0);
    validate(&node, &schemas()).into_iter().map(|fault| format!("{}: {}", fault.origin.line, fault.message)).collect()
}

#[test]
fn an_object_is_read_as_an_api_server_reads_it() {
    for (spec, expected) in [
        ("{replicas: 1}", vec![]),
        ("{replicas: 1, mode: null, cpu: 100m, port: http, any: {a: {b: 1}}, list: [a]}", vec![]),
        ("{replicas: 1, cpu: 1, port: 80}", vec![]),
        ("{replicas: \"${count}\"}", vec![]),
        ("{replicas: \"1\"}", vec!["4: `spec.replicas` must be integer, not string"]),
        ("{replicas: -1}", vec!["4: `spec.replicas` is out of bounds"]),
        ("{replica: 1}", vec!["4: there is no field `spec.replica`: did you mean `replicas`?", "4: `spec.replicas` is missing"]),
        ("{replicas: 1, mode: onn}", vec!["4: `spec.mode` must be one of on, off"]),
        ("{replicas: 1, port: [1]}", vec!["4: `spec.port` must be an integer or a text, not array"]),
        ("{replicas: 1, name: A1}", vec!["4: `spec.name` does not match ^[a-z]+$"]),
        (
            "{replicas: 1, list: [a, 1, c]}",
            vec!["4: `spec.list` has 3 items, which is too few or too many", "4: `spec.list[1]` must be string, not integer"],
        ),
        ("[]", vec!["4: `spec` must be object, not array"]),
    ] {
        assert_eq!(faults(spec), expected, "{spec}");
    }
}

#[test]
fn a_custom_kind_is_known_by_its_definition() {
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec:\n  group: a.test\n  names: {kind: X}\n  versions:\n  - name: v1\n    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: string}}}}\n";
    let own = "apiVersion: a.test/v1\nkind: X\nmetadata: {name: x}\nspec: 1\n";
    let read =
        |text: &str| documents(text.as_bytes(), &TextPlace::file(&"x.yaml".into(), Layer::Resource)).expect("YAML").remove(0);
    let mut schemas = schemas();
    assert!(schemas.of(&read(own)).is_none() && validate(&read(own), &schemas).is_empty());
    assert!(schemas.learn(&read(crd)) && !schemas.learn(&read(own)));
    assert_eq!(validate(&read(own), &schemas)[0].message, "`spec` must be string, not integer");
}

#[test]
fn alerts_and_receivers_may_be_about_kinds_of_the_operator() {
    let list =
        json!({"type": "array", "items": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["Bucket"]}}}});
    let of = |field: &str| json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {field: list}}}});
    let table = json!({
        "definitions": {"Alert": of("eventSources"), "Receiver": of("resources")},
        "kinds": {"notification.toolkit.fluxcd.io/v1beta3 Alert": "Alert", "notification.toolkit.fluxcd.io/v1 Receiver": "Receiver"},
    });
    let schemas = Schemas::read(table.to_string().as_bytes()).expect("a table");
    for (version, kind, field) in [("v1beta3", "Alert", "eventSources"), ("v1", "Receiver", "resources")] {
        for (about, is_known) in [("Bucket", true), ("ResourceSet", true), ("FluxInstance", true), ("Terraform", false)] {
            let text = format!(
                "apiVersion: notification.toolkit.fluxcd.io/{version}\nkind: {kind}\nspec: {{{field}: [{{kind: {about}}}]}}\n"
            );
            let node = documents(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), Layer::Resource)).expect("YAML").remove(0);
            assert_eq!(validate(&node, &schemas).is_empty(), is_known, "{kind} {about}");
        }
    }
}
