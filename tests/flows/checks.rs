//! `fluxdeck check` over the fleet's files and over a repository of its own.

use std::path::Path;

use serde_json::Value;

use super::files::{fleet, run};

fn check(folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let ran = run(folder, &[&["check", "--repo", "."], more].concat());
    let output = String::from_utf8_lossy(&ran.stderr);
    (ran.status.code(), String::from_utf8_lossy(&ran.stdout).into_owned() + &output)
}

#[test]
fn the_faults_of_the_fleet_are_found_in_every_form_and_its_sound_objects_are_not() {
    let (code, text) = check(&fleet(), &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("error [build] flux/faults/build-error/kustomization.yaml:4:3:"), "{text}");
    assert!(text.contains("refers to Kustomization platform/nobody"), "{text}");
    assert!(!text.contains("[schema]"), "120 objects, CRDs among them, fit their schemas: {text}");

    let json: Value = serde_json::from_str(&check(&fleet(), &["-o", "json"]).1).expect("JSON");
    let findings = json["findings"].as_array().expect("findings");
    let unset = findings.iter().find(|one| one["file"] == "flux/faults/unset-variable/config.yaml").expect("the fault");
    assert_eq!((&unset["rule"], &unset["line"]), (&"build".into(), &4.into()));

    let github = check(&fleet(), &["-o", "github"]).1;
    assert!(github.contains("::error file=flux/faults/build-error/kustomization.yaml,line=4,col=3,title=build::"), "{github}");

    let sarif: Value = serde_json::from_str(&check(&fleet(), &["-o", "sarif"]).1).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!((&sarif["version"], results.len()), (&"2.1.0".into(), findings.len()));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(results.iter().all(|result| rules.iter().any(|rule| rule["id"] == result["ruleId"])));
}

#[test]
fn a_check_that_finds_nothing_to_build_fails() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("a.yaml"), "a: 1\n").expect("written");

    let (code, output) = check(dir.path(), &[]);
    assert!(code == Some(1) && output.contains("declares nothing to build"), "{output}");
}

const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: all, namespace: flux-system}
spec: {interval: 1h, prune: true, path: ./c, sourceRef: {kind: GitRepository, name: all}}
";

pub fn git(folder: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"];
    let done = std::process::Command::new("git").args(who).args(arguments).current_dir(folder).output().expect("git");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn what_changed_is_guarded_and_listed_per_kustomization() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    };
    let map =
        |value: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: x}}\ndata: {{a: {value}}}\n");
    write("c/all.yaml", KUSTOMIZATION);
    write("c/a.yaml", &map("one"));
    write(".fluxdeck.toml", "deny = [\"locked/**\"]\n");
    write("locked/a.yaml", "a: 1\n");
    write("sealed/DO_NOT_EDIT", "");
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-q", "-m", "one"]);
    assert_eq!(check(dir.path(), &["--since", "main"]).0, Some(0));

    write("c/a.yaml", &map("two"));
    let (code, output) = check(dir.path(), &["--since", "main"]);
    assert!(code == Some(0) && output.contains("  c flux-system/all\n    changed ConfigMap x/a  data.a\n"), "{output}");

    write("locked/a.yaml", "a: 2\n");
    write("sealed/b.yaml", "a: 1\n");
    write("c/a.yaml", &map("3"));
    let (code, output) = check(dir.path(), &["--since", "main"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("error [guard] locked/a.yaml: `locked/a.yaml` is denied by `locked/**`"), "{output}");
    assert!(output.contains("error [guard] sealed/b.yaml:"), "{output}");
    assert!(output.contains("error [schema] c/a.yaml:4:11: ConfigMap x/a: `data.a` must be string, not integer"), "{output}");
    let (_, allowed) = check(dir.path(), &["--since", "main", "--allow", "sealed/**"]);
    assert!(allowed.contains("warning [guard] sealed/b.yaml:") && allowed.contains("error [guard] locked/a.yaml:"), "{allowed}");
    // without --since nobody asks who edited what
    assert!(!check(dir.path(), &[]).1.contains("[guard]"));
    assert_eq!(check(dir.path(), &["--since", "nowhere"]).0, Some(2));
}

