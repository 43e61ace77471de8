//! A whole change, from its form to its merge, at a forge that asks for a login: whatever way the user has to log in, the token is seen by
//! the forge alone.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::cluster::{Git, serve_of};
use super::forge::{Process, processes};
use super::{OWN, SOON, Victim, assert_clean};
use crate::hosted::Hosted;
use crate::support::terminal::Terminal;
use crate::support::within;
use crate::trouble::gate::Gate;
use crate::trouble::host::Host;
use crate::trouble::http::{Answer, Far, Request};

/// How a user logs in: git, and the API of the forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `token-command` for the API, a helper of git's for git.
    Command,
    /// A variable of the environment for both: git's helper reads it, as `gh auth git-credential` does.
    Environment,
    /// In the URL of the remote of a checkout.
    Remote,
    /// In a rule of the user's for URLs.
    InsteadOf,
    /// git's helper for both.
    Helper,
}

impl Way {
    const ALL: [Self; 5] = [Self::Command, Self::Environment, Self::Remote, Self::InsteadOf, Self::Helper];

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Tokens: of the helper, of the command, in a URL.
const STORED: &str = "PLANTEDSTORED0123456789";
const PRINTED: &str = "PLANTEDPRINTED0123456789";
const WRITTEN: &str = "PLANTEDWRITTEN0123456789";

/// Looks at what runs while something is asked.
struct Watched {
    far: Arc<dyn Far>,
    /// Distinguishes the user's processes from all others.
    variable: String,
    seen: Mutex<Vec<Process>>,
    asked: Mutex<Vec<Request>>,
}

impl Far for Watched {
    fn answer(&self, request: &Request) -> Answer {
        let found = processes(&self.variable);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.far.answer(request)
    }
}

/// A user with a login at a forge, and the cluster that applies what is there.
struct Stage {
    victim: Victim,
    hosted: Hosted,
    watched: Arc<Watched>,
    gate: Gate,
}

impl Stage {
    fn new(way: Way, word: &str) -> Self {
        let mut victim = Victim::alone();
        let hosted = Hosted::empty(&format!("planted-{}-{word}", way.name()));
        let watched =
            Arc::new(Watched { far: hosted.far(), variable: victim.home(), seen: Mutex::default(), asked: Mutex::default() });
        let gate = Gate::before(watched.clone());
        let place = format!("127.0.0.1:{}", gate.port());
        let repository = hosted.repository().to_owned();
        // the cluster's own login is the cluster's: nobody pushes with it
        let git = Git::make(&victim.file("apps"), &hosted.address());
        crate::trouble::host::git(&victim.file("apps"), &["push", "-q", "origin", "main"]);
        let url = format!("http://bot:PLANTEDURL@{place}/{repository}.git");
        victim.kubeconfig(serve_of(Git { url, commit: git.commit }));
        [STORED, PRINTED, WRITTEN, OWN].into_iter().for_each(|token| hosted.admit_token(token));
        victim.log_in(way, &place, &repository);
        Self { victim, hosted, watched, gate }
    }

