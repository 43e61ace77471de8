//! A dry run on the files that are here: planned, checked by the programs of this machine, and printed. No cluster is needed, and nothing is
//! written.

use super::{Arguments, file, folder, print};
use crate::cli::source::Given;
use crate::cli::{Call, trust};
use crate::files::REAL;
use crate::records::allowed;
use crate::runtime::{self, Answered, Asking, Bench, Desk, FilesHere};
use fluxdeck_model::change::outside::UNALLOWED;
use fluxdeck_model::change::{
    ChangeOrder, ChangePlan, ChangeScope, ChangeSite, Check, CheckResult, LayerChoice, Opening, PlanOutcome,
};
use fluxdeck_model::error::Result;
use fluxdeck_model::guards::RepositoryPolicy;
use fluxdeck_model::playbooks::Playbook;

/// Plans, asks programs and prints. Returns the exit code.
pub(super) async fn dry_run(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<u8> {
    let mut order = order(call, playbook, arguments)?;
    if file::is_edited(playbook) {
        let opening = tokio::task::block_in_place(|| opened(call, arguments, &order))?;
        let Some(edit) = file::edited(call, arguments, opening).await? else {
            return print::unedited(arguments.output);
        };
        order = ChangeOrder { by_hand: Some(Box::new(edit)), layer: LayerChoice::Set, ..order };
    }
    // nothing else waits for this thread
    let (mut outcome, here, order) = tokio::task::block_in_place(|| planned(call, arguments, &order))?;
    let mut checks = Vec::new();
    if let PlanOutcome::Planned(plan) = &mut outcome {
        let asking = Asking::of_files(plan, here);
        checks = asking.begun();
        let changes = call.options.changes(Desk::of(call.options.repositories()));
        let answers = match asking.runs_programs() {
            false => changes.asked(None, &asking).await,
            // what was started ends with it
            true => tokio::select! {
                answers = changes.asked(None, &asking) => answers,
                code = crate::run::stopped() => return Ok(code),
            },
        };
        answers.into_iter().for_each(|answered| take(answered, plan, &mut checks));
    }
    let code = print::outcome(&outcome, &order, arguments.output, &checks)?;
    let has_failed = checks.iter().any(|check| check.result == CheckResult::Failed);
    Ok(if has_failed && !order.is_wide { 1 } else { code })
}

fn take(answered: Answered, plan: &mut ChangePlan, checks: &mut Vec<Check>) {
    match answered {
        Answered::Check(check) => match checks.iter_mut().find(|known| known.name == check.name) {
            Some(known) => *known = check,
            None => checks.push(check),
        },
        Answered::Rendered(more) => plan.rendered.extend(more),
        Answered::Competing(_) => {}
    }
}

fn order(call: &Call, playbook: &Playbook, arguments: &Arguments) -> Result<ChangeOrder> {
    Ok(ChangeOrder {
        playbook: playbook.name.to_owned(),
        object: arguments.objects[0].clone(),
        also: arguments.also(),
        settings: arguments.settings(),
        left_out: arguments.leave_out.clone(),
        layer: arguments.layer.as_deref().map(LayerChoice::parse).transpose()?.unwrap_or_default(),
        is_wide: arguments.wide,
        namespace: call.options.namespaces.first().map(|name| name.to_string()).unwrap_or_default(),
        site: ChangeSite {
            folder: arguments.files.repo.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default(),
            ..ChangeSite::default()
        },
        ..ChangeOrder::default()
    })
}

/// The file that makes the object, or the choice of them.
fn opened(call: &Call, arguments: &Arguments, order: &ChangeOrder) -> Result<Opening> {
    let namespaces: Vec<_> = call.options.namespaces.iter().map(|name| name.to_string()).collect();
    let (asked, order, deny) = (arguments.clone(), order.clone(), call.options.changes.deny.clone());
    let remotes = arguments.files.remotes(call.places.as_ref())?;
    arguments.files.worker(remotes)?.wait(move |bench| {
        let scope = given(bench, &asked)?;
        runtime::opened_file(bench, asked.files.rev.as_deref(), &order, &namespaces, scope, &deny)
    })
}

/// The plan, what programs are asked about it, and the order with what was found for it.
fn planned(call: &Call, arguments: &Arguments, order: &ChangeOrder) -> Result<(PlanOutcome, FilesHere, ChangeOrder)> {
    let namespaces: Vec<_> = call.options.namespaces.iter().map(|name| name.to_string()).collect();
    let (asked, deny, order) = (arguments.clone(), call.options.changes.deny.clone(), order.clone());
    let state = call.options.state_dir.clone();
    let remotes = arguments.files.remotes(call.places.as_ref())?;
    arguments.files.worker(remotes)?.wait(move |bench| {
        let scope = given(bench, &asked)?;
        let order = runtime::resolved_order(bench, asked.files.rev.as_deref(), &order, &namespaces, scope.clone(), &deny)?;
        let outcome = runtime::plan_outcome(bench, asked.files.rev.as_deref(), &order, &namespaces, scope, &deny)?;
        let view = asked.files.view(&bench.checkout)?;
        let mut runs = Vec::new();
        if let PlanOutcome::Planned(plan) = &outcome {
            let policies = RepositoryPolicy::of(view.tree())?.policy;
            let questions = trust::questions(&bench.checkout, &policies, view.tree());
            let is_allowed = |digest: &str| allowed::is_allowed(REAL, state.as_deref(), digest);
            let may_run = asked.run_policy || questions.iter().any(|one| is_allowed(&one.digest));
            let meant = runtime::programs_meant(&policies, &order, view.tree(), plan).into_iter();
            runs = meant.map(|run| if may_run { run } else { run.barred(UNALLOWED) }).collect();
        }
        let root = bench.checkout.is_git().then(|| bench.checkout.root().to_owned());
        Ok((outcome, FilesHere { folder: root, revision: asked.files.rev.clone(), runs }, order))
    })
}

/// The scope, with the values that were given for variables.
fn given(bench: &mut Bench, asked: &Arguments) -> Result<ChangeScope> {
    let given = Given::read(asked.what.substitute_from.as_deref())?;
    if asked.what.substitute_from.is_some() {
        // what only the cluster has is known to the builder from here on
        let Bench { checkout, builder, remotes } = &mut *bench;
        given.build(builder, remotes, asked.files.view(checkout)?.tree())?;
    }
    scope(asked, &given)
}

fn scope(asked: &Arguments, given: &Given) -> Result<ChangeScope> {
    Ok(match (&asked.what.path, &asked.what.kustomization) {
        (Some(path), _) => {
            let variables = asked.what.substitute_from.is_some().then(|| given.variables());
            ChangeScope::Folder { path: folder(path)?, variables }
        }
        (None, Some(name)) => ChangeScope::Kustomization(name.clone()),
        (None, None) => ChangeScope::Any,
    })
}
