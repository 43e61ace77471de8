//! Pull requests of anyone, in the demo, in a pseudo terminal of 80×24: listed, read, commented, approved; and on the rows that they change.

use std::time::Duration;

use crate::support::program::Fluxdeck;
use crate::support::terminal::{SMALL, Terminal};

/// Long enough for a busy machine: branches are built before and after.
const SOON: Duration = Duration::from_secs(60);

/// The list of pull requests, once it is known what they touch.
fn listed(user: &Fluxdeck, more: &[&str]) -> Terminal {
    let mut screen = user.open(&[&["demo"], more].concat(), SMALL);
    screen.until("the tree", SOON, |text| text.contains("live"));
    screen.keys(":prs\r");
    let is_known = |text: &str| text.contains("#2") && text.contains("#1") && text.contains("looked up");
    screen.until("the pull requests", SOON, is_known);
    screen
}

#[test]
fn a_colleagues_pull_request_is_read_commented_and_approved_each_after_a_question() {
    let user = Fluxdeck::new();
    let mut screen = listed(&user, &[]);
    let shown = screen.text();
    assert!(shown.contains("checkout: 2.8.0") && shown.contains("draft"), "{shown}");
    screen.keys("\r");
    screen.until("what it renders", SOON, |text| text.contains("spec.replicas: 2 → 4"));
    screen.until_shows("here       flux-apps/checkout", SOON);
    screen.keys("\t");
    screen.until_shows("+   replicas: 4", SOON);

    screen.keys("Cwho pays?\r");
    screen.until("the comment once more", SOON, |text| text.contains("y send it") && text.contains("who pays?"));
    screen.keys("y");
    screen.until_shows("the comment is at ops/apps#2", SOON);
    screen.keys("A");
    screen.until("the question", SOON, |text| text.contains("approve ops/apps#2") && text.contains("y approve"));
    screen.keys("\x1b");
    screen.until("nothing is asked", SOON, |text| !text.contains("y approve"));
    screen.keys("A");
    screen.until_shows("y approve", SOON);
    screen.keys("y");
    screen.until_shows("ops/apps#2 is approved", SOON);
    screen.keys("r");
    screen.until_shows("1 approval", SOON);

    // what was sent is in the log of acts
    screen.keys("@");
    screen.until("the log", SOON, |text| text.contains("approve") && text.contains("comment") && text.contains("ops/apps#2"));
    screen.keys("\x1b\x1b\x1b:q\r");
    assert!(screen.end(SOON).success());
}

#[test]
fn what_would_be_refused_by_the_api_server_is_said_of_anyones_pull_request() {
    let user = Fluxdeck::new();
    let mut screen = listed(&user, &[]);
    screen.keys("j\r");
    screen.until("the warning", SOON, |text| text.contains("spec.selector cannot change") && text.contains("draft"));
    screen.keys("\x1b\x1b:deploy shop\r");
    // the row of what it would change says so
    screen.until("the row", SOON, |text| text.contains("checkout #2"));
    screen.keys("/checkout\r");
    screen.until("what it would change", SOON, |text| text.contains("#2 by ben: spec.replicas: 2 -> 4"));
    screen.keys(":q\r");
    assert!(screen.end(SOON).success());
}

#[test]
fn read_only_sends_no_comment_and_no_approval() {
    let user = Fluxdeck::new();
    let mut screen = listed(&user, &["--readonly"]);
    screen.keys("\r");
    screen.until_shows("spec.replicas", SOON);
    for key in ["A", "C"] {
        screen.keys(key);
        screen.until_shows("read-only: nothing is sent to a forge", SOON);
    }
    screen.keys("\x1b\x1b:q\r");
    assert!(screen.end(SOON).success());
    let refused = user.run(&["prs", "approve", "2", "--demo", "--readonly"]);
    assert!(refused.err.contains("read-only: nothing is sent to a forge"), "{refused:?}");
}

#[test]
fn without_a_screen_they_are_listed_shown_and_approved() {
    let user = Fluxdeck::new();
    let listed = user.run(&["prs", "--demo", "-o", "json"]);
    let all: serde_json::Value = serde_json::from_str(&listed.out).unwrap_or_else(|error| panic!("{error}: {listed:?}"));
    let first = &all["pulls"][0];
    assert_eq!(
        (&first["repository"], &first["number"], &first["author"]),
        (&"ops/apps".into(), &2.into(), &"ben".into()),
        "{first}"
    );
    assert_eq!(first["touches"]["builds"][0]["differences"], 2, "{first}");
    let table = user.run(&["prs", "--demo", "-o", "wide"]);
    assert!(table.out.starts_with("PR ") && table.out.contains("checkout-2.8.0 -> main"), "{table:?}");
    let one = user.run(&["prs", "show", "1", "--demo"]);
    assert!(one.out.contains("spec.selector cannot change") && one.out.contains("part-of: shop"), "{one:?}");
    let done = user.run(&["prs", "approve", "ops/apps#2", "--demo"]);
    assert_eq!(done.out, "ops/apps#2 is approved\n", "{done:?}");
    let moved = user.run(&["prs", "approve", "2", "--at", "0123456789", "--demo"]);
    assert!(moved.err.contains("nothing was sent"), "{moved:?}");
    let gone = user.run(&["prs", "show", "99", "--demo"]);
    assert!(gone.err.contains("there is no open pull request 99"), "{gone:?}");
}

#[test]
fn a_change_has_the_words_of_its_author_and_is_merged_by_its_forge_once_its_checks_have_passed() {
    let user = Fluxdeck::new();
    let body = user.file("body.md");
    std::fs::write(&body, "for the *sale*\n").expect("written");
    let body = body.display().to_string();
    let change = ["run", "scale", "deploy/frontend", "-n", "web", "--set", "replicas=5", "--demo", "-o", "json"];
    let words = ["--title", "More room", "--body-file", &body, "--auto-merge"];
    let ran = user.run(&[&change[..], &words[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let shown: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((&shown["title"], &shown["pull"]["queued"]), (&"More room".into(), &true.into()), "{shown}");
    assert!(ran.err.contains("by the forge, once its checks have passed"), "{}", ran.err);
    assert!(ran.err.contains("#1 is queued"), "{}", ran.err);
    // a draft is merged by nobody
    let ran = user.run(&[&change[..], &["--auto-merge", "--draft"]].concat());
    assert!(ran.code == 2 && ran.out.is_empty(), "{ran:?}");
}
