//! GitLab: gitlab.com and self-managed (`docs.gitlab.com/api/merge_requests`, REST version 4, from GitLab 13 on).
//!
//! What is particular: a project is named by its full path, with its groups; a draft is a prefix of the title; an empty merge request is
//! opened without a complaint, and by older servers one of a branch that is not there, so that is looked at before; right after a push a
//! branch is missing in the cache that opening looks at, although it can be compared. A token of any sort goes into `Authorization:
//! Bearer`, which takes personal, project and group tokens as well as those of OAuth (`doc/api/rest/authentication.md`): nobody has to
//! know which sort it is. Deploy tokens and those of CI jobs open nothing.
//!
//! Checks are the jobs and statuses of the head pipeline, which is what GitLab itself goes by: a commit may have other pipelines, and one
//! that was run again has the failures of the first.

mod fork;
mod later;
mod pipeline;

use futures::FutureExt;
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use pipeline::Pipeline;

use super::address::Address;
use super::answer::{Answer, short};
use super::encode::query;
use super::kind::{Kind, Opened};
use super::network::Network;
use super::wire::Wire;
use super::{Answered, Failure, Forge, OPEN, drafted, newest_first};
use crate::credentials::Token;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{Checks, Merge, NewPull, OpenPulls, Pull, PullState, Reviews};

/// Entries of a page: as many as there can be.
const PAGE: u32 = 100;
/// Most pages that are read of a list.
const PAGES: u32 = 50;
/// What makes a title that of a draft (`doc/user/project/merge_requests/drafts.md`).
const DRAFTS: &[&str] = &["Draft:", "[Draft]", "(Draft)"];
/// What deploy tokens begin with, which the API does not take (`doc/security/tokens`).
const DEPLOY: &str = "gldt-";
const ROOT: &str = "/api/v4";
/// Where its GraphQL is.
const GRAPH: &str = "/api";

pub(super) static KIND: Kind = Kind { word: "gitlab", name: "GitLab", probe: "/api/v4/version", is_it, open, git_login };

/// `docs.gitlab.com/api/oauth2`, "Access Git over HTTPS": tokens of persons, projects and groups take any name.
fn git_login(token: &str) -> (&str, &str) {
    ("oauth2", token)
}

/// It says its version to nobody without a login, and says that in words of its own: the status is in them (`lib/api/helpers.rb`).
fn is_it(answer: &Answer) -> bool {
    #[derive(Deserialize)]
    struct Closed {
        #[serde(rename = "message")]
        status: String,
    }
    let is_closed = |closed: Closed| closed.status == "401 Unauthorized";
    answer.status == http::StatusCode::UNAUTHORIZED && answer.read("the refusal").is_ok_and(is_closed)
}

fn open(network: &Network, address: &Address, token: Option<&Token>) -> Opened {
    let origin = address.origin();
    let wire = Wire::new(network, &origin, ROOT, token.map(|token| ("Bearer", token)))?;
    let is_deploy = token.and_then(|token| token.reveal(&origin)).is_some_and(|value| value.starts_with(DEPLOY));
    // it is beside the API of REST, not below it
    let graph = Wire::new(network, &origin, GRAPH, token.map(|token| ("Bearer", token)))?;
    Ok(Box::new(GitLab { wire, graph, address: address.clone(), is_deploy }))
}

/// A project on a GitLab.
struct GitLab {
    wire: Wire,
    graph: Wire,
    address: Address,
    /// The token is a deploy token.
    is_deploy: bool,
}

