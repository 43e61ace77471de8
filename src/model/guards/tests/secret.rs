use super::*;

#[test]
fn the_value_of_a_secret_is_known_by_kind_and_field() {
    for (kind, path, expected) in [
        ("Secret", &["data", "password"][..], true),
        ("Secret", &["stringData", "a.b"], true),
        ("Secret", &["data"], true),
        ("Secret", &["metadata", "labels", "data"], false),
        ("Secret", &["type"], false),
        ("ConfigMap", &["data", "password"], false),
        ("ExternalSecret", &["spec", "data"], false),
    ] {
        assert_eq!(is_value(kind, path), expected, "{kind} {path:?}");
    }
}

/// Places of Secrets' values, with `OLD` where one stands.
const PLACES: &[&str] = &[
    "kind: Secret\nmetadata: {name: s}\nstringData:\n  password: OLD\n",
    "kind: Secret\ndata: {password: OLD}\n",
    "{\"kind\": \"Secret\", \"data\": {\"password\": \"OLD\"}}",
    "kind: ConfigMap\ndata: {a: b}\n---\nkind: Secret\nstringData:\n  password: |\n    OLD\n",
    "kind: List\nitems:\n- kind: Secret\n  data: {password: OLD}\n",
    "kind: ResourceSet\nspec:\n  resources:\n  - kind: Secret\n    stringData: {password: OLD}\n",
    "kind: Kustomization\npatches:\n- patch: |\n    kind: Secret\n    metadata: {name: s}\n    stringData: {password: OLD}\n",
    "kind: Kustomization\npatches:\n- target: {kind: Secret}\n  patch: |\n    - {op: replace, path: /data/password, value: OLD}\n",
    "patches:\n- target: {kind: Secret}\n  patch: |\n    metadata: {name: s}\n    stringData: {p: OLD}\n",
    "patches:\n- target: {kind: Secret|ConfigMap}\n  path: OLD\n",
    "kind: Kustomization\nspec:\n  patches:\n  - target: {kind: Secret, name: s}\n    patch: '[{op: add, path: /data/p, value: OLD}]'\n",
    "secretGenerator:\n- name: s\n  literals:\n  - password=OLD\n",
    "secretGenerator:\n- name: s\n  files: [OLD]\n",
    "kind: SecretGenerator\nmetadata: {name: s}\nliterals: [password=OLD]\n",
];

#[test]
fn no_value_of_a_secret_is_set_in_any_file() {
    for before in PLACES {
        let after = before.replace("OLD", "NEW");
        let locked = values_are_kept("a.yaml", before.as_bytes(), after.as_bytes()).expect_err(before);
        assert_eq!(locked.why, LockReason::SecretValue);
        assert!(!locked.to_string().contains("NEW") && !locked.to_string().contains("OLD"));
    }
}

/// The file as it is shown around a change.
fn shown(text: &str) -> Vec<String> {
    let covered = CoveredLines::of(text.as_bytes());
    (1..).zip(text.lines()).map(|(number, line)| covered.shown(number, line)).collect()
}

#[test]
fn no_value_of_a_secret_is_shown_around_a_change_wherever_it_stands() {
    for text in PLACES {
        let shown = shown(text).join("\n");
        assert!(!shown.contains("OLD") && shown.contains("***"), "{text}\n{shown}");
    }
    for unreadable in ["kind: Secret\ndata: {p: OLD\n", "a: b\n\tkind: Secret\n  p: OLD\n"] {
        assert!(!shown(unreadable).join("\n").contains("OLD"), "{unreadable}");
    }
}

#[test]
fn everything_but_values_of_secrets_is_shown_as_it_is() {
    let text = "kind: Secret
metadata: {name: s} # of ops
stringData:
  # the old one
  one: |
    -----BEGIN KEY-----
    abc: def

    -----END KEY-----
  two: \"a
    b\"
  \"a.b\": c
type: Opaque
---
kind: ConfigMap
data:
  three: four
---
kind: Kustomization
secretGenerator:
- name: s
  literals:
  - password=a: b
  type: Opaque
";
    let expected = "kind: Secret
metadata: {name: s} # of ops
stringData:
  # the old one
  one: ***
    ***
    ***
***
    ***
  two: ***
    ***
  \"a.b\": ***
type: Opaque
---
kind: ConfigMap
data:
  three: four
---
kind: Kustomization
secretGenerator:
- name: s
  literals:
  ***
  type: Opaque";
    assert_eq!(shown(text).join("\n"), expected);
    let plain = "kind: ConfigMap\ndata: {password: x}\n";
    assert_eq!(shown(plain).join("\n"), plain.trim_end());
}

#[test]
fn a_secret_is_not_created_but_may_go_with_its_manifest() {
    let (one, two) = ("kind: ConfigMap\ndata: {a: b}\n", "kind: ConfigMap\ndata: {a: b}\n---\nkind: Secret\ndata: {p: x}\n");
    assert!(values_are_kept("a.yaml", one.as_bytes(), two.as_bytes()).is_err());
    assert!(values_are_kept("a.yaml", two.as_bytes(), one.as_bytes()).is_ok());
    assert!(values_are_kept("a.yaml", b"", two.as_bytes()).is_err());
}

