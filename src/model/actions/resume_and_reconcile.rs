//! Resume and reconcile: offered for reconciling a suspended object, which has no effect otherwise (flux2 `cmd/flux/reconcile.go`
//! refuses it: "resource is suspended").
//!
//! Two requests, the second when the first is seen: those of `flux resume` and of `flux reconcile`. For kinds that are suspended
//! by annotation the first one already requests a reconciliation ([`resume`]).

use super::{Action, Case, Consequence, Fit, Grade, Reach, Step, Switch, Until, Weight, reconcile, resume, suspend};
use crate::forms::Answers;
use crate::kinds::Suspend;

pub(super) const ACTION: Action = Action {
    name: "resume-and-reconcile",
    word: "resume",
    key: "R",
    label: "resume and reconcile…",
    doc: "resume the suspended object, then request a reconciliation",
    reach: Reach::Objects("offers to resume a suspended object first"),
    footer: true,
    // its side effects are worth a question; it harms no root
    weight: Weight::Waking,
    switch: Some(Switch::Resumes),
    instead_of: Some(&reconcile::ACTION),
    kinds: |kind| kind.suspend != Suspend::Never,
    fits: |case, _| fits(case),
    steps,
    sets: Some(suspend::SETS),
    consequences: |_| vec![Consequence::new(Grade::Warning, "its controller will reconcile it again")],
    line,
    ..Action::BASE
};

fn fits(case: &Case) -> Fit {
    if !case.is_suspended() {
        return Fit::Never("not suspended".to_owned());
    }
    match reconcile::fits_when_resumed(case) {
        Fit::Yes if case.kind.suspend == Suspend::Never => Fit::Never(format!("{} is never suspended", case.a_kind())),
        other => other,
    }
}

fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    let resumed = (resume::ACTION.steps)(case, answers);
    match case.kind.suspend {
        Suspend::Annotation(_) => resumed,
        Suspend::Spec | Suspend::Never => {
            let resumed = resumed.into_iter().map(|step| Step { until: Until::Resumed, ..step });
            resumed.chain((reconcile::ACTION.steps)(case, answers)).collect()
        }
    }
}

fn line(case: &Case, answers: &Answers) -> String {
    let resumed = (resume::ACTION.line)(case, answers);
    match case.kind.suspend {
        Suspend::Annotation(_) => resumed,
        Suspend::Spec | Suspend::Never => format!("{resumed} && {}", reconcile::line(case, answers)),
    }
}
