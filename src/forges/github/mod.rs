//! GitHub: github.com, Enterprise Cloud with data residency (`NAME.ghe.com`) and Enterprise Server (`docs.github.com/rest`, version
//! 2022-11-28).
//!
//! octocrab makes the requests and sets the headers of the API's version; it sends them over our own [`Wire`], for its own transport takes
//! no proxy and no limit for the size of an answer, and repeats what failed. Its models are not used: they fail where a server leaves out
//! a field, so of an answer only what is needed is read. Its `_get` and `_post` return the answer as it is, with the headers that say when
//! requests are taken again and where to sign on (`map_github_error` would hide them from successes).
//!
//! Checks are check runs and commit statuses together, as the page of a pull request has them. A fine-grained token cannot read check runs
//! of a private repository: then there are none at all, because half of them would look like all.
//!
//! Auto-merge is read with a pull request; that it is in a merge queue is in no answer of REST, only of GraphQL: [`later`].

mod fork;
mod later;

use bytes::Bytes;
use futures::FutureExt;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower::BoxError;

use super::address::Address;
use super::answer::{Answer, short};
use super::encode::{path, query};
use super::kind::{Kind, Opened};
use super::network::Network;
use super::wire::{Broken, Wire};
use super::{
    Answered, Failure, Forge, OPEN, head_of, is_same_repository, newest_first, no_label, no_reviewer, users_and_teams, verdicts,
};
use crate::credentials::Token;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{Checks, Merge, NewPull, OpenPulls, Pull, PullState, Reviews};

/// Entries of a page: as many as there can be.
const PAGE: u32 = 100;
/// Most pages that are read of a list.
const PAGES: u32 = 50;
/// Where the API of an Enterprise Server is.
const ROOT: &str = "/api/v3";
/// Where its GraphQL is.
const GRAPH: &str = "/api";

pub(super) static KIND: Kind = Kind { word: "github", name: "GitHub", probe: "/api/v3/meta", is_it, open, git_login };

/// `docs.github.com/apps`, "Authenticating as a GitHub App installation": any token takes that name.
fn git_login(token: &str) -> (&str, &str) {
    ("x-access-token", token)
}

/// Every answer of GitHub has the id of its request, also one that asks for a login.
fn is_it(answer: &Answer) -> bool {
    answer.header("x-github-request-id").is_some() && answer.status != http::StatusCode::NOT_FOUND
}

fn open(network: &Network, address: &Address, token: Option<&Token>) -> Opened {
    let address = address.flat()?;
    let origin = address.origin();
    let root = if origin.is_github() { "" } else { ROOT };
    let login = || token.map(|token| ("Bearer", token));
    let wire = Wire::new(network, &origin, root, login())?;
    // it is beside the API of REST, not below it
    let graph = Wire::new(network, &origin, if origin.is_github() { "" } else { GRAPH }, login())?;
    Ok(Box::new(GitHub { octocrab: over(wire), graph, has_login: token.is_some(), address: address.clone() }))
}

/// octocrab with our wire as its transport. It knows neither the host nor the token.
fn over(wire: Wire) -> Octocrab {
    let service = tower::service_fn(move |request: Request<OctoBody>| {
        let wire = wire.clone();
        async move {
            let (mut head, body) = request.into_parts();
            let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
            // an empty body has none
            head.headers.remove(CONTENT_LENGTH);
            let body = body.collect().await?.to_bytes();
            let answer = wire.send(head.method, &path, head.headers, body).await?;
            let mut response = Response::new(Full::new(answer.body));
            (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
            Ok::<_, BoxError>(response)
        }
    });
    let built = OctocrabBuilder::new_empty().with_service(service).with_auth(AuthState::None).build();
    built.unwrap_or_else(|never| match never {})
}

/// A repository on a GitHub.
struct GitHub {
    octocrab: Octocrab,
    graph: Wire,
    /// GraphQL answers nobody without one.
    has_login: bool,
    address: Address,
}

/// A pull request as the API has it: nothing of it is relied upon but its number and its page.
#[derive(Deserialize)]
struct Found {
    number: u64,
    html_url: String,
    node_id: Option<String>,
    title: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    mergeable: Option<bool>,
    /// Lists have it, and not `merged`.
    merged_at: Option<Timestamp>,
    /// Of an open pull request: a trial.
    merge_commit_sha: Option<String>,
    merged_by: Option<Person>,
    /// Null, or how it is to be merged once it may.
    auto_merge: Option<serde::de::IgnoredAny>,
    head: Option<End>,
    base: Option<End>,
    user: Option<Person>,
    created_at: Option<Timestamp>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    login: Option<String>,
}

/// One end of a pull request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct End {
    #[serde(rename = "ref")]
    branch: Option<String>,
    sha: Option<String>,
    /// None of a fork that is gone.
    repo: Option<Home>,
}

