//! The steps of a change, each carried out once.

use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::access::Access;
use super::plan::{AppliedBuilds, planned, written};
use super::slot::{Made, SlotState};
use super::{Changes, folder};
use crate::cluster::{self, Connection};
use crate::forges;
use crate::programs::{self, Commit, Failure};
use fluxdeck_model::change::{ForgeChoice, PlanOutcome, ProposedField, SiteScope};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::Pull;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::Branch;
use fluxdeck_model::insight::field::FieldPath;
use fluxdeck_model::render::node::Layer;
use fluxdeck_model::render::read::{TextPlace, documents};
use fluxdeck_model::render::{Node, write};
use fluxdeck_model::state::jobs::{Change, ChangeOutcome, PreparedChange};

/// How often a forge is asked again that does not know a branch yet which was just pushed, and how long between. Nothing was opened then.
pub(super) const TRIES: usize = 8;
pub(super) const PAUSE: Duration = Duration::from_secs(2);
/// How often a shallow clone is deepened to see whether a revision contains a merge.
const DEEPER: usize = 5;

impl Changes {
    /// Fetches, plans and proves again, and makes the commit.
    pub(super) async fn prepare(&self, live: Option<&Connection>, change: &Change) -> ChangeOutcome {
        self.prepared(live, change).await.unwrap_or_else(failed)
    }

    async fn prepared(&self, live: Option<&Connection>, change: &Change) -> Result<ChangeOutcome> {
        let order = &change.order;
        let revision = self.fetched_of(order).await?;
        let request = match order.site.scope {
            SiteScope::Applied { .. } => self.request(live, change.applier.as_ref(), &order.site.scope).await,
            _ => None,
        };
        let beside = self.beside(live, change.applier.as_ref(), &order.site).await;
        let (asked, deny) = (order.clone(), self.deny.clone());
        let work = move |bench: &mut crate::runtime::Bench| {
            let planned = planned(bench, &revision, &asked, &deny, AppliedBuilds { own: request, beside })?;
            let tree = match &planned.outcome {
                PlanOutcome::Planned(plan) => bench.checkout.write_tree(&planned.base, &written(plan))?,
                _ => None,
            };
            Ok((planned, tree))
        };
        let (mut planned, tree) = self.desk.at(&folder(&order.site), work).await?;
        let differs = |why: String| Ok(ChangeOutcome::Differs { why });
        match &planned.outcome {
            PlanOutcome::Nothing { .. } => return Ok(ChangeOutcome::Unchanged),
            PlanOutcome::Refused(refused) => return differs(format!("{}: {}", refused.field, refused.why)),
            PlanOutcome::Planned(_) if planned.digest != change.digest => {
                return differs(format!("{} has moved, and the change is another one there", order.site.base));
            }
            PlanOutcome::Planned(_) => {}
        }
        let Some(tree) = tree else { return Ok(ChangeOutcome::Unchanged) };
        let has_moved = planned.base != change.progress.base;
        let again = match has_moved {
            false => Vec::new(),
            true => match self.asked_again(live, change, &mut planned).await {
                Ok(again) => again,
                Err(why) => return differs(why),
            },
        };
        let at = Path::new(&order.site.folder);
        let signer = programs::signer(at).await.map_err(|failure| failure.error("the author of the commit is not known"))?;
        let message = match planned.is_signed_off() {
            true => programs::signed_off(&change.message, &signer.committer),
            false => change.message.clone(),
        };
        let east = TimeZone::system().to_offset(change.at).seconds() / 60;
        let time = (change.at.as_second(), i16::try_from(east).unwrap_or_default());
        let commit = Commit { tree: &tree, parent: &planned.base, message: &message, signer: &signer, at: time };
        let commit = programs::commit(at, &commit).await.map_err(|failure| failure.error("the commit cannot be made"))?;
        let known = self.access_for(change).await;
        let none = Access::none("");
        let access = if order.is_push_only { &none } else { &known };
        if let (true, false, Access::None { why, .. }) = (change.has_forge, order.is_push_only, access) {
            // the review could ask it: whether the change is proposed already is not known now
            return Err(Error::failed(why.clone(), "log in to the forge, or try again later"));
        }
        let made = Made { tree, parent: planned.base.clone() };
        let fork = self.fork_of(change, &known).await?;
        let there = fork.as_ref().filter(|fork| matches!(fork, ForkOffer::There { .. })).and_then(ForkOffer::repository);
        let pattern = planned.policy.branch.as_deref();
        let slot = self.slot(order, &change.object, pattern, access, there, Some(&made)).await?;
        let branch = slot.branch.name().to_owned();
        let commit = if let SlotState::Pushed(at) = &slot.state { at.clone() } else { commit };
        let (name, kept) = (branch.clone(), commit.clone());
        self.desk.at(&folder(&order.site), move |bench| bench.checkout.pin(&format!("changes/{name}"), &kept)).await?;
        Ok(ChangeOutcome::Prepared(Box::new(PreparedChange {
            has_moved,
            again,
            base: planned.base,
            commit,
            branch,
            is_pushed: matches!(slot.state, SlotState::Pushed(_)),
            pull: if let SlotState::Open(pull) = slot.state { Some(*pull) } else { None },
            fork,
        })))
    }

