//! Layouts of repositories, and the clusters that they declare.

use super::super::{BuildOutcome, Builder, Repository};
use super::{SETTINGS, flux};
use crate::render::remote::{RemoteAnswer, Revision};
use crate::render::tree::Memory;

fn built(files: &[(&str, &str)]) -> Repository {
    Builder::default().build(&Memory::new(files.iter().copied())).expect("readable")
}

/// `cluster: member member …`; a member that is not built has its outcome behind it.
fn clusters(files: &[(&str, &str)]) -> Vec<String> {
    let repository = built(files);
    let one = |member: &super::super::Member| match &member.outcome {
        BuildOutcome::Built(_) => member.spec.name.to_string(),
        BuildOutcome::Failed(_) => format!("{}!", member.spec.name),
        BuildOutcome::Elsewhere(_) => format!("{}?", member.spec.name),
    };
    let line = |cluster: &super::super::RepositoryCluster| {
        format!("{}: {}", cluster.name, cluster.members.iter().map(one).collect::<Vec<_>>().join(" "))
    };
    repository.clusters.iter().map(line).collect()
}

fn ks(name: &str, path: &str) -> String {
    flux(name, path, "")
}

#[test]
fn a_folder_is_not_a_cluster_because_of_its_name() {
    for folder in ["clusters", "cluster", "production"] {
        let inner = format!("apps/db/{folder}");
        let (shared, path) = (format!("{inner}/shared/postgres.yaml"), format!("./{inner}"));
        let found = clusters(&[
            ("kubernetes/flux/ks.yaml", &ks("apps", "./apps")),
            ("apps/db/kustomization.yaml", "resources: [ks.yaml]\n"),
            ("apps/db/ks.yaml", &ks("postgres", &path)),
            (&shared, SETTINGS),
        ]);
        assert_eq!(found, ["flux: apps postgres"], "{folder}");
    }
    let databases = [("clusters/shared/postgres.yaml", SETTINGS)];
    assert_eq!(clusters(&databases), Vec::<String>::new());
}

#[test]
fn a_sync_outside_of_the_repository_applies_a_folder_together() {
    let (apps, infra) = (ks("apps", "./apps"), ks("infra", "./infra"));
    let settings = [("apps/a.yaml", SETTINGS), ("infra/a.yaml", SETTINGS)];
    let with = |more: &[(&str, &str)]| clusters(&[more, settings.as_slice()].concat());
    assert_eq!(with(&[("flux/a.yaml", &apps), ("flux/b.yaml", &infra)]), ["flux: apps infra"]);
    assert_eq!(
        with(&[("flux/a.yaml", &apps), ("flux/more/b.yaml", &infra)]),
        ["flux: apps infra"],
        "a folder takes in what is below"
    );
    let both = [("c/east/a.yaml", apps.as_str()), ("c/west/a.yaml", apps.as_str()), ("c/west/b.yaml", infra.as_str())];
    assert_eq!(with(&both), ["east: apps", "west: apps infra"]);
    let deep = [("c/east/flux/a.yaml", apps.as_str()), ("c/west/flux/a.yaml", apps.as_str())];
    assert_eq!(with(&deep), ["east: apps", "west: apps"], "what distinguishes them names them");
    let waiting = flux("apps", "./apps", "  dependsOn: [{name: infra}]\n");
    assert_eq!(
        with(&[("flux/apps/a.yaml", &waiting), ("flux/infra/b.yaml", &infra)]),
        ["flux: apps infra"],
        "one waits for the other"
    );
}

