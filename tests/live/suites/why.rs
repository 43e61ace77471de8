//! `fluxdeck why` and `fluxdeck trace` on the fleet: each deliberate fault has the first cause of a table that was written by hand, and what
//! is said of where an object comes from is what kubectl says.

use serde_json::Value;

use crate::harness::trials;
use crate::shop::{self, Shop};
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::within;

const FIRST_CAUSES: &str = include_str!("../first_causes.tsv");

fn user(bed: &Bed) -> Fluxdeck {
    Fluxdeck::with(&bed.kubeconfig("admin"))
}

fn json(fluxdeck: &Fluxdeck, arguments: &[&str]) -> Value {
    let ran = fluxdeck.run(arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn named(object: &Value) -> String {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    match text("namespace") {
        "" => format!("{} {}", text("kind"), text("name")),
        namespace => format!("{} {namespace}/{}", text("kind"), text("name")),
    }
}

fn each_deliberate_fault_has_the_first_cause_of_the_table() {
    let bed = bed::shared();
    let user = user(&bed);
    let mut wrong = Vec::new();
    for line in FIRST_CAUSES.lines().filter(|line| !line.starts_with('#')) {
        let row: Vec<_> = line.split('\t').collect();
        let [about, rule, cause] = row[..] else { panic!("three columns: {line}") };
        let (kind, path) = about.split_once(' ').expect("kind and name");
        let (namespace, name) = path.split_once('/').expect("a namespace");
        let found = json(&user, &["why", &format!("{kind}/{name}"), "-n", namespace, "-o", "json"]);
        let first = &found["steps"][0];
        let object = named(&first["object"]);
        let is_it = object == cause || cause.ends_with('-') && object.starts_with(cause);
        if found["rule"] != rule || !is_it || first["part"] != "cause" {
            wrong.push(format!("{line}: is {} {object}: {}", found["rule"], first["says"]));
        }
        // what says so was read: an object, and when its state last changed, unless it is not there
        assert!(first["witness"].as_str().is_some_and(|witness| !witness.is_empty()), "{line}: {first}");
    }
    assert!(wrong.is_empty(), "not as tests/live/first_causes.tsv says:\n{}", wrong.join("\n"));
}

fn a_crash_comes_with_the_end_of_its_log_and_its_events() {
    let bed = bed::shared();
    let found = json(&user(&bed), &["why", "ks/crashing", "-n", "faults", "-o", "json"]);
    let pod = found["steps"][0]["object"]["name"].as_str().expect("a pod").to_owned();
    assert_eq!(found["gaps"], Value::Array(Vec::new()), "an administrator may read everything");
    let phase = bed.kubectl(&[
        "get",
        "pod",
        &pod,
        "-n",
        "faults",
        "-o",
        "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}",
    ]);
    let says = found["steps"][0]["says"].as_str().unwrap_or_default();
    assert!(says.contains(&format!("exits {}", phase.trim())), "{says}: {phase}");
}

fn all_that_is_broken_is_grouped_and_each_object_is_in_one_group() {
    let bed = bed::shared();
    let groups = json(&user(&bed), &["why", "-A", "-o", "json"]);
    let groups = groups.as_array().expect("groups");
    let mut hits: Vec<_> =
        groups.iter().flat_map(|group| group["hits"].as_array().cloned().unwrap_or_default()).map(|hit| named(&hit)).collect();
    let all = hits.len();
    hits.sort();
    hits.dedup();
    assert_eq!(hits.len(), all, "once each");
    assert!(groups.len() < all, "{} causes of {all}", groups.len());
    // three faults at once are kept apart
    for (hit, rule) in [
        ("Kustomization faults/build-error", "build-failed"),
        ("Kustomization faults/no-source", "authentication"),
        ("HelmRelease faults/waits-for-stalled", "refused-object"),
    ] {
        let group =
            groups.iter().find(|group| group["hits"].as_array().is_some_and(|hits| hits.iter().any(|one| named(one) == hit)));
        assert_eq!(group.map(|group| group["rule"].clone()), Some(rule.into()), "{hit}");
    }
    let asked = user(&bed).run(&["why", "-A", "--exit-code"]);
    assert_eq!(asked.code, 1, "{asked:?}");
}

fn a_developer_gets_what_he_may_see_and_what_he_may_not_is_named() {
    let bed = bed::shared();
    let developer = Fluxdeck::with(&bed.kubeconfig("developer"));
    let own = bed.kubectl(&["get", "deployments", "-n", "web", "-o", "jsonpath={.items[0].metadata.name}"]);
    let ran = developer.run(&["why", &format!("deploy/{}", own.trim()), "-n", "web", "-o", "json"]);
    // lists that are refused make the exit code of every command that looks
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(named(&found["object"]), format!("Deployment web/{}", own.trim()));
    let is_known = found["rule"].is_null() || found["steps"][0]["says"].as_str().is_some_and(|says| !says.is_empty());
    assert!(is_known, "{found}");
}

fn where_an_object_comes_from_is_what_kubectl_says() {
    let bed = bed::shared();
    let found = json(&user(&bed), &["trace", "ks/apps", "-n", "flux-system", "-o", "json"]);
    let ancestors = found["ancestors"].as_array().expect("ancestors");
    let get = |kind: &str, path: &str| {
        bed.kubectl(&["get", kind, "-n", "flux-system", "apps", "-o", &format!("jsonpath={{{path}}}")]).trim().to_owned()
    };
    assert_eq!(ancestors[0]["facts"]["path"], get("kustomizations.kustomize.toolkit.fluxcd.io", ".spec.path"));
    assert_eq!(
        ancestors[0]["facts"]["revision"],
        get("kustomizations.kustomize.toolkit.fluxcd.io", ".status.lastAppliedRevision")
    );
    let source = ancestors.iter().find(|one| one["by"] == "fetched from").expect("a source");
    let name = source["object"]["name"].as_str().expect("a name");
    let url = bed.kubectl(&[
        "get",
        "gitrepositories.source.toolkit.fluxcd.io",
        "-n",
        "flux-system",
        name,
        "-o",
        "jsonpath={.spec.url}",
    ]);
    // without the credentials that an address may hold
    let host =
        url.trim().rsplit('@').next().unwrap_or_default().trim_start_matches("https://").trim_start_matches("http://").to_owned();
    assert!(source["facts"]["url"].as_str().is_some_and(|shown| shown.ends_with(&host)), "{source}: {url}");
}

/// A commit that breaks an image, by somebody, on the forge of the bed.
fn a_commit_that_breaks_an_image_is_named_with_its_author() {
    let bed = bed::alone();
    let shop = Shop::new(&bed, "culprit");
    let user = shop::user(&bed, "admin");
    let folder = tempfile::tempdir().expect("a folder");
    let at = |arguments: &[&str]| shop::git(folder.path(), arguments);
    at(&["clone", "-q", &shop::address(&bed, &shop.name), "."]);
    let commit = |name: &str, subject: &str, path: &str, text: &str| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(&file, text).expect("written");
        at(&["add", "-A"]);
        let (who, mail) = (format!("user.name={name}"), format!("user.email={name}@example.test"));
        at(&["-c", &who, "-c", &mail, "commit", "-q", "-m", subject]);
    };
    commit("mia", "beside it", "README.md", "nothing that is applied\n");
    commit(
        "cleo",
        "bump web to a version that nobody has (#41)",
        "deploy/web.yaml",
        // the node of the bed gets no image for those
        &shop::DEPLOYMENT
            .replace("web:1.0", "web:9.9")
            .replace("labels: {app: web}", "labels: {app: web, bed.fluxdeck.dev/pod: image-pull}"),
    );
    let culprit = at(&["rev-parse", "HEAD"]).trim().to_owned();
    commit("mia", "and beside it again", "docs/notes.md", "nothing either\n");
    at(&["push", "-q", "origin", "HEAD:main"]);
    let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
    assert_eq!(reconciled.code, 0, "{reconciled:?}");
    let why = || {
        let ran = user.run(&["why", "deploy/web", "-n", &shop.name, "-o", "json"]);
        let found: Value = serde_json::from_str(&ran.out).ok()?;
        (found["git"]["commits"][0]["id"] == culprit.as_str()).then_some(found)
    };
    let found = within(shop::SOON, why).unwrap_or_else(|| panic!("{:?}", user.run(&["why", "deploy/web", "-n", &shop.name])));
    let first = &found["git"]["commits"][0];
    assert_eq!((&first["author"], &first["pull"], &first["own"]), (&"cleo".into(), &41.into(), &true.into()), "{found}");
    let ids: Vec<_> = found["git"]["commits"].as_array().expect("commits").iter().map(|one| one["author"].clone()).collect();
    assert!(!ids.contains(&"mia".into()), "what touches no file of it is not named: {found}");
    let printed = user.run(&["why", "deploy/web", "-n", &shop.name]);
    assert!(printed.out.contains("bump web to a version that nobody has (#41)\" by cleo"), "{printed:?}");
}

trials![
    each_deliberate_fault_has_the_first_cause_of_the_table,
    a_crash_comes_with_the_end_of_its_log_and_its_events,
    all_that_is_broken_is_grouped_and_each_object_is_in_one_group,
    a_developer_gets_what_he_may_see_and_what_he_may_not_is_named,
    where_an_object_comes_from_is_what_kubectl_says,
    a_commit_that_breaks_an_image_is_named_with_its_author,
];
