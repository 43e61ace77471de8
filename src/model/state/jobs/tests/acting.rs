//! How acts advance by replies, objects and time.

use serde_json::json;

use super::*;
use crate::actions::testing::{allowed, confirmed_with, remove};
use crate::actions::{Target, Until};
use crate::error::{Error, ErrorKind};

#[test]
fn a_reconciliation_is_done_when_the_controller_has_handled_our_request_and_is_ready() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("reconcile", &[web()], 10, true);
    assert_eq!(bench.phase(), Phase::Sent);
    bench.answer(TAKEN);
    assert_eq!(bench.phase(), Phase::Requested { generation: 1 }, "the Ready of before says nothing");
    bench.put("ks", &answered(NOW, "before", "True", "Succeeded", ""));
    assert_eq!(bench.phase(), Phase::Requested { generation: 1 });
    bench.put("ks", &answered(NOW, NOW, "Unknown", "Progressing", "running health checks"));
    assert_eq!(bench.phase(), Phase::Handled { generation: 1 });
    bench.put("ks", &answered(NOW, NOW, "True", "Succeeded", "Applied"));
    assert_eq!(bench.phase(), done("applied revision main@sha1:1"));
    assert_eq!(
        bench.log(),
        ["requesting", "requested", "handled", "running health checks", "done: applied revision main@sha1:1"]
    );
    let [act] = bench.jobs.acts() else { panic!("one act") };
    assert_eq!(act.line, "flux reconcile kustomization web -n apps --context prod-eu");
    assert_eq!((act.user.as_str(), act.outcome.as_deref()), ("ana", Some("done: applied revision main@sha1:1")));
}

#[test]
fn somebody_elses_request_after_ours_is_as_good() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("reconcile", &[web()], 10, true);
    bench.answer(TAKEN);
    bench.put("ks", &answered("theirs", "before", "True", "Succeeded", ""));
    assert_eq!(bench.phase(), Phase::Requested { generation: 1 });
    bench.put("ks", &answered("theirs", "theirs", "True", "Succeeded", ""));
    assert_eq!(bench.phase(), done("applied revision main@sha1:1"));
}

#[test]
fn a_failed_attempt_is_reported_at_once_and_can_be_watched_further() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("reconcile", &[web()], 10, true);
    bench.answer(TAKEN);
    bench.put("ks", &answered(NOW, NOW, "False", "DependencyNotReady", "waits for infra"));
    assert_eq!(bench.phase(), Phase::Handled { generation: 1 }, "to wait for a dependency is not a failure");
    bench.put("ks", &answered(NOW, NOW, "False", "BuildFailed", "no such file"));
    assert_eq!(bench.phase(), failed("no such file", true));
    assert!(bench.job().can_watch_on());
    let id = bench.job().id;
    bench.step(|jobs, view, now, effects| jobs.watch_on(id, view, now, effects));
    assert_eq!(bench.phase(), Phase::Handled { generation: 1 });
    bench.put("ks", &answered(NOW, NOW, "True", "Succeeded", ""));
    assert_eq!(bench.phase(), done("applied revision main@sha1:1"));
}

#[test]
fn stalled_suspended_replaced_and_deleted_are_ends() {
    let stalled = json!({"status": {"lastHandledReconcileAt": NOW, "conditions": [
        {"type": "Ready", "status": "False", "reason": "AccessDenied", "message": "refused"}, {"type": "Stalled", "status": "True"}
    ]}});
    let mut suspended = answered(NOW, NOW, "True", "Succeeded", "");
    suspended["spec"] = json!({"suspend": true});
    let replaced = json!({"metadata": {"uid": "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"}, "status": ready()});
    for (body, message) in [
        (stalled, "refused"),
        (suspended, "it was suspended meanwhile: the controller did nothing"),
        (replaced, "another Kustomization apps/web has taken its name"),
    ] {
        let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
        bench.start("reconcile", &[web()], 10, true);
        bench.answer(TAKEN);
        bench.put("ks", &body);
        assert_eq!(bench.phase(), failed(message, false));
    }
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("reconcile", &[web()], 10, true);
    bench.answer(TAKEN);
    remove(&mut bench.store, &web());
    bench.advance();
    assert_eq!(bench.phase(), failed("Kustomization apps/web was deleted meanwhile", false));
}

