//! Changes in git from the confirmed proposal to the pods, each step through the journal.

use serde_json::json;

use super::*;
use crate::domain::{Pull, PullState};
use crate::state::jobs::change::tests::{merged, prepared, pull, submission};
use crate::state::jobs::change::{ChangeNews, ChangeOutcome, ChangePhase, ChangeStep, Reached, StepState};
use crate::state::jobs::{Keeper, Loaded, Submitter};

const MERGE: &str = "main@sha1:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
const OLD: &str = "main@sha1:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NEXT: &str = "main@sha1:ffffffffffffffffffffffffffffffffffffffff";

fn source(revision: &str) -> Value {
    let status = json!({"artifact": {"revision": revision}, "conditions": ready()["conditions"], "observedGeneration": 1});
    json!({"metadata": {"name": "fleet"}, "status": status})
}

fn applier(attempted: &str) -> Value {
    let status = json!({
        "lastAppliedRevision": attempted, "lastAttemptedRevision": attempted, "conditions": ready()["conditions"],
        "observedGeneration": 1,
    });
    json!({"metadata": {"name": "apps"}, "spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}, "status": status})
}

fn deployment(generation: i64, ready: u32) -> Value {
    let available = if ready == 5 { "True" } else { "False" };
    json!({
        "metadata": {"name": "web", "generation": generation},
        "spec": {"replicas": 5},
        "status": {
            "observedGeneration": generation, "replicas": 5, "updatedReplicas": 5, "readyReplicas": ready, "availableReplicas": ready,
            "conditions": [{"type": "Available", "status": available}],
        },
    })
}

/// A change whose pull request is open.
fn opened(objects: Vec<crate::domain::Object>) -> Bench {
    let mut bench = Bench::with(objects);
    let (target, applier) = (reference("deploy", "apps", "web"), reference("ks", "apps", "apps"));
    submit(&mut bench, Some(target), Some(applier));
    for outcome in [prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))] {
        answer(&mut bench, outcome);
    }
    bench
}

fn submit(bench: &mut Bench, target: Option<ObjectRef>, applier: Option<ObjectRef>) {
    let (submission, key, now) = (submission(target, applier), key(), bench.now);
    bench.step(|jobs, view, _, effects| {
        let by = Submitter { cluster: &key, context: "prod", user: "ana", now };
        jobs.submit(&submission, &by, Some(view), effects);
    });
}

/// The steps that went out.
fn asked(bench: &mut Bench) -> Vec<(Task, ChangeStep)> {
    let step = |effect| if let Effect::Change { task, step, .. } = effect { Some((task, step)) } else { None };
    std::mem::take(&mut bench.effects).into_iter().filter_map(step).collect()
}

/// Answers the only step that is out.
fn answer(bench: &mut Bench, outcome: ChangeOutcome) {
    let asked = asked(bench);
    assert_eq!(asked.len(), 1, "{asked:?}");
    let task = asked[0].0;
    bench.step(|jobs, view, now, effects| jobs.receive_change(task, outcome, Some(view), now, effects));
}

fn look(bench: &mut Bench) -> Vec<ChangeStep> {
    bench.step(|jobs, view, now, effects| jobs.advance_changes(Some(view), now, effects));
    asked(bench).into_iter().map(|(_, step)| step).collect()
}

fn progress(bench: &Bench) -> &crate::state::jobs::change::ChangeProgress {
    &bench.job().change().expect("a change").progress
}

fn merge(bench: &mut Bench) {
    bench.now = bench.now.checked_add(SignedDuration::from_secs(10)).expect("a time");
    bench.step(|jobs, view, now, effects| jobs.advance_changes(Some(view), now, effects));
    answer(bench, ChangeOutcome::Pull(Box::new(pull(merged()))));
}