/// The ConfigMaps beside them give values, and an overlay patches them: both are applied by the same sync.
#[test]
fn what_a_sync_outside_applies_is_taken_as_built() {
    let post = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n";
    let vars = |zone: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: vars, namespace: flux-system}}\ndata: {{zone: {zone}}}\n")
    };
    let overlay = |cluster: &str| {
        format!(
            "resources: [../base, vars.yaml]\npatches:\n- target: {{kind: Kustomization}}\n  patch: '- {{op: replace, path: /spec/path, value: ./apps/{cluster}}}'\n"
        )
    };
    let (apps, east, west) = (flux("apps", "./apps/base", post), vars("e"), vars("w"));
    let (over_east, over_west) = (overlay("east"), overlay("west"));
    let repository = built(&[
        ("flux/base/kustomization.yaml", "resources: [apps.yaml]\n"),
        ("flux/base/apps.yaml", &apps),
        ("flux/east/kustomization.yaml", &over_east),
        ("flux/east/vars.yaml", &east),
        ("flux/west/kustomization.yaml", &over_west),
        ("flux/west/vars.yaml", &west),
        ("apps/base/kustomization.yaml", "resources: [settings.yaml]\n"),
        ("apps/base/settings.yaml", SETTINGS),
        ("apps/east/kustomization.yaml", "resources: [../base]\n"),
        ("apps/west/kustomization.yaml", "resources: [../base]\n"),
    ]);
    let zone = |cluster: usize| {
        let member = &repository.clusters[cluster].members[0];
        let zone = member.outcome.objects()[0].node.at(&["data", "zone"]).and_then(crate::render::Node::text).map(str::to_owned);
        (repository.clusters[cluster].name.clone(), member.spec.path.to_string(), zone.expect("a value"))
    };
    assert_eq!(zone(0), ("east".to_owned(), "./apps/east".to_owned(), "e".to_owned()));
    assert_eq!(zone(1), ("west".to_owned(), "./apps/west".to_owned(), "w".to_owned()));
    assert!(repository.unreached.is_empty(), "{:?}", repository.unreached);
}

