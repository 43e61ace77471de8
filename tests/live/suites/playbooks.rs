//! Every playbook on the bed: from the row in the terminal to a pull request on the real forge whose lines are exactly those that were meant,
//! merged, applied by the real Flux, and rolled out.

use std::time::Duration;

use serde_json::Value;

use crate::harness::trials;
use crate::shop::{DEPLOYMENT, SOON, Shop, merge, open, user};
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::terminal::{SMALL, WIDE};
use crate::support::within;

/// How long the pods of a release may need, with all that was asked before.
const LATER: Duration = Duration::from_secs(120);

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

/// One playbook: the table, the row and the key in the panel; what is typed into its form; the lines of the difference; and the field of the
/// object in the cluster, with its value then.
struct Run {
    table: &'static str,
    row: &'static str,
    key: &'static str,
    typed: &'static str,
    lines: &'static [&'static str],
    object: &'static str,
    path: &'static str,
    value: &'static str,
}

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

/// The lines of a pull request that go and come, without the headings.
fn lines(bed: &Bed, repository: &str, number: u64) -> Vec<String> {
    let url = format!("{}/ops/{repository}/pulls/{number}.diff", bed.value("BED_FORGE_URL"));
    let login = format!("{}:{}", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN"));
    let done = std::process::Command::new("curl").args(["-sS", "-u", &login, &url]).output().expect("curl");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let is_line = |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
    text.lines().filter(is_line).map(str::to_owned).collect()
}

/// The state of the change with that pull request.
fn state(user: &Fluxdeck, number: u64) -> Option<String> {
    let ran = user.run(&["changes", "-o", "json"]);
    let all: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let is_it = |change: &&Value| change["pull"]["number"] == number;
    all.as_array()?.iter().find(is_it)?["state"].as_str().map(str::to_owned)
}

/// Goes the whole way on the screen.
fn carried_out(shop: &Shop<'_>, user: &Fluxdeck, run: &Run, size: (u16, u16)) {
    let what = format!("{} {}", run.key, run.object);
    let mut screen = user.open(&[], size);
    screen.until_shows("● live", LATER);
    screen.keys(&format!(":{} {}\r", run.table, shop.name));
    screen.until(&what, LATER, |text| text.contains(run.row) && text.contains("Ready") || text.contains("Suspended"));
    screen.keys(&format!("/^{}$\r", run.row));
    screen.keys("a");
    screen.until_shows("Through git", SOON);
    screen.keys(run.key);
    screen.until_shows("why ", SOON);
    // of a field that git sets already, its value is in the form before it is typed over
    if run.lines[0].starts_with('-') && !["v", "U"].contains(&run.key) {
        screen.until_shows("set by", SOON);
    }
    screen.keys(&format!("{}\r", run.typed));
    screen.until_shows("opens a pull request", SOON);
    assert_eq!(open(shop.bed, &shop.name), [], "{what}: nothing is sent before it is confirmed");
    screen.keys("\r");
    let number = within(SOON, || {
        screen.read(Duration::from_millis(50));
        open(shop.bed, &shop.name).first().map(|(number, _)| *number)
    });
    let number = number.unwrap_or_else(|| panic!("{what} is opened: {}", screen.text()));
    assert_eq!(lines(shop.bed, &shop.name, number), run.lines, "{what}");
    merge(shop.bed, &shop.name, number, "squash");
    let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
    assert_eq!(reconciled.code, 0, "{what}: {reconciled:?}");
    let is_there = within(SOON, || (shop.reads(run.object, run.path) == run.value).then_some(()));
    assert!(is_there.is_some(), "{what}: {} is {:?}", run.path, shop.reads(run.object, run.path));
    let done = within(LATER, || {
        screen.read(Duration::from_millis(200));
        (state(user, number).as_deref() == Some("done")).then_some(())
    });
    assert!(done.is_some(), "{what} is rolled out: {:?}: {}", state(user, number), screen.text());
    screen.keys(":quit\r");
}

fn every_playbook_of_a_workload_goes_from_its_row_to_its_pods() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "workload", &[("deploy/web.yaml", DEPLOYMENT)]);
    let user = user(&bed, "admin");
    for (run, size) in WORKLOAD.iter().zip([SMALL, WIDE].into_iter().cycle()) {
        carried_out(&shop, &user, run, size);
    }
}

