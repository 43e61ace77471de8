//! Fetching, and failing at it, with the git of this machine and servers on the loopback.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

const NONE: &str = "1111111111111111111111111111111111111111";

/// A forge that gives everybody the same answer.
fn forge(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/fleet", listener.local_addr().expect("it is bound"));
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        }
    };
    std::thread::Builder::new().spawn(serve).expect("a thread");
    url
}

fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}/fleet", listener.local_addr().expect("it is bound"))
}

async fn failed(url: &str, commit: &str) -> Failure {
    let dir = tempfile::tempdir().expect("a folder");
    let made = std::process::Command::new("git").args(["init", "--quiet", "--bare"]).arg(dir.path()).status();
    assert!(made.expect("git runs").success());
    fetch(dir.path(), url, commit).await.expect_err(url)
}

#[tokio::test]
async fn what_flux_does_not_fetch_is_not_fetched_and_no_password_is_shown() {
    for (url, commit, said) in [
        ("ext::sh -c id", "abc", "its protocol is none of Flux's"),
        ("file:///etc", "abc", "its protocol is none of Flux's"),
        ("--upload-pack=id", "abc", "its protocol is none of Flux's"),
        ("https://me:hunter2@127.0.0.1:1/x", "--upload-pack", "is not a commit"),
        ("https://me:hunt%0Aer2@127.0.0.1:1/x", "abc", "has a line end in it"),
    ] {
        let failure = failed(url, commit).await;
        assert!(matches!(&failure, Failure::Call(why) if why.contains(said)), "{failure:?}");
        assert!(!failure.is_of_repository() && !format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}

#[tokio::test]
async fn forges_that_ask_refuse_or_do_not_answer_are_distinguished() {
    let asks = "401 Unauthorized\r\nwww-authenticate: Basic realm=\"forge\"";
    let with_password = |url: String| url.replace("http://", "http://me:hunter2@");
    let question = failed(&forge(asks), NONE).await;
    assert!(matches!(question, Failure::Question(_)), "a password is asked for: {question:?}");
    let unauthorised = failed(&with_password(forge(asks)), NONE).await;
    assert!(matches!(unauthorised, Failure::Unauthorised(_)), "there was one: {unauthorised:?}");
    let forbidden = failed(&with_password(forge("403 Forbidden")), NONE).await;
    assert!(matches!(forbidden, Failure::Unauthorised(_)), "{forbidden:?}");
    let missing = failed(&forge("404 Not Found"), NONE).await;
    assert!(matches!(missing, Failure::NotFound(_)), "{missing:?}");
    let broken = failed(&forge("502 Bad Gateway"), NONE).await;
    assert!(matches!(broken, Failure::Unreachable(_)), "{broken:?}");
    for url in [with_password(closed()), format!("http://me:hunter2@{}.invalid/fleet", "a".repeat(64))] {
        let unreachable = failed(&url, NONE).await;
        assert!(matches!(unreachable, Failure::Unreachable(_)) && unreachable.is_of_repository(), "{unreachable:?}");
        assert!(!format!("{unreachable:?}").contains("hunter2"), "{unreachable:?}");
    }
}

#[test]
fn each_failure_has_a_hint_and_the_exit_code_of_its_kind() {
    let said = || "x".to_owned();
    for (failure, code) in [
        (Failure::Missing { program: "git" }, 1),
        (Failure::Question(said()), 3),
        (Failure::Unauthorised(said()), 3),
        (Failure::Unreachable(said()), 3),
        (Failure::NotFound(said()), 1),
        (Failure::Moved(said()), 1),
    ] {
        let error = failure.error("git cannot fetch it");
        assert!(error.message.starts_with("git cannot fetch it: ") && !error.hint.is_empty(), "{error}");
        assert_eq!(error.exit_code(), code, "{error}");
    }
}
