//! What is not set at all.

use super::super::Outcome;
use super::{Asked, Scope, folder};

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: x}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  priority: 1\n  hostNetwork: true\n  containers: [{name: a, image: b}]\n";

#[test]
fn what_may_not_be_set_or_does_not_fit_is_refused_and_no_file_is_touched() {
    let sops =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: e}\ndata: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {version: '3'}\n";
    let files = [
        ("a/kustomization.yaml", "resources: [s.yaml, c.yaml, p.yaml, e.yaml]\n"),
        ("a/s.yaml", SECRET),
        ("a/c.yaml", MAP),
        ("a/p.yaml", POD),
        ("a/e.yaml", sops),
    ];
    let asked = Asked::of(&files, folder("a"));
    for (object, set, why) in [
        ("secret/s", "stringData.password=x", "the values of Secrets are not set"),
        ("cm/e", "data.a=x", "ConfigMap e is encrypted by SOPS"),
        ("cm/c", "metadata.name=x", "says which object it is"),
        ("cm/c", "data=x", "a list or a map has no single value"),
        ("cm/d", "data.a=x", "git builds no cm/d"),
        ("pod/p", "spec.priority=1.5", "the field takes an integer"),
        ("pod/p", "spec.priority=", "the field takes an integer"),
        ("pod/p", "spec.hostNetwork=yes", "the field takes true or false"),
        ("pod/p", "spec.activeDeadlineSeconds=soon", "the field takes an integer"),
    ] {
        let error = asked.plan(object, &[set]).expect_err(set);
        assert!(error.message.contains(why), "{set}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert!(asked.is_untouched(&files));
}

#[test]
fn what_reads_so_already_changes_nothing() {
    let files = [("a/kustomization.yaml", "resources: [p.yaml]\n"), ("a/p.yaml", POD)];
    let outcome = Asked::of(&files, folder("a")).plan("pod/p", &["spec.priority=1"]);
    assert!(matches!(outcome, Ok(Outcome::Nothing { .. })), "{outcome:?}");
}

#[test]
fn a_change_that_something_else_could_not_be_built_with_is_refused() {
    let test =
        "resources: [../base]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - {op: test, path: /spec/priority, value: 1}\n";
    let files = [("base/kustomization.yaml", "resources: [p.yaml]\n"), ("base/p.yaml", POD), ("o/kustomization.yaml", test)];
    let refused = Asked::of(&files, folder("base")).wide().refused("pod/p", &["spec.priority=2"]);
    assert_eq!(refused.why, "what builds today could not be built any more");
}

#[test]
fn what_cannot_be_built_before_as_after_is_named_as_not_proven() {
    let files = [
        ("base/kustomization.yaml", "resources: [p.yaml]\n"),
        ("base/p.yaml", POD),
        ("o/kustomization.yaml", "resources: [../base, https://example.test/x.yaml]\n"),
    ];
    let plan = Asked::of(&files, folder("base")).planned("pod/p", &["spec.priority=2"]);
    let proof = &plan.done[0].proof;
    assert_eq!(proof.unproven.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["o"]);
}

#[test]
fn an_object_that_is_built_in_several_ways_is_named_first() {
    let files = [
        ("a/kustomization.yaml", "namespace: one\nresources: [p.yaml]\n"),
        ("a/p.yaml", POD),
        ("b/kustomization.yaml", "resources: [p.yaml]\n"),
        ("b/p.yaml", POD),
    ];
    let error = Asked::of(&files, Scope::Any).plan("pod/p", &["spec.priority=2"]).expect_err("nothing is declared");
    assert!(error.message.contains("git builds no pod/p"), "{error}");
}
