//! Secrets are planted in every place that a cluster, a kubeconfig, a login program and an environment have, and looked for in whatever
//! the program shows, prints and keeps.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fluxdeck::demo::{User, World};
use fluxdeck::records::Snapshot;
use serde_json::{Value, json};

use crate::flows::driver::fleet;
use crate::support::program::{Fluxdeck, Ran};
use crate::support::terminal::Terminal;
use crate::support::within;

/// What every planted secret begins with, as it is and in base64.
const PLANTED: [&str; 2] = ["PLANTED", "UExBTlRFR"];
/// A value without a telling name or form: it may be seen by whoever may see the cluster, and not be given away.
const PLAIN: &str = "PLAINVALUE";
/// How long the screen may take.
const SOON: Duration = Duration::from_secs(30);
/// Large enough for any manifest.
const TALL: (u16, u16) = (250, 300);

/// The fleet with secrets in every place where people and controllers put them.
fn cluster() -> Snapshot {
    let mut snapshot = (*fleet()).clone();
    for kind in &mut snapshot.kinds {
        for object in &mut kind.objects {
            plant(&kind.kind, object);
        }
    }
    for event in &mut snapshot.events {
        event["message"] = "cannot fetch https://bot:PLANTEDEVENT@git.example.test/fleet.git".into();
    }
    snapshot
}

fn plant(kind: &str, object: &mut Value) {
    let applied = json!({"spec": {"url": "https://bot:PLANTEDAPPLIED@git.example.test/x", "password": "PLANTEDAPPLIED"}});
    object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.to_string().into();
    object["metadata"]["annotations"]["ops/note"] = "made with token ghp_PLANTEDNOTE0123456789".into();
    let message = "unable to clone 'https://bot:PLANTEDMESSAGE@git.example.test/fleet.git': Authorization: Bearer PLANTEDBEARER";
    for condition in object.pointer_mut("/status/conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        condition["message"] = message.into();
    }
    match kind {
        "GitRepository" => object["spec"]["url"] = "https://bot:PLANTEDURL@git.example.test/fleet.git".into(),
        "Provider" => object["spec"]["address"] = "https://chat.example.test/hooks/PLANTEDADDRESS".into(),
        "HelmRelease" => object["spec"]["values"] = json!({"auth": {"adminPassword": "PLANTEDVALUE"}, "plain": PLAIN}),
        "Kustomization" => object["spec"]["postBuild"]["substitute"] = json!({"db_password": "PLANTEDVARIABLE", "plain": PLAIN}),
        "Secret" => object["data"] = json!({"password": "UExBTlRFRFNFQ1JFVA=="}),
        "Deployment" => {
            object["spec"]["template"]["spec"]["containers"][0]["env"] = json!([
                {"name": "DATABASE_URL", "value": "postgres://bot:PLANTEDENV@db/x"},
                {"name": "API_TOKEN", "value": "PLANTEDENV"},
                {"name": "PLAIN", "value": PLAIN},
            ]);
        }
        _ => {}
    }
}

/// Serves the cluster behind a port, until the process of the tests ends. Returns the port.
pub fn serve() -> u16 {
    let (sender, port) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let snapshot = cluster();
            let world = World::start(&snapshot, jiff::Timestamp::now(), None);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send(listener.local_addr().expect("an address").port()).expect("somebody waits");
            tokio::join!(world.run(), world.serve(listener, vec![("door".to_owned(), User::admin())]));
        });
    });
    port.recv().expect("a port")
}

/// A user whose login program, kubeconfig and environment are full of secrets.
struct Victim {
    fluxdeck: Fluxdeck,
}

impl Victim {
    fn new() -> Self {
        let fluxdeck = Fluxdeck::new().set("FLUXDECK_LOG", "trace").set("DEPLOY_TOKEN", "PLANTEDENVIRONMENT");
        let path = format!("{}:{}", fluxdeck.file("bin").display(), std::env::var("PATH").unwrap_or_default());
        let victim = Self { fluxdeck: fluxdeck.set("PATH", &path) };
        std::fs::create_dir(victim.file("bin")).expect("a folder of ours");
        let token =
            r#"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "PLANTEDTOKEN"}}"#;
        victim.script("tok", &format!("echo 'see https://me:PLANTEDSAID@sso/' >&2\necho '{token}'"));
        victim.script(
            "bin/git",
            "tr '\\0' '\\n' < /proc/$$/cmdline >> \"$HOME/git.arguments\"\nenv >> \"$HOME/git.environment\"\nexit 1",
        );
        let door = serve();
        victim.kubeconfig(door);
        victim
    }

