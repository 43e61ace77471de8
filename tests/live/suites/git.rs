//! What git says, on the screen and without a checkout: repositories are fetched by the user's own git, files open in the user's editor.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::drift::clone;
use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;

/// Columns and rows: the whole of the details.
const TALL: (u16, u16) = (120, 80);
const SOON: Duration = Duration::from_secs(20);
/// A comparison of the whole fleet, with two repositories to fetch.
const WHOLE: Duration = Duration::from_secs(60);

/// A user whose git logs in at the forge by a credential helper.
fn user(bed: &Bed) -> Fluxdeck {
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let (scheme, rest) = bed.value("BED_GIT_URL").split_once("://").expect("an URL");
    let host = rest.split('/').next().expect("a host");
    user.write(
        ".git-credentials",
        &format!("{scheme}://{}:{}@{host}\n", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN")),
    );
    user.write(".gitconfig", "[credential]\n\thelper = store\n");
    user
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn a_repository_that_nobody_has_checked_out_is_fetched_once_and_keeps_no_password() {
    let bed = bed::alone();
    let user = user(&bed);
    let compared = || {
        let ran = user.run(&["drift", "-A", "-o", "json"]);
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!((ran.code, report["drifted"].as_array().map(Vec::len)), (0, Some(0)), "{report}");
        report["compared"].as_u64().expect("a count")
    };
    let first = compared();
    assert!(first > 100, "{first}");

    let clones = user.file(".cache/fluxdeck/repositories");
    let all = files(&clones);
    assert!(all.iter().any(|path| path.ends_with("HEAD")), "{all:?}");
    let token = bed.value("BED_FORGE_TOKEN");
    for path in all {
        let bytes = std::fs::read(&path).expect("a file of the clone");
        assert!(!String::from_utf8_lossy(&bytes).contains(token), "{} holds the token", path.display());
    }
    // what was fetched is not asked for again: without credentials it is still known
    std::fs::remove_file(user.file(".git-credentials")).expect("it was written");
    assert_eq!(compared(), first);
}

fn a_git_that_may_not_log_in_says_so_and_asks_nothing() {
    let bed = bed::shared();
    let user = Fluxdeck::with(&bed.kubeconfig("admin"));
    let ran = user.run(&["drift", "-n", "web", "-o", "json"]);
    assert!(ran.code == 1 && ran.out.contains("git cannot fetch http://"), "{ran:?}");
    assert!(ran.took < Duration::from_secs(60), "{ran:?}");
}

fn fields_lead_to_the_file_in_the_users_editor_and_the_screen_comes_back() {
    let bed = bed::shared();
    let user = user(&bed);
    let fleet = clone(&bed, bed.value("BED_GIT_URL"), &user.file("fleet"));
    let editor = user.write("editor", "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$HOME/edited\"\necho editing; read -r line\n");
    std::fs::create_dir_all(user.file(".config/fluxdeck")).expect("ours");
    user.write(".config/fluxdeck/config.toml", &format!("repos = [\"{fleet}\"]\nfetch = false\n"));
    let user = user.set("EDITOR", &format!("sh {}", editor.display()));

    let mut screen = user.open(&["-c", "deployments web /frontend"], TALL);
    screen.until("the row", SOON, |text| text.contains("replicas: 3"));
    screen.keys("d");
    screen.until_shows("Set by git at", SOON);
    screen.keys("o");
    screen.until_shows("SET BY", SOON);
    screen.keys("/spec.replicas\r");
    screen.until_shows("1 of", SOON);
    screen.keys("o");
    screen.until_shows("> 11  ", SOON);
    screen.keys("e");
    screen.until_shows("editing", SOON);
    screen.keys("done\r");
    screen.until_shows("> 11  ", SOON);
    let edited = std::fs::read_to_string(user.file("edited")).expect("the editor was started");
    assert_eq!(
        edited,
        format!(
            "+11\n{}\n",
            Path::new(&fleet).canonicalize().expect("it is there").join("flux/apps/production/web/kustomization.yaml").display()
        )
    );

    screen.keys(":drift\r");
    screen.until("the comparison", WHOLE, |text| text.contains("objects compared") && !text.contains("comparing"));
    screen.keys(":q\r");
    screen.end(SOON);
}

trials![
    a_repository_that_nobody_has_checked_out_is_fetched_once_and_keeps_no_password,
    a_git_that_may_not_log_in_says_so_and_asks_nothing,
    fields_lead_to_the_file_in_the_users_editor_and_the_screen_comes_back,
];
