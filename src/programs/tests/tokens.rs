//! A token in a remote's URL: where it goes, and where it does not.

use fluxdeck_model::guards::Branch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::programs::Failure;

const TOKEN: &str = "PLANTED0123456789";
const ASKS: &str = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"";

/// The head of a request.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

async fn answer(stream: &mut TcpStream, status: &str) {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.expect("an answer");
}

/// Processes whose arguments or environment hold the token.
fn exposed() -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("processes").flatten() {
        for of in ["cmdline", "environ"] {
            let bytes = std::fs::read(entry.path().join(of)).unwrap_or_default();
            if String::from_utf8_lossy(&bytes).contains(TOKEN) {
                found.push(format!("{} {}", entry.path().display(), of));
            }
        }
    }
    found
}

/// Writes into the configuration of a checkout: an argument of git would show the token to a test that looks at that moment.
fn configured(checkout: &Path, change: impl FnOnce(String) -> String) {
    let path = checkout.join(".git/config");
    let text = std::fs::read_to_string(&path).expect("a configuration");
    std::fs::write(&path, change(text)).expect("written");
}

/// Sets the URL of the remote `origin`.
fn remote(checkout: &Path, url: &str) {
    configured(checkout, |text| {
        let line =
            |line: &str| if line.trim_start().starts_with("url = ") { format!("\turl = {url}\n") } else { format!("{line}\n") };
        text.lines().map(line).collect()
    });
}

/// Adds a rule of the user's: where `plain` is meant, `tokened` is asked.
fn rule(checkout: &Path, tokened: &str, plain: &str) {
    configured(checkout, |text| format!("{text}[url \"{tokened}\"]\n\tinsteadOf = {plain}\n"));
}

/// Asks for a password, and refuses it: the request that had one, and who showed the token meanwhile.
async fn refusing(listener: &TcpListener) -> (String, Vec<String>) {
    let mut shown = Vec::new();
    loop {
        let (mut stream, _) = knock(listener).await;
        let request = head(&mut stream).await;
        shown.extend(exposed());
        let has_login = request.to_lowercase().contains("authorization:");
        answer(&mut stream, if has_login { "403 Forbidden" } else { ASKS }).await;
        if has_login {
            return (request, shown);
        }
    }
}

async fn knock(listener: &TcpListener) -> (TcpStream, std::net::SocketAddr) {
    let knock = tokio::time::timeout(std::time::Duration::from_secs(60), listener.accept());
    knock.await.expect("git comes").expect("a connection")
}

async fn door() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[tokio::test]
async fn a_token_in_a_remotes_url_is_in_no_argument_no_environment_and_no_message() {
    let branch = Branch::new("fluxdeck/web-1", "main").expect("a branch");
    // the token of the remote itself, of a rule of the user's, and of such a rule for a cluster's URL
    for (is_of_rule, is_of_cluster) in [(false, false), (true, false), (true, true)] {
        let bed = Bed::new();
        let checkout = bed.checkout();
        let id = made(&checkout).await;
        let (listener, port) = door().await;
        let (plain, tokened) = (format!("http://127.0.0.1:{port}/"), format!("http://me:{TOKEN}@127.0.0.1:{port}/"));
        let url = if is_of_rule { &plain } else { &tokened };
        remote(&checkout, &format!("{url}team/fleet"));
        if is_of_rule {
            rule(&checkout, &tokened, &plain);
        }
        let source = format!("{plain}team/fleet");
        let remote = if is_of_cluster { Remote::Url(&source) } else { Remote::Named("origin") };
        let pushed = publish(&checkout, remote, &id, &branch);
        let (failure, (request, shown)) = tokio::join!(pushed, refusing(&listener));

        let login = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("me:{TOKEN}"));
        assert!(request.contains(&login), "git has it all the same: {request}");
        assert_eq!(shown, Vec::<String>::new());
        let failure = failure.expect_err("refused");
        assert!(matches!(failure, Failure::Unauthorised(_)), "{failure:?}");
        assert!(!format!("{failure:?} {}", failure.error("push")).contains("PLANTED"));
    }
}

#[tokio::test]
async fn where_nobody_has_the_password_it_is_a_question_and_a_clusters_token_is_not_taken() {
    let bed = Bed::new();
    let checkout = bed.checkout();
    let id = made(&checkout).await;
    let (listener, port) = door().await;
    let asking = async {
        let (mut stream, _) = knock(&listener).await;
        let request = head(&mut stream).await;
        answer(&mut stream, ASKS).await;
        request
    };
    let branch = Branch::new("fluxdeck/web-1", "main").expect("a branch");
    let url = format!("http://flux:{TOKEN}@127.0.0.1:{port}/team/fleet");
    let (failure, request) = tokio::join!(publish(&checkout, Remote::Url(&url), &id, &branch), asking);

    assert!(!request.to_lowercase().contains("authorization:"), "{request}");
    let failure = failure.expect_err("refused");
    assert!(matches!(failure, Failure::Question(_)), "{failure:?}");
}

#[tokio::test]
async fn what_is_fetched_shows_no_token_either() {
    // the token of a cluster's URL, of a rule of the user's for it, and of a remote
    for case in ["source", "rule", "remote"] {
        let bed = Bed::new();
        let checkout = bed.checkout();
        let (listener, port) = door().await;
        let (plain, tokened) = (format!("http://127.0.0.1:{port}/"), format!("http://me:{TOKEN}@127.0.0.1:{port}/"));
        let (source, url) = (format!("{tokened}team/fleet"), format!("{plain}team/fleet"));
        match case {
            "rule" => rule(&checkout, &tokened, &plain),
            "remote" => remote(&checkout, &source),
            _ => {}
        }
        let id = "1".repeat(40);
        let fetched = async {
            match case {
                "source" => fetch(&checkout, &source, &id).await,
                "rule" => fetch(&checkout, &url, &id).await,
                _ => fetch_branch(&checkout, Remote::Named("origin"), "main", false).await.map(drop),
            }
        };
        let (failure, (request, shown)) = tokio::join!(fetched, refusing(&listener));

        let login = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("me:{TOKEN}"));
        assert!(request.contains(&login), "{case}: git has it all the same: {request}");
        assert_eq!(shown, Vec::<String>::new(), "{case}");
        let failure = failure.expect_err("refused");
        assert!(!format!("{failure:?} {}", failure.error("fetch")).contains("PLANTED"), "{case}");
    }
}
