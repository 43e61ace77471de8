//! Answers that never come: nothing is done twice, and what is said in the end is true.

use std::sync::Mutex;

use std::time::Duration;

use super::{object, our_patches};
use crate::harness::trials;
use crate::suites::outages::Plain;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};
use crate::support::proxy::Proxy;
use crate::support::within;

const KS: &str = "kustomizations.kustomize.toolkit.fluxcd.io";

/// Runs a command whose first PATCH is trapped, and does something about it meanwhile.
fn trapped(bed: &Bed, arguments: &[&str], meanwhile: impl FnOnce(&Proxy)) -> Ran {
    let plain = Plain::of(bed, "admin");
    let network = Proxy::trapping(plain.1, "PATCH ");
    let user = Fluxdeck::new();
    let config = Plain::kubeconfig(&user, network.port, "web");
    let user = user.set("KUBECONFIG", config.to_str().expect("a path"));
    let ran = Mutex::new(None);
    std::thread::scope(|scope| {
        scope.spawn(|| *ran.lock().expect("no holder panics") = Some(user.run(arguments)));
        network.caught();
        meanwhile(&network);
    });
    ran.into_inner().expect("no holder panics").expect("it has run")
}

fn is_suspended(bed: &Bed) -> bool {
    object(bed, KS, "web", "web")["spec"]["suspend"] == true
}

fn resume(bed: &Bed) {
    let ran = super::admin(bed).run(&["resume", "ks", "web", "-n", "web"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn a_request_whose_answer_is_lost_is_found_to_have_arrived() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    let ran = trapped(&bed, &["suspend", "ks", "web"], |network| {
        network.pass();
        network.cut_trapped();
    });
    assert!(
        ran.code == 0 && ran.out.contains("suspended") && ran.err.contains("unknown whether it arrived, checking"),
        "{ran:?}"
    );
    assert!(is_suspended(&bed));
    assert_eq!(our_patches(&bed, mark).len(), 1, "it was sent once");
    resume(&bed);
}

fn a_request_that_is_lost_itself_is_not_sent_again_and_is_not_known_to_be_done() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    let ran = trapped(&bed, &["suspend", "ks", "web"], Proxy::cut_trapped);
    assert!(ran.code == 1 && ran.out.contains("not seen to have arrived"), "{ran:?}");
    assert!(!is_suspended(&bed));
    assert_eq!(our_patches(&bed, mark), [] as [String; 0], "nothing was repeated");
}

fn a_reconciliation_goes_on_after_its_answer_was_lost() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    let ran = trapped(&bed, &["reconcile", "ks", "web"], |network| {
        network.pass();
        network.cut_trapped();
    });
    assert!(ran.code == 0 && ran.out.contains("applied revision main@"), "{ran:?}");
    assert_eq!(our_patches(&bed, mark).len(), 1, "it was sent once");
}

fn an_api_server_that_is_killed_after_it_took_the_request_is_asked_when_it_is_back() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    let ran = trapped(&bed, &["suspend", "ks", "web"], |network| {
        network.pass();
        bed.api_server(&["stop"]);
        network.cut_trapped();
        bed.api_server(&["start"]);
    });
    assert!(ran.code == 0 && ran.out.contains("suspended"), "{ran:?}");
    assert!(is_suspended(&bed));
    assert_eq!(our_patches(&bed, mark).len(), 1, "it was sent once");
    resume(&bed);
}

fn an_api_server_that_is_killed_before_it_took_the_request_has_not_done_it() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    let ran = trapped(&bed, &["suspend", "ks", "web"], |network| {
        bed.api_server(&["stop"]);
        network.pass();
        network.cut_trapped();
        bed.api_server(&["start"]);
    });
    assert!(ran.code == 1 && ran.out.contains("not seen to have arrived"), "{ran:?}");
    assert!(!is_suspended(&bed));
    assert_eq!(our_patches(&bed, mark), [] as [String; 0]);
}

fn of_an_api_server_that_hangs_the_truth_is_said_once_it_speaks_again() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    let ran = trapped(&bed, &["suspend", "ks", "web", "--request-timeout", "2s"], |network| {
        bed.api_server(&["pause"]);
        network.pass_unanswered();
        // longer than the program waits for one answer
        within(Duration::from_secs(4), || None::<()>);
        bed.api_server(&["continue"]);
    });
    assert!(ran.err.contains("unknown whether it arrived, checking"), "{ran:?}");
    let said = ran.out.contains(": suspended");
    assert!(said || ran.out.contains("not seen to have arrived"), "{ran:?}");
    // a request that the server found when it woke up would be done by now
    within(Duration::from_secs(3), || None::<()>);
    assert_eq!(is_suspended(&bed), said, "what was said is true: {ran:?}");
    assert!(our_patches(&bed, mark).len() <= 1, "it was sent once");
    if said {
        resume(&bed);
    }
}

trials![
    a_request_whose_answer_is_lost_is_found_to_have_arrived,
    a_request_that_is_lost_itself_is_not_sent_again_and_is_not_known_to_be_done,
    a_reconciliation_goes_on_after_its_answer_was_lost,
    an_api_server_that_is_killed_after_it_took_the_request_is_asked_when_it_is_back,
    an_api_server_that_is_killed_before_it_took_the_request_has_not_done_it,
    of_an_api_server_that_hangs_the_truth_is_said_once_it_speaks_again,
];
