//! Secrets are planted in every place that a cluster, a repository, a kubeconfig, a login program, a forge and an environment have, and
//! looked for in everything that the program shows, prints, keeps and passes to other programs.

mod change;
mod cluster;
mod forge;

pub use cluster::serve;

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cluster::{Git, serve_of};
use forge::{Forge, processes};
use serde_json::Value;

use crate::support::program::{Fluxdeck, Ran};
use crate::support::terminal::Terminal;
use crate::support::within;

/// What every planted secret begins with, as it is and in base64.
const PLANTED: [&str; 2] = ["PLANTED", "UExBTlRFR"];
/// A value without a sensitive name or form: users of the cluster may see it, but it must not be shared.
const PLAIN: &str = "PLAINVALUE";
/// What the user's own environment holds: programs that are started get it, as from a shell.
const OWN: &str = "PLANTEDENVIRONMENT";
/// How long the screen may take.
const SOON: Duration = Duration::from_secs(30);
/// Large enough for any manifest.
const TALL: (u16, u16) = (250, 300);

/// A user whose login program, kubeconfig and environment are full of secrets.
struct Victim {
    fluxdeck: Fluxdeck,
}

impl Victim {
    /// One whose git says how it was called, and fails.
    fn new() -> Self {
        let victim = Self::alone();
        victim.script(
            "bin/git",
            "tr '\\0' '\\n' < /proc/$$/cmdline >> \"$HOME/git.arguments\"\nenv >> \"$HOME/git.environment\"\nexit 1",
        );
        victim.kubeconfig(serve());
        victim
    }

    /// One with the machine's git, whose cluster applies a repository from that address.
    fn with_repository(url: impl FnOnce(&Self) -> String) -> Self {
        let victim = Self::alone();
        let git = Git::make(&victim.file("apps"), &url(&victim));
        victim.kubeconfig(serve_of(git));
        victim
    }

    /// One without a kubeconfig.
    fn alone() -> Self {
        let fluxdeck = Fluxdeck::new().set("FLUXDECK_LOG", "trace").set("DEPLOY_TOKEN", OWN);
        let path = format!("{}:{}", fluxdeck.file("bin").display(), std::env::var("PATH").unwrap_or_default());
        let victim = Self { fluxdeck: fluxdeck.set("PATH", &path) };
        std::fs::create_dir(victim.file("bin")).expect("a folder of ours");
        let token =
            r#"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "PLANTEDTOKEN"}}"#;
        victim.script("tok", &format!("echo 'see https://me:PLANTEDSAID@sso/' >&2\necho '{token}'"));
        victim
    }

