//! The commits that changed an object: found in the history of its branch, read with their files, and taken back.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::plan::{AppliedBuilds, applied, first, namespaces, within};
use super::{Changes, folder};
use crate::cluster::Connection;
use crate::git::{Checkout, Stretch, View};
use crate::programs;
use crate::runtime::Bench;
use fluxdeck_model::change::back::{self, Back, PastCommit, PastFile};
use fluxdeck_model::change::{
    Builds, ChangeContext, ChangeOrder, ChangeScope, MeantObject, PastVersions, PlanOutcome, TakenBack, TakenCommit,
};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{CommitNote, HistoryEnd};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::forms::Clock;
use fluxdeck_model::playbooks::{self, BackWant};
use fluxdeck_model::render::tree::{PathKind, Tree};
use fluxdeck_model::state::ChangeQuery;

/// Most versions that are offered.
const MOST: usize = 50;
/// Commits that are looked at for the newest that changed an object: others change its files too.
const LOOKED_AT: usize = 20;

impl Changes {
    /// The commits that may have changed the object of a query, the newest first.
    ///
    /// # Errors
    /// The repository cannot be known or reached, or the object is not there.
    pub async fn versions(&self, live: Option<&Connection>, query: ChangeQuery) -> Result<PastVersions> {
        let (order, request) = self.found(live, query).await?;
        let revision = self.fetched_of(&order).await?;
        let (deny, at) = (self.deny.clone(), folder(&order.site));
        let work = move |bench: &mut Bench| {
            let scope = applied(&order, AppliedBuilds { own: request, beside: Vec::new() });
            let base = bench.checkout.commit(&revision)?;
            versions(bench, Some(&base), &order, &namespaces(&order), scope, &deny)
        };
        self.desk.at(&at, work).await
    }

    /// As [`Changes::fetched`]; with some of its history, where that is what the order is about.
    ///
    /// # Errors
    /// As [`Changes::fetched`].
    pub(super) async fn fetched_of(&self, order: &ChangeOrder) -> Result<String> {
        let site = &order.site;
        let revision = self.fetched(site).await?;
        let is_about_history = playbooks::find(&order.playbook) == Some(playbooks::roll_back());
        if is_about_history && site.remote.is_empty() && !self.is_of_company(site) {
            let deepened = programs::deepen_branch(Path::new(&site.folder), self.remote(site), &site.base).await;
            deepened.map_err(|failure| failure.error(&format!("the history of {} cannot be fetched", site.name())))?;
        }
        Ok(revision)
    }
}

/// The commits that may have changed the object of an order, the newest first.
///
/// # Errors
/// The object is not there, or the history cannot be read.
pub fn versions(
    bench: &mut Bench,
    revision: Option<&str>,
    order: &ChangeOrder,
    namespaces: &[String],
    scope: ChangeScope,
    deny: &[String],
) -> Result<PastVersions> {
    let meant = first(order, namespaces)?;
    within(bench, revision, order, scope, deny, |context, builds, checkout| {
        let paths = back::history_paths(context, builds, &meant)?;
        listed(checkout, revision, paths)
    })
}

fn listed(checkout: &Checkout, revision: Option<&str>, paths: Vec<String>) -> Result<PastVersions> {
    let upto = revision.unwrap_or("HEAD").to_owned();
    let history = checkout.history(&Stretch { since: None, upto, paths, most: MOST })?;
    Ok(PastVersions { commits: history.commits, end: history.end })
}

/// The order with the commits that it takes back: down to the one that it names, else the newest that changed the object.
///
/// # Errors
/// There is no such commit, or nothing was before it; as [`versions`].
pub fn resolved(
    bench: &mut Bench,
    revision: Option<&str>,
    order: &ChangeOrder,
    namespaces: &[String],
    scope: ChangeScope,
    deny: &[String],
) -> Result<ChangeOrder> {
    if order.taken_back.is_some() || playbooks::find(&order.playbook) != Some(playbooks::roll_back()) {
        return Ok(order.clone());
    }
    if !order.also.is_empty() {
        return Err(Error::usage("one object is rolled back at a time", "name one object"));
    }
    let wanted = BackWant::read(&order.settings, &Clock { now: Timestamp::now(), zone: TimeZone::system() })?;
    let meant = first(order, namespaces)?;
    let notes = within(bench, revision, order, scope, deny, |context, builds, checkout| {
        let looking = Looking { checkout, revision, meant: &meant };
        looking.chosen(context, builds, &wanted)
    })?;
    let oldest = notes.last().expect("one was found");
    if oldest.parents.is_empty() {
        let message =
            format!("{} is the first commit of the history: there is nothing before it", TakenCommit::from(oldest).words());
        return Err(Error::failed(message, "choose a newer one"));
    }
    let commits = notes.iter().map(TakenCommit::from).collect();
    let settings = wanted.settings(&oldest.id);
    let BackWant { is_whole, suspends, .. } = wanted;
    Ok(ChangeOrder { settings, taken_back: Some(Box::new(TakenBack { commits, is_whole, suspends })), ..order.clone() })
}

