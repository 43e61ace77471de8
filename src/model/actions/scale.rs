//! Scale now: another number of pods until git, or an autoscaler, says otherwise.

use serde_json::json;

use super::{Action, Answers, Case, Fit, Form, Proof, Request, Step, Until, Weight, guards};

pub(super) const ACTION: Action = Action {
    name: "scale",
    key: "s",
    label: "scale now…",
    doc: "another number of replicas now, without git",
    weight: Weight::Grave,
    form: Form::Replicas,
    verb: "patch",
    fits,
    steps,
    consequences: guards::of_scaling,
    line,
};

fn fits(case: &Case) -> Fit {
    if !case.is_rollout() || case.kind.kind == "DaemonSet" {
        return Fit::Never(format!("{} has no replicas of its own", case.a_kind()));
    }
    if case.is_going() {
        return Fit::NotNow("being deleted".to_owned());
    }
    Fit::Yes
}

fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    // an unanswered form changes nothing
    let replicas = answers.replicas.or(case.object.facts.ready.map(|(_, wished)| wished)).unwrap_or(1);
    vec![Step {
        object: case.object.id.clone(),
        uid: case.object.uid,
        request: Request::Merge(json!({"spec": {"replicas": replicas}})),
        proof: Proof::Says { pointer: "/spec/replicas".to_owned(), value: replicas.into() },
        until: Until::RolledOut,
        must_run: false,
    }]
}

fn line(case: &Case, answers: &Answers) -> String {
    let replicas = answers.replicas.map_or_else(|| "N".to_owned(), |replicas| replicas.to_string());
    format!("kubectl scale {} --replicas={replicas}", case.kubectl_words())
}
