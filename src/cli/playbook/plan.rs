//! The plan for a change, from what was asked for: the object in the cluster or the checkout, the order, and what others say of it.

use std::time::Duration;

use super::{Arguments, file, print};
use crate::cli::act::select;
use crate::cli::headless::Headless;
use crate::cli::{Call, source};
use crate::runtime::{self, Answered, Desk};
use fluxdeck_model::change::{ChangeOrder, ChangeSite, LayerChoice, OrderedObject, Proposal, Proposed, SiteScope};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::kinds::{self, Trait};
use fluxdeck_model::playbooks::{self, Playbook};
use fluxdeck_model::state::jobs::ChangeGoal;
use fluxdeck_model::state::{ChangeQuery, PolicyConsent, State};

/// How long the first complete read of a cluster may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A plan, and what it was made with.
pub(super) struct Planning {
    pub headless: Headless,
    pub outcome: Outcome,
    /// Whether programs of this machine were started for it.
    pub runs_programs: bool,
}

/// What can be submitted.
pub(super) struct Ready {
    pub proposal: Box<Proposal>,
    /// The object in the cluster.
    pub target: Option<ObjectRef>,
    pub applier: Option<ObjectRef>,
}

/// What a plan comes to.
pub(super) enum Outcome {
    Ready(Box<Ready>),
    /// There is nothing to submit, which was reported: the exit code.
    Printed(u8),
}

/// Whether a cluster is looked at.
pub(super) fn is_of_cluster(arguments: &Arguments) -> bool {
    arguments.files.repo.is_none() || arguments.goal() > ChangeGoal::Merged
}

