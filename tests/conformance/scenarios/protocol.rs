//! The API itself: lists, watches, and how it refuses.

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use http::Request;
use serde_json::{Value, json};

use super::super::ground::Ground;
use super::super::words::Transcript;

fn names(list: &Value) -> String {
    let name = |item: &Value| {
        format!(
            "{}/{}",
            item["metadata"]["namespace"].as_str().unwrap_or_default(),
            item["metadata"]["name"].as_str().unwrap_or_default()
        )
    };
    list["items"].as_array().into_iter().flatten().map(name).collect::<Vec<_>>().join(" ")
}

pub async fn list(ground: &Ground, seen: &mut Transcript) {
    let all = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations";
    let mut next = String::new();
    for page in 1..=3 {
        let list = ground.get(&format!("{all}?limit=7&continue={next}")).await;
        let left = list["metadata"]["remainingItemCount"].is_number();
        seen.note(format!("page {page}: {} {} [{}] remaining known={left}", list["kind"], list["apiVersion"], names(&list)));
        next = list["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
    }
    for query in [
        "labelSelector=kustomize.toolkit.fluxcd.io%2Fname%3Dfaults",
        "labelSelector=kustomize.toolkit.fluxcd.io%2Fname%20in%20(flux-system,system)",
        "labelSelector=!kustomize.toolkit.fluxcd.io%2Fname",
        "fieldSelector=metadata.name%3Dapps",
    ] {
        seen.note(format!("{query}: [{}]", names(&ground.get(&format!("{all}?{query}")).await)));
    }
    let empty = ground.get("/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/nowhere/kustomizations").await;
    seen.note(format!("nowhere: {} {}", empty["kind"], empty["items"]));
    for (what, uri, accept) in [
        (
            "table",
            format!("{all}?fieldSelector=metadata.name%3Dapps"),
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        ),
        (
            "metadata",
            format!("{all}?fieldSelector=metadata.name%3Dapps"),
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
        ),
        (
            "one",
            "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/apps".to_owned(),
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        ),
    ] {
        let (code, answer) = ground.ask_for("admin", "GET", &uri, None, accept).await;
        let columns: Vec<_> = answer["columnDefinitions"].as_array().into_iter().flatten().map(|it| it["name"].clone()).collect();
        let first = if answer["rows"].is_array() {
            &answer["rows"][0]["object"]
        } else if answer["items"].is_array() {
            &answer["items"][0]
        } else {
            &answer
        };
        seen.note(format!(
            "{what}: {code} {} {columns:?} {} {} spec={}",
            answer["kind"],
            first["kind"],
            first["metadata"]["name"],
            first["spec"].is_object()
        ));
    }
}

pub async fn watch(ground: &Ground, seen: &mut Transcript) {
    let uri = "/api/v1/namespaces/web/configmaps";
    ground.ask("admin", "DELETE", &format!("{uri}/conformance"), None).await;
    let from = ground.get(uri).await["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
    let open = async |query: &str| {
        let request = Request::get(format!("{uri}?watch=true&{query}")).body(Vec::new()).expect("a request");
        let stream = ground.client("admin").await.request_stream(request).await.expect("an answer");
        stream.lines().map_ok(|line| serde_json::from_str::<Value>(&line).unwrap_or_default()).boxed()
    };
    let mut events = open(&format!("resourceVersion={from}&fieldSelector=metadata.name%3Dconformance")).await;
    let mut labelled = open(&format!("resourceVersion={from}&labelSelector=stage%3Dsecond")).await;
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conformance"}, "data": {"a": "1"}});
    ground.ask("admin", "POST", uri, Some(("application/json", &object))).await;
    ground.merge(&format!("{uri}/conformance"), &json!({"metadata": {"labels": {"stage": "second"}}, "data": {"a": "2"}})).await;
    ground.merge(&format!("{uri}/conformance"), &json!({"metadata": {"labels": {"stage": "third"}}})).await;
    ground.ask("admin", "DELETE", &format!("{uri}/conformance"), None).await;
    for (what, stream, count) in [("by name", &mut events, 4), ("by label", &mut labelled, 2)] {
        for _ in 0..count {
            let event = stream.next().await.expect("an event").expect("a line");
            let object = &event["object"];
            let is_fresh = object["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse::<u64>().ok())
                > from.parse().ok();
            seen.note(format!(
                "{what}: {} {} {} {} fresh={is_fresh}",
                event["type"], object["kind"], object["data"], object["metadata"]["labels"]
            ));
        }
    }
    let mut initial = open(
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dhostile",
    )
    .await;
    for _ in 0..2 {
        let event = initial.next().await.expect("an event").expect("a line");
        seen.note(format!(
            "initial: {} {} {}",
            event["type"], event["object"]["kind"], event["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"]
        ));
    }
}

pub async fn refusals(ground: &Ground, seen: &mut Transcript) {
    let ks = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations";
    let some = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "apps"}, "spec": {"suspend": true},
    });
    for (what, method, uri, body) in [
        ("missing", "GET", format!("{ks}/none"), None),
        ("missing pod", "GET", "/api/v1/namespaces/web/pods/none".to_owned(), None),
        ("patch of a missing one", "PATCH", format!("{ks}/none"), Some("application/merge-patch+json")),
        ("delete of a missing one", "DELETE", format!("{ks}/none"), None),
        ("strategic patch of a custom kind", "PATCH", format!("{ks}/apps"), Some("application/strategic-merge-patch+json")),
        ("apply without a manager", "PATCH", format!("{ks}/apps"), Some("application/apply-patch+yaml")),
        ("put to a list", "PUT", ks.to_owned(), Some("application/json")),
        ("incomplete object", "POST", ks.to_owned(), Some("application/json")),
        ("field that is none", "GET", format!("{ks}?fieldSelector=spec.path%3Dx"), None),
        ("version that is none", "GET", format!("{ks}?watch=true&resourceVersion=abc"), None),
        ("token that is none", "GET", format!("{ks}?limit=1&continue=abc"), None),
    ] {
        let answer = ground.ask("admin", method, &uri, body.map(|media| (media, &some))).await;
        seen.refusal(what, &answer);
    }
    let answer = ground.ask_for("admin", "GET", &format!("{ks}/apps"), None, "application/xml").await;
    seen.note(format!("not acceptable: {}", answer.0));
    for uri in ["/apis/kustomize.toolkit.fluxcd.io/v1/nothings", "/apis/nothing.example.test/v1/things", "/nothing"] {
        seen.note(format!("{uri}: {}", ground.ask("admin", "GET", uri, None).await.0));
    }
}