#[test]
fn one_in_the_folder_that_it_applies_is_not_a_root_where_another_one_applies_it() {
    let files = [
        ("flux/flux-system/sync.yaml", ks("flux-system", "./flux")),
        ("flux/apps.yaml", ks("apps", "./apps")),
        ("apps/web/ks.yaml", ks("web", "./apps/web")),
        ("apps/web/settings.yaml", SETTINGS.to_owned()),
        // listed by nothing: switched off
        ("apps/db/ks.yaml", ks("db", "./apps/db/app")),
        ("apps/db/app/settings.yaml", SETTINGS.to_owned()),
        ("apps/kustomization.yaml", "resources: [web/ks.yaml]\n".to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(clusters(&files), ["flux: flux-system apps web"]);
    let repository = built(&files);
    let missed: Vec<_> = repository.unreached.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((repository.declared, missed), (4, vec!["flux-system/db"]));
}

/// One remote base: what is below it is not built, and is not a cluster of its own either.
#[test]
fn what_cannot_be_built_makes_no_clusters_of_its_children() {
    for broken in ["resources: [https://example.test/crds.yaml, web/ks.yaml, db]\n", "resources: [gone, web]\n", "a: [\n"] {
        let found = clusters(&[
            ("flux/flux-system/sync.yaml", &ks("flux-system", "./flux")),
            ("flux/apps.yaml", &ks("apps", "./apps")),
            ("apps/kustomization.yaml", broken),
            ("apps/web/ks.yaml", &ks("web", "./apps/web")),
            ("apps/db/ks.yaml", &ks("db", "./apps/db/app")),
            ("apps/db/app/settings.yaml", SETTINGS),
        ]);
        assert_eq!(found, ["flux: flux-system apps!"], "{broken}");
    }
    let outside = [("flux/apps.yaml", ks("apps", "./apps")), ("apps/web/ks.yaml", ks("web", "./apps/web"))];
    let files = [("apps/kustomization.yaml", "resources: [gone, web]\n"), ("apps/web/a.yaml", SETTINGS)];
    let files: Vec<_> = outside.iter().map(|(path, text)| (*path, text.as_str())).chain(files).collect();
    assert_eq!(clusters(&files), ["flux: apps!"], "with its sync outside as well");
}

/// A remote resource is missing, and nothing else: what is listed beside it is reached, and no cluster is made of what was reached before.
#[test]
fn a_remote_resource_that_is_not_here_hides_nothing_of_its_cluster() {
    for entry in ["https://example.test/crds.yaml", "'github.com/o/r//deploy?ref=v1'", "git@example.test:o/r.git"] {
        let list = format!("resources: [{entry}, web/ks.yaml]\n");
        let files = [
            ("flux/flux-system/sync.yaml", ks("flux-system", "./flux")),
            ("flux/apps.yaml", ks("apps", "./apps")),
            ("apps/kustomization.yaml", list),
            ("apps/web/ks.yaml", ks("web", "./apps/web/app")),
            ("apps/web/app/settings.yaml", SETTINGS.to_owned()),
        ];
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert_eq!(clusters(&files), ["flux: flux-system apps web"], "{entry}");
        let repository = built(&files);
        let missing = repository.members().filter(|(_, member)| member.remotes.missing().next().is_some());
        assert_eq!(missing.map(|(_, member)| member.spec.name.to_string()).collect::<Vec<_>>(), ["apps"], "{entry}");
        assert_eq!(repository.unreached, [], "{entry}");
    }
}

/// What is known of remote resources is a part of what a build depends on.
#[test]
fn what_becomes_known_of_a_remote_resource_is_built_again_and_nothing_else() {
    let url = "https://example.test/v1.2.3/a.yaml";
    let files = [
        ("flux/flux-system/sync.yaml", ks("flux-system", "./flux")),
        ("flux/apps.yaml", ks("apps", "./apps")),
        ("flux/more.yaml", ks("more", "./more")),
        ("apps/kustomization.yaml", format!("resources: ['{url}']\n")),
        ("more/settings.yaml", SETTINGS.to_owned()),
    ];
    let tree = Memory::new(files.iter().map(|(path, text)| (*path, text.as_str())));
    let mut builder = Builder::default();
    let counts =
        |repository: &Repository| repository.members().map(|(_, member)| member.outcome.objects().len()).collect::<Vec<_>>();
    let objects = |repository: &Repository| repository.members().nth(2).expect("more").1.outcome.objects().as_ptr();
    let before = builder.build(&tree).expect("readable");
    assert_eq!(counts(&before), [3, 0, 1]);
    let mut remotes = builder.remotes().clone();
    let revision = Revision { digest: "1".into(), moves: false };
    remotes.know_file(&url.into(), RemoteAnswer::Found(SETTINGS.as_bytes().into(), revision));
    builder.know(remotes.clone());
    let after = builder.build(&tree).expect("readable");
    assert_eq!((counts(&after), objects(&after)), (vec![3, 1, 1], objects(&before)), "what needs none of it is kept");
    let mut cold = Builder::default();
    cold.know(remotes);
    assert_eq!(counts(&cold.build(&tree).expect("readable")), [3, 1, 1]);
}

#[test]
fn the_root_is_the_one_that_its_own_folder_builds() {
    let patch = |path: &str, value: &str| {
        format!(
            "resources: [sync.yaml]\npatches:\n- target: {{kind: Kustomization}}\n  patch: '- {{op: add, path: {path}, value: {value}}}'\n"
        )
    };
    let root = |patch: &str| {
        let repository = built(&[
            ("flux/flux-system/sync.yaml", &ks("flux-system", "./flux")),
            ("flux/flux-system/kustomization.yaml", patch),
            ("flux/settings.yaml", SETTINGS),
            ("other/flux-system/kustomization.yaml", "resources: [../../flux/flux-system]\n"),
            ("other/settings.yaml", &SETTINGS.replace("settings", "other")),
        ]);
        let [cluster] = repository.clusters.as_slice() else { panic!("{:?}", repository.clusters) };
        let objects = cluster.members[0].outcome.objects();
        let found = objects.iter().find(|object| object.node.at(&["data", "zone"]).is_some()).expect("the settings").node.clone();
        let text = |path: &[&str]| found.at(path).and_then(crate::render::Node::text).unwrap_or_default().to_owned();
        [
            text(&["metadata", "name"]),
            text(&["metadata", "namespace"]),
            text(&["metadata", "labels", "team"]),
            text(&["data", "zone"]),
        ]
    };
    assert_eq!(root(&patch("/spec/postBuild", "{substitute: {zone: a}}")), ["settings", "", "", "a"]);
    assert_eq!(root(&patch("/spec/targetNamespace", "there")), ["settings", "there", "", "${zone}"]);
    assert_eq!(root(&patch("/spec/commonMetadata", "{labels: {team: infra}}")), ["settings", "", "infra", "${zone}"]);
    assert_eq!(root(&patch("/spec/path", "./other")), ["other", "", "", "${zone}"]);
}

#[test]
fn an_instance_is_read_wherever_it_is_written_and_as_it_is_patched() {
    let patches = "kustomize:\n  patches:\n  - target: {kind: Deployment}\n    patch: '- {op: add, path: /spec/replicas, value: 2}'\n  - target: {kind: Kustomization}\n    patch: '- {op: add, path: /spec/postBuild, value: {substitute: {zone: a}}}'\n";
    let sync = "sync: {kind: GitRepository, url: \"https://example.test/fleet\", path: flux/cluster}\n";
    let indent = |text: &str, by: usize| text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect::<String>();
    let head = |version: &str, kind: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: flux, namespace: flux-system}}\n")
    };
    let both = format!("{sync}{patches}");
    let forms = [
        format!("{}spec:\n{}", head("fluxcd.controlplane.io/v1", "FluxInstance"), indent(&both, 2)),
        format!("{}spec:\n  values:\n    instance:\n{}", head("helm.toolkit.fluxcd.io/v2", "HelmRelease"), indent(&both, 6)),
        format!("{}data:\n  values.yaml: |\n    instance:\n{}", head("v1", "ConfigMap"), indent(&both, 6)),
        format!("instance:\n{}", indent(&both, 2)),
    ];
    for form in &forms {
        let repository = built(&[("bootstrap/instance.yaml", form), ("flux/cluster/settings.yaml", SETTINGS)]);
        let [cluster] = repository.clusters.as_slice() else { panic!("{form}: {:?}", repository.clusters) };
        let zone = cluster.members[0].outcome.objects()[0].node.at(&["data", "zone"]).and_then(crate::render::Node::text);
        assert_eq!((cluster.name.as_str(), zone), ("cluster", Some("a")), "{form}");
    }
}

