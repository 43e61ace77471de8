//! The demo's program as a process: what it needs (nothing), what it contacts (nothing), and what it leaves behind (nothing).

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kube::api::{Api, DynamicObject, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};

/// Longest that a process may take for something that it does at once.
const AT_ONCE: Duration = Duration::from_secs(20);

/// The program with a home directory that is empty and a proxy that nobody must ask.
fn program(home: &Path, proxy: &TcpListener, program: &str) -> Command {
    let mut command = Command::new(program);
    let proxy = format!("http://{}", proxy.local_addr().expect("an address"));
    command.env_clear().env("HOME", home).env("TMPDIR", home).env("PATH", std::env::var("PATH").unwrap_or_default());
    command.envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"].map(|name| (name, &proxy)));
    command.current_dir(home).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn asked_nobody(proxy: &TcpListener) {
    proxy.set_nonblocking(true).expect("a socket");
    assert!(proxy.accept().is_err(), "the proxy was asked");
}

fn is_empty(home: &Path) -> bool {
    std::fs::read_dir(home).expect("our directory").next().is_none()
}

fn states(tree: &serde_json::Value, found: &mut std::collections::BTreeSet<String>, pods: &mut usize) {
    for node in tree.as_array().into_iter().flatten() {
        found.insert(node["health"].as_str().unwrap_or_default().to_owned());
        *pods += usize::from(node["kind"] == "Pod");
        states(&node["children"], found, pods);
    }
}

#[test]
fn the_tree_of_the_demo_needs_no_network_no_home_and_no_kubeconfig() {
    let home = tempfile::tempdir().expect("a directory");
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let tree = ["tree", "--demo", "-o", "json"];
    // in a network namespace of its own, where the system allows one, there is not even loopback
    let may = Command::new("unshare").args(["-rn", "true"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let fluxdeck = env!("CARGO_BIN_EXE_fluxdeck");
    let mut command = program(home.path(), &proxy, if may { "unshare" } else { fluxdeck });
    let command = if may { command.args(["-rn", fluxdeck]).args(tree) } else { command.args(tree) };
    let done = command.output().expect("fluxdeck runs");

    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (mut found, mut pods) = (std::collections::BTreeSet::new(), 0);
    states(&serde_json::from_slice(&done.stdout).expect("JSON"), &mut found, &mut pods);
    assert_eq!(found.len(), 8, "{found:?}");
    assert!(pods > 20, "{pods} pods");
    asked_nobody(&proxy);
    assert!(is_empty(home.path()), "something was left behind");
}

/// A demo that serves.
struct Served {
    child: Child,
    path: String,
}

impl Served {
    fn start(home: &Path, proxy: &TcpListener) -> Self {
        let mut child =
            program(home, proxy, env!("CARGO_BIN_EXE_fluxdeck")).args(["demo", "--serve", "0"]).spawn().expect("fluxdeck runs");
        let mut path = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut path).expect("a line");
        Self { child, path: path.trim().to_owned() }
    }

    /// Sends a signal and waits for the end. Returns the exit code, none after a signal.
    fn end(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let mut output = String::new();
        let _ = self.child.stderr.take().expect("piped").read_to_string(&mut output);
        let code = self.child.wait().expect("our child").code();
        assert!(code.is_none_or(|code| code == 0), "{output}");
        code
    }
}

#[tokio::test]
async fn a_served_demo_answers_every_user_and_leaves_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let served = Served::start(home.path(), &proxy);
    let kubeconfig = Kubeconfig::read_from(&served.path).expect("a kubeconfig");
    assert_eq!(kubeconfig.current_context.as_deref(), Some("production"));
    let names: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    for (context, may) in [("production", true), ("staging", true), ("production-viewer", true), ("staging-developer", false)] {
        let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig.clone(), &options).await.expect("a context");
        config.proxy_url = None;
        let client = kube::Client::try_from(config).expect("a client");
        let kind = kube::api::GroupVersionKind::gvk("kustomize.toolkit.fluxcd.io", "v1", "Kustomization");
        let resource = kube::api::ApiResource::from_gvk_with_plural(&kind, "kustomizations");
        let all = Api::<DynamicObject>::all_with(client, &resource).list(&ListParams::default()).await;
        assert_eq!(all.is_ok_and(|list| list.items.len() > 2), may, "{context}");
    }

    assert_eq!(served.end("INT"), Some(0));
    asked_nobody(&proxy);
    assert!(is_empty(home.path()), "something was left behind");
}

#[test]
fn two_demos_run_beside_each_other_and_a_killed_one_leaves_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (one, other) = (Served::start(home.path(), &proxy), Served::start(home.path(), &proxy));
    assert_ne!(one.path, other.path);

    assert_eq!(one.end("KILL"), None);
    assert!(Path::new(&other.path).exists(), "the other one's files stay");
    assert_eq!(other.end("KILL"), None);
    // a shell clears away what a killed run cannot
    let began = Instant::now();
    while !is_empty(home.path()) {
        assert!(began.elapsed() < AT_ONCE, "something was left behind");
        std::thread::yield_now();
    }
}

#[test]
fn a_directory_that_another_demo_has_is_refused() {
    let home = tempfile::tempdir().expect("a directory");
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let kept = home.path().join("kept");
    let lock = std::fs::create_dir(&kept).and_then(|()| std::fs::File::create(kept.join("owner.lock"))).expect("made");
    lock.lock().expect("locked");

    let mut command = program(home.path(), &proxy, env!("CARGO_BIN_EXE_fluxdeck"));
    let done = command.args(["get", "ks", "--demo-dir"]).arg(&kept).output().expect("fluxdeck runs");
    let output = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{output}");
    assert!(output.contains("another demo runs in it") && output.contains("--demo-dir"), "{output}");
}
