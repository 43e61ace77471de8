//! HelmReleases before and after a change: what helm is called with, and what its answers come to.

use serde_json::json;

use super::super::outside::{
    ChartSource, ChartedRelease, ClusterFacts, Outside, PostRender, ReleaseAnswer, ReleaseCall, ReleaseSide, ValuesFiles,
};
use super::super::{CheckResult, ObjectFate};
use super::{ChangeScope, TestRepo};

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: ./clusters/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const SOURCES: &str = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: flux-system}\nspec: {url: https://charts.test}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: podinfo, namespace: web}\nspec: {url: oci://r.test/podinfo, ref: {tag: 6.5.0}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: db-values, namespace: web}\ndata:\n  values.yaml: |\n    size: 1\n    deep: {a: 1}\n  host: h.test\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: plain, namespace: web}\nstringData: {values.yaml: \"password: x\"}\n";

/// The specs of a release `db`, and a change of the objects of the repository.
fn releases(spec: &str, object: &str, set: &str) -> Vec<ChartedRelease> {
    let release = format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: db, namespace: web}}\nspec:\n{spec}"
    );
    let files = [
        ("clusters/prod/root.yaml", ROOT),
        ("clusters/prod/apps.yaml", APPS),
        ("apps/sources.yaml", SOURCES),
        ("apps/db.yaml", release.as_str()),
        ("charts/own/Chart.yaml", "name: own\nversion: 1.0.0\n"),
    ];
    TestRepo::of(&files, ChangeScope::Any).planned(object, &[set]).outside.releases
}

const CHART: &str = "  chart: {spec: {chart: postgres, version: 1.2.0, sourceRef: {kind: HelmRepository, name: charts, namespace: flux-system}}}\n";

fn calls(release: &ChartedRelease) -> [&ReleaseCall; 2] {
    [&release.before, &release.after]
        .map(|call| call.as_ref().expect("it is there").as_ref().unwrap_or_else(|why| panic!("{why}")))
}

#[test]
fn a_release_is_rendered_where_its_chart_or_a_value_changes_and_only_then() {
    let from = "  valuesFrom:\n  - {kind: ConfigMap, name: db-values}\n  - {kind: ConfigMap, name: db-values, valuesKey: host, targetPath: deep.host}\n  values: {deep: {b: 2}}\n";
    let all = format!("{CHART}{from}");
    let [release] = &releases(&all, "hr/db", "spec.values.deep.b=3")[..] else { panic!("one release") };
    let [before, after] = calls(release);
    assert_eq!(before.values, json!({"size": 1, "deep": {"a": 1, "host": "h.test", "b": 2}}));
    assert_eq!(after.values["deep"]["b"], 3);
    let expected = ChartSource::Repository {
        url: "https://charts.test".to_owned(),
        chart: "postgres".to_owned(),
        version: "1.2.0".to_owned(),
        is_plain: false,
    };
    assert_eq!((before.chart.clone(), after.chart.clone()), (expected.clone(), expected));

    let of_map = releases(&all, "configmap/db-values", "data.host=other.test");
    assert_eq!(calls(&of_map[0])[1].values["deep"]["host"], "other.test", "values come from ConfigMaps");
    assert_eq!(releases(&all, "hr/db", "spec.interval=5m"), [], "helm gets the same");
    let version = releases(CHART, "hr/db", "spec.chart.spec.version=1.3.0");
    assert!(matches!(&calls(&version[0])[1].chart, ChartSource::Repository { version, .. } if version == "1.3.0"));
    let by_reference = "  chartRef: {kind: OCIRepository, name: podinfo}\n";
    let tag = releases(by_reference, "ocirepository/podinfo", "spec.ref.tag=6.6.0");
    let artifact = |version: &str| ChartSource::Artifact {
        url: "oci://r.test/podinfo".to_owned(),
        version: version.to_owned(),
        is_plain: false,
    };
    assert_eq!(calls(&tag[0]).map(|call| call.chart.clone()), [artifact("6.5.0"), artifact("6.6.0")]);
}

