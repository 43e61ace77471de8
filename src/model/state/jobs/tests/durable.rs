//! What is written down before it is sent, what happens when it cannot be, and how another run goes on.

use serde_json::json;

use super::*;
use crate::actions::testing::remove;
use crate::state::jobs::{Keeper, Loaded};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn three() -> Bench {
    Bench::with(NAMES.map(|name| object("ks", &json!({"metadata": {"name": name}, "status": ready()}))))
}

fn ids() -> [ObjectRef; 3] {
    NAMES.map(|name| reference("ks", "apps", name))
}

fn words(bench: &Bench) -> Vec<&'static str> {
    bench.phases().iter().map(Phase::word).collect()
}

/// A run that begins where another ended: it knows what is in the journals.
fn next_run(bench: &Bench, is_elsewhere: bool) -> Bench {
    let mut next = Bench::with([]);
    (next.now, next.journals) = (bench.now, bench.journals.clone());
    for name in NAMES {
        if let Some(object) = bench.store.object_of(&reference("ks", "apps", name)) {
            put(&mut next.store, object.clone());
        }
    }
    next.jobs = Jobs::new(8);
    let read = |bytes: &Vec<u8>| journal::read(bytes).expect("a journal can be read").job;
    next.jobs.loaded(bench.journals.values().map(|bytes| Loaded { job: read(bytes), is_elsewhere }).collect());
    next
}

fn take_up(bench: &mut Bench) {
    let found = bench.jobs.to_take_up(&key(), |job| job.user == "ana");
    let [id] = found[..] else { panic!("one job: {found:?}") };
    let fresh = Ok(Box::new(journal::read(&bench.journals[&id]).expect("a journal can be read").job));
    bench.step(|jobs, view, now, effects| jobs.taken_up(id, fresh, Some(view), now, effects));
}

#[test]
fn a_turn_is_one_commit_and_permits_what_it_has_written() {
    let mut bench = three();
    let confirmed = confirmed("suspend", &bench.store, &ids(), &Policy::default());
    let cluster = key();
    let start = Start {
        cluster: &cluster,
        context: "prod",
        user: "ana",
        timeout: TIMEOUT,
        parallel: 2,
        waits: true,
        joins: false,
        now: bench.now,
    };
    let view = View { cluster: ClusterId(0), epoch: Epoch(0), store: &bench.store, lost: None };
    let mut effects = Vec::new();
    let id = bench.jobs.start(&confirmed, &start, &view, &mut effects);
    assert_eq!(effects, [], "nothing goes out before the end of the turn");
    bench.jobs.flush(&mut effects);

    let [Effect::Commit(commit)] = &effects[..] else { panic!("one commit: {effects:?}") };
    assert_eq!((commit.job, commit.is_new, commit.acts.len(), commit.then.len()), (id, true, 2, 2));
    let read = journal::read(&commit.lines).expect("a journal can be read").job;
    assert_eq!(read.items().iter().map(|item| item.phase.word()).collect::<Vec<_>>(), ["sending", "sending", "queued"]);
    bench.jobs.flush(&mut effects);
    assert_eq!(effects.len(), 1, "nothing is new");
}

#[test]
fn what_cannot_be_written_down_is_held_and_so_is_the_rest_of_the_queue() {
    let mut bench = three();
    bench.is_full = true;
    bench.start("suspend", &ids(), 1, true);

    assert_eq!(words(&bench), ["held", "queued", "queued"]);
    assert_eq!(bench.job().held(), Some("nothing was sent: it cannot be written down: no space left on device"));
    bench.later(1000);
    assert_eq!(words(&bench), ["held", "queued", "queued"], "the user says what now");
    assert_eq!(bench.sent(), []);
    assert_eq!(bench.next_change(), None);
}

#[test]
fn a_person_may_go_on_although_nothing_can_be_written_down() {
    let mut bench = three();
    bench.is_full = true;
    bench.start("suspend", &ids(), 1, true);
    let id = bench.job().id;
    bench.step(|jobs, view, now, effects| jobs.allow_unrecorded(id, view, now, effects));
    for _ in NAMES {
        bench.answer(TAKEN);
    }

    assert_eq!(words(&bench), ["done"; 3]);
    assert!(bench.journals.is_empty());
}

#[test]
fn a_person_may_try_to_write_it_down_once_more() {
    let mut bench = three();
    bench.is_full = true;
    bench.start("suspend", &ids(), 1, true);
    let id = bench.job().id;
    bench.is_full = false;
    bench.step(|jobs, view, now, effects| jobs.go_on(id, view, now, effects));

    assert_eq!(words(&bench), ["sending", "queued", "queued"]);
    assert_eq!(bench.sent().len(), 1);
}

