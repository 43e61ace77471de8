//! A hundred objects at once, ten of them failing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Sandbox, admin, our_patches, ready, succeeds};
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
    for number in 0..100 {
        sandbox.settled(KS, &format!("bulk-{number:03}"));
    }
}

#[test]
fn a_hundred_objects_are_done_each_with_its_own_result() {
    let Some(bed) = bed::alone() else { return };
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

#[test]
fn keys_stay_quick_while_a_hundred_objects_are_reconciled_on_the_screen() {
    let Some(bed) = bed::alone() else { return };
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "acts-bulk");
    hundred(&bed, &sandbox);
    let mut screen = user.open(&["-c", "ks acts-bulk"], WIDE);
    screen.until("the rows", SOON, |text| {
        text.contains("bulk-000") && text.lines().next().is_some_and(|line| line.contains("live"))
    });
    let mark = super::mark(&bed);
    // from the first to the last
    screen.keys("g G\0");
    screen.keys("R");
    screen.until("what will be done", SOON, |text| text.contains("reconcile 100 objects"));
    screen.keys("\r");
    screen.until("the table again", SOON, |text| !text.contains("reconcile 100 objects?"));
    let mut took: Vec<Duration> = (0..200).map(|number| press(&mut screen, if number % 2 == 0 { "k" } else { "j" })).collect();
    took.sort();
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
    // the controllers at work on a hundred objects share this machine: the slowest keys are theirs
    assert!(median < Duration::from_millis(16), "median {median:?}, worst {worst:?}");
    let sent = || (our_patches(&bed, mark).len() == 100).then_some(());
    assert!(within(super::SETTLED, sent).is_some(), "each object once: {}", our_patches(&bed, mark).len());
}

/// How long a key takes until something is drawn.
fn press(screen: &mut Terminal, key: &str) -> Duration {
    while screen.read(Duration::ZERO) {}
    let begin = Instant::now();
    screen.keys(key);
    assert!(screen.read(SOON), "a key draws");
    begin.elapsed()
}