/// A pull request that gives a secret another value is everyday work; one that opens it is not.
#[test]
fn an_encrypted_secret_may_change_and_may_not_be_opened() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    };
    let secret = |value: &str, end: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: x}}\nstringData:\n  a: {value}\n{end}")
    };
    let block = "sops:\n  encrypted_regex: ^(data|stringData)$\n  mac: ENC[AES256_GCM,data:m]\n  version: 3.9.0\n";
    write("c/all.yaml", KUSTOMIZATION);
    write("c/s.sops.yaml", &secret("ENC[AES256_GCM,data:one,type:str]", block));
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-q", "-m", "one"]);

    write("c/s.sops.yaml", &secret("ENC[AES256_GCM,data:two,type:str]", block));
    let (code, output) = check(dir.path(), &["--since", "main"]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("note [not-checked] c/s.sops.yaml: `c/s.sops.yaml` is encrypted by SOPS"), "{output}");
    let github = check(dir.path(), &["--since", "main", "-o", "github"]).1;
    assert!(github.contains("::notice file=c/s.sops.yaml,title=not-checked::"), "{github}");

    std::fs::remove_file(dir.path().join("c/s.sops.yaml")).expect("it is there");
    write("c/s.yaml", &secret("open", ""));
    let (code, output) = check(dir.path(), &["--since", "main"]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("error [guard] c/s.yaml:1:1: Secret x/s was encrypted by SOPS and no longer is"), "{output}");
}

#[test]
fn the_fleets_own_rules_are_obeyed() {
    let rules = std::fs::read_to_string(fleet().join(".fluxdeck.toml")).expect("the fleet has rules");
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(dir.path().join("flux/clusters/c")).expect("made");
    std::fs::write(dir.path().join(".fluxdeck.toml"), rules).expect("written");
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-q", "-m", "one"]);
    std::fs::write(dir.path().join("flux/clusters/c/all.yaml"), KUSTOMIZATION.replace("./c", "./flux/clusters/c"))
        .expect("written");

    let (_, output) = check(dir.path(), &["--since", "main"]);
    assert!(output.contains("`flux/clusters/c/all.yaml` is denied by `flux/clusters/**`"), "{output}");
}

#[test]
fn kustomizations_that_no_cluster_reaches_are_counted_and_fail_the_check_if_they_are_most() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    };
    write("c/all.yaml", KUSTOMIZATION);
    write("c/kustomization.yaml", "resources: [all.yaml, a.yaml]\n");
    write("c/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n");
    write("c/off.yaml", &KUSTOMIZATION.replace("name: all, namespace", "name: off, namespace").replace("./c", "./apps"));
    write("apps/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: x}\n");
    let (code, output) = check(dir.path(), &[]);
    let note = "note [not-reached] c/off.yaml:1:1: no cluster reaches 1 of 2 Flux Kustomizations";
    assert!(code == Some(0) && output.contains(note) && output.contains("flux-system/off (c/off.yaml)"), "{output}");

    write("c/too.yaml", &KUSTOMIZATION.replace("name: all, namespace", "name: too, namespace").replace("./c", "./apps"));
    let (code, output) = check(dir.path(), &[]);
    assert!(code == Some(1) && output.contains("error [not-reached] c/off.yaml:1:1: no cluster reaches 2 of 3 Flux"), "{output}");
    let json: Value = serde_json::from_str(&check(dir.path(), &["-o", "json"]).1).expect("JSON");
    assert_eq!((&json["declared"], &json["notReached"]), (&3.into(), &2.into()));
}

/// A checkout with these files.
fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }
    dir
}

#[test]
fn what_is_said_of_many_is_one_group_with_a_count_examples_and_a_way_out() {
    let release = |nth: usize| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\nmetadata: {{name: r{nth}, namespace: x}}\nspec: {{}}\n---\n\
             apiVersion: acme.test/v1\nkind: Thing{nth}\nmetadata: {{name: t, namespace: x}}\n"
        )
    };
    let mut files = vec![("c/all.yaml".to_owned(), KUSTOMIZATION.to_owned())];
    files.extend((0..5).map(|nth| (format!("c/r{nth}.yaml"), release(nth))));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let dir = folder(&files);

    let (code, text) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    let expected = "error [api-version] …: Flux 2.9 does not serve helm.toolkit.fluxcd.io/v2beta1 (5 times)
      c/r0.yaml:1:13: HelmRelease x/r0
      c/r1.yaml:1:13: HelmRelease x/r1
      and 3 more: -v prints each
      write helm.toolkit.fluxcd.io/v2
      in c flux-system/all
";
    assert!(text.contains(expected), "{text}");
    let expected = "note [not-checked] there is no schema for … (6 times)
      acme.test/v1 Thing0
      acme.test/v1 Thing1
      and 4 more: -v prints each
      pass its CRD: --schemas DIR
