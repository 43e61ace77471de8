//! What the headless commands mean by an object and its namespace, and how they print it, on the demo.

use serde_json::{Value, json};

use crate::support::program::{Fluxdeck, Ran};

fn run(arguments: &[&str]) -> Ran {
    Fluxdeck::new().run(&[arguments, &["--demo"]].concat())
}

fn node(arguments: &[&str]) -> Value {
    let ran = run(&[arguments, &["-o", "json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str::<Value>(&ran.out).expect("JSON")[0].take()
}

#[test]
fn an_act_without_a_namespace_is_in_that_of_the_context() {
    let ran = run(&["suspend", "deployment", "web", "--dry-run"]);
    assert!(ran.code != 0 && !ran.out.contains("PATCH"), "{ran:?}");
    let elsewhere = run(&["suspend", "ks", "web", "--dry-run"]);
    assert!(elsewhere.code == 1 && elsewhere.err.contains("there is no Kustomization `web` in flux-system"), "{elsewhere:?}");
    let here = run(&["suspend", "ks", "apps", "--dry-run"]);
    assert!(here.out.lines().filter(|line| line.starts_with("PATCH")).eq(["PATCH Kustomization flux-system/apps"]), "{here:?}");
}

#[test]
fn the_tree_of_an_object_has_what_is_below_it_in_every_namespace() {
    let ran = run(&["tree", "ks/apps", "-n", "flux-system", "-o", "name"]);
    let first: Vec<_> = ran.out.lines().take(2).collect();
    let expected =
        ["kustomization.kustomize.toolkit.fluxcd.io/apps -n flux-system", "kustomization.kustomize.toolkit.fluxcd.io/web -n web"];
    assert_eq!(first, expected, "{ran:?}");
    assert!(ran.out.lines().any(|line| line == "deployment.apps/web -n web"), "{ran:?}");
}

#[test]
fn a_name_has_its_namespace_where_there_are_several_and_is_taken_as_it_is_printed() {
    let everywhere = run(&["get", "hr", "-A", "-o", "name"]);
    let names: std::collections::BTreeSet<_> = everywhere.out.lines().collect();
    assert_eq!(names.len(), everywhere.out.lines().count(), "each once: {everywhere:?}");
    let one = names.iter().find(|name| name.contains("/worker ")).expect("a release");
    let printed: Vec<_> = one.split(' ').collect();
    let taken = run(&[&["reconcile", "--dry-run"], &printed[..]].concat());
    assert!(taken.out.contains("PATCH HelmRelease flux-apps/worker"), "{taken:?}");
    let here = run(&["get", "ks", "-n", "flux-system", "-o", "name"]);
    assert!(here.out.lines().any(|line| line == "kustomization.kustomize.toolkit.fluxcd.io/apps"), "{here:?}");
}

#[test]
fn who_suspended_an_object_why_until_when_and_since_when_it_is_as_it_is_are_in_json() {
    let suspended = node(&["get", "ks", "suspended", "-n", "faults"]);
    assert_eq!(suspended["suspension"]["by"], "dave@example.test");
    assert!(suspended["suspension"]["until"].as_str().is_some_and(|until| until.parse::<jiff::Timestamp>().is_ok()));
    assert!(suspended["suspension"]["reason"].as_str().is_some_and(|reason| reason.contains("node repair")));
    let apps = node(&["get", "ks", "apps", "-n", "flux-system"]);
    assert!(apps["suspension"].is_null());
    for time in [&apps["created"], &apps["since"], &apps["conditions"][0]["since"]] {
        assert!(time.as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{apps}");
    }
}

/// `get` and `tree` mean the object of that kind by `ks/apps`; it stands for what it applies. Others are not mentioned.
#[test]
fn a_kustomization_is_compared_with_what_it_applies_and_an_object_where_it_was_applied() {
    let whole = run(&["drift", "ks/apps", "-n", "flux-system"]);
    let count: usize = whole.out.split(' ').next().and_then(|count| count.parse().ok()).expect("a count");
    assert!(whole.code == 0 && count > 10 && whole.out.ends_with("0 drifted, 0 not compared\n"), "{whole:?}");
    let one = run(&["drift", "deploy/web", "-n", "web"]);
    assert_eq!((one.code, one.out.as_str()), (0, "1 object compared, 0 drifted, 0 not compared\n"), "{one:?}");
}

#[test]
fn several_kinds_and_several_objects_are_printed_as_kubectl_prints_them() {
    let both = run(&["get", "ks,hr", "-n", "web"]);
    for words in ["NAME ", "kustomization/web ", "helmrelease/web "] {
        assert!(both.code == 0 && both.out.contains(words), "{words}: {both:?}");
    }
    let pairs = run(&["get", "ks/apps", "ks/system", "-n", "flux-system", "-o", "name"]);
    let names: Vec<_> = pairs.out.lines().collect();
    let expected = ["apps", "system"].map(|name| format!("kustomization.kustomize.toolkit.fluxcd.io/{name}"));
    assert_eq!(names, expected, "{pairs:?}");
    let some = run(&["get", "ks", "apps", "nope", "-n", "flux-system"]);
    assert!(
        some.code == 1 && some.out.contains("apps ") && some.err.contains("no Kustomization `nope` in flux-system"),
        "{some:?}"
    );
    let all = run(&["get", "all", "-A", "-o", "name"]);
    for words in
        ["gitrepository.source.toolkit.fluxcd.io/apps -n flux-apps", "helmrelease.helm.toolkit.fluxcd.io/worker -n flux-apps"]
    {
        assert!(all.code == 0 && all.out.lines().any(|line| line == words), "{words}: {all:?}");
    }
}

#[test]
fn what_means_nothing_to_a_command_is_neither_listed_nor_taken() {
    let user = Fluxdeck::new();
    let help = user.run(&["where", "--help"]).out;
    assert!(help.contains("--namespace") && !help.contains("--as <") && !help.contains("--kubeconfig"), "{help}");
    assert!(user.run(&["get", "--help"]).out.contains("Cluster and user"));
    for arguments in
        [&["where", "deploy/a", "spec.replicas", "--as", "ana"][..], &["--demo", "check"], &["completion", "bash", "-A"]]
    {
        let ran = user.run(arguments);
        assert!(ran.code == 2 && ran.err.contains("asks no cluster"), "{ran:?}");
    }
}

#[test]
fn a_signal_that_ends_a_look_is_the_exit_code_and_a_full_disk_is_a_sentence() {
    let user = Fluxdeck::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let done = user.command(env!("CARGO_BIN_EXE_fluxdeck")).args(["completion", "bash"]).stdout(full).output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && said.starts_with("fluxdeck: cannot write the output"), "{said}");
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        // a server that takes connections and says nothing
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = format!("http://{}", silent.local_addr().expect("an address"));
        let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [{"name": "a", "user": {}}],
            "clusters": [{"name": "a", "cluster": {"server": server}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]});
        let path = user.write("config", &kubeconfig.to_string()).display().to_string();
        let running = user.spawn(&["--kubeconfig", &path, "tree"]);
        silent.accept().expect("it asks");
        running.signal(signal);
        let ran = running.end();
        assert_eq!((ran.code, ran.err.trim()), (code, "fluxdeck: stopped"), "{signal}");
    }
    let nowhere = user.run(&["get", "ks"]);
    assert!(nowhere.code == 3 && nowhere.err.contains("`fluxdeck demo`"), "{nowhere:?}");
}

#[test]
fn templates_of_kubectl_are_refused_with_what_to_write_instead() {
    let user = Fluxdeck::new();
    for command in ["get", "tree"] {
        let ran = user.run(&[command, "ks", "--demo", "-o", "jsonpath={.items[*].metadata.name}"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("-o json | jq -r '.[] | .name'"), "{ran:?}");
        assert!(ran.err.contains("kubectl get KIND -o 'jsonpath={.items[*].metadata.name}'"), "{ran:?}");
        let help = user.run(&[command, "--help"]).out;
        assert!(help.contains("custom-columns") && help.contains("kind.group/name lines"), "{help}");
    }
    let columns = user.run(&[
        "get",
        "ks",
        "--demo",
        "-o",
        "custom-columns=NAME:.metadata.name,WHY:.status.conditions[?(@.type==\"Ready\")].message",
    ]);
    assert!(columns.code == 2 && columns.err.contains("jq -r '.[] | [.name, .message] | @tsv'"), "{columns:?}");
    let unknown = user.run(&["get", "ks", "--demo", "-o", "xml"]);
    assert!(unknown.code == 2 && unknown.err.contains("possible values"), "{unknown:?}");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let user = Fluxdeck::new();
    let page = user.run(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH fluxdeck 1") && page.out.contains("fluxdeck\\-get(1)"), "{page:?}");
    std::fs::create_dir(user.file("pages")).expect("made");
    assert_eq!(user.run(&["man", "pages"]).code, 0);
    for command in fluxdeck::cli::program().get_subcommands() {
        let page = std::fs::read_to_string(user.file(&format!("pages/fluxdeck-{}.1", command.get_name()))).expect("a page");
        let doc = command.get_about().map(ToString::to_string).unwrap_or_default();
        let first = doc.split([',', ':', '\'', '-']).next().expect("words");
        assert!(page.contains(first) && page.contains("Examples:"), "{page}");
    }
    let page = std::fs::read_to_string(user.file("pages/fluxdeck.1")).expect("a page");
    assert!(page.contains("Exit codes:"), "{page}");
    let nowhere = user.run(&["man", "nowhere"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("mkdir -p nowhere"), "{nowhere:?}");
}

#[test]
fn a_command_looks_at_the_demo_once_a_scene_has_happened() {
    let ran = run(&["get", "deploy", "web", "-n", "web", "-o", "json", "--scene", "bad-commit"]);
    let web = serde_json::from_str::<Value>(&ran.out).expect("JSON")[0].take();
    assert_eq!((ran.code, &web["health"]), (0, &"failed".into()), "{ran:?}");
    let without = run(&["get", "deploy", "web", "-n", "web", "-o", "json"]);
    assert!(without.out.contains("\"ready\""), "{without:?}");
}

#[test]
fn a_scene_that_there_is_not_is_a_wrong_call() {
    let ran = Fluxdeck::new().run(&["demo", "--scene", "chaos"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for name in ["chaos", "bad-commit", "healed", "node-down"] {
        assert!(ran.err.contains(name), "{name}: {ran:?}");
    }
}
