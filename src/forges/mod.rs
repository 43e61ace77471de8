//! Forges: where pull requests are opened, looked up and followed.
//!
//! ```text
//!  address    host, owner (or groups) and name of a repository, from the URL of a git remote
//!  answer     what an answer means where all forges agree; encode: names in addresses
//!  failure    why a forge did not answer, or refused, in the classes that decide what happens next
//!  network    connections: TLS, proxies, limits; the demo has one of its own, to its forge in memory
//!  reading    an answer that is read as it comes, for `catalogs`
//!  plain      a read without a token, for what is not a forge: nothing is followed
//!  wire       requests to one host, with the token that is bound to it, and their answers
//!  kind       which forge a host is: by name, by the configuration, or asked once
//!  github     GitHub, its Enterprise Server and its Enterprise Cloud
//!  gitea      Gitea and Forgejo
//!  gitlab     GitLab.com and self-managed GitLab
//!  bitbucket  Bitbucket Cloud
//! ```
//! How it is used, by `runtime`; `known` is what the configuration says of the host (`config.forges`, by the origin's text):
//! ```text
//!  Address::of(url of the remote)?                      none: it is pushed only
//!  Network::open(), once                                the demo: Network::through(its connector)
//!  known.kind: named(word)?, else kind_of(origin)       none: it is pushed only, the person opens the pull request
//!  keyring.token(origin, known.token_command)           none: the same, with `compare` for the page
//!  kind.open(network, address, token)                   then find(branch) first, open once; Lost: find(branch) again; NotYet: open again
//! ```
//! What a change waits for, and when something is asked again, does *not* belong here: nothing here is repeated, and nothing is kept.

mod address;
mod answer;
mod bitbucket;
mod encode;
mod failure;
mod gitea;
mod github;
mod gitlab;
mod kind;
mod network;
mod plain;
mod reading;
mod wire;

use std::collections::BTreeMap;

use futures::future::BoxFuture;

use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{NewPull, OpenPulls, Pull, Reviews};

pub use address::Address;
pub use failure::Failure;
pub use kind::{Kind, Opened, kind_of, named};
pub use network::Network;
pub use plain::Plain;
pub use reading::Reading;
pub use wire::Broken;

/// Every forge, in the order in which a host that nobody knows is asked.
pub const ALL: &[&Kind] = &[&gitea::KIND, &github::KIND, &gitlab::KIND, &bitbucket::KIND];

/// Open pull requests that are read at most.
pub const OPEN: usize = 50;

/// What an operation of a forge returns.
pub type Answered<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// One repository on a forge, seen with one token. Every request has a limit of its own; who drops the future stops waiting, but what was
/// sent may have been received.
pub trait Forge: Send + Sync {
    /// For people: "GitHub".
    fn name(&self) -> &'static str;

    /// Every pull request, open or not, whose head is that branch of this repository, or, where one is named, of that fork and of no
    /// other; the newest first. Checks are not asked for. One request for each page of the list: of GitHub's and GitLab's by branch, of
    /// Gitea's of all pull requests; of GitLab's one more for a fork.
    fn find<'a>(&'a self, head: &'a str, fork: Option<&'a str>) -> Answered<'a, Vec<Pull>>;

    /// Opens a pull request, with one request that is never repeated. [`Failure::Lost`]: it may be open, which [`Self::find`] answers.
    /// With any other failure nothing was opened; with [`Failure::NotYet`] it is worth trying again.
    fn open<'a>(&'a self, new: &'a NewPull) -> Answered<'a, Pull>;

    /// The open pull requests, those of forks too: the newest, at most [`OPEN`]. Checks and reviews are not asked for. One request.
    fn all_open(&self) -> Answered<'_, OpenPulls>;

    /// Puts labels on an open pull request, and asks for reviews of it: what `new` says. May be sent again. Returns what the forge did not
    /// take, in words; the rest is done. A label that it does not have is not made.
    fn mark<'a>(&'a self, number: u64, new: &'a NewPull) -> Answered<'a, Vec<String>>;

    /// A pull request with its merge, with the checks of its head commit, with what reviewers say while it is open, and whether it is queued;
    /// without checks or reviews where they cannot be read. Up to five requests, and one for each further page of what they list.
    fn pull(&self, number: u64) -> Answered<'_, Pull>;

    /// What its author wrote below the title, as Markdown; may be empty. One request.
    fn text(&self, number: u64) -> Answered<'_, String>;

    /// The login that the token belongs to. One request.
    fn user(&self) -> Answered<'_, String>;

    /// Writes a comment below a pull request, with one request that is never repeated. [`Failure::Lost`]: it may be there.
    fn comment<'a>(&'a self, number: u64, text: &'a str) -> Answered<'a, ()>;

    /// Approves a pull request as it is at that commit, with one request that is never repeated. Where its branch is elsewhere by now, GitLab
    /// refuses, and the others note an approval of what it was. [`Failure::Refused`]: this user may not, as GitHub and Gitea say of the author.
    /// [`Failure::Lost`]: it may be approved.
    fn approve<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()>;

    /// Gives an open pull request another title and another text. May be sent again. Where a draft is a prefix of the title, the title says
    /// whether it is one.
    fn reword<'a>(&'a self, number: u64, title: &'a str, text: &'a str) -> Answered<'a, ()>;

    /// Makes an open pull request a draft, or says that it is ready for review. May be sent again. Two requests at most.
    fn set_draft(&self, number: u64, is_draft: bool) -> Answered<'_, ()>;

    /// Whether the forge may be asked to merge by itself what is for that branch: only where it allows that, and where the branch requires a
    /// check, for which it then waits. The inner error says why not; what cannot be read is not known to be required. Up to three requests.
    fn merges_later<'a>(&'a self, base: &'a str) -> Answered<'a, Result<(), String>>;

    /// Asks the forge to merge a pull request, as it is at that commit, as soon as its checks have passed and it may be merged: at once where
    /// that is so already. May be sent again. [`Failure::NotYet`]: the forge is still finding out how it is. Up to three requests.
    fn merge_later<'a>(&'a self, number: u64, commit: &'a str) -> Answered<'a, ()>;

    /// Whether the user of the token may push branches to the repository; none: the forge does not say. Up to two requests.
    fn may_push(&self) -> Answered<'_, Option<bool>>;

    /// The fork that the user of the token has of the repository, or would get. Another repository of that name is in the way
    /// of one. Up to four requests, and one for each further page of forks.
    fn fork(&self) -> Answered<'_, ForkOffer>;

    /// Makes the user of the token a fork, with one request that is never repeated, and returns its name: one that is there already may
    /// have another than was expected. It may not be ready ([`Self::fork_is_ready`]). [`Failure::Lost`]: there may be one, which
    /// [`Self::fork`] answers. With any other failure none was made.
    fn make_fork(&self) -> Answered<'_, String>;

    /// Whether a fork has what it is made of, so that it can be pushed to. Up to two requests.
    ///
    /// [`Failure::Refused`]: it will never have.
    fn fork_is_ready<'a>(&'a self, fork: &'a str) -> Answered<'a, bool>;

    /// Whether it may let those approve a pull request who opened it: rules of a project may say so.
    fn may_approve_own(&self) -> bool {
        false
    }

    /// The reference of the repository that has the head of a pull request; on most forges also of one from a fork.
    fn head_reference(&self, pull: &Pull) -> String {
        format!("refs/pull/{}/head", pull.number)
    }

    /// The page where a person opens the pull request, for a browser; of the branch of a fork, where one is named.
    fn compare(&self, base: &str, head: &str, fork: Option<&str>) -> String;

    /// The branch that pull requests are for, unless somebody says otherwise.
    fn default_branch(&self) -> Answered<'_, String>;
}