#[test]
fn an_instance_that_overlays_patch_begins_the_cluster_of_each() {
    let sync = |path: &str| format!("spec:\n  sync: {{kind: GitRepository, url: \"https://example.test/fleet\"{path}}}\n");
    let head = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux, namespace: flux-system}\n";
    let overlay = |path: &str| {
        format!(
            "resources: [../base]\npatches:\n- target: {{kind: FluxInstance}}\n  patch: '- {{op: add, path: /spec/sync/path, value: {path}}}'\n"
        )
    };
    for path in ["", ", path: replace/me"] {
        let found = clusters(&[
            ("instances/base/kustomization.yaml", "resources: [instance.yaml]\n"),
            ("instances/base/instance.yaml", &format!("{head}{}", sync(path))),
            ("instances/east/kustomization.yaml", &overlay("clusters/east")),
            ("instances/west/kustomization.yaml", &overlay("clusters/west")),
            ("clusters/east/a.yaml", SETTINGS),
            ("clusters/west/a.yaml", SETTINGS),
        ]);
        assert_eq!(found, ["east: flux-system", "west: flux-system"], "{path}");
    }
}

/// Its own release, which the cluster applies, does not make it a part of another one.
#[test]
fn an_instance_that_its_own_cluster_applies_is_its_root() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: flux-instance}\nspec:\n  values:\n    instance:\n      sync: {kind: GitRepository, path: flux/cluster}\n";
    let found = clusters(&[
        ("flux/cluster/ks.yaml", &ks("apps", "./apps")),
        ("apps/flux/ks.yaml", &ks("flux-instance", "./apps/flux/app")),
        ("apps/flux/app/release.yaml", release),
        ("apps/kustomization.yaml", "resources: [flux/ks.yaml]\n"),
    ]);
    assert_eq!(found, ["cluster: flux-system apps flux-instance"]);
}