";
    assert!(text.contains(expected), "{text}");
    assert!(text.ends_with("1 cluster, 1 Kustomization built, 11 objects: 5 errors, 0 warnings, 6 notes\n"), "{text}");

    let (code, each) = check(dir.path(), &["-v"]);
    assert!(code == Some(1) && !each.contains("times)"), "{each}");
    assert!(each.contains("error [api-version] c/r4.yaml:1:13: HelmRelease x/r4: Flux 2.9 does not serve"), "{each}");
    assert!(each.contains("note [not-checked] there is no schema for acme.test/v1 Thing4\n"), "{each}");
    let json: Value = serde_json::from_str(&check(dir.path(), &["-o", "json"]).1).expect("JSON");
    assert_eq!(json["findings"].as_array().expect("findings").len(), 11);
    // a few are printed one by one
    std::fs::remove_file(dir.path().join("c/r0.yaml")).expect("it is there");
    std::fs::remove_file(dir.path().join("c/r1.yaml")).expect("it is there");
    let few = check(dir.path(), &[]).1;
    assert!(few.contains("error [api-version] c/r4.yaml:1:13: HelmRelease x/r4: Flux 2.9"), "{few}");
}

#[test]
fn a_variable_that_nothing_sets_is_an_error_where_flux_is_known_to_refuse_it() {
    let apps = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {interval: 1h, prune: true, path: ./apps, sourceRef: {kind: GitRepository, name: all}, postBuild: {substitute: {a: b}}}
";
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata: {a: \"${a}-${none}\", b: \"${other:=c}\"}\n";
    let controller = |version: &str, gate: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: kustomize-controller, namespace: flux-system}}\nspec:\n  \
             selector: {{matchLabels: {{app: a}}}}\n  template:\n    metadata: {{labels: {{app: a}}}}\n    spec:\n      containers:\n      - \
             name: manager\n        image: ghcr.io/fluxcd/kustomize-controller:{version}\n        args: [--log-level=info{gate}]\n"
        )
    };
    let checked = |flux: Option<String>| {
        let mut files =
            vec![("c/all.yaml", KUSTOMIZATION.to_owned()), ("c/apps.yaml", apps.to_owned()), ("apps/a.yaml", map.to_owned())];
        files.extend(flux.map(|text| ("c/flux-system/gotk-components.yaml", text)));
        let dir = folder(&files);
        let built = run(dir.path(), &["build", "--repo", ".", "--kustomization", "flux-system/apps"]);
        let built =
            (built.status.code(), String::from_utf8_lossy(&built.stdout).into_owned() + &String::from_utf8_lossy(&built.stderr));
        (check(dir.path(), &[]), built)
    };
    let refused = "error [build] apps/a.yaml:4:11: the variable `none` is not set, in ConfigMap a";
    for (version, gate) in [("v1.9.0", ""), ("v1.8.2", ", --feature-gates=StrictPostBuildSubstitutions=true")] {
        let ((code, text), (built, said)) = checked(Some(controller(version, gate)));
        assert!(code == Some(1) && text.contains(refused), "{version}{gate}: {text}");
        assert!(built == Some(1) && said.contains("`none` is not set"), "{version}{gate}: {said}");
    }
    for (version, gate) in [("v1.8.2", ""), ("v1.9.0", ", --feature-gates=StrictPostBuildSubstitutions=false")] {
        let ((code, text), (built, said)) = checked(Some(controller(version, gate)));
        let note = "note [not-proven] c/apps.yaml:3:18: nothing sets ${none} of flux-system/apps: it is empty, and Flux 2.9 refuses that";
        assert!(code == Some(0) && text.contains(note), "{version}{gate}: {text}");
        assert!(built == Some(0) && said.contains("a: b-\n") && said.contains("b: c\n"), "{version}{gate}: {said}");
        assert!(said.contains("nothing sets none: it is empty, and Flux 2.9 refuses that"), "{said}");
    }
    let ((code, text), (built, said)) = checked(None);
    let note = "nothing sets ${none} of flux-system/apps: Flux 2.9 and newer refuse that, older ones make it empty\n      \
                set it under postBuild, or give a default";
    assert!(code == Some(0) && text.contains(note) && !text.contains("only the cluster knows"), "{text}");
    assert!(built == Some(0) && said.contains("a: b-${none}\n") && said.contains("not proven: nothing sets none"), "{said}");
}
