//! Delete a pod: what owns it makes another.

use super::{Action, Answers, Case, Consequence, Fit, Form, Grade, Step, Weight};

pub(super) const ACTION: Action = Action {
    name: "delete-pod",
    key: "ctrl-d",
    label: "delete the pod…",
    doc: "delete a pod; what owns it makes another",
    weight: Weight::Grave,
    form: Form::Nothing,
    verb: "delete",
    fits,
    steps: |case, _| vec![Step::delete(case.object)],
    consequences,
    line: |case: &Case, _: &Answers| format!("kubectl delete {}", case.kubectl_words()),
};

fn fits(case: &Case) -> Fit {
    if !case.is("", "Pod") {
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
    let told = match (owner, applier) {
        (Some(owner), _) => Consequence::new(Grade::Note, format!("{owner} makes another")),
        (None, Some(applier)) => {
            Consequence::new(Grade::Warning, format!("nothing owns it: {applier} applies it again with its next run"))
        }
        (None, None) => Consequence::new(Grade::Danger, "nothing owns it: it does not come back"),
    };
    vec![told]
}
