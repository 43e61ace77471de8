//! A token is seen by its host, and by nobody else.

use super::super::{Address, Failure, Network, kind_of, named};
use super::server::{Reply, Server, answer};
use super::{Do, FORGES, PLANTED, address, forge, network};
use crate::credentials::{Origin, Source, Token};

fn token(origin: &Origin) -> Token {
    Token::new(PLANTED, origin.clone(), Source::Gh).expect("a token")
}

#[tokio::test]
async fn a_token_for_another_host_is_not_sent() {
    let server = Server::of([]).await;
    let here = address(&server.host());
    let https = Origin::new(&server.host(), true).expect("a host");
    for other in [Origin::new("github.com", true).expect("a host"), Origin::new("127.0.0.1", false).expect("a host"), https] {
        for word in FORGES {
            let failure = named(word).expect("a forge").open(&network(), &here, Some(&token(&other))).err();
            let failure = failure.unwrap_or_else(|| panic!("{word} takes the token of {other}"));
            assert!(matches!(&failure, Failure::Elsewhere { bound, .. } if *bound == other.to_string()), "{failure:?}");
        }
    }
}

/// Where requests for a host go, and whether they would have a token.
async fn place(host: &str, word: &str) -> String {
    let connector =
        tower::service_fn(
            |to: http::Uri| async move { Err::<super::Never, _>(std::io::Error::other(format!("connects to {to}"))) },
        );
    let network = Network::through(connector);
    let address = Address::of(&format!("https://{host}/ops/fleet")).expect("an address");
    let forge = named(word).expect("a forge").open(&network, &address, Some(&token(&address.origin()))).expect("its token");
    forge.default_branch().await.expect_err("it does not connect").to_string()
}

#[tokio::test]
async fn each_host_is_asked_where_its_api_is() {
    for (host, word, expected) in [
        ("github.com", "github", "connects to https://api.github.com/"),
        ("acme.ghe.com", "github", "connects to https://api.acme.ghe.com/"),
        ("ghe.example.com", "github", "connects to https://ghe.example.com/"),
        ("git.example.com:8443", "gitea", "connects to https://git.example.com:8443/"),
        ("gitlab.com", "gitlab", "connects to https://gitlab.com/"),
        ("bitbucket.org", "bitbucket", "connects to https://api.bitbucket.org/"),
        ("git.example.com:8443", "gitlab", "connects to https://git.example.com:8443/"),
    ] {
        let failed = place(host, word).await;
        assert!(failed.contains(expected), "{host}: {failed}");
    }
}

/// A server that answers with what it was sent, as some do in their complaints.
#[tokio::test]
async fn no_error_and_no_debug_shows_a_token() {
    let echo = format!(r#"{{"message": "Authorization: Bearer {PLANTED} is wrong, see https://me:{PLANTED}@h/"}}"#);
    for word in FORGES {
        for status in [401, 403, 404, 422, 429, 500] {
            for what in Do::ALL {
                let server = Server::of([answer(status, &echo), answer(status, &echo), answer(status, &echo)]).await;
                let forge = forge(word, &server.host());
                let failure = server.during(what.failure(forge.as_ref())).await.expect("it fails");
                let shown = format!("{failure:?} {failure} {}", failure.error("x"));
                assert!(!shown.contains(PLANTED), "{word} {status} {what:?}: {shown}");
            }
        }
        let server = Server::of([Reply::Half]).await;
        let forge = forge(word, &server.host());
        let failure = server.during(Do::Pull.failure(forge.as_ref())).await.expect("it fails");
        assert!(!format!("{failure:?}").contains(PLANTED));
    }
    let origin = Origin::new("git.example.com", true).expect("a host");
    assert_eq!(format!("{:?}", token(&origin)), "Token(for https://git.example.com, from gh)");
}

#[tokio::test]
async fn words_of_a_forge_are_fit_for_a_terminal_and_short() {
    let hostile = format!(r#"{{"message": "\u001b[31mred\u202e {}"}}"#, "x".repeat(5000));
    let server = Server::of([answer(422, &hostile)]).await;
    let forge = forge("github", &server.host());
    let failure = server.during(Do::Open.failure(forge.as_ref())).await.expect("it fails").to_string();
    assert!(failure.len() < 400 && failure.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{failure}");
}

#[tokio::test]
async fn asking_which_forge_a_host_is_sends_nothing_of_a_redirect_elsewhere() {
    let away: &[_] = &[("location", "http://127.0.0.1:1/api/v1/version")];
    let server = Server::of([Reply::Answer(302, away, String::new()), answer(404, ""), answer(404, "")]).await;
    let found = server.during(kind_of(&network(), &address(&server.host()).origin())).await;
    // Bitbucket is at its own host only
    assert_eq!((found.expect("it answers").is_none(), server.asked().len()), (true, FORGES.len() - 1));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_shows_a_token_however_much_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    for word in FORGES {
        let server = Server::of([answer(200, r#"{"default_branch": "main", "mainbranch": {"name": "main"}}"#)]).await;
        let forge = forge(word, &server.host());
        assert!(server.during(forge.default_branch()).await.is_ok());
        assert!(server.seen()[0].contains(PLANTED), "it was sent");
    }
    let text = String::from_utf8(log.0.lock().expect("one thread").clone()).expect("text");
    assert!(text.contains("processing request") && !text.contains(PLANTED), "{text}");
}