#[derive(Deserialize)]
struct Home {
    id: Option<u64>,
    full_name: Option<String>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    title: &'a str,
    body: &'a str,
    head: &'a str,
    base: &'a str,
    draft: bool,
}

#[derive(Deserialize)]
struct Repository {
    default_branch: Option<String>,
}

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

#[derive(Deserialize)]
struct CheckRun {
    status: Option<String>,
    conclusion: Option<String>,
}

#[derive(Deserialize)]
struct Combined {
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct Status {
    state: Option<String>,
}

/// A comment, as it is sent.
#[derive(Serialize)]
struct Comment<'a> {
    body: &'a str,
}

/// A review, as it is sent.
#[derive(Serialize)]
struct Approval<'a> {
    commit_id: &'a str,
    event: &'static str,
}

/// A review. A review that only comments says nothing of that, and takes nothing back; one that was dismissed does.
#[derive(Deserialize)]
struct Review {
    user: Option<Person>,
    state: Option<String>,
}

/// How a create request was refused: `errors` of the answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    errors: Vec<Wrong>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrong {
    field: Option<String>,
    code: Option<String>,
}

impl Found {
    /// Whether its head is that branch of this repository, or of that fork.
    fn is_from(&self, head: &str, fork: Option<&str>) -> bool {
        let home = || self.head.as_ref()?.repo.as_ref()?.full_name.as_deref();
        let is_there = match fork {
            None => !self.is_fork(),
            Some(fork) => is_same_repository(home(), fork),
        };
        is_there && self.head.as_ref().is_some_and(|from| from.branch.as_deref() == Some(head))
    }

    fn is_fork(&self) -> bool {
        let id = |end: &Option<End>| end.as_ref()?.repo.as_ref()?.id;
        id(&self.head).is_none() || id(&self.head) != id(&self.base)
    }

    fn pull(self, checks: Option<Checks>) -> Pull {
        let is_fork = self.is_fork();
        let (head, base) = (self.head.unwrap_or_default(), self.base.unwrap_or_default());
        let state = match (self.merged_at, self.state.as_deref()) {
            (Some(at), _) => PullState::Merged(Merge {
                commit: self.merge_commit_sha.unwrap_or_default(),
                by: self.merged_by.and_then(|person| person.login),
                at: Some(at),
            }),
            (None, Some("closed")) => PullState::Closed,
            _ => PullState::Open,
        };
        let is_queued = state == PullState::Open && self.auto_merge.is_some();
        Pull {
            number: self.number,
            url: self.html_url,
            title: self.title.unwrap_or_default(),
            head: head.branch.unwrap_or_default(),
            head_commit: head.sha.unwrap_or_default(),
            base: base.branch.unwrap_or_default(),
            is_draft: self.draft.unwrap_or_default(),
            state,
            checks,
            is_mergeable: None,
            is_queued,
            author: self.user.and_then(|person| person.login).unwrap_or_default(),
            opened: self.created_at,
            is_fork,
            reviews: None,
        }
    }
}

