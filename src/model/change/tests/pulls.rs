//! What a pull request of anyone does to all that is built: of this cluster, of another one, and what it breaks.

use super::super::{AppliedFolder, Build, Builds, ChangedFile, PullEffect};
use crate::domain::{ClusterId, GroupKind, ObjectRef};
use crate::render::repository::Builder;
use crate::render::tree::Memory;

/// A Flux Kustomization of a cluster.
fn kustomization(name: &str, path: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\nspec:\n  path: {path}\n  prune: true\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n"
    )
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n";
const EXTRA: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: web}\n";

/// Two clusters that apply one base, with these files in place of others.
fn builds(edits: &[(&str, Option<&str>)]) -> Vec<Build> {
    let (root, apps) = (kustomization("flux-system", "./clusters/prod"), kustomization("apps", "./apps/prod"));
    let (other_root, other_apps) = (kustomization("flux-system", "./clusters/test"), kustomization("apps", "./apps/test"));
    let mut files = vec![
        ("clusters/prod/root.yaml", root.as_str()),
        ("clusters/prod/apps.yaml", apps.as_str()),
        ("clusters/test/root.yaml", other_root.as_str()),
        ("clusters/test/apps.yaml", other_apps.as_str()),
        ("apps/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("apps/base/web.yaml", WEB),
        ("apps/prod/kustomization.yaml", "resources: [../base, extra.yaml]\n"),
        ("apps/prod/extra.yaml", EXTRA),
        ("apps/test/kustomization.yaml", "resources: [../base]\n"),
    ];
    for (path, text) in edits {
        files.retain(|(known, _)| known != path);
        files.extend(text.map(|text| (*path, text)));
    }
    let mut builder = Builder::default();
    Builds::new(&mut builder).members(&Memory::new(files)).expect("a tree")
}

fn effect(edits: &[(&str, Option<&str>)]) -> PullEffect {
    let apps =
        ObjectRef::new(ClusterId(0), GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"), "flux-system", "apps");
    let here = [AppliedFolder { kustomization: apps, folder: Some("apps/prod".to_owned()) }];
    let bytes = |text: &str| Some(text.as_bytes().into());
    let file = |(path, text): &(&str, Option<&str>)| ChangedFile {
        path: (*path).into(),
        before: bytes(WEB),
        after: text.and_then(bytes),
    };
    PullEffect::of(&builds(&[]), &builds(edits), &edits.iter().map(file).collect::<Vec<_>>(), &here)
}

fn touched(effect: &PullEffect) -> Vec<(&str, bool, usize)> {
    effect.builds.iter().map(|build| (&*build.name, build.applier.is_some(), build.differences.len())).collect()
}

#[test]
fn a_file_of_a_base_touches_every_cluster_and_the_one_that_is_looked_at_is_known() {
    let more = WEB.replace("replicas: 2", "replicas: 4");
    let found = effect(&[("apps/base/web.yaml", Some(&more))]);
    assert_eq!(touched(&found), [("prod/flux-system/apps", true, 1), ("test/flux-system/apps", false, 1)]);
    let here = found.here();
    let [(object, differences)] = &here[..] else { panic!("{here:?}") };
    assert_eq!((object.to_string().as_str(), differences[0].field.as_deref()), ("Deployment web/web", Some("spec.replicas")));
    assert_eq!((differences[0].before.as_deref(), differences[0].after.as_deref()), (Some("2"), Some("4")));
    assert!(found.unproven.is_empty());
    // what the API server refuses is said of anyone's change
    let selector = WEB.replace("{app: web}", "{app: web, tier: front}");
    let found = effect(&[("apps/base/web.yaml", Some(&selector))]);
    assert!(found.cautions.iter().any(|caution| caution.text.contains("spec.selector cannot change")), "{:?}", found.cautions);
}

#[test]
fn what_comes_goes_and_breaks_is_part_of_it_and_the_rest_is_not() {
    let gone = effect(&[("apps/prod/kustomization.yaml", Some("resources: [../base]\n")), ("apps/prod/extra.yaml", None)]);
    assert_eq!(touched(&gone), [("prod/flux-system/apps", true, 1)]);
    assert_eq!((&gone.builds[0].differences[0].field, &gone.builds[0].differences[0].after), (&None, &None), "an object is gone");
    let broken = effect(&[("apps/prod/extra.yaml", None)]);
    let why = broken.builds[0].broken.as_deref().expect("it cannot be built");
    assert!(why.contains("apps/prod/extra.yaml"), "{why}");
    let undeclared = effect(&[("clusters/test/apps.yaml", None)]);
    let test = undeclared.builds.iter().find(|build| build.name == "test/flux-system/apps").expect("it is gone");
    assert_eq!((test.broken.as_deref(), test.differences.len()), (Some("it is no longer declared"), 1));
    assert!(touched(&effect(&[("README.md", Some("# fleet\n"))])).is_empty());
}