    /// The forge of a change, where something is to be asked there: whether a pull request is opened, or the branch may go to a fork.
    async fn access_for(&self, change: &Change) -> Access {
        let is_alone = change.order.is_push_only && !change.progress.may_fork;
        if is_alone { Access::none("") } else { self.access(&change.order.site).await }
    }

    pub(super) async fn push(&self, change: &Change) -> ChangeOutcome {
        let site = &change.order.site;
        let branch = match Branch::new(&change.progress.branch, &site.base) {
            Ok(branch) => branch,
            Err(error) => return failed(error),
        };
        match self.publish(change, &branch).await {
            Ok(()) => ChangeOutcome::Pushed,
            Err(failure) => {
                if let Some(barred) = self.barred(change, &branch, &failure).await {
                    return barred;
                }
                let to = change.progress.fork.clone().unwrap_or_else(|| site.name());
                let error = failure.error(&format!("{branch} cannot be pushed to {to}"));
                match failure {
                    // git may have sent it all before it failed
                    Failure::Lost(_) | Failure::TooLong(_) | Failure::Unreachable(_) | Failure::Failed(_) => {
                        ChangeOutcome::Lost { why: error.to_string() }
                    }
                    _ => failed(error),
                }
            }
        }
    }

    pub(super) async fn find_branch(&self, change: &Change) -> ChangeOutcome {
        let site = &change.order.site;
        let branch = match Branch::new(&change.progress.branch, &site.base) {
            Ok(branch) => branch,
            Err(error) => return failed(error),
        };
        let fork = change.progress.fork.as_deref();
        let access = if fork.is_some() { self.access(site).await } else { Access::none("") };
        match self.branch_at(site, fork, &branch, &access).await {
            Ok(at) => ChangeOutcome::Branch(at),
            Err(failure) => {
                let asked = fork.map_or_else(|| site.name(), str::to_owned);
                failed(failure.error(&format!("{asked} cannot be asked for {branch}")))
            }
        }
    }

    pub(super) async fn open(&self, change: &Change) -> ChangeOutcome {
        let access = self.access(&change.order.site).await;
        let forge = match &access {
            Access::Known { forge, .. } => forge,
            Access::None { .. } => return no_forge(&access, change),
        };
        for _ in 0..TRIES {
            match self.noted(&change.order.site, forge.open(&change.new_pull()).await) {
                Ok(pull) => return self.opened(forge.as_ref(), change, pull).await,
                Err(forges::Failure::NotYet) => tokio::time::sleep(PAUSE).await,
                // another program was faster
                Err(forges::Failure::Exists) => return self.find_pull(change).await,
                Err(failure @ forges::Failure::Lost(_)) => return ChangeOutcome::Lost { why: unopened(&failure).to_string() },
                Err(failure) => return failed(unopened(&failure)),
            }
        }
        failed(unopened(&forges::Failure::NotYet))
    }

    /// Labels and reviewers of a pull request that is open, and whether the forge merges it. That something of it is not done is said, and stops nothing.
    async fn opened(&self, forge: &dyn forges::Forge, change: &Change, pull: Pull) -> ChangeOutcome {
        let new = change.new_pull();
        let mut pull = pull;
        let mut said = match new.is_marked() {
            false => Vec::new(),
            true => match self.noted(&change.order.site, forge.mark(pull.number, &new).await) {
                Ok(said) => said,
                Err(failure) => vec![format!("labels and reviewers: {failure}")],
            },
        };
        if new.merges_later && !pull.is_queued {
            let site = (&change.order.site, new.base.as_str());
            let why = self.merge_later(forge, site, pull.number, &change.progress.commit).await;
            pull.is_queued = why.is_none();
            said.extend(why.map(|why| format!("auto-merge is off: {why}")));
        }
        ChangeOutcome::Opened { pull: Box::new(pull), said }
    }

    pub(super) async fn find_pull(&self, change: &Change) -> ChangeOutcome {
        let access = self.access(&change.order.site).await;
        match &access {
            Access::None { .. } => no_forge(&access, change),
            Access::Known { forge, .. } => match self.pulls_of(forge.as_ref(), change).await {
                Ok(pulls) => {
                    // it was opened, and what is to be said of it may not have arrived
                    if let Some(pull) = pulls.iter().find(|pull| pull.is_open()) {
                        self.opened(forge.as_ref(), change, pull.clone()).await;
                    }
                    ChangeOutcome::Pulls(pulls)
                }
                Err(failure) => failed(failure.error("the forge cannot be asked for the pull request")),
            },
        }
    }

    async fn pulls_of(&self, forge: &dyn forges::Forge, change: &Change) -> std::result::Result<Vec<Pull>, forges::Failure> {
        let (branch, fork) = (&change.progress.branch, change.progress.fork.as_deref());
        self.noted(&change.order.site, forge.find(branch, fork).await)
    }

