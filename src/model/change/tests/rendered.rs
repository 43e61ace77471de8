//! What is built then, as it is shown: every object, in every build that has it.

use super::super::rendered::rendered;
use super::super::{Build, Builds, ObjectFate, RenderedBuild};
use super::{ChangeScope, TestRepo};
use crate::render::repository::Builder;
use crate::render::tree::Memory;

const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./PATH\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - {name: a, image: b, env: [{name: API_TOKEN, value: hunter2}], envFrom: [{configMapRef: {name: env}}]}\n      - {name: c, image: d}\n";

/// Two environments over one base, which has a generated ConfigMap and a Secret.
fn repo(secret: &str) -> TestRepo {
    let (prod, staging) = (APPS.replace("PATH", "prod"), APPS.replace("PATH", "staging"));
    let files = [
        ("clusters/prod/apps.yaml", prod.as_str()),
        ("clusters/staging/apps.yaml", staging.as_str()),
        (
            "base/kustomization.yaml",
            "resources: [web.yaml, key.yaml]\nconfigMapGenerator:\n- {name: env, literals: [MODE=slow]}\n",
        ),
        ("base/web.yaml", WEB),
        ("base/key.yaml", secret),
        ("prod/kustomization.yaml", "resources: [../base]\nnamespace: web\n"),
        ("staging/kustomization.yaml", "resources: [../base]\nnamespace: web\n"),
    ];
    TestRepo::of(&files, ChangeScope::Kustomization("prod/flux-system/apps".to_owned())).wide()
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: key, labels: {tier: one}}\nstringData: {k: hunter2}\n";

/// The folder `a` of these files.
fn built(files: &[(&str, &str)]) -> Build {
    Builds::new(&mut Builder::default()).folder(&Memory::new(files.iter().copied()), "a", None)
}

/// Each build, each object with a sign, each field.
fn shown(rendered: &[RenderedBuild]) -> Vec<String> {
    let mut found = Vec::new();
    for build in rendered {
        found.push(build.builds.join(" "));
        for object in &build.objects {
            let sign = match object.fate {
                ObjectFate::New => '+',
                ObjectFate::Gone => '-',
                ObjectFate::Changed => '~',
            };
            found.push(format!("{sign} {}", object.object));
            for field in &object.fields {
                let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                found.push(format!("  {}: {} -> {}", field.path, value(&field.before), value(&field.after)));
            }
        }
    }
    found
}

#[test]
fn each_build_that_changes_is_there_and_those_that_change_alike_are_one() {
    let plan = repo(SECRET).planned("deploy/web", &["spec.replicas=3"]);
    let expected = ["prod/flux-system/apps staging/flux-system/apps", "~ Deployment web/web", "  spec.replicas: 2 -> 3"];
    assert_eq!(shown(&plan.rendered), expected);
    assert_eq!(super::super::extent(&plan.rendered), (2, 2));
}

#[test]
fn what_follows_from_a_change_is_part_of_it() {
    let built = |mode: &str| {
        let listed = format!("resources: [web.yaml]\nconfigMapGenerator:\n- {{name: env, literals: [MODE={mode}]}}\n");
        built(&[("a/kustomization.yaml", &listed), ("a/web.yaml", WEB)])
    };
    let shown = shown(&rendered(&[&built("slow")], &[&built("fast")]));
    let is_there = |text: &str| shown.iter().any(|line| line.contains(text));
    assert!(is_there("data.MODE: slow -> fast") && is_there("metadata.name: env-"), "{shown:?}");
    assert!(is_there("containers[name=a].envFrom[0].configMapRef.name: env-"), "the reference follows: {shown:?}");
}

#[test]
fn no_value_of_a_secret_is_in_it() {
    let plan = repo(SECRET).planned("secret/key", &["metadata.labels.tier=two"]);
    assert!(shown(&plan.rendered).contains(&"  metadata.labels.tier: one -> two".to_owned()), "{:?}", shown(&plan.rendered));

    let text = format!("{:?}", plan.rendered);
    assert!(!text.contains("hunter2"), "{text}");
}

