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
        output.read.files.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
        ["Kustomization", "kustomization.yaml", "kustomization.yml", "web.yaml"]
    );
}

#[test]
fn what_cannot_be_built_is_refused_with_its_place() {
    for (kustomization, cause) in [
        ("resources: [https://example.com/a.yaml]\n", Cause::NotHere),
        ("resources: [\"github.com/org/repo//base?ref=v1\"]\n", Cause::NotHere),
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

#[test]
fn a_place_costs_nothing_more_where_a_value_was_set_as_a_whole() {
    // every node has one: shared location, line, column, layer, form, and a pointer each for what few have
    assert_eq!((size_of::<Origin>(), size_of::<Trace>()), (32, 40));
}

#[test]
fn a_wanted_value_is_turned_back_into_a_part_or_refused_with_the_reason() {
    let tree = Memory::new([
        (
            "kustomization.yaml",
            "resources: [web.yaml]\nnamePrefix: p-\nimages:\n- {name: web, newTag: '2'}\nconfigMapGenerator:\n- name: made\n  \
             literals: [color=blue]\n",
        ),
        (
            "web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: web, image: 'web:1'}\n  volumes:\n  \
             - {name: v, configMap: {name: made}}\n",
        ),
    ]);
    let built = build(&tree, "", &Options::default()).expect("it can be built").objects;
    let turned = |object: usize, path: &[&str], wanted: &str| {
        let node = fields::lookup(&built[object].node, path).expect("a path").expect("a field");
        let change = |change: turn_back::ScalarChange| {
            let turn_back::ScalarChange { origin, old, new, .. } = change;
            format!("{}:{}:{} {old} > {new}", origin.location, origin.line, origin.column)
        };
        match turn_back::turn_back(node, wanted, false) {
            Ok(changes) => changes.into_iter().map(change).collect::<Vec<_>>().join(", "),
            Err(refusal) => refusal.to_string(),
        }
    };
    let image = ["spec", "containers", "0", "image"];
    let name = ["metadata", "name"];
    for (object, path, wanted, expected) in [
        (0, &image[..], "web:3", "kustomization.yaml:4:23 2 > 3"),
        (0, &image, "web:2", ""),
        (0, &image, "other:2", "images in kustomization.yaml:4 finds the image by its name: set newName there"),
        (0, &image, "web", "a tag would have to be added or taken away"),
        (0, &image, "web:2@sha256:ab", "a digest would have to be added or taken away"),
        (0, &image, "web:a b", "as tag it would be read as something else"),
        (0, &name, "q-web", "kustomization.yaml:2:13 p- > q-"),
        (0, &name, "p-api", "web.yaml:3:18 web > api"),
        (0, &name, "q-api", "no single part of it would do: it is composed of prefix, text"),
        (0, &["spec", "volumes", "0", "configMap", "name"], "x", "it follows the name of the object that web.yaml:8 means"),
        (1, &["data", "color"], "red", "kustomization.yaml:7:14 color=blue > color=red"),
        (1, &["data", "color"], "\"red\"", "kustomization.yaml:7:14 color=blue > color=\"\"red\"\""),
        (1, &name, "p-other", "the name ends with the hash of its content"),
        (1, &["kind"], "Secret", "no file holds it: it is made by kustomization.yaml (generator)"),
        (1, &["data"], "x", "a list or a map has no single value"),
    ] {
        assert_eq!(turned(object, path, wanted), expected, "{path:?} = {wanted}");
    }
}
