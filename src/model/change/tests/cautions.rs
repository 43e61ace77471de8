//! What a person should know besides: who sets the same field again, and what could be changed instead.

use super::super::Caution;
use super::{ChangeScope, TestRepo};

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: ./clusters/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const WEB: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: web
        image: registry.test/web:1.4.0 # {"$imagepolicy": "flux-system:web"}
      - name: side
        image: registry.test/side:main-1 # {"$imagepolicy": "flux-system:side"}
      - name: plain
        image: registry.test/plain:1
"#;
const IMAGES: &str = r#"apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: web, namespace: flux-system, labels: {fleet: "yes"}}
spec:
  policy: {semver: {range: 1.4.x}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: {name: fleet, namespace: flux-system}
spec:
  policySelector: {matchLabels: {fleet: "yes"}}
  update: {strategy: Setters, path: ./apps}
"#;
const SCALER: &str = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: web}\nspec:\n  minReplicas: 2\n  maxReplicas: 4\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n";

const IMAGE: &str = "spec.template.spec.containers[name=web].image";

fn cautions(images: &str, set: &str) -> Vec<Caution> {
    let files = [
        ("clusters/prod/root.yaml", ROOT),
        ("clusters/prod/apps.yaml", APPS),
        ("clusters/prod/images.yaml", images),
        ("apps/web.yaml", WEB),
        ("apps/scaler.yaml", SCALER),
    ];
    TestRepo::of(&files, ChangeScope::Any).planned("deploy/web", &[set]).cautions
}

/// Text, and field, value and place of what could be changed instead.
fn said(caution: &Caution) -> (&str, Option<(String, &str, &str, String)>) {
    let other = caution.instead.as_ref().map(|other| {
        let place = other.place.as_ref().map(ToString::to_string).unwrap_or_default();
        (other.named(), &*other.field, &*other.value, place)
    });
    (&caution.text, other)
}

#[test]
fn a_marked_line_names_who_writes_over_it_and_the_policy_that_would_select_the_same() {
    let found = cautions(IMAGES, &format!("{IMAGE}=registry.test/web:1.5.0"));
    let [caution] = &found[..] else { panic!("{found:?}") };
    let text =
        "apps/web.yaml:10: ImageUpdateAutomation flux-system/fleet writes over it what ImagePolicy flux-system/web selects";
    let policy = "ImagePolicy.image.toolkit.fluxcd.io/web".to_owned();
    let other = (policy, "spec.policy.semver.range", "1.5.0", "clusters/prod/images.yaml:5".to_owned());
    assert_eq!(said(caution), (text, Some(other)));
    assert_eq!(caution.instead.as_ref().expect("it is there").before, "1.4.x");
}

#[test]
fn what_is_not_declared_covered_or_active_is_said_so() {
    let suspended = IMAGES.replace("  update:", "  suspend: true\n  update:");
    let elsewhere = IMAGES.replace("path: ./apps", "path: ./app");
    let others = IMAGES.replace("{matchLabels: {fleet: \"yes\"}}", "{matchLabels: {fleet: \"no\"}}");
    let foreign = IMAGES.replace("name: fleet, namespace: flux-system", "name: fleet, namespace: web");
    let all = IMAGES.replace("  policySelector: {matchLabels: {fleet: \"yes\"}}\n", "").replace("path: ./apps", "path: ./");
    for (images, expected) in [
        (&suspended, "ImageUpdateAutomation flux-system/fleet is suspended; once it is resumed it writes over it"),
        (&elsewhere, "marked for ImagePolicy flux-system/web; image automation that reads this file writes over it"),
        (&others, "marked for ImagePolicy flux-system/web;"),
        (&foreign, "marked for ImagePolicy flux-system/web;"),
        (&all, "ImageUpdateAutomation flux-system/fleet writes over it"),
    ] {
        let found = cautions(images, &format!("{IMAGE}=registry.test/web:1.5.0"));
        assert!(found.len() == 1 && found[0].text.contains(expected) && found[0].instead.is_some(), "{expected}: {found:?}");
    }
    let found = cautions(IMAGES, "spec.template.spec.containers[name=side].image=registry.test/side:main-2");
    assert!(found[0].text.contains("ImagePolicy flux-system/side, which this repository does not declare"), "{found:?}");
    assert_eq!(found[0].instead, None);
}

#[test]
fn the_value_that_would_do_it_is_named_only_where_it_is_known() {
    let filtered = IMAGES.replace("semver: {range: 1.4.x}", "alphabetical: {order: asc}");
    let extracted = IMAGES.replace("spec:\n  policy:", "spec:\n  filterTags: {pattern: '^v(.*)-x$', extract: $1}\n  policy:");
    for (images, image, expected) in [
        (IMAGES, "registry.test/web:v1.5.0-rc.1", ("spec.policy.semver.range", "v1.5.0-rc.1")),
        (IMAGES, "registry.test:5000/web", ("spec.policy.semver.range", "1.4.x")),
        (IMAGES, "registry.test/web:main", ("spec.policy.semver.range", "1.4.x")),
        (&filtered, "registry.test/web:main.2", ("spec.filterTags.pattern", "^main\\.2$")),
        (&extracted, "registry.test/web:1.5.0", ("spec.policy.semver.range", "1.4.x")),
    ] {
        let found = cautions(images, &format!("{IMAGE}={image}"));
        let other = found[0].instead.as_ref().expect("it is declared");
        assert_eq!((&*other.field, &*other.value), expected, "{image}");
    }
}

#[test]
fn what_is_not_marked_has_no_caution() {
    let plain = "spec.template.spec.containers[name=plain].image=registry.test/plain:2";
    assert_eq!(cautions(IMAGES, plain), []);
}

#[test]
fn an_autoscaler_is_named_for_any_change_of_its_number() {
    let found = cautions(IMAGES, "spec.replicas=6");
    let [caution] = &found[..] else { panic!("{found:?}") };
    let text = "HorizontalPodAutoscaler web/web scales it too, and sets another number again; its maxReplicas is 4";
    let scaler = "HorizontalPodAutoscaler.autoscaling/web".to_owned();
    assert_eq!(said(caution), (text, Some((scaler, "spec.minReplicas", "6", "apps/scaler.yaml:5".to_owned()))));
}

#[test]
fn a_refusal_has_the_cautions_of_the_line_that_sets_the_field() {
    let again = APPS.replace("name: apps", "name: again");
    let files = [
        ("clusters/prod/root.yaml", ROOT),
        ("clusters/prod/apps.yaml", APPS),
        ("clusters/prod/again.yaml", &again),
        ("clusters/prod/images.yaml", IMAGES),
        ("apps/web.yaml", WEB),
    ];
    let refused = TestRepo::of(&files, ChangeScope::Any).refused("deploy/web", &[&format!("{IMAGE}=registry.test/web:1.5.0")]);
    let [caution] = &refused.cautions[..] else { panic!("{refused:?}") };
    let other = caution.instead.as_ref().expect("it is declared");
    assert_eq!((&*other.build, other.value.as_str()), ("prod/flux-system/flux-system", "1.5.0"));
}
