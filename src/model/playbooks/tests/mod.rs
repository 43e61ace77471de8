//! What playbooks take, and what they want of objects.

mod flux_v1;

use super::*;
use crate::change::tests::TestRepo;
use crate::change::{ChangeScope, HandEdit, PlanOutcome};

fn read(name: &str, assignments: &[&str]) -> Result<Vec<(String, String)>> {
    let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
    let assignments: Vec<_> = assignments.iter().map(|text| ChangeSetting::set(*text)).collect();
    let playbook = find(name).expect(name);
    let wanted = match playbook.read(&assignments, &clock)? {
        Assigned::Answers(answers) => (playbook.wanted)(&answers, &KnownObject::default())?,
        Assigned::Fields(fields) => WantedChange::Own(fields),
    };
    Ok(wanted.fields().iter().map(|one| (one.written.clone(), one.value.text().to_owned())).collect())
}

#[test]
fn what_is_set_is_read_as_the_playbook_takes_it() {
    let pair = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    assert_eq!(read("set-field", &["data.a= x "]), Ok(vec![pair("data.a", " x ")]), "a value is taken as it is");
    assert_eq!(read("scale", &["replicas=3"]), Ok(vec![pair("spec.replicas", "3")]));
    for (name, assignments) in [
        ("set-field", &["spec.replicas"][..]),
        ("set-field", &["a.b=1", ".a.b=2"]),
        ("scale", &["count=3"]),
        ("scale", &["replicas=many"]),
        ("scale", &["replicas=-1"]),
    ] {
        assert_eq!(read(name, assignments).expect_err(name).exit_code(), 2, "{assignments:?}");
    }
}

#[test]
fn names_and_keys_are_unique() {
    for of in [|playbook: &Playbook| playbook.name, |playbook: &Playbook| playbook.command, |playbook: &Playbook| playbook.key] {
        let all: std::collections::BTreeSet<_> = ALL.iter().map(|playbook| of(playbook)).collect();
        assert_eq!(all.len(), ALL.len());
    }
}

#[test]
fn answers_become_the_assignments_that_give_them() {
    let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
    for (name, typed, expected) in [
        ("scale", "3", Ok("replicas=3")),
        ("update-image", ":1.2", Ok("image=:1.2")),
        ("update-values", "image.tag=1.2", Ok("image.tag=1.2")),
        // a key alone says nothing: the form goes on to its value
        ("update-values", "image.tag", Err(2)),
        ("set-field", "spec.containers[name=api].image=a=b", Ok("spec.containers[name=api].image=a=b")),
        ("set-field", "data.a=", Ok("data.a=")),
        ("set-field", "data.a", Ok("data.a=")),
        ("set-field", "kind=Pod", Err(1)),
        ("scale", "", Err(2)),
    ] {
        let playbook = find(name).expect(name);
        let made = playbook.typed(typed, &clock).and_then(|answers| playbook.assignments(&answers));
        let made =
            made.map(|all| all.iter().map(|one| one.flag().1).collect::<Vec<_>>().join(" ")).map_err(|error| error.exit_code());
        assert_eq!(made.as_deref().map_err(|code| *code), expected, "{name} {typed}");
        if let Ok(text) = made {
            playbook.read(&[ChangeSetting::Set(text)], &clock).expect("what was made is read");
        }
    }
}

/// One cluster: workloads of every layer, releases with values in every place.
const FLEET: &[(&str, &str)] = &[
    ("clusters/prod/flux-system/gotk-sync.yaml", SYNC),
    ("clusters/prod/apps.yaml", APPS),
    ("apps/kustomization.yaml", APP),
    ("apps/web.yaml", WEB),
    ("apps/batch.yaml", BATCH),
    ("apps/releases.yaml", RELEASES),
    ("apps/cache-values.yaml", "replicas: 2 # for now\nmaster:\n  port: 6379\n"),
];

const SYNC: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: ssh://git@example.com/fleet, ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  interval: 10m
  path: ./clusters/prod
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
";

const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  interval: 10m
  path: ./apps
  prune: true
  suspend: true
  sourceRef: {kind: GitRepository, name: flux-system}
";

const APP: &str = "namespace: web
resources: [web.yaml, batch.yaml, releases.yaml]
images:
- name: nginx
  newTag: 1.25.0 # pinned
configMapGenerator:
- name: cache-values
  files: [values.yaml=cache-values.yaml]
  options: {disableNameSuffixHash: true}
