//! Gitea and Forgejo, by their own API (`/api/swagger` of a server; Gitea 1.26 `routers/api/v1/repo/pull.go`, `services/convert/pull.go`).
//!
//! What is particular: its list of pull requests cannot be asked for one branch, so all pages are read; a draft is a prefix of the title;
//! an empty pull request is opened without a complaint, so that is looked at before; right after a push a branch may not be known; that it
//! is to be merged when its checks succeed is in its timeline only.

mod fork;
mod later;

use futures::FutureExt;
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::address::Address;
use super::answer::{Answer, short};
use super::encode::{path, query};
use super::kind::{Kind, Opened};
use super::network::Network;
use super::wire::Wire;
use super::{
    Answered, Failure, Forge, OPEN, drafted, head_of, is_same_repository, newest_first, no_label, no_reviewer, users_and_teams,
    verdicts,
};
use crate::credentials::Token;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{Checks, Merge, NewPull, OpenPulls, Pull, PullState, Reviews};

/// Entries of a page; a server may give fewer (`[api] MAX_RESPONSE_ITEMS`).
const PAGE: u32 = 50;
/// Most pages that are read of a list.
const PAGES: u32 = 200;
/// What makes a title that of a draft, unless the server is configured otherwise (`[repository.pull-request] WORK_IN_PROGRESS_PREFIXES`).
const DRAFTS: &[&str] = &["WIP:", "[WIP]"];
const ROOT: &str = "/api/v1";

pub(super) static KIND: Kind = Kind { word: "gitea", name: "Gitea", probe: "/api/v1/version", is_it, open, git_login };

/// A token is a password for any name (`services/auth/basic.go`).
fn git_login(token: &str) -> (&str, &str) {
    ("oauth2", token)
}

/// It says its version, or that it says nothing to strangers (`REQUIRE_SIGNIN_VIEW`).
fn is_it(answer: &Answer) -> bool {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "version")]
        _version: String,
    }
    let is_closed = matches!(answer.status.as_u16(), 401 | 403) && answer.says("signed in user is allowed to call APIs");
    is_closed || answer.status.is_success() && answer.read::<Version>("the version").is_ok()
}

fn open(network: &Network, address: &Address, token: Option<&Token>) -> Opened {
    let address = address.flat()?;
    let wire = Wire::new(network, &address.origin(), ROOT, token.map(|token| ("token", token)))?;
    Ok(Box::new(Gitea { wire, address: address.clone() }))
}

/// A repository on a Gitea.
struct Gitea {
    wire: Wire,
    address: Address,
}

/// A pull request as the API has it: nothing of it is relied upon but its number and its page.
#[derive(Deserialize)]
struct Found {
    number: u64,
    html_url: String,
    title: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    mergeable: Option<bool>,
    merged: Option<bool>,
    merged_at: Option<Timestamp>,
    merge_commit_sha: Option<String>,
    merged_by: Option<Person>,
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
    /// The branch, also when it is gone; `ref` is `refs/pull/N/head` then.
    label: Option<String>,
    sha: Option<String>,
    /// Of a repository that is gone: -1.
    repo_id: Option<i64>,
    repo: Option<Home>,
}

#[derive(Deserialize)]
struct Home {
    full_name: Option<String>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    title: String,
    body: &'a str,
    head: &'a str,
    base: &'a str,
}

#[derive(Deserialize)]
struct Repository {
    default_branch: Option<String>,
    empty: Option<bool>,
    mirror: Option<bool>,
    has_pull_requests: Option<bool>,
    full_name: Option<String>,
    /// Of who asks.
    permissions: Option<Permissions>,
    /// What it is a fork of.
    parent: Option<Home>,
}

#[derive(Deserialize)]
struct Permissions {
    push: Option<bool>,
}

impl Repository {
    /// Why it takes no pull requests, if that is so.
    fn refusal(&self) -> Option<Failure> {
        let why = match self {
            Self { mirror: Some(true), .. } => "the repository is a mirror there, which takes no pull requests",
            Self { has_pull_requests: Some(false), .. } => "pull requests are switched off in this repository",
            _ => return None,
        };
        Some(Failure::Refused { why: why.to_owned() })
    }
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

/// A review. One that only comments says nothing of that, and takes nothing back (`modules/structs/pull_review.go`).
#[derive(Deserialize)]
struct Review {
    user: Option<Person>,
    state: Option<String>,
    dismissed: Option<bool>,
}

/// A branch, with what its protection asks for: everybody who may read it is shown that (`services/convert/convert.go` ToBranch).
#[derive(Deserialize)]
struct Branch {
    protected: Option<bool>,
    required_approvals: Option<u32>,
}

#[derive(Deserialize)]
struct Compared {
    total_commits: Option<u64>,
}

#[derive(Deserialize)]
struct Label {
    id: Option<i64>,
    name: Option<String>,
}

/// What happened to a pull request.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Combined {
    total_count: Option<usize>,
    statuses: Option<Vec<Status>>,
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

impl Found {
    /// Whether its head is that branch of this repository, or of that fork.
    fn is_from(&self, head: &str, fork: Option<&str>) -> bool {
        let home = || self.head.as_ref()?.repo.as_ref()?.full_name.as_deref();
        let is_there = match fork {
            None => !self.is_fork(),
            Some(fork) => is_same_repository(home(), fork),
        };
        is_there && self.head.as_ref().is_some_and(|from| from.label.as_deref() == Some(head))
    }

