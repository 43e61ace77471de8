//! Every class of failure, of every forge, on every operation where it can happen.

use std::time::Duration;

use super::server::{Reply, Server, answer};
use super::{Do, FORGES, Failure, forge, forge_over, network, opened};

/// What comes before the request that opens: Gitea is asked first whether there is something to merge.
fn before_open(word: &str) -> Vec<Reply> {
    if word == "gitea" { vec![answer(200, r#"{"total_commits": 1, "commits": []}"#)] } else { Vec::new() }
}

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
        for what in [Do::Find, Do::Open, Do::Pull, Do::DefaultBranch] {
            for (reply, expected) in &cases {
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
            for body in ["<html>log in</html>", "[1]", r#"{"number": "x"}"#] {
                let unread = failure(word, what, answer(200, body)).await;
                assert!(matches!(&unread, Failure::Unreadable(_)), "{word} {what:?} {body}: {unread:?}");
            }
        }
    }
}

/// The request may have been received: only the list of pull requests says whether there is one.
#[tokio::test]
async fn an_answer_to_the_request_that_opens_that_is_lost_is_lost_and_nothing_is_sent_twice() {
    for word in FORGES {
        for reply in [
            Reply::Cut,
            Reply::Half,
            answer(500, r#"{"message": ""}"#),
            answer(502, "<html>bad gateway</html>"),
            answer(504, ""),
            answer(201, "<html>made, says a proxy</html>"),
            answer(201, "{}"),
        ] {
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
        for what in [Do::Find, Do::Open, Do::Pull, Do::DefaultBranch] {
            let before = if what == Do::Open { before_open(word) } else { Vec::new() };
            let server = Server::of(before.into_iter().chain([Reply::Silence])).await;
            let forge = forge_over(&network, word, &server.host());
            let failure = server.during(what.failure(forge.as_ref())).await.expect("it fails");
            match what {
                Do::Open => assert_eq!(failure, Failure::Lost("it does not answer in time".into()), "{word}"),
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
        for what in [Do::Find, Do::Open, Do::Pull, Do::DefaultBranch] {
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

/// Answers of github.com and of Gitea 1.26, in their own words.
#[tokio::test]
async fn a_forge_says_in_its_own_words_why_nothing_is_opened() {
    let github = |field: &str, message: &str| {
        let rest = if message.is_empty() {
            format!(r#""field": "{field}", "code": "invalid""#)
        } else {
            format!(r#""code": "custom", "message": "{message}""#)
        };
        let errors = format!(r#"[{{"resource": "PullRequest", {rest}}}]"#);
        answer(
            422,
            &format!(
                r#"{{"message": "Validation Failed", "errors": {errors}, "documentation_url": "https://docs.github.com/rest", "status": "422"}}"#
            ),
        )
    };
    let gitea = |status: u16, message: &str| {
        answer(status, &format!(r#"{{"message": "{message}", "url": "http://127.0.0.1:3000/api/swagger"}}"#))
    };
    let some = || answer(200, r#"{"total_commits": 1, "commits": []}"#);
    let missing = || gitea(404, "The target couldn't be found.");
    let exists = "pull request already exists for these targets [id: 1, issue_id: 1, head_repo_id: 1, base_repo_id: 1, head_branch: b, base_branch: main]";
    let none = "Invalid PullRequest: There are no changes between the head and the base";
    let refused = |why: &str| Failure::Refused { why: why.to_owned() };
    for (word, replies, expected) in [
        ("github", vec![github("", "A pull request already exists for ops:fluxdeck/scale-1.")], Failure::Exists),
        ("github", vec![github("", "No commits between main and fluxdeck/scale-1")], Failure::NothingToMerge),
        ("github", vec![github("head", "")], Failure::NotYet),
        ("github", vec![github("base", "")], refused("Validation Failed: base invalid")),
        ("github", vec![answer(404, r#"{"message": "Not Found"}"#)], Failure::NotFound),
        ("gitea", vec![some(), gitea(409, exists)], Failure::Exists),
        ("gitea", vec![answer(200, r#"{"total_commits": 0, "commits": []}"#)], Failure::NothingToMerge),
        ("gitea", vec![missing(), gitea(422, none)], Failure::NothingToMerge),
        // the branch was pushed a moment ago: the repository and its base are there
        ("gitea", vec![missing(), missing(), answer(200, "{}"), answer(200, "{}")], Failure::NotYet),
        ("gitea", vec![missing(), missing(), answer(200, "{}"), missing()], refused("there is no branch main")),
        ("gitea", vec![missing(), missing(), missing()], Failure::NotFound),
        ("gitea", vec![some(), gitea(403, "user is blocked")], Failure::Forbidden("user is blocked".into())),
    ] {
        let server = Server::of(replies.clone()).await;
        assert_eq!(opened(word, &server).await, Err(expected), "{word} {replies:?}");
        assert_eq!(server.asked().len(), replies.len(), "{word} {:?}", server.asked());
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
        let found = server.during(forge("gitea", &server.host()).find("fluxdeck/scale-1")).await;
        assert_eq!(found, expected, "{repository:?}");
    }
    let server = Server::of([missing(), missing(), answer(200, off)]).await;
    assert_eq!(opened("gitea", &server).await.map(|_| Vec::new()), refused("pull requests are switched off in this repository"));
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
