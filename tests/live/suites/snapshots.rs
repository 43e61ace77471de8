//! A snapshot shows without a cluster what the cluster showed, and no secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::harness::trials;
use crate::node::{Node, flat, tree};
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::within;

/// Largest file that is committed for flows without a cluster.
const LARGEST: u64 = 1 << 20;

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the snapshot");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped text");
    text
}

/// Every value of every Secret, decoded and as written in the manifest. Short ones are words that others use too (`orders`).
fn secrets(bed: &Bed) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for secret in bed.items(&["secrets", "-A"]) {
        let name = format!("{}/{}", secret["metadata"]["namespace"], secret["metadata"]["name"]);
        let decoded = bed.kubectl(&[
            "get",
            "secret",
            "-n",
            secret["metadata"]["namespace"].as_str().expect("a namespace"),
            secret["metadata"]["name"].as_str().expect("a name"),
            "-o",
            "go-template={{range $key, $value := .data}}{{$value | base64decode}}{{\"\\x00\"}}{{end}}",
        ]);
        let raw = secret["data"].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
        for value in decoded.split('\0').chain(raw).filter(|value| value.len() >= 8) {
            // as JSON writes it: a value of several lines is still the value
            values.insert(value.to_owned(), name.clone());
        }
    }
    values
}

/// What a tree says, without what the clock changes.
fn shown(trees: &[Node]) -> BTreeSet<String> {
    flat(trees).into_iter().map(|node| format!("{:?}", Node { children: Vec::new(), ..node.clone() })).collect()
}

fn a_snapshot_shows_the_tree_that_was_live_and_can_be_taken_again() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let (first, second) = (user.file("fleet.gz"), user.file("again.gz"));
    let (first, second) = (first.to_str().expect("a path"), second.to_str().expect("a path"));
    // the fleet moves a little: what retries, retries
    let same = within(std::time::Duration::from_secs(60), || {
        let before = tree(&user, &["-A"]);
        let ran = user.run(&["snapshot", first]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        assert!(ran.err.contains("saved") && ran.err.contains(first), "{ran:?}");
        (tree(&user, &["-A"]) == before).then_some(before)
    });
    let live = same.expect("the fleet is at rest for a moment");

    let nobody = Fluxdeck::new();
    let recorded = tree(&nobody, &["-A", "--from", first]);
    let (live_shown, recorded_shown) = (shown(&live), shown(&recorded));
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        live_shown == recorded_shown,
        "only live:\n{}\nonly in the snapshot:\n{}",
        only(&live_shown, &recorded_shown),
        only(&recorded_shown, &live_shown)
    );
    assert!(live == recorded, "the same objects, but not in the same places");

    let ran = nobody.run(&["--from", first, "snapshot", second]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(tree(&nobody, &["-A", "--from", second]) == recorded, "a snapshot of a snapshot shows the same");
    let get = |from: &[&str]| user.run(&[&["get", "hr", "-A", "-o", "name"], from].concat()).out;
    assert_eq!(get(&["--from", first]), get(&[]), "tables too");
}

fn a_snapshot_holds_no_value_of_a_secret() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let file = user.file("fleet.gz");
    let ran = user.run(&["snapshot", file.to_str().expect("a path")]);
    assert_eq!(ran.code, 0, "{ran:?}");

    let text = unpacked(&file);
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    let shown = snapshot["kinds"].as_array().into_iter().flatten().filter(|kind| kind["kind"] == "Secret");
    assert!(shown.flat_map(|kind| kind["objects"].as_array()).flatten().count() > 0, "Secrets are shown, by name");
    let secrets = secrets(&bed);
    assert!(secrets.len() > 20, "the bed has secrets: {}", secrets.len());
    for (value, name) in &secrets {
        let written = Value::from(value.as_str()).to_string();
        assert!(!text.contains(written.trim_matches('"')), "a value of Secret {name} is in the snapshot");
    }
    assert!(!text.contains("managedFields"), "what nobody looks at is left out");
}

fn an_invalid_snapshot_is_reported() {
    let user = Fluxdeck::new();
    let file = user.write("notes.txt", "hello");
    let ran = user.run(&["tree", "--from", file.to_str().expect("a path")]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("notes.txt") && ran.err.contains("not a snapshot"), "{ran:?}");

    let ran = user.run(&["tree", "--from", "/nowhere/fleet.gz"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("/nowhere/fleet.gz"), "{ran:?}");
}

/// `UPDATE=1` takes it again from the bed.
fn the_recorded_fleet_is_the_fleet_of_the_bed() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet.snapshot.gz");
    let file = path.to_str().expect("a path");
    if std::env::var_os("UPDATE").is_some() {
        let ran = user.run(&["snapshot", file]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    let size = std::fs::metadata(&path).expect("it is committed").len();
    assert!(size < LARGEST, "{size} bytes");
    // pods and generated names differ from bed to bed: what Flux itself is about must not
    let of_flux = |trees: &[Node]| -> BTreeSet<_> {
        let nodes = flat(trees).into_iter().filter(|node| node.group.contains("flux"));
        nodes.map(|node| format!("{}.{} {}/{} {}", node.kind, node.group, node.namespace, node.name, node.health)).collect()
    };
    assert_eq!(of_flux(&tree(&user, &["-A", "--from", file])), of_flux(&tree(&user, &["-A"])), "take it again with UPDATE=1");
}

trials![
    a_snapshot_shows_the_tree_that_was_live_and_can_be_taken_again,
    a_snapshot_holds_no_value_of_a_secret,
    an_invalid_snapshot_is_reported,
    the_recorded_fleet_is_the_fleet_of_the_bed,
];
