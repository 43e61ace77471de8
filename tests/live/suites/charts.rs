//! HelmReleases before and after a change, rendered by the real helm: with a chart in the repository, which needs no bed, and with charts of
//! the bed's registry.

use std::path::{Path, PathBuf};

use crate::harness::trials;
use crate::shop::{DEPLOYMENT, SOON, Shop, git, merge, open, user};
use crate::support::program::{Fluxdeck, Ran};
use crate::support::{bed, within};

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

/// A release whose chart gets other default values, needs another chart of the repository, and is patched after helm.
const COMPOSED: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: db, namespace: web}
spec:
  interval: 1h
  chart:
    spec:
      chart: ./charts/composed
      valuesFiles: [charts/composed/values.yaml, charts/composed/prod.yaml, charts/composed/none.yaml]
      ignoreMissingValuesFiles: true
      reconcileStrategy: ChartVersion
      sourceRef: {kind: GitRepository, name: SOURCE, namespace: FLUX}
  values: {size: 1}
  commonMetadata: {annotations: {team: shop}}
  postRenderers:
  - kustomize:
      patches:
      - target: {kind: ConfigMap, labelSelector: part=main}
        patch: '- {op: add, path: /data/patched, value: one}'
";
const SETTINGS: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, labels: {part: main}}
data:
  size: {{ .Values.size | quote }}
  host: {{ .Values.host | quote }}
  zone: {{ .Values.zone | quote }}
";
const BELOW: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-below}
data: {size: {{ .Values.size | quote }}}
";

fn composed(source: &str, namespace: &str) -> Vec<(&'static str, String)> {
    vec![
        ("release.yaml", COMPOSED.replace("SOURCE", source).replace("FLUX", namespace)),
        ("charts/composed/Chart.yaml", "apiVersion: v2\nname: composed\nversion: 1.0.0\ndependencies: [{name: below, version: 1.x, repository: 'file://../below'}]\n".to_owned()),
        ("charts/composed/values.yaml", "size: 0\nhost: a.test\nzone: a\nbelow: {size: 3}\n".to_owned()),
        ("charts/composed/prod.yaml", "host: b.test\n".to_owned()),
        ("charts/composed/templates/settings.yaml", SETTINGS.to_owned()),
        ("charts/below/Chart.yaml", "apiVersion: v2\nname: below\nversion: 1.2.0\n".to_owned()),
        ("charts/below/values.yaml", "size: 9\n".to_owned()),
        ("charts/below/templates/settings.yaml", BELOW.to_owned()),
    ]
}

/// What helm's objects are said to be before and after: `ConfigMap db data.size`, with both values.
fn said_fields(ran: &Ran) -> Vec<(String, Option<String>, Option<String>)> {
    let report: serde_json::Value = ran.json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let builds = list(&report["rendered"]).into_iter();
    let builds =
        builds.filter(|build| list(&build["builds"]).iter().any(|name| text(name).is_some_and(|name| name.starts_with("helm "))));
    let objects = builds.flat_map(|build| list(&build["objects"]));
    let fields = objects.flat_map(|object| {
        let name = text(&object["object"]).unwrap_or_default();
        list(&object["fields"]).into_iter().map(move |field| {
            (format!("{name} {}", field["field"].as_str().unwrap_or_default()), text(&field["before"]), text(&field["after"]))
        })
    });
    fields.collect()
}

