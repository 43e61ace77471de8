//! A change as a person reviews it: found, planned, proven, with its branch, its author and its forge. Nothing is written, but what a fetch
//! writes into the repository.

use std::path::Path;

use super::access::Access;
use super::ask::Asking;
use super::competing::PullsQuestion;
use super::history::resolved;
use super::plan::{AppliedBuilds, Planned, applied as applied_scope, namespaces, planned};
use super::pulls::AppliedHere;
use super::site::Located;
use super::slot::SlotState;
use super::{Changes, folder};
use crate::cluster::Connection;
use crate::programs;
use fluxdeck_model::change::{
    self, Authorship, ChangeOrder, ChangePlan, ChangeRefusal, ChangeSite, Check, ForgeChoice, PlanOutcome, Proposal, Proposed,
    ProposedFile, proposal,
};
use fluxdeck_model::domain::NewPull;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::playbooks;
use fluxdeck_model::render::flux::Spec;
use fluxdeck_model::render::repository::BuildRequest;
use fluxdeck_model::state::{ChangeQuery, PolicyConsent};

impl Changes {
    /// Plans and proves a change at the head of its branch. With it comes what others are to be asked about it, as far as they may be: see
    /// [`Changes::ask`]. `context`: the one that is looked at, by name.
    ///
    /// # Errors
    /// The repository cannot be known or reached, the order does not fit the object.
    pub async fn propose(
        &self,
        live: Option<&Connection>,
        query: ChangeQuery,
        is_readonly: bool,
        context: &str,
    ) -> Result<(Proposed, Asking)> {
        let live = live.filter(|_| query.object.is_some());
        let mut asking = Asking::nobody();
        let begin = |site: &ChangeSite, applied: Option<&Spec>, plan: &ChangePlan, planned: &Planned| {
            asking = self.asking(live, &site.scope, applied, plan, is_readonly);
            asking.programs(site, plan, planned);
            asking.begun()
        };
        let (mut proposed, request) = self.proposed(live, query, begin).await?;
        if let Proposed::Ready(proposal) = &mut proposed {
            proposal.elsewhere = self.seen_elsewhere(&proposal.order.site, context).await;
            if let Some(question) = pulls_question(proposal, request) {
                proposal.checked(&[question.begun()]);
                asking = asking.and_of(question);
            }
        }
        Ok((proposed, asking))
    }

    /// `begin`: which checks others are asked for.
    async fn proposed(
        &self,
        live: Option<&Connection>,
        query: ChangeQuery,
        begin: impl FnOnce(&ChangeSite, Option<&Spec>, &ChangePlan, &Planned) -> Vec<Check>,
    ) -> Result<(Proposed, Option<BuildRequest>)> {
        let (site, request, source) = match self.locate(live, &query).await? {
            Located::Site(site, request) => (*site, request, None),
            Located::Artifact(site, request, question) => (*site, Some(*request), Some(*question)),
            Located::Unknown(question) => return Ok((Proposed::Unknown(Box::new(question)), None)),
        };
        let ChangeQuery { order, applier, consent, .. } = query;
        let order = ChangeOrder { site, ..order };
        let revision = self.fetched_of(&order).await?;
        let applied = request.as_ref().map(|request| request.spec.clone());
        let beside = self.beside(live, applier.as_ref(), &order.site).await;
        let (asked, deny, own) = (order.clone(), self.deny.clone(), request.clone());
        let at = folder(&order.site);
        let found = self.desk.at(&at, move |bench| {
            let asked = match playbooks::find(&asked.playbook) == Some(playbooks::roll_back()) {
                true => {
                    let scope = applied_scope(&asked, AppliedBuilds { own: request.clone(), beside: beside.clone() });
                    let base = bench.checkout.commit(&revision)?;
                    resolved(bench, Some(&base), &asked, &namespaces(&asked), scope, &deny)?
                }
                false => asked,
            };
            let planned = planned(bench, &revision, &asked, &deny, AppliedBuilds { own: request, beside })?;
            let applied = Some(&asked.site.applied).filter(|id| !id.is_empty());
            let ahead = applied.and_then(|applied| bench.checkout.ahead(&planned.base, applied));
            Ok((planned, ahead, asked))
        });
        let (mut planned, ahead, order) = found.await?;
        self.permit(&mut planned, &consent)?;
        let proposed = match &planned.outcome {
            PlanOutcome::Refused(refused) => {
                Proposed::Refused(Box::new(ChangeRefusal { source, ..proposal::refusal(refused, &order) }))
            }
            PlanOutcome::Nothing { object } => Proposed::Unchanged { object: object.clone(), base: order.site.base.clone() },
            PlanOutcome::Planned(plan) => {
                let begun = begin(&order.site, applied.as_deref(), plan, &planned);
                let order = with_defaults(order, &planned);
                let proposal = self.proposal(order, plan, &planned, ahead, begun).await?;
                Proposed::Ready(Box::new(Proposal { source, ..proposal }))
            }
        };
        Ok((proposed, own))
    }

