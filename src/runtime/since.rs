//! Since when something fails, and which commits may be why: the revisions are asked of the cluster, what was built and which commits touched
//! it is the desk's.

use std::collections::BTreeSet;

use super::commits::{DEPTHS, of_git};
use super::desk::Bench;
use super::looks::of_object;
use super::rendered::{Plan, Renderer};
use crate::git::{History, Stretch};
use fluxdeck_model::domain::{HistoryEnd, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::{Commit, Declared, FilePlace, LayerPlace};
use fluxdeck_model::insight::why::since::{commit_of, released};
use fluxdeck_model::insight::why::{BuildFault, Onset, OnsetAsk, Revisions, Suspect};
use fluxdeck_model::kinds;
use fluxdeck_model::render::error::Cause;
use fluxdeck_model::render::origin::Origin;
use fluxdeck_model::render::repository::{BuildOutcome, Member};

/// Commits that are looked for, of an object's own files and of the others each.
const MOST: usize = 5;
/// Where nothing says which revision was ready last: the last few that touched it.
const LAST: usize = 3;

/// What git is asked.
struct Inquiry {
    /// The commit with which it fails.
    at: Commit,
    /// The commit with which it was ready last.
    ready: Option<String>,
    /// What is built of it is looked for; none where the applier itself fails.
    object: Option<ObjectRef>,
    applied_by: String,
}

/// What git answers.
struct Found {
    suspects: Vec<Suspect>,
    end: HistoryEnd,
    fault: Option<BuildFault>,
    is_shallow: bool,
}

impl Renderer {
    /// Since when something fails: by the nearest of its appliers that has a commit to show.
    ///
    /// # Errors
    /// None of them can be read, or is of a repository that can be had: why the nearest is not.
    pub async fn beginning(&self, ask: &OnsetAsk) -> Result<Onset> {
        let mut nearest = None;
        for (object, applier) in &ask.of {
            let found = self.begun(object, applier, ask).await;
            if found.as_ref().is_ok_and(|found| !found.suspects.is_empty() || found.fault.is_some()) {
                return found;
            }
            nearest = match nearest {
                Some(Ok(nearest)) => Some(Ok(nearest)),
                before => Some(found.or_else(|error| before.unwrap_or(Err(error)))),
            };
        }
        nearest.unwrap_or_else(|| Err(Error::failed("no Flux Kustomization is known to apply it", "")))
    }

    async fn begun(&self, object: &ObjectRef, applier: &ObjectRef, ask: &OnsetAsk) -> Result<Onset> {
        let body = self.fetch(applier).await?;
        let revisions = Revisions::read(&body, None, ask.trouble);
        let plan = self.plan_of(&body, revisions.with()).await?;
        let revisions = Revisions::read(&body, plan.source.as_ref(), ask.trouble);
        let ready = revisions.ready.as_ref().map(|ready| commit_of(&ready.revision).to_owned());
        let is_itself = object == applier;
        let at = plan.at.clone();
        let found = self.look(plan, || Inquiry {
            at: at.clone(),
            ready: ready.clone(),
            object: (!is_itself).then(|| object.clone()),
            applied_by: applier.path(),
        });
        let Found { suspects, end, fault, .. } = found.await?;
        let released = match object.gk == kinds::HELM_RELEASE.gk() {
            true => self.fetch(object).await.ok().and_then(|body| released(&body)),
            false => None,
        };
        let (object, applier) = (object.clone(), applier.clone());
        Ok(Onset { object, applier, revisions, at, suspects, end, fault, released })
    }

    /// Asks git, and fetches more of the history as long as it ends too early.
    async fn look(&self, plan: Plan, inquiry: impl Fn() -> Inquiry) -> Result<Found> {
        let at = plan.at.clone();
        let mut found = self.look_once(plan.clone(), inquiry()).await?;
        for depth in DEPTHS {
            let is_cut = found.is_shallow && matches!(found.end, HistoryEnd::Shallow(_) | HistoryEnd::Apart);
            if !is_cut || !self.fetches {
                break;
            }
            match self.desk.deepen(&at, *depth).await {
                Ok(true) => found = self.look_once(plan.clone(), inquiry()).await?,
                Ok(false) => break,
                Err(error) => {
                    tracing::debug!("no more of the history of {}: {error}", at.short());
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn look_once(&self, plan: Plan, inquiry: Inquiry) -> Result<Found> {
        let at = plan.at.clone();
        self.at(&at, plan, move |bench, plan| look(bench, plan, &inquiry)).await.map_err(of_git)
    }
}

/// The files that were read, and those of the object itself.
#[derive(Default)]
struct Files {
    all: BTreeSet<String>,
    own: BTreeSet<String>,
}

fn look(bench: &mut Bench, plan: &Plan, inquiry: &Inquiry) -> Result<Found> {
    let mut files = Files::default();
    let built = plan.member(bench, &inquiry.at.id)?;
    let fault = match &built.outcome {
        // what is not built here may be by Flux
        BuildOutcome::Failed(error) if matches!(error.cause, Cause::Invalid | Cause::Missing) && inquiry.object.is_none() => {
            let place = error.file.as_ref().map(|file| FilePlace {
                at: inquiry.at.clone(),
                path: (&**file).into(),
                line: error.line,
                is_secret: false,
            });
            files.own.extend(place.iter().map(|place| place.path.to_string()));
            Some(BuildFault { says: error.to_string(), place })
        }
        BuildOutcome::Elsewhere(why) => return Err(Error::failed(why.clone(), "")),
        BuildOutcome::Built(_) | BuildOutcome::Failed(_) => None,
    };
    files.take(&built, inquiry);
    // what is gone, or cannot be built any more, is where it was
    let before = inquiry.ready.as_deref().filter(|ready| bench.checkout.has(ready) && *ready != &*inquiry.at.id);
    if let Some(before) = before.and_then(|before| plan.member(bench, before).ok()) {
        files.take(&before, inquiry);
    }
    let stretch = |paths: &BTreeSet<String>| Stretch {
        since: inquiry.ready.clone(),
        upto: inquiry.at.id.to_string(),
        paths: paths.iter().cloned().collect(),
        most: if inquiry.ready.is_some() { MOST } else { LAST },
    };
    let nothing = History { commits: Vec::new(), end: HistoryEnd::Whole };
    let of = |paths: &BTreeSet<String>| match paths.is_empty() {
        true => Ok(nothing.clone()),
        false => bench.checkout.history(&stretch(paths)),
    };
    let (own, all) = (of(&files.own)?, of(&files.all)?);
    let mut suspects: Vec<_> = own.commits.into_iter().map(|note| Suspect { note, is_own: true }).collect();
    for note in all.commits {
        if !suspects.iter().any(|known| known.note.id == note.id) {
            suspects.push(Suspect { note, is_own: false });
        }
    }
    // without a revision that was ready, what is built beside the object is a guess too many
    if inquiry.ready.is_none() && suspects.first().is_some_and(|first| first.is_own) {
        suspects.retain(|suspect| suspect.is_own);
    }
    Ok(Found { suspects, end: all.end, fault, is_shallow: bench.checkout.is_shallow() })
}

impl Files {
    /// Takes what a build read, and which of that the object is made of.
    fn take(&mut self, built: &Member, inquiry: &Inquiry) {
        self.all.extend(built.files.iter().map(|file| file.to_string()));
        let Some(object) = &inquiry.object else { return };
        let Some(found) = of_object(built.outcome.objects(), object) else { return };
        let declared = Declared::of(found, inquiry.applied_by.clone(), inquiry.at.clone());
        let of_field = declared.fields.iter().flat_map(|field| {
            let parts = field.parts.iter().flat_map(|part| &part.layers);
            field.layers.iter().chain(parts).chain(&field.written)
        });
        let file = |origin: &Origin| match declared.place(origin) {
            LayerPlace::File(place) => Some(place.path.to_string()),
            LayerPlace::Remote(_) | LayerPlace::Object { .. } => None,
        };
        let own: Vec<_> = declared.origin.iter().chain(of_field).filter_map(file).collect();
        self.own.extend(own);
    }
}
