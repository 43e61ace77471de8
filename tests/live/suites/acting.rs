//! Acting on the screen as those who may not: every key is pressed, every reason read, and nothing is ever sent.

use std::time::Duration;

use serde_json::Value;

use crate::harness::trials;
use crate::suites::outages::is_ours;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::terminal::{SMALL, Terminal, WIDE};
use crate::truth::text;

const SOON: Duration = Duration::from_secs(10);
/// What follows a key has been drawn when nothing more comes for that long.
const QUIET: Duration = Duration::from_millis(50);
/// Keys that act on a row, and the commands that do the same.
const ACTS: &[&str] =
    &["R", "W", "s", "r", "\x04", ":suspend why\r", ":resume\r", ":reconcile\r", ":delete\r", ":restart\r", ":scale 3\r"];
/// Keys of the panel.
const PANEL: &[&str] = &["R", "W", "F", "z", "s", "r", "\x04", "\r"];

fn press(screen: &mut Terminal, keys: &str) -> String {
    screen.keys(keys);
    while screen.read(QUIET) {}
    screen.text()
}

/// Closes any dialog in front. An escape alone, and time to see that nothing follows it.
fn back(screen: &mut Terminal) {
    for _ in 0..2 {
        press(screen, "\x1b");
    }
}

/// Presses everything that acts on the rows of these tables and says yes to every question, confirmed words included.
fn press_everything(screen: &mut Terminal, tables: &[&str], context: &str) -> Vec<String> {
    let mut screens = Vec::new();
    for table in tables {
        for marked in [false, true] {
            press(screen, &format!(":{table}\r"));
            for act in ACTS {
                if marked {
                    press(screen, "M");
                }
                screens.push(press(screen, act));
                screens.push(press(screen, &format!("\t\t{context}\r")));
                back(screen);
                press(screen, &format!(":{table}\r"));
            }
        }
        for key in PANEL {
            press(screen, "a");
            screens.push(press(screen, key));
            press(screen, "y\r");
            back(screen);
            press(screen, &format!(":{table}\r"));
        }
    }
    screens
}

fn end_of_log(bed: &Bed) -> usize {
    std::fs::metadata(bed.value("BED_AUDIT_LOG")).map_or(0, |log| usize::try_from(log.len()).unwrap_or(0))
}

/// How many requests we made as that user since then, and those of them that write. Questions about oneself do not.
fn writes(bed: &Bed, user: &str, since: usize) -> (usize, Vec<String>) {
    let log = std::fs::read_to_string(bed.value("BED_AUDIT_LOG")).expect("the audit log");
    let requests = log.get(since..).unwrap_or_default().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours: Vec<_> = requests.filter(|request| text(request, "/user/username") == user && is_ours(request)).collect();
    let is_write = |request: &&Value| {
        !["get", "list", "watch"].contains(&text(request, "/verb")) && !text(request, "/requestURI").contains("/selfsubject")
    };
    let screens = |request: &Value| format!("{} {}", text(request, "/verb"), text(request, "/requestURI"));
    (ours.len(), ours.iter().filter(is_write).map(screens).collect())
}

fn opened(program: &Fluxdeck, arguments: &[&str]) -> Terminal {
    let mut screen = program.open(arguments, WIDE);
    screen.until("the tree", SOON, |text| text.contains("● live") && text.contains("objects"));
    screen
}

fn a_developer_reads_the_reason_of_everything_that_he_may_not_do() {
    let bed = bed::shared();
    let since = end_of_log(&bed);
    let mut screen = opened(&Fluxdeck::with(&bed.kubeconfig("developer")), &["-n", "web,shop"]);
    press(&mut screen, ":hr web\r");
    screen.until_shows("web", SOON);

    screen.keys("a");
    // whole for the selected one, below the list
    screen.until_shows("you may not patch helmreleases in \"web\"", SOON);
    let panel = screen.text();
    for label in ["reconcile", "reconcile with its source", "force", "reset", "suspend…", "resume", "delete…"] {
        let line =
            panel.lines().find(|line| line.contains(&format!(" {label}"))).unwrap_or_else(|| panic!("no {label}:\n{panel}"));
        assert!(line.contains("you may not"), "{line}");
    }
    assert!(press(&mut screen, "\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B").contains("you may not delete helmreleases in \"web\""));
    assert!(press(&mut screen, "R").contains("cannot reconcile HelmRelease web/web: you may not patch helmreleases in \"web\""));
    back(&mut screen);
    let screens = press_everything(&mut screen, &["hr web", "ks web", "deploy web", "pod web"], "bed-developer");
    let surprises: Vec<_> = screens.iter().filter(|screen| screen.contains("403") || screen.contains("is forbidden")).collect();
    assert!(surprises.is_empty(), "{}", surprises[0]);
    let (asked, written) = writes(&bed, "developer", since);
    assert!(asked > 10 && written.is_empty(), "{asked} requests, {written:?}");
}

fn a_viewer_presses_every_key_and_nothing_is_written() {
    let bed = bed::shared();
    let since = end_of_log(&bed);
    let mut screen = opened(&Fluxdeck::with(&bed.kubeconfig("viewer")), &["-A"]);
    press_everything(&mut screen, &["ks flux-apps", "gitrepo flux-apps", "alert", "deploy web", "pod web", "tree"], "bed-viewer");

    let (asked, written) = writes(&bed, "viewer", since);
    assert!(asked > 10 && written.is_empty(), "{asked} requests, {written:?}");
    assert!(screen.is_running());
}

fn read_only_is_shown_above_and_nothing_is_written_with_all_rights() {
    let bed = bed::alone();
    let since = end_of_log(&bed);
    let mut screen = opened(&Fluxdeck::with(&bed.kubeconfig("admin")), &["-A", "--readonly"]);
    assert!(screen.text().lines().next().is_some_and(|line| line.contains("READ-ONLY")), "{}", screen.text());
    screen.resize(SMALL);
    screen.until("the same on a small screen", SOON, |text| text.lines().next().is_some_and(|line| line.contains("READ-ONLY")));
    let screens = press_everything(&mut screen, &["ks flux-apps", "hr", "pod web"], "bed-admin");

    assert!(screens.iter().any(|screen| screen.contains("read-only: reconcile would write to the cluster")), "it is said");
    let (asked, written) = writes(&bed, "admin", since);
    assert!(asked > 10 && written.is_empty(), "{asked} requests, {written:?}");
}

trials![
    a_developer_reads_the_reason_of_everything_that_he_may_not_do,
    a_viewer_presses_every_key_and_nothing_is_written,
    read_only_is_shown_above_and_nothing_is_written_with_all_rights,
];