/// A look for commits.
struct Looking<'l> {
    checkout: &'l Checkout,
    revision: Option<&'l str>,
    meant: &'l MeantObject,
}

impl Looking<'_> {
    /// The commits to take back, the newest first; at least one.
    fn chosen(&self, context: &ChangeContext<'_>, builds: &mut Builds<'_>, wanted: &BackWant) -> Result<Vec<CommitNote>> {
        let head = self.revision.unwrap_or("HEAD");
        let named = wanted.version.as_deref().map(|version| self.checkout.note(version)).transpose()?;
        if let Some(note) = &named {
            if self.checkout.is_in(&note.id, &self.checkout.commit(head)?) == Some(false) {
                let message = format!("{} is not in the history of the branch", TakenCommit::from(note).words());
                return Err(Error::failed(message, "choose one that is: without version= the newest is taken"));
            }
            if wanted.is_whole {
                return Ok(vec![note.clone()]);
            }
        }
        let PastVersions { commits, end } =
            listed(self.checkout, self.revision, back::history_paths(context, builds, self.meant)?)?;
        match named {
            Some(note) => {
                let at = commits.iter().position(|commit| commit.id == note.id);
                // one of other files: the plan says that it changed nothing of the object
                Ok(at.map_or_else(|| vec![note], |at| commits[..=at].to_vec()))
            }
            None => self.newest(context, builds, &commits, &end),
        }
    }

    /// The newest that changed the object.
    fn newest(
        &self,
        context: &ChangeContext<'_>,
        builds: &mut Builds<'_>,
        commits: &[CommitNote],
        end: &HistoryEnd,
    ) -> Result<Vec<CommitNote>> {
        for note in commits.iter().take(LOOKED_AT).filter(|note| !note.parents.is_empty()) {
            let view = self.checkout.view(Some(&note.id))?;
            let Some(files) = files(self.checkout, note, view.tree())? else { continue };
            let commit = PastCommit { commit: TakenCommit::from(note), files, tree: view.tree() };
            if back::touches(context, builds, self.meant, &commit)? {
                return Ok(vec![note.clone()]);
            }
        }
        let why = match end {
            HistoryEnd::Shallow(_) => "the history here is cut off: it is a shallow clone",
            _ => "none of the commits that changed its files did",
        };
        let looked = counted(commits.len().min(LOOKED_AT), "commit");
        let hint = "fetch more of it (git fetch --unshallow), or name a commit: version=COMMIT";
        Err(Error::failed(format!("no commit is known that changed {}: {why} ({looked} looked at)", self.meant.named), hint))
    }
}

/// The files of a commit; none where what was before it is not here. A link counts as what is not text.
fn files(checkout: &Checkout, note: &CommitNote, tree: &dyn Tree) -> Result<Option<Vec<PastFile>>> {
    let bytes = |side: Option<Vec<u8>>| side.map(Arc::from);
    let one = |file: crate::git::FileChange| PastFile {
        is_text: file.is_text && matches!(tree.entry(&file.path), None | Some(PathKind::File)),
        path: file.path.as_str().into(),
        before: bytes(file.before),
        after: bytes(file.after),
    };
    Ok(checkout.commit_changes(&note.id)?.map(|files| files.into_iter().map(one).collect()))
}

/// Plans taking the commits back, on the files of a context.
///
/// # Errors
/// A commit, or what was before it, is not here; as [`back::plan`].
pub(super) fn taken_back(
    checkout: &Checkout,
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    meant: &MeantObject,
    order: &TakenBack,
) -> Result<PlanOutcome> {
    let cut = |commit: &TakenCommit| {
        let message = format!("what was before {} is not here: the history is cut off, as in a shallow clone", commit.words());
        Error::failed(message, "git fetch --unshallow brings the rest")
    };
    let view = |id: &str| checkout.view(Some(id));
    let views = order.commits.iter().map(|commit| view(&commit.id)).collect::<std::result::Result<Vec<View<'_>>, _>>()?;
    let mut commits = Vec::new();
    let mut parent = None;
    for (commit, view) in order.commits.iter().zip(&views) {
        let note = checkout.note(&commit.id)?;
        let files = files(checkout, &note, view.tree())?.ok_or_else(|| cut(commit))?;
        parent = note.parents.first().cloned();
        commits.push(PastCommit { commit: commit.clone(), files, tree: view.tree() });
    }
    let past = parent.filter(|_| !order.is_whole).and_then(|id| view(&id).ok());
    let back = Back { order, commits, past: past.as_ref().map(View::tree) };
    back::plan(context, builds, meant, &back)
}
