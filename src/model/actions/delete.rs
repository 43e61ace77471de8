//! Delete: an object of Flux, with what its finalizer takes along (flux2 `cmd/flux/delete.go`).

use super::{Action, Answers, Case, Fit, Form, Step, Weight, guards};
use crate::kinds::{Role, group};

pub(super) const ACTION: Action = Action {
    name: "delete",
    key: "ctrl-d",
    label: "delete…",
    doc: "delete it from the cluster; says first what goes with it",
    weight: Weight::Grave,
    form: Form::Nothing,
    verb: "delete",
    fits,
    steps: |case, _| vec![Step::delete(case.object)],
    consequences: guards::of_deleting,
    line,
};

fn fits(case: &Case) -> Fit {
    if case.is(group::OPERATOR, "FluxReport") || case.is(group::SOURCE, "ExternalArtifact") {
        return Fit::Never("its controller would write it again at once".to_owned());
    }
    if case.kind.role == Role::Legacy || !case.kind.is_flux() {
        return Fit::Never(format!("only objects of Flux and pods are deleted here, not {}", case.a_kind()));
    }
    if case.is_going() {
        return Fit::Already("being deleted already".to_owned());
    }
    Fit::Yes
}

fn line(case: &Case, _: &Answers) -> String {
    case.flux_words()
        .map_or_else(|| format!("kubectl delete {}", case.kubectl_words()), |words| format!("flux delete {words} --silent"))
}
