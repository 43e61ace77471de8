//! What lasts and what does not: field managers, and what git says.

use super::{admin, object, succeeds};
use crate::harness::trials;
use crate::support::bed;

const HR: &str = "helmreleases.helm.toolkit.fluxcd.io";

fn a_suspended_release_survives_the_next_run_of_the_kustomization_that_applies_it() {
    let bed = bed::alone();
    let user = admin(&bed);
    succeeds(&user.run(&["suspend", "hr", "web", "-n", "shop", "--reason", "for a test"]));
    succeeds(&user.run(&["reconcile", "ks", "apps", "-n", "flux-system", "--with-source"]));
    let kept = object(&bed, HR, "shop", "web");
    assert_eq!(kept["spec"]["suspend"], true, "the Kustomization leaves it suspended");
    assert_eq!(kept["metadata"]["annotations"]["fluxdeck.dev/suspend-reason"], "for a test");
    succeeds(&user.run(&["resume", "hr", "web", "-n", "shop"]));
}

fn what_git_sets_is_said_to_be_undone_and_is_undone() {
    let bed = bed::alone();
    let user = admin(&bed);
    // git says `suspend: true`
    let ran = user.run(&["resume", "hr", "promotion", "-n", "shop", "--wait=false"]);
    succeeds(&ran);
    assert!(ran.err.contains("spec.suspend is set in git (by kustomize-controller)"), "{ran:?}");
    assert!(ran.err.contains("Kustomization flux-system/apps will undo this at its next run"), "{ran:?}");
    succeeds(&user.run(&["reconcile", "ks", "apps", "-n", "flux-system"]));
    assert_eq!(object(&bed, HR, "shop", "promotion")["spec"]["suspend"], true, "as it was said");
}

fn a_workload_is_scaled_and_restarted_and_flux_undoes_what_git_says() {
    let bed = bed::alone();
    let user = admin(&bed);
    let deployment = || object(&bed, "deployments.apps", "web", "web");
    let ran = user.run(&["scale", "deploy", "web", "-n", "web", "--replicas", "3", "--wait"]);
    succeeds(&ran);
    assert!(ran.err.contains("spec.replicas is set in git") && ran.out.contains("3/3 ready"), "{ran:?}");
    assert_eq!(deployment()["status"]["readyReplicas"], 3);

    succeeds(&user.run(&["reconcile", "ks", "web", "-n", "web"]));
    assert_eq!(deployment()["spec"]["replicas"], 2, "as it was said");

    let pods = || bed.kubectl(&["get", "pods", "-n", "web", "-l", "app=web", "-o", "name"]);
    let before = pods();
    let ran = user.run(&["restart", "deploy", "web", "-n", "web", "--wait"]);
    succeeds(&ran);
    let restarted = deployment();
    assert!(restarted["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].is_string());
    assert!(before.lines().all(|pod| !pods().contains(pod)), "new pods");
    succeeds(&user.run(&["reconcile", "ks", "web", "-n", "web"]));
    assert_eq!(deployment()["metadata"]["generation"], restarted["metadata"]["generation"], "git says nothing of it: it stays");

    let pod = pods().lines().next().and_then(|pod| pod.split_once('/')).map(|(_, name)| name.to_owned()).expect("a pod");
    let ran = user.run(&["delete", "pod", &pod, "-n", "web", "--yes", "--wait"]);
    succeeds(&ran);
    assert!(ran.err.contains("makes another") && ran.out.contains("gone"), "{ran:?}");
    assert!(!pods().contains(&pod));
}

trials![
    a_suspended_release_survives_the_next_run_of_the_kustomization_that_applies_it,
    what_git_sets_is_said_to_be_undone_and_is_undone,
    a_workload_is_scaled_and_restarted_and_flux_undoes_what_git_says,
];