#[test]
fn a_release_has_the_name_the_namespace_and_the_crds_that_flux_gives_it() {
    let long = "x".repeat(60);
    for (spec, name, namespace, has_crds) in [
        ("", "db", "web", false),
        ("  targetNamespace: data\n", "data-db", "data", false),
        ("  releaseName: pg\n  targetNamespace: data\n  storageNamespace: flux-system\n", "pg", "data", false),
        ("  upgrade: {crds: CreateReplace}\n", "db", "web", true),
        ("  install: {crds: Create}\n  upgrade: {crds: Skip}\n", "db", "web", false),
    ] {
        let release = releases(&format!("{CHART}{spec}  values: {{a: 1}}\n"), "hr/db", "spec.values.a=2").remove(0);
        let call = calls(&release)[1];
        assert_eq!((call.name.as_str(), call.namespace.as_str(), call.has_crds), (name, namespace, has_crds), "{spec}");
    }
    let release = releases(&format!("{CHART}  releaseName: {long}\n  values: {{a: 1}}\n"), "hr/db", "spec.values.a=2").remove(0);
    let name = &calls(&release)[1].name;
    assert!(name.len() == 53 && name.starts_with(&"x".repeat(40)) && name.as_bytes()[40] == b'-', "{name}");
}

#[test]
fn arguments_hold_what_is_known_of_the_cluster_and_no_value() {
    let call = ReleaseCall {
        name: "db".to_owned(),
        namespace: "web".to_owned(),
        chart: ChartSource::Folder("charts/own".to_owned()),
        values: json!({"password": "PLANTED"}),
        has_crds: true,
        follows_commits: false,
        values_files: None,
        post: PostRender::default(),
    };
    let facts = ClusterFacts { kubernetes: "v1.36.4".to_owned(), versions: vec!["apps/v1".to_owned()] };
    assert_eq!(
        call.arguments(&facts, true),
        [
            "template",
            "--namespace=web",
            "--skip-tests",
            "--is-upgrade",
            "--include-crds",
            "--kube-version=v1.36.4",
            "--api-versions=apps/v1"
        ]
    );
    let plain = ReleaseCall { has_crds: false, ..call };
    assert_eq!(plain.arguments(&ClusterFacts::default(), false), ["template", "--namespace=web", "--skip-tests"]);
}

#[test]
fn what_only_the_cluster_knows_is_named_and_not_guessed() {
    let missing = "  valuesFrom: [{kind: Secret, name: far}]\n  values: {a: 1}\n";
    let optional = "  valuesFrom: [{kind: Secret, name: far, optional: true}]\n  values: {a: 1}\n";
    let no_key = "  valuesFrom: [{kind: ConfigMap, name: db-values, valuesKey: none}]\n  values: {a: 1}\n";
    let bucket = "  chart: {spec: {chart: ./a, sourceRef: {kind: Bucket, name: b}}}\n  values: {a: 1}\n";
    let elsewhere = "  chart: {spec: {chart: ./a, sourceRef: {kind: GitRepository, name: other}}}\n  values: {a: 1}\n";
    let unknown = "  chart: {spec: {chart: a, sourceRef: {kind: HelmRepository, name: none}}}\n  values: {a: 1}\n";
    for (spec, expected) in [
        (format!("{CHART}{missing}"), "values of Secret web/far are not in git"),
        (format!("{CHART}{optional}"), "values of Secret web/far are not in git"),
        (format!("{CHART}{no_key}"), "ConfigMap web/db-values has no key none"),
        (bucket.to_owned(), "its chart is in Bucket web/b, whose files are not known here"),
        (elsewhere.to_owned(), "GitRepository web/other is not built from this repository"),
        (unknown.to_owned(), "HelmRepository web/none is not built from this repository"),
    ] {
        // what is not known before cannot be compared with what is not known after, and both are the same: only another field shows
        let all = releases(&spec, "hr/db", "spec.values.a=2");
        let whys: Vec<_> = all.iter().filter_map(|release| release.after.clone()?.err()).collect();
        assert_eq!(whys, [expected], "{spec}");
    }
    let own = "  chart: {spec: {chart: ./charts/own, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n  values: {a: 1}\n";
    let release = releases(own, "hr/db", "spec.values.a=2").remove(0);
    assert_eq!(calls(&release)[0].chart, ChartSource::Folder("charts/own".to_owned()));
    let plain = releases(
        &format!("{CHART}  valuesFrom: [{{kind: Secret, name: plain}}]\n  values: {{a: 1}}\n"),
        "hr/db",
        "spec.values.a=2",
    )
    .remove(0);
    assert_eq!(calls(&plain)[0].values, json!({"password": "x", "a": 1}), "a Secret that is in git is known");
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db}\nspec: {replicas: 2}\n";

