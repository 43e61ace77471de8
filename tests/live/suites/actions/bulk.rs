//! A hundred objects at once, ten of them failing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Sandbox, admin, our_patches, ready, succeeds};
use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::terminal::{Terminal, WIDE};
use crate::support::within;
use crate::truth::text;

const SOON: Duration = Duration::from_secs(10);

const KS: &str = "kustomizations.kustomize.toolkit.fluxcd.io";

/// A hundred Kustomizations that have settled, ten of which have no path.
fn hundred(bed: &Bed, sandbox: &Sandbox) {
    let items: Vec<_> = (0..100)
        .map(|number| {
            let path = if number % 10 == 7 { "./no/such/path" } else { "./deploy/reports" };
            json!({
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                "metadata": {"name": format!("bulk-{number:03}"), "namespace": sandbox.name, "labels": {"half": (number % 2).to_string()}},
                "spec": {
                    "interval": "1h", "retryInterval": "1h", "prune": true, "path": path, "targetNamespace": sandbox.name,
                    "nameSuffix": format!("-{number:03}"), "sourceRef": {"kind": "GitRepository", "name": "apps", "namespace": "flux-apps"},
                },
            })
        })
        .collect();
    bed.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}), &[]);
    let settled = || {
        let objects = bed.items(&[KS, "-n", sandbox.name]);
        let is_over = |object: &Value| ready(object).is_some_and(|ready| ready["status"] != "Unknown");
        (objects.len() == 100 && objects.iter().all(is_over)).then_some(())
    };
    assert!(within(super::SETTLED * 3, settled).is_some(), "the hundred settle");
}

fn a_hundred_objects_are_done_each_with_its_own_result() {
    let bed = bed::alone();
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "acts-bulk");
    hundred(&bed, &sandbox);

    let mark = super::mark(&bed);
    let ran = user.run(&["reconcile", "ks", "--all", "-n", sandbox.name, "-o", "json"]);
    assert_eq!(ran.code, 1, "ten fail");
    let results: Vec<Value> = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(results.len(), 100);
    for result in &results {
        let name = text(result, "/name");
        let expected = if name.ends_with('7') { "failed" } else { "done" };
        assert_eq!(text(result, "/result"), expected, "{result}");
        let message = text(result, "/message");
        assert!(message.contains(if expected == "done" { "applied revision main@" } else { "path not found" }), "{result}");
    }
    assert_eq!(our_patches(&bed, mark).len(), 100, "each object once");

    let ran = user.run(&["suspend", "ks", "-l", "half=1", "-n", sandbox.name, "--reason", "half of them"]);
    succeeds(&ran);
    assert_eq!(ran.out.lines().filter(|line| line.ends_with(": suspended")).count(), 50);
    let suspended =
        |bed: &Bed| bed.items(&[KS, "-n", "acts-bulk"]).into_iter().filter(|object| object["spec"]["suspend"] == true).count();
    assert_eq!(suspended(&bed), 50);
    succeeds(&user.run(&["resume", "ks", "--all", "-n", sandbox.name]));
    assert_eq!(suspended(&bed), 0);
    let unready =
        bed.items(&[KS, "-n", sandbox.name]).into_iter().filter(|object| ready(object).is_some_and(|it| it["status"] == "False"));
    assert!(unready.count() >= 5, "the failing ones still fail");
}

fn keys_stay_quick_while_a_hundred_objects_are_reconciled_on_the_screen() {
    let bed = bed::alone();
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "acts-bulk");
    hundred(&bed, &sandbox);
    let mut screen = user.open(&["-c", "ks acts-bulk"], WIDE);
    screen.until("the rows", SOON, |text| {
        text.contains("bulk-000") && text.lines().next().is_some_and(|line| line.contains("live"))
    });
    press(&mut screen, "j");
    let quiet = usual(&mut screen, 40);
    let mark = super::mark(&bed);
    // from the first to the last
    screen.keys("g G\0");
    screen.keys("R");
    screen.until("what will be done", SOON, |text| text.contains("reconcile 100 objects"));
    screen.keys("\r");
    let has_begun = || (!our_patches(&bed, mark).is_empty()).then_some(());
    assert!(within(SOON, has_begun).is_some(), "it runs: {}", screen.text());
    let busy = usual(&mut screen, 200);
    // the controllers at work on a hundred objects share this machine: the slowest keys are theirs, and a starved machine is slow before
    assert!(busy < Duration::from_millis(16).max(quiet * 4), "{quiet:?} before, {busy:?} meanwhile");
    let sent = || (our_patches(&bed, mark).len() == 100).then_some(());
    assert!(within(super::SETTLED, sent).is_some(), "each object once: {}", our_patches(&bed, mark).len());
}

/// What the quickest quarter of so many keys takes at most: what shares the machine only adds to it, and a screen that is busy is slow for
/// every key.
fn usual(screen: &mut Terminal, keys: usize) -> Duration {
    let mut took: Vec<_> = ["k", "j"].iter().cycle().take(keys).map(|key| press(screen, key)).collect();
    took.sort();
    took[keys / 4]
}

/// How long a key takes until something is drawn.
fn press(screen: &mut Terminal, key: &str) -> Duration {
    while screen.read(Duration::ZERO) {}
    let begin = Instant::now();
    screen.keys(key);
    assert!(screen.read(SOON), "a key draws");
    begin.elapsed()
}

trials![
    a_hundred_objects_are_done_each_with_its_own_result,
    keys_stay_quick_while_a_hundred_objects_are_reconciled_on_the_screen,
];
