//! Bitbucket Cloud: bitbucket.org (`developer.atlassian.com/cloud/bitbucket/rest`, version 2.0). Its Data Center has another API, and is not
//! asked.
//!
//! What is particular: commits are named by twelve letters, so that each is looked up by which something is compared; a branch that has an
//! open pull request is not refused another, its pull request is changed by the request; reviewers are a list that is replaced as a whole,
//! and those that the repository names by default are asked only if they are in it; there are no labels; nothing is merged later; a pull
//! request has no reference of its own, so that one from a fork cannot be fetched.
//!
//! A token of a repository, project or workspace goes into `Authorization: Bearer`; an API token of a person is a password for their
//! address, `ana@example.com:TOKEN`. Passwords of apps are not taken any more.

mod fork;
mod wire;

use futures::FutureExt;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use wire::{Commit, Found, Page, Participant, Person, Refused, Reviewer, State, User};

use super::address::Address;
use super::answer::{Answer, short};
use super::encode::{path, query};
use super::kind::{Kind, Opened};
use super::network::Network;
use super::wire::Wire;
use super::{Answered, Failure, Forge, OPEN, has_moved, newest_first, no_reviewer, verdicts};
use crate::credentials::Token;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{Checks, NewPull, OpenPulls, Pull, PullState, Reviews};

/// Entries of a page: as many as there can be of pull requests.
const PAGE: u32 = 50;
/// Most pages that are read of a list.
const PAGES: u32 = 50;
/// Letters of a commit's whole name.
const WHOLE: usize = 40;
const ROOT: &str = "/2.0";
/// All that a pull request can be: without it only those that are open are listed.
const STATES: &str = "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED";

/// It is at one host, which nobody has to be asked about.
pub(super) static KIND: Kind = Kind { word: "bitbucket", name: "Bitbucket", probe: "", is_it, open, git_login };

/// `support.atlassian.com/bitbucket-cloud`, "Using API tokens", "Using access tokens": which of the two it is, is said by the name in front.
fn git_login(token: &str) -> (&str, &str) {
    token.split_once(':').map_or(("x-token-auth", token), |(_, password)| ("x-bitbucket-api-token-auth", password))
}

fn is_it(_: &Answer) -> bool {
    false
}

fn open(network: &Network, address: &Address, token: Option<&Token>) -> Opened {
    let address = address.flat()?;
    let origin = address.origin();
    let is_of_person = token.and_then(|token| token.reveal(&origin)).is_some_and(|value| value.contains(':'));
    let scheme = if is_of_person { "Basic" } else { "Bearer" };
    let wire = Wire::new(network, &origin, ROOT, token.map(|token| (scheme, token)))?;
    Ok(Box::new(Bitbucket { wire, address: address.clone() }))
}

/// A repository on Bitbucket.
struct Bitbucket {
    wire: Wire,
    address: Address,
}

impl Bitbucket {
    /// A path of the API below the repository.
    fn below(&self, rest: &str) -> String {
        format!("/repositories/{}/{}{rest}", path(&self.address.owner), path(&self.address.repository))
    }

    fn one(&self, number: u64, rest: &str) -> String {
        self.below(&format!("/pullrequests/{number}{rest}"))
    }

    async fn get(&self, rest: &str) -> Result<Answer, Failure> {
        self.wire.get(&self.below(rest)).await?.success(&Method::GET)
    }

    async fn found(&self, number: u64) -> Result<Found, Failure> {
        self.get(&format!("/pullrequests/{number}")).await?.read("the pull request")
    }

