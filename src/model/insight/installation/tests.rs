use serde_json::{Value, json};

use super::*;

fn deployment(name: &str, ready: i64, desired: i64) -> Value {
    let available = if ready < desired { "False" } else { "True" };
    json!({
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "flux-system", "generation": 1, "labels": {"app.kubernetes.io/version": "v2.9.4"}},
        "spec": {"replicas": desired, "template": {"spec": {"containers": [{"name": "manager", "image": format!("ghcr.io/fluxcd/{name}:v1")}]}}},
        "status": {"observedGeneration": 1, "replicas": desired, "updatedReplicas": desired, "readyReplicas": ready, "availableReplicas": ready,
            "conditions": [{"type": "Available", "status": available}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}
    })
}

fn definition(plural: &str, stored: &[&str]) -> Value {
    json!({
        "metadata": {"name": format!("{plural}.source.toolkit.fluxcd.io"), "labels": {"app.kubernetes.io/version": "v2.9.4",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}},
        "spec": {"names": {"kind": "GitRepository"}, "versions": [{"name": "v1", "served": true}, {"name": "v1beta1", "served": false}]},
        "status": {"storedVersions": stored}
    })
}

fn installed(controllers: &[Value], apis: &[Value]) -> Installation {
    Installation {
        namespace: NAMESPACE.to_owned(),
        controllers: Ok(controllers.iter().filter_map(InstalledController::read).collect()),
        apis: Ok(apis.iter().map(InstalledApi::read).collect()),
    }
}

/// All lines, each with its outcome.
fn lines(installation: &Installation, wanted: &[&str]) -> Vec<String> {
    let wanted: Vec<_> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let parts = checks(installation, &wanted);
    parts.iter().flat_map(|part| &part.lines).map(|line| format!("{} {}", line.outcome.slug(), line.text)).collect()
}

#[test]
fn what_flux_finds_in_order_is_in_order() {
    let found = installed(&[deployment("helm-controller", 1, 1)], &[definition("gitrepositories", &["v1"])]);
    assert_eq!(
        lines(&found, &[]),
        [
            "passed distribution: flux-v2.9.4",
            "passed bootstrapped: true",
            "passed helm-controller is ready: ghcr.io/fluxcd/helm-controller:v1",
            "passed gitrepositories.source.toolkit.fluxcd.io/v1",
        ]
    );
    assert!(checks(&found, &[]).iter().all(InstallPart::is_passed) && found.is_settled());
}

#[test]
fn a_controller_that_is_not_ready_fails_and_one_that_is_scaled_to_nothing_is_only_noted() {
    let found = installed(
        &[deployment("helm-controller", 0, 1), deployment("source-controller", 0, 0)],
        &[definition("gitrepositories", &["v1"])],
    );
    let lines = lines(&found, &[]);
    assert!(lines[2].starts_with("failed helm-controller is not ready: available: 0/1"), "{lines:#?}");
    assert!(lines[3].starts_with("passed source-controller is ready"), "{lines:#?}");
    assert!(lines[4].starts_with("noted source-controller is scaled to 0"), "{lines:#?}");
    assert!(!found.is_settled());
    let parts = checks(&found, &[]);
    assert_eq!(parts.iter().map(InstallPart::is_passed).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn a_component_that_is_wanted_and_missing_fails() {
    let found = installed(&[deployment("helm-controller", 1, 1)], &[definition("gitrepositories", &["v1"])]);
    let lines = lines(&found, &["helm-controller", "source-watcher"]);
    assert!(lines.contains(&"failed source-watcher is not in flux-system".to_owned()), "{lines:#?}");
}

#[test]
fn a_cluster_without_flux_fails_and_says_how_it_gets_there() {
    let parts = checks(&installed(&[], &[]), &[]);
    assert!(!parts[1].is_passed() && !parts[2].is_passed());
    assert!(parts[1].lines[0].hint.contains("flux bootstrap") && parts[1].lines[0].text.contains(SELECTOR), "{parts:?}");
    let denied =
        Installation { namespace: NAMESPACE.into(), controllers: Err("forbidden".into()), apis: Err("forbidden".into()) };
    let parts = checks(&denied, &[]);
    assert!(parts.iter().all(|part| !part.is_passed()), "what cannot be read is not passed: {parts:?}");
}

#[test]
fn a_kind_without_a_stored_version_fails_and_an_older_one_is_noted() {
    let found =
        installed(&[deployment("a", 1, 1)], &[definition("gitrepositories", &["v1beta2", "v1"]), definition("buckets", &[])]);
    let lines = lines(&found, &[]);
    assert!(
        lines.contains(&"noted objects of GitRepository may still be stored in 1 older version: v1beta2".to_owned()),
        "{lines:#?}"
    );
    assert!(lines.contains(&"failed buckets.source.toolkit.fluxcd.io has no stored version".to_owned()), "{lines:#?}");
}

#[test]
fn each_flux_wants_its_kubernetes() {
    for (flux, kubernetes, expected) in [
        (None, "v1.33.0", true),
        (None, "v1.32.9", false),
        (Some("v2.9.4"), "v1.33.0-rc.1", true),
        (Some("v2.9.4"), "v1.36.4+k3s1", true),
        (Some("2.5.1"), "v1.30.2-gke.1587003", true),
        (Some("2.5.1"), "v1.29.14-eks-1234abc", false),
        (Some("v2.99.0"), "v1.32.0", false),
        (Some("nonsense"), "v1.33.1", true),
        (None, "", false),
        (None, "v2.0.0", true),
    ] {
        let part = prerequisites(kubernetes, flux, true);
        assert_eq!(part.is_passed(), expected, "{flux:?} {kubernetes}: {part:?}");
    }
    assert_eq!(minimum_for(Some("v2.99.0")), (NEWEST_FLUX.to_owned(), 33));
    let bare = prerequisites("v1.36.4", None, false);
    assert!(bare.is_passed() && bare.lines[1].hint.contains("flux install"), "{bare:?}");
}
