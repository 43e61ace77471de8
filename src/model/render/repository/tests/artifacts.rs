//! Artifacts that are folders of this repository.

use std::sync::Arc;

use super::super::property::request;
use super::super::{BuildOutcome, BuildRequest, Builder, ComposedSource};
use super::{SETTINGS, fleet, flux, names};
use crate::render::flux::{SourceRef, Spec};
use crate::render::node::Layer;
use crate::render::read::{self, TextPlace};
use crate::render::tree::Memory;

#[test]
fn an_artifact_is_a_folder_of_the_repository_where_something_says_so() {
    let source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: infra, namespace: flux-system}\nspec: {url: \"oci://ghcr.io/acme/fleet/infra\"}\n";
    let from = "  sourceRef: {kind: OCIRepository, name: infra}\n";
    let built = |path: &str, more: &[(&str, &str)]| {
        let mut tree = fleet();
        tree.insert("clusters/staging/infra.yaml", flux("infra", path, from).as_bytes());
        tree.insert("clusters/staging/source.yaml", source.as_bytes());
        tree.insert("kubernetes/infra/configs/a.yaml", SETTINGS.as_bytes());
        more.iter().for_each(|(path, text)| tree.insert(path, text.as_bytes()));
        let repository = Builder::default().build(&tree).expect("readable");
        let cluster = repository.clusters.iter().find(|cluster| cluster.name == "staging").expect("a cluster");
        let at = cluster.members.iter().position(|member| member.spec.name.as_ref() == "infra").expect("a member");
        let found = cluster.artifacts.values().next().map(|found| format!("{}: {}", found.folder, found.rule.word()));
        let outcome = match &cluster.members[at].outcome {
            BuildOutcome::Built(objects) => objects[0].node.at(&["data", "zone"]).map(|zone| zone.origin().location.to_string()),
            BuildOutcome::Failed(error) => Some(error.message.clone()),
            BuildOutcome::Elsewhere(why) => Some(why.clone()),
        };
        (found.unwrap_or_default(), outcome.unwrap_or_default())
    };
    let file = "kubernetes/infra/configs/a.yaml".to_owned();
    let push = "run: flux push artifact oci://ghcr.io/acme/fleet/infra:latest --path=./kubernetes/infra\n";
    let said = "[[artifacts]]\nurl = \"oci://ghcr.io/acme/fleet/infra\"\npath = \"./kubernetes/infra\"\n";
    let paths = "kubernetes/infra: no other folder holds the paths of its Kustomizations".to_owned();
    assert_eq!(built("./configs", &[]), (paths, file.clone()));
    let twice = [("other/configs/a.yaml", SETTINGS)];
    assert!(built("./configs", &twice).1.starts_with("OCIRepository flux-system/infra is not a git repository"));
    let pushed = [twice[0], (".github/workflows/push.yaml", push)];
    assert_eq!(built("./configs", &pushed), ("kubernetes/infra: .github/workflows/push.yaml pushes it".to_owned(), file.clone()));
    let both = [twice[0], (".fluxdeck.toml", said)];
    assert_eq!(built("./configs", &both), ("kubernetes/infra: .fluxdeck.toml says so".to_owned(), file));
    assert!(built("./", &[]).1.contains("[[artifacts]]"), "any folder could be it");
    let outside = [("kubernetes/infra/configs/kustomization.yaml", "resources: [../../../apps/base]\n")];
    assert!(built("./configs", &outside).1.contains("is not in the artifact"), "{:?}", built("./configs", &outside));
}

/// A fleet that is pushed as a whole or in part: the instance's own source is an artifact too.
#[test]
fn a_cluster_that_syncs_an_artifact_begins_in_its_folder() {
    let instance = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux, namespace: flux-system}\nspec:\n  sync: {kind: OCIRepository, url: \"oci://ghcr.io/acme/fleet\", path: clusters/east}\n";
    let from = "  sourceRef: {kind: OCIRepository, name: flux-system}\n";
    let apps = flux("apps", "./apps", from);
    for root in ["", "kubernetes/"] {
        let mut tree = Memory::default();
        tree.insert(&format!("{root}clusters/east/instance.yaml"), instance.as_bytes());
        tree.insert(&format!("{root}clusters/east/apps.yaml"), apps.as_bytes());
        tree.insert(&format!("{root}apps/a.yaml"), SETTINGS.as_bytes());
        // a template, which is not YAML, outside of what is deployed
        tree.insert("docs/template.yaml", b"{{ if x }}\nkind: ConfigMap\n");
        let repository = Builder::default().build(&tree).expect("readable");
        assert_eq!(names(&repository), ["east flux-system/flux-system 2", "east flux-system/apps 1"], "{root}");
    }
}