";

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - name: init
        image: busybox:1
      containers:
      - name: web
        image: nginx
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pair}
spec:
  selector: {matchLabels: {app: pair}}
  template:
    metadata: {labels: {app: pair}}
    spec:
      containers:
      - name: one
        image: registry.example.com:5000/team/one:1.0@sha256:aaaa
      - name: two
        image: two:1.0
";

const BATCH: &str = "apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: 0 3 * * *
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: job
            image: job:1
";

const RELEASES: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: inline}
spec:
  interval: 10m
  chart:
    spec:
      chart: podinfo
      version: 6.5.0
      sourceRef: {kind: HelmRepository, name: podinfo}
  values:
    replicaCount: 1
    ingress:
      enabled: false
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache}
spec:
  interval: 10m
  chartRef: {kind: OCIRepository, name: redis}
  valuesFrom:
  - {kind: ConfigMap, name: cache-values}
  - {kind: ConfigMap, name: loose, valuesKey: port, targetPath: master.nodePort}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: redis}
spec:
  interval: 10m
  url: oci://registry.example.com/charts/redis
  ref:
    semver: 18.x
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: pinned}
spec:
  interval: 10m
  url: oci://registry.example.com/charts/redis
  ref: {digest: sha256:aaaa}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: loose}
data:
  port: \"30000\"
  app.yaml: |
    # of the team
    server:
      port: 80
  list.json: '{\"names\": [\"a\"]}'
  words: just words
";

/// The lines that a playbook changes; or why it does not.
fn ran(name: &str, object: &str, assignments: &[&str]) -> std::result::Result<Vec<String>, String> {
    ran_on(&TestRepo::of(FLEET, ChangeScope::Any), name, object, assignments)
}

