//! What Bitbucket's API answers: of each answer only what is needed is read, and nothing is relied upon but the number of a pull request.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::address::Address;
use super::super::encode::path;
use super::super::is_same_repository;
use fluxdeck_model::domain::pull::{Checks, Merge, Pull, PullState};

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub values: Vec<T>,
    /// The address of the next one.
    pub next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Found {
    id: u64,
    links: Option<Links>,
    title: Option<String>,
    pub description: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    /// It is to be merged when others before it are.
    pub queued: Option<bool>,
    source: Option<End>,
    destination: Option<End>,
    merge_commit: Option<Commit>,
    closed_by: Option<Person>,
    author: Option<Person>,
    created_on: Option<Timestamp>,
    pub reviewers: Option<Vec<Person>>,
    /// Lists have none.
    pub participants: Option<Vec<Participant>>,
}

#[derive(Deserialize)]
struct Links {
    html: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

/// One end of a pull request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct End {
    branch: Option<Branch>,
    commit: Option<Commit>,
    /// None of a fork that is gone.
    repository: Option<Home>,
}

#[derive(Deserialize)]
pub(super) struct Branch {
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Home {
    uuid: Option<String>,
    full_name: Option<String>,
}

/// A commit; in a pull request its first twelve letters.
#[derive(Deserialize)]
pub(super) struct Commit {
    pub hash: String,
    pub date: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Person {
    pub nickname: Option<String>,
    display_name: Option<String>,
    pub account_id: Option<String>,
    pub uuid: Option<String>,
    /// Of who asks: the workspace of their own is called so.
    pub username: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Participant {
    pub user: Option<Person>,
    pub state: Option<String>,
    pub approved: Option<bool>,
}

/// Who is asked for a review by default.
#[derive(Deserialize)]
pub(super) struct Reviewer {
    pub user: Option<Person>,
}

/// A member of a workspace.
#[derive(Deserialize)]
pub(super) struct User {
    pub user: Option<Person>,
}

/// What reports of a commit: a build.
#[derive(Deserialize)]
pub(super) struct State {
    pub state: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub mainbranch: Option<Branch>,
    pub full_name: Option<String>,
    pub is_private: Option<bool>,
    /// Whether it may be forked.
    pub fork_policy: Option<String>,
    /// What it is a fork of.
    pub parent: Option<Parent>,
}

#[derive(Deserialize)]
pub(super) struct Parent {
    pub full_name: Option<String>,
}

/// What a user may do in a repository.
#[derive(Deserialize)]
pub(super) struct Permission {
    pub permission: Option<String>,
}

/// How opening was refused.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Refused {
    pub error: Wrong,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wrong {
    pub fields: Fields,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub source: Vec<String>,
    pub destination: Vec<String>,
}

impl Person {
    /// What people call them; an access token has a name only.
    pub fn name(self) -> Option<String> {
        self.nickname.or(self.display_name)
    }
}

impl Found {
    /// Whether its head is that branch of this repository, or of that fork.
    pub fn is_from(&self, head: &str, fork: Option<&str>) -> bool {
        let home = || self.source.as_ref()?.repository.as_ref()?.full_name.as_deref();
        let is_there = match fork {
            None => !self.is_fork(),
            Some(fork) => is_same_repository(home(), fork),
        };
        let branch = self.source.as_ref().and_then(|end| end.branch.as_ref()).and_then(|branch| branch.name.as_deref());
        is_there && branch == Some(head)
    }

    /// The commit that its branch is at, in twelve letters.
    pub fn head(&self) -> Option<&str> {
        Some(&self.source.as_ref()?.commit.as_ref()?.hash)
    }

    fn is_fork(&self) -> bool {
        let id = |end: &Option<End>| end.as_ref()?.repository.as_ref()?.uuid.clone();
        id(&self.source).is_none() || id(&self.source) != id(&self.destination)
    }

    pub fn pull(self, address: &Address, checks: Option<Checks>) -> Pull {
        let is_fork = self.is_fork();
        let (source, destination) = (self.source.unwrap_or_default(), self.destination.unwrap_or_default());
        let name = |branch: Option<Branch>| branch.and_then(|branch| branch.name).unwrap_or_default();
        let hash = |commit: Option<Commit>| commit.map(|commit| commit.hash).unwrap_or_default();
        let state = match self.state.as_deref() {
            Some("MERGED") => {
                PullState::Merged(Merge { commit: hash(self.merge_commit), by: self.closed_by.and_then(Person::name), at: None })
            }
            Some("DECLINED" | "SUPERSEDED") => PullState::Closed,
            _ => PullState::Open,
        };
        let page = self.links.and_then(|links| links.html).map(|html| html.href);
        let [owner, repository] = [&address.owner, &address.repository].map(|name| path(name));
        Pull {
            number: self.id,
            url: page.unwrap_or_else(|| format!("{}/{owner}/{repository}/pull-requests/{}", address.origin(), self.id)),
            title: self.title.unwrap_or_default(),
            head: name(source.branch),
            head_commit: hash(source.commit),
            base: name(destination.branch),
            is_draft: self.draft.unwrap_or_default(),
            state,
            checks,
            // its API does not say
            is_mergeable: None,
            is_queued: false,
            author: self.author.and_then(Person::name).unwrap_or_default(),
            opened: self.created_on,
            is_fork,
            reviews: None,
        }
    }
}
