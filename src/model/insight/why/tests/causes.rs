//! Each cause, as the real controllers report it, and the sentence about it.

use serde_json::{Value, json};

use super::world::*;
use crate::domain::Coverage;
use crate::insight::why::evidence::BodyFacts;
use crate::insight::why::{CAUSES, Dossier, Evidence, Learned};
use crate::kinds;

/// What is there, what is asked about, the rule, the object that it is about, and a part of the sentence.
pub type Row = (&'static str, Vec<(&'static str, Value)>, &'static str, &'static str, &'static str, &'static str);

pub fn check(rows: Vec<Row>) {
    for (case, objects, asked, rule, cause, says) in rows {
        let found = World::of(&objects).why(asked);
        let first = found.cause().unwrap_or_else(|| panic!("{case}: nothing is wrong: {found:#?}"));
        assert_eq!(found.rule, Some(rule), "{case}: {}", first.says);
        assert_eq!(first.object, reference(cause), "{case}: {}", first.says);
        assert!(first.says.contains(says), "{case}: {}", first.says);
        assert!(found.steps.iter().any(|step| step.object == reference(asked)), "{case}: what was asked about is a step");
    }
}

/// A Kustomization alone.
pub fn ks(case: &'static str, reason: &'static str, message: &str, rule: &'static str, says: &'static str) -> Row {
    (case, vec![("ks apps/web", failed(reason, message))], "ks apps/web", rule, "ks apps/web", says)
}

pub fn one(
    case: &'static str,
    kind: &'static str,
    reason: &'static str,
    message: &str,
    rule: &'static str,
    says: &'static str,
) -> Row {
    (case, vec![(kind, failed(reason, message))], kind, rule, kind, says)
}

#[test]
fn sources_that_cannot_be_fetched() {
    check(vec![
        one(
            "no credentials",
            "gitrepo apps/fleet",
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone 'https://git.example.test/ops/fleet.git': authentication required: Unauthorized",
            "authentication",
            "git.example.test refuses the credentials",
        ),
        one(
            "a rotated deploy key",
            "gitrepo apps/fleet",
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to list remote for 'ssh://git@git.example.test/ops/fleet': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
            "authentication",
            "git.example.test refuses the deploy key: it was rotated or removed",
        ),
        one(
            "another host key",
            "gitrepo apps/fleet",
            "GitOperationFailed",
            "unable to clone 'ssh://git@git.example.test/ops/fleet': ssh: handshake failed: knownhosts: key mismatch",
            "authentication",
            "another host key",
        ),
        one(
            "no such Secret",
            "gitrepo shards/auth-failed",
            "AuthenticationFailed",
            "failed to get authentication options: secret 'shards/git' not found",
            "missing-reference",
            "Secret shards/git does not exist",
        ),
        one(
            "no such host",
            "gitrepo apps/fleet",
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone 'https://git.example.test/ops/fleet.git': dial tcp: lookup git.example.test: no such host",
            "network",
            "git.example.test cannot be reached: ",
        ),
        one(
            "nobody answers",
            "bucket apps/backups",
            "BucketOperationFailed",
            "failed to confirm existence of 'backups' bucket: Get \"http://127.0.0.1:9/backups/\": dial tcp 127.0.0.1:9: connect: connection refused",
            "network",
            "127.0.0.1:9 cannot be reached",
        ),
        one(
            "no such branch",
            "gitrepo apps/fleet",
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone 'https://git.example.test/ops/fleet.git': couldn't find remote ref \"refs/heads/nope\"",
            "missing-revision",
            "branch",
        ),
        one(
            "no such tag",
            "ocirepo apps/policies",
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET http://registry.example.test/v2/ops/policies/manifests/9.9.9: MANIFEST_UNKNOWN: ",
            "missing-revision",
            "MANIFEST_UNKNOWN",
        ),
        one(
            "no such chart version",
            "hc apps/web",
            "InvalidChartReference",
            "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '9.9.9' found",
            "missing-revision",
            "matching '9.9.9'",
        ),
    ]);
}

