//! What others are asked about a change, and what their answers come to.

use std::sync::Arc;

use super::super::outside::Outside;
use super::super::{ChangePlan, CheckResult};
use super::{ChangeScope, TestRepo};
use crate::domain::dry_run::DryRunAnswer;
use crate::domain::published::{Catalogue, Published, PublishedVersion, TOO_LONG};

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: ./clusters/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./apps\n  serviceAccountName: deployer\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - {name: web, image: \"registry.test:5000/web:1.4.0\"}\n";
const CHART: &str = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: flux-system}\nspec: {url: https://charts.test}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: web}\nspec:\n  chart: {spec: {chart: postgres, version: 1.x, sourceRef: {kind: HelmRepository, name: charts, namespace: flux-system}}}\n";
const IMAGE: &str = "spec.template.spec.containers[name=web].image";

fn planned(apps: &str, web: &str, object: &str, set: &str) -> ChangePlan {
    let files =
        [("clusters/prod/root.yaml", ROOT), ("clusters/prod/apps.yaml", apps), ("apps/web.yaml", web), ("apps/db.yaml", CHART)];
    TestRepo::of(&files, ChangeScope::Any).planned(object, &[set])
}

fn scaled(apps: &str, web: &str) -> Outside {
    planned(apps, web, "deploy/web", "spec.replicas=3").outside
}

#[test]
fn the_api_server_is_asked_about_what_changes_as_flux_would_apply_it() {
    let outside = scaled(APPS, WEB);
    assert_eq!(outside.by, Some(("flux-system/apps".to_owned(), "apps".to_owned())));
    let [run] = &outside.dry_runs[..] else { panic!("{outside:?}") };
    assert_eq!((run.object.as_str(), &*run.gk.group, run.version.as_str()), ("Deployment web/web", "apps", "v1"));
    assert_eq!((run.namespace.as_str(), run.name.as_str()), ("web", "web"));
    let body: serde_json::Value = serde_json::from_str(&run.body).expect("JSON");
    assert_eq!(body["spec"]["replicas"], 3);
    assert_eq!(body["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "apps");
    assert_eq!((run.account.as_deref(), run.is_forced), (Some("flux-system/deployer"), false));
    assert!(outside.left_out.is_empty() && outside.named.is_empty());
}

#[test]
fn what_it_could_not_judge_is_left_out_with_the_reason() {
    let with = |line: &str| APPS.replace("  path: ./apps\n", &format!("  path: ./apps\n{line}"));
    let marked = |line: &str| WEB.replace("namespace: web}", &format!("namespace: web, {line}}}"));
    for (apps, web, expected) in [
        (
            with("  kubeConfig: {secretRef: {name: far}}\n"),
            WEB.to_owned(),
            "its Kustomization applies to another cluster (spec.kubeConfig)",
        ),
        (
            APPS.to_owned(),
            marked("annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}"),
            "Flux leaves it alone (kustomize.toolkit.fluxcd.io/reconcile: disabled)",
        ),
        (
            with("  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n"),
            marked("labels: {zone: \"${zone}\"}"),
            "only the cluster knows zone",
        ),
    ] {
        let outside = scaled(&apps, &web);
        assert!(outside.dry_runs.is_empty(), "{outside:?}");
        let [left] = &outside.left_out[..] else { panic!("{outside:?}") };
        assert_eq!((left.object.as_str(), left.why.as_str()), ("Deployment web/web", expected));
        let [check] = &outside.begun(Ok(()), Ok(()), Ok(()))[..] else { panic!("one check") };
        assert_eq!((check.result, check.why.as_str()), (CheckResult::NotRun, format!("Deployment web/web: {expected}").as_str()));
    }
    let forced = scaled(&with("  force: true\n"), WEB);
    assert!(forced.dry_runs[0].is_forced);
}

#[test]
fn a_tick_is_only_for_what_was_asked_about_whole() {
    let outside = scaled(APPS, WEB);
    let begun = outside.begun(Ok(()), Ok(()), Ok(()));
    assert_eq!(
        begun.iter().map(|check| (&*check.name, check.result)).collect::<Vec<_>>(),
        [("server-side dry run", CheckResult::UnderWay)]
    );
    let unasked = outside.begun(Err("read-only"), Ok(()), Ok(()));
    assert_eq!((unasked[0].result, unasked[0].why.as_str()), (CheckResult::NotRun, "read-only"));
    let not_asked = || DryRunAnswer::NotAsked("you may not patch deployments".to_owned());
    let refused = || DryRunAnswer::Refused("no".to_owned());
    for (answer, result, why) in [
        (
            DryRunAnswer::Taken,
            CheckResult::Passed,
            "1 object would be taken, asked as you, where Flux applies as flux-system/deployer",
        ),
        (not_asked(), CheckResult::NotRun, "Deployment web/web: you may not patch deployments"),
        (refused(), CheckResult::Failed, "Deployment web/web: no"),
    ] {
        let check = outside.dry_run(vec![answer]);
        assert_eq!((check.result, check.why.as_str()), (result, why));
    }
    let mut forced = outside.clone();
    forced.dry_runs[0].is_forced = true;
    let check = forced.dry_run(vec![refused()]);
    assert_eq!(check.result, CheckResult::NotRun, "{}", check.why);
    assert!(check.why.contains("delete it and create it again"), "{}", check.why);
    let mut two = outside.clone();
    two.dry_runs.push(outside.dry_runs[0].clone());
    let check = two.dry_run(vec![DryRunAnswer::Taken, not_asked()]);
    assert_eq!(check.result, CheckResult::NotRun);
    assert!(check.why.starts_with("1 object would be taken; not asked: "), "{}", check.why);
}

/// The manager that keeps a field is named, with the live act that ends it where there is one.
#[test]
fn a_field_that_another_manager_keeps_is_said_with_who_and_what_ends_it() {
    let outside = scaled(APPS, WEB);
    for (field, owners, expected) in [
        (
            "spec.suspend",
            &["kubectl"][..],
            "spec.suspend stays in the cluster, for kubectl owns it too: resume it in the cluster, once this is merged (r)",
        ),
        (
            "spec.replicas",
            &["flux", "kubectl"],
            "spec.replicas stays in the cluster, for flux and kubectl own it too: set it in the cluster, once this is merged (a)",
        ),
        (
            "spec.paused",
            &["kubectl"],
            "spec.paused stays in the cluster, for kubectl owns it too: kubectl has to give it up: take it out in the cluster too, \
             or set it in git to what it is to be",
        ),
    ] {
        let owners = owners.iter().map(|&owner| owner.to_owned()).collect();
        let check = outside.dry_run(vec![DryRunAnswer::Kept { field: field.to_owned(), owners }]);
        assert_eq!((check.result, check.why), (CheckResult::Failed, format!("Deployment web/web: {expected}")));
    }
}

fn offered(names: &str, is_whole: bool) -> Arc<Published> {
    let versions = names.split_whitespace().map(PublishedVersion::named).collect();
    let cut = (!is_whole).then_some(TOO_LONG);
    Arc::new(Published { cut, ..Published::new(versions, jiff::Timestamp::UNIX_EPOCH) })
}

#[test]
fn a_registry_is_asked_for_what_was_not_named_before() {
    let outside = planned(APPS, WEB, "deploy/web", &format!("{IMAGE}=registry.test:5000/web:1.5.0")).outside;
    let [named] = &outside.named[..] else { panic!("{outside:?}") };
    assert_eq!((named.object.as_str(), named.version.as_str()), ("Deployment web/web", "1.5.0"));
    assert_eq!(named.from, Ok(Catalogue::Tags { name: "registry.test:5000/web".to_owned(), is_plain: false }));
    for (answer, result, why) in [
        (Ok(offered("1.5.0 1.4.0", true)), CheckResult::Passed, "registry.test:5000/web 1.5.0"),
        (
            Ok(offered("1.4.2 latest", true)),
            CheckResult::Failed,
            "Deployment web/web names registry.test:5000/web 1.5.0, which was not published; the newest is 1.4.2",
        ),
        (
            Ok(offered("1.4.2", false)),
            CheckResult::NotRun,
            "registry.test:5000/web 1.5.0: the list is too long to be read whole; the newest listed is 1.4.2",
        ),
        (Err("it wants a login".to_owned()), CheckResult::NotRun, "registry.test:5000/web 1.5.0: it wants a login"),
    ] {
        let check = outside.published(vec![answer]);
        assert_eq!((&*check.name, check.result, check.why.as_str()), ("published", result, why));
    }
    let digest = planned(APPS, WEB, "deploy/web", &format!("{IMAGE}=registry.test:5000/web@sha256:0a1b")).outside;
    assert!(digest.named.is_empty(), "a digest says itself what it is");
}

#[test]
fn a_repository_of_charts_is_asked_for_a_version_or_a_range() {
    let outside = planned(APPS, WEB, "hr/db", "spec.chart.spec.version=2.x").outside;
    let [named] = &outside.named[..] else { panic!("{outside:?}") };
    let (url, chart) = ("https://charts.test".to_owned(), "postgres".to_owned());
    assert_eq!(named.from, Ok(Catalogue::Chart { url, is_plain: false, chart }));
    let check = outside.published(vec![Ok(offered("1.9.0 2.3.1", true))]);
    assert_eq!((check.result, check.why.as_str()), (CheckResult::Passed, "chart postgres 2.x: 2.3.1"));
    let check = outside.published(vec![Ok(offered("1.9.0", true))]);
    let why = "HelmRelease web/db names chart postgres 2.x, which was not published; the newest is 1.9.0";
    assert_eq!((check.result, check.why.as_str()), (CheckResult::Failed, why));
}