fn ran_on(repo: &TestRepo, name: &str, object: &str, assignments: &[&str]) -> std::result::Result<Vec<String>, String> {
    let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
    let assignments: Vec<_> = assignments.iter().map(|text| ChangeSetting::set(*text)).collect();
    let playbook = find(name).expect(name);
    let assigned = playbook.read(&assignments, &clock).map_err(|error| error.to_string())?;
    match repo.plan_wanted(object, &|built| playbook.wanted_of(&assigned, built)) {
        Ok(PlanOutcome::Planned(plan)) => Ok(repo.lines(&plan)),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// A playbook, the object, what is set, and the lines that change.
type Run<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);

fn assert_ran(runs: &[Run<'_>]) {
    for (name, object, set, expected) in runs {
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(ran(name, object, set), Ok(expected), "{name} {object} {set:?}");
    }
}

#[test]
fn playbooks_of_workloads_change_the_one_line_that_decides() {
    assert_ran(&[
        ("scale", "deploy/web", &["replicas=5"][..], &["apps/web.yaml:-  replicas: 2", "apps/web.yaml:+  replicas: 5"][..]),
        // the transformer's line, not the manifest's
        (
            "update-image",
            "deploy/web",
            &["image=:1.27.1"],
            &["apps/kustomization.yaml:-  newTag: 1.25.0 # pinned", "apps/kustomization.yaml:+  newTag: 1.27.1 # pinned"],
        ),
        (
            "update-image",
            "deploy/web",
            &["image=busybox:2", "container=init"],
            &["apps/web.yaml:-        image: busybox:1", "apps/web.yaml:+        image: busybox:2"],
        ),
        (
            "update-image",
            "deploy/pair",
            &["image=:1.1", "container=one"],
            &[
                "apps/web.yaml:-        image: registry.example.com:5000/team/one:1.0@sha256:aaaa",
                "apps/web.yaml:+        image: registry.example.com:5000/team/one:1.1",
            ],
        ),
        (
            "update-image",
            "cronjob/nightly",
            &["image=@sha256:bbbb"],
            &["apps/batch.yaml:-            image: job:1", "apps/batch.yaml:+            image: job@sha256:bbbb"],
        ),
        (
            "update-resources",
            "deploy/web",
            &["cpu-request=200m"],
            &["apps/web.yaml:-            cpu: 100m", "apps/web.yaml:+            cpu: 200m"],
        ),
        ("update-resources", "deploy/web", &["cpu-request="], &["apps/web.yaml:-            cpu: 100m"]),
        // nothing stays of what is empty then
        (
            "update-resources",
            "deploy/web",
            &["cpu-request=", "memory-request="],
            &[
                "apps/web.yaml:-        resources:",
                "apps/web.yaml:-          requests:",
                "apps/web.yaml:-            cpu: 100m",
                "apps/web.yaml:-            memory: 64Mi",
            ],
        ),
    ]);
}

#[test]
fn playbooks_of_releases_and_of_flux_objects_change_the_one_line_that_decides() {
    assert_ran(&[
        (
            "update-values",
            "hr/inline",
            &["ingress.enabled=true"],
            &["apps/releases.yaml:-      enabled: false", "apps/releases.yaml:+      enabled: true"],
        ),
        (
            "update-values",
            "hr/cache",
            &["replicas=4"],
            &["apps/cache-values.yaml:-replicas: 2 # for now", "apps/cache-values.yaml:+replicas: 4 # for now"],
        ),
        ("update-values", "hr/cache", &["master.size=8Gi"], &["apps/cache-values.yaml:+  size: 8Gi"]),
        (
            "update-values",
            "hr/cache",
            &["metrics.enabled=true"],
            &["apps/cache-values.yaml:+metrics:", "apps/cache-values.yaml:+  enabled: true"],
        ),
        (
            "set-field",
            "cm/loose",
            &["data['app.yaml'].server.tls.cert=a"],
            &["apps/releases.yaml:+      tls:", "apps/releases.yaml:+        cert: a"],
        ),
        (
            "set-field",
            "cm/loose",
            &["data['list.json'].size=2"],
            &[
                "apps/releases.yaml:-  list.json: '{\"names\": [\"a\"]}'",
                "apps/releases.yaml:+  list.json: '{\"names\": [\"a\"], \"size\": 2}'",
            ],
        ),
        (
            "update-values",
            "hr/cache",
            &["master.nodePort=30001"],
            &["apps/releases.yaml:-  port: \"30000\"", "apps/releases.yaml:+  port: \"30001\""],
        ),
        (
            "update-chart-version",
            "hr/inline",
            &["version=6.5.4"],
            &["apps/releases.yaml:-      version: 6.5.0", "apps/releases.yaml:+      version: 6.5.4"],
        ),
        (
            "update-chart-version",
            "hr/cache",
            &["version=19.x"],
            &["apps/releases.yaml:-    semver: 18.x", "apps/releases.yaml:+    semver: 19.x"],
        ),
        ("suspend-in-git", "hr/inline", &[], &["apps/releases.yaml:+  suspend: true"]),
        ("resume-in-git", "ks/apps", &[], &["clusters/prod/apps.yaml:-  suspend: true"]),
    ]);
}

/// Each object gets an annotation: that is a change of all of them, and asked about as any other.
#[test]
fn origins_are_tracked_once_the_change_of_every_object_is_accepted() {
    let refused = ran("track-origins", "ks/apps", &[]).expect_err("it changes others");
    assert!(refused.contains("the place is shared") && refused.contains("config.kubernetes.io/origin"), "{refused}");
    let lines = ran_on(&TestRepo::of(FLEET, ChangeScope::Any).wide(), "track-origins", "ks/apps", &[]);
    let expected = ["clusters/prod/apps.yaml:+  buildMetadata:", "clusters/prod/apps.yaml:+    - originAnnotations"];
    assert_eq!(lines.expect("it is accepted"), expected);
}

#[test]
fn what_means_nothing_for_an_object_is_refused_with_a_reason() {
    for (name, object, set, expected) in [
        ("set-field", "cm/loose", &["data.words.size=2"][..], "`data.words.size` is below a plain value"),
        ("scale", "cronjob/nightly", &["replicas=5"][..], "CronJob web/nightly has no replicas of its own"),
        ("update-image", "deploy/pair", &["image=:2"], "has several containers: one, two: name one: --set container=NAME"),
        ("update-image", "deploy/pair", &["image=:2", "container=three"], "has no container `three`: there are one, two"),
        ("update-image", "deploy/web", &["image=a b"], "`a b` is not an image"),
        ("update-image", "deploy/web", &["image=:"], "no tag behind the sign"),
        ("update-image", "hr/inline", &["image=:2"], "HelmRelease web/inline has no containers"),
        ("update-resources", "deploy/web", &[], "neither a request nor a limit"),
        ("update-resources", "deploy/web", &["cpu-limit="], "neither a request nor a limit"),
        ("update-resources", "deploy/web", &["cpu-limit=50m"], "the CPU request 100m is above its limit 50m"),
        (
            "update-resources",
            "deploy/web",
            &["memory-request=2Gi", "memory-limit=1Gi"],
            "the memory request 2Gi is above its limit 1Gi",
        ),
        ("update-chart-version", "ocirepository/pinned", &["version=1"], "takes a digest, whatever version is named"),
        ("update-chart-version", "deploy/web", &["version=1"], "Deployment web/web names no chart"),
        (
            "suspend-in-git",
            "ks/flux-system",
            &[],
            "no commit would resume Kustomization flux-system/flux-system: it applies its own",
        ),
        ("suspend-in-git", "gitrepo/flux-system", &[], "what applies its manifest is fetched by it"),
        ("resume-in-git", "hr/inline", &[], "git does not suspend HelmRelease web/inline"),
    ] {
        let why = ran(name, object, set).expect_err(name);
        assert!(why.contains(expected), "{name} {object} {set:?}: {why}");
    }
}

/// What decides on an object may be built by another Kustomization than the one that was named.
#[test]
fn the_source_of_a_chart_is_found_in_another_kustomization_of_its_cluster() {
    let root = SYNC.split("---").next().unwrap_or_default();
    let kustomization = |name: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n\
             spec:\n  path: ./{name}\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n"
        )
    };
    let own = kustomization("flux-system").replace("./flux-system", "./clusters/prod");
    let files = [
        (
            "clusters/prod/root.yaml".to_owned(),
            format!("{root}---\n{own}---\n{}---\n{}", kustomization("apps"), kustomization("sources")),
        ),
        (
            "apps/web.yaml".to_owned(),
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: web}\nspec:\n  \
             chartRef: {kind: OCIRepository, name: web, namespace: flux-system}\n"
                .to_owned(),
        ),
        (
            "sources/web.yaml".to_owned(),
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web, namespace: flux-system}\n\
             spec:\n  url: oci://r.test/web\n  ref: {semver: 1.4.x}\n"
                .to_owned(),
        ),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
    let playbook = find("update-chart-version").expect("it is one");
    for scope in [ChangeScope::Any, ChangeScope::Kustomization("prod/flux-system/apps".to_owned())] {
        let repo = TestRepo::of(&files, scope);
        let assigned = playbook.read(&[ChangeSetting::set("version=1.5.x")], &clock).expect("a version");
        match repo.plan_wanted("hr/web", &|built| playbook.wanted_of(&assigned, built)) {
            Ok(PlanOutcome::Planned(plan)) => {
                let lines = ["sources/web.yaml:-  ref: {semver: 1.4.x}", "sources/web.yaml:+  ref: {semver: 1.5.x}"];
                assert_eq!(repo.lines(&plan), lines);
            }
            other => panic!("{other:?}"),
        }
        let wrong = playbook.read(&[ChangeSetting::set("version=notaversion")], &clock).expect("a text");
        let error = repo.plan_wanted("hr/web", &|built| playbook.wanted_of(&wrong, built)).expect_err("no range");
        assert_eq!((error.message.as_str(), error.exit_code()), ("`notaversion` is not a version or a range", 2));
    }
}

