//! What cannot be reached or read is said in one clear sentence, with what to do, in time, and with the exit code of its class.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use regex::Regex;

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};
use crate::support::proxy::Proxy;

/// Not reachable, or access denied.
const UNREACHABLE: i32 = 3;

/// A kubeconfig that points to a port of this machine.
fn kubeconfig(user: &Fluxdeck, port: u16) -> PathBuf {
    user.write(
        "kubeconfig",
        &format!(
            "{{apiVersion: v1, kind: Config, current-context: there, contexts: [{{name: there, context: {{cluster: there, user: me}}}}], \
             clusters: [{{name: there, cluster: {{server: 'http://127.0.0.1:{port}'}}}}], users: [{{name: me, user: {{}}}}]}}"
        ),
    )
}

/// The administrator's kubeconfig with a line replaced.
fn changed(bed: &Bed, user: &Fluxdeck, line: &str, by: &str) -> PathBuf {
    let text = std::fs::read_to_string(bed.kubeconfig("admin")).expect("the bed's kubeconfig");
    let line = Regex::new(line).expect("a pattern");
    assert!(line.is_match(&text), "{line} is in the kubeconfig");
    user.write("kubeconfig", &line.replace_all(&text, by))
}

/// Asserts that a command failed with that code and said so: one line that names what failed, at most one that says what to do.
fn assert_says(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(ran.out, "", "nothing but the error is printed");
    let lines: Vec<_> = ran.err.lines().collect();
    assert!(
        (1..=2).contains(&lines.len()) && lines[0].starts_with("fluxdeck: "),
        "one sentence, and one for what to do: {ran:?}"
    );
    for word in words {
        assert!(ran.err.contains(word), "says «{word}»: {ran:?}");
    }
    for noise in ["Error {", "Some(", "ApiError", "kube::", "panicked", "\\n"] {
        assert!(!ran.err.contains(noise), "is for people: {ran:?}");
    }
}

fn path(path: &std::path::Path) -> String {
    path.display().to_string()
}

// These need no bed, but they belong to its suites: they are about reaching clusters.

fn a_kubeconfig_that_is_not_there_is_named() {
    let user = Fluxdeck::new();

    assert_says(
        &user.run(&["tree", "--kubeconfig", "/nowhere/config"]),
        UNREACHABLE,
        &["/nowhere/config", "No such file", "--kubeconfig"],
    );
    assert_says(&user.run(&["tree"]), UNREACHABLE, &["no kubeconfig", "--from"]);
    assert_says(&Fluxdeck::new().set("KUBECONFIG", "/nowhere/config").run(&["tree"]), UNREACHABLE, &["KUBECONFIG"]);
}

fn a_kubeconfig_that_is_none_is_named() {
    let user = Fluxdeck::new();
    let broken = path(&user.write("broken", "clusters: ["));
    assert_says(&user.run(&["tree", "--kubeconfig", &broken]), UNREACHABLE, &[&broken, "line 1"]);

    let folder = path(&user.file(""));
    assert_says(&user.run(&["tree", "--kubeconfig", &folder]), UNREACHABLE, &[&folder]);
}

fn a_kubeconfig_without_current_context_says_how_to_choose_one() {
    let user = Fluxdeck::new();
    let file = kubeconfig(&user, 9);
    let text = std::fs::read_to_string(&file).expect("written").replace("current-context: there, ", "");
    let user = user.set("KUBECONFIG", &path(&file));
    user.write("kubeconfig", &text);

    assert_says(&user.run(&["tree"]), UNREACHABLE, &["no current context", "--context"]);
}

fn an_unknown_context_is_reported_with_the_known_ones() {
    let user = Fluxdeck::new();
    let file = path(&kubeconfig(&user, 9));

    let ran = user.run(&["tree", "--kubeconfig", &file, "--context", "theer"]);
    assert!([2, UNREACHABLE].contains(&ran.code), "{ran:?}");
    assert_says(&ran, ran.code, &["`theer`", "there"]);
}

fn a_port_that_refuses_is_reported_at_once() {
    let user = Fluxdeck::new();
    // bound and released: nobody listens there
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let file = path(&kubeconfig(&user, free));

    for command in [["tree", "-A"], ["get", "ks"], ["snapshot", "fleet.gz"]] {
        let ran = user.run(&[&command[..], &["--kubeconfig", &file]].concat());
        assert_says(&ran, UNREACHABLE, &["refused", "is the cluster up"]);
        assert!(ran.took < Duration::from_secs(3), "{ran:?}");
    }
    assert!(!user.file("fleet.gz").exists(), "nothing is written");
}

