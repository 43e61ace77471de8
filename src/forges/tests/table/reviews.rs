//! Anyone's pull requests, and what a reviewer sends.

use serde_json::json;

use super::super::sample::{With, pull, sample};
use super::super::server::{Reply, answer};
use super::super::{Do, Failure};
use super::*;

/// Anyone's pull requests, as they are listed.
pub(super) fn listing() -> Vec<Row> {
    let next: &[_] = &[("link", "<http://x/?page=2>; rel=\"next\"")];
    let numbered: &[_] = &[("x-next-page", "2")];
    let more = |word: &'static str, headers| {
        let one = json!([sample(word, &[])]).to_string();
        vec![case(Do::AllOpen, [Reply::Answer(200, headers, one)], Expected::AllOpen(&[(7, false, false)], true))]
    };
    let missing = || of_gitea(404, "The target couldn't be found.");
    vec![
        (
            "all that are open, drafts and those of forks too",
            each(|word| {
                let all = [sample(word, &[With::Number(9), With::Fork]), sample(word, &[With::Draft])];
                let gone = sample(word, &[With::Number(4), With::GoneFork]);
                let expected = Expected::AllOpen(&[(9, false, true), (7, true, false), (4, false, true)], false);
                case(Do::AllOpen, [listed(word, &[all[1].clone(), all[0].clone(), gone], false)], expected)
            }),
        ),
        (
            "there are more than are read",
            [
                more("gitea", next),
                more("github", next),
                more("gitlab", numbered),
                vec![case(
                    Do::AllOpen,
                    [listed("bitbucket", &[sample("bitbucket", &[])], true)],
                    Expected::AllOpen(&[(7, false, false)], true),
                )],
            ],
        ),
        (
            "none can be listed",
            [
                vec![
                    // nothing was pushed yet
                    case(
                        Do::AllOpen,
                        [missing(), answer(200, r#"{"empty": true, "has_pull_requests": true}"#)],
                        Expected::AllOpen(&[], false),
                    ),
                    case(
                        Do::AllOpen,
                        [missing(), answer(200, r#"{"has_pull_requests": false}"#)],
                        refused("pull requests are switched off in this repository"),
                    ),
                ],
                vec![case(Do::AllOpen, [answer(404, r#"{"message": "Not Found"}"#)], Expected::Fails(Failure::NotFound))],
                vec![case(
                    Do::AllOpen,
                    [of_gitlab(403, &json!("403 Forbidden")), answer(200, r#"{"merge_requests_access_level": "disabled"}"#)],
                    refused("merge requests are switched off in this project"),
                )],
                vec![case(
                    Do::AllOpen,
                    [of_bitbucket(404, "Repository ops/fleet not found", "", "")],
                    Expected::Fails(Failure::NotFound),
                )],
            ],
        ),
        ("the text of its author", each(|word| case(Do::Text, [pull(word, &[])], Expected::Text("why")))),
    ]
}

/// What reviewers say. Checks and what else comes before are not there.
pub(super) fn reviewing() -> Vec<Row> {
    let nothing = || answer(404, "{}");
    let review = |login: &str, state: &str| json!({"user": {"login": login}, "state": state, "dismissed": false});
    let first =
        [review("ana", "APPROVED"), review("ben", "REQUEST_CHANGES"), review("cleo", "COMMENT"), review("ben", "APPROVED")];
    let mut taken_back = review("ana", "APPROVED");
    taken_back["dismissed"] = true.into();
    let branch = || answer(200, r#"{"protected": true, "required_approvals": 2}"#);
    let gitea = |reviews: Reply, branch: Reply, reviewed| {
        case(Do::Pull, [pull("gitea", &[]), nothing(), nothing(), reviews, branch], Expected::Reviewed(reviewed))
    };
    let github =
        |reviews: Reply, reviewed| case(Do::Pull, [pull("github", &[]), nothing(), reviews], Expected::Reviewed(reviewed));
    let gitlab =
        |reviews: Reply, reviewed| case(Do::Pull, [pull("gitlab", &[]), nothing(), reviews], Expected::Reviewed(reviewed));
    let by_github = [
        review("ana", "APPROVED"),
        review("ben", "CHANGES_REQUESTED"),
        review("ben", "COMMENTED"),
        review("cleo", "APPROVED"),
        review("cleo", "DISMISSED"),
    ];
    let approvals =
        |by: Value, required: Value| answer(200, &json!({"approvals_required": required, "approved_by": by}).to_string());
    let bitbucket = |participants: Value, reviewed| {
        let mut found = sample("bitbucket", &[]);
        found["participants"] = participants;
        case(Do::Pull, [super::super::sample::reply(&found)], Expected::Reviewed(reviewed))
    };
    let user = json!({"user": {"username": "ana"}, "approved_at": "2026-11-29T22:00:00Z"});
    vec![(
        "the last verdict of each reviewer, and how many are asked for",
        [
            vec![
                gitea(list(&first), branch(), Some((2, 0, Some(2)))),
                gitea(list(&[first[1].clone(), taken_back]), answer(200, r#"{"protected": false}"#), Some((0, 1, None))),
                gitea(list(&[]), nothing(), Some((0, 0, None))),
                gitea(of_gitea(403, "scope"), branch(), None),
            ],
            vec![github(list(&by_github), Some((1, 1, None))), github(answer(403, "{}"), None)],
            vec![
                gitlab(approvals(json!([user]), json!(2)), Some((1, 0, Some(2)))),
                gitlab(approvals(json!([]), Value::Null), Some((0, 0, None))),
                gitlab(answer(403, "{}"), None),
            ],
            vec![
                bitbucket(
                    json!([
                        {"user": {"nickname": "ana"}, "role": "REVIEWER", "approved": true, "state": "approved"},
                        {"user": {"nickname": "ben"}, "role": "REVIEWER", "approved": false, "state": "changes_requested"},
                        {"user": {"nickname": "cleo"}, "role": "PARTICIPANT", "approved": false, "state": null},
                    ]),
                    Some((1, 1, None)),
                ),
                bitbucket(json!([]), Some((0, 0, None))),
                bitbucket(Value::Null, None),
            ],
        ],
    )]
}

/// What a reviewer sends.
pub(super) fn remarks() -> Vec<Row> {
    let done = |does, status| case(does, [answer(status, "{}")], Expected::Done);
    let login = || answer(200, r#"{"username": "ops"}"#);
    let text = json!({"note": ["can't be blank"]});
    vec![
        ("a comment", each(|_| done(Do::Comment, 201))),
        (
            "a comment is refused",
            [
                vec![case(Do::Comment, [of_gitea(403, "user is blocked")], forbidden("user is blocked"))],
                vec![case(
                    Do::Comment,
                    [answer(403, r#"{"message": "Unable to create comment because issue is locked."}"#)],
                    forbidden("Unable to create comment because issue is locked."),
                )],
                vec![case(Do::Comment, [of_gitlab(400, &text)], refused("note can't be blank"))],
                vec![case(
                    Do::Comment,
                    [of_bitbucket(400, "Bad request", "content", "This field is required")],
                    refused("Bad request: content This field is required"),
                )],
            ],
        ),
        (
            "who the token belongs to",
            [
                vec![case(Do::User, [answer(200, r#"{"id": 1, "login": "ops"}"#)], Expected::Text("ops"))],
                vec![
                    case(Do::User, [answer(200, r#"{"id": 1, "login": "ops"}"#)], Expected::Text("ops")),
                    // that of an app
                    case(
                        Do::User,
                        [answer(403, r#"{"message": "Resource not accessible by integration"}"#)],
                        forbidden("Resource not accessible by integration"),
                    ),
                ],
                vec![case(Do::User, [login()], Expected::Text("ops"))],
                vec![
                    case(Do::User, [answer(200, r#"{"nickname": "ops", "uuid": "{1}"}"#)], Expected::Text("ops")),
                    // a token of a repository has a name only
                    case(Do::User, [answer(200, r#"{"display_name": "deploy", "uuid": "{1}"}"#)], Expected::Text("deploy")),
                ],
            ],
        ),
    ]
}

/// What an approval meets.
pub(super) fn approvals() -> Vec<Row> {
    let done = |does, status| case(does, [answer(status, "{}")], Expected::Done);
    let own = "Review Can not approve your own pull request";
    let of_github = json!({"message": "Unprocessable Entity", "errors": [own]}).to_string();
    let closed = || of_gitlab(401, &json!("401 Unauthorized"));
    let login = || answer(200, r#"{"username": "ops"}"#);
    vec![
        ("an approval", each(|_| done(Do::Approve, 200))),
        (
            "the author may not approve",
            [
                vec![case(
                    Do::Approve,
                    [of_gitea(422, "approve your own pull is not allowed")],
                    refused("approve your own pull is not allowed"),
                )],
                vec![case(Do::Approve, [answer(422, &of_github)], refused(&format!("Unprocessable Entity: {own}")))],
                vec![
                    case(
                        Do::Approve,
                        [closed(), login()],
                        refused("GitLab does not let ops approve it: by its rules, or once more"),
                    ),
                    // the token itself is not taken
                    case(Do::Approve, [closed(), closed()], unauthorised("Unauthorized")),
                ],
                // the author may
                vec![done(Do::Approve, 200)],
            ],
        ),
        (
            "its branch is elsewhere by now",
            [
                // the approval is one of what it was
                vec![done(Do::Approve, 200)],
                vec![done(Do::Approve, 200)],
                vec![case(
                    Do::Approve,
                    [of_gitlab(409, &json!("SHA does not match HEAD of source branch: 2222"))],
                    refused("SHA does not match HEAD of source branch: 2222"),
                )],
                vec![done(Do::Approve, 200)],
            ],
        ),
    ]
}
