//! A change in git, from the command line to `git apply` and the build after it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::files::{failure, fleet, out, run};

const APPS: &str = "production/flux-system/apps";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    dir
}

/// The fleet, to be changed.
fn copied() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp").arg("-R").arg(fleet().join(".")).arg(dir.path()).status().expect("cp");
    assert!(copied.success());
    dir
}

/// Every file with its bytes.
fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut todo) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => todo.push(path),
                path => found.push((path.to_string_lossy().into_owned(), std::fs::read(&path).expect("a file"))),
            }
        }
    }
    found.sort();
    found
}

/// What `git apply` makes of a patch.
fn apply(folder: &Path, patch: &[u8]) {
    let mut git = Command::new("git");
    git.args(["apply", "--whitespace=nowarn"]).current_dir(folder).env("GIT_CEILING_DIRECTORIES", "/").stdin(Stdio::piped());
    let mut child = git.stderr(Stdio::piped()).spawn().expect("git");
    std::io::Write::write_all(child.stdin.as_mut().expect("it reads"), patch).expect("it reads all");
    let ended = child.wait_with_output().expect("it ends");
    let patch = String::from_utf8_lossy(patch);
    assert!(ended.status.success(), "{}\n{patch}", String::from_utf8_lossy(&ended.stderr));
}

/// Plans a change, and applies its patch. It writes nothing by itself.
fn change(folder: &Path, arguments: &[&str]) -> String {
    let before = all(folder);
    let ran = run(folder, &[&["run"], arguments, &["--repo", ".", "--dry-run", "-o", "patch"]].concat());
    let beside = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{arguments:?}: {beside}");
    assert!(before == all(folder), "the checkout is only read");
    apply(folder, &ran.stdout);
    beside
}

#[test]
fn a_field_is_set_in_its_layer_and_the_patch_does_it() {
    let dir = copied();
    change(dir.path(), &["set-field", "deploy/frontend", "--set", "spec.replicas=4", "--kustomization", APPS]);
    let said = out(&run(dir.path(), &["where", "deploy/frontend", "spec.replicas", "--repo", ".", "--kustomization", APPS]));
    assert!(said.contains("spec.replicas = 4") && said.contains("kustomization.yaml:11:10  replicas"), "{said}");
    assert_eq!(all(dir.path()).iter().zip(all(&fleet())).filter(|(new, old)| new.1 != old.1).count(), 1, "one file");
}

#[test]
fn a_patch_is_applied_whatever_files_are_called_and_how_their_lines_end() {
    for (name, text) in [
        ("a b/ü \"x\".yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: x\n  b: y"),
        ("crlf/c.yaml", "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: c}\r\ndata:\r\n  b: y\r\n  a: x # kept\r\n"),
        ("plain/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: x"),
    ] {
        let (path, file) = name.split_once('/').expect("a folder and a file");
        let listed = format!("resources: [{}]\n", serde_json::to_string(file).expect("JSON"));
        let dir = folder(&[(name, text), (&format!("{path}/kustomization.yaml"), &listed)]);
        for value in ["yes", "0755", "1e3", "~", "", "a: b", " #", "*x", "é", "'", "it's \"so\""] {
            std::fs::write(dir.path().join(name), text).expect("written");
            change(dir.path(), &["set-field", "cm/c", "--set", &format!("data.a={value}"), "--path", path]);
            let built = out(&run(dir.path(), &["build", "--repo", ".", "--path", path, "-o", "json"]));
            let built: Value = serde_json::from_str(&built).expect("JSON");
            assert_eq!(built["items"][0]["data"]["a"], value, "{name}");
        }
    }
}

#[test]
fn a_new_file_is_in_the_patch() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n";
    let dir = folder(&[
        ("a/kustomization.yaml", "resources: [web.yaml]\npatches:\n- path: p/one.yaml\n"),
        ("a/web.yaml", deployment),
        ("a/p/one.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true}\n"),
    ]);
    change(dir.path(), &["scale", "deploy/web", "--set", "replicas=3", "--path", "a", "--layer", "new-patch"]);
    assert!(dir.path().join("a/p/deployment-web.yaml").is_file());
    let built = out(&run(dir.path(), &["build", "--repo", ".", "--path", "a"]));
    assert!(built.contains("replicas: 3\n") && built.contains("paused: true\n"), "{built}");
}

