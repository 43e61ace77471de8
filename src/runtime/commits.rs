//! A commit of the repository that an object comes from, as it is read: which one, what it changed, and what is fetched and not applied yet.

use serde_json::Value;

use super::changes::shown;
use super::desk::Bench;
use super::rendered::Renderer;
use crate::git::{FileChange, Stretch};
use fluxdeck_model::change::{CommitAsk, CommitReview, PatchText, RangeReview};
use fluxdeck_model::domain::{HistoryEnd, ObjectRef, Str};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::why::Revisions;
use fluxdeck_model::insight::why::since::commit_of;
use fluxdeck_model::kinds;

/// How many commits of a history are fetched where a clone has too few of them, one after the other.
pub(super) const DEPTHS: &[u32] = &[100, 2_000];
/// Commits that are listed between two revisions.
const MOST: usize = 100;
/// Files of which the difference is shown.
const MOST_FILES: usize = 300;

/// What an object says of its repository.
struct Known {
    url: String,
    /// The revision that it has.
    present: String,
    /// The applied and the fetched one, where they differ.
    range: Option<(String, String)>,
}

impl Renderer {
    /// A commit of the repository that a Flux Kustomization applies, or that a source fetches.
    ///
    /// # Errors
    /// Its repository is not known or cannot be had; there is no such commit.
    pub async fn commit(&self, by: &ObjectRef, ask: &CommitAsk) -> Result<CommitReview> {
        let known = match ask {
            // all that is asked is here already
            CommitAsk::At(at) => Known { url: at.url.to_string(), present: at.id.to_string(), range: None },
            CommitAsk::Present | CommitAsk::Named(_) => self.known(by).await?,
        };
        let present = Commit { url: known.url.as_str().into(), id: commit_of(&known.present).into() };
        let (at, name) = match ask {
            // a revision of Flux has its commit behind a colon; a branch may have anything else in its name
            CommitAsk::Named(name) => (present, name.rsplit(':').next().unwrap_or(name).to_owned()),
            CommitAsk::Present | CommitAsk::At(_) => (present.clone(), present.id.to_string()),
        };
        let range = known.range.filter(|_| *ask == CommitAsk::Present);
        let newest = range.as_ref().map_or(at.clone(), |(_, fetched)| Commit { id: commit_of(fetched).into(), ..at.clone() });
        if newest != at {
            // what is between is left out where that cannot be had
            let _ = self.desk.ask(&newest, self.fetches, |_| Ok(())).await;
        }
        let mut depths = DEPTHS.iter();
        loop {
            let (url, name, range) = (at.url.clone(), name.clone(), range.clone());
            let work = move |bench: &mut Bench| Ok((review(bench, url, &name, range), bench.checkout.is_shallow()));
            let (found, is_shallow) = self.desk.ask(&at, self.fetches, work).await.map_err(of_git)?;
            let is_short = match &found {
                Ok(found) => found.changed.is_none() || found.range.as_ref().is_some_and(|range| range.end != HistoryEnd::Whole),
                Err(_) => true,
            };
            let depth = depths.next().filter(|_| is_short && is_shallow && self.fetches);
            let Some(depth) = depth else { return found.map_err(of_git) };
            if !self.desk.deepen(&newest, *depth).await.unwrap_or_default() {
                return found.map_err(of_git);
            }
        }
    }

    async fn known(&self, by: &ObjectRef) -> Result<Known> {
        let body = self.fetch(by).await?;
        if by.gk == kinds::GIT_REPOSITORY.gk() {
            let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
            let none = || Error::failed(format!("{by} has fetched nothing"), "w says why");
            let (url, present) = (text("/spec/url").unwrap_or_default().to_owned(), text("/status/artifact/revision"));
            return Ok(Known { url, present: present.ok_or_else(none)?.to_owned(), range: None });
        }
        let revisions = Revisions::read(&body, None, None);
        let plan = self.plan_of(&body, revisions.with()).await?;
        let revisions = Revisions::read(&body, plan.source.as_ref(), None);
        let range = revisions.range().map(|(applied, fetched)| (applied.to_owned(), fetched.to_owned()));
        Ok(Known { url: plan.at.url.to_string(), present: plan.at.id.to_string(), range })
    }
}

/// What git cannot do is not tried again by itself: it may want a person's key or password.
pub(super) fn of_git(error: Error) -> Error {
    let kind = if error.kind == ErrorKind::Unreachable { ErrorKind::Failed } else { error.kind };
    Error { kind, ..error }
}

fn review(bench: &Bench, url: Str, name: &str, range: Option<(String, String)>) -> Result<CommitReview> {
    let checkout = &bench.checkout;
    let note = checkout.note(name)?;
    let changed = checkout.commit_changes(&note.id)?.map(|changes| patch(&changes)).transpose()?;
    let at = Commit { url, id: note.id.as_str().into() };
    let range = range.map(|(applied, fetched)| between(bench, applied, fetched)).transpose();
    // a revision that is not here leaves out only what it is for
    let range = range.unwrap_or_else(|error| {
        tracing::debug!("no commits between the revisions: {error}");
        None
    });
    Ok(CommitReview { at, note, changed, range })
}

/// What is between two revisions of Flux.
fn between(bench: &Bench, applied: String, fetched: String) -> Result<RangeReview> {
    let (since, upto) = (commit_of(&applied), commit_of(&fetched));
    let stretch = Stretch { since: Some(since.to_owned()), upto: upto.to_owned(), paths: Vec::new(), most: MOST };
    let history = bench.checkout.history(&stretch)?;
    let changed = patch(&bench.checkout.file_changes(since, upto)?)?;
    Ok(RangeReview { applied, fetched, commits: history.commits, end: history.end, changed })
}

fn patch(changes: &[FileChange]) -> Result<PatchText> {
    let (files, patch) = shown(changes.get(..MOST_FILES).unwrap_or(changes))?;
    Ok(PatchText { files, patch, left_out: changes.len().saturating_sub(MOST_FILES) })
}
