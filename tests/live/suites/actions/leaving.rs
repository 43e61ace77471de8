//! A program that ends while it acts: the log of acts has what is known, and what is not; the next run follows it.

use std::time::Duration;

use super::{admin, our_patches};
use crate::harness::trials;
use crate::support::bed;
use crate::support::program::Fluxdeck;
use crate::support::terminal::{Terminal, WIDE};

const SOON: Duration = Duration::from_secs(20);

/// The bed has no Flux Operator: what is asked of its kinds stays requested.
const ASKED: &[&str] = &["reconcile", "fluxinstance", "flux", "-n", "flux-system"];
const LEFT: &str = "not followed: left while it was requested: the outcome is unknown";
const ENDED: &str = "unknown: the program ended while it was requested: the outcome is unknown";

/// As much of it as the column shows.
const ENDED_IN_A_COLUMN: usize = 40;

fn requested(screen: &mut Terminal) {
    screen.until("the request", SOON, |text| text.contains("requested"));
}

fn by_command(user: &Fluxdeck) -> Terminal {
    let mut running = user.open(ASKED, WIDE);
    requested(&mut running);
    running
}

fn on_the_screen(user: &Fluxdeck) -> Terminal {
    let mut running = user.open(&["-c", "fluxinstance"], WIDE);
    running.until("the row", SOON, |text| text.contains("flux-system") && text.contains("R reconcile"));
    running.keys("R");
    requested(&mut running);
    running
}

/// The outcomes in the file, and what the next program shows that may not follow it: it takes nothing up.
fn shown(user: &Fluxdeck) -> (Vec<String>, String) {
    let log = std::fs::read_to_string(user.file(".local/state/fluxdeck/acts.jsonl")).expect("the log of acts");
    let acts = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let outcomes = acts.filter_map(|act| act["outcome"].as_str().map(str::to_owned)).collect();
    let mut next = user.open(&["-c", "acts", "--readonly"], (240, 24));
    next.until("the log", SOON, |text| text.contains("reconcile FluxInstance"));
    (outcomes, next.text())
}

/// The next program that may write follows it.
fn is_followed(user: &Fluxdeck) {
    let mut next = user.open(&["-c", "fluxinstance"], WIDE);
    next.until("the row", SOON, |text| text.contains("flux-system"));
    next.keys("J");
    next.until("what it takes up", SOON, |text| text.contains("reconcile FluxInstance") && text.contains("◐ requested"));
}

fn the_log_of_acts_says_of_what_was_left_that_its_end_is_not_known() {
    let bed = bed::alone();
    let mark = super::mark(&bed);
    type Way = (&'static str, fn(&Fluxdeck) -> Terminal, fn(&mut Terminal));
    let ways: [Way; 6] = [
        ("a command that is interrupted", by_command, |running| running.signal("INT")),
        ("a command that is ended", by_command, |running| running.signal("TERM")),
        ("a command whose terminal goes", by_command, |running| running.signal("HUP")),
        ("a screen that is ended", on_the_screen, |running| running.signal("TERM")),
        ("a screen whose terminal goes", on_the_screen, |running| running.signal("HUP")),
        ("a screen that is left", on_the_screen, |running| {
            running.keys(":q\r");
            running.until("what leaving means", SOON, |text| text.contains("1 act is under way"));
            running.keys("q");
        }),
    ];
    for (way, begin, end) in ways {
        let user = admin(&bed);
        let mut running = begin(&user);
        end(&mut running);
        running.end(SOON);

        let (outcomes, shown) = shown(&user);
        assert_eq!(outcomes, [LEFT], "{way}");
        assert!(shown.contains("not followed: left while it was requested"), "{way}: {shown}");
        is_followed(&user);
    }
    assert_eq!(our_patches(&bed, mark).len(), ways.len(), "nothing is done twice");
}

fn of_a_program_that_was_killed_the_next_one_knows_how_far_it_had_come() {
    let bed = bed::alone();
    for begin in [by_command, on_the_screen] {
        let user = admin(&bed);
        let mut running = begin(&user);
        let (outcomes, text) = shown(&user);
        assert_eq!(outcomes, [] as [String; 0]);
        assert!(!text.contains("unknown: "), "while it lives, nothing is said of it: {text}");
        let mark = super::mark(&bed);
        running.signal("KILL");
        running.end(SOON);

        let (outcomes, text) = shown(&user);
        assert_eq!(outcomes, [] as [String; 0], "it could not write any more");
        assert!(text.contains(&ENDED[..ENDED_IN_A_COLUMN]), "{text}");
        is_followed(&user);
        assert_eq!(our_patches(&bed, mark), [] as [String; 0], "nothing is done again");
    }
}

trials![
    the_log_of_acts_says_of_what_was_left_that_its_end_is_not_known,
    of_a_program_that_was_killed_the_next_one_knows_how_far_it_had_come,
];
