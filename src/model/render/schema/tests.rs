use serde_json::json;

use super::*;

/// `spec.template` → the schema there.
fn at<'a>(schemas: &'a BuildSchemas, version: &str, kind: &str, path: &str) -> Option<Schema<'a>> {
    let mut schema = schemas.of(version, kind);
    for part in path.split('.') {
        schema = if part == "[]" { schema?.items() } else { schema?.field(part) };
    }
    schema
}

#[test]
fn lists_of_workloads_are_merged_by_the_keys_of_kubernetes_1_21() {
    let schemas = BuildSchemas::default();
    let keys = |version: &str, kind: &str, path: &str| {
        let found = at(&schemas, version, kind, path).expect("a field of Kubernetes");
        found.is_merged().then(|| found.keys().join(","))
    };
    let pod = "spec.template.spec";
    let table = [
        ("apps/v1", "Deployment", format!("{pod}.containers"), Some("name")),
        ("apps/v1", "Deployment", format!("{pod}.containers.[].ports"), Some("containerPort,protocol")),
        ("apps/v1", "Deployment", format!("{pod}.containers.[].env"), Some("name")),
        ("apps/v1", "Deployment", format!("{pod}.containers.[].envFrom"), None),
        ("apps/v1", "Deployment", format!("{pod}.containers.[].volumeMounts"), Some("mountPath")),
        ("apps/v1", "Deployment", format!("{pod}.containers.[].args"), None),
        ("apps/v1", "Deployment", format!("{pod}.volumes"), Some("name")),
        ("apps/v1", "Deployment", format!("{pod}.tolerations"), None),
        ("apps/v1", "Deployment", format!("{pod}.hostAliases"), Some("ip")),
        ("apps/v1", "Deployment", format!("{pod}.topologySpreadConstraints"), Some("topologyKey,whenUnsatisfiable")),
        ("v1", "Service", "spec.ports".into(), Some("port,protocol")),
        ("v1", "ConfigMap", "metadata.finalizers".into(), Some("")),
        ("v1", "ConfigMap", "metadata.ownerReferences".into(), Some("uid")),
        ("networking.k8s.io/v1", "Ingress", "spec.rules".into(), None),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization", "configMapGenerator".into(), Some("name")),
    ];
    for (version, kind, path, expected) in table {
        assert_eq!(keys(version, kind, &path).as_deref(), expected, "{kind} {path}");
    }
}

#[test]
fn what_nobody_describes_is_unknown() {
    let schemas = BuildSchemas::default();

    assert!(schemas.of("helm.toolkit.fluxcd.io/v2", "HelmRelease").is_none());
    assert!(schemas.of("extensions/v1beta1", "Deployment").is_none(), "gone since Kubernetes 1.16");
    assert!(at(&schemas, "v1", "ConfigMap", "metadata.annotations.any").is_some(), "any key of a map of texts");
    assert!(at(&schemas, "v1", "ConfigMap", "spec").is_none());
    assert!(at(&schemas, "v1", "ConfigMap", "metadata.[]").is_none(), "not a list");
}

#[test]
fn scopes_are_known_for_kinds_of_kubernetes_only() {
    let schemas = BuildSchemas::default();

    assert_eq!(schemas.is_namespaced("v1", "Namespace"), Some(false));
    assert_eq!(schemas.is_namespaced("rbac.authorization.k8s.io/v1", "ClusterRole"), Some(false));
    assert_eq!(schemas.is_namespaced("rbac.authorization.k8s.io/v1", "Role"), Some(true));
    assert_eq!(schemas.is_namespaced("example.test/v1", "ClusterThing"), None);
    assert!(!schemas.is_certainly_cluster_scoped("example.test/v1", "ClusterThing"));
}

fn widgets() -> serde_json::Value {
    json!({
        "definitions": {
            "test.example.v1.Widget": {
                "x-kubernetes-group-version-kind": [{ "group": "example.test", "version": "v1", "kind": "Widget" }],
                "type": "object",
                "properties": {
                    "spec": { "$ref": "#/definitions/test.example.v1.WidgetSpec" },
                    "template": { "$ref": "#/definitions/io.k8s.api.core.v1.PodTemplateSpec" },
                    "loop": { "$ref": "#/definitions/loop" },
                },
            },
            "test.example.v1.WidgetSpec": {
                "properties": {
                    "parts": {
                        "type": ["array"],
                        "items": { "properties": { "name": { "type": "string" } } },
                        "x-kubernetes-patch-strategy": "merge",
                        "x-kubernetes-patch-merge-key": "name",
                    },
                    "others": { "type": "array", "x-kubernetes-patch-merge-key": "name" },
                },
            },
            "loop": { "$ref": "#/definitions/loop" },
        },
        "paths": {
            "/apis/example.test/v1/widgets": { "get": { (KINDS): { "group": "example.test", "version": "v1", "kind": "Widget" } } },
            "/apis/example.test/v1/namespaces/{namespace}/widgets":
                { "get": { (KINDS): { "group": "example.test", "version": "v1", "kind": "Widget" } } },
        },
    })
}

const KINDS: &str = "x-kubernetes-group-version-kind";

#[test]
fn a_schema_that_is_given_is_known_beside_the_built_in_one() {
    let mut schemas = BuildSchemas::default();
    schemas.add(&widgets()).expect("a schema");

    let parts = at(&schemas, "example.test/v1", "Widget", "spec.parts").expect("it is given");
    assert!(parts.is_merged());
    assert_eq!(parts.keys(), ["name".into()]);
    assert!(parts.items().is_some_and(|item| item.field("name").is_some()));
    assert!(
        !at(&schemas, "example.test/v1", "Widget", "spec.others").expect("it is given").is_merged(),
        "a key alone does not merge"
    );
    assert_eq!(schemas.is_namespaced("example.test/v1", "Widget"), Some(true));
    let containers = at(&schemas, "example.test/v1", "Widget", "template.spec.containers");
    assert!(containers.is_some_and(Schema::is_merged), "it may refer to what is built in");
    assert!(at(&schemas, "example.test/v1", "Widget", "loop").is_none());
}

#[test]
fn alone_it_hides_what_is_built_in_but_not_its_scopes() {
    let mut schemas = BuildSchemas::default();
    schemas.add(&widgets()).expect("a schema");
    schemas.without_builtin();

    assert!(schemas.of("apps/v1", "Deployment").is_none());
    assert!(at(&schemas, "example.test/v1", "Widget", "template").is_none());
    assert_eq!(schemas.is_namespaced("v1", "Node"), Some(false));
}

#[test]
fn an_invalid_schema_is_refused_with_its_place() {
    for (file, expected) in [
        (json!([]), "the schema is not a map"),
        (json!({ "definitions": [] }), "definitions is not a map"),
        (json!({ "definitions": { "a": { "properties": { "b": 1 } } } }), "a.b is not a map"),
    ] {
        assert_eq!(BuildSchemas::default().add(&file).expect_err("it is none"), expected);
    }
    let deep = (0..1000).fold(json!({}), |inner, _| json!({ "additionalProperties": inner }));
    let error = BuildSchemas::default().add(&json!({ "definitions": { "a": deep } })).expect_err("too deep");
    assert!(error.contains("200"), "{error}");
}
