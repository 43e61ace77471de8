mod artifacts;
mod roots;
mod sealed;

use super::super::node::Origin;
use super::super::tree::{FolderEntry, Memory, PathKind, Version};
use super::*;

pub(super) fn flux(name: &str, path: &str, more: &str) -> String {
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

pub(super) const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {zone: \"${zone}\"}\n";

/// Two clusters with a base in common; `production` has variables of its own.
pub(super) fn fleet() -> Memory {
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
        BuildOutcome::Built(objects) => objects.len().to_string(),
        BuildOutcome::Failed(error) => format!("failed: {error}"),
        BuildOutcome::Elsewhere(why) => format!("elsewhere: {why}"),
    };
    let all = repository
        .members()
        .map(|(place, member)| format!("{} {} {}", repository.clusters[place.cluster].name, member.spec.id(), outcome(member)));
    all.collect()
}

/// A Kustomization beside what it applies, as people keep it who create it by hand or by the operator's chart.
#[test]
fn a_cluster_begins_where_an_instance_or_nobody_else_says() {
    let chart = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: flux-instance}\nspec:\n  values:\n    instance:\n      sync: {kind: GitRepository, path: flux/cluster}\n";
    let instance = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux, namespace: flux-system}\nspec:\n  sync: {kind: GitRepository, path: flux/cluster}\n";
    let built = |file: &str, text: &str| {
        let mut tree = Memory::default();
        let mut add = |path: &str, text: &str| tree.insert(path, text.as_bytes());
        add("flux/cluster/ks.yaml", &flux("apps", "./apps", ""));
        add("apps/a/ks.yaml", &flux("a", "./apps/a/app", ""));
        add("apps/a/kustomization.yaml", "resources: [ks.yaml]\n");
        add("apps/kustomization.yaml", "resources: [a]\n");
        add("apps/a/app/settings.yaml", SETTINGS);
        // another repository's
        add("docs/example.yaml", &flux("example", "./deploy", ""));
        add(file, text);
        names(&Builder::default().build(&tree).expect("readable"))
    };
    let whole = ["cluster flux-system/flux-system 1", "cluster flux-system/apps 1", "cluster flux-system/a 1"];
    assert_eq!(built("apps/flux/release.yaml", chart), whole);
    assert_eq!(built("apps/flux/instance.yaml", instance), whole);
    assert_eq!(built("README.md", ""), whole[1..]);
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
fn only_a_kustomization_at_the_root_begins_a_cluster_there() {
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
    let made = zone.trace.composition().expect("it is composed");
    let chain: Vec<_> = made
        .scalars
        .iter()
        .map(|scalar| &scalar.trace.origin)
        .map(|origin| format!("{}:{}", origin.location, origin.line))
        .collect();
    assert_eq!(chain, ["apps/base/settings.yaml:4", "clusters/staging/vars.yaml:5"]);
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
fn fields_of_a_flux_kustomization_are_distinguished_from_those_of_a_kustomization_file() {
    let mut tree = fleet();
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: \"a/web:1\"}]\n";
    tree.insert("apps/staging/deployment.yaml", deployment.as_bytes());
    tree.insert(
        "apps/staging/kustomization.yaml",
        b"kind: Kustomization\nresources: [deployment.yaml]\npatches:\n- patch: '- {op: add, path: /spec/paused, value: true}'\n  target: {kind: Deployment}\n",
    );
    let more = "  targetNamespace: there\n  namePrefix: p-\n  commonMetadata: {labels: {team: a}}\n  images:\n  - {name: a/web, newTag: \"2\"}\n  patches:\n  - patch: |\n      - op: add\n        path: /spec/replicas\n        value: 3\n    target: {kind: Deployment}\n";
    tree.insert("clusters/staging/apps.yaml", flux("apps", "./apps/staging", more).as_bytes());
    let repository = Builder::default().build(&tree).expect("readable");
    assert_eq!(names(&repository)[3], "staging flux-system/apps 1");
    let web = &repository.clusters[1].members[1].outcome.objects()[0].node;
    let reported = |path: &[&str]| {
        let node = path
            .iter()
            .try_fold(web, |node, part| part.parse().map_or_else(|_| node.get(part), |at: usize| node.items().get(at)));
        let origin = node.unwrap_or_else(|| panic!("{path:?}")).origin();
        format!("{}:{} {}", origin.location, origin.line, origin.layer.word())
    };

    let flux = "clusters/staging/apps.yaml";
    assert_eq!(reported(&["metadata", "namespace"]), format!("{flux}:7 Flux targetNamespace"));
    assert_eq!(reported(&["metadata", "name"]), format!("{flux}:8 Flux name prefix or suffix"));
    assert_eq!(reported(&["metadata", "labels", "team"]), format!("{flux}:9 Flux commonMetadata"));
    assert_eq!(reported(&["metadata", "labels", "kustomize.toolkit.fluxcd.io/name"]), format!("{flux}:3 Flux owner label"));
    assert_eq!(reported(&["spec", "template", "spec", "containers", "0", "image"]), format!("{flux}:11 Flux images"));
    assert_eq!(reported(&["spec", "replicas"]), format!("{flux}:16 Flux patch"));
    assert_eq!(reported(&["spec", "paused"]), "apps/staging/kustomization.yaml:4 patch");
}

/// Memory that knows versions, and counts what is asked of it.
#[derive(Default)]
pub(super) struct Counted {
    pub tree: Memory,
    pub reads: std::cell::RefCell<Vec<String>>,
    /// What has no version, with the folders above it: files that are edited and not committed.
    pub edited: BTreeSet<String>,
}

impl Counted {
    fn version_of(&self, path: &str) -> Version {
        let below = |folder: &str| self.tree.list(folder).unwrap_or_default();
        let sum = |bytes: &[u8]| bytes.iter().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        match self.tree.entry(path) {
            Some(PathKind::Folder) => {
                let all = below(path).into_iter().map(|name| (self.version_of(&child(path, &name)).0[0], name));
                Version([sum(format!("{:?}", all.collect::<Vec<_>>()).as_bytes()), 0, 0, 1])
            }
            Some(PathKind::File) => Version([sum(&self.tree.read(path).expect("a file")), 0, 0, 2]),
            other => Version([sum(format!("{other:?}").as_bytes()), 0, 0, 3]),
        }
    }

    fn known(&self, path: &str) -> Option<Version> {
        let is_edited = self.edited.iter().any(|edited| edited == path || super::super::tree::is_below(edited, path));
        (!is_edited).then(|| self.version_of(path))
    }
}

impl Tree for Counted {
    fn entry(&self, path: &str) -> Option<PathKind> {
        self.tree.entry(path)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        self.reads.borrow_mut().push(path.to_owned());
        self.tree.read(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        self.tree.list(path)
    }

    fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
        self.reads.borrow_mut().push(format!("{path}/"));
        let below = |name: &str| child(path, name);
        let item =
            |name: String| Some(FolderEntry { entry: self.entry(&below(&name))?, version: self.known(&below(&name)), name });
        Ok(self.list(path)?.into_iter().filter_map(item).collect())
    }

    fn version(&self) -> Option<Version> {
        self.known("")
    }
}

fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[test]
fn an_edit_reads_nothing_but_what_it_touches() {
    let mut tree = Counted { tree: fleet(), ..Default::default() };
    let mut builder = Builder::default();
    builder.build(&tree).expect("readable");
    tree.reads.take();

    tree.tree.insert("apps/base/settings.yaml", SETTINGS.replace("zone:", "area:").as_bytes());
    builder.build(&tree).expect("readable");
    assert_eq!(tree.reads.take(), ["/", "apps/", "apps/base/", "apps/base/settings.yaml"]);

    builder.build(&tree).expect("readable");
    assert!(tree.reads.take().is_empty());
}

/// Every sort of change, one after another: the builder that saw them all says what one says that sees the tree for the first time.
#[test]
fn a_warm_build_equals_a_cold_build() {
    let mut tree = Counted { tree: fleet(), ..Default::default() };
    let (mut plain, mut versioned) = (Builder::default(), Builder::default());
    let source = "spec: {url: ssh://git@example.test/fleet.git, ignore: \"vars.yaml\"}\n";
    let steps: &[(&str, &str)] = &[
        ("apps/base/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"),
        ("apps/staging/kustomization.yaml", "resources: [../base, more.yaml]\n"),
        ("apps/staging/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata: {zone: \"${zone}\"}\n"),
        (
            "clusters/staging/vars.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {zone: x}\n",
        ),
        ("clusters/staging/nested/new.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n"),
        ("clusters/staging/nested/kustomization.yaml", "namePrefix: a-\nresources: [new.yaml]\n"),
        ("clusters/staging/.sourceignore", "apps.yaml\n"),
        ("clusters/staging/.sourceignore", "# nothing\n"),
        ("apps/base/kustomization.yaml", "resources: [gone.yaml]\n"),
        ("apps/base/gone.yaml", "a: [\n"),
        ("apps/base/gone.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: back}\n"),
        ("clusters/production/flux-system/sync.yaml", "broken: [\n# kustomize.toolkit.fluxcd.io\n"),
        ("clusters/third/flux-system/sync.yaml", ""),
        ("apps/staging", "-"),
        ("apps/staging/kustomization.yaml", "resources: [../base]\n"),
        ("apps/link", "> base"),
        ("apps/staging/kustomization.yaml", "resources: [../link/gone.yaml]\n"),
        ("clusters/staging/flux-system/sync.yaml", source),
        ("apps/link", "> production"),
        ("clusters/staging/vars.yaml", "-"),
    ];
    for (path, text) in steps {
        match *text {
            "-" => tree.tree.remove(path),
            "" => tree.tree.insert(path, flux("flux-system", "./clusters/third", "").as_bytes()),
            link if link.starts_with("> ") => tree.tree.link(path, &link[2..]),
            rest if rest.starts_with("spec:") => {
                let text =
                    flux("flux-system", "./clusters/staging", "") + &SYNC.replace(&SYNC[SYNC.find("spec:").expect("it")..], rest);
                tree.tree.insert(path, text.as_bytes());
            }
            text => tree.tree.insert(path, text.as_bytes()),
        }
        let cold = format!("{:?}", Builder::default().build(&tree.tree).expect("readable"));
        assert!(cold == format!("{:?}", plain.build(&tree.tree).expect("readable")), "{path} {text}: without versions");
        assert!(cold == format!("{:?}", versioned.build(&tree).expect("readable")), "{path} {text}: with versions");
    }
}

#[test]
fn a_kustomization_that_fails_is_reported_and_the_others_are_built() {
    let mut tree = fleet();
    tree.insert("apps/staging/kustomization.yaml", b"resources: [gone.yaml]\n");
    let repository = Builder::default().build(&tree).expect("readable");

    let BuildOutcome::Failed(error) = &repository.clusters[1].members[1].outcome else { panic!("it cannot be built") };
    assert_eq!(error.file.as_deref(), Some("apps/staging/kustomization.yaml"));
    assert!(matches!(repository.clusters[0].members[1].outcome, BuildOutcome::Built(_)));
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
            "staging flux-system/oci elsewhere: OCIRepository flux-system/policies is not a git repository, and no folder of this one is known to be pushed there ([[artifacts]] in .fluxdeck.toml)",
            "staging flux-system/cut 1",
            "staging flux-system/lost elsewhere: Bucket flux-system/gone is declared nowhere in this repository",
        ]
    );
    // what was copied into an artifact is known by where it was copied from
    let cut = repository.clusters[1].members.iter().position(|member| member.spec.name.as_ref() == "cut").expect("a member");
    let copied = &repository.clusters[1].members[cut].outcome.objects()[0].node;
    let zone = copied.at(&["data", "zone"]).expect("a value").origin();
    assert_eq!((zone.location.to_string().as_str(), zone.line), ("apps/base/settings.yaml", 4));
    let reads = |file: &str| repository.readers(file).contains(&MemberIndex { cluster: 1, member: cut });
    assert!(reads("apps/base/settings.yaml") && !reads("clusters/staging/vars.yaml"));
}

#[test]
fn what_only_the_cluster_knows_can_be_given() {
    let mut tree = fleet();
    tree.insert("clusters/staging/vars.yaml", b"# by hand\n");
    let settings = |builder: &mut Builder| {
        let repository = builder.build(&tree).expect("readable");
        let BuildOutcome::Built(objects) = &repository.clusters[1].members[1].outcome else { panic!("it can be built") };
        (objects[0].node.at(&["data", "zone"]).and_then(Node::text).map(str::to_owned), objects[0].unknown.len())
    };
    let mut builder = Builder::default();
    assert_eq!(settings(&mut builder), (Some("${zone}".to_owned()), 1));

    let origin = Origin::new(&"vars.yaml".into(), 1, 1, super::super::node::Layer::Cluster);
    builder.give(
        "ConfigMap",
        "flux-system",
        "vars",
        [("zone".into(), ("given".into(), crate::render::Trace::new(origin)))].into(),
    );
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