    fn is_fork(&self) -> bool {
        let id = |end: &Option<End>| end.as_ref()?.repo_id;
        id(&self.head).is_none() || id(&self.head) != id(&self.base)
    }

    fn pull(self, checks: Option<Checks>) -> Pull {
        let is_fork = self.is_fork();
        let (head, base) = (self.head.unwrap_or_default(), self.base.unwrap_or_default());
        let merge = Merge {
            commit: self.merge_commit_sha.unwrap_or_default(),
            by: self.merged_by.and_then(|person| person.login).filter(|login| !login.is_empty()),
            at: self.merged_at,
        };
        let state = match self.state.as_deref() {
            _ if self.merged == Some(true) => PullState::Merged(merge),
            Some("closed") => PullState::Closed,
            _ => PullState::Open,
        };
        Pull {
            number: self.number,
            url: self.html_url,
            title: self.title.unwrap_or_default(),
            head: head.label.unwrap_or_default(),
            head_commit: head.sha.unwrap_or_default(),
            base: base.label.unwrap_or_default(),
            is_draft: self.draft.unwrap_or_default(),
            state,
            checks,
            is_mergeable: None,
            is_queued: false,
            author: self.user.and_then(|person| person.login).unwrap_or_default(),
            opened: self.created_at,
            is_fork,
            reviews: None,
        }
    }
}

impl Gitea {
    /// A path of the API below the repository.
    fn below(&self, rest: &str) -> String {
        format!("/repos/{}/{}{rest}", path(&self.address.owner), path(&self.address.repository))
    }

    async fn get(&self, rest: &str) -> Result<Answer, Failure> {
        self.wire.get(&self.below(rest)).await?.success(&Method::GET)
    }

    async fn all_from(&self, head: &str, fork: Option<&str>) -> Result<Vec<Pull>, Failure> {
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let answer = match self.get(&format!("/pulls?state=all&limit={PAGE}&page={page}")).await {
                Err(Failure::NotFound) => return self.without_list().await,
                answer => answer?,
            };
            let all: Vec<Found> = answer.read("the list of pull requests")?;
            found.extend(all.into_iter().filter(|pull| pull.is_from(head, fork)).map(|pull| pull.pull(None)));
            if !answer.has_next_page() {
                return Ok(newest_first(found));
            }
        }
        Err(Failure::Unreadable(format!("there are more than {} pull requests", PAGE * PAGES)))
    }

    /// What it means that there is no list. A repository counts as empty, and has none, until the forge has looked at the first push
    /// (Gitea `routers/api/v1/api.go` mustAllowPulls, `services/repository/push.go`).
    async fn without_list(&self) -> Result<Vec<Pull>, Failure> {
        let repository = self.repository().await?;
        match repository.refusal() {
            Some(refusal) => Err(refusal),
            None if repository.empty == Some(true) => Ok(Vec::new()),
            None => Err(Failure::NotFound),
        }
    }

    async fn opened(&self, new: &NewPull) -> Result<Pull, Failure> {
        if self.has_nothing(new).await? {
            return Err(Failure::NothingToMerge);
        }
        let title = if new.is_draft { drafted(&new.title, true, DRAFTS) } else { new.title.clone() };
        let head = &head_of(&new.head, new.fork.as_deref());
        let wanted = Wanted { title, body: &new.body, head, base: &new.base };
        let answer = self.wire.post(&self.below("/pulls"), &wanted).await?;
        match answer.status.as_u16() {
            409 if answer.says("pull request already exists") => Err(Failure::Exists),
            422 if answer.says("no changes between the head and the base") => Err(Failure::NothingToMerge),
            404 => Err(self.missing(new).await),
            _ => {
                let answer = answer.success(&Method::POST)?;
                // it is open: which one, the list says
                let unread = |failure: Failure| Failure::Lost(failure.to_string());
                Ok(answer.read::<Found>("the pull request").map_err(unread)?.pull(None))
            }
        }
    }

