//! Files of a server on this machine, which no policy but a test's allows.

use std::time::Duration;

use super::*;
use crate::forges::tests::server::{Reply, Server, answer};

const OPEN: WebPolicy = WebPolicy { plain: true, private: true };

fn web() -> Web {
    Web::open(OPEN).expect("certificates")
}

async fn read(web: &Web, replies: Vec<Reply>, path: &str) -> (Result<Vec<u8>, Unread>, Vec<String>) {
    let server = Server::of(replies).await;
    let url = format!("http://{}{path}", server.host());
    let found = server.during(web.read(&url)).await;
    (found, server.seen())
}

#[tokio::test]
async fn a_file_is_asked_for_without_a_credential() {
    let (found, seen) = read(&web(), vec![answer(200, "kind: A\n")], "/o/r/crds.yaml?a=b").await;
    assert_eq!(found, Ok(b"kind: A\n".to_vec()));
    let [asked] = &seen[..] else { panic!("{seen:?}") };
    assert!(asked.starts_with("GET /o/r/crds.yaml?a=b HTTP/1.1"), "{asked}");
    let lower = asked.to_lowercase();
    assert!(!lower.contains("authorization") && !lower.contains("cookie"), "{asked}");
}

#[tokio::test]
async fn redirects_are_followed_within_the_host_alone() {
    let to = |place: &'static str| Reply::Answer(302, Vec::leak(vec![("location", place)]), String::new());
    let (found, seen) = read(&web(), vec![to("/b"), answer(200, "b")], "/a").await;
    assert_eq!((found, seen.len()), (Ok(b"b".to_vec()), 2));
    for place in ["http://elsewhere.example.test/b", "//elsewhere.example.test/b", "http://elsewhere.example.test:80/b?token=x"] {
        let (found, seen) = read(&web(), vec![to(place)], "/a").await;
        let why = "it redirects to elsewhere.example.test, and redirects to other hosts are not followed";
        assert_eq!((found, seen.len()), (Err(Unread::Unknown(why.to_owned())), 1), "{place}");
    }
    let (found, _) = read(&web(), (0..9).map(|_| to("/a")).collect(), "/a").await;
    assert_eq!(found, Err(Unread::Unknown("it redirects without end".to_owned())));
}

#[test]
fn a_forge_may_redirect_to_where_it_keeps_its_files_and_nobody_else_may() {
    let asset = "https://github.com/cert-manager/cert-manager/releases/download/v1.16.2/cert-manager.crds.yaml";
    let store = "https://release-assets.githubusercontent.com/github-production-release-asset/1?sig=a&se=b";
    for (from, to, is_followed) in [
        (asset, store, true),
        (asset, "https://objects.githubusercontent.com/a", true),
        ("https://github.com/o/r/raw/v1/a.yaml", "https://raw.githubusercontent.com/o/r/v1/a.yaml", true),
        // a store redirects nowhere, also not back
        (store, asset, false),
        (store, "https://objects.githubusercontent.com/a", false),
        ("https://example.com/a", store, false),
        ("https://github.com.example.com/a", store, false),
        ("https://github.com:8443/a", store, false),
        ("http://github.com/a", "http://objects.githubusercontent.com/a", false),
        (asset, "http://objects.githubusercontent.com/a", false),
        (asset, "https://objects.githubusercontent.com:444/a", false),
        (asset, "https://me@objects.githubusercontent.com/a", false),
        (asset, "https://objects.githubusercontent.com.example.com/a", false),
        (asset, "https://evil.githubusercontent.com/a", false),
        (asset, "//objects.githubusercontent.com/a", true),
    ] {
        let found = next(&from.parse().expect("a URL"), to);
        let why = found.as_ref().err().map(|why| format!("{why:?}")).unwrap_or_default();
        assert_eq!(found.is_ok(), is_followed, "{from} to {to}: {why}");
        assert_eq!(why.contains("redirects to other hosts are not followed"), !is_followed, "{from} to {to}: {why}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_what_does_not_answer_is_unknown() {
    for (status, is_refused) in [(404, true), (410, true), (403, true), (429, false), (500, false), (503, false)] {
        let why = format!("HTTP error: status code {status}");
        let expected = if is_refused { Unread::Refused(why) } else { Unread::Unknown(why) };
        assert_eq!(read(&web(), vec![answer(status, "no")], "/a").await.0, Err(expected));
    }
    let (found, _) = read(&web(), vec![Reply::Cut], "/a").await;
    assert!(matches!(found, Err(Unread::Unknown(_))), "{found:?}");
    let (found, _) = read(&web().within(10, LIMIT), vec![answer(200, "more than ten bytes")], "/a").await;
    assert_eq!(found, Err(Unread::Unknown("its answer cannot be read: it answers with more than 10 bytes".to_owned())));
    let (found, _) = read(&web().within(LARGEST, Duration::from_millis(50)), vec![Reply::Silence], "/a").await;
    assert_eq!(found, Err(Unread::Unknown("no answer within 0 s".to_owned())));
}

/// As the program does it: nothing of this machine or of a private network is asked.
#[tokio::test]
async fn a_private_address_is_not_asked() {
    let server = Server::of([]).await;
    let port = server.host().rsplit(':').next().expect("a port").to_owned();
    let web = Web::open(WebPolicy { plain: true, private: false }).expect("certificates");
    for host in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"] {
        let found = server.during(web.read(&format!("http://{host}:{port}/a"))).await;
        assert!(matches!(&found, Err(Unread::Unknown(why)) if why.contains("is not a public")), "{host}: {found:?}");
    }
    assert_eq!(server.seen(), Vec::<String>::new());
    // a name whose addresses are private is not found
    let found = tower::ServiceExt::oneshot(resolver::Resolver(WebPolicy::default()), "localhost".parse().expect("a name")).await;
    assert!(found.is_err_and(|error| error.to_string() == "localhost has no public address"));
}
