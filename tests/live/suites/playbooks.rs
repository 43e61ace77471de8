//! Every playbook on the bed: from the row in the terminal to a pull request on the real forge whose lines are exactly those that were meant,
//! merged, applied by the real Flux, and rolled out.

use serde_json::json;

use crate::harness::trials;
use crate::shop::{DEPLOYMENT, SOON, Shop, open, user};
use crate::support::bed;
use crate::support::program::Fluxdeck;
use crate::support::within;
use crate::walk::{LATER, Run, Walk};

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: site
spec:
  interval: 1h
  timeout: 1m
  chart:
    spec:
      chart: web
      version: 1.4.0 # the one that was tried
      sourceRef: {kind: HelmRepository, name: charts, namespace: flux-system}
  values:
    replicas: 1 # a small one
";

/// `web`, a Deployment.
const WORKLOAD: &[Run] = &[
    Run {
        table: "deploy",
        row: "web",
        key: "n",
        typed: "3",
        lines: &["-  replicas: 2 # as many as are needed", "+  replicas: 3 # as many as are needed"],
        object: "deployment/web",
        path: ".spec.replicas",
        value: "3",
    },
    Run {
        table: "deploy",
        row: "web",
        key: "i",
        typed: ":1.1",
        lines: &["-        image: registry.invalid/web:1.0 # pinned", "+        image: registry.invalid/web:1.1 # pinned"],
        object: "deployment/web",
        path: ".spec.template.spec.containers[0].image",
        value: "registry.invalid/web:1.1",
    },
    Run {
        table: "deploy",
        row: "web",
        key: "u",
        typed: "20m",
        lines: &["-          requests: {cpu: 10m} # measured", "+          requests: {cpu: 20m} # measured"],
        object: "deployment/web",
        path: ".spec.template.spec.containers[0].resources.requests.cpu",
        value: "20m",
    },
    Run {
        table: "deploy",
        row: "web",
        key: "f",
        typed: "spec.minReadySeconds\t1",
        lines: &["+  minReadySeconds: 1"],
        object: "deployment/web",
        path: ".spec.minReadySeconds",
        value: "1",
    },
];

/// `site`, a HelmRelease.
const CHARTED: &[Run] = &[
    Run {
        table: "hr",
        row: "site",
        key: "V",
        typed: "1.5.0",
        lines: &["-      version: 1.4.0 # the one that was tried", "+      version: 1.5.0 # the one that was tried"],
        object: "helmrelease.helm.toolkit.fluxcd.io/site",
        path: ".status.lastAttemptedRevision",
        value: "1.5.0",
    },
    Run {
        table: "hr",
        row: "site",
        key: "v",
        typed: "replicas\t2",
        lines: &["-    replicas: 1 # a small one", "+    replicas: 2 # a small one"],
        object: "helmrelease.helm.toolkit.fluxcd.io/site",
        path: ".spec.values.replicas",
        value: "2",
    },
    Run {
        table: "hr",
        row: "site",
        key: "S",
        typed: "",
        lines: &["+  suspend: true"],
        object: "helmrelease.helm.toolkit.fluxcd.io/site",
        path: ".spec.suspend",
        value: "true",
    },
    Run {
        table: "hr",
        row: "site",
        key: "U",
        typed: "",
        lines: &["-  suspend: true"],
        object: "helmrelease.helm.toolkit.fluxcd.io/site",
        path: ".spec.suspend",
        value: "",
    },
];

/// A Deployment of the days of Flux v1.
const OLD: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: old
  annotations:
    team: web
    fluxcd.io/automated: \"true\" # since 2019
spec:
  replicas: 0
  selector: {matchLabels: {app: old}}
  template:
    metadata: {labels: {app: old}}
    spec:
      containers:
      - name: app
        image: registry.invalid/old:1.0
";

/// A release of those days, which nothing releases any more.
const BILLING: &str = "apiVersion: helm.fluxcd.io/v1
kind: HelmRelease
metadata:
  name: billing
spec:
  chart:
    repository: https://charts.invalid/
    name: billing
    version: 3.1.0 # tried
  values:
    size: 1 # small
";

/// A Kustomization that git declares, of a folder with one object.
const INNER: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: inner
spec:
  interval: 1h
  path: ./inner
  prune: true
  targetNamespace: SHOP
  sourceRef: {kind: GitRepository, name: SHOP}
";

const NOTES: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data: {a: b}
";