    pub(super) async fn look(&self, change: &Change, number: u64) -> ChangeOutcome {
        let access = self.access(&change.order.site).await;
        match &access {
            Access::None { .. } => no_forge(&access, change),
            Access::Known { forge, .. } => match self.noted(&change.order.site, forge.pull(number).await) {
                Ok(pull) => ChangeOutcome::Pull(Box::new(pull)),
                Err(failure) => failed(failure.error(&format!("the forge cannot be asked for #{number}"))),
            },
        }
    }

    /// Whether a revision contains the merge: by the history that is here, else by more of it.
    pub(super) async fn contains(&self, change: &Change, revision: String) -> ChangeOutcome {
        let merge = change.progress.pull.as_ref().and_then(|pull| pull.merge()).map(|merge| merge.commit.clone());
        let id = revision.rsplit([':', '/']).next().unwrap_or(&revision).to_owned();
        let is_in = match merge {
            Some(merge) if !merge.is_empty() => self.is_in(change, &merge, &id).await,
            _ => None,
        };
        ChangeOutcome::Contains { revision, is_in }
    }

    async fn is_in(&self, change: &Change, merge: &str, revision: &str) -> Option<bool> {
        let site = &change.order.site;
        // a fetch that fails may still leave enough
        let _ = self.fetched(site).await;
        for _ in 0..DEEPER {
            let (merge, revision) = (merge.to_owned(), revision.to_owned());
            let at = folder(site);
            let found =
                self.desk.at(&at, move |bench| Ok((bench.checkout.is_in(&merge, &revision), bench.checkout.is_shallow())));
            match found.await {
                Ok((Some(is_in), _)) => return Some(is_in),
                Ok((None, true)) => {
                    programs::deepen_branch(Path::new(&site.folder), self.remote(site), &site.base).await.ok()?;
                }
                _ => return None,
            }
        }
        None
    }

    /// Whether the live object has the new values.
    pub(super) async fn carries(&self, live: Option<&Connection>, change: &Change) -> ChangeOutcome {
        ChangeOutcome::Carries(self.carried(live, change).await.map_err(|error| error.to_string()))
    }

    async fn carried(&self, live: Option<&Connection>, change: &Change) -> Result<bool> {
        let live = live.ok_or_else(|| Error::failed("the cluster is not known", ""))?;
        for object in change.changed() {
            let served =
                live.served(&object.gk).ok_or_else(|| Error::failed(format!("the cluster does not serve {}", object.gk), ""))?;
            let body = match cluster::body(live, served, &object, self.timeout).await {
                Ok(body) => body,
                // a generated one has another name then
                Err(cluster::Failure::NotFound(_)) => return Ok(false),
                Err(failure) => return Err(failure.error(&object.to_string())),
            };
            if !has_values(&body, change, &object)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the body of an object reads as the change wants it.
fn has_values(body: &Value, change: &Change, object: &ObjectRef) -> Result<bool> {
    let place = TextPlace::object(&change.object, "", "", Layer::Cluster);
    let nodes = documents(body.to_string().as_bytes(), &place)?;
    let node = nodes.first().ok_or_else(|| Error::failed("the object is empty", ""))?;
    let mut all = true;
    let is_of = |field: &&ProposedField| field.of.as_ref().is_none_or(|of| of.moved(object.cluster) == *object);
    for field in change.fields.iter().filter(is_of) {
        let path = FieldPath::parse(&field.field.replace("[+", "["))?;
        all &= reads_as(node, &path, field);
    }
    Ok(all)
}

/// Whether a field has the value that a change gave it. One that was taken out is not there, or has a default of the API server; of a list or a
/// map, to which that adds its defaults, only that it is there.
fn reads_as(node: &Node, path: &FieldPath, field: &ProposedField) -> bool {
    let found = path.reach(node).ok();
    let text = found.as_ref().map(|found| found.text());
    // an item that is known by its place: after it came or went nobody can say which one is there
    let is_placed = field.field.ends_with(']') && !field.field.ends_with("']") && !field.field.contains('=');
    match (&field.after, text) {
        (None, None) => true,
        (None, Some(Some(text))) => is_placed || Some(text) != field.before.as_deref(),
        (None, Some(None)) => {
            is_placed || found.and_then(|found| write::json(&found).ok()).map(|json| json.to_string()) != field.before
        }
        (Some(_), _) if field.field.contains("[+") => true,
        (Some(after), Some(text)) => text.is_none_or(|text| text == after),
        (Some(_), None) => false,
    }
}

fn failed(error: Error) -> ChangeOutcome {
    ChangeOutcome::Failed { why: error.message, hint: error.hint }
}

/// Why no forge is asked, and the page where a person opens the pull request.
fn no_forge(access: &Access, change: &Change) -> ChangeOutcome {
    match access.choice_of(&change.order.site.base, &change.progress.branch, change.progress.fork.as_deref()) {
        ForgeChoice::None { why, page } => ChangeOutcome::NoForge { why, page },
        ForgeChoice::Known { name, .. } => failed(Error::failed(format!("{name} was not asked"), "")),
    }
}

fn unopened(failure: &forges::Failure) -> Error {
    failure.error("the pull request cannot be opened")
}
