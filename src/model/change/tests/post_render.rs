use serde_json::json;

use super::*;

const PRINTED: &str = "---
# Source: web/crds/things.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.test}
---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, helm.toolkit.fluxcd.io/name: other}}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: web, image: r.test/web:1.0}
      - {name: side, image: r.test/side:1.0}
---
# Source: web/templates/job.yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
spec: {template: {spec: {containers: [{name: web, image: r.test/web:1.0}]}}}
";

fn release(spec: &str) -> PostRender {
    let text = format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: shop}}\nspec:\n{spec}"
    );
    let nodes = documents(text.as_bytes(), &TextPlace::file(&"a".into(), Layer::Resource)).expect("YAML");
    PostRender::of(&nodes[0]).expect("it can be read")
}

fn applied(spec: &str) -> Vec<serde_json::Value> {
    let all = release(spec).applied(PRINTED).unwrap_or_else(|why| panic!("{spec}: {why:?}"));
    all.iter().map(|one| write::json(&one.node).expect("JSON")).collect()
}

fn of<'a>(all: &'a [serde_json::Value], kind: &str) -> &'a serde_json::Value {
    all.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("{kind}"))
}

#[test]
fn every_object_names_its_release_over_what_the_chart_and_the_common_metadata_say() {
    let all = applied("  commonMetadata: {labels: {team: a, helm.toolkit.fluxcd.io/namespace: x}, annotations: {note: n}}\n");
    let web = of(&all, "Deployment");
    assert_eq!(
        web["metadata"],
        json!({"name": "web", "labels": {"app": "web", "team": "a", "helm.toolkit.fluxcd.io/name": "web",
            "helm.toolkit.fluxcd.io/namespace": "shop"}, "annotations": {"note": "n"}})
    );
    assert!(web["spec"]["template"].get("metadata").is_none(), "objects alone, not their pods");
    let crd = of(&all, "CustomResourceDefinition");
    assert_eq!(
        crd["metadata"]["labels"],
        json!({"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop"})
    );
}

/// What kustomize v5.8.1 makes of the same files: the image of a container, then of a replaced list.
#[test]
fn kustomizations_are_applied_one_after_the_other_as_kustomize_does_it() {
    let image = |all: &[serde_json::Value], at: usize| {
        of(all, "Deployment")["spec"]["template"]["spec"]["containers"][at]["image"].clone()
    };
    let images = "  postRenderers:\n  - kustomize:\n      images: [{name: r.test/web, newName: m.test/web, newTag: '2.0'}]\n";
    let all = applied(images);
    assert_eq!((image(&all, 0), image(&all, 1)), (json!("m.test/web:2.0"), json!("r.test/side:1.0")));
    let digest = applied("  postRenderers: [{kustomize: {images: [{name: r.test/side, digest: 'sha256:0a'}]}}]\n");
    assert_eq!(image(&digest, 1), "r.test/side@sha256:0a");

    let merge = "  - kustomize:\n      patches:\n      - patch: |\n          apiVersion: apps/v1\n          kind: Deployment\n          metadata: {name: web}\n          spec: {replicas: 4, template: {spec: {containers: [{name: side, $patch: delete}]}}}\n";
    let all = applied(&format!("{images}{merge}"));
    let web = of(&all, "Deployment");
    assert_eq!((web["spec"]["replicas"].clone(), image(&all, 0)), (json!(4), json!("m.test/web:2.0")));
    assert_eq!(web["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len), Some(1), "$patch: delete");

    let target = "  postRenderers:\n  - kustomize:\n      patches:\n      - target: {kind: Deployment, labelSelector: app=web}\n        patch: |\n          - {op: replace, path: /spec/replicas, value: 7}\n          - {op: add, path: /metadata/annotations, value: {by: patch}}\n      - target: {kind: Deployment, name: other}\n        patch: '- {op: remove, path: /spec}'\n";
    let all = applied(target);
    assert_eq!(
        (&of(&all, "Deployment")["spec"]["replicas"], &of(&all, "Deployment")["metadata"]["annotations"]["by"]),
        (&json!(7), &json!("patch"))
    );

    let old = "  postRenderers:\n  - kustomize:\n      patchesStrategicMerge: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 9}}]\n      patchesJson6902:\n      - target: {group: batch, version: v1, kind: Job, name: migrate}\n        patch: [{op: add, path: /spec/suspend, value: true}]\n";
    let all = applied(old);
    assert_eq!(
        (&of(&all, "Deployment")["spec"]["replicas"], &of(&all, "Job")["spec"]["suspend"]),
        (&json!(9), &json!(true)),
        "before v2"
    );
}

#[test]
fn hooks_come_with_the_manifests_or_as_the_strategy_says() {
    let job = |strategy: &str| {
        let all = applied(&format!(
            "  postRenderStrategy: {strategy}\n  postRenderers: [{{kustomize: {{images: [{{name: r.test/web, newTag: b}}]}}}}]\n"
        ));
        let job = of(&all, "Job");
        let image = job["spec"]["template"]["spec"]["containers"][0]["image"].clone();
        (image, job["metadata"].get("labels").is_some())
    };
    for (strategy, expected) in [
        ("''", (json!("r.test/web:b"), true)),
        ("combined", (json!("r.test/web:b"), true)),
        ("separate", (json!("r.test/web:b"), true)),
        ("nohooks", (json!("r.test/web:1.0"), false)),
    ] {
        assert_eq!(job(strategy), expected, "{strategy}");
    }
}

#[test]
fn what_kustomize_refuses_is_not_installed_and_no_file_is_read() {
    for (spec, begins) in [
        (
            "  postRenderers: [{kustomize: {patches: [{target: {kind: Deployment}, patch: '- {op: test, path: /spec/replicas, value: 3}'}]}}]\n",
            "its postRenderers: ",
        ),
        ("  postRenderers: [{kustomize: {patches: [{patch: 'kind: ['}]}}]\n", "its postRenderers: "),
    ] {
        let found = release(spec).applied(PRINTED);
        assert!(matches!(&found, Err(PostFault::Refused(why)) if why.starts_with(begins)), "{spec}");
    }
    assert!(matches!(release("  {}\n").applied("---\na: [\n"), Err(PostFault::Unread(_))));
    // a field that only a file of kustomize has is none of a HelmRelease
    let all = applied(
        "  postRenderers: [{kustomize: {resources: [https://h.test/x], patches: [{path: /etc/passwd, patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2}}'}]}}]\n",
    );
    assert_eq!(of(&all, "Deployment")["spec"]["replicas"], 2);
    assert!(is_of_crds("web/charts/db/crds/a.yaml") && !is_of_crds("web/templates/crds/a.yaml") && !is_of_crds("crds/a.yaml"));
}