    async fn all_from(&self, head: &str, fork: Option<&str>) -> Result<Vec<Pull>, Failure> {
        let is_it = query(&format!("source.branch.name=\"{}\"", head.replace(['"', '\\'], "")));
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let answer = self.get(&format!("/pullrequests?{STATES}&q={is_it}&pagelen={PAGE}&page={page}")).await?;
            let all: Page<Found> = answer.read("the list of pull requests")?;
            let has_more = all.next.is_some();
            let mine = all.values.into_iter().filter(|pull| pull.is_from(head, fork));
            found.extend(mine.map(|pull| pull.pull(&self.address, None)));
            if has_more {
                continue;
            }
            for pull in found.iter_mut().filter(|pull: &&mut Pull| pull.is_open()) {
                pull.head_commit = self.whole(&pull.head_commit).await?.hash;
            }
            return Ok(newest_first(found));
        }
        Err(Failure::Unreadable(format!("there are more than {} pull requests", PAGE * PAGES)))
    }

    /// A commit by its whole name, with its time.
    async fn whole(&self, hash: &str) -> Result<Commit, Failure> {
        if hash.len() >= WHOLE || hash.is_empty() {
            return Ok(Commit { hash: hash.to_owned(), date: None });
        }
        self.get(&format!("/commit/{}", query(hash))).await?.read("the commit")
    }

    async fn opened(&self, new: &NewPull) -> Result<Pull, Failure> {
        let branch = |name: &str| json!({ "branch": { "name": name } });
        let mut source = branch(&new.head);
        if let Some(fork) = &new.fork {
            source["repository"] = json!({ "full_name": fork });
        }
        let wanted = json!({
            "title": new.title, "description": new.body, "source": source, "destination": branch(&new.base),
            "draft": new.is_draft, "reviewers": asked(&self.by_default().await),
        });
        let answer = self.wire.post(&self.below("/pullrequests"), &wanted).await?;
        if answer.status == http::StatusCode::BAD_REQUEST {
            return Err(refused(&answer, new));
        }
        let answer = answer.success(&Method::POST)?;
        // it is open: which one, the list says
        let unread = |failure: Failure| Failure::Lost(failure.to_string());
        Ok(answer.read::<Found>("the pull request").map_err(unread)?.pull(&self.address, None))
    }

    /// Who is asked for a review of everything, but for the one who asks. Who may not read that asks nobody.
    async fn by_default(&self) -> Vec<String> {
        let Ok(answer) = self.get("/effective-default-reviewers?pagelen=100").await else { return Vec::new() };
        let Ok(all) = answer.read::<Page<Reviewer>>("the reviewers") else { return Vec::new() };
        let all: Vec<_> = all.values.into_iter().filter_map(|one| one.user?.uuid).collect();
        // an author among the reviewers is refused
        let own = if all.is_empty() { None } else { self.person().await.ok().and_then(|person| person.uuid) };
        all.into_iter().filter(|uuid| Some(uuid) != own.as_ref()).collect()
    }

    async fn person(&self) -> Result<Person, Failure> {
        self.wire.get("/user").await?.success(&Method::GET)?.read("the user")
    }

    /// Reviewers of those that there are already, and more: who is named by nickname or account has to be a member of the workspace.
    async fn marked(&self, number: u64, new: &NewPull) -> Result<Vec<String>, Failure> {
        let mut said: Vec<_> =
            new.labels.iter().map(|name| short(&format!("Bitbucket has no labels: {name} is not set"))).collect();
        let (groups, people): (Vec<_>, Vec<_>) = new.reviewers.iter().partition(|name| name.contains('/'));
        said.extend(groups.into_iter().map(|name| no_reviewer(name, "Bitbucket asks people, no groups")));
        if people.is_empty() {
            return Ok(said);
        }
        let members = self.members().await?;
        let found = self.found(number).await?;
        let mut uuids: Vec<_> = found.reviewers.into_iter().flatten().filter_map(|person| person.uuid).collect();
        let known = uuids.len();
        for name in people {
            let is_it = |person: &&Person| [&person.nickname, &person.account_id, &person.uuid].contains(&&Some(name.clone()));
            match members.iter().find(is_it).and_then(|person| person.uuid.clone()) {
                Some(uuid) if !uuids.contains(&uuid) => uuids.push(uuid),
                Some(_) => {}
                None => said.push(no_reviewer(name, "nobody of the workspace has that name")),
            }
        }
        if uuids.len() > known
            && let Err(failure) = self.change(number, &json!({ "reviewers": asked(&uuids) })).await
        {
            said.push(format!("nobody is asked for a review: {failure}"));
        }
        Ok(said)
    }

    async fn members(&self) -> Result<Vec<Person>, Failure> {
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let place = format!("/workspaces/{}/members?pagelen=100&page={page}", path(&self.address.owner));
            let all: Page<User> = self.wire.get(&place).await?.success(&Method::GET)?.read("the members")?;
            found.extend(all.values.into_iter().filter_map(|one| one.user));
            if all.next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    async fn followed(&self, number: u64) -> Result<Pull, Failure> {
        let mut found = self.found(number).await?;
        let reviews = found.participants.take().map(reviews);
        let is_queued = found.queued == Some(true);
        let mut pull = found.pull(&self.address, None);
        pull.checks = self.checks(number).await.ok();
        if let Ok(commit) = self.whole(&pull.head_commit).await {
            pull.head_commit = commit.hash;
        }
        if let PullState::Merged(merge) = &mut pull.state {
            let commit = self.whole(&merge.commit).await?;
            (merge.commit, merge.at) = (commit.hash, commit.date);
        }
        let is_open = pull.is_open();
        Ok(Pull { reviews: reviews.filter(|_| is_open), is_queued: is_queued && is_open, ..pull })
    }

    async fn newest_open(&self) -> Result<OpenPulls, Failure> {
        let answer = self.get(&format!("/pullrequests?state=OPEN&sort=-created_on&pagelen={OPEN}")).await?;
        let all: Page<Found> = answer.read("the list of pull requests")?;
        let pulls = newest_first(all.values.into_iter().map(|found| found.pull(&self.address, None)).collect());
        Ok(OpenPulls { pulls, has_more: all.next.is_some() })
    }

    async fn checks(&self, number: u64) -> Result<Checks, Failure> {
        let mut checks = Checks::default();
        for page in 1..=PAGES {
            let answer = self.get(&format!("/pullrequests/{number}/statuses?pagelen=100&page={page}")).await?;
            let all: Page<State> = answer.read("the statuses")?;
            for status in all.values {
                match status.state.as_deref() {
                    Some("SUCCESSFUL") => checks.passed += 1,
                    Some("FAILED" | "STOPPED") => checks.failed += 1,
                    _ => checks.pending += 1,
                }
            }
            if all.next.is_none() {
                break;
            }
        }
        Ok(checks)
    }

    async fn login(&self) -> Result<String, Failure> {
        let login = self.person().await?.name().filter(|login| !login.is_empty());
        login.ok_or_else(|| Failure::Unreadable("the forge names no user for the token".to_owned()))
    }

    async fn change(&self, number: u64, fields: &Value) -> Result<(), Failure> {
        self.wire.change(Method::PUT, &self.one(number, ""), fields).await?.success(&Method::PUT).map(drop)
    }

    async fn main_branch(&self) -> Result<String, Failure> {
        let repository: wire::Repository = self.get("").await?.read("the repository")?;
        let branch = repository.mainbranch.and_then(|branch| branch.name).filter(|branch| !branch.is_empty());
        branch.ok_or_else(|| Failure::Unreadable("the repository names no default branch".to_owned()))
    }
}

