//! A token in a remote's URL: where it goes, and where it does not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use fluxdeck_model::guards::Branch;

use super::*;
use crate::programs::Failure;

const TOKEN: &str = "PLANTED0123456789";

/// The head of a request.
fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
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

/// A server that asks for a password, and refuses it: the second request, and who showed the token while it was under way.
fn server() -> (u16, std::thread::JoinHandle<(String, Vec<String>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::Builder::new().spawn(move || {
        let mut shown = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().expect("a connection");
            let request = head(&mut stream);
            shown.extend(exposed());
            let has_login = request.to_lowercase().contains("authorization:");
            let status = if has_login { "403 Forbidden" } else { "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("an answer");
            if has_login {
                return (request, shown);
            }
        }
    });
    (port, thread.expect("a thread"))
}

#[tokio::test]
async fn a_token_in_a_remotes_url_is_in_no_argument_no_environment_and_no_message() {
    for is_of_rule in [false, true] {
        let bed = Bed::new();
        let checkout = bed.checkout();
        let id = made(&checkout).await;
        let (port, server) = server();
        let tokened = format!("http://me:{TOKEN}@127.0.0.1:{port}/");
        if is_of_rule {
            git(&checkout, &["config", &format!("url.{tokened}.insteadOf"), &format!("http://127.0.0.1:{port}/")]);
            git(&checkout, &["remote", "set-url", "origin", &format!("http://127.0.0.1:{port}/team/fleet")]);
        } else {
            git(&checkout, &["remote", "set-url", "origin", &format!("{tokened}team/fleet")]);
        }
        let branch = Branch::new("fluxdeck/web-1", "main").expect("a branch");
        let failure = publish(&checkout, Remote::Named("origin"), &id, &branch).await.expect_err("refused");

        let (request, shown) = server.join().expect("the server");
        let login = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("me:{TOKEN}"));
        assert!(request.contains(&login), "git has it all the same: {request}");
        assert_eq!(shown, Vec::<String>::new());
        assert!(matches!(failure, Failure::Unauthorised(_)), "{failure:?}");
        assert!(!format!("{failure:?} {}", failure.error("push")).contains("PLANTED"));
    }
}

#[tokio::test]
async fn where_nobody_has_the_password_it_is_a_question_and_a_clusters_token_is_not_taken() {
    let bed = Bed::new();
    let checkout = bed.checkout();
    let id = made(&checkout).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = std::thread::Builder::new().spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let request = head(&mut stream);
        let answer =
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).expect("an answer");
        request
    });
    let branch = Branch::new("fluxdeck/web-1", "main").expect("a branch");
    let url = format!("http://flux:{TOKEN}@127.0.0.1:{port}/team/fleet");
    let failure = publish(&checkout, Remote::Url(&url), &id, &branch).await.expect_err("refused");

    assert!(!server.expect("a thread").join().expect("the server").contains("uthorization"));
    assert!(matches!(failure, Failure::Question(_)), "{failure:?}");
}
