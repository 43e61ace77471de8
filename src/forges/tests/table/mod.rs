//! The table: what forges are in the habit of, and how each of them does it, in its own words. A row is an array of as many cells as there
//! are forges, so that none is empty; where a forge has no such habit, its cell is what it does instead.
//!
//! GitHub's words are those of github.com, Gitea's of 1.26. GitLab's are of its documentation (`docs.gitlab.com/api/rest/troubleshooting`,
//! `/api/rest/authentication`, `/api/merge_requests`, `/administration/settings/user_and_ip_rate_limits`) and of its source
//! (`lib/api/helpers.rb`, `lib/api/helpers/merge_requests_helpers.rb`, `app/models/merge_request.rb`).

use serde_json::{Value, json};

use super::sample::{With, before_open, pull, reply, sample};
use super::server::{Reply, Server, answer};
use super::{Do, FORGES, Failure, Got, forge};

/// What a forge answers in turn, and what that is for us.
struct Case {
    does: Do,
    replies: Vec<Reply>,
    expected: Expected,
}

type Cell = Vec<Case>;
type Row = (&'static str, [Cell; FORGES.len()]);

#[derive(Debug)]
enum Expected {
    Opened,
    /// The numbers of those that are found.
    Found(&'static [u64]),
    Draft,
    /// The state, as people see it.
    Word(&'static str),
    Mergeable(Option<bool>),
    /// The commit of the merge.
    Commit(&'static str),
    /// The branch, of one that is found.
    Head(&'static str),
    /// Those that are open: number, whether it is a draft, and from a fork; and whether there are more.
    AllOpen(&'static [(u64, bool, bool)], bool),
    /// Approved, rejected, required.
    Reviewed(Option<(u32, u32, Option<u32>)>),
    Text(&'static str),
    Done,
    Fails(Failure),
}

impl Expected {
    fn is(&self, got: &Result<Got, Failure>) -> bool {
        match (self, got) {
            (Self::Fails(expected), Err(failure)) => expected == failure,
            (Self::Found(numbers), Ok(Got::Pulls(pulls))) => pulls.iter().map(|pull| pull.number).eq(numbers.iter().copied()),
            (Self::Head(head), Ok(Got::Pulls(pulls))) => matches!(&pulls[..], [pull] if pull.head == *head),
            (Self::AllOpen(all, has_more), Ok(Got::Open(open))) => {
                let found = open.pulls.iter().map(|pull| (pull.number, pull.is_draft, pull.is_fork));
                let are_whole = open.pulls.iter().all(|pull| !pull.author.is_empty() && pull.opened.is_some());
                found.eq(all.iter().copied()) && open.has_more == *has_more && are_whole
            }
            (Self::Reviewed(expected), Ok(Got::Pull(pull))) => {
                pull.reviews.map(|reviews| (reviews.approved, reviews.rejected, reviews.required)) == *expected
            }
            (Self::Text(expected), Ok(Got::Text(text))) => expected == text,
            (Self::Done, Ok(Got::Done)) => true,
            (Self::Opened, Ok(Got::Pull(pull))) => pull.is_open() && pull.number == 7,
            (Self::Draft, Ok(Got::Pull(pull))) => pull.is_draft,
            (Self::Word(word), Ok(Got::Pull(pull))) => pull.word() == *word,
            (Self::Mergeable(is_mergeable), Ok(Got::Pull(pull))) => pull.is_mergeable == *is_mergeable,
            (Self::Commit(commit), Ok(Got::Pull(pull))) => pull.merge().is_some_and(|merge| merge.commit == *commit),
            _ => false,
        }
    }
}

/// One that opens, after what comes before.
fn opens(word: &str, replies: impl IntoIterator<Item = Reply>, expected: Expected) -> Case {
    Case { does: Do::Open, replies: before_open(word).into_iter().chain(replies).collect(), expected }
}

fn case(does: Do, replies: impl IntoIterator<Item = Reply>, expected: Expected) -> Case {
    Case { does, replies: replies.into_iter().collect(), expected }
}

/// The same of all forges.
fn each(cell: impl Fn(&'static str) -> Case) -> [Cell; FORGES.len()] {
    FORGES.map(|word| vec![cell(word)])
}

fn refused(why: &str) -> Expected {
    Expected::Fails(Failure::Refused { why: why.to_owned() })
}

fn forbidden(why: &str) -> Expected {
    Expected::Fails(Failure::Forbidden(why.to_owned()))
}

fn unauthorised(why: &str) -> Expected {
    Expected::Fails(Failure::Unauthorised(why.to_owned()))
}

fn limited(until: Option<&str>) -> Expected {
    Expected::Fails(Failure::RateLimited { until: until.map(|until| until.parse().expect("a time")) })
}

/// One of several complaints of GitHub: of a field, or in a sentence.
fn of_github(field: &str, message: &str) -> Reply {
    let error = match message {
        "" => json!({"resource": "PullRequest", "field": field, "code": "invalid"}),
        message => json!({"resource": "PullRequest", "code": "custom", "message": message}),
    };
    let body = json!({"message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com/rest", "status": "422"});
    answer(422, &body.to_string())
}

fn of_gitea(status: u16, message: &str) -> Reply {
    answer(status, &json!({"message": message, "url": "http://127.0.0.1:3000/api/swagger"}).to_string())
}

/// A text, a list, or lists by field.
fn of_gitlab(status: u16, message: &Value) -> Reply {
    answer(status, &json!({ "message": message }).to_string())
}

fn list(all: &[Value]) -> Reply {
    reply(&json!(all))
}

/// What is on a forge, as it is found.
fn finding() -> Vec<Row> {
    let next: &[_] = &[("link", "<http://x/?page=2>; rel=\"next\"")];
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
                case(Do::Find, [list(&all)], Expected::Found(&[7]))
            }),
        ),
        (
            "pages, while others are opened",
            each(|word| {
                let first = json!([sample(word, &[]), sample(word, &[With::Number(3), With::Closed])]).to_string();
                let second = [sample(word, &[With::Number(3), With::Closed]), sample(word, &[With::Number(1), With::Closed])];
                case(Do::Find, [Reply::Answer(200, next, first), list(&second)], Expected::Found(&[7, 3, 1]))
            }),
        ),
        (
            "a branch that is gone keeps its name",
            [
                vec![case(Do::Find, [list(&[moved])], Expected::Head("fluxdeck/scale-1"))],
                vec![case(Do::Find, [list(&[sample("github", &[With::Closed])])], Expected::Head("fluxdeck/scale-1"))],
                vec![case(Do::Find, [list(&[sample("gitlab", &[With::Closed])])], Expected::Head("fluxdeck/scale-1"))],
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
            ],
        ),
    ]
}

/// A pull request that is open, as it is followed.
fn following() -> Vec<Row> {
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
            ],
        ),
    ]
}

/// What a merge leaves.
fn merging() -> Vec<Row> {
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
    let (null, two, three) = (Value::Null, json!("2222"), json!("3333"));
    let onto = |word| by(word, &|merged: &mut Value| merged["merge_commit_sha"] = head.into(), head);
    vec![
        ("merged by a merge commit", [plain("gitea"), plain("github"), fields(two.clone(), null.clone(), "2222")]),
        ("merged by a squash", [plain("gitea"), plain("github"), fields(null.clone(), three.clone(), "3333")]),
        (
            "merged by a squash and a merge commit, where there is that",
            [plain("gitea"), plain("github"), fields(two, three, "2222")],
        ),
        ("merged by a rebase", [plain("gitea"), plain("github"), fields(null.clone(), null.clone(), head)]),
        ("merged by moving the base", [onto("gitea"), onto("github"), fields(json!(""), null, head)]),
    ]
}

/// A project of GitLab, as it is asked for where opening fails.
fn project(is_archived: bool) -> Reply {
    answer(200, &format!(r#"{{"id": 3, "default_branch": "main", "archived": {is_archived}}}"#))
}

/// Opening, once the branch is known.
fn opening() -> Vec<Row> {
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
            ],
        ),
    ]
}