/// The head of a pull request as GitHub and Gitea have it: the branch, with the owner of the fork in front where it is of one.
fn head_of(branch: &str, fork: Option<&str>) -> String {
    let owner = fork.and_then(|fork| fork.split_once('/')).map(|(owner, _)| owner);
    owner.map_or_else(|| branch.to_owned(), |owner| format!("{owner}:{branch}"))
}

/// Whether two names mean one repository: forges take them in any case of letters.
fn is_same_repository(one: Option<&str>, other: &str) -> bool {
    one.is_some_and(|one| one.eq_ignore_ascii_case(other))
}

/// What is in the way of a fork: a repository of its name.
fn not_a_fork(there: &str, of: &str) -> ForkOffer {
    ForkOffer::No { why: answer::short(&format!("{there} is there, and is not a fork of {of}")) }
}

/// The repository does not let itself be forked.
fn forks_are_forbidden(of: &str, is_private: bool) -> ForkOffer {
    let private = if is_private { "is private, and " } else { "" };
    ForkOffer::No { why: answer::short(&format!("{of} {private}may not be forked")) }
}

/// What is said of a label that a forge does not have.
fn no_label(name: &str) -> String {
    format!("there is no label {}", answer::short(name))
}

/// What is said of somebody who was not asked for a review.
fn no_reviewer(name: &str, why: &str) -> String {
    format!("{} is not asked for a review: {why}", answer::short(name))
}

/// A title that is that of a draft, or is not, where a prefix says so. `prefixes`: all that do; the first is put in front.
fn drafted(title: &str, is_draft: bool, prefixes: &[&str]) -> String {
    let mut rest = title.trim();
    let begins = |text: &str, prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    while let Some(prefix) = prefixes.iter().find(|prefix| begins(rest, prefix)) {
        rest = rest[prefix.len()..].trim_start();
    }
    if is_draft { format!("{} {rest}", prefixes[0]) } else { rest.to_owned() }
}

/// Why a branch that requires nothing is not merged to by itself.
fn no_check_required(base: &str) -> String {
    answer::short(&format!("{base} requires no check: the forge would merge without waiting for one"))
}

/// It was asked for as it was at another commit.
fn has_moved(number: u64) -> Failure {
    Failure::Refused { why: format!("#{number} has other commits by now") }
}

/// Users, and teams without their organisation: `organisation/team`.
fn users_and_teams(names: &[String]) -> (Vec<&str>, Vec<&str>) {
    let (teams, users): (Vec<_>, Vec<_>) = names.iter().map(String::as_str).partition(|name| name.contains('/'));
    (users, teams.into_iter().filter_map(|name| name.rsplit('/').next()).collect())
}

/// Pull requests of several pages: while they were read one may have been opened, which moves others to the next page.
fn newest_first(mut found: Vec<Pull>) -> Vec<Pull> {
    found.sort_by_key(|pull| std::cmp::Reverse(pull.number));
    found.dedup_by_key(|pull| pull.number);
    found
}

/// Reviews in their order: of each reviewer the last verdict counts, of which one that was taken back is none.
fn verdicts(all: impl Iterator<Item = (String, Option<bool>)>) -> Reviews {
    let last: BTreeMap<String, Option<bool>> = all.collect();
    let mut reviews = Reviews::default();
    for verdict in last.into_values().flatten() {
        *(if verdict { &mut reviews.approved } else { &mut reviews.rejected }) += 1;
    }
    reviews
}

#[cfg(test)]
pub(crate) mod tests;