/// `old`, with annotations of Flux v1; and a release of Flux v1.
const OF_V1: &[Run] = &[
    Run {
        table: "deploy",
        row: "old",
        key: "L",
        typed: "\tuntil Friday",
        lines: &["+    fluxcd.io/locked: \"true\"", "+    fluxcd.io/locked_msg: until Friday"],
        object: "deployment/old",
        path: r".metadata.annotations.fluxcd\.io/locked_msg",
        value: "until Friday",
    },
    Run {
        table: "deploy",
        row: "old",
        key: "G",
        typed: "semver:~1.4",
        lines: &["+    fluxcd.io/tag.app: semver:~1.4"],
        object: "deployment/old",
        path: r".metadata.annotations.fluxcd\.io/tag\.app",
        value: "semver:~1.4",
    },
    Run {
        table: "deploy",
        row: "old",
        key: "I",
        typed: "\x15sync_only",
        lines: &["+    fluxcd.io/ignore: sync_only"],
        object: "deployment/old",
        path: r".metadata.annotations.fluxcd\.io/ignore",
        value: "sync_only",
    },
    Run {
        table: "deploy",
        row: "old",
        key: "M",
        typed: "",
        lines: &["-    fluxcd.io/automated: \"true\" # since 2019"],
        object: "deployment/old",
        path: r".metadata.annotations.fluxcd\.io/automated",
        value: "",
    },
    Run {
        table: "hrs",
        row: "billing",
        key: "V",
        typed: "\x153.2.0",
        lines: &["-    version: 3.1.0 # tried", "+    version: 3.2.0 # tried"],
        object: "helmrelease.helm.fluxcd.io/billing",
        path: ".spec.chart.version",
        value: "3.2.0",
    },
    Run {
        table: "hrs",
        row: "billing",
        key: "v",
        typed: "size\t2",
        lines: &["-    size: 1 # small", "+    size: 2 # small"],
        object: "helmrelease.helm.fluxcd.io/billing",
        path: ".spec.values.size",
        value: "2",
    },
    // the lock goes with its words
    Run {
        table: "deploy",
        row: "old",
        key: "L",
        typed: "",
        lines: &["-    fluxcd.io/locked: \"true\"", "-    fluxcd.io/locked_msg: until Friday"],
        object: "deployment/old",
        path: r".metadata.annotations.fluxcd\.io/locked",
        value: "",
    },
];

/// `inner`, whose objects each change once.
const ORIGINS: Run = Run {
    table: "ks",
    row: "inner",
    key: "T",
    typed: "",
    lines: &["+  buildMetadata:", "+    - originAnnotations"],
    object: "kustomization.kustomize.toolkit.fluxcd.io/inner",
    path: ".spec.buildMetadata[0]",
    value: "originAnnotations",
};

/// Both Deployments, marked.
const MARKED: Run = Run {
    table: "deploy",
    row: "old|web",
    key: "n",
    typed: "\x151",
    lines: &[
        "-  replicas: 0",
        "+  replicas: 1",
        "-  replicas: 3 # as many as are needed",
        "+  replicas: 1 # as many as are needed",
    ],
    object: "deployment/web",
    path: ".spec.replicas",
    value: "1",
};

/// What was changed by hand and is kept.
const KEPT: Run = Run {
    table: "drift",
    row: "web",
    key: "e",
    typed: "",
    lines: &["-  replicas: 1 # as many as are needed", "+  replicas: 4 # as many as are needed"],
    object: "deployment/web",
    path: ".spec.replicas",
    value: "4",
};

