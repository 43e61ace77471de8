//! Where the way leads when several things are wrong, and when nothing is.

use serde_json::json;

use super::world::*;
use crate::insight::why::{MOST_STEPS, Remedy, StepPart};

#[test]
fn three_faults_at_once_are_kept_apart() {
    let check =
        |name: &str| format!("health check failed after 1m: timeout waiting for: [Deployment/apps/{name} status: 'InProgress']");
    let depends = |on: &str| json!({"spec": {"dependsOn": [{"name": on}]}});
    let world = World::of(&[
        (
            "gitrepo apps/fleet",
            failed("GitOperationFailed", "unable to clone 'https://git.example.test/x': authentication required"),
        ),
        (
            "hr apps/chart",
            with(
                failed("SourceNotReady", "HelmChart 'apps/apps-chart' is not ready"),
                json!({"status": {"helmChart": "apps/apps-chart"}}),
            ),
        ),
        (
            "hc apps/apps-chart",
            with(
                failed("NoSourceArtifact", "no artifact"),
                json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}}),
            ),
        ),
        ("ks apps/web", with(failed("HealthCheckFailed", &check("web")), applies(&["deploy apps/web", "deploy apps/api"]))),
        ("deploy apps/web", replicas(0, 1)),
        ("po apps/web-1", with(crashing(1, "Error", "boom"), owned_by("deploy apps/web"))),
        // the other Deployment of the same Kustomization fails by itself, and is not what the health check names
        ("deploy apps/api", replicas(0, 1)),
        ("po apps/api-1", with(crashing(137, "OOMKilled", ""), owned_by("deploy apps/api"))),
        ("ks apps/late", with(failed("DependencyNotReady", "dependency 'apps/web' is not ready"), depends("web"))),
        ("ks apps/broken", failed("BuildFailed", "kustomize build failed: x")),
    ]);
    for (asked, rule, cause) in [
        ("hr apps/chart", "authentication", "gitrepo apps/fleet"),
        ("ks apps/web", "crash", "po apps/web-1"),
        ("ks apps/late", "crash", "po apps/web-1"),
        ("deploy apps/api", "out-of-memory", "po apps/api-1"),
        ("ks apps/broken", "build-failed", "ks apps/broken"),
    ] {
        let found = world.why(asked);
        let first = found.cause().expect("a cause");
        assert_eq!((found.rule, &first.object), (Some(rule), &reference(cause)), "{asked}: {}", first.says);
    }
    let beyond: Vec<_> = world
        .why("ks apps/web")
        .steps
        .into_iter()
        .filter(|step| step.part == StepPart::Beyond)
        .map(|step| (step.object, step.says))
        .collect();
    assert_eq!(beyond, [(reference("ks apps/late"), "waits for it".to_owned())]);
}

#[test]
fn objects_of_one_name_in_two_namespaces_are_two() {
    let depends = json!({"spec": {"dependsOn": [{"name": "db"}]}});
    let world = World::of(&[
        ("ks blue/web", with(failed("DependencyNotReady", "dependency 'blue/db' is not ready"), depends.clone())),
        ("ks blue/db", failed("BuildFailed", "kustomize build failed: blue")),
        ("ks green/web", with(failed("DependencyNotReady", "dependency 'green/db' is not ready"), depends)),
        ("ks green/db", failed("ReconciliationFailed", "green is wrong")),
    ]);
    assert_eq!(world.why("ks blue/web").steps[0].object, reference("ks blue/db"));
    assert_eq!(world.why("ks green/web").steps[0].object, reference("ks green/db"));
}

#[test]
fn a_source_that_fails_does_not_hide_what_fails_for_reasons_of_its_own() {
    let source = json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}});
    let world = World::of(&[
        (
            "gitrepo apps/fleet",
            failed("GitOperationFailed", "unable to clone 'https://git.example.test/x': authentication required"),
        ),
        ("ks apps/own", with(failed("BuildFailed", "kustomize build failed: x"), source.clone())),
        ("ks apps/none", with(failed("ArtifactFailed", "Source artifact not found, retrying in 30s"), source.clone())),
        ("ks apps/old", with(well(), source)),
    ]);
    assert_eq!(world.why("ks apps/own").steps[0].object, reference("ks apps/own"));
    assert_eq!(world.why("ks apps/none").steps[0].object, reference("gitrepo apps/fleet"));
    let old = world.why("ks apps/old");
    assert_eq!(
        (old.steps[0].object.clone(), &*old.steps[1].says),
        (reference("gitrepo apps/fleet"), "it is ready itself, and gets nothing new")
    );
}

