//! The commands that need no cluster: builds, and who set a field, over the fleet's files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub fn fleet() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet/fleet")
}

/// Runs the program without anything of the one who runs the tests.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a home directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fluxdeck"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", home.path()).env("GIT_CEILING_DIRECTORIES", "/");
    command.output().expect("fluxdeck starts")
}

pub fn out(ran: &Output) -> String {
    let expected = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{expected}");
    String::from_utf8(ran.stdout.clone()).expect("text")
}

/// Why it did not: exit code and message.
pub fn failure(ran: &Output) -> (Option<i32>, String) {
    assert!(ran.stdout.is_empty(), "{}", String::from_utf8_lossy(&ran.stdout));
    (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

const APPS: &str = "production/flux-system/apps";

#[test]
fn build_prints_what_flux_applies_with_owner_labels_and_where_each_field_comes_from() {
    let fleet = fleet();
    let built = out(&run(&fleet, &["build", "--repo", ".", "--kustomization", APPS]));
    assert!(built.contains("kustomize.toolkit.fluxcd.io/name: apps"), "{built}");
    assert!(built.contains("  replicas: 3\n"), "{built}");

    let json = out(&run(&fleet, &["build", "--repo", ".", "--kustomization", APPS, "-o", "json", "--origins"]));
    let list: Value = serde_json::from_str(&json).expect("JSON");
    let items = list["items"].as_array().expect("a list");
    assert_eq!(items.len(), built.split("\n---\n").count());
    let frontend = items.iter().find(|item| item["object"]["metadata"]["name"] == "frontend").expect("the Deployment");
    let origins = frontend["origins"].as_array().expect("origins");
    let replicas = origins.iter().find(|origin| origin["path"] == "spec.replicas").expect("the field");
    assert_eq!(replicas["layers"][0]["file"], "flux/apps/production/web/kustomization.yaml");
    assert_eq!((&replicas["layers"][0]["line"], &replicas["layers"][0]["layer"]), (&11.into(), &"replicas".into()));
    assert_eq!(replicas["layers"][1]["file"], "flux/apps/base/frontend/deployment.yaml");
}

#[test]
fn a_path_is_built_as_kustomize_does_it_and_its_comments_leave_it_yaml() {
    let plain = out(&run(&fleet(), &["build", "--repo", ".", "--path", "flux/apps/production/web"]));
    assert!(!plain.contains("kustomize.toolkit.fluxcd.io"), "no owner labels: {plain}");
    let commented = out(&run(&fleet(), &["build", "--repo", ".", "--path", "./flux/apps/production/web/", "--origins"]));
    let stripped: String = commented.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_eq!(stripped, plain);
}

#[test]
fn wrong_calls_of_build_say_what_to_do() {
    let fleet = fleet();
    for (arguments, code, expected) in [
        (&["build", "--repo", "."][..], 2, "name a folder (--path)"),
        (&["build", "--repo", "nowhere", "--path", "."], 2, "nowhere is not a folder"),
        (&["build", "--repo", ".", "--path", "../.."], 1, "leaves the repository"),
        (&["build", "--repo", ".", "--path", "/etc"], 1, "leaves the repository"),
        (&["build", "--repo", ".", "--path", "flux/nothing"], 1, "`flux/nothing` is not there"),
        (&["build", "--repo", ".", "--rev", "main", "--path", "flux"], 2, "is not a git repository"),
        (&["build", "--repo", ".", "--kustomization", "flux-system/app"], 1, "did you mean flux-system/apps?"),
        (
            &["build", "--repo", ".", "--kustomization", "flux-system/apps"],
            1,
            "production/flux-system/apps, staging/flux-system/apps",
        ),
        (&["build", "--repo", ".", "--kustomization", "production/faults/build-error"], 1, "kustomization.yaml:4"),
    ] {
        let (ended, message) = failure(&run(&fleet, arguments));
        assert!(ended == Some(code) && message.contains(expected), "{arguments:?} ends with {ended:?}: {message}");
    }
}

#[test]
fn where_names_the_layer_that_wins_with_its_line_and_those_below() {
    let expected = out(&run(&fleet(), &["where", "deploy/frontend", "spec.replicas", "--repo", ".", "--kustomization", APPS]));
    for line in [
        "Deployment web/frontend  spec.replicas = 3",
        "set by    flux/apps/production/web/kustomization.yaml:11:10  replicas",
        ">   11 |   count: 3",
        "overrode  flux/apps/base/frontend/deployment.yaml:6:13  resource  replicas: 1",
        "applied by  production flux-system/apps",
    ] {
        assert!(expected.contains(line), "{line}\nis not in\n{expected}");
    }
    // the base is read by both clusters
    let field = "spec.template.spec.containers[name=frontend].ports[name=http].containerPort";
    let expected = out(&run(&fleet(), &["where", "deployments/frontend", field, "--repo", ".", "--kustomization", APPS]));
    assert!(expected.contains("also read by  staging flux-system/apps"), "{expected}");
}

#[test]
fn where_names_the_parts_of_a_composed_value_and_where_its_text_is_written() {
    let expected = |object: &str, field: &str| {
        let arguments = ["where", object, field, "--repo", ".", "--kustomization", APPS];
        (out(&run(&fleet(), &arguments)), out(&run(&fleet(), &[&arguments[..], &["-o", "json"]].concat())))
    };
    let (text, json) = expected("ingress/frontend", "spec.rules[0].host");
    for line in [
        "composed of text `www.`  flux/apps/production/web/ingress.yaml:7:11  resource",
        "            variable cluster_domain `production.example.test`  flux/system/production/cluster-vars.yaml:5:19  cluster ConfigMap",
        "written at  flux/apps/production/web/ingress.yaml:7:11  resource  - host: www.${cluster_domain}",
    ] {
        assert!(text.contains(line) && !text.contains("overrode"), "{line}\nis not in\n{text}");
    }
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["layers"].as_array().map(Vec::len), Some(1), "nothing was overridden");
    assert_eq!((&json["composedOf"][1]["part"], &json["writtenAt"]["line"]), (&"variable cluster_domain".into(), &7.into()));

    let (text, _) = expected("deploy/frontend", "spec.template.spec.containers[name=frontend].image");
    for line in [
        "composed of name `forge.example.test/ops/frontend`  flux/apps/production/web/kustomization.yaml:14:12  images",
        "            tag `1.4.1`  flux/apps/production/web/kustomization.yaml:15:11  images",
        "overrode  flux/apps/base/frontend/deployment.yaml:16:16  resource",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn where_shows_what_shares_a_value_and_its_path_inside_a_text() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("written");
    write("kustomization.yaml", "resources: [a.yaml]\n");
    write(
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: &x both\n  y: *x\n  app.yaml: |\n    server:\n      port: 80\n",
    );
    for (field, lines) in [
        ("data.y", ["set by    a.yaml:5:6  resource", "shared with  1 other place (anchor &x)"]),
        ("data['app.yaml'].server.port", ["set by    a.yaml:9:13  resource", "inside     the text at 7:13, server.port"]),
    ] {
        let expected = out(&run(dir.path(), &["where", "cm/a", field, "--repo", ".", "--path", "."]));
        assert!(lines.iter().all(|line| expected.contains(line)), "{expected}");
    }
}

#[test]
fn where_answers_what_it_does_not_find_with_the_nearest_and_names_all_that_are_meant() {
    let fleet = fleet();
    for (arguments, code, expected) in [
        (&["where", "deploy/frontent", "spec.replicas", "--repo", "."][..], 1, "did you mean Deployment web/frontend?"),
        (&["where", "deploy/frontend", "spec.replica", "--repo", ".", "--kustomization", APPS], 1, "did you mean `replicas`?"),
        (&["where", "deploy/frontend", "spec.replicas", "--repo", "."], 1, "Deployment web/frontend of staging/flux-system/apps"),
        (&["where", "frontend", "spec.replicas", "--repo", "."], 2, "write KIND/NAME"),
        (&["where", "deploy/frontend", "spec..replicas", "--repo", "."], 2, "is not a field path"),
    ] {
        let (ended, message) = failure(&run(&fleet, arguments));
        assert!(ended == Some(code) && message.contains(expected), "{arguments:?} ends with {ended:?}: {message}");
    }
}

#[test]
fn values_of_secrets_are_not_repeated_and_given_variables_are_filled_in() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("written");
    write("kustomization.yaml", "resources: [all.yaml]\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: hunter2\n";
    write(
        "all.yaml",
        &format!("{secret}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{zone: \"${{zone}}\"}}\n"),
    );
    write("given.env", "# comment\nzone=north\n");

    let expected = out(&run(dir.path(), &["where", "secret/s", "stringData.password", "--repo", ".", "--path", "."]));
    assert!(expected.contains("password: <masked>") && !expected.contains("hunter2"), "{expected}");
    let built = out(&run(dir.path(), &["build", "--repo", ".", "--path", ".", "--substitute-from", "given.env"]));
    assert!(built.contains("zone: north"), "{built}");
    let built = out(&run(dir.path(), &["build", "--repo", ".", "--path", "."]));
    assert!(built.contains("zone: ${zone}"), "{built}");
}