    fn file(&self, name: &str) -> PathBuf {
        self.fluxdeck.file(name)
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.fluxdeck.write(name, &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    fn kubeconfig(&self, door: u16) {
        let exec = format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, provideClusterInfo: true, command: '{}', \
             args: ['--secret=PLANTEDARGUMENT'], env: [{{name: CLIENT_SECRET, value: PLANTEDCLIENT}}]}}}}",
            self.file("tok").display()
        );
        let clusters = [
            ("good", format!("server: 'http://me:PLANTEDSERVER@127.0.0.1:{door}/door'")),
            ("closed", "server: 'http://me:PLANTEDSERVER@127.0.0.1:1'".to_owned()),
            ("proxied", "server: 'https://10.255.255.1', proxy-url: 'http://me:PLANTEDPROXY@127.0.0.1:1'".to_owned()),
            ("odd", "server: 'http://127.0.0.1:1', proxy-url: 'ftp://me:PLANTEDPROXY@127.0.0.1:1'".to_owned()),
        ];
        let users = [
            ("exec", exec),
            ("static", "{token: PLANTEDSTATIC}".to_owned()),
            ("broken", "{token: \"PLANTEDSTATIC\\n\"}".to_owned()),
            ("basic", "{username: me, password: PLANTEDBASIC}".to_owned()),
        ];
        let contexts = [
            ("good", "exec"),
            ("closed", "static"),
            ("closed", "basic"),
            ("proxied", "static"),
            ("odd", "static"),
            ("good", "broken"),
        ];
        let clusters: String = clusters.iter().map(|(name, text)| format!("- {{name: {name}, cluster: {{{text}}}}}\n")).collect();
        let users: String = users.iter().map(|(name, text)| format!("- {{name: {name}, user: {text}}}\n")).collect();
        let contexts: String = contexts
            .iter()
            .map(|(of, user)| format!("- {{name: {of}-{user}, context: {{cluster: {of}, user: {user}}}}}\n"))
            .collect();
        self.fluxdeck.write(
            "kubeconfig",
            &format!("apiVersion: v1\nkind: Config\ncurrent-context: good-exec\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}"),
        );
    }

    /// Runs a command, and looks through what it printed.
    fn run(&self, arguments: &[&str]) -> Ran {
        let kubeconfig = self.file("kubeconfig").display().to_string();
        let ran = self.fluxdeck.run(&[&["--kubeconfig", &kubeconfig], arguments].concat());
        assert_clean(&format!("{arguments:?}"), &format!("{}\n{}", ran.out, ran.err));
        assert!(!ran.err.contains("panicked"), "{arguments:?}: {}", ran.err);
        ran
    }

    fn open(&self) -> Terminal {
        let kubeconfig = self.file("kubeconfig").display().to_string();
        self.fluxdeck.open(&["--kubeconfig", &kubeconfig], TALL)
    }

    /// Everything that the program keeps.
    fn kept(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut folders = vec![self.file(".local"), self.file(".cache"), self.file(".config")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => {
                        let bytes = std::fs::read(&path).expect("a file of the program");
                        found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
                    }
                }
            }
        }
        found
    }
}

#[track_caller]
fn assert_clean(place: &str, text: &str) {
    for secret in PLANTED {
        if let Some(at) = text.find(secret) {
            let from = text.floor_char_boundary(at.saturating_sub(200));
            panic!("{place} tells a secret: …{}", &text[from..text.ceil_char_boundary(text.len().min(at + 60))]);
        }
    }
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("a snapshot");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped JSON");
    text
}

