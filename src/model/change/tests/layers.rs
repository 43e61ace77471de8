//! Each kind of layer: what is written, and that it is proven.

use super::super::LayerChoice;
use super::{TestRepo, folder};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    note: plain # a comment that stays
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: api
        image: nginx:1.0
        args: [a, b]
      - name: side
        image: busybox
";

/// A kustomization over the Deployment, with one more file.
fn over<'a>(kustomization: &'a str, more: (&'a str, &'a str)) -> Vec<(&'a str, &'a str)> {
    vec![("a/kustomization.yaml", kustomization), ("a/web.yaml", DEPLOYMENT), more]
}

/// A kustomization, a file more, what is wanted, and the lines of the patch.
type Row = (&'static str, (&'static str, &'static str), &'static str, &'static [&'static str]);

const NOTHING: (&str, &str) = ("README.md", "");

#[test]
fn every_layer_is_changed_where_it_sets_the_field() {
    let rows: &[Row] = &[
        ("resources: [web.yaml]\n", NOTHING, "spec.replicas=3", &["a/web.yaml:-  replicas: 2", "a/web.yaml:+  replicas: 3"]),
        (
            "resources: [web.yaml]\n",
            NOTHING,
            "metadata.annotations.note=yes",
            &["a/web.yaml:-    note: plain # a comment that stays", "a/web.yaml:+    note: \"yes\" # a comment that stays"],
        ),
        (
            "resources: [web.yaml]\n",
            NOTHING,
            "spec.template.spec.containers[name=api].name=backend",
            &["a/web.yaml:-      - name: api", "a/web.yaml:+      - name: backend"],
        ),
        (
            "resources: [web.yaml]\n",
            NOTHING,
            "spec.template.spec.containers[name=api].args[1]=",
            &["a/web.yaml:-        args: [a, b]", "a/web.yaml:+        args: [a, \"\"]"],
        ),
        (
            "resources: [web.yaml]\nimages:\n- name: nginx\n  newTag: \"1.1\"\n",
            NOTHING,
            "spec.template.spec.containers[name=api].image=nginx:1.2",
            &["a/kustomization.yaml:-  newTag: \"1.1\"", "a/kustomization.yaml:+  newTag: \"1.2\""],
        ),
        (
            "resources: [web.yaml]\nimages:\n- name: nginx\n  newTag: \"1.1\"\n",
            NOTHING,
            "spec.template.spec.containers[name=api].image=example.test/nginx:1.1",
            &["a/kustomization.yaml:+  newName: example.test/nginx"],
        ),
        (
            "resources: [web.yaml]\nreplicas:\n- name: web\n  count: 4\n",
            NOTHING,
            "spec.replicas=5",
            &["a/kustomization.yaml:-  count: 4", "a/kustomization.yaml:+  count: 5"],
        ),
        (
            "resources: [web.yaml]\npatches:\n- patch: |\n    - op: replace\n      path: /spec/replicas\n      value: 7\n  target: {kind: Deployment}\n",
            NOTHING,
            "spec.replicas=8",
            &["a/kustomization.yaml:-      value: 7", "a/kustomization.yaml:+      value: 8"],
        ),
        (
            "resources: [web.yaml]\npatches:\n- path: p.yaml\n",
            ("a/p.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 9, paused: true}\n"),
            "spec.replicas=10",
            &["a/p.yaml:-spec: {replicas: 9, paused: true}", "a/p.yaml:+spec: {replicas: 10, paused: true}"],
        ),
        (
            "resources: [web.yaml]\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec:\n      replicas: 9\n",
            NOTHING,
            "spec.replicas=0",
            &["a/kustomization.yaml:-      replicas: 9", "a/kustomization.yaml:+      replicas: 0"],
        ),
    ];
    for (kustomization, more, set, lines) in rows {
        let repo = TestRepo::of(&over(kustomization, *more), folder("a"));
        let plan = repo.planned("deploy/web", &[set]);
        assert_eq!(repo.lines(&plan), *lines, "{set} over {kustomization}");
        assert_eq!(plan.done[0].proof.besides(), 0, "{set}");
    }
}