fn every_playbook_of_a_workload_goes_from_its_row_to_its_pods() {
    let bed = bed::alone();
    let files = [
        ("deploy/web.yaml", DEPLOYMENT),
        ("deploy/old.yaml", OLD),
        ("deploy/billing.yaml", BILLING),
        ("deploy/inner.yaml", INNER),
        ("inner/notes.yaml", NOTES),
    ];
    let shop = Shop::of(&bed, "workload", &files);
    released(&shop);
    let user = user(&bed, "admin");
    let mut walk = Walk::of(&shop, &user);
    WORKLOAD.iter().for_each(|run| walk.run(run));
    let (locks, unlocks) = OF_V1.split_at(OF_V1.len() - 1);
    locks.iter().for_each(|run| walk.run(run));

    walk.go_to(ORIGINS.table, ORIGINS.row);
    walk.fill(&ORIGINS);
    // where what it applies is seen to change with it that is asked about
    let mut is_wide = false;
    walk.screen.until("the review", SOON, |text| {
        is_wide = text.contains("changes more");
        is_wide || text.contains("opens a pull request")
    });
    if is_wide {
        walk.screen.keys("\r");
        walk.screen.until_shows("take this way", SOON);
        walk.screen.keys("y");
    }
    walk.review(ORIGINS.lines, "track origins", if is_wide { "\ryes\r" } else { "\r" });
    walk.arrives(&ORIGINS);
    let origin = r".metadata.annotations.config\.kubernetes\.io/origin";
    let is_tracked = within(SOON, || shop.reads("configmap/notes", origin).contains("notes.yaml").then_some(()));
    assert!(is_tracked.is_some(), "{:?}", shop.reads("configmap/notes", origin));

    // what is taken back, or set again, has to be seen first
    walk.settles();
    unlocks.iter().for_each(|run| walk.run(run));
    walk.go_to(MARKED.table, MARKED.row);
    walk.screen.keys("M");
    walk.screen.until_shows("2 marked", SOON);
    walk.fill(&MARKED);
    walk.submit(&MARKED);
    assert_eq!(shop.reads("deployment/old", MARKED.path), MARKED.value);
    walk.settles();

    bed.kubectl(&["scale", "deployment", "web", "-n", &shop.name, "--replicas=4"]);
    walk.screen.keys(&format!(":ns {}\r", shop.name));
    walk.screen.keys(":drift\r");
    walk.screen.until("the drift", LATER, |text| text.contains("1 drifted of") && text.contains("spec.replicas"));
    walk.screen.keys(KEPT.key);
    walk.screen.until_shows("set by", SOON);
    walk.screen.keys("\r");
    walk.submit(&KEPT);
    walk.ends();
}

/// What helm-operator would write: that it was released, for whichever generation.
fn released(shop: &Shop<'_>) {
    let object = "helmrelease.helm.fluxcd.io/billing";
    let is_there = within(SOON, || (shop.reads(object, ".spec.chart.version") == "3.1.0").then_some(()));
    assert!(is_there.is_some(), "it is applied");
    let conditions = json!([{"type": "Released", "status": "True", "reason": "Succeeded", "message": "released"}]);
    let patch = json!({"status": {"phase": "Succeeded", "releaseStatus": "deployed", "conditions": conditions}}).to_string();
    shop.bed.kubectl(&["patch", object, "-n", &shop.name, "--subresource=status", "--type=merge", "-p", &patch]);
}

fn every_playbook_of_a_release_goes_from_its_row_to_its_pods() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "release", &[("deploy/web.yaml", DEPLOYMENT), ("deploy/site.yaml", RELEASE)]);
    let ready = within(LATER, || {
        (shop.reads("helmrelease.helm.toolkit.fluxcd.io/site", ".status.lastAttemptedRevision") == "1.4.0").then_some(())
    });
    assert!(ready.is_some(), "the release is installed");
    let user = user(&bed, "admin");
    let mut walk = Walk::of(&shop, &user);
    for run in CHARTED {
        // what is suspended before it is upgraded is never upgraded
        if run.path == ".spec.suspend" {
            walk.settles();
        }
        walk.run(run);
    }
    walk.ends();
}

/// What a person does with the object in the editor, the lines of the difference, and a field of the object then.
const EDITS: &[(&str, &[&str], &str, &str)] = &[
    ("sed -i '/^  replicas:/d' \"$file\"", &["-  replicas: 2 # as many as are needed"], ".spec.replicas", "1"),
    (
        "sed -i -e 's/web:1.0/web:1.1/' -e '/^ *resources:/,/cpu:/d' \"$file\"",
        &[
            "-        image: registry.invalid/web:1.0 # pinned",
            "-        resources:",
            "-          requests: {cpu: 10m} # measured",
            "+        image: registry.invalid/web:1.1 # pinned",
        ],
        ".spec.template.spec.containers[0].resources",
        "{}",
    ),
    (
        "sed -i 's/^      containers:/      containers:\\n      - name: side\\n        image: registry.invalid\\/side:1.0/' \"$file\"",
        &["+      - name: side", "+        image: registry.invalid/side:1.0"],
        ".spec.template.spec.containers[0].name",
        "side",
    ),
    (
        "sed -i '/registry.invalid.side/d; /name: side/d; s/^      - $//' \"$file\"",
        &["-      - name: side", "-        image: registry.invalid/side:1.0"],
        ".spec.template.spec.containers[0].name",
        "web",
    ),
];