/// A merge request as the API has it: nothing of it is relied upon but its number and its page.
#[derive(Deserialize)]
struct Found {
    iid: u64,
    web_url: String,
    title: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    /// `draft` before GitLab 13.2.
    work_in_progress: Option<bool>,
    source_branch: Option<String>,
    target_branch: Option<String>,
    source_project_id: Option<u64>,
    target_project_id: Option<u64>,
    /// The commit that the branch is at, or was at when it was merged.
    sha: Option<String>,
    merge_commit_sha: Option<String>,
    squash_commit_sha: Option<String>,
    merged_at: Option<Timestamp>,
    merge_user: Option<Person>,
    /// `merge_user` before GitLab 14.7.
    merged_by: Option<Person>,
    merge_status: Option<String>,
    /// From GitLab 15.6 on.
    detailed_merge_status: Option<String>,
    /// Auto-merge of any sort: when its checks succeed, or by a merge train.
    merge_when_pipeline_succeeds: Option<bool>,
    author: Option<Person>,
    created_at: Option<Timestamp>,
    description: Option<String>,
    /// In lists it is missing; where the token may not read pipelines as well. Null: there is none.
    #[serde(default, deserialize_with = "known")]
    head_pipeline: Option<Option<Pipeline>>,
}

/// What is there, also if it is null.
fn known<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<Pipeline>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[derive(Deserialize)]
struct Person {
    username: Option<String>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    title: String,
    description: &'a str,
    source_branch: &'a str,
    target_branch: &'a str,
    /// Where it is opened in a fork.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_project_id: Option<u64>,
}

#[derive(Deserialize)]
struct Compared {
    commits: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Deserialize)]
struct Project {
    id: Option<u64>,
    path_with_namespace: Option<String>,
    visibility: Option<String>,
    forking_access_level: Option<String>,
    /// How far what it is made of is copied, and what speaks against it.
    import_status: Option<String>,
    import_error: Option<String>,
    default_branch: Option<String>,
    archived: Option<bool>,
    merge_requests_access_level: Option<String>,
    /// `merge_requests_access_level` before GitLab 12.
    merge_requests_enabled: Option<bool>,
}

impl Project {
    /// Why it takes no merge requests, if that is so.
    fn refusal(&self) -> Option<Failure> {
        let is_off =
            self.merge_requests_access_level.as_deref() == Some("disabled") || self.merge_requests_enabled == Some(false);
        let why = match self.archived {
            Some(true) => "the project is archived there, and takes no merge requests",
            _ if is_off => "merge requests are switched off in this project",
            _ => return None,
        };
        Some(Failure::Refused { why: why.to_owned() })
    }
}

/// A comment, as it is sent.
#[derive(Serialize)]
struct Note<'a> {
    body: &'a str,
}

/// An approval, as it is sent: of that commit, or refused.
#[derive(Serialize)]
struct Approval<'a> {
    sha: &'a str,
}

/// Who approved it, and how many have to (`doc/api/merge_request_approvals.md`).
#[derive(Deserialize)]
struct Approvals {
    approvals_required: Option<u32>,
    #[serde(default)]
    approved_by: Vec<serde::de::IgnoredAny>,
}

/// How opening was refused: lists of complaints by the name of a field.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    message: Wrong,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrong {
    source_branch: Vec<String>,
    target_branch: Vec<String>,
}

impl Found {
    /// Whether its head is that branch of this project, or of the fork of that number.
    fn is_from(&self, head: &str, fork: Option<u64>) -> bool {
        let is_there = if fork.is_some() { self.source_project_id == fork } else { !self.is_fork() };
        is_there && self.source_branch.as_deref() == Some(head)
    }

    fn is_fork(&self) -> bool {
        self.source_project_id.is_none() || self.source_project_id != self.target_project_id
    }

    /// Whether its commits can be merged. `detailed_merge_status` has the first thing that is in the way, which may be a review or a
    /// check; `merge_status` knows of the commits alone.
    fn is_mergeable(&self) -> Option<bool> {
        match (self.detailed_merge_status.as_deref(), self.merge_status.as_deref()) {
            (Some("conflict" | "need_rebase" | "commits_status" | "broken_status"), _) | (_, Some("cannot_be_merged")) => {
                Some(false)
            }
            (Some("preparing" | "unchecked" | "checking"), _) => None,
            (Some("mergeable"), _) | (_, Some("can_be_merged")) => Some(true),
            _ => None,
        }
    }