impl GitHub {
    /// A path of the API below the repository.
    fn below(&self, rest: &str) -> String {
        format!("/repos/{}/{}{rest}", path(&self.address.owner), path(&self.address.repository))
    }

    async fn get(&self, rest: &str) -> Result<Answer, Failure> {
        let answer = self.octocrab._get(self.below(rest)).await;
        whole(answer, &Method::GET).await?.success(&Method::GET)
    }

    async fn all_from(&self, head: &str, fork: Option<&str>) -> Result<Vec<Pull>, Failure> {
        let from = query(&head_of(head, Some(fork.unwrap_or(&self.address.path()))));
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let answer = self.get(&format!("/pulls?state=all&head={from}&per_page={PAGE}&page={page}")).await?;
            let all: Vec<Found> = answer.read("the list of pull requests")?;
            found.extend(all.into_iter().filter(|pull| pull.is_from(head, fork)).map(|pull| pull.pull(None)));
            if !answer.has_next_page() {
                return Ok(newest_first(found));
            }
        }
        Err(Failure::Unreadable(format!("there are more than {} pull requests", PAGE * PAGES)))
    }

    async fn opened(&self, new: &NewPull) -> Result<Pull, Failure> {
        let NewPull { title, body, head, fork, base, is_draft, .. } = new;
        let head = &head_of(head, fork.as_deref());
        let wanted = Wanted { title, body, head, base, draft: *is_draft };
        let answer = whole(self.octocrab._post(self.below("/pulls"), Some(&wanted)).await, &Method::POST).await?;
        if answer.status == http::StatusCode::UNPROCESSABLE_ENTITY {
            return Err(refused(&answer));
        }
        let answer = answer.success(&Method::POST)?;
        // it is open: which one, the list says
        Ok(answer.read::<Found>("the pull request").map_err(|failure| Failure::Lost(failure.to_string()))?.pull(None))
    }

    /// A label that is not there would be made by the request: each is looked up before. Reviewers are all taken or none: then each is asked
    /// for by itself (`docs.github.com/rest/issues/labels`, `/pulls/review-requests`).
    async fn marked(&self, number: u64, new: &NewPull) -> Result<Vec<String>, Failure> {
        let (mut said, mut known) = (Vec::new(), Vec::new());
        for name in &new.labels {
            match self.get(&format!("/labels/{}", query(name))).await {
                Ok(_) => known.push(name.as_str()),
                Err(Failure::NotFound) => said.push(no_label(name)),
                Err(failure) => return Err(failure),
            }
        }
        if !known.is_empty()
            && let Err(failure) = self.post(&format!("/issues/{number}/labels"), &json!({ "labels": known })).await
        {
            said.push(format!("no label was set: {failure}"));
        }
        let rest = format!("/pulls/{number}/requested_reviewers");
        let wanted = |names: &[String]| {
            let (reviewers, team_reviewers) = users_and_teams(names);
            json!({ "reviewers": reviewers, "team_reviewers": team_reviewers })
        };
        if new.reviewers.is_empty() || self.post(&rest, &wanted(&new.reviewers)).await.is_ok() {
            return Ok(said);
        }
        for name in &new.reviewers {
            if let Err(failure) = self.post(&rest, &wanted(std::slice::from_ref(name))).await {
                said.push(no_reviewer(name, &failure.to_string()));
            }
        }
        Ok(said)
    }

    async fn followed(&self, number: u64) -> Result<Pull, Failure> {
        let found: Found = self.get(&format!("/pulls/{number}")).await?.read("the pull request")?;
        let commit = found.head.as_ref().and_then(|head| head.sha.clone()).filter(|commit| !commit.is_empty());
        let checks = match commit {
            Some(commit) => self.checks(&commit).await.ok(),
            None => None,
        };
        let (is_mergeable, id) = (found.mergeable, found.node_id.clone());
        let pull = found.pull(checks);
        if !pull.is_open() {
            return Ok(Pull { is_mergeable, ..pull });
        }
        let reviews = self.reviews(number).await.ok();
        let is_queued = match id.filter(|_| self.has_login && !pull.is_queued && !pull.is_draft) {
            Some(id) => self.is_in_queue(&id).await.unwrap_or_default(),
            None => pull.is_queued,
        };
        Ok(Pull { is_mergeable, reviews, is_queued, ..pull })
    }

    async fn newest_open(&self) -> Result<OpenPulls, Failure> {
        let answer = self.get(&format!("/pulls?state=open&sort=created&direction=desc&per_page={OPEN}")).await?;
        let all: Vec<Found> = answer.read("the list of pull requests")?;
        let pulls = newest_first(all.into_iter().map(|found| found.pull(None)).collect());
        Ok(OpenPulls { pulls, has_more: answer.has_next_page() })
    }

    /// How many approvals a base branch asks for is for its administrators to read.
    async fn reviews(&self, number: u64) -> Result<Reviews, Failure> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let answer = self.get(&format!("/pulls/{number}/reviews?per_page={PAGE}&page={page}")).await?;
            all.extend(answer.read::<Vec<Review>>("the reviews")?);
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(verdicts(all.into_iter().filter_map(|review| {
            let verdict = match review.state.as_deref()? {
                "APPROVED" => Some(true),
                "CHANGES_REQUESTED" => Some(false),
                "DISMISSED" => None,
                _ => return None,
            };
            Some((review.user?.login?, verdict))
        })))
    }

    async fn written(&self, number: u64) -> Result<String, Failure> {
        let found: Found = self.get(&format!("/pulls/{number}")).await?.read("the pull request")?;
        Ok(found.body.unwrap_or_default())
    }

    async fn login(&self) -> Result<String, Failure> {
        let answer = whole(self.octocrab._get("/user").await, &Method::GET).await?.success(&Method::GET)?;
        let login = answer.read::<Person>("the user")?.login.filter(|login| !login.is_empty());
        login.ok_or_else(|| Failure::Unreadable("the forge names no user for the token".to_owned()))
    }

    /// Sends something to a path below the repository, once.
    async fn post(&self, rest: &str, body: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
        let answer = whole(self.octocrab._post(self.below(rest), Some(body)).await, &Method::POST).await?;
        answer.success(&Method::POST).map(drop)
    }

    async fn checks(&self, commit: &str) -> Result<Checks, Failure> {
        let mut checks = Checks::default();
        let commit = query(commit);
        for page in 1..=PAGES {
            let answer = self.get(&format!("/commits/{commit}/check-runs?per_page={PAGE}&page={page}")).await?;
            for run in answer.read::<CheckRuns>("the check runs")?.check_runs {
                run.count(&mut checks);
            }
            if !answer.has_next_page() {
                break;
            }
        }
        for page in 1..=PAGES {
            let answer = self.get(&format!("/commits/{commit}/status?per_page={PAGE}&page={page}")).await?;
            for status in answer.read::<Combined>("the statuses")?.statuses {
                status.count(&mut checks);
            }
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(checks)
    }

    async fn main_branch(&self) -> Result<String, Failure> {
        let repository: Repository = self.get("").await?.read("the repository")?;
        let branch = repository.default_branch.filter(|branch| !branch.is_empty());
        branch.ok_or_else(|| Failure::Unreadable("the repository names no default branch".to_owned()))
    }
}

