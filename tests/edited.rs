//! `e` and `E`: an object, and the file that makes it, in the user's editor, in the demo, in a pseudo terminal. The editor is a script.

use std::time::Duration;

use crate::support::program::Fluxdeck;
use crate::support::terminal::{SMALL, Terminal};

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// Opens a row of a table with an editor that does this to the file in `$1`.
fn edited(script: &str, table: &str, row: &str) -> (Fluxdeck, Terminal) {
    opened(script, table, row, "e")
}

/// The same by another key.
fn opened(script: &str, table: &str, row: &str, key: &str) -> (Fluxdeck, Terminal) {
    let user = Fluxdeck::new().set("VISUAL", "").set("EDITOR", "sh editor.sh");
    user.write("editor.sh", &format!("for file; do :; done\n{script}\n"));
    let mut screen = user.open(&["demo"], SMALL);
    screen.until("the tree", SOON, |text| text.contains("live"));
    screen.keys(&format!(":{table}\r"));
    screen.until("the row", SOON, |text| text.contains("› ") && text.contains(row));
    screen.keys(&format!("/^{row}$\r"));
    // the cursor goes to what is found
    screen.until("what is found", SOON, |text| text.contains(" 1 of ") && text.contains("restart"));
    screen.keys(key);
    (user, screen)
}

#[test]
fn what_is_changed_in_the_editor_is_reviewed_as_an_edit_of_the_file_that_sets_it() {
    let script = "cp \"$file\" seen.yaml\nsed -i 's/^  replicas: .*/  replicas: 7/' \"$file\"";
    let (user, mut screen) = edited(script, "deploy web", "frontend");
    screen.until_shows("opens a pull request", SOON);
    let shown = screen.text();
    assert!(shown.contains("spec.replicas") && shown.contains("→ 7"), "{shown}");
    let seen = std::fs::read_to_string(user.file("seen.yaml")).expect("the editor was there");
    assert!(seen.starts_with("# Deployment web/frontend, as ") && seen.contains("\nkind: Deployment\n"), "{seen}");
    // back to what was typed, and out
    screen.keys("\x1b");
    screen.until_shows("what was typed is kept", SOON);
    screen.keys("\x1b");
    screen.until("the table", SOON, |text| text.contains("frontend") && !text.contains("is kept"));
    screen.keys(":q\r");
    assert!(screen.end(SOON).success());
}

#[test]
fn an_editor_that_changes_nothing_fails_or_leaves_no_object_changes_nothing() {
    let (_user, mut screen) = edited("true", "deploy web", "frontend");
    screen.until_shows("nothing was changed", SOON);
    let (_user, mut screen) = edited("exit 1", "deploy web", "frontend");
    screen.until_shows("the editor failed", SOON);
    let (_user, mut screen) = edited("echo 'a: [' >> \"$file\"", "deploy web", "frontend");
    screen.until_shows("the text cannot be taken", SOON);
    screen.keys("\x1b");
    screen.until("the table", SOON, |text| text.contains("frontend") && !text.contains("cannot be taken"));
    let (_user, mut screen) = edited("sed -i 's/^  name: frontend/  name: other/' \"$file\"", "deploy web", "frontend");
    screen.until_shows("says which object it is", SOON);
}

#[test]
fn what_is_deleted_in_the_editor_is_taken_out_of_the_file_that_sets_it() {
    let (_user, mut screen) = edited("sed -i '/^  replicas:/d' \"$file\"", "deploy web", "frontend");
    // another cluster reads the place: a patch of this one is offered
    screen.until_shows("new patch  changes nothing else", SOON);
    screen.keys("j\r");
    screen.until_shows("opens a pull request", SOON);
    let shown = screen.text();
    assert!(shown.contains("spec.replicas") && shown.contains("taken out"), "{shown}");
}

#[test]
fn the_file_itself_is_edited_at_the_head_of_its_branch_and_goes_to_the_cluster() {
    let script = "cp \"$file\" seen.yaml\nsed -i '1s/^/# by hand\\n/; s/count: [0-9]*/count: 7/' \"$file\"";
    let (user, mut screen) = opened(script, "deploy web", "frontend", "E");
    screen.until("the files", SOON, |text| text.contains("3  flux/apps/production/web/kustomization.yaml"));
    screen.keys("3");
    screen.until_shows("opens a pull request", SOON);
    let shown = screen.text();
    assert!(shown.contains("spec.replicas") && shown.contains("→ 7"), "{shown}");
    let seen = std::fs::read_to_string(user.file("seen.yaml")).expect("the editor was there");
    assert!(seen.contains("replicas:") && !seen.contains("# by hand"), "{seen}");
    // esc: what was typed is kept, the editor opens on it again
    screen.keys("\x1b");
    screen.until_shows("what was typed is kept", SOON);
    user.write("editor.sh", "for file; do :; done\ncp \"$file\" again.yaml\n");
    screen.keys("\r");
    screen.until_shows("opens a pull request", SOON);
    let again = std::fs::read_to_string(user.file("again.yaml")).expect("the editor was there again");
    assert!(again.starts_with("# by hand\n") && again.contains("count: 7"), "{again}");
    screen.keys("\r");
    screen.until("the table", SOON, |text| text.contains("frontend") && !text.contains("opens a pull request"));
    screen.keys(":changes\r");
    screen.until("the change", SOON, |text| text.contains("Deployment web/frontend"));
    screen.keys("\x1b:q\r");
}

#[test]
fn a_file_that_cannot_be_read_any_more_is_not_taken_and_what_was_typed_is_kept() {
    let (user, mut screen) = opened("echo 'a: [' >> \"$file\"", "deploy web", "frontend", "E");
    screen.until_shows("several files make it", SOON);
    screen.keys("1");
    screen.until_shows("the text cannot be taken", SOON);
    user.write("editor.sh", "for file; do :; done\nsed -i '$d' \"$file\"\n");
    screen.keys("\r");
    screen.until_shows("nothing was changed", SOON);
}