#[test]
fn of_what_is_well_that_is_said_and_since_when() {
    let world = World::of(&[
        (
            "ks apps/web",
            with(
                well(),
                with(
                    applies(&["deploy apps/web"]),
                    json!({"status": {"lastAppliedRevision": "main@sha1:86058ad0123456789abcdef0123456789abcdef0"}}),
                ),
            ),
        ),
        (
            "deploy apps/web",
            with(
                replicas(1, 1),
                json!({"status": {"conditions": [{"type": "Available", "status": "True", "lastTransitionTime": "2026-01-01T00:10:00Z"}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastTransitionTime": "2026-01-01T00:10:00Z"}]}}),
            ),
        ),
    ]);
    let found = world.why("ks apps/web");
    assert_eq!(
        (found.rule, &*found.steps[0].says),
        (None, "all is well with main@86058ad: it, what is below it, and what it comes from")
    );
    assert_eq!(found.since, Some("2026-01-01T00:50:00Z".parse().expect("a time")));
    assert_eq!(world.why("deploy apps/web").rule, None);
}

#[test]
fn what_can_be_pressed_is_about_the_cause_and_what_gave_up() {
    let message = "Helm upgrade failed for release apps/web with chart web@2: timeout waiting for: [Deployment/apps/web status: 'InProgress']";
    let stalled =
        json!({"type": "Stalled", "status": "True", "reason": "RetriesExceeded", "message": "Failed to perform remediation"});
    let world = World::of(&[
        (
            "ks flux-system/apps",
            with(
                with(
                    failed("HealthCheckFailed", "health check failed: [HelmRelease/apps/web status: 'Failed']"),
                    applies(&["hr apps/web"]),
                ),
                json!({"status": {"lastAttemptedRevision": "main@sha1:2", "lastAppliedRevision": "main@sha1:1"}}),
            ),
        ),
        ("hr apps/web", with(status(&[ready("False", "UpgradeFailed", message), stalled]), applies(&["deploy apps/web"]))),
        ("deploy apps/web", replicas(0, 1)),
        ("po apps/web-1", with(crashing(1, "Error", "boom"), owned_by("deploy apps/web"))),
    ]);
    let found = world.why("ks flux-system/apps");
    let presses: Vec<_> = found.presses.iter().map(|press| (press.remedy, press.object.to_string())).collect();
    assert_eq!(
        presses,
        [
            (Remedy::Logs, "Pod apps/web-1".to_owned()),
            (Remedy::File, "Pod apps/web-1".to_owned()),
            (Remedy::Reset, "HelmRelease apps/web".to_owned()),
            (Remedy::RollBack, "Kustomization flux-system/apps".to_owned()),
        ]
    );
    assert_eq!(found.revision.as_ref().map(|(_, with)| &**with), Some("main@sha1:2"), "what was attempted");
    let says: Vec<_> = found.steps.iter().map(|step| step.says.as_str()).collect();
    assert_eq!(says[2], "upgrade failed, and it does not try again");
}

#[test]
fn a_way_without_end_ends() {
    let name = |at: usize| format!("ks apps/k{at}");
    let objects: Vec<(String, _)> = (0..200)
        .map(|at| {
            let next = at + 1;
            let object = with(
                failed("DependencyNotReady", &format!("dependency 'apps/k{next}' is not ready")),
                json!({"spec": {"dependsOn": [{"name": format!("k{next}")}]}}),
            );
            (name(at), object)
        })
        .collect();
    let objects: Vec<_> = objects.iter().map(|(name, object)| (name.as_str(), object.clone())).collect();
    let found = World::of(&objects).why("ks apps/k0");
    assert!(found.steps.len() <= MOST_STEPS + 1, "{}", found.steps.len());
    assert!(found.gaps.iter().any(|gap| gap.contains("followed no further")), "{:?}", found.gaps);
}
