//! Jobs that outlive their run: killed, left or in other hands, what was sent is never sent again, and nothing that waited is lost.

use super::halted::{Bulk, COUNT, MAY_ARRIVE, SOON, far, names};
use super::succeeds;
use crate::harness::trials;
use crate::suites::outages::{Plain, through};
use crate::support::bed;
use crate::support::program::{Fluxdeck, Ran};
use crate::support::proxy::Proxy;
use crate::truth::text;

#[track_caller]
fn refuses(ran: &Ran, code: i32, said: &str) {
    assert!(ran.code == code && ran.out.is_empty() && ran.err.contains(said), "{said}: {ran:?}");
}

fn a_killed_command_is_continued_and_nothing_is_sent_twice() {
    let bed = bed::alone();
    let bulk = Bulk::new(&bed, "acts-killed");
    bulk.killed(bulk.by_command());

    let left = bulk.job();
    let (id, over, waiting) = far(&left);
    assert!(text(&left, "/state") == "left" && over > 0 && waiting > 0, "{left}");
    let listed = bulk.user.run(&["jobs"]).out;
    let line = listed.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("no {id}: {listed}"));
    assert!(line.contains(&format!("{over}/{COUNT}")) && line.ends_with("left"), "{line}");
    let shown = bulk.user.run(&["jobs", "show", id]).out;
    let is_named = |number: usize| shown.contains(&format!("Kustomization {}/left-{number:02}: ", bulk.sandbox.name));
    assert!(shown.contains("by admin, bed-admin") && (0..COUNT).all(is_named), "{shown}");

    let resumed = bulk.user.run(&["jobs", "resume", id]);
    bulk.is_reported_correctly(&left);
    let is_done = text(&bulk.job(), "/state") == "done";
    assert_eq!((resumed.code == 0, resumed.out.lines().count()), (is_done, COUNT), "{resumed:?}");
    refuses(&bulk.user.run(&["jobs", "resume", id]), 1, "it is over: suspend 60 objects");
    refuses(&bulk.user.run(&["jobs", "drop", id]), 1, "it is over: suspend 60 objects");
}

fn a_killed_screen_is_continued_on_the_next() {
    let bed = bed::alone();
    let bulk = Bulk::new(&bed, "acts-killed-screen");
    bulk.killed(bulk.on_the_screen());
    let left = bulk.job();

    let mut next = bulk.screen();
    next.until_shows("an earlier run left something undone that waits for you: J shows it", SOON);
    next.keys("J");
    // what was sent is looked up meanwhile
    let counts = |over: usize| format!("{over}/{COUNT}");
    let (_, _, waiting) = far(&left);
    next.until("what waits", MAY_ARRIVE + SOON, |text| text.contains("waits for you") && text.contains(&counts(COUNT - waiting)));
    assert_eq!(names(&bulk.job(), |item| text(item, "/phase") == "queued").len(), waiting, "it waits");
    next.keys("r");
    next.until_shows(&counts(COUNT), SOON);
    next.keys(":q\r");
    next.end(SOON);
    bulk.is_reported_correctly(&left);
}

fn what_is_left_in_the_middle_waits_for_the_next_run() {
    let bed = bed::alone();
    let bulk = Bulk::new(&bed, "acts-parted");
    let mut running = bulk.on_the_screen();
    bulk.halt();
    running.keys(":q\r");
    running.until("what leaving means", SOON, |text| text.contains("1 act is under way") && text.contains("are still queued"));
    running.keys("q");
    running.end(SOON);
    bulk.heal();

    let left = bulk.job();
    assert_eq!(text(&left, "/state"), "left", "{left}");
    let (id, over, waiting) = far(&left);
    assert!(over > 0 && waiting > 0, "{left}");
    bulk.user.run(&["jobs", "resume", id]);
    bulk.is_reported_correctly(&left);
}

fn while_a_program_holds_its_job_no_other_gets_it() {
    let bed = bed::alone();
    let bulk = Bulk::new(&bed, "acts-held");
    let mut first = bulk.by_command();
    bulk.halt();
    let held = bulk.job();
    let id = text(&held, "/id");
    assert!(bulk.user.run(&["jobs"]).out.lines().any(|line| line.starts_with(id) && line.ends_with("under way")));
    for verb in ["resume", "drop"] {
        refuses(&bulk.user.run(&["jobs", verb, id]), 1, "another run works on it: suspend 60 objects");
    }
    bulk.network.release();
    assert!(first.end(SOON).success(), "it was not disturbed: {}", first.text());
    bulk.is_reported_correctly(&held);
    assert_eq!(bulk.arrived().len(), COUNT);
}

fn a_job_is_continued_only_by_its_user_in_its_cluster_and_where_writing_is_allowed() {
    let bed = bed::alone();
    let bulk = Bulk::new(&bed, "acts-others");
    bulk.killed(bulk.by_command());
    let (left, arrived) = (bulk.job(), bulk.arrived());
    let id = text(&left, "/id");
    // an API server that answers for its kube-system with another namespace is another cluster
    let (plain, elsewhere) = (Plain::of(&bed, "admin"), Fluxdeck::new());
    let other = Proxy::rewriting(plain.1, "/namespaces/kube-system", "/namespaces/kube-public");
    let elsewhere = Plain::kubeconfig(&elsewhere, other.port, "web").display().to_string();
    // the developer may not read kube-system: the server has to be the same
    let developer = through(&bed, "developer", bulk.network.port);
    let developer = developer.file("kubeconfig").display().to_string();
    for (more, code, said) in [
        (&["--readonly"][..], 1, "read-only: resuming would write to the cluster"),
        (&["--kubeconfig", &developer, "--context", "bed-developer"], 3, "admin started it, and you are developer"),
        (&["--kubeconfig", &elsewhere, "--context", "plain"], 1, "context `plain` is not the cluster of this job"),
    ] {
        refuses(&bulk.user.run(&[&["jobs", "resume", id], more].concat()), code, said);
    }
    assert_eq!((bulk.job(), bulk.arrived()), (left.clone(), arrived.clone()), "nothing has happened to it");

    succeeds(&bulk.user.run(&["jobs", "drop", id]));
    refuses(&bulk.user.run(&["jobs", "resume", id]), 1, "it is over");
    let (_, _, waiting) = far(&left);
    assert_eq!(names(&bulk.job(), |item| text(item, "/phase") == "stopped").len(), waiting);
    assert_eq!(bulk.arrived(), arrived, "what was given up is not begun");
}

trials![
    a_killed_command_is_continued_and_nothing_is_sent_twice,
    a_killed_screen_is_continued_on_the_next,
    what_is_left_in_the_middle_waits_for_the_next_run,
    while_a_program_holds_its_job_no_other_gets_it,
    a_job_is_continued_only_by_its_user_in_its_cluster_and_where_writing_is_allowed,
];