#[test]
fn a_resumed_object_is_judged_by_what_it_says_of_its_new_generation() {
    let state = |suspend: bool, generation: i64, observed: i64, status: &str| {
        json!({
            "metadata": {"generation": generation}, "spec": {"suspend": suspend},
            "status": {"observedGeneration": 1, "lastAppliedRevision": "main@sha1:1",
                "conditions": [{"type": "Ready", "status": status, "message": "old or new", "observedGeneration": observed}]}
        })
    };
    let mut bench = Bench::with([object("ks", &state(true, 2, 1, "False"))]);
    bench.start("resume", &[web()], 10, true);
    bench.answer(Outcome::Taken { generation: 3, is_proven: true });
    bench.put("ks", &state(false, 3, 1, "False"));
    assert_eq!(bench.phase(), Phase::Requested { generation: 3 }, "what was frozen says nothing");
    bench.put("ks", &state(false, 3, 3, "False"));
    assert_eq!(bench.phase(), failed("old or new", true));

    let mut bench = Bench::with([object("ks", &state(true, 2, 1, "True"))]);
    bench.start("resume", &[web()], 10, false);
    bench.answer(Outcome::Taken { generation: 3, is_proven: true });
    assert_eq!(bench.phase(), done("resumed"), "who does not wait is done");
}

#[test]
fn the_source_comes_first_and_its_failure_stops_the_rest() {
    let ks = json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}, "status": ready()});
    let git = |handled: &str, status: &str| {
        json!({"metadata": {"name": "fleet"}, "status": {"lastHandledReconcileAt": handled, "artifact": {"revision": "main@sha1:2"},
            "conditions": [{"type": "Ready", "status": status, "message": "cannot clone", "observedGeneration": 1}], "observedGeneration": 1}})
    };
    for (status, expected) in [("True", Phase::Sent), ("False", failed("cannot clone", true))] {
        let mut bench = Bench::with([object("ks", &ks), object("gitrepo", &git("before", "True"))]);
        bench.start("reconcile-with-source", &[web()], 10, true);
        let sent = bench.sent();
        assert_eq!(sent[0].1, "write GitRepository apps/fleet");
        bench.answer_to(sent[0].0, TAKEN);
        bench.put("gitrepo", &git(NOW, status));
        assert_eq!(bench.phase(), expected);
        let next: Vec<_> = bench.sent().into_iter().map(|(_, sent)| sent).collect();
        assert_eq!(next, if status == "True" { vec!["write Kustomization apps/web"] } else { vec![] });
    }
}

