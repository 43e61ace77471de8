//! `fluxdeck drift` on the fleet: what was changed by hand is found, and nothing else.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};

/// A clone whose remote is the URL that the cluster knows.
pub(super) fn clone(bed: &Bed, url: &str, into: &Path) -> String {
    let folder = into.display().to_string();
    let (scheme, rest) = url.split_once("://").expect("an URL");
    let with = format!("{scheme}://{}:{}@{rest}", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN"));
    let git = |arguments: &[&str]| {
        let done = Command::new("git").args(arguments).output().expect("git");
        assert!(done.status.success(), "git: {}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["clone", "-q", &with, &folder]);
    git(&["-C", &folder, "remote", "set-url", "origin", url]);
    folder
}

/// Object, path and values of everything that drifted.
fn drifted(ran: &Ran) -> Vec<(String, String, Value, Value)> {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert!(report["compared"].as_u64().is_some_and(|compared| compared > 100), "the whole fleet: {report}");
    let mut found = Vec::new();
    for one in report["drifted"].as_array().expect("a list") {
        assert_eq!(one["missing"], false, "{one}");
        for field in one["fields"].as_array().expect("fields") {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            // what the Kustomization itself sets is in the cluster
            let is_placed =
                |file: &str| file.starts_with("flux/") && field["line"] != 0 || file == "Kustomization flux-system/apps";
            assert!(field["file"].as_str().is_some_and(is_placed), "{field}");
            found.push((text(&one["object"]), text(&field["path"]), field["git"].clone(), field["live"].clone()));
        }
    }
    found.sort_by_key(|(object, path, ..)| (object.clone(), path.clone()));
    found
}

fn three_fields_changed_by_hand_are_found_and_nothing_else_in_the_fleet_is() {
    let bed = bed::alone();
    let dir = tempfile::tempdir().expect("a folder");
    let fleet = clone(&bed, bed.value("BED_GIT_URL"), &dir.path().join("fleet"));
    let apps = clone(&bed, bed.value("BED_GIT_URL_APPS"), &dir.path().join("apps"));
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let arguments = ["drift", "-A", "--repo", &fleet, "--repo", &apps, "-o", "json"];

    let clean = user.run(&arguments);
    assert_eq!((clean.code, drifted(&clean)), (0, vec![]), "{clean:?}");

    let patch = |kind: &str, name: &str, namespace: &str, patch: Value| {
        bed.kubectl(&["patch", kind, name, "-n", namespace, "--type=merge", "-p", &patch.to_string()]);
    };
    let suspend =
        |is: bool| patch("kustomizations.kustomize.toolkit.fluxcd.io", "apps", "flux-system", json!({"spec": {"suspend": is}}));
    let map = bed
        .items(&["configmaps", "-n", "web"])
        .into_iter()
        .find(|map| map["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("frontend-config-")));
    let map = map.expect("the generated ConfigMap");
    let (name, data) = (map["metadata"]["name"].as_str().expect("a name"), map["data"].as_object().expect("data"));
    let (key, value) = data.iter().next().expect("a value");
    // its controller would correct it at once or in a minute
    suspend(true);
    patch("configmap", name, "web", json!({"data": {key: "by hand"}}));
    patch(
        "deployment",
        "frontend",
        "web",
        json!({"spec": {"replicas": 7}, "metadata": {"labels": {"team": "other", "nobody-s": "1"}}}),
    );

    let found = user.run(&arguments);
    let one = user.run(&["drift", "deploy/frontend", "-n", "web", "--repo", &fleet]);
    patch("configmap", name, "web", json!({"data": {key: value}}));
    patch(
        "deployment",
        "frontend",
        "web",
        json!({"spec": {"replicas": 3}, "metadata": {"labels": {"team": "applications", "nobody-s": null}}}),
    );
    suspend(false);

    let row = |object: &str, path: &str, git: Value, live: Value| (object.to_owned(), path.to_owned(), git, live);
    let expected = [
        row(&format!("ConfigMap web/{name}"), &format!("data['{key}']"), value.clone(), "by hand".into()),
        row("Deployment web/frontend", "metadata.labels.team", "applications".into(), "other".into()),
        row("Deployment web/frontend", "spec.replicas", 3.into(), 7.into()),
    ];
    assert_eq!((found.code, drifted(&found)), (1, expected.to_vec()), "{found:?}");
    assert!(
        one.code == 1 && one.out.contains("spec.replicas: git 3, live 7  flux/apps/production/web/kustomization.yaml:11"),
        "{one:?}"
    );
    assert!(one.out.contains("1 object compared, 1 drifted"), "{one:?}");
}

trials![three_fields_changed_by_hand_are_found_and_nothing_else_in_the_fleet_is,];