#[test]
fn manifests_that_cannot_be_built() {
    check(vec![
        ks(
            "a file is missing",
            "BuildFailed",
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'forgotten.yaml': open /tmp/bed/tmp/kustomization-2413487197/flux/apps/forgotten.yaml: no such file or directory': must build at directory",
            "build-failed",
            "there is no file flux/apps/forgotten.yaml",
        ),
        ks(
            "a path is missing",
            "ArtifactFailed",
            "kustomization path not found: stat /tmp/kustomization-39918336/flux/apps/does-not-exist: no such file or directory",
            "missing-path",
            "has no path flux/apps/does-not-exist",
        ),
        ks(
            "a variable",
            "BuildFailed",
            "post build failed for 'ConfigMap.v1.[noGrp]/web': envsubst error: variable substitution failed: variable not set (strict mode): \"region\"",
            "variable",
            "variable ${region} in ConfigMap.v1/web has no value",
        ),
        ks(
            "a SOPS key",
            "BuildFailed",
            "decryption failed for 'db': failed to decrypt and format 'db.yaml': cannot get sops data key: Error getting data key: 0 successful groups required, got 0",
            "decryption",
            "none of the keys",
        ),
    ]);
}

#[test]
fn manifests_that_the_api_server_refuses() {
    check(vec![
        ks(
            "a webhook denies",
            "ReconciliationFailed",
            "Deployment/apps/web dry-run failed (Forbidden): admission webhook \"policy.example.test\" denied the request: no requests are set",
            "admission",
            "admission webhook policy.example.test denies it: no requests are set",
        ),
        ks(
            "a webhook is down",
            "ReconciliationFailed",
            "Deployment/apps/web dry-run failed: Internal error occurred: failed calling webhook \"policy.example.test\": failed to call webhook: Post \"https://policy.kyverno.svc:443/validate?timeout=10s\": dial tcp 10.0.0.7:443: connect: connection refused",
            "admission",
            "policy.example.test does not answer",
        ),
        ks(
            "a policy denies",
            "ReconciliationFailed",
            "Deployment/apps/web dry-run failed: deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'all' denied request: too many",
            "admission",
            "admission policy replicas denies it: too many",
        ),
        ks(
            "a CRD is missing",
            "ReconciliationFailed",
            "Certificate/apps/web dry-run failed: no matches for kind \"Certificate\" in version \"cert-manager.io/v1\"",
            "unknown-kind",
            "does not know Certificate of cert-manager.io/v1",
        ),
        ks(
            "a quota",
            "ReconciliationFailed",
            "Pod/apps/web dry-run failed (Forbidden): pods \"web\" is forbidden: exceeded quota: compute, requested: cpu=2, used: cpu=4, limited: cpu=4",
            "quota",
            "quota compute of namespace apps is used up: cpu=4 of cpu=4",
        ),
        ks(
            "RBAC",
            "ReconciliationFailed",
            "Deployment/apps/web dry-run failed (Forbidden): deployments.apps \"web\" is forbidden: User \"system:serviceaccount:apps:team\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"apps\"",
            "access",
            "service account apps/team may not patch deployments in apps",
        ),
        ks(
            "an invalid object",
            "ReconciliationFailed",
            "Deployment/apps/web dry-run failed (Invalid): Deployment.apps \"web\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`",
            "refused-object",
            "refuses Deployment web: spec.template.metadata.labels",
        ),
        ks(
            "an immutable field",
            "ReconciliationFailed",
            "Job/apps/web dry-run failed: spec.template: field is immutable",
            "immutable-field",
            "a field of Job/apps/web may not change",
        ),
    ]);
}

#[test]
fn what_is_read_beside_the_manifests_and_is_not_there() {
    check(vec![
        ks(
            "a kubeconfig",
            "ReconciliationFailed",
            "unable to read KubeConfig secret 'apps/remote' error: secrets \"remote\" not found",
            "missing-reference",
            "Secret apps/remote does not exist",
        ),
        ks(
            "variables from nowhere",
            "BuildFailed",
            "post build failed: substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found",
            "missing-reference",
            "ConfigMap apps/vars does not exist",
        ),
        ks(
            "another namespace",
            "AccessDenied",
            "can't access 'GitRepository/flux-system/fleet', cross-namespace references have been blocked",
            "access",
            "cross-namespace",
        ),
    ]);
}