    /// Whether all commits of the branch are in its base. Where that cannot be compared, the request itself says why.
    async fn has_nothing(&self, new: &NewPull) -> Result<bool, Failure> {
        let head = head_of(&path(&new.head), new.fork.as_deref().map(path).as_deref());
        let rest = format!("/compare/{}...{head}", path(&new.base));
        let compared = match self.get(&rest).await {
            Ok(answer) => answer.read::<Compared>("the comparison").ok(),
            Err(Failure::NotFound | Failure::Server { .. } | Failure::Unreadable(_) | Failure::Refused { .. }) => None,
            Err(failure) => return Err(failure),
        };
        Ok(compared.is_some_and(|compared| compared.total_commits == Some(0)))
    }

    /// What is missing, where opening answers that something is: the repository, its base, or, for a while after a push, the branch.
    async fn missing(&self, new: &NewPull) -> Failure {
        match self.repository().await.map(|repository| repository.refusal()) {
            Ok(None) => {}
            Ok(Some(failure)) | Err(failure) => return failure,
        }
        match self.get(&format!("/branches/{}", path(&new.base))).await {
            Ok(_) => Failure::NotYet,
            Err(Failure::NotFound) => Failure::Refused { why: short(&format!("there is no branch {}", new.base)) },
            Err(failure) => failure,
        }
    }