    /// The commit on the base branch: of a merge, else of a squash, else, where the branch was put on top as it is, its own.
    fn merge(self) -> Merge {
        let by = self.merge_user.or(self.merged_by);
        let all = [self.merge_commit_sha, self.squash_commit_sha, self.sha];
        Merge {
            commit: all.into_iter().flatten().find(|commit| !commit.is_empty()).unwrap_or_default(),
            by: by.and_then(|person| person.username),
            at: self.merged_at,
        }
    }

    fn pull(self, checks: Option<Checks>) -> Pull {
        // locked: it is being merged
        let is_queued = self.merge_when_pipeline_succeeds == Some(true) || self.state.as_deref() == Some("locked");
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut pull = Pull {
            number: self.iid,
            url: self.web_url.clone(),
            title: text(&self.title),
            head: text(&self.source_branch),
            head_commit: text(&self.sha),
            base: text(&self.target_branch),
            is_draft: self.draft.or(self.work_in_progress).unwrap_or_default(),
            state: PullState::Open,
            checks,
            is_mergeable: None,
            is_queued: false,
            author: self.author.as_ref().and_then(|person| person.username.clone()).unwrap_or_default(),
            opened: self.created_at,
            is_fork: self.is_fork(),
            reviews: None,
        };
        match self.state.as_deref() {
            Some("merged") => pull.state = PullState::Merged(self.merge()),
            Some("closed") => pull.state = PullState::Closed,
            _ => pull.is_queued = is_queued,
        }
        pull
    }
}

impl GitLab {
    /// A path of the API below the project.
    fn below(&self, rest: &str) -> String {
        format!("/projects/{}{rest}", query(&self.address.path()))
    }

    /// A path below the project that has the branch.
    fn from(&self, new: &NewPull, rest: &str) -> String {
        new.fork.as_ref().map_or_else(|| self.below(rest), |fork| format!("/projects/{}{rest}", query(fork)))
    }

    async fn get(&self, rest: &str) -> Result<Answer, Failure> {
        self.get_at(&self.below(rest)).await
    }

    async fn get_at(&self, place: &str) -> Result<Answer, Failure> {
        self.wire.get(place).await?.success(&Method::GET).map_err(|failure| self.explained(failure))
    }

