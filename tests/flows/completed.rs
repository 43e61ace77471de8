//! What a shell gets at a tab: the program is asked as the shells ask it.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::program::Fluxdeck;

/// The candidates for the last word, as bash asks for them.
#[track_caller]
fn candidates(user: &Fluxdeck, words: &[&str]) -> Vec<String> {
    let mut command = user.command(env!("CARGO_BIN_EXE_fluxdeck"));
    let index = words.len() - 1;
    command
        .args(["--"])
        .args(words)
        .env("COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", index.to_string());
    let done = command.output().expect("it runs");
    assert!(done.stderr.is_empty() && done.status.success(), "{words:?}: {done:?}");
    let out = String::from_utf8(done.stdout).expect("text");
    out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[track_caller]
fn assert_completes(user: &Fluxdeck, line: &str, expected: &[&str]) {
    // what is completed is behind the last blank
    let words: Vec<_> = line.split(' ').collect();
    assert_eq!(candidates(user, &words), expected, "{line}");
}

#[test]
fn contexts_namespaces_kinds_names_states_and_themes_are_completed() {
    let user = Fluxdeck::new();
    assert_completes(&user, "fluxdeck --demo --context prod", &["production"]);
    assert_completes(&user, "fluxdeck get ks --demo -n flux-s", &["flux-system"]);
    assert_completes(&user, "fluxdeck get ks --demo -n web,flux-s", &["web,flux-system"]);
    assert_completes(&user, "fluxdeck get gitrep", &["gitrepo", "gitrepositories"]);
    assert_completes(&user, "fluxdeck get ks,helmr", &["ks,helmreleases", "ks,helmrepo", "ks,helmrepositories"]);
    assert_completes(&user, "fluxdeck get ks --status fa", &["failed"]);
    assert_completes(&user, "fluxdeck get ks --status ready,fa", &["ready,failed"]);
    assert_completes(&user, "fluxdeck --theme col", &["colour-blind"]);
    assert_completes(&user, "fluxdeck get ks --demo -n web w", &["web"]);
    assert_completes(&user, "fluxdeck get hr -A --demo work", &["worker"]);
    assert_completes(&user, "fluxdeck tree --demo ks/web -n we", &["web"]);
    assert_completes(&user, "fluxdeck tree --demo hr/work", &["hr/worker"]);
    assert_completes(&user, "fluxdeck where deploy/w", &[]);
    assert_completes(&user, "fluxdeck tree deplo", &["deploy/", "deployments/"]);
    assert_completes(&user, "fluxdeck suspend --demo ks/syste", &["ks/system"]);
    assert_completes(&user, "fluxdeck get ks -o js", &["json"]);
    // of the context's own namespace, as `get` itself looks
    let here = candidates(&user, &["fluxdeck", "get", "ks", "--demo", ""]);
    assert!(here.contains(&"apps".to_owned()) && !here.contains(&"worker".to_owned()), "{here:?}");
    // an act only takes what it means something for
    let acts = candidates(&user, &["fluxdeck", "restart", ""]);
    assert!(acts.contains(&"deployments".to_owned()) && !acts.contains(&"kustomizations".to_owned()), "{acts:?}");
}

#[test]
fn words_that_bash_cuts_at_signs_are_completed_in_their_pieces() {
    let arn = "arn:aws:eks:eu-west-1:1:cluster/shop";
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "current-context": arn, "users": [{"name": "u", "user": {}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "contexts": [{"name": arn, "context": {"cluster": "c", "user": "u"}}, {"name": "arn\u{1b}[31m", "context": {"cluster": "c", "user": "u"}}]});
    let user = Fluxdeck::new();
    let path = user.write("config", &kubeconfig.to_string()).display().to_string();
    let user = user.set("KUBECONFIG", &path);
    assert_completes(&user, "fluxdeck get --context arn", &[arn]);
    assert_completes(&user, "fluxdeck get --context arn : aws : e", &["eks:eu-west-1:1:cluster/shop"]);
    assert_completes(&user, "fluxdeck get ks --status = fa", &["failed"]);
    assert_completes(&user, "fluxdeck get ks --cluster c", &["c"]);
}

/// A cluster that does not answer, and a login program that waits and would ask, are waited for a second; nothing is said and nothing is left.
#[test]
fn a_tab_never_hangs_says_nothing_but_candidates_and_writes_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("http://{}", silent.local_addr().expect("an address"));
    let user = Fluxdeck::new();
    let login = user.write("login", "#!/bin/sh\necho what is your name >&2\nexec sleep 77\n");
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "current-context": "a",
        "users": [{"name": "none", "user": {}}, {"name": "asks", "user": {"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": [login], "interactiveMode": "IfAvailable"}}}],
        "clusters": [{"name": "a", "cluster": {"server": server}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "none"}}, {"name": "b", "context": {"cluster": "a", "user": "asks"}}]});
    let path = user.write("config", &kubeconfig.to_string()).display().to_string();
    let user = user.set("KUBECONFIG", &path);
    let before = files(&user);
    for line in [
        "fluxdeck get ks ",
        "fluxdeck get ks --context b ",
        "fluxdeck -n ",
        "fluxdeck get ks --context nowhere ",
        "fluxdeck tree ks/",
    ] {
        let begin = Instant::now();
        let got = candidates(&user, &line.split(' ').collect::<Vec<_>>());
        assert!(got.iter().all(|it| it.starts_with('-')), "{line}: {got:?}");
        assert!(begin.elapsed() < Duration::from_millis(2500), "{line}: {:?}", begin.elapsed());
    }
    assert_eq!(files(&user), before);
    let user = user.set("KUBECONFIG", "/nowhere");
    assert_completes(&user, "fluxdeck --context ", &[]);
    assert_completes(&user, "fluxdeck get ks --demo-dir kept -n web w", &["web"]);
    assert_eq!(files(&user), before, "a demo that is kept is not begun either");
}

fn files(user: &Fluxdeck) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(user.file("")).expect("a home").flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// A real bash sources what is printed, and completes with it.
#[test]
fn bash_completes_with_the_script_that_is_printed() {
    let user = Fluxdeck::new();
    let program = env!("CARGO_BIN_EXE_fluxdeck");
    let script = format!(
        "source <({program} completion bash)\n\
         ask() {{ COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; _clap_complete_fluxdeck fluxdeck \"${{@: -1}}\" \"${{@: -2:1}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"; }}\n\
         complete -p fluxdeck\n\
         ask fluxdeck get ks --demo -n web w\n\
         ask fluxdeck get ks --status = sus\n"
    );
    let mut bash = user.command("bash");
    let mut running =
        bash.args(["--norc"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash");
    running.stdin.take().expect("piped").write_all(script.as_bytes()).expect("bash reads");
    let done = running.wait_with_output().expect("it ends");
    let out = String::from_utf8_lossy(&done.stdout);
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].contains("-F _clap_complete_fluxdeck fluxdeck"), "{done:?}");
    assert_eq!(lines[1..], ["web", "suspended"], "{done:?}");
    assert!(done.stderr.is_empty(), "{done:?}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let ran = user.run(&["completion", shell]);
        assert!(ran.code == 0 && ran.out.contains("COMPLETE") && ran.out.contains(program), "{shell}: {ran:?}");
    }
}
