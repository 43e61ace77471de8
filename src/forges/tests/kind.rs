//! Which forge a host is.

use super::super::{ALL, Failure, kind_of, named};
use super::server::{Reply, Server, answer};
use super::{address, network};
use crate::credentials::Origin;

#[test]
fn every_forge_has_a_word_and_a_name_of_its_own() {
    for kind in ALL {
        assert_eq!(named(kind.word).map(|kind| kind.name), Some(kind.name));
    }
    let words: std::collections::BTreeSet<_> = ALL.iter().map(|kind| kind.word).collect();
    assert_eq!((words.len(), named("svn").is_none()), (ALL.len(), true));
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_asked_without_a_token() {
    let id: &[_] = &[("x-github-request-id", "1")];
    let closed = r#"{"message": "Only signed in user is allowed to call APIs.", "url": "x"}"#;
    let no = || answer(404, "<html>");
    let meta = r#"{"verifiable_password_authentication": true}"#;
    // GitLab 18: `lib/api/metadata.rb`, `lib/api/helpers.rb`; another program has its API at the same path
    let closed_gitlab = || answer(401, r#"{"message":"401 Unauthorized"}"#);
    let chat = r#"{"id": "api.context.session_expired.app_error", "message": "Invalid or expired session", "status_code": 401}"#;
    for (replies, expected) in [
        (vec![answer(200, r#"{"version": "1.26.0"}"#)], Some("Gitea")),
        (vec![answer(200, r#"{"version": "14.0.1+gitea-1.22.0"}"#)], Some("Gitea")),
        (vec![answer(403, closed)], Some("Gitea")),
        (vec![no(), Reply::Answer(200, id, meta.to_owned())], Some("GitHub")),
        (vec![no(), Reply::Answer(401, id, "{}".to_owned())], Some("GitHub")),
        (vec![answer(404, r#"{"error":"404 Not Found"}"#), answer(410, "{}"), closed_gitlab()], Some("GitLab")),
        (vec![no(), no(), closed_gitlab()], Some("GitLab")),
        (vec![no(), no(), answer(401, chat)], None),
        (vec![no(), no(), answer(200, r#"{"version": "18.0.0"}"#)], None),
        (vec![no(), no(), no()], None),
        (vec![answer(200, "<html>a page for everything</html>"), answer(200, "<html>"), answer(200, "<html>")], None),
        (vec![answer(401, "{}"), answer(401, "{}"), answer(401, "{}")], None),
        (vec![answer(503, ""), answer(503, ""), answer(503, "")], None),
    ] {
        let server = Server::of(replies.clone()).await;
        let origin = address(&server.host()).origin();
        let found = server.during(kind_of(&network(), &origin)).await.expect("it answers");
        assert_eq!(found.map(|kind| kind.name), expected, "{replies:?}");
        assert!(server.seen().iter().all(|asked| !asked.to_lowercase().contains("authorization")), "{:?}", server.seen());
    }
}

#[tokio::test]
async fn public_hosts_are_known_by_name_and_a_host_that_is_silent_is_a_failure() {
    for (host, name) in
        [("github.com", "GitHub"), ("acme.ghe.com", "GitHub"), ("gitlab.com", "GitLab"), ("bitbucket.org", "Bitbucket")]
    {
        let origin = Origin::new(host, true).expect("a host");
        assert_eq!(kind_of(&network(), &origin).await.expect("nothing is asked").map(|kind| kind.name), Some(name));
    }
    let closed = address(&Server::of([]).await.host()).origin();
    assert!(matches!(kind_of(&network(), &closed).await, Err(Failure::Unreachable(_))));
}
