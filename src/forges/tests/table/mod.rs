//! The table: what forges are in the habit of, and how each of them does it, in its own words. A row is an array of as many cells as there
//! are forges, so that none is empty; where a forge has no such habit, its cell is what it does instead.
//!
//! GitHub's words are those of github.com, Gitea's of 1.26. GitLab's are of its documentation (`docs.gitlab.com/api/rest/troubleshooting`,
//! `/api/rest/authentication`, `/api/merge_requests`, `/administration/settings/user_and_ip_rate_limits`) and of its source
//! (`lib/api/helpers.rb`, `lib/api/helpers/merge_requests_helpers.rb`, `app/models/merge_request.rb`). Bitbucket's are of
//! `developer.atlassian.com/cloud/bitbucket/rest`; where that gives none they stand for any.

mod forks;
mod later;
mod pulls;
mod refusals;
mod reviews;

use serde_json::{Value, json};

use forks::forks;
use later::{drafts, merged_later, said};
use pulls::{finding, following, merging, opening};
use refusals::{in_vain, limits, missing_parts, not_opened, scopes, tokens};
use reviews::{approvals, listing, remarks, reviewing};

use super::sample::{before_open, listed, reply};
use super::server::{Reply, Server, answer};
use super::{Do, FORGES, Failure, Got, forge};
use fluxdeck_model::domain::fork::ForkOffer;

/// What a forge answers in turn, and what that is for us.
struct Case {
    does: Do,
    replies: Vec<Reply>,
    expected: Expected,
    /// The last request, if it is part of the habit: `METHOD path body`.
    sends: Option<String>,
}

impl Case {
    fn sending(self, request: &str) -> Self {
        Self { sends: Some(request.to_owned()), ..self }
    }
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
    /// What the forge did not take.
    Said(&'static [&'static str]),
    /// Whether it may be asked to merge later, and why not.
    May(Result<(), &'static str>),
    MayPush(Option<bool>),
    Offer(ForkOffer),
    Ready(bool),
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
            (Self::Said(expected), Ok(Got::Said(said))) => said.iter().map(String::as_str).eq(expected.iter().copied()),
            (Self::May(expected), Ok(Got::May(may))) => may.as_ref().copied().map_err(String::as_str) == *expected,
            (Self::MayPush(expected), Ok(Got::MayPush(may))) => may == expected,
            (Self::Offer(expected), Ok(Got::Offer(offer))) => offer == expected,
            (Self::Ready(expected), Ok(Got::Ready(ready))) => ready == expected,
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
    Case { does: Do::Open, replies: before_open(word).into_iter().chain(replies).collect(), expected, sends: None }
}

fn case(does: Do, replies: impl IntoIterator<Item = Reply>, expected: Expected) -> Case {
    Case { does, replies: replies.into_iter().collect(), expected, sends: None }
}

/// A request in one line: what it asks, and its body, whose fields have no order.
fn request(line: &str) -> (String, Value) {
    let (head, body) = line.split_once(" {").unwrap_or((line, "}"));
    (head.trim().to_owned(), serde_json::from_str(&format!("{{{body}")).expect("JSON"))
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

/// A complaint, and what is wrong with a field.
fn of_bitbucket(status: u16, message: &str, field: &str, wrong: &str) -> Reply {
    let mut error = json!({ "message": message });
    if !field.is_empty() {
        error["fields"] = json!({ field: [wrong] });
    }
    answer(status, &json!({"type": "error", "error": error}).to_string())
}

/// A text, a list, or lists by field.
fn of_gitlab(status: u16, message: &Value) -> Reply {
    answer(status, &json!({ "message": message }).to_string())
}

fn list(all: &[Value]) -> Reply {
    reply(&json!(all))
}

/// A project of GitLab, as it is asked for where opening fails.
fn project(is_archived: bool) -> Reply {
    answer(200, &format!(r#"{{"id": 3, "default_branch": "main", "archived": {is_archived}}}"#))
}

/// Every habit.
static ROWS: &[fn() -> Vec<Row>] = &[
    finding,
    following,
    merging,
    opening,
    missing_parts,
    in_vain,
    not_opened,
    limits,
    scopes,
    tokens,
    listing,
    reviewing,
    remarks,
    approvals,
    said,
    drafts,
    merged_later,
    forks,
];

#[tokio::test]
async fn every_forge_has_its_way_of_every_habit() {
    for (habit, cells) in ROWS.iter().flat_map(|rows| rows()) {
        for (word, cell) in FORGES.into_iter().zip(cells) {
            assert!(!cell.is_empty(), "{habit}: {word}");
            for Case { does, replies, expected, sends } in cell {
                let server = Server::of(replies.clone()).await;
                let forge = forge(word, &server.host());
                let got = server.during(does.result(forge.as_ref())).await;
                assert!(expected.is(&got), "{habit}: {word}: {expected:?}, not {got:?}");
                // what follows a pull request may ask for more than is laid down
                let asked = server.asked();
                let last = server.seen().pop().unwrap_or_default();
                let body = last.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
                let last = format!("{} {body}", asked.last().map(String::as_str).unwrap_or_default());
                let is_sent = sends.as_ref().is_none_or(|sent| request(sent) == request(&last));
                assert!(is_sent, "{habit}: {word}: {last}, not {sends:?}");
                let is_single = does == Do::Mark || asked.iter().filter(|asked| asked.starts_with("POST")).count() <= 1;
                assert!(is_single, "{habit}: {word}: {asked:?}");
            }
        }
    }
}