#[test]
fn a_cluster_beside_those_that_are_bootstrapped_is_found_and_examples_are_not() {
    let other = "  sourceRef: {kind: GitRepository, name: podinfo}\n";
    let found = clusters(&[
        ("clusters/a/flux-system/sync.yaml", &ks("flux-system", "./clusters/a")),
        ("clusters/a/apps.yaml", &ks("apps", "./apps")),
        ("clusters/b/apps.yaml", &ks("apps", "./apps")),
        ("workloads/unused/ks.yaml", &ks("unused", "./apps")),
        ("examples/ks.yaml", &flux("podinfo", "./apps", other)),
        (".archive/old/apps.yaml", &ks("old", "./apps")),
        ("apps/settings.yaml", SETTINGS),
    ]);
    assert_eq!(found, ["a: flux-system apps", "b: apps"]);
}

#[test]
fn applications_alone_are_built_for_clusters_that_nobody_names() {
    let files = [
        ("web/base/kustomization.yaml", "resources: [settings.yaml]\n"),
        ("web/base/settings.yaml", SETTINGS),
        ("web/production/kustomization.yaml", "resources: [../base]\ncomponents: [../part]\n"),
        ("web/staging/kustomization.yaml", "resources: [../base]\n"),
        ("web/part/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamespace: web\n"),
        ("db/kustomization.yaml", "resources: [gone.yaml]\n"),
    ];
    assert_eq!(clusters(&files), ["unknown: db! web/production web/staging"]);
    let repository = built(&files);
    let object = &repository.clusters[0].members[1].outcome.objects()[0].node;
    assert!(object.at(&["metadata", "labels"]).is_none(), "nobody says who applies it");

    let said = "[[kustomizations]]\ncluster = \"east\"\npath = \"./web/production\"\ntargetNamespace = \"there\"\nsubstitute = { zone = \"a\" }\n\n[[kustomizations]]\ncluster = \"west\"\npath = \"web/staging\"\n";
    let files = [&files[..5], [(".fluxdeck.toml", said)].as_slice()].concat();
    assert_eq!(clusters(&files), ["east: web/production", "west: web/staging"]);
    let repository = built(&files);
    let object = &repository.clusters[0].members[0].outcome.objects()[0].node;
    let text = |path: &[&str]| object.at(path).and_then(crate::render::Node::text).unwrap_or_default();
    assert_eq!((text(&["metadata", "namespace"]), text(&["data", "zone"])), ("there", "a"));
    let origin = object.at(&["metadata", "namespace"]).expect("a namespace").origin().clone();
    assert_eq!((origin.location.to_string().as_str(), origin.line), (".fluxdeck.toml", 1));
}

#[test]
fn settings_that_cannot_be_read_are_reported() {
    for (text, wrong) in [
        ("[[kustomizations]]\npath = 3\n", 2),
        ("[[kustomizations]]\ncluster = \"a\"\n", 1),
        ("[[artifacts]]\nurls = \"x\"\n", 2),
    ] {
        let repository =
            built(&[(".fluxdeck.toml", text), ("a/kustomization.yaml", "resources: [a.yaml]\n"), ("a/a.yaml", SETTINGS)]);
        let [error] = repository.unreadable.as_slice() else { panic!("{text}: {:?}", repository.unreadable) };
        assert_eq!((error.file.as_deref(), error.line), (Some(".fluxdeck.toml"), wrong), "{text}: {error:?}");
    }
}

