//! `fluxdeck logs`: on the bed Flux's controllers are processes without pods. A pod that is labelled as one of them gives what the real
//! kustomize-controller has written, through the API server, as any pod's log is read.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::within;

/// Where the pod is; the bed's log configuration names it.
const NAMESPACE: &str = "controllers";
/// Lines that are taken over, from the end.
const LINES: usize = 3_000;

/// The last lines that kustomize-controller wrote, as the pod gives them.
fn publish(bed: &Bed) -> Vec<String> {
    let folder = Path::new(bed.value("BED_DIR"));
    let written = std::fs::read_to_string(folder.join("log/kustomize-controller.log")).expect("the controller has written");
    let all: Vec<_> = written.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    let lines = all[all.len().saturating_sub(LINES)..].to_vec();
    let mut at = "2026-11-21T00:00:00.000000000Z".to_owned();
    let mut kept = String::new();
    for line in &lines {
        let said: Value = serde_json::from_str(line).unwrap_or_default();
        // a runtime keeps its own times: near those of the lines
        if let Some(ts) = said["ts"].as_str().filter(|ts| ts.ends_with('Z') && ts.len() == 24) {
            at = format!("{}000000Z", &ts[..23]);
        }
        kept.push_str(&format!("{at} stdout F {line}\n"));
    }
    std::fs::write(folder.join("controllers.pod.log"), kept).expect("written");
    lines
}

/// A Deployment that is labelled as kustomize-controller, and its pod.
fn pose(bed: &Bed) -> String {
    let labels = json!({"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "kustomize-controller"});
    let pods = json!({"app": "kustomize-controller"});
    let container = json!({"name": "manager", "image": "registry.example.test/kustomize-controller:1"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "kustomize-controller", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": pods},
            "template": {"metadata": {"labels": pods}, "spec": {"containers": [container]}},
        },
    });
    bed.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}), &[]);
    bed.apply(&deployment, &[]);
    let running = || {
        let pods = bed.items(&["pods", "-n", NAMESPACE]);
        let pod = pods.into_iter().find(|pod| pod["status"]["phase"] == "Running")?;
        pod["metadata"]["name"].as_str().map(str::to_owned)
    };
    within(Duration::from_secs(60), running).expect("kwok runs the pod")
}

fn said(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

fn is_about(line: &Value, namespace: &str, name: &str) -> bool {
    line["controllerKind"] == "Kustomization" && line["namespace"] == namespace && line["name"] == name
}

fn what_a_controller_wrote_about_an_object_is_what_its_pod_has() {
    let bed = bed::alone();
    let lines = publish(&bed);
    let pod = pose(&bed);
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));

    let raw = bed.kubectl(&["logs", &pod, "-n", NAMESPACE]);
    assert_eq!(raw.lines().count(), lines.len(), "the pod has what was written");
    let messages = |lines: &mut dyn Iterator<Item = Value>, key: &str| -> Vec<String> {
        lines.map(|line| line[key].as_str().unwrap_or_default().trim().to_owned()).collect()
    };
    let by_flags = user.run(&[
        "logs",
        "--kind",
        "Kustomization",
        "--name",
        "build-error",
        "-n",
        "faults",
        "--flux-namespace",
        NAMESPACE,
        "-o",
        "json",
    ]);
    assert_eq!(by_flags.code, 0, "{by_flags:?}");
    let printed: Vec<_> = by_flags.out.lines().map(said).collect();
    let expected: Vec<_> = raw.lines().map(said).filter(|line| is_about(line, "faults", "build-error")).collect();
    assert!(!expected.is_empty(), "the controller has looked at faults/build-error");
    assert_eq!(messages(&mut printed.iter().cloned(), "message"), messages(&mut expected.iter().cloned(), "msg"));
    assert!(printed.iter().all(|line| line["kind"] == "Kustomization" && line["name"] == "build-error"), "{by_flags:?}");

    // found without being named, and by its object; the error of its status is there
    let of_object = user.run(&["logs", "ks/build-error", "-n", "faults"]);
    assert_eq!(of_object.code, 0, "{of_object:?}");
    assert!(
        of_object.out.contains("Kustomization/build-error.faults - ") && of_object.out.contains("kustomize build failed"),
        "{of_object:?}"
    );
    let errors = user.run(&["logs", "--level", "error", "-o", "json"]);
    let levels: BTreeSet<_> = errors.out.lines().map(|line| said(line)["level"].to_string()).collect();
    assert_eq!(levels, BTreeSet::from(["\"error\"".to_owned()]), "{}", errors.err);
    let few = user.run(&["logs", "--tail", "5", "-o", "json"]);
    assert!(few.code == 0 && few.out.lines().count() == 5.min(lines.len()), "{few:?}");

    let developer = Fluxdeck::with(&bed.kubeconfig("developer"));
    let refused = developer.run(&["logs", "--level", "error"]);
    assert!(refused.code == 1 && refused.out.is_empty(), "{refused:?}");
    assert!(
        refused.err.contains("you may not see where Flux's controllers run") && refused.err.contains("pods/log"),
        "{refused:?}"
    );

    bed.kubectl(&["delete", "namespace", NAMESPACE, "--wait=true"]);
}

fn the_logs_of_a_workload_are_those_that_kubectl_prints() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let pods = bed.items(&["pods", "-n", "faults"]);
    let is_meant = |pod: &&Value| pod["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("crasher-"));
    let pod = pods.iter().find(is_meant).and_then(|pod| pod["metadata"]["name"].as_str()).expect("a pod that crashes").to_owned();
    for more in [&[][..], &["--tail", "1"], &["--previous"]] {
        let theirs = bed.kubectl(&[&["logs", pod.as_str(), "-n", "faults"], more].concat());
        let ours = user.run(&[&["logs", pod.as_str(), "-n", "faults"], more].concat());
        // a tab is two blanks, as on the screen
        assert_eq!((ours.code, ours.out.trim_end()), (0, theirs.trim_end().replace('\t', "  ").as_str()), "{more:?}: {ours:?}");
    }
    let none = user.run(&["logs", "pod/nope", "-n", "faults"]);
    assert!(none.code == 1 && none.err.contains("there is no Pod `nope`"), "{none:?}");
}

fn without_controllers_in_the_cluster_it_is_said_that_none_was_found() {
    let bed = bed::shared();
    let ran = Fluxdeck::with(&bed.kubeconfig("admin")).run(&["logs", "ks/apps", "-n", "flux-system", "--flux-namespace", "web"]);
    assert!(ran.code == 1 && ran.out.is_empty(), "{ran:?}");
    assert!(ran.err.contains("no kustomize-controller was found in web"), "{ran:?}");
}

trials![
    what_a_controller_wrote_about_an_object_is_what_its_pod_has,
    the_logs_of_a_workload_are_those_that_kubectl_prints,
    without_controllers_in_the_cluster_it_is_said_that_none_was_found,
];