fn judged(
    before: ReleaseSide,
    again: ReleaseSide,
    after: ReleaseSide,
) -> (CheckResult, String, Vec<(String, ObjectFate, usize)>) {
    let release = releases(&format!("{CHART}  values: {{a: 1}}\n"), "hr/db", "spec.values.a=2").remove(0);
    let outside = Outside { releases: vec![release], ..Outside::default() };
    let (check, rendered) = outside.rendered(vec![ReleaseAnswer { before, again, after, stays_at: None }]);
    assert_eq!(check.name, "helm");
    let objects =
        rendered.into_iter().flat_map(|build| build.objects).map(|object| (object.object, object.fate, object.fields.len()));
    (check.result, check.why, objects.collect())
}

#[test]
fn what_helm_prints_before_and_after_is_compared_object_by_object() {
    let printed = |text: &str| ReleaseSide::Printed(text.to_owned());
    let more =
        format!("{WEB}---\n# Source: x\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{a: PLANTED}}\n");
    let (result, why, objects) = judged(printed(WEB), printed(WEB), printed(&more.replace("replicas: 2", "replicas: 5")));
    assert_eq!((result, why.as_str()), (CheckResult::Passed, "HelmRelease web/db: 1 Deployment, 1 Secret change"));
    assert_eq!(objects, [("Deployment db".to_owned(), ObjectFate::Changed, 1), ("Secret s".to_owned(), ObjectFate::New, 3)]);
    let (_, why, objects) = judged(printed(WEB), printed(WEB), printed(WEB));
    assert_eq!((why.as_str(), objects.len()), ("HelmRelease web/db: none of its objects changes", 0));
    // a value that is made up each time is none of the change
    let random = |value: &str| {
        printed(&format!("{WEB}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{r: {value}, b: x}}\n"))
    };
    let (_, why, objects) = judged(random("a"), random("b"), random("c"));
    assert_eq!((why.as_str(), objects.len()), ("HelmRelease web/db: none of its objects changes", 0));
}

#[test]
fn a_release_that_cannot_be_rendered_any_more_is_against_the_change() {
    let (printed, refused) =
        (|| ReleaseSide::Printed(WEB.to_owned()), || ReleaseSide::Refused("Error: x\n  token=PLANTED12345".to_owned()));
    for (before, after, result, begins) in [
        (printed(), refused(), CheckResult::Failed, "HelmRelease web/db could not be rendered any more: Error: x"),
        (ReleaseSide::Nothing, refused(), CheckResult::Failed, "HelmRelease web/db could not be rendered any more"),
        (refused(), refused(), CheckResult::NotRun, "HelmRelease web/db cannot be rendered, before as after"),
        (refused(), printed(), CheckResult::NotRun, "HelmRelease web/db could not be rendered before"),
        (printed(), ReleaseSide::NotRun("too slow".to_owned()), CheckResult::NotRun, "HelmRelease web/db: too slow"),
        (
            printed(),
            ReleaseSide::Printed("a: [".to_owned()),
            CheckResult::NotRun,
            "HelmRelease web/db: what helm prints cannot be read",
        ),
    ] {
        let (found, why, _) = judged(before.clone(), before, after);
        assert!(found == result && why.starts_with(begins) && !why.contains("PLANTED"), "{found:?} {why}");
    }
}

