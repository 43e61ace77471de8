//! What every forge does, with the answers of real ones: of Gitea as it gave them, of GitHub as its documentation has them.

use serde_json::{Value, json};

use super::server::{Reply, Server, answer};
use super::{FORGES, PLANTED, forge, new_pull, opened};
use fluxdeck_model::domain::pull::{Checks, Merge, Pull, PullState};

const GITEA: &str = include_str!("answers/gitea-pull.json");
const GITHUB: &str = include_str!("answers/github-pull.json");
const RUNS: &str = include_str!("answers/github-check-runs.json");

/// A pull request of a forge, as it is recorded, with some fields that are others.
fn recorded(word: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut pull: Value = serde_json::from_str(if word == "gitea" { GITEA } else { GITHUB }).expect("JSON");
    change(&mut pull);
    pull
}

fn reply(value: &Value) -> Reply {
    answer(200, &value.to_string())
}

fn below(word: &str, rest: &str) -> String {
    format!("{}/repos/ops/fleet{rest}", if word == "gitea" { "/api/v1" } else { "/api/v3" })
}

/// The pull request of both recordings.
fn expected(state: PullState) -> Pull {
    Pull {
        number: 7,
        url: "https://git.example.com/ops/fleet/pulls/7".into(),
        title: "scale cart".into(),
        head: "fluxdeck/scale-1".into(),
        head_commit: "1111111111111111111111111111111111111111".into(),
        base: "main".into(),
        is_draft: false,
        state,
        checks: None,
        is_mergeable: None,
    }
}

