//! The ways to an API server besides a plain address: through proxies, from inside a pod, and with fewer watches than kinds.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};

const SOON: Duration = Duration::from_secs(20);

/// What a client says to a proxy before the bytes of its connection.
#[derive(Clone, Copy)]
enum Greeting {
    /// HTTP `CONNECT`.
    Connect,
    /// SOCKS 5 without authentication (RFC 1928).
    Socks,
}

/// A proxy on a loopback port; counts the connections that it made to the server.
struct Forward {
    port: u16,
    made: Arc<AtomicUsize>,
}

impl Forward {
    fn start(greeting: Greeting, server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        // ends with the process: nobody else connects to it
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let count = count.clone();
                std::thread::spawn(move || {
                    if greet(&mut client, greeting, server).is_some() {
                        count.fetch_add(1, Ordering::Relaxed);
                        join(client, TcpStream::connect((Ipv4Addr::LOCALHOST, server)).expect("the API server listens"));
                    }
                });
            }
        });
        Self { port, made }
    }
}

/// Answers the greeting of a client that asks for that port of this machine.
fn greet(client: &mut TcpStream, greeting: Greeting, server: u16) -> Option<()> {
    match greeting {
        Greeting::Connect => {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).ok()?;
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).ok()?;
            assert!(head.starts_with(&format!("CONNECT 127.0.0.1:{server} ")), "{head}");
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()
        }
        Greeting::Socks => {
            let mut offer = [0; 2];
            client.read_exact(&mut offer).ok()?;
            client.read_exact(&mut vec![0; offer[1].into()]).ok()?;
            client.write_all(&[5, 0]).ok()?;
            // version, connect, reserved, IPv4, address, port
            let mut request = [0; 10];
            client.read_exact(&mut request).ok()?;
            let [high, low] = server.to_be_bytes();
            assert_eq!(request, [5, 1, 0, 1, 127, 0, 0, 1, high, low]);
            client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()
        }
    }
}

fn join(client: TcpStream, server: TcpStream) {
    let pump = |mut from: TcpStream, mut to: TcpStream| {
        std::thread::spawn(move || {
            // either side may go
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        })
    };
    let clone = |stream: &TcpStream| stream.try_clone().expect("a handle");
    let there = pump(clone(&client), clone(&server));
    pump(server, client).join().expect("no panic");
    there.join().expect("no panic");
}

/// The administrator's kubeconfig with a line more for its cluster.
fn with_line(bed: &Bed, user: &Fluxdeck, line: &str) -> Fluxdeck {
    let text = std::fs::read_to_string(bed.kubeconfig("admin")).expect("the bed's kubeconfig");
    let at = text.find("    server:").expect("a server");
    let path = user.write("kubeconfig", &format!("{}    {line}\n{}", &text[..at], &text[at..]));
    Fluxdeck::with(&path)
}

fn assert_lists(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("apps") && ran.out.contains("controllers"), "{ran:?}");
}

fn proxies_of_the_kubeconfig_and_of_the_environment_are_used() {
    let bed = bed::shared();
    let get = ["get", "ks", "-n", "flux-system"];
    for (greeting, scheme) in [(Greeting::Connect, "http"), (Greeting::Socks, "socks5")] {
        let proxy = Forward::start(greeting, bed.port());
        let url = format!("{scheme}://127.0.0.1:{}", proxy.port);
        let user = Fluxdeck::new();

        assert_lists(&with_line(&bed, &user, &format!("proxy-url: {url}")).run(&get));
        let of_kubeconfig = proxy.made.load(Ordering::Relaxed);
        assert!(of_kubeconfig > 0, "{scheme}: the kubeconfig's proxy-url");

        assert_lists(&Fluxdeck::with(&bed.kubeconfig("admin")).set("HTTPS_PROXY", &url).run(&get));
        assert!(proxy.made.load(Ordering::Relaxed) > of_kubeconfig, "{scheme}: HTTPS_PROXY");
    }
}

fn a_proxy_that_is_not_there_is_named() {
    let bed = bed::shared();
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("bound").port();
    let user = Fluxdeck::new();
    let ran = with_line(&bed, &user, &format!("proxy-url: http://127.0.0.1:{nobody}")).run(&["get", "ks", "-n", "flux-system"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("cannot reach"), "{ran:?}");
}

fn in_a_pod_the_service_account_is_used() {
    let bed = bed::shared();
    let user = Fluxdeck::new();
    let token = bed.kubectl(&["create", "token", "default", "-n", "flux-system"]);
    let certificate =
        bed.kubectl(&["config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.certificate-authority-data}"]);
    user.write("token", token.trim());
    user.write("ca.b64", certificate.trim());
    // a mount namespace of our own, with the files where a pod has them
    let script = "mount -t tmpfs tmpfs /run && dir=/var/run/secrets/kubernetes.io/serviceaccount && mkdir -p $dir && \
        cp token $dir/token && base64 -d ca.b64 > $dir/ca.crt && printf flux-system > $dir/namespace && exec \"$@\"";
    let run = |arguments: &[&str]| {
        Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_fluxdeck")])
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("HOME", user.file("home"))
            .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
            .env("KUBERNETES_SERVICE_PORT", bed.port().to_string())
            .current_dir(user.file("."))
            .output()
            .expect("unshare is there")
    };
    // the account of that namespace may do nothing yet: the server knows who asks
    let refused = run(&["get", "ks", "-n", "flux-system"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{text}");
    assert!(text.contains("system:serviceaccount:flux-system:default") || text.contains("may not"), "{text}");

    let role =
        ["create", "rolebinding", "in-a-pod", "-n", "flux-system", "--clusterrole=view", "--serviceaccount=flux-system:default"];
    bed.kubectl(&role);
    let allowed = run(&["get", "configmaps", "-n", "flux-system"]);
    bed.kubectl(&["delete", "rolebinding", "in-a-pod", "-n", "flux-system"]);
    assert_eq!(allowed.status.code(), Some(0), "{}", String::from_utf8_lossy(&allowed.stderr));
}

fn what_is_listed_instead_of_watched_says_so_and_follows_all_the_same() {
    let bed = bed::alone();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    std::fs::create_dir_all(user.file(".config/fluxdeck")).expect("the home is ours");
    user.write(".config/fluxdeck/config.toml", "watches = 3");
    let mut screen = user.open(&["-c", "kinds"], (180, 60));
    screen.until_shows("listed every 30 s", SOON);
    screen.keys(":pods flux-system\r");
    screen
        .until("the table says so too", SOON, |text| text.lines().nth(1).is_some_and(|line| line.contains("listed every 30 s")));
    screen.keys(":configmaps default\r");
    screen.until_shows("kube-root-ca.crt", SOON);
    bed.kubectl(&["create", "configmap", "later", "-n", "default"]);
    let took = screen.until_shows("later", Duration::from_secs(45));
    bed.kubectl(&["delete", "configmap", "later", "-n", "default"]);
    assert!(took < Duration::from_secs(40), "listed again after {took:?}");
    screen.keys("d");
    screen.until_shows("not watched", SOON);
}

trials![
    proxies_of_the_kubeconfig_and_of_the_environment_are_used,
    a_proxy_that_is_not_there_is_named,
    in_a_pod_the_service_account_is_used,
    what_is_listed_instead_of_watched_says_so_and_follows_all_the_same,
];