    /// Fetches the head of the base branch, and returns the reference that has it.
    ///
    /// # Errors
    /// There is no such branch, or the remote cannot be asked.
    pub(super) async fn fetched(&self, site: &ChangeSite) -> Result<String> {
        if self.is_of_company(site) {
            // it is its own remote
            return Ok(format!("refs/heads/{}", site.base));
        }
        let is_shallow = site.remote.is_empty();
        let fetched = programs::fetch_branch(Path::new(&site.folder), self.remote(site), &site.base, is_shallow).await;
        fetched.map_err(|failure| failure.error(&format!("{} of {} cannot be fetched", site.base, site.name())))
    }

    /// `begun`: the checks for which others are asked.
    async fn proposal(
        &self,
        order: ChangeOrder,
        plan: &ChangePlan,
        planned: &Planned,
        ahead: Option<usize>,
        begun: Vec<Check>,
    ) -> Result<Proposal> {
        let fields = proposal::fields(plan);
        let author = authorship(&order.site, planned).await?;
        let access = match order.is_push_only {
            true => Access::none("no pull request is wanted"),
            false => self.access(&order.site).await,
        };
        let (fork, merged_by_hand) = futures::join!(self.fork_needed(&order.site, &access), self.merged_by_hand(&order, &access));
        let there = fork.as_ref().filter(|fork| matches!(fork, ForkOffer::There { .. })).and_then(ForkOffer::repository);
        let slot = self.slot(&order, &plan.object, planned.policy.branch.as_deref(), &access, there, None).await?;
        let merges_later = order.merges_later && merged_by_hand.is_none();
        let order = ChangeOrder { merges_later, ..order };
        let branch = slot.branch.name().to_owned();
        let text = change::body(&order, plan, &fields, &planned.base).ending(&planned.template);
        let checks: Vec<_> = proposal::checks(plan).into_iter().chain(begun).collect();
        let title = change::title(&order, &plan.object, &fields);
        let pull = new_pull(&order, &branch, title, text.with(&order.body, &checks));
        let owners = access.word().and_then(|word| planned.owners.owners(word, plan.files.iter().map(|file| &*file.path)));
        let proofs = || plan.proofs();
        Ok(Proposal {
            object: plan.object.clone(),
            base: planned.base.clone(),
            ahead: ahead.filter(|ahead| *ahead > 0),
            branch,
            fields,
            lines: plan.lines.clone(),
            left_out: plan.left_out.clone(),
            files: files(&planned.patch, plan),
            patch: planned.patch.clone(),
            rendered: plan.rendered.clone(),
            checks,
            build: plan.build.clone(),
            readers: distinct(proofs().flat_map(|proof| proof.readers.iter().cloned())),
            elsewhere: Vec::new(),
            besides: distinct(proofs().flat_map(change::besides)),
            unproven: distinct(proofs().flat_map(|proof| proof.unproven.iter().cloned())),
            cautions: plan.cautions.clone(),
            pull,
            text,
            author,
            owners,
            forge: access.choice(&order.site.base, slot.branch.name()),
            fork,
            open: if let SlotState::Open(pull) = slot.state { Some(*pull) } else { None },
            merged_by_hand,
            digest: planned.digest.clone(),
            competing: Vec::new(),
            source: None,
            policy: planned.question.clone(),
            order,
        })
    }