#[test]
fn what_follows_on_a_first_request_is_not_sent_by_a_job_that_was_stopped_or_taken_up_meanwhile() {
    let ks = json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}, "status": ready()});
    let git = |handled: &str| {
        json!({"metadata": {"name": "fleet"}, "status": {"lastHandledReconcileAt": handled, "artifact": {"revision": "main@sha1:2"},
            "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}], "observedGeneration": 1}})
    };
    let begun = || {
        let mut bench = Bench::with([object("ks", &ks), object("gitrepo", &git("before"))]);
        bench.start("reconcile-with-source", &[web()], 10, true);
        bench.answer(TAKEN);
        bench
    };
    let mut stopped = begun();
    let id = stopped.job().id;
    stopped.step(|jobs, _, now, _| jobs.stop(id, now));
    stopped.put("gitrepo", &git(NOW));
    let phase = stopped.phase();
    assert!(matches!(&phase, Phase::Left { last } if last.contains("what was to follow was not requested")), "{phase:?}");
    assert_eq!(stopped.sent(), []);

    let mut next = begun();
    let id = next.job().id;
    let fresh = Box::new(journal::read(&next.journals[&id]).expect("a journal can be read").job);
    next.jobs = Jobs::new(8);
    next.step(|jobs, view, now, effects| jobs.taken_up(id, Ok(fresh), Some(view), now, effects));
    next.put("gitrepo", &git(NOW));
    assert_eq!((next.phase(), next.sent()), (Phase::Queued, vec![]), "the user says when");
    assert!(next.job().is_paused());
    next.step(|jobs, view, now, effects| jobs.go_on(id, view, now, effects));
    assert_eq!(next.sent().into_iter().map(|(_, sent)| sent).collect::<Vec<_>>(), ["write Kustomization apps/web"]);
}

#[test]
fn conflicts_are_tried_again_and_end_some_time() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("suspend", &[web()], 10, true);
    for _ in 0..5 {
        bench.answer(Outcome::Conflict("modified".into()));
        assert_eq!(bench.phase(), Phase::Sent);
    }
    bench.answer(Outcome::Conflict("modified".into()));
    assert_eq!(bench.phase(), failed("conflict, 5 times: modified", false));
    assert_eq!(bench.sent(), []);
}

#[test]
fn a_lost_answer_is_looked_up_and_never_sent_again() {
    let lost = || Outcome::Unknown("connection reset".into());
    for (found, expected) in [
        (TAKEN, done("suspended")),
        (Outcome::Missing, failed("Kustomization apps/web is gone", false)),
        (
            Outcome::Unseen("forbidden".into()),
            Phase::Unknown {
                why: "it may have been done or not: connection reset; and it could not be looked up: forbidden".into(),
            },
        ),
    ] {
        let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
        bench.start("suspend", &[web()], 10, true);
        bench.answer(lost());
        assert_eq!(bench.phase(), Phase::Checking { why: "connection reset".into(), again: None });
        let sent = bench.sent();
        assert_eq!(sent[0].1, "probe Kustomization apps/web");
        bench.answer_to(sent[0].0, found);
        assert_eq!(bench.phase(), expected);
        assert_eq!(bench.sent(), [], "nothing is repeated");
    }
}

/// A proxy delivers a request 20 s after its answer was given up: until then the object does not show it.
#[test]
fn a_request_that_may_still_arrive_is_never_said_not_to_be_done() {
    let begun = || {
        let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
        bench.start("suspend", &[web()], 10, true);
        bench.answer(Outcome::Unknown("no answer within 15 s".into()));
        bench.answer(Outcome::Absent);
        assert_eq!((bench.phase().word(), bench.sent()), ("unknown, checking", vec![]), "it is looked for again, later");
        bench
    };
    // nobody sees it, and it is read again and again, ever less often
    let mut bench = begun();
    let mut looks = Vec::new();
    for second in 1..=120 {
        bench.later(1);
        for (task, sent) in bench.sent() {
            assert_eq!(sent, "probe Kustomization apps/web");
            looks.push(second);
            bench.answer_to(task, Outcome::Absent);
        }
    }
    assert_eq!(looks, [2, 4, 8, 16, 31, 46, 60]);
    let Phase::Unknown { why } = bench.phase() else { panic!("{:?}", bench.phase()) };
    assert_eq!(why, "not seen to have arrived within 60s: no answer within 15 s; it may still be done");
    // even then it is seen
    bench.put("ks", &json!({"spec": {"suspend": true}, "status": ready()}));
    assert_eq!(bench.phase(), done("suspended"));

    // a watch shows it at once
    let mut bench = begun();
    bench.later(1);
    bench.put("ks", &json!({"spec": {"suspend": true}, "status": ready()}));
    assert_eq!(bench.phase(), done("suspended"));
    assert_eq!(bench.next_change(), None);

    // a read shows what no watch does
    let mut bench = begun();
    assert_eq!(bench.next_change(), Some(2));
    bench.later(2);
    bench.answer(TAKEN);
    assert_eq!(bench.phase(), done("suspended"));
}

#[test]
fn what_the_watch_shows_settles_what_was_unknown() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("suspend", &[web()], 10, true);
    bench.answer(Outcome::Unknown("timeout".into()));
    let probe = bench.sent()[0].0;
    bench.put("ks", &json!({"spec": {"suspend": true}, "status": ready()}));
    assert_eq!(bench.phase(), done("suspended"));
    bench.answer_to(probe, Outcome::Absent);
    assert_eq!(bench.phase(), done("suspended"), "an answer that comes late finds nobody");
}

