//! What is built from files is what kustomize builds, and what Flux has applied: server-side dry runs of it change nothing.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use fluxdeck_model::render::flux::{self, Applied};
use fluxdeck_model::render::node::Node;
use fluxdeck_model::render::repository::{BuildOutcome, Builder};
use fluxdeck_model::render::{self, Options, write};
use serde_json::Value;

use crate::disk::Disk;
use crate::harness::trials;
use crate::oracle::ask;
use crate::support::bed::{self, Bed};

fn folders(root: &Path, below: &str, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(below)).expect("a folder of the fleet").flatten() {
        let path = Path::new(below).join(entry.file_name()).to_string_lossy().into_owned();
        if entry.path().is_dir() {
            folders(root, &path, into);
        } else if entry.file_name() == "kustomization.yaml" {
            into.push(below.to_owned());
        }
    }
}

fn every_folder_of_the_fleet_is_built_as_kustomize_builds_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet/fleet");
    let mut paths = Vec::new();
    folders(&root, "", &mut paths);
    assert!(paths.len() >= 15, "{paths:?}");
    for path in paths {
        let arguments = ["kustomize", "build", "--reorder", "none", "--load-restrictor", "LoadRestrictionsNone", &path];
        let theirs = ask(&arguments, Some(&root));
        let ours = render::build(&Disk { root: root.clone() }, &path, &Options::default());
        let ours = ours.and_then(|output| write::all(output.objects.iter().map(|built| &built.node)));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => assert!(ours == theirs, "{path} differs"),
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!("{path}: {ours:?}, kustomize: {theirs:?}"),
        }
    }
}

/// What one Kustomization of the running fleet has applied, built from the files that the forge was given.
pub(super) struct Built {
    id: String,
    inventory: BTreeSet<String>,
    objects: Vec<Applied>,
}

pub(super) fn built(bed: &Bed) -> Vec<Built> {
    let root = PathBuf::from(bed.value("BED_DIR")).join("tmp/fleet");
    let mut builder = Builder::default();
    for secret in bed.items(&["secrets,configmaps", "-n", "flux-system"]) {
        give(&mut builder, &secret);
    }
    let repository = builder.build(&Disk { root }).expect("the fleet can be read");
    let cluster = repository.clusters.into_iter().find(|cluster| cluster.name == "production").expect("a cluster of the fleet");
    let live = bed.items(&["kustomizations.kustomize.toolkit.fluxcd.io", "-A"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for member in cluster.members {
        let id = member.spec.id();
        let is_it =
            |object: &&Value| format!("{}/{}", text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"])) == id;
        let entries = live.iter().find(is_it).and_then(|object| object["status"]["inventory"]["entries"].as_array());
        let inventory: BTreeSet<_> = entries.into_iter().flatten().map(|entry| text(&entry["id"])).collect();
        if let (BuildOutcome::Built(objects), false) = (member.outcome, inventory.is_empty() || member.spec.is_remote) {
            found.push(Built { id, inventory, objects: objects.to_vec() });
        }
    }
    found
}

/// What the cluster has for `substituteFrom`.
fn give(builder: &mut Builder, object: &Value) {
    let text = serde_json::to_string(object).expect("JSON");
    let place = render::read::TextPlace::file(&"cluster".into(), render::Layer::Cluster);
    let node = render::read::document(text.as_bytes(), &place).expect("JSON is YAML").expect("an object");
    let part = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    if let Some(values) = flux::values(&node) {
        builder.give(object["kind"].as_str().unwrap_or_default(), part("namespace"), part("name"), values);
    }
}

fn inventory_id(node: &Node) -> String {
    let text = |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default();
    let group = text(&["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
    let name = text(&["metadata", "name"]).replace(':', "__");
    format!("{}_{name}_{group}_{}", text(&["metadata", "namespace"]), text(&["kind"]))
}

fn the_objects_of_every_kustomization_are_those_of_its_inventory() {
    let bed = bed::shared();
    let all = built(&bed);
    assert!(all.len() >= 6, "{} Kustomizations", all.len());
    for one in all {
        let ids: BTreeSet<_> = one.objects.iter().map(|object| inventory_id(&object.node)).collect();
        // as many as there are objects: none can be left out unseen
        assert_eq!(ids.len(), one.objects.len(), "{}", one.id);
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join(" ");
        assert!(
            ids == one.inventory,
            "{}: only built: {}; only applied: {}",
            one.id,
            only(&ids, &one.inventory),
            only(&one.inventory, &ids)
        );
    }
}

/// `kubectl apply` with what Flux says of itself, or `get`; one object as JSON.
fn kubectl(bed: &Bed, arguments: &[&str], input: &str) -> Value {
    let mut command = bed.kubectl_as("admin");
    command.args(arguments).args(["-o", "json", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("kubectl runs");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("kubectl reads");
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success(), "kubectl {arguments:?}: {}\n{input}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

/// An object without what every write changes.
pub(super) fn plain(mut object: Value) -> Value {
    let items = if object["kind"] == "List" { object["items"].take() } else { Value::from(vec![object]) };
    let mut items = items;
    for item in items.as_array_mut().into_iter().flatten() {
        let meta = item["metadata"].as_object_mut().expect("metadata");
        for part in ["managedFields", "resourceVersion", "generation"] {
            meta.remove(part);
        }
        item.as_object_mut().expect("an object").remove("status");
    }
    items
}

/// Whether a server-side dry run changes anything.
fn changes(bed: &Bed, text: &str) -> bool {
    const AS_FLUX: &[&str] =
        &["apply", "--server-side", "--dry-run=server", "--field-manager=kustomize-controller", "--force-conflicts"];
    plain(kubectl(bed, AS_FLUX, text)) != plain(kubectl(bed, &["get"], text))
}

/// Objects whose live state follows git alone: encrypted ones differ by their nature, switched-off ones are left alone by Flux.
pub(super) fn comparable(one: &Built) -> impl Iterator<Item = &Applied> {
    let is_switched_off = |node: &Node| {
        let says = |map: &str, key: &str, value: &str| node.at(&["metadata", map, key]).and_then(Node::text) == Some(value);
        ["labels", "annotations"].into_iter().any(|map| {
            says(map, "kustomize.toolkit.fluxcd.io/reconcile", "disabled")
                || ["IfNotPresent", "Ignore", "Merge"]
                    .into_iter()
                    .any(|value| says(map, "kustomize.toolkit.fluxcd.io/ssa", value))
        })
    };
    one.objects.iter().filter(move |object| !object.is_encrypted && object.unknown.is_empty() && !is_switched_off(&object.node))
}

fn applied_again_as_flux_applies_it_nothing_changes() {
    let bed = bed::shared();
    let mut wrong = Vec::new();
    for one in built(&bed) {
        for object in comparable(&one) {
            let text = write::yaml(&object.node).expect("it was built");
            if changes(&bed, &text) {
                wrong.push(format!("{}: {}", one.id, inventory_id(&object.node)));
            }
        }
    }
    assert!(wrong.is_empty(), "a dry run changes:\n{}", wrong.join("\n"));
}

trials![
    every_folder_of_the_fleet_is_built_as_kustomize_builds_it,
    the_objects_of_every_kustomization_are_those_of_its_inventory,
    applied_again_as_flux_applies_it_nothing_changes,
];