/// A person's words come first, and whatever they are, what the plan says follows.
#[test]
fn what_a_person_writes_is_in_front_of_what_the_plan_says() {
    use super::super::{ChangeOrder, Check, CheckResult, body, proposal};
    let plan = repo(SECRET).planned("deploy/web", &["spec.replicas=3"]);
    let order = ChangeOrder { is_wide: true, reason: "black friday".to_owned(), ..ChangeOrder::default() };
    let text = body(&order, &plan, &proposal::fields(&plan), "86058ad").ending("- [ ] tested");
    let check = Check { name: "build".into(), result: CheckResult::Failed, why: "no".to_owned() };
    let facts = text.facts(std::slice::from_ref(&check));
    assert!(facts.contains("| `spec.replicas` | `2` | `3` |") && facts.contains("| build | **failed** | no |"), "{facts}");
    let with = |written: &str| text.with(written, std::slice::from_ref(&check));
    assert_eq!(with(""), format!("black friday\n\n{facts}\n---\n\n- [ ] tested"));
    assert_eq!(with("- [x] tested\n"), format!("- [x] tested\n\n---\n\n{facts}"));
    // what is edited is what a person would fill in
    assert_eq!((text.begun(""), text.begun(" mine ")), ("black friday\n\n- [ ] tested".to_owned(), "mine".to_owned()));
}

#[test]
fn objects_come_and_go_with_all_of_their_fields_and_without_their_secrets() {
    let build = |web: &str| built(&[("a/web.yaml", web)]);
    let (with, without) = (format!("{SECRET}---\n{WEB}"), SECRET.to_owned());
    let (with, without) = (build(&with), build(&without));
    let gone = rendered(&[&with], &[&without]);
    let shown_gone = shown(&gone);
    assert_eq!(shown_gone[..2], ["a", "- Deployment web"]);
    assert!(shown_gone.contains(&"  spec.replicas: 2 -> nothing".to_owned()), "{shown_gone:?}");
    assert!(!format!("{gone:?}").contains("hunter2"), "{gone:?}");
    let come = shown(&rendered(&[&without], &[&with]));
    assert_eq!(come[..2], ["a", "+ Deployment web"]);
    assert!(come.contains(&"  spec.template.spec.containers[name=a].env[name=API_TOKEN].value: nothing -> <masked>".to_owned()));
}

#[test]
fn named_items_of_a_list_are_compared_by_name_and_their_order_counts() {
    let build = |items: &str| {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{items}]}}\n");
        built(&[("a/pod.yaml", &text)])
    };
    let compared = |before: &str, after: &str| shown(&rendered(&[&build(before)], &[&build(after)]))[2..].to_vec();
    let (a, b) = ("{name: a, image: x}", "{name: b, image: y}");
    assert_eq!(
        compared(&format!("{a}, {b}"), &format!("{b}, {a}")),
        ["  order of spec.containers: [name=a][name=b] -> [name=b][name=a]"]
    );
    assert_eq!(
        compared(b, &format!("{a}, {b}")),
        ["  spec.containers[name=a].name: nothing -> a", "  spec.containers[name=a].image: nothing -> x"]
    );
}

#[test]
fn a_pull_request_has_what_is_built_then_and_what_to_know_of_it() {
    use super::super::{Caution, ChangeOrder, body, proposal};
    let mut plan = repo(SECRET).planned("deploy/web", &["spec.replicas=3"]);
    plan.cautions = vec![Caution { text: "ResourceQuota web/q takes no more *pods*".to_owned(), instead: None }];
    let mut order = ChangeOrder { is_wide: true, ..ChangeOrder::default() };
    order.site.caution = "the source is pinned to v1.2".to_owned();
    let text = body(&order, &plan, &proposal::fields(&plan), "86058ad").with("", &[]);
    for part in [
        "**What to know before it is merged**\n- the source is pinned to v1.2\n- ResourceQuota web/q takes no more \\*pods\\*\n",
        "<details><summary>What is built then</summary>\n\n```\nprod/flux-system/apps, staging/flux-system/apps\n  ~ Deployment web/web\n    spec.replicas: 2 -> 3\n```\n\n</details>\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}
