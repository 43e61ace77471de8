//! The fleet of the test bed: what is built from its files is what the real controllers wrote into their inventories, as the recorded
//! cluster shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use fluxdeck_model::render::flux::{self, Applied, Spec};
use fluxdeck_model::render::node::{Layer, Node};
use fluxdeck_model::render::read::{self, TextPlace};
use fluxdeck_model::render::remote::Remotes;
use fluxdeck_model::render::repository::{BuildOutcome, Builder, Member, Repository};
use fluxdeck_model::render::tree::{Memory, PathKind, Tree as _};
use fluxdeck_model::render::{Cache, Cause};
use serde_json::Value;

use super::disk::Disk;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)
}

pub fn copy(disk: &Disk, folder: &str, memory: &mut Memory) {
    for name in disk.list(folder).expect("a folder") {
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        match disk.entry(&path).expect("it was listed") {
            PathKind::File => memory.insert(&path, &disk.read(&path).expect("a file")),
            PathKind::Folder => copy(disk, &path, memory),
            PathKind::Link(target) => memory.link(&path, &target),
        }
    }
}

/// The fleet's repository, read once.
pub fn in_memory() -> Memory {
    let mut memory = Memory::default();
    copy(&Disk { root: fixtures("fleet/fleet") }, "", &mut memory);
    memory
}

/// The applications' repository, which is another one than the fleet's, with what the fleet says of it in files of its own: its source, the
/// Kustomizations that read it, the generator that copies from it, and the Kustomization that reads the copy.
pub fn applications() -> Memory {
    const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: all, namespace: flux-apps}\n\
        spec: {interval: 1h, path: ./clusters/production, prune: true, sourceRef: {kind: GitRepository, name: apps}}\n";
    let mut memory = Memory::default();
    copy(&Disk { root: fixtures("fleet/apps") }, "", &mut memory);
    memory.insert("clusters/production/all.yaml", ROOT.as_bytes());
    let fleet = Disk { root: fixtures("fleet/fleet/flux") };
    let of_system = ["tenants", "artifacts", "kustomizations"].map(|name| format!("system/production/{name}.yaml"));
    for file in of_system.iter().map(String::as_str).chain(["apps/production/releases.yaml"]) {
        let text = String::from_utf8(fleet.read(file).expect("a file of the fleet").to_vec()).expect("a text");
        for document in text.split("\n---\n").map(|document| format!("{document}\n")) {
            let place = TextPlace::file(&file.into(), Layer::Resource);
            let node = read::document(document.as_bytes(), &place).expect("YAML").expect("a document");
            let text = |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default();
            let (kind, name) = (text(&["kind"]), text(&["metadata", "name"]));
            let reads = (text(&["spec", "sourceRef", "kind"]), text(&["spec", "sourceRef", "name"]));
            let is_taken = match kind {
                "GitRepository" | "ArtifactGenerator" => matches!(name, "apps" | "split"),
                "Kustomization" => matches!(reads, ("GitRepository", "apps") | ("ExternalArtifact", "reports")),
                _ => false,
            };
            if is_taken {
                memory.insert(&format!("clusters/production/{}-{name}.yaml", kind.to_lowercase()), document.as_bytes());
            }
        }
    }
    memory
}

pub fn repository() -> Repository {
    Builder::default().build(&Disk { root: fixtures("fleet/fleet") }).expect("the fleet can be read")
}

