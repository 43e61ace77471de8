//! Login programs that hang, fail and are repaired, as a user meets them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::planted::serve;
use crate::support::program::Fluxdeck;
use crate::support::terminal::{Terminal, WIDE};
use crate::support::within;

/// How long the program may take for what it does at once.
const SOON: Duration = Duration::from_secs(30);
/// How long until a credential that ends is missed: the heartbeat's pause, and some.
const LATER: Duration = Duration::from_secs(60);

/// A user with two contexts: one logs in with a program, the other holds a token.
struct Person {
    fluxdeck: Fluxdeck,
}

impl Person {
    fn new(script: &str) -> Self {
        let person = Self { fluxdeck: Fluxdeck::new() };
        person.script(script);
        let exec = format!(
            "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: '{}'",
            person.file("tok").display()
        );
        person.fluxdeck.write(
            "kubeconfig",
            &format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: first\nclusters:\n- {{name: c, cluster: {{server: 'http://127.0.0.1:{}/door'}}}}\n\
                 contexts:\n- {{name: first, context: {{cluster: c, user: a}}}}\n- {{name: second, context: {{cluster: c, user: b}}}}\n\
                 users:\n- {{name: a, user: {{exec: {{{exec}}}}}}}\n- {{name: b, user: {{token: abc}}}}\n",
                serve()
            ),
        );
        person
    }

    /// Puts a program into the place of the one before. Each run leaves its number in `runs`.
    fn script(&self, text: &str) {
        let next =
            self.fluxdeck.write("next", &format!("#!/bin/sh\ncd '{}'\necho $$ >> runs\n{text}\n", self.file("").display()));
        std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        std::fs::rename(next, self.file("tok")).expect("it is ours");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.fluxdeck.file(name)
    }

    /// The processes that were started.
    fn runs(&self) -> Vec<String> {
        std::fs::read_to_string(self.file("runs")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn open(&self) -> Terminal {
        self.fluxdeck.open(&["--kubeconfig", &self.file("kubeconfig").display().to_string()], WIDE)
    }
}

const HANGS: &str = "while [ ! -e go ]; do sleep 0.05; done";

fn credential(lasts: Option<SignedDuration>) -> String {
    let end = lasts.map_or(String::new(), |lasts| format!(", \"expirationTimestamp\": \"{}\"", Timestamp::now() + lasts));
    format!(
        "echo '{{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {{\"token\": \"abc\"{end}}}}}'"
    )
}

fn ends(process: &str) -> bool {
    within(SOON, || (!Path::new(&format!("/proc/{process}/cwd")).join(".").exists()).then_some(())).is_some()
}

#[test]
fn one_that_hangs_at_the_start_is_named_can_be_left_and_ends() {
    let person = Person::new(HANGS);
    let mut screen = person.open();
    screen.until_shows("waiting for the login program `tok` of first", SOON);
    screen.until_shows("logging in", SOON);
    let first = person.runs();
    assert_eq!(first.len(), 1);

    screen.keys(":ctx second\r");
    screen.until_shows("live", SOON);
    assert!(ends(&first[0]), "it ends with the context that is left");

    screen.keys(":ctx first\r");
    screen.until_shows("waiting for the login program `tok` of first", SOON);
    let second = person.runs().last().cloned().expect("a run");
    screen.keys("\x03");
    assert!(within(SOON, || (!screen.is_running()).then_some(())).is_some(), "the program ends");
    assert!(ends(&second), "it ends with the program");
}

#[test]
fn a_command_names_the_program_that_it_waited_for_and_ends_it() {
    let person = Person::new(HANGS);
    let kubeconfig = person.file("kubeconfig").display().to_string();
    let ran = person.fluxdeck.run(&["--kubeconfig", &kubeconfig, "get", "ks", "-A", "--timeout", "2s"]);

    assert!(ran.code == 3 && ran.err.contains("waiting for the login program `tok`"), "{ran:?}");
    assert!(person.runs().len() == 1 && ends(&person.runs()[0]));
}

#[test]
fn a_command_that_waits_says_for_what_and_goes_on_when_it_has_come() {
    let person = Person::new(&format!("{HANGS}\n{}", credential(None)));
    let kubeconfig = person.file("kubeconfig").display().to_string();
    let running = person.fluxdeck.spawn(&["--kubeconfig", &kubeconfig, "get", "ks", "-A"]);
    let is_said = within(SOON, || running.has_said("waiting for the login program `tok`").then_some(()));
    std::fs::write(person.file("go"), "").expect("it is ours");
    let ran = running.end();

    assert!(is_said.is_some() && ran.code == 0 && ran.out.contains("NAMESPACE"), "{ran:?}");
    assert_eq!((ran.err.matches("waiting for").count(), person.runs().len()), (1, 1), "{ran:?}");
}

#[test]
fn one_that_hangs_at_a_refresh_is_said_runs_once_and_goes_on_when_it_is_repaired() {
    let person = Person::new(&credential(Some(SignedDuration::from_secs(15))));
    let mut screen = person.open();
    screen.until_shows("live", SOON);
    person.script(&format!("{HANGS}\n{}", credential(None)));

    screen.until_shows("waiting for the login program `tok`", LATER);
    // requests go on being made meanwhile
    screen.stays("waiting", Duration::from_secs(6), |text| !text.contains("no answer"));
    assert_eq!(person.runs().len(), 2, "one run at the start, one for all requests since");
    std::fs::write(person.file("go"), "").expect("it is ours");
    screen.until("the link live again", LATER, |text| text.contains("● live") && !text.contains("login program"));
    assert_eq!(person.runs().len(), 2);
}

#[test]
fn an_act_without_a_credential_was_not_sent_and_says_what_helps() {
    let person = Person::new(&credential(None));
    let kubeconfig = person.file("kubeconfig").display().to_string();
    person.script("echo 'please log in' >&2\nexit 1");
    let ran = person.fluxdeck.run(&["--kubeconfig", &kubeconfig, "suspend", "ks", "apps", "-n", "flux-system", "--yes"]);

    assert!(
        ran.code == 3 && ran.err.starts_with("fluxdeck: please log in (the login program `tok` failed: exit status: 1)"),
        "{ran:?}"
    );
}
