//! Delete: a Flux object, with everything that its finalizer deletes (flux2 `cmd/flux/delete.go`).

use super::{Action, Case, Fit, Headless, Reach, Step, Verb, Waits, Weight, guards};
use crate::forms::Answers;
use crate::kinds::{Kind, Trait};

pub(super) const ACTION: Action = Action {
    name: "delete",
    word: "delete",
    key: "ctrl-d",
    label: "delete…",
    doc: "delete it from the cluster; first shows what is deleted with it",
    reach: Reach::Rows("delete, once it is confirmed"),
    footer: true,
    command: Some("delete the selected objects"),
    headless: Headless::Command {
        doc: "Delete Flux objects or pods; first shows what is deleted with them",
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
        return Fit::Never("its controller would recreate it at once".to_owned());
    }
    if !case.kind.is_flux() {
        return Fit::Never(format!("only Flux objects and pods can be deleted here, not {}", case.a_kind()));
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