    /// Labels have numbers, those of the organisation as well; reviewers are all taken or none: then each is asked for by itself (Gitea
    /// `routers/api/v1/repo/issue_label.go`, `pull_review.go`).
    async fn marked(&self, number: u64, new: &NewPull) -> Result<Vec<String>, Failure> {
        let mut said = Vec::new();
        if !new.labels.is_empty() {
            let known = self.labels().await?;
            let id = |name: &String| known.iter().find(|label| label.name.as_deref() == Some(name)).and_then(|label| label.id);
            said.extend(new.labels.iter().filter(|name| id(name).is_none()).map(|name| no_label(name)));
            let ids: Vec<_> = new.labels.iter().filter_map(id).collect();
            if !ids.is_empty()
                && let Err(failure) = self.post(&format!("/issues/{number}/labels"), &json!({ "labels": ids })).await
            {
                said.push(format!("no label was set: {failure}"));
            }
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

    /// The labels of the repository and, where the owner is an organisation, of that.
    async fn labels(&self) -> Result<Vec<Label>, Failure> {
        let mut found = Vec::new();
        for place in [self.below("/labels"), format!("/orgs/{}/labels", path(&self.address.owner))] {
            for page in 1..=PAGES {
                let answer = self.wire.get(&format!("{place}?limit={PAGE}&page={page}")).await?.success(&Method::GET);
                let answer = match answer {
                    // a person has no labels of their own
                    Err(Failure::NotFound | Failure::Forbidden(_)) => break,
                    answer => answer?,
                };
                found.extend(answer.read::<Option<Vec<Label>>>("the labels")?.unwrap_or_default());
                if !answer.has_next_page() {
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn followed(&self, number: u64) -> Result<Pull, Failure> {
        let found: Found = self.get(&format!("/pulls/{number}")).await?.read("the pull request")?;
        let commit = found.head.as_ref().and_then(|head| head.sha.clone()).filter(|commit| !commit.is_empty());
        let checks = match commit {
            Some(commit) => self.checks(&commit).await.ok(),
            None => None,
        };
        let is_mergeable = found.mergeable;
        let pull = found.pull(checks);
        if !pull.is_open() {
            return Ok(Pull { is_mergeable, ..pull });
        }
        let is_queued = self.is_queued(number).await.unwrap_or_default();
        let reviews = self.reviews(number, &pull.base).await.ok();
        Ok(Pull { is_mergeable, is_queued, reviews, ..pull })
    }

    async fn newest_open(&self) -> Result<OpenPulls, Failure> {
        let answer = match self.get(&format!("/pulls?state=open&limit={OPEN}&page=1")).await {
            Err(Failure::NotFound) => {
                let pulls = self.without_list().await?;
                return Ok(OpenPulls { pulls, has_more: false });
            }
            answer => answer?,
        };
        let all: Vec<Found> = answer.read("the list of pull requests")?;
        let pulls = newest_first(all.into_iter().map(|found| found.pull(None)).collect());
        Ok(OpenPulls { pulls, has_more: answer.has_next_page() })
    }

    /// The reviews, the oldest first, and what the base branch asks for, where that can be read.
    async fn reviews(&self, number: u64, base: &str) -> Result<Reviews, Failure> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let answer = self.get(&format!("/pulls/{number}/reviews?limit={PAGE}&page={page}")).await?;
            all.extend(answer.read::<Option<Vec<Review>>>("the reviews")?.unwrap_or_default());
            if !answer.has_next_page() {
                break;
            }
        }
        let reviews = verdicts(all.into_iter().filter_map(|review| {
            let verdict = match review.state.as_deref()? {
                _ if review.dismissed == Some(true) => None,
                "APPROVED" => Some(true),
                "REQUEST_CHANGES" => Some(false),
                _ => return None,
            };
            Some((review.user?.login?, verdict))
        }));
        let branch = self.get(&format!("/branches/{}", path(base))).await.and_then(|answer| answer.read::<Branch>("the branch"));
        let required = branch.ok().filter(|branch| branch.protected == Some(true)).and_then(|branch| branch.required_approvals);
        Ok(Reviews { required, ..reviews })
    }

    async fn written(&self, number: u64) -> Result<String, Failure> {
        let found: Found = self.get(&format!("/pulls/{number}")).await?.read("the pull request")?;
        Ok(found.body.unwrap_or_default())
    }

    async fn login(&self) -> Result<String, Failure> {
        let answer = self.wire.get("/user").await?.success(&Method::GET)?;
        let login = answer.read::<Person>("the user")?.login.filter(|login| !login.is_empty());
        login.ok_or_else(|| Failure::Unreadable("the forge names no user for the token".to_owned()))
    }

    /// Sends something to a path below the repository, once.
    async fn post(&self, rest: &str, body: &impl Serialize) -> Result<(), Failure> {
        self.wire.post(&self.below(rest), body).await?.success(&Method::POST).map(drop)
    }

    /// Whether it is to be merged when its checks succeed: by the last event of the timeline that says so, or that it is not (Gitea
    /// `models/issues/comment.go`). A page has no links and may have fewer entries than were asked for: an empty one is the last.
    async fn is_queued(&self, number: u64) -> Result<bool, Failure> {
        let mut is_queued = false;
        for page in 1..=PAGES {
            let answer = self.get(&format!("/issues/{number}/timeline?limit={PAGE}&page={page}")).await?;
            let events: Vec<Event> = answer.read::<Option<_>>("the timeline")?.unwrap_or_default();
            for event in &events {
                match event.kind.as_deref() {
                    Some("pull_scheduled_merge") => is_queued = true,
                    Some("pull_cancel_scheduled_merge") => is_queued = false,
                    _ => {}
                }
            }
            if events.is_empty() {
                break;
            }
        }
        Ok(is_queued)
    }

    /// The last status of each context (Gitea `services/convert/status.go`).
    async fn checks(&self, commit: &str) -> Result<Checks, Failure> {
        let mut checks = Checks::default();
        for page in 1..=PAGES {
            let answer = self.get(&format!("/commits/{}/status?limit={PAGE}&page={page}", query(commit))).await?;
            let combined: Combined = answer.read("the statuses")?;
            let statuses = combined.statuses.unwrap_or_default();
            for status in &statuses {
                match status.status.as_deref() {
                    Some("success" | "warning" | "skipped") => checks.passed += 1,
                    Some("failure" | "error") => checks.failed += 1,
                    _ => checks.pending += 1,
                }
            }
            let is_short = statuses.is_empty() || combined.total_count.is_none_or(|all| checks.count() as usize >= all);
            if is_short && !answer.has_next_page() {
                break;
            }
        }
        Ok(checks)
    }

    async fn repository(&self) -> Result<Repository, Failure> {
        self.get("").await?.read("the repository")
    }

    async fn main_branch(&self) -> Result<String, Failure> {
        let branch = self.repository().await?.default_branch.filter(|branch| !branch.is_empty());
        branch.ok_or_else(|| Failure::Unreadable("the repository names no default branch".to_owned()))
    }
}

impl Forge for Gitea {
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
        let approval = Approval { commit_id: commit, event: "APPROVED" };
        async move { self.post(&format!("/pulls/{number}/reviews"), &approval).await }.boxed()
    }

    fn reword<'a>(&'a self, number: u64, title: &'a str, text: &'a str) -> Answered<'a, ()> {
        async move { self.change(number, &json!({ "title": title, "body": text })).await }.boxed()
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
        async move { Ok(self.repository().await?.permissions.and_then(|permissions| permissions.push)) }.boxed()
    }

    fn fork(&self) -> Answered<'_, ForkOffer> {
        self.own_fork().boxed()
    }

    fn make_fork(&self) -> Answered<'_, String> {
        self.forked().boxed()
    }

    fn fork_is_ready<'a>(&'a self, fork: &'a str) -> Answered<'a, bool> {
        self.has_commits(fork).boxed()
    }

    fn compare(&self, base: &str, head: &str, fork: Option<&str>) -> String {
        self.address.compare(base, head, fork)
    }

    fn default_branch(&self) -> Answered<'_, String> {
        self.main_branch().boxed()
    }
}