#[test]
fn the_type_of_a_secret_that_its_generator_does_not_say_is_added_to_its_entry() {
    for (kustomization, line) in [
        ("secretGenerator:\n- envs: [a.env]\n  name: key\n", "a/kustomization.yaml:+  type: basic"),
        ("secretGenerator:\n  - name: key\n    envs:\n      - a.env\nnamePrefix: x-\n", "a/kustomization.yaml:+    type: basic"),
    ] {
        let files = [("a/kustomization.yaml", kustomization), ("a/a.env", "WORD=open\n")];
        let repo = TestRepo::of(&files, folder("a"));
        let built = crate::render::build(&repo.tree, "a", &crate::render::Options::default()).expect("it builds");
        let plan = repo.planned(&format!("secret/{}", built.objects[0].name()), &["type=basic"]);
        assert_eq!(repo.lines(&plan), [line]);
        assert_eq!(plan.done[0].proof.besides(), 0);
    }
}

#[test]
fn a_value_of_a_generator_is_changed_where_it_lies_and_the_hash_follows() {
    let kustomization = "resources: [web.yaml]
configMapGenerator:
- name: settings
  literals: [LEVEL=info, OTHER=x]
  files: [app.conf]
  envs: [a.env]
";
    let web = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: a\n    image: b\n    envFrom: [{configMapRef: {name: settings}}]\n";
    let files =
        [("a/kustomization.yaml", kustomization), ("a/web.yaml", web), ("a/app.conf", "x=1\n"), ("a/a.env", "A=1\r\nB=two\r\n")];
    let repo = TestRepo::of(&files, folder("a"));
    let settings = |repo: &TestRepo| {
        let built = crate::render::build(&repo.tree, "a", &crate::render::Options::default()).expect("it builds");
        format!("cm/{}", built.objects.iter().find(|object| object.kind() == "ConfigMap").expect("it is there").name())
    };
    for (set, lines) in [
        (
            "data.LEVEL=debug",
            vec![
                "a/kustomization.yaml:-  literals: [LEVEL=info, OTHER=x]",
                "a/kustomization.yaml:+  literals: [LEVEL=debug, OTHER=x]",
            ],
        ),
        ("data.B=a b", vec!["a/a.env:-B=two\r", "a/a.env:+B=a b\r"]),
        ("data['app.conf']=y", vec!["a/app.conf:-x=1", "a/app.conf:+y"]),
        (
            "data.NEW=1",
            vec![
                "a/kustomization.yaml:-  literals: [LEVEL=info, OTHER=x]",
                "a/kustomization.yaml:+  literals: [LEVEL=info, OTHER=x, NEW=1]",
            ],
        ),
    ] {
        let plan = repo.planned(&settings(&repo), &[set]);
        assert_eq!(repo.lines(&plan), lines, "{set}");
        let proof = &plan.done[0].proof;
        assert_eq!((proof.besides(), proof.renamed.len(), proof.followed), (0, 1, 1), "{set}: the hash and its reference follow");
    }
}

#[test]
fn what_is_not_there_yet_is_added_beside_what_is() {
    for (set, lines) in [
        ("spec.paused=true", vec!["a/web.yaml:+  paused: true"]),
        ("metadata.annotations.example.test/owner=me", vec!["a/web.yaml:+    example.test/owner: me"]),
        ("spec.strategy.type=Recreate", vec!["a/web.yaml:+  strategy:", "a/web.yaml:+    type: Recreate"]),
        ("spec.template.spec.containers[name=side].args[0]=~", vec!["a/web.yaml:+        args:", "a/web.yaml:+        - \"~\""]),
    ] {
        let repo = TestRepo::of(&over("resources: [web.yaml]\n", NOTHING), folder("a"));
        let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        let mut found = repo.lines(&repo.planned("deploy/web", &[set]));
        lines.sort();
        found.sort();
        assert_eq!(found, lines, "{set}");
    }
}

#[test]
fn several_fields_are_set_one_on_the_other() {
    let repo = TestRepo::of(&over("resources: [web.yaml]\n", NOTHING), folder("a"));
    let plan = repo.planned("deploy/web", &["spec.replicas=3", "spec.template.spec.containers[name=side].image=busybox:2"]);
    let text = String::from_utf8_lossy(plan.files[0].new_bytes()).into_owned();
    assert_eq!(text, DEPLOYMENT.replace("replicas: 2", "replicas: 3").replace("image: busybox", "image: busybox:2"));
    assert_eq!((plan.files.len(), plan.done.len()), (1, 2));
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    let text = DEPLOYMENT.replace('\n', "\r\n");
    let text = text.trim_end();
    let repo = TestRepo::of(&[("a/kustomization.yaml", "resources: [web.yaml]\n"), ("a/web.yaml", text)], folder("a"));
    let plan = repo.planned("deploy/web", &["spec.template.spec.containers[name=side].image=é"]);
    assert_eq!(String::from_utf8_lossy(plan.files[0].new_bytes()), text.replace("busybox", "é"));
}