/// `e`: what is deleted in the editor is gone in git and in the cluster, and nothing else.
fn what_is_edited_in_the_editor_goes_from_its_row_to_the_cluster() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "edit", &[("deploy/web.yaml", DEPLOYMENT)]);
    let user = user(&bed, "admin").set("VISUAL", "").set("EDITOR", "sh editor.sh");
    let mut walk = Walk::of(&shop, &user);
    for (script, expected, path, value) in EDITS {
        user.write("editor.sh", &format!("for file; do :; done\n{script}\n"));
        walk.go_to("deploy", "web");
        walk.screen.keys("e");
        walk.review(expected, script, "\r");
        let is_there = within(SOON, || (shop.reads("deployment/web", path) == *value).then_some(()));
        assert!(is_there.is_some(), "{script}: {path} is {:?}", shop.reads("deployment/web", path));
    }
    walk.screen.keys(":quit\r");
    another_kustomization_of_the_same_folder_is_named(&shop, &user);
}

/// One that the repository does not declare, with settings of its own: the cluster knows it, and a plan says that it changes too.
fn another_kustomization_of_the_same_folder_is_named(shop: &Shop<'_>, user: &Fluxdeck) {
    let twin = format!("{}-eu", shop.name);
    shop.bed.apply(
        &json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": twin, "namespace": shop.name},
            "spec": {
                "interval": "1h", "path": "./deploy", "prune": true, "targetNamespace": shop.name, "nameSuffix": "-eu",
                "sourceRef": {"kind": "GitRepository", "name": shop.name},
            },
        }),
        &[],
    );
    let is_applied = within(SOON, || (!shop.reads("deployment/web-eu", ".metadata.name").is_empty()).then_some(()));
    let ran = shop.scale(user, 4, &["--dry-run"]);
    let kind = "kustomization.kustomize.toolkit.fluxcd.io";
    shop.bed.kubectl(&["delete", kind, &twin, "-n", &shop.name]);
    assert!(is_applied.is_some(), "it is applied");
    let said = format!("also changes {}/{twin}", shop.name);
    assert!(ran.out.contains(&said) || ran.err.contains(&said), "{said}: {ran:?}");
    assert_eq!(open(shop.bed, &shop.name), [], "nothing is opened");
}

/// What a person does with the file in the editor, and the lines of the difference: several lines, and two documents, at once.
const TYPED: &str = "sed -i -e '1s/^/# by hand\\n/' -e 's/^  replicas: 2/  replicas: 3/' \"$file\"\nprintf -- '---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: typed\\ndata:\\n  a: b\\n' >> \"$file\"";

const TYPED_LINES: &[&str] = &[
    "+# by hand",
    "-  replicas: 2 # as many as are needed",
    "+  replicas: 3 # as many as are needed",
    "+---",
    "+apiVersion: v1",
    "+kind: ConfigMap",
    "+metadata:",
    "+  name: typed",
    "+data:",
    "+  a: b",
];

/// `E`: the file as it was saved is what is proposed; what it changes and what it adds is in the cluster.
fn a_file_that_is_edited_by_hand_goes_from_its_row_to_the_cluster() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "typed", &[("deploy/web.yaml", DEPLOYMENT)]);
    let user = user(&bed, "admin").set("VISUAL", "").set("EDITOR", "sh editor.sh");
    user.write("editor.sh", &format!("for file; do :; done\n{TYPED}\n"));
    let mut walk = Walk::of(&shop, &user);
    walk.go_to("deploy", "web");
    walk.screen.until_shows("restart", SOON);
    walk.screen.keys("E");
    walk.review(TYPED_LINES, "the file", "\r");
    let is_there = || shop.reads("deployment/web", ".spec.replicas") == "3" && shop.reads("configmap/typed", ".data.a") == "b";
    assert!(within(SOON, || is_there().then_some(())).is_some(), "it is applied");
    walk.ends();
}

trials! {
    a_file_that_is_edited_by_hand_goes_from_its_row_to_the_cluster,
    every_playbook_of_a_workload_goes_from_its_row_to_its_pods,
    what_is_edited_in_the_editor_goes_from_its_row_to_the_cluster,
    every_playbook_of_a_release_goes_from_its_row_to_its_pods,
}