impl CheckRun {
    fn count(&self, checks: &mut Checks) {
        match (self.status.as_deref(), self.conclusion.as_deref()) {
            (Some("completed"), Some("success" | "neutral" | "skipped")) => checks.passed += 1,
            (Some("completed"), _) => checks.failed += 1,
            _ => checks.pending += 1,
        }
    }
}

impl Status {
    fn count(&self, checks: &mut Checks) {
        match self.state.as_deref() {
            Some("success") => checks.passed += 1,
            Some("failure" | "error") => checks.failed += 1,
            _ => checks.pending += 1,
        }
    }
}

/// Why a pull request is not opened: GitHub has one code for all of it, and says more in a field, or in a sentence that it does not change.
fn refused(answer: &Answer) -> Failure {
    if answer.says("A pull request already exists") {
        return Failure::Exists;
    }
    if answer.says("No commits between") {
        return Failure::NothingToMerge;
    }
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_head = |wrong: &Wrong| wrong.field.as_deref() == Some("head") && wrong.code.as_deref() == Some("invalid");
    if refused.errors.iter().any(is_head) { Failure::NotYet } else { Failure::Refused { why: answer.words() } }
}

/// The answer that octocrab passes on, whole; what broke on our wire comes out as it went in.
async fn whole<B>(answer: octocrab::Result<Response<B>>, method: &Method) -> Result<Answer, Failure>
where
    B: http_body::Body<Data = Bytes, Error = octocrab::Error>,
{
    let broken = |error: octocrab::Error| match error {
        octocrab::Error::Service { source, .. } => match source.downcast::<Broken>() {
            Ok(broken) => broken.failure(method),
            Err(other) => Broken::Cut(short(&other.to_string())).failure(method),
        },
        other => Broken::Cut(short(&other.to_string())).failure(method),
    };
    let (head, body) = answer.map_err(broken)?.into_parts();
    let body = body.collect().await.map_err(broken)?.to_bytes();
    Ok(Answer { status: head.status, headers: head.headers, body })
}