#[test]
fn releases_that_fail() {
    check(vec![
        (
            "a locked release",
            vec![(
                "hr apps/web",
                failed(
                    "UpgradeFailed",
                    "Helm upgrade failed for release apps/web with chart web@2: another operation (install/upgrade/rollback) is in progress",
                ),
            )],
            "hr apps/web",
            "release-locked",
            "hr apps/web",
            "Helm's release is locked",
        ),
        (
            "values from nowhere",
            vec![(
                "hr apps/web",
                failed(
                    "ValuesError",
                    "could not resolve ConfigMap chart values reference 'apps/values' with key 'values.yaml': configmaps \"values\" not found",
                ),
            )],
            "hr apps/web",
            "missing-reference",
            "hr apps/web",
            "ConfigMap apps/values does not exist",
        ),
        (
            "rolled back",
            vec![(
                "hr apps/web",
                status(&[
                    ready("False", "RollbackSucceeded", "Helm rollback to previous release apps/web.v1 succeeded"),
                    json!({"type": "Released", "status": "False", "reason": "UpgradeFailed",
                "message": "Helm upgrade failed for release apps/web with chart web@2: Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"}),
                ]),
            )],
            "hr apps/web",
            "refused-object",
            "hr apps/web",
            "spec.replicas",
        ),
        (
            "a release whose wait ended",
            vec![(
                "hr apps/web",
                failed("UpgradeFailed", "Helm upgrade failed for release apps/web with chart web@2: context deadline exceeded"),
            )],
            "hr apps/web",
            "other",
            "hr apps/web",
            "Helm upgrade failed: context deadline exceeded",
        ),
        ks("anything else", "ReconciliationFailed", "something that nobody foresaw", "other", "something that nobody foresaw"),
    ]);
}

#[test]
fn what_does_not_fail_is_a_cause_too() {
    let stuck = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
    let controller = |desired: i64| {
        with(
            replicas(0, desired),
            json!({"metadata": {"labels": {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "kustomize-controller"}}}),
        )
    };
    let paused = json!({
        "metadata": {"annotations": {"fluxdeck.dev/suspended-by": "ana", "fluxdeck.dev/suspend-reason": "db migration"}},
        "spec": {"suspend": true}
    });
    check(vec![
        (
            "suspended",
            vec![("ks apps/web", with(well(), paused.clone()))],
            "ks apps/web",
            "suspended",
            "ks apps/web",
            "suspended by ana (\"db migration\")",
        ),
        (
            "suspended above",
            vec![("ks apps/web", with(with(well(), paused), applies(&["cm apps/settings"]))), ("cm apps/settings", json!({}))],
            "cm apps/settings",
            "suspended",
            "ks apps/web",
            "suspended by ana",
        ),
        ("stuck", vec![("ks apps/web", stuck)], "ks apps/web", "terminating", "ks apps/web", "in deletion for 60m"),
        (
            "never reconciled",
            vec![("ks apps/web", json!({}))],
            "ks apps/web",
            "controller",
            "ks apps/web",
            "kustomize-controller has never looked at it",
        ),
        (
            "its controller is scaled to nothing",
            vec![("ks apps/web", failed("BuildFailed", "x")), ("deploy flux-system/kustomize-controller", controller(0))],
            "ks apps/web",
            "controller",
            "deploy flux-system/kustomize-controller",
            "scaled to nothing",
        ),
    ]);
}

