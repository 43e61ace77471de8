//! HelmReleases before and after a change, rendered by the real helm: with a chart in the repository, which needs no bed, and with charts of
//! the bed's registry.

use std::path::{Path, PathBuf};

use crate::harness::trials;
use crate::shop::{DEPLOYMENT, Shop, git, open, user};
use crate::support::bed;
use crate::support::program::{Fluxdeck, Ran};

const CHART: &str = "apiVersion: v2\nname: small\nversion: 1.0.0\n";
const TEMPLATE: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data:
  size: {{ if gt (int .Values.size) 5 }}{{ fail \"at most 5\" }}{{ end }}{{ .Values.size | quote }}
  host: {{ .Values.host | quote }}
  made-up: {{ randAlphaNum 12 | quote }}
  upgrade: {{ .Release.IsUpgrade | quote }}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
stringData: {password: {{ .Values.password | quote }}}
";
const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: db, namespace: web}
spec:
  interval: 1h
  targetNamespace: data
  chart: {spec: {chart: ./charts/small, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  valuesFrom: [{kind: ConfigMap, name: db-values}]
  values:
    size: 1
    password: PLANTED1
---
apiVersion: v1
kind: ConfigMap
metadata: {name: db-values, namespace: web}
data:
  values.yaml: |
    host: a.test
    size: 9
";
const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1h, path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1h, url: https://git.example.test/fleet}
";

/// The folder of a helm: of the user, else of the bed. A trial without one is ignored, by name.
fn helm() -> PathBuf {
    let places = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let cache = std::env::var_os("FLUXDECK_BED_CACHE").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?.join("fluxdeck-bed"))
    });
    let built =
        cache.into_iter().flat_map(|cache| std::fs::read_dir(cache).into_iter().flatten().flatten()).map(|entry| entry.path());
    let found = places.into_iter().chain(built).find(|folder| folder.join("helm").is_file());
    found.unwrap_or_else(|| bed::skip("there is no helm, neither of the user nor of the bed"))
}

/// A user with a helm, and a checkout of these files with a remote.
fn desk(files: &[(&str, &str)]) -> Fluxdeck {
    let path = format!("{}:{}", std::env::var("PATH").unwrap_or_default(), helm().display());
    let user = Fluxdeck::new().set("GIT_CONFIG_NOSYSTEM", "1").set("PATH", &path);
    user.write(".gitconfig", "[user]\n\tname = Ana\n\temail = ana@example.com\n");
    let (folder, remote) = (user.file("fleet"), user.file("remote.git"));
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    git(&user.file(""), &["init", "-q", "--bare", &remote.display().to_string()]);
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "-A"]);
    git(&folder, &["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit", "-q", "-m", "fleet"]);
    git(&folder, &["remote", "add", "origin", &remote.display().to_string()]);
    git(&folder, &["push", "-q", "origin", "HEAD:main"]);
    user
}

fn fleet() -> Fluxdeck {
    desk(&[
        ("clusters/prod/root.yaml", ROOT),
        ("clusters/prod/db.yaml", RELEASE),
        ("charts/small/Chart.yaml", CHART),
        ("charts/small/templates/all.yaml", TEMPLATE),
    ])
}

fn changed(user: &Fluxdeck, object: &str, set: &str) -> Ran {
    let folder = user.file("fleet").display().to_string();
    user.run(&["run", "set-field", object, "-n", "web", "--set", set, "--repo", &folder, "--base", "main", "--push-only"])
}

fn said(ran: &Ran, check: &str) -> String {
    let line = ran.err.lines().find(|line| line.split_whitespace().any(|word| word == format!("{check}:")));
    line.unwrap_or_else(|| panic!("no {check}: {ran:?}")).to_owned()
}

fn a_value_changes_the_objects_of_a_chart_in_the_repository() {
    let user = fleet();
    let ran = changed(&user, "hr/db", "spec.values.size=2");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(said(&ran, "helm"), "passed      helm: HelmRelease web/db: 1 ConfigMap changes");
    let ran = changed(&user, "hr/db", "spec.values.password=PLANTED2");
    assert_eq!(said(&ran, "helm"), "passed      helm: HelmRelease web/db: 1 Secret changes");
    assert!(!ran.err.contains("PLANTED2") || ran.err.contains("spec.values.password"), "{ran:?}");
    let ran = changed(&user, "configmap/db-values", "data[\"values.yaml\"]=host: b.test");
    assert_eq!(said(&ran, "helm"), "passed      helm: HelmRelease web/db: 1 ConfigMap changes", "{ran:?}");
    let ran = changed(&user, "hr/db", "spec.interval=5m");
    assert!(!ran.err.contains("helm:"), "helm gets the same: {ran:?}");
}

