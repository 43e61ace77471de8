//! Scenes of the demo, driven by its clock: what each leads to, step by step, in the repositories, on the forge and in the cluster.

use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, User, World, scenes};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;
use kube::api::{Api, DynamicObject, ListParams};
use serde_json::Value;

use super::demo::ask;
use super::driver::Driver;

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

fn production(company: &Company) -> World {
    company.enter("production").expect("a context").world
}

fn play(company: &Arc<Company>, name: &str) -> World {
    scenes::find(name).expect("a scene").play(company).expect("played");
    production(company)
}

fn seconds(world: &World, seconds: u64) {
    world.advance(Duration::from_secs(seconds));
}

fn objects(world: &World, group: &str, version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
    let kind = kube::api::GroupVersionKind::gvk(group, version, kind);
    let resource = kube::api::ApiResource::from_gvk(&kind);
    let client = world.client(&User::admin());
    match namespace {
        "" => Api::all_with(client, &resource),
        _ => Api::namespaced_with(client, namespace, &resource),
    }
}

async fn get(world: &World, group: &str, version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    objects(world, group, version, kind, namespace).get(name).await.expect(name).data
}

/// Status, reason and message of a condition.
fn condition(object: &Value, kind: &str) -> [String; 3] {
    let all = object["status"]["conditions"].as_array().expect("conditions");
    let found = all.iter().find(|condition| condition["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {all:?}"));
    ["status", "reason", "message"].map(|field| found[field].as_str().unwrap_or_default().to_owned())
}