/// Plans, and asks others about it.
pub(super) async fn planned(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<Planning> {
    let is_from_cluster = arguments.files.repo.is_none();
    let headless = match is_of_cluster(arguments) {
        true => connected(call, &call.context).await?,
        false => Headless::apart(call.options.clone(), select::settings(call), &call.context, false),
    };
    let mut query = query(&headless, call, playbook, arguments, is_from_cluster)?;
    let (target, applier) = (query.object.clone(), query.applier.clone());
    let live = match is_from_cluster {
        true => Some(runtime::connect(&call.options, &call.context).await.map_err(|failure| failure.error("the cluster"))?),
        false => None,
    };
    let changes = call.options.changes(Desk::of(call.options.repositories()));
    if file::is_edited(playbook) {
        let (opening, order) = changes.opening(live.as_ref(), query.clone()).await?;
        let Some(edit) = file::edited(call, arguments, opening).await? else {
            let outcome = Outcome::Printed(print::unedited(arguments.output)?);
            return Ok(Planning { headless, outcome, runs_programs: false });
        };
        query.order = ChangeOrder { by_hand: Some(Box::new(edit)), layer: LayerChoice::Set, ..order };
    }
    let (proposed, asking) = changes.propose(live.as_ref(), query, call.readonly, &call.context).await?;
    let mut proposal = match proposed {
        Proposed::Ready(proposal) => proposal,
        Proposed::Unchanged { object, base } => {
            let outcome = Outcome::Printed(print::unchanged(&object, &base, arguments.output)?);
            return Ok(Planning { headless, outcome, runs_programs: false });
        }
        Proposed::Refused(refused) => {
            let outcome = Outcome::Printed(print::refused(&refused, arguments.output)?);
            return Ok(Planning { headless, outcome, runs_programs: false });
        }
        Proposed::Unknown(question) => {
            return Err(Error::failed(
                question.why,
                "name a checkout of it: --repo DIR, with --path; the screen asks once and keeps it",
            ));
        }
    };
    let runs_programs = asking.runs_programs();
    // a program that was started for this ends with it; nothing was sent yet
    let answers = match runs_programs {
        false => changes.asked(live.as_ref(), &asking).await,
        true => tokio::select! {
            answers = changes.asked(live.as_ref(), &asking) => answers,
            code = crate::run::stopped() => return Ok(Planning { headless, outcome: Outcome::Printed(code), runs_programs }),
        },
    };
    for answered in answers {
        match answered {
            Answered::Check(check) => proposal.checked(&[check]),
            Answered::Rendered(rendered) => proposal.also_renders(&rendered),
            Answered::Competing(pulls) => proposal.competing = pulls,
        }
    }
    let outcome = Outcome::Ready(Box::new(Ready { proposal, target, applier }));
    Ok(Planning { headless, outcome, runs_programs })
}

/// Reads the cluster of a context.
pub(in crate::cli) async fn connected(call: &Call, context: &str) -> Result<Headless> {
    let mut headless = Headless::start(context, call.options.clone(), select::settings(call), false);
    headless.complete(PATIENCE, "nothing was done", |_, _| false).await?;
    Ok(headless)
}

/// What is asked for, as an order.
fn query(
    headless: &Headless,
    call: &Call,
    playbook: &Playbook,
    arguments: &Arguments,
    is_from_cluster: bool,
) -> Result<ChangeQuery> {
    let namespaces: Vec<_> = call.options.namespaces.iter().map(|name| name.to_string()).collect();
    let find = |object: &String| {
        let (found, applier) = match is_from_cluster || arguments.goal() > ChangeGoal::Merged {
            true => found(headless.state(), playbook, &Named::parse(object)?, &namespaces, is_from_cluster)?,
            false => (None, None),
        };
        let namespace = match (&found, namespaces.as_slice()) {
            (Some(object), _) => object.namespace.to_string(),
            (None, [one]) => one.clone(),
            (None, _) => String::new(),
        };
        Ok((found, applier, OrderedObject { object: object.clone(), namespace }))
    };
    let mut all = arguments.objects.iter().map(find).collect::<Result<Vec<_>>>()?.into_iter();
    let (object, applier, OrderedObject { object: name, namespace }) = all.next().expect("one is named");
    let (found, also): (Vec<_>, Vec<_>) = all.map(|(found, _, ordered)| (found, ordered)).unzip();
    let order = ChangeOrder {
        playbook: playbook.name.to_owned(),
        object: name,
        namespace,
        also,
        settings: arguments.settings(),
        by_hand: None,
        taken_back: None,
        left_out: arguments.leave_out.clone(),
        layer: arguments.layer.as_deref().map(LayerChoice::parse).transpose()?.unwrap_or_default(),
        is_wide: arguments.wide,
        site: site(arguments)?,
        title: arguments.title.clone().unwrap_or_default(),
        reason: arguments.reason.clone().unwrap_or_default(),
        body: body(arguments)?,
        labels: arguments.label.clone(),
        reviewers: arguments.reviewer.clone(),
        is_draft: arguments.draft,
        merges_later: arguments.auto_merge,
        expected: Vec::new(),
        is_push_only: arguments.push_only,
        may_fork: arguments.fork,
    };
    let consent = if arguments.run_policy { PolicyConsent::Once } else { PolicyConsent::Kept };
    Ok(ChangeQuery { object, also: found.into_iter().flatten().collect(), applier, order, said: None, consent })
}

/// The text of the user for the pull request.
fn body(arguments: &Arguments) -> Result<String> {
    match (&arguments.body, &arguments.body_file) {
        (Some(text), _) => Ok(text.clone()),
        (None, Some(file)) => source::text(file),
        (None, None) => Ok(String::new()),
    }
}

/// What the arguments say of the repository.
fn site(arguments: &Arguments) -> Result<ChangeSite> {
    let scope = match (&arguments.what.path, &arguments.what.kustomization) {
        (Some(path), _) => SiteScope::Folder(super::folder(path)?),
        (None, Some(name)) => SiteScope::Kustomization(name.clone()),
        (None, None) => SiteScope::Any,
    };
    let folder = match &arguments.files.repo {
        Some(folder) => {
            let missing =
                |error| Error::failed(format!("cannot open {}: {error}", folder.display()), "pass a checkout: --repo DIR");
            std::path::absolute(folder).map_err(missing)?.display().to_string()
        }
        None => String::new(),
    };
    Ok(ChangeSite {
        folder,
        remote: arguments.remote.clone().unwrap_or_default(),
        base: arguments.base.clone().unwrap_or_default(),
        scope,
        ..ChangeSite::default()
    })
}

type Found = (Option<ObjectRef>, Option<ObjectRef>);

/// The object in the cluster, and what applies it.
fn found(state: &State, playbook: &Playbook, named: &Named, namespaces: &[String], is_needed: bool) -> Result<Found> {
    let cluster = state.cluster();
    let is_meant = |id: &&ObjectRef| named.means(&id.gk.group, &id.gk.kind, &id.namespace, &id.name, namespaces);
    let all: Vec<_> =
        cluster.store.nodes().filter_map(|node| cluster.store.object(node)).map(|object| &object.id).filter(is_meant).collect();
    match all.as_slice() {
        [one] if playbook.is_of_content(&one.gk) => Ok((Some((*one).clone()), Some((*one).clone()))),
        [one] => {
            let manifest = cluster.manifest(one);
            if let Some(maker) = manifest.as_ref().map(|manifest| &manifest.object).filter(|maker| maker != one) {
                let (name, place) = (&maker.name, &maker.namespace);
                let hint = match kinds::of(&maker.gk) {
                    kind if kind.has(Trait::Charted) => format!(
                        "change its values: fluxdeck run {} {}/{name} -n {place} --set spec.values.KEY=VALUE",
                        playbooks::field_setter("", "").0.name,
                        maker.gk.kind
                    ),
                    _ => format!("fluxdeck run {} {}/{name} -n {place} --set FIELD=VALUE", playbook.name, maker.gk.kind),
                };
                return Err(Error::failed(format!("{one} is not in git itself: {maker} makes it"), hint));
            }
            Ok((Some((*one).clone()), manifest.map(|manifest| manifest.applied_by)))
        }
        [] if is_needed => {
            let place = if namespaces.is_empty() { String::new() } else { format!(" in {}", namespaces.join(", ")) };
            let message = format!("the cluster has no {named}{place}, as far as it was read");
            Err(Error::failed(message, "name its namespace with -n, or a checkout with --repo DIR"))
        }
        [] => Ok((None, None)),
        many => {
            let names: Vec<_> = many.iter().map(ToString::to_string).collect();
            Err(Error::usage("the name fits several objects", format!("choose one with -n: {}", names.join(", "))))
        }
    }
}