impl Forge for GitHub {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn find<'a>(&'a self, head: &'a str, fork: Option<&'a str>) -> Answered<'a, Vec<Pull>> {
        self.all_from(head, fork).boxed()
    }

    fn open<'a>(&'a self, new: &'a NewPull) -> Answered<'a, Pull> {
        self.opened(new).boxed()
    }

    fn mark<'a>(&'a self, number: u64, new: &'a NewPull) -> Answered<'a, Vec<String>> {
        self.marked(number, new).boxed()
    }

    fn pull(&self, number: u64) -> Answered<'_, Pull> {
        self.followed(number).boxed()
    }

    fn all_open(&self) -> Answered<'_, OpenPulls> {
        self.newest_open().boxed()
    }

    fn text(&self, number: u64) -> Answered<'_, String> {
        self.written(number).boxed()
    }

    fn user(&self) -> Answered<'_, String> {
        self.login().boxed()
    }

    fn comment<'a>(&'a self, number: u64, text: &'a str) -> Answered<'a, ()> {
        async move { self.post(&format!("/issues/{number}/comments"), &Comment { body: text }).await }.boxed()
    }

    fn approve<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()> {
        let approval = Approval { commit_id: commit, event: "APPROVE" };
        async move { self.post(&format!("/pulls/{number}/reviews"), &approval).await }.boxed()
    }

    fn reword<'a>(&'a self, number: u64, title: &'a str, text: &'a str) -> Answered<'a, ()> {
        self.reworded(number, title, text).boxed()
    }

    fn set_draft(&self, number: u64, is_draft: bool) -> Answered<'_, ()> {
        self.drafted(number, is_draft).boxed()
    }

    fn merges_later<'a>(&'a self, base: &'a str) -> Answered<'a, Result<(), String>> {
        self.may_merge_later(base).boxed()
    }

    fn merge_later<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()> {
        self.merged_later(number, commit).boxed()
    }

    fn may_push(&self) -> Answered<'_, Option<bool>> {
        self.may_be_pushed_to().boxed()
    }

    fn fork(&self) -> Answered<'_, ForkOffer> {
        self.own_fork().boxed()
    }

    fn make_fork(&self) -> Answered<'_, String> {
        self.forked().boxed()
    }

    fn fork_is_ready<'a>(&'a self, fork: &'a str) -> Answered<'a, bool> {
        self.has_branches(fork).boxed()
    }

    fn compare(&self, base: &str, head: &str, fork: Option<&str>) -> String {
        self.address.compare(base, head, fork) + "?expand=1"
    }

    fn default_branch(&self) -> Answered<'_, String> {
        self.main_branch().boxed()
    }
}