fn every_playbook_of_a_release_goes_from_its_row_to_its_pods() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "release", &[("deploy/web.yaml", DEPLOYMENT), ("deploy/site.yaml", RELEASE)]);
    let ready = within(LATER, || {
        (shop.reads("helmrelease.helm.toolkit.fluxcd.io/site", ".status.lastAttemptedRevision") == "1.4.0").then_some(())
    });
    assert!(ready.is_some(), "the release is installed");
    let user = user(&bed, "admin");
    for (run, size) in CHARTED.iter().zip([SMALL, WIDE].into_iter().cycle()) {
        carried_out(&shop, &user, run, size);
    }
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
    for ((script, expected, path, value), size) in EDITS.iter().zip([SMALL, WIDE].into_iter().cycle()) {
        user.write("editor.sh", &format!("for file; do :; done\n{script}\n"));
        let mut screen = user.open(&[], size);
        screen.until_shows("● live", LATER);
        screen.keys(&format!(":deploy {}\r", shop.name));
        screen.until("the row", LATER, |text| text.contains("web"));
        screen.keys("/^web$\r");
        // the cursor goes to what is found
        screen.until("what is found", LATER, |text| text.contains(" 1 of ") && text.contains("restart"));
        screen.keys("e");
        screen.until_shows("opens a pull request", SOON);
        assert_eq!(open(shop.bed, &shop.name), [], "{script}: nothing is sent before it is confirmed");
        screen.keys("\r");
        let number = within(SOON, || {
            screen.read(Duration::from_millis(50));
            open(shop.bed, &shop.name).first().map(|(number, _)| *number)
        });
        let number = number.unwrap_or_else(|| panic!("{script} is opened: {}", screen.text()));
        assert_eq!(lines(shop.bed, &shop.name, number), *expected, "{script}");
        merge(shop.bed, &shop.name, number, "squash");
        let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
        assert_eq!(reconciled.code, 0, "{script}: {reconciled:?}");
        let is_there = within(SOON, || (shop.reads("deployment/web", path) == *value).then_some(()));
        assert!(is_there.is_some(), "{script}: {path} is {:?}", shop.reads("deployment/web", path));
        screen.keys(":quit\r");
    }
}

/// What a person does with the file in the editor, and the lines of the difference: several lines, and two documents, at once.
const TYPED: &str = "sed -i -e '1s/^/# by hand\\n/' -e 's/^  replicas: 2/  replicas: 3/' \"$file\"\nprintf -- '---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: typed\\ndata:\\n  a: b\\n' >> \"$file\"";

/// `E`: the file as it was saved is what is proposed; what it changes and what it adds is in the cluster.
fn a_file_that_is_edited_by_hand_goes_from_its_row_to_the_cluster() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "typed", &[("deploy/web.yaml", DEPLOYMENT)]);
    let user = user(&bed, "admin").set("VISUAL", "").set("EDITOR", "sh editor.sh");
    user.write("editor.sh", &format!("for file; do :; done\n{TYPED}\n"));
    let mut screen = user.open(&[], SMALL);
    screen.until_shows("● live", LATER);
    screen.keys(&format!(":deploy {}\r", shop.name));
    screen.until("the row", LATER, |text| text.contains("web"));
    screen.keys("/^web$\r");
    screen.until("what is found", LATER, |text| text.contains(" 1 of ") && text.contains("restart"));
    screen.keys("E");
    screen.until_shows("opens a pull request", SOON);
    assert_eq!(open(shop.bed, &shop.name), [], "nothing is sent before it is confirmed");
    screen.keys("\r");
    let number = within(SOON, || {
        screen.read(Duration::from_millis(50));
        open(shop.bed, &shop.name).first().map(|(number, _)| *number)
    });
    let number = number.unwrap_or_else(|| panic!("it is opened: {}", screen.text()));
    let proposed = lines(shop.bed, &shop.name, number);
    for line in
        ["+# by hand", "-  replicas: 2 # as many as are needed", "+  replicas: 3 # as many as are needed", "+kind: ConfigMap"]
    {
        assert!(proposed.iter().any(|other| other == line), "{line}: {proposed:?}");
    }
    merge(shop.bed, &shop.name, number, "squash");
    let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
    assert_eq!(reconciled.code, 0, "{reconciled:?}");
    let is_there = || shop.reads("deployment/web", ".spec.replicas") == "3" && shop.reads("configmap/typed", ".data.a") == "b";
    assert!(within(SOON, || is_there().then_some(())).is_some(), "it is applied");
    screen.keys(":quit\r");
}

trials! {
    a_file_that_is_edited_by_hand_goes_from_its_row_to_the_cluster,
    every_playbook_of_a_workload_goes_from_its_row_to_its_pods,
    what_is_edited_in_the_editor_goes_from_its_row_to_the_cluster,
    every_playbook_of_a_release_goes_from_its_row_to_its_pods,
}
