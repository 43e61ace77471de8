//! Who may do what, and how a refusal looks.

use serde_json::{Value, json};

use super::super::ground::Ground;
use super::super::words::Transcript;

const REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

pub async fn rbac(ground: &Ground, seen: &mut Transcript) {
    let suspend = json!({"spec": {"suspend": true}});
    let ks = "/apis/kustomize.toolkit.fluxcd.io/v1";
    for (user, method, uri) in [
        ("developer", "GET", format!("{ks}/kustomizations")),
        ("developer", "GET", format!("{ks}/namespaces/flux-system/kustomizations")),
        ("developer", "GET", format!("{ks}/namespaces/flux-system/kustomizations/apps")),
        ("developer", "GET", "/api/v1/namespaces/web/secrets".to_owned()),
        ("developer", "GET", "/api/v1/namespaces".to_owned()),
        ("developer", "PATCH", format!("{ks}/namespaces/web/kustomizations/web")),
        ("developer", "DELETE", "/api/v1/namespaces/web/pods/some".to_owned()),
        ("viewer", "PATCH", format!("{ks}/namespaces/flux-system/kustomizations/apps?dryRun=All")),
        ("viewer", "PATCH", "/apis/apps/v1/namespaces/web/deployments/web/scale".to_owned()),
    ] {
        let body = (method == "PATCH").then_some(("application/merge-patch+json", &suspend));
        seen.refusal(&format!("{user} {method} {uri}"), &ground.ask(user, method, &uri, body).await);
    }
    for (user, uri) in [
        ("developer", format!("{ks}/namespaces/web/kustomizations")),
        ("viewer", format!("{ks}/kustomizations")),
        ("viewer", "/api/v1/namespaces/web/secrets".to_owned()),
    ] {
        seen.note(format!("{user} GET {uri}: {}", ground.ask(user, "GET", &uri, None).await.0));
    }
    for (user, verb, group, resource, namespace) in [
        ("developer", "list", "kustomize.toolkit.fluxcd.io", "kustomizations", "web"),
        ("developer", "patch", "kustomize.toolkit.fluxcd.io", "kustomizations", "web"),
        ("developer", "list", "kustomize.toolkit.fluxcd.io", "kustomizations", ""),
        ("developer", "get", "", "secrets", "web"),
        ("viewer", "get", "", "secrets", "web"),
        ("viewer", "delete", "", "pods", "web"),
        ("admin", "delete", "", "pods", "web"),
    ] {
        let attributes = json!({"verb": verb, "group": group, "resource": resource, "namespace": namespace});
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}});
        let (code, answer) = ground.ask(user, "POST", REVIEW, Some(("application/json", &review))).await;
        seen.note(format!("may {user} {verb} {resource} in {namespace:?}: {code} {}", answer["status"]["allowed"]));
    }
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "web"}});
    let (code, rules) = ground
        .ask("developer", "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", Some(("application/json", &review)))
        .await;
    let covers = |group: &str, resource: &str, verb: &str| {
        let has =
            |list: &Value, wanted: &str| list.as_array().is_some_and(|list| list.iter().any(|it| it == wanted || it == "*"));
        rules["status"]["resourceRules"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|rule| has(&rule["apiGroups"], group) && has(&rule["resources"], resource) && has(&rule["verbs"], verb))
    };
    seen.note(format!(
        "rules: {code} pods={} logs={} secrets={} delete={}",
        covers("", "pods", "list"),
        covers("", "pods/log", "get"),
        covers("", "secrets", "get"),
        covers("", "pods", "delete")
    ));
    let who = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let (code, who) = ground
        .ask("developer", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", Some(("application/json", &who)))
        .await;
    seen.note(format!("who: {code} {} {}", who["status"]["userInfo"]["username"], who["status"]["userInfo"]["groups"]));
}
