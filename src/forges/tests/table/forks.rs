//! Who may not push, and forks: made, there already, forbidden, in the way, not ready at once; and pull requests from them.
//!
//! GitHub's and Bitbucket's words are those of their documentation, Gitea's of 1.26 (`routers/api/v1/repo/fork.go`), GitLab's of
//! `app/services/projects/fork_service.rb`.

use serde_json::json;

use super::super::sample::{With, before_open, below, listed, pulls, reply, sample};
use super::super::server::answer;
use super::super::{Do, FORK};
use super::*;

pub(super) fn forks() -> Vec<Row> {
    vec![
        who_may_not(),
        made(),
        there(),
        under_another_name(),
        forbidden_before(),
        refused_then(),
        in_the_way(),
        ready(),
        opened(),
        found(),
    ]
}

fn not_there() -> Reply {
    answer(404, r#"{"message": "Not Found"}"#)
}

/// The user of the token.
fn user() -> Reply {
    answer(200, r#"{"login": "ana", "username": "ana"}"#)
}

fn none(word: &str) -> Reply {
    listed(word, &[], false)
}

/// The fork as its repository, with what it is of.
fn fork(of: Option<&str>) -> Reply {
    let parent = of.map(|of| json!({ "full_name": of }));
    reply(&json!({"full_name": FORK, "parent": parent, "empty": false}))
}

fn offer(replies: Vec<Reply>, expected: ForkOffer) -> Case {
    case(Do::Fork, replies, Expected::Offer(expected))
}

fn no(why: &str) -> ForkOffer {
    ForkOffer::No { why: why.to_owned() }
}

fn new() -> ForkOffer {
    ForkOffer::New { repository: FORK.to_owned() }
}

fn is_there() -> ForkOffer {
    ForkOffer::There { repository: FORK.to_owned() }
}

fn who_may_not() -> Row {
    let may = |body: &str, expected| case(Do::MayPush, [answer(200, body)], Expected::MayPush(expected));
    let by_permissions = || {
        vec![
            may(r#"{"permissions": {"admin": false, "push": false, "pull": true}}"#, Some(false)),
            may(r#"{"permissions": {"admin": false, "push": true, "pull": true}}"#, Some(true)),
            may("{}", None),
        ]
    };
    let asked = json!({
        "query": "query($path: ID!) { project(fullPath: $path) { userPermissions { pushCode } } }", "variables": {"path": "ops/fleet"},
    });
    (
        "who may push is said before",
        [
            by_permissions(),
            by_permissions(),
            vec![
                may(r#"{"data": {"project": {"userPermissions": {"pushCode": false}}}}"#, Some(false))
                    .sending(&format!("POST /api/graphql {asked}")),
                may(r#"{"data": {"project": {"userPermissions": {"pushCode": true}}}}"#, Some(true)),
                may(r#"{"data": {"project": null}}"#, None),
            ],
            vec![
                may(r#"{"values": [{"permission": "read"}]}"#, Some(false)),
                may(r#"{"values": []}"#, Some(false)),
                may(r#"{"values": [{"permission": "write"}]}"#, Some(true)),
                // an access token belongs to nobody
                case(Do::MayPush, [of_bitbucket(403, "no user", "", "")], Expected::MayPush(None)),
            ],
        ],
    )
}

fn made() -> Row {
    let make = |replies: Vec<Reply>, sent: &str| case(Do::MakeFork, replies, Expected::Text(FORK)).sending(sent);
    let full = || answer(202, r#"{"full_name": "ana/fleet", "fork": true}"#);
    let copied = || answer(201, r#"{"path_with_namespace": "ana/fleet", "import_status": "scheduled"}"#);
    (
        "a fork is looked for, and made by one request",
        [
            vec![
                offer(vec![user(), not_there(), none("gitea")], new()),
                make(vec![full()], &format!("POST {} {{}}", below("gitea", "/forks"))),
            ],
            vec![
                offer(vec![user(), not_there(), answer(200, r#"{"allow_forking": true}"#)], new()),
                make(vec![full()], &format!("POST {} {}", below("github", "/forks"), json!({"default_branch_only": true}))),
            ],
            vec![
                offer(vec![user(), none("gitlab"), not_there(), answer(200, r#"{"forking_access_level": "enabled"}"#)], new()),
                make(vec![copied()], &format!("POST {} {{}}", below("gitlab", "/fork"))),
            ],
            vec![
                offer(vec![user(), not_there(), answer(200, r#"{"fork_policy": "no_public_forks"}"#)], new()),
                make(
                    vec![user(), answer(201, r#"{"full_name": "ana/fleet"}"#)],
                    &format!("POST {} {}", below("bitbucket", "/forks"), json!({"workspace": {"slug": "ana"}})),
                ),
            ],
        ],
    )
}

fn there() -> Row {
    let all = json!([{"path_with_namespace": "platform/fleet"}, {"path_with_namespace": "ana/fleet"}]);
    (
        "a fork that is there already is used",
        [
            vec![offer(vec![user(), fork(Some("ops/fleet"))], is_there())],
            vec![
                offer(vec![user(), fork(Some("ops/fleet"))], is_there()),
                // of a fork of it
                offer(
                    vec![
                        user(),
                        reply(
                            &json!({"full_name": FORK, "parent": {"full_name": "ben/fleet"}, "source": {"full_name": "Ops/Fleet"}}),
                        ),
                    ],
                    is_there(),
                ),
            ],
            vec![offer(vec![user(), reply(&all)], is_there())],
            vec![offer(vec![user(), fork(Some("ops/fleet"))], is_there())],
        ],
    )
}

fn under_another_name() -> Row {
    let other = || ForkOffer::There { repository: "ana/fleet-2".to_owned() };
    let listed_other = json!([{"full_name": "ben/fleet"}, {"full_name": "ana/fleet-2"}]);
    (
        "a fork that has another name is found, or the answer to one more has it",
        [
            vec![offer(vec![user(), not_there(), reply(&listed_other)], other())],
            vec![case(Do::MakeFork, [answer(202, r#"{"full_name": "ana/fleet-2"}"#)], Expected::Text("ana/fleet-2"))],
            vec![offer(vec![user(), reply(&json!([{"path_with_namespace": "ana/fleet-2"}]))], other())],
            // what is called otherwise is not known: another one is made
            vec![offer(vec![user(), not_there(), answer(200, "{}")], new())],
        ],
    )
}

fn forbidden_before() -> Row {
    let why = "ops/fleet is private, and may not be forked";
    (
        "a private repository that may not be forked says so before",
        [
            // it says nothing before, and refuses then
            vec![case(
                Do::MakeFork,
                [of_gitea(403, "user is not allowed to fork this repository")],
                forbidden("user is not allowed to fork this repository"),
            )],
            vec![offer(vec![user(), not_there(), answer(200, r#"{"private": true, "allow_forking": false}"#)], no(why))],
            vec![offer(
                vec![
                    user(),
                    none("gitlab"),
                    not_there(),
                    answer(200, r#"{"visibility": "private", "forking_access_level": "disabled"}"#),
                ],
                no(why),
            )],
            vec![offer(vec![user(), not_there(), answer(200, r#"{"is_private": true, "fork_policy": "no_forks"}"#)], no(why))],
        ],
    )
}

fn refused_then() -> Row {
    let words = "The repository exists, but forking is disabled.";
    let make = |reply: Reply| vec![case(Do::MakeFork, [reply], forbidden(words))];
    (
        "a fork that is refused was not made",
        [
            make(of_gitea(403, words)),
            make(answer(403, &json!({ "message": words }).to_string())),
            make(of_gitlab(403, &json!(words))),
            vec![case(Do::MakeFork, [user(), of_bitbucket(403, words, "", "")], forbidden(words))],
        ],
    )
}

fn in_the_way() -> Row {
    let why = "ana/fleet is there, and is not a fork of ops/fleet";
    (
        "another repository of the same name is not pushed to",
        [
            vec![
                offer(vec![user(), fork(None), none("gitea")], no(why)),
                offer(vec![user(), fork(Some("other/fleet")), none("gitea")], no(why)),
            ],
            vec![offer(vec![user(), fork(None)], no(why)), offer(vec![user(), fork(Some("other/fleet"))], no(why))],
            vec![offer(vec![user(), none("gitlab"), answer(200, r#"{"id": 5}"#)], no(why))],
            vec![offer(vec![user(), fork(None)], no(why)), offer(vec![user(), fork(Some("other/fleet"))], no(why))],
        ],
    )
}

fn ready() -> Row {
    let is = |replies: Vec<Reply>, expected| case(Do::ForkIsReady, replies, Expected::Ready(expected));
    let repository = || answer(200, r#"{"full_name": "ana/fleet", "default_branch": "main"}"#);
    let empty = || answer(409, r#"{"message": "Git Repository is empty."}"#);
    let branch = || answer(200, r#"{"name": "main"}"#);
    (
        "a fork is not ready at once",
        [
            vec![is(vec![answer(200, r#"{"empty": true}"#)], false), is(vec![answer(200, r#"{"empty": false}"#)], true)],
            vec![
                is(vec![not_there()], false),
                is(vec![repository(), not_there()], false),
                is(vec![repository(), empty()], false),
                is(vec![repository(), branch()], true),
            ],
            vec![
                is(vec![answer(200, r#"{"import_status": "scheduled"}"#)], false),
                is(vec![answer(200, r#"{"import_status": "started"}"#)], false),
                is(vec![answer(200, r#"{"import_status": "finished"}"#)], true),
                case(
                    Do::ForkIsReady,
                    [answer(200, r#"{"import_status": "failed", "import_error": "no room"}"#)],
                    refused("ana/fleet was made, and could not be filled: no room"),
                ),
            ],
            vec![
                is(vec![not_there()], false),
                is(vec![none("bitbucket")], false),
                is(vec![listed("bitbucket", &[json!({"name": "main"})], false)], true),
            ],
        ],
    )
}

fn opened() -> Row {
    let open = |word: &'static str, before: Vec<Reply>, place: &str, body: &Value| {
        let made = answer(201, &sample(word, &[With::OwnFork]).to_string());
        let replies = before.into_iter().chain(before_open(word)).chain([made]);
        vec![case(Do::OpenFork, replies, Expected::Opened).sending(&format!("POST {place} {body}"))]
    };
    let head = "ana:fluxdeck/scale-1";
    let merge = json!({
        "title": "scale cart", "description": "why", "source_branch": "fluxdeck/scale-1", "target_branch": "main",
        "target_project_id": 3,
    });
    let pull = json!({
        "title": "scale cart", "description": "why", "draft": false, "reviewers": [],
        "source": {"branch": {"name": "fluxdeck/scale-1"}, "repository": {"full_name": FORK}},
        "destination": {"branch": {"name": "main"}},
    });
    (
        "a pull request is opened from a fork",
        [
            open("gitea", vec![], &pulls("gitea"), &json!({"title": "scale cart", "body": "why", "head": head, "base": "main"})),
            open(
                "github",
                vec![],
                &pulls("github"),
                &json!({"title": "scale cart", "body": "why", "head": head, "base": "main", "draft": false}),
            ),
            open("gitlab", vec![project(false)], "/api/v4/projects/ana%2Ffleet/merge_requests", &merge),
            open("bitbucket", vec![], &pulls("bitbucket"), &pull),
        ],
    )
}

fn found() -> Row {
    (
        "of the branch of a fork only that fork's are found",
        FORGES.map(|word| {
            let other = [With::Number(8), if word == "gitlab" { With::GoneFork } else { With::Fork }];
            let all = [sample(word, &[With::OwnFork]), sample(word, &other), sample(word, &[With::Number(9)])];
            let before = (word == "gitlab").then(|| answer(200, r#"{"id": 98}"#));
            vec![case(Do::FindFork, before.into_iter().chain([listed(word, &all, false)]), Expected::Found(&[7]))]
        }),
    )
}
