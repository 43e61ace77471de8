//! Delete a pod: its owner creates another.

use super::{Action, Case, Consequence, Fit, Grade, Headless, Reach, Step, Verb, Weight, Where, delete};
use crate::kinds::{Kind, Trait};

pub(super) const ACTION: Action = Action {
    name: "delete-pod",
    word: "delete",
    key: "ctrl-d",
    label: "delete the pod…",
    doc: "delete a pod; its owner creates another",
    reach: Reach::Rows("also a pod"),
    footer: true,
    headless: Headless::Kinds(&delete::ACTION),
    weight: Weight::Grave,
    verb: Verb::Delete,
    kinds: is_meant,
    reads: |kind| kind.has(Trait::OwnsPods).then_some(Where::Beside),
    fits: |case, _| fits(case),
    steps: |case, _| vec![Step::delete(case.object)],
    consequences,
    line: |case, _| format!("kubectl delete {}", case.kubectl_words()),
    ..Action::BASE
};

fn is_meant(kind: &Kind) -> bool {
    kind.has(Trait::Replaced)
}

fn fits(case: &Case) -> Fit {
    if !is_meant(case.kind) {
        return Fit::Never("not a pod".to_owned());
    }
    if case.is_going() {
        return Fit::Already("being deleted already".to_owned());
    }
    Fit::Yes
}

fn consequences(case: &Case) -> Vec<Consequence> {
    let owner = case.store.owners(case.node).first().map(|owner| case.store.reference(*owner));
    let applier = case.applier();
    let consequence = match (owner, applier) {
        (Some(owner), _) => Consequence::new(Grade::Note, format!("{owner} makes another")),
        (None, Some(applier)) => {
            Consequence::new(Grade::Warning, format!("nothing owns it: {applier} applies it again at its next run"))
        }
        (None, None) => Consequence::new(Grade::Danger, "nothing owns it: it does not come back"),
    };
    vec![consequence]
}