/// Kustomizations of the recorded cluster by `namespace/name`.
fn recorded() -> BTreeMap<String, Value> {
    let file = std::fs::File::open(fixtures("fleet.snapshot.gz")).expect("the recorded fleet");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped text");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let kinds = all["kinds"].as_array().into_iter().flatten();
    let objects = kinds.filter(|kind| kind["group"] == flux::GROUP).filter_map(|kind| kind["objects"].as_array()).flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    objects
        .map(|object| {
            (format!("{}/{}", text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"])), object.clone())
        })
        .collect()
}

/// `namespace_name_group_kind`, as inventories write it (fluxcd/cli-utils `pkg/object/objmetadata.go`).
fn inventory_id(node: &Node) -> String {
    let text = |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default();
    let group = text(&["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
    let name = text(&["metadata", "name"]).replace(':', "__");
    format!("{}_{name}_{group}_{}", text(&["metadata", "namespace"]), text(&["kind"]))
}

/// Names of objects; as many as there are objects, so that none can be left out unseen.
fn ids<'n>(objects: impl IntoIterator<Item = &'n Node>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for id in objects.into_iter().map(inventory_id) {
        assert!(!found.contains(&id), "{id} is there twice");
        found.insert(id);
    }
    found
}

fn inventory(object: &Value) -> BTreeSet<String> {
    let entries = object["status"]["inventory"]["entries"].as_array().into_iter().flatten();
    entries.filter_map(|entry| entry["id"].as_str()).map(str::to_owned).collect()
}

fn production(repository: &Repository) -> &[Member] {
    &repository.clusters.iter().find(|cluster| cluster.name == "production").expect("a cluster of the fleet").members
}

fn member<'r>(repository: &'r Repository, id: &str) -> &'r Member {
    production(repository).iter().find(|member| member.spec.id() == id).unwrap_or_else(|| panic!("{id} is in the fleet"))
}

/// Where the other sources of the fleet are in the fixtures.
fn elsewhere(spec: &Spec) -> Option<PathBuf> {
    match (spec.source.kind.as_ref(), spec.source.name.as_ref()) {
        ("GitRepository", "apps") => Some(fixtures("fleet/apps")),
        ("OCIRepository", "policies") => Some(fixtures("fleet/policies")),
        ("ExternalArtifact", "reports") => Some(fixtures("fleet/apps/deploy/reports")),
        _ => None,
    }
}

#[test]
fn every_kustomization_applies_what_the_inventory_of_the_recorded_cluster_names() {
    let (repository, recorded) = (repository(), recorded());
    let mut wrong = Vec::new();
    let mut compared = 0;
    for member in production(&repository) {
        let id = member.spec.id();
        let object = recorded.get(&id).unwrap_or_else(|| panic!("{id} was in the cluster"));
        let named = inventory(object);
        let built = match (&member.outcome, elsewhere(&member.spec)) {
            (BuildOutcome::Built(objects), _) => ids(objects.iter().map(|object| &object.node)),
            (BuildOutcome::Elsewhere(_), Some(folder)) => {
                let objects = flux::render(&Disk { root: folder }, &member.spec, &Cache::default(), &Remotes::default()).objects;
                let objects = objects.unwrap_or_else(|error| panic!("{id}: {error}"));
                ids(objects.iter().map(|built| &built.node))
            }
            _ => continue,
        };
        // what was never applied names nothing; Flux itself is written by the bed when it starts
        if named.is_empty() || id == "flux-system/flux-system" {
            continue;
        }
        compared += 1;
        if named != built {
            let only =
                |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>().join(" ");
            wrong.push(format!("{id}: only in the cluster: {}; only built: {}", only(&named, &built), only(&built, &named)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared >= 10, "{compared} compared");
}

#[test]
fn the_faults_of_the_fleet_are_found_without_a_cluster() {
    let repository = repository();
    let failed = |id: &str| match &member(&repository, id).outcome {
        BuildOutcome::Failed(error) => error.clone(),
        other => panic!("{id}: {other:?}"),
    };

    let error = failed("faults/build-error");
    assert!(error.file.as_deref().is_some_and(|file| file.starts_with("flux/faults/build-error/")), "{error}");
    assert_eq!(failed("faults/no-path").cause, Cause::Missing);
    let error = failed("faults/unset-variable");
    assert_eq!(error.file.as_deref(), Some("flux/faults/unset-variable/config.yaml"), "{error}");
    let BuildOutcome::Elsewhere(why) = &member(&repository, "faults/no-source").outcome else { panic!("it has no source") };
    assert!(why.contains("unreachable"), "{why}");
}

/// `file:line layer` of a field, the winner first.
fn chain(object: &Applied, path: &[&str]) -> Vec<String> {
    let node = object.node.at(path).unwrap_or_else(|| panic!("{path:?}"));
    node.trace.chain().map(|origin| format!("{}:{} {}", origin.location, origin.line, origin.layer.word())).collect()
}

#[test]
fn encrypted_secrets_are_marked_and_give_no_values() {
    let repository = repository();
    let all = repository.members().flat_map(|(_, member)| member.outcome.objects());
    let encrypted: BTreeSet<_> = all.filter(|object| object.is_encrypted).map(|object| inventory_id(&object.node)).collect();

    assert!(encrypted.contains("flux-system_cluster-secrets__Secret"), "{encrypted:?}");
    let secret = member(&repository, "flux-system/system").outcome.objects();
    let secret =
        secret.iter().find(|object| inventory_id(&object.node) == "flux-system_cluster-secrets__Secret").expect("it is applied");
    assert!(flux::values(&secret.node).is_none(), "nobody gets variables from what is encrypted");
}

#[test]
fn where_a_value_of_the_fleet_comes_from_is_shown() {
    let repository = repository();
    let apps = member(&repository, "flux-system/apps").outcome.objects();
    let deployment = |name: &str| {
        let is_it = |object: &&Applied| inventory_id(&object.node).ends_with(&format!("_{name}_apps_Deployment"));
        apps.iter().find(is_it).unwrap_or_else(|| panic!("{name} is applied"))
    };

    let owner = chain(deployment("cart"), &["metadata", "labels", "kustomize.toolkit.fluxcd.io/name"]);
    assert_eq!(owner, ["flux/clusters/production/apps.yaml:4 Flux owner label"]);
    let zone = chain(deployment("cart"), &["spec", "template", "metadata", "annotations", "example.test/zone"]);
    assert!(
        zone[0].starts_with("flux/system/production/cluster-vars.yaml:") && zone[0].ends_with("cluster ConfigMap"),
        "{zone:?}"
    );
    let zone =
        deployment("cart").node.at(&["spec", "template", "metadata", "annotations", "example.test/zone"]).expect("a field");
    let written = zone.trace.composition().map(|made| &made.scalars[0].trace.origin).expect("it is composed");
    assert_eq!((written.line, written.layer), (29, Layer::FluxPatch), "the patch with the variable");
}
