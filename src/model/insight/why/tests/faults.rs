//! Faults of sources, artifacts and builds that people meet on call, each in the words of the controller, kubelet or API server that reports it: kustomize-controller 1.9,
//! helm-controller 1.6 with Helm 4, source-controller 1.9, image-reflector-controller and image-automation-controller 1.2, Kubernetes
//! 1.36. Each has one sentence about the right object.

use serde_json::json;

use super::causes::{Row, check, ks, one};
use super::world::*;

pub fn applied(case: &'static str, message: &str, rule: &'static str, says: &'static str) -> Row {
    ks(case, "ReconciliationFailed", message, rule, says)
}

#[test]
fn sources() {
    let git = |case, message: &str, rule, says| {
        let message = format!("failed to checkout and determine revision: {message}");
        one(case, "gitrepo apps/fleet", "GitOperationFailed", &message, rule, says)
    };
    check(vec![
        git(
            "a deleted branch",
            "unable to clone 'https://git.example.test/ops/fleet.git': couldn't find remote ref \"refs/heads/release\"",
            "missing-revision",
            "refs/heads/release",
        ),
        git("no tag in the range", "no match found for semver: >=2.0.0 <3.0.0", "missing-revision", "semver: >=2.0.0"),
        git(
            "a commit that is gone",
            "unable to resolve commit object for '86058ad0123456789abcdef0123456789abcdef0': object not found",
            "missing-revision",
            "object not found",
        ),
        git(
            "no such repository",
            "unable to clone 'https://git.example.test/ops/nope.git': repository not found: Repository not found.",
            "missing-revision",
            "what it asks for is not there",
        ),
        git(
            "a token without rights",
            "unable to clone 'https://git.example.test/ops/fleet.git': authorization failed",
            "authentication",
            "git.example.test refuses the credentials",
        ),
        git(
            "a rotated deploy key",
            "unable to clone 'ssh://git@git.example.test/ops/fleet': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
            "authentication",
            "refuses the deploy key: it was rotated or removed there",
        ),
        git(
            "another host key",
            "unable to list remote for 'ssh://git@git.example.test/ops/fleet': ssh: handshake failed: knownhosts: key mismatch",
            "authentication",
            "shows another host key than known_hosts has",
        ),
        git(
            "no host key",
            "unable to clone 'ssh://git@git.example.test/ops/fleet': ssh: handshake failed: knownhosts: key is unknown",
            "authentication",
            "known_hosts has no key of git.example.test",
        ),
        git(
            "an unknown authority",
            "unable to clone 'https://git.example.test/ops/fleet.git': Get \"https://git.example.test/ops/fleet.git/info/refs?service=git-upload-pack\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "certificate",
            "the certificate of git.example.test is signed by an authority that is not trusted",
        ),
        git(
            "an expired certificate",
            "unable to clone 'https://git.example.test/x': tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-12-31T00:00:00Z",
            "certificate",
            "has expired, or is not valid yet",
        ),
        git(
            "a certificate of another host",
            "unable to clone 'https://git.example.test/x': tls: failed to verify certificate: x509: certificate is valid for www.example.test, not git.example.test",
            "certificate",
            "is of another host",
        ),
        one(
            "a commit by a key that is not trusted",
            "gitrepo apps/fleet",
            "InvalidCommitSignature",
            "signature verification of commit '86058ad0123456789abcdef0123456789abcdef0' failed: unable to verify Git commit: unable to verify payload with any of the given key rings",
            "verification",
            "it is signed by a key that is not among the trusted ones",
        ),
        one(
            "a commit that is not signed",
            "gitrepo apps/fleet",
            "InvalidCommitSignature",
            "signature verification of commit '86058ad' failed: unable to verify Git commit: unable to verify payload as the provided signature is empty",
            "verification",
            "it is not signed",
        ),
        one(
            "an encrypted key without its password",
            "gitrepo apps/fleet",
            "AuthenticationFailed",
            "SSH identity key is encrypted but no 'password' field was provided in the secret 'apps/git'",
            "authentication",
            "its credentials are of no use: SSH identity key is encrypted",
        ),
    ]);
}

