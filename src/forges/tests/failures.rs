//! Every class of failure, of every forge, on every operation where it can happen.

use std::time::Duration;

use super::sample::before_open;
use super::server::{Reply, Server, answer};
use super::{Do, FORGES, Failure, forge, forge_over, network, opened};

/// What it means that a forge answers so to an operation, however often it is asked.
async fn failure(word: &str, what: Do, reply: Reply) -> Failure {
    let before = if what == Do::Open { before_open(word) } else { Vec::new() };
    let server = Server::of(before.into_iter().chain([reply.clone(), reply])).await;
    let forge = forge(word, &server.host());
    let failure = server.during(what.failure(forge.as_ref())).await;
    failure.unwrap_or_else(|| panic!("{word} {what:?} succeeds"))
}

#[tokio::test]
async fn answers_that_mean_the_same_everywhere_have_the_same_class() {
    let message = |text: &str| format!(r#"{{"message": "{text}"}}"#);
    let until = |text: &str| Failure::RateLimited { until: Some(text.parse().expect("a time")) };
    let retry: &[_] = &[("retry-after", "60"), ("date", "Sun, 29 Nov 2026 22:00:00 GMT")];
    let reset: &[_] = &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1796000000")];
    let sso: &[_] = &[("x-github-sso", "required; url=https://github.com/orgs/o/sso?authorization_request=AZSCKL")];
    let url = "https://github.com/orgs/o/sso?authorization_request=AZSCKL".to_owned();
    let cases = [
        (answer(401, &message("Bad credentials")), Failure::Unauthorised("Bad credentials".into())),
        (answer(401, "no json"), Failure::Unauthorised("Unauthorized".into())),
        (
            answer(403, &message("Resource not accessible by token")),
            Failure::Forbidden("Resource not accessible by token".into()),
        ),
        (Reply::Answer(403, sso, message("SAML")), Failure::SingleSignOn { url }),
        (Reply::Answer(403, reset, message("API rate limit exceeded")), until("2026-11-30T00:53:20Z")),
        (Reply::Answer(429, retry, message("slow down")), until("2026-11-29T22:01:00Z")),
        (answer(403, &message("You have exceeded a secondary rate limit")), Failure::RateLimited { until: None }),
        (answer(423, &message("Repo is archived")), Failure::Refused { why: "Repo is archived".into() }),
        (answer(422, &message("title is too long")), Failure::Refused { why: "title is too long".into() }),
    ];
    for word in FORGES {
        for what in Do::ALL {
            for (reply, expected) in &cases {
                // GitLab answers so to a user who may not approve: see the table
                if (word, what) == ("gitlab", Do::Approve) && matches!(expected, Failure::Unauthorised(_)) {
                    continue;
                }
                assert_eq!(&failure(word, what, reply.clone()).await, expected, "{word} {what:?} {reply:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_read_that_fails_is_of_the_server_or_of_the_way_to_it() {
    for word in FORGES {
        for what in Do::READS {
            assert_eq!(failure(word, what, answer(404, r#"{"message": "Not Found"}"#)).await, Failure::NotFound);
            let broken = failure(word, what, answer(502, "<html>bad gateway</html>")).await;
            assert_eq!(broken, Failure::Server { status: 502, why: "Bad Gateway".into() });
            for reply in [Reply::Cut, Reply::Half] {
                assert!(matches!(failure(word, what, reply).await, Failure::Unreachable(_)), "{word} {what:?}");
            }
            let wrong = r#"{"number": "x", "iid": "x", "login": 1, "username": 1}"#;
            for body in ["<html>log in</html>", "[1]", wrong] {
                let unread = failure(word, what, answer(200, body)).await;
                assert!(matches!(&unread, Failure::Unreadable(_)), "{word} {what:?} {body}: {unread:?}");
            }
        }
    }
}

/// The request may have been received: only the list of pull requests says whether there is one.
#[tokio::test]
async fn a_lost_answer_to_what_is_sent_is_lost_and_nothing_is_sent_twice() {
    let lost =
        || [Reply::Cut, Reply::Half, answer(500, r#"{"message": ""}"#), answer(502, "<html>bad gateway</html>"), answer(504, "")];
    for (word, what) in FORGES.into_iter().flat_map(|word| [Do::Comment, Do::Approve].map(|what| (word, what))) {
        for reply in lost() {
            let server = Server::of([reply.clone()]).await;
            let forge = forge(word, &server.host());
            let failure = server.during(what.failure(forge.as_ref())).await.expect("it fails");
            assert!(matches!(failure, Failure::Lost(_)), "{word} {what:?} {reply:?}: {failure:?}");
            assert_eq!(server.asked().len(), 1, "{word} {what:?} {reply:?}");
        }
    }
    for word in FORGES {
        let unread = [answer(201, "<html>made, says a proxy</html>"), answer(201, "{}")];
        for reply in lost().into_iter().chain(unread) {
            let server = Server::of(before_open(word).into_iter().chain([reply.clone()])).await;
            let forge = forge(word, &server.host());
            let failure = server.during(Do::Open.failure(forge.as_ref())).await.expect("it fails");
            assert!(matches!(failure, Failure::Lost(_)), "{word} {reply:?}: {failure:?}");
            assert_eq!(server.asked().iter().filter(|asked| asked.starts_with("POST")).count(), 1, "{word} {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let network = network().with_limit(Duration::from_millis(200));
    for word in FORGES {
        for what in Do::ALL {
            let before = if what == Do::Open { before_open(word) } else { Vec::new() };
            let server = Server::of(before.into_iter().chain([Reply::Silence])).await;
            let forge = forge_over(&network, word, &server.host());
            let failure = server.during(what.failure(forge.as_ref())).await.expect("it fails");
            match what {
                _ if Do::WRITES.contains(&what) => {
                    assert_eq!(failure, Failure::Lost("it does not answer in time".into()), "{word}");
                }
                _ => assert_eq!(failure, Failure::TooLong(Duration::from_millis(200)), "{word} {what:?}"),
            }
        }
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    for word in FORGES {
        // the port was free a moment ago
        let host = Server::of([]).await.host();
        let forge = forge(word, &host);
        for what in Do::ALL {
            let failure = what.failure(forge.as_ref()).await.expect("it fails");
            assert!(matches!(&failure, Failure::Unreachable(why) if why.contains("refused")), "{word} {what:?}: {failure:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_kept() {
    for word in FORGES {
        let body = format!("[{}1]", " ".repeat(17 << 20));
        assert!(matches!(failure(word, Do::Find, answer(200, &body)).await, Failure::Unreadable(why) if why.contains("bytes")));
    }
}

/// Gitea answers the same for a repository that is empty, has no pull requests, or is not there (`routers/api/v1/api.go` mustAllowPulls).
#[tokio::test]
async fn where_there_is_no_list_of_pull_requests_gitea_is_asked_why() {
    let missing = || answer(404, r#"{"message": "The target couldn't be found."}"#);
    let off = r#"{"empty": false, "mirror": false, "has_pull_requests": false}"#;
    let refused = |why: &str| Err(Failure::Refused { why: why.to_owned() });
    for (repository, expected) in [
        (answer(200, r#"{"empty": true, "has_pull_requests": true}"#), Ok(Vec::new())),
        (answer(200, off), refused("pull requests are switched off in this repository")),
        (answer(200, r#"{"mirror": true}"#), refused("the repository is a mirror there, which takes no pull requests")),
        (answer(200, r#"{"empty": false, "has_pull_requests": true}"#), Err(Failure::NotFound)),
        (missing(), Err(Failure::NotFound)),
        (answer(401, "{}"), Err(Failure::Unauthorised("Unauthorized".into()))),
    ] {
        let server = Server::of([missing(), repository.clone()]).await;
        let found = server.during(forge("gitea", &server.host()).find("fluxdeck/scale-1", None)).await;
        assert_eq!(found, expected, "{repository:?}");
    }
    let server = Server::of([missing(), missing(), answer(200, off)]).await;
    assert_eq!(opened("gitea", &server).await.map(|_| Vec::new()), refused("pull requests are switched off in this repository"));
}

/// GitLab says that it is forbidden (`lib/api/merge_requests.rb`).
#[tokio::test]
async fn where_merge_requests_are_off_gitlab_is_asked_why() {
    let forbidden = || answer(403, r#"{"message": "403 Forbidden"}"#);
    let off = "merge requests are switched off in this project";
    for (project, expected) in [
        (answer(200, r#"{"merge_requests_access_level": "disabled", "archived": false}"#), Failure::Refused { why: off.into() }),
        (answer(200, r#"{"merge_requests_enabled": false}"#), Failure::Refused { why: off.into() }),
        (answer(200, r#"{"merge_requests_access_level": "private", "archived": false}"#), Failure::Forbidden("Forbidden".into())),
        (answer(404, "{}"), Failure::Forbidden("Forbidden".into())),
    ] {
        let server = Server::of([forbidden(), project.clone()]).await;
        let found = server.during(forge("gitlab", &server.host()).find("fluxdeck/scale-1", None)).await;
        assert_eq!(found, Err(expected), "{project:?}");
    }
}

/// Deploy tokens are for git alone (`doc/api/rest/authentication.md`); a helper of git may have one.
#[tokio::test]
async fn that_a_token_of_gitlab_is_a_deploy_token_is_said_where_it_is_not_taken() {
    for (value, why) in [("gldt-abc", "the token is a deploy token, which may not use the API"), ("glpat-abc", "Unauthorized")] {
        let closed = || answer(401, r#"{"message": "401 Unauthorized"}"#);
        let server = Server::of([closed(), closed()]).await;
        let address = super::address(&server.host());
        let token = super::Token::new(value, address.origin(), super::Source::Git).expect("a token");
        let forge = super::named("gitlab").expect("GitLab").open(&network(), &address, Some(&token)).expect("its own token");
        for does in [Do::Pull, Do::Open] {
            let failure = server.during(does.failure(forge.as_ref())).await;
            assert_eq!(failure, Some(Failure::Unauthorised(why.into())), "{value} {does:?}");
        }
    }
}

#[test]
fn every_failure_says_what_failed_and_what_to_do() {
    let text = String::new;
    let until = Some("2026-11-29T22:00:00Z".parse().expect("a time"));
    for (failure, shown) in [
        (Failure::NotFound, "pull request 7: not found, or not allowed: check the URL"),
        (Failure::TooLong(Duration::from_secs(30)), "pull request 7: no answer within 30 s: check the network"),
        (Failure::RateLimited { until }, "no more requests until 2026-11-29T22:00:00Z: wait"),
        (Failure::RateLimited { until: None }, "no more requests: wait"),
        (
            Failure::SingleSignOn { url: "https://github.com/orgs/o/sso?authorization_request=A".into() },
            "on https://github.com/orgs/o/sso?authorization_request=A",
        ),
        (Failure::Server { status: 502, why: "Bad Gateway".into() }, "it fails itself: 502 Bad Gateway: try again later"),
        (
            Failure::Elsewhere { bound: "https://a".into(), asked: "https://b".into() },
            "the token is for https://a and is not sent to https://b",
        ),
        (Failure::Lost(text()), "look the branch up"),
        (Failure::NotYet, "does not know the branch yet: try again"),
    ] {
        let error = failure.error("pull request 7").to_string();
        assert!(error.contains(shown), "{failure:?}: {error}");
    }
}