#[test]
fn refusals_and_dropped_fields_are_failures() {
    for (outcome, message) in [
        (Outcome::Refused(Error::new(ErrorKind::Denied, "forbidden", "")), "forbidden"),
        (Outcome::Unsent(Error::failed("refused", "")), "nothing was sent: refused"),
        (
            Outcome::Taken { generation: 1, is_proven: false },
            "the API server took it and dropped the field: this version of Kustomization does not have it",
        ),
    ] {
        let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
        bench.start("suspend", &[web()], 10, true);
        bench.answer(outcome);
        assert_eq!(bench.phase(), failed(message, false));
    }
}

#[test]
fn a_deletion_is_over_when_the_object_is_gone() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("delete", &[web()], 10, true);
    bench.answer(TAKEN);
    bench.put("ks", &json!({"metadata": {"deletionTimestamp": NOW}}));
    assert_eq!(bench.phase(), Phase::Handled { generation: 1 });
    remove(&mut bench.store, &web());
    bench.advance();
    assert_eq!(bench.phase(), done("gone"));

    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("delete", &[web()], 10, true);
    bench.answer(Outcome::Missing);
    remove(&mut bench.store, &web());
    bench.put("ks", &json!({"metadata": {"uid": "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"}}));
    assert_eq!(bench.phase(), done("gone, and recreated by its applier"));
}

#[test]
fn a_workload_is_done_when_it_runs_what_was_asked() {
    let deploy = |generation: i64, observed: i64, ready: i64| {
        json!({
            "metadata": {"generation": generation}, "spec": {"replicas": 2},
            "status": {"observedGeneration": observed, "replicas": 2, "updatedReplicas": ready, "availableReplicas": ready, "readyReplicas": ready,
                "conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}
        })
    };
    let mut bench = Bench::with([object("deploy", &deploy(1, 1, 2))]);
    bench.start("restart", &[reference("deploy", "apps", "web")], 10, true);
    bench.answer(Outcome::Taken { generation: 2, is_proven: true });
    assert_eq!(bench.phase(), Phase::Requested { generation: 2 }, "the picture is older than the answer");
    bench.put("deploy", &deploy(2, 1, 2));
    bench.put("deploy", &deploy(2, 2, 1));
    assert_eq!(bench.phase(), Phase::Handled { generation: 2 });
    bench.put("deploy", &deploy(2, 2, 2));
    assert_eq!(bench.phase(), done("2/2 ready"));
}

#[test]
fn time_ends_what_nobody_answers_with_the_truth() {
    let start = || {
        let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
        bench.start("reconcile", &[web()], 10, true);
        bench.answer(TAKEN);
        bench
    };
    let mut bench = start();
    assert_eq!(bench.next_change(), Some(300));
    bench.later(299);
    assert_eq!(bench.phase(), Phase::Requested { generation: 1 });
    bench.later(1);
    assert!(bench.phase().message().starts_with("no controller answered within 5m"), "{:?}", bench.phase());

    let mut bench = start();
    bench.put("ks", &answered(NOW, NOW, "False", "DependencyNotReady", "waits for infra"));
    bench.later(300);
    assert_eq!(bench.phase().message(), "not at its end after 5m; Waiting: waits for infra");

    let mut bench = start();
    let status = json!({"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Progressing", "message": "Running health checks"},
        {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "Running health checks"}]});
    bench.put("ks", &json!({"status": status}));
    bench.later(300);
    let expected =
        "not taken up within 5m: an earlier run is not over, or its controller has stopped; Progressing: Running health checks";
    assert_eq!(bench.phase().message(), expected);

    let mut bench = start();
    bench.lost = Some("connection refused");
    bench.later(300);
    assert!(matches!(bench.phase(), Phase::Unknown { why } if why.contains("connection is lost")));
}