#[test]
fn what_is_held_may_be_stopped_with_its_queue() {
    let mut bench = three();
    bench.is_full = true;
    bench.start("suspend", &ids(), 1, true);
    let id = bench.job().id;
    bench.is_full = false;
    bench.step(|jobs, _, now, _| jobs.stop(id, now));

    assert_eq!(words(&bench), ["failed", "stopped", "stopped"]);
    assert_eq!(bench.phase().message(), "nothing was sent: it cannot be written down: no space left on device");
    let logged: Vec<_> = bench.jobs.acts().iter().map(|act| (act.object.as_str(), act.outcome.is_some())).collect();
    assert_eq!(logged, [("Kustomization apps/a", true)], "the log of acts has nothing of the others");
}

#[test]
fn a_record_that_permits_nothing_does_not_hold_up_an_act() {
    let mut bench = three();
    bench.start("reconcile", &ids()[..1], 1, true);
    bench.is_full = true;
    bench.answer(TAKEN);
    bench.is_full = false;
    let mut a = answered(NOW, NOW, "True", "Succeeded", "");
    a["metadata"]["name"] = "a".into();
    bench.put("ks", &a);

    assert_eq!(words(&bench), ["done"], "and the journal is rewritten");
    let id = bench.job().id;
    assert_eq!(bench.journals[&id].iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[test]
fn stopping_is_written_down() {
    let mut bench = three();
    bench.start("suspend", &ids(), 1, true);
    let id = bench.job().id;
    bench.step(|jobs, _, now, _| jobs.stop(id, now));

    let read = journal::read(&bench.journals[&id]).expect("a journal can be read").job;
    assert_eq!(read.items().iter().map(|item| item.phase.word()).collect::<Vec<_>>(), ["sending", "stopped", "stopped"]);
    assert!(read.batch().is_some_and(|batch| batch.stopped));
}

#[test]
fn an_answer_reaches_its_job_without_a_connection_and_nothing_counts_as_gone() {
    for (action, outcome, expected) in [
        ("delete", TAKEN, "requested"),
        ("reconcile", TAKEN, "requested"),
        ("suspend", TAKEN, "done"),
        ("delete", Outcome::Missing, "requested"),
    ] {
        let mut bench = three();
        bench.start(action, &ids()[..1], 1, true);
        let task = bench.sent()[0].0;
        bench.step(|jobs, _, now, effects| jobs.receive(task, outcome, None, now, effects));
        assert_eq!(words(&bench), [expected], "{action}");
    }
}

#[test]
fn an_answer_that_never_comes_is_looked_up_and_in_the_end_not_known() {
    let mut bench = three();
    bench.start("suspend", &ids()[..1], 1, true);
    assert_eq!(bench.next_change(), Some(360));
    bench.later(360);
    assert_eq!(words(&bench), ["unknown, checking"]);
    let sent: Vec<_> = bench.sent().into_iter().map(|(_, sent)| sent).collect();
    assert_eq!(sent, ["write Kustomization apps/a", "probe Kustomization apps/a"]);
    bench.later(360);
    assert_eq!(words(&bench), ["unknown"]);
    assert_eq!(bench.sent(), []);
}

#[test]
fn in_a_picture_that_has_only_begun_nothing_is_gone() {
    let mut bench = three();
    bench.start("delete", &ids()[..1], 1, true);
    bench.answer(TAKEN);
    let mut next = next_run(&bench, false);
    next.store = Store::default();
    take_up(&mut next);
    assert_eq!(words(&next), ["requested"]);
    next.store = bench.store;
    remove(&mut next.store, &ids()[0]);
    next.advance();
    assert_eq!(words(&next), ["done"]);
}

#[test]
fn what_nobody_saw_handled_before_is_not_taken_for_an_answer() {
    let mut bench = three();
    bench.start("reconcile", &ids()[..2], 1, true);
    let mut next = next_run(&bench, false);
    let (id, store) = (next.job().id, std::mem::take(&mut next.store));
    take_up(&mut next);
    let probe = next.sent()[0].0;
    next.answer_to(probe, Outcome::Unseen("forbidden".into()));
    next.step(|jobs, view, now, effects| jobs.go_on(id, view, now, effects));
    next.answer(TAKEN);
    next.store = store;
    next.advance();

    assert_eq!(words(&next), ["unknown", "requested"], "the Ready of before says nothing");
}

#[test]
fn another_run_looks_up_what_was_sent_follows_what_was_taken_and_asks_before_the_rest() {
    let mut bench = three();
    bench.start("reconcile", &ids(), 2, true);
    let sent = bench.sent();
    bench.answer_to(sent[1].0, TAKEN);
    let mut next = next_run(&bench, false);
    assert_eq!((words(&next), next.jobs.running().count()), (vec!["sending", "requested", "queued"], 0));
    next.now = next.now.checked_add(SignedDuration::from_hours(20)).expect("a time");
    take_up(&mut next);

    assert_eq!(words(&next), ["unknown, checking", "requested", "queued"], "its time limit restarts");
    assert!(next.job().is_earlier && next.job().is_paused());
    let probe = next.sent();
    assert_eq!(probe.iter().map(|(_, sent)| sent.as_str()).collect::<Vec<_>>(), ["probe Kustomization apps/a"]);
    next.answer_to(probe[0].0, TAKEN);
    let id = next.job().id;
    next.later(1);
    assert_eq!(words(&next), ["requested", "requested", "queued"], "the user says when");
    next.later(40);
    next.step(|jobs, view, now, effects| jobs.go_on(id, view, now, effects));
    assert_eq!(next.sent().len(), 1);
    assert!(!next.job().is_paused());
}

#[test]
fn a_taken_up_job_may_be_stopped_or_given_up() {
    let start = || {
        let mut bench = three();
        bench.start("reconcile", &ids(), 2, true);
        let sent = bench.sent();
        bench.answer_to(sent[1].0, TAKEN);
        let mut next = next_run(&bench, false);
        take_up(&mut next);
        (next.job().id, next)
    };
    let (id, mut bench) = start();
    bench.step(|jobs, _, now, _| jobs.stop(id, now));
    assert_eq!(words(&bench), ["unknown, checking", "requested", "stopped"]);

    let (id, mut bench) = start();
    bench.step(|jobs, _, now, _| jobs.give_up(id, now));
    assert_eq!(words(&bench), ["unknown", "not followed", "stopped"]);
    assert!(next_run(&bench, false).jobs.to_take_up(&key(), |_| true).is_empty(), "no run continues it");
}

#[test]
fn only_a_free_unfinished_job_of_the_same_user_and_cluster_is_taken_up() {
    let mut bench = three();
    bench.start("reconcile", &ids()[..1], 1, true);
    let other = ClusterKey { uid: None, server: "https://staging".into() };
    let next = next_run(&bench, false);
    assert_eq!(next.jobs.to_take_up(&key(), |_| true).len(), 1);
    assert!(next.jobs.to_take_up(&other, |_| true).is_empty());
    assert!(next.jobs.to_take_up(&key(), |_| false).is_empty());
    assert!(bench.jobs.to_take_up(&key(), |_| true).is_empty(), "it is this run's own");
    let beside = next_run(&bench, true);
    assert_eq!(beside.job().keeper, Keeper::Elsewhere);
    assert!(beside.jobs.to_take_up(&key(), |_| true).is_empty());
}

#[test]
fn a_job_that_is_not_ours_is_left_alone() {
    let mut bench = three();
    bench.start("reconcile", &ids(), 1, true);
    let mut beside = next_run(&bench, true);
    let (id, task) = (bench.job().id, bench.sent()[0].0);
    let before = words(&beside);
    beside.step(|jobs, view, now, effects| {
        jobs.taken_up(id, Err("another program has it".into()), Some(view), now, effects);
        jobs.stop(id, now);
        jobs.leave(id, now);
        jobs.give_up(id, now);
        jobs.go_on(id, view, now, effects);
        jobs.watch_on(id, view, now, effects);
        jobs.allow_unrecorded(id, view, now, effects);
        jobs.receive(task, TAKEN, Some(view), now, effects);
        jobs.advance(view, now, effects);
    });

    assert_eq!((words(&beside), beside.effects.len()), (before, 0));
}

#[test]
fn a_job_is_taken_up_once_although_it_was_asked_for_twice() {
    let mut bench = three();
    bench.start("suspend", &ids()[..1], 1, true);
    let mut next = next_run(&bench, false);
    let id = next.job().id;
    let old = journal::read(&next.journals[&id]).expect("a journal can be read").job;
    take_up(&mut next);
    next.answer(TAKEN);
    next.step(|jobs, view, now, effects| jobs.taken_up(id, Ok(Box::new(old)), Some(view), now, effects));

    assert_eq!(words(&next), ["done"]);
    assert_eq!(next.sent(), []);
}

#[test]
fn the_journals_are_read_again_without_losing_what_is_known() {
    let mut bench = three();
    bench.start("suspend", &ids()[..1], 1, true);
    let old = journal::read(&bench.journals[&bench.job().id]).expect("a journal can be read").job;
    bench.answer(TAKEN);
    bench.jobs.loaded(vec![Loaded { job: old, is_elsewhere: false }]);
    assert_eq!(words(&bench), ["done"]);

    let mut next = next_run(&bench, false);
    let mut further = bench.job().clone();
    further.context = "elsewhere".into();
    next.jobs.loaded(vec![Loaded { job: further, is_elsewhere: true }]);
    assert_eq!((next.jobs.all().len(), next.job().context.as_str()), (1, "elsewhere"));
}

#[test]
fn a_loaded_job_belongs_to_the_cluster_that_it_is_bound_to() {
    let mut bench = three();
    bench.start("suspend", &ids(), 1, true);
    let mut job = journal::read(&bench.journals[&bench.job().id]).expect("a journal can be read").job;
    job.bind(ClusterId(4), Epoch(2));

    let named = job.items().iter().flat_map(|item| item.steps.iter().map(|step| &step.object).chain([&item.object]));
    assert!(named.into_iter().all(|object| object.cluster == ClusterId(4)));
    assert_eq!(job.bound, Some((ClusterId(4), Epoch(2))));
}