#[test]
fn artifacts() {
    let oci = |case, reason, message, rule, says| one(case, "ocirepo apps/policies", reason, message, rule, says);
    check(vec![
        oci(
            "a tag that is not there",
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET https://registry.example.test/v2/ops/policies/manifests/9.9.9: MANIFEST_UNKNOWN: manifest unknown; map[Tag:9.9.9]",
            "missing-revision",
            "MANIFEST_UNKNOWN",
        ),
        oci(
            "no credentials",
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET https://registry.example.test/token?scope=repository%3Aops%2Fpolicies%3Apull&service=registry.example.test: UNAUTHORIZED: authentication required",
            "authentication",
            "registry.example.test refuses the credentials",
        ),
        oci(
            "no rights",
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET https://registry.example.test/v2/ops/policies/manifests/1: DENIED: requested access to the resource is denied",
            "authentication",
            "refuses the credentials",
        ),
        oci(
            "asked too often",
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET https://registry.example.test/v2/ops/policies/manifests/1: TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
            "rate-limit",
            "registry.example.test limits how often it is asked",
        ),
        oci(
            "no signature of cosign",
            "VerificationError",
            "failed to verify the signature using provider 'cosign': no matching signatures were found for 'registry.example.test/ops/policies@sha256:1111111111111111111111111111111111111111111111111111111111111111'",
            "verification",
            "it is not signed by a key that is trusted",
        ),
    ]);
}

#[test]
fn charts_their_repositories_and_buckets() {
    check(vec![
        one(
            "no chart of that version",
            "hc apps/web",
            "InvalidChartReference",
            "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '9.9.9' found",
            "missing-revision",
            "matching '9.9.9'",
        ),
        one(
            "no chart at that path",
            "hc apps/web",
            "InvalidChartReference",
            "invalid chart reference: stat /tmp/helmchart-apps-web-1/source/charts/web: no such file or directory",
            "missing-revision",
            "invalid chart reference",
        ),
        one(
            "no index",
            "helmrepo apps/charts",
            "Failed",
            "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.test/index.yaml : 404 Not Found",
            "missing-revision",
            "404 Not Found",
        ),
        one(
            "an index for others",
            "helmrepo apps/charts",
            "Failed",
            "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.test/index.yaml : 401 Unauthorized",
            "authentication",
            "charts.example.test refuses the credentials",
        ),
        one(
            "no bucket",
            "bucket apps/backups",
            "BucketOperationFailed",
            "bucket 'backups' not found",
            "missing-revision",
            "there is no bucket backups",
        ),
        one(
            "a bucket for others",
            "bucket apps/backups",
            "BucketOperationFailed",
            "failed to confirm existence of 'backups' bucket: Access Denied.",
            "authentication",
            "refuses the credentials",
        ),
    ]);
}

#[test]
fn images_and_receivers() {
    check(vec![
        one(
            "no tags yet",
            "imgpol apps/web",
            "DependencyNotReady",
            "retrying in 30s error: no tags in database",
            "no-matching-tag",
            "no tags of the image have been read yet",
        ),
        one(
            "no tag in the range",
            "imgpol apps/web",
            "Failed",
            "unable to determine latest version from provided list",
            "no-matching-tag",
            "in the range of its policy",
        ),
        one(
            "no tag after the filter",
            "imgpol apps/web",
            "Failed",
            "version list argument cannot be empty",
            "no-matching-tag",
            "left once its filter has been applied",
        ),
        one(
            "a protected branch",
            "imgupd apps/web",
            "GitOperationFailed",
            "failed to update source: failed to push to remote: command error on refs/heads/main: protected branch hook declined",
            "push-refused",
            "its rules for the branch forbid it",
        ),
        one(
            "a key that may not write",
            "imgupd apps/web",
            "GitOperationFailed",
            "failed to update source: failed to push to remote: authorization failed",
            "push-refused",
            "the credentials may not write",
        ),
        one(
            "a token that is not there",
            "receiver apps/github",
            "TokenNotFound",
            "unable to read token from secret 'apps/webhook' error: Secret \"webhook\" not found",
            "missing-reference",
            "Secret apps/webhook does not exist",
        ),
    ]);
}