#[test]
fn a_bulk_runs_in_parallel_with_a_limit_and_stop_halts_the_rest() {
    let names = ["a", "b", "c", "d", "e"];
    let body = |name: &str| json!({"metadata": {"name": name}, "status": ready()});
    let mut bench = Bench::with(names.map(|name| object("ks", &body(name))));
    let ids = names.map(|name| reference("ks", "apps", name));
    bench.start("suspend", &ids, 2, true);
    let sent = bench.sent();
    assert_eq!(sent.len(), 2);
    bench.answer_to(sent[1].0, Outcome::Refused(Error::failed("webhook says no", "")));
    assert_eq!(bench.phases()[1..3], [failed("webhook says no", false), Phase::Sent], "the next has its turn");
    let id = bench.job().id;
    bench.step(|jobs, _, now, _| jobs.stop(id, now));
    bench.answer_to(sent[0].0, TAKEN);
    assert_eq!(
        bench.phases(),
        [done("suspended"), failed("webhook says no", false), Phase::Sent, Phase::Stopped, Phase::Stopped]
    );
    bench.answer(TAKEN);
    assert_eq!(bench.job().counts(), (2, 3, 5));
    assert_eq!(bench.jobs.running().count(), 0);
}

#[test]
fn slow_items_do_not_hold_up_the_rest() {
    let names = ["a", "b"];
    let body = |name: &str| json!({"metadata": {"name": name}, "status": ready()});
    let mut bench = Bench::with(names.map(|name| object("ks", &body(name))));
    bench.start("reconcile", &names.map(|name| reference("ks", "apps", name)), 1, true);
    bench.answer(TAKEN);
    assert_eq!(bench.next_change(), Some(30));
    bench.later(29);
    assert_eq!(bench.phases()[1], Phase::Queued);
    bench.later(1);
    assert_eq!(bench.phases()[1], Phase::Sent);
}

#[test]
fn an_act_hits_what_was_named_although_the_rows_moved() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    let targets = [Target { object: web(), uid: bench.store.object_of(&web()).expect("there").uid }];
    put(&mut bench.store, object("ks", &json!({"metadata": {"name": "above"}, "status": ready()})));
    remove(&mut bench.store, &web());
    put(&mut bench.store, object("ks", &json!({"metadata": {"uid": "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"}, "status": ready()})));
    let confirmed = confirmed_with("delete", &bench.store, &targets, &Policy::default(), &allowed("delete", &[web()]), &[]);

    assert!(confirmed.planned.is_empty());
    assert_eq!(confirmed.skipped[0].1.to_string(), "another object has taken its name");
}

#[test]
fn every_step_waits_for_something_that_its_action_says() {
    let store = store([object("ks", &json!({"spec": {"suspend": true}, "status": ready()}))]);
    let until = |action: &str| confirmed(action, &store, &[web()], &Policy::default()).planned[0].steps[0].until.clone();

    assert_eq!((until("resume"), until("delete")), (Until::Observed, Until::Gone));
}

#[test]
fn resuming_to_reconcile_asks_twice_and_the_second_time_when_it_is_awake() {
    let asleep = |generation: i64| {
        let mut body = json!({"spec": {"suspend": true}, "status": ready()});
        body["metadata"]["generation"] = generation.into();
        body
    };
    let mut bench = Bench::with([object("ks", &asleep(1))]);
    bench.start("resume-and-reconcile", &[web()], 10, true);
    bench.answer(Outcome::Taken { generation: 2, is_proven: true });
    bench.put("ks", &asleep(1));
    assert_eq!(bench.sent(), [], "the picture is older than the answer: to ask now would do nothing");
    let mut awake = json!({"status": ready()});
    awake["metadata"]["generation"] = 2.into();
    bench.put("ks", &awake);
    bench.answer(Outcome::Taken { generation: 2, is_proven: true });
    assert_eq!(bench.phase(), Phase::Requested { generation: 2 }, "the Ready of before says nothing");
    let mut answered = answered(NOW, NOW, "True", "Succeeded", "");
    for pointer in ["/metadata/generation", "/status/observedGeneration", "/status/conditions/0/observedGeneration"] {
        if let Some((parent, key)) = pointer.rsplit_once('/') {
            answered.pointer_mut(parent).expect("it has that")[key] = 2.into();
        }
    }
    bench.put("ks", &answered);

    assert_eq!(bench.phase(), done("applied revision main@sha1:1"));
    let [act] = bench.jobs.acts() else { panic!("one act") };
    assert_eq!(
        act.line,
        "flux resume kustomization web -n apps --context prod-eu && flux reconcile kustomization web -n apps --context prod-eu"
    );
}