#[test]
fn what_waits_is_explained_by_what_it_waits_for() {
    let waits =
        |for_: &str, message: &str| with(failed("DependencyNotReady", message), json!({"spec": {"dependsOn": [{"name": for_}]}}));
    check(vec![
        (
            "waits for nobody",
            vec![("ks apps/web", waits("nobody", "dependency 'apps/nobody' not found: kustomizations \"nobody\" not found"))],
            "ks apps/web",
            "missing-object",
            "ks apps/nobody",
            "does not exist",
        ),
        (
            "a circle",
            vec![
                ("ks apps/a", waits("b", "dependency 'apps/b' is not ready")),
                ("ks apps/b", waits("a", "dependency 'apps/a' is not ready")),
            ],
            "ks apps/a",
            "circular-dependency",
            "ks apps/b",
            "apps/a → apps/b → apps/a",
        ),
        (
            "waits for one that fails",
            vec![
                ("ks apps/web", waits("db", "dependency 'apps/db' is not ready")),
                ("ks apps/db", failed("BuildFailed", "kustomize build failed: x")),
            ],
            "ks apps/web",
            "build-failed",
            "ks apps/db",
            "kustomize build failed: x",
        ),
        (
            "waits for one that is suspended",
            vec![
                ("ks apps/web", waits("db", "dependency 'apps/db' is not ready")),
                ("ks apps/db", with(failed("BuildFailed", "x"), json!({"spec": {"suspend": true}}))),
            ],
            "ks apps/web",
            "suspended",
            "ks apps/db",
            "nothing says by whom or why; it was failing: x",
        ),
        (
            "its dependency is ready by now",
            vec![("ks apps/web", waits("db", "dependency 'apps/db' is not ready")), ("ks apps/db", well())],
            "ks apps/web",
            "waiting",
            "ks apps/web",
            "looks again by itself",
        ),
    ]);
}

#[test]
fn what_was_applied_is_looked_at_as_it_is_now() {
    check(vec![
        (
            "a health check that is over",
            vec![
                (
                    "ks apps/web",
                    with(
                        failed(
                            "HealthCheckFailed",
                            "health check failed after 1m: timeout waiting for: [Deployment/apps/web status: 'InProgress']",
                        ),
                        applies(&["deploy apps/web"]),
                    ),
                ),
                (
                    "deploy apps/web",
                    with(
                        replicas(1, 1),
                        json!({"status": {"conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}}),
                    ),
                ),
            ],
            "ks apps/web",
            "under-way",
            "ks apps/web",
            "nothing that it applied fails now",
        ),
        (
            "gone",
            vec![("ks apps/web", with(well(), applies(&["deploy apps/web"])))],
            "deploy apps/web",
            "missing-object",
            "deploy apps/web",
            "was applied and is gone",
        ),
    ]);
}

#[test]
fn finalizers_hold_what_is_deleted() {
    let world = World::of(&[("ns apps", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:30:00Z"}}))]);
    let body = BodyFacts { finalizers: vec!["example.test/guard".into()], ..BodyFacts::default() };
    let dossier = Dossier::from([(reference("ns apps"), Evidence { body: Learned::Here(body), ..Evidence::default() })]);
    let found = world.why_with("ns apps", &dossier);
    assert!(found.steps[0].says.contains("1 finalizer hold it: example.test/guard"), "{}", found.steps[0].says);
}

#[test]
fn what_may_not_be_read_is_named_as_a_gap() {
    let mut world = World::of(&[(
        "deploy apps/web",
        with(
            replicas(0, 1),
            json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}}),
        ),
    )]);
    for kind in [kinds::POD, kinds::REPLICA_SET, kinds::KUSTOMIZATION] {
        world.cover(kind, Coverage::Restricted);
    }
    let found = world.why("deploy apps/web");
    assert_eq!(
        found.gaps,
        [
            "replicasets and pods in apps: you may not list them",
            "Kustomization flux-system/apps: you may not read what applies it"
        ]
    );
    let evidence = Evidence { events: Learned::Unreadable("events is forbidden".into()), ..Evidence::default() };
    let found = world.why_with("deploy apps/web", &Dossier::from([(reference("deploy apps/web"), evidence)]));
    assert!(found.gaps.contains(&"events of Deployment apps/web: events is forbidden".to_owned()), "{:?}", found.gaps);
}

#[test]
fn every_rule_says_what_it_is_and_no_name_is_taken_twice() {
    let mut names: Vec<_> = CAUSES.iter().map(|rule| rule.name).collect();
    assert!(CAUSES.iter().all(|rule| !rule.doc.is_empty() && rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    assert_eq!(names.last(), Some(&"other"), "it recognises everything");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CAUSES.len());
}
