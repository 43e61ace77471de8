use serde_json::json;

use super::*;
use crate::render::Layer;
use crate::render::read::{TextPlace, documents};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: x, labels: {app: web}}
spec:
  replicas: 3
  template:
    spec:
      hostNetwork: false
      nodeSelector: {}
      containers:
      - name: api
        args: [a, b]
        resources: {limits: {cpu: 1000m}}
        ports: [{containerPort: 80}]
        env: [{name: A, value: \"${a}\"}]
";

fn schemas() -> Schemas {
    let keyed = |keys: &[&str], items: Value| json!({"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys});
    let port = json!({"properties": {"containerPort": {"type": "integer"}, "protocol": {"default": "TCP"}}});
    let container = json!({"properties": {"args": {"type": "array"}, "env": keyed(&["name"], json!({})), "ports": keyed(&["containerPort", "protocol"], port),
        "resources": {"properties": {"limits": {"additionalProperties": {"format": "quantity"}}}}}});
    let pod = json!({"properties": {"hostNetwork": {"type": "boolean"}, "nodeSelector": {}, "containers": keyed(&["name"], container)}});
    let spec = json!({"properties": {"replicas": {}, "template": {"properties": {"spec": pod}}}});
    let table = json!({"definitions": {"D": {"properties": {"spec": spec}}}, "kinds": {"apps/v1 Deployment": "D"}});
    Schemas::read(table.to_string().as_bytes()).expect("a table")
}

fn applied(text: &str) -> Applied {
    let node = documents(text.as_bytes(), &TextPlace::file(&"web.yaml".into(), Layer::Resource)).expect("YAML").remove(0);
    Applied::plain(node)
}

/// As an API server gives it back, with everything that others add.
fn live() -> Value {
    json!({"metadata": {"name": "web", "namespace": "x", "labels": {"app": "web", "more": "1"}, "uid": "1"}, "status": {},
        "spec": {"replicas": 3, "template": {"spec": {"dnsPolicy": "ClusterFirst", "containers": [
            {"name": "side", "image": "added"},
            {"name": "api", "args": ["a", "b"], "resources": {"limits": {"cpu": "1"}}, "ports": [{"containerPort": 80, "protocol": "TCP"}], "env": [{"name": "A", "value": "1"}]}]}}}})
}

fn paths(drift: Drift) -> Vec<String> {
    match drift {
        Drift::Fields(fields) => fields.into_iter().map(|field| format!("{}:{}", field.path, field.origin.line)).collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn fields_added_by_others_and_normalised_by_the_server_are_not_drift() {
    assert_eq!(drift(&applied(WEB), Some(&live()), &[], &schemas()), Drift::None);
    assert_eq!(drift(&applied(WEB), None, &[], &schemas()), Drift::Missing);
}

#[test]
fn a_field_that_holds_a_credential_is_reported_without_its_value() {
    let git = applied(
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: x}
spec:
  template:
    spec:
      containers:
      - name: api
        args: [--token, GIT, --port, '1', --password, same]
        headers: [{name: Authorization, value: GIT}, {name: X-Door, value: seen}]
        env: [{name: API_TOKEN, value: GIT}]
",
    );
    let container = json!({"name": "api", "args": ["--token", "LIVE", "--port", "2", "--password", "same"], "env": [{"name": "API_TOKEN", "value": "LIVE"}],
        "headers": [{"name": "Authorization", "value": "LIVE"}, {"name": "X-Door", "value": "other"}]});
    let live =
        json!({"metadata": {"name": "web", "namespace": "x"}, "spec": {"template": {"spec": {"containers": [container]}}}});
    let Drift::Fields(fields) = drift(&git, Some(&live), &[], &schemas()) else { panic!("nothing differs") };

    let reported: Vec<_> =
        fields.iter().map(|field| (field.path.rsplit_once("].").map_or("", |(_, end)| end), field.git.clone())).collect();
    assert_eq!(reported.len(), 5, "{reported:?}");
    assert!(!format!("{fields:?}").contains("GIT") && !format!("{fields:?}").contains("LIVE"), "{fields:?}");
    assert!(reported.contains(&("args[3]", "1".into())) && reported.contains(&("value", "seen".into())), "{reported:?}");
}

#[test]
fn every_changed_field_is_reported_with_its_place_in_git() {
    let mut live = live();
    live["spec"]["replicas"] = 5.into();
    live["metadata"]["labels"] = json!({"app": "other"});
    let api = &mut live["spec"]["template"]["spec"]["containers"][1];
    api["args"] = json!(["a"]);
    api["resources"]["limits"]["cpu"] = "2".into();
    api["ports"][0]["protocol"] = "UDP".into();
    let api = "spec.template.spec.containers[name=api]";
    let expected = [
        "metadata.labels.app:3".to_owned(),
        "spec.replicas:5".to_owned(),
        format!("{api}.args:12"),
        format!("{api}.resources.limits.cpu:13"),
        format!("{api}.ports[containerPort=80]:14"),
    ];
    assert_eq!(paths(drift(&applied(WEB), Some(&live), &[], &schemas())), expected);
}

#[test]
fn the_switches_of_flux_and_its_ignore_rules_are_respected() {
    let mut changed = live();
    changed["spec"]["replicas"] = 5.into();
    let with = |annotation: &str| applied(&WEB.replace("labels: {app: web}", &format!("annotations: {{{GROUP}/{annotation}}}")));
    for (annotation, expected) in
        [("reconcile: disabled", "Off"), ("ssa: ignore", "Off"), ("ssa: IfNotPresent", "Off"), ("ssa: Merge", "spec.replicas:5")]
    {
        let found = paths(drift(&with(annotation), Some(&changed), &[], &schemas()));
        assert_eq!(found.last().map(String::as_str), Some(expected), "{annotation}");
    }
    assert_eq!(drift(&with("ssa: IfNotPresent"), None, &[], &schemas()), Drift::Missing);
    let mut off = changed.clone();
    off["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"});
    assert_eq!(drift(&applied(WEB), Some(&off), &[], &schemas()), Drift::Off);

    for (target, is_ignored) in [
        (json!(null), true),
        (json!({"kind": "Deployment", "name": "we."}), true),
        (json!({"kind": "Deploy"}), false),
        (json!({"labelSelector": "app=web"}), true),
        (json!({"labelSelector": "app=web,!app"}), false),
        (json!({"labelSelector": "app in (api, web),x notin (y)"}), true),
        (json!({"labelSelector": "app in (api)"}), false),
        (json!({"labelSelector": "app in"}), false),
    ] {
        let rules = ignores(&json!({"spec": {"ignore": [{"paths": ["/spec/replicas"], "target": target}]}}));
        assert_eq!(drift(&applied(WEB), Some(&changed), &rules, &schemas()) == Drift::None, is_ignored, "{target}");
    }
}

#[test]
fn secrets_are_compared_by_their_keys_alone() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: open, b: \"ENC[AES256_GCM,data:x]\"}\nsops: {mac: x}\n";
    let live = |data: Value| json!({"metadata": {"name": "s"}, "data": data});
    assert_eq!(drift(&applied(secret), Some(&live(json!({"a": "<masked>", "b": "<masked>"}))), &[], &schemas()), Drift::None);
    assert_eq!(paths(drift(&applied(secret), Some(&live(json!({"a": "<masked>"}))), &[], &schemas())), ["data.b:4"]);
}
