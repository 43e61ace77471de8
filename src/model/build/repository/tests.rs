use super::super::node::Origin;
use super::super::tree::Memory;
use super::*;

fn flux(name: &str, path: &str, more: &str) -> String {
    let head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";
    let source = if more.contains("sourceRef") { "" } else { "  sourceRef: {kind: GitRepository, name: flux-system}\n" };
    format!("{head}metadata: {{name: {name}, namespace: flux-system}}\nspec:\n  path: {path}\n{source}{more}")
}

const SYNC: &str = "---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: ssh://git@example.test/fleet.git}
";

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {zone: \"${zone}\"}\n";

/// Two clusters with a base in common; `production` has variables of its own.
fn fleet() -> Memory {
    let mut tree = Memory::default();
    let mut add = |path: &str, text: &str| tree.insert(path, text.as_bytes());
    for cluster in ["production", "staging"] {
        let own = flux("flux-system", &format!("./clusters/{cluster}"), "");
        add(&format!("clusters/{cluster}/flux-system/sync.yaml"), &format!("{own}{SYNC}"));
        let post = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n";
        add(&format!("clusters/{cluster}/apps.yaml"), &flux("apps", &format!("./apps/{cluster}"), post));
        let vars = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata:\n  zone: ";
        add(&format!("clusters/{cluster}/vars.yaml"), &format!("{vars}{cluster}-zone\n"));
        add(&format!("apps/{cluster}/kustomization.yaml"), "resources: [../base]\n");
    }
    add("apps/base/kustomization.yaml", "resources: [settings.yaml]\n");
    add("apps/base/settings.yaml", SETTINGS);
    tree
}

fn names(repository: &Repository) -> Vec<String> {
    let outcome = |member: &Member| match &member.outcome {
        Outcome::Built(objects) => objects.len().to_string(),
        Outcome::Failed(error) => format!("failed: {error}"),
        Outcome::Elsewhere(why) => format!("elsewhere: {why}"),
    };
    let all = repository
        .members()
        .map(|(place, member)| format!("{} {} {}", repository.clusters[place.cluster].name, member.spec.id(), outcome(member)));
    all.collect()
}

#[test]
fn every_kustomization_of_every_cluster_is_found_by_building() {
    let repository = Builder::default().build(&fleet()).expect("readable");

    let expected = [
        "production flux-system/flux-system 4",
        "production flux-system/apps 1",
        "staging flux-system/flux-system 4",
        "staging flux-system/apps 1",
    ];
    assert_eq!(names(&repository), expected);
    assert_eq!(repository.clusters[0].members[1].parent, Some(0));
    assert!(repository.unreadable.is_empty());
}

#[test]
fn only_what_lies_at_the_root_begins_a_cluster_there() {
    let sync = flux("flux-system", "./", "");
    let clusters = |tree: &Memory| {
        let repository = Builder::default().build(tree).expect("readable");
        repository.clusters.iter().map(|cluster| cluster.name.clone()).collect::<Vec<_>>()
    };
    let mut elsewhere = fleet();
    elsewhere.insert("clusters/staging/application.yaml", sync.as_bytes());
    assert_eq!(clusters(&elsewhere), ["production", "staging"]);

    let mut bootstrapped = Memory::default();
    bootstrapped.insert("flux-system/gotk-sync.yaml", sync.as_bytes());
    assert_eq!(clusters(&bootstrapped).len(), 1);
}

#[test]
fn variables_come_from_the_config_maps_that_the_cluster_gets_from_git() {
    let repository = Builder::default().build(&fleet()).expect("readable");

    let settings = &repository.clusters[1].members[1].outcome.objects()[0].node;
    let zone = settings.at(&["data", "zone"]).expect("a value");
    assert_eq!(zone.text(), Some("staging-zone"));
    let chain: Vec<_> = zone.trace.chain().map(|origin| format!("{}:{}", origin.file, origin.line)).collect();
    assert_eq!(chain, ["clusters/staging/vars.yaml:5", "apps/base/settings.yaml:4"]);
}

#[test]
fn a_file_is_known_by_the_kustomizations_that_read_it_and_the_objects_that_it_sets() {
    let repository = Builder::default().build(&fleet()).expect("readable");
    let readers = |file: &str| {
        let ids = repository.readers(file).into_iter().map(|place| (place.cluster, place.member));
        ids.collect::<Vec<_>>()
    };

    assert_eq!(readers("apps/base/settings.yaml"), [(0, 1), (1, 1)]);
    assert_eq!(readers("clusters/staging/vars.yaml"), [(1, 0)]);
    assert_eq!(readers("clusters/staging/new.yaml"), [(1, 0)], "a file that would be taken");
    assert_eq!(readers("apps/base/new.yaml"), [], "a file that nobody lists");
    let of = |file: &str, line| repository.objects_of(file, line).len();
    assert_eq!(of("apps/base/settings.yaml", Some(4)), 2);
    assert_eq!(of("apps/base/settings.yaml", Some(9)), 0);
    assert_eq!(of("clusters/staging/vars.yaml", None), 2, "the ConfigMap, and what its value is filled into");
}

#[test]
fn what_nothing_changed_for_is_not_built_again() {
    let mut tree = fleet();
    let mut builder = Builder::default();
    let applied = |repository: &Repository| -> Vec<*const Applied> {
        repository.members().map(|(_, member)| member.outcome.objects().as_ptr()).collect()
    };
    let first = builder.build(&tree).expect("readable");
    let before = applied(&first);
    assert_eq!(before, applied(&builder.build(&tree).expect("readable")));

    tree.insert("apps/staging/kustomization.yaml", b"resources: [../base]\nnamePrefix: x-\n");
    let after = builder.build(&tree).expect("readable");
    let same: Vec<_> = before.iter().zip(applied(&after)).map(|(before, after)| *before == after).collect();
    assert_eq!(same, [true, true, true, false]);
    assert_eq!(
        after.clusters[1].members[1].outcome.objects()[0].node.at(&["metadata", "name"]).and_then(Node::text),
        Some("x-settings")
    );

    tree.insert("clusters/staging/.sourceignore", b"vars.yaml\n");
    let hidden = builder.build(&tree).expect("readable");
    assert_eq!(hidden.clusters[1].members[0].outcome.objects().len(), 3, "an ignore file hides a file that was taken");

    tree.insert("clusters/production/new.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n");
    let after = builder.build(&tree).expect("readable");
    assert_eq!(after.clusters[0].members[0].outcome.objects().len(), 5, "a new file in a folder without a kustomization");
}

#[test]
fn a_kustomization_that_fails_is_told_and_the_others_are_built() {
    let mut tree = fleet();
    tree.insert("apps/staging/kustomization.yaml", b"resources: [gone.yaml]\n");
    let repository = Builder::default().build(&tree).expect("readable");

    let Outcome::Failed(error) = &repository.clusters[1].members[1].outcome else { panic!("it cannot be built") };
    assert_eq!(error.file.as_deref(), Some("apps/staging/kustomization.yaml"));
    assert!(matches!(repository.clusters[0].members[1].outcome, Outcome::Built(_)));
    assert!(!repository.readers("apps/staging/kustomization.yaml").is_empty(), "who fails on a file reads it");
}

#[test]
fn sources_are_followed_as_far_as_they_are_this_repository() {
    let mut tree = fleet();
    let mut add = |path: &str, text: &str| tree.insert(path, text.as_bytes());
    let from = |kind: &str, name: &str| format!("  sourceRef: {{kind: {kind}, name: {name}}}\n");
    add("clusters/staging/a.yaml", &flux("same", "./apps/base", &from("GitRepository", "mirror")));
    add("clusters/staging/b.yaml", &flux("other", "./", &from("GitRepository", "other")));
    add("clusters/staging/c.yaml", &flux("oci", "./", &from("OCIRepository", "policies")));
    add("clusters/staging/d.yaml", &flux("cut", "./", &from("ExternalArtifact", "cut")));
    add("clusters/staging/e.yaml", &flux("lost", "./", &from("Bucket", "gone")));
    let source = |kind: &str, name: &str, url: &str| {
        format!(
            "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{url: \"{url}\"}}\n"
        )
    };
    let generator = "---\napiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\n\
        metadata: {name: cut, namespace: flux-system}\nspec:\n  sources: [{alias: fleet, kind: GitRepository, name: flux-system}]\n  \
        artifacts: [{name: cut, copy: [{from: \"@fleet/apps/base/settings.yaml\", to: \"@artifact/\"}]}]\n";
    add(
        "clusters/staging/sources.yaml",
        &[
            source("GitRepository", "mirror", "https://example.test/fleet"),
            source("GitRepository", "other", "https://example.test/other"),
            source("OCIRepository", "policies", "oci://example.test/policies"),
            generator.to_owned(),
        ]
        .concat(),
    );
    let repository = Builder::default().build(&tree).expect("readable");
    let staging = names(&repository).into_iter().filter(|line| line.starts_with("staging")).skip(1).collect::<Vec<_>>();

    assert_eq!(
        staging,
        [
            "staging flux-system/same 1",
            "staging flux-system/apps 1",
            "staging flux-system/other elsewhere: GitRepository flux-system/other is another repository",
            "staging flux-system/oci elsewhere: OCIRepository flux-system/policies is not a git repository",
            "staging flux-system/cut 1",
            "staging flux-system/lost elsewhere: Bucket flux-system/gone is declared nowhere in this repository",
        ]
    );
}

#[test]
fn what_only_the_cluster_knows_can_be_given() {
    let mut tree = fleet();
    tree.insert("clusters/staging/vars.yaml", b"# by hand\n");
    let settings = |builder: &mut Builder| {
        let repository = builder.build(&tree).expect("readable");
        let Outcome::Built(objects) = &repository.clusters[1].members[1].outcome else { panic!("it can be built") };
        (objects[0].node.at(&["data", "zone"]).and_then(Node::text).map(str::to_owned), objects[0].unknown.len())
    };
    let mut builder = Builder::default();
    assert_eq!(settings(&mut builder), (Some("${zone}".to_owned()), 1));

    let origin = Origin::new(&"vars.yaml".into(), 1, 1, super::super::node::Layer::Cluster);
    builder.give("ConfigMap", "flux-system", "vars", [("zone".into(), ("given".into(), origin))].into());
    assert_eq!(settings(&mut builder), (Some("given".to_owned()), 0));
}

#[test]
fn kustomizations_that_apply_each_other_end() {
    let mut tree = Memory::default();
    tree.insert("clusters/a/a.yaml", flux("a", "./clusters/a", "").as_bytes());
    tree.insert("clusters/a/b.yaml", flux("b", "./more", "").as_bytes());
    tree.insert("more/a.yaml", flux("a", "./clusters/a", "").as_bytes());
    tree.insert("more/c.yaml", flux("c", "./more", "").as_bytes());
    let repository = Builder::default().build(&tree).expect("readable");

    assert!(repository.clusters.iter().all(|cluster| cluster.members.len() <= 3), "{:?}", names(&repository));
}