/// What opening needs, and is not there.
fn missing_parts() -> Vec<Row> {
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
            ],
        ),
        (
            "there is no such repository",
            [
                vec![open(vec![missing(), missing(), missing()], Failure::NotFound)],
                vec![own("github", answer(404, r#"{"message": "Not Found"}"#), Failure::NotFound)],
                vec![open(vec![no_ref(), of_gitlab(404, &json!("404 Project Not Found"))], Failure::NotFound)],
            ],
        ),
    ]
}

/// What there is already, or has no effect.
fn in_vain() -> Vec<Row> {
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
            ],
        ),
    ]
}

/// What is refused, or lost.
fn not_opened() -> Vec<Row> {
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
fn limits() -> Vec<Row> {
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
        ],
    )]
}

/// What a token may do.
fn tokens() -> Vec<Row> {
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
    let revoked =
        r#"{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."}"#;
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
            ],
        ),
        (
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
            ],
        ),
    ]
}

/// Anyone's pull requests, as they are listed.
fn listing() -> Vec<Row> {
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
                case(Do::AllOpen, [list(&[all[1].clone(), all[0].clone(), gone])], expected)
            }),
        ),
        ("there are more than are read", [more("gitea", next), more("github", next), more("gitlab", numbered)]),
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
            ],
        ),
        ("the text of its author", each(|word| case(Do::Text, [pull(word, &[])], Expected::Text("why")))),
    ]
}

