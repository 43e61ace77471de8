//! The switches of Flux v1: annotations of workloads and releases, and what a release takes.

use super::{ran_on, read};
use crate::change::tests::TestRepo;
use crate::change::{ChangePlan, ChangeScope, ChangeSetting, PlanOutcome, WantedChange, WantedField};
use crate::forms::Clock;
use crate::playbooks::{ALL, PresentState, find};

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  path: ./clusters/prod
  sourceRef: {kind: GitRepository, name: flux-system}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system}
";

const PODS: &str = "spec:
  template:
    spec:
      containers:
      - name: app
        image: registry.test/app:1.4.0
";

/// Its annotations, as flow style has them.
fn workload(kind: &str, name: &str, annotations: &str) -> String {
    let annotations = if annotations.is_empty() { String::new() } else { format!("  annotations:\n{annotations}") };
    format!("apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: web\n{annotations}{PODS}---\n")
}

const RELEASES: &str = "apiVersion: helm.fluxcd.io/v1
kind: HelmRelease
metadata:
  name: billing
  namespace: web
  annotations:
    repository.fluxcd.io/sidecar: side.name
    filter.fluxcd.io/worker: glob:2.* # for now
spec:
  chart:
    repository: https://charts.example.test/
    name: billing
    version: 3.1.0 # tried
  valuesFrom:
  - configMapKeyRef: {name: defaults, namespace: shared, key: all.yaml}
  values:
    image: registry.test/billing:3.1.0
    worker:
      image: {repository: registry.test/worker, tag: 2.0.1}
    side: {name: registry.test/side}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: defaults, namespace: shared}
data:
  all.yaml: |
    port: 80
---
apiVersion: v1
kind: ConfigMap
metadata: {name: defaults, namespace: web}
data:
  all.yaml: |
    port: 81