    /// Takes over what a person says of the programs of the repository, and lets no others run.
    fn permit(&self, planned: &mut Planned, consent: &PolicyConsent) -> Result<()> {
        let Some(question) = &mut planned.question else { return Ok(()) };
        if matches!(consent, PolicyConsent::Given(digest) if *digest == question.digest) {
            let kept = self.kept.allow(question, jiff::Timestamp::now());
            kept.map_err(|error| Error::failed(format!("what you allow cannot be kept: {error}"), "see `fluxdeck info`"))?;
        }
        question.is_allowed = self.kept.is_allowed(question);
        if !question.is_allowed && *consent != PolicyConsent::Once {
            planned.bar();
        }
        Ok(())
    }
}

/// Whose commit it will be, as git has it there.
///
/// # Errors
/// git knows no author.
async fn authorship(site: &ChangeSite, planned: &Planned) -> Result<Authorship> {
    let signer = programs::signer(Path::new(&site.folder)).await;
    let signer = signer.map_err(|failure| failure.error("the author of the commit is not known"))?;
    Ok(Authorship {
        author: format!("{} <{}>", signer.author.name, signer.author.email),
        address: signer.author.email.clone(),
        is_signed: signer.is_signing,
        is_signed_off: planned.is_signed_off(),
    })
}

fn new_pull(order: &ChangeOrder, branch: &str, title: String, body: String) -> NewPull {
    NewPull {
        title,
        body,
        head: branch.to_owned(),
        fork: None,
        base: order.site.base.clone(),
        is_draft: order.is_draft,
        merges_later: order.merges_later,
        labels: order.labels.clone(),
        reviewers: order.reviewers.clone(),
    }
}

/// With the labels and reviewers of the repository, where the order names none.
fn with_defaults(mut order: ChangeOrder, planned: &Planned) -> ChangeOrder {
    for (own, usual) in [(&mut order.labels, &planned.policy.labels), (&mut order.reviewers, &planned.policy.reviewers)] {
        if own.is_empty() {
            own.clone_from(usual);
        }
    }
    order
}

/// What the forge is asked about other pull requests; none where none is opened, or nobody knows the forge. `own`: the Kustomization as the
/// cluster has it, which the repository may not declare.
fn pulls_question(proposal: &Proposal, own: Option<BuildRequest>) -> Option<PullsQuestion> {
    let is_known = !matches!(proposal.forge, ForgeChoice::None { page: None, .. });
    (is_known && !proposal.order.is_push_only).then(|| PullsQuestion {
        site: proposal.order.site.clone(),
        head: proposal.branch.clone(),
        is_of_fork: proposal.fork.is_some(),
        patch: proposal.patch.clone(),
        rendered: proposal.rendered.clone(),
        address: proposal.author.address.clone(),
        here: AppliedHere { folders: Vec::new(), requests: own.into_iter().collect() },
    })
}

/// Each once, in the order in which they come first.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// The files with how many lines are added and removed: those of the patch, which names them in the order of the plan.
fn files(patch: &str, plan: &ChangePlan) -> Vec<ProposedFile> {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for line in patch.lines() {
        if line.starts_with("diff --git ") {
            counts.push((0, 0));
        }
        let Some(count) = counts.last_mut() else { continue };
        match line.as_bytes() {
            [b'+', b'+', b'+', b' ', ..] | [b'-', b'-', b'-', b' ', ..] => {}
            [b'+', ..] => count.0 += 1,
            [b'-', ..] => count.1 += 1,
            _ => {}
        }
    }
    let one = |(file, count): (&change::ChangedFile, _)| ProposedFile::of(&file.path, file.before.as_deref(), count);
    plan.files.iter().zip(counts).map(one).collect()
}