    /// The variable that all programs of his have.
    fn home(&self) -> String {
        format!("HOME={}", self.file("x").parent().expect("a home").display())
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

    /// Looks through everything that the program keeps.
    #[track_caller]
    fn assert_keeps_none(&self) {
        for (path, text) in self.kept() {
            assert_clean(&path.display().to_string(), &text);
        }
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
            panic!("{place} shows a secret: …{}", &text[from..text.ceil_char_boundary(text.len().min(at + 60))]);
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
    for kept in ["X-Door", "tool/applied", "eventMetadata", "postRenderers", "registry.example.test/web:4.4.0", "\"plain\""] {
        assert!(snapshot.contains(kept), "the snapshot is of no use without {kept}");
    }
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);

    let arguments = std::fs::read_to_string(victim.file("git.arguments")).expect("git was asked to fetch");
    assert_clean("git's command line", &arguments);
    let environment = std::fs::read_to_string(victim.file("git.environment")).expect("git was asked to fetch");
    assert!(environment.contains("git.example.test"), "git gets the place to fetch from: {environment}");
    assert_clean("git's environment", &environment.replace(OWN, ""));
    let kept = victim.kept();
    assert!(
        kept.iter().any(|(path, text)| path.to_string_lossy().contains("fluxdeck.log") && text.contains("uri=http")),
        "no log"
    );
    for (path, text) in kept {
        assert_clean(&path.display().to_string(), &text);
    }
}

#[test]
fn failures_show_no_secret() {
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
    victim.assert_keeps_none();
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
    victim.assert_keeps_none();
}

/// The repository's address, where nobody answers.
fn elsewhere(_: &Victim) -> String {
    "https://bot:PLANTEDURL@git.example.test/apps.git".to_owned()
}

#[test]
fn differences_between_git_and_the_cluster_are_shown_without_secrets() {
    let victim = Victim::with_repository(elsewhere);
    let repository = victim.file("apps").display().to_string();
    let compared = ["drift", "-n", "web", "deploy/web", "--repo", &repository];
    let text = victim.run(&compared);
    let json = victim.run(&[&compared[..], &["-o", "json"]].concat());

    assert_eq!((text.code, json.code), (1, 1), "{text:?}\n{json:?}");
    for shown in [
        "spec.replicas: git 5, live 2",
        "registry.example.test/web:4.5.0",
        "env[name=API_TOKEN].value: git \"<masked>\", live \"<masked>\"",
        "postgres://***@db/y",
        "postgres://***@db/x",
        "git \"other\", live \"PLAINVALUE\"",
        "made with token ***",
        "--password=***",
    ] {
        assert!(text.out.contains(shown), "{shown} is not shown: {}", text.out);
    }
    let report: Value = serde_json::from_str(&json.out).expect("JSON");
    assert!(report["drifted"][0]["fields"].as_array().is_some_and(|fields| fields.len() > 5), "{report}");

    // nothing is fetched
    victim.script("bin/git", "exit 1");
    std::fs::create_dir_all(victim.fluxdeck.file(".config/fluxdeck")).expect("the home directory is ours");
    victim.fluxdeck.write(".config/fluxdeck/config.toml", &format!("repos = [\"{repository}\"]\n"));
    let mut screen = victim.open();
    screen.until_shows("live", SOON);
    screen.keys(":ns web\r");
    screen.keys(":drift\r");
    // the last rows: all is drawn
    screen.until_shows("containers[name=web].image", SOON);
    assert!(screen.text().contains("postgres://***@db/y") && screen.text().contains("API_TOKEN"), "{}", screen.text());
    assert_clean("the drift on the screen", &screen.text());
    screen.keys("o");
    screen.until_shows("value: other", SOON);
    assert!(screen.text().contains("{name: API_TOKEN, value: ***}"), "{}", screen.text());
    assert_clean("the file on the screen", &screen.text());
    screen.keys("\x03");
    screen.end(SOON);
    assert_clean("what was written to the terminal", &String::from_utf8_lossy(&screen.written));
    victim.assert_keeps_none();
}

#[test]
fn a_fetch_logs_in_and_nobody_on_the_machine_can_see_with_what() {
    let mut forge = None;
    let victim = Victim::with_repository(|victim| {
        let port = forge.insert(Forge::open(&victim.home())).port;
        format!("http://bot:PLANTEDURL@127.0.0.1:{port}/apps.git")
    });
    let forge = forge.expect("it was opened");
    let ran = victim.run(&["drift", "-n", "web"]);

    assert!(ran.out.contains("git cannot fetch") && ran.out.contains("/apps.git"), "{ran:?}");
    // bot:PLANTEDURL
    let login = "authorization: basic ym90olbmqu5ururvukw=";
    assert!(forge.asked().iter().any(|head| head.to_lowercase().contains(login)), "it never logged in: {:?}", forge.asked());
    let seen = forge.processes();
    for program in ["fluxdeck", "git", "git-remote-http", "remote-http"] {
        assert!(seen.iter().any(|process| process.arguments.contains(program)), "{program} was not seen: {seen:?}");
    }
    assert!(seen.iter().any(|process| process.arguments.contains("/apps.git")), "no address was seen: {seen:?}");
    for process in seen {
        assert_clean("a command line", &process.arguments);
        assert_clean("an environment", &process.environment.replace(OWN, ""));
    }
    victim.assert_keeps_none();
}

#[test]
fn a_credential_is_for_the_host_of_its_url_alone() {
    let mut forges = None;
    let victim = Victim::with_repository(|victim| {
        let other = Forge::open(&victim.home());
        let (first, other) = forges.insert((Forge::moved(&victim.home(), &other), other));
        assert_ne!(first.port, other.port);
        format!("http://bot:PLANTEDURL@127.0.0.1:{}/apps.git", first.port)
    });
    let (first, other) = forges.expect("they were opened");
    let ran = victim.run(&["drift", "-n", "web"]);

    assert!(ran.out.contains("git cannot fetch"), "{ran:?}");
    assert!(!first.asked().is_empty() && !other.asked().is_empty(), "git went where it was sent");
    for head in other.asked() {
        assert!(!head.to_lowercase().contains("authorization:"), "another host received it: {head}");
    }
}

#[test]
fn who_is_killed_leaves_no_secret_behind() {
    let victim = Victim::new();
    let kubeconfig = victim.file("kubeconfig").display().to_string();
    let arguments = ["--kubeconfig", &kubeconfig, "reconcile", "ks", "apps", "-n", "flux-system", "--yes"];
    let mut running = victim.fluxdeck.open(&arguments, TALL);
    let is_job = |path: &Path| path.extension().is_some_and(|extension| extension == "job");
    let has_job = || victim.kept().iter().any(|(path, text)| is_job(path) && text.contains("apps")).then_some(());
    assert!(within(SOON, has_job).is_some(), "no job was written down: {}", running.text());
    let seen = processes(&victim.home());
    running.signal("KILL");
    running.end(SOON);

    assert!(!seen.is_empty());
    for process in seen {
        assert_clean("a command line", &process.arguments);
        assert_clean("an environment", &process.environment.replace(OWN, ""));
    }
    assert!(has_job().is_some(), "the job is gone");
    victim.assert_keeps_none();
    // at the terminal the login program may speak for itself
    assert_clean("what was written to the terminal", &String::from_utf8_lossy(&running.written).replace("me:PLANTEDSAID", ""));
    let shown = victim.run(&["jobs", "list", "-o", "json"]);
    assert!(shown.out.contains("apps"), "{shown:?}");
}