#[test]
fn scaling_warns_of_an_autoscaler() {
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";
    let dir = folder(&[
        ("a/kustomization.yaml", "resources: [web.yaml, h.yaml]\nreplicas: [{name: web, count: 2}]\n"),
        ("a/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {}\n"),
        ("a/h.yaml", scaler),
    ]);
    let said = change(dir.path(), &["scale", "deploy/web", "--set", "replicas=3", "--path", "a"]);
    assert!(said.contains("warning     HorizontalPodAutoscaler h scales it too"), "{said}");
    let instead = "fluxdeck run set-field HorizontalPodAutoscaler.autoscaling/h --set 'spec.minReplicas=3' --repo . --path a";
    assert!(said.contains(instead), "{said}");
    let listed = std::fs::read_to_string(dir.path().join("a/kustomization.yaml")).expect("it is there");
    assert!(listed.contains("count: 3"), "{listed}");
}

#[test]
fn a_line_that_image_automation_writes_names_its_policy_and_the_command_that_changes_that() {
    let dir = copied();
    let set = "spec.template.spec.containers[name=frontend].image=forge.example.test/ops/frontend:1.5.0";
    let arguments = ["run", "set-field", "deploy/frontend", "--kustomization", APPS, "--set", set, "--repo", ".", "--dry-run"];
    let printed = out(&run(dir.path(), &arguments));
    for text in [
        "ImageUpdateAutomation flux-system/fleet writes over it what ImagePolicy flux-system/frontend selects",
        "instead     ImagePolicy flux-system/frontend spec.policy.semver.range (1.x at flux/system/production/images.yaml:14)",
        "fluxdeck run set-field ImagePolicy.image.toolkit.fluxcd.io/frontend -n flux-system --set 'spec.policy.semver.range=1.5.0'",
        "  ~ Deployment web/frontend\n",
        "    spec.template.spec.containers[name=frontend].image: forge.example.test/ops/frontend:1.4.1 -> ",
        "-  newTag: 1.4.1 # {\"$imagepolicy\": \"flux-system:frontend:tag\"}",
    ] {
        assert!(printed.contains(text), "{text}: {printed}");
    }
    let printed = run(dir.path(), &[&arguments[..], &["-o", "json"]].concat());
    let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let field = &printed["rendered"][0]["objects"][0]["fields"][0];
    assert_eq!(
        (&field["before"], &field["after"]),
        (&"forge.example.test/ops/frontend:1.4.1".into(), &"forge.example.test/ops/frontend:1.5.0".into())
    );
    let other = &printed["warnings"][0]["instead"];
    assert_eq!((&other["before"], &other["value"]), (&"1.x".into(), &"1.5.0".into()), "{printed}");
}

#[test]
fn what_is_refused_prints_no_patch_and_says_why() {
    let dir = copied();
    let before = all(dir.path());
    let field = "spec.template.spec.containers[name=frontend].ports[name=http].containerPort=81";
    let base = ["run", "set-field", "deploy/frontend", "--repo", ".", "--dry-run", "-o", "patch", "--set"];
    for (more, code, said) in [
        (&[field, "--kustomization", APPS][..], 1, "the place is shared"),
        (&[field, "--kustomization", APPS], 1, "staging/flux-system/apps"),
        (&[field, "--kustomization", APPS], 1, "--layer new-patch"),
        (&[field, "--kustomization", APPS], 1, "set at      flux/apps/base/frontend/deployment.yaml:"),
        (&["spec.replicas=many", "--kustomization", APPS], 1, "the field takes an integer"),
        (&["metadata.name=x", "--kustomization", APPS], 1, "says which object it is"),
        (&["spec.replicas", "--kustomization", APPS], 2, "write --set FIELD=VALUE"),
        (&["spec.replicas=4", "--kustomization", APPS, "--layer", "x"], 2, "is not a layer"),
        (&["spec.replicas=4"], 1, "it is built in several ways"),
    ] {
        let (ended, message) = failure(&run(dir.path(), &[&base, more].concat()));
        assert!(ended == Some(code) && message.contains(said), "{more:?} ends with {ended:?}: {message}");
    }
    let (ended, message) = failure(&run(
        dir.path(),
        &["run", "scale", "svc/frontend", "--repo", ".", "--dry-run", "--set", "replicas=2", "--kustomization", APPS],
    ));
    assert!(ended == Some(1) && message.contains("has no replicas of its own"), "{message}");
    let (ended, message) = failure(&run(dir.path(), &["run", "scale", "deploy/frontend", "--repo", ".", "--set", "replicas=2"]));
    assert!(ended == Some(2) && message.contains("is in no git work tree"), "{ended:?} {message}");
    let patch = ["run", "scale", "deploy/frontend", "--repo", ".", "--set", "replicas=2", "-o", "patch"];
    let (ended, message) = failure(&run(dir.path(), &patch));
    assert!(ended == Some(2) && message.contains("add --dry-run"), "{message}");
    assert!(before == all(dir.path()), "no file is touched");
}