/// Reviewers, as they are sent.
fn asked(uuids: &[String]) -> Vec<Value> {
    uuids.iter().map(|uuid| json!({ "uuid": uuid })).collect()
}

/// What those say who take part: each has one verdict. How many approvals a branch asks for is for its administrators to read.
fn reviews(all: Vec<Participant>) -> Reviews {
    let verdict = |one: Participant| {
        let name = one.user.and_then(Person::name)?;
        Some((
            name,
            match one.state.as_deref() {
                Some("approved") => Some(true),
                Some("changes_requested") => Some(false),
                _ => one.approved.filter(|approved| *approved),
            },
        ))
    };
    verdicts(all.into_iter().filter_map(verdict))
}

/// Why a pull request is not opened: a branch that is not there is named by its end.
fn refused(answer: &Answer, new: &NewPull) -> Failure {
    let Refused { error } = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_missing = |all: &[String]| all.iter().any(|wrong| wrong.contains("branch not found"));
    if is_missing(&error.fields.destination) {
        return Failure::Refused { why: short(&format!("there is no branch {}", new.base)) };
    }
    if is_missing(&error.fields.source) {
        return Failure::NotYet;
    }
    if answer.says("no changes to be pulled") { Failure::NothingToMerge } else { Failure::Refused { why: answer.words() } }
}

impl Forge for Bitbucket {
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
        async move { Ok(self.found(number).await?.description.unwrap_or_default()) }.boxed()
    }

    fn user(&self) -> Answered<'_, String> {
        self.login().boxed()
    }

    fn comment<'a>(&'a self, number: u64, text: &'a str) -> Answered<'a, ()> {
        async move {
            let answer = self.wire.post(&self.one(number, "/comments"), &json!({ "content": { "raw": text } })).await?;
            answer.success(&Method::POST).map(drop)
        }
        .boxed()
    }

    fn approve<'a>(&'a self, number: u64, _: &'a str) -> Answered<'a, ()> {
        async move {
            let sent = self.wire.send(Method::POST, &self.one(number, "/approve"), HeaderMap::new(), bytes::Bytes::new()).await;
            let answer = sent.map_err(|broken| broken.failure(&Method::POST))?;
            answer.success(&Method::POST).map(drop)
        }
        .boxed()
    }

    fn reword<'a>(&'a self, number: u64, title: &'a str, text: &'a str) -> Answered<'a, ()> {
        async move { self.change(number, &json!({ "title": title, "description": text })).await }.boxed()
    }

    fn set_draft(&self, number: u64, is_draft: bool) -> Answered<'_, ()> {
        async move { self.change(number, &json!({ "draft": is_draft })).await }.boxed()
    }

    fn merges_later<'a>(&'a self, _: &'a str) -> Answered<'a, Result<(), String>> {
        async move { Ok(Err("Bitbucket's API merges nothing later".to_owned())) }.boxed()
    }

    fn merge_later<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()> {
        async move {
            let found = self.found(number).await?;
            let is_it = found.head().is_some_and(|hash| commit.starts_with(hash));
            let why = "Bitbucket's API merges nothing later".to_owned();
            Err(if is_it { Failure::Refused { why } } else { has_moved(number) })
        }
        .boxed()
    }

    fn may_approve_own(&self) -> bool {
        true
    }

    fn head_reference(&self, pull: &Pull) -> String {
        format!("refs/heads/{}", pull.head)
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

    /// That of a fork is on the pages of the fork, which knows what it is of.
    fn compare(&self, base: &str, head: &str, fork: Option<&str>) -> String {
        let (origin, [head, base]) = (self.address.origin(), [head, base].map(query));
        let dest = if fork.is_none() { format!("&dest={base}") } else { String::new() };
        let repository = path(fork.unwrap_or(&self.address.path()));
        format!("{origin}/{repository}/pull-requests/new?source={head}{dest}")
    }

    fn default_branch(&self) -> Answered<'_, String> {
        self.main_branch().boxed()
    }
}
