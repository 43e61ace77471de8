//! What the API server and Helm do not take, in their words, and what a message names that is the first cause itself.

use serde_json::json;

use super::causes::{Row, check, ks, one};
use super::faults::applied;
use super::world::*;

/// A release whose upgrade failed with this.
fn hr(case: &'static str, message: &str, rule: &'static str, says: &'static str) -> Row {
    let message = format!("Helm upgrade failed for release apps/web with chart web@1.2.3: {message}");
    one(case, "hr apps/web", "UpgradeFailed", &message, rule, says)
}

#[test]
fn what_the_api_server_does_not_take() {
    check(vec![
        applied(
            "an immutable selector",
            "Deployment/apps/web dry-run failed (Invalid): Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"web2\"}}: field is immutable",
            "immutable-field",
            "spec.selector of Deployment web may not change",
        ),
        applied(
            "a Job that is there",
            "Job/apps/migrate dry-run failed (Invalid): Job.batch \"migrate\" is invalid: spec.template: Invalid value: {\"metadata\":{}}: field is immutable",
            "immutable-field",
            "spec.template of Job migrate may not change",
        ),
        applied(
            "a StatefulSet",
            "StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
            "immutable-field",
            "spec of StatefulSet db may not change",
        ),
        applied(
            "an unknown field",
            "Deployment/apps/web dry-run failed (BadRequest): failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema",
            "refused-object",
            ".spec.replica: field not declared in schema",
        ),
        applied(
            "no such namespace",
            "Deployment/shop/web dry-run failed (NotFound): namespaces \"shop\" not found",
            "missing-reference",
            "Namespace shop does not exist",
        ),
        applied(
            "no namespace is named",
            "ConfigMap/web namespace not specified: the server could not find the requested resource",
            "refused-object",
            "ConfigMap/web has no namespace",
        ),
        applied(
            "an unknown kind",
            "Certificate/apps/web dry-run failed: no matches for kind \"Certificate\" in version \"cert-manager.io/v1\"",
            "unknown-kind",
            "does not know Certificate of cert-manager.io/v1",
        ),
        applied(
            "a webhook without endpoints",
            "Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook \"validate.kyverno.svc-fail\": failed to call webhook: Post \"https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s\": no endpoints available for service \"kyverno-svc\"",
            "admission",
            "validate.kyverno.svc-fail does not answer: no endpoints available for service \"kyverno-svc\"",
        ),
        applied(
            "a webhook that is late",
            "Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook \"policy.example.test\": failed to call webhook: Post \"https://policy.policy.svc:443/validate?timeout=10s\": context deadline exceeded",
            "admission",
            "policy.example.test does not answer: context deadline exceeded",
        ),
        applied(
            "a webhook that converts",
            "Certificate/apps/web dry-run failed: conversion webhook for cert-manager.io/v1, Kind=Certificate failed: Post \"https://cert-manager-webhook.cert-manager.svc:443/convert?timeout=30s\": connect: connection refused",
            "admission",
            "the webhook that converts Certificate of cert-manager.io/v1 does not answer: connection refused",
        ),
        applied(
            "impersonation",
            "Deployment/apps/web dry-run failed (Forbidden): serviceaccounts \"team\" is forbidden: User \"system:serviceaccount:flux-system:kustomize-controller\" cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"apps\"",
            "access",
            "service account flux-system/kustomize-controller may not impersonate serviceaccounts in apps",
        ),
        applied(
            "a namespace that ends, and is not read",
            "ConfigMap/apps/web apply failed: configmaps \"web\" is forbidden: unable to create new content in namespace apps because it is being terminated",
            "terminating",
            "namespace apps is being deleted, and takes nothing new",
        ),
        applied(
            "etcd",
            "Deployment/apps/web dry-run failed: etcdserver: request timed out",
            "api-server",
            "the API server could not answer",
        ),
        ks(
            "an artifact that cannot be fetched",
            "ArtifactFailed",
            "failed to download archive: GET http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/fleet/1.tar.gz giving up after 10 attempt(s): Get \"http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/fleet/1.tar.gz\": dial tcp 10.96.0.7:80: connect: connection refused",
            "artifact-server",
            "source-controller does not serve the artifact",
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
fn releases() {
    check(vec![
        hr(
            "of another release",
            "unable to continue with update: Service \"web\" in namespace \"apps\" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key \"meta.helm.sh/release-name\" must equal \"web\": current value is \"shop\"",
            "ownership",
            "Service apps/web exists already, and belongs to release shop",
        ),
        hr(
            "of nobody",
            "Unable to continue with install: ServiceAccount \"web\" in namespace \"apps\" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key \"app.kubernetes.io/managed-by\": must be set to \"Helm\"; annotation validation error: missing key \"meta.helm.sh/release-name\": must be set to \"web\"",
            "ownership",
            "ServiceAccount apps/web exists already, and was not made by Helm",
        ),
        one(
            "a name that is taken",
            "hr apps/web",
            "InstallFailed",
            "Helm install failed for release apps/web with chart web@1.2.3: release name check failed: cannot reuse a name that is still in use",
            "ownership",
            "a Helm release of that name exists already",
        ),
        hr(
            "values that the schema forbids",
            "values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at '/replicaCount': got string, want integer\n",
            "values-schema",
            "at '/replicaCount': got string, want integer",
        ),
        hr(
            "a template that fails",
            "execution error at (web/templates/deployment.yaml:12:4): image.tag is required",
            "template",
            "template web/templates/deployment.yaml line 12 cannot be rendered: image.tag is required",
        ),
        hr(
            "a template of Go",
            "template: web/templates/deployment.yaml:31:20: executing \"web/templates/deployment.yaml\" at <.Values.ingress.host>: nil pointer evaluating interface {}.host",
            "template",
            "template web/templates/deployment.yaml line 31 cannot be rendered",
        ),
        hr(
            "not YAML",
            "YAML parse error on web/templates/configmap.yaml: error converting YAML to JSON: yaml: line 8: did not find expected key",
            "template",
            "what template web/templates/configmap.yaml makes is not YAML",
        ),
        hr(
            "a patch after rendering",
            "error while running post render on files: no matches for Id Deployment.v1.apps/api.[noNs]; failed to find unique target for patch Deployment.v1.apps/api.[noNs]",
            "build-failed",
            "after rendering the chart: a patch is for Deployment.v1.apps/api",
        ),
    ]);
}

#[test]
fn releases_that_helm_does_not_finish() {
    check(vec![
        hr("locked", "another operation (install/upgrade/rollback) is in progress", "release-locked", "Helm's release is locked"),
        hr(
            "a field of somebody else",
            "conflict occurred while applying object apps/web apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using apps/v1: .spec.replicas",
            "field-conflict",
            "kubectl-client-side-apply has set spec.replicas",
        ),
        hr(
            "a hook",
            "pre-upgrade hooks failed: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n\n",
            "hook",
            "its pre-upgrade hook fails: Job web-migrate fails",
        ),
        one(
            "a test",
            "hr apps/web",
            "TestFailed",
            "Helm test failed for release apps/web.v3 with chart web@1.2.3: 1 error occurred:\n\t* pod web-test failed\n\n",
            "hook",
            "its test fails: Pod web-test fails",
        ),
        hr(
            "a CRD",
            "unable to build kubernetes objects from new release manifest: resource mapping not found for name: \"web\" namespace: \"apps\" from \"\": no matches for kind \"ServiceMonitor\" in version \"monitoring.coreos.com/v1\"\nensure CRDs are installed first",
            "unknown-kind",
            "does not know ServiceMonitor of monitoring.coreos.com/v1",
        ),
        (
            "given up",
            vec![(
                "hr apps/web",
                status(&[
                    json!({"type": "Stalled", "status": "True", "reason": "RetriesExceeded", "message": "Failed to upgrade after 4 attempt(s)"}),
                    json!({"type": "Released", "status": "False", "reason": "UpgradeFailed",
                        "message": "Helm upgrade failed for release apps/web with chart web@2: execution error at (web/templates/a.yaml:1:2): no"}),
                ]),
            )],
            "hr apps/web",
            "template",
            "hr apps/web",
            "template web/templates/a.yaml line 1",
        ),
        (
            "a chart repository that is not trusted",
            vec![
                (
                    "hr apps/web",
                    with(
                        failed("SourceNotReady", "HelmChart 'apps/apps-web' is not ready"),
                        json!({"status": {"helmChart": "apps/apps-web"}}),
                    ),
                ),
                (
                    "hc apps/apps-web",
                    with(
                        failed("NoSourceArtifact", "no artifact available for HelmRepository source 'charts'"),
                        json!({"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}),
                    ),
                ),
                (
                    "helmrepo apps/charts",
                    failed(
                        "Failed",
                        "failed to fetch Helm repository index: Get \"https://charts.example.test/index.yaml\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
                    ),
                ),
            ],
            "hr apps/web",
            "certificate",
            "helmrepo apps/charts",
            "the certificate of charts.example.test",
        ),
    ]);
}

fn failed_job() -> serde_json::Value {
    json!({"status": {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit"}]}})
}

#[test]
fn what_a_message_names_is_the_first_cause_where_it_is_there() {
    let crash = || with(crashing(1, "Error", "no database"), owned_by("job apps/web-migrate"));
    let job = failed_job();
    let hook = "Helm upgrade failed for release apps/web with chart web@2: pre-upgrade hooks failed: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n\n";
    let ending = "ConfigMap/apps/web apply failed: configmaps \"web\" is forbidden: unable to create new content in namespace apps because it is being terminated";
    let controller = json!({"metadata": {"labels": {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "source-controller"}}});
    let archive = "failed to download archive: GET http://source-controller.flux-system.svc/x giving up after 10 attempt(s)";
    check(vec![
        (
            "the pod of a hook",
            vec![
                ("hr apps/web", failed("UpgradeFailed", hook)),
                ("job apps/web-migrate", job.clone()),
                ("po apps/web-migrate-a", crash()),
            ],
            "hr apps/web",
            "crash",
            "po apps/web-migrate-a",
            "no database",
        ),
        (
            "a hook whose pods are gone",
            vec![("hr apps/web", failed("UpgradeFailed", hook)), ("job apps/web-migrate", job)],
            "hr apps/web",
            "job",
            "job apps/web-migrate",
            "it has failed as often as it may",
        ),
        (
            "a namespace that ends",
            vec![
                ("ks apps/web", failed("ReconciliationFailed", ending)),
                ("ns apps", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:30:00Z"}})),
            ],
            "ks apps/web",
            "terminating",
            "ns apps",
            "in deletion for 30m",
        ),
        (
            "source-controller",
            vec![
                ("ks apps/web", failed("ArtifactFailed", archive)),
                ("deploy flux-system/source-controller", with(replicas(0, 1), controller)),
                (
                    "po flux-system/source-controller-a",
                    with(crashing(137, "OOMKilled", ""), owned_by("deploy flux-system/source-controller")),
                ),
            ],
            "ks apps/web",
            "out-of-memory",
            "po flux-system/source-controller-a",
            "uses more memory than its limit",
        ),
    ]);
}

#[test]
fn what_a_message_does_not_mean_is_not_the_cause() {
    let late = "Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook \"policy.example.test\": failed to call webhook: Post \"https://policy.policy.svc\": context deadline exceeded";
    let waited = "Helm upgrade failed for release apps/web with chart web@2: resource Deployment/apps/api not ready. status: InProgress, message: Available: 0/1\ncontext deadline exceeded";
    check(vec![
        (
            "a webhook that is late, whatever else fails below",
            vec![
                ("ks apps/web", with(failed("ReconciliationFailed", late), applies(&["deploy apps/api"]))),
                ("deploy apps/api", replicas(0, 1)),
                ("po apps/api-a", with(crashing(1, "Error", "x"), owned_by("deploy apps/api"))),
            ],
            "ks apps/web",
            "admission",
            "ks apps/web",
            "does not answer",
        ),
        (
            "what Helm 4 waited for",
            vec![
                ("hr apps/web", with(failed("UpgradeFailed", waited), applies(&["deploy apps/api", "deploy apps/front"]))),
                ("deploy apps/api", replicas(0, 1)),
                ("po apps/api-a", with(crashing(1, "Error", "api"), owned_by("deploy apps/api"))),
                ("deploy apps/front", replicas(0, 1)),
                ("po apps/a-front", with(crashing(1, "Error", "front"), owned_by("deploy apps/front"))),
            ],
            "hr apps/web",
            "crash",
            "po apps/api-a",
            "\"api\"",
        ),
        (
            "a Job that a health check waits for",
            vec![
                (
                    "ks apps/web",
                    with(
                        failed(
                            "HealthCheckFailed",
                            "health check failed after 1.2s: failed early due to stalled resources: [Job/apps/web-migrate status: 'Failed']",
                        ),
                        applies(&["job apps/web-migrate"]),
                    ),
                ),
                ("job apps/web-migrate", failed_job()),
            ],
            "ks apps/web",
            "job",
            "job apps/web-migrate",
            "backoff limit",
        ),
    ]);
}