#[test]
fn a_chart_of_another_git_repository_is_the_folder_at_what_its_source_names() {
    let git = |reference: &str, url: &str| {
        let source = format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: other, namespace: web}}\nspec: {{url: '{url}'{reference}}}\n"
        );
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: web}\nspec:\n  chart: {spec: {chart: ./charts/db, sourceRef: {kind: GitRepository, name: other}}}\n  values: {a: 1}\n";
        let own = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {url: https://git.test/fleet}\n";
        let files = [
            ("clusters/prod/root.yaml", ROOT),
            ("clusters/prod/apps.yaml", APPS),
            ("clusters/prod/own.yaml", own),
            ("apps/source.yaml", source.as_str()),
            ("apps/db.yaml", release),
        ];
        let release = TestRepo::of(&files, ChangeScope::Any).planned("hr/db", &["spec.values.a=2"]).outside.releases.remove(0);
        release.after.expect("it is there").map(|call| call.chart)
    };
    let (there, folder) = ("https://git.test/charts", || "charts/db".to_owned());
    let at = |reference: &str| ChartSource::Git { url: there.to_owned(), reference: reference.to_owned(), folder: folder() };
    for (reference, expected) in [
        ("", Ok(at("master"))),
        (", ref: {branch: main}", Ok(at("main"))),
        (", ref: {branch: main, tag: v1}", Ok(at("v1"))),
        (", ref: {tag: v1, name: refs/heads/next}", Ok(at("next"))),
        (", ref: {name: refs/heads/next, commit: 4f1c}", Ok(at("4f1c"))),
        (
            ", ref: {semver: 1.x}",
            Err("its chart is in GitRepository web/other, and which tag is 1.x is not known here".to_owned()),
        ),
        (
            ", include: [{repository: {name: x}}]",
            Err("its chart is in GitRepository web/other, which includes others".to_owned()),
        ),
    ] {
        assert_eq!(git(reference, there), expected, "{reference}");
    }
    assert_eq!(git("", "https://git.test/fleet"), Ok(ChartSource::Folder(folder())), "another name of the same");
}

#[test]
fn a_release_whose_post_renderers_or_values_files_change_is_rendered() {
    let post = "  postRenderers: [{kustomize: {images: [{name: a, newTag: b}]}}]\n";
    let release = releases(&format!("{CHART}{post}"), "hr/db", "spec.postRenderers[0].kustomize.images[0].newTag=c").remove(0);
    let [before, after] = calls(&release);
    assert!(before.post != after.post && before.chart == after.chart);
    let files = "  chart: {spec: {chart: ./charts/own, valuesFiles: [charts/own/values.yaml, apps/map.yaml], sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n";
    let release = releases(files, "hr/db", "spec.chart.spec.reconcileStrategy=Revision").remove(0);
    let [before, after] = calls(&release);
    let expected =
        ValuesFiles { paths: vec!["charts/own/values.yaml".to_owned(), "apps/map.yaml".to_owned()], ignores_missing: false };
    assert_eq!(after.values_files, Some(expected));
    assert!(before.keeps_chart_of(before) && !after.keeps_chart_of(before), "it follows every commit then");
}

#[test]
fn objects_are_compared_as_they_are_after_what_follows_helm() {
    let post = |value: u32| {
        format!(
            "{CHART}  values: {{a: 1}}\n  postRenderers: [{{kustomize: {{patches: [{{target: {{kind: Deployment}}, patch: '- {{op: replace, path: /spec/replicas, value: {value}}}'}}]}}}}]\n"
        )
    };
    let release = releases(&post(4), "hr/db", "spec.values.a=2").remove(0);
    let outside = |release: ChartedRelease| Outside { releases: vec![release], ..Outside::default() };
    let printed = |text: &str| ReleaseSide::Printed(text.to_owned());
    let answer =
        |before: ReleaseSide, after: ReleaseSide| ReleaseAnswer { before: before.clone(), again: before, after, stays_at: None };
    let (check, _) =
        outside(release.clone()).rendered(vec![answer(printed(WEB), printed(&WEB.replace("replicas: 2", "replicas: 9")))]);
    assert_eq!(
        (check.result, check.why.as_str()),
        (CheckResult::Passed, "HelmRelease web/db: none of its objects changes"),
        "it is patched away"
    );

    let gone = WEB.replace("spec: {replicas: 2}\n", "");
    let (check, _) = outside(release.clone()).rendered(vec![answer(printed(WEB), printed(&gone))]);
    assert!(
        check.result == CheckResult::Failed && check.why.contains("could not be rendered any more: its postRenderers: "),
        "{}",
        check.why
    );
    let kept = ReleaseAnswer { stays_at: Some("1.0.0".to_owned()), ..answer(printed(WEB), printed(WEB)) };
    let (check, _) = outside(release).rendered(vec![kept]);
    assert!(check.why.ends_with("changes; Flux packs its chart again once that has another version than 1.0.0"), "{}", check.why);
}
