use super::tree::Memory;
use super::*;

fn built(files: &[(&str, &str)], path: &str) -> String {
    let tree = Memory::new(files.iter().copied());
    let output = build(&tree, path, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    write::all(output.objects.iter().map(|built| &built.node)).expect("can be written")
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1\n        envFrom:\n        - configMapRef:\n            name: settings\n";

#[test]
fn an_overlay_changes_its_base() {
    let files = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", DEPLOYMENT),
        (
            "over/kustomization.yaml",
            "resources: [../base]\nnamespace: prod\nnamePrefix: p-\nimages:\n- name: nginx\n  newTag: \"2\"\nreplicas:\n- name: web\n  count: 3\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n",
        ),
    ];
    let text = built(&files, "over");
    assert!(text.contains("image: nginx:2\n") && text.contains("replicas: 3\n") && text.contains("namespace: prod\n"), "{text}");
    assert!(text.contains("name: p-web\n") && text.contains("name: p-settings-"), "{text}");
}

#[test]
fn every_layer_is_known() {
    let files = [
        (
            "kustomization.yaml",
            "resources: [web.yaml]\nreplicas:\n- name: web\n  count: 3\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: web\n    spec:\n      replicas: 2\n",
        ),
        ("web.yaml", DEPLOYMENT),
    ];
    let tree = Memory::new(files);
    let output = build(&tree, "", &Options::default()).expect("builds");
    let replicas = output.objects[0].node.at(&["spec", "replicas"]).expect("replicas");
    let chain: Vec<_> = replicas.trace.chain().map(|origin| (origin.location.to_string(), origin.line, origin.layer)).collect();
    assert_eq!(
        chain,
        [
            ("kustomization.yaml".to_owned(), 4, Layer::Replicas),
            ("kustomization.yaml".to_owned(), 12, Layer::Patch),
            ("web.yaml".to_owned(), 6, Layer::Resource),
        ]
    );
    assert_eq!(
        output.files.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
        ["Kustomization", "kustomization.yaml", "kustomization.yml", "web.yaml"]
    );
}

#[test]
fn what_cannot_be_built_is_refused_with_its_place() {
    for (kustomization, cause) in [
        ("resources: [https://example.com/a.yaml]\n", Cause::Refused),
        ("resources: [\"github.com/org/repo//base?ref=v1\"]\n", Cause::Refused),
        ("resources: [missing.yaml]\n", Cause::Missing),
        ("resources: [../outside.yaml]\n", Cause::Refused),
        ("resource: [a.yaml]\n", Cause::Invalid),
        ("helmCharts:\n- name: x\n", Cause::Refused),
        ("generators:\n- |\n  apiVersion: example.com/v1\n  kind: Thing\n  metadata:\n    name: x\n", Cause::Refused),
    ] {
        let tree = Memory::new([("kustomization.yaml", kustomization)]);
        let error = build(&tree, "", &Options::default()).expect_err(kustomization);
        assert_eq!(error.cause, cause, "{kustomization}: {error}");
        assert!(error.line > 0, "{kustomization}: {error}");
    }
}
