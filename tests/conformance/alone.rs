//! What only the embedded cluster can be asked: faults, a history that is forgotten, time that is driven, logs, the port.

use std::time::Duration;

use fluxdeck::demo::faults::{Fault, On, Says, What};
use fluxdeck::demo::{User, World};
use futures::{AsyncBufReadExt, AsyncReadExt, StreamExt, TryStreamExt};
use http::Request;
use kube::client::Body;
use serde_json::{Value, json};

use crate::conformance::ground::Ground;
use crate::flows::driver::fleet;

const PODS: &str = "/api/v1/namespaces/web/pods";

fn world() -> World {
    let snapshot = fleet();
    World::start(&snapshot, snapshot.taken.expect("a snapshot has a time"), None)
}

fn request(uri: &str) -> Request<Vec<u8>> {
    Request::get(uri).body(Vec::new()).expect("a request")
}

async fn names(ground: &Ground, uri: &str) -> Vec<String> {
    let list = ground.get(uri).await;
    list["items"].as_array().into_iter().flatten().filter_map(|it| it["metadata"]["name"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn injected_refusals_are_those_of_a_server_and_end() {
    let world = world();
    let busy = What::Status { code: 429, body: Says::Status, retry_after: Some(7) };
    world.inject(Fault::new(On::EVERY, busy).times(1));
    let response = world.client(&User::admin()).send(Request::get(PODS).body(Body::empty()).expect("a request")).await;
    let response = response.expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().ok()), (429, Some("7")));

    let ground = Ground::Demo(world.clone());
    assert_eq!(ground.ask("admin", "GET", PODS, None).await.0, 200, "one refusal was injected");
    for (code, reason) in [(503, "ServiceUnavailable"), (504, "Timeout"), (500, "InternalError")] {
        world.inject(Fault::new(On::EVERY, What::status(code)).times(1));
        let (found, status) = ground.ask("admin", "GET", PODS, None).await;
        assert_eq!((found, status["reason"].as_str()), (code, Some(reason)));
    }
    world.inject(Fault::new(On::EVERY, What::status(401)));
    let (code, status) = ground.ask("admin", "GET", PODS, None).await;
    assert_eq!((code, status["message"].as_str()), (401, Some("Unauthorized")));
}

#[tokio::test]
async fn a_slow_server_answers_when_its_clock_says_so() {
    let world = world();
    world.inject(Fault::new(On::EVERY, What::Latency(Duration::from_secs(3))));
    let ground = Ground::Demo(world.clone());
    let mut asked = std::pin::pin!(ground.ask("admin", "GET", PODS, None));

    for _ in 0..2 {
        // the request is on its way through the client's layers
        for _ in 0..10 {
            assert!(futures::poll!(asked.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        world.advance(Duration::from_millis(1500));
    }
    assert_eq!(asked.await.0, 200);
}

#[tokio::test]
async fn a_forgotten_version_is_gone_and_a_cut_watch_ends() {
    let world = world();
    let client = world.client(&User::admin());
    let open = |version: &str| {
        let request = request(&format!("{PODS}?watch=true&resourceVersion={version}&fieldSelector=metadata.name%3Dnobody"));
        let client = client.clone();
        async move { client.request_stream(request).await.expect("an answer").lines() }
    };
    world.compact();
    let line = open("1").await.next().await.expect("an event").expect("a line");
    let event: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(
        (event["type"].as_str(), event["object"]["code"].as_i64(), event["object"]["reason"].as_str()),
        (Some("ERROR"), Some(410), Some("Expired"))
    );

    let version =
        Ground::Demo(world.clone()).get(PODS).await["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    let mut quiet = open(&version).await;
    world.cut_watches();
    assert!(quiet.next().await.is_none(), "the stream ends");
    let mut short = open(&version).await;
    world.advance(Duration::from_secs(3600));
    assert!(short.next().await.is_none(), "the server ends it in its time");
}

#[tokio::test]
async fn a_page_of_a_list_that_is_too_old_is_gone() {
    let world = world();
    let ground = Ground::Demo(world.clone());
    let next = ground.get(&format!("{PODS}?limit=2")).await["metadata"]["continue"].as_str().expect("a token").to_owned();
    ground.ask("admin", "DELETE", "/api/v1/namespaces/web/configmaps/hostile", None).await;
    assert_eq!(ground.ask("admin", "GET", &format!("{PODS}?limit=2&continue={next}"), None).await.0, 200);

    world.compact();
    let (code, status) = ground.ask("admin", "GET", &format!("{PODS}?limit=2&continue={next}"), None).await;
    assert_eq!((code, status["reason"].as_str()), (410, Some("Expired")));
}

#[tokio::test]
async fn a_rollout_takes_its_time_and_never_leaves_too_few() {
    let world = world();
    let ground = Ground::Demo(world.clone());
    let uri = "/apis/apps/v1/namespaces/web/deployments/frontend";
    let restarted = json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}});
    let before = names(&ground, &format!("{PODS}?labelSelector=app%3Dfrontend")).await;
    ground.merge(uri, &restarted).await;
    let (mut least, mut seen) = (i64::MAX, std::collections::BTreeSet::new());
    for _ in 0..60 {
        world.advance(Duration::from_millis(500));
        let found = ground.get(uri).await;
        least = least.min(found["status"]["readyReplicas"].as_i64().unwrap_or(0));
        let reason = found["status"]["conditions"].as_array().into_iter().flatten().find(|it| it["type"] == "Progressing");
        seen.extend(reason.and_then(|it| it["reason"].as_str().map(str::to_owned)));
    }
    let found = ground.get(uri).await;
    assert_eq!((found["status"]["updatedReplicas"].as_i64(), found["status"]["readyReplicas"].as_i64()), (Some(3), Some(3)));
    assert_eq!(found["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    assert!(least >= 3, "a quarter of three, rounded down, may be missing: none");
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["NewReplicaSetAvailable", "ReplicaSetUpdated"]);
    let after = names(&ground, &format!("{PODS}?labelSelector=app%3Dfrontend")).await;
    assert!(!after.is_empty() && after.iter().all(|name| !before.contains(name)), "{after:?}");
}

#[tokio::test]
async fn a_broken_image_stays_broken_until_it_is_another() {
    let world = world();
    let ground = Ground::Demo(world.clone());
    let pods = "/api/v1/namespaces/faults/pods";
    let status = async || {
        let list = ground.get(pods).await;
        let pod = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|it| it["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("crasher-")))
            .cloned();
        pod.unwrap_or_default()
    };
    let name = status().await["metadata"]["name"].as_str().expect("a pod").to_owned();
    ground.ask("admin", "DELETE", &format!("{pods}/{name}"), None).await;
    world.advance(Duration::from_secs(20));
    let again = status().await;
    assert_ne!(again["metadata"]["name"], name.as_str());
    assert_eq!(again["status"]["containerStatuses"][0]["state"]["waiting"]["reason"], "CrashLoopBackOff");

    let image = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.example.test/crasher:1.0.1"}]);
    ground
        .ask(
            "admin",
            "PATCH",
            "/apis/apps/v1/namespaces/faults/deployments/crasher",
            Some(("application/json-patch+json", &image)),
        )
        .await;
    world.advance(Duration::from_secs(20));
    assert_eq!(status().await["status"]["phase"], "Running");
}

#[tokio::test]
async fn a_kustomization_shows_what_it_is_doing() {
    let world = world();
    let ground = Ground::Demo(world.clone());
    let uri = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-apps/kustomizations/checkout";
    ground.merge(uri, &json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}})).await;
    let mut messages = Vec::new();
    for _ in 0..80 {
        world.advance(Duration::from_millis(100));
        let object = ground.get(uri).await;
        let reconciling =
            object["status"]["conditions"].as_array().into_iter().flatten().find(|it| it["type"] == "Reconciling").cloned();
        let word = reconciling
            .and_then(|it| it["message"].as_str().map(|text| text.split(" for ").next().unwrap_or_default().to_owned()))
            .unwrap_or_else(|| "done".to_owned());
        if messages.last() != Some(&word) {
            messages.push(word);
        }
    }
    assert_eq!(messages, ["Fetching manifests", "Detecting drift", "Running health checks", "done"]);
}

#[tokio::test]
async fn logs_have_a_tail_a_past_and_go_on() {
    let world = world();
    let ground = Ground::Demo(world.clone());
    let pod = names(&ground, &format!("{PODS}?labelSelector=app%3Dfrontend")).await[0].clone();
    let (code, status) = ground.ask("admin", "GET", &format!("{PODS}/{pod}/log"), None).await;
    assert_eq!(code, 400);
    assert!(status["message"].as_str().is_some_and(|message| message.starts_with(&format!("a container name must be specified for pod {pod}, choose one of: [frontend metrics] or one of the init containers: [migrate-assets]"))), "{status}");
    let uri = format!("{PODS}/{pod}/log?container=frontend&tailLines=3");
    let text = async |uri: &str| ground.ask("admin", "GET", uri, None).await.1.as_str().unwrap_or_default().to_owned();
    let tail = text(&uri).await;
    assert_eq!((tail.lines().count(), tail.clone()), (3, text(&uri).await), "the same lines every time");
    assert!(text(&format!("{uri}&timestamps=true")).await.lines().all(|line| line.starts_with("20")));
    let (code, status) = ground.ask("admin", "GET", &format!("{PODS}/{pod}/log?container=frontend&previous=true"), None).await;
    assert!(
        code == 400 && status["message"].as_str().is_some_and(|message| message.contains("previous terminated container")),
        "{status}"
    );

    let mut log = world.client(&User::admin()).request_stream(request(&format!("{uri}&follow=true"))).await.expect("a log");
    let mut buffer = vec![0; 4096];
    let first = log.read(&mut buffer).await.expect("lines");
    world.advance(Duration::from_secs(30));
    let more = log.read(&mut buffer).await.expect("more lines");
    assert!(first > 0 && String::from_utf8_lossy(&buffer[..more]).lines().count() >= 3);
}

#[tokio::test]
async fn unknown_fields_are_refused_or_nobody_says_that_they_were_checked() {
    let world = world();
    let ground = Ground::Demo(world.clone());
    let documents = ground.get("/openapi/v3").await;
    for (document, path) in [
        ("api/v1", "/api/v1/namespaces/{namespace}/configmaps/{name}"),
        (
            "apis/kustomize.toolkit.fluxcd.io/v1",
            "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{namespace}/kustomizations/{name}",
        ),
    ] {
        let place = documents["paths"][document]["serverRelativeURL"].as_str().expect("a document").to_owned();
        let patch = ground.get(&place).await["paths"][path]["patch"].clone();
        let names = patch["parameters"].as_array().into_iter().flatten().filter_map(|parameter| parameter["name"].as_str());
        assert!(names.into_iter().any(|name| name == "fieldValidation"), "{patch}");
    }
    let uri = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-apps/kustomizations/checkout";
    let wrong = json!({"spec": {"interval": "1m", "intervall": "1m"}});
    let (code, status) = ground.merge(&format!("{uri}?fieldValidation=Strict"), &wrong).await;
    let messages = "Kustomization in version \"v1\" cannot be handled as a Kustomization: strict decoding error: unknown field \"spec.intervall\"";
    assert_eq!((code, status["message"].as_str()), (400, Some(messages)));
    assert_eq!(ground.merge(&format!("{uri}?fieldValidation=Ignore"), &wrong).await.0, 200);

    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "dada": {}}).to_string();
    let request =
        Request::post("/api/v1/namespaces/web/configmaps?fieldValidation=Strict").header("content-type", "application/json");
    let answer = world.client(&User::admin()).send(request.body(Body::from(map.into_bytes())).expect("a request")).await;
    let answer = answer.expect("an answer");
    let warning = answer.headers().get("warning").and_then(|warning| warning.to_str().ok()).unwrap_or_default();
    assert_eq!(answer.status().as_u16(), 201);
    assert!(warning.contains("does not check the fields"), "{warning}");
}