#[test]
fn a_text_inside_is_edited_where_it_lies() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  app.yaml: |\n    server:\n      port: 80 # web\n";
    let repo = TestRepo::of(&[("a/kustomization.yaml", "resources: [c.yaml]\n"), ("a/c.yaml", map)], folder("a"));
    let plan = repo.planned("cm/c", &["data['app.yaml'].server.port=81"]);
    assert_eq!(repo.lines(&plan), ["a/c.yaml:-      port: 80 # web", "a/c.yaml:+      port: 81 # web"]);
}

#[test]
fn a_layer_is_chosen_by_number_and_by_place() {
    let over = over("resources: [web.yaml]\n", NOTHING);
    for layer in [LayerChoice::Number(1), LayerChoice::At { file: "a/web.yaml".to_owned(), line: 8 }] {
        let repo = TestRepo::of(&over, folder("a")).layer(layer);
        assert_eq!(repo.planned("deploy/web", &["spec.replicas=3"]).done[0].way.place(), "a/web.yaml:8");
    }
    let repo = TestRepo::of(&over, folder("a")).layer(LayerChoice::Number(7));
    let error = repo.plan("deploy/web", &["spec.replicas=3"]).expect_err("there is none");
    assert!(error.hint.contains("1 (a/web.yaml:8, resource)") && error.hint.contains("new-patch"), "{error}");
}

#[test]
fn a_field_that_is_left_out_stays_as_it_is_and_the_rest_is_planned_without_it() {
    let files = [(
        "a/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  paused: false\n  minReadySeconds: 1\n",
    )];
    let set = ["spec.replicas=3", "spec.paused=true", "spec.minReadySeconds=5"];
    let repo = || TestRepo::of(&files, folder("a"));
    let whole = repo().planned("deploy/web", &set);
    let spans: Vec<_> =
        whole.lines.iter().flat_map(|field| &field.spans).map(|span| (&*span.file, span.start, span.end)).collect();
    assert_eq!(spans, [("a/web.yaml", 5, 6), ("a/web.yaml", 6, 7), ("a/web.yaml", 7, 8)]);

    let repo_without = repo().without("spec.paused");
    let plan = repo_without.planned("deploy/web", &set);
    let expected = ["a/web.yaml:-  replicas: 2", "a/web.yaml:-  paused: false", "a/web.yaml:-  minReadySeconds: 1"];
    assert_eq!(repo_without.lines(&plan)[..3], expected);
    assert!(repo_without.lines(&plan).contains(&"a/web.yaml:+  paused: false".to_owned()), "{:?}", repo_without.lines(&plan));
    let [out] = &plan.left_out[..] else { panic!("{:?}", plan.left_out) };
    assert_eq!((&*out.field, out.before.as_deref(), out.after.as_deref()), ("spec.paused", Some("false"), Some("true")));
    assert_eq!(plan.done.len(), 2);
    let fields: Vec<_> = plan.rendered[0].objects[0].fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(fields, ["spec.replicas", "spec.minReadySeconds"]);

    for (field, set, why) in
        [("spec.paused", &set[1..2], "everything is left out"), ("spec.x", &set[..], "`spec.x` is not set by this change")]
    {
        let error = repo().without(field).plan("deploy/web", set).expect_err(why);
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// The API server takes nothing else, whatever the kind: one without a schema too.
#[test]
fn labels_and_annotations_are_texts_in_every_kind() {
    let widget = "apiVersion: example.test/v1\nkind: Widget\nmetadata:\n  name: a\n  namespace: web\n  labels:\n    team: web\nspec: {on: x}\n";
    let repo = TestRepo::of(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", widget)], folder(""));
    let plan =
        repo.planned("widget.example.test/a", &["metadata.labels.tier=1", "metadata.annotations.a.b/c=true", "spec.more=true"]);
    let expected = [
        "a.yaml:+    tier: \"1\"",
        "a.yaml:+  annotations:",
        "a.yaml:+    a.b/c: \"true\"",
        "a.yaml:-spec: {on: x}",
        "a.yaml:+spec: {on: x, more: true}",
    ];
    let lines = repo.lines(&plan);
    for line in expected {
        assert!(lines.iter().any(|one| one == line), "{line}: {lines:?}");
    }
}
