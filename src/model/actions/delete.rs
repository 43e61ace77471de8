//! Delete: an object of Flux, with what its finalizer takes along (flux2 `cmd/flux/delete.go`).

use super::{Action, Case, Fit, Headless, Reach, Step, Verb, Waits, Weight, guards};
use crate::forms::Answers;
use crate::kinds::{Kind, Trait};

pub(super) const ACTION: Action = Action {
    name: "delete",
    word: "delete",
    key: "ctrl-d",
    label: "delete…",
    doc: "delete it from the cluster; says first what goes with it",
    reach: Reach::Rows("delete, once it is confirmed"),
    footer: true,
    command: Some("delete the selected objects"),
    headless: Headless::Command {
        doc: "Delete objects of Flux, or pods; says first what goes with them",
        waits: Waits::OnDemand,
    },
    weight: Weight::Grave,
    verb: Verb::Delete,
    kinds: Kind::is_flux,
    reads: guards::appliers,
    fits: |case, _| fits(case),
    steps: |case, _| vec![Step::delete(case.object)],
    consequences: guards::of_deleting,
    line,
    ..Action::BASE
};

fn fits(case: &Case) -> Fit {
    if case.kind.has(Trait::Remade) {
        return Fit::Never("its controller would write it again at once".to_owned());
    }
    if !case.kind.is_flux() {
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
