//! The way to a forge: through a proxy, and what that gets to see.

use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::{Failure, Network};
use super::{PLANTED, forge_over};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 26\r\nconnection: close\r\n\r\n{\"default_branch\": \"main\"}";

async fn received(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    let read = stream.read(&mut bytes).await.unwrap_or_default();
    bytes.truncate(read);
    bytes
}

/// One connection as a proxy, and, behind it, as the forge. Returns what the proxy received, and what the forge did.
async fn serve(listener: &TcpListener) -> (String, String) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut first = received(&mut stream).await;
    let is_socks = first.first() == Some(&5);
    if is_socks {
        // RFC 1928, RFC 1929: it wants a user and a password
        stream.write_all(&[5, 2]).await.expect("written");
        first.extend(received(&mut stream).await);
        stream.write_all(&[1, 0]).await.expect("written");
        first.extend(received(&mut stream).await);
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("written");
    } else {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("written");
    }
    let second = received(&mut stream).await;
    // a client that wanted TLS is gone
    let _ = stream.write_all(ANSWER).await;
    (String::from_utf8_lossy(&first).into_owned(), String::from_utf8_lossy(&second).into_owned())
}

#[tokio::test]
async fn a_forge_is_asked_through_the_proxy_which_gets_its_own_login_and_no_token() {
    for (scheme, expected) in [("http", "CONNECT git.example.com:80 HTTP/1.1"), ("socks5", "git.example.com")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = format!("{scheme}://me:hunter2@{}", listener.local_addr().expect("it is bound"));
        let network = Network::by(Matcher::builder().all(proxy).build()).expect("certificates");
        let forge = forge_over(&network, "gitea", "git.example.com");
        let (branch, (proxied, asked)) = tokio::join!(forge.default_branch(), serve(&listener));

        assert_eq!(branch, Ok("main".to_owned()), "{scheme}");
        let login = if scheme == "http" { "Basic bWU6aHVudGVyMg==" } else { "hunter2" };
        assert!(proxied.contains(expected) && proxied.contains(login) && !proxied.contains(PLANTED), "{scheme}: {proxied}");
        assert!(asked.starts_with("GET /api/v1/repos/ops/fleet ") && asked.contains(PLANTED), "{scheme}: {asked}");
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named_without_its_login() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("it is bound");
    for (proxy, expected) in [
        (format!("http://me:hunter2@{closed}"), "the proxy does not connect"),
        (format!("socks5://me:hunter2@{closed}"), "the proxy does not connect"),
        (format!("https://me:hunter2@{closed}"), "a proxy that is not of http or socks5 is not supported"),
    ] {
        let network = Network::by(Matcher::builder().all(proxy.clone()).build()).expect("certificates");
        let failure = forge_over(&network, "github", "git.example.com").default_branch().await.expect_err("no way");
        let shown = format!("{failure:?}");
        assert!(matches!(failure, Failure::Unreachable(_)) && shown.contains(expected), "{proxy}: {shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

/// A host of TLS gets a greeting of TLS, and what answers otherwise gets no token.
#[tokio::test]
async fn a_host_of_tls_that_speaks_none_gets_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("it is bound"));
    let network = Network::by(Matcher::builder().all(proxy).build()).expect("certificates");
    let address = super::Address { is_tls: true, ..super::address("git.example.com") };
    let token = super::Token::new(PLANTED, address.origin(), super::Source::Gh).expect("a token");
    let forge = super::named("gitea").expect("Gitea").open(&network, &address, Some(&token)).expect("its token");
    let (branch, (_, asked)) = tokio::join!(forge.default_branch(), serve(&listener));

    assert!(matches!(branch, Err(Failure::Unreachable(_))), "{branch:?}");
    assert!(!asked.contains(PLANTED), "{asked}");
}