#[test]
fn json_says_the_same_as_the_text() {
    let dir = copied();
    let arguments =
        ["run", "set-field", "deploy/frontend", "--repo", ".", "--dry-run", "--set", "spec.replicas=4", "--kustomization", APPS];
    let text = out(&run(dir.path(), &arguments));
    let json: Value = serde_json::from_str(&out(&run(dir.path(), &[&arguments[..], &["-o", "json"]].concat()))).expect("JSON");
    let change = &json["changes"][0];
    assert_eq!((&json["outcome"], &change["before"], &change["after"]), (&"planned".into(), &"3".into(), &"4".into()));
    assert_eq!((&change["way"]["line"], &change["way"]["layer"]), (&11.into(), &"replicas".into()));
    for line in json["patch"].as_str().expect("a patch").lines().chain(["passed      build", "not run     server-side dry run"]) {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    let same = [&arguments[..6], &["--set", "spec.replicas=3", "--kustomization", APPS, "-o", "patch"]].concat();
    let ran = run(dir.path(), &same);
    assert!(ran.status.success() && ran.stdout.is_empty(), "nothing changes: no patch");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("nothing changes"));

    let shared = "spec.template.spec.containers[name=frontend].ports[name=http].containerPort=81";
    let ran = run(dir.path(), &[&arguments[..6], &["--set", shared, "--kustomization", APPS, "-o", "json"]].concat());
    let json: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    assert_eq!((ran.status.code(), &json["outcome"]), (Some(1), &"refused".into()));
    assert_eq!(json["ways"][0]["proof"]["elsewhere"][0]["build"], "staging/flux-system/apps");
}

#[test]
fn names_from_a_repository_reach_no_terminal_as_they_are_and_end_no_comment() {
    let dir = folder(&[
        ("kustomization.yaml", "resources: [\"p\\e[31m.yaml\"]\n"),
        (
            "p\u{1b}[31m.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  \"k\\e]0;y\": one\n  plain: one\n  \"a\\nb: c\": one\n",
        ),
    ]);
    let place = ["--repo", ".", "--path", "."];
    let ask = |arguments: &[&str]| {
        let ran = run(dir.path(), &[arguments, &place].concat());
        assert!(!ran.stdout.contains(&0x1b) && !ran.stderr.contains(&0x1b), "{arguments:?}: {ran:?}");
        ran
    };
    for (field, code) in [("data.plain=two", 0), ("data['k\u{1b}]0;y']=two", 0), ("data.nothing=two", 0), ("metadata.name=b", 1)]
    {
        let ran = ask(&["run", "set-field", "cm/a", "--set", field, "--dry-run"]);
        assert_eq!(ran.status.code(), Some(code), "{field}: {ran:?}");
    }
    ask(&["where", "cm/a", "data"]);
    ask(&["where", "cm/a", "data.plain"]);
    let with_origins = out(&ask(&["build", "--origins"]));
    let without: Vec<_> = with_origins.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(without.join("\n"), out(&ask(&["build"])).trim_end(), "comments are all that it adds");
}

/// What is around a change was not written for it: a Secret in the next document is shown to nobody.
#[test]
fn a_secret_around_a_change_is_in_no_text_and_a_patch_that_has_it_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("a")).expect("a folder");
    let secret = "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {p: PLANTED}}";
    let text = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 2\n---\n{secret}\n");
    std::fs::write(dir.path().join("a/web.yaml"), text).expect("written");
    let scale = ["run", "scale", "deploy/web", "--repo", ".", "--path", "a", "--set", "replicas=3", "--dry-run"];
    let place = ["where", "deploy/web", "spec.replicas", "--repo", ".", "--path", "a"];
    for call in [scale.to_vec(), [&scale[..], &["-o", "json"]].concat(), place.to_vec(), [&place[..], &["-o", "json"]].concat()] {
        let ran = run(dir.path(), &call);
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success() && !said.contains("PLANTED"), "{call:?}: {said}");
        assert!(call.contains(&"json") && call[0] == "where" || said.contains("***"), "{call:?}: {said}");
    }
    let ran = run(dir.path(), &[&scale[..], &["-o", "patch"]].concat());
    assert!(String::from_utf8_lossy(&ran.stdout).contains("PLANTED"), "what `git apply` takes is exact");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("the patch holds values of a Secret"), "{ran:?}");
}