#[test]
fn builds() {
    let build = |case, message, rule, says| ks(case, "BuildFailed", message, rule, says);
    check(vec![
        build(
            "declared twice",
            "kustomize build failed: accumulating resources: accumulation err='merging resources from 'b.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/settings.apps': must build at directory: '/tmp/kustomization-123/apps/b.yaml': file is not directory",
            "build-failed",
            "two manifests make ConfigMap.v1/settings.apps",
        ),
        build(
            "a file that is not there",
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'web.yaml': open /tmp/kustomization-123/apps/web.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure",
            "build-failed",
            "there is no file apps/web.yaml",
        ),
        build(
            "a patch without a target",
            "kustomize build failed: no matches for Id Deployment.v1.apps/web.[noNs]; failed to find unique target for patch Deployment.v1.apps/web.[noNs]",
            "build-failed",
            "a patch is for Deployment.v1.apps/web, which nothing makes",
        ),
        build(
            "not YAML",
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'deploy.yaml': MalformedYAMLError: yaml: line 12: could not find expected ':' in File: deploy.yaml': must build at directory",
            "build-failed",
            "line 12 of deploy.yaml is not YAML: could not find expected ':'",
        ),
        build(
            "not a manifest",
            "failed to decode Kubernetes YAML from /tmp/kustomization-123/apps/values.yaml: missing Resource metadata",
            "build-failed",
            "apps/values.yaml is not a manifest: missing Resource metadata",
        ),
        build(
            "a folder without a kustomization",
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from '../base': unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '/tmp/kustomization-123/base'': read",
            "build-failed",
            "folder base has no kustomization.yaml",
        ),
        build(
            "a variable",
            "post build failed for 'Deployment.v1.apps/web': envsubst error: variable substitution failed: variable not set (strict mode): \"cluster_name\"",
            "variable",
            "variable ${cluster_name} in Deployment.v1.apps/web has no value",
        ),
        build(
            "a variable that is not closed",
            "post build failed for 'ConfigMap.v1.[noGrp]/web': envsubst error: variable substitution failed: missing closing brace",
            "variable",
            "variables cannot be replaced in ConfigMap.v1/web",
        ),
        build(
            "another age key",
            "decryption failed for '~G_v1_Secret|apps|db': failed to decrypt and format 'apps/db' YAML data: cannot get sops data key: Error getting data key: 0 successful groups required, got 0",
            "decryption",
            "none of the keys that it has opens",
        ),
        build(
            "no key at all",
            "error decrypting sources: cannot get sops decryption Secret 'apps/sops-age': Secret \"sops-age\" not found",
            "missing-reference",
            "Secret apps/sops-age does not exist",
        ),
        build(
            "a key that is none",
            "error decrypting sources: failed to import 'age.agekey' data from sops decryption Secret 'apps/sops-age': error at line 1: malformed secret key",
            "decryption",
            "a key that was given for decryption is of no use",
        ),
        build(
            "edited after it was encrypted",
            "decryption failed for 'v1_Secret/db': failed to decrypt and format 'apps/db' YAML data: failed to verify sops data integrity: expected mac 'ABC', got 'no MAC'",
            "decryption",
            "its MAC does not match",
        ),
        applied(
            "encrypted, and nobody decrypts",
            "Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
            "decryption",
            "Secret/apps/db is encrypted by SOPS, and no decryption is set for it",
        ),
    ]);
}

#[test]
fn a_suspended_source_is_why_nothing_new_comes() {
    let source = json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}});
    let paused = json!({"metadata": {"annotations": {"fluxdeck.dev/suspended-by": "ana"}}, "spec": {"suspend": true}});
    check(vec![(
        "a suspended source",
        vec![("gitrepo apps/fleet", with(well(), paused)), ("ks apps/web", with(well(), source))],
        "ks apps/web",
        "suspended",
        "gitrepo apps/fleet",
        "it is suspended by ana",
    )]);
}