/// The last outcome of each act in the log of acts.
fn recorded(effects: &[Effect]) -> Vec<(String, Option<String>, String)> {
    let act = |effect: &Effect| match effect {
        Effect::Record(act) => Some((act.object.clone(), act.outcome.clone(), act.last.clone())),
        _ => None,
    };
    effects.iter().filter_map(act).collect()
}

#[test]
fn the_log_knows_of_a_request_before_it_is_sent_and_how_far_it_has_come() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("reconcile", &[web()], 10, true);
    assert!(matches!(bench.effects.as_slice(), [Effect::Record(_), Effect::Write { .. }]), "{:?}", bench.effects);
    bench.answer(TAKEN);
    bench.put("ks", &answered(NOW, NOW, "Unknown", "Progressing", "running health checks"));
    bench.put("ks", &answered(NOW, NOW, "True", "Succeeded", ""));

    let logged: Vec<_> = recorded(&bench.effects).into_iter().map(|(_, outcome, last)| outcome.unwrap_or(last)).collect();
    assert_eq!(
        logged,
        [
            "while it was requested: the outcome is unknown",
            "while its controller was at work: the outcome is unknown",
            "done: applied revision main@sha1:1"
        ]
    );
}

#[test]
fn who_leaves_says_of_each_act_what_is_not_known_and_starts_nothing_more() {
    let handled = answered(NOW, NOW, "Unknown", "Progressing", "");
    let plain = json!({"status": ready()});
    for (answer, then, expected) in [
        (None, &plain, "unknown: left while the request for it was on its way: whether it arrived is not known"),
        (
            Some(Outcome::Unknown("reset".into())),
            &plain,
            "unknown: left while looking whether the request for it had arrived: that is not known",
        ),
        (Some(TAKEN), &plain, "not followed: left while it was requested: the outcome is unknown"),
        (Some(TAKEN), &handled, "not followed: left while its controller was at work: the outcome is unknown"),
    ] {
        let other = object("ks", &json!({"metadata": {"name": "other"}, "status": ready()}));
        let mut bench = Bench::with([object("ks", &json!({"status": ready()})), other]);
        bench.start("reconcile", &[web(), reference("ks", "apps", "other")], 1, true);
        if let Some(answer) = answer {
            bench.answer(answer);
        }
        bench.put("ks", then);
        bench.effects.clear();
        bench.part();

        let logged = recorded(&bench.effects);
        assert_eq!(logged, [("Kustomization apps/web".to_owned(), Some(expected.to_owned()), String::new())]);
        assert_eq!(bench.phases()[1], Phase::Kept, "never requested: the log does not mention it");
        bench.advance();
        assert_eq!(bench.sent(), [], "nothing is sent after that");
    }
}

#[test]
fn who_leaves_during_a_first_step_says_that_the_rest_was_not_requested() {
    let source = object("gitrepo", &json!({"metadata": {"name": "fleet"}, "status": ready()}));
    let by_ref = json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}, "status": ready()});
    let mut bench = Bench::with([object("ks", &by_ref), source]);
    bench.start("reconcile-with-source", &[web()], 1, true);
    bench.answer(TAKEN);
    bench.part();

    let logged = bench.jobs.acts()[0].outcome.clone().unwrap_or_default();
    assert_eq!(
        logged,
        "not followed: left while GitRepository apps/fleet was requested: the outcome is unknown; what was to follow was not requested"
    );
}
