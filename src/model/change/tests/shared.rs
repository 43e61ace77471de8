//! Places that others read: refused with who they are, and what can be done instead.

use super::super::{CheckResult, LayerChoice};
use super::{ChangeScope, TestRepo, folder};

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template: {spec: {containers: [{name: a, image: b}]}}\n";

/// Two environments over one base, each applied by a Flux Kustomization.
fn environments() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "clusters/prod/apps.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n",
        ),
        (
            "clusters/staging/apps.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./staging\n  sourceRef: {kind: GitRepository, name: flux-system}\n",
        ),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\n"),
        ("staging/kustomization.yaml", "resources: [../base]\npatches:\n- path: patches/x.yaml\n"),
        ("staging/patches/x.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true}\n"),
    ]
}

/// The folder of an artifact that a generator copies is the folder of the repository that it copies from.
#[test]
fn a_new_patch_of_what_a_generator_copies_is_in_the_folder_that_is_copied() {
    let copied = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./prod\n  sourceRef: {kind: ExternalArtifact, name: apps}\n";
    let sync = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {url: \"https://git.example.test/fleet\"}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: ./clusters/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
    let generator = "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {name: all, namespace: flux-system}\nspec:\n  sources: [{alias: repo, kind: GitRepository, name: flux-system}]\n  artifacts: [{name: apps, copy: [{from: \"@repo/apps/**\", to: \"@artifact/\"}]}]\n";
    let files = [
        ("clusters/prod/sync.yaml", sync),
        ("clusters/prod/generator.yaml", generator),
        ("clusters/prod/apps.yaml", copied),
        ("apps/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("apps/base/web.yaml", WEB),
        ("apps/prod/kustomization.yaml", "resources: [../base]\n"),
        ("apps/other/kustomization.yaml", "resources: [../base]\n"),
    ];
    let repo = TestRepo::of(&files, kustomization("prod/flux-system/apps")).layer(LayerChoice::NewPatch);
    let plan = repo.planned("deploy/web", &["spec.paused=true"]);
    let names: Vec<_> = plan.files.iter().map(|file| &*file.path).collect();
    assert_eq!(names, ["apps/prod/kustomization.yaml"]);
}

fn kustomization(name: &str) -> ChangeScope {
    ChangeScope::Kustomization(name.to_owned())
}

#[test]
fn a_base_that_two_environments_share_is_refused_with_both_and_a_patch_is_offered() {
    let files = environments();
    let repo = TestRepo::of(&files, kustomization("prod/flux-system/apps"));
    let refused = repo.refused("deploy/p-web", &["spec.replicas=3"]);
    assert!(repo.is_untouched(&files));
    assert_eq!(refused.why, "the place is shared: other fields change with it");
    assert!(refused.hint.contains("--layer new-patch") && refused.hint.contains("--wide"), "{}", refused.hint);
    let proof = refused.tried[0].result.as_ref().expect("it does what is wanted, and more");
    let [(build, differences)] = &proof.elsewhere[..] else { panic!("{proof:?}") };
    assert_eq!((&**build, &*differences[0].object), ("staging/flux-system/apps", "Deployment web"));
    assert_eq!(differences[0].field.as_deref(), Some("spec.replicas"));
    assert_eq!(refused.leave_out, None);
    let several = repo.refused("deploy/p-web", &["spec.replicas=3", "spec.paused=true"]);
    assert_eq!(several.leave_out.as_deref(), Some("spec.replicas"));
}

/// Each way that is offered is the one that its flag takes, also where there are several new patches.
#[test]
fn every_offered_way_is_the_one_that_its_flag_takes() {
    let sync = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {url: \"https://git.example.test/fleet\"}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: ./clusters/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
    let files = [&environments()[..], &[("clusters/prod/sync.yaml", sync)]].concat();
    let repo = || TestRepo::of(&files, kustomization("prod/flux-system/apps"));
    let refused = repo().refused("deploy/p-web", &["spec.replicas=3"]);
    let ways: Vec<_> = refused.tried.iter().filter(|tried| tried.open().is_ok()).collect();
    let flags: Vec<_> = ways.iter().map(|tried| tried.flag()).collect();
    assert_eq!(flags, ["1", "new-patch", "3"]);
    for tried in ways {
        let layer = LayerChoice::parse(&tried.flag()).expect("a flag");
        let plan = repo().layer(layer).wide().planned("deploy/p-web", &["spec.replicas=3"]);
        assert_eq!(plan.done[0].way.place(), tried.way.place(), "{}", tried.flag());
    }
}

#[test]
fn a_new_patch_is_for_this_object_only_and_lies_where_the_house_keeps_its_patches() {
    let repo = TestRepo::of(&environments(), kustomization("prod/flux-system/apps")).layer(LayerChoice::NewPatch);
    let plan = repo.planned("deploy/p-web", &["spec.replicas=3"]);
    let [file] = &plan.files[..] else { panic!("{:?}", plan.files) };
    assert_eq!(&*file.path, "prod/kustomization.yaml");
    assert_eq!(plan.done[0].proof.besides(), 0);

    let repo = TestRepo::of(&environments(), kustomization("staging/flux-system/apps")).layer(LayerChoice::NewPatch);
    let plan = repo.planned("deploy/web", &["spec.replicas=3"]);
    let names: Vec<_> = plan.files.iter().map(|file| (&*file.path, file.before.is_none())).collect();
    assert_eq!(names, [("staging/kustomization.yaml", false), ("staging/patches/deployment-web.yaml", true)]);
    let listed = String::from_utf8_lossy(plan.files[0].new_bytes()).into_owned();
    assert!(listed.contains("- path: patches/deployment-web.yaml\n"), "{listed}");
}

#[test]
fn what_is_accepted_is_changed_everywhere_and_named() {
    let repo = TestRepo::of(&environments(), kustomization("prod/flux-system/apps")).wide();
    let plan = repo.planned("deploy/p-web", &["spec.replicas=3"]);
    assert_eq!(repo.lines(&plan), ["base/web.yaml:-  replicas: 2", "base/web.yaml:+  replicas: 3"]);
    assert_eq!(plan.done[0].proof.besides(), 1);
}

#[test]
fn in_a_folder_that_is_named_others_are_said_and_do_not_hinder() {
    let repo = TestRepo::of(&environments(), folder("prod"));
    let proof = &repo.planned("deploy/p-web", &["spec.replicas=3"]).done[0].proof;
    let names: Vec<_> = proof.elsewhere.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["prod/flux-system/apps", "staging/flux-system/apps"]);

    // without any Flux object: every folder that kustomize builds
    let files: Vec<_> = environments().into_iter().filter(|(path, _)| !path.starts_with("clusters")).collect();
    let proof = &TestRepo::of(&files, folder("prod")).planned("deploy/p-web", &["spec.replicas=3"]).done[0].proof;
    let names: Vec<_> = proof.elsewhere.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["base", "staging"]);
    assert_eq!(proof.readers, ["base", "staging"]);
}

#[test]
fn a_kustomization_that_leads_elsewhere_stops_what_it_built_and_that_is_said() {
    let fleet = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: fleet, namespace: flux-system}\nspec:\n  path: ./fleet\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
    let apps = fleet.replace("fleet", "apps");
    let mut files = environments();
    files.retain(|(path, _)| !path.starts_with("clusters"));
    files.extend([
        ("clusters/prod/fleet.yaml", fleet),
        ("fleet/apps.yaml", &apps),
        ("fleet/kustomization.yaml", "resources: [apps.yaml]\n"),
    ]);
    files.extend([
        ("apps/kustomization.yaml", "resources: [../base]\n"),
        ("clusters/prod/kustomization.yaml", "resources: [fleet.yaml]\n"),
    ]);

    for (path, object, set, names) in [
        ("fleet", "Kustomization/apps", "spec.path=./nowhere", &["prod/flux-system/apps"][..]),
        ("fleet", "Kustomization/apps", "spec.sourceRef.name=other", &["prod/flux-system/apps"]),
        ("clusters/prod", "Kustomization/fleet", "spec.path=./nowhere", &["prod/flux-system/fleet", "prod/flux-system/apps"]),
    ] {
        let proof = &TestRepo::of(&files, folder(path)).planned(object, &[set]).done[0].proof;
        let stopped: Vec<_> = proof.stopped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((stopped.as_slice(), proof.broken.len()), (names, 0), "{set}: {proof:?}");
        let others = proof.checks.iter().find(|check| check.name == "others").expect("it is checked");
        assert_eq!(others.result, CheckResult::Failed, "{others:?}");
    }

    // who asks for a Kustomization gets nothing that stops another one
    let refused =
        TestRepo::of(&files, kustomization("prod/flux-system/fleet")).refused("Kustomization/apps", &["spec.path=./nowhere"]);
    assert_eq!(refused.why, "what builds today could not be built any more");
}

