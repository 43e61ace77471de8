//! Waiting, by a clock that jumps, and by one that nobody moves.

use super::*;

/// A laptop that slept, or a clock that was set.
#[test]
fn a_jump_of_the_clock_is_not_waiting() {
    let jump = |bench: &mut Bench, seconds: i64| {
        bench.now = bench.now.checked_add(SignedDuration::from_secs(seconds)).expect("a time");
        bench.step(|jobs, view, now, effects| {
            jobs.pass(now);
            jobs.advance(view, now, effects);
        });
    };
    for seconds in [8 * 3600, -8 * 3600, 11, -1] {
        let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
        bench.start("reconcile", &[web()], 10, true);
        bench.answer(TAKEN);
        (0..58).for_each(|_| jump(&mut bench, 5));
        jump(&mut bench, seconds);
        jump(&mut bench, 5);
        assert_eq!(bench.phase(), Phase::Requested { generation: 1 }, "{seconds}: 295 s have passed");
        jump(&mut bench, 5);
        assert_eq!(bench.phase().word(), "timed out", "{seconds}: 300 s have passed");
    }
    // so it is with what is looked for
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("suspend", &[web()], 10, true);
    bench.answer(Outcome::Unknown("connection reset".into()));
    bench.answer(Outcome::Absent);
    jump(&mut bench, 0);
    jump(&mut bench, -3600);
    assert_eq!((bench.sent(), bench.next_change()), (vec![], Some(2)));
    jump(&mut bench, 2);
    bench.answer(Outcome::Absent);
    assert_eq!(bench.phase().word(), "unknown, checking");
    assert_eq!(bench.jobs.next_change(bench.now), Some(2));
}

#[test]
fn while_a_job_waits_there_is_a_turn_every_few_seconds() {
    let mut bench = Bench::with([object("ks", &json!({"status": ready()}))]);
    bench.start("reconcile", &[web()], 10, true);
    bench.answer(TAKEN);
    assert_eq!((bench.next_change(), bench.jobs.next_change(bench.now)), (Some(300), Some(5)));
    bench.put("ks", &answered(NOW, NOW, "True", "Succeeded", ""));
    assert_eq!(bench.jobs.next_change(bench.now), None);
}
