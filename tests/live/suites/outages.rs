//! The picture follows the cluster, says while it is old, and heals by itself.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::proxy::Proxy;
use crate::support::terminal::{SMALL, WIDE};
use crate::truth::text;

const SOON: Duration = Duration::from_secs(10);
/// Long enough for the slowest retry.
const HEALED: Duration = Duration::from_secs(30);

/// A Kustomization that no controller touches: its shard has none.
struct Mark<'a> {
    bed: &'a Bed,
    name: &'static str,
}

impl<'a> Mark<'a> {
    fn new(bed: &'a Bed, name: &'static str) -> Self {
        let mark = Self { bed, name };
        mark.make();
        mark
    }

    fn make(&self) {
        let spec =
            json!({"interval": "1h", "prune": true, "path": "./", "sourceRef": {"kind": "GitRepository", "name": "absent"}});
        self.bed.apply(&self.manifest("spec", &spec), &[]);
        self.says("True", "Marked", "made by a test");
    }

    fn manifest(&self, field: &str, value: &Value) -> Value {
        let metadata = json!({"name": self.name, "namespace": "shards", "labels": {"sharding.fluxcd.io/key": "retired"}});
        json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata, field: value})
    }

    /// Writes its Ready condition.
    fn says(&self, status: &str, reason: &str, message: &str) {
        let condition = json!({
            "type": "Ready", "status": status, "reason": reason, "message": message,
            "lastTransitionTime": "2026-11-21T00:00:00Z", "observedGeneration": 1,
        });
        let status = json!({"observedGeneration": 1, "conditions": [condition]});
        self.bed.apply(&self.manifest("status", &status), &["--subresource=status"]);
    }

    fn remove(&self) {
        self.bed.kubectl(&[
            "delete",
            "kustomizations.kustomize.toolkit.fluxcd.io",
            "-n",
            "shards",
            self.name,
            "--ignore-not-found",
        ]);
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.remove();
        }
    }
}

/// A user's kubeconfig, through a port of this machine.
pub fn through(bed: &Bed, user: &str, port: u16) -> Fluxdeck {
    let text = std::fs::read_to_string(bed.kubeconfig(user)).expect("the bed's kubeconfig");
    let fluxdeck = Fluxdeck::new();
    let file = fluxdeck.write("kubeconfig", &text.replace(&format!("127.0.0.1:{}", bed.port()), &format!("127.0.0.1:{port}")));
    fluxdeck.set("KUBECONFIG", file.to_str().expect("a path"))
}

/// `kubectl proxy`: plain HTTP with a user's rights, so that requests can be changed on the way.
pub struct Plain(Child, pub u16);

