//! The same act once more, here and in another program.

use super::*;
use crate::actions::Confirmation;
use crate::state::jobs::Loaded;

#[test]
fn what_another_program_has_sent_is_followed_and_not_sent_again() {
    let ks = || object("ks", &json!({"status": ready()}));
    // how far the other has come, and whether its work is joined
    for (taken, joins) in [(true, true), (false, true), (true, false)] {
        let mut other = Bench::with([ks()]);
        other.start("reconcile", &[web()], 10, true);
        if taken {
            other.answer(TAKEN);
        }
        let mut ours = Bench::with([ks()]);
        ours.jobs = Jobs::new(8);
        ours.later(3);
        let read = |bench: &Bench| journal::read(&bench.journals[&bench.job().id]).expect("a journal can be read").job;
        ours.jobs.loaded(vec![Loaded { job: read(&other), is_elsewhere: true }]);
        ours.start_as("reconcile", &[web()], joins);
        let sent = ours.sent();
        let ours_of = |bench: &Bench| bench.jobs.all()[1].items()[0].clone();
        if !joins {
            assert_eq!(sent[0].1, "write Kustomization apps/web");
            continue;
        }
        assert_eq!(sent[0].1, "probe Kustomization apps/web", "it is looked whether that has arrived");
        ours.answer_to(sent[0].0, TAKEN);
        assert_eq!((ours_of(&ours).phase, ours.sent()), (Phase::Requested { generation: 1 }, vec![]));
        ours.put("ks", &answered(NOW, NOW, "True", "Succeeded", ""));
        assert_eq!(ours_of(&ours).phase, done("applied revision main@sha1:1"));
        assert!(ours_of(&ours).log.iter().any(|entry| entry.text.contains("another run works on it")));
    }
    // another act, another object of that name, a job that is over: none of them is joined
    let suspended = || {
        let mut other = Bench::with([ks()]);
        other.start("suspend", &[web()], 10, true);
        other
    };
    let over = || {
        let mut other = Bench::with([ks()]);
        other.start("reconcile", &[web()], 10, false);
        other.answer(TAKEN);
        other
    };
    for other in [suspended(), over()] {
        let mut ours = Bench::with([ks()]);
        ours.jobs = Jobs::new(8);
        let job = journal::read(&other.journals[&other.job().id]).expect("a journal can be read").job;
        ours.jobs.loaded(vec![Loaded { job, is_elsewhere: true }]);
        ours.start_as("reconcile", &[web()], true);
        assert_eq!(ours.sent()[0].1, "write Kustomization apps/web");
    }
}

#[test]
fn only_what_still_holds_is_joined() {
    let ks = |suspend: bool, generation: i64| json!({"metadata": {"generation": generation}, "spec": {"suspend": suspend}, "status": ready()});
    let wanted = |bench: &Bench, action: &str| {
        let confirmation = confirmed(action, &bench.store, &[web()], &Policy::default());
        let view = View { cluster: ClusterId(0), epoch: Epoch::default(), store: &bench.store, lost: None };
        bench.jobs.same(&view, &confirmation, &confirmation.planned[0]).is_some()
    };
    let resuming = || {
        let mut bench = Bench::with([object("ks", &ks(true, 1))]);
        let again = confirmed("resume", &bench.store, &[web()], &Policy::default());
        bench.start("resume", &[web()], 10, true);
        bench.answer(Outcome::Taken { generation: 2, is_proven: true });
        (bench, again)
    };
    let joins = |bench: &Bench, again: &Confirmation| {
        let view = View { cluster: ClusterId(0), epoch: Epoch::default(), store: &bench.store, lost: None };
        bench.jobs.same(&view, again, &again.planned[0]).is_some()
    };

    let (mut bench, again) = resuming();
    assert!(joins(&bench, &again), "the watch is behind");
    bench.put("ks", &ks(false, 2));
    assert!(joins(&bench, &again), "it is at work");

    // another client has suspended it meanwhile
    bench.put("ks", &ks(true, 3));
    assert!(!joins(&bench, &again));

    // so have we
    let (mut bench, again) = resuming();
    bench.put("ks", &ks(false, 2));
    bench.start("suspend", &[web()], 10, true);
    assert!(!joins(&bench, &again));
    assert!(wanted(&bench, "suspend"), "that one is the youngest");
}