fn a_port_that_hangs_is_reported_when_the_request_times_out() {
    let user = Fluxdeck::new();
    let hole = Proxy::black_hole();
    let file = path(&kubeconfig(&user, hole.port));

    let ran = user.run(&["tree", "--kubeconfig", &file, "--request-timeout", "2s"]);
    assert_says(&ran, UNREACHABLE, &["cannot reach"]);
    assert!((Duration::from_secs(1)..Duration::from_secs(4)).contains(&ran.took), "{ran:?}");
    let ran = user.run(&["tree", "--kubeconfig", &file, "--timeout", "1s"]);
    assert_says(&ran, UNREACHABLE, &["within 1 s", "--timeout"]);
    assert!(ran.took < Duration::from_secs(3), "{ran:?}");
}

fn a_failing_login_program_is_reported_with_its_own_message() {
    let user = Fluxdeck::new();
    let file = kubeconfig(&user, 9);
    let exec = "user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: ['-c', 'echo session expired >&2; exit 4']}}";
    let text = std::fs::read_to_string(&file).expect("written").replace("user: {}", exec);
    let file = path(&user.write("kubeconfig", &text));

    assert_says(&user.run(&["tree", "--kubeconfig", &file]), UNREACHABLE, &["session expired", "log in again"]);
}

fn a_certificate_of_another_ca_is_reported() {
    let bed = bed::shared();
    let user = Fluxdeck::new();
    let (key, certificate) = (path(&user.file("key")), path(&user.file("crt")));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=another",
            "-days",
            "1",
        ])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{made:?}");
    let file = path(&changed(&bed, &user, "certificate-authority-data: .*", &format!("certificate-authority: {certificate}")));

    assert_says(&user.run(&["tree", "--kubeconfig", &file]), UNREACHABLE, &["certificate", "certificate-authority"]);
}

fn credentials_that_are_not_accepted_are_reported() {
    let bed = bed::shared();
    let user = Fluxdeck::new();
    let file = path(&changed(&bed, &user, "(?m)^    client-certificate-data: .*\n    client-key-data: .*", "    token: expired"));

    assert_says(&user.run(&["tree", "--kubeconfig", &file]), UNREACHABLE, &["credentials", "expired", "log in again"]);
}

fn every_request_says_who_asks() {
    let bed = bed::alone();
    let log = || std::fs::read_to_string(bed.value("BED_AUDIT_LOG")).expect("the audit log");
    let before = log().len();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    for command in [&["tree", "-A"][..], &["reconcile", "ks", "web", "-n", "web"], &["snapshot", "all.gz", "-A"]] {
        let ran = user.run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let mut screen = user.open(&["-A", "-c", "ks web"], crate::support::terminal::SMALL);
    screen.until("the rows", Duration::from_secs(10), |text| text.contains("live") && text.contains("web"));
    screen.keys("y");
    screen.until("the YAML", Duration::from_secs(10), |text| text.contains("apiVersion"));

    let text = log();
    let requests: Vec<serde_json::Value> = text[before..].lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let ours = requests.iter().filter(|request| crate::suites::outages::is_ours(request)).count();
    // of all that talk to the bed nobody else leaves it out
    let nameless: Vec<_> = requests.iter().filter(|request| crate::truth::text(request, "/userAgent").is_empty()).collect();
    assert!(ours > 100, "lists, watches, a patch, what is served: {ours} of {}", requests.len());
    assert!(nameless.is_empty(), "{nameless:?}");
}

fn a_user_without_any_right_gets_a_message() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));

    for command in [["tree", "-A"], ["get", "ks"]] {
        let ran = user.run(&[&command[..], &["--as", "nobody"]].concat());
        assert_says(&ran, UNREACHABLE, &["may not", "-n"]);
        assert!(ran.took < Duration::from_secs(10), "{ran:?}");
    }
    // one who may not impersonate
    let developer = Fluxdeck::with(&bed.kubeconfig("developer"));
    assert_says(&developer.run(&["tree", "--as", "admin"]), UNREACHABLE, &["impersonate"]);
    assert_says(&developer.run(&["tree", "--as-group", "admins"]), 2, &["--as"]);
}

trials![
    a_kubeconfig_that_is_not_there_is_named,
    a_kubeconfig_that_is_none_is_named,
    a_kubeconfig_without_current_context_says_how_to_choose_one,
    an_unknown_context_is_reported_with_the_known_ones,
    a_port_that_refuses_is_reported_at_once,
    a_port_that_hangs_is_reported_when_the_request_times_out,
    a_failing_login_program_is_reported_with_its_own_message,
    a_certificate_of_another_ca_is_reported,
    credentials_that_are_not_accepted_are_reported,
    every_request_says_who_asks,
    a_user_without_any_right_gets_a_message,
];
