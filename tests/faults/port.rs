//! The program as a process, at the demo behind a port of this machine: what it prints, and how it ends. By the clock on the wall.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use fluxdeck::cluster::Access;
use fluxdeck::demo::faults::{Fault, On, Verb, What};
use fluxdeck::demo::{User, World};
use fluxdeck::runtime::{Options, Origin, Runtime};
use fluxdeck_model::domain::{ClusterId, Str};
use fluxdeck_model::state::{Effect, Epoch, Link, Message, News};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use super::not_yet::tried;
use crate::flows::driver::fleet;

/// How long one request may take.
const LIMIT: &str = "3s";

/// The recorded fleet behind a port, until it is dropped.
struct Port {
    world: World,
    home: TempDir,
    /// Ends the thread that serves.
    _end: oneshot::Sender<()>,
}

/// The program's own session, at the current context of the port's kubeconfig.
struct Session {
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
}

impl Session {
    fn include(&mut self, names: &[&str]) {
        let namespaces = names.iter().map(|name| Str::from(*name)).collect();
        self.carry_out(Effect::Include { cluster: ClusterId(0), namespaces });
    }

    fn carry_out(&mut self, effect: Effect) {
        assert!(self.runtime.carry_out(effect).is_none(), "there is no terminal");
    }

    /// The first news of a kind.
    async fn until(&mut self, is_it: impl Fn(&News) -> bool) -> News {
        let it = async {
            loop {
                match self.messages.recv().await.expect("the session lives") {
                    Message::Cluster(_, _, news) if is_it(&news) => return news,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), it).await.expect("it comes")
    }
}

/// How a command ended, and what it printed.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Port {
    fn open() -> Self {
        let snapshot = fleet();
        let world = World::start(&snapshot, snapshot.taken.expect("a snapshot has a time"), None);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("it is bound");
        let home = tempfile::tempdir().expect("a directory");
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: demo\nclusters:\n- {{name: demo, cluster: {{server: \"http://{address}/key\"}}}}\n\
             users:\n- {{name: demo, user: {{}}}}\ncontexts:\n- {{name: demo, context: {{cluster: demo, user: demo}}}}\n"
        );
        std::fs::write(home.path().join("kubeconfig"), kubeconfig).expect("our directory");
        let (end, ended) = oneshot::channel();
        let served = world.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                tokio::select! {
                    ((), ()) = async { tokio::join!(served.run(), served.serve(listener, vec![("key".to_owned(), User::admin())])) } => {}
                    _ = ended => {}
                }
            });
        });
        Self { world, home, _end: end }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn session(&self) -> Session {
        let (inbox, messages) = mpsc::channel(64);
        let access = Access { kubeconfig: Some(self.file("kubeconfig")), ..Access::default() };
        let options = Options { state_dir: Some(self.file("state")), ..Options::of(Origin::Live(access)) };
        let mut session = Session { runtime: Runtime::new(options, inbox), messages };
        let (cluster, epoch, context) = (ClusterId(0), Epoch::default(), String::new());
        session.carry_out(Effect::Connect { cluster, epoch, context, keep: false });
        session
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fluxdeck"));
        command.env_clear().env("HOME", self.home.path()).env("KUBECONFIG", self.file("kubeconfig"));
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.args(["--request-timeout", LIMIT]).args(arguments).current_dir(self.home.path()).stdin(Stdio::null());
        let done = command.output().expect("fluxdeck runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
    }
}

#[tokio::test]
async fn one_kind_that_fails_leaves_the_others_to_get_tree_and_snapshot() {
    tried("one_kind_that_fails_leaves_the_others_to_get_tree_and_snapshot", async {
        let port = Port::open();
        assert_eq!(port.run(&["get", "gitrepo", "-A"]).code, Some(0), "without a fault");
        port.world.inject(Fault::new(On::path("/imagerepositories"), What::status(500)));
        for arguments in [&["get", "gitrepo", "-A"][..], &["tree"], &["get", "ks", "-A", "-o", "json"]] {
            let ran = port.run(&[arguments, &["--timeout", "6s"]].concat());
            // a tree without one of its kinds is printed, and is not whole
            let code = if arguments == ["tree"] { 3 } else { 0 };
            assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
            assert!(ran.out.contains("flux-system"), "{arguments:?}: {}", ran.out);
            // what is not printed is not asked for
            let is_named = ran.err.to_lowercase().contains("imagerepositor");
            assert_eq!(is_named, arguments == ["tree"], "{arguments:?}: {}", ran.err);
        }
        let ran = port.run(&["get", "imagerepositories", "-A", "--timeout", "6s"]);
        assert_ne!(ran.code, Some(0), "what it asks for is what fails");
        assert!(ran.err.contains("500") && ran.err.to_lowercase().contains("imagerepositor"), "{}", ran.err);
        let ran = port.run(&["snapshot", "taken.gz", "--timeout", "6s"]);
        assert!(port.file("taken.gz").exists() && ran.err.to_lowercase().contains("imagerepositor"), "{}", ran.err);
    })
    .await;
}

#[tokio::test]
async fn names_given_before_it_has_connected_are_known_to_the_next_run_where_nobody_names_a_context() {
    let port = Port::open();
    port.world.inject(Fault::new(On::verbs(&[Verb::Version]), What::Latency(Duration::from_secs(2))));
    let mut first = port.session();
    first.include(&["web", "shop"]);
    first.until(|news| matches!(news, News::Link(Link::Live))).await;
    drop(first);

    let kept = std::fs::read_to_string(port.file("state/namespaces.json")).expect("they are kept");
    assert!(kept.contains("\"demo\"") && !kept.contains("\"\""), "under the name of the current context: {kept}");
    let known = port.session().until(|news| matches!(news, News::Namespaces(_))).await;
    let News::Namespaces(names) = known else { unreachable!("it was waited for") };
    assert!(["web", "shop"].iter().all(|name| names.iter().any(|known| &**known == *name)), "{names:?}");
}

#[tokio::test]
async fn nothing_that_a_gateway_says_reaches_the_terminal_raw() {
    tried("nothing_that_a_gateway_says_reaches_the_terminal_raw", async {
        let port = Port::open();
        for name in ["error_page", "bad_gateway"] {
            let fault = Fault::named(name).expect("a fault of the list");
            port.world.inject(fault);
            for arguments in [&["get", "ks", "-A"][..], &["suspend", "ks", "apps", "-n", "flux-system"]] {
                let ran = port.run(arguments);
                assert_eq!(ran.code, Some(3), "{arguments:?}: {}", ran.err);
                let is_raw = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
                assert!(!ran.err.contains(is_raw), "{arguments:?}: {:?}", ran.err);
                assert!(ran.err.contains("50"), "{arguments:?} says nothing of what was answered: {}", ran.err);
            }
            port.world.lift();
        }
    })
    .await;
}

#[tokio::test]
async fn a_command_ends_in_time_and_the_next_one_is_whole() {
    let port = Port::open();
    for (fault, expected) in [
        (Fault::new(On::EVERY, What::Latency(Duration::from_secs(3600))), "answer"),
        (Fault::new(On::EVERY, What::Truncated), "body"),
        (Fault::new(On::EVERY, What::Reset { is_done: false }), "closed before"),
        (Fault::new(On::EVERY, What::status(401)), "credentials"),
    ] {
        port.world.inject(fault);
        let began = std::time::Instant::now();
        let ran = port.run(&["get", "ks", "-A", "--timeout", "10s"]);
        assert_eq!(ran.code, Some(3), "{fault:?}: {}", ran.err);
        assert!(ran.err.contains(expected) && ran.out.is_empty(), "{fault:?}: {}{}", ran.out, ran.err);
        assert!(began.elapsed() < Duration::from_secs(20), "{fault:?} took {:?}", began.elapsed());
        port.world.lift();
    }
    let ran = port.run(&["get", "ks", "-A"]);
    assert!(ran.code == Some(0) && ran.out.contains("flux-system"), "{}{}", ran.out, ran.err);
}

#[tokio::test]
async fn a_limit_for_one_request_is_none_for_all_that_connecting_asks() {
    tried("a_limit_for_one_request_is_none_for_all_that_connecting_asks", async {
        let port = Port::open();
        let slow = On::verbs(&[Verb::Version, Verb::Discovery]);
        port.world.inject(Fault::new(slow, What::Latency(Duration::from_millis(1500))));
        let ran = port.run(&["get", "ks", "-A"]);
        assert_eq!(ran.code, Some(0), "each answer was in time: {}", ran.err);
    })
    .await;
}
