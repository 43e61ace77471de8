//! Restart a workload: new pods from the same template (kubectl `rollout restart`, `pkg/polymorphichelpers/objectrestarter.go`).

use serde_json::json;

use super::{Action, Answers, Case, Consequence, Fit, Form, Grade, Proof, Request, Step, Until, Weight};

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

pub(super) const ACTION: Action = Action {
    name: "restart",
    key: "r",
    label: "restart…",
    doc: "replace the pods of a Deployment, StatefulSet or DaemonSet one after the other",
    weight: Weight::Grave,
    form: Form::Nothing,
    verb: "patch",
    fits,
    steps,
    consequences,
    // kustomize-controller takes back what kubectl sets under its own name
    line: |case: &Case, _: &Answers| {
        format!("kubectl rollout restart {} --field-manager={}", case.kubectl_words(), super::FIELD_MANAGER)
    },
};

fn fits(case: &Case) -> Fit {
    if !case.is_rollout() {
        return Fit::Never(format!("{} cannot be restarted", case.a_kind()));
    }
    if case.is_going() {
        return Fit::NotNow("being deleted".to_owned());
    }
    Fit::Yes
}

fn steps(case: &Case, _: &Answers) -> Vec<Step> {
    let now = case.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}});
    let pointer = format!("/spec/template/metadata/annotations/{}", RESTARTED_AT.replace('/', "~1"));
    vec![Step {
        object: case.object.id.clone(),
        uid: case.object.uid,
        request: Request::Merge(patch),
        proof: Proof::Says { pointer, value: now.into() },
        until: Until::RolledOut,
        must_run: false,
    }]
}

fn consequences(case: &Case) -> Vec<Consequence> {
    let pods = case.object.facts.ready.map(|(_, wished)| wished).unwrap_or_default();
    vec![Consequence::new(Grade::Note, format!("replaces {pods} pods, as the workload's strategy says; git stays as it is"))]
}