#[test]
fn a_place_that_also_names_the_object_is_refused_with_the_name_that_it_would_have() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: &app web, namespace: n}\ndata:\n  app: *app\n";
    let repo = TestRepo::of(&[("a/kustomization.yaml", "resources: [c.yaml]\n"), ("a/c.yaml", text)], folder("a"));
    let refused = repo.refused("cm/web", &["data.app=other"]);
    let expected = "the place is shared: it would be another object: ConfigMap n/web metadata.name: web -> other";
    assert_eq!(refused.why, expected);
    assert!(refused.hint.contains("--layer new-patch"), "{}", refused.hint);
}

/// The aliases of one anchor are one node: each has a path of its own all the same.
#[test]
fn of_the_aliases_of_an_anchor_the_wanted_one_is_known_from_the_others() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  labels: &l {app: web}\n  annotations: *l\n";
    let repo = TestRepo::of(&[("a/kustomization.yaml", "resources: [c.yaml]\n"), ("a/c.yaml", text)], folder("a"));
    for (wanted, other) in
        [("metadata.annotations.app", "metadata.labels.app"), ("metadata.labels.app", "metadata.annotations.app")]
    {
        let refused = repo.refused("cm/web", &[&format!("{wanted}=other")]);
        let proof = refused.tried[0].result.as_ref().expect("it does what is wanted, and more");
        let named: Vec<_> = proof.inside.iter().filter_map(|one| one.field.as_deref()).collect();
        assert_eq!(named, [other], "{wanted}");
    }
}