fn a_release_that_renders_no_more_is_against_the_change() {
    let user = fleet();
    let ran = changed(&user, "hr/db", "spec.values.size=7");
    assert!(ran.code == 1 && ran.err.contains("a check has failed: nothing is pushed"), "{ran:?}");
    let line = said(&ran, "helm");
    assert!(
        line.starts_with("failed      helm: HelmRelease web/db could not be rendered any more") && line.contains("at most 5"),
        "{line}"
    );
    assert!(!line.contains("fluxdeck-helm-"), "no folder of ours: {line}");
    let branches = git(&user.file("remote.git"), &["branch", "--format=%(refname:short)"]);
    assert_eq!(branches.trim(), "main");
}

fn values_that_only_the_cluster_has_are_named() {
    let release = RELEASE.replace("[{kind: ConfigMap, name: db-values}]", "[{kind: Secret, name: far}]");
    let user = desk(&[
        ("clusters/prod/root.yaml", ROOT),
        ("clusters/prod/db.yaml", &release),
        ("charts/small/Chart.yaml", CHART),
        ("charts/small/templates/all.yaml", TEMPLATE),
    ]);
    let ran = changed(&user, "hr/db", "spec.values.size=2");
    assert_eq!(said(&ran, "helm"), "not run     helm: HelmRelease web/db: values of Secret web/far are not in git");
    assert_eq!(ran.code, 0, "what is not known is not against it: {ran:?}");
}

/// A release of the bed's own chart: from its repository and from its registry.
const RELEASES: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web-chart}
spec:
  interval: 1h
  suspend: true
  chart: {spec: {chart: web, version: 1.4.0, sourceRef: {kind: HelmRepository, name: charts}}}
  values: {replicas: 2}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts}
spec: {interval: 1h, url: FORGE/api/packages/ops/helm}
";

fn a_chart_of_a_repository_is_brought_once_and_compared_by_version() {
    let bed = bed::alone();
    let releases = RELEASES.replace("FORGE", bed.value("BED_FORGE_URL"));
    let shop = Shop::of(&bed, "charts", &[("deploy/web.yaml", DEPLOYMENT), ("deploy/release.yaml", &releases)]);
    let path = format!("{}:{}", bed.value("BED_BIN"), std::env::var("PATH").unwrap_or_default());
    let user = user(&bed, "admin").set("PATH", &path);
    let set = |set: &str| user.run(&["run", "set-field", "hr/web-chart", "-n", &shop.name, "--set", set]);
    let object = format!("HelmRelease {}/web-chart", shop.name);

    let ran = set("spec.values.replicas=3");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(said(&ran, "helm"), format!("passed      helm: {object}: 1 Deployment changes"));
    let kept = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().count();
    let charts = user.file(".cache/fluxdeck/charts");
    assert_eq!(kept(&charts), 1, "it is kept");
    let ran = set("spec.chart.spec.version=1.5.0");
    let line = said(&ran, "helm");
    assert!(line.starts_with(&format!("passed      helm: {object}: ")), "{line}");
    assert_eq!(kept(&charts), 2);
    let ran = set("spec.chart.spec.version=9.9.9");
    let line = said(&ran, "helm");
    assert!(line.starts_with("not run     helm: ") && line.contains("its chart: "), "{line}");
    assert_eq!(ran.code, 1, "no such version was published: {ran:?}");
    assert_eq!(open(&bed, &shop.name).len(), 2);
    let token = bed.value("BED_FORGE_TOKEN");
    assert!(!ran.err.contains(token) && !ran.out.contains(token));
}

trials![
    a_value_changes_the_objects_of_a_chart_in_the_repository,
    a_release_that_renders_no_more_is_against_the_change,
    values_that_only_the_cluster_has_are_named,
    a_chart_of_a_repository_is_brought_once_and_compared_by_version,
];
