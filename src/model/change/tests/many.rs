//! Several objects in one change: each in its own file and layer, each proven on what the ones before left.

use super::super::{ChangePlan, PlanOutcome};
use super::{ChangeScope, TestRepo};

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: ./clusters/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

fn kustomization(name: &str) -> String {
    ROOT.replace("name: flux-system, namespace", &format!("name: {name}, namespace"))
        .replace("./clusters/prod", &format!("./{name}"))
}

fn deployment(name: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: web}}\nspec:\n  replicas: 2 # {name}\n")
}

fn repo() -> TestRepo {
    let (apps, tools) = (kustomization("apps"), kustomization("tools"));
    let files = [
        ("clusters/prod/root.yaml", ROOT),
        ("clusters/prod/apps.yaml", &apps),
        ("clusters/prod/tools.yaml", &tools),
        ("apps/web.yaml", &format!("{}---\n{}", deployment("web"), deployment("api"))),
        ("tools/job.yaml", &deployment("job")),
    ];
    TestRepo::of(&files, ChangeScope::Any)
}

fn objects(plan: &ChangePlan) -> Vec<String> {
    plan.done.iter().filter_map(|done| done.of.as_ref()).map(ToString::to_string).collect()
}

#[test]
fn each_object_is_changed_where_it_is_set_and_nothing_else() {
    let repo = repo();
    let plan = repo.planned("deploy/web deploy/job deploy/api", &["spec.replicas=5"]);
    assert_eq!(plan.object, "Deployment web/web and 2 more");
    assert_eq!(objects(&plan), ["Deployment web/web", "Deployment web/job", "Deployment web/api"]);
    assert_eq!(
        repo.lines(&plan),
        [
            "apps/web.yaml:-  replicas: 2 # web",
            "apps/web.yaml:----",
            "apps/web.yaml:-apiVersion: apps/v1",
            "apps/web.yaml:-kind: Deployment",
            "apps/web.yaml:-metadata: {name: api, namespace: web}",
            "apps/web.yaml:-spec:",
            "apps/web.yaml:-  replicas: 2 # api",
            "apps/web.yaml:+  replicas: 5 # web",
            "apps/web.yaml:+---",
            "apps/web.yaml:+apiVersion: apps/v1",
            "apps/web.yaml:+kind: Deployment",
            "apps/web.yaml:+metadata: {name: api, namespace: web}",
            "apps/web.yaml:+spec:",
            "apps/web.yaml:+  replicas: 5 # api",
            "tools/job.yaml:-  replicas: 2 # job",
            "tools/job.yaml:+  replicas: 5 # job",
        ]
    );
    assert!(plan.done.iter().all(|done| done.proof.inside.is_empty() && done.proof.elsewhere.is_empty()));
}

#[test]
fn one_that_has_the_value_is_left_alone_and_one_that_is_not_there_stops_all() {
    let repo = repo();
    let plan = repo.planned("deploy/web deploy/job", &["spec.paused=true"]);
    assert_eq!(objects(&plan).len(), 2);
    let error = repo.plan("deploy/web deploy/gone", &["spec.replicas=5"]).expect_err("one is missing");
    assert!(error.message.contains("gone"), "{error}");
    assert!(matches!(repo.plan("deploy/web deploy/job", &["spec.replicas=2"]), Ok(PlanOutcome::Nothing { .. })));
}
