//! Reconcile with source: first the source, then the object (flux2 `cmd/flux/reconcile_with_source.go`).
//!
//! Kustomization: its source. HelmRelease: the OCIRepository of its `chartRef`; or the HelmChart (of `chartRef`, or the one that
//! helm-controller makes) after that chart's own source. A source that no controller reconciles (an OCI HelmRepository) is left
//! out.

use super::{Action, Case, Fit, Headless, Reach, Step, Where, reconcile};
use crate::domain::{NodeId, Object, Presence, Relation};
use crate::forms::Answers;
use crate::kinds::{self, Kind, Role, Trait};

pub(super) const ACTION: Action = Action {
    name: "reconcile-with-source",
    word: "reconcile",
    key: "W",
    label: "reconcile with its source",
    doc: "reconcile the source, and the chart, then the object itself",
    reach: Reach::Rows("reconcile now, its source first"),
    headless: Headless::Flag { of: &reconcile::ACTION, flag: "with-source", doc: "Reconcile its source first, and its chart" },
    form: |_| reconcile::form(),
    kinds: is_meant,
    reads: |kind| (kind.role == Role::Source).then_some(Where::Everywhere),
    fits,
    steps,
    line: |case: &Case, answers: &Answers| format!("{} --with-source", reconcile::line(case, answers)),
    ..Action::BASE
};

fn is_meant(kind: &Kind) -> bool {
    kind.has(Trait::Sourced) || kind.has(Trait::Charted)
}

fn fits(case: &Case, answers: &Answers) -> Fit {
    if !is_meant(case.kind) {
        return Fit::Never(format!("{} has no such source", case.a_kind()));
    }
    // the object's own suspension is checked before its source's, as the CLI does
    match reconcile::fits_with(case, answers) {
        Fit::Yes => sources(case).err().unwrap_or(Fit::Yes),
        other => other,
    }
}

fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    let token = reconcile::token(case);
    let before = sources(case).unwrap_or_default().into_iter().map(|source| Step::reconcile(source, &token, &[]));
    before.chain([Step::reconcile(case.object, &token, &reconcile::also(answers))]).collect()
}

/// What is reconciled before the object, in order; or why that is not possible.
fn sources<'a>(case: &Case<'a>) -> Result<Vec<&'a Object>, Fit> {
    let nodes = if case.kind.has(Trait::Sourced) {
        vec![case.neighbour(Relation::Source).ok_or_else(|| Fit::NotNow("it names no source".to_owned()))?]
    } else {
        chart(case).map_err(Fit::NotNow)?
    };
    let mut found = Vec::new();
    for node in nodes {
        let id = case.store.reference(node);
        if kinds::of(&id.gk).has(Trait::Unasked) {
            return Err(Fit::NotNow(format!("its source is {id}, which cannot be reconciled on request")));
        }
        let Some(source) = case.beside(node) else {
            return Err(match case.store.presence(node) {
                Presence::Restricted => Fit::Forbidden(format!("you may not read its source {id}")),
                _ => Fit::NotNow(format!("its source {id} does not exist")),
            });
        };
        if !source.is_reconciled() {
            continue;
        }
        if let Some(why) = reconcile::fits(&source).reason() {
            return Err(Fit::NotNow(format!("its source {id} is {why}")));
        }
        found.push(source.object);
    }
    Ok(found)
}

/// The chart of a HelmRelease, after the chart's own source.
fn chart(case: &Case) -> Result<Vec<NodeId>, String> {
    let chart = match case.neighbour(Relation::Chart) {
        Some(chart) => chart,
        // helm-controller has not said which chart it made yet: it is named after the release, beside the source
        None => {
            let source = case.neighbour(Relation::Source).ok_or("it names no chart")?;
            let own = &case.object.id;
            let place = &case.store.reference(source).namespace;
            let id = case.reference(kinds::HELM_CHART, place, &format!("{}-{}", own.namespace, own.name));
            case.store.find(&id).ok_or(format!("its chart {id} does not exist"))?
        }
    };
    if *kinds::of(&case.store.reference(chart).gk) != *kinds::HELM_CHART {
        return Ok(vec![chart]);
    }
    let of_chart = case.store.out(chart).iter().find(|link| link.relation == Relation::Source).map(|link| link.node);
    Ok(of_chart.into_iter().chain([chart]).collect())
}