#[test]
fn everything_else_in_a_file_with_a_secret_may_change() {
    for (before, after) in [
        ("kind: Secret\nmetadata: {labels: {a: b}}\ndata: {p: x}\n", "kind: Secret\nmetadata: {labels: {a: c}}\ndata: {p: x}\n"),
        (
            "kind: Secret\ndata: {p: x}\n---\nkind: ConfigMap\ndata: {a: b}\n",
            "kind: Secret\ndata: {p: x}\n---\nkind: ConfigMap\ndata: {a: c}\n",
        ),
        ("kind: ConfigMap\ndata: {password: x}\n", "kind: ConfigMap\ndata: {password: y}\n"),
        (
            "kind: HelmRelease\nspec: {values: {kind: Secrets, data: {a: b}}}\n",
            "kind: HelmRelease\nspec: {values: {kind: Secrets, data: {a: c}}}\n",
        ),
        (
            "configMapGenerator:\n- literals: [a=b]\nsecretGenerator:\n- literals: [p=x]\n",
            "configMapGenerator:\n- literals: [a=c]\nsecretGenerator:\n- literals: [p=x]\n",
        ),
        ("kind: ExternalSecret\nspec: {data: [{secretKey: a}]}\n", "kind: ExternalSecret\nspec: {data: [{secretKey: b}]}\n"),
        (
            "patches:\n- target: {kind: Secret}\n  patch: '[{op: add, path: /metadata/labels/a, value: b}]'\n",
            "patches:\n- target: {kind: Secret}\n  patch: '[{op: add, path: /metadata/labels/a, value: c}]'\n",
        ),
        (
            "patches:\n- target: {kind: Deployment}\n  patch: '[{op: add, path: /spec/replicas, value: 1}]'\n",
            "patches:\n- target: {kind: Deployment}\n  patch: '[{op: add, path: /spec/replicas, value: 2}]'\n",
        ),
    ] {
        assert_eq!(values_are_kept("a.yaml", before.as_bytes(), after.as_bytes()), Ok(()), "{before}");
    }
}

#[test]
fn what_cannot_be_read_is_locked_once_it_mentions_secrets() {
    assert!(values_are_kept("a.yaml", b"kind: Secret\ndata: {{ a }}\n", b"kind: Secret\ndata: {{ b }}\n").is_err());
    assert!(values_are_kept("a.yaml", b"kind: ConfigMap\ndata: [\n", b"kind: ConfigMap\ndata: [ \n").is_ok());
}

#[test]
fn a_file_that_a_secret_is_generated_from_is_locked_whichever_file_names_it() {
    let tree = Memory::new([
        (
            "apps/web/kustomization.yaml",
            "secretGenerator:\n- name: s\n  files: [tls.crt, ca=../shared/ca.crt]\n  envs: [db.env]\n",
        ),
        ("apps/web/tls.crt", "x"),
        ("apps/web/db.env", "PASSWORD=x"),
        ("apps/web/open.env", "A=x"),
        ("apps/shared/ca.crt", "x"),
        ("apps/old/kustomization.yml", "secretGenerator:\n- name: s\n  env: .env\nconfigMapGenerator:\n- envs: [open.env]\n"),
        ("apps/old/.env", "A=x"),
        ("apps/old/open.env", "A=x"),
        ("apps/gen/Kustomization", "generators: [gen.yaml]\n"),
        ("apps/gen/gen.yaml", "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: s}\nfiles: [token]\n"),
        ("apps/gen/token", "x"),
        (
            "apps/patch/kustomization.yaml",
            "patches:\n- {path: values.yaml, target: {kind: Secret}}\n- {path: labels.yaml, target: {kind: Secret}}\n",
        ),
        ("apps/patch/values.yaml", "- {op: replace, path: /data/p, value: x}\n"),
        ("apps/patch/labels.yaml", "- {op: replace, path: /metadata/labels/p, value: x}\n"),
        ("apps/bad/kustomization.yaml", "secretGenerator: [{files: [../../../etc/passwd, nowhere]}, 3]\ngenerators: {a: b}\n"),
    ]);
    let source = |by: &str| Some(LockReason::SecretSource { by: by.to_owned() });
    assert_eq!(why(&tree, "apps/web/tls.crt"), source("apps/web/kustomization.yaml"));
    assert_eq!(why(&tree, "apps/web/db.env"), source("apps/web/kustomization.yaml"));
    assert_eq!(why(&tree, "apps/shared/ca.crt"), source("apps/web/kustomization.yaml"));
    assert_eq!(why(&tree, "apps/old/.env"), source("apps/old/kustomization.yml"));
    assert_eq!(why(&tree, "apps/gen/token"), source("apps/gen/gen.yaml"));
    assert_eq!(why(&tree, "apps/patch/values.yaml"), source("apps/patch/kustomization.yaml"));
    for path in ["apps/patch/labels.yaml", "apps/web/open.env", "apps/old/open.env", "apps/web/kustomization.yaml"] {
        assert_eq!(why(&tree, path), None, "{path}");
    }
}
