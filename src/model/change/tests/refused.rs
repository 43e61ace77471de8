//! What is not set at all.

use super::super::PlanOutcome;
use super::{ChangeScope, TestRepo, folder};

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
    let repo = TestRepo::of(&files, folder("a"));
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
        let error = repo.plan(object, &[set]).expect_err(set);
        assert!(error.message.contains(why), "{set}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert!(repo.is_untouched(&files));
}

#[test]
fn what_reads_so_already_changes_nothing() {
    let files = [("a/kustomization.yaml", "resources: [p.yaml]\n"), ("a/p.yaml", POD)];
    let outcome = TestRepo::of(&files, folder("a")).plan("pod/p", &["spec.priority=1"]);
    assert!(matches!(outcome, Ok(PlanOutcome::Nothing { .. })), "{outcome:?}");
}

#[test]
fn a_change_that_something_else_could_not_be_built_with_is_refused() {
    let test =
        "resources: [../base]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - {op: test, path: /spec/priority, value: 1}\n";
    let files = [("base/kustomization.yaml", "resources: [p.yaml]\n"), ("base/p.yaml", POD), ("o/kustomization.yaml", test)];
    let refused = TestRepo::of(&files, folder("base")).wide().refused("pod/p", &["spec.priority=2"]);
    assert_eq!(refused.why, "what builds today could not be built any more");
    let open = refused.tried[0].open();
    assert!(open.as_ref().is_err_and(|why| why.starts_with("could not be built any more: ")), "no consent takes it: {open:?}");
}

#[test]
fn what_cannot_be_built_before_as_after_is_named_as_not_proven() {
    let files = [
        ("base/kustomization.yaml", "resources: [p.yaml]\n"),
        ("base/p.yaml", POD),
        ("o/kustomization.yaml", "resources: [../base, https://example.test/x.yaml]\n"),
    ];
    let plan = TestRepo::of(&files, folder("base")).planned("pod/p", &["spec.priority=2"]);
    let proof = &plan.done[0].proof;
    assert_eq!(proof.unproven.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["o"]);
}

#[test]
fn an_object_that_is_built_in_several_ways_is_refused_with_who_builds_it() {
    let flux = |path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: apps, namespace: flux-system}}\nspec:\n  path: {path}\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n"
        )
    };
    let (production, staging) = (flux("a"), flux("b"));
    let files = [
        ("clusters/production/apps.yaml", &*production),
        ("clusters/staging/apps.yaml", &*staging),
        ("a/kustomization.yaml", "resources: [p.yaml]\n"),
        ("a/p.yaml", POD),
        ("b/kustomization.yaml", "resources: [p.yaml]\n"),
        ("b/p.yaml", POD),
    ];
    let refused = TestRepo::of(&files, ChangeScope::Any).refused("pod/p", &["spec.priority=2"]);
    assert_eq!(refused.why, "it is built in several ways");
    let builds: Vec<_> = refused.builds.iter().map(|choice| choice.build.as_str()).collect();
    assert_eq!(builds, ["production/flux-system/apps", "staging/flux-system/apps"]);
    for build in builds {
        let scope = ChangeScope::Kustomization(build.to_owned());
        let plan = TestRepo::of(&files, scope).planned("pod/p", &["spec.priority=2"]);
        assert_eq!((plan.build.as_str(), plan.files.len()), (build, 1), "the choice goes on");
    }

    // the same folder for both clusters: not ambiguous, and the change of one is a change of the other
    let files = [&[("clusters/staging/apps.yaml", &*production)], &files[..1], &files[2..4]].concat();
    let refused = TestRepo::of(&files, ChangeScope::Any).refused("pod/p", &["spec.priority=2"]);
    assert_eq!(refused.builds.len(), 2, "{refused:?}");
    assert_eq!(refused.set_at.map(|at| at.to_string()).as_deref(), Some("a/p.yaml:5"));
    let scope = ChangeScope::Kustomization(refused.builds[0].build.clone());
    assert_eq!(TestRepo::of(&files, scope).refused("pod/p", &["spec.priority=2"]).builds, []);
}

#[test]
fn what_nothing_declares_is_not_there() {
    let files = [("a/kustomization.yaml", "namespace: one\nresources: [p.yaml]\n"), ("a/p.yaml", POD)];
    let error = TestRepo::of(&files, ChangeScope::Any).plan("pod/p", &["spec.priority=2"]).expect_err("nothing is declared");
    assert!(error.message.contains("git builds no pod/p"), "{error}");
}

#[test]
fn a_file_that_a_guard_locks_is_not_edited() {
    let generated = format!("# Code generated by make. DO NOT EDIT.\n{POD}");
    for (files, why) in [
        (vec![("a/kustomization.yaml", "resources: [p.yaml]\n"), ("a/p.yaml", &*generated)], "generated"),
        (vec![("a/kustomization.yaml", "resources: [p.yaml]\n"), ("a/p.yaml", POD), ("a/DO_NOT_EDIT", "")], "DO_NOT_EDIT"),
        (vec![("a/kustomization.yaml", "resources: [../denied/p.yaml]\n"), ("denied/p.yaml", POD)], "denied"),
    ] {
        let repo = TestRepo::of(&files, folder("a"));
        let refused = repo.refused("pod/p", &["spec.priority=2"]);
        assert!(refused.why.to_lowercase().contains(&why.to_lowercase()), "{why}: {}", refused.why);
        assert!(repo.is_untouched(&files));
    }
}
