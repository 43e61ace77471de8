//! Scale now: set the number of replicas until git, or an autoscaler, sets another.

use serde_json::json;

use super::{Action, Case, Fit, Headless, Proof, Reach, Request, Sets, Step, Until, Waits, Weight, Where, guards};
use crate::forms::{Answers, Field, Form, InputKind};
use crate::kinds::{Kind, Trait};

/// The only field of [`form`].
const REPLICAS: &str = "replicas";

pub(super) const ACTION: Action = Action {
    name: "scale",
    word: "scale",
    key: "s",
    label: "scale now…",
    doc: "set the number of replicas now, without git",
    reach: Reach::Objects("on a Deployment or StatefulSet: scale now"),
    footer: true,
    command: Some("scale the selected workloads now: `:scale 3`"),
    headless: Headless::Command { doc: "Scale workloads now, without git", waits: Waits::OnDemand },
    weight: Weight::Grave,
    form,
    kinds: is_meant,
    reads: |kind| kind.has(Trait::Scaler).then_some(Where::Beside),
    fits: |case, _| fits(case),
    steps,
    sets: Some(Sets { field: |_| Some("spec.replicas".to_owned()), is_usual: true }),
    consequences: guards::of_scaling,
    line,
    ..Action::BASE
};

/// Filled with the present number where that is one.
fn form(cases: &[Case]) -> Form {
    let field = Field::new(
        REPLICAS,
        "replicas",
        "How many",
        InputKind::Number { least: 0, most: i32::MAX.into(), what: "number of replicas" },
    );
    let present = match cases {
        [case] => case.object.facts.ready.map(|(_, desired)| desired.to_string()),
        _ => None,
    };
    Form::of([field.default(present.unwrap_or_default())])
}

fn is_meant(kind: &Kind) -> bool {
    kind.has(Trait::Scales)
}

fn fits(case: &Case) -> Fit {
    if !is_meant(case.kind) {
        return Fit::Never(format!("{} has no replicas of its own", case.a_kind()));
    }
    if case.is_going() {
        return Fit::NotNow("being deleted".to_owned());
    }
    Fit::Yes
}

fn steps(case: &Case, answers: &Answers) -> Vec<Step> {
    // an unanswered form changes nothing
    let present = case.object.facts.ready.map(|(_, desired)| i64::from(desired));
    let replicas = answers.number(REPLICAS).or(present).unwrap_or(1);
    vec![Step {
        object: case.object.id.clone(),
        uid: case.object.uid,
        request: Request::Merge(json!({"spec": {"replicas": replicas}})),
        proof: Proof::Says { pointer: "/spec/replicas".to_owned(), value: replicas.into() },
        until: Until::RolledOut,
        must_run: false,
        switch: None,
    }]
}

fn line(case: &Case, answers: &Answers) -> String {
    let replicas = answers.number(REPLICAS).map_or_else(|| "N".to_owned(), |replicas| replicas.to_string());
    format!("kubectl scale {} --replicas={replicas}", case.kubectl_words())
}