/// The sync that `flux bootstrap` is yet to write: its source is only named, by what composes the artifacts.
#[test]
fn what_is_composed_of_the_source_of_a_sync_outside_is_built() {
    let generator = "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {name: all, namespace: flux-system}\nspec:\n  sources: [{alias: repo, kind: GitRepository, name: flux-system}]\n  artifacts: [{name: apps, copy: [{from: \"@repo/apps/**\", to: \"@artifact/\"}]}]\n";
    let apps = flux("apps", "./production", "  sourceRef: {kind: ExternalArtifact, name: apps}\n");
    let tree = Memory::new([
        ("clusters/production/flux-system/gotk-sync.yaml", "# written by flux bootstrap\n"),
        ("clusters/production/artifacts.yaml", generator),
        ("clusters/production/apps.yaml", &apps),
        ("apps/production/a.yaml", SETTINGS),
    ]);
    let repository = Builder::default().build(&tree).expect("readable");
    assert_eq!(names(&repository), ["production flux-system/apps 1"]);
    assert!(repository.unreached.is_empty());
}

/// As a cluster has them, and the repository declares neither: what is copied, filled into a pattern, and read by two.
#[test]
fn what_a_cluster_composes_is_built_as_its_generator_copies_it_with_the_places_of_the_files() {
    let node = |text: &str| {
        let place = TextPlace::object("ArtifactGenerator", "flux-system", "all", Layer::Cluster);
        read::document(text.as_bytes(), &place).expect("YAML").expect("a document")
    };
    let generator = node(
        "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {name: all, namespace: flux-system}\nspec:\n  pathPattern: \"@git/teams/{team}\"\n  sources: [{alias: git, kind: GitRepository, name: git}]\n  artifacts:\n  - name: \"{team}-apps\"\n    copy:\n    - {from: \"@git/teams/{team}/**\", to: \"@artifact/app/\", exclude: [\"*.md\"]}\n    - {from: \"@git/common/settings.yaml\", to: \"@artifact/app/\"}\n",
    );
    let git = node(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: git, namespace: flux-system}\nspec: {url: \"https://git.example.test/apps\"}\n",
    );
    let tree = Memory::new([
        ("teams/Web/a.yaml", SETTINGS.replace("settings", "own").as_str()),
        ("teams/Web/README.md", "text"),
        ("common/settings.yaml", SETTINGS),
    ]);
    let own = SourceRef { kind: "GitRepository".into(), namespace: "flux-system".into(), name: "git".into() };
    let composed = |own: Vec<SourceRef>| Some(Arc::new(ComposedSource::new([&generator, &git], own)));
    let artifact = SourceRef { kind: "ExternalArtifact".into(), name: "web-apps".into(), ..own.clone() };
    let plain = request("1", "./app", None, Some("a"));
    let spec = Arc::new(Spec { source: artifact, ..(*plain.spec).clone() });
    let asked = BuildRequest { spec, composed: composed(vec![own]), ..plain };
    let mut builder = Builder::default();
    let built = builder.one(&tree, &asked).expect("it can be read");
    let places: Vec<_> = built.outcome.objects().iter().map(|object| object.node.origin().location.to_string()).collect();
    assert_eq!(places, ["teams/Web/a.yaml", "common/settings.yaml"], "{:?}", built.outcome);
    assert!(built.files.contains("common/settings.yaml"), "{:?}", built.files);

    let elsewhere = BuildRequest { composed: composed(Vec::new()), ..asked };
    let BuildOutcome::Elsewhere(why) = builder.one(&tree, &elsewhere).expect("it can be read").outcome else {
        panic!("{built:?}")
    };
    assert!(why.contains("is made of what is not here"), "{why}");
}

/// What all clusters have in common leaves the paths to the overlays of each; the sync and its source are not committed.
#[test]
fn an_artifact_is_the_folder_that_holds_the_paths_as_overlays_set_them() {
    let from = "  sourceRef: {kind: OCIRepository, name: flux-system}\n";
    let overlay = |cluster: &str| {
        format!(
            "resources: [../base]\npatches:\n- target: {{kind: Kustomization}}\n  patch: '- {{op: replace, path: /spec/path, value: providers/{cluster}/apps}}'\n"
        )
    };
    let mut tree = Memory::default();
    tree.insert("k8s/clusters/base/kustomization.yaml", b"resources: [apps.yaml]\n");
    tree.insert("k8s/clusters/base/apps.yaml", flux("apps", "providers/__PROVIDER__/apps", from).as_bytes());
    for cluster in ["local", "prod"] {
        tree.insert(&format!("k8s/clusters/{cluster}/kustomization.yaml"), overlay(cluster).as_bytes());
        tree.insert(&format!("k8s/providers/{cluster}/apps/a.yaml"), SETTINGS.as_bytes());
    }
    let repository = Builder::default().build(&tree).expect("readable");
    assert_eq!(names(&repository), ["local flux-system/apps 1", "prod flux-system/apps 1"]);
    assert!(repository.unreached.is_empty(), "{:?}", repository.unreached);
}