async fn web(world: &World) -> Value {
    get(world, "kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "web", "web").await
}

/// The pods of a workload by its label, the names first.
async fn pods(world: &World, namespace: &str, app: &str) -> Vec<(String, DynamicObject)> {
    let of_app = ListParams::default().labels(&format!("app={app}"));
    let found = objects(world, "", "v1", "Pod", namespace).list(&of_app).await.expect("pods");
    found.items.into_iter().map(|pod| (pod.metadata.name.clone().expect("a name"), pod)).collect()
}

async fn events(world: &World, namespace: &str, reason: &str) -> Vec<Value> {
    let all = objects(world, "", "v1", "Event", namespace).list(&ListParams::default()).await.expect("events");
    all.items.into_iter().map(|event| event.data).filter(|event| event["reason"] == reason).collect()
}

fn log(company: &Company) -> Vec<String> {
    let repository = company.repositories().open("apps").expect("opened").expect("a repository");
    let mut walk = repository.revwalk().expect("a walk");
    walk.push_ref("refs/heads/main").expect("a branch");
    let line = |id: git2::Oid| {
        let commit = repository.find_commit(id).expect("a commit");
        format!("{}: {}", commit.author().name().unwrap_or_default(), commit.summary().ok().flatten().unwrap_or_default())
    };
    walk.map(|id| line(id.expect("an id"))).collect()
}

fn revision(company: &Company) -> String {
    let repository = company.repositories().open("apps").expect("opened").expect("a repository");
    format!("main@sha1:{}", repository.refname_to_id("refs/heads/main").expect("a branch"))
}

#[tokio::test(start_paused = true)]
async fn a_bad_commit_is_fetched_at_once_and_its_pods_crash() {
    let company = company();
    let old: Vec<_> = pods(&production(&company), "web", "web").await.into_iter().map(|(name, _)| name).collect();
    let world = play(&company, "bad-commit");
    assert_eq!(log(&company), ["cleo: web: keep sessions in the database", "ops: apps: as found in production"]);

    seconds(&world, 8);
    let source = get(&world, "source.toolkit.fluxcd.io", "v1", "GitRepository", "flux-apps", "apps").await;
    assert_eq!(source["status"]["artifact"]["revision"], revision(&company).as_str(), "nobody waited for the interval");
    let pods = pods(&world, "web", "web").await;
    assert!(pods.len() == 2 && pods.iter().all(|(name, _)| !old.contains(name)), "{:?} {old:?}", pods.len());
    let message = "cannot reach the database at db.web.svc: lookup failed: no such host";
    for (name, pod) in &pods {
        let uid = pod.metadata.uid.clone().expect("a uid");
        let status = &pod.data["status"]["containerStatuses"][0];
        let of = format!("{name}_web({uid})");
        assert_eq!(status["state"]["waiting"]["reason"], "CrashLoopBackOff");
        let waits = format!("back-off 10s restarting failed container=web pod={of}");
        assert_eq!(status["state"]["waiting"]["message"], waits.as_str());
        assert_eq!((&status["restartCount"], &status["ready"]), (&1.into(), &false.into()));
        let last = &status["lastState"]["terminated"];
        assert_eq!((&last["exitCode"], &last["reason"], &last["message"]), (&1.into(), &"Error".into(), &message.into()));
        let expected = ["False", "ContainersNotReady", "containers with unready status: [web]"];
        assert_eq!(condition(&pod.data, "Ready"), expected);
        let log = Api::<k8s_openapi::api::core::v1::Pod>::namespaced(world.client(&User::admin()), "web");
        let log = log.logs(name, &kube::api::LogParams::default()).await.expect("a log");
        assert_eq!(log, format!("level=info msg=starting\nlevel=fatal msg=\"{message}\"\n"));
        let events = events(&world, "web", "BackOff").await;
        let said = format!("Back-off restarting failed container web in pod {of}");
        let event = events.iter().find(|event| event["message"] == said.as_str()).expect("an event");
        assert_eq!((&event["type"], &event["source"]["component"]), (&"Warning".into(), &"kubelet".into()));
    }
    let deployment = get(&world, "apps", "v1", "Deployment", "web", "web").await;
    let expected = ["False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."];
    assert_eq!(condition(&deployment, "Available"), expected);
}

#[tokio::test(start_paused = true)]
async fn the_containers_are_restarted_after_longer_and_longer_waits() {
    let company = company();
    let world = play(&company, "bad-commit");
    let mut counts = Vec::new();
    for span in [8, 10, 20, 40] {
        seconds(&world, span);
        let pods = pods(&world, "web", "web").await;
        let status = &pods[0].1.data["status"]["containerStatuses"][0];
        let message = status["state"]["waiting"]["message"].as_str().unwrap_or_default().to_owned();
        counts.push((status["restartCount"].as_u64().unwrap_or(0), message.split(' ').nth(1).unwrap_or_default().to_owned()));
    }

    let expected = [(1, "10s"), (2, "20s"), (3, "40s"), (4, "1m20s")];
    assert_eq!(counts, expected.map(|(count, wait)| (count, wait.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn the_health_check_of_a_bad_commit_ends_with_its_timeout() {
    let company = company();
    let world = play(&company, "bad-commit");
    seconds(&world, 30);
    let [status, reason, _] = condition(&web(&world).await, "Ready");
    assert_eq!((status.as_str(), reason.as_str()), ("Unknown", "Progressing"), "it waits");
    seconds(&world, 35);

    let web = web(&world).await;
    let [status, reason, message] = condition(&web, "Ready");
    assert_eq!((status.as_str(), reason.as_str()), ("False", "HealthCheckFailed"));
    let ends = "timeout waiting for: [Deployment/web/web status: 'InProgress']";
    assert!(message.starts_with("health check failed after 1m") && message.ends_with(ends), "{message}");
    assert_eq!(web["status"]["lastAttemptedRevision"], revision(&company).as_str());
}

#[tokio::test(start_paused = true)]
async fn a_scene_that_has_happened_is_refused_and_what_follows_it_begins_with_what_is_left() {
    let company = company();
    let world = play(&company, "bad-commit");
    seconds(&world, 2);
    let again = scenes::find("bad-commit").expect("a scene").play(&company).expect_err("it has happened");
    assert_eq!(again.message, "all of `bad-commit` has happened already");

    play(&company, "healed");
    let forge = company.forge().expect("a forge");
    let (_, pulls) = ask(&forge, "GET", "repos/ops/apps/pulls", Value::Null).await;
    // beside those that colleagues have open anyway
    assert_eq!(pulls.as_array().map(Vec::len), Some(3), "the pull request is there at once: {pulls}");
    seconds(&world, 60);
    assert_eq!(log(&company)[0], "ops: Merge pull request #3 from ops/revert-sessions");
}

#[tokio::test(start_paused = true)]
async fn a_scene_of_a_run_before_happens_again_in_a_directory_that_was_kept() {
    let kept = tempfile::tempdir().expect("a directory");
    let open = || Arc::new(Company::driven(RunDirectory::kept(kept.path()), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let first = open();
    play(&first, "bad-commit");
    let commits = log(&first).len();
    drop(first);

    let second = open();
    let world = play(&second, "bad-commit");
    seconds(&world, 8);
    let status = &pods(&world, "web", "web").await[0].1.data["status"]["containerStatuses"][0];
    assert_eq!(status["state"]["waiting"]["reason"], "CrashLoopBackOff");
    assert_eq!(log(&second).len(), commits, "the commit is there once");
}

#[tokio::test(start_paused = true)]
async fn a_reverted_commit_heals_what_it_broke() {
    let company = company();
    let forge = company.forge().expect("a forge");
    let world = play(&company, "healed");
    seconds(&world, 89);
    let (_, before) = ask(&forge, "GET", "repos/ops/apps/pulls", Value::Null).await;
    let numbers: Vec<_> = before.as_array().into_iter().flatten().filter_map(|pull| pull["number"].as_u64()).collect();
    assert_eq!(numbers, [2, 1], "those that colleagues have open anyway");
    seconds(&world, 2);
    let (_, pulls) = ask(&forge, "GET", "repos/ops/apps/pulls", Value::Null).await;
    let title = "Revert \"web: keep sessions in the database\"";
    assert_eq!((&pulls[0]["title"], &pulls[0]["user"]["login"]), (&title.into(), &"ben".into()), "{pulls}");
    seconds(&world, 40);
    assert_eq!(ask(&forge, "GET", "repos/ops/apps/pulls/3", Value::Null).await.1["merged"], false, "nobody else merges it");
    seconds(&world, 20);
    let (_, pull) = ask(&forge, "GET", "repos/ops/apps/pulls/3", Value::Null).await;
    assert_eq!((&pull["merged"], &pull["merged_by"]["login"]), (&true.into(), &"cleo".into()));
    let expected = [
        "ops: Merge pull request #3 from ops/revert-sessions",
        "ben: Revert \"web: keep sessions in the database\"",
        "cleo: web: keep sessions in the database",
        "ops: apps: as found in production",
    ];
    assert_eq!(log(&company), expected);

    seconds(&world, 60);
    let web = web(&world).await;
    let applied = format!("Applied revision: {}", revision(&company));
    assert_eq!(condition(&web, "Ready"), ["True", "ReconciliationSucceeded", &applied]);
    for (name, pod) in pods(&world, "web", "web").await {
        assert_eq!(condition(&pod.data, "Ready")[0], "True", "{name}");
        assert!(name.starts_with("web-5ff6d4775d-"), "{name}: the ReplicaSet of before is there again");
        assert!(pod.data["spec"]["containers"][0].get("env").is_none(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn pods_of_a_lost_node_wait_for_another_one() {
    const TEXT: &str = "0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, \
                        preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    let company = company();
    let world = play(&company, "node-down");
    let old: Vec<_> = pods(&world, "web", "frontend").await.into_iter().map(|(name, _)| name).collect();
    seconds(&world, 5);
    let node = get(&world, "", "v1", "Node", "", "bed-node").await;
    assert_eq!(condition(&node, "Ready"), ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."]);
    let taints = node["spec"]["taints"].as_array().expect("taints");
    let effects: Vec<_> = taints.iter().map(|taint| taint["effect"].as_str().unwrap_or_default()).collect();
    assert_eq!(effects, ["NoSchedule", "NoExecute"]);
    assert_eq!(events(&world, "default", "NodeNotReady").await[0]["message"], "Node bed-node status is now: NodeNotReady");
    let before = pods(&world, "web", "frontend").await;
    assert!(before.iter().all(|(_, pod)| condition(&pod.data, "Ready")[0] == "False"), "not ready, and still there");
    assert_eq!(before.len(), old.len());

    seconds(&world, 30);
    let during = pods(&world, "web", "frontend").await;
    let is_old = |(name, _): &&(String, DynamicObject)| old.contains(name);
    assert_eq!(during.len(), 2 * old.len());
    for (name, pod) in during.iter().filter(is_old) {
        assert!(pod.metadata.deletion_timestamp.is_some(), "{name}");
        let expected = ["True", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"];
        assert_eq!(condition(&pod.data, "DisruptionTarget"), expected);
    }
    for (name, pod) in during.iter().filter(|pod| !is_old(pod)) {
        assert_eq!(pod.data["status"]["phase"], "Pending", "{name}");
        assert_eq!(condition(&pod.data, "PodScheduled"), ["False", "Unschedulable", TEXT]);
    }

    seconds(&world, 95);
    let after = pods(&world, "web", "frontend").await;
    let fresh: Vec<_> = after.iter().filter(|pod| !is_old(pod)).collect();
    assert_eq!(fresh.len(), old.len());
    for (name, pod) in fresh {
        assert_eq!(
            (&pod.data["spec"]["nodeName"], &pod.data["status"]["phase"]),
            (&"bed-node-2".into(), &"Running".into()),
            "{name}"
        );
    }
    let deployment = get(&world, "apps", "v1", "Deployment", "web", "frontend").await;
    assert_eq!(condition(&deployment, "Available")[0], "True");
    let ledger: Vec<_> = pods(&world, "shop", "ledger").await;
    let is_leaving = |(_, pod): &(String, DynamicObject)| pod.metadata.deletion_timestamp.is_some();
    assert!(ledger.len() == 2 && ledger.iter().all(is_leaving), "a StatefulSet replaces no lost pod");
    let agents = pods(&world, "platform", "log-agent").await;
    let nodes: Vec<_> = agents.iter().map(|(_, pod)| pod.data["spec"]["nodeName"].as_str().unwrap_or_default()).collect();
    assert!(nodes.len() == 2 && nodes.contains(&"bed-node") && nodes.contains(&"bed-node-2"), "{nodes:?}");
    let first = agents.iter().find(|(_, pod)| pod.data["spec"]["nodeName"] == "bed-node").expect("one of the lost node");
    assert!(first.1.metadata.deletion_timestamp.is_none(), "pods of DaemonSets stay");
}

/// The demo on a small screen, two minutes after the bad commit.
async fn on_call() -> Driver {
    let company = company();
    let world = play(&company, "bad-commit");
    seconds(&world, 120);
    Driver::demo(company, 80, 24, Depth::True, settings()).await
}

fn settings() -> Settings {
    Settings { theme: "dark".into(), scenes: offered(), guide: true, ..Settings::default() }
}

/// The scenes, as the command line offers them to the screen.
pub fn offered() -> Vec<fluxdeck_model::state::Scene> {
    let scene = |scene: &scenes::Scene| fluxdeck_model::state::Scene { name: scene.name, doc: scene.doc };
    scenes::ALL.iter().map(scene).collect()
}

#[tokio::test(start_paused = true)]
async fn from_web_is_down_to_the_line_of_the_log_it_is_six_keys() {
    let mut deck = on_call().await;
    // each key, and what it brings to the screen
    let steps = [
        ("/", " /"),
        ("w", " /w"),
        ("e", " /we"),
        ("b", " /web"),
        ("enter", "container web exits 1 (\"cannot reach"),
        ("l", "level=fatal msg=\"cannot reach the database at db.web.s"),
    ];
    let mut before = deck.screen();
    for (key, brings) in steps {
        let after = deck.keys(key).await.shows(brings).screen();
        assert_ne!(before, after, "{key} does nothing");
        before = after;
    }
    deck.shows("logs Kustomization web/web").shows("following");
}

#[tokio::test(start_paused = true)]
async fn a_scene_is_chosen_from_the_list_and_is_seen_on_the_screen() {
    let company = company();
    let world = production(&company);
    let mut deck = Driver::demo(company, 80, 24, Depth::True, settings()).await;
    deck.shows(":scene break it");
    deck.keys(": \"scene\" enter").await.shows("bad-commit").shows("healed").shows("node-down");
    deck.keys("/ \"node\" enter").await.hides("healed").keys("esc g enter").await;
    deck.shows("tree by sources").shows("a commit by a colleague breaks the web front end: its pods crash");

    seconds(&world, 8);
    deck.keys("/ \"web\" enter").await.shows("✗ deploy web/web  0/2");
    deck.keys(": \"scene_bad-commit\" enter").await.shows("all of `bad-commit` has happened already");
    deck.keys(": \"scene_ba\" tab").await.shows(":scene bad-commit");
    deck.keys("esc ? / \"scene\" enter").await.shows("let something happen in the demo");
}
