//! What is missing, lost, limited or not allowed.

use serde_json::json;

use super::super::sample::sample;
use super::super::server::{Reply, answer};
use super::super::{Do, Failure};
use super::*;

/// What opening needs, and is not there.
pub(super) fn missing_parts() -> Vec<Row> {
    let missing = || of_gitea(404, "The target couldn't be found.");
    let open = |replies: Vec<Reply>, failure| case(Do::Open, replies, Expected::Fails(failure));
    let no_ref = || of_gitlab(404, &json!("404 Ref Not Found"));
    let own = |word, reply, failure| opens(word, [reply], Expected::Fails(failure));
    vec![
        (
            "there is no such base",
            [
                vec![case(Do::Open, [missing(), missing(), answer(200, "{}"), missing()], refused("there is no branch main"))],
                vec![opens("github", [of_github("base", "")], refused("Validation Failed: base invalid"))],
                vec![
                    case(
                        Do::Open,
                        [no_ref(), project(false), of_gitlab(404, &json!("404 Branch Not Found"))],
                        refused("there is no branch main"),
                    ),
                    opens(
                        "gitlab",
                        [of_gitlab(400, &json!({"target_branch": ["does not exist"], "source_branch": ["does not exist"]}))],
                        refused("there is no branch main"),
                    ),
                ],
                vec![opens(
                    "bitbucket",
                    [of_bitbucket(400, "Bad request", "destination", "branch not found: main")],
                    refused("there is no branch main"),
                )],
            ],
        ),
        (
            "there is no such repository",
            [
                vec![open(vec![missing(), missing(), missing()], Failure::NotFound)],
                vec![own("github", answer(404, r#"{"message": "Not Found"}"#), Failure::NotFound)],
                vec![open(vec![no_ref(), of_gitlab(404, &json!("404 Project Not Found"))], Failure::NotFound)],
                vec![own("bitbucket", of_bitbucket(404, "Repository ops/fleet not found", "", ""), Failure::NotFound)],
            ],
        ),
    ]
}

/// What there is already, or has no effect.
pub(super) fn in_vain() -> Vec<Row> {
    let exists = "pull request already exists for these targets [id: 1, issue_id: 1, head_repo_id: 1, base_repo_id: 1, head_branch: b, base_branch: main]";
    let none = "Invalid PullRequest: There are no changes between the head and the base";
    let missing = || of_gitea(404, "The target couldn't be found.");
    let open = |replies: Vec<Reply>| case(Do::Open, replies, Expected::Fails(Failure::NothingToMerge));
    let own = |word, reply, failure| opens(word, [reply], Expected::Fails(failure));
    vec![
        (
            "there is one already",
            [
                vec![own("gitea", of_gitea(409, exists), Failure::Exists)],
                vec![own("github", of_github("", "A pull request already exists for ops:fluxdeck/scale-1."), Failure::Exists)],
                vec![own(
                    "gitlab",
                    of_gitlab(409, &json!(["Another open merge request already exists for this source branch: !5"])),
                    Failure::Exists,
                )],
                // it is changed by the request, and answered with
                vec![opens("bitbucket", [answer(201, &sample("bitbucket", &[]).to_string())], Expected::Opened)],
            ],
        ),
        (
            "there is nothing to merge",
            [
                vec![
                    open(vec![answer(200, r#"{"total_commits": 0, "commits": []}"#)]),
                    open(vec![missing(), of_gitea(422, none)]),
                ],
                vec![own("github", of_github("", "No commits between main and fluxdeck/scale-1"), Failure::NothingToMerge)],
                // it would open an empty one
                vec![open(vec![answer(200, r#"{"commit": null, "commits": [], "diffs": [], "compare_same_ref": true}"#)])],
                vec![own("bitbucket", of_bitbucket(400, "There are no changes to be pulled", "", ""), Failure::NothingToMerge)],
            ],
        ),
    ]
}

/// What is refused, or lost.
pub(super) fn not_opened() -> Vec<Row> {
    vec![
        (
            "a field is not valid",
            [
                vec![opens("gitea", [of_gitea(422, "[Title]: Required")], refused("[Title]: Required"))],
                vec![opens("github", [of_github("", "is too long")], refused("Validation Failed: is too long"))],
                vec![
                    opens(
                        "gitlab",
                        [of_gitlab(400, &json!({"title": ["is too long (maximum is 255 characters)"]}))],
                        refused("title is too long (maximum is 255 characters)"),
                    ),
                    opens("gitlab", [answer(400, r#"{"error": "title is missing"}"#)], refused("title is missing")),
                    opens(
                        "gitlab",
                        [of_gitlab(422, &json!(["You can't use same project/branch for source and target"]))],
                        refused("You can't use same project/branch for source and target"),
                    ),
                ],
                vec![opens(
                    "bitbucket",
                    [of_bitbucket(400, "Bad request", "title", "This field is required")],
                    refused("Bad request: title This field is required"),
                )],
            ],
        ),
        (
            "it is archived",
            [
                vec![opens("gitea", [of_gitea(423, "ops/fleet is archived")], refused("ops/fleet is archived"))],
                vec![opens(
                    "github",
                    [answer(403, r#"{"message": "Repository was archived so is read-only."}"#)],
                    refused("Repository was archived so is read-only."),
                )],
                vec![opens(
                    "gitlab",
                    [of_gitlab(403, &json!("403 Forbidden")), project(true)],
                    refused("the project is archived there, and takes no merge requests"),
                )],
                // nothing is archived; a workspace beyond its plan is read-only
                vec![opens("bitbucket", [of_bitbucket(403, "It is read-only", "", "")], forbidden("It is read-only"))],
            ],
        ),
        (
            "the answer is lost",
            each(|word| {
                let why = Failure::Lost("502 Bad Gateway".to_owned());
                opens(word, [answer(502, "<html>bad gateway</html>")], Expected::Fails(why))
            }),
        ),
    ]
}

/// How often one may ask.
pub(super) fn limits() -> Vec<Row> {
    let slow: &[_] = &[("retry-after", "60"), ("date", "Sun, 29 Nov 2026 22:00:00 GMT")];
    let empty: &[_] = &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1796000000")];
    let reset: &[_] = &[("ratelimit-limit", "2000"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "1796000000")];
    let retry = || "Retry later\n".to_owned();
    let (at, later) = (Some("2026-11-30T00:53:20Z"), Some("2026-11-29T22:01:00Z"));
    vec![(
        "too many requests",
        [
            vec![case(Do::Find, [Reply::Answer(429, slow, "{}".to_owned())], limited(later))],
            vec![
                case(Do::Find, [Reply::Answer(403, empty, r#"{"message": "API rate limit exceeded"}"#.to_owned())], limited(at)),
                case(Do::Find, [answer(403, r#"{"message": "You have exceeded a secondary rate limit"}"#)], limited(None)),
            ],
            vec![
                case(Do::Find, [Reply::Answer(429, slow, retry())], limited(later)),
                case(Do::Find, [Reply::Answer(429, reset, retry())], limited(at)),
                opens("gitlab", [Reply::Answer(429, reset, retry())], limited(at)),
                case(
                    Do::Find,
                    [of_gitlab(429, &json!({"error": "This endpoint has been requested too many times. Try again later."}))],
                    limited(None),
                ),
            ],
            vec![
                case(Do::Find, [of_bitbucket(429, "Rate limit for this resource has been exceeded", "", "")], limited(None)),
                opens("bitbucket", [Reply::Answer(429, slow, "{}".to_owned())], limited(later)),
            ],
        ],
    )]
}

/// What a token may do.
pub(super) fn scopes() -> Vec<Row> {
    let scope = "token does not have at least one of required scope(s), required=[write:repository], token scope=read:repository";
    let away: &[_] = &[("location", "https://login.example.com/?to=x")];
    let behind = || Reply::Answer(302, away, String::new());
    let sso: &[_] = &[("x-github-sso", "required; url=https://github.com/orgs/o/sso?authorization_request=A")];
    let url = "https://github.com/orgs/o/sso?authorization_request=A".to_owned();
    let insufficient = json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": "api"
    })
    .to_string();
    let moved = "it has moved to https://login.example.com/?to=x";
    let higher = "The request requires higher privileges than provided by the access token.";
    vec![
        (
            "a scope is missing",
            [
                vec![opens("gitea", [of_gitea(403, scope)], forbidden(scope))],
                vec![opens(
                    "github",
                    [answer(403, r#"{"message": "Resource not accessible by personal access token"}"#)],
                    forbidden("Resource not accessible by personal access token"),
                )],
                // what else could be the reason is asked with the same token
                vec![
                    opens("gitlab", [answer(403, &insufficient), answer(403, &insufficient)], forbidden(higher)),
                    opens("gitlab", [answer(403, &insufficient), answer(200, r#"{"archived": false}"#)], forbidden(higher)),
                ],
                vec![opens(
                    "bitbucket",
                    [answer(
                        403,
                        &json!({"type": "error", "error": {
                            "message": "Your credentials lack one or more required privilege scopes.",
                            "detail": {"required": ["pullrequest:write"], "granted": ["repository"]}
                        }})
                        .to_string(),
                    )],
                    forbidden(
                        "Your credentials lack one or more required privilege scopes.: granted repository: required pullrequest:write",
                    ),
                )],
            ],
        ),
        (
            "single sign-on",
            [
                // a proxy before it asks for the login
                vec![case(Do::Find, [behind()], refused(moved))],
                vec![case(
                    Do::Find,
                    [Reply::Answer(
                        403,
                        sso,
                        r#"{"message": "Resource protected by organization SAML enforcement."}"#.to_owned(),
                    )],
                    Expected::Fails(Failure::SingleSignOn { url }),
                )],
                // a group that enforces it hides what it has (`doc/user/group/saml_sso`)
                vec![
                    case(Do::Find, [of_gitlab(404, &json!("404 Project Not Found"))], Expected::Fails(Failure::NotFound)),
                    case(Do::Find, [behind()], refused(moved)),
                ],
                vec![case(Do::Find, [behind()], refused(moved))],
            ],
        ),
    ]
}

/// A token that is not taken.
pub(super) fn tokens() -> Vec<Row> {
    let revoked =
        r#"{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."}"#;
    vec![(
        "it is wrong, or revoked",
        [
            vec![case(
                Do::Pull,
                [of_gitea(401, "invalid username, password or token")],
                unauthorised("invalid username, password or token"),
            )],
            vec![case(Do::Pull, [answer(401, r#"{"message": "Bad credentials"}"#)], unauthorised("Bad credentials"))],
            vec![
                case(Do::Pull, [of_gitlab(401, &json!("401 Unauthorized"))], unauthorised("Unauthorized")),
                case(
                    Do::Pull,
                    [answer(401, revoked)],
                    unauthorised("Token was revoked. You have to re-authorize from the user."),
                ),
            ],
            vec![case(
                Do::Pull,
                [of_bitbucket(401, "Token is invalid, expired, or not supported for this endpoint.", "", "")],
                unauthorised("Token is invalid, expired, or not supported for this endpoint."),
            )],
        ],
    )]
}