#[test]
fn a_template_of_another_program_is_not_a_broken_manifest() {
    let template = format!("{}{{% if x %}}\n", ks("apps", "./apps/{{ name }}"));
    assert!(built(&[("docs/a.yaml", &template)]).unreadable.is_empty());
    assert_eq!(built(&[("docs/a.yaml", "a: [\n# kustomize.toolkit.fluxcd.io\n")]).unreadable.len(), 1);
}

/// The namespace of its release comes from `targetNamespace`, which only a build knows; what it applies names the source.
#[test]
fn an_instance_without_a_namespace_is_called_as_what_it_applies_calls_it() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: flux-instance}\nspec:\n  values:\n    instance:\n      sync: {kind: GitRepository, path: flux/cluster}\n";
    let apps = ks("apps", "./apps").replace("flux-system", "gitops");
    let repository = built(&[("flux/cluster/ks.yaml", &apps), ("apps/a.yaml", SETTINGS), ("apps/flux/release.yaml", release)]);
    let members: Vec<_> = repository.clusters[0].members.iter().map(|member| member.spec.id()).collect();
    assert_eq!(members, ["gitops/gitops", "gitops/apps"]);
    assert!(repository.clusters[0].members.iter().all(|member| matches!(member.outcome, BuildOutcome::Built(_))));
}

#[test]
fn a_bootstrapped_sync_that_a_kustomization_forgets_begins_its_cluster_all_the_same() {
    let found = clusters(&[
        ("clusters/a/flux-system/gotk-sync.yaml", &ks("flux-system", "./clusters/a")),
        ("clusters/a/flux-system/kustomization.yaml", "resources: [gotk-sync.yaml]\n"),
        ("clusters/a/kustomization.yaml", "resources: [apps.yaml]\n"),
        ("clusters/a/apps.yaml", &ks("apps", "./apps")),
        ("apps/settings.yaml", SETTINGS),
    ]);
    assert_eq!(found, ["a: flux-system apps"]);
}

/// Written once for all clusters; each has the path of its own.
#[test]
fn a_sync_that_overlays_patch_begins_the_cluster_of_each() {
    let patch = |cluster: &str| {
        format!(
            "resources: [../../base/flux-system]\npatches:\n- target: {{kind: Kustomization, name: flux-system}}\n  patch: '- {{op: replace, path: /spec/path, value: ./clusters/{cluster}/00}}'\n- patch: '{{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {{name: apps, namespace: flux-system}}, spec: {{path: ./apps/{cluster}}}}}'\n"
        )
    };
    for path in ["'./clusters/${TENANT}/${CLUSTER}'", "./replace/me"] {
        let found = clusters(&[
            ("clusters/base/flux-system/kustomization.yaml", "resources: [sync.yaml, apps.yaml]\n"),
            ("clusters/base/flux-system/sync.yaml", &ks("flux-system", path)),
            ("clusters/base/flux-system/apps.yaml", &ks("apps", "'./apps/${TENANT}'")),
            ("clusters/east/00/kustomization.yaml", &patch("east")),
            ("clusters/west/00/kustomization.yaml", &patch("west")),
            ("apps/east/a.yaml", SETTINGS),
            ("apps/west/a.yaml", SETTINGS),
        ]);
        assert_eq!(found, ["east: flux-system apps", "west: flux-system apps"], "{path}");
    }
}

