//! The demo as its users see it: the screen, commands, git and pull requests, all without a cluster.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fluxdeck::demo::{Company, Forge, RunDirectory, User, World};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;
use http::Request;
use http_body_util::{BodyExt, Full};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::driver::Driver;

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

/// Asks the forge; returns the code and the body.
pub async fn ask(forge: &Forge, method: &str, path: &str, body: Value) -> (u16, Value) {
    ask_as(forge, "token", method, path, body).await
}

async fn ask_as(forge: &Forge, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder().method(method).uri(format!("http://forge.example.test/api/v3/{path}"));
    let request = request.header("authorization", format!("Bearer {token}")).body(Full::new(Bytes::from(body)));
    let answer = forge.answer(request.expect("a request")).await;
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("in memory").to_bytes();
    (code, serde_json::from_slice(&body).unwrap_or_default())
}

/// Changes a file on a branch of its own with the ordinary git program, as a person would.
fn push(company: &Company, branch: &str, path: &str, change: impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().expect("a folder");
    let variables = company.repositories().environment().expect("repositories");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.test"]).args(arguments).current_dir(folder.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").envs(variables.clone());
        let done = command.output().expect("git runs");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["clone", "-q", "http://forge.example.test/ops/fleet.git", "."]);
    git(&["checkout", "-q", "-b", branch]);
    let file = folder.path().join(path);
    let text = std::fs::read_to_string(&file).expect("a file of the fleet");
    std::fs::write(&file, change(&text)).expect("written");
    git(&["commit", "-q", "-a", "-m", &format!("change {path}")]);
    git(&["push", "-q", "origin", branch]);
}

const CART: &str = "flux/apps/base/shop/cart.yaml";
const MORE: fn(&str) -> String = |text| text.replacen("replicas: ", "replicas: 1", 1);