#[tokio::test]
async fn what_was_recorded_only_cannot_be_changed() {
    let ground = Ground::Demo(World::recorded(&fleet()));
    let (code, status) = ground.merge("/apis/apps/v1/namespaces/web/deployments/web", &json!({"spec": {"replicas": 1}})).await;
    assert_eq!((code, status["message"].as_str()), (405, Some("a snapshot cannot be changed")));
    assert_eq!(ground.ask("admin", "DELETE", "/api/v1/namespaces/web/configmaps/hostile", None).await.0, 405);
}

#[tokio::test]
async fn behind_the_port_a_token_opens_the_door_and_nothing_else_does() {
    let world = world();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let host = world.clone();
    let serve = async move { host.serve(listener, vec![("secret".to_owned(), User::viewer())]).await };
    let visit = async {
        let config = |url: String| {
            let mut config = kube::Config::new(url.parse().expect("an address"));
            config.default_retry = false;
            kube::Client::try_from(config).expect("a client")
        };
        let open = config(format!("http://{address}/secret"));
        let list: Value = open.request(request(PODS)).await.expect("pods");
        assert!(list["items"].as_array().is_some_and(|items| items.len() >= 7));
        for wrong in [format!("http://{address}"), format!("http://{address}/guessed")] {
            let refused = config(wrong).request::<Value>(request(PODS)).await;
            assert!(matches!(refused, Err(kube::Error::Api(status)) if status.code == 401));
        }
        let watch = open.request_stream(request(&format!("{PODS}?watch=true"))).await.expect("a watch");
        let lines: Vec<String> = watch.lines().take(2).try_collect().await.expect("events");
        assert!(lines.iter().all(|line| line.contains("\"ADDED\"")));
    };
    tokio::select! {
        () = serve => unreachable!("it serves for ever"),
        () = visit => (),
    }
}
