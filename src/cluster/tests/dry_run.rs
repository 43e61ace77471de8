//! What the answers of an API server to a dry run mean.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::*;
use crate::cluster::testing;
use fluxdeck_model::domain::GroupKind;
use fluxdeck_model::domain::dry_run::{GoneField, GoneStep};

fn run(kind: &str) -> DryRun {
    DryRun {
        object: format!("{kind} web/web"),
        gk: GroupKind::new("", kind),
        version: "v1".to_owned(),
        namespace: "web".to_owned(),
        name: "web".to_owned(),
        body: json!({"data": {"key": "s3cret"}}).to_string(),
        account: None,
        is_forced: false,
        gone: Vec::new(),
    }
}

fn served() -> Served {
    Served {
        singular: "secret".to_owned(),
        short: Vec::new(),
        group: String::new(),
        version: "v1".into(),
        plural: "secrets".into(),
        namespaced: true,
        watchable: true,
    }
}

/// What is made of answers that are given in turn, and what was asked.
async fn answered(kind: &str, answers: &[(u16, Value)]) -> (DryRunAnswer, Vec<String>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, answers) = (asked.clone(), Arc::new(Mutex::new(answers.iter().cloned().collect::<VecDeque<_>>())));
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        seen.lock().expect("no holder panics").push(format!("{} {}", request.method(), request.uri()));
        let (code, body) = answers.lock().expect("no holder panics").pop_front().expect("an answer for each request");
        let response = Response::builder().status(code).body(Full::new(Bytes::from(body.to_string()))).expect("a response");
        async move { Ok::<_, Infallible>(response) }
    });
    let answer = sent(&testing::connection(service), &served(), &run(kind), Duration::from_secs(5)).await;
    let asked = asked.lock().expect("no holder panics").clone();
    (answer, asked)
}

fn status(code: u16, reason: &str, message: &str) -> (u16, Value) {
    (code, json!({"kind": "Status", "reason": reason, "message": message, "code": code}))
}

#[tokio::test]
async fn nothing_is_stored_by_the_request_and_flux_own_manager_asks() {
    let (answer, asked) = answered("ConfigMap", &[(200, json!({"kind": "ConfigMap"}))]).await;
    assert_eq!(answer, DryRunAnswer::Taken);
    assert_eq!(asked, ["PATCH /api/v1/namespaces/web/secrets/web?dryRun=All&force=true&fieldManager=kustomize-controller"]);
}

#[tokio::test]
async fn a_refusal_differs_from_what_was_not_looked_at() {
    let refused = |why: &str| DryRunAnswer::Refused(why.to_owned());
    let not_asked = |why: &str| DryRunAnswer::NotAsked(why.to_owned());
    for (code, reason, message, expected) in [
        (422, "Invalid", "spec.selector: field is immutable", refused("spec.selector: field is immutable")),
        (404, "NotFound", "namespaces \"web\" not found", refused("namespaces \"web\" not found")),
        (
            400,
            "BadRequest",
            "admission webhook \"a.b\" denied the request: no",
            refused("admission webhook \"a.b\" denied the request: no"),
        ),
        (
            400,
            "BadRequest",
            "admission webhook \"a.b\" does not support dry run",
            not_asked("admission webhook \"a.b\" does not support dry run"),
        ),
        (401, "Unauthorized", "Unauthorized", not_asked("Unauthorized")),
        (503, "ServiceUnavailable", "not now", not_asked("the API server answered 503: not now")),
    ] {
        assert_eq!(answered("ConfigMap", &[status(code, reason, message)]).await.0, expected, "{code} {message}");
    }
}

/// Admission answers 403 as well: a quota, Pod Security, Gatekeeper.
#[tokio::test]
async fn a_missing_right_does_not_count_as_a_refusal() {
    let denied = status(403, "Forbidden", "exceeded quota: small");
    let review = |allowed: bool| (201, json!({"status": {"allowed": allowed}}));
    let (answer, _) = answered("ConfigMap", &[denied.clone(), review(true)]).await;
    assert_eq!(answer, DryRunAnswer::Refused("exceeded quota: small".to_owned()));
    let (answer, asked) = answered("ConfigMap", &[denied, review(false)]).await;
    assert_eq!(answer, DryRunAnswer::NotAsked("you may not patch secrets".to_owned()));
    assert!(asked[1].starts_with("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"), "{asked:?}");
}

#[tokio::test]
async fn no_value_of_a_secret_is_quoted() {
    let (answer, _) = answered("Secret", &[status(422, "Invalid", "Invalid value: s3cret")]).await;
    assert_eq!(answer, DryRunAnswer::Refused("the API server refuses it; its words may hold a value".to_owned()));
    assert_eq!(format!("{:?}", run("Secret")), "DryRun(\"Secret web/web\")");
}

#[test]
fn what_is_taken_out_stays_only_where_another_manager_owns_it_too() {
    let suspend = GoneField {
        path: "spec.suspend".to_owned(),
        steps: vec![GoneStep::Key("spec".to_owned()), GoneStep::Key("suspend".to_owned())],
        was: json!(true),
    };
    let run = DryRun { gone: vec![suspend], ..run("ConfigMap") };
    let owned = |managers: &[&str]| {
        let fields = json!({"f:spec": {"f:suspend": {}}});
        let entry = |manager: &&str| json!({"manager": manager, "operation": "Update", "fieldsV1": fields});
        managers.iter().map(entry).collect::<Vec<_>>()
    };
    let kept = |owners: &[&str]| DryRunAnswer::Kept {
        field: "spec.suspend".to_owned(),
        owners: owners.iter().map(|&owner| owner.to_owned()).collect(),
    };
    let not_known = "not known whether spec.suspend stays: the API server does not say who owns it";
    for (spec, managers, expected) in [
        (json!({}), owned(&["kubectl"]), DryRunAnswer::Taken),
        (json!({"suspend": true}), owned(&["kustomize-controller"]), DryRunAnswer::Taken),
        (json!({"suspend": true}), owned(&["kustomize-controller", "kubectl"]), kept(&["kubectl"])),
        (json!({"suspend": true}), owned(&["kubectl", "flux", "kubectl"]), kept(&["flux", "kubectl"])),
        (json!({"suspend": true}), Vec::new(), DryRunAnswer::NotAsked(not_known.to_owned())),
        (json!({}), Vec::new(), DryRunAnswer::Taken),
    ] {
        let body = json!({"metadata": {"managedFields": managers}, "spec": spec});
        assert_eq!(taken(&run, &body), expected, "{body}");
    }
}
