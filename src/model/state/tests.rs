//! Contexts that are left while something is done there.

use jiff::SignedDuration;
use serde_json::json;

use super::jobs::{Outcome, Phase};
use super::{Answer, Effect, Link, News, Settings, State};
use crate::actions::testing::{action, allowed, object, ready, reference};
use crate::actions::{Answers, Demand};
use crate::domain::{ClusterId, Coverage, Delta, Scope};
use crate::kinds::testing::NOW;

fn state() -> State {
    let mut state = State::new(NOW.parse().expect("a time"), Settings::default());
    let web = object("ks", &json!({"status": ready()}));
    let scope = Scope { gk: web.id.gk.clone(), namespace: None };
    let cluster = state.cluster_mut();
    (cluster.context, cluster.link, cluster.user) = ("prod".into(), Link::Live, Some("ana".into()));
    cluster.apply(vec![Delta::Upsert(Box::new(web)), Delta::Coverage(scope, Coverage::Complete)]);
    state
}

fn act(state: &mut State, name: &str, effects: &mut Vec<Effect>) -> Answer {
    let targets = state.targets(&[reference("ks", "apps", "web")]);
    state.act(action(name), targets, &Answers::default(), &[], effects)
}

/// The first request that goes out once it is recorded.
fn written(effects: &[Effect]) -> Option<Effect> {
    let permitted =
        effects.iter().filter_map(|effect| if let Effect::Commit(commit) = effect { Some(&commit.then) } else { None });
    permitted.flatten().next().cloned()
}

/// Everything that `name` needs is allowed.
fn allow(state: &mut State, name: &str) {
    state.cluster_mut().rights = allowed(name, &[reference("ks", "apps", "web")]);
}

#[test]
fn a_job_goes_on_in_a_context_that_was_left_and_then_lets_go_of_it() {
    let mut state = state();
    allow(&mut state, "reconcile");
    let mut effects = Vec::new();
    let Answer::Started(id) = act(&mut state, "reconcile", &mut effects) else { panic!("it runs at once") };
    let Some(Effect::Write { task, epoch, .. }) = written(&effects) else { panic!("a request goes out: {effects:?}") };
    assert!(matches!(state.switch("staging"), Effect::Connect { keep: true, .. }));
    effects.clear();
    let now = state.clock;
    state.hear_outcome(task, Outcome::Taken { generation: 1, is_proven: true }, now, &mut effects);
    let done = object(
        "ks",
        &json!({"status": {"observedGeneration": 1, "lastHandledReconcileAt": NOW,
            "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}}),
    );
    let news = || News::Deltas(vec![Delta::Upsert(Box::new(done.clone()))]);
    assert!(state.hear_left(ClusterId(0), epoch, news(), &mut effects));
    assert!(matches!(state.jobs.find(id).expect("kept").items()[0].phase, Phase::Done { .. }));
    assert!(effects.contains(&Effect::Leave { cluster: ClusterId(0), epoch }), "{effects:?}");
    assert!(!state.hear_left(ClusterId(0), epoch, news(), &mut effects), "nobody is left there");
    assert!(state.cluster().store.nodes().next().is_none(), "the new context shows nothing of it");
    assert!(matches!(state.switch("prod"), Effect::Connect { keep: false, .. }));
}

#[test]
fn a_job_whose_connection_was_lost_says_what_it_does_not_know() {
    let mut state = state();
    allow(&mut state, "reconcile");
    let mut effects = Vec::new();
    let Answer::Started(id) = act(&mut state, "reconcile", &mut effects) else { panic!("it runs at once") };
    let Some(Effect::Write { task, .. }) = written(&effects) else { panic!("a request goes out: {effects:?}") };
    let now = state.clock;
    state.hear_outcome(task, Outcome::Taken { generation: 1, is_proven: true }, now, &mut effects);
    state.cluster_mut().link = Link::Stale { since: now, why: "connection refused".into() };
    state.clock = now.checked_add(SignedDuration::from_mins(5)).expect("a time");
    state.advance_jobs(&mut effects);

    let phase = &state.jobs.find(id).expect("kept").items()[0].phase;
    assert!(matches!(phase, Phase::Unknown { why } if why.contains("connection refused")), "{phase:?}");
}

#[test]
fn an_act_waits_for_the_right_to_it_and_starts_by_itself() {
    for is_allowed in [true, false] {
        let mut state = state();
        let mut effects = Vec::new();
        assert!(matches!(act(&mut state, "reconcile", &mut effects), Answer::Asked));
        let asks = |effects: &[Effect]| {
            let of = |effect: &Effect| if let Effect::Review { asks, .. } = effect { Some(asks.clone()) } else { None };
            effects.iter().rev().find_map(of).unwrap_or_default()
        };
        // refused in the namespace, it is asked for the object
        for _ in 0..2 {
            let asked = asks(&effects);
            state.hear_rights(asked.into_iter().map(|ask| (ask, is_allowed)).collect(), &mut effects);
        }
        assert_eq!(state.jobs.running().count(), usize::from(is_allowed));
        let told = state.notice.as_ref().map(|notice| notice.text.as_str()).unwrap_or_default();
        assert_eq!(told.contains("you may not patch kustomizations in \"apps\""), !is_allowed, "{told}");
    }
}

#[test]
fn what_is_confirmed_is_what_was_shown() {
    let mut state = state();
    allow(&mut state, "delete");
    let mut effects = Vec::new();
    let Answer::Confirm(shown) = act(&mut state, "delete", &mut effects) else { panic!("it asks first") };
    assert_eq!(shown.demand, Demand::Yes);
    // meanwhile it is deleted, and made again
    let other = object("ks", &json!({"metadata": {"uid": "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"}, "status": ready()}));
    state.cluster_mut().apply(vec![Delta::Upsert(Box::new(other))]);
    effects.clear();

    let refused = state.accept(&shown, "", &mut effects).expect_err("another object");
    assert!(refused.message.contains("another object has taken its name"), "{refused}");
    assert!(effects.is_empty() && state.jobs.all().is_empty());
}
