//! What every forge does, request by request.

use serde_json::{Value, json};

use super::sample::{MERGED_AT, RUNS, STATUSES, With, before_open, below, expected, listed, page, pull, pulls, reply, sample};
use super::server::{Reply, Server, answer};
use super::{FORGES, HEAD, PLANTED, forge, new_pull, opened};
use fluxdeck_model::domain::pull::{Checks, Merge, PullState};

/// The body of the last request.
fn sent(server: &Server) -> Value {
    let seen = server.seen().pop().expect("a request");
    serde_json::from_str(seen.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

#[tokio::test]
async fn a_pull_request_is_opened_by_one_request_with_the_token_and_nothing_else() {
    for word in FORGES {
        let made = answer(201, &sample(word, &[]).to_string());
        let server = Server::of(before_open(word).into_iter().chain([made])).await;
        let pull = opened(word, &server).await.expect("it is open");

        assert_eq!(pull, expected(word, PullState::Open), "{word}");
        let seen = server.seen().pop().expect("a request");
        let head = seen.split_once("\r\n\r\n").expect("a head").0.to_lowercase();
        let login = if word == "gitea" { "authorization: token " } else { "authorization: bearer " };
        assert!(head.contains(&format!("{login}{}", PLANTED.to_lowercase())), "{head}");
        assert_eq!(head.matches(&PLANTED.to_lowercase()).count(), 1, "{head}");
        let asked = format!("post {} http/1.1", pulls(word).to_lowercase());
        assert!(head.starts_with(&asked) && head.contains("user-agent: fluxdeck/"), "{head}");
        assert_eq!(head.contains("x-github-api-version: 2022-11-28"), word == "github", "{head}");
        let wanted = match word {
            "gitea" => json!({"title": "scale cart", "body": "why", "head": "fluxdeck/scale-1", "base": "main"}),
            "github" => json!({"title": "scale cart", "body": "why", "head": "fluxdeck/scale-1", "base": "main", "draft": false}),
            "bitbucket" => json!({
                "title": "scale cart", "description": "why", "source": {"branch": {"name": "fluxdeck/scale-1"}},
                "destination": {"branch": {"name": "main"}}, "draft": false, "reviewers": [],
            }),
            _ => {
                json!({"title": "scale cart", "description": "why", "source_branch": "fluxdeck/scale-1", "target_branch": "main"})
            }
        };
        assert_eq!(sent(&server), wanted, "{word}");
    }
}

#[tokio::test]
async fn a_draft_is_opened_as_the_forge_has_drafts() {
    for (word, field, value) in [
        ("gitea", "title", json!("WIP: scale cart")),
        ("github", "draft", json!(true)),
        ("gitlab", "title", json!("Draft: scale cart")),
        ("bitbucket", "draft", json!(true)),
    ] {
        let made = answer(201, &sample(word, &[With::Draft]).to_string());
        let server = Server::of(before_open(word).into_iter().chain([made])).await;
        let (forge, mut new) = (forge(word, &server.host()), new_pull());
        new.is_draft = true;
        assert!(server.during(forge.open(&new)).await.expect("it is open").is_draft, "{word}");
        assert_eq!(sent(&server)[field], value, "{word}");
    }
}

/// The same branch of a fork, of a fork that is gone, another branch, and two of ours on two pages.
#[tokio::test]
async fn all_pull_requests_of_a_branch_are_found_on_all_pages_and_none_of_a_fork() {
    // of GitLab, where a proxy has dropped the links
    let numbered: &[_] = &[("x-next-page", "2"), ("x-page", "1")];
    for (word, next) in FORGES.into_iter().map(|word| (word, None)).chain([("gitlab", Some(numbered))]) {
        let closed = sample(word, &[With::Number(3), With::Closed]);
        let first = [closed, sample(word, &[With::Fork]), sample(word, &[With::GoneFork])];
        let second = [sample(word, &[With::Branch("x")]), sample(word, &[])];
        let pages = match next {
            None => [listed(word, &first, true), listed(word, &second, false)],
            Some(next) => [
                Reply::Answer(200, next, json!(first).to_string()),
                Reply::Answer(200, &[("x-next-page", "")], json!(second).to_string()),
            ],
        };
        let server = Server::of(pages).await;
        let forge = forge(word, &server.host());
        let found = server.during(forge.find("fluxdeck/scale-1", None)).await.expect("a list");

        let states: Vec<_> = found.iter().map(|pull| (pull.number, pull.state.clone())).collect();
        assert_eq!(states, [(7, PullState::Open), (3, PullState::Closed)], "{word}");
        let query = |page| match word {
            "gitea" => format!("?state=all&limit=50&page={page}"),
            "github" => format!("?state=all&head=ops%3Afluxdeck%2Fscale-1&per_page=100&page={page}"),
            "bitbucket" => format!(
                "?state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED&q=source.branch.name%3D%22fluxdeck%2Fscale-1%22&pagelen=50&page={page}"
            ),
            _ => format!("?scope=all&state=all&source_branch=fluxdeck%2Fscale-1&per_page=100&page={page}"),
        };
        let expected: Vec<_> = (1..=2).map(|page| format!("GET {}{}", pulls(word), query(page))).collect();
        assert_eq!(server.asked(), expected);
    }
}

#[tokio::test]
async fn a_pull_request_is_followed_with_its_merge_and_its_checks() {
    for word in FORGES {
        let statuses = |field: &str| {
            let states = ["success", "failure", "error", "pending"].map(|state| json!({field: state, "context": state}));
            json!({"state": "failure", "total_count": states.len(), "statuses": states})
        };
        let (checks, counted) = match word {
            "gitea" => (vec![reply(&statuses("status"))], Checks { passed: 1, failed: 2, pending: 1 }),
            "github" => (vec![answer(200, RUNS), reply(&statuses("state"))], Checks { passed: 3, failed: 3, pending: 3 }),
            "bitbucket" => {
                let states = ["SUCCESSFUL", "FAILED", "STOPPED", "INPROGRESS"].map(|state| json!({ "state": state }));
                let commit = json!({"hash": "2222", "date": MERGED_AT});
                (vec![listed(word, &states, false), reply(&commit)], Checks { passed: 1, failed: 2, pending: 1 })
            }
            // what may fail does not count when it does, nor does what is of another pipeline
            _ => (vec![answer(200, STATUSES)], Checks { passed: 4, failed: 2, pending: 3 }),
        };
        let server = Server::of([pull(word, &[With::Merged("2222")])].into_iter().chain(checks)).await;
        let forge = forge(word, &server.host());
        let pull = server.during(forge.pull(7)).await.expect("a pull request");

        let merge = Merge { commit: "2222".into(), by: Some("ana".into()), at: Some(MERGED_AT.parse().expect("a time")) };
        assert_eq!(pull.merge(), Some(&merge), "{word}");
        assert_eq!(pull.checks, Some(counted), "{word}");
        assert_eq!(server.asked()[0], format!("GET {}/7", pulls(word)));
    }
}

/// The commit of a pipeline with merged results is not that of the branch, and a commit has the statuses of all its pipelines.
#[tokio::test]
async fn checks_of_gitlab_are_those_of_the_head_pipeline() {
    let server = Server::of([pull("gitlab", &[]), answer(200, "[]")]).await;
    let pull = server.during(forge("gitlab", &server.host()).pull(7)).await.expect("a merge request");
    let commit = "4".repeat(40);
    let statuses = format!("/repository/commits/{commit}/statuses?pipeline_id=538317940&per_page=100&page=1");
    assert_eq!(server.asked()[1], format!("GET {}", below("gitlab", &statuses)));
    assert_eq!(pull.checks, Some(Checks { failed: 1, ..Checks::default() }), "one without jobs counts as one");

    for (status, expected) in [
        ("success", Checks { passed: 1, ..Checks::default() }),
        ("skipped", Checks { passed: 1, ..Checks::default() }),
        ("canceled", Checks { failed: 1, ..Checks::default() }),
        ("manual", Checks { pending: 1, ..Checks::default() }),
        ("created", Checks { pending: 1, ..Checks::default() }),
        ("a word that is not there yet", Checks { pending: 1, ..Checks::default() }),
    ] {
        let mut request = sample("gitlab", &[]);
        request["head_pipeline"]["status"] = status.into();
        let server = Server::of([reply(&request), answer(404, "{}")]).await;
        let pull = server.during(forge("gitlab", &server.host()).pull(7)).await.expect("a merge request");
        assert_eq!(pull.checks, Some(expected), "{status}");
    }
    // without a pipeline there are no checks; who may not read pipelines does not know
    let mut request = sample("gitlab", &[]);
    request["head_pipeline"] = Value::Null;
    let none = request.clone();
    request.as_object_mut().expect("an object").remove("head_pipeline");
    for (request, expected) in [(none, Some(Checks::default())), (request, None)] {
        let server = Server::of([reply(&request)]).await;
        let pull = server.during(forge("gitlab", &server.host()).pull(7)).await.expect("a merge request");
        assert_eq!(pull.checks, expected);
    }
}

#[tokio::test]
async fn checks_that_cannot_be_read_are_none_and_no_failure() {
    let none = r#"{"total_count": 0, "check_runs": [], "statuses": null}"#;
    for word in FORGES {
        for (checks, is_empty) in [
            (answer(403, r#"{"message": "Resource not accessible by personal access token"}"#), false),
            (Reply::Cut, false),
            (answer(200, "<html>"), false),
            (answer(200, none), true),
        ] {
            let server = Server::of([pull(word, &[]), checks.clone()]).await;
            let forge = forge(word, &server.host());
            let pull = server.during(forge.pull(7)).await.expect("a pull request");
            let expected = match word {
                "gitea" => Some(Checks::default()).filter(|_| is_empty),
                "github" | "bitbucket" => None,
                // the result of the pipeline is part of the merge request
                _ => Some(Checks { failed: 1, ..Checks::default() }),
            };
            assert_eq!((pull.checks, pull.is_open()), (expected, true), "{word} {checks:?}");
        }
    }
}

#[tokio::test]
async fn whether_it_could_be_merged_is_what_the_forge_says_of_one_that_is_looked_at() {
    for word in FORGES {
        for expected in [Some(true), Some(false), None] {
            let server = Server::of([pull(word, &[With::Mergeable(expected)]), answer(403, "{}")]).await;
            let forge = forge(word, &server.host());
            let pull = server.during(forge.pull(7)).await.expect("a pull request");
            // Bitbucket does not say
            assert_eq!(pull.is_mergeable, expected.filter(|_| word != "bitbucket"), "{word}");
        }
    }
}

/// The values of `doc/api/merge_requests.md`, "Merge status", from GitLab 12 to 18.
#[tokio::test]
async fn what_is_in_the_way_of_a_merge_request_is_a_conflict_only_where_its_commits_are() {
    let (yes, no) = (Some(true), Some(false));
    for (detailed, plain, expected) in [
        (Some("mergeable"), Some("can_be_merged"), yes),
        (Some("can_be_merged"), Some("can_be_merged"), yes),
        (None, Some("can_be_merged"), yes),
        (Some("mergeable"), None, yes),
        // reviews and checks
        (Some("not_approved"), Some("can_be_merged"), yes),
        (Some("ci_must_pass"), Some("can_be_merged"), yes),
        (Some("draft_status"), Some("can_be_merged"), yes),
        (Some("approvals_syncing"), Some("can_be_merged"), yes),
        (Some("not_approved"), Some("cannot_be_merged"), no),
        (Some("conflict"), Some("cannot_be_merged"), no),
        (Some("conflict"), None, no),
        (Some("need_rebase"), Some("can_be_merged"), no),
        (Some("commits_status"), Some("cannot_be_merged"), no),
        (None, Some("cannot_be_merged"), no),
        (Some("checking"), Some("checking"), None),
        (Some("unchecked"), Some("unchecked"), None),
        (Some("preparing"), Some("checking"), None),
        (None, Some("cannot_be_merged_recheck"), None),
        (Some("ci_still_running"), Some("unchecked"), None),
        (Some("a word that is not there yet"), None, None),
    ] {
        let mut request = sample("gitlab", &[]);
        (request["detailed_merge_status"], request["merge_status"]) = (json!(detailed), json!(plain));
        let server = Server::of([reply(&request)]).await;
        let pull = server.during(forge("gitlab", &server.host()).pull(7)).await.expect("a merge request");
        assert_eq!(pull.is_mergeable, expected, "{detailed:?} {plain:?}");
    }
}

/// A server of another version may leave out anything.
#[tokio::test]
async fn only_the_number_and_the_page_of_a_pull_request_are_needed() {
    for word in FORGES {
        let least = match word {
            "gitlab" => r#"{"iid": 7, "web_url": "https://h/7", "more": [1]}"#,
            "bitbucket" => r#"{"id": 7, "links": {"html": {"href": "https://h/7"}}, "more": [1]}"#,
            _ => r#"{"number": 7, "html_url": "https://h/7", "more": [1]}"#,
        };
        let server = Server::of([answer(200, least)]).await;
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
        let trunk = answer(200, r#"{"default_branch": "trunk", "mainbranch": {"name": "trunk"}}"#);
        let server = Server::of([Reply::Answer(301, here, String::new()), trunk]).await;
        let near = forge(word, &server.host());
        assert_eq!(server.during(near.default_branch()).await, Ok("trunk".to_owned()), "{word}");
        assert_eq!(server.asked().last().map(String::as_str), Some("GET /api/renamed"));

        let server = Server::of([Reply::Answer(302, away, String::new())]).await;
        let far = forge(word, &server.host());
        let failure = server.during(far.default_branch()).await.expect_err("it is not followed");
        assert!(failure.to_string().contains("it has moved to https://evil.example.com"), "{failure}");
        // what is sent is never sent on, not even within the host
        let server = Server::of(before_open(word).into_iter().chain([Reply::Answer(307, here, String::new())])).await;
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
        (
            "gitlab",
            "http://h:3000/ops/fleet/-/merge_requests/new?merge_request%5Bsource_branch%5D=fluxdeck%2Fscale%23%20%3F%261&merge_request%5Btarget_branch%5D=main",
        ),
        ("bitbucket", "http://h:3000/ops/fleet/pull-requests/new?source=fluxdeck%2Fscale%23%20%3F%261&dest=main"),
    ] {
        assert_eq!(forge(word, "h:3000").compare("main", "fluxdeck/scale# ?&1", None), page);
    }
}

/// A project is named by its groups, all in one part of the path; the other forges have an owner only.
#[tokio::test]
async fn a_project_in_groups_within_groups_is_one_of_gitlab() {
    let server = Server::of([answer(200, r#"{"default_branch": "main"}"#)]).await;
    let address = super::Address { owner: "acme/platform team".into(), ..super::address(&server.host()) };
    let open = |word| super::named(word).expect("a forge").open(&super::network(), &address, None);
    let gitlab = open("gitlab").expect("a project");
    assert_eq!(server.during(gitlab.default_branch()).await, Ok("main".to_owned()));
    assert_eq!(server.asked(), ["GET /api/v4/projects/acme%2Fplatform%20team%2Ffleet"]);
    let page = gitlab.compare("main", "b", None);
    assert!(page.starts_with(&format!("http://{}/acme/platform%20team/fleet/-/merge_requests/new?", server.host())), "{page}");
    for word in FORGES.into_iter().filter(|word| *word != "gitlab") {
        let failure = open(word).err().expect("it is refused").to_string();
        assert_eq!(failure, "acme/platform team/fleet is not an owner and a name", "{word}");
    }
}

#[tokio::test]
async fn what_a_reviewer_sends_is_one_request_with_the_text_and_the_commit_and_nothing_else() {
    for word in FORGES {
        let server = Server::of([answer(201, "{}"), answer(201, "{}")]).await;
        let forge = forge(word, &server.host());
        server.during(forge.comment(7, "why \"5\"?\nana")).await.expect("it is there");
        let (place, commit) = match word {
            "gitlab" => (page(word, "/notes"), json!({"sha": HEAD})),
            "bitbucket" => (page(word, "/comments"), Value::Null),
            word => (
                below(word, "/issues/7/comments"),
                json!({"commit_id": HEAD, "event": if word == "github" { "APPROVE" } else { "APPROVED" }}),
            ),
        };
        let text = "why \"5\"?\nana";
        let text = if word == "bitbucket" { json!({"content": {"raw": text}}) } else { json!({ "body": text }) };
        assert_eq!((server.asked(), sent(&server)), (vec![format!("POST {place}")], text), "{word}");

        server.during(forge.approve(7, HEAD)).await.expect("it is approved");
        let place = page(word, if matches!(word, "gitlab" | "bitbucket") { "/approve" } else { "/reviews" });
        let body = server.seen().pop().and_then(|seen| seen.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()));
        let body: Value = serde_json::from_str(&body.unwrap_or_default()).unwrap_or_default();
        assert_eq!((server.asked().pop(), body), (Some(format!("POST {place}")), commit), "{word}");
    }
}

#[tokio::test]
async fn open_pull_requests_are_asked_for_the_newest_first_and_a_head_has_a_reference() {
    for word in FORGES {
        let server = Server::of([listed(word, &[], false)]).await;
        let forge = forge(word, &server.host());
        let open = server.during(forge.all_open()).await.expect("a list");
        assert_eq!((open.pulls.len(), open.has_more), (0, false));
        let (query, reference) = match word {
            "gitea" => ("?state=open&limit=50&page=1", "refs/pull/7/head"),
            "github" => ("?state=open&sort=created&direction=desc&per_page=50", "refs/pull/7/head"),
            // none of its own
            "bitbucket" => ("?state=OPEN&sort=-created_on&pagelen=50", "refs/heads/fluxdeck/scale-1"),
            _ => ("?scope=all&state=opened&order_by=created_at&sort=desc&per_page=50", "refs/merge-requests/7/head"),
        };
        assert_eq!(server.asked(), [format!("GET {}{query}", pulls(word))]);
        assert_eq!(forge.head_reference(&super::sample::expected(word, PullState::Open)), reference, "{word}");
    }
}

/// Labels that are there are set, and somebody who may review is asked; the rest is said, and stops nothing.
#[tokio::test]
async fn labels_and_reviewers_are_sent_in_the_way_of_each_forge_and_what_is_not_taken_is_said() {
    let not_found = || answer(404, r#"{"message": "Not Found"}"#);
    let one = || answer(200, r#"{"id": 5, "name": "flux"}"#);
    let refused = || answer(422, r#"{"message": "Reviews may only be requested from collaborators."}"#);
    let (done, none) = (|| answer(201, "{}"), || answer(200, "[]"));
    for (word, replies, asked, why) in [
        (
            "gitea",
            vec![
                answer(200, r#"[{"id": 4, "name": "x"}, {"id": 5, "name": "flux"}]"#),
                not_found(),
                done(),
                refused(),
                done(),
                refused(),
            ],
            vec![
                "GET /api/v1/repos/ops/fleet/labels?limit=50&page=1",
                "GET /api/v1/orgs/ops/labels?limit=50&page=1",
                r#"POST /api/v1/repos/ops/fleet/issues/7/labels {"labels":[5]}"#,
                r#"POST /api/v1/repos/ops/fleet/pulls/7/requested_reviewers {"reviewers":["ana","zoe"],"team_reviewers":[]}"#,
                r#"POST /api/v1/repos/ops/fleet/pulls/7/requested_reviewers {"reviewers":["ana"],"team_reviewers":[]}"#,
                r#"POST /api/v1/repos/ops/fleet/pulls/7/requested_reviewers {"reviewers":["zoe"],"team_reviewers":[]}"#,
            ],
            "zoe is not asked for a review: Reviews may only be requested from collaborators.",
        ),
        (
            "github",
            vec![one(), not_found(), done(), refused(), done(), refused()],
            vec![
                "GET /api/v3/repos/ops/fleet/labels/flux",
                "GET /api/v3/repos/ops/fleet/labels/no%20such",
                r#"POST /api/v3/repos/ops/fleet/issues/7/labels {"labels":["flux"]}"#,
                r#"POST /api/v3/repos/ops/fleet/pulls/7/requested_reviewers {"reviewers":["ana","zoe"],"team_reviewers":[]}"#,
                r#"POST /api/v3/repos/ops/fleet/pulls/7/requested_reviewers {"reviewers":["ana"],"team_reviewers":[]}"#,
                r#"POST /api/v3/repos/ops/fleet/pulls/7/requested_reviewers {"reviewers":["zoe"],"team_reviewers":[]}"#,
            ],
            "zoe is not asked for a review: Reviews may only be requested from collaborators.",
        ),
        (
            "gitlab",
            vec![
                one(),
                not_found(),
                answer(200, r#"[{"id": 2, "username": "ana"}]"#),
                none(),
                answer(200, r#"{"iid": 7, "reviewers": [{"id": 2}]}"#),
            ],
            vec![
                "GET /api/v4/projects/ops%2Ffleet/labels/flux",
                "GET /api/v4/projects/ops%2Ffleet/labels/no%20such",
                "GET /api/v4/users?username=ana",
                "GET /api/v4/users?username=zoe",
                r#"PUT /api/v4/projects/ops%2Ffleet/merge_requests/7 {"add_labels":"flux","reviewer_ids":[2]}"#,
            ],
            "zoe is not asked for a review: there is no such user",
        ),
    ] {
        let server = Server::of(replies).await;
        let forge = forge(word, &server.host());
        let mut new = new_pull();
        (new.labels, new.reviewers) = (vec!["flux".into(), "no such".into()], vec!["ana".into(), "zoe".into()]);
        let said = server.during(forge.mark(7, &new)).await.expect("it answers");
        assert_eq!(said, ["there is no label no such", why], "{word}");
        let body = |text: &String| text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        let seen = server.seen();
        let sent = server.asked().into_iter().zip(seen.iter().map(body));
        let sent: Vec<_> = sent.map(|(line, body)| format!("{line} {body}").trim().to_owned()).collect();
        assert_eq!(sent, asked, "{word}");
    }
}

/// Without a licence GitLab takes one reviewer, and drops the others without a word; teams are named without their organisation.
#[tokio::test]
async fn reviewers_that_are_dropped_are_noticed_and_teams_are_asked() {
    let user = |id: u64| answer(200, &format!(r#"[{{"id": {id}}}]"#));
    let server = Server::of([user(2), user(3), answer(200, r#"{"iid": 7, "reviewers": [{"id": 2}]}"#)]).await;
    let mut new = new_pull();
    new.reviewers = vec!["ana".into(), "ben".into()];
    let said = server.during(forge("gitlab", &server.host()).mark(7, &new)).await.expect("it answers");
    assert_eq!(said, ["ben is not asked for a review: the forge did not take this reviewer"]);
    new.reviewers = vec!["ops/platform".into()];
    for word in ["gitea", "github"] {
        let server = Server::of([answer(201, "{}")]).await;
        assert_eq!(server.during(forge(word, &server.host()).mark(7, &new)).await, Ok(Vec::new()), "{word}");
        assert_eq!(sent(&server), json!({"reviewers": [], "team_reviewers": ["platform"]}), "{word}");
    }
}

/// A token of a person is a password for a name; one of a repository is a token.
#[tokio::test]
async fn a_token_goes_to_bitbucket_with_the_name_that_it_is_for() {
    for (value, expected) in [
        ("ana@example.com:PLANTED", "authorization: basic YW5hQGV4YW1wbGUuY29tOlBMQU5URUQ="),
        ("PLANTED", "authorization: bearer PLANTED"),
    ] {
        let server = Server::of([answer(200, r#"{"nickname": "ana"}"#)]).await;
        let address = super::address(&server.host());
        let token =
            crate::credentials::Token::new(value, address.origin(), crate::credentials::Source::Command).expect("a token");
        let forge =
            super::named("bitbucket").expect("a forge").open(&super::network(), &address, Some(&token)).expect("its token");
        assert_eq!(server.during(forge.user()).await, Ok("ana".to_owned()));
        assert!(server.seen()[0].to_lowercase().contains(&expected.to_lowercase()), "{value}");
    }
}

/// Who is asked by default is in the request that opens, as nobody else asks them; but not the author, which Bitbucket refuses.
#[tokio::test]
async fn reviewers_by_default_are_asked_for_a_review_on_bitbucket() {
    let one = |uuid: &str| json!({"type": "default_reviewer", "reviewer_type": "repository", "user": {"uuid": uuid}});
    let replies = [
        listed("bitbucket", &[one("{1}"), one("{2}")], false),
        answer(200, r#"{"nickname": "ops", "uuid": "{1}"}"#),
        answer(201, &sample("bitbucket", &[]).to_string()),
    ];
    let server = Server::of(replies).await;
    opened("bitbucket", &server).await.expect("it is open");
    assert_eq!(sent(&server)["reviewers"], json!([{"uuid": "{2}"}]));
    assert_eq!(server.asked()[0], format!("GET {}", below("bitbucket", "/effective-default-reviewers?pagelen=100")));
}