    fn asked(&self) -> Vec<Request> {
        self.watched.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the pull request, and merges it.
    fn merge(&self) {
        let number = within(SOON, || self.hosted.pulls().first().map(|pull| pull.number));
        self.hosted.merge(number.expect("it is opened"));
    }

    /// Looks through everything that is left of a change.
    #[track_caller]
    fn assert_clean(&self, way: Way) {
        let pulls = self.hosted.pulls();
        assert!(pulls.len() == 1 && pulls[0].is_merged, "{way:?}: {pulls:?}");
        assert_clean("the pull request", &format!("{pulls:?}"));
        let seen = self.watched.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for program in ["fluxdeck", "git push", "git fetch", "git ls-remote", "remote-http"] {
            let is_it = |process: &Process| process.arguments.replace('\n', " ").contains(program);
            assert!(seen.iter().any(is_it), "{way:?}: {program} was not seen: {seen:?}");
        }
        for process in seen.iter() {
            assert_clean("a command line", &process.arguments);
            // the user's own variables are passed on, as from a shell: their git and its helpers may need them. Nothing else is
            assert_clean("an environment", &process.environment.replace(OWN, ""));
        }
        let kept = self.victim.kept();
        for name in ["fluxdeck.log", ".job", "acts.jsonl"] {
            assert!(kept.iter().any(|(path, _)| path.to_string_lossy().contains(name)), "{way:?}: no {name} is kept");
        }
        let has_clone = kept.iter().any(|(path, _)| path.ends_with("config") && path.to_string_lossy().contains(".cache"));
        assert_eq!(has_clone, way != Way::Remote, "{way:?}: a clone in the cache is looked through as well");
        self.victim.assert_keeps_none();
    }
}

impl Victim {
    /// Sets a way to log in up, at that place.
    fn log_in(&mut self, way: Way, place: &str, repository: &str) {
        let home = self.file("");
        let store = "[credential]\n\thelper = store\n[user]\n\tname = Ana\n\temail = ana@example.test\n";
        self.fluxdeck.write(".git-credentials", &format!("http://me:{STORED}@{place}\n"));
        std::fs::create_dir_all(self.file(".config/fluxdeck")).expect("a home of ours");
        let mut config = String::new();
        let mut git = store.to_owned();
        match way {
            Way::Helper => {}
            Way::Command => {
                self.script("forge-token", &format!("echo 'see https://me:PLANTEDSAID@sso/' >&2\necho {PRINTED}"));
                let command = home.join("forge-token").display().to_string();
                config = format!("[forges.\"http://{place}\"]\nkind = \"github\"\ntoken-command = [\"{command}\"]\n");
            }
            Way::Environment => {
                git = git.replace("store", "\"!f() { echo username=me; echo password=$GH_ENTERPRISE_TOKEN; }; f\"");
                self.fluxdeck.add("GH_HOST", &format!("http://{place}"));
                self.fluxdeck.add("GH_ENTERPRISE_TOKEN", OWN);
            }
            Way::Remote => {
                let folder = self.file("checkout").display().to_string();
                let url = format!("http://me:{WRITTEN}@{place}/{repository}.git");
                crate::trouble::host::git(&home, &["clone", "-q", &url, &folder]);
                config = format!("repos = [\"{folder}\"]\n");
            }
            Way::InsteadOf => {
                git.push_str(&format!("[url \"http://me:{WRITTEN}@{place}/\"]\n\tinsteadOf = http://{place}/\n"));
            }
        }
        self.fluxdeck.write(".gitconfig", &git);
        self.fluxdeck.write(".config/fluxdeck/config.toml", &config);
    }
}

const SCALE: [&str; 6] = ["run", "scale", "deployment/web", "-n", "web", "--set"];

#[test]
fn a_change_shows_and_keeps_no_token_whatever_way_its_user_logs_in() {
    std::thread::scope(|scope| {
        for way in Way::ALL {
            std::thread::Builder::new().name(way.name()).spawn_scoped(scope, move || headless(way)).expect("a thread");
        }
    });
}

fn headless(way: Way) {
    let stage = Stage::new(way, "headless");
    let victim = &stage.victim;
    let ran = std::thread::scope(|scope| {
        let running = scope.spawn(|| victim.run(&[&SCALE[..], &["replicas=3", "--wait", "merged"]].concat()));
        stage.merge();
        running.join().expect("it ends")
    });
    assert!(ran.code == 0 && ran.err.contains("merged"), "{way:?}: {ran:?}");
    for arguments in [&["changes"][..], &["changes", "-o", "json"], &["jobs", "list", "-o", "json"]] {
        assert_eq!(victim.run(arguments).code, 0, "{way:?} {arguments:?}");
    }
    let all: Value = serde_json::from_str(&victim.run(&["changes", "-o", "json"]).out).expect("JSON");
    let id = all[0]["id"].as_str().expect("a change");
    assert_eq!(victim.run(&["changes", "show", id]).code, 0, "{way:?}");
    stage.assert_clean(way);
}

#[test]
fn a_change_shows_no_token_on_the_screen() {
    std::thread::scope(|scope| {
        for way in [Way::Helper, Way::Remote] {
            std::thread::Builder::new().name(way.name()).spawn_scoped(scope, move || on_screen(way)).expect("a thread");
        }
    });
}

fn on_screen(way: Way) {
    let stage = Stage::new(way, "screen");
    let mut screen = stage.victim.open();
    let until = |screen: &mut Terminal, keys: &str, words: &str| {
        screen.keys(keys);
        screen.until_shows(words, SOON);
        assert_clean(words, &screen.text());
    };
    until(&mut screen, "", "● live");
    until(&mut screen, ":deploy web\r", "NAME↑");
    until(&mut screen, "ja", "Through git");
    until(&mut screen, "n", "replicas  [");
    // what is there goes first
    until(&mut screen, "\x153\r", "opens a pull request");
    assert!(screen.text().contains("replicas: 3"), "{}", screen.text());
    until(&mut screen, "\t", "opens a pull request");
    until(&mut screen, "\rJ", "#1");
    until(&mut screen, "\r", "rolled out");
    stage.merge();
    until(&mut screen, "", "by ana");
    until(&mut screen, "\x1b", "merged");
    until(&mut screen, "\x03", "leave now");
    screen.keys("q");
    screen.end(SOON);
    assert_clean("what was written to the terminal", &String::from_utf8_lossy(&screen.written));
    stage.assert_clean(way);
}

#[test]
fn a_token_is_for_its_host_and_another_one_that_is_named_by_a_cluster_gets_nothing() {
    for way in [Way::Command, Way::Environment, Way::InsteadOf, Way::Helper] {
        let stage = Stage::new(way, "bound");
        // the same user, and a cluster that names another host
        let other = Gate::before(stage.watched.clone());
        assert_ne!(other.port(), stage.gate.port());
        let url = format!("http://127.0.0.1:{}/{}.git", other.port(), stage.hosted.repository());
        let commit = crate::trouble::host::git(&stage.victim.file("apps"), &["rev-parse", "HEAD"]);
        stage.victim.kubeconfig(serve_of(Git { url, commit }));
        if way == Way::Environment {
            // of which host the token is, git's helper has to say itself
            stage.victim.fluxdeck.write(".gitconfig", "[user]\n\tname = Ana\n\temail = ana@example.test\n");
        }
        let ran = stage.victim.run(&[&SCALE[..], &["replicas=3"]].concat());
        assert_ne!(ran.code, 0, "{way:?}: it asks for a login: {ran:?}");
        let asked = stage.asked();
        assert!(!asked.is_empty(), "{way:?}: it was asked");
        for request in asked {
            assert_eq!(request.header("authorization"), None, "{way:?}: {} {}", request.method, request.path);
        }
    }
}

/// A repository that everybody may read: so far as the pull request needs a login, there is one for another host only.
#[test]
fn a_forge_that_sends_elsewhere_is_not_followed_with_a_token() {
    struct Moved(u16);
    impl Far for Moved {
        fn answer(&self, request: &Request) -> Answer {
            let place = format!("http://127.0.0.1:{}{}", self.0, request.path);
            Answer { status: 302, headers: vec![("Location".to_owned(), place)], ..Answer::default() }
        }
    }
    let stage = Stage::new(Way::Command, "moved");
    let first = Gate::before(Arc::new(Moved(stage.gate.port())));
    let place = format!("127.0.0.1:{}", first.port());
    let command = stage.victim.file("forge-token").display().to_string();
    let config = format!("[forges.\"http://{place}\"]\nkind = \"github\"\ntoken-command = [\"{command}\"]\n");
    stage.victim.fluxdeck.write(".config/fluxdeck/config.toml", &config);
    stage.victim.fluxdeck.write(".git-credentials", &format!("http://me:{STORED}@{place}\n"));
    let commit = crate::trouble::host::git(&stage.victim.file("apps"), &["rev-parse", "HEAD"]);
    let url = format!("http://{place}/{}.git", stage.hosted.repository());
    stage.victim.kubeconfig(serve_of(Git { url, commit }));
    let ran = stage.victim.run(&[&SCALE[..], &["replicas=3"]].concat());
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(!stage.asked().is_empty(), "git went where it was sent");
    for request in stage.asked() {
        assert_eq!(request.header("authorization"), None, "{} {}", request.method, request.path);
    }
}