    /// What the API says of a deploy token is that of any wrong one.
    fn explained(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Unauthorised(_) if self.is_deploy => {
                Failure::Unauthorised("the token is a deploy token, which may not use the API".to_owned())
            }
            failure => failure,
        }
    }

    /// Why the token is not enough: the project itself may be the reason.
    async fn forbidden(&self, failure: Failure) -> Failure {
        let project = self.project().await.ok();
        project.and_then(|project| project.refusal()).unwrap_or(failure)
    }

    async fn all_from(&self, head: &str, fork: Option<&str>) -> Result<Vec<Pull>, Failure> {
        let mut found = Vec::new();
        let fork = match fork {
            Some(fork) => Some(self.project_at(fork).await?.id()?),
            None => None,
        };
        let from = query(head);
        for page in 1..=PAGES {
            let rest = format!("/merge_requests?scope=all&state=all&source_branch={from}&per_page={PAGE}&page={page}");
            let answer = match self.get(&rest).await {
                Err(failure @ Failure::Forbidden(_)) => return Err(self.forbidden(failure).await),
                answer => answer?,
            };
            let all: Vec<Found> = answer.read("the list of merge requests")?;
            found.extend(all.into_iter().filter(|found| found.is_from(head, fork)).map(|found| found.pull(None)));
            if !answer.has_next_page() {
                return Ok(newest_first(found));
            }
        }
        Err(Failure::Unreadable(format!("there are more than {} merge requests", PAGE * PAGES)))
    }

    async fn opened(&self, new: &NewPull) -> Result<Pull, Failure> {
        let target_project_id = match new.fork {
            Some(_) => Some(self.project().await?.id()?),
            None => None,
        };
        if self.has_nothing(new, target_project_id).await? {
            return Err(Failure::NothingToMerge);
        }
        let title = if new.is_draft { drafted(&new.title, true, DRAFTS) } else { new.title.clone() };
        let (source_branch, target_branch) = (new.head.as_str(), new.base.as_str());
        let wanted = Wanted { title, description: &new.body, source_branch, target_branch, target_project_id };
        let answer = self.wire.post(&self.from(new, "/merge_requests"), &wanted).await?;
        match answer.status.as_u16() {
            409 if answer.says("open merge request already exists") => Err(Failure::Exists),
            400 => Err(refused(&answer, new)),
            _ => match answer.success(&Method::POST).map_err(|failure| self.explained(failure)) {
                Err(failure @ Failure::Forbidden(_)) => Err(self.forbidden(failure).await),
                // it is open: which one, the list says
                answer => {
                    let unread = |failure: Failure| Failure::Lost(failure.to_string());
                    Ok(answer?.read::<Found>("the merge request").map_err(unread)?.pull(None))
                }
            },
        }
    }

    /// Whether all commits of the branch are in its base. Where that cannot be compared, the request itself says why.
    /// `target`: the number of the project that the base is of, where the branch is of a fork.
    async fn has_nothing(&self, new: &NewPull, target: Option<u64>) -> Result<bool, Failure> {
        let of = target.map(|id| format!("&from_project_id={id}")).unwrap_or_default();
        let rest = format!("/repository/compare?from={}&to={}{of}", query(&new.base), query(&new.head));
        let compared = match self.get_at(&self.from(new, &rest)).await {
            Ok(answer) => answer.read::<Compared>("the comparison").ok(),
            Err(Failure::NotFound) => return Err(self.missing(new).await),
            Err(Failure::Server { .. } | Failure::Unreadable(_) | Failure::Refused { .. } | Failure::Forbidden(_)) => None,
            Err(failure) => return Err(failure),
        };
        Ok(compared.and_then(|compared| compared.commits).is_some_and(|commits| commits.is_empty()))
    }

    /// What is missing, where there is nothing to compare: the project, the base, or, for a while after a push, the branch.
    async fn missing(&self, new: &NewPull) -> Failure {
        match self.project().await.map(|project| project.refusal()) {
            Ok(None) => {}
            Ok(Some(failure)) | Err(failure) => return failure,
        }
        match self.get(&format!("/repository/branches/{}", query(&new.base))).await {
            Ok(_) => Failure::NotYet,
            Err(Failure::NotFound) => no_base(new),
            Err(failure) => failure,
        }
    }

    async fn followed(&self, number: u64) -> Result<Pull, Failure> {
        let mut found: Found = self.get(&format!("/merge_requests/{number}")).await?.read("the merge request")?;
        let checks = match found.head_pipeline.take() {
            Some(Some(pipeline)) => Some(self.checks(&pipeline).await),
            Some(None) => Some(Checks::default()),
            None => None,
        };
        let is_mergeable = found.is_mergeable();
        let pull = found.pull(checks);
        let reviews = if pull.is_open() { self.reviews(number).await.ok() } else { None };
        Ok(Pull { is_mergeable, reviews, ..pull })
    }

    async fn newest_open(&self) -> Result<OpenPulls, Failure> {
        let rest = format!("/merge_requests?scope=all&state=opened&order_by=created_at&sort=desc&per_page={OPEN}");
        let answer = match self.get(&rest).await {
            Err(failure @ Failure::Forbidden(_)) => return Err(self.forbidden(failure).await),
            answer => answer?,
        };
        let all: Vec<Found> = answer.read("the list of merge requests")?;
        let pulls = newest_first(all.into_iter().map(|found| found.pull(None)).collect());
        Ok(OpenPulls { pulls, has_more: answer.has_next_page() })
    }

    async fn reviews(&self, number: u64) -> Result<Reviews, Failure> {
        let approvals: Approvals = self.get(&format!("/merge_requests/{number}/approvals")).await?.read("the approvals")?;
        let approved = u32::try_from(approvals.approved_by.len()).unwrap_or(u32::MAX);
        Ok(Reviews { approved, rejected: 0, required: approvals.approvals_required })
    }

    async fn written(&self, number: u64) -> Result<String, Failure> {
        let found: Found = self.get(&format!("/merge_requests/{number}")).await?.read("the merge request")?;
        Ok(found.description.unwrap_or_default())
    }

    async fn login(&self) -> Result<String, Failure> {
        let answer = self.wire.get("/user").await?.success(&Method::GET).map_err(|failure| self.explained(failure))?;
        let login = answer.read::<Person>("the user")?.username.filter(|login| !login.is_empty());
        login.ok_or_else(|| Failure::Unreadable("the forge names no user for the token".to_owned()))
    }

    async fn noted(&self, number: u64, text: &str) -> Result<(), Failure> {
        let answer = self.wire.post(&self.below(&format!("/merge_requests/{number}/notes")), &Note { body: text }).await?;
        answer.success(&Method::POST).map_err(|failure| self.explained(failure)).map(drop)
    }

    /// A user who may not approve it is answered as one without a login (`lib/api/merge_request_approvals.rb`): whether the token is taken,
    /// another request says.
    async fn approved(&self, number: u64, commit: &str) -> Result<(), Failure> {
        let answer = self.wire.post(&self.below(&format!("/merge_requests/{number}/approve")), &Approval { sha: commit }).await?;
        match answer.success(&Method::POST).map_err(|failure| self.explained(failure)) {
            Err(failure @ Failure::Unauthorised(_)) => Err(match self.login().await {
                Ok(login) => Failure::Refused {
                    why: short(&format!("GitLab does not let {login} approve it: by its rules, or once more")),
                },
                Err(_) => failure,
            }),
            answer => answer.map(drop),
        }
    }

    async fn project(&self) -> Result<Project, Failure> {
        self.get("").await?.read("the project")
    }

    async fn main_branch(&self) -> Result<String, Failure> {
        let branch = self.project().await?.default_branch.filter(|branch| !branch.is_empty());
        branch.ok_or_else(|| Failure::Unreadable("the project names no default branch".to_owned()))
    }
}