impl Plain {
    pub fn of(bed: &Bed, user: &str) -> Self {
        let mut child = bed.kubectl_as(user).args(["proxy", "--port=0"]).stdout(Stdio::piped()).spawn().expect("kubectl proxy");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it listens");
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("a port: {line}"));
        Self(child, port)
    }

    /// A kubeconfig for it, with the namespaces that come after.
    pub fn kubeconfig(fluxdeck: &Fluxdeck, port: u16, namespace: &str) -> PathBuf {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "plain",
            "contexts": [{"name": "plain", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
            "clusters": [{"name": "c", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
            "users": [{"name": "u", "user": {}}],
        });
        fluxdeck.write("kubeconfig", &config.to_string())
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The proxy of watches that the server closes in good order every 5 s.
fn short_watches(port: u16) -> Proxy {
    Proxy::rewriting(port, "timeoutSeconds=290", "timeoutSeconds=005")
}

fn is_live(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.contains("live"))
}

fn a_change_is_on_the_screen_within_a_second() {
    let bed = bed::alone();
    let mark = Mark::new(&bed, "pulse");
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    for size in [WIDE, SMALL] {
        mark.says("True", "Marked", "made by a test");
        let mut screen = user.open(&["-c", "ks shards"], size);
        screen.until("the row", SOON, |text| {
            is_live(text) && text.lines().any(|line| line.contains("pulse") && line.contains('●'))
        });
        for (status, reason, glyph) in [("False", "Broken", '✗'), ("True", "Repaired", '●'), ("Unknown", "Progressing", '◐')]
        {
            mark.says(status, reason, "changed by a test");
            let took = screen.until(reason, SOON, |text| text.lines().any(|line| line.contains("pulse") && line.contains(glyph)));
            assert!(took < Duration::from_secs(1), "{reason} after {took:?}");
        }
        mark.remove();
        let took = screen.until("one row less", SOON, |text| !text.contains("pulse"));
        assert!(took < Duration::from_secs(1), "removed after {took:?}");
        mark.make();
        let took = screen.until("the new row", SOON, |text| text.contains("pulse"));
        assert!(took < Duration::from_secs(2), "created after {took:?}");
    }
}

fn a_killed_api_server_leaves_an_old_picture_that_says_so_and_heals_without_ghosts() {
    let bed = bed::alone();
    let (ghost, kept) = (Mark::new(&bed, "ghost"), Mark::new(&bed, "kept"));
    let network = Proxy::to(bed.port());
    let user = through(&bed, "admin", network.port);
    let mut screen = user.open(&["-c", "ks shards", "--request-timeout", "5s"], WIDE);
    screen.until("live rows", SOON, |text| is_live(text) && text.contains("ghost") && text.contains("kept"));

    bed.api_server(&["stop"]);
    screen.until_shows("stale since", SOON);
    screen.stays("old rows are still there", Duration::from_secs(2), |text| {
        text.contains("stale since") && text.contains("ghost") && text.contains("kept")
    });

    // while the program cannot see it: an object goes, another changes, and the server forgets how it came to that
    network.hold();
    bed.api_server(&["start"]);
    ghost.remove();
    kept.says("False", "Changed", "while nobody looked");
    bed.api_server(&["restart"]);
    let before = lists(&bed);
    network.cut();
    network.release();
    screen.until("live again, without ghosts", HEALED, |text| {
        is_live(text) && !text.contains("ghost") && text.contains("nobody looked")
    });
    screen.stays("no banner stays", Duration::from_secs(2), |text| {
        is_live(text) && !text.contains("stale") && !text.contains("ghost")
    });
    assert!(lists(&bed) > before, "the server sent old watches 410 Gone: the kind was listed again");
    assert!(screen.is_running());
}

/// How often the program has listed Kustomizations. It does so at its start and when a watch got 410 Gone: the server sends that
/// inside of a good answer, where no log sees it.
fn lists(bed: &Bed) -> usize {
    let log = std::fs::read_to_string(bed.value("BED_AUDIT_LOG")).expect("the audit log");
    let requests = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_list = |request: &Value| {
        text(request, "/verb") == "list" && is_ours(request) && text(request, "/objectRef/resource") == "kustomizations"
    };
    requests.filter(is_list).count()
}

/// Whether a line of the audit log is a request of ours: each says so.
pub fn is_ours(request: &Value) -> bool {
    text(request, "/userAgent") == format!("fluxdeck/{}", env!("CARGO_PKG_VERSION"))
}

fn a_network_that_falls_silent_is_noticed_and_forgiven() {
    let bed = bed::alone();
    let mark = Mark::new(&bed, "pulse");
    let network = Proxy::to(bed.port());
    let user = through(&bed, "admin", network.port);
    let mut screen = user.open(&["-c", "ks shards", "--request-timeout", "3s"], SMALL);
    screen.until("live rows", SOON, |text| is_live(text) && text.contains("pulse"));

    network.hold();
    screen.until_shows("stale since", Duration::from_secs(20));
    assert!(screen.text().contains("pulse"), "rows stay");
    mark.remove();
    network.release();
    screen.until("live again", HEALED, |text| is_live(text) && !text.contains("pulse"));
}

fn watches_that_are_closed_every_few_seconds_leave_the_picture_live() {
    let bed = bed::alone();
    let mark = Mark::new(&bed, "pulse");
    let plain = Plain::of(&bed, "admin");
    let network = short_watches(plain.1);
    let user = Fluxdeck::new();
    let file = Plain::kubeconfig(&user, network.port, "default");
    let mut screen = user.open(&["-c", "ks shards", "--kubeconfig", file.to_str().expect("a path")], WIDE);
    screen.until("live rows", SOON, |text| is_live(text) && text.contains("pulse"));
    let first = network.replaced();
    assert!(first > 0, "no watch asks to last as long as the proxy looks for");

    screen.stays("live", Duration::from_secs(12), is_live);
    assert!(network.replaced() >= first * 2, "every watch was opened again: {first}, then {}", network.replaced());
    mark.says("False", "Broken", "after many watches");
    let took = screen.until_shows("after many watches", SOON);
    assert!(took < Duration::from_secs(1), "{took:?}");
    mark.remove();
    screen.until("one row less", SOON, |text| !text.contains("pulse"));
}

/// Gives the developer his rights back, however a test ends.
struct Binding<'a>(&'a Bed, Value);

impl<'a> Binding<'a> {
    fn take_away(bed: &'a Bed, namespace: &str) -> Self {
        let mut manifest = bed.items(&["rolebinding", "developers", "-n", namespace]).remove(0);
        let kept = json!({"name": "developers", "namespace": namespace});
        manifest["metadata"] = kept;
        bed.kubectl(&["delete", "rolebinding", "developers", "-n", namespace]);
        Self(bed, manifest)
    }
}

impl Drop for Binding<'_> {
    fn drop(&mut self) {
        self.0.apply(&self.1, &[]);
    }
}

fn rights_that_are_taken_away_while_one_looks_turn_rows_into_a_notice() {
    let bed = bed::alone();
    let plain = Plain::of(&bed, "developer");
    let network = short_watches(plain.1);
    let user = Fluxdeck::new();
    let file = Plain::kubeconfig(&user, network.port, "web");
    let mut screen = user.open(&["-n", "web,shop", "-c", "deploy", "--kubeconfig", file.to_str().expect("a path")], WIDE);
    screen.until("rows of both namespaces", SOON, |text| is_live(text) && text.contains("cart") && text.contains("frontend"));
    let shown = restricted(&screen.text());

    let binding = Binding::take_away(&bed, "shop");
    screen.until("only rows that may be read", HEALED, |text| !text.contains("cart") && text.contains("frontend"));
    screen.stays("neither crash nor alarm", Duration::from_secs(6), |text| {
        is_live(text) && !text.contains("cart") && text.contains("frontend")
    });
    assert!(screen.is_running());
    let now = restricted(&screen.text());
    assert!(now > 0 && now >= shown, "the restriction is shown:\n{}", screen.text());

    drop(binding);
    screen.keys("\x12");
    screen.until("his rows again", HEALED, |text| is_live(text) && text.contains("cart"));
}

/// How many lists the title says are restricted.
fn restricted(text: &str) -> usize {
    let line = text.lines().find(|line| line.contains("restricted")).unwrap_or_default();
    let before = line.split(" list").next().unwrap_or_default();
    before.split_whitespace().last().and_then(|count| count.parse().ok()).unwrap_or(0)
}

trials![
    a_change_is_on_the_screen_within_a_second,
    a_killed_api_server_leaves_an_old_picture_that_says_so_and_heals_without_ghosts,
    a_network_that_falls_silent_is_noticed_and_forgiven,
    watches_that_are_closed_every_few_seconds_leave_the_picture_live,
    rights_that_are_taken_away_while_one_looks_turn_rows_into_a_notice,
];
