use serde_json::{Value, json};

use super::KIND;
use crate::domain::health::Health::*;
use crate::kinds::testing::{read, table};

fn container(name: &str, ready: bool, restarts: i64, state: &Value, last: &Value) -> Value {
    json!({"name": name, "ready": ready, "restartCount": restarts, "state": state, "lastState": last})
}

fn waiting(reason: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": format!("because of {reason}")}})
}

fn exited(code: i64, reason: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason}})
}

/// A pod of that phase with one container in that state.
fn pod(phase: &str, ready: &str, state: &Value) -> Value {
    json!({"status": {
        "phase": phase,
        "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": ready, "message": "containers with unready status: [web]"}],
        "containerStatuses": [container("web", ready == "True", 0, state, &json!({}))]
    }})
}

/// A pod that looks for a node, created at that second of 2026-01-01T00:09 (the tests read at 00:10:00).
fn unscheduled(second: u8, reason: &str) -> Value {
    json!({
        "metadata": {"creationTimestamp": format!("2026-01-01T00:09:{second:02}Z")},
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": reason, "message": "0/3 nodes"}]}
    })
}

#[test]
fn the_phase_decides_where_no_container_fails() {
    let running = json!({"running": {}});
    table(
        &KIND,
        &[
            ("ready", pod("Running", "True", &running), Ready, ""),
            ("not ready", pod("Running", "False", &running), Progressing, "NotReady"),
            ("completed", pod("Succeeded", "False", &exited(0, "Completed")), Ready, "Completed"),
            ("no status", json!({}), Progressing, "Pending"),
            ("creating", pod("Pending", "False", &waiting("ContainerCreating")), Progressing, "ContainerCreating"),
            ("its node is gone", pod("Unknown", "False", &running), Unknown, "Unknown"),
            ("being deleted", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}), Terminating, "Terminating"),
        ],
    );
}

#[test]
fn waiting_for_what_will_not_come_is_failure() {
    for reason in super::FAILING {
        table(&KIND, &[("running", pod("Running", "False", &waiting(reason)), Failed, reason)]);
        table(&KIND, &[("pending", pod("Pending", "False", &waiting(reason)), Failed, reason)]);
    }
}

#[test]
fn a_failed_pod_is_failed() {
    let evicted = json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}});
    table(
        &KIND,
        &[
            ("evicted", evicted, Failed, "Evicted"),
            ("exit code", pod("Failed", "False", &exited(1, "Error")), Failed, "Error"),
            ("killed", pod("Failed", "False", &exited(137, "OOMKilled")), Failed, "OOMKilled"),
            ("nothing said", json!({"status": {"phase": "Failed"}}), Failed, "Failed"),
            ("between two starts", pod("Running", "False", &exited(1, "Error")), Failed, "Error"),
        ],
    );
}

#[test]
fn a_new_pod_has_fifteen_seconds_to_find_a_node() {
    table(
        &KIND,
        &[
            ("14 seconds old", unscheduled(46, "Unschedulable"), Progressing, "Unschedulable"),
            ("15 seconds old", unscheduled(45, "Unschedulable"), Failed, "Unschedulable"),
            ("gated", unscheduled(0, "SchedulingGated"), Progressing, "SchedulingGated"),
        ],
    );
}

#[test]
fn init_containers_come_first() {
    let with = |first: &Value, second: &Value| {
        json!({"status": {
            "phase": "Pending",
            "conditions": [{"type": "Initialized", "status": "False"}, {"type": "Ready", "status": "False"}],
            "initContainerStatuses": [container("a", true, 0, first, &json!({})), container("b", false, 0, second, &json!({}))],
            "containerStatuses": [container("web", false, 0, &waiting("PodInitializing"), &json!({}))]
        }})
    };
    let done = exited(0, "Completed");
    table(
        &KIND,
        &[
            ("running", with(&done, &json!({"running": {}})), Progressing, "PodInitializing"),
            ("no image", with(&done, &waiting("ImagePullBackOff")), Failed, "ImagePullBackOff"),
            ("failing", with(&exited(2, "Error"), &json!({})), Failed, "Error"),
        ],
    );

    assert_eq!(&*read(&KIND, &with(&done, &json!({"running": {}}))).verdict.message, "init: 1/2");
}

#[test]
fn the_message_has_exit_code_and_restarts() {
    let crashing = |last: &Value, restarts: i64| {
        let web = container(
            "web",
            false,
            restarts,
            &json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}),
            last,
        );
        json!({"status": {"phase": "Running", "containerStatuses": [container("db", true, 2, &json!({"running": {}}), &json!({})), web]}})
    };
    for (last, restarts, expected) in [
        (exited(1, "Error"), 7, "web: exit 1, 7 restarts; back-off 5m0s"),
        (exited(137, "OOMKilled"), 1, "web: exit 137 (OOMKilled), 1 restart; back-off 5m0s"),
        (exited(0, "Completed"), 3, "web: back-off 5m0s"),
        (json!({}), 0, "web: back-off 5m0s"),
        (
            json!({"terminated": {"exitCode": 1, "reason": "Error", "message": "starting\ncannot reach the database\n\n"}}),
            7,
            "web: exit 1, 7 restarts: cannot reach the database",
        ),
    ] {
        let object = read(&KIND, &crashing(&last, restarts));
        assert_eq!(&*object.verdict.message, expected);
        assert_eq!((object.facts.ready, i64::from(object.facts.restarts)), (Some((1, 2)), restarts + 2));
    }
}

#[test]
fn sidecars_count_and_finished_init_containers_do_not() {
    let status = json!({
        "phase": "Running",
        "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}],
        "initContainerStatuses": [
            container("migrate", true, 1, &exited(0, "Completed"), &json!({})),
            container("proxy", true, 0, &json!({"running": {}}), &json!({}))
        ],
        "containerStatuses": [container("web", true, 0, &json!({"running": {}}), &json!({}))]
    });
    let object = read(&KIND, &json!({"spec": {"nodeName": "node-1"}, "status": status}));

    assert_eq!((object.facts.ready, object.facts.restarts), (Some((2, 2)), 1));
}