#[test]
fn a_label_of_many_objects_is_refused_with_each_of_them() {
    let files = [("a/kustomization.yaml", "resources: [web.yaml]\ncommonLabels: {app: x}\n"), ("a/web.yaml", WEB)];
    let repo = TestRepo::of(&files, folder("a"));
    let refused = repo.refused("deploy/web", &["metadata.labels.app=y"]);
    assert!(repo.is_untouched(&files));
    let proof = refused.tried[0].result.as_ref().expect("it does what is wanted, and more");
    let fields: Vec<_> = proof.inside.iter().filter_map(|one| one.field.as_deref()).collect();
    assert_eq!(fields, ["spec.template.metadata.labels.app", "spec.selector.matchLabels.app"]);
}

#[test]
fn an_anchor_is_shared_with_its_aliases() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: &x one\n  b: *x\n";
    let files = [("a/kustomization.yaml", "resources: [c.yaml]\n"), ("a/c.yaml", text)];
    let repo = TestRepo::of(&files, folder("a"));
    let proof = repo.refused("cm/c", &["data.a=two"]).tried.remove(0).result.expect("it does what is wanted, and more");
    assert_eq!(proof.inside[0].field.as_deref(), Some("data.b"));
    let plan = TestRepo::of(&files, folder("a")).wide().planned("cm/c", &["data.a=two"]);
    assert_eq!(String::from_utf8_lossy(plan.files[0].new_bytes()), text.replace("one", "two"));
}

#[test]
fn where_only_flux_could_patch_its_kustomization_does() {
    let mut files = environments();
    files.retain(|(path, _)| !path.starts_with("staging") && !path.starts_with("prod") && !path.starts_with("base"));
    files.extend([("prod/web.yaml", WEB), ("staging/x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")]);
    let repo = TestRepo::of(&files, kustomization("prod/flux-system/apps")).layer(LayerChoice::NewPatch);
    let plan = repo.planned("deploy/web", &["spec.replicas=3"]);
    assert_eq!(&*plan.files[0].path, "clusters/prod/apps.yaml");
    assert!(String::from_utf8_lossy(plan.files[0].new_bytes()).contains("patches:"), "{:?}", plan.files);
}