fn no_base(new: &NewPull) -> Failure {
    Failure::Refused { why: short(&format!("there is no branch {}", new.base)) }
}

/// Why a merge request is not opened, where a field of it is not valid. That its branch does not exist is said for some seconds after the
/// push: it was compared a moment ago.
fn refused(answer: &Answer, new: &NewPull) -> Failure {
    let Refused { message } = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_missing = |all: &[String]| all.iter().any(|wrong| wrong.contains("does not exist"));
    if is_missing(&message.target_branch) {
        no_base(new)
    } else if is_missing(&message.source_branch) {
        Failure::NotYet
    } else {
        Failure::Refused { why: answer.words() }
    }
}

impl Forge for GitLab {
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
        self.noted(number, text).boxed()
    }

    fn approve<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()> {
        self.approved(number, commit).boxed()
    }

    fn reword<'a>(&'a self, number: u64, title: &'a str, text: &'a str) -> Answered<'a, ()> {
        async move { self.change(number, &json!({ "title": title, "description": text })).await }.boxed()
    }

    fn set_draft(&self, number: u64, is_draft: bool) -> Answered<'_, ()> {
        self.drafted(number, is_draft).boxed()
    }

    fn merges_later<'a>(&'a self, _: &'a str) -> Answered<'a, Result<(), String>> {
        self.may_merge_later().boxed()
    }

    fn merge_later<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()> {
        self.merged_later(number, commit).boxed()
    }

    fn may_approve_own(&self) -> bool {
        true
    }

    fn head_reference(&self, pull: &Pull) -> String {
        format!("refs/merge-requests/{}/head", pull.number)
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
        self.is_copied(fork).boxed()
    }

    /// That of a fork is on the pages of the fork, which knows what it is of.
    fn compare(&self, base: &str, head: &str, fork: Option<&str>) -> String {
        let own = self.address.path();
        let (origin, path) = (self.address.origin(), super::encode::path(fork.unwrap_or(&own)));
        let [head, base] = [head, base].map(query);
        format!(
            "{origin}/{path}/-/merge_requests/new?merge_request%5Bsource_branch%5D={head}&merge_request%5Btarget_branch%5D={base}"
        )
    }

    fn default_branch(&self) -> Answered<'_, String> {
        self.main_branch().boxed()
    }
}