---
apiVersion: flux.weave.works/v1beta1
kind: HelmRelease
metadata: {name: mailer, namespace: web}
spec:
  chart: {git: \"ssh://git@example.test/charts\", ref: master, path: charts/mailer}
---
apiVersion: helm.integrations.flux.weave.works/v1alpha2
kind: FluxHelmRelease
metadata: {name: archive, namespace: web}
spec: {chartGitPath: archive, values: {size: 1}}
";

fn repo() -> TestRepo {
    let apps = [
        workload("Deployment", "plain", ""),
        workload("StatefulSet", "old", "    flux.weave.works/automated: 'true'\n    flux.weave.works/tag.app: glob:1.*\n"),
        workload("DaemonSet", "held", "    fluxcd.io/locked: \"true\"\n    fluxcd.io/locked_msg: until Friday # Ana\n"),
        workload(
            "Deployment",
            "both",
            "    team: web\n    fluxcd.io/automated: \"false\"\n    flux.weave.works/automated: \"true\"\n",
        ),
    ];
    let apps = format!("{}{RELEASES}", apps.concat());
    TestRepo::of(&[("clusters/prod/root.yaml", ROOT), ("apps/apps.yaml", &apps)], ChangeScope::Any)
}

fn planned(repo: &TestRepo, name: &str, object: &str, set: &[&str]) -> ChangePlan {
    let playbook = find(name).expect(name);
    let settings: Vec<_> = set.iter().map(|text| ChangeSetting::set(*text)).collect();
    let assigned = playbook.read(&settings, &Clock::BEGINNING).expect("it is read");
    match repo.plan_wanted(object, &|built| playbook.wanted_of(&assigned, built)) {
        Ok(PlanOutcome::Planned(plan)) => plan,
        other => panic!("{name} {object}: {other:?}"),
    }
}

fn ran(name: &str, object: &str, set: &[&str]) -> std::result::Result<Vec<String>, String> {
    let lines = ran_on(&repo(), name, object, set)?;
    Ok(lines.iter().map(|line| line.trim_start_matches("apps/apps.yaml:").to_owned()).collect())
}

/// A switch, an object, what is set, and the lines that go and come.
type Switched = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

fn switched(rows: &[Switched]) {
    let mut wrong = Vec::new();
    for (name, object, set, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        let found = ran(name, object, set);
        if found != Ok(expected) {
            wrong.push(format!("{name} {object} {set:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_switch_writes_the_annotations_that_flux_v1_reads() {
    switched(&[
        ("automate", "deploy/plain", &[], &["+  annotations:", "+    fluxcd.io/automated: \"true\""]),
        // with the last annotation the map goes; what is not of Flux v1 stays
        (
            "automate",
            "deploy/both",
            &["automated=off"],
            &["-    fluxcd.io/automated: \"false\"", "-    flux.weave.works/automated: \"true\""],
        ),
        (
            "automate",
            "deploy/both",
            &["automated=on"],
            &["-    fluxcd.io/automated: \"false\"", "+    fluxcd.io/automated: \"true\""],
        ),
        (
            "lock",
            "deploy/plain",
            &["message=index rebuild: until Friday", "user=Ana"],
            &[
                "+  annotations:",
                "+    fluxcd.io/locked: \"true\"",
                "+    fluxcd.io/locked_msg: \"index rebuild: until Friday\"",
                "+    fluxcd.io/locked_user: Ana",
            ],
        ),
        ("lock", "sts/old", &[], &["+    flux.weave.works/locked: \"true\""]),
        (
            "lock",
            "ds/held",
            &["message=until Monday"],
            &["-    fluxcd.io/locked_msg: until Friday # Ana", "+    fluxcd.io/locked_msg: until Monday # Ana"],
        ),
        ("lock", "ds/held", &["message="], &["-    fluxcd.io/locked_msg: until Friday # Ana"]),
        (
            "lock",
            "ds/held",
            &["locked=off"],
            &["-  annotations:", "-    fluxcd.io/locked: \"true\"", "-    fluxcd.io/locked_msg: until Friday # Ana"],
        ),
        ("ignore", "ds/held", &["ignored=sync_only"], &["+    fluxcd.io/ignore: sync_only"]),
        ("ignore", "deploy/plain", &[], &["+  annotations:", "+    fluxcd.io/ignore: \"true\""]),
        (
            "automate",
            "hr.flux.weave.works/mailer",
            &[],
            &[
                "-metadata: {name: mailer, namespace: web}",
                "+metadata: {name: mailer, namespace: web, annotations: {fluxcd.io/automated: \"true\"}}",
            ],
        ),
    ]);
}

#[test]
fn a_tag_filter_is_written_under_the_prefix_that_the_object_uses() {
    switched(&[
        ("tag-filter", "deploy/plain", &["pattern=1.4.*"], &["+  annotations:", "+    fluxcd.io/tag.app: glob:1.4.*"]),
        (
            "tag-filter",
            "sts/old",
            &["pattern=semver:~1.4"],
            &["-    flux.weave.works/tag.app: glob:1.*", "+    flux.weave.works/tag.app: semver:~1.4"],
        ),
        ("tag-filter", "sts/old", &["pattern="], &["-    flux.weave.works/tag.app: glob:1.*"]),
        (
            "tag-filter",
            "hr.helm.fluxcd.io/billing",
            &["container=worker", "pattern=regexp:^2[.]"],
            &["-    filter.fluxcd.io/worker: glob:2.* # for now", "+    filter.fluxcd.io/worker: regexp:^2[.] # for now"],
        ),
        // the only prefix that it uses
        (
            "tag-filter",
            "hr.helm.fluxcd.io/billing",
            &["container=chart-image", "pattern=semver:3.x"],
            &["+    filter.fluxcd.io/chart-image: semver:3.x"],
        ),
        (
            "tag-filter",
            "hr.helm.fluxcd.io/billing",
            &["container=sidecar", "pattern=*"],
            &["+    filter.fluxcd.io/sidecar: glob:*"],
        ),
    ]);
}

/// The manifests of the repository, as JSON.
fn manifests(repo: &TestRepo) -> Vec<serde_json::Value> {
    use crate::render::read::{TextPlace, documents};
    let bytes = repo.text("apps/apps.yaml");
    let all = documents(bytes.as_bytes(), &TextPlace::file(&"apps/apps.yaml".into(), crate::render::Layer::Resource));
    all.expect("YAML").iter().map(|one| crate::render::write::json(one).expect("JSON")).collect()
}

#[test]
fn what_a_switch_did_is_taken_back() {
    for (name, object, set) in [
        ("automate", "deploy/plain", &[][..]),
        ("automate", "deploy/both", &["automated=off"]),
        ("lock", "sts/old", &["message=until Friday", "user=Ana"]),
        ("lock", "ds/held", &["locked=off"]),
        ("ignore", "hr.flux.weave.works/mailer", &["ignored=sync_only"]),
        ("tag-filter", "hr.helm.fluxcd.io/billing", &["container=worker", "pattern="]),
    ] {
        let repo = repo();
        let plan = planned(&repo, name, object, set);
        let files = ["clusters/prod/root.yaml", "apps/apps.yaml"];
        let changed = repo.after(&plan, &files);
        assert_ne!(manifests(&changed), manifests(&repo), "{name} {object}");
        let back: Vec<_> =
            TestRepo::inverse(&plan).iter().map(|setting| WantedField::read(setting).expect("it can be read")).collect();
        match changed.plan_wanted(object, &|_| Ok(WantedChange::Own(back.clone()))) {
            Ok(PlanOutcome::Planned(plan)) => {
                assert_eq!(manifests(&changed.after(&plan, &files)), manifests(&repo), "{name} {object}");
            }
            other => panic!("{name} {object}: {other:?}"),
        }
    }
}

#[test]
fn chart_and_values_of_a_release_of_flux_v1_change_where_it_says_them() {
    for (name, object, set, expected) in [
        (
            "update-chart-version",
            "hr.helm.fluxcd.io/billing",
            "version=3.2.0",
            &["-    version: 3.1.0 # tried", "+    version: 3.2.0 # tried"][..],
        ),
        (
            "update-chart-version",
            "hr.flux.weave.works/mailer",
            "version=release/2",
            &[
                "-  chart: {git: \"ssh://git@example.test/charts\", ref: master, path: charts/mailer}",
                "+  chart: {git: \"ssh://git@example.test/charts\", ref: release/2, path: charts/mailer}",
            ],
        ),
        (
            "update-values",
            "hr.helm.fluxcd.io/billing",
            "worker.image.tag=2.0.2",
            &[
                "-      image: {repository: registry.test/worker, tag: 2.0.1}",
                "+      image: {repository: registry.test/worker, tag: 2.0.2}",
            ],
        ),
        // by the entry's own namespace
        ("update-values", "hr.helm.fluxcd.io/billing", "port=8080", &["-    port: 80", "+    port: 8080"]),
        (
            "update-values",
            "fhr/archive",
            "size=2",
            &["-spec: {chartGitPath: archive, values: {size: 1}}", "+spec: {chartGitPath: archive, values: {size: 2}}"],
        ),
    ] {
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(ran(name, object, &[set]), Ok(expected), "{name} {object} {set}");
    }
}

#[test]
fn what_a_switch_cannot_mean_is_refused_with_a_reason() {
    for (name, object, set, expected) in [
        ("automate", "deploy/plain", &["automated=off"][..], "Deployment web/plain is not automated in git"),
        ("automate", "sts/old", &[], "StatefulSet web/old is automated in git already"),
        ("automate", "ks/apps", &[], "Kustomization flux-system/apps has no images that Flux v1 would update"),
        ("lock", "ks/apps", &[], "has no images that Flux v1 would update"),
        ("tag-filter", "ks/apps", &["pattern=1.*"], "has no images that Flux v1 would update"),
        ("automate", "sts/old", &["automated=perhaps"], "is not a valid automated"),
        ("lock", "ds/held", &["message=until Friday"], "is locked in git already, with these words"),
        ("lock", "deploy/plain", &["locked=off"], "is not locked in git"),
        ("ignore", "deploy/plain", &["ignored=off"], "is not ignored in git"),
        ("tag-filter", "deploy/plain", &["pattern=semver:one"], "`one` is not a range of versions"),
        ("tag-filter", "deploy/plain", &["pattern=semver:"], "`` is not a range of versions"),
        ("tag-filter", "deploy/plain", &["pattern=regexp:(1"], "`(1` is not a regular expression"),
        ("tag-filter", "deploy/plain", &["pattern=sem:1.x"], "begins with none of glob:, semver: and regexp:"),
        ("tag-filter", "deploy/plain", &["pattern=glob:1.[45]"], "tags have no `[`"),
        ("tag-filter", "deploy/plain", &["pattern=glob:"], "the pattern is empty"),
        ("tag-filter", "deploy/plain", &["pattern=1.*", "container=side"], "has no container `side`: there are app"),
        ("tag-filter", "deploy/plain", &["pattern="], "has no filter for app in git"),
        ("tag-filter", "deploy/plain", &[], "no pattern"),
        ("tag-filter", "hr.helm.fluxcd.io/billing", &["pattern=1.*"], "has several containers: "),
        ("tag-filter", "hr.flux.weave.works/mailer", &["pattern=1.*"], "names no image"),
        ("update-chart-version", "fhr/archive", &["version=2"], "names no chart"),
    ] {
        let why = ran(name, object, set).expect_err(name);
        assert!(why.contains(expected), "{name} {object} {set:?}: {why}");
    }
}

/// A review says it where nobody reads what is written; where somebody may, it is silent.
#[test]
fn that_nothing_reads_an_annotation_is_said_where_git_runs_flux_v2_alone() {
    let flux = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: flux, namespace: flux}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: flux, image: \"docker.io/fluxcd/flux:1.25.4\", args: [--git-url=x]}\n";
    let operator = flux
        .replace("fluxcd/flux:1.25.4", "fluxcd/helm-operator:1.4.4")
        .replace("name: flux, namespace", "name: operator, namespace");
    let web = workload("Deployment", "web", "");
    let of = |more: &str, root: &str, name: &str, object: &str, set: &[&str]| {
        let repo = TestRepo::of(
            &[("clusters/prod/root.yaml", root), ("apps/web.yaml", &format!("{web}{RELEASES}---\n{more}"))],
            ChangeScope::Any,
        );
        planned(&repo, name, object, set).cautions.iter().map(|caution| caution.text.clone()).collect::<Vec<_>>()
    };
    let locked = "fluxcd.io/locked and fluxcd.io/locked_user of Deployment web/web: Flux v2 ignores them, and git applies no Flux v1 to the \
                  cluster that would read them; in Flux v2 the ImageUpdateAutomation of its image is suspended";
    assert_eq!(of("", ROOT, "lock", "deploy/web", &["user=Ana"]), [locked]);
    let ignored = of("", ROOT, "ignore", "deploy/web", &[]);
    assert!(ignored[0].ends_with("in Flux v2 it is `kustomize.toolkit.fluxcd.io/reconcile: disabled`"), "{ignored:?}");
    assert_eq!(of(flux, ROOT, "lock", "deploy/web", &["user=Ana"]), [""; 0]);
    // what is taken out means nothing to anybody
    assert_eq!(of("", ROOT, "tag-filter", "hr.helm.fluxcd.io/billing", &["container=worker", "pattern="]), [""; 0]);
    let released = of("", ROOT, "update-chart-version", "hr.helm.fluxcd.io/billing", &["version=3.1.1"]);
    assert!(released.len() == 1 && released[0].contains("git applies no helm-operator to the cluster"), "{released:?}");
    assert_eq!(of(&operator, ROOT, "update-chart-version", "hr.helm.fluxcd.io/billing", &["version=3.1.1"]), [""; 0]);
}

#[test]
fn who_has_nothing_of_flux_v1_is_offered_none_of_its_switches() {
    let object = |annotations: serde_json::Value| {
        let body = serde_json::json!({"metadata": {"annotations": annotations}});
        crate::kinds::testing::read(crate::kinds::DEPLOYMENT, &body)
    };
    let plain = object(serde_json::json!({}));
    let old = object(serde_json::json!({"flux.weave.works/automated": "true", "fluxcd.io/tag.web": "glob:1.*"}));
    let switches: Vec<_> = ALL.iter().filter(|playbook| (playbook.present)(&plain).is_off_topic).collect();
    assert_eq!(switches.iter().map(|playbook| playbook.name).collect::<Vec<_>>(), ["automate", "lock", "ignore", "tag-filter"]);
    for playbook in switches {
        let expected = PresentState { text: "automated, web=glob:1.*".to_owned(), ..PresentState::default() };
        assert_eq!((playbook.present)(&old), expected);
        for kind in crate::kinds::ALL.iter().filter(|kind| (playbook.offers)(kind).is_ok()) {
            assert!(kind.columns.iter().any(|column| matches!(column, crate::kinds::Column::Wide("POLICY", _))), "{kind:?}");
        }
    }
}

#[test]
fn answers_are_read_as_they_are_written() {
    assert_eq!(read("lock", &[]), Ok(vec![("metadata.annotations['fluxcd.io/locked']".to_owned(), "true".to_owned())]));
    assert_eq!(read("lock", &["locked=maybe"]).expect_err("a switch").exit_code(), 2);
}