/// What reviewers say. Checks and what else comes before are not there.
fn reviewing() -> Vec<Row> {
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
        ],
    )]
}

/// What a reviewer sends.
fn remarks() -> Vec<Row> {
    let done = |does, status| case(does, [answer(status, "{}")], Expected::Done);
    let own = "Review Can not approve your own pull request";
    let of_github = json!({"message": "Unprocessable Entity", "errors": [own]}).to_string();
    let closed = || of_gitlab(401, &json!("401 Unauthorized"));
    let login = || answer(200, r#"{"username": "ops"}"#);
    let text = json!({"note": ["can't be blank"]});
    vec![
        ("a comment", [vec![done(Do::Comment, 201)], vec![done(Do::Comment, 201)], vec![done(Do::Comment, 201)]]),
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
            ],
        ),
        ("an approval", [vec![done(Do::Approve, 200)], vec![done(Do::Approve, 200)], vec![done(Do::Approve, 201)]]),
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
            ],
        ),
    ]
}

/// Every habit.
static ROWS: &[fn() -> Vec<Row>] =
    &[finding, following, merging, opening, missing_parts, in_vain, not_opened, limits, tokens, listing, reviewing, remarks];

#[tokio::test]
async fn every_forge_has_its_way_of_every_habit() {
    for (habit, cells) in ROWS.iter().flat_map(|rows| rows()) {
        for (word, cell) in FORGES.into_iter().zip(cells) {
            assert!(!cell.is_empty(), "{habit}: {word}");
            for Case { does, replies, expected } in cell {
                let server = Server::of(replies.clone()).await;
                let forge = forge(word, &server.host());
                let got = server.during(does.result(forge.as_ref())).await;
                assert!(expected.is(&got), "{habit}: {word}: {expected:?}, not {got:?}");
                // what follows a pull request may ask for more than is laid down
                let asked = server.asked();
                assert!(does == Do::Pull || asked.len() == replies.len(), "{habit}: {word}: {asked:?}");
                assert!(asked.iter().filter(|asked| asked.starts_with("POST")).count() <= 1, "{habit}: {word}: {asked:?}");
            }
        }
    }
}