#[test]
fn no_command_prints_or_keeps_a_secret() {
    let victim = Victim::new();
    let tree = victim.run(&["tree", "-A"]);
    assert!(tree.code == 0 && tree.out.contains("https://***@git.example.test"), "{tree:?}");
    victim.run(&["tree", "-A", "-o", "json"]);
    for kind in ["gitrepo", "ks", "hr", "provider"] {
        for form in ["table", "wide", "json", "yaml", "name"] {
            let ran = victim.run(&["get", kind, "-A", "-o", form]);
            assert!(ran.code == 0 && ran.out.len() > 20, "{kind} {form}: {ran:?}");
        }
    }
    let acted = victim.run(&["suspend", "ks", "apps", "-n", "flux-system", "--yes", "--confirm", "apps"]);
    assert!(victim.kept().iter().any(|(path, _)| path.ends_with("acts.jsonl")), "{acted:?}");
    victim.run(&["jobs", "list", "-o", "json"]);
    victim.run(&["drift"]);

    let path = victim.file("fleet.gz").display().to_string();
    let saved = victim.run(&["snapshot", &path]);
    assert_eq!(saved.code, 0, "{saved:?}");
    let snapshot = unpacked(Path::new(&path));
    assert_clean("the snapshot", &snapshot);
    assert!(!snapshot.contains(PLAIN) && snapshot.contains("adminPassword") && snapshot.contains("https://***@git.example.test"));
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);

    let arguments = std::fs::read_to_string(victim.file("git.arguments")).expect("git was asked to fetch");
    assert_clean("git's command line", &arguments);
    let environment = std::fs::read_to_string(victim.file("git.environment")).expect("git was asked to fetch");
    for secret in ["PLANTEDCLIENT", "PLANTEDTOKEN", "PLANTEDSERVER", "PLANTEDSECRET"] {
        assert!(!environment.contains(secret), "git is told {secret}");
    }
    let kept = victim.kept();
    assert!(
        kept.iter().any(|(path, text)| path.to_string_lossy().contains("fluxdeck.log") && text.contains("http.url")),
        "no log"
    );
    for (path, text) in kept {
        assert_clean(&path.display().to_string(), &text);
    }
}

#[test]
fn what_goes_wrong_tells_no_secret() {
    let victim = Victim::new();
    for (context, said) in [
        ("closed-static", "cannot reach"),
        ("closed-basic", "cannot reach"),
        ("proxied-static", "cannot reach"),
        ("odd-static", "context `odd-static`"),
        ("good-broken", "such as a line end"),
    ] {
        let ran = victim.run(&["--context", context, "get", "ks", "-A"]);
        assert!(ran.code != 0 && ran.err.contains(said), "{context}: {ran:?}");
    }
    for (script, said) in [
        (
            "echo '{\"status\": {\"token\": \"PLANTEDTOKEN\"}}'\necho 'please log in, me:x' >&2\nenv >&2\nexit 1",
            "fluxdeck: please log in",
        ),
        ("echo '{\"status\": {\"token\": \"PLANTEDTOKEN\\n\"}}'", "such as a line end"),
        ("echo 'PLANTEDTOKEN is: [no answer'", "prints no ExecCredential"),
        ("head -c 5000000 /dev/zero | tr '\\0' P; echo LANTED", "prints more than any credential"),
    ] {
        victim.script("tok", script);
        let ran = victim.run(&["get", "ks", "-A"]);
        assert!(ran.code != 0 && ran.err.contains(said), "{script}: {ran:?}");
    }
    std::fs::remove_file(victim.file("tok")).expect("it is ours");
    let ran = victim.run(&["get", "ks", "-A"]);
    assert!(ran.err.contains("the login program `tok` is not installed"), "{ran:?}");
    for (path, text) in victim.kept() {
        assert_clean(&path.display().to_string(), &text);
    }
}

#[test]
fn no_screen_shows_a_secret() {
    let victim = Victim::new();
    let mut screen = victim.open();
    screen.until_shows("live", SOON);
    assert_clean("the tree", &screen.text());
    for (kind, plural, yaml) in [
        ("gitrepo", "gitrepositories", "url: https://***@git.example.test"),
        ("provider", "providers", "address: https://chat.example.test/***"),
        ("hr", "helmreleases", "adminPassword: <masked>"),
        ("ks", "kustomizations", "db_password: <masked>"),
        ("deploy", "deployments", "postgres://***@db/x"),
        ("secret", "secrets", "password: <masked>"),
    ] {
        let table = |text: &str| text.contains(&format!("› {plural}  ")) && text.contains("NAME↑");
        screen.keys(&format!(":{kind}\r"));
        for (key, words) in [("y", yaml), ("d", "ops/note"), ("v", "events")] {
            screen.until(&format!("the table of {plural}"), SOON, table);
            assert_clean(plural, &screen.text());
            screen.keys(key);
            // the way stands first on the screen: what was below it before is drawn over by then
            let way = format!("› {plural} › ");
            screen.until(&format!("«{words}» after {key}"), SOON, |text| text.contains(&way) && text.contains(words));
            assert_clean(&format!("{plural} after {key}"), &screen.text());
            screen.keys("\x1b");
        }
        screen.until(&format!("the table of {plural}"), SOON, table);
    }
    screen.keys("\x03");
    assert!(within(SOON, || (!screen.is_running()).then_some(())).is_some(), "the program ends");
    while screen.read(Duration::from_millis(100)) {}
    assert_clean("what was written to the terminal", &String::from_utf8_lossy(&screen.written));
    for (path, text) in victim.kept() {
        assert_clean(&path.display().to_string(), &text);
    }
}