/// What all have in common is a patch of the whole cluster: their own files say neither source nor interval.
#[test]
fn kustomizations_whose_source_a_patch_says_are_counted() {
    let bare = |name: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{path: ./{name}}}\n"
        )
    };
    let list = "resources: [sync.yaml, a.yaml, b.yaml]\npatches: [{path: common.yaml, target: {kind: Kustomization}}]\n";
    let repository = built(&[
        ("clusters/east/kustomization.yaml", list),
        ("clusters/east/sync.yaml", &ks("flux-system", "./clusters/east")),
        (
            "clusters/east/common.yaml",
            &bare("any").replace("{path: ./any}", "{sourceRef: {kind: GitRepository, name: flux-system}}"),
        ),
        ("clusters/east/a.yaml", &bare("a")),
        ("clusters/east/b.yaml", &bare("b")),
        ("clusters/east/unlisted.yaml", &ks("old", "./a")),
        ("a/a.yaml", SETTINGS),
        ("b/a.yaml", SETTINGS),
    ]);
    let members: Vec<_> = repository.clusters[0].members.iter().map(|member| member.spec.name.to_string()).collect();
    assert_eq!(members, ["flux-system", "a", "b"]);
    // the patch names a source, as what is unlisted does: it is a part of the others
    let missed: Vec<_> = repository.unreached.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((repository.declared, missed), (4, vec!["flux-system/old"]));
}

/// One cluster applies its own sync; the syncs of the others are not committed, and may be deeper.
#[test]
fn a_cluster_beside_others_may_begin_deeper() {
    let found = clusters(&[
        ("k8s/clusters/nas/flux/cluster.yaml", &ks("cluster", "./k8s/clusters/nas/flux")),
        ("k8s/clusters/one/flux/deploy/apps.yaml", &ks("apps", "./k8s/clusters/one/apps")),
        ("k8s/clusters/one/apps/a.yaml", SETTINGS),
        ("k8s/archive/apps.yaml", &ks("old", "./k8s/clusters/one/apps")),
        ("archive/clusters/two/flux/deploy/apps.yaml", &ks("old", "./k8s/clusters/one/apps")),
    ]);
    assert_eq!(found, ["flux: cluster", "deploy: apps"]);
}

/// A tenant keeps what is his on a branch of its own: what is there is not what is here.
#[test]
fn another_branch_of_the_same_repository_is_not_here() {
    let source = |name: &str, at: &str| {
        format!(
            "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{url: 'https://example.test/fleet'{at}}}\n"
        )
    };
    let tenant = flux("tenant", "./production", "  sourceRef: {kind: GitRepository, name: tenant}\n");
    let look = |own: &str, other: &str| {
        let sync = format!("{}{}", ks("flux-system", "./cluster"), source("flux-system", own));
        let tenant = format!("{tenant}{}", source("tenant", other));
        let repository = built(&[("cluster/flux-system/sync.yaml", &sync), ("cluster/tenant.yaml", &tenant)]);
        match &repository.clusters[0].members[1].outcome {
            BuildOutcome::Elsewhere(why) => why.clone(),
            BuildOutcome::Failed(error) => error.message.clone(),
            BuildOutcome::Built(_) => "built".to_owned(),
        }
    };
    let elsewhere = "GitRepository flux-system/tenant is this repository's branch `dev`";
    let here = "`./production` of the Flux Kustomization flux-system/tenant is not in its source";
    for (own, other, expected) in [
        (", ref: {branch: main}", ", ref: {branch: dev}", elsewhere),
        (", ref: {name: refs/heads/main}", ", ref: {branch: dev}", elsewhere),
        (", ref: {branch: main}", ", ref: {branch: main}", here),
        (", ref: {branch: main}", ", ref: {name: refs/heads/main}", here),
        // which branch that is of is not known
        (", ref: {branch: main}", ", ref: {branch: dev, tag: v1}", here),
        (", ref: {branch: main}", "", here),
        ("", ", ref: {branch: dev}", here),
    ] {
        assert_eq!(look(own, other), expected, "{own} {other}");
    }
}
