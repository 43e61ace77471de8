//! Restart a workload: new pods from the same template (kubectl `rollout restart`, `pkg/polymorphichelpers/objectrestarter.go`).

use serde_json::json;

use super::{Action, Case, Consequence, Fit, Grade, Headless, Proof, Reach, Request, Step, Until, Waits, Weight};
use crate::domain::text::counted;
use crate::forms::Answers;
use crate::kinds::{Kind, Trait};

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

pub(super) const ACTION: Action = Action {
    name: "restart",
    word: "restart",
    key: "r",
    label: "restart…",
    doc: "replace the pods of a Deployment, StatefulSet or DaemonSet one after the other",
    reach: Reach::Rows("on a workload: restart"),
    footer: true,
    command: Some("restart the selected workloads"),
    headless: Headless::Command { doc: "Replace the pods of workloads", waits: Waits::OnDemand },
    weight: Weight::Grave,
    kinds: is_meant,
    fits: |case, _| fits(case),
    steps,
    consequences,
    // kustomize-controller takes back what kubectl sets under its own name
    line: |case: &Case, _: &Answers| {
        format!("kubectl rollout restart {} --field-manager={}", case.kubectl_words(), super::FIELD_MANAGER)
    },
    ..Action::BASE
};

fn is_meant(kind: &Kind) -> bool {
    kind.has(Trait::Restarts)
}

fn fits(case: &Case) -> Fit {
    if !is_meant(case.kind) {
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
        switch: None,
    }]
}

fn consequences(case: &Case) -> Vec<Consequence> {
    let pods = case.object.facts.ready.map(|(_, desired)| desired).unwrap_or_default();
    let text = format!("replaces {} by the workload's update strategy; git is unchanged", counted(pods, "pod"));
    vec![Consequence::new(Grade::Note, text)]
}
