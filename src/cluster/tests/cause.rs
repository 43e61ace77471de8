//! Each cause from a real failure: ports, names, handshakes and proxies on the loopback.
//!
//! The certificates are in this folder; their keys protect nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use kube::Config;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::super::client;
use super::super::failure::{Failure, Unreached};
use super::super::send::send;
use super::*;

const KEY: &[u8] = include_bytes!("certificates/key.pem");
const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");
const OTHER: &[u8] = include_bytes!("certificates/other.pem");
const GOOD: &[u8] = include_bytes!("certificates/good.pem");

fn certificate(pem: &[u8]) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem).expect("a certificate")
}

/// Serves connections, each as `serve` does, from a port of its own. The thread ends with the program of the tests.
fn listens(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::Builder::new().spawn(move || listener.incoming().flatten().for_each(&serve)).expect("a thread");
    address
}

/// A server with that certificate, which may want one of the client's.
fn over_tls(pem: &[u8], wants_another: bool) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().expect("versions");
    let mut roots = RootCertStore::empty();
    roots.add(certificate(AUTHORITY)).expect("an authority");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier");
    let builder = if wants_another { builder.with_client_cert_verifier(verifier) } else { builder.with_no_client_auth() };
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let config = Arc::new(builder.with_single_cert(vec![certificate(pem)], key).expect("the key is that of the certificate"));
    listens(move |stream| {
        let connection = ServerConnection::new(config.clone()).expect("a connection");
        let mut stream = StreamOwned::new(connection, stream);
        // it fails where the client, or this server, breaks off
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        let _ = stream.flush();
    })
}

/// An address at which nothing listens.
fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it is bound")
}

fn config(url: &str) -> Config {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = Config::new(url.parse().expect("an address"));
    config.root_cert = Some(vec![certificate(AUTHORITY).to_vec()]);
    config.connect_timeout = Some(Duration::from_secs(10));
    config
}

async fn asked(config: Config) -> Result<(), Failure> {
    let client = client::of(config).expect("a client");
    send(&client, Request::get("/version").body(Vec::new()).expect("a request")).await.map(drop)
}

async fn unreached(config: Config) -> Unreached {
    match asked(config).await.expect_err("it cannot be reached") {
        Failure::Unreachable(unreached) => unreached,
        other => panic!("it was reached: {other:?}"),
    }
}

#[tokio::test]
async fn a_server_whose_certificate_is_good_is_reached() {
    asked(config(&format!("https://{}", over_tls(GOOD, false)))).await.expect("an answer");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_known_by_its_type() {
    let served = [
        (include_bytes!("certificates/expired.pem").as_slice(), Certificate::Expired, "has expired"),
        (include_bytes!("certificates/early.pem").as_slice(), Certificate::NotYetValid, "not valid yet"),
        (include_bytes!("certificates/elsewhere.pem").as_slice(), Certificate::WrongName, "is for other names"),
    ];
    for (pem, expected, hint) in served {
        let unreached = unreached(config(&format!("https://{}", over_tls(pem, false)))).await;
        assert_eq!(unreached.cause, Cause::Certificate(expected), "{unreached}");
        let error = Failure::Unreachable(unreached).error("the API server");
        assert!(error.message.starts_with("cannot reach the API server: ") && error.hint.contains(hint), "{error}");
    }
    let mut of_another = config(&format!("https://{}", over_tls(GOOD, false)));
    of_another.root_cert = Some(vec![certificate(OTHER).to_vec()]);
    let unreached = unreached(of_another).await;
    assert_eq!(unreached.cause, Cause::Certificate(Certificate::UnknownIssuer), "{unreached}");
}

#[tokio::test]
async fn a_server_that_breaks_off_the_handshake_is_known_by_its_alert() {
    let unreached = unreached(config(&format!("https://{}", over_tls(GOOD, true)))).await;
    assert_eq!(unreached.cause, Cause::Alert(AlertDescription::CertificateRequired), "{unreached}");
}

#[tokio::test]
async fn what_speaks_no_tls_is_not_taken_for_a_wrong_certificate() {
    let plain = listens(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        // what is unread when it closes would reset the connection before the answer is read
        let _ = stream.read(&mut [0; 4096]);
    });
    let unreached = unreached(config(&format!("https://{plain}"))).await;
    assert_eq!(unreached.cause, Cause::Tls, "{unreached}");
}

#[tokio::test]
async fn ports_names_and_servers_that_hang_up_are_distinguished() {
    // no resolver sends a query for a label of more than 63 characters (RFC 1035 2.3.4)
    let nowhere = format!("http://{}.invalid", "a".repeat(64));
    let hangs_up = listens(|stream| {
        let _ = (&stream).read(&mut [0; 4096]);
    });
    for (url, expected) in [
        (format!("http://{}", closed()), Cause::Refused),
        (format!("https://{}", closed()), Cause::Refused),
        (nowhere, Cause::NoSuchName),
        (format!("http://{hangs_up}"), Cause::Closed),
        (format!("https://{hangs_up}"), Cause::Closed),
    ] {
        let unreached = unreached(config(&url)).await;
        assert_eq!(unreached.cause, expected, "{url}: {unreached}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_late() {
    let open = std::sync::Mutex::new(Vec::new());
    let address = listens(move |stream| open.lock().expect("one thread").push(stream));
    let mut late = config(&format!("https://{address}"));
    late.connect_timeout = Some(Duration::from_millis(200));
    let unreached = unreached(late).await;
    assert_eq!(unreached.cause, Cause::TimedOut, "{unreached}");
}

#[tokio::test]
async fn a_failing_proxy_is_not_blamed_on_the_server() {
    let refuses = listens(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    for proxy in [format!("http://{}", closed()), format!("socks5://{}", closed()), format!("http://me:PLANTED@{refuses}")] {
        let mut through = config("http://api.example.test:80");
        through.proxy_url = Some(proxy.parse().expect("an address"));
        let unreached = unreached(through).await;
        assert_eq!(unreached.cause, Cause::Proxy, "{proxy}: {unreached}");
        assert!(!format!("{unreached:?}").contains("PLANTED"), "{unreached:?}");
    }
}

/// Where the API server answers, the code decides, and each code is a failure of its own.
#[test]
fn the_code_of_an_answer_decides() {
    let seven = Some(Duration::from_secs(7));
    let of = |code| Failure::of_status(code, "x").retried_after(seven);
    assert!(matches!(of(401), Failure::Unauthorised(_)) && matches!(of(403), Failure::Forbidden(_)));
    assert!(
        matches!(of(404), Failure::NotFound(_)) && matches!(of(410), Failure::Gone) && matches!(of(409), Failure::Conflict(_))
    );
    assert!(matches!(of(429), Failure::RateLimited { retry_after, .. } if retry_after == seven));
    assert!(matches!(of(503), Failure::Busy { retry_after, .. } if retry_after == seven));
    assert!(of(429).error("the API server").hint.ends_with("wait 7 s"), "{}", of(429).error("the API server"));
}
