//! What is said of a pull request that is open, and changed of it: labels, reviewers, words, drafts, and merging it later.

use serde_json::json;

use super::super::sample::{With, page, pull, pulls, reply, sample};
use super::super::server::answer;
use super::super::{Do, Failure, HEAD};
use super::*;

/// The request that changes some fields of it.
fn changes(word: &str, fields: &Value) -> String {
    let method = if matches!(word, "gitlab" | "bitbucket") { "PUT" } else { "PATCH" };
    format!("{method} {} {fields}", page(word, ""))
}

/// Labels, reviewers, and other words.
pub(super) fn said() -> Vec<Row> {
    let (done, none) = (|| answer(201, "{}"), || answer(200, "[]"));
    let one = || answer(200, r#"{"id": 5, "name": "flux"}"#);
    let asks = |word| {
        let requested = page(word, "/requested_reviewers");
        format!("POST {requested} {}", json!({"reviewers": ["ana"], "team_reviewers": []}))
    };
    let member = json!({"user": {"nickname": "ana", "uuid": "{2}"}});
    let both = json!({"add_labels": "flux", "reviewer_ids": [2]});
    let taken = || answer(200, r#"{"iid": 7, "reviewers": [{"id": 2}]}"#);
    vec![
        (
            "labels and reviewers of one that is open",
            [
                vec![
                    case(Do::Mark, [answer(200, r#"[{"id": 5, "name": "flux"}]"#), none(), done(), done()], Expected::Said(&[]))
                        .sending(&asks("gitea")),
                ],
                vec![case(Do::Mark, [one(), done(), done()], Expected::Said(&[])).sending(&asks("github"))],
                vec![
                    case(Do::Mark, [one(), answer(200, r#"[{"id": 2}]"#), taken()], Expected::Said(&[]))
                        .sending(&changes("gitlab", &both)),
                ],
                vec![
                    case(
                        Do::Mark,
                        [listed("bitbucket", &[member], false), pull("bitbucket", &[]), pull("bitbucket", &[])],
                        Expected::Said(&["Bitbucket has no labels: flux is not set"]),
                    )
                    .sending(&changes("bitbucket", &json!({"reviewers": [{"uuid": "{2}"}]}))),
                ],
            ],
        ),
        (
            "another title and text",
            FORGES.map(|word| {
                let text = if matches!(word, "gitlab" | "bitbucket") { "description" } else { "body" };
                let fields = json!({"title": "more room", text: "for black friday"});
                vec![case(Do::Reword, [pull(word, &[])], Expected::Done).sending(&changes(word, &fields))]
            }),
        ),
    ]
}

/// Opens one that begins as a draft: what is sent, by this title.
fn opened(word: &'static str, title: &str) -> Case {
    let mut sent = match word {
        "gitlab" => {
            json!({"title": title, "description": "why", "source_branch": "fluxdeck/scale-1", "target_branch": "main"})
        }
        "bitbucket" => json!({
            "title": title, "description": "why", "source": {"branch": {"name": "fluxdeck/scale-1"}},
            "destination": {"branch": {"name": "main"}}, "draft": true, "reviewers": [],
        }),
        _ => json!({"title": title, "body": "why", "head": "fluxdeck/scale-1", "base": "main"}),
    };
    if word == "github" {
        sent["draft"] = true.into();
    }
    let replies = before_open(word).into_iter().chain([answer(201, &sample(word, &[With::Draft]).to_string())]);
    case(Do::OpenDraft, replies, Expected::Draft).sending(&format!("POST {} {sent}", pulls(word)))
}

/// Drafts: a field that GraphQL alone changes, or the beginning of the title.
pub(super) fn drafts() -> Vec<Row> {
    let titled = |word: &str, title: &str, is_draft: bool| {
        let mut pull = sample(word, if is_draft { &[With::Draft] } else { &[] });
        pull["title"] = title.into();
        reply(&pull)
    };
    let becomes = |word: &'static str, from: &str, is_draft: bool, to: &str| {
        case(Do::Draft(is_draft), [titled(word, from, !is_draft), pull(word, &[])], Expected::Done)
            .sending(&changes(word, &json!({ "title": to })))
    };
    let mutation = |name: &str| {
        let text = format!("mutation($id: ID!) {{ {name}(input: {{pullRequestId: $id}}) {{ clientMutationId }} }}");
        format!("POST /api/graphql {}", json!({"query": text, "variables": {"id": "PR_7"}}))
    };
    let graph = |is_draft: bool, name: &str| {
        let mut found = sample("github", if is_draft { &[] } else { &[With::Draft] });
        found["node_id"] = "PR_7".into();
        case(Do::Draft(is_draft), [reply(&found), answer(200, r#"{"data": {}}"#)], Expected::Done).sending(&mutation(name))
    };
    let field = |is_draft: bool| {
        let sent = changes("bitbucket", &json!({ "draft": is_draft }));
        case(Do::Draft(is_draft), [pull("bitbucket", &[])], Expected::Done).sending(&sent)
    };
    let already = |word| case(Do::Draft(true), [pull(word, &[With::Draft])], Expected::Done);
    vec![
        (
            "opened as a draft",
            [
                vec![opened("gitea", "WIP: scale cart")],
                vec![opened("github", "scale cart")],
                vec![opened("gitlab", "Draft: scale cart")],
                vec![opened("bitbucket", "scale cart")],
            ],
        ),
        (
            "a draft is ready for review",
            [
                vec![becomes("gitea", "WIP: [wip] scale cart", false, "scale cart")],
                vec![graph(false, "markPullRequestReadyForReview")],
                vec![becomes("gitlab", "draft: (Draft) scale cart", false, "scale cart")],
                vec![field(false)],
            ],
        ),
        (
            "what is open becomes a draft, once",
            [
                vec![becomes("gitea", "scale cart", true, "WIP: scale cart"), already("gitea")],
                vec![graph(true, "convertPullRequestToDraft"), already("github")],
                vec![becomes("gitlab", "scale cart", true, "Draft: scale cart"), already("gitlab")],
                // that it is one already changes nothing
                vec![field(true)],
            ],
        ),
    ]
}

/// Merging once checks have passed, only where there is one to wait for.
pub(super) fn merged_later() -> Vec<Row> {
    vec![where_it_may(), asked_later(), asked_before(), not_yet(), who_may_not(), in_a_queue()]
}

const NEVER: &str = "Bitbucket's API merges nothing later";

fn may(replies: Vec<Reply>, expected: std::result::Result<(), &'static str>) -> Case {
    case(Do::MergesLater, replies, Expected::May(expected))
}

fn later(replies: Vec<Reply>, expected: Expected) -> Case {
    case(Do::MergeLater, replies, expected)
}

fn allows(yes: bool) -> Reply {
    answer(200, &json!({"allow_auto_merge": yes, "allow_merge_commit": false, "allow_squash_merge": true}).to_string())
}

/// GitHub's pull request, as GraphQL knows it too.
fn found() -> Reply {
    let mut found = sample("github", &[]);
    found["node_id"] = "PR_7".into();
    reply(&found)
}

/// What GraphQL refuses.
fn wrong(kind: &str, why: &str) -> Reply {
    answer(200, &json!({"data": null, "errors": [{"type": kind, "message": why}]}).to_string())
}

/// How Gitea's repository merges.
fn style() -> Reply {
    answer(200, r#"{"default_merge_style": "squash"}"#)
}

fn without_pipeline() -> Reply {
    let mut request = sample("gitlab", &[]);
    request["head_pipeline"] = Value::Null;
    reply(&request)
}

/// The pull request with another commit than the one that was seen.
fn moved(word: &str) -> Reply {
    let mut other = sample(word, &[]);
    let place = match word {
        "gitlab" => "/sha",
        "bitbucket" => "/source/commit/hash",
        _ => "/head/sha",
    };
    *other.pointer_mut(place).expect("a commit") = "2222".into();
    reply(&other)
}

fn has_moved() -> Expected {
    refused("#7 has other commits by now")
}

fn not_there() -> Vec<Case> {
    vec![later(vec![pull("bitbucket", &[])], refused(NEVER))]
}

fn where_it_may() -> Row {
    let branch = |text: &str| answer(200, text);
    let rule = r#"[{"type": "deletion"}, {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "ci"}]}}]"#;
    let protection = |level: &str| {
        json!({"protected": true, "protection": {"enabled": true, "required_status_checks": {"enforcement_level": level, "contexts": ["ci"]}}})
            .to_string()
    };
    let nothing = "main requires no check: the forge would merge without waiting for one";
    let project = |text: &str| answer(200, text);
    (
        "merged later only where a check is required",
        [
            vec![
                may(vec![branch(r#"{"protected": true, "enable_status_check": true, "status_check_contexts": ["ci"]}"#)], Ok(())),
                may(vec![branch(r#"{"protected": false}"#)], Err(nothing)),
                may(vec![branch(r#"{"protected": true, "enable_status_check": false}"#)], Err(nothing)),
                // whatever reports, and so perhaps nothing
                may(
                    vec![branch(r#"{"protected": true, "enable_status_check": true, "status_check_contexts": []}"#)],
                    Err(nothing),
                ),
            ],
            vec![
                may(vec![allows(true), answer(200, rule)], Ok(())),
                may(vec![allows(true), answer(200, "[]"), branch(&protection("everyone"))], Ok(())),
                may(vec![allows(true), answer(404, "{}"), branch(&protection("off"))], Err(nothing)),
                may(vec![allows(true), answer(200, "[]"), branch(r#"{"protected": false}"#)], Err(nothing)),
                may(vec![allows(false)], Err("the repository does not allow auto-merge")),
                may(vec![answer(200, "{}")], Err("the token may not read whether the repository allows auto-merge")),
            ],
            vec![
                may(vec![project(r#"{"only_allow_merge_if_pipeline_succeeds": true}"#)], Ok(())),
                may(
                    vec![project(r#"{"only_allow_merge_if_pipeline_succeeds": false}"#)],
                    Err("the project requires no pipeline to succeed before something is merged"),
                ),
                may(
                    vec![project(r#"{"only_allow_merge_if_pipeline_succeeds": true, "allow_merge_on_skipped_pipeline": true}"#)],
                    Err("the project lets a pipeline that was skipped count as one that succeeded"),
                ),
                may(vec![project("{}")], Err("the token may not read whether the project requires a pipeline to succeed")),
            ],
            vec![may(vec![], Err(NEVER))],
        ],
    )
}

fn asked_later() -> Row {
    let merge = |how: &str| {
        let text = "mutation($id: ID!, $head: GitObjectID!, $how: PullRequestMergeMethod!) { \
                    enablePullRequestAutoMerge(input: {pullRequestId: $id, expectedHeadOid: $head, mergeMethod: $how}) { clientMutationId } }";
        format!("POST /api/graphql {}", json!({"query": text, "variables": {"id": "PR_7", "head": HEAD, "how": how}}))
    };
    let gitea = json!({"Do": "squash", "head_commit_id": HEAD, "merge_when_checks_succeed": true});
    let gitea = format!("POST {} {gitea}", page("gitea", "/merge"));
    let gitlab = json!({"auto_merge": true, "merge_when_pipeline_succeeds": true, "sha": HEAD});
    let gitlab = format!("PUT {} {gitlab}", page("gitlab", "/merge"));
    (
        "asked to merge later, in the way that the repository merges, at the commit that was seen",
        [
            vec![
                later(vec![pull("gitea", &[]), style(), answer(201, "")], Expected::Done).sending(&gitea),
                later(vec![moved("gitea")], has_moved()),
            ],
            vec![
                later(vec![found(), allows(true), answer(200, r#"{"data": {}}"#)], Expected::Done).sending(&merge("SQUASH")),
                later(vec![moved("github")], has_moved()),
            ],
            vec![
                later(vec![pull("gitlab", &[]), answer(200, "{}")], Expected::Done).sending(&gitlab),
                later(vec![moved("gitlab")], has_moved()),
                later(vec![pull("gitlab", &[]), answer(409, r#"{"message": "SHA does not match HEAD"}"#)], has_moved()),
            ],
            [not_there(), vec![later(vec![moved("bitbucket")], has_moved())]].into_iter().flatten().collect(),
        ],
    )
}

fn asked_before() -> Row {
    (
        "it is to be merged later already",
        [
            vec![later(
                vec![
                    pull("gitea", &[]),
                    style(),
                    of_gitea(409, "pull request is already scheduled to auto merge when checks succeed [pull_id: 7]"),
                ],
                Expected::Done,
            )],
            vec![later(vec![pull("github", &[With::Queued])], Expected::Done)],
            vec![later(vec![pull("gitlab", &[With::Queued])], Expected::Done)],
            not_there(),
        ],
    )
}

fn not_yet() -> Row {
    (
        "the forge is still finding out whether it can be merged",
        [
            vec![later(
                vec![pull("gitea", &[]), style(), of_gitea(405, "Please try again later")],
                Expected::Fails(Failure::NotYet),
            )],
            vec![later(
                vec![found(), allows(true), wrong("UNPROCESSABLE", "Pull request is in unstable status")],
                Expected::Fails(Failure::NotYet),
            )],
            vec![
                later(vec![pull("gitlab", &[With::Mergeable(None)])], Expected::Fails(Failure::NotYet)),
                later(
                    vec![without_pipeline(), of_gitlab(405, &json!("405 Method Not Allowed"))],
                    Expected::Fails(Failure::NotYet),
                ),
            ],
            not_there(),
        ],
    )
}

fn who_may_not() -> Row {
    (
        "who may not merge may not ask for it",
        [
            vec![later(
                vec![pull("gitea", &[]), style(), of_gitea(405, "User not allowed to merge PR")],
                refused("User not allowed to merge PR"),
            )],
            vec![
                later(
                    vec![found(), allows(true), wrong("FORBIDDEN", "Resource not accessible by personal access token")],
                    forbidden("Resource not accessible by personal access token"),
                ),
                later(
                    vec![found(), allows(true), wrong("UNPROCESSABLE", "Pull request is in clean status")],
                    refused("Pull request is in clean status"),
                ),
            ],
            vec![later(
                vec![pull("gitlab", &[]), of_gitlab(401, &json!("401 Unauthorized"))],
                forbidden("this user may not merge into that branch"),
            )],
            not_there(),
        ],
    )
}

fn in_a_queue() -> Row {
    (
        "in a merge queue or train, which says so in its own place",
        [
            // there is none: it is merged when its checks succeed, which the timeline says
            vec![case(
                Do::Pull,
                [
                    pull("gitea", &[]),
                    answer(200, r#"{"total_count": 0, "statuses": []}"#),
                    list(&[json!({"type": "pull_scheduled_merge"})]),
                    list(&[]),
                ],
                Expected::Word("queued"),
            )],
            vec![case(
                Do::Pull,
                [
                    found(),
                    answer(200, r#"{"total_count": 0, "check_runs": []}"#),
                    answer(200, r#"{"statuses": []}"#),
                    list(&[]),
                    answer(200, r#"{"data": {"node": {"isInMergeQueue": true}}}"#),
                ],
                Expected::Word("queued"),
            )],
            vec![case(Do::Pull, [pull("gitlab", &[With::Queued])], Expected::Word("queued"))],
            vec![case(Do::Pull, [pull("bitbucket", &[With::Queued])], Expected::Word("queued"))],
        ],
    )
}