#[test]
fn an_edit_of_a_file_is_taken_back_by_its_lines_and_goes_on_where_it_was_refused() {
    let (before, after) = ("a: 1\nb: 2\n", "a: 3\nb: 2\nc: 4\n");
    let edit = HandEdit::between("a/web.yaml", before, after).expect("they differ");
    let order = ChangeOrder {
        playbook: file_editor().name.to_owned(),
        object: "deploy/web".to_owned(),
        by_hand: Some(Box::new(edit.clone())),
        is_wide: true,
        ..ChangeOrder::default()
    };
    let back = undo(&order, &[]).expect("nothing else has to be kept");
    assert_eq!(back.by_hand.as_ref().expect("an edit").applied(after).as_deref(), Ok(before));
    assert!(!back.is_wide && back.playbook == order.playbook && back.identity() != order.identity(), "{back:?}");
    // the text is not kept for the command line: the editor asks for it
    assert_eq!(order.line(), "fluxdeck run edit-file deploy/web --layer a/web.yaml:1 --wide");
    let at = |file: &str| SourceLine { file: file.to_owned(), line: 0 };
    let again = by_hand(&order, &at("a/web.yaml"));
    assert_eq!(
        (again.by_hand.as_deref(), again.layer.to_string(), again.is_wide),
        (Some(&edit), "a/web.yaml:1".to_owned(), false)
    );
    assert_eq!(by_hand(&order, &at("b/web.yaml")).by_hand, None);
    let set = ChangeOrder { playbook: "scale".to_owned(), settings: vec![ChangeSetting::set("replicas=5")], ..order };
    assert_eq!(
        (by_hand(&set, &at("a/web.yaml")).settings, by_hand(&set, &at("a/web.yaml")).playbook),
        (Vec::new(), again.playbook)
    );
}