#[test]
fn a_merge_its_end_and_that_it_is_stuck_are_news_once_each() {
    let mut bench = opened(Vec::new());
    let news = |bench: &mut Bench| {
        let text = |news| match news {
            ChangeNews::Good(text) => text,
            ChangeNews::Bad(error) => error.to_string(),
        };
        bench.jobs.take_news().into_iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(news(&mut bench), Vec::<String>::new(), "the user has opened it");
    let stuck = || Pull { is_mergeable: Some(false), ..pull(PullState::Open) };
    for expected in [&["Deployment apps/web: replicas 3 -> 5: the forge cannot merge #12 at present: J shows it"][..], &[]] {
        bench.now = bench.now.checked_add(SignedDuration::from_secs(100)).expect("a time");
        bench.step(|jobs, view, now, effects| jobs.advance_changes(Some(view), now, effects));
        answer(&mut bench, ChangeOutcome::Pull(Box::new(stuck())));
        assert_eq!(news(&mut bench), expected);
    }
    bench.now = bench.now.checked_add(SignedDuration::from_secs(100)).expect("a time");
    merge(&mut bench);
    assert_eq!(news(&mut bench), ["Deployment apps/web: replicas 3 -> 5: #12 is merged"]);
}

#[test]
fn a_merged_change_is_followed_until_the_pods_run_it() {
    let objects = || vec![object("gitrepo", &source(OLD)), object("ks", &applier(OLD)), object("deploy", &deployment(1, 5))];
    let mut bench = opened(objects());
    merge(&mut bench);
    assert_eq!(asked(&mut bench).len(), 1, "it is asked whether the old revision contains the merge");
    let task = Task { turn: progress(&bench).turn, ..Task { job: bench.job().id, item: 0, turn: 0 } };
    let no = ChangeOutcome::Contains { revision: OLD.into(), is_in: Some(false) };
    bench.step(|jobs, view, now, effects| jobs.receive_change(task, no, Some(view), now, effects));
    assert_eq!(look(&mut bench), [], "once for each revision");

    bench.put("gitrepo", &source(MERGE));
    assert_eq!(look(&mut bench), []);
    assert!(matches!(progress(&bench).rollout.fetched, Reached::Seen { .. }));

    bench.put("ks", &applier(MERGE));
    bench.step(|jobs, view, now, effects| jobs.advance_changes(Some(view), now, effects));
    answer(&mut bench, ChangeOutcome::Carries(Ok(false)));
    assert!(matches!(progress(&bench).rollout.applied, Reached::Waiting { .. }), "the object does not have the value yet");

    bench.put("deploy", &deployment(2, 3));
    bench.step(|jobs, view, now, effects| jobs.advance_changes(Some(view), now, effects));
    answer(&mut bench, ChangeOutcome::Carries(Ok(true)));
    assert!(matches!(progress(&bench).rollout.applied, Reached::Seen { .. }));
    assert!(!bench.job().is_over(), "three of five are ready");

    bench.put("deploy", &deployment(2, 5));
    look(&mut bench);
    assert_eq!(bench.job().change().map(|change| change.phase().word()), Some("done"));
    let log: Vec<_> = progress(&bench).log.iter().map(|line| line.text.as_str()).collect();
    assert!(log.iter().any(|line| line.starts_with("fetched")) && log.iter().any(|line| line.starts_with("applied")), "{log:?}");
}

/// Neither a label nor an annotation changes the generation of an object.
#[test]
fn what_an_object_lacks_is_read_again_although_no_generation_says_so() {
    let objects = vec![object("gitrepo", &source(OLD)), object("ks", &applier(OLD)), object("deploy", &deployment(1, 5))];
    let mut bench = opened(objects);
    bench.put("gitrepo", &source(MERGE));
    bench.put("ks", &applier(MERGE));
    merge(&mut bench);
    answer(&mut bench, ChangeOutcome::Carries(Ok(false)));
    assert_eq!(look(&mut bench), [], "it was read just now");
    let again = bench.jobs.next_change(bench.now).expect("nothing else would begin a turn");
    assert!((1..=10).contains(&again), "{again}");
    bench.now = bench.now.checked_add(SignedDuration::from_secs(10)).expect("a time");
    bench.step(|jobs, view, now, effects| jobs.advance_changes(Some(view), now, effects));
    answer(&mut bench, ChangeOutcome::Carries(Ok(true)));
    assert_eq!(bench.job().change().map(|change| change.phase().word()), Some("done"));
}

#[test]
fn a_later_revision_that_contains_the_merge_counts_too() {
    let objects = vec![object("gitrepo", &source(NEXT)), object("ks", &applier(OLD)), object("deploy", &deployment(1, 5))];
    let mut bench = opened(objects);
    merge(&mut bench);
    answer(&mut bench, ChangeOutcome::Contains { revision: NEXT.into(), is_in: Some(true) });
    look(&mut bench);
    assert!(matches!(progress(&bench).rollout.fetched, Reached::Seen { .. }), "{:?}", progress(&bench).rollout);
}

/// Where dependencies form a cycle, a new revision starts nobody.
#[test]
fn what_the_kustomization_waits_for_is_named() {
    let mut apps = applier(OLD);
    apps["spec"]["dependsOn"] = json!([{"name": "system"}]);
    let mut system = applier(OLD);
    system["metadata"]["name"] = json!("system");
    let objects =
        [object("gitrepo", &source(MERGE)), object("ks", &apps), object("ks", &system), object("deploy", &deployment(1, 5))];
    let mut bench = opened(objects.into());
    merge(&mut bench);
    answer(&mut bench, ChangeOutcome::Contains { revision: OLD.into(), is_in: Some(false) });
    let applied = |bench: &Bench| progress(bench).rollout.applied.clone();
    let why = "it depends on Kustomization apps/system, which is at main@bbbbbbb".to_owned();
    assert_eq!(applied(&bench), Reached::Waiting { why });

    system["spec"]["suspend"] = json!(true);
    bench.put("ks", &system);
    look(&mut bench);
    let why = "it depends on Kustomization apps/system, which is suspended".to_owned();
    assert_eq!(applied(&bench), Reached::Waiting { why });

    system["status"]["lastAppliedRevision"] = json!(MERGE);
    bench.put("ks", &system);
    look(&mut bench);
    assert_eq!(applied(&bench), Reached::Waiting { why: "at main@bbbbbbb".to_owned() });
}

#[test]
fn what_may_not_be_read_is_not_visible_and_not_guessed() {
    // neither the Kustomization nor the source is followed: only the Deployment is
    let mut bench = opened(vec![object("deploy", &deployment(1, 5))]);
    merge(&mut bench);
    answer(&mut bench, ChangeOutcome::Carries(Ok(true)));
    look(&mut bench);

    let rollout = &progress(&bench).rollout;
    assert!(matches!(rollout.fetched, Reached::NotVisible { .. }), "{rollout:?}");
    assert!(matches!(rollout.applied, Reached::NotVisible { .. }), "{rollout:?}");
    assert!(matches!(rollout.rolled_out, Reached::Seen { .. }), "{rollout:?}");
}

#[test]
fn nothing_is_pushed_before_it_is_written_down() {
    let mut bench = Bench::with([]);
    submit(&mut bench, None, None);
    bench.is_full = true;
    let task = asked(&mut bench)[0].0;
    let mut effects = Vec::new();
    let view = View { cluster: ClusterId(0), epoch: Epoch(0), store: &Store::default(), lost: None };
    bench.jobs.receive_change(task, prepared(), Some(&view), bench.now, &mut effects);
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Change { .. })), "{effects:?}");
    bench.jobs.flush(&mut effects);
    let permitted: Vec<_> =
        effects.iter().filter_map(|effect| if let Effect::Commit(commit) = effect { Some(&commit.then) } else { None }).collect();
    assert!(matches!(permitted[0][..], [Effect::Change { step: ChangeStep::Push, .. }]), "{permitted:?}");
}

#[test]
fn another_run_shows_a_change_and_sends_nothing_of_it_unasked() {
    let mut bench = Bench::with([]);
    submit(&mut bench, None, None);
    answer(&mut bench, prepared());
    let id = bench.job().id;
    let job = journal::read(&bench.journals[&id]).expect("a journal can be read").job;
    let mut next = Bench::with([]);
    next.jobs.loaded(vec![Loaded { job: job.clone(), is_elsewhere: false }]);
    assert_eq!(next.job().keeper, Keeper::Nobody);
    next.step(|jobs, _, now, effects| jobs.taken_up(id, Ok(Box::new(job)), None, now, effects));

    assert_eq!(asked(&mut next), []);
    assert!(matches!(next.job().change().map(|change| change.phase()), Some(ChangePhase::Push(StepState::Waiting { .. }))));
    next.step(|jobs, _, now, effects| jobs.resume_change(id, now, effects));
    assert_eq!(asked(&mut next).into_iter().map(|(_, step)| step).collect::<Vec<_>>(), [ChangeStep::FindBranch]);
}
