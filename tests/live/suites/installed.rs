//! `fluxdeck check --cluster` and `fluxdeck pulse` on the bed.
//!
//! The bed has no `flux` program (it cannot be built from its module), and its controllers run outside of the cluster. So the verdicts are
//! compared with the rules of flux2 `cmd/flux/check.go`, written out here: of the Deployments in the namespace that are labelled
//! `app.kubernetes.io/part-of=flux`, each has to be `Current` by kstatus (as many updated, available and ready replicas as are wanted); there is
//! at least one; each CustomResourceDefinition with that label has a stored version; Kubernetes is 1.33 or later; the exit code is 1 if any of
//! these fails. The Deployments have names that are not those of Flux: nothing else on the bed takes them for its controllers.

use serde_json::{Value, json};

use crate::harness::trials;
use crate::shop;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;

/// A namespace with controllers, which goes with its test.
struct Installed<'a> {
    bed: &'a Bed,
    namespace: String,
}

impl<'a> Installed<'a> {
    fn new(bed: &'a Bed, names: &[&str]) -> Self {
        let namespace = format!("flux-check-{}", std::process::id());
        bed.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}), &[]);
        let installed = Self { bed, namespace };
        for name in names {
            installed.apply(name);
            installed.kubectl(&["rollout", "status", "--timeout=60s", &format!("deployment/{name}")]);
        }
        installed
    }

    fn apply(&self, name: &str) {
        let labels = json!({"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name, "app.kubernetes.io/version": "v2.9.4"});
        let container = json!({"name": "manager", "image": format!("registry.invalid/{name}:v1.2.3")});
        self.bed.apply(
            &json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": name, "namespace": self.namespace, "labels": labels},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "strategy": {"type": "Recreate"},
                    "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}}
            }),
            &[],
        );
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        self.bed.kubectl(&[&["-n", self.namespace.as_str()], arguments].concat())
    }

    /// What flux would say of the Deployments here, by the rule above.
    fn are_current(&self) -> bool {
        let found = self.bed.items(&["deployments", "-n", &self.namespace, "-l", "app.kubernetes.io/part-of=flux"]);
        let is_current = |deployment: &Value| {
            let wanted = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
            let has = |key: &str| deployment["status"][key].as_u64().unwrap_or(0) == wanted;
            has("replicas") && has("updatedReplicas") && has("availableReplicas") && has("readyReplicas")
        };
        !found.is_empty() && found.iter().all(is_current)
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        let delete = ["delete", "namespace", &self.namespace, "--wait=false"];
        // what is left is not worth another failure
        let _ = self.bed.kubectl_as("admin").args(delete).output();
    }
}

fn a_controller_that_does_not_run_fails_the_check_as_it_fails_that_of_flux() {
    let bed = bed::alone();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let installed = Installed::new(&bed, &["example-one-controller", "example-two-controller"]);
    let check = |more: &[&str]| user.run(&[&["check", "--cluster", "-n", &installed.namespace], more].concat());

    let ran = check(&[]);
    assert!(installed.are_current() && ran.code == 0, "{ran:?}");
    assert!(ran.out.contains("✓ example-two-controller is ready: registry.invalid/example-two-controller:v1.2.3"), "{ran:?}");
    assert!(ran.out.contains("✓ gitrepositories.source.toolkit.fluxcd.io/v1") && ran.out.contains("✓ Kubernetes 1."), "{ran:?}");

    // scaled to nothing it is `Current`: flux does not mind, and neither does the exit code
    installed.kubectl(&["scale", "deployment/example-two-controller", "--replicas=0"]);
    installed.kubectl(&["wait", "--for=jsonpath={.spec.replicas}=0", "deployment/example-two-controller", "--timeout=30s"]);
    let ran = check(&["--timeout", "30s"]);
    assert!(installed.are_current() && ran.code == 0, "{ran:?}");
    assert!(ran.out.contains("► example-two-controller is scaled to 0"), "{ran:?}");

    // stopped: no node takes its pod
    let nowhere = json!({"spec": {"replicas": 1, "template": {"spec": {"nodeSelector": {"example.test/nowhere": "true"}}}}});
    installed.kubectl(&["patch", "deployment/example-two-controller", "--type=merge", "-p", &nowhere.to_string()]);
    let ran = check(&["--timeout", "2s"]);
    assert!(!installed.are_current() && ran.code == 1, "{ran:?}");
    assert!(ran.out.contains("✗ example-two-controller is not ready"), "{ran:?}");
    assert!(ran.out.contains("✓ example-one-controller is ready") && ran.out.contains("✗ 1 check failed"), "{ran:?}");
    let ran = check(&["--timeout", "0s", "-o", "json"]);
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((ran.code, &found["passed"], &found["namespace"]), (1, &json!(false), &json!(installed.namespace)), "{found}");
}

fn where_no_controller_is_the_check_fails_and_before_an_installation_only_kubernetes_counts() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let ran = user.run(&["check", "--cluster", "-n", "default"]);
    assert!(ran.code == 1 && ran.out.contains("✗ there is no controller in default"), "{ran:?}");
    let ran = user.run(&["check", "--pre"]);
    assert!(ran.code == 0 && ran.out.contains("✓ Kubernetes 1.") && !ran.out.contains("controller"), "{ran:?}");
}

/// By the API server's own lists, of a namespace that nothing changes.
fn what_a_pulse_counts_is_what_kubectl_counts() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let ran = user.run(&["pulse", "-n", "faults", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    for (kind, resource) in [
        ("Kustomization", "kustomizations.kustomize.toolkit.fluxcd.io"),
        ("HelmRelease", "helmreleases.helm.toolkit.fluxcd.io"),
        ("GitRepository", "gitrepositories.source.toolkit.fluxcd.io"),
    ] {
        let items = bed.items(&[resource, "-n", "faults"]);
        let group = resource.split_once('.').expect("a group").1;
        let counted = found["kinds"].as_array().into_iter().flatten().find(|it| it["kind"] == kind && it["group"] == group);
        assert_eq!(counted.map(|it| it["count"].clone()), Some(json!(items.len())), "{kind}");
        let mut suspended: Vec<_> =
            items.iter().filter(|item| item["spec"]["suspend"] == true).map(|item| item["metadata"]["name"].clone()).collect();
        let mut said: Vec<_> = found["suspended"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| it["object"]["kind"] == kind)
            .map(|it| it["object"]["name"].clone())
            .collect();
        suspended.sort_by_key(ToString::to_string);
        said.sort_by_key(ToString::to_string);
        assert_eq!(said, suspended, "{kind}");
    }
}

fn a_source_is_compared_with_its_repository_when_it_is_asked_for() {
    let bed = bed::shared();
    let ran = shop::user(&bed, "admin").run(&["pulse", "-n", "flux-system", "--remotes", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let heads = found["remotes"].as_array().expect("heads");
    let fleet = heads.iter().find(|head| head["source"]["kind"] == "GitRepository" && head["source"]["name"] == "flux-system");
    let state = fleet.and_then(|fleet| fleet["state"].as_str()).unwrap_or_default();
    // others may push to it at any time
    assert!(matches!(state, "up-to-date" | "behind"), "{heads:?}");
}

trials!(
    a_controller_that_does_not_run_fails_the_check_as_it_fails_that_of_flux,
    where_no_controller_is_the_check_fails_and_before_an_installation_only_kubernetes_counts,
    what_a_pulse_counts_is_what_kubectl_counts,
    a_source_is_compared_with_its_repository_when_it_is_asked_for,
);
