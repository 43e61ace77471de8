//! Pull requests of the user's own: found, followed, merged, opened.

use serde_json::json;

use super::super::sample::{With, pull, reply, sample};
use super::super::server::{Reply, answer};
use super::super::{Do, Failure};
use super::*;

/// What is on a forge, as it is found.
pub(super) fn finding() -> Vec<Row> {
    let mut moved = sample("gitea", &[]);
    // the branch is gone: `label` keeps its name
    moved["head"]["ref"] = "refs/pull/7/head".into();
    let missing = || of_gitea(404, "The target couldn't be found.");
    let hidden = || Expected::Fails(Failure::NotFound);
    vec![
        (
            "found by its branch, which a fork may have as well",
            each(|word| {
                let all = [sample(word, &[With::Number(9), With::Fork]), sample(word, &[])];
                case(Do::Find, [listed(word, &all, false)], Expected::Found(&[7]))
            }),
        ),
        (
            "pages, while others are opened",
            each(|word| {
                let first = [sample(word, &[]), sample(word, &[With::Number(3), With::Closed])];
                let second = [sample(word, &[With::Number(3), With::Closed]), sample(word, &[With::Number(1), With::Closed])];
                let pages = [listed(word, &first, true), listed(word, &second, false)];
                case(Do::Find, pages, Expected::Found(&[7, 3, 1]))
            }),
        ),
        (
            "a branch that is gone keeps its name",
            [
                vec![case(Do::Find, [list(&[moved])], Expected::Head("fluxdeck/scale-1"))],
                vec![case(Do::Find, [list(&[sample("github", &[With::Closed])])], Expected::Head("fluxdeck/scale-1"))],
                vec![case(Do::Find, [list(&[sample("gitlab", &[With::Closed])])], Expected::Head("fluxdeck/scale-1"))],
                vec![case(
                    Do::Find,
                    [listed("bitbucket", &[sample("bitbucket", &[With::Closed])], false)],
                    Expected::Head("fluxdeck/scale-1"),
                )],
            ],
        ),
        (
            "missing and hidden are the same",
            [
                vec![case(Do::Find, [missing(), missing()], hidden()), case(Do::Pull, [missing()], hidden())],
                vec![case(Do::Find, [answer(404, r#"{"message": "Not Found", "status": "404"}"#)], hidden())],
                vec![
                    case(Do::Find, [of_gitlab(404, &json!("404 Project Not Found"))], hidden()),
                    case(Do::Pull, [of_gitlab(404, &json!("404 Not found"))], hidden()),
                ],
                vec![case(Do::Find, [of_bitbucket(404, "Repository ops/fleet not found", "", "")], hidden())],
            ],
        ),
    ]
}

/// A pull request that is open, as it is followed.
pub(super) fn following() -> Vec<Row> {
    let event = |kind: &str| json!({"id": 1, "type": kind, "body": ""});
    // no statuses, the events, and no more of them
    let timeline = |all: &[Value]| {
        [pull("gitea", &[]), answer(200, r#"{"total_count": 0, "statuses": []}"#), list(all), answer(200, "null")]
    };
    let (on, off) = (event("pull_scheduled_merge"), event("pull_cancel_scheduled_merge"));
    let mut locked = sample("gitlab", &[]);
    locked["state"] = "locked".into();
    vec![
        ("a draft", each(|word| case(Do::Pull, [pull(word, &[With::Draft])], Expected::Draft))),
        ("closed", each(|word| case(Do::Pull, [pull(word, &[With::Closed])], Expected::Word("closed")))),
        (
            "whether it can be merged is found out late",
            each(|word| case(Do::Pull, [pull(word, &[With::Mergeable(None)])], Expected::Mergeable(None))),
        ),
        (
            "queued: the forge is to merge it",
            [
                vec![
                    case(Do::Pull, timeline(&[event("comment"), on.clone()]), Expected::Word("queued")),
                    case(Do::Pull, timeline(&[on.clone(), off.clone()]), Expected::Word("open")),
                    case(Do::Pull, timeline(&[on.clone(), off, on]), Expected::Word("queued")),
                    // a token for repositories alone does not see it
                    case(Do::Pull, [pull("gitea", &[]), of_gitea(403, "scope"), of_gitea(403, "scope")], Expected::Word("open")),
                ],
                vec![
                    case(Do::Pull, [pull("github", &[With::Queued])], Expected::Word("queued")),
                    case(Do::Pull, [pull("github", &[])], Expected::Word("open")),
                    case(Do::Pull, [pull("github", &[With::Queued, With::Closed])], Expected::Word("closed")),
                ],
                vec![
                    case(Do::Pull, [pull("gitlab", &[With::Queued])], Expected::Word("queued")),
                    case(Do::Pull, [reply(&locked)], Expected::Word("queued")),
                    case(Do::Pull, [pull("gitlab", &[With::Queued, With::Merged("2222")])], Expected::Word("merged")),
                ],
                vec![
                    case(Do::Pull, [pull("bitbucket", &[With::Queued])], Expected::Word("queued")),
                    case(Do::Pull, [pull("bitbucket", &[With::Queued, With::Closed])], Expected::Word("closed")),
                ],
            ],
        ),
    ]
}

/// What a merge leaves.
pub(super) fn merging() -> Vec<Row> {
    let by = |word: &str, how: &dyn Fn(&mut Value), commit| {
        let mut merged = sample(word, &[With::Merged("2222")]);
        how(&mut merged);
        vec![case(Do::Pull, [reply(&merged)], Expected::Commit(commit))]
    };
    let plain = |word| by(word, &|_| (), "2222");
    // GitLab has three fields, of which a way fills some
    let fields = |merge: Value, squash: Value, commit| {
        let set = move |request: &mut Value| {
            (request["merge_commit_sha"], request["squash_commit_sha"]) = (merge.clone(), squash.clone());
        };
        by("gitlab", &set, commit)
    };
    let head = "1111111111111111111111111111111111111111";
    let whole = "2222222222222222222222222222222222222222";
    // whatever the way is: a merge commit, by its first letters
    let bitbucket = || {
        let commit = answer(200, &json!({"hash": whole, "date": "2026-11-29T22:00:00+00:00"}).to_string());
        let replies = [pull("bitbucket", &[With::Merged("222222222222")]), listed("bitbucket", &[], false), commit];
        vec![case(Do::Pull, replies, Expected::Commit(whole))]
    };
    let (null, two, three) = (Value::Null, json!("2222"), json!("3333"));
    let onto = |word| by(word, &|merged: &mut Value| merged["merge_commit_sha"] = head.into(), head);
    vec![
        ("merged by a merge commit", [plain("gitea"), plain("github"), fields(two.clone(), null.clone(), "2222"), bitbucket()]),
        ("merged by a squash", [plain("gitea"), plain("github"), fields(null.clone(), three.clone(), "3333"), bitbucket()]),
        (
            "merged by a squash and a merge commit, where there is that",
            [plain("gitea"), plain("github"), fields(two, three, "2222"), bitbucket()],
        ),
        ("merged by a rebase", [plain("gitea"), plain("github"), fields(null.clone(), null.clone(), head), bitbucket()]),
        ("merged by moving the base", [onto("gitea"), onto("github"), fields(json!(""), null, head), bitbucket()]),
    ]
}

/// Opening, once the branch is known.
pub(super) fn opening() -> Vec<Row> {
    let missing = || of_gitea(404, "The target couldn't be found.");
    let open = |replies: Vec<Reply>, failure| case(Do::Open, replies, Expected::Fails(failure));
    let no_ref = || of_gitlab(404, &json!("404 Ref Not Found"));
    let own = |word, reply, failure| opens(word, [reply], Expected::Fails(failure));
    vec![
        ("opened", each(|word| opens(word, [answer(201, &sample(word, &[]).to_string())], Expected::Opened))),
        (
            "the branch is not yet known after the push",
            [
                // the repository and its base are there
                vec![open(vec![missing(), missing(), answer(200, "{}"), answer(200, "{}")], Failure::NotYet)],
                vec![own("github", of_github("head", ""), Failure::NotYet)],
                vec![
                    // git has it, the cache that opening looks at has not
                    own("gitlab", of_gitlab(400, &json!({"source_branch": ["does not exist"]})), Failure::NotYet),
                    open(vec![no_ref(), project(false), answer(200, r#"{"name": "main"}"#)], Failure::NotYet),
                ],
                vec![own(
                    "bitbucket",
                    of_bitbucket(400, "Bad request", "source", "branch not found: fluxdeck/scale-1"),
                    Failure::NotYet,
                )],
            ],
        ),
    ]
}