fn a_chart_is_put_together_and_patched_as_flux_does_it() {
    let mut files = composed("flux-system", "flux-system");
    files.push(("clusters/prod/root.yaml", ROOT.to_owned()));
    files[0].0 = "clusters/prod/db.yaml";
    let user = desk(&files.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>());
    let folder = user.file("fleet").display().to_string();
    let dry = |set: &[&str]| {
        let sets: Vec<_> = set.iter().flat_map(|set| ["--set", set]).collect();
        user.run(&[&["run", "set-field", "hr/db", "-n", "web", "--repo", &folder, "--dry-run", "-o", "json"][..], &sets].concat())
    };
    let some = |text: &str| Some(text.to_owned());
    let ran = dry(&["spec.values.size=2"]);
    assert_eq!(said_fields(&ran), [("ConfigMap db data.size".to_owned(), some("1"), some("2"))], "{ran:?}");
    let patch = "spec.postRenderers[0].kustomize.patches[0].patch=- {op: add, path: /data/patched, value: two}";
    let ran = dry(&[patch]);
    assert_eq!(said_fields(&ran), [("ConfigMap db data.patched".to_owned(), some("one"), some("two"))], "{ran:?}");
    let ran = dry(&["spec.chart.spec.valuesFiles[1]=charts/composed/values.yaml"]);
    assert_eq!(said_fields(&ran), [("ConfigMap db data.host".to_owned(), some("b.test"), some("a.test"))], "{ran:?}");
    let ran = dry(&["spec.chart.spec.ignoreMissingValuesFiles=false"]);
    assert!(
        ran.code == 1
            && ran.out.contains("could not be rendered any more: its chart: there is no values file charts/composed/none.yaml"),
        "{ran:?}"
    );
    let refused = "spec.postRenderers[0].kustomize.patches[0].patch=- {op: test, path: /data/size, value: none}";
    let ran = dry(&[refused]);
    assert!(ran.code == 1 && ran.out.contains("could not be rendered any more: its postRenderers: "), "{ran:?}");
}

/// What the check says of the objects before and after is what the real controllers have installed before and after.
fn what_is_said_of_a_composed_release_is_what_flux_installs() {
    let bed = bed::alone();
    let name = format!("changes-composed-{}", std::process::id());
    let mut files = composed(&name, &name);
    files[0].0 = "deploy/release.yaml";
    files.push(("deploy/web.yaml", DEPLOYMENT.to_owned()));
    let shop = Shop::of(&bed, "composed", &files.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>());
    assert_eq!(shop.name, name);
    let path = format!("{}:{}", bed.value("BED_BIN"), std::env::var("PATH").unwrap_or_default());
    let user = user(&bed, "admin").set("PATH", &path);
    let is_at = |size: &str| within(SOON, || (shop.reads("configmap/db", ".data.size") == size).then_some(()));
    assert!(is_at("1").is_some(), "the release is installed");
    let live = |field: &str| {
        let mut words = field.split(' ');
        let (kind, name, path) =
            (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
        shop.reads(&format!("{}/{}", kind.to_lowercase(), name.rsplit('/').next().unwrap_or_default()), &format!(".{path}"))
    };
    let patch = "spec.postRenderers[0].kustomize.patches[0].patch=- {op: add, path: /data/patched, value: two}";
    let change = ["run", "set-field", "hr/db", "-n", &shop.name, "--set", "spec.values.size=2", "--set", patch];
    let ran = user.run(&[&change[..], &["--dry-run", "-o", "json"]].concat());
    let fields = said_fields(&ran);
    let names: Vec<_> = fields.iter().map(|(field, ..)| field.rsplit(' ').next().unwrap_or_default()).collect();
    assert!(names.len() == 2 && names.contains(&"data.size") && names.contains(&"data.patched"), "{ran:?}");
    for (field, before, _) in &fields {
        assert_eq!(before.as_deref(), Some(live(field).as_str()), "{field} before");
    }
    // what the check leaves out is the same: other defaults, the chart that it needs, the labels and the common metadata
    assert_eq!(live("configmap db data.host"), "b.test");
    assert_eq!(live("configmap db-below data.size"), "3");
    assert_eq!(live("configmap db metadata.annotations.team"), "shop");
    assert_eq!(live(r"configmap db metadata.labels.helm\.toolkit\.fluxcd\.io/name"), "db");

    let ran = user.run(&change);
    assert_eq!(ran.code, 0, "{ran:?}");
    let number = open(&bed, &shop.name).first().map(|(number, _)| *number).expect("it is open");
    merge(&bed, &shop.name, number, "merge");
    let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
    assert_eq!(reconciled.code, 0, "{reconciled:?}");
    assert!(is_at("2").is_some(), "the release is upgraded");
    for (field, _, after) in &fields {
        assert_eq!(after.as_deref(), Some(live(field).as_str()), "{field} after");
    }
}

trials![
    a_value_changes_the_objects_of_a_chart_in_the_repository,
    a_release_that_renders_no_more_is_against_the_change,
    values_that_only_the_cluster_has_are_named,
    a_chart_of_a_repository_is_brought_once_and_compared_by_version,
    a_chart_is_put_together_and_patched_as_flux_does_it,
    what_is_said_of_a_composed_release_is_what_flux_installs,
];