#[tokio::test]
async fn a_pull_request_is_opened_by_one_request_with_the_token_and_nothing_else() {
    for word in FORGES {
        let before = (word == "gitea").then(|| answer(200, r#"{"total_commits": 2, "commits": []}"#));
        let server = Server::of(before.into_iter().chain([answer(201, &recorded(word, |_| ()).to_string())])).await;
        let pull = opened(word, &server).await.expect("it is open");

        assert_eq!(pull, expected(PullState::Open), "{word}");
        let seen = server.seen().pop().expect("a request");
        let (head, body) = seen.split_once("\r\n\r\n").expect("a head and a body");
        let head = head.to_lowercase();
        let login = if word == "gitea" { "authorization: token " } else { "authorization: bearer " };
        assert!(head.contains(&format!("{login}{}", PLANTED.to_lowercase())), "{head}");
        assert!(
            head.starts_with(&format!("post {} http/1.1", below(word, "/pulls"))) && head.contains("user-agent: fluxdeck/"),
            "{head}"
        );
        assert_eq!(head.contains("x-github-api-version: 2022-11-28"), word == "github", "{head}");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let mut wanted = json!({"title": "scale cart", "body": "why", "head": "fluxdeck/scale-1", "base": "main"});
        if word == "github" {
            wanted["draft"] = false.into();
        }
        assert_eq!(body, wanted, "{word}");
    }
}

#[tokio::test]
async fn a_draft_is_opened_as_the_forge_has_drafts() {
    for (word, field, value) in [("gitea", "title", json!("WIP: scale cart")), ("github", "draft", json!(true))] {
        let before = (word == "gitea").then(|| answer(200, r#"{"total_commits": 2}"#));
        let pull = recorded(word, |pull| pull["draft"] = true.into());
        let server = Server::of(before.into_iter().chain([answer(201, &pull.to_string())])).await;
        let (forge, mut new) = (forge(word, &server.host()), new_pull());
        new.is_draft = true;
        assert!(server.during(forge.open(&new)).await.expect("it is open").is_draft, "{word}");
        let seen = server.seen().pop().expect("a request");
        let body: Value = serde_json::from_str(seen.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
        assert_eq!(body[field], value, "{word}");
    }
}

/// The same branch of a fork, of a fork that is gone, another branch, and two of ours on two pages.
#[tokio::test]
async fn all_pull_requests_of_a_branch_are_found_on_all_pages_and_none_of_a_fork() {
    let next: &[_] = &[("link", "<http://x/?page=2>; rel=\"next\",<http://x/?page=2>; rel=\"last\"")];
    for word in FORGES {
        let fork = recorded(word, |pull| {
            (pull["head"]["repo_id"], pull["head"]["repo"]["id"]) = (99.into(), 99.into());
        });
        let gone = recorded(word, |pull| {
            (pull["head"]["repo_id"], pull["head"]["repo"]) = ((-1).into(), Value::Null);
        });
        let other = recorded(word, |pull| (pull["head"]["label"], pull["head"]["ref"]) = ("ops:x".into(), "x".into()));
        let closed = recorded(word, |pull| (pull["number"], pull["state"]) = (3.into(), "closed".into()));
        let first = json!([closed, fork, gone]).to_string();
        let second = json!([other, recorded(word, |_| ())]).to_string();
        let server = Server::of([Reply::Answer(200, next, first), answer(200, &second)]).await;
        let forge = forge(word, &server.host());
        let found = server.during(forge.find("fluxdeck/scale-1")).await.expect("a list");

        let states: Vec<_> = found.iter().map(|pull| (pull.number, pull.state.clone())).collect();
        assert_eq!(states, [(7, PullState::Open), (3, PullState::Closed)], "{word}");
        let query = |page| match word {
            "gitea" => format!("/pulls?state=all&limit=50&page={page}"),
            _ => format!("/pulls?state=all&head=ops%3Afluxdeck%2Fscale-1&per_page=100&page={page}"),
        };
        let expected: Vec<_> = (1..=2).map(|page| format!("GET {}", below(word, &query(page)))).collect();
        assert_eq!(server.asked(), expected);
    }
}

#[tokio::test]
async fn a_pull_request_is_followed_with_its_merge_and_its_checks() {
    let at = "2026-11-29T22:00:00Z";
    for word in FORGES {
        let merged = recorded(word, |pull| {
            (pull["state"], pull["merged"], pull["merged_at"]) = ("closed".into(), true.into(), at.into());
            (pull["merge_commit_sha"], pull["merged_by"]) = ("2222".into(), json!({"login": "ana"}));
        });
        let statuses = |field: &str| {
            let states = ["success", "failure", "error", "pending"].map(|state| json!({field: state, "context": state}));
            json!({"state": "failure", "total_count": states.len(), "statuses": states})
        };
        let checks = match word {
            "gitea" => vec![reply(&statuses("status"))],
            _ => vec![answer(200, RUNS), reply(&statuses("state"))],
        };
        let server = Server::of([reply(&merged)].into_iter().chain(checks)).await;
        let forge = forge(word, &server.host());
        let pull = server.during(forge.pull(7)).await.expect("a pull request");

        let merge = Merge { commit: "2222".into(), by: Some("ana".into()), at: Some(at.parse().expect("a time")) };
        assert_eq!(pull.merge(), Some(&merge), "{word}");
        let runs = if word == "gitea" { (0, 0, 0) } else { (2, 1, 2) };
        let checks = Checks { passed: 1 + runs.0, failed: 2 + runs.1, pending: 1 + runs.2 };
        assert_eq!(pull.checks, Some(checks), "{word}");
        assert_eq!(server.asked()[0], format!("GET {}", below(word, "/pulls/7")));
    }
}

#[tokio::test]
async fn checks_that_cannot_be_read_are_none_and_no_failure() {
    let none = r#"{"total_count": 0, "check_runs": [], "statuses": null}"#;
    for word in FORGES {
        for (checks, expected) in [
            (answer(403, r#"{"message": "Resource not accessible by personal access token"}"#), None),
            (Reply::Cut, None),
            (answer(200, "<html>"), None),
            (answer(200, none), Some(Checks::default()).filter(|_| word == "gitea")),
        ] {
            let server = Server::of([reply(&recorded(word, |_| ())), checks.clone()]).await;
            let forge = forge(word, &server.host());
            let pull = server.during(forge.pull(7)).await.expect("a pull request");
            assert_eq!((pull.checks, pull.is_open()), (expected, true), "{word} {checks:?}");
        }
    }
}

#[tokio::test]
async fn whether_it_could_be_merged_is_what_the_forge_says_of_one_that_is_looked_at() {
    for word in FORGES {
        for (said, expected) in [(json!(true), Some(true)), (json!(false), Some(false)), (Value::Null, None)] {
            let pull = recorded(word, |pull| pull["mergeable"] = said.clone());
            let server = Server::of([reply(&pull), answer(403, "{}")]).await;
            let forge = forge(word, &server.host());
            let pull = server.during(forge.pull(7)).await.expect("a pull request");
            assert_eq!(pull.is_mergeable, expected, "{word} {said}");
        }
    }
}

/// A server of another version may leave out anything.
#[tokio::test]
async fn only_the_number_and_the_page_of_a_pull_request_are_needed() {
    for word in FORGES {
        let server = Server::of([answer(200, r#"{"number": 7, "html_url": "https://h/7", "more": [1]}"#)]).await;
        let forge = forge(word, &server.host());
        let pull = server.during(forge.pull(7)).await.expect("a pull request");
        assert_eq!((pull.number, pull.url.as_str(), pull.is_open(), pull.checks), (7, "https://h/7", true, None), "{word}");
    }
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_followed_within_its_host_and_never_to_another() {
    let here: &[_] = &[("location", "/api/renamed")];
    let away: &[_] = &[("location", "https://evil.example.com/api/v1/repos/ops/fleet")];
    for word in FORGES {
        let server = Server::of([Reply::Answer(301, here, String::new()), answer(200, r#"{"default_branch": "trunk"}"#)]).await;
        let near = forge(word, &server.host());
        assert_eq!(server.during(near.default_branch()).await, Ok("trunk".to_owned()), "{word}");
        assert_eq!(server.asked().last().map(String::as_str), Some("GET /api/renamed"));

        let server = Server::of([Reply::Answer(302, away, String::new())]).await;
        let far = forge(word, &server.host());
        let failure = server.during(far.default_branch()).await.expect_err("it is not followed");
        assert!(failure.to_string().contains("it has moved to https://evil.example.com"), "{failure}");
        // what is sent is never sent on, not even within the host
        let before = (word == "gitea").then(|| answer(200, r#"{"total_commits": 2}"#));
        let server = Server::of(before.into_iter().chain([Reply::Answer(307, here, String::new())])).await;
        assert!(opened(word, &server).await.is_err_and(|failure| failure.to_string().contains("it has moved")));
    }
}

#[test]
fn a_person_opens_the_pull_request_on_a_page_of_the_forge() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _within = runtime.enter();
    for (word, page) in [
        ("gitea", "http://h:3000/ops/fleet/compare/main...fluxdeck/scale%23%20%3F%261"),
        ("github", "http://h:3000/ops/fleet/compare/main...fluxdeck/scale%23%20%3F%261?expand=1"),
    ] {
        assert_eq!(forge(word, "h:3000").compare("main", "fluxdeck/scale# ?&1"), page);
    }
}