#[tokio::test(start_paused = true)]
async fn the_screen_opens_on_production_and_goes_to_staging() {
    let mut deck = Driver::demo(company(), 120, 40, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await;
    deck.shows("production").shows("● live").shows("gitrepo flux-system/flux-system").shows("Failed");

    deck.keys(": \"ctx\" enter").await.shows("production").shows("staging");
    deck.keys("esc : \"ctx_staging\" enter").await.shows("staging › all").hides("Failed").shows("flux-system/flux-system");
    deck.keys(": \"ctx_nowhere\" enter").await.shows("no context `nowhere`");
}

#[tokio::test(start_paused = true)]
async fn every_state_is_in_the_demo() {
    let deck = Driver::demo(company(), 120, 40, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await;
    let cluster = deck.app.state().cluster();
    let total = cluster.forest.total();

    for health in fluxdeck_model::domain::Health::ALL {
        assert!(total.of(health) > 0, "nothing is {}", health.word());
    }
}

#[tokio::test(start_paused = true)]
async fn a_merged_pull_request_is_fetched_by_the_cluster() {
    let company = company();
    let forge = company.forge().expect("a forge");
    push(&company, "more-carts", CART, MORE);
    let new = json!({"title": "more carts", "body": "black friday", "head": "more-carts", "base": "main"});
    let (code, pull) = ask(&forge, "POST", "repos/ops/fleet/pulls", new.clone()).await;
    assert_eq!(
        (code, &pull["state"], &pull["mergeable"], &pull["changed_files"]),
        (201, &"open".into(), &true.into(), &1.into()),
        "{pull}"
    );
    let (code, again) = ask(&forge, "POST", "repos/ops/fleet/pulls", new).await;
    assert_eq!((code, &again["errors"][0]["message"]), (422, &"A pull request already exists for ops:more-carts.".into()));
    let (_, files) = ask(&forge, "GET", "repos/ops/fleet/pulls/1/files", Value::Null).await;
    assert_eq!((&files[0]["filename"], &files[0]["status"]), (&CART.into(), &"modified".into()));
    assert!(files[0]["patch"].as_str().is_some_and(|patch| patch.starts_with("@@") && patch.contains("\n+")), "{files}");

    let (code, merged) = ask(&forge, "PUT", "repos/ops/fleet/pulls/1/merge", json!({"sha": "0000"})).await;
    assert_eq!(code, 409, "{merged}");
    let (code, merged) = ask(&forge, "PUT", "repos/ops/fleet/pulls/1/merge", json!({"merge_method": "squash"})).await;
    assert_eq!((code, &merged["merged"]), (200, &true.into()), "{merged}");
    let (_, main) = ask(&forge, "GET", "repos/ops/fleet/git/ref/heads/main", Value::Null).await;
    assert_eq!(main["object"]["sha"], merged["sha"]);
    let (_, pull) = ask(&forge, "GET", "repos/ops/fleet/pulls/1", Value::Null).await;
    assert_eq!((&pull["state"], &pull["merged"], &pull["merge_commit_sha"]), (&"closed".into(), &true.into(), &merged["sha"]));

    let world = company.enter("production").expect("a context").world;
    let sources = flux(&world, "source.toolkit.fluxcd.io", "GitRepository", "gitrepositories");
    reconcile(&world, "1").await;
    let source = sources.get("flux-system").await.expect("the source");
    let revision = format!("main@sha1:{}", merged["sha"].as_str().expect("a commit"));
    assert_eq!(source.data["status"]["artifact"]["revision"], revision.as_str(), "{}", source.data["status"]);
}

fn flux(world: &World, group: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    let kind = kube::api::GroupVersionKind::gvk(group, "v1", kind);
    let resource = kube::api::ApiResource::from_gvk_with_plural(&kind, plural);
    Api::namespaced_with(world.client(&User::admin()), "flux-system", &resource)
}

fn kustomizations(world: &World) -> Api<DynamicObject> {
    flux(world, "kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations")
}

/// Asks the fleet's source to fetch, and lets the cluster work for three minutes.
async fn reconcile(world: &World, token: &str) {
    let request = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
    let sources = flux(world, "source.toolkit.fluxcd.io", "GitRepository", "gitrepositories");
    sources.patch("flux-system", &PatchParams::default(), &Patch::Merge(&request)).await.expect("patched");
    world.advance(Duration::from_secs(180));
}

/// Changes a file of the fleet by a pull request that is merged. Returns the new revision.
async fn merge(company: &Company, branch: &str, path: &str, change: impl Fn(&str) -> String) -> String {
    let forge = company.forge().expect("a forge");
    push(company, branch, path, change);
    let new = json!({"title": branch, "head": branch, "base": "main"});
    let (_, pull) = ask(&forge, "POST", "repos/ops/fleet/pulls", new).await;
    let (code, merged) = ask(&forge, "PUT", &format!("repos/ops/fleet/pulls/{}/merge", pull["number"]), json!({})).await;
    assert_eq!(code, 200, "{merged}");
    format!("main@sha1:{}", merged["sha"].as_str().expect("a commit"))
}

fn ready(object: &DynamicObject) -> (&str, &str, &str) {
    let conditions = object.data["status"]["conditions"].as_array().expect("conditions");
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready").expect("Ready");
    let field = |name: &str| ready[name].as_str().unwrap_or_default();
    (field("status"), field("reason"), field("message"))
}

#[tokio::test(start_paused = true)]
async fn what_is_merged_rolls_out() {
    let company = company();
    let world = company.enter("production").expect("a context").world;
    let client = world.client(&User::admin());
    let (deployments, pods) = (Api::<Deployment>::namespaced(client.clone(), "shop"), Api::<Pod>::namespaced(client, "shop"));
    let carts = ListParams::default().labels("app=cart");
    let before = deployments.list(&ListParams::default()).await.expect("deployments");
    let had = pods.list(&carts).await.expect("pods").items.len();

    let revision = merge(&company, "three-carts", CART, |text| text.replacen("replicas: 1", "replicas: 3", 1)).await;
    reconcile(&world, "1").await;

    let apps = kustomizations(&world).get("apps").await.expect("the Kustomization");
    assert_eq!(ready(&apps), ("True", "ReconciliationSucceeded", format!("Applied revision: {revision}").as_str()));
    let status = &apps.data["status"];
    assert_eq!(status["lastAppliedRevision"], revision.as_str());
    assert_eq!(status["history"][0]["metadata"]["revision"], revision.as_str(), "{}", status["history"]);
    let after = deployments.list(&ListParams::default()).await.expect("deployments");
    for (was, is) in before.iter().zip(&after) {
        let (was, is) = (was.clone(), is.clone());
        let name = is.metadata.name.clone().expect("a name");
        if name == "cart" {
            let spec = is.spec.clone();
            assert_eq!((spec.replicas, &spec.template), (Some(3), &was.spec.template));
            assert_eq!(is.status.and_then(|status| status.ready_replicas), Some(3));
        } else {
            assert_eq!((was.metadata.generation, was.spec), (is.metadata.generation, is.spec), "{name} was not merged");
        }
    }
    assert_eq!((had, pods.list(&carts).await.expect("pods").items.len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_broken_merge_fails_the_build_until_another_fixes_it() {
    const FILE: &str = "flux/apps/base/shop/kustomization.yaml";
    let company = company();
    let world = company.enter("production").expect("a context").world;
    let inventory =
        |object: &DynamicObject| object.data["status"]["inventory"]["entries"].as_array().cloned().unwrap_or_default();
    let recorded = inventory(&kustomizations(&world).get("apps").await.expect("recorded"));

    let broken = merge(&company, "broken", FILE, |text| text.replace("- jobs.yaml", "- job.yaml")).await;
    reconcile(&world, "1").await;
    let apps = kustomizations(&world).get("apps").await.expect("the Kustomization");
    let (status, reason, message) = ready(&apps);
    assert_eq!((status, reason), ("False", "BuildFailed"), "{message}");
    assert!(
        message.starts_with("kustomize build failed: ") && message.contains(FILE) && message.contains("job.yaml"),
        "{message}"
    );
    assert_eq!(apps.data["status"]["lastAttemptedRevision"], broken.as_str());
    assert_eq!(inventory(&apps), recorded, "nothing was applied or pruned");

    let fixed = merge(&company, "fixed", FILE, |text| text.replace("- job.yaml\n", "")).await;
    reconcile(&world, "2").await;
    let apps = kustomizations(&world).get("apps").await.expect("the Kustomization");
    assert_eq!(ready(&apps), ("True", "ReconciliationSucceeded", format!("Applied revision: {fixed}").as_str()));
    let left = inventory(&apps);
    let gone: Vec<_> = recorded.iter().filter(|entry| !left.contains(entry)).collect();
    assert!(left.len() < recorded.len() && !gone.is_empty(), "the jobs left the inventory");
    let jobs = Api::<Job>::namespaced(world.client(&User::admin()), "shop").list(&ListParams::default()).await.expect("jobs");
    let named = |name: &str| gone.iter().any(|entry| entry["id"].as_str().is_some_and(|id| id.contains(&format!("_{name}_"))));
    assert!(!jobs.iter().any(|job| job.metadata.name.as_deref().is_some_and(named)), "and the cluster");
}

#[tokio::test]
async fn the_forge_refuses_as_github_does() {
    let company = company();
    let forge = company.forge().expect("a forge");
    push(&company, "a", CART, MORE);
    push(&company, "b", CART, |text| text.replacen("replicas: ", "replicas: 2", 1));
    let pull = |head: &str| json!({"title": "x", "head": head, "base": "main"});
    for (method, path, body, code, expected) in [
        ("GET", "repos/ops/none", Value::Null, 404, "Not Found"),
        ("GET", "repos/else/fleet", Value::Null, 404, "Not Found"),
        ("GET", "repos/ops/fleet/pulls/9", Value::Null, 404, "Not Found"),
        ("GET", "repos/ops/fleet/branches/main/protection", Value::Null, 404, "Branch not protected"),
        ("POST", "repos/ops/fleet/pulls", pull("none"), 422, "Validation Failed"),
        ("POST", "repos/ops/fleet/pulls", pull("main"), 422, "Validation Failed"),
        ("POST", "repos/ops/fleet/pulls", pull("a"), 201, ""),
        ("POST", "repos/ops/fleet/pulls", pull("b"), 201, ""),
        ("POST", "repos/ops/fleet/pulls/1/requested_reviewers", json!({"reviewers": ["ops"]}), 422, "pull request author"),
        ("POST", "repos/ops/fleet/pulls/1/requested_reviewers", json!({"reviewers": ["eve"]}), 422, "collaborators"),
        ("POST", "repos/ops/fleet/pulls/1/reviews", json!({"event": "APPROVE"}), 422, "own pull request"),
        ("POST", "repos/ops/fleet/git/refs", json!({"ref": "refs/heads/a", "sha": "0"}), 422, "Object does not exist"),
        ("DELETE", "repos/ops/fleet/git/refs/heads/none", Value::Null, 422, "Reference does not exist"),
        ("PUT", "repos/ops/fleet/pulls/1/merge", json!({}), 200, "successfully merged"),
        ("PUT", "repos/ops/fleet/pulls/1/merge", json!({}), 405, "not mergeable"),
        ("PUT", "repos/ops/fleet/pulls/2/merge", json!({}), 405, "not mergeable"),
    ] {
        let (got, body) = ask(&forge, method, path, body).await;
        let message = body["message"].as_str().unwrap_or_default();
        assert!(got == code && message.contains(expected), "{method} {path}: {got} {body}");
    }
    let anonymous = Request::post("http://forge.example.test/api/v3/repos/ops/fleet/pulls").body(Full::new(Bytes::new()));
    assert_eq!(forge.answer(anonymous.expect("a request")).await.status(), 401);
}

#[tokio::test]
async fn what_people_say_of_a_pull_request_stays_with_it() {
    let kept = tempfile::tempdir().expect("a directory");
    let company = Company::start(RunDirectory::kept(kept.path()));
    let forge = company.forge().expect("a forge");
    push(&company, "a", CART, MORE);
    let new = json!({"title": "x", "head": "ops:a", "base": "main", "draft": true});
    let (_, pull) = ask(&forge, "POST", "repos/ops/fleet/pulls", new).await;
    let commit = pull["head"]["sha"].as_str().expect("a commit").to_owned();
    for (token, path, body) in [
        ("token", "issues/1/labels".to_owned(), json!({"labels": ["fluxdeck", "scale"]})),
        ("token", "pulls/1/requested_reviewers".to_owned(), json!({"reviewers": ["ana"]})),
        ("ana", "pulls/1/reviews".to_owned(), json!({"event": "APPROVE", "body": "fine"})),
        ("ben", "issues/1/comments".to_owned(), json!({"body": "when?"})),
        ("token", format!("statuses/{commit}"), json!({"state": "success", "context": "ci"})),
    ] {
        let (code, body) = ask_as(&forge, token, "POST", &format!("repos/ops/fleet/{path}"), body).await;
        assert!((200..300).contains(&code), "{path}: {code} {body}");
    }
    drop((forge, company));

    let company = Company::start(RunDirectory::kept(kept.path()));
    let forge = company.forge().expect("the same forge");
    let (_, pull) = ask(&forge, "GET", "repos/ops/fleet/pulls/1", Value::Null).await;
    let labels: Vec<_> = pull["labels"].as_array().into_iter().flatten().map(|label| label["name"].clone()).collect();
    assert_eq!((labels, &pull["mergeable_state"]), (vec!["fluxdeck".into(), "scale".into()], &"draft".into()));
    let (_, reviews) = ask(&forge, "GET", "repos/ops/fleet/pulls/1/reviews", Value::Null).await;
    assert_eq!((&reviews[0]["state"], &reviews[0]["user"]["login"]), (&"APPROVED".into(), &"ana".into()));
    let (_, status) = ask(&forge, "GET", &format!("repos/ops/fleet/commits/{commit}/status"), Value::Null).await;
    assert_eq!((&status["state"], &status["total_count"]), (&"success".into(), &1.into()));
    let (code, closed) = ask(&forge, "PATCH", "repos/ops/fleet/pulls/1", json!({"state": "closed"})).await;
    assert_eq!((code, &closed["state"], &closed["merged"]), (200, &"closed".into(), &false.into()));
    let (_, open) = ask(&forge, "GET", "repos/ops/fleet/pulls", Value::Null).await;
    assert_eq!(open, json!([]));
}

#[tokio::test(start_paused = true)]
async fn the_hints_work_and_one_key_hides_them_for_good() {
    let settings = Settings { theme: "dark".into(), guide: true, ..Settings::default() };
    let mut deck = Driver::demo(company(), 80, 24, Depth::True, settings).await;
    deck.shows("! what fails").shows("^g hide");

    // they block nothing: what they name is done by the keys that they name
    deck.keys("! d").await.shows("  state         ✗ Failed").shows("! what fails");
    deck.keys("esc : \"ctx_staging\" enter").await.shows("staging ›").shows("! what fails");
    deck.keys("ctrl-g").await.hides("what fails");
    deck.keys(": \"ctx_production\" enter").await.hides("what fails");
}

#[tokio::test(start_paused = true)]
async fn who_keeps_his_demo_dismisses_the_hints_once() {
    let kept = tempfile::tempdir().expect("a directory");
    let company = Arc::new(Company::driven(RunDirectory::kept(kept.path()), "2026-11-21T08:00:00Z".parse().expect("a time")));
    assert!(company.gives_hints());
    let settings = Settings { theme: "dark".into(), guide: true, ..Settings::default() };
    let mut deck = Driver::demo(company.clone(), 80, 24, Depth::True, settings).await;
    deck.keys("ctrl-g").await.hides("what fails");
    assert!(!company.gives_hints(), "nor does the next run with this directory");

    let passing = self::company();
    passing.dismiss();
    assert!(passing.gives_hints(), "nothing is left behind");
}

#[tokio::test]
async fn what_image_automation_pushed_can_be_proposed() {
    let company = company();
    let forge = company.forge().expect("a forge");
    let new = json!({"title": "frontend 1.5.0", "head": "image-updates", "base": "main"});
    let (code, pull) = ask(&forge, "POST", "repos/ops/fleet/pulls", new).await;
    assert_eq!((code, &pull["mergeable_state"], &pull["commits"]), (201, &"clean".into(), &1.into()), "{pull}");

    let (_, files) = ask(&forge, "GET", "repos/ops/fleet/pulls/1/files", Value::Null).await;
    let changed: Vec<_> = files.as_array().into_iter().flatten().map(|file| file["filename"].clone()).collect();
    assert_eq!(changed, ["flux/apps/production/web/kustomization.yaml", "flux/apps/staging/web/kustomization.yaml"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_tag_is_scanned_chosen_pushed_proposed_and_rolled_out() {
    let company = company();
    let world = company.enter("production").expect("a context").world;
    let image = |kind: &str, plural: &str| flux(&world, "image.toolkit.fluxcd.io", kind, plural);
    let repositories = image("ImageRepository", "imagerepositories");
    let automations = image("ImageUpdateAutomation", "imageupdateautomations");
    let pushed = |object: DynamicObject| object.data["status"]["lastPushCommit"].as_str().expect("a commit").to_owned();
    let before = pushed(automations.get("fleet").await.expect("the automation"));

    world.advance(Duration::from_secs(121));
    let request = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "1"}}});
    repositories.patch("frontend", &PatchParams::default(), &Patch::Merge(&request)).await.expect("patched");
    world.advance(Duration::from_secs(5));

    let scanned = repositories.get("frontend").await.expect("the repository");
    assert_eq!(scanned.data["status"]["lastScanResult"]["latestTags"][0], "1.5.1");
    assert!(ready(&scanned).2.starts_with("successful scan: found 5 tags"), "{:?}", ready(&scanned));
    let policy = image("ImagePolicy", "imagepolicies").get("frontend").await.expect("the policy");
    assert!(
        ready(&policy).2.ends_with("resolved to 1.5.1 (previously forge.example.test/ops/frontend:1.5.0)"),
        "{:?}",
        ready(&policy)
    );
    let automation = automations.get("fleet").await.expect("the automation");
    assert_eq!(automation.data["status"]["observedPolicies"]["frontend"]["tag"], "1.5.1");
    assert_ne!(pushed(automation), before);

    let forge = company.forge().expect("a forge");
    let new = json!({"title": "frontend 1.5.1", "head": "image-updates", "base": "main"});
    let (code, pull) = ask(&forge, "POST", "repos/ops/fleet/pulls", new).await;
    assert_eq!((code, &pull["mergeable_state"], &pull["commits"]), (201, &"clean".into(), &1.into()), "{pull}");
    let (code, merged) = ask(&forge, "PUT", &format!("repos/ops/fleet/pulls/{}/merge", pull["number"]), json!({})).await;
    assert_eq!(code, 200, "{merged}");
    reconcile(&world, "1").await;
    let deployments =
        Api::<Deployment>::all(world.client(&User::admin())).list(&ListParams::default()).await.expect("deployments");
    let images = deployments.iter().filter_map(|deployment| {
        let spec = deployment.spec.template.spec.as_ref()?;
        spec.containers.iter().find_map(|container| container.image.as_deref().filter(|image| image.contains("/ops/frontend")))
    });
    assert_eq!(images.collect::<Vec<_>>(), ["forge.example.test/ops/frontend:1.5.1"]);
}

#[tokio::test(start_paused = true)]
async fn an_act_says_whether_git_sets_what_it_changes() {
    let mut deck = Driver::demo(company(), 120, 40, Depth::True, Settings::default()).await;
    deck.keys(": \"deploy_web_/web/frontend\" enter s").await;
    deck.shows("spec.replicas is set in git (by kustomize-controller)").shows("change it in git");
    // nothing in git says whether it is suspended: there is nothing to warn of
    deck.keys("esc : \"ks_flux-system_/apps\" enter s")
        .await
        .shows("suspend Kustomization flux-system/apps")
        .hides("could not check");
}
